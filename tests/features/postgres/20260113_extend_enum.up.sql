-- 20260113 extend enum
--
-- Shows  ALTER TYPE ... ADD VALUE, which no statement can take back: the down file makes the type anew.

ALTER TYPE mood ADD VALUE 'elated; 100%' AFTER 'ok; so';
ALTER TYPE mood RENAME VALUE 'sad' TO 'blue';
