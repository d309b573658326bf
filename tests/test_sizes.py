"""What a plan touches: the tables that its statements name, as large as the catalogue of the database estimates."""

from __future__ import annotations

import json
import re
import time
from typing import TYPE_CHECKING, Any

import pytest

import migrate
from migrate_review import sizes

if TYPE_CHECKING:
    from project import Project

NAMED = [
    ("postgres", "CREATE TABLE t (a INT REFERENCES u (id), role TEXT)", "t u"),
    ("postgres", "ALTER TABLE IF EXISTS ONLY s.t ADD COLUMN role TEXT, DROP status, ADD FOREIGN KEY (x) REFERENCES u",
     "s.t u"),
    ("postgres", 'DROP TABLE IF EXISTS a, "B b" , s . c CASCADE', 'a "B b" s.c'),
    ("postgres", "CREATE UNIQUE INDEX CONCURRENTLY IF NOT EXISTS i ON ONLY t USING btree (role)", "i t btree"),
    ("postgres", "DROP INDEX CONCURRENTLY i, j", "i"),
    ("postgres", "VACUUM (FULL, ANALYZE) a, b (x, y)", "a b"),
    ("postgres", "REINDEX (VERBOSE) TABLE CONCURRENTLY t", "t"),
    ("postgres", "TRUNCATE a, b RESTART IDENTITY", "a b"),
    ("postgres", "WITH o AS (DELETE FROM a USING b AS c, d) INSERT INTO e SELECT x, role FROM f", "a b d e f"),
    ("postgres", "SELECT a FROM f JOIN g ON role = x ORDER BY role, x", "f g"),
    ("postgres", "UPDATE ONLY t AS x SET role = 1, status = 2 FROM u", "t u"),
    ("postgres", "COMMENT ON TABLE t IS 'FROM u'", "t"),
    ("postgres", "CREATE TABLE p1 PARTITION OF p DEFAULT", "p1 p"),
    ("postgres", "ALTER TABLE p ATTACH PARTITION c FOR VALUES IN (1)", "p c"),
    ("postgres", "CREATE TRIGGER g AFTER INSERT ON t FOR EACH ROW EXECUTE FUNCTION f()", "t"),
    ("postgres", "CREATE VIEW v AS SELECT * FROM t", "v"),
    ("postgres", "CREATE MATERIALIZED VIEW v AS SELECT * FROM t", "v t"),
    ("postgres", "SELECT 1 -- FROM t", ""),
    ("mysql", "DELETE a, b FROM a JOIN b", "a b a b"),
    ("mysql", "INSERT IGNORE INTO d.`t ``x` (role) VALUES (1)", "d.`t ``x`"),
    ("mysql", "REPLACE LOW_PRIORITY t VALUES (1)", "t"),
    ("mysql", "ALTER TABLE t ADD INDEX (role), RENAME TO u", "t RENAME"),
    ("mysql", "CREATE PROCEDURE p() BEGIN DELETE FROM t; END", ""),
    ("sqlite", "INSERT OR REPLACE INTO main.[t] VALUES (1)", "main.[t]"),
    ("sqlite", "CREATE TRIGGER g AFTER UPDATE ON t BEGIN DELETE FROM u; END", "t"),
]  # fmt: skip


@pytest.mark.parametrize(("dialect", "sql", "expected"), NAMED, ids=[sql for _, sql, _ in NAMED])
def test_a_table_is_what_stands_where_one_would(dialect: str, sql: str, expected: str) -> None:
    syntax = migrate.DATABASES[dialect](migrate.DatabaseURL(dialect, "x")).syntax
    assert " ".join(".".join(each) for each in sizes.named(migrate.words_of(sql, syntax))) == expected


def planned(project: Project, *words: str) -> list[list[dict[str, Any]]]:
    ran = project("--format", "json", "plan", *words)
    assert ran.exit == 0, ran.err
    return [step["tables"] for step in json.loads(ran.out)["steps"]]


def name_and_rows(project: Project, *words: str) -> list[list[tuple[str, int | None]]]:
    """All but bytes; those of the file of SQLite are looked at by another test."""
    found = planned(project, *words)
    return [[(each["name"], each["rows"]) for each in step if not each["name"].endswith(".db")] for step in found]


def test_a_plan_says_how_large_what_it_touches_is(project: Project) -> None:
    counted = {"sqlite": "ANALYZE", "postgres": "ANALYZE t", "mysql": "ANALYZE TABLE t"}[project.database.dialect]
    project.database.execute(
        "CREATE TABLE t (n INTEGER PRIMARY KEY, s VARCHAR(9))",
        "CREATE INDEX t_s ON t (s)",
        "CREATE TABLE other (n INTEGER)",
        f"INSERT INTO t (n) VALUES {', '.join(f'({number})' for number in range(1200))}",
        counted,
    )
    project.write({
        "1_a": "CREATE TABLE new_one (n INTEGER);\nALTER TABLE t ADD COLUMN other INTEGER;",
        "2_b": "INSERT INTO t (n) SELECT n + 2000 FROM t;\nUPDATE t SET s = 'x';",
        "3_c": "CREATE TABLE another (n INTEGER);",
    })  # fmt: skip
    assert name_and_rows(project) == [[("t", 1200)], [("t", 1200)], []]
    found = planned(project)[0]
    size = found[-1]["bytes"]
    assert size >= 16384
    ran = project("--format", "table", "plan")
    lines = [line.rstrip() for line in ran.out.splitlines() if line.startswith("touches")]
    assert re.fullmatch(r"touches  t: ~1,200 rows(, \d+ kB)? \(1, 2\)", lines[0])
    assert len(lines) == len(found)
    # A line for people only: the others are read by programs.
    assert "touches" not in project("--format", "plain", "plan").out
    assert "<dt>Touches</dt><dd>t: ~1,200 rows" in project("--format", "html", "plan").out


@pytest.mark.databases("sqlite")
def test_of_sqlite_only_the_size_of_the_file_is_known(project: Project) -> None:
    project.database.execute("CREATE TABLE t (n INTEGER)", "INSERT INTO t VALUES (1)")
    project.write({"1_a": "DROP TABLE t;"})
    table, file = planned(project)[0]
    assert table == {"name": "t", "rows": None, "bytes": None}
    assert (file["rows"], file["bytes"]) == (None, 8192)
    ran = project("--format", "table", "plan")
    assert ran.out.splitlines()[-2:] == ["touches  t: size not known", f"touches  {file['name']}: 8.0 kB"]


@pytest.mark.databases("postgres")
def test_an_index_counts_as_its_table_and_a_table_with_its_partitions(project: Project) -> None:
    project.database.execute(
        'CREATE SCHEMA "S s"',
        'CREATE TABLE "S s".p (n INTEGER PRIMARY KEY) PARTITION BY LIST (n)',
        'CREATE TABLE "S s".one PARTITION OF "S s".p FOR VALUES IN (1)',
        'CREATE TABLE "S s".two PARTITION OF "S s".p DEFAULT',
        'INSERT INTO "S s".p SELECT generate_series(1, 500)',
        'ANALYZE "S s".one, "S s".two',
        "CREATE TABLE p (n INTEGER)",
        "CREATE INDEX p_n ON p (n)",
    )
    project.write({"1_a": 'ALTER TABLE "S s".p ADD m INTEGER;\nDROP INDEX p_n;'})
    (found,) = planned(project)
    assert [(each["name"], each["rows"]) for each in found] == [('"S s".p', 500), ("p", None)]
    assert [each["bytes"] > 8000 for each in found] == [True, True]


@pytest.mark.databases("postgres", "mysql")
def test_a_table_that_somebody_has_to_himself_is_not_waited_for(project: Project) -> None:
    project.database.execute("CREATE TABLE t (n INTEGER)", "INSERT INTO t VALUES (1)")
    project.write({"1_a": "ALTER TABLE t ADD COLUMN m INTEGER;"})
    holder = project.database.connect()
    cursor = holder.cursor()
    if project.database.dialect == "postgres":
        cursor.execute("BEGIN")
        cursor.execute("LOCK TABLE t IN ACCESS EXCLUSIVE MODE")
    else:
        cursor.execute("LOCK TABLES t WRITE")
    began = time.monotonic()
    (found,) = planned(project)
    assert time.monotonic() - began < 2
    holder.close()
    assert [each["name"] for each in found] == ["t"]
    assert project.database.dialect == "mysql" or found[0]["bytes"] is None


def test_a_plan_without_the_desk_touches_nothing(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    project.database.execute("CREATE TABLE t (n INTEGER)")
    project.write({"1_a": "DROP TABLE t;"})
    monkeypatch.setattr("migrate_review.__version__", "0.9")
    assert planned(project) == [[]]
