-- 20260104 rebuild images
--
-- Shows  The twelve steps of https://sqlite.org/lang_altertable.html, with children that must survive the DROP.

PRAGMA foreign_keys = OFF;
BEGIN;

CREATE TABLE images_new (
    id          INTEGER PRIMARY KEY,
    gallery_id  INTEGER REFERENCES galleries (id) ON DELETE CASCADE,
    cover_of    INTEGER REFERENCES "images" (id),
    path        TEXT    NOT NULL UNIQUE,
    bytes       INTEGER NOT NULL DEFAULT 0 CHECK (bytes >= 0)
);
INSERT INTO images_new (id, gallery_id, cover_of, path, bytes)
SELECT id, gallery_id, cover_of, path, coalesce(bytes, 0) FROM images;
DROP TABLE images;
ALTER TABLE images_new RENAME TO images;

PRAGMA foreign_key_check;
COMMIT;
PRAGMA foreign_keys = ON;
