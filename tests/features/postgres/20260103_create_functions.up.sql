-- 20260103 create functions
--
-- Shows  Dollar quotes in dollar quotes, BEGIN ATOMIC, quoted bodies, comments in bodies, a procedure, an aggregate.

CREATE FUNCTION shout(word TEXT, loud BOOLEAN DEFAULT TRUE) RETURNS TEXT
LANGUAGE plpgsql IMMUTABLE AS $shout$
DECLARE
    answer TEXT := $$a "text"; it's quoted$$;  -- it's a comment; END;
BEGIN
    /* nested /* comments; */ are fine */
    IF loud THEN
        answer := CASE word WHEN 'a;b' THEN $x$ $shout ;$ $x$ ELSE upper(word) || '!; ''END''' END;
    END IF;
    RETURN format('%s %I %L 100%%', answer, word, word);
END;
$shout$;

CREATE FUNCTION add_up(VARIADIC numbers INTEGER[]) RETURNS INTEGER
LANGUAGE sql IMMUTABLE
RETURN (SELECT sum(n) FROM unnest(numbers) AS n);

CREATE FUNCTION list_galleries(pattern TEXT) RETURNS TABLE (slug TEXT, title TEXT)
LANGUAGE sql STABLE
BEGIN ATOMIC
    SELECT CASE WHEN pattern = '%' THEN 'all;' ELSE 'some' END;
    SELECT g.slug, g.title FROM galleries AS g WHERE g.slug LIKE pattern;
END;

CREATE FUNCTION old_fashioned() RETURNS TEXT LANGUAGE 'sql' AS '
    SELECT ''it''''s; quoted \ twice''::text;  -- ; not the end
';
CREATE FUNCTION with_escapes() RETURNS TEXT LANGUAGE sql AS E'SELECT \'a\\\\b;\'::text\n;';

CREATE PROCEDURE rename_gallery(old TEXT, new TEXT, INOUT renamed INTEGER DEFAULT 0)
LANGUAGE plpgsql AS $$
BEGIN
    UPDATE galleries SET slug = new WHERE slug = old;
    GET DIAGNOSTICS renamed = ROW_COUNT;
END
$$;

CREATE AGGREGATE product(NUMERIC) (SFUNC = numeric_mul, STYPE = NUMERIC, INITCOND = '1');

CREATE TABLE shouts AS
SELECT shout('a;b') AS word, add_up(1, 2, 3) AS n, old_fashioned() AS old, with_escapes() AS escaped,
       (SELECT product(n) FROM generate_series(1, 5) AS n) AS factorial;
