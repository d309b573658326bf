-- 20250504 create metadata table
--
-- Why    The server keeps its settings, and those of each person, as key and value per owner.
-- Locks  New table only; nothing existing is locked.
-- Undo   The down file drops the table and every setting in it.
--
-- Types  TIMESTAMPTZ is an instant, kept in UTC whatever the time zone of the session.
--        TEXT has no length to run into, and costs the same as VARCHAR.
--        Text compares byte by byte for equality, so keys that differ in case are different keys.

CREATE TABLE registry (
    id          TEXT         NOT NULL,
    owner_id    TEXT         NOT NULL,
    key         TEXT         NOT NULL,
    value       TEXT         NOT NULL,
    created_at  TIMESTAMPTZ  NOT NULL DEFAULT CURRENT_TIMESTAMP,
    updated_at  TIMESTAMPTZ  NOT NULL DEFAULT CURRENT_TIMESTAMP,
    CONSTRAINT registry_pk        PRIMARY KEY (id),
    CONSTRAINT registry_owner_key UNIQUE (owner_id, key)
);
