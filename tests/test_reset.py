"""What ``reset`` takes: all that the files made, wherever it is; of the rest of the database nothing, or it says so."""

from __future__ import annotations

import contextlib
import re
from typing import TYPE_CHECKING

import inside
import pytest
from desk import without_notices

import migrate
from migrate_review.proof import proof_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from project import Project


postgres = pytest.mark.databases("postgres")
mysql = pytest.mark.databases("mysql")


# --- What a file makes, by its words --------------------------------------------------------------------------------

MADE = {
    "CREATE EXTENSION hstore": ["extension hstore"],
    'CREATE EXTENSION IF NOT EXISTS "uuid-ossp" WITH SCHEMA x': ['extension "uuid-ossp" ?'],
    "CREATE /* SCHEMA a */ SCHEMA -- b\n C": ["schema C"],
    "CREATE SCHEMA IF NOT EXISTS AUTHORIZATION joe": ["schema joe ?"],
    "CREATE SCHEMA a AUTHORIZATION joe CREATE TABLE t (i int)": ["schema a"],
    "COMMENT ON SCHEMA a IS 'CREATE SCHEMA b'": [],
    "INSERT INTO t VALUES ('CREATE SCHEMA b')": [],
    "CREATE TEMP TABLE server (i int)": [],
    "CREATE UNLOGGED TABLE IF NOT EXISTS x.t (i int)": ["table x.t ?"],
    "CREATE INDEX extension ON t (i)": [],
    "CREATE TABLE extension (schema int)": ["table extension"],
    "CREATE OR REPLACE TRUSTED PROCEDURAL LANGUAGE l": ["language l ?"],
    "CREATE EVENT TRIGGER et ON ddl_command_end EXECUTE FUNCTION f()": ["event trigger et"],
    'CREATE CONSTRAINT TRIGGER tr AFTER INSERT OR UPDATE OF i ON "X".t EXECUTE FUNCTION f()': ['trigger tr ON "X".t'],
    'CREATE POLICY "my policy" ON x.t USING (true)': ['policy "my policy" ON x.t'],
    "CREATE RULE ru AS ON INSERT TO x.t DO NOTHING": ["rule ru ON x.t"],
    "CREATE CAST (mood AS double precision) WITH INOUT": ["cast (mood AS double precision)"],
    "CREATE TRANSFORM FOR x.mood LANGUAGE l (FROM SQL WITH FUNCTION f(internal))": ["transform FOR x.mood LANGUAGE l"],
    "CREATE USER MAPPING IF NOT EXISTS FOR CURRENT_USER SERVER s": ["user mapping FOR CURRENT_USER SERVER s ?"],
    "CREATE USER u": ["user u"],
    "CREATE FOREIGN DATA WRAPPER w": ["foreign data wrapper w"],
    "CREATE FOREIGN TABLE x.t (i int) SERVER s": ["foreign table x.t"],
    "CREATE MATERIALIZED VIEW x.v AS SELECT 1": ["materialized view x.v"],
    "DROP EXTENSION IF EXISTS a, b CASCADE": ["-extension a", "-extension b"],
    "ALTER SCHEMA a RENAME TO b": ["-schema a", "schema b"],
    "ALTER TABLE x.t RENAME TO u": ["-table x.t", "table x.u"],
    "ALTER TRIGGER a ON x.t RENAME TO b": ["-trigger a ON x.t", "trigger b ON x.t"],
    "ALTER SCHEMA a OWNER TO b": [],
    "DO $do$ BEGIN PERFORM 1; IF true THEN CREATE PUBLICATION p; END IF; CREATE SCHEMA s; END $do$": [
        "publication p ?", "schema s ?"],
    "DO LANGUAGE plpgsql $$ BEGIN EXECUTE 'CREATE SCHEMA s'; END $$": [],
    "CREATE FUNCTION f() RETURNS int LANGUAGE sql AS $$ CREATE SCHEMA s $$": ["function f"],
    "SELECT lo_create(5), pg_catalog.lo_from_bytea('6', 'x'), lo_import('/tmp/lo_create(1)', 7), lo_unlink(8)": [
        *("large object 5", "large object 6", "large object 7", "-large object 8")],
    "SELECT lo_create(0), lo_creat(-1), lo_create(n), 'lo_create ( 9', lo_import('/tmp/f') FROM t": [],
    "DO $$ BEGIN PERFORM lo_create(5); ALTER DEFAULT PRIVILEGES GRANT SELECT ON TABLES TO r; END $$": [
        "large object 5 ?", "default privileges GRANT SELECT ON TABLES TO r ?"],
    "ALTER DEFAULT PRIVILEGES IN SCHEMA s REVOKE SELECT ON TABLES FROM r": [],
    "ALTER DEFAULT PRIVILEGES REVOKE ALL ON TABLES FROM PUBLIC": [],
    "ALTER DEFAULT PRIVILEGES FOR ROLE o REVOKE ALL ON FUNCTIONS FROM public CASCADE": [
        "default privileges FOR ROLE o REVOKE ALL ON FUNCTIONS FROM public CASCADE ?"],
    "ALTER DEFAULT PRIVILEGES REVOKE ALL ON TYPES FROM r ,PUBLIC, s RESTRICT": [
        "default privileges REVOKE ALL ON TYPES FROM r, PUBLIC, s RESTRICT ?"],
    "ALTER DEFAULT PRIVILEGES REVOKE ALL ON TYPES FROM r, publican": [],
    "INSERT INTO t VALUES (lo_create(5), 'lo_create(6)')": ["large object 5"],
    "WITH w AS (UPDATE t SET n = LO_UNLINK ( 5 ) RETURNING n) TABLE w": ["-large object 5"],
    "CREATE SCHEMA": [],
    "CREATE SCHEMA AUTHORIZATION CURRENT_USER": [],
    "CREATE POLICY p": ["policy p"],
    "CREATE CAST": [],
}  # fmt: skip


@pytest.mark.parametrize("text", MADE)
def test_what_a_file_makes_is_read_from_its_words(text: str) -> None:
    database = migrate.Postgres(migrate.DatabaseURL.parse("postgres://h/d"))
    made = database.find_made(migrate.words_of(text, database.syntax))
    found = [f"{'' if there else '-'}{each}{' ?' * (there and each.optional)}" for there, each in made]
    assert found == MADE[text]


# --- Twice in a row -------------------------------------------------------------------------------------------------

RICH = {
    "sqlite": {
        "1_a": "CREATE TABLE p (id INTEGER PRIMARY KEY AUTOINCREMENT, g INT GENERATED ALWAYS AS (id * 2) STORED);\n"
        "CREATE TABLE q (p REFERENCES p ON DELETE CASCADE, PRIMARY KEY (p)) WITHOUT ROWID;\n"
        "INSERT INTO p (id) VALUES (7); INSERT INTO q VALUES (7);",
        "2_b": "CREATE VIEW v AS SELECT * FROM q; CREATE VIEW broken AS SELECT * FROM absent;\n"
        "CREATE TRIGGER tr INSTEAD OF INSERT ON v BEGIN INSERT INTO q VALUES (new.p); END;\n"
        "CREATE VIRTUAL TABLE f USING fts5(a, content='p', content_rowid='id');\n"
        "CREATE VIRTUAL TABLE r USING rtree(i, a, b);\n"
        "CREATE INDEX i ON p (g) WHERE g > 1; ANALYZE;",
    },
    "postgres": {
        "1_a": 'CREATE EXTENSION citext; CREATE EXTENSION IF NOT EXISTS hstore; CREATE SCHEMA "Bill ing";\n'
        'CREATE TABLE "Bill ing".u (m citext); CREATE TABLE t (i int PRIMARY KEY, h hstore, m citext);\n'
        "CREATE FUNCTION \"Bill ing\".f() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN new; END';\n"
        'CREATE TRIGGER tr BEFORE INSERT ON t FOR EACH ROW EXECUTE FUNCTION "Bill ing".f();\n'
        "CREATE TYPE mood AS ENUM ('ok'); CREATE FUNCTION g(mood) RETURNS int LANGUAGE sql AS 'SELECT 1';\n"
        "CREATE FUNCTION ef() RETURNS event_trigger LANGUAGE plpgsql AS 'BEGIN RAISE ''not here''; END';",
        "2_b": "CREATE PUBLICATION pp FOR TABLE t; CREATE CAST (mood AS int) WITH FUNCTION g(mood);\n"
        "DO $$ BEGIN IF NOT EXISTS (SELECT FROM pg_publication WHERE pubname = 'pq') THEN\n"
        "  CREATE PUBLICATION pq FOR TABLE t; END IF; END $$;\n"
        "CREATE EVENT TRIGGER et ON sql_drop WHEN TAG IN ('DROP TABLE') EXECUTE FUNCTION ef();\n"
        "CREATE FOREIGN DATA WRAPPER w; CREATE SERVER s FOREIGN DATA WRAPPER w;\n"
        "CREATE USER MAPPING FOR CURRENT_USER SERVER s; CREATE FOREIGN TABLE ft (i int) SERVER s;\n"
        "CREATE SCHEMA a; CREATE TABLE a.t (i int); ALTER SCHEMA a RENAME TO b; CREATE SCHEMA gone; DROP SCHEMA gone;\n"
        "CREATE POLICY po ON shared.t USING (i > 0); CREATE TRIGGER tr BEFORE INSERT ON shared.t\n"
        '  FOR EACH ROW EXECUTE FUNCTION "Bill ing".f(); CREATE RULE ru AS ON DELETE TO shared.t DO NOTHING;',
    },
    "mysql": {
        "1_a": "CREATE TABLE p (id INT AUTO_INCREMENT PRIMARY KEY); CREATE TABLE q (p INT REFERENCES p (id));\n"
        "CREATE TABLE r (p INT, FOREIGN KEY (p) REFERENCES p (id));\n"
        "CREATE VIEW v AS SELECT * FROM p; CREATE TRIGGER tr BEFORE INSERT ON q FOR EACH ROW SET @x = 1;",
        "2_b": "CREATE PROCEDURE pr() SELECT 1; CREATE FUNCTION f() RETURNS INT DETERMINISTIC RETURN 1;\n"
        "CREATE EVENT e ON SCHEDULE EVERY 1 DAY STARTS '2030-01-01' DO SET @x = 1;",
    },
}  # fmt: skip
PACKAGE = """SET sql_mode = 'ORACLE';
DELIMITER //
CREATE PACKAGE pk AS
  FUNCTION one RETURN INT;
END //
CREATE PACKAGE BODY pk AS
  FUNCTION one RETURN INT AS BEGIN RETURN 1; END;
END //
DELIMITER ;
SET sql_mode = DEFAULT;
CREATE SEQUENCE sq; CREATE TABLE counted (n INT DEFAULT (NEXT VALUE FOR sq)); ALTER TABLE q ADD SYSTEM VERSIONING;
"""


def fingerprint(project: Project) -> set[str]:
    database = inside.database_at(project.database.url)
    with contextlib.closing(database):
        database.open()
        return proof_of(database).fingerprint()


def test_what_the_files_made_anywhere_is_reset_twice_in_a_row(project: Project) -> None:
    dialect, flavor = project.database.dialect, project.database.flavor
    files = {**RICH[dialect]} | ({"3_c": PACKAGE} if flavor == "mariadb" else {})
    if dialect == "postgres":
        project.database.execute("CREATE SCHEMA shared", "CREATE TABLE shared.t AS SELECT 1 AS i")
    if flavor == "mysql":
        files["3_c"] = "CREATE LIBRARY l LANGUAGE JAVASCRIPT AS 'export function f(n) { return n; }';"
    project.write(files)
    project.succeed("up")
    before = fingerprint(project)
    for _ in range(2):
        ran = project.succeed("reset", "--yes")
        assert fingerprint(project) == before
        assert set(project.states().values()) == {"applied"}
    if dialect == "postgres":
        assert project.rows("SELECT * FROM shared.t") == [(1,)]
        assert [line for line in ran.err.splitlines() if line.startswith("dropped ")] == [
            "dropped event trigger et", "dropped publication pp", "dropped cast (mood AS int)",
            "dropped publication pq", "dropped user mapping FOR CURRENT_USER SERVER s", "dropped policy po ON shared.t",
            "dropped trigger tr ON shared.t", "dropped rule ru ON shared.t", "dropped schema b", "dropped server s",
            "dropped foreign data wrapper w", 'dropped schema "Bill ing"', "dropped extension hstore",
            "dropped extension citext", "dropped 24 objects",
        ]  # fmt: skip


WITHOUT_A_NAME = """SELECT lo_create(4711); SELECT pg_catalog.lo_create('4712');
CREATE SCHEMA app; CREATE TABLE t (i int); INSERT INTO t VALUES (lo_create(4710));
ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT SELECT, INSERT ON TABLES TO PUBLIC;
ALTER DEFAULT PRIVILEGES IN SCHEMA app GRANT ALL PRIVILEGES ON SEQUENCES TO CURRENT_USER WITH GRANT OPTION;
ALTER DEFAULT PRIVILEGES REVOKE EXECUTE ON FUNCTIONS FROM PUBLIC;
ALTER DEFAULT PRIVILEGES GRANT USAGE ON SCHEMAS TO PUBLIC;
ALTER DEFAULT PRIVILEGES REVOKE USAGE ON TYPES FROM pg_monitor, PUBLIC;
"""
BY_HAND = "ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT SELECT ON SEQUENCES TO PUBLIC", "SELECT lo_create(4713)"


@postgres
def test_what_the_files_made_without_a_name_is_reset_twice_in_a_row_and_what_a_person_made_stays(
    project: Project,
) -> None:
    project.database.execute(*BY_HAND)
    project.write({"1_a": WITHOUT_A_NAME})
    numbers, defaults = "SELECT oid::int FROM pg_largeobject_metadata ORDER BY 1", "SELECT count(*) FROM pg_default_acl"
    project.succeed("up")
    before = fingerprint(project)
    for _ in range(2):
        ran = project.succeed("reset", "--yes")
        assert (fingerprint(project), project.rows(numbers)) == (before, [(4710,), (4711,), (4712,), (4713,)])
        dropped = [line for line in ran.err.splitlines() if re.match("dropped (large|default)", line)]
        assert len(dropped) == 8
    project.write({"1_a": "CREATE TABLE t (i int);"})
    project.succeed("repair", "1", "--applied")
    project.write({"1_a": "CREATE TABLE u (i int);"})
    ran = project.succeed("reset", "--yes")  # what ran is not known any more
    assert "what 1 a made elsewhere stays, too: the text that ran is not here\n" in ran.err
    assert project.rows(defaults) == [(6,)]


# --- What is not the files' -----------------------------------------------------------------------------------------

BESIDE = {
    "1_a": """CREATE TYPE mood AS ENUM ('ok'); CREATE TABLE t (i int PRIMARY KEY, m mood, s int); CREATE SEQUENCE sq;
        CREATE FUNCTION f(int) RETURNS int LANGUAGE sql IMMUTABLE AS 'SELECT $1'; CREATE VIEW v AS SELECT * FROM t;
        CREATE FUNCTION tf() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN new; END'; CREATE TYPE comp AS (a int);
        CREATE FUNCTION ef() RETURNS event_trigger LANGUAGE plpgsql AS 'BEGIN END'; CREATE DOMAIN pos AS int;
        CREATE TABLE parted (n int) PARTITION BY RANGE (n);"""
}
# What a person has made by hand on it, in schemas that are not the files'; and what CASCADE would take of that.
TAKEN = {
    "ALTER TABLE other.t ADD m mood": "table column other.t.m",
    'ALTER TABLE other.t ADD "a.b" mood[]': 'table column other.t."a.b"',
    "ALTER TABLE other.t ADD c comp": "table column other.t.c",
    "ALTER TABLE other.t ADD p pos": "table column other.t.p",
    "ALTER TABLE other.t ADD d int DEFAULT nextval('sq')": "default value for other.t.d",
    "ALTER TABLE other.t ADD e int DEFAULT f(1)": "default value for other.t.e",
    "ALTER TABLE other.t ADD g int GENERATED ALWAYS AS (f(i)) STORED": "table column other.t.g",
    'ALTER TABLE other.t ADD CONSTRAINT "f on k" FOREIGN KEY (i) REFERENCES t': 'table constraint "f on k" on other.t',
    "ALTER TABLE other.t ADD CONSTRAINT chk CHECK (f(i) > 0)": "table constraint chk on other.t",
    "CREATE VIEW other.v AS SELECT * FROM v": "view other.v",
    'CREATE MATERIALIZED VIEW "O q".mv AS SELECT * FROM other.v': 'materialized view "O q".mv',
    "CREATE FUNCTION other.g(mood) RETURNS int LANGUAGE sql AS 'SELECT 1'": "function other.g(public.mood)",
    "CREATE INDEX ix ON other.t (f(i))": "index other.ix",
    "CREATE TABLE other.p PARTITION OF parted FOR VALUES FROM (0) TO (9)": "table other.p",
    "CREATE TABLE other.heir () INHERITS (t)": "table other.heir",
    "CREATE TRIGGER tr BEFORE INSERT ON other.t FOR EACH ROW EXECUTE FUNCTION tf()": "trigger tr on other.t",
    "CREATE POLICY po ON other.t USING (f(i) = 1)": "policy po on other.t",
    "CREATE RULE ru AS ON INSERT TO other.t DO ALSO INSERT INTO t (i) VALUES (9)": "rule ru on other.t",
    "CREATE STATISTICS other.st ON i, s FROM t": "statistics object other.st",
    "CREATE TYPE other.ct AS (x mood, y int)": "composite type column other.ct.x",
    "CREATE DOMAIN other.dm AS mood": "type other.dm",
    "CREATE CAST (mood AS int) WITH FUNCTION other.g(mood)": "cast (public.mood AS integer)",
    "CREATE EVENT TRIGGER et ON ddl_command_end WHEN TAG IN ('CREATE CAST') EXECUTE FUNCTION ef()":
        "event trigger et",
    "CREATE PUBLICATION pub FOR TABLE t": "publication relation public.t in publication pub",
}  # fmt: skip


def prepared(project: Project, *by_hand: str) -> str:
    """The files of BESIDE are applied, and a person does something by hand; return the whole schema."""
    project.write(BESIDE)
    project.succeed("up")
    table = "CREATE TABLE other.t (i int)"
    project.database.execute(
        "CREATE SCHEMA other",
        'CREATE SCHEMA "O q"',
        table,
        "INSERT INTO other.t VALUES (1)",
        "INSERT INTO t VALUES (1)",
    )
    project.database.execute(*by_hand)
    return project.database.dump()


@postgres
def test_all_that_cascade_would_take_elsewhere_is_told_and_nothing_is_changed(project: Project) -> None:
    before = prepared(project, *TAKEN)
    database = migrate.Postgres(migrate.DatabaseURL.parse(project.database.url))
    with contextlib.closing(database):
        database.open()
        database.query("BEGIN")
        doom = database.doom(["public"], [], [])
        database.drop_everything(doom)
    taken = {f"{each} would go with it" for each in TAKEN.values()}
    taken.add("publication relation other.heir in publication pub would go with it")
    assert {what for what, _ in doom.bars} == taken
    ran = project("reset", "--yes")
    assert ran.exit == 4
    assert "nothing was changed.\n" in ran.err
    assert "\n  and 16 more\n" in ran.err
    assert project.database.dump() == before
    project.database.execute(*(sql for _, sql in doom.bars))  # the way out
    project.succeed("reset", "--yes")
    assert project.rows("SELECT i FROM other.t") == [(1,)]


@postgres
def test_a_first_reset_that_is_refused_has_not_even_made_the_history(project: Project) -> None:
    project.write({"1_a": "CREATE TABLE a (i int);"})
    project.database.execute("CREATE TABLE t (i int)", "CREATE SCHEMA other", "CREATE VIEW other.v AS SELECT i FROM t")
    before = project.database.dump()
    ran = project("reset", "--yes")
    assert (ran.exit, "nothing was changed.\n" in ran.err, project.database.dump()) == (4, True, before)
    project.database.execute("DROP VIEW other.v")
    project.succeed("reset", "--yes")
    assert [entry[1:] for entry in project.log()] == [("reset", "ok"), ("up", "ok")]


@pytest.mark.databases("sqlite")
def test_a_first_reset_without_its_backup_has_not_even_made_the_history(project: Project) -> None:
    project.write({"1_a": "PRAGMA page_size = 8192; CREATE TABLE a (i int);"})
    project.database.execute("CREATE TABLE t (i int)")
    before = project.database.dump()
    ran = project("reset", "--yes", "--backup", "/nowhere/a.db")
    assert (ran.exit, "nothing was changed.\n" in ran.err, project.database.dump()) == (1, True, before)


@pytest.mark.databases("sqlite")
def test_a_first_reset_lays_out_the_file_as_the_first_migration_has_it(project: Project) -> None:
    project.write({"1_a": "PRAGMA page_size = 8192; CREATE TABLE a (i int);"})
    project.succeed("reset", "--yes")
    assert project.rows("PRAGMA page_size") == [(8192,)]


@postgres
def test_what_would_go_elsewhere_is_told_with_two_ways_out(project: Project) -> None:
    before = prepared(project, "ALTER TABLE other.t ADD m mood", "UPDATE other.t SET m = 'ok'")
    ran = project("reset", "--yes")
    assert (ran.exit, ran.out, ran.err) == (4, "", (
        "error: this cannot be reset by itself:\n"
        "  table column other.t.m would go with it\n"
        f"  --> {project.settings.url}\n"
        "nothing was changed.\n"
        "fix: see what it would take, and do that by hand; then run the same command again:\n"
        "       ALTER TABLE other.t DROP COLUMN m;\n"
        "     or drop all that lies in these schemas, too:  imagor-studio-migrate reset --schema other\n"
    ))  # fmt: skip
    assert project.database.dump() == before
    assert project.rows("SELECT m::text FROM other.t") == [("ok",)]
    project.succeed("reset", "--yes", "--schema", "other", "--schema", "O q")
    assert project.rows("SELECT relname FROM pg_class WHERE relnamespace = 'other'::regnamespace") == []


@postgres
@pytest.mark.parametrize("name", ["othr", "no such; schema", ""])
def test_a_schema_that_is_not_there_is_told(project: Project, name: str) -> None:
    before = prepared(project)
    ran = project("reset", "--yes", "--schema", "other", "--schema", name)
    near = " (did you mean other?)" if name == "othr" else ""
    assert (ran.exit, ran.err) == (2, (
        f"error: there is no schema {name or repr(name)}{near}\n"
        "  --> --schema\n"
        "fix: correct the name, or leave it out: what is not there need not be dropped\n"
    ))  # fmt: skip
    assert project.database.dump() == before


@pytest.mark.databases("sqlite", "mysql")
def test_other_databases_have_no_schemas(project: Project) -> None:
    project.write({"1_a": "CREATE TABLE t (n INTEGER);"})
    project.succeed("up")
    ran = project("reset", "--yes", "--schema", "other")
    label = "SQLite" if project.database.dialect == "sqlite" else "MySQL"
    said = f"error: {label} has no schemas\n  --> --schema\nfix: leave --schema out\n"
    assert (ran.exit, ran.err, project.database.tables()) == (2, said, ["t"])


@postgres
def test_what_this_role_does_not_own_stays(project: Project) -> None:
    name, grants = project.database.name, ("CREATE ON SCHEMA public", "CREATE ON DATABASE")
    project.database.execute(
        "CREATE EXTENSION hstore",
        "CREATE SCHEMA theirs",
        f"GRANT {grants[0]} TO public",
        f'GRANT {grants[1]} "{name}" TO public',
    )
    url = project.database.create_user("none")
    optional = "CREATE EXTENSION IF NOT EXISTS hstore; CREATE SCHEMA IF NOT EXISTS theirs;"
    project.write({"1_a": f"CREATE TABLE t (i int); {optional} CREATE SCHEMA ours; CREATE TABLE ours.t ();"})
    assert project("up", url=url).exit == 0
    project.database.execute("CREATE TABLE theirs.t (i int)", "CREATE TABLE other (i int)")
    for _ in range(2):
        ran = project("reset", "--yes", url=url)
        assert (ran.exit, without_notices(ran.err)) == (0, (
            "table theirs.t stays: permission denied for schema theirs\n"
            "table public.other stays: must be owner of table other\n"
            "dropped schema ours\n"
            "schema theirs stays: must be owner of schema theirs\n"
            "extension hstore stays: must be owner of extension hstore\n"
            "dropped 5 objects\n"
        ))  # fmt: skip
    assert project.database.tables() == ["other", "t", "t", "t"]
    project.write({"2_b": "CREATE TABLE other (i int);", "3_c": "CREATE SCHEMA theirs;"})
    ran = project("reset", "--yes", url=url)
    assert (ran.exit, ran.err) == (4, (
        "error: this cannot be reset by itself:\n"
        "  table public.other stays, and 2 b makes it again: must be owner of table other\n"
        "  schema theirs stays, and 3 c makes it again: it has not run\n"
        f"  --> {migrate.DatabaseURL.parse(url)}\n"
        "nothing was changed.\n"
        "fix: see what it would take, and do that by hand; then run the same command again:\n"
        "       DROP TABLE public.other CASCADE;\n"
        "       DROP SCHEMA theirs CASCADE;\n"
    ))  # fmt: skip


@postgres
def test_an_extension_that_others_need_stays_or_stops_it(project: Project) -> None:
    project.write({"1_a": "CREATE EXTENSION IF NOT EXISTS citext; CREATE TABLE t (m citext);"})
    project.succeed("up")
    project.database.execute("CREATE SCHEMA other", "CREATE TABLE other.t AS SELECT 'a'::citext AS m")
    ran = project.succeed("reset", "--yes")
    assert (
        without_notices(ran.err)
        == "extension citext stays: column m of table other.t depends on type citext\ndropped 3 objects\n"
    )
    project.write({"1_a": "CREATE EXTENSION citext;"})
    project.database.execute("DELETE FROM schema_migrations")
    project.succeed("baseline", "1")
    ran = project("reset", "--yes")
    assert (ran.exit, ran.err.splitlines()[1:3], ran.err.splitlines()[-1]) == (4, [
        "  extension citext stays, and 1 a makes it again: column m of table other.t depends on type citext",
        f"  --> {project.settings.url}",
    ], "       DROP EXTENSION citext CASCADE;")  # fmt: skip
    assert project.rows("SELECT m FROM other.t") == [("a",)]


@postgres
def test_a_history_in_a_schema_of_its_own_does_not_tell_where_the_tables_are(project: Project) -> None:
    project.database.execute("CREATE SCHEMA hist")
    project.table = "hist.schema_migrations"
    project.write({"1_a": "CREATE TABLE t (i int); INSERT INTO t VALUES (1); CREATE SCHEMA IF NOT EXISTS public;"})
    project.succeed("up")
    ran = project("reset", "--yes")
    assert (ran.exit, ran.err) == (4, (
        "error: this cannot be reset by itself:\n"
        "  table public.t stays, and 1 a makes it again: reset leaves that schema alone\n"
        f"  --> {project.settings.url}\n"
        "nothing was changed.\n"
        "fix: see what it would take, and do that by hand; then run the same command again:\n"
        "       DROP TABLE public.t;\n"
        "     or drop all that lies in these schemas, too:  imagor-studio-migrate reset --schema public\n"
    ))  # fmt: skip
    assert project.rows("SELECT i FROM t") == [(1,)]
    for _ in range(2):
        project.succeed("reset", "--yes", "--schema", "public")


DROPS = "this drops every table, and all data in it"


def test_what_goes_beside_the_tables_is_named_before_it_goes(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    dialect = project.database.dialect
    project.write({"1_a": "CREATE TABLE t (i INTEGER);" + "CREATE SCHEMA s;" * (dialect == "postgres")})
    project.succeed("up")
    monkeypatch.setattr("sys.stdin.isatty", lambda: False, raising=False)
    ran = project("reset")
    beside = "; and this, too:\n  schema s, and all in it" if dialect == "postgres" else "."
    said = f"a yes is needed, and there is no terminal to ask for one: {DROPS}{beside}\n"
    assert (ran.exit, ran.err.partition("  -->")[0]) == (2, f"error: {said}")
    asked = list[str]()

    def refuse(named: Sequence[str]) -> bool:
        asked.extend(named)
        return False

    assert migrate.reset(project.settings, confirm=refuse) == []
    assert asked == ["schema s, and all in it"] * (dialect == "postgres")
    assert project.states() == {"1": "applied"}


@postgres
def test_what_an_edited_file_names_is_not_known_to_be_its(project: Project) -> None:
    project.write({"1_a": "CREATE SCHEMA s;", "2_b": "CREATE TABLE s.t (i int);", "3_c": "SELECT 1;"})
    project.succeed("up")
    project.write({"1_a": "CREATE SCHEMA s; -- edited"})
    project.remove("3_c")
    ran = project("reset", "--yes")
    assert (ran.exit, ran.err.splitlines()[1:3]) == (4, [
        "  table s.t stays, and 2 b makes it again: reset leaves that schema alone",
        "  schema s stays, and 1 a makes it again: the text that ran is not here",
    ])  # fmt: skip
    project.database.execute("DROP SCHEMA s CASCADE")
    ran = project.succeed("reset", "--yes")
    assert ran.err == "what 1 a, 3 c made elsewhere stays, too: the text that ran is not here\ndropped 2 objects\n"


@mysql
def test_what_other_databases_have_of_it_stops_it(project: Project) -> None:
    here, other = project.database.name, f"{project.database.name}_o"
    project.write({"1_a": f"CREATE TABLE t (i INT PRIMARY KEY); CREATE TABLE {other}.u (i INT); CREATE ROLE {other};"})
    project.database.execute(f"CREATE DATABASE {other}")
    try:
        project.succeed("up")
        foreign = f"CREATE TABLE {other}.f (i INT, CONSTRAINT c FOREIGN KEY (i) REFERENCES {here}.t (i))"
        project.database.execute(foreign)
        ran = project("reset", "--yes")
        host = "@`%`" * (project.database.flavor == "mysql")
        ways = [
            f"DROP ROLE `{other}`{host}",
            f"DROP TABLE {other}.u",
            f"ALTER TABLE `{other}`.`f` DROP FOREIGN KEY `c`",
        ]
        assert (ran.exit, ran.err) == (4, (
            "error: this cannot be reset by itself:\n"
            f"  role {other} stays, and 1 a makes it again: it is the whole server's\n"
            f"  table {other}.u stays, and 1 a makes it again: reset leaves that database alone\n"
            f"  the foreign key c of `{other}`.`f` would refer to nothing in t\n"
            f"  --> {project.settings.url}\n"
            "nothing was changed.\n"
            "fix: see what it would take, and do that by hand; then run the same command again:\n"
            + "".join(f"       {way};\n" for way in ways)
        ))  # fmt: skip
        project.database.execute(*ways)
        project.succeed("reset", "--yes")
    finally:
        project.database.execute(f"DROP DATABASE {other}", f"DROP ROLE IF EXISTS {other}")


@mysql
def test_a_right_that_is_missing_is_told_before_data_goes(project: Project) -> None:
    project.write({"1_a": "CREATE TABLE t (i INT); CREATE VIEW v AS SELECT * FROM t;"})
    project.succeed("up")
    url = project.database.create_user("select")
    ran = project("reset", "--yes", url=url)
    place, user = f"`{project.database.name}`.*", migrate.DatabaseURL.parse(url).user
    grant = f"GRANT CREATE, ALTER, DROP, INDEX, SELECT, INSERT, UPDATE, DELETE ON {place} TO '{user}'@'%';"
    assert (ran.exit, len(ran.err.splitlines())) == (1, 7)
    assert ran.err.endswith(
        f"nothing was changed.\nfix: mend what it says, with  {grant}\n     then run the same command again\n"
    )
    assert project.states() == {"1": "applied"}


@pytest.mark.databases("sqlite")
def test_what_cannot_be_dropped_leaves_all_as_it_was(project: Project) -> None:
    project.write({"1_a": "CREATE TABLE t (i INTEGER);"})
    project.succeed("up")
    odd = "INSERT INTO sqlite_master VALUES ('table', 'o', 'o', 0, 'CREATE VIRTUAL TABLE o USING absent(a)')"
    with contextlib.closing(project.database.connect()) as connection:
        connection.execute("PRAGMA writable_schema = ON")
        connection.execute(odd)
    ran = project("reset", "--yes")
    assert (ran.exit, ran.err) == (1, (
        "error: no such module: absent\n"
        f"  --> {project.settings.url}\n"
        "nothing was changed.\n"
        "fix: mend what it says, or drop it by hand; then run the same command again\n"
    ))  # fmt: skip
    assert project.states() == {"1": "applied"}
