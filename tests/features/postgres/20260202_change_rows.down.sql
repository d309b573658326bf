-- 20260202 change rows: undo

WITH moved AS (DELETE FROM windows WHERE text = 'm;' RETURNING id) INSERT INTO unfinished (id) SELECT id FROM moved;
DELETE FROM accounts WHERE name = 'c';
INSERT INTO formats (width, height) VALUES (16, 9);
UPDATE galleries SET title = replace(title, '\%', '%') WHERE slug = 'percent';
DELETE FROM events WHERE what = 'rows' AND id > 3;
SELECT setval(pg_get_serial_sequence('events', 'id'), 3);
