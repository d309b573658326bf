"""Whole runs, the same on every database: what is in afterwards, what the history says, and what a person reads."""

from __future__ import annotations

import contextlib
import os
import re
import shutil
import signal
import sys
import tempfile
import threading
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pymysql
import pytest
import rig

import migrate

if TYPE_CHECKING:
    import subprocess
    from collections.abc import Iterator

    from project import Project


A = "CREATE TABLE a (n INTEGER);"
B = "CREATE TABLE b (n INTEGER);"
C = "CREATE TABLE c (n INTEGER);"
THREE = {
    "1_a": A, "1_a.down": "DROP TABLE a;",
    "2_b": B, "2_b.down": "DROP TABLE b;",
    "3_c": C, "3_c.down": "DROP TABLE c;",
}  # fmt: skip


def shown_url(project: Project) -> str:
    """Return the database's URL as messages show it."""
    return str(project.settings.url)


# --- up -------------------------------------------------------------------------------------------------------------


def test_up_applies_what_is_pending_in_order(project: Project) -> None:
    project.write({"10_later": "INSERT INTO a VALUES (10);", "9_sooner": "INSERT INTO a VALUES (9);", "1_a": A})
    project.succeed("up")
    assert project.history() == [("1", False, 1, 1), ("10", False, 1, 1), ("9", False, 1, 1)]
    assert project.log() == [("1", "up", "ok"), ("9", "up", "ok"), ("10", "up", "ok")]
    assert project.rows("SELECT n FROM a ORDER BY n") == [(9,), (10,)]


def test_up_a_second_time_says_that_it_is_up_to_date(project: Project) -> None:
    project.write(THREE)
    project.succeed("up")
    ran = project.succeed("up")
    assert (ran.out, ran.err) == ("", "up to date at 3 (3 applied)\n")
    assert len(project.log()) == 3


def test_up_with_a_number_applies_so_many(project: Project) -> None:
    project.write(THREE)
    project.succeed("up", "2")
    assert project.states() == {"1": "applied", "2": "applied", "3": "pending"}


def test_up_to_a_version_includes_it(project: Project) -> None:
    project.write(THREE)
    project.succeed("up", "--to", "2")
    assert project.states() == {"1": "applied", "2": "applied", "3": "pending"}
    assert project("up", "--to", "7").exit == 2


def test_a_dry_run_changes_nothing(project: Project) -> None:
    project.write(THREE)
    ran = project.succeed("up", "--dry-run")
    assert [line.split("\t")[0] for line in ran.out.splitlines()] == ["1", "2", "3"]
    assert project.database.tables() == []


def test_each_applied_file_is_told_in_one_line(project: Project) -> None:
    project.write({"1_a": A, "2_two": "INSERT INTO a VALUES (1);\nINSERT INTO a VALUES (2);"})
    lines = project.succeed("up").out.splitlines()
    assert [line.rpartition(",")[0] for line in lines] == ["applied  1 a  1 statement", "applied  2 two  2 statements"]


# --- failures -------------------------------------------------------------------------------------------------------


@pytest.mark.databases("sqlite", "postgres")
def test_a_failed_file_leaves_nothing_and_the_files_before_it_stay(project: Project) -> None:
    project.write({"1_a": A, "2_broken": f"{B}\nINSERT INTO a VALUES (1);\nINSERT INTO nowhere VALUES (1);", "3_c": C})
    ran = project("up")
    assert ran.exit == 1
    assert project.database.tables() == ["a"]
    assert project.rows("SELECT n FROM a") == []
    assert project.states() == {"1": "applied", "2": "pending", "3": "pending"}
    assert project.log() == [("1", "up", "ok"), ("2", "up", "failed")]


@pytest.mark.databases("sqlite")
def test_the_error_of_a_failed_file_on_sqlite(project: Project) -> None:
    project.write({"1_a": A, "2_broken": f"{B}\n  INSERT INTO a VALUE (1);\n"})
    assert project("up").err == (
        'error: near "VALUE": syntax error\n'
        "  --> sql/2_broken.up.sql:2:17\n"
        "  2 |   INSERT INTO a VALUE (1);\n"
        "                      ^\n"
        "nothing was changed by this file: SQLite rolled it back whole.\n"
        "fix: correct line 2, then run  imagor-studio-migrate up\n"
    )


@pytest.mark.databases("postgres")
def test_the_error_of_a_failed_file_on_postgres(project: Project) -> None:
    project.write({"1_a": A, "2_broken": f"{B}\n\tINSERT INTO a VALUE (1);\n"})
    assert project("up").err == (
        'error: syntax error at or near "VALUE"\n'
        "  --> sql/2_broken.up.sql:2:16\n"
        "  2 |  INSERT INTO a VALUE (1);\n"
        "                     ^\n"
        "nothing was changed by this file: PostgreSQL rolled it back whole.\n"
        "fix: correct line 2, then run  imagor-studio-migrate up\n"
    )


@pytest.mark.databases("mysql")
def test_the_error_of_a_file_that_stopped_half_way_on_mysql(project: Project) -> None:
    project.write({"1_a": A, "2_broken": f"{B}\n  INSERT INTO a (nonesuch) VALUES (1);\n"})
    ran = project("up")
    assert ran.exit == 1
    column = (
        "Unknown column 'nonesuch' in 'INSERT INTO'"
        if "INSERT INTO'" in ran.err
        else "Unknown column 'nonesuch' in 'field list'"
    )
    assert ran.err == (
        f"error: {column}\n"
        "  --> sql/2_broken.up.sql:2:18\n"
        "  2 |   INSERT INTO a (nonesuch) VALUES (1);\n"
        "                       ^\n"
        "1 of 2 statements have run and stay; table schema_migrations says dirty.\n"
        "fix: correct line 2, then go on with statement 2:  imagor-studio-migrate up\n"
    )
    assert project.log() == [("1", "up", "ok"), ("2", "up", "failed")]


@pytest.mark.databases("mysql")
def test_a_dirty_file_whose_first_statements_were_edited_is_refused(project: Project) -> None:
    project.write({"1_two": f"{A}\nINSERT INTO nowhere VALUES (1);"})
    assert project("up").exit == 1
    project.write({"1_two": f"{B}\nINSERT INTO a VALUES (1);"})
    ran = project("up")
    assert ran.exit == 4
    assert ran.err == (
        "error: migration 1 two stopped half way up on an earlier run (1 of 2 statements had run)\n"
        "nothing was changed.\n"
        "fix: statement 1 was edited since it ran: put it back, then run  imagor-studio-migrate up\n"
        "     or look at the tables, and say which way it went:\n"
        "       imagor-studio-migrate repair 1 --applied    the change is complete\n"
        "       imagor-studio-migrate repair 1 --pending    the change was undone by hand; run it again\n"
    )
    assert project.states() == {"1": "dirty (1 of 2)"}


@pytest.mark.databases("mysql")
def test_a_log_that_may_not_be_written_is_named_and_nothing_is_said_to_have_run(project: Project) -> None:
    project.write({"1_a": A})
    project.succeed("up")
    url = project.database.create_user("select")
    user = migrate.DatabaseURL.parse(url).user
    project.write({"2_b": B})
    ran = project("up", url=url)
    assert ran.exit == 1
    (state,) = [line for line in ran.err.splitlines() if line.startswith("nothing was")]
    denied = rf"INSERT command denied to user '{user}'@'\S+' for table \S*`?schema_migrations_log[`']"
    assert re.fullmatch(
        f"nothing was changed: no statement of this file has run; schema_migrations_log cannot be written: {denied}",
        state,
    ), ran.err


@pytest.mark.databases("mysql", "sqlite")
def test_what_has_run_of_a_dirty_file_is_not_planned_again(project: Project) -> None:
    more = "-- migrate: no-transaction\n"
    project.write({"1_two": f"{more}{A}\nINSERT INTO nowhere VALUES (1);\n{B}"})
    assert project("up").exit == 1
    project.write({"1_two": f"{more}{A}\nINSERT INTO a VALUES (1);\n{B}"})
    for words in (["-v", "plan"], ["-v", "up", "--dry-run"]):
        lines = project.succeed(*words).out.splitlines()
        assert lines[0].split("\t")[:8] == [
            *("1", "two", "up", "3", "1", "journal", "sql/1_two.up.sql", "goes on with statement 2 of 3")
        ]
        assert [line for line in lines[1:] if line and not line.startswith("-- locks")] == [
            "-- 1 two, 1 of 3 statements have run: goes on with statement 2 of 3",
            "-- 1 two, statement 2 of 3: sql/1_two.up.sql:3",
            "INSERT INTO a VALUES (1);",
            "-- 1 two, statement 3 of 3: sql/1_two.up.sql:4",
            B,
        ]


@pytest.mark.databases("mysql")
def test_a_later_file_waits_for_the_dirty_one(project: Project) -> None:
    project.write({"1_two": f"{A}\nINSERT INTO nowhere VALUES (1);", "2_b": B})
    assert project("up").exit == 1
    project.write({"1_two": f"{A}\nINSERT INTO a VALUES (1);"})
    project.succeed("up")
    assert project.history() == [("1", False, 2, 2), ("2", False, 1, 1)]
    assert project.rows("SELECT n FROM a") == [(1,)]


@pytest.mark.databases("mysql")
def test_the_manual_unlock_of_the_guide_makes_a_dirty_version_pending(project: Project) -> None:
    project.write({"1_a": A, "2_two": f"{B}\nINSERT INTO nowhere VALUES (1);"})
    assert project("up").exit == 1
    project.database.execute("DELETE FROM schema_migrations WHERE dirty = 1", "DROP TABLE b")
    project.write({"2_two": B})
    assert project.states() == {"1": "applied", "2": "pending"}
    project.succeed("up")
    assert project.states() == {"1": "applied", "2": "applied"}


@pytest.mark.databases("mysql")
def test_a_procedure_that_commits_and_then_fails_needs_a_person(project: Project) -> None:
    procedure = "CREATE PROCEDURE p() BEGIN INSERT INTO a VALUES (1); COMMIT; INSERT INTO nowhere VALUES (1); END;"
    project.write(
        {"1_a": A, "2_p": procedure, "3_call": "INSERT INTO a VALUES (0);\nCALL p();\nINSERT INTO a VALUES (2);"}
    )
    ran = project("up")
    assert ran.exit == 1
    assert (
        "1 of 3 statements have run and stay; table schema_migrations says dirty. Statement 2 may have run" in ran.err
    )
    ran = project("up")
    assert ran.exit == 4
    assert "3 call stopped while statement 2 ran: only a person can see if it has" in ran.err
    project.succeed("repair", "3", "--applied")
    assert project.rows("SELECT n FROM a ORDER BY n") == [(0,), (1,)]


@pytest.mark.databases("sqlite", "postgres")
def test_all_or_nothing_undoes_the_whole_run(project: Project) -> None:
    project.write({"1_a": A, "2_broken": "INSERT INTO nowhere VALUES (1);"})
    ran = project("up", "--all-or-nothing")
    assert ran.exit == 1
    assert (
        f"nothing was changed by this run: {'SQLite' if project.database.dialect == 'sqlite' else 'PostgreSQL'} "
        f"rolled it back whole." in ran.err
    )
    assert project.database.tables() == []
    assert project.states() == {"1": "pending", "2": "pending"}
    project.write({"2_broken": B})
    project.succeed("up", "--all-or-nothing")
    assert project.states() == {"1": "applied", "2": "applied"}


@pytest.mark.databases("postgres")
def test_all_or_nothing_is_tried_again_in_a_new_session_where_any_of_its_files_has_left_something(
    project: Project,
) -> None:
    project.database.execute("CREATE SEQUENCE tries")  # which no ROLLBACK takes back
    too_late = "DO $$BEGIN IF nextval('tries') = 1 THEN RAISE EXCEPTION USING ERRCODE = '55P03'; END IF; END$$;"
    project.write({"1_p": f"PREPARE p AS SELECT 1;\n{too_late}", "2_a": A})
    project.succeed("up", "--all-or-nothing")
    assert project.rows("SELECT last_value FROM tries") == [(2,)]


@pytest.mark.databases("postgres")
def test_all_or_nothing_checks_late_in_every_file_what_is_checked_late(project: Project) -> None:
    late = 'CREATE TABLE late (a INTEGER CONSTRAINT "l;" REFERENCES a DEFERRABLE INITIALLY DEFERRED);'
    now = "CREATE TABLE now (a INTEGER CONSTRAINT now REFERENCES a DEFERRABLE);"
    project.write({"1_a": f"CREATE TABLE a (n INTEGER PRIMARY KEY);\n{late}\n{now}"})
    project.write({"2_b": "INSERT INTO late VALUES (1);\nINSERT INTO a VALUES (1);\nSET CONSTRAINTS now DEFERRED;"})
    project.write({"3_c": "ALTER TABLE late ADD m INTEGER;\nINSERT INTO late VALUES (2);\nINSERT INTO a VALUES (2);"})
    project.write({"4_d": "SELECT 1;\nINSERT INTO now VALUES (3);\nINSERT INTO a VALUES (3);"})
    ran = project("up", "--all-or-nothing")
    assert (ran.exit, "  --> sql/4_d.up.sql:2\n" in ran.err) == (1, True)
    project.write({"4_d": "INSERT INTO late VALUES (3);"})
    ran = project("up", "--all-or-nothing")
    assert (ran.exit, "  --> sql/4_d.up.sql\n" in ran.err) == (1, True)
    project.write({"4_d": "SELECT 1;"})
    project.succeed("up", "--all-or-nothing")


ALL_OR_NOTHING = "error: {}\n  --> --all-or-nothing\nfix: leave it out:  imagor-studio-migrate up\n"


@pytest.mark.databases("sqlite", "postgres")
def test_all_or_nothing_is_refused_with_a_file_that_is_none(project: Project) -> None:
    project.write({"1_a": A, "2_b": f"-- migrate: no-transaction\n{B}"})
    ran = project("up", "--all-or-nothing")
    assert ran == (2, "", ALL_OR_NOTHING.format("2 b runs statement by statement, as no-transaction says"))
    assert project.database.tables() == []


@pytest.mark.databases("mysql")
def test_all_or_nothing_is_refused_on_mysql_with_the_reason(project: Project) -> None:
    project.write({"1_a": A})
    ran = project("up", "--all-or-nothing")
    assert ran == (2, "", ALL_OR_NOTHING.format("MySQL commits every DDL statement by itself"))
    assert project.database.tables() == []


# --- drift ----------------------------------------------------------------------------------------------------------


def test_an_edited_applied_file_is_refused(project: Project) -> None:
    project.write(THREE)
    project.succeed("up")
    project.write({"2_b": B + "\n-- edited"})
    ran = project("up")
    assert ran.exit == 4
    assert ran.err.startswith("error: 2 b was edited after it was applied on 20")
    assert project.states() == {"1": "applied", "2": "changed", "3": "applied"}
    assert project("status", "--exit-code").exit == 4
    project.succeed("repair", "2", "--applied")
    project.succeed("up")


def test_line_ends_do_not_change_a_file(project: Project) -> None:
    project.write({"1_a": "CREATE TABLE a (\nn INTEGER\n);\n"})
    project.succeed("up")
    project.write({"1_a": "CREATE TABLE a (\r\nn INTEGER\r\n);\r\n"})
    assert project.states() == {"1": "applied"}


def test_a_pending_file_older_than_the_newest_applied_is_refused_unless_allowed(project: Project) -> None:
    project.write({"1_a": A, "3_c": C})
    project.succeed("up")
    project.write({"2_b": B})
    assert project.states() == {"1": "applied", "2": "out of order", "3": "applied"}
    assert project("up").exit == 4
    assert project.database.tables() == ["a", "c"]
    project.succeed("up", "--out-of-order")
    assert project.database.tables() == ["a", "b", "c"]


def test_a_missing_file_is_refused_where_newer_ones_are_here(project: Project) -> None:
    project.write(THREE)
    project.succeed("up")
    project.remove("2_b", "2_b.down")
    assert project.states() == {"1": "applied", "2": "missing (down is stored)", "3": "applied"}
    assert project("up").exit == 4
    project.succeed("repair", "2", "--pending")
    assert project.states() == {"1": "applied", "3": "applied"}


def test_a_database_that_is_ahead_is_left_alone(project: Project) -> None:
    project.write(THREE)
    project.succeed("up")
    project.remove("3_c", "3_c.down")
    ran = project.succeed("up")
    assert "the database is ahead of these files: 3 came with a newer release" in ran.err
    assert project("status", "--exit-code").exit == 0


# --- down -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("words", "left"),
    [
        pytest.param([], ["1", "2"], id="the last"),
        pytest.param(["2"], ["1"], id="two"),
        pytest.param(["3"], [], id="as many as there are"),
        pytest.param(["--to", "1"], ["1"], id="to a version, which stays"),
        pytest.param(["--to", "0"], [], id="to zero"),
        pytest.param(["--all"], [], id="all"),
        pytest.param(["--to-here"], ["1", "2", "3"], id="to here, where nothing is newer"),
    ],
)
def test_down_undoes_the_newest_first(project: Project, words: list[str], left: list[str]) -> None:
    project.write(THREE)
    project.succeed("up")
    project.succeed("down", *words)
    assert [version for version, *_ in project.history()] == left
    assert project.database.tables() == ["a", "b", "c"][: len(left)]


def test_down_by_more_than_there_are_rolls_nothing_back(project: Project) -> None:
    project.write(THREE)
    project.succeed("up")
    ran = project("down", "9")
    assert (ran.exit, ran.out) == (2, "")
    assert ran.err.startswith("error: there are 3 migrations to roll back, and not 9\nfix: write how many, or which")
    assert project.database.tables() == ["a", "b", "c"]


def test_an_older_release_undoes_what_a_newer_one_applied(project: Project) -> None:
    project.write(THREE)
    project.succeed("up")
    project.remove("2_b", "2_b.down", "3_c", "3_c.down")
    ran = project.succeed("down", "--to-here")
    assert project.database.tables() == ["a"]
    assert ran.err.splitlines() == [
        "3 c: the down file is not here; the text stored when it was applied runs",
        "2 b: the down file is not here; the text stored when it was applied runs",
    ]


def test_down_refuses_before_it_touches_anything_where_a_down_file_is_missing(project: Project) -> None:
    project.write(THREE)
    project.remove("2_b.down")
    project.succeed("up")
    ran = project("down", "2")
    assert ran.exit == 4
    assert "2 b cannot be undone" in ran.err
    assert project.database.tables() == ["a", "b", "c"]


UNREAD: dict[str, str | bytes] = {"1_a.down": b"DROP TABLE \xe9;", "2_b.down": "-- migrate: no-transactoin\n"}
UNREADABLE = (
    "error: 2 faults in the migration files:\n"
    "  sql/1_a.down.sql: it is not UTF-8 at byte 11, line 1: save it as UTF-8\n"
    '  sql/2_b.down.sql: unknown word "no-transactoin" after "-- migrate:",'
    ' which knows "no-transaction" and "only DIALECT", with a comma between\n'
    "  --> sql\n"
    "nothing was run.\n"
)


def test_the_down_files_of_what_is_applied_are_read_by_who_needs_them(project: Project) -> None:
    project.write(THREE)
    project.succeed("up", "2")
    project.write(UNREAD)
    assert project.states() == {"1": "applied", "2": "applied", "3": "pending"}
    assert project.succeed("up").out.startswith("applied  3 c  1 statement")
    assert project.succeed("up").err == "up to date at 3 (3 applied)\n"
    assert project.succeed("plan").err == "nothing to do\n"
    assert project.succeed("wait", "--timeout", "0").out == ""
    project.succeed("down")  # of the third
    for command in ("down", "redo", "check"):
        ran = project(command)
        said = ran.err + ran.out.replace("\t", ": ")  # a finding of check has cells
        faults = [each.strip() in said for each in UNREADABLE.splitlines()[1:3]]
        assert (command, ran.exit, faults) == (command, 2, [True, True])
    assert project.database.tables() == ["a", "b"]


def test_a_down_file_that_cannot_be_read_is_refused_before_its_up_file_runs(project: Project) -> None:
    project.write(THREE)
    project.succeed("up", "1")
    project.write(UNREAD)
    for command in ("up", "plan", "status"):
        ran = project(command)
        assert (command, ran.exit, ran.err.startswith(UNREADABLE)) == (command, 2, True)
    assert project.database.tables() == ["a"]


def test_a_down_file_that_differs_from_the_stored_text_runs_and_says_so(project: Project) -> None:
    project.write({"1_a": A, "1_a.down": "SELECT 1;"})
    project.succeed("up")
    project.write({"1_a.down": "DROP TABLE a;"})
    assert "differs from the one stored" in project.succeed("down").err
    assert project.database.tables() == []


def test_a_down_that_fails_leaves_the_version_applied(project: Project) -> None:
    project.write({"1_a": A, "1_a.down": "DROP TABLE nowhere;"})
    project.succeed("up")
    assert project("down").exit == 1
    assert project.states() == {"1": "applied"}
    assert project.log() == [("1", "up", "ok"), ("1", "down", "failed")]


@pytest.mark.databases("mysql")
def test_a_down_that_stopped_half_way_goes_on_after_it_was_mended(project: Project) -> None:
    down = "INSERT INTO b VALUES (1);\nDROP TABLE a;\nDROP TABLE nowhere;\nDROP TABLE c;"
    project.write({"1_all": f"{A}{B}{C}", "1_all.down": down})
    project.succeed("up")
    assert project("down").exit == 1
    assert project.states() == {"1": "dirty (2 of 4)"}
    assert project("up").exit == 4
    project.write({"1_all.down": down.replace("nowhere", "IF EXISTS nowhere")})
    project.succeed("down")
    assert project.history() == []
    assert project.database.tables() == ["b"]
    assert project.rows("SELECT n FROM b") == [(1,)]


def test_redo_undoes_and_applies_the_last(project: Project) -> None:
    project.write(THREE)
    project.succeed("up")
    project.database.execute("INSERT INTO c VALUES (1)")
    project.succeed("redo")
    assert project.rows("SELECT n FROM c") == []
    assert project.log()[-2:] == [("3", "down", "ok"), ("3", "up", "ok")]


# --- baseline, repair -----------------------------------------------------------------------------------------------


def test_baseline_marks_and_runs_nothing(project: Project) -> None:
    project.write(THREE)
    project.succeed("baseline", "2")
    assert project.states() == {"1": "applied", "2": "applied", "3": "pending"}
    assert project.database.tables() == []
    assert project.log() == [("1", "baseline", "ok"), ("2", "baseline", "ok")]
    project.succeed("up")
    assert project.database.tables() == ["c"]


ROLLED_BACK = {
    "sqlite": "nothing was changed by this file: SQLite rolled it back whole.",
    "postgres": "nothing was changed by this file: PostgreSQL rolled it back whole.",
    "mysql": "nothing was changed: no statement of this file has run.",
}
LEFT = "was rolled back by sql/3_c.down.sql, and that has left this there"
LEADS = (
    "fix: if the database has all that the files up to this one make, mark them as applied, which runs nothing:"
    "  imagor-studio-migrate baseline 2\n"
    "     if it has that of newer files, too, write the version of the last of these\n"
    "     or else correct line {}, then run  imagor-studio-migrate up\n"
)


@pytest.mark.parametrize("first", [False, True], ids=["the first file", "a later one"])
def test_up_on_a_database_that_has_its_tables_leads_to_baseline(project: Project, first: bool) -> None:
    project.database.execute(B)
    project.write(THREE if first else THREE | {"1_a": "-- nothing\n"})
    project.write({"2_b": f"-- why\n{B}"})
    ran = project("up")
    assert ran.exit == 1
    assert ran.err.endswith(f"{ROLLED_BACK[project.database.dialect]}\n{LEADS.format(2)}"), ran.err
    project.succeed("baseline", "2")
    project.succeed("up")
    assert project.states() == {"1": "applied", "2": "applied", "3": "applied"}


def test_where_the_history_has_begun_nothing_leads_to_baseline(project: Project) -> None:
    project.write(THREE)
    project.succeed("up", "1")
    project.database.execute(B)
    ran = project("up")
    assert ran.err.endswith("\nfix: correct line 1, then run  imagor-studio-migrate up\n")


def test_redo_blames_a_down_file_that_has_left_something(project: Project) -> None:
    project.write(THREE | {"3_c.down": "-- nothing yet\n"})
    project.succeed("up")
    ran = project("redo")
    assert (ran.exit, ran.out.startswith("rolled back  3 c  0 statements, ")) == (1, True)
    blame = f"3 c {LEFT}{{}}\nfix: mend sql/3_c.down.sql, and drop by hand what it has left, then run"
    half = blame.format("; it is not applied again.")
    assert ran.err.endswith(f"\n{half}  imagor-studio-migrate redo\n")
    assert project.states() == {"1": "applied", "2": "applied", "3": "pending"}
    for command in ("up", "redo"):  # and a later run, too
        whole = f".\n{ROLLED_BACK[project.database.dialect]}"
        whole = f"\n{blame.format(whole)}  imagor-studio-migrate {command}\n"
        assert project(command).err.endswith(whole)
    project.write({"3_c.down": THREE["3_c.down"]})
    project.database.execute("DROP TABLE c")
    project.succeed("up")
    project.succeed("redo")


def test_the_first_file_rolled_back_by_halves_does_not_lead_to_baseline(project: Project) -> None:
    project.write({"3_c": C, "3_c.down": "-- nothing yet\n"})
    project.succeed("up")
    project.succeed("down")
    ran = project("up")
    assert f"\n3 c {LEFT}.\n" in ran.err
    assert "baseline" not in ran.err


# --- redo of what is not applied ------------------------------------------------------------------------------------

BROKEN = "CREATE TABEL c (n INTEGER);"
TABEL = {
    "sqlite": 'near "TABEL": syntax error',
    "postgres": 'syntax error at or near "TABEL"',
    "mysql": "You have an error in your SQL syntax near 'TABEL c (n INTEGER)'",
}
PENDING = "redo only applies 3 c: it is pending\n"


def fails(project: Project, state: str, *, command: str = "redo", way: str = "up") -> str:
    """Return the whole of what is said where the broken statement, alone in its file, has failed."""
    word = "DROP" if way == "down" else "CREATE"
    what, text = TABEL[project.database.dialect], BROKEN.replace("CREATE", word)
    if way == "down":
        what, text = what.replace(" (n INTEGER)", ""), "DROP TABEL c;"
    caret = " " * (len("  1 | ") + len(word) + 1) + "^"
    return (
        f"error: {what}\n  --> sql/3_c.{way}.sql:1:{len(word) + 2}\n  1 | {text}\n{caret}\n{state}\n"
        f"fix: correct line 1, then run  imagor-studio-migrate {command}\n"
    )


def test_a_redo_that_fails_says_what_is_true_now_and_to_run_it_again(project: Project) -> None:
    project.write(THREE)
    project.succeed("up")
    project.write({"3_c": BROKEN})
    assert project("redo").err == fails(project, "3 c is rolled back, and not applied again.")
    assert project.states() == {"1": "applied", "2": "applied", "3": "pending"}
    project.write({"3_c": C})
    ran = project.succeed("redo")
    assert (ran.out.partition("  1 statement")[0], ran.err) == ("applied  3 c", PENDING)
    assert project.log()[-3:] == [("3", "down", "ok"), ("3", "up", "failed"), ("3", "up", "ok")]


def test_a_redo_after_a_failure_rolls_back_no_other_migration(project: Project) -> None:
    project.write(THREE)
    project.succeed("up")
    project.write({"3_c": BROKEN})
    assert project("redo").exit == 1
    whole = ROLLED_BACK[project.database.dialect]
    assert project("up").err == fails(project, whole, command="up")
    for _ in range(2):
        assert project("redo").err == PENDING + fails(project, whole)
    assert project.states() == {"1": "applied", "2": "applied", "3": "pending"}
    assert {entry[:2] for entry in project.log()[-3:]} == {("3", "up")}


def test_a_down_after_a_redo_that_failed_says_that_it_is_about_another_migration(project: Project) -> None:
    project.write(THREE)
    project.succeed("up")
    project.write({"3_c": BROKEN})
    assert project("redo").exit == 1
    assert project.succeed("down").err == "3 c is pending since its last attempt; this rolls back 2 b\n"
    assert project.succeed("down").err == ""  # the last attempt went well


def test_a_redo_after_one_that_ended_between_its_halves_rolls_back_no_other_migration(project: Project) -> None:
    project.write(THREE)
    project.succeed("up")

    def die(event: object) -> None:
        if isinstance(event, migrate.Result):
            raise OSError

    with pytest.raises(OSError):  # noqa: PT011 (any would do)
        migrate.redo(project.settings, notify=die)
    assert project.states() == {"1": "applied", "2": "applied", "3": "pending"}
    ran = project.succeed("redo")
    assert (ran.out.partition("  1 statement")[0], ran.err) == ("applied  3 c", PENDING)


def test_a_redo_that_fails_on_its_way_down_says_redo_and_that_nothing_was_changed(project: Project) -> None:
    project.write(THREE | {"3_c.down": "DROP TABEL c;"})
    project.succeed("up")
    for _ in range(2):
        assert project("redo").err == fails(project, ROLLED_BACK[project.database.dialect], way="down")
    assert project.states() == dict.fromkeys("123", "applied")
    project.write({"3_c.down": THREE["3_c.down"]})
    project.succeed("redo")


def test_a_down_file_that_was_edited_and_fails_gives_way_to_the_stored_text(project: Project) -> None:
    project.write(THREE)
    project.succeed("up")
    project.write({"3_c": f"{C} -- edited", "3_c.down": "DROP TABEL c;"})
    note = "3 c: the down file differs from the one stored when it was applied; the file runs\n"
    way = (
        "     or roll back by the text that was stored when it was applied, with this file out of the way:\n"
        "       mv sql/3_c.down.sql sql/3_c.down.sql.new\n"
        "       imagor-studio-migrate down\n"
        "       mv sql/3_c.down.sql.new sql/3_c.down.sql\n"
    )
    whole = ROLLED_BACK[project.database.dialect]
    for command in ("redo", "down"):
        assert project(command).err == note + fails(project, whole, command=command, way="down") + way
    file, kept = (project.home / "sql" / f"3_c.down.sql{end}" for end in ("", ".new"))
    file.rename(kept)
    project.succeed("down")
    kept.rename(file)
    project.succeed("up")
    assert project.states() == dict.fromkeys("123", "applied")


@pytest.mark.databases("mysql")
def test_a_down_file_that_was_edited_and_has_run_by_half_goes_on_with_its_own_text(project: Project) -> None:
    project.write(THREE)
    project.succeed("up")
    project.write({"3_c.down": "CREATE TABLE d (n INTEGER);\nDROP TABEL c;"})
    assert project("down").err.endswith(
        "\n1 of 2 statements have run and stay; table schema_migrations says dirty.\n"
        "fix: correct line 2, then go on with statement 2:  imagor-studio-migrate down\n"
    )


@pytest.mark.databases("mysql")
def test_a_redo_that_stops_half_way_up_says_how_far_and_goes_on_there(project: Project) -> None:
    project.write(THREE)
    project.succeed("up")
    project.write({"3_c": f"SELECT 1;\nCREATE TABLE d (n INTEGER);\n{BROKEN}"})
    place = "  --> sql/3_c.up.sql:3:8\n  3 | CREATE TABEL c (n INTEGER);\n             ^\n"
    half = "2 of 3 statements have run and stay; table schema_migrations says dirty.\n"
    fix = "fix: correct line 3, then go on with statement 3:  imagor-studio-migrate redo\n"
    error = f"error: {TABEL['mysql']}\n{place}"
    assert project("redo").err == f"{error}3 c is rolled back, and half applied again: {half}{fix}"
    goes_on = "redo only goes on with 3 c: it is half applied\n"
    assert project("redo").err == f"{goes_on}{error}{half}{fix}"
    project.write({"3_c": f"SELECT 1;\nCREATE TABLE d (n INTEGER);\n{C}"})
    assert project.succeed("redo").err == goes_on
    assert project.states() == dict.fromkeys("123", "applied")


def test_redo_of_a_file_that_was_edited_since_means_that_one(project: Project) -> None:
    project.write(THREE)
    project.succeed("up", "2")
    project.write({"3_c": BROKEN})
    assert project("up").exit == 1
    project.write({"2_b": f"{B} -- edited"})
    ran = project.succeed("redo")
    assert ([line[:14] for line in ran.out.splitlines()], ran.err) == (["rolled back  2", "applied  2 b  "], "")


def test_redo_of_what_another_comes_before_is_refused(project: Project) -> None:
    project.write({"1_a": A, "3_c": BROKEN})
    assert project("up").exit == 1
    project.write({"2_b": B})
    assert project("redo") == (4, "", (
        "error: 3 c is pending, and 2 b comes before it\nnothing was changed.\n"
        "fix: apply both:  imagor-studio-migrate up\n"
    ))  # fmt: skip


def test_redo_with_nothing_applied_says_so_in_its_own_words(project: Project) -> None:
    project.write(THREE)
    project.succeed("up", "1")
    project.succeed("down")
    assert project("redo") == (0, "", "nothing to redo: no migration is applied\n")
    project.succeed("up", "2")
    project.succeed("down")  # this was meant, and 1 is the last one now
    assert [line[:14] for line in project.succeed("redo").out.splitlines()] == ["rolled back  1", "applied  1 a  "]


def test_an_edited_file_that_is_the_newest_may_be_done_again(project: Project) -> None:
    project.write(THREE)
    project.succeed("up")
    project.write({"2_b": f"{B} -- edited"})
    assert "redo" not in project("up").err
    project.write({"2_b": B, "3_c": f"{C} -- edited"})
    way = "     or, where no other database has it yet, undo it and apply it anew:  imagor-studio-migrate redo\n"
    assert project("up").err.endswith(f"imagor-studio-migrate repair 3 --applied\n{way}")
    project.succeed("redo")
    assert project("up").err == "up to date at 3 (3 applied)\n"


def test_an_edited_file_that_somebody_else_has_applied_may_not(project: Project) -> None:
    project.write(THREE)
    project.succeed("up")
    project.database.execute("UPDATE schema_migrations SET applied_by = 'bob@host'")
    project.write({"3_c": f"{C} -- edited"})
    assert "redo" not in project("up").err


def test_an_edited_file_that_has_no_way_back_may_not(project: Project) -> None:
    project.write({"1_a": A})
    project.succeed("up")
    project.write({"1_a": f"{A} -- edited"})
    assert "redo" not in project("up").err


def test_baseline_of_an_unknown_version_is_refused_and_creates_nothing(project: Project) -> None:
    project.write(THREE)
    assert project("baseline", "5").exit == 2
    assert project.states() == dict.fromkeys("123", "pending")


@pytest.mark.databases("mysql")
@pytest.mark.parametrize(("way", "state"), [("--applied", "applied"), ("--pending", "pending")])
def test_repair_settles_a_dirty_version(project: Project, way: str, state: str) -> None:
    project.write({"1_two": f"{A}\nINSERT INTO nowhere VALUES (1);"})
    assert project("up").exit == 1
    project.succeed("repair", "1", way)
    assert project.states() == {"1": state}
    assert project.log()[-1] == ("1", "repair", "ok")


REMOVE = "where it was undone by hand, remove that first, and say it again:"


def test_repair_of_a_clean_version_is_refused(project: Project) -> None:
    project.write(THREE)
    project.succeed("up")
    look = "     or look at the states:  imagor-studio-migrate status\n"
    for way, what, fix in (
        (
            "--applied",
            "1 a is applied: there is nothing to repair in this way",
            "fix: " + look.removeprefix("     or "),
        ),
        (
            "--pending",
            "1 a is applied, and its file is still here: as a pending one, it would run again",
            f"fix: {REMOVE}  rm sql/1_a.up.sql sql/1_a.down.sql\n{look}",
        ),
    ):
        ran = project("repair", "1", way)
        assert (ran.exit, ran.err) == (4, f"error: {what}\nnothing was changed.\n{fix}")


# --- reset ----------------------------------------------------------------------------------------------------------

LITTER = {
    "sqlite": [
        "CREATE TABLE p (id INTEGER PRIMARY KEY AUTOINCREMENT)",
        "CREATE TABLE q (p REFERENCES p)",
        "INSERT INTO p DEFAULT VALUES",
        "INSERT INTO q VALUES (1)",
        "CREATE VIEW v AS SELECT * FROM q",
        "CREATE INDEX i ON q (p)",
        "CREATE TRIGGER tr AFTER INSERT ON q BEGIN SELECT 1; END",
        "CREATE VIRTUAL TABLE f USING fts5(a)",
        'CREATE TABLE "a ""quoted"" name" (n)',
        "ANALYZE",
    ],
    "postgres": [
        "CREATE EXTENSION hstore",
        "CREATE TYPE mood AS ENUM ('sad')",
        "CREATE TYPE span AS RANGE (SUBTYPE = float8)",
        "CREATE TABLE counted (n INT GENERATED ALWAYS AS IDENTITY, s span)",
        "CREATE TYPE pair AS (a INT, b mood)",
        "CREATE DOMAIN positive AS INT CHECK (VALUE > 0)",
        "CREATE SEQUENCE s",
        "CREATE TABLE p (id INT GENERATED ALWAYS AS IDENTITY PRIMARY KEY, m mood, n SERIAL, h hstore)",
        "CREATE TABLE q (p INT REFERENCES p, d positive, x pair, k INT DEFAULT nextval('s'))",
        "CREATE TABLE parted (n INT) PARTITION BY RANGE (n)",
        "CREATE TABLE part PARTITION OF parted FOR VALUES FROM (0) TO (9)",
        "CREATE TABLE heir () INHERITS (q)",
        "CREATE VIEW v AS SELECT * FROM q",
        "CREATE MATERIALIZED VIEW mv AS SELECT * FROM v",
        "CREATE FUNCTION f(INT, mood) RETURNS INT LANGUAGE sql AS 'SELECT 1'",
        "CREATE FUNCTION f(INT) RETURNS TRIGGER LANGUAGE plpgsql AS 'BEGIN END'".replace("(INT)", "()"),
        "CREATE PROCEDURE pr() LANGUAGE sql AS 'SELECT 1'",
        "CREATE AGGREGATE total(INT) (SFUNC = int4pl, STYPE = INT)",
        "CREATE OPERATOR === (LEFTARG = INT, RIGHTARG = INT, FUNCTION = int4eq)",
        "CREATE TRIGGER tr BEFORE INSERT ON q FOR EACH ROW EXECUTE FUNCTION f()",
        "CREATE STATISTICS st ON id, n FROM p",
        'CREATE TABLE "A ""quoted"" name" (n INT)',
        "CREATE COLLATION german (LOCALE = 'C')",
        "CREATE TEXT SEARCH CONFIGURATION tsc (COPY = simple)",
    ],
    "mysql": [
        "CREATE TABLE p (id INT AUTO_INCREMENT PRIMARY KEY)",
        "CREATE TABLE q (p INT, FOREIGN KEY (p) REFERENCES p (id))",
        "INSERT INTO p VALUES ()",
        "INSERT INTO q VALUES (1)",
        "CREATE VIEW v AS SELECT * FROM q",
        "CREATE TRIGGER tr BEFORE INSERT ON q FOR EACH ROW SET @x = 1",
        "CREATE PROCEDURE pr() SELECT 1",
        "CREATE FUNCTION f() RETURNS INT DETERMINISTIC RETURN 1",
        "CREATE EVENT e ON SCHEDULE EVERY 1 DAY DO SET @x = 1",
        "CREATE TABLE `a ``quoted`` name` (n INT)",
    ],
}


def test_reset_drops_everything_and_runs_all_again(project: Project) -> None:
    project.write(THREE)
    project.succeed("up")
    clean = project.database.dump()
    litter = [*LITTER[project.database.dialect]]
    litter += ["CREATE SEQUENCE s"] if project.database.flavor == "mariadb" else []
    project.database.execute("INSERT INTO a VALUES (1)", *litter)
    project.succeed("reset", "--yes")
    if project.database.dialect == "postgres":
        assert project.rows("SELECT extname FROM pg_extension WHERE extname = 'hstore'") == [("hstore",)]
        project.database.execute("DROP EXTENSION hstore")
    assert project.database.dump() == clean
    assert project.rows("SELECT n FROM a") == []
    assert project.log() == [("", "reset", "ok"), ("1", "up", "ok"), ("2", "up", "ok"), ("3", "up", "ok")]


def test_reset_without_a_terminal_needs_yes(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    project.write(THREE)
    project.succeed("up")
    monkeypatch.setattr(sys.stdin, "isatty", lambda: False, raising=False)
    ran = project("reset")
    assert ran.exit == 2
    assert "a yes is needed, and there is no terminal to ask for one: this drops every table" in ran.err
    assert project.database.tables() == ["a", "b", "c"]


def test_reset_finds_a_file_that_cannot_run_before_it_drops_anything(project: Project) -> None:
    project.write(THREE)
    project.succeed("up")
    project.write({"4_bad": "ROLLBACK;"})
    assert project("reset", "--yes").exit == 2
    assert project.database.tables() == ["a", "b", "c"]


# --- another tool's table -------------------------------------------------------------------------------------------

FOREIGN = [
    pytest.param("version BIGINT NOT NULL PRIMARY KEY, dirty BOOLEAN NOT NULL", "golang-migrate", id="golang-migrate"),
    pytest.param("version VARCHAR(128) PRIMARY KEY", "dbmate or Rails", id="dbmate, Rails"),
    pytest.param("version BIGINT PRIMARY KEY, inserted_at TIMESTAMP", "Ecto", id="Ecto"),
    pytest.param("version_num VARCHAR(32) PRIMARY KEY", "another tool", id="Alembic"),
    pytest.param("id INTEGER, anything INTEGER", "another tool", id="unknown"),
]


@pytest.mark.parametrize(("columns", "tool"), FOREIGN)
def test_a_table_of_another_tool_is_left_alone(project: Project, columns: str, tool: str) -> None:
    project.database.execute(f"CREATE TABLE schema_migrations ({columns})")
    project.write(THREE)
    for words in (["up"], ["down"], ["status"], ["plan"], ["log"], ["baseline", "1"], ["reset", "--yes"]):
        ran = project(*words)
        assert ran.exit == 4, words
        assert f"the table schema_migrations belongs to {tool}: it has the columns" in ran.err
        assert "migrate --table schema_migrations_imagor" in ran.err
    assert project.database.tables() == []
    assert len(project.rows("SELECT * FROM schema_migrations")) == 0


def test_a_table_of_another_name_stands_beside_it(project: Project) -> None:
    project.database.execute("CREATE TABLE schema_migrations (version BIGINT)")
    project.write(THREE)
    project.table = "own_history"
    project.succeed("up")
    assert project.states() == dict.fromkeys("123", "applied")


# --- reading writes nothing -----------------------------------------------------------------------------------------


def test_reading_an_empty_database_creates_nothing(project: Project) -> None:
    project.write(THREE)
    for words in (["status"], ["plan"], ["log"], ["check"], ["up", "--dry-run"]):
        project.succeed(*words)
    if project.database.dialect == "sqlite":
        assert not (project.home / "test.db").exists()
        assert sorted(path.name for path in project.home.iterdir()) == ["sql"]
    else:
        assert project("down").exit == 0
    assert project.database.dump() == ""


@pytest.mark.databases("server")
@pytest.mark.parametrize("applied", [False, True], ids=["before the first run", "after it"])
def test_a_user_who_may_only_select_can_look(project: Project, applied: bool) -> None:
    project.write(THREE)
    if applied:
        project.succeed("up", "2")
    url = project.database.reader_url
    states = [line.split("\t")[2] for line in project("status", url=url).out.splitlines()]
    assert states == (["applied", "applied", "pending"] if applied else ["pending"] * 3)
    assert len(project("plan", url=url).out.splitlines()) == (1 if applied else 3)
    assert project("log", url=url).exit == 0
    assert project("up", url=url).exit == 1
    assert project("up", url=url).err.count("fix: ") == 1


@contextlib.contextmanager
def somebody() -> Iterator[None]:
    """Give up the rights of root for a while."""
    was = os.geteuid()
    if was == 0:
        os.seteuid(65534)
    try:
        yield
    finally:
        os.seteuid(was)


@pytest.mark.databases("sqlite")
@pytest.mark.parametrize("mode", ["DELETE", "WAL"])
def test_a_read_only_file_can_be_looked_at(project: Project, mode: str, monkeypatch: pytest.MonkeyPatch) -> None:
    project.write(THREE)
    project.succeed("up", "2")
    project.database.execute(f"PRAGMA journal_mode = {mode}")
    # A folder that everybody can read and nobody write; root can write everywhere, so it has to be somebody else.
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        shutil.copytree(project.home / "sql", folder / "sql")
        shutil.copy(project.database.name, folder / "app.db")
        for path in (folder, *folder.rglob("*")):
            path.chmod(0o555 if path.is_dir() else 0o444)
        monkeypatch.chdir(folder)
        before = sorted(folder.rglob("*"))
        with somebody():
            assert project("status", url="sqlite:app.db").out.count("applied") == 2
            assert [project(word, url="sqlite:app.db").exit for word in ("plan", "log", "check")] == [0, 0, 0]
            ran = project("up", url="sqlite:app.db")
        assert ran.exit == 1
        assert "readonly" in ran.err or "unable to open" in ran.err
        assert sorted(folder.rglob("*")) == before


# --- two runners ----------------------------------------------------------------------------------------------------


@pytest.mark.repeated
def test_runners_that_start_together_apply_each_file_once(project: Project) -> None:
    files = {f"{n}_f": f"CREATE TABLE t{n} (n INTEGER);\nINSERT INTO t{n} VALUES (1);" for n in range(1, 6)}
    project.write(files)
    start = threading.Barrier(4)
    found: list[Any] = []

    def run() -> None:
        start.wait()
        try:
            found.append([result.version for result in migrate.up(project.settings)])
        except migrate.MigrateError as error:
            found.append(error)

    threads = [threading.Thread(target=run) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not [each for each in found if isinstance(each, Exception)]
    assert sorted(version for versions in found for version in versions) == ["1", "2", "3", "4", "5"]
    assert [project.rows(f"SELECT n FROM t{n}") for n in range(1, 6)] == [[(1,)]] * 5
    assert len(project.log()) == 5


def start_long_run(project: Project) -> subprocess.Popen[str]:
    """Start a run that is in the middle of a long statement when this returns."""
    project.write({"1_a": A, "2_long": f"{B}\n{project.database.ENDLESS};\n{C}"})
    process = rig.start(project.home, project.database.url, "--color", "never", "-v", "up")
    if project.database.dialect == "sqlite":
        rig.until((project.home / "test.db-journal").exists)
        time.sleep(0.3)
    else:
        rig.until(lambda: project.database.running(project.database.ENDLESS))
    return process


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)], ids=["SIGINT", "SIGTERM"])
def test_a_signal_makes_the_running_file_safe(project: Project, number: int, code: int) -> None:
    process = start_long_run(project)
    process.send_signal(number)
    out, err = process.communicate(timeout=30)
    assert process.returncode == code, err
    assert project.database.password not in out + err or not project.database.password
    assert "Traceback" not in err
    if project.database.dialect == "mysql":
        # The server goes on with a statement whose client has gone, unless the client has told it to stop.
        for (thread,) in project.database.running(project.database.ENDLESS):
            with contextlib.suppress(pymysql.OperationalError):
                project.database.execute(f"KILL QUERY {thread}")
        project.write({"2_long": f"{B}\nSELECT 1;\n{C}"})
    else:
        # On SQLite the files of a run share a transaction, and what was not committed yet is undone with the rest.
        assert project.database.tables() == (["a"] if project.database.dialect == "postgres" else [])
        project.write({"2_long": f"{B}\n{C}"})
    project.succeed("up")
    assert project.database.tables() == ["a", "b", "c"]


def test_a_lock_timeout_of_zero_does_not_wait(project: Project) -> None:
    process = start_long_run(project)
    try:
        ran = project("--lock-timeout", "0", "up")
        assert ran.exit == 5
        sqlite = project.database.dialect == "sqlite"
        who = "another process writes this file" if sqlite else "another runner is at work"
        assert ran.err.startswith(f"error: {who}, and holds the lock\n")
    finally:
        process.terminate()
        process.communicate()


# --- nothing leaks --------------------------------------------------------------------------------------------------

SQLITE_LEAKS = [
    pytest.param("CREATE TEMP TABLE s (n);", "CREATE TABLE s (m); INSERT INTO s (m) VALUES (1);", id="temporary table"),
    pytest.param("PRAGMA case_sensitive_like = ON;", "CREATE TABLE s AS SELECT 'a' LIKE 'A' AS m;", id="pragma"),
    pytest.param(
        "PRAGMA recursive_triggers = ON;",
        "CREATE TABLE s AS SELECT recursive_triggers = 0 AS m FROM pragma_recursive_triggers;",
        id="pragma read back",
    ),
]
POSTGRES_LEAKS = [
    pytest.param(
        "SET search_path = pg_catalog;",
        "CREATE TABLE s AS SELECT 1 AS m WHERE current_schema() = 'public';",
        id="search_path",
    ),
    pytest.param("PREPARE p AS SELECT 1;", "PREPARE p AS SELECT 2; CREATE TABLE s AS SELECT 1 AS m;", id="PREPARE"),
    pytest.param("CREATE TEMP TABLE s (n INT);", "CREATE TABLE s AS SELECT 1 AS m;", id="temporary table"),
    pytest.param(
        "SET ROLE pg_monitor;", "CREATE TABLE s AS SELECT 1 AS m WHERE current_user = session_user;", id="role"
    ),
    pytest.param(
        "SET SESSION AUTHORIZATION pg_monitor;",
        "CREATE TABLE s AS SELECT 1 AS m WHERE current_user <> 'pg_monitor';",
        id="session authorization",
    ),
    pytest.param(
        "SELECT set_config('my.own', 'x', false);",
        "CREATE TABLE s AS SELECT 1 AS m WHERE current_setting('my.own', true) IS NULL;",
        id="set_config",
    ),
    pytest.param(
        "SET my.own TO 'x';",
        "CREATE TABLE s AS SELECT 1 AS m WHERE current_setting('my.own', true) IS NULL;",
        id="a setting of one's own",
    ),
    pytest.param(
        "SELECT 1;",
        "CREATE TABLE s (m INTEGER); DO $$BEGIN PERFORM lastval(); EXCEPTION WHEN SQLSTATE '55000' THEN"
        " INSERT INTO s VALUES (1); END$$;",
        id="the number of a line in the log",
    ),
    pytest.param(
        "SELECT pg_advisory_lock(42); SET TIME ZONE 'Asia/Kathmandu';",
        "CREATE TABLE s AS SELECT 1 AS m WHERE current_setting('timezone') <> 'Asia/Kathmandu';",
        id="time zone",
    ),
    pytest.param(
        "LISTEN x; DECLARE c CURSOR WITH HOLD FOR SELECT 1;",
        "DECLARE c CURSOR FOR SELECT 2; CREATE TABLE s AS SELECT 1 AS m;",
        id="cursor",
    ),
    pytest.param(
        "ALTER /* all of */ DATABASE {name} SET work_mem = '7MB';",
        "CREATE TABLE s AS SELECT 1 AS m WHERE current_setting('work_mem') = '7MB';",
        id="what a session begins with",
    ),
    pytest.param(
        "CREATE SCHEMA o; CREATE FUNCTION o.txid_current() RETURNS bigint LANGUAGE sql AS 'SELECT 1::bigint';"
        " SET search_path = o, pg_catalog;",
        "CREATE TABLE s AS SELECT 1 AS m WHERE txid_current() <> 1;",
        id="a function that hides one of the server's",
    ),
]
MYSQL_LEAKS = [
    pytest.param("SET @x = 1;", "CREATE TABLE s AS SELECT 1 AS m FROM DUAL WHERE @x IS NULL;", id="user variable"),
    pytest.param(
        "SET foreign_key_checks = 0;",
        "CREATE TABLE s AS SELECT 1 AS m FROM DUAL WHERE @@foreign_key_checks = 1;",
        id="foreign_key_checks",
    ),
    pytest.param(
        "SET sql_mode = '';", "CREATE TABLE s AS SELECT 1 AS m FROM DUAL WHERE @@sql_mode <> '';", id="sql_mode"
    ),
    pytest.param(
        "SET NAMES latin1;",
        "CREATE TABLE s AS SELECT 1 AS m FROM DUAL WHERE @@character_set_client = 'utf8mb4';",
        id="character set",
    ),
    pytest.param(
        "PREPARE p FROM 'SELECT 1';", "PREPARE p FROM 'SELECT 2'; CREATE TABLE s AS SELECT 1 AS m;", id="PREPARE"
    ),
    pytest.param("CREATE TEMPORARY TABLE s (n INT);", "CREATE TABLE s AS SELECT 1 AS m;", id="temporary table"),
    pytest.param(
        "/*!40101 SET time_zone = '+01:00' */;",
        "CREATE TABLE s AS SELECT 1 AS m FROM DUAL WHERE @@time_zone <> '+01:00';",
        id="SET in a conditional comment",
    ),
]


def assert_nothing_leaks(project: Project, first: str, second: str) -> None:
    project.write({"1_leaks": first.replace("{name}", project.database.name), "2_looks": second})
    project.succeed("up")
    assert [int(value) for (value,) in project.rows("SELECT m FROM s")] == [1]


@pytest.mark.databases("sqlite")
@pytest.mark.parametrize(("first", "second"), SQLITE_LEAKS)
def test_nothing_of_a_file_reaches_the_next_on_sqlite(project: Project, first: str, second: str) -> None:
    assert_nothing_leaks(project, first, second)


@pytest.mark.databases("postgres")
@pytest.mark.parametrize(("first", "second"), POSTGRES_LEAKS)
def test_nothing_of_a_file_reaches_the_next_on_postgres(project: Project, first: str, second: str) -> None:
    assert_nothing_leaks(project, first, second)


@pytest.mark.databases("mysql")
@pytest.mark.parametrize(("first", "second"), MYSQL_LEAKS)
def test_nothing_of_a_file_reaches_the_next_on_mysql(project: Project, first: str, second: str) -> None:
    assert_nothing_leaks(project, first, second)


# --- as a library ---------------------------------------------------------------------------------------------------


def test_an_error_carries_what_was_committed_before_it(project: Project) -> None:
    project.write({"1_a": A, "2_broken": "INSERT INTO nowhere VALUES (1);"})
    with pytest.raises(migrate.StatementError) as caught:
        migrate.up(project.settings)
    assert [(each.version, each.action, each.statements) for each in caught.value.results] == [("1", "up", 1)]


def test_notify_hears_of_a_file_before_and_after(project: Project) -> None:
    project.write({"1_a": A})
    events: list[Any] = []
    migrate.up(project.settings, notify=events.append)
    assert [type(event).__name__ for event in events] == ["Step", "Result"]


@pytest.mark.databases("server")
def test_no_message_holds_the_password(project: Project) -> None:
    project.write(THREE)
    url = project.database.url.replace(f"/{project.database.name}", "/no_such_database")
    ran = project("up", url=url)  # which asserts it
    assert ran.exit == 1
    with pytest.raises(migrate.ConnectError) as caught:
        migrate.up(url)
    assert project.database.password not in repr(caught.value) + str(caught.value)
