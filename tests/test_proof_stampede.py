"""Proof 3, the stampede: many processes start at once on an empty database; each migration is applied exactly once."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
import rig

if TYPE_CHECKING:
    from pathlib import Path

    from servers import Database

pytestmark = pytest.mark.repeated

FILES = {
    "1_a.up": "CREATE TABLE counter (n INTEGER);\nINSERT INTO counter VALUES (1);\n",
    "2_b.up": "INSERT INTO counter VALUES (2);\n",
    "3_c.up": "CREATE TABLE c (n INTEGER);\nINSERT INTO counter SELECT n + 2 FROM counter WHERE n = 1;\n",
    "4_d.up": "ALTER TABLE c ADD COLUMN m INTEGER;\nINSERT INTO counter VALUES (4);\n",
}
LEVELS = "SERIALIZABLE", "REPEATABLE READ", "READ COMMITTED", "SERIALIZABLE"
ISOLATED = {
    name: f"BEGIN ISOLATION LEVEL {level};\n{text}COMMIT;\n"
    for (name, text), level in zip(FILES.items(), LEVELS, strict=True)
}
JOURNALED = {name: f"-- migrate: no-transaction\n{text}" for name, text in FILES.items()}


def stampede(folder: Path, database: Database, url: str, *, count: int) -> None:
    processes = [rig.start(folder, url, "--lock-timeout", "100", "up") for _ in range(count)]
    ended = [rig.Ended(process) for process in processes]
    for each in ended:
        assert each.exit in {0, 5}, each.err
        assert "Traceback" not in each.err
        assert "error" not in each.err or each.exit == 5, each.err
    assert any(each.exit == 0 for each in ended)
    assert sorted(database.query("SELECT n FROM counter")) == [(1,), (2,), (3,), (4,)]
    history = database.query("SELECT version, dirty FROM schema_migrations ORDER BY version")
    assert [(version, bool(dirty)) for version, dirty in history] == [(str(number), False) for number in range(1, 5)]
    log = database.query("SELECT version FROM schema_migrations_log WHERE outcome = 'ok' ORDER BY version")
    assert log == [("1",), ("2",), ("3",), ("4",)]
    assert sorted(line.split()[1] for each in ended for line in each.out.splitlines()) == ["1", "2", "3", "4"]


@pytest.mark.parametrize("files", [FILES, JOURNALED], ids=["files", "no-transaction files"])
def test_many_processes_at_once_apply_each_migration_once(
    database: Database, tmp_path: Path, files: dict[str, str], full: bool
) -> None:
    rig.write(tmp_path, files)
    for number in range(20 if full else 1):
        folder = tmp_path / str(number)
        folder.mkdir()
        each = database.server.create(folder)
        try:
            stampede(tmp_path, each, each.url, count=16 if full else 6)
        finally:
            each.drop()


@pytest.mark.parametrize("files", [FILES, ISOLATED], ids=["files", "levels of isolation"])
def test_many_processes_at_once_through_pgbouncer(
    postgres: Database, tmp_path: Path, files: dict[str, str], full: bool
) -> None:
    rig.write(tmp_path, files)
    for _ in range(20 if full else 1):
        each = postgres.server.create(tmp_path)
        try:
            with rig.pgbouncer(each) as url:
                stampede(tmp_path, each, url, count=16 if full else 6)
        finally:
            each.drop()


def test_many_processes_at_once_where_the_database_has_another_level_of_isolation(
    postgres: Database, tmp_path: Path
) -> None:
    asks = f"CREATE TABLE level AS SELECT current_setting('transaction_isolation');\n{FILES['4_d.up']}"
    rig.write(tmp_path, ISOLATED | {"4_d.up": asks})
    postgres.execute(f"ALTER DATABASE {postgres.name} SET default_transaction_isolation = 'serializable'")
    with rig.pgbouncer(postgres) as url:
        stampede(tmp_path, postgres, url, count=4)
    assert postgres.query("TABLE level") == [("serializable",)]


def test_a_pooler_is_told_apart_and_a_no_transaction_file_goes_around_it(postgres: Database, tmp_path: Path) -> None:
    rig.write(tmp_path, JOURNALED)
    with rig.pgbouncer(postgres) as url:
        ran = rig.run(tmp_path, url, "up")
        assert ran.exit == 1
        assert ran.err.startswith(
            "error: a no-transaction file cannot run through a connection pooler, which changes sessions in between\n"
        )
        assert "nothing was changed.\nfix: set MIGRATE_DATABASE_URL to the URL of the server itself" in ran.err
        assert postgres.tables() == []
        around = rig.Ended(rig.start(tmp_path, url, "up", MIGRATE_DATABASE_URL=postgres.url))
        assert around.exit == 0, around.err


def test_what_a_file_sets_does_not_reach_the_other_clients_of_a_pooler(postgres: Database, tmp_path: Path) -> None:
    import psycopg

    rig.write(tmp_path, {"1_a.up": "SET search_path = nowhere; SET lock_timeout = '7s';"})
    with rig.pgbouncer(postgres) as url:
        assert rig.command(tmp_path, url, "up").exit == 0
        with psycopg.connect(url, prepare_threshold=None) as client:
            found = client.execute(
                "SELECT current_setting('search_path'), current_setting('lock_timeout'),"
                " current_setting('statement_timeout'), current_setting('application_name')"
            ).fetchone()
        assert found is not None
        assert found[:3] == ('"$user", public', "0", "0")
        assert not found[3].startswith("migrate up")
