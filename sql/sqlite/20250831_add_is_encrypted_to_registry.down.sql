-- 20250831 add is_encrypted to registry: undo
--
-- Loses  Which values are encrypted. Encrypted values stay as they are, and nothing marks them any
--        more: decrypt them first, with the application, if there are any.
-- Locks  The database for writing; every row of registry is rewritten.
--        Needs SQLite 3.35 or later.

ALTER TABLE registry DROP COLUMN is_encrypted;
