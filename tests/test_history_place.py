"""Where the history is: it is not begun a second time in silence, and no file takes it away."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from project import Project


A = "CREATE TABLE a (n INTEGER);"
OUT = (
    "fix: take it out, or keep the history elsewhere:  imagor-studio-migrate --table {0} up\n"
    "     and where some of it is applied already, first mark that there:"
    "  imagor-studio-migrate --table {0} baseline VERSION\n"
)


# --- PostgreSQL: the history is where it was ------------------------------------------------------------------------

postgres = pytest.mark.databases("postgres")


def moved(project: Project) -> str:
    """A file changes the search path of the database; return what is said from then on."""
    name = project.database.name
    project.write({"1_a": A, "2_app": f"CREATE SCHEMA app;\nALTER DATABASE {name} SET search_path = app;"})
    project.succeed("up")
    return (
        "error: there is no app.schema_migrations, and versions of these files are in public.schema_migrations\n"
        f"  --> {project.settings.url}\n"
        "nothing was changed.\n"
        "fix: go on there, from now on with  --table public.schema_migrations\n"
        "     or begin a new history here, from now on with  --table app.schema_migrations\n"
    )


@postgres
@pytest.mark.parametrize(
    "words", [["up"], ["down"], ["status"], ["plan"], ["wait"], ["reset", "--yes"], ["baseline", "1"], ["redo"]]
)
def test_a_file_that_changes_the_search_path_does_not_begin_a_second_history(
    project: Project, words: list[str]
) -> None:
    said = moved(project)
    ran = project(*words)
    assert (ran.exit, ran.err) == (4, said)
    assert project.rows("SELECT count(*) FROM pg_class WHERE relname = 'schema_migrations'") == [(1,)]
    assert project.database.tables() == ["a"]


@postgres
def test_both_ways_out_of_a_changed_search_path_work(project: Project) -> None:
    moved(project)
    project.table = "public.schema_migrations"
    assert project.states() == {"1": "applied", "2": "applied"}
    project.table = "app.schema_migrations"
    assert project.states() == {"1": "pending", "2": "pending"}
    project.succeed("up", "1")
    project.table = "schema_migrations"
    assert project.states() == {"1": "applied", "2": "pending"}


@postgres
def test_a_schema_that_table_does_not_take_is_named_as_the_url_takes_it(project: Project) -> None:
    name = project.database.name
    project.write({"1_a": A})
    project.database.execute('CREATE SCHEMA "My App"', f'ALTER DATABASE {name} SET search_path = "My App"')
    project.succeed("up")
    project.database.execute(f"ALTER DATABASE {name} SET search_path = public")
    assert "fix: go on there, from now on with  ?schema=My%20App  in DATABASE_URL\n" in project("up").err
    assert project("up", url=with_option(project, "schema=My%20App")).err == "up to date at 1 (1 applied)\n"


@postgres
def test_every_schema_that_has_these_versions_is_named(project: Project) -> None:
    project.write({"01_a": A})
    project.database.execute("CREATE SCHEMA one", "CREATE SCHEMA two", "CREATE SCHEMA other")
    for schema, text in ("one", A), ("two", A), ("other", A):
        project.table = f"{schema}.schema_migrations"
        project.write({"01_a": text.replace(" a ", f" {schema}.a ")})
        project.succeed("up")
    project.database.execute("UPDATE other.schema_migrations SET version = '7'")
    project.table = "schema_migrations"
    project.remove("01_a")
    project.write({"1_a": A})  # the same number
    ran = project("status")
    assert ran.exit == 4
    assert ran.err == (
        "error: there is no public.schema_migrations, and versions of these files are in one.schema_migrations"
        " and in two.schema_migrations\n"
        f"  --> {project.settings.url}\n"
        "nothing was changed.\n"
        "fix: go on there, from now on with  --table one.schema_migrations  or  --table two.schema_migrations\n"
        "     or begin a new history here, from now on with  --table public.schema_migrations\n"
    )


@postgres
def test_a_table_of_another_tool_in_another_schema_is_no_history(project: Project) -> None:
    project.database.execute(
        "CREATE SCHEMA rails",
        "CREATE TABLE rails.schema_migrations (version TEXT PRIMARY KEY)",
        "INSERT INTO rails.schema_migrations VALUES ('1')",
    )
    project.write({"1_a": A})
    project.succeed("up")


@postgres
def test_a_place_that_somebody_has_named_is_a_place_for_a_history_of_its_own(project: Project) -> None:
    """One schema for each tenant, with the same files: by the URL, by the role, by the role in this database."""
    project.write({"1_a": A})
    project.succeed("up")
    for schema in ("one", "two"):
        project.database.execute(f"CREATE SCHEMA {schema}")
    mark = "&" if "?" in project.database.url else "?"
    assert project("up", url=f"{project.database.url}{mark}options=-csearch_path%3Done").exit == 0
    name = project.database.name
    project.database.execute(f"ALTER ROLE CURRENT_USER IN DATABASE {name} SET search_path = two")
    project.succeed("up")
    found = "SELECT relnamespace::regnamespace::text FROM pg_class WHERE relname = 'schema_migrations' ORDER BY 1"
    assert project.rows(found) == [("one",), ("public",), ("two",)]


def with_option(project: Project, option: str) -> str:
    """The URL of the database with one option more."""
    return f"{project.database.url}{'&' if '?' in project.database.url else '?'}{option}"


@postgres
@pytest.mark.parametrize(
    ("option", "schema"),
    [
        ("search_path=app", "app"),
        ("search_path=App,public", "app"),
        ("search_path=%22My%20%5C%20%22%22App%22%2C%20public", 'My \\ "App'),
        ("schema=My%20App", "My App"),
        ("schema=app,b", "app,b"),
        ("schema=app&options=-cwork_mem%3D5MB", "app"),
    ],
)
def test_the_schema_that_the_url_names_has_tables_and_history_and_is_made_where_it_is_missing(
    project: Project, option: str, schema: str
) -> None:
    url = with_option(project, option)
    project.write(
        {
            "1_a": A,
            "2_b": "SELECT set_config('search_path', 'pg_catalog', false); RESET ALL",
            "3_c": "CREATE TABLE c (n INTEGER);",
        }
    )
    assert project("status", url=url).exit == 0
    assert schema not in {name for (name,) in project.rows("SELECT nspname::text FROM pg_namespace")}  # reading
    ran = project("up", url=url)
    assert (ran.exit, ran.err) == (0, f"made the schema {schema}, for the history\n")
    found = (
        "SELECT relnamespace::regnamespace::text, relname::text FROM pg_class WHERE relname IN ('a', 'c') OR relname"
    )
    place = project.rows("SELECT quote_ident({})".format("'" + schema.replace("'", "''") + "'"))[0][0]
    names = ["a", "c", "schema_migrations", "schema_migrations_log"]
    assert project.rows(f"{found} LIKE 'schema_migrations%' AND relkind = 'r' ORDER BY 2") == [
        (place, name) for name in names
    ]
    assert project("up", url=url).err == "up to date at 3 (3 applied)\n"
    assert project("down", "--all", "--yes", url=url).exit == 4  # there are no down files


@postgres
def test_a_search_path_that_begins_with_the_user_is_the_server_s_to_read(project: Project) -> None:
    project.write({"1_a": A})
    assert project("up", url=with_option(project, "search_path=%22$user%22,public")).err == ""
    assert project.states() == {"1": "applied"}


@postgres
@pytest.mark.parametrize("path", ["pg_temp, public", "pg_catalog, pg_temp, public"])
def test_a_search_path_that_begins_with_a_schema_of_the_server_has_its_history_where_it_lasts(
    project: Project, path: str
) -> None:
    """In pg_temp it would go with the connection, and every run would be the first."""
    name = project.database.name
    project.database.execute(f"ALTER DATABASE {name} SET search_path = {path}", f"CREATE TABLE public.{A[13:]}")
    project.write({"1_a": "-- migrate: no-transaction\nINSERT INTO public.a VALUES (1);"})
    project.succeed("up")
    assert project("up").err == "up to date at 1 (1 applied)\n"
    assert project("up", url=with_option(project, f"search_path={path}".replace(" ", ""))).exit == 0
    assert project.rows("SELECT count(*) FROM public.a") == [(1,)]


@postgres
def test_a_schema_of_the_search_path_that_is_there_is_not_made_again(project: Project) -> None:
    """That would take a right on the database."""
    project.database.execute("CREATE SCHEMA app")
    project.write({"1_a": A})
    ran = project("up", url=with_option(project, "search_path=app"))
    assert (ran.exit, ran.err) == (0, "")


@postgres
def test_a_schema_that_table_names_is_made(project: Project) -> None:
    project.write({"1_a": A})
    project.table = "app.history"
    assert project.succeed("baseline", "1").err == "made the schema app, for the history\n"
    assert project.states() == {"1": "applied"}


@postgres
def test_a_file_that_makes_the_schema_of_the_history_is_led_to_if_not_exists(project: Project) -> None:
    project.write({"1_app": "CREATE SCHEMA app;"})
    project.table = "app.history"
    ran = project("up")
    fix = "fix: write CREATE SCHEMA IF NOT EXISTS, as the history lies in app, then run  imagor-studio-migrate up\n"
    assert (ran.exit, ran.err.partition("\nfix")[0].splitlines()[1], ran.err.endswith(fix)) == (
        1, 'error: schema "app" already exists', True,
    )  # fmt: skip
    project.write({"1_app": "CREATE SCHEMA IF NOT EXISTS app;"})
    project.succeed("up")


@postgres
def test_a_script_for_a_url_with_a_search_path_runs_in_it(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    project.write({"1_a": A, "2_b": "CREATE TABLE b (n INTEGER);"})
    script = project("plan", "--sql", url=with_option(project, "search_path=app,public"))
    assert '\n-- To run it:  psql -X -d "URL?options=-csearch_path%3Dapp,public" -f plan.sql\n' in script.out
    said = project.database.run_client(script.out).stderr
    assert "this plan is for the schema app,public, and search_path leads elsewhere" in said
    monkeypatch.setenv("PGOPTIONS", "-c search_path=app,public")
    assert project.database.run_client(script.out).returncode == 0
    monkeypatch.delenv("PGOPTIONS")
    ran = project("up", url=with_option(project, "search_path=app,public"))
    assert (ran.exit, ran.err) == (0, "up to date at 2 (2 applied)\n")


@postgres
def test_a_history_that_this_user_cannot_read_is_none(project: Project) -> None:
    project.database.execute("CREATE SCHEMA hidden", "CREATE SCHEMA seen")
    for schema in ("hidden", "seen"):
        project.write({"1_a": f"CREATE TABLE {schema}.a (n INTEGER);"})
        project.table = f"{schema}.schema_migrations"
        project.succeed("up")
    url = project.database.reader_url
    project.table = "schema_migrations"
    project.database.execute("GRANT USAGE ON SCHEMA seen TO PUBLIC")  # and no right to the table
    assert project("status", url=url).exit == 0
    project.database.execute("GRANT SELECT ON seen.schema_migrations TO PUBLIC")
    assert "are in seen.schema_migrations\n" in project("status", url=url).err


# --- No file takes the history away ---------------------------------------------------------------------------------

REFUSED = {
    "sqlite": {
        "drop table SCHEMA_Migrations": "schema_migrations",
        'DROP TABLE "Schema_Migrations"': "schema_migrations",
        "DROP TABLE `schema_migrations`": "schema_migrations",
        "DROP TABLE [schema_migrations]": "schema_migrations",
        "DROP TABLE 'schema_migrations'": "schema_migrations",
        "DROP TABLE MAIN . schema_migrations": "main.schema_migrations",
        "ALTER TABLE main.schema_migrations DROP COLUMN tool": "main.schema_migrations",
        "CREATE TEMP TABLE schema_migrations (n)": "schema_migrations",
        "CREATE TEMPORARY VIEW IF NOT EXISTS schema_migrations AS SELECT 1": "schema_migrations",
    },
    "postgres": {
        "drop table SCHEMA_Migrations": "schema_migrations",
        'DROP TABLE a, "schema_migrations" CASCADE': "schema_migrations",
        "DROP TABLE IF EXISTS a, PUBLIC . /* . */ Schema_Migrations": "public.schema_migrations",
        'DROP TABLE {name}."public".schema_migrations': "{name}.public.schema_migrations",
        "TRUNCATE a, ONLY schema_migrations": "schema_migrations",
        "TRUNCATE TABLE schema_migrations_log RESTART IDENTITY": "schema_migrations_log",
        "ALTER TABLE IF EXISTS ONLY (schema_migrations) SET (fillfactor = 50)": "schema_migrations",
        "ALTER TABLE schema_migrations SET SCHEMA elsewhere": "schema_migrations",
        "ALTER INDEX schema_migrations RENAME TO gone": "schema_migrations",
        "ALTER TABLE a ATTACH PARTITION schema_migrations DEFAULT": "schema_migrations",
    },
    "mysql": {
        "DROP TABLES a, `schema_migrations`": "schema_migrations",
        "DROP TABLE `{name}` . schema_migrations": "{name}.schema_migrations",
        "/*!40000 DROP */ TABLE /*!40000 schema_migrations */": "schema_migrations",
        "TRUNCATE schema_migrations": "schema_migrations",
        "RENAME TABLE a TO b, schema_migrations TO gone": "schema_migrations",
        "ALTER ONLINE IGNORE TABLE schema_migrations ENGINE = MyISAM": "schema_migrations",
        "/*!40000 ALTER TABLE `schema_migrations` DISABLE KEYS */": "schema_migrations",
        "ALTER TABLE a EXCHANGE PARTITION p WITH TABLE schema_migrations": "schema_migrations",
        "CREATE OR REPLACE TABLE schema_migrations (n INT)": "schema_migrations",
        "CREATE TEMPORARY TABLE IF NOT EXISTS schema_migrations (n INT)": "schema_migrations",
        "SET STATEMENT lock_wait_timeout = 1 FOR DROP TABLE schema_migrations": "schema_migrations",
        "BEGIN NOT ATOMIC DROP TABLE schema_migrations; END": "schema_migrations",
    },
}
PLACES = {
    "postgres": [
        "DROP SCHEMA public CASCADE",
        'DROP SCHEMA IF EXISTS a, "public"',
        "ALTER SCHEMA PUBLIC RENAME TO old",
    ],
    "mysql": ["DROP DATABASE {name}", "DROP SCHEMA IF EXISTS `{name}`"],
}
ALLOWED = {
    "sqlite": """CREATE TABLE b (n); ALTER TABLE b ADD COLUMN schema_migrations;
        DROP TABLE IF EXISTS temp.schema_migrations; CREATE TABLE schema_migrations_x (n);
        DROP TABLE schema_migrations_x; INSERT INTO b VALUES ('schema_migrations', 1);
        DROP TABLE b /* , schema_migrations */; -- DROP TABLE schema_migrations""",
    "postgres": """CREATE TABLE "Schema_Migrations" (n INT); DROP TABLE "Schema_Migrations"; CREATE SCHEMA other;
        CREATE TABLE other.schema_migrations (n INT); ALTER TABLE other.schema_migrations RENAME COLUMN n TO m;
        CREATE TABLE b (schema_migrations INT); ALTER TABLE b DROP COLUMN schema_migrations; DROP TABLE b;
        CREATE TABLE b (v VARCHAR(64) REFERENCES schema_migrations); DROP TABLE b, other.schema_migrations;
        COMMENT ON TABLE schema_migrations IS 'DROP TABLE schema_migrations'; DROP SCHEMA other;
        CREATE TEMP TABLE schema_migrations (n INT); DROP TABLE pg_temp.schema_migrations;
        DO $$ BEGIN IF false THEN DROP TABLE schema_migrations; END IF; END $$;
        CREATE ROLE {name}_gone; DROP OWNED BY {name}_gone; DROP ROLE {name}_gone;
        ALTER SCHEMA public OWNER TO CURRENT_USER; GRANT SELECT ON schema_migrations TO PUBLIC""",
    "mysql": """CREATE TABLE b (n INT); ALTER TABLE b ADD schema_migrations INT COMMENT 'schema_migrations';
        CREATE TABLE `Schema_Migrations` (n INT); DROP TABLE `Schema_Migrations`;
        CREATE PROCEDURE p() DROP TABLE schema_migrations; DROP PROCEDURE p;
        DROP TEMPORARY TABLE IF EXISTS schema_migrations; ALTER DATABASE {name} CHARACTER SET utf8mb4;
        DROP DATABASE IF EXISTS {name}_x; DROP TABLE IF EXISTS {name}_x.schema_migrations;
        DROP TABLE b -- , schema_migrations""",
}


def refuse(project: Project, sql: str, what: str, fix: str) -> None:
    """See that nothing runs, not the file before either, on an empty database and on one that has its history."""
    before = project.database.tables()
    for applied in (False, True):
        project.write({"1_a": A})
        if applied:
            project.remove("2_take")
            project.succeed("up")
        project.write({"2_take": f"CREATE TABLE b (n INTEGER);\n{sql}\n"})
        ran = project("up")
        assert ran.err == (
            f"error: no file can drop, rename, hide or alter what holds the history: {what}\n"
            "  --> sql/2_take.up.sql:2:1\n"
            f"  2 | {sql.partition(chr(10))[0]}\n"
            "      ^\n"
            f"nothing was run.\n{fix}"
        )
        assert ran.exit == 2
        assert project.database.tables() == (["a"] if applied else before)


@pytest.mark.parametrize(
    ("sql", "table"),
    [
        pytest.param("DROP TABLE schema_migrations;", "schema_migrations", id="a drop"),
        pytest.param("DROP TABLE IF EXISTS schema_migrations_log;", "schema_migrations_log", id="a drop of the log"),
        pytest.param("DROP /* not */ TABLE -- this\n  schema_migrations;", "schema_migrations", id="comments within"),
        pytest.param("ALTER TABLE schema_migrations RENAME TO gone;", "schema_migrations", id="a new name"),
        pytest.param("ALTER TABLE schema_migrations ADD extra INTEGER;", "schema_migrations", id="a column more"),
    ],
)
def test_a_file_cannot_take_away_the_table_of_the_history(project: Project, sql: str, table: str) -> None:
    refuse(project, sql, f"the table {table}", OUT.format("schema_migrations_imagor"))


def test_a_file_cannot_take_it_away_in_the_words_of_one_database(project: Project) -> None:
    for sql, table in REFUSED[project.database.dialect].items():
        name = project.database.name
        what = f"the table {table.format(name=name)}"
        refuse(project, f"{sql.format(name=name)};", what, OUT.format("schema_migrations_imagor"))


@pytest.mark.databases("server")
def test_a_file_cannot_take_away_the_schema_that_the_history_lies_in(project: Project) -> None:
    name = project.database.name
    for sql in (text.format(name=name) for text in PLACES[project.database.dialect]):
        if project.database.dialect == "postgres":
            place, fix = "schema public", OUT.format("imagor.schema_migrations")
        else:
            place = f"{sql.split()[1].lower()} {name}"
            fix = "fix: take it out; drop the database by hand, and its history with it\n"
        refuse(project, sql + ";", f"the {place}, in which its table schema_migrations lies", fix)


@postgres
@pytest.mark.parametrize(
    ("roles", "shown"),
    [
        ("CURRENT_USER", "current_user"),
        ("somebody, session_user", "session_user"),
        ('"{user}"', "{user}"),
        ("{user}", "{user}"),
    ],
)
def test_a_file_cannot_drop_all_that_its_user_owns(project: Project, roles: str, shown: str) -> None:
    user = project.settings.url.user
    fix = "fix: take it out, or write what is to be dropped\n"
    sql, what = f"DROP OWNED BY {roles} CASCADE;", f"all that {shown} owns"
    refuse(project, sql.format(user=user), what.format(user=user), fix)


def test_what_is_called_so_elsewhere_is_not_the_history(project: Project) -> None:
    project.write({"1_a": A, "2_names": ALLOWED[project.database.dialect].format(name=project.database.name)})
    project.succeed("up")
    assert project.states() == {"1": "applied", "2": "applied"}


def test_the_way_out_is_a_way(project: Project) -> None:
    """The table of another tool is dropped, and the history is kept beside it."""
    project.database.execute("CREATE TABLE schema_migrations (version VARCHAR(20))")
    project.write({"1_drop": "DROP TABLE schema_migrations;"})
    assert project("up").exit == 4
    project.table = "schema_migrations_imagor"
    project.succeed("up")
    assert project.states() == {"1": "applied"}


@postgres
def test_a_history_in_a_schema_of_its_own_lets_the_other_names_go(project: Project) -> None:
    project.database.execute("CREATE SCHEMA imagor", "CREATE TABLE schema_migrations (version TEXT)")
    project.table = "imagor.schema_migrations"
    project.write({"1_drop": "DROP TABLE schema_migrations;\nDROP SCHEMA public;\nCREATE SCHEMA public;"})
    project.succeed("up")
    project.write({"2_drop": "DROP TABLE imagor.schema_migrations;"})
    assert "what holds the history: the table imagor.schema_migrations\n" in project("up").err
    url = project.database.url + ("&" if "?" in project.database.url else "?") + "options=-csearch_path%3Dimagor"
    project.write({"2_drop": "DROP TABLE schema_migrations;"})
    assert "what holds the history: the table schema_migrations\n" in project("up", url=url).err


def test_a_down_file_and_a_stored_down_text_are_looked_at_too(project: Project) -> None:
    project.write({"1_a": A, "1_a.down": "DROP TABLE a;\nDROP TABLE schema_migrations;"})
    project.succeed("up")
    ran = project("down", "--yes")
    assert (ran.exit, ran.err.splitlines()[1]) == (2, "  --> sql/1_a.down.sql:2:1")
    project.remove("1_a.down")
    ran = project("down", "--yes")
    assert (ran.exit, ran.err.splitlines()[1]) == (2, "  --> the down text stored for 1 a:2:1")
    assert project.database.tables() == ["a"]


def test_check_knows_the_name_of_the_table(project: Project) -> None:
    project.write({"1_a": A, "1_a.down": "DROP TABLE a;", "2_b": "DROP TABLE schema_migrations;"})
    ran = project("--format", "plain", "check")
    assert ran.exit == 2
    assert "sql/2_b.up.sql:1:1\tno file can drop, rename, hide or alter what holds the history" in ran.out
    project.table = "schema_migrations_imagor"
    assert "holds the history" not in project("--format", "plain", "check").out
