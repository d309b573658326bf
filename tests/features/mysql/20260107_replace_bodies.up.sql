-- 20260107 replace bodies
--
-- Shows  A view and a function whose bodies change.

CREATE OR REPLACE VIEW gallery_sizes AS
SELECT slug, 1 AS images, 2 AS bytes, 3 AS `rank` FROM galleries;

DROP FUNCTION plain;
CREATE FUNCTION plain(n INTEGER) RETURNS INTEGER DETERMINISTIC RETURN n + 2;
