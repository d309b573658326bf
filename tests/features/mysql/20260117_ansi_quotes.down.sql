-- 20260117 ansi quotes: undo
--
-- Shows  That double quotes are for texts again.

CREATE TABLE quoted AS SELECT "text; 'here'" AS c;
DROP TABLE quoted, `a;"b`;
