-- 20260113 change rows
--
-- Shows  UPDATE and DELETE only.

UPDATE galleries SET title = replace(title, '%', '\%'), visibility = 'public' WHERE slug = 'percent';
UPDATE images SET bytes = bytes * 2, path = 'q/' || substr(path, 3) WHERE id % 2 = 0;
DELETE FROM image_tags WHERE tag = 'SKY';
