-- 20260124 from windows
--
-- Shows  CRLF at every line's end, none of them inside a text.

CREATE TABLE windows (
    id    INTEGER PRIMARY KEY,  -- a comment; with a '
    name  VARCHAR(50)
);
DELIMITER $$
CREATE TRIGGER windows_insert BEFORE INSERT ON windows FOR EACH ROW
BEGIN
    SET NEW.name = IF(NEW.name IS NULL, 'none;', NEW.name);
END$$
DELIMITER ;
INSERT INTO windows (id, name) VALUES
    (1, 'one'),
    (2, NULL);
