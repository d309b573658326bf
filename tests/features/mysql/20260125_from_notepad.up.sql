-- 20260125 from notepad
--
-- Shows  A byte order mark before the first comment.

CREATE TABLE notepad (note VARCHAR(50));
INSERT INTO notepad (note) VALUES (CONCAT('a BOM inside: ', _utf8mb4 X'EFBBBF', ';'));
