-- 20260124 from windows: undo

DROP TABLE windows;
