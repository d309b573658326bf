"""A flat folder that several databases share: ``-- migrate: only DIALECT`` never runs elsewhere, and status says so."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import migrate
from servers import DIALECTS

if TYPE_CHECKING:
    from desk import Desk
    from project import Project


OTHER = dict(zip(DIALECTS, DIALECTS[1:] + DIALECTS[:1], strict=True))  # to each another one


def only(dialect: str, sql: str) -> str:
    return f"-- migrate: only {dialect}\n{sql}"


def pair(number: int, dialect: str = "", down: str = "") -> dict[str, str]:
    """Return a pair of files that make and drop a table, each for one dialect, or for all."""
    up, back = f"CREATE TABLE t{number} (n BIGINT);", f"DROP TABLE t{number};"
    name = f"{number}_{dialect or 'all'}"
    return {name: only(dialect, up) if dialect else up, f"{name}.down": only(down, back) if down else back}


def test_a_file_for_another_database_is_skipped_wherever_it_stands(project: Project) -> None:
    here = project.database.dialect
    there = OTHER[here]
    project.write(pair(1) | pair(2, there) | pair(3, here) | pair(4, there, there))
    skipped = f"skipped (only {there})"
    assert project.states() == {"1": "pending", "2": skipped, "3": "pending", "4": skipped}
    told = f"skipped  2 {there}: only {there}\nskipped  4 {there}: only {there}\n"
    ran = project("--format", "plain", "plan")
    assert ([line.split("\t")[0] for line in ran.out.splitlines()], ran.err) == (["1", "3"], told)
    assert project.succeed("up", "--to", "2").out.startswith("applied  1 all  1 statement")
    assert project("wait", "--timeout", "0").exit == 3
    assert project.succeed("up").err == told
    up_to_date = f"skipped  4 {there}: only {there}\nup to date at 3 (2 applied)\n"
    assert project.succeed("up").err == up_to_date  # the second is older by now, and told no more
    assert project.database.tables() == ["t1", "t3"]
    assert project.states() == {"1": "applied", "2": skipped, "3": "applied", "4": skipped}
    assert project("status", "--exit-code").exit == 0
    assert project("wait", "--timeout", "0").exit == 0
    document = json.loads(project("--format", "json", "status").out)
    assert document["counts"]["skipped"] == 2
    assert [each["only"] for each in document["migrations"]] == [[], [there], [], [there]]
    assert "2 applied, 0 pending, 2 skipped\n" in project("--format", "table", "status").out
    project.write(pair(5))
    project.succeed("up")  # not held up by the fourth, which is older
    project.succeed("down", "--to", "4")
    project.succeed("down", "--to", "2")
    assert project.database.tables() == ["t1"]
    project.succeed("reset", "--yes")
    assert project.database.tables() == ["t1", "t3", "t5"]
    assert [row[0] for row in project.history()] == ["1", "3", "5"]


def test_two_files_of_one_version_are_one_for_each_database(project: Project) -> None:
    for each in OTHER:  # the down files do not say whose they are: they go with the up file of their name
        project.write(pair(1, each))
    here = project.database.dialect
    project.write(pair(2))
    project.succeed("up")
    assert project.database.query("SELECT name FROM schema_migrations ORDER BY version") == [(here,), ("all",)]
    project.succeed("down", "--all")
    assert project.database.tables() == []


def test_a_baseline_marks_nothing_that_is_skipped(project: Project) -> None:
    project.write(pair(1) | pair(2, OTHER[project.database.dialect]) | pair(3))
    project.succeed("baseline", "2")
    assert [row[0] for row in project.history()] == ["1"]
    project.succeed("baseline", "3")
    assert [row[0] for row in project.history()] == ["1", "3"]


def test_a_down_file_for_another_database_does_not_undo_it_here(project: Project) -> None:
    here = project.database.dialect
    project.write(pair(1, down=OTHER[here]))
    project.succeed("up")
    ran = project("down")
    assert (ran.exit, project.database.tables()) == (4, ["t1"])
    assert ran.err == (
        "error: 1 all cannot be undone: it has no down file, and none was stored when it ran\n"
        "nothing was changed.\n"
        "fix: write sql/1_all.down.sql\n"
        "     or undo it by hand, remove its up file, then say so:  imagor-studio-migrate repair 1 --pending\n"
    )


def test_status_counts_no_down_file_for_another_database(project: Project) -> None:
    there = OTHER[project.database.dialect]
    project.write(pair(1) | pair(2, down=there))
    for _ in ("pending", "applied"):
        states = json.loads(project("--format", "json", "status").out)["migrations"]
        assert [each["has_down"] for each in states] == [True, False]
        project.succeed("up")
    project.write({"2_all.down": "DROP TABLE t2;"})
    states = json.loads(project("--format", "json", "status").out)["migrations"]
    assert [each["has_down"] for each in states] == [True, True]
    project.succeed("down", "--all")
    assert project.database.tables() == []


def test_what_ran_here_before_it_was_for_another_database_can_be_undone(project: Project) -> None:
    there = OTHER[project.database.dialect]
    project.write(pair(1))
    project.succeed("up")
    project.write({"1_all": only(there, pair(1)["1_all"]), "1_all.down": only(there, pair(1)["1_all.down"])})
    assert project("redo").exit == 4
    stored = only(there, pair(1)["1_all.down"])  # as a version has left it that ran such a file
    project.database.execute(f"UPDATE schema_migrations SET down_sql = '{stored}'")
    ran = project("down")
    assert (ran.exit, project.database.tables()) == (2, ["t1"])
    assert ran.err == (
        "error: this file is for other databases only\n"
        "  --> the down text stored for 1 all:1\n"
        "nothing was run.\n"
        "fix: where it is for this one too, mend its first line, then run  imagor-studio-migrate down\n"
    )
    project.write({"1_all.down": pair(1)["1_all.down"]})
    project.succeed("down")
    assert project.states() == {"1": f"skipped (only {there})"}


def test_a_script_and_a_proof_leave_it_out(project: Project) -> None:
    there = OTHER[project.database.dialect]
    project.write(pair(1) | pair(2, there) | pair(3))
    dialect = project.database.dialect
    ran = project.succeed("plan", "--sql", "--dialect", dialect, "--from", "2")
    assert ("t3" in ran.out, "t2" in ran.out) == (True, False)
    if dialect == "sqlite":
        ran = project("--format", "plain", "verify")
        assert ([line.split("\t")[0] for line in ran.out.splitlines()], ran.exit) == (["1", "3"], 0)
        assert f"skipped  2 {there}: only {there}\n" in ran.err


def test_check_has_nothing_against_it_and_reads_each_file_by_its_own_rules(desk: Desk) -> None:
    desk.write(
        {
            f"sql/{name.replace('.down', '')}.{'down' if '.down' in name else 'up'}.sql": text
            for each in OTHER
            for name, text in pair(1, each).items()
        }
    )
    for url in ([], ["--database-url", "sqlite:a.db"], ["--database-url", "postgres://h/d"]):
        assert desk(*url, "--dir", "sql", "check") == (0, "", "0 faults, 0 warnings\n")
    desk.write(
        {"sql/1_mysql.up.sql": only("mysql", "CREATE TABLE t (n INT COMMENT 'it\\'s');\nDROP TABLE schema_migrations;")}
    )
    ran = desk("--database-url", "postgres://h/d", "--dir", "sql", "--format", "plain", "check")
    assert (ran.exit, ran.out.split("\t")[:2]) == (2, ["fault", "sql/1_mysql.up.sql:3:1"])
    desk.write({"sql/1_second.up.sql": only("postgres, sqlite", "SELECT 1;")})
    ran = desk("--dir", "sql", "check")
    assert "1_second.up.sql\tthe same version as sql/1_postgres.up.sql" in ran.out


def test_without_a_dialect_all_files_are_there(desk: Desk) -> None:
    desk.write({f"sql/1_{each}.up.sql": only(each, "SELECT 1;") for each in OTHER})
    assert [each.name for each in migrate.find_migrations(desk.home / "sql")] == ["mysql", "postgres", "sqlite"]
    (found,) = migrate.find_migrations(desk.home / "sql", "mysql")
    assert (found.name, found.elsewhere) == ("mysql", ())
