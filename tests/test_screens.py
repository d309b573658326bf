"""What fits on a terminal: tables at any width, in colors that can be read on black and on white."""

from __future__ import annotations

import contextlib
import json
import re
import sqlite3
import textwrap
from typing import TYPE_CHECKING

import pytest
from desk import CALLED, PROGRAM, Desk
from test_report import Terminal

import migrate

if TYPE_CHECKING:
    from pathlib import Path

LONG = "add_the_email_of_each_user_and_an_index_for_it"
FILES = {
    "sql/20260101093000_create_users.up.sql": "CREATE TABLE users (id INTEGER);\n",
    "sql/20260101093000_create_users.down.sql": "DROP TABLE users;\n",
    f"sql/20260102093000_{LONG}.up.sql": "CREATE TABLE emails (id INTEGER);\nINSERT INTO emails VALUES (1);\n",
    f"sql/20260102093000_{LONG}.down.sql": "DROP TABLE emails;\n",
    "sql/20260103093000_fill.up.sql": "CREATE TABLE more (id INTEGER);\nINSERT INTO emials VALUES (1);\n",
}
TABLES = [["status"], ["log"], ["plan"], ["plan", "down"], ["check"], ["verify"]]


@pytest.fixture(name="desk")
def _desk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Desk:
    """Two migrations with versions of 14 digits applied, one with a long name; the third has failed."""
    desk = Desk.start(tmp_path, monkeypatch, capsys)
    desk.write(FILES)
    assert desk.here("up").exit == 1
    return desk


def screen(desk: Desk, width: int, *words: str) -> str:
    """Return what a terminal of this width shows, times and people masked where that leaves the columns in place."""
    terminal = Terminal(desk, *words, COLUMNS=str(width))
    terminal.finish()
    at = re.sub(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", "2026-11-24T09:30:10Z", terminal.text)
    at = re.sub(r"(?<= )[\w.-]+@[\w.-]+…?", "ann@box", at)
    at = re.sub(r" {2,}took", "  took", re.sub(r" *\d+ ms +", "  N ms  ", at))
    return re.sub(r"─+", "─", at)


@pytest.mark.parametrize("width", [80, 100, 140])
@pytest.mark.parametrize("words", TABLES, ids=" ".join)
def test_a_table_is_as_wide_as_the_terminal_at_the_most_and_cuts_no_version_and_no_time(
    desk: Desk, words: list[str], width: int
) -> None:
    terminal = Terminal(desk, *words, COLUMNS=str(width))
    terminal.finish()
    table, _, _ = terminal.text.partition("\n\n")
    assert [line for line in table.splitlines() if len(line) > width] == []
    assert len(set(re.findall(r"2026010[123]093000", table))) == {"log": 3, "status": 3, "verify": 3}.get(
        words[0], 1
    ) or (words == ["plan", "down"])
    if words[0] in {"status", "log"}:
        times = re.findall(r"\d{4}-\d\d-\S*", table)
        assert len(times) == {"status": 2, "log": 3}[words[0]]
        assert all(re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", each) for each in times), times
    assert not re.search(r"\b(applie|faile|pendin|undon|transactio)…", table)


def test_status_at_80_columns(desk: Desk) -> None:
    lines = screen(desk, 80, "status").splitlines()
    assert [re.sub(r" {2,}", "  ", line) for line in lines] == [
        " version  name  state  applied at  took  by",
        " ─",
        " 20260101093000  create_users  applied  2026-11-24T09:30:10Z  N ms  ann@box",
        " 20260102093000  add_the_email_of_  applied  2026-11-24T09:30:10Z  N ms  ann@box",
        "  each_user_and_an_",
        "  index_for_it",
        " 20260103093000  fill  pending",
        "",
        "sqlite:app.db: 2 applied, 1 pending",
    ]
    begins = {line.index(part) for line, part in zip(lines[2:6], ("create", "add", "each", "index"), strict=True)}
    assert len(begins) == 1


def test_an_error_stands_below_its_row_in_the_log(desk: Desk) -> None:
    for width in (80, 140):
        _head, _rule, failed, error, *_ = screen(desk, width, "log").splitlines()
        assert failed.split()[1:5] == ["20260103093000", "fill", "up", "failed"]
        assert error == "    no such table: emials"


def test_a_long_error_is_broken_and_not_cut(desk: Desk) -> None:
    desk.write({"sql/20260103093000_fill.up.sql": f"INSERT INTO {' x' * 3}{'y' * 90} VALUES (1);\n"})
    desk.here("up")
    terminal = Terminal(desk, "log", "1", COLUMNS="80")
    terminal.finish()
    said = "".join(re.findall(r"^    (.*)$", terminal.text, re.MULTILINE))
    assert said.replace(" ", "") == desk.here("log", "1").out.rstrip("\n").rpartition("\t")[2].replace(" ", "")
    assert all(len(line) <= 80 for line in terminal.text.splitlines())


def test_what_a_narrow_terminal_has_no_room_for_is_told(desk: Desk) -> None:
    assert screen(desk, 80, "log").endswith("\n\ntool and took are shown in a wider terminal, or with --format plain\n")
    assert "wider terminal" not in screen(desk, 140, "log")
    said = screen(desk, 40, "log").rpartition("\n\n")[2]
    assert " ".join(said.split()) == "tool, took and by are shown in a wider terminal, or with --format plain"
    assert max(map(len, said.splitlines())) <= 40


@pytest.mark.parametrize("width", [80, 100, 140])
def test_no_name_no_direction_and_no_file_is_cut_or_left_out(desk: Desk, width: int) -> None:
    for words in TABLES:
        table, _, rest = screen(desk, width, *words).partition("\n\n")
        table = table.partition(" version ")[2]
        named = "fill" if words == ["plan"] else LONG
        assert words == ["check"] or named in re.sub(r"[ \n]+", "", re.sub(" (applied|up|down) .*", "", table))
        if words[0] == "plan":
            head = table.partition("\n")[0].split()
            assert head[:3] == ["name", "direction", "statements"]
            assert re.findall(r"(?<= )(?:up|down)(?= )", table) == (["up"] if words == ["plan"] else ["down"])
        if words[0] in {"plan", "verify"}:
            file = {"plan": "20260103093000_fill.up", "plan down": f"20260102093000_{LONG}.down"}
            assert f" sql/{file.get(' '.join(words), f'20260102093000_{LONG}.down')}.sql" in table
        assert not re.search("(name|direction|file|version|at).* shown in a wider terminal", rest)


def test_check_at_140_columns_is_a_table_with_the_way_out_below(desk: Desk) -> None:
    desk.write({"sql/nonsense.sql": "SELECT 1;\n"})
    _, head, _, fault, fix, *_ = screen(desk, 140, "check").splitlines()
    assert head.split() == ["level", "where", "what"]
    assert [each.split()[0] for each in (fault, fix)] == ["fault", "fix:"]
    assert len(fault) < 140 < len(fix)


def test_plan_at_80_columns(desk: Desk) -> None:
    head, _, *rows = screen(desk, 80, "plan", "down", "2").partition("\n\n")[0].splitlines()
    assert head == " version         name                         direction  statements  mode"
    assert rows == [
        " 20260102093000  add_the_email_of_each_user_  down       1           transaction",
        "                 and_an_index_for_it",
        f"    sql/20260102093000_{LONG}.down.sql",
        "    cannot be undone, locks",
        " 20260101093000  create_users                 down       1           transaction",
        "    sql/20260101093000_create_users.down.sql",
        "    cannot be undone, locks",
    ]


def test_sql_is_printed_as_it_is_however_narrow_the_terminal(desk: Desk) -> None:
    desk.write({"sql/20260104093000_text.up.sql": f"INSERT INTO users SELECT '{'x ' * 60}' -- {'why ' * 30}\n  ;\n"})
    plain = desk.here("--format", "plain", "-v", "plan").out.partition("\n\n")[2]
    assert len(plain) > 300
    assert screen(desk, 80, "-v", "plan").endswith(f"\n\n{plain}")


def test_a_column_that_holds_nothing_is_left_out(desk: Desk) -> None:
    desk.here("down", "--all")
    assert screen(desk, 140, "status").split("\n")[0].split() == ["version", "name", "state"]
    head = screen(desk, 140, "plan").split("\n")[0].split()
    assert "done" not in head
    assert "note" not in head
    desk.write({"sql/20260101093000_create_users.up.sql": "-- nothing yet\n"})
    assert "    no statements in this file\n" in screen(desk, 80, "plan")
    assert "no statements in this file" in desk.here("--format", "table", "plan").out


def test_a_finding_stands_with_its_way_out_below_its_place(desk: Desk) -> None:
    assert screen(desk, 80, "check") == (
        "0 faults, 1 warning\n level    where                           what\n ─\n"
        " warning  sql/20260103093000_fill.up.sql  no down file: it cannot be undone\n    fix: add one, if it can be\n"
    )


def test_a_command_is_not_broken_into_lines_so_that_it_can_be_copied(desk: Desk) -> None:
    desk.write({"sql/nonsense.sql": "SELECT 1;\n"})
    (fix,) = re.findall(r"^    fix: (.* new NAME)$", screen(desk, 80, "check"), re.MULTILINE)
    assert len(fix) > 80


def test_a_place_is_cut_in_the_middle_where_it_is_longer_than_the_terminal(desk: Desk) -> None:
    desk.write({f"sql/20260104093000_{LONG}_{LONG}.up.sql": "SELECT 1;\n"})
    place = screen(desk, 80, "check").splitlines()[-3].split()[1]
    assert re.fullmatch(r"sql/20260104093000_\w+…\w+_for_it\.up\.sql", place)


def test_letters_of_two_columns_keep_the_table_straight(desk: Desk) -> None:
    desk.write({"sql/20260104093000_用户表添加邮箱地址列以及相应的索引.up.sql": "SELECT 1;\n"})
    desk.write({"sql/20260103093000_fill.up.sql": "SELECT 1;\n"})
    desk.here("up")
    lines = screen(desk, 80, "status").splitlines()
    row = next(line for line in lines if "用户表" in line)
    wide = len(re.findall(r"[\u4e00-\u9fff]", row))
    assert row.index("applied") + wide == lines[2].index("applied")


HIDING = {
    "up": "error: no such table: x\u27e8U+202E\u27e9\n",
    "log 1": "no such table: x\u27e8U+202E\u27e9",
    "plan -v": "SELECT '\u27e8U+001B\u27e9[8m',\n",
    "status": "create_users\u27e8U+001B\u27e9[8m",
}


@pytest.mark.parametrize(("words", "said"), HIDING.items())
def test_what_others_have_written_can_hide_or_turn_nothing_in_a_terminal(desk: Desk, words: str, said: str) -> None:
    desk.write({"sql/20260103093000_fill.up.sql": "SELECT '\x1b[8m',\r\n  * FROM \"x\u202e\";\r\n"})
    with contextlib.closing(sqlite3.connect("app.db", isolation_level=None)) as connection:
        connection.execute("UPDATE schema_migrations SET name = name || '\x1b[8m' WHERE name = 'create_users'")
    desk.here("up")
    terminal = Terminal(desk, *words.split())
    terminal.finish()
    in_a_pipe = desk.here(*words.split())
    for text in (terminal.text, f"{in_a_pipe.out}{in_a_pipe.err}".replace("\r\n", "\n")):
        assert said in text
        assert not re.search("\x1b\\[8m|\u202e|U\\+000D", text)


# ---- color: shown by the contrast that the guidelines for the web ask of large letters, on black and on white


def luminance(red: int, green: int, blue: int) -> float:
    parts = [each / 255 for each in (red, green, blue)]
    linear = [each / 12.92 if each <= 0.04045 else ((each + 0.055) / 1.055) ** 2.4 for each in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def test_each_color_can_be_read_on_black_and_on_white(desk: Desk) -> None:
    desk.write({"sql/20260101093000_create_users.up.sql": "-- edited\nSELECT 'text', 12;\n"})
    seen = ""
    for words in (["status"], ["log"], ["check"], ["verify"], ["-v", "plan", "--out-of-order", "down"]):
        terminal = Terminal(desk, *words)
        terminal.finish()
        seen += terminal.seen
    codes = [code for codes in re.findall(r"\033\[([\d;]*)m", seen) for code in re.findall(r"38;5;\d+|\d+", codes)]
    colors = {code for code in codes if code.startswith("38;5;")}
    assert {*codes} - colors - {"0", "1", "2", "49"} - {"31"} == set()  # 31: of "error:", in bold
    assert len(colors) == 3
    for color in colors:
        number = int(color[5:]) - 16
        light = luminance(*(each and 55 + 40 * each for each in (number // 36, number // 6 % 6, number % 6)))
        assert (light + 0.05) / 0.05 >= 3.8
        assert 1.05 / (light + 0.05) >= 4.5


def test_plain_lines_keep_every_column_and_the_milliseconds(desk: Desk) -> None:
    first = desk.here("log", "1").out.rstrip("\n").split("\t")
    assert len(first) == len(migrate.LogEntry._fields)
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", first[0])


# ---- what to do next


def test_status_says_below_its_table_what_each_state_means_and_what_to_type(desk: Desk) -> None:
    desk.write({"sql/20260104093000_more.up.sql": "SELECT 1;\n", "sql/20260103093000_fill.up.sql": "SELECT 1;\n"})
    desk.here("up")
    assert "; " not in screen(desk, 80, "status")
    desk.write(
        {"sql/20260101093000_create_users.up.sql": "-- edited\n", f"sql/20260102093000_{LONG}.up.sql": "-- too\n"}
    )
    desk.write({"sql/20260103093001_late.up.sql": "SELECT 1;\n"})
    (desk.home / "sql/20260103093000_fill.up.sql").unlink()
    typed = f"{CALLED} --database-url sqlite:app.db --dir sql"
    edited_on = "20260101093000 create_users was edited after it was applied on 2026-11-24 09:30 UTC (1 more)"
    ways = {  # broken at the width of the terminal, but for the commands
        f"{edited_on}; put the file back, and write the change as a new migration:": "new NAME",
        "20260103093000 fill is applied, but its file is not here, and newer files are; put its files back, or take it"
        " out of the history:": "repair 20260103093000 --pending",
        "20260103093001 late is pending, but a newer migration is applied already; give it a newer version, or apply it"
        " all the same:": "up --out-of-order",
    }
    counts = "sqlite:app.db: 1 applied, 0 pending, 2 changed, 1 missing, 1 out of order"
    said = screen(desk, 80, "status").partition(f"\n\n{counts}\n")[2]
    assert re.sub(r"\d{4}-\d\d-\d\d \d\d:\d\d(\s)UTC", r"2026-11-24 09:30\1UTC", said).splitlines() == [
        line for what, command in ways.items() for line in (*textwrap.wrap(what, 79), f"    {typed} {command}")
    ]
    told = json.loads(desk.here("--format", "json", "status").out)["next"]
    assert [each.partition(":  ")[2] for each in told] == [f"{PROGRAM} {each}" for each in ways.values()]
    edited = {name: FILES[name] for name in FILES if re.search("0[12]093000.*up", name)}
    for mended in (lambda: desk.write(edited), lambda: desk.here("repair", "20260103093000", "--pending"), str):
        what, way = desk.here("status").err.splitlines()[0].replace(" (1 more)", "").split("; ")
        error = desk.here("up").err  # it says the same, of the first
        assert f"error: {what}\n" in error
        assert f"fix: {way}\n" in error
        assert desk.here("-q", "status").err == ""
        mended()
    assert desk.here("up", "--out-of-order").exit == 0
    assert desk.here("status").err == ""


def test_what_is_newer_than_the_files_is_no_fault_and_status_asks_for_nothing(desk: Desk) -> None:
    desk.write({"sql/20260103093000_fill.up.sql": "SELECT 1;\n"})
    desk.here("up")
    (desk.home / "sql/20260103093000_fill.up.sql").unlink()
    assert desk.here("status") == (0, desk.here("status").out, "")


def by_hand(desk: Desk, sql: str) -> None:
    with contextlib.closing(sqlite3.connect(desk.home / "app.db")) as connection, connection:
        connection.execute(sql)


def test_status_says_how_to_go_on_with_a_dirty_migration(desk: Desk) -> None:
    text = "-- migrate: no-transaction\nCREATE TABLE more (n INTEGER);\nSELECT nothing;\n"
    desk.write({"sql/20260103093000_fill.up.sql": text})
    assert desk.here("up").exit == 1
    stopped = "20260103093000 fill stopped half way up at statement 2 of 2"
    syntax, log = 'near "nothing": syntax error', "UPDATE schema_migrations_log SET error = {} WHERE outcome = 'failed'"
    mend = "; mend its file, or put it back, and finish it:  imagor-studio-migrate up\n"
    assert desk.here("status").err == f"{stopped}: {syntax}{mend}"
    by_hand(desk, log.format("'interrupted'"))
    go_on = "; go on with statement 2 of 2:  imagor-studio-migrate up\n"
    assert desk.here("status").err == f"{stopped}: interrupted{go_on}"
    by_hand(desk, "UPDATE schema_migrations SET owner = 'ann@box, pid 1, connection 0, ab' WHERE dirty")
    by_hand(desk, "DELETE FROM schema_migrations_log WHERE outcome = 'failed'")
    assert desk.here("status").err == f"{stopped}: killed{go_on}"
    desk.write({"sql/20260103093000_fill.up.sql": text.replace("nothing", "2")})
    assert desk.here("up").exit == 0


def test_two_ways_out_in_one_line_stand_apart(desk: Desk) -> None:
    desk.here("new", "more")
    (line,) = [line for line in desk.here("check").out.splitlines() if ".down.sql" in line.split("\t")[1]]
    path, fix = line.split("\t")[1], line.rpartition("\t")[2]
    ways = f"write it first, then run  {PROGRAM} up", f"or, where there is no way back, remove it:  rm {path}"
    assert " ".join(fix.split()) == " ".join("; ".join(ways).split())


def test_a_fix_in_json_has_a_line_for_each_way_and_no_blanks_of_layout(desk: Desk) -> None:
    desk.write({"sql/20260101093000_create_users.up.sql": "-- edited\n"})
    (*_, told) = map(json.loads, desk.here("--format", "json", "up").out.splitlines())
    first, *others = told["error"]["fix"].splitlines()
    assert first.startswith("put the file back, ")
    assert [each.partition(",")[0] for each in others] == ["or"]
