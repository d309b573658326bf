-- 20250504 create metadata table
--
-- Why    The server keeps its settings, and those of each person, as key and value per owner.
-- Locks  New table only; nothing existing is locked.
-- Undo   The down file drops the table and every setting in it.
--
-- Types  TIMESTAMP is text here, in UTC; the type is declared because drivers read it.
--        Not STRICT: a strict table would refuse the declared types TIMESTAMP and BOOLEAN.
--        Text compares byte by byte, so keys that differ in case are different keys.

CREATE TABLE registry (
    id          TEXT       NOT NULL,
    owner_id    TEXT       NOT NULL,
    key         TEXT       NOT NULL,
    value       TEXT       NOT NULL,
    created_at  TIMESTAMP  NOT NULL DEFAULT CURRENT_TIMESTAMP,
    updated_at  TIMESTAMP  NOT NULL DEFAULT CURRENT_TIMESTAMP,
    CONSTRAINT registry_pk        PRIMARY KEY (id),
    CONSTRAINT registry_owner_key UNIQUE (owner_id, key)
);
