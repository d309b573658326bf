-- 20250504 create metadata table: undo
--
-- Loses  Every setting, the server's and each person's.
-- Locks  ACCESS EXCLUSIVE on registry; a moment, once its readers are done.

DROP TABLE registry;
