"""Make the histories again: python tests/histories/make.py V1/migrate.py, which is to be the module of version 1.0.0.

It runs the migrations in files/, and its process is killed where a history tells of a kill. What is then in the
database is written down as SQL, with another day, and other names for the person, the machine and the process.
"""

from __future__ import annotations

import contextlib
import os
import re
import runpy
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent))

import servers  # noqa: E402  # one folder up

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from servers import Database

CITIES, LAST = "20250201093000", "20250301"  # versions; the last one has a statement that no transaction can hold
DAY = "2025-11-02"  # in the past for every clock; what the tests do comes later, as it did
OWN = ("schema_migrations", "schema_migrations_log")

# Version 1.0.0, which sends SIGKILL to itself before or after a call that reaches the database: that of a number.
KILLED = """
import functools, os, signal, sys, migrate
point = int(sys.argv.pop(1))
def passed():
    global point
    point -= 1
    point or os.kill(os.getpid(), signal.SIGKILL)
def armed(call):
    def wrapper(*args, **keywords):
        passed()
        answer = call(*args, **keywords)
        passed()
        return answer
    return functools.wraps(call)(wrapper)
for each in (migrate.Database, migrate.SQLite, migrate.Postgres, migrate.MySQL):
    for name in {"query", "run", "commit"} & vars(each).keys():
        setattr(each, name, armed(vars(each)[name]))
raise SystemExit(migrate.main())
"""


class Made:
    """A database, the migrations in files/, and 1.0.0 at work on them."""

    def __init__(self, database: Database, module: Path, folder: Path) -> None:
        self.database, self.module, self.folder = database, module, folder
        self.files = HERE / "files" / database.dialect
        shutil.copytree(self.files, folder / "sql", ignore=shutil.ignore_patterns("as_they_failed"))

    def break_files(self) -> None:
        """Put the texts in place that fail at their third statement."""
        shutil.copytree(self.files / "as_they_failed", self.folder / "sql", dirs_exist_ok=True)

    def start(self, *words: str, point: int = 0) -> subprocess.Popen[str]:
        """Start 1.0.0, to be killed at a point if that is not 0."""
        environment = {name: text for name, text in os.environ.items() if not name.startswith("MIGRATE_")}
        environment |= {"DATABASE_URL": self.database.url, "PYTHONPATH": str(self.module.parent)}
        program = ["-c", KILLED, str(point)] if point else [str(self.module)]
        return subprocess.Popen(
            [sys.executable, *program, "--dir", "sql", *words],
            cwd=self.folder, env=environment, text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        )  # fmt: skip

    def run(self, *words: str, code: int = 0, point: int = 0) -> None:
        """Run 1.0.0 until it ends with this code."""
        process = self.start(*words, point=point)
        _, errors = process.communicate(timeout=60)
        assert process.returncode == code, (words, point, errors)

    def place(self, version: str) -> tuple[Any, ...]:
        """Return how far a dirty version is."""
        columns = "direction, statements_done"
        rows = self.database.query(f"SELECT {columns} FROM schema_migrations WHERE dirty AND version = '{version}'")
        return rows[0] if rows else ()

    def text(self, name: str) -> str:
        """Return the whole database as SQL."""
        database = self.database
        for table in OWN:
            database.execute(f"UPDATE {table} SET applied_by = 'ci@builder'")
        database.execute("UPDATE schema_migrations SET owner = 'ci@builder, pid 4242' WHERE owner IS NOT NULL")
        server = f"{database.flavor} {database.server.version.partition('-')[0]}"
        parts = [
            f"-- {name.replace('_', ' ')}: what 1.0.0 left behind on {server} (tests/histories/make.py)",
            *self.own_tables(),
            *(text for text in self.definitions("CREATE TABLE") if text.split()[2] in database.tables()),
            *(self.definitions("CREATE INDEX", "ALTER TABLE") if name == "three_applied" else []),
            *(self.rows(table) for table in (*OWN, *database.tables())),
        ]
        return "\n\n".join(filter(None, parts)).replace(database.name, "app") + "\n"

    def own_tables(self) -> Iterator[str]:
        """Give the statements by which 1.0.0 makes its two tables, without the name of a schema in them."""
        module = runpy.run_path(str(self.module))
        database = module["_DATABASES"][self.database.dialect]
        types = {"text": database.text_type, "time": database.time_type, "id": database.id_type}
        for table, columns in zip(OWN, (module["_COLUMNS"], module["_LOG_COLUMNS"]), strict=True):
            quoted = table.join(2 * database.quote_mark)
            yield f"CREATE TABLE {quoted} ({columns.format(**types)}\n){database.table_suffix};"

    def definitions(self, *words: str) -> list[str]:
        """Return the statements of the up files that begin with one of these words."""
        texts = "".join(path.read_text("utf-8") for path in sorted(self.files.glob("*.up.sql")))
        return re.findall(rf"^(?:{'|'.join(words)}).*?;$", texts, re.DOTALL | re.MULTILINE)

    def rows(self, table: str) -> str:
        """Return one INSERT with the rows of a table, "" where there are none. The log numbers its own."""
        with contextlib.closing(self.database.connect().cursor()) as cursor:
            cursor.execute(f"SELECT * FROM {table} ORDER BY {'id' if table == OWN[1] else '1, 2'}")
            names, rows = [each[0] for each in cursor.description], cursor.fetchall()
        kept = [place for place, name in enumerate(names) if (table, name) != (OWN[1], "id")]
        columns = ", ".join(names[place] for place in kept)
        lines = ["    (" + ", ".join(self.literal(names[place], row[place]) for place in kept) + ")" for row in rows]
        return f"INSERT INTO {table}\n    ({columns})\nVALUES\n" + ",\n".join(lines) + ";" if lines else ""

    def literal(self, column: str, value: Any) -> str:
        """Write a value as its database reads it."""
        if column == "dirty" and self.database.dialect == "postgres":
            return str(value).lower()
        if value is None or isinstance(value, int):
            return "NULL" if value is None else str(value)
        text = value if isinstance(value, str) else value.isoformat(" ", "milliseconds")
        text = re.sub(r"^\d{4}-\d\d-\d\d(?= )", DAY, text)
        return "'" + text.replace("'", "''") + "'"


# --- The histories --------------------------------------------------------------------------------------------------
# Each returns whether it is there; where it is not, it is tried again with the next point for a kill, from 1 on.


def three_applied(made: Made, _point: int) -> bool:
    made.run("up")
    return True


def stopped_up(made: Made, _point: int) -> bool:
    made.break_files()
    made.run("up", code=1)
    return True


def owner_cleared(made: Made, point: int) -> bool:
    stopped_up(made, point)
    made.database.execute("UPDATE schema_migrations SET owner = NULL WHERE dirty")
    return True


def killed_up(made: Made, point: int) -> bool:
    made.run("up", "1")
    made.run("up", code=-signal.SIGKILL, point=point)
    return made.place(CITIES) == ("up", 2)


def killed_inside(made: Made, point: int) -> bool:
    """Leave it open whether the second statement of the last migration has run: it has not."""
    made.run("up", "2")
    if made.database.dialect == "sqlite":  # VACUUM leaves no trace, so that before it is as good as in it
        made.run("up", code=-signal.SIGKILL, point=point)
        process = made.start("up")
        process.communicate(timeout=60)
        return process.returncode == 4  # it asks, and writes nothing
    holder = made.database.connect()
    cursor = holder.cursor()
    for statement in {
        "postgres": ["BEGIN", "LOCK TABLE cities IN SHARE UPDATE EXCLUSIVE MODE"],
        "mysql": ["START TRANSACTION", "SELECT * FROM cities"],
    }[made.database.dialect]:
        cursor.execute(statement)
    waiting = {
        "postgres": "SELECT pid FROM pg_stat_activity WHERE query LIKE 'CREATE INDEX%' AND wait_event_type = 'Lock'"
        " AND datname = current_database()",
        "mysql": "SELECT id FROM information_schema.processlist WHERE state LIKE 'Waiting for table metadata lock'"
        " AND db = DATABASE()",
    }[made.database.dialect]
    process = made.start("up")
    while not (found := made.database.query(waiting)):
        time.sleep(0.05)
    process.kill()
    process.communicate()
    end = {"postgres": "SELECT pg_terminate_backend({})", "mysql": "KILL {}"}[made.database.dialect]
    made.database.execute(end.format(found[0][0]))
    while made.database.query(waiting):
        time.sleep(0.05)
    holder.close()
    return made.place(LAST) == ("up", 1)


def stopped_down(made: Made, _point: int) -> bool:
    made.break_files()
    shutil.copy(made.files / f"{CITIES}_create_cities.up.sql", made.folder / "sql")
    made.run("up", "2")
    made.run("down", code=1)
    return True


def killed_down(made: Made, point: int) -> bool:
    made.run("up", "2")
    made.run("down", code=-signal.SIGKILL, point=point)
    return made.place(CITIES) == ("down", 2)


HISTORIES: list[Callable[[Made, int], bool]] = [
    *(three_applied, stopped_up, owner_cleared, killed_up, killed_inside, stopped_down, killed_down)
]


def main(module: Path) -> None:
    """Write every history of every database."""
    found = servers.Servers.discover()
    try:
        for flavor in ("sqlite", "postgres", "mariadb", "mysql"):
            label = next(label for label, each in found.candidates.items() if each.flavor == flavor)
            for history in HISTORIES:
                for point in range(1, 200):
                    with tempfile.TemporaryDirectory() as name:
                        database = found.get(label).create(Path(name))
                        try:
                            made = Made(database, module, Path(name))
                            if history(made, point):
                                path = HERE / flavor / f"{history.__name__}.sql"
                                path.parent.mkdir(exist_ok=True)
                                path.write_text(made.text(history.__name__), "utf-8")
                                break
                        finally:
                            database.drop()
                else:
                    raise SystemExit(f"{flavor}: no kill leaves what {history.__name__} tells of")
    finally:
        found.stop()


if __name__ == "__main__":
    main(Path(sys.argv[1]).resolve())
