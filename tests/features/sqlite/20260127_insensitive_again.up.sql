-- 20260127 insensitive again
--
-- Shows  That the pragma of the file before is forgotten: LIKE does not mind case.

CREATE TABLE like_that AS SELECT 'A' LIKE 'a' AS same;
