-- 20250504 create metadata table: undo
--
-- Loses  Every setting, the server's and each person's.
-- Locks  Metadata lock on registry; a moment, once its readers are done.

DROP TABLE registry;
