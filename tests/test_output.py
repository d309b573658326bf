"""What becomes of the output changes nothing in the database, and what is printed is whole. Real processes only."""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import pty
import re
import shlex
import signal
import socket
import sqlite3
import subprocess
import sys
import time
from functools import partial
from typing import TYPE_CHECKING, Any

import pytest
import rig
from desk import CALLED, RUNNER, THREE, Desk, Ran, clean_environment, masked, placed

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from servers import Database

HERE = "--database-url sqlite:app.db --dir sql"
FULL = (
    "error: the output cannot be written: No space left on device\n"
    "fix: make room there, or send it elsewhere, and run the same command again\n"
)
NOTE = f"the output cannot be written: No space left on device; how things stand:  {CALLED} {HERE} status\n"
ASCII = [{"PYTHONIOENCODING": "ascii"}, {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}]
ALL = ["one", "three", "two"]

# Commands that change something, with the exit code and the tables of THREE that follow; two of three are there before.
CHANGES = [
    pytest.param("up", 0, ALL, id="up"),
    pytest.param("--format json up", 0, ALL, id="up, as JSON"),
    pytest.param("down", 0, ["one"], id="down"),
    pytest.param("redo", 0, ["one", "two"], id="redo"),
    pytest.param("reset --yes", 0, ALL, id="reset"),
    pytest.param("baseline 3", 0, ["one", "two"], id="baseline"),
    pytest.param("repair 2 --applied", 0, ["one", "two"], id="repair"),
    pytest.param("new more", 0, ["one", "two"], id="new"),
]
SHOWS = [
    *("status", "--format table status", "--format json status", "--format csv status", "status --exit-code"),
    *("plan", "--format table -v plan", "--color always -v plan", "plan --sql", "plan --format html", "up --dry-run"),
    *("down --dry-run", "log", "check", "check --format github", "wait --timeout 0 --for database --format json"),
    *("verify", "--help", "up --help", "--version"),
]


@pytest.fixture(name="two")
def _two(desk: Desk) -> Desk:
    """Three migrations, the first two of which are applied to app.db; one without a way back, for check."""
    desk.write({name: text for name, text in THREE.items() if name != "sql/3_three.down.sql"})
    assert desk.here("up", "2").exit == 0
    return desk


def command(words: str) -> list[str]:
    return [*RUNNER, *HERE.split(), *words.split()]


def typed(desk: Desk, words: str, redirected: str = "", **variables: str) -> Ran:
    """Type a command in a shell, on sql/ and app.db."""
    line = " ".join([f"exec {shlex.join(RUNNER)} --database-url sqlite:app.db --dir sql", words, redirected])
    environment = clean_environment() | variables
    done = subprocess.run(["sh", "-c", line], cwd=desk.home, env=environment, check=False, capture_output=True)
    return Ran(done.returncode, done.stdout.decode(), placed(done.stderr.decode()))


def to_nobody(desk: Desk, words: str, *, stderr: bool = False) -> Ran:
    """Run a command whose reader has gone before it begins; with *stderr*, that of stderr too."""
    reader, writer = os.pipe()
    os.close(reader)
    try:
        done = subprocess.run(
            command(words), cwd=desk.home, env=clean_environment(), text=True, check=False, stdout=writer,
            stderr=writer if stderr else subprocess.PIPE,
        )  # fmt: skip
    finally:
        os.close(writer)
    return Ran(done.returncode, "", placed(done.stderr or ""))


def stop_half_way(desk: Desk, words: str) -> None:
    """Make the second migration dirty, where a command is to repair it."""
    if words.startswith("repair"):
        with contextlib.closing(sqlite3.connect(desk.home / "app.db")) as connection, connection:
            connection.execute("UPDATE schema_migrations SET dirty = 1 WHERE version = '2'")


# ---- a disk that is full, a reader that has gone


@pytest.mark.parametrize(("words", "code", "tables"), CHANGES)
def test_a_command_that_changes_something_ends_as_ever_on_a_full_disk(
    two: Desk, words: str, code: int, tables: list[str]
) -> None:
    stop_half_way(two, words)
    ran = typed(two, words, "> /dev/full")
    talk = "dropped 4 objects\n" * words.startswith("reset")
    assert (ran, two.tables()) == ((code, "", talk + NOTE), tables)


@pytest.mark.parametrize(("words", "code", "tables"), CHANGES)
def test_a_command_that_changes_something_ends_as_ever_where_nobody_reads(
    two: Desk, words: str, code: int, tables: list[str]
) -> None:
    stop_half_way(two, words)
    ran = to_nobody(two, words)
    assert (ran, two.tables()) == ((code, "", "dropped 4 objects\n" * words.startswith("reset")), tables)


@pytest.mark.parametrize("words", SHOWS)
def test_a_command_that_shows_fails_on_a_full_disk_and_says_so(two: Desk, words: str) -> None:
    talk = typed(two, words).err
    ran = typed(two, words, "> /dev/full")
    assert (ran.exit, ran.out, re.sub(r"\033\[[0-9;]*m", "", ran.err)) == (1, "", talk + FULL)


@pytest.mark.parametrize("words", SHOWS)
def test_a_command_that_shows_fails_in_silence_where_nobody_reads(two: Desk, words: str) -> None:
    talk = typed(two, words).err
    assert to_nobody(two, words) == (1, "", talk)


def test_nothing_to_print_is_no_failure(two: Desk) -> None:
    two.here("up")
    assert typed(two, "plan", "> /dev/full") == (0, "", "nothing to do\n")
    assert typed(two, "up", "> /dev/full") == (0, "", "up to date at 3 (3 applied)\n")


@pytest.mark.parametrize(
    ("words", "code"),
    [("up", 0), ("-v up", 0), ("--format json up", 0), ("up --to 9", 2), ("reset", 2), ("", 2), ("-v status", 0),
     ("status --exit-code", 3), ("verify", 0), ("check", 0)],
)  # fmt: skip
@pytest.mark.parametrize("redirected", ["2> /dev/full", "2>&-"])
def test_what_becomes_of_stderr_changes_nothing(two: Desk, words: str, code: int, redirected: str) -> None:
    ran = typed(two, words, redirected)
    assert (ran.exit, ran.err) == (code, "")
    assert two.tables() == (ALL if words.endswith("up") else ["one", "two"])
    if code in {0, 3}:
        assert ran.out != ""


@pytest.mark.parametrize("words", ["up", "-v up", "--format json up"])
def test_a_run_goes_on_where_neither_stdout_nor_stderr_can_be_written(two: Desk, words: str) -> None:
    assert typed(two, words, "> /dev/full 2>&1") == (0, "", "")
    assert two.tables() == ALL
    assert to_nobody(two, "redo", stderr=True).exit == 4  # there is no way back
    assert two.tables() == ALL
    assert to_nobody(two, "reset --yes", stderr=True).exit == 0
    assert two.tables() == ALL


def test_an_error_keeps_its_code_and_is_told_where_it_can_be(two: Desk) -> None:
    two.write({"sql/4_four.up.sql": "SELECT 1;\nSELECT secret;"})
    for form in ("plain", "json"):
        ran = typed(two, f"up --format {form}", "> /dev/full")
        # As JSON, it goes where logs are collected, and has no line of the file in it.
        line = "  2 | SELECT secret;\n             ^\n" if form == "plain" else ""
        assert ran == (1, "", (
            f"error: no such column: secret\n  --> sql/4_four.up.sql:2:8\n{line}"
            "nothing was changed by this file: SQLite rolled it back whole.\n"
            f"fix: correct line 2, then run  {CALLED} {HERE} up\n{NOTE}"
        ))  # fmt: skip
    assert two.tables() == ALL
    assert to_nobody(two, "--format json up").err.startswith("error: no such column: secret\n")
    two.write({"sql/1_one.up.sql": "-- edited"})
    assert typed(two, "--format json up", "> /dev/full").exit == 4
    ran = typed(two, "--database-url sqlite:none.db wait --timeout 0 --format json", "> /dev/full")
    assert (ran.exit, ran.err.splitlines()[0]) == (3, "error: not ready after 0 s: none.db does not exist")


@pytest.mark.repeated
def test_a_reader_that_leaves_after_the_first_line_stops_no_run(database: Database, tmp_path: Path) -> None:
    rig.write(tmp_path, {f"{number}_t.up": f"CREATE TABLE t{number} (id INT);" for number in range(1, 6)})
    running = rig.start(tmp_path, database.url, "up")
    assert running.stdout is not None
    assert running.stderr is not None
    assert running.stdout.readline().startswith("applied  1 t")
    running.stdout.close()
    assert (running.wait(60), placed(running.stderr.read())) == (0, "")
    running.stderr.close()
    states = [line.split("\t")[2] for line in rig.command(tmp_path, database.url, "status").out.splitlines()]
    assert states == ["applied"] * 5


@pytest.mark.repeated
def test_a_terminal_that_goes_away_stops_no_run(two: Desk) -> None:
    master, slave = pty.openpty()
    running = subprocess.Popen(
        command("-v up"), cwd=two.home, env=clean_environment(), stdin=slave, stdout=slave, stderr=slave,
        start_new_session=True,
    )  # fmt: skip
    os.close(slave)
    os.close(master)
    assert running.wait(60) == 0
    assert two.tables() == ALL


@pytest.mark.parametrize("closed", ["<&-", ">&-", "2>&-", ">&- 2>&-", "<&- >&- 2>&-"])
def test_streams_that_are_closed_from_the_start_change_nothing(two: Desk, closed: str) -> None:
    assert typed(two, "up", closed).exit == 0
    assert two.tables() == ALL
    assert typed(two, "--format json down", closed).exit == 4
    assert typed(two, "status --format table", closed).exit == 0
    assert typed(two, "--version", closed).exit == 0


def test_a_descriptor_that_cannot_be_written_to_is_named(two: Desk) -> None:
    said = FULL.replace("No space left on device", "Bad file descriptor")
    assert typed(two, "status", "1< /dev/null") == (1, "", said)
    said = FULL.replace("No space left on device", "File too large")
    limited = [f"ulimit -f 0; exec {' '.join(command('status'))} > out"]
    done = subprocess.run(
        ["sh", "-c", *limited], cwd=two.home, env=clean_environment(), check=False, capture_output=True
    )
    assert (done.returncode, done.stderr.decode()) == (1, said)


# ---- letters that the terminal does not have


@pytest.mark.parametrize("variables", ASCII)
def test_an_error_has_letters_with_backslashes(desk: Desk, variables: dict[str, str]) -> None:
    desk.write({"sql/1_a.up.sql": "CREATE TABEL größe (n INT);"})
    ran = typed(desk, "up", **variables)
    assert ran == (1, "", (
        'error: near "TABEL": syntax error\n  --> sql/1_a.up.sql:1:8\n'
        "  1 | CREATE TABEL gr\\xf6\\xdfe (n INT);\n             ^\n"
        "nothing was changed by this file: SQLite rolled it back whole.\n"
        f"fix: correct line 1, then run  {CALLED} {HERE} up\n"
    ))  # fmt: skip


def test_names_in_every_form_on_an_ascii_terminal(desk: Desk) -> None:
    desk.write({"sql/1_größe_😀.up.sql": "SELECT 1;"})
    name = "gr\\xf6\\xdfe_\\U0001f600"
    said = typed(desk, "up", **ASCII[0])
    assert (said.exit, masked(said.out), said.err) == (0, f"applied  1 {name}  1 statement, N ms\n", "")
    said = typed(desk, "status", **ASCII[0])
    assert (said.exit, masked(said.out), said.err) == (0, f"1\t{name}\tapplied\tTIME\tN ms\tWHO\n", "")
    said = typed(desk, "--format table status", **ASCII[0])
    head, *lines = masked(said.out).splitlines()[:-2]
    assert head.startswith(" version   name                     state     applied at")
    assert lines[1].startswith(f" 1         {name}   applied   TIME")
    assert said.out.endswith("\nsqlite:app.db: 1 applied, 0 pending\n")
    assert said.out.isascii()
    said = typed(desk, "check --format csv", **ASCII[0])
    assert said.out.splitlines()[1] == (
        f'warning,sql/1_{name}.up.sql,no down file: it cannot be undone,"add one, if it can be"'
    )
    for words in ("--format json status", "plan --sql", "plan --format html", "--color always -v --format table log"):
        assert typed(desk, words, **ASCII[0]).exit == 0


def test_json_is_json_in_every_encoding(desk: Desk) -> None:
    desk.write({"sql/1_größe_😀.up.sql": "SELECT 1;"})
    for encoding in ("ascii", "latin-1", "utf-8"):
        (migration,) = typed(desk, "--format json status", PYTHONIOENCODING=encoding).document["migrations"]
        assert migration["name"] == "größe_😀"


@pytest.mark.skipif(sys.platform == "darwin", reason="its file systems refuse such names")
def test_a_folder_whose_name_is_no_utf_8_crashes_nothing(desk: Desk) -> None:
    folder = os.fsdecode(b"d\xff")
    desk.write({f"{folder}/1_a.up.sql": "CREATE TABLE a (id INT);", f"{folder}/2_b.up.sql": "SELECT ;"})
    assert desk.process("--dir", folder, "--database-url", "sqlite:app.db", "up", "1").returncode == 0
    for words in ("plan", "plan --sql", "plan --format html", "--format json plan", "--format table plan", "-v check"):
        done = desk.process("--dir", folder, "--database-url", "sqlite:app.db", *words.split())
        assert (done.returncode, "Traceback" in done.stderr) == (0, False)
        assert re.search(r"\bd(\\udcff|\?)/2_b\.up\.sql", done.stdout.replace("<wbr>", ""))  # "?" in a comment of SQL
    done = desk.process("--dir", folder, "--database-url", "sqlite:app.db", "up")
    assert done.returncode == 1
    assert "\n  --> d\\udcff/2_b.up.sql:1\n" in done.stderr


def test_an_answer_with_letters_that_the_terminal_does_not_have_is_no_yes(two: Desk) -> None:
    master, slave = pty.openpty()
    environment = clean_environment() | ASCII[0]
    running = subprocess.Popen(
        command("reset"), cwd=two.home, env=environment, stdin=slave, stdout=slave, stderr=subprocess.PIPE, text=True
    )
    os.write(master, "jä\n".encode())
    _, said = running.communicate(timeout=60)
    os.close(slave)
    os.close(master)
    assert running.returncode == 2
    assert placed(said) == (
        "sqlite:app.db: this drops every table, and all data in it.\nType yes to go on: error: not confirmed\n"
        "nothing was changed.\nfix: type the whole word yes\n"
        f"     or say that you mean it:  {CALLED} --database-url sqlite:app.db --dir sql reset --yes\n"
    )


# ---- what is printed is whole


def messages(desk: Desk, words: str, **variables: str) -> tuple[int, list[str], list[str]]:
    """Run a command; return its exit code, and what went to stdout and stderr in each single write."""
    (out, its_out), (err, its_err) = (socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET) for _ in range(2))
    with out, err:
        with its_out, its_err:
            running = subprocess.Popen(
                command(words), cwd=desk.home, env=clean_environment() | variables,
                stdout=its_out.fileno(), stderr=its_err.fileno(),
            )  # fmt: skip
        written, talk = ([each.decode() for each in iter(partial(end.recv, 1 << 20), b"")] for end in (out, err))
    return running.wait(60), written, talk


@pytest.mark.parametrize("variables", [{}, {"PYTHONUNBUFFERED": "1"}])
def test_each_line_goes_out_in_one_write_with_its_line_break(desk: Desk, variables: dict[str, str]) -> None:
    desk.write(THREE | {"sql/4_four.up.sql": "SELECT ;"})
    code, out, err = messages(desk, "up", **variables)
    assert (code, len(out), len(err)) == (1, 3, 2)
    assert placed(err[0]) == ""
    assert all(each.startswith("applied") and each.endswith(" ms\n") and each.count("\n") == 1 for each in out)
    assert err[1].startswith("error: ")
    assert err[1].endswith(f"{CALLED} {HERE} up\n")
    code, out, err = messages(desk, "status", **variables)
    assert (code, len(out), err) == (0, 1, [])
    assert out[0].count("\n") == 4
    assert messages(desk, "--version", **variables)[1] == ["imagor-studio-migrate 1.0.0\n"]


def test_each_json_document_goes_out_in_one_write(desk: Desk) -> None:
    desk.write({f"sql/{number}_{'x' * 200}.up.sql": "SELECT 1;" for number in range(1, 101)})
    code, out, err = messages(desk, "--format json up")
    assert (code, err) == (0, [])
    events = [json.loads(each)["event"] for each in out]
    assert {each[-2:] for each in out} == {"}\n"}
    assert sorted(set(events)) == ["applied", "done", "started"]
    assert len(out[-1]) > 8192  # which is more than the buffer of Python's stdout
    (document,) = messages(desk, "--format json status")[1]
    assert len(json.loads(document)["migrations"]) == 100


def narrow_pipe() -> tuple[int, int]:
    """Return a pipe that is full after 4,096 bytes."""
    reader, writer = os.pipe()
    fcntl.fcntl(writer, fcntl.F_SETPIPE_SZ, 4096)
    return reader, writer


def rest_of(reader: int, *, pause: Callable[[], Any] = lambda: None) -> bytes:
    """Read to the end, in small pieces."""
    data = b""
    while piece := os.read(reader, 1000):
        data += piece
        pause()
    os.close(reader)
    return data


def test_a_signal_in_the_midst_of_a_document_does_not_cut_it_in_two(desk: Desk) -> None:
    desk.write({f"sql/{number}_{'x' * 200}.up.sql": "SELECT 1;" for number in range(1, 41)})
    reader, writer = narrow_pipe()
    running = subprocess.Popen(
        command("--format json up"), cwd=desk.home, env=clean_environment(), stdout=writer, stderr=subprocess.PIPE
    )
    os.close(writer)
    data = b""
    while data.count(b'"applied"') < 40:
        data += os.read(reader, 1)
    while data[-1:] != b"\n":
        data += os.read(reader, 1)
    # What is left to be told is the last document, which is longer than the pipe.
    data += os.read(reader, 1)
    time.sleep(0.3)
    running.send_signal(signal.SIGTERM)
    time.sleep(0.3)
    data += rest_of(reader)
    assert running.communicate(timeout=60)[1] == b""
    lines = data.decode().splitlines()
    assert "done" in {json.loads(line)["event"] for line in lines}


def test_a_pipe_that_does_not_wait_gets_all_of_it(desk: Desk) -> None:
    """As a parent that reads asynchronously leaves it."""
    desk.write({f"sql/{number}_{'x' * 200}.up.sql": "SELECT 1;" for number in range(1, 41)})
    reader, writer = narrow_pipe()
    os.set_blocking(writer, False)
    running = subprocess.Popen(
        command("--format json up"), cwd=desk.home, env=clean_environment(), stdout=writer, stderr=subprocess.PIPE
    )
    os.close(writer)
    data = rest_of(reader, pause=lambda: time.sleep(0.001))
    assert (running.communicate(timeout=60)[1], running.returncode) == (b"", 0)
    assert len([json.loads(line) for line in data.decode().splitlines()]) == 81
