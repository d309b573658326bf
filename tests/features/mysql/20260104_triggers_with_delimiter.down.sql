-- 20260104 triggers with delimiter: undo

DELIMITER $$
DROP PROCEDURE count_down$$
DROP TRIGGER image_tags_insert$$
DELIMITER ;
DELETE FROM image_tags WHERE image_id = 4;
DROP TABLE events;
