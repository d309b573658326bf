-- 20260117 add constraints: undo

ALTER TABLE galleries RENAME CONSTRAINT galleries_slug_unique TO galleries_slug_key;
ALTER TABLE galleries DROP CONSTRAINT galleries_weight_check;
DROP TABLE bookings;
