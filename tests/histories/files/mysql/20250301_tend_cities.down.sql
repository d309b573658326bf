ALTER TABLE cities DROP COLUMN country;
