-- 20260107 create views
--
-- Shows  A view with a window, a recursive one, one with CHECK OPTION, a materialized one with an index.

CREATE VIEW gallery_ranks AS
SELECT slug, visibility, rank() OVER (PARTITION BY visibility ORDER BY weight DESC, slug) AS "rank"
FROM galleries WHERE title LIKE '%;%' OR title ~ '\d';

CREATE RECURSIVE VIEW numbers (n) AS
VALUES (1) UNION ALL SELECT n + 1 FROM numbers WHERE n < 10;

CREATE VIEW public_galleries WITH (security_barrier) AS
SELECT id, slug, title, visibility FROM galleries WHERE visibility = 'public'
WITH CASCADED CHECK OPTION;

CREATE MATERIALIZED VIEW visibility_counts AS
SELECT visibility, count(*) AS galleries FROM galleries GROUP BY visibility;
CREATE UNIQUE INDEX visibility_counts_key ON visibility_counts (visibility);
REFRESH MATERIALIZED VIEW visibility_counts;
COMMENT ON VIEW gallery_ranks IS 'who leads; and where';
