-- migrate: no-transaction
-- 20260110 index concurrently: undo

DROP INDEX CONCURRENTLY busy_half_key;
DROP INDEX CONCURRENTLY busy_filler_idx;
DROP TABLE busy;
