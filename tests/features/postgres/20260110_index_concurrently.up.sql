-- migrate: no-transaction
-- 20260110 index concurrently
--
-- Shows  What cannot run in a transaction, between other statements.

CREATE TABLE busy (id INTEGER PRIMARY KEY, filler TEXT);
INSERT INTO busy (id, filler) SELECT n, 'row; ' || n FROM generate_series(1, 500) AS n;
CREATE INDEX CONCURRENTLY busy_filler_idx ON busy (filler);
CREATE UNIQUE INDEX CONCURRENTLY busy_half_key ON busy ((id / 2), filler) WHERE id % 2 = 0;
VACUUM (ANALYZE) busy;
BEGIN;
UPDATE busy SET filler = 'first' WHERE id = 1;
DELETE FROM busy WHERE id > 400;
COMMIT;
REINDEX TABLE CONCURRENTLY busy;
