-- 20260119 point in circles
--
-- Shows  Foreign keys in a circle, made with the checks off.

SET foreign_key_checks = 0;
CREATE TABLE chickens (id INTEGER PRIMARY KEY, egg INTEGER NOT NULL, KEY (egg),
    CONSTRAINT chickens_egg_fk FOREIGN KEY (egg) REFERENCES eggs (id));
CREATE TABLE eggs (id INTEGER PRIMARY KEY, chicken INTEGER NOT NULL, KEY (chicken),
    CONSTRAINT eggs_chicken_fk FOREIGN KEY (chicken) REFERENCES chickens (id) ON DELETE CASCADE);
INSERT INTO chickens (id, egg) VALUES (1, 1);
INSERT INTO eggs (id, chicken) VALUES (1, 1);
SET foreign_key_checks = 1;
