"""`plan --sql`: a script that a DBA runs with the database's own client, to the same end as `up` and `down`.

Two databases that nobody can tell apart: one is migrated by us, its twin by scripts. Both must end with the same
catalogue, the same rows, and histories that differ in time and person only.
"""

from __future__ import annotations

import contextlib
import difflib
import itertools
import json
import os
import re
import shutil
import subprocess
import time
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest
import rig
from clients import command, run, run_well, start
from corpus import FEATURES, HISTORY, SHIPPED, rows, schema, ups
from desk import RUNNER, clean_environment
from project import Project, Ran, another

import migrate
from migrate_review.clients import BEGINS, ENDS, SCRIPTS
from migrate_review.script import write_script

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from servers import Database

DIFFERS = {"applied_at", "took_ms", "applied_by", "at", "id"}  # ids are numbers of attempts, and may have gaps
COUNTER = "CREATE TABLE counter (n INTEGER NOT NULL);\n"
THREE = {
    "1_one": f"{COUNTER}INSERT INTO counter (n) VALUES (1);\n",
    "1_one.down": "DROP TABLE counter;\n",
    "2_two": "CREATE TABLE two (n INTEGER);\nINSERT INTO counter (n) VALUES (2);\n",
    "2_two.down": "DELETE FROM counter WHERE n = 2;\nDROP TABLE two;\n",
    "3_three": "CREATE TABLE three (n INTEGER);\nINSERT INTO counter (n) VALUES (3);\n",
    "3_three.down": "DELETE FROM counter WHERE n = 3;\nDROP TABLE three;\n",
}


# --- Two databases, and the client ----------------------------------------------------------------------------------


@pytest.fixture
def twin(project: Project) -> Iterator[Project]:
    with another(project, "twin") as twin:
        yield twin


def script_of(project: Project, *words: str) -> str:
    """Return what `plan --sql` prints."""
    ran = project("plan", *words, "--sql")
    assert ran.exit == 0, ran.err
    assert ran.out
    return ran.out


def assert_has_run(project: Project, script: str) -> None:
    """Run *script* again, once MySQL has let go of the lock of a client that has ended: there is nothing to do."""
    said = [assert_stops(project, script)]

    def is_alone() -> bool:
        if "another runner" in said[-1]:
            said.append(assert_stops(project, script))
        return "another runner" not in said[-1]

    rig.until(is_alone)
    assert "nothing to do: this plan has run already" in said[-1]


def catalogue(database: Database) -> str:
    """Return the schema without two things that the way of a statement leaves in the text that is kept of it.

    The clients of SQLite and MySQL read CRLF as LF. In a packet of several statements MySQL, not MariaDB, keeps the
    semicolon after a routine as a part of it.
    """
    text = schema(database).replace("\r\n", "\n")
    return re.sub(r"\s*;(?=\n\n|\Z)", "", text) if database.dialect == "mysql" else text


def history(database: Database) -> dict[str, list[dict[str, Any]]]:
    """Return the history and the log without what must differ; {} where there is none."""
    found: dict[str, list[dict[str, Any]]] = {}
    with contextlib.closing(database.connect()) as connection:
        for table, order in ((HISTORY, "version"), (f"{HISTORY}_log", "id")):
            cursor = connection.cursor()
            try:
                cursor.execute(f"SELECT * FROM {table} ORDER BY {order}")
            except Exception:  # noqa: BLE001 (no such table, in three drivers' words)
                return {}
            names = [column[0] for column in cursor.description]
            lines = [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]
            found[table] = [{name: line[name] for name in names if name not in DIFFERS} for line in lines]
    return found


def state(database: Database) -> tuple[str, dict[str, list[str]], dict[str, list[dict[str, Any]]]]:
    """Return all that must be the same."""
    return catalogue(database), rows(database), history(database)


def assert_same(ours: Project, theirs: Project, what: str) -> None:
    mine, other = lines(state(ours.database)), lines(state(theirs.database))
    assert (what, list(difflib.unified_diff(mine, other, "up", "script", lineterm="", n=1))) == (what, [])
    assert (what, theirs.states()) == (what, ours.states())


def lines(found: tuple[str, dict[str, list[str]], dict[str, list[dict[str, Any]]]]) -> list[str]:
    """Return a state as lines, so that a difference is shown in few of them."""
    text, by_table, by_history = found
    return [
        *text.splitlines(),
        *(f"{table}: {row}" for table, held in by_table.items() for row in held),
        *(f"{table}: {row}" for table, held in by_history.items() for row in held),
    ]


def assert_stops(project: Project, script: str) -> str:
    """Run *script*: an error of the client, which is returned, and nothing changes."""
    before = state(project.database)
    ran = run(project.database, script)
    assert ran.returncode != 0
    assert ran.stderr
    assert state(project.database) == before
    return ran.stderr.decode()


def copy_corpus(project: Project) -> list[str]:
    """Put the whole corpus into sql/; return the versions."""
    dialect = project.database.dialect
    shutil.copytree(FEATURES / dialect, project.home / "sql", dirs_exist_ok=True)
    return [path.name.partition("_")[0] for path in ups(dialect)]


# --- The same end ---------------------------------------------------------------------------------------------------


@pytest.mark.long
def test_each_file_of_the_corpus_ends_the_same_up_and_down(
    project: Project, twin: Project, full: bool, seed: int
) -> None:
    """In the short form every third of them does."""
    versions = copy_corpus(project)
    ways = [("up", version) for version in versions] + [("down", version) for version in reversed(versions)]
    for number, (way, version) in enumerate(ways, seed):
        if full or number % 3 == 0:
            script = script_of(twin, way, "1")
            project.succeed(way, "1")
            run_well(twin.database, script)
            assert_same(project, twin, f"{version} {way}, --seed {seed}")
        else:
            for each in (project, twin):
                each.succeed(way, "1")


@pytest.mark.long
def test_the_corpus_in_as_few_scripts_as_the_client_allows_ends_the_same(project: Project, twin: Project) -> None:
    """One, but where a file leaves something in the session that its client cannot forget: plan says so, and where."""
    versions = copy_corpus(project)
    assert run_in_pieces(twin) <= 4
    project.succeed("up")
    assert_same(project, twin, "up")
    assert run_in_pieces(twin, "down", str(len(versions))) <= 4
    project.succeed("down", "--all", "--yes")
    assert_same(project, twin, "down")
    assert len(versions) == twin.database.query(f"SELECT count(*) FROM {HISTORY}_log WHERE action = 'down'")[0][0]


def run_in_pieces(project: Project, *words: str) -> int:
    """Run all that `plan --sql` plans, split where it says how; return the number of scripts."""
    for number in range(1, 20):
        ran = project("plan", *words, "--sql")
        if ran.exit == 2:
            count = re.search(r"migrate plan \w+ (\d+) --sql", ran.err)
            assert count, ran.err
            assert ran.out == ""
            ran = project("plan", *words[:1], count[1], "--sql")
        assert ran.exit == 0, ran.err
        if not ran.out:
            return number - 1
        run_well(project.database, ran.out)
    raise AssertionError("there is always something to plan")


def test_the_shipped_migrations_in_one_script_end_the_same(project: Project, twin: Project) -> None:
    shutil.copytree(SHIPPED / project.database.dialect, project.home / "sql", dirs_exist_ok=True)
    run_well(twin.database, script_of(twin))
    project.succeed("up")
    assert_same(project, twin, "up")
    run_well(twin.database, script_of(twin, "down", "4"))
    project.succeed("down", "--all", "--yes")
    assert_same(project, twin, "down")
    run_well(twin.database, script_of(twin, "--to", "20250816"))
    project.succeed("up", "--to", "20250816")
    assert_same(project, twin, "up to the second")


def test_a_script_goes_on_where_up_has_stopped_and_up_where_a_script_has(project: Project, twin: Project) -> None:
    project.write(THREE)
    twin.succeed("up", "1")
    run_well(twin.database, script_of(twin, "1"))
    twin.succeed("up")
    project.succeed("up")
    assert_same(project, twin, "by turns")


@pytest.mark.long
def test_a_hostile_environment_changes_nothing(project: Project, twin: Project) -> None:
    """What a DBA has set for other work: encodings of old terminals, settings in a start-up file."""
    copy_corpus(project)
    home = project.home / "home"
    home.mkdir()
    (home / ".sqliterc").write_text("PRAGMA foreign_keys = ON;\n.bail off\n.headers on\n.mode box\n.nullvalue NULL\n")
    hostile = {
        "HOME": str(home), "LC_ALL": "C", "LANG": "C", "PGCLIENTENCODING": "LATIN1", "PGTZ": "Asia/Tokyo",
        "PGOPTIONS": "-c default_transaction_isolation=serializable -c datestyle=German",
    }  # fmt: skip
    options = home / "my.cnf"
    options.write_text("[client]\ndefault-character-set = latin1\n[mysql]\nsafe-updates\nskip-comments\n")
    counts = {"sqlite": ["16"], "postgres": ["19"], "mysql": ["5", "9"]}[project.database.dialect]  # the fifth has CALL
    for count in counts:
        run_well(twin.database, script_of(twin, count), options, **hostile)
        project.succeed("up", count)
    assert_same(project, twin, "hostile")


def test_a_table_of_another_name_is_the_history_of_the_script_too(project: Project, twin: Project) -> None:
    project.write(THREE)
    named = replace(twin, table="changes_made")
    run_well(twin.database, script_of(named))
    assert set(named.states().values()) == {"applied"}
    assert [version for version, *_ in named.history()] == ["1", "2", "3"]
    assert history(twin.database) == {}


def test_planning_writes_nothing_to_the_database(project: Project) -> None:
    project.write(THREE)
    script_of(project)
    assert history(project.database) == {}
    project.succeed("up", "1")
    before = state(project.database)
    script_of(project)
    script_of(project, "down", "1")
    assert state(project.database) == before


def test_the_script_names_each_file_with_its_checksum_and_has_its_text(project: Project) -> None:
    folder = SHIPPED / project.database.dialect
    shutil.copytree(folder, project.home / "sql", dirs_exist_ok=True)
    script = script_of(project)
    places = []
    for migration in migrate.find_migrations(folder):
        assert f"{migration.version}_{migration.name}.up.sql" in script
        assert migration.up.checksum in script
        statements = migrate.split_statements(migration.up.sql, migrate.POSTGRES_SYNTAX)
        places += [script.find(statement.text) for statement in statements]
    assert -1 not in places
    assert places == sorted(places)
    assert "***" in script or project.database.dialect == "sqlite"


@pytest.mark.parametrize("journaled", [False, True], ids=["plain", "no-transaction"])
def test_the_text_of_the_files_stands_between_marks_and_all_else_is_ours(project: Project, journaled: bool) -> None:
    head = JOURNALED if journaled else ""
    project.write({name: head + text for name, text in THREE.items()})
    script = script_of(project)
    assert f'-- What stands between "{BEGINS}" and "{ENDS}" is the text of a file as it is.\n' in script
    parts = re.split(f"^{BEGINS}\n(.*?)^{ENDS}\n", script, flags=re.MULTILINE | re.DOTALL)
    theirs, ours = "".join(parts[1::2]), "".join(parts[::2])
    for name, text in THREE.items():
        for statement in text.splitlines():
            within = statement.rstrip(";")
            assert (name, within in theirs) == (name, "down" not in name)
            assert (name, within in ours) == (name, "down" in name)  # a down file is kept in the history
    assert "schema_migrations" not in theirs


def test_a_script_prints_how_far_it_is(project: Project) -> None:
    project.write(THREE | {"2_two": "CREATE TABLE two (n INTEGER);\nSELECT wrong;\n"})
    ran = printed(project.database, script_of(project))
    assert said(ran) == ["1 of 3  up  1 one", "2 of 3  up  2 two"]
    project.write({"2_two": THREE["2_two"]})
    if project.states()["2"] != "pending":  # MySQL: as up goes on
        project.succeed("up", "1")
    ran = printed(project.database, script_of(project, "up", "1"))
    assert said(ran)[-1] == "The end: 1 migration."
    ran = printed(project.database, script_of(project, "down"))
    assert said(ran) == ["1 of 1  down  " + said(ran)[0].partition("  down  ")[2], "The end: 1 migration."]


def said(printed: str) -> list[str]:
    return [line for line in printed.splitlines() if re.match(r"\d+ of \d+  |The end", line)]


def printed(database: Database, script: str) -> str:
    """Return what the client prints on stdout."""
    words, environment = command(database), {**os.environ, "MYSQL_PWD": database.password}
    ran = subprocess.run(words, input=script.encode(), capture_output=True, env=environment, check=False, timeout=120)
    return ran.stdout.decode()


@pytest.mark.parametrize("text", ["it's", 'a "b"', "a\\b", "`date` :x %s", "é"])
def test_what_is_printed_is_what_is_said(database: Database, text: str) -> None:
    lines, writer = list[str](), SCRIPTS[database.dialect](migrate.DatabaseURL.parse(database.url))
    writer.hand_on = lines.append
    writer.tell(f"1 of 1  {text}")
    writer.flush()
    shown = f"1 of 1  {text}"
    # The mysql client shows a backslash as two.
    assert said(printed(database, "".join(lines))) == [
        shown.replace("\\", "\\\\") if database.dialect == "mysql" else shown
    ]


# --- What a client cannot say ---------------------------------------------------------------------------------------

JOURNALED = "-- migrate: no-transaction\n"
REFUSED = {
    "sqlite": {
        "CRLF inside a text": "CREATE TABLE t (a TEXT);\nINSERT INTO t VALUES ('x\r\ny');\n",
        "what drops the notes of the script": 'SELECT 1;\nPRAGMA main."temp_store" (2);\n',
    },
    "mysql": {
        "CRLF inside a text": "CREATE TABLE t (a TEXT);\nINSERT INTO t VALUES ('x\r\ny');\n",
        "a backslash at the end of a line in a name": "SELECT 1;\nCREATE TABLE t (`a\\\nb` INTEGER);\n",
        "a backslash at the end of a line in a name in double quotes": "SET sql_mode = 'ANSI_QUOTES';\n"
        'CREATE TABLE t ("a\\\nb" INTEGER);\n',
        "a backslash before the end of a quoted name": "SET sql_mode = 'ANSI_QUOTES';\n"
        'CREATE TABLE t ("e\\" INTEGER);\n',
    },
}
# What a client may be brought to do by one way or another; a script that cannot must not be written.
LONG_TEXT = "'" + "x;" * 500_000 + "'"
EITHER = {
    "sqlite": {
        "a text that is longer than a client's line": f"CREATE TABLE t (a TEXT);\nINSERT INTO t VALUES ({LONG_TEXT});",
        "a CR that ends no line": "CREATE TABLE t (a TEXT);\nINSERT INTO t VALUES ('x\ry');\n",
        "a semicolon and an END that end no trigger": "CREATE TABLE t (a TEXT);\n"
            "CREATE TRIGGER g AFTER INSERT ON t BEGIN\n    SELECT 'x; END;';\n    -- ; END;\n"
            "    SELECT 1; END;\nINSERT INTO t VALUES ('a');\n",
        "a line of a dot after a comment": "CREATE TABLE t (a TEXT);\n/* x */\nINSERT INTO t\nSELECT 1 +\n.5;\n",
    },
    "postgres": {
        "a quoted text that goes on": "CREATE TABLE u AS\nSELECT E'c\\''\n'\\';d' AS s;\n",
        "a name that the script itself sets":
            "CREATE TABLE t AS SELECT (ARRAY[1,2,3])[1:ENCODING] AS b FROM (SELECT 2 AS encoding) AS s;\n",
        "a name that psql sets after every statement":
            "CREATE TABLE t (row_count INTEGER, a INTEGER[]);\nINSERT INTO t VALUES (2, '{1,2,3}');\n"
            "CREATE TABLE u AS SELECT a[1:ROW_COUNT] AS b FROM t;\n",
        "a name that psql cannot unset":
            "CREATE TABLE t (autocommit INTEGER, a INTEGER[]);\nINSERT INTO t VALUES (2, '{1,2,3}');\n"
            "CREATE TABLE u AS SELECT a[1:AUTOCOMMIT] AS b, a[1:VERBOSITY] AS c FROM (\n"
            "    SELECT *, 1 AS verbosity FROM t) AS t;\n",
        "a text that is longer than a client's line": f"CREATE TABLE t (a TEXT);\nINSERT INTO t VALUES ({LONG_TEXT});",
        "backslashes that escape, halfway":
            "CREATE TABLE t (a TEXT);\nSET standard_conforming_strings = off;\nINSERT INTO t VALUES ('\\'; \\\\');\n"
            "SET standard_conforming_strings = on;\nINSERT INTO t VALUES ('\\');\n",
        "a COMMIT inside a procedure": f"{JOURNALED}CREATE TABLE t (a TEXT);\nDO $$ BEGIN INSERT INTO t VALUES ('x'); "
            "COMMIT; END $$;\n",
        "an unlocked sequence": "CREATE TABLE t (id SERIAL, a TEXT);\nINSERT INTO t (a) VALUES ('x') RETURNING id;\n",
    },
    "mysql": {
        "a text that is longer than a client's line": "CREATE TABLE t (a LONGTEXT);\n"
            f"INSERT INTO t VALUES ({LONG_TEXT});",
        "a CR that ends no line": "CREATE TABLE t (a TEXT);\nINSERT INTO t VALUES ('x\ry');\n",
        "every short delimiter is in the file": "CREATE TABLE t (a TEXT);\nDELIMITER $$\nCREATE PROCEDURE p() BEGIN\n"
            "    SELECT '//', '||', ';;', '@@', '!!', '~'; END$$\nDELIMITER ;\nCALL p();\n",
        "a NUL, a Control-Z and a tab": "CREATE TABLE t (a TEXT);\nINSERT INTO t VALUES ('x\x1ay\tz\\0');\n",
        "one packet with an error in its second half": "CREATE TABLE t (a TEXT);\nDELIMITER //\n"
            "INSERT INTO t VALUES ('x'); INSERT INTO t VALUES ('y')//\nDELIMITER ;\n",
    },
}  # fmt: skip


@pytest.mark.databases("sqlite", "mysql")
def test_what_the_client_cannot_say_is_refused_before_anything_is_printed(project: Project) -> None:
    for number, (what, sql) in enumerate(REFUSED[project.database.dialect].items(), 2):
        project.write({"1_before": COUNTER, f"{number}_refused": sql})
        ran = project("plan", "--sql")
        assert (what, ran.exit, ran.out) == (what, 2, "")
        assert f"sql/{number}_refused.up.sql:2" in ran.err, ran.err
        assert "\nfix: " in ran.err
        project.remove(f"{number}_refused")


MANY = "".join(
    f"INSERT INTO many (n, a) VALUES ({number}, 'it''s {number} :of ✓ -- /* {'many ' * 40}');\n"
    f"{'-- a comment, with a quote: its ✓' + chr(10) if number % 100 == 0 else ''}"
    for number in range(700)
)
IN_THE_THIRD = {  # of many statements that are alike but for their texts, one; and what can only be told by its effect
    "sqlite": ["INSERT INTO many (n, a) VALUES (1, 'x\r\ny');\n", "SELECT 1\n/\n2;\n", "PRAGMA cache_size = 200;\n"],
    "postgres": ["SELECT a[1:ENCODING] FROM (SELECT 2 AS encoding, '{1,2}'::INTEGER[] AS a) AS s;\n"],
    "mysql": ["INSERT INTO many (n, a) VALUES (1, 'x\r\ny');\n", "PREPARE p FROM @sql;\nEXECUTE p;\n"],
}


def test_what_is_refused_in_the_third_file_prints_nothing(project: Project) -> None:
    project.write({"1_before": COUNTER, "2_many": f"CREATE TABLE many (n INTEGER, a VARCHAR(250));\n{MANY}"})
    project.write({"4_after": "CREATE TABLE after_it (n INTEGER);\n"})
    for sql in IN_THE_THIRD[project.database.dialect]:
        project.write({"3_refused": f"{MANY}{sql}{MANY}"})
        for words in ["--sql"], ["--sql", "--format", "json"]:
            ran = project("plan", *words)
            assert (sql, ran.exit, "Up, 4 migrations" in ran.out) == (sql, 2, False)
            assert "sql/3_refused.up.sql" in ran.err + ran.out, ran.err
            assert ran.out == "" or words[1:]
    project.write({"3_refused": MANY})
    assert "-- The end: 4 migrations." in script_of(project)


def alike(script: str) -> str:
    """Return a script without what tells two runs from each other."""
    return re.sub(r"at \d{4}-\d\d-\d\d \d\d:\d\d UTC|pid \d+, connection \d+, \w+", "", script)


@pytest.mark.parametrize("journaled", [False, True], ids=["plain", "no-transaction"])
def test_a_script_leaves_in_pieces_that_end_between_statements_and_are_the_whole(
    project: Project, twin: Project, *, journaled: bool
) -> None:
    lines = MANY.splitlines()[: 300 if journaled else 700]
    table = "CREATE TABLE many (n INTEGER, a VARCHAR(250));"
    project.write({"1_many": "\n".join([f"{JOURNALED * journaled}{table}", *lines, ""])})
    pieces: list[str] = []
    write_script(project.settings, "up", pieces.append)
    assert len(pieces) > 1
    assert max(map(len, pieces)) < 100_000
    script = "".join(pieces)
    assert alike(script) == alike(migrate.plan_script(project.settings)) == alike(script_of(project))
    assert alike(script) == alike(json.loads(project("--format", "json", "plan", "--sql").out)["script"])
    places = [script.find(line.rstrip(";")) for line in lines]
    assert -1 not in places
    whole = [re.findall(r"^INSERT INTO many .* many '\)(?=\n?(?:;|//)\n)", each, re.MULTILINE) for each in pieces]
    assert len([*itertools.chain(*whole)]) == sum(line.startswith("INSERT") for line in lines)
    run_well(twin.database, script_of(twin))
    project.succeed("up")
    assert_same(project, twin, "many")


@pytest.mark.long
def test_what_the_client_can_hardly_say_is_refused_or_ends_the_same(project: Project) -> None:
    for number, (what, sql) in enumerate(EITHER[project.database.dialect].items(), 1):
        project.write({"1_either": sql})
        with another(project, f"ours {number}") as ours, another(project, f"theirs {number}") as theirs:
            ran = theirs("plan", "--sql")
            if ran.exit == 2:
                assert (what, ran.out) == (what, "")
                assert "1_either.up.sql" in ran.err, ran.err
                continue
            assert (what, ran.exit) == (what, 0)
            run_well(theirs.database, ran.out)
            ours.succeed("up")
            assert_same(ours, theirs, what)


DATA = {
    "at the end of a file": "CREATE TABLE t (a TEXT);\nCOPY t FROM stdin;\n1\n\\.\n-- the end\n",
    "above an empty statement": "CREATE TABLE t (a TEXT);\nCOPY t FROM stdin;\n1\n\\.\n\n-- so\n;\n"
    "COPY t FROM stdin;\n2\n\\.\n;\nINSERT INTO t VALUES ('3');\n",
    "between statements by themselves": f"{JOURNALED}CREATE TABLE t (a TEXT);\nCOPY t FROM stdin;\n1\n\\.\n"
    "INSERT INTO t VALUES ('2');\nCOPY t FROM stdin;\n3\n\\.\n",
}


@pytest.mark.databases("postgres")
@pytest.mark.parametrize("text", [pytest.param(text, id=name) for name, text in DATA.items()])
def test_data_end_no_script_before_its_end(project: Project, text: str) -> None:
    """As psql 18 does at an empty statement below them, with exit 0."""
    project.write({"1_data": text, "2_more": "CREATE TABLE more (a TEXT);\n"})
    with another(project, "by script") as theirs:
        run_well(theirs.database, theirs.succeed("plan", "--sql").out)
        project.succeed("up")
        assert_same(project, theirs, "data")


COUNTED = "CREATE TABLE t (a);\nCREATE VIEW v AS SELECT changes() || ' ' || last_insert_rowid() AS n;\n"
AS_BY_ITSELF = {  # by what is in the database before
    "PRAGMA encoding = 'UTF-16be';\nPRAGMA main.\"page_size\" (1024);\nPRAGMA auto_vacuum = 2;\n"
    "CREATE TABLE w (a PRIMARY KEY) WITHOUT ROWID;\nCREATE INDEX i ON w (a); -- an index\n": "",
    "CREATE TABLE u (a);\nBEGIN;\nINSERT INTO t SELECT n FROM v;\nINSERT INTO t SELECT n FROM v;\nCOMMIT;\n": COUNTED,
    "BEGIN;\nINSERT INTO t VALUES (changes());\nCOMMIT;\nCREATE TABLE u (a);\n": COUNTED.replace("v AS", "of AS"),
}


@pytest.mark.databases("sqlite")
@pytest.mark.parametrize("directive", ["", JOURNALED], ids=["plain", "no-transaction"])
def test_a_file_does_what_it_does_to_the_client_alone(project: Project, directive: str) -> None:
    """How a database is laid out, the text that is kept of it, and what was changed last: no table of ours is seen."""
    for sql, before in AS_BY_ITSELF.items():
        project.write({"1_one": f"{directive}{sql}"})
        with contextlib.ExitStack() as stack:
            alone, ours, theirs = (stack.enter_context(another(project, f"{len(sql)}{n}")) for n in range(3))
            for each in (alone, ours, theirs):
                run_well(each.database, before)
            run_well(alone.database, sql)
            ours.succeed("up")
            run_well(theirs.database, script_of(theirs))
            found = [
                [
                    each.rows(
                        f"SELECT sql FROM sqlite_master WHERE sql NOT LIKE '%{HISTORY}%' AND name <> 'sqlite_sequence'"
                    ),
                    each.rows("SELECT * FROM t") if before else [],
                    *(each.rows(f"PRAGMA {name}") for name in ("encoding", "page_size", "auto_vacuum")),
                ]
                for each in (alone, ours, theirs)
            ]
            assert found == [found[0]] * 3
    project.write({"1_one": next(iter(AS_BY_ITSELF)), "1_one.down": "DROP TABLE w;\n"})
    project.succeed("verify")


@pytest.mark.databases("sqlite")
def test_a_client_that_dies_after_a_commit_of_the_file_lets_nothing_run_twice(project: Project) -> None:
    """Code in the database may ask what was changed last: so no note may stand behind that COMMIT."""
    project.write({"1_before": COUNTED})
    project.succeed("up")
    statements = "INSERT INTO t VALUES (1);\nCOMMIT;\nDELETE FROM t WHERE a = (SELECT n FROM v);\n"
    project.write({"2_file": f"{JOURNALED}BEGIN;\n{statements}"})
    script = script_of(project)
    assert run(project.database, script[: script.index("DELETE FROM t")]).returncode == 0
    ran = project("up")
    assert (ran.exit, project.rows("SELECT a FROM t")) == (4, [(1,)])
    assert "only a person can see if it has" in ran.err


# --- The database is not as the plan expects it ---------------------------------------------------------------------


def test_a_script_that_runs_twice_changes_nothing_the_second_time(project: Project) -> None:
    project.write(THREE)
    up = script_of(project)
    run_well(project.database, up)
    assert_has_run(project, up)
    down = script_of(project, "down", "3")
    assert_has_run(project, up)
    project.write({"4_four": "CREATE TABLE four (n INTEGER);\n", "4_four.down": "DROP TABLE four;\n"})
    project.succeed("up")  # what came later is nothing to this plan
    assert_has_run(project, up)
    project.succeed("down")
    run_well(project.database, down)
    assert_has_run(project, down)
    assert project.database.tables() == []
    run_well(project.database, up)  # all is as it was when this was planned
    assert project.rows("SELECT n FROM counter ORDER BY n") == [(1,), (2,), (3,)]


def test_a_script_for_another_head_changes_nothing(project: Project) -> None:
    project.write(THREE)
    from_empty = script_of(project)
    project.succeed("up", "1")
    assert_stops(project, from_empty)
    from_one = script_of(project)
    project.succeed("down")
    assert_stops(project, from_one)
    project.succeed("up", "2")
    assert_stops(project, from_one)
    down_to_one = script_of(project, "down", "1")
    project.succeed("up")
    assert_stops(project, down_to_one)


def test_a_script_for_other_versions_of_the_same_number_changes_nothing(project: Project) -> None:
    project.write({"1_other": COUNTER, "1_other.down": "DROP TABLE counter;"})
    project.succeed("up")
    project.remove("1_other", "1_other.down")
    project.write(THREE)
    with another(project, "planned") as planned:
        planned.succeed("up", "1")
        planned.succeed("up", "1")
        script = script_of(planned)
    project.database.execute(f"UPDATE {HISTORY} SET version = '9'")
    assert_stops(project, re.sub(r"migrate_test_[0-9a-f]{12}", project.database.name, script))


def test_a_script_on_a_dirty_database_changes_nothing(project: Project) -> None:
    project.write(THREE)
    project.succeed("up", "1")
    script = script_of(project)
    true = "1" if project.database.dialect != "postgres" else "TRUE"
    project.database.execute(f"UPDATE {HISTORY} SET dirty = {true}, statements_done = 0")
    assert_stops(project, script)
    ran = project("plan", "--sql")
    assert (ran.exit, ran.out) == (4, "")
    project.database.execute(f"DELETE FROM {HISTORY}")
    project.database.execute("DROP TABLE counter")
    assert_stops(project, script)


@pytest.mark.databases("postgres", "mysql")
def test_a_script_on_a_database_of_another_name_changes_nothing(project: Project, twin: Project) -> None:
    project.write(THREE)
    assert_stops(twin, script_of(project))
    project.succeed("up", "1")
    twin.succeed("up", "1")
    assert_stops(twin, script_of(project))
    assert_stops(twin, script_of(project, "down"))


@pytest.mark.databases("sqlite")
def test_a_script_waits_for_a_reader(project: Project) -> None:
    """A COMMIT is locked out by whoever reads just then, for as long as that takes."""
    project.write(THREE)
    project.succeed("up", "1")
    script = script_of(project)
    with contextlib.closing(project.database.connect()) as reader:
        reader.execute("BEGIN")
        reader.execute("SELECT n FROM counter").fetchall()
        process = start(project.database, script)
        time.sleep(1)
        assert process.poll() is None, process.communicate()
    _, err = process.communicate(timeout=60)
    assert process.returncode == 0, err
    assert set(project.states().values()) == {"applied"}


@pytest.mark.databases("sqlite")
def test_a_script_for_a_link_runs_on_what_it_leads_to(project: Project) -> None:
    """The client tells the name of the file that it has opened in the end."""
    project.write(THREE)
    link = project.home / "link.db"
    link.symlink_to(project.database.name)
    named = replace(project, database=replace(project.database, name=str(link), url=f"sqlite:{link}"))
    run_well(named.database, script_of(named))
    assert set(project.states().values()) == {"applied"}


@pytest.mark.parametrize("dialect", ["postgres", "mysql"])
def test_a_database_may_be_called_anything(dialect: str) -> None:
    """A slash in its name is no folder, and a question mark stands for no value."""
    writer = SCRIPTS[dialect](migrate.DatabaseURL(dialect, "a/b?"))
    name = writer.name_of(writer.url.database)
    pieces: list[str] = []
    writer.hand_on = pieces.append
    writer.stop_if([(f"name <> {writer.literal(name)}", f"this plan is for {name}")])
    writer.flush()
    text = "".join(pieces)
    assert "name <> 'a/b?'" in text
    assert "'this plan is for a/b?'" in text


@pytest.mark.databases("mysql")
def test_a_guard_says_any_name(project: Project) -> None:
    project.write(THREE)
    name = project.database.name
    script = script_of(project).replace(f"'{name}' THEN 'this plan is for {name}'", "'a`b' THEN 'this plan is for a`b'")
    assert b"'this plan is for a`b'" in run(project.database, script).stderr
    assert set(project.states().values()) == {"pending"}


# --- A statement fails ----------------------------------------------------------------------------------------------


BROKEN = {
    "at once": "INSERT INTO nowhere (n) VALUES (2);\nINSERT INTO counter (n) VALUES (2);\n",
    "after data": "INSERT INTO counter (n) VALUES (2);\nINSERT INTO nowhere (n) VALUES (2);\n",
    "after a definition": "CREATE TABLE two (n INTEGER);\nINSERT INTO counter (n) VALUES (2);\n"
    "INSERT INTO nowhere (n) VALUES (2);\nALTER TABLE two ADD COLUMN m INTEGER;\n",
    "in its syntax": "CREATE TABLE two (n INTEGER);\nINSERT INTO counter (n) VALUES (2);\n"
    "CREATE TABEL nowhere (n INTEGER);\n",
}
SOMEWHERE = re.compile(r"INSERT INTO nowhere.*|CREATE TABEL nowhere.*")


@pytest.mark.long
@pytest.mark.parametrize("journaled", [False, True], ids=["plain", "no-transaction"])
@pytest.mark.parametrize("broken", BROKEN.values(), ids=BROKEN.keys())
def test_a_failing_statement_ends_the_script_and_up_goes_on_when_it_is_mended(
    project: Project, twin: Project, broken: str, journaled: bool
) -> None:
    broken = (JOURNALED if journaled else "") + broken
    mended = SOMEWHERE.sub("CREATE TABLE somewhere (n INTEGER);", broken)
    project.write({**THREE, "2_two": broken})
    ran = run(twin.database, script_of(twin))
    assert ran.returncode != 0
    assert b"nowhere" in ran.stderr
    after = twin.states()
    assert after["1"] == "applied"
    assert after["2"].startswith(("pending", "dirty"))
    assert after["3"] == "pending"
    assert "three" not in twin.database.tables()
    project.write({"2_two": mended})
    twin.succeed("up")
    project.succeed("up")
    assert twin.rows("SELECT n FROM counter ORDER BY n") == [(1,), (2,), (3,)]
    assert catalogue(twin.database) == catalogue(project.database)
    assert twin.states() == project.states()
    assert [row["checksum"] for row in history(twin.database)[HISTORY]] == [
        row["checksum"] for row in history(project.database)[HISTORY]
    ]


def test_a_script_that_was_mended_goes_on_where_the_one_before_has_stopped(project: Project) -> None:
    project.write({**THREE, "2_two": BROKEN["at once"]})
    assert run(project.database, script_of(project)).returncode != 0
    project.write({"2_two": THREE["2_two"]})
    if project.states()["2"] != "pending":
        project.succeed("repair", "2", "--pending")
    run_well(project.database, script_of(project))
    assert project.rows("SELECT n FROM counter ORDER BY n") == [(1,), (2,), (3,)]
    assert set(project.states().values()) == {"applied"}


# --- The client is killed -------------------------------------------------------------------------------------------

SLOW = {
    "sqlite": "INSERT INTO counter (n) WITH RECURSIVE c (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM c WHERE i < {})\n"
    "SELECT 20 + (count(*) = 0) FROM c;\n",
    "postgres": "INSERT INTO counter (n) SELECT 20 FROM pg_sleep({});\n",
    "mysql": "INSERT INTO counter (n) SELECT 20 + SLEEP({});\n",
}
LONG = {"sqlite": "100000000000", "postgres": "1.5", "mysql": "1.5"}
LONGER = LONG | {"postgres": "3", "mysql": "3"}  # than a script waits for the lock
SHORT = {"sqlite": "10", "postgres": "0", "mysql": "0"}
SLEEPS = {  # who is asleep in a database
    "postgres": "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event = 'PgSleep'",
    "mysql": "SELECT count(*) FROM information_schema.processlist WHERE db = DATABASE() AND state = 'User sleep'",
}


def kill_asleep(database: Database, script: str) -> None:
    """Start *script*, and kill the client when the database has come to the slow statement."""
    process = start(database, script)
    try:
        wait_for(database, process)
    finally:
        process.kill()
        process.communicate()


def wait_for(database: Database, process: subprocess.Popen[bytes]) -> None:
    """Return when the database has come to the slow statement, which *process* runs."""
    deadline = time.monotonic() + 60
    while not (is_asleep(database) if database.dialect in SLEEPS else rig.used(process) > 0.7):
        assert process.poll() is None, process.communicate()
        assert time.monotonic() < deadline
        time.sleep(0.05)


def is_asleep(database: Database) -> bool:
    return bool(database.query(SLEEPS[database.dialect])[0][0])


@pytest.mark.long
@pytest.mark.parametrize("journaled", [False, True], ids=["plain", "no-transaction"])
@pytest.mark.parametrize("before", ["", "INSERT INTO counter (n) VALUES (2);\n", "CREATE TABLE two (n INTEGER);\n"])
def test_a_client_that_is_killed_leaves_what_up_can_finish(
    project: Project, twin: Project, before: str, journaled: bool
) -> None:
    dialect = project.database.dialect
    if dialect == "mysql" and journaled:
        pytest.skip("every file is journaled there")
    text = (JOURNALED if journaled else "") + before + SLOW[dialect] + "INSERT INTO counter (n) VALUES (21);\n"
    project.write({**THREE, "2_two": text.format(LONG[dialect])})
    kill_asleep(twin.database, script_of(twin))
    project.write({"2_two": text.format(SHORT[dialect])})
    finish(twin)
    project.succeed("up")
    assert twin.rows("SELECT n FROM counter ORDER BY n") == project.rows("SELECT n FROM counter ORDER BY n")
    assert catalogue(twin.database) == catalogue(project.database)
    assert set(twin.states().values()) == {"applied"}


def finish(project: Project) -> None:
    """Run `up`; where it cannot know whether the slow statement has run, look, and say so, as it asks for.

    The database goes on with a statement whose client is gone, so that it may still be running: wait for that.
    """
    deadline = time.monotonic() + 30
    while project.database.dialect in SLEEPS and is_asleep(project.database):
        assert time.monotonic() < deadline
        time.sleep(0.1)
    ran: Ran = project("up")
    if ran.exit == 4:
        assert "repair 2 --pending" in ran.err, ran.err
        has_run = (20,) in project.rows("SELECT n FROM counter")
        assert not has_run, "the statement has run, and its note is not written"
        # What is before it has run and stays: done by hand is what a person would do with the rest of the file.
        project.database.execute("INSERT INTO counter (n) VALUES (20), (21)")
        project.succeed("repair", "2", "--applied")
        ran = project("up")
    assert ran.exit == 0, ran.err


UNCHECKED = """CREATE TABLE p (a, b, UNIQUE (b)); CREATE UNIQUE INDEX i ON p (a) WHERE a > 0;
    CREATE UNIQUE INDEX j ON p (a, b COLLATE NOCASE); CREATE TABLE d (n INTEGER PRIMARY KEY DESC);
    CREATE TABLE c1 (x REFERENCES p (a)); CREATE TABLE c2 (x REFERENCES p); CREATE TABLE c3 (x REFERENCES p (nowhere));
    CREATE TABLE c4 (x, y, FOREIGN KEY (x, y) REFERENCES p (a, b)); CREATE TABLE c5 (x REFERENCES d (rowid));
    INSERT INTO c1 VALUES (1); INSERT INTO c4 VALUES (1, 2); CREATE TABLE good (n COLLATE NOCASE UNIQUE);
    CREATE TABLE g (n REFERENCES Good (N)); INSERT INTO good VALUES ('a'); INSERT INTO g VALUES ('A'), ('x')"""


@pytest.mark.databases("sqlite")
def test_a_foreign_key_that_sqlite_cannot_check_ends_neither_a_run_nor_a_script(
    project: Project, twin: Project
) -> None:
    for each in (project, twin):
        each.database.execute(*UNCHECKED.split(";"))
    project.write({"1_one": "INSERT INTO c1 VALUES (2);\n"})
    project.succeed("up")
    run_well(twin.database, script_of(twin))
    assert_same(project, twin, "1")
    for wrong in ("INSERT INTO g VALUES ('x');", "DELETE FROM good;", "DROP TABLE good;"):
        project.write({"2_two": wrong})
        for said in (project("up").err, run(twin.database, script_of(twin)).stderr.decode()):
            assert "FOREIGN KEY constraint failed" in said, wrong
    assert project.rows("SELECT n FROM good") == twin.rows("SELECT n FROM good") == [("a",)]


@pytest.mark.long
def test_a_script_does_not_run_beside_a_runner(project: Project) -> None:
    """Whoever holds the lock is first; the script does not wait for ever, and changes nothing."""
    dialect = project.database.dialect
    slow = SLOW[dialect] + "INSERT INTO counter (n) VALUES (21);\n"
    project.write({**THREE, "2_two": slow.format(LONGER[dialect])})
    project.succeed("up", "1")
    script = script_of(project)
    words = ["--database-url", project.database.url, "--dir", "sql", "up"]
    runner = subprocess.Popen([*RUNNER, *words], stderr=subprocess.DEVNULL, env=clean_environment())
    try:
        wait_for(project.database, runner)
        ran = run(project.database, script)
        assert ran.returncode != 0
        assert ran.stderr
        assert runner.poll() is None
    finally:
        runner.kill()
        runner.wait()
    project.write({"2_two": slow.format(SHORT[dialect])})
    finish(project)
    assert project.rows("SELECT n FROM counter ORDER BY n") == [(1,), (3,), (20,), (21,)]


# --- Without a database ---------------------------------------------------------------------------------------------


def offline(project: Project, *words: str) -> str:
    """Return what `plan --sql` prints with no database anywhere."""
    project.capsys.readouterr()
    code = migrate.main(["--dir", "sql", "plan", *words, "--sql", "--dialect", project.database.dialect])
    out, err = project.capsys.readouterr()
    assert code == 0, err
    assert not (project.home / "imagor-studio.db").exists()
    return out


def test_without_a_database_a_script_from_empty_runs_on_a_fresh_one(project: Project, twin: Project) -> None:
    project.write(THREE)
    script = offline(project, "--from", "empty")
    run_well(twin.database, script)
    project.succeed("up")
    assert_same(project, twin, "from empty")
    assert_stops(twin, script)


def test_without_a_database_a_script_from_a_version_runs_on_one_at_it(project: Project, twin: Project) -> None:
    project.write(THREE)
    script = offline(project, "--from", "1")
    assert "1_one" not in script
    assert_stops(twin, script)
    twin.succeed("up", "1")
    run_well(twin.database, script)
    project.succeed("up", "1")
    project.succeed("up")
    assert_same(project, twin, "from 1")
    down = offline(project, "down", "2", "--from", "3")
    project.succeed("down", "2")
    run_well(twin.database, down)
    assert_same(project, twin, "down from 3")


@pytest.mark.long
def test_without_a_database_the_corpus_is_planned_as_with_one(project: Project, twin: Project) -> None:
    versions = copy_corpus(project)
    done, half = 0, len(versions) // 2
    while done <= half:
        start = versions[done - 1] if done else "empty"
        part = half - done or 1
        project.capsys.readouterr()
        words = ["plan", str(part), "--from", start, "--sql", "--dialect", project.database.dialect]
        if migrate.main(["--dir", "sql", *words]) == 2:  # nothing may follow a file with CALL, for example
            found = re.search(r"migrate --dir sql plan up (\d+) --sql", project.capsys.readouterr().err)
            assert found
            part = int(found[1])
        run_well(twin.database, offline(project, str(part), "--from", start))
        project.succeed("up", str(part))
        done += part
        assert_same(project, twin, f"{done} of it")


def test_a_script_without_a_database_says_when_there_is_nothing_to_do(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "1_one.up.sql").write_text(COUNTER)
    assert migrate.main(["--dir", str(tmp_path), "plan", "--sql", "--dialect", "postgres", "--from", "1"]) == 0
    assert capsys.readouterr() == ("", "nothing to do\n")


@pytest.mark.parametrize("url", ["postgres://nobody@127.0.0.1:1/app", "mysql://nobody@127.0.0.1:1/app"])
def test_an_unreachable_database_is_told_how_to_do_without(
    url: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "1_one.up.sql").write_text(COUNTER)
    assert migrate.main(["--database-url", url, "--dir", str(tmp_path), "plan", "--sql"]) == 1
    out, err = capsys.readouterr()
    assert out == ""
    assert re.search(r"plan up --sql --dialect (postgres|mysql) --from", err), err


@pytest.mark.parametrize("words", [["--from", "7"], ["--from", "none"], ["--dialect", "sqlite"]])
def test_a_start_that_is_none_is_refused(words: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "1_one.up.sql").write_text(COUNTER)
    more = [] if "--dialect" in words else ["--dialect", "sqlite"]
    assert migrate.main(["--dir", str(tmp_path), "plan", "--sql", *more, *words]) == 2
    assert capsys.readouterr().out == ""


# --- What else a script must not take for granted -------------------------------------------------------------------


@pytest.mark.databases("postgres")
def test_a_script_for_one_schema_does_not_run_in_another(project: Project) -> None:
    """Tables would go to the one, and the history to the other."""
    project.write(THREE)
    scripts = [script_of(project), script_of(project, "--dialect", "postgres", "--from", "empty")]
    project.database.execute("CREATE SCHEMA app")
    for script in scripts:
        ran = run(project.database, script, PGOPTIONS="-c search_path=app,public")
        assert ran.returncode != 0
        assert b"this plan is for the schema public, and search_path leads elsewhere" in ran.stderr
    assert project.database.tables() == []
    run_well(project.database, scripts[1])


@pytest.mark.databases("postgres")
def test_the_history_may_have_a_schema_of_its_own(project: Project, twin: Project) -> None:
    project.write(THREE)
    for each in (project, twin):
        each.database.execute("CREATE SCHEMA app")
        each.table = "app.history"
    run_well(twin.database, script_of(twin, "2"))
    run_well(twin.database, script_of(twin, "--dialect", "postgres", "--from", "2_two"[:1]))
    project.succeed("up")
    assert twin.states() == project.states() == dict.fromkeys("123", "applied")


@pytest.mark.databases("postgres")
def test_a_backslash_is_kept_whatever_strings_conform_to(project: Project, twin: Project) -> None:
    project.write({"1_a": "CREATE TABLE a (id INTEGER);\n", "1_a.down": "DROP TABLE a; -- it's \\ back, \\' too\n"})
    run_well(twin.database, script_of(twin), PGOPTIONS="-c standard_conforming_strings=off")
    project.succeed("up")
    assert_same(project, twin, "up")


def test_a_script_for_other_texts_of_the_same_versions_changes_nothing(project: Project) -> None:
    project.write(THREE)
    dialect = project.database.dialect
    script = script_of(project, "--dialect", dialect, "--from", "1")
    project.write({"1_one": f"{COUNTER}-- another text\nINSERT INTO counter (n) VALUES (1);\n"})
    project.succeed("up", "1")
    assert_stops(project, script)


@pytest.mark.databases("postgres")
def test_what_must_run_alone_runs_alone(project: Project, twin: Project) -> None:
    project.write(
        {
            "1_a": f"{JOURNALED}CREATE TABLE a (id INTEGER PRIMARY KEY) PARTITION BY RANGE (id);\n"
            "CREATE TABLE b PARTITION OF a FOR VALUES FROM (1) TO (9);\nREINDEX TABLE a;\nCLUSTER;\nDISCARD ALL;\n"
        }
    )
    run_well(twin.database, script_of(twin))
    project.succeed("up")
    assert_same(project, twin, "up")


@pytest.mark.databases("postgres")
def test_a_script_does_not_take_an_invalid_index_for_one(project: Project) -> None:
    project.write({"1_t": "CREATE TABLE t AS VALUES (1), (1);"})
    project.succeed("up")
    index = "CREATE UNIQUE INDEX CONCURRENTLY {}t_n ON t (column1)"
    with pytest.raises(Exception, match="could not create unique index"):
        project.database.execute(index.format(""))
    project.write({"2_i": f"-- migrate: no-transaction\n{index.format('IF NOT EXISTS ')};"})
    ran = run(project.database, script_of(project))
    assert ran.returncode != 0
    assert b"ERROR:  an earlier run has left t_n half done" in ran.stderr
    assert project.states()["2"] == "dirty (0 of 1)"


def test_what_is_out_of_order_and_what_a_newer_release_brought_can_be_planned_too(project: Project) -> None:
    project.write(THREE)
    project.remove("2_two", "2_two.down")
    project.succeed("up")
    project.write({"2_two": THREE["2_two"], "2_two.down": THREE["2_two.down"]})
    assert project("plan", "--sql").exit == 4
    run_well(project.database, script_of(project, "--out-of-order"))
    assert project.states() == dict.fromkeys("123", "applied")
    project.remove("3_three", "3_three.down")
    run_well(project.database, script_of(project, "down", "--to-here"))
    assert project.states() == dict.fromkeys("12", "applied")


@pytest.mark.parametrize(
    ("words", "option", "way"),
    [(["--to-here"], "--to-here", "down"), (["down", "--out-of-order"], "--out-of-order", "up")],
)
def test_an_option_of_the_other_direction_is_refused(
    words: list[str], option: str, way: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    url = f"--database-url sqlite:{tmp_path}/a.db"
    assert migrate.main([*url.split(), "plan", *words]) == 2
    assert capsys.readouterr().err == (
        f"error: this is for a plan {way}\n  --> {option}\n"
        f"fix: write  imagor-studio-migrate {url} plan {way} {option}\n"
    )


@pytest.mark.parametrize(
    "words", [("1", "--all"), ("--to", "1", "--all"), ("--to-here", "--to", "1"), ("1", "--to", "0")]
)
def test_what_down_takes_alone_a_plan_of_it_takes_alone_too(project: Project, words: Sequence[str]) -> None:
    project.write(THREE)
    project.succeed("up")
    for asked in ["down"], ["plan", "down"], ["plan", "down", "--sql"], ["plan", "down", "--sql", "--from", "3"]:
        assert project(*asked, *words).exit == 2, asked
    assert project("plan", "down", *words).err == (
        "error: a number, --to, --to-here and --all: each of them says alone what is rolled back\n"
        "fix: write only one of them\n"
    )


def test_a_comment_of_the_script_cannot_become_a_statement(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    for place in ("migrate.whoami", "migrate_review.script.whoami"):
        monkeypatch.setattr(place, lambda: "ann\nDROP TABLE precious;\n--@box")
    project.write(THREE)
    assert "-- Made by ann?DROP TABLE precious;?--@box with migrate" in script_of(project)


@pytest.mark.databases("sqlite")
def test_a_byte_order_mark_of_an_editor_does_not_disarm_the_script(project: Project) -> None:
    project.write(THREE)
    script = script_of(project)
    run_well(project.database, script)
    assert_stops(project, "\ufeff" + script)


@pytest.mark.databases("mysql")
def test_a_client_that_drops_comments_is_told_so_before_anything_changes(project: Project) -> None:
    project.write({"1_a": "CREATE EVENT e ON SCHEDULE EVERY 1 YEAR DO /* kept */ SELECT 1;\n"})
    ran = project.database.run_client(script_of(project))
    if "mariadb" in project.database.label:  # the client of MySQL 9 keeps them by itself
        assert ran.returncode != 0
        assert "run mysql with --comments: the SQL holds some" in ran.stderr
        assert project.database.tables() == []


@pytest.mark.databases("mysql")
def test_a_script_without_a_database_selected_says_so(project: Project) -> None:
    project.write(THREE)
    script = script_of(project, "--dialect", "mysql", "--from", "empty")
    ran = subprocess.run(
        command(project.database)[:-1], input=script.encode(), capture_output=True, check=False,
        env={**os.environ, "MYSQL_PWD": project.database.password},
    )  # fmt: skip
    assert ran.returncode != 0
    assert b"no database is selected" in ran.stderr


@pytest.mark.databases("mysql")
def test_a_client_that_goes_on_after_errors_does_not_go_on_after_this_one(project: Project) -> None:
    project.write(THREE)
    script = script_of(project)
    run_well(project.database, script)
    before = state(project.database)
    client = command(project.database)
    place = client.index("--comments")
    ran = subprocess.run(
        [*client[:place], "--force", *client[place:]], input=script.encode(), capture_output=True, check=False,
        env={**os.environ, "MYSQL_PWD": project.database.password}, timeout=60,
    )  # fmt: skip
    assert b"nothing to do: this plan has run already" in ran.stderr
    assert state(project.database) == before
