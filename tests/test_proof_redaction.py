"""Proof 8: a password with every awkward character, down every path: not six characters of it come out anywhere.

The log of failures, which other people read than the terminal, does not hold a value of the data either; nor does the
line that names another session repeat what stands in quotes there.
"""

from __future__ import annotations

import json
import pickle
import re
from typing import TYPE_CHECKING
from urllib.parse import quote

import pytest

import migrate

if TYPE_CHECKING:
    from desk import Desk

    from servers import Database

SECRET = " zQ7'\"\\%@:/?#& $`~!*()[]{}|;<>,.+=^-_üß—***xK9 "
ENCODED = quote(SECRET, safe="")
FILES = {
    "sql/1_a.up.sql": "CREATE TABLE t (n INTEGER);",
    "sql/1_a.down.sql": "DROP TABLE t;",
    "sql/2_b.up.sql": "CREATE TABLE u (n INTEGER);",
}
DATA = "w8-private-v7"


def pieces(secret: str) -> set[str]:
    """Return every piece of six characters, of every form in which the secret could come out."""
    encoded = quote(secret, safe="")
    forms = {secret, encoded, encoded.lower(), quote(secret), repr(secret)[1:-1], json.dumps(secret)[1:-1]}
    forms |= {secret.replace("'", "''"), secret.replace("\\", "\\\\"), repr(secret.encode())[2:-1]}
    return {form[start : start + 6] for form in forms for start in range(len(form) - 5)}


def assert_silent(text: str, secret: str = SECRET) -> None:
    """No piece of the secret is in the text."""
    found = sorted(piece for piece in pieces(secret) if piece in text)
    assert found == [], text


@pytest.fixture
def desk(desk: Desk) -> Desk:
    desk.write(FILES)
    return desk


def secret_url(database: Database, *, name: str = "", scheme: str = "", options: str = "") -> str:
    """Return the URL of a new user whose password is the secret."""
    url = database.create_user("all")
    read = migrate.DatabaseURL.parse(url)
    quoted = SECRET.replace("'", "''")
    if database.dialect == "postgres":
        database.execute(f"ALTER USER \"{read.user}\" PASSWORD '{quoted}'")
    else:
        quoted = quoted.replace("\\", "\\\\")
        for (host,) in database.query(f"SELECT host FROM mysql.user WHERE user = '{read.user}'"):
            database.execute(f"ALTER USER '{read.user}'@'{host}' IDENTIFIED BY '{quoted}'")
    (host, port), path = read.hosts[0], quote(name or read.database, safe="")
    return f"{scheme or read.dialect}://{read.user}:{ENCODED}@{host}:{port}/{path}{options}"


def test_the_check_itself_finds_a_piece() -> None:
    for leak in (SECRET[4:10], ENCODED[9:17].lower(), json.dumps(SECRET)[3:12], repr(SECRET)):
        with pytest.raises(AssertionError):
            assert_silent(f"password {leak} is wrong")


def test_a_server_that_is_another_or_has_no_such_database_hears_no_more_than_it_must(
    server_database: Database, desk: Desk
) -> None:
    other = {"postgres": "mysql", "mysql": "postgres"}[server_database.dialect]
    for url in (
        secret_url(server_database, name="no_such_database"),
        secret_url(server_database, scheme=other, options="?connect_timeout=1"),
        secret_url(server_database).replace(ENCODED, ENCODED[:-9]),  # a piece of it is wrong, and shown as little
    ):
        desk.set(DATABASE_URL=url)
        for words in (["-v", "up"], ["-v", "--format", "json", "up"]):
            ran = desk("--dir", "sql", *words)
            assert ran.exit == 1, ran.err
            assert_silent(ran.out + ran.err)


def test_no_state_of_the_database_brings_it_out(server_database: Database, desk: Desk) -> None:
    url = secret_url(server_database)
    desk.set(MIGRATE_DATABASE_URL=url)
    said, codes = "", set()

    def type_all(*more: list[str]) -> None:
        nonlocal said
        for form in ("plain", "table", "json"):
            for words in (["status"], ["plan"], ["log"], ["check"], ["--help"], *more):
                ran = desk("--dir", "sql", "--format", form, "-v", *words)
                said += ran.out + ran.err
                codes.add(ran.exit)

    type_all(["up", "--to", "1"])
    desk.write({"sql/1_a.up.sql": "CREATE TABLE t (n BIGINT);"})  # drift
    type_all(["up"])
    desk.write(FILES)
    server_database.execute("UPDATE schema_migrations SET dirty = '1', statements_done = 0 WHERE version = '1'")
    type_all(["up"])
    server_database.execute("UPDATE schema_migrations SET dirty = '0', statements_done = 1 WHERE version = '1'")
    desk.write({"sql/2_b.up.sql": "CREATE TABEL u;"})
    type_all(["up"], ["down", "--yes"], ["redo"])
    assert codes >= {0, 1, 4}
    assert "TABEL" in said
    assert_silent(said)
    for table in ("schema_migrations", "schema_migrations_log"):
        assert_silent(str(server_database.query(f"SELECT * FROM {table}")))


def test_the_lock_of_another_runner_is_explained_without_it(server_database: Database, desk: Desk) -> None:
    url = secret_url(server_database)
    settings = migrate.Settings(migrate.DatabaseURL.parse(url), desk.home / "sql", lock_timeout=0)
    said: list[str] = []

    def second(_event: object) -> None:
        if not said:
            with pytest.raises(migrate.LockedError) as locked:
                migrate.up(settings)
            said.append(f"{locked.value} {locked.value!r} {vars(locked.value)}")

    migrate.up(settings, notify=second)
    assert "pid" in said[0] or "holds" in said[0]
    assert_silent(said[0])


@pytest.mark.parametrize("url", ["postgres://app:{}@127.0.0.1:1/db", "mysql://app:{}@127.0.0.1:1/db"])
def test_an_application_logs_and_prints_no_password(url: str, desk: Desk, caplog: pytest.LogCaptureFixture) -> None:
    url = url.format(ENCODED)
    desk.set(MIGRATE_DIR="sql")
    assert migrate.auto_migrate(url) is False
    assert ":***@127.0.0.1" in caplog.text
    assert_silent(caplog.text)
    settings = migrate.load_settings({"database_url": url}, {})
    assert settings.url.password == SECRET
    assert_silent(f"{settings} {settings!r} {settings.url} {settings.url!r} {settings.url!s:>99}")
    with pytest.raises(migrate.ConnectError) as raised:
        migrate.auto_migrate(url, force=True)
    error = raised.value
    assert_silent(f"{error} {error!r} {vars(error)} {pickle.dumps(error).decode(errors='replace')}")


TABLE = "CREATE TABLE p (k VARCHAR(40) PRIMARY KEY, n INTEGER, d TIMESTAMP NULL);\n"
LINES = "'{}\n{}'".format(DATA, "it''s")


def assert_the_log_has_no_data(database: Database, desk: Desk, sql: str) -> None:
    """Run *sql*, which fails, and read what the log keeps of the error."""
    desk.write({"sql/1_a.up.sql": TABLE, "sql/2_b.up.sql": sql})
    desk.set(DATABASE_URL=database.url)
    assert desk("--dir", "sql", "up").exit == 1
    ((text,),) = database.query("SELECT error FROM schema_migrations_log WHERE outcome = 'failed'")
    assert len(text) > 10  # what happened is still there
    assert DATA not in text
    assert "8888" not in text
    assert "private" not in desk("--dir", "sql", "log").out


@pytest.mark.parametrize(
    "sql",
    [
        pytest.param(f"INSERT INTO p (k) VALUES ('{DATA}'), ('{DATA}');", id="1062"),
        pytest.param(f"INSERT INTO p (k) VALUES ({LINES}), ({LINES});", id="1062, two lines"),
        pytest.param(f"INSERT INTO p (k, n) VALUES ('x', '{DATA}');", id="1366"),
        pytest.param(f"INSERT INTO p (k, n) VALUES ('x', {LINES});", id="1366, two lines"),
        pytest.param(f"INSERT INTO p (k, d) VALUES ('x', '{DATA}');", id="1292"),
        pytest.param(f"INSERT p (k, n) VALUES ('x', 1) '{DATA}';", id="1064"),
        pytest.param(f"INSERT p (k, n) VALUES ('x', 1) '{DATA}\n';", id="1064, two lines"),
    ],
)
def test_the_log_of_failures_holds_no_data_on_mysql(mysql_family: Database, desk: Desk, sql: str) -> None:
    assert_the_log_has_no_data(mysql_family, desk, sql)


@pytest.mark.parametrize(
    "sql",
    [
        pytest.param(f"INSERT INTO p (k) VALUES ('{DATA}'), ('{DATA}');", id="23505"),
        pytest.param(f"INSERT INTO p (k, n) VALUES ('x', '{DATA}');", id="22P02"),
        pytest.param(f"INSERT INTO p (k, n) VALUES ('x', {LINES});", id="22P02, two lines"),
        pytest.param(f"SELECT '{DATA}'::timestamp;", id="22007"),
        pytest.param("SELECT '2025-13-01 w8-private-v7'::date;", id="22007 or 22008"),
        pytest.param("SELECT '8888-88-88'::date;", id="22008"),
        pytest.param(f"SELECT '{DATA}'::int[];", id="22P02, an array"),
        pytest.param(f"SELECT '{DATA}'::int4range;", id="22P02, a range"),
        pytest.param(f"CREATE TYPE \"A b\" AS ENUM ('x');\nSELECT '{DATA}'::\"A b\";", id="22P02, an enum"),
        pytest.param(f"SELECT now() AT TIME ZONE '{DATA}';", id="22023, a time zone"),
        pytest.param(f"INSERT INTO p (k, n) VALUES ('x', 1) '{DATA}';", id="42601"),
        pytest.param(f"INSERT INTO p (k, n) VALUES ('x', 1) '{DATA}\n';", id="42601, two lines"),
    ],
)
def test_the_log_of_failures_holds_no_data_on_postgres(postgres: Database, desk: Desk, sql: str) -> None:
    assert_the_log_has_no_data(postgres, desk, sql)


@pytest.mark.parametrize(
    "query",
    [
        pytest.param("/* it's */ SELECT '{}', count(*) FROM t", id="an apostrophe in a comment"),
        pytest.param("SELECT '{}' /* \" */, count(*) FROM t", id="plain"),
        pytest.param(r"SELECT '\', '{}', count(*) FROM t", id="a backslash that escapes nothing"),
        pytest.param("SELECT count(*) FROM t -- don't\n WHERE '{}' <> 'x'", id="an apostrophe in a line comment"),
    ],
)
def test_the_session_in_the_way_is_named_without_its_data(postgres: Database, desk: Desk, query: str) -> None:
    desk.set(DATABASE_URL=postgres.url)
    assert desk("--dir", "sql", "up", "--to", "1").exit == 0
    desk.write({"sql/2_b.up.sql": "DROP TABLE t;"})
    holder = postgres.connect()
    holder.execute("BEGIN")
    holder.execute(query.format(DATA))
    ran = desk("--dir", "sql", "--ddl-lock-timeout", "1.5", "--retries", "0", "up")  # while it waits, it is asked who
    holder.execute("ROLLBACK")
    assert ran.exit == 1
    assert re.search(r"pid \d+, ", ran.err), ran.err
    assert DATA not in ran.err
