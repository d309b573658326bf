"""What a plan says of a file before it runs: its statements, what they lock, rewrite or lose, what squawk finds."""

from __future__ import annotations

import json
import re
import time
from pathlib import Path

import pytest
from desk import Desk

import migrate
from migrate_review.hints import effects, lint

NOWHERE = """\
error: a plan without a database is a script, and starts somewhere
fix: write  migrate plan --sql --dialect postgres --from VERSION
"""
LOST, REWRITES, LOCKS = "cannot be undone", "rewrites", "locks"


@pytest.fixture
def desk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Desk:
    made = Desk.start(tmp_path, monkeypatch, capsys)
    made.set(MIGRATE_DIR="sql")
    return made


def rules(dialect: str, sql: str) -> list[str]:
    """The rules that hold for the statements of *sql*, without those that only lock rows or the file."""
    script = migrate.Script.from_text(Path("1_x.up.sql"), sql)
    database = migrate.DATABASES[dialect](migrate.DatabaseURL(dialect, "x"))
    step = migrate.read_step(migrate.Step("1", "x", "up", script), database)
    return [effect.rule for effect in effects(database, step)]


@pytest.mark.parametrize(
    ("sql", "expected"),
    [
        ("DROP TABLE t;", [LOST, LOCKS]),
        ("ALTER TABLE t DROP COLUMN a;", [LOST, REWRITES, LOCKS]),
        ("ALTER TABLE t DROP a;", [LOST, REWRITES, LOCKS]),
        ("ALTER TABLE t ADD COLUMN a INTEGER;", [LOCKS]),
        ("CREATE TABLE t (a TEXT DEFAULT 'DROP TABLE x');", [LOCKS]),
        ("SELECT 1;", []),
        ("-- migrate: no-transaction\nVACUUM;", [REWRITES, LOCKS]),
    ],
)
def test_what_a_statement_does_on_sqlite(sql: str, expected: list[str]) -> None:
    assert rules("sqlite", sql) == expected


@pytest.mark.parametrize(
    ("sql", "expected"),
    [
        ("DROP TABLE t;", [LOST, LOCKS]),
        ("drop materialized view v;", [LOST, LOCKS]),
        ("TRUNCATE t;", [LOST, LOCKS]),
        ("ALTER TABLE t DROP COLUMN a;", [LOST, LOCKS]),
        ('ALTER TABLE t DROP "a";', [LOST, LOCKS]),
        ("ALTER TABLE t DROP CONSTRAINT c;", [LOCKS]),
        ("ALTER TABLE t ALTER COLUMN a DROP NOT NULL;", [LOCKS]),
        ("ALTER TABLE t ALTER COLUMN a TYPE bigint;", [REWRITES, LOCKS]),
        ("ALTER TABLE t ALTER a SET DATA TYPE bigint;", [REWRITES, LOCKS]),
        ("ALTER TABLE t SET UNLOGGED;", [REWRITES, LOCKS]),
        ("ALTER TABLE t ADD COLUMN a uuid DEFAULT gen_random_uuid();", [REWRITES, LOCKS]),
        ("ALTER TABLE t ADD COLUMN a int DEFAULT 1;", [LOCKS]),
        ("ALTER TABLE t ADD COLUMN b int GENERATED ALWAYS AS (a * 2) STORED;", [REWRITES, LOCKS]),
        ("ALTER TABLE t ADD CONSTRAINT f FOREIGN KEY (a) REFERENCES u (a) NOT VALID;", [LOCKS]),
        ("ALTER TABLE t VALIDATE CONSTRAINT f;", [LOCKS]),
        ("ALTER TYPE e ADD VALUE 'x';", [LOST]),
        ("CREATE INDEX i ON t (a);", [LOCKS]),
        ("CREATE INDEX CONCURRENTLY i ON t (a);", [LOCKS]),
        ("CREATE TABLE t (a int); -- DROP TABLE x", []),
        ("DO $$ BEGIN RAISE NOTICE 'DROP TABLE x'; END $$;", []),
        ("UPDATE t SET a = 1;", [LOCKS]),
    ],
)
def test_what_a_statement_does_on_postgres(sql: str, expected: list[str]) -> None:
    assert rules("postgres", sql) == expected


@pytest.mark.parametrize(
    ("sql", "expected"),
    [
        ("DROP TABLE t;", [LOST, LOCKS]),
        ("TRUNCATE TABLE t;", [LOST, LOCKS]),
        ("ALTER TABLE t DROP COLUMN a;", [LOST, REWRITES, LOCKS]),
        ("ALTER TABLE t DROP INDEX i;", [LOCKS]),
        ("ALTER TABLE t DROP PRIMARY KEY;", [REWRITES, LOCKS]),
        ("ALTER TABLE t DROP PARTITION p;", [LOST, LOCKS]),
        ("ALTER TABLE t TRUNCATE PARTITION p;", [LOST, LOCKS]),
        ("ALTER TABLE t MODIFY a BIGINT NOT NULL;", [REWRITES, LOCKS]),
        ("ALTER TABLE t CONVERT TO CHARACTER SET utf8mb4;", [REWRITES, LOCKS]),
        ("ALTER TABLE t ENGINE = InnoDB;", [REWRITES, LOCKS]),
        ("ALTER TABLE t ADD COLUMN a INTEGER;", [LOCKS]),
        ("CREATE INDEX i ON t (a);", [LOCKS]),
        ("CREATE TABLE t (a INTEGER);", []),
        ("/*!50003 DROP TABLE t */;", [LOST, LOCKS]),
        ("DELETE FROM t WHERE a = 'DROP TABLE x';", [LOCKS]),
    ],
)
def test_what_a_statement_does_on_mysql(sql: str, expected: list[str]) -> None:
    assert rules("mysql", sql) == expected


CTE = "WITH RECURSIVE c (n) AS (SELECT ')' UNION SELECT n FROM c), d AS (SELECT 1)\n"


@pytest.mark.parametrize("dialect", ["sqlite", "postgres", "mysql"])
@pytest.mark.parametrize("deed", ["DELETE FROM t", "UPDATE t SET a = (1)", "INSERT INTO t SELECT n FROM c", "SELECT 1"])
def test_a_statement_after_with_counts_as_what_it_does(dialect: str, deed: str) -> None:
    assert rules(dialect, f"{CTE}{deed};") == rules(dialect, f"{deed};")
    database = migrate.DATABASES[dialect](migrate.DatabaseURL(dialect, "x"))
    bare, after = (
        database.natures([*migrate.split_statements(sql, database.syntax)])[0].traits for sql in (deed, CTE + deed)
    )
    assert after & migrate.Trait.DATA == bare & migrate.Trait.DATA
    assert after & migrate.Trait.REPEATS == bare & migrate.Trait.REPEATS & after


@pytest.mark.parametrize(
    ("dialect", "sql", "expected"),
    [
        ("postgres", "WITH c AS (DELETE FROM t RETURNING *) SELECT * FROM c;", [LOCKS]),
        ("postgres", "EXPLAIN (ANALYZE, BUFFERS) UPDATE t SET a = 1;", [LOCKS]),
        ("postgres", "EXPLAIN (ANALYZE FALSE) UPDATE t SET a = 1;", []),
        ("postgres", "WITH c AS (SELECT 'DELETE FROM t' AS \"(delete\") SELECT replace('a', 'b', 'c') FROM c;", []),
        ("mysql", "ANALYZE FORMAT=JSON WITH c AS (SELECT 1) DELETE FROM t;", [LOCKS]),
        ("mysql", "WITH c AS (SELECT REPLACE('a', 'b', 'c')) SELECT (1), REPLACE('a', 'b', 'c') FROM c;", []),
        ("sqlite", "EXPLAIN DELETE FROM t;", []),
    ],
)
def test_what_is_in_a_statement_counts_where_it_runs(dialect: str, sql: str, expected: list[str]) -> None:
    assert rules(dialect, sql) == expected


def times(desk: Desk, text: str, *words: str) -> float:
    """Return how long a command that only reads thinks about a file."""
    desk.write({"sql/1_one.up.sql": text})
    before = time.process_time()
    assert desk.here(*words).exit == 0
    return time.process_time() - before


@pytest.mark.parametrize("words", [["-v", "plan"], ["plan", "--format", "html"], ["plan", "--sql"]], ids=" ".join)
@pytest.mark.parametrize(
    "line", ["INSERT INTO t VALUES ({0});\n", "BEGIN;\nINSERT INTO t VALUES ('{0:0500}');\nCOMMIT;\n"]
)
def test_a_plan_takes_time_in_proportion_to_its_file(desk: Desk, words: list[str], line: str) -> None:
    few, many = ("CREATE TABLE t (n TEXT);\n" + "".join(map(line.format, range(number))) for number in (500, 5000))
    times(desk, few, *words)
    assert times(desk, many, *words) < 18 * times(desk, few, *words)  # of ten times the length


def test_the_verbose_plan_numbers_each_statement_and_says_what_it_does(desk: Desk) -> None:
    desk.write({
        "sql/1_one.up.sql": "-- a header\nCREATE TABLE one (id INTEGER);\n\nINSERT INTO one\nVALUES (1);\n",
        "sql/2_two.up.sql": "-- nothing\n",
    })  # fmt: skip
    ran = desk.here("-v", "plan")
    assert ran.out == (
        "1\tone\tup\t2\t0\ttransaction\tsql/1_one.up.sql\t\tlocks\n"
        "2\ttwo\tup\t0\t0\ttransaction\tsql/2_two.up.sql\tno statements in this file\t\n"
        "\n"
        "-- 1 one, statement 1 of 2: sql/1_one.up.sql:2\n"
        "-- locks: the database against every other writer  https://www.sqlite.org/lockingv3.html\n"
        "CREATE TABLE one (id INTEGER);\n"
        "\n"
        "-- 1 one, statement 2 of 2: sql/1_one.up.sql:4\n"
        "-- locks: the database against every other writer  https://www.sqlite.org/lockingv3.html\n"
        "INSERT INTO one\n"
        "VALUES (1);\n"
    )


def test_the_verbose_plan_is_coloured_where_colours_are_wanted(desk: Desk) -> None:
    desk.write({"sql/1_one.up.sql": "CREATE TABLE one (id INTEGER);\n"})
    ran = desk.here("-v", "plan", "--color", "always")
    assert "\033[" in ran.out
    assert "CREATE TABLE one (id INTEGER);" in re.sub(r"\033\[[\d;]*m", "", ran.out)


UNDER_SQUAWK = {
    "sql/1_one.up.sql": "CREATE TABLE one (id bigint);\n",
    "sql/2_two.up.sql": "-- a header\n\nCREATE INDEX two ON one (id);\n",
}


def test_what_squawk_finds_is_in_the_plan_with_its_rule_and_line(desk: Desk, postgres: object) -> None:
    desk.set(DATABASE_URL=postgres.url)  # type: ignore[attr-defined]  # a Database
    desk.write(UNDER_SQUAWK)
    (_, step) = json.loads(desk("--format", "json", "plan").out)["steps"]
    (finding,) = [each for each in step["findings"] if each["rule"] != "locks"]
    assert finding == {
        "line": 3,
        "rule": "require-concurrent-index-creation",
        "what": "During normal index creation, table updates are blocked, but reads are still allowed",
        "link": "https://squawkhq.com/docs/require-concurrent-index-creation",
    }
    assert desk("plan").out.splitlines()[1].endswith("\tlocks, require-concurrent-index-creation")


@pytest.fixture
def no_squawk(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("shutil.which", lambda *_args, **_more: None)


def test_a_plan_without_squawk_does_without(desk: Desk, no_squawk: None, tmp_path: Path) -> None:
    desk.write(UNDER_SQUAWK)
    assert list(lint("postgres", [tmp_path / "sql" / "2_two.up.sql"])) == []


def test_an_unreachable_database_says_how_to_plan_without_it(desk: Desk) -> None:
    desk.write(UNDER_SQUAWK)
    desk.set(DATABASE_URL="postgres://app:s3cret@no-such-host.invalid/app")
    for words in (["plan"], ["plan", "--sql"]):
        ran = desk(*words)
        assert (ran.exit, ran.out) == (1, "")
        assert ran.err.endswith(
            "\n     or write the script without the database:"
            "  imagor-studio-migrate plan up --sql --dialect postgres --from VERSION\n"
        )
        assert "s3cret" not in ran.err


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (
            ["plan", "--dialect", "mysql"],
            NOWHERE,
        ),
        (
            ["plan", "--from", "1"],
            NOWHERE,
        ),
        (
            ["plan", "--sql", "--from", "3"],
            "error: no migration has the version 3\nfix: write one of those here, or empty\n",
        ),
    ],
)
def test_a_plan_without_a_database_needs_a_dialect_and_a_start(desk: Desk, words: list[str], message: str) -> None:
    desk.write(UNDER_SQUAWK)
    ran = desk(*words)
    assert (ran.exit, ran.out) == (2, "")
    assert ran.err.replace("imagor-studio-migrate", "migrate") == message
