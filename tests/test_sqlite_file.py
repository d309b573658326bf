"""A SQLite database is a file that others have open too: what is read of it, what is left behind, who is waited for."""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import sqlite3
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
import rig
from desk import CALLED, MODULE, THREE, Desk, clean_environment, placed

import migrate

if TYPE_CHECKING:
    from collections.abc import Iterator

pytestmark = pytest.mark.skipif(os.name == "nt", reason="locks of another kind")

LOCKED = """\
error: another process writes this file, and kept the lock for all of the lock timeout
  --> {place}
nothing was changed.
fix: wait for it, and run the same command again
     or wait longer:  imagor-studio-migrate {command} --lock-timeout 300
"""
LOOKS = ["status", "plan", "log", "wait --timeout 0", "plan --sql", "plan down", "down --dry-run", "check", "up --to 1"]
SLOW = (
    "SELECT max(x) FROM (WITH RECURSIVE c(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM c WHERE x < {}) SELECT x FROM c);"
)


@pytest.fixture
def desk(desk: Desk) -> Desk:
    """A desk with three migrations, the first of which is applied."""
    desk.write(THREE)
    assert desk.here("up", "1").exit == 0
    return desk


@contextlib.contextmanager
def process(folder: Path, *words: str) -> Iterator[subprocess.Popen[str]]:
    """Start one command, or an application; it is gone afterwards."""
    pipe, environment = subprocess.PIPE, clean_environment()
    started = subprocess.Popen(
        [sys.executable, *words], cwd=folder, env=environment, text=True, stdin=pipe, stdout=pipe, stderr=pipe
    )
    try:
        yield started
    finally:
        started.kill()
        started.communicate()


def up(*words: str, url: str = "sqlite:app.db") -> list[str]:
    return [str(MODULE), "--database-url", url, "--dir", "sql", *words]


@contextlib.contextmanager
def application(folder: Path, text: str, path: str = "app.db") -> Iterator[subprocess.Popen[str]]:
    """Start a program that has the file open as ``c``; go on when it has run the first line of *text*."""
    begin, _, rest = text.partition("\n")
    program = (
        "import os, sqlite3, time\n"
        f"c = sqlite3.connect({path!r}, isolation_level=None, timeout=30)\n{begin}\nprint(flush=True)\n{rest}"
    )
    with process(folder, "-c", program) as started:
        assert started.stdout
        assert started.stdout.readline() == "\n", started.communicate()[1]
        yield started


def begin(kind: str, seconds: float = 0.4) -> str:
    """An application that has the lock for a while, and writes a row at its end."""
    return f"c.execute('BEGIN {kind}')\ntime.sleep({seconds})\nc.execute('CREATE TABLE app (a)'); c.execute('COMMIT')"


def beside(folder: Path) -> dict[str, bytes]:
    """What lies there, but for the index of a -wal, which is made anew by whoever reads it."""
    return {path.name: path.read_bytes() for path in folder.glob("app.db*") if not path.name.endswith("-shm")}


def cut_off(folder: Path) -> None:
    """Kill an application in a transaction that has written to the file: what it did is not committed."""
    text = (
        "c.execute('PRAGMA cache_size = 5'); c.execute('BEGIN'); c.execute('DELETE FROM one');"
        " c.execute(\"UPDATE schema_migrations SET version = '2', name = 'two'\");"
        " c.execute('CREATE TABLE big AS WITH RECURSIVE c(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM c WHERE x < 99)"
        " SELECT randomblob(4000) FROM c')\nos.kill(os.getpid(), 9)"
    )
    with application(folder, text) as killed:
        assert killed.wait() == -signal.SIGKILL
    assert (folder / "app.db-journal").stat().st_size > 512


@contextlib.contextmanager
def elsewhere(desk: Desk, *, folder: int, file: int) -> Iterator[Path]:
    """Copy all to a folder with these rights, and look at it as somebody who has no others."""
    with tempfile.TemporaryDirectory() as name:
        there = Path(name)
        shutil.copytree(desk.home / "sql", there / "sql")
        for path in desk.home.glob("app.db*"):
            Path(shutil.copy(path, there)).chmod(file)
        there.chmod(folder)
        desk.monkeypatch.chdir(there)
        was = os.geteuid()
        if was == 0:
            os.seteuid(65534)
        try:
            yield there
        finally:
            os.seteuid(was)
            there.chmod(0o700)


def test_a_file_that_this_user_may_not_read_is_called_that_and_not_mended(desk: Desk) -> None:
    desk.write(THREE)
    with elsewhere(desk, folder=0o755, file=0o644) as there:
        who = os.geteuid()
        os.seteuid(os.getuid())
        (there / "sql/2_two.up.sql").chmod(0)
        os.seteuid(who)
        fault = desk("--dir", "sql", "check").out.strip().split("\t")
    assert fault == ["fault", "sql/2_two.up.sql", "Permission denied", "let this user read it"]


# --- what is read ---------------------------------------------------------------------------------------------------


def test_what_was_cut_off_before_its_commit_is_never_shown(desk: Desk) -> None:
    cut_off(desk.home)
    assert [line.split("\t")[2] for line in desk.here("status").out.splitlines()] == ["applied", "pending", "pending"]
    assert not (desk.home / "app.db-journal").exists()
    cut_off(desk.home)
    ran = desk.here("wait", "--timeout", "0")
    assert (ran.exit, ran.err.splitlines()[0]) == (
        3,
        "error: not ready after 0 s: 2 two is pending, and 1 more to come",
    )


def test_what_was_cut_off_is_not_copied_and_up_finishes(desk: Desk) -> None:
    cut_off(desk.home)
    assert desk.here("up", "--backup", "copy.db").exit == 0
    assert desk.rows("SELECT version FROM schema_migrations", "copy.db") == [("1",)]
    assert desk.tables("copy.db") == ["one"]
    assert desk.tables() == ["one", "three", "two"]


@pytest.mark.parametrize(("folder", "file"), [(0o555, 0o444), (0o777, 0o444), (0o555, 0o666)])
def test_what_was_cut_off_and_cannot_be_rolled_back_here_is_an_error(desk: Desk, folder: int, file: int) -> None:
    cut_off(desk.home)
    with elsewhere(desk, folder=folder, file=file) as there:
        before = sorted(there.iterdir())
        for command in ("status", "up"):
            ran = desk.here(command)
            assert (ran.exit, ran.out) == (1, "")
            assert ran.err == (
                "error: a transaction was cut off, and to roll it back takes the right to write the file"
                " and its folder\n"
                "  --> sqlite:app.db (DATABASE_URL in the environment)\n"
                "what is in the file may not be committed, and was not read.\n"
                "fix: as a user who may write both, and where they are not read-only:  imagor-studio-migrate status\n"
            )
        assert sorted(there.iterdir()) == before


def test_of_a_transaction_that_is_open_nothing_is_shown(desk: Desk) -> None:
    text = "c.execute('BEGIN'); c.execute('DELETE FROM schema_migrations')\ntime.sleep(60)"
    with application(desk.home, text):
        assert desk.here("status").out.count("applied") == 1
    with application(desk.home, "c.execute('PRAGMA journal_mode = WAL'); " + text):
        before = beside(desk.home)
        assert desk.here("status").out.count("applied") == 1
        assert beside(desk.home) == before


def test_a_file_in_wal_mode_that_cannot_be_written_is_read_until_somebody_writes_it(desk: Desk) -> None:
    desk.rows("PRAGMA journal_mode = WAL")
    for folder, file in (0o555, 0o444), (0o777, 0o444), (0o555, 0o666):
        with elsewhere(desk, folder=folder, file=file) as there:
            before = beside(there)
            assert desk.here("status").out.count("applied") == 1
            assert beside(there) == before
    with elsewhere(desk, folder=0o555, file=0o444) as there:
        database = migrate.SQLite(migrate.DatabaseURL.parse("sqlite:app.db"))
        with contextlib.closing(database):
            database.open()
            assert database.query("SELECT count(*) FROM one") == [(0,)]
            os.seteuid(os.getuid())
            there.chmod(0o777)
            writes = "c.execute('INSERT INTO one VALUES (1)'); c.execute('PRAGMA wal_checkpoint(TRUNCATE)'); c.close()"
            with application(there, writes) as writer:
                assert writer.wait() == 0  # its -wal stays for as long as somebody looks
            with pytest.raises(migrate.DriverError, match="another process has begun to write this file"):
                database.query("SELECT count(*) FROM one")


def test_a_connection_to_look_changes_nothing_and_becomes_one_that_writes(desk: Desk) -> None:
    database = migrate.SQLite(migrate.DatabaseURL.parse("sqlite:app.db"))
    with contextlib.closing(database):
        database.open()
        with pytest.raises(migrate.DriverError, match="readonly"):
            database.run("CREATE TABLE more (a)")
        database.open(write=True)
        database.run("CREATE TABLE more (a)")
        database.open()  # does not take it back
        database.run("INSERT INTO more VALUES (1)")
    assert desk.rows("SELECT a FROM more") == [(1,)]


def test_text_that_is_not_utf_8_is_read_as_well_as_it_can_be_and_stops_no_file(desk: Desk) -> None:
    with contextlib.closing(sqlite3.connect("app.db", isolation_level=None)) as other:
        other.execute("UPDATE schema_migrations SET name = CAST(X'6fff6e65' AS TEXT)")
        other.execute("CREATE TABLE words AS SELECT CAST(X'ff' AS TEXT) AS word")
    assert desk.here("status").out.startswith("1\to\ufffdne\tapplied\t")
    desk.write({"sql/4_four.up.sql": "SELECT word FROM words;\nCREATE TABLE four AS SELECT word FROM words;"})
    assert desk.here("up").exit == 0
    assert [line.split("\t")[1:3] for line in desk.here("status").out.splitlines()] == [
        *(["o\ufffdne", "applied"], ["two", "applied"], ["three", "applied"], ["four", "applied"])
    ]
    assert desk.rows("SELECT hex(word) FROM four") == [("FF",)]


def test_a_file_that_cannot_be_written_is_not_tried(desk: Desk) -> None:
    desk.rows("PRAGMA journal_mode = WAL")
    with elsewhere(desk, folder=0o777, file=0o444) as there:
        ran = desk.here("up")
        assert ran.err == (
            "error: attempt to write a readonly database\n  --> sqlite:app.db (DATABASE_URL in the environment)\n"
            "fix: let this user write the file and its folder, and run the same command again\n"
        )
        assert [*beside(there)] == ["app.db"]


# --- what is left behind --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("mode", ["DELETE", "TRUNCATE", "PERSIST", "MEMORY", "WAL"])
def test_looking_leaves_nothing_behind(desk: Desk, mode: str) -> None:
    connection = sqlite3.connect("app.db", isolation_level=None)
    connection.execute(f"PRAGMA journal_mode = {mode}")
    connection.execute("INSERT INTO one VALUES (1)")
    connection.close()
    before = desk.names(), beside(desk.home)
    for command in LOOKS:
        assert desk.here(*command.split()).exit in {0, 3}
        assert (desk.names(), beside(desk.home)) == before, command


def test_two_who_look_at_the_same_time_leave_nothing_behind(desk: Desk) -> None:
    desk.rows("PRAGMA journal_mode = WAL")
    url = migrate.DatabaseURL.parse("sqlite:app.db")
    first, second = migrate.SQLite(url), migrate.SQLite(url)
    first.open()
    second.open()
    first.close()
    second.close()
    assert [*beside(desk.home)] == ["app.db"]


def test_looking_creates_no_file_and_opens_no_empty_one(desk: Desk) -> None:
    (desk.home / "app.db").unlink()
    before = desk.names()
    for command in LOOKS:
        desk.here(*(command if "up" not in command else "status").split())
        assert desk.names() == before
    desk.write({"app.db": "", "app.db-wal": "x" * 40, "app.db-journal": "y" * 40})
    before = desk.names()
    assert desk.here("status").out.count("pending") == 3
    assert desk.names() == before


def test_what_a_crash_has_left_stays_as_it_is(desk: Desk) -> None:
    text = "c.execute('PRAGMA journal_mode = WAL'); c.execute('INSERT INTO one VALUES (1)')\nos.kill(os.getpid(), 9)"
    with application(desk.home, text) as killed:
        killed.wait()
    before = desk.names(), beside(desk.home)
    assert len(before[1]["app.db-wal"]) > 0
    for command in LOOKS:
        assert desk.here(*command.split()).exit in {0, 3}
        assert (desk.names(), beside(desk.home)) == before, command
    assert desk.here("up").exit == 0
    assert desk.rows("SELECT * FROM one") == [(1,)]


# --- who is waited for ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["IMMEDIATE", "EXCLUSIVE"])
@pytest.mark.parametrize(
    "command",
    [
        *("up", "up --backup copy.db", "down", "down --dry-run", "redo", "reset --yes", "status", "plan", "plan --sql"),
        *("log", "baseline 2", "wait --timeout 9 --for database"),
    ],
)
def test_every_command_waits_for_an_application_that_has_the_lock(desk: Desk, kind: str, command: str) -> None:
    with application(desk.home, begin(kind)):
        ran = desk.here(*command.split())
    assert (ran.exit, "locked" in ran.err) == (0, False), ran.err


@pytest.mark.parametrize("kind", ["IMMEDIATE", "EXCLUSIVE"])
def test_the_first_run_waits_too_and_so_do_repair_and_a_file_without_transaction(desk: Desk, kind: str) -> None:
    for table in "schema_migrations", "schema_migrations_log", "one":
        desk.rows(f"DROP TABLE {table}")
    desk.write({"sql/1_one.up.sql": "-- migrate: no-transaction\nCREATE TABLE one (id INTEGER);\n"})
    with application(desk.home, begin(kind)):
        assert desk.here("up", "1").exit == 0
    desk.write({"sql/1_one.up.sql": "CREATE TABLE one (id INTEGER, more TEXT);\n"})
    with application(desk.home, begin(kind).replace("app", "app2")):
        assert desk.here("repair", "1", "--applied").exit == 0


def test_every_statement_of_a_file_without_transaction_waits(desk: Desk) -> None:
    inserts = "".join(f"INSERT INTO one VALUES ({number});\n" for number in range(40))
    own = f"BEGIN;\n{inserts}COMMIT;\nVACUUM;\n"
    desk.write({"sql/2_two.up.sql": f"-- migrate: no-transaction\n{inserts}{own}"})
    greedy = "pass\nwhile True: c.execute('BEGIN EXCLUSIVE'); time.sleep(0.25); c.execute('COMMIT'); time.sleep(0.005)"
    with application(desk.home, greedy):
        ran = desk.here("up", "1")
    assert ran.exit == 0, ran.err
    assert desk.rows("SELECT count(*) FROM one") == [(80,)]


def test_a_reader_is_waited_for_at_commit(desk: Desk) -> None:
    text = "c.execute('BEGIN'); c.execute('SELECT * FROM one').fetchall()\ntime.sleep(0.4)"
    with application(desk.home, text):
        assert desk.here("up").exit == 0
    assert desk.tables() == ["one", "three", "two"]


@pytest.mark.parametrize("command", ["up", "status", "plan", "log", "down"])
def test_whom_a_command_waits_for_is_told_at_once(desk: Desk, command: str, capsys: pytest.CaptureFixture[str]) -> None:
    with application(desk.home, begin("EXCLUSIVE", 0.8)):
        assert migrate.main(["--database-url", "sqlite:app.db", "--dir", "sql", command]) == 0
    assert capsys.readouterr().err.startswith("waiting for the lock: another process writes this file\n")


@pytest.mark.parametrize(
    "command", ["status", "plan", "log", "up", "down", "baseline 2", "repair 1 --applied", "reset"]
)
def test_at_the_end_of_the_lock_timeout_it_says_so_and_ends_with_5(desk: Desk, command: str) -> None:
    desk.write({"sql/1_one.up.sql": "CREATE TABLE one (id INTEGER, more TEXT);\n"})
    with application(desk.home, "c.execute('BEGIN EXCLUSIVE')\ntime.sleep(60)"):
        began = time.monotonic()
        command += " --yes" * (command in {"down", "reset"})
        ran = desk.here("--lock-timeout", "0.5", *command.split())
    assert (ran.exit, ran.out, ran.err) == (5, "", LOCKED.format(place="sqlite:app.db", command=command))
    assert 0.5 <= time.monotonic() - began < 2


@pytest.mark.parametrize("mode", ["DELETE", "WAL"])
def test_an_application_that_keeps_the_file_to_itself_is_waited_for(desk: Desk, mode: str) -> None:
    text = f"c.execute('PRAGMA locking_mode = EXCLUSIVE'); c.execute('PRAGMA journal_mode = {mode}'); "
    with application(desk.home, text + "c.execute('INSERT INTO one VALUES (1)')\ntime.sleep(60)"):
        before = desk.names()
        ran = desk.here("--lock-timeout", "0.3", "status")
        assert (ran.exit, ran.err) == (5, LOCKED.format(place="sqlite:app.db", command="status"))
        assert desk.names() == before


def test_a_file_without_transaction_that_waits_in_vain_says_what_has_run(desk: Desk) -> None:
    text = f"-- migrate: no-transaction\nCREATE TABLE two (id INTEGER);\nBEGIN;\n{SLOW.format(1_500_000)}\n"
    desk.write({"sql/2_two.up.sql": text + "INSERT INTO two VALUES (1);\nCOMMIT;\n"})
    two = "SELECT 1 FROM sqlite_master WHERE name = 'two'"
    comes = f'pass\nwhile not c.execute("{two}").fetchall(): time.sleep(0.01)\n'
    with (
        application(desk.home, f"{comes}c.execute('BEGIN IMMEDIATE')\ntime.sleep(60)"),
        process(desk.home, *up("--lock-timeout", "0.5", "up", "1")) as runner,
    ):
        out, err = runner.communicate()
    assert (runner.returncode, out) == (5, "")
    assert placed(err) == (
        "error: another process writes this file, and kept the lock for all of the lock timeout\n"
        "  --> sql/2_two.up.sql:5\n  5 | INSERT INTO two VALUES (1);\n"
        "1 of 5 statements have run and stay; table schema_migrations says dirty.\n"
        "fix: wait for it, and run the same command again, which goes on with statement 2\n"
        f"     or wait longer:  {CALLED} --database-url sqlite:app.db --dir sql up 1 --lock-timeout 300\n"
    )
    assert desk.here("up", "1").exit == 0
    assert desk.rows("SELECT id FROM two") == [(1,)]


@pytest.mark.skipif(sys.version_info < (3, 11), reason="sqlite3 does not tell this error from the others")
def test_a_transaction_of_a_file_that_has_read_too_early_begins_again(desk: Desk) -> None:
    desk.rows("PRAGMA journal_mode = WAL")
    reads = f"SELECT count(*) FROM one;\n{SLOW.format(1_500_000)}\n"
    text = f"-- migrate: no-transaction\nBEGIN;\n{reads}INSERT INTO one SELECT 10 + count(*) FROM one;\nCOMMIT;\n"
    desk.write({"sql/2_two.up.sql": text})
    comes = "pass\nwhile not c.execute('SELECT 1 FROM schema_migrations WHERE dirty').fetchall(): time.sleep(0.01)\n"
    with (
        application(desk.home, f"{comes}time.sleep(0.1); c.execute('INSERT INTO one VALUES (1)')"),
        process(desk.home, *up("up", "1")) as runner,
    ):
        _out, err = runner.communicate()
    assert (runner.returncode, err.count("database is locked; rolled back, again in")) == (0, 1)
    assert desk.rows("SELECT * FROM one") == [(1,), (11,)]


def test_wait_waits_no_longer_than_its_own_timeout(desk: Desk) -> None:
    with application(desk.home, "c.execute('BEGIN EXCLUSIVE')\ntime.sleep(60)"):
        began = time.monotonic()
        ran = desk.here("wait", "--timeout", "0.5")
        assert time.monotonic() - began < 2
    assert ran.exit == 3
    assert ran.err == (
        "waiting: another process writes this file\n"
        "error: not ready after 0.5 s: another process writes this file\n"
        "  --> sqlite:app.db (DATABASE_URL in the environment)\n"
        "fix: let it finish, or end it\n"
        "     or wait longer:  imagor-studio-migrate wait --for migrations --timeout 60\n"
    )


@pytest.mark.repeated
@pytest.mark.parametrize("command", ["status", "up"])
def test_ctrl_c_is_seen_at_once_in_a_wait(desk: Desk, command: str) -> None:
    with (
        application(desk.home, "c.execute('BEGIN EXCLUSIVE')\ntime.sleep(60)"),
        process(desk.home, *up(command)) as runner,
    ):
        rig.until(lambda: rig.takes_signals(runner), 60)
        time.sleep(1)
        assert runner.poll() is None
        began = time.monotonic()
        runner.send_signal(signal.SIGINT)
        out, err = runner.communicate()
        assert time.monotonic() - began < 1
    assert (runner.returncode, out) == (130, "")
    assert placed(err).startswith("error: interrupted\nnothing was left half done.\nfix: ")


# --- the lock of a run ----------------------------------------------------------------------------------------------


def other_names(desk: Desk) -> list[str]:
    """The same file by other ways."""
    (desk.home / "link.db").symlink_to("app.db")
    (desk.home / "to").mkdir()
    (desk.home / "to/link.db").symlink_to("../link.db")
    (desk.home / "here").symlink_to(".")
    os.link("app.db", "to/hard.db")
    return ["app.db", "link.db", "to/link.db", "here/app.db", "to/hard.db"]


def test_a_run_keeps_others_out_by_whatever_name_they_come(desk: Desk) -> None:
    names = other_names(desk)
    for mine in names:
        for theirs in names:
            first, second = (migrate.SQLite(migrate.DatabaseURL.parse(f"sqlite:{name}")) for name in (mine, theirs))
            with first.lock(journaled=False), pytest.raises(migrate.LockedError):
                second.lock(journaled=True).__enter__()
            with second.lock(journaled=False):
                pass


def test_two_runners_by_a_link_and_a_hard_link_run_each_statement_once(desk: Desk) -> None:
    names = other_names(desk)
    slow = f"-- migrate: no-transaction\n{SLOW.format(1_500_000)}\nINSERT INTO one VALUES (1);\n"
    desk.write({"sql/2_two.up.sql": slow})
    with contextlib.ExitStack() as stack:
        runners = [stack.enter_context(process(desk.home, *up("up", "1", url=f"sqlite:{name}"))) for name in names]
        assert {runner.communicate() and runner.returncode for runner in runners} == {0}
    assert desk.rows("SELECT * FROM one") == [(1,)]


@pytest.mark.parametrize(
    "command", ["up", "down", "repair 1 --applied", "repair 2 --pending", "baseline 3", "reset --yes"]
)
def test_every_command_that_writes_waits_for_a_live_run(desk: Desk, command: str) -> None:
    desk.write({"sql/2_two.up.sql": f"-- migrate: no-transaction\n{SLOW.format(9_000_000_000)}\n"})
    with process(desk.home, *up("up", "1")) as runner:
        while desk.rows("SELECT count(*) FROM schema_migrations") == [(1,)]:
            assert runner.poll() is None
            time.sleep(0.05)
        ran = desk.here("--lock-timeout", "0.1", *command.split())
        assert runner.poll() is None
    command += " --yes" * (command == "down")
    if command.startswith("repair 2"):
        assert ran.err.startswith("error: 2 two is under way: another runner is at work on it\n  --> sqlite:app.db\n")
    else:
        assert ran.err == LOCKED.format(place="sqlite:app.db", command=command)
    assert ran.exit == 5


def test_a_folder_that_can_be_written_but_not_listed_has_its_lock(desk: Desk) -> None:
    with elsewhere(desk, folder=0o733, file=0o666) as there:
        # By its name from the root: a working directory that cannot be listed has none.
        url = migrate.DatabaseURL.parse(f"sqlite:{there}/app.db")
        first, second = migrate.SQLite(url), migrate.SQLite(url)
        with first.lock(journaled=True):
            with pytest.raises(migrate.LockedError):
                second.lock(journaled=True).__enter__()
            os.seteuid(os.getuid())  # who may list it
            with pytest.raises(migrate.LockedError):
                second.lock(journaled=True).__enter__()


def test_the_lock_of_a_run_takes_none_of_sqlite_away(desk: Desk) -> None:
    other_names(desk)
    database = migrate.SQLite(migrate.DatabaseURL.parse("sqlite:to/hard.db"))
    mine = sqlite3.connect("to/hard.db", isolation_level=None)
    with contextlib.closing(mine):
        mine.execute("BEGIN EXCLUSIVE")
        with database.lock(journaled=True):
            pass
        with process(desk.home, *up("--lock-timeout", "0", "status", url="sqlite:to/hard.db")) as other:
            assert other.wait() == 5


@pytest.mark.parametrize("command", ["status", "plan", "log", "plan --sql"])
def test_who_only_looks_does_not_wait_for_a_run_that_has_the_file_to_itself(desk: Desk, command: str) -> None:
    """Its transaction has outgrown its memory, so that what is committed cannot be read; nor is what is not."""
    rows = SLOW.format(2_000_000).replace("SELECT max(x) FROM (", "CREATE TABLE two AS SELECT hex(x) || x FROM (")
    desk.write({"sql/2_two.up.sql": f"PRAGMA cache_size = 5;\n{rows}\n{SLOW.format(30_000_000)}"})
    with process(desk.home, *up("up", "1")) as runner:
        deadline = time.monotonic() + 30
        while (desk.home / "app.db").stat().st_size < 10**6:
            assert time.monotonic() < deadline
            time.sleep(0.02)
        ran = desk.process(*up(*command.split())[1:])
        assert runner.poll() is None
    assert (ran.returncode, ran.stdout) == (5, "")
    assert ran.stderr.startswith(
        "error: another run is at work, and nothing can be read before it commits\n  --> sqlite:app.db\n"
        "fix: wait for it, and run the same command again\n"
    )
    assert desk.here("status", "--format", "plain").out.split("\t")[:3] == ["1", "one", "applied"]
    assert "2\ttwo\tpending" in desk.here("status", "--format", "plain").out
