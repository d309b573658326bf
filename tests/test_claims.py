"""A run works on a row of the history that says whose it is, and each of its notes has to hit that row: whoever
deletes, changes, hides or swallows it, the run stops and says so, and nothing is told that is not true."""

from __future__ import annotations

import contextlib
import os
import signal
import time
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

import inside
import pytest
import rig
from desk import masked

import migrate

if TYPE_CHECKING:
    import subprocess
    from collections.abc import Iterator

    from project import Project

    from servers import Database

A = {"1_a.up": "CREATE TABLE a (n INTEGER);", "1_a.down": "DROP TABLE a;"}
SWALLOWED = "this run's row is gone from the history, or cannot be changed"
SEE = "fix: see who or what changes schema_migrations (a person, a trigger, a policy, this file), then "
PROGRAM = "imagor-studio-migrate"


class Claims:
    """A file of several statements, and what becomes of its row of the history while it runs."""

    def __init__(self, project: Project, *, journaled: bool) -> None:
        self.run, self.home, self.database = project, project.home, project.database
        self.gate = rig.Gate(project.database, project.home / "gate")
        self.journaled = journaled or self.database.dialect == "mysql"
        self.head = "-- migrate: no-transaction\n" if journaled else ""
        self.database.execute("CREATE TABLE ledger (what VARCHAR(20))")
        self.process: subprocess.Popen[str] | None = None

    def write(self, middle: str = "", down: str = "") -> None:
        """Write the files: the first is nothing much, the second has *middle* between two rows for the ledger."""
        lines = [f"{self.head}CREATE TABLE b (n INTEGER);", "INSERT INTO ledger VALUES ('one');", middle]
        lines += ["INSERT INTO ledger VALUES ('two');"]
        back = f"{self.head}DROP TABLE b;\nINSERT INTO ledger VALUES ('down');\n{down}\n"
        rig.write(self.home, {**A, "2_b.up": "\n".join(filter(None, lines)) + "\n", "2_b.down": back})

    @property
    def held(self) -> str:
        """Return a statement that waits until the gate is open, and that keeps nobody from writing meanwhile."""
        alone = self.journaled and self.database.dialect == "sqlite"
        return "VACUUM INTO 'copy' || held_alone();" if alone else self.gate.statement

    def hold(self, *words: str) -> None:
        """Start a run, and return when it waits in its file."""
        self.process = process = self.gate.start(self.home, *words, "up", name="first")
        rig.until(lambda: self.gate.somebody() or process.poll() is not None)
        assert process.poll() is None, process.communicate()

    def end(self) -> rig.Ended:
        assert self.process
        self.gate.open()
        return rig.Ended(self.process)

    def ran(self) -> list[str]:
        return sorted(what for (what,) in self.database.query("SELECT what FROM ledger"))

    def row(self) -> list[tuple[Any, ...]]:
        """Return what the history says of the second version."""
        rows = self.database.query(
            "SELECT dirty, direction, statements_done, owner FROM schema_migrations WHERE version = '2'"
        )
        return [(bool(dirty), *more) for dirty, *more in rows]

    def log(self) -> list[migrate.LogEntry]:
        """Return the attempts with the second version, oldest first."""
        return migrate.log(self.run.settings, version="2")[::-1]

    def said(self, state: str, *, error: str = SWALLOWED, down: bool = False, fix: str = "") -> str:
        """Return the whole of what is said of the second file."""
        way = "down" if down else "up"
        return (
            f"error: {error}\n  --> sql/2_b.{way}.sql\n{state}\n"
            f"{fix or f'{SEE}run  {PROGRAM} {way}'}\n"
        )  # fmt: skip

    @property
    def undone(self) -> str:
        label = {"sqlite": "SQLite", "postgres": "PostgreSQL"}[self.database.dialect]
        return f"nothing was changed by this file: {label} rolled it back whole."


@pytest.fixture(params=[False, True], ids=["in a transaction", "journaled"])
def claims(request: pytest.FixtureRequest, project: Project) -> Iterator[Claims]:
    made = Claims(project, journaled=request.param)
    made.write()
    assert made.run("up", "1").exit == 0
    yield made
    if made.process:
        made.process.kill()
        made.process.communicate()


journaled = pytest.mark.parametrize("claims", [True], ids=["journaled"], indirect=True)
in_a_transaction = pytest.mark.parametrize("claims", [False], ids=["in a transaction"], indirect=True)


# --- by hand, while it runs -----------------------------------------------------------------------------------------


@journaled
def test_a_row_that_is_deleted_by_hand_during_the_run_is_put_back_and_the_run_stops(claims: Claims) -> None:
    claims.write(claims.held)
    claims.hold()
    claims.database.execute("DELETE FROM schema_migrations WHERE dirty = TRUE")  # the manual unlock of the guide
    ended = claims.end()
    done = {"mysql": 1, "postgres": 2, "sqlite": 3}[claims.database.dialect]  # what was not committed is undone
    state = (
        f"its row was deleted while it ran, and is there again: {done} of 4 statements have run and stay;"
        " table schema_migrations says dirty."
    )
    fix = f"{SEE}go on with statement {done + 1}:  {PROGRAM} up"
    assert (ended.exit, ended.out, ended.err) == (1, "", claims.said(state, fix=fix))
    assert claims.row() == [(True, "up", done, None)]
    assert [(each.action, each.outcome) for each in claims.log()] == [("up", "failed")]
    if claims.database.dialect != "sqlite":
        assert claims.run("up").exit == 0
        assert claims.ran() == ["one", "two"]


@in_a_transaction
@pytest.mark.databases("sqlite", "postgres")
def test_in_a_transaction_there_is_no_row_yet_to_be_deleted(claims: Claims) -> None:
    claims.write(claims.held)
    claims.hold()
    if claims.database.dialect == "postgres":
        claims.database.execute("DELETE FROM schema_migrations WHERE dirty = TRUE")
    assert (claims.database.query("SELECT count(*) FROM schema_migrations"), claims.end().exit) == ([(1,)], 0)
    assert claims.row() == [(False, "up", 4, None)]


@journaled
def test_a_row_that_another_run_has_taken_is_left_to_it(claims: Claims) -> None:
    other = "other@else, pid 1, connection 1, 0123456789abcdef"
    claims.write(claims.held)
    claims.hold()
    claims.database.execute(f"UPDATE schema_migrations SET owner = '{other}' WHERE dirty = TRUE")
    ended = claims.end()
    state = f"another run has taken this migration: it is {other}'s now."
    fix = f"{SEE}look:  {PROGRAM} status"
    assert (ended.exit, ended.out, ended.err) == (1, "", claims.said(state, fix=fix))
    ((dirty, _, _, owner),) = claims.row()
    assert (dirty, owner) == (True, other)
    assert [(each.outcome, each.applied_by.split("@")[0]) for each in claims.log()] == [("failed", "first")]


@journaled
def test_a_history_that_is_dropped_during_the_run_is_no_fault_of_a_line(claims: Claims) -> None:
    claims.write(claims.held)
    claims.hold()
    claims.database.execute("DROP TABLE schema_migrations")
    ended = claims.end()
    assert (ended.exit, ended.out) == (1, "")
    what, where, state, fix = ended.err.splitlines()
    done = 1 if claims.database.dialect == "mysql" else 2
    assert what.startswith("error: schema_migrations cannot be written: ")
    assert where == "  --> sql/2_b.up.sql"
    assert state.startswith(f"{done} of 4 statements have run and stay, or more: the history cannot be read: ")
    assert fix == f"{SEE}run  {PROGRAM} up"


@pytest.mark.parametrize(
    "sql",
    [
        pytest.param("DELETE FROM schema_migrations WHERE version = '2';", id="its row"),
        pytest.param("DELETE FROM schema_migrations;", id="all rows"),
        pytest.param("UPDATE schema_migrations SET owner = 'me' WHERE version = '2';", id="its owner"),
    ],
)
def test_a_file_that_changes_its_own_row_does_not_pass(claims: Claims, sql: str) -> None:
    claims.write(sql)
    ended = claims.run("up")
    assert (ended.exit, ended.out) == (1, "")
    if claims.journaled:
        done = 1 if claims.database.dialect == "mysql" else 2
        state = f"{done} of 4 statements have run and stay; table schema_migrations says dirty."
        fix = f"{SEE}go on with statement {done + 1}:  {PROGRAM} up"
        assert ended.err == claims.said(state, fix=fix)
    else:
        assert ended.err == claims.said(claims.undone)
    claims.write("SELECT 1;")
    assert claims.run("up").exit == 0
    assert claims.ran() == ["one", "two"]


@in_a_transaction
def test_a_file_may_change_the_rows_of_others(claims: Claims) -> None:
    claims.write("UPDATE schema_migrations SET name = 'an_a' WHERE version = '1';")
    assert claims.run("up").exit == 0
    assert claims.database.query("SELECT version, name FROM schema_migrations ORDER BY version") == [
        ("1", "an_a"),
        ("2", "b"),
    ]


# --- triggers and policies ------------------------------------------------------------------------------------------


def swallow(database: Database, event: str, table: str) -> str:
    """Make a trigger that swallows what is done to a table, or on MySQL refuses it; return what removes it."""
    if database.dialect == "sqlite":
        database.execute(f"CREATE TRIGGER x BEFORE {event} ON {table} BEGIN SELECT RAISE(IGNORE); END")
        return "DROP TRIGGER x"
    if database.dialect == "postgres":
        database.execute(
            "CREATE FUNCTION nothing() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NULL; END'",
            f"CREATE TRIGGER x BEFORE {event} ON {table} FOR EACH ROW EXECUTE FUNCTION nothing()",
        )
        return f"DROP TRIGGER x ON {table}"
    refusal = "SIGNAL SQLSTATE '45000' SET MESSAGE_TEXT = 'go away'"
    database.execute(f"CREATE TRIGGER x BEFORE {event} ON {table} FOR EACH ROW {refusal}")
    return "DROP TRIGGER x"


def reason(database: Database) -> str:
    return "schema_migrations cannot be written: go away" if database.dialect == "mysql" else SWALLOWED


def test_a_claim_that_is_swallowed_is_told_and_nothing_runs(claims: Claims) -> None:
    remove = swallow(claims.database, "INSERT", "schema_migrations")
    ended = claims.run("up")
    state = "nothing was changed: no statement of this file has run." if claims.journaled else claims.undone
    assert (ended.exit, ended.out, ended.err) == (1, "", claims.said(state, error=reason(claims.database)))
    assert (claims.ran(), claims.row(), "b" in claims.database.tables()) == ([], [], False)
    claims.database.execute(remove)
    assert claims.run("up").exit == 0
    assert claims.ran() == ["one", "two"]


def test_an_update_that_is_swallowed_is_never_called_applied(claims: Claims) -> None:
    remove = swallow(claims.database, "UPDATE", "schema_migrations")
    ended = claims.run("up")
    assert (ended.exit, ended.out) == (1, "")
    if claims.database.dialect == "mysql":
        state = "1 of 3 statements have run and stay; schema_migrations cannot be written: go away"
        fix = f"{SEE}go on with statement 2:  {PROGRAM} up"
        assert ended.err == claims.said(state, error=reason(claims.database), fix=fix)
        assert claims.row()[0][:3] == (True, "up", 0)
        claims.database.execute(remove)
        again = claims.run("up")
        assert again.exit == 4
        assert "2 b stopped while statement 1 ran: only a person can see if it has" in again.err
        assert claims.ran() == []
        return
    state = claims.undone if not claims.journaled else "nothing was changed: no statement of this file has run."
    assert ended.err == claims.said(state)
    assert claims.ran() == []
    claims.database.execute(remove)
    assert claims.run("up").exit == 0
    assert claims.ran() == ["one", "two"]


def test_a_delete_that_is_swallowed_is_never_called_rolled_back(claims: Claims) -> None:
    assert claims.run("up").exit == 0
    remove = swallow(claims.database, "DELETE", "schema_migrations")
    ended = claims.run("down")
    assert (ended.exit, ended.out) == (1, "")
    if claims.journaled:
        done = 1 if claims.database.dialect == "mysql" else 2
        state = f"{done} of 2 statements have run and stay; table schema_migrations says dirty."
        rest = "go on with statement 2" if done == 1 else "have it noted as done"
        fix = f"{SEE}{rest}:  {PROGRAM} down"
        assert ended.err == claims.said(state, error=reason(claims.database), down=True, fix=fix)
    else:
        assert ended.err == claims.said(claims.undone, down=True)
    claims.database.execute(remove)
    assert claims.run("down").exit == 0
    assert (claims.row(), claims.ran()) == ([], ["down", "one", "two"])


def test_a_log_that_cannot_be_written_is_told_and_nobody_is_called_killed(claims: Claims) -> None:
    remove = swallow(claims.database, "INSERT", "schema_migrations_log")
    ended = claims.run("up")
    assert (ended.exit, ended.out) == (1, "")
    assert claims.log() == []
    claims.database.execute(remove)
    assert claims.run("up").exit == 0
    assert claims.ran() == ["one", "two"]
    assert [each.error for each in claims.log()] == [None]


def change(database: Database, event: str, change: str) -> str:
    """Make a trigger that lets through what is done to a row of the history, and changes it; return what removes it.

    SQLite has none that could before it is done, MySQL none that could after it, and PostgreSQL has both.
    """
    table, name, value = "schema_migrations", *change.split(" = ")
    if database.dialect == "postgres" and name == "dirty":
        database.execute(
            "CREATE FUNCTION change() RETURNS trigger LANGUAGE plpgsql AS"
            f" $$BEGIN UPDATE {table} SET {change} WHERE version = NEW.version; RETURN NULL; END$$",
            f"CREATE TRIGGER x AFTER {event} ON {table} FOR EACH ROW WHEN (pg_trigger_depth() = 0)"
            " EXECUTE FUNCTION change()",
        )
        return f"DROP TRIGGER x ON {table}"
    if database.dialect == "postgres":
        database.execute(
            "CREATE FUNCTION change() RETURNS trigger LANGUAGE plpgsql AS"
            f" $$BEGIN NEW.{name} := {value}; RETURN NEW; END$$",
            f"CREATE TRIGGER x BEFORE {event} ON {table} FOR EACH ROW EXECUTE FUNCTION change()",
        )
        return f"DROP TRIGGER x ON {table}"
    how = f"BEFORE {event} ON {table} FOR EACH ROW SET NEW.{name} = {value}"
    if database.dialect == "sqlite":
        how = f"AFTER {event} ON {table} BEGIN UPDATE {table} SET {change} WHERE version = NEW.version; END"
    database.execute(f"CREATE TRIGGER x {how}")
    return "DROP TRIGGER x"


@pytest.mark.parametrize("what", ["dirty = FALSE", "version = '20'", "statements_done = 9", "owner = 'me'"])
def test_a_claim_that_is_changed_is_told_and_nothing_runs(claims: Claims, what: str) -> None:
    remove = change(claims.database, "INSERT", what)
    ended = claims.run("up")
    state = "nothing was changed: no statement of this file has run." if claims.journaled else claims.undone
    assert (ended.exit, ended.out, ended.err) == (1, "", claims.said(state))
    assert (claims.ran(), claims.row(), "b" in claims.database.tables()) == ([], [], False)
    claims.database.execute(remove)
    assert claims.run("up").exit == 0
    assert claims.ran() == ["one", "two"]


@pytest.mark.parametrize("what", ["dirty = TRUE", "version = '20'", "statements_done = 0", "owner = 'me'"])
def test_a_note_that_is_changed_is_never_called_applied(claims: Claims, what: str) -> None:
    remove = change(claims.database, "UPDATE", what)
    ended = claims.run("up")
    assert (ended.exit, ended.out) == (1, "")
    assert SWALLOWED in ended.err
    claims.database.execute(remove)
    again = claims.run("up")
    if claims.database.dialect != "mysql":
        assert again.exit == 0
    # Where the trigger has also changed what a run leaves for the next one, a person is asked; nothing runs twice.
    assert (again.exit, tuple(claims.ran())) in {(0, ("one", "two")), (4, ())}


POLICIES = [
    pytest.param(["FOR SELECT USING (true)", "FOR INSERT WITH CHECK (true)"], id="no right to update"),
    pytest.param(["USING (version <> '2') WITH CHECK (true)"], id="the row is hidden"),
    pytest.param(["USING (NOT dirty) WITH CHECK (true)"], id="dirty rows are hidden"),
    pytest.param(["FOR INSERT WITH CHECK (true)", "FOR UPDATE USING (true)"], id="no right to select"),
    pytest.param(["USING (version <> '1') WITH CHECK (true)"], id="another row is hidden"),
    pytest.param(["FOR SELECT USING (true)"], id="no right to insert"),
]


@pytest.mark.databases("postgres")
@pytest.mark.parametrize("policies", POLICIES)
def test_a_row_that_a_policy_hides_is_told_and_no_statement_runs(claims: Claims, policies: list[str]) -> None:
    url = claims.database.create_user("all")
    role = url.partition("://")[2].partition(":")[0]
    claims.database.execute(
        f"ALTER TABLE schema_migrations OWNER TO {role}",
        f"ALTER TABLE schema_migrations_log OWNER TO {role}",
        f"GRANT ALL ON ledger TO {role}",
        "ALTER TABLE schema_migrations ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY",
        *(f"CREATE POLICY p{number} ON schema_migrations {each}" for number, each in enumerate(policies)),
    )
    hidden = not policies[0].startswith("FOR SELECT USING (true)")
    ended = claims.run("up", url=url)
    assert (ended.exit, ended.out) == (4 if hidden else 1, "")
    table = '"public"."schema_migrations"'
    off = f"ALTER TABLE {table} DISABLE ROW LEVEL SECURITY;"
    said = f"error: row level security may hide rows of {table} from this user: what is applied is not known\n"
    assert (said if hidden else f"\n{SEE}run  {PROGRAM} up\n") in ended.err
    assert ("\nnothing was changed" in ended.err, claims.ran(), claims.database.tables()) == (
        True, [], ["a", "ledger"]
    )  # fmt: skip
    assert (claims.run("status", url=url).exit, f"fix: let this user see all of them:  {off}\n" in ended.err) == (
        (4, True) if hidden else (0, False)
    )
    claims.database.execute(off)
    assert claims.run("up", url=url).exit == 0
    assert claims.ran() == ["one", "two"]


# --- a lock that the file lets go of --------------------------------------------------------------------------------

POSTGRES_LETS_GO = [
    pytest.param("SELECT pg_advisory_unlock_all();", id="select"),
    pytest.param("DO $$ BEGIN PERFORM pg_advisory_unlock_all(); END $$;", id="DO"),
    pytest.param("BEGIN;\nSELECT pg_advisory_unlock_all();\nCOMMIT;", id="in a transaction of its own"),
    pytest.param("DISCARD ALL;", id="DISCARD ALL"),
]


@pytest.mark.databases("postgres")
@pytest.mark.parametrize("sql", POSTGRES_LETS_GO)
def test_a_lock_that_a_file_lets_go_of_is_taken_again_before_another_runner_sees_it(claims: Claims, sql: str) -> None:
    if sql == "DISCARD ALL;" and not claims.journaled:
        sql = "SELECT pg_advisory_unlock_all(), pg_advisory_unlock_all();"  # it runs outside of transactions only
    claims.write(f"{sql}\n{claims.held}")
    claims.hold()
    second = claims.gate.start(claims.home, "up", name="second")
    time.sleep(0.2)  # it asks for the lock every 50 ms
    assert second.poll() is None
    first = claims.end()
    assert first.exit == 0, first.err
    ended = rig.Ended(second)
    assert (ended.exit, masked(ended.err)) == (
        0,
        "2 b is applied already, by WHO\nup to date at 2 (applied by the other run)\n",
    )
    assert claims.ran() == ["one", "two"]


@in_a_transaction
@pytest.mark.databases("mysql")
@pytest.mark.parametrize(
    "sql",
    [
        "SELECT RELEASE_ALL_LOCKS();",
        "DO release_all_locks ();",
        "SET @x = RELEASE_ALL_LOCKS();",
        "INSERT INTO ledger SELECT RELEASE_ALL_LOCKS();",
    ],
)
def test_a_statement_that_would_let_go_of_the_lock_in_a_group_is_refused_by_name(claims: Claims, sql: str) -> None:
    claims.write(sql)
    ended = claims.run("up")
    assert (ended.exit, ended.out) == (2, "")
    assert ended.err == (
        "error: RELEASE_ALL_LOCKS() would let go of the lock of this run, too\n"
        "  --> sql/2_b.up.sql:3:1\n"
        f"  3 | {sql}\n"
        "      ^\n"
        "nothing was run.\n"
        "fix: release each lock of your own by its name: RELEASE_LOCK('name')\n"
    )


@in_a_transaction
@pytest.mark.databases("mysql")
def test_a_lock_that_a_procedure_lets_go_of_is_taken_again_with_the_next_note(claims: Claims) -> None:
    claims.write(
        f"CREATE PROCEDURE p() DO RELEASE_ALL_LOCKS();\nCALL p();\nSELECT 'RELEASE_ALL_LOCKS()';\n{claims.held}"
    )
    claims.hold()
    second = claims.gate.start(claims.home, "up", name="second")
    time.sleep(0.2)
    assert second.poll() is None
    assert claims.end().exit == 0
    ended = rig.Ended(second)
    assert (ended.exit, masked(ended.err)) == (
        0,
        "2 b is applied already, by WHO\nup to date at 2 (applied by the other run)\n",
    )
    assert claims.ran() == ["one", "two"]


# --- what a run that has ended leaves in the log --------------------------------------------------------------------


@journaled
def test_a_run_that_was_killed_is_put_into_the_log_once_by_the_next(claims: Claims) -> None:
    claims.write(claims.held)
    before = datetime.now().astimezone()
    claims.hold()
    assert claims.process
    time.sleep(0.1)
    claims.process.kill()
    ((_, _, done, owner),) = claims.row()
    claims.end()
    rig.until(lambda: not claims.gate.waiting or not claims.gate.somebody())
    assert claims.log() == []
    words = ["repair", "2", "--pending"] if claims.database.dialect == "sqlite" else ["up"]
    assert claims.run(*words).exit == 0
    killed, last = claims.log()
    assert (killed.action, killed.outcome, killed.applied_by) == ("up", "failed", f"first@{os.uname().nodename}")
    assert killed.error == f"killed, after at least {killed.took_ms} ms: {owner}"
    assert before - timedelta(seconds=1) <= killed.at <= datetime.now().astimezone()
    assert 0 <= killed.took_ms < 5000
    assert (last.action, last.outcome) == (words[0], "ok")
    if claims.database.dialect != "sqlite":
        assert claims.ran() == ["one", "two"]
        assert last.took_ms < 5000
    assert done == (1 if claims.database.dialect == "mysql" else 2)
    claims.run("up")
    assert sum((each.error or "").startswith("killed") for each in claims.log()) == 1


@pytest.mark.databases("server")
def test_the_log_says_how_long_a_failed_file_has_run(claims: Claims) -> None:
    claims.write(f"{claims.database.SLEEP.format(0.3)};\nINSERT INTO nowhere VALUES (1);")
    assert claims.run("up").exit == 1
    (failed,) = claims.log()
    assert (failed.outcome, 300 <= failed.took_ms < 5000) == ("failed", True)


@pytest.mark.databases("server")
def test_the_log_says_how_long_an_interrupted_file_has_run(claims: Claims) -> None:
    claims.write(claims.held)
    claims.hold()
    time.sleep(0.3)
    assert claims.process
    claims.process.send_signal(signal.SIGTERM)
    ended = rig.Ended(claims.process)
    assert ended.exit == 143
    (failed,) = claims.log()
    assert (failed.outcome, failed.error, 300 <= failed.took_ms < 10_000) == ("failed", "terminated", True)


# --- whose fault it is ----------------------------------------------------------------------------------------------


@in_a_transaction
@pytest.mark.databases("postgres")
def test_what_fails_at_the_end_of_a_file_is_blamed_on_no_line_of_it(claims: Claims) -> None:
    reference = "CREATE TABLE q (a INTEGER REFERENCES p DEFERRABLE INITIALLY DEFERRED);"
    claims.write(f"CREATE TABLE p (a INTEGER PRIMARY KEY);\n{reference}\nINSERT INTO q VALUES (1);\nSELECT 1;")
    ended = claims.run("up")
    what, detail, where, state, fix = ended.err.splitlines()
    assert what == 'error: insert or update on table "q" violates foreign key constraint "q_a_fkey"'
    assert detail == 'detail: Key (a)=(1) is not present in table "p".'
    assert (where, state) == ("  --> sql/2_b.up.sql", claims.undone)
    assert fix == f"fix: correct the file, then run  {PROGRAM} up"


@journaled
@pytest.mark.databases("server")
def test_a_note_that_waits_too_long_is_blamed_on_no_line_and_what_ran_is_known(claims: Claims) -> None:
    claims.write(claims.held)
    claims.hold("--ddl-lock-timeout", "1", "--retries", "0")
    keeper = claims.database.connect().cursor()
    keeper.execute("BEGIN")
    keeper.execute("SELECT version FROM schema_migrations WHERE version = '2' FOR UPDATE")
    ended = claims.end()
    keeper.execute("ROLLBACK")
    assert ended.exit == 1
    lines = [line for line in ended.err.splitlines() if not line.startswith(("  in the way: ", "in while"))]
    done = 1 if claims.database.dialect == "mysql" else 2
    assert lines[1] == "  --> sql/2_b.up.sql"
    assert lines[2].startswith(f"{done} of 4 statements have run and stay")
    assert claims.row()[0][:3] == (True, "up", done)
    claims.run.succeed("up")
    assert claims.ran() == ["one", "two"]


@pytest.mark.databases("postgres", "mysql")
def test_a_lock_that_a_note_has_taken_again_is_let_go_of_whole(project: Project) -> None:
    project.database.execute("CREATE TABLE x (n INTEGER)", "INSERT INTO x VALUES (1)")
    first, second = inside.database_at(project.database.url), inside.database_at(project.database.url)
    with contextlib.closing(first), contextlib.closing(second):
        for database in (first, second):
            database.open(write=True)
            database.keep(database.home("history") or "", "history", bare=False)
        with first.lock(journaled=True):
            first.send(first.begin_sql, migrate.Note("UPDATE x SET n = 2", "1 = 1"), *first.holding(), first.commit_sql)
            with pytest.raises(migrate.LockedError):
                second.lock(journaled=True).__enter__()
        with second.lock(journaled=True):  # the first one is connected still
            pass
