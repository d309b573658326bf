-- 20260112 create indexes: undo

ALTER TABLE images DROP INDEX images_hash_idx, DROP INDEX images_path_key;
DROP INDEX galleries_words_idx ON galleries;
DROP INDEX galleries_title_idx ON galleries;
DROP INDEX images_bytes_idx ON images;
