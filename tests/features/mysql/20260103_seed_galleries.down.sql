-- 20260103 seed galleries: undo

DELETE FROM image_tags;
DELETE FROM images;
DELETE FROM galleries;
