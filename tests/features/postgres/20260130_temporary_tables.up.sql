-- 20260130 temporary tables
--
-- Shows  What a session has: temporary tables, a prepared statement, a cursor, a role. The next file has none of it.

CREATE TEMP TABLE scratch (n INTEGER) ON COMMIT DROP;
CREATE TEMP TABLE keep (n INTEGER);
INSERT INTO scratch (n) VALUES (1), (2), (3);
INSERT INTO keep (n) SELECT n * 10 FROM scratch;
PREPARE total (INTEGER) AS SELECT sum(n) + $1 FROM keep;
EXECUTE total(7);
DECLARE reader CURSOR FOR SELECT n FROM keep;
FETCH ALL FROM reader;
CREATE TABLE totals AS SELECT sum(n) AS total FROM keep;
SET ROLE pg_read_all_data;
