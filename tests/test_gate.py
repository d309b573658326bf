"""What stands between a release and its database: ``wait``, the lines for collectors of logs, the way back."""

from __future__ import annotations

import contextlib
import json
import re
import shutil
import socket
import sqlite3
import subprocess
import sys
import time
import zipfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import rig
from desk import RUNNER, THREE, Desk, clean_environment

import migrate

if TYPE_CHECKING:
    from servers import Database

ROOT = Path(__file__).resolve().parent.parent
NOWHERE = "postgres://app:s3cret@no-such-host.invalid/app"


@pytest.fixture
def desk(desk: Desk) -> Desk:
    desk.write(THREE)
    desk.set(MIGRATE_DIR="sql")
    return desk


@pytest.fixture
def at(desk: Desk, database: Database) -> Desk:
    """The desk, with DATABASE_URL set to each database in turn."""
    desk.set(DATABASE_URL=database.url)
    return desk


# ---- wait


def test_wait_is_over_at_once_where_everything_is_applied(at: Desk, database: Database) -> None:
    assert at("-q", "up").exit == 0
    for words in ([], ["--for", "migrations"], ["--for", "database"], ["--timeout", "0"]):
        ran = at("wait", *words)
        assert (ran.exit, ran.out) == (0, "")
        assert re.fullmatch(
            rf"ready: {re.escape(str(migrate.DatabaseURL.parse(database.url)))}, after 0\.\d s\n", ran.err
        )


def test_wait_says_what_is_missing_and_ends_with_3(at: Desk, database: Database) -> None:
    assert at("-q", "up", "1").exit == 0
    url = str(migrate.DatabaseURL.parse(database.url))
    assert at("wait", "--timeout", "0") == (
        3,
        "",
        (
            "error: not ready after 0 s: 2 two is pending, and 1 more to come\n"
            f"  --> {url} (DATABASE_URL in the environment)\n"
            "fix: apply what is missing:  imagor-studio-migrate up\n"
            "     or wait longer:  imagor-studio-migrate wait --for migrations --timeout 60\n"
        ),
    )


@pytest.mark.repeated
def test_wait_tells_each_change_once_and_ends_when_another_run_has_done_it(at: Desk, database: Database) -> None:
    at.write({"sql/0_schema.up.sql": "CREATE TABLE zero (n INTEGER);"})
    assert at("-q", "up", "1").exit == 0
    waiting = rig.start(at.home, database.url, "wait", "--timeout", "60")
    assert waiting.stderr is not None
    assert waiting.stderr.readline() == "waiting: 1 one is pending, and 2 more to come\n"
    time.sleep(1.5)  # the same again is not told again
    assert at("-q", "up", "1").exit == 0
    assert waiting.stderr.readline() == "waiting: 2 two is pending, and 1 more to come\n"
    assert at("-q", "up").exit == 0
    ended = rig.Ended(waiting)
    assert ended.exit == 0, ended.err
    assert re.fullmatch("ready: .*\n", ended.err)


def test_wait_needs_select_only_and_creates_nothing(desk: Desk, server_database: Database) -> None:
    reader = server_database.create_user("select")
    desk.set(DATABASE_URL=reader)
    assert desk("wait", "--timeout", "0").exit == 3
    assert desk("wait", "--for", "database", "--timeout", "0").exit == 0
    assert server_database.tables() == []
    desk.set(DATABASE_URL=server_database.url)
    assert desk("-q", "up").exit == 0
    desk.set(DATABASE_URL=server_database.create_user("select"))
    assert desk("wait", "--timeout", "0").exit == 0


@pytest.mark.repeated
@pytest.mark.long
def test_wait_takes_no_lock_and_waits_for_none(desk: Desk, server_database: Database) -> None:
    desk.set(DATABASE_URL=server_database.url)
    assert desk("-q", "up").exit == 0
    gate = rig.Gate(server_database, desk.home / "gate")
    desk.write({"sql/4_slow.up.sql": gate.statement})
    running = gate.start(desk.home, "up", name="running")
    rig.until(gate.somebody)
    assert desk("wait", "--timeout", "0").err.startswith("error: not ready after 0 s: 4 slow is ")
    (desk.home / "sql" / "4_slow.up.sql").unlink()
    assert desk("wait", "--timeout", "0").exit == 0
    assert running.poll() is None
    gate.open()
    assert rig.Ended(running).exit == 0


def test_wait_waits_for_who_has_locked_the_history_and_no_longer_than_it_may(
    desk: Desk, server_database: Database
) -> None:
    desk.set(DATABASE_URL=server_database.url)
    assert desk("-q", "up").exit == 0
    lock = (
        "BEGIN; LOCK TABLE schema_migrations"
        if server_database.dialect == "postgres"
        else "LOCK TABLES schema_migrations WRITE"
    )
    with contextlib.closing(server_database.connect()) as other:
        for statement in lock.split("; "):
            other.cursor().execute(statement)
        began = time.monotonic()
        ran = desk("wait", "--timeout", "2")
        assert time.monotonic() - began < 5
    assert (ran.exit, ran.err.count("waiting: ")) == (3, 1)
    assert (
        "\nfix: another session has locked schema_migrations: end it, or run the same command again later\n" in ran.err
    )
    assert desk("wait", "--timeout", "0").exit == 0


def test_wait_begins_no_attempt_when_its_time_is_over(desk: Desk) -> None:
    for scheme in ("postgres", "mysql"):
        with socket.create_server(("127.0.0.1", 0)) as silent:
            url = f"{scheme}://a:b@127.0.0.1:{silent.getsockname()[1]}/d"
            assert desk("--database-url", url, "wait", "--timeout", "2").exit == 3
            silent.setblocking(False)
            with silent.accept()[0], pytest.raises(BlockingIOError):
                silent.accept()


def test_wait_does_not_take_a_dirty_migration_for_an_applied_one(at: Desk, database: Database) -> None:
    assert at("-q", "up").exit == 0
    database.execute("UPDATE schema_migrations SET dirty = '1' WHERE version = '3'")
    ran = at("wait", "--timeout", "0")
    assert (ran.exit, ran.err.splitlines()[0]) == (3, "error: not ready after 0 s: 3 three is dirty")


def test_wait_does_not_mind_what_a_newer_release_has_brought_clean_or_not(at: Desk, database: Database) -> None:
    assert at("-q", "up").exit == 0
    (at.home / "sql" / "3_three.up.sql").unlink()
    (at.home / "sql" / "3_three.down.sql").unlink()
    assert at("wait", "--timeout", "0").exit == 0
    database.execute("UPDATE schema_migrations SET dirty = '1' WHERE version = '3'")
    assert at("wait", "--timeout", "0").exit == 0


def test_wait_goes_on_until_there_is_a_sqlite_file(desk: Desk) -> None:
    assert desk.here("wait", "--for", "database", "--timeout", "0") == (
        3,
        "",
        (
            "error: not ready after 0 s: app.db does not exist\n"
            "  --> sqlite:app.db (DATABASE_URL in the environment)\n"
            "fix: create it:  imagor-studio-migrate up\n"
            "     or wait longer:  imagor-studio-migrate wait --for database --timeout 60\n"
        ),
    )
    assert not (desk.home / "app.db").exists()


def test_wait_for_a_host_that_does_not_resolve_names_it(desk: Desk) -> None:
    for url in (NOWHERE, NOWHERE.replace("postgres", "mysql")):
        ran = desk("--database-url", url, "wait", "--for", "database", "--timeout", "1")
        assert ran.exit == 3
        assert ran.err.count("waiting: ") == 1
        assert "no-such-host.invalid" in ran.err.splitlines()[0]
        assert ran.err.endswith(
            "fix: correct the host name\n"
            "     or wait longer:  imagor-studio-migrate --database-url URL wait --for database --timeout 60\n"
        )


def test_wait_ends_at_once_where_waiting_mends_nothing(desk: Desk) -> None:
    began = time.monotonic()
    assert desk("--dir", "nowhere", "wait").exit == 2
    assert desk("--database-url", "postgers://h/d", "wait").exit == 2
    assert desk("wait", "--timeout", "soon") == (
        2,
        "",
        (
            "error: argument --timeout: write seconds, from 0 to 9999999\n"
            "fix: look at what there is:  imagor-studio-migrate wait --help\n"
        ),
    )
    assert desk("wait", "--for", "ever").exit == 2
    assert desk.here("up").exit == 0
    with contextlib.closing(sqlite3.connect(desk.home / "alien.db")) as alien:
        alien.execute("CREATE TABLE schema_migrations (version TEXT)")
    assert desk("--database-url", "sqlite:alien.db", "wait").exit == 4
    assert time.monotonic() - began < 20


def test_wait_as_json(desk: Desk) -> None:
    assert desk.here("-q", "up").exit == 0
    document = desk.here("--format", "json", "wait").document
    assert isinstance(document["waited_ms"], int)
    desk.write({"sql/4_four.up.sql": "CREATE TABLE four (n INTEGER);"})
    document = desk.here("--format", "json", "wait", "--timeout", "0").document
    assert (document["error"]["exit"], document["error"]["what"]) == (3, "not ready after 0 s: 4 four is pending")


@pytest.mark.repeated
def test_wait_ends_with_a_signal(desk: Desk) -> None:
    waiting = rig.start(desk.home, "sqlite:nothing.db", "wait")
    assert waiting.stderr is not None
    assert waiting.stderr.readline() == "waiting: nothing.db does not exist\n"
    waiting.terminate()
    assert rig.Ended(waiting).exit == 143


# ---- a URL that leads to the wrong place


@pytest.mark.long
def test_a_url_of_the_wrong_kind_of_database_says_so(desk: Desk, postgres: Database, mysql_family: Database) -> None:
    """Exit 1, with which an orchestrator tries again: it may be a port that is reused while things start."""
    fix = "fix: see if another kind of database is at that port: 3306 is MySQL, 5432 PostgreSQL"
    place = [re.sub(r".*@([^/]*)/.*", r"\1", each.url) for each in (postgres, mysql_family)]
    for url in (
        f"mysql://a:b@{place[0]}/d?connect_timeout=1",
        f"postgres://a:b@{place[1]}/d",
        f"postgres://a:b@{place[1]}/d?sslmode=disable",
    ):
        ran = desk.process("--database-url", url, "up")
        what, where, advice = ran.stderr.splitlines()
        assert (ran.returncode, ran.stdout, advice) == (1, "", fix)
        assert what.startswith("error: ")
        assert where == f"  --> {migrate.DatabaseURL.parse(url)} (--database-url)"


def test_a_database_that_does_not_exist_is_told_in_one_screen(desk: Desk, server_database: Database) -> None:
    url = re.sub(r"/\w+(\?.*)?$", "/nowhere_at_all", server_database.url)
    desk.set(DATABASE_URL=url)
    ran = desk("up")
    assert (ran.exit, ran.out) == (1, "")
    what, where, *fix = ran.err.splitlines()
    made = {"postgres": '"nowhere_at_all";', "mysql": "`nowhere_at_all` CHARACTER SET utf8mb4;"}
    assert "nowhere_at_all" in what
    assert where == f"  --> {migrate.DatabaseURL.parse(url)} (DATABASE_URL in the environment)"
    assert fix == [
        f"fix: create the database:  CREATE DATABASE {made[server_database.dialect]}",
        "     or correct its name in DATABASE_URL",
    ]


def test_a_connection_that_is_refused_reads_as_sentences_and_says_where_the_url_stands(desk: Desk) -> None:
    for url, what in {
        "postgres://ann:s3cr3t@127.0.0.1:1/app": (
            'connection failed: connection to server at "127.0.0.1", port 1 failed: Connection refused.'
            " Is the server running on that host and accepting TCP/IP connections?"
        ),
        "mysql://ann:s3cr3t@127.0.0.1:1/app": (
            "Can't connect to MySQL server on '127.0.0.1' ([Errno 111] Connection refused)"
        ),
    }.items():
        desk.write({".env": f"# the database\n\nDATABASE_URL={url}\n"})
        assert desk("up") == (
            1,
            "",
            (
                f"error: {what}\n  --> {url.replace('s3cr3t', '***')} (DATABASE_URL in .env:3)\n"
                "fix: check that the server runs, and host, port and options in DATABASE_URL\n"
            ),
        )


def test_several_hosts_that_refuse_are_told_each_in_a_sentence(desk: Desk) -> None:
    ran = desk("--database-url", "postgres://ann@127.0.0.1:1,127.0.0.1:2/app", "status")
    assert ran.err.splitlines()[0].replace("'", "") == (
        'error: connection failed: connection to server at "127.0.0.1", port 2 failed: Connection refused.'
        " Is the server running on that host and accepting TCP/IP connections?"
        " Multiple connection attempts failed. All failures were:"
        ' host: 127.0.0.1, port: 1, hostaddr: 127.0.0.1: connection failed: connection to server at "127.0.0.1",'
        " port 1 failed: Connection refused. Is the server running on that host and accepting TCP/IP connections?"
        ' host: 127.0.0.1, port: 2, hostaddr: 127.0.0.1: connection failed: connection to server at "127.0.0.1",'
        " port 2 failed: Connection refused. Is the server running on that host and accepting TCP/IP connections?"
    )


def test_a_wrong_password_names_the_user_and_where_it_is_set_and_no_grant(
    desk: Desk, server_database: Database
) -> None:
    url = re.sub(":[^:@]*@", ":wr0ng@", server_database.url)
    shown, user = migrate.DatabaseURL.parse(url), migrate.DatabaseURL.parse(url).user
    desk.write({"secret": url})
    for words, variables, named, place in (
        (["--database-url", url], {}, "--database-url", "--database-url"),
        ([], {"DATABASE_URL": url}, "DATABASE_URL", "DATABASE_URL in the environment"),
        ([], {"DATABASE_URL_FILE": "secret"}, "DATABASE_URL_FILE", "DATABASE_URL_FILE in the environment, secret"),
    ):
        with pytest.MonkeyPatch.context() as patched:
            for name, text in variables.items():
                patched.setenv(name, text)
            ran = desk(*words, "up")
        what, *rest = ran.err.splitlines()
        assert (ran.exit, "wr0ng" in ran.err) == (1, False)
        assert re.search("password authentication failed|Access denied for user", what)
        assert rest == [
            f"  --> {shown} ({place})",
            f"fix: correct the user {user} or the password in {named}, where @ is %40, / is %2F and % is %25",
        ]


def test_mysql_calls_a_database_that_does_not_exist_a_matter_of_rights(desk: Desk, mysql_family: Database) -> None:
    """So it does to all but administrators: both ways out are named."""
    url = re.sub(r"/\w+(\?.*)?$", "/nowhere_at_all", mysql_family.create_user("select"))
    desk.set(DATABASE_URL=url)
    ran = desk("up")
    assert (ran.exit, ran.out) == (1, "")
    what, where, *fix = ran.err.splitlines()
    assert what.endswith("to database 'nowhere_at_all'")
    assert where == f"  --> {migrate.DatabaseURL.parse(url)} (DATABASE_URL in the environment)"
    grant = f"GRANT ALL ON `nowhere_at_all`.* TO '{migrate.DatabaseURL.parse(url).user}'@'%';"
    assert fix == [
        "fix: create the database:  CREATE DATABASE `nowhere_at_all` CHARACTER SET utf8mb4;",
        f"     or have an administrator type  {grant}",
    ]


def test_a_user_that_the_driver_takes_from_the_environment_is_named(desk: Desk, postgres: Database) -> None:
    """A URL need not name one; what is to be typed does, also before anybody has let that user in."""
    url = postgres.create_user("select")
    person = migrate.DatabaseURL.parse(url)
    desk.write({"sql/1_one.up.sql": "CREATE TABLE one (i INTEGER);\n"})
    desk.set(DATABASE_URL=re.sub("//.*@", "//", url), PGUSER=person.user, PGPASSWORD=person.password, MIGRATE_DIR="sql")
    assert f'TO "{person.user}";' in desk("up").err
    desk.set(PGUSER="nobody_at_all")
    assert "\nfix: correct the user nobody_at_all or the password in DATABASE_URL" in desk("up").err


# ---- logs for machines


def events(ran: Any) -> list[dict[str, Any]]:
    """Read one JSON object from each line; nothing else may be there."""
    assert ran.err == ""
    return [json.loads(line) for line in ran.out.splitlines()]


def test_as_json_up_and_down_tell_one_event_a_line(at: Desk) -> None:
    told = events(at("--format", "json", "up"))
    assert sorted((each["version"], each["event"]) for each in told[:-1]) == [
        (version, event) for version in "123" for event in ("applied", "started")
    ]
    started = next(each for each in told if (each["event"], each["version"]) == ("started", "2"))
    assert started.keys() == {"event", "at", "version", "name", "direction", "statements"}
    assert (started["name"], started["direction"], started["statements"]) == ("two", "up", 2)
    applied = next(each for each in told if (each["event"], each["version"]) == ("applied", "2"))
    assert isinstance(applied["took_ms"], int)
    assert applied["statements"] == 2
    assert told[-1]["event"] == "done"
    assert [each["version"] for each in told[-1]["results"]] == ["1", "2", "3"]
    assert all(re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", each["at"]) for each in told)
    told = events(at("--format", "json", "down"))
    assert [(each["event"], each.get("version")) for each in told] == [
        ("started", "3"), ("rolled_back", "3"), ("done", None),
    ]  # fmt: skip
    names = sorted(each["event"] for each in events(at("--format", "json", "redo")))
    assert names == ["applied", "done", "rolled_back", "started", "started"]


def test_as_json_a_failure_is_one_line_and_holds_no_data(at: Desk, database: Database) -> None:
    at.write({
        "sql/2_two.up.sql": "CREATE TABLE two (secret VARCHAR(40) PRIMARY KEY);\n",
        "sql/3_three.up.sql": "INSERT INTO two VALUES ('hidden@example.com');\n" * 2,
    })  # fmt: skip
    ran = at("--format", "json", "up")
    assert ran.exit == 1
    assert "hidden" not in ran.out
    told = events(ran)
    assert [each["event"] for each in told][-1] == "failed"
    last = told[-1]
    assert (last["version"], last["name"], last["error"]["exit"]) == ("3", "three", 1)
    assert last["error"].keys() == {"what", "where", "state", "fix", "exit"}
    assert [each["version"] for each in last["results"]] == ["1", "2"]
    assert at("--format", "json", "status").document["counts"]["applied"] == 2


def test_as_json_what_is_worth_telling_is_a_note(desk: Desk) -> None:
    assert desk.here("-q", "up").exit == 0
    note, done = events(desk.here("--format", "json", "up"))
    assert (note["event"], note["message"]) == ("note", "up to date at 3 (3 applied)")
    assert (done["event"], done["results"]) == ("done", [])
    (done,) = events(desk.here("-q", "--format", "json", "up"))
    assert done["event"] == "done"


@pytest.mark.parametrize("words", [["up", "--count"], ["up", "x"], ["--dir", "nowhere", "up"]])
def test_as_json_wrong_input_is_one_line_too(desk: Desk, words: list[str]) -> None:
    (told,) = events(desk("--format", "json", *words))
    assert (told["event"], told["error"]["exit"]) == ("failed", 2)


def test_as_json_a_dry_run_is_a_document_as_plan_is(desk: Desk) -> None:
    planned = desk.here("--format", "json", "plan").document
    assert desk.here("--format", "json", "up", "--dry-run").document == planned


# ---- rolling back a release


def unpack(wheel: Path, folder: Path, version: str, more: dict[str, str]) -> Path:
    """Unpack *wheel* as an installation of that *version*, which has *more* migrations."""
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(folder)
    for module in (folder / "migrate.py", folder / "migrate_review" / "__init__.py"):
        module.write_text(re.sub(r'(?m)^__version__ = "[^"]*"', f'__version__ = "{version}"', module.read_text()))
    for name, text in more.items():
        for dialect in (folder / "migrate_sql").iterdir():
            (dialect / name).write_text(text)
    return folder


@pytest.fixture(scope="module")
def releases(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """Two installations: 1.0.0, and 1.1.0 with one migration more."""
    folder = tmp_path_factory.mktemp("releases")
    ignored = shutil.ignore_patterns(".git", ".venv", "build", "dist", "*.db", "__pycache__", ".*_cache", ".hypothesis")
    shutil.copytree(ROOT, folder / "source", ignore=ignored)
    build = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(folder)]
    subprocess.run(build, cwd=folder / "source", check=True, capture_output=True)
    (wheel,) = folder.glob("*.whl")
    more = {
        "20270101_create_tags.up.sql": "CREATE TABLE tags (name VARCHAR(80) NOT NULL PRIMARY KEY);\n",
        "20270101_create_tags.down.sql": "DROP TABLE tags;\n",
    }
    return unpack(wheel, folder / "old", "1.0.0", {}), unpack(wheel, folder / "new", "1.1.0", more)


@pytest.mark.long
def test_an_old_release_lives_with_a_newer_schema_and_rolls_it_back(
    releases: tuple[Path, Path], database: Database, tmp_path: Path
) -> None:
    def run(installed: Path, *words: str) -> subprocess.CompletedProcess[str]:
        environment = clean_environment() | {"DATABASE_URL": database.url, "PYTHONPATH": str(installed)}
        return subprocess.run(
            [*RUNNER, *words], cwd=tmp_path, env=environment, capture_output=True, text=True, check=False
        )

    old, new = releases
    assert run(old, "--version").stdout == "imagor-studio-migrate 1.0.0\n"
    assert run(new, "--version").stdout == "imagor-studio-migrate 1.1.0\n"
    assert run(new, "up").returncode == 0
    assert "tags" in database.tables()
    ran = run(old, "up")
    assert (ran.returncode, ran.stdout) == (0, "")
    assert ran.stderr.splitlines()[0] == (
        "the database is ahead of these files: 20270101 came with a newer release, or its file was removed"
    )
    assert run(old, "wait", "--for", "migrations", "--timeout", "0").returncode == 0
    assert run(old, "status", "--exit-code").returncode == 0
    last = run(old, "status").stdout.splitlines()[-1].split("\t")
    assert last[:3] == ["20270101", "create_tags", "missing (down is stored)"]
    ran = run(old, "down", "--to-here")
    assert ran.returncode == 0, ran.stderr
    assert ran.stdout.startswith("rolled back  20270101 create_tags")
    assert "tags" not in database.tables()
    assert len(run(old, "status").stdout.splitlines()) == 4
    assert run(new, "up").stdout.startswith("applied  20270101 create_tags")
