-- 20260107 replace bodies: undo

DROP FUNCTION plain;
CREATE FUNCTION plain(n INTEGER) RETURNS INTEGER DETERMINISTIC RETURN n + 1;

CREATE OR REPLACE VIEW gallery_sizes AS
WITH sums AS (SELECT gallery_id, COUNT(*) AS images, SUM(bytes) AS bytes FROM images GROUP BY gallery_id)
SELECT g.slug, s.images, s.bytes, RANK() OVER (ORDER BY s.bytes DESC) AS `rank`
FROM galleries AS g JOIN sums AS s ON s.gallery_id = g.id;
