-- 20260120 rebuild images
--
-- Shows  A table that is copied and replaced, with children that must survive; RENAME of two tables at once.

CREATE TABLE images_new LIKE images;
ALTER TABLE images_new MODIFY bytes BIGINT NOT NULL DEFAULT 0;
INSERT INTO images_new SELECT id, gallery_id, cover_of, path, COALESCE(bytes, 0) FROM images;
SET foreign_key_checks = 0;
RENAME TABLE images TO images_old, images_new TO images;
ALTER TABLE image_tags DROP FOREIGN KEY image_tags_image_fk;
ALTER TABLE image_tags ADD CONSTRAINT image_tags_image_fk FOREIGN KEY (image_id) REFERENCES images (id)
    ON DELETE CASCADE;
SET foreign_key_checks = 1;
