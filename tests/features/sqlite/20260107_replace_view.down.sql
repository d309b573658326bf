-- 20260107 replace view: undo

DROP VIEW gallery_sizes;
CREATE VIEW gallery_sizes AS
WITH sums AS (
    SELECT gallery_id, count(*) AS images, sum(bytes) AS bytes FROM images GROUP BY gallery_id
)
SELECT g.slug, s.images, s.bytes, rank() OVER (ORDER BY s.bytes DESC) AS "rank"
FROM galleries AS g JOIN sums AS s ON s.gallery_id = g.id;
