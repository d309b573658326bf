"""A runner that tells when it comes to the lock, and waits at a gate on SQLite, too: python tests/rival.py WORDS...

RIVAL_FOLDER in the environment: there it leaves a file "at the lock PID" when it has planned and wants the lock, and
there a file "open" lets SQL go on that calls held(). The servers have locks of their own for that. RIVAL_PATIENCE: the
seconds after which it gives a silent server up. RIVAL_SIGNAL: when it sends SIGTERM to itself, "before TEXT" is sent to
a server or "after TEXT" was answered, where a failure is "judged", or as it is "closing" the connection after one. The
hooks lie outside of the module: what ships has none.
"""

from __future__ import annotations

import functools
import os
import signal
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import migrate

if TYPE_CHECKING:
    from collections.abc import Callable

FOLDER = Path(os.environ.get("RIVAL_FOLDER", "."))


def telling(lock: Callable[..., Any]) -> Callable[..., Any]:
    @functools.wraps(lock)
    def wrapper(*args: Any, **keywords: Any) -> Any:
        (FOLDER / f"at the lock {os.getpid()}").touch()
        return lock(*args, **keywords)

    return wrapper


def held() -> int:
    """Wait until the gate is open, as SQL of a file that takes long."""
    (FOLDER / "held").touch()
    while not (FOLDER / "open").exists():
        time.sleep(0.02)
    return 1


def with_gate(connect: Callable[..., Any]) -> Callable[..., Any]:
    @functools.wraps(connect)
    def wrapper(database: Any, uri: str) -> None:
        connect(database, uri)
        database.connection.create_function("held", 0, held)
        connection = database.connection  # VACUUM is tried in a transaction, and then without
        connection.create_function("held_alone", 0, lambda: connection.in_transaction or held())

    return wrapper


def signalling(call: Callable[..., Any], wanted: Callable[..., Any], *, late: bool) -> Callable[..., Any]:
    """Send SIGTERM to this process before *call*, or *late*, after it, where its arguments are such as are *wanted*."""

    @functools.wraps(call)
    def wrapper(*args: Any) -> Any:
        hit = wanted(*args)
        if hit and not late:
            os.kill(os.getpid(), signal.SIGTERM)
        answer = call(*args)
        if hit and late:
            os.kill(os.getpid(), signal.SIGTERM)
        return answer

    return wrapper


def arm(moment: str, text: str) -> None:
    """Have a signal come at a *moment*; *text* is a piece of the statement."""
    failures = list[object]()
    for kind in migrate.DATABASES.values():
        if moment in {"before", "after"} and hasattr(kind, "_exchange"):
            kind._exchange = signalling(kind._exchange, lambda _, sql: text in sql, late=moment == "after")
        if moment == "closing":
            kind.close = signalling(kind.close, lambda _: failures, late=False)  # type: ignore[method-assign]
    if moment in {"judged", "closing"}:

        def judged(*args: Any) -> bool:
            failures.append(args)
            return moment == "judged"

        migrate.Run._judge = signalling(migrate.Run._judge, judged, late=True)  # type: ignore[method-assign]


if __name__ == "__main__":
    arm(*os.environ.get("RIVAL_SIGNAL", " ").split(" ", 1))
    if patience := os.environ.get("RIVAL_PATIENCE"):
        migrate._PATIENCE = float(patience)  # type: ignore[misc]
    migrate.Database.lock = telling(migrate.Database.lock)  # type: ignore[method-assign]
    migrate.SQLite.lock = telling(migrate.SQLite.lock)  # type: ignore[method-assign]
    migrate.SQLite._open = with_gate(migrate.SQLite._open)  # type: ignore[method-assign]
    raise SystemExit(migrate.main())
