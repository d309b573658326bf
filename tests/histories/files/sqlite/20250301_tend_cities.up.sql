-- migrate: no-transaction
INSERT INTO steps (migration, number) VALUES ('alone up', 1);
VACUUM;
INSERT INTO steps (migration, number) VALUES ('alone up', 3);
