-- 20250816 create users table: undo
--
-- Loses  Every account; nobody can sign in afterwards.
-- Locks  The database for writing, as every change does; a moment.

DROP TABLE users;
