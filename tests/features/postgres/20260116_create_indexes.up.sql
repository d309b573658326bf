-- 20260116 create indexes
--
-- Shows  Partial, on an expression, descending, covering, GIN, hash, with a storage parameter.

CREATE INDEX galleries_public_idx ON galleries (weight DESC NULLS LAST, slug) WHERE visibility = 'public';
CREATE INDEX galleries_lower_idx ON galleries (lower(title) COLLATE "C", (length(slug) % 7));
CREATE UNIQUE INDEX galleries_number_key ON galleries (number) INCLUDE (title) NULLS NOT DISTINCT;
CREATE INDEX galleries_words_idx ON galleries USING gin (to_tsvector('simple', title)) WITH (fastupdate = off);
CREATE INDEX galleries_hash_idx ON galleries USING hash (slug);
COMMENT ON INDEX galleries_public_idx IS 'for the front page; it''s shown first';
