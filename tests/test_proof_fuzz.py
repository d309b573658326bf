"""Proof 9: any file that the database's own client runs, we run, with the same end; or we refuse it by name.

Scripts are put together from awkward pieces, and a few characters of them are changed. What the client refuses is of
no interest. In full length atheris, which follows the coverage, drives the lexer as well, where it can be imported.
"""

from __future__ import annotations

import itertools
import re
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import inside
import pytest
from desk import MODULE
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

import migrate

if TYPE_CHECKING:
    from pathlib import Path

    from servers import Database

AWKWARD = [
    "'",
    "''",
    '"',
    ";",
    "--",
    "/*",
    "*/",
    "\n",
    "\r\n",
    "\\",
    "$$",
    "$a$",
    "é",
    "`",
    "[",
    "]",
    "%",
    "#",
    "a",
    " ",
    "{}",
]
START = "CREATE TABLE log (v TEXT);\n"
PIECES = {
    "sqlite": [
        "INSERT INTO log VALUES ({0})", "CREATE TABLE [a;b{1}] (n)", "SELECT 1 -- it's ;\n",
        'CREATE TABLE "c"";{1}" (n)',
        "CREATE TRIGGER t{1} AFTER INSERT ON log BEGIN SELECT CASE WHEN 1 THEN 2 END; SELECT {0}; END",
        "CREATE TEMP TRIGGER t{1} AFTER DELETE ON log BEGIN UPDATE log SET v = {0}; END", "EXPLAIN SELECT {0}",
        "BEGIN", "COMMIT", "END", "SELECT CASE v WHEN {0} THEN 1 END FROM log", "CREATE VIEW v{1} AS SELECT {0} AS x",
        "PRAGMA user_version = {1}", "DELETE FROM log WHERE v = {0}", "", "/* {0} */", "SELECT x'00'",
    ],
    "postgres": [
        "INSERT INTO log VALUES ({0})", 'CREATE TABLE "c"";{1}" (n INTEGER)', "SELECT 1 -- it's ;\n",
        "SELECT E'\\'; --'",
        "CREATE FUNCTION f{1}() RETURNS TEXT LANGUAGE sql AS $f$ SELECT {0}; SELECT 'x;' $f$",
        "CREATE FUNCTION g{1}() RETURNS INTEGER LANGUAGE sql BEGIN ATOMIC; SELECT 1; SELECT 2; END",
        "DO $$ BEGIN PERFORM 1; END $$", "SELECT $a$ {0} ; $$ $a$", "/* a /* ; ' */ b */", "SELECT U&'\\0061;'",
        "CREATE RULE r{1} AS ON UPDATE TO log DO ALSO (SELECT 1; SELECT 2)", "BEGIN", "COMMIT", "", "SELECT 1 AS a;;",
        "CREATE VIEW v{1} AS SELECT {0}::text AS x", "DELETE FROM log WHERE v = {0}", "SET search_path = public",
        # An empty statement between two of these confuses psql 18.
        "COPY log FROM stdin;\n{0}\n\\.\nSELECT 1", "copy public.log from STDIN (FORMAT csv);\nit's\n\\.\nSELECT 1",
    ],
    "mysql": [
        "INSERT INTO log VALUES ({0})", "CREATE TABLE `a;b{1}` (n INTEGER)", "SELECT 1 -- it's ;\n", "SELECT 'a\\';'",
        "CREATE PROCEDURE p{1}() SELECT 1", "/*!50003 INSERT INTO log VALUES ('c') */", "# it's ;\n", "SELECT 5--1",
        "DELIMITER //\nCREATE PROCEDURE p{1}() BEGIN SELECT 1; IF 1 THEN SELECT ';'; END IF; END //\nDELIMITER ;\n",
        "SET @x = {0}", "INSERT INTO log VALUES (@x)", "", "/* {0} */", 'SELECT "a"";"',
        "DELETE FROM log WHERE v = {0}",
        "CREATE VIEW v{1} AS SELECT 'x;' AS x", "SET autocommit = 0", "COMMIT", "START TRANSACTION",
    ],
}  # fmt: skip


@st.composite
def scripts(draw: st.DrawFn, dialect: str) -> str:
    """A file of awkward pieces, with up to two changes."""
    parts = []
    for number in range(draw(st.integers(1, 5))):
        piece = draw(st.sampled_from(PIECES[dialect]))
        text = "".join(draw(st.lists(st.sampled_from(AWKWARD), max_size=4)))
        literal = "'" + text.replace("\\", "").replace("'", "''") + "'"
        parts.append(piece.replace("{0}", literal).replace("{1}", str(number)))
        parts.append(draw(st.sampled_from([";", ";\n", "; ", ";;\n", ";\r\n", ";\n-- ;'\n", "; /* ; */\n"])))
    sql = START + "".join(parts)
    for _ in range(draw(st.sampled_from([0, 0, 1, 2]))):
        place = draw(st.integers(len(START), len(sql)))
        sql = sql[:place] + draw(st.sampled_from([*AWKWARD, ""])) + sql[place + draw(st.integers(0, 1)) :]
    return sql


def end_of(database: Database) -> tuple[str, list[Any]]:
    # The clients of SQLite and MySQL read CRLF inside a text or a name as LF; we send what is in the file.
    # In a packet of several statements MySQL, not MariaDB, keeps the semicolon after a routine as a part of it.
    schema = re.sub(r"\s*;(?=\n\n|\Z)", "", database.dump().replace("\r\n", "\n"))
    return schema, sorted(str(row).replace("\\r\\n", "\\n") for row in database.query("SELECT v FROM log"))


def compare(database: Database, folder: Path, sql: str) -> str:
    """Run *sql* with the client and with us; return "same", "refused", or "no" where the client does not run it."""
    folder.mkdir()
    theirs, ours = folder / "theirs", folder / "ours"
    for each in (theirs, ours):
        each.mkdir()
    by_client = database.server.create(theirs)
    try:
        try:
            if by_client.run_client(sql).returncode:
                return "no"
        except subprocess.TimeoutExpired:
            return "no"
        wanted = end_of(by_client)
    except Exception:  # noqa: BLE001 (the script has removed the table: nothing to compare)
        return "no"
    finally:
        by_client.drop()
    by_us = database.server.create(ours)
    try:
        (ours / "sql").mkdir()
        (ours / "sql" / "1_fuzz.up.sql").write_bytes(sql.encode())
        try:
            migrate.up(migrate.Settings(migrate.DatabaseURL.parse(by_us.url), ours / "sql", retries=0))
        except migrate.FileError as error:
            assert error.where  # noqa: PT017 (that is what a refusal by name is)
            return "refused"
        except migrate.MigrateError as error:
            raise AssertionError(f"the client runs this, we do not: {sql!r}: {error}") from error
        assert end_of(by_us) == wanted, sql
        return "same"
    finally:
        by_us.drop()


@pytest.mark.long
def test_what_the_client_runs_we_run_with_the_same_end(database: Database, tmp_path: Path, full: bool) -> None:
    seen: list[str] = []
    numbers = itertools.count()
    examples = {True: {"sqlite": 3000}, False: {"sqlite": 150}}[full].get(database.dialect, 600 if full else 30)

    @given(scripts(database.dialect))
    @settings(
        max_examples=examples, derandomize=not full, deadline=None, database=None,
        phases=[Phase.generate, Phase.shrink] if full else [Phase.generate],
        suppress_health_check=list(HealthCheck),
    )  # fmt: skip
    def prove(sql: str) -> None:
        seen.append(compare(database, tmp_path / str(next(numbers)), sql))

    prove()
    assert seen.count("same") > len(seen) // 10, seen


def test_postgres_counts_the_same_statements(postgres: Database, full: bool) -> None:
    connection = postgres.connect()

    @given(scripts("postgres"))
    @settings(
        max_examples=2000 if full else 100, derandomize=not full, deadline=None, database=None,
        suppress_health_check=list(HealthCheck),
    )  # fmt: skip
    def prove(sql: str) -> None:
        connection.execute("ROLLBACK")
        connection.execute("BEGIN")
        if "COMMIT" in sql.upper() or "\\" in sql:
            return
        try:
            cursor = connection.execute(sql)
        except Exception:  # noqa: BLE001 (not a script that runs)
            return
        results = 1
        while cursor.nextset():
            results += 1
        statements = list(migrate.split_statements(sql, migrate.POSTGRES_SYNTAX))
        assert len(statements) == results, sql

    prove()
    connection.execute("ROLLBACK")


def test_mysql_executes_the_statements_that_we_find(mysql_family: Database, full: bool) -> None:
    """The general log has what the client sent: one line for a statement, as the server took it."""
    before = mysql_family.query("SELECT @@global.general_log, @@global.log_output")[0]
    mysql_family.execute("SET GLOBAL log_output = 'TABLE'", "SET GLOBAL general_log = 1")
    numbers, compared = itertools.count(), list[int]()
    logged = """SELECT argument FROM mysql.general_log WHERE command_type = 'Query' AND thread_id = (
        SELECT thread_id FROM mysql.general_log WHERE argument = 'SELECT "{}"' LIMIT 1)"""

    def code(text: str) -> str:
        return " ".join(migrate.bare(text, migrate.MYSQL_SYNTAX).split()).rstrip("; ")

    @given(scripts("mysql"))
    @settings(
        max_examples=600 if full else 60, derandomize=not full, deadline=None, database=None,
        phases=[Phase.generate, Phase.shrink] if full else [Phase.generate],
        suppress_health_check=list(HealthCheck),
    )  # fmt: skip
    def prove(sql: str) -> None:
        ours = list(inside.split(sql, lambda: migrate.MYSQL_SYNTAX))
        if any(each.fault for each in ours):
            return
        mark = f"{mysql_family.name} {next(numbers)}"
        mysql_family.execute("DROP TABLE IF EXISTS log")
        try:
            if mysql_family.run_client(f'SELECT "{mark}";\n{sql}').returncode:
                return  # it stopped at an error: what comes after that is not told
        except subprocess.TimeoutExpired:
            return
        rows = mysql_family.query(logged.format(mark))
        sent = [text.decode() if isinstance(text, bytes) else text for (text,) in rows]
        theirs = sent[sent.index(f'SELECT "{mark}"') + 1 :]
        # Comments alone are sent by some clients, and are no statement.
        assert [code(each) for each in theirs if code(each)] == [code(each.text) for each in ours], sql
        compared.append(len(ours))

    try:
        prove()
    finally:
        mysql_family.execute(
            f"SET GLOBAL general_log = {before[0]}", f"SET GLOBAL log_output = '{before[1]}'",
            "TRUNCATE TABLE mysql.general_log",
        )  # fmt: skip
    assert len(compared) > 5


def test_atheris_finds_no_text_that_breaks_the_lexer(tmp_path: Path, full: bool) -> None:
    if not full:
        pytest.skip("atheris runs in the full form only:  make prove")
    pytest.importorskip("atheris", reason="pip install atheris, which is there for some versions of Python only")
    program = (
        f"import sys; sys.path.insert(0, {str(MODULE.parent)!r})\n"
        "import atheris\n"
        "with atheris.instrument_imports(include=['migrate']):\n    import migrate\n"
        "SYNTAXES = [value for name, value in vars(migrate).items() if isinstance(value, migrate.Syntax)]\n"
        "def one(data):\n"
        "    text = atheris.FuzzedDataProvider(data).ConsumeUnicodeNoSurrogates(400)\n"
        "    for syntax in SYNTAXES:\n"
        "        last = 0\n"
        "        for each in migrate.split_statements(text, syntax):\n"
        "            assert text[each.offset:each.offset + len(each.text)] == each.text and each.offset >= last\n"
        "            last = each.offset + len(each.text)\n"
        "            assert each.line == text.count(chr(10), 0, each.offset) + 1\n"
        "            assert len(migrate.bare(each.text, syntax)) == len(each.text)\n"
        "            migrate.first_word(each.text, syntax)\n"
        "atheris.Setup([sys.argv[0], '-max_total_time=60'], one)\natheris.Fuzz()\n"
    )
    (tmp_path / "fuzz.py").write_text(program)
    ran = subprocess.run(
        [sys.executable, "fuzz.py"], cwd=tmp_path, capture_output=True, text=True, check=False, timeout=300
    )
    assert ran.returncode == 0, ran.stderr[-3000:]
