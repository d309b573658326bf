"""A run that refuses files names every one of them, and the command that it names lists them all."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from desk import Desk


FIRST = (
    "error: ATTACH: a transaction over two files is not atomic\n"
    "  --> sql/1_a.up.sql:2:1\n"
    "  2 | ATTACH 'x' AS x\n"
    "      ^\n"
    "nothing was run.\n"
    "fix: migrate each database in a run of its own\n"
)


def attaching(count: int, *, way: str = "up") -> dict[str, str]:
    return {f"sql/{number}_a.{way}.sql": "SELECT 1;\nATTACH 'x' AS x" for number in range(1, count + 1)}


def listed(desk: Desk, text: str) -> list[str]:
    """Type the command that the error names, and return the files that it calls faulty."""
    command = re.search("all of them:  imagor-studio-migrate (.*)", text)
    assert command
    ran = desk("--dir", "sql", "--format", "plain", *command[1].split())
    return [line.split("\t")[1] for line in ran.out.splitlines() if line.startswith("fault")]


@pytest.mark.parametrize("words", [["up"], ["plan"], ["baseline", "8"], ["reset", "--yes"], ["up", "--dry-run"]])
def test_every_file_with_a_refused_statement_is_named(desk: Desk, words: list[str]) -> None:
    desk.write(attaching(8) | {"sql/9_b.up.sql": "SELECT 1;"})
    ran = desk.here(*words)
    names = ", ".join(f"sql/{number}_a.up.sql" for number in range(2, 7))
    assert (ran.exit, ran.out) == (2, "")
    first = FIRST
    if {*words} & {"plan", "--dry-run"}:  # which run nothing anyway
        first = first.replace("error: ", "error: `up` would refuse to run: ").replace("nothing was run.\n", "")
    assert ran.err == f"{first}     refused too: {names} and 2 more; all of them:  imagor-studio-migrate check\n"
    assert "2_a.up.sql" in desk.here("--format", "json", *words).out
    desk.set(DATABASE_URL="sqlite:app.db")
    assert listed(desk, ran.err) == [f"sql/{number}_a.up.sql:2:1" for number in range(1, 9)]


def test_where_nobody_has_named_a_database_the_command_does(desk: Desk) -> None:
    desk.write(attaching(2))
    ran = desk("--dir", "sql", "up")
    command = "imagor-studio-migrate --dir sql --database-url sqlite:./imagor-studio.db check"
    assert ran.err == f"{FIRST}     refused too: sql/2_a.up.sql; all of them:  {command}\n"
    assert listed(desk, ran.err) == ["sql/1_a.up.sql:2:1", "sql/2_a.up.sql:2:1"]


def test_one_that_is_refused_alone_is_told_as_ever(desk: Desk) -> None:
    desk.write(attaching(1))
    assert desk.here("up").err == FIRST


def test_every_refused_down_file_is_named(desk: Desk) -> None:
    desk.write({f"sql/{number}_a.up.sql": "SELECT 1;" for number in (1, 2, 3)})
    assert desk.here("up").exit == 0
    desk.write(attaching(3, way="down"))
    desk.set(DATABASE_URL="sqlite:app.db")
    ran = desk("--dir", "sql", "down", "--all", "--yes")
    assert (
        "refused too: sql/2_a.down.sql, sql/1_a.down.sql; all of them:  imagor-studio-migrate --dir sql check\n"
        in ran.err
    )
    assert listed(desk, ran.err) == [f"sql/{number}_a.down.sql:2:1" for number in (1, 2, 3)]


def test_every_migration_that_cannot_be_undone_is_named(desk: Desk) -> None:
    desk.write({f"sql/{number}_a.up.sql": "SELECT 1;" for number in range(1, 9)})
    assert desk.here("up").exit == 0
    ran = desk.here("down", "--all", "--yes")
    names = ", ".join(f"{number} a" for number in range(7, 0, -1))
    assert ran.exit == 4
    assert ran.err.endswith(f"imagor-studio-migrate repair 8 --pending\n     refused too: {names}\n")


def test_every_migration_that_was_changed_is_named(desk: Desk) -> None:
    files = {f"sql/{number}_a.up.sql": "SELECT 1;" for number in (1, 2, 3, 4)}
    desk.write(files)
    assert desk.here("up").exit == 0
    desk.write({f"sql/{number}_a.up.sql": "SELECT 2;" for number in (1, 3)})
    (desk.home / "sql/2_a.up.sql").unlink()
    ran = desk.here("up")
    assert ran.exit == 4
    assert ran.err.startswith("error: 1 a was edited after it was applied on ")
    assert ran.err.endswith("\n     refused too: 2 a, 3 a; all of them:  imagor-studio-migrate status\n")


def test_every_file_that_a_client_misreads_is_named(desk: Desk) -> None:
    desk.write({f"sql/{number}_a.up.sql": "SELECT 4\n/\n2;" for number in (1, 2)} | {"sql/3_b.up.sql": "SELECT 1;"})
    ran = desk.here("plan", "--sql")
    assert (ran.exit, "refused too: sql/2_a.up.sql\n" in ran.err) == (2, True), ran.err
