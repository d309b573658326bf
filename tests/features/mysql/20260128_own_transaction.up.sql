-- 20260128 own transaction
--
-- Shows  Transactions of the file's own, as people and mysqldump --no-autocommit write them.

CREATE TABLE accounts (name VARCHAR(20) PRIMARY KEY, balance INTEGER NOT NULL);
START TRANSACTION;
INSERT INTO accounts (name, balance) VALUES ('a', 10), ('b', 20);
COMMIT;
BEGIN;
UPDATE accounts SET balance = balance - 5 WHERE name = 'a';
UPDATE accounts SET balance = balance + 5 WHERE name = 'b';
COMMIT WORK;
SET autocommit = 0;
INSERT INTO accounts (name, balance) VALUES ('c', 0);
COMMIT;
SET autocommit = 1;
