-- 20260105 create triggers: undo

DROP TRIGGER galleries_keep;
DROP TRIGGER image_tags_insert;
DELETE FROM image_tags WHERE image_id = 4;
DROP TABLE events;
