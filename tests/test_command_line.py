"""Words in; exit code, stdout and stderr out, compared whole."""

from __future__ import annotations

import json
import logging
import os
import re
import shlex
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from desk import CALLED, MODULE, PROGRAM, THREE, Desk, clean_environment, masked

import migrate

COMMANDS = [
    *("up", "down", "redo", "reset", "status", "plan", "log", "new", "check", "baseline", "wait", "verify", "repair"),
    *("completion", "help"),
]
APPLIED = "applied  1 one  1 statement, N ms\napplied  2 two  2 statements, N ms\napplied  3 three  1 statement, N ms\n"
TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z")


@pytest.fixture(name="three")
def _three(desk: Desk) -> Desk:
    """The same with three migrations in sql/."""
    desk.write(THREE)
    return desk


@pytest.fixture(name="applied")
def _applied(three: Desk) -> Desk:
    """The same with all three applied to app.db."""
    assert three.here("up").exit == 0
    return three


# ---- which command


def test_no_command_anywhere_shows_the_help_and_exits_with_2(desk: Desk) -> None:
    ran = desk()
    assert (ran.exit, ran.out) == (2, "")
    assert ran.err == migrate.build_parser().format_help()
    assert desk.names() == []


def test_help_and_version_go_to_stdout(desk: Desk) -> None:
    assert desk("--help") == (0, migrate.build_parser().format_help(), "")
    assert desk("--version") == (0, f"{PROGRAM} {migrate.__version__}\n", "")
    for command in COMMANDS:
        ran = desk(command, "--help")
        assert (ran.exit, ran.err) == (0, "")
        assert ran.out.startswith(f"usage: {PROGRAM} {command} ")
        assert ran.out.endswith(f"\n\nThe settings, such as --database-url:\n  {PROGRAM} help settings\n")
        assert max(map(len, ran.out.splitlines())) <= 80
        assert "--lock-timeout" not in ran.out
        assert desk("help", command) == ran


def test_the_help_names_every_command_in_three_groups_and_fits_80_columns(desk: Desk) -> None:
    text = desk("--help").out
    groups = {
        title: re.findall(r"^  (\w+) ", lines, re.MULTILINE)
        for title, lines in re.findall(r"(.*):\n((?:  .*\n)+)", text)
    }
    assert [*groups] == ["Change the database", "Look, and change nothing", "Beside the database", "Examples", "More"]
    named = [command for title, commands in groups.items() if title not in {"Examples", "More"} for command in commands]
    assert sorted(named) == sorted(COMMANDS)
    assert max(map(len, text.splitlines())) <= 80
    assert len(text.splitlines()) <= 42
    assert desk("help") == desk("--help")


def test_the_help_names_the_program_as_it_was_called_and_its_examples_can_be_typed(three: Desk) -> None:
    three.write({"sql/4_add_email_to_users.up.sql": "SELECT 1;\n"})
    text = three.process("--help").stdout
    examples = re.search(r"Examples:\n((?:  .*\n)+)", text)
    assert text.startswith(f"usage: {CALLED} [settings] COMMAND [options]\n")
    assert examples is not None
    assert [line.removeprefix(f"  {CALLED} ") for line in examples[1].splitlines()] == [
        "new add_email_to_users",
        "--database-url sqlite:./app.db --dir sql up",
        "down --to 20250816",
    ]
    for words in re.findall(rf"^  {re.escape(CALLED)} (.*)$", text.replace("COMMAND", "up"), re.MULTILINE):
        if words.startswith(("help", "--database-url")):
            assert three.process(*words.split()).returncode == 0, words


@pytest.mark.parametrize("command", COMMANDS)
def test_the_page_of_a_command_has_examples_that_can_be_typed(three: Desk, command: str) -> None:
    (listed,) = re.findall(r"\nExamples:\n((?:  .*\n)+)", three("help", command).out)
    examples = [line.strip() for line in listed.splitlines()]
    assert examples
    for each in examples:
        (words,) = re.findall(rf"{PROGRAM} ([^|>)]*)", each)
        assert words.split()[0] == command
        taken = migrate.build_parser().parse_args([word for word in words.split() if word not in {"--format", "html"}])
        assert taken.command == command


def test_the_page_of_repair_says_all_that_it_does(desk: Desk) -> None:
    assert (
        desk("help", "repair").out
        == f"""\
usage: {PROGRAM} repair [-h] (--applied | --pending) VERSION

Put the history right: a dirty, changed or missing migration. It runs nothing.
Dirty is what stopped half way: --applied where the change is complete,
--pending where you have undone it. Changed is what was edited after it was
applied: --applied where the database has that, too. Missing is what was applied
and has no file here: --pending takes it out of the history. What is pending,
and was run by hand, baseline marks.

positional arguments:
  VERSION     the version to repair

options:
  -h, --help  show this help message and exit
  --applied   the change is complete, or the database has it as the file is
              now
  --pending   the change was undone by hand; run it again, where its file is
              here

Examples:
  {PROGRAM} repair 20250816 --applied
  {PROGRAM} repair 20250816 --pending

The settings, such as --database-url:
  {PROGRAM} help settings
"""
    )


def test_the_help_ends_with_the_exit_codes(desk: Desk) -> None:
    codes = desk("--help").out.partition("\nExit codes: ")[2]
    assert re.findall(r"\b\d+\b", codes) == ["0", "1", "2", "3", "4", "5", "130", "143"]


def test_the_settings_have_a_page_with_the_variable_of_each(desk: Desk) -> None:
    ran = desk("help", "settings")
    assert (ran.exit, ran.err) == (0, "")
    without = {"--config", "--database-url", "--format", "--color", "--quiet", "--verbose"}
    for names, _, _ in migrate._COMMON:
        option = names.split()[-1]
        variable = "MIGRATE_" + option.removeprefix("--").removeprefix("migrate-").replace("-", "_").upper()
        assert f"{option} " in ran.out
        assert option in without or variable in ran.out, option
    assert max(map(len, ran.out.splitlines())) <= 80
    for variable in ("DATABASE_URL", "MIGRATE_DATABASE_URL", "DATABASE_URL_FILE", "MIGRATE_SCRATCH_URL", "NO_COLOR"):
        assert re.search(rf"\b{variable}\b", ran.out), variable


def test_the_help_needs_no_settings_that_work(desk: Desk) -> None:
    desk.write({".env": "this is no setting\n"})
    desk.set(DATABASE_URL="nonsense")
    for words in (
        ["help"],
        ["help", "settings"],
        ["help", "up"],
        ["up", "--help"],
        ["completion", "bash"],
        ["--version"],
    ):
        assert desk(*words).exit == 0, words


OTHER_WORDS = {
    "migrate": "up",
    "upgrade": "up",
    "rollback": "down",
    "downgrade": "down",
    "history": "log",
    "info": "status",
    "validate": "check",
    "create": "new",
    "force": "repair",
    "stamp": "baseline",
    "drop": "reset",
}


@pytest.mark.parametrize(("word", "ours"), OTHER_WORDS.items())
def test_the_words_of_other_tools_are_answered_with_the_command_to_type(three: Desk, word: str, ours: str) -> None:
    what = f'error: there is no command "{word}" (did you mean {ours}?)\nfix: '
    lacking = ours in {"new", "repair", "baseline", "reset"}  # it takes an argument, or drops every table
    fix = f"see what it takes:  {PROGRAM} help {ours}\n" if lacking else f"type  {PROGRAM} {ours}\n"
    assert three(word) == (2, "", what + fix)
    assert three("help", word) == (2, "", f"{what}type  {PROGRAM} help {ours}\n")
    assert three(word, "--help").err == three(word.upper(), "--help").err.replace(word.upper(), word)
    three.set(MIGRATE_COMMAND="up")
    assert three(word) == (2, "", what + fix)
    assert "imagor-studio.db" not in three.names()


@pytest.mark.parametrize(
    ("typed", "fix"),
    [
        ("rollback 2 --yes", "type  {} down 2 --yes"),
        (
            "--database-url sqlite:./app.db --dir=sql rollback 2",
            "type  {} --database-url sqlite:./app.db --dir=sql down 2",
        ),
        ("--dir 'my sql' -q undo", "type  {} --dir 'my sql' -q down"),
        ("rollback --to 20250816", "type  {} down --to 20250816"),
        ("rollback --steps 2", "type  {} down"),  # what does not fit is left out
        ("rollback s3cret", "type  {} down"),
        ("rolback", "type  {} down"),  # a typo in a word of another tool
        ("UP 1", "type  {} up 1"),
        ("create add_email", "type  {} new add_email"),
        ("create create", "type  {} new create"),
        ("stamp 20250923", "type  {} baseline 20250923"),
        ("stamp head", "see what it takes:  {} help baseline"),
        ("force 3", "see what it takes:  {} help repair"),  # which way is for the person to say
        ("fresh --yes", "see what it takes:  {} help reset"),  # which nobody is told to type without a look
        ("reset --yess", "look at what there is:  {} reset --help"),
        ("down --steps 2", "look at what there is:  {} down --help"),
        ("--database-url postgres://ann:s3cret@h/app migrate", "type  {} --database-url URL up"),
        ("--databse-url=postgres://ann:s3cret@h/app up", "type  {} --database-url=URL up"),
    ],
)
def test_a_slip_is_answered_with_all_that_was_typed_and_no_password(three: Desk, typed: str, fix: str) -> None:
    ran = three(*shlex.split(typed))
    assert (ran.exit, ran.out, ran.err.partition("\nfix: ")[2]) == (2, "", f"{fix.format(PROGRAM)}\n")
    assert "s3cret" not in ran.err


@pytest.mark.parametrize(
    ("words", "what", "fix"),
    [
        ("stauts", 'there is no command "stauts" (did you mean status?)', "type  {} status"),
        ("migration:revert", 'there is no command "migration:revert" (did you mean down?)', "type  {} down"),
        ("dwon 2", 'there is no command "dwon" (did you mean down?)', "type  {} down 2"),
        ("frobnicate", 'there is no command "frobnicate"', "look at what there is:  {} --help"),
        *(  # what only looks a bit like a command that changes something is not taken for it
            (word, f'there is no command "{word}"', "look at what there is:  {} --help")
            for word in ("dump", "destroy", "test", "remove", "prev", "setup", "schema:dump")
        ),
        ("up=1", 'there is no command "up=1" (did you mean up?)', "type  {} up 1"),
        ("-v down=2 --yes", 'there is no command "down=2" (did you mean down?)', "type  {} -v down 2 --yes"),
        ("rollback=2", 'there is no command "rollback=2" (did you mean down?)', "type  {} down 2"),
        ("up=now 2", 'there is no command "up=now" (did you mean up?)', "see what it takes:  {} help up"),
        ("to=new", 'there is no command "to=new"', "look at what there is:  {} --help"),
        ("sta\\tus", 'there is no command "sta\\\\tus" (did you mean status?)', "look at what there is:  {} --help"),
        ("help frobnicate", 'there is no command "frobnicate"', "look at what there is:  {} --help"),
        ("up --dryrun", "there is no option --dryrun (did you mean --dry-run?)", "type  {} up --dry-run"),
        (
            "up --dir=sql --tabel=x",
            "there is no option --tabel (did you mean --table?)",
            "type  {} up --dir=sql --table=x",
        ),
        ("--verbos status", "there is no option --verbos (did you mean --verbose?)", "type  {} --verbose status"),
        (
            "status --exitcode",
            "there is no option --exitcode (did you mean --exit-code?)",
            "type  {} status --exit-code",
        ),
        ("new", "new needs a NAME", "write it like  {} new add_email_to_users"),
        ("baseline", "baseline needs a VERSION", "write it like  {} baseline 20250923"),
    ],
)
def test_an_unknown_word_suggests_the_nearest(three: Desk, words: str, what: str, fix: str) -> None:
    assert three(*words.split()) == (2, "", f"error: {what}\nfix: {fix.format(PROGRAM)}\n")


def test_completion_alone_says_which_shells_and_what_to_type_in_that_of_the_person(three: Desk) -> None:
    what = "error: completion is for bash, zsh, fish: name one of them\nfix: type  "
    lines = {
        "bash": f"source <({PROGRAM} completion bash)",
        "zsh": f"source <({PROGRAM} completion zsh)",
        "fish": f"{PROGRAM} completion fish | source",
    }
    for shell, line in lines.items():
        three.set(SHELL=f"/usr/bin/{shell}")
        assert three("completion") == three("completion", "tcsh") == (2, "", f"{what}{line}\n")
        assert three("help", "completion").out.count(f"  {line}\n") == 1
    for shell in ("/bin/tcsh", ""):
        three.set(SHELL=shell)
        assert three("completion") == (2, "", what + "\n     or  ".join(lines.values()) + "\n")


@pytest.mark.parametrize("words", ["up 1 2", "status now", "new one two three"])
def test_a_word_too_many_is_named(desk: Desk, words: str) -> None:
    command, *_ = words.split()
    many = {"up": "2", "status": "now", "new": "two"}[command]
    fix = f"fix: look at what there is:  {PROGRAM} {command} --help\n"
    assert desk(*words.split()) == (2, "", f"error: a word too many: {many}\n{fix}")


@pytest.mark.parametrize("given", [["--dir", "my sql"], ["--dir=my sql"], ["--table", "h"]])
def test_what_a_command_lacks_is_said_with_what_was_typed(desk: Desk, given: list[str]) -> None:
    kept = shlex.join(given).replace("'--dir=my sql'", "--dir 'my sql'")
    fix = f"fix: write it like  {PROGRAM} {kept} new add_email_to_users\n"
    assert desk(*given, "new") == (2, "", f"error: new needs a NAME\n{fix}")


@pytest.mark.parametrize("choice", ["--format", "--color"])
def test_an_unknown_choice_names_the_option_and_shows_its_choices(three: Desk, choice: str) -> None:
    """Not a command: ``--format plai`` does not mean plan."""
    known = {"--format": ("plai", "plain"), "--color": ("alway", "always")}[choice]
    ran = three("status", choice, known[0])
    assert (ran.exit, ran.out) == (2, "")
    assert choice in ran.err
    assert known[1] in ran.err


@pytest.mark.parametrize(
    "words",
    [
        *(["up", "0"], ["up", "-1"], ["up", "x"], ["up", "1", "2"], ["down", "0"], ["log", "x"], ["plan", "sideways"]),
        *(
            ["baseline"],
            ["new"],
            ["repair"],
            ["repair", "1"],
            ["repair", "1", "--applied", "--pending"],
            ["up", "--to"],
        ),
        *(
            ["down", "--all", "--to-here"],
            ["down", "2", "--all"],
            ["down", "--to", "1", "--all"],
            ["--format", "xml", "up"],
        ),
        *(["status", "up"], ["check", "--exit-code"], ["--lock-timeout", "-5", "up"], ["--lock-timeout=soon", "up"]),
        *(["down", "1", "--all"], ["down", "1", "--to", "1"], ["down", "1", "--to-here"]),
    ],
    ids=" ".join,
)
def test_words_that_cannot_be_understood_exit_with_2_and_run_nothing(applied: Desk, words: list[str]) -> None:
    ran = applied.here(*words)
    assert (ran.exit, ran.out) == (2, "")
    assert ran.err.startswith("error: ")
    assert "\nfix: " in ran.err
    assert applied.tables() == ["one", "three", "two"]


def test_a_plan_takes_the_ends_that_down_takes(applied: Desk) -> None:
    for words in (["--all"], ["--to", "1"], ["--to-here"], ["2"], []):
        planned = applied.here("plan", "down", *words)
        assert planned == applied.here("down", *words, "--dry-run")
        assert planned.exit == 0
    assert applied.here("plan", "down", "--all").out.count("\tdown\t") == 3


def test_two_dashes_are_no_value_of_any_option(three: Desk) -> None:
    pages = {command: three("help", command).out for command in COMMANDS}
    taken = {
        (command, option)
        for command in pages
        for option in re.findall(r"^  (--[a-z-]+) \[?[A-Z{]", pages[command], re.MULTILINE)
    }
    settings = re.findall(r"^  (--[a-z-]+) [A-Z{]", three("help", "settings").out, re.MULTILINE)
    for command, option in [*sorted(taken), *(("status", each) for each in settings)]:
        ran = three(command, f"{option}=--")
        assert (ran.exit, ran.out) == (2, "")
        assert ran.err.startswith(f"error: argument {option}: expected one argument\nfix: look at what there is:")
    assert (len(settings), len(taken)) == (11, 16)


def test_options_may_stand_before_or_after_the_command_and_the_later_one_wins(three: Desk) -> None:
    before = three("--database-url", "sqlite:app.db", "--dir", "sql", "--format", "json", "status")
    after = three("status", "--database-url", "sqlite:app.db", "--dir", "sql", "--format", "json")
    around = three("--dir=wrong", "--format=json", "status", "--dir=sql", "--database-url=sqlite:app.db")
    assert before.document == after.document == around.document
    assert three.here("--format", "json", "status", "--format", "plain").out.startswith("1\tone\t")


# ---- the guide's form


@pytest.mark.parametrize(
    ("command", "out"),
    [
        ("up", APPLIED),
        ("status", "1\tone\tpending\t\t\t\n2\ttwo\tpending\t\t\t\n3\tthree\tpending\t\t\t\n"),
    ],
)
def test_migrate_command_works_as_flag_as_variable_and_from_a_file(three: Desk, command: str, out: str) -> None:
    assert masked(three.here(f"--migrate-command={command}").out) == out
    three.set(DATABASE_URL="sqlite:second.db", MIGRATE_COMMAND=command, MIGRATE_DIR="sql")
    assert masked(three().out) == out
    three.monkeypatch.delenv("DATABASE_URL")
    three.monkeypatch.delenv("MIGRATE_COMMAND")
    three.write({"prod.env": f"DATABASE_URL=sqlite:third.db\nMIGRATE_COMMAND={command}\n"})
    assert masked(three("--config", "prod.env").out) == out


def test_migrate_command_does_down_and_reset_too(applied: Desk) -> None:
    assert masked(applied.here("--migrate-command", "down").out) == "rolled back  3 three  1 statement, N ms\n"
    assert applied.tables() == ["one", "two"]
    assert masked(applied.here("--migrate-command", "reset", "--yes").out) == APPLIED
    assert applied.here("--migrate-command", "reset").exit == 2


def test_the_env_file_of_the_working_directory_is_enough(three: Desk) -> None:
    three.write({".env": "DATABASE_URL=sqlite:app.db\nMIGRATE_COMMAND=up\nMIGRATE_DIR=sql\n"})
    ran = three()
    assert (ran.exit, masked(ran.out), ran.err) == (0, APPLIED, "")


def test_a_command_wins_over_the_variable_and_contradicts_the_flag(three: Desk) -> None:
    three.set(MIGRATE_COMMAND="reset")
    assert three.here("status").out.startswith("1\tone\tpending")
    ran = three.here("status", "--migrate-command=up")
    assert ran == (2, "", "error: two commands: status, and --migrate-command=up\nfix: leave one of them out\n")
    assert three.here("status", "--migrate-command=status").exit == 0
    assert three.here("--migrate-command=status").exit == 0


@pytest.mark.parametrize("how", ["--migrate-command", "MIGRATE_COMMAND"])
def test_migrate_command_knows_the_four_of_the_guide(three: Desk, how: str) -> None:
    where = how if how.startswith("--") else f"{how} in the environment"
    if how.startswith("--"):
        ran = three.here(how, "stauts")
    else:
        three.set(MIGRATE_COMMAND="stauts")
        ran = three.here()
    assert ran == (
        2,
        "",
        (
            f'error: there is no command "stauts" (did you mean status?)\n  --> {where}\n'
            "fix: write one of up, down, status, reset\n"
        ),
    )


@pytest.mark.parametrize(
    ("words", "out"),
    [
        (["--migrate-command=up", "--to", "1"], "applied  1 one  1 statement, N ms\n"),
        (["--migrate-command=up", "1"], "applied  1 one  1 statement, N ms\n"),
        (["--migrate-command", "up", "--dry-run"], None),
    ],
)
def test_the_options_of_a_command_work_with_migrate_command_too(three: Desk, words: list[str], out: str | None) -> None:
    ran = three.here(*words)
    assert (ran.exit, ran.err) == (0, "")
    assert out is None or masked(ran.out) == out


# ---- running


def test_up_prints_one_line_per_file_and_says_when_there_is_nothing_to_do(three: Desk) -> None:
    assert masked(three.here("up", "1").out) == "applied  1 one  1 statement, N ms\n"
    assert masked(three.here("up", "--to", "2").out) == "applied  2 two  2 statements, N ms\n"
    assert masked(three.here("up").out) == "applied  3 three  1 statement, N ms\n"
    assert three.here("up") == (0, "", "up to date at 3 (3 applied)\n")


def test_down_redo_and_reset_print_what_they_did(applied: Desk) -> None:
    assert masked(applied.here("redo").out) == (
        "rolled back  3 three  1 statement, N ms\napplied  3 three  1 statement, N ms\n"
    )
    assert masked(applied.here("down", "2").out) == (
        "rolled back  3 three  1 statement, N ms\nrolled back  2 two  1 statement, N ms\n"
    )
    assert masked(applied.here("down", "--all").out) == "rolled back  1 one  1 statement, N ms\n"
    assert applied.here("down") == (0, "", "nothing to roll back\n")
    assert applied.here("redo") == (0, "", "nothing to redo: no migration is applied\n")
    assert applied.here("repair", "2", "--pending") == (4, "", (
        "error: 2 two is pending: there is nothing to repair in this way\nnothing was changed.\n"
        "fix: look at the states:  imagor-studio-migrate status\n"
    ))  # fmt: skip
    assert applied.here("repair", "2", "--applied") == (4, "", (
        "error: 2 two is pending: there is nothing to repair in this way\nnothing was changed.\n"
        f"fix: where it was run by hand, mark it as applied, and all before it:  {PROGRAM} baseline 2\n"
        f"     or look at the states:  {PROGRAM} status\n"
    ))  # fmt: skip
    ran = applied.here("reset", "--yes")
    assert (ran.exit, masked(ran.out)) == (0, APPLIED)
    assert re.fullmatch(r"dropped \d+ objects\n", ran.err)


def test_down_with_an_empty_version_rolls_back_nothing(applied: Desk) -> None:
    """As in ``down --to "$VERSION"``, where nobody set VERSION."""
    ran = applied.here("down", "--to", "")
    assert (ran.exit, ran.out) == (2, "")
    assert applied.tables() == ["one", "three", "two"]


def test_a_repair_says_which_way_in_its_line_in_json_and_in_the_log(three: Desk) -> None:
    three.here("up")
    three.write({"sql/3_three.up.sql": "-- edited\n"})
    (three.home / "sql" / "2_two.up.sql").unlink()
    (three.home / "sql" / "2_two.down.sql").unlink()
    assert three.here("repair", "2", "--pending") == (0, "repaired  2 two  as pending\n", "")
    (repaired,) = three.here("--format", "json", "repair", "3", "--applied").document["results"]
    assert (repaired["action"], repaired["declared"]) == ("repair", "applied")
    lines = [line.split("\t") for line in three.here("log", "2").out.splitlines()]
    assert [(line[1], line[3], line[7].partition(" repair")[2]) for line in lines] == [
        ("3", "repair", " --applied"),
        ("2", "repair", " --pending"),
    ]
    table = three.here("--format", "table", "log", "2").out
    assert re.findall(r" (repair\S* \S+)   ok", table) == ["repair --applied", "repair --pending"]
    assert {each["action"] for each in three.here("--format", "json", "log", "2").document["log"]} == {"repair"}


def test_baseline_and_repair_print_what_they_did(three: Desk) -> None:
    assert three.here("baseline", "2") == (0, "marked as applied  1 one\nmarked as applied  2 two\n", "")
    assert three.here("baseline", "2") == (0, "", "nothing to mark: 2 and all before it are applied already\n")
    assert three.here("baseline", "1") == (0, "", "nothing to mark: 1 is applied already\n")
    assert three.tables() == []
    three.write({"sql/1_one.up.sql": "-- edited\n"})
    assert three.here("repair", "1", "--applied") == (0, "repaired  1 one  as applied\n", "")
    assert three.here("repair", "1", "--applied") == (
        4,
        "",
        (
            "error: 1 one is applied: there is nothing to repair in this way\n"
            "nothing was changed.\n"
            f"fix: look at the states:  {PROGRAM} status\n"
        ),
    )


def test_a_failing_statement_shows_the_place_and_keeps_the_files_before(three: Desk) -> None:
    three.write({"sql/2_two.up.sql": "-- two\nCREATE TABLE two (id INTEGER);\nINSERT INTO tow VALUES (1);\n"})
    ran = three.here("up")
    assert (ran.exit, masked(ran.out)) == (1, "applied  1 one  1 statement, N ms\n")
    assert ran.err == (
        "error: no such table: tow\n"
        "  --> sql/2_two.up.sql:3:13\n"
        "  3 | INSERT INTO tow VALUES (1);\n"
        "                  ^\n"
        "nothing was changed by this file: SQLite rolled it back whole.\n"
        f"fix: correct line 3, then run  {PROGRAM} up\n"
    )
    assert three.tables() == ["one"]


def test_reset_without_a_terminal_needs_yes(applied: Desk) -> None:
    ran = applied.here("reset")
    assert ran == (
        2,
        "",
        (
            "error: a yes is needed, and there is no terminal to ask for one: this drops every table, and"
            " all data in it.\n"
            "  --> sqlite:app.db\n"
            "fix: say that you mean it:  imagor-studio-migrate reset --yes\n"
        ),
    )
    assert applied.tables() == ["one", "three", "two"]


def test_plan_and_dry_run_show_the_same_and_create_nothing(three: Desk) -> None:
    before = three.names()
    expected = (
        "1\tone\tup\t1\t0\ttransaction\tsql/1_one.up.sql\t\tlocks\n"
        "2\ttwo\tup\t2\t0\ttransaction\tsql/2_two.up.sql\t\tlocks\n"
    )
    assert three.here("plan", "up", "2").out == expected
    assert three.here("plan", "2").out == expected
    assert three.here("plan", "--to", "2").out == expected
    assert three.here("up", "2", "--dry-run").out == expected
    assert three.names() == before


def test_plan_down_and_a_dry_run_of_down_show_the_same(applied: Desk) -> None:
    expected = (
        "3\tthree\tdown\t1\t0\ttransaction\tsql/3_three.down.sql\t\tcannot be undone, locks\n"
        "2\ttwo\tdown\t1\t0\ttransaction\tsql/2_two.down.sql\t\tcannot be undone, locks\n"
    )
    for words in (
        ["plan", "down", "2"],
        ["plan", "down", "--to", "1"],
        ["down", "2", "--dry-run"],
        ["down", "--to", "1", "--dry-run"],
    ):
        assert applied.here(*words).out == expected
    assert applied.tables() == ["one", "three", "two"]


# ---- looking creates nothing


@pytest.mark.parametrize("command", ["status", "plan", "log", "check"])
def test_looking_at_a_mistyped_path_creates_nothing(three: Desk, command: str) -> None:
    before = three.names()
    assert three("--database-url", "sqlite:no.db", "--dir", "sql", command).exit == 0
    assert three.names() == before
    assert three("--database-url", "sqlite:no/such/folder/no.db", "--dir", "sql", command).exit in {0, 1}
    assert three.names() == before


def test_status_of_a_database_that_is_not_there_says_so(three: Desk) -> None:
    assert three("--database-url", "sqlite:no.db", "--dir", "sql", "status").err == (
        f"no.db does not exist yet; this creates it:  {PROGRAM} --database-url sqlite:no.db --dir sql up\n"
    )


@pytest.mark.parametrize("words", [["down"], ["down", "--all"], ["redo"], ["repair", "1", "--pending"]], ids=" ".join)
def test_going_back_on_a_file_that_is_not_there_is_an_error_and_creates_nothing(three: Desk, words: list[str]) -> None:
    before = three.names()
    given = "--database-url sqlite:no.db --dir sql"
    fix = f"fix: correct the path, or create it:  {PROGRAM} {given} up\n"
    ran = three(*given.split(), *words)
    assert ran == (1, "", f"error: no.db does not exist\n  --> sqlite:no.db (--database-url)\n{fix}")
    assert three.names() == before


def test_up_creates_the_file_and_no_folder(three: Desk) -> None:
    ran = three("--database-url", "sqlite:data/app.db", "--dir", "sql", "up")
    assert ran == (
        1,
        "",
        (
            "error: there is no folder data\n  --> sqlite:data/app.db (--database-url)\n"
            "fix: create the folder, or correct the path\n"
        ),
    )


def test_what_is_no_database_is_left_alone(three: Desk) -> None:
    three.write({"notes.txt": "these are my notes, and they are long enough to be looked at\n" * 20})
    for command in ("status", "up", "down"):
        ran = three("--database-url", "sqlite:notes.txt", "--dir", "sql", command)
        assert (ran.exit, ran.out) == (1, "")
        assert ran.err == (
            "error: file is not a database\n  --> sqlite:notes.txt (--database-url)\n"
            "fix: correct the path: this file holds something else\n"
        )
    assert (three.home / "notes.txt").read_text().startswith("these are my notes")


# ---- exit codes


def test_status_exits_with_0_unless_asked_for_the_exit_code(three: Desk) -> None:
    assert three.here("status").exit == 0
    assert three.here("status", "--exit-code").exit == 3
    three.here("up", "2")
    assert three.here("status", "--exit-code").exit == 3
    three.here("up")
    assert three.here("status", "--exit-code").exit == 0


def test_status_exit_code_is_4_where_history_and_files_disagree(applied: Desk) -> None:
    applied.write({"sql/2_two.up.sql": "-- edited\n"})
    assert applied.here("status", "--exit-code").exit == 4
    assert applied.here("up").exit == 4
    applied.write(THREE)
    (applied.home / "sql/2_two.up.sql").unlink()
    (applied.home / "sql/2_two.down.sql").unlink()
    assert applied.here("status", "--exit-code").exit == 4
    applied.here("down", "2")
    applied.write({"sql/0_zero.up.sql": "SELECT 1;"})
    assert applied.here("status", "--exit-code").exit == 4


def test_a_database_that_is_ahead_of_the_files_is_no_disagreement(applied: Desk) -> None:
    (applied.home / "sql/3_three.up.sql").unlink()
    (applied.home / "sql/3_three.down.sql").unlink()
    assert applied.here("status", "--exit-code").exit == 0
    ran = applied.here("up")
    assert (ran.exit, ran.out) == (0, "")
    assert ran.err.startswith(
        "the database is ahead of these files: 3 came with a newer release, or its file was removed\n"
    )
    ran = applied.here("down", "--to-here")
    assert (ran.exit, masked(ran.out)) == (0, "rolled back  3 three  1 statement, N ms\n")
    assert "the text stored when it was applied runs" in ran.err
    assert applied.tables() == ["one", "two"]


def test_a_table_of_another_tool_is_recognised_and_left_alone(three: Desk) -> None:
    three.here("up", "--table", "mine")
    three.rows("CREATE TABLE schema_migrations (version BIGINT PRIMARY KEY, dirty BOOLEAN)")
    for command in ("up", "status", "down"):
        ran = three.here(command)
        assert (ran.exit, ran.out) == (4, "")
        assert ran.err.startswith(
            "error: the table schema_migrations belongs to golang-migrate: it has the columns version, dirty\n"
            "  --> sqlite:app.db"
        )
        assert "\nnothing was changed.\nfix: " in ran.err
        assert " --table " in ran.err


def test_a_lock_that_is_not_obtained_exits_with_5(three: Desk) -> None:
    import sqlite3

    holder = sqlite3.connect(three.home / "app.db", isolation_level=None)
    try:
        holder.execute("BEGIN IMMEDIATE")
        ran = three.here("up", "--lock-timeout", "0")
    finally:
        holder.close()
    assert (ran.exit, ran.out) == (5, "")
    assert ran.err.startswith("error: ")
    assert "\nfix: " in ran.err


# ---- JSON


def document(desk: Desk, *words: str, code: int = 0) -> dict[str, Any]:
    ran = desk.here("--format", "json", *words)
    assert ran.exit == code, ran.err
    return ran.document


def last_event(desk: Desk, *words: str, code: int = 0) -> dict[str, Any]:
    """Run what prints a line for each event; return the last, which is about the whole run."""
    ran = desk.here("--format", "json", *words)
    assert (ran.exit, ran.err) == (code, "")
    *_, last = map(json.loads, ran.out.splitlines())
    assert isinstance(last, dict)
    return last


def test_status_as_json(three: Desk) -> None:
    three.here("up", "2")
    found = document(three, "status")
    times = [each.pop("applied_at") for each in found["migrations"]]
    assert all(TIME.fullmatch(time) for time in times[:2])
    assert times[2] is None
    checksums = {each["version"]: each.pop("checksum") for each in found["migrations"]}
    assert all(re.fullmatch("[0-9a-f]{64}", checksum) for checksum in checksums.values())
    people = {each.pop("applied_by") for each in found["migrations"][:2]}
    assert len(people) == 1
    assert "@" in people.pop()
    for each in found["migrations"][:2]:
        assert isinstance(each.pop("took_ms"), int)
    assert found == {
        "database": "sqlite:app.db",
        "dialect": "sqlite",
        "table": "schema_migrations",
        "current": "2",
        "counts": {"applied": 2, "pending": 1, "dirty": 0, "changed": 0, "missing": 0, "out_of_order": 0, "skipped": 0},
        "running": [],
        "next": [],
        "migrations": [
            {
                "version": "1",
                "name": "one",
                "state": "applied",
                "statements": 1,
                "statements_done": 1,
                "has_down": True,
                "only": [],
                "direction": "up",
                "claimed": False,
            },
            {
                "version": "2",
                "name": "two",
                "state": "applied",
                "statements": 2,
                "statements_done": 2,
                "has_down": True,
                "only": [],
                "direction": "up",
                "claimed": False,
            },
            {
                "version": "3",
                "name": "three",
                "state": "pending",
                "took_ms": None,
                "applied_by": None,
                "statements": None,
                "statements_done": None,
                "has_down": True,
                "only": [],
                "direction": None,
                "claimed": False,
            },
        ],
    }


def test_an_empty_database_has_no_current_version(three: Desk) -> None:
    assert document(three, "status")["current"] is None


@pytest.mark.parametrize(
    ("words", "actions"),
    [
        (["up"], []),
        (["down", "2"], [("3", "down"), ("2", "down")]),
        (["redo"], [("3", "down"), ("3", "up")]),
        (["reset", "--yes"], [("1", "up"), ("2", "up"), ("3", "up")]),
    ],
)
def test_results_as_json(applied: Desk, words: list[str], actions: list[tuple[str, str]]) -> None:
    found = last_event(applied, *words)
    assert [(each["version"], each["action"]) for each in found["results"]] == actions
    assert all(
        (isinstance(each["took_ms"], int) and each["statements"] == 1) or each["version"] == "2"
        for each in found["results"]
    )


def test_baseline_and_repair_as_json(three: Desk) -> None:
    assert [each["version"] for each in document(three, "baseline", "2")["results"]] == ["1", "2"]
    three.write({"sql/1_one.up.sql": "-- edited\n"})
    assert [each["action"] for each in document(three, "repair", "1", "--applied")["results"]] == ["repair"]


def test_plan_log_new_and_check_as_json(applied: Desk) -> None:
    (step,) = document(applied, "plan", "down")["steps"]
    assert step == {
        "version": "3",
        "name": "three",
        "direction": "down",
        "statements": 1,
        "mode": "transaction",
        "done": 0,
        "file": "sql/3_three.down.sql",
        "note": "",
        "checksum": migrate.Script.from_text(Path(), THREE["sql/3_three.down.sql"]).checksum,
        "text": "DROP TABLE three;\n",
        "down_sql": None,
        "sql": [{"number": 1, "line": 1, "text": "DROP TABLE three"}],
        "findings": [
            {
                "statement": 1,
                "line": 1,
                "rule": "cannot be undone",
                "what": "the table cannot be recovered",
                "link": "https://www.sqlite.org/lang_droptable.html",
                "more": 0,
            },
            {
                "statement": 1,
                "line": 1,
                "rule": "locks",
                "what": "the database against every other writer",
                "link": "https://www.sqlite.org/lockingv3.html",
                "more": 0,
            },
        ],
        "tables": step["tables"],
    }
    assert [each["name"] for each in step["tables"]] == ["three", "app.db"]
    entries = document(applied, "log", "2")["log"]
    assert [(each["version"], each["action"], each["outcome"], each["error"]) for each in entries] == [
        ("3", "up", "ok", None),
        ("2", "up", "ok", None),
    ]
    assert TIME.fullmatch(entries[0]["at"])
    assert len(document(applied, "new", "four")["files"]) == 2
    assert document(applied, "check", code=2)["findings"]


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (["repair", "9", "--applied"], 2),
        (["plan"], 4),
        (["--table", "a b", "status"], 2),
        (["--dir", "nowhere", "status"], 2),
        (["--database-url", "sqlite:nowhere/app.db", "status"], 1),
        (["--config", "nowhere", "status"], 2),
        (["status", "--bogus"], 2),
        (["stauts"], 2),
        (["--migrate-command=stauts"], 2),
        ([], 2),
    ],
    ids=lambda words: " ".join(words) if isinstance(words, list) else None,
)
def test_an_error_is_one_json_document_and_a_text_on_stderr(applied: Desk, words: list[str], code: int) -> None:
    applied.write({"sql/1_one.up.sql": "-- edited\n"})
    ran = applied.here("--format", "json", *words)
    assert ran.exit == code
    error = ran.document["error"]
    assert error["exit"] == code
    assert {"what", "where", "fix", "exit"} <= set(error)
    assert error["what"]
    assert error["fix"]
    assert ran.err.startswith(f"error: {error['what']}")


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (["up"], 4),
        (["down", "--to", "9"], 2),
        (["reset"], 2),
        (["--database-url", "sqlite:nowhere/app.db", "up"], 1),
        (["up", "--bogus"], 2),
    ],
    ids=lambda words: " ".join(words) if isinstance(words, list) else None,
)
def test_an_error_of_what_prints_events_is_a_line_and_nothing_else(applied: Desk, words: list[str], code: int) -> None:
    applied.write({"sql/1_one.up.sql": "-- edited\n"})
    last = last_event(applied, *words, code=code)
    assert last["event"] == "failed"
    assert last["error"]["exit"] == code
    assert last["error"]["what"]
    assert last["error"]["fix"]


def test_a_failure_as_json_says_what_was_done_before(three: Desk) -> None:
    three.write({"sql/2_two.up.sql": "INSERT INTO nowhere VALUES (1);\n"})
    found = last_event(three, "up", code=1)
    assert found["error"]["what"] == "no such table: nowhere"
    assert found["error"]["where"] == "sql/2_two.up.sql:1:13"
    assert [each["version"] for each in found["results"]] == ["1"]


def test_every_other_command_prints_one_json_document_and_nothing_else(three: Desk) -> None:
    for words in (["check"], ["status"], ["plan"], ["log"], ["up", "--dry-run"], ["baseline", "1"]):
        assert document(three, *words)
    assert last_event(three, "up")
    for words in (["status"], ["plan", "down"], ["down", "--dry-run"], ["wait"], ["log"], ["new", "x"]):
        assert document(three, *words)


# ---- talk


def test_quiet_keeps_the_data_and_drops_the_talk(three: Desk) -> None:
    assert three.here("-q", "up").err == ""
    assert three.here("up", "--quiet") == (0, "", "")
    assert three.here("-q", "status").out.startswith("1\tone\tapplied\t")
    assert three.here("-q", "down", "--to", "9").err.startswith("error: ")


def test_verbose_says_which_database_table_and_files_and_no_password(three: Desk) -> None:
    ran = three.here("-v", "status")
    where = "sqlite:app.db (DATABASE_URL in the environment)"
    assert ran.err.splitlines()[0] == f"database {where}, table schema_migrations, files sql"
    ran = three("--verbose", "--database-url", "postgres://ann:s3cr3t@h/app?sslmode=require", "--dir", "sql", "check")
    assert (
        ran.err.splitlines()[0]
        == "database postgres://ann:***@h/app (--database-url), table schema_migrations, files sql"
    )


@pytest.mark.parametrize(
    ("words", "variables", "colored"),
    [
        ([], {}, False),
        (["--color", "always"], {}, True),
        (["--color", "never"], {}, False),
        (["--color", "always"], {"NO_COLOR": "1"}, True),
        ([], {"NO_COLOR": "1"}, False),
    ],
)
def test_color_is_for_terminals_or_on_demand(
    applied: Desk, words: list[str], variables: dict[str, str], colored: bool
) -> None:
    applied.set(**variables)
    ran = applied.here("status", "--format", "table", *words)
    assert ("\033[" in ran.out) is colored
    ran = applied.here("down", "--to", "9", *words)
    assert ("\033[" in ran.err) is colored
    assert "\033[" not in applied.here("status", *words, "--format", "plain").out
    assert "\033[" not in applied.here("status", *words, "--format", "json").out


def test_plain_lines_have_tabs_and_nothing_that_breaks_them(three: Desk) -> None:
    three.write({"sql/4_four.up.sql": "INSERT INTO nowhere VALUES (1,\n\t2);\n"})
    three.here("up")
    for command in ("status", "log", "plan"):
        ran = three.here(command)
        assert len({line.count("\t") for line in ran.out.splitlines()}) == 1


# ---- the program as a process


@pytest.mark.parametrize(
    "words",
    [["status"], ["log"], ["plan", "down"], ["--format", "json", "status"], ["--help"], ["check"]],
    ids=" ".join,
)
def test_a_reader_that_goes_away_gets_no_traceback(applied: Desk, words: list[str]) -> None:
    reader, writer = os.pipe()
    os.close(reader)
    command = [sys.executable, str(MODULE), "--database-url", "sqlite:app.db", "--dir", "sql", *words]
    try:
        done = subprocess.run(
            command,
            cwd=applied.home,
            env=clean_environment(),
            stdout=writer,
            stderr=subprocess.PIPE,
            text=True,
            check=False,
        )
    finally:
        os.close(writer)
    assert "Traceback" not in done.stderr
    assert "BrokenPipe" not in done.stderr


@pytest.mark.parametrize("closed", ["<&-", ">&-", "2>&-"])
def test_a_closed_stream_is_no_reason_for_a_traceback(applied: Desk, closed: str) -> None:
    """As some supervisors start their children."""
    line = f'"{sys.executable}" "{MODULE}" --database-url sqlite:app.db --dir sql reset {closed}'
    done = subprocess.run(
        ["sh", "-c", line], cwd=applied.home, env=clean_environment(), text=True, check=False, capture_output=True
    )
    assert "Traceback" not in done.stderr
    assert done.returncode == 2


def test_the_checkout_names_itself_in_what_is_to_be_typed_next(three: Desk) -> None:
    done = three.process("--dir", "sql", "--database-url", "sqlite:no.db", "status")
    command = f"{CALLED} --database-url sqlite:no.db --dir sql up"
    assert done.stderr == f"no.db does not exist yet; this creates it:  {command}\n"


def test_the_default_database_is_a_file_here_and_the_default_files_are_those_that_ship(desk: Desk) -> None:
    done = desk.process("up")
    assert (done.returncode, done.stderr) == (0, "on sqlite:./imagor-studio.db (the default)\n")
    assert [line.split()[1] for line in done.stdout.splitlines()] == ["20250504", "20250816", "20250831", "20250923"]
    assert desk.names() == ["imagor-studio.db"]


# ---- auto_migrate


def test_auto_migrate_runs_on_sqlite(desk: Desk, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    assert migrate.auto_migrate("sqlite:./app.db") is True
    assert desk.tables() == ["registry", "users"]
    lines = [re.sub(r"\d+ ms", "N ms", each.getMessage()) for each in caplog.records]
    assert lines == [
        "applied 20250504 create_metadata_table in N ms",
        "applied 20250816 create_users_table in N ms",
        "applied 20250831 add_is_encrypted_to_registry in N ms",
        "applied 20250923 add_video_extensions in N ms",
    ]
    assert migrate.auto_migrate("sqlite:./app.db") is True


def test_auto_migrate_without_a_url_takes_the_one_that_the_command_would(desk: Desk) -> None:
    nothing: Any = os.environ.get("NOT_SET")
    assert migrate.auto_migrate(nothing, force=True) is True
    assert (desk.home / "imagor-studio.db").exists()


@pytest.mark.parametrize("scheme", ["postgres", "postgresql", "mysql", "mariadb"])
def test_auto_migrate_connects_to_no_server_and_logs_what_to_run(
    desk: Desk, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch, scheme: str
) -> None:
    for driver in ("psycopg", "pymysql"):
        monkeypatch.setitem(sys.modules, driver, None)  # importing it would fail
    assert migrate.auto_migrate(f"{scheme}://ann:s3cr3t@203.0.113.1/app") is False
    (record,) = caplog.records
    shown = {"postgresql": "postgres", "mariadb": "mysql"}.get(scheme, scheme)
    assert (record.name, record.levelname) == ("migrate", "WARNING")
    message = record.getMessage()
    assert message.startswith(f"{shown}://ann:***@203.0.113.1/app is not migrated at start-up: ")
    assert "run  imagor-studio-migrate up" in message
    assert "s3cr3t" not in message


@pytest.mark.parametrize(("force", "variable"), [(True, None), (False, "1"), (False, "true")])
def test_auto_migrate_can_be_forced(desk: Desk, force: bool, variable: str | None) -> None:
    if variable:
        desk.set(FORCE_AUTO_MIGRATE=variable)
    with pytest.raises(migrate.ConnectError) as caught:  # nobody listens on port 1
        migrate.auto_migrate("postgres://ann:s3cr3t@127.0.0.1:1/app?connect_timeout=2", force=force)
    assert "s3cr3t" not in str(caught.value)


@pytest.mark.parametrize("url", ["sqlite:app.db", "mysql://ann@203.0.113.1/app"])
def test_auto_migrate_takes_no_word_for_false_that_says_neither(desk: Desk, url: str) -> None:
    desk.set(FORCE_AUTO_MIGRATE="ture")
    with pytest.raises(migrate.SettingsError) as caught:
        migrate.auto_migrate(url)
    assert str(caught.value) == (
        "FORCE_AUTO_MIGRATE is neither true nor false\n"
        "  --> FORCE_AUTO_MIGRATE in the environment\n"
        "fix: write  FORCE_AUTO_MIGRATE=true  or  FORCE_AUTO_MIGRATE=false"
    )
    assert desk("--database-url", "sqlite:app.db", "status").exit == 0  # the commands do not read it


@pytest.mark.parametrize(
    ("url", "variable", "value", "where"),
    [
        ("", "", "", "the URL given to auto_migrate"),
        ("mongo://h/app", "", "", "the URL given to auto_migrate"),
        ("mysql://h", "DATABASE_URL", "sqlite:other.db", "the URL given to auto_migrate"),
        ("postgres://h/app?sslmode=verify-ful", "", "", "the URL given to auto_migrate"),
        ("sqlite:app.db", "MIGRATE_LOCK_TIMEOUT", "soon", "MIGRATE_LOCK_TIMEOUT in {}"),
        ("sqlite:app.db", "MIGRATE_RETRIES", "1.5", "MIGRATE_RETRIES in {}"),
        ("sqlite:app.db", "MIGRATE_TABLE", "my table", "MIGRATE_TABLE in {}"),
        ("sqlite:app.db", "MIGRATE_DIR", "nowhere", "MIGRATE_DIR in {}"),
        ("sqlite:app.db", "MIGRATE_DIR", "above", "above"),
    ],
)
def test_an_error_of_auto_migrate_names_what_an_application_gives_and_no_option(
    desk: Desk, url: str, variable: str, value: str, where: str
) -> None:
    desk.write({"above/sql/1_a.up.sql": "SELECT 1;\n"})
    for place in "the environment", ".env:1":
        desk.write({".env": f"{variable}={value}\n" * bool(variable and place == ".env:1")})
        desk.set(**{variable: value if place == "the environment" else ""} if variable else {})
        with pytest.raises(migrate.MigrateError) as caught:
            migrate.auto_migrate(url)
        assert caught.value.where == where.format(place)
        assert "--" not in str(caught.value).replace("  --> ", "")


def test_auto_migrate_raises_what_up_raises(desk: Desk) -> None:
    migrate.auto_migrate("sqlite:app.db")
    desk.rows("DROP TABLE schema_migrations")
    with pytest.raises(migrate.StatementError):
        migrate.auto_migrate("sqlite:app.db")


def test_the_verbs_take_a_url_and_return_typed_results(desk: Desk) -> None:
    results = migrate.up("sqlite:app.db")
    first = results[0]
    assert (first.version, first.action, first.name) == ("20250504", "up", "create_metadata_table")
    assert {each.state for each in migrate.status("sqlite:app.db")} == {"applied"}
    assert [each.version for each in migrate.down("sqlite:app.db", count=2)] == ["20250923", "20250831"]
    assert [each.version for each in migrate.plan("sqlite:app.db")] == ["20250831", "20250923"]
    assert migrate.log("sqlite:app.db", count=1)[0].action == "down"


def test_down_asks_the_caller_with_the_steps_before_anything_runs(applied: Desk) -> None:
    asked: list[list[str]] = []

    def confirm(steps: Any) -> bool:
        asked.append([step.version for step in steps])
        return False

    settings = migrate.load_settings({"dir": "sql", "database_url": "sqlite:app.db"}, {})
    assert migrate.down(settings, count=2, confirm=confirm) == []
    assert asked == [["3", "2"]]
    assert applied.tables() == ["one", "three", "two"]


def test_json_on_stdout_is_utf_8_text_as_it_is(desk: Desk) -> None:
    desk.write({"sql/1_größe.up.sql": "SELECT 1;"})
    ran = desk.here("--format", "json", "status")
    assert "größe" in ran.out
    assert json.loads(ran.out)["migrations"][0]["name"] == "größe"


def test_a_command_that_path_does_not_find_is_named_by_its_path(desk: Desk) -> None:
    desk.write({"bin/imagor-studio-migrate": "#!/bin/sh\n", "there/imagor-studio-migrate": "#!/bin/sh\n"})
    for folder in ("bin", "there"):
        (desk.home / folder / "imagor-studio-migrate").chmod(0o755)
    called = "./bin/imagor-studio-migrate"
    desk.monkeypatch.setattr("sys.argv", [called])
    for path, named in (("/nowhere", called), (f"{desk.home}/there", called), ("bin", "imagor-studio-migrate")):
        desk.set(PATH=path)
        assert f"fix: correct the path, or create it:  {named} up\n" in desk("down").err
