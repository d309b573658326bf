-- 20260120 rebuild images: undo

SET foreign_key_checks = 0;
DROP TABLE images;
RENAME TABLE images_old TO images;
ALTER TABLE image_tags DROP FOREIGN KEY image_tags_image_fk;
ALTER TABLE image_tags ADD CONSTRAINT image_tags_image_fk FOREIGN KEY (image_id) REFERENCES images (id)
    ON DELETE CASCADE;
