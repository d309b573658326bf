-- 20260110 create strict tables

CREATE TABLE settings (
    key    TEXT NOT NULL PRIMARY KEY,
    value  ANY,
    raw    BLOB
) STRICT, WITHOUT ROWID;
INSERT INTO settings (key, value, raw) VALUES
    ('int', 42, x'00ff5c27'), ('real', 4.5e-3, NULL), ('text', '42', x''), ('null', NULL, zeroblob(3));

CREATE TABLE positions (x INT, y INT, label TEXT, PRIMARY KEY (x, y DESC)) WITHOUT ROWID;
