-- 20250504 create metadata table: undo
--
-- Loses  Every setting, the server's and each person's.
-- Locks  The database for writing, as every change does; a moment.

DROP TABLE registry;
