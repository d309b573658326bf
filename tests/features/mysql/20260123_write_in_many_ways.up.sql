-- 20260123 write in many ways
--
-- Shows  Upsert, REPLACE, IGNORE; values that depend on the statement before; results that nobody reads.

CREATE TABLE hits (id INTEGER AUTO_INCREMENT PRIMARY KEY, page VARCHAR(20) UNIQUE, n INTEGER DEFAULT 1);
INSERT INTO hits (page) VALUES ('/'), ('/a');
INSERT INTO hits (page, n) VALUES ('rows', ROW_COUNT());
INSERT INTO hits (page, n) VALUES ('last', LAST_INSERT_ID());
INSERT INTO hits (page) VALUES ('/') ON DUPLICATE KEY UPDATE n = n + 1;
INSERT IGNORE INTO hits (page, n) VALUES ('/a', 99);
REPLACE INTO hits (page, n) VALUES ('/b', 3);
SELECT SQL_CALC_FOUND_ROWS * FROM hits LIMIT 1;
INSERT INTO hits (page, n) VALUES ('found', FOUND_ROWS());
SHOW TABLES LIKE 'h%';
DO SLEEP(0);
CALL fill(0);
SELECT 'ends with \\g' AS x\g
