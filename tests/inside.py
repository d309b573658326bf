"""What the tests know of how the runner is made, in one place: what is renamed or moved there is one line here.

Whatever can be seen from outside is tested by the command line and by the names in ``migrate.__all__``. The rest is the
lexer, whose properties are shown text by text, what a driver is told, and lists from which a test makes its cases.
"""

from __future__ import annotations

import contextlib
import re
import threading
from typing import TYPE_CHECKING, Any
from unittest.mock import patch

import migrate

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    import pytest


def split(sql: str, syntax: Callable[[], migrate.Syntax]) -> Iterator[migrate.Statement]:
    """What a file is split into for the server; offsets are those of its octets."""
    octets = migrate.octets_of(sql)
    for each in migrate.alike(octets, syntax):
        yield from migrate.Statements(octets, [each])


def briefs(sql: str, syntax: migrate.Syntax) -> Iterator[tuple[migrate.Statement, migrate.Statement]]:
    """Yield of each statement of a file what it is known by, where that is not itself, and the statement."""
    octets = migrate.octets_of(sql)
    found = migrate.Statements(octets, migrate.alike(octets, lambda: syntax))
    yield from ((brief, each) for brief, each in zip(found.briefs, found, strict=True) if brief.text != each.text)


def statements_of(some: Iterable[migrate.Statement]) -> migrate.Statements:
    """Return the statements of a file that has no other text."""
    octets, found = "", list[migrate.Alike]()
    for each in some:
        start, octets = len(octets), octets + migrate.octets_of(each.text)
        found.append(migrate.Alike(each, [start], [len(octets)]))
    return migrate.Statements(octets, found)


@contextlib.contextmanager
def by_words() -> Iterator[None]:
    """Let the lexer read each word of every statement, also of those whose end can be found without that."""
    with patch.object(migrate, "_BODILESS_PATTERN", re.compile("(?!)")):
        yield


FORMS = {  # which forms of statements a session is told apart by, as the server's make has them
    "sqlite": (migrate._SQLiteForms, migrate.SQLITE_SYNTAX),
    "postgres": (migrate._PostgresForms, migrate.POSTGRES_SYNTAX),
    "mariadb": (migrate._MySQLForms, migrate.MYSQL_SYNTAX),
    "mysql": (migrate._MySQL9Forms, migrate.MYSQL_SYNTAX),
}
URL_FORMS = migrate._forms()  # as a message names them
ARGUMENTS = {command: own for (command, _), own in migrate._ARGUMENTS.items()}
without_data = migrate.without_data
command = migrate._command


def targets() -> dict[str, str]:
    """Return the targets that a message may name, and how each takes its first word."""
    return dict(migrate._TARGETS)


DriverError = migrate.DriverError


def with_marks(database: Any, texts: Sequence[str]) -> tuple[str, list[Any]]:
    """Return the one statement that SQLite runs for all these, and the rows for it; none where each is one."""
    found: tuple[str, list[Any]] = database._with_marks(texts)
    return found


COMMON = migrate._COMMON  # the arguments of every command


def messages(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Return where every message is noted that this thread sends to a server from now on."""
    sent, here = list[str](), threading.get_ident()

    def noting(call: Callable[..., Any]) -> Callable[..., Any]:
        def wrapper(database: migrate.Database, sql: str, *args: object) -> Any:
            sent.extend([sql] if threading.get_ident() == here else [])
            return call(database, sql, *args)

        return wrapper

    for kind, name in (migrate.Database, "query"), (migrate.Postgres, "_exchange"), (migrate.MySQL, "_exchange"):
        monkeypatch.setattr(kind, name, noting(getattr(kind, name)))
    return sent


def database_at(url: str) -> migrate.Database:
    """Return what talks to the database at *url*; it is not open yet."""
    read = migrate.DatabaseURL.parse(url)
    return migrate.DATABASES[read.dialect](read)


PIECE = migrate._PIECE  # bytes of statements that are alike: so many go together


def cut(size: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let no more than *size* bytes of a file go together."""
    monkeypatch.setattr(migrate, "_PIECE", size)
    monkeypatch.setattr(migrate, "_MESSAGE", size)
    monkeypatch.setattr(migrate, "_PACKET", size)


def minute(seconds: float, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let a minute be shorter, for what is told once in each."""
    monkeypatch.setattr(migrate, "_MINUTE", seconds)


def main(*words: str) -> int:
    """Run a command, with nothing taken out of what it says."""
    return migrate.main([*words])


def patient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let what goes together do so however long it takes."""
    monkeypatch.setattr(migrate, "_BRIEF", 60.0)


_OWNERS: list[Any] = [migrate, *(each for each in vars(migrate).values() if isinstance(each, type))]
SHORT_WAYS = {  # regexes that are looked for only where one of a few words is: the regex itself, and these
    f"{owner.__name__}.{key}": (re.compile(*each._given), each._words)
    for owner in _OWNERS
    for key, each in vars(owner).items()
    if isinstance(each, migrate._Regex) and each._words
}
CALLED: str = migrate._PostgresForms._called_pattern._given[0]  # type: ignore[attr-defined]  # names before a bracket
