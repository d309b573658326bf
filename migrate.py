# /// script
# requires-python = ">=3.10"
# dependencies = ["psycopg[binary]>=3.2.1,<4", "PyMySQL[rsa]>=1.2,<2", "rich>=13,<16", "python-dotenv>=1.0,<2"]
# ///
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

Importing this module costs the standard library only: psycopg, pymysql, rich and dotenv are imported where needed.
"""

from __future__ import annotations

import gc
import signal
import sys

# A program of its own, and not an application's module.
if _IS_PROGRAM := __name__ == "__main__" or "".join(sys.argv[:1]).endswith("imagor-studio-migrate"):
    gc.disable()  # what is loaded here stays: to look through it for garbage takes a sixth of a short run
    # Until main() takes signals, Ctrl-C ends it without a traceback. In the background, a shell has it ignored.
    if signal.getsignal(signal.SIGINT) is signal.default_int_handler:
        signal.signal(signal.SIGINT, signal.SIG_DFL)

import _thread
import argparse
import contextlib
import hashlib
import io
import itertools
import math
import os
import re
import sqlite3
import time
from abc import ABC, abstractmethod
from array import array
from bisect import bisect_left, bisect_right
from collections import Counter, deque, namedtuple
from collections.abc import Callable, Collection, Generator, Iterable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta, timezone
from enum import Enum, Flag, auto
from functools import cache, cached_property, lru_cache, partial
from operator import attrgetter, length_hint, sub
from pathlib import Path
from stat import S_ISREG
from types import MappingProxyType
from urllib.parse import quote, unquote

TYPE_CHECKING = False  # typing and its NamedTuple, which compiles each annotation, take a tenth of a short run
if TYPE_CHECKING:
    import threading
    from typing import Any, ClassVar, Final, NamedTuple, NoReturn, TextIO, TypeVar

    _Thing = TypeVar("_Thing")
else:

    class _Fields(type):
        def __new__(cls, name: str, bases: tuple[type, ...], space: dict[str, Any]) -> type:
            if not bases:
                return super().__new__(cls, name, bases, space)
            fields = space["__annotations__"]
            defaults = [space.pop(each) for each in fields if each in space]
            base = namedtuple(name, fields, defaults=defaults, module=space["__module__"])  # noqa: PYI024
            return type(name, (base,), {"__slots__": (), **space})

    class NamedTuple(metaclass=_Fields):
        """What typing has under this name, as far as it is used here."""


__version__ = "1.0.0"

__all__ = [
    "Applied",
    "ConnectError",
    "DatabaseURL",
    "DirtyError",
    "DriftError",
    "FileError",
    "Finding",
    "Kind",
    "LockedError",
    "LogEntry",
    "MigrateError",
    "Migration",
    "NotReadyError",
    "Notice",
    "Result",
    "Running",
    "Script",
    "Settings",
    "SettingsError",
    "StatementError",
    "Status",
    "Step",
    "StoppedError",
    "auto_migrate",
    "baseline",
    "build_parser",
    "check",
    "down",
    "find_migrations",
    "load_settings",
    "log",
    "main",
    "new",
    "plan",
    "redo",
    "repair",
    "reset",
    "status",
    "up",
    "wait",
]


# Errors ###############################################################################################################
# What a person reads at 3 a.m. Every error needs a fix: the next command, or the change that makes it go away.


class MigrateError(Exception):
    """Base of all errors this module raises on purpose; anything else that escapes is a bug of ours.

    *what* happened, *where*, the *excerpt* (the person's own line), the *state* the database is in now, and the *fix*,
    in which a command follows two spaces:  migrate up. It is whole, and ends at the end of its line, or at two spaces;
    ``migrate ..`` is the command that was typed. ``results`` holds what was committed before the error.
    """

    exit_code = 1
    usual_state: ClassVar[str] = ""
    half = False  # some of a file has run, and stays
    spoken: Collection[str] = ()  # what a log may repeat of the statement that failed: see plain_words()

    def __init__(self, what: str, *, fix: str, where: str = "", excerpt: str = "", state: str = "") -> None:
        super().__init__(what)
        self.what, self.where, self.excerpt, self.state, self.fix = what, where, excerpt, state or self.usual_state, fix
        self.results: tuple[Result, ...] = ()

    def __str__(self) -> str:
        parts = (self.what, self.where and f"  --> {self.where}", self.excerpt, self.state, f"fix: {self.fix}")
        return "\n".join(filter(None, parts))


def _to_install(package: str) -> str:
    """Return what to type for a package; the Python of many systems takes none but in an environment (PEP 668)."""
    if sys.prefix != sys.base_prefix or not Path(os.__file__).with_name("EXTERNALLY-MANAGED").exists():
        return f"pip install {package}"
    why = "the Python of this system takes no packages itself"
    return (
        f"python3 -m venv .venv && .venv/bin/pip install {package}\n     then type .venv/bin/python for python3: {why}"
    )


class SettingsError(MigrateError):
    """A flag, a variable or a URL that cannot be used. Nothing was connected to."""

    exit_code = 2


class FileError(MigrateError):
    """A migration file, or a statement in it, that is refused before anything ran; *faults* are those of a folder."""

    exit_code = 2
    faults: Sequence[tuple[str, str, str]] = ()  # where, what, fix


class ConnectError(MigrateError):
    """The database could not be reached, opened or logged in to."""


class LockedError(MigrateError):
    """Another runner holds the lock, and still held it at the end of the lock timeout."""

    exit_code = 5


class DriftError(MigrateError):
    """The history and the files disagree: changed, missing, out of order, half done, or a table of another tool."""

    exit_code = 4
    usual_state = "nothing was changed."


class DirtyError(DriftError):
    """A migration stopped half way, and only a person can say which way it went."""


class NotReadyError(MigrateError):
    """What ``wait`` waits for was still not there at its timeout."""

    exit_code = 3


class Kind(Enum):
    """What the error of a database means to a run, whatever the database calls it."""

    OTHER = auto()
    ABSENT = auto()  # there is no such table
    GONE = auto()  # of what a statement needs of the session
    ALONE = auto()  # the statement cannot run inside a transaction
    BUSY = auto()  # another program has locked the whole database
    CANCELLED = auto()  # ended from outside: by this tool, or by a person
    DAMAGED = auto()  # the file cannot be read any more
    DEADLOCK = auto()
    DENIED = auto()  # it may not be opened
    FORBIDDEN = auto()  # this user has no right to it
    FULL = auto()  # no room on the disk
    LOCK_TIMEOUT = auto()  # waited too long for a lock on a table or a row
    LOST = auto()  # the connection has gone; what ran last may be in, or not
    OUTRUN = auto()  # what this run has claimed in the history is not its own any more
    PRESENT = auto()  # what it is to make is there already
    READ_ONLY = auto()
    TAKEN = auto()  # a row of that version is there already
    UNFINISHED = auto()  # what it meets has to be finished first, as its hint says


class StatementError(MigrateError):
    """The database refused a statement, or the connection was lost while it ran.

    *kind* says what that means, *code* is what the database calls it: an SQLSTATE or a number, or empty.
    """

    kind, code = Kind.OTHER, ""


class StoppedError(MigrateError, KeyboardInterrupt):
    """A signal has stopped the run; what ran was made safe, and *state* says what is in."""

    exit_code = 130


def nearest(word: str, known: Iterable[str], cutoff: float = 0.6) -> str:
    import difflib

    return "".join(f" (did you mean {near}?)" for near in difflib.get_close_matches(word, known, 1, cutoff))


def counted(number: int, noun: str) -> str:
    return f"{number} {noun}" + ("" if number == 1 else "s")


@contextlib.contextmanager
def gathered(errors: dict[str, MigrateError], about: Callable[[], str]) -> Iterator[None]:
    """Keep the refusal that the body raises, for refuse_all()."""
    try:
        yield
    except (DriftError, FileError) as error:
        errors[about()] = error


def refuse_all(errors: Mapping[str, MigrateError], listing: str = "") -> None:
    """Raise the first of *errors*, if there is one, with what the others are about and the command that lists all."""
    if not errors:
        return
    error, (_, *others) = next(iter(errors.values())), errors
    shown = others[:5] if listing else others
    more = f" and {len(others) - 5} more" if len(shown) < len(others) else ""
    listed = f"; all of them:  {listing}" if listing else ""
    error.fix += f"\n     refused too: {', '.join(shown)}{more}{listed}" if others else ""
    raise error


def unhidden(text: str) -> str:
    """Return what others have written, with what could hide, turn, color or move something shown by its number."""
    hiding = "[\0-\x08\v\f\x0e-\x1f\x7f-\x9f\xad\u061c\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff]|\r(?!\n)"
    return text if text.isprintable() else re.sub(hiding, lambda found: f"\u27e8U+{ord(found[0]):04X}\u27e9", text)


class _Regex:
    """A regex that is compiled when it is first used: a run needs few of them, and all would take longer than it."""

    __isabstractmethod__ = False  # a class asks this of what is in it

    def __init__(self, pattern: str, flags: int, words: Sequence[str]) -> None:
        self._given, self._words = (pattern, flags), words

    def __getattr__(self, name: str) -> Any:
        value = getattr(re.compile(*self._given), name)
        if self._words and name == "search":
            value = partial(_search_for, self._words, value)
        vars(self)[name] = value
        return value


def _search_for(words: Sequence[str], search: Callable[..., Any], text: str, *places: int) -> Any:
    """Search a text that has one of *words* in it. Of a large one, no copy is made."""
    return search(text, *places) if len(text) > 2**18 or any(map(text.lower().__contains__, words)) else None


def regex(pattern: str, flags: int = 0, *, words: str = "") -> re.Pattern[str]:
    """Return a regex. Whatever it finds has one of *words* in it, which are looked for in a tenth of the time."""
    return _Regex(pattern, flags, words.split())  # type: ignore[return-value]


def any_of(words: str) -> re.Pattern[str]:
    """Return a regex that finds *words*, which are in small letters, however they are written."""
    return regex("|".join(words.split()), re.IGNORECASE, words=words)


# Settings #############################################################################################################
# Flags, environment and .env come in; one frozen Settings goes out, its URL decoded once. A password that has gone in
# here never comes out in a text again: not in repr, not in str, not in an error.


def names_in(texts: str) -> frozenset[str]:
    return frozenset(texts.split())


def pairs_in(texts: str) -> dict[str, str]:
    """Return the second word of each pair by the first one."""
    return dict(each.split() for each in texts.split(","))


def firsts_in(table: str) -> dict[str, str]:
    """Return the first word of each row by each of the others: ``one a, b; two c`` says that a and b are one."""
    rows = (row.partition(" ") for row in table.split("; "))
    return {each: first for first, _, others in rows for each in others.split(", ")}


_SAME: Final = "migrate .."  # the command that was typed, with what follows, or "without" that
# Each database makes itself known here when its class is defined: by its name in folders and after "only", and that by
# each scheme of its URLs.
DATABASES: Final[dict[str, type[Database]]] = {}
DIALECT_BY_SCHEME: Final[dict[str, str]] = {}
# What is, or may be a piece of, a database URL, also where pathlib has made one slash of two. Where something else
# belongs, it is refused before anything can repeat it: no text is searched for passwords.
_URL_PATTERN: Final = regex(r"\w\w:/|:.*@|@[^/{]*:\d+(/|$)|pass(word|wd)?\s*=", re.IGNORECASE | re.DOTALL)
# What libpq and the server take from the environment, and repeat where it cannot be; other tools have _ in theirs.
_PG_VARIABLE_PATTERN: Final = regex(r"PG(?!APPNAME|DATABASE|PASS)(CONNECT_TIMEOUT|[A-Z]+)")
_ENCODE: Final = "percent-encode special characters in user name and password: @ %40, / %2F, # %23, ? %3F, % %25"
# What a switch may be, in upper or lower case: the words that the server takes, and a few more.
_TRUTH: Final = dict.fromkeys(("1", "t", "true", "y", "yes", "on"), True) | dict.fromkeys(
    ("0", "f", "false", "n", "no", "off"), False
)
# The numbers among the settings, and what they are where nobody has said anything.
_NUMBERS: Final = {"lock_timeout": 60.0, "ddl_lock_timeout": 5.0, "statement_timeout": 0.0, "retries": 5.0}
_KNOWN_VARIABLES: Final = names_in("""DATABASE_URL DATABASE_URL_FILE FORCE_AUTO_MIGRATE MIGRATE_COMMAND
    MIGRATE_DATABASE_URL MIGRATE_DATABASE_URL_FILE MIGRATE_DIR MIGRATE_SCRATCH_URL MIGRATE_TABLE""") | {
    f"MIGRATE_{word.upper()}" for word in _NUMBERS
}
# What people call the URL of a database, and words that they use for ours.
_URL_NAME_PATTERN: Final = regex(
    r"((SQLALCHEMY|JDBC)_)?(DB|(?<=_)DATABASE|DATABASE(?!_URL\Z)|POSTGRES(QL)?|PG|MYSQL|MARIADB|SQLITE)"
    r"_(URL|URI|DSN|CONNECTION(_(STRING|URL|URI))?)"
)
_USUAL_SCHEMES: Final = firsts_in("postgres psql, pgsql, pg; sqlite file")
_USUAL_WORDS: Final = firsts_in("DIR DIRECTORY, FOLDER, PATH; URL URI, DSN; RETRIES RETRY; DATABASE DB")


class DatabaseURL:  # no tuple: what writes a value that it does not know item by item would write the password
    """A database and how to reach it, percent-decoded; what prints it is shown no password and no options.

    *database* is a path on SQLite, or ":memory:"; the port of a host is 0 where the URL has none.
    """

    def __init__(  # noqa: PLR0917 (they stand in the order of a URL)
        self,
        dialect: str,
        database: str,
        user: str = "",
        password: str = "",
        hosts: tuple[tuple[str, int], ...] = (),
        options: Mapping[str, str] = MappingProxyType({}),
    ) -> None:
        self.dialect, self.database, self.user, self.password = dialect, database, user, password
        self.hosts, self.options = hosts, options

    def _replace(self, **changes: Any) -> DatabaseURL:
        return DatabaseURL(**vars(self) | changes)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, DatabaseURL) and vars(self) == vars(other)

    def __hash__(self) -> int:
        return hash(repr(self))

    def __repr__(self) -> str:
        shown = (f"{name}={value!r}" for name, value in vars(self).items() if name not in {"password", "options"})
        return f"DatabaseURL({', '.join(shown)})"

    @staticmethod
    def parse(text: str, *, source: str = "") -> DatabaseURL:
        """Read a URL; *source* names the setting it came from. Raises SettingsError, which never quotes the URL."""
        try:
            return _parse_url(_in_utf8(text.strip()))
        except UnicodeError:
            what, fix = "has percent-encoded bytes that are not UTF-8", _ENCODE
        except ValueError as error:
            what, fix = error.args
        raise SettingsError(f"the database URL {what}", where=source, fix=fix)

    @property
    def is_file(self) -> bool:
        """Whether it is a file of this machine, or in memory, and no server."""
        return DATABASES[self.dialect].is_file

    def __str__(self) -> str:
        if self.is_file:  # read again, it is the same path
            path = re.sub(r"%| \Z|\?(?=[A-Za-z_]+=[^?]*\Z)|[^ -~]", _in_a_path, self.database)
            return f"{self.dialect}:{'//' * path.startswith('//')}{path}"
        login = quote(self.user, safe="") + (":***" if self.password else "")
        places = [(f"[{host}]" if ":" in host else quote(host, safe=""), port) for host, port in self.hosts]
        hosts = ",".join(f"{place}:{port}" if port else place for place, port in places)
        return f"{self.dialect}://{login}{'@' if login else ''}{hosts}/{quote(self.database, safe='')}"


def _in_a_path(letter: re.Match[str]) -> str:
    as_it_is = letter[0].isprintable() and letter[0] not in "%? "
    return letter[0] if as_it_is else quote(letter[0], errors="surrogateescape")


def _in_utf8(text: str) -> str:
    """Return a word of the system's, such as a name of a file, as UTF-8 reads its bytes, whatever the locale is."""
    return text if text.isascii() else os.fsencode(text).decode(errors="surrogateescape")


def _forms() -> str:
    *most, last = (each.url_form for each in DATABASES.values())
    return f"{', '.join(most)} or {last}"


def _parse_url(text: str) -> DatabaseURL:
    """Read any URL. Raises ValueError (what, fix), or UnicodeError, as what reads the rest of it does."""
    scheme, _, rest = text.partition(":")
    database = DATABASES.get(DIALECT_BY_SCHEME.get(scheme.lower(), ""))
    library = re.match(r"(?:(jdbc):)?(\w+)(?:\+\w+)?:", text, re.IGNORECASE)  # as Java writes one, or SQLAlchemy
    meant = DATABASES.get(DIALECT_BY_SCHEME.get(library[2].lower(), "")) if library and not database else None
    if library and meant and (library[1] or meant.is_file):  # its path would be another one here
        what = f"is {'a JDBC URL' if library[1] else 'written as for SQLAlchemy'}, of {meant.label}"
        raise ValueError(what, f"write it like {meant.url_form}")
    if library and meant:
        database, rest = meant, text[library.end() :]
    if re.match(r"[\"'].+[\"']\Z", text):
        raise ValueError("stands in quotes", "take them off: a shell and .env know quotes, docker --env-file does not")
    of_path = r"[\udc80-\udcff]" * (database is not None and database.is_file)
    if not re.sub(of_path, "", text).isprintable():
        raise ValueError("holds a control character", "look for a line break or a tab inside it, and remove it")
    if database is not None:
        return database.read_url(rest)
    # Without "//" the first word may well be a user name or a password: it is not repeated.
    named = re.fullmatch(r"[A-Za-z][\w+.-]*", scheme) and rest.startswith("//")
    near = nearest(_USUAL_SCHEMES.get(scheme.lower(), scheme.lower()), DIALECT_BY_SCHEME)
    what = f'has the unknown scheme "{scheme}"{near}' if named else "has no scheme" if text else "is empty"
    raise ValueError(what, f"write {_forms()}")


def _read_path(dialect: str, rest: str) -> DatabaseURL:
    """Read what follows the scheme in the URL of a file. Not urlsplit, which cuts a path at "#" and "?"."""
    label, form = DATABASES[dialect].label, DATABASES[dialect].url_form
    if re.search(r"\?[A-Za-z_]+=[^?]*\Z", rest):  # a query is known by its form, name=value, at the end
        raise ValueError("has options after the ?", f"leave them out: there are none on {label}")
    path = _decode(rest.removeprefix("//"), "surrogateescape")  # it is bytes
    if path in {"", "/"} or may_be_url(path):
        what = "names what may be a database on a server" if path.strip("/") else "names no file"
        raise ValueError(what, f"write {form}, or {dialect}:///var/lib/app.db for an absolute path")
    if re.match(r"~\w*/", path):
        raise ValueError("begins with ~, which only a shell knows", f"write it like {dialect}:///home/ann/app.db")
    return DatabaseURL(dialect, ":memory:" if path == "/:memory:" else path)


def _read_server(dialect: str, rest: str) -> DatabaseURL:
    """Read what follows the scheme in the URL of a server."""
    match = re.fullmatch(r"//(?:([^:@/?#]*)(?::([^/?#]*))?@)?([^@/?#]*)(?:/([^@/?#]*)/?)?(?:\?([^#]*))?", rest)
    forms = f"write {_forms()}"
    if not match or "@" in (match[5] or "").partition("=")[0]:
        raise ValueError("cannot be read", f"{forms}; {_ENCODE}")
    user, password, places, database, query = (part or "" for part in match.groups())
    if match[2] is None and ":" in _decode(user):
        raise ValueError("has no password, and an encoded : in its user name", f"{forms}; {_ENCODE}")
    # libpq would fall back to the user name, MySQL to no database at all: both end in the wrong place.
    if not database:
        raise ValueError("names no database", "put its name after the host: .../database")
    hosts, options, known = [], dict[str, str](), DATABASES[dialect].url_options.split()
    for place in places.split(",") if places else ():
        match = re.fullmatch(r"(?:\[([0-9A-Fa-f:.%]+)\]|([^\[\]:]*))(?::(\d*))?", place)
        host = (match[1] or _decode(match[2])) if match else ":"
        wrong_port = match and match[3] and not 0 < int(match[3][:6]) < 2**16
        if not match or wrong_port or not (match[1] or re.fullmatch(r"[/@].*|[^:@]*", host)):
            fix = f"write host:port, or [::1]:port, the port from 1 to 65535; {_ENCODE}"
            raise ValueError("has a host or a port that cannot be used", fix)
        hosts.append((host, int(match[3] or 0)))
    for item in filter(None, query.split("&")):
        name, equals, value = item.partition("=")
        if name not in known:
            # What follows a raw "?" in a password lands here: only what looks like an option is repeated.
            named = equals and "@" not in query and re.fullmatch(r"[a-z_-]+", name)
            near = nearest("sslmode" if name in {"ssl", "tls"} else name, known)
            shown = f' "{name}"{near}' if named else ""
            raise ValueError(f"has an unknown option{shown} after the ?", f"write one of {', '.join(known)}; {_ENCODE}")
        options[name] = _decode(value)
        words = DATABASES[dialect].url_words.get(name, ())
        same = str.lower if words and words[0][0].isupper() else str  # such are taken in any case
        if words and value and same(options[name]) not in map(same, words):
            near = nearest(value.upper() if same is str.lower else value, words)
            shown = f' "{value}"{near}' if re.fullmatch(r"[\w.-]{1,20}", value) else ""
            raise ValueError(f"has an unknown {name}{shown}", f"write one of {', '.join(words)}")
    login = options.pop("user", "") or _decode(user), options.pop("password", "") or _decode(password)
    database = _decode(database)
    # The driver and the server repeat these.
    repeated = (options[name] for name in options.keys() - {"application_name", "sslpassword"})
    if any(map(may_be_url, (database, *repeated))):
        raise ValueError("has another URL in it", forms)
    return DatabaseURL(dialect, database, *login, tuple(hosts), options)


def _decode(text: str, errors: str = "strict") -> str:
    if re.search(r"%(?![0-9A-Fa-f]{2})|%00", text):
        raise ValueError("has a % that is not followed by two hexadecimal digits, or is followed by 00", _ENCODE)
    return unquote(text, errors=errors)  # once, and a "+" stays a "+"


def may_be_url(text: str) -> bool:
    """Tell if *text*, as it is or percent-decoded, may have a password in it. A path that is there has none."""
    return bool(_URL_PATTERN.search(text) or _URL_PATTERN.search(unquote(text))) and not (
        text.startswith(("./", "../")) or os.path.lexists(text)
    )


def refuse_url(place: str, text: str) -> None:
    """Raise SettingsError, which does not repeat it, where *text* may be a database URL, and that is not its *place*.

    A relative path in that form is a path with ./ before it.
    """
    if may_be_url(text):
        fix = "a URL belongs behind --database-url, or into DATABASE_URL; before a path of that form write ./"
        raise SettingsError("what stands here may be a database URL, and is not shown", where=place, fix=fix)


class Slip(NamedTuple):
    """A variable that nothing reads: its name, that and where it is set, and which of ours is meant."""

    name: str
    place: str
    ours: str

    def __str__(self) -> str:
        return f"warning: nothing reads {self.place}; did you mean {self.ours}?"


class _Settings(NamedTuple):
    url: DatabaseURL
    directory: Path | None = None  # holds dialect folders, or the files; None is the SQL that ships with this module
    table: str = "schema_migrations"
    lock_timeout: float = _NUMBERS["lock_timeout"]  # seconds to wait for another runner; 0 does not wait
    # Seconds that a statement may wait for a lock on a table, and may run; 0 is no limit. None: nobody has said it, and
    # it is what the database says; where that says nothing either, it is 5, and no limit.
    ddl_lock_timeout: float | None = None
    retries: float = _NUMBERS["retries"]  # how often it is tried again after a lock was not obtained
    statement_timeout: float | None = None
    command: str = ""  # MIGRATE_COMMAND
    url_source: str = ""  # the setting that gave the URL; empty for the default
    slips: tuple[Slip, ...] = ()  # the variables that are nearly ours
    force_auto_migrate: bool | None = False  # None: a word that is neither true nor false


class Settings(_Settings):
    """Everything a command needs to know about where it runs. Raises SettingsError for what cannot be used."""

    __slots__ = ()

    if not TYPE_CHECKING:

        def __init__(self, *_args: object, **_named: object) -> None:
            self._check()

    @property
    def place(self) -> str:
        """Return which database it is, and what has named it."""
        return f"{self.url} ({self.url_source or 'the default'})"

    def _check(self) -> None:
        name = r"[A-Za-z_][A-Za-z0-9_]{0,58}"  # "_log" is added, and PostgreSQL cuts names at 63 bytes in silence
        refuse_url("--table or MIGRATE_TABLE", self.table)
        refuse_url("--dir or MIGRATE_DIR", str(self.directory or ""))
        if not re.fullmatch(rf"({name}\.)?{name}" if DATABASES[self.url.dialect].schemas_sql else name, self.table):
            fix = "use at most 59 letters, digits and underscores (on PostgreSQL with a schema: name.name)"
            what = f'"{self.table}" cannot be the history table'
            raise SettingsError(what, where="--table or MIGRATE_TABLE", fix=fix)
        for word, usual in _NUMBERS.items():
            option, value = f"--{word.replace('_', '-')}", getattr(self, word)
            if value is not None and (not 0 <= value < 10**7 or (word == "retries" and value % 1)):
                what = f"{option} takes {'a whole number' if word == 'retries' else 'seconds'}, from 0 to 9999999"
                where = f"{option} or MIGRATE_{word.upper()}"
                raise SettingsError(what, where=where, fix=f"write it like  {option} {usual:g}")


def load_settings(options: Mapping[str, Any], environ: Mapping[str, str]) -> Settings:
    """Take each setting from the parsed flags, the environment, --config or its default. Raises SettingsError."""
    flags = {f"MIGRATE_{flag.upper()}": str(value) for flag, value in options.items() if value is not None}
    found, source = dict[str, str](), ""
    layers = [("the environment", environ, {}), *_read_config(options.get("config"))]
    for place, layer, lines in ("--database-url", flags, {}), *layers:
        # Empty is how Compose spells "not set"; an empty DATABASE_URL is refused: the local default was not meant.
        given = {name: layer[name] for name in layer if layer[name] or name == "DATABASE_URL" or layer is flags}
        for name in () if source else ("MIGRATE_DATABASE_URL", "DATABASE_URL"):
            if secret := given.get(f"{name}_FILE"):
                if name in given:
                    where = _in_place(name, place, lines)
                    raise SettingsError(f"{name} and {name}_FILE are both set", where=where, fix="unset one")
                refuse_url(f"{name}_FILE", secret)
                source = _in_place(f"{name}_FILE", place, lines)
                given[name], source = read_text_file(Path(secret), source), f"{source}, {secret}"
            elif name in given:
                source = place if layer is flags else _in_place(name, place, lines)
            if source:
                given["DATABASE_URL"] = given[name]
                break
        found = given | found
    refuse_url("MIGRATE_COMMAND", found.get("MIGRATE_COMMAND", ""))
    for name in filter(_PG_VARIABLE_PATTERN.fullmatch, environ):
        refuse_url(name, environ[name])
    numbers = {word: found[name] for word in _NUMBERS if (name := f"MIGRATE_{word.upper()}") in found}
    form = r"\d+(\.\d*)?|\.\d+"
    return Settings(
        DatabaseURL.parse(found.get("DATABASE_URL", "sqlite:./imagor-studio.db"), source=source),
        Path(found["MIGRATE_DIR"]) if "MIGRATE_DIR" in found else None,
        found.get("MIGRATE_TABLE", "schema_migrations"),
        command=found.get("MIGRATE_COMMAND", ""),
        url_source=source,
        force_auto_migrate=_TRUTH.get(found.get("FORCE_AUTO_MIGRATE", "0").strip().lower()),
        slips=tuple(slip for each in layers for slip in _find_slips(*each, found, named=bool(source))),
        **{word: float(text) if re.fullmatch(form, text, re.ASCII) else -1 for word, text in numbers.items()},
    )


def _in_place(name: str, place: str, lines: Mapping[str, int]) -> str:
    """Say where a variable is set: in *place*, and where that is a file, in which of its *lines*."""
    return f"{name} in {place}:{lines[name]}" if name in lines else f"{name} in {place}"


def _find_slips(
    place: str, layer: Mapping[str, str], lines: Mapping[str, int], found: Collection[str], *, named: bool
) -> Iterator[Slip]:
    for name in layer:
        if layer[name] and name not in _KNOWN_VARIABLES:
            where, meant = _in_place(name, place, lines), _meant_name(name.upper(), layer[name], found, named=named)
            yield from (Slip(name, where, ours) for ours in meant)


def _meant_name(word: str, text: str, found: Collection[str], *, named: bool) -> list[str]:
    """Return which of ours a variable may be meant for, by its name.

    What another program may own counts only where ours is missing: what begins like ours, and what is usual for the URL
    of a database, where nobody has *named* one.
    """
    if word.endswith(("_URL", "_URI", "_DSN", "_STRING", "_CONNECTION")) and _URL_NAME_PATTERN.fullmatch(word):
        kind = text.partition(":")[0].partition("+")[0].lower()
        return ["DATABASE_URL"] if not named and kind in DIALECT_BY_SCHEME else []
    if near := [each for each in _KNOWN_VARIABLES if -1 <= len(word) - len(each) <= 1 and _is_a_letter_off(word, each)]:
        return near
    first, _, rest = word.partition("_")
    if first not in {"MIGRATE", "MIGRATION", "MIGRATIONS"} or not rest:
        return []
    words = {_USUAL_WORDS.get(each, each) for each in rest.split("_")}
    ours = {each: {*each.split("_")[1:]} for each in sorted(_KNOWN_VARIABLES - {*found}) if each.startswith("MIGRATE_")}
    lacking = first == "MIGRATE"  # that may be one word short
    near = [each for each, its in ours.items() if words <= its and len(its) <= len(words) + lacking]
    return [" or ".join(near)] if near else []


def _is_a_letter_off(word: str, ours: str) -> bool:
    """Tell if *word* lacks a letter of ours, has one more or another one, or two that have changed places."""
    pairs = enumerate(zip(word, ours, strict=False))
    same = next((at for at, (one, two) in pairs if one != two), min(len(word), len(ours)))
    rest, other = word[same:], ours[same:]
    swapped = rest[:2] == other[1::-1] and rest[2:] == other[2:]
    return rest == other[1:] or rest[1:] == other or rest[1:] == other[1:] or swapped


def name_place(
    error: MigrateError, options: Mapping[str, Any], environ: Mapping[str, str], settings: Settings | None = None
) -> None:
    """Say in an *error* about a setting where that was given: as an option, in the environment, or in which line.

    Where the fix says "in the URL": what has named the database of *settings*. So does the place of one that does not
    answer, or not to this user.
    """
    if settings:
        error.fix = error.fix.replace("in the URL", f"in {settings.url_source.partition(' in ')[0] or 'the URL'}")
        if error.where == str(settings.url) and type(error) in {MigrateError, ConnectError, NotReadyError}:
            error.where = settings.place
    found = re.fullmatch(
        r"(?:(--[a-z-]+) or )?(MIGRATE_[A-Z_]+|DATABASE_URL|FORCE_AUTO_MIGRATE)( in [^,]*)?", error.where
    )
    if not found:
        return
    option, name, _ = found.groups("")
    if options.get(option.removeprefix("--").replace("-", "_")) is not None:
        error.where = option
        return
    named = environ.get(name) or (name == "DATABASE_URL" and name in environ)
    for place, layer, lines in [("the environment", environ, {})] if named else _read_config(options.get("config")):
        if name in layer:
            error.where = _in_place(name, place, lines)
            error.what = re.sub(rf"\A{option} takes", f"{name} takes", error.what)
            error.fix = error.fix.replace(f"like  {option} ", f"like  {name}=")


def _read_config(named: str | None) -> list[tuple[str, Mapping[str, str], Mapping[str, int]]]:
    """Return a .env file, its variables, and the line of each. .env may be missing; a *named* file may not."""
    refuse_url("--config", named or "")
    path = Path(named or ".env")
    if named is None and (not os.path.lexists(path) or path.is_dir()):  # a virtual environment may be called so
        return []
    if named is None and path.exists() and not path.is_file():  # a pipe may be read for ever
        raise SettingsError("it is no regular file", where=str(path), fix="name it:  migrate --config .env status")
    try:
        from dotenv.parser import parse_stream  # below dotenv_values, which skips a bad line with a warning
    except ModuleNotFoundError:
        raise SettingsError("python-dotenv is missing", where=str(path), fix=_to_install("python-dotenv")) from None

    def number(line: Any) -> int:  # a blank line above it is counted as a part of it
        text: str = line.original.string
        return int(line.original.line) + text.count("\n", 0, len(text) - len(text.lstrip()))

    lines = list(parse_stream(io.StringIO(read_text_file(path, "--config" if named else ".env"))))
    for line in lines:
        alone = line.key if line.value is None else ""  # Docker passes a name alone on; one of ours would say nothing
        if line.error or (alone and not re.fullmatch(r"(?!MIGRATE_|DATABASE_URL|FORCE_AUTO)[A-Za-z_]\w*", alone)):
            # It is not shown: it may be the one with the password.
            what = "this line has no =" if alone else "this line cannot be read"
            fix = "write NAME=value; put a value with spaces, # or quotes in it in single quotes"
            raise SettingsError(what, where=f"{path}:{number(line)}", fix=fix)
    known = {line.key: line for line in lines if line.key is not None}
    values = {name: line.value or "" for name, line in known.items()}
    return [(str(path), values, {name: number(line) for name, line in known.items()})]


def settings_above(database: str) -> tuple[Path, str] | None:
    """Return the nearest .env above the current folder that sets a variable of ours, and the first such variable.

    Or the default *database*, and no variable, where that is nearer. Not above the root of a repository, and not higher
    than five folders: what lies there is about something else.
    """
    folder = Path()
    for _ in range(5):
        if (folder / ".git").exists():
            break
        folder /= ".."
        path = folder / ".env"
        with contextlib.suppress(OSError):
            text = path.read_text("utf-8", "replace") if path.is_file() else ""
            for name in re.findall(r"^[ \t]*(?:export[ \t]+)?(\w+)[ \t]*=[ \t]*[^\s#]", text, re.MULTILINE):
                if name in _KNOWN_VARIABLES:
                    return path, name
        if (folder / database).is_file():
            return folder / database, ""
    return None


def read_text_file(path: Path, source: str) -> str:
    try:
        with path.open("rb") as file:  # a device, such as /dev/zero, may have no end
            return text_of(_decoded(file.read(2**20 if path.is_char_device() else -1)))
    except OSError as error:
        reason, fix = error.strerror, f"correct the path:  ls -l {shell_word(path)}"
    except ValueError as error:
        reason, fix = str(error), "name a file of text, in UTF-8"
    raise SettingsError(f"{path} cannot be read: {reason}", where=source, fix=fix)


def shell_word(path: Path | str) -> str:
    """Return a path as a word of a command, for a shell."""
    import shlex

    text = f"./{path}" if str(path).startswith("-") else str(path)
    escaped = repr(os.fsencode(text) + b"'\"")[2:-4]  # with both quotes in it: escaped as a shell reads it
    return shlex.quote(text) if text.isprintable() else f"$'{escaped}'"


def octets_of(text: str) -> str:
    """Return a text as its UTF-8, a character for each byte: the letters of a few words make no text larger then."""
    return text if text.isascii() else text.encode().decode("latin-1")


def text_of(octets: str) -> str:
    return octets if octets.isascii() else octets.encode("latin-1").decode()


def _decoded(data: bytes) -> str:
    """Return octets_of() UTF-8 text, without a BOM. Raises ValueError: what it is instead, or where it is not that."""
    has_mark = data[:2] in {b"\xff\xfe", b"\xfe\xff"}
    if has_mark or b"\0" in data:
        # Of a text in UTF-16 that is mostly ASCII, every second byte is 0; of one in UTF-32, three of four.
        start = data[:4096]
        zeros = [start[place::4].count(0) * 8 > len(start[place::4]) for place in range(4)]
        wide = {2: "UTF-16", 3: "UTF-32"}.get(sum(zeros), "UTF-16" if has_mark else "")
        # Of one byte alone: libpq would cut the text there, and report success.
        raise ValueError(f"it is {wide}: save it as UTF-8" if wide else f"a NUL byte at byte {data.index(0)}")
    begin = 0
    try:
        while begin < len(data) and not data.isascii():  # piece by piece: the text as it is would be larger
            end = begin + 2**20
            while data[end : end + 1] and data[end] & 0xC0 == 0x80:  # noqa: PLR2004 (a letter goes on there)
                end += 1
            data[begin:end].decode()
            begin = end
    except UnicodeDecodeError as error:
        place = begin + error.start
        line = data.count(b"\n", 0, place) + 1  # the byte itself may be one of a password
        raise ValueError(f"it is not UTF-8 at byte {place}, line {line}: save it as UTF-8") from None
    return data.removeprefix(b"\xef\xbb\xbf").decode("latin-1")


# Migration files ######################################################################################################
# A folder comes in, a list of Migration goes out, or all that is wrong with its files, before a database is opened.
# Nothing here knows SQL but two words in a comment on the first line.

_DIGITS_PATTERN: Final = regex(r"[0-9]{1,64}")
FILE_NAME_PATTERN: Final = regex(r"([0-9]{1,64})_(\S+)\.(up|down)\.sql")  # a file system ends names before the history
_DIRECTIVE_PATTERN: Final = regex(r"\s*--\s*migrate:\s*((?:only\s+)?[^\s,]*(?:\s*,\s*(?:only\s+)?[^\s,]+)*)")
# What is meant so, and not written so; where it is about a database, only with its name: it may be prose.
_MEANT_PATTERN: Final = regex(
    r"(?:--+|#|/\*)\s*migrate\s*(?::?\s*no[-_ ]?transaction\b|:\s*only\s+(\w+))", re.IGNORECASE
)
# What ``new`` writes, with what comes before it in every file.
_TEMPLATES: Final = {"up": "\n--\n-- Why\n-- Locks\n-- Undo\n\n", "down": ": undo\n--\n-- Loses\n\n"}
UNWRITTEN_PATTERN: Final = regex(r"-- [0-9]+ [^\n]+\n--\r?\n-- (?:Why\r?\n-- Locks\r?\n-- Undo|(Loses))\s*")
# The marks between which other tools have both ways in one file, and a word that asks for no transaction.
MARK_PATTERN: Final = regex(
    r"^--(?:[ \t]*(\+goose|\+migrate|migrate:|rambler|(?=\w+ migration\b))[ \t]*(up|down)\b(?: migration\b)?"
    r"|-+ create above / drop below -+)",
    re.MULTILINE | re.IGNORECASE,
)
_NAMES: Final = "name files like 20250504093000_create_users.up.sql, in UTF-8; a new pair:  migrate new NAME"
_MISNAMED: Final = "not DIGITS_NAME.up.sql or DIGITS_NAME.down.sql in UTF-8, without blanks, in lower case"
_TOOL_BY_MARK: Final = pairs_in("""+goose goose, +migrate sql-migrate, migrate: dbmate, rambler rambler,
    Migration node-pg-migrate, above tern""")
_MARK_ALONE_PATTERN: Final = regex(r"(?im)^--.*(NO\s+TRANSACTION|notransaction|transaction\s*:\s*false)")


class Script(NamedTuple):
    """One file: the text as it will run. *checksum* is SHA-256 over it with CRLF read as LF, without a BOM.

    The text is kept as *octets*, octets_of() it: a large one with letters beyond ASCII is not larger in memory.
    """

    file: Path | str  # a path is made of it when it is asked for: of thousands, that takes as long as to read them
    octets: str
    checksum: str
    in_transaction: bool = True
    only: tuple[str, ...] = ()  # the dialects that it is written for; () is every one

    def __repr__(self) -> str:
        return f"Script({str(self.path)!r})"

    @property
    def path(self) -> Path:
        """Return where the file is."""
        return Path(self.file)

    @property
    def sql(self) -> str:
        """Return the text, which is made anew each time where it has letters beyond ASCII."""
        return text_of(self.octets)

    @classmethod
    def from_text(cls, file: Path | str, sql: str) -> Script:
        """Do what from_octets() does."""
        return cls.from_octets(file, octets_of(sql))

    @classmethod
    def from_octets(cls, file: Path | str, octets: str) -> Script:
        """Read the two words that this tool knows inside SQL. Raises ValueError (what, fix) for another there."""
        end = octets.find("\n")
        first = octets if end < 0 else octets[:end]
        read = octets.replace("\r\n", "\n") if "\r" in octets else octets
        checksum = hashlib.sha256(read.encode("latin-1")).hexdigest()
        first = text_of(first).lstrip("\ufeff") if "migrate:" in first else ""
        directive = _DIRECTIVE_PATTERN.match(first)
        if not directive:
            return cls(file, octets, checksum)
        found = directive[1].replace(",", " ").split() or [""]
        only = tuple(DIALECT_BY_SCHEME[word] for word in found if word in DIALECT_BY_SCHEME)
        wrong = [word for word in found if word not in {"no-transaction", "only", *DIALECT_BY_SCHEME}]
        if more := re.match(r"(?i)[ \t]+((only)[ \t]+)?([\w-]+)", first[directive.end() :]):  # a comma is missing
            names = {*DIALECT_BY_SCHEME} if only or more[2] else set[str]()
            wrong += [more[3]] if more[3].lower() in names | {"no-transaction"} else []
        if bool(only) != ("only" in found):  # one without the other
            wrong += [word for word in found if word != "no-transaction"]
        if wrong:
            if {"up", "down"} <= (marks := marked_ways(octets)).keys():
                raise ValueError(*both_ways(shown_path(Path(file)), marks["up"], octets))
            knows = 'which knows "no-transaction" and "only DIALECT", with a comma between'
            raise ValueError(f'unknown word "{wrong[0]}" after "-- migrate:", {knows}', "")
        return cls(file, octets, checksum, "no-transaction" not in found, only)


def marked_ways(octets: str) -> dict[str, re.Match[str]]:
    """Return the first mark of each way, "up" and "down", in what may be a file of another tool."""
    comments = octets.startswith("--") or re.search("\n--", octets)  # one look through a large file, not three
    found = MARK_PATTERN.finditer(octets) if comments and any(mark in octets for mark in _TOOL_BY_MARK) else ()
    return {way: mark for mark in reversed([*found]) for way in ([mark[2].lower()] if mark[2] else ("up", "down"))}


def both_ways(path: str, mark: re.Match[str], octets: str) -> tuple[str, str]:
    """Return what is wrong with a file of another tool, known by a *mark* in it, and the two to write instead."""
    stem = re.sub(r"(?i)(\.(up|down))?\.sql$", "", path)
    tool, way = next(tool for part, tool in _TOOL_BY_MARK.items() if part.lower() in mark[0].lower()), mark[2] or ""
    first, second = (mark[0].replace(way, each) for each in (("up", "down") if way.islower() else ("Up", "Down")))
    alone = ", with  -- migrate: no-transaction  on its first line" if _MARK_ALONE_PATTERN.search(octets) else ""
    above, below = (f'below "{first}"', f'below "{second}"') if way else (f'above "{mark[0]}"', "below it")
    fix = f"write what is {above} into {stem}.up.sql{alone}, what is {below} into {stem}.down.sql"
    return f"a file of {tool}, which has the way up and the way down in one", fix


# What other tools call their files, and the parts that ours are called after; or how such a file begins.
# Nearly the name of a migration; what editors and people add to put one aside is none.
_SLIP_PATTERN: Final = regex(r"([0-9]{1,64}_\S+?)\.(up|down)(?:\.[sqlpgmy]{1,5})?(?:\.txt)?", re.IGNORECASE)
_FLYWAY_PATTERN: Final = regex(r"(?P<kind>[VUBR])(?P<version>\d[\d._]*?)?__(?P<name>.+?)(\.(up|down))?\.sql")
_NUMBERED_PATTERN: Final = regex(
    r"(?P<version>\d{1,64})([-_. ]+(?P<name>[^-_. ][^.]*?))??([-_. ]+(?P<way>up|down))?\.sql", re.IGNORECASE
)
_POSTGRATOR_PATTERN: Final = regex(r"(?P<version>\d{1,64})\.(?P<way>do|undo)(\.(?P<name>.+))?\.sql")
_FOLDER_PATTERN: Final = regex(r"(?P<version>\d[\d-]*)_(?P<name>.+)")
_DJANGO_PATTERN: Final = regex(r"(?P<version>\d{4})_(?P<name>\w+)\.py")
_SQITCH_PATTERN: Final = regex(r"-- (Deploy|Revert|Verify) (?:\S+:)?(?P<name>\S+)")
_SQITCH_WAYS: Final = {"deploy": "up", "revert": "down"}
_LIQUIBASE_PATTERN: Final = regex(r"--\s*liquibase formatted sql", re.IGNORECASE)


def _write_as(folder: str, parts: Mapping[str, str | None], way: str = "") -> str:
    """Say as which files to write one of another tool; NUMBER is what a person puts before a name that has none."""
    version, name = (parts.get("version") or "").replace("-", ""), re.sub(r"\s+", "_", parts.get("name") or "NAME")
    stem = f"{version if version.isdecimal() else 'NUMBER'}_{name}"
    names = {each: shown_path(Path(folder, f"{stem}.{each}.sql")) for each in ("up", "down")}
    return f"write it as {names[way]}" if way else f"write it as {names['up']}, the way back as {names['down']}"


def _of_another_tool(path: str, text: str) -> Iterator[tuple[str, str]]:
    """Yield what a file that has no name of ours may be, by its name and its *text*, and how to write it."""
    folder, _, name = path.rpartition("/")
    if found := _FLYWAY_PATTERN.fullmatch(name):
        kind, fix = found["kind"], _write_as(folder, found.groupdict(), {"U": "down", "R": "up"}.get(found["kind"], ""))
        what = {"U": " that undoes one", "R": " that runs whenever it is edited"}.get(kind, "")
        yield f"a file of Flyway{what}", fix + ", under a new number for each edit" * (kind == "R")
    if found := _SQITCH_PATTERN.match(text):
        fix = _write_as(folder, found.groupdict(), _SQITCH_WAYS.get(found[1].lower(), ""))
        fix = "leave it out: it changes nothing" if found[1] == "Verify" else f"{fix}, numbered as in sqitch.plan"
        yield "a file of sqitch", fix
    if _LIQUIBASE_PATTERN.match(text):
        fix = _write_as(folder, {}).replace("write it", "write each changeset")
        yield "a file of Liquibase", f"{fix}: what stands behind --rollback"
    if found := _POSTGRATOR_PATTERN.fullmatch(name):
        yield "a file of Postgrator", _write_as(folder, found.groupdict(), "up" if found["way"] == "do" else "down")
    if (found := _NUMBERED_PATTERN.fullmatch(name)) and name.isprintable():
        yield _MISNAMED, _write_as(folder, found.groupdict(), (found["way"] or "").lower())
    yield _MISNAMED, _NAMES


class Migration(NamedTuple):
    """A pair of files; *down* is None where it cannot be undone. *version* is text, compared as a number (``key``).

    In a run a down file is read when it is asked for, and where it cannot be read, FileError is raised there.
    *elsewhere* are the dialects that the up file is for, where that of the database is none of them: it never runs.
    """

    version: str
    name: str
    up: Script
    down: Script | None = None
    elsewhere: tuple[str, ...] = ()

    @property
    def key(self) -> int:
        """Return the place of this migration in the order."""
        return version_key(self.version)


class _Found(Migration):
    """One that has a function in place of ``down``, until that is asked for."""

    @cached_property
    def down(self) -> Script | None:
        read: Any = self[3]
        found: Script | None = read()
        return found


@cache
def version_key(version: str) -> int:
    """Return the number a version is compared by: 8 digits that read as a date are midnight of that day."""
    is_date = re.fullmatch(r"0*[1-9]\d{3}(0[1-9]|1[012])(0[1-9]|[12]\d|3[01])", version)
    return int(version) * 1_000_000 if is_date else int(version)


def shown_path(path: Path) -> str:
    """Return the path as a person would type it: relative where it lies below the working directory."""
    with contextlib.suppress(ValueError, OSError):
        return str(path.relative_to(Path.cwd()))
    return str(path)


def embedded_directory() -> Path:
    """Return the folder of the SQL that ships with this module: migrate_sql/ in a wheel, sql/ in a checkout."""
    here = Path(__file__).resolve().parent
    folders = (here / name / dialect for name in ("migrate_sql", "sql") for dialect in DATABASES)
    return next((folder.parent for folder in folders if folder.is_dir()), here / "sql")


def _some(texts: Sequence[str], between: str = ", ") -> str:
    return between.join([*texts[:9], *([f"and {len(texts) - 9} more"] if len(texts) > 9 else [])])  # noqa: PLR2004


def _some_lines(said: Sequence[tuple[str, str, str]]) -> list[str]:
    lines = [f"{path} is {what}: {fix}" if fix else f"{path} {what}" for path, what, fix in said]
    return _some(lines, "\n").splitlines()


def _listed(folder: Path) -> Iterator[os.DirEntry[str]]:
    """Yield what lies in *folder*. Raises FileError."""
    try:
        os.stat(f"{folder}/.")  # noqa: PTH116 (pathlib drops the dot; names can be listed without the right to more)
        with os.scandir(folder) as entries:
            yield from entries
            return
    except OSError as error:
        what, word = f"the folder {shown_path(folder)} cannot be read: {error.strerror}", shell_word(shown_path(folder))
        way = f"let this user list the folder and read its files:  ls -ld {word}"
        if isinstance(error, FileNotFoundError):
            way = f"create it:  mkdir -p {word}"
    raise FileError(what, where="--dir or MIGRATE_DIR", fix=f"correct the path, or {way}")


def dialect_directories(root: Path) -> dict[str, Path]:
    """Return the dialect folders in *root*, {} if it holds the files. Raises FileError: no folder, or not clear."""
    beside = any(FILE_NAME_PATTERN.fullmatch(entry.name) for entry in _listed(root))
    found = [(dialect, root / name) for name, dialect in DIALECT_BY_SCHEME.items() if (root / name).is_dir()]
    if (found and beside) or len(found) > len(dict(found)):
        what = "it is not clear which files are meant: files beside dialect folders, or two folders of one dialect"
        fix = "move the files into one folder for each dialect, or name the folder with --dir"
        raise FileError(what, where=shown_path(root), fix=fix)
    return dict(found)


def migration_directory(root: Path | None, dialect: str) -> Path:
    """Return the folder with the files of *dialect*: *root* itself, or the dialect's folder in it. Raises FileError."""
    root = root or embedded_directory()
    folders = dialect_directories(root)
    return folders.get(dialect, root / dialect) if folders else root


class _Half:
    """A file of a pair, by its name. Raises ValueError for another name: what, fix."""

    __slots__ = "direction", "entry", "key", "name", "version"

    def __init__(self, entry: os.DirEntry[str]) -> None:
        name = _in_utf8(entry.name)
        match = FILE_NAME_PATTERN.fullmatch(name)
        if not match or not name.isprintable():
            marked, path = b"", _in_utf8(entry.path)
            with contextlib.suppress(OSError):
                if entry.is_file():
                    marked = Path(entry.path).read_bytes()
            octets = marked.decode("latin-1")
            for mark in marked_ways(octets).values() if re.fullmatch(r"[0-9]+_[!-~]+\.sql", name) else ():
                raise ValueError(*both_ways(shown_path(Path(path)), mark, octets))
            raise ValueError(*next(_of_another_tool(path, octets)))
        self.version, self.name, self.direction = match.groups()
        self.entry, self.key = entry, version_key(self.version)

    def read(self) -> Script:
        """Return its text. Raises ValueError with what is wrong, and perhaps the fix, or OSError."""
        if not self.entry.is_file():  # a pipe or a device may be read for ever
            self.entry.stat()  # says of a link why it leads nowhere
            raise ValueError("no regular file")
        file = os.open(self.entry.path, os.O_RDONLY | getattr(os, "O_BINARY", 0))  # pathlib takes four times as long
        try:
            size = os.fstat(file).st_size
            data = os.read(file, size + 1)
            if len(data) != size:  # else that was the end: it says so, and there was room for more
                data += b"".join(iter(partial(os.read, file, size + 1), b""))
        finally:
            os.close(file)
        octets = _decoded(data)
        del data  # the bytes themselves are kept no longer
        return Script.from_octets(self.entry.path, octets)


def _is_sql(name: str) -> bool:
    """Tell a file of SQL from other files, and from the backups of editors (~, .swp, #..#, ._x)."""
    return name[-4:].lower() == ".sql" and name[0] not in ".#"


def _look_deeper(folder: str) -> Iterator[tuple[str, str, str]]:
    """Yield what to say of a *folder* beside the files, if it, or one in it, has files of SQL: path, what, and the fix.

    That is empty where it is not known which tool they are of.
    """
    here, found, top = Path(folder), 0, list[str]()
    for place, folders, names in os.walk(folder):
        folders[:] = [name for name in folders if place == folder and name[0] != "."]
        found += sum(map(_is_sql, names))
        top += filter(_is_sql, names) if place == folder else ()
    match = _FOLDER_PATTERN.fullmatch(here.name)
    root, parts = str(here.parent), match.groupdict() if match else None
    if parts and "migration.sql" in top:
        yield shown_path(here / "migration.sql"), "a file of Prisma", _write_as(root, parts)
    elif parts and "up.sql" in top:
        yield shown_path(here / "up.sql"), "a file of Diesel", _write_as(root, parts, "up")
        if "down.sql" in top:
            yield shown_path(here / "down.sql"), "a file of Diesel", _write_as(root, parts, "down")
    elif here.name in {"deploy", "revert", "verify"} and all((here.parent / each).is_dir() for each in _SQITCH_WAYS):
        for name in sorted(top) if here.name in _SQITCH_WAYS else ():
            fix = _write_as(root, {"name": name.removesuffix(".sql")}, _SQITCH_WAYS[here.name])
            yield shown_path(here / name), "a file of sqitch", f"{fix}, numbered as in sqitch.plan"
    elif found:
        yield shown_path(here), f"is not read, and has {counted(found, 'file')} of SQL in it", ""


def _nearly_named(directory: Path, name: str) -> Iterator[tuple[str, str, str]]:
    """Yield the same of a file that has nearly the *name* of a migration, if it is no copy of one."""
    slip = _SLIP_PATTERN.fullmatch(name)
    right = directory / f"{slip[1]}.{slip[2].lower()}.sql" if slip else directory
    if not os.path.lexists(right):
        path = shown_path(directory / name)
        fix = f"name it right:  mv {shell_word(path)} {shell_word(shown_path(right))}"
        yield path, "no file of SQL by its name", fix


def find_migrations(
    directory: Path, dialect: str = "", *, lazily: bool = False, tell: Callable[[tuple[str, str, str]], object] = bool
) -> list[Migration]:
    """Read every migration in *directory*, oldest first. Raises FileError, which lists every fault there is.

    For a *dialect*, one of each version: that for it, or else one that is for another. Without, all there are.
    *lazily*, a down file is read when ``down`` is asked for, and FileError is raised there. *tell* is called with each
    folder in there that has files of SQL, or each of these, and with what has nearly the name of a migration: the path,
    what to say of it, and the fix if there is one.
    """
    ups, downs = dict[int, list[_Half]](), dict[int, list[_Half]]()  # of each version
    faults, deeper, python = list[tuple[str, str, str]](), list[tuple[str, str, str]](), list[str]()
    misnamed, script = set[str](), cache(_Half.read)
    for entry in sorted(_listed(directory), key=attrgetter("name")):
        if not _is_sql(entry.name):  # Kubernetes mounts a ConfigMap as links into ..data
            deeper += _look_deeper(entry.path) if not entry.name.startswith(".") and entry.is_dir() else ()
            python += [entry.name] if _DJANGO_PATTERN.fullmatch(entry.name) else []
            deeper += _nearly_named(directory, entry.name)
            continue
        try:
            half = _Half(entry)
            (ups if half.direction == "up" else downs).setdefault(half.key, []).append(half)
        except ValueError as error:
            faults.append((entry.name, *error.args))
            misnamed.add(entry.name.partition("_")[0])
    # Of several down files of a version, their first lines say which is meant.
    for halves in (*ups.values(), *(each for each in downs.values() if not lazily or len(each) > 1)):
        for half in [*halves]:
            try:
                script(half)
            except (OSError, ValueError) as error:  # noqa: PERF203 (a fault in one is none in the others)
                what, *fix = (error.strerror,) if isinstance(error, OSError) else error.args
                way = "let this user read it" if isinstance(error, PermissionError) else "".join(fix)
                faults.append((half.entry.name, str(what), way))
                halves.remove(half)
    # A down file that names no dialect is for those of the up file with its name.
    named = [half for halves in ups.values() for half in halves if script(half).only]
    of_up = {(half.key, half.name): script(half).only for half in named}

    def dialects(half: _Half) -> tuple[str, ...]:
        return script(half).only or of_up.get((half.key, half.name), ())

    for halves in [each for each in (*ups.values(), *downs.values()) if len(each) > 1]:
        for number, half in enumerate(halves):
            for rival in [each for each in halves[:number] if meet(dialects(half), dialects(each))][:1]:
                fault = f"the same version as {shown_path(Path(rival.entry.path))}"
                faults.append((half.entry.name, fault, "give the one that is not applied another version, or drop it"))
    lone = (half for key in downs.keys() - ups for half in downs[key] if half.version not in misnamed)
    for half in lone:
        path = shown_path(directory / half.entry.name)
        gone = re.sub(r"down(?=\.sql\Z)", "up", path)
        way = f"put {gone} back, or remove this one, too:  rm {shell_word(path)}"
        faults.append((half.entry.name, "a down file without its up file", way))
    for name in python if not (faults or ups) else ():
        printed = f"write what `manage.py sqlmigrate APP {name[:4]}` prints (with --backwards, for the way back)"
        way = _write_as(str(directory), {"version": name[:4], "name": name[5:-3]}).replace("write it", printed)
        faults.append((name, "a file of Django, in Python", way))
    if faults or not ups:
        raise _folder_error(directory, sorted(faults), deeper)
    for each in deeper:
        tell(each)
    here, migrations = (dialect,) * bool(dialect), list[Migration]()

    def undo(half: _Half) -> Script | None:
        try:
            backs = (each for each in downs.get(half.key, ()) if meet(script(each).only, here))
            return next((script(each) for each in backs if meet(script(half).only, dialects(each))), None)
        except (OSError, ValueError):  # it is read only now
            again = find_migrations(directory, dialect)  # raises FileError with this fault, and every other
            return next((each.down for each in again if each.version == half.version), None)

    for _, halves in sorted(ups.items()):
        fitting = [half for half in halves if not script(half).only or meet(script(half).only, here)]
        for half in (fitting or halves)[: 1 if dialect else None]:
            kind: type[Migration] = _Found if lazily and half.key in downs else Migration
            back: Any = undo(half) if kind is Migration else partial(undo, half)
            migrations.append(kind(half.version, half.name, script(half), back, () if fitting else script(half).only))
    return migrations


def _folder_error(
    directory: Path, faults: Sequence[tuple[str, str, str]], deeper: Sequence[tuple[str, str, str]]
) -> FileError:
    """Return the error for *faults*: name, what, and the fix where it is not the usual one; or for no files at all."""
    all_faults = [(shown_path(directory / name), fault, way) for name, fault, way in faults]
    all_faults += [each for each in deeper if each[2]]
    rest = [each for each in deeper if not each[2]]
    fix, where = "mend or move these; " * bool(all_faults) + _NAMES, shown_path(directory)
    if rest and not all_faults:
        fix = "name that folder with --dir, or move its files here"
    what = f"{counted(len(all_faults), 'fault')} in the migration files:" if all_faults else "no migration files here"
    lines = [f"{path}: {fault}" + (f"; {way}" if way not in {"", _NAMES} else "") for path, fault, way in all_faults]
    error = FileError("\n  ".join([what, *lines, *_some_lines(rest)]), where=where, state="nothing was run.", fix=fix)
    mend = "mend this file, or move it to where no migrations are"
    error.faults = [(path, fault, way or mend) for path, fault, way in all_faults]
    return error


def meet(only: Sequence[str], others: Sequence[str]) -> bool:
    """Tell if two files are both for some database, by the dialects that each is for; none named is every one."""
    return not only or not others or not set(only).isdisjoint(others)


def new_migration(root: Path, name: str, *, now: datetime, tell: Callable[[str], object] = bool) -> list[Path]:
    """Write an empty pair into each folder, every file or none; return them. Raises SettingsError (name), FileError.

    *tell* hears of a file that has the name already.
    """
    word = re.sub(r"[\s-]+", "_", name.strip()).lower()
    if name.strip() == "NAME":
        fix = "say what it does:  migrate new add_email_to_users"
        raise SettingsError("NAME stands for what the migration does, such as add_email_to_users", fix=fix)
    if not re.fullmatch(r"_*[^\W_][\w.]{0,99}", word):
        fix = "use letters, digits and underscores:  migrate new add_email_to_users"
        raise SettingsError(f'"{name}" cannot be the name of a migration', fix=fix)
    folders = list(dialect_directories(root).values()) or [root]
    entries = [entry for folder in folders for entry in _listed(folder)]
    used = {entry.name.partition("_")[0] for entry in entries}
    for entry in [each for each in entries if each.name.partition("_")[2] == f"{word}.up.sql"][:1]:
        tell(f"another migration has this name: {shown_path(Path(entry.path))}")
    while (version := now.strftime("%Y%m%d%H%M%S")) in used:
        now += timedelta(seconds=1)
    title = f"-- {version} {word.replace('_', ' ')}"
    texts = {way: title + text for way, text in _TEMPLATES.items()}
    files = {folder / f"{version}_{word}.{way}.sql": texts[way] for folder in folders for way in texts}
    try:
        for path, text in files.items():
            path.write_text(text, encoding="utf-8", newline="\n")
    except OSError as error:
        for path in files:
            with contextlib.suppress(OSError):
                path.unlink()
        fix = "let this user write there, make room, or name another --dir"
        what, state = f"cannot write: {error.strerror}", "no file was left behind."
        raise FileError(what, where=shown_path(root), fix=fix, state=state) from None
    return list(files)


# Statements ###########################################################################################################
# The text of one file and the lexical rules of its dialect come in; its statements go out, one by one, each with its
# line. One lexer for all three; what differs is data. It knows quotes, comments and where a body ends, and no more
# grammar than that: what a statement means is the server's business. Linear in the text, and it never raises.

_BLANKS_PATTERN: Final = regex(r"\s+", re.ASCII)


class Statement(NamedTuple):
    r"""One statement of a file.

    *text* is what to send: without its delimiter and the blanks and comments around it, unchanged inside.
    *line* (from 1) and *offset* (characters, from 0) say where it starts: ``sql[offset:offset + len(text)] == text``.
    *fault* is empty, or why it cannot be sent: "unclosed comment", "unclosed quote", "unclosed dollar quote",
    "unclosed block" (of MySQL: where it ends is not certain), or "client command": a word to psql, sqlite3 or mysql,
    like ``\i``, ``.read`` or ``source``, and not to the server.
    """

    text: str
    line: int
    offset: int
    fault: str = ""


class Syntax(NamedTuple):
    r"""What decides, in one dialect, where a statement ends.

    *tokens* is a regex of all but plain words and signs; its groups name the kinds that tokenize() yields.
    *literals* is one of those that depend on nothing, without a group; "" where none is known.
    *start_pattern* matches what is special where a statement may start: blanks, a client_command, or a new delimiter.
    *programs* are what CREATE makes that has a body with semicolons; *blocks* the signs that open one there.
    *compound* is the grammar of MySQL and MariaDB in place of these two: any statement may be a block of others.
    *reads_pattern* matches the start of what may read data from the lines below it, up to one of only ``\.``.
    """

    tokens: str
    literals: str = ""
    start_pattern: re.Pattern[str] = _BLANKS_PATTERN
    programs: frozenset[str] = frozenset()
    blocks: frozenset[str] = frozenset()
    compound: bool = False
    reads_pattern: re.Pattern[str] | None = None

    def body(self) -> _Body | _Compound:
        """Return what follows one statement, word by word, to its end."""
        return _Compound() if self.compound else _Body(self)


def split_statements(sql: str, syntax: Syntax | Callable[[], Syntax]) -> Iterator[Statement]:
    """Split *sql*, lazily. What is between the statements is white space, comments, delimiters and DELIMITER lines.

    A callable is asked before each statement: a ``SET sql_mode`` that has just been run counts for what follows.
    Comments alone are no statement. Text that ends inside a quote or comment ends with a faulty statement.
    """
    line = counted = 0
    for starts, ends, fault, *_ in _spans(sql, syntax):
        for start, end in zip(starts, ends, strict=True):
            line += sql.count("\n", counted, start)
            counted = start
            yield Statement(sql[start:end], line + 1, start, fault)


# Its starts, its ends, the fault; what to look at in its place, or ""; whether it was found by the grammar.
_Span = tuple[list[int], list[int], str, str, bool]


def _spans(sql: str, syntax: Syntax | Callable[[], Syntax]) -> Iterator[_Span]:
    """Yield where the statements of *sql* are: of INSERTs that are alike but for their literals, many at once."""
    position, delimiter = 0, ";"
    while position < len(sql):
        rules = syntax if isinstance(syntax, Syntax) else syntax()
        start = position
        special = None if sql.startswith(delimiter, start) else rules.start_pattern.match(sql, start)
        if special is None:
            if delimiter == ";" and rules.literals and sql[start] in "IRir":  # an INSERT or a REPLACE
                for head, starts, ends, after in _inserts(sql, start, rules.literals):
                    yield starts, ends, "", f"{head} (NULL)", True
                    position = after
                if position > start:
                    continue
            end, position, fault = _find_end(sql, start, rules, delimiter)
            if data_end := _find_data(sql, start, position, rules):
                yield [start], [data_end], "", f"{sql[start:end]};\n\\.", True
                position = data_end
                continue
        elif special.lastgroup == "client_command":
            end = position = special.end()
            fault = "client command"
        else:
            delimiter = special["delimiter"] if special.lastgroup else delimiter
            position = special.end()
            continue
        while end > start and sql[end - 1] in " \t\n\r\f\v":
            end -= 1
        if end > start:
            yield [start], [end], fault, "", delimiter == ";"


def _inserts(sql: str, position: int, literals: str) -> Iterator[tuple[str, list[int], list[int], int]]:
    """Yield INSERTs of nothing but literals, from *position* on, as long as they come one after the other.

    Of those that have the same before their literals: that, their starts and ends, and where the next one may start.
    One step of a regex takes many rows, which are most of a large file, but not all: it keeps what it has taken.
    """
    first, more = _compile_inserts(literals)
    size, found_head, found_starts, found_ends = 0, "", list[int](), list[int]()
    while True:
        head, starts, ends, whole, limit = "", list[int](), list[int](), True, position + 4 * size
        for found in first.finditer(sql, position):
            start, after = found.span()
            if start != position or found[1] != (head or found[1] or "-"):
                break
            rows: re.Match[str] | None = found
            if whole := found.start(2) >= 0:
                ends.append(found.start(2))
            else:
                while rows and rows.start("end") < 0:
                    rows = more.match(sql, after)
                    after = rows.end() if rows else after
                if not rows:
                    break
                ends.append(rows.start("end"))
            head, position = found[1], after
            starts.append(start)
            if not whole or position > limit:
                break
        if found_starts and (head != found_head or not starts):
            yield found_head, found_starts, found_ends, starts[0] if starts else position
            found_starts, found_ends = [], []
        if not starts:
            return
        found_head = head
        found_starts += starts
        found_ends += ends
        last, between = starts[-1], sql[ends[-1] - 1 : position]  # with the last parenthesis
        mark = between + sql[last : sql.index("(", last + len(head)) + 1]
        size = min(3 * (position - last), _STRETCH)
        while sizes := _count_off(sql, position - len(between), size, between, mark, escapes=_MYSQL_TEXT in literals):
            starts = [*itertools.accumulate(sizes, initial=position)]
            found_ends += [start - len(between) + 1 for start in starts[1:]]
            position, size = starts.pop(), min(2 * size, _STRETCH)
            found_starts += starts


def _count_off(sql: str, position: int, size: int, between: str, mark: str, *, escapes: bool) -> list[int]:
    """Return the sizes of INSERTs of nothing but literals, as far as a few steps over all of them show that; or [].

    They stand in the next *size* bytes. Each begins with *mark*, of which *between* comes after the one before it; what
    is not in quotes, every second of the pieces that these make, is digits and a few signs, and no call.
    """
    alike = "'" not in mark and sql.startswith(mark, position)
    cut = sql.rfind(between, position + 1, position + size) if alike else -1
    if cut < 0:
        return []
    piece = sql[position:cut]
    pieces = piece.split(between)[1:]
    texts = (piece.replace("\\\\", "\0").replace("\\'", "\0") if escapes and "\\" in piece else piece).split("'")
    signs = "'".join(texts[::2]).replace(mark, "\1(")
    told = b"\1(" * len(pieces)  # from the parenthesis of one to that of the next
    for word in ("NULL", "true", "false"):  # as dumps have them
        signs = signs.replace(word, "0")
    rest = signs.encode("ascii", "replace").translate(None, _SIGNS).replace(b")(", b"")
    if len(texts) % 2 == 0 or "--" in signs or rest != told:
        return []
    return [len(each) + len(between) for each in pieces]


@lru_cache
def _compile_inserts(literals: str) -> tuple[re.Pattern[str], re.Pattern[str]]:
    """Return what matches the beginning of such an INSERT, and more rows of it; *end* is where it ends."""
    name = rf"""(?:{_LETTER}{_LETTER_DIGIT_DOLLAR}*|"[^"\\]+"|`[^`\\]+`)"""
    row = rf"\(\s*(?:{literals})(?:\s*,\s*(?:{literals}))*\s*\)"
    head = rf"(?:INSERT(?:\s+IGNORE|\s+OR\s+[A-Z]+)?|REPLACE)\s+INTO\s+{name}(?:\.{name})?\s*"
    head += rf"(?:\(\s*{name}(?:\s*,\s*{name})*\s*\)\s*)?(?:OVERRIDING\s+(?:SYSTEM|USER)\s+VALUE\s+)?VALUES"
    rows, end = rf"{row}(?:\s*,\s*{row}){{0,200}}", r"(?:(?P<end>\s*;)\s*)?"
    flags = re.ASCII | re.DOTALL | re.IGNORECASE
    return re.compile(rf"(?P<head>{head})\s*{rows}{end}|", flags), re.compile(rf"\s*,\s*{rows}{end}", flags)


class Alike(NamedTuple):
    """Statements of a file that come one after the other and differ in literals only; mostly it is one.

    *brief* is what to look at to know what each is: the first, or, of INSERTs of nothing but literals, the first with
    one NULL in place of these; a COPY without its data.
    """

    brief: Statement
    starts: list[int]
    ends: list[int]
    differ: bool = False  # from their brief


def alike(octets: str, syntax: Callable[[], Syntax]) -> Iterator[Alike]:
    """Split a file as the server will: to it a DELIMITER is nothing, it ends a statement where its grammar does.

    The client sends all before its delimiter at once. To send that as it is would lose the errors of all but the first.
    """
    line, counted, last, found = 1, 0, "", Alike(Statement("", 0, 0), [], [])
    for starts, ends, fault, brief, by_grammar in _spans(octets, syntax):
        (start, *_), (end, *_) = starts, ends
        shape = "" if brief or fault or not by_grammar else _shape(octets, start, end)
        if shape and shape == last:
            found.starts.append(start)
            found.ends.append(end)
            continue
        if last:
            yield found
        last, line, counted = shape, line + octets.count("\n", counted, start), start
        if brief:
            yield Alike(Statement(text_of(brief), line, start), starts, ends, differ=True)
            continue
        if shape:
            found = Alike(Statement(text_of(octets[start:end]), line, start), [start], [end], differ=True)
            continue
        piece = octets[start:end].rstrip("; \t\r\n")
        found_in: Iterable[Any] = [([0], [len(piece)], fault)]
        if not (by_grammar or fault) and ";" in piece:  # and no commands of the client are in there
            found_in = _spans(piece, syntax()._replace(literals="", start_pattern=_BLANKS_PATTERN))
        for (begin,), (stop,), fault_of, *_ in found_in:
            more = piece.count("\n", 0, begin)
            statement = Statement(text_of(piece[begin:stop]), line + more, start + begin, fault_of)
            yield Alike(statement, [start + begin], [start + stop])
    if last:
        yield found


def _shape(octets: str, start: int, end: int) -> str:
    """Return a change of rows without its literals, by which it is told what it is; "" for what may depend on them."""
    if end - start > _SHAPED or not _CHANGES_PATTERN.match(octets, start):
        return ""
    shape = _LITERAL_PATTERN.sub("\0", octets[start:end])
    return shape if _is_shape(shape) else ""


@lru_cache
def _is_shape(shape: str) -> bool:
    """Tell if what is said of a statement is the same whatever literals it has: takes_part() looks at some."""
    odd = ("'", "@", "$", "\\", "/*", "--", "#", "SET_CONFIG", "CURRENT_SETTING")  # more than words and signs; these
    return not any(each in shape.upper() for each in odd)


class Statements(Sequence[Statement]):
    """The statements of a file. One of some that are alike is made when it is asked for: a file is in memory once.

    *briefs* are those of Alike, at the same places: one and the same for all that are alike.
    """

    def __init__(self, octets: str = "", found: Iterable[Alike] = ()) -> None:
        self._octets, self._line = octets, (0, 1)  # the last offset of which the line was asked for
        self._code: str | None = None
        self._starts, self._ends, self._differ = array("Q"), array("Q"), bytearray()
        self._runs, self.briefs, self._reading = list[list[int]](), list[Statement](), list[int]()
        changes = False
        for each in found:
            before, changes = changes, bool(_CHANGES_PATTERN.match(each.brief.text))
            if not (before and changes):
                self._runs.append([len(self.briefs) + 1, 0])
            self._reading += [len(self.briefs)] * each.brief.text.endswith("\n\\.")
            self._starts.extend(each.starts)
            self._ends.extend(each.ends)
            self._differ += bytes([each.differ]) * len(each.starts)
            self.briefs += [each.brief] * len(each.starts)
            self._runs[-1][1] = len(self.briefs)

    def __len__(self) -> int:
        return len(self.briefs)

    def __getitem__(self, place: Any) -> Any:
        """Return a statement, or a list of some."""
        if isinstance(place, slice):
            return [self[each] for each in range(*place.indices(len(self)))]
        if not self._differ[place]:
            return self.briefs[place]
        start = self._starts[place]
        offset, line = self._line if self._line[0] <= start else (0, 1)
        line += self._octets.count("\n", offset, start)
        self._line = start, line
        return Statement(text_of(self._octets[start : self._ends[place]]), line, start)

    @property
    def code(self) -> str:
        """Return the text of all, for who looks for words in it; of what is alike, once. Of a small file it is kept."""
        code = self._code
        if code is None:
            code = ";\n".join([each.text for each in distinct(self.briefs)])
            self._code = code if len(code) < _SMALL else None
        return code

    def at(self, offset: int) -> int:
        """Return the number, from 1, of the statement that stands at an offset in the file; 0 if none does."""
        number = bisect_right(self._starts, offset)
        return number if number and offset < self._ends[number - 1] else 0

    @property
    def longest(self) -> int:
        """Return the size of the largest statement, in bytes."""
        return max(map(sub, self._ends, self._starts), default=0)

    def before(self, offset: int) -> int:
        """Return how many statements begin before *offset*."""
        return bisect_left(self._starts, offset)

    def breaks(self, size: int) -> Iterator[int]:
        """Yield where to cut the file, between two statements, for pieces of *size* bytes, or a little more.

        A statement that reads data is a piece of its own.
        """
        begin, end = 0, len(self._octets)
        cuts = {self._starts[place] for each in self._reading for place in (each, each + 1) if place < len(self)}
        for cut in [*sorted(cuts), end]:
            while (place := self.before(begin + size)) < len(self) and self._starts[place] < cut:
                begin = self._starts[place]
                yield begin
            if begin < cut < end:
                begin = cut
                yield begin

    def octets(self, first: int, last: int) -> list[str]:
        """Return the texts of the statements with these numbers, as octets_of() them."""
        places = zip(self._starts[first - 1 : last], self._ends[first - 1 : last], strict=True)
        return [self._octets[start:end] for start, end in places]

    def pieces(self, size: float) -> Iterator[tuple[int, int]]:
        """Yield the first and last numbers of statements that may go together: changes of rows, in *size* bytes."""
        for first, last in self._runs:
            while first <= last:
                end = min(self._starts[first - 1] + size, self._ends[-1])
                number = max(first, bisect_right(self._ends, int(end), first - 1, last))
                yield first, number
                first = number + 1  # noqa: PLW2901 (what is left of them)


def distinct(things: Iterable[_Thing]) -> list[_Thing]:
    """Return *things* without those that come after the same one."""
    return [next(group) for _, group in itertools.groupby(things, key=id)]


def first_word(text: str, syntax: Syntax) -> str:
    """Return what a statement begins with, as tokenize() has it: a word is in upper case. Comments are skipped.

    MySQL's conditional comments are code: the first word of ``/*!50003 CREATE*/ TABLE`` is CREATE.
    """
    if word := _WORD_PATTERN.match(text):
        return word[1].upper()
    kinds = (kind for kind, *_ in tokenize(text, 0, syntax))
    return next((kind for kind in kinds if kind not in ("comment", "conditional")), "")


def bare(text: str, syntax: Syntax) -> str:
    """Blank out comments, strings and quoted identifiers: what a regex finds in the rest is code.

    The length and the line breaks stay. So does the code in MySQL's conditional comments.
    """
    if not _compile_tokens(syntax.tokens, ";", words=False).search(text):  # which is sooner told
        return text
    pieces, position = list[str](), 0
    for kind, start, end in tokenize(text, 0, syntax):
        if kind.startswith(("comment", "conditional", "quote", "unclosed")):
            pieces += text[position:start], re.sub(r"[^\n]", " ", text[start:end])
            position = end
    return "".join((*pieces, text[position:]))


def code_of(statement: Statement, syntax: Syntax) -> str:
    """Return what the patterns of a Database are matched with: bare, in upper case."""
    return bare(statement.text, syntax).strip().upper()


# After the word WITH: what its statement, or one in it, does to rows.
ACTS: Final = r".*?(?:\)|\b(?:AS|MATERIALIZED)\s*\()\s*(?P<acts>(?:INSERT|REPLACE|UPDATE|DELETE|MERGE)\b.*)"


def words_of(text: str, syntax: Syntax) -> list[str]:
    """Return the words, signs and quoted texts of a statement, as they are written; comments are left out.

    A doubled quote is a part of the text that it is in.
    """
    found, quoted = list[str](), -1  # where a quote has just ended
    for kind, start, end in tokenize(text, 0, syntax):
        if kind == "quote" and start == quoted and text[start] == found[-1][0]:
            found[-1] += text[start:end]
        elif kind not in ("comment", "conditional"):
            found.append(text[start:end])
        quoted = end if kind == "quote" else quoted
    return found


def spelled(text: str, syntax: Syntax) -> list[str]:
    """Return the same with the words in upper case."""
    return [word if is_quoted(word) else word.upper() for word in words_of(text, syntax)]


def is_quoted(word: str) -> bool:
    return len(word) > 1 and (word[0] in "'\"`[" or word[0] == word[-1] == "$")


def _find_end(sql: str, start: int, rules: Syntax, delimiter: str) -> tuple[int, int, str]:
    """Find where the statement ends, where to go on after it, and what is wrong with it."""
    if delimiter == ";" and _BODILESS_PATTERN.match(sql, start) and (found := _find_semicolon(sql, start, rules)):
        return found
    body = rules.body()
    code_end, fault, depth = start, "", 0
    by_grammar = delimiter == ";"  # only the client knows other delimiters, and it looks for nothing else
    for kind, begin, end in tokenize(sql, start, rules, delimiter, body):
        if kind == "comment" and begin == start:  # after it is a start again
            return start, end, ""
        if kind in ("delimiter", "go") and (body.is_complete() or not by_grammar):
            return code_end, end, fault or (body.fault if by_grammar else "")
        if kind.startswith(("client", "unclosed")):
            return end, end, kind.replace("_", " ")
        code_end = end if kind != "comment" else code_end
        if kind == "conditional":
            depth += 1 if sql[begin] == "/" else -1
            fault = "unclosed comment" if depth else ""
    unfinished = body.fault if body.is_complete() else body.unfinished
    return code_end, len(sql), fault or (unfinished if by_grammar else "")


def _find_data(sql: str, start: int, position: int, rules: Syntax) -> int:
    """Return where the data ends that the statement before *position* reads, with its last line; 0 for none."""
    if not (rules.reads_pattern and rules.reads_pattern.match(sql, start)):
        return 0
    words, line_end = spelled(sql[start:position], rules), sql.find("\n", position)
    reads = words[1:2] != ["("] and ("FROM", "STDIN") in itertools.pairwise(words) and words[-1] == ";"
    found = _DATA_END_PATTERN.search(sql, line_end) if reads and not sql[position : line_end + 1].strip() else None
    return found.end() if found else 0


def divide(text: str, rules: Syntax) -> tuple[int, int, int] | None:
    """Return where a statement ends, and where the data that it reads begin and end; None where there are none."""
    if not (rules.reads_pattern and rules.reads_pattern.match(text)):
        return None
    _, position, _ = _find_end(text, 0, rules, ";")
    end = _find_data(text, 0, position, rules)
    return (position, text.find("\n", position) + 1, text.rindex("\\.", 0, end)) if end else None


def _find_semicolon(sql: str, start: int, rules: Syntax) -> tuple[int, int, str] | None:
    """Find the end of a statement without a body, with no look at its words; None where it has anything unusual."""
    search, position, comment = _compile_tokens(rules.tokens, ";", words=False).search, start, -1
    brackets = bytearray()
    while True:
        found = search(sql, position)
        kind, end = (found.lastgroup or "", found.start()) if found else ("", len(sql))
        comment = comment if comment >= 0 and not sql[position:end].strip(" \t\n\r\f\v") else -1
        if rules.blocks:
            brackets += sql[position:end].encode("ascii", "replace").translate(None, _NO_BRACKETS)
        if kind in ("", "delimiter"):
            for _level in range(_DEEP if brackets else 0):
                brackets = brackets.replace(b"()", b"")
            if brackets:  # a rule of PostgreSQL has statements in them
                return None
            return end if comment < 0 else comment, found.end() if found else end, ""
        if kind not in ("quote", "comment") or not found or sql[end] == "$":
            return None
        comment = -1 if kind == "quote" else end if comment < 0 else comment
        position = found.end()


def tokenize(
    sql: str, position: int, rules: Syntax, delimiter: str = ";", body: _Body | _Compound | None = None
) -> Iterator[tuple[str, int, int]]:
    """Yield (kind, start, end) of all but blanks. The kind of a word is the word, in upper case; of a sign, the sign.

    The others, in small letters: "delimiter", "go" (MySQL: the client's other one), "quote", "comment", "conditional"
    (MySQL: where one opens or closes), "client_command" and "unclosed_...". A *body* reads each after it was yielded.
    """
    search, depth = _compile_tokens(rules.tokens, delimiter).search, 0
    body = rules.body() if rules.compound and not body else body
    while found := search(sql, position):
        kind, start, position = found.lastgroup or "", found.start(), found.end()
        if kind == "dollar" and body and body.takes_code:
            end = sql.find(found[0], position)
            kind, position = ("unclosed_dollar_quote", len(sql)) if end < 0 else ("quote", end + position - start)
        elif kind == "dollar":  # MySQL 9 has such quotes in one place, in all others it is a name
            found = _compile_tokens("(?!)", delimiter).match(sql, start) or found
            kind, position = found[0].upper(), found.end()
        elif kind == "code":
            kind = found[0].upper()
        elif kind == "nested":
            kind, position = _skip_nested_comment(sql, start)
        elif kind == "conditional" and sql[start] == "*" and not depth:  # as in SELECT *//
            kind, position = "*", start + 1
        elif kind == "conditional":
            depth += 1 if sql[start] == "/" else -1
        yield kind, start, position
        if body is None or kind in ("comment", "conditional"):
            continue
        ends = kind in ("delimiter", ";")
        if ends and body.is_complete():
            body = rules.body()
        elif not body.settled:
            body.read("delimiter" if ends else kind)


def _skip_nested_comment(sql: str, start: int) -> tuple[str, int]:
    depth = 0
    for mark in _COMMENT_MARK_PATTERN.finditer(sql, start):
        depth += 1 if mark[0] == "/*" else -1
        if depth == 0:
            return "comment", mark.end()
    return "unclosed_comment", len(sql)


@lru_cache
def _compile_tokens(tokens: str, delimiter: str, *, words: bool = True) -> re.Pattern[str]:
    end = re.escape(delimiter)
    if not words:
        return re.compile(f"(?P<delimiter>{end})|{tokens}", re.ASCII | re.DOTALL)
    word = f"(?:{'' if delimiter == ';' else f'(?!{end})'}{_LETTER_DIGIT_DOLLAR})+"  # any other may come inside a word
    return re.compile(rf"(?P<delimiter>{end})|{tokens}|(?P<code>{word}|:=|\S)", re.ASCII | re.DOTALL)


class _Body:
    """Follows a statement word by word, to tell the semicolons in a body, or PostgreSQL's parentheses, from its end.

    A trigger of SQLite ends with ``; END ;``, as in sqlite3_complete(). In PostgreSQL's BEGIN ATOMIC, where END is also
    the name of a column, it closes the body only where a statement may start.
    """

    settled = takes_code = False
    fault = unfinished = ""  # the server will say what is wrong

    def __init__(self, rules: Syntax) -> None:
        self._rules, self._blocks, self._last = rules, list[str](), ("", "")
        self._head, self._program = "", False  # the first words, and if those were CREATE TRIGGER or the like

    def is_complete(self) -> bool:
        """Tell if a semicolon ends the statement here."""
        is_trigger = self._program and not self._rules.blocks
        return self._last == ("delimiter", "END") if is_trigger else not self._blocks

    def read(self, word: str) -> None:
        """Take the next word, in upper case, or sign."""
        before, previous = self._last
        self._last = previous, word
        if previous == "." and not before.isdecimal() and word in ("CASE", "END"):
            return
        if word == "(" and word in self._rules.blocks:
            self._blocks.append(word)
        elif word == ")" and self._blocks[-1:] == ["("]:
            self._blocks.pop()
        elif not self._program:
            self._program = word in self._rules.programs and bool(_HEAD_PATTERN.fullmatch(self._head))
            self._head = f"{self._head[:200]}{word} "
        elif (word == "ATOMIC" and previous == "BEGIN") or (word == "CASE" and previous != "END"):
            self._blocks.append(word)
        elif word == "END" and (self._blocks[-1:] == ["CASE"] or previous in ("delimiter", "ATOMIC")):
            self._blocks[-1:] = []


_Reading = Generator[None, str, str]  # takes words, and returns the first that is not its own


class _Compound:
    """Follows a statement of MySQL or MariaDB word by word, as the server's grammar has it.

    BEGIN, IF, REPEAT and the others are also names of columns and functions: they open a block only where a statement
    may start, and END closes one only there, or after UNTIL and its condition. No statement begins with END. So where
    a block was seen that is none, it stays open, and where one was missed, an END is left over, or closes the block of
    another kind: *fault* and *unfinished* then tell that the end is not certain. It is never too late unnoticed.

    MariaDB's Oracle mode is read along: its words are errors elsewhere.
    """

    fault, unfinished = "", "unclosed block"
    settled = False  # nothing that comes can change where it ends
    takes_code = False  # the code of another language comes next
    _before = _previous = ""  # the last two words
    _is_body = False  # what comes next is the body of something: there BEGIN is no transaction
    _depth = 0  # of parentheses

    def __init__(self) -> None:
        self._blocks: list[str] = []  # by the words that opened them
        self._reading = self._statements()
        next(self._reading)

    def is_complete(self) -> bool:
        """Tell if a semicolon ends the statement here."""
        return not self._blocks

    def read(self, word: str) -> None:
        """Take the next word, in upper case, or sign."""
        self._reading.send(word)
        self._before, self._previous = self._previous, word

    def _statements(self) -> _Reading:
        """Where a statement may start. What is read below returns here: nothing nests but the list of blocks."""
        word = yield
        while True:
            is_body, self._is_body = self._is_body, False
            block = self._blocks[-1] if self._blocks and not is_body else ""
            if word == "END" and block not in ("", "DECLARE"):
                word = yield from self._end()
            elif f"{block}/{word}" in _PARTS:
                self._blocks[-1] = word if word == "EXCEPTION" else block
                if word in ("EXCEPTION", "ELSE"):
                    word = yield
                else:
                    word = yield from self._condition(_END if word == "UNTIL" else _THEN)
            elif block in ("DECLARE", "PACKAGE"):
                word = yield from self._declare(word)
            elif word == "BEGIN":
                word = yield from self._begin(is_body=is_body)
            else:
                word = yield from self._statement(word)

    def _statement(self, word: str) -> _Reading:
        """Where a statement does start; or where an empty one ends."""
        if word in _CONDITIONS:
            self._blocks.append(word)
            return (yield from self._condition(_CONDITIONS[word]))
        if word in ("LOOP", "REPEAT"):
            self._blocks.append(word)
        elif word in ("CREATE", "ALTER"):  # then comes what is made, after a few words
            while (word := (yield)) in _BEFORE_PROGRAM or self._previous in ("=", "@", "."):
                pass
            return (yield from (self._program(word) if word in _PROGRAMS else self._rest(word)))
        elif word in ("DECLARE", "CONTINUE", "EXIT", "UNDO"):  # in Oracle mode there is no DECLARE before each HANDLER
            self._blocks += ["DECLARE"] if word == "DECLARE" and not self._blocks else []
            return (yield from self._declaration())
        elif word == "<":  # <<label>>
            word = yield
            while word != "delimiter" and not word == ">" == self._previous:
                word = yield
        elif word != "delimiter" and (word := (yield)) != ":":
            if word == "STATEMENT" and self._previous == "SET":  # FOR comes, and a statement, whatever one
                return (yield from self._find("FOR"))
            return (yield from self._rest(word))
        return (yield)

    def _begin(self, *, is_body: bool) -> _Reading:
        """BEGIN, alone or with WORK, is a transaction outside of a block, and NOT ATOMIC may follow in both."""
        word = yield
        if not (is_body or self._blocks or word not in ("delimiter", "WORK", "TRANSACTION")):
            return (yield from self._rest(word))
        self._blocks.append("BEGIN")
        if word != "NOT":
            return word
        yield
        return (yield)

    def _rest(self, word: str) -> _Reading:
        """Nothing but the semicolon is of interest until it comes."""
        self.settled = not self._blocks
        while word != "delimiter":
            word = yield
        return (yield)

    def _find(self, end: str) -> _Reading:
        """Read up to this word, in no parentheses, or the semicolon, and go on after it."""
        self._depth, word = 0, (yield)
        while not (self._at_depth(word) and word == end) and word != "delimiter":
            word = yield
        self._is_body = word == "DO"  # of an event
        return (yield)

    def _skip(self, over: Collection[str]) -> _Reading:
        """Return the first word that is none of these, nor comes after one; a body begins with it."""
        word = yield
        while word in over or self._previous in over:
            word = yield
        self._is_body = True
        return word

    def _at_depth(self, word: str) -> bool:
        """Count parentheses; tell if *word* is in none, and no part of a name."""
        self._depth += (word == "(") - (word == ")")
        after_name = self._previous == "." and not self._before.isdecimal()  # t.end, and not 1. END
        return self._depth <= 0 and self._previous != "@" and not after_name

    def _condition(self, ends: frozenset[str]) -> _Reading:
        self._depth, cases = 0, 0  # its parentheses, and its CASE ... END
        while (word := (yield)) != "delimiter":
            if not self._at_depth(word):
                continue
            if word == "CASE":
                cases += 1
            elif word == "END" and cases:
                cases -= 1
            elif cases or word not in ends:
                continue
            elif word == "END":
                return (yield from self._end())
            elif word == "WHEN":
                ends = _THEN
            else:
                return (yield)
        self.fault = "unclosed block"
        return (yield)

    def _end(self) -> _Reading:
        """END is followed by the word that opened the block, or, after BEGIN, by a label."""
        closed, word = self._blocks.pop(), (yield)
        loops = ("LOOP", "WHILE", "FOR")  # in Oracle mode each of them has END LOOP
        fitting = closed == word or (word == "LOOP" and closed in loops)
        if not fitting and (closed in _NAMED_ENDS or word in _NAMED_ENDS):
            self.fault = "unclosed block"
        return (yield from self._rest(word))

    def _declare(self, word: str) -> _Reading:
        """In Oracle mode, between AS or DECLARE and BEGIN; in a package, up to its END."""
        if word == "BEGIN":
            self._blocks.pop()
            return (yield from self._begin(is_body=True))
        if self._blocks[-1] == "PACKAGE" and word in ("PROCEDURE", "FUNCTION"):
            return (yield from self._program(word))
        return (yield) if word == "delimiter" else (yield from self._declaration())

    def _declaration(self) -> _Reading:
        """After DECLARE, or in Oracle mode what is before BEGIN; HANDLER FOR condition, condition has a statement."""
        while (word := (yield)) != "delimiter":
            if word == "HANDLER" and self._previous in ("CONTINUE", "EXIT", "UNDO"):
                return (yield from self._skip(("FOR", ",", "VALUE", "SQLSTATE", "NOT")))
        return (yield)

    def _program(self, kind: str) -> _Reading:
        """After PROCEDURE or the like, up to the first word of its body."""
        while (word := (yield)) in ("IF", "NOT", "EXISTS") or (word == "BODY" and kind == "PACKAGE"):
            pass
        if kind == "EVENT":
            return (yield from self._find("DO"))
        if kind != "TRIGGER":
            return (yield from self._traits(kind))
        while (word := (yield)) != "delimiter":
            if word == "ROW" and self._previous == "EACH":
                return (yield from self._skip(("FOLLOWS", "PRECEDES")))
        return (yield)

    def _traits(self, kind: str) -> _Reading:
        """Between a routine's name and its body: what may stand there is a short list."""
        foreign = typed = False  # it has a LANGUAGE that is not SQL; a RETURNS
        self._depth = 0
        while True:
            word = yield
            if word == "delimiter" and self._depth <= 0:  # in a package: no body
                return (yield)
            if not self._at_depth(word) or word in (".", ")") or self._previous in _TAKES_A_WORD:
                foreign = foreign or (self._previous == "LANGUAGE" and word != "SQL")
            elif word in ("AS", "IS"):
                return (yield from self._as(kind, foreign=foreign))
            elif (word == "SET" and self._previous in ("CHAR", "CHARACTER")) or word == "quote" == self._previous:
                pass  # two halves of one comment
            elif word == ":":  # no: the second was a label
                return (yield)
            elif word == "RETURNS" or (word == "RETURN" and kind == "FUNCTION" and not typed):
                typed = True
            elif word not in _TRAITS:
                self._is_body = kind != "PACKAGE"
                self._blocks += ["PACKAGE"] if kind == "PACKAGE" else []
                return word

    def _as(self, kind: str, *, foreign: bool) -> _Reading:
        """After AS: a body in quotes, or one as in Oracle."""
        self.takes_code = foreign
        word = yield
        self.takes_code = False
        if word == "quote":
            return (yield from self._rest(word))
        self._blocks.append("PACKAGE" if kind == "PACKAGE" else "DECLARE")
        return word


# After these there may be a value, also one whose quotes were forgotten.
_BEFORE_VALUES: Final = names_in("VALUES VALUE LIKE IN BETWEEN THEN ELSE PASSWORD IDENTIFIED = < >")


def plain_words(text: str, syntax: Syntax, quote: str) -> frozenset[str]:
    """Return the words of a statement, in upper case, that are no data: those before all that may be a value.

    A text in quotes may be one, but for a name in the *quote* of names. Where a quote within a value ends that too
    early, what the value holds looks like words: so nothing counts that stands after it.
    """

    def is_plain(word: str) -> bool:
        return word not in _BEFORE_VALUES and (word[0] == quote or not is_quoted(word))

    return frozenset(itertools.takewhile(is_plain, spelled(text[:2000], syntax)))  # enough, and soon read


_THEN, _END, _DO = names_in("THEN"), names_in("END"), names_in("DO LOOP")  # in Oracle mode each has LOOP for DO
# What opens a block with a condition, and where that ends; what goes on in a block where a statement may start.
_CONDITIONS: Final = {"IF": _THEN, "CASE": names_in("WHEN"), "WHILE": _DO, "FOR": _DO}
_PARTS: Final = names_in("""IF/ELSE IF/ELSEIF IF/ELSIF CASE/WHEN CASE/ELSE REPEAT/UNTIL BEGIN/EXCEPTION
    EXCEPTION/WHEN""")
_NAMED_ENDS: Final = frozenset({*_CONDITIONS, "LOOP", "REPEAT"})  # these have END IF and so on
_PROGRAMS: Final = names_in("EVENT FUNCTION LIBRARY PACKAGE PROCEDURE TRIGGER")
_BEFORE_PROGRAM: Final = names_in("OR REPLACE AGGREGATE DEFINER = @ . ( )")
_TAKES_A_WORD: Final = names_in(". % = CHARSET COLLATE COMMENT LANGUAGE OF RETURN RETURNS SET")
_TRAITS: Final = names_in("""ASCII AUTHID BINARY BYTE CHAR CHARACTER CHARSET COLLATE COMMENT CONTAINS CURRENT_USER DATA
    DEFINER DETERMINISTIC INVOKER LANGUAGE LONG MODIFIES NATIONAL NO NOT OF PRECISION READS REF_SYSTEM_ID ROW ROWTYPE
    SECURITY SIGNED SQL TYPE UNICODE UNSIGNED USING VARBINARY VARCHAR VARCHARACTER VARYING ZEROFILL % =""")


# To all three, everything beyond ASCII is a letter. Said by what is none: a range to the end takes long to compile.
_LETTER: Final = r"[^\0-@\[-^`{-\x7f]"
_LETTER_DIGIT_DOLLAR: Final = r"[^\0-#%-/:-@\[-^`{-\x7f]"
_COMMENT_MARK_PATTERN: Final = regex(r"/\*|\*/")
_SMALL: Final = 2**13  # bytes: of a file so small, a copy is kept
_SHAPED = 4096  # bytes: what is longer is rarely like another one
_STRETCH, _SIGNS = 2**18, b"0123456789 \t\r\n,'+-."
_NO_BRACKETS, _DEEP = bytes({*range(256)} - {*b"()"}), 50  # what is nested more is read word by word
_DATA_END_PATTERN: Final = regex(r"\n\\\.\r?(?=\n|\Z)")
_CHANGES_PATTERN: Final = regex(r"(?:DELETE|INSERT|REPLACE|UPDATE)\s", re.ASCII | re.IGNORECASE)
_LITERAL_PATTERN: Final = regex(r"(?<![\w&'$])(?:'[^'\\]*')+|(?<![\w.$])[0-9]+(?:\.[0-9]+)?(?![\w.$])", re.ASCII)
_WORD_PATTERN: Final = regex(r"([A-Za-z_]+)[ \t\r\n(]")
_BODILESS_PATTERN: Final = regex(  # what begins so has no statements in it
    r"(?:(?:(?:CREATE(?:\s+UNIQUE)?|ALTER|DROP)\s+(?:INDEX|TABLE)|DELETE|INSERT|REPLACE|SELECT|UPDATE)\s+[\w'\"`*\[])",
    re.ASCII | re.IGNORECASE,
)
_HEAD_PATTERN: Final = regex(r"(?:EXPLAIN (?:QUERY PLAN )?)?CREATE (?:OR REPLACE |TEMP(?:ORARY)? )*")
_ESCAPED: Final = r".*?(?<!\\)(?:\\\\)*"  # what comes before a quote without a backslash
_E_BEFORE: Final = rf"(?<=[eE])(?<!{_LETTER_DIGIT_DOLLAR}[eE])"
# What continues an E'...', doubled or on the next line, has backslashes too; the server, not psql, knows that.
CONTINUED: Final = r"(?:[ \t\f]*(?:--[^\n\r]*)?[\n\r](?:[ \t\n\r\f]|--[^\n\r]*[\n\r])*)?"
# As pg_dump has it above and below all else: psql takes no command of its own in between, nor do we.
_RESTRICT: Final = r"\\(?:un)?restrict[ \t]+[A-Za-z0-9]+[ \t]*(?![^\r\n])"
_TAG: Final = rf"\$(?:{_LETTER}(?:{_LETTER}|[0-9])*)?\$"

_NUMBER: Final = r"[-+]?[0-9]+(?:\.[0-9]*)?(?:E[-+]?[0-9]+)?|[-+]?\.[0-9]+(?:E[-+]?[0-9]+)?"
_LITERALS: Final = rf"'[^']*'(?:'[^']*')*|{_NUMBER}|X'[0-9A-F]*'|NULL|TRUE|FALSE"

SQLITE_SYNTAX: Final = Syntax(
    literals=_LITERALS,
    tokens=r"""(?P<quote>'[^']*'|(?:"[^"]*")+|(?:`[^`]*`)+|\[[^]]*])|(?P<unclosed_quote>['"`[].*)"""
    rf"|(?P<comment>--[^\n]*|/\*.*?\*/|(?<!{_LETTER_DIGIT_DOLLAR})(?:\xef\xbb\xbf|\ufeff)+)"  # a BOM is a blank
    r"|(?P<unclosed_comment>/\*.*)",
    start_pattern=regex(r"\s+|(?P<client_command>[.#][^\n]*)", re.ASCII),  # to the client, # begins a comment
    programs=frozenset({"TRIGGER"}),
)
POSTGRES_SYNTAX: Final = Syntax(
    literals=_LITERALS,
    tokens=rf"""(?P<quote>{_E_BEFORE}'{_ESCAPED}'(?:{CONTINUED}'{_ESCAPED}')*|(?!{_E_BEFORE})'[^']*'|(?:"[^"]*")+"""
    rf"""|(?P<tag>{_TAG}).*?(?P=tag))|(?P<unclosed_quote>['"].*)|(?P<unclosed_dollar_quote>{_TAG}.*)"""
    r"|(?P<comment>--[^\n\r]*)|(?P<nested>/\*)|(?P<client_command>\\[^\n]*)",
    start_pattern=regex(rf"\s+|{_RESTRICT}", re.ASCII),
    reads_pattern=regex(r"COPY\s", re.IGNORECASE),
    programs=frozenset({"FUNCTION", "PROCEDURE"}),
    blocks=frozenset({"("}),
)
POSTGRES_BACKSLASH_STRINGS: Final = POSTGRES_SYNTAX._replace(
    literals="", tokens=POSTGRES_SYNTAX.tokens.replace(_E_BEFORE, r"(?<![bBxX])(?<![uU]&)")
)
_MYSQL_TEXT: Final = r"'[^'\\]*(?:\\.[^'\\]*)*'"
_MYSQL_LITERALS = (
    rf"(?:_BINARY\s*)?{_MYSQL_TEXT}(?:{_MYSQL_TEXT})*|{_NUMBER}|[BX]'[0-9A-F]*'|0X[0-9A-F]+|NULL|TRUE|FALSE"
)

MYSQL_SYNTAX: Final = Syntax(
    literals=_MYSQL_LITERALS + r"""|(?:"[^"\\]*(?:\\.[^"\\]*)*")+""",
    # The first line of a MariaDB dump, /*M!999999\- ... */, is a word to the client, which then drops the comment.
    tokens=rf"""(?P<quote>'{_ESCAPED}'|(?:"{_ESCAPED}")+|(?:`[^`]*`)+)|(?P<unclosed_quote>['"`].*)"""
    rf"|(?P<dollar>(?<!{_LETTER_DIGIT_DOLLAR}){_TAG})"
    r"|(?P<conditional>/\*M?!(?!\d*\\-)\d*|\*/(?!\*))|(?P<comment>--(?=[\x00-\x20\x7f]|\Z)[^\n]*|#[^\n]*|/\*.*?\*/)"
    r"|(?P<unclosed_comment>/\*.*)|(?P<go>\\[gG])|(?P<client_command>\\(?!N)[^\n]*)",
    # The client takes --x for a comment where a statement may start; elsewhere, as in 5--1, it is two operators.
    start_pattern=regex(
        r"""\s+|--[^\n]*|(?i:delimiter)[ \t]+(?P<mark>['"`]?)(?P<delimiter>[^\s\\'"`]+)(?P=mark)(?=\s|\Z)[^\n]*"""
        r"|(?P<client_command>(?i:\?|charset|clear|connect|delimiter|edit|ego|exit|go|help|nopager|notee|nowarning"
        r"|pager|print|prompt|query_attributes|quit|rehash|resetconnection|source|ssl_session_data_print|status|system"
        r"|tee|warnings)(?=[\s;]|\Z)[^\n]*)",
        re.ASCII,
    ),
    compound=True,
)
MYSQL_NO_BACKSLASH_ESCAPES: Final = MYSQL_SYNTAX._replace(
    literals="", tokens=MYSQL_SYNTAX.tokens.replace(_ESCAPED, ".*?")
)
MYSQL_ANSI_QUOTES: Final = MYSQL_SYNTAX._replace(
    literals=_MYSQL_LITERALS, tokens=MYSQL_SYNTAX.tokens.replace(f'"{_ESCAPED}"', '".*?"')
)


# What a statement is: of each dialect one table of forms, closed. Whoever runs a file asks nothing else.


class Trait(Flag):
    """What is known of a form of statement; what is not known of it is taken for the worst."""

    DATA = auto()  # changes rows only, which ROLLBACK undoes: it shares a transaction with its neighbours
    SESSION = auto()  # changes nothing outside of the session
    REPEATS = auto()  # and does the same again, wherever what it reads of the session is the same
    WHOLE = auto()  # an error leaves nothing of it behind
    INSIDE = auto()  # may run inside a transaction of this tool, and does there what it does by itself
    CALLS = auto()  # the functions that it names run now
    PLAIN = auto()  # after it, ROW_COUNT() says 0
    OPENS = auto()  # begins a transaction of the file's own,
    CLOSES = auto()  # commits it,
    UNDOES = auto()  # or rolls it back,
    CHAINS = auto()  # and begins the next one
    MAYBE = auto()  # may do nothing: a comment that is code for some versions, or code of which nobody knows its way


class Nature(NamedTuple):
    """What one statement is, and what it *reads*, *writes* and *removes* of the session, by key.

    A key is a kind and a name: ``@x`` is a user variable, ``set x`` a setting, ``temp x`` a temporary table,
    ``prepared x`` a prepared statement, ``cursor x`` a cursor, and ``set *`` all settings; ``id`` is that of the last
    row, ``count``, ``found`` and ``warnings`` are what the statement before has done, ``transaction`` is whether one is
    open, ``*`` is all that has a name, ``code`` what a routine may have done, and ``maybe x`` an x that may be written.
    Without any of these it is the worst that a statement can be.
    """

    traits: Trait = Trait(0)
    reads: frozenset[str] = frozenset({"*", "count", "found"})
    writes: frozenset[str] = frozenset({"*", "count", "found", "perhaps found", "warnings", "id", "code"})
    removes: frozenset[str] = frozenset()


class Way(NamedTuple):
    """How a file goes on in a fresh session, after its first statements have run; by the numbers of statements."""

    again: frozenset[int]  # these rebuild the session
    gone: frozenset[int] = frozenset()  # these, of the rest, would only remove what has gone with the session
    lost: int = 0  # what this one has left there cannot be made again; 0 for none
    reader: int = 0  # and this one, of the rest, reads it
    key: str = ""
    checks: frozenset[int] = frozenset()  # these need the id of a row, which the rest may have made


_TRANSIENT: Final = frozenset({"count", "found", "found exactly", "perhaps found", "warnings"})
_SEEN: Final = _TRANSIENT | {"transaction"}
BRIEF: Final = _TRANSIENT | {"id", "connection", "sequence", "sequences", "global"}  # nothing that is left behind
_REPEATED: Final = Trait.SESSION | Trait.REPEATS
_FRESH: Final = ("set *", "role *", "begins *")  # what every statement reads


class _Lost:
    """What of a session is lost: keys by kind, and the statements that had written them."""

    def __init__(self) -> None:
        self._kinds = dict[str, dict[str, int]]()
        self._known = set[str]()  # has been written anew since something unknown ran

    def add(self, keys: Iterable[str], number: int) -> None:
        for key in (each.removeprefix("maybe ") for each in keys):
            self._kinds.setdefault(key.partition(" ")[0], {})[key] = number

    def writer(self, key: str) -> int:
        """Return the number of the statement that had written it, or 0 where it is not lost."""
        return self._kinds.get(key.partition(" ")[0], {}).get(key, 0)

    def forget(self, keys: Iterable[str]) -> None:
        """Take *keys* out; all of a kind for ``kind *``."""
        for key in keys:
            kind, _, name = key.partition(" ")
            if name == "*":
                self._kinds.pop(kind, None)
            else:
                self._kinds.get(kind, {}).pop(key, None)

    def note(self, nature: Nature) -> None:
        """Note what is known of the session after a statement, in whatever way it was made."""
        certain = nature.writes if Trait.MAYBE not in nature.traits else frozenset[str]()
        exactly = {"found exactly"} if "found" in certain else set[str]()
        self._known.update(certain, exactly)
        if "*" in nature.writes:
            self._known.clear()
        self.forget(exactly | ({"count"} if Trait.PLAIN in nature.traits else set()))

    def lacks(self, reads: Iterable[str]) -> str:
        """Return a key that is read and lost, or "". Of what is unknown, what is named again counts, if not known."""
        found = {key for each in reads for key in self._hits(each)} if self._kinds else ()
        return min(found, key=lambda key: (self.writer(key), key), default="")

    def _hits(self, key: str) -> Iterable[str]:
        kind, _, name = key.partition(" ")
        if key == "*":
            return {each for keys in self._kinds.values() for each in keys} - _TRANSIENT - {"sequences"}
        if self.writer(key):
            return [key]
        if name == "*":
            return [each for each in self._kinds.get(kind, ()) if "." not in each]
        if self.writer(f"{kind} *"):
            return [f"{kind} *"]
        unknown = self.writer("*") and key not in self._known and (key[0] == "@" or key == "lock" or name)
        return ["*"] if unknown else []


def find_way(natures: Sequence[Nature], first: int, *, hidden: bool = False) -> Way:
    """Return how to go on after the *first* statements. What the rest does not read is not missed.

    *hidden* says that what nobody knows may read the id of the last row, too.
    """
    lost, repeated = _Lost(), set[int]()
    changed = any("global" in each.writes for each in natures[:first])
    for number, nature in enumerate(natures[:first], 1):
        stale = changed and "global" in nature.reads  # what the server has set anew since
        if _REPEATED in nature.traits and not stale and not lost.lacks(nature.reads):
            repeated.add(number)
            lost.forget(nature.writes if Trait.MAYBE not in nature.traits else ())
        else:
            lost.add(nature.writes | ({"found exactly"} if "perhaps found" in nature.writes else set()), number)
        lost.forget(nature.removes)
        lost.note(nature)
    again, gone, checks = _needed(natures[:first], repeated), set[int](), set[int]()
    made, made_here = lost.writer("id"), False  # a row may have no id: another may not make up for it
    lost.forget(("id",))
    for number, nature in enumerate(natures[first:], first + 1):
        if nature.removes and Trait.SESSION in nature.traits and all(map(lost.writer, nature.removes)):
            gone.add(number)
            lost.forget(nature.removes)
            continue
        key = lost.lacks((*nature.reads, *nature.removes, *_FRESH))
        reads_id = made and ("id" in nature.reads or (hidden and "*" in nature.reads))
        if key or (reads_id and not made_here):
            return Way(again, frozenset(gone), lost.writer(key) if key else made, number, key or "id")
        checks |= {number} if reads_id else set()
        made_here = made_here or "id" in nature.writes
        lost.forget(nature.writes if Trait.MAYBE not in nature.traits else ())
        lost.note(nature)
    return Way(again, frozenset(gone), made, checks=frozenset(checks))


def _needed(natures: Sequence[Nature], repeated: set[int]) -> frozenset[int]:
    """Return those of *repeated* that write what no later one writes, or takes back, before it is read."""
    over, needed = set[str](), list[int]()
    for number, nature in reversed([*enumerate(natures, 1)]):
        lasting = {*nature.writes - _TRANSIENT}
        if number not in repeated:
            over |= nature.removes
        elif nature.removes or not covers(over, lasting):
            needed.append(number)
            over |= lasting | nature.removes if Trait.MAYBE not in nature.traits else set()
            over -= {key for each in nature.reads for key in (each, f"{each.partition(' ')[0]} *")}
            if any(key.startswith("prepared ") for key in lasting):  # its text is read by the rules that hold then
                over = {key for key in over if not key.startswith(("set ", "role "))}
    found, written = set[int](), set[str]()
    for number in reversed(needed):
        keys = natures[number - 1].writes - _TRANSIENT | natures[number - 1].removes
        made = {key for key in keys - natures[number - 1].removes if not key.endswith("*")}
        # What only takes back has something to do where there is something: else all is as it was in the beginning.
        if made or any(covers(keys, [key]) for key in written):
            found.add(number)
            written |= made
    return frozenset(found)


def covers(keys: Collection[str], others: Collection[str]) -> bool:
    return all(each in keys or f"{each.partition(' ')[0]} *" in keys for each in others)


class Acts(NamedTuple):
    """What code may do to a session, by keys, "*" where that is not known; its *names*, small, may be of more code.

    "temp *" among them: it may be about any temporary table.
    """

    reads: frozenset[str] = frozenset("*")
    writes: frozenset[str] = frozenset("*")
    names: frozenset[str] = frozenset()


class Hidden(NamedTuple):
    """What the code of routines and triggers that a database has may do to a session unseen: it is added to what is."""

    reads_id: bool = False  # of the last row
    keys: frozenset[str] = frozenset()  # what it may write and read, "*" among them; empty for nothing at all
    fired: frozenset[str] = frozenset()  # what triggers may write,
    awaited: frozenset[str] = frozenset()  # and read,
    firing: frozenset[str] = frozenset()  # which these tables and views may have, in small letters; "*" whatever runs
    views: frozenset[str] = frozenset()  # which may call functions
    code: Mapping[str, Sequence[Acts]] = MappingProxyType({})  # of routines and views by name; of triggers, by ""

    @property
    def names(self) -> dict[str, str]:
        """Return what it means to name something: the key that is read then."""
        found = {key.partition(" ")[2]: key for key in self.keys if key.startswith("temp ")}
        found |= dict.fromkeys(self.firing if self.fired | self.awaited else (), "fires")
        return found | {name: f"calls {name}" for name in self.views}

    def acts_of(self, called: Iterable[str]) -> Acts:
        """Return what these routines and views do, with all that they may run."""
        found, reached, more = Acts(frozenset(), frozenset()), set[str](), {*called}
        while more:
            reached |= more
            acts = [each for name in more for each in self.code.get(name, [Acts()])]
            found = Acts(*(each.union(*others) for each, *others in zip(found, *acts, strict=True)))
            more = {*called_by(found.reads), *found.names & self.code.keys()} - reached
        return found

    def shown(self, natures: Iterable[Nature]) -> list[Nature]:
        """Return *natures* with that."""
        natures, found, known = [*natures], list[Nature](), self.code
        made = {key for keys in (self.keys, *(each.writes for each in natures)) for key in keys if key[:5] == "temp "}
        for nature in natures:
            reads, writes, code = nature.reads, nature.writes, "code" in nature.writes
            called = called_by(reads) if known else ()
            acts = self.acts_of({*called, *[""] * code}) if called else Acts()  # what it changes may fire a trigger
            if called and ("*" not in acts.reads | acts.writes or not code):  # all that it runs is known
                seen = {f"calls {each}" for each in called} | ({"*", "count", "found"} if code else set())
                reads = reads - seen | (acts.reads - {"*"}) | {key for key in made if acts.names & {key[5:], "temp *"}}
                writes = writes - {"*", "code"} | perhaps(acts.writes - {"*"})
            elif code:
                reads, writes = reads | self.keys, writes | self.keys
            fires = "*" in self.firing and _REPEATED not in nature.traits
            if not code and (fires or (Trait.DATA in nature.traits and (called or "fires" in reads))):
                reads, writes = reads | self.awaited, writes | perhaps(self.fired)
            found.append(nature._replace(reads=reads, writes=writes))
            known = {} if "*" in writes else known  # which may have made other code
        return found


def perhaps(keys: frozenset[str]) -> frozenset[str]:
    """Return what code may write, or not, of what lasts: it may be lost, and is not there again."""
    return frozenset(key if key == "*" or key in BRIEF else f"maybe {key}" for key in keys)


def called_by(reads: Iterable[str]) -> set[str]:
    """Return the names of what is called, of keys."""
    return {key.removeprefix("calls ") for key in reads if key.startswith("calls ")}


def find_spans(natures: Sequence[Nature], keys: frozenset[str] = _TRANSIENT) -> dict[int, int]:
    """Return where no note may stand between statements, by the first and last numbers of those that go together.

    One of them reads one of the *keys*, which one before it has written: what ROW_COUNT() shows, for example.
    """
    last, spans = dict[str, int](), dict[int, int]()
    for number, nature in enumerate(natures, 1):
        seen = {last.get(key, last.get(f"perhaps {key}", 0)) for key in nature.reads & keys} - {0}
        seen |= {number} if "transaction" in nature.reads else set()
        if seen:
            begin = min(seen)
            for each in [each for each, end in spans.items() if end >= begin]:
                begin = min(begin, each)
                del spans[each]
            spans[begin] = number
        last |= dict.fromkeys(nature.writes & keys - (last.keys() if Trait.MAYBE in nature.traits else set()), number)
        if Trait.PLAIN in nature.traits:
            last.pop("count", None)
    return spans


def closing(words: Sequence[str], place: int) -> int:
    """Return the place of the bracket that closes the one at *place*, or the end."""
    depth = 0
    for number in range(place, len(words)):
        depth += (words[number] == "(") - (words[number] == ")")
        if depth == 0:
            return number
    return len(words)


# A name with a bracket that comes after one of these is made, changed or listed, not called.
_NAMED: Final = names_in("""INTO TABLE UPDATE JOIN REFERENCES ON EXISTS INDEX KEY UNIQUE CONSTRAINT VIEW AS INSERT
    REPLACE IGNORE DELAYED LOW_PRIORITY HIGH_PRIORITY OVERWRITE""")
_MADE: Final = names_in("FUNCTION INDEX PROCEDURE SEQUENCE TABLE TRIGGER TYPE VIEW")
_ON_TABLES: Final = names_in("TRIGGER VIEW")  # what a statement runs that names a table, or what looks like one
_ROWS: Final = Trait.DATA | Trait.WHOLE | Trait.INSIDE | Trait.CALLS
_LOOK: Final = Trait.SESSION | Trait.WHOLE | Trait.INSIDE | Trait.CALLS
_SET: Final = _REPEATED | Trait.WHOLE
_TEMP: Final = Trait.SESSION | Trait.WHOLE | Trait.CALLS
_DDL: Final = Trait.WHOLE | Trait.INSIDE
_PLAIN_DDL: Final = _DDL | Trait.PLAIN
_PART: Final = Trait.INSIDE
_CHAIN: Final = r"(WORK |TRANSACTION )?AND CHAIN\b"
_CONTROLS: Final = Trait.OPENS | Trait.CLOSES | Trait.UNDOES
_NO_NAMES: Final[Mapping[str, str]] = MappingProxyType({})
_After = Callable[[Statement, Syntax], Syntax]
_Row = tuple[str, Trait] | tuple[str, Trait, str]


class Created(NamedTuple):
    """What a CREATE makes: a TABLE for example, and the two parts of its name, "" for no schema and "*" for an odd one.

    In small letters: two names that may be the same are the same.
    """

    kind: str
    schema: str
    name: str


class _Told:
    """What the statements of a file have told so far of those that come after them."""

    def __init__(self) -> None:
        self.texts = dict[str, str]()  # of user variables: a literal, or "" for one that is nothing to a session
        self.prepared = dict[str, list[str]]()  # the words of what is prepared; none for such a text
        self.made = dict[str, str | None]()  # temporary tables, with their schema where nothing has happened to them
        self.aside = False  # what is created is temporary by the search path


class Forms:
    """The forms of statements that a dialect has.

    *rows* are, by first words, patterns on what comes after them (``?`` is a text or name in quotes), and what is known
    then: traits, and keys that it reads (?), writes (+) and removes (-). {1} is the second word, {2} the third, and {0}
    the last one. *pure* functions depend on their arguments alone, *harmless* ones change nothing; *plain* are words
    that may stand before a bracket, and no functions.
    """

    rows: ClassVar[Mapping[str, Sequence[_Row]]] = {}
    pure = harmless = plain = frozenset[str]()
    sees: ClassVar[Mapping[str, str]] = {}  # a function, and the key that it reads
    marks = '"`['  # quote a name
    temporary_schema = ""
    maybe_pattern = regex(r"/\*M?!")  # what follows is code for some servers
    half_pattern = regex(r"/\*M?!\d*\s*(?:OR\s+REPLACE\s+)?TEMPORARY\b", re.IGNORECASE)  # CREATE stands before it
    seen = frozenset[str]()  # of what the statement before has done, whoever is unknown may see this
    worst = Nature()
    together = _TRANSIENT  # who reads these runs together with who has written them
    # A text without this leaves nothing in the session, and reads nothing there.
    unread_pattern: re.Pattern[str] | None = None

    def __init__(self) -> None:
        self.known, self.unknown = frozenset[str](), set[str]()  # functions that are harmless, and that nobody knows
        self._rows = {word: rows for words, rows in self.rows.items() for word in words.split()}

    def may_matter(self, sql: str) -> bool:
        """Tell, fast, if something in a file may leave, or read, anything in the session."""
        return self.unread_pattern is None or bool(self.unread_pattern.search(sql))

    def natures(
        self, statements: Iterable[Statement], syntax: Syntax, after: _After, names: Mapping[str, str] = _NO_NAMES
    ) -> list[Nature]:
        """Return the nature of each statement of a file; *after* tells which rules hold after one.

        Who has one of the *names*, in small letters, reads its key.
        """
        found, told, opened = list[Nature](), _Told(), 0  # where a transaction began
        last: Statement | None = None
        for statement in statements:
            if statement is last:  # INSERTs that are alike
                found.append(found[-1])
                continue
            last = statement
            words = spelled(statement.text, syntax) or [""]
            syntax = after(statement, syntax)
            nature = self._spoken(self.nature(words), words, syntax, told)
            if "*" in nature.writes or words[0] == "ROLLBACK":
                told.made = dict.fromkeys(told.made)
            nature = self._placed(nature, words, told)
            if names:
                read = {names[each] for each in self.named(words) & names.keys()}
                nature = nature._replace(reads=nature.reads | (read - nature.writes if words[0] == "CREATE" else read))
            if "/*" in statement.text and self.maybe_pattern.search(statement.text):
                # What is temporary for some versions only may be a table like any other.
                half = _REPEATED if self.half_pattern.search(statement.text) else Trait(0)
                nature = nature._replace(traits=(nature.traits | Trait.MAYBE) & ~half, removes=frozenset())
            for key in [*told.made] if "temp *" in nature.writes else nature.removes & told.made.keys():
                del told.made[key]
            if words[0] in ("ROLLBACK", "ABORT"):  # what of it was taken back, the server knows
                found[opened:] = [each._replace(traits=each.traits & ~Trait.REPEATS) for each in found[opened:]]
            found.append(nature)
            opened = len(found) if nature.traits & _CONTROLS or words[0] == "ROLLBACK" else opened
        return found

    def _spoken(self, nature: Nature, words: Sequence[str], syntax: Syntax, told: _Told) -> Nature:
        """Return *nature*, of EXECUTE what it runs, as far as that is told in the file; note what is told."""
        name = self.fold(words[1]) if len(words) > 1 else ""
        if words[:2] == ["EXECUTE", "IMMEDIATE"]:
            known = self.prepared_text(["", "", "", *words[2:]], syntax, told.texts)
            nature = self.nature(known) if known else nature
        elif words[0] == "PREPARE":
            told.prepared.pop(name, None)
            if (text := self.prepared_text(words, syntax, told.texts)) is not None:
                told.prepared[name] = text
        elif words[0] == "EXECUTE":
            text, named = told.prepared.get(name), {*self.variables(words)}
            reads, writes = nature.reads, nature.writes - {"code"} | {"set by code"}  # one statement, whatever it is
            if text:
                nature = self.nature(text)
                reads, writes = nature.reads | named, nature.writes | (named if "*" in nature.writes else set())
            elif text is not None:  # it begins with a word that is nothing to a session
                reads, writes = frozenset[str](), nature.writes - {"*", "code", "found"}
                nature = nature._replace(traits=Trait(0))
            nature = nature._replace(reads=reads | {f"prepared {name}"}, writes=writes)
        if "*" in nature.writes:
            told.texts.clear()
        for key in nature.writes & told.texts.keys():
            del told.texts[key]
        variables = {key for key in nature.writes if key[0] == "@"} if words[0] in ("SET", "SELECT") else ()
        if variables and (literal := self.literal_in(words)) is not None:
            told.texts |= dict.fromkeys(variables, literal)
        return nature

    def _placed(self, nature: Nature, words: Sequence[str], told: _Told) -> Nature:
        """Return *nature* with the temporary tables that it is about; note what is made."""
        nature = self._with_temporary(nature, words, told) if told.made else nature
        if self.temporary_schema and (words[0] == "SET" or "SET_CONFIG" in words):
            told.aside |= self.temporary_schema in " ".join(words).lower()
        made = self.made(words) if words[0] == "CREATE" else None
        if told.aside and made:
            nature = nature._replace(writes=nature.writes | {f"temp {made.name}"})
        for key in nature.writes:
            if key.startswith("temp ") and not key.endswith("*"):
                certain = ("COMMIT", "DROP") not in itertools.pairwise(words)
                told.made.setdefault(key, made.schema if made and certain else None)
        return nature

    def _with_temporary(self, nature: Nature, words: Sequence[str], told: _Told) -> Nature:
        """Return *nature* with the temporary tables that the statement names, of those that the file has made.

        A DROP of nothing but some that are certain to be there is about these; after others nothing is certain.
        """
        named = {key for name in self.named(words) if (key := f"temp {name}") in told.made}
        if not named:
            return nature
        first, dropped = words[0], self.dropped(words)
        certain = ((schema, told.made.get(f"temp {name}")) for schema, name in dropped)
        if dropped and all(made is not None and schema in (made, self.temporary_schema) for schema, made in certain):
            return Nature(Trait.SESSION | Trait.WHOLE, frozenset(), frozenset({"warnings"}), frozenset(named))
        if first in ("ALTER", "DROP", "RENAME"):
            told.made |= dict.fromkeys(named)
        if named <= nature.removes or (first == "CREATE" and named & nature.writes):
            return nature
        if "RENAME" in words or "INHERIT" in words:  # whatever of it is the new one
            named |= {
                f"temp {self.fold(word)}"
                for last, word in itertools.pairwise(words)
                if (last in ("TO", "AS", "RENAME", "INHERIT", ".") and word[:1].isalnum()) or is_quoted(word)
            }
        if first == "CREATE" and "VIEW" in words:  # it is temporary, too
            named.add(f"temp {self.made(words).name}")
        writes = nature.writes if Trait.SESSION in nature.traits else nature.writes | named
        return nature._replace(reads=nature.reads | named, writes=writes)

    def dropped(self, words: Sequence[str]) -> list[tuple[str, str]]:
        """Return what a DROP lists, names in two parts; nothing where that is not all it says."""
        found = re.fullmatch(
            r"DROP (?:TEMPORARY )?(?:TABLES?|VIEW|SEQUENCE|TRIGGER|INDEX) (?:IF EXISTS )?(.+?)(?: CASCADE| RESTRICT)?",
            " ".join(words),
        )
        names = [each.rpartition(" . ") for each in found[1].split(" , ")] if found else []
        return [(self.fold(schema), self.fold(name)) for schema, _, name in names]

    def made(self, words: Sequence[str]) -> Created:
        """Return what a CREATE makes."""
        start = next((place for place, word in enumerate(words) if word in _MADE), len(words) - 1)
        exists = words[start + 1 : start + 4] == ["IF", "NOT", "EXISTS"]
        return Created(words[start], *self.name_at(words, start + (4 if exists else 1)))

    def name_at(self, words: Sequence[str], place: int) -> tuple[str, str]:
        """Return schema and name, or "*"."""
        first, sign, second = (*words[place : place + 3], "", "", "")[:3]
        schema, name = (first, second) if sign == "." else ("", first)
        return self.fold(schema), self.fold(name) or "*"

    def named(self, words: Sequence[str]) -> set[str]:
        """Return what may be a name of a table, in small letters: no variable is one."""
        return {self.fold(word) for last, word in itertools.pairwise(("", *words)) if last != "@"}

    def fold(self, word: str) -> str:
        """Return the name that *word* stands for, in small letters: two that may be the same are the same."""
        if not is_quoted(word):
            return word.lower()
        mark = {"[": "]"}.get(word[0], word[0])
        return word[1:-1].replace(2 * mark, mark).lower()

    def prepared_text(self, words: Sequence[str], syntax: Syntax, texts: Mapping[str, str]) -> list[str] | None:
        """Return the words of the statement that a PREPARE has in it, or in a variable that is one of the *texts*.

        None where it is not known, and [] where all that is known is that it means nothing to a session.
        """
        return [*words[words.index("AS") + 1 :]] if "AS" in words else None

    def variables(self, words: Sequence[str]) -> Iterator[str]:
        """Yield the keys of the user variables that are named."""
        return iter(())

    def literal_in(self, words: Sequence[str]) -> str | None:
        """Return the text that a statement writes to a variable; "" for one that means nothing to a session."""
        return None

    def nature(self, words: Sequence[str]) -> Nature:
        """Return the nature of a statement that is spelled so."""
        rest = ""
        for pattern, traits, *more in self._rows.get(words[0], ()):
            if pattern and not rest:
                rest = " ".join("?" if is_quoted(each) else each for each in words[1:])
            if re.match(pattern, rest):
                nature = self.described(words, traits)
                return self._with(nature, words, more[0]) if more else nature
        return self.worst

    def _with(self, nature: Nature, words: Sequence[str], keys: str) -> Nature:
        """Return *nature* with the keys of a row."""
        names = [self.fold(each) for each in (words[-1], *words[1:3], "", "")] if "{" in keys else []
        named = [each.format(*names) for each in keys.split(", ")]
        told = ([each[1:] for each in named if each[0] == sign] for sign in "?+-")
        return Nature(nature.traits, *(each.union(more) for each, more in zip(nature[1:], told, strict=True)))

    def described(self, words: Sequence[str], traits: Trait) -> Nature:
        """Return what a statement of a known form is, with what it calls."""
        reads, writes = set[str](), set[str]()
        for name, place in self.calls(words) if Trait.CALLS in traits else ():
            if name in self.sees:
                reads |= {self.sees[name]} | ({"calls *"} if self.sees[name] in self.seen else set())  # by its name
                writes |= {"connection"} & {self.sees[name]}  # whoever has read it may have kept it
                traits &= ~Trait.REPEATS
            elif name not in self.pure:
                told = self.takes_part(name, "".join(words[place + 1 : place + 2]), reads, writes)
                if name in self.harmless or name in self.known:
                    traits &= ~Trait.REPEATS
                elif not told:
                    self.unknown.add(name)
                    start = place - 3 if words[place - 2 : place - 1] == ["."] else place - 1
                    reads |= {"*", *self.seen, self.called(words, start)}
                    writes |= {"*", "id", "code"}
                    traits = self._noted(traits)
        return Nature(traits, frozenset(reads - (set() if "code" in writes else {"calls *"})), frozenset(writes))

    def called(self, words: Sequence[str], place: int) -> str:
        """Return the key of the routine whose name is at *place*."""
        return f"calls {'.'.join(filter(None, self.name_at(words, place)))}"

    @staticmethod
    def _noted(traits: Trait) -> Trait:
        """Return the *traits* of what may change more than the session: if it does nothing else, rows."""
        return traits & ~_REPEATED | Trait.DATA if Trait.SESSION in traits else traits & ~Trait.REPEATS

    def takes_part(self, name: str, given: str, reads: set[str], writes: set[str]) -> bool:
        """Tell if it is known what the function *name* does, where its arguments begin so; add what it does."""
        return False

    def calls(self, words: Sequence[str]) -> Iterator[tuple[str, int]]:
        """Yield what may be a function that is called, as it is written, and the place of its bracket."""
        for place, sign in enumerate(words):
            start = place - 1
            if sign != "(" or start < 0 or words[start] in self.plain:
                continue
            mark = words[start][0]
            if not (mark in self.marks or mark.isalnum() or mark == "_" or mark >= "\x80"):
                continue
            while start > 1 and words[start - 1] == ".":
                start -= 2
            before = words[start - 1] if start else ""
            end = closing(words, place)
            listed = before in ("WITH", "RECURSIVE", ",") and words[end + 1 : end + 2] == ["AS"]
            if before not in _NAMED and not listed:
                yield "".join(words[start:place]), place


# Functions of MySQL and MariaDB that depend on their arguments alone; that change nothing, all the same; and words that
# may stand before a bracket. Tried on MariaDB 10.11 and MySQL 9.7; those of PostgreSQL on 15 and 18. A function that
# only one server has may be a person's own on the other; those of _SHAPES have ST_ before them on both, too.
_MYSQL_PURE: Final = names_in("""ABS ACOS ADDDATE ADDTIME AES_DECRYPT AES_ENCRYPT ASCII ASIN ATAN ATAN2 BIN BIT_COUNT
    BIT_LENGTH CAST CEIL CEILING CHAR CHARACTER_LENGTH CHAR_LENGTH COALESCE COMPRESS CONCAT CONCAT_WS CONV CONVERT COS
    COT CRC32 DATE DATEDIFF DATE_ADD DATE_FORMAT DATE_SUB DAY DAYNAME DAYOFMONTH DAYOFWEEK DAYOFYEAR DEGREES ELT EXP
    EXPORT_SET EXTRACT EXTRACTVALUE FIELD FIND_IN_SET FLOOR FORMAT FROM_BASE64 FROM_DAYS GET_FORMAT GREATEST HEX HOUR IF
    IFNULL INET6_ATON INET6_NTOA INET_ATON INET_NTOA INSERT INSTR INTERVAL ISNULL IS_IPV4 IS_IPV4_COMPAT IS_IPV4_MAPPED
    IS_IPV6 JSON_ARRAY JSON_ARRAY_APPEND JSON_ARRAY_INSERT JSON_CONTAINS JSON_CONTAINS_PATH JSON_DEPTH JSON_EXTRACT
    JSON_INSERT JSON_KEYS JSON_LENGTH JSON_MERGE JSON_MERGE_PATCH JSON_MERGE_PRESERVE JSON_OBJECT JSON_OVERLAPS
    JSON_PRETTY JSON_QUOTE JSON_REMOVE JSON_REPLACE JSON_SEARCH JSON_SET JSON_TABLE JSON_TYPE JSON_UNQUOTE JSON_VALID
    JSON_VALUE LAST_DAY LCASE LEAST LEFT LENGTH LN LOCATE LOG LOG10 LOG2 LOWER LPAD LTRIM MAKEDATE MAKETIME MAKE_SET MD5
    MICROSECOND MID MINUTE MOD MONTH MONTHNAME NULLIF OCT OCTET_LENGTH ORD PERIOD_ADD PERIOD_DIFF PI POSITION POW POWER
    QUARTER QUOTE RADIANS REGEXP_INSTR REGEXP_REPLACE REGEXP_SUBSTR REPEAT REPLACE REVERSE RIGHT ROUND RPAD RTRIM SECOND
    SEC_TO_TIME SHA SHA1 SHA2 SIGN SIN SOUNDEX SPACE SQRT STRCMP STR_TO_DATE SUBDATE SUBSTR SUBSTRING SUBSTRING_INDEX
    SUBTIME TAN TIME TIMEDIFF TIMESTAMP TIMESTAMPADD TIMESTAMPDIFF TIME_FORMAT TIME_TO_SEC TO_BASE64 TO_DAYS TO_SECONDS
    TRIM TRUNCATE UCASE UNCOMPRESS UNCOMPRESSED_LENGTH UNHEX UPDATEXML UPPER WEEK WEEKDAY WEEKOFYEAR WEIGHT_STRING YEAR
    YEARWEEK""")
_MARIADB_PURE: Final = names_in("""ADD_MONTHS CHR COLUMN_ADD COLUMN_CHECK COLUMN_CREATE COLUMN_DELETE COLUMN_EXISTS
    COLUMN_GET COLUMN_JSON COLUMN_LIST CONCAT_OPERATOR_ORACLE CRC32C DECODE DECODE_ORACLE ENCODE JSON_COMPACT
    JSON_DETAILED JSON_EQUALS JSON_EXISTS JSON_LOOSE JSON_NORMALIZE JSON_QUERY LENGTHB LPAD_ORACLE LTRIM_ORACLE
    NATURAL_SORT_KEY NVL NVL2 REPLACE_ORACLE RPAD_ORACLE RTRIM_ORACLE SFORMAT SUBSTR_ORACLE TO_CHAR TRIM_ORACLE""")
_MYSQL9_PURE: Final = names_in("""BIN_TO_UUID FORMAT_BYTES FORMAT_PICO_TIME GTID_SUBSET GTID_SUBTRACT IS_UUID
    JSON_SCHEMA_VALID JSON_SCHEMA_VALIDATION_REPORT JSON_STORAGE_SIZE REGEXP_LIKE UUID_TO_BIN""")
_SHAPES: Final = names_in("""AREA ASBINARY ASTEXT ASWKB ASWKT BUFFER CENTROID CONTAINS CONVEXHULL CROSSES DIMENSION
    DISJOINT ENDPOINT ENVELOPE EQUALS EXTERIORRING GEOMCOLLFROMTEXT GEOMCOLLFROMWKB GEOMETRYCOLLECTIONFROMTEXT
    GEOMETRYCOLLECTIONFROMWKB GEOMETRYFROMTEXT GEOMETRYFROMWKB GEOMETRYN GEOMETRYTYPE GEOMFROMTEXT GEOMFROMWKB
    INTERIORRINGN INTERSECTS ISCLOSED ISEMPTY ISSIMPLE LINEFROMTEXT LINEFROMWKB LINESTRINGFROMTEXT MLINEFROMTEXT
    MPOINTFROMTEXT MPOINTFROMWKB MPOLYFROMTEXT MULTILINESTRINGFROMTEXT MULTIPOINTFROMTEXT NUMGEOMETRIES NUMINTERIORRINGS
    NUMPOINTS OVERLAPS POINTFROMTEXT POINTFROMWKB POINTN POLYFROMTEXT POLYFROMWKB POLYGONFROMTEXT POLYGONFROMWKB SRID
    STARTPOINT TOUCHES WITHIN X Y""")
_MYSQL_HARMLESS: Final = names_in("""AVG BENCHMARK BIT_AND BIT_OR BIT_XOR CHARSET COERCIBILITY COLLATION CONNECTION_ID
    CONVERT_TZ COUNT CUME_DIST CURDATE CURRENT_DATE CURRENT_ROLE CURRENT_TIME CURRENT_TIMESTAMP CURRENT_USER CURTIME
    DATABASE DEFAULT DENSE_RANK FIRST_VALUE FROM_UNIXTIME GROUP_CONCAT IS_FREE_LOCK IS_USED_LOCK JSON_ARRAYAGG
    JSON_OBJECTAGG LAG LAST_VALUE LEAD LOAD_FILE LOCALTIME LOCALTIMESTAMP MASTER_POS_WAIT MATCH MAX MBRCONTAINS
    MBRDISJOINT MBREQUALS MBRINTERSECTS MBROVERLAPS MBRTOUCHES MBRWITHIN MIN NAME_CONST NOW NTH_VALUE NTILE PERCENT_RANK
    RAND RANDOM_BYTES RANK ROW_NUMBER SCHEMA SESSION_USER SLEEP STD STDDEV STDDEV_POP STDDEV_SAMP ST_ASGEOJSON
    ST_DIFFERENCE ST_DISTANCE ST_DISTANCE_SPHERE ST_GEOMFROMGEOJSON ST_INTERSECTION ST_LENGTH ST_LINESTRINGFROMWKB
    ST_MLINEFROMWKB ST_MPOLYFROMWKB ST_MULTILINESTRINGFROMWKB ST_MULTIPOINTFROMWKB ST_MULTIPOLYGONFROMTEXT
    ST_MULTIPOLYGONFROMWKB ST_SYMDIFFERENCE ST_UNION SUM SYSDATE SYSTEM_USER UNIX_TIMESTAMP USER UTC_DATE UTC_TIME
    UTC_TIMESTAMP UUID UUID_SHORT VALUES VARIANCE VAR_POP VAR_SAMP VERSION""")
_MARIADB_HARMLESS: Final = names_in("""BINLOG_GTID_POS BOUNDARY DECODE_HISTOGRAM DES_DECRYPT DES_ENCRYPT ENCRYPT GLENGTH
    ISRING MASTER_GTID_WAIT MBREQUAL MEDIAN OLD_PASSWORD PASSWORD PERCENTILE_CONT PERCENTILE_DISC POINTONSURFACE ROWNUM
    ST_BOUNDARY ST_ISRING ST_POINTONSURFACE ST_RELATE SYS_GUID VALUE WSREP_LAST_SEEN_GTID WSREP_LAST_WRITTEN_GTID
    WSREP_SYNC_WAIT_UPTO_GTID""")
_MYSQL9_HARMLESS: Final = names_in("""ANY_VALUE GEOMCOLLECTION GEOMETRYCOLLECTION GROUPING ICU_VERSION JSON_STORAGE_FREE
    LINESTRING MBRCOVEREDBY MBRCOVERS MULTILINESTRING MULTIPOINT MULTIPOLYGON POINT POLYGON PS_CURRENT_THREAD_ID
    PS_THREAD_ID ROLES_GRAPHML SOURCE_POS_WAIT STATEMENT_DIGEST STATEMENT_DIGEST_TEXT ST_BUFFER_STRATEGY ST_COLLECT
    ST_FRECHETDISTANCE ST_GEOHASH ST_HAUSDORFFDISTANCE ST_ISVALID ST_LATFROMGEOHASH ST_LATITUDE ST_LINEINTERPOLATEPOINT
    ST_LINEINTERPOLATEPOINTS ST_LONGFROMGEOHASH ST_LONGITUDE ST_MAKEENVELOPE ST_NUMINTERIORRING ST_POINTATDISTANCE
    ST_POINTFROMGEOHASH ST_SIMPLIFY ST_SWAPXY ST_TRANSFORM ST_VALIDATE VALIDATE_PASSWORD_STRENGTH
    WAIT_FOR_EXECUTED_GTID_SET""")
_POSTGRES_HARMLESS: Final = names_in("""CLOCK_TIMESTAMP CURRENT_QUERY GEN_RANDOM_UUID PG_BLOCKING_PIDS
    PG_CURRENT_WAL_LSN PG_DATABASE_SIZE PG_INDEXES_SIZE PG_IS_IN_RECOVERY PG_LOCK_STATUS PG_RELATION_SIZE PG_SLEEP
    PG_SLEEP_FOR PG_SLEEP_UNTIL PG_TABLE_SIZE PG_TOTAL_RELATION_SIZE RANDOM RANDOM_NORMAL TIMEOFDAY UUIDV4 UUIDV7""")
_PLAIN: Final = names_in("""ALL ALWAYS AND ANY ARRAY AS BETWEEN BIGINT BINARY BIT BY CASE CHAR CHARACTER CHECK COLUMN
    COLUMNS CONSTRAINT CROSS CUBE DEC DECIMAL DEFAULT DESC DISTINCT DO ELSE EXCEPT EXCLUDE EXISTS EXPLAIN FILTER FLOAT
    FOR FOREIGN FROM GENERATED GROUP HASH HAVING IN INCLUDE INNER INSERT INT INTEGER INTERSECT INTERVAL INTO JOIN KEY
    LATERAL LIKE LIMIT LIST MATERIALIZED NATIONAL NATURAL NCHAR NOT NULL NUMERIC OF OFFSET ON OPTIONS OR ORDER OUTER
    OVER PARTITION PRECISION PRIMARY RANGE REAL RECURSIVE REFERENCES REPLACE RETURNING ROLLUP ROW SELECT SET SMALLINT
    SOME TABLE TEXT THEN TIME TIMESTAMP UNION UNIQUE UPDATE USING VALUE VALUES VARCHAR WHEN WHERE WINDOW WITH WITHIN""")
_MYSQL_PLAIN: Final = names_in("""ADD AGAINST AT BLOB BOOL CALL CLOB DATETIME DESCRIBE DISTINCTROW DIV DOUBLE DUAL
    ELSEIF ELSIF EMPTY ENDS ENUM ESCAPE EVERY FIXED FLOAT4 FLOAT8 FORCE FULLTEXT GEOMCOLLECTION GEOMETRY HIGH_PRIORITY
    IF IGNORE INDEX INT1 INT2 INT3 INT4 INT8 JSON LEFT LESS LINEAR LONG LONGBLOB LONGTEXT MEDIUMBLOB MEDIUMINT
    MEDIUMTEXT MIDDLEINT MINUS MOD NUMBER NVARCHAR PERIOD QUALIFY RAW READS REGEXP RETURN RIGHT RLIKE SERIAL SOUNDS
    SPATIAL SQL_BIG_RESULT SQL_BUFFER_RESULT SQL_CACHE SQL_CALC_FOUND_ROWS SQL_NO_CACHE SQL_SMALL_RESULT STARTS STORED
    STRAIGHT_JOIN SUBPARTITION SYSTEM_TIME THAN TINYBLOB TINYINT TINYTEXT UNTIL USE VARBINARY VARCHAR2 VARCHARACTER
    VARYING VECTOR VIRTUAL WHILE XOR YEAR""")
_POSTGRES_PLAIN: Final = names_in("""ANALYSE ANALYZE ASC ASYMMETRIC AUTHORIZATION BOOLEAN BOTH CAST COALESCE COLLATE
    COLLATION CONCURRENTLY CONFLICT CREATE CURRENT_CATALOG CURRENT_DATE CURRENT_ROLE CURRENT_SCHEMA CURRENT_TIME
    CURRENT_TIMESTAMP CURRENT_USER DEFERRABLE END EXCLUDED EXTRACT FALSE FETCH FIRST FREEZE FULL GRANT GREATEST GROUPING
    IDENTITY ILIKE INITIALLY INOUT IS ISNULL LEADING LEAST LOCALTIME LOCALTIMESTAMP NEXT NONE NORMALIZE NOTNULL NULLIF
    ONLY ORDINALITY OUT OVERLAPS OVERLAY PASSING PLACING POSITION REINDEX RESET RETURNS ROWS SESSION_USER SETOF SETS
    SIMILAR STATISTICS SUBSTRING SYMMETRIC TABLESAMPLE TO TRAILING TREAT TRIM TRUE USER VACUUM VARIADIC VERBOSE WITHOUT
    XMLATTRIBUTES XMLCONCAT XMLELEMENT XMLEXISTS XMLFOREST XMLNAMESPACES XMLPARSE XMLPI XMLROOT XMLSERIALIZE
    XMLTABLE""")


class _SQLiteForms(Forms):
    together = frozenset({"count", "id"})  # both are rolled back with their transaction, to be the same again
    worst = Nature(Trait.WHOLE, frozenset(), frozenset())  # what it does not know is an error before anything runs
    rows: ClassVar = {
        "INSERT REPLACE": [("", _ROWS, "?trigger *, +count, +id")],  # of what is temporary
        "UPDATE DELETE": [("", _ROWS, "?trigger *, +count")],
        "WITH": [
            (rf"(?=.*\b(?:INSERT|REPLACE)\b){ACTS}", _ROWS, "?trigger *, +count, +id"),
            (ACTS, _ROWS, "?trigger *, +count"),
            ("", _LOOK),
        ],
        "SELECT VALUES EXPLAIN": [("", _LOOK)],
        "CREATE": [(r"(TEMP|TEMPORARY)\b", _TEMP), (r"TABLE\b.*\bAS\b", _DDL | Trait.CALLS), ("", _DDL)],
        "DROP": [(r"TABLE\b", _DDL | Trait.CALLS), ("", _DDL)],  # foreign keys may have it delete rows
        "ALTER REINDEX ANALYZE": [("", _DDL)],
        "VACUUM": [("", Trait.WHOLE)],
        "BEGIN": [("", Trait.OPENS)],
        "COMMIT END": [("", Trait.CLOSES)],
        "SAVEPOINT RELEASE": [("", Trait.SESSION | Trait.WHOLE)],  # inside a transaction of the file's own
        "ROLLBACK": [("(TRANSACTION )?TO ", Trait.SESSION | Trait.WHOLE), ("", Trait.UNDOES)],
    }
    _looks = names_in("""COLLATION_LIST COMPILE_OPTIONS DATABASE_LIST FOREIGN_KEY_CHECK FOREIGN_KEY_LIST FUNCTION_LIST
        INDEX_INFO INDEX_LIST INDEX_XINFO INTEGRITY_CHECK MODULE_LIST PRAGMA_LIST QUICK_CHECK TABLE_INFO TABLE_LIST
        TABLE_XINFO""")
    _acting = names_in("ENCODING INCREMENTAL_VACUUM JOURNAL_MODE OPTIMIZE WAL_CHECKPOINT")  # others wait for a VACUUM
    sees: ClassVar = {"CHANGES": "count", "LAST_INSERT_ROWID": "id"}
    temporary_schema = "temp"
    unread_pattern = any_of("temp pragma attach changes last_insert_rowid")

    def nature(self, words: Sequence[str]) -> Nature:
        """See Forms. A PRAGMA may be in quotes. Without a value it is asked: what acts all the same may do so twice."""
        if words[0] != "PRAGMA":
            return super().nature(words)
        name, *value = [self.fold(word).upper() for word in words[3 if words[2:3] == ["."] else 1 :]] or [""]
        traits = _LOOK | Trait.REPEATS if name in self._looks else _SET
        if value and name in self._acting:
            traits = Trait.WHOLE
        elif value and name in ("APPLICATION_ID", "USER_VERSION"):
            traits = _ROWS & ~Trait.CALLS
        sets = {f"set {name.lower()}"} if value and traits == _SET else set[str]()
        return Nature(traits, frozenset(), frozenset(sets))

    def described(self, words: Sequence[str], traits: Trait) -> Nature:
        """See Forms. No function here is a person's."""
        writes = set[str]()
        if words[0] == "CREATE" and (traits == _TEMP or self.made(words).schema == self.temporary_schema):
            traits, made = _TEMP, self.made(words)
            writes |= {f"temp {made.name}"} | ({f"trigger {made.name}"} if made.kind == "TRIGGER" else set())
        called = (self.fold(word).upper() for word, after in itertools.pairwise(words) if after == "(")
        reads = {self.sees[name] for name in called if name in self.sees and Trait.CALLS in traits}
        return Nature(traits, frozenset(reads), frozenset(writes))


class _PostgresForms(Forms):
    rows: ClassVar = {
        "INSERT MERGE": [("", _ROWS, "+id")],
        "UPDATE DELETE": [("", _ROWS)],
        "COPY": [(r"\(", _ROWS, "+id"), ("", _ROWS & ~Trait.CALLS, "+id")],
        "TRUNCATE NOTIFY": [("", _ROWS & ~Trait.CALLS)],
        "WITH": [(ACTS, _ROWS, "+id"), (r".*\bINTO\b", _ROWS), ("", _LOOK)],
        "SELECT": [(r".*\bINTO\b", _ROWS), ("", _LOOK)],
        "VALUES TABLE ( SHOW": [("", _LOOK)],
        "EXPLAIN": [(r".*\bANALY[SZ]E\b", _ROWS, "+id"), ("", _LOOK)],
        "SET": [(r"(SESSION |LOCAL )?TRANSACTION\b", Trait.SESSION | Trait.WHOLE | Trait.INSIDE), ("", _SET)],
        "RESET": [("", _SET)],
        "LOAD": [("", _SET, "+load")],
        "LISTEN UNLISTEN": [("", _SET, "+listen {1}")],
        "PREPARE": [("(?!TRANSACTION)", _SET, "+prepared {1}")],
        "DEALLOCATE": [(r"(PREPARE )?ALL\Z", _SET, "+prepared *"), ("", _SET, "-prepared {0}")],
        "DECLARE": [("", _TEMP, "+cursor {1}")],
        "FETCH MOVE": [("", _TEMP, "?cursor {0}")],
        "CLOSE": [(r"ALL\Z", _SET, "+cursor *"), ("", _SET, "-cursor {0}")],
        "DISCARD": [
            ("ALL", _SET, "+set *, +role *, +temp *, +prepared *, +cursor *, +listen *, +id, +lock"),
            ("TEMP", _SET, "+temp *"),
            ("SEQUENCES", _SET, "+id"),
            ("", _SET),
        ],
        "BEGIN START": [("", Trait.OPENS)],
        "COMMIT END": [(_CHAIN, Trait.CLOSES | Trait.CHAINS), ("(?!PREPARED)", Trait.CLOSES)],
        "SAVEPOINT RELEASE": [("", Trait.SESSION | Trait.WHOLE)],  # inside a transaction of the file's own
        "ROLLBACK ABORT": [
            ("(WORK |TRANSACTION )?TO ", Trait.SESSION | Trait.WHOLE),
            (_CHAIN, Trait.UNDOES | Trait.CHAINS),
            ("(?!PREPARED)", Trait.UNDOES),
        ],
        "CREATE": [
            (r"(UNIQUE )?INDEX CONCURRENTLY\b|(DATABASE|TABLESPACE|SUBSCRIPTION)\b", Trait.WHOLE),
            (r"(OR REPLACE )?(LOCAL |GLOBAL )?(TEMP|TEMPORARY)\b", _TEMP),
            (r"(UNLOGGED |MATERIALIZED )?(TABLE|VIEW)\b.*\bAS\b", _DDL | Trait.CALLS),
            ("", _DDL),
        ],
        "DROP": [(r"INDEX CONCURRENTLY\b|(DATABASE|TABLESPACE|SUBSCRIPTION)\b", Trait.WHOLE), ("", _DDL)],
        "ALTER": [
            (r"SYSTEM\b|SUBSCRIPTION\b|TABLE\b.*(?<!\.) CONCURRENTLY\Z|DATABASE\b.*\bTABLESPACE\b", Trait.WHOLE),
            (r"(DATABASE|ROLE|USER)\b.*\b(SET|RESET)\b", _DDL, "+begins with"),
            ("", _DDL),
        ],
        "CHECKPOINT CLUSTER REINDEX VACUUM": [("", Trait.WHOLE)],  # of a partitioned table, these two run alone
        "REFRESH": [("", _DDL | Trait.CALLS)],
        "ANALYZE ANALYSE COMMENT GRANT REVOKE LOCK SECURITY IMPORT REASSIGN DO": [("", _DDL)],
    }
    sees: ClassVar = pairs_in("""LASTVAL id, CURRVAL id, RANDOM seed, RANDOM_NORMAL seed, PG_BACKEND_PID connection,
        PG_MY_TEMP_SCHEMA connection, INET_CLIENT_PORT connection, PG_CURRENT_XACT_ID connection""")
    plain, harmless, temporary_schema = _PLAIN | _POSTGRES_PLAIN, _POSTGRES_HARMLESS, "pg_temp"
    worst = Nature(Trait(0), frozenset({"*"}), frozenset({"*", "id", "code"}))
    together = frozenset()  # a file sees nothing of what is written beside it
    marks = '"'
    unread_pattern = regex(  # a setting with a dot is never quite gone
        r"(?im)\b(CALL|DO|LOAD|EXECUTE|PREPARE|ALTER\s+(DATABASE|ROLE|USER))\b|\bALTER\s*(/\*|--)"
        r"|^SET\b[^=;]*?\.|\bset_config\b[^,]*?\.",
        words="call do load execute prepare alter set",
    )
    # Names before a bracket, but those of what is made or filled.
    _called_pattern = regex(
        r"(?i)(\b(?:INTO|TABLE|UPDATE|JOIN|REFERENCES|ON|EXISTS|INDEX|KEY|CONSTRAINT|VIEW|AS)\s+)?"
        r"((?:(?<![\w$])[\w$]+|\"[^\"]*\")(?:\.(?:[\w$]+|\"[^\"]*\"))*)\s*\("
    )
    # What its language has for the end of a transaction may be in a DO.
    _divides_pattern = regex(r"(?i)\b(COMMIT|ROLLBACK|CALL|EXECUTE)\b")
    # settings that have words of their own
    _named: ClassVar = pairs_in("""ALL *, NAMES client_encoding, ROLE role, SCHEMA search_path,
        SESSION session_authorization, TIME timezone, XML xmloption""")

    def may_matter(self, sql: str) -> bool:
        """See Forms."""
        if super().may_matter(sql):
            return True
        called = {name.upper() for before, name in {*self._called_pattern.findall(sql)} if not before}
        return not called <= self.plain | self.harmless | self.known

    def described(self, words: Sequence[str], traits: Trait) -> Nature:
        """See Forms."""
        first, second = words[0], "".join(words[1:2])
        if first == "DO":
            return self._block(words, traits)
        is_temporary = first == "CREATE" and (traits == _TEMP or self.made(words).schema == self.temporary_schema)
        nature = super().described(words, traits)
        writes = {*nature.writes}
        traits = self._noted(nature.traits) if "sequence" in writes else nature.traits
        if is_temporary:
            # What it reads from may call what nobody sees.
            filled = "FROM" in words or ("AS", "TABLE") in itertools.pairwise(words) or writes & {"*", "sequence"}
            traits = traits & ~_REPEATED | Trait.INSIDE if filled else _TEMP
            writes.add(f"temp {self.made(words).name}")
            begin = [*words, "INHERITS"].index("INHERITS") + 1  # who asks those sees its rows, too
            writes |= {f"temp {self.fold(each)}" for each in words[begin + 1 : closing(words, begin)]} - {"temp ,"}
        elif first in ("SELECT", "WITH") and "INTO" in words and (name := self._made_by_select(words)):
            writes.add(f"temp {name}")
            traits &= _TEMP
        elif first in ("SET", "RESET") and Trait.REPEATS in traits and second not in ("LOCAL", "CONSTRAINTS"):
            skipped = 2 if second == "SESSION" and words[2:3] != ["AUTHORIZATION"] else 1
            writes.add(key := self._setting(words[skipped:]))
            traits &= ~Trait.REPEATS if key == "seed" else traits
        if first in ("SELECT", "WITH", "VALUES", "TABLE", "(") and Trait.SESSION in traits:
            if writes - {"id"} and first == "SELECT" and self._is_setting(words):
                traits |= Trait.REPEATS
            else:  # a view, an operator, a cast may call what nobody sees
                traits = self._noted(traits)
        return Nature(traits, nature.reads, frozenset(writes))

    def _block(self, words: Sequence[str], traits: Trait) -> Nature:
        """Return what a DO is."""
        text = " ".join(word for word in words if is_quoted(word))
        language = words[words.index("LANGUAGE") + 1] if "LANGUAGE" in words[:-1] else "PLPGSQL"
        if not self._divides_pattern.search(text) and language.strip("\"'").upper() in ("PLPGSQL", "SQL"):
            return self.worst._replace(traits=traits)
        return self.worst._replace(writes=self.worst.writes | ({"set by code"} if "EXECUTE" in text.upper() else set()))

    def _made_by_select(self, words: Sequence[str]) -> str:
        """Return the name of the temporary table that a SELECT .. INTO makes, or ""."""
        start = place = words.index("INTO") + 1
        while words[place : place + 1] and words[place] in ("LOCAL", "GLOBAL", "TEMP", "TEMPORARY", "TABLE"):
            place += 1
        schema, name = self.name_at(words, place)
        return name if schema == self.temporary_schema or {"TEMP", "TEMPORARY"} & {*words[start:place]} else ""

    def _setting(self, words: Sequence[str]) -> str:
        """Return the key of a setting, whose name begins these words. RESET ALL has nothing to do with roles."""
        if re.fullmatch(r"CHARACTERISTICS \w+ \w+ \w+ LEVEL (SERIALIZABLE|READ \w+TED|\w+ READ)", " ".join(words)):
            return "set default_transaction_isolation"
        end = next((place for place, word in enumerate(words) if word in ("=", "TO")), None)
        name = self._named.get("".join(words[:1])) or "".join(map(self.fold, words[:end]))
        kind = "role" if name in ("role", "session_authorization") else "set"
        return name if name == "seed" else f"{kind} {name}"

    def takes_part(self, name: str, given: str, reads: set[str], writes: set[str]) -> bool:
        """See Forms. Of nextval(), setval() and setseed() there may be another one than the server's own."""
        own, key = name.removeprefix("PG_CATALOG."), f"set {given[1:-1].lower()}" if given[:1] == "'" else ""
        locks = name.startswith(("PG_ADVISORY_", "PG_TRY_ADVISORY_")) and not name.endswith("_ALL")  # that is ours, too
        if own == "CURRENT_SETTING":
            reads.add(_ENDS.get(key, key) or "set something")
        elif locks:
            reads |= {"lock"} if "UNLOCK" in name else set()
            writes |= {"lock"} if "_XACT_" not in name else set()
        elif own == "SET_CONFIG":
            writes |= {key or "set *"} - _ENDS.keys()
        else:
            writes |= {"id", "sequence"} if own in ("NEXTVAL", "SETVAL") else {"seed"} if name == "SETSEED" else set()
        return locks or own in ("SET_CONFIG", "CURRENT_SETTING")

    def _is_setting(self, words: Sequence[str]) -> bool:
        """Tell if a SELECT does nothing but to set what its text says."""
        for name, place in self.calls(words):
            given = words[place + 1 : closing(words, place)]
            literal = all(word[0] == "'" or word.isdigit() or word in ("TRUE", "FALSE", ",") for word in given)
            sets = name in ("PG_ADVISORY_LOCK", "PG_ADVISORY_LOCK_SHARED") or name.endswith("SET_CONFIG")
            if not (literal and sets):
                return False
        return "FROM" not in words


# What a transaction has of its own, and ends with it: after it, it is what the session begins them with.
_ENDS: Final = {
    f"set transaction_{k}": f"set default_transaction_{k}" for k in names_in("isolation read_only deferrable")
}
# After SET, in bare text or as words with blanks between them.
_AUTOCOMMIT: Final = r"(@\s*@\s*)?((SESSION|LOCAL)[\s.]+)?AUTOCOMMIT\s*:?=\s*"
_COMMITS: Final = r"(1|ON|DEFAULT|@\s*[\w$.]+)"  # a variable holds what was there before, as dumps have it
_QUERIES: Final = ("SELECT", "VALUES", "TABLE", "(", "WITH")
_AGGREGATES: Final = names_in("AVG COUNT MAX MIN SUM")
_ROWS_OF_QUERIES: Final = names_in("GROUP HAVING LIMIT FETCH UNION EXCEPT INTERSECT OVER")
_ASSIGN: Final = (["="], [":="])
_SCOPES: Final = ("GLOBAL", "SESSION", "LOCAL", "PERSIST", "PERSIST_ONLY")
_ANEW: Final = "(AGGREGATE|ALGORITHM|DEFINER|EVENT|FULLTEXT|FUNCTION|INDEX|PROCEDURE|SPATIAL|SQL|TRIGGER|UNIQUE|VIEW)"
_FILLS: Final = "?next, +id, +sequences"
_OF_ROWS: Final = r"\b(SELECT|ROW|VALUES|TABLE|WITH)\b"


class _MySQLForms(Forms):
    """Those of MariaDB, and of what is taken for one: there a list may fail half way, and OR REPLACE drops first."""

    temporary: ClassVar = [
        (r"(OR REPLACE )?TEMPORARY (TABLE|SEQUENCE)\b", _TEMP, _FILLS),
        (rf"TABLE\b.*{_OF_ROWS}", _DDL | Trait.CALLS, _FILLS),
        (rf"OR REPLACE TABLE\b.*{_OF_ROWS}", Trait.INSIDE | Trait.CALLS, _FILLS),
    ]
    rows: ClassVar = {
        "INSERT REPLACE": [(r"DELAYED\b", Trait.CALLS, _FILLS), ("", _ROWS, _FILLS)],  # by another thread
        "UPDATE DELETE DO": [("", _ROWS)],
        "LOAD": [(r"(DATA|XML)\b", _ROWS, _FILLS)],
        "SELECT VALUES TABLE (": [(r".*\bINTO (OUTFILE|DUMPFILE)\b", Trait.WHOLE), ("", _LOOK)],
        "WITH": [(r".*\bINTO (OUTFILE|DUMPFILE)\b", Trait.WHOLE), (ACTS, _ROWS, _FILLS), ("", _LOOK, _FILLS)],
        "SHOW EXPLAIN DESCRIBE DESC HELP CHECKSUM": [("", _LOOK)],
        "GET": [(r"(CURRENT )?DIAGNOSTICS\b", _LOOK, "?count, ?warnings")],
        "SIGNAL RESIGNAL SAVEPOINT RELEASE": [("", _LOOK & ~Trait.CALLS)],
        "PREPARE": [(r"\S+ FROM\b", _SET | Trait.INSIDE | Trait.PLAIN, "+prepared {1}")],
        "DEALLOCATE": [("PREPARE", _SET | Trait.INSIDE | Trait.PLAIN, "-prepared {2}")],
        "SET": [
            (r"(PASSWORD|DEFAULT ROLE)\b", _DDL),
            (r"TRANSACTION\b", Trait.SESSION | Trait.WHOLE),  # of the next one; of no effect beyond that
            (rf"{_AUTOCOMMIT}(0|OFF)\Z", _SET | Trait.OPENS),
            (rf"{_AUTOCOMMIT}{_COMMITS}\Z", _SET | Trait.CLOSES),
            ("", _SET | Trait.PLAIN),
        ],
        "BEGIN": [(r"(WORK)?\Z", Trait.OPENS)],
        "START": [(r"TRANSACTION\b", Trait.OPENS)],
        "COMMIT": [(_CHAIN, Trait.CLOSES | Trait.CHAINS), ("", Trait.CLOSES)],
        "ROLLBACK": [(r"(WORK )?TO ", _LOOK & ~Trait.CALLS), (_CHAIN, Trait.UNDOES | Trait.CHAINS), ("", Trait.UNDOES)],
        "CREATE": [
            *temporary,
            (rf"(VIEW|FUNCTION|PROCEDURE|TRIGGER|EVENT|DEFINER)\b|TABLE\b(?!.*{_OF_ROWS})", _PLAIN_DDL),
            (rf"(?!OR REPLACE|ROLE|USER)|(ROLE|USER)\b[^,]*\Z|OR REPLACE {_ANEW}\b", _DDL),
            ("", _PART),
        ],
        "ALTER": [(r"(?!ROLE|USER)|[^,]*\Z", _DDL), ("", _PART)],
        "RENAME": [(r"TABLES?\b|[^,]*\Z", _PLAIN_DDL), ("", _PART)],
        "DROP": [
            ("PREPARE", _SET | Trait.INSIDE | Trait.PLAIN, "-prepared {2}"),
            (r"TEMPORARY\b", Trait.SESSION | Trait.WHOLE),
            (r"(?!DATABASE|SCHEMA|INDEX)[^,]*\Z", _PLAIN_DDL),
            (r"INDEX\b", _DDL),
            ("", _PART),
        ],
        "REVOKE": [(r"[^,]*\Z", _DDL), ("", _PART)],
        "GRANT": [(r"(?!.*\bIDENTIFIED\b).*\bTO\b[^,]*\Z", _DDL), ("", _PART)],
        "ANALYZE CHECK OPTIMIZE REPAIR": [(r"((LOCAL|NO_WRITE_TO_BINLOG) )*(TABLES?|VIEW)\b", _DDL)],
        "FLUSH": [("", _DDL)],
        "TRUNCATE": [("", _PLAIN_DDL)],
    }
    told = names_in("LAST_INSERT_ID GET_LOCK RELEASE_LOCK LASTVAL NEXTVAL SETVAL")  # by _expression()
    pure = told | _MYSQL_PURE | _MARIADB_PURE
    harmless = frozenset(f"ST_{each}" for each in _SHAPES) | _SHAPES | _MYSQL_HARMLESS | _MARIADB_HARMLESS
    plain, marks = _PLAIN | _MYSQL_PLAIN, '`"'
    seen = frozenset({"count", "found"})
    sees: ClassVar = pairs_in("""ROW_COUNT count, FOUND_ROWS found, IS_FREE_LOCK lock, IS_USED_LOCK lock,
        CONNECTION_ID connection, RAND seed""")
    _server_only_pattern = regex(  # these are nothing of a session
        r"innodb_(?!lock_wait_timeout|strict_mode|table_locks|ft_|compression|tmpdir)|event_scheduler|general_log"
        r"|slow_query_log\Z|slow_query_log_file|log_|max_connections|max_connect_errors|local_infile|validate_password"
        r"|rpl_|read_only|super_read_only|server_id|expire_logs|binlog_expire|table_open_cache|thread_cache|key_buffer"
        r"|query_cache_size"
    )
    # Words of an expression whose value is always the same, besides functions and what is in quotes.
    _constant = names_in("""NULL TRUE FALSE DEFAULT ON OFF AND OR NOT XOR DIV MOD IS LIKE BETWEEN IN CASE WHEN THEN ELSE
        END BINARY COLLATE USING AS SIGNED UNSIGNED CHAR DECIMAL DATE DATETIME TIME INTEGER JSON INTERVAL DAY HOUR
        MINUTE SECOND MONTH YEAR SESSION LOCAL X B N""")
    # Words of an expression that tell what is read, what is written, and what is not true of it then.
    _telling: ClassVar = {
        **dict.fromkeys(("NEXTVAL", "SETVAL", "NEXT VALUE"), (set(), {"sequence"}, _REPEATED)),
        **dict.fromkeys(("LASTVAL", "PREVIOUS VALUE"), ({"sequence", "sequences"}, set(), Trait.REPEATS)),
        "SELECT": (set(), set(), Trait.REPEATS),
        "GET_LOCK": (set(), {"lock"}, Trait.REPEATS),
        "RELEASE_LOCK": ({"lock"}, {"lock"}, Trait.REPEATS),
    }
    _of_counts: ClassVar = pairs_in("""identity id, last_insert_id id, insert_id next, rand_seed1 seed, rand_seed2 seed,
        warning_count warnings, error_count warnings, pseudo_thread_id connection, in_transaction transaction""")
    _verbs = names_in("ALTER CREATE DELETE DROP INSERT RENAME REPLACE TRUNCATE UPDATE")
    _odd_verbs = names_in("BEGIN CALL DEALLOCATE DO EXECUTE GET HANDLER LOAD LOCK PREPARE SET UNLOCK USE WITH")
    _odd_text_pattern = regex(r"@|\b(ROW_COUNT|FOUND_ROWS|LAST_INSERT_ID|TEMPORARY)\b")
    _blocks, _runs = names_in("BEGIN CASE DECLARE FOR IF LOOP REPEAT WHILE"), names_in("CALL EXECUTE PREPARE")
    _cuts = names_in("BEGIN DO ELSE LOOP REPEAT THEN ; :")
    _branches = names_in("ELSE ELSEIF ELSIF EXCEPTION UNTIL WHEN")
    _opens = names_in("FOR IF LOOP REPEAT WHILE")  # where they stand first
    # A text that begins so calls nothing and leaves nothing, whatever it names.
    _calm_pattern = regex(
        r"(?i)['\"]\s*((ALTER|TRUNCATE)\s+TABLE|DROP\s+(INDEX|TABLE)|CREATE\s+((UNIQUE|FULLTEXT|SPATIAL)\s+)?INDEX)\s"
    )

    def variables(self, words: Sequence[str]) -> Iterator[str]:
        """See Forms."""
        for place, word in enumerate(words[:-1]):
            if word == "@" and words[place + 1] != "@" and words[place - 1 : place] != ["@"]:
                yield self._variable(words, place)

    def _variable(self, words: Sequence[str], place: int) -> str:
        """Return the key of the user variable whose @ is at *place*."""
        name, place = self.fold("".join(words[place + 1 : place + 2])), place + 2
        while words[place : place + 1] == ["."] and place + 1 < len(words):
            name, place = f"{name}.{self.fold(words[place + 1])}", place + 2
        return f"@{name}"

    def literal_in(self, words: Sequence[str]) -> str | None:
        """See Forms. Where it begins is not known: each literal counts that begins with a verb."""
        if words[:2] == ["SET", "@"] and len(words) == 5 and words[4][0] == "'" and "\\" not in words[4]:  # noqa: PLR2004
            return words[4]
        texts = [word[1:-1].upper().strip("; ") for word in words if len(word) > 1 and word[0] in "'\""]
        texts = [text for text in texts if text[:3] != "DO " or not text[3:].isdigit()]  # which does nothing
        verbs = {text.split()[0] for text in texts if text.strip()}
        odd = not verbs & self._verbs or verbs & self._odd_verbs or any(map(self._odd_text_pattern.search, texts))
        return None if odd else ""

    def prepared_text(self, words: Sequence[str], syntax: Syntax, texts: Mapping[str, str]) -> list[str] | None:
        """See Forms."""
        text = words[3] if len(words) == 4 else None  # noqa: PLR2004 (and not more than one text)
        if words[3:4] == ["@"] and words[5:6] in ([], ["."]):
            text = texts.get(self._variable(words, 3))
        if text is None or (text and (text[0] not in "'\"" or "\\" in text)):
            return None
        return (spelled(text[1:-1].replace(2 * text[0], text[0]), syntax) or None) if text else []

    def nature(self, words: Sequence[str]) -> Nature:
        """See Forms. What SET STATEMENT sets is for one statement, which may not have a transaction around it then."""
        if words[:2] == ["SET", "STATEMENT"] and "FOR" in words:
            inner = self.nature(words[words.index("FOR") + 1 :] or [""])
            return inner._replace(traits=inner.traits & ~(Trait.INSIDE | _REPEATED | Trait.PLAIN))
        found = super().nature(words)
        if found is not self.worst:
            return found
        named = {*self.variables(words)}
        called = {self.called(words, 1), *self.nature(["DO", *words[1:]]).reads} if words[0] == "CALL" else set[str]()
        told = words[0] in self._blocks and self._runs.isdisjoint(words)  # all of it is in its text
        told = told and {name for name, _ in self.calls(words)} <= self.pure | self.harmless
        looks = frozenset() if told else self.seen
        reads, writes = found.reads - self.seen | looks | named | called, found.writes | named | {"sequences"}
        return Nature(Trait.MAYBE, reads, writes)  # a block without a query leaves FOUND_ROWS() as it was

    def described(self, words: Sequence[str], traits: Trait) -> Nature:
        """See Forms."""
        first = words[0]
        if first == "SET" and Trait.REPEATS in traits:
            return self._set(words[1:], traits)
        counts = {"warnings"} if Trait.PLAIN in traits else {"count", "perhaps found", "warnings"}
        if Trait.CALLS not in traits and Trait.REPEATS not in traits:
            dropped = self.dropped(words) if words[:2] == ["DROP", "TEMPORARY"] else []
            return Nature(traits, frozenset(), frozenset(counts), frozenset(f"temp {name}" for _, name in dropped))
        reads, writes, traits = self._expression(words, traits)
        if Trait.PLAIN in traits:  # PREPARE and what undoes it
            return Nature(traits, frozenset(reads), frozenset())
        if "*" in writes or first in ("LOAD", "GET"):  # it may be handed out
            writes |= {*self.variables(words)}
        into = self._into(words) if "INTO" in words else set[str]()
        if first in _QUERIES:
            if not {"INTO", ":="} & {*words} and ("lock" not in writes or "FROM" in words):
                traits = traits & ~_REPEATED | Trait.DATA  # noted: a view may call what nobody sees
            times, given = Counter(self.variables(words)), into | {key for key in writes if key[0] == "@"}
            if "*" not in writes and self._has_one_row(words):  # else what was there before may stay
                reads -= {key for key in given if times[key] == 1}
            writes |= {"found"} if first != "VALUES" else set()  # which leaves it as it was on MariaDB
            traits &= ~Trait.REPEATS
        if first == "CREATE" and "TEMPORARY" in words[1:4]:
            writes.add(f"temp {self.made(words).name}")
        if first not in ("INSERT", "REPLACE", "UPDATE", "DELETE") or {"SELECT", "TABLE", "WITH"} & {*words}:
            writes.add("perhaps found")  # as INSERT .. SELECT does
        return Nature(traits, frozenset(reads), frozenset(writes | into | {"count", "warnings"}))

    @staticmethod
    def _has_one_row(words: Sequence[str]) -> bool:
        """Tell if a query has one row, whatever is in its tables: an aggregate without groups, or no table at all."""
        if words[0] != "SELECT" or not _ROWS_OF_QUERIES.isdisjoint(words):
            return False
        place = 4 if words[1:2] == ["@"] and words[3:4] == [":="] else 1
        if words[place : place + 1] and words[place] in _AGGREGATES:
            return words[place + 1 : place + 2] == ["("]
        return {"FROM", "WHERE"}.isdisjoint(words)

    def _into(self, words: Sequence[str]) -> set[str]:
        """Return the user variables that a SELECT puts its row into."""
        found = set[str]()
        for place, word in enumerate(words):
            for part in self.assignments(words[place + 1 :]) if word == "INTO" else ():
                if part[:1] != ["@"]:
                    break
                found.add(self._variable(part, 0))
                if len(part) > 2 and part[2] != ".":  # noqa: PLR2004 (and what comes after it is no variable)
                    break
        return found

    def _expression(self, words: Sequence[str], traits: Trait) -> tuple[set[str], set[str], Trait]:
        """Return what an expression, or a statement with some, reads and writes, and what is left of its *traits*."""
        nature = super().described(words, traits | Trait.CALLS)
        reads, writes, traits = {*nature.reads, *self.variables(words)}, {*nature.writes}, nature.traits
        reads |= {"found exactly"} if "FOUND_ROWS" in words else set()
        for place, word in enumerate(words):
            after = words[place + 1] if place + 1 < len(words) else ""
            if word == ":=" and place:
                start = max((number for number in range(place) if words[number] == "@"), default=0)
                writes.add(self._variable(words, start) if words[start - 1 : start] != ["@"] else "set *")
                traits &= ~Trait.REPEATS
            elif word == after == "@":
                names = (self.fold(each) for each in words[place + 2 :] if each not in (".", "SESSION", "LOCAL"))
                name = next(names, "")
                reads |= {self._of_counts.get(name, f"set {name}"), "global"}
                traits &= ~Trait.REPEATS if name in self._of_counts or name in ("global", "timestamp") else traits
            elif word == "LAST_INSERT_ID" and after == "(":
                (reads if words[place + 2 : place + 3] == [")"] else writes).add("id")
                traits &= ~Trait.REPEATS
            elif told := self._telling.get(f"{word} VALUE" if after == "VALUE" else word):
                reads, writes, traits = reads | told[0], writes | told[1], traits & ~told[2]
        return reads, writes, traits

    def _set(self, words: Sequence[str], traits: Trait) -> Nature:
        """Return what a SET is, an assignment after the other; GLOBAL goes on to what has no word of its own."""
        reads, writes, scope = set[str](), set[str](), "SESSION"
        for part in self.assignments(words):
            place = next((place for place, word in enumerate(part) if word in (":=", "=")), len(part))
            target, value = part[:place], part[place + 1 :]
            if target[:1] == ["@"] and target[1:2] != ["@"]:
                key = self._variable(target, 0)
            else:
                marked = target[:2] == ["@", "@"]
                target = target[2:] if marked else target
                given = next((each for each in target[:1] if each in _SCOPES), "")
                scope = scope if marked or not given else given
                name = next((self.fold(each) for each in target[1 if given else 0 :] if each != "."), "*")
                name = "names" if name in ("charset", "character") and place == len(part) else name
                key = self._of_counts.get(name, f"set {name}")
                if (meant := given or ("SESSION" if marked else scope)) not in ("SESSION", "LOCAL"):
                    # A new session begins with what is set for all, and not with what waits for a restart.
                    brief = meant == "PERSIST_ONLY" or self._server_only_pattern.match(name)
                    key = "global" if brief else f"set {name}"
                    writes.add("global")
                    traits &= ~_REPEATED
                elif key in ("seed", "next"):
                    traits &= ~Trait.REPEATS
            writes.add(key)
            read, wrote, traits = self._expression(value, traits)
            if not (key.startswith("set ") and len(value) <= 1) and not self._is_constant(value):
                traits &= ~Trait.REPEATS
            reads, writes = reads | read, writes | wrote
        if Trait.SESSION not in traits and writes & {"*", "sequence"}:  # a function that nobody knows: it may write
            return Nature(_ROWS, frozenset(reads), frozenset(writes | {"count", "warnings"}))
        if Trait.SESSION not in traits or all(each[0] == "@" for each in writes - {"*", "id"}):
            traits |= Trait.INSIDE
        return Nature(traits & ~Trait.CALLS, frozenset(reads), frozenset(writes | {"warnings"}))

    @staticmethod
    def assignments(words: Sequence[str]) -> Iterator[Sequence[str]]:
        """Yield what stands between the commas that are in no brackets."""
        start, depth = 0, 0
        for place, word in enumerate(words):
            depth += (word in ("(", "CASE")) - (word in (")", "END"))
            if word == "," and not depth:
                yield words[start:place]
                start = place + 1
        yield words[start:]

    def own(self, words: Sequence[str]) -> frozenset[str]:
        """Return the keys that code has set before it reads them, whichever way it goes.

        An assignment holds to the end of its block or branch; where a handler goes on, none does. "code" is among them
        where all that it prepares and runs calls nothing.
        """
        sure, early, given = [set[str]()], set[str](), dict[str, list[Sequence[str]]]()
        for step in self._steps(words):
            if step[0] in self._branches:
                sure[-1] = set(*sure[-2:-1])
            sets = self._sets(step)
            named = Counter(self.variables(step)) - Counter(key for key, _ in sets)  # but for those that are only set
            early |= {*named, *self._run(step)} - sure[-1]
            for before, word in itertools.pairwise(["", *step]):
                if word == "END":
                    sure[1:] = sure[1:-1]
                elif before != "END" and (word in ("BEGIN", "CASE") or (not before and word in self._opens)):
                    sure.append(set(sure[-1]))
            for key, text in sets:
                sure[-1].add(key)
                given.setdefault(key, []).append(text)
        if len(sure) > 1 or not {"CONTINUE", "GOTO"}.isdisjoint(words):
            return frozenset()
        found = {key: texts for key, texts in given.items() if key not in early}
        return frozenset(found) | ({"code"} if self._is_calm(words, found) else set())

    def _steps(self, words: Sequence[str]) -> Iterator[Sequence[str]]:
        """Yield the statements of code, and what begins and ends its blocks."""
        start = 0
        for place, word in enumerate(words, 1):
            if word in self._cuts or place == len(words):
                yield words[start:place]
                start = place

    def _sets(self, step: Sequence[str]) -> list[tuple[str, Sequence[str]]]:
        """Return what one statement of code certainly sets, by keys, and to what: a PREPARE, or a SET of variables."""
        if step[-1] == ";" and step[0] == "PREPARE":
            return [(self._prepared(step, 0), step[3:-1])]
        parts = self.assignments(step[1:-1]) if step[-1] == ";" and step[0] == "SET" else ()
        return [(self._variable(each, 0), each[3:]) for each in parts if each[:1] == ["@"] and each[2:3] in _ASSIGN]

    def _prepared(self, words: Sequence[str], place: int) -> str:
        """Return the key of the statement that the word at *place* prepares or runs."""
        return f"prepared {self.fold(''.join(words[place + 1 : place + 2]))}"

    def _run(self, words: Sequence[str]) -> set[str]:
        """Return the keys of the statements that code runs."""
        return {self._prepared(words, place) for place, word in enumerate(words) if word == "EXECUTE"}

    def _is_calm(self, words: Sequence[str], given: Mapping[str, Sequence[Sequence[str]]]) -> bool:
        """Tell if all that code runs by EXECUTE begins with a form that calls nothing; *given* are texts of its own."""
        sources = [text for key, texts in given.items() if key.startswith("prepared ") for text in texts]
        undone = sum(each in (("DEALLOCATE", "PREPARE"), ("DROP", "PREPARE")) for each in itertools.pairwise(words))
        held = [self._variable(each, 0) for each in sources if each[:1] == ["@"]]
        texts = [text for key in {*held} for text in given.get(key, [[""]])]
        only = len([key for key in self.variables(words) if key in held]) == len(held) + len(texts)
        texts += [text for text in sources if text[:1] != ["@"]]
        begun = [text[2:] if text[:2] == ["CONCAT", "("] else text for text in texts]
        return (
            self._run(words) <= given.keys()
            and "IMMEDIATE" not in words
            and words.count("PREPARE") == len(sources) + undone
            and only  # nothing else writes to what they are prepared from
            and all(text and self._calm_pattern.match(text[0]) for text in begun)
        )

    def _is_constant(self, words: Sequence[str]) -> bool:
        """Tell if each word of an expression means the same whenever it runs."""
        named = ("@", ".", "COLLATE", "USING", "CHARSET")  # what comes after them is a name
        return all(
            not word[0].isalpha()
            or word in self._constant
            or "".join(words[place - 1 : place]) in named
            or words[place + 1 : place + 2] == ["("]
            for place, word in enumerate(words)
        )


class _MySQL9Forms(_MySQLForms):
    """Those of MySQL since version 8, where DDL is atomic."""

    pure = _MySQLForms.told | _MYSQL_PURE | _MYSQL9_PURE
    harmless = frozenset(f"ST_{each}" for each in _SHAPES) | _MYSQL_HARMLESS | _MYSQL9_HARMLESS
    rows: ClassVar = _MySQLForms.rows | {
        "INSERT REPLACE": _MySQLForms.rows["INSERT REPLACE"][1:],
        "CREATE": [*_MySQLForms.temporary[:2], _MySQLForms.rows["CREATE"][3], ("", _DDL)],
        "DROP": [*_MySQLForms.rows["DROP"][:2], (r"(DATABASE|INDEX|SCHEMA)\b", _DDL), ("", _PLAIN_DDL)],
        "RENAME": [("", _PLAIN_DDL)],
        "ALTER GRANT REVOKE": [("", _DDL)],
    }


# Dialects #############################################################################################################
# A URL comes in; a Database that can be asked and changed goes out. Every difference between the databases is an
# attribute or a method in this section. What a driver raises leaves here as DriverError: a message, a kind, a place.


class DriverError(Exception):  # internal: before it is known what it means to a person
    """What a database said. *offset* counts characters from 0 in the text sent, *number* its statements from 1.

    *code* is what the database calls it.
    """

    ran = False  # a person's statement has run, and what failed is what was to note it
    ours = False  # what failed is no statement of a file
    left = ""  # what a statement has left half done, and how to be rid of it, each in a line

    def __init__(
        self, message: str, kind: Kind = Kind.OTHER, code: str = "", *, offset: int | None = None, number: int = 0
    ) -> None:
        super().__init__(message)
        self.message, self.kind, self.code, self.offset, self.number = message, kind, code, offset, number


Rows = list[tuple["Any", ...]]
_Read = tuple[list[str], Nature] | None  # of a piece of code: its words, and what they are; nobody may see its text
_Fault = tuple[Statement, tuple[str, str]]  # what is wrong with it, and the way out


class Note(str):
    """A change of the history that hits exactly one row; else it fails, and all that is sent after it does not run.

    So it does where its *proof* does not hold, a condition on what is there then: a trigger may have changed the row.
    """

    __slots__ = ("_proof",)
    _proof: str | Callable[[], str]

    def __new__(cls, sql: str, proof: str | Callable[[], str] = "") -> Note:  # noqa: PYI034 (Self is of 3.11)
        self = super().__new__(cls, sql)
        self._proof = proof
        return self

    @property
    def proof(self) -> str:
        """Return the condition, which is made anew each time; "" for none."""
        return self._proof if isinstance(self._proof, str) else self._proof()


class Truth(str):
    """A condition that must hold; else it fails like a Note, with the words *otherwise*. PostgreSQL only."""

    __slots__ = ("otherwise",)
    otherwise: str

    def __new__(cls, condition: str, otherwise: str = "") -> Truth:  # noqa: PYI034 (the same)
        self = super().__new__(cls, condition)
        self.otherwise = otherwise
        return self


class Code(str):
    """SQL that stands where a value would."""

    __slots__ = ()


def _in_one_line(sql: str, syntax: Syntax) -> str:
    """Return how a statement begins, in 100 letters, without the comments above it, and without a value."""
    title = "".join(re.findall(_TITLE, sql))
    starts = (start for kind, start, _ in tokenize(sql, len(title), syntax) if kind != "comment")
    # A number may be data, a quoted text a password, and a comment may hold half a quote: nothing of it is shown.
    text = re.sub(_HIDDEN, "...", " ".join(sql[next(starts, len(sql)) :].split())) or "..."
    return f"{title}{text}" if len(text) <= 100 else f"{title}{text[:97]}..."  # noqa: PLR2004


class _Refusal(NamedTuple):
    """A statement that must not run in a file: a pattern on its bare text, the reason, the way out."""

    pattern: str
    what: str
    fix: str


_ALONE: Final = "move it into a file with  -- migrate: no-transaction  on its first line"  # allowed there
_CONTROL: Final = _Refusal(  # in a file whose first line does not say so
    r"BEGIN(?!\s+NOT\b|.*;)|START\s+TRANSACTION|COMMIT|END|ABORT|ROLLBACK(?!(\s+(WORK|TRANSACTION))?\s+TO\b)"
    r"|PREPARE\s+TRANSACTION",
    "this would end, or divide, the transaction that this tool runs the file in",
    "write the file without transaction control (BEGIN and COMMIT in pairs are understood); to commit in between,"
    " split the file, or put  -- migrate: no-transaction  on its first line",
)
_READ_ONLY: Final = "the history could not be written any more", "write READ WRITE there, or take it out"
# The file's own BEGIN and COMMIT, on bare text in upper case.
_OPENS: Final = r"(BEGIN(\s+(WORK|TRANSACTION))?|START\s+TRANSACTION)"
_CLOSES: Final = r"(COMMIT|END)(\s+(WORK|TRANSACTION))?(\s+AND\s+NO\s+CHAIN)?(\s+NO\s+RELEASE)?"
_LEVELS: Final = r"SERIALIZABLE|REPEATABLE\s+READ|READ\s+(?:UN)?COMMITTED"
_NEVER_PATTERN: Final = regex(r"(?!)")
_PATIENT: Final = 0.2  # seconds that SQLite waits for a lock by itself, in which no signal is seen
MARKS_PATTERN: Final = regex(r"""\?|%|"[^"]*"|`[^`]*`|'[^']*'""")  # in SQL of ours: a name may hold any of these
FIXES: Final = {  # where it is not the file that has to be mended
    Kind.READ_ONLY: "name the primary server in the URL: this one is a replica, or set to read-only",
    Kind.FULL: "make room on the disk of the database, and run the same command again",
}
_RETRIED: Final = frozenset({Kind.LOCK_TIMEOUT, Kind.DEADLOCK})  # gone, perhaps, when it is tried again
_OUTRUN: Final = "this run's row is gone from the history, or cannot be changed"
_TITLE: Final = r"\A/\* migrate \w+ \d+ \*/ "  # that a statement of ours has
_HIDDEN: Final = r"""(?:['"$\\#]|--|/\*).*|(?<!\w)\d[\w.]*"""
_NOT_YET: Final = "; where it is only not known yet:  migrate wait --for database"
_CONNECT_FIXES: Final = {  # by what the message holds
    "not a database|no regular file": "correct the path: this file holds something else",
    "no folder": "create the folder, or correct the path",
    "is a folder": "name a file in it, which need not be there yet:  {}/app.db",
    "permission denied for database|not permitted to log in": "have an administrator type  {right}",
    "to database": "create the database:  {create}\n     or have an administrator type  {right}",
    "pg_hba.conf": "let pg_hba.conf on the server admit this user from here; where it asks for TLS, ?sslmode=require"
    " in the URL",
    "(Peer|Ident) authentication": "name a host in the URL, such as 127.0.0.1: a socket compares {user}"
    " with the name of the system's user",
    "ccount is locked": "have an administrator type  ALTER USER {account} ACCOUNT UNLOCK;",
    "word has expired|must SET PASSWORD": "give it another password:  ALTER USER {account} IDENTIFIED BY '...';",
    "no password|password: NO": "write the password of {user} in the URL, behind the name: {user}:PASSWORD@",
    "denied|authentication failed|role .* does not exist": "correct the user {user} or the password in the URL, where"
    " @ is %40, / is %2F and % is %25",
    "database .* does not exist|Unknown database": "create the database:  {create}\n"
    "     or correct its name in the URL",
    "resol|not known|No address": f"correct the host name{_NOT_YET}",
    "received |during query": "see if another kind of database is at that port: 3306 is MySQL, 5432 PostgreSQL",
    "startup parameter": "set MIGRATE_DATABASE_URL to the URL of the server itself: this is a pooler",
    "insecure transport": "add ?ssl_mode=REQUIRED to the URL",
    "": "check that the server runs, and host, port and options in the URL",
}


# What a right to one of a kind is, of PostgreSQL; to a whole database there are several.
_RIGHTS: Final = {
    "database": "",
    "schema": "USAGE, CREATE",
    "sequence": "ALL",
    "tablespace": "CREATE",
    **dict.fromkeys(("type", "domain", "language"), "USAGE"),
    **dict.fromkeys(("function", "procedure", "routine"), "EXECUTE"),
}


def _sentences(message: str) -> str:
    """Return the lines of a driver's message as sentences."""
    lines = [" ".join(line.split()).removeprefix("- ") for line in message.splitlines()]
    text, *more = [*filter(None, lines)] or [""]
    for line in more:
        between = "" if text[-1] in ".:;,!?" else "." if line[0].isupper() else ";"
        text += f"{between} {line}"
    return text


@lru_cache
def whoami() -> str:
    """Return user@host. In a container the user may have a number only."""
    import getpass

    try:
        user = getpass.getuser()
    except (OSError, KeyError):
        user = str(os.getuid())
    return f"{user}@{os.uname().nodename}".encode(errors="replace").decode()[:255]  # a database takes it so


def _kinds(table: str) -> dict[str, Kind]:
    """Read a table: of each Kind, which codes of a database, or words in its messages, it is."""
    return {code: Kind[name] for code, name in firsts_in(table).items()}


def _words_of_options(table: str) -> dict[str, list[str]]:
    """Read a table: of each option of a URL, which words it takes."""
    rows = (row.split(":") for row in table.strip().splitlines())
    return {name: words.split() for names, words in rows for name in names.split()}


# What would take the history away, on the words of a statement in upper case: "own" is its table, or log, or schema.
_TAKES: Final = (
    r"(DROP (TABLES?|SCHEMA|DATABASE)|TRUNCATE|RENAME TABLES?)\b.* own\b"
    r"|ALTER ((ONLINE|IGNORE) )*TABLE ((IF EXISTS|ONLY|\() )*own\b"
)
_HIDES: Final = r"|CREATE (OR REPLACE )?TEMP(ORARY)? (TABLE|VIEW) (IF NOT EXISTS )?own\b"
# What such a statement may begin with.
_TAKING: Final = names_in("ALTER BEGIN CASE CREATE DROP FOR IF LOOP RENAME REPEAT SET TRUNCATE WHILE")
_OTHER: Final = (
    "keep the history elsewhere:  migrate --table {0} up\n"
    "     and where some of it is applied already, first mark that there:  migrate --table {0} baseline VERSION"
)


def _other_name(table: str) -> str:
    """Return a name for a history beside *table*, which may have a schema; of 59 letters at most."""
    schema, dot, name = table.rpartition(".")
    return f"{schema}{dot}{name[:52]}_imagor"


_MAKING: Final = frozenset({"CREATE", "ALTER", "DROP", "DO", "SELECT"})  # what makes, or drops, something begins with
_BEFORE_STATEMENT: Final = frozenset({"BEGIN", "THEN", "ELSE", "LOOP", ";"})  # in a block of code
_DOTTED: Final = r"\S+(?: \. \S+)*"  # where there is a blank between any two words, and a name in quotes is one
_ON_PATTERN: Final = regex(rf"(?: AS ON \w+)?.*? (?:ON|TO) (?P<name>{_DOTTED})")
_RENAME_PATTERN: Final = regex(r" RENAME TO (?P<name>\S+)")


def _makes(between: str, *kinds: str) -> re.Pattern[str]:
    """Return a pattern for the start of what makes, drops or renames one of *kinds*, up to the end of its name."""
    return regex(
        rf"(?P<verb>CREATE|DROP|ALTER) (?P<may>OR REPLACE )?{between}(?P<kind>{'|'.join(kinds)}) "
        r"(?P<there>IF (?:NOT )?EXISTS )?(?:AUTHORIZATION (?!CURRENT_|SESSION_))?(?!AUTHORIZATION )"
        rf"(?P<name>FOR .*? (?:LANGUAGE|SERVER) {_DOTTED}|\( .*? \)|{_DOTTED}(?: , {_DOTTED})*)"
    )


def _spaced(words: Sequence[str]) -> str:
    """Return a name as it is usually written."""
    pairs = zip(["(", *words], words, strict=False)
    return "".join(each if before in (".", "(") or each in (".", ")", ",") else f" {each}" for before, each in pairs)


# The word that a message quotes, where no place comes with it.
_QUOTED_PATTERN: Final = regex(
    r"""(?s)(?:near|no such \w+:|Unknown \w+) ['"]?(.+?)['"]?(?: at line \d+| in '.*|: .*)?\Z"""
)


class Made(NamedTuple):
    """What a statement makes by name: its kind, in upper case; for a trigger with the table's name before its own."""

    kind: str
    name: tuple[str, ...]
    text: str  # the name as the file has it
    optional: bool  # it may be there already
    title: str = ""  # of the migration
    why: str = ""  # it is not to be dropped

    def __str__(self) -> str:
        return f"{self.kind.lower()} {self.text}"


class Doom:
    """What ``reset`` takes: what lies in *schemas*, of which a person has named *more*, and the *roots* beside them."""

    def __init__(self, schemas: list[str], more: Sequence[str]) -> None:
        self.schemas, self.more = schemas, more
        self.roots: list[Made] = []
        self.again: dict[object, Made] = {}  # what the files make in the schemas, by kind and name
        self.notes: list[str] = []  # what of the roots was dropped, and what stays
        self.bars: list[tuple[str, str]] = []  # why it cannot be, and what a person can do about it
        self.near: list[str] = []  # the schemas that this is about
        self.dropped = 0

    @property
    def named(self) -> list[str]:
        """Return what goes beside the schema of the history."""
        roots = [f"{each}{', and all in it' * (each.kind == 'SCHEMA')}" for each in self.roots if not each.why]
        return [*(f"all in the schema {each}" for each in self.more), *roots]

    def stay(self, what: str, why: str, made: Made | None, fix: str) -> None:
        """Note that something stays: a bar, where the file that *made* it would fail when it makes it again."""
        if made is None or made.optional:
            self.notes.append(f"{what} stays: {why}")
        else:
            self.bars.append((f"{what} stays, and {made.title} makes it again: {why}", fix))


_REQUIRED: Any = property(abstractmethod(lambda _self: None))  # by each class: one without it cannot be made


_BLINK: Final = 0.3  # seconds: who waits no longer does not notice
_LET_GO: Final = 5.0  # seconds: the lock of a session that this run has closed itself is free by then
# So many bytes go together: of changes of rows, of these in one packet, of a file that is sent as it is.
_PIECE, _PACKET, _MESSAGE = 2**18, 2**20, 2**22
_SHORT: Final = 256  # letters: a text that long is worth no room
_MANY, _VALUES = 16, b"0123456789-,' \1\2NUL"  # of fewer it takes longer to read the rows of literals


@lru_cache(maxsize=256)
def _quoted(mark: str, names: tuple[str, ...]) -> str:
    return ".".join(mark + name.replace(mark, 2 * mark) + mark for name in names if name)


@lru_cache(maxsize=16)
def _listed_names(mark: str, names: tuple[str, ...]) -> str:
    return ", ".join([_quoted(mark, (name,)) for name in names])


@lru_cache(maxsize=64)
def _text_literal(value: str, unsafe: re.Pattern[str], way: str) -> str:
    """Return a text as SQL: in quotes, or the *way* it is written where it has something *unsafe* in it."""
    return way.format(value.encode().hex()) if unsafe.search(value) else "'" + value.replace("'", "''") + "'"


class _Translation(NamedTuple):
    """See Database.translated(). Entered for each statement, where a generator takes ten times as long."""

    database: Database

    def __enter__(self) -> None:
        """Let the body run."""

    def __exit__(self, _kind: object, error: BaseException | None, _trace: object) -> None:
        if isinstance(error, self.database.driver_errors):
            raise self.database._explain(error) from None  # noqa: SLF001 (it is a part of that)
        if isinstance(error, UnicodeError):
            raise DriverError(f"a text that cannot be read or sent in the encoding of the session: {error}") from None


class Database(ABC):
    """One database, and the connection to it, which ``open`` makes and may make again.

    First what a database must give; then, attributes and methods, what it may: each as it is for a database that has
    nothing of the kind. A class that names its *schemes* is known everywhere: in URLs, folders, ``only`` and ``check``.
    """

    schemes: ClassVar[str] = _REQUIRED  # of its URLs; the first is its *dialect*, the name of its folders, too
    label: ClassVar[str] = _REQUIRED  # what people call it
    url_form: ClassVar[str] = _REQUIRED  # an example
    driver: ClassVar[str] = _REQUIRED  # what pip installs for it; empty for what comes with Python
    syntax: Syntax = _REQUIRED  # the lexical rules of its SQL
    kinds: ClassVar[Mapping[str, Kind]] = _REQUIRED  # what its errors mean, as _explain() looks them up
    objects_sql: ClassVar[str] = _REQUIRED  # kind and quoted name of what ``reset`` drops (in the schemas ?), in order

    @abstractmethod
    def _connect(self, *, write: bool) -> None:
        """Set ``connection``, in autocommit mode, and ``driver_errors``; without *write* nothing may come to be."""

    @abstractmethod
    def _explain(self, error: Any) -> DriverError:
        """Return what one of ``driver_errors`` means."""

    @property
    @abstractmethod
    def in_transaction(self) -> bool:
        """Whether a transaction is open and usable. Also asked where no connection is."""

    @abstractmethod
    def run(self, sql: str) -> None:
        """Run text of a person's file and drop its rows; not by query(), whose errors are ours. Raises DriverError."""

    @abstractmethod
    def cancel(self) -> bool:
        """End the statement that runs, from another thread or after a signal; tell if that was taken. Never raises."""

    # What it may give.
    dialect = ""
    is_file, url_options = False, ""  # of this machine, and no server; what may come after the "?"
    url_words: ClassVar[Mapping[str, Sequence[str]]] = {}  # of an option that takes one of a few words: which
    lexer = "sql"  # what Pygments calls it
    placeholder, quote_mark, begin_sql, commit_sql = "%s", '"', "BEGIN", "COMMIT"
    # What client or server may read as something else in quotes, and how such a text is written: all else is the same
    # in every encoding, and with any kind of strings.
    unsafe = _NEVER_PATTERN, ""
    encoding = ""  # that texts have to fit, where it may not have every letter
    speaks_pattern = _NEVER_PATTERN  # in a file: from here on it says itself how its text is read
    transactional = True  # a failing file leaves nothing behind
    shares_transaction = False  # the files of a run go into one transaction, a savepoint each
    whole_files = False  # the server splits a file itself,
    split_pattern = _NEVER_PATTERN  # but for one with this, which it would read by the rules of its start
    skipped_pattern = _NEVER_PATTERN  # between two statements, this is nothing to the client, and unknown to the server
    text_type, time_type, table_suffix, id_type = "TEXT", "TEXT", "", "INTEGER"
    before_tables_sql = ""  # makes what the columns of the history need
    transaction_id_sql = ""  # what differs between two transactions, where the database has such a thing
    reset_sql: tuple[str, ...] = ()  # takes back what a file has set in the session, as part of its transaction
    last_sql: tuple[str, ...] = ()  # and what the notes of this tool do, after them
    schema_sql = "SELECT ''"  # the schema of the table ?, or the one to create it in; empty where there are no schemas
    elsewhere_sql = ""  # the schemas with a table ? that has the columns ?, where nobody has chosen the search path
    hides_sql = ""  # tells if policies hide rows of the table ? from this user
    absent_sql = ""  # tells that there is no table ?, where a SELECT from it ends the transaction, or fills the log
    beside_sql: tuple[str, ...] = ()  # kind and name, and host, of what the server has beside what is in its databases
    schemas_sql = ""  # all there are, but those of the server
    create_database_sql = "CREATE DATABASE {};"
    quiet_pattern = _NEVER_PATTERN  # what the server may answer as done when it has failed
    # The code, if there is one, and the message, of what says that rows do not fit.
    row_errors = r".* constraint failed\b"
    rights: tuple[tuple[str, str], ...] = ()  # what says that one is missing; what gives it, see right_sql()
    lock_sql = transaction_lock_sql = ""  # tell whether the lock ? could be taken; "" where there is none
    unlock_sql = "SELECT 1"  # lets go of it however often it was taken: a note takes it again
    refusals: ClassVar[Mapping[str, _Refusal]] = {}  # by first word, besides transaction control
    taking_pattern = regex(_TAKES)  # on words as find_taking() makes them
    ways_out: ClassVar[dict[str, str]] = {"": f"take it out, or {_OTHER}"}  # of what takes it, by its second word
    unnamed_pattern = _NEVER_PATTERN  # is in what makes something by a number, however it begins
    making_pattern = _NEVER_PATTERN  # the name of what lies, or may lie, beside what ``reset`` drops,
    of_tables: tuple[str, ...] = ()  # the kinds that are a part of the table that they name there,
    of_schemas: tuple[str, ...] = ()  # of a schema,
    of_server: tuple[str, ...] = ("DATABASE", "TABLESPACE", "ROLE", "USER", "GROUP")  # and of the whole server
    forms_type: type[Forms] = Forms  # what its statements are
    takes_back: frozenset[str] = frozenset()  # kinds of keys of the session that reset_sql takes back,
    rolled_back = frozenset({"temp", "trigger"})  # and ROLLBACK
    lasting_pattern = _NEVER_PATTERN  # the names of settings that nothing takes back
    begins_twice = True  # a BEGIN in a transaction is no error, nor is a COMMIT outside of one
    control_words = frozenset({"BEGIN", "START", "COMMIT", "END", "ABORT", "ROLLBACK", "PREPARE"})
    opens_pattern, closes_pattern = regex(rf"{_OPENS}\Z"), regex(rf"{_CLOSES}\Z")  # a transaction of the file's own,
    apart_pattern = _NEVER_PATTERN  # and what means more than that; on bare text
    brief_pattern = _NEVER_PATTERN  # what lasts until the COMMIT of a file's own transaction; on bare text
    level = "READ COMMITTED"  # of isolation, where nobody asks for one
    commits = True  # each statement that stands in no transaction, by itself
    waits_sql: tuple[str, ...] = ()  # a transaction of ours may wait for us,
    own_sql: tuple[str, ...] = ()  # and in the transaction of a note, what a file has set is not so
    id_name = ""  # shows the id of the last row
    fixes: Mapping[Kind, str] = FIXES
    digest_sql = ""  # one text for all rows of the history {}, where the database makes it faster than we read them
    holder_sql = blockers_sql = ""  # rows for _session(): who has the lock ?, who is in the way of the session ?
    end_sql = ""  # ends the session {}
    progress_sql = ""  # how far the session ? is
    local_locks = False  # another node of a cluster does not see them
    pooled = False  # every transaction goes to another session
    verifies = False  # a rival can come between two files of a run, so that each looks at the history again
    server_times = False  # the server ends a statement at its timeout by itself
    notes_travel = False  # the notes of a journaled file travel with its statements, the finish with the last one
    name_marks, folds = '"', (True, False)  # quote names; read in small letters is a name without them, or with them
    lone_schema = ""  # where there is but one
    schema_words: tuple[str, ...] = ("SCHEMA",)  # what comes after them is one
    packet_limit: float = math.inf  # bytes
    packet_size: float = 0  # of changes of rows, so many bytes go together in a journaled file
    rival = "another runner is at work"
    driver_errors: tuple[type[Exception], ...] = ()

    # What is known of the connection, in every database.
    connection: Any = None  # the drivers have no type in common
    columns: tuple[str, ...] = ()  # of the last query,
    changed = 0  # and the number of rows that it has changed
    exists = writable = True
    tell: Callable[[str], object] = staticmethod(bool)  # is called with what is waited for,
    hear: Callable[[str, str], object] = staticmethod(lambda *_: None)  # and with level and text of what it says
    looks = False  # for a command that only shows: it has nothing to wait for that a run of ours keeps to itself
    cut_off = False  # the server has done what it has answered, and nothing after it
    kept_table, kept = "", {"": set[tuple[str, ...]]()}  # the history's; names of it, by the word before
    _kept_words = frozenset[str]()  # one of these is in each statement that names it
    relation = ""  # that table, as SQL names it: the lock of a run is on it,
    _key = ""  # by this name on the server,
    _locked = False  # and this connection has it

    def __init_subclass__(cls) -> None:
        """Make a database known, by the schemes of its URLs."""
        if "schemes" in vars(cls):
            cls.dialect = cls.schemes.split()[0]
            DATABASES[cls.dialect] = cls
            DIALECT_BY_SCHEME.update(dict.fromkeys(cls.schemes.split(), cls.dialect))

    def __init__(
        self, url: DatabaseURL, lock_wait: float | None = 0, statement_wait: float | None = 0, lock_timeout: float = 0
    ) -> None:
        self.url, self.lock_timeout = url, lock_timeout  # seconds to wait for another runner; 0 does not wait
        self.waits, self.longer = lock_timeout > 0, max(300.0, 5 * lock_timeout)  # as a person is told
        # Seconds that a statement may wait for a lock, and run; 0 is no limit. What a person has said wins over what
        # the database says, and that over ours; what the file sets comes later, and stays.
        self.lock_said, self.statement_said = lock_wait is not None, statement_wait is not None
        self.lock_wait = _NUMBERS["ddl_lock_timeout"] if lock_wait is None else lock_wait
        self.lock_limit = self.lock_wait  # as it is in the session when a file begins
        self.own: dict[str, int] = {}  # the limits that this tool sets on PostgreSQL, in milliseconds
        self.statement_wait = _NUMBERS["statement_timeout"] if statement_wait is None else statement_wait
        self.title = "migrate"  # what the session is called in the process list
        self.session_id, self.user = 0, url.user  # where that names none, the one that the driver takes
        self.forms = self.forms_type()
        self.blockers: list[str] = []  # as last observed
        self.observer: Database | None = None
        self.pause: Callable[[float], None] = time.sleep
        self.letters: dict[str, bool] = {}  # that were asked for, and if the encoding lacks them

    @classmethod
    def read_url(cls, rest: str) -> DatabaseURL:
        """Read what follows the scheme. Raises UnicodeError and ValueError (what, fix), which repeat no password."""
        return (_read_path if cls.is_file else _read_server)(cls.dialect, rest)

    # The connection.

    def open(self, *, write: bool = False) -> None:
        """Connect; without *write* nothing can be changed or created. Closed after a MigrateError."""
        if self.connection is not None and (self.writable or not write):
            return
        self.close()
        try:
            with self.translated():
                self._connect(write=write)
        except ImportError as error:
            lacks = f"the driver {error.name} is not installed"
            lacks = lacks if isinstance(error, ModuleNotFoundError) else f"the driver cannot be loaded: {error.msg}"
            raise SettingsError(lacks.partition("\n")[0], fix=_to_install(self.driver)) from None
        except DriverError as failed:
            self.close()
            if failed.kind is Kind.BUSY:
                raise self.locked_error([]) from None
            message = _sentences(failed.message)  # of what a driver is given, it repeats no password
            fix = next(fix for part, fix in _CONNECT_FIXES.items() if re.search(part, message))
            known = {"right": self.right_sql(message, to_database="CONNECT"), "account": self._account(message)}
            known["user"] = self.user or next(iter(re.findall(r"""(?:user|role) ["'](.+?)["']""", message)), "USER")
            known["create"] = self.create_database_sql.format(self.quoted(self.url.database))
            fix = self.fixes.get(failed.kind, fix.format(str(self.url).rstrip("/"), **known))
            raise ConnectError(message, where=str(self.url), fix=fix) from None

    def renew(self, lock_timeout: float | None = None, *, patience: float = 0) -> None:
        """Open a new connection, locks included, so that nothing a file has set reaches the next one.

        A server that has just gone gets *patience* seconds to come back. Raises LockedError and ConnectError.
        """
        if self._locked and not self.cut_off and self._can_wait() and self._hand_over():
            return
        self.close()
        self.cut_off = False
        end = time.monotonic() + patience
        while self.connection is None:
            try:
                self.open(write=True)
            except ConnectError:  # noqa: PERF203 (it is tried again)
                if time.monotonic() >= end:
                    raise
                time.sleep(0.5)
        if self._locked:  # a server lets go of a session that has closed in its own time, whatever the lock timeout is
            least = max(self.lock_timeout, _LET_GO) if lock_timeout is None else lock_timeout
            self._poll(partial(self._take, self.lock_sql), least, told=True)

    def right_sql(self, message: str, text: str = "", to_database: str = "CREATE") -> str:
        """Return what gives this user the right that a *message* misses; empty where it is not about one.

        It is written with {0} what the right is to, {1} the database, {2} the right, {3} the kind, {4} the user.

        The schema of a name stands in the *text* of the statement at best; *to_database* is a right that is not told.
        """
        found = ((re.search(pattern, message), sql) for pattern, sql in self.rights)
        match, sql = next(((match, sql) for match, sql in found if match), (None, ""))
        said = {"name": "", "kind": "", "right": "", "database": ""} | (match.groupdict("") if match else {})
        schema = re.search(rf"""(\w+|"[^"]+")\."?{re.escape(said["name"])}\b""", text)
        name = f"{schema[1]}.{self.quoted(said['name'])}" if schema else self.quoted(said["name"])
        named = name, self.quoted(said["database"] or self.url.database)
        given = _RIGHTS.get(said["kind"], "SELECT, INSERT, UPDATE, DELETE") or to_database
        given = said["right"].upper().replace("GRANT", "GRANT OPTION") or given
        return sql.format(*named, given, said["kind"].upper(), self._account(message))

    def blames_rows(self, failed: DriverError, text: str) -> bool:
        """Tell if rows are what is wrong, and no text of a file: the rows of an INSERT may stand in itself."""
        brings = first_word(text, self.syntax) in {"INSERT", "REPLACE"} and not re.search(r"(?i)\bSELECT\b", text)
        return not brings and re.match(self.row_errors, f"{failed.code} {failed.message}") is not None

    def owner_of(self, _message: str, _text: str = "") -> str | None:
        """Return who owns what only its owner may change, by a *message*; empty for one that cannot be seen.

        None where the message is about something else. The schema of a name stands in the *text* of the statement.
        """
        return None

    def _account(self, _message: str) -> str:
        """Return the user as SQL names it."""
        return self.quoted(self.user or "USER")

    def _can_wait(self) -> bool:
        """Tell if another connection can wait in line for the lock that this one has."""
        return False

    def _hand_over(self) -> bool:
        """Open a new connection that waits for the lock while this one lets it go; tell if it has it then."""
        before, number, self.connection, taken = self.connection, self.session_id, None, False
        with contextlib.suppress(DriverError, MigrateError):
            self.open(write=True)
            with self.translated():
                taken = self._take_from(before)
        with contextlib.suppress(Exception):
            before.close()
        self.session_id = self.session_id if taken else number
        return taken

    def _take_from(self, before: Any) -> bool:
        """Ask for the lock, close the connection *before*, which has it, and tell if it is ours then."""
        raise NotImplementedError

    def another(self) -> Database:
        """Return a second connection to the same place. Raises ConnectError."""
        other = type(self)(self.url, 1)
        other.open(write=True)
        return other

    def observe(self) -> str:
        """Ask over a second connection what the statement that runs waits for, or how far it is. Never raises."""
        if not self.blockers_sql:
            return ""
        with contextlib.suppress(DriverError, MigrateError):
            self.observer = observer = self.observer or self.another()
            self.blockers = [self._session(row) for row in observer.query(self.blockers_sql, self.session_id)]
            if self.blockers:
                return f"waiting for {self.blockers[0]}"
            return ", ".join(row[0] for row in observer.query(self.progress_sql, self.session_id))
        return ""

    def is_idle(self) -> bool:
        """Tell, from another thread, if the server waits for this session, and not the other way round."""
        return False

    def hang_up(self, *, idle: bool = False) -> None:
        """Cut the line, from another thread: who waits for an answer gets LOST. Says if the server is *idle*."""
        import socket

        self.cut_off = idle
        with contextlib.suppress(Exception), socket.socket(fileno=os.dup(self._line())) as line:
            line.shutdown(socket.SHUT_RDWR)

    def _line(self) -> int:
        """Return the descriptor of the connection's socket."""
        raise NotImplementedError

    def close(self) -> None:
        """Close the connection, which rolls back what is open. Does nothing where none is open; never raises."""
        with contextlib.suppress(Exception):
            self.connection.close()
        self.connection = None
        if self.observer:
            self.observer.close()
            self.observer = None

    def translated(self) -> _Translation:
        """Turn what the driver raises in the body into DriverError."""
        return _Translation(self)

    # Statements of ours.

    def query(self, sql: str, *args: object) -> Rows:
        """Run one statement of ours; return its rows. The last of *args* may lack their ``?``. Raises DriverError."""
        if self.connection is None:
            raise DriverError("the connection is closed", Kind.LOST)
        args = args[: MARKS_PATTERN.findall(sql).count("?")] if args else args
        try:
            with self.translated(), self._cursor() as cursor:
                # Without arguments a percent sign is an ordinary character.
                cursor.execute(*((MARKS_PATTERN.sub(self._mark, sql), args) if args else (sql,)))
                self.columns, self.changed = tuple(column[0] for column in cursor.description or ()), cursor.rowcount
                return cursor.fetchall() if self.columns else []
        except DriverError as failed:
            failed.ours = True
            raise

    def _cursor(self) -> Any:
        """Return what gives a cursor in the transaction of the connection, and closes it."""
        return contextlib.closing(self.connection.cursor())

    def _mark(self, found: re.Match[str]) -> str:
        return self.placeholder if found[0] == "?" else found[0].replace("%", "%" * len(self.placeholder))

    def send(self, *parts: str | Statement) -> list[Rows]:
        """Send statements of ours, in one message where the database takes that; return the rows of each.

        One runs only where those before it have succeeded; a person's own Statement may be among them on MySQL.
        Raises DriverError with the *number* of the part: OUTRUN for a Note that hits not one row, or fails its proof.
        """
        found = list[Rows]()
        for number, part in enumerate(parts, 1):
            before = self.all_changes()
            try:
                found.append(self.query(str(part)))
            except DriverError as failed:
                raise self._of_part(failed, part) from None
            if isinstance(part, Note):
                alone = self.all_changes() == before + 1  # so no trigger has changed anything
                proof = "" if alone else part.proof
                if self.changed != 1 or (proof and not self.query(f"SELECT {proof}")[0][0]):
                    raise DriverError(_OUTRUN, Kind.OUTRUN, number=number)
        return found

    def all_changes(self) -> int:
        """Return how many rows this connection has changed, triggers too; 0 where nobody knows."""
        return 0

    def _of_part(self, failed: DriverError, part: str | Statement) -> DriverError:
        """Return what it means that *part* of a message has failed: whatever keeps a note out, the row is not ours."""
        failed.ours = isinstance(part, str)
        if isinstance(part, Note) and failed.kind in {Kind.ABSENT, Kind.FORBIDDEN, Kind.PRESENT, Kind.OTHER}:
            failed.kind = Kind.OUTRUN
        return failed

    def placed(self, text: str, message: str) -> tuple[int, bool, str]:
        """Return where in a statement an error is, if that is exact, and the message without the place.

        What a message quotes tells that, where it stands in the statement exactly once.
        """
        found = _QUOTED_PATTERN.search(message)
        word = found[1] if found else ""
        word = word if word in text else word.rpartition(".")[2]
        edge = r"\b" if word.isidentifier() else ""
        places = [match.start() for match in re.finditer(edge + re.escape(word) + edge, text)] if word else []
        return (*((places[0], True) if len(places) == 1 else (0, False)), message)

    def run_all(self, texts: Sequence[str], *, listens: bool = False) -> None:
        """Run a person's statements, one by one. Raises DriverError with the *number* of the one that has failed.

        Where it *listens*, listen() has the words of each, and not of the last one alone.
        """
        number = 0
        try:
            for number, text in enumerate(texts, 1):  # noqa: B007 (it is read when one fails)
                self.run(text)
        except DriverError as failed:
            failed.number = number
            raise

    def listen(self, limit: int = 20, *, seen: bool = False) -> Mapping[int, int]:
        """Hand on what the server has to say of what was run last; where that is *seen* by the next, it still is.

        After *limit* of these, and of what was not listened to, return how many there are, by the statement, from 1 on.
        """
        return {}  # most speak of their own accord

    def session_sql(self, *, local: bool) -> list[str]:
        """Return SQL that names the session, and sets its limits, *local* to the transaction or not."""
        return []

    def opening(self, level: str | None = None) -> list[str]:
        """Return SQL that opens a transaction: one of ours, or with the *level* of isolation that a file asks for."""
        return [self.begin_sql]

    def begin(self, *more: str, level: str | None = None) -> list[Rows]:
        """Open a transaction that no other runner has open for this history; send *more*, which runs only then.

        Return the rows of *more*. All is one message where this run has the lock of the session, or there is no other.
        Of a file it has the *level* of isolation that this asks for. Raises LockedError and DriverError.
        """
        found, (first, opening) = list[Rows](), self._opening(level)
        together = self._locked or not self.transaction_lock_sql

        def attempt() -> bool:
            try:
                rows = self.send(*opening, *(more if together else ()))
            except DriverError as failed:
                if failed.kind is not Kind.LOCK_TIMEOUT or failed.number > first:
                    raise
                self.rollback()
                return False
            if self.transaction_lock_sql and rows[len(opening) - 1][0][0] not in {1, "t"}:
                self.rollback()
                return False
            found.extend(rows[len(opening) :])
            return True

        self._poll(attempt)
        return found if together else [*found, *(self.send(*more) if more else ())]

    def _opening(self, level: str | None) -> tuple[int, list[str]]:
        """Return all that begin() sends first; the number of its parts up to opening(). The last one takes the lock."""
        first = self.opening(level)
        return len(first), [*first, *self.session_sql(local=True), *self._transaction_lock()]

    def begin_after(self, ending: Sequence[str], *more: str, level: str) -> list[Rows] | DriverError:
        """Send the *ending* of one transaction, and with it what begin() sends for the next; return what came of that.

        The *ending* takes the lock of the session, if that is not held: nobody is to be waited for. What is open then
        may wait for us. Raises DriverError for the *ending* alone: nothing has begun then.
        """
        opening = [*ending, *self._opening(level)[1], *self.waits_sql]
        try:
            return self.send(*opening, *more)[len(opening) :]
        except DriverError as failed:
            if failed.number <= len(ending):  # 0, where the connection was lost
                raise
            failed.number -= len(ending)
            return failed

    @contextlib.contextmanager
    def transaction(self) -> Iterator[None]:
        """Run the body in a transaction as begin() opens one, or in the open one. Raises LockedError."""
        if not self.in_transaction:
            self.begin()
        try:
            yield
            self.commit()
        except BaseException:
            self.rollback()
            raise

    def commit(self) -> None:
        """Commit; a reader may keep it out for a while on SQLite. Raises DriverError: nothing is in, unless *lost*."""
        self._poll(partial(self.send, self.commit_sql))

    def rollback(self) -> bool:
        """Undo the open transaction, if any; tell if all of it is undone. Never raises: what led here matters more."""
        with contextlib.suppress(DriverError):
            self.query("ROLLBACK")
        return True

    def stayed(self, statements: Sequence[Statement], failed: Statement | None) -> tuple[int, bool]:
        """Return how many of *statements*, before the *failed* one, a rollback() that undid not all has left in.

        And if it is certain that it is these, and nothing else.
        """
        return 0, True

    # The lock of a run.

    @contextlib.contextmanager
    def lock(self, *, journaled: bool) -> Iterator[None]:
        """Keep other runners out while the body runs, where a transaction does not. Raises LockedError."""
        if self.pooled:
            if journaled:
                raise self.pooled_error()
            yield
            return
        self._poll(partial(self._take, self.lock_sql))
        self._locked = True
        try:
            yield
        finally:
            # What a file has set may be in the way: then it is let go of with the connection.
            with contextlib.suppress(DriverError, LookupError, ValueError):
                self.query(self.unlock_sql)
            self._locked = False

    def lock_key(self, relation: str) -> str:
        """Return what the server knows the lock of a history as."""
        return hashlib.sha256(relation.encode()).hexdigest()[:40]

    def _transaction_lock(self) -> list[str]:
        sql = self.transaction_lock_sql
        return [sql.replace("?", self.literal(self._key))] if sql else []

    def _take(self, sql: str) -> bool:
        return not sql or bool(self.query(sql, self._key)[0][0])

    def holding(self) -> list[str]:
        """Return SQL that takes the lock of the session again, which a file may have let go; or fails."""
        return []

    def same_transaction(self, number: str) -> list[str]:
        """Return SQL that fails where the transaction is not *number* any more."""
        return []

    def _poll(self, attempt: Callable[[], Any], lock_timeout: float | None = None, *, told: bool = False) -> Any:
        """Return what *attempt* does, once that is not False, BUSY or a BlockingIOError; tell who is waited for, once.

        Raises LockedError at the lock timeout.
        """
        began = time.monotonic()
        deadline = began + (self.lock_timeout if lock_timeout is None else lock_timeout)
        while True:
            try:
                if (answer := attempt()) is not False:
                    return answer
            except (DriverError, BlockingIOError) as error:
                if isinstance(error, DriverError) and error.kind is not Kind.BUSY:
                    raise
            if time.monotonic() >= deadline:
                raise self.locked_error(self._holders())
            if not told and time.monotonic() - began > _BLINK:
                told = True
                self.tell("; ".join([f"waiting for the lock: {self.rival}", *self._holders()[:1]]))
            self.pause(0.05)

    def _session(self, row: Sequence[Any]) -> str:
        """Return a line on another session, from a row of the process list: who, since when, in UTC, what it runs."""
        pid, user, host, name, since, state, query = row
        if since is None:  # it is another user's, and not for this one to see
            return f"pid {pid}{f', {user}' if user else ''}"
        what = f"{state}{_in_one_line(query, self.syntax)}" if query else "idle"
        return f"pid {pid}, {user}@{host}{f', {name}' if name else ''}, since {since} UTC: {what}"

    def _holders(self) -> list[str]:
        """Return who has the lock, where that can be seen."""
        with contextlib.suppress(DriverError):
            return [self._session(row) for row in self.query(self.holder_sql, self._key)] if self.holder_sql else []
        return []

    def at_work(self, _rows: Sequence[Applied]) -> list[str]:
        """Return who has the lock, where that is seen for next to nothing; *_rows* of the history are known."""
        return self._holders()

    def pooled_error(self) -> MigrateError:
        """Return the error for a journaled file that would run through a connection pooler."""
        what = "a no-transaction file cannot run through a connection pooler, which changes sessions in between"
        fix = "set MIGRATE_DATABASE_URL to the URL of the server itself, and run the same command again"
        return MigrateError(what, where=str(self.url), state="nothing was changed.", fix=fix)

    def locked_error(self, holders: Sequence[str]) -> LockedError:
        """Return the error for a lock that was not obtained in time."""
        kept = "kept the lock for all of the lock timeout" if self.waits else "holds the lock"
        what, longer = f"{self.rival}, and {kept}", f"{_SAME} --lock-timeout {self.longer:g}"
        fix = f"wait for it, and run the same command again\n     or wait longer:  {longer}"
        excerpt = "\n".join(f"  held by {each}" for each in holders)
        fix += self.to_end(holders)
        return LockedError(what, where=str(self.url), excerpt=excerpt, state="nothing was changed.", fix=fix)

    def to_end(self, sessions: Sequence[str]) -> str:
        """Return one more way out, which ends the first of *sessions*, as _session() writes them; "" for none."""
        if not (sessions and self.end_sql):
            return ""
        pid = sessions[0].removeprefix("pid ").partition(",")[0]
        return f"\n     or end it, where nobody needs it any more:  {self.end_sql.format(pid)}"

    # Values and names in SQL of ours.

    def literal(self, value: object) -> str:
        """Return a value as SQL that means the same whatever a file has set in the session."""
        if isinstance(value, str):
            if isinstance(value, Code):
                return str(value)
            text = _text_literal if len(value) < _SHORT else _text_literal.__wrapped__
            return text(self.held(value) if self.encoding else value, *self.unsafe)
        return f"X'{value.hex()}'" if isinstance(value, bytes) else "NULL" if value is None else str(value).upper()

    def quoted(self, *names: str) -> str:
        """Quote identifiers and join them with dots; empty ones are left out."""
        return _quoted(self.quote_mark, names)

    def listed(self, *names: str) -> str:
        """Quote identifiers, for a list of them."""
        return _listed_names(self.quote_mark, names)

    def now(self) -> str:
        """Return SQL for the time as the history keeps it, in UTC."""
        return f"'{datetime.now(timezone.utc).isoformat(' ', 'milliseconds')[:23]}'"

    def took(self, since: float) -> object:
        """Return the milliseconds *since* then, of the monotonic clock; or the SQL for it."""
        return round(1000 * (time.monotonic() - since))

    def person(self) -> str:
        """Return who runs this; in a script, the expression for it."""
        return whoami()

    # Letters that the encoding of the database may not have.

    def held(self, value: str) -> str:
        """Return a text as the database can hold it: with a ? for each letter that its encoding does not have."""
        lacking = self.lacking(value) if self.encoding else ()
        return value.translate(dict.fromkeys(map(ord, lacking), "?")) if lacking else value

    def lacking(self, text: str) -> set[str]:
        """Return the letters of *text* that the encoding does not have. The server knows; each is asked for once."""
        if not self.encoding or text.isascii():
            return set()
        letters = {each for each in text if each > "\x7f"}
        if unknown := sorted(letters - self.letters.keys()):
            lacking = self._lacking(unknown)
            self.letters |= {each: each in lacking for each in unknown}
        return {each for each in letters if self.letters[each]}

    def _lacking(self, letters: Sequence[str]) -> Collection[str]:
        """Ask the server which of *letters* its encoding does not have."""
        raise NotImplementedError

    def fitted(self, sql: str) -> str:
        """Return the text of a file, with a ? in comments for what the encoding of the database does not have."""
        return sql

    def beyond(self, sql: str) -> list[_Fault]:
        """Return the first letter in a fitted() text that cannot be sent, what is wrong, and the fix."""
        place = min(map(sql.index, self.lacking(sql)), default=-1)
        if place < 0 or self.speaks_pattern.search(sql, 0, place):
            return []
        what = f"the encoding of this database, {self.encoding}, does not have the letter {sql[place]}"
        fix = "write it without, or move to a database in UTF8: it has every letter"
        return [(Statement(sql[place], 0, place), (what, fix))]

    def storable(self, sql: str | None) -> str | None:
        """Return a down text as the history can hold it; None where that would be another text."""
        return None if sql is None or self.held(fitted := self.fitted(sql)) != fitted else fitted

    def takes(self, size: int) -> bool:
        """Tell if the server takes so many bytes at once, with the notes that travel with a statement."""
        return size + 8192 <= self.packet_limit

    # What the statements of a file are, and may be.

    def syntax_after(self, statement: Statement, syntax: Syntax) -> Syntax:
        """Return the lexical rules that hold after *statement*."""
        return syntax

    def natures(self, statements: Sequence[Statement], names: Mapping[str, str] = _NO_NAMES) -> list[Nature]:
        """Return what the statements of a file are, where *names* mean something. Raises DriverError."""
        return self.forms.natures(statements, self.syntax, self.syntax_after, names)

    def may_matter(self, sql: str) -> bool:
        """Tell, fast, if something in a file may leave, or read, anything in the session. Raises DriverError."""
        return self.forms.may_matter(sql)

    def nature_now(self, statements: Sequence[Statement], number: int) -> Nature:
        """Return what statement *number*, which has failed, has turned out to be. Raises DriverError."""
        return self.natures(statements)[number - 1]

    def zero(self, keys: Collection[str]) -> list[str]:
        """Return SQL that makes *keys*, of what was done last, what they are in a fresh session."""
        return []

    def has_id(self, statement: Statement) -> bool:
        """Tell if this session has given a row the id that *statement* asks for."""
        return bool(self.query(f"SELECT {self.id_name} LIMIT 1")[0][0])

    def hidden(self, statements: Iterable[Statement]) -> Hidden:
        """Return what code in the database, or in *statements*, may do unseen. Raises DriverError."""
        return Hidden()

    def look_again(self, sql: str = "") -> None:  # noqa: B027 (most have nothing to forget)
        """Forget what code there was in the database, if a file with this text, or anybody, may have changed it."""

    def refused(self, statement: Statement, failed: DriverError) -> bool:
        """Tell if it is certain that *statement* has done nothing: not understood, or all that it names is unknown."""
        return False

    def obeys(self, statement: Statement) -> bool:
        """Tell if *statement*, which commits by itself, has done nothing where it says that it was cancelled."""
        return True

    def modes(self, statement: Statement) -> tuple[str, bool]:
        """Return the level of isolation that *statement* asks for, or "", and if it is about one transaction alone."""
        return "", False

    def find_faults(self, statement: Statement) -> Iterable[tuple[str, str]]:
        """Yield what is wrong with *statement*, and the fix; mostly nothing."""
        return ()

    def find_loose(self, statements: Sequence[Statement], *, journaled: bool) -> list[_Fault]:
        """Return which of the *statements* outside of a file's own transactions cannot be there, and why."""
        return []

    def run_marked(
        self, statement: Statement, started: Sequence[str], done: Sequence[str], before: Sequence[str], *, whole: bool
    ) -> None:
        """Run *statement*, after *before*, and the notes *done* as one, or else between *started* and *done*.

        An error undoes it, if *whole*; and one that says that it cannot run inside a transaction comes before all else.

        Raises DriverError: neither is in, unless LOST; or *started* says it.
        """
        # The file's limits stay.
        opening = [self.begin_sql, *self.waits_sql, *self._transaction_lock(), *before]
        try:
            self.send(*opening)
            self.run(statement.text)
            self.send(*self.own_sql, *done, *self.holding(), self.commit_sql)
        except DriverError as failed:
            self.rollback()
            if failed.kind is not Kind.ALONE or not whole:
                raise
            self.send(self.begin_sql, *self.own_sql, *started, self.commit_sql)
            self.run_alone(statement)
            self.write_after([*self.own_sql, *self.holding(), *done])

    def write_after(self, done: Sequence[str]) -> None:
        """Write notes of what has committed without them. Raises DriverError, which says so: a lock on the history."""
        try:
            self.send(self.begin_sql, *done, self.commit_sql)
        except DriverError as failed:
            failed.ran = failed.kind is not Kind.LOST
            raise failed from None

    def links(self, statement: Statement) -> bool:
        """Tell if a statement commits what comes before it in its message, and others may follow it there."""
        return False

    def run_alone(self, statement: Statement) -> None:
        """Run a statement that cannot run inside a transaction. Raises DriverError."""
        self.run(statement.text)

    def taking_back(self, left: Sequence[Statement]) -> list[str]:
        """Return SQL for what reset_sql does not take back, of what these have *left*. Raises DriverError for none."""
        return []

    def stays(self, natures: Iterable[Nature]) -> str:
        """Return the name of a setting that taking_back() does not take back, of what such statements set; or ""."""
        names = (key.removeprefix("set ") for each in natures for key in each.writes if key.startswith("set "))
        return min(filter(self.lasting_pattern.match, names), default="")

    def lay_out(self, statements: Iterable[Statement]) -> None:  # noqa: B027 (most have nothing of the kind)
        """Run, of what begins the first file, what only a database without a table takes: the history comes first."""

    def remains(self, statement: Statement) -> tuple[str, str]:
        """Return what *statement* leaves where it was cut off, and the query that shows it; empty for nothing known."""
        return "", ""

    def broken_references(self) -> Counter[tuple[str, str]]:
        """Count rows that point to nothing, by (table, parent), where the database does not check by itself."""
        return Counter()

    def back_up(self, path: Path) -> None:
        """Copy the database into the new file *path*. Raises MigrateError, and leaves no file then."""
        fix = "use the tool of the database: pg_dump, mysqldump"
        raise SettingsError(f"{self.label} is not backed up by this tool", where="--backup", fix=fix)

    # The history's tables, and what would take them away.

    def locate(self, table: str, schema: str) -> tuple[list[str], list[str] | None]:
        """Return the schema of *table*, if there are schemas, and its columns; None where there is no such table."""
        place = schema or self.home(table)
        if place is None:
            what, fix = "no schema of the search path exists", "create it, or name one:  .../database?search_path=NAME"
            raise ConnectError(what, where=str(self.url), fix=fix)
        columns, relation = None, self.quoted(place, table)
        try:
            if not (self.absent_sql and self.query(self.absent_sql, relation)[0][0]):
                self.query(f"SELECT * FROM {relation} LIMIT 0")
                columns = list(self.columns)
        except DriverError as failed:
            if failed.kind is not Kind.ABSENT:
                raise
        return [place] if place else [], columns

    def make_schema(self, schema: str) -> bool:
        """Make the *schema* that the history is to lie in, if it is missing; tell if it was. Raises DriverError."""
        return False

    def home(self, table: str) -> str | None:
        """Return the schema that *table* is in, or would be made in, where none is named; None for no such schema."""
        schema: str | None = self.query(self.schema_sql, self.quoted(table))[0][0]
        return schema

    def keep(self, schema: str, table: str, *, bare: bool) -> None:
        """Let no file take away *table* and its log in *schema*; if *bare*, they are also meant without the schema."""
        self.relation = self.quoted(schema, table)
        self._key = self.lock_key(self.relation)
        self.kept_table, schema = table, self._fold(self.quoted(schema or self.lone_schema or "?"))
        tables = [(self._fold(self.quoted(each)),) for each in (table, f"{table}_log")]
        names = {(*before, *each) for each in tables for before in ((schema,), (self.url.database, schema))}
        self.kept = {"": {*names, *(tables if bare else ())}, "DATABASE": set()}
        self.kept |= {word: {(schema,)} for word in self.schema_words}
        self._kept_words = frozenset[str]()

    def _fold(self, word: str) -> str:
        """Return the name that *word*, in quotes or without, stands for in SQL."""
        mark = word[0]
        if quoted := mark in self.name_marks:
            word = word[1:-1].replace(2 * mark, mark)
        return word.lower() if self.folds[quoted] else word

    def find_taking(self, statement: Statement, syntax: Syntax) -> tuple[str, str] | None:
        """Return what of the history *statement* would take away, and the way out; None mostly."""
        words, kind, name, shown = list[str](), "", tuple[str, ...](), ""
        if not self._kept_words:
            names = frozenset(each[-1].lower() for every in self.kept.values() for each in every)
            self._kept_words = names if all(map(str.isidentifier, names)) else frozenset({""})  # which is in every text
        if not any(map(statement.text.lower().__contains__, self._kept_words)):
            return None
        for word in words_of(statement.text, syntax):
            last = words[-1] if words else ""
            if word == ".":
                words.append(word)
                continue
            if last == ".":  # the name goes on
                del words[-2:]
            elif last in ("DROP", "ALTER") and not shown:
                kind = word.upper() if word.upper() in self.kept else ""
            name = (*(name if last == "." else ()), self._fold(word))
            own = name in self.kept[kind]
            shown = ".".join(name) if own else shown
            words.append("own" if own else "?" if word[0] in "'\"`[$" else word.upper())
        if not self.taking_pattern.match(" ".join(words)):
            return None
        what = f"all that {shown} owns" if kind == "OWNED" else f"the {kind.lower() or 'table'} {shown}"
        what += f", in which its table {self.kept_table} lies" * (kind in self.schema_words)
        schema = "imagor_history" if ("imagor",) in self.kept.get("SCHEMA", ()) else "imagor"
        fix = self.ways_out[kind].format(_other_name(self.kept_table), schema, self.kept_table)
        return f"no file can drop, rename, hide or alter what holds the history: {what}", fix

    # What reset drops.

    def beside(self, sql: str) -> set[tuple[str, ...]]:
        """Return what the server has outside of its databases, as kind and names, where *sql* names it.

        Anybody may make such a thing at any time: so nothing else is of interest. What may not be read is left out.
        """
        found, small = set[tuple[str, ...]](), sql.lower()
        for query in self.beside_sql:  # there may be thousands
            with contextlib.suppress(DriverError):
                named = (row for row in self.query(query) if row[1].lower() in small)
                found |= {row for row in named if re.search(rf"(?<!\w){re.escape(row[1])}(?!\w)", sql, re.IGNORECASE)}
        return found

    def find_made(self, words: Sequence[str], *, code: bool = False) -> Iterator[tuple[bool, Made]]:
        """Yield what a statement makes (True), and drops or renames (False); *code* of a block may not get there."""
        text = " ".join("?" if word[0] in "'\"`[$" else word.upper() for word in words)
        if (found := self.making_pattern.match(text)) is None:
            return
        on = _ON_PATTERN.match(text, found.end()) if found["kind"] in self.of_tables else None
        renamed = _RENAME_PATTERN.match(text, (on or found).end())

        def named(place: re.Match[str]) -> Sequence[str]:
            return words[text.count(" ", 0, place.start("name")) : text.count(" ", 0, place.end("name")) + 1]

        def made(name: Sequence[str]) -> Made:
            table = named(on) if on else []
            whole = tuple(self._fold(each).strip("'") for each in (*table, *name) if each != ".")
            shown = _spaced([*name, "ON", *table] if on else name)
            return Made(found["kind"], whole, shown, optional=code or bool(found["may"] or found["there"]))

        for is_comma, group in itertools.groupby(named(found), ",".__eq__):
            name = [*group]
            if found["verb"] != "ALTER" and not is_comma:
                yield found["verb"] == "CREATE", made(name)
            elif renamed and not is_comma:
                yield False, made(name)
                yield True, made([*name[:-1], *named(renamed)])

    def doom(self, own: Sequence[str], more: Sequence[str], made: Sequence[Made]) -> Doom:
        """Find out what ``reset`` takes: the schemas *own* and *more*, and what of all that was *made* lies in none.

        Changes nothing. Raises SettingsError for a schema that is not there.
        """
        if more and "?" not in self.objects_sql:
            raise SettingsError(f"{self.label} has no schemas", where="--schema", fix="leave --schema out")
        doom = Doom([*own, *more], more)
        for each in made:
            kind = re.sub("user|group", "role", each.kind.lower())
            for its, *names in self.beside(each.name[0]) if each.kind in self.of_server else ():
                if re.sub("user", "role", its) == kind and names[0] == each.name[0] not in own:
                    name = "@".join(map(self.quoted, names))
                    doom.stay(str(each), "it is the whole server's", each, self.drop_of(each.kind, name))
        return doom

    def drop_of(self, kind: str, name: str) -> str:
        """Return SQL for a person, which drops it."""
        return f"DROP {kind} {name}"

    def drop_everything(self, doom: Doom) -> None:
        """Drop what is doomed, or note what keeps it. Raises DriverError; where a part may be gone, StatementError."""
        for each in self.query(self.objects_sql):
            self.run("DROP {} IF EXISTS {}".format(*each))
            doom.dropped += 1


_ROW_PATTERN: Final = regex(
    r"""INSERT\s+INTO\s+(?:"([^"']+)"|`([^`']+)`|(\w+)\b)\s*(?:\([^()']*\)\s*)?VALUES\s*\(""", re.ASCII | re.IGNORECASE
)


def _rows_of(texts: Sequence[str]) -> tuple[str, str, list[tuple[object, ...]]] | None:
    r"""Return, of INSERTs that differ in one row of literals: the table, one with marks for these, and the rows.

    None where there is more in any, or a number that is not read by everybody in one way. A doubled quote is read as
    \1, which is an empty text where it stands alone, outside of one.
    """
    joined, head = "\2".join(texts), _ROW_PATTERN.match(texts[0])
    if not head or "\0" in joined or "\1" in joined:
        return None
    parts = joined.replace("''", "\1").split("'")
    signs = "'".join(parts[::2]).replace(f")\2{head[0]}", ",\2,").removeprefix(head[0]).replace(", ", ",")
    if len(parts) % 2 == 0 or signs[-1:] != ")" or signs[:-1].encode("ascii", "replace").translate(None, _VALUES):
        return None
    values = [*signs[:-1].split(","), "\2"]
    width = values.index("\2")
    long = max(map(len, values)) > 18 or width > 999  # noqa: PLR2004 (what fits into 8 bytes; the marks that all take)
    if long or values[width :: width + 1] != ["\2"] * len(texts):
        return None
    del values[width :: width + 1]
    quoted, plain = (each.replace("\1", "'") for each in parts[1::2]), {"NULL": None, "\1": ""}
    try:
        found = iter([next(quoted) if v == "'" else plain[v] if v in plain else int(v) for v in values])
        rows = [*zip(*[found] * width, strict=True)]
    except ValueError:
        return None
    return head[head.lastindex or 0], f"{head[0]}{','.join('?' * width)})", rows


@lru_cache(1 << 15)  # all that is there is asked for with each file
def _leads(text: str, forms: Forms, counted: re.Pattern[str]) -> Sequence[tuple[str, set[str]]]:
    """Return the names that what makes something in SQLite gives a meaning, each with those it leads to, "" is code."""
    words = spelled(text, SQLITE_SYNTAX)
    kind, _, name = forms.made(words) if words[0] in ("CREATE", "ALTER") else Created("", "", "*")
    name = forms.name_at(words, [*words, "ON"].index("ON") + 1)[1] if kind == "TRIGGER" else name
    counts = name == "*" or "VIRTUAL" in words[:2] or counted.search(text)  # what such a table does, nobody knows
    own = {""} if counts else forms.named(words) if kind in _ON_TABLES else set[str]()
    # Whoever deletes what a table refers to may delete its rows; and a table may get another name.
    onward = (after for word, after in itertools.pairwise(words) if word in ("REFERENCES", "TO"))
    return [*[(name, own)] * bool(own), *((forms.fold(each), {name}) for each in onward)]


class SQLite(Database):
    """SQLite through the standard library: every statement on its own, transactions written out."""

    schemes, label, url_form, is_file, driver = "sqlite sqlite3", "SQLite", "sqlite:./app.db", True, ""
    syntax, placeholder = SQLITE_SYNTAX, "?"
    kinds: ClassVar = _kinds(
        "BUSY database is locked; ABSENT no such table; ALONE within a trans, inside a trans; READ_ONLY readonly; "
        "DENIED unable to open; FULL full; CANCELLED interrupted; DAMAGED disk image is malformed; "
        "PRESENT already exists, there is already, duplicate column name"
    )
    # Views first, they may name anything; then virtual tables, which take their shadow tables with them.
    objects_sql = """SELECT type, '"' || replace(name, '"', '""') || '"' FROM sqlite_master
        WHERE type IN ('view', 'table') AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\'
        ORDER BY type = 'view' DESC, sql LIKE 'CREATE VIRTUAL%' DESC"""

    unsafe = regex("[\\0\r]"), "CAST(X'{}' AS TEXT)"  # the client reads CRLF as LF
    shares_transaction, begin_sql, id_type = True, "BEGIN IMMEDIATE", "INTEGER PRIMARY KEY AUTOINCREMENT"
    verifies = True  # not only this tool, and not only in this version, writes the file
    name_marks, folds, lone_schema, taking_pattern = "\"'`[", (True, True), "main", regex(_TAKES + _HIDES)
    forms_type, id_name, begins_twice = _SQLiteForms, "last_insert_rowid()", False
    opens_pattern = regex(r"BEGIN(\s+(DEFERRED|IMMEDIATE|EXCLUSIVE))?(\s+TRANSACTION(\s+\w+)?)?\Z")
    closes_pattern = regex(r"(COMMIT|END)(\s+TRANSACTION(\s+\w+)?)?\Z")
    _alone = r"PRAGMA\s.*\b((JOURNAL_MODE|SYNC\w+)\s*[=(]|WAL_CHECKPOINT)"
    _attached = _Refusal(
        "", "ATTACH: a transaction over two files is not atomic", "migrate each database in a run of its own"
    )
    refusals: ClassVar = {
        "ATTACH": _attached,
        "DETACH": _attached,
        "VACUUM": _Refusal("", "VACUUM cannot run inside a transaction", _ALONE),
        "PRAGMA": _Refusal(_alone, "this cannot run inside a transaction", _ALONE),
    }
    driver_errors = (sqlite3.Error, sqlite3.Warning, UnicodeDecodeError)  # the last of a file that is damaged
    rival = "another process writes this file"
    fixes: Mapping[Kind, str] = FIXES | {
        Kind.DAMAGED: "put a backup in its place; what can still be read of it:  sqlite3 FILE .dump",
        Kind.READ_ONLY: "let this user write the file and its folder, and run the same command again",
        Kind.DENIED: "correct the path, or let this user read the file, and write its folder",
    }
    _refused_pattern = any_of("total_changes query_only count_changes")
    _counting: Sequence[str] | None = None
    _counted_pattern = regex(r"(?i)\b(last_insert_rowid|(total_)?changes)\W*\(\W*\)")
    _makes_pattern = regex(r"(?is)(CREATE|ALTER)\b|.*\bwritable_schema\b")
    _code_pattern = any_of("last_insert_rowid changes writable_schema")
    _layout = names_in("AUTO_VACUUM ENCODING PAGE_SIZE")
    # Off at first.
    switches = names_in("""defer_foreign_keys foreign_keys ignore_check_constraints legacy_alter_table query_only
        read_uncommitted recursive_triggers reverse_unordered_selects writable_schema""")
    # What a fresh session has for these can be set again, where it says that. All others may stay, whatever they are:
    # case_sensitive_like, once it was set, takes LIKE out of indexes for good.
    _settings = names_in("""analysis_limit automatic_index busy_timeout cache_size cache_spill cell_size_check
        checkpoint_fullfsync full_column_names fullfsync journal_size_limit locking_mode mmap_size
        max_page_count secure_delete short_column_names temp_store threads trusted_schema wal_autocheckpoint""")
    lasting_pattern = regex(rf"(?!({'|'.join((*switches, *_settings))})\Z)")
    _ticks, _ended = 0, False
    _frozen = False  # read as it is, without a lock of SQLite
    _runs = False  # a run of this tool was in the way of a look
    _descriptors: ClassVar[dict[tuple[int, int], list[int]]] = {}  # free ones, by device and inode

    @property
    def in_transaction(self) -> bool:
        return bool(self.connection and self.connection.in_transaction)

    @property
    def _file(self) -> Path:
        """Return the file itself, whatever links lead to it: its -wal and its journal lie beside that."""
        return Path(os.path.realpath(self.url.database))

    @property
    def _in_memory(self) -> bool:
        return self.url.database == ":memory:"

    def _size(self, suffix: str = "") -> int:
        """Return the size of the file, or of the one beside it, in bytes; -1 where there is none."""
        try:
            return Path(f"{self._file}{suffix}").stat().st_size
        except OSError:
            return -1

    @staticmethod
    def _may_write(*paths: Path) -> bool:
        return all(os.access(path, os.W_OK, effective_ids=os.access in os.supports_effective_ids) for path in paths)

    def _connect(self, *, write: bool) -> None:
        file, memory, size = self._file, self._in_memory, self._size()
        try:
            regular = memory or S_ISREG(file.stat().st_mode)  # a pipe reads as empty, and may be read for ever
        except (FileNotFoundError, NotADirectoryError):
            regular = True  # it is not there yet
        except OSError as error:
            raise DriverError(f"unable to open database file: {error.strerror}", Kind.DENIED) from None
        if not regular:
            raise DriverError("it is a folder" if file.is_dir() else "it is no regular file")
        self.exists, self.writable, self._frozen = memory or size >= 0, memory or write, False
        if not memory and not file.parent.is_dir():
            raise DriverError(f"there is no folder {shown_path(file.parent)}")
        # What is not there or empty reads as an empty database: SQLite would delete what lies beside an empty file.
        if memory or not (write or size > 0):
            self._open("file::memory:")
            return
        if write:
            if size >= 0 and not self._may_write(file):  # SQLite would say so too, but leave a -wal and a -shm behind
                raise DriverError("attempt to write a readonly database", Kind.READ_ONLY)
            self._open(f"{file.as_uri()}?mode=rwc")
            return
        # With mode=ro a -wal and its -shm stay as they are. With mode=rw an empty one, which SQLite makes for whoever
        # looks, goes again with the last of them, and a transaction that was cut off is rolled back; where the file
        # cannot be written, SQLite takes mode=ro.
        mode, writable = "ro" if self._size("-wal") > 0 else "rw", self._may_write(file, file.parent)
        self._frozen = mode == "rw" and not writable and self._freeze()
        try:
            self._open(f"{file.as_uri()}?mode={mode}{'&immutable=1' if self._frozen else ''}")
            self.query("PRAGMA query_only = 1")
            self.query("SELECT count(*) FROM sqlite_master")
        except DriverError as failed:
            if failed.kind is Kind.BUSY or writable or self._size("-journal") < 0:
                raise
            self.close()
            what = "a transaction was cut off, and to roll it back takes the right to write the file and its folder"
            state = "what is in the file may not be committed, and was not read."
            fix = "as a user who may write both, and where they are not read-only:  migrate status"
            raise ConnectError(what, where=str(self.url), state=state, fix=fix) from None

    def _open(self, uri: str) -> None:
        self.connection = sqlite3.connect(uri, uri=True, isolation_level=None, timeout=_PATIENT)
        self.connection.set_progress_handler(self._tick, 100_000)  # Python code in which a signal is seen
        self.connection.execute("PRAGMA foreign_keys = OFF")

    def _freeze(self) -> bool:
        """Tell if the file is in WAL mode, has no -wal, and gets none that would not be seen after a read.

        Then all that is committed is in the file itself, and nothing else. Where it cannot be written, SQLite could
        read it only with a -wal and -shm that it makes, and leaves behind.
        """
        if os.name == "nt":
            return False
        import fcntl

        with contextlib.suppress(OSError), self._descriptor() as descriptor:
            # The SHARED lock of SQLite, for as long as the connection: whoever writes in WAL mode makes a -wal first,
            # and may delete it, or change the mode, only where nobody has this lock.
            # https://www.sqlite.org/lockingv3.html
            self._wait(partial(fcntl.lockf, descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB, 510, 0x40000002))
            is_wal = os.pread(descriptor, 2, 18) == b"\2\2"  # https://www.sqlite.org/fileformat2.html
            return is_wal and self._size("-wal") < 0 and self._size("-journal") < 0
        return False

    @contextlib.contextmanager
    def _descriptor(self) -> Iterator[int]:
        """Lend a descriptor of the file that is nobody else's, and keep it open for ever.

        To close any descriptor of a file drops all locks that this process has on it: those of SQLite as well.
        https://www.sqlite.org/howtocorrupt.html
        """
        found = self._file.stat()
        free = self._descriptors.setdefault((found.st_dev, found.st_ino), [])
        descriptor = free.pop() if free else os.open(self._file, os.O_RDONLY)
        try:
            yield descriptor
        finally:
            free.append(descriptor)

    def renew(self, lock_timeout: float | None = None, *, patience: float = 0) -> None:
        """See Database. A database in memory goes along. What is waited for later is waited for no longer either."""
        self.lock_timeout = self.lock_timeout if lock_timeout is None else lock_timeout
        if not self._in_memory:
            super().renew(lock_timeout, patience=patience)
            return
        with contextlib.closing(self.connection) as before:
            self._open("file::memory:")
            before.backup(self.connection)

    def natures(self, statements: Sequence[Statement], names: Mapping[str, str] = _NO_NAMES) -> list[Nature]:
        """See Database. What a view, a trigger or a DEFAULT does, whoever comes to it does."""
        leading, runs = self._leading(statements), Trait.DATA | Trait.CALLS
        found = super().natures(statements, {**names, **dict.fromkeys(leading, "fires")})
        for place, each in enumerate(found if leading else ()):
            if each.traits & runs and ("fires" in each.reads or "*" in leading):
                found[place] = each._replace(reads=each.reads | {"count", "id"})
        return found

    def _leading(self, statements: Iterable[Statement]) -> set[str]:
        """Return the names that lead to code which asks for what was done last, in small letters; "*" for any name."""
        made = (each.text for each in distinct(statements) if self._makes_pattern.match(each.text))
        texts, leading = [*self.counting(), *made], {""}
        asks = any(map(self._counted_pattern.search, texts))
        ways = [way for text in texts for way in _leads(text, self.forms, self._counted_pattern)] if asks else ()
        while more := {name for name, named in ways if not named.isdisjoint(leading)} - leading:
            leading |= more
        return leading - {""}

    def may_matter(self, sql: str) -> bool:
        return super().may_matter(sql) or bool(self.counting())

    def look_again(self, sql: str = "") -> None:
        if not sql or self._counting or self._code_pattern.search(sql):
            self._counting = None

    def counting(self) -> Sequence[str]:
        """Return how all is made that is in the database, if something of it asks for that."""
        if self._counting is None and self.connection is not None:
            made = self.query("SELECT sql FROM sqlite_master WHERE sql NOT NULL AND type <> 'index'")
            texts = [text for (text,) in made]
            self._counting = texts if any(map(self._counted_pattern.search, texts)) else ()
        return self._counting or ()

    def is_empty(self) -> bool:
        """Tell if the file holds nothing yet, not even how it is laid out."""
        return not self.query("PRAGMA page_count")[0][0]

    def lay_out(self, statements: Iterable[Statement]) -> None:
        """See Database. It runs again in its place, where it is nothing any more."""
        first = itertools.takewhile(lambda each: first_word(each.text, self.syntax) in ("PRAGMA", "BEGIN"), statements)
        for each in first if self.is_empty() else ():
            if self._layout & {self.forms.fold(word).upper() for word in words_of(each.text, self.syntax)[1:4]}:
                self.run(each.text)

    def taking_back(self, left: Sequence[Statement]) -> list[str]:
        """See Database. What is temporary, and what a PRAGMA has switched on."""
        if not left:
            return []
        kinds = "type IN ('view', 'trigger', 'table') AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\'"
        made = self.query(f"SELECT type, name FROM sqlite_temp_master WHERE {kinds} ORDER BY type DESC")
        parts = [f"DROP {kind} IF EXISTS temp.{self.quoted(name)}" for kind, name in made]
        parts += [f"PRAGMA {name} = OFF" for name in sorted(self.switches)]
        with contextlib.closing(sqlite3.connect(":memory:", timeout=_PATIENT)) as fresh:
            parts += [f"PRAGMA {k} = {v}" for k in sorted(self._settings) for (v,) in fresh.execute(f"PRAGMA {k}")]
        return parts

    def zero(self, keys: Collection[str]) -> list[str]:
        """See Database. The id of the last row is what the last INSERT has given, into whatever table."""
        made, given = "CREATE TEMP TABLE migrate_id (a)", "INSERT INTO temp.migrate_id (rowid, a) VALUES (0, 0)"
        parts = [made, given, "DROP TABLE temp.migrate_id"] if "id" in keys else []
        return [*parts, f"UPDATE {self.relation} SET version = version WHERE 0"] if parts or "count" in keys else []

    def _explain(self, error: Any) -> DriverError:
        message = str(error)
        if message == "interrupted" and not self._ended:  # the progress handler was left by a signal
            raise KeyboardInterrupt from None
        if getattr(error, "sqlite_errorname", "") == "SQLITE_BUSY_SNAPSHOT":  # there is nothing to wait for
            return DriverError(message, Kind.DEADLOCK)
        return DriverError(message, next((kind for part, kind in self.kinds.items() if part in message), Kind.OTHER))

    def _tick(self) -> int:
        self._ticks += 1
        return 0

    def observe(self) -> str:
        return f"{self._ticks / 10:.1f} million steps"

    def cancel(self) -> bool:
        self._ended = True
        self.connection.interrupt()
        return True

    def query(self, sql: str, *args: object) -> Rows:
        """See Database. Waits for another process, as ``run`` does."""
        if self.connection is not None:
            self.connection.text_factory = str
        ask = partial(self._wait, partial(super().query, sql, *args))
        try:
            rows: Rows = ask()
        except DriverError as failed:
            if not failed.message.startswith("Could not decode"):
                raise
            self.connection.text_factory = lambda data: data.decode(errors="replace")  # which takes longer
            rows = ask()
        if self._frozen and self._size("-wal") >= 0:
            raise DriverError("another process has begun to write this file, while it was read", Kind.BUSY)
        return rows

    def run(self, sql: str) -> None:
        self._ticks, self._ended = 0, False
        self._wait(partial(self._step, sql))

    def run_all(self, texts: Sequence[str], *, listens: bool = False) -> None:
        """See Database. Of many, none is looked at between them; one that another process is in the way of waits."""
        if len(texts) == 1:
            super().run_all(texts)
            return
        self._ticks, self._ended = 0, False
        sql, rows = self._with_marks(texts)
        left = iter(rows or texts)
        try:
            with self.translated(), self._cursor() as cursor:
                if rows:
                    cursor.executemany(sql, left)
                else:
                    deque(map(cursor.execute, left), maxlen=0)
        except DriverError as failed:
            failed.number = max(1, len(texts) - length_hint(left))  # the first row, where none could be
            raise

    def _with_marks(self, texts: Sequence[str]) -> tuple[str, list[tuple[object, ...]]]:
        """Return one INSERT and the rows for it, where that is certain to do what *texts* do; no rows elsewhere.

        Of a table with no module and no trigger it is: whatever else looks at a value cannot tell where it comes from.
        """
        if len(texts) < _MANY or not _rows_of(texts[:1]) or not (found := _rows_of(texts)):
            return "", []
        adapted = {kind for kind, _ in getattr(sqlite3, "adapters", {(int, None): None})}  # by who uses this module
        objects = (f"SELECT type, rootpage, tbl_name FROM {each}sqlite_master" for each in ("", "temp."))
        plain = f"SELECT sum(2 - (type = 'table' AND rootpage > 0)) FROM ({' UNION ALL '.join(objects)})"
        known = self.query(f"{plain} WHERE type <> 'index' AND tbl_name = ? COLLATE NOCASE", found[0])
        return found[1:] if known == [(1,)] and not adapted & {int, str} else ("", [])

    def _step(self, sql: str) -> None:
        if self._ended:  # while it waited
            raise DriverError("interrupted", Kind.CANCELLED)
        with self.translated():
            self.connection.text_factory = bytes  # it may be no UTF-8, and is dropped
            for _row in self.connection.execute(sql):
                pass  # an unfetched SELECT would lock its table

    def _wait(self, attempt: Callable[[], Any]) -> Any:
        """Return what *attempt* does, when no other process is in its way. Raises DriverError, BUSY for a lock."""
        try:
            return self._poll(partial(self._look, attempt) if self.looks else attempt)
        except LockedError:
            self.lock_timeout = 0  # whoever has waited in vain ends, and does not wait again to clean up
            raise DriverError("database is locked", Kind.BUSY) from None

    def _look(self, attempt: Callable[[], Any]) -> Any:
        try:
            return attempt()
        except DriverError as failed:
            self._runs = failed.kind is Kind.BUSY and self._is_run()
            raise self.locked_error([]) if self._runs else failed from None

    def _is_run(self) -> bool:
        """Tell if a run of this tool has the lock."""
        with contextlib.suppress(LockedError), contextlib.ExitStack() as stack:
            self._lock(stack, 0)
            return False
        return True

    def at_work(self, rows: Sequence[Applied]) -> list[str]:
        """See Database. The lock says nothing of who has it: a row that is claimed does."""
        claimed = [row for row in rows if row.dirty and row.owner]
        if not claimed or not self._is_run():
            return []
        who, _, pid = str(claimed[0].owner).partition(", connection ")[0].partition(", pid ")
        return [f"pid {pid}, {who}, since {claimed[0].applied_at:%Y-%m-%d %H:%M:%S} UTC"]

    def locked_error(self, holders: Sequence[str]) -> LockedError:
        """See Database. What a run writes may have outgrown its memory: then nobody can read before it commits."""
        error = super().locked_error(holders)
        if self._runs:
            error.what = "another run is at work, and nothing can be read before it commits"
            error.state, error.fix = "", "wait for it, and run the same command again"
        return error

    def find_faults(self, statement: Statement) -> Iterator[tuple[str, str]]:
        """See Database. The sqlite3 client would put NULL where a bind marker stands, and say nothing."""
        words = spelled(statement.text, self.syntax) if self._refused_pattern.search(statement.text) else []
        words = [self.forms.fold(word).upper() for word in words]
        if ("TOTAL_CHANGES", "(") in itertools.pairwise(words):
            yield "total_changes() counts what this tool writes, too", "use changes(), which is about one statement"
        if {"QUERY_ONLY", "COUNT_CHANGES"} & {*words[:4]} and words[0] == "PRAGMA" and {"=", "("} & {*words}:
            yield "the history could not be written any more", "take it out"
        text = bare(statement.text, self.syntax) if any(map(statement.text.__contains__, "?:@$#")) else ""
        if found := text and re.search(r"\?\d*|(?<![\w$:])[:@$#][A-Za-z_]\w*", text):
            yield f"{found[0]} is a bind marker without a value", "write the value; put text in single quotes"

    def find_loose(self, statements: Sequence[Statement], *, journaled: bool) -> list[_Fault]:
        """See Database. A SAVEPOINT by itself begins a transaction, and what it holds at the end of a file is lost."""
        opened = list[tuple[str, str, Statement]]()  # the name, and as it is written
        for statement in statements:
            first = first_word(statement.text, self.syntax)
            if first not in ("SAVEPOINT", "RELEASE"):
                continue
            word, names = words_of(statement.text, self.syntax)[-1], [each for each, *_ in opened]
            name = self.forms.fold(word)
            if first == "RELEASE":
                del opened[len(names) - 1 - names[::-1].index(name) if name in names else len(names) :]
            elif journaled:
                fix = "write BEGIN before it, and COMMIT after the last RELEASE"
                return [(statement, ("a SAVEPOINT outside of BEGIN and COMMIT", fix))]
            else:
                opened.append((name, word, statement))
        return [(at, (f"the SAVEPOINT {name} is left open", f"end it:  RELEASE {name};")) for _, name, at in opened[:1]]

    def all_changes(self) -> int:
        """See Database."""
        return int(self.connection.total_changes)

    def back_up(self, path: Path) -> None:
        """See Database. Whole or not at all: it gets its name when it has been checked."""
        part = path.with_name(f"{path.name}.part")
        self.query("BEGIN")
        self.query("SELECT count(*) FROM sqlite_master")  # no lock is waited for after this
        try:
            with contextlib.closing(sqlite3.connect(part)) as copy, self.translated():
                self.connection.backup(copy)
                self.query("COMMIT")
                found = copy.execute("PRAGMA quick_check").fetchone()[0]
            if found != "ok":
                raise DriverError(f"the copy is damaged: {found}")  # noqa: TRY301 (one way out)
            part.rename(path)
        except (OSError, sqlite3.Error, DriverError) as error:
            self.rollback()
            with contextlib.suppress(OSError):
                part.unlink()
            what = f"the backup failed: {getattr(error, 'strerror', None) or getattr(error, 'message', None) or error}"
            fix = "see that its folder is there and has room, or name another place:  --backup /path/to/file"
            raise MigrateError(what, where=shown_path(path), state="nothing was changed.", fix=fix) from None

    def broken_references(self) -> Counter[tuple[str, str]]:
        """See Database. A mismatch in the schema itself, which SQLite reports as an error, is not counted."""
        broken: Counter[tuple[str, str]] = Counter()
        for (table,) in self.query("SELECT name FROM sqlite_master WHERE type = 'table' AND sql LIKE '%REFERENCES%'"):
            with contextlib.suppress(DriverError):
                broken.update((row[0], row[2]) for row in self.query(f"PRAGMA foreign_key_check({self.quoted(table)})"))
        return broken

    @contextlib.contextmanager
    def lock(self, *, journaled: bool) -> Iterator[None]:
        """See Database. Of every run, on the folder: one on the file gets in SQLite's own way on some systems."""
        with contextlib.ExitStack() as stack:
            self._lock(stack, None)
            yield

    def _lock(self, stack: contextlib.ExitStack, lock_timeout: float | None) -> None:
        """Take the lock until the end of *stack*. Raises LockedError."""
        if os.name == "nt" or self._in_memory:  # there the claim row alone has to do
            return
        import fcntl

        folder, mode, descriptors = self._file.parent, self._file.parent.stat().st_mode, list[int]()
        with contextlib.suppress(PermissionError):
            descriptors.append(os.open(folder, os.O_RDONLY))
            stack.callback(os.close, descriptors[0])
        # Who comes by a hard link, or may write the folder and not list it, has the file alone in common.
        unlisted = mode & (mode >> 1) & ~(mode >> 2) & 0o111
        if (unlisted or self._file.stat().st_nlink > 1) and sys.platform == "linux":  # there it is in no way
            descriptors.append(stack.enter_context(self._descriptor()))
        for descriptor in descriptors:
            with contextlib.suppress(OSError):  # not on NFS, on a folder: there the claim row has to do
                self._poll(partial(fcntl.flock, descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB), lock_timeout)
                stack.callback(fcntl.flock, descriptor, fcntl.LOCK_UN)


_ENDLESS: Final = 2**31 - 1  # milliseconds: the longest limit of PostgreSQL
UNSAID: Final = {"default", "configuration file"}  # the source of a limit that no database, role or URL has set
# On bare text in upper case: a word of that name may also be a column of a view, or a function.
CONCURRENTLY: Final = (
    r"(((CREATE\s+(UNIQUE\s+)?|DROP\s+)INDEX|REINDEX\b(\s*\([^)]*\))?\s*\w+)\s+CONCURRENTLY\b"
    r"|REINDEX\s*\([^)]*\bCONCURRENTLY\b|ALTER\s+TABLE\b.*\bDETACH\b.*(?<!\.)\bCONCURRENTLY\s*\Z)"
)
_NAME: Final = r"""((?!ON )(?:"[^"]*"|[^\s"(])+(?: \. (?:"[^"]*"|[^\s"(])+)*)"""
STRINGS: Final = "standard_conforming_strings"
_SPLITS: Final = f"{STRINGS} client_encoding names"
_ENCODED: Final = r"client_encoding(?!(\W|TO\b)*utf)|\bSET\s+(SESSION\s+|LOCAL\s+)?NAMES\b(?!\W*utf)"


class Postgres(Database):
    """PostgreSQL through psycopg: a file is one message, the server splits it."""

    schemes, label, driver, syntax = "postgres postgresql", "PostgreSQL", "'psycopg[binary]'", POSTGRES_SYNTAX
    url_form = "postgres://user:password@host:5432/name"
    url_options = """application_name channel_binding client_encoding connect_timeout gssencmode host hostaddr
        keepalives keepalives_count keepalives_idle keepalives_interval krbsrvname load_balance_hosts options passfile
        password port require_auth schema search_path service ssl_max_protocol_version ssl_min_protocol_version sslcert
        sslcertmode sslcrl sslcrldir sslkey sslmode sslnegotiation sslpassword sslrootcert sslsni target_session_attrs
        tcp_user_timeout user"""  # libpq's own names, and two that other tools take
    url_words = _words_of_options("""
        sslmode: disable allow prefer require verify-ca verify-full
        channel_binding gssencmode: disable prefer require
        sslcertmode: disable allow require
        sslnegotiation: postgres direct
        ssl_min_protocol_version ssl_max_protocol_version: TLSv1 TLSv1.1 TLSv1.2 TLSv1.3
        target_session_attrs: any read-write read-only primary standby prefer-standby
        load_balance_hosts: disable random""")
    kinds: ClassVar = _kinds(
        "ABSENT 42P01; ALONE 25001, 2D000, 55P04; CANCELLED 57014; DEADLOCK 40001, 40P01; FULL 53100; "
        "LOCK_TIMEOUT 55P03; PRESENT 42701, 42710, 42723, 42P04, 42P06, 42P07; READ_ONLY 25006; TAKEN 23505; "
        "FORBIDDEN 42501"
    )
    row_errors = "23...|22001|22003"
    rights = (
        (r"not permitted to log in", "ALTER ROLE {4} LOGIN;"),
        (r"permission denied to create role", "ALTER ROLE {4} CREATEROLE;"),
        (r"permission denied to create database", "ALTER ROLE {4} CREATEDB;"),
        (r"CREATE privilege on (the )?current database", "GRANT CREATE ON DATABASE {1} TO {4};"),
        (r"privileges of the (?P<name>\w+) role", "GRANT {0} TO {4};"),
        (r'set parameter "(?P<name>[^"\n]+)"', "GRANT SET ON PARAMETER {0} TO {4};"),
        (
            rf'permission denied for (?P<kind>{"|".join(_RIGHTS)}) "?(?P<name>[^"\n]+?)"?(\. DETAIL.*)?(\n|$)',
            "GRANT {2} ON {3} {0} TO {4};",
        ),
        (r"permission denied for ([a-z]+ )?(table|view) (?P<name>[^\n]+)", "GRANT {2} ON {0} TO {4};"),
    )
    # pg_depend knows what lies in a schema, and what of it belongs to an extension (e) or to another object (i).
    objects_sql = """SELECT replace(replace(o.type, 'composite ', ''), ' object', ''), o.identity
        FROM pg_catalog.pg_depend d, LATERAL pg_catalog.pg_identify_object(d.classid, d.objid, d.objsubid) o
        WHERE d.deptype = 'n' AND d.refclassid = 'pg_catalog.pg_namespace'::regclass AND o.type <> 'extension'
        AND d.refobjid IN (SELECT oid FROM pg_catalog.pg_namespace WHERE nspname = ANY(?)) AND NOT EXISTS (
        SELECT FROM pg_catalog.pg_depend e WHERE (e.classid, e.objid) = (d.classid, d.objid) AND e.deptype IN ('e', 'i')
        AND e.refobjid <> e.objid) ORDER BY d.objid"""

    lexer, whole_files, transaction_id_sql = "postgres", True, "SELECT pg_catalog.txid_current()"
    unsafe = regex(r"[^\0-\[\]-\x7f]"), "pg_catalog.convert_from(pg_catalog.decode('{}', 'hex'), 'UTF8')"
    digest_sql = """SELECT count(*) || ' ' || coalesce(sum(('x' || left(encode(sha256(convert_to(
        version || ' ' || checksum || ' ' || dirty::integer, 'UTF8')), 'hex'), 15))::bit(60)::bigint), 0) FROM {}"""
    split_pattern = regex(STRINGS + r"\W+(TO\W+)?(of|f|n|0)|" + _ENCODED, re.IGNORECASE, words=_SPLITS)
    skipped_pattern, speaks_pattern = regex(_RESTRICT), regex(_ENCODED, re.IGNORECASE)
    _modes = rf"ISOLATION\s+LEVEL\s+({_LEVELS})|READ\s+(WRITE|ONLY)|(NOT\s+)?DEFERRABLE"
    opens_pattern = regex(rf"{_OPENS}(\s+({_modes})\s*,?)*\Z")
    # What asks for modes, of one transaction, or of all that come.
    _mode = r"TRANSACTION_(ISOLATION|READ_ONLY|DEFERRABLE)\b"
    _once_pattern = regex(rf"BEGIN|START|SET ((LOCAL|SESSION) )?(TRANSACTION (?!SNAPSHOT)|\"?{_mode})")
    _always_pattern = regex(rf"SET ((LOCAL|SESSION) )?(CHARACTERISTICS AS|\"?DEFAULT_{_mode})")
    _only_pattern = regex(r"READ ONLY|READ_ONLY\"? (=|TO) '?(ON|TRUE|YES|T|Y|1)\b")
    time_type, id_type = "TIMESTAMP(3)", "BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY"
    forms_type, id_name = _PostgresForms, "lastval()"
    takes_back = names_in("set role temp prepared cursor listen id seed connection")
    rolled_back = names_in("set role temp cursor listen id connection")
    lasting_pattern = regex(r".*\.")  # once it was made, it is never quite gone
    own_sql = ("SET LOCAL SESSION AUTHORIZATION DEFAULT", "SET LOCAL ROLE NONE", "SET LOCAL row_security TO DEFAULT")
    waits_sql = ("SET LOCAL idle_in_transaction_session_timeout = 0",)
    # ALTER INDEX renames tables, too. A temporary table hides nothing, because the history's has its schema.
    taking_pattern = regex(
        _TAKES + r"|ALTER (INDEX (IF EXISTS )?|SCHEMA )own RENAME\b|ALTER TABLE .* ATTACH PARTITION own\b"
        r"|DROP OWNED BY .*\bown\b"
    )
    ways_out: ClassVar = Database.ways_out | {
        "SCHEMA": f"take it out, or {_OTHER.format('{1}.{2}')}",
        "OWNED": "take it out, or write what is to be dropped",
    }
    _alone = CONCURRENTLY + r"|(CREATE|DROP|REINDEX)\s+(DATABASE|TABLESPACE|SYSTEM)\b|ALTER\s+SYSTEM\b|VACUUM\b"
    _apart = _Refusal(_alone, "this cannot run inside a transaction", _ALONE)
    refusals: ClassVar = dict.fromkeys(("CREATE", "DROP", "REINDEX", "ALTER", "VACUUM"), _apart) | {
        "COPY": _Refusal(
            r"COPY\b(?!.*;\n\\\.\Z)((?!\s*\().*\b(FROM\s+STDIN|TO\s+STDOUT)\b|.*\)\s*TO\s+STDOUT\b)",
            "only a client can send what this COPY reads, or take what it writes",
            "write the data below COPY .. FROM stdin; with a line of only \\. after it, or use a file on the server",
        )
    }
    # A wait that is shorter, and what is told, change nothing that a file leaves.
    brief_pattern = regex(
        r"(?s)SET\s+LOCAL\s+(?!\w+_TIMEOUT\b|CLIENT_MIN_MESSAGES\b|\w*WORK_MEM\b)"
        r"|SELECT\b.*\bSET_CONFIG\s*\([^()]*\bTRUE\s*\)|CREATE\b.*\bON\s+COMMIT\s+(DROP|DELETE)\b"
    )
    # Inside the transaction, so that it also holds behind a pooler that hands out connections.
    reset_sql = (
        *("RESET SESSION AUTHORIZATION", "RESET ROLE", "SET CONSTRAINTS ALL IMMEDIATE", "RESET ALL", "DEALLOCATE ALL"),
        *("CLOSE ALL", "UNLISTEN *", "DISCARD TEMP"),
    )
    last_sql = ("DISCARD SEQUENCES",)
    # All that could go by CASCADE: what it is, if it lies in the schemas ?, and what it is a part of.
    _tied_sql = """SELECT a.*, o.type, o.identity, o.schema, coalesce(o.schema ~ '^"?pg_t' OR o.schema IN (
            SELECT quote_ident(name) FROM unnest(?::text[]) AS name), false), ARRAY(
            SELECT ARRAY[refclassid::bigint, refobjid::bigint, refobjsubid] FROM pg_catalog.pg_depend d
            WHERE deptype <> 'n' AND (d.classid, d.objid, d.objsubid) = (a.classid, a.objid, a.objsubid))
        FROM (SELECT classid, objid, objsubid FROM pg_catalog.pg_depend
            UNION SELECT refclassid, refobjid, refobjsubid FROM pg_catalog.pg_depend WHERE deptype <> 'n') a,
        LATERAL pg_catalog.pg_identify_object(a.classid, a.objid, a.objsubid) o
        WHERE a.objid >= 16384 ORDER BY a.objid DESC, o.identity"""  # what is newer may depend on what is older
    _there_sql = """SELECT a.*, o.identity FROM unnest(?::oid[], ?::oid[], ?::integer[]) AS a (class, number, part),
        LATERAL pg_catalog.pg_identify_object(class, number, part) o"""
    of_tables = "TRIGGER", "POLICY", "RULE"
    _relations = "TABLE", "VIEW", "SEQUENCE", "FOREIGN TABLE", "MATERIALIZED VIEW"
    of_schemas = (*_relations, "TYPE", "DOMAIN", "FUNCTION", "PROCEDURE")
    # Nothing depends on them.
    _leaves = ("CAST", "TRANSFORM", "USER MAPPING", "PUBLICATION", "SUBSCRIPTION", "EVENT TRIGGER", *of_tables)
    _others = "EXTENSION", "SCHEMA", "SERVER", "LANGUAGE", "FOREIGN DATA WRAPPER", "ACCESS METHOD"
    _between = "((CONSTRAINT|PROCEDURAL|RECURSIVE|TRUSTED|UNLOGGED) )*"
    making_pattern = _makes(_between, *_leaves, *of_schemas, *Database.of_server, *_others)
    _absent_codes = names_in("42704 42P01 42883 3F000")  # what to drop is not there,
    # or it is not ours, or still needed, or cannot go in a transaction, or is no such thing
    _staying_codes = names_in("42501 2BP01 25001 42809 42725")
    _part, unnamed_pattern = r'("(?:[^"]|"")*"|[^".\s]+)', any_of("lo_")
    _defaults = "ALTER DEFAULT PRIVILEGES {{}}{} {{}} ON {{}} FROM {{}}"
    _large_pattern = regex(r"(?i)\blo_(?:create|from_bytea|import(?= \( \? ,)|(unlink)) \( (?:\? , )?'?([1-9][0-9]*)\b")
    _ways: ClassVar = {  # to drop what is not dropped as all others are
        rf"(?:foreign )?table column (.+)\.{_part}": "ALTER TABLE {} DROP COLUMN {}",
        rf"composite type column (.+)\.{_part}": "ALTER TYPE {} DROP ATTRIBUTE {}",
        rf"default value for (.+)\.{_part}": "ALTER TABLE {} ALTER COLUMN {} DROP DEFAULT",
        rf"(table|domain) constraint {_part} on (.+)": "ALTER {0} {2} DROP CONSTRAINT {1}",
        r"publication relation (.+) in publication (.+)": "ALTER PUBLICATION {1} DROP TABLE ONLY {0}",
        r"publication namespace (.+) in publication (.+)": "ALTER PUBLICATION {1} DROP TABLES IN SCHEMA {0}",
        r"user mapping (.+) on server (.+)": "DROP USER MAPPING FOR {} SERVER {}",
        r"transform (.+) on language (.+)": "DROP TRANSFORM {} LANGUAGE {}",
        r"large object (.+)": "SELECT lo_unlink({})",
        r"(?i)default privileges (.*)grant (.+) on (\w+) to (.+?)(?: with grant option)?": _defaults.format("REVOKE"),
        # Only of these anybody has rights by default.
        r"(?i)default privileges (?!.*\bin schema\b)(.*)revoke (?!grant option)(.+) on (functions|routines|types) from"
        r" (?:.+, )?(public)(?:, .+?)?(?: cascade| restrict)?": _defaults.format("GRANT").replace("FROM", "TO"),
        rf"(?:role|user|group) {_part}": "REASSIGN OWNED BY {0} TO CURRENT_USER; DROP OWNED BY {0}; DROP ROLE {0}",
    }
    # Of the search path the first that lasts: what is in pg_temp goes with the session.
    lasting_sql = """(SELECT name FROM unnest(current_schemas(false)) WITH ORDINALITY AS path (name, place)
        WHERE name !~ '^pg_' ORDER BY place LIMIT 1)"""
    schema_sql = f"""SELECT coalesce((SELECT n.nspname FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n
        ON n.oid = c.relnamespace WHERE c.oid = pg_catalog.to_regclass(?)), {lasting_sql})"""
    absent_sql = "SELECT to_regclass(?) IS NULL"
    _owner_sql = """SELECT pg_catalog.pg_get_userbyid(owner) FROM (
        SELECT relowner AS owner FROM pg_catalog.pg_class WHERE oid = to_regclass(?)
        UNION ALL SELECT typowner FROM pg_catalog.pg_type WHERE oid = to_regtype(?)
        UNION ALL SELECT nspowner FROM pg_catalog.pg_namespace WHERE oid = to_regnamespace(?)
        UNION ALL SELECT proowner FROM pg_catalog.pg_proc WHERE proname = ?) AS owners"""
    hides_sql = """SELECT row_security_active(c) AND (SELECT bool_or(polpermissive AND whole) IS NOT TRUE
            OR bool_or(NOT polpermissive AND NOT whole)
        FROM (SELECT polpermissive, pg_get_expr(polqual, polrelid) = 'true' AS whole FROM pg_catalog.pg_policy
            WHERE polrelid = c AND polcmd IN ('r', '*') AND EXISTS (
                SELECT FROM unnest(polroles) r WHERE r = 0 OR pg_has_role(r, 'USAGE'))) AS found)
        FROM to_regclass(?) c"""
    elsewhere_sql = """SELECT nspname::text FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n
        ON n.oid = c.relnamespace WHERE relname = ? AND relkind IN ('r', 'p') AND nspname !~ '^pg_'
        AND ?::text[] <@ ARRAY(SELECT attname::text FROM pg_catalog.pg_attribute WHERE attrelid = c.oid AND attnum > 0)
        AND has_schema_privilege(n.oid, 'USAGE') AND has_table_privilege(c.oid, 'SELECT')
        AND NOT EXISTS (SELECT FROM pg_catalog.pg_settings WHERE name = 'search_path'
            AND source IN ('user', 'database user', 'client')) ORDER BY 1"""
    # Tried again and again: a waiting pg_advisory_lock would deadlock with CREATE INDEX CONCURRENTLY.
    lock_sql = "SELECT pg_try_advisory_lock(('x' || left(?, 16))::bit(64)::bigint)"
    unlock_sql = "SELECT pg_advisory_unlock_all()"
    transaction_lock_sql = lock_sql.replace("advisory_lock", "advisory_xact_lock")
    server_times = True
    _sessions_sql = """SELECT a.pid, a.usename, coalesce(host(a.client_addr), 'local'), a.application_name,
        to_char(coalesce(a.xact_start, a.backend_start) AT TIME ZONE 'UTC', 'YYYY-MM-DD HH24:MI:SS'),
        CASE WHEN a.state = 'active' THEN '' ELSE a.state || ', last ' END, a.query
        FROM pg_catalog.pg_stat_activity a WHERE a.pid """
    holder_sql = f"""{_sessions_sql}IN (SELECT l.pid FROM pg_catalog.pg_locks l WHERE l.locktype = 'advisory'
        AND l.granted AND l.database = (SELECT oid FROM pg_catalog.pg_database WHERE datname = current_database())
        AND l.objsubid = 1 AND (l.classid::bigint << 32) | l.objid::bigint = ('x' || left(?, 16))::bit(64)::bigint)"""
    blockers_sql = _sessions_sql + "= ANY(pg_catalog.pg_blocking_pids(?))"
    end_sql = "SELECT pg_terminate_backend({});"
    progress_sql = """WITH ours AS (SELECT ?::integer AS pid), work AS (
        SELECT pid, phase, greatest(blocks_done, tuples_done) AS done, greatest(blocks_total, tuples_total) AS total
        FROM pg_catalog.pg_stat_progress_create_index UNION ALL
        SELECT pid, phase, heap_blks_scanned, heap_blks_total FROM pg_catalog.pg_stat_progress_vacuum UNION ALL
        SELECT pid, phase, heap_blks_scanned, heap_blks_total FROM pg_catalog.pg_stat_progress_cluster)
        SELECT concat_ws(', ', phase, 100 * done / nullif(total, 0) || ' %') FROM work JOIN ours USING (pid)"""
    beside_sql = (
        "SELECT 'role', rolname::text FROM pg_roles",
        "SELECT 'database', datname::text FROM pg_database",
        "SELECT 'tablespace', spcname::text FROM pg_tablespace",
        "SELECT 'replication slot', slot_name::text FROM pg_replication_slots",
    )
    _proved: ClassVar[Mapping[type, str]] = {
        Note: "WITH hit AS ({} RETURNING 1) SELECT 1 / count(*) FROM hit",
        Truth: "SELECT 1 / ({})::integer",
    }
    schemas_sql = """SELECT nspname::text, oid FROM pg_catalog.pg_namespace
        WHERE nspname !~ '^pg_' AND nspname <> 'information_schema'"""
    # Of routines the text, by name, and if anything else needs one, as triggers do; and by "" what runs unasked.
    _code_sql = """SELECT name, string_agg(text, '\n'), bool_or(fires) FROM (
        SELECT lower(proname), CASE prosrc WHEN '' THEN pg_get_functiondef(oid) ELSE prosrc END, oid IN (SELECT refobjid
            FROM pg_catalog.pg_depend WHERE refclassid = 'pg_proc'::regclass AND classid <> refclassid)
        FROM pg_catalog.pg_proc WHERE oid >= 16384 AND prolang NOT IN (12, 13)  -- internal, c
        UNION ALL SELECT '', text, true FROM (SELECT pg_get_expr(adbin, adrelid) FROM pg_catalog.pg_attrdef UNION ALL
            SELECT concat(pg_get_expr(polqual, polrelid), ' ', pg_get_expr(polwithcheck, polrelid))
            FROM pg_catalog.pg_policy UNION ALL SELECT pg_get_ruledef(oid) FROM pg_catalog.pg_rewrite WHERE oid >= 16384
            UNION ALL SELECT pg_get_constraintdef(oid) FROM pg_catalog.pg_constraint WHERE contype = 'c' UNION ALL
            SELECT pg_get_triggerdef(oid) FROM pg_catalog.pg_trigger WHERE tgqual IS NOT NULL) AS more (text)
    ) AS code (name, text, fires) GROUP BY name"""
    _hides_pattern = regex(r"(?i)\b(prepare|listen|load|dblink\w*|pg_(try_)?advisory_(?!xact)\w*|call|_SHARED|GD|SD)\b")
    _dynamic_pattern = regex(  # what begins with one of these words sets nothing
        r"(?i)\bset_config\s*\((?!\s*')"
        r"|\bexecute\b(?!\s+(?:function|procedure|on)\b|[\s(]+(?:format[\s(]+)?'\s*(?:insert|update|delete)\b)"
    )
    _code_pattern = regex(r"(?i)\b(DO|FUNCTION|PROCEDURE)\b")
    _temporary_pattern = regex(
        r"(?i)\b(?:pg_temp\.|(?:temp\w*\s+(?:table|view|sequence)|into\s+temp\w*)\s+)(?:if\s+not\s+exists\s+)?\"?([\w$]+)"
    )
    _reads_pattern = regex(r"(?i)\bcurrent_setting\s*\(\s*'([\w.]+)'|\brandom")
    _sets_pattern = regex(
        r"(?im)(?:^|[;$]|begin|then|else|loop)\s*(?:re)?set\s+(?:session\s+|local\s+(?=\w+\.))?([\w.]+)|set_config[\s(]+'([\w.]+)'"
    )
    _harmless_sql = """SELECT proname::text FROM pg_catalog.pg_proc WHERE proname = ANY(?) GROUP BY proname HAVING
    bool_and(pronamespace = 'pg_catalog'::regnamespace AND (provolatile <> 'v' OR proname IN ('nextval', 'setval')))"""
    _alike_sql = "SELECT proname::text FROM pg_catalog.pg_proc WHERE proname = ANY(?) AND oid >= 16384"
    _own_names: frozenset[str] = frozenset()  # of functions that are such words; and "", where the server was asked
    # What a statement names: an index and its table, or an index, or a partition.
    _named_pattern = regex(
        rf"(?i)CREATE (?:UNIQUE )?INDEX CONCURRENTLY (?:IF NOT EXISTS )?{_NAME} ON (?:ONLY )?{_NAME}"
        rf"|DROP INDEX CONCURRENTLY (?:IF EXISTS )?{_NAME}|ALTER TABLE .* DETACH PARTITION {_NAME}"
    )
    # All that is left half done, or the index ? of that name in the schema of the table ?, or the partition.
    _unfinished_sql = """WITH named AS (SELECT name, to_regclass(coalesce((SELECT quote_ident(nspname) || '.'
            FROM pg_catalog.pg_namespace n JOIN pg_catalog.pg_class t ON n.oid = t.relnamespace
            WHERE t.oid = to_regclass(?)), '') || name) AS oid FROM (SELECT ?::text AS name) AS given)
        SELECT concat('the index ', c.oid::regclass, ' is invalid: DROP INDEX CONCURRENTLY ', c.oid::regclass, ';')
        FROM pg_catalog.pg_index JOIN pg_catalog.pg_class c ON c.oid = indexrelid
        JOIN named ON c.oid = named.oid OR name IS NULL
        WHERE NOT indisvalid AND c.relkind = 'i' AND NOT EXISTS (  -- another session builds it
            SELECT FROM pg_catalog.pg_stat_progress_create_index WHERE index_relid = c.oid AND pid <> pg_backend_pid())
        UNION ALL SELECT concat('the partition ', inhrelid::regclass, ' is detached in part: ALTER TABLE ',
            inhparent::regclass, ' DETACH PARTITION ', inhrelid::regclass, ' FINALIZE;')
        FROM pg_catalog.pg_inherits i JOIN named ON oid = inhrelid WHERE to_jsonb(i) ->> 'inhdetachpending' = 'true'"""

    # A name may be that of several, in several tables.
    _deferred_sql = """SELECT string_agg(name, ', ') FROM (SELECT format('%I.%I', nspname, conname) AS name
        FROM pg_catalog.pg_constraint JOIN pg_catalog.pg_namespace n ON n.oid = connamespace
        GROUP BY 1 HAVING bool_or(condeferred) AND bool_and(condeferrable)) AS found"""
    _limits_sql = """SELECT pg_backend_pid(), name, setting, source,
        upper(current_setting('default_transaction_isolation')) FROM pg_catalog.pg_settings
        WHERE name IN ('lock_timeout', 'statement_timeout', 'default_transaction_read_only')"""
    _read_only_by: ClassVar = {"global": "ROLE ALL", "user": "ROLE {user}", "database": "DATABASE {database}"}
    _read_only_by |= {"database user": "ROLE {user} IN DATABASE {database}"}  # by the source of the setting

    # The connection.

    def _connect(self, *, write: bool) -> None:
        import psycopg

        self.driver_errors = (psycopg.Error,)
        # Keepalives: a dead network is noticed within a minute or so; without them a run could hang for ever.
        url, hosts = self.url, ",".join(host for host, _ in self.url.hosts)
        options: dict[str, Any] = {"user": url.user, "password": url.password, "host": hosts, "dbname": url.database}
        options |= {"port": ",".join(str(port or "") for _, port in url.hosts), "application_name": "migrate"}
        options |= {"keepalives_idle": "30", "keepalives_interval": "10", "keepalives_count": "3"}
        options |= {"connect_timeout": "10", "tcp_user_timeout": "60000"} | {**url.options}
        if self.search_option:  # so it stays where a file, or we, say RESET ALL
            options["options"] = f"{options.get('options', '')} {self.search_option}"
            options = {name: value for name, value in options.items() if name not in {"schema", "search_path"}}
        given = {name: value for name, value in options.items() if value.strip(",")} | {"client_encoding": "utf8"}
        self.connection = psycopg.connect(autocommit=True, prepare_threshold=None, **given)
        self.connection.add_notice_handler(self._heard)
        found = self.query(self._limits_sql)
        self.session_id, self.level, self.user = found[0][0], found[0][4], self.connection.info.user
        self.pooled = self.verifies = self.session_id != self.connection.pgconn.backend_pid
        unsaid = {*UNSAID, "session"} if self.pooled else UNSAID  # what another client of the pooler has left
        self.own, self.lock_limit = {}, self.lock_wait
        for _, name, value, source, _ in found:
            said, ours = self._wanted().get(name, (False, 0))
            if name == "default_transaction_read_only":
                self.fixes = {**self.fixes} | ({Kind.READ_ONLY: self._to_write(source)} if value == "on" else {})
            elif said or source in unsaid:
                self.own[name] = ours
            elif name == "lock_timeout":
                self.lock_limit = int(value) / 1000
        if self._status(b"standard_conforming_strings") == "off":
            self.syntax = POSTGRES_BACKSLASH_STRINGS
            self.split_pattern = regex(f"{STRINGS}|{_ENCODED}", re.IGNORECASE, words=_SPLITS)
        encoding = self._status(b"server_encoding")
        self.encoding = "" if encoding in {"UTF8", "SQL_ASCII"} else encoding  # the second one takes what it gets
        if limits := self.session_sql(local=False):
            self.send(*limits)

    @classmethod
    def read_url(cls, rest: str) -> DatabaseURL:
        """See Database."""
        url = super().read_url(rest)
        if {"schema", "search_path"} <= url.options.keys():
            raise ValueError("has both schema and search_path", "write one of the two")
        return url

    def locate(self, table: str, schema: str) -> tuple[list[str], list[str] | None]:
        """See Database. In a schema of the server's own, a history could not be made, or would not stay."""
        if schema.startswith("pg_"):
            what, fix = f"the schema {schema} is PostgreSQL's own", "name one of yours:  migrate --table public.{} up"
            raise SettingsError(what, where="--table or MIGRATE_TABLE", fix=fix.format(table))
        return super().locate(table, schema)

    @property
    def search_path(self) -> str:
        """Return what the URL says of it; empty where it says nothing."""
        return self.quoted(self.url.options.get("schema", "")) or self.url.options.get("search_path", "")

    @property
    def search_option(self) -> str:
        """Return that as an option of the server's."""
        return self.search_path and "-csearch_path=" + re.sub(r"([\s\\])", r"\\\1", self.search_path)

    def home(self, table: str) -> str | None:
        """See Database. What the URL names first need not be there yet."""
        first = re.match(r'\s*(?!"?(?:\$user\b|pg_))("(?:[^"]|"")+"|[^",\s]+)', self.search_path)
        return self._fold(first[1]) if first else super().home(table)

    def make_schema(self, schema: str) -> bool:
        """See Database. IF NOT EXISTS would take the right to, also where it is there."""
        if missing := bool(self.query("SELECT to_regnamespace(?) IS NULL", self.quoted(schema))[0][0]):
            self.query(f"CREATE SCHEMA {self.quoted(schema)}")
        return missing

    def _heard(self, said: Any) -> None:
        """Hand on what the server says while a statement runs."""
        more = {"detail: ": said.message_detail, "hint: ": said.message_hint}
        texts = [said.message_primary or "", *(f"{name}{text}" for name, text in more.items() if text)]
        self.hear((said.severity_nonlocalized or said.severity or "notice").lower(), "\n".join(texts))

    def _wanted(self) -> dict[str, tuple[bool, int]]:
        """Return what this tool would set, in milliseconds, and whether a person has said it.

        A limit of ours is never a round number, so that it can be told from what a file sets.
        """
        waits = self.lock_wait, self.statement_wait
        lock, statement = (min(round(each * 1000) // 2 * 2 + 1, _ENDLESS) if each else 0 for each in waits)
        return {"lock_timeout": (self.lock_said, lock), "statement_timeout": (self.statement_said, statement)}

    def _limit_instead(self, before: int, after: int) -> str:
        """Return SQL that limits the wait for locks to *after* milliseconds where the limit is *before* now."""
        now = f"current_setting('lock_timeout') = '{before}ms'"
        return f"SELECT set_config('lock_timeout', '{after}', false) WHERE {now}"

    def _to_write(self, source: str) -> str:
        """Return the fix where every session begins as read-only, by what *source* has set."""
        option = "put  options=-cdefault_transaction_read_only=off  in the URL"
        if source not in self._read_only_by:
            return f"{option}: default_transaction_read_only is on, by the {source}"
        whose = self._read_only_by[source].format(user=self.quoted(self.user), database=self.quoted(self.url.database))
        sql = f"BEGIN READ WRITE; ALTER {whose} RESET default_transaction_read_only; COMMIT;"
        return f"turn default_transaction_read_only off:  {sql}\n     or where it is to stay for others, {option}"

    def _can_wait(self) -> bool:
        return self.connection is not None and not self.connection.closed and not self.in_transaction

    def _take_from(self, before: Any) -> bool:
        """See Database. Who waits for the lock comes before whoever only looks for it; what it waits for is idle."""
        from psycopg import generators

        sql = self.lock_sql.replace("try_advisory", "advisory").replace("?", self.literal(self._key))
        with self.connection.lock:
            self.connection.pgconn.send_query(sql.encode())
            self.connection.pgconn.flush()
            before.close()
            (result,) = self.connection.wait(generators.execute(self.connection.pgconn))
            return bool(result.ntuples == 1)

    def cancel(self) -> bool:
        """See Database. By the protocol's own way, which needs no second login."""
        with contextlib.suppress(Exception):
            self.connection.cancel_safe(timeout=float(self.url.options.get("connect_timeout") or 10))
            return True
        return False

    def _line(self) -> int:
        return int(self.connection.pgconn.socket)

    @property
    def in_transaction(self) -> bool:
        return bool(self.connection) and self.connection.info.transaction_status.name == "INTRANS"  # and not INERROR

    def _status(self, name: bytes) -> str:
        return (self.connection.pgconn.parameter_status(name) or b"UTF8").decode() if self.connection else "UTF8"

    def _explain(self, error: Any, number: int = 0) -> DriverError:
        diag, place = error.diag, error.diag.statement_position
        more = {"detail: ": diag.message_detail, "hint: ": diag.message_hint, "in ": None if place else diag.context}
        message = diag.message_primary or str(error).strip()
        message += "".join(f"\n{name}{text}" for name, text in more.items() if text)
        lost, offset = self.connection is not None and self.connection.closed, int(place) - 1 if place else None
        kind = Kind.LOST if lost else self.kinds.get(error.sqlstate or "", Kind.OTHER)
        if error.sqlstate == "55006" and "pending trigger events" in message:  # of a constraint that waits for COMMIT
            kind, message = Kind.UNFINISHED, f"{message}\nhint: put  SET CONSTRAINTS ALL IMMEDIATE;  before it"
        return DriverError(message, kind, error.sqlstate or "", offset=offset, number=number)

    @contextlib.contextmanager
    def _in_utf8(self, *, back: bool = True) -> Iterator[None]:
        """Speak UTF-8, whatever a file has set, and then, if it is to be *back*, as before.

        But for a ROLLBACK, where that is all that is left.
        """
        before, texts = self._status(b"client_encoding"), "SET {}client_encoding TO {}"
        if before == "UTF8" or self.connection.info.transaction_status.name == "INERROR":
            yield
            return
        self._exchange(texts.format("LOCAL " * self.in_transaction, "UTF8"))
        try:
            yield
        finally:
            with contextlib.suppress(DriverError):  # after an error, the ROLLBACK does it
                if back and self._status(b"client_encoding") == "UTF8":
                    self._exchange(texts.format("LOCAL " * self.in_transaction, before))

    def query(self, sql: str, *args: object) -> Rows:
        with self._in_utf8():
            return super().query(sql, *args)

    def send(self, *parts: str | Statement) -> list[Rows]:
        """See Database. One message; values come back as text. Only its tag tells that a COMMIT was none."""
        sent = list[tuple[int, str | Statement]]()  # with the number of the part
        for number, part in enumerate(parts, 1):
            sent.append((number, part))
            if isinstance(part, Note) and (proof := part.proof):
                sent.append((number, Truth(proof, _OUTRUN)))
        try:
            with self._in_utf8(back="RESET ALL" not in parts):
                sql = ";\n".join([self._proved.get(type(each), "{}").format(each) for _, each in sent])
                results = self._exchange(sql)
        except DriverError as failed:
            number, part = sent[failed.number - 1]
            failed.number = number if failed.number else 0
            if failed.code == "22012" and isinstance(part, (Note, Truth)):
                what = part.otherwise if isinstance(part, Truth) else _OUTRUN
                raise DriverError(what, Kind.OUTRUN, number=failed.number) from None
            raise self._of_part(failed, part) from None
        found = list[Rows]()
        for (number, part), result in zip(sent, results, strict=True):
            if part == "COMMIT" and (tag := (result.command_status or b"").decode()) != "COMMIT":
                raise DriverError(f"PostgreSQL answered {tag} to COMMIT")
            if len(found) < number:  # else it is of a proof
                rows = (
                    [result.get_value(row, place) for place in range(result.nfields)] for row in range(result.ntuples)
                )
                found.append([tuple(None if cell is None else cell.decode() for cell in row) for row in rows])
        return found

    def run(self, sql: str) -> None:
        """See Database. The text is one message of the simple protocol, so that each result is one statement."""
        if not (found := divide(sql, self.syntax)):
            self._exchange(sql)
            return
        end, *places = found
        try:
            self._exchange(sql[:end], sql, range(*places))
        except DriverError as failed:
            counts = not ("CSV" in sql[:end].upper() and '"' in sql[end:])  # lines; there it counts rows
            if line := re.search(r"\nin COPY .*?, line (\d+)", failed.message) if counts else None:
                begins = itertools.islice(re.finditer("\n", sql[end:]), int(line[1]) - 1, None)
                failed.offset = next((end + found.end() for found in begins), None)
            raise

    def _exchange(self, sql: str, text: str = "", data: range = range(0)) -> list[Any]:
        """Send one message of the simple protocol; return libpq's result of each statement. Raises DriverError.

        The last one may read *data*, which are at these places of the *text*.
        """
        from psycopg import errors, generators, pq

        if self.connection is None:
            raise DriverError("the connection is closed", Kind.LOST)
        with self.translated(), self.connection.lock:
            self.connection.pgconn.send_query(sql.encode())
            results = self.connection.wait(generators.execute(self.connection.pgconn))
            if text and results[-1].status == pq.ExecStatus.COPY_IN:
                results[-1] = self._send_data(text, data, len(results))
        done = pq.ExecStatus.COMMAND_OK, pq.ExecStatus.TUPLES_OK
        for number, result in enumerate(results, 1):
            if (ended := result.status) in done:
                continue
            if ended == pq.ExecStatus.FATAL_ERROR:
                raise self._explain(errors.error_from_result(result, encoding="utf-8"), number)
            if ended in {pq.ExecStatus.COPY_IN, pq.ExecStatus.COPY_OUT, pq.ExecStatus.COPY_BOTH}:
                self.close()  # it would wait for data for ever; closing rolls back
                raise DriverError(self.refusals["COPY"].what, number=number)
        return list(results)

    def _send_data(self, text: str, data: range, number: int) -> Any:
        """Send what the statement with that *number* reads; return its result. Raises DriverError."""
        from psycopg import generators

        connection = self.connection
        try:
            for begin in data[::_PIECE]:  # a large one would wait for ever
                piece = text[begin : min(begin + _PIECE, data.stop)]
                connection.wait(generators.copy_to(connection.pgconn, piece.encode()))
            return connection.wait(generators.copy_end(connection.pgconn, None))
        except self.driver_errors as error:
            raise self._explain(error, number) from None

    def session_sql(self, *, local: bool) -> list[str]:
        """See Database. A pooler hands the session on: there, limits are set inside a transaction only."""
        if self.pooled and not local:
            return []
        name = self.title.replace("migrate", self.url.options.get("application_name", "migrate"), 1)
        settings = {"application_name": name} | {each: str(value) for each, value in self.own.items()}
        calls = (f"set_config('{each}', {self.literal(value)}, {local})" for each, value in settings.items())
        return [f"SELECT {', '.join(calls)}"]

    def opening(self, level: str | None = None) -> list[str]:
        """See Database. One of ours reads what is committed when it reads it, whatever the database's default is.

        Where there is one snapshot for all, it may not be older than the lock: so one comes first that takes none.
        """
        wanted = "READ COMMITTED" if level is None else level or self.level
        lock = f"LOCK TABLE {self.relation} IN SHARE ROW EXCLUSIVE MODE NOWAIT"
        begin = self.begin_sql if level == "" and not self.pooled else f"BEGIN ISOLATION LEVEL {wanted}"
        return [begin, *([] if self._locked or "COMMITTED" in wanted else [lock])]

    def begin(self, *more: str, level: str | None = None) -> list[Rows]:
        """See Database. Behind a pooler, each transaction may have another session."""
        found = super().begin(*more, level=level)
        if self.pooled:
            self.session_id = self.query("SELECT pg_backend_pid()")[0][0]
        return found

    def holding(self) -> list[str]:
        """See Database. DISCARD ALL and pg_advisory_unlock_all() let it go."""
        truth = self.lock_sql.removeprefix("SELECT ").replace("?", self.literal(self._key))
        otherwise = "this file let go of the lock of this run, and another runner has taken it"
        return [Truth(truth, otherwise)] if self._locked else []

    def same_transaction(self, number: str) -> list[str]:
        same = f"pg_catalog.txid_current() OPERATOR(pg_catalog.=) {number}"
        return [Truth(same, "the file has ended the transaction that it runs in")]

    # Letters.

    def taking_back(self, left: Sequence[Statement]) -> list[str]:
        """See Database. What is checked late begins so in each file, which reset_sql has ended with all checked.

        While the locks of the file go, the transaction holds the one of the run, which the session takes again at once:
        a ROLLBACK lets go of the other.
        """
        named = [key[4:] for key in (self.hidden(left).keys if left else ()) if re.match(r"set .*\.", key)]
        sql = "SELECT name FROM unnest(?::text[]) AS name WHERE current_setting(name, true) = ''"
        for (name,) in self.query(sql, named) if named else ():
            raise DriverError(f"this sets {name}, which the files after it would find: leave out --all-or-nothing")
        late = [f"SET CONSTRAINTS {names} DEFERRED" for (names,) in self.query(self._deferred_sql) if names]
        again = self.lock_sql.replace("?", self.literal(self._key))
        return [*late, *([*self._transaction_lock(), self.unlock_sql, again] if left and self._locked else [])]

    def fitted(self, sql: str) -> str:
        """See Database. The server would look at comments, too."""
        pieces, position = list[str](), 0
        for kind, start, end in tokenize(sql, 0, self.syntax) if self.lacking(sql) else ():
            if kind == "comment":
                pieces += sql[position:start], self.held(sql[start:end])
                position = end
        return "".join((*pieces, sql[position:]))

    def owner_of(self, message: str, text: str = "") -> str | None:
        """See Database. An error has ended the transaction, so that another connection is asked."""
        found = re.search(r"must be owner of (?P<kind>[a-z ]+?) (?P<name>[^\n]+)", message)
        if not found:
            return None
        name = self.quoted(found["name"])
        schema = re.search(rf"""(\w+|"[^"]+")\."?{re.escape(found["name"])}\b""", text)
        name = f"{schema[1]}.{name}" if schema else name
        with contextlib.suppress(DriverError, MigrateError), contextlib.closing(self.another()) as other:
            return "".join(owner for (owner,) in other.query(self._owner_sql, name, name, name, found["name"])[:1])
        return ""

    def _lacking(self, letters: Sequence[str]) -> Collection[str]:
        """See Database. An error would end a transaction."""
        try:
            if self.in_transaction:
                with contextlib.closing(self.another()) as other:
                    return other.lacking("".join(letters))
            self.query(f"SELECT convert(decode('{''.join(letters).encode().hex()}', 'hex'), 'UTF8', '{self.encoding}')")
        except (DriverError, MigrateError) as failed:
            half = len(letters) // 2
            if getattr(failed, "code", "") == "22P05":  # else it is not a letter, but this way of asking
                return {*self._lacking(letters[:half]), *self._lacking(letters[half:])} if half else letters
        return ()

    # What statements are.

    def natures(self, statements: Sequence[Statement], names: Mapping[str, str] = _NO_NAMES) -> list[Nature]:
        """See Database. What is not volatile changes nothing: the server's own functions are asked for.

        A person may name one like a word that is no call before a bracket elsewhere, such as LIST: then it is one.
        """
        if self.connection and not self._own_names:
            alike = [each.lower() for each in self.forms.plain]
            self._own_names = frozenset(["", *(name.upper() for (name,) in self.query(self._alike_sql, alike))])
        makes = (each.text for each in distinct(statements) if first_word(each.text, self.syntax) == "CREATE")
        made = (self.forms.made(spelled(each, self.syntax)) for each in makes)
        self._own_names |= {each.name.upper() for each in made if each.kind in ("AGGREGATE", "FUNCTION")}
        self.forms.plain = type(self.forms).plain - self._own_names
        found = super().natures(statements, names)
        asked = {each.removeprefix("PG_CATALOG.").lower() for each in self.forms.unknown}
        if not asked or self.connection is None:
            return found
        self.forms.unknown.clear()
        known = {name for (name,) in self.query(self._harmless_sql, [*asked])}
        self.forms.known |= {f"{schema}{name.upper()}" for name in known for schema in ("", "PG_CATALOG.")}
        return super().natures(statements, names) if known else found

    def hidden(self, statements: Iterable[Statement]) -> Hidden:
        """See Database. Without lastval() defined in this session the server says so: nothing wrong is read."""
        code = {name: more for name, *more in self.query(self._code_sql)} if self.connection else {}
        texts, fired = [text for text, _ in code.values()], ""
        for each in distinct(statements):
            first = first_word(each.text, self.syntax)
            if first in ("CREATE", "DO") and self._code_pattern.search(each.text):
                texts, fired = [*texts, each.text], fired + f"{each.text}\n" * ("trigger" in each.text.lower())
        while more := [name for name, (_, fires) in code.items() if fires or name in fired.lower()]:
            fired += "\n".join(code.pop(name)[0] for name in more)
        keys, fires = self._keys("\n".join(texts)), self._keys(fired)
        reads = {f"set {name.lower()}" if name else "seed" for name in self._reads_pattern.findall(fired)}
        return Hidden(keys=keys or frozenset("*"), fired=fires, awaited=fires | reads, firing=frozenset("*"))

    def _keys(self, text: str) -> frozenset[str]:
        keys = {f"temp {name.lower()}" for name in self._temporary_pattern.findall(text)}
        keys |= {f"set {name.lower()}" for pair in self._sets_pattern.findall(text) for name in pair if name}
        keys |= {"*"} if self._hides_pattern.search(text) else set()
        keys |= {"*", "set by code"} if self._dynamic_pattern.search(text) else set()
        return frozenset(keys - _ENDS.keys())

    def has_id(self, statement: Statement) -> bool:
        """See Database. Which sequence it is about may be told by what depends on texts alone."""
        words = spelled(statement.text, self.syntax)
        places = [place for place, word in enumerate(words) if word in ("CURRVAL", "LASTVAL")]
        asked = ["".join(words[place : closing(words, place + 1) + 1]) for place in places] or ["lastval()"]
        simple = re.compile(r"(?i)lastval\(\)|currval\((pg_get_serial_sequence\()?'[^()]*'(::REGCLASS|::TEXT)?\)+")
        try:
            return all(map(simple.fullmatch, asked)) and bool(self.query(f"SELECT {', '.join(asked)}"))
        except DriverError:
            return False

    def refused(self, statement: Statement, failed: DriverError) -> bool:
        """See Database. Only what the message itself says has a place in it."""
        return failed.code == "42601" and failed.offset is not None

    def syntax_after(self, statement: Statement, syntax: Syntax) -> Syntax:
        """See Database. What it takes is a boolean: a word may be cut short."""
        text, first = statement.text.lower(), first_word(statement.text, syntax)
        if first == "DISCARD" or (first == "RESET" and re.search(rf"\ball\b|{STRINGS}", text)):
            return self.syntax
        if not (first == "SET" or "set_config" in text):
            return syntax
        found = re.search(STRINGS + r"""['"]?\s*(?:=|,|\bto\b)\s*e?'?(\w+)""", text)
        if found and found[1] == "default":
            return self.syntax
        off = found and (found[1] in ("0", "of", "off") or "false".startswith(found[1]) or "no".startswith(found[1]))
        return syntax if not found else POSTGRES_BACKSLASH_STRINGS if off else POSTGRES_SYNTAX

    def _words(self, statement: Statement) -> tuple[str, bool, bool]:
        """Return the words of what may ask for modes, which come first; if of one transaction, or of all to come."""
        text = statement.text[:500].upper()
        words = " ".join(spelled(text, self.syntax)) if re.match(r"(BEGIN|START|SET)\b", text) else ""
        return words, bool(self._once_pattern.match(words)), bool(self._always_pattern.match(words))

    def modes(self, statement: Statement) -> tuple[str, bool]:
        """See Database. A quoted word may be one of them."""
        words, once, always = self._words(statement)
        found = re.search(_LEVELS, words) if once or always else None
        return found[0] if found else "", once

    def find_faults(self, statement: Statement) -> Iterator[tuple[str, str]]:
        words, once, always = self._words(statement)
        if (once or always) and self._only_pattern.search(words):
            yield _READ_ONLY

    def run_alone(self, statement: Statement) -> None:
        """See Database. CONCURRENTLY waits for old transactions, and nothing queues behind it: our limit is not for it.

        One that the file, the database or the role has set is. What it leaves half done when it fails, or is stopped,
        is named in the message with the way to be rid of it.
        """
        if not re.match(CONCURRENTLY, code_of(statement, self.syntax), re.DOTALL):
            self.run(statement.text)
            return
        found = self._named_pattern.match(" ".join(words_of(statement.text, self.syntax)))
        name, table = (found[1] or found[3] or found[4], found[2]) if found else (None, None)
        unfinished = partial(self._unfinished, table, name)
        before, ours = [] if name else unfinished(), self.own.get("lock_timeout", 0)
        self.query(self._limit_instead(ours, _ENDLESS))
        try:
            self.run(statement.text)
        except DriverError as failed:
            with contextlib.suppress(DriverError):
                failed.left = "".join(f"\nhint: {each[0]}" for each in unfinished() if each not in before)
            raise
        self.query(self._limit_instead(_ENDLESS, ours))
        for (what,) in unfinished() if name else ():  # IF NOT EXISTS has found it
            message = f"the index {name} exists already, and is invalid: an earlier build of it failed"
            raise DriverError(f"{message}\nhint: {what}", Kind.UNFINISHED)

    def _unfinished(self, table: str | None, name: str | None) -> Rows:
        return self.query(self._unfinished_sql, table, name)

    def remains(self, statement: Statement) -> tuple[str, str]:
        code = code_of(statement, self.syntax)
        if not re.match(CONCURRENTLY, code, re.DOTALL):
            return "", ""
        if code.startswith("ALTER"):
            sql = "SELECT inhrelid::regclass FROM pg_catalog.pg_inherits WHERE inhdetachpending;"
            return "a partition detached in part, to be finished with DETACH PARTITION .. FINALIZE", sql
        sql = "SELECT indexrelid::regclass FROM pg_catalog.pg_index WHERE NOT indisvalid;"
        return "an invalid index, to be dropped with DROP INDEX CONCURRENTLY", sql

    # The history, and what reset drops.

    def keep(self, schema: str, table: str, *, bare: bool) -> None:
        """See Database. The history also goes with what its owner owns, and that is who runs this."""
        super().keep(schema, table, bare=bare)
        self.kept["OWNED"] = {(each,) for each in (self.user, "current_user", "current_role", "session_user")}

    def find_made(self, words: Sequence[str], *, code: bool = False) -> Iterator[tuple[bool, Made]]:
        """See Database. In a DO block, too, where something may ask first if it is there."""
        if words[0].upper() != "DO":
            yield from self._find_made(words, code=code)
            return
        for body in (each for each in words if each[0] == "$"):
            inner = words_of(body.partition("$")[2].partition("$")[2], self.syntax)
            for place, before in enumerate([";", *inner[:-1]]):
                if before.upper() in _BEFORE_STATEMENT:
                    some = itertools.takewhile(lambda x: x.upper() not in _BEFORE_STATEMENT, inner[place : place + 50])
                    yield from self._find_made([*some], code=True)

    def _find_made(self, words: Sequence[str], *, code: bool) -> Iterator[tuple[bool, Made]]:
        """Do that with one statement. What has no name is known by a number of the file's own, or by all its words."""
        yield from super().find_made(words, code=code)
        text = " ".join("?" if is_quoted(each) and not each.strip("'").isdigit() else each for each in words)
        for gone, number in self._large_pattern.findall(text):
            yield not gone, Made("LARGE OBJECT", (number,), number, optional=code)
        kind, rest = " ".join(words[1:3]).upper(), _spaced(words[3:])
        if kind == "DEFAULT PRIVILEGES" and not self.drop_of(kind, rest).startswith("DROP"):
            yield True, Made(kind, (rest,), rest, optional=True)

    def doom(self, own: Sequence[str], more: Sequence[str], made: Sequence[Made]) -> Doom:
        known: dict[str, int] = dict(self.query(self.schemas_sql))
        for absent in (each for each in more if each not in known):
            fix = "correct the name, or leave it out: what is not there need not be dropped"
            what = f"there is no schema {absent or repr(absent)}{nearest(absent, known)}"
            raise SettingsError(what, where="--schema", fix=fix)
        doom, ((home,),) = super().doom(own, more, made), self.query("SELECT quote_ident(current_schema())")
        remain = {*own, *(name for name, number in known.items() if number < 16384)}  # noqa: PLR2004 (the server's own)
        stays = {("SCHEMA", name) for name in remain}
        made = [each for each in made if each.kind not in self.of_server and (each.kind, each.name[0]) not in stays]
        doom.schemas += [each.name[0] for each in made if each.kind == "SCHEMA" and not each.why]
        for each in made:
            of_table, of_schema = each.kind in self.of_tables, each.kind in self.of_schemas
            name, text = each.name, each.text
            if len(name) == 1 + of_table:
                name, text = (self._fold(home or "?"), *name), f"{home}.{text}"
            if (of_table or of_schema) and name[0] in doom.schemas:
                doom.again[each.kind, name] = each
            elif of_schema:
                why = each.why or "reset leaves that schema alone"
                doom.roots.append(each._replace(name=name, text=text, why=why))
            elif not each.why or each.kind != "DEFAULT PRIVILEGES":  # that has not run can be anybody's
                doom.roots.append(each)
        return doom

    def drop_everything(self, doom: Doom) -> None:
        """See Database. In a savepoint each: the server says what is there, and ours, and needed by nobody else."""
        leaves = [each for each in doom.roots if each.kind in self._leaves]
        for each in sorted(leaves, key=lambda each: each.kind != "EVENT TRIGGER"):  # which would hear of the others
            self._drop_root(doom, each)
        tied = {row[:3]: row[3:] for row in self.query(self._tied_sql, doom.schemas)}
        objects = self.query(self.objects_sql, doom.schemas)
        whys = {row: self._drop(f"DROP {row[0].upper()} IF EXISTS {row[1]} CASCADE") for row in objects}
        self._find_torn(doom, tied)
        for kind, identity in self.query(self.objects_sql, doom.schemas):  # still
            names = tuple(self._fold(each) for each in words_of(identity, self.syntax) if each != ".")
            why = whys.pop((kind, identity), None) or "it has just been made"
            fix = f"{self.drop_of(kind, identity)} CASCADE"
            doom.stay(f"{kind} {identity}", why, doom.again.get((kind.upper(), names)), fix)
        doom.dropped += len(whys)
        for each in reversed([each for each in doom.roots if each not in leaves]):
            self._drop_root(doom, each)

    def _drop_root(self, doom: Doom, root: Made) -> None:
        sql = self.drop_of(root.kind, root.text)
        if (why := self._drop(sql, back=bool(root.why))) is None:
            return
        if why or root.why:
            cascade = " CASCADE" * bool(why and sql.startswith("DROP") and root.kind != "USER MAPPING")
            doom.stay(str(root), root.why or why, root, sql + cascade)
            doom.near += root.name[:1] if root.kind in self.of_schemas else ()
        else:
            doom.dropped += 1
            doom.notes.append(f"dropped {root}")

    def _drop(self, sql: str, *, back: bool = False) -> str | None:
        """Drop a thing, or see if it could be, and take it *back*; return why not, or None where it is not there."""
        try:
            self.run(f"SAVEPOINT migrate; {sql}; {'ROLLBACK TO' if back else 'RELEASE'} SAVEPOINT migrate")
        except DriverError as failed:
            if failed.code not in self._absent_codes | self._staying_codes:
                raise
            self.run("ROLLBACK TO SAVEPOINT migrate")
            first, *more = re.sub("\nhint: .*", "", failed.message).replace("\ndetail: ", "\n").split("\n")
            return None if failed.code in self._absent_codes else _some(more or [first])
        return ""

    def _find_torn(self, doom: Doom, tied: Mapping[tuple[Any, ...], tuple[Any, ...]]) -> None:
        """Note what of all that was *tied* has gone by CASCADE, and is not of the schemas, nor a part of what is."""
        numbers = ([each[place] for each in tied] for place in range(3))
        there = {row[:3]: row[3] for row in self.query(self._there_sql, *numbers)}
        gone = {each: row for each, row in tied.items() if there.get(each) != row[1]}
        for each, (kind, identity, schema, ours, parts) in gone.items():
            wholes = [*map(tuple, parts), *([(*each[:2], 0)] if each[2] else [])]
            whole = [gone.get(one) or gone.get((*one[:2], 0)) for one in wholes]
            goes = whole and all(whole) and (schema is None or not all(one and one[3] for one in whole))
            if not (ours or goes):
                doom.bars.append((f"{kind} {identity} would go with it", self.drop_of(kind, identity)))
                doom.near += [self._fold(schema)] if schema else []

    def drop_of(self, kind: str, name: str) -> str:
        """See Database. By the words of pg_identify_object(), too."""
        for pattern, way in self._ways.items():
            if found := re.fullmatch(pattern, f"{kind.lower()} {name}"):
                return way.format(*found.groups())
        return f"DROP {re.sub('composite | object', '', kind).upper()} {name}"


_TLS_MODES: Final[Mapping[str, Mapping[str, object]]] = {  # the ssl_mode of the mysql client in PyMySQL's words
    "DISABLED": {"ssl_disabled": True},
    "PREFERRED": {},
    "REQUIRED": {"ssl": {"verify_mode": "none"}},
    "VERIFY_CA": {"ssl_verify_cert": True},
    "VERIFY_IDENTITY": {"ssl_verify_cert": True, "ssl_verify_identity": True},
}


class MySQL(Database):
    """MySQL and MariaDB through PyMySQL. DDL commits by itself there, so that every file is journaled."""

    schemes, label, driver, syntax = "mysql mariadb", "MySQL", "'PyMySQL[rsa]'", MYSQL_SYNTAX
    url_form = "mysql://user:password@host:3306/name"
    url_options = """charset collation connect_timeout socket ssl-mode ssl_ca ssl_cert ssl_disabled ssl_key ssl_mode
        ssl_verify_cert ssl_verify_identity unix_socket"""  # PyMySQL's own names, and the mysql client's
    url_words = _words_of_options(f"ssl_mode ssl-mode: {' '.join(_TLS_MODES)}")
    kinds: ClassVar = _kinds(
        "ABSENT 1146; CANCELLED 1317, 1969, 3024; DEADLOCK 1213; FULL 1021, 1114; LOCK_TIMEOUT 1205; "
        "PRESENT 1007, 1050, 1060, 1061, 1304, 1359, 1537, 1826, 3822; READ_ONLY 1290, 1836; TAKEN 1062; "
        "LOST 0, 1053, 1927, 2006, 2013, 2055; FORBIDDEN 1044, 1045, 1142, 1143, 1227, 1370, 1419"
    )
    _denied = r" command denied to .* for \w+ (?:[`'](?P<database>[^`'.]+)`?\.)?"
    rights = (
        (r"to database '(?P<database>[^']*)'", "GRANT ALL ON {1}.* TO {4};"),
        (
            rf"^(CREATE|ALTER|DROP|INDEX|INSERT|UPDATE|DELETE){_denied}",
            "GRANT CREATE, ALTER, DROP, INDEX, SELECT, INSERT, UPDATE, DELETE ON {1}.* TO {4};",
        ),
        (rf"^(?P<right>[A-Za-z ]+){_denied}", "GRANT {2} ON {1}.* TO {4};"),
        (r"at least one of\) the (?P<right>[A-Z_ ]+?)( or |,| privilege)", "GRANT {2} ON *.* TO {4};"),
        (r"using password", "GRANT FILE ON *.* TO {4};"),
        (r"log_bin_trust_function_creators", "SET GLOBAL log_bin_trust_function_creators = 1;"),
    )
    objects_sql = """SELECT kind, CONCAT('`', REPLACE(name, '`', '``'), '`') FROM (
        SELECT IF(table_type IN ('VIEW', 'SEQUENCE'), table_type, 'TABLE') AS kind, table_name AS name
        FROM information_schema.tables WHERE table_schema = DATABASE()
        UNION ALL SELECT routine_type, routine_name FROM information_schema.routines WHERE routine_schema = DATABASE()
        UNION ALL SELECT 'EVENT', event_name FROM information_schema.events WHERE event_schema = DATABASE()) AS objects
        ORDER BY kind = 'VIEW' DESC"""

    create_database_sql = "CREATE DATABASE {} CHARACTER SET utf8mb4;"
    row_errors = "(1048|1062|1138|1216|1217|1264|1265|1366|1406|1451|1452|3819|4025) "
    lexer, quote_mark, transactional, schema_sql = "mysql", "`", False, "SELECT DATABASE()"
    notes_travel, begin_sql, commit_sql = True, "START TRANSACTION", "COMMIT AND NO CHAIN NO RELEASE"
    unsafe = regex(r"[^\0-\f\x0e-\[\]-\x7f]"), "CONVERT(X'{}' USING utf8mb4)"  # the client reads CRLF as LF
    text_type, time_type, id_type = "LONGTEXT", "DATETIME(3)", "BIGINT AUTO_INCREMENT PRIMARY KEY"
    table_suffix = " ENGINE = InnoDB DEFAULT CHARACTER SET utf8mb4"
    # Of the whole server: the key holds the database. TiDB takes 64 characters.
    lock_sql, unlock_sql = "SELECT GET_LOCK(CONCAT('migrate:', ?), 0)", "SELECT RELEASE_ALL_LOCKS()"
    _libraries_sql = """SELECT 'LIBRARY', CONCAT('`', REPLACE(library_name, '`', '``'), '`')
        FROM information_schema.libraries WHERE library_schema = DATABASE()"""  # MySQL from 9.2 on
    # A table keeps a foreign key to a table that is gone, and what it holds is not checked any more.
    _references_sql = """SELECT constraint_schema, table_name, constraint_name, referenced_table_name
        FROM information_schema.referential_constraints
        WHERE unique_constraint_schema = DATABASE() AND constraint_schema <> DATABASE()"""
    of_server = (*Database.of_server, "SCHEMA", "SERVER", "RESOURCE GROUP")
    of_schemas = "TABLE", "VIEW", "SEQUENCE", "PACKAGE", "PROCEDURE", "FUNCTION", "EVENT"
    making_pattern = _makes(r"((?!TEMP|INDEX|TRIGGER)\S+ ){0,12}?", *of_server, *of_schemas)
    forms_type, id_name = _MySQLForms, "LAST_INSERT_ID()"
    name_marks, folds, schema_words = '`"', (False, False), ("SCHEMA", "DATABASE")  # folds: the server tells
    taking_pattern = regex(
        r"((SET STATEMENT|BEGIN|CASE|FOR|IF|LOOP|REPEAT|WHILE)\b.* )?"  # what MariaDB has a statement in
        rf"({_TAKES}{_HIDES}|CREATE OR REPLACE TABLE own\b|ALTER TABLE .* (WITH|CONVERT) TABLE own\b)"
    )
    _by_hand = "take it out; drop the database by hand, and its history with it"
    ways_out: ClassVar = Database.ways_out | dict.fromkeys(schema_words, _by_hand)
    control_words = Database.control_words | {"SET"}
    opens_pattern = regex(
        r"(BEGIN(\s+WORK)?|START\s+TRANSACTION(\s+(WITH\s+CONSISTENT\s+SNAPSHOT|READ\s+(WRITE|ONLY))\s*,?)*"
        rf"|SET\s+{_AUTOCOMMIT}(0|OFF))\Z"
    )
    closes_pattern, apart_pattern = regex(rf"((?!END){_CLOSES}|SET\s+{_AUTOCOMMIT}{_COMMITS})\Z"), regex("SNAPSHOT")
    _locks = _Refusal(
        r"LOCK\s+TABLES?\b|FLUSH\s.*\b(READ\s+LOCK|FOR\s+EXPORT)\b",
        "this locks the tool out of its own history",
        "remove LOCK TABLES and UNLOCK TABLES (mysqldump --skip-add-locks), or the FLUSH",
    )
    refusals: ClassVar = dict.fromkeys(("SAVEPOINT", "RELEASE", "ROLLBACK"), _CONTROL._replace(pattern="")) | {
        "XA": _Refusal("", "a distributed transaction has no place for the history", "write BEGIN and COMMIT"),
        "USE": _Refusal(
            "",
            "USE would put the rest of the file into another database than the history",
            "name tables as database.table, or migrate that database with a URL of its own",
        ),
        "LOCK": _locks,
        "FLUSH": _locks,
    }
    _columns_sql = "p.user, p.host, '', UTC_TIMESTAMP() - INTERVAL p.time SECOND, '', p.info"
    _sessions_sql = f"SELECT p.id, {_columns_sql} FROM information_schema.processlist p WHERE "
    # Who may not see the session of another user sees its number.
    holder_sql = f"""SELECT l.id, {_columns_sql} FROM (SELECT IS_USED_LOCK(CONCAT('migrate:', ?)) AS id) l
        LEFT JOIN information_schema.processlist p ON p.id = l.id WHERE l.id IS NOT NULL"""
    end_sql = "KILL {};"
    # Seen with the right PROCESS; else nothing is.
    blockers_sql = f"""{_sessions_sql}p.db = DATABASE() AND p.id NOT IN (CONNECTION_ID(), ?) AND p.id IN (
        SELECT trx_mysql_thread_id FROM information_schema.innodb_trx)"""
    progress_sql = "SELECT state FROM information_schema.processlist WHERE id = ? AND state <> ''"
    # By what it runs: a session that a KILL has found idle is called Killed.
    _idle_sql = """SELECT 1 FROM information_schema.processlist
        WHERE id = ? AND info IS NULL AND COALESCE(state, '') = ''"""
    _ours = "sql_quote_show_create"  # that anybody may set to what it is
    is_mariadb, _syntax_error, _unknown = True, "1064", ("1051", "4091", "4092")  # of a table, a sequence, a view
    changed = -1  # rows, by the last statement of the last packet; -1 of a query
    warned: Sequence[int] = ()  # of each result of it, how many warnings it had
    quiet_pattern = regex(r"(?s)(SET\s+STATEMENT\b.*\bFOR\s+)?(DO|EXECUTE)\b")
    _heard: Sequence[Rows] = ()  # and what they were, where each statement was asked for its own
    _warnings_sql = "SHOW WARNINGS LIMIT 20"
    speaks_pattern = regex(
        r"(?i)\bSET\s+(NAMES|CHARSET|CHARACTER\s+SET)\b|\b(character_set_(client|connection)|collation_connection)\b"
    )
    _misreads_pattern = regex(
        r"(?i)(\bSET\s+(NAMES|CHARSET|CHARACTER\s+SET)|\bcharacter_set_client)\b[\s:=`'\"]+"
        r"(?!utf8|default|[@\s:=`'\"])"
    )
    _code: Rows | None = None  # routines, triggers and views, as they were when last looked at
    _code_sql = """SELECT routine_type, routine_schema, routine_name, IF(routine_body = 'SQL', routine_definition, NULL)
        FROM information_schema.routines
        WHERE routine_schema NOT IN ('sys', 'mysql') UNION ALL
        SELECT 'TRIGGER', trigger_schema, event_object_table, action_statement FROM information_schema.triggers
        WHERE trigger_schema <> 'sys' UNION ALL
        SELECT 'VIEW', table_schema, table_name, '' FROM information_schema.views WHERE table_schema <> 'sys'"""
    _sees: bool | None = None
    _sees_sql = """SELECT
        (SELECT COUNT(*) FROM information_schema.user_privileges
            WHERE privilege_type = 'TRIGGER' AND grantee = me.name),
        (SELECT COUNT(*) FROM information_schema.schema_privileges
            WHERE privilege_type = 'TRIGGER' AND grantee = me.name AND DATABASE() LIKE table_schema)
        FROM (SELECT CONCAT('''', REPLACE(CURRENT_USER(), '@', '''@'''), '''') AS name) me"""
    _silent = names_in("INSERT REPLACE UPDATE DELETE SELECT SET PREPARE EXECUTE DEALLOCATE CALL")
    _table_pattern = regex(r"(?i)(CREATE|ALTER|DROP)\s+(TABLE|(UNIQUE\s+)?INDEX)\b")
    _hiding_pattern = regex(
        rf"(?i)@|{_OF_ROWS}|\b(PREPARE|IMMEDIATE|GLOBAL|PERSIST\w*|(GET|RELEASE)_LOCK)\b",
        words="@ select row values table with prepare immediate global persist _lock",
    )
    _id_pattern = regex(r"(?i)\bLAST_INSERT_ID\b|@@\W*(session\W+)?identity")
    _asks_pattern, _views_pattern = regex(r"(?i)\b(FROM|JOIN|TABLE)\b"), regex(r"(?i)\bVIEW\b")
    # What may give code another name, or is text that makes some.
    _moves_pattern = regex(r"(?i)\b(RENAME(?!\s+COLUMN\b)|PACKAGE)\b|['\"]\s*CREATE\b(?!\s+(INDEX|TABLE|UNIQUE)\b)")
    _refused_pattern = regex(
        r"(?i)release|transaction|tx_read_only|read\s+only|sql_auto_is_null|autocommit|infile",
        words="release transaction tx_read_only read sql_auto_is_null autocommit infile",
    )
    beside_sql = (  # MariaDB's roles have no host, MySQL's are users
        "SELECT 'database', schema_name FROM information_schema.schemata",
        "SELECT 'role', user FROM mysql.user WHERE is_role = 'Y'",
        "SELECT 'user', user, host FROM mysql.user WHERE is_role = 'N'",
        "SELECT 'user', user, host FROM mysql.user WHERE user_attributes IS NULL OR user_attributes IS NOT NULL",
        "SELECT 'server', server_name FROM mysql.servers",
        "SELECT 'loadable function', name FROM mysql.func",
        "SELECT 'plugin', name FROM mysql.plugin",
        "SELECT 'tablespace', name FROM information_schema.innodb_tablespaces WHERE name NOT LIKE '%/%'",
        "SELECT 'spatial reference system', srs_name FROM information_schema.st_spatial_reference_systems",
        "SELECT 'resource group', resource_group_name FROM information_schema.resource_groups",
    )
    _key_words: ClassVar = {
        "PREPARE EXECUTE IMMEDIATE": ("*", "set by code"),
        "CALL": ("*",),
        "GLOBAL PERSIST PERSIST_ONLY": ("global",),
        "GET_LOCK RELEASE_LOCK": ("lock",),
        "NAMES CHARSET ROLE TRANSACTION RESOURCE AUTHORIZATION": ("set names",),
    }
    _code_pattern = regex(
        r"(?i)\b(FUNCTION|PROCEDURE|TRIGGER|VIEW|PACKAGE|CALL|EXECUTE|BEGIN)\b",
        words="function procedure trigger view package call execute begin",
    )
    _obeying_pattern = regex(
        r"(SET STATEMENT .*? FOR )?(ANALYZE|CHECK|FLUSH|OPTIMIZE|REPAIR|TRUNCATE|(ALTER|CREATE|DROP|RENAME) "
        r"((?!EVENT|FUNCTION|PACKAGE|PROCEDURE|SERVER)\S+ ){0,12}?(INDEX|SEQUENCE|TABLES?|TRIGGER|VIEW))\b"
    )
    _read_only = frozenset({"set transaction_read_only", "set tx_read_only"})
    _kept_rows = b"1196"  # "some non-transactional changed tables couldn't be rolled back"
    digest_sql = """SELECT CONCAT(COUNT(*), ' ', COALESCE(SUM(CAST(CONV(LEFT(SHA2(
        CONCAT(version, ' ', checksum, ' ', dirty), 256), 15), 16, 10) AS UNSIGNED)), 0)) FROM {}"""
    # How long a statement may wait for a lock, and what the servers have there from their makers; and may run.
    _compiled: ClassVar = {"lock_wait_timeout": ("86400", "31536000"), "innodb_lock_wait_timeout": ("50",)}
    _statement_limits = "max_statement_time", "max_execution_time"  # MariaDB's; MySQL's, for SELECT alone
    # What a name is: of a table, if it has transactions; of what may change others, NULL.
    _named_sql = """SELECT LOWER(t.table_name), COALESCE(e.transactions, 'NO') = 'YES' FROM information_schema.tables t
        LEFT JOIN information_schema.engines e ON e.engine = t.engine
        WHERE t.table_schema = DATABASE() AND t.table_type = 'BASE TABLE'
        UNION SELECT LOWER(table_name), NULL FROM information_schema.views WHERE table_schema = DATABASE()
        UNION SELECT LOWER(event_object_table), NULL FROM information_schema.triggers
        WHERE trigger_schema = DATABASE()
        UNION SELECT LOWER(routine_name), NULL FROM information_schema.routines WHERE routine_schema = DATABASE()
        UNION SELECT LOWER(schema_name), NULL FROM information_schema.schemata"""  # which names what lies elsewhere

    # The connection.

    account = ""  # as CURRENT_USER() names it
    forms: _MySQLForms

    def _account(self, message: str) -> str:
        """See Database. The host is that of the account, which need not be the one that this user comes from."""
        told = re.search(r"user '(.*?)'@'(.*?)' to database", message)
        named = self.account.rpartition("@")[::2] if self.account else told.groups() if told else (self.url.user, "%")
        return "@".join(map(self.literal, named))

    def _connect(self, *, write: bool) -> None:
        import pymysql
        from pymysql.constants import CLIENT

        # RuntimeError: a package for the login is not installed; OSError: a file for TLS cannot be read.
        self.driver_errors = (pymysql.Error, RuntimeError, OSError)
        given = {name.replace("-", "_"): value for name, value in self.url.options.items()}
        timeout, tls = given.get("connect_timeout", "10"), self._tls(given)
        if len(self.url.hosts) > 1 or not re.fullmatch("[1-9][0-9]{0,6}", timeout) or tls is None:
            what = (
                "MySQL takes one host, whole seconds as connect_timeout, true or false as ssl_disabled,"
                f" ssl_verify_cert and ssl_verify_identity, and as ssl_mode {', '.join(_TLS_MODES)}"
            )
            raise SettingsError(what, where=str(self.url), fix="correct the URL: .../database?ssl_mode=REQUIRED")
        if tls.get("ssl_verify_identity") and "ssl_ca" not in tls:  # PyMySQL would skip it in silence
            fix = "add it to the URL: &ssl_ca=/etc/ssl/certs/ca-certificates.crt"
            raise SettingsError("the server's identity is verified with ssl_ca only", where=str(self.url), fix=fix)
        host, port = self.url.hosts[0] if self.url.hosts else ("", 0)
        path = given.get("unix_socket") or given.get("socket") or (host if host.startswith("/") else None)

        class Connection(pymysql.connections.Connection):
            def _create_ssl_ctx(self, sslp: Any) -> Any:
                if sslp.get("ca") or sslp.get("cert") or sslp.get("verify_mode") not in {None, False, "none"}:
                    return super()._create_ssl_ctx(sslp)  # type: ignore[misc] # (its stubs do not have it)
                # Nothing is verified: to read all certificates of the system takes longer than the rest of it.
                import ssl

                context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
                context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
                return context

        place = {"host": host, "port": port, "unix_socket": path, "database": self.url.database}
        way: dict[str, Any] = {"user": self.url.user, "password": self.url.password.encode(), **place, **tls}
        way |= {"connect_timeout": int(timeout), "read_timeout": int(timeout), "client_flag": CLIENT.MULTI_STATEMENTS}
        way |= {"charset": "utf8mb4", "autocommit": True, "program_name": "migrate"}
        self.connection = Connection(**way, local_infile=False)  # a server could ask for any file
        # That was for the handshake, with what may not be MySQL at all; a statement may take hours, and would go on.
        self.connection._read_timeout = None  # noqa: SLF001
        import socket

        link = self.connection._sock  # noqa: SLF001
        if link.family != socket.AF_UNIX:  # seconds, times, and milliseconds: a dead network is noticed
            for name, value in ("KEEPIDLE", 30), ("KEEPINTVL", 10), ("KEEPCNT", 3), ("USER_TIMEOUT", 60_000):
                if number := getattr(socket, f"TCP_{name}", None):
                    link.setsockopt(socket.IPPROTO_TCP, number, value)
        asked = "@@sql_mode, @@max_allowed_packet, VERSION(), CONNECTION_ID(), UTC_TIMESTAMP(6), CURRENT_USER()"
        sql = f"SELECT {asked}, @@lower_case_table_names"
        ((mode, packet, version, self.session_id, now, self.account, folds),) = self.query(sql)
        self._speak(given)
        self._clock, self.folds = now - timedelta(seconds=time.monotonic()), (bool(folds), bool(folds))
        self._adapt()
        self.packet_limit, self.syntax = int(packet), _mysql_syntax(mode)
        self.packet_size = min(int(packet) / 4, _PACKET)
        if re.match(r"(?!.*(mariadb|tidb))([89]|\d\d)\.", version, re.IGNORECASE):
            self.forms, self.is_mariadb = _MySQL9Forms(), False

    def _tls(self, given: dict[str, str]) -> dict[str, Any] | None:
        """Take what a URL says about TLS out of what it has *given*; None where that is no word for it."""
        mode = given.pop("ssl_mode", "PREFERRED").upper()
        paths = {name: given.pop(name) for name in ("ssl_ca", "ssl_cert", "ssl_key") if name in given}
        tls: dict[str, Any] = {"ssl_verify_cert": "ssl_ca" in paths} | paths
        tls |= {name: _TRUTH.get(word.strip().lower()) for name, word in given.items() if name.startswith("ssl_")}
        tls |= _TLS_MODES.get(mode, {"ssl_mode": None})
        return None if None in tls.values() else tls

    def _speak(self, given: Mapping[str, str]) -> None:
        """Set what a literal becomes, as the URL says. What is sent is UTF-8, which has every name and comment."""
        pairs = ("charset", "character_set"), ("collation", "collation")
        spoken = [f"{word}_connection = {self.literal(given[name])}" for name, word in pairs if name in given]
        try:
            self.query(f"SET SESSION {', '.join(spoken)}") if spoken else None
        except DriverError as failed:
            self.close()
            fix = "correct the URL: .../database?charset=utf8mb4"
            raise SettingsError(failed.message, where=str(self.url), fix=fix) from None
        self.encoding = given.get("charset", "")

    def _adapt(self) -> None:
        """Set what the session needs in a cluster; and its limits, where a person has said them, or nobody has."""
        # Galera, and Group Replication with several primaries: one node's locks are not seen on another, and what is
        # read has to be what all of them have committed.
        asked = "wsrep_on", "group_replication_single_primary_mode", *self._compiled, *self._statement_limits
        listed = ", ".join(f"'{each}'" for each in asked)
        found: dict[str, str] = dict(self.query(f"SHOW VARIABLES WHERE Variable_name IN ({listed})"))
        unsaid = (name for name, usual in self._compiled.items() if self.lock_said or found.get(name) in usual)
        ours: dict[str, Any] = dict.fromkeys(unsaid, self._whole_seconds())
        self.lock_limit = min(float(ours.get(name, found.get(name, 0))) for name in self._compiled)
        if self.statement_said:  # it is kept here; the server is not to be faster
            ours |= {name: 0 for name in self._statement_limits if float(found.get(name, 0))}
        if found.get("wsrep_on") == "ON":
            self.local_locks, ours["wsrep_sync_wait"] = True, 7
        elif found.get("group_replication_single_primary_mode") == "OFF":
            self.local_locks, ours["group_replication_consistency"] = True, "'BEFORE'"
        self.verifies = self.local_locks
        if ours:
            self.query("SET SESSION " + ", ".join(f"{name} = {value}" for name, value in ours.items()))

    def _whole_seconds(self) -> int:
        """Return how long a statement may wait for a lock: the server counts in seconds. No limit is a year."""
        return max(1, math.ceil(self.lock_wait)) if self.lock_wait else 31536000

    def _can_wait(self) -> bool:
        return self.connection is not None and self.connection.open

    def _take_from(self, before: Any) -> bool:
        """See Database. Who waits in GET_LOCK comes before whoever only looks for the lock from time to time."""
        from pymysql.constants import COMMAND

        sql = self.lock_sql.replace("?, 0", "?").replace("0)", "10)").replace("?", self.literal(self._key))
        self.connection._execute_command(COMMAND.COM_QUERY, sql)  # noqa: SLF001 (an answer comes later)
        before.close()
        self.connection._read_query_result()  # noqa: SLF001
        return bool(self.connection._result.rows[0][0] == 1)  # noqa: SLF001

    def cancel(self) -> bool:
        return self._of_session(f"KILL QUERY {self.session_id}") is not None

    def is_idle(self) -> bool:
        """See Database. MariaDB says nothing of the rest of a packet that was ended between two of its statements."""
        return bool(self._of_session(self._idle_sql, self.session_id))

    def _of_session(self, sql: str, *args: object) -> Rows | None:
        """Ask over another connection; None where that cannot be."""
        with contextlib.suppress(DriverError, MigrateError), contextlib.closing(self.another()) as other:
            return other.query(sql, *args)
        return None

    def _line(self) -> int:
        return int(self.connection._sock.fileno())  # noqa: SLF001

    @property
    def in_transaction(self) -> bool:
        return bool(self.connection and self.connection.server_status & 1)

    @property
    def commits(self) -> bool:  # type: ignore[override]
        """See Database. The server tells what autocommit is."""
        return bool(self.connection.get_autocommit())

    def _explain(self, error: Any) -> DriverError:
        code, message = (*error.args, "")[:2] if error.args and isinstance(error.args[0], int) else (-1, str(error))
        kind = self.kinds.get(str(code), Kind.OTHER)
        text = str(message).replace("\0", "")  # it comes in the encoding that a file has set for results
        text = text or ("the connection was lost" if kind is Kind.LOST else f"error {code}")
        return DriverError(text, kind, str(code))

    def query(self, sql: str, *args: object) -> Rows:
        """See Database. Where anybody runs a text with a letter of four octets, MySQL has one list that can show it."""
        attempt = partial(super().query, sql, *args)
        try:
            return self._again(attempt) if self.local_locks and not self.in_transaction else attempt()
        except DriverError as failed:
            if failed.code != "3854":
                raise
        return super().query(sql.replace("information_schema.processlist", "performance_schema.processlist"), *args)

    def _again(self, attempt: Callable[[], Any]) -> Any:
        """Return what *attempt* does. In a cluster the change of another node may end anything: it is tried again."""
        for _ in range(20):
            try:
                return attempt()
            except DriverError as failed:
                if failed.kind is not Kind.DEADLOCK:
                    raise
            self.rollback()
            self.pause(0.1)
        return attempt()

    def run(self, sql: str) -> None:
        self._exchange(self._titled(sql))

    def listen(self, limit: int = 20, *, seen: bool = False) -> Mapping[int, int]:
        """See Database. The server keeps what it has said of the last one; to MariaDB, DO is what changes no row."""
        warned, heard, told, missed = self.warned, self._heard, 0, dict[int, int]()
        if not heard and warned and warned[-1] and limit > 0 and not (seen and (self.changed or not self.is_mariadb)):
            with contextlib.suppress(DriverError):  # a KILL that came late: what has run has run
                heard = [*[[]] * (len(warned) - 1), self._exchange(self._warnings_sql + "; DO 0" * seen)[0]]
        self.warned, self._heard = (), ()
        for number, count in enumerate(warned, 1):
            rows = heard[number - 1] if heard and told < limit else []
            told += len(rows)
            self._hand_on(rows, count)
            missed |= {number: count} if count and not rows else {}
        return missed

    def _hand_on(self, rows: Rows, count: int = 0) -> None:
        """Hand on warnings, which come in the encoding that a file has set for results, and that there are *count*."""
        for row in rows:
            level, code, text = (str(each, "latin-1").replace("\0", "") for each in row)
            with contextlib.suppress(UnicodeError):
                text = text_of(text)
            self.hear(level.lower(), f"{text} ({code})")
        if rows and count > len(rows):
            self.hear("warning", f"and {count - len(rows)} more of the same statement")

    _near_pattern = regex(r"(?s)(.*?)(?:; check the manual .*?)? near '(.*)' at line (\d+)")

    def placed(self, text: str, message: str) -> tuple[int, bool, str]:
        """See Database. It quotes what comes from there on, and counts the lines of the statement; one is enough."""
        found = self._near_pattern.fullmatch(message)
        if not found:
            return super().placed(text, message)
        said, quoted, line = found[1], found[2].removesuffix("..."), int(found[3])
        if not quoted:
            return len(text), True, f"{said}: it is not complete"
        shown = _in_utf8mb3(text)
        begin = sum(len(each) + 1 for each in shown.split("\n")[: line - 1])
        ends, places = shown.endswith(quoted), [each.start() for each in re.finditer(re.escape(quoted), shown)]
        exact = ends or len(places) == 1
        place = len(text) - len(quoted) if ends else next((each for each in places if each >= begin), 0)
        return place, exact, f"{said} near '{found[2].partition(chr(10))[0]}'"

    def run_all(self, texts: Sequence[str], *, listens: bool = False) -> None:
        """See Database. One packet; what the message of an error quotes goes on into the next statement."""
        texts, step = [f"{each}\n" for each in (self._titled(texts[0]), *texts[1:])], 2 if listens else 1
        texts = [part for each in texts for part in (each, self._warnings_sql)[:step]]
        try:
            found = self._exchange("; ".join(texts))
        except DriverError as failed:
            rest = "; ".join(texts[failed.number :])
            failed.message = _cut(failed.message, texts[failed.number - 1][:-1], f"\n; {rest}")
            failed.number = (failed.number - 1) // step + 1
            raise
        self.warned, self._heard = self.warned[::step], found[1::2] if listens else ()

    def _titled(self, sql: str) -> str:
        # The process list shows the statement, and so who runs it. In a conditional comment nothing may be left.
        return sql if sql.startswith("/*") else f"/* {self.title} */ {sql}"

    def send(self, *parts: str | Statement) -> list[Rows]:
        """See Database. One packet: a server whose client dies half way goes on with it, to its end or to an error.

        That a note is not proved ends nothing by itself; that one value is asked for and two are there does. With it
        the lock of the session is taken again, which RELEASE_ALL_LOCKS() lets go of. What sets a variable to what it is
        has no rows, which take the driver longer than all else.
        """
        held = f" AND COALESCE(GET_LOCK(CONCAT('migrate:', '{self._key}'), 0), 0)" if self._locked else ""
        hit = f"SET SESSION {self._ours} = IF(ROW_COUNT() = 1{held} AND "
        texts, numbers = list[str](), list[int]()
        for number, part in enumerate(parts, 1):
            added = [f"{self._titled(part.text)}\n" if isinstance(part, Statement) else part]
            if isinstance(part, Statement) and not part.text.startswith("/*"):  # which may be nothing here
                added.append(self._warnings_sql)
            # A new line of the log is there, or an error is: no trigger and no policy keeps it out in silence here.
            proof = part.proof if isinstance(part, Note) else ""
            added += [f"{hit}{proof}, @@SESSION.{self._ours}, (SELECT 1 UNION SELECT 2))"] if proof else []
            texts += added
            numbers += [number] * len(added)
        ours = all(isinstance(each, str) for each in parts)
        whole = ours and parts[0] == self.begin_sql and parts[-1] == self.commit_sql
        try:
            attempt = partial(self._exchange, "; ".join(texts))
            rows: list[Rows] = self._again(attempt) if whole and self.local_locks else attempt()
        except DriverError as failed:
            place = min(failed.number, len(numbers)) - 1
            failed.number = numbers[place]
            if failed.code == "1242" and texts[place].startswith(hit):
                raise DriverError(_OUTRUN, Kind.OUTRUN, number=failed.number) from None
            failed.number += texts[place] == self._warnings_sql  # before which a statement has come to its end
            part = [*parts, ""][failed.number - 1]
            if isinstance(part, Statement):  # what the message quotes goes on into what is ours
                failed.message = _cut(failed.message, texts[place][:-1], "\n; " + "; ".join(texts[place + 1 :]))
            raise self._of_part(failed, part) from None
        for text, found, count in zip(texts, rows, (0, *self.warned), strict=False):
            self._hand_on(found if text == self._warnings_sql else [], count)
        self.warned = ()
        return rows

    def _exchange(self, sql: str) -> list[Rows]:
        """Send a packet; return the rows of each result. An error of a later statement comes with its own result."""
        if self.connection is None:
            raise DriverError("the connection is closed", Kind.LOST, number=1)
        found, connection = list[Rows](), self.connection
        # A file may have set any encoding for its results, of numbers, too, and may ask for what no driver knows: rows
        # are octets, which nobody reads.
        kept, connection.decoders, connection.encoding = connection.decoders, {}, "latin-1"
        connection.use_unicode = False
        try:
            with self.translated(), connection.cursor() as cursor:
                cursor.execute(sql.encode(), None)
                found.append(cursor.fetchall() if cursor.description else [])
                self.warned = warned = [cursor.warning_count]
                while cursor.nextset():
                    found.append(cursor.fetchall() if cursor.description else [])
                    warned.append(cursor.warning_count)
                self.changed = -1 if cursor.description else cursor.rowcount
        except DriverError as failed:
            failed.number = len(found) + 1
            raise
        finally:
            connection.decoders, connection.encoding, connection.use_unicode = kept, "utf-8", True
        return found

    def run_marked(
        self, statement: Statement, started: Sequence[str], done: Sequence[str], before: Sequence[str], *, whole: bool
    ) -> None:
        """See Database. One packet, which goes on where a transaction is open: the DDL commits *started*, too."""
        begin = [] if self.in_transaction else [self.begin_sql]
        if not self.links(statement):
            self.send(*begin, *started, self.commit_sql, *before)
            self.run(statement.text)
            self.listen()
            self.write_after(done)
            return
        try:
            self.send(*begin, *started, *before, statement, *done, self.commit_sql)
        except DriverError as failed:
            before_note = failed.number <= len(begin) + len(started) + len(before) + 1 or not whole
            failed.ran = self.cut_off and not before_note
            if failed.kind is Kind.LOST or before_note:
                raise
            self.rollback()  # a note has failed: a lock on the history, or a KILL that came late
            self.write_after(done)

    def links(self, statement: Statement) -> bool:
        """See Database. Where the version in such a comment does not apply, nothing between two semicolons is left."""
        return not statement.text.startswith("/*") and (self.is_mariadb or not self._ends_packet(statement))

    def _ends_packet(self, statement: Statement) -> bool:
        """Tell if nothing can follow: MySQL keeps the semicolon in a routine without BEGIN, and no dump of it loads."""
        routine = r"(CREATE|ALTER)\s+(DEFINER\s*=.*?\s)?(TRIGGER|EVENT|FUNCTION|PROCEDURE)\b(?!.*\bBEGIN\b)"
        return bool(re.match(routine, code_of(statement, self.syntax), re.DOTALL))

    def rollback(self) -> bool:
        """See Database. Tables without transactions keep their rows: a warning says so, and nothing else.

        Where a deadlock has rolled back, it comes with that.
        """
        whole = self._is_whole()
        with contextlib.suppress(DriverError):
            self.query("ROLLBACK AND NO CHAIN NO RELEASE")
        whole = whole and self._is_whole()
        with contextlib.suppress(DriverError):  # not before, which would empty the list of warnings
            self.query("SET SESSION character_set_results = utf8mb4")  # what is read from now on is text
        return whole

    def _is_whole(self) -> bool:
        """Tell if what was just rolled back, if anything was, has left no rows. A file may want no warnings listed."""
        with contextlib.suppress(DriverError):
            # The list before the number, which empties it on MySQL; both in whatever encoding the file has set.
            listed, ((number,),) = self._exchange("SHOW WARNINGS; SELECT @@warning_count LIMIT 1")
            codes = {code.replace(b"\0", b"") for _, code, _ in listed}
            return bool(codes or not int(number.replace(b"\0", b""))) and self._kept_rows not in codes
        return True

    def stayed(self, statements: Sequence[Statement], failed: Statement | None) -> tuple[int, bool]:
        """See Database. By the tables that they name, where nothing else that they name could change another one."""
        known: dict[str, set[object]] = {"execute": {None}}  # its text may name anything
        for name, transactions in self.query(self._named_sql):
            known.setdefault(name, set()).add(transactions)

        def kept(statement: Statement) -> bool | None:  # None: perhaps
            found = {each for name in self._names(statement) for each in known.get(name, ())}
            return found == {0} if found in ({0}, {1}) else None

        number = next((place for place, each in enumerate(statements) if not kept(each)), len(statements))
        certain = all(kept(each) is False for each in statements[number:])
        # What names nothing that is there has failed at that.
        return number, certain and (not failed or kept(failed) is False or self._names(failed).isdisjoint(known))

    def _names(self, statement: Statement) -> set[str]:
        """Return all words of a statement that may be names, in lower case."""
        return self.forms.named([word for word in spelled(statement.text, self.syntax) if word[0] != "'"])

    def took(self, since: float) -> object:
        """See Database. By the server's clock: what it measures runs in the same packet."""
        began = (self._clock + timedelta(seconds=since)).isoformat(" ", "microseconds")
        return Code(f"GREATEST(0, TIMESTAMPDIFF(MICROSECOND, '{began}', UTC_TIMESTAMP(6)) DIV 1000)")

    # Letters.

    def beyond(self, sql: str) -> list[_Fault]:
        """See Database. Of literals; one that names its character set is in that, and a file may set another one."""
        last, marks = "", "'" if self.syntax == MYSQL_ANSI_QUOTES else "'\""
        for kind, start, end in tokenize(sql, 0, self.syntax) if self.lacking(sql) else ():
            if kind == "quote" and sql[start] in marks and last[:1] != "_":
                found = super().beyond(sql[start:end])
                if found and not self.speaks_pattern.search(sql, 0, start):
                    letter = found[0][0]
                    what = f"the charset of the URL, {self.encoding}, does not have the letter {letter.text}"
                    fix = "take charset out of the URL, or write  SET NAMES utf8mb4;  before it"
                    return [(letter._replace(offset=start + letter.offset), (what, fix))]
            last = kind
        return []

    def held(self, value: str) -> str:
        """See Database. The history has every letter."""
        return value

    def _lacking(self, letters: Sequence[str]) -> Collection[str]:
        text = "".join(letters)
        there = f"CONVERT(X'{text.encode().hex()}' USING utf8mb4)"
        back = self.query(f"SELECT CONVERT(CONVERT({there} USING {self.quoted(self.encoding)}) USING utf8mb4)")[0][0]
        return {each for each, found in zip(text, back, strict=False) if each != found}

    # What statements are.

    def find_faults(self, statement: Statement) -> Iterator[tuple[str, str]]:
        """See Database. Where no note travels with it, a statement may not let go of the lock of the run."""
        words = spelled(statement.text, self.syntax) if self._refused_pattern.search(statement.text) else []
        sets = self.forms.nature(words).writes if words[:1] == ["SET"] else frozenset[str]()
        pairs, history = {*itertools.pairwise(words)}, f"{self.url.database}.{self.kept_table}"
        if ("RELEASE_ALL_LOCKS", "(") in pairs and words[0] not in ("ALTER", "CREATE"):
            fix = "release each lock of your own by its name: RELEASE_LOCK('name')"
            yield "RELEASE_ALL_LOCKS() would let go of the lock of this run, too", fix
        if ("LOCAL", "INFILE") in pairs and words[0] in ("LOAD", "SET"):
            what = "LOCAL INFILE works in the server's own client only"
            what += ": with it, a server could ask for any file of yours"
            yield what, "write INSERT statements, or LOAD DATA INFILE of a file on the server"
        if words[:1] == ["SET"] and "autocommit" in map(self.forms.fold, words) and self._switches(words):
            yield _CONTROL.what, "write it as a statement of its own: SET autocommit = 0;  or  SET autocommit = 1;"
        if words[:1] in (["COMMIT"], ["ROLLBACK"]) and words[-1] == "RELEASE" and words[-2] != "NO":
            yield "RELEASE would close the connection of this run", "leave RELEASE out"
        if not history.isascii() and self._misreads_pattern.search(statement.text):
            what = f"after this the server could not read the name {history}: text is UTF-8"
            yield what, "take it out, or write  SET NAMES utf8mb4"
        if "set sql_auto_is_null" in sets:
            fix = "take it out, and write LAST_INSERT_ID() where it is meant"
            yield "with this, IS NULL reads LAST_INSERT_ID()", fix
        if (words[:1] in (["SET"], ["START"]) and ("READ", "ONLY") in pairs) or sets & self._read_only:
            yield _READ_ONLY

    def _switches(self, words: Sequence[str]) -> bool:
        """Tell if a SET is about autocommit, in this session, in another form than *opens* and *closes* know."""
        parts = [part for part in self.forms.assignments(words[1:]) if part[:1] != ["@"] or part[1:2] == ["@"]]
        named, code = (part[: part.index("=")] if "=" in part else part for part in parts), " ".join(words)
        return not (self.opens_pattern.match(code) or self.closes_pattern.match(code)) and any(
            "autocommit" in map(self.forms.fold, part) and "GLOBAL" not in part for part in named
        )

    def natures(self, statements: Sequence[Statement], names: Mapping[str, str] = _NO_NAMES) -> list[Nature]:
        """See Database. What reads a view may call what nobody sees: it is noted."""
        found = super().natures(statements, names)
        asks = {each.text for each in distinct(statements) if self._asks_pattern.search(each.text)}
        both = enumerate(zip(statements, found, strict=True))
        asking = [place for place, (each, nature) in both if each.text in asks and Trait.SESSION in nature.traits]
        if not asking:
            return found
        self.hidden(())
        made = (spelled(each.text, self.syntax) for each in statements if self._views_pattern.search(each.text))
        views = {name.lower() for kind, _, name, _ in self._code or () if kind == "VIEW"}
        views |= {self.forms.made(words).name for words in made}
        for place in asking:
            if not self.connection or self._names(statements[place]) & views:
                traits = found[place].traits & ~_REPEATED | Trait.DATA | Trait.INSIDE
                found[place] = found[place]._replace(traits=traits)
        return found

    def nature_now(self, statements: Sequence[Statement], number: int) -> Nature:
        """See Database. What EXECUTE runs may be in a variable, still."""
        natures = self.natures(statements)
        nature, words = natures[number - 1], spelled(statements[number - 1].text, self.syntax)
        if Trait.WHOLE in nature.traits or words[:1] != ["EXECUTE"] or len(words) < 2:  # noqa: PLR2004 (and the name)
            return nature
        key = f"prepared {self.forms.fold(words[1])}"
        place = max((place for place, each in enumerate(natures[: number - 1]) if key in each.writes), default=0)
        source = spelled(statements[place].text, self.syntax)
        keys, since = {*self.forms.variables(source), "*"}, natures[place : number - 1]
        known = key in natures[place].writes and source[2:4] == ["FROM", "@"]
        if not known or any(each.writes & keys for each in since):
            return nature
        rows = self.query(f"SELECT {''.join(source[3:])} LIMIT 1")
        return self.forms.nature(spelled(str(rows[0][0]), self.syntax)) if rows else nature

    def zero(self, keys: Collection[str]) -> list[str]:
        """See Database. On MariaDB the list of warnings is emptied by what opens a table, or the like."""
        parts = ["DO LAST_INSERT_ID(0)"] if "id" in keys else []
        if _TRANSIENT.isdisjoint(keys):
            return parts
        if self.is_mariadb:
            return [*parts, "DO (SELECT 1 FROM (SELECT 1) AS one)"]
        return [*parts, "SELECT 0 FROM DUAL WHERE 0", f"SET SESSION {self._ours} = @@SESSION.{self._ours}"]

    def hidden(self, statements: Iterable[Statement]) -> Hidden:
        """See Database. The text of a routine that this user may not see is NULL."""
        if self._code is None:
            self._code = self.query(self._code_sql) if self.connection else []
        statements, home = distinct(statements), self.url.database.lower()
        named = "\n".join(each.text for each in statements).lower()
        code: list[tuple[str, str, str | None]] = [
            (kind, name.lower() if kind in _ON_TABLES or schema.lower() == home else "", text)
            for kind, schema, name, text in self._code
            if schema.lower() == home or schema.lower() in named
        ]
        for text in (each.text for each in statements if not self._is_silent(each.text)):
            words = spelled(text, self.syntax)
            kind, schema, name = self.forms.made(words) if words[0] == "CREATE" else Created("", "", "")
            name = self.forms.name_at(words, [*words, "ON"].index("ON") + 1)[1] if kind == "TRIGGER" else name
            spoken = {after for word, after in itertools.pairwise(words) if word in ("LANGUAGE", "SONAME")}
            ours = kind in ("FUNCTION", "PROCEDURE") and schema in ("", home) and spoken <= {"SQL"}
            named_by = (kind, name) if ours or kind in _ON_TABLES else ("", "")
            code.append((*named_by, "" if kind == "VIEW" else text))
        if not code:
            return Hidden()
        told = [None if text is None else _read(text, self.syntax, self.forms) for _, _, text in code]
        pieces = [(kind, name, each) for (kind, name, _), each in zip(code, told, strict=True)]
        names = {name for each in told if each for name in self._assigned(each[0])}
        settings: set[str] | None = None  # where nobody can be asked
        if names and self.connection:
            listed = ", ".join(self.literal(each) for each in sorted(names))
            settings = {name.lower() for name, _ in self.query(f"SHOW VARIABLES WHERE Variable_name IN ({listed})")}
        keys = [(kind in _ON_TABLES, self._keys(each and each[0], settings)) for kind, _, each in pieces]
        known = self._known(pieces, settings) if self.connection and not self._moves_pattern.search(named) else {}
        views = frozenset(name for kind, name, _ in code if kind == "VIEW")
        hidden = Hidden(
            any(text is None or self._id_pattern.search(text) for _, _, text in code),
            frozenset().union(*(each for _, each in keys)),
            frozenset().union(*(each for fires, each in keys if fires)),
            frozenset().union(*(self._awaited(each, settings) for kind, _, each in pieces if kind in _ON_TABLES)),
            frozenset(name for kind, name, _ in code if kind in _ON_TABLES),
            code=known,
        )
        does = hidden.acts_of(views & known.keys())
        run = hidden.acts_of({*known} & {name for each in known.get("", ()) for name in each.names})  # by triggers
        fired, awaited = hidden.fired | run.writes - {"*"}, hidden.awaited | run.reads - {"*"}
        return hidden._replace(views=views if does.reads | does.writes else frozenset(), fired=fired, awaited=awaited)

    def _known(self, pieces: Iterable[tuple[str, str, _Read]], settings: set[str] | None) -> dict[str, list[Acts]]:
        """Return what code of this database does, by its name; by that of another one, that nobody knows that."""
        home = self.url.database.lower()
        others = [(kind, schema.lower()) for kind, schema, *_ in self._code or () if schema.lower() != home]
        if self._sees is None:  # triggers show to nobody without that right
            self._sees = any(self.query(self._sees_sql)[0])
        found = {"": [] if self._sees else [Acts()]} | {schema: [Acts()] for _, schema in others}
        named = (*((kind, name) for kind, name, _ in pieces), *others)
        functions = frozenset(name for kind, name in named if kind not in ("PROCEDURE", *_ON_TABLES))
        for kind, name, each in pieces:
            any_of_them = Acts(frozenset(), frozenset(), functions)
            acts = [any_of_them if kind == "VIEW" else self._acts(each, settings)] if name else []
            found.setdefault("" if kind == "TRIGGER" else name, []).extend(acts)
        return found | {f"{home}.{name}": acts for name, acts in found.items()}

    def _acts(self, code: _Read, settings: set[str] | None) -> Acts:
        """Return what a piece of code does by itself; what it calls is read by name."""
        if code is None:
            return Acts()
        forms, (words, nature) = self.forms, code
        reads = nature.reads - ({"*", "count", "found"} if "code" in nature.writes else set())
        reads |= {forms.called(words, place + 1) for place, word in enumerate(words) if word == "CALL"}
        reads |= {"next", *(("count", "warnings") if "DIAGNOSTICS" in words else ())}  # it may insert
        own = forms.own(words)
        known = {"CALL"} | ({"PREPARE", "EXECUTE"} if "code" in own else set())
        names = {*map(forms.fold, words)} | ({"temp *"} if "code" in own and "PREPARE" in words else set())
        writes = self._keys([word for word in words if word not in known], settings)
        writes |= nature.writes - _TRANSIENT - {"*", "code"} | {key for key in own if key.startswith("prepared ")}
        return Acts(frozenset(reads - own), writes, frozenset(names))

    def look_again(self, sql: str = "") -> None:
        if not sql or self._code_pattern.search(sql):
            self._code = None

    def _is_silent(self, text: str) -> bool:
        """Tell if a statement holds no code: what it does to the session, its nature says."""
        if first_word(text, self.syntax) in self._silent:
            return True
        found, more = self._table_pattern.match(text), (self._code_pattern, self._hiding_pattern)
        return found is not None and not any(each.search(text, found.end()) for each in more)

    def _awaited(self, code: _Read, settings: set[str] | None) -> frozenset[str]:
        """Return the keys that the code of a trigger may read: of one statement it is known."""
        words, nature = code or (None, Nature())
        keys, own = self._keys(words, settings), nature.reads & {"id"}
        start = words.index("ROW") + 1 if words and words[0] == "CREATE" and "ROW" in words else 0
        if words and words[start : start + 1] in (["SET"], ["INSERT"], ["UPDATE"], ["DELETE"], ["DO"]):
            return keys & self.forms.nature(words[start:]).reads | own
        return keys | own

    def _keys(self, words: Sequence[str] | None, settings: set[str] | None) -> frozenset[str]:
        """Return the keys of the session that a piece of code may write, or read; of *settings* there are these."""
        if words is None:
            return frozenset({"*", "set by code"})
        keys, assigned = {*self.forms.variables(words)}, self._assigned(words)
        # START TRANSACTION sets nothing.
        said = {word for last, word in itertools.pairwise(("", *words)) if (last, word) != ("START", "TRANSACTION")}
        for known, added in self._key_words.items():
            keys |= set() if said.isdisjoint(known.split()) else {*added}
        made = (self.forms.made(words[place:]) for place, word in enumerate(words) if word == "TEMPORARY")
        keys |= {f"temp {each.name}" for each in made}
        keys |= {"set names"} if ("SET", "CHARACTER") in itertools.pairwise(words) else set()
        named = {"by code"} if assigned and settings is None else assigned & (settings or set())
        keys |= {f"set {name}" for name in named}
        return frozenset(keys)

    def _assigned(self, words: Sequence[str]) -> set[str]:
        return {self.forms.fold(before) for before, word in itertools.pairwise(words) if word in ("=", ":=")}

    def refused(self, statement: Statement, failed: DriverError) -> bool:
        """See Database. What cannot be prepared because of its syntax has not run; what it runs itself may be such.

        A DROP of a list drops what is there, and names the rest.
        """
        if failed.code in self._unknown:
            words = spelled(statement.text, self.syntax)
            words = words[words.index("FOR") + 1 :] if words[:2] == ["SET", "STATEMENT"] else words
            dropped, home = self.forms.dropped(words), self.url.database.lower()
            names = ",".join(f"{schema or home}.{name}" for schema, name in dropped)
            return f"'{names}'" in failed.message.lower()
        if failed.code != self._syntax_error:
            return False
        try:
            self.query(f"PREPARE migrate FROM {self.connection.escape(statement.text)}")
        except DriverError as again:
            return again.code == self._syntax_error
        return False

    def obeys(self, statement: Statement) -> bool:
        """See Database. Events, DROP PROCEDURE and others say so of a KILL, too, that came after all was done."""
        return bool(self._obeying_pattern.match(" ".join(spelled(statement.text, self.syntax))))

    def syntax_after(self, statement: Statement, syntax: Syntax) -> Syntax:
        """See Database. A mode that is put back from a variable is taken to be the one the session began with."""
        code = " ".join(statement.text.upper().split()) if "sql_mode" in statement.text.lower() else ""
        found = re.search(r"(?<!GLOBAL[ .])(?<!PERSIST[ .])(?<!_ONLY[ .])\bSQL_MODE\b['`]? ?:?= ?(.*)", code)
        start = spelled(statement.text, syntax)[:2] if found else []
        if not found or start[:1] != ["SET"] or start[1:] == ["STATEMENT"]:  # that is about the one statement in it
            return syntax
        return self.syntax if re.match(r"@(?!@)|DEFAULT|@@GLOBAL|REPLACE", found[1]) else _mysql_syntax(found[1])

    # What reset drops.

    def doom(self, own: Sequence[str], more: Sequence[str], made: Sequence[Made]) -> Doom:
        """See Database. Nobody owns a database here, and what lies in another one may be anybody's."""
        made = [each._replace(kind="DATABASE") if each.kind == "SCHEMA" else each for each in made]
        doom = super().doom([self._fold(self.quoted(name)) for name in own], more, made)
        outside = [each for each in made if each.kind in self.of_schemas and {*each.name[:-1]} - {*doom.schemas}]
        there = {
            (name, *row)
            for name in {each.name[0] for each in outside}
            for row in self.query(self.objects_sql.replace("DATABASE()", self.literal(name)))
        }
        for each in outside:
            if (each.name[0], each.kind, self.quoted(each.name[-1])) in there:
                doom.stay(str(each), "reset leaves that database alone", each, f"DROP {each.kind} {each.text}")
        for schema, table, name, parent in self.query(self._references_sql):
            place = self.quoted(schema, table)
            what = f"the foreign key {name} of {place} would refer to nothing in {parent}"
            doom.bars.append((what, f"ALTER TABLE {place} DROP FOREIGN KEY {self.quoted(name)}"))
        return doom

    def drop_everything(self, doom: Doom) -> None:
        """See Database. A table goes only where all has gone that holds no data."""
        objects = [row for row in self.query(self.objects_sql) if row[0] != "PACKAGE BODY"]  # it goes with the package
        with contextlib.suppress(DriverError):
            objects += self.query(self._libraries_sql)
        # The history before all other tables: where half of them are gone, it must not say that they are there.
        ranks = {"VIEW": 1, "TABLE": 2, "SEQUENCE": 3}
        objects.sort(key=lambda row: (ranks.get(row[0], 0), row[1] != self.quoted(self.kept_table)))
        failed = list[str]()
        for kind, other in ("TABLE", "VIEW"), ("VIEW", "TABLE"):  # to drop it as the other takes the same right
            if names := ", ".join(name for each, name in objects if each == kind):
                try:
                    self.query(f"DROP {other} IF EXISTS {names}")
                except DriverError as error:
                    failed.append(error.message)
        self.query("SET SESSION foreign_key_checks = 0")
        for kind, name in objects:
            if failed and (ranks.get(kind, 0) > 1 or not doom.dropped):
                break
            mode = "SET SESSION sql_mode = ORACLE; " * (kind == "PACKAGE")  # a word there only
            try:
                self.run(f"{mode}DROP {kind} IF EXISTS {name}")
                doom.dropped += 1
            except DriverError as error:
                if error.kind is Kind.LOST:
                    raise
                failed.append(f"DROP {kind} {name}: {error.message}")
        self.query("SET SESSION foreign_key_checks = DEFAULT, sql_mode = DEFAULT")
        if failed:
            what, state = "\n  ".join(["not all can be dropped:", _some(failed, "\n  ")]), "nothing was changed."
            if doom.dropped:
                state = f"{doom.dropped} of {counted(len(objects), 'object')} are dropped, the rest is there."
            rights = [right for each in failed if (right := self.right_sql(each.partition(": ")[2] or each))]
            way = f", with  {rights[0]}\n     then" if rights else "; then"
            fix = f"mend what it says{way} run the same command again"
            raise StatementError(what, where=str(self.url), state=state, fix=fix)


@lru_cache(4096)
def _read(text: str, syntax: Syntax, forms: Forms) -> tuple[list[str], Nature]:
    """Return the words of code, and what they are as one expression; a backslash in it may escape, or not."""
    syntaxes = [syntax, *([MYSQL_NO_BACKSLASH_ESCAPES] if "\\" in text else [])]
    words = [word for each in syntaxes for word in spelled(text, each)]
    return words, forms.nature(["DO", *words])


def _cut(message: str, text: str, tail: str) -> str:
    """Take out of a MySQL error about *text* what it quotes of the *tail* that was sent after it, which is ours."""
    found = re.fullmatch(r"(.* near ')(.*)(' at line )(\d+)", message, re.DOTALL)
    if not found:
        return message
    place = _in_utf8mb3(text + tail).find(found[2].removesuffix("..."))
    rest = text[place:]
    if not found[2] or place < 0 or len(rest.encode()) > 80:  # noqa: PLR2004 (so much is quoted at most)
        rest = found[2]
    # What a routine lacks at its end is looked for in what comes after it.
    return f"{found[1]}{rest}{found[3]}{min(int(found[4]), text.count(chr(10)) + 1)}"


def _in_utf8mb3(text: str) -> str:
    """Return a text as MariaDB quotes it: with a question mark for each letter that is not in there."""
    return re.sub(r"[\U00010000-\U0010ffff]", "?", text)


def _mysql_syntax(mode: str) -> Syntax:
    """Return the lexical rules of an sql_mode: its names in upper case, or the number that stands for them."""
    bits = int(found[0]) if (found := re.match(r"\d+", mode)) else 0
    if "NO_BACKSLASH_ESCAPES" in mode or bits & 1 << 20:
        return MYSQL_NO_BACKSLASH_ESCAPES
    # MariaDB's modes of other databases have ANSI_QUOTES in them.
    return MYSQL_ANSI_QUOTES if bits & 4 or re.search("ANSI|ORACLE|MSSQL|DB2|MAXDB|POSTGRES", mode) else MYSQL_SYNTAX


# History ##############################################################################################################
# What has run: one row per version that is applied or under way, and a log that only grows. An open Database comes in;
# Applied goes out. Reading creates nothing; a table of another tool is recognised by its columns and left alone.

_COLUMNS: Final = """
    version VARCHAR(64) NOT NULL PRIMARY KEY, name VARCHAR(255) NOT NULL, checksum CHAR(64) NOT NULL,
    down_sql {text}, dirty BOOLEAN NOT NULL, direction VARCHAR(4) NOT NULL, statements INTEGER NOT NULL,
    statements_done INTEGER NOT NULL, done_checksum CHAR(64) NOT NULL, owner VARCHAR(255), applied_at {time} NOT NULL,
    took_ms BIGINT NOT NULL, applied_by VARCHAR(255) NOT NULL, tool VARCHAR(64) NOT NULL"""
_LOG_COLUMNS: Final = """
    id {id}, at {time} NOT NULL, version VARCHAR(64) NOT NULL, name VARCHAR(255) NOT NULL,
    action VARCHAR(16) NOT NULL, outcome VARCHAR(16) NOT NULL, took_ms BIGINT NOT NULL,
    applied_by VARCHAR(255) NOT NULL, tool VARCHAR(64) NOT NULL, error {text}"""
# What a message quotes may be a value, or a part of the statement; the names that stay are known by the word before.
_DATA_PATTERN: Final = regex(
    r"""(?is)(\b(?:table|column|type|key|index|constraint|relation|database|schema|function|view|trigger|procedure|user)"""
    r"""\s+(?:'[^'\n]*'|"[^"\n]*"))|(?<!\w)(['"])(?:(?<=near .)([a-z_]\w*\b|[(),.]))?.*?(: syntax error)?\Z"""
)
_TOOL_BY_COLUMNS: Final = {
    "dirty, version": "golang-migrate",
    "version": "dbmate or Rails",
    "inserted_at, version": "Ecto",
}


def without_data(message: str, spoken: Collection[str] = ()) -> str:
    """Return the first line of an error, up to what the database quotes from the data or from the statement.

    The word that it begins to quote of a syntax stays, if it is one of the *spoken*.
    """

    def shown(found: re.Match[str]) -> str:
        known, quote, word, tail = found.groups("")
        return known or (f"{quote}{word}{quote}" if word.upper() in spoken else "...") + tail

    return _DATA_PATTERN.sub(shown, message).partition("\n")[0]


class Applied(NamedTuple):
    """A row of the history. Where *dirty*, the first *statements_done* of *statements* have run, in *direction*."""

    version: str
    name: str
    checksum: str
    down_sql: str | None  # the down file as it was
    dirty: bool = False
    direction: str = "up"
    statements: int = 0
    statements_done: int = 0
    done_checksum: str = ""  # over the statements that have run; over one more while one runs that has no note with it
    owner: str | None = None
    applied_at: datetime = datetime(1970, 1, 1, tzinfo=timezone.utc)  # UTC, when the attempt began that it comes from
    took_ms: int = 0
    applied_by: str = ""
    tool: str = ""

    @property
    def key(self) -> int:
        """Return the place of its version in the order."""
        return version_key(self.version)

    @property
    def is_marked(self) -> bool:
        """Tell if somebody has marked it as dirty by hand: it is as a run leaves it that has come to its end."""
        all_done = self.statements_done == self.statements and self.done_checksum == self.checksum
        return self.dirty and self.owner is None and all_done


class LogEntry(NamedTuple):
    """One attempt: what was tried with a version, and how it ended. It began *at*, in UTC, as ``status`` says, too.

    1.0.0 wrote when it ended.
    """

    at: datetime
    version: str
    name: str
    action: str
    outcome: str
    took_ms: int
    applied_by: str
    tool: str
    error: str | None

    @property
    def key(self) -> int:
        """Return the place of its version in the order; -1 where it has none, as a reset."""
        return version_key(self.version) if _DIGITS_PATTERN.fullmatch(self.version) else -1


def _past_of(entry: LogEntry) -> str:
    """Say what was done with a version, by the log, that is pending now."""
    repaired = entry.action == "repair"
    how = " ".join([entry.action, *entry.tool.split()[3:]]) if repaired else entry.action
    what = "has run before, and was repaired" if repaired else "was applied before"
    return f"{what}: {entry.at:%Y-%m-%d %H:%M} UTC, {how}"


def _utc(value: Any) -> datetime:
    """Read a time as the driver gives it: a text on SQLite."""
    return (value if isinstance(value, datetime) else datetime.fromisoformat(value)).replace(tzinfo=timezone.utc)


# The columns that say whose a row is, and how far: no trigger may write another word there.
_TELLING: Final = names_in("version checksum dirty direction statements statements_done done_checksum owner")


class History:
    """The two tables: found when this is made, written when ``create`` has made what is missing."""

    def __init__(self, database: Database, table: str, versions: Iterable[str] = (), *, texts: bool = False) -> None:
        """Look where the tables are; writes nothing.

        Raises DriftError for a table of another tool, and for none where another schema has these *versions*. Without
        *texts*, ``down_sql`` is read as "" where there is one: the texts are most of what a history holds.
        """
        self.database, self.table, self.texts, self.tool = database, table, texts, f"migrate {__version__}"
        self.schemas: Sequence[str] = ()
        schema, _, name = table.rpartition(".")
        with self._explained():
            self.schemas, columns = database.locate(name, schema)
            _, log_columns = database.locate(f"{name}_log", "".join(self.schemas))  # beside it
        self.relation = database.quoted(*self.schemas, name)
        self.log_relation = database.quoted(*self.schemas, f"{name}_log")
        both = {self.relation: columns, self.log_relation: log_columns}
        self.missing = {relation for relation in both if both[relation] is None}
        for shown, found, needed in (table, columns, Applied._fields), (f"{table}_log", log_columns, LogEntry._fields):
            if found is not None and not {*needed} <= {column.lower() for column in found}:
                tool = _TOOL_BY_COLUMNS.get(", ".join(sorted(found)), "another tool")
                what = f"the table {shown} belongs to {tool}: it has the columns {', '.join(found)}"
                raise DriftError(what, where=str(database.url), fix=_OTHER.format(_other_name(table)))
        if columns is None and not schema and database.elsewhere_sql and (keys := {*map(version_key, versions)}):
            self._look_elsewhere(name, keys)
        database.keep("".join(self.schemas), name, bare=not schema or database.home(name) == schema)

    def _look_elsewhere(self, name: str, keys: set[int]) -> None:
        """Raise DriftError where a schema has this history: a file, or a person, may have changed the search path."""
        database, found = self.database, list[str]()
        with self._explained():
            for (schema,) in database.query(database.elsewhere_sql, name, [*Applied._fields]):
                rows = database.query(f"SELECT {database.quoted('version')} FROM {database.quoted(schema, name)}")
                rival = schema == self.schemas[0]  # which has made it since we looked
                versions = {version_key(version) for (version,) in rows if _DIGITS_PATTERN.fullmatch(version)}
                if not rival and not keys.isdisjoint(versions):
                    found.append(schema)
        if found:
            here, there = f"{self.schemas[0]}.{name}", " and in ".join(f"{each}.{name}" for each in found)
            what = f"there is no {here}, and versions of these files are in {there}"
            plain = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,58}")
            words = [
                f"--table {each}.{name}" if plain.fullmatch(each) else f"?schema={quote(each, safe='')}  in the URL"
                for each in (*found, self.schemas[0])
            ]
            fix = f"go on there, from now on with  {'  or  '.join(words[:-1])}"
            fix += f"\n     or begin a new history here, from now on with  {words[-1]}"
            raise DriftError(what, where=str(database.url), fix=fix)

    def right_sql(self, message: str, text: str = "") -> str:
        """Do what that of the database does; of the history, give all that is needed, and not piece by piece."""
        sql, (schema, _, name) = self.database.right_sql(message, text), self.table.rpartition(".")
        one = "|".join(re.escape(self.database.quoted(each)) for each in (name, f"{name}_log"))
        if not (found := re.search(rf" ON ((\S+\.)?({one})) TO ", sql)):
            return sql
        schema = "".join(self.schemas) or schema or self.database.home(name) or ""  # unknown still where none is found
        both = ", ".join(self.database.quoted(schema, each) for each in (name, f"{name}_log"))
        return f"{sql[: found.start(1)]}{both}{sql[found.end(1) :]}"

    def way_past(self, message: str, text: str = "") -> str:
        """Return what a person does about a right that a *message* misses; empty where it is not about one."""
        if (owner := self.database.owner_of(message, text)) is not None:
            return f"run it as its owner{f' ({owner})' if owner else ''}: name that user in the URL"
        return (right := self.right_sql(message, text)) and f"have an administrator type  {right}"

    @contextlib.contextmanager
    def _explained(self, fix: str = "", state: str = "") -> Iterator[None]:
        try:
            yield
        except DriverError as failed:
            if failed.kind in {Kind.BUSY, Kind.LOST}:
                raise
            right = self.right_sql(failed.message)
            if not fix:  # who only looks needs no more
                look = re.sub(r"(?<=GRANT )(SELECT|USAGE)[A-Z, ]+ ON ", r"\1 ON ", right)
                fix = f"let this user read the tables {self.table} and {self.table}_log{{}}"
                right = f"{look}\n     or write them, too, as up and down do:  {right}" if look != right else right
            fix = fix.format(right and f":  {right}")
            if failed.kind in _RETRIED:
                fix = f"another session has locked {self.table}: end it, or run the same command again later"
            fix = self.database.fixes.get(failed.kind, fix)
            error = StatementError if failed.kind in _RETRIED else MigrateError  # for the first, `wait` waits
            raise error(failed.message, where=str(self.database.url), fix=fix, state=state) from None

    def create(self) -> list[str]:
        """Make the tables where they are missing; return the schema that was made for them, if one was.

        Raises MigrateError where the right to is missing.
        """
        made = list[str]()
        types = {"text": self.database.text_type, "time": self.database.time_type, "id": self.database.id_type}
        for schema in self.schemas:
            who = self.database.quoted(self.database.url.user or "USER")
            way = f"have someone create it:  CREATE SCHEMA {self.database.quoted(schema)} AUTHORIZATION {who};"
            with self._explained(way.replace("{", "{{").replace("}", "}}"), "nothing was changed."):
                made += [schema] * self.database.make_schema(schema)
        fix = f"let this user create tables{{}}\n     or have someone create {self.table} and {self.table}_log"
        with self._explained(fix, "nothing was changed."):
            if self.database.before_tables_sql:
                self.database.query(self.database.before_tables_sql)
            for relation, columns in (self.relation, _COLUMNS), (self.log_relation, _LOG_COLUMNS):
                named = re.sub(r"(?<!\{)\b[a-z_]+\b", lambda name: self.database.quoted(name[0]), columns)
                definition = f"({named.format(**types)}\n){self.database.table_suffix}"
                self.database.query(f"CREATE TABLE IF NOT EXISTS {relation} {definition}")
        self.missing.clear()
        return made

    def _select(self, relation: str, names: Sequence[str], rest: str, *args: object) -> list[tuple[Any, ...]]:
        if relation in self.missing:
            return []
        with self._explained():
            hides = self.database.hides_sql
            if hides and any(hidden for (hidden,) in self.database.query(hides, relation)):
                what = f"row level security may hide rows of {relation} from this user: what is applied is not known"
                way = f"let this user see all of them:  ALTER TABLE {relation} DISABLE ROW LEVEL SECURITY;"
                fix = f"{way}\n     or run this as a role that has BYPASSRLS"
                raise DriftError(what, where=str(self.database.url), fix=fix)
            return self.database.query(f"SELECT {', '.join(names)} FROM {relation} {rest}", *args)

    def read(self, version: str | None = None) -> list[Applied]:
        """Return every row, oldest version first, or the one of *version*; empty where there is no table.

        Raises DriftError for a row that this tool has not written, and one that it may not see.
        """
        quoted = self.database.quoted
        where = "" if version is None else f"WHERE {quoted('version')} = ?"
        kept = {} if self.texts else {"down_sql": f"CASE WHEN {quoted('down_sql')} IS NULL THEN NULL ELSE '' END"}
        names = [kept.get(name, quoted(name)) for name in Applied._fields]
        rows = [self._typed(row) for row in self._select(self.relation, names, where, version)]
        rows.sort(key=attrgetter("key", "version"))
        for row, other in itertools.pairwise(rows) if len({row.key for row in rows}) < len(rows) else ():
            if row.key == other.key:
                told = (f"{each.version} ({'dirty' if each.dirty else 'applied'})" for each in (row, other))
                out = f"DELETE FROM {self.relation} WHERE version = "
                ways = "\n     or  ".join(f"{out}{self.database.literal(each.version)};" for each in (row, other))
                what = f"the history has two rows of one version: {' and '.join(told)}"
                raise DriftError(what, where=str(self.database.url), fix=f"take out the wrong one:  {ways}")
        return rows

    def _typed(self, row: Sequence[Any]) -> Applied:
        version, name, checksum, back, dirty, way, statements, done, so_far, owner, at, took, *rest = row
        try:
            if _DIGITS_PATTERN.fullmatch(version):
                text = back.decode(errors="replace") if isinstance(back, bytes) else back
                ran = int(statements), int(done), so_far, owner, _utc(at), int(took)
                return Applied(version, name, checksum, text, bool(dirty), way, *ran, *rest)
        except (OverflowError, TypeError, ValueError):
            pass
        what = f"the history has a row that this tool has not written: version {version!r}, at {at} UTC"
        # Where a version was applied, and another column is wrong, it would run again without its row.
        way = "correct it:  SELECT *" if _DIGITS_PATTERN.fullmatch(f"{version}") else "take it out:  DELETE"
        fix = f"{way} FROM {self.relation} WHERE version = {self.database.literal(version)};"
        raise DriftError(what, where=str(self.database.url), fix=f"see who has written it, and {fix}")

    def digest(self) -> str:
        """Return what differs where the rows of two histories do, as digest_of() has it. Raises DriverError."""
        if self.database.digest_sql:
            return str(self.database.query(self.database.digest_sql.format(self.relation))[0][0])
        return digest_of(self.read())

    def insertion(self, row: Applied, at: Code) -> Note:
        """Return the SQL that writes a new row, for what has begun *at*."""
        values = row._asdict() | {"applied_at": at, "applied_by": self.database.person()}
        return Note(self._insertion(self.relation, values), partial(self._proof, values))

    def _insertion(self, relation: str, values: dict[str, object]) -> Note:
        values |= {"tool": self.tool}
        names, listed = self.database.listed(*values), ", ".join(map(self.database.literal, values.values()))
        return Note(f"INSERT INTO {relation} ({names})\n    VALUES ({listed})")

    def change(self, version: str, values: Mapping[str, object], *, owner: str | None) -> Note:
        """Return the SQL that changes columns of one row, if *owner* is who has claimed it."""
        quoted, literal = self.database.quoted, self.database.literal
        changes = ", ".join(f"{quoted(name)} = {literal(value)}" for name, value in values.items())
        proof = partial(self._proof, {"version": version, "owner": owner, **values})
        return Note(f"UPDATE {self.relation} SET {changes} {self._where(version, owner)}", proof)

    def removal(self, version: str, *, owner: str | None) -> Note:
        """Return the SQL that removes one row, if *owner* is who has claimed it: that version is pending again."""
        proof = f"NOT {self._proof({'version': version})}"
        return Note(f"DELETE FROM {self.relation} {self._where(version, owner)}", proof)

    def _proof(self, values: Mapping[str, object]) -> str:
        """Return a condition: the history has what these *values* say of how far a version is."""
        quoted, literal = self.database.quoted, self.database.literal
        told = [(quoted(name), value) for name, value in values.items() if name in _TELLING]
        equal = (f"{name} IS NULL" if value is None else f"{name} = {literal(value)}" for name, value in told)
        return f"EXISTS (SELECT 1 FROM {self.relation} WHERE {' AND '.join(equal)})"

    def _where(self, version: str, owner: str | None) -> str:
        # In one line: of a script that was cut off, a client runs what it has got, and that must not be all rows.
        quoted, literal = self.database.quoted, self.database.literal
        is_owner = "IS NULL" if owner is None else f"= {literal(owner)}"
        return f"WHERE {quoted('version')} = {literal(version)} AND {quoted('owner')} {is_owner}"

    def named(self, message: str) -> str:
        """Return which of the two tables a *message* is about."""
        return f"{self.table}_log" if f"{self.table.rpartition('.')[2]}_log" in message else self.table

    def log_entry(
        self,
        version: str,
        name: str,
        action: str,
        *,
        took_ms: object = 0,
        error: str | None = None,
        at: object = None,
        **more: object,
    ) -> Note:
        """Return the SQL that adds a line to the log, for what began *at*, or now; an *error* holds no data."""
        by, outcome = self.database.person(), "ok" if error is None else "failed"
        values = at or Code(self.database.now()), version, name, action, outcome, took_ms, by, "", error
        return self._insertion(self.log_relation, dict(zip(LogEntry._fields, values, strict=True)) | more)

    def read_log(self, count: int | None, version: str | None, since: datetime | None) -> list[LogEntry]:
        """Return the newest *count* entries, or all, newest first: of one *version*, as a number; *since* then.

        What began before that, and ended after, is among them.
        """
        quoted, limit = self.database.quoted, f" LIMIT {count}" if count and version is None and since is None else ""
        rest = f"ORDER BY {quoted('id')} DESC{limit}"
        rows = self._select(self.log_relation, [*map(quoted, LogEntry._fields)], rest)
        try:
            entries = [LogEntry(_utc(row[0]), *row[1:]) for row in rows]
            if version is not None:
                entries = [each for each in entries if each.key == version_key(version)]
        except (TypeError, ValueError):
            fix = f"see who has written it, and correct it:  SELECT * FROM {self.log_relation};"
            what = "the log has a time or a version that this tool has not written"
            raise DriftError(what, where=self.log_relation, fix=fix) from None
        if since:
            first = since.astimezone(timezone.utc)
            entries = [each for each in entries if each.at + timedelta(milliseconds=each.took_ms) >= first]
        return entries[:count]


def digest_of(rows: Sequence[Applied]) -> str:
    """Return one text for the versions, checksums and states of *rows*: it differs where one of these does."""
    texts = (f"{row.version} {row.checksum} {row.dirty:d}" for row in rows)
    return f"{len(rows)} {sum(int(hashlib.sha256(each.encode()).hexdigest()[:15], 16) for each in texts)}"


# Plan #################################################################################################################
# Pure, no database, no clock: (migrations, applied) come in; what they say together, or what is to be done, goes out.


class Status(NamedTuple):
    """One version as ``status`` shows it; the attempt began at *applied_at*, in UTC, and *took_ms* from then on.

    *state* is applied, pending, dirty, changed, missing, out_of_order, or skipped: its file is for other databases.
    """

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
    only: tuple[str, ...] = ()  # of a file that is skipped: the databases that it is for
    direction: str | None = None  # in which it has gone last
    claimed: bool = False  # by a run that is at work on it, or was killed

    @property
    def key(self) -> int:
        """Return the place of its version in the order."""
        return version_key(self.version)


class Step(NamedTuple):
    """One file to run."""

    version: str
    name: str
    direction: str
    script: Script
    down_sql: str | None = None  # to be stored with an up
    row: Applied | None = None  # the row of the history that it changes
    stored: bool = False  # the text comes from the history
    note: str = ""
    statements: Statements = Statements()  # what will run, once the text has been read
    level: str = ""  # of isolation, that the file asks for in a transaction of this tool
    typed: str = ""  # the command that it is a part of, where that is another one than its direction

    def __repr__(self) -> str:
        return f"Step({self.direction} {self.title})"

    @property
    def command(self) -> str:
        """Return what to type for it to run, or to go on."""
        return self.typed or self.direction

    @property
    def title(self) -> str:
        """Return version and name, as people say it."""
        return f"{self.version} {self.name}"

    @property
    def key(self) -> int:
        """Return the place of its version in the order."""
        return version_key(self.version)

    @property
    def resume(self) -> Applied | None:
        """Return the dirty row that it goes on from."""
        return self.row if self.row and self.row.dirty else None

    @classmethod
    def up(cls, migration: Migration, row: Applied | None = None) -> Step:
        """Return the step that applies a migration, or goes on with it where it has a *row*."""
        down_sql = migration.down.sql if migration.down else None
        version = row.version if row else migration.version  # as the history spells it
        return cls(version, migration.name, "up", migration.up, down_sql, row)


_DRIFTS: Final = {  # the states in which up refuses to run: what, and the fix
    "changed": (
        "was edited after it was applied on {0.applied_at:%Y-%m-%d %H:%M} UTC",
        """put the file back, and write the change as a new migration:  migrate new NAME
     or, where the database has it already:  migrate repair {0.version} --applied""",
    ),
    "missing": (
        "is applied, but its file is not here, and newer files are",
        "put its files back, or take it out of the history:  migrate repair {0.version} --pending",
    ),
    "out_of_order": (
        "is pending, but a newer migration is applied already",
        "give it a newer version, or apply it all the same:  migrate up --out-of-order",
    ),
}


def compare(migrations: Sequence[Migration], applied: Sequence[Applied]) -> list[Status]:
    """Return one Status per version in the files or the history, oldest first."""
    file_by_key, row_by_key = {each.key: each for each in migrations}, {row.key: row for row in applied}
    newest, result = max(row_by_key, default=-1), []
    for key in sorted({*file_by_key, *row_by_key}):
        file, row = file_by_key.get(key), row_by_key.get(key)
        has_down = bool((row and row.down_sql is not None) or (file and file.down))  # a file is read only where asked
        if row:
            state = "missing" if not file else "applied" if file.up.checksum == row.checksum else "changed"
            ran = row.applied_at, row.took_ms, row.applied_by, row.checksum, row.statements, row.statements_done
            state, claimed = "dirty" if row.dirty else state, row.owner is not None
            result.append(Status(row.version, row.name, state, *ran, has_down, (), row.direction, claimed))
        elif file:
            state = "skipped" if file.elsewhere else "pending" if key > newest else "out_of_order"
            made = Status(file.version, file.name, state, checksum=file.up.checksum, has_down=has_down)
            result.append(made._replace(only=file.elsewhere) if file.elsewhere else made)
    return result


def without_newer(states: Sequence[Status]) -> Sequence[Status]:
    """Return *states* without those at the end whose files are missing: a newer release has them."""
    newer = itertools.takewhile(lambda each: each.state == "missing", reversed(states))
    return states[: len(states) - len([*newer])]


def choose_up(
    migrations: Sequence[Migration],
    applied: Sequence[Applied],
    *,
    count: int | None = None,
    to: str | None = None,
    out_of_order: bool = False,
    who: Callable[[], str] = str,
    past: Callable[[str], str] = lambda _: "",
) -> list[Step]:
    """Choose what is pending, oldest first: all, *count* of it, or up to and with *to*; a dirty file goes on first.

    *who* tells who asks, for an edited file that nobody else has applied; *past* when a version was applied before.

    Raises DirtyError for one that cannot, DriftError, as _DRIFTS has it, and SettingsError where no file has *to*, and
    where *count* is a version.
    """
    file_by_key, steps = {each.key: each for each in migrations}, []
    if count is not None:
        _refuse_version(count, file_by_key, "up")
    limit = math.inf if to is None else find_version(to, file_by_key)
    for row in (each for each in applied if each.dirty):
        if row.direction == "down" or row.key not in file_by_key or file_by_key[row.key].elsewhere:
            raise dirty_error(row)
        steps.append(Step.up(file_by_key[row.key], row))
    errors, last = dict[str, MigrateError](), max(applied, key=attrgetter("key"), default=None)
    for state in without_newer(compare(migrations, applied)):
        if state.state in _DRIFTS and not (out_of_order and state.state == "out_of_order"):
            error = drift_error(state, file_by_key.get(state.key), past)
            errors[f"{state.version} {state.name}"] = error
            own = last is not None and last.key == state.key and last.applied_by == who()
            if own and state.state == "changed" and state.has_down:
                error.fix += "\n     or, where no other database has it yet, undo it and apply it anew:  migrate redo"
        if state.state in {"pending", "out_of_order"}:
            steps.append(Step.up(file_by_key[state.key]))
    refuse_all(errors, "migrate status")
    return [step for step in steps if step.key <= limit][:count]


def choose_down(
    migrations: Sequence[Migration],
    applied: Sequence[Applied],
    *,
    count: int | None = None,
    to: str | None = None,
    to_here: bool = False,
    everything: bool = False,
) -> list[Step]:
    """Choose what to undo, newest first: one, *count*, what is newer than *to* (0: all) or than the files *to_here*.

    Raises DriftError where there is no down text, DirtyError for a half-way up, SettingsError where *to* is unknown,
    more than one is given, or *count* is a version, or more than there is to undo: nothing goes by a slip.
    """
    if sum(map(bool, (count, to, to_here, everything))) > 1:
        what = "a number, --to, --to-here and --all: each of them says alone what is rolled back"
        raise SettingsError(what, fix="write only one of them")
    file_by_key = {each.key: each for each in migrations}
    rows = sorted(applied, key=lambda row: row.key, reverse=True)
    if rows and count is not None and count > len(rows):
        _refuse_version(count, {row.key: row for row in rows} | file_by_key, "down")
        there = "there is" if len(rows) == 1 else "there are"
        what = f"{there} {counted(len(rows), 'migration')} to roll back, and not {count}"
        raise SettingsError(what, fix="write how many, or which version is to stay:  migrate down --to VERSION")
    keep = -1
    if to_here:
        keep = max(file_by_key, default=-1)
    elif to is not None and not re.fullmatch("0+", to):
        keep = find_version(to, {row.key: row for row in rows} | file_by_key)
    elif to is None and not everything and count is None:
        count = 1
    rows = [row for row in rows if row.key > keep][:count]
    for row in applied:
        if row.dirty and (row.direction == "up" or row not in rows[:1]):
            raise dirty_error(row)
    steps, errors = list[Step](), dict[str, MigrateError]()
    folder = migrations[0].up.path.parent if migrations else Path()
    files = [file_by_key[row.key].down if row.key in file_by_key else None for row in rows]
    for row, file in zip(rows, files, strict=True):
        with gathered(errors, partial("{0.version} {0.name}".format, row)):
            steps.append(_down_step(row, file, folder))
    refuse_all(errors)
    return steps


def _refuse_version(count: int, known: Mapping[int, Any], direction: str) -> None:
    """Raise SettingsError for a number of migrations that is a version: it was meant as a place, and not as a count."""
    if count > 10**6 and version_key(str(count)) in known:  # a stamp of a day, or longer
        version = known[version_key(str(count))].version
        does, way = "apply", "name the last one to apply"
        if direction == "down":
            does, way = "roll back", "name the version that is to stay"
        what = f"{direction} takes how many migrations to {does}, and {count} is a version"
        raise SettingsError(what, fix=f"{way}:  migrate {direction} --to {version}")


def _down_step(row: Applied, file: Script | None, folder: Path) -> Step:
    title = f"{row.version} {row.name}"
    note, stored = "", row.down_sql
    if file:
        if stored is not None and stored.replace("\r\n", "\n") != file.sql.replace("\r\n", "\n"):
            note = f"{title}: the down file differs from the one stored when it was applied; the file runs"
        return Step(row.version, row.name, "down", file, stored, row, note=note)
    path = Path(f"{row.version}_{row.name}.down.sql")
    other = f"undo it by hand, remove its up file, then say so:  migrate repair {row.version} --pending"
    fix = f"write {shown_path(folder / path)}\n     or {other}"
    if stored is None:
        raise DriftError(f"{title} cannot be undone: it has no down file, and none was stored when it ran", fix=fix)
    try:
        script = Script.from_text(path, stored)
        wrong = "a letter in it is none" if re.search("[\0\ufffd]", stored) else ""
    except ValueError as error:
        wrong = error.args[0]
    if wrong:
        what = f"{title} cannot be undone: its down file is not here, and the text stored for it cannot run: {wrong}"
        raise DriftError(what, fix=fix)
    note = f"{title}: the down file is not here; the text stored when it was applied runs"
    return Step(row.version, row.name, "down", script, stored, row, stored=True, note=note)


def drift_error(state: Status, file: Migration | None, past: Callable[[str], str] = lambda _: "") -> DriftError:
    """Return the error for a version that is in a state in which ``up`` refuses to run."""
    what, fix = (text.format(state) for text in _DRIFTS[state.state])
    if state.state == "out_of_order" and (before := past(state.version)):
        what = f"is pending, but it {before}"
        fix = _there(state.version, "up --out-of-order")
    return DriftError(f"{state.version} {state.name} {what}", where=shown_path(file.up.path) if file else "", fix=fix)


def refuse_other(steps: Sequence[Step], planned: Sequence[Step]) -> None:
    """Raise DriftError where *steps* are not what was *planned*, by version and text: the history has changed since."""
    both = zip(steps, planned, strict=False)
    if len(steps) == len(planned) and all((a.key, a.script.checksum) == (b.key, b.script.checksum) for a, b in both):
        return
    now, then = (", ".join(step.title for step in each) or "nothing" for each in (steps, planned))
    what = f"another runner has changed the history since this was planned: it would be {now} now, and not {then}"
    raise DriftError(what, fix="look at the versions, and say again what to do:  migrate status")


def find_version(version: str, known: Mapping[int, Any], fix: str = "look at the versions:  migrate status") -> int:
    """Return the key of *version* if it is *known*. Raises SettingsError with the nearest one if not."""
    if _DIGITS_PATTERN.fullmatch(version) and version_key(version) in known:
        return version_key(version)
    near = nearest(version, [each.version for each in known.values()], 0.85)  # a digit off, or two: days are alike
    raise SettingsError(f"no migration has the version {version}{near}", fix=fix)


_WENT: Final = {  # what it means that a migration which stopped half way is applied, and that it is pending
    "up": ("the change is complete", "the change was undone by hand; run it again"),
    "down": ("what the roll back did was undone by hand", "the roll back is complete"),
}


def dirty_error(row: Applied | Status, fix: str = "") -> DirtyError:
    """Return the error for a row that stopped half way, with every way out."""
    done = f"{row.statements_done} of {counted(row.statements or 0, 'statement')} had run"
    if isinstance(row, Applied) and row.is_marked:
        what = f"{row.version} {row.name} is marked as dirty, and no run has left it so"
        ways_out = _ways(row.version, "all of it has run", "it was undone by hand; run it again")
        return DirtyError(what, fix=f"see who has marked it, and say which it is:\n{ways_out}")
    what = f"migration {row.version} {row.name} stopped half way {row.direction} on an earlier run ({done})"
    fix = fix or f"mend its file, or put it back, and finish it:  migrate {row.direction}"
    ways_out = _ways(row.version, *_WENT[row.direction or "up"])
    return DirtyError(what, fix=f"{fix}\n     or look at the tables, and say which way it went:\n{ways_out}")


def _there(version: str, command: str, *, dirty: bool = False, more: bool = False) -> str:
    """Return the fix where a *version*, or *more* up to it, was applied before, and the history does not say so now."""
    way = f"repair {version} --applied" if dirty else f"baseline {version}"
    it, them = (f"the files up to {version} make", "them") if more and not dirty else ("it makes", "it")
    return (
        f"where all that {it} is there, mark {them} as applied:  migrate {way}\n"
        f"     or undo that by hand, and run it again:  migrate {command}"
    )


def _ways(version: str, applied: str, pending: str) -> str:
    """Return the two commands that say if a *version* is applied, each with what it means there."""
    return (
        f"       migrate repair {version} --applied    {applied}\n"
        f"       migrate repair {version} --pending    {pending}"
    )


# Run ##################################################################################################################
# Steps come in, one Result per file that is committed goes out. First the texts are read and screened, so that what
# can be refused is refused before anything runs; then a file runs in a transaction where the database has such a
# thing for DDL, and journaled, statement by statement, where it has not. The public verbs at the end tell the story.

Notify = Callable[["Step | Result | Running | Notice | str"], None]

_LINKED: Final = 16  # statements with a note after each, in one message
_BRIEF: Final = 0.05  # seconds: what is done in so little is done many times at once
_PATIENCE: Final = 10.0  # seconds: a server that takes no cancel for so long is not waited for
_ALIVE: Final = 15.0  # seconds: the owner of a claim on another node that shows no sign of life for so long is dead
_FAULTS: Final = {
    "unclosed comment": ("a comment that is not closed hides the rest of the file", "close it with */"),
    "unclosed quote": ("a quote that is not closed", "close it"),
    "unclosed dollar quote": ("a dollar quote that is not closed", "close it with the tag it was opened with"),
    "unclosed block": (
        "a block in this is not closed: its own END, or a semicolon before that, is missing",
        "end each block as it began, IF with END IF, LOOP with END LOOP, and each statement in it with a semicolon",
    ),
    "client command": ("a command of the database's own client, unknown to the server", "write SQL only"),
}
_LEVEL: Final = (
    "a transaction has one level of isolation, and this comes too late to ask for another",
    "ask for it in the first statement, or put  -- migrate: no-transaction  on the first line of the file",
)
_MEANT: Final = (
    "-- migrate: is read on the first line only, and in small letters",
    "write it there, as  -- migrate: no-transaction  or  -- migrate: only postgres  for example; or take it out",
)
_FILE_BY_FILE: Final = f"{_SAME} without --all-or-nothing"
_TOO_LARGE: Final = ("more than the server takes at once", "split it, or raise max_allowed_packet")
_WARNINGS: Final = 20  # of changes of rows in one file: so many are told
_READS_NOTHING: Final = names_in("SET RESET SHOW LOCK")  # no data: before these, a level may still be asked for


class Result(NamedTuple):
    """What was done with one version, and is committed. *statements* counts those that ran now, in *took_ms*."""

    version: str
    name: str
    action: str
    statements: int = 0
    took_ms: int = 0
    declared: str = ""  # by ``repair``: applied, or pending

    @property
    def document(self) -> dict[str, Any]:
        """Return it for JSON: what only ``repair`` says, only where it does."""
        return {key: value for key, value in self._asdict().items() if key != "declared" or value}


class Running(NamedTuple):
    """What runs for more than two seconds: the step, the number of its statement (0: the file), what it waits for."""

    step: Step
    number: int
    seconds: float
    waits: str


class Finding(NamedTuple):
    """Something that ``check`` has to say about the files; *level* is fault or warning."""

    level: str
    where: str
    what: str
    fix: str


class Notice(NamedTuple):
    """What the server says while a file runs, as it says it: its level in small letters (notice, warning), a text."""

    step: Step
    level: str
    text: str


def silent(_event: Step | Result | Running | Notice | str) -> None:
    """Say nothing."""


def place_in(step: Step, offset: int, *, exact: bool = True) -> tuple[str, str]:
    """Return ``path:line:column`` and that line, with a caret; where not *exact*, without column and caret.

    *offset* counts octets, as that of a Statement of the file does.
    """
    octets = step.script.octets
    line, begin, end = octets.count("\n", 0, offset) + 1, octets.rfind("\n", 0, offset) + 1, octets.find("\n", offset)
    left, right = text_of(octets[begin:offset]), text_of(octets[offset : end if end >= 0 else len(octets)])
    shown = unhidden(f"  {line} | {left[-60:]}").expandtabs(1)  # of a long line, show what is around the place
    excerpt = shown + right.rstrip("\r").expandtabs(1)[:80]
    if not exact:
        return f"{script_path(step)}:{line}", excerpt
    return f"{script_path(step)}:{line}:{len(left) + 1}", f"{excerpt}\n{' ' * len(shown)}^"


def script_path(step: Step) -> str:
    return f"the down text stored for {step.title}" if step.stored else shown_path(step.script.path)


def _more_ways(step: Step) -> str:
    """Return what else there is to do where the text is not in a file, or another than the stored one; else nothing."""
    if step.direction == "down" and step.note and not step.stored:
        path = shell_word(shown_path(step.script.path))
        command = "down" if step.command == "redo" else step.command  # what is applied stores the file that is back
        return (
            "\n     or roll back by the text that was stored when it was applied, with this file out of the way:"
            f"\n       mv {path} {path}.new\n       migrate {command}\n       mv {path}.new {path}"
        )
    if not step.stored:
        return ""
    return (
        "\n     to change that text, put its up and down file here again; or undo it by hand, and say so:"
        f"  migrate repair {step.version} --pending"
    )


def is_journaled(step: Step, database: Database) -> bool:
    # A file that stopped half way goes on by its journal, whatever its first line says by now.
    return not (database.transactional and step.script.in_transaction) or step.resume is not None


_Part = tuple[Statement, bool | None]  # True for the file's own BEGIN, False for its COMMIT, None for all else


def read_step(step: Step, database: Database) -> Step:
    """Split the text of a step, and refuse what must not run. Raises FileError with the line and the way out.

    What the file says of transactions is blanked out where that of this tool takes their place; else it is followed.
    """
    if not meet(step.script.only, (database.dialect,)):  # 1.0.0 may have applied it
        fix = f"where it is for this one too, mend its first line, then run  migrate {step.command}"
        where = f"{script_path(step)}:1"
        raise FileError("this file is for other databases only", where=where, state="nothing was run.", fix=fix)
    _refuse_unready(step, database)
    script, note = step.script, step.note
    if database.encoding and not script.octets.isascii():
        script = script._replace(octets=octets_of(database.fitted(script.sql)))
    if note and not step.stored and script.octets == octets_of(step.down_sql or ""):
        note = ""  # but for what does not fit, it is the same
    step = step._replace(script=script, down_sql=database.storable(step.down_sql), note=note)
    return _read_statements(step, database)


def _refuse_unready(step: Step, database: Database) -> None:
    """Raise FileError for a file that is as ``new`` wrote it; for one of another tool, with both ways in it.

    And for a word of ours that nobody would read, among the comments that a file begins with.
    """
    octets, back = step.script.octets, step.down_sql if step.direction == "up" else None
    unwritten = [UNWRITTEN_PATTERN.fullmatch(text) for text in (octets, octets_of(back or ""))]
    if any(unwritten):
        paths = script_path(step), re.sub(r"up\.sql\Z", "down.sql", script_path(step))
        found = {path: match for path, match in zip(paths, unwritten, strict=True) if match}
        path, *more = found
        it, way = ("them", "the second") if more else ("it", "it")
        fix = f"write {it} first, then run  migrate {step.command}"
        for file in [each for each, match in found.items() if match[1] and not step.stored]:
            fix += f"\n     or, where there is no way back, remove {way}:  rm {shell_word(file)}"
        what = "nothing is written in this file yet: it is as `new` made it"
        if more:
            what = f"nothing is written in this file yet, nor in {more[0]}: they are as `new` made them"
        raise FileError(what, where=path, state="nothing was run.", fix=fix + _more_ways(step) * step.stored)
    if {"up", "down"} <= marked_ways(octets).keys():
        words = tokenize(octets, 0, database.syntax)
        comments = (MARK_PATTERN.match(octets, start) for kind, start, _ in words if kind == "comment")
        marks = [mark for mark in comments if mark]
        for mark in [each for each in marks if not each[2] or each[2].lower() != (marks[0][2] or "").lower()][:1]:
            fault = both_ways(shown_path(step.script.path), marks[0], octets)
            _refuse_first(step, [(Statement("", 0, mark.start()), fault)])
    head = itertools.takewhile(lambda word: word[0] == "comment", tokenize(octets, 0, database.syntax))
    meant = [each for _, start, _ in head if (each := _MEANT_PATTERN.match(octets, start))]
    meant = [each for each in meant if not each[1] or each[1].lower() in DIALECT_BY_SCHEME]
    read = 1 if step.script.only or not step.script.in_transaction else 0
    _refuse_first(step, [(Statement("", 0, each.start()), _MEANT) for each in meant[read:]])


def _read_statements(step: Step, database: Database) -> Step:
    """Do that with a text which is for this database.

    In it, *modes* are statements that ask for a level of isolation, *loose* ones are in no transaction of the file's
    own, and *alone* are those that cannot run inside of one.
    """
    octets, syntax, journaled = step.script.octets, database.syntax, is_journaled(step, database)
    free = journaled and (database.transactional or not step.script.in_transaction)  # the journal moves with the file
    found, parts, modes, loose = list[Alike](), list[_Part](), list[Statement](), list[Statement]()
    alone, faults = list[_Fault](), list[_Fault]()
    level, begun, inside, apart = "", False, False, False
    for each in alike(octets, lambda: syntax):  # noqa: B023 (it asks anew after every statement)
        statement = each.brief
        syntax = database.syntax_after(statement, syntax)
        first = first_word(statement.text, syntax)
        refusal = database.refusals.get(first) or (_CONTROL if first in database.control_words else None)
        code = code_of(statement, syntax) if refusal else ""
        opens = bool(code and database.opens_pattern.match(code))
        wanted, once = ("", False) if free else database.modes(statement)
        if statement.fault:
            faults.append((statement, _FAULTS[statement.fault]))
            continue
        faults += _find_wrong(each, database)
        if not begun:
            level = wanted or level
        elif once and wanted and wanted != (level or database.level):
            faults.append((statement, _LEVEL))
        if ends := opens or bool(code and database.closes_pattern.match(code)):
            inside, apart = opens, apart or bool(database.apart_pattern.search(code))
        elif once:
            modes.append(statement)
            continue
        else:
            begun = begun or first not in _READS_NOTHING
            loose += [] if inside else [statement]
            if refusal and re.match(refusal.pattern, code, re.DOTALL):
                if not (free and refusal.fix == _CONTROL.fix):
                    (alone if refusal.fix == _ALONE else faults).append((statement, refusal[1:]))
                apart = apart or free
            if first in _TAKING and (taking := database.find_taking(statement, syntax)):
                faults.append((statement, taking))
        found.append(each)
        parts.append((statement, opens if ends else None))
    unpaired = [*_find_unpaired(parts, database)]
    faults += database.find_loose(loose, journaled=journaled)
    if not free:
        faults += [*unpaired, *_find_ended(parts, database)]
    elif not faults:
        faults += _find_divided(database, [each for each, _ in parts])
    if not journaled and len(alone) < sum(opens is not False for _, opens in parts):
        faults += alone
    _refuse_first(step, faults or _find_beyond(step, database))
    if journaled and (database.transactional or apart or (free and unpaired)):
        return step._replace(statements=Statements(octets, found))
    without = Statements(octets, (each for each, (_, opens) in zip(found, parts, strict=True) if opens is None))
    if alone and not journaled:  # nothing else is in the file: the journal does all that a transaction could
        return step._replace(statements=without, script=step.script._replace(in_transaction=False))
    skipped = [*modes, *_find_skipped(octets, found, database), *(each for each, opens in parts if opens is not None)]
    return step._replace(statements=without, script=step.script._replace(octets=_blanked(octets, skipped)), level=level)


def _find_skipped(octets: str, found: Sequence[Alike], database: Database) -> Iterator[Statement]:
    """Yield what stands between the statements that were *found*, or in a comment, and only the client takes."""
    if database.skipped_pattern is not _NEVER_PATTERN and (skipped := [*database.skipped_pattern.finditer(octets)]):
        whole = Statements(octets, found)
        yield from (Statement(each[0], 0, each.start()) for each in skipped if not whole.at(each.start()))


def _refuse_first(step: Step, faults: Iterable[_Fault]) -> None:
    """Raise FileError for the first of *faults*, if there is one."""
    for statement, (what, fix) in faults:
        where, excerpt = place_in(step, statement.offset)
        raise FileError(what, where=where, excerpt=excerpt, state="nothing was run.", fix=fix + _more_ways(step))


def _find_wrong(found: Alike, database: Database) -> Iterator[_Fault]:
    """Yield what is wrong with a statement by itself; of some that are alike, with the largest."""
    for fault in database.find_faults(found.brief):
        yield found.brief, fault
    size, place = max(zip(map(sub, found.ends, found.starts), found.starts, strict=True))
    if not database.takes(size):
        yield found.brief._replace(offset=place), _TOO_LARGE


def _find_beyond(step: Step, database: Database) -> list[_Fault]:
    """Return what letter of a file the encoding of the database does not have."""
    sql = step.script.sql if database.encoding else ""
    return [(each._replace(offset=len(octets_of(sql[: each.offset]))), fault) for each, fault in database.beyond(sql)]


def _find_unpaired(parts: Sequence[_Part], database: Database) -> Iterator[_Fault]:
    """Yield each BEGIN that no COMMIT follows, each COMMIT that follows none, and why that is wrong.

    After the last statement neither changes anything. A BEGIN within a transaction is nothing, mostly, and the COMMIT
    that it has is nothing either.
    """
    opened, spare = list[Statement](), 0
    last = max((statement.offset for statement, opens in parts if opens is None), default=-1)
    for statement, opens in [each for each in parts if each[1] is not None]:
        if opens and opened and not database.begins_twice:
            yield statement, ("a BEGIN within a transaction", "take it out, and its COMMIT")
        elif opens:
            spare += len(opened)
            opened = opened or [statement]
        elif opened:
            opened = []
        elif spare:
            spare -= 1
        elif statement.offset < last and statement.text[:3].upper() != "SET":
            yield statement, ("a COMMIT without a BEGIN", _CONTROL.fix)
    for statement in opened:
        if statement.offset < last:
            yield statement, ("a BEGIN without its COMMIT", "write COMMIT after what belongs together, or take it out")


def _find_ended(parts: Sequence[_Part], database: Database) -> Iterator[_Fault]:
    """Yield what a COMMIT of the file's own has ended in the client, where another statement follows it."""
    ended, inside, begun = list[Statement](), list[Statement](), False
    for statement, opens in parts:
        if opens is not None:
            ended, inside, begun = (ended, inside, True) if opens else (ended or inside, [], False)
        elif ended:
            what = "this ends with its COMMIT in the client, but not here, where the file is one transaction"
            fix = "put what follows the COMMIT into a file of its own, or  -- migrate: no-transaction"
            yield ended[0], (what, f"{fix}  on the first line of the file")
            return
        elif begun and first_word(statement.text, database.syntax) in ("SET", "SELECT", "CREATE"):
            inside += [statement] if database.brief_pattern.match(code_of(statement, database.syntax)) else []


def _blanked(octets: str, statements: Sequence[Statement]) -> str:
    """Return a text with blanks in place of *statements*: what comes after them is where it was."""
    pieces, position = list[str](), 0
    for each in sorted(statements, key=attrgetter("offset")):
        if each.offset < position:  # it is a part of one
            continue
        pieces += octets[position : each.offset], re.sub(r"[^\n]", " ", octets_of(each.text))
        position = each.offset + len(pieces[-1])
    return "".join([*pieces, octets[position:]]) if pieces else octets


def _find_divided(database: Database, statements: Sequence[Statement]) -> Iterator[_Fault]:
    """Yield a statement that sees what one before it did, where a transaction ends between: the history is written."""
    if not (database.transactional and database.forms.may_matter("\n".join(each.text for each in statements))):
        return
    natures = database.forms.natures(statements, database.syntax, database.syntax_after)
    for first, last in find_spans(natures, database.forms.together).items():
        some = [each.traits for each in natures[first - 1 : last]]
        if not all(traits & (Trait.INSIDE | Trait.SESSION) and not traits & _CONTROLS for traits in some):
            what = "this would see what the tool has written since the statement that it is about"
            fix = "write the two into one transaction: BEGIN before and COMMIT after them, and nothing else between"
            yield statements[last - 1], (what, fix)


_NOTHING_RAN: Final = hashlib.sha256().hexdigest()


def _checksums(statements: Statements) -> list[str]:
    """Return for each k, from 0, the checksum of the first k statements, with CRLF read as LF."""
    sums = [_NOTHING_RAN]
    for first, last in statements.pieces(_PIECE):
        for octets in statements.octets(first, last):
            text = octets.replace("\r\n", "\n") if "\r" in octets else octets
            sums.append(hashlib.sha256((sums[-1] + text).encode("latin-1")).hexdigest())
    return sums


class Now(NamedTuple):
    """A step that runs since *began*, its *statement* (None: its text) since *since* (0: none); monotonic seconds."""

    step: Step
    began: float
    statement: Statement | None = None
    since: float = 0.0


class Outcome(NamedTuple):
    """How a file, or several in one transaction, ended: what is in, and is told; or the error that says what is."""

    results: Sequence[Result] = ()
    error: MigrateError | None = None


class _OutdatedError(Exception):
    """A rival has changed the history since the plan was made; nothing has run that is not told."""


class _Shield:
    """Keeps SIGINT and SIGTERM from cutting in two what is told only once.

    One that comes while a person's statement runs *cancels* that, so that the database says how it ended; while nothing
    is under way, it is raised at once. The second and later ones change nothing. Only in the main thread.
    """

    def __init__(self, cancel: Callable[[], object] = bool) -> None:
        self.raised: BaseException | None = None  # by the handler that was there before
        self.word = "interrupted"  # or terminated, as the signal was
        self._cancel, self._under_way = cancel, ""  # a statement that "runs", something that "waits", or neither
        self._before: dict[signal.Signals, Any] = {}

    @contextlib.contextmanager
    def held(self) -> Iterator[None]:
        """Keep signals from the body. Afterwards, what the application's handler raised goes on, if it is its own.

        A KeyboardInterrupt does not: what the body has done is done, or StoppedError says it.
        """
        with contextlib.suppress(ValueError):  # another thread than the main one is told of none
            for number in (signal.SIGINT, signal.SIGTERM):
                if callable(handler := signal.getsignal(number)):
                    signal.signal(number, self._note)
                    self._before[number] = handler
        outcome: KeyboardInterrupt | None = None
        try:
            yield
        except KeyboardInterrupt as stopped:
            if self.raised is None or isinstance(self.raised, KeyboardInterrupt):
                raise
            outcome = stopped
        finally:
            for number, handler in self._before.items():
                signal.signal(number, handler)
        if self.raised and not isinstance(self.raised, KeyboardInterrupt):
            raise self.raised from outcome

    def _note(self, number: int, frame: Any) -> None:
        if self.raised:
            return
        self.word = "terminated" if number == signal.SIGTERM else self.word
        try:
            self._before[signal.Signals(number)](number, frame)
        except BaseException as raised:  # noqa: BLE001 (whatever it is, it waits until it can be raised)
            self.raised = raised
        if self._under_way == "waits":
            self.check()
        if self.raised and self._under_way:
            self._cancel()

    def check(self) -> None:
        """Raise KeyboardInterrupt, if a signal has come that is to end the run."""
        if self.raised:
            raise KeyboardInterrupt

    @contextlib.contextmanager
    def during(self, under_way: str) -> Iterator[None]:
        """Let a signal end the body: at once, where it "waits"; by a cancel, where it "runs" a statement."""
        before = self.enter(under_way)
        try:
            if under_way == "waits":  # for what has come since
                self.check()
            yield
        finally:
            self.leave(before)

    def enter(self, under_way: str) -> str:
        """Do what during() does as it begins; return what leave() is to be told."""
        self.check()
        before, self._under_way = self._under_way, under_way
        return before

    def leave(self, before: str = "") -> None:
        """Do what during() does at its end."""
        self._under_way = before

    def pause(self, seconds: float) -> None:
        """Sleep; a signal ends that."""
        with self.during("waits"):
            time.sleep(seconds)


@lru_cache(maxsize=8)
def _owner(who: str, session_id: int, token: str) -> str:
    more = f", pid {os.getpid()}, connection {session_id}, {token}"
    return re.sub(r"[^ -~]|['\\]", "?", who)[: 255 - len(more)] + more


class Run:
    """One run: an open database, its history, the migrations, and what is done so far."""

    all_or_nothing = False
    backup: str | None = None  # where the database is copied to before anything changes; "" is beside it
    typed = ""  # the command that does what is left of all that is to be done
    halfway = ""  # what redo has rolled back, and not applied again: its title
    now: Now | None = None  # read by the threads that watch
    failed: MigrateError | None = None  # what the last file has ended with, and what a signal after that is told
    timed_out = False  # one of those threads has ended the statement
    soiled = False  # what a file has set would reach the next one
    unread: Sequence[str] = ()  # what lies beside the files, and is none of them
    outrun = False  # a rival has applied what was planned
    planned_by: Sequence[Applied] = ()  # the rows of the history by which something was planned last
    heard = 0  # notices of the file that runs
    at_work: Sequence[str] = ()  # of a command that only looks: who runs meanwhile
    entries: dict[int, list[LogEntry]] | None = None  # of the log by version, the newest first, once asked for
    known_natures: tuple[Step, list[Nature]] | None = None  # what the statements of a file are
    pace = 1  # so many statements may travel as one: more as long as all takes next to no time
    ahead: list[Rows] | DriverError | None = None  # what came of the claim that went with the end of the file before

    def __init__(
        self, settings: Settings, notify: Notify, history: History, migrations: list[Migration], results: list[Result]
    ) -> None:
        self.settings, self.notify, self.migrations, self.results = settings, notify, migrations, results
        self.database, self.history, self.applied = history.database, history, history.read()
        self.end_lock = _thread.allocate_lock()  # of the statement that runs
        self.shield, self.token = _Shield(), os.urandom(8).hex()
        self.screened: dict[tuple[Any, ...], Step] = {}  # what has been screened
        self.told: set[str] = set()  # of rivals
        self.missed: dict[int, int] = {}  # by the number of a statement of that file, warnings that nobody has read
        self.began_at: dict[int, Code] = {}  # by version, what the history has for when the last attempt began
        self.database.tell, self.database.hear = self.notify, self.hear

    @classmethod
    @contextlib.contextmanager
    def opened(
        cls,
        given: Settings | str,
        notify: Notify = silent,
        *,
        files: bool = True,
        exists: bool = False,
        texts: bool = False,
        looks: bool = False,
        databases: Mapping[str, type[Database]] = DATABASES,
    ) -> Iterator[Run]:
        """Read the files and the history. What the body raises goes on as MigrateError, with the results so far.

        *texts* says that the stored down texts are needed, *looks* that nothing is written.
        """
        settings = Settings(DatabaseURL.parse(given)) if isinstance(given, str) else given
        dialect, results = settings.url.dialect, list[Result]()
        folder = migration_directory(settings.directory, dialect) if files else None
        unread = list[tuple[str, str, str]]()
        migrations = find_migrations(folder, dialect, lazily=True, tell=unread.append) if folder else []
        limits = settings.ddl_lock_timeout, settings.statement_timeout, settings.lock_timeout
        database, run = databases[dialect](settings.url, *limits), None
        database.looks, database.tell = looks, notify
        try:
            with contextlib.closing(database):
                database.open()
                if exists and not database.exists:
                    what, fix = f"{settings.url.database} does not exist", "correct the path, or create it:  migrate up"
                    raise ConnectError(what, where=str(settings.url), fix=fix)
                history = History(database, settings.table, [each.version for each in migrations], texts=texts)
                run = cls(settings, notify, history, migrations, results)
                run.unread = _some_lines(unread)
                run.at_work = database.at_work(run.applied) if looks else []
                for each in run.at_work[:1]:
                    notify(f"a run is at work: {each}")
                yield run
        except (DriverError, MigrateError) as error:
            if isinstance(error, DriverError) and error.kind is Kind.BUSY:
                error = database.locked_error([])
            elif isinstance(error, DriverError):
                state = "the connection was lost." if error.kind is Kind.LOST else ""
                fix = database.fixes.get(error.kind, "look at what is in:  migrate status")
                if run and error.kind is Kind.FORBIDDEN:
                    fix = run.history.way_past(error.message) or fix
                error = StatementError(error.message, where=str(settings.url), state=state, fix=fix)
            error.results = tuple(results)
            if run and run.halfway and run.halfway not in error.state:
                more = "" if error.state == DriftError.usual_state else error.state
                error.state = f"{run.halfway} is rolled back. {more}" if more else run.not_again()
            elif results and error.state == DriftError.usual_state:
                error.state = "nothing more was changed."
            raise error from None
        except KeyboardInterrupt:
            state, fix = "nothing was left half done.", "look at what is in:  migrate status"
            stopped = (run and run.failed) or StoppedError("interrupted", state=state, fix=fix)
            stopped.results = tuple(results)
            raise stopped from None

    # What is to be done.

    def planned(self, direction: str, rows: Sequence[Applied] | None = None, **choice: Any) -> list[Step]:
        """Return the steps that choose_up or choose_down choose by *rows* of the history, with their texts read.

        Where nothing is to run, what it raises says what is refused where it is.
        """
        rows = self.applied if rows is None else rows
        self.planned_by = [*rows]
        if direction == "up":  # of old ones, only status speaks
            for said in self.unread:
                self._tell(said)
            newest = max((row.key for row in rows), default=-1)
            for each in self.migrations:
                if each.elsewhere and each.key > newest:
                    self._tell(f"skipped  {each.version} {each.name}: only {', '.join(each.elsewhere)}")
        choose = partial(choose_up, who=whoami, past=self.past) if direction == "up" else choose_down
        if not self.database.looks:
            with self._asking(direction, **choice):
                steps = choose(self.migrations, rows, **choice)
            self.typed = self.typed or self._goal(steps, rows, **choice)
            return self.screen(steps)
        self.typed = self.typed or ("plan" if direction == "up" else f"plan {direction}")
        try:
            with self._asking(direction, **choice):
                steps = choose(self.migrations, rows, **choice)
            steps = self.screen(steps)
            for step in () if self.at_work else steps[:1]:
                self.see_resumed(step._replace(typed=direction))
        except (DriftError, FileError) as error:
            if self.at_work and isinstance(error, DirtyError):
                error.fix = f"wait until it is done, and look again:  migrate {self.typed}"
            if not getattr(error, "faults", ()):  # every command says those of the folder
                error.what, error.state = f"`{direction}` would refuse to run: {error.what}", ""
            raise
        return steps

    @contextlib.contextmanager
    def _asking(self, direction: str, **choice: Any) -> Iterator[None]:
        """Have a refusal that names an option of *direction* say with it what else was asked; who looked, looks."""
        try:
            yield
        except (DriftError, SettingsError) as error:
            words, names_end = ["migrate", direction], " --to " in error.fix
            words[1:1] = ["plan"] if names_end and self.database.looks else []
            words += [f"--to {choice['to']}"] if choice.get("to") else []
            words += [str(choice["count"])] if choice.get("count") and not names_end else []
            words += ["--all-or-nothing"] if self.all_or_nothing else []
            error.fix = error.fix.replace(f"migrate {direction} --", f"{' '.join(words)} --")
            raise

    def _goal(self, steps: Sequence[Step], rows: Sequence[Applied], **choice: Any) -> str:
        """Return the command that does what is left of *steps* and no more, wherever they stop; a count would not."""
        words = [step.direction for step in steps[:1]]
        if "up" in words:
            ends = (choice.get("count") or choice.get("to")) and steps[-1].key < self.migrations[-1].key
            words += [f"--to {steps[-1].version}"] if ends else []
        elif len(steps) > 1 and not choice.get("to_here"):
            stays = max((row for row in rows if row.key < steps[-1].key), key=attrgetter("key"), default=None)
            words.append(f"--to {stays.version}" if stays else "--all")
        options = {"out_of_order", "to_here"} & {name for name, value in choice.items() if value}
        options |= {"all_or_nothing"} if self.all_or_nothing else set()
        return " ".join((*words, *(f"--{name.replace('_', '-')}" for name in sorted(options))))

    def awaited(self) -> list[Applied]:
        """Wait for a runner that is at work on a dirty row: what is dirty after that was left so by a dead one.

        Return the history to plan by: what was under way as if it had not begun, like all that nobody sees before its
        COMMIT. What has become of it, the plan that is made under the lock will find.
        """
        before = self.applied
        if any(row.dirty for row in before):
            # Either waits for the other's lock.
            with self.database.transaction() if self.database.pooled else self.locked():
                self.refresh()
            ended = {row.key for row in before if row.dirty} - {row.key for row in self.applied if row.dirty}
            if ended and not self.database.pooled:
                return [row._replace(dirty=False) for row in before if not (row.dirty and row.direction == "up")]
        return self.applied

    def refresh(self) -> None:
        """Read the history again, under the lock; put into the log what a run that was killed could not."""
        self.applied = self._read_quiet() if self.database.local_locks else self.history.read()
        for row in () if self.database.pooled else self.applied:
            if row.dirty and row.owner and not row.owner.endswith(self.token):
                self._bury(row)

    def _read_quiet(self) -> list[Applied]:
        """Read the history when no claim in it shows life: of runners on other nodes of a cluster, no lock is seen."""
        seen, began = list[Applied](), time.monotonic()
        while True:
            rows = self.history.read()
            dirty = [row for row in rows if row.dirty]
            if dirty and dirty != seen:
                seen, since = dirty, time.monotonic()
            elif not dirty or time.monotonic() - since > _ALIVE:
                return rows
            if time.monotonic() - began >= self.settings.lock_timeout:
                raise self.database.locked_error([str(row.owner) for row in dirty])
            self.database.pause(0.2)

    def _bury(self, row: Applied) -> None:
        """Log the attempt of a run that has died, if that is not done; after that its row has no owner."""
        told = any(
            (each.action, each.outcome) == (row.direction, "failed") and each.at >= row.applied_at
            for each in self.history.read_log(None, row.version, None)
        )
        who, killed = (row.owner or "").partition(", pid ")[0], f"killed, after at least {row.took_ms} ms: {row.owner}"
        more: dict[str, Any] = {"took_ms": row.took_ms, "error": killed, "applied_by": who, "at": _sql_time(row)}
        entry = self.history.log_entry(row.version, row.name, row.direction, **more)
        release = self.history.change(row.version, {"owner": None}, owner=row.owner)
        self.database.begin(*([] if told else [entry]), release, self.database.commit_sql)
        self.applied = [each._replace(owner=None) if each is row else each for each in self.applied]

    def remaining(self, planned: Sequence[Step], *, strictly: bool = False, known: Collection[int] = ()) -> list[Step]:
        """Return which of the *planned* steps nobody has done meanwhile; tell of a rival's, but of those *known*.

        Raises DirtyError where one is half way in the other direction; *strictly*, DriftError for one rolled back.
        """
        rows, left = {row.key: row for row in self.applied}, list[Step]()
        ours = {(result.version, result.action) for result in self.results}
        for step in planned:
            row = rows.get(step.key)
            if row and row.dirty and row.direction != step.direction:
                raise dirty_error(row)
            if (row is None) == (step.direction == "up") or (row and row.dirty):
                left.append(step._replace(row=row))
            elif (step.version, step.direction) in ours or step.key in known:
                pass
            elif row:
                self.outrun = True
                self._tell(f"{step.title} is applied already, by {row.applied_by}")
            elif strictly:
                fix = "look at the versions, and say again what to do:  migrate status"
                raise DriftError(f"{step.title} was rolled back meanwhile{self.by(step.version)}", fix=fix)
            else:
                self._tell(f"{step.title} is rolled back already{self.by(step.version)}")
        return left

    def still_up(self, planned: Sequence[Step], *, count: int | None = None, **choice: Any) -> list[Step]:
        """Plan again, under the lock, what ``up`` has *planned*. Raises DriftError where that is no longer possible."""
        left = self.remaining(planned)
        for step in left:
            if not step.row and (past := self.past(step.version)):
                self._tell(f"{step.title} {past}; its row is gone, and it runs again")
        if self.applied == self.planned_by:  # which is all that a plan depends on
            return [*planned]
        steps = choose_up(self.migrations, self.applied, who=whoami, past=self.past, **choice)
        if count is not None:
            steps = steps[: count - len(planned) + len(left)]
            refuse_other(steps, left)
        return self.screen(steps)

    def still_down(self, planned: Sequence[Step], *, strictly: bool = False) -> list[Step]:
        """Return what is left of what ``down`` has *planned*. Raises DriftError where that is not the newest."""
        left = self.remaining(planned, strictly=strictly)
        if self.applied == self.planned_by:
            return [*planned]
        steps = choose_down(self.migrations, self.applied, count=len(left)) if left else []
        refuse_other(steps, left)
        return self.screen(steps)

    def still_again(self, planned: Sequence[Step]) -> list[Step]:
        """Return what ``redo`` has rolled back, and nobody has applied since. Raises DriftError beneath a newer one."""
        left = self.remaining(planned)
        for state in compare(self.migrations, self.applied):
            for step in [each for each in left if each.version == state.version and state.state == "out_of_order"]:
                raise drift_error(state, Migration(step.version, step.name, step.script))
        return left

    def left_pending(self, rows: Sequence[Applied]) -> list[Step]:
        """Return the step that applies what the last attempt of all has left pending, or half applied; else nothing.

        That is what has failed on its way up, and what ``redo`` has rolled back. Where the newest applied file was
        edited since, it is that one which is meant. Raises what ``up`` would, and DriftError where another comes first.
        """
        states = [each for each in compare(self.migrations, rows) if each.state not in {"pending", "skipped"}]
        files, last = {each.key: each for each in self.migrations}, self.history.read_log(1, None, None)
        ways = {("up", "failed")} | {("down", "ok") for each in last if each.tool.endswith(" redo")}
        meant = [each.key for each in last if (each.action, each.outcome) in ways]
        here = files.get(meant[0]) if meant else None
        if not here or here.elsewhere or (states and states[-1].state == "changed"):
            return []
        if any(row.key == here.key and not row.dirty for row in rows):
            return []
        (first,) = self.planned("up", rows, count=1)
        if first.key != here.key:
            what = f"{here.version} {here.name} is pending, and {first.title} comes before it"
            raise DriftError(what, fix="apply both:  migrate up")
        return [first]

    def by(self, version: str) -> str:
        """Say who has changed a version last."""
        return "".join(f", by {entry.applied_by}" for entry in self.history.read_log(1, version, None))

    def see_resumed(self, step: Step) -> None:
        """Raise DirtyError where *step* has begun, and cannot go on by itself."""
        if step.resume and not self.database.pooled:
            Journal(self, step)

    def refusals(self, states: Sequence[Status]) -> Iterator[tuple[str, DriftError]]:
        """Yield, for each state in which ``up`` refuses to run, how many more there are, and what it says of the first.

        Of what a run is at work on, nothing.
        """
        files, rows = {each.key: each for each in self.migrations}, {row.key: row for row in self.applied}
        there = {each.state for each in states}
        for kind in [each for each in ("dirty", *_DRIFTS) if each in there]:
            some = [each for each in states if each.state == kind and not (self.at_work and each.claimed)]
            for each in some[:1]:
                more = f" ({len(some) - 1} more)" * (len(some) > 1)
                if kind == "dirty":
                    yield more, self.stuck(rows[each.key], files.get(each.key))
                else:
                    yield more, drift_error(each, None, self.past)

    def stuck(self, row: Applied, file: Migration | None) -> DriftError:
        """Return what is to be said of a dirty *row*: where it stopped, by what, and how it goes on."""
        script = file and (file.up if row.direction == "up" else file.down)
        if row.is_marked or not file or not script or file.elsewhere:
            return dirty_error(row)
        with contextlib.suppress(FileError, DriverError):
            step = Step(row.version, row.name, row.direction, script, row=row)
            try:
                self.see_resumed(*self.screen([step]))
            except DirtyError as error:
                return error
        tried = [each for each in self.tried(row.version) if each.at >= row.applied_at and each.outcome == "failed"]
        what = next((each.error or "" for each in tried if each.action == row.direction), "killed").partition("\n")[0]
        place = f"statement {row.statements_done + 1} of {row.statements}"
        ended = re.match(r"(killed|interrupted|terminated)\b", what)
        told = dirty_error(row, f"go on with {place}:  migrate {row.direction}" if ended else "")
        told.what = f"{row.version} {row.name} stopped half way {row.direction} at {place}: {what}"
        return told

    def tried(self, version: str) -> list[LogEntry]:
        """Return what the log has of a version, the newest first; nothing where it may not be read."""
        if self.entries is None:
            self.entries = {}
            with contextlib.suppress(DriverError, MigrateError):
                for each in self.history.read_log(None, None, None):
                    self.entries.setdefault(each.key, []).append(each)
        return self.entries.get(version_key(version), [])

    def last_change(self, version: str) -> LogEntry | None:
        """Return what the log has last of a version that went well, unless that was a roll back: its change is in."""
        last = next((each for each in self.tried(version) if each.outcome == "ok"), None)
        return None if last and last.action == "down" else last

    def past(self, version: str) -> str:
        """Say when a version that is pending was applied, where the log says so, and nobody has declared it pending."""
        last = self.last_change(version)
        return _past_of(last) if last and (last.action != "repair" or last.tool.endswith(" --applied")) else ""

    def hear(self, level: str, text: str) -> None:
        """Tell what the server says about a person's statement; of ours, nothing. Raises DriverError of a quiet one."""
        if level == "error" and self.now and self.now.statement and not (self.timed_out or self.shield.raised):
            said, _, code = text[:-1].rpartition(" (")
            if self.database.quiet_pattern.match(code_of(self.now.statement, self.database.syntax)):
                raise DriverError(said, self.database.kinds.get(code, Kind.OTHER), code, number=sys.maxsize)  # of all
        elif level != "error" and self.now and self.now.since:
            self.heard += 1
            self.notify(Notice(self.now.step, level, text))

    def tell_missed(self) -> None:
        """Tell how many warnings of the file were not told, where they are, and how to read them."""
        lines = list[str]()
        for _, some in itertools.groupby(enumerate(sorted(self.missed)), lambda pair: pair[1] - pair[0]):
            numbers = [number for _, number in some]
            both = (self.now.step.statements[each - 1].line for each in (numbers[0], numbers[-1])) if self.now else ()
            lines.append(" to ".join(map(str, dict.fromkeys(both))))
        if lines and self.now:
            what = f"{counted(sum(self.missed.values()), 'warning')} not told here, of what begins in line"
            way = "on a copy of the database,  mysql --show-warnings  tells each"
            self.notify(Notice(self.now.step, "warning", f"{what} {_some(lines)}: {way}"))
        self.missed = {}

    def _tell(self, text: str) -> None:
        """Tell what a rival has done, or the like, once, however often is planned."""
        if text not in self.told:
            self.told.add(text)
            self.notify(text)

    def back_up(self) -> None:
        """Copy the database, once, where that is asked for, and there is one."""
        path, self.backup = self.backup, None
        if path is None or not self.database.exists:
            return
        version = next((row.version for row in reversed(self.applied) if not row.dirty), "0")
        given, name = Path(path), f"{self.settings.url.database}.backup-{version}"
        given = given / Path(name).name if path and given.is_dir() else Path(path or name)
        target, number, database = given, 1, os.path.realpath(self.settings.url.database)
        own = {f"{database}-{end}" for end in ("journal", "wal", "shm")}  # SQLite would take it away
        while os.path.lexists(target) or os.path.realpath(target) in own:
            target, number = given.with_name(f"{given.name}.{number}"), number + 1
        self.database.back_up(target)
        self.notify(
            f"backup: {shown_path(target)}; to restore it, stop what uses the database, remove its -wal and -shm"
            f" files, and  cp {shell_word(shown_path(target))} {shell_word(self.settings.url.database)}"
        )

    def doom(self, steps: Sequence[Step], schemas: Sequence[str]) -> Doom:
        """Return what ``reset`` takes, by what the files of *steps* make, applied as they are. Raises DriftError."""
        database, table = self.database, self.history.table.rpartition(".")[2]
        rows = {row.key: row for row in self.applied}
        own = (Made("TABLE", (each,), each, optional=False, title="this tool") for each in (table, f"{table}_log"))
        made: dict[tuple[object, ...], Made] = {each[:2]: each for each in own}
        for step in steps:
            row = rows.get(step.key)
            why = "the text that ran is not here" if row else "it has not run"
            if row and row.checksum == step.script.checksum:
                why = ""
                rows.pop(step.key)
            for statement in step.statements:
                text = statement.text
                if first_word(text, database.syntax) in _MAKING or database.unnamed_pattern.search(text):
                    for there, each in database.find_made(words_of(text, database.syntax)):
                        made.pop(each[:2], None)
                        made |= {each[:2]: each._replace(title=step.title, why=why)} if there else {}
        doom = database.doom(self.history.schemas, schemas, [*made.values()])
        if rows and database.making_pattern is not _NEVER_PATTERN:
            titles = _some([f"{row.version} {row.name}" for row in rows.values()])
            doom.notes.append(f"what {titles} made elsewhere stays, too: the text that ran is not here")
        self.stop_at(doom)
        return doom

    def stop_at(self, doom: Doom) -> None:
        """Raise DriftError where more would go by CASCADE, or what stays is in the way of the files."""
        if not doom.bars:
            return
        fixes = _some([f"{fix};" for _, fix in doom.bars], "\n       ")
        fix = f"see what it would take, and do that by hand; then run the same command again:\n       {fixes}"
        if doom.near:
            names = {each: each if each.isidentifier() else repr(each) for each in (*doom.more, *doom.near)}
            options = "".join(f" --schema {name}" for name in names.values())
            fix += f"\n     or drop all that lies in these schemas, too:  migrate reset{options}"
        what = "\n  ".join(["this cannot be reset by itself:", _some([what for what, _ in doom.bars], "\n  ")])
        raise DriftError(what, where=str(self.database.url), fix=fix)

    def drop(self, doom: Doom) -> str:
        """Drop all of *doom*, make the history anew and log it; return how much that was. Raises MigrateError."""
        database = self.database
        try:
            database.drop_everything(doom)
        except DriverError as failed:
            if failed.kind is Kind.LOST or not database.transactional:
                raise
            fix = database.fixes.get(
                failed.kind, "mend what it says, or drop it by hand; then run the same command again"
            )
            where, state = str(database.url), "nothing was changed."
            raise StatementError(failed.message, where=where, state=state, fix=fix) from None
        self.stop_at(doom)
        dropped = counted(doom.dropped, "object")
        self.history = History(database, self.settings.table)
        for schema in self.history.create():
            self._tell(f"made the schema {schema}, for the history")
        database.send(self.history.log_entry("", f"{dropped} dropped", "reset"))
        return dropped

    def screen(self, steps: Sequence[Step]) -> list[Step]:
        """Read the text of every step, once. Raises FileError before any of them has run."""
        keys = [(step.version, step.direction, step.script.checksum, step.stored, step.row) for step in steps]
        refused: dict[str, MigrateError] = {}
        for key, step in zip(keys, steps, strict=True):
            if key not in self.screened:
                with gathered(refused, partial(script_path, step)):
                    self.screened[key] = read_step(step._replace(typed=self.typed), self.database)
        url = self.settings.url  # check knows of the default that it is meant only where it is told so
        told = "" if self.settings.url_source or not url.is_file else f"--database-url {url} "
        refuse_all(refused, f"migrate {told}check")
        read, what = [self.screened[key] for key in keys], ""
        if len(levels := {step.level for step in read} - {""}) > 1:
            what = f"a transaction has one level of isolation, and the files ask for {' and '.join(sorted(levels))}"
        for step in [each for each in read if is_journaled(each, self.database)][:1]:
            what = f"{self.database.label} commits every DDL statement by itself"
            if self.database.transactional:
                what = f"{step.title} runs statement by statement, as no-transaction says"
        for step in read[:-1] if self.all_or_nothing else ():
            if name := self.database.stays(self.natures_that_matter(step)):
                what = f"{step.title} sets {name}, which the files after it would find"
        if self.all_or_nothing and what:
            raise SettingsError(what, where="--all-or-nothing", fix=f"leave it out:  {_FILE_BY_FILE}")
        return read

    # Who may do it.

    @contextlib.contextmanager
    def locked(self, steps: Sequence[Step] = (), *, journaled: bool = False, late: bool = False) -> Iterator[None]:
        """Open the database for writing, with the lock and, but for *late*, the history. Raises LockedError."""
        self.database.open(write=True)
        with self.database.lock(journaled=journaled):
            if late and self.history.missing:  # still, perhaps
                self.history = History(self.database, self.settings.table)
            elif self.history.missing:
                self.back_up()
                self.database.lay_out(steps[0].statements if steps else ())
                # DDL commits by itself where it is not transactional, and there it may be tried again.
                with self.database.transaction() if self.database.transactional else contextlib.nullcontext():
                    made = self.history.create()
                for schema in made:
                    self._tell(f"made the schema {schema}, for the history")
            yield

    @contextlib.contextmanager
    def working(self, steps: Sequence[Step] = (), *, late: bool = False) -> Iterator[None]:
        """Do what locked() does, read the history again, and see to it that a signal leaves nothing in between."""
        journaled = any(is_journaled(step, self.database) for step in steps)
        self.shield = _Shield(self.database.cancel)
        with self.shield.held(), contextlib.ExitStack() as stack:
            with self.shield.during("waits"):
                stack.enter_context(self.locked(steps, journaled=journaled, late=late))
            stack.enter_context(self._watched())
            self.database.pause = self.shield.pause
            try:
                self.refresh()
                yield
            finally:
                self.database.pause = time.sleep

    def owner(self) -> str:
        """Return what a claim of this run is known by: who and where, and what no other run has."""
        return _owner(whoami(), self.database.session_id, self.token)

    def change(self, body: Callable[[], list[Result]]) -> list[Result]:
        """Call *body* in a transaction in which the history is what was read; again where a rival was faster."""
        while True:
            try:
                with self.database.transaction():
                    if self.database.verifies:
                        self.verify()
                    results = body()
                return self.committed(*results)
            except _OutdatedError:
                pass
            except DriverError as failed:
                if not self.database.local_locks or failed.kind not in {Kind.DEADLOCK, Kind.OUTRUN, Kind.TAKEN}:
                    raise
            self.refresh()

    def verify(self) -> None:
        """Raise _OutdatedError where the history is not what the plan was made from."""
        if self.history.digest() != digest_of(self.applied):
            raise _OutdatedError

    # What is told.

    @property
    def took_ms(self) -> int:
        """Return for how long the file that runs has run."""
        return round(1000 * (time.monotonic() - self.now.began)) if self.now else 0

    def committed(self, *results: Result) -> list[Result]:
        """Tell of what is committed; return all of it."""
        for result in results:
            self.results.append(result)
            self.notify(result)
        return self.results

    @contextlib.contextmanager
    def _watched(self) -> Iterator[None]:
        """Keep an eye on what runs while the body does, from two threads: one asks the server, one can end it."""
        import threading

        stop = threading.Event()
        threads = [threading.Thread(target=each, args=[stop], daemon=True) for each in (self._watch, self._guard)]
        # Where one of these took a signal, the thread that waits for the server would not wake up and hear of it.
        before = signal.pthread_sigmask(signal.SIG_BLOCK, (signal.SIGINT, signal.SIGTERM))
        try:
            for thread in threads:
                thread.start()
        finally:
            signal.pthread_sigmask(signal.SIG_SETMASK, before)
        try:
            yield
        finally:
            stop.set()
            for thread in threads:
                thread.join(1.0)

    def _watch(self, stop: threading.Event) -> None:
        """Tell what a statement waits for, and show a sign of life to the nodes of a cluster.

        Where the server owes us an answer, and waits for us, somebody has ended what we sent: the line is cut.
        """
        database = self.database  # asked well before a lock timeout is over: only who waits can be asked for whom
        early, quiet = min(2.0, database.lock_limit / 4 or 2.0), 0
        while not stop.wait(early / 4):
            now = self.now
            seconds = time.monotonic() - now.since if now else 0.0
            if not now or not now.since or seconds < early:
                continue
            waits = database.observe()
            quiet = quiet + 1 if seconds >= 2 and not waits and database.is_idle() else 0  # noqa: PLR2004 (seconds)
            with self.end_lock:
                if quiet > 3 and self.now is now:  # noqa: PLR2004 (times)
                    database.hang_up(idle=True)
            if self.now is now and seconds >= 2:  # noqa: PLR2004 (seconds; less is not worth a line)
                number = now.step.statements.at(now.statement.offset if now.statement else -1)
                self.notify(Running(now.step, number, seconds, waits))
            if database.local_locks and (observer := database.observer):
                beat = self.history.change(now.step.version, {"took_ms": self.took_ms}, owner=self.owner())
                with contextlib.suppress(DriverError):  # a claim that is gone is noticed by the next note
                    observer.send(beat)

    def _guard(self, stop: threading.Event) -> None:
        """End a statement at its timeout, and see to it that one that is to end does.

        A cancel may have come a moment before the statement, or been lost on the way; then it is sent again. In the end
        the line is cut: where the server waits for us, and owes us an answer; takes no cancel; or does not obey.
        """
        database, limit = self.database, 0.0 if self.database.server_times else self.database.statement_wait
        pace = max(0.01, min(0.5, limit / 10 or 0.5))
        ending: Now | None = None
        asked, heard, idle = 0.0, 0.0, 0
        while not stop.wait(0.5 if ending and ending is self.now else pace):
            now = self.now
            if not now or not now.since:
                continue
            late = 0 < limit <= time.monotonic() - now.since
            if not (late or self.shield.raised):
                continue
            with self.end_lock:  # what ends by itself, meanwhile, waits with what is to be sent next
                if self.now is not now:
                    continue
                if ending is not now:
                    ending, asked, heard, idle = now, time.monotonic(), time.monotonic(), 0
                    if self.shield.raised:  # it has sent one itself, just now
                        continue
                    self.timed_out = True
                idle = idle + 1 if database.is_idle() else 0
                if idle or database.cancel():
                    heard = time.monotonic()
                if idle > 1 or time.monotonic() - min(heard, asked + 5 * _PATIENCE) > _PATIENCE:
                    database.hang_up(idle=idle > 1)

    # How it is done.

    def carry_out(self, choose: Callable[[], list[Step]]) -> list[Result]:
        """Run what *choose* finds to do in the history, which is locked; asked again where a rival came between files.

        Neighbours may share a transaction. Raises MigrateError.
        """
        if steps := choose():
            self.back_up()
        while steps:
            if self.shield.raised and self.ahead:
                self.database.rollback()
            self.shield.check()
            batch = self._batch(steps)
            following = self._following(batch, steps)
            self.entitle(batch[-1])
            try:
                if self.soiled:  # with it goes its lock, for a moment
                    self.database.renew()
                    self.soiled = False
                    self.verify()
                self._see_through(batch, following)
            except _OutdatedError:
                self.database.rollback()
                if self.database.local_locks:
                    self.database.pause(os.urandom(1)[0] / 256)  # that two do not give way to each other for ever
                self.refresh()
                steps = choose()
                continue
            steps = steps[len(batch) :]
            self._remember(batch)
            self.soiled = not (self.all_or_nothing or following) and self.leaves(batch[-1], self.database.takes_back)
        return self.results

    def entitle(self, step: Step) -> None:
        """Have the session called after *step*."""
        self.database.title = f"migrate {step.direction} {step.version}"

    def _batch(self, steps: Sequence[Step]) -> list[Step]:
        """Return the first of *steps*, and those that go into one transaction with it."""
        if is_journaled(steps[0], self.database) or not (self.database.shares_transaction or self.all_or_nothing):
            return [steps[0]]
        batch = list[Step]()
        for step in itertools.takewhile(lambda each: not is_journaled(each, self.database), steps):
            batch.append(step)
            if not self.all_or_nothing and self.leaves(step, self.database.takes_back):
                break
        return batch

    def _following(self, batch: Sequence[Step], steps: Sequence[Step]) -> Step | None:
        """Return the step after *batch*, if its claim may go with the end of that: nothing is to be done in between."""
        both = steps[len(batch) - 1 : len(batch) + 1]
        if len(both) == 1 or self.database.verifies or any(is_journaled(each, self.database) for each in both):
            return None
        return None if self.database.may_matter(both[0].statements.code) else both[1]

    def _remember(self, batch: Sequence[Step]) -> None:
        """Note what the history has to say by now, and that there may be new code in the database."""
        for step in batch:
            self.database.look_again(step.statements.code)
        gone, others = {step.row.version for step in batch if step.row}, list[Applied]()
        while gone and self.applied:  # mostly it is the last one
            row = self.applied.pop()
            others += [row] if row.version not in gone else []
            gone.discard(row.version)
        person, up = self.database.person(), [step for step in batch if step.direction == "up"]
        new = (Applied(each.version, each.name, each.script.checksum, each.down_sql, applied_by=person) for each in up)
        self.applied += [*reversed(others), *new]

    def _see_through(self, batch: Sequence[Step], following: Step | None = None) -> None:
        """Live the life of a file, from its claim to its outcome; of several where they share a transaction.

        With the end of it goes the claim of the step that is *following*, of which nothing is told yet. One that waited
        too long for a lock, or lost a deadlock, is tried again, and told how often; of a batch that has failed, each
        file runs on its own. The outcome is told once, when it is true. Raises StatementError, StoppedError, and
        _OutdatedError where a rival was faster.
        """
        self.now = None
        journaled = is_journaled(batch[0], self.database)
        attempt: Attempt = Journal(self, batch[0]) if journaled else Attempt(self, batch, following)
        for number in itertools.count(1):
            try:
                outcome = Outcome(attempt.live())
            except (DriverError, KeyboardInterrupt) as raised:
                if self.now is None:  # nothing had begun
                    raise
                stopped = self.shield.raised is not None
                if len(batch) > 1 and not stopped and not self.all_or_nothing:
                    if attempt.is_changed():
                        self.database.renew()
                    for step in batch:
                        self._see_through([step])
                        self._remember([step])
                    return
                failed = attempt.undo(raised if isinstance(raised, DriverError) else _interrupted())
                again = failed.kind in _RETRIED and attempt.certain and not self.timed_out and not stopped
                if again and number <= self.settings.retries:
                    if why := attempt.unrepeatable():
                        failed.message += f"\nit was not tried again: {why}"
                    elif self._paused(number, failed.message) and attempt.is_renewed():
                        continue
                    elif self.shield.raised:
                        failed = _interrupted()
                outcome = self._judge(batch, failed, attempt)
            break
        self.tell_missed()
        self.committed(*outcome.results)
        self.now, self.failed = None, outcome.error
        if self.failed:
            raise self.failed from None

    def natures_that_matter(self, step: Step) -> Sequence[Nature]:
        """Return what the statements of a file are; none where none of them can be of interest to another file."""
        return self.natures(step) if self.database.may_matter(step.statements.code) else ()

    def natures(self, step: Step) -> list[Nature]:
        """Return what the statements of a file are; of the last one asked for, it is kept."""
        if self.known_natures is None or self.known_natures[0] is not step:
            self.known_natures = step, self.database.natures(step.statements.briefs)
        return self.known_natures[1]

    def leaves(self, step: Step, undone: frozenset[str]) -> bool:
        """Tell if a file leaves something in the session, of a kind that is not *undone*."""
        briefs = step.statements.briefs
        hidden = self.database.hidden(briefs) if self.database.notes_travel else Hidden()
        names = hidden.names
        natures = self.database.natures(briefs, names) if names else self.natures_that_matter(step)
        keys = {key.removeprefix("maybe ") for each in hidden.shown(distinct(natures)) for key in each.writes - BRIEF}
        keys |= hidden.keys if any(Trait.CALLS in each.traits for each in distinct(natures)) else set()
        # A setting with a dot, once made, is never quite gone.
        return not {"custom" if "." in key else key.partition(" ")[0] for key in keys} <= undone

    def _judge(self, batch: Sequence[Step], failed: DriverError, attempt: Attempt) -> Outcome:
        """Say what is in after a failure: all of it, where only the answer to the last COMMIT was lost."""
        database, step, number = self.database, self.now.step if self.now else batch[0], self.database.session_id
        database.pause = time.sleep  # whatever a signal wants: first it has to be known what is true
        stopped = self.shield.raised is not None and failed.kind in {Kind.CANCELLED, Kind.LOST}
        error = self._error(step, failed, stopped=stopped)
        try:
            if failed.kind is Kind.LOST:  # with the lock, which waits for a statement that still runs
                database.renew(3 if stopped else 60, patience=_PATIENCE)
                clean = {row.key: not row.dirty for row in self.history.read()}
                if all(clean.get(each.key) is (True if each.direction == "up" else None) for each in batch):
                    self.notify("the connection was lost during COMMIT; the history says that it was done")
                    return Outcome([self.result(each, len(each.statements)) for each in batch])
            attempt.settle(failed, error, stopped=stopped)
            if failed.kind is Kind.PRESENT and step.direction == "up":
                self._look_back(step, error)
        except LockedError:
            still = f"a statement still runs on the server, as connection {number} (KILL {number} ends it)"
            error.state = f"{still}; the history says which have run."
        except (DriverError, MigrateError) as again:
            error.state = error.state or attempt.unsettled(failed, again)
        if stopped and "repair" not in error.fix:
            error.fix = f"go on where it stopped:  migrate {step.command}"
        if stopped and isinstance(attempt, Journal) and number:
            error.state = f"the statement was ended (connection {number}). {error.state}"
        if step.stored or not error.half:  # what has run by half goes on with its own text
            error.fix += _more_ways(step)
        return Outcome(error=error)

    def _look_back(self, step: Step, error: MigrateError) -> None:
        """Say in *error* why what a file makes is there: a roll back left it, the history lies in it, or it is older.

        Raises DriverError and MigrateError.
        """
        self.entries = None
        history, database, (head, then, rest) = self.history, self.database, error.fix.partition(", then ")
        if not head.startswith("correct "):
            return
        texts = (each.text for each in distinct(step.statements.briefs))
        words = (words_of(each, database.syntax) for each in texts if first_word(each, database.syntax) == "CREATE")
        made = [each for every in words for there, each in database.find_made(every) if there and not each.optional]
        places = [each for each in made if each.kind in database.schema_words and each.name == (*history.schemas,)]
        ran = [each for each in history.read_log(None, None, None) if each.outcome == "ok"]
        if places:
            what = f"CREATE {places[0].kind} IF NOT EXISTS"
            error.fix = f"write {what}, as the history lies in {places[0].text}{then}{rest}"
        elif [each.action for each in ran if each.version == step.version][:1] == ["down"]:
            file = next((each.down for each in self.migrations if each.key == step.key), None)
            by = shown_path(file.path) if file else f"the down text stored for {step.title}"
            left = f"{step.title} was rolled back by {by}, and that has left this there"
            again = error.state == self.not_again()  # which says the half of it
            error.state = f"{left}; it is not applied again." if again else f"{left}.\n{error.state}"
            error.fix = f"mend {by}, and drop by hand what it has left{then}{rest}"
        elif not head.endswith("hint says") and (before := self.last_change(step.version)):
            rows, last = {row.key: row for row in history.read()}, step.version
            for each in self.migrations:  # the next ones that were, too
                if each.key > step.key and each.key not in rows:
                    if not self.past(each.version):
                        break
                    last = each.version
            error.state = f"{step.title} {_past_of(before)}.\n{error.state}"
            error.fix = _there(last, step.command, dirty=step.key in rows, more=last != step.version)
        elif {each.version for each in ran} | {row.version for row in history.read()} <= {
            result.version for result in self.results
        }:
            error.fix = (
                "if the database has all that the files up to this one make, mark them as applied, which runs nothing:"
                f"  migrate baseline {step.version}\n     if it has that of newer files, too, write the version of the"
                f" last of these\n     or else {error.fix}"
            )

    def not_again(self) -> str:
        """Say what is true between the two halves of ``redo``; nothing elsewhere."""
        return f"{self.halfway} is rolled back, and not applied again." if self.halfway else ""

    def failure(self, step: Step, error: MigrateError) -> Note:
        return self.entry(step, step.direction, took_ms=self.took_ms, error=without_data(error.what, error.spoken))

    def entry(self, step: Step, action: str, **more: Any) -> Note:
        """Return the SQL that logs an attempt, at the moment that its claim has."""
        return self.history.log_entry(step.version, step.name, action, at=self.began_at.get(step.key), **more)

    def result(self, step: Step, ran: int) -> Result:
        return Result(step.version, step.name, step.direction, ran, self.took_ms)

    def _paused(self, number: int, what: str) -> bool:
        """Say who is in the way, and wait before retry *number*; return False where a signal has ended that."""
        title = self.now.step.title if self.now else ""
        delay = min(30.0, 2 ** (number - 1)) * (0.5 + os.urandom(1)[0] / 256)
        who = "".join(f"; in the way: {each}" for each in self.database.blockers)
        again = f"again in {delay:.1f} s ({number} of {self.settings.retries:.0f})"
        self.notify(f"{title}: {_first_line(what)}{who}; rolled back, {again}")
        with contextlib.suppress(KeyboardInterrupt):
            self.shield.pause(delay)
        return self.shield.raised is None

    def _error(self, step: Step, failed: DriverError, *, stopped: bool) -> MigrateError:
        """Say where in the file it happened: by the place that the server gives, or else by the statement."""
        database, command = self.database, step.command
        statement, number, offset, exact = self.now.statement if self.now else None, failed.number, failed.offset, True
        if failed.ours and not (self.timed_out or failed.kind in {Kind.CANCELLED, Kind.LOST}):
            statement, number, offset = None, 0, None
        reported = statement or (step.statements[number - 1] if 0 < number <= len(step.statements) else None)
        if statement and offset is not None:
            offset = statement.offset + len(octets_of(statement.text[:offset]))
        elif reported and offset is None and failed.kind is not Kind.OUTRUN:
            guess, exact, failed.message = database.placed(reported.text, failed.message)
            offset = reported.offset + len(octets_of(reported.text[:guess]))
        where, excerpt = (script_path(step), "") if offset is None else place_in(step, offset, exact=exact)
        line = "the file" if offset is None else f"line {step.script.octets.count(chr(10), 0, offset) + 1}"
        who, wrong = "a person, a trigger, a policy, this file", line
        if reported and database.blames_rows(failed, reported.text):
            wrong = f"the rows that do not fit, or {line}"
        fixes = {
            Kind.LOST: f"look at what is in, with  migrate status  and then run again:  migrate {command}",
            Kind.OUTRUN: f"see who or what changes {self.history.table} ({who}), then run  migrate {command}",
            Kind.UNFINISHED: f"do what the hint says, then run  migrate {command}",
        }
        fix = fixes.get(failed.kind, database.fixes.get(failed.kind, f"correct {wrong}, then run  migrate {command}"))
        kept_out, text = failed.kind in {Kind.FORBIDDEN, Kind.OUTRUN}, reported.text if reported else ""
        if kept_out and (way := self.history.way_past(failed.message, text)):
            other = "" if failed.ours else f"or correct {line}; "
            fix = f"{way}\n     {other}then run  migrate {command}"
        elif failed.left and failed.kind not in fixes:
            fix = f"correct {wrong}, and do what the hint says, then run  migrate {command}"
        elif failed.kind is Kind.ALONE and step.script.in_transaction:
            head = "put  -- migrate: no-transaction  on the first line of the file"
            alone = f"leave it out:  {_FILE_BY_FILE}\n     where that fails, too, {head} before"
            fix = alone if self.all_or_nothing else f"{head}, then run  migrate {command}"
        elif failed.kind is Kind.CANCELLED and not re.search(r"(?i)statement_time|execution_time", step.script.sql):
            fix = f"run it again, with more time if that was over:  migrate {command} --statement-timeout 0"
        elif failed.kind in _RETRIED:
            excerpt = "\n".join(filter(None, (excerpt, *(f"  in the way: {each}" for each in database.blockers))))
            own = re.search(r"(?i)lock_(wait_)?timeout", step.script.sql)  # which stays, whatever is said
            way = "try it more often" if own else "wait longer"
            more = "--retries 10" if own else "--ddl-lock-timeout 30 --retries 10"
            fix = f"end what is in the way, or {way}:  migrate {command} {more}{database.to_end(database.blockers)}"
        place: Any = {"where": where, "excerpt": excerpt, "fix": fix}
        if stopped:
            return StoppedError(f"{self.shield.word}{failed.left}", **place)
        if failed.kind is Kind.GONE:
            return DirtyError(failed.message, **place)
        if failed.kind is Kind.BUSY:
            locked = database.locked_error([])
            locked.where, locked.excerpt = where, excerpt
            return locked
        timeout = f"the statement was ended at the statement timeout of {database.statement_wait:g} s"
        what = (timeout if self.timed_out else failed.message) + failed.left
        if failed.ours and failed.kind is Kind.OUTRUN:
            what = f"{self.history.named(what)} cannot be written: {what}"
        error = StatementError(what, **place)
        error.kind, error.code = failed.kind, failed.code
        if offset is not None and (number := step.statements.at(offset)):
            error.spoken = plain_words(step.statements[number - 1].text, database.syntax, database.quoted("x")[0])
        return error

    def begin(self, step: Step) -> None:
        """Start the clock of a file, and tell that it runs."""
        self.now, self.heard, self.missed = Now(step, time.monotonic()), 0, {}
        self.notify(step)
        if not step.statements:
            self._tell(f"{script_path(step)}: no statements in this file")

    def run_changes(self, step: Step, first: int, last: int) -> None:
        """Run changes of rows, one after the other. Raises DriverError, about the one that has failed.

        There is one clock for those that go together: these are more only as long as they take next to no time.
        Who is asked for warnings takes longer: each is only after there were some, and not after many.
        """
        statements, count, listens = step.statements, 1, False
        while first <= last:
            end = min(first + count - 1, last)
            with self.running(statements[first - 1]):
                try:
                    self.database.run_all([text_of(each) for each in statements.octets(first, end)], listens=listens)
                except DriverError as failed:
                    if self.now and failed.number:
                        self.now = self.now._replace(statement=statements[first + failed.number - 2])
                    failed.number = 0
                    raise
                took = time.monotonic() - self.now.since if self.now else 0.0
                heard = self.heard
                missed = self.database.listen(_WARNINGS - heard)
                self.missed |= {first + number - 1: many for number, many in missed.items()}
            listens = bool(missed or self.heard > heard) and self.heard < _WARNINGS
            self.refuse_ended()
            first, count = end + 1, max(1, 4 * count if took < _BRIEF else count // 4)

    def running(self, statement: Statement | None) -> _Running:
        """Start the clock of what the body runs, a *statement* or None for the whole file; a signal ends it."""
        return _Running(self, statement)

    def refuse_ended(self) -> None:
        """Take a statement that was ended, and says that all is well, for one that failed: SLEEP() on MySQL is such."""
        if self.timed_out or self.shield.raised:
            raise _interrupted()

    def claim(self, step: Step, owner: str | None, done: int = 0, checksum: str = "") -> Note:
        """Return SQL that says that *step* is under way, and that *done* statements have run; one runner can."""
        values: dict[str, Any] = {"dirty": True, "direction": step.direction, "statements": len(step.statements)}
        values |= {"statements_done": done, "done_checksum": checksum or _NOTHING_RAN, "owner": owner}
        at = self.began_at[step.key] = Code(self.database.now())
        if step.row:
            values |= {"applied_at": at, "took_ms": 0}
            values |= {"applied_by": self.database.person()} if step.direction == "up" else {}
            return self.history.change(step.version, values, owner=step.row.owner)
        row = Applied(step.version, step.name, step.script.checksum, step.down_sql, **values)
        return self.history.insertion(row, at)

    def finish(self, step: Step, owner: str, took_ms: object = 0, action: str = "") -> list[str]:
        """Return SQL that says that *step* is done, for the open transaction, and cleans up after its file."""
        entry = self.entry(step, action or step.direction, took_ms=took_ms)
        if step.direction == "down":
            removal = self.history.removal(step.version, owner=owner)
            return [*self.database.reset_sql, removal, entry, *self.database.last_sql]
        checksum = step.script.checksum
        values: dict[str, object] = {"checksum": checksum, "down_sql": step.down_sql} if step.row else {}
        values |= {"dirty": False, "statements_done": len(step.statements), "done_checksum": checksum}
        values |= {"owner": None, "took_ms": took_ms}
        change = self.history.change(step.version, values, owner=owner)
        return [*self.database.reset_sql, change, entry, *self.database.last_sql]

    def zero(self, keys: Collection[str]) -> None:
        """Undo what notes, and a file before, have done to what a statement sees of the one before it."""
        for sql in self.database.zero(keys):
            self.database.query(sql)

    def seems_hidden(self, failed: DriverError) -> DriverError:
        """Return what it means that a claim has failed: under the lock, a row that is there cannot be a rival's."""
        if failed.kind is not Kind.TAKEN:
            return failed
        what = f"{self.history.table} has a row of this version that was not seen: new, or hidden by a policy"
        return DriverError(what, Kind.OUTRUN)


class _Running:
    """See Run.running(). Entered for each statement, where a generator takes ten times as long."""

    __slots__ = ("_run",)

    def __init__(self, run: Run, statement: Statement | None) -> None:
        self._run, run.timed_out, run.database.blockers = run, False, []
        self._tell(statement, time.monotonic())

    def _tell(self, statement: Statement | None, since: float = 0.0) -> None:
        assert self._run.now  # noqa: S101 (for mypy: something has begun)
        self._run.now = Now(self._run.now.step, self._run.now.began, statement, since)

    def __enter__(self) -> None:
        try:
            self._run.shield.enter("runs")
        except KeyboardInterrupt:
            self.__exit__(KeyboardInterrupt)
            raise

    def __exit__(self, failed: object, *_error: object) -> None:
        self._run.shield.leave()
        with self._run.end_lock:  # a cancel that is under way comes before what is sent next
            self._tell(self._run.now.statement if failed and self._run.now else None)


def _share(done: int, total: int) -> str:
    return f"{done} of {counted(total, 'statement')} {'has' if total == 1 else 'have'} run"


def _interrupted() -> DriverError:
    return DriverError("interrupted", Kind.CANCELLED)


def _first_line(error: str | DriverError | MigrateError) -> str:
    text = error if isinstance(error, str) else error.message if isinstance(error, DriverError) else error.what
    return text.partition("\n")[0]


def _sql_time(row: Applied) -> str:
    """Return when a row was applied, as the history has it."""
    return row.applied_at.strftime("%Y-%m-%d %H:%M:%S.%f")[:-3]


class Attempt:
    """How a file runs, or several: in one transaction, of which all is in, or nothing. A Journal is for what cannot."""

    certain = True  # nothing of what has failed is left

    def __init__(self, run: Run, batch: Sequence[Step], following: Step | None = None) -> None:
        self.run, self.batch, self.following, self.database = run, batch, following, run.database

    def live(self) -> list[Result]:
        """Run each claim, text and notes, COMMIT with the last. Raises DriverError: all is undone, if not LOST."""
        run, database, results = self.run, self.database, list[Result]()
        self.owner = run.owner()
        before = Counter[tuple[str, str]]()  # rows that point to nothing
        level: str | None = next((step.level for step in self.batch if step.level), "")
        try:
            if database.verifies:
                database.begin(level=level)
                run.verify()
                level = None
            for number, step in enumerate(self.batch, 1):
                run.begin(step)
                same, level = self._claim(step, level), None
                if number == 1 and (len(self.batch) == 1 or run.all_or_nothing):
                    before = database.broken_references()
                self._run_text(step)
                if last := number == len(self.batch):
                    self._refuse_broken(before)
                result = run.result(step, len(step.statements))
                ending = [*database.holding(), *([database.commit_sql] if last else [])]
                self._end([*same, *run.finish(step, self.owner, result.took_ms), *ending])
                results.append(result)
                if not last and run.all_or_nothing:
                    left = step.statements.briefs if run.leaves(step, database.takes_back) else ()
                    for sql in database.taking_back(left):
                        database.query(sql)
                database.look_again(step.statements.code)
        except BaseException:
            database.rollback()
            raise
        return results

    def _claim(self, step: Step, level: str | None) -> list[str]:
        """Send the claim of *step*, after BEGIN where there is a *level*; return SQL that fails in another one.

        Where it has gone with the end of the file before, take up what came of it.
        """
        database, found, self.run.ahead = self.database, self.run.ahead, None
        self.run.entitle(step)
        try:
            if isinstance(found, DriverError):
                raise found
            if level is None:
                found = database.send(*database.session_sql(local=True), *self._parts(step))
            found = found or database.begin(*self._parts(step), level=level)
        except DriverError as failed:
            raise self.run.seems_hidden(failed) from None
        return database.same_transaction(found[-1][0][0]) if database.transaction_id_sql else []

    def _parts(self, step: Step) -> list[str]:
        """Return the claim of *step*, and what tells which transaction it is in."""
        return [self.run.claim(step, self.owner), *filter(None, [self.database.transaction_id_sql])]

    def _end(self, ending: Sequence[str]) -> None:
        """Send the *ending* of a file; with it goes the claim of the one that is following, if there is one."""
        run, database, step = self.run, self.database, self.following
        if step is None:
            database.send(*ending)
            return
        run.entitle(step)
        run.ahead = database.begin_after(ending, *self._parts(step), level=step.level)

    def _refuse_broken(self, before: Counter[tuple[str, str]]) -> None:
        """Raise DriverError for rows that point to nothing, and did not *before*."""
        for (table, parent), count in (self.database.broken_references() - before).items():
            what = f"FOREIGN KEY constraint failed: {counted(count, 'row')} of {table}"
            raise DriverError(f"{what} without a row of {parent}")

    def _run_text(self, step: Step) -> None:
        """Run the text of a file inside the open transaction. Raises DriverError."""
        run, database = self.run, self.database
        if database.whole_files and not database.split_pattern.search(step.statements.code):
            places = [0, *step.statements.breaks(_MESSAGE), len(step.script.octets)]  # it is mostly one message
            for start, end in itertools.pairwise(places) if step.statements else ():
                with run.running(None):
                    self._run_message(step, start, end)
        else:
            run.zero({key for each in run.natures_that_matter(step) for key in each.reads})
            for first, last in step.statements.pieces(_PIECE):
                run.run_changes(step, first, last)
                if not database.in_transaction:
                    break
        if not database.in_transaction:
            raise DriverError("the file has ended the transaction that it runs in")

    def _run_message(self, step: Step, start: int, end: int) -> None:
        """Run a part of a file. Raises DriverError with the number and the offset, in octets, in the file."""
        text = text_of(step.script.octets[start:end])
        try:
            self.database.run(text)
        except DriverError as failed:
            failed.number += step.statements.before(start) if failed.number else 0
            failed.offset = None if failed.offset is None else start + len(octets_of(text[: failed.offset]))
            raise

    def undo(self, failed: DriverError) -> DriverError:
        """Roll back what has *failed*, if that is not done; return what that means."""
        return failed

    def is_changed(self) -> bool:
        """Tell if what was rolled back has left something in the session."""
        return any(self.run.leaves(step, self.database.rolled_back) for step in self.batch)

    def unrepeatable(self) -> str:
        """Say why what was rolled back cannot be tried again in silence; "" where it can be."""
        return ""

    def is_renewed(self) -> bool:
        """Begin a new session, where what was rolled back has left something in this one; False where it cannot be."""
        try:
            if self.is_changed():
                self.database.renew()
                self.rejoin()
        except (DriverError, MigrateError):
            return False
        return True

    def rejoin(self) -> None:
        """Go on in a new session. Raises _OutdatedError where a rival was faster: with the old one went its lock."""
        if self.database.verifies or self.database.lock_sql:
            self.run.verify()

    def settle(self, failed: DriverError, error: MigrateError, *, stopped: bool) -> None:
        """Log what has *failed*, and say in *error* that nothing is in."""
        run, step = self.run, self.run.now.step if self.run.now else self.batch[0]
        whole = "run" if run.all_or_nothing else "file"
        error.state = f"nothing was changed by this {whole}: {self.database.label} rolled it back whole."
        if stopped:
            error.where = error.excerpt = ""  # nothing in the file is wrong
            titles = ", ".join(each.title for each in self.batch[: self.batch.index(step) + 1])
            error.state = f"{'rolled back whole' if step.direction == 'up' else 'still applied'}: {titles}."
        error.state = run.not_again() or error.state
        with contextlib.suppress(DriverError):  # that it cannot be logged does not hide the failure itself
            self.database.send(run.failure(step, error))

    def unsettled(self, failed: DriverError, again: DriverError | MigrateError) -> str:
        """Say what is in, where the database cannot be asked *again*."""
        return "the database cannot be asked now if it is in; its history says so."


class Journal(Attempt):
    """A file that cannot be one transaction: it runs statement by statement, and its row of the history says how far.

    *first* statements had run before; *sums* are _checksums(). Where another run has the row, no note hits it.
    """

    def __init__(self, run: Run, step: Step) -> None:
        """Find out how many statements have run. Raises DirtyError where that is not certain."""
        super().__init__(run, [step])
        self.step, self.sums = step, _checksums(step.statements)
        self.natures = run.natures(step)
        self.noted = [0]  # for each number, the last statement up to it that is noted
        for number, nature in enumerate(self.natures, 1):
            self.noted.append(self.noted[-1] if Trait.SESSION in nature.traits else number)
        self.hidden = Hidden()
        self.first = self._resume_point()
        self.way = self.find_way(self.first) if self.first else Way(frozenset())  # nothing has run: nothing is lost
        self.owner, self.before = run.owner(), step.row
        self.claimed = False  # as the session sees it: perhaps not committed
        self.begun = False  # the file has begun a transaction, which may have ended by itself since
        self.finished = False  # its last note was the one that lets the row go
        self.known = self.first  # so many statements are committed for certain
        self.reached = self.first  # and so many have run, or one of them runs
        self.ran = self.first  # and so many have committed by themselves
        self.whole = True  # what was rolled back, all of it was
        self.torn = False  # a part of what has failed may have stayed
        self.refused = False  # nothing of what has failed has run, as the server says

    def _resume_point(self) -> int:
        """Return how many statements of a dirty row have run. Raises DirtyError where nothing is certain after them."""
        step, sums = self.step, self.sums
        if step.resume is None:
            return 0
        if step.resume.is_marked:
            raise dirty_error(step.resume)
        done, checksum = step.resume.statements_done, step.resume.done_checksum
        expected = sums[done] if done < len(sums) else ""
        if checksum == expected:
            done = self.noted[done]
            if not (way := self.find_way(done)).reader:
                return done
            what, lost = f"cannot go on after statement {done}: {self._missing(way)}", way.lost
            fix = self._go_on(way.reader)
        elif checksum not in sums[done : done + 2] and (not expected or checksum[:32] != expected[:32]):
            what = f"the first {done} statements were edited since they ran: put them back"
            what = what if done > 1 else "statement 1 was edited since it ran: put it back"
            raise dirty_error(step.resume, f"{what}, then run  migrate {step.command}")
        else:
            rest = range(done + 1, len(sums))
            lost = next((number for number in rest if sums[number][:32] == checksum[32:]), done + 1)
            what, fix = f"stopped while statement {lost} ran: only a person can see if it has", self._ask(lost)
        where, excerpt = "", ""
        for statement in step.statements[lost - 1 : lost]:
            where, excerpt = place_in(step, statement.offset, exact=False)
        raise DirtyError(f"{step.title} {what}", where=where, excerpt=excerpt, fix=fix)

    # How to go on.

    def shown(self) -> list[Nature]:
        """Return what the statements are, with what code of the database may do, as it is now."""
        self.database.look_again()
        briefs = self.step.statements.briefs
        self.hidden = self.database.hidden(briefs)
        names = self.hidden.names
        return self.hidden.shown(self.database.natures(briefs, names) if names else self.natures)

    def find_way(self, done: int, *, failed: int = 0) -> Way:
        """Return how to go on after *done* statements, in a fresh session; the one that has *failed* will be mended."""
        natures = self.shown()
        if failed:
            natures[failed - 1] = natures[failed - 1]._replace(reads=frozenset())
        return find_way(natures, done, hidden=self.hidden.reads_id)

    def _missing(self, way: Way) -> str:
        """Say what of the session a statement needs, and why it is not there any more."""
        kind, _, name = way.key.partition(" ")
        known = {"id": self.database.id_name, "*": "what it left", "code": "what it left"}
        known |= {kind: way.key} if kind[0] == "@" else {}  # a name may have blanks in it
        shown = known.get(kind) or _LOST.get(way.key) or _LOST.get(kind, f"the {kind} {name}".rstrip()).format(name)
        reader, lost = (self.step.statements[number - 1].line for number in (way.reader, way.lost))
        return f"line {reader} needs {shown}, which line {lost} made, and which has gone with its connection"

    def _go_on(self, reader: int) -> str:
        """Return the fix where a file cannot go on, because the session that a statement needs cannot be made again."""
        return (
            f"write line {self.step.statements[reader - 1].line} so that it does not need it, then run"
            f"  migrate {self.step.command}\n     or finish or undo the rest by hand, and say which:\n{self._say()}"
        )

    def _ask(self, number: int) -> str:
        """Return the fix where only a person can tell if statement *number* has run."""
        whether = f"look in the tables to see if statement {number} has run"
        found = self.step.statements[number - 1 : number]
        what, sql = self.database.remains(found[0]) if found else ("", "")
        if sql:
            whether = f"this shows if statement {number} has left {what}:\n       {sql}\n     {whether}"
        return f"{whether}, finish or undo the rest by hand, and say which:\n{self._say()}"

    def _say(self) -> str:
        """Return both ways to say what was done by hand. The words are about the version."""
        version = self.step.version
        if self.step.direction == "up":
            return _ways(version, "all of it has run", "none of it has; run it again")
        return _ways(version, "it is applied: nothing of the roll back is left", "it is rolled back: all of it has run")

    # What the row says.

    def next(self, done: int) -> int:
        """Return the number of the statement that is noted next after the first *done* ones."""
        return next((number for number in range(done + 1, len(self.noted)) if self.noted[number] == number), done + 1)

    def mark(self, done: int, started: int = 0) -> str:
        """Return what says that *done* statements have run, and that the one with the number *started* may have."""
        return self.sums[done][:32] + self.sums[started][:32] if started else self.sums[done]

    def claim(self, done: int, *, started: int = 0) -> Note:
        """Return SQL that makes the row this run's; one runner can."""
        return self.run.claim(self.step, self.owner, done, self.mark(done, started))

    def unclaimed(self, done: int) -> list[str]:
        """Return the claim, where there is none yet."""
        return [] if self.claimed else [self.claim(done)]

    def note(self, done: int, *, started: int = 0, **more: object) -> Note:
        """Return SQL that says that *done* statements have run, and one more may have *started*."""
        took = self.database.took(self.run.now.began) if self.run.now else 0
        values = {"statements_done": done, "done_checksum": self.mark(done, started), "took_ms": took, **more}
        return self.run.history.change(self.step.version, values, owner=self.owner)

    def opening(self, number: int) -> list[str]:
        """Return SQL that says that statement *number* may have started, with the claim where there is none yet."""
        done = self.noted[number - 1]
        return [self.note(done, started=number) if self.claimed else self.claim(done, started=number)]

    def withdrawal(self) -> Note:
        """Return SQL that leaves the row as it was before this run."""
        if self.before is None:
            return self.run.history.removal(self.step.version, owner=self.owner)
        kept = {"version", "name", "checksum", "down_sql", "tool"}  # which a claim does not change
        values = {key: value for key, value in self.before._asdict().items() if key not in kept}
        values |= {"applied_at": _sql_time(self.before)}
        return self.run.history.change(self.step.version, values, owner=self.owner)

    def restored(self, done: int, *, started: int) -> Note:
        """Return SQL that writes the row again, after somebody has deleted it."""
        script, before = self.step.script, self.before
        script = script._replace(checksum=before.checksum) if before and self.step.direction == "down" else script
        return self.run.claim(self.step._replace(row=None, script=script), None, done, self.mark(done, started))

    def look(self) -> bool:
        """Read after a failure what the row says; return whether it is this run's, or was not claimed yet."""
        row = next(iter(self.run.history.read(self.step.version)), None)
        self.claimed = row is not None and row.owner == self.owner
        if row and self.claimed:
            self.known = row.statements_done
        return self.claimed or (self.known == self.first and row == self.before)

    # How it runs.

    def live(self) -> list[Result]:
        """See Attempt. After a failure, go on by what the row says. Raises _OutdatedError where a rival was faster."""
        run, database, step = self.run, self.database, self.step
        if database.pooled:
            raise database.pooled_error()
        if run.now is None:
            if limits := database.session_sql(local=False):
                database.send(*limits)
            self._rebuild()
            down_sql = octets_of(step.down_sql or "")
            fits = database.takes(2 * len(down_sql) + step.statements.longest)  # in hexadecimal digits, perhaps
            if database.transactional or database.local_locks or not fits:
                self._claim_alone()
            run.begin(step)
            run.zero({"id"} & {key for each in self.natures for key in each.reads})  # it saw the claim, or a file
        elif not self.look():
            raise DriverError(_OUTRUN, Kind.OUTRUN)
        self.run_statements()
        if not self.finished:
            claim = self.unclaimed(len(step.statements))
            parts = [*claim, *run.finish(step, self.owner, run.took_ms), database.commit_sql]
            if database.in_transaction:
                database.send(*parts)
            else:
                database.begin(*parts)
        return [run.result(step, len(step.statements) - self.first)]

    def _claim_alone(self) -> None:
        """Commit the claim before the first statement runs; where no lock keeps rivals out, look for them then."""
        run, database, version = self.run, self.database, self.step.version
        try:
            database.begin(*database.own_sql, self.claim(self.first), database.commit_sql)
        except DriverError as failed:
            database.rollback()
            outrun = failed.kind is Kind.OUTRUN and not failed.ours  # and not refused: that would be so again
            if database.local_locks and (outrun or failed.kind in {Kind.TAKEN, Kind.DEADLOCK}):
                raise _OutdatedError from None
            failed = run.seems_hidden(failed)
            if failed.kind is Kind.OUTRUN:  # told as the outcome of this file
                run.begin(self.step)
            raise failed from None
        self.claimed = True
        if database.local_locks:
            both = ([row for row in rows if row.version != version] for rows in (run.history.read(), run.applied))
            others, expected = map(digest_of, both)
            if others != expected:
                database.send(database.begin_sql, self.withdrawal(), database.commit_sql)
                raise _OutdatedError

    def _rebuild(self) -> None:
        """Make the session what the statements that have run had made of it. Raises DirtyError where that fails."""
        step = self.step
        for number in sorted(self.way.again):
            statement = step.statements[number - 1]
            try:
                self.database.run(statement.text)
            except DriverError as failed:
                if failed.kind is Kind.LOST:
                    raise
                where, excerpt = place_in(step, statement.offset, exact=False)
                what = f"{step.title} cannot go on: the session cannot be made again: {failed.message}"
                fix = self._go_on(number)
                raise DirtyError(what, where=where, excerpt=excerpt, fix=fix) from None

    def run_statements(self) -> None:
        """Run what the row does not say has run. Raises DriverError; may leave data changes uncommitted."""
        statements, natures, first = self.step.statements, self.natures, self.known
        self.begun = first > 0 and Trait.CHAINS in natures[first - 1].traits
        if self.begun:  # what the file has opened again, as it opened the one before
            if not self.claimed:
                self._begin(first, self.database.commit_sql)
            began = [number for number in range(first) if Trait.OPENS in natures[number].traits]
            self.database.run(statements[began[-1]].text if began else self.database.begin_sql)
        spans = find_spans(natures[first:], self.database.forms.together)
        ends = {first + begin: first + end for begin, end in spans.items()}
        seen = {number for begin, end in ends.items() for number in range(begin, end)}  # by the one after it
        pieces = {begin: end for begin, end in self.step.statements.pieces(self.database.packet_size) if begin < end}
        number = first + 1
        while number <= len(statements):
            last, since = ends.get(number, number), time.monotonic()
            alone = not natures[number - 1].traits & (Trait.INSIDE | Trait.SESSION | _CONTROLS)
            if number in self.way.gone:
                pass
            elif alone or (number in ends and not self._share(natures[number - 1 : last])):
                self._run_together(number, last)
                number = last
            elif number in pieces and self._go_together(number, pieces[number], ends):
                self._run_changes(number, pieces[number])
                number = pieces[number]
            elif (last := self._find_linked(number, ends)) > number:
                number = self._run_linked(number, last)
            else:
                self._run_one(number, opens=number in ends, listens=number not in seen)
            self.run.pace = min(2 * self.run.pace, _LINKED) if time.monotonic() - since < _BRIEF else 1
            number += 1

    def _go_together(self, first: int, last: int, ends: Mapping[int, int]) -> bool:
        """Tell if nothing has to be done between changes of rows."""
        numbers = range(first, last + 1)
        odd = ends.keys() | self.way.gone | self.way.checks
        return odd.isdisjoint(numbers) and self._share(distinct(self.natures[first - 1 : last]))

    def _find_linked(self, first: int, ends: Mapping[int, int]) -> int:
        """Return the last of the statements from *first* on that may travel as one message, with a note after each.

        These are more only as long as they take next to no time: who is told what runs, is told of the first.
        """
        database, way, statements = self.database, self.way, self.step.statements
        together = database.notes_travel and database.commits and not database.local_locks
        if not together or database.statement_wait:  # which is that of one
            return first
        last, size = first - 1, 0
        for number in range(first, min(len(statements), first + self.run.pace - 1) + 1):
            nature = self.natures[number - 1]
            size += len(statements[number - 1].text)
            bare = nature.traits | Trait.PLAIN == _PLAIN_DDL
            odd = number in ends or number in way.gone or number in way.checks or size > database.packet_size
            if not bare or odd or nature.reads & _SEEN or not database.links(statements[number - 1]):
                break
            last = number
        return max(first, last)

    def _share(self, natures: Sequence[Nature]) -> bool:
        """Tell if statements go into one transaction with their neighbours, where nothing stands between them."""
        return not self.database.transactional and all(
            Trait.INSIDE in each.traits
            and bool(each.traits & (Trait.DATA | Trait.SESSION))
            and "transaction" not in each.reads
            for each in natures
        )

    def _is_own(self) -> bool:
        """Tell if the transaction that is open, if any, is the file's own."""
        database = self.database
        return database.in_transaction and (database.transactional or self.begun or not database.commits)

    def _commit(self, done: int) -> None:
        """Commit what is open, with a note that *done* statements have run."""
        self.database.send(self.note(done), self.database.commit_sql)
        self.known = done

    def _begin(self, done: int, *more: str | Statement) -> None:
        """Begin a transaction, with the claim where there is none yet, after *done* statements; send *more* with it."""
        self.database.send(self.database.begin_sql, *self.unclaimed(done), *more)
        self.claimed = True

    def _open(self, number: int, *more: Statement) -> None:
        """Begin a transaction for statement *number*, and perhaps others, that the notes are not seen in."""
        self._begin(self.noted[number - 1], *self.database.zero(self.natures[number - 1].reads & _TRANSIENT), *more)

    def _check_id(self, number: int) -> None:
        """Raise DriverError for a statement that needs the id of a row, which this session has not made."""
        if number in self.way.checks and not self.database.has_id(self.step.statements[number - 1]):
            raise DriverError(self._missing(self.way._replace(reader=number, key="id")), Kind.GONE)

    def _run_one(self, number: int, *, opens: bool, listens: bool) -> None:
        """Run one statement, and what notes it; in a transaction, if it *opens* one for several. Raises DriverError."""
        database = self.database
        self.reached, self.begun = number, self.begun and database.in_transaction
        with self.run.running(self.step.statements[number - 1]):
            if opens and not database.in_transaction:
                self._open(number)
            self._check_id(number)
            self._run_noted(number)
            database.listen(seen=not listens)
        if database.in_transaction or not (self.finished or self.run.timed_out):
            self.run.refuse_ended()

    def _run_linked(self, first: int, last: int) -> int:
        """Run statements each of which commits the note before it, as one message; return the last that has run.

        That is an earlier one where its note has failed, and was written afterwards. Raises DriverError.
        """
        run, database, statements = self.run, self.database, self.step.statements
        begin = [] if database.in_transaction else [database.begin_sql]
        parts: list[str | Statement] = [*begin, *self.opening(first)]
        head, numbers = len(parts), [first] * len(parts)
        for number in range(first, last + 1):
            notes = self._closing(number) if number == last else [self.note(number, started=number + 1)]
            parts += [statements[number - 1], *notes]
            numbers += [number] * (len(notes) + 1)
        self.reached, self.begun = first, self.begun and database.in_transaction
        with run.running(statements[first - 1]):
            try:
                database.send(*parts, database.commit_sql)
                self.reached = last
            except DriverError as failed:
                self.reached = number = [*numbers, last][failed.number - 1]
                run.now = run.now and run.now._replace(statement=statements[number - 1])
                if number > first and not database.in_transaction:  # else the one before has not committed its note
                    self.known, self.claimed = number - 1, True
                part = failed.number - 1
                before_note = part <= head or isinstance([*parts, ""][part], Statement)
                failed.ran = database.cut_off and not before_note
                if failed.kind is Kind.LOST or before_note:
                    raise
                database.rollback()
                database.write_after(self._closing(number))
        self.claimed, self.known, self.finished = True, self.reached, self._is_closed(self.reached)
        if not (self.finished or run.timed_out):
            run.refuse_ended()
        return self.reached

    def _is_closed(self, number: int) -> bool:
        """Tell if the finish of the file goes with statement *number*: of a mended one, more is written than fits."""
        small = self.step.direction == "down" or not self.step.row
        return self.database.notes_travel and small and number == len(self.step.statements)

    def _closing(self, number: int) -> list[str]:
        """Return SQL that says that the statements up to *number* have run; the finish of the file, with the last."""
        if not self._is_closed(number):
            return [self.note(number)]
        return self.run.finish(self.step, self.owner, self.database.took(self.run.now.began if self.run.now else 0.0))

    def _run_changes(self, first: int, last: int) -> None:
        """Run changes of rows, in one transaction with the claim. Raises DriverError."""
        self.reached, self.begun = first, self.begun and self.database.in_transaction
        if not self.database.in_transaction:
            self._open(first)
        try:
            self.run.run_changes(self.step, first, last)
        except DriverError:
            if self.run.now and self.run.now.statement:
                self.reached = self.step.statements.at(self.run.now.statement.offset)
            raise
        self.reached = last
        if not self.database.in_transaction:  # it has committed after all
            self.database.send(self.note(last))
            self.known = last

    def _run_noted(self, number: int) -> None:
        """Run one statement, together with what notes it, or the one before, where that can be. Raises DriverError."""
        run, database, statement = self.run, self.database, self.step.statements[number - 1]
        nature, before = self.natures[number - 1], self.noted[number - 1]
        if nature.traits & _CONTROLS:
            self._run_control(number)
        elif database.transactional and database.in_transaction:  # the file's own
            database.run(statement.text)
        elif Trait.SESSION in nature.traits:  # noted with the next one; a resumed file runs it again
            if database.in_transaction and Trait.INSIDE not in nature.traits and not self._is_own():
                self._commit(before)
            if not database.in_transaction:
                run.zero(nature.reads & _TRANSIENT)
            database.run(statement.text)
            if "lock" in nature.writes and (holding := database.holding()):
                database.send(*holding)
        elif self._share([nature]):
            if database.in_transaction:
                database.run(statement.text)
            else:
                self._open(number, statement)
            if not database.in_transaction:  # it has committed after all
                database.send(self.note(number))
                self.known = number
        else:
            if database.in_transaction and not database.notes_travel:
                self._commit(before)
            opening = self.opening(number)  # with the claim, and its moment
            zero = database.zero(nature.reads & _TRANSIENT)
            whole = Trait.WHOLE in nature.traits
            database.run_marked(statement, opening, self._closing(number), whole=whole, before=zero)
            self.claimed, self.known, self.finished = True, number, self._is_closed(number)

    def _run_control(self, number: int) -> None:
        """Run what begins or ends a transaction of the file's own: the journal moves with it. Raises DriverError."""
        database, traits, before = self.database, self.natures[number - 1].traits, self.noted[number - 1]
        notes = [*database.own_sql, self.note(number), *database.holding()]
        if not database.transactional:
            if database.in_transaction and (Trait.OPENS in traits or not self._is_own()):
                self._commit(before)
            if not self.claimed:  # not in the file's transaction
                self._begin(before, database.commit_sql)
        was_open = database.in_transaction
        if was_open and Trait.CLOSES in traits:
            database.send(*notes)
        if Trait.OPENS in traits and database.transactional:  # it has seen a note
            self.run.zero({"count"} & {key for each in self.natures[number:] for key in each.reads})
        if was_open or Trait.OPENS in traits or database.begins_twice:  # else it is an error to SQLite
            database.run(self.step.statements[number - 1].text)
        if was_open and Trait.UNDOES in traits and not database.in_transaction:
            database.send(database.begin_sql, *notes, database.commit_sql)
        if was_open and Trait.OPENS not in traits:
            self.known = number
        self.begun = Trait.OPENS in traits or database.in_transaction

    def _run_together(self, first: int, last: int) -> None:
        """Run statements with no note between them: each sees what the one before has done, or may end a transaction.

        Where they share one with their note, they do. Else the row says before that they may have. Raises DriverError.
        """
        database, natures, started = self.database, self.natures[first - 1 : last], self.next(first - 1)
        own, lasts = self._is_own(), any(Trait.SESSION not in each.traits for each in natures)
        shared = lasts and not own and database.transactional and all(Trait.INSIDE in each.traits for each in natures)
        if database.in_transaction and not own:
            self._commit(self.noted[first - 1])
        if shared:
            database.send(database.begin_sql)
        elif lasts and not own:
            database.send(database.begin_sql, *database.own_sql, *self.opening(started), database.commit_sql)
            self.claimed = True
        elif divided := lasts and (not database.transactional or any(each.traits & _CONTROLS for each in natures)):
            database.send(*self.opening(started))  # what commits there commits this, too
        if not own or divided:
            self.run.zero(natures[0].reads & _TRANSIENT)
        for number, statement in enumerate(self.step.statements[first - 1 : last], first):
            self.reached = number
            with self.run.running(statement):
                self._check_id(number)
                if Trait.INSIDE in self.natures[number - 1].traits:
                    database.run(statement.text)
                else:
                    database.run_alone(statement)
                inside = database.in_transaction and not shared and (own or database.transactional)  # the file's own
                database.listen(seen=number != last)
                if not (shared or inside):
                    self.ran = self.noted[number]
            self.run.refuse_ended()
            if own and not inside and Trait.UNDOES in self.natures[number - 1].traits:  # the note, too
                database.send(database.begin_sql, *self.opening(started), database.commit_sql)
        if not inside and (own or lasts):
            notes = [*database.own_sql, self.note(self.noted[last]), *database.holding(), database.commit_sql]
            database.send(*([] if shared else [database.begin_sql]), *notes)
            self.known = self.noted[last]

    # What is so after a failure.

    def undo(self, failed: DriverError) -> DriverError:
        """See Attempt."""
        if not self.claimed and failed.number <= 2:  # noqa: PLR2004 (START, and the claim)
            failed = self.run.seems_hidden(failed)
        if failed.kind is not Kind.LOST:
            apart, self.whole = not self.database.in_transaction, self.database.rollback()
            self.torn = self._is_torn(failed, apart=apart)
        self.certain = self.whole and not failed.ran and not self.torn
        return failed

    def _is_torn(self, failed: DriverError, *, apart: bool) -> bool:
        """Tell if the statement that has failed, *apart* from any transaction, may have left a part of its work."""
        if not (self.run.now and self.run.now.statement):
            return False
        traits, statement, database = self.natures[self.reached - 1].traits, self.run.now.statement, self.database
        partly, alone = Trait.WHOLE not in traits, not traits & (Trait.DATA | Trait.SESSION)
        if alone and failed.kind is Kind.CANCELLED and not database.obeys(statement):
            return True
        with contextlib.suppress(DriverError):
            rows = apart and Trait.DATA in traits and not database.stayed([], statement)[1]  # no ROLLBACK tells of it
            self.refused = (partly or rows) and database.refused(statement, failed)
            now = database.nature_now(self.step.statements.briefs, self.reached)
            return not self.refused and (rows or Trait.WHOLE not in now.traits)
        return partly

    def is_changed(self) -> bool:
        """See Attempt. What has committed counts, too."""
        natures = self.shown()
        brief = BRIEF - {key for each in natures for key in each.reads}
        return any(each.writes - brief - _TRANSIENT for each in natures[: self.reached])

    def unrepeatable(self) -> str:
        """See Attempt."""
        way = self.find_way(self.known)
        return self._missing(way) if way.reader else ""

    def rejoin(self) -> None:
        """See Attempt. What the statements that have run had made of the session is made again."""
        if not self.look():
            raise _OutdatedError
        self.way = self.find_way(self.known)
        self._rebuild()

    def settle(self, failed: DriverError, error: MigrateError, *, stopped: bool) -> None:
        """Write into the row what is certain, and into *error* what it says. Raises DriverError and MigrateError."""
        run, database, history, step = self.run, self.database, self.run.history, self.step
        if failed.kind is not Kind.LOST and self.is_changed():  # what is read and written now is ours
            database.renew(3 if stopped else 60, patience=_PATIENCE)
        row = next(iter(history.read(step.version)), None)
        mine = row is not None and row.owner == self.owner
        if row and not mine and row != self.before:
            self._leave(row, error)
            return
        done, marked = self._reckon(failed, row if mine else None)
        at = self.next(done) if marked else 0
        gone = row is None and (done > 0 or marked)
        parts = [self.restored(done, started=at)] if gone else []
        if mine:
            parts = [self.note(done, started=at, owner=None) if done or marked else self.withdrawal()]
        self._say_how_far(failed, error, done, at)
        # Of changes of rows alone, the claim may have been rolled back with them.
        if gone and (self.before or self.known > self.first or not self._share([self.natures[self.reached - 1]])):
            error.state = f"its row was deleted while it ran, and is there again: {error.state}"
        if marked:
            error.state += f" Statement {at} may have run, or a part of it."
            error.fix = self._ask(at)
        try:
            database.begin(*parts, run.failure(step, error), database.commit_sql)
        except (DriverError, LockedError) as again:
            database.rollback()
            if parts and isinstance(again, DriverError) and again.kind is Kind.OUTRUN:  # the log, perhaps
                with contextlib.suppress(DriverError, LockedError):
                    database.begin(*parts, database.commit_sql)
                    return
                database.rollback()
            if not (row and mine) or (row.statements_done, row.done_checksum) != (done, self.mark(done, at)):
                said = _first_line(again)
                table = history.named(said) if parts else f"{history.table}_log"
                ran = f"{_share(done, len(step.statements))} and {'stays' if len(step.statements) == 1 else 'stay'}"
                ran = ran if done or marked else "nothing was changed: no statement of this file has run"
                error.state = f"{ran}; {table} cannot be written: {said}"

    def _leave(self, row: Applied, error: MigrateError) -> None:
        """Say in *error* whose the *row* is now, and touch nothing but the log. Raises DriverError."""
        ran = _share(row.statements_done, row.statements)
        error.state = (
            f"another run has taken this migration: it is {row.owner}'s now."
            if row.owner
            else f"its row was changed while it ran: it says that {ran}, and names nobody."
        )
        error.fix = error.fix.replace(f"then run  migrate {self.step.command}", "then look:  migrate status")
        self.database.send(self.run.failure(self.step, error))

    def _reckon(self, failed: DriverError, row: Applied | None) -> tuple[int, bool]:
        """Return how many statements have run, by what the *row* of this run says, and if one more may have."""
        statements, number, now = self.step.statements.briefs, self.reached, self.run.now
        lost, runs = failed.kind is Kind.LOST, now is not None and now.statement is not None
        done = row.statements_done if row else self.known
        # What a statement has committed by itself, it has committed together with the note that it has started.
        marked = row is not None and row.done_checksum != self.sums[done] and (lost or self.torn)
        alone = self.ran > done or (marked and not lost)  # with no transaction around it
        done = max(done, self.ran)
        if failed.ran:
            return number, False
        if number > done and (lost or not self.whole or alone):
            failing = statements[number - 1] if runs and not self.refused else None
            between = [place for place in range(done, number - runs) if Trait.SESSION not in self.natures[place].traits]
            kept, certain = self.database.stayed([statements[place] for place in between], failing)
            done, marked = between[kept - 1] + 1 if kept else done, (marked and not kept) or not certain
        return self.noted[done], marked

    def _say_how_far(self, failed: DriverError, error: MigrateError, done: int, started: int) -> None:
        """Say in *error* that *done* statements have run, that one more has *started*, and how it goes on."""
        number, now, total = self.reached, self.run.now, len(self.step.statements)
        if not done and not started:
            ran = "no statement of this file has run"
            nothing = self.run.not_again() or f"nothing was changed: {ran}."
            error.state = f"{ran} to its end." if failed.left else nothing
            return
        table, error.half = self.run.history.table, True
        error.state = f"{_share(done, total)} and {'stays' if total == 1 else 'stay'}; table {table} says dirty."
        if self.run.halfway:
            error.state = f"{self.run.halfway} is rolled back, and half applied again: {error.state}"
        if failed.kind is Kind.GONE:
            error.fix = self._go_on(number)
        elif (way := self.find_way(done, failed=number if now and now.statement else 0)).reader:
            error.fix = f"{self._missing(way)}:\n     {self._go_on(way.reader)}"
        else:
            error.fix = self._going_on(error.fix, done)

    def _going_on(self, fix: str, done: int) -> str:
        """Return a *fix* that says, before its command, where the file goes on after *done* statements."""
        command, at = f"migrate {self.step.command}", f"with statement {done + 1}"
        how, does = f"go on {at}", f"goes on {at}"
        if done == len(self.step.statements):
            how, does = "have it noted as done", "only notes that it is done"
        for before, after in (
            *((f"then {run}  {command}", f"then {how}:  {command}") for run in ("run", "run again:")),
            ("run the same command again", f"run the same command again, which {does}"),
            (f":  {command}", f"; it {does}:  {command}"),
        ):
            if before in fix:
                return after.join(fix.rsplit(before, 1))
        return f"{fix}, then {how}:  {command}"

    def unsettled(self, failed: DriverError, again: DriverError | MigrateError) -> str:
        """See Attempt."""
        if failed.kind is Kind.LOST:
            return "the database cannot be asked now; its history says which statements have run."
        total = len(self.step.statements)
        ran = f"{_share(self.known, total)} and {'stays' if total == 1 else 'stay'}, or more"
        return f"{ran}: the history cannot be read: {_first_line(again)}."


_LOST: Final = {  # keys of the session, and kinds of them, as they are told
    "set by code": "what its code may have set",
    "begins": "what a session begins with",
    "set names": "the character set, the role or the level of isolation",
    "role session_authorization": "the session's user",
    "temp": "the temporary table {}",
    "trigger": "the temporary trigger {}",
    "role": "the role",
    "seed": "the seed of random numbers",
    "connection": "the number of the connection",
    "next": "insert_id",
    "sequences": "the value of the sequence",
    "prepared": "the prepared statement {}",
    "set *": "the settings",
    "set": "the setting {}",
    "global": "what the server had set",
    "count": "the number of rows",
    "found": "the number of rows found",
    "sequence": "the value of the sequence",
    "listen": "the channel {}",
}


def up(
    settings: Settings | str,
    *,
    count: int | None = None,
    to: str | None = None,
    out_of_order: bool = False,
    all_or_nothing: bool = False,
    backup: str | None = None,
    notify: Notify = silent,
) -> list[Result]:
    """Apply what is pending, oldest first; return one Result per committed file. Nothing pending: no lock, no write.

    At most *count* files, up to and with the version *to*. *backup* copies a SQLite file first: to that path, or if it
    is empty beside it. *notify* is called with a Step before it runs, with its Result after the commit, and with text
    worth telling. Raises MigrateError, with ``results`` committed before.
    """
    with Run.opened(settings, notify) as run:
        run.all_or_nothing, run.backup = all_or_nothing, backup
        choice: dict[str, Any] = {"count": count, "to": to, "out_of_order": out_of_order}
        steps = run.planned("up", run.awaited(), **choice)
        if ahead := [row.version for row in run.applied if row.key > run.migrations[-1].key]:
            notify(
                f"the database is ahead of these files: {', '.join(ahead)} came with a newer release, or"
                f" {'its file was' if len(ahead) == 1 else 'their files were'} removed"
            )
        if steps:
            with run.working(steps):
                run.carry_out(partial(run.still_up, steps, **choice))
        if not run.results:
            how = "applied by the other run" if run.outrun else f"{len(run.applied)} applied"
            notify(f"up to date at {run.applied[-1].version} ({how})" if run.applied else "nothing to do")
        return run.results


def down(
    settings: Settings | str,
    *,
    count: int | None = None,
    to: str | None = None,
    to_here: bool = False,
    everything: bool = False,
    confirm: Callable[[Sequence[Step]], bool] = bool,
    backup: str | None = None,
    notify: Notify = silent,
) -> list[Result]:
    """Undo what choose_down says, if *confirm* says yes to those steps; they run, or nothing. Raises MigrateError."""
    with Run.opened(settings, notify, exists=True, texts=True) as run:
        rows, run.backup = run.awaited(), backup
        steps = run.planned("down", rows, count=count, to=to, to_here=to_here, everything=everything)
        if steps and not (count or to or to_here or everything):  # the newest one, which may not be the one meant
            with contextlib.suppress(MigrateError):
                for left in run.left_pending(rows):
                    notify(f"{left.title} is pending since its last attempt; this rolls back {steps[0].title}")
        for note in [step.note for step in steps if step.note] if steps else ["nothing to roll back"]:
            notify(note)
        if not steps or not confirm(steps):
            return []
        with run.working(steps):
            return run.carry_out(partial(run.still_down, steps))


def redo(settings: Settings | str, *, notify: Notify = silent) -> list[Result]:
    """Undo the newest migration and apply it again. Raises DriftError, before anything ran, where its file is gone.

    What the last attempt has left pending, such as a ``redo`` whose second half has failed, is only applied: it is what
    is meant, and nothing else is rolled back in its place.
    """
    with Run.opened(settings, notify, exists=True, texts=True) as run:
        run.typed, run.history.tool = "redo", f"{run.history.tool} redo"
        rows = run.awaited()
        if left := run.left_pending(rows):
            does, state = ("goes on with", "half applied") if left[0].resume else ("applies", "pending")
            notify(f"redo only {does} {left[0].title}: it is {state}")
            with run.working(left):
                return run.carry_out(partial(run.still_up, left, count=1))
        back = run.planned("down", rows)
        if not back:
            notify("nothing to redo: no migration is applied")
            return []
        for note in [step.note for step in back if step.note]:
            notify(note)
        again = run.screen([Step.up(each) for each in run.migrations if each.key == back[0].key and not each.elsewhere])
        if not again:
            what = f"{back[0].title} can be rolled back, but not applied again: its up file is not here"
            raise DriftError(what, fix="put the file back, or only roll back:  migrate down")
        with run.working([*back, *again]):
            run.carry_out(partial(run.still_down, back, strictly=True))
            run.halfway = back[0].title
            run.failed = StoppedError("interrupted", state=run.not_again(), fix="apply it again:  migrate redo")
            return run.carry_out(partial(run.still_again, again))


def reset(
    settings: Settings | str,
    *,
    schemas: Sequence[str] = (),
    confirm: Callable[[Sequence[str]], bool] = lambda _: True,
    backup: str | None = None,
    notify: Notify = silent,
) -> list[Result]:
    """Drop what lies in the history's schema and *schemas*, and what the applied files name beside it; apply all files.

    *confirm* is called with what goes beside the schema; nothing is dropped where it says no. Raises DriftError where
    more would go by CASCADE, or what stays is in the way of the files; nothing was changed then.
    """
    with Run.opened(settings, notify) as run:
        run.backup, run.typed = backup, " ".join(("reset", *(f"--schema {shell_word(name)}" for name in schemas)))
        steps = run.screen(choose_up(run.migrations, []))
        run.typed, run.screened = "", {key: each._replace(typed="") for key, each in run.screened.items()}
        doom = run.doom(steps, schemas)
        if not confirm(doom.named):
            return []
        with run.working(steps, late=True):  # what is refused has made no history
            run.back_up()
            run.database.lay_out(steps[0].statements if steps else ())
            with run.database.transaction():
                again = run.doom(steps, schemas)
                if again.named != doom.named:
                    fix = "run the same command again, and look at what it names"
                    raise DriftError("what goes beside the schema has changed meanwhile", fix=fix)
                dropped = run.drop(again)
            for note in (*again.notes, f"dropped {dropped}"):
                notify(note)
            run.refresh()
            state = "all is dropped, and no migration is applied yet."
            run.failed = StoppedError("interrupted", state=state, fix="apply them:  migrate up")
            return run.carry_out(lambda: run.screen(choose_up(run.migrations, run.applied)))


def status(settings: Settings | str, *, notify: Notify = silent) -> list[Status]:
    """Return one Status per version in the files or the history, oldest first. Writes nothing, creates nothing."""
    return survey(settings, notify=notify).states


class Survey(NamedTuple):
    """What ``status`` has found: the states, who is at work meanwhile, and what to do next, each in a line or more."""

    states: list[Status]
    at_work: Sequence[str] = ()
    ways: Sequence[str] = ()


def survey(settings: Settings | str, *, notify: Notify = silent) -> Survey:
    """Look at the history and the files, as ``status`` does."""
    with Run.opened(settings, notify, looks=True) as run:
        if not run.database.exists:
            notify(f"{run.settings.url.database} does not exist yet; this creates it:  migrate up")
        for said in run.unread:
            notify(said)
        states, ways = compare(run.migrations, run.applied), list[str]()
        for more, error in run.refusals(without_newer(states)):
            first = error.fix.partition("\n")[0]
            ways.append(f"{error.what}{more}; {first if '  migrate ' in first else error.fix}")
        return Survey(states, run.at_work, ways)


def wait(
    settings: Settings | str, *, awaited: str = "migrations", timeout: float = 60.0, notify: Notify = silent
) -> float:
    """Return, after how many seconds, when the "database" answers, or has all the "migrations" that are here, clean.

    SELECT is all it needs; it takes no lock. *notify* hears of each reason to wait, once. Raises NotReadyError with the
    last one after *timeout* seconds, and at once what no waiting mends: SettingsError, FileError, DriftError.
    """
    settings = Settings(DatabaseURL.parse(settings)) if isinstance(settings, str) else settings
    began, said, left = time.monotonic(), "", timeout
    while True:
        options = {"connect_timeout": str(max(1, min(10, round(left)))), **settings.url.options}
        try:
            url = settings.url._replace(options=options)
            asked = settings._replace(url=url, lock_timeout=0.0, ddl_lock_timeout=1.0)  # who locks the history is told
            reason, fix = _not_ready(asked, awaited)
        except (ConnectError, StatementError) as error:
            reason, fix = error.what, error.fix
        except LockedError as error:
            reason, fix = error.what.partition(",")[0], "let it finish, or end it"
        if not reason:
            return time.monotonic() - began
        fix = fix.replace(_NOT_YET, "")  # that is what has been waited for
        if (left := began + timeout - time.monotonic()) <= 0:  # after the attempt: a name server may take it all
            fix = f"{fix}\n     or wait longer:  migrate wait --for {awaited} --timeout {max(60, 5 * timeout):g}"
            raise NotReadyError(f"not ready after {timeout:g} s: {reason}", where=str(settings.url), fix=fix)
        if reason != said:
            notify(f"waiting: {reason}")
        said = reason
        time.sleep(min(1.0, left))


def _not_ready(settings: Settings, awaited: str) -> tuple[str, str]:
    """Say why not to go on yet, if so, and the fix. What a newer release has brought, clean or not, is not ours."""
    if awaited == "database":
        with contextlib.closing(DATABASES[settings.url.dialect](settings.url)) as database:
            database.open()
            return ("" if database.exists else f"{settings.url.database} does not exist", "create it:  migrate up")
    with Run.opened(settings, exists=True, looks=True) as run:
        ours = {each.key for each in run.migrations}
        states = [each for each in compare(run.migrations, run.applied) if each.key in ours]
        rest = [each for each in states if each.state not in {"applied", "skipped"}]
        reason = "".join(f"{each.version} {each.name} is {each.state.replace('_', ' ')}" for each in rest[:1])
        more = f", and {len(rest) - 1} more to come" if rest[1:] else ""
        if run.at_work:
            return reason + more, "let the run that is at work finish, or end it"
        for _, error in run.refusals(states):  # which up would say
            return reason + more, error.fix
        return reason + more, "apply what is missing:  migrate up"


def plan(settings: Settings | str, direction: str = "up", *, notify: Notify = silent, **choice: Any) -> list[Step]:
    """Return what ``up`` or ``down`` would run with the same *choice* of arguments; raise what they would. No write."""
    with Run.opened(settings, notify, texts=direction == "down", looks=True) as run:
        steps = run.planned(direction, **choice)
        if not steps:
            notify("nothing to do")
        return steps


def log(
    settings: Settings | str,
    *,
    count: int | None = None,
    version: str | None = None,
    since: datetime | None = None,
    notify: Notify = silent,
) -> list[LogEntry]:
    """Return the newest *count* attempts, newest first. Writes nothing, creates nothing; needs no files.

    Only those of one *version*, or that were at work *since* then, a time with its zone; all of these where there is no
    *count*, and of all else 20.
    """
    if version is not None and not _DIGITS_PATTERN.fullmatch(version):
        fix = "write its digits alone; look at what there is:  migrate status"
        raise SettingsError(f'"{version}" is no version', where="--version", fix=fix)
    with Run.opened(settings, notify, files=False, looks=True) as run:
        return run.history.read_log(count or (20 if version is None and since is None else None), version, since)


def baseline(settings: Settings | str, version: str, *, notify: Notify = silent) -> list[Result]:
    """Mark all up to and with *version* as applied, run nothing; return what was marked. Raises MigrateError."""
    with Run.opened(settings, notify) as run:
        limit = find_version(version, {each.key: each for each in run.migrations})
        steps = run.screen([Step.up(each) for each in run.migrations if each.key <= limit and not each.elsewhere])
        known = {row.key for row in run.applied if not row.dirty}
        with run.working():
            marked = run.change(partial(_mark, run, steps, known, limit))
        if not marked and not run.outrun:
            ran = f"{version} is" if len(steps) == 1 else f"{version} and all before it are"
            notify(f"nothing to mark: {ran} applied already")
        return marked


def _mark(run: Run, steps: Sequence[Step], known: Collection[int], limit: int) -> list[Result]:
    """Do that in an open transaction, up to and with the key *limit*; the *known* ones were applied before."""
    files = {each.key: each for each in run.migrations}
    for row in run.applied:
        if row.dirty:
            raise dirty_error(row, f"finish it first:  migrate {row.direction}")
    for state in compare(run.migrations, run.applied):
        if state.state == "changed" and state.key <= limit:
            raise drift_error(state, files[state.key])
    owner, rest = run.owner(), run.remaining(steps, known=known)
    for step in rest:
        run.database.send(run.claim(step, owner), *run.finish(step, owner, action="baseline"))
    return [Result(step.version, step.name, "baseline") for step in rest]


def repair(settings: Settings | str, version: str, *, applied: bool, notify: Notify = silent) -> Result:
    """Declare a dirty or edited migration *applied*, a dirty or missing one pending. Raises DriftError for others.

    Raises LockedError at once where a runner is at work on it: then it is not for a person to say.
    """
    with Run.opened(settings, notify, exists=True) as run:
        known = {each.key: each for each in compare(run.migrations, run.applied)}
        key = find_version(version, known)
        before = next((each for each in run.applied if each.key == key), None)
        if before is None:
            raise _no_repair(run, known[key], known[key].state, applied=applied)
        if before.dirty:
            run.database.lock_timeout = 0
        try:
            with run.working():
                run.change(partial(_declare, run, before, applied=applied))
        except LockedError as error:
            if before.dirty:
                error.what = f"{before.version} {before.name} is under way: another runner is at work on it"
                error.state = DriftError.usual_state
                error.fix = "wait for it, and look at what it has done:  migrate status"
            raise
        return Result(before.version, before.name, "repair", declared="applied" if applied else "pending")


def _declare(run: Run, before: Applied, *, applied: bool) -> list[Result]:
    """Do that in an open transaction, in which the row may not be any more what it was *before*."""
    row = next((each for each in run.applied if each.key == before.key), None)
    states = {each.key: each.state for each in compare(run.migrations, run.applied)}
    state = states.get(before.key, "pending")
    if row != before and state == ("applied" if applied else "pending"):
        run.notify(f"{before.version} {before.name} is {state} already{run.by(before.version)}")
        return []
    if row is None:
        what = f"{before.version} {before.name} was taken out of the history meanwhile"
        raise DriftError(what, fix="look at the states:  migrate status")
    if state not in {"dirty", "changed" if applied else "missing"}:
        raise _no_repair(run, row, state, applied=applied)
    change = run.history.removal(row.version, owner=row.owner)
    if applied:
        values: dict[str, object] = {"dirty": False, "direction": "up", "statements_done": row.statements}
        values["done_checksum"] = row.checksum
        for step in [Step.up(each) for each in run.migrations if each.key == row.key and row.direction == "up"]:
            values |= {"checksum": step.script.checksum, "down_sql": run.database.storable(step.down_sql)}
            values["done_checksum"] = step.script.checksum
        change = run.history.change(row.version, values | {"owner": None}, owner=row.owner)
    declared = "applied" if applied else "pending"
    run.history.tool += f" repair --{declared}"  # the log says which, too
    run.database.send(change, run.history.log_entry(row.version, row.name, "repair"))
    return [Result(row.version, row.name, "repair", declared=declared)]


def _no_repair(run: Run, row: Applied | Status, state: str, *, applied: bool) -> DriftError:
    what = f"{row.version} {row.name} is {state}: there is nothing to repair in this way"
    fix = "look at the states:  migrate status"
    here = [half for each in run.migrations if each.key == row.key for half in (each.up, each.down) if half]
    files = " ".join(shell_word(shown_path(each.path)) for each in here)
    if files and state in {"applied", "changed"} and not applied:
        what = f"{row.version} {row.name} is {state}, and its file is still here: as a pending one, it would run again"
        way = f"where it was undone by hand, remove that first, and say it again:  rm {files}"
        fix = f"{way}\n     or {fix}"
    if applied and state == "pending":
        way = f"where it was run by hand, mark it as applied, and all before it:  migrate baseline {row.version}"
        fix = f"{way}\n     or {fix}"
    return DriftError(what, fix=fix)


def new(settings: Settings, name: str, *, notify: Notify = silent) -> list[Path]:
    """Write an empty pair of files into every dialect folder; return their paths. Raises MigrateError."""
    root = settings.directory or embedded_directory()
    if settings.directory is None and root.name == "migrate_sql":
        fix = f"make a folder of your own:  mkdir -p sql\n     and name it:  migrate --dir sql new {shell_word(name)}"
        raise SettingsError("new files do not belong in the installed package", fix=fix)
    return new_migration(root, name, now=datetime.now(timezone.utc), tell=notify)


class Folders(NamedTuple):
    """What ``check`` has looked at, by dialect ("" for none known); a folder that cannot be read has no migrations."""

    root: Path
    by_dialect: Mapping[str, Path]
    migrations: Mapping[str, Mapping[str, Migration]]  # by version and name
    findings: Sequence[Finding]


def read_folders(settings: Settings) -> Folders:
    """Look at the files of every dialect: names, pairs, parity, a dry split of each. Raises FileError for a folder."""
    root = settings.directory or embedded_directory()
    by_name = settings.url.dialect if settings.url_source else DIALECT_BY_SCHEME.get(root.resolve().name, "")
    folders = dialect_directories(root) or {by_name: root}
    findings, found = list[Finding](), dict[str, dict[str, Migration]]()
    for dialect, folder in folders.items():
        try:
            deeper = list[tuple[str, str, str]]()
            migrations = find_migrations(folder, tell=deeper.append)
            found[dialect] = {f"{each.version}_{each.name}": each for each in migrations}
            fix = f"move them into {shown_path(folder)}, or elsewhere; or name that folder with --dir"
            findings += [Finding("warning", path, what, way or fix) for path, what, way in deeper]
            for each in found[dialect].values():
                findings += _check_pair(each, dialect, settings.table)
        except FileError as error:  # noqa: PERF203 (a fault in one folder does not end the look at the others)
            findings += [Finding("fault", *each) for each in error.faults or [(error.where, error.what, error.fix)]]
    for dialect, here in found.items():
        for other, there in found.items():
            lacks = f"is in {shown_path(folders[other])}, and not here"
            fix = f"add it here too, or excuse it there: -- migrate: only {other}"
            findings += [
                Finding("fault", shown_path(folders[dialect]), f"{name} {lacks}", fix)
                for name in sorted(there.keys() - here)
                if meet(there[name].up.only, (dialect,))
            ]
    return Folders(root, folders, found, findings)


def check(settings: Settings) -> Sequence[Finding]:
    """Return what is wrong with the files alone; no database is asked. Raises FileError for a folder."""
    return read_folders(settings).findings


def _check_pair(migration: Migration, dialect: str, table: str) -> Iterator[Finding]:
    warning, (schema, _, name) = partial(Finding, "warning"), table.rpartition(".")
    up_path, down_path = migration.up.path, migration.down.path if migration.down else None
    if down_path is None:
        yield warning(shown_path(up_path), "no down file: it cannot be undone", "add one, if it can be")
    elif down_path.name != up_path.name.replace(".up.sql", ".down.sql"):
        yield warning(shown_path(down_path), f"another name than {shown_path(up_path)}", "give both the same name")
    for script in filter(None, (migration.up, migration.down)):
        path, step = shown_path(script.path), Step(migration.version, migration.name, "up", script)
        lines = script.sql.split("\n") if script.octets.find("migrate:", script.octets.find("\n") + 1) >= 0 else []
        for number in [place for place, line in enumerate(lines, 1) if _DIRECTIVE_PATTERN.match(line)]:
            if any(line.strip()[:2] not in ("", "--") for line in lines[: number - 1]):  # else that is refused
                yield warning(f"{path}:{number}", "-- migrate: is read on the first line only", "move it there")
        lies = DIALECT_BY_SCHEME.get(script.path.resolve().parent.name, "")
        if lies and not meet(script.only, (lies,)):
            what = f"is for {', '.join(script.only)} only, and lies in the folder for {lies}"
            yield Finding("fault", f"{path}:1", what, "move it to where it belongs, or change its first line")
        try:
            own = script.only[:1] if not meet(script.only, (dialect,)) else (dialect,)
            for each in filter(None, own):
                database = DATABASES[each](DatabaseURL(each, "check"))
                database.keep(schema, name, bare=not schema)
                if not read_step(step, database).statements:
                    yield warning(path, "no statements in this file", "leave it, if that is meant")
        except FileError as error:
            yield Finding("fault", error.where, error.what, error.fix)


def auto_migrate(url: str, force: bool = False) -> bool:  # noqa: FBT001, FBT002 (the signature that applications call)
    """Apply what is pending when an application starts; return whether it did. MIGRATE_DIR and the like count.

    PostgreSQL and MySQL are not even connected to, so that replicas cannot race: the log names the command to run.
    *force* or FORCE_AUTO_MIGRATE changes that. For None, which a variable that is not set may give, it is the URL that
    the command would take. Raises MigrateError.
    """
    import logging

    logger = logging.getLogger("migrate")
    try:
        if url is not None:
            DatabaseURL.parse(url, source="the URL given to auto_migrate")  # which is no option
        settings = load_settings({"database_url": url}, os.environ)
        if settings.force_auto_migrate is None:
            fix = "write  FORCE_AUTO_MIGRATE=true  or  FORCE_AUTO_MIGRATE=false"
            raise SettingsError("FORCE_AUTO_MIGRATE is neither true nor false", where="FORCE_AUTO_MIGRATE", fix=fix)
        if not settings.url.is_file and not force and not settings.force_auto_migrate:
            way = "run  imagor-studio-migrate up  before the roll-out, or set FORCE_AUTO_MIGRATE=1"
            logger.warning("%s is not migrated at start-up: %s", settings.url, way)
            return False
        results = up(settings)
    except MigrateError as error:
        name_place(error, {}, os.environ)
        error.fix = error.fix.replace(_SAME, "migrate up").replace("with --dir", "with MIGRATE_DIR")
        raise
    for result in results:
        logger.info("applied %s %s in %d ms", result.version, result.name, result.took_ms)
    return True


# Report ###############################################################################################################
# Values come in, text goes out: a table on a terminal, tab-separated lines in a pipe, one JSON document on request.
# stdout is data; talk, progress and errors go to stderr. The only place that knows rich.

_STATES: Final = ("applied", "pending", "dirty", "changed", "missing", "out_of_order", "skipped")
_VERBS: Final = {"up": "applied", "down": "rolled back", "baseline": "marked as applied", "repair": "repaired"}
# Colors of which a person reads each on black and on white; yellow, and what else a terminal calls bright, is none.
_GREEN, _AMBER, _RED = "color(28)", "color(130)", "bold color(160)"
_GOOD, _OPEN = ("applied", "ok", "undone"), ("pending", "warning", "no down file")
_BAD: Final = ("dirty", "changed", "missing", "out of order", "failed", "fault", "differs")
_STYLES: Final = dict.fromkeys(_GOOD, _GREEN) | dict.fromkeys(_OPEN, _AMBER) | dict.fromkeys(_BAD, _RED)
# How a table gives way to a terminal that is narrow. What has no place below is never cut: versions, times, states.
_HEADS: Final = {"applied_at": "applied at", "took_ms": "took", "applied_by": "by"}
_PROSE: Final = ("error", "note", "findings", "file", "what", "fix")  # below its row, where it does not fit beside it
_TYPED: Final = ("file", "fix")  # of these, what is not broken into lines: it is there to be copied
_SPARE: Final = ("tool", "mode", "statements", "took_ms", "applied_by")  # left out, in this order, but the first,
_SHORTEST: Final = {"name": 14, "applied_by": 8, "where": 20}  # after these were made as short; a name has more lines

# What a finding says of a lock, and the word for that; a stricter one stands above. SQLite has one for all.
_LOCKS: Final = {
    r"(?<!not )against reads|metadata lock": "locks all",
    "against writes": "locks writes",
    "other changes": "locks DDL",
    "the rows": "locks rows",
    "": "locks",
}
_MINUTE: Final = 60.0  # seconds


class View(NamedTuple):
    """What a command shows: a JSON document whose last entry is a list of rows, and their columns in a table."""

    document: Mapping[str, Any]
    columns: Sequence[str] = ()
    caption: str = ""  # of the table
    details: str = ""  # what follows it, also where no table is drawn
    sql: str = ""  # what follows with --verbose
    exit_code: int = 0
    ways: Sequence[str] = ()  # what is told below it: what to do next
    nothing: Sequence[str] = ()  # what is told in the place of an empty list


def status_view(settings: Settings, surveyed: Survey, *, exit_code: bool) -> View:
    """Show what ``status`` returned; with *exit_code*, 3 for pending migrations, 4 where history and files disagree."""
    states = surveyed.states
    found = Counter(each.state for each in states)
    bad = {"dirty", "changed", "missing", "out_of_order"}.intersection(each.state for each in without_newer(states))
    code = 4 if bad else 3 if found["pending"] else 0
    clean = [each.version for each in states if each.applied_at and each.state != "dirty"]
    document = {
        "current": clean[-1] if clean else None,
        "counts": {state: found[state] for state in _STATES},
        "running": [*surveyed.at_work],
        "next": [*surveyed.ways],  # as they are typed, once that is known: see _Screen.show()
        "migrations": [each._asdict() for each in states],
    }
    columns = ("version", "name", "state", "applied_at", "took_ms", "applied_by")
    counts = (f"{found[state]} {state.replace('_', ' ')}" for state in _STATES if found[state] or state in _STATES[:2])
    caption = f"{settings.url}: {', '.join(counts)}"
    return View(document, columns, caption, exit_code=code if exit_code else 0, ways=surveyed.ways)


def steps_view(
    settings: Settings,
    steps: Sequence[Step],
    findings: Sequence[Sequence[Mapping[str, Any]]],
    tables: Sequence[Sequence[Mapping[str, Any]]],
) -> View:
    """Show what ``plan`` returned: its steps, with their statements, the *findings* about each and what it touches."""
    database = DATABASES[settings.url.dialect](settings.url)
    rows = [
        {
            "version": step.version,
            "name": step.name,
            "direction": step.direction,
            "statements": len(step.statements),
            "done": step.resume.statements_done if step.resume else 0,
            "mode": "journal" if is_journaled(step, database) else "transaction",
            "file": script_path(step),
            "note": step.note or _goes_on(step) or ("" if step.statements else "no statements in this file"),
            "checksum": step.script.checksum,
            "text": step.script.sql,
            "down_sql": step.down_sql if step.direction == "up" else None,
            "sql": [{"number": n, "line": each.line, "text": each.text} for n, each in enumerate(step.statements, 1)],
            "tables": [*touched],
            "findings": [*known],
        }
        for step, known, touched in zip(steps, findings, tables, strict=True)
    ]
    columns = ("version", "name", "direction", "statements", "done", "mode", "file", "note", "findings")
    return View({"steps": rows}, columns, sql="\n\n".join(text for row in rows for text in _listing(row)))


def _goes_on(step: Step) -> str:
    """Say of what has begun with which statement it goes on."""
    if not step.resume:
        return ""
    done, total = step.resume.statements_done, len(step.statements)
    return f"goes on with statement {done + 1} of {total}" if done < total else "all has run: this is noted"


def _listing(row: Mapping[str, Any]) -> Iterator[str]:
    """Yield each statement of a step of a plan that is to run, after its number, its place and what is known of it."""
    known = dict[int, dict[str, None]]()  # of each statement, in order
    for each in row["findings"]:
        line = f"-- {each['rule']}: {each['what']}{and_below(each)}  {each['link']}"
        known.setdefault(each["statement"], {})[line] = None
    if row["done"]:
        yield f"-- {row['version']} {row['name']}, {_share(row['done'], row['statements'])}: {row['note']}"
    for each in row["sql"][row["done"] :]:
        head = f"-- {row['version']} {row['name']}, statement {each['number']} of {row['statements']}"
        said = known.get(each["number"], {})
        yield "\n".join([f"{head}: {row['file']}:{each['line']}", *said, f"{each['text']};"])


def and_below(finding: Mapping[str, Any]) -> str:
    """Return what is added to a finding that stands for statements like its own, which come next."""
    return f"; the same for {counted(finding['more'], 'more statement')} below" if finding["more"] else ""


def _json(value: Any) -> str:
    """Turn what json does not know into what it knows: times are ISO 8601 in UTC."""
    is_time = isinstance(value, datetime)
    return value.isoformat(timespec="milliseconds").replace("+00:00", "Z") if is_time else str(value)


def cell_text(row: Mapping[str, Any], column: str, *, briefly: bool = False) -> str:
    """Return a value of a row as text for a table, *briefly*, or for a tab-separated line."""
    value = row[column]
    if isinstance(value, str):
        if column == "state" and value not in {"applied", "pending"}:
            part, only = f"{row['statements_done']} of {row['statements']}", f"only {', '.join(row['only'])}"
            more = {"dirty": part, "skipped": only, "missing": "down is stored" * row["has_down"]}.get(value)
            value = value.replace("_", " ") + (f" ({more})" if more else "")
        elif briefly and column == "action" and value == "repair":  # with --applied or --pending, as tool has it
            return " ".join([value, *row["tool"].split()[3:]])
        elif column == "fix":
            value = re.sub(r"(?<![,;:])\n *(?=or\b|refused)", "; ", value)
        return unhidden(" ".join(value.split()))
    if value is None:
        return ""
    if isinstance(value, datetime):
        return _json(value).partition(".")[0] + "Z" if briefly else _json(value)
    if column == "findings":  # that they lock, most do: the strictest lock, as the last
        rules = dict.fromkeys(each["rule"] for each in value if each["rule"] != "locks")
        said = (each["what"] for each in value if each["rule"] == "locks")
        locks = {next(word for pattern, word in _LOCKS.items() if re.search(pattern, what)) for what in said}
        return ", ".join([*rules, *[each for each in _LOCKS.values() if each in locks][:1]])
    return f"{value} ms" if column == "took_ms" else _json(value)


class _Layout(NamedTuple):
    """Where the cells of a table go: *beside* each other with the width of each, *below* their row, or nowhere."""

    beside: Mapping[str, int]
    below: Sequence[str]
    left_out: Sequence[str]
    gap: int

    @classmethod
    def within(cls, width: int, columns: Sequence[str], rows: Sequence[Mapping[str, str]]) -> _Layout:
        """Fit *rows* into *width*, if that can be. A column that holds nothing has no place; an error is below."""
        from rich.cells import cell_len

        full = {
            column: max(map(cell_len, (_HEADS.get(column, column), *(row[column] for row in rows))))
            for column in columns
            if any(row[column] not in {"", "0"} for row in rows)
        }
        least = {column: min(size, _SHORTEST.get(column, size)) for column, size in full.items()}
        below, left_out, gap = [each for each in full if each == "error"], list[str](), 3

        def lacking(sizes: Mapping[str, int]) -> int:
            here = [sizes[each] for each in full if each not in {*below, *left_out}]
            return 1 + sum(here) + gap * (len(here) - 1) - width

        if lacking(full) > 0:
            below, gap = [each for each in full if each in {"error", "fix"}], 2
        if lacking(full) > 0:
            below = [each for each in full if each in _PROSE]
        for each in _SPARE:
            if each in full and lacking(full if each == _SPARE[0] else least) > 0:
                left_out.append(each)
        beside = {each: size for each, size in full.items() if each not in {*below, *left_out}}
        while lacking(full | beside) > 0 and (long := [each for each in beside if beside[each] > least[each]]):
            beside[max(long, key=beside.__getitem__)] -= 1
        return cls(beside, below, left_out, gap)


def _shortened(text: str, column: str, width: int, sign: str) -> str:
    """Cut *text* to *width* with a *sign*: a place in the middle, so that its beginning and its end are seen."""
    from rich.cells import cell_len, set_cell_size

    if cell_len(text) <= width:
        return text
    tail = ""
    while column == "where" and cell_len(tail) < (width - 1) * 2 // 3:
        tail = text[-1 - len(tail) :]
    return set_cell_size(text, width - 1 - cell_len(tail)).rstrip() + sign + tail


def _broken(text: str, width: int) -> list[str]:
    """Break a name into lines, after a sign in it where that can be."""
    from rich.cells import cell_len, chop_cells

    lines = [""]
    for word in re.findall(r"[^_.\W-]*[\W_.-]?", text):
        for part in chop_cells(word, width) if cell_len(word) > width else [word]:
            lines += [""] if cell_len(lines[-1] + part) > width else []
            lines[-1] += part
    return lines


def _csv(view: View, rows: Sequence[Mapping[str, Any]]) -> str:
    import csv

    text = io.StringIO()
    cells = ([row[x] if isinstance(row[x], (str, int)) else cell_text(row, x) for x in view.columns] for row in rows)
    csv.writer(text, lineterminator="\n").writerows([view.columns, *cells])
    return text.getvalue()


def _annotation(finding: Mapping[str, str]) -> str:
    """Write a finding as a command to GitHub's runner, which shows it at its line of the pull request."""

    def escaped(text: str, more: str = "") -> str:
        return re.sub(f"[%\r\n{more}]", lambda found: f"%{ord(found[0]):02X}", text)

    place = re.split(r":(?=\d+(?::\d+)?$)", finding["where"])
    named = [*zip(("file", "line", "col"), place, strict=False), ("title", "migrate check")]
    properties = ",".join(f"{name}={escaped(text, ':,')}" for name, text in named)
    level = "error" if finding["level"] == "fault" else "warning"
    return f"::{level} {properties}::" + escaped(f"{finding['what']}\nfix: {finding['fix']}")


class _Output(io.TextIOWrapper):
    """stdout or stderr while a command runs: what is written leaves at once and whole, and to write never fails.

    Where it cannot be written, as its reader has gone or the disk is full, ``lost`` says why, and it goes to /dev/null
    from then on. Letters that the encoding does not have are written with backslashes.
    """

    lost: OSError | None = None

    def __init__(self, stream: io.TextIOWrapper) -> None:
        self._unsent: list[io.BufferedIOBase] = []
        super().__init__(io.FileIO(stream.fileno(), "w", closefd=False), stream.encoding, newline="\n")

    @classmethod
    def over(cls, stream: TextIO) -> TextIO:
        """Return what takes the place of *stream*: itself, where it is in memory."""
        with contextlib.suppress(OSError):
            stream.flush()
        if isinstance(stream, io.TextIOWrapper):
            with contextlib.suppress(OSError, ValueError):
                return cls(stream)
            stream.reconfigure(errors="backslashreplace")
        return stream

    def write(self, text: str, /) -> int:
        """Send *text* in one call to the system. Where a signal stops that half way, the next write sends the rest."""
        data = text.encode(self.encoding, "backslashreplace")
        # A buffer that holds it all knows what has left, also after a signal. That of Python's stdout loses the rest.
        piece = io.BufferedWriter(io.FileIO(self.fileno(), "w", closefd=False), len(data) + 1)
        piece.write(data)
        self._unsent.append(piece)
        self.flush()
        return len(text)

    def flush(self) -> None:
        """Send what has not left."""
        while self._unsent:
            self._send(self._unsent[0])

    def _send(self, piece: io.BufferedIOBase) -> None:
        try:
            piece.flush()
            self._unsent.remove(piece)
        except BlockingIOError:  # whoever has the pipe too set it to not wait, and its reader is slow
            import select

            select.select([], [self.fileno()], [])
        except OSError as error:
            self.lost = error
            with open(os.devnull, "wb") as nowhere:  # noqa: PTH123 (it is no file)
                os.dup2(nowhere.fileno(), self.fileno())


def _program() -> str:
    """Return the program as it was called: the script with its Python, or the installed command.

    That is named by its path where PATH does not find it.
    """
    import shutil

    if Path(sys.argv[0]).name == "migrate.py":  # with the Python that was typed: maybe .venv/bin/python
        return f"{shell_word(sys.orig_argv[0])} {shell_word(sys.argv[0])}"
    name, path = "imagor-studio-migrate", sys.argv[0]
    found = shutil.which(name)
    elsewhere = "/" in path and Path(path).name == name and not (found and Path(found).samefile(path))
    return shell_word(path) if elsewhere else name


# The targets of the Makefile, and how each takes the first word after it; all else goes into ARGS.
_TARGETS: Final = {"baseline": "VERSION", "repair": "VERSION", "new": "NAME"} | dict.fromkeys(
    names_in("up down redo reset status plan log check verify wait"), ""
)


def _command(words: str, about: Sequence[str]) -> str:
    """Return a command as it is to be typed: its *words*, with the options that it is *about*.

    Make says that it was called, and not the program; what no target of it does is typed without it.
    """
    import shlex

    said = re.findall(r"""(?:[^\s'"]|'[^']*'|"[^"]*")+""", words)
    target = next((word for word in said if word in _TARGETS), "") if said[0] != "help" else ""
    if os.environ.get("MIGRATE_CALLED_BY") != "make" or not target:
        return " ".join((_program(), *about, words))
    before, after = said[: said.index(target)], said[said.index(target) + 1 :]
    own = [f"{_TARGETS[target]}={after.pop(0)}"] if _TARGETS[target] and after else []
    rest = shlex.quote(" ".join((*about, *before, *after)).replace("$", "$$"))
    return " ".join(("make", target, *own, *([f"ARGS={rest}"] if rest != "''" else [])))


class _Screen:
    """Where a command's output goes. Called with events while it runs; a progress bar after a second, on a terminal."""

    def __init__(self, options: Mapping[str, Any], given: Mapping[str, str]) -> None:
        self.form: str = options.get("format") or ("table" if sys.stdout.isatty() else "plain")
        self.color: str = options.get("color") or ("never" if os.environ.get("NO_COLOR") else "auto")
        self.quiet, self.verbose = bool(options.get("quiet")), bool(options.get("verbose"))
        self.given = given  # options of the command line that say what it is about, by name
        self.words: Sequence[str] = ()  # the command, and what else of the command line is its own
        self.stands = False  # the exit code, also where stdout is lost: something is changed, or an error is told
        self.events = False  # in JSON, a line for each event on stdout and nothing on stderr: for collectors of logs
        self.place = ""  # where something is changed, until that is told: before a file, or at once
        self.first: dict[str, Any] = {}  # what the first of the events says besides
        self._since = self._told = 0.0  # when the file that runs began; how long it had run when that was told last
        self._heard = False  # something of it
        self._began: dict[str, Any] = {}  # version and name of what runs, where events are told
        self._line = False  # one about what runs, which the next one overwrites

    def begin(self, settings: Settings, *, stands: bool, place: bool, at_once: bool) -> None:
        """Get ready for a command: one that changes something ends with the outcome of that, and says where it does.

        That is told *at_once*, or with its first file, if there is one.
        """
        for slip in settings.slips:
            self(str(slip))
        self.stands = stands
        if stands and place:
            self.place = f"on {settings.place}"
            self.first = {"database": str(settings.url)}
        if self.place and at_once:
            self._tell_place()

    def _tell_place(self) -> None:
        place, self.place = self.place, ""
        if self.form != "json":
            self(place)

    def as_typed(self, text: str) -> str:
        """Name the program as it was called where a text has a command: two spaces, ``migrate``, the command.

        What the command line said that it is about is said again. Where two dots stand for the command, it is the one
        that was typed, with what follows, or ``without`` that.
        """

        def typed(found: re.Match[str]) -> str:
            words = found[1]
            if words.startswith(".. "):
                _, *more = words.split(" ")
                same = [word for word in self.words if more[0] != "without" or word not in more]
                words = " ".join([*same, *(more if more[0] != "without" else ())])
            explains = "--help" in words or words.startswith(("help ", "completion "))
            given = {} if explains else self.given
            lacking = [name for name in given if not re.search(rf"{name}[ =]", words)]
            return _command(words, [f"{name} {shell_word(given[name])}" for name in lacking])

        return unhidden(re.sub(r"(?<=  |<\()migrate ((?:[a-z-]|\.\. )(?:(?!  ).)*)", typed, text))

    def __call__(self, event: Step | Result | Running | Notice | str) -> None:
        """Tell of what runs, of a result, or of something worth knowing."""
        self.close()
        if self.place and isinstance(event, (Step, Result)):
            self._tell_place()
        if isinstance(event, Step):
            self._since, self._told, self._heard = time.monotonic(), 0.0, False
            if self.events:
                self._began = {"version": event.version, "name": event.name}
                more = {"direction": event.direction, "statements": len(event.statements)}
                self._print(self._began | more, "started")
        elif isinstance(event, Result):
            self._began, verb = {}, _VERBS[event.action]
            ran = f"  {counted(event.statements, 'statement')}, {event.took_ms} ms" * (event.action in {"up", "down"})
            ran += event.declared and f"  as {event.declared}"
            if self.events:
                self._print(event.document, verb.replace(" ", "_"))
            elif self.form != "json":
                sys.stdout.write(unhidden(f"{verb}  {event.version} {event.name}{ran}") + "\n")
        elif isinstance(event, str) and not self.quiet:
            if self.events:
                self._print({"message": self.as_typed(event)}, "note")
            else:
                sys.stderr.write(f"{self.as_typed(event)}\n")
        elif isinstance(event, Notice) and not self.quiet:
            if self.events:
                said = without_data(event.text)  # a log is read by many
                self._print(self._began | {"level": event.level, "message": said}, "notice")
            elif self.form != "json":
                head, self._heard = "" if self._heard else f"from {event.step.title}:\n", True
                said = unhidden(f"{event.level}: {event.text}").replace("\n", "\n    ")
                sys.stderr.write(f"{head}  {said}\n")
        elif isinstance(event, Running) and not self.quiet:
            self._tell_running(event)

    def _tell_running(self, event: Running) -> None:
        """Tell how far a file is: on a terminal in a line that is overwritten, elsewhere at first and once a minute."""
        part = f"statement {event.number} of {len(event.step.statements)}" if event.number else ""
        waits = ", ".join(filter(None, (part, event.waits)))
        if sys.stderr.isatty() and self.form != "json":
            import shutil

            about = f"{event.step.direction}  {event.step.title}{f', {part}' * bool(part)}"
            said = f"{about}: {event.seconds:.0f} s  {event.waits}"
            sys.stderr.write(unhidden(said)[: shutil.get_terminal_size().columns - 1])
            self._line = True
            return
        seconds = time.monotonic() - self._since
        if self._told and seconds - self._told < _MINUTE:
            return
        how = f"still running, {seconds / 60:.0f} min" if self._told else "running"
        self._told = seconds
        if self.events:
            more = {"seconds": round(seconds), "statement": event.number or None, "waits": event.waits or None}
            self._print(self._began | more, "running")
        elif self.form != "json":
            sys.stderr.write(unhidden(f"{how}  {event.step.title}: {waits}".removesuffix(": ") + "\n"))

    def _print(self, document: Mapping[str, Any], event: str) -> None:
        """Print a JSON document: in one line that says what it is and when, where a line is an event."""
        import json

        if self.events:
            document = {"event": event, "at": datetime.now(timezone.utc), **self.first, **document}
            self.first = {}
        # A letter with a backslash of Python's would be no JSON.
        indent, escaped = None if self.events else 2, not (sys.stdout.encoding or "utf").lower().startswith("utf")
        sys.stdout.write(f"{json.dumps(document, indent=indent, ensure_ascii=escaped, default=_json)}\n")

    def close(self) -> None:
        """Take the line about what runs away."""
        if self._line:
            sys.stderr.write("\r\033[K")
        self._line = False

    def show(self, settings: Settings, view: View) -> int:
        """Print what a command has to show; return its exit code."""
        *_, listed = view.document.values()
        if self.form == "json":
            about = {"database": str(settings.url), "dialect": settings.url.dialect, "table": settings.table}
            following = {"next": [self.as_typed(each) for each in view.ways]} if "next" in view.document else {}
            self._print(about | {**view.document} | following, "done")
        elif isinstance(listed, str):
            self.print_text(listed)
        elif self.form == "csv":
            sys.stdout.write(_csv(view, listed))
        elif self.form == "github":
            sys.stdout.write("".join(f"{_annotation(finding)}\n" for finding in listed))
        else:
            console = self._console() if self.form == "table" and len(view.columns) > 1 else None
            if console:
                self._draw_table(console, view, listed)
            else:
                rows = ([cell_text(row, column) for column in view.columns] for row in listed if view.columns)
                sys.stdout.write("".join("\t".join(row) + "\n" for row in rows))
        if view.details and self.form in {"table", "plain"}:
            sys.stdout.write(f"\n{unhidden(view.details)}\n")
        if view.sql and self.verbose and self.form in {"table", "plain"}:
            sys.stdout.write("\n")
            self._print_sql(unhidden(view.sql), settings.url.dialect)
        for way in ((not listed and view.nothing) or view.ways) if self.form != "json" else ():
            self(self._in_lines(way))
        return view.exit_code

    def _in_lines(self, way: str) -> str:
        """Break a text into lines for a terminal, but not the command at its end, which has one of its own then."""
        import textwrap

        console, text = self._console() if self.form == "table" else None, self.as_typed(way)
        if not console or len(text) < console.width:
            return text
        head, _, command = text.rpartition(":  ")
        lines = textwrap.wrap(f"{head}:" if head else command, console.width - 1, break_long_words=False)
        return "\n".join(lines + [f"    {command}"] * bool(head))

    @staticmethod
    def print_text(text: str) -> None:
        """Print a text, or a piece of it, as it is, whatever the terminal is set to."""
        if isinstance(sys.stdout, io.TextIOWrapper):
            sys.stdout.reconfigure(encoding="utf-8", newline="\n")
        sys.stdout.write(text)

    def _colored(self, stream: TextIO) -> bool:
        return self.color == "always" or (self.color == "auto" and stream.isatty())

    def _print_sql(self, text: str, dialect: str) -> None:
        if console := self._console() if self._colored(sys.stdout) else None:
            from pygments.token import Comment, Keyword, Number, String
            from rich.style import Style
            from rich.syntax import ANSISyntaxTheme, Syntax

            styles = {Comment: _GREEN, Keyword: "bold", Number: _AMBER, String: _AMBER}
            theme = ANSISyntaxTheme({each: Style.parse(style) for each, style in styles.items()})
            lexer = DATABASES[dialect].lexer
            # Not broken into lines: the terminal does that, and what is copied from it is the text as it was.
            console.print(Syntax("", lexer, theme=theme).highlight(text), soft_wrap=True, end="")
        else:
            sys.stdout.write(f"{text}\n")

    def _console(self) -> Any:
        """Return a console of rich, or None where that is not installed."""
        with contextlib.suppress(ModuleNotFoundError):
            from rich.console import Console

            width, force = None if sys.stdout.isatty() else 200, {"always": True, "never": False}.get(self.color)
            return Console(width=width, force_terminal=force, no_color=self.color == "never", highlight=False)

    def _draw_table(self, console: Any, view: View, listed: Sequence[Mapping[str, Any]]) -> None:
        from rich.cells import cell_len
        from rich.text import Text

        def written(text: str) -> str:  # as it will be, so that the columns keep their width
            return text.encode(console.encoding, "backslashreplace").decode(console.encoding)

        rows = [{each: written(cell_text(row, each, briefly=True)) for each in view.columns} for row in listed]
        layout = _Layout.within(console.width, view.columns, rows)
        sign, rule = ("…", "─") if console.encoding.startswith("utf") else ("~", "-")

        def show(cells: Mapping[str, str], style: str = "") -> None:
            name, *more = _broken(cells["name"], layout.beside["name"]) if "name" in layout.beside else [""]
            for here in ({**cells, "name": name}, *({"name": each} for each in more)):
                line = Text(" ")
                for column, width in layout.beside.items():
                    cell = _shortened(here.get(column, ""), column, width, sign)
                    line.append(cell, style or _STYLES.get(cell.partition(" (")[0], ""))
                    line.append(" " * (width - cell_len(cell) + layout.gap))
                line.rstrip()
                console.print(line, soft_wrap=True)

        if rows:
            show({each: _HEADS.get(each, each) for each in view.columns}, "bold")
            wide = sum(layout.beside.values()) + layout.gap * (len(layout.beside) - 1)
            console.print(" " + rule * min(wide, console.width - 1), style="dim", soft_wrap=True)
        for row in rows:
            show(row)
            for column in filter(row.get, layout.below):
                if column in _TYPED:
                    console.print(Text(f"    {'fix: ' * (column == 'fix')}{row[column]}"), soft_wrap=True)
                    continue
                for line in Text(row[column]).wrap(console, max(20, console.width - 4)):
                    line.rstrip()
                    console.print("   ", line, soft_wrap=True)
        if left_out := ", ".join(_HEADS.get(each, each) for each in layout.left_out):
            named = " and ".join(left_out.rsplit(", ", 1)) + (" are" if len(layout.left_out) > 1 else " is")
            console.print(f"\n{named} shown in a wider terminal, or with --format plain")
        if view.caption:
            console.print("\n" * bool(rows) + written(view.caption), markup=False, soft_wrap=True)

    def fail(self, error: MigrateError) -> int:
        """Print an error for a person, and as JSON where that was asked for; return its exit code."""
        self.close()
        self.stands, error.fix = True, self.as_typed(error.fix)
        if self.form == "json":
            if self.events and isinstance(error, StatementError):  # a log is read by many: it holds no data
                error.what, error.excerpt = without_data(error.what, error.spoken), ""
            fix = re.sub(r"\n +", "\n", error.fix)  # a line for each way
            parts = {"what": error.what, "where": error.where, "state": error.state, "fix": fix}
            done = [each.document for each in error.results]
            self._print(self._began | {"error": parts | {"exit": error.exit_code}, "results": done}, "failed")
            if self.events and not getattr(sys.stdout, "lost", None):
                return error.exit_code
        head = "\033[1;31merror:\033[0m" if self._colored(sys.stderr) else "error:"
        sys.stderr.write(f"{head} {unhidden(str(error))}\n")
        return error.exit_code

    def ended(self, code: int) -> int:
        """Return the exit code: *code*, or 1 where a command was only to show what could not be written. Say so.

        A reader that has gone, such as head, is told nothing.
        """
        sys.stdout.flush()  # what a signal held up
        lost, stands = getattr(sys.stdout, "lost", None), self.stands
        if not lost:
            return code
        if not isinstance(lost, ConnectionError):
            what = f"the output cannot be written: {lost.strerror}"
            fix = "make room there, or send it elsewhere, and run the same command again"
            if stands:
                sys.stderr.write(self.as_typed(f"{what}; how things stand:  migrate status\n"))
            else:
                self.fail(MigrateError(what, fix=fix))
        return code if stands else MigrateError.exit_code


# Command line #########################################################################################################
# Words come in, an exit code goes out.


def desk(part: str) -> Any:
    """Return a module of the desk, which is loaded here and nowhere else.

    Raises SettingsError where it is not there, and where it is of another version than this module.
    """
    import importlib

    sys.modules.setdefault("migrate", sys.modules[__name__])  # it imports this module, which may run as a script
    fix = "install the two together, in a checkout of both:  pip install ."
    try:
        found = getattr(importlib.import_module("migrate_review"), "__version__", "unknown")
    except ModuleNotFoundError as error:
        if error.name != "migrate_review":
            raise
        what = "this needs the package migrate_review, which is not installed"
        raise SettingsError(what, fix=f"{fix}\n     or put the folder migrate_review beside migrate.py") from None
    if found != __version__:
        raise SettingsError(f"migrate_review {found} does not fit migrate {__version__}: it is not used", fix=fix)
    return importlib.import_module(f"migrate_review.{part}")


def __getattr__(name: str) -> Any:
    """Give applications what they may call of the desk by the names that it has had here."""
    part = {"plan_script": "script", "verify": "proof", "Verdict": "proof"}.get(name)
    if part is None:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(desk(part), name)


def _preview(settings: Settings, *, direction: str, notify: _Screen, **choice: Any) -> View:
    """Show what would run, with what the desk has to say of it; where there is no desk, say so."""
    for name in ("all_or_nothing", "backup", "yes"):
        choice.pop(name, None)
    if notify.form == "html":
        page: View = desk("page").plan_page(settings, direction, notify=notify, typed=notify.as_typed, **choice)
        return page
    with Run.opened(settings, notify, texts=direction == "down", looks=True) as run:
        steps = run.planned(direction, **choice)
        if not steps:
            notify("nothing to do")
        try:
            view: View = desk("sizes").plan_view(run, steps, notify) if steps else steps_view(settings, [], [], [])
        except SettingsError as error:
            notify(f"there are no hints on what the statements lock, rewrite or lose: {error.what}")
            view = steps_view(settings, steps, [()] * len(steps), [()] * len(steps))
    return view


def _down(settings: Settings, *, yes: bool, **more: Any) -> list[Result]:
    def confirm(steps: Sequence[Step]) -> bool:
        many = len(steps) > 1
        return yes or not many or _confirm(settings, "this rolls back" + "".join(f"\n  {each.title}" for each in steps))

    return down(settings, confirm=confirm, **more)


def _reset(settings: Settings, *, yes: bool, **more: Any) -> list[Result]:
    def confirm(named: Sequence[str]) -> bool:
        beside = "\n  ".join(["; and this, too:", *named]) if named else "."
        return yes or _confirm(settings, f"this drops every table, and all data in it{beside}")

    return reset(settings, confirm=confirm, **more)


def _confirm(settings: Settings, what: str) -> bool:
    """Ask on the terminal; only the whole word counts. Raises SettingsError where the answer is another, or nobody."""
    if not sys.stdin.isatty():
        what = f"a yes is needed, and there is no terminal to ask for one: {what}"
        raise SettingsError(what, where=str(settings.url), fix=f"say that you mean it:  {_SAME} --yes")
    import select

    sys.stderr.write(f"{settings.url}: {what}\nType yes to go on: ")
    with contextlib.suppress(OSError, TypeError, ValueError):  # no file, or where only sockets can be waited for
        while not select.select([sys.stdin], [], [], 0.2)[0]:  # a signal in the blink before a read would not end it
            pass
    with contextlib.suppress(UnicodeDecodeError):  # a letter that this terminal does not have
        if (answer := sys.stdin.readline()).strip().lower() == "yes":
            return True
        sys.stderr.write("\n" * (not answer))  # Ctrl-D has left the cursor behind the question
    fix = f"type the whole word yes\n     or say that you mean it:  {_SAME} --yes"
    raise SettingsError("not confirmed", state="nothing was changed.", fix=fix)


def _plan(settings: Settings, *, direction: str, count: int | None, start: str | None, **more: Any) -> View:
    sql, dialect = more.pop("sql"), more.pop("dialect")
    if count is None and direction.isdecimal():  # plan 2
        direction, count = "up", int(direction)
    if direction not in {"up", "down"} or count == 0:
        fix = "write how many behind  migrate plan up  or  migrate plan down"
        raise SettingsError("a plan goes up or down, by a number from 1 on", fix=fix)
    for name, way in ("out_of_order", "up"), ("to_here", "down"), ("everything", "down"):
        if direction != way and more.pop(name):  # what is for the other direction is no part of the choice
            option = f"--{name.replace('_', '-').replace('everything', 'all')}"
            raise SettingsError(f"this is for a plan {way}", where=option, fix=f"write  migrate plan {way} {option}")
    if (dialect or start) and not (sql and start):
        way, dialect, start = " down" * (direction == "down"), dialect or "postgres", start or "VERSION"
        fix = f"write  migrate plan{way} --sql --dialect {dialect} --from {start}"
        raise SettingsError("a plan without a database is a script, and starts somewhere", fix=fix)
    if dialect:
        settings = settings._replace(url=DatabaseURL(dialect, ""))
    try:
        if sql:
            pieces, screen = list[str](), more["notify"]
            hand_on = pieces.append if screen.form == "json" else screen.print_text
            desk("script").write_script(settings, direction, hand_on, start=start, count=count, **more)
            return View({"script": "".join(pieces)})
        return _preview(settings, direction=direction, count=count, **more)
    except ConnectError as error:
        way = f"migrate plan {direction} --sql --dialect {settings.url.dialect} --from VERSION"
        error.fix += f"\n     or write the script without the database:  {way}"
        raise


def _check(settings: Settings, *, base: str | None, strict: bool, notify: _Screen) -> View:
    look: Callable[..., Sequence[Finding]] = check  # without a linter
    with contextlib.suppress(SettingsError) if base is None else contextlib.nullcontext():
        look = partial(desk("base").check, base=base)
    findings = [each._replace(fix=notify.as_typed(each.fix))._asdict() for each in look(settings)]
    faults = sum(each["level"] == "fault" for each in findings)
    notify(f"{counted(faults, 'fault')}, {counted(len(findings) - faults, 'warning')}")
    code = FileError.exit_code if faults or (strict and findings) else 0
    return View({"findings": findings}, Finding._fields, exit_code=code)


def _wait(settings: Settings, *, notify: Notify, **more: Any) -> View:
    seconds = wait(settings, notify=notify, **more)
    notify(f"ready: {settings.url}, after {seconds:.1f} s")
    return View({"waited_ms": round(1000 * seconds), "results": []})


def _reader(pattern: str, read: Callable[[str], float], wanted: str) -> Callable[[str], float]:
    def typed(text: str) -> float:
        if not re.fullmatch(pattern, text, re.ASCII):
            raise argparse.ArgumentTypeError(wanted)
        return read(text)

    return typed


def _when(text: str) -> datetime:
    age = re.fullmatch(r"(\d{1,9})([dhm])", text, re.ASCII)
    try:
        if age:
            unit = {"d": "days", "h": "hours", "m": "minutes"}[age[2]]
            return datetime.now(timezone.utc) - timedelta(**{unit: int(age[1])})
        at = datetime.fromisoformat(re.sub("[Zz]$", "+00:00", text))
        return at.astimezone(timezone.utc) if at.tzinfo else at.replace(tzinfo=timezone.utc)
    except (ValueError, OverflowError):
        what = "write a time such as 2026-11-24 or 2026-11-24T09:30Z, or an age such as 7d, 12h or 30m"
        raise argparse.ArgumentTypeError(what) from None


_Argument = tuple[str, str, Mapping[str, "Any"]]  # its names, its help, and what else argparse is to know
_COMMAND, _FILE, _FOLDER = {"metavar": "COMMAND"}, {"metavar": "FILE"}, {"metavar": "DIR"}
_COUNT: Final = {"metavar": "N", "type": _reader("0*[1-9][0-9]{0,17}", int, "write a number from 1 on"), "nargs": "?"}
_VERSION: Final = {"metavar": "VERSION"}
_SECONDS: Final = {"metavar": "SECONDS"}
_TIMEOUT: Final = _SECONDS | {
    "type": _reader(r"\d{1,7}(\.\d*)?", float, "write seconds, from 0 to 9999999"),
    "default": 60.0,
}
_URL: Final = {"metavar": "URL"}
_SWITCH: Final = {"action": "store_true"}
_UNDONE: Final = {"action": "store_false", "dest": "applied"}
_SCHEMAS: Final = {"metavar": "NAME", "action": "append", "dest": "schemas", "default": []}
_AWAITED: Final = {"choices": ("database", "migrations"), "default": "migrations", "dest": "awaited"}
_DIALECTS: Final = {"choices": tuple(DATABASES)}
_FORM: Final = {"choices": ("table", "plain", "json", "csv", "github", "html")}
_COPY: Final = {"metavar": "PATH", "nargs": "?", "const": ""}
_BACKUP: Final = ("--backup", "first copy a SQLite file, to PATH or beside it", _COPY)
_SINCE: Final = "from then on: 2026-11-24, 2026-11-24T09:30 (UTC, or with +02:00), or an age: 7d, 12h, 30m"
_DRY_RUN: Final = ("--dry-run", "show what would run, as plan does", _SWITCH)
_DATABASE: Final = "the database (DATABASE_URL, which no process list shows; default: sqlite:./imagor-studio.db)"
_LIMIT: Final = "how long a statement {}; 0 is no limit (MIGRATE_{}; default: as the database says, else {})"
_COMMON: Final[tuple[_Argument, ...]] = (
    ("--database-url", _DATABASE, _URL),
    ("--config", "a file with NAME=value lines (default: .env, where there is one)", _FILE),
    ("--dir", "a folder of migration files, or of dialect folders (MIGRATE_DIR; default: the SQL that ships)", _FOLDER),
    ("--table", "the history table (MIGRATE_TABLE; default: schema_migrations)", {"metavar": "NAME"}),
    ("--lock-timeout", "the wait for another runner; 0 does not wait (MIGRATE_LOCK_TIMEOUT; default: 60)", _SECONDS),
    ("--ddl-lock-timeout", _LIMIT.format("waits for a lock on a table", "DDL_LOCK_TIMEOUT", 5), _SECONDS),
    ("--retries", "how often it is tried again after that (MIGRATE_RETRIES; default: 5)", {"metavar": "N"}),
    ("--statement-timeout", _LIMIT.format("may run", "STATEMENT_TIMEOUT", 0), _SECONDS),
    ("--migrate-command", "up, down, status or reset: the same as the command itself (MIGRATE_COMMAND)", _COMMAND),
    ("--format", "default: table on a terminal, plain elsewhere; csv of rows, github for check, html for plan", _FORM),
    ("--color", "default: auto; never where NO_COLOR is set", {"choices": ("auto", "always", "never")}),
    ("-q --quiet", "print results and errors only", _SWITCH),
    ("-v --verbose", "say which database, table and files are used; of a plan, show every statement", _SWITCH),
)
# Of these arguments one may be given, or for repair has to be.
_EXCLUSIVE: Final = {"down": ("count", "--to", "--to-here", "--all"), "repair": ("--applied", "--pending")}
# A command and what it does; its own arguments.
_ARGUMENTS: Final[Mapping[tuple[str, str], tuple[_Argument, ...]]] = {
    ("up", "apply what is pending"): (
        ("count", "apply N files at the most", _COUNT),
        ("--to", "the last version to apply", _VERSION),
        ("--all-or-nothing", "one transaction for the whole run (not on MySQL)", _SWITCH),
        ("--out-of-order", "apply pending files that are older than the newest applied one", _SWITCH),
        _DRY_RUN,
        _BACKUP,
    ),
    ("down", "roll back the last migration, or the last N"): (
        ("count", "how many to roll back (default: 1)", _COUNT),
        ("--to", "roll back what is newer than VERSION; 0 is all", _VERSION),
        ("--to-here", "roll back what is newer than the newest file here", _SWITCH),
        ("--all", "roll back everything", _SWITCH | {"dest": "everything"}),
        _DRY_RUN,
        _BACKUP,
        ("--yes", "do not ask; needed for more than one where there is no terminal", _SWITCH),
    ),
    ("redo", "roll back the last migration and apply it again"): (),
    ("reset", "DANGER: drop every table, and what the files made; apply all again"): (
        _BACKUP,
        ("--schema", "a PostgreSQL schema to empty too; may be repeated", _SCHEMAS),
        ("--yes", "do not ask; needed where there is no terminal", _SWITCH),
    ),
    ("status", "show what is applied, pending, dirty, changed or missing"): (
        ("--exit-code", "exit with 3 where something is pending, with 4 where history and files disagree", _SWITCH),
    ),
    ("plan", "show what would run"): (
        ("direction", "default: up", {"metavar": "up|down", "nargs": "?", "default": "up"}),
        ("count", "N files at the most", _COUNT),
        ("--to", "as with up or down", _VERSION),
        ("--out-of-order", "as with up", _SWITCH),
        ("--to-here", "as with down", _SWITCH),
        ("--all", "as with down", _SWITCH | {"dest": "everything"}),
        ("--sql", "print a script for the database's own client", _SWITCH),
        ("--dialect", "with --sql and --from: for which, where no database is to be asked", _DIALECTS),
        ("--from", "with --sql: the version that the database will be at, or empty", _VERSION | {"dest": "start"}),
    ),
    ("log", "show who ran what, when it began, for how long, and how it ended"): (
        ("count", "how many entries (default: 20, or all that --version and --since leave)", _COUNT),
        ("--version", "of this version only", _VERSION),
        ("--since", _SINCE, {"metavar": "WHEN", "type": _when}),
    ),
    ("new", "write an empty pair of files into every dialect folder"): (
        ("name", "such as add_email_to_users", {"metavar": "NAME"}),
    ),
    ("check", "look at the files alone: names, pairs, parity; no database"): (
        ("--base", "a git ref: its files must be here, unchanged, and new ones sort after them", {"metavar": "REF"}),
        ("--strict", "fail for warnings too", _SWITCH),
    ),
    ("baseline", "mark everything up to VERSION as applied, and run nothing"): (
        ("version", "the last version to mark", _VERSION),
    ),
    ("wait", "wait until the database answers, or has every migration"): (
        ("--for", "default: migrations", _AWAITED),
        ("--timeout", "how long to wait; 0 looks once (default: 60)", _TIMEOUT),
    ),
    ("verify", "prove on a scratch database that each down file undoes its up"): (
        ("--scratch-url", "a server to make a database on; or MIGRATE_SCRATCH_URL (default: SQLite, in memory)", _URL),
        ("--seed", "a file of SQL with rows to load first", _FILE),
    ),
    ("repair", "put the history right: a dirty, changed or missing migration"): (
        ("version", "the version to repair", _VERSION),
        ("--applied", "the change is complete, or the database has it as the file is now", _SWITCH),
        ("--pending", "the change was undone by hand; run it again, where its file is here", _UNDONE),
    ),
    ("completion", "print what makes a shell complete commands, options, versions"): (
        ("shell", "which one; the output is to be sourced", {"choices": ("bash", "zsh", "fish")}),
    ),
    ("help", "explain a command, or the settings"): (
        ("topic", "a command, or settings", {"metavar": "COMMAND|settings", "nargs": "?"}),
    ),
}
# What the page of a command says besides, and what a person types.
_DETAILS: Final = {
    "up": "Where history and files disagree, it runs nothing.",
    "down": "It runs the down file that is here, or else the text that was stored, and asks before more than one.",
    "redo": "For a file that is being written.",
    "reset": "For development only. It asks first.",
    "status": "Also what is out of order (pending, and older than the newest applied), or skipped (only for other"
    " databases).",
    "plan": "It says what that locks, rewrites or loses; with -v, it shows every statement.",
    "new": "The comment in them asks why, what is locked, and for the way back.",
    "baseline": "For a database that has the schema already. Nothing is compared.",
    "wait": "A gate for scripts and pods. Where it has waited in vain, it exits with 3.",
    "verify": "Where one does not, it shows what is left over or gone, and exits with 4.",
    "repair": "It runs nothing. Dirty is what stopped half way: --applied where the change is complete, --pending where"
    " you have undone it. Changed is what was edited after it was applied: --applied where the database has that, too."
    " Missing is what was applied and has no file here: --pending takes it out of the history. What is pending, and was"
    " run by hand, baseline marks.",
    "completion": "It completes versions from the files, too.",
}
_EXAMPLES: Final = {
    "up": ("up", "up 1", "up --to 20250816"),
    "down": ("down", "down 2", "down --to 20250816"),
    "redo": ("redo",),
    "reset": ("reset",),
    "status": ("status", "status --exit-code"),
    "plan": ("plan", "plan down 2", "plan --sql > plan.sql", "plan --format html > plan.html"),
    "log": ("log", "log 5", "log --version 20250816", "log --since 7d"),
    "new": ("new add_email_to_users",),
    "check": ("check", "check --base origin/main --strict"),
    "baseline": ("baseline 20250923",),
    "wait": ("wait --for database", "wait --for migrations --timeout 300"),
    "verify": ("verify", "verify --seed rows.sql"),
    "repair": ("repair 20250816 --applied", "repair 20250816 --pending"),
    "help": ("help repair", "help settings"),
}
_SOURCED: Final = {
    "bash": "source <({} completion bash)",
    "zsh": "source <({} completion zsh)",
    "fish": "{} completion fish | source",
}
_GROUPS: Final = {
    "Change the database": ("up", "down", "redo", "reset", "baseline", "repair"),
    "Look, and change nothing": ("status", "plan", "log", "check", "verify", "wait"),
    "Beside the database": ("new", "completion", "help"),
}
_MORE: Final = """Examples:
  {prog} new add_email_to_users
  {prog} --database-url sqlite:./app.db --dir sql up
  {prog} down --to 20250816

More:
  {prog} help COMMAND
  {prog} help settings
  man imagor-studio-migrate

Exit codes: 0 done; 1 a statement failed, or the database was not reached;
2 wrong words, settings or files; 3 something is pending; 4 history and files
disagree; 5 another run has the lock; 130, 143 interrupted, terminated
"""
_ABOUT_SETTINGS: Final = """Each may be given as an option, before or after the command; most as a variable in
the environment, or as a line NAME=value in .env. An option wins over the environment, the environment over .env."""
_VARIABLES: Final = """Variables alone: MIGRATE_DATABASE_URL, which wins over DATABASE_URL; DATABASE_URL_FILE and
MIGRATE_DATABASE_URL_FILE, a file that holds the URL; MIGRATE_SCRATCH_URL, for verify; FORCE_AUTO_MIGRATE, for
applications."""
# What other tools call a command.
_SYNONYMS: Final = firsts_in(
    "up migrate, upgrade, apply, deploy, update, run, init; down rollback, downgrade, revert, undo; "
    "new create, generate, make, add, revision; status info, current, version, list, show; "
    "repair force, resolve, fix; reset drop, fresh, clean; check validate, lint; log history; baseline stamp"
)
# Called with the settings, and with each argument by its name.
_COMMANDS: Final[Mapping[str, Callable[..., View | list[Result]]]] = {
    "up": up,
    "down": _down,
    "redo": redo,
    "reset": _reset,
    "status": lambda settings, exit_code, **more: status_view(settings, survey(settings, **more), exit_code=exit_code),
    "plan": _plan,
    "log": lambda settings, **given: View(
        {"log": [each._asdict() for each in log(settings, **given)]}, LogEntry._fields, nothing=["no entry to show"]
    ),
    "new": lambda settings, **more: View(
        {"files": [{"file": shown_path(path)} for path in new(settings, **more)]}, ("file",)
    ),
    "check": _check,
    "baseline": baseline,
    "wait": _wait,
    "verify": lambda settings, **more: desk("proof").view(settings, **more),
    "repair": lambda settings, **more: [repair(settings, **more)],
}
_RUNNING: Final = ("up", "down", "redo", "reset")  # as JSON, they print a line for each event
_BY_FILES: Final = ("up", "down", "redo")
_CHANGING: Final = (*_RUNNING, "baseline", "repair", "new")  # whatever becomes of their output
_FORMATS: Final[Mapping[str, Sequence[str]]] = {  # not for every command
    "csv": ("status", "plan", "log", "new", "check", "verify"),
    "github": ("check",),
}
_WORDS: Final = (*_COMMANDS, "completion", "help")
_GUIDE_COMMANDS: Final = ("up", "down", "status", "reset")
_ALL_ARGUMENTS: Final = (*_COMMON, *itertools.chain.from_iterable(_ARGUMENTS.values()))
_OPTIONS: Final = {"-h", "--help"} | {x for names, *_ in _ALL_ARGUMENTS for x in names.split() if x.startswith("-")}


def _meant_command(word: str) -> str:
    """Return the command that is meant by *word*, or by a part of it as in ``db:migrate``, or "". It is near to it."""
    import difflib

    word, known = word.partition("=")[0], [*_WORDS, *_SYNONYMS]
    for part in (word, *reversed(re.split(r"[\W_]+", word))):
        near = [each for each in known if part == each] or [each for each in known if _is_a_letter_off(part, each)]
        for meant in near or difflib.get_close_matches(part, known, 1, 0.8):  # what is less like it is another word
            return _SYNONYMS.get(meant, meant)
    return ""


class _Parser(argparse.ArgumentParser):
    """A parser whose errors are SettingsErrors, with the nearest word that it knows."""

    words: Sequence[str] = ()  # that it is given

    def __init__(self, prog: str = "imagor-studio-migrate", **more: Any) -> None:
        super().__init__(prog, allow_abbrev=False, **more)

    def take(self, command: str, arguments: Sequence[_Argument]) -> _Parser:
        """Add the arguments of a command."""
        exclusive = _EXCLUSIVE.get(command, ())
        group = self.add_mutually_exclusive_group(required=command == "repair") if exclusive else self
        for names, explained, keywords in arguments:
            (group if names in exclusive else self).add_argument(*names.split(), help=explained, **keywords)
        return self

    def _get_values(self, action: argparse.Action, arg_strings: list[str]) -> Any:
        if action.option_strings and arg_strings == ["--"]:  # of --to=-- some Pythons make an empty list
            raise argparse.ArgumentError(action, "expected one argument")
        return super()._get_values(action, arg_strings)

    def error(self, message: str) -> NoReturn:
        near, command = "", re.sub(r".*migrate(\.py)?'?", "", self.prog)
        if wrong := re.search(r"argument COMMAND: invalid choice: '([^']*)'", message):
            meant = _meant_command(wrong[1].lower())
            near = f" (did you mean {meant}?)" if meant else ""
            message = f'there is no command "{wrong[1]}"{near}'
        elif wrong := re.search(r"unrecognized arguments: (--?[\w-]+(?![^\s=]))?", message):
            # Another word than an option is not repeated: it may be a URL with a password in it.
            near = nearest(wrong[1] or "", _OPTIONS - {wrong[1]}, 0.75)  # it may be an option of another command
            word = "" if may_be_url(message) else message.partition(": ")[2].partition(" ")[0]
            more = "a word too many" + f": {word}" * bool(word)
            message = f"there is no option {wrong[1]}{near}" if wrong[1] else more
        message = re.sub(r"(?s)(invalid choice|ignored explicit argument):? .*?(?= \(choose from|\Z)", r"\1", message)
        fix = f"look at what there is:  migrate{command} --help"
        if command == " completion":
            message = f"completion is for {', '.join(_SOURCED)}: name one of them"
            shell = Path(os.environ.get("SHELL", "")).name
            lines = [_SOURCED[shell]] if shell in _SOURCED else _SOURCED.values()
            fix = "type  " + "\n     or  ".join(line.format("migrate") for line in lines)
        elif lacking := re.search(r"arguments are required: (\w+)\Z", message):
            message = f"{command.strip()} needs a {lacking[1]}"
            fix = f"write it like  migrate {_EXAMPLES[command.strip()][0]}"
        elif message.startswith("one of the arguments --applied --pending is required"):
            version = next((word for word in self.words if word.isdecimal()), "VERSION")
            message = "repair needs --applied or --pending"
            fix = f"say which way it went:\n{_ways(version, *_WENT['up'])}"
        error = _WordError(message, fix=fix)
        if near and wrong:
            error.slip = wrong[1], near.removeprefix(" (did you mean ").removesuffix("?)")
        raise error


class _WordError(SettingsError):
    """A word of the command line that nobody knows; *slip* is it, and the nearest that there is."""

    slip: tuple[str, str] | None = None


def _unshown(prog: str) -> argparse.HelpFormatter:
    return argparse.HelpFormatter(prog, width=80)  # of a terminal, it would be asked for once for each argument


def _common_options(default: str | None = None) -> _Parser:
    parser = _Parser(add_help=False, argument_default=default, formatter_class=_unshown)
    group = parser.add_argument_group("settings")
    for names, explained, keywords in _COMMON:
        group.add_argument(*names.split(), help=explained, **keywords)
    return parser


class _Overview(_Parser):
    """The parser of the whole command line; its help is a page that a terminal shows at once."""

    def format_help(self) -> str:
        """Return the commands in groups, examples, where the rest is, and the exit codes."""
        texts = dict(_ARGUMENTS.keys())
        lines = [f"usage: {self.prog} [settings] COMMAND [options]", "", self.description or ""]
        for group, commands in _GROUPS.items():
            lines += ["", f"{group}:", *(f"  {command:<11} {texts[command]}" for command in commands)]
        return "\n".join(lines) + "\n\n" + _MORE.format(prog=self.prog)


class _Page(argparse.HelpFormatter):
    """Lays out the help of a command, when it is asked for: examples stand line by line."""

    def _fill_text(self, text: str, width: int, indent: str) -> str:
        return text if "\n" in text else super()._fill_text(text, 80, indent)


def build_parser(prog: str = "imagor-studio-migrate") -> argparse.ArgumentParser:
    """Return the parser of the whole command line. Reads nothing, imports no driver: the man page is made from it."""
    about = (__doc__ or "").partition(":")[0] + "."
    parser = _Overview(prog, parents=[_common_options(argparse.SUPPRESS)], description=about)
    version = f"imagor-studio-migrate {__version__}"
    parser.add_argument("--version", action="version", version=version, help="print the version")
    commands = parser.add_subparsers(dest="command", metavar="COMMAND", title="commands", parser_class=_Parser)
    for (command, text), arguments in _ARGUMENTS.items():
        what = f"{text[0].upper()}{text[1:]}. {_DETAILS.get(command, '')}"
        typed = [f"{prog} {each}" for each in _EXAMPLES.get(command, ())]
        typed = typed or [line.format(prog) for line in _SOURCED.values()]
        more = "\n  ".join(["Examples:", *typed]) + f"\n\nThe settings, such as --database-url:\n  {prog} help settings"
        own = commands.add_parser(command, help=text, description=what, epilog=more, formatter_class=_Page)
        own.take(command, arguments)
    return parser


def _explain(words: Sequence[str]) -> None:
    """Print the help that *words* ask for, or what makes a shell complete them, and leave; return where they do not."""
    parser = build_parser(_program())
    asked = parser.parse_args(words)  # with --help and --version, it leaves here
    if asked.command not in {"completion", "help"}:
        return  # as log --version 20250816
    if asked.command == "completion":
        sys.stdout.write(desk("completion").script(asked.shell))
    elif asked.topic == "settings":
        page = _common_options()
        page.usage, page.description, page.epilog = "SETTINGS", _ABOUT_SETTINGS, _VARIABLES
        sys.stdout.write(page.format_help().partition("\n\n")[2])
    else:
        parser.parse_args([asked.topic, "--help"] if asked.topic else ["--help"])
    raise SystemExit(0)


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command; return its exit code. A signal makes the running file safe first, and then the code says so.

    Where its output cannot be written, a command that changes something does that all the same, with the same code.
    """
    for name in ("stdin", "stdout", "stderr"):
        if getattr(sys, name) is None:  # closed by whoever started us: no database must be opened in its place
            setattr(sys, name, open(os.devnull, "r+"))  # noqa: PTH123, SIM115 (for as long as we run)
    out, err = _Output.over(sys.stdout), _Output.over(sys.stderr)
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        words = sys.argv[1:] if argv is None else argv
        if words[:1] == ["--complete"]:  # a shell asks what may follow, and shows no error
            with contextlib.suppress(MigrateError):
                sys.stdout.write("".join(f"{line}\n" for line in desk("completion").offers(words[1:])))
            return 0
        try:
            return _run_command(argv)
        finally:
            _keep_all()


def _refuse_urls(words: Sequence[str]) -> None:
    """Raise SettingsError for an unknown option, and for a URL where none belongs: whoever reads it may repeat it."""
    for before, word in zip(("", *words), words, strict=False):
        option, equals, value = word.partition("=") if word.startswith("--") else (before, "", word)
        if word.startswith("--") and option not in {"--", *_OPTIONS}:
            _Parser().error(f"unrecognized arguments: {option}")
        if option not in {"--database-url", "--scratch-url"}:
            refuse_url(option if equals else f"after {before}" if before in {*_OPTIONS, *_COMMANDS} else "", value)


def _given(options: Mapping[str, str | None]) -> dict[str, str]:
    """Return the *options* that say what a command is about; a URL with a password is for the person to type."""
    given = {f"--{name.replace('_', '-')}": options[name] for name in ("config", "database_url", "dir", "table")}
    return {name: "URL" if _tells(word) else word for name, word in given.items() if word}


class _Path(NamedTuple):
    """A relative path that a .env of another folder names: as it does, as one from there, the option that says so."""

    named: str
    there: str
    option: str
    is_database: bool = False


def _paths_of(config: Path) -> Iterator[_Path]:
    meant = load_settings({"config": str(config)}, {})
    if meant.directory and not meant.directory.is_absolute():
        there = str(config.parent / meant.directory)
        yield _Path(str(meant.directory), there, f"--dir {shell_word(there)}")
    if meant.url.is_file and meant.url.database != ":memory:" and not Path(meant.url.database).is_absolute():
        there = str(config.parent / meant.url.database)
        option = f"--database-url {shell_word(str(DatabaseURL(meant.url.dialect, there)))}"
        yield _Path(meant.url.database, there, option, is_database=True)


def _typed(command: str, words: Sequence[str]) -> str:
    import shlex

    return " ".join((command, *map(shlex.quote, words)))


def _refuse_elsewhere(settings: Settings, config: str | None, command: str, words: Sequence[str]) -> None:
    """Raise SettingsError where the settings say what is hardly meant, and show how what is meant is said.

    That is where a variable is nearly DATABASE_URL, or something lies in another folder. Not where it is there, and not
    of a database for what needs no more than the files that are named.
    """
    of_files = command in {"check", "new", "verify"}
    slips = () if settings.url_source or of_files else settings.slips
    if slip := next((each for each in slips if "DATABASE_URL" in each.ours), None):
        ours = slip.ours.partition(" or ")[0]
        what = f"no database is named: nothing reads {slip.name}; did you mean {ours}?"
        way = f"write {ours} in place of {slip.place}"
        if slip.place == _in_place(slip.name, "the environment", {}):
            way = f'hand it on:  export {ours}="${slip.name}"'
        again = f"migrate --database-url {settings.url} {_typed(command, words)}"
        raise SettingsError(what, where=slip.place, fix=f"{way}\n     or say that the default is meant:  {again}")
    look = partial(_find_stray, config=Path(config)) if config else _find_above
    for what, path, there, anew in look(settings, of_files=of_files):
        typed, ways = _typed(command, words), [f"go to its folder first:  cd {shell_word(path.parent)}"]
        ways.append(f"use it from here:  migrate {' '.join(there)} {typed}")
        ways += [f"say that a new file here is meant:  migrate {' '.join(anew)} {typed}"] if anew else []
        raise SettingsError(what, where=str(path), state="nothing was created.", fix="\n     or ".join(ways))


_Elsewhere = tuple[str, Path, list[str], list[str]]  # what is wrong, in which file, what says that, or a new file here


def _find_stray(settings: Settings, *, config: Path, of_files: bool) -> Iterator[_Elsewhere]:
    """Yield what *config* names by a path that is right in its folder only, not in this one."""
    source = settings.url_source
    ours = {True: not of_files and (not source or f" in {config}" in source)}
    paths = _paths_of(config) if config.is_file() else ()  # a pipe can be read once
    found = [each for each in paths if ours.get(each.is_database, settings.directory == Path(each.named))]
    found = [each for each in found if os.path.lexists(each.there) and not os.path.lexists(each.named)]
    if found:
        what = f"its paths count from here, where there is no {' and no '.join(each.named for each in found)}"
        about = [f"--config {shell_word(config)}", *(each.option for each in found if not each.is_database)]
        there = [*about, *(each.option for each in found if each.is_database)]
        yield what, config, there, [*about, f"--database-url {settings.url}"] if len(there) > len(about) else []


def _find_above(settings: Settings, *, of_files: bool) -> Iterator[_Elsewhere]:
    """Yield a .env, or the default database, of a folder above, where nobody has named a database here."""
    named = settings.url_source or (of_files and settings.directory) or os.path.lexists(settings.url.database)
    path, name = (None if named else settings_above(settings.url.database)) or (None, "")
    what, anew = "no database is named here, and", [f"--database-url {settings.url}"]
    if path and name:
        there = [f"--config {shell_word(path)}"]
        with contextlib.suppress(SettingsError):  # what is wrong in it is said when it is read
            there += [each.option for each in _paths_of(path) if each.is_database or not settings.directory]
        yield f"{what} the .env that sets {name} is not read from this folder", path, there, anew
    elif path and not of_files:
        there = [f"--database-url {shell_word(str(settings.url._replace(database=str(path))))}"]
        yield f"{what} the default one is in a folder above", path, there, anew


def _run_command(argv: Sequence[str] | None) -> int:
    screen, options = _Screen({}, {}), argparse.Namespace()
    settings: Settings | None = None
    stopped, sealed, before = list[int](), False, dict[int, "Any"]()

    def note(number: int, _frame: object) -> None:
        if not stopped and not sealed:  # the first one counts, and none after the outcome is known
            stopped.append(number)
            raise KeyboardInterrupt

    try:
        with contextlib.suppress(ValueError):  # in a thread of an application, signals are not ours
            for each in (signal.SIGINT, signal.SIGTERM):
                before[each] = signal.signal(each, note)
        options, words = _common_options().parse_known_args(argv)
        screen = _Screen(vars(options), _given(vars(options)))
        typed = next((word for word in words if word in _COMMANDS), None)
        named = typed or options.migrate_command or os.environ.get("MIGRATE_COMMAND")
        screen.events = screen.form == "json" and named in _RUNNING and "--dry-run" not in words
        settings, command, own = _read_words(options, words, sys.argv[1:] if argv is None else argv)
        dry_run = own.pop("dry_run", False)
        screen.words = [command, *map(_shown_word, words)]
        _refuse_elsewhere(settings, options.config, command, words)
        screen.begin(
            settings,
            stands=command in _CHANGING and not dry_run,
            place=command != "new",
            at_once=command not in _BY_FILES,
        )
        if options.verbose:
            files = shown_path(settings.directory or embedded_directory())
            screen(f"database {settings.place}, table {settings.table}, files {files}")
        carry_out = partial(_preview, direction=command) if dry_run else _COMMANDS[command]
        done = carry_out(settings, notify=screen, **own)
        sealed = command in _CHANGING
        done = done if isinstance(done, View) else View({"results": [each.document for each in done]})
        code = screen.show(settings, done)
    except (MigrateError, KeyboardInterrupt, OSError) as raised:
        sealed = True
        error = raised if isinstance(raised, MigrateError) else StoppedError("", fix="run the same command again")
        if isinstance(raised, OSError):  # what the system refuses is no fault of ours
            where = shown_path(Path(raised.filename)) if isinstance(raised.filename, str) else "the current directory"
            fix = "see that it is there and that this user may use it, and how things stand:  migrate status"
            error = MigrateError(f"the system says: {raised.strerror}", where=where, fix=fix)
        name_place(error, vars(options), os.environ, settings)
        if isinstance(error, StoppedError):
            number = stopped[0] if stopped else signal.SIGINT
            how, error.exit_code = "terminated" if number == signal.SIGTERM else "interrupted", 128 + number
            error.what = how + "".join(error.what.partition("\n")[1:])  # with what the statement has left
            if error.results and f"{error.results[-1].version} {error.results[-1].name}" not in error.state:
                error.state = f"{counted(len(error.results), 'migration')} done before that; {error.state}"
        code = screen.fail(error)
    except SystemExit as left:  # --help and --version
        code = int(left.code or 0)
    finally:
        screen.close()
        for number, handler in before.items():  # a process that ends with this code does so whatever comes now
            signal.signal(number, signal.SIG_IGN if argv is None else handler)
    return screen.ended(code)


def _read_words(
    options: argparse.Namespace, words: list[str], typed: Sequence[str]
) -> tuple[Settings, str, dict[str, Any]]:
    """Do what _parse() does; a word that is nearly right is answered with all that was *typed*, and it put right."""
    named = next((f" {word}" for word in words if word in _WORDS and word != "help"), "")
    try:
        if words and words[0] in _SYNONYMS and {*words}.isdisjoint(_WORDS):  # before its options, which are not ours
            build_parser().parse_args(words[:1])
        _refuse_urls(typed)
        return _parse(options, words)
    except _WordError as error:
        fix = error.fix.replace("migrate --help", f"migrate{named} --help")
        error.fix = (error.slip and _retype(typed, *error.slip)) or fix
        raise


def _retype(typed: Sequence[str], wrong: str, right: str) -> str:
    """Return what to type instead: *typed* with the *wrong* word right, as far as it fits; empty for no command."""
    place = next((at for at, word in enumerate(typed) if wrong in (word, word.partition("=")[0])), None)
    if place is None:  # argparse shows an odd letter in another way
        return ""
    _, is_given, value = wrong.partition("=")  # up=2, as make takes it
    words = [*typed[:place], right + typed[place].removeprefix(wrong), *[value] * bool(is_given), *typed[place + 1 :]]
    common = [word for word in typed if word not in _common_options().parse_known_args(typed)[1]]
    for fitting in filter(_fits, (words, [] if is_given else [*common, right])):
        if next(word for word in fitting if word in _WORDS) != "reset":  # that, nobody is told to type without a look
            return f"type  migrate {' '.join(map(_shown_word, fitting))}"
    return f"see what it takes:  migrate help {right}" if right in _WORDS else ""


def _fits(words: Sequence[str]) -> bool:
    """Tell if these words can be typed."""
    try:
        _, rest = _common_options().parse_known_args(words)
        named = next((word for word in rest if word in _WORDS), None)
        if named is None or {"-h", "--help"}.intersection(rest):
            return named is not None
        rest.remove(named)
        taken = vars(build_parser().parse_args([named, *rest]))
    except SettingsError:
        return False
    return all((taken.get(name) or "0").isdecimal() for name in ("version", "to"))


def _shown_word(word: str) -> str:
    """Return a word of a command line as it can be typed again; the place of a URL with a password says so."""
    option, equals, value = word.partition("=") if word.startswith("-") else ("", "", word)
    return option + equals + ("URL" if _tells(value) else shell_word(value) if value or not option else "")


def _tells(text: str) -> bool:
    """Tell if a text may have a password in it."""
    if not may_be_url(text):
        return False
    with contextlib.suppress(SettingsError):
        url = DatabaseURL.parse(text)
        return not url.is_file and bool(url.password or "pass" in text)
    return True


def _parse(options: argparse.Namespace, words: list[str]) -> tuple[Settings, str, dict[str, Any]]:
    """Parse the *words* that are no common *options*. Their command wins over --migrate-command or MIGRATE_COMMAND."""
    given, flag = vars(options), options.migrate_command
    named = next((word for word in words if word in _WORDS), None)
    if named in {"completion", "help"} or {"-h", "--help", "--version"}.intersection(words):
        _explain(words)
    if dialect := re.search(r"--dialect[= ](sqlite|postgres|mysql)\b", " ".join(words)):
        given = given | {"database_url": f"{dialect[1]}://localhost/any"}  # other settings depend on it
    settings = load_settings(given, os.environ)
    command = settings.command if flag is None else flag
    where = "--migrate-command" + " or MIGRATE_COMMAND" * (flag is None)
    if named:
        if flag not in {None, named}:
            raise SettingsError(f"two commands: {named}, and --migrate-command={flag}", fix="leave one of them out")
        words.remove(named)  # its options may stand before it
        command = named
    elif not command and options.format != "json":
        parser = build_parser(_program())
        parser.parse_args(words)
        parser.exit(2, parser.format_help())
    elif words and words[0].isalpha():  # a command that there is not, and none of those that the variable names
        build_parser().parse_args(words[:1])
    elif command not in _GUIDE_COMMANDS:
        what = f'there is no command "{command}"{nearest(command, _GUIDE_COMMANDS)}' if command else "no command given"
        raise SettingsError(what, where=where, fix=f"write one of {', '.join(_GUIDE_COMMANDS)}")
    if command not in (able := _FORMATS.get(options.format, [*_COMMANDS])):
        fix = f"leave it out, or write  migrate {able[0]} --format {options.format}"
        raise SettingsError(f"--format {options.format} is for {', '.join(able)}", where=command, fix=fix)
    own = next(arguments for (name, _), arguments in _ARGUMENTS.items() if name == command)
    parser = _Parser(f"imagor-studio-migrate {command}", formatter_class=_unshown).take(command, own)
    parser.words = words
    taken, left = parser.parse_known_args(words)
    if left:
        _Parser().error(f"unrecognized arguments: {' '.join(left)}")
    if options.format == "html" and ("--sql" in words or not (command == "plan" or "--dry-run" in words)):
        fix = "write  migrate plan --format html"
        raise SettingsError("html is a page about a plan, and of nothing else", where="--format html", fix=fix)
    return settings, command, vars(taken)


def _keep_all() -> None:
    """Have nothing of what there is looked through for garbage: it goes with the process, and all at once."""
    if _IS_PROGRAM and hasattr(gc, "freeze"):
        gc.freeze()


if _IS_PROGRAM:
    gc.enable()
    gc.set_threshold(1_000_000)  # of what thousands of files make, too, most stays: a twentieth of such a run
    _keep_all()
if __name__ == "__main__":
    raise SystemExit(main())
