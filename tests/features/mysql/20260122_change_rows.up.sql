-- 20260122 change rows
--
-- Shows  UPDATE and DELETE only.

UPDATE galleries SET title = REPLACE(title, '%', '\\%'), visibility = 'public' WHERE slug = 'percent';
UPDATE images AS i JOIN galleries AS g ON g.id = i.gallery_id SET i.bytes = i.bytes * 2 WHERE g.slug LIKE 'l%';
DELETE t FROM image_tags AS t JOIN images AS i ON i.id = t.image_id WHERE t.tag = 'sky';
