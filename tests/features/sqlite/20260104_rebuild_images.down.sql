-- 20260104 rebuild images: undo
--
-- Shows  The same without the pragmas and the transaction, which the runner has anyway.

CREATE TABLE images_old (
    id          INTEGER PRIMARY KEY,
    gallery_id  INTEGER REFERENCES galleries (id) ON DELETE SET NULL,
    cover_of    INTEGER REFERENCES "images" (id),
    path        TEXT NOT NULL,
    bytes       INTEGER
);
INSERT INTO images_old (id, gallery_id, cover_of, path, bytes)
SELECT id, gallery_id, cover_of, path, bytes FROM images;
DROP TABLE images;
ALTER TABLE images_old RENAME TO images;
