"""What a person sees: a table on a terminal, plain lines in a pipe, a bar while something takes long, a question."""

from __future__ import annotations

import json
import os
import pty
import re
import select
import signal
import subprocess
import time

import pytest
from desk import CALLED, RUNNER, THREE, Desk, clean_environment, masked

import migrate

TOOL = f"migrate {migrate.__version__}"
# About two seconds, in one statement; no timing is asserted, only that it is long enough for the bar to appear.
SLOW = """CREATE TABLE slow AS WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {count})
SELECT sum(i * i % 7) AS total FROM n;
"""


@pytest.fixture(name="applied")
def _applied(desk: Desk) -> Desk:
    """Three migrations, and all of them applied to app.db."""
    desk.write(THREE)
    assert desk.here("up").exit == 0
    return desk


class Terminal:
    """A pseudo-terminal with one command in it. *stdout*: "terminal", or "pipe" for ``| cat``."""

    def __init__(self, desk: Desk, *words: str, stdout: str = "terminal", **variables: str) -> None:
        self.master, slave = pty.openpty()
        command = [*RUNNER, "--database-url", "sqlite:app.db", "--dir", "sql", *words]
        environment = clean_environment() | {"TERM": "xterm-256color", "COLUMNS": "120"} | variables
        self.process = subprocess.Popen(
            command,
            cwd=desk.home,
            env=environment,
            stdin=slave,
            stdout=slave if stdout == "terminal" else subprocess.PIPE,
            stderr=slave,
            start_new_session=True,
        )
        os.close(slave)
        self.seen = ""

    def read_until(self, word: str) -> None:
        """Wait for *word* to appear, for a minute at the most."""
        end = time.monotonic() + 60
        while word not in self.seen:
            ready, _, _ = select.select([self.master], [], [], max(0.0, end - time.monotonic()))
            assert ready, f"{word!r} did not appear in {self.seen!r}"
            assert self._read(), f"{word!r} did not appear in {self.seen!r}"

    def type(self, text: str) -> None:
        os.write(self.master, text.encode())

    def finish(self) -> int:
        """Read to the end; return the exit code."""
        while self._read():
            pass
        os.close(self.master)
        if self.process.stdout:
            self.piped = self.process.stdout.read().decode()
            self.process.stdout.close()
        return self.process.wait(60)

    def _read(self) -> bool:
        try:
            data = os.read(self.master, 65536)
        except OSError:  # how Linux says that the other side is closed
            return False
        self.seen += data.decode(errors="replace").replace("\r\n", "\n")
        return bool(data)

    @property
    def text(self) -> str:
        """What was seen, without colors and cursor movements."""
        return re.sub(r"\033\[[0-9;?]*[A-Za-z]", "", self.seen)


def squeezed(text: str) -> list[str]:
    """The lines, with one blank where there are several, and times and people masked."""
    return [
        re.sub(r" +", " ", re.sub(r"[-─━]+", "-", masked(re.sub(r"[ ]{2,}", "\t", line))).replace("\t", " ")).strip()
        for line in text.splitlines()
    ]


# ---- the table


def test_the_table_of_status(desk: Desk) -> None:
    desk.write(THREE)
    desk.here("up", "2")
    desk.write({"sql/1_one.up.sql": "-- edited\n"})
    ran = desk.here("status", "--format", "table")
    assert [line for line in squeezed(ran.out) if line] == [
        "version name state applied at took by",
        "-",
        "1 one changed TIME N ms WHO",
        "2 two applied TIME N ms WHO",
        "3 three pending",
        "sqlite:app.db: 1 applied, 1 pending, 1 changed",
    ]
    assert "\033[" not in ran.out
    assert all(len(line.rstrip()) <= 120 for line in ran.out.splitlines())


def test_the_tables_of_plan_log_and_check(applied: Desk) -> None:
    (first, *_) = squeezed(applied.here("plan", "down", "--format", "table").out.strip())
    assert first == "version name direction statements mode file findings"
    (first, *_) = squeezed(applied.here("log", "--format", "table").out.strip())
    assert first == "at version name action outcome took by tool"
    applied.write({"sql/9_bad.up.sql": "SELECT 'open"})
    lines = squeezed(applied.here("check", "--format", "table").out.strip())
    assert lines[0] == "level where what fix"
    assert lines[2] == "warning sql/9_bad.up.sql no down file: it cannot be undone add one, if it can be"


def test_a_table_without_rows_is_no_table(applied: Desk) -> None:
    assert applied.here("plan", "--format", "table") == (0, "", "nothing to do\n")


def test_brackets_in_a_name_are_text_and_no_markup(desk: Desk) -> None:
    desk.write({"sql/1_[bold]x[red].up.sql": "SELECT 1;"})
    for form in ("table", "plain", "json"):
        ran = desk.here("status", "--format", form)
        assert ran.exit == 0
        assert "[bold]x[red]" in ran.out


def test_a_long_name_is_not_cut_off_in_a_pipe(desk: Desk) -> None:
    desk.write({f"sql/1_{'long_name_' * 8}.up.sql": "SELECT 1;"})
    assert "long_name_" * 8 in desk.here("status", "--format", "table").out
    assert "long_name_" * 8 in desk.here("status", "--format", "plain").out


# ---- plain lines and JSON


def test_the_plain_lines_of_status_and_log(applied: Desk) -> None:
    assert masked(applied.here("status").out) == (
        "1\tone\tapplied\tTIME\tN ms\tWHO\n2\ttwo\tapplied\tTIME\tN ms\tWHO\n3\tthree\tapplied\tTIME\tN ms\tWHO\n"
    )
    applied.here("down")
    assert masked(applied.here("log", "2").out) == (
        f"TIME\t3\tthree\tdown\tok\tN ms\tWHO\t{TOOL}\t\nTIME\t3\tthree\tup\tok\tN ms\tWHO\t{TOOL}\t\n"
    )


def test_the_log_has_failures_too_in_one_line_each(applied: Desk) -> None:
    applied.write({"sql/4_four.up.sql": "SELECT\n  nowhere\n;"})
    applied.here("up")
    (line,) = applied.here("log", "1").out.splitlines()
    at, *rest = line.split("\t")
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", at)
    assert rest[:4] == ["4", "four", "up", "failed"]
    assert rest[-1] == "no such column: nowhere"


# ---- a terminal


def test_status_on_a_terminal_is_a_table_in_color_and_plain_in_a_pipe(applied: Desk) -> None:
    terminal = Terminal(applied, "status")
    assert terminal.finish() == 0
    assert "version" in terminal.text
    assert "\033[38;5;28mapplied\033[0m" in terminal.seen
    piped = Terminal(applied, "status", stdout="pipe")
    assert piped.finish() == 0
    assert piped.piped.startswith("1\tone\tapplied\t")
    assert "\033[" not in piped.piped


@pytest.mark.parametrize(("words", "variables"), [(["--color=never"], {}), ([], {"NO_COLOR": "1"})])
def test_a_terminal_without_color(applied: Desk, words: list[str], variables: dict[str, str]) -> None:
    terminal = Terminal(applied, "status", *words, **variables)
    assert terminal.finish() == 0
    assert "three" in terminal.text
    assert not re.search(r"\033\[[0-9;]*3[0-9]m", terminal.seen)
    failing = Terminal(applied, "down", "--to", "9", *words, **variables)
    assert failing.finish() == 2
    assert "error: no migration has the version 9" in failing.seen


def test_an_error_on_a_terminal_is_red(applied: Desk) -> None:
    terminal = Terminal(applied, "down", "--to", "9")
    assert terminal.finish() == 2
    assert "\033[1;31merror:\033[0m no migration has the version 9" in terminal.seen


def test_json_on_a_terminal_is_json(applied: Desk) -> None:
    terminal = Terminal(applied, "status", "--format", "json")
    assert terminal.finish() == 0
    assert json.loads(terminal.seen)["counts"]["applied"] == 3


def slow_count() -> int:
    """Choose how long SLOW takes from how fast this machine is: about two seconds."""
    import sqlite3

    connection, count = sqlite3.connect(":memory:"), 100_000
    while True:
        started = time.monotonic()
        connection.executescript("DROP TABLE IF EXISTS slow;" + SLOW.format(count=count))
        took = time.monotonic() - started
        if took > 0.1:
            connection.close()
            return int(count * 2.2 / took)
        count *= 2


def test_a_bar_names_the_running_file_on_a_terminal_and_is_gone_afterwards(desk: Desk) -> None:
    for factor in (3, 12, 48):  # a machine that was busy while it was measured is faster afterwards
        desk.write({"sql/1_quick.up.sql": "SELECT 1;", "sql/2_slow.up.sql": SLOW.format(count=factor * slow_count())})
        terminal = Terminal(desk, "up")
        terminal.read_until("2 slow")
        if "applied  2 slow" not in terminal.seen:
            break
        assert terminal.finish() == 0
        (desk.home / "app.db").unlink()
    assert "up  2 slow, statement 1 of 1: " in terminal.seen
    terminal.read_until("million steps")
    assert "applied  2 slow" not in terminal.seen
    assert terminal.finish() == 0
    assert re.search(r"applied  2 slow  1 statement, \d+ ms\n", terminal.text)
    assert "up  1 quick" not in terminal.text
    assert terminal.seen.rindex("\033[K") < terminal.seen.rindex("applied  2")


@pytest.mark.parametrize(
    ("number", "code", "word"), [(signal.SIGINT, 130, "interrupted"), (signal.SIGTERM, 143, "terminated")]
)
def test_a_signal_rolls_the_running_file_back_and_says_so(desk: Desk, number: int, code: int, word: str) -> None:
    desk.write(
        {"sql/1_quick.up.sql": "CREATE TABLE quick (id INTEGER);", "sql/2_slow.up.sql": SLOW.format(count=10**12)}
    )
    terminal = Terminal(desk, "up")
    terminal.read_until("up  2 slow")
    terminal.process.send_signal(number)
    assert terminal.finish() == code
    assert word in terminal.text
    assert "Traceback" not in terminal.text
    assert "slow" not in desk.tables()
    assert "dirty" not in desk.here("status").out
    assert terminal.text.endswith(
        f"error: {word}\nrolled back whole: 1 quick, 2 slow.\nfix: go on where it stopped:"
        f"  {CALLED} --database-url sqlite:app.db --dir sql up\n"
    )


def test_quiet_has_no_bar(desk: Desk) -> None:
    desk.write({"sql/2_slow.up.sql": SLOW.format(count=slow_count())})
    terminal = Terminal(desk, "up", "-q")
    assert terminal.finish() == 0
    assert "0:00:0" not in terminal.seen
    assert "\033[?25l" not in terminal.seen


# ---- questions


def test_reset_asks_on_a_terminal_and_yes_is_the_whole_word(applied: Desk) -> None:
    for answer in ("no\n", "y\n", "\n", "\x04"):
        terminal = Terminal(applied, "reset")
        terminal.read_until("Type yes to go on: ")
        assert "sqlite:app.db: this drops every table, and all data in it." in terminal.text
        terminal.type(answer)
        assert terminal.finish() == 2
        assert "\nerror: not confirmed\nnothing was changed.\nfix: " in terminal.text
    assert applied.here("log").out.count("\treset\t") == 0
    terminal = Terminal(applied, "reset")
    terminal.read_until("Type yes to go on: ")
    terminal.type("yes\n")
    assert terminal.finish() == 0
    assert "applied  3 three" in terminal.text


def test_ctrl_c_at_the_question_changes_nothing(applied: Desk) -> None:
    terminal = Terminal(applied, "reset")
    terminal.read_until("Type yes to go on: ")
    terminal.process.send_signal(signal.SIGINT)
    assert terminal.finish() == 130
    assert "Traceback" not in terminal.text
    assert applied.tables() == ["one", "three", "two"]


@pytest.mark.parametrize("words", [["down", "2"], ["down", "--to", "1"]], ids=" ".join)
def test_down_of_several_asks_on_a_terminal(applied: Desk, words: list[str]) -> None:
    terminal = Terminal(applied, *words)
    terminal.read_until("Type yes to go on: ")
    assert "this rolls back\n  3 three\n  2 two\n" in terminal.text
    terminal.type("no\n")
    assert terminal.finish() == 2
    assert applied.tables() == ["one", "three", "two"]
    terminal = Terminal(applied, *words)
    terminal.read_until("Type yes to go on: ")
    terminal.type("yes\n")
    assert terminal.finish() == 0
    assert applied.tables() == ["one"]


def test_down_of_one_and_with_yes_does_not_ask(applied: Desk) -> None:
    terminal = Terminal(applied, "down")
    assert terminal.finish() == 0
    terminal = Terminal(applied, "down", "2", "--yes")
    assert terminal.finish() == 0
    assert "Type yes" not in terminal.seen
    assert applied.tables() == []


def test_a_question_is_no_part_of_the_data(applied: Desk) -> None:
    terminal = Terminal(applied, "--format", "json", "reset", stdout="pipe")
    terminal.read_until("Type yes to go on: ")
    terminal.type("yes\n")
    assert terminal.finish() == 0
    assert [each["version"] for each in json.loads(terminal.piped.splitlines()[-1])["results"]] == ["1", "2", "3"]


def test_a_cancelled_command_still_prints_its_line_of_json(applied: Desk) -> None:
    terminal = Terminal(applied, "--format", "json", "reset", stdout="pipe")
    terminal.read_until("Type yes to go on: ")
    terminal.type("no\n")
    assert terminal.finish() == 2
    assert json.loads(terminal.piped)
