"""`verify`: each file up, down and up again on a scratch database, and the schema must be what it was before."""

from __future__ import annotations

import contextlib
import itertools
import re
import shutil
import signal
import subprocess
import time
from typing import TYPE_CHECKING, Any

import inside
import pytest
import wrong_downs
from corpus import FEATURES, SHIPPED, ups
from desk import CALLED, PROGRAM, RUNNER, Desk, Ran, clean_environment

import migrate
from migrate_review.proof import proof_of

if TYPE_CHECKING:
    from pathlib import Path

    from wrong_downs import WrongDown

    from servers import Database

DATABASES = {
    "postgres": "SELECT datname FROM pg_database",
    "mysql": "SELECT schema_name FROM information_schema.schemata",
}
RIGHT = {
    "sql/1_one.up.sql": "CREATE TABLE one (id INTEGER);\n",
    "sql/1_one.down.sql": "DROP TABLE one;\n",
    "sql/2_two.up.sql": "ALTER TABLE one ADD COLUMN two VARCHAR(9) DEFAULT 'x';\n",
    "sql/2_two.down.sql": "ALTER TABLE one DROP COLUMN two;\n",
}


@pytest.fixture
def desk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Desk:
    return Desk.start(tmp_path, monkeypatch, capsys)


def words(database: Database) -> list[str]:
    """Return the command: in memory for SQLite, beside *database* for the others."""
    return ["--dir", "sql", "verify", *([] if database.dialect == "sqlite" else ["--scratch-url", database.url])]


def verify(desk: Desk, database: Database) -> Ran:
    """Verify what is in sql/."""
    ran = desk(*words(database))
    assert not database.password or database.password not in ran.out + ran.err
    return ran


def assert_shown(desk: Desk, database: Database, case: WrongDown) -> None:
    """Verify a pair that is right and one that is wrong: the second is named, and the difference shown."""
    desk.write({"sql/1_base.up.sql": case.base, "sql/1_base.down.sql": case.base_down})
    desk.write({"sql/2_wrong.up.sql": case.up, "sql/2_wrong.down.sql": case.down})
    ran = verify(desk, database)
    assert ran.exit == 4, ran.err
    assert "2_wrong.down.sql" in ran.out
    shown = [line for line in ran.out.splitlines() if line.lstrip().startswith(("- ", "+ "))]
    assert any(case.words in line for line in shown), ran.out


def test_what_is_left_over_or_gone_is_told_under_the_down_file(desk: Desk, postgres: Database) -> None:
    """Of a table that is left, no line says that something of it is empty."""
    desk.write({"sql/1_a.up.sql": "CREATE TABLE a (n TEXT);", "sql/1_a.down.sql": "DROP TABLE a;"})
    desk.write({"sql/2_b.up.sql": "CREATE TABLE b (n TEXT);", "sql/2_b.down.sql": "DROP TABLE a;"})
    lines = verify(desk, postgres).out.splitlines()
    told = lines[lines.index("sql/2_b.down.sql: after up and down, + is left over, - is gone") + 1 :]
    for sign, table in ("-", "a"), ("+", "b"):
        assert [line.partition(": relam")[0] for line in told if line.startswith(sign)] == [
            f"{sign} table public.{table}", f"{sign} table public.{table}: column n text",
            f"{sign} table public.{table}",
        ]  # fmt: skip


# --- What it must not let pass --------------------------------------------------------------------------------------


@pytest.mark.parametrize("case", [pytest.param(case, id=case.id) for case in wrong_downs.SQLITE])
def test_a_wrong_down_on_sqlite_is_shown(desk: Desk, sqlite: Database, case: WrongDown) -> None:
    assert_shown(desk, sqlite, case)


@pytest.mark.long
@pytest.mark.parametrize("case", [pytest.param(case, id=case.id) for case in wrong_downs.POSTGRES])
def test_a_wrong_down_on_postgres_is_shown(desk: Desk, postgres: Database, case: WrongDown) -> None:
    assert_shown(desk, postgres, case)


@pytest.mark.parametrize("case", [pytest.param(case, id=case.id) for case in wrong_downs.MYSQL])
def test_a_wrong_down_on_mysql_is_shown(desk: Desk, mysql_family: Database, case: WrongDown) -> None:
    assert_shown(desk, mysql_family, case)


def assert_left(desk: Desk, database: Database, kind: wrong_downs.Kind) -> None:
    """Verify an up file with a down file that does nothing: it must not pass, and what is left is shown."""
    nothing = "SELECT 1;\n"
    desk.write({"sql/1_base.up.sql": kind.base, "sql/2_kind.up.sql": kind.up, "sql/2_kind.down.sql": nothing})
    ran = verify(desk, database)
    assert ran.exit == 4, ran.out + ran.err
    assert ran.out.splitlines()[1].split("\t")[:4] == ["2", "kind", "differs", ""]
    shown = [line for line in ran.out.splitlines() if line.startswith(("- ", "+ "))]
    assert any(kind.words in line for line in shown), ran.out
    assert "hush" not in ran.out + ran.err


@pytest.mark.parametrize("kind", [pytest.param(kind, id=kind.id) for kind in wrong_downs.SQLITE_KINDS])
def test_each_kind_of_thing_on_sqlite_is_seen(desk: Desk, sqlite: Database, kind: wrong_downs.Kind) -> None:
    assert_left(desk, sqlite, kind)


@pytest.mark.parametrize("kind", [pytest.param(kind, id=kind.id) for kind in wrong_downs.POSTGRES_KINDS])
def test_each_kind_of_thing_on_postgres_is_seen(desk: Desk, postgres: Database, kind: wrong_downs.Kind) -> None:
    assert_left(desk, postgres, kind)


@pytest.mark.parametrize("kind", [pytest.param(kind, id=kind.id) for kind in wrong_downs.POSTGRES_18_KINDS])
def test_each_kind_of_thing_on_postgres_18_is_seen(desk: Desk, postgres: Database, kind: wrong_downs.Kind) -> None:
    if int(postgres.server.version.partition(".")[0]) < 18:
        pytest.skip("it is there from PostgreSQL 18 on")
    assert_left(desk, postgres, kind)


@pytest.mark.parametrize("kind", [pytest.param(kind, id=kind.id) for kind in wrong_downs.MYSQL_KINDS])
def test_each_kind_of_thing_on_mysql_is_seen(desk: Desk, mysql_family: Database, kind: wrong_downs.Kind) -> None:
    try:
        assert_left(desk, mysql_family, kind)
    finally:
        if "migrate_test_verify_left" in kind.up:  # else another one may be at it, on the same server
            mysql_family.execute("DROP DATABASE IF EXISTS migrate_test_verify_left")


@pytest.mark.parametrize("kind", [pytest.param(kind, id=kind.id) for kind in wrong_downs.MARIADB_KINDS])
def test_each_kind_of_thing_on_mariadb_is_seen(desk: Desk, mariadb: Database, kind: wrong_downs.Kind) -> None:
    assert_left(desk, mariadb, kind)


def test_columns_in_another_order_are_not_seen(desk: Desk, database: Database) -> None:
    """A limit of the comparison. Where this fails, verify has learnt to see it: then it is a case like the others."""
    case = wrong_downs.UNSEEN[database.dialect]
    desk.write({"sql/1_base.up.sql": case.base, "sql/1_base.down.sql": case.base_down})
    desk.write({"sql/2_wrong.up.sql": case.up, "sql/2_wrong.down.sql": case.down})
    assert verify(desk, database).exit == 0


def test_twenty_wrong_downs_and_more_were_made_for_each_dialect() -> None:
    for cases in wrong_downs.CASES.values():
        assert len({case.id for case in cases}) == len(cases) >= 20


def test_a_down_that_fails_is_shown(desk: Desk, database: Database) -> None:
    desk.write({**RIGHT, "sql/2_two.down.sql": "ALTER TABLE one DROP COLUMN nonesuch;\n"})
    ran = verify(desk, database)
    assert ran.exit == 4, ran.err
    assert "2_two.down.sql" in ran.out
    assert "nonesuch" in ran.out


def test_an_up_that_runs_only_once_is_shown(desk: Desk, database: Database) -> None:
    """The down brings the schema back, and not what the second up finds in its way."""
    of_table = " ON one" if database.dialect == "mysql" else ""
    desk.write({
        **RIGHT,
        "sql/3_three.up.sql": "INSERT INTO one (id) VALUES (7);\nCREATE UNIQUE INDEX one_id_key ON one (id);\n",
        "sql/3_three.down.sql": f"DROP INDEX one_id_key{of_table};\n",
    })  # fmt: skip
    ran = verify(desk, database)
    assert ran.exit == 4, ran.err
    assert "3_three" in ran.out


def test_every_wrong_down_of_a_folder_is_shown(desk: Desk, database: Database) -> None:
    desk.write({
        **RIGHT, "sql/2_two.down.sql": "SELECT 1;\n",
        "sql/3_three.up.sql": "CREATE TABLE three (id INTEGER);\n", "sql/3_three.down.sql": "DROP TABLE three;\n",
        "sql/4_four.up.sql": "CREATE TABLE four (id INTEGER);\n", "sql/4_four.down.sql": "SELECT 1;\n",
    })  # fmt: skip
    ran = verify(desk, database)
    assert ran.exit == 4, ran.err
    assert "2_two.down.sql" in ran.out
    assert "4_four.down.sql" in ran.out
    assert "3_three.down.sql" not in [line.strip() for line in ran.out.splitlines()]


# --- What it must let pass ------------------------------------------------------------------------------------------


@pytest.mark.long
def test_the_corpus_passes_with_one_line_for_each(desk: Desk, database: Database) -> None:
    shutil.copytree(FEATURES / database.dialect, desk.home / "sql")
    ran = verify(desk, database)
    assert ran.exit == 0, ran.out + ran.err
    found = ran.out.splitlines()
    for up in ups(database.dialect):
        version = up.name.partition("_")[0]
        assert len([line for line in found if version in line]) == 1, version


def test_the_shipped_migrations_pass(desk: Desk, database: Database) -> None:
    shutil.copytree(SHIPPED / database.dialect, desk.home / "sql")
    ran = verify(desk, database)
    assert ran.exit == 0, ran.out + ran.err
    for up in (SHIPPED / database.dialect).glob("*.up.sql"):
        assert up.name.partition("_")[0] in ran.out


def test_a_migration_of_rows_is_told_apart(desk: Desk, database: Database) -> None:
    desk.write({
        **RIGHT, "sql/3_rows.up.sql": "INSERT INTO one (id) VALUES (1);\n", "sql/3_rows.down.sql": "DELETE FROM one;\n",
    })  # fmt: skip
    ran = verify(desk, database)
    assert ran.exit == 0, ran.out + ran.err
    assert [("schema unchanged" in line) for line in ran.out.splitlines() if "rows" in line] == [True]
    assert ran.out.count("schema unchanged") == 1


def test_what_postgres_takes_back_in_its_own_time_is_not_missed(desk: Desk, postgres: Database) -> None:
    """That a table has had an index, or a database a trigger for logins, is known until somebody looks."""
    login = "CREATE EVENT TRIGGER et ON login EXECUTE FUNCTION f()"
    desk.write({
        **RIGHT,
        "sql/3_et.up.sql": "CREATE INDEX i ON one (id);\n"
            "CREATE FUNCTION f() RETURNS event_trigger LANGUAGE plpgsql AS $$ BEGIN NULL; END $$;\n"
            f"DO $$ BEGIN EXECUTE '{login}'; EXCEPTION WHEN syntax_error THEN NULL; END $$;\n",
        "sql/3_et.down.sql": "DROP EVENT TRIGGER IF EXISTS et;\nDROP FUNCTION f();\nDROP INDEX i;\n",
    })  # fmt: skip
    ran = verify(desk, postgres)
    assert ran.exit == 0, ran.out + ran.err


def test_what_a_publication_publishes_may_change_places(desk: Desk, postgres: Database) -> None:
    desk.write({
        "sql/1_one.up.sql": "CREATE TABLE t (a INTEGER, b INTEGER);\nCREATE PUBLICATION p FOR TABLE t;\n",
        "sql/1_one.down.sql": "DROP PUBLICATION p;\nDROP TABLE t;\n",
        "sql/2_two.up.sql": "ALTER TABLE t DROP COLUMN a;\n",
        "sql/2_two.down.sql": "ALTER TABLE t ADD COLUMN a INTEGER;\n",
    })  # fmt: skip
    ran = verify(desk, postgres)
    assert ran.exit == 0, ran.out + ran.err


def test_an_event_that_begins_when_it_is_made_comes_back(desk: Desk, mysql_family: Database) -> None:
    whens = "EVERY 1 DAY", "EVERY 1 DAY ENDS '2037-01-01 00:00:00'", "AT CURRENT_TIMESTAMP + INTERVAL 1 DAY"
    zones = "", "SET time_zone = '-07:00';\n"
    made = "".join(
        f"{zone}CREATE EVENT e{number} ON SCHEDULE {when} DISABLE DO DELETE FROM t;\n"
        for number, (zone, when) in enumerate(itertools.product(zones, whens))
    )
    gone = "".join(f"DROP EVENT e{number};\n" for number in range(len(zones) * len(whens)))
    desk.write({
        "sql/1_one.up.sql": f"CREATE TABLE t (a INTEGER);\n{made}DO SLEEP(1.1);\n",
        "sql/1_one.down.sql": f"{gone}DROP TABLE t;\n",
        "sql/2_two.up.sql": f"{gone}DO SLEEP(1.1);\n",
        "sql/2_two.down.sql": made,
    })  # fmt: skip
    ran = verify(desk, mysql_family)
    assert ran.exit == 0, ran.out + ran.err


def test_the_schema_of_postgres_is_read_without_compiling_the_query_first(
    postgres: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With jit, which is on by default, that took five seconds each time."""
    postgres.execute(f"ALTER DATABASE {postgres.name} SET jit = on")
    with contextlib.closing(inside.database_at(postgres.url)) as database:
        database.open()
        query, seen = database.query, list[tuple[str, str]]()

        def noted(sql: str, *more: Any) -> Any:
            seen.append((sql, query("SHOW jit")[0][0]))
            return query(sql, *more)

        monkeypatch.setattr(database, "query", noted)
        proof_of(database).fingerprint()
    assert seen[0] == ("BEGIN", "on")
    assert {jit for sql, jit in seen if " FROM pg_" in sql and "set_config" not in sql} == {"off"}


# --- What it leaves -------------------------------------------------------------------------------------------------


def databases(database: Database) -> set[str]:
    return {str(name) for (name,) in database.query(DATABASES[database.dialect])}


def assert_nothing_is_left(database: Database, before: set[str]) -> None:
    """Nothing new is there, but for what the tests beside this one have, which goes as well."""
    deadline = time.monotonic() + 30
    left = {name for name in databases(database) - before if not name.startswith("migrate_test_")}
    while left & databases(database):
        assert time.monotonic() < deadline, left
        time.sleep(0.2)
    assert database.tables() == []


def test_nothing_is_left_on_the_server(desk: Desk, server_database: Database) -> None:
    before = databases(server_database)
    desk.write(RIGHT)
    assert verify(desk, server_database).exit == 0
    assert_nothing_is_left(server_database, before)
    desk.write({"sql/2_two.down.sql": "SELECT 1;\n"})
    assert verify(desk, server_database).exit == 4
    assert_nothing_is_left(server_database, before)
    desk.write({"sql/2_two.up.sql": "CREATE TABEL two (id INTEGER);\n"})
    assert verify(desk, server_database).exit == 4
    assert_nothing_is_left(server_database, before)


SLOW = {
    "postgres": "SELECT pg_sleep(20);\n",
    "mysql": "DO SLEEP(20);\n",
}
SLEEPS = {
    "postgres": "SELECT datname FROM pg_stat_activity WHERE wait_event = 'PgSleep'",
    "mysql": "SELECT db FROM information_schema.processlist WHERE state = 'User sleep'",
}


@pytest.mark.repeated
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_nothing_is_left_by_one_that_is_interrupted(
    desk: Desk, server_database: Database, number: signal.Signals
) -> None:
    before = databases(server_database)
    desk.write({**RIGHT, "sql/3_three.up.sql": SLOW[server_database.dialect], "sql/3_three.down.sql": "SELECT 1;\n"})
    process = subprocess.Popen(
        [*RUNNER, *words(server_database)],
        cwd=desk.home, env=clean_environment(), stdout=subprocess.DEVNULL, stderr=subprocess.PIPE,
    )  # fmt: skip
    deadline = time.monotonic() + 30
    assert process.stderr is not None
    for line in process.stderr:  # the same test may be at work beside this one, on the same server
        if b"  2 " in line:
            break
    try:
        while not {str(name) for (name,) in server_database.query(SLEEPS[server_database.dialect])} - before:
            assert process.poll() is None
            assert time.monotonic() < deadline
            time.sleep(0.05)
        process.send_signal(number)
        _, err = process.communicate(timeout=60)
    finally:
        with contextlib.suppress(ProcessLookupError):
            process.kill()
    assert process.returncode == 128 + number, err.decode()
    what = {signal.SIGINT: "interrupted", signal.SIGTERM: "terminated"}[number]
    assert re.search(f"error: {what}\n(?s:.*)nothing is left of the scratch database.\n", err.decode())
    assert err.decode().endswith(f"\nfix: begin again:  {CALLED} --dir sql verify\n")
    assert_nothing_is_left(server_database, before)


def test_a_database_that_holds_something_is_no_scratch_database(desk: Desk, server_database: Database) -> None:
    server_database.execute("CREATE TABLE precious (id INTEGER)")
    before = databases(server_database)
    desk.write(RIGHT)
    ran = verify(desk, server_database)
    assert (ran.exit, ran.out) == (2, "")
    dialect, url = server_database.dialect, inside.database_at(server_database.url).url
    made = {"postgres": "CREATE DATABASE scratch;", "mysql": "CREATE DATABASE scratch CHARACTER SET utf8mb4;"}
    assert ran.err == (
        "error: verify makes a database of its own beside an empty one; this one holds 1 object\n"
        f"  --> {url}\nnothing was changed.\nfix: create an empty one:  {made[dialect]}\n"
        f"     then  {PROGRAM} --dir sql verify --scratch-url {dialect}://user@host/scratch\n"
    )
    assert server_database.tables() == ["precious"]
    assert databases(server_database) - before <= {name for name in databases(server_database) if "test" in name}


def test_in_memory_nothing_is_written_to_disk(desk: Desk) -> None:
    desk.write(RIGHT)
    before = desk.names()
    assert desk("--dir", "sql", "verify").exit == 0
    assert desk("--database-url", "sqlite:app.db", "--dir", "sql", "verify").exit == 0
    assert desk.names() == before


def test_an_existing_database_is_not_touched(desk: Desk) -> None:
    desk.write(RIGHT)
    desk.here("up", "1")
    before = (desk.home / "app.db").read_bytes()
    desk.write({"sql/2_two.down.sql": "SELECT 1;\n"})
    assert desk.here("verify").exit == 4
    assert (desk.home / "app.db").read_bytes() == before


def test_a_user_who_may_not_make_databases_is_told_so(desk: Desk, server_database: Database) -> None:
    desk.write(RIGHT)
    url = server_database.create_user("all")
    ran = desk("--dir", "sql", "verify", "--scratch-url", url)
    assert (ran.exit, ran.out) == (1, "")
    shown = migrate.DatabaseURL.parse(url)
    right = {
        "postgres": f'ALTER ROLE "{shown.user}" CREATEDB;',
        "mysql": rf"GRANT ALL ON `migrate\_verify\_%`.* TO '{shown.user}'@'%';",
    }[server_database.dialect]
    assert ran.err.partition("\n")[2] == (
        f"  --> {shown} (--scratch-url)\nnothing was changed.\n"
        f"fix: let this user create databases:  {right}\n     or name a server where it may\n"
    )
    server_database.execute(right)
    assert desk("--dir", "sql", "verify", "--scratch-url", url).exit == 0


# --- One file hides no other ----------------------------------------------------------------------------------------


def verdicts(ran: Ran) -> list[list[str]]:
    return [line.split("\t")[:3] for line in ran.out.partition("\n\n")[0].splitlines()]


OURS = re.compile(r"migrate (up|down|repair|status)|\brepair\b|\bdirty\b|goes on with statement")


def test_a_file_that_cannot_be_applied_is_a_verdict_with_the_line_and_what_to_do(
    desk: Desk, database: Database
) -> None:
    desk.write({
        **RIGHT,
        "sql/3_three.up.sql": "CREATE TABLE three (n INTEGER);\nCREATE TABEL four (n INTEGER);\nDROP TABLE three;\n",
        "sql/3_three.down.sql": "SELECT 1;\n",
        "sql/4_four.up.sql": "ALTER TABLE four ADD COLUMN n INTEGER;\n",
        "sql/5_five.up.sql": "CREATE TABLE five (n INTEGER);\n", "sql/5_five.down.sql": "DROP TABLE five;\n",
    })  # fmt: skip
    ran = verify(desk, database)
    assert ran.exit == 4, ran.err
    assert verdicts(ran) == [
        ["1", "one", "undone"], ["2", "two", "undone"], ["3", "three", "failed"], ["4", "four", "failed"],
        ["5", "five", "undone"],
    ]  # fmt: skip
    assert "(without 3)" in ran.out.splitlines()[3]
    assert "  --> sql/3_three.up.sql:2" in ran.out
    assert "\nfix: correct line 2, then run  imagor-studio-migrate --dir sql verify\n" in ran.out
    assert not OURS.search(ran.out + ran.err)


def test_a_down_that_stops_half_way_hides_no_other(desk: Desk, database: Database) -> None:
    desk.write({
        **RIGHT,
        "sql/2_two.down.sql": "ALTER TABLE one DROP COLUMN two;\nDROP TABLE nonesuch;\nDROP TABLE one;\n",
        "sql/3_three.up.sql": "ALTER TABLE one ADD COLUMN three INTEGER;\n",
        "sql/3_three.down.sql": "ALTER TABLE one DROP COLUMN three;\n",
    })  # fmt: skip
    ran = verify(desk, database)
    assert ran.exit == 4, ran.err
    assert verdicts(ran) == [["1", "one", "undone"], ["2", "two", "failed"], ["3", "three", "undone"]]
    assert "\nfix: correct line 2, then run  imagor-studio-migrate --dir sql verify\n" in ran.out
    assert not OURS.search(ran.out + ran.err)


BREAKS = {
    "sqlite": "PRAGMA writable_schema = ON;\nSELECT 1;\n",
    "postgres": "SELECT pg_terminate_backend(pg_backend_pid());\n",
    "mysql": "DO 1;\nCREATE TABLE two (id INTEGER);\nKILL CONNECTION_ID();\nDO 2;\n",
}


def test_a_file_that_ends_its_connection_hides_no_other(desk: Desk, server_database: Database) -> None:
    desk.write({
        **RIGHT, "sql/3_three.up.sql": BREAKS[server_database.dialect],
        "sql/4_four.up.sql": "CREATE TABLE four (id INTEGER);\n", "sql/4_four.down.sql": "DROP TABLE four;\n",
    })  # fmt: skip
    ran = verify(desk, server_database)
    assert ran.exit == 4, ran.err
    assert verdicts(ran)[2:] == [["3", "three", "failed"], ["4", "four", "undone"]]
    assert not OURS.search(ran.out + ran.err)


ROLES = {"postgres": "SELECT rolname FROM pg_roles", "mysql": "SELECT user FROM mysql.user"}


@pytest.mark.parametrize("down", ["DROP ROLE {0};\n", "SELECT 1;\n"])
def test_a_role_is_in_the_way_of_no_other_verdict_and_goes_in_the_end(
    desk: Desk, server_database: Database, down: str
) -> None:
    role = f"verify_role_{server_database.name[-6:]}"
    desk.write({
        **RIGHT, "sql/0_role.up.sql": f"CREATE ROLE {role};\nCREATE TABLE zero (id INTEGER);\n",
        "sql/0_role.down.sql": f"DROP TABLE zero;\n{down.format(role)}", "sql/2_two.down.sql": "SELECT 1;\n",
        "sql/3_three.up.sql": "ALTER TABLE zero ADD COLUMN n INTEGER;\n",
        "sql/3_three.down.sql": "ALTER TABLE zero DROP COLUMN n;\n",
    })  # fmt: skip
    ran = verify(desk, server_database)
    assert ran.exit == 4, ran.err
    first = "undone" if "DROP" in down else "differs"
    assert verdicts(ran) == [
        ["0", "role", first], ["1", "one", "undone"], ["2", "two", "differs"], ["3", "three", "undone"],
    ]  # fmt: skip
    assert (f"{role}" in ran.out) == (first == "differs")
    assert role not in {name for (name,) in server_database.query(ROLES[server_database.dialect])}


def test_what_a_file_leaves_outside_of_its_database_is_there_already_the_second_time(
    desk: Desk, mysql_family: Database
) -> None:
    """Whatever it is: the rest of the file is applied without it, and the schema has to be what it was."""
    other = f"migrate_test_{mysql_family.name[-8:]}_x"
    desk.write({
        **RIGHT,
        "sql/0_other.up.sql": f"CREATE DATABASE {other};\nCREATE TABLE {other}.t (id INTEGER);\n"
        "CREATE TABLE zero (id INTEGER);\n",
        "sql/0_other.down.sql": f"DROP TABLE zero;\nDROP DATABASE {other};\n", "sql/2_two.down.sql": "SELECT 1;\n",
        "sql/3_three.up.sql": "ALTER TABLE zero ADD COLUMN n INTEGER;\n",
        "sql/3_three.down.sql": "ALTER TABLE zero DROP COLUMN n;\n",
    })  # fmt: skip
    try:
        ran = verify(desk, mysql_family)
    finally:
        mysql_family.execute(f"DROP DATABASE IF EXISTS {other}")
    assert ran.exit == 4, ran.err
    assert [result for *_, result in verdicts(ran)] == ["undone", "undone", "differs", "undone"]
    assert f"left on the server: database {other}\n" in ran.err


def test_a_server_for_it_that_is_not_reached_is_named_with_what_named_it(desk: Desk, server_database: Database) -> None:
    desk.write({"sql/1_a.up.sql": "SELECT 1;"})
    url = re.sub(":[^:@]*@", ":wr0ng@", server_database.url)
    shown = migrate.DatabaseURL.parse(url)
    encoded = "where @ is %40, / is %2F and % is %25"
    for words, place in (["--scratch-url", url], "--scratch-url"), ([], "MIGRATE_SCRATCH_URL in the environment"):
        desk.set(MIGRATE_SCRATCH_URL="" if words else url)
        ran = desk("--dir", "sql", "verify", *words)
        assert ran.err.splitlines()[1:] == [
            f"  --> {shown} ({place})",
            f"fix: correct the user {shown.user} or the password in {place.split()[0]}, {encoded}",
        ]
