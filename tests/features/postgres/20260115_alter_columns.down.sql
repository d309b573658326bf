-- 20260115 alter columns: undo

ALTER TABLE galleries DROP COLUMN theme;
DROP TABLE formats;
