"""Real migration files for every feature that a database has, tests/features, and how their effect is compared.

ups("sqlite")       the up files of one dialect, in order; each has a down file that undoes exactly it
schema(database)    the catalogue as text: equal texts, equal schemas
rows(database)      the rows of every table but the history
"""

from __future__ import annotations

import contextlib
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

    from servers import Database

ROOT = Path(__file__).resolve().parent
SHIPPED = ROOT.parent / "sql"
FEATURES = ROOT / "features"
HISTORY = "schema_migrations"

# The tables that hold rows, each as it is written in a query, and what to select from it: in log_cnt a sequence of
# PostgreSQL counts what it has written ahead.
_TABLES = {
    "sqlite": """SELECT '"' || replace(name, '"', '""') || '"', '*' FROM sqlite_schema WHERE type = 'table'""",
    "postgres": """SELECT c.oid::regclass::text, CASE relkind WHEN 'S' THEN 'last_value, is_called' ELSE '*' END
        FROM pg_class c JOIN pg_namespace n ON n.oid = relnamespace
        WHERE relkind IN ('r', 'm', 'S') AND nspname !~ '^pg_' AND nspname <> 'information_schema'""",
    "mysql": """SELECT CONCAT('`', REPLACE(table_name, '`', '``'), '`'), '*' FROM information_schema.tables
        WHERE table_schema = DATABASE() AND table_type <> 'VIEW'""",
}
# What else is stored with the rows.
_MORE = {"sqlite": ["PRAGMA user_version", "PRAGMA application_id"], "postgres": [], "mysql": []}


def ups(dialect: str) -> list[Path]:
    """Return the up files of the corpus for one dialect, oldest first."""
    return sorted((FEATURES / dialect).glob("*.up.sql"))


def down_of(up: Path) -> Path:
    """Return the down file beside an up file."""
    return up.with_name(up.name.removesuffix(".up.sql") + ".down.sql")


def schema(database: Database) -> str:
    """Return the catalogue of *database*, without what means nothing.

    SQLite keeps the text of a definition. ADD COLUMN and DROP COLUMN leave blanks in it, RENAME leaves quotes.
    """
    text = database.dump()
    return "\n\n".join(map(_plain, text.split("\n\n"))) if database.dialect == "sqlite" else text


def _plain(definition: str) -> str:
    text = re.sub(r'"(\w+)"', r"\1", definition)
    return re.sub(r" +", " ", re.sub(r"[ \r\n]*([,()])[ \r\n]*", r"\1", text))


def rows(database: Database) -> dict[str, list[str]]:
    """Return the rows of each table that has some, sorted, and of each sequence. The history's own are left out."""
    with contextlib.closing(database.connect()) as connection:
        cursor = connection.cursor()

        def query(sql: str) -> list[Any]:
            cursor.execute(sql)
            return list(cursor.fetchall())

        return _rows(database.dialect, query)


def _rows(dialect: str, query: Callable[[str], list[Any]]) -> dict[str, list[str]]:
    tables = query(_TABLES[dialect])
    queries = {name: f"SELECT {columns} FROM {name}" for name, columns in tables if HISTORY not in name}
    queries |= {each: each for each in _MORE[dialect]}
    # The history has a row in sqlite_sequence as well.
    found = {name: [repr(tuple(row)) for row in query(sql)] for name, sql in queries.items()}
    found = {name: sorted(row for row in found[name] if HISTORY not in row) for name in found}
    return {name: found[name] for name in sorted(found) if found[name]}
