-- 20260108 replace bodies: undo

CREATE OR REPLACE FUNCTION old_fashioned() RETURNS TEXT LANGUAGE 'sql' AS '
    SELECT ''it''''s; quoted \ twice''::text;  -- ; not the end
';

CREATE OR REPLACE VIEW gallery_ranks AS
SELECT slug, visibility, rank() OVER (PARTITION BY visibility ORDER BY weight DESC, slug) AS "rank"
FROM galleries WHERE title LIKE '%;%' OR title ~ '\d';
