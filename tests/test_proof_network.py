"""Proofs 2 and 5: the server is killed, or the network is cut, in the middle of a run; what is said then is true."""

from __future__ import annotations

import os
import re
import socket
import time
from typing import TYPE_CHECKING

import inside
import pytest
import rig

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from servers import Database

pytestmark = pytest.mark.repeated

FILES = {"1_a.up": "CREATE TABLE t (n INTEGER);", "2_b.up": "INSERT INTO t VALUES (1);", "2_b.down": "DELETE FROM t;"}
STATE = "SELECT version, dirty FROM schema_migrations ORDER BY version"


def history(database: Database | rig.Mortal) -> list[tuple[str, bool]]:
    return [(version, bool(dirty)) for version, dirty in database.query(STATE)]


def direct(database: Database) -> str:
    """Return the URL without TLS, which would hide the words from the proxy."""
    return database.url + ("?sslmode=disable" if database.dialect == "postgres" else "?ssl_mode=DISABLED")


def cut_at(word: bytes, database: Database, folder: Path, *, after: bool) -> rig.Ended:
    """Run ``up`` over a network that is cut where this word is sent, or *after* it was answered."""
    proxy = rig.Proxy(direct(database), word, after=after)
    try:
        return rig.run(folder, proxy.url, "up")
    finally:
        proxy.close()
        assert proxy.cut.is_set()


@pytest.mark.parametrize("command", ["up", "down"])
@pytest.mark.parametrize("after", [False, True], ids=["before it", "after it"])
def test_a_network_cut_around_commit_is_told_as_it_is(
    server_database: Database, tmp_path: Path, after: bool, command: str
) -> None:
    rig.write(tmp_path, FILES)
    assert rig.command(tmp_path, server_database.url, "up", "1" if command == "up" else "2").exit == 0
    proxy = rig.Proxy(direct(server_database), b"COMMIT", after=after)
    try:
        ran = rig.run(tmp_path, proxy.url, command)
    finally:
        proxy.close()
    assert proxy.cut.is_set()
    assert "Traceback" not in ran.err
    inside = ("2", False) in history(server_database)
    assert not any(dirty for _, dirty in history(server_database)), ran.err
    done = inside == (command == "up")
    if ran.exit == 0:
        assert done, ran.err
        assert "the connection was lost during COMMIT; the history says that it was done" in ran.err
    else:
        assert ran.exit == 1
        assert not done, ran.err
        assert "nothing was changed" in ran.err
        failed = server_database.query("SELECT version FROM schema_migrations_log WHERE outcome = 'failed'")
        assert failed == [("2",)]
    if after and server_database.dialect == "postgres":
        assert ran.exit == 0, ran.err
    rows = server_database.query("SELECT n FROM t")
    assert rows == ([(1,)] if inside else [])
    assert rig.command(tmp_path, server_database.url, "up").exit == 0
    assert server_database.query("SELECT n FROM t") == [(1,)]


@pytest.mark.parametrize("after", [False, True], ids=["before it", "after it"])
def test_a_network_cut_between_two_files_is_told_as_it_is(
    server_database: Database, tmp_path: Path, after: bool
) -> None:
    """On PostgreSQL the COMMIT of one and the claim of the next one travel in one message."""
    rig.write(tmp_path, FILES | {"3_c.up": "INSERT INTO t VALUES (3);"})
    assert rig.command(tmp_path, server_database.url, "up", "1").exit == 0
    ran = cut_at(b"COMMIT", server_database, tmp_path, after=after)
    assert "Traceback" not in ran.err
    told = re.findall(r"^applied  (\d+) ", ran.out, re.MULTILINE)
    assert [(version, False) for version in ["1", *told]] == history(server_database), ran.err
    assert told == (["2", "3"] if ran.exit == 0 else []), ran.err
    assert ran.err.count("the connection was lost during COMMIT; the history says that it was done") == len(told) / 2
    assert ran.exit == 0 or "nothing was changed" in ran.err
    assert ran.exit == 0 or not after or server_database.dialect == "mysql"
    assert rig.command(tmp_path, server_database.url, "up").exit == 0
    assert server_database.query("SELECT n FROM t ORDER BY n") == [(1,), (3,)]


@pytest.mark.parametrize("after", [False, True], ids=["before they have all left", "before they are answered"])
def test_a_network_cut_in_the_middle_of_many_changes_leaves_nothing(
    server_database: Database, tmp_path: Path, after: bool
) -> None:
    rows = [f"INSERT INTO t VALUES ({n});" for n in range(1000, 4000)]
    rig.write(tmp_path, FILES | {"3_c.up": "\n".join(rows)})
    assert rig.command(tmp_path, server_database.url, "up", "2").exit == 0
    ran = cut_at(b"(2500)", server_database, tmp_path, after=after)
    assert ran.exit == 1
    assert "nothing was changed" in ran.err
    assert server_database.query("SELECT count(*) FROM t") == [(1,)]
    assert rig.command(tmp_path, server_database.url, "up").exit == 0
    assert server_database.query("SELECT count(*), min(n), max(n) FROM t") == [(3001, 1, 3999)]


def test_a_network_cut_in_the_middle_of_a_statement_leaves_nothing(server_database: Database, tmp_path: Path) -> None:
    text = server_database.SLEEP.format(1)
    rig.write(tmp_path, FILES | {"3_c.up": f"INSERT INTO t VALUES (3);\n{text};\n"})
    assert rig.command(tmp_path, server_database.url, "up", "2").exit == 0
    proxy = rig.Proxy(direct(server_database), text[-8:].encode(), after=False)
    try:
        ran = rig.run(tmp_path, proxy.url, "up")
    finally:
        proxy.close()
    assert ran.exit == 1
    assert "nothing was changed" in ran.err
    assert rig.command(tmp_path, server_database.url, "up").exit == 0
    assert sorted(server_database.query("SELECT n FROM t")) == [(1,), (3,)]


@pytest.fixture(params=["postgres", "mysql"])
def mortal(request: pytest.FixtureRequest) -> Iterator[rig.Mortal]:
    server = rig.Mortal(request.param)
    try:
        yield server
    finally:
        server.remove()


def test_a_server_killed_in_the_middle_of_a_run_comes_back_to_an_exact_history(
    mortal: rig.Mortal, tmp_path: Path, full: bool
) -> None:
    pause = 0.3 if full else 0.1
    text = mortal.kind.SLEEP.format(pause)
    rows = "".join(f"INSERT INTO t{{0}} VALUES ({number});\n{text};\n" for number in range(3))
    table = "CREATE TABLE t{0} (n INTEGER);\n"
    for number in range(12 if full else 2):
        folder = tmp_path / str(number)
        folder.mkdir()
        again = f"CREATE TABLE u{number} (n INTEGER);\n" + rows.format(f"{number}")
        rig.write(folder, {f"{number}1_a.up": table.format(number) + rows.format(number), f"{number}2_b.up": again})
        process = rig.start(folder, mortal.url, "--table", f"history{number}", "up")
        time.sleep(0.5 + number * (0.2 if full else 0.3))
        mortal.kill()
        mortal.restart()
        ran = rig.Ended(process)
        assert "Traceback" not in ran.err
        assert ran.exit in {0, 1}
        done = rig.command(folder, mortal.url, "--table", f"history{number}", "up")
        if done.exit == 4:  # it died between a statement of its own transaction and the note: only a person can tell
            assert mortal.dialect == "mysql"
            assert "only a person can see if it has" in done.err
            continue
        assert done.exit == 0, done.err
        found = sorted(mortal.query(f"SELECT n FROM t{number}"))
        assert found == [(0,), (0,), (1,), (1,), (2,), (2,)], (number, ran.err)


def test_a_server_that_dies_while_a_run_waits_for_the_lock_is_told(mortal: rig.Mortal, tmp_path: Path) -> None:
    rig.write(tmp_path, {"1_a.up": mortal.kind.ENDLESS})
    first = rig.start_rival(tmp_path, mortal.url, "up", RIVAL_PATIENCE="2")
    rig.until(lambda: mortal.query(mortal.kind.RUNNING.format(mortal.kind.ENDLESS)))
    second = rig.start_rival(tmp_path, mortal.url, "up", RIVAL_PATIENCE="2", RIVAL_FOLDER=str(tmp_path))
    rig.until(lambda: rig.at_the_lock(tmp_path, second))
    time.sleep(0.2)  # it asks for the lock every 50 ms
    mortal.kill()
    for process in (first, second):
        ended = rig.Ended(process)
        assert ended.exit == 1, ended.err
        assert "Traceback" not in ended.err
        assert "fix: " in ended.err


def test_a_dead_network_is_noticed_by_tcp(server_database: Database) -> None:
    """A proxy cannot show it: it acknowledges what it does not pass on. So the socket is asked."""
    database = inside.database_at(server_database.url)
    database.open()
    try:
        raw = database.connection
        number = raw.pgconn.socket if server_database.dialect == "postgres" else raw._sock.fileno()
        with socket.socket(fileno=os.dup(number)) as link:
            assert link.getsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE) == 1
            assert link.getsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPIDLE) == 30
            assert link.getsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPINTVL) == 10
            assert link.getsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPCNT) == 3
            assert link.getsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT) == 60_000
    finally:
        database.close()
