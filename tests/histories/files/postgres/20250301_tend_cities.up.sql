-- migrate: no-transaction
INSERT INTO steps (migration, number) VALUES ('alone up', 1);
CREATE INDEX CONCURRENTLY cities_name_idx ON cities (name);
INSERT INTO steps (migration, number) VALUES ('alone up', 3);
