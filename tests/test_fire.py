"""What an operator needs when locks, signals and servers get in the way."""

from __future__ import annotations

import contextlib
import json
import os
import re
import signal
import sqlite3
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
import rig
from desk import CALLED, RUNNER, Desk, clean_environment, placed

import migrate

if TYPE_CHECKING:
    from collections.abc import Iterator

    from servers import Database

SLEEP = {"postgres": "SELECT pg_sleep({0});", "mysql": "DO SLEEP({0});"}
ONE = {"sql/1_one.up.sql": "CREATE TABLE one (id INTEGER);", "sql/1_one.down.sql": "DROP TABLE one;"}


@pytest.fixture
def desk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Desk:
    return Desk.start(tmp_path, monkeypatch, capsys)


@contextlib.contextmanager
def runner(desk: Desk, database: Database, *words: str) -> Iterator[subprocess.Popen[str]]:
    """Start one command in a process of its own; it is gone afterwards."""
    command = [*RUNNER, "--dir", "sql", *words]
    environment = clean_environment() | {"DATABASE_URL": database.url}
    pipe = subprocess.PIPE
    process = subprocess.Popen(command, cwd=desk.home, env=environment, text=True, stdout=pipe, stderr=pipe)
    try:
        yield process
    finally:
        process.kill()
        process.communicate()


def running(database: Database, text: str) -> None:
    """Wait until another session of the server runs a statement with *text* in it."""
    sql = {
        "postgres": "SELECT pid FROM pg_stat_activity WHERE datname = current_database() AND state = 'active'"
        " AND pid <> pg_backend_pid()"
        f" AND query LIKE '%{text}%'",
        "mysql": f"SELECT id FROM information_schema.processlist WHERE info LIKE '%{text}%' AND db = DATABASE()"
        " AND id <> CONNECTION_ID()",
    }[database.dialect]
    end = time.monotonic() + 20
    while not database.query(sql):
        assert time.monotonic() < end, f"nothing runs {text}"
        time.sleep(0.05)


def slow(database: Database, seconds: int) -> str:
    return SLEEP[database.dialect].format(seconds)


# --- the lock -------------------------------------------------------------------------------------------------------


@pytest.mark.repeated
def test_who_waits_in_vain_is_told_who_has_the_lock(desk: Desk, server_database: Database) -> None:
    desk.write({"sql/1_slow.up.sql": "CREATE TABLE a (n INTEGER);\n" + slow(server_database, 30)})
    desk.set(DATABASE_URL=server_database.url)
    with runner(desk, server_database, "up"):
        running(server_database, "leep(30")
        ran = desk("--dir", "sql", "--lock-timeout", "0.5", "up")
    assert ran.exit == 5
    lines = ran.err.splitlines()
    assert lines[0] == "error: another runner is at work, and kept the lock for all of the lock timeout"
    since = r"since \d{4}-\d\d-\d\d \d\d:\d\d:\d\d UTC"
    who = rf"  held by pid \d+, migrator@\S+, {since}: /\* migrate up 1 \*/ DO SLEEP\(\.\.\.\)"
    if server_database.dialect == "postgres":
        text = re.escape("CREATE TABLE a (n INTEGER); SELECT pg_sleep(...);")
        who = rf"  held by pid \d+, migrator@\S+, migrate up 1, {since}: {text}"
    assert re.fullmatch(who, lines[2]), lines
    pid = lines[2].split()[3].rstrip(",")
    way = f"SELECT pg_terminate_backend({pid});" if server_database.dialect == "postgres" else f"KILL {pid};"
    assert lines[3:] == [
        "nothing was changed.",
        "fix: wait for it, and run the same command again",
        "     or wait longer:  imagor-studio-migrate --dir sql up --lock-timeout 300",
        f"     or end it, where nobody needs it any more:  {way}",
    ]


@pytest.mark.repeated
@pytest.mark.long
def test_as_json_who_is_in_the_way_is_told_without_a_value(desk: Desk, server_database: Database) -> None:
    server_database.execute("CREATE TABLE t1 (n INTEGER)")
    server_database.execute("INSERT INTO t1 VALUES (1)")
    desk.write({"sql/1_add.up.sql": "ALTER TABLE t1 ADD COLUMN m INTEGER;"})
    desk.set(DATABASE_URL=server_database.url)
    sleep = {"postgres": "pg_sleep", "mysql": "SLEEP"}[server_database.dialect]
    reads = f"SELECT n, {sleep}(6) FROM t1 WHERE n < 4242.42"
    reader = threading.Thread(target=server_database.query, args=(reads,))
    reader.start()
    running(server_database, "4242")
    ran = desk("--format", "json", "--dir", "sql", "--ddl-lock-timeout", "2", "--retries", "1", "up")
    reader.join()
    note = next(told["message"] for told in map(json.loads, ran.out.splitlines()) if told["event"] == "note")
    assert f" UTC: SELECT n, {sleep}(...) FROM t1 WHERE n < ...; rolled back, again in " in note
    assert "4242" not in ran.out


@pytest.mark.databases("mysql")
def test_who_is_in_the_way_is_told_also_while_anybody_runs_a_text_with_an_emoji(
    desk: Desk, server_database: Database
) -> None:
    """MySQL's list of sessions is an error then (3854), whoever is asked for."""
    server_database.execute("CREATE TABLE t1 (n INTEGER)", "INSERT INTO t1 VALUES (1)")
    desk.write({"sql/1_add.up.sql": "ALTER TABLE t1 ADD COLUMN m INTEGER;"})
    desk.set(DATABASE_URL=server_database.url)
    sessions = [
        threading.Thread(target=server_database.query, args=(sql,))
        for sql in ("SELECT '🐕', SLEEP(4) AS 'asleep'", "SELECT SLEEP(4) AS 'awake' FROM t1")
    ]
    for session in sessions:
        session.start()
    running(server_database, "asleep")
    running(server_database, "awake")
    ran = desk("--dir", "sql", "--ddl-lock-timeout", "2", "--retries", "0", "up")
    for session in sessions:
        session.join()
    assert ran.exit == 1
    assert re.search(r"\n  in the way: pid .* UTC: SELECT SLEEP", ran.err), ran.err


@pytest.mark.repeated
def test_what_a_holder_runs_is_shown_without_its_quoted_texts(desk: Desk, postgres: Database) -> None:
    desk.write({"sql/1_slow.up.sql": "SELECT 's3cr3t', $$s3cr3t$$, pg_sleep(30);"})
    desk.set(DATABASE_URL=postgres.url)
    with runner(desk, postgres, "up"):
        running(postgres, "leep(30")
        ran = desk("--dir", "sql", "--lock-timeout", "0", "up")
    assert "UTC: SELECT ...\n" in ran.err
    assert "s3cr3t" not in ran.err


ABOVE = "-- 20260101 slow\n--\n-- Why    it's slow\n/* and\n   more; */\n"


@pytest.mark.repeated
def test_a_statement_is_shown_from_its_first_word_that_is_no_comment(desk: Desk, server_database: Database) -> None:
    make = "CREATE TABLE a (\n    n INTEGER,  -- whose\n    m INTEGER\n);\n" * (server_database.dialect == "postgres")
    desk.write({"sql/1_slow.up.sql": ABOVE + make + slow(server_database, 30)})  # to PostgreSQL it goes as one text
    desk.set(DATABASE_URL=server_database.url)
    with runner(desk, server_database, "up"):
        running(server_database, "leep(30")
        ran = desk("--dir", "sql", "--lock-timeout", "0.5", "up")
        words = "--database-url", server_database.url, "--dir", "sql", "--lock-timeout", "2", "up"
        waiting = desk.process(*words).stderr.splitlines()[0]
    text = {"postgres": "CREATE TABLE a ( n INTEGER, ...", "mysql": "/* migrate up 1 */ DO SLEEP(...)"}
    said = f" UTC: {text[server_database.dialect]}"
    (held,) = [line for line in ran.err.splitlines() if line.startswith("  held by ")]
    assert held.endswith(said)
    assert waiting.startswith("waiting for the lock: another runner is at work; pid ")
    assert waiting.endswith(said)


@pytest.mark.repeated
def test_so_is_that_of_a_session_in_the_way_and_it_holds_no_value(desk: Desk, postgres: Database) -> None:
    postgres.execute("CREATE TABLE t (n INTEGER)")
    desk.write({"sql/1_add.up.sql": "ALTER TABLE t ADD COLUMN m INTEGER;"})
    desk.set(DATABASE_URL=postgres.url)
    long = " AND n IS NOT NULL" * 9
    for sql, shown in {
        f"{ABOVE}SELECT n FROM t\nWHERE n > 4242\n  AND 's3cr3t' <> ''": "SELECT n FROM t WHERE n > ... AND ...",
        "/* a /* b */ s3cr3t */SELECT n FROM t -- s3cr3t": "SELECT n FROM t ...",
        f"SELECT n FROM t WHERE n IS NULL{long}": f"SELECT n FROM t WHERE n IS NULL{long}"[:97] + "...",
        "-- s3cr3t": "...",
        "/* s3cr3t */": "...",
    }.items():
        holder = postgres.connect()
        cursor = holder.cursor()
        cursor.execute("BEGIN")
        cursor.execute("SELECT * FROM t")
        cursor.execute(sql)
        ran = desk("--dir", "sql", "--ddl-lock-timeout", "1", "--retries", "0", "up")
        holder.close()
        (line,) = [line for line in ran.err.splitlines() if line.startswith("  in the way: ")]
        assert line.partition(" UTC: ")[2] == f"idle in transaction, last {shown}"
        assert "s3cr3t" not in ran.err


# --- limits ---------------------------------------------------------------------------------------------------------


@pytest.mark.repeated
def test_a_statement_is_ended_at_the_statement_timeout(desk: Desk, database: Database) -> None:
    endless = "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT max(i) FROM n;"
    columns = "information_schema.columns"
    text = {
        "sqlite": endless,
        "postgres": "SELECT pg_sleep(60);",
        "mysql": f"SELECT COUNT(*) FROM {columns} a, {columns} b, {columns} c, {columns} d;",
    }[database.dialect]
    desk.write({"sql/1_slow.up.sql": text, "sql/1_slow.down.sql": "SELECT 1;"})
    desk.set(DATABASE_URL=database.url)
    started = time.monotonic()
    ran = desk("--dir", "sql", "--statement-timeout", "1", "up")
    assert time.monotonic() - started < 20
    assert ran.exit == 1
    assert "statement timeout" in ran.err
    assert "nothing was changed" in ran.err
    assert desk("--dir", "sql", "status").out.split("\t")[2] == "pending"


@pytest.mark.repeated
def test_a_file_that_waits_too_long_is_tried_again_and_says_for_whom(desk: Desk, server_database: Database) -> None:
    server_database.execute("CREATE TABLE t (n INTEGER)")
    desk.write({"sql/1_add.up.sql": "CREATE TABLE other (n INTEGER);\nALTER TABLE t ADD COLUMN m INTEGER;"})
    desk.set(DATABASE_URL=server_database.url)
    holder = server_database.connect()
    cursor = holder.cursor()
    cursor.execute("BEGIN")
    cursor.execute("SELECT * FROM t")
    cursor.fetchall()
    ran = desk("--dir", "sql", "--ddl-lock-timeout", "1", "--retries", "0", "up")
    assert ran.exit == 1
    assert "--ddl-lock-timeout 30 --retries 10" in ran.err
    if server_database.dialect == "postgres":
        assert re.search(
            r"  in the way: pid \d+, migrator@\S+, since .* UTC: idle in transaction, last SELECT \* FROM t", ran.err
        )
        assert server_database.tables() == ["t"]
    with runner(desk, server_database, "--ddl-lock-timeout", "1", "--retries", "9", "up") as process:
        assert process.stderr
        where, said = process.stderr.readline(), process.stderr.readline()
        cursor.execute("COMMIT")
        out, _ = process.communicate(timeout=60)
    assert placed(where) == ""
    assert re.search(r"1 add: .*; rolled back, again in \d+\.\d s \(1 of 9\)", said)
    assert out.startswith("applied  1 add")
    assert process.returncode == 0


@pytest.mark.repeated
def test_a_signal_between_two_attempts_is_told_what_is_in(desk: Desk, server_database: Database) -> None:
    server_database.execute("CREATE TABLE t (n INTEGER)")
    desk.write({"sql/1_add.up.sql": "CREATE TABLE other (n INTEGER);\nALTER TABLE t ADD COLUMN m INTEGER;"})
    cursor = server_database.connect().cursor()
    cursor.execute("BEGIN")
    cursor.execute("SELECT * FROM t")
    cursor.fetchall()
    with runner(desk, server_database, "--ddl-lock-timeout", "1", "--retries", "9", "up") as process:
        assert process.stderr
        assert placed(process.stderr.readline()) == ""
        assert "; rolled back, again in " in process.stderr.readline()
        process.send_signal(signal.SIGTERM)
        _, err = process.communicate(timeout=60)
    assert process.returncode == 143
    assert placed(err).startswith("error: terminated\n")
    postgres = server_database.dialect == "postgres"
    state = "rolled back whole: 1 add." if postgres else "1 of 2 statements have run and stay;"
    assert state in err
    assert server_database.tables() == (["t"] if postgres else ["other", "t"])
    cursor.execute("COMMIT")
    desk.set(DATABASE_URL=server_database.url)
    assert desk("--dir", "sql", "up").exit == 0


@pytest.mark.repeated
def test_status_does_not_wait_for_ever_for_a_history_that_another_program_locks(
    desk: Desk, server_database: Database
) -> None:
    desk.write(ONE)
    desk.set(DATABASE_URL=server_database.url)
    assert desk("--dir", "sql", "up").exit == 0
    cursor = server_database.connect().cursor()
    cursor.execute("BEGIN" if server_database.dialect == "postgres" else "LOCK TABLES schema_migrations WRITE")
    if server_database.dialect == "postgres":
        cursor.execute("LOCK TABLE schema_migrations IN ACCESS EXCLUSIVE MODE")
    for command in ("status", "down"):
        ran = desk("--dir", "sql", "--ddl-lock-timeout", "1", command)
        assert ran.exit == 1
        assert (
            "fix: another session has locked schema_migrations: end it, or run the same command again later" in ran.err
        )


@pytest.mark.parametrize("option", ["--lock-timeout", "--ddl-lock-timeout", "--retries", "--statement-timeout"])
@pytest.mark.parametrize("value", ["-1", "x", ""])
def test_a_limit_below_zero_is_refused(desk: Desk, option: str, value: str) -> None:
    desk.write(ONE)
    ran = desk.here(f"{option}={value}", "up")
    assert ran.exit == 2
    assert f"fix: write it like  {option} " in ran.err
    assert "app.db" not in desk.names()


def test_retries_are_a_whole_number(desk: Desk) -> None:
    desk.write(ONE)
    assert desk.here("--retries", "1.5", "up").err.startswith(
        "error: --retries takes a whole number, from 0 to 9999999\n"
    )


def test_zero_is_no_limit_for_a_statement(desk: Desk) -> None:
    desk.write(ONE)
    assert desk.here("--ddl-lock-timeout", "0", "--retries", "0", "--statement-timeout", "0", "up").exit == 0


# --- signals --------------------------------------------------------------------------------------------------------


@pytest.mark.repeated
@pytest.mark.parametrize(
    ("number", "code", "word"), [(signal.SIGINT, 130, "interrupted"), (signal.SIGTERM, 143, "terminated")]
)
def test_a_signal_leaves_neither_a_lock_nor_a_running_statement(
    desk: Desk, server_database: Database, number: int, code: int, word: str
) -> None:
    first = "CREATE TABLE a (n INTEGER);\n"
    desk.write({**ONE, "sql/2_slow.up.sql": first + slow(server_database, 50), "sql/2_slow.down.sql": "DROP TABLE a;"})
    with runner(desk, server_database, "up") as process:
        running(server_database, "leep(50")
        process.send_signal(number)
        out, err = process.communicate(timeout=15)
    assert process.returncode == code
    assert out.startswith("applied  1 one")
    state = "rolled back whole: 2 slow."
    if server_database.dialect == "mysql":
        state = "1 of 2 statements have run and stay; table schema_migrations says dirty."
    assert placed(err).startswith(f"error: {word}\n")
    assert f"\n1 migration done before that; {state}\nfix: go on where it stopped:  {CALLED} --dir sql up\n" in re.sub(
        r"the statement was ended \(connection \d+\)\. ", "", err
    )
    desk.set(DATABASE_URL=server_database.url)
    log = desk("--dir", "sql", "log", "1").out.split("\t")
    assert (log[1], log[4], log[8].strip()) == ("2", "failed", word)
    desk.write({"sql/2_slow.up.sql": first + slow(server_database, 0)})
    assert desk("--dir", "sql", "--lock-timeout", "0", "up").exit == 0


@pytest.mark.repeated
def test_two_signals_at_once_end_a_statement_at_once(desk: Desk, server_database: Database) -> None:
    """The second goes to another thread where it may; then the one that waits for the server hears of neither."""
    desk.write({"sql/1_slow.up.sql": slow(server_database, 50)})
    with runner(desk, server_database, "up") as process:
        running(server_database, "leep(50")
        time.sleep(0.7)  # the threads that watch are there
        process.send_signal(signal.SIGTERM)
        process.send_signal(signal.SIGINT)
        _, err = process.communicate(timeout=10)
    assert process.returncode in {130, 143}
    assert err.count("error: ") == 1


@pytest.mark.repeated
def test_a_signal_in_a_lock_wait_names_no_file_that_had_not_begun(desk: Desk, server_database: Database) -> None:
    desk.write({"sql/1_slow.up.sql": slow(server_database, 50)})
    with runner(desk, server_database, "up") as winner:
        running(server_database, "leep(50")
        with runner(desk, server_database, "up") as loser:
            time.sleep(2)
            loser.send_signal(signal.SIGTERM)
            out, err = loser.communicate(timeout=15)
        assert (loser.returncode, out) == (143, "")
        assert placed(err).startswith("error: terminated\nnothing was left half done.\nfix: ")
        winner.send_signal(signal.SIGTERM)
        winner.communicate(timeout=15)
    desk.set(DATABASE_URL=server_database.url)
    assert len(desk("--dir", "sql", "log").out.splitlines()) == 1  # of the winner, which had begun


# --- a copy before anything runs ------------------------------------------------------------------------------------


def test_a_backup_is_made_before_anything_runs(desk: Desk) -> None:
    desk.write(ONE | {"sql/2_two.up.sql": "CREATE TABLE two (id INTEGER);"})
    assert desk.here("up", "1").exit == 0
    ran = desk.here("up", "--backup")
    assert ran.err == (
        "backup: app.db.backup-1; to restore it, stop what uses the database, remove its -wal and -shm files, and"
        "  cp app.db.backup-1 app.db\n"
    )
    assert desk.tables("app.db.backup-1") == ["one"]
    assert desk.tables() == ["one", "two"]


def test_a_backup_never_replaces_a_file(desk: Desk) -> None:
    desk.write(ONE | {"copy.db": "mine"})
    desk.here("up")
    assert desk.here("down", "--backup", "copy.db").exit == 0
    assert (desk.home / "copy.db").read_text() == "mine"
    assert desk.tables("copy.db.1") == ["one"]


def test_reset_can_be_undone_with_its_backup(desk: Desk) -> None:
    desk.write(ONE)
    desk.here("up")
    assert desk.here("reset", "--yes", "--backup").exit == 0
    assert desk.tables("app.db.backup-1") == ["one"]


def test_where_nothing_is_pending_no_backup_is_made(desk: Desk) -> None:
    desk.write(ONE)
    desk.here("up")
    desk.here("up", "--backup")
    assert [name for name in desk.names() if "backup" in name] == []


def test_without_a_backup_nothing_runs(desk: Desk) -> None:
    desk.write(ONE)
    desk.here("up")
    ran = desk.here("down", "--backup", "nowhere/copy.db")
    assert ran.exit == 1
    assert "error: the backup failed: " in ran.err
    assert "nothing was changed." in ran.err
    assert desk.tables() == ["one"]


@pytest.mark.parametrize("words", [["up"], ["up", "--all-or-nothing"], ["reset", "--yes"]])
def test_without_a_backup_not_even_the_history_is_made_and_with_it_the_copy_is_what_was_there(
    desk: Desk, words: list[str]
) -> None:
    desk.write(ONE)
    with contextlib.closing(sqlite3.connect("app.db")) as file:
        file.execute("CREATE TABLE there (n)")
    before = Path("app.db").read_bytes()
    ran = desk.here(*words, "--backup", "nowhere/copy.db")
    assert (ran.exit, "nothing was changed.\n" in ran.err, Path("app.db").read_bytes()) == (1, True, before)
    assert desk.here(*words, "--backup", "copy.db").exit == 0
    assert desk.rows("SELECT name FROM sqlite_master", "copy.db") == [("there",)]


def test_a_server_is_backed_up_with_its_own_tools(desk: Desk, server_database: Database) -> None:
    desk.write(ONE)
    desk.set(DATABASE_URL=server_database.url)
    ran = desk("--dir", "sql", "up", "--backup")
    assert ran.exit == 2
    assert "fix: use the tool of the database: pg_dump, mysqldump" in ran.err
    assert server_database.tables() == []


# --- two URLs -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("place", ["environment", "file"])
def test_migrate_database_url_wins_over_database_url(desk: Desk, place: str) -> None:
    desk.write(ONE)
    urls = {"DATABASE_URL": "sqlite:pooled.db", "MIGRATE_DATABASE_URL": "sqlite:direct.db"}
    if place == "environment":
        desk.set(**urls)
    else:
        desk.write({".env": "".join(f"{name}={url}\n" for name, url in urls.items())})
    assert desk("--dir", "sql", "up").exit == 0
    assert {"direct.db", "pooled.db"} & set(desk.names()) == {"direct.db"}
    assert desk("--dir", "sql", "--database-url", "sqlite:flag.db", "up").exit == 0
    assert "flag.db" in desk.names()


def test_migrate_database_url_may_be_in_a_mounted_file(desk: Desk) -> None:
    desk.write(ONE | {"secret": "sqlite:direct.db\n"})
    desk.set(DATABASE_URL="sqlite:pooled.db", MIGRATE_DATABASE_URL_FILE="secret")
    assert desk("--dir", "sql", "-v", "up").err.startswith(
        "database sqlite:direct.db (MIGRATE_DATABASE_URL_FILE in the environment, secret)"
    )


# --- what the server does not allow ---------------------------------------------------------------------------------


def test_a_server_that_may_only_be_read_says_so(desk: Desk, postgres: Database) -> None:
    desk.write(ONE)
    desk.set(DATABASE_URL=postgres.url)
    postgres.execute(f'ALTER DATABASE "{postgres.name}" SET default_transaction_read_only = on')
    ran = desk("--dir", "sql", "up")
    assert ran.exit == 1
    assert "read-only" in ran.err
    assert (
        f'fix: turn default_transaction_read_only off:  BEGIN READ WRITE; ALTER DATABASE "{postgres.name}"' in ran.err
    )
    assert desk("--dir", "sql", "status").exit == 0


@pytest.mark.skipif(os.geteuid() != 0 or sys.platform != "linux", reason="only root on Linux can mount a small disk")
def test_a_full_disk_leaves_nothing_half_done(desk: Desk) -> None:
    disk = desk.home / "disk"
    disk.mkdir()
    if subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=256k", "none", disk], check=False, capture_output=True
    ).returncode:
        pytest.skip("this machine does not let us mount a tmpfs")
    try:
        fill = "CREATE TABLE big (b BLOB);\nINSERT INTO big VALUES (zeroblob(1000000));"
        desk.write(ONE | {"sql/2_big.up.sql": fill})
        url = ("--database-url", "sqlite:disk/app.db", "--dir", "sql")
        ran = desk(*url, "up")
        assert ran.exit == 1
        assert ran.err.startswith("error: database or disk is full\n  --> sql/2_big.up.sql\n")
        assert "fix: make room on the disk of the database, and run the same command again\n" in ran.err
        assert "nothing was changed by this file: SQLite rolled it back whole." in ran.err
        assert [line.split("\t")[2] for line in desk(*url, "status").out.splitlines()] == ["applied", "pending"]
    finally:
        subprocess.run(["umount", disk], check=True)


@pytest.mark.skipif(os.geteuid() != 0 or sys.platform != "linux", reason="only root on Linux can mount a small disk")
@pytest.mark.parametrize("dialect", ["postgres", "mysql"])
def test_a_full_disk_of_a_server_leaves_nothing_half_done(dialect: str, desk: Desk) -> None:
    server = rig.Mortal(dialect)
    disk = server.home / "disk"
    disk.mkdir()
    try:
        if subprocess.run(
            ["mount", "-t", "tmpfs", "-o", "size=4m,mode=777", "none", disk], check=False, capture_output=True
        ).returncode:
            pytest.skip("this machine does not let us mount a tmpfs")
        if dialect == "postgres":
            subprocess.run(["chown", "nobody", disk], check=True)
            server.query(f"CREATE TABLESPACE small LOCATION '{disk}'")
            big = "CREATE TABLE big (b TEXT) TABLESPACE small;"
            fill = "INSERT INTO big SELECT repeat(md5(i::text), 20) FROM generate_series(1, 50000) i;"
        else:
            big = f"CREATE TABLE big (b LONGTEXT) DATA DIRECTORY = '{disk}';"
            fill = "INSERT INTO big SELECT REPEAT('x', 4000) FROM seq_1_to_5000;"
        desk.write(ONE | {"sql/2_big.up.sql": big, "sql/3_fill.up.sql": fill})
        desk.set(DATABASE_URL=server.url)
        ran = desk("--dir", "sql", "up")
        assert ran.exit == 1, ran.err
        assert "\n  --> sql/3_fill.up.sql:1" in ran.err
        assert "fix: make room on the disk of the database, and run the same command again\n" in ran.err
        assert "nothing was changed" in ran.err
        states = [line.split("\t")[2] for line in desk("--dir", "sql", "status").out.splitlines()]
        assert states == ["applied", "applied", "pending"]
        assert server.query("SELECT count(*) FROM big")[0][0] == 0
    finally:
        server.kill()
        subprocess.run(["umount", disk], check=False, capture_output=True)
        server.remove()


def test_a_hot_standby_is_read_and_says_that_it_is_one(desk: Desk) -> None:
    primary = rig.Mortal("postgres")
    standby = rig.Servant("standby")
    try:
        desk.write(ONE)
        desk.set(DATABASE_URL=primary.url)
        assert desk("--dir", "sql", "up").exit == 0
        postgres = Path(primary.command[0])
        data = str(standby.home / "data")
        standby.call(str(postgres.with_name("pg_basebackup")), "-d", primary.url, "-D", data, "-R", "-c", "fast")
        standby.serve(
            str(postgres), "-D", data, "-p", str(standby.port), "-k", str(standby.home),
            "-c", "listen_addresses=127.0.0.1", "-c", "hot_standby=on",
        )  # fmt: skip
        desk.set(DATABASE_URL=primary.url.replace(str(primary.port), str(standby.port)))
        rig.until(lambda: desk("--dir", "sql", "status").out.startswith("1\tone\tapplied\t"))
        desk.write({"sql/2_two.up.sql": "CREATE TABLE two (id INTEGER);"})
        for command in "up", "down":
            ran = desk("--dir", "sql", command)
            assert ran.exit == 1
            assert (
                "fix: name the primary server in DATABASE_URL: this one is a replica, or set to read-only\n" in ran.err
            )
        assert desk("--dir", "sql", "plan").exit == 0
    finally:
        standby.remove()
        primary.remove()


def test_a_library_user_sees_the_sqlstate(postgres: Database, tmp_path: Path) -> None:
    (tmp_path / "sql").mkdir()
    (tmp_path / "sql" / "1_bad.up.sql").write_text("SELECT 1/0;")
    settings = migrate.Settings(migrate.DatabaseURL.parse(postgres.url), tmp_path / "sql")
    with pytest.raises(migrate.StatementError) as caught:
        migrate.up(settings)
    assert caught.value.code == "22012"


def test_a_mysql_server_that_is_read_only_says_so(desk: Desk) -> None:
    server = rig.Mortal("mysql")
    try:
        server.query("CREATE USER plain IDENTIFIED BY 'p'")
        server.query("GRANT ALL ON app.* TO plain")
        server.query("SET GLOBAL read_only = 1")
        desk.write(ONE)
        desk.set(DATABASE_URL=server.url.replace("root@", "plain:p@"))
        ran = desk("--dir", "sql", "up")
        assert ran.exit == 1
        assert "read-only" in ran.err
        assert "nothing was changed.\nfix: name the primary server in DATABASE_URL" in ran.err
        assert desk("--dir", "sql", "status").exit == 0
    finally:
        server.remove()


def test_what_is_asked_about_other_sessions_is_sql_that_the_server_knows(server_database: Database) -> None:
    """An error in it would be hidden: what cannot be asked is not told."""
    database = migrate.DATABASES[server_database.dialect](migrate.DatabaseURL.parse(server_database.url), 5)
    database.open()
    try:
        assert database.query(database.holder_sql, "0" * 40) in ([], ())
        assert database.query(database.progress_sql, 1) in ([], ())
        try:
            assert database.query(database.blockers_sql, database.session_id) in ([], ())
        except migrate.DriverError as failed:
            assert failed.code == "1227"  # noqa: PT017 (without the right PROCESS)
        database.cancel()  # of a session that runs nothing, which is no error
    finally:
        database.close()


@pytest.mark.repeated
def test_an_index_that_is_built_concurrently_shows_what_it_waits_for(desk: Desk, postgres: Database) -> None:
    desk.write({"sql/1_i.up.sql": "CREATE INDEX CONCURRENTLY i ON t (n);"})
    postgres.execute("CREATE TABLE t (n INTEGER)")
    old = postgres.connect().cursor()
    old.execute("BEGIN")
    old.execute("INSERT INTO t VALUES (1)")
    seen: list[str] = []
    settings = migrate.Settings(migrate.DatabaseURL.parse(postgres.url), desk.home / "sql")

    def notify(event: object) -> None:
        if isinstance(event, migrate.Running):
            seen.append(event.waits)
            old.connection.rollback()

    migrate.up(settings, notify=notify)
    assert re.match(r"waiting for pid \d+, migrator@.*idle in transaction, last INSERT INTO t VALUES \(\.+\)", seen[0])


def test_a_user_who_may_not_create_tables_is_told_whom_to_ask(desk: Desk, server_database: Database) -> None:
    desk.write(ONE)
    desk.set(DATABASE_URL=server_database.reader_url)
    ran = desk("--dir", "sql", "up")
    assert ran.exit == 1
    assert "nothing was changed.\n" in ran.err
    assert re.search(
        r"\nfix: let this user create tables:  GRANT .*;\n     or have someone create schema_migrations and ", ran.err
    )
    assert server_database.tables() == []
