-- 20260118 no backslash escapes
--
-- Shows  A setting that changes how the rest of the file is read: a backslash is a letter.

SET SESSION sql_mode = CONCAT(@@sql_mode, ',NO_BACKSLASH_ESCAPES');
CREATE TABLE paths (path VARCHAR(50) DEFAULT 'C:\');
INSERT INTO paths (path) VALUES ('a\'), ('b;c\n'), ("d\"), (DEFAULT);
DELIMITER |
CREATE TRIGGER paths_insert BEFORE INSERT ON paths FOR EACH ROW BEGIN SET NEW.path = CONCAT(NEW.path, '\'); END|
DELIMITER ;
INSERT INTO paths (path) VALUES ('last');
