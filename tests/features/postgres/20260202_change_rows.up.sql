-- 20260202 change rows
--
-- Shows  UPDATE and DELETE only, with a trigger that writes another row, of which the down takes back the number too.

UPDATE galleries SET title = replace(title, '%', '\%') WHERE slug = 'percent';
DELETE FROM formats WHERE remark IS NULL;
INSERT INTO accounts (name, balance) VALUES ('c', 0) ON CONFLICT (name) DO UPDATE SET balance = excluded.balance;
WITH moved AS (DELETE FROM unfinished WHERE id = 2 RETURNING id) INSERT INTO windows (id, text) SELECT id, 'm;' FROM moved;
