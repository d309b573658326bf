-- 20260108 replace bodies
--
-- Shows  A view and a function whose bodies change, and CREATE OR REPLACE for both.

CREATE OR REPLACE VIEW gallery_ranks AS
SELECT slug, visibility, 1::bigint AS "rank" FROM galleries;

CREATE OR REPLACE FUNCTION old_fashioned() RETURNS TEXT LANGUAGE sql AS $$ SELECT 'new; fashioned' $$;
