"""The SQL that ships: three folders that say the same thing in three dialects, written to be read raw."""

from __future__ import annotations

import re
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

import migrate
from servers import DIALECTS

if TYPE_CHECKING:
    from servers import Database

SQL = Path(__file__).resolve().parent.parent / "sql"
FILES = sorted(path for dialect in DIALECTS for path in (SQL / dialect).iterdir())
NAMES = sorted({path.name for path in FILES})
MIGRATIONS = sorted({name.split(".")[0] for name in NAMES})
METADATA, USERS, ENCRYPTION, VIDEO = RELEASED = [
    "20250504_create_metadata_table",
    "20250816_create_users_table",
    "20250831_add_is_encrypted_to_registry",
    "20250923_add_video_extensions",
]
LABELS = {"up": ["Why", "Locks", "Undo"], "down": ["Loses", "Locks"]}
DDL = ("ALTER", "CREATE", "DROP", "RENAME", "TRUNCATE")

each_name = pytest.mark.parametrize("name", NAMES)
each_file = pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(SQL)))


def lines(path: Path) -> list[str]:
    return path.read_text(encoding="utf-8").splitlines()


def statements(path: Path) -> list[str]:
    """The shipped files have no semicolon but at the end of a statement."""
    code = "\n".join(line for line in lines(path) if not line.startswith("--"))
    return [statement.strip() for statement in code.split(";") if statement.strip()]


def without_dialect(line: str) -> str:
    """What a line of SQL says on every database."""
    line = re.sub(r"VARCHAR\(\d+\)|LONGTEXT", "TEXT", line.replace("`", ""))
    line = re.sub(r"TIMESTAMPTZ|DATETIME\(6\)", "TIMESTAMP", line)
    line = line.replace("(UTC_TIMESTAMP(6))", "CURRENT_TIMESTAMP")
    line = line.replace(" ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin", "")
    return re.sub(r" +", " ", line)


def paragraphs(path: Path) -> dict[str, str]:
    """The header's paragraphs by their label: {"Why": ..., "Locks": ...}."""
    found: dict[str, str] = {}
    label = ""
    for line in lines(path)[2:]:
        if not line.startswith("--"):
            break
        if match := re.fullmatch(r"-- ([A-Z][a-z]+) +(.*)", line):
            label, text = match.groups()
            found[label] = text
        elif line != "--":
            found[label] += " " + line.removeprefix("--").strip()
    return found


@pytest.mark.parametrize("dialect", DIALECTS)
def test_each_folder_holds_the_same_files(dialect: str) -> None:
    assert sorted(path.name for path in (SQL / dialect).iterdir()) == NAMES


def test_what_was_released_is_there_both_ways_and_new_migrations_come_after_it() -> None:
    assert MIGRATIONS[: len(RELEASED)] == RELEASED
    assert {f"{migration}.{direction}.sql" for migration in RELEASED for direction in LABELS} <= set(NAMES)


@each_name
def test_a_diff_between_two_dialects_shows_the_dialect_and_nothing_else(name: str) -> None:
    for in_one, *in_others in zip(*(lines(SQL / dialect / name) for dialect in DIALECTS), strict=True):
        for other in in_others:
            assert other.startswith("--") == in_one.startswith("--")
            if not in_one.startswith("--"):
                assert without_dialect(other) == without_dialect(in_one)


@each_name
def test_reasons_are_the_same_on_every_database(name: str) -> None:
    reasons = [
        {label: text for label, text in paragraphs(SQL / dialect / name).items() if label not in {"Locks", "Types"}}
        for dialect in DIALECTS
    ]
    assert reasons[0] == reasons[1] == reasons[2]


@each_file
def test_a_header_tells_a_dba_why_what_it_locks_and_how_to_go_back(path: Path) -> None:
    version, words = path.name.split(".")[0].split("_", 1)
    direction = path.name.split(".")[1]
    title, rule, *_ = lines(path)

    heading, _, suffix = title.removeprefix("-- ").partition(":")
    assert heading.replace(" ", "_") == f"{version}_{words}"
    assert suffix == {"up": "", "down": " undo"}[direction]
    assert rule == "--"
    assert [label for label in paragraphs(path) if label != "Types"] == LABELS[direction]


@each_file
def test_a_file_is_plain_text_that_reads_well_anywhere(path: Path) -> None:
    content = path.read_bytes()
    assert content.isascii()
    assert b"\r" not in content
    assert b"\t" not in content
    assert content.endswith(b";\n")
    assert all(len(line) <= 100 and line == line.rstrip() for line in lines(path))


@each_name
def test_mysql_never_stops_half_way_since_a_file_has_one_ddl_statement_or_none(name: str) -> None:
    found = statements(SQL / "mysql" / name)
    if any(statement.startswith(DDL) for statement in found):
        assert len(found) == 1


@each_file
def test_a_file_leaves_transactions_to_the_runner_and_hides_no_drift(path: Path) -> None:
    code = ";".join(statements(path)).upper()
    assert not re.search(r"\b(BEGIN|COMMIT|ROLLBACK|SAVEPOINT|SET (?!KEY|`KEY`))\b", code)
    assert "IF NOT EXISTS" not in code
    assert "IF EXISTS" not in code


@each_file
def test_every_constraint_has_a_name(path: Path) -> None:
    for line in lines(path):
        if re.search(r"PRIMARY KEY|UNIQUE|FOREIGN KEY|CHECK \(", line) and not line.startswith("--"):
            assert re.match(r" +CONSTRAINT [a-z_]+ ", line)


def run(database: Database, migrations: list[str], direction: str) -> None:
    """Run the files as they are, without the runner."""
    for migration in migrations:
        database.execute(*statements(SQL / database.dialect / f"{migration}.{direction}.sql"))


def keys(database: Database) -> list[str]:
    column = database.quoted("key")
    return [key for (key,) in database.query(f"SELECT {column} FROM registry ORDER BY id")]


def add_setting(database: Database, identifier: object, key: str, owner: str = "me", value: str = ".x") -> None:
    column = database.quoted("key")
    database.execute(
        f"INSERT INTO registry (id, owner_id, {column}, value) VALUES ('{identifier}', '{owner}', '{key}', '{value}')"
    )


def test_down_and_up_again_leave_the_same_schema(database: Database) -> None:
    empty = database.dump()
    run(database, MIGRATIONS, "up")
    schema = database.dump()
    run(database, MIGRATIONS[::-1], "down")
    assert database.dump() == empty
    run(database, MIGRATIONS, "up")
    assert database.dump() == schema
    assert {"registry", "users"} <= set(database.tables())


def test_the_databases_own_client_runs_the_files_unchanged(database: Database) -> None:
    run(database, MIGRATIONS, "up")
    schema = database.dump()
    for direction, migrations in (("down", MIGRATIONS[::-1]), ("up", MIGRATIONS)):
        for migration in migrations:
            done = database.run_client((SQL / database.dialect / f"{migration}.{direction}.sql").read_bytes())
            assert (done.returncode, done.stderr) == (0, "")
    assert database.dump() == schema


def test_the_runner_makes_the_same_schema_and_takes_it_away(database: Database) -> None:
    run(database, MIGRATIONS, "up")
    schema = database.dump()
    run(database, MIGRATIONS[::-1], "down")
    empty = database.dump()

    assert migrate.main(["--database-url", database.url, "up"]) == 0
    assert database.dump() == schema
    assert migrate.main(["--database-url", database.url, "down", "--all", "--yes"]) == 0
    assert database.dump() == empty


def test_the_list_of_extensions_keeps_its_rows_there_and_back(database: Database) -> None:
    run(database, [METADATA], "up")
    add_setting(database, 1, "config.app_file_extensions")
    add_setting(database, 2, "config.app_title")
    run(database, [VIDEO], "up")
    assert keys(database) == ["config.app_image_extensions", "config.app_title"]

    add_setting(database, 3, "config.app_video_extensions")
    run(database, [VIDEO], "down")
    assert keys(database) == ["config.app_file_extensions", "config.app_title"]


UUID = "9b2f1c1e-7d4e-4f0a-8a65-0c6f3d2e1b7a"


@pytest.mark.parametrize("owner", ["system:global", f"user:{UUID}", f"space:{UUID}", "\U0001f5bc" * 255])
def test_every_owner_of_the_servers_has_settings_under_the_longest_key(database: Database, owner: str) -> None:
    run(database, MIGRATIONS, "up")
    add_setting(database, UUID, "\U0001f511" * 255, owner, value="x" * 100_000)
    column = database.quoted("key")
    assert database.query(f"SELECT id, owner_id, {column}, LENGTH(value) FROM registry") == [
        (UUID, owner, "\U0001f511" * 255, 100_000)
    ]
    with pytest.raises(Exception, match=r"(?i)unique|duplicate"):
        add_setting(database, "another", "\U0001f511" * 255, owner)


def test_the_widest_account_that_the_server_lets_through_fits(database: Database) -> None:
    """A name to show of 100 bytes, a name to sign in with of 30, a hash of bcrypt of 60; the role is user or admin."""
    run(database, MIGRATIONS, "up")
    account = (UUID, "n" * 100, "u" * 30, "$2a$12$" + "h" * 53, "admin")
    database.execute(f"INSERT INTO users (id, display_name, username, hashed_password, role) VALUES {account}")
    assert database.query("SELECT id, display_name, username, hashed_password, role FROM users") == [account]


def test_a_key_is_unique_for_its_owner_and_knows_its_case(database: Database) -> None:
    run(database, [METADATA], "up")
    add_setting(database, 1, "config.Title")
    add_setting(database, 2, "config.title")
    with pytest.raises(Exception, match=r"(?i)unique|duplicate"):
        add_setting(database, 3, "config.title")
    assert keys(database) == ["config.Title", "config.title"]


def test_defaults_are_a_plain_active_user_of_this_moment_in_utc(database: Database) -> None:
    run(database, [USERS], "up")
    database.execute("INSERT INTO users (id, display_name, username, hashed_password) VALUES ('1', 'Ann', 'ann', '')")
    ((role, active, *times),) = database.query("SELECT role, is_active, created_at, updated_at FROM users")

    assert (role, active) == ("user", True)
    for time in times:
        when = time if isinstance(time, datetime) else datetime.fromisoformat(time)
        when = when if when.tzinfo else when.replace(tzinfo=timezone.utc)
        assert abs(datetime.now(timezone.utc) - when) < timedelta(minutes=1)


def test_what_was_stored_before_encryption_counts_as_plain(database: Database) -> None:
    run(database, [METADATA], "up")
    add_setting(database, 1, "config.title")
    run(database, [ENCRYPTION], "up")
    assert database.query("SELECT is_encrypted FROM registry") == [(False,)]
