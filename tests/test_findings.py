"""What a plan says of a file before it runs: its statements, and what squawk finds in them."""

from __future__ import annotations

import json
import re
import time
from typing import TYPE_CHECKING

import pytest
from desk import Desk

import migrate

if TYPE_CHECKING:
    from pathlib import Path

    from servers import Database

NOWHERE = """\
error: a plan without a database is a script, and starts somewhere
fix: write  migrate plan{} --from {}
"""


@pytest.fixture
def desk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Desk:
    made = Desk.start(tmp_path, monkeypatch, capsys)
    made.set(MIGRATE_DIR="sql")
    return made


CTE = "WITH RECURSIVE c (n) AS (SELECT ')' UNION SELECT n FROM c), d AS (SELECT 1)\n"


@pytest.mark.parametrize("dialect", ["sqlite", "postgres", "mysql"])
@pytest.mark.parametrize("deed", ["DELETE FROM t", "UPDATE t SET a = (1)", "INSERT INTO t SELECT n FROM c", "SELECT 1"])
def test_a_statement_after_with_counts_as_what_it_does(dialect: str, deed: str) -> None:
    database = migrate.DATABASES[dialect](migrate.DatabaseURL(dialect, "x"))
    bare, after = (
        database.natures([*migrate.split_statements(sql, database.syntax)])[0].traits for sql in (deed, CTE + deed)
    )
    assert after & migrate.Trait.DATA == bare & migrate.Trait.DATA
    assert after & migrate.Trait.REPEATS == bare & migrate.Trait.REPEATS & after


def times(desk: Desk, text: str, *words: str) -> float:
    """Return how long a command that only reads thinks about a file, when nothing comes in between."""
    desk.write({"sql/1_one.up.sql": text})
    taken = list[float]()
    for _ in range(3):
        before = time.process_time()
        assert desk.here(*words).exit == 0
        taken.append(time.process_time() - before)
    return min(taken)


@pytest.mark.parametrize("words", [["-v", "plan"], ["plan", "--format", "html"], ["plan", "--sql"]], ids=" ".join)
@pytest.mark.parametrize(
    "line", ["INSERT INTO t VALUES ({0});\n", "BEGIN;\nINSERT INTO t VALUES ('{0:0500}');\nCOMMIT;\n"]
)
def test_a_plan_takes_time_in_proportion_to_its_file(desk: Desk, words: list[str], line: str) -> None:
    few, many = ("CREATE TABLE t (n TEXT);\n" + "".join(map(line.format, range(number))) for number in (500, 5000))
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


def test_the_verbose_plan_tells_statements_on_one_line_apart(desk: Desk, postgres: Database) -> None:
    desk.set(DATABASE_URL=postgres.url)
    desk.write({"sql/1_a.up.sql": "SELECT '\u00e9'; DROP TABLE a; DELETE FROM b; CREATE INDEX c\n ON b (n); DO '';\n"})
    told = re.findall(r"statement (\d)|^-- ([\w -]+): ", desk("-v", "plan", "--format", "plain").out, re.MULTILINE)
    assert " ".join(number or rule for number, rule in told) == (
        "1 2 cannot be undone locks ban-drop-table 3 every row locks 4 locks require-concurrent-index-creation"
        " 5 not seen here"
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


def test_what_squawk_finds_is_in_the_plan_with_its_rule_and_line(desk: Desk, postgres: Database) -> None:
    desk.set(DATABASE_URL=postgres.url)
    desk.write(UNDER_SQUAWK)
    (_, step) = json.loads(desk("--format", "json", "plan").out)["steps"]
    (finding,) = [each for each in step["findings"] if each["rule"] != "locks"]
    assert finding == {
        "statement": 1,
        "line": 3,
        "rule": "require-concurrent-index-creation",
        "what": "During normal index creation, table updates are blocked, but reads are still allowed",
        "link": "https://squawkhq.com/docs/require-concurrent-index-creation",
        "more": 0,
    }
    assert desk("plan").out.splitlines()[1].endswith("\trequire-concurrent-index-creation, locks writes")


def test_what_squawk_says_twice_of_one_line_is_told_once(desk: Desk, postgres: Database) -> None:
    desk.set(DATABASE_URL=postgres.url)
    desk.write({"sql/1_a.up.sql": "CREATE TABLE a (b int, c int);\n", "sql/1_a.down.sql": "DROP TABLE a;\n"})
    (step,) = json.loads(desk("--format", "json", "plan").out)["steps"]
    assert [each["rule"] for each in step["findings"]].count("prefer-bigint-over-int") == 1
    assert desk("check").err == "0 faults, 1 warning\n"


@pytest.mark.parametrize(
    ("sql", "word"),
    [
        ("ALTER TABLE a ALTER n TYPE text", "locks all"),
        ("CREATE INDEX i ON a (n)", "locks writes"),
        ("-- migrate: no-transaction\nCREATE INDEX CONCURRENTLY i ON a (n)", "locks DDL"),
        ("UPDATE a SET n = 1 WHERE n = 2", "locks rows"),
        ("UPDATE a SET n = 1 WHERE n = 2;\nALTER TABLE a ALTER n TYPE text;\nCREATE INDEX i ON a (n)", "locks all"),
    ],
)
def test_the_plan_says_in_two_words_what_the_strictest_lock_keeps_out(
    desk: Desk, postgres: Database, sql: str, word: str
) -> None:
    desk.set(DATABASE_URL=postgres.url)
    desk.write({"sql/1_a.up.sql": f"{sql};\n"})
    found = desk("plan").out.rstrip("\n").rpartition("\t")[2].split(", ")
    assert [each for each in found if each.startswith("locks")] == [word]


def test_squawk_is_not_asked_about_what_this_tool_sees_to(desk: Desk, postgres: Database) -> None:
    desk.set(DATABASE_URL=postgres.url)
    desk.write(
        {
            "sql/1_one.up.sql": "CREATE TABLE one (id bigint);\n",
            "sql/2_two.up.sql": "-- migrate: no-transaction\nCREATE INDEX CONCURRENTLY two ON one (id);\n",
        }
    )
    assert [line.rpartition("\t")[2] for line in desk("plan").out.splitlines()] == ["", "locks DDL"]


def test_a_finding_stands_for_the_statements_below_that_are_like_its_own(desk: Desk) -> None:
    insert = "INSERT INTO one VALUES ({});\n"
    desk.write({"sql/1_one.up.sql": "".join(["CREATE TABLE one (id);\n", *map(insert.format, range(3))])})
    said = [line for line in desk.here("plan", "-v").out.splitlines() if line.startswith("-- locks")]
    locks, page = "-- locks: the database against every other writer", "https://www.sqlite.org/lockingv3.html"
    assert said == [f"{locks}  {page}", f"{locks}; the same for 2 more statements below  {page}"]
    (step,) = json.loads(desk.here("--format", "json", "plan").out)["steps"]
    assert [(each["statement"], each["more"]) for each in step["findings"]] == [(1, 0), (2, 2)]


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
            NOWHERE.format(" --sql --dialect mysql", "VERSION"),
        ),
        (
            ["plan", "down", "--from", "1"],
            NOWHERE.format(" down --sql --dialect postgres", "1"),
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
