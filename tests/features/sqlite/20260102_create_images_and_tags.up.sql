-- 20260102 create images and tags
--
-- Shows  ON DELETE CASCADE, a table that refers to itself, a name in quotes.

CREATE TABLE "images" (
    id          INTEGER PRIMARY KEY,
    gallery_id  INTEGER REFERENCES galleries (id) ON DELETE SET NULL,
    cover_of    INTEGER REFERENCES "images" (id),
    path        TEXT NOT NULL,
    bytes       INTEGER
);

CREATE TABLE image_tags (
    image_id  INTEGER NOT NULL,
    tag       TEXT    NOT NULL COLLATE NOCASE,
    CONSTRAINT image_tags_pk       PRIMARY KEY (image_id, tag),
    CONSTRAINT image_tags_image_fk FOREIGN KEY (image_id) REFERENCES "images" (id) ON DELETE CASCADE
);
