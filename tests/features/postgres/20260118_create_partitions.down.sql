-- 20260118 create partitions: undo

ALTER TABLE visits DETACH PARTITION visits_2026;
DROP TABLE visits_2026;
DROP TABLE visits;
