"""DDL statements that take next to no time go together where each has a note after it: MySQL and MariaDB.

Whatever is said of one is as exact as if it had gone alone, which it does where statements have a timeout.
"""

from __future__ import annotations

import re
import threading
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


UNLINKED = {  # what no note travels with
    "sqlite": "VACUUM;",
    "postgres": "CREATE INDEX CONCURRENTLY first_n ON first_of_all (n);",
    "mysql": "/*!50001 CREATE TABLE u (n INTEGER) */;",
}
BEFORE = "CREATE TRIGGER x BEFORE UPDATE ON schema_migrations"
REFUSES = {
    "sqlite": f"{BEFORE} WHEN NEW.statements_done = 2 BEGIN SELECT RAISE(ABORT, 'go away'); END",
    "postgres": """CREATE FUNCTION go() RETURNS trigger LANGUAGE plpgsql AS
        'BEGIN IF NEW.statements_done = 2 THEN RAISE ''go away''; END IF; RETURN NEW; END';
        CREATE TRIGGER x BEFORE UPDATE ON schema_migrations FOR EACH ROW EXECUTE FUNCTION go()""",
    "mysql": f"{BEFORE} FOR EACH ROW BEGIN IF NEW.statements_done = 2 THEN"
    " SIGNAL SQLSTATE '45000' SET MESSAGE_TEXT = 'go away'; END IF; END",
}


@pytest.mark.parametrize("unlinked", [None, "CREATE PROCEDURE p() SELECT 1;", "CREATE TABLE u (n INTEGER);"])
def test_what_has_run_has_run_where_only_its_note_fails(project: Project, unlinked: str | None) -> None:
    dialect = project.database.dialect
    if unlinked and dialect != "mysql":
        pytest.skip("the others have one transaction")
    project.write({"1_first": "CREATE TABLE first_of_all (n INTEGER);"})
    project.succeed("up")
    lines = ["-- migrate: no-transaction", *tables(1), unlinked or UNLINKED[dialect], "CREATE TABLE t1 (n INTEGER);"]
    project.write({"2_tables": "\n".join(lines[dialect == "mysql" :])})
    project.database.execute(REFUSES[dialect])
    ran = project("up")
    assert ran.exit == 1
    assert "2 of 3 statements have run and stay; schema_migrations cannot be written: go away" in ran.err
    project.database.execute("DROP TRIGGER x ON schema_migrations" if dialect == "postgres" else "DROP TRIGGER x")
    assert project("up").exit == 4  # and it does not run again


@pytest.mark.databases("mysql")
def test_what_commits_nothing_takes_no_note_with_it(project: Project) -> None:
    project.write({"1_first": "CREATE TABLE first_of_all (n INTEGER);"})
    project.succeed("up")
    lines = ["INSERT INTO first_of_all VALUES (1);", "CHECKSUM TABLE first_of_all;", "CREATE TABEL w (n INTEGER);"]
    project.write({"2_rows": "\n".join(lines)})
    ran = project("up")
    assert "nothing was changed: no statement of this file has run." in ran.err
    project.write({"2_rows": "\n".join(lines).replace("TABEL", "TABLE")})
    project.succeed("up")
    assert project.rows("SELECT n FROM first_of_all") == [(1,)]


@pytest.mark.databases("mysql")
def test_what_was_ended_and_says_that_all_is_well_has_run(project: Project) -> None:
    """SLEEP() is such, and what comes before it in a procedure is not done twice."""
    body = "BEGIN INSERT INTO first_of_all VALUES (1); DO SLEEP(20); END"
    project.write({"1_first": f"CREATE TABLE first_of_all (n INTEGER);\nCREATE PROCEDURE p() {body};"})
    project.succeed("up")
    project.write({"2_calls": "\n".join([*tables(1), "CALL p();", "CREATE TABLE t1 (n INTEGER);"])})
    ran = project("up", "--statement-timeout", "0.5")
    assert (ran.exit, "2 of 3 statements have run and stay" in ran.err) == (1, True), ran.err
    project.succeed("up")
    assert project.rows("SELECT n FROM first_of_all") == [(1,)]


@pytest.mark.databases("mysql")
def test_a_kill_that_comes_late_is_not_said_to_have_come_in_time(project: Project) -> None:
    """Events say so, and others; and MariaDB says nothing at all where it comes between two statements."""
    project.write({"1_first": "CREATE TABLE first_of_all (n INTEGER);"})
    project.succeed("up")
    busy = f"db = '{project.database.name}' AND info LIKE '%EVENT%' AND id <> CONNECTION_ID()"
    lists = "performance" if project.database.flavor == "mysql" else "information"  # see servers.py

    def kill_once() -> None:
        with project.database.connect().cursor() as cursor:
            while not over.is_set():
                cursor.execute(f"SELECT id FROM {lists}_schema.processlist WHERE {busy}")
                for (number,) in cursor.fetchall():
                    cursor.execute(f"KILL QUERY {number}")
                    return

    for run in range(2, 14):
        event = f"CREATE EVENT e{run}_{{}} ON SCHEDULE EVERY 1 DAY DISABLE DO SELECT 1;"
        project.write({f"{run}_events": "\n".join(event.format(n) for n in range(30))})
        over, killer = threading.Event(), threading.Thread(target=kill_once)
        killer.start()
        project("up")
        over.set()
        killer.join()
        ran = project("up")
        assert ran.exit in {0, 4}, ran.err
        if ran.exit == 4:  # a person is asked
            break


@pytest.mark.parametrize(
    ("sql", "obeys"),
    [
        ("ALTER TABLE t ADD c INTEGER", True),
        ("CREATE UNIQUE INDEX i ON t (n)", True),
        ("create or replace algorithm = merge view v as select 1", True),
        ("SET STATEMENT max_statement_time = 1 FOR ALTER TABLE t FORCE", True),
        ("/*!50001 CREATE TABLE t (n INTEGER) */", True),
        ("TRUNCATE t", True),
        ("OPTIMIZE TABLE t", True),
        ("CREATE EVENT e ON SCHEDULE EVERY 1 DAY DO ALTER TABLE t FORCE", False),
        ("ALTER DEFINER = a EVENT e RENAME TO f", False),
        ("DROP PROCEDURE IF EXISTS p", False),
        ("CREATE SERVER s FOREIGN DATA WRAPPER mysql OPTIONS (HOST 'x')", False),
        ("CREATE WHATEVER w", False),
    ],
)
def test_what_of_a_kill_is_believed(sql: str, *, obeys: bool) -> None:
    """What was seen to tell the truth."""
    statement = next(inside.split(sql, lambda: inside.FORMS["mysql"][1]))
    assert inside.database_at("mysql://a:b@c/d").obeys(statement) is obeys


@pytest.mark.databases("mysql")
def test_what_the_driver_does_not_know_can_be_asked_for(project: Project) -> None:
    if project.database.flavor != "mysql":
        pytest.skip("MySQL has this type")
    lines = ["CREATE TABLE v (a VECTOR(3));", "INSERT INTO v VALUES (STRING_TO_VECTOR('[1, 2, 3]'));", "TABLE v;"]
    project.write({"1_vectors": "\n".join([*lines, *tables(1)])})
    project.succeed("up")
    assert project.database.tables() == ["t0", "v"]


@pytest.mark.databases("mysql")
def test_warnings_are_told_of_what_no_note_travels_with(project: Project) -> None:
    lines = ["CREATE TABLE t (n TINYINT);", "CREATE PROCEDURE p() INSERT IGNORE INTO t VALUES (1000);", "CALL p();"]
    project.write({"1_warnings": "\n".join(["/*!50001 DROP TABLE IF EXISTS nowhere */;", *lines])})
    err = project.succeed("up").err
    assert "Unknown table" in err
    assert "Out of range value for column 'n' at row 1 (1264)" in err
