-- 20260113 extend enum: undo

ALTER TABLE moods ALTER COLUMN felt DROP DEFAULT;
ALTER TYPE mood RENAME TO mood_old;
CREATE TYPE mood AS ENUM ('sad', 'ok; so', 'it''s "happy"');
ALTER TABLE moods ALTER COLUMN felt TYPE mood
    USING (CASE felt::text WHEN 'blue' THEN 'sad' ELSE felt::text END)::mood;
ALTER TABLE moods ALTER COLUMN felt SET DEFAULT 'sad';
DROP TYPE mood_old;
