-- 20260115 session things
--
-- Shows  User variables, a prepared statement, a temporary table, settings. The next file has none of it.

SET @n = 2, @word := 'a; "b"';
SET SESSION group_concat_max_len = 4096, time_zone = '+00:00', lock_wait_timeout = 9;
CREATE TEMPORARY TABLE scratch (n INTEGER, word VARCHAR(100));
INSERT INTO scratch (n, word) VALUES (@n, @word), (@n + 1, 'more; words');
SET @sql = CONCAT('CREATE TABLE totals AS SELECT SUM(n) AS total, GROUP_CONCAT(word ORDER BY n) AS words, ',
                  QUOTE(@word), ' AS quoted, ? AS given FROM scratch');
PREPARE make_totals FROM 'SELECT ? + 1';
EXECUTE make_totals USING @n;
DEALLOCATE PREPARE make_totals;
SET @sql = REPLACE(@sql, '?', '7');
PREPARE make_totals FROM @sql;
EXECUTE make_totals;
CREATE TABLE moments (at TIMESTAMP NULL, zone VARCHAR(10));
INSERT INTO moments (at, zone) VALUES ('2025-05-04 12:00:00', @@time_zone);
