"""The desk of the person who reviews: what reads plans and files, and applies nothing to a database of anybody's.

    script    plan --sql             the plan as a script for the database's own client,
    clients                          in the words of each of them
    page      plan --format html     the plan as a page to read; page.html is its template
    proof     verify                 up, down, up on a scratch database; schema_postgres.sql describes one
    base      check --base           the files against those of a git ref
    hints     plan, check            what a statement locks, rewrites or loses, by hints.tsv; and a linter

``migrate`` runs without any of it, and loads a part where a command asks for it. This package imports ``migrate``; it
runs SQL only through it, and only on databases that it has made for that.
"""

from __future__ import annotations

from importlib import resources
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from migrate import Database, SettingsError

__version__ = "1.0.0"  # that of the module it belongs to; with another one it is not used

NO_VERSION = "an empty history"  # where it starts, or ends


def part_of(name: str) -> str:
    """Return the text of a file of data that lies beside the code."""
    return resources.files(__package__).joinpath(name).read_text(encoding="utf-8")


def nothing_for(what: str, database: Database) -> SettingsError:
    """Return the error for a kind of database that a part of the desk knows nothing of."""
    from migrate import SettingsError

    fix = f"read its files with  migrate plan -v  and try them on a copy of the {database.label} database"
    return SettingsError(f"{what} knows nothing of {database.label}", where=str(database.url), fix=fix)
