-- 20260104 triggers with delimiter
--
-- Shows  Several statements in a body, CASE ... END, handlers, labels, comments and quotes inside.

CREATE TABLE events (id INTEGER AUTO_INCREMENT PRIMARY KEY, what VARCHAR(100), `end` VARCHAR(100));

DELIMITER //

CREATE TRIGGER image_tags_insert AFTER INSERT ON image_tags FOR EACH ROW
BEGIN
    -- It's a comment; it ends here: END;
    DECLARE word VARCHAR(100) DEFAULT 'tag; ';
    IF NEW.tag <> 'silent;' THEN
        INSERT INTO events (what, `end`) VALUES (
            CASE NEW.tag WHEN 'begin' THEN 'one;' WHEN 'x' THEN CASE WHEN 1 THEN 'two' END ELSE 'end' END,
            CONCAT(word, NEW.tag)
        );
    END IF; # END//
    UPDATE events SET `end` = UPPER(`end`) WHERE what = 'one;'; /* END; */
END//

CREATE PROCEDURE count_down(IN start INTEGER, OUT steps INTEGER)
    COMMENT 'it''s 100%; really'
BEGIN
    DECLARE CONTINUE HANDLER FOR NOT FOUND SET steps = -1;
    SET steps = 0;
    again: LOOP
        IF start <= 0 THEN LEAVE again; END IF;
        SET start = start - 1, steps = steps + 1;
    END LOOP again;
    REPEAT SET steps = steps + 1; UNTIL steps > 5 END REPEAT;
END //

DELIMITER ;

INSERT INTO image_tags (image_id, tag) VALUES (4, 'begin'), (4, 'x'), (4, 'silent;');
