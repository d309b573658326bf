"""What a statement does besides its work, as the manual of its database has it; and what a linter says of a file."""

from __future__ import annotations

import contextlib
import json
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from migrate import ACTS, CONCURRENTLY, code_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from migrate import Database, Notify, Statement, Step


_SQLITE_DROPPED: Final = r"^ALTER\s+TABLE\b.*\bDROP\b"
_PG_ALTERED, _PG_REWRITTEN = r"^ALTER\s+TABLE\b.*\b", r"^(CLUSTER|VACUUM\s.*\bFULL)\b"
_MYSQL_ALTERED, _ONLINE = r"^ALTER\s+(ONLINE\s+|IGNORE\s+)*TABLE\b.*\b", "innodb-online-ddl-operations.html"
_MANUALS: Final = {
    "sqlite": "https://www.sqlite.org/",
    "postgres": "https://www.postgresql.org/docs/current/",
    "mysql": "https://dev.mysql.com/doc/refman/8.4/en/",
}
_LINTERS: Final = {"postgres": "squawk"}
_EXPLAINS: Final = {
    "": re.compile(r"(?!)"),
    "postgres": re.compile(
        r"EXPLAIN\s*(\([^()]*\bANALY[SZ]E\b(?!\s+(FALSE|OFF|0))[^()]*\)|ANALY[SZ]E\b(\s+VERBOSE\b)?)\s*"
    ),
    "mysql": re.compile(r"ANALYZE\s+(FORMAT\s*=\s*\w+\s+)?(?=(WITH|INSERT|REPLACE|UPDATE|DELETE)\b)"),  # MariaDB's
}
_EFFECTS: Final[Mapping[str, Mapping[str, Sequence[tuple[str, str, str]]]]] = {
    "sqlite": {
        "cannot be undone": (
            (r"^DROP\s+TABLE\b", "the table cannot be recovered", "lang_droptable.html"),
            (_SQLITE_DROPPED, "the data of the column is purged", "lang_altertable.html"),
        ),
        "rewrites": (
            (_SQLITE_DROPPED, "the table, to purge the column", "lang_altertable.html"),
            (r"^VACUUM\b", "the whole database file", "lang_vacuum.html"),
        ),
        "locks": (
            (r"^(?!(SELECT|PRAGMA|EXPLAIN|VALUES)\b)", "the database against every other writer", "lockingv3.html"),
        ),
    },
    "postgres": {
        "cannot be undone": (
            (r"^DROP\s+(TABLE|MATERIALIZED|SCHEMA|DATABASE)\b", "the rows are removed with it", "sql-droptable.html"),
            (r"^TRUNCATE\b", "all rows are removed", "sql-truncate.html"),
            (
                _PG_ALTERED + r"DROP\b(?!\s+(CONSTRAINT|DEFAULT|NOT|EXPRESSION|IDENTITY)\b)",
                "whatever data was in the column disappears",
                "ddl-alter.html#DDL-ALTER-REMOVING-A-COLUMN",
            ),
            (r"^ALTER\s+TYPE\b.*\bADD\s+VALUE\b", "values cannot be removed from an enum type", "datatype-enum.html"),
        ),
        "rewrites": (
            (
                _PG_ALTERED + r"(SET\s+DATA\s+)?TYPE\b",
                "the table and its indexes, unless the old type is binary coercible",
                "sql-altertable.html",
            ),
            (
                _PG_ALTERED + r"(SET\s+(UN)?LOGGED|SET\s+ACCESS\s+METHOD|SET\s+TABLESPACE"
                r"|ADD\b.*(\bSTORED\b|\bAS\s+IDENTITY\b))",
                "the table",
                "sql-altertable.html",
            ),
            (
                _PG_ALTERED + r"ADD\b.*\bDEFAULT\s+\w+\s*\(",
                "the table, where the default is volatile",
                "sql-altertable.html",
            ),
            (_PG_REWRITTEN, "the table and its indexes", "sql-cluster.html"),
        ),
        "locks": (
            (
                rf"^{CONCURRENTLY}",
                "nobody who reads or writes; waits for old transactions",
                "sql-createindex.html#SQL-CREATEINDEX-CONCURRENTLY",
            ),
            (_PG_ALTERED + r"VALIDATE\s+CONSTRAINT\b", "nobody who reads or writes", "sql-altertable.html"),
            (r"^CREATE\s+(UNIQUE\s+)?INDEX\b", "the table against writes (SHARE)", "explicit-locking.html"),
            (
                r"^CREATE\s+(OR\s+REPLACE\s+)?(CONSTRAINT\s+)?TRIGGER\b|" + _PG_ALTERED + r"FOREIGN\s+KEY\b",
                "the tables against writes (SHARE ROW EXCLUSIVE)",
                "explicit-locking.html",
            ),
            (
                _PG_REWRITTEN
                + r"|^(ALTER\s+TABLE|DROP\s+(TABLE|INDEX|MATERIALIZED|VIEW)|TRUNCATE|REINDEX|REFRESH|LOCK)\b",
                "the table against reads and writes (ACCESS EXCLUSIVE)",
                "explicit-locking.html",
            ),
            (r"^(INSERT|UPDATE|DELETE|MERGE)\b", "the rows that it changes", "explicit-locking.html"),
        ),
    },
    "mysql": {
        "cannot be undone": (
            (r"^DROP\s+(TABLE|DATABASE|SCHEMA)\b", "the table and all its data are removed", "drop-table.html"),
            (r"^TRUNCATE\b", "it cannot be rolled back", "truncate-table.html"),
            (
                _MYSQL_ALTERED + r"DROP\b(?!\s+(CONSTRAINT|DEFAULT|INDEX|KEY|PRIMARY|FOREIGN|CHECK|PARTITION)\b)",
                "the data of the column is removed",
                "alter-table.html",
            ),
            (
                _MYSQL_ALTERED + r"(DROP|TRUNCATE)\s+PARTITION\b",
                "the rows in the partition are removed",
                "alter-table-partition-operations.html",
            ),
        ),
        "rewrites": (
            (_MYSQL_ALTERED + r"(MODIFY|CHANGE)\b", "the table, where type, NULL or order changes", _ONLINE),
            (
                _MYSQL_ALTERED + r"(CONVERT\s+TO|ENGINE\b|FORCE\b|ROW_FORMAT\b|PRIMARY\s+KEY\b|STORED\b)",
                "the table",
                _ONLINE,
            ),
            (
                _MYSQL_ALTERED + r"DROP\b(?!\s+(CONSTRAINT|DEFAULT|INDEX|KEY|FOREIGN|CHECK|PARTITION)\b)",
                "the table, unless ALGORITHM=INSTANT applies",
                _ONLINE,
            ),
            (r"^OPTIMIZE\b", "the table", _ONLINE),
        ),
        "locks": (
            (
                r"^(ALTER|DROP|TRUNCATE|RENAME|CREATE\s+(\w+\s+)?(INDEX|TRIGGER)|OPTIMIZE|LOCK)\b",
                "the table (metadata lock): it waits for open transactions, and all others wait for it",
                "metadata-locking.html",
            ),
            (r"^(INSERT|UPDATE|DELETE|REPLACE|LOAD)\b", "the rows that it reads to change", "innodb-locks-set.html"),
        ),
    },
}


class Effect(NamedTuple):
    """What a statement does besides its work, or what a linter has to say of it, and the page that says why."""

    line: int
    rule: str  # "cannot be undone", "rewrites", "locks", or one of the linter's
    what: str
    link: str


def deed(statement: Statement, database: Database) -> str:
    """Return the code of *statement* from the verb on that says what it does: after EXPLAIN that runs it, and WITH."""
    code = code_of(statement, database.syntax)
    code = code[found.end() :] if (found := _EXPLAINS.get(database.dialect, _EXPLAINS[""]).match(code)) else code
    if not code.startswith("WITH"):
        return code
    return found["acts"] if (found := re.match(ACTS, code, re.DOTALL)) else "SELECT"


def effects(database: Database, step: Step) -> Iterator[Effect]:
    """Yield what each statement does besides its work, as the database's documentation has it."""
    for statement in step.statements:
        code = deed(statement, database)
        for rule, known in _EFFECTS.get(database.dialect, {}).items():
            for _, what, page in [each for each in known if re.search(each[0], code, re.DOTALL)][:1]:
                yield Effect(statement.line, rule, what, _MANUALS[database.dialect] + page)


def lint(dialect: str, paths: Sequence[Path]) -> Iterator[tuple[Path, Effect]]:
    """Yield what the linter of a database, where it is installed, has to say of files.

    Without the rules that this tool makes up for: it sets timeouts, and the history keeps files from running twice.
    """
    beside = str(Path(sys.executable).parent)
    linter = _LINTERS.get(dialect, "")
    program = linter and (shutil.which(linter, path=beside) or shutil.which(linter))
    if not program or not paths:
        return
    ours = "require-lock-timeout,require-statement-timeout,prefer-robust-stmts"
    command = [program, "--reporter", "json", "--assume-in-transaction", "--exclude", ours, *map(str, paths)]
    ran = subprocess.run(  # noqa: S603 (one command of ours)
        command, capture_output=True, encoding="utf-8", errors="surrogateescape", check=False
    )
    with contextlib.suppress(ValueError):
        for each in json.loads(ran.stdout):
            rule = each["rule_name"]
            link = f"https://squawkhq.com/docs/{rule}"
            yield Path(each["file"]), Effect(each["line"] + 1, rule, each["message"].removesuffix("."), link)


def of_plan(database: Database, steps: Sequence[Step], notify: Notify) -> list[list[dict[str, Any]]]:
    """Return what is known of the statements of each step, by line, as a plan lists it."""
    said = dict[Path, list[Effect]]()
    if database.dialect not in _EFFECTS:
        notify(f"there are no hints on statements of {database.label}")
    for path, each in lint(database.dialect, [each.script.path.resolve() for each in steps if not each.stored]):
        said.setdefault(path, []).append(each)
    found = list[list[dict[str, Any]]]()
    for step in steps:
        of_file = [] if step.stored or not said else said.get(step.script.path.resolve(), [])
        known = sorted([*effects(database, step), *of_file], key=lambda each: each.line)
        found.append([each._asdict() for each in known])
    return found
