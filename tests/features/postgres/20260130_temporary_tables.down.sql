-- 20260130 temporary tables: undo

CREATE TEMPORARY TABLE keep (n TEXT);
PREPARE total AS SELECT 1;
DROP TABLE totals;
