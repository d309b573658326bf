"""Random lives of one SQLite database against a model in Python: history, tables and status always equal the model."""

from __future__ import annotations

import shutil
import sqlite3
import tempfile
from dataclasses import dataclass
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

import migrate


@dataclass
class File:
    """What lies in the folder for one version. *edits* are comments: the tables they make stay the same."""

    edits: int = 0
    fails: bool = False
    journaled: bool = False

    def up(self, version: int) -> str:
        lines = [
            *(["-- migrate: no-transaction"] if self.journaled else []),
            f"CREATE TABLE t{version} (id INTEGER);",
            *(["INSERT INTO nowhere VALUES (1);"] if self.fails else []),
            f"INSERT INTO t{version} VALUES ({version});",
            *["-- edited"] * self.edits,
        ]
        return "\n".join(lines) + "\n"


@dataclass
class Row:
    """What the history says of one version."""

    edits: int
    dirty: bool = False


class Database(RuleBasedStateMachine):
    """One folder of files and one database; *files* and *rows* are what both should be."""

    def __init__(self) -> None:
        super().__init__()
        self.home = Path(tempfile.mkdtemp(prefix="model-"))
        self.files: dict[int, File] = {}
        self.rows: dict[int, Row] = {}
        self.failed: int | None = None  # the version of the last attempt, if that has failed
        (self.home / "sql").mkdir()
        self.settings = migrate.Settings(migrate.DatabaseURL.parse(f"sqlite:{self.home}/app.db"), self.home / "sql")

    def teardown(self) -> None:
        shutil.rmtree(self.home)

    # ---- the folder

    def path(self, version: int, direction: str = "up") -> Path:
        return self.home / "sql" / f"{version}_t{version}.{direction}.sql"

    def write(self, version: int) -> None:
        self.path(version).write_text(self.files[version].up(version))
        self.path(version, "down").write_text(f"DROP TABLE t{version};\n")

    @initialize(versions=st.sets(st.integers(1, 9), min_size=2, max_size=5))
    def some_files(self, versions: set[int]) -> None:
        for version in versions:
            self.files[version] = File()
            self.write(version)

    @rule(version=st.integers(1, 12))
    def add_a_file_anywhere(self, version: int) -> None:
        if version not in self.files and version not in self.rows:
            self.files[version] = File()
            self.write(version)

    @rule(fails=st.booleans(), journaled=st.booleans())
    @precondition(lambda self: self.files)
    def add_a_newer_file(self, fails: bool, journaled: bool) -> None:
        version = max(self.files.keys() | self.rows.keys()) + 1
        self.files[version] = File(fails=fails, journaled=journaled)
        self.write(version)

    @rule(data=st.data())
    @precondition(lambda self: self.files)
    def edit_a_file(self, data: st.DataObject) -> None:
        version = data.draw(st.sampled_from(sorted(self.files)))
        self.files[version].edits += 1
        self.write(version)

    @rule()
    @precondition(lambda self: "changed" in map(self.state, self.files))
    def put_the_edited_files_back(self) -> None:
        for version in self.files:
            if self.state(version) == "changed":
                self.files[version].edits = self.rows[version].edits
                self.write(version)

    @rule(data=st.data())
    @precondition(lambda self: any(file.fails for file in self.files.values()))
    def mend_a_file(self, data: st.DataObject) -> None:
        version = data.draw(st.sampled_from(sorted(version for version, file in self.files.items() if file.fails)))
        self.files[version].fails = False
        if version in self.rows and not self.rows[version].dirty:  # declared applied by hand: to mend it is to edit it
            self.files[version].edits += 1
        self.write(version)

    @rule(data=st.data())
    @precondition(lambda self: len(self.files) > 1)
    def delete_a_file(self, data: st.DataObject) -> None:
        version = data.draw(st.sampled_from(sorted(self.files)))
        if version in self.rows and self.rows[version].dirty:
            return
        del self.files[version]
        self.path(version).unlink()
        self.path(version, "down").unlink()

    # ---- what the model expects

    def state(self, version: int) -> str:
        row, file = self.rows.get(version), self.files.get(version)
        if row is None:
            return "out_of_order" if version < max(self.rows, default=0) else "pending"
        if row.dirty:
            return "dirty"
        if file is None:
            return "missing"
        return "applied" if file.edits == row.edits else "changed"

    def refuses_up(self, *, out_of_order: bool) -> bool:
        newest = max(self.files)
        states = {version: self.state(version) for version in self.files.keys() | self.rows.keys()}
        return any(
            state == "changed"
            or (state == "missing" and version < newest)
            or (state == "out_of_order" and not out_of_order)
            for version, state in states.items()
        )

    def apply(self, versions: list[int]) -> bool:
        """Do to the model what ``up`` does; return whether all went well."""
        for version in versions:
            file = self.files[version]
            self.failed = version if file.fails else None
            if not file.fails:
                self.rows[version] = Row(file.edits)
                continue
            if file.journaled:
                self.rows[version] = Row(file.edits, dirty=True)
            return False
        return True

    # ---- commands

    @rule(count=st.none() | st.integers(1, 3), out_of_order=st.booleans())
    @precondition(lambda self: self.files)
    def up(self, count: int | None, out_of_order: bool) -> None:
        if self.refuses_up(out_of_order=out_of_order):
            with pytest.raises(migrate.DriftError):
                migrate.up(self.settings, count=count, out_of_order=out_of_order)
            return
        dirty = [version for version, row in self.rows.items() if row.dirty]
        waiting = [*dirty, *sorted(self.files.keys() - self.rows.keys())][:count]
        before = set(self.rows) - set(dirty)
        if self.apply(waiting):
            done = [int(each.version) for each in migrate.up(self.settings, count=count, out_of_order=out_of_order)]
            assert done == waiting
        else:
            with pytest.raises(migrate.StatementError) as caught:
                migrate.up(self.settings, count=count, out_of_order=out_of_order)
            done = [int(each.version) for each in caught.value.results]
            assert set(done) == {version for version, row in self.rows.items() if not row.dirty} - before

    @rule(count=st.integers(1, 3))
    @precondition(lambda self: self.files and self.rows)
    def down(self, count: int) -> None:
        if any(row.dirty for row in self.rows.values()):
            with pytest.raises(migrate.DirtyError):
                migrate.down(self.settings, count=min(count, len(self.rows)))
            return
        if count > len(self.rows):
            with pytest.raises(migrate.SettingsError, match=f"to roll back, and not {count}"):
                migrate.down(self.settings, count=count)
            return
        chosen = sorted(self.rows, reverse=True)[:count]
        assert [int(each.version) for each in migrate.down(self.settings, count=count)] == chosen
        for version in chosen:
            self.failed = None
            del self.rows[version]

    @rule()
    @precondition(lambda self: self.files and max(self.rows, default=0) > max(self.files))
    def down_to_here(self) -> None:
        if any(row.dirty for row in self.rows.values()):
            return
        chosen = [version for version in sorted(self.rows, reverse=True) if version > max(self.files)]
        assert [int(each.version) for each in migrate.down(self.settings, to_here=True)] == chosen
        for version in chosen:
            self.failed = None
            del self.rows[version]

    @rule()
    @precondition(lambda self: self.files and self.rows)
    def redo(self) -> None:
        newest = max(self.rows)
        left = self.failed if self.failed in self.files and self.state(newest) != "changed" else None
        if left is not None and self.state(left) in {"pending", "out_of_order", "dirty"}:
            self.redo_of_what_has_failed(left)
            return
        if newest in self.files and self.files[newest].fails:  # declared applied by hand, and still broken
            return
        if any(row.dirty for row in self.rows.values()):
            with pytest.raises(migrate.DirtyError):
                migrate.redo(self.settings)
        elif newest not in self.files:
            with pytest.raises(migrate.DriftError):
                migrate.redo(self.settings)
        else:
            del self.rows[newest]
            assert self.apply([newest])
            actions = [(int(each.version), each.action) for each in migrate.redo(self.settings)]
            assert actions == [(newest, "down"), (newest, "up")]

    def redo_of_what_has_failed(self, left: int) -> None:
        dirty = [version for version, row in self.rows.items() if row.dirty]
        waiting = [*dirty, *sorted(self.files.keys() - self.rows.keys())]
        if self.refuses_up(out_of_order=False) or waiting[0] != left:
            with pytest.raises(migrate.DriftError):
                migrate.redo(self.settings)
        elif self.apply([left]):
            assert [(int(each.version), each.action) for each in migrate.redo(self.settings)] == [(left, "up")]
        else:
            with pytest.raises(migrate.StatementError):
                migrate.redo(self.settings)

    @rule(applied=st.booleans())
    @precondition(lambda self: any(row.dirty for row in self.rows.values()))
    def repair(self, applied: bool) -> None:
        """A person finishes, or undoes, the half by hand, and says so."""
        (version,) = (version for version, row in self.rows.items() if row.dirty)
        connection = sqlite3.connect(self.home / "app.db")
        with connection:
            connection.execute(f"INSERT INTO t{version} VALUES ({version})" if applied else f"DROP TABLE t{version}")
        connection.close()
        migrate.repair(self.settings, str(version), applied=applied)
        self.failed = None
        if applied:
            self.rows[version] = Row(self.files[version].edits)
        else:
            del self.rows[version]

    @rule()
    @precondition(
        lambda self: len(self.rows) > 3 and self.files and not any(file.fails for file in self.files.values())
    )
    def reset(self) -> None:
        migrate.reset(self.settings)
        self.rows.clear()
        self.apply(sorted(self.files))

    # ---- what always holds

    @invariant()
    def status_says_what_the_model_says(self) -> None:
        if not self.files:
            return
        expected = [(str(version), self.state(version)) for version in sorted(self.files.keys() | self.rows.keys())]
        assert [(each.version, each.state) for each in migrate.status(self.settings)] == expected

    @invariant()
    def history_and_tables_are_the_models(self) -> None:
        if not (self.home / "app.db").exists():
            assert not self.rows
            return
        connection = sqlite3.connect(self.home / "app.db")
        try:
            names = [name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
            held = dict(connection.execute("SELECT version, dirty FROM schema_migrations"))
            assert {int(version): bool(dirty) for version, dirty in held.items()} == {
                version: row.dirty for version, row in self.rows.items()
            }
            assert {name for name in names if name.startswith("t")} == {f"t{version}" for version in self.rows}
            for version, row in self.rows.items():
                rows = connection.execute(f"SELECT id FROM t{version}").fetchall()
                assert rows == ([] if row.dirty else [(version,)])
        finally:
            connection.close()


def test_history_tables_and_status_always_equal_the_model() -> None:
    few = settings(max_examples=100, stateful_step_count=30, deadline=None, suppress_health_check=list(HealthCheck))
    run_state_machine_as_test(Database, settings=few)
