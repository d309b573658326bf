"""Proofs 6 and 7: indexes built while others wait, and an application at work while its tables change."""

from __future__ import annotations

import contextlib
import random
import sqlite3
import threading
import time
from typing import TYPE_CHECKING, Any

import pytest
import rig

from servers import SQLiteDatabase

if TYPE_CHECKING:
    from pathlib import Path

    from servers import Database

BASE = {
    "1_base.up": "CREATE TABLE item (id INTEGER PRIMARY KEY, note VARCHAR(40));\n"
    "CREATE TABLE event (id INTEGER PRIMARY KEY, item_id INTEGER);\n",
    "1_base.down": "DROP TABLE event;\nDROP TABLE item;\n",
}
WORK = {
    "2_column.up": "ALTER TABLE item ADD COLUMN size INTEGER;\nUPDATE item SET size = 1;\n",
    "2_column.down": "ALTER TABLE item DROP COLUMN size;\n",
    "3_index.up": "CREATE INDEX event_item ON event (item_id);\nALTER TABLE event ADD COLUMN at INTEGER;\n",
    "3_index.down": "ALTER TABLE event DROP COLUMN at;\nDROP INDEX event_item{on};\n",
    "4_fill.up": "UPDATE event SET at = 5;\nUPDATE item SET size = 2 WHERE id > 0;\n",
    "4_fill.down": "UPDATE item SET size = 1;\nUPDATE event SET at = NULL;\n",
}


class Application:
    """A reader and a writer. The writer takes the two tables in any order, so that it can meet a migration head on."""

    def __init__(self, database: Database) -> None:
        self.database, self.stopped = database, threading.Event()
        self.committed: list[int] = []
        self.broken: list[BaseException] = []
        self.threads = [threading.Thread(target=self.guarded, args=[work]) for work in (self.write, self.read)]

    def __enter__(self) -> Application:  # noqa: PYI034 (Self came with Python 3.11)
        for thread in self.threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stopped.set()
        for thread in self.threads:
            thread.join(30)
        assert self.broken == []

    def guarded(self, work: Any) -> None:
        try:
            work()
        except Exception as error:  # noqa: BLE001 (of a thread: shown by the test)
            self.broken.append(error)

    def connection(self) -> Any:
        if isinstance(self.database, SQLiteDatabase):
            return sqlite3.connect(self.database.path, timeout=10, isolation_level=None)
        return self.database._connect()

    def write(self) -> None:
        chance = random.Random(1)
        number = 0
        with contextlib.closing(self.connection()) as connection:
            cursor = connection.cursor()
            while not self.stopped.is_set():
                number += 1
                inserts = [
                    f"INSERT INTO item (id, note) VALUES ({number}, 'x')",
                    f"INSERT INTO event (id, item_id) VALUES ({number}, {number})",
                ]
                chance.shuffle(inserts)
                try:
                    cursor.execute("BEGIN")
                    for insert in inserts:
                        cursor.execute(insert)
                    cursor.execute("COMMIT")
                    self.committed.append(number)
                except Exception:  # noqa: BLE001 (a deadlock, a lock: an application tries again)
                    with contextlib.suppress(Exception):
                        cursor.execute("ROLLBACK")
                    time.sleep(0.01)
                time.sleep(0.002)

    def read(self) -> None:
        with contextlib.closing(self.connection()) as connection:
            cursor = connection.cursor()
            while not self.stopped.is_set():
                with contextlib.suppress(Exception):
                    cursor.execute("SELECT count(*) FROM item JOIN event ON event.item_id = item.id")
                    cursor.fetchall()
                time.sleep(0.005)


@pytest.mark.long
def test_an_application_at_work_loses_nothing_and_nobody_sees_a_deadlock(
    database: Database, tmp_path: Path, full: bool
) -> None:
    on = " ON event" if database.dialect == "mysql" else ""
    rig.write(tmp_path, BASE | {name: text.replace("{on}", on) for name, text in WORK.items()})
    assert rig.command(tmp_path, database.url, "up", "1").exit == 0
    with Application(database) as application:
        for _ in range(8 if full else 1):
            for words in (["up"], ["down", "--to", "1", "--yes"], ["up"], ["down", "3", "--yes"]):
                time.sleep(0.3)
                ran = rig.run(tmp_path, database.url, "--ddl-lock-timeout", "2", "--retries", "8", *words)
                assert ran.exit == 0, (words, ran.err)
        rig.until(lambda: len(application.committed) > 50)
    wanted = sorted((number,) for number in application.committed)
    assert sorted(database.query("SELECT id FROM item")) == wanted
    assert sorted(database.query("SELECT id FROM event")) == wanted


CONCURRENTLY = {
    "1_table.up": "CREATE TABLE t (n INTEGER);\nINSERT INTO t VALUES (1), (2);",
    "2_index.up": "CREATE INDEX CONCURRENTLY t_n ON t (n);",
    "3_last.up": "CREATE TABLE last (n INTEGER);",
}


@pytest.mark.repeated
def test_an_index_is_built_concurrently_while_other_runs_wait_for_the_lock(postgres: Database, tmp_path: Path) -> None:
    rig.write(tmp_path, CONCURRENTLY)
    assert rig.command(tmp_path, postgres.url, "up", "1").exit == 0
    old = postgres.connect().cursor()
    old.execute("BEGIN ISOLATION LEVEL REPEATABLE READ")
    old.execute("SELECT * FROM t")
    words = ("--ddl-lock-timeout", "1", "--retries", "0", "--lock-timeout", "60", "up")
    runs = [rig.start(tmp_path, postgres.url, *words)]
    rig.until(lambda: postgres.query("SELECT 1 FROM pg_stat_progress_create_index WHERE datname = current_database()"))
    runs += [rig.start(tmp_path, postgres.url, *words) for _ in range(2)]
    time.sleep(3)  # longer than any lock timeout
    old.execute("COMMIT")
    ended = [rig.Ended(run) for run in runs]
    assert [each.exit for each in ended] == [0, 0, 0], [each.err for each in ended]
    assert postgres.query("SELECT indisvalid FROM pg_index WHERE indexrelid = 't_n'::regclass") == [(True,)]
    log = "SELECT version FROM schema_migrations_log WHERE outcome = 'ok' ORDER BY id"
    assert postgres.query(log) == [("1",), ("2",), ("3",)]


def test_an_index_that_failed_half_way_is_named_with_the_way_to_drop_it(postgres: Database, tmp_path: Path) -> None:
    rig.write(tmp_path, CONCURRENTLY | {"2_index.up": "CREATE UNIQUE INDEX CONCURRENTLY t_n ON t ((n > 0));"})
    ran = rig.run(tmp_path, postgres.url, "up")
    assert ran.exit == 1
    assert "hint: the index t_n is invalid: DROP INDEX CONCURRENTLY t_n;" in ran.err
    postgres.execute("DROP INDEX CONCURRENTLY t_n")
    rig.write(tmp_path, CONCURRENTLY)
    assert rig.command(tmp_path, postgres.url, "up").exit == 0
