-- 20260109 do something
--
-- Shows  DO blocks with and without a tag, dynamic SQL, an exception that is caught, a NOTICE.

DO $$
DECLARE
    name TEXT;
BEGIN
    FOREACH name IN ARRAY ARRAY['one', 'two; 2', 'thrée'] LOOP
        EXECUTE format('CREATE TABLE %I (n INTEGER DEFAULT %L)', 'made ' || name, length(name));
    END LOOP;
    RAISE NOTICE '% tables; 100%%', 3;
END
$$;

DO LANGUAGE plpgsql $do$
BEGIN
    INSERT INTO "made one" (n) VALUES (1 / 0);
EXCEPTION WHEN division_by_zero THEN
    INSERT INTO "made one" (n) VALUES (-1);  -- $$ is no end
END;
$do$;
