"""What version 1.0.0 wrote is read, resumed and rolled back: histories/ holds what it left behind on each database.

three_applied    all three migrations
stopped_up       the second failed at statement 3 of 4, and that was told; its file was mended since
killed_up        its process was killed when two of its statements had run
owner_cleared    as stopped_up; then somebody took out who had been at work
killed_inside    of the third, while statement 2 of 3 ran, which no transaction can hold
stopped_down     the second failed at statement 3 of 4 of its down file, mended since
killed_down      its process was killed when two of these had run
"""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from project import Project


HISTORIES = Path(__file__).with_name("histories")
STEPS, CITIES, LAST = "20250101", "20250201093000", "20250301"
DIRTY = ["stopped_up", "killed_up", "owner_cleared", "killed_inside", "stopped_down", "killed_down"]

# What the table `steps` holds: a row for each statement that has run.
CITIES_UP = [("cities up", 1), ("cities up", 4)]
CITIES_DOWN = [("cities down", 1), ("cities down", 3), ("cities down", 4)]
LAST_UP = [("alone up", 1), ("alone up", 3)]


def load(project: Project, name: str) -> None:
    """Put a history into the empty database, and its migrations into sql/: mended, where they failed."""
    put_files(project)
    text = (HISTORIES / project.database.flavor / f"{name}.sql").read_text("utf-8")
    project.database.execute(*text.removesuffix(";\n").split(";\n\n"))


def put_files(project: Project, below: str = ".") -> None:
    """Put the migrations into sql/ as they are now, or "as_they_failed"."""
    for path in (HISTORIES / "files" / project.database.dialect / below).glob("*.sql"):
        shutil.copy(path, project.home / "sql")


def ran(project: Project) -> list[tuple[str, int]]:
    """Return which statements have run, each as often as it has."""
    return [
        (str(name), int(number)) for name, number in project.rows("SELECT migration, number FROM steps ORDER BY 1, 2")
    ]


def logged(project: Project) -> list[tuple[str, str, str]]:
    """Return (version, action, outcome) of each line of `log`, oldest first."""
    lines = [line.split("\t") for line in project.succeed("log", "--format", "plain").out.splitlines()]
    return [(version, action, outcome) for _, version, _, action, outcome, *_ in reversed(lines)]


def assert_all_is_applied(project: Project) -> None:
    """Each statement of every file has run once, and nobody is at work on anything."""
    assert project.states() == dict.fromkeys([STEPS, CITIES, LAST], "applied")
    assert project.rows("SELECT version FROM schema_migrations WHERE dirty OR owner IS NOT NULL") == []
    assert project.rows("SELECT id, name FROM cities") == [(1, "Zürich")]
    assert ran(project) == LAST_UP + CITIES_UP
    assert [line[0] for line in logged(project) if line[1:] == ("up", "ok")] == [STEPS, CITIES, LAST]
    assert "up to date" in project.succeed("up").err


# --- what it says ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "states"),
    [
        pytest.param("three_applied", ["applied", "applied", "applied"], id="three applied"),
        pytest.param("stopped_up", ["applied", "dirty (2 of 4)", "pending"], id="stopped up"),
        pytest.param("killed_up", ["applied", "dirty (2 of 4)", "pending"], id="killed up"),
        pytest.param("owner_cleared", ["applied", "dirty (2 of 4)", "pending"], id="owner cleared"),
        pytest.param("killed_inside", ["applied", "applied", "dirty (1 of 3)"], id="killed inside a statement"),
        pytest.param("stopped_down", ["applied", "dirty (2 of 4)", "pending"], id="stopped down"),
        pytest.param("killed_down", ["applied", "dirty (2 of 4)", "pending"], id="killed down"),
    ],
)
def test_status_shows_where_each_version_stands(project: Project, name: str, states: list[str]) -> None:
    load(project, name)
    assert project.states() == dict(zip([STEPS, CITIES, LAST], states, strict=True))
    assert project("status", "--exit-code").exit == (0 if name == "three_applied" else 4)


@pytest.mark.parametrize(
    ("name", "lines"),
    [
        pytest.param("three_applied", [(CITIES, "up", "ok"), (LAST, "up", "ok")], id="three applied"),
        pytest.param("stopped_up", [(CITIES, "up", "failed")], id="stopped up"),
        pytest.param("killed_up", [], id="killed up"),
        pytest.param("owner_cleared", [(CITIES, "up", "failed")], id="owner cleared"),
        pytest.param("killed_inside", [(CITIES, "up", "ok")], id="killed inside a statement"),
        pytest.param("stopped_down", [(CITIES, "up", "ok"), (CITIES, "down", "failed")], id="stopped down"),
        pytest.param("killed_down", [(CITIES, "up", "ok")], id="killed down"),
    ],
)
def test_log_tells_who_did_what(project: Project, name: str, lines: list[tuple[str, str, str]]) -> None:
    load(project, name)
    assert logged(project) == [(STEPS, "up", "ok"), *lines]
    said = project.succeed("log").out
    assert "ci@builder" in said
    assert ("citys" in said) == (("up", "failed") in [line[1:] for line in lines])


@pytest.mark.parametrize("name", ["three_applied", *DIRTY])
def test_looking_changes_nothing(project: Project, name: str) -> None:
    def tables() -> list[list[tuple[object, ...]]]:
        return [project.rows(f"SELECT * FROM {table}") for table in ("schema_migrations", "schema_migrations_log")]

    load(project, name)
    before = tables()
    for words in (["status"], ["log"], ["plan"], ["plan", "down"], ["check"], ["up", "--dry-run"]):
        project(*words)
    assert tables() == before


# --- three applied --------------------------------------------------------------------------------------------------


def test_what_is_applied_stays_applied_and_a_new_file_comes_after_it(project: Project) -> None:
    load(project, "three_applied")
    assert project.succeed("up").err == f"up to date at {LAST} (3 applied)\n"
    project.write({"20250401_more": "CREATE TABLE more (n INTEGER);", "20250401_more.down": "DROP TABLE more;"})
    project.succeed("up")
    assert project.database.tables() == ["cities", "more", "steps"]
    project.succeed("down")
    assert project.database.tables() == ["cities", "steps"]
    assert ran(project) == LAST_UP + CITIES_UP


def test_what_is_applied_can_be_rolled_back_to_nothing_and_applied_again(project: Project) -> None:
    load(project, "three_applied")
    project.succeed("down", "2", "--yes")
    assert ran(project) == sorted([*LAST_UP, *CITIES_UP, *CITIES_DOWN])
    assert project.database.tables() == ["steps"]
    project.succeed("down", "--all", "--yes")
    assert project.database.tables() == []
    assert set(project.states().values()) == {"pending"}
    project.succeed("up")
    assert ran(project) == LAST_UP + CITIES_UP


def test_the_stored_text_rolls_back_where_the_files_are_gone(project: Project) -> None:
    load(project, "three_applied")
    for path in (project.home / "sql").glob("2025[0-9]*"):
        if not path.name.startswith(STEPS):
            path.unlink()
    project.succeed("down", "--to-here", "--yes")
    assert project.states() == {STEPS: "applied"}
    assert project.database.tables() == ["steps"]
    assert ran(project) == sorted([*LAST_UP, *CITIES_UP, *CITIES_DOWN])


# --- dirty, upwards -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["stopped_up", "killed_up", "owner_cleared"])
def test_up_goes_on_with_the_statement_that_has_not_run(project: Project, name: str) -> None:
    load(project, name)
    project.succeed("up")
    assert_all_is_applied(project)


@pytest.mark.parametrize("name", ["stopped_up", "owner_cleared"])
def test_a_file_that_was_not_mended_fails_again_where_it_failed(project: Project, name: str) -> None:
    load(project, name)
    put_files(project, "as_they_failed")
    again = project("up")
    assert again.exit == 1
    assert "create_cities.up.sql:7" in again.err
    assert "2 of 4 statements have run and stay" in again.err
    assert project.states()[CITIES] == "dirty (2 of 4)"
    put_files(project)
    project.succeed("up")
    assert_all_is_applied(project)


@pytest.mark.parametrize("name", ["stopped_up", "killed_up", "owner_cleared"])
def test_what_has_run_may_not_be_edited(project: Project, name: str) -> None:
    load(project, name)
    path = project.home / "sql" / f"{CITIES}_create_cities.up.sql"
    path.write_text(path.read_text("utf-8").replace("VARCHAR(80)", "VARCHAR(90)"), "utf-8")
    refused = project("up")
    assert refused.exit == 4
    assert f"repair {CITIES} --applied" in refused.err
    assert f"repair {CITIES} --pending" in refused.err
    assert ran(project) == CITIES_UP[:1]
    put_files(project)
    project.succeed("up")
    assert_all_is_applied(project)


def test_where_only_a_person_can_tell_up_asks_and_names_the_statement(project: Project) -> None:
    load(project, "killed_inside")
    for _ in range(2):
        asked = project("up")
        assert asked.exit == 4
        assert "while statement 2 ran" in asked.err
        line = {"sqlite": "VACUUM", "postgres": "CREATE INDEX CONCURRENTLY", "mysql": "ALTER TABLE cities"}
        assert line[project.database.dialect] in asked.err
        assert f"repair {LAST} --applied" in asked.err
        assert f"repair {LAST} --pending" in asked.err
    assert project.states()[LAST] == "dirty (1 of 3)"
    assert ran(project) == LAST_UP[:1] + CITIES_UP


def test_down_does_not_undo_what_is_half_way_up(project: Project) -> None:
    load(project, "killed_up")
    refused = project("down")
    assert refused.exit == 4
    assert f"repair {CITIES} --pending" in refused.err
    assert project.states()[CITIES] == "dirty (2 of 4)"


@pytest.mark.parametrize("name", ["stopped_up", "killed_up", "owner_cleared"])
def test_repair_says_that_a_half_done_up_is_complete(project: Project, name: str) -> None:
    load(project, name)
    project.database.execute(
        "INSERT INTO cities (id, name) VALUES (1, 'Zürich')",
        "INSERT INTO steps (migration, number) VALUES ('cities up', 4)",
    )
    project.succeed("repair", CITIES, "--applied")
    assert project.states() == {STEPS: "applied", CITIES: "applied", LAST: "pending"}
    assert logged(project)[-1] == (CITIES, "repair", "ok")
    project.succeed("up")
    assert project.states()[LAST] == "applied"
    assert ran(project) == LAST_UP + CITIES_UP


@pytest.mark.parametrize("name", ["stopped_up", "killed_up", "owner_cleared"])
def test_repair_says_that_a_half_done_up_was_undone(project: Project, name: str) -> None:
    load(project, name)
    project.database.execute("DROP TABLE cities", "DELETE FROM steps")
    project.succeed("repair", CITIES, "--pending")
    assert project.states() == {STEPS: "applied", CITIES: "pending", LAST: "pending"}
    assert logged(project)[-1] == (CITIES, "repair", "ok")
    project.succeed("up")
    assert project.states()[LAST] == "applied"
    assert ran(project) == LAST_UP + CITIES_UP


def test_repair_says_that_the_statement_had_run_and_the_rest_was_done_by_hand(project: Project) -> None:
    load(project, "killed_inside")
    by_hand = {"sqlite": "VACUUM", "postgres": "CREATE INDEX cities_name_idx ON cities (name)"}
    project.database.execute(
        by_hand.get(project.database.dialect, "ALTER TABLE cities ADD COLUMN country CHAR(2)"),
        "INSERT INTO steps (migration, number) VALUES ('alone up', 3)",
    )
    project.succeed("repair", LAST, "--applied")
    assert ran(project) == LAST_UP + CITIES_UP
    assert "up to date" in project.succeed("up").err
    project.succeed("down", "--all", "--yes")
    assert project.database.tables() == []


def test_repair_says_that_the_statement_had_not_run_and_the_rest_was_undone(project: Project) -> None:
    load(project, "killed_inside")
    project.database.execute("DELETE FROM steps WHERE migration = 'alone up'")
    project.succeed("repair", LAST, "--pending")
    project.succeed("up")
    assert_all_is_applied(project)


# --- dirty, downwards -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["stopped_down", "killed_down"])
def test_down_goes_on_with_the_statement_that_has_not_run(project: Project, name: str) -> None:
    load(project, name)
    refused = project("up")
    assert refused.exit == 4
    assert f"repair {CITIES} --pending" in refused.err
    assert ran(project) == sorted(CITIES_DOWN[:1] + CITIES_UP)
    project.succeed("down")
    assert project.states() == {STEPS: "applied", CITIES: "pending", LAST: "pending"}
    assert project.database.tables() == ["steps"]
    assert ran(project) == sorted(CITIES_DOWN + CITIES_UP)
    assert logged(project)[-1] == (CITIES, "down", "ok")


@pytest.mark.parametrize("name", ["stopped_down", "killed_down"])
def test_down_to_nothing_goes_on_and_then_undoes_the_rest(project: Project, name: str) -> None:
    load(project, name)
    project.succeed("down", "--all", "--yes")
    assert project.database.tables() == []
    assert set(project.states().values()) == {"pending"}
    project.succeed("up")
    assert ran(project) == LAST_UP + CITIES_UP


def test_a_down_file_that_was_not_mended_fails_again_where_it_failed(project: Project) -> None:
    load(project, "stopped_down")
    put_files(project, "as_they_failed")
    again = project("down")
    assert again.exit == 1
    assert "2 of 4 statements have run and stay" in again.err
    assert project.states()[CITIES] == "dirty (2 of 4)"
    assert ran(project) == sorted(CITIES_DOWN[:1] + CITIES_UP)


@pytest.mark.parametrize("name", ["stopped_down", "killed_down"])
def test_repair_says_that_a_half_done_down_was_finished_by_hand(project: Project, name: str) -> None:
    load(project, name)
    project.succeed("repair", CITIES, "--pending")
    assert project.states() == {STEPS: "applied", CITIES: "pending", LAST: "pending"}
    project.database.execute("DELETE FROM steps")
    project.succeed("up")
    assert ran(project) == LAST_UP + CITIES_UP
