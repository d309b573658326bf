-- 20260129 write in many ways
--
-- Shows  Upsert, RETURNING, REPLACE, OR IGNORE, and results that nobody reads.

CREATE TABLE hits (page TEXT PRIMARY KEY, n INTEGER NOT NULL DEFAULT 1, last_id INTEGER);
INSERT INTO hits (page) VALUES ('/'), ('/a') RETURNING page, n;
INSERT INTO hits (page) VALUES ('/') ON CONFLICT (page) DO UPDATE SET n = n + excluded.n;
INSERT OR IGNORE INTO hits (page, n) VALUES ('/a', 99);
REPLACE INTO hits (page, n) VALUES ('/b', 3);
UPDATE hits SET last_id = last_insert_rowid(), n = n + changes() WHERE page = '/b';
SELECT * FROM hits;
VALUES (1, 'two; three');
EXPLAIN QUERY PLAN SELECT n FROM hits WHERE page = '/';
