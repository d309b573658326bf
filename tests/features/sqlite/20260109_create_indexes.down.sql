-- 20260109 create indexes: undo

DROP INDEX image_tags_one_cover_key;
DROP INDEX images_name_idx;
DROP INDEX images_big_idx;
