-- 20260116 session is new
--
-- Shows  That the session of the file before is over: its names are free, its variables NULL, the time zone back.

CREATE TEMPORARY TABLE scratch (n VARCHAR(20));
INSERT INTO scratch (n) VALUES (COALESCE(@n, 'unset'));
CREATE TABLE scratches AS SELECT n, @@lock_wait_timeout <> 9 AS other, @@time_zone = '+00:00' AS utc FROM scratch;
