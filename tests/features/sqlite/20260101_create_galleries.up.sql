-- 20260101 create galleries
--
-- Shows  Named constraints, AUTOINCREMENT, a default that is an expression, comments inside a statement.

CREATE TABLE galleries (
    id          INTEGER PRIMARY KEY AUTOINCREMENT,  -- never reused; see sqlite_sequence
    slug        TEXT    NOT NULL,
    title       TEXT    NOT NULL DEFAULT 'it''s "untitled"; really',  /* a semicolon; and a ' */
    weight      REAL    NOT NULL DEFAULT (1.0 / 2),
    visibility  TEXT    NOT NULL DEFAULT 'private',
    CONSTRAINT galleries_slug_key         UNIQUE (slug),
    CONSTRAINT galleries_visibility_check CHECK (visibility IN ('private', 'public', 'a;b'))
);
