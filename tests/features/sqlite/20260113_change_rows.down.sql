-- 20260113 change rows: undo

INSERT INTO image_tags (image_id, tag) VALUES (1, 'sky');
DELETE FROM events WHERE "end" = 'tag; sky';  -- which the trigger has just written
UPDATE images SET bytes = bytes / 2, path = 'p/' || substr(path, 3) WHERE id % 2 = 0;
UPDATE galleries SET title = replace(title, '\%', '%') WHERE slug = 'percent';
