"""Tables without transactions on MySQL and MariaDB: what a failed file has put there stays, and that is what is said.

It is in the journal and does not run again, or a person is asked; a run is not tried again over it, and nothing is ever
said to have changed nothing.
"""

from __future__ import annotations

import re
import threading
from typing import TYPE_CHECKING

import pytest
import rig

if TYPE_CHECKING:
    from project import Project


pytestmark = pytest.mark.databases("mysql")
TABLES = "CREATE TABLE plain (n INTEGER PRIMARY KEY) ENGINE = {};\nCREATE TABLE safe (n INTEGER PRIMARY KEY);"


@pytest.fixture
def project(project: Project) -> Project:
    project.write({"1_tables": TABLES.format("MyISAM")})
    project.succeed("up")
    return project


def rows(project: Project) -> tuple[list[int], list[int]]:
    """Return what is in the table without transactions, and in the other one."""
    plain, safe = (
        [number for (number,) in project.rows(f"SELECT n FROM {table} ORDER BY n")] for table in ("plain", "safe")
    )
    return plain, safe


def assert_asked(project: Project, number: int) -> None:
    ran = project("up")
    assert ran.exit == 4
    assert f"2_f.up.sql:{number}\n" in ran.err
    assert "look in the tables to see if statement" in ran.err


PLAIN, SAFE, FAILS = (
    "INSERT INTO plain VALUES ({});",
    "INSERT INTO safe VALUES ({});",
    "INSERT INTO nowhere VALUES ({});",
)


@pytest.mark.parametrize(
    ("group", "done"),
    [
        pytest.param([PLAIN], 1, id="one"),
        pytest.param([PLAIN, PLAIN], 2, id="two"),
        pytest.param([PLAIN, SAFE], 1, id="first"),
        pytest.param([PLAIN, PLAIN, SAFE, SAFE], 2, id="both first"),
        pytest.param([SAFE, PLAIN], None, id="last"),
        pytest.param([SAFE, SAFE, PLAIN, SAFE], None, id="in between"),
        pytest.param([PLAIN, SAFE, PLAIN], None, id="around"),
    ],
)
@pytest.mark.parametrize("engine", ["MyISAM", "MEMORY", "Aria"])
def test_what_stayed_is_noted_or_asked_for_in_every_order(
    project: Project, group: list[str], done: int | None, engine: str
) -> None:
    if engine == "Aria" and project.database.flavor != "mariadb":
        pytest.skip("MariaDB's own")
    project.database.execute(f"ALTER TABLE plain ENGINE = {engine}")
    lines = [line.format(number) for number, line in enumerate(group, 1)]
    project.write({"2_f": "\n".join([*lines, FAILS.format(0), SAFE.format(9)])})
    ran = project("up")
    assert ran.exit == 1
    assert "nothing was changed" not in ran.err
    stayed = [number for number, line in enumerate(group, 1) if line == PLAIN]
    assert rows(project) == (stayed, [])
    if done is None:
        assert "may have run" in ran.err
        assert "repair 2 --applied" in ran.err
        assert project("up").exit == 4
        assert rows(project) == (stayed, [])
        return
    assert f"{done} of {len(group) + 2} statements have run and stay" in ran.err
    project.write({"2_f": "\n".join([*lines, SAFE.format(8), SAFE.format(9)])})
    project.succeed("up")
    assert rows(project) == (
        stayed,
        [number for number, line in enumerate(group, 1) if line == SAFE] + [8, 9],
    )


def test_a_statement_that_has_failed_half_way_is_asked_for(project: Project) -> None:
    project.write({"2_f": "INSERT INTO plain VALUES (1), (2), (1);"})
    ran = project("up")
    assert ran.exit == 1
    assert "nothing was changed" not in ran.err
    assert "Statement 1 may have run, or a part of it." in ran.err
    assert rows(project) == ([1, 2], [])
    again = project("up")
    assert again.exit == 4
    what, _, ways = again.err.removeprefix("error: ").partition("\n")
    ways = ways.partition("fix: ")[2]  # status, wait and plan say the same
    assert "repair 2 --pending" in ways
    assert project("status").err == f"{what}; {ways}"
    assert project("wait", "--timeout", "0").err.partition("fix: ")[2].startswith(ways)
    plan = project("plan")
    assert (plan.exit, plan.err.partition("fix: ")[2]) == (4, ways)
    assert plan.err.startswith(f"error: `up` would refuse to run: {what}\n")


FAILS_HALF_WAY = "INSERT INTO plain VALUES (1), (2), (1)"
OF_MARIADB = re.compile("IMMEDIATE|SET STATEMENT|DELAYED")


@pytest.mark.parametrize(
    "lines",
    [
        pytest.param([f"PREPARE x FROM '{FAILS_HALF_WAY}'", "EXECUTE x"], id="a prepared one"),
        pytest.param([f"PREPARE safe FROM '{FAILS_HALF_WAY}'", "EXECUTE safe"], id="prepared by another table's name"),
        pytest.param([f"SET @x = '{FAILS_HALF_WAY}'", "PREPARE x FROM @x", "EXECUTE x"], id="prepared from a variable"),
        pytest.param(
            ["CREATE TABLE c AS SELECT 1 AS n", "INSERT INTO plain VALUES (ROW_COUNT()), (2), (1)"],
            id="one that sees what the one before has done",
        ),
        pytest.param([f"EXECUTE IMMEDIATE '{FAILS_HALF_WAY}'"], id="EXECUTE IMMEDIATE"),
        pytest.param([f"SET STATEMENT sql_mode = '' FOR {FAILS_HALF_WAY}"], id="with a setting of its own"),
    ],
)
def test_a_statement_that_has_failed_half_way_is_asked_for_however_it_is_given(
    project: Project, lines: list[str]
) -> None:
    if OF_MARIADB.search(lines[-1]) and project.database.flavor != "mariadb":
        pytest.skip("MariaDB's own")
    project.write({"2_f": "".join(f"{line};\n" for line in lines)})
    ran = project("up")
    assert ran.exit == 1
    assert "nothing was changed" not in ran.err
    assert "its row was deleted" not in ran.err  # it was rolled back
    assert f"Statement {len(lines)} may have run, or a part of it." in ran.err
    assert rows(project) == ([1, 2], [])
    assert_asked(project, len(lines))


def test_what_has_a_setting_of_its_own_and_tables_with_transactions_runs_again(project: Project) -> None:
    if project.database.flavor != "mariadb":
        pytest.skip("MariaDB's own")
    wrong = "SET STATEMENT sql_mode = '' FOR INSERT INTO safe VALUES (1), (2), ({});"
    project.write({"2_f": f"{SAFE.format(7)}\n{wrong.format(1)}"})
    assert "1 of 2 statements have run and stay" in project("up").err
    project.write({"2_f": f"{SAFE.format(7)}\n{wrong.format(3)}"})
    project.succeed("up")
    assert rows(project) == ([], [1, 2, 3, 7])


def test_what_another_thread_inserts_stays(project: Project) -> None:
    if project.database.flavor != "mariadb":
        pytest.skip("MariaDB's own")
    project.write({"2_f": f"INSERT DELAYED INTO plain VALUES (1);\n{FAILS.format(1)}"})
    ran = project("up")
    assert ran.exit == 1
    assert "1 of 2 statements have run and stay" in ran.err
    project.write({"2_f": f"INSERT DELAYED INTO plain VALUES (1);\n{SAFE.format(1)}"})
    project.succeed("up")
    rig.until(lambda: rows(project) == ([1], [1]))


@pytest.mark.parametrize(
    ("before", "statement"),
    [
        pytest.param("CREATE VIEW v AS SELECT n FROM safe", "INSERT INTO v VALUES (1);", id="a view"),
        pytest.param(
            "CREATE TRIGGER t AFTER INSERT ON plain FOR EACH ROW INSERT INTO safe VALUES (NEW.n)",
            "INSERT INTO plain VALUES (1);",
            id="a trigger on the one",
        ),
        pytest.param(
            "CREATE TRIGGER t AFTER INSERT ON safe FOR EACH ROW INSERT INTO plain VALUES (NEW.n)",
            "INSERT INTO safe VALUES (1);",
            id="a trigger on the other",
        ),
        pytest.param(
            "CREATE FUNCTION f() RETURNS INTEGER MODIFIES SQL DATA BEGIN INSERT INTO safe VALUES (1); RETURN 1; END",
            "INSERT INTO plain VALUES (f());",
            id="a function",
        ),
        pytest.param(
            "CREATE FUNCTION f() RETURNS INTEGER MODIFIES SQL DATA BEGIN INSERT INTO plain VALUES (1); RETURN 1; END",
            "DO f();",
            id="a function that is all there is",
        ),
        pytest.param("DO 0", "UPDATE safe, plain SET safe.n = 7, plain.n = 7;", id="both in one"),
    ],
)
def test_what_is_not_seen_in_a_statement_is_asked_for(project: Project, before: str, statement: str) -> None:
    if "FUNCTION" in before:
        project.database.execute("SET GLOBAL log_bin_trust_function_creators = 1")
    project.database.execute(before)
    project.write({"2_f": f"{statement}\nINSERT INTO plain VALUES (5);\nINSERT INTO nowhere VALUES (1);"})
    ran = project("up")
    assert ran.exit == 1
    assert "nothing was changed" not in ran.err
    assert "Statement 1 may have run" in ran.err
    assert project("up").exit == 4


def test_a_table_of_another_database_is_asked_for(project: Project) -> None:
    other = f"{project.database.name}_x"
    project.database.execute(f"CREATE DATABASE {other}", f"CREATE TABLE {other}.elsewhere (n INTEGER)")
    try:
        lines = [f"INSERT INTO {other}.elsewhere VALUES (1);", PLAIN.format(5), FAILS.format(1)]
        project.write({"2_f": "\n".join(lines)})
        ran = project("up")
        assert ran.exit == 1
        assert "Statement 1 may have run" in ran.err
        assert project("up").exit == 4
    finally:
        project.database.execute(f"DROP DATABASE {other}")


def test_rows_that_stay_are_seen_where_the_file_wants_no_warnings(project: Project) -> None:
    project.write({"2_f": f"SET max_error_count = 0;\n{PLAIN.format(1)}\n{FAILS.format(1)}"})
    ran = project("up")
    assert ran.exit == 1
    assert "nothing was changed" not in ran.err
    assert rows(project) == ([1], [])


def test_rows_stay_where_it_is_the_last_note_that_fails(project: Project) -> None:
    project.database.execute(
        "CREATE TRIGGER x BEFORE INSERT ON schema_migrations_log FOR EACH ROW"
        " SIGNAL SQLSTATE '45000' SET MESSAGE_TEXT = 'go away'"
    )
    project.write({"2_f": f"{PLAIN.format(1)}\n{PLAIN.format(2)}"})
    ran = project("up")
    assert ran.exit == 1
    assert "nothing was changed" not in ran.err
    assert "2 of 2 statements have run and stay" in ran.err
    project.database.execute("DROP TRIGGER x")
    project.succeed("up")
    assert rows(project) == ([1, 2], [])


def test_a_run_that_waited_too_long_for_a_row_is_not_tried_again_over_rows_that_stay(project: Project) -> None:
    project.database.execute("INSERT INTO safe VALUES (7)")
    holder = project.database.connect().cursor()
    holder.execute("START TRANSACTION")
    holder.execute("UPDATE safe SET n = 7 WHERE n = 7")
    holder.execute("SELECT n FROM safe WHERE n = 7 FOR UPDATE")
    project.write({"2_f": f"{PLAIN.format(1)}\nUPDATE safe SET n = 8 WHERE n = 7;"})
    ran = project("--ddl-lock-timeout", "1", "--retries", "2", "up")
    assert ran.exit == 1
    assert "again in" not in ran.err
    assert "1 of 2 statements have run and stay" in ran.err
    assert rows(project) == ([1], [7])
    holder.execute("ROLLBACK")
    project.succeed("up")
    assert rows(project) == ([1], [8])


def test_a_run_that_lost_a_deadlock_is_not_tried_again_over_rows_that_stay(project: Project) -> None:
    pairs = ", ".join(f"({n}, 0)" for n in range(1, 50))
    project.database.execute("CREATE TABLE pair (n INTEGER PRIMARY KEY, m INTEGER)", f"INSERT INTO pair VALUES {pairs}")
    other = project.database.connect().cursor()
    other.execute("SET innodb_lock_wait_timeout = 20")
    other.execute("START TRANSACTION")
    other.execute("INSERT INTO plain VALUES (9)")  # of two that have, the one that has changed less loses
    other.execute("UPDATE pair SET m = 1 WHERE n > 1")
    gate = rig.Gate(project.database, project.home / "gate")
    first, last = "UPDATE pair SET m = 2 WHERE n = 1;", "UPDATE pair SET m = 2 WHERE n = 2;"
    project.write({"2_f": "\n".join([PLAIN.format(1), first, gate.statement, last])})
    process = gate.start(project.home, "--retries", "2", "up", name="first")
    rig.until(gate.somebody)
    waits = threading.Thread(target=other.execute, args=["UPDATE pair SET m = 3 WHERE n = 1"])
    waits.start()
    waiting = "SELECT trx_mysql_thread_id FROM information_schema.innodb_trx WHERE trx_state = 'LOCK WAIT'"
    asks = f"SELECT count(*) FROM information_schema.processlist WHERE db = DATABASE() AND id IN ({waiting})"
    rig.until(lambda: project.rows(asks) != [(0,)], pause=0.2)  # what is read within 0.1 s of that is not read anew
    gate.open()
    waits.join()
    other.execute("ROLLBACK")
    ended = rig.Ended(process)
    assert (ended.exit, "again in" in ended.err) == (1, False), ended.out + ended.err
    assert "1 of 4 statements have run and stay" in ended.err
    assert rows(project)[0] == [1, 9]
    project.succeed("up")  # goes on after it
    assert rows(project)[0] == [1, 9]
    assert project.rows("SELECT m FROM pair WHERE n < 3 ORDER BY n") == [(2,), (2,)]
    assert rows(project)[0] == [1, 9]
