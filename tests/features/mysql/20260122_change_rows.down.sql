-- 20260122 change rows: undo

INSERT INTO image_tags (image_id, tag) VALUES (1, 'sky');
DELETE FROM events WHERE `end` = 'tag; sky';  -- which the trigger has just written
UPDATE images AS i JOIN galleries AS g ON g.id = i.gallery_id SET i.bytes = i.bytes / 2 WHERE g.slug LIKE 'l%';
UPDATE galleries SET title = REPLACE(title, '\\%', '%') WHERE slug = 'percent';
