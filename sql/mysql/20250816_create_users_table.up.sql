-- 20250816 create users table
--
-- Why    Sign-in needs one account per person, with a role and a way to switch it off.
-- Locks  New table only; nothing existing is locked.
-- Undo   The down file drops the table and every account in it.

CREATE TABLE users (
    id               VARCHAR(36)   NOT NULL,
    display_name     VARCHAR(255)  NOT NULL,
    username         VARCHAR(255)  NOT NULL,
    hashed_password  VARCHAR(255)  NOT NULL,
    role             VARCHAR(64)   NOT NULL DEFAULT 'user',
    is_active        BOOLEAN       NOT NULL DEFAULT TRUE,
    created_at       DATETIME(6)   NOT NULL DEFAULT (UTC_TIMESTAMP(6)),
    updated_at       DATETIME(6)   NOT NULL DEFAULT (UTC_TIMESTAMP(6)),
    CONSTRAINT users_pk           PRIMARY KEY (id),
    CONSTRAINT users_username_key UNIQUE (username)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;
