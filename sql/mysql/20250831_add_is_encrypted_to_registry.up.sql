-- 20250831 add is_encrypted to registry
--
-- Why    Secrets are stored encrypted from now on; readers must know which values to decrypt.
-- Locks  Metadata lock on registry, once its readers are done.
--        A moment: instant on MySQL 8.0.12 and MariaDB 10.3, a copy of the table before.
-- Undo   The down file drops the column; it does not decrypt anything.

ALTER TABLE registry ADD COLUMN is_encrypted BOOLEAN NOT NULL DEFAULT FALSE;
