-- 20260120 double quotes: undo

DROP TABLE misquoted;
