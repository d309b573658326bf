-- 20260102 create images and tags: undo

DROP TABLE image_tags;
DROP TABLE images;
