-- 20250816 create users table: undo
--
-- Loses  Every account; nobody can sign in afterwards.
-- Locks  ACCESS EXCLUSIVE on users; a moment, once its readers are done.

DROP TABLE users;
