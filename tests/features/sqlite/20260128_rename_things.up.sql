-- 20260128 rename things

ALTER TABLE image_tags RENAME COLUMN tag TO label;
ALTER TABLE image_tags RENAME TO image_labels;
