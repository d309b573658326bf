"""Whose word a limit is: the file's, a person's, the database's, and only then this tool's own."""

from __future__ import annotations

import contextlib
import time
from typing import TYPE_CHECKING

import pytest
import rig

import migrate

if TYPE_CHECKING:
    from collections.abc import Iterator

    from project import Project

    from servers import Database

SEEN = {
    "postgres": "SELECT current_setting('lock_timeout') AS locks, current_setting('statement_timeout') AS statements",
    "mysql": "SELECT @@lock_wait_timeout AS tables, @@innodb_lock_wait_timeout AS locks, {} AS statements",
}
OURS = {"postgres": ("5001ms", "0"), "mysql": (5, 5, 0)}


def seen(project: Project) -> str:
    """Return a query for the limits as they are in the session that it runs in."""
    named = "max_statement_time" if "mariadb" in project.database.label else "max_execution_time"
    return SEEN[project.database.dialect].format(f"@@{named} + 0")


def limits(project: Project, *words: str, first: str = "", url: str = "") -> set[tuple[object, ...]]:
    """Return what three files see at their ends: two that change all limits, after *first*, and the last one.

    One is in a transaction, one is journaled; each of the first two is followed by one that begins as if alone.
    """
    look = f"CREATE TABLE seen_{{}} AS {seen(project)};"
    files = {
        "1_a": f"{first}\n{look.format(1)}\n{CHANGES[project.database.dialect]}",
        "2_b": f"-- migrate: no-transaction\n{first}\n{look.format(2)}\n{CHANGES[project.database.dialect]}",
        "3_c": f"{first}\n{look.format(3)}",
    }
    project.write(files)
    if "--sql" in words:
        script = project.succeed("plan", *(word for word in words if word != "--sql"), "--sql").out
        client = project.database.run_client(script)
        assert (client.returncode, client.stderr) == (0, "")
        assert "set_config" not in client.stdout
    else:
        ran = project(*words, "up", url=url)
        assert (ran.exit, ran.err) == (0, "")
    found = {tuple(row) for number in (1, 2, 3) for row in project.rows(f"SELECT * FROM seen_{number}")}
    with contextlib.suppress(StopIteration):
        project.database.execute("DROP TABLE seen_1, seen_2, seen_3", "DROP TABLE schema_migrations")
        project.database.execute("DROP TABLE schema_migrations_log")
    return found


CHANGES = {
    "postgres": "SET lock_timeout = '7s';\nSET statement_timeout = '8s';",
    "mysql": "SET SESSION lock_wait_timeout = 7, innodb_lock_wait_timeout = 7;",
}
FILES_OWN = {
    "postgres": "SET lock_timeout = '6s'; SET statement_timeout = '9s';",
    "mysql": "SET SESSION lock_wait_timeout = 6, innodb_lock_wait_timeout = 6;",
}


# --- Whose word it is -----------------------------------------------------------------------------------------------


@pytest.mark.databases("server")
@pytest.mark.parametrize("way", [(), ("--sql",)], ids=["up", "a script"])
def test_our_limits_hold_where_nobody_has_said_any(project: Project, way: tuple[str, ...]) -> None:
    assert limits(project, *way) == {OURS[project.database.dialect]}


@pytest.mark.databases("server")
@pytest.mark.parametrize("way", [(), ("--sql",)], ids=["up", "a script"])
def test_what_a_person_says_wins_over_ours_to_half_a_second(
    project: Project, way: tuple[str, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    words = ("--ddl-lock-timeout", "2.5", "--statement-timeout", "0.5")
    half = 0.5 if "mariadb" in project.database.label else 500
    said = {"postgres": ("2501ms", "501ms"), "mysql": (3, 3, half if way else 0)}[project.database.dialect]
    assert limits(project, *words, *way) == {said}
    monkeypatch.setenv("MIGRATE_DDL_LOCK_TIMEOUT", "2.5")
    monkeypatch.setenv("MIGRATE_STATEMENT_TIMEOUT", "0.5")
    assert limits(project, *way) == {said}
    none = {"postgres": ("0", "0"), "mysql": (31536000, 31536000, 0)}[project.database.dialect]
    assert limits(project, "--ddl-lock-timeout", "0", "--statement-timeout", "0", *way) == {none}


@pytest.mark.databases("server")
@pytest.mark.parametrize("way", [(), ("--sql",)], ids=["up", "a script"])
def test_what_the_file_sets_stays(project: Project, way: tuple[str, ...]) -> None:
    first = FILES_OWN[project.database.dialect]
    own = {"postgres": ("6s", "9s"), "mysql": (6, 6, 0)}[project.database.dialect]
    assert limits(project, *way, first=first) == {own}
    if not way:
        assert limits(project, "--ddl-lock-timeout", "2", first=first) == {own}


@pytest.mark.databases("postgres")
@pytest.mark.parametrize("way", [(), ("--sql",)], ids=["up", "a script"])
@pytest.mark.parametrize("whose", ["DATABASE {0}", "ROLE {1}", "ROLE {1} IN DATABASE {0}"])
def test_what_the_database_or_the_role_says_wins_over_ours_and_a_person_over_it(
    project: Project, way: tuple[str, ...], whose: str
) -> None:
    database = project.database
    database.create_user("all")
    url = migrate.DatabaseURL.parse(database.url)
    names = whose.format(url.database, url.user)
    database.execute(f"ALTER {names} SET lock_timeout = '3s'", f"ALTER {names} SET statement_timeout = '1h'")
    try:
        assert limits(project, *way) == {("3s", "1h")}
        assert limits(project, "--ddl-lock-timeout", "2", *way) == {("2001ms", "1h")}
        assert limits(project, "--statement-timeout", "30", *way) == {("3s", "30001ms")}
        assert limits(project, "--ddl-lock-timeout", "0", "--statement-timeout", "0", *way) == {("0", "0")}
    finally:
        database.execute(f"ALTER {names} RESET lock_timeout", f"ALTER {names} RESET statement_timeout")


@pytest.mark.databases("postgres")
def test_what_stands_in_the_url_or_in_pgoptions_wins_over_ours(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    url = f"{project.database.url}{'&' if '?' in project.database.url else '?'}options=-c%20lock_timeout=3s"
    assert limits(project, url=url) == {("3s", "0")}
    monkeypatch.setenv("PGOPTIONS", "-c lock_timeout=4s -c statement_timeout=1h")
    assert limits(project) == {("4s", "1h")}
    assert limits(project, "--sql") == {("4s", "1h")}


@pytest.mark.databases("postgres")
def test_through_a_pooler_the_database_is_heard_and_not_what_another_client_has_left(project: Project) -> None:
    import psycopg

    name = migrate.DatabaseURL.parse(project.database.url).database
    project.database.execute(f"ALTER DATABASE {name} SET statement_timeout = '1h'")
    look = f"CREATE TABLE seen AS {seen(project)};"
    project.write({"1_a": look})
    with rig.pgbouncer(project.database) as url:
        with psycopg.connect(url, autocommit=True, prepare_threshold=None) as client:
            client.execute("SET lock_timeout = '1234ms'")
            assert client.execute("SHOW lock_timeout").fetchone() == ("1234ms",)
        ran = project("up", url=url)
    assert (ran.exit, ran.err) == (0, "")
    assert project.rows("SELECT * FROM seen") == [("5001ms", "1h")]


@contextlib.contextmanager
def globally(database: Database, **values: int) -> Iterator[None]:
    """Set variables of the whole server: to what harms nobody who uses it at the same time."""
    before = {name: database.query(f"SELECT @@GLOBAL.{name}")[0][0] for name in values}
    try:
        database.execute(*(f"SET GLOBAL {name} = {value}" for name, value in values.items()))
        yield
    finally:
        database.execute(*(f"SET GLOBAL {name} = {value}" for name, value in before.items()))


@pytest.mark.databases("mysql")
def test_what_the_server_says_wins_over_ours_and_a_person_over_it(project: Project) -> None:
    """In one test, because it is one server."""
    longest = "max_statement_time" if "mariadb" in project.database.label else "max_execution_time"
    for way in (), ("--sql",):
        with globally(project.database, innodb_lock_wait_timeout=51):
            assert limits(project, *way) == {(5, 51, 0)}
        with globally(project.database, lock_wait_timeout=86000, innodb_lock_wait_timeout=51, **{longest: 3600000}):
            assert limits(project, *way) == {(86000, 51, 3600000)}
            half = 0.5 if "mariadb" in project.database.label else 500
            assert limits(project, "--ddl-lock-timeout", "2", "--statement-timeout", "0.5", *way) == {
                (2, 2, half if way else 0)
            }


def test_a_limit_that_nobody_has_said_is_none_and_zero_is_a_word() -> None:
    settings = migrate.load_settings({"database_url": "sqlite:a.db"}, {})
    assert (settings.ddl_lock_timeout, settings.statement_timeout) == (None, None)
    settings = migrate.load_settings(
        {"database_url": "sqlite:a.db", "statement_timeout": "0"}, {"MIGRATE_DDL_LOCK_TIMEOUT": "5"}
    )
    assert (settings.ddl_lock_timeout, settings.statement_timeout) == (5, 0)


# --- CONCURRENTLY ---------------------------------------------------------------------------------------------------

# An index on a function that tells the limit in its error.
TELLS = """CREATE TABLE t (n INTEGER);
INSERT INTO t VALUES (1);
CREATE FUNCTION tell(n INTEGER) RETURNS INTEGER IMMUTABLE LANGUAGE plpgsql AS $$
BEGIN RAISE EXCEPTION 'the limit is %', current_setting('lock_timeout'); END $$;"""


@pytest.mark.databases("postgres")
@pytest.mark.parametrize(
    ("first", "words", "limit"),
    [
        pytest.param("", (), "2147483647ms", id="none of ours"),
        pytest.param("", ("--ddl-lock-timeout", "2"), "2147483647ms", id="nor one for locks that others wait behind"),
        pytest.param("SET lock_timeout = '7s';", (), "7s", id="what the file sets"),
        pytest.param("SET lock_timeout = '5s';", (), "5s", id="what the file sets, though it is the same as ours"),
        pytest.param("SET lock_timeout = 0;", (), "0", id="no limit in the file"),
        pytest.param("SELECT set_config('lock_timeout', '6s', false);", (), "6s", id="what a function sets"),
    ],
)
@pytest.mark.parametrize("way", ["up", "script"])
def test_concurrently_keeps_the_limit_of_the_file(
    project: Project, way: str, first: str, words: tuple[str, ...], limit: str
) -> None:
    project.write({"1_t": TELLS})
    project.succeed("up")
    project.write({"2_i": f"-- migrate: no-transaction\n{first}\nCREATE INDEX CONCURRENTLY i ON t (tell(n));"})
    if way == "up":
        assert f"error: the limit is {limit}\n" in project(*words, "up").err
    else:
        ran = project.database.run_client(project.succeed(*words, "plan", "--sql").out)
        assert f"the limit is {limit}\n" in ran.stderr


@pytest.mark.databases("postgres")
@pytest.mark.parametrize("way", ["up", "script"])
def test_concurrently_keeps_the_limit_of_the_database_and_ours_is_back_after_it(project: Project, way: str) -> None:
    def run() -> str:
        if way == "up":
            return project("up").err
        return project.database.run_client(project.succeed("plan", "--sql").out).stderr

    project.write({"1_t": TELLS})
    project.succeed("up")
    look = f"CREATE TABLE seen AS {seen(project)};"
    project.write({"2_i": f"-- migrate: no-transaction\nCREATE INDEX CONCURRENTLY i ON t (n);\n{look}"})
    assert run() == ""
    assert project.rows("SELECT * FROM seen") == [OURS["postgres"]]
    name = migrate.DatabaseURL.parse(project.database.url).database
    project.database.execute(f"ALTER DATABASE {name} SET lock_timeout = '3s'")
    project.write({"3_i": "-- migrate: no-transaction\nCREATE INDEX CONCURRENTLY j ON t (tell(n));"})
    assert "the limit is 3s\n" in run()


@pytest.mark.databases("postgres")
def test_a_lock_that_the_file_limits_itself_is_not_waited_for_longer(project: Project) -> None:
    project.write({"1_t": "CREATE TABLE t (n INTEGER);"})
    project.succeed("up")
    holder = project.database.connect().cursor()
    holder.execute("BEGIN")
    holder.execute("LOCK TABLE t IN SHARE ROW EXCLUSIVE MODE")
    limited = "SET lock_timeout = '300ms';\nCREATE INDEX CONCURRENTLY i ON t (n);"
    project.write({"2_i": f"-- migrate: no-transaction\n{limited}"})
    began = time.monotonic()
    ran = project("--retries", "0", "up")
    assert ran.exit == 1
    assert ran.err.startswith("error: canceling statement due to lock timeout\n")
    more = "imagor-studio-migrate up --retries 10"
    assert ran.err.endswith(f"fix: end what is in the way, or try it more often:  {more}\n")
    assert time.monotonic() - began < 3


# --- Half a second --------------------------------------------------------------------------------------------------


def test_half_a_second_is_half_a_second(project: Project) -> None:
    endless = "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT max(i) FROM n;"
    columns = "information_schema.columns"
    many = f"SELECT COUNT(*) FROM {columns} a, {columns} b, {columns} c, {columns} d;"
    slow = {"sqlite": endless, "postgres": "SELECT pg_sleep(60);", "mysql": many}[project.database.dialect]
    project.write({"1_slow": slow})
    ran = project("--statement-timeout", "0.5", "up")
    said = {"postgres": "canceling statement due to statement timeout"}
    ended = "the statement was ended at the statement timeout of 0.5 s"
    assert (ran.exit, ran.err.partition("\n")[0]) == (1, f"error: {said.get(project.database.dialect, ended)}")
    entry = migrate.log(project.settings, count=1)[0]
    assert 450 <= entry.took_ms < 900


@pytest.mark.databases("mysql")
def test_in_a_script_the_server_ends_a_statement(project: Project) -> None:
    columns = "information_schema.columns"
    project.write({"1_slow": f"SELECT COUNT(*) FROM {columns} a, {columns} b, {columns} c, {columns} d;"})
    began = time.monotonic()
    ran = project.database.run_client(project.succeed("--statement-timeout", "0.5", "plan", "--sql").out)
    assert ran.returncode != 0
    assert "max" in ran.stderr
    assert time.monotonic() - began < 5
