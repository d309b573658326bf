-- migrate: no-transaction
INSERT INTO steps (migration, number) VALUES ('cities down', 1);
DROP TABLE cities;
INSERT INTO steps (migration, number) VALUES ('cities down', 3);
INSERT INTO steps (migration, number) VALUES ('cities down', 4);
