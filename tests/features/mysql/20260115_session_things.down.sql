-- 20260115 session things: undo

CREATE TEMPORARY TABLE scratch (n INTEGER);
DROP TABLE moments;
DROP TABLE totals;
