-- 20260125 temporary names again
--
-- Shows  That the temporary table of the file before is gone.

CREATE TEMP TABLE scratch (n TEXT);
INSERT INTO scratch (n) VALUES ('once');
CREATE TABLE scratches AS SELECT n FROM scratch;
