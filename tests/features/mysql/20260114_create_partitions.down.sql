-- 20260114 create partitions: undo

DROP TABLE spread;
DROP TABLE visits;
