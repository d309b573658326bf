-- 20260128 rename things: undo

ALTER TABLE image_labels RENAME TO image_tags;
ALTER TABLE image_tags RENAME COLUMN label TO tag;
