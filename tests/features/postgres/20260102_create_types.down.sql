-- 20260102 create types: undo

DROP TABLE moods;
DROP TYPE float_range;
DROP TYPE dimensions;
DROP DOMAIN percentage;
DROP TYPE mood;
