"""plan: the tables that a step touches, and how large they are by the estimates of the database's own catalogue.

Nothing is counted, and nothing is waited for: who plans beside a run that holds a table learns that it is not known.
"""

from __future__ import annotations

import contextlib
from pathlib import Path
from typing import TYPE_CHECKING, Final, NamedTuple

from migrate import DriverError, Kind, names_in, steps_view, words_of
from migrate_review import hints
from migrate_review.hints import is_name, nested

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from typing import Any

    from migrate import Database, Notify, Run, Step, View
    from migrate_review.hints import Items

# Words that a table's name comes after, in lists of them and alone; those that may stand in between.
_LISTED: Final = names_in("ANALYSE ANALYZE DELETE FROM LOCK OPTIMIZE TABLE TABLES TRUNCATE UPDATE USING VACUUM")
_BEFORE: Final = _LISTED | names_in(
    "CLUSTER COPY INDEX INHERIT INSERT INTO JOIN LIKE OF PARTITION REFERENCES REINDEX REPLACE STRAIGHT_JOIN VIEW"
)
_BETWEEN: Final = names_in("""ABORT CONCURRENTLY DELAYED EXISTS FAIL FREEZE FULL HIGH_PRIORITY IF IGNORE LOCAL
    LOW_PRIORITY NO_WRITE_TO_BINLOG NOT ONLY OR OVERWRITE QUICK ROLLBACK VERBOSE""")
_ON: Final = names_in("ALTER COMMENT CREATE DROP GRANT REVOKE")  # these say what they are about after ON
_BODIES: Final = names_in("EVENT FUNCTION PROCEDURE RULE TRIGGER VIEW")  # CREATE keeps what comes after these words
_BODY: Final = names_in("AS BEGIN DO EXECUTE FOR RETURN RETURNS")
_SHOWN, _TWO_DIGITS = 3, 10  # versions, at the most
_ALIAS: Final = 2  # words between a name and the comma before the next one: AS a


class Size(NamedTuple):
    """A table, or a file, as the catalogue has it; None for what it does not say."""

    name: str
    rows: int | None
    bytes: int | None


class Catalogue:
    """What is asked of a database; this one has nothing to say."""

    names_sql = ""  # which of the names ? may be there, or all that are,
    sql = ""  # and a Size for the table ?, in the schema ?, or for the one that the index of that name is of

    def __init__(self, database: Database) -> None:
        self.database = database
        self.known = dict[tuple[str, ...], list[Size]]()

    def of_steps(self, steps: Sequence[Step]) -> list[list[Size]]:
        """Return the tables that the statements of each step name, as the database has them now."""
        named = [dict.fromkeys(self._named(step)) for step in steps if self.sql]
        asked, there = {name[-1] for names in named for name in names}, set[str]()
        if asked:
            with contextlib.suppress(DriverError):
                there = {
                    self._fold(self.database.quoted(name)) for (name,) in self.database.query(self.names_sql, [*asked])
                }
        found = [
            dict.fromkeys(size for name in names if name[1:] or name[0] in there for size in self._look_up(name))
            for names in named
        ]
        return [[*sizes, *(self.whole() if sizes else ())] for sizes in found] or [[]] * len(steps)

    def _named(self, step: Step) -> Iterator[tuple[str, ...]]:
        syntax, last = self.database.syntax, None
        for statement in step.statements.briefs:
            if statement is last:  # INSERTs that are alike
                continue
            last = statement
            for name in named(words_of(statement.text, syntax)):
                yield tuple(map(self._fold, name[-2:]))
            syntax = self.database.syntax_after(statement, syntax)

    def _fold(self, word: str) -> str:
        return self.database._fold(word)  # noqa: SLF001 (as its SQL has it)

    def _look_up(self, name: tuple[str, ...]) -> list[Size]:
        if name not in self.known:
            *schema, table = name
            try:
                self.known[name] = self.look_up("".join(schema), table)
            except DriverError as failed:
                self.known[name] = [Size(".".join(name), None, None)] * (failed.kind is Kind.LOCK_TIMEOUT)
        return self.known[name]

    def look_up(self, schema: str, table: str) -> list[Size]:
        """Return what the catalogue says of a name. Raises DriverError."""
        return [Size(*row) for row in self.database.query(self.sql, schema, table)]

    def whole(self) -> list[Size]:
        """Return what lies around every table, and is locked or rewritten with it."""
        return []


class SQLiteCatalogue(Catalogue):
    """SQLite: rows as ANALYZE has counted them, where it has. Of bytes, only those of the whole file are known."""

    names_sql = "SELECT name FROM sqlite_master"
    sql = "SELECT DISTINCT tbl_name FROM sqlite_master WHERE ? IN ('', 'main') AND lower(name) = ?"
    _rows_sql = """SELECT max(CAST(substr(stat, 1, instr(stat || ' ', ' ')) AS INTEGER)) FROM sqlite_stat1
        WHERE tbl = ?"""

    def look_up(self, schema: str, table: str) -> list[Size]:
        counts = self.database.query("SELECT 1 FROM sqlite_master WHERE name = 'sqlite_stat1'")
        return [
            Size(name, self.database.query(self._rows_sql, name)[0][0] if counts else None, None)
            for (name,) in self.database.query(self.sql, schema, table)
        ]

    def whole(self) -> list[Size]:
        [(pages,)], [(size,)] = (self.database.query(f"PRAGMA page_{each}") for each in ("count", "size"))
        return [Size(Path(self.database.url.database).name, None, pages * size)]


class PostgresCatalogue(Catalogue):
    """PostgreSQL: as VACUUM and ANALYZE have left it, or else the statistics; with partitions, indexes and TOAST.

    To ask for a size waits for who has the table to himself: such a one is not asked about.
    """

    names_sql = "SELECT DISTINCT relname::text FROM pg_catalog.pg_class WHERE relname = ANY(?)"
    sql = """WITH RECURSIVE named AS (
            SELECT DISTINCT coalesce(i.indrelid, c.oid) AS root FROM pg_catalog.pg_class c
            JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
            LEFT JOIN pg_catalog.pg_index i ON indexrelid = c.oid
            CROSS JOIN (SELECT ?::text AS schema, ?::text AS name) AS given
            WHERE relname = name AND CASE schema WHEN '' THEN pg_table_is_visible(c.oid) ELSE nspname = schema END),
        parts AS (SELECT root, root AS part FROM named
            UNION SELECT root, inhrelid FROM parts JOIN pg_catalog.pg_inherits ON inhparent = part),
        locked AS (SELECT coalesce(indrelid, relation) AS oid FROM pg_catalog.pg_locks
            LEFT JOIN pg_catalog.pg_index ON indexrelid = relation WHERE mode = 'AccessExclusiveLock'
            AND database = (SELECT oid FROM pg_catalog.pg_database WHERE datname = current_database())),
        sizes AS (SELECT root, CASE WHEN relkind = 'p' THEN 0 WHEN greatest(reltuples, relpages) > 0
                THEN nullif(reltuples, -1) ELSE nullif(pg_stat_get_live_tuples(part), 0) END AS rows,
            CASE WHEN part NOT IN (SELECT oid FROM locked WHERE oid IS NOT NULL) THEN pg_total_relation_size(part)
                END AS bytes
            FROM parts JOIN pg_catalog.pg_class ON oid = part WHERE relkind IN ('r', 'p', 'm'))
        SELECT root::regclass::text, CASE WHEN count(rows) = count(*) THEN sum(rows)::bigint END,
            CASE WHEN count(bytes) = count(*) THEN sum(bytes)::bigint END FROM sizes GROUP BY root"""


class MySQLCatalogue(Catalogue):
    """MySQL and MariaDB: as the engine estimates them now. MySQL would write that down, and keep it for a day."""

    names_sql = "SELECT table_name FROM information_schema.tables WHERE table_schema = database()"
    sql = """SELECT CASE table_schema WHEN database() THEN table_name ELSE concat(table_schema, '.', table_name) END,
        table_rows, data_length + index_length FROM information_schema.tables
        WHERE table_schema = ? AND table_name = ? AND table_type IN ('BASE TABLE', 'SYSTEM VERSIONED')"""

    def __init__(self, database: Database) -> None:
        super().__init__(database)
        database.query("SET @migrate = NULL /*!80000 , SESSION information_schema_stats_expiry = 0 */")

    def look_up(self, schema: str, table: str) -> list[Size]:
        return super().look_up(schema or self.database.url.database, table)


_CATALOGUES: Final[Mapping[str, type[Catalogue]]] = {
    "sqlite": SQLiteCatalogue,
    "postgres": PostgresCatalogue,
    "mysql": MySQLCatalogue,
}


def plan_view(run: Run, steps: Sequence[Step], notify: Notify) -> View:
    """Show what ``plan`` has found, with what is known of the statements, and what all of it touches."""
    known = hints.of_plan(run.database, steps, notify)
    view = steps_view(run.settings, steps, known, of_plan(run.database, steps))
    return view._replace(caption="\n".join(f"touches  {each}" for each in summary(view.document["steps"])))


def of_plan(database: Database, steps: Sequence[Step]) -> list[list[dict[str, Any]]]:
    """Return, for each step, the tables that it touches and that are there, as a plan lists them."""
    catalogue = _CATALOGUES.get(database.dialect, Catalogue)(database)
    return [[each._asdict() for each in sizes] for sizes in catalogue.of_steps(steps)]


def named(words: Sequence[str]) -> Iterator[tuple[str, ...]]:
    """Yield what may be a table in a statement, as the parts of its name: what stands where one would."""
    upper = [word.upper() for word in words]
    if upper[:1] == ["CREATE"]:
        end = next((place for place, word in enumerate(upper) if word in _BODIES), len(words))
        if "MATERIALIZED" not in upper[:end]:
            words = words[: next((place for place in range(end, len(words)) if upper[place] in _BODY), len(words))]
    yield from _named(nested(words), _BEFORE | ({"ON"} if _ON.intersection(upper[:1]) else set()))


def _named(items: Items, before: frozenset[str]) -> Iterator[tuple[str, ...]]:
    awaited, room, listed, place = False, 0, False, 0
    while place < len(items):
        item, start = items[place], place
        place += 1
        if isinstance(item, list):
            yield from _named(item, before)
            continue
        word = item.upper()
        if word in before:
            awaited, listed = True, word in _LISTED
        elif word == ",":
            awaited = awaited or room > 0
        elif awaited and is_name(word) and word not in _BETWEEN:
            while place + 1 < len(items) and items[place] == "." and is_name(items[place + 1]):
                place += 2
            yield tuple(str(each) for each in items[start:place:2])
            awaited, room = False, (_ALIAS + 1) * listed
        elif not (awaited and word in _BETWEEN):
            awaited, room = False, room - 1


def told(table: Mapping[str, Any]) -> str:
    """Return in words how large a table is."""
    rows = "" if table["rows"] is None else f"~{table['rows']:,} row{'s' * (table['rows'] != 1)}"
    name = " ".join(table["name"].split())
    return f"{name}: " + (", ".join(filter(None, (rows, _in_bytes(table["bytes"])))) or "size not known")


def summary(steps: Sequence[Mapping[str, Any]]) -> list[str]:
    """Return in words what a plan touches: each table, with the versions that do where there are several."""
    versions = dict[str, list[str]]()
    for step in steps:
        for each in step["tables"]:
            versions.setdefault(told(each), []).append(step["version"])
    lines = list[str]()
    for size, by in versions.items():
        more = f" and {len(by) - _SHOWN} more" if len(by) > _SHOWN else ""
        lines.append(size + f" ({', '.join(by[:_SHOWN])}{more})" * (len(steps) > 1))
    return lines


def _in_bytes(number: int | None) -> str:
    """Return a size as PostgreSQL's own tools write it, with at least two digits."""
    if number is None:
        return ""
    power = max(0, (number.bit_length() - 1) // 10)
    size, unit = number / 1024**power, ("bytes", "kB", "MB", "GB", "TB", "PB", "EB")[power]
    return f"{size:.{1 if power and size < _TWO_DIGITS else 0}f} {unit}"
