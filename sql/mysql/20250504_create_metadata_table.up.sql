-- 20250504 create metadata table
--
-- Why    The server keeps its settings, and those of each person, as key and value per owner.
-- Locks  New table only; nothing existing is locked.
-- Undo   The down file drops the table and every setting in it.
--
-- Types  DATETIME in UTC: TIMESTAMP ends in 2038 and follows the time zone of the session.
--        Keys need lengths: an owner is user: and a UUID, or longer; 2040 of 3072 bytes are used.
--        utf8mb4_bin, so keys that differ in case are different keys, as on the other databases.

CREATE TABLE registry (
    id          VARCHAR(36)   NOT NULL,
    owner_id    VARCHAR(255)  NOT NULL,
    `key`       VARCHAR(255)  NOT NULL,
    value       LONGTEXT      NOT NULL,
    created_at  DATETIME(6)   NOT NULL DEFAULT (UTC_TIMESTAMP(6)),
    updated_at  DATETIME(6)   NOT NULL DEFAULT (UTC_TIMESTAMP(6)),
    CONSTRAINT registry_pk        PRIMARY KEY (id),
    CONSTRAINT registry_owner_key UNIQUE (owner_id, `key`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;
