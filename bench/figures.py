"""The table: what is measured, on which databases, beside whom, and how good it shall be."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from servers import Dialect

SERVERS = ("postgres", "mariadb", "mysql")
ALL = ("sqlite", *SERVERS)

# --- What is run ----------------------------------------------------------------------------------------------------


class Migration(NamedTuple):
    """One migration, in no tool's form yet."""

    version: str
    name: str
    up: str
    down: str
    data: bool = False  # no DDL in it, so that it can be a transaction on MySQL too


def tables(count: int) -> Iterator[Migration]:
    """Yield *count* migrations of a table and an index."""
    for n in range(1, count + 1):
        up = (
            f"CREATE TABLE t{n} (id INTEGER PRIMARY KEY, name VARCHAR(100) NOT NULL, size INTEGER);\n"
            f"CREATE INDEX t{n}_name ON t{n} (name);\n"
        )
        yield Migration(f"{n:06}", f"create_t{n}", up, f"DROP TABLE t{n};\n")


def short_inserts(count: int) -> Iterator[Migration]:
    """Yield a table, and a file of *count* INSERTs of one row: 8 MB are 120,000."""
    rows = (f"INSERT INTO entries (id, name, size) VALUES ({n}, 'row {n}', {n % 7});\n" for n in range(count))  # noqa: S608
    yield _ENTRIES
    yield Migration("000002", "fill_entries", "".join(rows), "DELETE FROM entries;\n", data=True)


def long_inserts(count: int, rare: str = "a dog; it's -- /* a fox") -> Iterator[Migration]:
    """Yield a table, and a file of *count* INSERTs of a hundred rows, as a dump has them: 100 MB are 10,700.

    One row in a thousand has *rare* in it, which is for whoever looks for the ends of statements.
    """
    rare = rare.replace("'", "''")

    def row(n: int) -> str:
        what = rare if n % 1000 == 0 else "was there"
        return f"({n}, 'number {n:08}, of which somebody says that it {what}', {n % 97}, 'one note of it')"

    def insert(first: int) -> str:
        rows = ",\n".join(map(row, range(first, first + 100)))
        return f"INSERT INTO entries (id, name, size, note) VALUES\n{rows};\n"

    yield _ENTRIES
    yield Migration("000002", "fill_entries", "".join(map(insert, range(0, count * 100, 100))), "", data=True)


def long_inserts_beyond_ascii(count: int) -> Iterator[Migration]:
    """Yield the same with a few letters for which Python's text takes four bytes each, for all of it."""
    return long_inserts(count, "a 🐕")


_ENTRIES = Migration(
    "000001", "create_entries",
    "CREATE TABLE entries (id INTEGER PRIMARY KEY, name VARCHAR(200), size INTEGER, note VARCHAR(50));\n",
    "DROP TABLE entries;\n",
)  # fmt: skip


class Task(NamedTuple):
    """What every tool does in its turn, on a database of its own."""

    name: str
    migrations: Callable[[int], Iterator[Migration]]
    size: int  # what *migrations* is called with in the full form
    short: int  # and in the short form; 0: it takes too long for that
    databases: tuple[str, ...]
    tools: tuple[str, ...]
    steps: tuple[
        str, ...
    ]  # what is measured, one after the other: up, down, nothing (an up that finds nothing), status
    before: tuple[str, ...] = ()  # what is done before, once: then all turns are on one database
    proof: str = ""  # a query that runs only where the work was done, {size} in it
    delay: float | None = None  # seconds that a round trip takes longer; with 0 they are counted only
    runs: int = 0  # how many are enough; 0: as the command line says


TASKS = (
    Task("start", tables, 4, 4, ("sqlite",), ("migrate", "script", "python", "dbmate"), ("nothing",), ("up",)),
    Task(
        "files", tables, 1000, 100, ALL, ("migrate", "client", "dbmate", "sql-migrate"), ("up", "down"),
        proof="SELECT count(*) FROM t{size}",
    ),
    Task("hundred", tables, 100, 0, ALL, ("migrate", "yoyo"), ("up", "down")),
    Task("many", tables, 10_000, 1000, ("sqlite",), ("migrate", "dbmate"), ("nothing", "status"), ("up",)),
    Task(
        "inserts", short_inserts, 120_000, 3000, ALL, ("migrate", "client"), ("up",),
        proof="SELECT name FROM entries WHERE id = {size} - 1",
    ),
    Task(
        "dump", long_inserts, 10_700, 250, ALL, ("migrate", "client"), ("up",),
        proof="SELECT name FROM entries WHERE id = {size} * 100 - 1",
    ),
    Task("letters", long_inserts_beyond_ascii, 10_700, 0, ALL, ("migrate",), ("up",), runs=1),
    Task("network", tables, 100, 5, ("postgres",), ("migrate", "client"), ("up",), delay=0.02),
    Task("trips", tables, 100, 20, SERVERS, ("migrate", "client", "dbmate"), ("up", "down"), delay=0, runs=1),
)  # fmt: skip


# --- What is wanted -------------------------------------------------------------------------------------------------


class Figure(NamedTuple):
    """One line of the table for each database and each of the others: *tool* divided by it."""

    task: str
    step: str
    title: str  # {size} is how many, {megabytes} the size of the files
    goals: dict[str, dict[str, float]]  # by database, or "" for each; by whom it is divided by: at most this ratio
    tool: str = "migrate"
    reading: str = "seconds"  # or peak, the memory in bytes, or trips, the round trips


_FILES = {
    "sqlite": {"client": 0.25},
    "postgres": {"client": 1.15, "dbmate": 1.05},
    "mariadb": {"client": 1.3},
    "mysql": {"client": 1.3},
}
_LONG = {"": {"client": 1.5}}
_MEMORY = {"": {"size": 2.5}, "postgres": {"size": 3.5}}

FIGURES = (
    Figure("files", "up", "{size} files", _FILES),
    Figure("files", "down", "{size} down files", _FILES),
    Figure("hundred", "up", "{size} files", {}),
    Figure("hundred", "down", "{size} down files", {}),
    Figure("start", "nothing", "nothing to do, installed", {"": {"python": 2.2}}),
    Figure("start", "nothing", "nothing to do, as a script", {"": {"python": 4}}, tool="script"),
    Figure("many", "nothing", "nothing to do, {size} files and rows", {}),
    Figure("many", "status", "status, {size} files and rows", {"": {"dbmate": 4}}),
    Figure("inserts", "up", "{size} INSERTs in {megabytes} MB", _LONG),
    Figure("dump", "up", "{megabytes} MB in {size} statements", _LONG),
    Figure("dump", "up", "memory for {megabytes} MB / size", _MEMORY, reading="peak"),
    Figure("letters", "up", "the same, letters beyond ASCII", _MEMORY, reading="peak"),
    Figure("network", "up", "{size} files, 20 ms away", {"": {"client": 1.1}}),
    Figure("trips", "up", "{size} files, round trips", {}, reading="trips"),
    Figure("trips", "down", "{size} down files, round trips", {}, reading="trips"),
)


def goal(figure: Figure, flavor: str, other: str) -> float | None:
    """Return the ratio that *figure* shall not exceed, None if none is wanted."""
    return {**figure.goals.get("", {}), **figure.goals.get(flavor, {})}.get(other)


def beginning(dialect: Dialect, migration: Migration) -> str:
    """Return what a person writes above a file for the client, so that it is one transaction; "" where it cannot be."""
    return "" if dialect == "mysql" and not migration.data else "BEGIN;\n"
