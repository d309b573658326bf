"""What the tests of the command line share: a working directory of its own, and a person who types commands there.

desk.write({"sql/1_a.up.sql": "..."})    files, below the working directory
desk("up", "--to", "1")                  one command; returns exit code, stdout, stderr
"""

from __future__ import annotations

import json
import os
import re
import sqlite3
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple
from unittest.mock import patch

import migrate

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import pytest

MODULE = Path(migrate.__file__).resolve()
PROGRAM = "imagor-studio-migrate"
# The script as people call it, but compiled once: Python compiles `python migrate.py` at every start.
RUNNER = [sys.executable, "-m", "migrate"]
CALLED = f"{sys.executable} {MODULE}"  # what its messages call it
VARIABLES = ("DATABASE_URL", "DATABASE_URL_FILE", "FORCE_AUTO_MIGRATE", "NO_COLOR", "FORCE_COLOR", "COLUMNS", "LINES")

# Three small migrations, in golang-migrate's shape.
THREE = {
    "sql/1_one.up.sql": "CREATE TABLE one (id INTEGER);\n",
    "sql/1_one.down.sql": "DROP TABLE one;\n",
    "sql/2_two.up.sql": "CREATE TABLE two (id INTEGER);\nINSERT INTO two VALUES (1);\n",
    "sql/2_two.down.sql": "DROP TABLE two;\n",
    "sql/3_three.up.sql": "CREATE TABLE three (id INTEGER);\n",
    "sql/3_three.down.sql": "DROP TABLE three;\n",
}


_PLACE = re.compile(r"^on \w+:\S+ \([^)\n]+\)\n", re.MULTILINE)
_TIME = re.compile(r"^(waiting for the lock: |running  ).*\n", re.MULTILINE)


def placed(err: str) -> str:
    """Take out the line that says where something is changed, and those that are told where it takes its time."""
    return _TIME.sub("", _PLACE.sub("", err, count=1))


def without_notices(err: str) -> str:
    """Take out what the server says of its own accord."""
    return re.sub(r"^from .*:\n(  .*\n)+", "", err, flags=re.MULTILINE)


def meant(words: Sequence[str]) -> list[str]:
    """Say to a roll back of several that it is meant, as nobody can be asked."""
    asked = {"--yes", "plan", "--dry-run", "help"} & {*words} or sys.stdin.isatty()
    return [*words, "--yes"] if "down" in words and not asked else [*words]


class Ran(NamedTuple):
    """What a command did."""

    exit: int
    out: str
    err: str

    @property
    def document(self) -> dict[str, Any]:
        """Return stdout as the one JSON document it must be."""
        document = json.loads(self.out)
        assert isinstance(document, dict)
        return document


def masked(text: str) -> str:
    """Put fixed words where times, durations and people stand, and columns of one width of blanks between them."""
    text = re.sub(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d(:\d\d(\.\d+)?)?( UTC|Z)?", "TIME", text)
    text = re.sub(r"\b\d+ ms\b", "N ms", text)
    return re.sub(r"[\w.-]+@[\w.-]+(?=$|[\t\n \"])", "WHO", text)


def settings_of_ours() -> set[str]:
    """Return the names in the environment that the command line would read; those of the tests are none."""
    return {
        name
        for name in os.environ
        if name in VARIABLES or (name.startswith("MIGRATE_") and not name.startswith("MIGRATE_TEST_"))
    }


def clean_environment() -> dict[str, str]:
    """Return the environment without a setting of ours in it, or of a make around it; RUNNER is this project's."""
    others = settings_of_ours() | {"MAKEFLAGS", "MAKELEVEL", "MAKEOVERRIDES", "MFLAGS", "ARGS", "NAME", "VERSION"}
    return {name: text for name, text in os.environ.items() if name not in others} | {"PYTHONPATH": str(MODULE.parent)}


@dataclass
class Desk:
    """A working directory, and the command line in it."""

    home: Path
    capsys: pytest.CaptureFixture[str]
    monkeypatch: pytest.MonkeyPatch

    @classmethod
    def start(cls, home: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Desk:
        """Go to *home*."""
        monkeypatch.chdir(home)
        monkeypatch.setattr("sys.argv", [PROGRAM])
        return cls(home, capsys, monkeypatch)

    def write(self, files: Mapping[str, str | bytes]) -> None:
        """Write files by their path from here, folders included."""
        for name, text in files.items():
            path = self.home / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(text if isinstance(text, bytes) else text.encode())

    def set(self, **variables: str) -> None:
        """Set environment variables."""
        for name, text in variables.items():
            self.monkeypatch.setenv(name, text)

    def __call__(self, *words: str) -> Ran:
        """Type one command; nothing is added to it."""
        self.capsys.readouterr()
        try:
            code = migrate.main(meant(words))
        except SystemExit as left:  # --help and --version
            code = int(left.code or 0)
        out, err = self.capsys.readouterr()
        return Ran(code, out, placed(err))

    def here(self, *words: str) -> Ran:
        """Type one command about the files in sql/ and the database app.db, as the environment says."""
        with patch.dict(os.environ, DATABASE_URL="sqlite:app.db", MIGRATE_DIR="sql"):
            return self(*words)

    def process(self, *words: str, **more: Any) -> subprocess.CompletedProcess[str]:
        """Run one command in a process of its own."""
        command = [*RUNNER, *words]
        return subprocess.run(
            command, cwd=self.home, env=clean_environment(), text=True, check=False, capture_output=True, **more
        )

    def rows(self, sql: str, database: str = "app.db") -> list[tuple[Any, ...]]:
        """Return the rows of one query, over a connection of its own."""
        connection = sqlite3.connect(self.home / database)
        try:
            return connection.execute(sql).fetchall()
        finally:
            connection.close()

    def tables(self, database: str = "app.db") -> list[str]:
        """Return the tables that the files made."""
        names = self.rows("SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY name", database)
        return [name for (name,) in names if not name.startswith(("schema_migrations", "sqlite_"))]

    def names(self) -> list[str]:
        """Return every file and folder here, by its path from here."""
        return sorted(str(path.relative_to(self.home)) for path in self.home.rglob("*"))
