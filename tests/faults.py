"""The runner, killed at a point of the test's choice: python tests/faults.py WORDS...

MIGRATE_KILL_AT=N in the environment: SIGKILL to this very process at point N. Every call that reaches a database is two
points: 2k is just before call k, 2k+1 just after it. MIGRATE_KILL_AT=count writes on the last line of stderr how many
points there are. The hook lies outside the module: what ships has none.
"""

from __future__ import annotations

import functools
import os
import signal
import sys
from typing import TYPE_CHECKING, Any

import migrate

if TYPE_CHECKING:
    from collections.abc import Callable

POINT = os.environ.get("MIGRATE_KILL_AT", "")
passed = [0]


def pass_point() -> None:
    """Go past one point, or no further."""
    if str(passed[0]) == POINT:
        os.kill(os.getpid(), signal.SIGKILL)
    passed[0] += 1


def armed(call: Callable[..., Any]) -> Callable[..., Any]:
    @functools.wraps(call)
    def wrapper(*args: Any, **keywords: Any) -> Any:
        pass_point()
        answer = call(*args, **keywords)
        pass_point()
        return answer

    return wrapper


if POINT:
    for each in (migrate.Database, migrate.SQLite, migrate.Postgres, migrate.MySQL):
        for name in ("query", "run", "commit"):
            if name in vars(each) and not getattr(vars(each)[name], "__isabstractmethod__", False):
                setattr(each, name, armed(vars(each)[name]))

if __name__ == "__main__":
    code = migrate.main()
    if POINT == "count":
        sys.stderr.write(f"{passed[0]}\n")
    raise SystemExit(code)
