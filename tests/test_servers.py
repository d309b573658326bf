"""The harness itself: what a test is given, and that nothing of it stays behind."""

from __future__ import annotations

import contextlib
import json
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest

from servers import Address, Candidate, Database, Servers, Unavailable, mirror_in, skip_or_fail

ONE_OF_EACH = {
    "sqlite": ["CREATE VIEW v AS SELECT id FROM t"],
    "postgres": [
        "CREATE TYPE mood AS ENUM ('glad', 'sad')",
        "ALTER TABLE t ADD mood mood DEFAULT 'glad' CHECK (mood <> 'sad')",
        "CREATE VIEW v AS SELECT id FROM t",
        "CREATE SEQUENCE s",
        "CREATE FUNCTION f() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN new; END'",
        "CREATE TRIGGER r BEFORE INSERT ON t FOR EACH ROW EXECUTE FUNCTION f()",
        "COMMENT ON COLUMN t.id IS 'the key'",
    ],
    "mysql": [
        "CREATE VIEW v AS SELECT id FROM t",
        "CREATE PROCEDURE p() SELECT 1",
        "CREATE FUNCTION f() RETURNS int DETERMINISTIC RETURN 1",
        "CREATE TRIGGER r BEFORE INSERT ON t FOR EACH ROW SET new.id = new.id",
        "CREATE EVENT e ON SCHEDULE EVERY 1 YEAR DO SELECT 1",
    ],
}


def test_every_test_gets_an_empty_database(database: Database) -> None:
    assert database.tables() == []
    assert database.dump() == ""
    database.execute("CREATE TABLE t (id int)", "INSERT INTO t VALUES (1)")
    assert database.query("SELECT id FROM t") == [(1,)]
    assert database.tables() == ["t"]


def test_the_runners_own_tables_are_no_part_of_a_dump(database: Database) -> None:
    database.execute(
        "CREATE TABLE schema_migrations (version varchar(64) PRIMARY KEY)",
        "CREATE TABLE schema_migrations_log (version varchar(64))",
        "CREATE INDEX of_the_log ON schema_migrations_log (version)",
    )
    assert database.dump() == ""
    assert database.tables() == []


def test_a_dump_shows_every_kind_of_object(database: Database) -> None:
    texts = [database.dump()]
    for statement in ["CREATE TABLE t (id int PRIMARY KEY)", *ONE_OF_EACH[database.dialect]]:
        database.execute(statement)
        texts.append(database.dump())
    assert len(set(texts)) == len(texts)
    assert database.name not in texts[-1]


def test_rows_do_not_change_a_dump(server_database: Database) -> None:
    key = {"postgres": "serial", "mysql": "int AUTO_INCREMENT"}[server_database.dialect]
    server_database.execute(f"CREATE TABLE t (id {key} PRIMARY KEY, name text)")
    before = server_database.dump()
    server_database.execute("INSERT INTO t (name) VALUES ('a')", "INSERT INTO t (name) VALUES ('b')")
    assert server_database.dump() == before


def test_the_databases_own_client_stops_at_the_first_error(database: Database) -> None:
    good = database.run_client("CREATE TABLE t (name varchar(9));\nINSERT INTO t VALUES ('ä');\n")
    assert (good.returncode, good.stderr) == (0, "")
    assert database.query("SELECT name FROM t") == [("ä",)]
    bad = database.run_client("DELETE FROM t;\nSELECT nothing FROM nowhere;\nINSERT INTO t VALUES ('b');\n")
    assert bad.returncode != 0
    assert "nowhere" in bad.stderr
    assert database.query("SELECT name FROM t") == []


def test_a_reader_reads_and_does_not_write(server_database: Database) -> None:
    server_database.execute("CREATE TABLE t (id int)")
    reader = _as(server_database, server_database.reader_url)
    assert reader.query("SELECT * FROM t") == []
    for statement in ("INSERT INTO t VALUES (1)", "CREATE TABLE u (id int)"):
        with pytest.raises(Exception, match=r"(?i)denied"):
            reader.execute(statement)


def test_an_owner_may_do_everything_in_one_database(server_database: Database) -> None:
    owner = _as(server_database, server_database.create_user("all"))
    owner.execute("CREATE TABLE t (id int)", "DROP TABLE t")


def test_a_user_without_rights_sees_nothing(server_database: Database) -> None:
    server_database.execute("CREATE TABLE t (id int)")
    with pytest.raises(Exception, match=r"(?i)denied"):
        _as(server_database, server_database.create_user("none")).query("SELECT * FROM t")


def test_a_wrong_password_is_refused(server_database: Database) -> None:
    if server_database.server.origin.startswith("MIGRATE_TEST_"):
        pytest.skip("what a server from elsewhere demands is its own affair")
    address = server_database.server.address
    wrong = Address(address.scheme, address.host, address.port, address.user, "wrong").url(server_database.name)
    with pytest.raises(ConnectionError, match=r"(?i)denied|authentication failed"):
        _as(server_database, wrong).connect()


def test_a_connection_that_was_left_open_does_not_keep_a_database(server_database: Database) -> None:
    second = server_database.server.create(Path())
    kept = second.connect()
    kept.cursor().execute("CREATE TABLE t (id int)")
    kept.cursor().execute("BEGIN")
    kept.cursor().execute("SELECT * FROM t")
    second._connections.clear()
    second.drop()
    names = {"postgres": "SELECT datname FROM pg_database", "mysql": "SHOW DATABASES"}[second.dialect]
    assert (second.name,) not in server_database.query(names)
    kept.close()


@pytest.mark.databases("postgres")
def test_a_marker_chooses_the_databases(database: Database) -> None:
    assert database.flavor == "postgres"


def test_the_dialect_of_mariadb_is_mysql(mariadb: Database) -> None:
    assert mariadb.dialect == "mysql"
    assert "MariaDB" in mariadb.query("SELECT version()")[0][0]


def test_mysql_is_not_mariadb(oracle_mysql: Database) -> None:
    assert "MariaDB" not in oracle_mysql.query("SELECT version()")[0][0]


@pytest.mark.parametrize(
    "url",
    [
        pytest.param("postgres://me:p%40ss%2F%23@127.0.0.1:5433/db", id="special characters"),
        pytest.param("mysql://me@[::1]:3307/db", id="IPv6, no password"),
        pytest.param("mysql://me:x@db.example:3306/db?charset=utf8mb4", id="options"),
    ],
)
def test_an_address_gives_back_its_url(url: str) -> None:
    assert Address.parse(url).url("db") == url


def test_a_url_that_cannot_be_read_is_not_repeated() -> None:
    with pytest.raises(ValueError, match=r"^not a URL; percent-encode the password$"):
        Address.parse("postgres://me:s3cret/@h:port/db")


@pytest.mark.parametrize(
    ("text", "mirror"),
    [
        pytest.param("deb http://mirror/debian bookworm main\n", "http://mirror/debian", id="one line"),
        pytest.param(
            "# old\ndeb [signed-by=/k.gpg] https://m/debian/ trixie main contrib\n", "https://m/debian", id="options"
        ),
        pytest.param(
            "Types: deb\n# note\nURIs: http://m/debian\nSuites: bookworm\nComponents: main\n",
            "http://m/debian",
            id="deb822",
        ),
        pytest.param("deb http://m/debian-security bookworm-security main\n", "", id="security"),
        pytest.param("deb https://other/linux/debian bookworm stable\n", "", id="somebody else's"),
        pytest.param("#deb http://mirror/debian bookworm main\n", "", id="commented out"),
        pytest.param("deb-src http://mirror/debian bookworm main\n", "", id="sources only"),
    ],
)
def test_the_mirror_is_the_one_this_machine_uses(text: str, mirror: str) -> None:
    assert mirror_in(text) == mirror


def test_a_missing_database_skips_here_and_fails_in_ci(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("CI", raising=False)
    with pytest.raises(pytest.skip.Exception, match=r"^install it$"):
        skip_or_fail("install it")
    monkeypatch.setenv("CI", "true")
    with pytest.raises(pytest.fail.Exception, match=r"^install it$"):
        skip_or_fail("install it")


def test_workers_get_the_servers_of_their_controller() -> None:
    def fails() -> None:
        raise Unavailable("install it")

    here = Servers([*Servers.discover(["sqlite"]).candidates.values(), Candidate("x", "mysql", "MISSING", fails)])  # type: ignore[arg-type]
    there = Servers.from_json(here.to_json())
    assert there.get("sqlite") == here.get("sqlite")
    with pytest.raises(Unavailable, match=r"^install it$"):
        there.get("x")


@pytest.mark.skipif(not Path("/proc/self/cwd").exists(), reason="looks at the processes in /proc, as Linux has it")
@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL], ids=lambda how: how.name)
def test_a_server_does_not_outlive_pytest(how: signal.Signals, postgres: Database) -> None:
    if postgres.server.origin.startswith("MIGRATE_TEST_"):
        pytest.skip("a server from elsewhere stays")
    # A stand-in for pytest, with a query under way that would go on for a minute.
    program = f"""
import json, sys
sys.path.insert(0, {str(Path(__file__).parent)!r})
from servers import Servers
server = Servers.discover().get({postgres.label!r})
print(json.dumps([server.socket, server.address.port]), flush=True)
server.create(None).execute("SELECT pg_sleep(60)")
"""
    with subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        assert process.stdout is not None
        path, port = json.loads(process.stdout.readline())
        folder = Path(path).parent
        try:
            assert _processes(folder)
        finally:
            process.send_signal(how)
            process.communicate(timeout=20)
    deadline = time.monotonic() + 15
    while (folder.exists() or _processes(folder)) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert not folder.exists()
    assert not _processes(folder)
    with pytest.raises(ConnectionRefusedError), socket.create_connection(("127.0.0.1", port)):
        pass


def test_a_server_that_was_asked_for_by_url_must_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MIGRATE_TEST_MYSQL_URL", "mysql://me:s3cret@127.0.0.1:1/")
    with pytest.raises(ConnectionError, match=r"^MIGRATE_TEST_MYSQL_URL: .*refused") as caught:
        Servers.discover()
    assert "s3cret" not in str(caught.value)


def _as(database: Database, url: str) -> Database:
    """Return *database* as somebody else sees it."""
    server = database.server
    changed = type(server)(server.label, server.flavor, server.version, server.origin, Address.parse(url))
    return type(database)(changed, database.name, url, ())


def _processes(folder: Path) -> list[int]:
    """Return the ids of the processes that have *folder* in their command line, or work in it."""
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):  # it may be gone by now, or somebody else's
            if str(folder) in str((process / "cwd").readlink()) + (process / "cmdline").read_text(encoding="latin-1"):
                found.append(int(process.name))
    return found
