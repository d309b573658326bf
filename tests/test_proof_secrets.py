"""Proof 8: a password with every awkward character, down every path: not one byte of it comes out anywhere."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import TYPE_CHECKING
from urllib.parse import quote

import pytest
import rig
from desk import MODULE, Desk, clean_environment
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import migrate

if TYPE_CHECKING:
    from pathlib import Path

    from servers import Database

SECRET = "zQ7'\"\\%@:/?#& $`~!*()[]{}|;<>,.+=^-_üß—xK9"
ENCODED = quote(SECRET, safe="")
FILES = {"1_a.up": "CREATE TABLE t (n INTEGER);", "1_a.down": "DROP TABLE t;", "2_bad.up": "CREATE TABEL;"}


def shapes(secret: str) -> set[str]:
    """Return every form in which the secret could come out."""
    encoded = quote(secret, safe="")
    return {secret, encoded, encoded.lower(), quote(secret), repr(secret)[1:-1], json.dumps(secret)[1:-1], secret[:8],
            secret[-6:], secret.replace("'", "''"), encoded[:10], encoded[-10:], secret[8:16]}  # fmt: skip


def assert_silent(text: str, secret: str = SECRET) -> None:
    found = [shape for shape in shapes(secret) if shape in text]
    assert found == [], text


WRONG = [
    "postgres://app:{0}@127.0.0.1:1/db",
    "mysql://app:{0}@127.0.0.1:1/db",
    "postgres://app:{0}@no-such-host.invalid/db",
    "mysql://app:{0}@no-such-host.invalid/db",
    "postgres://app:{0}@h/",
    "postgres://app:{0}@h:99999/db",
    "postgres:app:{0}@h/db",
    "oracle://app:{0}@h/db",
    "postgres://app:{0}@h/db?unknown={0}",
    "postgres://127.0.0.1:1/db?password={0}&sslpassword={0}",
    "mysql://app:{0}@127.0.0.1:1/db?charset=nonsense",
    "mysql://app:{0}@h/db?ssl_mode=NONSENSE",
    "://app:{0}@h/db",
    "app:{0}",
    "postgres://app:{0}@h/db\t",
    "sqlite:/nowhere/app:{0}@h/db?mode=ro",
]


@pytest.mark.parametrize("url", WRONG[:-1])
@pytest.mark.parametrize("password", [SECRET, ENCODED], ids=["raw", "encoded"])
@pytest.mark.parametrize("form", ["plain", "json"])
def test_a_url_that_does_not_work_is_not_repeated(desk: Desk, url: str, password: str, form: str) -> None:
    rig.write(desk.home, FILES)
    text = url.replace("{0}", password)
    for words in (["-v", "up"], ["status"], ["--migrate-command", "up"], ["--help"]):
        desk.set(DATABASE_URL=text)
        ran = desk("--dir", "sql", "--format", form, *words)
        assert_silent(ran.out + ran.err)
    desk.write({"secret": text, "bad.env": f"DATABASE_URL='{text}\n"})
    desk.monkeypatch.delenv("DATABASE_URL")
    for words in (["--database-url", text], [f"--databse-url={text}"], ["--config", "bad.env"], ["up", text], [text]):
        ran = desk("--dir", "sql", "--format", form, "-v", *words, "status")
        assert_silent(ran.out + ran.err)
    desk.set(MIGRATE_DATABASE_URL_FILE="secret")
    ran = desk("--dir", "sql", "--format", form, "-v", "status")
    assert_silent(ran.out + ran.err)


@pytest.mark.parametrize("scheme", ["postgres", "mysql"])
@pytest.mark.parametrize("words", [["plan", "--dialect", "postgres"], ["plan", "--dialect=sqlite", "--sql"]], ids=str)
def test_a_url_is_not_repeated_where_another_dialect_is_named(desk: Desk, scheme: str, words: list[str]) -> None:
    """No database is asked then, and no password of its URL is in the command to type."""
    rig.write(desk.home, FILES)
    ran = desk("--dir", "sql", "--database-url", f"{scheme}://app:{ENCODED}@h/db", *words)
    assert "--database-url URL" in ran.err
    assert_silent(ran.out + ran.err)


@given(st.data())
@settings(
    max_examples=200, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
def test_no_mutation_of_a_url_makes_an_error_repeat_it(data: st.DataObject) -> None:
    url = f"postgres://app:{ENCODED}@db.example.com:5432/app?sslmode=require"
    start = data.draw(st.integers(0, len(url) - 1))
    end = data.draw(st.integers(start, min(start + 12, len(url))))
    put = data.draw(st.sampled_from(["", ":", "/", "//", "@", "?", "#", "%", "%zz", " ", "\n", "[", "é", "="]))
    text = url[:start] + put + url[end:]
    try:
        read = migrate.DatabaseURL.parse(text)
    except migrate.MigrateError as error:
        assert_silent(f"{error} {error!r} {vars(error)}")
    else:
        if read.password == SECRET:
            assert_silent(f"{read} {read!r} {migrate.Settings(read)!r}")


@pytest.fixture
def guarded(server_database: Database) -> tuple[Database, str]:
    """A database, and the URL of a user whose password is the secret."""
    url = server_database.create_user("all")
    user = migrate.DatabaseURL.parse(url).user
    if server_database.dialect == "postgres":
        server_database.execute(f"ALTER USER \"{user}\" PASSWORD '{SECRET.replace(chr(39), chr(39) * 2)}'")
    else:
        literal = SECRET.replace("\\", "\\\\").replace("'", "''")
        host = server_database.query(f"SELECT host FROM mysql.user WHERE user = '{user}'")[0][0]
        server_database.execute(f"ALTER USER '{user}'@'{host}' IDENTIFIED BY '{literal}'")
    old = quote(migrate.DatabaseURL.parse(url).password, safe="")
    return server_database, url.replace(f":{old}@", f":{ENCODED}@")


def test_a_password_that_works_is_shown_by_no_command(guarded: tuple[Database, str], desk: Desk) -> None:
    database, url = guarded
    rig.write(desk.home, FILES)
    desk.set(DATABASE_URL=url)
    said = ""
    for form in ("plain", "table", "json"):
        for words in (
            ["up"], ["status"], ["plan"], ["log"], ["check"], ["down", "--yes"], ["repair", "1", "--applied"],
            ["baseline", "1"], ["redo"], ["reset", "--yes"], ["up", "--to", "9"], ["down", "--to", "x"],
            ["up", "--backup"], ["--table", "t", "status"],
        ):  # fmt: skip
            ran = desk("--dir", "sql", "--format", form, "-v", *words)
            said += ran.out + ran.err
    assert "TABEL" in said
    assert "***" in said
    assert_silent(said)
    wrong = url.replace(ENCODED, quote(SECRET + "9", safe=""))
    desk.set(DATABASE_URL=wrong)
    ran = desk("--dir", "sql", "-v", "up")
    assert ran.exit == 1
    assert_silent(ran.err, SECRET + "9")
    for table in ("schema_migrations", "schema_migrations_log"):
        assert_silent(str(database.query(f"SELECT * FROM {table}")))


def test_a_password_is_in_no_process_list(guarded: tuple[Database, str], tmp_path: Path) -> None:
    database, url = guarded
    gate = rig.Gate(database, tmp_path / "gate")
    rig.write(tmp_path, {"1_a.up": gate.statement})
    process = rig.start(tmp_path, url, "-v", "up")
    rig.until(gate.somebody)
    activity = {
        "postgres": "SELECT * FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()",
        "mysql": "SELECT * FROM information_schema.processlist WHERE db = DATABASE() AND id <> CONNECTION_ID()",
    }[database.dialect]
    shown = str(database.query(activity))
    assert gate.statement.rstrip(";") in shown.replace("\\'", "'")
    assert_silent(shown)
    with open(f"/proc/{process.pid}/cmdline") as words:  # noqa: PTH123
        assert_silent(words.read())
    gate.open()
    ended = rig.Ended(process)
    assert_silent(ended.out + ended.err)


def test_a_traceback_of_a_bug_has_no_password_in_it(tmp_path: Path) -> None:
    code = (
        "import sys; sys.path.insert(0, sys.argv.pop()); import migrate\n"
        "def broken(*_, **__): raise ZeroDivisionError('a bug')\n"
        "migrate.Postgres._connect = broken\n"
        "migrate.main(['status'])\n"
    )
    environment = clean_environment() | {"DATABASE_URL": f"postgres://app:{ENCODED}@h/db"}
    ran = subprocess.run(
        [sys.executable, "-c", code, str(MODULE.parent)], env=environment, text=True, capture_output=True, check=False
    )
    assert "ZeroDivisionError: a bug" in ran.stderr
    assert_silent(ran.stdout + ran.stderr)


DATA = "w8-private-value-v7"


@pytest.mark.parametrize(
    "sql",
    [
        f"INSERT INTO p VALUES ('{DATA}', 1);",
        f"INSERT INTO p (k, n) VALUES ('x', '{DATA}');",
        f"INSERT INTO p VALUES 'x' '{DATA}';",
        f"UPDATE p SET d = '{DATA}';",
    ],
    ids=["duplicate key", "not a number", "syntax", "not a date"],
)
def test_the_log_of_failures_holds_no_data(server_database: Database, desk: Desk, sql: str) -> None:
    first = f"CREATE TABLE p (k VARCHAR(40) PRIMARY KEY, n INTEGER, d DATE);\nINSERT INTO p VALUES ('{DATA}', 1, NULL);"
    rig.write(desk.home, {"1_a.up": first, "2_b.up": sql.replace(", 1);", ", 1, NULL);")})
    desk.set(DATABASE_URL=server_database.url)
    assert desk("--dir", "sql", "up").exit == 1
    log = server_database.query("SELECT error FROM schema_migrations_log WHERE outcome = 'failed'")
    assert len(log) == 1
    assert len(log[0][0]) > 10
    assert DATA not in log[0][0]
