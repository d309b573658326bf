-- 20260107 replace view
--
-- Shows  A view whose body changes, with a view and a trigger that hang on it.

DROP VIEW gallery_sizes;
CREATE VIEW gallery_sizes AS
SELECT g.slug, count(i.id) AS images, total(i.bytes) AS bytes, 0 AS "rank"
FROM galleries AS g LEFT JOIN images AS i ON i.gallery_id = g.id GROUP BY g.id;
