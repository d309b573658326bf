-- 20260127 own transaction
--
-- Shows  BEGIN and COMMIT of the file's own, twice, and a savepoint.

BEGIN;
CREATE TABLE accounts (name TEXT PRIMARY KEY, balance INTEGER NOT NULL);
INSERT INTO accounts (name, balance) VALUES ('a', 10), ('b', 20);
COMMIT;

START TRANSACTION;
SET LOCAL lock_timeout = '5s';
UPDATE accounts SET balance = balance - 5 WHERE name = 'a';
SAVEPOINT halfway;
UPDATE accounts SET balance = balance + 500 WHERE name = 'b';
ROLLBACK TO halfway;
UPDATE accounts SET balance = balance + 5 WHERE name = 'b';
RELEASE halfway;
END TRANSACTION;
