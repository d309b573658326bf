-- 20260111 create generated columns: undo

DROP TABLE formats;
