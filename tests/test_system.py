"""What the system refuses, or what is of another kind than it should be, is named, with a way out that works."""

from __future__ import annotations

import contextlib
import os
import shlex
import signal
import socket
import sqlite3
import subprocess
import sys

import pytest
from desk import MODULE, Desk, clean_environment

SQL = "CREATE TABLE a (n INTEGER);"
FILES = {"sql/1_a.up.sql": SQL, "sql/1_a.down.sql": "DROP TABLE a;"}
KINDS = ("fifo", "socket", "folder", "device", "loop")


@pytest.fixture
def desk(desk: Desk) -> Desk:
    desk.write(FILES)
    return desk


def make(kind: str, path: str) -> None:
    """Make what is no file."""
    if kind == "fifo":
        os.mkfifo(path)
    elif kind == "socket":
        with contextlib.closing(socket.socket(socket.AF_UNIX)) as listening:
            listening.bind(path)
    elif kind == "folder":
        os.mkdir(path)  # noqa: PTH102
    else:
        os.symlink("/dev/zero" if kind == "device" else os.path.basename(path), path)  # noqa: PTH119, PTH211


@pytest.mark.parametrize("kind", KINDS)
def test_what_is_no_file_is_named_and_not_read(desk: Desk, kind: str) -> None:
    said = "Too many levels of symbolic links" if kind == "loop" else "no regular file"
    for name in ("sql/2_b.up.sql", "sql/1_a.down.sql"):
        desk.write(FILES)
        (desk.home / name).unlink(missing_ok=True)
        make(kind, name)
        for words in (["status"], ["up"], ["check"]):
            ran = desk.here(*words)
            told = f"{name}\t{said}" if words == ["check"] else f"{name[4:]}: {said}"
            assert (ran.exit, told in ran.out + ran.err) == (2, True), ran.out + ran.err
        os.rmdir(name) if kind == "folder" else os.unlink(name)  # noqa: PTH106, PTH108
    desk.write(FILES)
    make(kind, "no.db")
    for words in (["status"], ["up"], ["wait", "--timeout", "0"]):
        ran = desk("--database-url", "sqlite:no.db", "--dir", "sql", *words)
        assert ran.exit in {1, 3}, ran.err
        told = {"loop": "symbolic links", "folder": "it is a folder"}.get(kind, "it is no regular file")
        assert told in ran.err
    make(kind, ".env")
    ran = desk.here("status")
    if kind == "folder":  # of Python packages
        assert ran.exit == 0
    elif kind == "loop":
        assert ran.err.startswith("error: .env cannot be read: Too many levels of symbolic links\n")
    else:
        fix = "name it:  imagor-studio-migrate --config .env status"
        assert ran == (2, "", f"error: it is no regular file\n  --> .env\nfix: {fix}\n")


@pytest.mark.parametrize("name", ["MIGRATE_DIR", "DATABASE_URL", "export MIGRATE_TABLE", "postgres://app:secret@h/d"])
def test_a_line_without_an_equals_sign_is_named(desk: Desk, name: str) -> None:
    desk.write({".env": f"A=1\nNODE_ENV\n{name}\n"})  # Docker passes on a variable that stands alone
    ran = desk.here("status")
    fix = "write NAME=value; put a value with spaces, # or quotes in it in single quotes"
    assert ran == (2, "", f"error: this line has no =\n  --> .env:3\nfix: {fix}\n")
    desk.write({".env": "A=1\nNODE_ENV\n"})
    assert desk.here("status").exit == 0


@pytest.mark.parametrize("name", ["no folder", "it's", "-x", "a\udcffb", "both'\"\udcff", "a;b"], ids=ascii)
def test_the_command_of_a_fix_is_one_that_a_shell_reads(desk: Desk, name: str) -> None:
    ran = desk("--database-url", "sqlite:app.db", f"--dir={name}", "status")
    command = ran.err.rstrip("\n").partition("or create it:  ")[2]
    assert command.startswith("mkdir -p ")
    subprocess.run(["bash", "-c", command], check=True)
    assert name in os.listdir()  # noqa: PTH208
    assert desk("--database-url", "sqlite:app.db", f"--dir={name}", "status").err.startswith(
        "error: no migration files"
    )
    desk.write({f"{name}/1_a.up.sql": SQL})
    for words in (["up"], ["-v", "status"], ["--format", "json", "plan"], ["check"], ["new", "x"]):
        assert desk("--database-url", "sqlite:app.db", f"--dir={name}", *words).exit == 0, words


def test_a_file_that_cannot_be_read_still_has_its_down_file(desk: Desk) -> None:
    desk.write({"sql/1_a.up.sql": SQL.encode("utf-16")})
    ran = desk.here("up")
    assert ran.err.startswith(
        "error: 1 fault in the migration files:\n  sql/1_a.up.sql: it is UTF-16: save it as UTF-8\n"
    )


def test_a_backup_into_a_folder_lies_there_and_beside_what_is_there(desk: Desk) -> None:
    assert desk.here("up").exit == 0
    desk.write({"my backups/x": "", "taken": "mine"})
    for given, made in (
        ("my backups", "my backups/app.db.backup-1"),
        ("my backups", "my backups/app.db.backup-1.1"),
        ("app.db-journal", "app.db-journal.1"),
        ("taken", "taken.1"),
    ):
        ran = desk.here("up", "--backup", given)
        assert ran.exit == 0
        assert desk.here("redo").exit == 0
        ran = desk.here("down", "--yes", "--backup", given)
        assert f"remove its -wal and -shm files, and  cp {shlex.quote(made)} app.db\n" in ran.err
        assert desk.here("up").exit == 0
    assert (desk.home / "taken").read_text() == "mine"
    before = desk.names()
    for given in ("nowhere/x", "sql/1_a.up.sql/x", "x" * 300):
        ran = desk.here("down", "--yes", "--backup", given)
        assert (ran.exit, "unable to open" in ran.err or "too long" in ran.err) == (1, True), ran.err
    assert desk.names() == before
    assert desk.tables() == ["a"]


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_while_the_program_is_loaded_ends_it_without_a_traceback(desk: Desk, number: signal.Signals) -> None:
    late = "import sys, os; sys.argv[0] = '/bin/imagor-studio-migrate'; sys.path[0:0] = [{!r}, {!r}]; import migrate"
    for module in ("argparse", "sqlite3", "urllib.parse"):  # as it imports these
        folder = desk.home / module
        desk.write({f"{folder.name}/{module.partition('.')[0]}.py": f"import os; os.kill(os.getpid(), {number:d})"})
        code = late.format(str(folder), str(MODULE.parent))
        ran = subprocess.run(
            [sys.executable, "-c", code], env=clean_environment(), capture_output=True, text=True, check=False
        )
        assert (ran.returncode, ran.stdout, ran.stderr) == (-number, "", "")  # a shell calls it 130, or 143


def test_a_line_of_the_log_that_nobody_can_read_is_told(desk: Desk) -> None:
    assert desk.here("up").exit == 0
    with contextlib.closing(sqlite3.connect("app.db", isolation_level=None)) as connection:
        connection.execute("UPDATE schema_migrations_log SET version = x'ff'")
    ran = desk.here("log", "--version", "1")
    what = "error: the log has a time or a version that this tool has not written\n"
    assert (ran.exit, ran.err.startswith(what)) == (4, True), ran.err


def test_a_device_without_an_end_is_no_file_of_settings(desk: Desk) -> None:
    desk.set(DATABASE_URL_FILE="/dev/zero")
    places = (["status"], "DATABASE_URL_FILE in the environment"), (["--config", "/dev/zero", "status"], "--config")
    for words, place in places:
        ran = desk(*words)
        assert ran.exit == 2
        assert ran.err.startswith(f"error: /dev/zero cannot be read: a NUL byte at byte 0\n  --> {place}\n"), ran.err


@pytest.mark.parametrize("change", ["version = 'x'", "version = '²'", "applied_at = '²'", "statements_done = x'ff'"])
def test_a_row_of_the_history_that_nobody_can_read_is_named(desk: Desk, change: str) -> None:
    assert desk.here("up").exit == 0
    with contextlib.closing(sqlite3.connect("app.db", isolation_level=None)) as connection:
        connection.execute(f"UPDATE schema_migrations SET {change}")
    version = change.partition("= ")[2] if change.startswith("version") else "'1'"
    for words in (["status"], ["up"], ["down"], ["plan"], ["log"], ["repair", "1", "--applied"], ["plan", "--sql"]):
        ran = desk.here(*words)
        assert ran.exit == 4
        assert ran.err.startswith(
            f"error: the history has a row that this tool has not written: version {version}, at "
        )
