-- 20260112 create indexes
--
-- Shows  Descending, of a prefix, unique, with a comment, full text; and one made by ALTER TABLE in one statement.

CREATE INDEX images_bytes_idx ON images (bytes DESC, id);
CREATE INDEX galleries_title_idx ON galleries (title(10)) COMMENT 'the first ten; only';
CREATE FULLTEXT INDEX galleries_words_idx ON galleries (title);
ALTER TABLE images ADD UNIQUE INDEX images_path_key (path), ADD INDEX images_hash_idx (path, bytes), LOCK=SHARED;
