-- 20260108 create events
--
-- Shows  Events, which nobody runs here; the scheduler is off, and their time is far away.

CREATE EVENT tidy_up ON SCHEDULE EVERY 1 DAY STARTS '2037-01-01 00:00:00' DISABLE COMMENT 'at night; it''s quiet'
DO BEGIN
    DELETE FROM images WHERE path = ';';
    UPDATE galleries SET weight = CASE WHEN weight > 100 THEN 100 ELSE weight END;
END;

DELIMITER ;;
CREATE EVENT once ON SCHEDULE AT '2037-01-01 00:00:00' ON COMPLETION PRESERVE DO DELETE FROM image_tags WHERE tag = ';;' ;;
DELIMITER ;
