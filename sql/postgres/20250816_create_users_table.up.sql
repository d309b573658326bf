-- 20250816 create users table
--
-- Why    Sign-in needs one account per person, with a role and a way to switch it off.
-- Locks  New table only; nothing existing is locked.
-- Undo   The down file drops the table and every account in it.

CREATE TABLE users (
    id               TEXT         NOT NULL,
    display_name     TEXT         NOT NULL,
    username         TEXT         NOT NULL,
    hashed_password  TEXT         NOT NULL,
    role             TEXT         NOT NULL DEFAULT 'user',
    is_active        BOOLEAN      NOT NULL DEFAULT TRUE,
    created_at       TIMESTAMPTZ  NOT NULL DEFAULT CURRENT_TIMESTAMP,
    updated_at       TIMESTAMPTZ  NOT NULL DEFAULT CURRENT_TIMESTAMP,
    CONSTRAINT users_pk           PRIMARY KEY (id),
    CONSTRAINT users_username_key UNIQUE (username)
);
