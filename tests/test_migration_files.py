"""A folder in, migrations out, oldest first; and every fault in the folder at once. And `new` and `check`."""

from __future__ import annotations

import hashlib
import os
import re
import shlex
from datetime import datetime, timezone
from typing import TYPE_CHECKING

import pytest
from desk import THREE, Desk, placed
from hypothesis import given
from hypothesis import strategies as st

import migrate
from servers import DIALECTS

if TYPE_CHECKING:
    from pathlib import Path

FIX = "mend or move these; name files like 20250504093000_create_users.up.sql, in UTF-8; a new pair:  migrate new NAME"


def found(desk: Desk, **files: str | bytes) -> list[migrate.Migration]:
    """Return the migrations in a folder with *files*; ``_1_a`` is written as 1_a.up.sql."""
    desk.write({f"sql/{name[1:]}.up.sql": text for name, text in files.items()})
    return migrate.find_migrations(desk.home / "sql")


def refusal(desk: Desk) -> migrate.FileError:
    with pytest.raises(migrate.FileError) as caught:
        migrate.find_migrations(desk.home / "sql")
    return caught.value


def settings(desk: Desk, **more: str) -> migrate.Settings:
    return migrate.load_settings({"dir": "sql", **more}, {})


# ---- names and order


@pytest.mark.parametrize(
    ("file", "version", "name"),
    [
        ("20250504_create_users", "20250504", "create_users"),
        ("20250504093000_create_users", "20250504093000", "create_users"),
        ("000001_init", "000001", "init"),
        ("1_a", "1", "a"),
        ("20250504093000123456_stamp_of_20_digits", "20250504093000123456", "stamp_of_20_digits"),
        ("1_with.dots-and-dashes", "1", "with.dots-and-dashes"),
        ("1__underscore", "1", "_underscore"),
        ("1_2_3", "1", "2_3"),
        ("1_Großes_ÄÖÜ", "1", "Großes_ÄÖÜ"),
        ("1_up", "1", "up"),
        ("1_a.up", "1", "a.up"),
    ],
)
def test_the_digits_are_the_version_as_text_and_the_rest_is_the_name(
    desk: Desk, file: str, version: str, name: str
) -> None:
    desk.write({f"sql/{file}.up.sql": "SELECT 1;", f"sql/{file}.down.sql": "SELECT 2;"})
    (migration,) = migrate.find_migrations(desk.home / "sql")
    assert (migration.version, migration.name) == (version, name)
    assert (migration.up.sql, migration.down and migration.down.sql) == ("SELECT 1;", "SELECT 2;")


def test_versions_are_compared_as_numbers_and_eight_digits_as_midnight_of_that_day(desk: Desk) -> None:
    in_order = [
        *("1", "2", "10", "000011", "00000012", "20251399"),  # no such month: a number like any other
        "020250503",  # the zeros before it count as nothing
        *("20250504", "20250504000001", "20250504093000", "20250505", "20250505000000123456", "99999999999999999999"),
    ]
    desk.write({f"sql/{version}_a.up.sql": "" for version in reversed(in_order)})
    assert [each.version for each in migrate.find_migrations(desk.home / "sql")] == in_order


def test_a_folder_of_another_tool_runs_as_it_is(desk: Desk) -> None:
    desk.write({"sql/000001_init.up.sql": "CREATE TABLE a (id INTEGER);", "sql/000001_init.down.sql": "DROP TABLE a;"})
    desk.write(
        {"sql/000010_more.up.sql": "CREATE TABLE b (id INTEGER);", "sql/000002_next.up.sql": "ALTER TABLE a ADD b;"}
    )
    assert desk.here("up").exit == 0
    assert [row[0] for row in desk.rows("SELECT version FROM schema_migrations ORDER BY rowid")] == [
        "000001",
        "000002",
        "000010",
    ]


def test_a_file_that_comes_in_pieces_is_read_to_its_end(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    read = os.read  # as from some file systems that are not of this machine
    monkeypatch.setattr(os, "read", lambda file, size: read(file, min(size, 5)))
    (migration,) = found(desk, _1_a="SELECT 'all of it';\n")
    assert migration.up.sql == "SELECT 'all of it';\n"


def test_a_migration_without_a_down_file_has_none(desk: Desk) -> None:
    (migration,) = found(desk, _1_a="SELECT 1;")
    assert migration.down is None


@pytest.mark.parametrize(
    "name",
    [
        *(
            "1_a.up.sql~",
            ".1_a.up.sql.swp",
            "#1_a.up.sql#",
            "._1_a.up.sql",
            ".#1_a.up.sql",
            "1_a.up.sql.orig",
            "1_a.up.sql.bak",
        ),
        *("README.md", "1_a.up.sqlite", "1_a.up", ".DS_Store", ".keep", "4913"),
    ],
)
def test_backups_and_other_endings_are_ignored(desk: Desk, name: str) -> None:
    desk.write({f"sql/{name}": b"\xff\0"})
    assert len(found(desk, _2_b="SELECT 1;")) == 1


def test_folders_with_files_of_sql_beside_the_files_are_named_and_not_read(desk: Desk) -> None:
    desk.write({"sql/2024/1_a.up.sql": b"\0", "sql/2024/1_a.down.sql": "", "sql/2025/01/2_b.sql": ""})
    desk.write({"sql/3_c.up.sql": "SELECT 1;", "sql/3_c.down.sql": "SELECT 1;"})
    said = "sql/2024 is not read, and has 2 files of SQL in it\nsql/2025 is not read, and has 1 file of SQL in it\n"
    for command in ("status", "plan"):
        assert desk.here(command, "--format", "plain").err.endswith(said)
    ran = desk.here("up")
    assert (ran.exit, ran.err) == (0, said)
    fix = "move them into sql, or elsewhere; or name that folder with --dir"
    found = [f"warning\t{line.replace(' ', chr(9), 1)}\t{fix}\n" for line in said.splitlines()]
    assert desk.here("check") == (0, "".join(found), "0 faults, 2 warnings\n")
    assert desk.here("check", "--strict").exit == 2


def test_where_all_files_lie_too_deep_the_folder_is_named(desk: Desk) -> None:
    desk.write({"sql/2024/1_a.up.sql": "SELECT 1;"})
    assert str(refusal(desk)) == (
        "no migration files here\n  sql/2024 is not read, and has 1 file of SQL in it\n  --> sql\nnothing was run.\n"
        "fix: name that folder with --dir, or move its files here"
    )


@pytest.mark.parametrize(
    "name", ["3_c.up", "3_c.up.sq", "3_c.UP.SQLL", "3_c.up.sql.txt", "3_c.down.txt", "3_c.up.psql"]
)
def test_what_has_nearly_the_name_of_a_migration_is_told(desk: Desk, name: str) -> None:
    desk.write(THREE)
    for half in ("up", "down"):
        (desk.home / "sql" / f"3_three.{half}.sql").unlink()
    desk.write(
        {
            f"sql/{name}": "SELECT 1;\n",
            "sql/1_one.up.sql.txt": "a copy",
            "sql/2_two.up.sql.bak": "",
            "sql/3_c.up.md": "",
        }
    )
    right = f"sql/{'.'.join(name.lower().split('.')[:2])}.sql"
    said = f"sql/{name} is no file of SQL by its name: name it right:  mv sql/{name} {right}\n"
    assert placed(desk.here("up").err) == said
    assert desk.here("check").out == (
        f"warning\tsql/{name}\tno file of SQL by its name\tname it right: mv sql/{name} {right}\n"
    )


def test_other_folders_are_ignored(desk: Desk) -> None:
    """A ConfigMap that Kubernetes mounts, what belongs to editors and git, pictures."""
    desk.write({"sql/..2025_11_24/1_a.up.sql": "SELECT 1;", "sql/.git/1_a.up.sql": "", "sql/pictures/a.png": ""})
    (desk.home / "sql/..data").symlink_to("..2025_11_24")
    (desk.home / "sql/1_a.up.sql").symlink_to("..data/1_a.up.sql")
    ran = desk.here("up")
    assert (ran.exit, ran.err) == (0, "")


def test_dialect_folders_beside_each_other_are_no_folders_too_deep(desk: Desk) -> None:
    desk.write({"sql/sqlite/1_a.up.sql": "SELECT 1;", "sql/mysql/1_a.up.sql": "SELECT 1;"})
    ran = desk.here("up")
    assert (ran.exit, ran.err) == (0, "")


# ---- files of other tools

TOOLS = {
    "goose": ("-- +goose Up", "-- +goose Down"),
    "sql-migrate": ("-- +migrate Up", "-- +migrate Down"),
    "dbmate": ("-- migrate:up", "-- migrate:down"),
}
UP, DOWN = "CREATE TABLE a (id INTEGER);\n", "DROP TABLE a;\n"


def halves(tool: str, name: str = "sql/1_a", alone: str = "") -> tuple[str, str]:
    """What is said of a file of that tool, and the way out."""
    up, down = TOOLS[tool]
    fix = f'write what is below "{up}" into {name}.up.sql{alone}, what is below "{down}" into {name}.down.sql'
    return f"a file of {tool}, which has the way up and the way down in one", fix


@pytest.mark.parametrize("tool", TOOLS)
def test_a_file_of_another_tool_with_both_ways_in_it_is_refused_by_name(desk: Desk, tool: str) -> None:
    (up, down), (what, fix) = TOOLS[tool], halves(tool)
    desk.write({"sql/1_a.up.sql": f"-- why\n{up}\n{UP}\n{down}\n{DOWN}"})
    ran = desk.here("up")
    assert (ran.exit, ran.err) == (
        2, f"error: {what}\n  --> sql/1_a.up.sql:5:1\n  5 | {down}\n      ^\nnothing was run.\nfix: {fix}\n",
    )  # fmt: skip
    assert desk.names() == ["sql", "sql/1_a.up.sql"]
    assert f"fault\tsql/1_a.up.sql:5:1\t{what}\t{fix}\n" in desk.here("check").out


@pytest.mark.parametrize("tool", TOOLS)
def test_a_file_of_another_tool_under_its_own_name_is_refused_by_name(desk: Desk, tool: str) -> None:
    (up, down), (what, fix) = TOOLS[tool], halves(tool)
    desk.write({"sql/1_a.sql": f"{up}\n{UP}{down}\n{DOWN}"})
    assert str(refusal(desk)) == (
        f"1 fault in the migration files:\n  sql/1_a.sql: {what}; {fix}\n  --> sql\nnothing was run.\nfix: {FIX}"
    )
    assert desk.here("check").out == f"fault\tsql/1_a.sql\t{what}\t{fix}\n"


@pytest.mark.parametrize(
    ("tool", "first"),
    [
        ("goose", "-- +goose NO TRANSACTION\n-- +goose Up\n"),
        ("sql-migrate", "-- +migrate Up notransaction\n"),
        ("dbmate", "-- migrate:up transaction:false\n"),
    ],
)
def test_one_that_runs_without_a_transaction_becomes_one_that_does(desk: Desk, tool: str, first: str) -> None:
    desk.write({"sql/1_a.sql": f"{first}{UP}{TOOLS[tool][1]}\n{DOWN}"})
    alone = ", with  -- migrate: no-transaction  on its first line"
    assert "; ".join(halves(tool, alone=alone)) in refusal(desk).what


def test_a_mark_on_the_first_line_is_known_before_the_words_of_this_tool(desk: Desk) -> None:
    desk.write({"sql/1_a.up.sql": f"-- migrate:up\n{UP}-- migrate:down\n{DOWN}"})
    assert refusal(desk).what.endswith(f"\n  sql/1_a.up.sql: {'; '.join(halves('dbmate'))}")


@pytest.mark.parametrize(
    "text",
    [
        pytest.param(f"-- +goose Up\n-- +goose StatementBegin\n{UP}-- +goose StatementEnd\n", id="one way"),
        pytest.param(f"{UP}INSERT INTO a VALUES ('\n-- +goose Up\n-- +goose Down\n');", id="in a text"),
        pytest.param(f"{UP}/*\n-- +goose Up\n-- +goose Down\n*/", id="in a comment"),
        pytest.param(f"{UP} -- was -- +goose Up\n -- and -- +goose Down\n", id="said in passing"),
    ],
)
def test_a_file_that_has_been_split_may_keep_its_marks(desk: Desk, text: str) -> None:
    desk.write({"sql/1_a.up.sql": text})
    assert desk.here("up").exit == 0


def test_a_folder_of_flyway_is_answered_with_the_files_to_write(desk: Desk) -> None:
    names = "V1__create_users.sql", "V2_1__add email.sql", "U1__create_users.sql", "R__views.sql"
    desk.write({f"sql/{name}": "SELECT 1;" for name in names})
    assert desk.here("up") == (
        2,
        "",
        (
            "error: 4 faults in the migration files:\n"
            "  sql/R__views.sql: a file of Flyway that runs whenever it is edited;"
            " write it as sql/NUMBER_views.up.sql, under a new number for each edit\n"
            "  sql/U1__create_users.sql: a file of Flyway that undoes one;"
            " write it as sql/1_create_users.down.sql\n"
            "  sql/V1__create_users.sql: a file of Flyway;"
            " write it as sql/1_create_users.up.sql, the way back as sql/1_create_users.down.sql\n"
            "  sql/V2_1__add email.sql: a file of Flyway;"
            " write it as sql/NUMBER_add_email.up.sql, the way back as sql/NUMBER_add_email.down.sql\n"
            f"  --> sql\nnothing was run.\nfix: {FIX.replace('migrate new', 'imagor-studio-migrate new')}\n"
        ),
    )


BOTH = "write it as sql/{0}.up.sql, the way back as sql/{0}.down.sql"
PARTED = "write what is {} into sql/1580000000000_init.up.sql, what is {} into sql/1580000000000_init.down.sql"
SQLMIGRATE = "write what `manage.py sqlmigrate APP 0001` prints (with --backwards, for the way back)"
OTHERS = {  # what lies there, and what is said of it
    "sql/20200101000000_init/migration.sql": ("", "a file of Prisma", BOTH.format("20200101000000_init")),
    "sql/2020-01-01-000000_init/up.sql": ("", "a file of Diesel", "write it as sql/20200101000000_init.up.sql"),
    "sql/deploy/users.sql": ("", "a file of sqitch", "write it as sql/NUMBER_users.up.sql, numbered as in sqitch.plan"),
    "sql/users.sql": (
        "-- Revert app:users from pg\n",
        "a file of sqitch",
        "write it as sql/NUMBER_users.down.sql, numbered as in sqitch.plan",
    ),
    "sql/changelog.sql": (
        "--liquibase formatted sql\n",
        "a file of Liquibase",
        f"{BOTH.format('NUMBER_NAME').replace('write it', 'write each changeset')}: what stands behind --rollback",
    ),
    "sql/1580000000000_init.sql": (
        "-- Up Migration\n\n-- Down Migration\n",
        "a file of node-pg-migrate, which has the way up and the way down in one",
        PARTED.format('below "-- Up Migration"', 'below "-- Down Migration"'),
    ),
    "sql/001_rambler.sql": (
        "-- rambler up\nSELECT 1;\n-- rambler down\nSELECT 2;\n",
        "a file of rambler, which has the way up and the way down in one",
        PARTED.format('below "-- rambler up"', 'below "-- rambler down"').replace("1580000000000_init", "001_rambler"),
    ),
    "sql/001_tern.sql": (
        "SELECT 1;\n---- create above / drop below ----\nSELECT 2;\n",
        "a file of tern, which has the way up and the way down in one",
        PARTED.format('above "---- create above / drop below ----"', "below it").replace(
            "1580000000000_init", "001_tern"
        ),
    ),
    "sql/001.do.users.sql": ("", "a file of Postgrator", "write it as sql/001_users.up.sql"),
    "sql/001.undo.users.sql": ("", "a file of Postgrator", "write it as sql/001_users.down.sql"),
    "sql/0001_initial.py": (
        "",
        "a file of Django, in Python",
        BOTH.format("0001_initial").replace("write it", SQLMIGRATE),
    ),
}


@pytest.mark.parametrize("name", OTHERS)
def test_a_file_of_another_tool_is_answered_with_that_and_the_files_to_write(desk: Desk, name: str) -> None:
    text, what, fix = OTHERS[name]
    desk.write({name: text or "SELECT 1;"})
    if "deploy" in name:
        (desk.home / "sql/revert").mkdir()
    assert str(refusal(desk)) == (
        f"1 fault in the migration files:\n  {name}: {what}; {fix}\n  --> sql\nnothing was run.\nfix: {FIX}"
    )
    assert desk.here("check") == (2, f"fault\t{name}\t{what}\t{fix}\n", "1 fault, 0 warnings\n")


def test_folders_of_another_tool_beside_the_files_are_told_and_not_read(desk: Desk) -> None:
    name, fix = "sql/20200101000000_init/migration.sql", BOTH.format("20200101000000_init")
    desk.write(
        {name: "", "sql/1_a.up.sql": "SELECT 1;", "sql/1_a.down.sql": "SELECT 1;", "sql/x.py": "", "sql/y.rb": ""}
    )
    assert desk.here("status").err.endswith(f"{name} is a file of Prisma: {fix}\n")
    assert desk.here("check") == (0, f"warning\t{name}\ta file of Prisma\t{fix}\n", "0 faults, 1 warning\n")


KNOWS = 'which knows "no-transaction" and "only DIALECT", with a comma between'
MISNAMED = "not DIGITS_NAME.up.sql or DIGITS_NAME.down.sql in UTF-8, without blanks, in lower case"
NEAR_MISSES = {  # and what to write instead, where that is certain
    "1_a.UP.SQL": "sql/1_a.up.sql",
    "2_a.up.SQL": "sql/2_a.up.sql",
    "3_.up.sql": "sql/3_NAME.up.sql",
    "4.up.sql": "sql/4_NAME.up.sql",
    "5_a b.up.sql": "sql/5_a_b.up.sql",
    "6 a.down.sql": "sql/6_a.down.sql",
    "7_a.sql": "sql/7_a.up.sql, the way back as sql/7_a.down.sql",
    "8_a.upp.sql": "",
    "a_9.up.sql": "",
    "11-a.up.sql": "sql/11_a.up.sql",
    "schema.sql": "",
    f"{'1' * 65}_more_than_64_digits.up.sql": "",
}


def missed(name: str) -> str:
    return f"sql/{name}: {MISNAMED}" + (f"; write it as {NEAR_MISSES[name]}" if NEAR_MISSES[name] else "")


@pytest.mark.parametrize("name", NEAR_MISSES)
def test_a_near_miss_is_an_error_that_says_how_files_are_named(desk: Desk, name: str) -> None:
    desk.write({f"sql/{name}": "SELECT 1;", "sql/20_good.up.sql": "SELECT 1;"})
    what = f"1 fault in the migration files:\n  {missed(name)}"
    assert str(refusal(desk)) == f"{what}\n  --> sql\nnothing was run.\nfix: {FIX}"


TWICE = "give the one that is not applied another version, or drop it"
ALONE = "put sql/22_alone.up.sql back, or remove this one, too:  rm sql/22_alone.down.sql"


def test_all_faults_are_said_at_once_and_no_database_is_opened(desk: Desk) -> None:
    desk.write({f"sql/{name}": "SELECT 1;" for name in NEAR_MISSES})
    desk.write(
        {"sql/20_nul.up.sql": "SELECT '\0';", "sql/21_latin.up.sql": b"\xe9", "sql/22_alone.down.sql": "SELECT 1;"}
    )
    desk.write({"sql/23_a.up.sql": "", "sql/23_b.up.sql": "", "sql/24_word.up.sql": "-- migrate: no-transactoin\n"})
    given = "--database-url 'postgres://nobody@203.0.113.1:1/d?connect_timeout=1' --dir sql"
    ran = desk(*shlex.split(given), "up")
    assert ran.exit == 2
    assert ran.out == ""
    head, *faults = ran.err.splitlines()
    assert head == "error: 17 faults in the migration files:"
    assert sorted(line.strip() for line in faults[:17]) == sorted(
        [
            *map(missed, NEAR_MISSES),
            "sql/20_nul.up.sql: a NUL byte at byte 8",
            "sql/21_latin.up.sql: it is not UTF-8 at byte 0, line 1: save it as UTF-8",
            f"sql/22_alone.down.sql: a down file without its up file; {ALONE}",
            f"sql/23_b.up.sql: the same version as sql/23_a.up.sql; {TWICE}",
            f'sql/24_word.up.sql: unknown word "no-transactoin" after "-- migrate:", {KNOWS}',
        ]
    )
    assert faults[17:] == [
        "  --> sql",
        "nothing was run.",
        f"fix: {FIX}".replace("migrate new", f"imagor-studio-migrate {given} new"),
    ]


@pytest.mark.parametrize(
    ("one", "other"), [("1_a", "1_b"), ("1_a", "01_a"), ("20250504_a", "20250504000000_a"), ("0_a", "000_a")]
)
def test_one_version_twice_is_refused_and_both_files_are_named(desk: Desk, one: str, other: str) -> None:
    desk.write({f"sql/{one}.up.sql": "", f"sql/{other}.up.sql": ""})
    first, second = sorted([f"{one}.up.sql", f"{other}.up.sql"])
    assert refusal(desk).what.endswith(f"\n  sql/{second}: the same version as sql/{first}; {TWICE}")


def test_two_down_files_of_one_version_are_refused(desk: Desk) -> None:
    desk.write({"sql/1_a.up.sql": "", "sql/1_a.down.sql": "", "sql/1_b.down.sql": ""})
    assert refusal(desk).what.endswith(f"\n  sql/1_b.down.sql: the same version as sql/1_a.down.sql; {TWICE}")


def test_the_longest_name_that_a_file_can_have_fits_into_the_history(desk: Desk) -> None:
    desk.write({f"sql/1_{'a' * 246}.up.sql": "SELECT 1;"})
    assert desk.here("up").exit == 0


def test_a_name_that_is_not_utf_8_is_refused(desk: Desk) -> None:
    desk.write({"sql/1_a.up.sql": "SELECT 1;"})
    try:
        (desk.home / "sql" / os.fsdecode(b"2_\xff.up.sql")).write_text("SELECT 1;")
    except OSError:
        pytest.skip("this file system takes only names in UTF-8")
    assert "UTF-8" in refusal(desk).what


# ---- what is in a file


@pytest.mark.parametrize(
    ("data", "fault"),
    [
        pytest.param(b"SELECT '\xe9';", "it is not UTF-8 at byte 8, line 1: save it as UTF-8", id="latin-1"),
        pytest.param(
            "-- é\nSELECT '".encode() + b"\xff';",
            "it is not UTF-8 at byte 14, line 2: save it as UTF-8",
            id="bytes are counted, not characters",
        ),
        pytest.param(b"\xef\xbb\xbfab\xe9", "it is not UTF-8 at byte 5, line 1: save it as UTF-8", id="the BOM counts"),
        pytest.param(b"SELECT 1;\0", "a NUL byte at byte 9", id="NUL at the end"),
        pytest.param(b"\xef\xbb\xbf\0", "a NUL byte at byte 3", id="NUL after a BOM"),
        pytest.param("SELECT 1;".encode("utf-16"), "it is UTF-16: save it as UTF-8", id="UTF-16"),
        pytest.param(
            "-- 用户表".encode("utf-16"), "it is UTF-16: save it as UTF-8", id="UTF-16, hardly a letter of it ASCII"
        ),
        pytest.param(b"\xfe\xff\0S", "it is UTF-16: save it as UTF-8", id="UTF-16 big-endian"),
        pytest.param("SELECT 1;".encode("utf-16-le"), "it is UTF-16: save it as UTF-8", id="UTF-16 without a BOM"),
        pytest.param("SELECT 1;".encode("utf-16-be"), "it is UTF-16: save it as UTF-8", id="UTF-16-BE without a BOM"),
        pytest.param("SELECT 1;".encode("utf-32"), "it is UTF-32: save it as UTF-8", id="UTF-32"),
        pytest.param("SELECT 1;".encode("utf-32-be"), "it is UTF-32: save it as UTF-8", id="UTF-32-BE without a BOM"),
        pytest.param(b"\xed\xa0\x80", "it is not UTF-8 at byte 0, line 1: save it as UTF-8", id="a surrogate"),
        pytest.param(b"\xc0\xaf", "it is not UTF-8 at byte 0, line 1: save it as UTF-8", id="an overlong form"),
    ],
)
def test_what_is_not_utf_8_is_refused_with_the_byte(desk: Desk, data: bytes, fault: str) -> None:
    desk.write({"sql/1_a.up.sql": data})
    what = refusal(desk).what
    assert what.startswith("1 fault in the migration files:\n  sql/1_a.up.sql: ")
    assert fault in what


def test_a_down_file_is_read_as_strictly(desk: Desk) -> None:
    desk.write({"sql/1_a.up.sql": "SELECT 1;", "sql/1_a.down.sql": b"\xe9"})
    assert "  sql/1_a.down.sql: it is not UTF-8 at byte 0, line 1: save it as UTF-8" in refusal(desk).what


def test_a_bom_is_dropped_and_crlf_is_kept(desk: Desk) -> None:
    (migration,) = found(desk, _1_a=b"\xef\xbb\xbfSELECT 1;\r\nSELECT 2;\r\n")
    assert migration.up.sql == "SELECT 1;\r\nSELECT 2;\r\n"


@pytest.mark.parametrize("text", ["", "\n", "-- nothing yet\n", "/* nothing */", "\ufeff"])
def test_a_file_without_a_statement_is_valid(desk: Desk, text: str) -> None:
    desk.write({"sql/1_a.up.sql": text})
    ran = desk.here("up")
    assert ran.exit == 0
    assert "applied  1 a  0 statements" in ran.out


def test_a_directory_a_dangling_link_and_a_good_link(desk: Desk) -> None:
    desk.write({"elsewhere.sql": "SELECT 1;"})
    (desk.home / "sql/1_folder.up.sql").mkdir(parents=True)
    (desk.home / "sql/2_dangling.up.sql").symlink_to("nowhere.sql")
    (desk.home / "sql/3_good.up.sql").symlink_to("../elsewhere.sql")
    what = refusal(desk).what
    assert what == (
        "2 faults in the migration files:\n"
        "  sql/1_folder.up.sql: no regular file\n"
        "  sql/2_dangling.up.sql: No such file or directory"
    )


@pytest.mark.skipif(os.geteuid() == 0, reason="root reads everything")
def test_an_unreadable_file_is_said_with_the_other_faults(desk: Desk) -> None:
    desk.write({"sql/1_a.up.sql": "SELECT 1;", "sql/2_b.up.sql": b"\xe9"})
    (desk.home / "sql/1_a.up.sql").chmod(0)
    assert refusal(desk).what == (
        "2 faults in the migration files:\n"
        "  sql/1_a.up.sql: Permission denied; let this user read it\n"
        "  sql/2_b.up.sql: it is not UTF-8 at byte 0, line 1: save it as UTF-8"
    )


@pytest.mark.skipif(os.geteuid() == 0, reason="root reads everything")
def test_an_unreadable_folder_is_an_error_and_no_traceback(desk: Desk) -> None:
    desk.write({"sql/1_a.up.sql": "SELECT 1;"})
    (desk.home / "sql").chmod(0)
    try:
        ran = desk.here("status")
    finally:
        (desk.home / "sql").chmod(0o700)
    assert (ran.exit, ran.out) == (2, "")


# ---- the first line


@pytest.mark.parametrize(
    ("text", "in_transaction"),
    [
        ("-- migrate: no-transaction\nVACUUM;", False),
        ("-- migrate: no-transaction", False),
        ("--migrate:no-transaction\r\nVACUUM;", False),
        ("  --  migrate:   no-transaction  because of VACUUM\n", False),
        ("\ufeff-- migrate: no-transaction\n", False),
        ("SELECT 1;\n-- migrate: no-transaction\n", True),
        ("-- why\n-- migrate: no-transaction\n", True),
        ("-- migrates: users\n", True),
        ("-- migration 1\n", True),
        ("-- no-transaction\n", True),
        ("SELECT '-- migrate: no-transaction';\n", True),
        ("", True),
    ],
)
def test_no_transaction_is_read_on_the_first_line_alone(desk: Desk, text: str, in_transaction: bool) -> None:
    desk.write({"sql/1_a.up.sql": text})
    (migration,) = migrate.find_migrations(desk.home / "sql")
    assert migration.up.in_transaction is in_transaction


@pytest.mark.parametrize(
    ("line", "only", "in_transaction"),
    [
        ("-- migrate: only postgres", ("postgres",), True),
        ("--migrate:only postgres,mysql\r", ("postgres", "mysql"), True),
        ("-- migrate: only  postgres , mysql  because SQLite has no schemas, alas", ("postgres", "mysql"), True),
        ("-- migrate: only postgresql, mariadb", ("postgres", "mysql"), True),
        ("-- migrate: no-transaction, only postgres", ("postgres",), False),
        ("-- migrate: only postgres, no-transaction", ("postgres",), False),
        ("-- migrate: no-transaction because of VACUUM, only here", (), False),
        ("-- only postgres", (), True),
    ],
)
def test_only_on_the_first_line_names_the_dialects(
    desk: Desk, line: str, only: tuple[str, ...], in_transaction: bool
) -> None:
    desk.write({"sql/1_a.up.sql": f"{line}\nSELECT 1;\n"})
    (migration,) = migrate.find_migrations(desk.home / "sql")
    assert (migration.up.only, migration.up.in_transaction) == (only, in_transaction)


def test_the_words_on_the_first_line_count_in_the_checksum(tmp_path: Path) -> None:
    sums = {script_of(tmp_path, f"-- migrate: only {word}\n".encode()).checksum for word in ("sqlite", "mysql")}
    assert len(sums) == 2


@pytest.mark.parametrize(
    ("words", "word"),
    [
        *((word, word) for word in ("no-transactions", "notransaction", "irreversible", "", "only", "postgres")),
        *(("only oracle", "oracle"), ("only postgres, oracle", "oracle"), ("only Postgres", "Postgres")),
        *(("no-transaction, only", "only"), ("no-transaction, postgres", "postgres"), ("only no-transaction", "only")),
    ],
)
def test_another_word_there_is_refused(desk: Desk, words: str, word: str) -> None:
    desk.write({"sql/1_a.up.sql": f"-- migrate: {words}\n"})
    fault = f'sql/1_a.up.sql: unknown word "{word}" after "-- migrate:", {KNOWS}'
    assert refusal(desk).what == f"1 fault in the migration files:\n  {fault}"


# ---- the checksum


def script_of(folder: Path, data: bytes) -> migrate.Script:
    (folder / "1_a.up.sql").write_bytes(data)
    (migration,) = migrate.find_migrations(folder)
    return migration.up


def test_the_checksum_is_sha_256_over_the_text(tmp_path: Path) -> None:
    assert script_of(tmp_path, b"SELECT 1;\n").checksum == hashlib.sha256(b"SELECT 1;\n").hexdigest()


lines_of_text = st.text(st.characters(codec="utf-8", exclude_characters="\0\r\ufeff"), max_size=30).map(
    lambda text: text.replace("migrate", "")
)


@given(text=lines_of_text)
def test_the_checksum_ignores_a_bom_and_crlf(tmp_path_factory: pytest.TempPathFactory, text: str) -> None:
    folder = tmp_path_factory.mktemp("sql")
    plain = script_of(folder, text.encode()).checksum
    assert script_of(folder, b"\xef\xbb\xbf" + text.encode()).checksum == plain
    assert script_of(folder, text.replace("\n", "\r\n").encode()).checksum == plain


@given(text=lines_of_text, other=lines_of_text)
def test_the_checksum_ignores_nothing_else(tmp_path_factory: pytest.TempPathFactory, text: str, other: str) -> None:
    folder = tmp_path_factory.mktemp("sql")
    same = script_of(folder, text.encode()).checksum == script_of(folder, other.encode()).checksum
    assert same is (text == other)
    for changed in (text + " ", text + "\n", " " + text, text + "\r", text.upper() + "x"):
        assert script_of(folder, changed.encode()).checksum != script_of(folder, text.encode()).checksum


# ---- which folder


def test_dir_names_dialect_folders_or_the_files_themselves(desk: Desk) -> None:
    desk.write({"both/sqlite/1_a.up.sql": "SELECT 1;", "both/postgres/1_a.up.sql": "SELECT 2;", "files/1_b.up.sql": ""})
    for folder, name in (("both", "a"), ("both/sqlite", "a"), ("files", "b")):
        (state,) = migrate.status(migrate.load_settings({"dir": folder, "database_url": "sqlite:app.db"}, {}))
        assert state.name == name


@pytest.mark.parametrize("folder", ["sqlite", "sqlite3"])
def test_a_dialect_folder_may_have_the_other_name_of_its_database(desk: Desk, folder: str) -> None:
    desk.write({f"sql/{folder}/1_a.up.sql": "SELECT 1;"})
    assert desk.here("up").exit == 0


def test_files_beside_dialect_folders_are_ambiguous(desk: Desk) -> None:
    desk.write({"sql/sqlite/1_a.up.sql": "SELECT 1;", "sql/1_a.up.sql": "SELECT 1;"})
    ran = desk.here("up")
    assert (ran.exit, ran.out, ran.err) == (
        2,
        "",
        (
            "error: it is not clear which files are meant:"
            " files beside dialect folders, or two folders of one dialect\n"
            "  --> sql\n"
            "fix: move the files into one folder for each dialect, or name the folder with --dir\n"
        ),
    )


def test_two_folders_for_one_dialect_are_ambiguous(desk: Desk) -> None:
    desk.write({"sql/mysql/1_a.up.sql": "", "sql/mariadb/1_a.up.sql": "", "sql/sqlite/1_a.up.sql": ""})
    ran = desk.here("status")
    assert (ran.exit, ran.err) == (
        2,
        (
            "error: it is not clear which files are meant:"
            " files beside dialect folders, or two folders of one dialect\n"
            "  --> sql\n"
            "fix: move the files into one folder for each dialect, or name the folder with --dir\n"
        ),
    )


def test_a_dialect_without_a_folder_is_an_error_that_names_the_folder(desk: Desk) -> None:
    desk.write({"sql/postgres/1_a.up.sql": "", "sql/mysql/1_a.up.sql": ""})
    ran = desk.here("up")
    assert (ran.exit, ran.err) == (
        2,
        (
            "error: the folder sql/sqlite cannot be read: No such file or directory\n"
            "  --> MIGRATE_DIR in the environment\n"
            "fix: correct the path, or create it:  mkdir -p sql/sqlite\n"
        ),
    )


def test_a_missing_folder_an_empty_one_and_a_file_in_its_place(desk: Desk) -> None:
    ran = desk.here("up")
    assert (ran.exit, ran.err) == (
        2,
        (
            "error: the folder sql cannot be read: No such file or directory\n  --> MIGRATE_DIR in the environment\n"
            "fix: correct the path, or create it:  mkdir -p sql\n"
        ),
    )
    (desk.home / "sql").mkdir()
    ran = desk.here("up")
    assert ran.exit == 2
    assert ran.err.startswith("error: no migration files here\n  --> sql\nnothing was run.\nfix: ")
    desk.write({"file": "x"})
    ran = desk("--dir", "file", "up")
    assert ran.exit == 2
    assert ran.err.startswith("error: the folder file cannot be read: Not a directory\n  --> --dir\n")
    assert desk.names() == ["file", "sql"]


@pytest.mark.parametrize("command", ["status", "up", "down"])
def test_a_path_that_is_too_long_is_no_reason_for_a_traceback(desk: Desk, command: str) -> None:
    long = "a" * 300
    desk.write(THREE)
    for words in (["--dir", long], ["--database-url", f"sqlite:{long}"], ["--config", long]):
        ran = desk.here(command, *words)
        assert ran.exit in {1, 2} or command == "status"
        assert not ran.exit or ran.err.startswith("error: ")


# ---- new


def test_new_writes_an_empty_pair_into_every_dialect_folder(desk: Desk) -> None:
    desk.write({f"sql/{dialect}/1_a.up.sql": "SELECT 1;" for dialect in DIALECTS})
    ran = desk.here("new", "Add email-to users")
    paths = ran.out.splitlines()
    (version,) = {path.split("/")[2].partition("_")[0] for path in paths}
    assert paths == [
        f"sql/{dialect}/{version}_add_email_to_users.{direction}.sql"
        for dialect in DIALECTS
        for direction in ("up", "down")
    ]
    assert (ran.exit, ran.err) == (0, "")
    written = datetime.strptime(version, "%Y%m%d%H%M%S").replace(tzinfo=timezone.utc)
    assert abs((datetime.now(timezone.utc) - written).total_seconds()) < 3600
    assert len({(desk.home / path).read_text() for path in paths}) == 2
    assert (desk.home / paths[0]).read_text().startswith(f"-- {version} add email to users\n")
    assert all(not line.endswith(" ") for path in paths for line in (desk.home / path).read_text().splitlines())


def test_new_in_a_folder_of_files_writes_there_and_the_pair_is_valid(desk: Desk) -> None:
    desk.write(THREE)
    assert desk.here("new", "more").exit == 0
    newest = migrate.find_migrations(desk.home / "sql")[-1]
    assert (newest.name, newest.down is not None) == ("more", True)


def test_new_takes_a_version_that_no_folder_has(desk: Desk) -> None:
    desk.write({"sql/sqlite/1_a.up.sql": "SELECT 1;", "sql/mysql/1_a.up.sql": "SELECT 1;"})
    runs = [desk.here("new", "same", "--format", "json") for _ in range(5)]
    versions = [{re.findall(r"\d{14}", file["file"])[0] for file in ran.document["files"]} for ran in runs]
    assert [len(each) for each in versions] == [1] * 5
    in_order = [min(each) for each in versions]
    assert in_order == sorted(set(in_order))


@pytest.mark.parametrize(
    "name", ["", " ", "a/b", "../a", "a;b", "a'b", 'a"b', "a\\b", "a\0b", "x" * 101, ".", "..", "-", "🙂"]
)
def test_new_refuses_a_name_that_cannot_be_one(desk: Desk, name: str) -> None:
    desk.write(THREE)
    before = desk.names()
    ran = desk.here("new", "--", name)
    assert (ran.exit, ran.out) == (2, "")
    assert ran.err == (
        f'error: "{migrate.unhidden(name)}" cannot be the name of a migration\n'
        "fix: use letters, digits and underscores:  imagor-studio-migrate new add_email_to_users\n"
    )
    assert desk.names() == before


def test_new_leaves_nothing_behind_where_it_cannot_write_everything(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk.write({"sql/sqlite/1_a.up.sql": "SELECT 1;"})
    (desk.home / "sql/postgres").mkdir()
    (desk.home / "sql/mysql").mkdir()
    before = desk.names()
    # 100 characters, and that is 250 bytes here: with version and ending more than a file name holds.
    ran = desk.here("new", "é" * 50 + "漢" * 50)
    assert (ran.exit, ran.out) == (2, "")
    assert "cannot write: File name too long" in ran.err
    assert "no file was left behind." in ran.err
    assert desk.names() == before


def test_new_in_a_missing_folder_says_so(desk: Desk) -> None:
    ran = desk.here("new", "a")
    assert ran.exit == 2
    assert ran.err.startswith("error: the folder sql cannot be read: No such file or directory\n")
    assert desk.names() == []


# ---- check


def test_check_is_content_with_the_files_that_ship(desk: Desk) -> None:
    ran = desk("check")
    assert (ran.exit, ran.out, ran.err) == (0, "", "0 faults, 0 warnings\n")


def test_check_names_faults_and_warnings_and_opens_no_database(desk: Desk) -> None:
    desk.write(
        {
            "sql/sqlite/1_a.up.sql": "CREATE TABLE a (id INTEGER);\nSELECT 'open;\n",
            "sql/sqlite/1_b.down.sql": "DROP TABLE a;\n",
            "sql/sqlite/2_b.up.sql": "-- nothing\n",
            "sql/postgres/1_a.up.sql": "SELECT 1;\n-- migrate: no-transaction\nSELECT 1;\n",
            "sql/postgres/1_a.down.sql": "SELECT 1;\n",
        }
    )
    ran = desk("--dir", "sql", "--database-url", "postgres://nobody@203.0.113.1:1/d", "check", "--format", "json")
    assert ran.exit == 2
    assert ran.err == "2 faults, 4 warnings\n"
    findings = ran.document["findings"]
    assert [(each["level"], re.sub(r"(:\d+):\d+$", r"\1", each["where"]), each["what"]) for each in findings] == [
        ("warning", "sql/sqlite/1_b.down.sql", "another name than sql/sqlite/1_a.up.sql"),
        ("fault", "sql/sqlite/1_a.up.sql:2", "a quote that is not closed"),
        ("warning", "sql/sqlite/2_b.up.sql", "no down file: it cannot be undone"),
        ("warning", "sql/sqlite/2_b.up.sql", "no statements in this file"),
        ("warning", "sql/postgres/1_a.up.sql:2", "-- migrate: is read on the first line only"),
        ("fault", "sql/postgres", "2_b is in sql/sqlite, and not here"),
    ]
    assert not any(name.endswith(".db") for name in desk.names())


def test_check_exits_with_0_where_it_has_warnings_only(desk: Desk) -> None:
    desk.write({"sql/1_a.up.sql": "SELECT 1;"})
    ran = desk.here("check")
    assert (ran.exit, ran.out, ran.err) == (
        0,
        "warning\tsql/1_a.up.sql\tno down file: it cannot be undone\tadd one, if it can be\n",
        "0 faults, 1 warning\n",
    )


def test_check_goes_on_with_the_other_folders_after_a_fault(desk: Desk) -> None:
    desk.write({"sql/sqlite/1 a.up.sql": "", "sql/mysql/1_a.up.sql": "SELECT 'open"})
    findings = migrate.check(settings(desk))
    faults = [each.where for each in findings if each.level == "fault"]
    assert faults[0] == "sql/sqlite/1 a.up.sql"
    assert faults[1].startswith("sql/mysql/1_a.up.sql:1:")


def test_check_finds_what_the_other_folders_have(desk: Desk) -> None:
    desk.write(
        {"sql/sqlite/1_a.up.sql": "SELECT 1;", "sql/mysql/1_a.up.sql": "SELECT 1;", "sql/mysql/2_b.up.sql": "SELECT 1;"}
    )
    desk.write(
        {f"sql/{dialect}/1_a.down.sql": "SELECT 1;" for dialect in ("sqlite", "mysql")}
        | {"sql/mysql/2_b.down.sql": "SELECT 1;"}
    )
    (finding,) = migrate.check(settings(desk))
    fix = "add it here too, or excuse it there: -- migrate: only mysql"
    assert finding == migrate.Finding("fault", "sql/sqlite", "2_b is in sql/mysql, and not here", fix)


def test_check_compares_names_too(desk: Desk) -> None:
    desk.write({"sql/sqlite/1_users.up.sql": "SELECT 1;", "sql/mysql/1_people.up.sql": "SELECT 1;"})
    desk.write({"sql/sqlite/1_users.down.sql": "SELECT 1;", "sql/mysql/1_people.down.sql": "SELECT 1;"})
    assert any(each.level == "fault" for each in migrate.check(settings(desk)))


def test_check_reports_a_down_file_that_only_one_folder_has(desk: Desk) -> None:
    desk.write(
        {
            "sql/sqlite/1_a.up.sql": "SELECT 1;",
            "sql/mysql/1_a.up.sql": "SELECT 1;",
            "sql/mysql/1_a.down.sql": "SELECT 1;",
        }
    )
    assert [each.where for each in migrate.check(settings(desk))] == ["sql/sqlite/1_a.up.sql"]


# ---- a word of ours that nobody would read

MEANT = [
    "-- Migrate: no-transaction",
    "-- MIGRATE: ONLY POSTGRES",
    "-- migrate no-transaction",
    "-- migrate : no_transaction",
    "/* migrate: no-transaction */",
    "-- why\n-- migrate: only sqlite",
    "\n\n--migrate:notransaction",
    "-- migrate: only sqlite\n-- migrate: no-transaction",
]


@pytest.mark.parametrize("head", MEANT)
def test_a_word_of_ours_that_is_not_on_the_first_line_or_not_in_small_letters_is_refused(desk: Desk, head: str) -> None:
    desk.write({"sql/1_a.up.sql": f"{head}\nCREATE TABLE a (n INTEGER);", "sql/1_a.down.sql": "DROP TABLE a;"})
    *above, line = head.split("\n")
    number = len(above) + 1
    said = "-- migrate: is read on the first line only, and in small letters\n"
    said += f"  --> sql/1_a.up.sql:{number}:1\n  {number} | {line}\n      ^\nnothing was run.\n"
    said += "fix: write it there, as  -- migrate: no-transaction  or  -- migrate: only postgres  for example;"
    assert desk.here("up") == (2, "", f"error: {said} or take it out\n")
    assert desk.here("check").exit == 2


@pytest.mark.parametrize(
    "head",
    ["-- Migrate only the users", "-- migrate: only the users", "-- migrate: only sqlite", "-- a -- migrate: only a"],
)
def test_prose_is_no_word_of_ours(desk: Desk, head: str) -> None:
    desk.write({"sql/1_a.up.sql": f"-- why\n{head}\nCREATE TABLE a (n INTEGER);" if "sqlite" not in head else head})
    assert desk.here("up").exit == 0


@pytest.mark.parametrize("words", ["no-transaction only sqlite", "only sqlite no-transaction", "only sqlite mysql"])
def test_a_comma_that_is_missing_is_told(desk: Desk, words: str) -> None:
    desk.write({"sql/1_a.up.sql": f"-- migrate: {words}\nCREATE TABLE a (n INTEGER);"})
    said = f'sql/1_a.up.sql: unknown word "{words.rpartition(" ")[2]}" after "-- migrate:", {KNOWS}\n'
    assert desk.here("up").err.startswith(f"error: 1 fault in the migration files:\n  {said}")


# ---- a file that nobody has written

NOTHING = (
    "error: nothing is written in this file yet: it is as `new` made it\n  --> {path}\nnothing was run.\nfix: {fix}\n"
)


def write_first(path: str, command: str = "up") -> str:
    """What is said of a file that is as `new` made it."""
    fix = f"write it first, then run  imagor-studio-migrate {command}"
    if ".down." in path:
        fix += f"\n     or, where there is no way back, remove it:  rm {path}"
    return NOTHING.format(path=path, fix=fix)


def write_both(up: str, down: str, command: str = "up") -> str:
    """What is said of a pair that is as `new` made it: by a command that runs files, and by one that only looks."""
    what = f"nothing is written in this file yet, nor in {down}: they are as `new` made them\n  --> {up}\n"
    what = what + "nothing was run.\n" if command in {"up", "redo", "reset"} else f"`up` would refuse to run: {what}"
    return (
        f"error: {what}fix: write them first, then run  imagor-studio-migrate {command}\n"
        f"     or, where there is no way back, remove the second:  rm {down}\n"
    )


def made_by_new(desk: Desk) -> tuple[str, str]:
    (desk.home / "sql").mkdir(exist_ok=True)
    up, down = desk.here("new", "more").out.split()
    return up, down


@pytest.mark.parametrize("ends", ["", "\n\n", "CRLF"])
def test_a_file_that_is_as_new_made_it_is_refused_before_anything_runs(desk: Desk, ends: str) -> None:
    desk.write(THREE)
    up, down = made_by_new(desk)
    for path in (up, down):
        text = (desk.home / path).read_text("utf-8")
        desk.write({path: text.replace("\n", "\r\n") if ends == "CRLF" else text + ends})
    assert desk.here("up") == (2, "", write_both(up, down))
    assert desk.here("plan") == desk.here("up", "--dry-run") == (2, "", write_both(up, down, "plan"))
    (desk.home / down).unlink()
    assert desk.here("up") == (2, "", write_first(up))
    assert not (desk.home / "app.db").exists()
    assert desk.here("status", "--format", "plain").out.count("pending") == 4


def test_a_down_file_that_is_as_new_made_it_is_refused_with_its_up_file_and_by_down(desk: Desk) -> None:
    desk.write(THREE)
    up, down = made_by_new(desk)
    template = (desk.home / down).read_bytes()
    desk.write({up: "CREATE TABLE four (id INTEGER);\n"})
    assert desk.here("up") == (2, "", write_first(down))
    desk.write({down: "DROP TABLE four;\n"})
    assert desk.here("up").exit == 0
    desk.write({down: template})
    assert desk.here("down") == (2, "", write_first(down, "down"))
    assert desk.tables() == ["four", "one", "three", "two"]


def test_a_plan_says_what_would_be_refused_and_to_plan_again(desk: Desk) -> None:
    up, down = made_by_new(desk)
    for words in (["plan", "up", "--sql"], ["plan", "up", "--sql", "--dialect", "sqlite", "--from", "empty"]):
        assert desk.here(*words) == (2, "", write_both(up, down, " ".join(words)))
    (desk.home / up).write_text("SELECT 1;\n")
    refused = "error: `up` would refuse to run: nothing is written in this file yet: it is as `new` made it\n"
    fix = write_first(down, "plan").partition("fix: ")[2]
    assert desk.here("plan") == (2, "", f"{refused}  --> {down}\nfix: {fix}")
    desk.write({down: "SELECT 1;\n"})
    assert desk.here("up").exit == 0
    desk.write({up: "SELECT 2;\n"})
    edited = desk.here("plan").err
    assert re.match(r"error: `up` would refuse to run: \d+ more was edited after it was applied on .* UTC\n", edited)
    assert "nothing was" not in edited


def test_redo_of_a_pair_that_is_as_new_made_it_says_redo(desk: Desk) -> None:
    up, down = made_by_new(desk)
    pair = {path: (desk.home / path).read_bytes() for path in (up, down)}
    desk.write({up: "SELECT 1;\n", down: "SELECT 1;\n"})
    assert desk.here("up").exit == 0
    desk.write({down: pair[down]})
    assert desk.here("redo") == (2, "", write_first(down, "redo"))
    desk.write({up: pair[up], down: "SELECT 1;\n"})
    assert desk.here("redo") == (2, "", write_first(up, "redo"))


def test_reset_with_a_file_that_is_as_new_made_it_says_reset(desk: Desk) -> None:
    desk.write(THREE)
    assert desk.here("up").exit == 0
    up, down = made_by_new(desk)
    assert desk.here("reset", "--yes") == (2, "", write_both(up, down, "reset"))
    assert desk.tables() == ["one", "three", "two"]


def test_new_says_which_file_has_the_name_already(desk: Desk) -> None:
    up, _ = made_by_new(desk)
    ran = desk.here("new", "More")
    assert (ran.exit, ran.err) == (0, f"another migration has this name: {up}\n")
    assert desk.here("new", "more_of_it").err == ""


@pytest.mark.parametrize("words", [["new", "NAME"], ["new", " NAME "]])
def test_the_word_of_the_example_is_no_name(desk: Desk, words: list[str]) -> None:
    (desk.home / "sql").mkdir()
    what = "error: NAME stands for what the migration does, such as add_email_to_users\n"
    fix = "fix: say what it does:  imagor-studio-migrate --dir sql new add_email_to_users\n"
    assert desk("--dir", "sql", *words) == (2, "", what + fix)
    assert [*(desk.home / "sql").iterdir()] == []


def test_check_says_it_of_both_files(desk: Desk) -> None:
    up, down = made_by_new(desk)
    ran = desk.here("check")
    assert (ran.exit, ran.err) == (2, "2 faults, 0 warnings\n")
    assert [line.split("\t")[1] for line in ran.out.splitlines()] == [up, down]


@pytest.mark.parametrize("change", ["a comment", "another dialect"])
def test_a_file_that_somebody_has_written_into_is_valid_and_told(desk: Desk, change: str) -> None:
    up, down = made_by_new(desk)
    text = (desk.home / up).read_text("utf-8")
    text = text.replace("Why", "Why: nothing to do on SQLite") if change == "a comment" else f"-- for sqlite\n{text}"
    desk.write({up: text})
    (desk.home / down).unlink()
    ran = desk.here("up")
    assert (ran.exit, ran.err) == (0, f"{up}: no statements in this file\n")
