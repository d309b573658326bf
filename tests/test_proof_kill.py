"""Proof 1, the kill matrix: SIGKILL between any two effects of a run, then a plain ``up``.

Between two calls it is the runner that dies; between two parts of one message it is the server. The end is the same as
without the kill; or the run stops with exit code 4 and names the statement that a person has to look at. That happens
only where a database cannot tell: a statement that runs in no transaction, so that its note in the journal cannot be
part of it; and on MySQL only when it was the server that died just then.
"""

from __future__ import annotations

import os
import re
import signal
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import rig
from faults import CUT

if TYPE_CHECKING:
    from desk import Ran

    from servers import Database

FAULTS = Path(__file__).with_name("faults.py")
HISTORY = (
    "SELECT version, name, checksum, dirty, direction, statements, statements_done FROM schema_migrations ORDER BY 1"
)

# A table whose rows show how often each statement has run, and changes of every kind.
PLAIN = """CREATE TABLE t (n INTEGER);
INSERT INTO t VALUES (1);
INSERT INTO t SELECT n + 1 FROM t;
CREATE TABLE u (n INTEGER);
ALTER TABLE u ADD COLUMN i INTEGER;
ALTER TABLE u ADD COLUMN j INTEGER;
ALTER TABLE u ADD COLUMN k INTEGER;
INSERT INTO t VALUES (9);
"""
JOURNALED = {
    "sqlite": "-- migrate: no-transaction\n" + PLAIN + "PRAGMA user_version = 7;\nINSERT INTO u (n) VALUES (1);\n",
    "postgres": "-- migrate: no-transaction\n" + PLAIN + "SET search_path = public;\nINSERT INTO u (n) VALUES (1);\n",
    "mysql": PLAIN + "SET @x = 3;\nINSERT INTO u (n) VALUES (@x);\nALTER TABLE u ADD COLUMN m INTEGER;\n",
}
# One that cannot run inside a transaction stands between the others.
ALONE = {
    "sqlite": "-- migrate: no-transaction\nCREATE TABLE t (n INTEGER);\nVACUUM;\nINSERT INTO t VALUES (1);\n",
    "postgres": (
        "-- migrate: no-transaction\nCREATE TABLE t (n INTEGER);\nCREATE INDEX CONCURRENTLY i ON t (n);\n"
        "INSERT INTO t VALUES (1);\n"
    ),
}
# A view asks what was changed last: no note may stand between two statements, whatever transactions they are in.
COUNTS = "CREATE TABLE one (n INTEGER);\nCREATE VIEW counted AS SELECT changes() AS n;\n"
DIVIDED = """-- migrate: no-transaction
CREATE TABLE t (n INTEGER);
BEGIN;
INSERT INTO t VALUES (1), (2), (3);
INSERT INTO t SELECT n FROM counted;
COMMIT;
INSERT INTO t SELECT 10 + n FROM counted;
BEGIN;
INSERT INTO t SELECT 20 + n FROM counted;
SAVEPOINT s;
DELETE FROM t WHERE n = 2;
RELEASE s;
END;
CREATE TABLE u (n INTEGER);
INSERT INTO u SELECT n FROM counted;
"""
TABLES = {"1": ["one"], "2": ["u", "t"], "3": ["z"]}
LAST = "CREATE TABLE z (n INTEGER);\nINSERT INTO z VALUES (1);\n"
DOWN = "-- migrate: no-transaction\nDROP TABLE u;\nDROP TABLE t;\n"


def run(folder: Path, database: Database, *words: str, kill_at: str) -> rig.Ended:
    """Run a command in a process of its own, which is killed at this point."""
    return rig.Ended(rig.start(folder, database.url, *words, program=FAULTS, MIGRATE_KILL_AT=kill_at))


def state(database: Database) -> tuple[str, list[Any], list[Any]]:
    """Return what must be the same: the schema, the rows, the history without times and people."""
    tables = database.tables()
    rows = [(table, sorted(database.query(f"SELECT n FROM {table}"))) for table in tables]
    return database.dump(), rows, [tuple(map(str, row)) for row in database.query(HISTORY)]


def points(count: int, *, full: bool, seed: int) -> list[int]:
    """Return every point, or for the short form a spread of them; every case begins at another."""
    return list(range(count)) if full else list(range(seed % 14, count, 14))


class Matrix:
    """One set of files on one server: a database for every point."""

    def __init__(
        self, database: Database, folder: Path, texts: dict[str, str], before: list[str], words: list[str]
    ) -> None:
        self.database, self.folder, self.texts, self.before, self.words = database, folder, texts, before, words
        self.asked: list[tuple[int, str]] = []

    def fresh(self, name: str) -> tuple[Database, Path]:
        folder = self.folder / name
        folder.mkdir()
        rig.write(folder, self.texts)
        database = self.database.server.create(folder)
        if self.before:
            assert rig.command(folder, database.url, *self.before).exit == 0
        return database, folder

    def expected(self) -> tuple[int, tuple[str, list[Any], list[Any]]]:
        database, folder = self.fresh("expected")
        try:
            ran = run(folder, database, *self.words, kill_at="count")
            assert ran.exit == 0, ran.err
            return int(ran.err.split()[-1]), state(database)
        finally:
            database.drop()

    def check(self, point: int, wanted: tuple[str, list[Any], list[Any]]) -> None:
        database, folder = self.fresh(str(point))
        try:
            ran = run(folder, database, *self.words, kill_at=str(point))
            assert ran.exit == -signal.SIGKILL, (point, ran.err)
            done = self.again(folder, database)
            if done.exit == 4:
                self.asked.append((point, done.err))
                assert database.dialect != "mysql" or CUT in ran.err, (point, done.err)
                done = self.advise(folder, database, done.err)
            assert done.exit == 0, (point, done.err)
            assert state(database) == wanted, point
        finally:
            database.drop()

    def again(self, folder: Path, database: Database) -> Ran:
        """Go on; downwards, if there is anything left to undo."""
        left = self.words == ["up"] or database.query("SELECT version FROM schema_migrations")
        return rig.command(folder, database.url, *(self.words if left else ["status"]))

    def advise(self, folder: Path, database: Database, said: str) -> Ran:
        """Do what the message asks of a person: look, undo by hand what is there, say so, and run again."""
        found = re.search(r"^error: (\d) \w+ stopped while statement (\d+) ran: only a person can see if it has", said)
        assert found, said
        version = found[1]
        assert f"repair {version} --applied" in said
        assert f"repair {version} --pending" in said
        database.execute(*(f"DROP TABLE IF EXISTS {table}" for table in TABLES[version]))
        assert rig.command(folder, database.url, "repair", version, "--pending").exit == 0
        return self.again(folder, database)

    def prove(self, *, full: bool) -> list[tuple[int, str]]:
        count, wanted = self.expected()
        assert count > 10
        chosen = points(count, full=full, seed=len(self.database.label) + len(self.texts["2_two.up"]))
        with ThreadPoolExecutor(max(2, os.cpu_count() or 2)) as pool:
            list(pool.map(lambda point: self.check(point, wanted), chosen))
        return self.asked


def texts(second: str, down: str = DOWN) -> dict[str, str]:
    return {"1_one.up": "CREATE TABLE one (n INTEGER);\n", "2_two.up": second, "2_two.down": down, "3_three.up": LAST}


@pytest.mark.long
def test_a_killed_run_of_plain_files_ends_as_if_nothing_had_happened(
    database: Database, tmp_path: Path, full: bool
) -> None:
    matrix = Matrix(database, tmp_path, texts(PLAIN), [], ["up"])
    assert matrix.prove(full=full) == [] or database.dialect == "mysql"


@pytest.mark.long
def test_a_killed_run_of_journaled_files_ends_as_if_nothing_had_happened(
    database: Database, tmp_path: Path, full: bool
) -> None:
    matrix = Matrix(database, tmp_path, texts(JOURNALED[database.dialect]), [], ["up"])
    assert matrix.prove(full=full) == [] or database.dialect == "mysql"


@pytest.mark.databases("sqlite", "postgres")
def test_only_a_statement_without_a_transaction_may_need_a_person(
    database: Database, tmp_path: Path, full: bool
) -> None:
    matrix = Matrix(database, tmp_path, texts(ALONE[database.dialect]), [], ["up"])
    asked = matrix.prove(full=full)
    assert asked or not full
    for _point, said in asked:
        assert "stopped while statement 2 ran: only a person can see if it has" in said


@pytest.mark.databases("sqlite")
def test_what_sees_the_statement_before_runs_once_too(database: Database, tmp_path: Path, full: bool) -> None:
    if not full:
        pytest.skip("every point of one file counts:  make prove")
    matrix = Matrix(database, tmp_path, texts(DIVIDED) | {"1_one.up": COUNTS}, [], ["up"])
    assert matrix.prove(full=full)


@pytest.mark.long
def test_a_killed_down_ends_as_if_nothing_had_happened(database: Database, tmp_path: Path, full: bool) -> None:
    files = texts(JOURNALED[database.dialect])
    del files["3_three.up"]
    matrix = Matrix(database, tmp_path, files, ["up"], ["down"])
    matrix.words = ["down", "--to", "1"]
    assert matrix.prove(full=full) == [] or database.dialect == "mysql"
