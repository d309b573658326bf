-- 20260131 temporary names again
--
-- Shows  That the session of the file before is over.

CREATE TEMP TABLE keep (n TEXT);
INSERT INTO keep (n) VALUES ('once');
PREPARE total AS SELECT 1;
CREATE TABLE keeps AS SELECT n FROM keep;
