"""What a run tells while it runs: where, whom it waits for, what takes long, what the server says."""

from __future__ import annotations

import json
import re
import subprocess
from typing import TYPE_CHECKING

import inside
import pytest
import rig
from desk import CALLED, RUNNER, clean_environment

import migrate

if TYPE_CHECKING:
    from pathlib import Path

    from project import Project

    from servers import Database

FILES = {"1_a.up": "CREATE TABLE t (n INTEGER);", "1_a.down": "DROP TABLE t;"}


def said(folder: Path, *words: str, **variables: str) -> tuple[int, list[str]]:
    """Run a command in a process of its own, and return its exit code and what it says on stderr."""
    done = subprocess.run(
        [*RUNNER, *words], cwd=folder, env=clean_environment() | {"MIGRATE_DIR": "sql"} | variables, text=True,
        capture_output=True, check=False, stdin=subprocess.DEVNULL,
    )  # fmt: skip
    return done.returncode, done.stderr.splitlines()


# --- where ----------------------------------------------------------------------------------------------------------


def test_a_run_that_changes_something_says_first_where(tmp_path: Path) -> None:
    rig.write(tmp_path, FILES)
    url = {"DATABASE_URL": "sqlite:app.db"}
    where = "on sqlite:app.db (DATABASE_URL in the environment)"
    for words in ("up", "down", "up", "redo", "repair 1 --applied", "reset --yes", "baseline 1"):
        if words.startswith("repair"):
            rig.write(tmp_path, {"1_a.up": "CREATE TABLE t (n INTEGER); -- edited"})
        code, lines = said(tmp_path, *words.split(), **url)
        assert (words, code, lines[:1]) == (words, 0, [where])
    for words in ("status", "up 1 --dry-run", "plan", "log", "check", "new x"):
        assert (words, where in said(tmp_path, *words.split(), **url)[1]) == (words, False)
    assert said(tmp_path, "--database-url", "sqlite:b.db", "up", "1")[1] == ["on sqlite:b.db (--database-url)"]
    assert said(tmp_path, "up", "1")[1] == ["on sqlite:./imagor-studio.db (the default)"]
    assert said(tmp_path, "up", "--to", "1")[1] == ["up to date at 1 (1 applied)"]
    (tmp_path / ".env").write_text("DATABASE_URL=sqlite:c.db\n")
    assert said(tmp_path, "up", "1")[1] == ["on sqlite:c.db (DATABASE_URL in .env:1)"]
    assert said(tmp_path, "-q", "down")[1] == []


def test_no_password_is_told_with_the_place_and_json_has_it_in_its_first_event(
    database: Database, tmp_path: Path
) -> None:
    rig.write(tmp_path, FILES)
    done = subprocess.run(
        [*RUNNER, "--format", "json", "up"], cwd=tmp_path, text=True, capture_output=True, check=True,
        env=clean_environment() | {"MIGRATE_DIR": "sql", "DATABASE_URL": database.url},
    )  # fmt: skip
    first, *others = map(json.loads, done.stdout.splitlines())
    shown = str(inside.database_at(database.url).url)
    assert (done.stderr, first["event"], first["database"]) == ("", "started", shown)
    assert [each.get("database") for each in others] == [None, shown]  # applied, done
    assert not database.password or database.password not in done.stdout


@pytest.mark.parametrize(
    ("name", "ours"),
    [("DATABSE_URL", "DATABASE_URL"), ("MIGRATE_DIRR", "MIGRATE_DIR"), ("MIGRATE_TABEL", "MIGRATE_TABLE"),
     ("IGRATE_COMMAND", "MIGRATE_COMMAND"), ("MIGRATE-RETRIES", "MIGRATE_RETRIES"), ("database_url", "DATABASE_URL")],
)  # fmt: skip
def test_a_variable_that_is_one_letter_from_ours_is_warned_of(tmp_path: Path, name: str, ours: str) -> None:
    rig.write(tmp_path, FILES)
    told = f"warning: nothing reads {name} in {{}}; did you mean {ours}?"
    code, lines = said(tmp_path, "--database-url", "sqlite:app.db", "up", **{name: "postgres://a:secret@h/b"})
    assert (code, lines) == (0, [told.format("the environment"), "on sqlite:app.db (--database-url)"])
    (tmp_path / ".env").write_text(f"{name}=secret\n")
    assert said(tmp_path, "--database-url", "sqlite:app.db", "status") == (0, [told.format(".env:1")])
    (tmp_path / ".env").write_text("MIGRATE_TABLES_PREFIX=x\nDATABASE=y\n")
    assert said(tmp_path, "--database-url", "sqlite:app.db", "status") == (0, [])


URL_OF_THEIRS = "postgresql+psycopg://a:secret@h/b"
NAMES_FOR_OURS = {  # another name, what it holds, what is meant, and which of ours makes it somebody else's
    **dict.fromkeys(
        ("DB_URL", "DATABASE_URI", "POSTGRES_URL", "MYSQL_URI", "DB_DSN", "SQLALCHEMY_DATABASE_URL"),
        (URL_OF_THEIRS, "DATABASE_URL", "DATABASE_URL"),
    ),
    "MIGRATE_RETRY": ("3", "MIGRATE_RETRIES", "MIGRATE_RETRIES"),
    "MIGRATIONS_DIR": ("elsewhere", "MIGRATE_DIR", "MIGRATE_DIR"),
    "MIGRATION_PATH": ("elsewhere", "MIGRATE_DIR", "MIGRATE_DIR"),
    "MIGRATE_TIMEOUT": ("3", "MIGRATE_LOCK_TIMEOUT or MIGRATE_STATEMENT_TIMEOUT", ""),
    "MIGRATE_URL": ("x", "MIGRATE_DATABASE_URL or MIGRATE_SCRATCH_URL", ""),
}


@pytest.mark.parametrize("name", NAMES_FOR_OURS)
def test_another_name_for_one_of_ours_is_warned_of_where_ours_is_not_set(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    text, ours, real = NAMES_FOR_OURS[name]
    monkeypatch.chdir(tmp_path)
    ways = {"DATABASE_URL": "sqlite:app.db", "MIGRATE_DIR": "sql", "MIGRATE_RETRIES": "3"}
    unset = {each: ways[each] for each in ways if each != real}
    told = f"warning: nothing reads {name} in {{}}; did you mean {ours}?"
    assert slips(unset | {name: text}) == (told.format("the environment"),)
    assert slips(ways | {name: text}) == ((told.format("the environment"),) if not real else ())
    (tmp_path / ".env").write_text(f"# theirs\n{name}={text}\n")
    assert slips(unset) == (told.format(".env:2"),)
    assert slips(ways) == ((told.format(".env:2"),) if not real else ())


@pytest.mark.parametrize(
    "theirs",
    [
        {"DB_URL": "redis://h/0"},
        {"REDIS_URL": "redis://h/0"},
        {"TEST_DATABASE_URL": "postgres://h/d"},
        {"DBMATE_MIGRATIONS_DIR": "db"},
        {"MIGRATIONS_URL": "x", "MIGRATE_TEST_DURABLE": "1", "DATABASE": "x", "MIGRATE": "1"},
    ],
)
def test_what_other_programs_own_is_not_warned_of(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, theirs: dict[str, str]
) -> None:
    monkeypatch.chdir(tmp_path)
    assert slips(theirs) == slips(theirs | {"DATABASE_URL": "sqlite:app.db"}) == ()


def slips(environ: dict[str, str]) -> tuple[str, ...]:
    return tuple(map(str, migrate.load_settings({}, environ).slips))


# --- several roll backs ---------------------------------------------------------------------------------------------


def test_more_than_one_roll_back_without_a_terminal_needs_a_word(tmp_path: Path) -> None:
    rig.write(tmp_path, FILES | {"2_b.up": "SELECT 1;", "2_b.down": "SELECT 1;"})
    url = {"DATABASE_URL": "sqlite:app.db"}
    assert said(tmp_path, "up", **url)[0] == 0
    for words in ("down 2", "down --all", "down --to 0"):
        code, lines = said(tmp_path, *words.split(), **url)
        assert code == 2
        assert lines == [
            "error: a yes is needed, and there is no terminal to ask for one: this rolls back",
            *("  2 b", "  1 a"),
            "  --> sqlite:app.db",
            f"fix: say that you mean it:  {CALLED} {words} --yes",
        ] or words == "down --to 0"  # fmt: skip
    assert said(tmp_path, "down", **url)[0] == 0
    assert said(tmp_path, "up", **url)[0] == 0
    assert said(tmp_path, "down", "2", "--yes", **url)[0] == 0


def test_a_version_that_runs_again_as_its_row_was_deleted_is_told(database: Database, tmp_path: Path) -> None:
    rig.write(tmp_path, {"1_a.up": "CREATE TABLE t (n INTEGER);", "2_b.up": "INSERT INTO t VALUES (1);"})
    url = {"DATABASE_URL": database.url}
    told = r"2 b was applied before: \d{4}-\d\d-\d\d \d\d:\d\d UTC, up; its row is gone, and it runs again"
    assert not any("before" in line for line in said(tmp_path, "up", **url)[1])
    database.execute("DELETE FROM schema_migrations WHERE version = '2'")
    assert sum(re.fullmatch(told, line) is not None for line in said(tmp_path, "up", **url)[1]) == 1


# --- waiting --------------------------------------------------------------------------------------------------------


def test_whom_a_run_waits_for_is_told_at_once_and_in_the_end_that_it_has_done_it(
    database: Database, tmp_path: Path
) -> None:
    text = database.SLEEP.format(3) if database.dialect != "sqlite" else SLOW
    rig.write(tmp_path, {"1_a.up": f"CREATE TABLE t (n INTEGER);\n{text};"})
    first = rig.start(tmp_path, database.url, "up")
    assert first.stderr
    assert first.stderr.readline().startswith("on ")  # it has begun
    second = rig.start(tmp_path, database.url, "up")
    assert second.stderr
    line = second.stderr.readline()
    assert first.poll() is None or database.dialect == "sqlite", line
    assert re.match(r"waiting for the lock: another (runner is at work|process writes this file)", line)
    if database.dialect != "sqlite":
        assert re.search(r"; .*since .* UTC", line)
    rest = second.stderr.read()
    assert re.fullmatch(r"1 a is applied already, by \S+\nup to date at 1 \(applied by the other run\)\n", rest)
    assert (rig.Ended(first).exit, second.wait()) == (0, 0)
    second.stderr.close()
    assert second.stdout
    second.stdout.close()


SLOW = """WITH RECURSIVE c (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM c WHERE n < 20000000)
    SELECT count(*) FROM c"""


# --- what takes long ------------------------------------------------------------------------------------------------


def test_without_a_terminal_long_work_is_told_when_it_is_seen_and_once_a_minute(
    project: Project, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    if project.database.dialect == "sqlite":
        pytest.skip("how fast this machine counts is nobody's business")
    inside.minute(1.0, monkeypatch)
    project.write({"1_a": "SELECT 1;", "2_long": project.database.SLEEP.format(4.5) + ";"})
    with monkeypatch.context() as patched:
        patched.setenv("DATABASE_URL", project.database.url)
        patched.setenv("MIGRATE_DIR", "sql")
        assert inside.main("up") == 0
        told = capsys.readouterr().err.splitlines()
        assert told[0].startswith("on ")
        assert re.fullmatch(r"running  2 long(: .*)?", told[1])
        assert re.fullmatch(r"still running, 0 min  2 long(: .*)?", told[2])
        project.write({"3_more": project.database.SLEEP.format(3) + ";"})
        assert inside.main("--format", "json", "up") == 0
    events = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    running = [each for each in events if each["event"] == "running"]
    assert [(each["version"], each["name"], each["seconds"] >= 2) for each in running[:1]] == [("3", "more", True)]


# --- what the server says -------------------------------------------------------------------------------------------

LOUD = {
    "postgres": (
        "DROP TABLE IF EXISTS nothing;\n"
        "DO $$ BEGIN RAISE NOTICE 'copied % rows', 5; RAISE WARNING 'careful' USING HINT = 'slowly'; END $$;"
    ),
    "mysql": (
        "DROP TABLE IF EXISTS nothing;\nCREATE TABLE t (v VARCHAR(3));\nSET sql_mode = '';\n"
        "INSERT INTO t VALUES ('größer');"
    ),
}
SAID = {
    "postgres": [
        ("notice", 'table "nothing" does not exist, skipping'),
        ("notice", "copied 5 rows"),
        ("warning", "careful\nhint: slowly"),
    ],
    "mysql": [
        ("note", "Unknown table '{}.nothing' (1051)"),
        ("warning", "Data truncated for column 'v' at row 1 (1265)"),
    ],
}


@pytest.mark.databases("postgres", "mysql")
def test_what_the_server_says_is_told_under_its_file(project: Project) -> None:
    text, name = LOUD[project.database.dialect], inside.database_at(project.database.url).url.database
    expected = [(level, said.format(name)) for level, said in SAID[project.database.dialect]]
    project.write({"1_quiet": "SELECT 1;", "2_loud": text, "3_loud": text.replace("CREATE TABLE t", "CREATE TABLE u")})
    lines = "".join(f"  {level}: {said}\n".replace("\nhint", "\n    hint") for level, said in expected)
    assert project.succeed("up", "2").err == f"from 2 loud:\n{lines}"
    assert project.succeed("-q", "up").err == ""
    project.write({"4_loud": text.replace("CREATE TABLE t", "CREATE TABLE w")})
    events = [json.loads(line) for line in project.succeed("--format", "json", "up").out.splitlines()]
    notices = [each for each in events if each["event"] == "notice"]
    without_data = [(level, inside.without_data(said)) for level, said in expected]
    assert [(each["level"], each["message"]) for each in notices] == without_data
    assert {(each["version"], each["name"]) for each in notices} == {("4", "loud")}


CUT = "  warning: Data truncated for column 'v' at row 1 (1265)\n"
READ = "on a copy of the database,  mysql --show-warnings  tells each\n"


def inserts(texts: list[str]) -> str:
    """A file whose first INSERT is in line 3."""
    rows = "".join(f"INSERT INTO t VALUES ('{text}');\n" for text in texts)
    return f"CREATE TABLE IF NOT EXISTS t (v VARCHAR(3));\nSET sql_mode = '';\n{rows}"


@pytest.mark.databases("mysql")
def test_warnings_of_changes_that_go_together_are_told_as_those_of_one(project: Project) -> None:
    project.write({"1_a": inserts([f"too long {n}" for n in range(12)])})
    assert project.succeed("up").err == f"from 1 a:\n{CUT * 12}"
    project.write({"2_b": "-- migrate: no-transaction\n" + inserts([f"too long {n}" for n in range(12)])})
    assert project.succeed("up").err.endswith(f"from 2 b:\n  note: Table 't' already exists (1050)\n{CUT * 12}")
    assert project.rows("SELECT count(*), count(DISTINCT v) FROM t") == [(24, 1)]


@pytest.mark.databases("mysql")
def test_after_many_warnings_the_others_are_counted_once_with_their_lines(project: Project) -> None:
    project.write({"1_a": inserts([f"too long {n}" for n in range(100)])})
    rest = f"  warning: 80 warnings not told here, of what begins in line 23 to 102: {READ}"
    assert project.succeed("up").err == f"from 1 a:\n{CUT * 20}{rest}"
    assert project.rows("SELECT count(*) FROM t") == [(100,)]


@pytest.mark.databases("mysql")
def test_a_warning_among_many_quiet_changes_is_told_with_its_line(project: Project) -> None:
    texts = ["ok"] * 500
    texts[300] = texts[310] = texts[311] = "too long"
    project.write({"1_a": inserts(texts)})
    told = project.succeed("up").err
    assert told == (f"from 1 a:\n  warning: 3 warnings not told here, of what begins in line 303, 313 to 314: {READ}")


@pytest.mark.databases("mysql")
def test_of_the_many_warnings_of_one_statement_the_first_are_told_and_the_others_counted(project: Project) -> None:
    rows = ", ".join(["('too long')"] * 30)
    project.write({"1_a": inserts([]) + f"INSERT INTO t VALUES {rows};\nALTER TABLE t MODIFY v VARCHAR(1);\n"})
    told = re.sub(r"at row \d+", "at row 1", project.succeed("up").err)
    assert told == f"from 1 a:\n{(CUT * 20 + '  warning: and 10 more of the same statement' + chr(10)) * 2}"


@pytest.mark.databases("mysql")
def test_an_error_after_warnings_names_its_line_and_what_was_told_stays(project: Project) -> None:
    lines = inserts([f"too long {n}" for n in range(9)]).splitlines()
    project.write({"1_a": "\n".join([*lines, "INSERT INTO nothing VALUES (1);", *lines[2:]])})
    failed = project("up")
    assert failed.exit == 1
    assert failed.err.startswith(f"from 1 a:\n{CUT}")
    assert "1_a.up.sql:12" in failed.err
    assert "SHOW WARNINGS" not in failed.err


@pytest.mark.databases("mysql")
def test_what_reads_counts_is_left_alone_where_there_are_warnings(project: Project) -> None:
    many = "".join(f"INSERT INTO t VALUES ('too long {n}');\n" for n in range(20))
    project.write({"1_a": f"CREATE TABLE t (v VARCHAR(3));\nSET sql_mode = '';\n{many}"
                   "CREATE TABLE c AS SELECT 1 AS n;\nUPDATE t SET v = 'longer than that';\n"
                   "INSERT INTO c VALUES (ROW_COUNT());"})  # fmt: skip
    project.succeed("up")
    assert project.rows("SELECT n FROM c ORDER BY n") == [(1,), (20,)]


def test_of_the_tools_own_statements_nothing_is_told(project: Project) -> None:
    project.write({"1_a": "CREATE TABLE t (n INTEGER);", "1_a.down": "DROP TABLE t;"})
    for words in ("up", "redo", "down", "baseline 1"):
        assert (words, project.succeed(*words.split()).err) == (words, "")


# --- who is at work while one looks ---------------------------------------------------------------------------------


def timeless(line: str) -> str:
    """Take the time out: MySQL knows for how many seconds, and since when differs by one from look to look."""
    return re.sub(r"\d\d:\d\d:\d\d UTC", "HH:MM:SS UTC", line)


@pytest.mark.parametrize(
    "words", ["", "-- migrate: no-transaction\n"], ids=["in a transaction", "statement by statement"]
)
def test_who_looks_is_told_who_is_at_work_and_nobody_is_told_to_mend_what_runs(
    database: Database, tmp_path: Path, words: str
) -> None:
    if database.dialect == "sqlite" and not words:
        pytest.skip("nobody sees a transaction of SQLite, and to ask for its lock is not cheap")
    gate = rig.Gate(database, tmp_path / "gate")
    one = f"{words}CREATE TABLE t (n INTEGER);\n"
    rig.write(tmp_path, {"1_a.up": f"{one}{gate.statement}\n", "1_a.down": f"{words}DROP TABLE t;\n{gate.statement}\n"})
    url = {"DATABASE_URL": database.url}
    dirty = bool(words) or database.dialect == "mysql"
    for way in ("up", "down"):
        running = gate.start(tmp_path, way, name="ann")
        rig.until(gate.somebody)
        code, lines = said(tmp_path, "status", **url)
        lines = [timeless(each) for each in lines]
        told = r"a run is at work: pid \d+, \S+, .*since \d{4}-\d\d-\d\d HH:MM:SS UTC.*"
        assert (code, len(lines)) == (0, 1), lines
        assert re.fullmatch(told, lines[0])
        document = migrate.status_view(
            migrate.Settings(migrate.DatabaseURL.parse(database.url), tmp_path / "sql"),
            migrate.survey(migrate.Settings(migrate.DatabaseURL.parse(database.url), tmp_path / "sql")),
            exit_code=False,
        ).document
        assert [timeless(f"a run is at work: {each}") for each in document["running"]] == lines
        code, more = said(tmp_path, "log", **url)
        assert (code, [*map(timeless, more)]) == (0, lines + ["no entry to show"] * (way == "up"))
        code, more = said(tmp_path, "plan", way, **url)
        if dirty and way == "down":
            code, more = said(tmp_path, "plan", "up", **url)
            fix = f"fix: wait until it is done, and look again:  {CALLED} plan"
            assert (code, timeless(more[0]), more[-1]) == (4, lines[0], fix), more
        else:
            assert (code, [*map(timeless, more[:1])]) == (0, lines), more
        if dirty:
            assert (
                "fix: let the run that is at work finish, or end it"
                in said(tmp_path, "wait", "--timeout", "0", **url)[1]
            )
        gate.open()
        assert rig.Ended(running).exit == 0
        assert said(tmp_path, "status", **url) == (0, [])
        if way == "up":
            gate = rig.Gate(database, tmp_path / "again")
            rig.write(tmp_path, {"1_a.down": f"{words}DROP TABLE t;\n{gate.statement}\n"})


FAILS = "CREATE FUNCTION f() RETURNS INT MODIFIES SQL DATA BEGIN INSERT INTO one VALUES (1); RETURN 1; END"


@pytest.mark.databases("mysql")
@pytest.mark.parametrize(
    "before",
    [
        pytest.param("", id="alone"),
        pytest.param("INSERT INTO two VALUES (1);\n" * 9, id="among others"),
        pytest.param("-- it does\n/* all of it */ ", id="below a comment"),
        pytest.param("BEGIN;\nINSERT INTO two VALUES (1);\n", id="in a transaction"),
    ],
)
def test_a_do_that_has_failed_ends_the_file_though_mariadb_calls_it_done(project: Project, before: str) -> None:
    project.database.execute("SET GLOBAL log_bin_trust_function_creators = 1")
    project.database.execute("CREATE TABLE one (n INT UNIQUE)", "CREATE TABLE two (n INT)", FAILS)
    project.database.execute("INSERT INTO one VALUES (1)")
    after = "INSERT INTO two VALUES (2);\n" + "COMMIT;\n" * ("BEGIN" in before)
    project.write({"1_f": f"{before}DO f();\n{after}"})
    ran = project("up")
    assert ran.exit == 1
    assert "error: Duplicate entry '1' for key " in ran.err
    assert f"  --> sql/1_f.up.sql:{before.count(chr(10)) + 1}\n" in ran.err
    assert "nothing was changed: no statement of this file has run." in ran.err
    assert project.rows("SELECT * FROM two") == []


@pytest.mark.databases("mysql")
def test_a_do_that_was_ended_ends_the_file_though_mariadb_has_rolled_back_all_of_it(project: Project) -> None:
    if project.database.flavor != "mariadb":
        pytest.skip("MariaDB's own")
    sleeps = (
        "CREATE FUNCTION f() RETURNS INT MODIFIES SQL DATA BEGIN INSERT INTO two VALUES (9); DO SLEEP(9); RETURN 1; END"
    )
    project.database.execute("SET GLOBAL log_bin_trust_function_creators = 1")
    project.database.execute("CREATE TABLE two (n INT)", sleeps)
    lines = ["SET max_statement_time = 0.2", "INSERT INTO two VALUES (1)", "DO f()", "INSERT INTO two VALUES (2)"]
    project.write({"1_f": "".join(f"{line};\n" for line in lines)})
    ran = project("up")
    assert ran.exit == 1
    assert "  --> sql/1_f.up.sql:3\n" in ran.err
    assert "nothing was changed: no statement of this file has run." in ran.err
    assert project.rows("SELECT * FROM two") == []


@pytest.mark.databases("mysql")
@pytest.mark.parametrize(
    "sees",
    [
        "INSERT INTO two SELECT ROW_COUNT()",
        "INSERT INTO two SELECT FOUND_ROWS()",
        "CALL p()",
        "INSERT INTO two SELECT g()",
    ],
)
@pytest.mark.parametrize("does", ["DO {}", "EXECUTE IMMEDIATE 'DO {}'"])
def test_so_it_does_where_the_next_statement_sees_what_it_has_done_and_that_sees_nothing_of_the_question(
    project: Project, does: str, sees: str
) -> None:
    if project.database.flavor == "mysql" and "IMMEDIATE" in does:
        pytest.skip("no such statement there")
    procedure = "CREATE PROCEDURE p() INSERT INTO two SELECT ROW_COUNT()"
    function = "CREATE FUNCTION g() RETURNS INT DETERMINISTIC NO SQL RETURN ROW_COUNT()"
    project.database.execute("CREATE TABLE two (n INT)", procedure, function)
    text = f"SELECT 1 UNION SELECT 2;\n{does.format('(SELECT 1 / 0)')};\n{sees};\n"  # which warns
    assert project.database.run_client(text).returncode == 0
    project.write({"1_f": text})
    project.succeed("up")
    first, *others = project.rows("SELECT * FROM two")
    assert others == [first]
    project.write({"2_f": f"{does.format('(SELECT 1 UNION SELECT 2)')};\n{sees};\n"})
    ran = project("up")
    assert (ran.exit, "error: Subquery returns more than 1 row" in ran.err) == (1, True), ran.err
    assert len(project.rows("SELECT * FROM two")) == 2


@pytest.mark.databases("mysql")
def test_where_the_server_cannot_say_what_it_warns_of_a_failure_is_told(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    project.database.execute("CREATE TABLE two (n INT)")
    project.write({"1_f": "INSERT INTO two VALUES (1);\nCREATE TABLE three (n INT);"})
    monkeypatch.setattr(migrate.MySQL, "_warnings_sql", "SIGNAL SQLSTATE '45000' SET MESSAGE_TEXT = 'lost'")
    ran = project("up")
    assert ran.exit == 1
    assert ran.err.startswith("error: lost\n")
    assert "nothing was changed: no statement of this file has run." in ran.err
    assert project.rows("SELECT * FROM two") == []


@pytest.mark.databases("mysql")
def test_the_server_is_asked_for_its_warnings_where_it_has_some_and_not_because_of_a_text(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    sent, exchange = list[str](), migrate.MySQL._exchange

    def heard(self: migrate.MySQL, sql: str) -> list[migrate.Rows]:
        sent.append(sql)
        return exchange(self, sql)

    monkeypatch.setattr(migrate.MySQL, "_exchange", heard)
    project.database.execute("CREATE TABLE two (n INT, v TEXT)")
    project.write({"1_f": "".join(f"INSERT INTO two VALUES ({number}, 'what to do');\n" for number in range(50))})
    project.succeed("up")
    rows = [each for each in sent if "'what to do'" in each]
    assert len(rows) < 10
    assert not any("SHOW WARNINGS" in each for each in rows)
