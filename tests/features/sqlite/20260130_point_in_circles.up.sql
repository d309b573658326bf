-- 20260130 point in circles
--
-- Shows  Foreign keys in a circle, deferred, of which the first row points to one that comes later.

CREATE TABLE chickens (
    id   INTEGER PRIMARY KEY,
    egg  INTEGER NOT NULL REFERENCES eggs (id) DEFERRABLE INITIALLY DEFERRED
);
CREATE TABLE eggs (
    id       INTEGER PRIMARY KEY,
    chicken  INTEGER NOT NULL REFERENCES chickens (id) DEFERRABLE INITIALLY DEFERRED
);
INSERT INTO chickens (id, egg) VALUES (1, 1);
INSERT INTO eggs (id, chicken) VALUES (1, 1);
