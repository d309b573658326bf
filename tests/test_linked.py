"""DDL statements that take next to no time go together where each has a note after it: MySQL and MariaDB.

Whatever is said of one is as exact as if it had gone alone, which it does where statements have a timeout.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import inside
import pytest
from project import another

if TYPE_CHECKING:
    from project import Project, Ran, Rows

WRONG = {
    "a word that is none": "CREATE TABEL w (n INTEGER);",
    "a column that is there twice": "CREATE TABLE w (n INTEGER, n INTEGER);",
    "a table that is there": "CREATE TABLE t0 (n INTEGER);",
    "a table that is not there": "ALTER TABLE nowhere ADD COLUMN n INTEGER;",
}
ALONE = ("--statement-timeout", "300")


@pytest.fixture(autouse=True)
def patience(monkeypatch: pytest.MonkeyPatch) -> None:
    """A slow machine changes nothing."""
    inside.patient(monkeypatch)


def tables(count: int) -> list[str]:
    return [f"CREATE TABLE t{n} (n INTEGER);" for n in range(count)]


def outcome(project: Project, *words: str) -> tuple[Ran, Rows, list[str], Rows]:
    """What a run prints, what the history and the log say, and what there is."""
    ran = project("up", *words)
    ran = ran._replace(out=re.sub(r"\d+ ms", "N ms", ran.out), err=re.sub(r"migrate_test_\w+", "DATABASE", ran.err))
    return ran, project.history(), project.database.tables(), project.log()


@pytest.mark.parametrize("place", [1, 2, 5, 11])
@pytest.mark.parametrize("wrong", WRONG)
def test_an_error_in_one_of_several_reads_as_that_of_one_alone(project: Project, wrong: str, place: int) -> None:
    lines = tables(12)
    lines[place] = WRONG[wrong]
    project.write({"1_first": "CREATE TABLE first_of_all (n INTEGER);", "2_tables": "\n".join(lines)})
    with another(project, "alone") as alone:
        together, apart = outcome(project), outcome(alone, *ALONE)
        assert together == apart
        assert together[0].exit == 1
        assert f"2_tables.up.sql:{place + 1}" in together[0].err or project.database.flavor == "sqlite"
        lines[place] = f"CREATE TABLE t{place} (n INTEGER);"
        project.write({"2_tables": "\n".join(lines)})
        assert outcome(project) == outcome(alone, *ALONE)
    assert project.history()[1] == ("2", False, 12, 12)


def test_a_file_of_many_goes_in_few_messages(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    project.write({"1_one": tables(1)[0]})
    project.succeed("up")
    project.write({"2_many": "\n".join(f"CREATE TABLE u{n} (n INTEGER);" for n in range(64))})
    sent = inside.messages(monkeypatch)
    project.succeed("up")
    made = [each for each in sent if "CREATE TABLE u" in each]
    assert len(made) <= {"sqlite": 64, "postgres": 1}.get(project.database.flavor.partition("-")[0], 9)


def test_what_sees_the_one_before_does_not_go_with_it(project: Project) -> None:
    """ROW_COUNT() and the warnings of a statement are its own, and not those of a note."""
    if project.database.flavor not in {"mysql", "mariadb"}:
        pytest.skip("the others have no such thing")
    lines = [*tables(3), "CREATE TABLE IF NOT EXISTS t0 (n INTEGER);", "SET @seen = @@warning_count;"]
    lines += ["CREATE TABLE seen (n INTEGER);", "INSERT INTO seen VALUES (@seen);"]
    project.write({"1_tables": "\n".join(lines)})
    project.succeed("up")
    assert project.rows("SELECT n FROM seen") == [(1,)]


def test_warnings_are_told_of_each(project: Project) -> None:
    lines = [*tables(4), "CREATE TABLE IF NOT EXISTS t1 (n INTEGER);", "DROP TABLE IF EXISTS nowhere;"]
    project.write({"1_tables": "\n".join(lines)})
    with another(project, "alone") as alone:
        assert outcome(project) == outcome(alone, *ALONE)


def test_a_row_that_is_taken_away_between_two_ends_the_run(project: Project) -> None:
    """A note that hits nothing ends the packet: what follows it does not run."""
    if project.database.flavor not in {"mysql", "mariadb"}:
        pytest.skip("the others have one transaction")
    project.write({"1_first": "CREATE TABLE first_of_all (n INTEGER);"})
    project.succeed("up")
    taken = "IF(NEW.statements_done = 3 AND NEW.dirty, 'somebody else', NEW.owner)"
    trigger = f"CREATE TRIGGER takes BEFORE UPDATE ON schema_migrations FOR EACH ROW SET NEW.owner = {taken}"
    project.database.execute(trigger)
    with another(project, "alone") as alone:
        alone.succeed("up")
        alone.database.execute(trigger)
        project.write({"2_tables": "\n".join(tables(8))})
        together, apart = outcome(project), outcome(alone, *ALONE)
        assert together[0].exit == apart[0].exit != 0
        assert together[0].err == apart[0].err
        assert together[1:] == apart[1:]
