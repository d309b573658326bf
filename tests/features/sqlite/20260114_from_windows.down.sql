-- 20260114 from windows: undo

DROP TABLE windows;
