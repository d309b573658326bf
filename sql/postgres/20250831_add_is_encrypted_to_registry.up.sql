-- 20250831 add is_encrypted to registry
--
-- Why    Secrets are stored encrypted from now on; readers must know which values to decrypt.
-- Locks  ACCESS EXCLUSIVE on registry, once its readers are done.
--        A moment: since PostgreSQL 11 a constant default rewrites no row.
-- Undo   The down file drops the column; it does not decrypt anything.

ALTER TABLE registry ADD COLUMN is_encrypted BOOLEAN NOT NULL DEFAULT FALSE;
