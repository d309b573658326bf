"""The runner, killed at a point of the test's choice: python tests/faults.py WORDS...

MIGRATE_KILL_AT=N in the environment: SIGKILL to this very process at point N. Before and after every call that reaches
a database is a point, and so is every place between two effects of what is sent as one message: there, the first part
is sent, and then the server itself "dies" for this session, as a server does that is killed, or loses its power, in the
middle of a message. MIGRATE_KILL_AT=count writes on the last line of stderr how many points there are. The hook lies
outside the module: what ships has none.
"""

from __future__ import annotations

import contextlib
import functools
import os
import signal
import sys
from typing import TYPE_CHECKING, Any

import migrate

if TYPE_CHECKING:
    from collections.abc import Callable

CUT = "the server died in the middle of a message"
POINT = os.environ.get("MIGRATE_KILL_AT", "")
passed = [0]


def die() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def pass_point(last: Callable[[], Any] = bool) -> None:
    """Go past one point, or no further."""
    if str(passed[0]) == POINT:
        last()
        die()
    passed[0] += 1


def armed(call: Callable[..., Any]) -> Callable[..., Any]:
    @functools.wraps(call)
    def wrapper(*args: Any, **keywords: Any) -> Any:
        pass_point()
        answer = call(*args, **keywords)
        pass_point()
        return answer

    return wrapper


def armed_message(send: Callable[..., Any]) -> Callable[..., Any]:
    """Arm what sends several parts: between two of them the session, and what it has not committed, is gone."""

    @functools.wraps(send)
    def wrapper(database: Any, *parts: Any) -> Any:
        pass_point()
        for number in range(1, len(parts)):
            pass_point(functools.partial(cut, database, send, parts[:number]))
        answer = send(database, *parts)
        pass_point()
        return answer

    return wrapper


def armed_texts(run_all: Callable[..., Any]) -> Callable[..., Any]:
    """Do the same for what runs many statements of a person."""

    @functools.wraps(run_all)
    def wrapper(database: Any, texts: Any, **how: Any) -> Any:
        return armed_message(lambda database, *some: run_all(database, some, **how))(database, *texts)

    return wrapper


def cut(database: Any, send: Callable[..., Any], parts: Any) -> None:
    """Send the first *parts* of a message, and say so; then there is no session any more."""
    with contextlib.suppress(migrate.DriverError):
        send(database, *parts)
    database.close()
    sys.stderr.write(f"{CUT}\n")
    sys.stderr.flush()


if POINT:
    migrate._BRIEF = 60.0  # type: ignore[misc]  # (what goes together is the same each time)
    for each in (migrate.Database, migrate.SQLite, migrate.Postgres, migrate.MySQL):
        for name, arm in (("query", armed), ("run", armed), ("commit", armed), ("send", armed_message)):
            if name in vars(each) and not getattr(vars(each)[name], "__isabstractmethod__", False):
                setattr(each, name, arm(vars(each)[name]))
    for each in (migrate.SQLite, migrate.MySQL):  # the others run one by one
        each.run_all = armed_texts(each.run_all)  # type: ignore[method-assign]

if __name__ == "__main__":
    code = migrate.main()
    if POINT == "count":
        sys.stderr.write(f"{passed[0]}\n")
    raise SystemExit(code)
