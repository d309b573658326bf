-- 20260112 add columns: undo

ALTER TABLE galleries DROP COLUMN owner_id;
ALTER TABLE galleries DROP COLUMN theme;
