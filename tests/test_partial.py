"""Statements that fail and have done a part of their work all the same: what is said of them is what is known."""

from __future__ import annotations

import contextlib
import os
import signal
import threading
from typing import TYPE_CHECKING

import pymysql
import pytest
import rig

if TYPE_CHECKING:
    from collections.abc import Iterator

    from project import Project

    from servers import Database


# --- PostgreSQL: CONCURRENTLY ---------------------------------------------------------------------------------------

concurrently = pytest.mark.databases("postgres")
DOUBLE = "CREATE TABLE t (n INTEGER);\nINSERT INTO t VALUES (1), (1);"
UNIQUE = "CREATE UNIQUE INDEX CONCURRENTLY t_n ON t (n);"
INVALID = "SELECT indexrelid::regclass::text FROM pg_index WHERE NOT indisvalid ORDER BY 1"
# The same test may be at work beside this one, on the same server.
OWN = "datname = current_database()"
BUILDS = f"SELECT 1 FROM pg_stat_progress_create_index WHERE phase LIKE 'waiting%' AND index_relid <> 0 AND {OWN}"
PARTITIONS = """CREATE TABLE p (n INTEGER) PARTITION BY LIST (n);
CREATE TABLE c PARTITION OF p FOR VALUES IN (1);"""


def hints(text: str) -> list[str]:
    return [line for line in text.splitlines() if line.startswith("hint: ")]


@concurrently
def test_only_the_index_that_this_statement_left_invalid_is_named(project: Project) -> None:
    project.write({"1_t": f"{DOUBLE}\nCREATE TABLE parent (n INTEGER) PARTITION BY LIST (n);\n"
                          "CREATE INDEX waits_for_its_children ON ONLY parent (n);"})  # fmt: skip
    project.succeed("up")
    with pytest.raises(Exception, match="could not create unique index"):
        project.database.execute("CREATE UNIQUE INDEX CONCURRENTLY of_somebody_else ON t (n)")
    project.write({"2_i": f"-- CONCURRENTLY\n{UNIQUE}"})
    ran = project("up")
    assert ran.exit == 1
    assert ran.err.startswith('error: could not create unique index "t_n"\n')
    assert hints(ran.err) == ["hint: the index t_n is invalid: DROP INDEX CONCURRENTLY t_n;"]


@concurrently
def test_an_index_without_a_name_is_found_by_what_is_new(project: Project) -> None:
    project.write({"1_t": DOUBLE, "2_i": "CREATE UNIQUE INDEX /* IF NOT EXISTS x */ CONCURRENTLY ON t (n);"})
    ran = project("up")
    assert hints(ran.err) == ["hint: the index t_n_idx is invalid: DROP INDEX CONCURRENTLY t_n_idx;"]


@concurrently
def test_an_index_in_another_schema_is_named_with_it(project: Project) -> None:
    project.write({"1_t": 'CREATE SCHEMA "My";\nCREATE TABLE "My"."T t" AS VALUES (1), (1);'})
    project.write({"2_i": 'CREATE UNIQUE INDEX CONCURRENTLY IF NOT EXISTS "I ON i" ON ONLY "My" . "T t" (column1);'})
    ran = project("up")
    hint = 'hint: the index "My"."I ON i" is invalid: DROP INDEX CONCURRENTLY "My"."I ON i";'
    assert hints(ran.err) == [hint]
    ran = project("up")
    assert ran.err.startswith(
        'from 2 i:\n  notice: relation "I ON i" already exists, skipping\n'
        'error: the index "I ON i" exists already, and is invalid: an earlier build of it failed\n'
        f"{hint}\n  --> sql/2_i.up.sql:1\n"
    )


@concurrently
def test_a_failure_that_leaves_nothing_names_no_index(project: Project) -> None:
    project.write({"1_t": DOUBLE, "2_i": "CREATE INDEX CONCURRENTLY t_n ON t (nonesuch);"})
    ran = project("up")
    assert ran.err == (
        'error: column "nonesuch" does not exist\n'
        "  --> sql/2_i.up.sql:1\n"
        "  1 | CREATE INDEX CONCURRENTLY t_n ON t (nonesuch);\n"
        "nothing was changed: no statement of this file has run.\n"
        "fix: correct line 1, then run  imagor-studio-migrate up\n"
    )


@concurrently
def test_if_not_exists_does_not_take_an_invalid_index_for_one(project: Project) -> None:
    project.write({"1_t": DOUBLE, "2_i": "CREATE UNIQUE INDEX CONCURRENTLY IF NOT EXISTS t_n ON t (n);"})
    assert project("up").exit == 1
    project.database.execute("DELETE FROM t WHERE ctid = '(0,1)'")
    ran = project("up")
    assert ran.exit == 1
    assert ran.err == (
        'from 2 i:\n  notice: relation "t_n" already exists, skipping\n'
        "error: the index t_n exists already, and is invalid: an earlier build of it failed\n"
        "hint: the index t_n is invalid: DROP INDEX CONCURRENTLY t_n;\n"
        "  --> sql/2_i.up.sql:1\n"
        "  1 | CREATE UNIQUE INDEX CONCURRENTLY IF NOT EXISTS t_n ON t (n);\n"
        "nothing was changed: no statement of this file has run.\n"
        "fix: do what the hint says, then run  imagor-studio-migrate up\n"
    )
    project.database.execute("DROP INDEX CONCURRENTLY t_n")
    project.succeed("up")
    assert project.rows(INVALID) == []


@concurrently
def test_if_not_exists_finds_a_good_index_and_goes_on(project: Project) -> None:
    project.write({"1_t": "CREATE TABLE t (n INTEGER);\nCREATE INDEX t_n ON t (n);"})
    project.write({"2_i": "CREATE INDEX CONCURRENTLY IF NOT EXISTS t_n ON t (n);"})
    project.succeed("up")


@concurrently
def test_the_index_of_an_earlier_build_is_named_where_it_is_in_the_way(project: Project) -> None:
    project.write({"1_t": DOUBLE, "2_i": UNIQUE})
    assert project("up").exit == 1
    ran = project("up")
    assert ran.err.startswith('error: relation "t_n" already exists\n')
    assert hints(ran.err) == ["hint: the index t_n is invalid: DROP INDEX CONCURRENTLY t_n;"]


@concurrently
def test_what_a_reindex_left_is_named(project: Project) -> None:
    project.write({"1_t": "CREATE TABLE t (n INTEGER);\nCREATE UNIQUE INDEX t_n ON t (n);\nINSERT INTO t VALUES (1);"})
    project.succeed("up")
    holder = project.database.connect().cursor()
    holder.execute("BEGIN ISOLATION LEVEL REPEATABLE READ")
    holder.execute("SELECT * FROM t")
    project.write({"2_r": "REINDEX TABLE CONCURRENTLY t;"})
    ran = project("--statement-timeout", "2", "up")
    assert ran.exit == 1
    assert ran.err.startswith("error: canceling statement due to statement timeout\n")
    left = project.rows(INVALID)
    assert hints(ran.err) == [f"hint: the index {name} is invalid: DROP INDEX CONCURRENTLY {name};" for (name,) in left]
    assert left == [("t_n_ccnew",)]


@concurrently
def test_a_drop_that_was_stopped_half_way_is_named(project: Project) -> None:
    project.write({"1_t": "CREATE TABLE t (n INTEGER);\nCREATE INDEX t_n ON t (n);"})
    project.succeed("up")
    holder = project.database.connect().cursor()
    holder.execute("BEGIN")
    holder.execute("SELECT * FROM t")
    project.write({"2_d": "DROP INDEX CONCURRENTLY IF EXISTS public.t_n;"})
    ran = project("--statement-timeout", "2", "up")
    assert hints(ran.err) == ["hint: the index t_n is invalid: DROP INDEX CONCURRENTLY t_n;"]
    holder.execute("COMMIT")
    project.succeed("up")
    assert project.rows("SELECT to_regclass('t_n')::text") == [(None,)]


@concurrently
def test_a_partition_that_is_detached_in_part_is_named_with_the_way_to_the_end(project: Project) -> None:
    project.write({"1_p": PARTITIONS})
    project.succeed("up")
    holder = project.database.connect().cursor()
    holder.execute("BEGIN")
    holder.execute("SELECT * FROM p")
    project.write({"2_d": "ALTER TABLE p DETACH PARTITION c /* now */ CONCURRENTLY;"})
    ran = project("--statement-timeout", "2", "up")
    assert ran.exit == 1
    assert hints(ran.err) == ["hint: the partition c is detached in part: ALTER TABLE p DETACH PARTITION c FINALIZE;"]
    holder.execute("COMMIT")
    project.write({"2_d": "ALTER TABLE p DETACH PARTITION c FINALIZE;"})
    project.succeed("up")


KILLED = [
    pytest.param(
        "CREATE INDEX CONCURRENTLY c_n ON c (n);",
        "an invalid index, to be dropped with DROP INDEX CONCURRENTLY:\n"
        "       SELECT indexrelid::regclass FROM pg_catalog.pg_index WHERE NOT indisvalid;",
        [("c_n",)],
        id="CREATE INDEX",
    ),
    pytest.param(
        "ALTER TABLE p DETACH PARTITION c CONCURRENTLY;",
        "a partition detached in part, to be finished with DETACH PARTITION .. FINALIZE:\n"
        "       SELECT inhrelid::regclass FROM pg_catalog.pg_inherits WHERE inhdetachpending;",
        [("c",)],
        id="DETACH PARTITION",
    ),
]


@concurrently
@pytest.mark.parametrize(("sql", "shows", "left"), KILLED)
def test_after_a_connection_was_cut_the_message_has_the_query_that_shows_what_is_left(
    project: Project, sql: str, shows: str, left: list[tuple[str]]
) -> None:
    project.write({"1_p": PARTITIONS})
    project.succeed("up")
    holder = project.database.connect().cursor()
    holder.execute("BEGIN ISOLATION LEVEL REPEATABLE READ")
    holder.execute("SELECT * FROM c")
    project.write({"2_i": sql})
    waits = f"SELECT pid FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND query = '{sql[:-1]}' AND {OWN}"

    def cut() -> None:
        rig.until(lambda: project.rows(waits))
        project.rows(f"SELECT pg_terminate_backend(pid) FROM ({waits}) AS cut")

    thread = threading.Thread(target=cut)
    thread.start()
    first = project("up")
    thread.join()
    holder.execute("COMMIT")
    fix = (
        f"fix: this shows if statement 1 has left {shows}\n"
        "     look in the tables to see if statement 1 has run, finish or undo the rest by hand, and say which:\n"
        "       imagor-studio-migrate repair 2 --applied    all of it has run\n"
        "       imagor-studio-migrate repair 2 --pending    none of it has; run it again\n"
    )
    assert (first.exit, first.err.partition("fix: ")[0] + fix) == (1, first.err)
    second = project("up")
    assert second.err == (
        "error: 2 i stopped while statement 1 ran: only a person can see if it has\n"
        f"  --> sql/2_i.up.sql:1\n  1 | {sql}\nnothing was changed.\n{fix}"
    )
    assert [(str(each),) for (each,) in project.rows(shows.rpartition("       ")[2])] == left


@concurrently
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_what_a_signal_left_half_done_is_named(project: Project, number: signal.Signals) -> None:
    project.write({"1_t": "CREATE TABLE t (n INTEGER);"})
    project.succeed("up")
    holder = project.database.connect().cursor()
    holder.execute("BEGIN ISOLATION LEVEL REPEATABLE READ")
    holder.execute("SELECT * FROM t")
    project.write({"2_i": "CREATE INDEX CONCURRENTLY t_n ON t (n);"})

    def stop() -> None:
        rig.until(lambda: project.rows(BUILDS))
        os.kill(os.getpid(), number)

    thread = threading.Thread(target=stop)
    thread.start()
    ran = project("up")
    thread.join()
    assert ran.exit == 128 + number
    how = "interrupted" if number == signal.SIGINT else "terminated"
    assert ran.err.startswith(
        f"error: {how}\nhint: the index t_n is invalid: DROP INDEX CONCURRENTLY t_n;\n  --> sql/2_i.up.sql"
    )


@concurrently
def test_an_index_that_another_session_builds_is_not_called_a_failed_one(project: Project) -> None:
    project.write({"1_t": "CREATE TABLE t (n INTEGER);\nCREATE TABLE u AS VALUES (1), (1);"})
    project.succeed("up")
    holder = project.database.connect().cursor()
    holder.execute("BEGIN ISOLATION LEVEL REPEATABLE READ")
    holder.execute("SELECT * FROM t")
    other = threading.Thread(target=project.database.execute, args=["CREATE INDEX CONCURRENTLY t_n ON t (n)"])
    other.start()
    rig.until(lambda: project.rows(BUILDS))
    project.write({"2_i": "CREATE UNIQUE INDEX CONCURRENTLY ON u (column1);"})
    ran = project("up")
    holder.execute("COMMIT")
    other.join()
    assert hints(ran.err) == ["hint: the index u_column1_idx is invalid: DROP INDEX CONCURRENTLY u_column1_idx;"]


@concurrently
def test_the_word_elsewhere_is_not_taken_for_the_option(project: Project) -> None:
    project.write({
        "1_t": "CREATE TABLE t (n INTEGER);\nCREATE VIEW v AS SELECT n AS concurrently FROM t;\n"
               "COMMENT ON TABLE t IS 'CONCURRENTLY'; -- CONCURRENTLY\nDROP VIEW v /* CONCURRENTLY */;\n"
               'ALTER TABLE t ADD COLUMN "concurrently" INTEGER;\nCREATE INDEX i ON t ("concurrently");',
    })  # fmt: skip
    project.succeed("up")


# --- MySQL and MariaDB: lists, and what is dropped to be made again -------------------------------------------------

PARTIAL = {
    "tables": ("CREATE TABLE a (n INT)", "DROP TABLE a, nonesuch"),
    "tables, of which one has a child": (
        "CREATE TABLE z (n INT); CREATE TABLE a (n INT PRIMARY KEY); CREATE TABLE c (n INT REFERENCES a (n))",
        "DROP TABLE z, a",
    ),
    "views": ("CREATE VIEW a AS SELECT 1", "DROP VIEW a, nonesuch"),
    "sequences": ("CREATE SEQUENCE a", "DROP SEQUENCE a, nonesuch"),
    "a table made again": ("CREATE TABLE a (n INT)", "CREATE OR REPLACE TABLE a (n INT, n INT)"),
    "a database": (
        """CREATE DATABASE {name}_x; CREATE TABLE {name}_x.a (n INT); CREATE TABLE {name}_x.p (n INT PRIMARY KEY);
        CREATE TABLE c (n INT, FOREIGN KEY (n) REFERENCES {name}_x.p (n))""",
        "DROP DATABASE {name}_x",
    ),
    "users made": ("CREATE USER {two}", "CREATE USER {one}, {two}"),
    "users dropped": ("CREATE USER {one}", "DROP USER {one}, {two}"),
    "users changed": ("CREATE USER {one}", "ALTER USER {one}, {two} PASSWORD EXPIRE"),
    "users renamed": ("CREATE USER {one}", "RENAME USER {one} TO {three}, {two} TO {four}"),
    "a user made again": ("CREATE USER {one}", "CREATE OR REPLACE USER {one} IDENTIFIED VIA nonesuch"),
    "roles made": ("CREATE ROLE {two}", "CREATE ROLE {one}, {two}"),
    "roles dropped": ("CREATE ROLE {one}", "DROP ROLE {one}, {two}"),
    "rights given": ("CREATE USER {one}", "GRANT SELECT, INSERT ON {name}.* TO {one}, {two}"),
    "rights that made a user": ("", "GRANT FILE ON {name}.* TO {one} IDENTIFIED BY 'x'"),
    "rights taken": (
        "CREATE USER {one}; GRANT SELECT ON {name}.* TO {one}",
        "REVOKE SELECT ON {name}.* FROM {one}, {two}",
    ),
    "rights taken from one user": (
        "CREATE USER {one}; CREATE TABLE t (n INT); GRANT SELECT ON t TO {one}",
        "REVOKE SELECT, INSERT (n) ON t FROM {one}",
    ),
    "rows that nothing takes back": (
        "CREATE TABLE a (n INT) ENGINE = MyISAM; CREATE TABLE b (n INT); INSERT INTO b VALUES (1), (2), (3)",
        "SET STATEMENT max_statement_time = 0.3 FOR INSERT INTO a SELECT SLEEP(0.2) FROM b",
    ),
    "rows of a trigger that nothing takes back": (
        """CREATE TABLE a (n INT) ENGINE = MyISAM; CREATE TABLE b (n INT); INSERT INTO b VALUES (1), (2), (3);
        CREATE TRIGGER g BEFORE UPDATE ON b FOR EACH ROW INSERT INTO a VALUES (SLEEP(0.2))""",
        "SET STATEMENT max_statement_time = 0.3 FOR UPDATE b SET n = 5",
    ),
}
WHOLE = {
    "tables renamed": ("CREATE TABLE a (n INT)", "RENAME TABLE a TO b, nonesuch TO c"),
    "a table changed": ("CREATE TABLE a (n INT)", "ALTER TABLE a ADD COLUMN m INT, ADD COLUMN n INT"),
    "a table from rows": ("", "CREATE TABLE a (n INT PRIMARY KEY) AS SELECT 1 AS n UNION ALL SELECT 1"),
    "one table": ("", "DROP TABLE nonesuch /* , a */"),
    "tables that are not there": ("CREATE TABLE a (n INT)", "DROP TABLES nonesuch, `A,b`, {name}.more RESTRICT"),
    "tables for one statement": ("", "SET STATEMENT lock_wait_timeout = 5 FOR DROP TABLE nonesuch, more"),
    "views that are not there": ("CREATE TABLE a (n INT)", "DROP VIEW nonesuch, more"),
    "sequences that are not there": ("", "DROP SEQUENCE nonesuch, more"),
    "rows that are taken back": (
        "CREATE TABLE a (n INT); INSERT INTO a VALUES (1), (2), (3)",
        "SET STATEMENT max_statement_time = 0.3 FOR UPDATE a SET n = SLEEP(0.2)",
    ),
    "one user": ("", "DROP USER {one}"),
    "rights of one user": ("", "REVOKE SELECT ON {name}.* FROM {one}"),
    "a list with an error of syntax": ("CREATE TABLE a (n INT)", "DROP TABEL a, nonesuch"),
    "a word that no server knows": ("", "ATLER TABLE a ADD COLUMN n INT"),
}


@pytest.fixture
def accounts(database: Database) -> Iterator[dict[str, str]]:
    """Names that a case may use on the whole server; whatever has them afterwards is dropped."""
    names = {each: f"{database.name}_{each}" for each in ("one", "two", "three", "four")}
    yield {"name": database.name, **names}
    for statement in (
        "SET foreign_key_checks = 0",
        "DROP TABLE IF EXISTS c",
        f"DROP DATABASE IF EXISTS {database.name}_x",
        *(f"DROP {kind} {name}" for name in names.values() for kind in ("ROLE", "USER")),
    ):
        with contextlib.suppress(pymysql.Error):
            database.execute(statement)


def look(database: Database) -> list[object]:
    """Everything that a case may have changed."""
    like = f"LIKE '{database.name}\\_%'"
    users = database.query(f"SELECT user, host FROM mysql.user WHERE user {like} ORDER BY 1")
    shown = [database.query(f"SHOW CREATE USER {user}@'{host}'") for user, host in users if host]
    return [
        *(database.dump(), users, shown, database.query("CHECKSUM TABLE a")),
        database.query(f"SELECT * FROM mysql.db WHERE user {like}"),
        database.query(f"SELECT user, table_name, column_priv FROM mysql.tables_priv WHERE user {like}"),
        database.query(f"SELECT table_name FROM information_schema.tables WHERE table_schema {like} ORDER BY 1"),
    ]


@pytest.mark.databases("mysql")
@pytest.mark.parametrize(("before", "statement"), [pytest.param(*each, id=name) for name, each in PARTIAL.items()])
def test_a_statement_that_may_have_done_a_part_is_not_said_to_have_changed_nothing(
    project: Project, accounts: dict[str, str], before: str, statement: str
) -> None:
    for each in filter(None, before.format(**accounts).split(";")):
        with contextlib.suppress(pymysql.ProgrammingError):  # MySQL has no sequences
            project.database.execute(each)
    project.write({"1_part": statement.format(**accounts) + ";"})
    found = look(project.database)
    ran = project("up")
    assert ran.exit == 1
    if project.database.flavor == "mysql":
        assert "\nnothing was changed: no statement of this file has run.\n" in ran.err
        assert look(project.database) == found
        assert project.states() == {"1": "pending"}
    else:
        assert ran.err.partition("\n0 of ")[2] == (
            "1 statement has run and stays; table schema_migrations says dirty."
            " Statement 1 may have run, or a part of it.\n"
            "fix: look in the tables to see if statement 1 has run, finish or undo the rest by hand, and say which:\n"
            "       imagor-studio-migrate repair 1 --applied    all of it has run\n"
            "       imagor-studio-migrate repair 1 --pending    none of it has; run it again\n"
        )
        assert look(project.database) != found
        assert project.states() == {"1": "dirty (0 of 1)"}


@pytest.mark.databases("mysql")
@pytest.mark.parametrize(("before", "statement"), [pytest.param(*each, id=name) for name, each in WHOLE.items()])
def test_a_statement_that_is_undone_whole_is_said_to_have_changed_nothing(
    project: Project, accounts: dict[str, str], before: str, statement: str
) -> None:
    for each in filter(None, before.format(**accounts).split(";")):
        project.database.execute(each)
    project.write({"1_whole": statement.format(**accounts) + ";"})
    found = look(project.database)
    ran = project("up")
    assert ran.exit == 1
    assert "\nnothing was changed: no statement of this file has run.\n" in ran.err
    assert look(project.database) == found
    assert project.states() == {"1": "pending"}
