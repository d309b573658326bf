-- 20260124 temporary tables: undo

CREATE TEMPORARY TABLE scratch (n TEXT);
DROP TABLE totals;
