-- 20260114 use new value: undo

DELETE FROM moods WHERE felt = 'furious';
ALTER TABLE moods ALTER COLUMN felt DROP DEFAULT;
ALTER TYPE mood RENAME TO mood_old;
CREATE TYPE mood AS ENUM ('blue', 'ok; so', 'elated; 100%', 'it''s "happy"');
ALTER TABLE moods ALTER COLUMN felt TYPE mood USING felt::text::mood;
ALTER TABLE moods ALTER COLUMN felt SET DEFAULT 'blue';
DROP TYPE mood_old;
