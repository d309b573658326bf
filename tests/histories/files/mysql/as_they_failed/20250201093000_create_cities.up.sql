-- migrate: no-transaction
INSERT INTO steps (migration, number) VALUES ('cities up', 1);
CREATE TABLE cities (
    id   INTEGER     NOT NULL PRIMARY KEY,
    name VARCHAR(80) NOT NULL
);
INSERT INTO citys (id, name) VALUES (1, 'Zürich');
INSERT INTO steps (migration, number) VALUES ('cities up', 4);
