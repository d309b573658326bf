-- 20260124 temporary tables
--
-- Shows  A temporary table, view and trigger that end with the file: the next one uses their names again.

CREATE TEMP TABLE scratch (n INTEGER);
CREATE TEMP VIEW scratch_view AS SELECT sum(n) AS total FROM scratch;
CREATE TEMP TRIGGER scratch_insert AFTER INSERT ON scratch BEGIN
    UPDATE scratch SET n = n * 10 WHERE n = new.n;
END;
INSERT INTO scratch (n) VALUES (1), (2), (3);
CREATE TABLE totals AS SELECT total FROM scratch_view;
