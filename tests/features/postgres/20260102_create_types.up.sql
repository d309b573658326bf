-- 20260102 create types
--
-- Shows  An enum, a domain with two constraints, a composite type, a range type.

CREATE TYPE mood AS ENUM ('sad', 'ok; so', 'it''s "happy"');
CREATE DOMAIN percentage AS NUMERIC(5, 2) NOT NULL DEFAULT 50
    CONSTRAINT percentage_low  CHECK (VALUE >= 0)
    CONSTRAINT percentage_high CHECK (VALUE <= 100);
CREATE TYPE dimensions AS (width INTEGER, height INTEGER, unit VARCHAR(4));
CREATE TYPE float_range AS RANGE (subtype = float8, subtype_diff = float8mi);

CREATE TABLE moods (
    felt   mood NOT NULL DEFAULT 'sad',
    share  percentage,
    size   dimensions DEFAULT ROW(1, 2, 'px'),
    span   float_range
);
INSERT INTO moods (felt, share, size, span) VALUES
    ('ok; so', 12.5, ROW(4, 3, 'cm'), '[1.5,2.5)'),
    ('it''s "happy"', 100, NULL, 'empty'::float_range);
