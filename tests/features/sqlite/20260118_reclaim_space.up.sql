-- migrate: no-transaction
-- 20260118 reclaim space
--
-- Shows  VACUUM between other statements; BEGIN and COMMIT are the file's own.

CREATE TABLE spacious (id INTEGER PRIMARY KEY, filler TEXT);
INSERT INTO spacious (id, filler) VALUES (1, 'x'), (2, 'y; z');
VACUUM;
BEGIN;
UPDATE spacious SET filler = filler || '!' WHERE id = 1;
DELETE FROM spacious WHERE id = 2;
COMMIT;
