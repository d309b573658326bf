-- 20260104 seed galleries: undo

DELETE FROM galleries;
ALTER TABLE galleries ALTER COLUMN id RESTART;
ALTER SEQUENCE order_numbers RESTART;
