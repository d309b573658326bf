"""Letters that an encoding does not have, names of any kind, and rows of the history that nobody here has written."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING
from urllib.parse import quote

import pytest
from clients import run
from project import Project, Refused

if TYPE_CHECKING:
    from collections.abc import Iterator


def within(project: Project, name: str, *statements: str) -> Iterator[Project]:
    """Yield the same files on a database of that *name*, which *statements* make."""
    project.database.execute(*statements)
    try:
        url = f"{project.database.url.rpartition('/')[0]}/{quote(name, safe='')}"
        client = tuple(
            each.replace(project.database.name, quote(name, safe="") if "://" in each else name)
            for each in project.database.client
        )
        yield replace(project, database=replace(project.database, name=name, url=url, client=client))
    finally:
        project.database.execute(f"DROP DATABASE {project.database.quoted(name)}")


# --- PostgreSQL: a database that does not have every letter ----------------------------------------------------------

ENCODINGS = {"LATIN1": "→", "WIN1252": "Ж", "KOI8R": "é", "EUC_JP": "🐘"}


@pytest.fixture(params=ENCODINGS)
def narrow(project: Project, request: pytest.FixtureRequest) -> Iterator[tuple[Project, str]]:
    name = f"{project.database.name}_{request.param}"
    made = f"CREATE DATABASE \"{name}\" ENCODING '{request.param}' LOCALE 'C' TEMPLATE template0"
    for inside in within(project, name, made):
        yield inside, ENCODINGS[request.param]


@pytest.mark.databases("postgres")
def test_a_letter_that_the_database_does_not_have_may_stand_in_comments_and_nowhere_else(
    narrow: tuple[Project, str],
) -> None:
    project, letter = narrow
    note = f"-- {letter}"
    project.write({
        f"1_a{letter}": f"{note}\nCREATE TABLE a (n INT) {note}\n; {note}",
        f"1_a{letter}.down": f"DROP TABLE a; {note}", "2_b.down": f"DROP TABLE b; {note}",
        "2_b": f"-- migrate: no-transaction\nCREATE TABLE b (n INT) /* {letter} */;",
    })  # fmt: skip
    assert run(project.database, project.succeed("plan", "--sql", "1").out).returncode == 0
    project.succeed("up")
    project.remove("2_b", "2_b.down")
    project.write({"2_other": "SELECT 1;"})
    assert "\nnothing" not in project.succeed("down", "--all").err  # what is stored runs, too
    assert project.database.tables() == []
    project.write({"3_c": f"CREATE TABLE c (n INT);\nCOMMENT ON TABLE c IS '{letter}';"})
    ran = project("up")
    assert (ran.exit, project.database.tables()) == (2, [])
    assert f"does not have the letter {letter}\n  --> sql/3_c.up.sql:2:24\n" in ran.err
    assert "fix: write it without, or move to a database in UTF8: it has every letter" in ran.err


@pytest.mark.databases("postgres")
@pytest.mark.parametrize("first", ["", "-- migrate: no-transaction\n"], ids=["at once", "one by one"])
@pytest.mark.parametrize("encoding", ["LATIN1", "SQL_ASCII", "EUC_TW"])
def test_what_a_file_sets_as_its_encoding_is_for_the_file_alone(project: Project, encoding: str, first: str) -> None:
    project.write({
        "1_naïve→": f"{first}CREATE TABLE t (s TEXT);\nSET client_encoding = '{encoding}';\n"
                    "CREATE TABLE u AS SELECT octet_length('→') AS n, current_setting('client_encoding') AS e;",
        "1_naïve→.down": "DROP TABLE t; DROP TABLE u; -- →",
    })  # fmt: skip
    if encoding == "EUC_TW":
        assert project("up").exit == 1  # these bytes are no letter in it, as the client would say
        assert project.states() == {"1": "dirty (1 of 3)" if first else "pending"}
        return
    project.succeed("up")
    assert project.rows("SELECT n, e FROM u") == [(6 if encoding == "LATIN1" else 3, encoding)]  # as psql reads it
    assert project.rows("SELECT name, down_sql FROM schema_migrations") == [
        ("naïve→", "DROP TABLE t; DROP TABLE u; -- →")]  # fmt: skip


# --- MySQL, MariaDB --------------------------------------------------------------------------------------------------


@pytest.mark.databases("mysql")
def test_the_charset_of_the_url_is_what_a_literal_becomes(project: Project) -> None:
    url = f"{project.database.url}?charset=latin1"
    project.write({
        "1_→": "CREATE TABLE `→` (s VARCHAR(9) CHARACTER SET utf8mb4); -- →\n"
               "INSERT INTO `→` VALUES ('é'), (_utf8mb4'→'), (@@character_set_connection);",
        "1_→.down": "DROP TABLE `→`; -- →",
    })  # fmt: skip
    assert project("up", url=url).exit == 0
    assert project.rows("SELECT s FROM `→`") == [("é",), ("→",), ("latin1",)]
    assert project.rows("SELECT name, down_sql FROM schema_migrations") == [("→", "DROP TABLE `→`; -- →")]
    project.write({"2_b": "CREATE TABLE b (n INT);\nALTER TABLE b COMMENT 'a → b';"})
    ran = project("up", url=url)
    assert (ran.exit, ran.err) == (2, (
        "error: the charset of the URL, latin1, does not have the letter →\n  --> sql/2_b.up.sql:2:26\n"
        "  2 | ALTER TABLE b COMMENT 'a → b';\n                               ^\nnothing was run.\n"
        "fix: take charset out of the URL, or write  SET NAMES utf8mb4;  before it\n"))  # fmt: skip
    project.write({"2_b": "SET NAMES utf8mb4;\nCREATE TABLE b (n INT) COMMENT 'a → b';"})
    assert project("up", url=url).exit == 0
    for wrong in "charset=nonsense", "collation=nonsense":
        ran = project("status", url=f"{project.database.url}?{wrong}")
        assert (ran.exit, "'nonsense'" in ran.err, "Traceback" in ran.err) == (2, True, False)


@pytest.mark.databases("mysql")
@pytest.mark.parametrize(("sql", "read"), [
    ("SET NAMES latin1", "Ã¶"), ("SET character_set_client = latin1", "Ã¶"),
    ("SET character_set_results = latin1", "ö"), ("SET character_set_results = NULL", "ö"),
    ("SET collation_connection = latin1_bin", "ö"),
])  # fmt: skip
def test_what_a_file_sets_as_its_charset_is_for_the_file_alone(project: Project, sql: str, read: str) -> None:
    files = {"1_ö": f"{sql};\nCREATE TABLE a (s VARCHAR(9) CHARACTER SET utf8mb4);\nINSERT INTO a VALUES ('ö');\n"}
    project.write({"1_ö": f"{files['1_ö']}CREATE TABLE a (n INT);", "1_ö.down": "DROP TABLE a, b; -- löschen"})
    assert "error: Table 'a' already exists\n" in project("up").err
    project.write({"1_ö": f"{files['1_ö']}CREATE TABLE b (n INT);"})
    project.succeed("up")
    assert project.rows("SELECT s FROM a") == [(read,)]  # as the client reads it
    assert project.rows("SELECT name, down_sql FROM schema_migrations") == [("ö", "DROP TABLE a, b; -- löschen")]


LOCAL = [
    "LOAD DATA LOCAL INFILE '/etc/passwd' INTO TABLE t;",
    "LOAD XML LOW_PRIORITY LOCAL INFILE '/etc/passwd' INTO TABLE t;",
    "LOAD /* a */ DATA /*!LOCAL*/ -- b\nINFILE '/etc/passwd' INTO TABLE t;",
    "SET STATEMENT max_statement_time = 1 FOR LOAD DATA LOCAL INFILE '/etc/passwd' INTO TABLE t;",
]


@pytest.mark.databases("mysql")
def test_a_file_of_this_machine_is_never_sent(project: Project) -> None:
    for sql in LOCAL:
        Refused("a server could ask for any file of yours", 2).judge(project, f"CREATE TABLE t (s TEXT);\n{sql}")
    project.write({"2_file": "CREATE TABLE t (local INT);\nPREPARE s FROM 'LOAD DATA LOCAL INFILE 1';"})
    assert project("up").exit == 1  # the server says no: nothing in it could be sent


# --- names -----------------------------------------------------------------------------------------------------------

NAMES = ["a%sb?", "$migrate$ $migrate0$", "it's `\\ \n{0}//", "naïve"]


@pytest.mark.databases("server")
@pytest.mark.parametrize("name", NAMES)
def test_a_database_may_have_any_name_and_so_may_what_is_in_it(project: Project, name: str) -> None:
    quoted = project.database.quoted(name)
    made = [f"CREATE DATABASE {quoted}"]
    if project.database.dialect == "postgres":
        made.append(f"ALTER DATABASE {quoted} SET search_path = {quoted}")
    for inside in within(project, name, *made):
        if project.database.dialect == "postgres":
            inside.database.execute(f"CREATE SCHEMA {quoted}")
        inside.write({"1_a": f"CREATE TABLE {quoted} ({quoted} INT);", "1_a.down": f"DROP TABLE {quoted};"})
        assert run(inside.database, inside.succeed("plan", "--sql").out).returncode == 0
        assert inside.states() == {"1": "applied"}
        inside.succeed("down")
        inside.succeed("up")
        inside.succeed("reset", "--yes")
        assert inside.states() == {"1": "applied"}


@pytest.mark.databases("postgres")
def test_a_name_is_not_taken_for_a_word_that_this_tool_looks_for(project: Project) -> None:
    project.write({"1_a": (
        'CREATE TABLE p ("CONCURRENTLY" INT) PARTITION BY LIST ("CONCURRENTLY");\nCREATE SCHEMA s;\n'
        "CREATE TABLE s.concurrently PARTITION OF p DEFAULT;\nREINDEX TABLE s.concurrently;\n"
        "ALTER TABLE p DETACH PARTITION s.concurrently;\nCREATE TABLE stdin (n INT);\n"
        "COPY (SELECT n FROM stdin) TO '/nonesuch/file';")})  # fmt: skip
    ran = project("up")
    assert ran.exit == 1
    assert 'error: could not open file "/nonesuch/file" for writing' in ran.err
    assert "\n  --> sql/1_a.up.sql:7\n" in ran.err


@pytest.mark.databases("mysql")
def test_a_user_variable_is_not_the_setting_of_that_name(project: Project) -> None:
    names = "transaction_read_only", "tx_read_only", "sql_auto_is_null"
    project.write({"1_a": "".join(f"SET @{name} = 1;\n" for name in names) + (
        "CREATE TABLE t (release_all_locks INT);\nSELECT release_all_locks FROM t;")})  # fmt: skip
    project.succeed("up")


# --- rows of the history ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("version", ["abc", "", "-5", "1.5", " 1", "\uff11", "NULL"])
def test_a_row_whose_version_is_no_number_is_told_with_what_takes_it_out(project: Project, version: str) -> None:
    project.write({"1_a": "CREATE TABLE a (n INTEGER);"})
    project.succeed("up")
    project.database.execute(f"UPDATE schema_migrations SET version = '{version}'")
    for words in ["status"], ["up"], ["down"], ["plan", "--sql"], ["repair", "1", "--applied"], ["reset", "--yes"]:
        ran = project(*words)
        assert ran.exit == 4
        assert ran.err.startswith(
            f"error: the history has a row that this tool has not written: version {version!r}, at "
        ), words
    way = ran.err.partition("take it out:  ")[2].strip()
    project.database.execute(way)
    assert project.states() == {"1": "pending"}


@pytest.mark.parametrize(("stored", "why"), [
    ("-- migrate: nonsense\nDROP TABLE a;",
     'unknown word "nonsense" after "-- migrate:", which knows '  # noqa: ISC004 (one text)
     '"no-transaction" and "only DIALECT", with a comma between'),
    ("DROP TABLE a; -- \ufffd", "a letter in it is none"),
])  # fmt: skip
def test_a_stored_text_that_cannot_run_is_told_and_counts_only_where_there_is_no_file(
    project: Project, stored: str, why: str
) -> None:
    project.write({"0_z": "SELECT 1;", "1_a": "CREATE TABLE a (n INTEGER);", "1_a.down": "DROP TABLE a;"})
    project.succeed("up")
    change = f"UPDATE schema_migrations SET down_sql = '{stored}' WHERE version = '1'"
    project.database.execute(change)
    project.succeed("down")
    project.succeed("up")
    project.database.execute(change)
    project.remove("1_a", "1_a.down")
    ran = project("down")
    assert (ran.exit, ran.err.splitlines()[0]) == (
        4,
        ("error: 1 a cannot be undone: its down file is not here, and the text stored for it cannot run: " + why),
    )
    project.write({"1_a": "CREATE TABLE a (n INTEGER);", "1_a.down": "DROP TABLE a;"})
    project.succeed("down")
