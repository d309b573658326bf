-- 20260111 index one concurrently
--
-- Shows  A file of nothing else, without a word on its first line.

CREATE INDEX CONCURRENTLY galleries_title_idx ON galleries (title text_pattern_ops);
