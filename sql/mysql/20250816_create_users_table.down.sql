-- 20250816 create users table: undo
--
-- Loses  Every account; nobody can sign in afterwards.
-- Locks  Metadata lock on users; a moment, once its readers are done.

DROP TABLE users;
