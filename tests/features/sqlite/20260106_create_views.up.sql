-- 20260106 create views
--
-- Shows  A view with a CTE and a window, a view on a view, and INSTEAD OF triggers that make it writable.

CREATE VIEW gallery_sizes AS
WITH sums AS (
    SELECT gallery_id, count(*) AS images, sum(bytes) AS bytes FROM images GROUP BY gallery_id
)
SELECT g.slug, s.images, s.bytes, rank() OVER (ORDER BY s.bytes DESC) AS "rank"
FROM galleries AS g JOIN sums AS s ON s.gallery_id = g.id;

CREATE VIEW big_galleries (name, size) AS SELECT slug, bytes FROM gallery_sizes WHERE bytes > 10000;

CREATE TRIGGER big_galleries_update INSTEAD OF UPDATE OF name ON big_galleries
BEGIN
    UPDATE galleries SET slug = new.name WHERE slug = old.name;
    UPDATE galleries SET title = CASE WHEN title LIKE '100!%%' ESCAPE '!' THEN title ELSE title END
    WHERE slug = new.name;
END;
