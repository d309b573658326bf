-- 20260124 from notepad
--
-- Shows  A byte order mark before the first comment.

CREATE TABLE notepad (note TEXT);
INSERT INTO notepad (note) VALUES ('a BOM inside: ' || U&'\FEFF' || ';');
