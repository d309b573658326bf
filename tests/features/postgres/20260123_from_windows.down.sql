-- 20260123 from windows: undo

DROP FUNCTION windows_count();
DROP TABLE windows;
