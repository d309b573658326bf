-- 20260118 no backslash escapes: undo
--
-- Shows  That a backslash escapes again.

CREATE TABLE again AS SELECT 'it\'s; ok' AS c;
DROP TABLE again, paths;
