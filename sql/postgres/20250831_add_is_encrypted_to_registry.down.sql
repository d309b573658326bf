-- 20250831 add is_encrypted to registry: undo
--
-- Loses  Which values are encrypted. Encrypted values stay as they are, and nothing marks them any
--        more: decrypt them first, with the application, if there are any.
-- Locks  ACCESS EXCLUSIVE on registry, once its readers are done.
--        A moment: the column is hidden, no row is rewritten.

ALTER TABLE registry DROP COLUMN is_encrypted;
