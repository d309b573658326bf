-- 20260108 create generated columns: undo

DROP TABLE formats;
