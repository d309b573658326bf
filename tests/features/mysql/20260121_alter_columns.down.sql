-- 20260121 alter columns: undo

ALTER TABLE shouts DROP COLUMN `last`, DROP COLUMN first_one;
RENAME TABLE instants TO moments;
ALTER TABLE moments CONVERT TO CHARACTER SET utf8mb4;
ALTER TABLE formats RENAME COLUMN shape TO ratio, RENAME INDEX formats_size_idx TO formats_area_idx;
ALTER TABLE formats MODIFY height INTEGER NOT NULL, MODIFY width INTEGER NOT NULL;
