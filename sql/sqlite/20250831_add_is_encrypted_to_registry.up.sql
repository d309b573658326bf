-- 20250831 add is_encrypted to registry
--
-- Why    Secrets are stored encrypted from now on; readers must know which values to decrypt.
-- Locks  The database for writing, as every change does.
--        A moment: a constant default rewrites no row.
-- Undo   The down file drops the column; it does not decrypt anything.

ALTER TABLE registry ADD COLUMN is_encrypted BOOLEAN NOT NULL DEFAULT FALSE;
