"""No error blames the wrong file or line, shows the tool's own SQL, or is taken for one of the tool's own."""

from __future__ import annotations

import contextlib
import re
from typing import TYPE_CHECKING

import pymysql
import pytest

if TYPE_CHECKING:
    from project import Project

    from servers import Database

OURS = re.compile(r"schema_migrations|statements_done|ROW_COUNT|GET_LOCK|START TRANSACTION|owner =|UNION SELECT 2\)\)")
FIRST, LAST = "CREATE TABLE first (n INTEGER);\n", "CREATE TABLE last (n INTEGER);\n"
LONG = ", ".join(f"column_{number} INTEGER" for number in range(12))

# Wrong statements, as they stand in a file. What the server says to each alone is what is to be told.
WRONG = [
    pytest.param("CREAT TABLE t (n INTEGER)", id="in the first word"),
    pytest.param("CREATE TABLE t (n INTEGR)", id="in the middle"),
    pytest.param("CREATE TABLE t (n INTEGER", id="at the end"),
    pytest.param("CREATE TABLE t (n INTEGER))", id="in the last token"),
    pytest.param("CREATE TABLE t (n INTEGER) ENGINE =", id="after the last token"),
    pytest.param("CREATE TABLE t (\n    n INTEGER,\n    m INTEGR\n)", id="in one of several lines"),
    pytest.param("CREATE TABLE t (\n    n INTEGER,\n    m INTEGER\n", id="at the end of several lines"),
    pytest.param("CREATE TABLE t (\r\n    n INTEGER,\r\n", id="at the end of several lines of Windows"),
    pytest.param("CREATE TABLE t (n INTEGER,)", id="a comma too many"),
    pytest.param("CREATE TABLE t (n INTEGER, -- a comment", id="in the middle, with a comment after it"),
    pytest.param("CREATE TABLE t (n INTEGER # a comment", id="with a comment after a sharp"),
    pytest.param("CREATE TABLE t (n INTEGER /* a comment */", id="with a comment in slashes"),
    pytest.param(f"CREATE TABEL t ({LONG})", id="more is left than is quoted"),
    pytest.param(f"CREATE TABLE t ({LONG}", id="a long one, at the end"),
    pytest.param("CREATE TABLE t (n INTEGER)) COMMENT = 'x; UPDATE y'", id="a semicolon in a text"),
    pytest.param("ALTER TABLE first ADD", id="an unfinished ALTER"),
    pytest.param("DROP TABLE", id="an unfinished DROP"),
    pytest.param("CREATE INDEX i ON first (n", id="an unfinished index"),
    pytest.param("INSERT INTO first VALUES (1", id="an unfinished INSERT"),
    pytest.param("INSERT INTO first VALUES (1),", id="an INSERT with a comma"),
    pytest.param("UPDATE first SET n = WHERE n = 1", id="an UPDATE"),
    pytest.param("SELECT", id="a lone SELECT"),
    pytest.param("SET @x =", id="an unfinished SET"),
    pytest.param("CALL", id="an unfinished CALL"),
    pytest.param("CREATE TABLE größe (n INTEGR) COMMENT 'ü'", id="letters of two bytes"),
    pytest.param("CREATE TABLE nowhere.t (n INTEGER)", id="no such database"),
    pytest.param("ALTER TABLE nothing ADD m INTEGER", id="no such table"),
    pytest.param("CREATE TABLE t (n VARCHAR(5) DEFAULT 'too long for it')", id="a default that is too long"),
    pytest.param("SELECT (SELECT 1 UNION SELECT 2)", id="two rows for one"),
    pytest.param("CREATE TABLE t AS SELECT (SELECT 1 UNION SELECT 2) AS n", id="two rows for one, in a DDL"),
    pytest.param("SELECT IF(ROW_COUNT() = 1, 0, (SELECT 1 UNION SELECT 2))", id="a copy of the guard"),
]
ROUTINES = [
    pytest.param("CREATE PROCEDURE p()\nBEGIN\n    SELECT 1;\n    SELEC 2;\nEND", id="in a body"),
    pytest.param("CREATE PROCEDURE p()\nBEGIN\n    SELECT 1;\nEND END", id="after the end of a body"),
    pytest.param("CREATE FUNCTION f() RETURNS INTEGER\nRETURN", id="an unfinished function"),
    pytest.param("CREATE FUNCTION f() RETURNS INTEGER\nBEGIN\n    RETURN 1;\n", id="a function without its end"),
    pytest.param("CREATE FUNCTION f() RETURNS INTEGER\nBEGIN\n    RETURN 1\nEND", id="before the end of a function"),
    pytest.param("CREATE TRIGGER g BEFORE INSERT ON first FOR EACH ROW SET NEW.n =", id="an unfinished trigger"),
]
UNCLOSED = [
    pytest.param("CREATE PROCEDURE p()\nBEGIN\n    SELECT 1;\n    SELECT 2\nEND", id="before the end of a body"),
    pytest.param("CREATE PROCEDURE p()\nBEGIN\n    IF 1 THEN\n        SELECT 2;\nEND", id="an IF without its end"),
]


def answer(database: Database, statement: str) -> str:
    """Return what the server says to a statement that comes alone."""
    with contextlib.closing(database.connect()) as connection, pytest.raises(pymysql.Error) as raised:
        connection.cursor().execute(statement)
    return str(raised.value.args[1])


def told_of(message: str) -> str:
    """What is made of an answer: of a syntax error, the line that it counts is said by the place in the file."""
    found = re.fullmatch(r"(?s)(.*); check the manual .* near '(.*)' at line \d+", message)
    if not found:
        return message
    quoted = found[2].split("\n")[0]
    return f"{found[1]} near '{quoted}'" if found[2] else f"{found[1]}: it is not complete"


def line_of(message: str) -> int:
    """The line that a syntax error counts in its statement, from 1."""
    return int((re.search(r"at line (\d+)\Z", message) or [0, 1])[1])


def told(project: Project, line: int) -> str:
    """Run ``up``, which fails at that line of the second file; return the message, without its place."""
    ran = project("up")
    assert ran.exit == 1, ran.err
    shown = re.sub(r"^ +\d+ \| .*", "", ran.err, flags=re.MULTILINE)  # a line of the file
    assert not OURS.search(shown.replace("table schema_migrations says dirty", ""))
    place = re.search(r"^  --> sql/2_file\.up\.sql:(\d+)", ran.err, re.MULTILINE)
    assert place, ran.err
    assert int(place[1]) == line, ran.err
    return ran.err.removeprefix("error: ").partition("\n  --> ")[0]


@pytest.mark.databases("mysql")
@pytest.mark.parametrize("where", ["first", "middle", "last", "alone", "without an end"])
@pytest.mark.parametrize("statement", WRONG)
def test_mysql_is_quoted_as_if_the_statement_had_come_alone(project: Project, statement: str, where: str) -> None:
    project.database.execute("CREATE TABLE IF NOT EXISTS first (n INTEGER)")
    head, tail = (
        "CREATE TABLE more (n INTEGER);\n",
        f"\n;\n{LAST}" if "--" in statement or "#" in statement else f";\n{LAST}",
    )
    before = head if where in {"middle", "last"} else ""
    after = tail if where in {"first", "middle"} else "" if where == "without an end" else tail.removesuffix(LAST)
    expected = answer(project.database, statement)
    project.write({"1_before": "SELECT 1;", "2_file": before + statement + after, "3_after": "SELECT 1;"})
    assert told(project, (1 if before else 0) + line_of(expected)) == told_of(expected)


@pytest.mark.databases("mysql")
def test_mysql_is_quoted_as_ever_where_the_statement_ends_about_as_far_as_it_quotes(project: Project) -> None:
    for length in range(70, 90):
        statement = "CREATE TABEL t (n INTEGER COMMENT 'Comment ".ljust(length + 6, "x") + "')"
        project.write({"2_file": f"{statement};\n{LAST}"})
        assert told(project, 1) == told_of(answer(project.database, statement)), length


@pytest.mark.databases("mysql")
@pytest.mark.parametrize("where", ["first", "last"])
@pytest.mark.parametrize("statement", ROUTINES)
def test_mysql_is_quoted_right_about_a_routine_with_a_delimiter(project: Project, statement: str, where: str) -> None:
    project.database.execute("CREATE TABLE first (n INTEGER)")
    expected = answer(project.database, statement)
    head, tail = ("", LAST) if where == "first" else (LAST, "")
    project.write({"2_file": f"{head}DELIMITER $$\n{statement}$$\nDELIMITER ;\n{tail}"})
    assert told(project, (1 if where == "first" else 2) + line_of(expected)) == told_of(expected)


@pytest.mark.databases("mysql")
@pytest.mark.parametrize("frame", ["{};", "DELIMITER $$\n{}$$\nDELIMITER ;\n"], ids=["alone", "with a delimiter"])
@pytest.mark.parametrize("statement", UNCLOSED)
def test_where_mysql_would_find_no_end_nothing_is_run(project: Project, statement: str, frame: str) -> None:
    answer(project.database, statement)
    project.write({"1_before": "SELECT 1;", "2_file": LAST + frame.format(statement)})
    ran = project("up")
    assert ran.exit == 2
    assert ran.err == (
        "error: a block in this is not closed: its own END, or a semicolon before that, is missing\n"
        f"  --> sql/2_file.up.sql:{2 + frame.count('DELIMITER') // 2}:1\n"
        f"  {2 + frame.count('DELIMITER') // 2} | CREATE PROCEDURE p()\n      ^\nnothing was run.\n"
        "fix: end each block as it began, IF with END IF, LOOP with END LOOP, and each statement in it with a"
        " semicolon\n"
    )
    assert project.database.tables() == []


@pytest.mark.databases("mysql")
@pytest.mark.parametrize(
    "statement",
    ["INSERT INTO t VALUES ('this is too long; UPDATE schema', 1)", "INSERT INTO t VALUES ('a', 'x; COMMIT')",
     "INSERT INTO t VALUES ('a', 1), ('a', 2)", "UPDATE t SET n = 'it''s no number'"],
)  # fmt: skip
def test_mysql_is_quoted_as_it_is_about_data(project: Project, statement: str) -> None:
    project.database.execute("CREATE TABLE t (v VARCHAR(5) UNIQUE, n INTEGER)", "INSERT INTO t VALUES ('b', 5)")
    expected = answer(project.database, statement)
    project.write({"2_file": f"{FIRST}{statement};\n{LAST}"})
    assert told(project, 2) == expected
    assert project.history() == [("2", True, 3, 1)]


# --- a person's own error has the number of one of ours -------------------------------------------------------------


@pytest.mark.databases("postgres")
@pytest.mark.parametrize("journaled", [False, True], ids=["in a transaction", "no-transaction"])
@pytest.mark.parametrize("place", ["first", "last"])
@pytest.mark.parametrize(
    ("wrong", "words"),
    [("SELECT 1/0", "division by zero"), ("SELECT 1 / (n > 5)::integer FROM twice", "division by zero"),
     ("INSERT INTO unique_ SELECT n FROM twice", "duplicate key value violates unique constraint"),
     ("CREATE UNIQUE INDEX i ON twice (n)", "could not create unique index"),
     ("SELECT (SELECT 1 UNION SELECT 2)", "more than one row returned by a subquery")],
)  # fmt: skip
def test_an_error_of_a_postgres_file_is_not_taken_for_one_of_ours(
    project: Project, wrong: str, words: str, place: str, journaled: bool
) -> None:
    project.database.execute("CREATE TABLE twice (n INTEGER)", "INSERT INTO twice VALUES (1), (1)")
    project.database.execute("CREATE TABLE unique_ (n INTEGER UNIQUE)")
    head = "-- migrate: no-transaction\n" if journaled else ""
    project.write({"2_file": head + (f"{wrong};\n{LAST}" if place == "first" else f"{FIRST}{wrong};\n")})
    line = 1 + journaled + (place == "last")
    said = told(project, line)
    assert words in said
    ran = project("up")
    assert f"sql/2_file.up.sql:{line}" in ran.err
    assert "another run" not in ran.err
    assert "row of this version" not in ran.err
    stays = journaled and place == "last"
    assert project.states() == {"2": "dirty (1 of 2)" if stays else "pending"}


@pytest.mark.parametrize("place", ["first", "last"])
@pytest.mark.parametrize(
    "wrong",
    ["CREATE UNIQUE INDEX i ON twice (n)", "INSERT INTO unique_ SELECT n FROM twice"],
)
def test_a_duplicate_key_in_a_file_is_not_taken_for_a_rivals_claim(project: Project, wrong: str, place: str) -> None:
    project.database.execute("CREATE TABLE twice (n INTEGER)", "INSERT INTO twice VALUES (1), (1)")
    project.database.execute("CREATE TABLE unique_ (n INTEGER UNIQUE)")
    project.write({"2_file": f"{wrong};\n{LAST}" if place == "first" else f"{FIRST}{wrong};\n"})
    said = told(project, 1 if place == "first" else 2)
    assert re.search("(?i)unique|duplicate", said)
    stays = place == "last" and project.database.dialect == "mysql"
    assert project.states() == {"2": "dirty (1 of 2)" if stays else "pending"}
    assert project.log() == [("2", "up", "failed")]
    project.database.execute("DELETE FROM twice")
    project.succeed("up")
