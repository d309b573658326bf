-- 20260106 create views
--
-- Shows  A view with a CTE and a window, one with CHECK OPTION, a view on a view.

CREATE VIEW gallery_sizes AS
WITH sums AS (SELECT gallery_id, COUNT(*) AS images, SUM(bytes) AS bytes FROM images GROUP BY gallery_id)
SELECT g.slug, s.images, s.bytes, RANK() OVER (ORDER BY s.bytes DESC) AS `rank`
FROM galleries AS g JOIN sums AS s ON s.gallery_id = g.id;

CREATE ALGORITHM=MERGE SQL SECURITY INVOKER VIEW public_galleries (name, titel) AS
SELECT slug, title FROM galleries WHERE visibility = 'public' WITH CASCADED CHECK OPTION;

CREATE VIEW big_galleries AS SELECT slug, 'a; "b"' AS note FROM gallery_sizes WHERE bytes > 10000;
