-- 20260109 create indexes
--
-- Shows  Partial, on an expression, descending, with a collation, unique.

CREATE INDEX images_big_idx ON images (bytes DESC, id) WHERE bytes > 1000 AND path LIKE 'p/%';
CREATE INDEX images_name_idx ON images (lower(path) COLLATE NOCASE, length(path));
CREATE UNIQUE INDEX image_tags_one_cover_key ON image_tags (image_id) WHERE tag = 'cover;';
