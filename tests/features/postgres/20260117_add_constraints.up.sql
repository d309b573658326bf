-- 20260117 add constraints
--
-- Shows  Foreign keys with actions, NOT VALID and VALIDATE, deferred ones in a circle, an exclusion constraint.

CREATE TABLE bookings (
    id       INTEGER PRIMARY KEY,
    gallery  BIGINT,
    during   INT4RANGE NOT NULL,
    next_id  INTEGER NOT NULL,
    CONSTRAINT bookings_gallery_fk FOREIGN KEY (gallery) REFERENCES galleries (id)
        ON DELETE SET NULL ON UPDATE CASCADE,
    CONSTRAINT bookings_next_fk FOREIGN KEY (next_id) REFERENCES bookings (id)
        DEFERRABLE INITIALLY DEFERRED,
    CONSTRAINT bookings_one_at_a_time EXCLUDE USING gist (during WITH &&)
);
INSERT INTO bookings (id, during, next_id) VALUES (1, '[1,5)', 2), (2, '[5,9)', 1);
SET CONSTRAINTS ALL IMMEDIATE;
ALTER TABLE bookings ADD CONSTRAINT bookings_low_check CHECK (lower(during) > 0) NOT VALID;
ALTER TABLE bookings ADD CONSTRAINT bookings_high_check CHECK (upper(during) < 1000) NOT VALID;
ALTER TABLE bookings VALIDATE CONSTRAINT bookings_low_check;
ALTER TABLE galleries ADD CONSTRAINT galleries_weight_check CHECK (weight BETWEEN 0 AND 100);
ALTER TABLE galleries RENAME CONSTRAINT galleries_slug_key TO galleries_slug_unique;
