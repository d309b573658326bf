-- The schema of a PostgreSQL database, a line or a body for each part of it. What is here has a name that says all;
-- the rest of the catalogues is described row by row, by proof.py. With an empty search_path, every name has its schema.
WITH ours AS (
    SELECT nspname::text, oid FROM pg_catalog.pg_namespace
    WHERE nspname !~ '^pg_' AND nspname <> 'information_schema'
),
relations AS (SELECT c.*, format('%s %s', CASE c.relkind WHEN 'r' THEN 'table' WHEN 'p' THEN 'table' WHEN 'v' THEN
    'view' WHEN 'm' THEN 'materialized view' WHEN 'S' THEN 'sequence' WHEN 'c' THEN 'type' ELSE 'relation' END,
    c.oid::regclass) AS title FROM pg_class c JOIN ours ON ours.oid = relnamespace WHERE relkind NOT IN ('i', 'I'))
SELECT 'schema ' || nspname FROM ours
UNION ALL SELECT 'extension ' || extname FROM pg_extension
UNION ALL SELECT format('%s%s%s%s%s', title, CASE relpersistence WHEN 'u' THEN ' unlogged' END,
    ' partition by ' || pg_get_partkeydef(oid), ' ' || pg_get_expr(relpartbound, oid), ' with ' || reloptions::text)
    || coalesce(' toast with ' || (SELECT o.reloptions::text FROM pg_class o WHERE o.oid = relations.reltoastrelid),
        '')
    || CASE WHEN relrowsecurity THEN ' row level security' ELSE '' END
    || CASE WHEN relforcerowsecurity THEN ' forced' ELSE '' END FROM relations
UNION ALL SELECT format('%s inherits %s', title, inhparent::regclass)
    FROM pg_inherits JOIN relations ON oid = inhrelid
UNION ALL SELECT format('%s: column %I %s%s%s%s%s', title, attname, format_type(atttypid, atttypmod),
    ' collate ' || (SELECT collname FROM pg_collation o JOIN pg_type t ON t.oid = atttypid
        WHERE o.oid = attcollation AND attcollation <> typcollation), CASE WHEN attnotnull THEN ' not null' END,
    ' identity ' || nullif(attidentity::text, ''),
    CASE attgenerated WHEN '' THEN ' default ' WHEN 'v' THEN ' generated virtual ' ELSE ' generated ' END || pg_get_expr(adbin, adrelid))
    FROM relations JOIN pg_attribute ON attrelid = relations.oid
    LEFT JOIN pg_attrdef ON adrelid = attrelid AND adnum = attnum
    WHERE attnum > 0 AND NOT attisdropped AND relkind <> 'S'
UNION ALL SELECT format('constraint %I on %s: %s', conname,
    coalesce(nullif(conrelid, 0)::regclass::text, contypid::regtype::text), pg_get_constraintdef(c.oid))
    FROM pg_constraint c JOIN ours ON ours.oid = connamespace WHERE contype <> 'n' OR NOT convalidated
UNION ALL SELECT pg_get_indexdef(indexrelid) || CASE WHEN indisvalid THEN '' ELSE ' (invalid)' END
    || CASE WHEN indisclustered THEN ' (clustered)' ELSE '' END
    || CASE WHEN indisreplident THEN ' (replica identity)' ELSE '' END
    FROM pg_index JOIN relations ON relations.oid = indrelid
UNION ALL SELECT format('%s: %s', title, pg_get_viewdef(oid)) FROM relations WHERE relkind IN ('v', 'm')
UNION ALL SELECT pg_get_triggerdef(t.oid) || ' enabled ' || tgenabled::text
    FROM pg_trigger t JOIN relations ON relations.oid = tgrelid WHERE NOT tgisinternal
UNION ALL SELECT format('constraint %I on %s: enabled %s', conname, title, tgenabled)
    FROM pg_trigger t JOIN relations ON relations.oid = tgrelid JOIN pg_constraint c ON c.oid = tgconstraint
    WHERE tgisinternal AND tgenabled <> 'O'
UNION ALL SELECT pg_get_functiondef(p.oid) FROM pg_proc p JOIN ours ON ours.oid = pronamespace WHERE prokind <> 'a'
UNION ALL SELECT format('%s as %s start %s increment %s min %s max %s cache %s cycle %s', title, seqtypid::regtype,
    seqstart, seqincrement, seqmin, seqmax, seqcache, seqcycle) FROM pg_sequence JOIN relations ON oid = seqrelid
UNION ALL SELECT format('%s owned by %s.%I', title, attrelid::regclass, attname) FROM relations
    JOIN pg_depend ON objid = oid AND deptype = 'a'
    JOIN pg_attribute ON (attrelid, attnum) = (refobjid, refobjsubid) WHERE relkind = 'S'
UNION ALL SELECT format('type %s (%s)', enumtypid::regtype, string_agg(quote_literal(enumlabel), ', '
    ORDER BY enumsortorder)) FROM pg_enum GROUP BY enumtypid
UNION ALL SELECT format('domain %s as %s%s%s', t.oid::regtype, format_type(typbasetype, typtypmod),
    CASE WHEN typnotnull THEN ' not null' END, ' default ' || typdefault)
    FROM pg_type t JOIN ours ON ours.oid = typnamespace WHERE typtype = 'd'
UNION ALL SELECT pg_get_ruledef(r.oid) || ' enabled ' || ev_enabled::text
    FROM pg_rewrite r JOIN relations ON relations.oid = ev_class
    WHERE rulename <> '_RETURN'
UNION ALL SELECT format('policy %I on %s %s for %s to %s using %s check %s', polname, title,
    CASE WHEN polpermissive THEN 'permissive' ELSE 'restrictive' END, polcmd,
    polroles::regrole[], pg_get_expr(polqual, polrelid), pg_get_expr(polwithcheck, polrelid))
    FROM pg_policy JOIN relations ON relations.oid = polrelid
UNION ALL SELECT pg_get_statisticsobjdef(s.oid) FROM pg_statistic_ext s JOIN ours ON ours.oid = stxnamespace
UNION ALL SELECT format('comment on %s %s: %s', o.type, o.identity, description)
    FROM pg_description, pg_identify_object(classoid, objoid, objsubid) o WHERE objoid >= 16384
UNION ALL SELECT 'comment on the database: ' || description FROM pg_shdescription
    JOIN pg_database d ON (d.oid, 'pg_database'::regclass) = (objoid, classoid) WHERE datname = current_database()
UNION ALL SELECT format('publication table %s', to_jsonb(p) || jsonb_build_object('attnames', ARRAY(
    SELECT jsonb_path_query(to_jsonb(p), '$.attnames[*]') AS name ORDER BY name))) FROM pg_publication_tables p
