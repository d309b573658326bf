"""Many INSERTs of a row into SQLite, which it reads once: they do what they do one by one, and say the same."""

from __future__ import annotations

import contextlib
import re
import sqlite3
from typing import TYPE_CHECKING, Any

import inside
import pytest
from hypothesis import given
from hypothesis import strategies as st

if TYPE_CHECKING:
    from collections.abc import Sequence

LOG = "CREATE TABLE log (a, b, c, d, e)"
SAYS = "INSERT INTO log VALUES (NEW.a, typeof(NEW.b), NEW.c, changes(), last_insert_rowid()); "
PLAIN = {
    "a key": ["CREATE TABLE t (a INTEGER PRIMARY KEY, b TEXT, c)"],
    "numbers": ["CREATE TABLE t (a INT, b REAL, c NUMERIC)"],
    "a collation": ["CREATE TABLE t (a BLOB, b VARCHAR(9) COLLATE NOCASE UNIQUE, c INTEGER)"],
    "no rowid": ["CREATE TABLE t (a PRIMARY KEY, b, c) WITHOUT ROWID"],
    "a sequence": ["CREATE TABLE t (a INTEGER PRIMARY KEY AUTOINCREMENT, b, c)"],
    "a check": ["CREATE TABLE t (a, b, c CHECK (typeof(c) = 'text' OR c > 0 OR c IS NULL))"],
    "another value": ["CREATE TABLE t (a NOT NULL ON CONFLICT REPLACE DEFAULT 7, b UNIQUE ON CONFLICT IGNORE, c)"],
    "replaced": ["CREATE TABLE t (a UNIQUE ON CONFLICT REPLACE, b, c)"],
    "rolled back": ["CREATE TABLE t (a UNIQUE ON CONFLICT ROLLBACK, b, c)"],
    "kept": ["CREATE TABLE t (a UNIQUE ON CONFLICT FAIL, b, c)"],
    "made of others": ["CREATE TABLE t (a, b, c, d AS (typeof(a) || b) STORED UNIQUE, e AS (c + 1))"],
    "indexes": ["CREATE TABLE t (a, b, c)", "CREATE UNIQUE INDEX i ON t (lower(b)) WHERE typeof(a) = 'integer'"],
    "what is seen of the one before": [
        "CREATE TABLE t (a, b, c, d DEFAULT (random() * 0 + 1), e DEFAULT (changes()), f DEFAULT (last_insert_rowid()))"
    ],
    "a reference": [
        "PRAGMA foreign_keys = ON",
        "CREATE TABLE p (x PRIMARY KEY)",
        "INSERT INTO p VALUES (7), ('a')",
        "CREATE TABLE t (a REFERENCES p, b, c)",
    ],
    "UTF-16": ["PRAGMA encoding = 'UTF-16le'", "CREATE TABLE t (a, b UNIQUE, c TEXT)"],
    "a temporary one": ["CREATE TEMP TABLE t (a, b, c)"],
    "fewer columns": ["CREATE TABLE t (a, b)"],
} | ({"strict": ["CREATE TABLE t (a INTEGER, b TEXT, c ANY) STRICT"]} if sqlite3.sqlite_version_info >= (3, 37) else {})
OTHERS = {
    "a trigger": ["CREATE TABLE t (a, b, c)", LOG, f"CREATE TRIGGER r AFTER INSERT ON t BEGIN {SAYS}END"],
    "a temporary trigger": [
        "CREATE TABLE t (a, b, c)",
        LOG,
        f"CREATE TEMP TRIGGER r AFTER INSERT ON T BEGIN {SAYS}END",
    ],
    "a trigger that keeps what it did": [
        "CREATE TABLE t (a, b, c)",
        LOG,
        f"CREATE TRIGGER r BEFORE INSERT ON t BEGIN {SAYS}SELECT RAISE(FAIL, 'no') WHERE NEW.a = 7; END",
    ],
    "a view": [
        "CREATE TABLE u (a INTEGER, b TEXT, c)",
        LOG,
        "CREATE VIEW t AS SELECT * FROM u",
        f"CREATE TRIGGER r INSTEAD OF INSERT ON t BEGIN {SAYS}END",
    ],
    "a module": ["CREATE VIRTUAL TABLE t USING rtree(a, b, c)"],
    "a temporary one before another": ["CREATE TABLE t (a, b, c)", "CREATE TEMP TABLE T (a UNIQUE, b, c)"],
    "nothing": [],
}
LITERALS = """0 -1 00 -0 007 7 10 999999999999999999 NULL '' 'a' 'A' 'it''s' 'a''' 'é' '🐕' '1' '1.0' '1e3' '?' ':a'
'(' '),(' 'NULL' '--'"""
MORE = """1000000000000000000 9223372036854775808 -99999999999999999999 1.5 1e3 +1 --1 null TRUE X'41' 1+1 abs(-1) "a"
1_0 ? :a 'a'||'b' '''' '''a''' '\2 CURRENT_DATE (1) 1) 0x1F '\0' '\1' \1 \2 | ² é \xa01 a"""


def rows(literals: str, least: int, most: int) -> st.SearchStrategy[list[tuple[str, ...]]]:
    return st.lists(st.tuples(*3 * [st.sampled_from(re.split("[ \n]", literals))]), min_size=least, max_size=most)


def prepared(sql: Sequence[str]) -> Any:
    database = inside.database_at("sqlite::memory:")
    database.open(write=True)
    for each in (*sql, "CREATE TABLE before (a)", "BEGIN", "INSERT INTO before VALUES (1), (2)"):
        database.run(each)
    return database


def outcome(database: Any, texts: Sequence[str], *, together: bool) -> list[Any]:
    """Run *texts*; return how far that came, what was said, and all that can be seen afterwards."""
    found: list[Any] = []
    try:
        for number, some in enumerate([texts] if together else [[each] for each in texts]):
            found = [number + len(some)]
            database.run_all(some)
    except inside.DriverError as failed:
        found = [number + failed.number, failed.message, failed.kind]
    found += [database.in_transaction, database.query("SELECT changes(), last_insert_rowid(), total_changes()")]
    for table in ("t", "log", "sqlite_sequence"):
        with contextlib.suppress(inside.DriverError):
            database.query(f"SELECT * FROM {table} LIMIT 0")
            seen = ", ".join(f"{each}, typeof({each}), hex({each})" for each in database.columns)
            found.append(database.query(f"SELECT {seen} FROM {table}"))
    return found


HEADS = (
    "INSERT INTO t VALUES (",
    "INSERT INTO tVALUES (",
    "insert into T (b, a,c) values(",
    'INSERT INTO "t"(a,b,c)VALUES (',
)
runs = st.builds(
    lambda head, between, some, odd: [f"{head}{between.join(row)})" for row in (*some[:30], *odd, *some[30:])],
    st.sampled_from(HEADS),
    st.sampled_from([", ", ","]),
    rows(LITERALS, 20, 40),
    rows(f"{LITERALS} {MORE}".replace("'\0' ", ""), 0, 1),  # which no file has
)


@given(table=st.sampled_from([*PLAIN, *OTHERS]), texts=runs)
def test_many_together_do_what_they_do_one_by_one(table: str, texts: list[str]) -> None:
    sql = (PLAIN | OTHERS)[table]
    with contextlib.closing(prepared(sql)) as one, contextlib.closing(prepared(sql)) as other:
        assert outcome(one, texts, together=True) == outcome(other, texts, together=False)


@pytest.mark.parametrize("table", [*PLAIN, *OTHERS])
def test_one_statement_is_for_many_where_nothing_but_the_table_sees_the_values(table: str) -> None:
    texts = [f"INSERT INTO t (a, b) VALUES ({n}, 'it''s')" for n in range(20)]
    with contextlib.closing(prepared((PLAIN | OTHERS)[table])) as database:
        sql, found = inside.with_marks(database, texts)
    expected = ("INSERT INTO t (a, b) VALUES (?,?)", [(n, "it's") for n in range(20)]) if table in PLAIN else ("", [])
    assert (sql, found) == expected


@pytest.mark.parametrize("value", re.split("[ \n]", MORE))
def test_a_value_that_is_no_plain_literal_is_left_to_sqlite(value: str) -> None:
    texts = [*(f"INSERT INTO t VALUES ({n})" for n in range(20)), f"INSERT INTO t VALUES ({value})"]
    with contextlib.closing(prepared(["CREATE TABLE t (a)"])) as database:
        assert inside.with_marks(database, texts) == ("", [])
