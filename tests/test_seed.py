"""`verify --seed`: rows that are there when a file goes up and down, and what becomes of them."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from desk import Desk

    from servers import Database

FILES = {
    "sql/1_books.up.sql": "CREATE TABLE books (id INTEGER NOT NULL, title VARCHAR(50), pages INTEGER);\n",
    "sql/1_books.down.sql": "DROP TABLE books;\n",
    "sql/2_no_drafts.up.sql": "DELETE FROM books WHERE pages IS NULL;\n",
    "sql/2_no_drafts.down.sql": "SELECT 1;\n",
    "sql/3_authors.up.sql": "CREATE TABLE authors (id INTEGER NOT NULL, name VARCHAR(50));\n",
    "sql/3_authors.down.sql": "DROP TABLE authors;\n",
    "sql/4_no_pages.up.sql": "ALTER TABLE books DROP COLUMN pages;\n",
    "sql/4_no_pages.down.sql": "ALTER TABLE books ADD COLUMN pages INTEGER;\n",
    "sql/5_born.up.sql": "ALTER TABLE authors ADD COLUMN born INTEGER;\n",
    "sql/5_born.down.sql": "ALTER TABLE authors DROP COLUMN born;\n",
}
SEED = """\
-- authors come later than books: their table does too
INSERT INTO authors (id, name) VALUES (1, 'Ann; "the" author');
INSERT INTO books (id, title, pages) VALUES (1, 'One', 100), (2, 'Two', 200), (3, 'A draft', NULL);
"""


@pytest.fixture
def desk(desk: Desk) -> Desk:
    desk.write({**FILES, "seed.sql": SEED})
    desk.set(MIGRATE_DIR="sql")
    return desk


def words(database: Database) -> list[str]:
    """Where to verify: in memory, or on the server of *database*, which is empty."""
    return [] if database.dialect == "sqlite" else ["--scratch-url", database.url]


def test_rows_that_up_and_down_lose_are_told_by_table(desk: Desk, database: Database) -> None:
    ran = desk("verify", "--seed", "seed.sql", *words(database))
    quote = "`" if database.dialect == "mysql" else '"'
    books = "public.books" if database.dialect == "postgres" else f"{quote}books{quote}"
    assert [line.split("\t") for line in ran.out.splitlines()] == [
        ["1", "books", "undone", "", "sql/1_books.down.sql"],
        [
            *("2", "no_drafts", "undone"),
            f"schema unchanged; 1 statement changes rows; 1 row of {books} lost or changed",
            "sql/2_no_drafts.down.sql",
        ],
        ["3", "authors", "undone", "", "sql/3_authors.down.sql"],
        ["4", "no_pages", "undone", f"2 rows of {books} lost or changed", "sql/4_no_pages.down.sql"],
        ["5", "born", "undone", "", "sql/5_born.down.sql"],
    ]
    assert ran.exit == 0  # the schema came back: the rest is for a person to judge


REBUILT = """CREATE TABLE other (pages INTEGER, id INTEGER NOT NULL, title VARCHAR(50));
INSERT INTO other (id, title, pages) SELECT id, title, pages FROM books;
DROP TABLE books;
ALTER TABLE other RENAME TO books;
"""
MOVED = ["FIRST", "AFTER pages"]


def test_rows_whose_columns_have_changed_places_are_not_lost(desk: Desk, database: Database) -> None:
    """The schema does not tell the order of columns either."""
    ups = [REBUILT, *(f"ALTER TABLE books MODIFY id INTEGER NOT NULL {place};" for place in MOVED)]
    for up in ups if database.dialect == "mysql" else ups[:1]:
        desk.write({"sql/2_no_drafts.up.sql": up})
        ran = desk("verify", "--seed", "seed.sql", *words(database))
        assert "2\tno_drafts\tundone\tschema unchanged" in ran.out
        assert [line for line in ran.out.splitlines() if "lost" in line and line[0] != "4"] == []


def test_without_a_seed_no_rows_are_missed(desk: Desk, database: Database) -> None:
    ran = desk("--format", "json", "verify", *words(database))
    told = [each["what"] for each in json.loads(ran.out)["migrations"]]
    assert told == ["", "schema unchanged; 1 statement changes rows", "", "", ""]


def test_the_rows_are_there_again_after_a_down_that_was_wrong(desk: Desk, database: Database) -> None:
    """The files after it are verified in another database, with the rows that the seed has by then."""
    desk.write({"sql/3_authors.down.sql": "SELECT 1;\n"})
    ran = desk("verify", "--seed", "seed.sql", *words(database))
    results = [line.split("\t")[2:4] for line in ran.out.splitlines()[:5]]
    assert ran.exit == 4
    assert [result for result, _ in results] == ["undone", "undone", "differs", "undone", "undone"]
    assert results[3][1].startswith("2 rows of ")


def test_a_statement_of_the_seed_that_never_fits_is_named(desk: Desk, database: Database) -> None:
    desk.write({"seed.sql": f"{SEED}\nINSERT INTO readers (id) VALUES (1);\n"})
    ran = desk("verify", "--seed", "seed.sql", *words(database))
    assert (ran.exit, ran.out) == (2, "")
    why = {"sqlite": "no such table: readers", "postgres": 'relation "readers" does not exist'}.get(
        database.dialect, "Table 'SCRATCH.readers' doesn't exist"
    )
    assert re.sub(r"migrate_verify_\w+", "SCRATCH", ran.err).endswith(
        f"error: this statement of the seed never ran: {why}\n  --> seed.sql:5\nfix: correct it, or take it out\n"
    )


def test_a_seed_that_is_not_there_is_named(desk: Desk) -> None:
    ran = desk("verify", "--seed", "sed.sql")
    assert (ran.exit, ran.out) == (2, "")
    assert ran.err == (
        "error: sed.sql cannot be read: No such file or directory\n"
        "  --> --seed\n"
        "fix: correct the path:  ls -l sed.sql\n"
        "     or leave it out: it is a file of SQL with rows for the tables that the files make\n"
    )


def test_a_seed_with_rows_for_psql_alone_is_told_what_to_do(desk: Desk, postgres: Database) -> None:
    desk.write({"seed.sql": "COPY books FROM STDIN;\nINSERT INTO books (id) VALUES (1);\n"})
    ran = desk("verify", "--seed", "seed.sql", *words(postgres))
    assert (ran.exit, ran.out) == (2, "")
    assert ran.err.endswith(
        "error: this statement of the seed never ran:"
        " only a client can send what this COPY reads, or take what it writes\n"
        "  --> seed.sql:1\n"
        "fix: correct it, or take it out\n"
    )


def test_times_that_python_does_not_have_are_rows_too(desk: Desk, postgres: Database) -> None:
    desk.write(
        {
            "sql/1_books.up.sql": "CREATE TABLE books (id INTEGER, title TEXT, pages INTEGER, due TIMESTAMP);\n",
            "seed.sql": "INSERT INTO books VALUES (1, 'a', 1, 'infinity'), (2, 'b', 2, '0044-03-15 BC');\n",
        }
    )
    ran = desk("verify", "--seed", "seed.sql", *words(postgres))
    assert ran.exit == 0, ran.err


SETTINGS = {
    "sqlite": "PRAGMA recursive_triggers = ON;\n",
    "postgres": "SELECT pg_catalog.set_config('search_path', '', false);\n",
    "mysql": "SET foreign_key_checks = 0, sql_mode = 'ANSI_QUOTES';\n",
}


def test_a_dump_may_be_a_seed(desk: Desk, database: Database) -> None:
    """What it sets does not reach the migrations, and its transaction is not the test's."""
    rows = "INSERT INTO {}books (id, title, pages) VALUES (1, 'One', 100);\n"
    schema = "public." if database.dialect == "postgres" else ""
    desk.write({"seed.sql": f"{SETTINGS[database.dialect]}BEGIN;\n{rows.format(schema)}COMMIT;\n"})
    ran = desk("verify", "--seed", "seed.sql", *words(database))
    assert ran.exit == 0, ran.err
    assert ran.out.splitlines()[3].split("\t")[3].startswith("1 row of ")
