"""What the tests of whole runs share: a folder of files on one database, and what may become of one adversarial file.

project("up", "--to", "2")     runs the command line and returns its exit code and what it printed
Runs, Refused, Fails, Stops    the outcomes of a file; ``outcome.judge(project, sql)`` runs it and asserts
"""

from __future__ import annotations

import contextlib
import os
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, NamedTuple
from unittest.mock import patch

from desk import meant, placed

import migrate

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    import pytest

    from servers import Database

Rows = list[tuple[Any, ...]]


class Ran(NamedTuple):
    """What a command did."""

    exit: int
    out: str
    err: str


@dataclass
class Project:
    """A person's working directory: migration files in ``sql/``, and a database of its own."""

    database: Database
    home: Path
    capsys: pytest.CaptureFixture[str]
    table: str = "schema_migrations"

    @classmethod
    def start(
        cls, database: Database, home: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
    ) -> Project:
        """Make ``sql/`` in *home* and go there."""
        (home / "sql").mkdir()
        monkeypatch.chdir(home)
        return cls(database, home, capsys)

    @property
    def settings(self) -> migrate.Settings:
        """The same for the public verbs."""
        return migrate.Settings(migrate.DatabaseURL.parse(self.database.url), self.home / "sql", self.table, 20)

    def write(self, files: Mapping[str, str | bytes]) -> None:
        """Write files: "1_a" is 1_a.up.sql, "1_a.down" is 1_a.down.sql."""
        for name, text in files.items():
            path = self.home / "sql" / (name + (".sql" if name.endswith((".up", ".down")) else ".up.sql"))
            path.write_bytes(text if isinstance(text, bytes) else text.encode())

    def remove(self, *names: str) -> None:
        """Remove what ``write`` wrote under these names."""
        for name in names:
            (self.home / "sql" / (name + (".sql" if name.endswith((".up", ".down")) else ".up.sql"))).unlink()

    def __call__(self, *words: str, url: str = "") -> Ran:
        """Run one command."""
        self.capsys.readouterr()
        settings = {"DATABASE_URL": url or self.database.url, "MIGRATE_DIR": "sql", "MIGRATE_TABLE": self.table}
        with patch.dict(os.environ, settings, MIGRATE_LOCK_TIMEOUT="20"):
            code = migrate.main(meant(words))
        out, err = self.capsys.readouterr()
        assert not self.database.password or self.database.password not in out + err
        return Ran(code, out, placed(err))

    def succeed(self, *words: str) -> Ran:
        """Run one command that must exit with 0."""
        ran = self(*words)
        assert ran.exit == 0, ran.err
        return ran

    def states(self) -> dict[str, str]:
        """Return the state of each version, in words: ``status`` says."""
        lines = self.succeed("--format", "plain", "status").out.splitlines()
        return {version: state for version, _name, state, *_ in (line.split("\t") for line in lines)}

    def rows(self, sql: str) -> Rows:
        """Return the rows of one query, over a connection of its own."""
        return self.database.query(sql)

    def history(self) -> Rows:
        """Return (version, dirty, statements, statements_done) of each row."""
        rows = self.rows(f"SELECT version, dirty, statements, statements_done FROM {self.table} ORDER BY version")
        return [(version, bool(dirty), *counts) for version, dirty, *counts in rows]

    def log(self) -> Rows:
        """Return (version, action, outcome) of each attempt, oldest first."""
        entries = migrate.log(self.settings, count=1000)
        return [(each.version, each.action, each.outcome) for each in reversed(entries)]


@contextlib.contextmanager
def another(project: Project, name: str) -> Iterator[Project]:
    """The same files, on a fresh database of the same server."""
    folder = project.home / name
    folder.mkdir()
    database = project.database.server.create(folder)
    try:
        yield replace(project, database=database)
    finally:
        database.drop()


@dataclass(frozen=True)
class Runs:
    """The file is applied, and afterwards each query gives these rows."""

    then: Mapping[str, Rows] = field(default_factory=dict)

    def judge(self, project: Project, sql: str | bytes) -> None:
        """Run *sql* between two other files."""
        project.write({"1_before": "CREATE TABLE before_it (n INTEGER);", "2_file": sql})
        project.write({"3_after": "CREATE TABLE after_it (n INTEGER);"})
        project.succeed("up")
        assert project.states() == {"1": "applied", "2": "applied", "3": "applied"}
        for query, rows in self.then.items():
            assert (query, project.rows(query)) == (query, rows)


@dataclass(frozen=True)
class Refused:
    """Exit 2 before anything ran, not even the file before; the message has these words, and this line of the file."""

    words: str
    line: int

    def judge(self, project: Project, sql: str | bytes) -> None:
        """Run *sql* after another file."""
        project.write({"1_before": "CREATE TABLE before_it (n INTEGER);", "2_file": sql})
        ran = project("up")
        assert ran.exit == 2, ran.err
        assert self.words in ran.err, ran.err
        assert (f"sql/2_file.up.sql:{self.line}" if self.line else "2_file.up.sql") in ran.err, ran.err
        assert "\nfix: " in ran.err
        assert project.database.tables() == []


@dataclass(frozen=True)
class Fails:
    """Exit 1, nothing of the file is left, and the file before it stays; the message has these words and this line."""

    words: str
    line: int = 0

    def judge(self, project: Project, sql: str | bytes) -> None:
        """Run *sql* after another file, and then see that the next run finds a good state."""
        project.write({"1_before": "CREATE TABLE before_it (n INTEGER);"})
        project.succeed("up")
        empty = project.database.dump()
        project.write({"2_file": sql})
        ran = project("up")
        assert ran.exit == 1, ran.err
        assert self.words in ran.err, ran.err
        assert "\nnothing was changed" in ran.err, ran.err
        assert not self.line or f"sql/2_file.up.sql:{self.line}" in ran.err, ran.err
        assert project.database.dump() == empty
        assert project.states() == {"1": "applied", "2": "pending"}
        assert project.log()[-1] == ("2", "up", "failed")
        project.write({"2_file": "CREATE TABLE mended (n INTEGER);"})
        project.succeed("up")


@dataclass(frozen=True)
class Stops:
    """Exit 1 after *done* of *total* statements; with the *mended* text ``up`` goes on, and queries give rows."""

    done: int
    total: int
    words: str
    mended: str
    then: Mapping[str, Rows] = field(default_factory=dict)

    def judge(self, project: Project, sql: str | bytes) -> None:
        """Run *sql*, mend it, and run again."""
        project.write({"2_file": sql})
        ran = project("up")
        assert ran.exit == 1, ran.err
        assert self.words in ran.err, ran.err
        assert f"{self.done} of {self.total} statements have run and stay" in ran.err, ran.err
        assert project.states() == {"2": f"dirty ({self.done} of {self.total})"}
        project.write({"2_file": self.mended})
        project.succeed("up")
        assert project.states() == {"2": "applied"}
        for query, rows in self.then.items():
            assert (query, project.rows(query)) == (query, rows)


Outcome = Runs | Refused | Fails | Stops
