-- 20250831 add is_encrypted to registry: undo
--
-- Loses  Which values are encrypted. Encrypted values stay as they are, and nothing marks them any
--        more: decrypt them first, with the application, if there are any.
-- Locks  Metadata lock on registry, once its readers are done.
--        A moment: instant on MySQL 8.0.29 and MariaDB 10.4, a rebuild of the table before.

ALTER TABLE registry DROP COLUMN is_encrypted;
