-- 20260110 create strict tables: undo

DROP TABLE positions;
DROP TABLE settings;
