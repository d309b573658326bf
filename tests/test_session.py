"""The session belongs to the file: what it sees of its own statements is as in the client, what it sets reaches neither
the notes nor the next file, and after a failure it is made again, or the run asks and has repeated nothing.
"""

from __future__ import annotations

import contextlib
import threading
from typing import TYPE_CHECKING, Any, NamedTuple

import clients
import pytest
import rig
from desk import without_notices
from project import Project
from project import another as on_another

import migrate

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence


PROGRAM = "imagor-studio-migrate"
ALONE = "-- migrate: no-transaction\n"
NOWHERE = "INSERT INTO nowhere VALUES (1)"
SEEN = "CREATE TABLE seen (n INTEGER, v VARCHAR(200))"


@pytest.fixture
def project(project: Project) -> Project:
    return plain(project)


def plain(project: Project) -> Project:
    """Do without TLS on MySQL: to agree on keys takes longer than the rest of a short run."""
    if project.database.dialect == "mysql":
        project.database.url += "?ssl_mode=DISABLED"
    return project


@contextlib.contextmanager
def another(project: Project, name: str) -> Iterator[Project]:
    """The same files, on a fresh database of the same server."""
    with on_another(project, name) as other:
        yield plain(other)


def file(*statements: str, head: str = "") -> str:
    """Return a file of these statements; bodies of routines may hold semicolons, where *head* says DELIMITER //."""
    end = "//" if "DELIMITER" in head else ";"
    return head + "".join(f"{each}{end}\n" for each in statements)


def head_of(project: Project) -> str:
    """Return what a file begins with that is no transaction."""
    return "" if project.database.dialect == "mysql" else ALONE


def seen(project: Project) -> list[tuple[Any, ...]]:
    return project.rows("SELECT n, v FROM seen ORDER BY n")


# --- what a file sees of its own statements -------------------------------------------------------------------------

DELIMITER = "DELIMITER //\n"
MYSQL_DOES = [
    "CREATE TABLE t (id INT AUTO_INCREMENT PRIMARY KEY, n INT)",
    "INSERT INTO t (n) VALUES (1), (2)",
    "UPDATE t SET n = 1",
    "UPDATE t SET n = 1",
    "SELECT n FROM t",
    "SELECT SQL_CALC_FOUND_ROWS n FROM t LIMIT 1",
    "SET @x = 1",
    "ALTER TABLE t ADD m INT",
    "CREATE TABLE c AS SELECT * FROM t",
    "INSERT IGNORE INTO t (id) VALUES (1)",
    "DROP TABLE IF EXISTS nowhere",
    "SELECT CAST('x' AS SIGNED)",
    "CREATE PROCEDURE p() BEGIN INSERT INTO t (n) VALUES (5), (6); SELECT 1; END",
    "CALL p()",
    "PREPARE s FROM 'DELETE FROM t LIMIT 2'",
    "EXECUTE s",
    "DEALLOCATE PREPARE s",
    "DO 1",
    "TRUNCATE c",
    "CREATE TEMPORARY TABLE u (n INT)",
    "INSERT INTO u SELECT n FROM t",
    "INSERT INTO t (n) VALUES (LAST_INSERT_ID(40))",
    "UPDATE t SET n = LAST_INSERT_ID(n + 1) LIMIT 1",
    "REPLACE INTO t (id, n) VALUES (3, 1)",
    "SET sql_mode = ''",
    "SET NAMES utf8mb4",
    "SHOW TABLES LIKE 't'",
]
SQLITE_DOES = [
    "CREATE TABLE t (id INTEGER PRIMARY KEY, n INTEGER)",
    "INSERT INTO t (n) VALUES (1), (2)",
    "UPDATE t SET n = 1",
    "UPDATE t SET n = 1 WHERE n = 7",
    "SELECT n FROM t",
    "ALTER TABLE t ADD m INTEGER",
    "CREATE TABLE c AS SELECT * FROM t",
    "INSERT OR IGNORE INTO t (id) VALUES (1)",
    "DROP TABLE c",
    "CREATE TABLE log (n INTEGER)",
    "INSERT INTO log VALUES (9)",
    "CREATE TRIGGER g AFTER INSERT ON t BEGIN INSERT INTO log SELECT n FROM log; END",
    "INSERT INTO t (n) VALUES (5)",
    "CREATE TEMP TABLE u (n INTEGER)",
    "INSERT INTO u SELECT n FROM t",
    "PRAGMA user_version = 7",
    "REPLACE INTO t (id, n) VALUES (1, 1)",
    "DELETE FROM t WHERE n = 1",
    "WITH c AS (SELECT 4 AS n) INSERT INTO t (n) SELECT n FROM c",
    "ANALYZE",
]
POSTGRES_DOES = [
    "CREATE TABLE t (id SERIAL, n INTEGER)",
    "INSERT INTO t (n) VALUES (1), (2)",
    "UPDATE t SET n = 1",
    "CREATE SEQUENCE s START 100",
    "SELECT nextval('s')",
    "SELECT setval('s', 200)",
    "CREATE PROCEDURE p() LANGUAGE sql AS 'INSERT INTO t (n) VALUES (5), (6)'",
    "CALL p()",
    "DO 'BEGIN INSERT INTO t (n) VALUES (7); END'",
    "PREPARE x AS INSERT INTO t (n) VALUES (8)",
    "EXECUTE x",
    "CREATE TEMP TABLE u (id SERIAL)",
    "INSERT INTO u DEFAULT VALUES",
    "WITH c AS (INSERT INTO t (n) VALUES (9) RETURNING id) SELECT id FROM c",
    "DELETE FROM t",
    "COPY t (n) FROM PROGRAM 'echo 1'",
    "ALTER TABLE t ADD m INTEGER",
]
DOES = {"mysql": MYSQL_DOES, "sqlite": SQLITE_DOES, "postgres": POSTGRES_DOES}
COUNTS = {
    "mysql": ["ROW_COUNT()", "FOUND_ROWS()", "LAST_INSERT_ID()", "@@warning_count", "@@error_count"],
    "sqlite": ["changes()", "last_insert_rowid()"],
    "postgres": ["lastval()", "currval('t_id_seq')"],
}
HEADS = {"mysql": [DELIMITER], "sqlite": ["", ALONE], "postgres": ["", ALONE]}


def watched(does: Sequence[str], asked: str) -> list[str]:
    """Put after each statement another one that writes down what is asked."""
    return [text for number, each in enumerate(does) for text in
            (each, f"INSERT INTO seen SELECT {number}, {asked}")]  # fmt: skip


def by_client(project: Project, *files: str) -> list[tuple[Any, ...]]:
    """Return what files write down that the client runs, each in a session of its own."""
    with another(project, "client") as other:
        for each in files:
            ran = other.database.run_client(each)
            assert ran.returncode == 0, ran.stderr
        return seen(other)


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Give each database what it counts."""
    if "asked" in metafunc.fixturenames:
        metafunc.parametrize("asked", range(5), ids=lambda number: f"count {number}")


def count(project: Project, number: int) -> str:
    """Return what to ask for, and skip the test where there are not so many."""
    counts = [*COUNTS[project.database.dialect]]
    if project.database.flavor == "mariadb":
        counts[4] = "@@in_transaction"
    if number >= len(counts):
        pytest.skip("there are not so many")
    return counts[number]


def test_a_file_sees_of_each_statement_what_it_sees_in_the_client(project: Project, asked: int) -> None:
    dialect, what = project.database.dialect, count(project, asked)
    start = 2 if dialect == "postgres" else 0  # before that, there is nothing to be seen, but an error
    does = DOES[dialect]
    files = {head: file(SEEN, "SELECT 1", *does[:start], *watched(does[start:], what), head=head)
             for head in HEADS[dialect]}  # fmt: skip
    wanted = by_client(project, files[HEADS[dialect][0]])
    for head, each in files.items():
        with another(project, f"with {len(head)}") as other:
            other.write({"1_f": each})
            other.succeed("up")
            found = seen(other)
            assert [(does[n + start], v) for n, v in found] == [(does[n + start], v) for n, v in wanted], head


def test_a_table_that_is_filled_where_it_is_made_sees_what_it_sees_in_the_client(project: Project, asked: int) -> None:
    dialect, what = project.database.dialect, count(project, asked)
    start = 2 if dialect == "postgres" else 0  # before that, there is nothing to be seen, but an error
    does = DOES[dialect][start:]
    asks = [(each, f"CREATE TABLE s{number} AS SELECT {what} AS v") for number, each in enumerate(does)]
    tells = [f"INSERT INTO seen SELECT {number}, v FROM s{number}" for number in range(len(does))]
    body = [SEEN, "SELECT 1", *DOES[dialect][:start], *(text for pair in asks for text in pair), *tells]
    wanted = by_client(project, file(*body, head=HEADS[dialect][0]))
    for head in HEADS[dialect]:
        with another(project, f"with {len(head)}") as other:
            other.write({"1_f": file(*body, head=head)})
            other.succeed("up")
            assert [(does[n], v) for n, v in seen(other)] == [(does[n], v) for n, v in wanted], head


@pytest.mark.databases("mysql", "sqlite")
def test_what_is_asked_first_in_a_file_is_the_same_whatever_ran_before(project: Project, asked: int) -> None:
    dialect, what = project.database.dialect, count(project, asked)
    before = [SEEN, *DOES[dialect][:2], "UPDATE t SET n = 3", "SELECT n FROM t"]
    found = set()
    for head in ("", ALONE) if dialect == "sqlite" else ("",):
        asks = head + file(f"INSERT INTO seen SELECT 1, {what}", "ALTER TABLE t ADD z INTEGER",
                           f"INSERT INTO seen SELECT 2, {what}")  # fmt: skip
        with another(project, f"second {len(head)}") as other:
            other.write({"1_a": file(*before), "2_b": asks})
            other.succeed("up")
            found.add((*seen(other),))
        with another(project, f"first {len(head)}") as other:
            other.database.execute(*before)
            (other.home / "sql" / "1_a.up.sql").unlink()
            other.write({"2_b": asks})
            other.succeed("up")
            found.add((*seen(other),))
    assert len(found) == 1, found
    if dialect == "sqlite" or what == "LAST_INSERT_ID()":  # the client has made the others its own
        assert by_client(project, file(*before), asks) == [*found.pop()]


RESUMED = [
    "INSERT INTO t (n) VALUES (77)",
    "UPDATE t SET n = 5",
    "CREATE TABLE d AS SELECT n FROM t",
    "DELETE FROM t WHERE n = 5",
    "INSERT INTO t (n) VALUES (78), (79)",
    "ALTER TABLE t ADD z INTEGER",
]


def test_what_is_asked_after_a_resume_is_as_if_nothing_had_failed(project: Project, asked: int) -> None:
    dialect, what = project.database.dialect, count(project, asked)
    if "mariadb" in project.database.label and "FOUND_ROWS" in what:
        pytest.skip("what it says first is what another session has left on that thread of the server")
    head = "" if dialect == "mysql" else ALONE
    first = [SEEN, *DOES[dialect][:2], "CREATE TABLE stays (n INTEGER)"]
    rest = watched(RESUMED, what)
    wanted = by_client(project, file(*first, *rest, head=head))
    project.write({"1_f": file(*first, "INSERT INTO nowhere VALUES (1)", *rest, head=head)})
    assert project("up").exit == 1
    assert project.states() == {"1": f"dirty (4 of {5 + len(rest)})"}
    project.write({"1_f": file(*first, *rest, head=head)})
    project.succeed("up")
    assert seen(project) == wanted


# --- what a file sets reaches neither the notes nor the next file ----------------------------------------------------

ODD = "é 'quoted' \\ ☃"  # goes into the history, in the down file
MYSQL_SETS = {
    "role": ("SET ROLE NONE", "COALESCE(CURRENT_ROLE(), 'none')"),
    "sql_mode": ("SET sql_mode = ''", "@@sql_mode"),
    "sql_mode in backticks": ("SET `sql_mode` = 'ANSI_QUOTES,NO_BACKSLASH_ESCAPES,PIPES_AS_CONCAT'", "@@sql_mode"),
    "sql_mode with two @": ("SET @@SESSION.`sql_mode` = 'TRADITIONAL'", "@@sql_mode"),
    "sql_mode after GLOBAL": (
        "SET GLOBAL max_connect_errors = 100, SESSION sql_mode = 'ANSI', auto_increment_increment = 3",
        "CONCAT(@@sql_mode, @@auto_increment_increment)",
    ),
    "sql_select_limit": ("SET sql_select_limit = 0", "@@sql_select_limit"),
    "character_set_results": ("SET character_set_results = utf16", "COALESCE(@@character_set_results, 'none')"),
    "no character_set_results": ("SET character_set_results = NULL", "COALESCE(@@character_set_results, 'none')"),
    "names": ("SET NAMES latin1", "CONCAT(@@character_set_client, @@collation_connection)"),
    "character set": ("SET CHARACTER SET latin1", "@@character_set_client"),
    "completion_type": ("SET completion_type = CHAIN", "@@completion_type"),
    "release": ("SET completion_type = 2", "@@completion_type"),
    "insert_id": ("SET insert_id = 77", "LAST_INSERT_ID()"),
    "timestamp": ("SET timestamp = 1", "IF(NOW() > '2020-01-01', 'now', 'then')"),
    "time zone": ("SET time_zone = '+09:00'", "@@time_zone"),
    "isolation level": ("SET SESSION TRANSACTION ISOLATION LEVEL SERIALIZABLE", "{isolation}"),
    "isolation level as a variable": ("SET {isolation_name} = 'READ-UNCOMMITTED'", "{isolation}"),
    "foreign keys": ("SET foreign_key_checks = 0, unique_checks = 0", "@@foreign_key_checks + @@unique_checks"),
    "warnings": ("SET max_error_count = 0, sql_notes = 0", "@@max_error_count + @@sql_notes"),
    "safe updates": ("SET sql_safe_updates = 1", "@@sql_safe_updates"),
    "a variable": ("SET @x = 5", "COALESCE(@x, 'none')"),
    "a variable with a blank": ("SET @`a b` = 5", "COALESCE(@`a b`, 'none')"),
    "a variable with a quote": ("SET @'it''s' = 5", "COALESCE(@`it's`, 'none')"),
    "a variable from rows": ("SELECT 5 INTO @x", "COALESCE(@x, 'none')"),
    "a variable on the way": ("DO @x := 5", "COALESCE(@x, 'none')"),
    "a temporary table": ("CREATE TEMPORARY TABLE seen_by (n INT)", "{is_temporary}"),
    "one in a conditional comment": ("/*!50000 CREATE TEMPORARY TABLE seen_by (n INT) */", "{is_temporary}"),
    "one with comments": ("CREATE /* a */ TEMPORARY -- b\n TABLE IF NOT EXISTS `seen_by` SELECT 1", "{is_temporary}"),
    "a lock": ("DO GET_LOCK('{name}', 0)", "COALESCE(IS_USED_LOCK('{name}'), 'none')"),
    "a row": ("INSERT INTO counted (n) VALUES (1)", "LAST_INSERT_ID()"),
}
POSTGRES_SETS = {
    "role": ("SET ROLE pg_monitor", "current_user = session_user"),
    "session authorization": ("SET SESSION AUTHORIZATION pg_monitor", "session_user"),
    "search_path": ("SET search_path = pg_catalog", "current_schema()"),
    "an empty search_path": ("SELECT pg_catalog.set_config('search_path', '', false)", "current_schema()"),
    "schema": ("SET SCHEMA 'pg_catalog'", "current_schema()"),
    "client_encoding": ("SET client_encoding = 'LATIN1'", "current_setting('client_encoding')"),
    "names": ("SET NAMES 'LATIN1'", "current_setting('client_encoding')"),
    "strings": ("SET standard_conforming_strings = off", "current_setting('standard_conforming_strings')"),
    "row security": ("SET row_security = off", "current_setting('row_security')"),
    "isolation level": (
        "SET SESSION CHARACTERISTICS AS TRANSACTION ISOLATION LEVEL SERIALIZABLE",
        "current_setting('transaction_isolation')",
    ),
    "isolation level as a setting": (
        "SET default_transaction_isolation = 'repeatable read'",
        "current_setting('transaction_isolation')",
    ),
    "date style": ("SET datestyle = 'SQL, DMY'", "current_setting('datestyle')"),
    "time zone": ("SET TIME ZONE 'Asia/Kathmandu'", "current_setting('timezone')"),
    "a limit": ("SET lock_timeout = '7s'", "current_setting('lock_timeout') = '7s'"),
    "a setting of one's own": ("SET my.own = 'x'", "coalesce(current_setting('my.own', true), '')"),
    "a temporary table": ("CREATE TEMP TABLE seen_by (n int)", "{is_temporary}"),
    "one by its schema": ("CREATE TABLE pg_temp.seen_by (n int)", "{is_temporary}"),
    "one by its schema in quotes": ('CREATE TABLE "pg_temp".seen_by (n int)', "{is_temporary}"),
    "one from rows": ("SELECT 1 INTO LOCAL TEMP seen_by", "{is_temporary}"),
    "a prepared statement": ("PREPARE x AS SELECT 1", "(SELECT count(*) FROM pg_prepared_statements)"),
    "a cursor": (
        "DECLARE c CURSOR WITH HOLD FOR SELECT 1", "(SELECT count(*) FROM pg_cursors WHERE name = 'c')"
    ),
    "a channel": ("LISTEN x", "(SELECT count(*) FROM pg_listening_channels())"),
    "a lock": (
        "SELECT pg_advisory_lock(7)",
        "(SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND objid = 7 AND pid = pg_backend_pid())",
    ),
}  # fmt: skip
SQLITE_SETS = {
    "a temporary table": ("CREATE TEMP TABLE seen_by (n)", "{is_temporary}"),
    "one by its schema": ("CREATE TABLE temp.seen_by (n)", "{is_temporary}"),
    "one by its schema in quotes": ('CREATE TABLE "temp".seen_by (n)', "{is_temporary}"),
    "a temporary view": ("CREATE TEMPORARY VIEW seen_by AS SELECT 1", "{is_temporary}"),
    "a temporary trigger": (
        "CREATE TEMP TRIGGER g BEFORE INSERT ON seen WHEN NEW.n = 3 BEGIN SELECT RAISE(IGNORE); END", "1"
    ),
    "like": ("PRAGMA case_sensitive_like = ON", "'a' LIKE 'A'"),
    "recursive triggers": ("PRAGMA recursive_triggers = ON", "(SELECT * FROM pragma_recursive_triggers)"),
    "a pragma in quotes": ('PRAGMA "recursive_triggers" = ON', "(SELECT * FROM pragma_recursive_triggers)"),
    "a pragma in brackets": ("PRAGMA [recursive_triggers](1)", "(SELECT * FROM pragma_recursive_triggers)"),
    "a pragma of a schema": ("PRAGMA main.cache_size = 77", "(SELECT * FROM pragma_cache_size)"),
    "column names": ("PRAGMA short_column_names = OFF", "(SELECT * FROM pragma_short_column_names)"),
    "a row": ("INSERT INTO counted (n) VALUES (1)", "last_insert_rowid()"),
}  # fmt: skip
SETS = {"mysql": MYSQL_SETS, "postgres": POSTGRES_SETS, "sqlite": SQLITE_SETS}
IS_TEMPORARY = {
    "mysql": "(SELECT COUNT(*) FROM seen_by)",
    "postgres": "to_regclass('pg_temp.seen_by') IS NULL",
    "sqlite": "(SELECT count(*) FROM temp.sqlite_master WHERE name = 'seen_by')",
}
COUNTED = {
    "mysql": "CREATE TABLE counted (id INT AUTO_INCREMENT PRIMARY KEY, n INT)",
    "postgres": "CREATE TABLE counted (id SERIAL, n INT)",
    "sqlite": "CREATE TABLE counted (id INTEGER PRIMARY KEY, n INTEGER)",
}


def each_setting(dialect: str) -> pytest.MarkDecorator:
    return pytest.mark.parametrize("setting", SETS[dialect])


def filled(project: Project, text: str) -> str:
    """Put in what differs between MySQL and MariaDB, and databases."""
    name = "tx_isolation" if project.database.flavor == "mariadb" else "transaction_isolation"
    return (
        text.replace("{isolation_name}", name).replace("{isolation}", f"@@{name}")
        .replace("{is_temporary}", IS_TEMPORARY[project.database.dialect]).replace("{name}", project.database.name)
    )  # fmt: skip


def three_files(project: Project, setting: str, head: str) -> dict[str, str]:
    """Return a file that asks, one that sets something and goes on, and one that asks the same."""
    dialect = project.database.dialect
    what, asked = (filled(project, each) for each in SETS[dialect][setting])
    table = "public.counted" if dialect == "postgres" else "counted"
    more = "public.more" if dialect == "postgres" else "more"
    stays = ["CREATE TABLE seen_by (n INTEGER)"] if asked == IS_TEMPORARY["mysql"] else []
    back = ["RESET ROLE", "RESET SESSION AUTHORIZATION"] if "pg_monitor" in what else []
    return {
        "1_asks": head + file(SEEN, COUNTED[dialect], *stays, f"INSERT INTO seen SELECT 1, {asked}"),
        "2_sets": head + file(f"INSERT INTO {table} (n) VALUES (0)", what, *back, f"CREATE TABLE {more} (n INTEGER)",
                              f"INSERT INTO {table} (n) VALUES (2)", f"CREATE TABLE {more}2 (n INTEGER)"),
        "2_sets.down": head + f"SELECT '{ODD}';\n",
        "3_asks": head + file(f"INSERT INTO seen SELECT 3, {asked}"),
    }  # fmt: skip


def assert_nothing_reaches_the_next(project: Project, setting: str, head: str) -> None:
    files = three_files(project, setting, head)
    project.write(files)
    project.succeed("up")
    (_, before), (_, after) = seen(project)
    assert before == after
    assert project.states() == dict.fromkeys("123", "applied")
    counted = "public.counted" if project.database.dialect == "postgres" else "counted"
    assert [n for (n,) in project.rows(f"SELECT n FROM {counted} WHERE n <> 1 ORDER BY n")] == [0, 2]
    assert project.rows("SELECT down_sql FROM schema_migrations WHERE version = '2'") == [(files["2_sets.down"],)]


def assert_the_script_does_the_same(project: Project, setting: str, head: str) -> None:
    project.write(three_files(project, setting, head))
    planned = project("plan", "--sql")
    if planned.exit == 2 and "for psql" not in planned.err:
        assert "\nfix: " in planned.err
        return
    assert planned.exit == 0, planned.err
    clients.run_well(project.database, planned.out)
    (_, before), (_, after) = seen(project)
    assert before == after
    assert project.states() == dict.fromkeys("123", "applied")


@pytest.mark.databases("mysql")
@each_setting("mysql")
def test_what_a_file_sets_reaches_nothing_else_on_mysql(project: Project, setting: str) -> None:
    assert_nothing_reaches_the_next(project, setting, "")


@pytest.mark.databases("postgres")
@each_setting("postgres")
@pytest.mark.parametrize("head", ["", ALONE], ids=["in a transaction", "alone"])
def test_what_a_file_sets_reaches_nothing_else_on_postgres(project: Project, setting: str, head: str) -> None:
    assert_nothing_reaches_the_next(project, setting, head)


@pytest.mark.databases("sqlite")
@each_setting("sqlite")
@pytest.mark.parametrize("head", ["", ALONE], ids=["in a transaction", "alone"])
def test_what_a_file_sets_reaches_nothing_else_on_sqlite(project: Project, setting: str, head: str) -> None:
    assert_nothing_reaches_the_next(project, setting, head)


@pytest.mark.databases("mysql")
@each_setting("mysql")
def test_what_a_file_sets_reaches_nothing_else_in_a_script_for_mysql(project: Project, setting: str) -> None:
    assert_the_script_does_the_same(project, setting, "")


@pytest.mark.databases("postgres")
@each_setting("postgres")
@pytest.mark.long
def test_what_a_file_sets_reaches_nothing_else_in_a_script_for_postgres(project: Project, setting: str) -> None:
    assert_the_script_does_the_same(project, setting, "")


@pytest.mark.databases("sqlite")
@each_setting("sqlite")
@pytest.mark.parametrize("head", ["", ALONE], ids=["in a transaction", "alone"])
def test_what_a_file_sets_reaches_nothing_else_in_a_script_for_sqlite(
    project: Project, setting: str, head: str
) -> None:
    assert_the_script_does_the_same(project, setting, head)


def assert_a_failure_is_told(project: Project, setting: str) -> None:
    """A file that has set something fails, is mended, and goes on: the notes of it are as ever."""
    dialect, head = project.database.dialect, head_of(project)
    what = filled(project, SETS[dialect][setting][0])
    back = ["RESET ROLE", "RESET SESSION AUTHORIZATION"] if "pg_monitor" in what else []
    schema = "public." if dialect == "postgres" else ""
    first = [SEEN, COUNTED[dialect], what, *back, f"CREATE TABLE {schema}more (n INTEGER)"]
    last = f"INSERT INTO {schema}more VALUES (1)"
    project.write({"1_f": file(*first, NOWHERE, last, head=head)})
    ran = project("up")
    line = len(file(*first, head=head).splitlines()) + 1
    assert ran.exit == 1
    assert without_notices(ran.err).startswith("error: ")
    said = without_notices(ran.err).splitlines()[0]  # in utf16, MySQL says nothing but a number
    assert "nowhere" in said or "1146" in said, said
    assert f"\n  --> sql/1_f.up.sql:{line}" in ran.err
    done = len(first)
    assert f"\n{done} of {done + 2} statements have run and stay; table schema_migrations says dirty.\n" in ran.err
    assert project.log() == [("1", "up", "failed")]
    project.write({"1_f": file(*first, last, head=head)})
    if "GLOBAL" in what or "TRIGGER" in what:  # it changes the server; or what every other statement does
        assert project("up").exit == 4
        return
    project.succeed("up")
    assert project.rows(f"SELECT n FROM {schema}more") == [(1,)]
    assert project.log() == [("1", "up", "failed"), ("1", "up", "ok")]


@pytest.mark.databases("mysql")
@each_setting("mysql")
def test_a_failure_is_told_whatever_a_file_has_set_on_mysql(project: Project, setting: str) -> None:
    if setting == "insert_id":
        pytest.skip("it asks: nobody knows if a row has taken that id")
    assert_a_failure_is_told(project, setting)


@pytest.mark.databases("postgres")
@each_setting("postgres")
def test_a_failure_is_told_whatever_a_file_has_set_on_postgres(project: Project, setting: str) -> None:
    assert_a_failure_is_told(project, setting)


@pytest.mark.databases("sqlite")
@each_setting("sqlite")
def test_a_failure_is_told_whatever_a_file_has_set_on_sqlite(project: Project, setting: str) -> None:
    assert_a_failure_is_told(project, setting)


# --- what is made again, and what is asked --------------------------------------------------------------------------

STAYS = "CREATE TABLE stays (n INTEGER)"
KINDS = {
    "mysql": "CREATE TABLE t (id INT AUTO_INCREMENT PRIMARY KEY, n INT, v VARCHAR(50))",
    "postgres": "CREATE TABLE t (id SERIAL, n INTEGER, v VARCHAR(50))",
    "sqlite": "CREATE TABLE t (id INTEGER PRIMARY KEY, n INTEGER, v VARCHAR(50))",
}


def asked(number: int, what: str, *, done: int, reader: int, lost: int, excerpt: str, way: str = "up") -> str:
    """Return the whole of what is said where version *number* cannot go on."""
    return (
        f"error: {number} f cannot go on after statement {done}: line {reader} needs {what}, which line {lost} made,"
        " and which has gone with its connection\n"
        f"  --> sql/{number}_f.{way}.sql:{lost}\n"
        f"  {lost} | {excerpt}\n"
        "nothing was changed.\n"
        f"fix: write line {reader} so that it does not need it, then run  {PROGRAM} {way}\n"
        "     or finish or undo the rest by hand, and say which:\n"
        f"       {PROGRAM} repair {number} --applied    all of it has run\n"
        f"       {PROGRAM} repair {number} --pending    none of it has; run it again\n"
    )


READS_U, MAKES_U = "INSERT INTO t (n) SELECT n FROM u", "CREATE TEMPORARY TABLE u AS SELECT 5 AS n"
F_OF_ID = "CREATE FUNCTION f() RETURNS INT NO SQL RETURN LAST_INSERT_ID()"
SETS_Y = "CREATE TRIGGER g BEFORE UPDATE ON t FOR EACH ROW SET @y = 1"
SETS_X_OR_NOT = "IF a THEN SET @x = 5;END IF;INSERT INTO t (n) VALUES (@x)"
RUNS_Q = "PREPARE s FROM @q; EXECUTE s; DEALLOCATE PREPARE s"
MYSQL_LOSES = [
    ("@x", "SET @x = (SELECT MAX(id) FROM t)", "INSERT INTO t (n) VALUES (@x)"),
    ("@x", "SELECT MAX(id) INTO @x FROM t", "INSERT INTO t (n) VALUES (@x)"),
    ("@x", "SET @x = UNIX_TIMESTAMP()", "INSERT INTO t (n) VALUES (@x)"),
    ("@x", "SET @x = LAST_INSERT_ID()", "INSERT INTO t (n) VALUES (@x)"),
    ("@x", "UPDATE t SET n = (@x := n + 1)", "INSERT INTO t (n) VALUES (@x)"),
    ("@a b", "SET @`a b` = RAND()", "UPDATE t SET n = @'a b'"),
    ("@x", "SET @y = (@x := (SELECT MAX(id) FROM t))", "INSERT INTO t (n) VALUES (@x)"),
    ("the temporary table u", "CREATE TEMPORARY TABLE u AS SELECT 5 AS n", "INSERT INTO t (n) SELECT n FROM u"),
    (
        "the temporary table u",
        "CREATE TEMPORARY TABLE IF NOT EXISTS `u` (n INT); INSERT INTO u VALUES (5)",
        "INSERT INTO t (n) SELECT n FROM U",
    ),
    ("the setting time_zone", "SET time_zone = (SELECT CONCAT('+0', MAX(id), ':00') FROM t)", "DELETE FROM t"),
    ("LAST_INSERT_ID()", "INSERT INTO t (n) VALUES (2)", "INSERT INTO t (n) VALUES (LAST_INSERT_ID())"),
    ("the lock", "DO GET_LOCK('a lock of mine', 0)", "DO RELEASE_LOCK('a lock of mine')"),
    # What code reads that a statement runs.
    (
        "@x",
        "CREATE PROCEDURE q() INSERT INTO t (n) VALUES (@x); CREATE PROCEDURE p() CALL q; SELECT 5 INTO @x",
        "CALL p",
    ),
    ("the temporary table u", f"CREATE PROCEDURE p() {READS_U}; {MAKES_U}", "CALL p()"),
    ("the lock", "CREATE PROCEDURE p() DO RELEASE_LOCK('mine'); DO GET_LOCK('mine', 0)", "CALL p()"),
    (
        "the number of rows found",
        "CREATE PROCEDURE p() INSERT INTO t (n) VALUES (FOUND_ROWS()); SELECT n FROM t",
        "CALL p()",
    ),
    ("the number of rows found", "CREATE PROCEDURE p() CALL unknown.q(); SELECT n FROM t", "CALL p()"),
    (
        "the number of rows found",
        "CREATE FUNCTION f(n INT) RETURNS INT NO SQL RETURN n; SELECT n FROM t",
        "INSERT INTO t (n) VALUES (f(FOUND_ROWS()))",
    ),
    ("LAST_INSERT_ID()", f"{F_OF_ID}; INSERT INTO t (n) VALUES (2)", "INSERT INTO t (n) VALUES (f())"),
    (
        "LAST_INSERT_ID()",
        f"{F_OF_ID}; CREATE VIEW w AS SELECT f() AS n; {SETS_Y}; INSERT INTO t (n) VALUES (2)",
        "INSERT INTO t (n) SELECT n FROM w",
    ),
    (
        "LAST_INSERT_ID()",
        "CREATE TRIGGER g BEFORE UPDATE ON t FOR EACH ROW SET NEW.n = LAST_INSERT_ID(); INSERT INTO t (n) VALUES (2)",
        "UPDATE t SET v = 'x'",
    ),
    (
        "LAST_INSERT_ID()",
        "CREATE PROCEDURE p(n INT) UPDATE t SET t.n = n; INSERT INTO t (n) VALUES (2)",
        "CALL p(LAST_INSERT_ID())",
    ),
    (
        "@x",
        "CREATE PROCEDURE p() SELECT 1; SET @q = 'create procedure q() set @r = 1'; SELECT MAX(id) INTO @x FROM t",
        "CALL p()",
    ),
    # Where it goes another way, it is that of before.
    (
        "@x",
        f"CREATE PROCEDURE p(a INT) BEGIN {SETS_X_OR_NOT};END; SELECT MAX(id) INTO @x FROM t",
        "CALL p(0)",
    ),
]
POSTGRES_LOSES = [
    ("the temporary table u", "CREATE TEMP TABLE u AS SELECT 5 AS n", "INSERT INTO t (n) SELECT n FROM u"),
    ("the temporary table u", "SELECT 5 AS n INTO TEMP u", "INSERT INTO t (n) SELECT n FROM pg_temp.u"),
    ("the temporary table u", "CREATE VIEW pg_temp.u AS SELECT 5 AS n", "INSERT INTO t (n) SELECT n FROM u"),
    (
        "the setting my.own",
        "SELECT set_config('my.own', max(id)::text, false) FROM t",
        "INSERT INTO t (n) VALUES (current_setting('my.own')::int)",
    ),
    (
        "the setting search_path",
        "SELECT set_config('search_path', lower('PUBLIC') || max(v), false) FROM t",
        "DELETE FROM t",
    ),
    (
        "the setting default_transaction_read_only",
        "SELECT set_config('default_transaction_read_only', 'off', false) FROM t",
        "INSERT INTO t (v) VALUES (current_setting('transaction_read_only'))",
    ),
    (
        "the setting transaction_log.own",
        "SELECT set_config('transaction_log.own', max('x'), false) FROM t",
        "INSERT INTO t (v) VALUES (current_setting('transaction_log.own', true))",
    ),
    ("the cursor c", "DECLARE c CURSOR WITH HOLD FOR SELECT 1", "FETCH c"),
    ("lastval()", "INSERT INTO t (n) VALUES (2)", "INSERT INTO t (n) VALUES (lastval())"),
    ("lastval()", "INSERT INTO t (n) VALUES (2)", "INSERT INTO t (n) VALUES (currval('t_id_seq'))"),
]
SQLITE_LOSES = [
    ("the temporary table u", "CREATE TEMP TABLE u AS SELECT 5 AS n", "INSERT INTO t (n) SELECT n FROM u"),
    ("the temporary table u", "CREATE TABLE temp.u (n); INSERT INTO u VALUES (5)", "INSERT INTO t (n) SELECT n FROM u"),
    ("the temporary table u", 'CREATE VIEW "temp".u AS SELECT 5 AS n', "INSERT INTO t (n) SELECT n FROM u"),
    (
        "last_insert_rowid()",
        "INSERT INTO t (n) VALUES (2)",
        "INSERT INTO t (n) VALUES (last_insert_rowid())",
    ),
    ("last_insert_rowid()", "INSERT INTO t (n) VALUES (2)", 'INSERT INTO t (n) VALUES ("last_insert_rowid"())'),
]
LOSES = {"mysql": MYSQL_LOSES, "postgres": POSTGRES_LOSES, "sqlite": SQLITE_LOSES}


def each_of(tables: Mapping[str, Sequence[Any]]) -> pytest.MarkDecorator:
    """Run a test for each number of the longest table; where there are less, it is skipped."""
    return pytest.mark.parametrize("number", range(max(map(len, tables.values()))))


def of(tables: Mapping[str, Sequence[Any]], project: Project, number: int) -> Any:
    if number >= len(tables[project.database.dialect]):
        pytest.skip("there are not so many")
    return tables[project.database.dialect][number]


@each_of(LOSES)
def test_what_cannot_be_made_again_is_asked_for_and_nothing_is_repeated(project: Project, number: int) -> None:
    what, makes, reads = of(LOSES, project, number)
    made = makes.split("; ")
    first = [KINDS[project.database.dialect], "INSERT INTO t (n, v) VALUES (1, '')", *made, STAYS]
    head, done, lines = head_of(project), len(first), len(head_of(project).splitlines())
    project.write({"1_f": file(*first, NOWHERE, head=head)})
    assert project("up").exit == 1
    assert project.states() == {"1": f"dirty ({done} of {done + 1})"}
    rows = project.rows("SELECT * FROM t")
    project.write({"1_f": file(*first, "DELETE FROM stays", reads, "DELETE FROM stays", head=head)})
    by_all = what.startswith("the setting ") and "." not in what  # a setting may change what any one does
    reader = done + lines + (1 if by_all else 2)
    lost = done - 1 + lines if made[1:] or "INSERT" in makes else 3 + lines
    excerpt = made[-1] if "CREATE" in makes or "INSERT" in makes else makes
    ran = project("up")
    assert (ran.exit, ran.out) == (4, "")
    assert ran.err == asked(1, what, done=done, reader=reader, lost=lost, excerpt=f"{excerpt};")
    assert project.rows("SELECT * FROM t") == rows
    # Line by line, what the fix says works.
    project.write({"1_f": file(*first, "DELETE FROM stays", "DELETE FROM stays", head=head)})
    if not by_all:
        project.succeed("up")
    else:
        assert project("up").exit == 4
        project.succeed("repair", "1", "--applied")
    assert project.states() == {"1": "applied"}


@pytest.mark.databases("mysql")
@pytest.mark.parametrize(
    ("code", "way"),
    [
        (f"SET @q = CONCAT('ALTER TABLE t ADD ', c, ' INT'); {RUNS_Q}", "goes on"),
        ("SET @x = c; INSERT INTO t (v) VALUES (@x)", "goes on"),
        (f"SET @q = CONCAT('CREATE TABLE ', c, ' AS SELECT @x'); {RUNS_Q}", "asks"),
        (f"SET @q = CONCAT(c, ' DEFAULT 5'); SET @q = CONCAT('ALTER TABLE u ADD ', c, ' INT'); {RUNS_Q}", "asks"),
    ],
)
def test_code_that_reads_only_what_it_has_set_is_called_again_after_a_failure(
    project: Project, code: str, way: str
) -> None:
    first = [KINDS["mysql"], "CREATE TEMPORARY TABLE u (n INT)", f"CREATE PROCEDURE p(c TEXT) BEGIN {code}; END"]
    first = first if "u ADD" in code else [first[0], *first[2:]]
    project.write({"1_f": file(*first, "CALL p('one')", NOWHERE)})
    assert project("up").exit == 1
    project.write({"1_f": file(*first, "CALL p('one')", "CALL p('two')")})
    ran = project("up")
    assert ran.exit == (0 if way == "goes on" else 4), ran.err
    assert project.states() == {"1": "applied" if way == "goes on" else f"dirty ({len(first) + 1} of {len(first) + 2})"}


AWAY = "set_config('search_path', 'away', false)"
READ_OWN = "SELECT set_config('my.own', max(id)::text, false) FROM t"
INSERT_N = "INSERT INTO t (n) VALUES (7)"


def routine(name: str, returns: str, does: str) -> str:
    return f"CREATE FUNCTION {name} RETURNS {returns} LANGUAGE plpgsql AS $$ BEGIN {does}; END $$"


def trigger(does: str) -> list[str]:
    runs = "FOR EACH ROW EXECUTE FUNCTION public.fires()"
    return [routine("fires()", "trigger", f"{does}; RETURN NEW"), f"CREATE TRIGGER g BEFORE INSERT ON t {runs}"]


# What is there, what runs before the failure, and after it, and what is lost; or "", where it goes on.
NAMED_SETS = "CREATE FUNCTION sets() RETURNS text LANGUAGE sql AS $$ SELECT set_config('my.own', 'y', false) $$"
READS_OWN = "INSERT INTO t (v) SELECT current_setting('my.own')"
UNASKED: dict[str, tuple[list[str], list[str], str, str]] = {
    "a trigger that sets": (trigger(f"PERFORM {AWAY}"), [INSERT_N], "DELETE FROM stays", "the setting search_path"),
    "a trigger that runs a text": (
        trigger("EXECUTE 'SE' || 'T search_path = away'"), [INSERT_N], "DELETE FROM stays", "what it left"),
    "a trigger that calls what sets": (
        [routine("away()", "text", f"RETURN {AWAY}"), *trigger("PERFORM public.away()")],
        [INSERT_N], "DELETE FROM stays", "the setting search_path"),
    "a trigger that makes a table": (
        trigger("CREATE TEMP TABLE IF NOT EXISTS stays (n int)"),
        [INSERT_N], "DELETE FROM stays", "the temporary table stays"),
    "a trigger of an event": (
        [routine("fires()", "event_trigger", f"PERFORM {AWAY}"),
         "CREATE EVENT TRIGGER e ON ddl_command_end WHEN TAG IN ('CREATE VIEW') EXECUTE FUNCTION fires()"],
        ["CREATE VIEW public.v AS SELECT 1 AS n"], "DELETE FROM stays", "the setting search_path"),
    "a default that sets": (
        [routine("away()", "text", f"RETURN {AWAY}"), "ALTER TABLE t ALTER v SET DEFAULT away()"],
        [INSERT_N], "DELETE FROM stays", "the setting search_path"),
    "a default that is added": (
        [routine("away()", "text", f"RETURN {AWAY}")], ["ALTER TABLE t ADD w text DEFAULT away()"],
        "DELETE FROM stays", "the setting search_path"),
    "a check that sets": (
        [routine("away(n int)", "bool", f"PERFORM {AWAY}; RETURN true"), "ALTER TABLE t ADD CHECK (away(n))"],
        [INSERT_N], "DELETE FROM stays", "the setting search_path"),
    "a function of SQL that is no text": (
        [f"CREATE FUNCTION away() RETURNS text LANGUAGE sql BEGIN ATOMIC SELECT {AWAY}; END"],
        ["SELECT away()"], "DELETE FROM stays", "the setting search_path"),
    "a trigger that reads": (
        trigger("NEW.v = current_setting('my.own', true)"), [READ_OWN], INSERT_N, "the setting my.own"),
    "a default that reads": (
        ["ALTER TABLE t ALTER v SET DEFAULT current_setting('my.own', true)"],
        [READ_OWN], INSERT_N, "the setting my.own"),
    "a default of random numbers": (
        ["ALTER TABLE t ALTER v SET DEFAULT random()"],
        ["SELECT setseed(0.5)"], INSERT_N, "the seed of random numbers"),
    "a view that reads": (
        ["CREATE VIEW v AS SELECT current_setting('my.own', true)::int AS n"],
        [READ_OWN], "INSERT INTO t (n) SELECT n FROM v", "the setting my.own"),
    "a trigger that reads what is set again": (
        trigger("NEW.v = current_setting('my.own', true)"), ["SET my.own = 'x'", INSERT_N], INSERT_N, ""),
    "a trigger that only writes": (
        trigger("PERFORM pg_advisory_xact_lock(1); EXECUTE format('UPDATE %I SET n = 1', TG_TABLE_NAME)"),
        [INSERT_N], INSERT_N, ""),
    "what nothing runs unasked": ([routine("away()", "text", f"RETURN {AWAY}")], [INSERT_N], INSERT_N, ""),
    "a search path of a function": (
        [], ["SELECT set_config('search_path', 'pg_temp, public', false)", "CREATE TABLE stays (n int)"],
        "DELETE FROM stays", "the temporary table stays"),
    "a child that is temporary": (
        [], ["CREATE TEMP TABLE u () INHERITS (t)", "INSERT INTO u (n) VALUES (7)"],
        "INSERT INTO stays SELECT count(*) FROM t", "the temporary table t"),
    "what becomes such a child": (
        [], ["CREATE TEMP TABLE u (LIKE t)", "ALTER TABLE u INHERIT t", "INSERT INTO u (n) VALUES (7)"],
        "INSERT INTO stays SELECT count(*) FROM t", "the temporary table u"),
    "a function that is called like a word of the grammar": (
        [NAMED_SETS], ["SET my.own = 'x'", "SELECT sets()"], READS_OWN, "the setting my.own"),
    "such a one, of the file": ([], ["SET my.own = 'x'", NAMED_SETS, "SELECT sets()"], READS_OWN, "the setting my.own"),
    "such a word, and no function": (
        [], ["SET my.own = 'x'", "CREATE TABLE u (n int) PARTITION BY LIST (n)"], READS_OWN, ""),
}  # fmt: skip


@pytest.mark.databases("postgres")
@pytest.mark.parametrize("kind", UNASKED)
def test_what_is_lost_without_a_word_in_the_file_is_asked_for_on_postgres(project: Project, kind: str) -> None:
    there, first, then, lost = UNASKED[kind]
    for each in ("CREATE SCHEMA away CREATE TABLE stays (n int)", KINDS["postgres"], STAYS, *there):
        project.database.execute(each)
    project.write({"1_f": file(*first, NOWHERE, head=ALONE)})
    assert project("up").exit == 1
    project.write({"1_f": file(*first, then, head=ALONE)})
    ran = project("up")
    assert ran.exit == (4 if lost else 0), ran.err
    assert not lost or f" needs {lost}, which line " in ran.err
    assert project.states()["1"].partition(" ")[0] == ("dirty" if lost else "applied")


@pytest.mark.databases("mysql")
@pytest.mark.parametrize(("right", "ends"), [("", 4), (", TRIGGER", 0)])
def test_whoever_may_not_see_triggers_is_asked_where_a_call_may_fire_one(
    project: Project, right: str, ends: int
) -> None:
    database = project.database
    user = database.create_user("none")
    name = user.partition("//")[2].partition(":")[0]
    rights = f"ALTER, CREATE, DROP, SELECT, INSERT, UPDATE, DELETE, CREATE ROUTINE, EXECUTE{right}"
    database.execute(f"GRANT {rights} ON {database.name}.* TO {name}@'%'")
    first = [KINDS["mysql"], "CREATE PROCEDURE p() INSERT INTO t (n) VALUES (1)", "SELECT MAX(id) INTO @x FROM t"]
    project.write({"1_f": file(*first, STAYS, NOWHERE)})
    assert project("--database-url", user, "up").exit == 1
    project.write({"1_f": file(*first, STAYS, "CALL p()")})
    assert project("--database-url", user, "up").exit == ends


@pytest.mark.databases("mysql")
def test_a_row_without_an_id_is_none_for_what_needs_one_and_the_line_that_had_made_it_is_named(
    project: Project,
) -> None:
    first = ["INSERT INTO t (n) VALUES (2)", STAYS]
    project.database.execute(KINDS["mysql"])
    project.write({"1_f": file(*first, "INSERT INTO nowhere VALUES (1)")})
    assert project("up").exit == 1
    project.write({"1_f": file(*first, "INSERT INTO stays VALUES (1)", "UPDATE t SET n = LAST_INSERT_ID()")})
    ran = project("up")
    assert ran.exit == 4
    assert "error: line 4 needs LAST_INSERT_ID(), which line 1 made, and which has gone with its connection" in ran.err


MYSQL_REBUILDS = [
    (["SET @x = 5"], ["INSERT INTO t (n) VALUES (@x)"]),
    (["SET @`a b` = 5, @'c' = @`A B` + 1"], ["INSERT INTO t (n) VALUES (@c)"]),
    (["SET @x = CONCAT('a', UPPER('b'))"], ["INSERT INTO t (v) VALUES (@x)"]),
    (["SET sql_mode = ''"], ["INSERT INTO t (n) VALUES ('x')"]),
    (["SET @old = @@sql_mode, sql_mode = ''"], ["INSERT INTO t (n) VALUES ('x')", "SET sql_mode = @old"]),
    (["/*!40101 SET @old = 5 */", "SET @old = 6"], ["INSERT INTO t (n) VALUES (@old)"]),
    (["SET timestamp = 1000000000"], ["INSERT INTO t (n) VALUES (UNIX_TIMESTAMP())"]),
    (["SET SESSION auto_increment_increment = 5"], ["INSERT INTO t (n) VALUES (1), (2)"]),
    (["PREPARE p FROM 'INSERT INTO t (n) VALUES (?)'", "SET @x = 5"], ["EXECUTE p USING @x"]),
    (["SET @s = 'INSERT INTO t (n) VALUES (6)'", "PREPARE p FROM @s"], ["EXECUTE p", "DEALLOCATE PREPARE p"]),
    (["SET @x = NOW()", "SET @x = 7"], ["INSERT INTO t (n) VALUES (@x)"]),
    (["SET @x = NOW()"], ["INSERT INTO t (n) VALUES (8)"]),
    (["CREATE TEMPORARY TABLE u (n INT)", "DROP TEMPORARY TABLE u"], ["INSERT INTO t (n) VALUES (9)"]),
    (["CREATE TEMPORARY TABLE u (n INT)"], ["DROP TEMPORARY TABLE u", "INSERT INTO t (n) VALUES (9)"]),
    (["INSERT INTO t (n) VALUES (2)"], ["INSERT INTO t (n) VALUES (3)", "UPDATE t SET n = LAST_INSERT_ID()"]),
    (["SELECT MAX(id) INTO @x FROM t"], ["SET @x = 5", "INSERT INTO t (n) VALUES (@x)"]),
    (["SELECT MAX(id) INTO @x FROM t"], ["SELECT 5 INTO @x", "INSERT INTO t (n) VALUES (@x)"]),
    (["SELECT n FROM t"], ["CREATE PROCEDURE p() SET @x = 5", "CALL p()", "INSERT INTO t (n) VALUES (@x)"]),
    (["SELECT n FROM t"], [f"CREATE PROCEDURE p() {MAKES_U}", "CALL p()", READS_U]),
    (["CREATE PROCEDURE q() INSERT INTO t (n) VALUES (7)", "CREATE PROCEDURE p() CALL q", "SELECT 5 INTO @x"],
     ["CALL p()"]),
    (["CREATE PROCEDURE p() INSERT INTO t (n) VALUES (7)", "SELECT MAX(id) INTO @x FROM t",
      "SET @q = 'CREATE TABLE a (n INT)', @r = ' create unique index'", "ALTER TABLE t RENAME COLUMN v TO v"],
     ["CALL p()"]),
    (["CREATE PROCEDURE p() INSERT INTO stays VALUES ((SELECT n AS identity_no FROM t LIMIT 1))",
      "INSERT INTO t (n) VALUES (7)"], ["CALL p()"]),
    (["CREATE PROCEDURE p() BEGIN START TRANSACTION; INSERT INTO t (n) VALUES (8); COMMIT; END", "CALL p()"],
     ["INSERT INTO t (n) VALUES (9)"]),
]  # fmt: skip
POSTGRES_REBUILDS = [
    (["SET my.own = '5'"], ["INSERT INTO t (v) VALUES (current_setting('my.own'))"]),
    (["CREATE SCHEMA app", "SET search_path = app, public"],
     ["CREATE TABLE inside (n int)", "INSERT INTO app.inside VALUES (1)"]),
    (["DO $$ BEGIN PERFORM 1;END $$"],
     ["SET SESSION CHARACTERISTICS AS TRANSACTION ISOLATION LEVEL REPEATABLE READ",
      "INSERT INTO t (v) VALUES (current_setting('transaction_isolation'))"]),
    (["SELECT set_config('transaction_isolation', max('read committed'), false) FROM t"],
     ["INSERT INTO t (v) VALUES (current_setting('transaction_isolation'))"]),
    (["SELECT pg_catalog.set_config('my.own', 'x', false)"], ["INSERT INTO t (v) VALUES (current_setting('my.own'))"]),
    (["SELECT set_config('transaction_log.own', 'x', false)"],
     ["INSERT INTO t (v) VALUES (current_setting('transaction_log.own', true))"]),
    (["PREPARE p AS INSERT INTO t (n) VALUES ($1)"], ["EXECUTE p (5)"]),
    (["SET ROLE pg_monitor", "RESET ROLE"], ["INSERT INTO t (n) VALUES (6)"]),
    (["SET TIME ZONE 'Asia/Kathmandu'"], ["INSERT INTO t (v) VALUES (current_setting('timezone'))"]),
    (["CREATE TEMP TABLE u (n int)", "INSERT INTO u VALUES (1)", "DROP TABLE u"], ["INSERT INTO t (n) VALUES (7)"]),
    (["CREATE TEMP TABLE u (n int)"], ["DROP TABLE u", "INSERT INTO t (n) VALUES (7)"]),
    (["SET datestyle = 'SQL, DMY'"], ["INSERT INTO t (v) VALUES (date '2020-01-31')"]),
    (["CREATE PROCEDURE p() LANGUAGE sql AS 'INSERT INTO t (n) VALUES (8)'", "CALL p()"],
     ["INSERT INTO t (n) VALUES (9)"]),
]  # fmt: skip
SQLITE_REBUILDS = [
    (["PRAGMA case_sensitive_like = ON"], ["INSERT INTO t (n) SELECT 'a' LIKE 'A'"]),
    (["PRAGMA auto_vacuum = FULL"], ["VACUUM", "INSERT INTO t (n) SELECT auto_vacuum FROM pragma_auto_vacuum"]),
    (["PRAGMA page_size = 8192"], ["VACUUM", "INSERT INTO t (n) SELECT page_size FROM pragma_page_size"]),
    (['PRAGMA "case_sensitive_like" = ON'], ["INSERT INTO t (n) SELECT 'a' LIKE 'A'"]),
    (["PRAGMA foreign_keys = ON", "CREATE TABLE child (n REFERENCES t (id) ON DELETE CASCADE)",
      "INSERT INTO child VALUES (1)"], ["DELETE FROM t"]),
    (["CREATE TEMP TABLE u (n)", "INSERT INTO u VALUES (1)", "DROP TABLE u"], ["INSERT INTO t (n) VALUES (7)"]),
    (["CREATE TEMP TABLE u (n)"], ["DROP TABLE u", "INSERT INTO t (n) VALUES (7)"]),
    (["INSERT INTO t (n) VALUES (2)"], ["INSERT INTO t (n) VALUES (3)", "UPDATE t SET n = last_insert_rowid()"]),
    (["INSERT INTO t (n) VALUES (2)"], ["UPDATE t SET n = 5", "INSERT INTO t (n) SELECT changes()"]),
    (["CREATE TEMP TABLE u (n)", "CREATE TABLE kept AS SELECT * FROM temp.u", "DROP TABLE temp.u"],
     ["INSERT INTO t (n) VALUES (7)"]),
    (["CREATE VIEW asks AS SELECT changes() AS n", "INSERT INTO t (n) VALUES (2)"],
     ["INSERT INTO t (n) VALUES (7)", "UPDATE t SET n = 8 WHERE n = 7", "ALTER TABLE stays ADD m"]),
]  # fmt: skip
REBUILDS = {"mysql": MYSQL_REBUILDS, "postgres": POSTGRES_REBUILDS, "sqlite": SQLITE_REBUILDS}


@each_of(REBUILDS)
def test_what_can_be_made_again_is_and_nothing_is_asked(project: Project, number: int) -> None:
    made, rest = of(REBUILDS, project, number)
    head = DELIMITER if "; END" in made[0] else head_of(project)
    first = [KINDS[project.database.dialect], "INSERT INTO t (n, v) VALUES (1, '')", *made]
    stays = [] if "CREATE TABLE kept AS SELECT * FROM temp.u" in made else [STAYS]
    rows = "SELECT n, v FROM t ORDER BY id"
    with another(project, "client") as other:
        ran = other.database.run_client(file(*first, *stays, *rest, head=head))
        assert ran.returncode == 0, ran.stderr
        wanted = other.rows(rows)
    project.write({"1_f": file(*first, *stays, NOWHERE, *rest, head=head)})
    assert project("up").exit == 1
    project.write({"1_f": file(*first, *stays, *rest, head=head)})
    project.succeed("up")
    assert project.rows(rows) == wanted


# What counts in the database, and what comes to it, or does not, in a file that goes on.
COUNTING = """CREATE TABLE o (n); CREATE TABLE far (n); CREATE TABLE plain (n);
CREATE TABLE parent (n INTEGER PRIMARY KEY);
CREATE TABLE child (n REFERENCES parent ON DELETE CASCADE); CREATE TABLE "Odd Name" (n, m DEFAULT (changes()));
CREATE VIEW v AS SELECT changes() AS n; CREATE VIEW over_v AS SELECT * FROM v; CREATE VIEW beside AS SELECT * FROM o;
CREATE VIEW every AS SELECT total_changes() AS n;
CREATE TRIGGER g AFTER INSERT ON far BEGIN INSERT INTO o SELECT n FROM over_v; END;
CREATE TRIGGER h INSTEAD OF INSERT ON beside BEGIN INSERT INTO far VALUES (1); END;
CREATE TRIGGER i AFTER DELETE ON child BEGIN INSERT INTO o VALUES (LAST_INSERT_ROWID ( )); END;
CREATE VIRTUAL TABLE words USING fts5 (w);
CREATE TRIGGER j AFTER INSERT ON words_content BEGIN SELECT changes(); END;
CREATE TRIGGER k AFTER INSERT ON plain BEGIN INSERT INTO o VALUES (1); END;
"""
REACHES = [
    *("INSERT INTO o SELECT n FROM v", "INSERT INTO o SELECT n FROM main.Over_V", "INSERT INTO far VALUES (2)"),
    *(
        "INSERT INTO [beside] VALUES (2)",
        "DELETE FROM parent",
        "DROP TABLE child",
        "INSERT INTO 'odd name' (n) VALUES (1)",
    ),
    *("CREATE TABLE made AS SELECT * FROM over_v", "REPLACE INTO far VALUES (1)", "UPDATE o SET n = (SELECT n FROM v)"),
    "CREATE VIEW new AS SELECT * FROM over_v; INSERT INTO o SELECT n FROM new",
    "CREATE TEMP VIEW new AS SELECT * FROM over_v; INSERT INTO o SELECT n FROM new",
    "CREATE TRIGGER new AFTER INSERT ON plain BEGIN INSERT INTO far VALUES (1); END; INSERT INTO plain VALUES (1)",
    "ALTER TABLE far RENAME TO farther; INSERT INTO farther VALUES (1)",
    "ALTER TABLE plain ADD m DEFAULT (changes()); INSERT INTO plain (n) VALUES (1)",
    "INSERT INTO o SELECT n FROM every",
    "INSERT INTO words VALUES ('one')",
]
REACHES_NOT = [
    *("INSERT INTO o VALUES (1)", "INSERT INTO plain VALUES (1)", "DELETE FROM plain", "UPDATE o SET n = 5"),
    *("DROP TABLE plain", "DROP VIEW v", "ALTER TABLE far ADD m", "CREATE INDEX one ON far (n)", "DROP TRIGGER g"),
    "CREATE TABLE new (n REFERENCES child); INSERT INTO new VALUES (1)",
    "CREATE VIEW new AS SELECT * FROM plain; INSERT INTO o SELECT n FROM new",
]


@pytest.mark.databases("sqlite")
@pytest.mark.parametrize(("rest", "ends"), [*((each, 4) for each in REACHES), *((each, 0) for each in REACHES_NOT)])
def test_only_what_comes_to_code_that_asks_for_what_was_done_last_is_asked_for(
    project: Project, rest: str, ends: int
) -> None:
    project.database.run_client(COUNTING)
    first = ["INSERT INTO o VALUES (1)", STAYS]
    project.write({"1_f": file(*first, NOWHERE, head=ALONE)})
    assert project("up").exit == 1
    project.write({"1_f": file(*first, rest, head=ALONE)})
    ran = project("up")
    assert ran.exit == ends, ran.err
    assert ends == 0 or " needs the number of rows, which line 2 made, " in ran.err


def test_what_looks_like_a_look_and_writes_does_not_run_twice(project: Project) -> None:
    dialect, head = project.database.dialect, head_of(project)
    if dialect == "sqlite":
        pytest.skip("no function of a person there")
    if dialect == "mysql":
        project.database.execute("SET GLOBAL log_bin_trust_function_creators = 1")
    makes = {
        "mysql": "CREATE FUNCTION f() RETURNS INT BEGIN INSERT INTO t (n) VALUES (1); RETURN 1; END",
        "postgres": "CREATE FUNCTION f() RETURNS int LANGUAGE sql AS 'INSERT INTO t (n) VALUES (1) RETURNING n'",
    }[dialect]
    project.database.execute(KINDS[dialect], makes, "CREATE VIEW v AS SELECT f() AS n")
    looks = {
        "mysql": ["SELECT f()", "DO f()", "SET @x = f()", "SELECT n FROM v", "SELECT n INTO @x FROM v", "TABLE v",
                  "SET @x = (SELECT n FROM v)", "WITH c AS (SELECT n FROM v) SELECT n FROM c"],
        "postgres": ["SELECT f()", "VALUES (f())", "EXPLAIN ANALYZE SELECT f()", "SELECT n FROM v", "TABLE v",
                     "WITH c AS (INSERT INTO t (n) VALUES (1) RETURNING n) SELECT n FROM c",
                     "(WITH c AS (INSERT INTO t (n) VALUES (1) RETURNING n) SELECT n FROM c)"],
    }[dialect]  # fmt: skip
    twice = []
    for number, look in enumerate(looks, 1):
        if look == "TABLE v" and project.database.flavor == "mariadb":
            continue
        project.database.execute("DELETE FROM t")
        project.write({f"{number}_f": file(look, NOWHERE, head=head)})
        assert project("up").exit == 1
        project.write({f"{number}_f": file(look, head=head)})
        if project("up").exit == 4:
            project.succeed("repair", str(number), "--applied")
        if project.rows("SELECT count(*) FROM t") != [(1,)]:
            twice.append(look)
    assert twice == []


DROPS_A_KEY = [
    "CREATE TABLE parent (id INT PRIMARY KEY)",
    "CREATE TABLE child (id INT, FOREIGN KEY (id) REFERENCES parent (id))",
    """SET @sql = (SELECT CONCAT('ALTER TABLE child DROP FOREIGN KEY `', constraint_name, '`')
        FROM information_schema.key_column_usage WHERE table_schema = DATABASE() AND table_name = 'child'
        AND referenced_table_name IS NOT NULL)""",
    "PREPARE s FROM @sql",
    "EXECUTE s",
    "DEALLOCATE PREPARE s",
    "INSERT INTO child VALUES (5)",
    "CREATE TABLE last (n INT)",
]


@pytest.mark.databases("mysql")
@pytest.mark.parametrize("place", range(len(DROPS_A_KEY) + 1))
def test_a_file_that_drops_a_key_of_unknown_name_is_resumed_wherever_it_failed(project: Project, place: int) -> None:
    project.write({"1_f": file(*DROPS_A_KEY[:place], NOWHERE, *DROPS_A_KEY[place:])})
    assert project("up").exit == 1
    project.write({"1_f": file(*DROPS_A_KEY)})
    project.succeed("up")
    assert project.rows("SELECT * FROM child") == [(5,)]
    assert project.database.tables() == ["child", "last", "parent"]


@pytest.mark.databases("mysql")
@pytest.mark.parametrize("stays", [[], ["CREATE TABLE stays (n INT)"]], ids=["at once", "after something that stays"])
def test_a_prepared_text_that_failed_can_be_mended(project: Project, stays: list[str]) -> None:
    dynamic = ["SET @column = '{}'", "SET @sql = CONCAT('ALTER TABLE t DROP COLUMN ', @column)", *stays,
               "PREPARE s FROM @sql", "EXECUTE s", "DEALLOCATE PREPARE s"]  # fmt: skip
    project.write({"1_f": file(KINDS["mysql"], *(each.format("nonesuch") for each in dynamic))})
    ran = project("up")
    assert ran.exit == 1
    line = 5 + len(stays)
    assert f"  --> sql/1_f.up.sql:{line}" in ran.err
    done = 1 + 3 * len(stays)
    assert (
        f"\n{done} of {len(dynamic) + 1} statements have run and stay; table schema_migrations says dirty.\n" in ran.err
    )
    project.write({"1_f": file(KINDS["mysql"], *(each.format("v") for each in dynamic))})
    again = project("up")
    if not stays:
        assert again.exit == 0, again.err
    else:  # what has run was edited: back with it, and the new text comes later
        assert again.exit == 4
        assert "the first 4 statements were edited since they ran" in again.err
        later = [*dynamic[:3], "SET @sql = 'ALTER TABLE t DROP COLUMN v'", *dynamic[3:]]
        project.write({"1_f": file(KINDS["mysql"], *(each.format("nonesuch") for each in later))})
        project.succeed("up")
    assert project.rows("SELECT column_name FROM information_schema.columns WHERE table_schema = DATABASE()"
                        " AND table_name = 't' AND column_name = 'v'") == []  # fmt: skip


def test_a_file_that_asks_can_be_told_that_it_is_done_or_undone(project: Project) -> None:
    dialect, head = project.database.dialect, head_of(project)
    temporary = "CREATE TEMPORARY TABLE u AS SELECT 5 AS n"
    file_of = [KINDS[dialect], temporary, STAYS, "INSERT INTO t (n) SELECT n FROM u"]
    for way, state in ("--applied", "applied"), ("--pending", "pending"):
        with another(project, way[2:]) as other:
            other.write({"1_f": file(*file_of[:3], NOWHERE, head=head)})
            assert other("up").exit == 1
            other.write({"1_f": file(*file_of, head=head)})
            assert other("up").exit == 4
            other.succeed("repair", "1", way)
            assert other.states() == {"1": state}
            if state == "pending":
                other.database.execute("DROP TABLE t", "DROP TABLE stays")
                other.succeed("up")
                assert other.rows("SELECT n FROM t") == [(5,)]


# --- tried again after a lock timeout -------------------------------------------------------------------------------

HELD = "CREATE TABLE held (n INTEGER)"
WAITS = {"mysql": "1", "postgres": "0.2"}  # seconds


class Holder:
    """Somebody who has locked the one row of a table."""

    def __init__(self, project: Project) -> None:
        self.cursor = project.database.connect().cursor()
        for sql in ("BEGIN", "UPDATE held SET n = 1"):
            self.cursor.execute(sql)
        self.timer = threading.Timer(float(WAITS[project.database.dialect]) + 0.2, self.leave)

    def leave(self) -> None:
        self.cursor.execute("ROLLBACK")


def up_against(project: Project, holder: Holder, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Run `up`, with a short lock timeout; the holder leaves when that is over."""
    monkeypatch.setattr("random.uniform", lambda *_: 0.01)  # it does not wait long before it tries again
    holder.timer.start()
    ran = project("--ddl-lock-timeout", WAITS[project.database.dialect], "--retries", "2", "up")
    holder.timer.join()
    return ran


def held_by_another(project: Project, *statements: str, head: str) -> Holder:
    project.database.execute(HELD, "INSERT INTO held VALUES (0)", "CREATE TABLE t (n INTEGER)")
    project.write({"1_f": file(*statements, head=head)})
    return Holder(project)


RETRIED = {
    "mysql": [
        ("SET @`a b` = 4; SET @x = NOW(); SET @x = @'a b' + 1; SET sql_mode = ''", "CONCAT(@x, 'x')"),
    ],
    "postgres": [
        ("SET my.own = '5'", "current_setting('my.own')::int"),
        ("CREATE TEMP TABLE u (n int); DROP TABLE u", "5"),
    ],
}


@pytest.mark.databases("server")
@each_of(RETRIED)
def test_a_session_that_can_be_made_again_is_before_a_file_is_tried_again(
    project: Project, number: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    makes, value = of(RETRIED, project, number)
    statements = [
        "INSERT INTO t VALUES (1)",
        *makes.split("; "),
        f"UPDATE held SET n = {value}",
        "INSERT INTO t VALUES (2)",
    ]
    ran = up_against(project, held_by_another(project, *statements, head=head_of(project)), monkeypatch)
    assert ran.exit == 0, ran.err
    assert "; rolled back, again in " in ran.err
    assert (project.rows("SELECT n FROM held"), project.rows("SELECT n FROM t ORDER BY n")) == ([(5,)], [(1,), (2,)])


NOT_RETRIED = {
    "mysql": [
        ("SET @x = (SELECT MAX(n) + 5 FROM t)", "n = @x", "@x"),
    ],
    "postgres": [
        ("CREATE TEMP TABLE u AS SELECT 5 AS n", "n = (SELECT n FROM u)", "the temporary table u"),
        (
            "SELECT set_config('my.own', max(n)::text, false) FROM t",
            "n = current_setting('my.own')::int",
            "the setting my.own",
        ),
    ],
}
TIMEOUT = {
    "mysql": "Lock wait timeout exceeded; try restarting transaction",
    "postgres": "canceling statement due to lock timeout",
}


@pytest.mark.databases("server")
@each_of(NOT_RETRIED)
def test_a_file_whose_session_cannot_be_made_again_is_not_tried_again_and_says_why(
    project: Project, number: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    makes, reads, what = of(NOT_RETRIED, project, number)
    statements = ["INSERT INTO t VALUES (1)", makes, "CREATE TABLE stays (n INTEGER)", f"UPDATE held SET {reads}"]
    ran = up_against(project, held_by_another(project, *statements, head=head_of(project)), monkeypatch)
    assert ran.exit == 1
    line = len(head_of(project).splitlines())
    assert f"error: {TIMEOUT[project.database.dialect]}\n" in ran.err
    because = f"line {line + 4} needs {what}, which line {line + 2} made, and which has gone with its connection"
    assert f"\nit was not tried again: {because}\n" in ran.err
    assert "again in" not in ran.err
    assert "\n3 of 4 statements have run and stay; table schema_migrations says dirty.\n" in ran.err
    assert (project.rows("SELECT n FROM held"), project.rows("SELECT n FROM t")) == ([(0,)], [(1,)])
    assert project("up").exit == 4


@pytest.mark.databases("postgres")
def test_a_file_in_a_transaction_is_tried_again_from_its_beginning(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    statements = ["INSERT INTO t VALUES (1)", "CREATE TEMP TABLE u AS SELECT 5 AS n", "SET my.own = 'x'",
                  "UPDATE held SET n = (SELECT n FROM u)"]  # fmt: skip
    ran = up_against(project, held_by_another(project, *statements, head=""), monkeypatch)
    assert ran.exit == 0, ran.err
    assert (project.rows("SELECT n FROM held"), project.rows("SELECT n FROM t")) == ([(5,)], [(1,)])


# --- edited ---------------------------------------------------------------------------------------------------------


def edited(what: str, *, way: str = "up") -> str:
    """Return the whole of what is said of a file whose first statements were edited."""
    return (
        "error: migration 1 f stopped half way up on an earlier run (2 of 4 statements had run)\n"
        "nothing was changed.\n"
        f"fix: {what}, then run  {PROGRAM} up\n"
        "     or look at the tables, and say which way it went:\n"
        f"       {PROGRAM} repair 1 --applied    the change is complete\n"
        f"       {PROGRAM} repair 1 --pending    the change was undone by hand; run it again\n"
    )


@pytest.mark.parametrize("place", range(4))
def test_a_file_may_be_edited_where_it_failed_and_after_that(project: Project, place: int) -> None:
    head = head_of(project)
    texts = ["CREATE TABLE a (n INTEGER)", "CREATE TABLE b (n INTEGER)", NOWHERE, "INSERT INTO a VALUES (4)"]
    project.write({"1_f": file(*texts, head=head)})
    assert project("up").exit == 1
    texts[2] = "INSERT INTO a VALUES (3)"
    texts[place] = texts[place].replace("(n", "(n ").replace("VALUES (", "VALUES (10 + ")
    project.write({"1_f": file(*texts, head=head)})
    ran = project("up")
    if place < 2:
        assert (ran.exit, ran.err) == (4, edited("the first 2 statements were edited since they ran: put them back"))
        assert project.rows("SELECT n FROM a") == []
        return
    assert ran.exit == 0, ran.err
    wanted = {2: [(4,), (13,)], 3: [(3,), (14,)]}
    assert project.rows("SELECT n FROM a ORDER BY n") == wanted[place]


def test_statements_may_be_put_in_where_a_file_failed_and_between_those_of_the_session(project: Project) -> None:
    head, sets = head_of(project), {"mysql": "SET @x = {}", "postgres": "SET my.own = '{}'", "sqlite": "SELECT {}"}
    setting = sets[project.database.dialect]
    texts = ["CREATE TABLE a (n INTEGER)", setting.format(1), NOWHERE]
    project.write({"1_f": file(*texts, head=head)})
    assert project("up").exit == 1
    texts = [texts[0], setting.format(2), "INSERT INTO a VALUES (1)", setting.format(3), "INSERT INTO a VALUES (2)"]
    project.write({"1_f": file(*texts, head=head)})
    project.succeed("up")
    assert project.rows("SELECT n FROM a ORDER BY n") == [(1,), (2,)]


class Killed:
    """A run that is killed in statement 2 of 3, which cannot be undone, and goes on without it or not."""

    def __init__(self, project: Project, gate: rig.Gate) -> None:
        self.dialect = project.database.dialect
        self.texts = {
            "sqlite": ["CREATE TABLE a (n INTEGER)", "VACUUM INTO 'copy' || held_alone()", "INSERT INTO a VALUES (3)"],
            "postgres": [
                "CREATE TABLE a (n INTEGER)",
                "CALL /* pg_advisory_xact_lock(7) */ slow()",
                "INSERT INTO a VALUES (3)",
            ],
            "mysql": ["CREATE TABLE a (n INTEGER)", "CALL slow()", "INSERT INTO a VALUES (3)"],
        }[self.dialect]
        if self.dialect == "postgres":
            project.database.execute(
                "CREATE PROCEDURE slow() LANGUAGE plpgsql AS"
                f" $$ BEGIN {gate.statement.replace('SELECT', 'PERFORM')} COMMIT; END $$"
            )
        elif self.dialect == "mysql":
            project.database.execute(f"CREATE PROCEDURE slow() BEGIN {gate.statement} COMMIT; END")
        self.head = head_of(project)
        project.write({"1_f": file(*self.texts, head=self.head)})
        process = gate.start(project.home, "up", name="killed")
        rig.until(lambda: gate.somebody() or process.poll() is not None)
        assert process.poll() is None, process.communicate()
        process.kill()
        process.communicate()
        gate.open()
        rig.until(lambda: not gate.waiting or not gate.somebody())


def test_a_run_that_was_killed_in_its_second_statement_asks_about_that_whatever_was_edited(project: Project) -> None:
    killed = Killed(project, rig.Gate(project.database, project.home / "gate"))
    line = 2 + len(killed.head.splitlines())

    def said(text: str) -> str:
        return (
            "error: 1 f stopped while statement 2 ran: only a person can see if it has\n"
            f"  --> sql/1_f.up.sql:{line}\n"
            f"  {line} | {text};\n"
            "nothing was changed.\n"
            "fix: look in the tables to see if statement 2 has run, finish or undo the rest by hand, and say which:\n"
            f"       {PROGRAM} repair 1 --applied    all of it has run\n"
            f"       {PROGRAM} repair 1 --pending    none of it has; run it again\n"
        )

    for place, text in (None, ""), (2, "INSERT INTO a VALUES (9)"), (1, "CREATE TABLE b (n INTEGER)"), (1, "SELECT 2"):
        texts = [text if number == place else each for number, each in enumerate(killed.texts)]
        project.write({"1_f": file(*texts, head=killed.head)})
        ran = project("up")
        assert (ran.exit, ran.err) == (4, said(texts[1]))
    project.write({"1_f": file("CREATE TABLE a (m INTEGER)", *killed.texts[1:], head=killed.head)})
    ran = project("up")
    assert ran.exit == 4
    assert ran.err == edited("statement 1 was edited since it ran: put it back").replace("2 of 4", "1 of 3")
    assert project.rows("SELECT n FROM a") == []
    project.succeed("repair", "1", "--applied")
    assert project.states() == {"1": "changed"} or project.states() == {"1": "applied"}


@pytest.mark.databases("mysql")
def test_a_run_that_was_killed_in_a_table_from_a_function_goes_on_after_it(project: Project) -> None:
    gate = rig.Gate(project.database, project.home / "gate")
    project.database.execute(
        "SET GLOBAL log_bin_trust_function_creators = 1",
        f"CREATE FUNCTION waits() RETURNS INT BEGIN {gate.statement.replace('SELECT', 'DO')} RETURN 1; END",
    )
    project.write({"1_f": file("CREATE TABLE a (n INT)", "CREATE TABLE b AS SELECT waits() AS n", "DROP TABLE a")})
    process = gate.start(project.home, "up", name="killed")
    rig.until(lambda: gate.somebody() or process.poll() is not None)
    assert process.poll() is None, process.communicate()
    process.kill()
    process.communicate()
    gate.open()
    rig.until(lambda: not gate.somebody())
    rig.until(lambda: "b" in project.database.tables())  # the server goes on with a packet, to its note
    project.succeed("up")
    assert {"a", "b"} & {*project.database.tables()} == {"b"}


# --- refused by name ------------------------------------------------------------------------------------------------


class Refused(NamedTuple):
    """A file that is refused, with what is said of a line of it; and the same as it may be written."""

    dialect: str
    head: str
    statements: list[str]
    line: int
    what: str
    fix: str
    instead: list[str]


REFUSED = [
    Refused("sqlite", "", ["SAVEPOINT a", "INSERT INTO a VALUES (1)"], 2,
     "the SAVEPOINT a is left open", "end it:  RELEASE a;",
     ["SAVEPOINT a", "INSERT INTO a VALUES (1)", "RELEASE a"]),
    Refused("sqlite", "", ["SAVEPOINT a", 'SAVEPOINT "B"', "RELEASE b"], 2,
     "the SAVEPOINT a is left open", "end it:  RELEASE a;",
     ["SAVEPOINT a", 'SAVEPOINT "B"', "RELEASE b", "RELEASE SAVEPOINT A"]),
    Refused("sqlite", ALONE, ["SAVEPOINT a", "INSERT INTO a VALUES (1)", "RELEASE a"], 3,
     "a SAVEPOINT outside of BEGIN and COMMIT", "write BEGIN before it, and COMMIT after the last RELEASE",
     ["BEGIN", "SAVEPOINT a", "INSERT INTO a VALUES (1)", "RELEASE a", "COMMIT"]),
    Refused("sqlite", "", ["INSERT INTO a SELECT total_changes()"], 2,
     "total_changes() counts what this tool writes, too", "use changes(), which is about one statement",
     ["INSERT INTO a SELECT changes()"]),
    Refused("sqlite", "", ["INSERT INTO a SELECT Total_Changes ( )"], 2,
     "total_changes() counts what this tool writes, too", "use changes(), which is about one statement",
     ["INSERT INTO a SELECT changes()"]),
    Refused("sqlite", ALONE, ['INSERT INTO a SELECT "total_changes"()'], 3,
     "total_changes() counts what this tool writes, too", "use changes(), which is about one statement",
     ["INSERT INTO a SELECT changes()"]),
    Refused("sqlite", "", ["PRAGMA count_changes = 1"], 2, "the history could not be written any more", "take it out",
     ["PRAGMA count_changes"]),
    Refused("sqlite", "", ["PRAGMA query_only = 1"], 2, "the history could not be written any more", "take it out",
     ["PRAGMA query_only"]),
    Refused("sqlite", ALONE, ["PRAGMA main.query_only(ON)"], 3, "the history could not be written any more",
     "take it out",
     ["PRAGMA query_only"]),
    Refused("sqlite", ALONE, ['PRAGMA "query_only" = 1'], 3, "the history could not be written any more", "take it out",
     ["PRAGMA query_only"]),
    Refused("sqlite", ALONE, ["BEGIN", "DELETE FROM a", "COMMIT", "INSERT INTO a SELECT changes()"], 6,
     "this would see what the tool has written since the statement that it is about",
     "write the two into one transaction: BEGIN before and COMMIT after them, and nothing else between",
     ["BEGIN", "DELETE FROM a", "INSERT INTO a SELECT changes()", "COMMIT"]),
    *(Refused(dialect, head, [sql, *more], 2 + len(head.splitlines()), "the history could not be written any more",
      "write READ WRITE there, or take it out", [instead, *more])
      for dialect, head, sql, instead, *more in (
        ("mysql", "", "set /* a */ Transaction READ ONLY", "SELECT 'SET TRANSACTION READ ONLY'"),
        ("mysql", "", "SET SESSION TRANSACTION READ ONLY", "SET SESSION TRANSACTION READ WRITE"),
        ("mysql", "", "SET SESSION TRANSACTION ISOLATION LEVEL SERIALIZABLE, READ ONLY",
         "SET SESSION TRANSACTION ISOLATION LEVEL SERIALIZABLE"),
        ("mysql", "", "START TRANSACTION WITH CONSISTENT SNAPSHOT, READ ONLY",
         "START TRANSACTION WITH CONSISTENT SNAPSHOT, READ WRITE", "INSERT INTO a VALUES (1)", "COMMIT"),
        ("postgres", "", "BEGIN READ ONLY", "BEGIN READ WRITE", "INSERT INTO a VALUES (1)", "COMMIT"),
        ("postgres", ALONE, "BEGIN ISOLATION LEVEL SERIALIZABLE, READ ONLY, DEFERRABLE",
         "BEGIN ISOLATION LEVEL SERIALIZABLE, READ WRITE, DEFERRABLE", "INSERT INTO a VALUES (1)", "COMMIT"),
        ("postgres", "", "set transaction /* a */ read only", "SET TRANSACTION READ WRITE"),
        ("postgres", "", "SET SESSION CHARACTERISTICS AS TRANSACTION READ ONLY", "SELECT 'READ ONLY'"),
        ("postgres", ALONE, 'SET "default_transaction_read_only" = on', "SET default_transaction_read_only = off"))),
    Refused("mysql", "", ["DO RELEASE_ALL_LOCKS()"], 2, "RELEASE_ALL_LOCKS() would let go of the lock of this run, too",
     "release each lock of your own by its name: RELEASE_LOCK('name')", ["DO RELEASE_LOCK('name')"]),
    Refused("mysql", "", ["INSERT INTO a SELECT release_all_locks ()"], 2,
     "RELEASE_ALL_LOCKS() would let go of the lock of this run, too",
     "release each lock of your own by its name: RELEASE_LOCK('name')",
     ["INSERT INTO a SELECT 'RELEASE_ALL_LOCKS()' = ''"]),
]  # fmt: skip


@pytest.mark.parametrize("refused", REFUSED, ids=lambda each: f"{each.dialect} {each.statements[-1]}")
def test_what_cannot_be_as_in_the_client_is_refused_by_name_and_the_way_out_works(
    project: Project, refused: Refused
) -> None:
    if project.database.dialect != refused.dialect:
        pytest.skip("of another database")
    table = "CREATE TABLE a (n INTEGER)"
    project.write({"1_f": file(table, *refused.statements, head=refused.head)})
    ran = project("up")
    excerpt = refused.statements[refused.line - 2 - len(refused.head.splitlines())]
    assert (ran.exit, ran.out) == (2, "")
    assert ran.err == (
        f"error: {refused.what}\n"
        f"  --> sql/1_f.up.sql:{refused.line}:1\n"
        f"  {refused.line} | {excerpt};\n"
        "      ^\n"
        "nothing was run.\n"
        f"fix: {refused.fix}\n"
    )
    assert project.database.tables() == []
    project.write({"1_f": file(table, *refused.instead, head=refused.head)})
    project.succeed("up")


@pytest.mark.databases("mysql")
@pytest.mark.parametrize(
    "sql",
    [
        "SET {read_only} = 1",
        "SET SESSION {read_only} = ON",
        "SET @@SESSION.{read_only} = 1",
        "SET @x = 1, `{read_only}` = 1",
    ],
)
def test_a_session_that_may_only_read_is_refused_or_reaches_no_note(project: Project, sql: str) -> None:
    name = "tx_read_only" if project.database.flavor == "mariadb" else "transaction_read_only"
    project.write({"1_f": file("CREATE TABLE a (n INTEGER)", sql.format(read_only=name), "SELECT n FROM a")})
    ran = project("up")
    assert ran.exit in {0, 2}, ran.err
    if ran.exit == 2:
        assert "\nnothing was run.\n" in ran.err
        assert "sql/1_f.up.sql:2:" in ran.err


# --- roles, routines, levels ----------------------------------------------------------------------------------------

postgres_only = pytest.mark.databases("postgres")


@pytest.fixture
def weak(project: Project) -> Any:
    """A role that may not see the history."""
    name = f"{project.database.name}_weak"
    project.database.execute(
        f"CREATE ROLE {name}", f"GRANT {name} TO CURRENT_USER", f"CREATE SCHEMA {name} AUTHORIZATION {name}"
    )
    yield name
    project.database.execute(f"DROP OWNED BY {name}", f"DROP ROLE {name}")


@postgres_only
@pytest.mark.parametrize("head", ["", ALONE], ids=["in a transaction", "alone"])
@pytest.mark.parametrize(
    "how", ["SET ROLE {}", "SET SESSION AUTHORIZATION {}", "SELECT set_config('role', '{}', false)", "SET ROLE '{}'"]
)
def test_a_file_may_go_on_as_a_role_that_may_not_see_the_history(
    project: Project, weak: str, head: str, how: str
) -> None:
    made = file("CREATE TABLE one (n int)", how.format(weak), f"CREATE TABLE {weak}.two (n int)",
                f"INSERT INTO {weak}.two VALUES (1)", f"CREATE TABLE {weak}.three AS SELECT current_user::text AS n",
                head=head)  # fmt: skip
    project.write({"1_f": made, "2_next": file("CREATE TABLE who AS SELECT current_user = session_user AS n")})
    project.succeed("up")
    assert project.states() == {"1": "applied", "2": "applied"}
    assert project.rows(f"SELECT n FROM {weak}.three") == [(weak,)]
    assert project.rows("SELECT n FROM who") == [(True,)]


@postgres_only
@pytest.mark.parametrize("how", ["SET ROLE {}", "SET SESSION AUTHORIZATION {}"])
def test_a_file_that_failed_as_another_role_goes_on_as_that(project: Project, weak: str, how: str) -> None:
    first = [how.format(weak), f"CREATE TABLE {weak}.one (n int)"]
    rest = [f"CREATE TABLE {weak}.two AS SELECT current_user::text AS n"]
    project.write({"1_f": file(*first, NOWHERE, *rest, head=ALONE)})
    ran = project("up")
    assert ran.exit == 1
    assert "\n2 of 4 statements have run and stay; table schema_migrations says dirty.\n" in ran.err
    project.write({"1_f": file(*first, *rest, head=ALONE)})
    project.succeed("up")
    assert project.rows(f"SELECT n FROM {weak}.two") == [(weak,)]


@postgres_only
@pytest.mark.parametrize("call", ["CALL p()", "DO $$ BEGIN INSERT INTO t (n) VALUES (1); COMMIT; END $$"])
def test_a_routine_that_commits_runs_once(project: Project, call: str) -> None:
    makes = "CREATE PROCEDURE p() LANGUAGE plpgsql AS $$ BEGIN INSERT INTO t (n) VALUES (1); COMMIT; END $$"
    project.write({"1_f": file("CREATE TABLE t (n int)", makes, call, "INSERT INTO t VALUES (2)", head=ALONE)})
    project.succeed("up")
    assert project.rows("SELECT n FROM t ORDER BY n") == [(1,), (2,)]
    project.write({"2_f": file(call, call, head=ALONE)})
    project.succeed("up")
    assert project.rows("SELECT n FROM t ORDER BY n") == [(1,), (1,), (1,), (2,)]


@postgres_only
def test_a_routine_that_commits_and_then_fails_needs_a_person(project: Project) -> None:
    makes = "CREATE PROCEDURE p() LANGUAGE plpgsql AS $$ BEGIN INSERT INTO t VALUES (1); COMMIT; PERFORM 1 / 0; END $$"
    project.write({"1_f": file("CREATE TABLE t (n int)", makes, "CALL p()", "INSERT INTO t VALUES (2)", head=ALONE)})
    ran = project("up")
    assert ran.exit == 1
    assert "error: division by zero\n" in ran.err
    assert (
        "\n2 of 4 statements have run and stay; table schema_migrations says dirty."
        " Statement 3 may have run, or a part of it.\n"
        "fix: look in the tables to see if statement 3 has run, finish or undo the rest by hand, and say which:\n"
    ) in ran.err
    assert project("up").exit == 4
    assert project.rows("SELECT n FROM t") == [(1,)]


@postgres_only
def test_a_routine_that_commits_in_a_transaction_is_told_where_it_can(project: Project) -> None:
    makes = "CREATE PROCEDURE p() LANGUAGE plpgsql AS $$ BEGIN INSERT INTO t VALUES (1); COMMIT; END $$"
    statements = ["CREATE TABLE t (n int)", makes, "CALL p()"]
    project.write({"1_f": file(*statements)})
    ran = project("up")
    assert ran.exit == 1
    assert f"\nfix: put  -- migrate: no-transaction  on the first line of the file, then run  {PROGRAM} up\n" in ran.err
    assert project.database.tables() == []
    project.write({"1_f": file(*statements, head=ALONE)})
    project.succeed("up")
    assert project.rows("SELECT n FROM t") == [(1,)]


@postgres_only
@pytest.mark.parametrize(
    "level",
    [
        "SET default_transaction_isolation = 'serializable'",
        "BEGIN; SET TRANSACTION ISOLATION LEVEL SERIALIZABLE",
        "BEGIN ISOLATION LEVEL SERIALIZABLE",
    ],
)
def test_a_level_of_isolation_in_a_file_alone_is_as_in_the_client(project: Project, level: str) -> None:
    texts = [SEEN, *level.split("; "), "INSERT INTO seen SELECT 1, current_setting('transaction_isolation')",
             *(["COMMIT"] if "BEGIN" in level else [])]  # fmt: skip
    texts += ["INSERT INTO seen SELECT 2, current_setting('transaction_isolation')"]
    wanted = by_client(project, file(*texts))
    project.write({"1_f": file(*texts, head=ALONE)})
    project.succeed("up")
    assert seen(project) == wanted


@pytest.mark.databases("mysql")
@pytest.mark.parametrize(
    "sets",
    [
        "SET SESSION TRANSACTION ISOLATION LEVEL READ COMMITTED",
        "SET TRANSACTION ISOLATION LEVEL SERIALIZABLE",
        "SET SESSION sql_log_bin = 0",
        "START TRANSACTION",
        "SET autocommit = 1",
    ],
)
def test_a_procedure_sets_what_it_may_not_within_a_transaction_of_others(project: Project, sets: str) -> None:
    end = "COMMIT; " if "START" in sets else "SET SESSION sql_log_bin = 1; " if "log_bin" in sets else ""
    makes = f"CREATE PROCEDURE p() BEGIN {sets}; INSERT INTO t VALUES (2); {end}END"
    texts = ["CREATE TABLE t (n INT)", makes, "INSERT INTO t VALUES (1)", "CALL p()", "INSERT INTO t VALUES (3)"]
    with another(project, "client") as other:
        ran = other.database.run_client(file(*texts, head=DELIMITER))
        if ran.returncode:
            pytest.skip(ran.stderr)
    project.write({"1_f": file(*texts, head=DELIMITER)})
    project.succeed("up")
    assert project.rows("SELECT n FROM t ORDER BY n") == [(1,), (2,), (3,)]


# --- transactions of the file's own ---------------------------------------------------------------------------------

OWN = [
    "CREATE TABLE t (n INTEGER)",
    "BEGIN",
    "INSERT INTO t VALUES (1)",
    "SAVEPOINT a",
    "INSERT INTO t VALUES (2)",
    "ROLLBACK TO a",
    "RELEASE a",
    "CREATE TEMP TABLE u (n INTEGER)",
    "INSERT INTO u VALUES (3)",
    "INSERT INTO t SELECT n FROM u",
    "DROP TABLE u",
    "COMMIT",
    "CREATE TABLE v (n INTEGER)",
    "BEGIN",
    "INSERT INTO t VALUES (4)",
    "CREATE TABLE w (n INTEGER)",
    "COMMIT",
    "INSERT INTO t VALUES (5)",
]


@pytest.mark.databases("sqlite", "postgres")
@pytest.mark.parametrize("place", range(0, len(OWN) + 1, 2))
def test_a_file_with_transactions_of_its_own_goes_on_wherever_it_failed(project: Project, place: int) -> None:
    project.write({"1_f": file(*OWN[:place], NOWHERE, *OWN[place:], head=ALONE)})
    ran = project("up")
    assert ran.exit == 1
    assert f"sql/1_f.up.sql:{place + 2}" in ran.err
    project.write({"1_f": file(*OWN, head=ALONE)})
    project.succeed("up")
    assert project.rows("SELECT n FROM t ORDER BY n") == [(1,), (3,), (4,), (5,)]
    assert project.database.tables() == ["t", "v", "w"]


FOLLOWED = {
    "a lone COMMIT": (["INSERT INTO t VALUES (1)", "COMMIT", "INSERT INTO t VALUES (2)"], [1, 2]),
    "COMMIT before BEGIN": (
        ["INSERT INTO t VALUES (1)", "COMMIT", "CREATE TABLE v (n INTEGER)", "BEGIN", "INSERT INTO t VALUES (2)"],
        [1, 2],
    ),
    "a second COMMIT": (["BEGIN", "INSERT INTO t VALUES (1)", "COMMIT", "COMMIT", "INSERT INTO t VALUES (2)"], [1, 2]),
    "ROLLBACK": (["BEGIN", "INSERT INTO t VALUES (1)", "ROLLBACK", "INSERT INTO t VALUES (2)"], [2]),
    "a lone ROLLBACK": (["INSERT INTO t VALUES (1)", "ROLLBACK", "INSERT INTO t VALUES (2)"], [1, 2]),
    "ROLLBACK TO": (
        ["BEGIN", "INSERT INTO t VALUES (1)", "SAVEPOINT a", "INSERT INTO t VALUES (2)", "ROLLBACK TO a", "COMMIT"],
        [1],
    ),
    "COMMIT AND CHAIN": (
        ["BEGIN", "INSERT INTO t VALUES (1)", "COMMIT AND CHAIN", "INSERT INTO t VALUES (2)", "ROLLBACK"],
        [1],
    ),
    "ROLLBACK AND CHAIN": (
        ["BEGIN", "INSERT INTO t VALUES (1)", "ROLLBACK AND CHAIN", "INSERT INTO t VALUES (2)", "COMMIT"],
        [2],
    ),
    "SET autocommit": (
        ["SET autocommit = 0", "INSERT INTO t VALUES (1)", "ROLLBACK", "INSERT INTO t VALUES (2)", "COMMIT",
         "SET @@SESSION.autocommit = ON", "INSERT INTO t VALUES (3)", "ROLLBACK"],
        [2, 3],
    ),
    "a snapshot": (
        ["START TRANSACTION WITH CONSISTENT SNAPSHOT, READ WRITE", "INSERT INTO t VALUES (1)", "COMMIT",
         "START TRANSACTION WITH CONSISTENT SNAPSHOT", "INSERT INTO t VALUES (2)", "CREATE TABLE v (n INTEGER)"],
        [1, 2],
    ),
}  # fmt: skip


def followed(project: Project, kind: str) -> tuple[list[str], list[tuple[int]]]:
    """Return the statements, and the rows that they make; skip the test where the database has no such thing."""
    there = {"mysql": ("CHAIN", "autocommit", "snapshot"), "postgres": ("CHAIN",)}.get(project.database.dialect, ())
    if any(word in kind and word not in there for word in ("CHAIN", "autocommit", "snapshot")):
        pytest.skip("there is no such thing")
    statements, rows = FOLLOWED[kind]
    return statements, [(each,) for each in rows]


@pytest.mark.long
@pytest.mark.parametrize("kind", FOLLOWED)
def test_what_a_file_says_of_transactions_is_followed_in_a_script_and_down(project: Project, kind: str) -> None:
    statements, rows = followed(project, kind)
    down = [each.replace(" t ", " u ").replace(" v ", " w ") for each in ["CREATE TABLE t (n INTEGER)", *statements]]
    project.write({"1_f": file("CREATE TABLE t (n INTEGER)", *statements, head=ALONE)})
    project.write({"1_f.down": file(*down, head=ALONE), "2_g": "INSERT INTO t VALUES (9);", "2_g.down": "SELECT 1;"})
    clients.run_well(project.database, project.succeed("plan", "--sql").out)
    assert project.rows("SELECT n FROM t ORDER BY n") == [*rows, (9,)]
    project.succeed("--yes", "down", "2")
    assert project.rows("SELECT n FROM u ORDER BY n") == rows


@pytest.mark.long
@pytest.mark.parametrize("kind", FOLLOWED)
def test_what_a_file_says_of_transactions_is_followed_wherever_it_has_failed(project: Project, kind: str) -> None:
    statements, rows = followed(project, kind)
    for number in range(len(statements) + 1):
        table, version = f"t{number}", f"{number + 1}_f"
        texts = ["CREATE TABLE t (n INTEGER)", *statements]
        texts = [each.replace(" t ", f" {table} ").replace(" v ", f" v{number} ") for each in texts]
        project.write({version: file(*texts[: number + 1], NOWHERE, *texts[number + 1 :], head=ALONE)})
        ran = project("up")
        assert ran.exit == 1
        assert f"{version}.up.sql:{number + 3}" in ran.err
        project.write({version: file(*texts, head=ALONE)})
        project.succeed("up")
        assert (number, project.rows(f"SELECT n FROM {table} ORDER BY n")) == (number, rows)


ASKS = "SELECT current_setting('transaction_isolation') AS level"
LEVELS = [
    (["BEGIN ISOLATION LEVEL SERIALIZABLE", "COMMIT"], "serializable"),
    (["START TRANSACTION READ WRITE, ISOLATION LEVEL REPEATABLE READ NOT DEFERRABLE", "END"], "repeatable read"),
    (["BEGIN", "SET TRANSACTION ISOLATION LEVEL REPEATABLE READ", "COMMIT"], "repeatable read"),
    (["BEGIN WORK", "SET LOCAL lock_timeout = '7s'", "set transaction_isolation to 'serializable'", "COMMIT"],
     "serializable"),
    (["BEGIN ISOLATION LEVEL READ UNCOMMITTED", "SET TRANSACTION READ WRITE", "COMMIT"], "read uncommitted"),
    (["SET SESSION CHARACTERISTICS AS TRANSACTION ISOLATION LEVEL SERIALIZABLE", "BEGIN", "COMMIT"], "serializable"),
    (["SET default_transaction_isolation = 'repeatable read'", "BEGIN", "COMMIT"], "repeatable read"),
    (["BEGIN", "COMMIT"], "read committed"),
]  # fmt: skip


@pytest.mark.databases("postgres")
@pytest.mark.parametrize(("asks", "level"), LEVELS, ids=lambda each: each[0] if isinstance(each, list) else "")
def test_the_level_of_isolation_that_a_file_asks_for_is_that_of_its_transaction(
    project: Project, asks: list[str], level: str
) -> None:
    up = file(*asks[:-1], f"CREATE TABLE level AS {ASKS}", asks[-1])
    down = file(*asks[:-1], f"CREATE TABLE IF NOT EXISTS down AS {ASKS}", "DROP TABLE level", asks[-1])
    after = f"CREATE TABLE IF NOT EXISTS after AS {ASKS}"
    project.write({"1_f": up, "1_f.down": down, "2_g": after, "2_g.down": "SELECT 1"})
    found = f"SELECT * FROM level, ({ASKS}) AS here, after"
    for words in (["up"], ["--yes", "down", "2"], ["up", "--all-or-nothing"], ["redo"]):
        project.succeed(*words)
    assert project.rows("TABLE down UNION ALL TABLE level") == [(level,), (level,)]
    assert project.rows("TABLE after") == [("read committed",)]
    with another(project, "client") as other:
        assert other.database.run_client(up).returncode == 0
        assert other.rows("TABLE level") == [(level,)]
    with another(project, "script") as other:
        script = other.succeed("plan", "--sql").out
        clients.run_well(other.database, script)
        assert other.rows(found) == [(level, "read committed", "read committed")]


@pytest.mark.databases("postgres")
@pytest.mark.parametrize("brief", [
    "SET LOCAL search_path = other",
    "set /* for now */ local search_path to other",
    "SELECT pg_catalog.set_config('search_path', 'other', true)",
    "CREATE TEMP TABLE b (n INTEGER) ON COMMIT DROP",
    "CREATE TEMPORARY TABLE b (n INTEGER) ON COMMIT DELETE ROWS",
])  # fmt: skip
def test_what_a_commit_ends_is_refused_where_something_follows_and_both_ways_out_work(
    project: Project, brief: str
) -> None:
    given, then = "CREATE SCHEMA other", "CREATE VIEW v AS SELECT 1"
    first = ["BEGIN", brief, "CREATE TABLE a (n INTEGER)", "COMMIT"]
    project.write({"1_f": file(given, *first, then)})
    ran = project("up")
    assert (ran.exit, ran.out) == (2, "")
    assert ran.err == (
        "error: this ends with its COMMIT in the client, but not here, where the file is one transaction\n"
        f"  --> sql/1_f.up.sql:3:1\n  3 | {brief};\n      ^\nnothing was run.\n"
        "fix: put what follows the COMMIT into a file of its own, or  -- migrate: no-transaction  on the first line of"
        " the file\n"
    )
    where = "SELECT relname, relnamespace::regnamespace::text FROM pg_class WHERE relname IN ('a', 'v')"
    project.write({"1_f": file(given, *first, then, head=ALONE)})
    project.succeed("up")
    ends = [sorted(project.rows(where))]
    with another(project, "files") as other:
        other.write({"1_f": file(given, *first), "2_g": file(then)})
        other.succeed("up")
        ends.append(sorted(other.rows(where)))
    with another(project, "client") as other:
        assert other.database.run_client(file(given, *first, then)).returncode == 0
        ends.append(sorted(other.rows(where)))
    assert ends == [ends[0]] * 3
    assert ("v", "public") in ends[0]


@pytest.mark.databases("postgres")
@pytest.mark.parametrize("brief", ["SET LOCAL lock_timeout = '5s'", "SET work_mem = '8MB'"])
def test_what_leaves_nothing_may_stand_before_a_commit(project: Project, brief: str) -> None:
    project.write({"1_f": file("BEGIN", brief, "COMMIT", "BEGIN", brief, "CREATE TABLE a (n INTEGER)", "COMMIT")})
    project.succeed("up")


@pytest.mark.databases("postgres")
def test_a_level_of_isolation_that_comes_too_late_is_refused_and_both_ways_out_work(project: Project) -> None:
    asks = ["BEGIN ISOLATION LEVEL SERIALIZABLE", f"INSERT INTO a {ASKS}", "COMMIT"]
    project.write({"1_f": file("CREATE TABLE a (level TEXT)", *asks)})
    ran = project("up")
    assert ran.exit == 2
    assert ran.err == (
        "error: a transaction has one level of isolation, and this comes too late to ask for another\n"
        "  --> sql/1_f.up.sql:2:1\n"
        "  2 | BEGIN ISOLATION LEVEL SERIALIZABLE;\n"
        "      ^\n"
        "nothing was run.\n"
        "fix: ask for it in the first statement, or put  -- migrate: no-transaction  on the first line of the file\n"
    )
    project.write({"1_f": file("CREATE TABLE a (level TEXT)", *asks, head=ALONE)})
    project.write({"2_g": file(*asks)})
    project.succeed("up")
    assert project.rows("TABLE a") == [("serializable",), ("serializable",)]


@pytest.mark.databases("postgres")
def test_a_file_that_was_overtaken_at_its_level_of_isolation_is_tried_again(project: Project) -> None:
    project.database.execute("CREATE TABLE t (n INTEGER)", "INSERT INTO t VALUES (0)")
    gate = rig.Gate(project.database, project.home / "gate")
    begins = ["BEGIN ISOLATION LEVEL REPEATABLE READ", "SELECT n FROM t", gate.statement[:-1]]
    project.write({"1_f": file(*begins, "UPDATE t SET n = n + 1", "COMMIT")})
    process = gate.start(project.home, "--retries", "2", "up", name="first")
    rig.until(gate.somebody)
    project.database.execute("UPDATE t SET n = 10")
    gate.open()
    ended = rig.Ended(process)
    assert ended.exit == 0, ended.err
    assert "could not serialize access due to concurrent update; rolled back, again in" in ended.err
    assert project.rows("TABLE t") == [(11,)]


# --- what nobody sees in the text of a file -------------------------------------------------------------------------

UNSEEN = {
    "mysql": [
        ([f"PREPARE s FROM '{MAKES_U}'", "EXECUTE s"], READS_U),
        (["PREPARE s FROM 'SET sql_mode = \\'\\''", "EXECUTE s"], "UPDATE t SET n = 'x'"),
        ([f"SET @s = CONCAT('{MAKES_U[:-1]}', 'n')", "PREPARE s FROM @s", "EXECUTE s"], READS_U),
        (["SET @s = (SELECT CONCAT('SET SESSION sql_mode = ', QUOTE('')))", "PREPARE s FROM @s", "EXECUTE s"],
         "UPDATE t SET n = 'x'"),
        (["CREATE PROCEDURE p() SET time_zone = '+09:00'", "CALL p()"], "INSERT INTO t (v) VALUES (@@time_zone)"),
        ([f"CREATE PROCEDURE p() {MAKES_U}", "CALL p()"], READS_U),
        (["CREATE PROCEDURE p() SET @x = 5", "CALL p()"], "INSERT INTO t (n) VALUES (@x)"),
        (["CREATE TRIGGER g BEFORE INSERT ON t FOR EACH ROW SET @x = 5", "INSERT INTO t (n) VALUES (4)"],
         "UPDATE t SET n = @x"),
        (["CREATE TRIGGER g BEFORE INSERT ON t FOR EACH ROW SET @x = 5", "INSERT INTO t (n) VALUES (4)"],
         "UPDATE t SET v = 'y'//\nUPDATE t SET n = @x"),
    ],
    "postgres": [
        ([f"DO $$ BEGIN {MAKES_U}; END $$"], READS_U),
        ([f"DO $$ BEGIN EXECUTE '{MAKES_U}'; END $$"], READS_U),
        (["CREATE SCHEMA app CREATE TABLE t (n int)", "DO 'BEGIN SET search_path = app; END'"],
         "INSERT INTO t (n) VALUES (6)"),
        (["CREATE SCHEMA app CREATE TABLE t (n int)", "DO $$ BEGIN EXECUTE 'SET search_path = app'; END $$"],
         "INSERT INTO t (n) VALUES (6)"),
        (["CREATE SCHEMA app CREATE TABLE t (n int)",
          "CREATE FUNCTION f() RETURNS text LANGUAGE sql AS $$ SELECT set_config('search_path', 'app', false) $$",
          "SELECT f()"], "INSERT INTO t (n) VALUES (6)"),
        ([f"CREATE PROCEDURE p() LANGUAGE plpgsql AS $$ BEGIN {MAKES_U}; END $$", "CALL p()"], READS_U),
        (["PREPARE x AS SELECT 5 AS n", "CREATE TEMP TABLE u AS EXECUTE x"], READS_U),
        (["PREPARE x AS INSERT INTO t (n) VALUES (7)", "EXPLAIN ANALYZE EXECUTE x"], "INSERT INTO t (n) VALUES (8)"),
    ],
}  # fmt: skip


@pytest.mark.databases("server")
@each_of(UNSEEN)
def test_what_nobody_sees_in_the_text_is_as_in_the_client_or_asked_for(project: Project, number: int) -> None:
    makes, reads = of(UNSEEN, project, number)
    dialect, head = project.database.dialect, DELIMITER if project.database.dialect == "mysql" else ALONE
    schema = "public." if dialect == "postgres" else ""
    first = [KINDS[dialect], "CREATE TABLE u (n INTEGER)", "INSERT INTO u VALUES (99)", *makes,
             f"CREATE TABLE {schema}stays (n INTEGER)"]  # fmt: skip
    first.insert(1, f"INSERT INTO {schema}t (n) VALUES (1)")
    rows = f"SELECT n, v FROM {schema}t ORDER BY id"
    with another(project, "client") as other:
        client = other.database.run_client(file(*first, reads, head=head))
        assert client.returncode == 0, client.stderr
        wanted = other.rows(rows)
    project.write({"1_f": file(*first, NOWHERE, reads, head=head)})
    assert project("up").exit == 1
    before = project.rows(rows)
    project.write({"1_f": file(*first, reads, head=head)})
    ran = project("up")
    assert ran.exit in {0, 4}, ran.err
    assert project.rows(rows) == (wanted if ran.exit == 0 else before), ran.err


@pytest.mark.databases("mysql")
def test_a_routine_without_a_block_is_stored_as_the_client_stores_it(project: Project) -> None:
    sql = file(
        "CREATE TABLE t (n INTEGER)",
        "CREATE DEFINER = CURRENT_USER() TRIGGER a BEFORE INSERT ON t FOR EACH ROW SET @a = 1",
        "create /* BEGIN */ function b() RETURNS INTEGER DETERMINISTIC RETURN CASE WHEN 1 THEN 2 END",
        "CREATE PROCEDURE c() SELECT 'BEGIN'",
        "CREATE EVENT d ON SCHEDULE AT '2036-01-01 00:00:00' DO SET @d = 1",
        "INSERT INTO t VALUES (1)",
    )
    stored = (
        "SELECT action_statement FROM information_schema.triggers WHERE trigger_schema = DATABASE() UNION ALL"
        " SELECT routine_definition FROM information_schema.routines WHERE routine_schema = DATABASE() UNION ALL"
        " SELECT event_definition FROM information_schema.events WHERE event_schema = DATABASE() ORDER BY 1"
    )
    project.write({"1_f": sql})
    project.succeed("up")
    bodies = [(each,) for each in ("RETURN CASE WHEN 1 THEN 2 END", "SELECT 'BEGIN'", "SET @a = 1", "SET @d = 1")]
    assert project.rows(stored) == bodies
    with another(project, "script") as other:
        clients.run_well(other.database, other.succeed("plan", "--sql").out)
        assert other.rows(stored) == bodies


# --- what a file leaves, where a transaction goes on with the next one ----------------------------------------------

LEFT = {
    "sqlite": [
        "CREATE TABLE t (n INTEGER CHECK (n > 0))",
        "CREATE TABLE copies (n INTEGER)",
        "PRAGMA ignore_check_constraints = ON",
        'CREATE TEMP TRIGGER "g;" AFTER INSERT ON t BEGIN INSERT INTO copies VALUES (new.n); END',
        "CREATE TEMP VIEW v AS SELECT * FROM t",
        "CREATE TEMP TABLE seen (n INTEGER, v TEXT)",
    ],
    "postgres": [
        "CREATE TABLE t (n INTEGER)",
        "CREATE TABLE copies (n INTEGER)",
        "SET search_path = pg_catalog",
        "CREATE TEMP TABLE seen (n INTEGER, v TEXT)",
        "SELECT pg_advisory_lock(1)",
    ],
}


@pytest.mark.databases("sqlite", "postgres")
def test_with_all_or_nothing_too_a_file_finds_nothing_of_the_one_before(project: Project) -> None:
    project.write({"1_a": file(SEEN), "2_b": file(*LEFT[project.database.dialect])})
    project.write({"3_c": file("INSERT INTO t VALUES (7)", "INSERT INTO seen (n) SELECT count(*) FROM copies")})
    project.succeed("up", "--all-or-nothing")
    assert seen(project) == [(0, None)]
    project.write({"4_d": file(*LEFT[project.database.dialect][2:]), "5_e": file("INSERT INTO t VALUES (0)")})
    ran = project("up", "--all-or-nothing")
    if project.database.dialect == "sqlite":
        assert (ran.exit, "CHECK constraint failed" in ran.err) == (1, True)
    assert seen(project) == [(0, None)]


@pytest.mark.databases("sqlite")
def test_with_all_or_nothing_a_setting_is_as_in_a_fresh_session_or_the_run_is_refused(project: Project) -> None:
    seen = "CREATE TABLE seen AS SELECT 'a' LIKE 'A' AS m, * FROM pragma_cache_size, pragma_trusted_schema"
    fresh = [(1, -2000, 1)]
    project.write({"1_a": file("PRAGMA main.cache_size = 500", "PRAGMA [trusted_schema](OFF)"), "2_b": file(seen)})
    project.succeed("up", "--all-or-nothing")
    assert project.rows("SELECT * FROM seen") == fresh
    project.write({"3_c": file('PRAGMA "CASE_sensitive_like" = ON'), "4_d": file(f"DROP TABLE seen; {seen}")})
    ran = project("up", "--all-or-nothing")
    said = "error: 3 c sets case_sensitive_like, which the files after it would find\n  --> --all-or-nothing\n"
    assert ran == (2, "", f"{said}fix: leave it out:  imagor-studio-migrate up\n")
    project.succeed("up", "1", "--all-or-nothing")
    project.succeed("up")
    assert project.rows("SELECT * FROM seen") == fresh


OWN_LOCKS = "SELECT objsubid, objid::bigint FROM pg_locks WHERE locktype = 'advisory' AND pid = pg_backend_pid()"


@pytest.mark.databases("postgres")
@pytest.mark.parametrize(
    "takes",
    [
        "SELECT pg_advisory_lock(1, 7), pg_advisory_lock(1, 7), pg_advisory_lock_shared(1, 8)",
        "DO $$ BEGIN PERFORM pg_advisory_lock(1, 7); END $$",
        "SELECT pg_advisory_unlock_all()",
    ],
)
def test_with_all_or_nothing_a_lock_of_one_file_is_none_of_the_next_and_that_of_the_run_stays(
    project: Project, takes: str
) -> None:
    holds = f"({OWN_LOCKS} AND objsubid = 2) UNION ALL (SELECT 0, count(*) FROM ({OWN_LOCKS} AND objsubid = 1) AS own)"
    project.write({"1_a": file(takes), "2_b": file(f"CREATE TABLE b AS {holds}"), "3_c": file(takes)})
    project.write({"4_d": file(f"CREATE TABLE d AS {holds}")})
    project.succeed("up", "--all-or-nothing")
    assert [project.rows(f"TABLE {name}") for name in "bd"] == [[(0, 1)], [(0, 1)]]


@pytest.mark.databases("postgres")
@pytest.mark.parametrize("leaves", ["DO $$ BEGIN PERFORM 1; END $$", "SELECT pg_advisory_lock(7)"])
def test_with_all_or_nothing_the_lock_of_the_run_is_held_between_two_tries(project: Project, leaves: str) -> None:
    held = list[bool]()

    def look(event: object) -> None:
        if isinstance(event, str) and "rolled back, again in" in event:
            held.append(bool(project.rows("SELECT 1 FROM pg_locks WHERE locktype = 'advisory' AND objsubid = 1")))

    project.write({"1_a": file(leaves), "2_b": file("ALTER TABLE kept ADD COLUMN y INTEGER")})
    project.database.execute("CREATE TABLE kept (x INTEGER)")
    settings = project.settings._replace(ddl_lock_timeout=1, retries=1)
    with contextlib.closing(project.database.connect()) as connection:
        holder = connection.cursor()
        holder.execute("BEGIN")
        holder.execute("LOCK TABLE kept")
        with pytest.raises(migrate.StatementError):
            migrate.up(settings, all_or_nothing=True, notify=look)
    assert held == [True]


@pytest.mark.databases("sqlite")
def test_where_code_asks_for_what_was_done_last_all_else_is_read_once_however_many_files_come(project: Project) -> None:
    project.database.run_client(COUNTING)
    files = {f"{number}_f": f"CREATE TABLE t{number} (n INTEGER);\n" for number in range(1, 41)}
    project.write(files)
    migrate._leads.cache_clear()
    project.succeed("up")
    made = project.rows("SELECT COUNT(*) FROM sqlite_master")[0][0]
    assert migrate._leads.cache_info().misses <= made + len(files)


@pytest.mark.databases("postgres")
@pytest.mark.parametrize(
    "sets",
    [
        "SELECT f()",
        "DO $$ BEGIN PERFORM set_config('My.thing', '1', true); END $$",
        "DO $$ BEGIN SET LOCAL my.thing = 1; END $$",
    ],
)
def test_with_all_or_nothing_a_setting_that_code_has_made_ends_the_run_where_a_file_comes_after_it(
    project: Project, sets: str
) -> None:
    makes = "CREATE FUNCTION f() RETURNS text LANGUAGE sql AS $$ SELECT set_config('my.thing', '1', false) $$"
    seen = file("CREATE TABLE seen AS SELECT current_setting('my.thing', true) IS NULL")
    project.write({"1_a": file(makes, "DO $$ BEGIN SET LOCAL lock_timeout = '1s'; END $$"), "2_b": file(sets)})
    project.succeed("up", "--all-or-nothing")  # nothing comes after it
    project.write({"3_c": file(sets), "4_d": seen})
    ran = project("up", "--all-or-nothing")
    said = "error: this sets my.thing, which the files after it would find: leave out --all-or-nothing\n"
    said += "  --> sql/3_c.up.sql\nnothing was changed by this run: "
    assert (ran.exit, said in ran.err) == (1, True), ran.err
    project.succeed("up")
    assert project.rows("TABLE seen") == [(True,)]


@pytest.mark.databases("postgres")
@pytest.mark.parametrize(
    "sets", ["SET my.thing = '1'", 'SET SESSION "My".Thing TO 1', "SELECT set_config('my.thing', '1', false)"]
)
def test_with_all_or_nothing_a_setting_that_is_never_quite_gone_is_refused(project: Project, sets: str) -> None:
    """It would be empty, where it is not there in a fresh session."""
    seen = file("CREATE TABLE seen AS SELECT current_setting('my.thing', true) IS NULL")
    project.write({"1_a": file(sets), "2_b": seen})
    ran = project("up", "--all-or-nothing")
    said = "error: 1 a sets my.thing, which the files after it would find\n  --> --all-or-nothing\n"
    assert ran == (2, "", f"{said}fix: leave it out:  imagor-studio-migrate up\n")
    project.succeed("up")
    assert project.rows("TABLE seen") == [(True,)]
    project.write({"3_c": file("SELECT 1"), "4_d": file(sets)})  # nothing comes after it
    project.succeed("up", "--all-or-nothing")
