-- migrate: no-transaction
-- 20260114 use new value
--
-- Shows  A new value that is used in the file that adds it.

ALTER TYPE mood ADD VALUE 'furious' BEFORE 'blue';
INSERT INTO moods (felt, share) VALUES ('furious', 1);
