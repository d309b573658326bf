-- 20260126 set user version: undo

DROP TABLE like_this;
PRAGMA application_id = 0;
PRAGMA user_version = 0;
