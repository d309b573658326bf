-- 20260126 set user version
--
-- Shows  Pragmas that belong to the file, and others that must not reach the next one.

PRAGMA user_version = 7;
PRAGMA application_id = 1229801294;
PRAGMA case_sensitive_like = ON;
PRAGMA recursive_triggers = ON;
CREATE TABLE like_this AS SELECT 'A' LIKE 'a' AS same;
