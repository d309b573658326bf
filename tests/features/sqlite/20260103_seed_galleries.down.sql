-- 20260103 seed galleries: undo

DELETE FROM image_tags;
DELETE FROM images;
DELETE FROM galleries;
DELETE FROM sqlite_sequence WHERE name = 'galleries';
