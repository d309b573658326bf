"""One outcome per file, told once, when it is true: whatever signals come, and whenever. Real processes only."""

from __future__ import annotations

import contextlib
import fcntl
import os
import random
import re
import shlex
import signal
import subprocess
import sys
import time
from typing import TYPE_CHECKING, Any

import inside
import pytest
import rig
from desk import CALLED, MODULE, RUNNER, clean_environment, placed

import migrate

if TYPE_CHECKING:
    import socket
    from collections.abc import Iterator
    from pathlib import Path

    from servers import Database

pytestmark = pytest.mark.repeated

TABLE = "CREATE TABLE t (n INTEGER);\n"


class Outcome:
    """How a runner that was sent a signal ended; whatever it was, it is told once."""

    def __init__(self, process: subprocess.Popen[str], first: str = "", *, timeout: float = 30) -> None:
        ended = rig.Ended(process, timeout)
        self.exit, self.out, self.err = ended.exit, first + (ended.out or ""), ended.err
        assert "Traceback" not in self.err, self.err
        assert self.exit in {0, 130, 143}, (self.exit, self.err)
        assert self.err.count("error:") == (self.exit != 0), (self.exit, self.err)
        if self.exit:
            assert f"error: {'terminated' if self.exit == 143 else 'interrupted'}\n" in self.err, self.err
            assert "\nfix: " in self.err

    @property
    def told(self) -> list[tuple[str, str]]:
        """Verb and version of each line on stdout."""
        return re.findall(r"^(applied|rolled back)  (\d+) ", self.out, re.MULTILINE)


def busy(database: Database, text: str, process: subprocess.Popen[str] | None = None) -> None:
    """Wait until the runner, a *process* of ours, runs, or waits with, a statement with *text* in it."""
    if database.dialect == "sqlite":
        assert process
        rig.until(lambda: rig.used(process) > 0.7, 60)  # to start takes a fifth of that
        return
    rig.until(lambda: database.running(text), 20)


def history(database: Database, more: str = "") -> list[tuple[Any, ...]]:
    """Version, whether it is dirty, and *more* of each row."""
    with contextlib.suppress(Exception):  # there is none
        rows = database.query(f"SELECT version, dirty{more} FROM schema_migrations ORDER BY length(version), version")
        return [(version, bool(dirty), *others) for version, dirty, *others in rows]
    return []


def log(database: Database) -> list[tuple[Any, ...]]:
    """Version, action, outcome and duration of each attempt, in their order."""
    return database.query("SELECT version, action, outcome, took_ms FROM schema_migrations_log ORDER BY id")


@contextlib.contextmanager
def started(folder: Path, url: str, *words: str, **hooks: str) -> Iterator[subprocess.Popen[str]]:
    """Start a runner, which takes signals when this begins; it is gone afterwards. For its *hooks* see rival.py."""
    process = rig.start_rival(folder, url, *words, **hooks) if hooks else rig.start(folder, url, *words)
    try:
        rig.until(lambda: rig.takes_signals(process) or process.poll() is not None, 60)
        yield process
    finally:
        process.kill()
        process.wait()
        for stream in (process.stdout, process.stderr):
            if stream:
                stream.close()


@contextlib.contextmanager
def script(folder: Path, url: str, text: str) -> Iterator[subprocess.Popen[str]]:
    """Start a program that uses migrate as a library; *settings* and *say* are there already."""
    head = (
        "import os, signal, sys, threading, time, pathlib, migrate\n"
        "settings = migrate.Settings(migrate.DatabaseURL.parse(os.environ['DATABASE_URL']), pathlib.Path('sql'))\n"
        "def say(text): print(text, flush=True)\n"
    )
    environment = clean_environment() | {"DATABASE_URL": url, "PYTHONPATH": str(MODULE.parent)}
    process = subprocess.Popen(
        [sys.executable, "-c", head + text], cwd=folder, text=True, env=environment,
        stdout=subprocess.PIPE, stderr=subprocess.PIPE,
    )  # fmt: skip
    try:
        yield process
    finally:
        process.kill()
        process.communicate()


# --- two at once ----------------------------------------------------------------------------------------------------


def test_two_signals_at_once_are_one_outcome(database: Database, tmp_path: Path, full: bool, seed: int) -> None:
    random_ = random.Random(seed)
    count = 24
    texts = {
        f"{number}_f.up": f"CREATE TABLE t{number} (n INTEGER);\nINSERT INTO ledger VALUES ({number});\n"
        f"CREATE TABLE u{number} (n INTEGER);\n"
        for number in range(1, count + 1)
    }
    for round_ in range(20 if full else 2):
        folder = tmp_path / str(round_)
        folder.mkdir()
        rig.write(folder, texts)
        each = database.server.create(folder)
        try:
            each.execute("CREATE TABLE ledger (n INTEGER)")
            with started(folder, each.url, "up") as process:
                assert process.stdout is not None
                first = os.read(process.stdout.fileno(), 65536).decode() if round_ % 2 else ""
                time.sleep(random_.uniform(0.0, 0.4) if first else random_.uniform(0.3, 0.6))
                for number in random_.choices([signal.SIGINT, signal.SIGTERM], k=2):
                    process.send_signal(number)
                    time.sleep(random_.uniform(0.0, 0.02))
                ended = Outcome(process, first)
            told = [version for _, version in ended.told]
            rows = history(each)
            applied = [version for version, dirty in rows if not dirty]
            assert told == applied, (seed, ended.out, ended.err)
            assert ended.exit or len(applied) == count, (seed, ended.err)
            assert (" says dirty." in ended.err) == (len(rows) > len(applied)), (seed, ended.err, rows)
            again = rig.command(folder, each.url, "up")
            assert again.exit == 0, (seed, ended.err, again.err)
            ledger = each.query("SELECT n FROM ledger ORDER BY n")
            assert ledger == [(number,) for number in range(1, count + 1)], (seed, ended.err)
        finally:
            each.drop()


def test_a_signal_while_results_are_printed_stops_between_two_files(database: Database, tmp_path: Path) -> None:
    """Nobody reads: the runner waits in the middle of what it tells about a file that is in."""
    count = 30
    long = "x" * 200
    rig.write(tmp_path, {f"{number}_{long}.up": f"CREATE TABLE t{number} (n INTEGER);" for number in range(1, count)})
    reader, writer = os.pipe()
    fcntl.fcntl(writer, fcntl.F_SETPIPE_SZ, 4096)
    process = subprocess.Popen(
        [*RUNNER, "--dir", "sql", "up"], cwd=tmp_path, stdout=writer, stderr=subprocess.PIPE,
        env=clean_environment() | {"DATABASE_URL": database.url}, text=True,
    )  # fmt: skip
    os.close(writer)
    rig.until(lambda: len(history(database)) >= 15)
    time.sleep(0.3)
    process.send_signal(signal.SIGTERM)
    time.sleep(0.1)
    with os.fdopen(reader) as stream:
        out = stream.read()
    ended = Outcome(process, out)
    assert [version for _, version in ended.told] == [version for version, dirty in history(database) if not dirty]
    assert ended.exit == (0 if len(ended.told) == count - 1 else 143)


# --- between two files ----------------------------------------------------------------------------------------------
# On PostgreSQL the COMMIT of one and the claim of the next one travel in one message.


def test_a_file_asks_for_two_answers_and_on_mysql_for_one_a_statement_and_one_of_a_commit(
    server_database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    more = " ENGINE = InnoDB DEFAULT CHARSET = utf8mb4" if server_database.dialect == "mysql" else ""
    text = f"CREATE TABLE t{{0}} (n INTEGER){more};\nINSERT INTO t{{0}} VALUES (1);\n"
    rig.write(tmp_path, {f"{number}_a.up": text.format(number) for number in range(10, 20)})
    settings = migrate.Settings(migrate.DatabaseURL.parse(server_database.url), tmp_path / "sql")
    sent, counts = inside.messages(monkeypatch), list[int]()
    for count in (1, 2, 7):  # the first run makes the history
        sent.clear()
        migrate.up(settings, count=count)
        counts.append(len(sent))
    assert counts[2] - counts[1] == 5 * (3 if more else 2)


@pytest.mark.parametrize("moment", ["before", "after"])
def test_a_signal_as_a_file_commits_stops_before_the_next_one(
    server_database: Database, tmp_path: Path, moment: str
) -> None:
    rig.write(tmp_path, {"1_a.up": TABLE})
    assert rig.command(tmp_path, server_database.url, "up").exit == 0
    rig.write(tmp_path, {"1_a.up": TABLE, **{f"{n}_b.up": f"INSERT INTO t VALUES ({n});" for n in (2, 3)}})
    with started(tmp_path, server_database.url, "up", RIVAL_SIGNAL=f"{moment} COMMIT") as process:
        ended = Outcome(process)
    assert ended.exit == 143
    assert ended.told in ([], [("applied", "2")])
    assert history(server_database) == [("1", False), *((version, False) for _, version in ended.told)]
    assert ended.told or server_database.dialect == "mysql"  # whose note and COMMIT a signal takes back
    assert not any(version == "3" for version, *_ in log(server_database))
    assert rig.command(tmp_path, server_database.url, "up").exit == 0
    assert server_database.query("SELECT n FROM t ORDER BY n") == [(2,), (3,)]


@pytest.mark.parametrize("retries", [0, 5])
def test_a_claim_that_waits_too_long_is_its_own_files_and_the_file_before_is_told(
    server_database: Database, tmp_path: Path, retries: int
) -> None:
    ways = {"up": "CREATE TABLE t{0} (n INTEGER);", "down": "DROP TABLE t{0};"}
    rig.write(tmp_path, {f"{n}_a.{way}": text.format(n) for n in (1, 2) for way, text in ways.items()})
    assert rig.command(tmp_path, server_database.url, "up").exit == 0
    holder = server_database.connect().cursor()
    holder.execute("BEGIN")
    holder.execute("SELECT version FROM schema_migrations WHERE version = '1' FOR UPDATE")
    words = "--ddl-lock-timeout", "1", "--retries", f"{retries}", "down", "--all", "--yes"
    with started(tmp_path, server_database.url, *words) as process:
        notice = ""
        while retries and process.stderr and not re.match(r"1 a: ", notice):  # after where, and whom it waits for
            notice = process.stderr.readline()
        holder.execute("COMMIT") if retries else None
        out, err = process.communicate(timeout=30)
    told = re.findall(r"^rolled back  (\d+) ", out, re.MULTILINE)
    assert "Traceback" not in err
    if retries:
        assert (process.returncode, told, history(server_database)) == (0, ["2", "1"], []), err
        assert re.match("1 a: .*; rolled back, again in", notice)
    else:
        assert (process.returncode, told) == (1, ["2"]), err
        assert "nothing was changed" in err
        assert history(server_database) == [("1", False)]
        assert [row[:3] for row in log(server_database)][2:] == [("2", "down", "ok"), ("1", "down", "failed")]
        assert server_database.query("SELECT n FROM t1") == []


@pytest.mark.databases("postgres")
def test_a_server_that_closes_in_the_middle_of_a_message_is_told_by_how_far_it_came(
    database: Database, tmp_path: Path
) -> None:
    rig.write(tmp_path, {"1_a.up": TABLE})
    assert rig.command(tmp_path, database.url, "up").exit == 0
    database.execute(
        "CREATE FUNCTION die() RETURNS trigger LANGUAGE plpgsql AS"
        " 'BEGIN PERFORM pg_terminate_backend(pg_backend_pid()); RETURN NEW; END'",
        "CREATE TRIGGER die BEFORE INSERT ON schema_migrations"
        " FOR EACH ROW WHEN (NEW.version = '3') EXECUTE FUNCTION die()",
    )
    rig.write(tmp_path, {"1_a.up": TABLE, "2_b.up": "INSERT INTO t VALUES (2);", "3_c.up": "SELECT 1;"})
    ran = rig.command(tmp_path, database.url, "up")
    assert (ran.exit, re.findall(r"^applied  (\d+) ", ran.out, re.MULTILINE)) == (1, ["2"])
    assert "nothing was changed by this file" in ran.err
    assert "sql/3_c.up.sql" in ran.err
    assert history(database) == [("1", False), ("2", False)]
    assert [row[:3] for row in log(database)][1:] == [("2", "up", "ok"), ("3", "up", "failed")]


@pytest.mark.databases("postgres")
def test_an_application_takes_its_time_between_two_files(database: Database, tmp_path: Path) -> None:
    rig.write(tmp_path, {"1_a.up": TABLE, "2_b.up": "INSERT INTO t VALUES (2);"})
    database.execute(f"ALTER DATABASE {database.quoted(database.name)} SET idle_in_transaction_session_timeout = 100")
    text = "results = migrate.up(settings, notify=lambda event: time.sleep(0.3))\nsay(len(results))\n"
    with script(tmp_path, database.url, text) as process:
        assert process.communicate(timeout=30) == ("2\n", "")


# --- what only waits ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "statement",
    ["ALTER TABLE held ADD COLUMN m INTEGER", "CREATE INDEX i ON held (n)", "DROP TABLE held"],
    ids=["alter", "index", "drop"],
)
def test_a_signal_to_a_statement_that_only_waits_for_its_lock_leaves_an_exact_journal(
    server_database: Database, tmp_path: Path, statement: str
) -> None:
    server_database.execute("CREATE TABLE held (n INTEGER)", "INSERT INTO held VALUES (1)")
    rig.write(tmp_path, {"1_a.up": f"{TABLE}{statement};\n"})
    holder = server_database.connect().cursor()
    holder.execute("BEGIN")
    holder.execute("UPDATE held SET n = 2")
    with started(tmp_path, server_database.url, "--ddl-lock-timeout", "60", "up") as process:
        rig.until(lambda: server_database.waiting(statement), 20)
        time.sleep(0.4)
        began = time.monotonic()
        process.send_signal(signal.SIGTERM)
        ended = Outcome(process)
    assert time.monotonic() - began < 5
    assert ended.exit == 143
    if server_database.dialect == "mysql":
        assert "1 of 2 statements have run and stay; table schema_migrations says dirty.\n" in ended.err
        assert history(server_database, ", statements_done") == [("1", True, 1)]
    else:
        assert "rolled back whole: 1 a.\n" in ended.err
        assert history(server_database) == []
    assert "may have run" not in ended.err
    ((version, action, outcome, took),) = log(server_database)
    assert (version, action, outcome) == ("1", "up", "failed")
    assert 400 <= took <= 3000
    holder.execute("COMMIT")
    again = rig.command(tmp_path, server_database.url, "up")
    assert again.exit == 0, again.err
    assert [row[:3] for row in log(server_database)] == [("1", "up", "failed"), ("1", "up", "ok")]


# --- what works -----------------------------------------------------------------------------------------------------


def test_a_signal_in_the_middle_of_an_alter_that_copies_is_undone_by_the_server(
    mysql_family: Database, tmp_path: Path
) -> None:
    double = "INSERT INTO big (t) SELECT t FROM big"
    make = ("CREATE TABLE big (n INTEGER PRIMARY KEY AUTO_INCREMENT, t VARCHAR(200))", "INSERT INTO big (t) VALUES (1)")
    mysql_family.execute(*make, "UPDATE big SET t = REPEAT('x', 150)", *([double] * 17))
    copy = "ALTER TABLE big ADD COLUMN m INTEGER, ALGORITHM=COPY"
    rig.write(tmp_path, {"1_a.up": f"{TABLE}{copy};\n"})
    with started(tmp_path, mysql_family.url, "up") as process:
        busy(mysql_family, "ALTER TABLE big")
        time.sleep(0.1)
        process.send_signal(signal.SIGTERM)
        ended = Outcome(process)
    columns = f"information_schema.columns WHERE table_schema = '{mysql_family.name}' AND table_name = 'big'"
    if ended.exit == 0:  # it was too fast
        assert history(mysql_family) == [("1", False)]
        return
    assert "1 of 2 statements have run and stay" in ended.err
    assert history(mysql_family, ", statements_done") == [("1", True, 1)]
    assert mysql_family.query(f"SELECT count(*) FROM {columns}") == [(2,)]
    assert rig.command(tmp_path, mysql_family.url, "up").exit == 0


def test_a_signal_in_slow_data_changes_takes_all_of_them_back_and_logs_how_long(
    database: Database, tmp_path: Path
) -> None:
    database.execute("CREATE TABLE t (n INTEGER)")
    slow = database.ENDLESS
    rig.write(tmp_path, {"1_a.up": f"INSERT INTO t VALUES (1);\n{slow};\nINSERT INTO t VALUES (2);\n"})
    with started(tmp_path, database.url, "up") as process:
        there = time.monotonic()
        busy(database, slow[-9:], process)
        began = time.monotonic()
        time.sleep(0.5)
        process.send_signal(signal.SIGTERM)
        lasted, whole = time.monotonic() - began, time.monotonic() - there
        ended = Outcome(process)
    assert ended.exit == 143
    state = "nothing was changed" if database.dialect == "mysql" else "rolled back whole: 1 a."
    assert state in ended.err
    assert database.query("SELECT n FROM t") == []
    assert history(database) == []
    ((version, action, outcome, took),) = log(database)
    assert (version, action, outcome) == ("1", "up", "failed")
    assert 1000 * lasted * 0.95 <= took <= 1000 * (whole + 0.3) * 1.1
    rig.write(tmp_path, {"1_a.up": "INSERT INTO t VALUES (1);\n"})
    assert rig.command(tmp_path, database.url, "up").exit == 0
    assert database.query("SELECT n FROM t") == [(1,)]


def test_a_call_that_a_signal_has_ended_may_have_done_a_part(server_database: Database, tmp_path: Path) -> None:
    server_database.execute("CREATE TABLE t (n INTEGER)")
    body = {
        "postgres": "CREATE PROCEDURE p() LANGUAGE plpgsql AS $$ BEGIN INSERT INTO t VALUES (1); COMMIT;"
        " PERFORM pg_sleep(50); INSERT INTO t VALUES (2); END $$",
        "mysql": "CREATE PROCEDURE p() BEGIN INSERT INTO t VALUES (1); COMMIT;"
        " SET @n = (SELECT COUNT(*) FROM information_schema.columns a, information_schema.columns b,"
        " information_schema.columns c, information_schema.columns d); INSERT INTO t VALUES (2); END",
    }[server_database.dialect]
    server_database.execute(body)
    rig.write(tmp_path, {"1_a.up": "-- migrate: no-transaction\nCREATE TABLE first (n INTEGER);\nCALL p();\n"})
    with started(tmp_path, server_database.url, "up") as process:
        rig.until(lambda: server_database.query("SELECT n FROM t"), 20)
        time.sleep(0.2)
        process.send_signal(signal.SIGTERM)
        ended = Outcome(process)
    assert ended.exit == 143
    assert "1 of 2 statements have run and stay" in ended.err
    assert "Statement 2 may have run, or a part of it." in ended.err
    assert "repair 1 --applied" in ended.err
    assert rig.command(tmp_path, server_database.url, "up").exit == 4
    assert rig.command(tmp_path, server_database.url, "repair", "1", "--applied").exit == 0
    assert server_database.query("SELECT n FROM t") == [(1,)]


# --- other commands -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("command", ["down", "redo"])
def test_a_signal_in_a_roll_back_leaves_the_version_applied(database: Database, tmp_path: Path, command: str) -> None:
    slow = database.ENDLESS
    rig.write(tmp_path, {"1_a.up": TABLE, "1_a.down": f"DELETE FROM t;\n{slow};\nDROP TABLE t;\n"})
    assert rig.command(tmp_path, database.url, "up").exit == 0
    database.execute("INSERT INTO t VALUES (1)")
    with started(tmp_path, database.url, command) as process:
        busy(database, slow[-9:], process)
        process.send_signal(signal.SIGINT)
        ended = Outcome(process)
    assert ended.exit == 130
    assert ended.told == []
    state = "still applied: 1 a.\n"
    if database.dialect == "mysql":
        state = "  --> sql/1_a.down.sql\nthe statement was ended (connection N). nothing was changed: "
        state += "no statement of this file has run.\n"
    whole = f"error: interrupted\n{state}fix: go on where it stopped:  {CALLED} {command}\n"
    assert re.sub(r"connection \d+", "connection N", ended.err[ended.err.index("error:") :]) == whole
    assert history(database) == [("1", False)]
    assert database.query("SELECT n FROM t") == [(1,)]
    assert [row[:3] for row in log(database)] == [("1", "up", "ok"), ("1", "down", "failed")]


def test_a_signal_in_the_second_half_of_redo_says_that_the_first_is_done(database: Database, tmp_path: Path) -> None:
    slow = database.ENDLESS
    rig.write(tmp_path, {"1_a.up": "SELECT 1;", "1_a.down": "SELECT 1;"})
    assert rig.command(tmp_path, database.url, "up").exit == 0
    rig.write(tmp_path, {"1_a.up": f"{slow};"})
    database.execute("DELETE FROM schema_migrations_log")
    with started(tmp_path, database.url, "redo") as process:
        busy(database, slow[-9:], process)
        process.send_signal(signal.SIGTERM)
        ended = Outcome(process)
    assert ended.exit == 143
    assert ended.told == [("rolled back", "1")]
    state = "1 a is rolled back, and not applied again.\n"
    if database.dialect == "mysql":
        state = f"  --> sql/1_a.up.sql\nthe statement was ended (connection N). {state}"
    whole = f"error: terminated\n{state}fix: go on where it stopped:  {CALLED} redo\n"
    assert re.sub(r"connection \d+", "connection N", ended.err[ended.err.index("error:") :]) == whole
    assert history(database) == []
    assert [row[:3] for row in log(database)] == [("1", "down", "ok"), ("1", "up", "failed")]


def test_a_signal_in_reset_says_that_everything_was_dropped(database: Database, tmp_path: Path) -> None:
    slow = database.ENDLESS
    rig.write(tmp_path, {"1_a.up": TABLE, "2_b.up": "SELECT 1;"})
    assert rig.command(tmp_path, database.url, "up").exit == 0
    rig.write(tmp_path, {"2_b.up": f"{slow};"})
    with started(tmp_path, database.url, "reset", "--yes") as process:
        busy(database, slow[-9:], process)
        process.send_signal(signal.SIGTERM)
        ended = Outcome(process)
    assert ended.exit == 143
    assert "dropped 3 objects\n" in ended.err
    assert f"fix: go on where it stopped:  {CALLED} up\n" in ended.err
    done = [("1", False)] if database.dialect != "sqlite" else []
    assert history(database) == done
    assert [version for _, version in ended.told] == [version for version, _ in done]


@pytest.mark.parametrize("command", ["baseline 1", "up", "down"])
def test_a_signal_to_a_command_that_waits_for_another_runner_changes_nothing(
    database: Database, tmp_path: Path, command: str
) -> None:
    slow = database.ENDLESS
    rig.write(tmp_path, {"1_a.up": TABLE, "1_a.down": "DROP TABLE t;"})
    if command == "down":
        assert rig.command(tmp_path, database.url, "up").exit == 0
    rig.write(tmp_path, {"2_b.up": f"{slow};"})
    with started(tmp_path, database.url, "up") as winner:
        busy(database, slow[-9:], winner)
        with started(tmp_path, database.url, *command.split(), RIVAL_FOLDER=str(tmp_path)) as process:
            rig.until(lambda: rig.at_the_lock(tmp_path, process))
            time.sleep(0.2)  # it asks for the lock every 50 ms
            began = time.monotonic()
            process.send_signal(signal.SIGTERM)
            ended = Outcome(process)
            assert time.monotonic() - began < 5
        assert ended.exit == 143
        assert ended.told == []
        assert "nothing was left half done.\n" in ended.err
        winner.send_signal(signal.SIGINT)
        assert Outcome(winner).exit == 130


# --- SQLite ---------------------------------------------------------------------------------------------------------


def test_a_signal_to_a_run_that_waits_for_an_application_ends_it_at_once(sqlite: Database, tmp_path: Path) -> None:
    rig.write(tmp_path, {"1_a.up": TABLE})
    application = sqlite.connect()
    application.execute("CREATE TABLE other (n INTEGER)")
    application.execute("BEGIN IMMEDIATE")
    with started(tmp_path, sqlite.url, "up") as process:
        time.sleep(1.0)
        began = time.monotonic()
        process.send_signal(signal.SIGTERM)
        ended = Outcome(process)
    assert time.monotonic() - began < 3
    assert (ended.exit, ended.told) == (143, [])
    assert "nothing was left half done." in ended.err
    application.execute("COMMIT")
    assert rig.command(tmp_path, sqlite.url, "up").exit == 0


def test_a_signal_to_a_commit_that_waits_for_a_reader_takes_it_back(sqlite: Database, tmp_path: Path) -> None:
    rig.write(tmp_path, {"1_a.up": TABLE})
    reader = sqlite.connect()
    reader.execute("CREATE TABLE other (n INTEGER)")
    reader.execute("BEGIN")
    reader.execute("SELECT * FROM other").fetchall()
    with started(tmp_path, sqlite.url, "up") as process:
        time.sleep(1.5)
        began = time.monotonic()
        process.send_signal(signal.SIGTERM)
        ended = Outcome(process)
    assert time.monotonic() - began < 3
    assert (ended.exit, ended.told) == (143, [])
    reader.execute("COMMIT")
    assert sqlite.tables() == ["other"]
    assert history(sqlite) == []
    assert rig.command(tmp_path, sqlite.url, "up").exit == 0
    assert sqlite.tables() == ["other", "t"]


# --- a terminal, a cancel at the wrong moment, a server that says nothing -------------------------------------------


def test_a_terminal_sends_it_to_the_whole_group(server_database: Database, tmp_path: Path) -> None:
    slow = server_database.ENDLESS
    rig.write(tmp_path, {"1_a.up": f"{slow};"})
    process = subprocess.Popen(
        ["sh", "-c", f"{shlex.join(RUNNER)} --dir sql up | cat"], cwd=tmp_path, text=True,
        env=clean_environment() | {"DATABASE_URL": server_database.url}, start_new_session=True,
        stdout=subprocess.PIPE, stderr=subprocess.PIPE,
    )  # fmt: skip
    busy(server_database, slow[-9:])
    os.killpg(process.pid, signal.SIGINT)
    _, err = process.communicate(timeout=30)
    rig.until(lambda: log(server_database), 5)  # who reads the pipe has gone: the shell does not wait for the run
    assert placed(err).startswith("error: interrupted\n")
    assert "Traceback" not in err
    assert [row[:3] for row in log(server_database)] == [("1", "up", "failed")]


@pytest.mark.parametrize("moment", ["before", "after"])
def test_a_cancel_at_the_wrong_moment_is_no_other_outcome(
    server_database: Database, tmp_path: Path, moment: str
) -> None:
    """A moment *before* the statement is sent, or *after* it was answered, the server has nothing to cancel."""
    slow = server_database.ENDLESS if moment == "before" else "INSERT INTO t VALUES (7)"
    rig.write(tmp_path, {"1_a.up": f"{TABLE}{slow};\n", "2_b.up": "SELECT 1;"})
    began = time.monotonic()
    with started(tmp_path, server_database.url, "up", RIVAL_SIGNAL=f"{moment} {slow[-9:]}") as process:
        ended = Outcome(process)
    assert time.monotonic() - began < 10
    rows = history(server_database)
    assert ended.exit == 143
    assert [version for _, version in ended.told] == [version for version, dirty in rows if not dirty]
    assert (" says dirty." in ended.err) == any(dirty for _, dirty in rows)
    rig.write(tmp_path, {"1_a.up": TABLE + ("SELECT 1;\n" if moment == "before" else f"{slow};\n")})
    assert rig.command(tmp_path, server_database.url, "up").exit == 0
    assert server_database.query("SELECT n FROM t") == ([(7,)] if moment == "after" else [])


@pytest.mark.parametrize("moment", ["judged", "closing"])
def test_a_signal_that_comes_after_a_failure_does_not_hide_it(database: Database, tmp_path: Path, moment: str) -> None:
    """While the lock is let go, and while the connection is closed."""
    rig.write(tmp_path, {"1_a.up": f"{TABLE}INSERT INTO nothing VALUES (1);\n"})
    with started(tmp_path, database.url, "up", RIVAL_SIGNAL=f"{moment} ") as process:
        out, err = process.communicate(timeout=30)
    assert (process.returncode, out, err.count("error:")) == (1, "", 1)
    state = "1 of 2 statements have run and stay" if database.dialect == "mysql" else "nothing was changed by this file"
    assert state in err
    assert "sql/1_a.up.sql:2" in err


class Silence(rig.Proxy):
    """A proxy that passes nothing on, and closes nothing, once it is *silent*."""

    silent = False

    def _pump(self, source: socket.socket, target: socket.socket) -> None:
        with contextlib.suppress(OSError):
            while data := source.recv(65536):
                while self.silent:
                    time.sleep(0.1)
                target.sendall(data)
        self._close(source, target)

    def _pass_on(self, client: socket.socket, server: socket.socket) -> None:
        self._pump(client, server)

    def _pass_back(self, client: socket.socket, server: socket.socket) -> None:
        self._pump(server, client)


def test_a_server_that_takes_no_cancel_is_not_waited_for(server_database: Database, tmp_path: Path) -> None:
    slow = server_database.ENDLESS
    rig.write(tmp_path, {"1_a.up": TABLE, "2_b.up": f"CREATE TABLE u (n INTEGER);\n{slow};\n"})
    proxy = Silence(server_database.url, b"", after=False)
    url = f"{proxy.url}?connect_timeout=1"
    try:
        with started(tmp_path, url, "up", RIVAL_PATIENCE="1") as process:
            busy(server_database, slow[-9:])
            proxy.silent = True
            process.send_signal(signal.SIGTERM)
            ended = Outcome(process, timeout=60)
    finally:
        proxy.silent = False
        proxy.close()
    assert ended.exit == 143
    assert ended.told == [("applied", "1")]
    assert "1 migration done before that; " in ended.err
    assert "the database cannot be asked now" in ended.err


# --- as a library ---------------------------------------------------------------------------------------------------


def test_as_a_library_a_run_that_is_interrupted_is_both_errors_with_its_results(
    database: Database, tmp_path: Path
) -> None:
    rig.write(tmp_path, {"1_a.up": TABLE, "2_b.up": "SELECT 1;", "3_c.up": f"{database.ENDLESS};"})
    use = (
        "try: migrate.up(settings)\n"
        "except KeyboardInterrupt as stopped:\n"
        "    say([isinstance(stopped, migrate.MigrateError), [each.version for each in stopped.results]])\n"
        "    say(signal.getsignal(signal.SIGINT) is signal.default_int_handler)\n"
    )
    with script(tmp_path, database.url, use) as process:
        busy(database, database.ENDLESS[-9:], process)
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=30)
    done = [] if database.dialect == "sqlite" else ["1", "2"]  # there, all of a run is one transaction
    assert (out, err) == (f"{[True, done]}\nTrue\n", "")
    assert [version for version, _ in history(database)] == done


@pytest.mark.parametrize("raises", [True, False], ids=["raises SystemExit", "sets a flag"])
def test_an_applications_own_handler_is_called_once_and_is_there_afterwards(
    server_database: Database, tmp_path: Path, raises: bool
) -> None:
    gate = rig.Gate(server_database, tmp_path / "gate")
    rig.write(tmp_path, {"1_a.up": gate.statement, "2_b.up": "SELECT 1;"})
    use = (
        "calls = []\n"
        "def own(number, frame):\n"
        "    calls.append(number)\n"
        "    pathlib.Path('called').touch()\n"
        f"    if {raises}: raise SystemExit(7)\n"
        "signal.signal(signal.SIGTERM, own)\n"
        "try: say([each.version for each in migrate.up(settings)])\n"
        "except BaseException as raised: say([type(raised).__name__, getattr(raised, 'code', None)])\n"
        "say([calls, signal.getsignal(signal.SIGTERM) is own])\n"
    )
    with script(tmp_path, server_database.url, use) as process:
        rig.until(gate.somebody)
        process.send_signal(signal.SIGTERM)
        if not raises:  # the statement goes on; otherwise, it is ended
            rig.until((tmp_path / "called").exists)
            gate.open()
        out, err = process.communicate(timeout=30)
    said = ["SystemExit", 7] if raises else ["1", "2"]
    assert (out, err) == (f"{said}\n{[[15], True]}\n".replace('"', "'"), "")
    assert [version for version, _ in history(server_database)] == ([] if raises else ["1", "2"])
    assert [row[:3] for row in log(server_database)][:1] == [("1", "up", "failed" if raises else "ok")]


def test_in_another_thread_no_handler_is_touched(sqlite: Database, tmp_path: Path) -> None:
    rig.write(tmp_path, {"1_a.up": "SELECT 1;"})
    use = (
        "seen = []\n"
        "def own(number, frame): pass\n"
        "signal.signal(signal.SIGTERM, own)\n"
        "def look(event): seen.append(signal.getsignal(signal.SIGTERM) is own)\n"
        "thread = threading.Thread(target=lambda: migrate.up(settings, notify=look))\n"
        "thread.start(); thread.join()\n"
        "say([seen and all(seen), signal.getsignal(signal.SIGINT) is signal.default_int_handler])\n"
    )
    with script(tmp_path, sqlite.url, use) as process:
        out, err = process.communicate(timeout=30)
    assert (out, err) == ("[True, True]\n", "")
