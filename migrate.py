"""Apply plain SQL migration files to SQLite, PostgreSQL, MySQL and MariaDB: exactly once, never silently half.

The data flows down this page; every section uses only the sections above it:

    Errors            one tree; every error says what happened, where, and which command to type next
    Settings          flags, environment, .env  ->  Settings, DatabaseURL
    Migration files   a folder                  ->  Migration, Script
    Statements        the text of a file        ->  Statement
    Dialects          a URL                     ->  Database: SQLite, Postgres, MySQL
    History           a connection              ->  Applied: what has run
    Plan              (migrations, applied)     ->  Status, Step; pure
    Run               steps                     ->  Result; the public verbs: up, down, status, ...
    Report            values                    ->  tables, plain lines, JSON
    Command line      words                     ->  an exit code

Importing this module costs the standard library only. psycopg, pymysql, rich and dotenv are imported by the function
that needs them.
"""

from __future__ import annotations

import argparse
import contextlib
import difflib
import hashlib
import json
import math
import os
import re
import signal
import sqlite3
import sys
import threading
import time
from abc import ABC, abstractmethod
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field, fields, replace
from datetime import datetime, timedelta, timezone
from functools import lru_cache, partial
from pathlib import Path
from typing import Any, ClassVar, Final, NamedTuple, NoReturn, Protocol
from urllib.parse import quote, unquote

__version__ = "1.0.0"

# fmt: off
__all__ = [
    "Applied", "ConnectError", "DatabaseURL", "DirtyError", "DriftError", "FileError", "Finding", "LockedError", "LogEntry",
    "MigrateError", "Migration", "Result", "Script", "Settings", "SettingsError", "StatementError", "Status", "Step",
    "auto_migrate", "baseline", "build_parser", "check", "down", "find_migrations", "load_settings", "log", "main", "new",
    "plan", "redo", "repair", "reset", "status", "up",
]
# fmt: on


# Errors ###############################################################################################################
# What a person reads at 3 a.m. Every error needs a fix: the next command, or the change that makes it go away.


class MigrateError(Exception):
    """Base of all errors this module raises on purpose; anything else that escapes is a bug of ours.

    *what* happened, *where* (a file with line and column, a setting, a database), the *excerpt* (the person's own
    line, with a caret where the place is known), the *state* the database is in now, and the *fix*. ``results`` holds
    what had been done, and committed, before the error. In a fix, a command follows two spaces:  migrate up.
    """

    exit_code: ClassVar[int] = 1
    usual_state: ClassVar[str] = ""

    def __init__(self, what: str, *, fix: str, where: str = "", excerpt: str = "", state: str = "") -> None:
        super().__init__(what)
        self.what, self.where, self.excerpt, self.state, self.fix = what, where, excerpt, state or self.usual_state, fix
        self.results: tuple[Result, ...] = ()

    def __str__(self) -> str:
        place = f"  --> {self.where}" if self.where else ""
        return "\n".join(part for part in (self.what, place, self.excerpt, self.state, f"fix: {self.fix}") if part)


class SettingsError(MigrateError):
    """A flag, a variable or a URL that cannot be used. Nothing was connected to."""

    exit_code = 2


class FileError(MigrateError):
    """A migration file, or a statement in it, that is refused before anything ran."""

    exit_code = 2


class ConnectError(MigrateError):
    """The database could not be reached, opened or logged in to."""


class LockedError(MigrateError):
    """Another runner holds the lock, and still held it at the end of the lock timeout."""

    exit_code = 5


class DriftError(MigrateError):
    """The history and the files disagree: changed, missing, out of order, or a table of another tool."""

    exit_code = 4
    usual_state = "nothing was changed."


class DirtyError(MigrateError):
    """A migration stopped half way, and only a person can say which way it went."""

    exit_code = 4
    usual_state = "nothing was changed."


class StatementError(MigrateError):
    """The database refused a statement, or the connection was lost while it ran."""


def _nearest(word: str, known: Iterable[str]) -> str:
    near = difflib.get_close_matches(word, list(known), n=1)
    return f" (did you mean {near[0]}?)" if near else ""


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}" + ("" if number == 1 else "s")


# Settings #############################################################################################################
# Flags, environment and .env come in; one frozen Settings goes out, its URL decoded once. A password that has gone in
# here never comes out in a text again: not in repr, not in str, not in an error.

_DIALECT_BY_SCHEME: Final = {
    **{"sqlite": "sqlite", "sqlite3": "sqlite", "postgres": "postgres", "postgresql": "postgres"},
    **{"mysql": "mysql", "mariadb": "mysql"},
}
# What may stand after the "?": libpq's own names on PostgreSQL; PyMySQL's and the mysql client's on MySQL.
_URL_OPTIONS: Final = {
    "sqlite": [],
    "postgres": """application_name channel_binding client_encoding connect_timeout gssencmode host hostaddr keepalives
        keepalives_count keepalives_idle keepalives_interval krbsrvname load_balance_hosts options passfile password port
        require_auth service ssl_max_protocol_version ssl_min_protocol_version sslcert sslcertmode sslcrl sslcrldir sslkey
        sslmode sslnegotiation sslpassword sslrootcert sslsni target_session_attrs tcp_user_timeout user""".split(),
    "mysql": """charset collation connect_timeout socket ssl-mode ssl_ca ssl_cert ssl_disabled ssl_key ssl_mode
        ssl_verify_cert ssl_verify_identity unix_socket""".split(),
}
_FORMS: Final = "sqlite:./app.db, postgres://user:password@host:5432/name or mysql://user:password@host:3306/name"
_ENCODE: Final = "percent-encode special characters in user name and password: @ %40, / %2F, # %23, ? %3F, % %25"


@dataclass(frozen=True)
class DatabaseURL:
    """A database and how to reach it; ``str()`` is safe to print: the password is ``***``, options are left out.

    *database* is a path or ``:memory:`` on SQLite. *hosts* are pairs of host and port; the port is 0 where the URL has
    none. All text is percent-decoded.
    """

    dialect: str
    database: str
    user: str = ""
    password: str = field(default="", repr=False)
    hosts: tuple[tuple[str, int], ...] = ()
    options: Mapping[str, str] = field(default_factory=dict, repr=False)

    @classmethod
    def parse(cls, text: str, *, source: str = "") -> DatabaseURL:
        """Read a URL; *source* names the setting it came from. Raises SettingsError, which never quotes the URL."""
        scheme, _, rest = text.strip().partition(":")
        dialect = _DIALECT_BY_SCHEME.get(scheme.lower())
        try:
            if not text.strip():
                raise ValueError("is empty", f"write {_FORMS}, or unset it")
            if not text.strip().isprintable():
                raise ValueError("holds a control character", "look for a line break or a tab inside it, and remove it")
            if dialect is None:
                # Without "//" the first word may well be a user name or a password: it is not repeated.
                named = re.fullmatch(r"[A-Za-z][\w+.-]*", scheme) and rest.startswith("//")
                near = _nearest(scheme.lower(), _DIALECT_BY_SCHEME)
                what = f'has the unknown scheme "{scheme}"{near}' if named else "has no scheme"
                raise ValueError(what, f"write {_FORMS}")
            return cls._parse_path(rest) if dialect == "sqlite" else cls._parse_server(dialect, rest)
        except ValueError as error:
            unreadable = isinstance(error, UnicodeDecodeError)
            what, fix = ("has percent-encoded bytes that are not UTF-8", _ENCODE) if unreadable else error.args
        raise SettingsError(f"the database URL {what}", where=source, fix=fix)

    @classmethod
    def _parse_path(cls, rest: str) -> DatabaseURL:
        # Not urlsplit, which cuts a path at "#" and "?": a query is known by its form, name=value, at the end.
        if query := re.search(r"\?([A-Za-z_]+=[^?]*)\Z", rest):
            _parse_query("sqlite", query[1])
        path = _decode(rest[2:] if rest.startswith("//") else rest)
        if path in {"", "/"}:
            raise ValueError("names no file", "write sqlite:./app.db, or sqlite:///var/lib/app.db for an absolute path")
        return cls("sqlite", ":memory:" if path == "/:memory:" else path)

    @classmethod
    def _parse_server(cls, dialect: str, rest: str) -> DatabaseURL:
        match = re.fullmatch(r"//(?:([^:@/?#]*)(?::([^/?#]*))?@)?([^@/?#]*)(?:/([^@/?#]*)/?)?(?:\?([^#]*))?", rest)
        if not match or "@" in (match[5] or "").partition("=")[0]:
            raise ValueError("cannot be read", f"write {_FORMS}; {_ENCODE}")
        user, password, places, database, query = (part or "" for part in match.groups())
        # libpq would fall back to the user name, MySQL to no database at all: both end in the wrong place.
        if not database:
            raise ValueError("names no database", "put its name after the host: .../database")
        options = _parse_query(dialect, query)
        login = options.pop("user", "") or _decode(user), options.pop("password", "") or _decode(password)
        hosts = tuple(_parse_host(place) for place in places.split(",")) if places else ()
        return cls(dialect, _decode(database), *login, hosts, options)

    def __str__(self) -> str:
        if self.dialect == "sqlite":
            return f"sqlite:{self.database}"
        login = quote(self.user, safe="") + (":***" if self.password else "")
        places = [f"[{host}]" if ":" in host else quote(host, safe="") for host, _ in self.hosts]
        hosts = ",".join(place + (f":{port}" if port else "") for place, (_, port) in zip(places, self.hosts, strict=True))
        return f"{self.dialect}://{login}{'@' if login else ''}{hosts}/{quote(self.database, safe='')}"


def _decode(text: str) -> str:
    """Percent-decode once; a ``+`` stays a ``+``. Raises ValueError (what, fix), or UnicodeDecodeError."""
    if re.search(r"%(?![0-9A-Fa-f]{2})", text):
        raise ValueError("has a % that is not followed by two hexadecimal digits", _ENCODE)
    return unquote(text, errors="strict")


def _parse_host(place: str) -> tuple[str, int]:
    match = re.fullmatch(r"(?:\[([0-9A-Fa-f:.%]+)\]|([^\[\]:]*))(?::(\d*))?", place)
    if not match:
        raise ValueError("has a host or a port that cannot be read", f"write host:port, or [::1]:port; {_ENCODE}")
    if match[3] and not 0 < int(match[3]) < 2**16:
        raise ValueError("has a port that is not between 1 and 65535", "correct the number after the host")
    return match[1] or _decode(match[2]), int(match[3] or 0)


def _parse_query(dialect: str, query: str) -> dict[str, str]:
    options: dict[str, str] = {}
    for item in filter(None, query.split("&")):
        name, equals, value = item.partition("=")
        if name not in _URL_OPTIONS[dialect]:
            # What follows a raw "?" in a password lands here: only what looks like an option is repeated.
            known = _URL_OPTIONS[dialect]
            shown = f' "{name}"{_nearest(name, known)}' if equals and re.fullmatch(r"[a-z_-]+", name) else ""
            fix = f"write one of {', '.join(known)}; {_ENCODE}" if known else "leave it out: there are none for this database"
            raise ValueError(f"has an unknown option{shown} after the ?", fix)
        options[name] = _decode(value)
    return options


@dataclass(frozen=True)
class Settings:
    """Everything a command needs to know about where it runs.

    *directory* holds dialect folders, or the files themselves; None is the SQL that ships with this module.
    *lock_timeout* is in seconds; 0 does not wait. *command* is MIGRATE_COMMAND, or empty. *url_source* says which
    setting gave the URL; it is empty for the default.
    """

    url: DatabaseURL
    directory: Path | None = None
    table: str = "schema_migrations"
    lock_timeout: float = 60.0
    command: str = ""
    url_source: str = ""

    def __post_init__(self) -> None:
        name = r"[A-Za-z_][A-Za-z0-9_]{0,58}"  # "_log" is added, and PostgreSQL cuts names at 63 bytes in silence
        if not re.fullmatch(rf"({name}\.)?{name}" if self.url.dialect == "postgres" else name, self.table):
            fix = "use at most 59 letters, digits and underscores (on PostgreSQL with a schema: name.name)"
            raise SettingsError(f'"{self.table}" cannot be the history table', where="--table or MIGRATE_TABLE", fix=fix)
        if not 0 <= self.lock_timeout < math.inf:
            fix = "write seconds, 0 or more:  --lock-timeout 60"
            raise SettingsError("the lock timeout is not a number of seconds", fix=fix)


def load_settings(options: Mapping[str, Any], environ: Mapping[str, str]) -> Settings:
    """Put together flag, environment, --config file and default: the first that has a value wins.

    *options* has the parsed flags by name (``database_url``, ``config``, ``dir``, ``table``, ``lock_timeout``); None
    means not given. Raises SettingsError. Reads the --config file and DATABASE_URL_FILE, nothing else.
    """
    names = {"DATABASE_URL": "database_url", "MIGRATE_DIR": "dir", "MIGRATE_TABLE": "table"}
    names["MIGRATE_LOCK_TIMEOUT"] = "lock_timeout"
    flags = {name: str(options[flag]) for name, flag in names.items() if options.get(flag) is not None}
    found: dict[str, str] = {}
    source = ""
    for place, layer in (("flag", flags), ("environment", environ), *_read_config(options.get("config"))):
        if "DATABASE_URL" not in found and (secret := layer.get("DATABASE_URL_FILE")):
            if "DATABASE_URL" in layer:
                what = "DATABASE_URL and DATABASE_URL_FILE are both set"
                raise SettingsError(what, where=place, fix="unset one of them")
            found["DATABASE_URL"], source = _read(Path(secret), "DATABASE_URL_FILE"), f"DATABASE_URL_FILE, {secret}"
        for name in (*names, "MIGRATE_COMMAND"):
            # An empty variable is how Compose spells "not set". Only an empty DATABASE_URL counts, to be refused: what
            # was meant is not the local default.
            if name not in found and name in layer and (layer[name] or name == "DATABASE_URL" or place == "flag"):
                found[name] = layer[name]
                if name == "DATABASE_URL":
                    source = {"flag": "--database-url", "environment": name}.get(place, f"{name} in {place}")
    timeout = found.get("MIGRATE_LOCK_TIMEOUT", "60")
    return Settings(
        DatabaseURL.parse(found.get("DATABASE_URL", "sqlite:./imagor-studio.db"), source=source),
        Path(found["MIGRATE_DIR"]) if "MIGRATE_DIR" in found else None,
        found.get("MIGRATE_TABLE", "schema_migrations"),
        float(timeout) if re.fullmatch(r"\d+(\.\d*)?|\.\d+", timeout, re.ASCII) else -1,
        found.get("MIGRATE_COMMAND", ""),
        source,
    )


def _is_true(word: str) -> bool:
    return word.strip().lower() in {"1", "true", "yes", "on"}


def _read_config(named: str | None) -> list[tuple[str, dict[str, str]]]:
    """Return the variables of a .env file, with its name. The default .env may be missing; a named file may not."""
    path = Path(named or ".env")
    if named is None and not path.is_file():
        return []
    text = _read(path, "--config")
    from io import StringIO

    from dotenv.parser import parse_stream  # below dotenv_values, which skips a bad line with a warning

    variables = {}
    for line in parse_stream(StringIO(text)):
        if line.error:
            # The line itself is not shown: it may be the one with the password.
            fix = "write NAME=value; put a value with spaces, # or quotes in it in single quotes"
            raise SettingsError("this line cannot be read", where=f"{path}:{line.original.line}", fix=fix)
        if line.key is not None:
            variables[line.key] = line.value or ""
    return [(str(path), variables)]


def _read(path: Path, source: str) -> str:
    try:
        return path.read_text("utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is not UTF-8 text"
    fix = f"create the file, or correct the path:  ls -l {path}"
    raise SettingsError(f"{path} cannot be read: {reason}", where=source, fix=fix)


# Migration files ######################################################################################################
# A folder comes in, a list of Migration goes out, oldest first. Whatever is wrong with any file is said at once, before
# a database is opened. Nothing here knows SQL but one word in a comment on the first line.

_FILE_NAME: Final = re.compile(r"([0-9]{1,64})_(\S{1,200})\.(up|down)\.sql")
_DIRECTIVE: Final = re.compile(r"\s*--\s*migrate:\s*(\S*)")


@dataclass(frozen=True)
class Script:
    """One file: the text as it will run. *checksum* is SHA-256 over it with CRLF read as LF, without a BOM."""

    path: Path
    sql: str = field(repr=False)
    checksum: str
    in_transaction: bool = True

    @classmethod
    def from_text(cls, path: Path, sql: str) -> Script:
        """Read the one word that this tool knows inside SQL. Raises ValueError for another word in its place."""
        directive = _DIRECTIVE.match(sql.partition("\n")[0])
        if directive and directive[1] != "no-transaction":
            near = _nearest(directive[1], ["no-transaction"])
            raise ValueError(f'unknown word "{directive[1]}" after "-- migrate:"{near}')
        return cls(path, sql, hashlib.sha256(sql.replace("\r\n", "\n").encode()).hexdigest(), not directive)


@dataclass(frozen=True)
class Migration:
    """A pair of files; *down* is None where it cannot be undone. *version* is text, compared as a number (``key``)."""

    version: str
    name: str
    up: Script
    down: Script | None = None

    @property
    def key(self) -> int:
        """Return the place of this migration in the order."""
        return version_key(self.version)


def version_key(version: str) -> int:
    """Return the number a version is compared by: 8 digits that read as a date are midnight of that day."""
    if re.fullmatch(r"\d{8}", version):
        with contextlib.suppress(ValueError):
            datetime.strptime(version, "%Y%m%d")  # noqa: DTZ007 (only asks whether it is a date)
            return int(version) * 1_000_000
    return int(version)


def _shown(path: Path) -> str:
    """Return the path as a person would type it: relative where it lies below the working directory."""
    with contextlib.suppress(ValueError, OSError):
        return str(path.relative_to(Path.cwd()))
    return str(path)


def embedded_directory() -> Path:
    """Return the folder of the SQL that ships with this module: migrate_sql/ in a wheel, sql/ in a checkout."""
    here = Path(__file__).resolve().parent
    return next((here / name for name in ("migrate_sql", "sql") if (here / name / "sqlite").is_dir()), here / "sql")


def dialect_directories(root: Path) -> dict[str, Path]:
    """Return the dialect folders below *root*, by dialect; empty where *root* holds the files itself.

    Raises FileError where there is no such folder, or where both are there and it cannot be told which is meant.
    """
    if not root.is_dir():
        what = f"{_shown(root)} is not a folder" if root.exists() else f"there is no folder {_shown(root)}"
        raise FileError(what, where="--dir or MIGRATE_DIR", fix=f"correct the path, or create it:  mkdir -p {_shown(root)}")
    found = [(dialect, root / name) for name, dialect in _DIALECT_BY_SCHEME.items() if (root / name).is_dir()]
    beside = found and any(_FILE_NAME.fullmatch(path.name) for path in root.iterdir())
    if beside or len(found) > len(dict(found)):
        reason = "files and dialect folders lie side by side" if beside else "two folders are of one dialect"
        fix = "move the files into one folder for each dialect, or name the folder with --dir"
        raise FileError(f"it cannot be told which files are meant: {reason}", where=_shown(root), fix=fix)
    return dict(found)


def migration_directory(root: Path | None, dialect: str) -> Path:
    """Return the folder with the files of *dialect*: *root* itself, or the dialect's folder in it. Raises FileError."""
    root = root or embedded_directory()
    folders = dialect_directories(root)
    if folders and dialect not in folders:
        what = f"no folder for {dialect} in {_shown(root)}, only {', '.join(sorted(folders))}"
        raise FileError(what, where="--dir or MIGRATE_DIR", fix=f"create it:  mkdir {_shown(root / dialect)}")
    return folders.get(dialect, root)


def find_migrations(directory: Path) -> list[Migration]:
    """Read every migration in *directory*, oldest first. Raises FileError, which lists every fault there is."""
    scripts: dict[tuple[int, str], tuple[str, str, Script]] = {}
    faults: list[str] = []
    for path in sorted(directory.iterdir()):
        if path.suffix.lower() != ".sql" or path.name.startswith((".", "#")):
            continue  # editor backups (~, .swp, #..#, ._x) and files that are not SQL
        try:
            match = _FILE_NAME.fullmatch(path.name)
            if not match:
                raise ValueError(_near_miss(path.name))  # noqa: TRY301 (one list of faults)
            script, place = _read_script(path), (version_key(match[1]), match[3])
            if place in scripts:
                raise ValueError(f"the same version as {scripts[place][2].path.name}")  # noqa: TRY301
            scripts[place] = match[1], match[2], script
        except ValueError as error:
            faults.append(f"{path.name}: {error}")
    for (key, direction), (_version, _name, script) in scripts.items():
        if direction == "down" and (key, "up") not in scripts:
            faults.append(f"{script.path.name}: a down file without its up file")
    if not scripts and not faults:
        faults.append("no migration files in this folder")
    if faults:
        several = "\n  ".join([f"{len(faults)} faults in the migration files:", *faults])
        fix = "name files like 20250504093000_create_users.up.sql, in UTF-8; a new pair:  migrate new NAME"
        raise FileError(faults[0] if len(faults) == 1 else several, where=_shown(directory), state="nothing was run.", fix=fix)
    ups = sorted((key, found) for (key, direction), found in scripts.items() if direction == "up")
    downs = {key: script for (key, direction), (*_, script) in scripts.items() if direction == "down"}
    return [Migration(*found, downs.get(key)) for key, found in ups]


def _near_miss(name: str) -> str:
    """Say what is wrong with a name that ends in .sql and fits nothing."""
    if _FILE_NAME.fullmatch(name.lower()):
        return "the endings are written in lower case: .up.sql, .down.sql"
    if re.search(r"\s", name):
        return "a space in the name"
    if not re.search(r"\.(up|down)\.sql$", name, re.IGNORECASE):
        return "the name ends neither in .up.sql nor in .down.sql"
    if re.match(r"[0-9]+_?\.", name):
        return "no name after the version"
    return "the name does not start with digits and an underscore"


def _read_script(path: Path) -> Script:
    """Read one file. Raises ValueError with what is wrong with it, and at which byte."""
    try:
        data = path.read_bytes()
    except OSError as error:
        dangling = path.is_symlink() and not path.exists()
        raise ValueError("a dangling link" if dangling else (error.strerror or str(error)).lower()) from None
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        raise ValueError("UTF-16 at byte 0; save it as UTF-8")
    if b"\0" in data:  # libpq would cut the text there, and report success
        raise ValueError(f"a NUL byte at byte {data.index(0)}")
    text = data.removeprefix(b"\xef\xbb\xbf")
    try:
        return Script.from_text(path, text.decode())
    except UnicodeDecodeError as error:
        raise ValueError(f"not UTF-8 at byte {error.start + len(data) - len(text)}") from None


def new_migration(root: Path, name: str, *, now: datetime) -> list[Path]:
    """Write an empty pair into every dialect folder of *root*, or into *root* itself; return the new files.

    The version is *now* in UTC, or the next second that no folder uses. Either all files are written or none is.
    Raises SettingsError for a name that cannot be one, FileError where a folder cannot be written.
    """
    word = re.sub(r"[\s-]+", "_", name.strip()).lower()
    if not re.fullmatch(r"[\w.]{1,100}", word):
        fix = "use letters, digits and underscores:  migrate new add_email_to_users"
        raise SettingsError(f'"{name}" cannot be the name of a migration', fix=fix)
    folders = list(dialect_directories(root).values()) or [root]
    names = [_FILE_NAME.fullmatch(path.name) for folder in folders for path in folder.iterdir()]
    used = {version_key(match[1]) for match in names if match}
    while int(version := now.strftime("%Y%m%d%H%M%S")) in used:
        now += timedelta(seconds=1)
    title = f"-- {version} {word.replace('_', ' ')}"
    texts = {"up": f"{title}\n--\n-- Why\n-- Locks\n-- Undo\n\n", "down": f"{title}: undo\n--\n-- Loses\n\n"}
    written: list[Path] = []
    try:
        for path, text in ((folder / f"{version}_{word}.{way}.sql", texts[way]) for folder in folders for way in texts):
            with path.open("x", encoding="utf-8", newline="\n") as file:
                written.append(path)
                file.write(text)
    except OSError as error:
        for path in written:
            path.unlink(missing_ok=True)
        what, fix = f"cannot write: {error.strerror}", "make the folder writable, or name another with --dir"
        raise FileError(what, where=_shown(root), fix=fix, state="no file was left behind.") from None
    return written


# Statements ###########################################################################################################
# The text of one file and the lexical rules of its dialect come in; its statements go out, one by one, each with its
# line. One lexer for all three; what differs is data. It knows quotes, comments and where a body ends, and no more
# grammar than that: what a statement means is the server's business. Linear in the text, and it never raises.

@dataclass(frozen=True, slots=True)
class Statement:
    r"""One statement of a file.

    *text* is what to send: without its delimiter and the blanks and comments around it, unchanged inside.
    *line* (from 1) and *offset* (characters, from 0) say where it starts: ``sql[offset:offset + len(text)] == text``.
    *fault* is empty, or why it cannot be sent: "unclosed comment", "unclosed quote", "unclosed dollar quote", or
    "client command": a word to psql, sqlite3 or mysql, like ``\i``, ``.read`` or ``source``, and not to the server.
    """

    text: str
    line: int
    offset: int
    fault: str = ""


class _Body(Protocol):
    """Follows a statement that may have semicolons inside."""

    def ends_with(self, word: str) -> bool:
        """Take the next word, in upper case, or sign. True if the statement is complete with it."""


@dataclass(frozen=True)
class Syntax:
    """What decides, in one dialect, where a statement ends.

    *opener* is a regex of all that may hide a delimiter, or be one; each of its branches starts with a literal, because
    that lets the regex engine skip plain code fast. *quotes* says for each opening character what closes it: a doubled
    quote is then two strings in a row, which is as good. *compound* matches the beginning of a statement that needs a
    *body*, in bare text. *blank*, *client_command* and *delimiter_command* apply where a statement may start.
    """

    opener: str
    quotes: Mapping[str, re.Pattern[str]]
    identifier_quotes: str
    blank: re.Pattern[str]
    line_end: re.Pattern[str]
    client_command: re.Pattern[str]
    compound: re.Pattern[str]
    body: Callable[[], _Body]
    nested_comments: bool = False
    escape_string: re.Pattern[str] | None = None  # PostgreSQL: matches at the quote of a string with backslashes
    delimiter_command: re.Pattern[str] | None = None  # MySQL


def split_statements(sql: str, syntax: Syntax | Callable[[], Syntax]) -> Iterator[Statement]:
    """Split *sql*, lazily. What is between the statements is white space, comments, delimiters and DELIMITER lines.

    A callable is asked before each statement: a ``SET sql_mode`` that has just been run counts for what follows.
    Comments alone are no statement. Text that ends inside a quote or comment ends with a faulty statement.
    """
    position, line, counted, delimiter = 0, 1, 0, ";"
    while True:
        rules = syntax if isinstance(syntax, Syntax) else syntax()
        start = _skip_blanks(sql, position, rules, delimiter)
        if start == len(sql):
            return
        if sql.startswith(delimiter, start):
            position = start + len(delimiter)
            continue
        if rules.delimiter_command and (command := rules.delimiter_command.match(sql, start)):
            delimiter, position = command[command.lastindex or 0], command.end()
            continue
        end, position, fault = _find_end(sql, start, rules, delimiter)
        if end > start:
            line += sql.count("\n", counted, start)
            counted = start
            yield Statement(sql[start:end].rstrip(_WHITE), line, start, fault)


def words(text: str, syntax: Syntax, limit: int = 3) -> tuple[str, ...]:
    """Give the first *limit* words in upper case, quoted identifiers as they are; fewer where anything else comes.

    Comments are skipped; MySQL's conditional comments are code: ``/*!50003 CREATE*/ TABLE`` is ("CREATE", "TABLE").
    """
    found: list[tuple[int, int]] = []
    position = _skip_blanks(text, 0, syntax)
    for kind, start, end in _tokens(text, position, syntax, in_body=True):
        doubled = found and found[-1][1] == start and kind == "quote" and text[start - 1] == text[start]
        if text[position:start].strip(_WHITE) or (len(found) == limit and not doubled):
            break
        position = end
        if doubled:
            found[-1] = (found[-1][0], end)
        elif _WORD.fullmatch(text, start, end) or (kind == "quote" and text[start] in syntax.identifier_quotes):
            found.append((start, end))
        elif kind not in ("comment", "conditional"):
            break
    spelled = (text[start:end] for start, end in found)
    return tuple(word.upper() if _WORD.match(word) else word for word in spelled)


def bare(text: str, syntax: Syntax) -> str:
    """Blank out comments, strings and quoted identifiers: what a regex finds in the rest is code.

    The length and the line breaks stay. So does the code in MySQL's conditional comments.
    """
    pieces: list[str] = []
    position = 0
    for kind, start, end in _tokens(text, 0, syntax):
        if kind[0].islower():
            pieces += text[position:start], "\n".join(" " * len(line) for line in text[start:end].split("\n"))
            position = end
    return "".join((*pieces, text[position:]))


def _find_end(  # noqa: C901 (one branch for each kind of token)
    sql: str, start: int, rules: Syntax, delimiter: str
) -> tuple[int, int, str]:
    """Find where the statement ends, where to go on after it, and what is wrong with it."""
    if command := rules.client_command.match(sql, start):
        return command.end(), command.end(), "client command"
    body, body_start, depth, fault = None, start, 0, ""
    # Only the client knows other delimiters, and it looks for nothing else.
    if delimiter == ";" and _MAY_BE_COMPOUND.match(sql, start):
        head = rules.compound.match(bare(sql[start : start + 1000], rules))
        body, body_start = (rules.body(), start + head.end()) if head else (None, start)
    code_end = seen = start  # up to *seen* all is read, and from *code_end* to there it is comments
    for kind, begin, end in _tokens(sql, start, rules, delimiter, in_body=body is not None):
        if kind in ("comment", ";"):
            code_end = begin if sql[seen:begin].strip(_WHITE) else code_end
        if kind == "comment":
            seen = end
            continue
        if kind == ";" and depth == 0 and (body is None or body.ends_with(kind)):
            return code_end, end, fault
        code_end = seen = end
        if kind in ("(", ")"):
            depth = max(depth + (1 if kind == "(" else -1), 0)
        elif kind == "conditional":
            fault = "unclosed comment" if sql[begin] == "/" else ""
        elif kind == "\\":
            line_end = sql.find("\n", end) % (len(sql) + 1)  # -1 is the end of the text
            return line_end, line_end, "client command"
        elif kind.startswith("unclosed"):
            return end, end, kind
        elif body and begin >= body_start and kind != ";":
            body.ends_with(kind)
    return (len(sql) if sql[seen:].strip(_WHITE) else code_end), len(sql), fault


def _tokens(
    sql: str, position: int, rules: Syntax, delimiter: str = ";", *, in_body: bool = False
) -> Iterator[tuple[str, int, int]]:
    """Yield (kind, start, end) of all that is not plain code; with *in_body*, of its words and signs too.

    A kind in small letters is "quote", "comment", "conditional" (MySQL: where one opens or closes) or "unclosed ...";
    a semicolon stands for the delimiter; all others stand for themselves, words in upper case.
    """
    conditional = False
    search = _compile_opener(rules.opener, delimiter, in_body=in_body).search
    while found := search(sql, position):
        kind, start, position = found[0], found.start(), found.end()
        if kind in (delimiter, "\\g", "\\G"):
            kind = ";"
        elif kind in rules.quotes or (kind[0] == kind[-1] == "$" and position > start + 1):
            kind, position = _skip_quote(sql, start, kind, rules)
        elif kind[0] == "/" and "!" in kind and kind[-1] != "-":
            kind, conditional = "conditional", True
        elif kind in ("--", "#") or kind[:2] == "/*":
            kind, position = _skip_comment(sql, start, rules)
        elif kind != "*/":
            kind = kind.upper()
        elif conditional:
            kind, conditional = "conditional", False
        else:
            position = start + 1  # 2*/*two*/3
            continue
        yield kind, start, position


def _skip_blanks(sql: str, position: int, rules: Syntax, delimiter: str = ";") -> int:
    """Find the next code, delimiter, or comment that is never closed."""
    while not sql.startswith(delimiter, position):
        if blank := rules.blank.match(sql, position):
            position = blank.end()
        elif sql.startswith("/*", position) and (comment := next(_tokens(sql, position, rules)))[0] == "comment":
            position = comment[2]
        else:
            break
    return position


def _skip_comment(sql: str, start: int, rules: Syntax) -> tuple[str, int]:
    if sql[start] != "/":
        line_end = rules.line_end.search(sql, start)
        return "comment", line_end.start() if line_end else len(sql)
    depth = 0
    for mark in _COMMENT_MARK.finditer(sql, start):
        depth += 1 if mark[0] == "/*" else -1
        if depth == 0 or (mark[0] == "*/" and not rules.nested_comments):
            return "comment", mark.end()
    return "unclosed comment", len(sql)


def _skip_quote(sql: str, start: int, quote: str, rules: Syntax) -> tuple[str, int]:
    position = start + len(quote)
    if quote[0] == "$":
        end = sql.find(quote, position)
        return ("quote", end + len(quote)) if end >= 0 else ("unclosed dollar quote", len(sql))
    escapes = rules.escape_string is not None and rules.escape_string.match(sql, start)
    closing = _BACKSLASH_QUOTES["'"] if escapes else rules.quotes[quote]
    while closed := closing.search(sql, position):
        # What continues an E'...', doubled or on the next line, has backslashes too; the server, not psql, knows that.
        continued = _CONTINUED_STRING.match(sql, closed.end()) if escapes else None
        if continued is None:
            return "quote", closed.end()
        position = continued.end()
    return "unclosed quote", len(sql)


@lru_cache
def _compile_opener(opener: str, delimiter: str, *, in_body: bool) -> re.Pattern[str]:
    words_and_signs = rf"|[{_LETTERS}0-9$]+|[^\s()#]" if in_body else ""
    return re.compile(f"{re.escape(delimiter)}|{opener}{words_and_signs}", re.ASCII)


class _Trigger:
    """SQLite: ends with ``; END ;``, as in sqlite3_complete()."""

    def __init__(self) -> None:
        self._last = ("", "")

    def ends_with(self, word: str) -> bool:
        last, self._last = self._last, (self._last[1], word)
        return (*last, word) == (";", "END", ";")


class _AtomicBody:
    """PostgreSQL: BEGIN ATOMIC ... END, and the CASE ... END in it."""

    def __init__(self) -> None:
        self._depth = 0
        self._previous = ""

    def ends_with(self, word: str) -> bool:
        previous, self._previous = self._previous, word
        if (previous, word) == ("BEGIN", "ATOMIC") or (self._depth and word == "CASE" and previous not in (".", "AS")):
            self._depth += 1
        elif self._depth and word == "END" and previous not in (".", "AS"):
            self._depth -= 1
        return word == ";" and self._depth == 0


class _Program:
    """MySQL, MariaDB: a stored program, or a compound statement of its own, that came without DELIMITER.

    BEGIN, IF, REPEAT and the others are also names of columns and functions: they open a block only where a statement
    may start, and END closes one only there, or where an expression or a condition ends.
    """

    def __init__(self) -> None:
        self._blocks: list[str] = []
        self._previous = ""
        self._fresh = True  # a statement may start here
        self._labelled = False  # ... or could, before this word: if a colon comes, it was a label
        self._header = True  # CREATE ..., DECLARE ... HANDLER: what is declared here starts at no fixed place

    def ends_with(self, word: str) -> bool:
        previous, self._previous = self._previous, word
        fresh, self._fresh = self._fresh, False
        block = self._blocks[-1] if self._blocks else ""
        if word == ";":
            self._fresh, self._header = True, False
        elif word == ":":
            self._fresh = self._labelled
        elif previous in (".", "@"):  # new.end, @begin
            pass
        elif word == "END":
            if block and (fresh or block in ("expression", "UNTIL")):
                self._blocks.pop()
        elif word in _BLOCKS and (fresh or (self._header and word != "FOR")):
            self._blocks.append(word)
            self._fresh, self._header = word in ("BEGIN", "LOOP", "REPEAT"), False
        elif word == "CASE" and previous != "END":
            self._blocks.append("expression")
        elif word == "UNTIL" and fresh:
            self._blocks[-1:] = [word]
        elif (word == "HANDLER" and block) or word in _STATEMENTS:
            self._header = word == "HANDLER"
        else:
            self._fresh = (
                (word in ("THEN", "ELSE") and block in ("IF", "CASE"))
                or (word in ("DO", "LOOP") and not fresh and (self._header or block in ("WHILE", "FOR")))
                or (word in ("AS", "IS") and block == "PACKAGE")
                or (previous, word) == ("NOT", "ATOMIC")
            )
        self._labelled = fresh
        return word == ";" and not self._blocks


_LETTERS: Final = r"A-Za-z_\x80-\U0010ffff"  # to all three, everything beyond ASCII is a letter
_WORD: Final = re.compile(rf"[{_LETTERS}][{_LETTERS}0-9$]*")
_WHITE: Final = " \t\n\r\f\v"
_COMMENT_MARK: Final = re.compile(r"/\*|\*/")
_CONTINUED_STRING: Final = re.compile(r"(?:[ \t\f]*(?:--[^\n\r]*)?[\n\r](?:[ \t\n\r\f]|--[^\n\r]*[\n\r])*)?'")
_PLAIN_QUOTES: Final = {quote: re.compile(quote) for quote in "'\"`"}
_BACKSLASH_QUOTES: Final = {quote: re.compile(rf"(?<!\\)(?:\\\\)*{quote}") for quote in "'\""}
_BLOCKS: Final = frozenset({"BEGIN", "CASE", "FOR", "IF", "LOOP", "PACKAGE", "REPEAT", "WHILE"})
_STATEMENTS: Final = frozenset({"CALL", "INTO", "RETURN", "SELECT", "SET", "SIGNAL", "VALUES", "WHERE"})
_MAY_BE_COMPOUND: Final = re.compile(  # a first look, for speed
    r"(?i:/\*|(?:alter|begin|case|create(?!\s+(?:index|table|unique|view))|explain|for|if|loop|repeat|while)\b)",
    re.ASCII,
)

SQLITE_SYNTAX: Final = Syntax(
    opener=r"""'|"|`|\[|--|/\*""",
    quotes={**_PLAIN_QUOTES, "[": re.compile("]")},
    identifier_quotes='"`[',
    blank=re.compile(r"[ \t\n\r\f]+|--[^\n]*"),
    line_end=re.compile("\n"),
    client_command=re.compile(r"\.[^\n]*"),
    compound=re.compile(r"(?i:(?:EXPLAIN\s+(?:QUERY\s+PLAN\s+)?)?CREATE\s+(?:TEMP(?:ORARY)?\s+)*TRIGGER\b)", re.ASCII),
    body=_Trigger,
)
POSTGRES_SYNTAX: Final = Syntax(
    # In an identifier, a$b$c, nothing opens.
    opener=rf"""'|"|--|/\*|\(|\)|\\|\$(?<![{_LETTERS}0-9$]\$)(?:[{_LETTERS}][{_LETTERS}0-9]*)?\$""",
    quotes={quote: _PLAIN_QUOTES[quote] for quote in "'\""},
    identifier_quotes='"',
    blank=re.compile(r"[ \t\n\r\f\v]+|--[^\n\r]*"),
    line_end=re.compile("[\n\r]"),
    client_command=re.compile(r"\\[^\n]*"),
    compound=re.compile(r"(?i:CREATE\s+(?:OR\s+REPLACE\s+)?(?:FUNCTION|PROCEDURE)\b)", re.ASCII),
    body=_AtomicBody,
    nested_comments=True,
    escape_string=re.compile(rf"(?<=[eE])(?<![{_LETTERS}0-9$][eE])'"),
)
POSTGRES_BACKSLASH_STRINGS: Final = replace(  # standard_conforming_strings = off
    POSTGRES_SYNTAX, escape_string=re.compile(r"(?<![bBxX])(?<![uU]&)'")
)
MYSQL_SYNTAX: Final = Syntax(
    # The first line of a MariaDB dump, /*M!999999\- ... */, is a word to the client, which then drops the comment.
    opener=r"""'|"|`|--(?=[\x00-\x20\x7f]|\Z)|#|/\*(?:M?!\d*(?:\\-)?)?|\*/|\\[gGN]?""",
    quotes={**_BACKSLASH_QUOTES, "`": _PLAIN_QUOTES["`"]},
    identifier_quotes="`",
    # The client takes --x for a comment where a statement may start; elsewhere, as in 5--1, it is two operators.
    blank=re.compile(r"[ \t\n\r\f\v]+|(?:--|#)[^\n]*"),
    line_end=re.compile("\n"),
    client_command=re.compile(
        r"(?i:\?|charset|clear|connect|delimiter|edit|ego|exit|go|help|nopager|notee|nowarning|pager|print|prompt"
        r"|query_attributes|quit|rehash|resetconnection|source|ssl_session_data_print|status|system|tee|warnings)"
        r"(?=[\s;]|\Z)[^\n]*",
        re.ASCII,
    ),
    compound=re.compile(
        r"(?i:\s*(?:CREATE\s+(?:OR\s+REPLACE\s+)?"
        r"(?:DEFINER\s*=\s*[^\s@(]*\s*(?:\(\s*\)\s*)?(?:@\s*[^\s@]*\s*)?)?(?:AGGREGATE\s+)?"
        r"(?:(?:PROCEDURE|FUNCTION|TRIGGER|EVENT)\b(?:\s+IF\s+NOT\s+EXISTS\b)?|(?=PACKAGE\b))|ALTER\s[^;]*?\bEVENT\b"
        r"|(?=(?:BEGIN\s+NOT\s+ATOMIC|CASE|FOR|IF|LOOP|REPEAT|WHILE)\b)))",
        re.ASCII,
    ),
    body=_Program,
    delimiter_command=re.compile(
        r"""(?i:delimiter)[ \t]+(?:'([^'\\\n]+)'|"([^"\\\n]+)"|`([^`\\\n]+)`|([^\s\\'"`][^\s\\]*)(?=\s|\Z))[^\n]*""",
        re.ASCII,
    ),
)
MYSQL_NO_BACKSLASH_ESCAPES: Final = replace(MYSQL_SYNTAX, quotes=_PLAIN_QUOTES)
MYSQL_ANSI_QUOTES: Final = replace(
    MYSQL_SYNTAX, quotes={**_PLAIN_QUOTES, "'": _BACKSLASH_QUOTES["'"]}, identifier_quotes='"`'
)


# Dialects #############################################################################################################
# A URL comes in; a Database that can be asked and changed goes out. Every difference between the databases is an
# attribute or a method in this section. What a driver raises leaves here as _Failed: a message, a code, a place.

Row = tuple[Any, ...]


class _Failed(Exception):  # noqa: N818 (internal: a driver's error, before it is known what it means to a person)
    """What a database said. *offset* counts characters from 0 in the text sent, *number* its statements from 1."""

    statement: Statement | None = None

    def __init__(self, message: str, code: str = "", *, offset: int | None = None, number: int = 0, lost: bool = False) -> None:
        super().__init__(message)
        self.message, self.code, self.offset, self.number, self.lost = message.strip(), code, offset, number, lost


class _Refusal(NamedTuple):
    """A statement that must not run in a file: a pattern on its bare text, the reason, the way out."""

    pattern: str
    what: str
    fix: str


_ALONE: Final = "move it into a file with  -- migrate: no-transaction  on its first line"  # allowed there
_CONTROL: Final = _Refusal(
    r"(BEGIN(?!\s+NOT\b)|START\s+TRANSACTION|COMMIT|END|ABORT|ROLLBACK(?!(\s+(WORK|TRANSACTION))?\s+TO\b)|XA"
    r"|PREPARE\s+TRANSACTION|SET\s.*\bAUTOCOMMIT\s*:?=)",
    "this would end the transaction that the file runs in, or one of this tool's own",
    "write the file without transaction control (BEGIN and COMMIT in pairs are understood); to commit in between,"
    " split the file, or put  -- migrate: no-transaction  on its first line",
)
_CONTROL_WORDS: Final = ("BEGIN", "START", "COMMIT", "END", "ABORT", "ROLLBACK", "XA", "PREPARE", "SET")
_AUTOCOMMIT: Final = r"SET\s+(@@)?(SESSION[\s.]+)?AUTOCOMMIT\s*:?=\s*"
# The file's own BEGIN and COMMIT, on bare text in upper case.
_OPENS: Final = re.compile(
    rf"(BEGIN(\s+(DEFERRED|IMMEDIATE|EXCLUSIVE))?(\s+(WORK|TRANSACTION))?|START\s+TRANSACTION|{_AUTOCOMMIT}(0|OFF))"
    r"(\s+READ\s+WRITE)?\Z")
_CLOSES: Final = re.compile(rf"((COMMIT|END)(\s+(WORK|TRANSACTION))?(\s+AND\s+NO\s+CHAIN)?|{_AUTOCOMMIT}(1|ON))\Z")
_NEVER: Final = re.compile(r"(?!)")
_CONNECT_FIXES: Final = {
    "not a database": "correct the path: this file holds something else",
    "no folder": "create the folder, or correct the path",
    "locked": "another program keeps the file locked; try again when it is done",
    "denied": "correct the user name and the password in the URL, or GRANT the user rights on the database",
    "authentication failed": "correct the user name and the password; percent-encode special characters in them",
    "does not exist": "create the role and the database first (createuser, createdb), or correct their names in the URL",
    "Unknown database": "create the database first (CREATE DATABASE), or correct its name in the URL",
    "negotiation": "correct the port: what listens there is not PostgreSQL",
    "cryptography": "pip install 'PyMySQL[rsa]'",
    "insecure transport": "add ?ssl_mode=REQUIRED to the URL",
    "SSL": "set ?sslmode= to what the server offers: disable, require or verify-full",
    "": "check that the server runs, and the host and port in the URL",
}


class Database(ABC):
    """One database, and the connection to it, which ``open`` makes and may make again."""

    dialect: ClassVar[str]
    label: ClassVar[str]
    syntax: Syntax
    placeholder: ClassVar[str] = "%s"
    quote_mark: ClassVar[str] = '"'
    transactional: ClassVar[bool] = True  # a failing file leaves nothing behind
    shares_transaction: ClassVar[bool] = False  # the files of a run go into one transaction, a savepoint each
    whole_files: ClassVar[bool] = False  # the server splits a file itself
    text_type, time_type, id_type, table_suffix = "TEXT", "TEXT", "", ""
    begin_sql = "BEGIN"
    transaction_id_sql = "SELECT 0"  # what differs between two transactions, where the database has such a thing
    reset_sql = ""  # takes back what a file has set in the session, as part of its transaction
    objects_sql: ClassVar[str]  # what reset drops: kind and quoted name, in an order that works
    refusals: ClassVar[Mapping[str, _Refusal]] = {}  # by first word, besides transaction control
    # Patterns on the bare text of a statement, in upper case; *leaks* is searched in a whole file.
    session: ClassVar[re.Pattern[str]]  # changes the session only; a resumed file runs it again
    joins: ClassVar[re.Pattern[str]] = _NEVER  # goes into one transaction with its neighbours, in a journaled file
    may_be_partial: re.Pattern[str] = _NEVER  # may have committed a part of its work when it fails
    leaks: ClassVar[re.Pattern[str]] = _NEVER  # what it does would reach the next file
    driver: ClassVar[str]
    driver_errors: tuple[type[Exception], ...] = ()

    def __init__(self, url: DatabaseURL) -> None:
        self.url = url
        self.connection: Any = None  # the three drivers have no type in common
        self.exists = True

    def open(self, *, write: bool = False) -> None:
        """Connect; without *write* nothing can be changed or created. Raises ConnectError; leaves nothing open then."""
        if self.connection is not None and not self.must_reopen(write=write):
            return
        self.close()
        try:
            self._connect(write=write)
        except ModuleNotFoundError as error:
            raise ConnectError(f"the driver {error.name} is not installed", fix=f"pip install {self.driver}") from None
        except _Failed as failed:
            self.close()
            message = " ".join(failed.message.split())
        else:
            return
        for secret in {self.url.password, quote(self.url.password, safe="")} - {""}:
            message = message.replace(secret, "***")  # should a driver have put it there
        fix = next(fix for part, fix in _CONNECT_FIXES.items() if part in message)
        raise ConnectError(message, where=str(self.url), fix=fix)

    def must_reopen(self, *, write: bool) -> bool:  # noqa: ARG002
        """Tell whether the open connection is of the wrong kind; on a server there is one kind only."""
        return False

    def renew(self, deadline: float) -> None:  # noqa: ARG002
        """Open a new connection, locks included, so that nothing a file has set reaches the next one."""
        self.close()
        self.open(write=True)

    def close(self) -> None:
        """Close the connection, which rolls back what is open. Does nothing where none is open; never raises."""
        if self.connection is not None:
            with contextlib.suppress(Exception):
                self.connection.close()
        self.connection = None

    @contextlib.contextmanager
    def translated(self) -> Iterator[None]:
        """Turn what the driver raises into _Failed."""
        try:
            yield
        except self.driver_errors as error:
            raise self._explain(error) from None

    @abstractmethod
    def _connect(self, *, write: bool) -> None: ...

    @abstractmethod
    def _explain(self, error: Any) -> _Failed: ...

    def query(self, sql: str, *args: object) -> list[Row]:
        """Run one statement of ours, ``?`` for each argument; return its rows. Raises _Failed."""
        return self._execute(sql, *args)[1]

    def _execute(self, sql: str, *args: object) -> tuple[list[str], list[Row]]:
        if self.connection is None:
            raise _Failed("the connection is closed", lost=True)
        with self.translated(), contextlib.closing(self.connection.cursor()) as cursor:
            # Without arguments a percent sign is an ordinary character.
            cursor.execute(*((sql.replace("?", self.placeholder), args) if args else (sql,)))
            return [column[0] for column in cursor.description or ()], cursor.fetchall() if cursor.description else []

    @abstractmethod
    def run(self, sql: str) -> None:
        """Run text of a person's file and drop its rows. Raises _Failed."""

    @property
    @abstractmethod
    def in_transaction(self) -> bool:
        """Whether a transaction is open and usable."""

    @contextlib.contextmanager
    def transaction(self, key: str, deadline: float) -> Iterator[None]:
        """Run the body in a transaction that no other runner has for *key*. Raises LockedError at the *deadline*."""
        self._poll(partial(self._begin, key), deadline)
        try:
            yield
            if self.in_transaction:  # else the body has committed
                self.commit(deadline)
        except BaseException:
            self.rollback()
            raise

    def _begin(self, key: str) -> bool:  # noqa: ARG002
        self.query(self.begin_sql)
        return True

    def commit(self, deadline: float) -> None:  # noqa: ARG002
        """Commit. Raises _Failed, with nothing committed unless the connection was lost."""
        self.query("COMMIT")

    def rollback(self) -> None:
        """Undo the open transaction, if any. Never raises: the error that led here matters more."""
        with contextlib.suppress(_Failed):
            self.query("ROLLBACK")

    def broken_references(self) -> Counter[tuple[str, str]]:
        """Count rows that point to nothing, by (table, parent), where the database does not check by itself."""
        return Counter()

    def syntax_after(self, statement: Statement, syntax: Syntax) -> Syntax:  # noqa: ARG002
        """Return the lexical rules that hold after *statement*."""
        return syntax

    def find_fault(self, statement: Statement, before: Sequence[Statement]) -> tuple[str, str] | None:  # noqa: ARG002
        """Return what is wrong with *statement* after those *before* it in its file, and the fix; None mostly."""
        return None

    def run_marked(self, statement: Statement, started: str, done: str) -> None:
        """Run *statement* and the UPDATE *done* as one; where that cannot be, run it between *started* and *done*.

        Raises _Failed. Afterwards the history says: done; or started, where it may have run; or neither.
        """
        try:
            self.query("BEGIN")
            self.run(statement.text)
            self.query(done)
            self.query("COMMIT")
        except _Failed as failed:
            self.rollback()
            if failed.code not in {"25001", "2D000"}:  # it cannot run inside a transaction
                raise
            self.query(started)
            self.run(statement.text)
            self.query(done)

    @contextlib.contextmanager
    def lock(self, key: str, deadline: float, *, journaled: bool) -> Iterator[None]:  # noqa: ARG002
        """Keep other runners out while the body runs. Raises LockedError at the *deadline*."""
        yield

    def locate(self, table: str, schema: str) -> tuple[list[str], list[str] | None]:
        """Return the schema of *table*, if there are schemas, and its columns; None where there is no such table."""
        try:
            return [schema] if schema else [], self._execute(f"SELECT * FROM {self.quoted(schema, table)} LIMIT 0")[0]
        except _Failed as failed:
            if failed.code not in {"absent", "1146"}:
                raise
            return [schema] if schema else [], None

    def drop_everything(self, schemas: Sequence[str]) -> int:
        """Drop every object in the database, or the *schemas*, but those of extensions; return how many."""
        if len(schemas) > 1:
            what, fix = f"{self.label} has no schemas within a database", "leave --schema out"
            raise SettingsError(what, where="--schema", fix=fix)
        return self._drop(self.query(self.objects_sql), "")

    def _drop(self, objects: Sequence[Row], suffix: str) -> int:
        for kind, name in objects:
            self.query(f"DROP {kind} IF EXISTS {name} {suffix}")
        return len(objects)

    def quoted(self, *names: str) -> str:
        """Quote identifiers and join them with dots; empty ones are left out."""
        mark = self.quote_mark
        return ".".join(mark + name.replace(mark, 2 * mark) + mark for name in names if name)

    def _poll(self, attempt: Callable[[], bool], deadline: float) -> None:
        """Call *attempt* until it is true, outside of any transaction. Raises LockedError at the *deadline*."""
        pause = 0.02
        while not attempt():
            if time.monotonic() >= deadline:
                what, state = "another runner is at work, and kept the lock for all of the lock timeout", "this run changed nothing."
                fix = "wait for it and run the same command again, or wait longer:  --lock-timeout 300"
                raise LockedError(what, where=str(self.url), state=state, fix=fix)
            time.sleep(max(0.0, min(pause, deadline - time.monotonic())))
            pause = min(pause * 2, 0.5)


class SQLite(Database):
    """SQLite through the standard library: every statement on its own, transactions written out."""

    dialect, label, syntax, placeholder = "sqlite", "SQLite", SQLITE_SYNTAX, "?"
    shares_transaction = True
    id_type = "INTEGER PRIMARY KEY AUTOINCREMENT"
    session = re.compile(r"(PRAGMA|ATTACH|DETACH)\b")
    _foreign_keys = re.compile(r"PRAGMA\s+(?:\w+\s*\.\s*)?FOREIGN_KEYS\s*[=(]\s*['\"]?(\w+)", re.IGNORECASE)
    leaks = re.compile(
        r"\b(TEMP|TEMPORARY|ATTACH|PRAGMA(?!\s+(\w+\.)?(foreign_key|user_version|application_id|integrity_|quick_|table_)))\b",
        re.IGNORECASE,
    )
    refusals: ClassVar = {
        "ATTACH": _Refusal("", "ATTACH: a transaction over two files is not atomic", _ALONE),
        "DETACH": _Refusal("", "DETACH: a transaction over two files is not atomic", _ALONE),
        "VACUUM": _Refusal("", "VACUUM cannot run inside a transaction", _ALONE),
        "PRAGMA": _Refusal(r"PRAGMA\s.*\b(JOURNAL_MODE|SYNCHRONOUS)\s*[=(]", "this cannot run inside a transaction", _ALONE),
    }
    driver_errors = (sqlite3.Error, sqlite3.Warning)
    begin_sql = "BEGIN IMMEDIATE"
    # Views first, they may name anything; then virtual tables, which take their shadow tables with them.
    objects_sql = """SELECT type, '"' || replace(name, '"', '""') || '"' FROM sqlite_master
        WHERE type IN ('view', 'table') AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\'
        ORDER BY type = 'view' DESC, sql LIKE 'CREATE VIRTUAL%' DESC"""
    _writable = False

    def must_reopen(self, *, write: bool) -> bool:
        return write and not self._writable and self.url.database != ":memory:"

    def renew(self, deadline: float) -> None:
        if self.url.database != ":memory:":  # it would be gone
            super().renew(deadline)

    def _connect(self, *, write: bool) -> None:
        path = Path(self.url.database)
        memory = self.url.database == ":memory:"
        self.exists, self._writable = memory or path.exists(), write
        if not memory and not path.parent.is_dir():
            raise _Failed(f"there is no folder {_shown(path.parent)}")
        # Reading a file that is not there yet is reading an empty database; nothing is created.
        on_disk = not memory and (self.exists or write)
        uri = f"{path.absolute().as_uri()}?mode={'rwc' if write else 'ro'}" if on_disk else "file::memory:"
        try:
            self._open(uri)
        except _Failed:
            # A WAL database in a read-only folder cannot make its -shm file. With no -wal there is nothing in it that
            # the main file lacks, so that it can be read as it is.
            wal = path.with_name(path.name + "-wal")
            if write or not path.is_file() or (wal.exists() and wal.stat().st_size):
                raise
            self._open(uri + "&immutable=1")

    def _open(self, uri: str) -> None:
        with self.translated():
            self.connection = sqlite3.connect(uri, uri=True, isolation_level=None, timeout=1.0)
            # What a person's SELECT returns is dropped; text that is not UTF-8 must not stop it.
            self.connection.text_factory = partial(str, encoding="utf-8", errors="replace")
            # A signal is seen only while Python code runs: this gives it the chance inside a long statement.
            self.connection.set_progress_handler(lambda: 0, 100_000)
            self.connection.execute("PRAGMA foreign_keys = OFF")
            self.connection.execute("SELECT count(*) FROM sqlite_master").fetchall()

    def _explain(self, error: Any) -> _Failed:
        message = str(error)
        if message == "interrupted":  # the progress handler was left by a signal
            raise KeyboardInterrupt from None
        codes = {"locked": "busy", "no such table": "absent", "within a transaction": "25001", "inside a transaction": "25001"}
        return _Failed(message, next((code for part, code in codes.items() if part in message), ""))

    def run(self, sql: str) -> None:
        with self.translated():
            for _row in self.connection.execute(sql):
                pass  # an unfetched SELECT would lock its table

    @property
    def in_transaction(self) -> bool:
        return bool(self.connection and self.connection.in_transaction)

    def _begin(self, key: str) -> bool:  # noqa: ARG002 (the file is the key)
        return self._unless_busy(self.begin_sql)

    def commit(self, deadline: float) -> None:
        # With a rollback journal a reader keeps the COMMIT out; the transaction stays open, and it can be repeated.
        self._poll(lambda: self._unless_busy("COMMIT"), deadline)

    def _unless_busy(self, sql: str) -> bool:
        try:
            self.query(sql)
        except _Failed as failed:
            if failed.code != "busy":
                raise
            return False
        return True

    def find_fault(self, statement: Statement, before: Sequence[Statement]) -> tuple[str, str] | None:
        """See Database. The sqlite3 client would put NULL where a bind marker stands, and say nothing."""
        text = bare(statement.text, self.syntax) if set("?:@$#").intersection(statement.text) else ""
        if found := re.search(r"\?\d*|[:@$#][A-Za-z_]\w*", text):
            return f"{found[0]} is a bind marker, and there is no value for it", "write the value; put text in single quotes"
        switches = [found[1].upper() for each in before if (found := self._foreign_keys.match(each.text))]
        acts = re.match(r"(UPDATE|DELETE|REPLACE|INSERT\s+OR\s+REPLACE|DROP\s+TABLE)\b", statement.text, re.IGNORECASE)
        if acts and switches and switches[-1] in {"ON", "1", "TRUE", "YES"}:
            what = "foreign keys are checked at the end of the file: they cannot be on here, and ON DELETE does nothing"
            return what, "remove the PRAGMA and write what ON DELETE would do, or put  -- migrate: no-transaction  on line 1"
        return None

    def broken_references(self) -> Counter[tuple[str, str]]:
        """See Database. A mismatch in the schema itself, which SQLite reports as an error, is not counted."""
        broken: Counter[tuple[str, str]] = Counter()
        for (table,) in self.query("SELECT name FROM sqlite_master WHERE type = 'table' AND sql LIKE '%REFERENCES%'"):
            with contextlib.suppress(_Failed):
                broken.update((row[0], row[2]) for row in self.query(f"PRAGMA foreign_key_check({self.quoted(table)})"))
        return broken

    @contextlib.contextmanager
    def lock(self, key: str, deadline: float, *, journaled: bool) -> Iterator[None]:  # noqa: ARG002
        """See Database. A lock on the folder, because one on the file itself would get in SQLite's own way."""
        if not journaled or os.name == "nt" or self.url.database == ":memory:":  # the claim row alone has to do there
            yield
            return
        import fcntl

        def attempt() -> bool:
            with contextlib.suppress(BlockingIOError):
                fcntl.flock(folder, fcntl.LOCK_EX | fcntl.LOCK_NB)
                return True
            return False

        folder = os.open(Path(self.url.database).absolute().parent, os.O_RDONLY)
        try:
            self._poll(attempt, deadline)
            yield
        finally:
            os.close(folder)


class Postgres(Database):
    """PostgreSQL through psycopg: a file is one message, the server splits it."""

    dialect, label, syntax = "postgres", "PostgreSQL", POSTGRES_SYNTAX
    whole_files = True
    time_type, id_type = "TIMESTAMP(3)", "BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY"
    session = re.compile(r"(SET(?!\s+TRANSACTION)|RESET|PREPARE|DEALLOCATE|LISTEN|LOAD)\b|SELECT\s[^;]*\bSET_CONFIG\b")
    may_be_partial = re.compile(r"(CALL|DO)\b")
    refusals: ClassVar = {"COPY": _Refusal(
        r".*\b(FROM\s+STDIN|TO\s+STDOUT)\b", "COPY with data in the file works in psql only",
        "write INSERT statements (pg_dump --inserts), or COPY from a file on the server")}
    driver = "'psycopg[binary]'"
    transaction_id_sql = "SELECT txid_current()"
    # Inside the transaction, so that it also holds behind a pooler that hands out connections.
    reset_sql = """RESET SESSION AUTHORIZATION; RESET ROLE; SET CONSTRAINTS ALL IMMEDIATE; RESET ALL; DEALLOCATE ALL;
        CLOSE ALL; UNLISTEN *; DISCARD TEMP; DISCARD SEQUENCES"""
    # pg_depend knows what lies in a schema, and what of it belongs to an extension (e).
    objects_sql = """SELECT replace(replace(o.type, 'composite ', ''), ' object', ''), o.identity FROM pg_catalog.pg_depend d,
        LATERAL pg_catalog.pg_identify_object(d.classid, d.objid, d.objsubid) o, pg_catalog.array_position(ARRAY[
        'materialized view', 'view', 'foreign table', 'table', 'sequence', 'function', 'procedure', 'aggregate',
        'operator class', 'operator family', 'operator', 'type', 'composite type', 'collation', 'conversion',
        'statistics object', 'text search configuration', 'text search dictionary', 'text search parser',
        'text search template'], o.type) place WHERE place > 0 AND d.deptype = 'n'
        AND d.refclassid = 'pg_catalog.pg_namespace'::regclass
        AND d.refobjid IN (SELECT oid FROM pg_catalog.pg_namespace WHERE nspname = ANY(?)) AND NOT EXISTS (SELECT
        FROM pg_catalog.pg_depend e WHERE e.classid = d.classid AND e.objid = d.objid AND e.deptype = 'e') ORDER BY place"""
    def _connect(self, *, write: bool) -> None:  # noqa: ARG002 (one kind of connection serves for all)
        import psycopg

        self.driver_errors = (psycopg.Error,)
        hosts = [host for host, _ in self.url.hosts]
        ports = [str(port or 5432) for _, port in self.url.hosts]
        # Keepalives: a dead network is noticed within a minute or so; without them a run could hang for ever.
        options = {
            **{"connect_timeout": "10", "application_name": "migrate", "client_encoding": "utf8"},
            **{"keepalives_idle": "30", "keepalives_interval": "10", "keepalives_count": "3"},
            **{"host": ",".join(hosts), "port": ",".join(ports) if any(port for _, port in self.url.hosts) else ""},
            **{"user": self.url.user, "password": self.url.password, "dbname": self.url.database, **self.url.options},
        }
        given: dict[str, Any] = {name: value for name, value in options.items() if value.strip(",")}
        with self.translated():
            self.connection = psycopg.connect(autocommit=True, prepare_threshold=None, **given)

    def _explain(self, error: Any, number: int = 0) -> _Failed:
        diag = error.diag
        context = None if diag.statement_position else diag.context
        more = {"detail: ": diag.message_detail, "hint: ": diag.message_hint, "in ": context}
        message = (diag.message_primary or str(error)) + "".join(f"\n{name}{text}" for name, text in more.items() if text)
        position = int(diag.statement_position) - 1 if diag.statement_position else None
        lost = self.connection is not None and self.connection.closed
        code = "absent" if error.sqlstate == "42P01" else error.sqlstate or ""
        return _Failed(message, code, offset=position, number=number, lost=lost)

    def run(self, sql: str) -> None:
        """See Database. The text is one message of the simple protocol, so that each result is one statement."""
        from psycopg import errors, generators, pq

        with self.translated(), self.connection.lock:
            self.connection.pgconn.send_query(sql.encode())
            results = self.connection.wait(generators.execute(self.connection.pgconn))
        for number, result in enumerate(results, 1):
            if result.status == pq.ExecStatus.FATAL_ERROR:
                raise self._explain(errors.error_from_result(result, encoding="utf-8"), number)
            if result.status in {pq.ExecStatus.COPY_IN, pq.ExecStatus.COPY_OUT, pq.ExecStatus.COPY_BOTH}:
                self.close()  # it would wait for data for ever; closing rolls back
                raise _Failed("COPY with data in the file works in psql only", number=number)

    @property
    def in_transaction(self) -> bool:
        return self.connection is not None and self.connection.info.transaction_status.name == "INTRANS"

    @staticmethod
    def _number(key: str) -> int:
        return int.from_bytes(hashlib.sha256(key.encode()).digest()[:8], "big", signed=True)

    def _begin(self, key: str) -> bool:
        # Polled: a waiting pg_advisory_lock would deadlock with CREATE INDEX CONCURRENTLY.
        self.query(self.begin_sql)
        if not (free := self.query("SELECT pg_try_advisory_xact_lock(?)", self._number(key))[0][0]):
            self.rollback()
        return bool(free)

    def commit(self, deadline: float) -> None:  # noqa: ARG002
        """See Database. COMMIT of a transaction that has failed raises nothing; only its tag tells."""
        with self.translated():
            tag = self.connection.execute("COMMIT").statusmessage
        if tag != "COMMIT":
            raise _Failed(f"PostgreSQL answered {tag} to COMMIT")

    @contextlib.contextmanager
    def lock(self, key: str, deadline: float, *, journaled: bool) -> Iterator[None]:
        """See Database. Only files that cannot be one transaction need it, and those cannot run through a pooler."""
        if not journaled:
            yield
            return
        if self.query("SELECT pg_backend_pid()")[0][0] != self.connection.pgconn.backend_pid:
            what, fix = "cannot run through a connection pooler", "connect to the PostgreSQL server itself for this run"
            what = f"a file with  -- migrate: no-transaction  {what}"
            raise MigrateError(what, where=str(self.url), state="nothing was changed.", fix=fix)
        self._poll(lambda: bool(self.query("SELECT pg_try_advisory_lock(?)", self._number(key))[0][0]), deadline)
        try:
            yield
        finally:
            with contextlib.suppress(_Failed):
                self.query("SELECT pg_advisory_unlock(?)", self._number(key))

    def locate(self, table: str, schema: str) -> tuple[list[str], list[str] | None]:
        found = self.query(
            "SELECT n.nspname FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace"
            " WHERE c.oid = pg_catalog.to_regclass(?)", self.quoted(schema, table)
        )  # fmt: skip
        schema = schema or (found or self.query("SELECT current_schema()"))[0][0] or ""
        if not schema:
            what, fix = "no schema of the search path exists", "create one, or name it:  --table schema.schema_migrations"
            raise ConnectError(what, where=str(self.url), fix=fix)
        return super().locate(table, schema) if found else ([schema], None)

    def drop_everything(self, schemas: Sequence[str]) -> int:
        return self._drop(self.query(self.objects_sql, list(schemas)), "CASCADE")


class MySQL(Database):
    """MySQL and MariaDB through PyMySQL. DDL commits by itself there, so that every file is journaled."""

    dialect, label, syntax = "mysql", "MySQL", MYSQL_SYNTAX
    quote_mark = "`"
    transactional = False
    text_type, time_type, id_type = "LONGTEXT", "DATETIME(3)", "BIGINT AUTO_INCREMENT PRIMARY KEY"
    table_suffix = " ENGINE = InnoDB DEFAULT CHARACTER SET utf8mb4"
    begin_sql = "START TRANSACTION"
    objects_sql = """SELECT kind, CONCAT('`', REPLACE(name, '`', '``'), '`') FROM (
        SELECT IF(table_type IN ('VIEW', 'SEQUENCE'), table_type, 'TABLE') AS kind, table_name AS name
        FROM information_schema.tables WHERE table_schema = DATABASE()
        UNION ALL SELECT routine_type, routine_name FROM information_schema.routines WHERE routine_schema = DATABASE()
        UNION ALL SELECT 'EVENT', event_name FROM information_schema.events WHERE event_schema = DATABASE()) AS objects
        ORDER BY kind = 'VIEW' DESC"""
    session = re.compile(r"(SET|PREPARE|DEALLOCATE)\b|SELECT\b(?=.*(:=|\bINTO\s+@))", re.DOTALL)
    joins = re.compile(
        r"(INSERT|UPDATE|DELETE|REPLACE|SELECT|WITH|VALUES|TABLE|DO|SHOW|EXPLAIN|DESCRIBE|DESC|HELP|LOAD\s+(DATA|XML)"
        r"|SET(?!\s+(PASSWORD|DEFAULT|RESOURCE)))\b|\("
    )
    may_be_partial = re.compile(r"(CALL|EXECUTE|BEGIN)\b")
    leaks = re.compile(r"@|\b(SET|PREPARE|TEMPORARY|CALL|EXECUTE|BEGIN)\b", re.IGNORECASE)
    refusals: ClassVar = {
        **{word: _Refusal("", f"{word} would get in the way of this tool's transactions", _CONTROL.fix) for word in ("SAVEPOINT", "RELEASE")},
        "ROLLBACK": _CONTROL._replace(pattern=""),
        "USE": _Refusal(
            "", "USE would put the rest of the file into another database than the history",
            "name tables as database.table, or migrate that database with a URL of its own"),
        "LOCK": _Refusal(
            r"LOCK\s+TABLES?\b", "LOCK TABLES locks this tool out of its own history",
            "remove LOCK TABLES and UNLOCK TABLES (mysqldump --skip-add-locks)"),
    }
    driver = "'PyMySQL[rsa]'"
    _held: str = ""
    _packet_limit: int = 2**30

    def _connect(self, *, write: bool) -> None:  # noqa: ARG002 (one kind of connection serves for all)
        import pymysql
        from pymysql.constants import CLIENT

        self.driver_errors = (pymysql.Error, RuntimeError)  # RuntimeError: a package for the login is not installed
        options = dict(self.url.options)
        timeout = options.pop("connect_timeout", "10")
        if len(self.url.hosts) > 1 or not timeout.isdigit() or not int(timeout):
            what = "PyMySQL connects to one host only, with a connect_timeout in whole seconds"
            raise SettingsError(what, where=str(self.url), fix="correct the URL: .../database?connect_timeout=10")
        host, port = self.url.hosts[0] if self.url.hosts else ("", 0)
        socket = options.pop("unix_socket", "") or options.pop("socket", "") or (host if host.startswith("/") else None)
        login = {"user": self.url.user or None, "password": self.url.password.encode(), "database": self.url.database}
        charset = {"charset": options.pop("charset", "utf8mb4"), "collation": options.pop("collation", None)}
        tls = _mysql_tls(options, str(self.url))
        with self.translated():
            self.connection = pymysql.connect(
                host=host or "localhost", port=port or 3306, unix_socket=socket, **login, **charset, **tls, autocommit=True,
                connect_timeout=int(timeout), read_timeout=int(timeout), client_flag=CLIENT.MULTI_STATEMENTS,
            )  # fmt: skip
        # The timeout was for the handshake, with what may not be a MySQL server at all. A statement may take hours,
        # and would go on in the server after a timeout here.
        self.connection._read_timeout = None  # noqa: SLF001
        if "ssl" in tls and not self.query("SHOW SESSION STATUS LIKE 'Ssl_cipher'")[0][1]:
            raise _Failed("the server does not offer TLS, which the URL asks for")
        mode, packet, version = self.query("SELECT @@sql_mode, @@max_allowed_packet, VERSION()")[0]
        self._packet_limit, self.syntax = int(packet), _mysql_syntax(mode)
        if "mariadb" in version.lower():  # MySQL drops all the tables of a list, or none
            self.may_be_partial = re.compile(self.may_be_partial.pattern + r"|DROP\b[^;]*,")

    def _explain(self, error: Any) -> _Failed:
        code, message = (*error.args, "")[:2] if error.args and isinstance(error.args[0], int) else (-1, str(error))
        return _Failed(str(message) or "the connection was lost", str(code), lost=code in {0, 1053, 1927, 2006, 2013, 2055})

    def run(self, sql: str) -> None:
        """See Database. Errors of the second and later statements of a packet come with their result, not before."""
        with self.translated(), self.connection.cursor() as cursor:
            cursor.execute(sql, None)
            while cursor.nextset():
                pass

    @property
    def in_transaction(self) -> bool:
        from pymysql.constants import SERVER_STATUS

        return bool(self.connection and self.connection.server_status & SERVER_STATUS.SERVER_STATUS_IN_TRANS)

    def syntax_after(self, statement: Statement, syntax: Syntax) -> Syntax:
        """See Database. A mode that is put back from a variable is taken to be the one the session began with."""
        found = re.search(r"\bSQL_MODE\b['`]?\s*:?=\s*(.*)", statement.text, re.IGNORECASE | re.DOTALL)
        if not found or words(statement.text, syntax, 1) != ("SET",):
            return syntax
        value = found[1].upper()
        return self.syntax if re.match(r"@(?!@)|DEFAULT|@@GLOBAL|REPLACE", value) else _mysql_syntax(value)

    def find_fault(self, statement: Statement, before: Sequence[Statement]) -> tuple[str, str] | None:  # noqa: ARG002
        size = len(statement.text)
        if 4 * size + 2048 > self._packet_limit and len(statement.text.encode()) + 2048 > self._packet_limit:
            return (f"{size} characters are more than the server takes in one statement", "split it, or raise max_allowed_packet")
        return None

    def run_marked(self, statement: Statement, started: str, done: str) -> None:
        """See Database. One packet: a server whose client dies half way still goes on to write *done*."""
        if not statement.text.startswith("/*"):
            self.run(f"START TRANSACTION; {started}; {statement.text}\n; {done}; COMMIT")
            return
        # Where the version in such a comment does not apply, nothing is left between two semicolons: an error.
        self.query(started)
        self.run(statement.text)
        self.query(done)

    @contextlib.contextmanager
    def lock(self, key: str, deadline: float, *, journaled: bool) -> Iterator[None]:  # noqa: ARG002
        """See Database. GET_LOCK is of the whole server: the key holds the database; it is short for TiDB."""
        self._held = "migrate:" + hashlib.sha256(key.encode()).hexdigest()[:40]
        self._poll(self._get_lock, deadline)
        try:
            yield
        finally:
            with contextlib.suppress(_Failed):
                self.query("SELECT RELEASE_LOCK(?)", self._held)
            self._held = ""

    def _get_lock(self) -> bool:
        return bool(self.query("SELECT GET_LOCK(?, 0)", self._held)[0][0] == 1)

    def renew(self, deadline: float) -> None:
        super().renew(deadline)
        if self._held:
            self._poll(self._get_lock, deadline)

    def locate(self, table: str, schema: str) -> tuple[list[str], list[str] | None]:
        return super().locate(table, schema or self.url.database)

    def drop_everything(self, schemas: Sequence[str]) -> int:
        self.query("SET foreign_key_checks = 0")
        number = super().drop_everything(schemas)
        self.query("SET foreign_key_checks = 1")
        return number


def _mysql_syntax(mode: str) -> Syntax:
    if "NO_BACKSLASH_ESCAPES" in mode:
        return replace(MYSQL_NO_BACKSLASH_ESCAPES, identifier_quotes='"`') if "ANSI" in mode else MYSQL_NO_BACKSLASH_ESCAPES
    return MYSQL_ANSI_QUOTES if "ANSI" in mode else MYSQL_SYNTAX


def _mysql_tls(options: dict[str, str], where: str) -> dict[str, Any]:
    """Return PyMySQL's ssl argument for the options of the URL; nothing where they do not ask for TLS."""
    mode = (options.pop("ssl_mode", "") or options.pop("ssl-mode", "")).upper()
    modes = ("", "DISABLED", "PREFERRED", "REQUIRED", "VERIFY_CA", "VERIFY_IDENTITY")
    if mode not in modes:
        fix = f"write one of {', '.join(modes[1:])}"
        raise SettingsError(f"unknown ssl_mode{_nearest(mode, modes[1:])}", where=where, fix=fix)
    checks = {name: _is_true(options.pop(name, "")) for name in ("ssl_verify_cert", "ssl_verify_identity", "ssl_disabled")}
    files = {name.removeprefix("ssl_"): value for name, value in options.items()}
    if mode == "DISABLED" or checks["ssl_disabled"]:
        return {"ssl_disabled": True}
    if mode in {"", "PREFERRED"} and not files and not any(checks.values()):
        return {}  # PyMySQL takes TLS where the server offers it
    identity = mode == "VERIFY_IDENTITY" or checks["ssl_verify_identity"]
    verify = identity or mode == "VERIFY_CA" or "ca" in files or checks["ssl_verify_cert"]
    return {"ssl": {**files, "verify_mode": "required" if verify else "none", "check_hostname": identity}}


_DATABASES: Final[Mapping[str, type[Database]]] = {each.dialect: each for each in (SQLite, Postgres, MySQL)}


# History ##############################################################################################################
# What has run: one row per version that is applied or under way, and a log that only grows. An open Database comes in;
# Applied goes out. Reading creates nothing; a table of another tool is recognised by its columns and left alone.

# fmt: off
_COLUMNS: Final = """version VARCHAR(64) NOT NULL PRIMARY KEY, name VARCHAR(255) NOT NULL, checksum CHAR(64) NOT NULL,
    down_sql {text}, dirty BOOLEAN NOT NULL, direction VARCHAR(4) NOT NULL, statements INTEGER NOT NULL,
    statements_done INTEGER NOT NULL, done_checksum CHAR(64) NOT NULL, owner VARCHAR(255), applied_at {time} NOT NULL,
    took_ms BIGINT NOT NULL, applied_by VARCHAR(255) NOT NULL, tool VARCHAR(64) NOT NULL"""
_LOG_COLUMNS: Final = """id {id}, at {time} NOT NULL, version VARCHAR(64) NOT NULL, name VARCHAR(255) NOT NULL,
    action VARCHAR(16) NOT NULL, outcome VARCHAR(16) NOT NULL, took_ms BIGINT NOT NULL, applied_by VARCHAR(255) NOT NULL,
    tool VARCHAR(64) NOT NULL, error {text}"""
# fmt: on
_TOOL: Final = f"migrate {__version__}"
_OTHER_TOOLS: Final = {("dirty", "version"): "golang-migrate", ("version",): "dbmate or Rails", ("inserted_at", "version"): "Ecto"}


@dataclass(frozen=True)
class Applied:
    """A row of the history. Where *dirty*, the first *statements_done* of *statements* have run, in *direction*.

    *done_checksum* is over the statements that have run, or over one more while that one runs where its end cannot
    be written down with it. *applied_at* is UTC. *down_sql* is the down file as it was.
    """

    version: str
    name: str
    checksum: str
    down_sql: str | None
    dirty: bool
    direction: str
    statements: int
    statements_done: int
    done_checksum: str
    owner: str | None
    applied_at: datetime
    took_ms: int
    applied_by: str
    tool: str

    @property
    def key(self) -> int:
        """Return the place of this version in the order."""
        return version_key(self.version)


class LogEntry(NamedTuple):
    """One attempt: what was tried with a version, and how it ended. *at* is UTC."""

    at: datetime
    version: str
    name: str
    action: str
    outcome: str
    took_ms: int
    applied_by: str
    tool: str
    error: str | None


def _utc(value: Any) -> datetime:
    """Read a time as the driver gives it: a text on SQLite."""
    return (value if isinstance(value, datetime) else datetime.fromisoformat(value)).replace(tzinfo=timezone.utc)


def _now() -> str:
    return datetime.now(timezone.utc).strftime("%Y-%m-%d %H:%M:%S.%f")[:-3]


@lru_cache
def _whoami() -> str:
    """Return user@host. In a container the user may have a number only."""
    import getpass
    import socket

    try:
        user = getpass.getuser()
    except (OSError, KeyError, ImportError):
        user = str(os.getuid())
    return f"{user}@{socket.gethostname()}"[:255]


class History:
    """The two tables: found when this is made, written when ``create`` has made what is missing."""

    def __init__(self, database: Database, table: str) -> None:
        """Look where the tables are. Raises DriftError for a table of another tool; writes nothing."""
        self.database, self.table = database, table
        schema, _, name = table.rpartition(".")
        with self._explained():
            self.schemas, columns = database.locate(name, schema)
            # The log lies beside it, and is not looked for along the search path.
            _, log_columns = database.locate(f"{name}_log", "".join(self.schemas))
        self.relation, self.log_relation = database.quoted(*self.schemas, name), database.quoted(*self.schemas, f"{name}_log")
        self.exists, self.is_complete = columns is not None, columns is not None and log_columns is not None
        self.has_log = log_columns is not None
        for found, ours, relation in (columns, _COLUMNS, table), (log_columns, _LOG_COLUMNS, f"{table}_log"):
            if found is not None and not set(re.findall(r"(?:^|, |,\n +)(\w+)", ours)) <= {column.lower() for column in found}:
                tool = _OTHER_TOOLS.get(tuple(sorted(found)), "another tool")
                raise DriftError(
                    f"the table {relation} belongs to {tool}: it has the columns {', '.join(found)}", where=str(database.url),
                    fix=f"keep this history in a table of its own:  migrate --table {name}_imagor status\n"
                    f"     and mark in it what is applied already:  migrate --table {name}_imagor baseline VERSION")

    @contextlib.contextmanager
    def _explained(self) -> Iterator[None]:
        try:
            yield
        except _Failed as failed:
            fix = f"give this user the right to read the tables {self.table} and {self.table}_log"
            raise MigrateError(failed.message, where=str(self.database.url), fix=fix) from None

    def create(self) -> None:
        """Make the tables where they are missing. Raises MigrateError where the right to is missing."""
        types = {"text": self.database.text_type, "time": self.database.time_type, "id": self.database.id_type}
        try:
            for relation, columns in (self.relation, _COLUMNS), (self.log_relation, _LOG_COLUMNS):
                self.database.query(f"CREATE TABLE IF NOT EXISTS {relation} ({columns.format(**types)}){self.database.table_suffix}")
        except _Failed as failed:
            fix = f"let this user create tables, or have someone create {self.table} and {self.table}_log"
            raise MigrateError(failed.message, where=str(self.database.url), fix=fix, state="nothing was changed.") from None
        self.exists = self.has_log = self.is_complete = True

    def read(self, version: str | None = None) -> list[Applied]:
        """Return every row, oldest version first, or the one of *version*; empty where there is no table."""
        if not self.exists:
            return []
        names = [each.name for each in fields(Applied)]
        with self._explained():
            where, args = (" WHERE version = ?", (version,)) if version is not None else ("", ())
            rows = self.database.query(f"SELECT {', '.join(names)} FROM {self.relation}{where}", *args)
        found = [dict(zip(names, row, strict=True)) for row in rows]
        converted = [row | {"dirty": bool(row["dirty"]), "applied_at": _utc(row["applied_at"])} for row in found]
        return sorted((Applied(**row) for row in converted), key=lambda row: row.key)

    def insert(self, row: Applied) -> None:
        """Write a new row, made now. Raises _Failed."""
        values = {**asdict(row), "applied_at": _now(), "applied_by": _whoami(), "tool": _TOOL}
        marks = ", ".join("?" * len(values))
        self.database.query(f"INSERT INTO {self.relation} ({', '.join(values)}) VALUES ({marks})", *values.values())

    def update(self, version: str, **values: object) -> None:
        """Change columns of one row. Raises _Failed."""
        changes = ", ".join(f"{name} = ?" for name in values)
        self.database.query(f"UPDATE {self.relation} SET {changes} WHERE version = ?", *values.values(), version)

    def progress(self, version: str, done: int, checksum: str) -> str:
        """Return the SQL that notes progress: whole, because it travels in one packet with a person's statement."""
        return f"UPDATE {self.relation} SET statements_done = {done}, done_checksum = '{checksum}' WHERE version = '{version}'"

    def delete(self, version: str) -> None:
        """Remove one row: that version is pending again. Raises _Failed."""
        self.database.query(f"DELETE FROM {self.relation} WHERE version = ?", version)

    def log(self, version: str, name: str, action: str, *, outcome: str = "ok", took_ms: int = 0, error: str = "") -> None:
        """Add a line to the log, in the transaction that is open, if any. Raises _Failed."""
        values = (_now(), version, name, action, outcome, took_ms, _whoami(), _TOOL, error or None)
        marks = ", ".join("?" * len(values))
        self.database.query(f"INSERT INTO {self.log_relation} ({', '.join(LogEntry._fields)}) VALUES ({marks})", *values)

    def read_log(self, count: int) -> list[LogEntry]:
        """Return the newest *count* entries, newest first."""
        if not self.has_log:
            return []
        with self._explained():
            rows = self.database.query(f"SELECT {', '.join(LogEntry._fields)} FROM {self.log_relation} ORDER BY id DESC LIMIT {count}")
        return [LogEntry(_utc(row[0]), *row[1:]) for row in rows]


# Plan #################################################################################################################
# Pure: (migrations, applied) come in; what the two say together, or what is to be done, goes out. No database, no
# clock, no files.


@dataclass(frozen=True)
class Status:
    """One version as ``status`` shows it. *state* is applied, pending, dirty, changed, missing or out_of_order."""

    version: str
    name: str
    state: str
    applied_at: datetime | None = None
    took_ms: int | None = None
    applied_by: str | None = None
    checksum: str = ""
    statements: int | None = None
    statements_done: int | None = None
    has_down: bool = False


@dataclass(frozen=True)
class Step:
    """One file to run. *resume* is the dirty row it goes on from; *stored* says that the text comes from the history.

    *down_sql* is what to store with an up. *statements* are what will run, once the text has been read.
    """

    version: str
    name: str
    direction: str
    script: Script
    down_sql: str | None = None
    resume: Applied | None = None
    stored: bool = False
    note: str = ""
    statements: tuple[Statement, ...] = field(default=(), repr=False)

    @property
    def title(self) -> str:
        """Return version and name, as people say it."""
        return f"{self.version} {self.name}"

    @classmethod
    def up(cls, migration: Migration, resume: Applied | None = None) -> Step:
        """Return the step that applies a migration."""
        down_sql = migration.down.sql if migration.down else None
        return cls(migration.version, migration.name, "up", migration.up, down_sql, resume)


def compare(migrations: Sequence[Migration], applied: Sequence[Applied]) -> list[Status]:
    """Return one Status per version in the files or the history, oldest first."""
    file_by_key, row_by_key = {each.key: each for each in migrations}, {row.key: row for row in applied}
    newest = max(row_by_key, default=-1)
    result = []
    for key in sorted({*file_by_key, *row_by_key}):
        file, row = file_by_key.get(key), row_by_key.get(key)
        has_down = bool((file and file.down) or (row and row.down_sql is not None))
        if row:
            state = "applied" if file and file.up.checksum == row.checksum else "changed" if file else "missing"
            result.append(Status(
                row.version, row.name, "dirty" if row.dirty else state, row.applied_at, row.took_ms, row.applied_by,
                row.checksum, row.statements, row.statements_done, has_down))
        elif file:
            state = "pending" if key > newest else "out_of_order"
            result.append(Status(file.version, file.name, state, checksum=file.up.checksum, has_down=has_down))
    return result


def plan_up(
    migrations: Sequence[Migration], applied: Sequence[Applied], *,
    count: int | None = None, to: str | None = None, out_of_order: bool = False,
) -> list[Step]:
    """Choose what to apply, oldest first: all that is pending, or *count* of it, or up to and with *to*.

    A dirty migration that can go on comes first and counts. Raises DirtyError for one that cannot; DriftError for
    changed files, for missing ones that are not the newest, and for pending ones that are not (unless
    *out_of_order*); SettingsError where *to* names no file.
    """
    file_by_key, states = {each.key: each for each in migrations}, compare(migrations, applied)
    limit = math.inf if to is None else find_version(to, file_by_key)
    steps = []
    for row in applied:
        if row.dirty and (row.direction == "down" or row.key not in file_by_key):
            raise dirty_error(row, "finish it:  migrate down" if row.direction == "down" else "put its file back, then run  migrate up")
        if row.dirty:
            steps.append(Step.up(file_by_key[row.key], row))
    for state in states:
        _refuse_drift(state, file_by_key, out_of_order=out_of_order)
        if state.state in {"pending", "out_of_order"}:
            steps.append(Step.up(file_by_key[version_key(state.version)]))
    return [step for step in steps if version_key(step.version) <= limit][:count]


def _refuse_drift(state: Status, file_by_key: Mapping[int, Migration], *, out_of_order: bool) -> None:
    key, title = version_key(state.version), f"{state.version} {state.name}"
    path = _shown(file_by_key[key].up.path) if key in file_by_key else ""
    if state.state == "changed":
        raise DriftError(
            f"{Path(path).name} was edited after it was applied on {state.applied_at:%Y-%m-%d %H:%M} UTC", where=path,
            fix=f"put the file back (git checkout -- {path}), and write the change as a new migration:  migrate new NAME\n"
            f"     or, where the database has that change already:  migrate repair {state.version} --applied")
    if state.state == "missing" and key < max(file_by_key, default=-1):
        raise DriftError(
            f"{title} is applied, but its file is not here, and newer files are",
            fix=f"put its files back, or take it out of the history:  migrate repair {state.version} --pending")
    if state.state == "out_of_order" and not out_of_order:
        raise DriftError(
            f"{title} is pending, but a newer migration is applied already", where=path,
            fix="give it a newer version, or apply it all the same:  migrate up --out-of-order")


def plan_down(
    migrations: Sequence[Migration], applied: Sequence[Applied], *,
    count: int | None = None, to: str | None = None, to_here: bool = False, everything: bool = False,
) -> list[Step]:
    """Choose what to undo, newest first: one migration, or *count*.

    *to* is a version to keep: with 1, 2 and 3 applied, ``to=1`` undoes 3 and then 2; ``to=0`` undoes all. *to_here*
    keeps what the files here know. Order is by version, not by time.

    Raises DriftError where a chosen migration has neither a down file nor a stored down text, DirtyError where one
    stopped half way up, SettingsError where *to* is not known.
    """
    file_by_key = {each.key: each for each in migrations}
    rows = sorted(applied, key=lambda row: row.key, reverse=True)
    keep = -1
    if to_here:
        keep = max(file_by_key, default=-1)
    elif to is not None and to.strip("0"):
        keep = find_version(to, {row.key: row for row in rows} | file_by_key)
    elif to is None and not everything and count is None:
        count = 1
    rows = [row for row in rows if row.key > keep][:count]
    for row in applied:
        if row.dirty and (row.direction == "up" or row not in rows[:1]):
            raise dirty_error(row, f"mend its file if it has to be, and finish it first:  migrate {row.direction}")
    return [_down_step(row, file_by_key.get(row.key)) for row in rows]


def _down_step(row: Applied, migration: Migration | None) -> Step:
    file, note = migration.down if migration else None, ""
    stored = None if row.down_sql is None else Script.from_text(Path(f"{row.version}_{row.name}.down.sql"), row.down_sql)
    script = file or stored
    if script is None:
        raise DriftError(
            f"{row.version} {row.name} cannot be undone: it has no down file, and none was stored when it ran",
            fix=f"write {row.version}_{row.name}.down.sql, or undo it by hand and then change the file or the history to match")
    if file is None:
        note = f"{row.version} {row.name}: the down file is not here; the text stored when it was applied runs"
    elif stored and file.checksum != stored.checksum:
        note = f"{row.version} {row.name}: the down file differs from the one stored when it was applied; the file runs"
    resume = row if row.dirty else None
    return Step(row.version, row.name, "down", script, row.down_sql, resume, file is None, note)


def remaining(steps: Sequence[Step], applied: Sequence[Applied]) -> list[Step]:
    """Return the steps that are still to be done after another runner may have been at work; none are added.

    Raises DirtyError where that runner left one of them half way in the other direction.
    """
    row_by_key, left = {row.key: row for row in applied}, []
    for step in steps:
        row = row_by_key.get(version_key(step.version))
        if row and row.dirty and row.direction != step.direction:
            raise dirty_error(row, f"finish it:  migrate {row.direction}")
        if (row and row.dirty) or (row is None) == (step.direction == "up"):
            left.append(replace(step, resume=row if row and row.dirty else None))
    return left


def find_version(version: str, known: Mapping[int, Any]) -> int:
    """Return the key of *version* if it is *known*. Raises SettingsError with the nearest one if not."""
    if re.fullmatch(r"[0-9]{1,64}", version) and version_key(version) in known:
        return version_key(version)
    near = _nearest(version, [each.version for each in known.values()])
    raise SettingsError(f"no migration has the version {version}{near}", fix="look at the versions:  migrate status")


def dirty_error(row: Applied, fix: str) -> DirtyError:
    """Return the error for a row that stopped half way, with every way out."""
    return DirtyError(
        f"migration {row.version} {row.name} stopped half way {row.direction} on an earlier run"
        f" ({row.statements_done} of {row.statements} statements had run)",
        fix=f"{fix}\n     or look at the tables, and say which way it went:\n"
        f"       migrate repair {row.version} --applied    the change is complete\n"
        f"       migrate repair {row.version} --pending    the change was undone by hand; run it again")


# Run ##################################################################################################################
# Steps come in, one Result per file that is committed goes out. First the texts are read and screened, so that what
# can be refused is refused before anything runs; then a file runs in a transaction where the database has such a
# thing for DDL, and journaled, statement by statement, where it has not. The public verbs at the end tell the story.

Notify = Callable[["Step | Result | str"], None]
_FAULTS: Final = {
    "unclosed comment": ("a comment that is not closed hides the rest of the file", "close it with */"),
    "unclosed quote": ("a quote that is not closed", "close it"),
    "unclosed dollar quote": ("a dollar quote that is not closed", "close it with the tag it was opened with"),
    "client command": (
        "a command of the database's own client, which the server does not know",
        "write SQL only: this file is not run by psql, sqlite3 or mysql"),
}


@dataclass(frozen=True)
class Result:
    """What was done with one version, and is committed. *statements* counts those that ran now, *took_ms* their time."""

    version: str
    name: str
    action: str
    statements: int = 0
    took_ms: int = 0


class Finding(NamedTuple):
    """Something that ``check`` has to say about the files; *level* is fault or warning."""

    level: str
    where: str
    what: str
    fix: str


def _quiet(_event: Step | Result | str) -> None:
    """Say nothing."""


def _place(path: str, sql: str, offset: int, *, exact: bool = True) -> tuple[str, str]:
    """Return ``path:line:column`` and that line, with a caret; where not *exact*, without column and caret."""
    line, start = sql.count("\n", 0, offset) + 1, sql.rfind("\n", 0, offset) + 1
    text, column = sql[start:].partition("\n")[0].rstrip("\r").expandtabs(1), offset - start
    left = max(0, column - 60)  # of a line that is too long, show what is around the place
    shown = ("…" if left else "") + text[left : left + 100] + ("…" if len(text) > left + 100 else "")
    margin = f"  {line} | "
    caret = "\n" + " " * (len(margin) + column - left + bool(left)) + "^"
    return f"{path}:{line}" + (f":{column + 1}" if exact else ""), margin + shown + (caret if exact else "")


def _guess_offset(text: str, message: str) -> int | None:
    """Find the word that an error message quotes, where it stands in the statement exactly once."""
    found = re.search(r"near '(.+?)' at line \d+\Z", message, re.DOTALL) or re.search(
        r'near "(.+?)": |no such \w+: (\S+)|Unknown (?:column|table) \'(.+?)\'', message)
    word = next((group for group in found.groups() if group), "") if found else ""
    word = word if word in text else word.rpartition(".")[2]
    pattern = rf"\b{re.escape(word)}\b" if word.isidentifier() else re.escape(word)
    places = [match.start() for match in re.finditer(pattern, text)] if word else []
    return places[0] if len(places) == 1 else None


def _script_path(step: Step) -> str:
    return f"the down text stored for {step.title}" if step.stored else _shown(step.script.path)


def _is_journaled(step: Step, database: Database) -> bool:
    # A file that stopped half way goes on by its journal, whatever its first line says by now.
    return not (database.transactional and step.script.in_transaction) or step.resume is not None


def _read_text(step: Step, database: Database) -> Step:
    """Split the text of a step, and refuse what must not run. Raises FileError with the line and the way out.

    The file's own BEGIN and COMMIT are blanked out where the transaction of this tool takes their place.
    """
    sql, syntax, journaled = step.script.sql, database.syntax, _is_journaled(step, database)
    statements: list[Statement] = []
    pairs: list[Statement] = []  # the file's own BEGIN and COMMIT, in turn
    fault: tuple[str, str] | None = None
    for statement in split_statements(sql, lambda: syntax):
        syntax = database.syntax_after(statement, syntax)
        first = (*words(statement.text, syntax, 1), "")[0]
        refusal = database.refusals.get(first) or (_CONTROL if first in _CONTROL_WORDS else None)
        code = bare(statement.text, syntax).strip().upper() if refusal else ""
        if statement.fault:
            fault = _FAULTS[statement.fault]
        elif code and _OPENS.match(code):
            if len(pairs) % 2 == 0:
                pairs.append(statement)
            elif statements and statements[-1].offset > pairs[-1].offset:
                fault = "a second BEGIN before the COMMIT of the first", _CONTROL.fix
        elif code and _CLOSES.match(code):
            if len(pairs) % 2:
                pairs.append(statement)
            elif first != "SET":
                fault = f"{first} without a BEGIN before it would end the transaction around this file", _CONTROL.fix
        else:
            if refusal and re.match(refusal.pattern, code, re.DOTALL) and not (journaled and refusal.fix == _ALONE):
                fault = refusal.what, refusal.fix
            fault = fault or database.find_fault(statement, () if journaled else statements)
            statements.append(statement)
        if fault:
            break
    if not fault and len(pairs) % 2:
        statement, fault = pairs[-1], ("a BEGIN without its COMMIT", _CONTROL.fix)
    if fault:
        where, excerpt = _place(_script_path(step), sql, statement.offset)
        raise FileError(fault[0], where=where, excerpt=excerpt, state="nothing was run.", fix=fault[1])
    if journaled and database.transactional:  # the journal moves with the file's own transactions
        return replace(step, statements=tuple(sorted((*statements, *pairs), key=lambda each: each.offset)))
    for each in pairs:
        sql = sql[: each.offset] + re.sub(r"[^\n]", " ", each.text) + sql[each.offset + len(each.text) :]
    return replace(step, statements=tuple(statements), script=replace(step.script, sql=sql))


def _checksums(statements: Sequence[Statement]) -> list[str]:
    """Return for each k, from 0, the checksum of the first k statements, with CRLF read as LF."""
    digest = hashlib.sha256()
    sums = [digest.hexdigest()]
    for statement in statements:
        digest.update(statement.text.replace("\r\n", "\n").encode() + b"\0")
        sums.append(digest.hexdigest())
    return sums


@dataclass
class _Run:
    """One run: an open database, its history, the migrations, and what is done so far."""

    settings: Settings
    notify: Notify
    database: Database
    history: History
    migrations: list[Migration]
    applied: list[Applied]
    all_or_nothing: bool = False
    results: list[Result] = field(default_factory=list)

    @classmethod
    @contextlib.contextmanager
    def opened(cls, settings: Settings | str, notify: Notify, *, files: bool = True, exists: bool = False) -> Iterator[_Run]:
        """Read the files and the history. Where it has to *exist*, a database that does not is a ConnectError."""
        if isinstance(settings, str):
            settings = Settings(DatabaseURL.parse(settings))
        migrations = find_migrations(migration_directory(settings.directory, settings.url.dialect)) if files else []
        database = _DATABASES[settings.url.dialect](settings.url)
        try:
            database.open()
            if exists and not database.exists:
                fix = "correct the path, or create it:  migrate up"
                raise ConnectError(f"{settings.url.database} does not exist", where=str(settings.url), fix=fix)
            history = History(database, settings.table)
            yield cls(settings, notify, database, history, migrations, history.read())
        except _Failed as failed:
            raise StatementError(failed.message, where=str(settings.url), fix="look at what is in:  migrate status") from None
        finally:
            database.close()

    @property
    def deadline(self) -> float:
        """Return when a wait for a lock that starts now must end."""
        return time.monotonic() + self.settings.lock_timeout

    def screen(self, steps: Sequence[Step]) -> list[Step]:
        """Read the text of every step. Raises FileError before any of them has run."""
        for step in steps:
            if self.all_or_nothing and _is_journaled(step, self.database):
                raise SettingsError(
                    f"{step.title} cannot be part of one transaction: " + (
                        "its first line says no-transaction" if self.database.transactional
                        else f"{self.database.label} commits every DDL statement by itself"),
                    where="--all-or-nothing", fix="run without --all-or-nothing")
        return [_read_text(step, self.database) for step in steps]

    @contextlib.contextmanager
    def locked(self, *, journaled: bool = False) -> Iterator[None]:
        """Open the database for writing, with the lock and the history; the errors of the body carry the results."""
        try:
            self.database.open(write=True)
            key = self.history.relation
            with self.database.lock(key, self.deadline, journaled=journaled):
                if not self.history.is_complete:
                    with self.database.transaction(key, self.deadline):
                        self.history.create()
                yield
        except _Failed as failed:
            fix = "look at what is in:  migrate status"
            state = "the connection was lost." if failed.lost else ""
            lost = StatementError(failed.message, where=str(self.settings.url), state=state, fix=fix)
            lost.results = tuple(self.results)
            raise lost from None
        except MigrateError as error:
            error.results = tuple(self.results)
            raise

    def transaction(self) -> contextlib.AbstractContextManager[None]:
        """Return a transaction that no other runner has open for this history."""
        return self.database.transaction(self.history.relation, self.deadline)

    def run(self, steps: Sequence[Step]) -> list[Result]:
        """Run the *steps* that are still to be done. Raises MigrateError, with the results so far."""
        with self.locked(journaled=any(_is_journaled(step, self.database) for step in steps)):
            for batch in self._batches(steps):
                if _is_journaled(batch[0], self.database):
                    self._run_journaled(batch[0])
                else:
                    self._run_transaction(batch)
                if any(self.database.leaks.search(step.script.sql) for step in batch):
                    self.database.renew(self.deadline)
        return self.results

    def _batches(self, steps: Sequence[Step]) -> list[list[Step]]:
        """Put together what shares a transaction; a file that changes the session is the last of its batch."""
        batches: list[list[Step]] = []
        closed = True
        for step in steps:
            alone = _is_journaled(step, self.database) or not (self.database.shares_transaction or self.all_or_nothing)
            if closed or alone:
                batches.append([])
            batches[-1].append(step)
            closed = alone or (not self.all_or_nothing and bool(self.database.leaks.search(step.script.sql)))
        return batches

    def done(self, result: Result) -> None:
        """Tell of what is committed."""
        self.results.append(result)
        self.notify(result)

    # ---- in a transaction

    def _run_transaction(self, batch: Sequence[Step]) -> None:
        """Run *batch* in one transaction. Where a file of several fails, all are undone, and each runs on its own.

        So the outcome is that of one transaction per file, with one commit in place of hundreds.
        """
        database, results, step = self.database, [], batch[0]
        alone = len(batch) == 1 or self.all_or_nothing
        try:
            with self.transaction():
                before = database.broken_references() if alone else Counter()
                for step in batch:
                    if remaining([step], self.history.read(step.version)):
                        self.notify(step)
                        results.append(self._run_file(step))
                for (table, parent), number in (database.broken_references() - before).items():
                    what = f"FOREIGN KEY constraint failed: {_count(number, 'row')} of {table} without a row of {parent}"
                    fix = f"correct the file, then run  migrate {step.direction}"
                    raise StatementError(what, where=_script_path(step), fix=fix)
                self._commit(batch)
        except StatementError as error:
            if not alone:
                for each in batch:
                    self._run_transaction([each])
                return
            number, whole = len(self.results), "run" if self.all_or_nothing else "file"
            error.state = f"nothing was changed: {database.label} rolled the whole {whole} back."
            error.state += f" {_count(number, 'file')} before it {'is' if number == 1 else 'are'} done." if number else ""
            self._log_failure(step, error)
            raise
        for result in results:
            self.done(result)

    def _log_failure(self, step: Step, error: MigrateError) -> None:
        # In a transaction of its own; that it cannot be written must not hide the error itself.
        with contextlib.suppress(_Failed):
            self.history.log(step.version, step.name, step.direction, outcome="failed", error=error.what)

    def _commit(self, batch: Sequence[Step]) -> None:
        """Commit; where the connection is lost just then, ask the history what is true. Raises StatementError."""
        try:
            self.database.commit(self.deadline)
        except _Failed as failed:
            error = self._error(batch[-1], failed)
            if not failed.lost:
                raise error from None
            self.database.renew(self.deadline)
            if remaining(batch, [row for step in batch for row in self.history.read(step.version)]):
                raise error from None
            self.notify("the connection was lost during COMMIT; the history says that it was done")

    def _run_file(self, step: Step) -> Result:
        """Run one file inside the open transaction, its history row first. Raises StatementError; commits nothing."""
        database, history = self.database, self.history
        started, statement = time.monotonic(), None
        if step.direction == "up":
            history.insert(self._row(step))
        else:
            history.delete(step.version)
        transaction = database.query(database.transaction_id_sql)
        try:
            if not database.whole_files:
                for statement in step.statements:
                    database.run(statement.text)
                    if not database.in_transaction:
                        break
            elif step.statements:
                database.run(step.script.sql)
            if not database.in_transaction or database.query(database.transaction_id_sql) != transaction:
                raise _Failed("the file has ended the transaction that it runs in")
            statement = None
            if database.reset_sql:
                database.run(database.reset_sql)
        except _Failed as failed:
            failed.statement = statement
            raise self._error(step, failed) from None
        took_ms = round(1000 * (time.monotonic() - started))
        if step.direction == "up":
            history.update(step.version, took_ms=took_ms)
        history.log(step.version, step.name, step.direction, took_ms=took_ms)
        return Result(step.version, step.name, step.direction, len(step.statements), took_ms)

    def _row(self, step: Step, *, claim: bool = False) -> Applied:
        number, checksum = len(step.statements), step.script.checksum
        done, done_checksum, owner = (0, _checksums([])[0], self._owner()) if claim else (number, checksum, None)
        return Applied(
            step.version, step.name, checksum, step.down_sql, claim, step.direction, number, done, done_checksum, owner,
            datetime.now(timezone.utc), 0, "", "")

    @staticmethod
    def _owner() -> str:
        return f"{_whoami()}, pid {os.getpid()}"[:255]

    def _error(self, step: Step, failed: _Failed) -> StatementError:
        """Say where in the file it happened: by the place that the server gives, or else by the statement."""
        path, statement = _script_path(step), failed.statement
        if statement is None and 0 < failed.number <= len(step.statements):
            statement = step.statements[failed.number - 1]
        offset, exact = failed.offset, True
        if offset is not None and failed.statement:
            offset += failed.statement.offset
        elif offset is None and statement:
            guess = _guess_offset(statement.text, failed.message)
            offset, exact = statement.offset + (guess or 0), guess is not None
        where, excerpt = (path, "") if offset is None else _place(path, step.script.sql, offset, exact=exact)
        line = "the file" if offset is None else f"line {step.script.sql.count(chr(10), 0, offset) + 1}"
        fix = f"correct {line}, then run  migrate {step.direction}"
        if failed.code in {"25001", "55P04", "2D000"} and step.script.in_transaction:
            fix = f"put  -- migrate: no-transaction  on the first line of the file, then run  migrate {step.direction}"
        if failed.lost:
            fix = f"look at what is in, with  migrate status  and then run again:  migrate {step.direction}"
        return StatementError(failed.message, where=where, excerpt=excerpt, fix=fix)

    # ---- journaled

    def _run_journaled(self, step: Step) -> None:
        """Run a file that cannot be one transaction: claim its row, note every statement, let the row go.

        When it fails, the row says which statements have run, and the next run goes on after them. Where none has,
        the row is as it was before.
        """
        history, before, started = self.history, self.history.read(step.version), time.monotonic()
        left = remaining([step], before)
        if not left:
            return
        step, sums, total = left[0], _checksums(step.statements), len(step.statements)
        self.notify(step)
        first = _resume_point(step, sums) if step.resume else 0
        if step.direction == "up" and not step.resume:
            history.insert(self._row(step, claim=True))
        else:
            history.update(
                step.version, dirty=True, direction=step.direction, statements=total, statements_done=first,
                done_checksum=sums[first], owner=self._owner())
        try:
            self._run_statements(step, sums, first)
            with contextlib.nullcontext() if self.database.in_transaction else self.transaction():
                if self.database.reset_sql:
                    self.database.run(self.database.reset_sql)
                took_ms = round(1000 * (time.monotonic() - started))
                if step.direction == "up":
                    history.update(
                        step.version, dirty=False, statements_done=total, done_checksum=step.script.checksum,
                        checksum=step.script.checksum, down_sql=step.down_sql, owner=None, took_ms=took_ms)
                else:
                    history.delete(step.version)
                history.log(step.version, step.name, step.direction, took_ms=took_ms)
                self._commit([replace(step, resume=None)])
        except _Failed as failed:
            raise self._settled(step, before, failed, sums) from None
        except KeyboardInterrupt:
            # The answer to the statement has not been read, so that the connection is of no more use; a server may go
            # on with the statement, and with the note of it.
            self.database.close()
            self.notify(f"{step.title}: the server may still be at work on it; the history says what has run:  migrate status")
            raise
        self.done(Result(step.version, step.name, step.direction, total - first, took_ms))

    def _run_statements(self, step: Step, sums: Sequence[str], first: int) -> None:
        """Run what comes after the *first* statements. Raises _Failed; may leave a transaction with data changes open."""
        database = self.database
        ours = theirs = False  # which transaction is open: one for data changes, or the file's own
        for number, statement in enumerate(step.statements, 1):
            code = bare(statement.text, database.syntax).strip().upper()
            done = self.history.progress(step.version, number, sums[number])
            try:
                if number <= first:
                    if database.session.match(code):
                        database.run(statement.text)
                elif theirs or _OPENS.match(code):
                    theirs = not _CLOSES.match(code)
                    if not theirs:
                        database.query(done)
                    database.run(statement.text)
                elif database.joins.match(code):
                    if not ours:
                        database.query("START TRANSACTION")
                    database.run(statement.text)
                    ours = database.in_transaction  # not so where the statement has committed after all
                    database.query(done)
                elif database.session.match(code):
                    database.run(statement.text)
                    database.query(done)
                else:
                    if ours:
                        database.query("COMMIT")
                        ours = False
                    database.run_marked(statement, self.history.progress(step.version, number - 1, sums[number]), done)
            except _Failed as failed:
                failed.statement = statement
                raise

    def _settled(self, step: Step, before: Sequence[Applied], failed: _Failed, sums: Sequence[str]) -> StatementError:
        """Make the row as exact as can be after a failure, and return the error that says what it says now."""
        error, history, database = self._error(step, failed), self.history, self.database
        database.rollback()
        try:
            if failed.lost:
                database.renew(self.deadline)  # with the lock: it waits for a statement that still runs
            row = next(iter(history.read(step.version)))
            done, marked = row.statements_done, row.done_checksum != sums[row.statements_done]
            code = bare(failed.statement.text, database.syntax).strip().upper() if failed.statement else ""
            if marked and not failed.lost and not database.may_be_partial.match(code):
                database.query(history.progress(step.version, done, sums[done]))
                marked = False
            if done or marked:
                error.state = f"{done} of {_count(len(step.statements), 'statement')} have run and stay; table {self.history.table} says dirty."
                error.fix = f"{error.fix}; it goes on with statement {done + 1}"
                if marked:
                    error.state += f" Statement {done + 1} may have run, or a part of it."
                    error.fix = _ambiguous_fix(step.version, done)
            else:
                error.state = "nothing was changed: no statement of this file has run."
                if step.direction == "up":
                    history.delete(step.version)
                else:
                    old = before[0]
                    history.update(
                        step.version, dirty=False, direction="up", statements=old.statements, owner=None,
                        statements_done=old.statements, done_checksum=old.checksum)
        except (_Failed, MigrateError):
            error.state = "the connection was lost, and the database cannot be asked now; its history says what has run."
        self._log_failure(step, error)
        return error


def _ambiguous_fix(version: str, done: int) -> str:
    return (
        f"look at the tables whether statement {done + 1} has run, finish or undo the rest by hand, and say which:\n"
        f"       migrate repair {version} --applied    all of it has run\n"
        f"       migrate repair {version} --pending    none of it has; run it again")


def _resume_point(step: Step, sums: Sequence[str]) -> int:
    """Return how many statements of a dirty row have run. Raises DirtyError where that is not certain."""
    assert step.resume is not None  # noqa: S101 (for mypy; the caller has looked)
    done, path = step.resume.statements_done, _script_path(step)
    place, what = done, ""
    if done + 1 < len(sums) and step.resume.done_checksum == sums[done + 1]:
        what = f"stopped while statement {done + 1} ran: it may have run or not, and only a person can see which"
    elif done < len(sums) and step.resume.done_checksum == sums[done]:
        kept = [number for number, each in enumerate(step.statements[:done]) if re.match(r"CREATE\s+TEMP", each.text, re.IGNORECASE)]
        if not kept:
            return done
        place, what = kept[0], f"cannot go on after statement {done}: a temporary table it made has gone with its connection"
    if what:
        where, excerpt = _place(path, step.script.sql, step.statements[place].offset, exact=False)
        raise DirtyError(f"{step.title} {what}", where=where, excerpt=excerpt, fix=_ambiguous_fix(step.version, done))
    count = _count(done, "statement")
    raise dirty_error(step.resume, f"the first {count} were edited since they ran: put them back, then run  migrate {step.direction}")


def up(
    settings: Settings | str, *, count: int | None = None, to: str | None = None,
    out_of_order: bool = False, all_or_nothing: bool = False, notify: Notify = _quiet,
) -> list[Result]:
    """Apply what is pending, oldest first; return one Result per file, each committed.

    *settings* may be a URL. *count* files at the most; *to* is the last version, inclusive. *notify* is called with a
    Step before it runs, with its Result after the commit, and with text worth telling. Nothing pending: no lock, no
    write, ``[]``. Raises MigrateError; its ``results`` are the files that were committed before.
    """
    with _Run.opened(settings, notify) as run:
        run.all_or_nothing = all_or_nothing
        steps = run.screen(plan_up(run.migrations, run.applied, count=count, to=to, out_of_order=out_of_order))
        if ahead := [row.version for row in run.applied if row.key > run.migrations[-1].key]:
            notify(f"the database is ahead of these files: {', '.join(ahead)} came with a newer release")
        if not steps:
            notify(f"up to date at {run.applied[-1].version} ({len(run.applied)} applied)" if run.applied else "nothing to do")
        return run.run(steps) if steps else []


def down(
    settings: Settings | str, *, count: int | None = None, to: str | None = None, to_here: bool = False,
    everything: bool = False, confirm: Callable[[Sequence[Step]], bool] = bool, notify: Notify = _quiet,
) -> list[Result]:
    """Undo the newest migration, *count* of them, or all that are newer than *to*; see plan_down.

    *confirm* is asked with the steps before anything runs; where it says no, nothing does. Raises MigrateError.
    """
    with _Run.opened(settings, notify, exists=True) as run:
        steps = run.screen(plan_down(run.migrations, run.applied, count=count, to=to, to_here=to_here, everything=everything))
        for note in [step.note for step in steps if step.note] if steps else ["nothing to roll back"]:
            notify(note)
        return run.run(steps) if steps and confirm(steps) else []


def redo(settings: Settings | str, *, notify: Notify = _quiet) -> list[Result]:
    """Undo the newest migration and apply it again. Raises DriftError, before anything ran, where its file is gone."""
    with _Run.opened(settings, notify, exists=True) as run:
        back = run.screen(plan_down(run.migrations, run.applied))
        again = [Step.up(each) for each in run.migrations if back and each.key == version_key(back[0].version)]
        if back and not again:
            fix = "put the file back, or only roll back:  migrate down"
            raise DriftError(f"{back[0].title} can be rolled back, but not applied again: its up file is not here", fix=fix)
        return run.run([*back, *run.screen(again)])


def reset(settings: Settings | str, *, schemas: Sequence[str] = (), notify: Notify = _quiet) -> list[Result]:
    """Drop every object in the database (on PostgreSQL: in the schema of the history, and *schemas*), then apply all.

    What belongs to an extension stays. Raises MigrateError; a file that cannot be used is found before the drop.
    """
    with _Run.opened(settings, notify) as run:
        steps = run.screen(plan_up(run.migrations, []))
        with run.locked():
            with run.transaction():
                number = run.database.drop_everything([*run.history.schemas, *schemas])
            notify(f"dropped {_count(number, 'object')}")
            run.history = History(run.database, run.settings.table)
        with run.locked():
            run.history.log("", f"{_count(number, 'object')} dropped", "reset")
        return run.run(steps)


def status(settings: Settings | str, *, notify: Notify = _quiet) -> list[Status]:
    """Return one Status per version in the files or the history, oldest first. Writes nothing, creates nothing."""
    with _Run.opened(settings, notify) as run:
        if not run.database.exists:
            notify(f"{run.settings.url.database} does not exist yet; this creates it:  migrate up")
        return compare(run.migrations, run.applied)


def plan(settings: Settings | str, direction: str = "up", *, notify: Notify = _quiet, **choice: Any) -> list[Step]:
    """Return what ``up`` or ``down`` would run with the same *choice* of arguments, with the statements of each.

    Writes nothing. Raises what they would raise before running anything.
    """
    with _Run.opened(settings, notify) as run:
        plan_it = plan_up if direction == "up" else plan_down
        steps = run.screen(plan_it(run.migrations, run.applied, **choice))
        if not steps:
            notify("nothing to do")
        return steps


def log(settings: Settings | str, *, count: int = 20) -> list[LogEntry]:
    """Return the newest *count* attempts, newest first. Writes nothing, creates nothing; needs no files."""
    with _Run.opened(settings, _quiet, files=False) as run:
        return run.history.read_log(count)


def baseline(settings: Settings | str, version: str, *, notify: Notify = _quiet) -> list[Result]:
    """Mark every migration up to and with *version* as applied, and run nothing. Return what was marked.

    Raises SettingsError where no file has that version, DirtyError where a migration stopped half way.
    """
    with _Run.opened(settings, notify) as run:
        limit = find_version(version, {each.key: each for each in run.migrations})
        for row in run.applied:
            if row.dirty:
                raise dirty_error(row, f"finish it first:  migrate {row.direction}")
        steps = [_read_text(Step.up(each), run.database) for each in run.migrations if each.key <= limit]
        with run.locked(), run.transaction():
            for step in remaining(steps, run.history.read()):
                run.history.insert(run._row(step))  # noqa: SLF001 (in this section)
                run.history.log(step.version, step.name, "baseline")
                run.results.append(Result(step.version, step.name, "baseline"))
        for result in run.results:
            notify(result)
        return run.results


def repair(settings: Settings | str, version: str, *, applied: bool, notify: Notify = _quiet) -> Result:
    """Say which way a dirty migration went: it is *applied*, or pending again. Nothing of the files runs.

    An edited file can be declared applied as it is now, a missing one pending. Raises DriftError for any other state.
    """
    with _Run.opened(settings, notify, exists=True) as run:
        key = find_version(version, {row.key: row for row in run.applied})
        with run.locked(), run.transaction():
            rows = run.history.read()
            state = next(each.state for each in compare(run.migrations, rows) if version_key(each.version) == key)
            row = next(each for each in rows if each.key == key)
            if state not in {"dirty", "changed" if applied else "missing"}:
                what = f"{row.version} {row.name} is {state}: there is nothing to repair in this way"
                raise DriftError(what, fix="look at the states:  migrate status")
            if applied:
                changes: dict[str, object] = {}
                for migration in run.migrations:
                    if migration.key == key and row.direction == "up":
                        changes = {"checksum": migration.up.checksum, "down_sql": migration.down and migration.down.sql}
                run.history.update(
                    row.version, dirty=False, direction="up", statements_done=row.statements, owner=None, **changes)
            else:
                run.history.delete(row.version)
            run.history.log(row.version, row.name, "repair")
        result = Result(row.version, row.name, "repair")
        notify(result)
        return result


def new(settings: Settings, name: str) -> list[Path]:
    """Write an empty pair of files into every dialect folder; return their paths. Raises MigrateError."""
    root = settings.directory or embedded_directory()
    if settings.directory is None and root.name == "migrate_sql":
        fix = "name your own folder:  migrate --dir sql new NAME"
        raise SettingsError("new files do not belong into the installed package", fix=fix)
    return new_migration(root, name, now=datetime.now(timezone.utc))


def check(settings: Settings) -> list[Finding]:
    """Look at the files alone: names, pairs, parity between the folders, and a dry split of each. No database."""
    root = settings.directory or embedded_directory()
    folders: dict[str, Path] = dialect_directories(root)
    if not folders:
        by_name = next((dialect for dialect, names in _FOLDERS.items() if root.resolve().name in names), "")
        folders = {settings.url.dialect if settings.url_source else by_name: root}
    findings: list[Finding] = []
    found: dict[Path, dict[int, Migration]] = {}
    for dialect, folder in folders.items():
        try:
            found[folder] = {each.key: each for each in find_migrations(folder)}
        except FileError as error:
            findings.append(Finding("fault", error.where, error.what, error.fix))
        for migration in found.get(folder, {}).values():
            findings += _check_pair(migration, dialect)
    for folder, migrations in found.items():
        for other, others in found.items():
            for key in sorted(others.keys() - migrations.keys()):
                what = f"{others[key].version}_{others[key].name} is in {other.name}, and not here"
                findings.append(Finding("fault", _shown(folder), what, "add it here too"))
    return findings


def _check_pair(migration: Migration, dialect: str) -> Iterator[Finding]:
    if migration.down is None:
        yield Finding("warning", _shown(migration.up.path), "no down file: it cannot be undone", "add one, if it can be")
    elif migration.down.path.name != migration.up.path.name.replace(".up.sql", ".down.sql"):
        yield Finding("warning", _shown(migration.down.path), f"another name than {migration.up.path.name}", "give both the same name")
    for script in filter(None, (migration.up, migration.down)):
        path = _shown(script.path)
        for number, line in enumerate(script.sql.split("\n")[1:], 2):
            if _DIRECTIVE.match(line):
                yield Finding("warning", f"{path}:{number}", "-- migrate: is read on the first line only", "move it there")
        try:
            step = Step(migration.version, migration.name, "up", script)
            if dialect and not _read_text(step, _DATABASES[dialect](DatabaseURL(dialect, "check"))).statements:
                yield Finding("warning", path, "no statements in this file", "leave it, if that is meant")
        except FileError as error:
            yield Finding("fault", error.where, error.what, error.fix)


def auto_migrate(url: str, force: bool = False) -> bool:  # noqa: FBT001, FBT002 (the signature that applications call)
    """Apply what is pending when an application starts; return whether it did.

    SQLite runs. PostgreSQL and MySQL do not, so that replicas that start together cannot race: nothing is connected
    to, and the log says which command to run, unless *force* or FORCE_AUTO_MIGRATE is set. Raises MigrateError.
    """
    import logging

    settings, logger = Settings(DatabaseURL.parse(url)), logging.getLogger("migrate")
    if settings.url.dialect != "sqlite" and not force and not _is_true(os.environ.get("FORCE_AUTO_MIGRATE", "")):
        logger.warning("%s is not migrated at start-up; before the roll-out, run  imagor-studio-migrate up", settings.url)
        return False
    for result in up(settings):
        logger.info("applied %s %s in %d ms", result.version, result.name, result.took_ms)
    return True


# Report ###############################################################################################################
# Values come in, text goes out: a table on a terminal, tab-separated lines in a pipe, one JSON document on request.
# stdout is data; talk, progress and errors go to stderr. The only place that knows rich.

_STATES: Final = ("applied", "pending", "dirty", "changed", "missing", "out_of_order")
_STYLES: Final = {"applied": "green", "ok": "green", "pending": "yellow", "warning": "yellow"}
_BAD: Final = ("dirty", "changed", "missing", "out of order", "failed", "fault")
_VERBS: Final = {"up": "applied", "down": "rolled back", "baseline": "marked as applied", "repair": "repaired"}


class View(NamedTuple):
    """What a command shows: a JSON document, and which of its lists makes the rows of a table, with which columns."""

    document: dict[str, Any]
    rows: str = ""
    columns: tuple[str, ...] = ()
    exit_code: int = 0


def _json(value: object) -> Any:
    """Turn what json does not know into what it knows: times are ISO 8601 in UTC."""
    return value.isoformat(timespec="milliseconds").replace("+00:00", "Z") if isinstance(value, datetime) else str(value)


def _took(took_ms: int) -> str:
    return f"{took_ms} ms" if took_ms < 10_000 else f"{took_ms / 1000:.1f} s"  # noqa: PLR2004 (ten seconds)


def status_view(settings: Settings, states: Sequence[Status], *, exit_code: bool) -> View:
    """Show what ``status`` returned; with *exit_code*, 3 for pending migrations, 4 where history and files disagree."""
    found = Counter(each.state for each in states)
    clean = [each.version for each in states if each.applied_at and each.state != "dirty"]
    counts = {state: found[state] for state in _STATES}
    # Missing files at the end are those of a newer release: no disagreement.
    ahead = next((number for number, each in enumerate(reversed(states)) if each.state != "missing"), 0)
    bad = found["dirty"] or found["changed"] or found["out_of_order"] or found["missing"] > ahead
    head = {"database": str(settings.url), "dialect": settings.url.dialect, "table": settings.table}
    document = {**head, "current": clean[-1] if clean else None, "counts": counts, "migrations": [asdict(each) for each in states]}
    columns = ("version", "name", "state", "applied_at", "took_ms", "applied_by")
    return View(document, "migrations", columns, (4 if bad else 3 if found["pending"] else 0) if exit_code else 0)


def plan_view(settings: Settings, steps: Sequence[Step]) -> View:
    """Show what ``plan`` returned."""
    rows = [
        {
            "version": step.version, "name": step.name, "direction": step.direction, "statements": len(step.statements),
            "done": step.resume.statements_done if step.resume else 0,
            "mode": "transaction" if _DATABASES[settings.url.dialect].transactional and step.script.in_transaction else "journal",
            "file": _script_path(step), "note": step.note or ("" if step.statements else "no statements in this file"),
        }
        for step in steps
    ]  # fmt: skip
    columns = ("version", "name", "direction", "statements", "done", "mode", "file", "note")
    return View({"database": str(settings.url), "table": settings.table, "steps": rows}, "steps", columns)


def log_view(settings: Settings, entries: Sequence[LogEntry]) -> View:
    """Show what ``log`` returned."""
    document = {"database": str(settings.url), "table": settings.table, "log": [each._asdict() for each in entries]}
    return View(document, "log", ("at", "version", "name", "action", "outcome", "took_ms", "applied_by", "error"))


def results_view(settings: Settings, results: Sequence[Result]) -> View:
    """Show what a command did, as JSON; for a person, a line was printed at each commit."""
    return View({"database": str(settings.url), "table": settings.table, "results": [asdict(each) for each in results]})


def _cell(row: Mapping[str, Any], column: str) -> str:
    """Return a value of a row as text for a table, or for a tab-separated line."""
    value = row[column]
    if value is None:
        return ""
    if column == "state" and value == "dirty":
        return f"dirty ({row['statements_done']} of {row['statements']})"
    if column == "state" and value == "missing" and row["has_down"]:
        return "missing (down is stored)"
    return _took(value) if column == "took_ms" else " ".join(_json(value).replace("out_of_order", "out of order").split())


class _Screen:
    """Where a command's output goes. Called with events while it runs; a progress bar after a second, on a terminal."""

    def __init__(self, program: str, form: str | None = None, color: str | None = None, *, quiet: bool = False) -> None:
        self.program, self.quiet = program, quiet
        self.form = form or ("table" if sys.stdout.isatty() else "plain")
        self.color = color or ("never" if os.environ.get("NO_COLOR") else "auto")
        self._bar: Any = None  # of rich, imported only where it is drawn
        self._timer: threading.Timer | None = None
        self._lock = threading.Lock()

    def __call__(self, event: Step | Result | str) -> None:
        """Tell of a step that starts, of a result, or of something worth knowing."""
        self.close()
        if isinstance(event, Result):
            counted = f"  {_count(event.statements, 'statement')}, {_took(event.took_ms)}" if event.action in {"up", "down"} else ""
            if self.form != "json":
                print(f"{_VERBS[event.action]}  {event.version} {event.name}{counted}", flush=True)
        elif isinstance(event, str):
            if not self.quiet:
                print(self.as_typed(event), file=sys.stderr, flush=True)
        elif sys.stderr.isatty() and not self.quiet and self.form != "json":
            self._timer = threading.Timer(1.0, self._show_bar, (f"{event.direction}  {event.title}",))
            self._timer.daemon = True
            self._timer.start()

    def as_typed(self, text: str) -> str:
        """Name the program as it was called where a text has a command: two spaces, ``migrate``, the command."""
        return re.sub(r"(?<=  )migrate (?=[a-z-])", f"{self.program} ", text)

    def show(self, view: View) -> None:
        """Print what a command has to show."""
        rows = [[_cell(row, column) for column in view.columns] for row in view.document.get(view.rows, ())]
        if self.form == "json":
            print(json.dumps(view.document, indent=2, ensure_ascii=False, default=_json))
        elif self.form == "plain":
            for row in rows:
                print("\t".join(row))
        elif rows:
            self._draw(view, rows)

    def _draw(self, view: View, rows: Sequence[Sequence[str]]) -> None:
        from rich.console import Console
        from rich.table import Table
        from rich.text import Text

        force = {"always": True, "never": False}.get(self.color)
        console = Console(width=None if sys.stdout.isatty() else 200, force_terminal=force, no_color=self.color == "never", highlight=False)
        names = {"applied_at": "applied at", "took_ms": "took", "applied_by": "by"}
        table = Table(*(names.get(column, column) for column in view.columns), box=None, pad_edge=False, padding=(0, 2, 0, 0))
        for row in rows:
            table.add_row(*(Text(cell, "bold red" if cell.startswith(_BAD) else _STYLES.get(cell, "")) for cell in row))
        console.print(table)

    def fail(self, error: MigrateError) -> None:
        """Print an error for a person, and as JSON where that was asked for."""
        self.close()
        if self.form == "json":
            parts = {"what": error.what, "where": error.where, "state": error.state, "fix": self.as_typed(error.fix), "exit": error.exit_code}
            print(json.dumps({"error": parts, "results": [asdict(each) for each in error.results]}, indent=2, ensure_ascii=False))
        red = self.color == "always" or (self.color == "auto" and sys.stderr.isatty())
        print("\033[1;31merror:\033[0m" if red else "error:", self.as_typed(str(error)), file=sys.stderr)

    def _show_bar(self, title: str) -> None:
        from rich.console import Console
        from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

        with self._lock:
            if self._timer is None:
                return  # the file was done just now
            columns = TextColumn("{task.description}"), BarColumn(), TimeElapsedColumn()
            console = Console(stderr=True, no_color=self.color == "never")
            self._bar = Progress(*columns, console=console, transient=True, redirect_stdout=False, redirect_stderr=False)
            self._bar.add_task(title, total=None)
            self._bar.start()

    def close(self) -> None:
        """Take the progress bar away."""
        with self._lock:
            if self._timer is not None:
                self._timer.cancel()
            if self._bar is not None:
                self._bar.stop()
            self._timer = self._bar = None


# Command line #########################################################################################################
# Words come in, an exit code goes out.

_GUIDE_COMMANDS: Final = ("up", "down", "status", "reset")


class _Parser(argparse.ArgumentParser):
    """A parser whose errors are SettingsErrors, with the nearest word that it knows."""

    def error(self, message: str) -> NoReturn:
        if wrong := re.search(r"argument COMMAND: invalid choice: '([^']*)'", message):
            message = f'there is no command "{wrong[1]}"{_nearest(wrong[1], _COMMANDS)}'
        elif wrong := re.search(r"unrecognized arguments: (-[^\s=]*)?", message):
            # Another word than an option is not repeated: it may be a URL with a password in it.
            message = f"there is no option {wrong[1]}{_nearest(wrong[1], self._option_string_actions)}" if wrong[1] else "a word too many"
        raise SettingsError(message, fix=f"look at what there is:  migrate{self.prog.partition('migrate')[2]} --help")


def _positive(text: str) -> int:
    if not re.fullmatch(r"0*[1-9][0-9]{0,17}", text):
        raise argparse.ArgumentTypeError(f'"{text[:20]}" is not a number from 1 on')
    return int(text)


def _common_options(**settings: Any) -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(add_help=False, allow_abbrev=False, **settings)
    group = parser.add_argument_group("settings")
    group.add_argument("--database-url", metavar="URL", help="the database (default: sqlite:./imagor-studio.db); others see a command line, so DATABASE_URL is safer")
    group.add_argument("--config", metavar="FILE", help="a file with NAME=value lines (default: .env, where there is one)")
    group.add_argument("--dir", metavar="DIR", help="a folder with migration files, or with dialect folders (default: the SQL that ships)")
    group.add_argument("--table", metavar="NAME", help="the history table (default: schema_migrations)")
    group.add_argument("--lock-timeout", metavar="SECONDS", help="how long to wait for another runner; 0 does not wait (default: 60)")
    group.add_argument("--migrate-command", metavar="COMMAND", help="up, down, status or reset: the same as the command itself")
    group = parser.add_argument_group("output")
    group.add_argument("--format", choices=("table", "plain", "json"), help="default: table on a terminal, plain elsewhere")
    group.add_argument("--color", choices=("auto", "always", "never"), help="default: auto")
    group.add_argument("-q", "--quiet", action="store_true", help="print results and errors only")
    group.add_argument("-v", "--verbose", action="store_true", help="say which database, table and files are used")
    return parser


def build_parser() -> argparse.ArgumentParser:
    """Return the parser of the whole command line. Reads nothing and imports no driver: the man page is made from it."""
    parser = _Parser(
        prog="imagor-studio-migrate", parents=[_common_options()], allow_abbrev=False,
        description="Apply plain SQL migration files to SQLite, PostgreSQL, MySQL and MariaDB: exactly once, never silently half.")
    parser.add_argument("--version", action="version", version=f"%(prog)s {__version__}", help="print the version, and exit")
    commands = parser.add_subparsers(dest="command", metavar="COMMAND", title="commands")

    def command(name: str, text: str) -> Callable[..., argparse.Action]:
        # Given after the command too, an option overrides what stood before it; not given, it leaves that alone.
        parents = [_common_options(argument_default=argparse.SUPPRESS)]
        return commands.add_parser(
            name, help=text, description=f"{text[0].upper()}{text[1:]}.", parents=parents, allow_abbrev=False).add_argument

    option = command("up", "apply what is pending")
    option("count", metavar="N", type=_positive, nargs="?", help="apply N files at the most")
    option("--to", metavar="VERSION", help="the last version to apply")
    option("--all-or-nothing", action="store_true", help="one transaction for the whole run (not on MySQL)")
    option("--out-of-order", action="store_true", help="apply pending files that are older than the newest applied one")
    option("--dry-run", action="store_true", help="show what would run, as plan does")
    option = command("down", "roll back the last migration, or the last N")
    option("count", metavar="N", type=_positive, nargs="?", help="how many to roll back (default: 1)")
    option("--to", metavar="VERSION", help="roll back what is newer than VERSION; 0 is all")
    option("--to-here", action="store_true", help="roll back what is newer than the newest file here")
    option("--all", action="store_true", help="roll back everything")
    option("--dry-run", action="store_true", help="show what would run, as plan does")
    option("--yes", action="store_true", help="do not ask")
    command("redo", "roll back the last migration and apply it again")
    option = command("reset", "drop every table and apply all migrations again: for development only")
    option("--schema", metavar="NAME", action="append", default=[], help="drop what is in this schema of PostgreSQL too; may be repeated")
    option("--yes", action="store_true", help="do not ask; needed where there is no terminal")
    option = command("status", "show what is applied, pending, dirty, changed or missing")
    option("--exit-code", action="store_true", help="exit with 3 where something is pending, with 4 where history and files disagree")
    option = command("plan", "show what would run")
    option("direction", choices=("up", "down"), nargs="?", default="up", help="default: up")
    option("count", metavar="N", type=_positive, nargs="?", help="N files at the most")
    option("--to", metavar="VERSION", help="as with up or down")
    option = command("log", "show who ran what, when, for how long, and how it ended")
    option("count", metavar="N", type=_positive, nargs="?", default=20, help="how many entries (default: 20)")
    command("new", "write an empty pair of files into every dialect folder")("name", metavar="NAME", help="such as add_email_to_users")
    command("check", "look at the files alone: names, pairs, parity, statements; no database")
    option = command("baseline", "mark everything up to VERSION as applied, and run nothing")
    option("which", metavar="VERSION", help="the last version to mark")
    option = command("repair", "say which way a dirty migration went")
    option("which", metavar="VERSION", help="the version to repair")
    option("--applied", action="store_true", help="the change is complete")
    option("--pending", action="store_true", help="the change was undone by hand; it is to run again")
    return parser


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command; return its exit code. A signal makes the running file safe first, and then the code says so."""
    program = "python migrate.py" if Path(sys.argv[0]).name == "migrate.py" else "imagor-studio-migrate"
    screen, stopped = _Screen(program), [signal.SIGINT]

    def stop(number: int, _frame: object) -> None:
        stopped.append(signal.Signals(number))
        raise KeyboardInterrupt

    in_main_thread = threading.current_thread() is threading.main_thread()
    before = {number: signal.signal(number, stop) for number in (signal.SIGINT, signal.SIGTERM)} if in_main_thread else {}
    try:
        parser = build_parser()
        options, settings = _parse(parser, list(sys.argv[1:] if argv is None else argv))
        if settings is None:
            parser.print_help(sys.stderr)
            return 2
        screen = _Screen(program, options.format, options.color, quiet=options.quiet)
        if options.verbose:
            source = f" (from {settings.url_source})" if settings.url_source else ""
            screen(f"database {settings.url}{source}, table {settings.table}, files {_shown(settings.directory or embedded_directory())}")
        view = _COMMANDS[options.command](options, settings, screen)
        screen.show(view)
        return view.exit_code
    except MigrateError as error:
        screen.fail(error)
        return error.exit_code
    except KeyboardInterrupt:
        screen("terminated" if stopped[-1] == signal.SIGTERM else "interrupted")
        return 128 + stopped[-1]
    except BrokenPipeError:  # the reader of our output, such as head, has gone; nothing more can be said to it
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    finally:
        screen.close()
        for number, handler in before.items():
            signal.signal(number, handler)


def _parse(parser: argparse.ArgumentParser, arguments: list[str]) -> tuple[argparse.Namespace, Settings | None]:
    """Parse, with the guide's --migrate-command or MIGRATE_COMMAND as the command where none is named."""
    options, _ = parser.parse_known_args(arguments)
    flag = options.migrate_command
    if options.command and flag not in {None, options.command}:
        raise SettingsError(f"two commands: {options.command}, and --migrate-command={flag}", fix="leave one of them out")
    if options.command:
        options = parser.parse_args(arguments)
        return options, load_settings(vars(options), os.environ)
    settings = load_settings(vars(options), os.environ)
    command = settings.command if flag is None else flag
    if not command:
        parser.parse_args(arguments)
        return options, None
    if command not in _GUIDE_COMMANDS:
        where, fix = "MIGRATE_COMMAND" if flag is None else "--migrate-command", f"write one of {', '.join(_GUIDE_COMMANDS)}"
        raise SettingsError(f'there is no command "{command}"{_nearest(command, _GUIDE_COMMANDS)}', where=where, fix=fix)
    return parser.parse_args([command, *arguments]), settings


def _confirm(question: str) -> None:
    """Ask on the terminal; only the whole word counts. Raises SettingsError where the answer is another."""
    print(f"{question}\nType yes to go on: ", end="", file=sys.stderr, flush=True)
    if sys.stdin.readline().strip().lower() != "yes":
        raise SettingsError("not confirmed", state="nothing was changed.", fix="type the whole word yes, or give --yes")


def _up(options: argparse.Namespace, settings: Settings, screen: _Screen) -> View:
    choice = {"count": options.count, "to": options.to, "out_of_order": options.out_of_order}
    if options.dry_run:
        return plan_view(settings, plan(settings, notify=screen, **choice))
    return results_view(settings, up(settings, all_or_nothing=options.all_or_nothing, notify=screen, **choice))


def _down(options: argparse.Namespace, settings: Settings, screen: _Screen) -> View:
    choice = {"count": options.count, "to": options.to, "to_here": options.to_here, "everything": options.all}
    if sum(each not in {None, False} for each in choice.values()) > 1:
        raise SettingsError("N, --to, --to-here and --all exclude each other", fix="give one of them")
    if options.dry_run:
        return plan_view(settings, plan(settings, "down", notify=screen, **choice))

    def confirm(steps: Sequence[Step]) -> bool:
        # Scripts roll back without a question; a person who is about to undo several is asked.
        if len(steps) > 1 and sys.stdin.isatty() and not options.yes:
            _confirm(f"{settings.url}: this rolls back" + "".join(f"\n  {step.title}" for step in steps))
        return True

    return results_view(settings, down(settings, confirm=confirm, notify=screen, **choice))


def _reset(options: argparse.Namespace, settings: Settings, screen: _Screen) -> View:
    if not options.yes and not sys.stdin.isatty():
        fix = "say that you mean it:  migrate reset --yes"
        raise SettingsError("reset drops every table, and there is no terminal to ask on", where=str(settings.url), fix=fix)
    if not options.yes:
        _confirm(f"{settings.url}: this drops every table, and all data in it.")
    return results_view(settings, reset(settings, schemas=options.schema, notify=screen))


def _check(_options: argparse.Namespace, settings: Settings, screen: _Screen) -> View:
    findings = check(settings)
    faults = sum(each.level == "fault" for each in findings)
    screen(f"{_count(faults, 'fault')}, {_count(len(findings) - faults, 'warning')}")
    document = {"findings": [each._asdict() for each in findings]}
    return View(document, "findings", Finding._fields, FileError.exit_code if faults else 0)


def _repair(options: argparse.Namespace, settings: Settings, screen: _Screen) -> View:
    if options.applied == options.pending:
        raise SettingsError("repair needs one of --applied and --pending", fix="look at the tables, then say which way it went")
    return results_view(settings, [repair(settings, options.which, applied=options.applied, notify=screen)])


_COMMANDS: Final[Mapping[str, Callable[[argparse.Namespace, Settings, _Screen], View]]] = {
    "up": _up,
    "down": _down,
    "redo": lambda _, settings, screen: results_view(settings, redo(settings, notify=screen)),
    "reset": _reset,
    "status": lambda options, settings, screen: status_view(settings, status(settings, notify=screen), exit_code=options.exit_code),
    "plan": lambda options, settings, screen: plan_view(
        settings, plan(settings, options.direction, notify=screen, count=options.count, to=options.to)),
    "log": lambda options, settings, _: log_view(settings, log(settings, count=options.count)),
    "new": lambda options, settings, _: View(
        {"files": [{"file": _shown(path)} for path in new(settings, options.name)]}, "files", ("file",)),
    "check": _check,
    "baseline": lambda options, settings, screen: results_view(settings, baseline(settings, options.which, notify=screen)),
    "repair": _repair,
}


if __name__ == "__main__":
    raise SystemExit(main())
