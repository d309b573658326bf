-- 20260122 backslashes escape: undo
--
-- Shows  That backslashes are letters again.

CREATE TABLE slash AS SELECT '\' AS c;
DROP TABLE escapes, slash;
