-- migrate: no-transaction
INSERT INTO steps (migration, number) VALUES ('alone up', 1);
ALTER TABLE cities ADD COLUMN country CHAR(2);
INSERT INTO steps (migration, number) VALUES ('alone up', 3);
