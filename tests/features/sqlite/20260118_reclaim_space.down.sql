-- migrate: no-transaction
-- 20260118 reclaim space: undo

DROP TABLE spacious;
VACUUM;
