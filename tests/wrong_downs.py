"""Down files that run without an error and do not bring the schema back: what `verify` must not let pass.

Each case: a correct pair makes the *base*, then *up* runs, then *down*, which forgets, loses or changes something.
*words* must stand in a line of the difference that is shown.
"""

from __future__ import annotations

from typing import NamedTuple


class WrongDown(NamedTuple):
    """A pair of which the down is wrong, after a pair that is right."""

    id: str
    base: str
    base_down: str
    up: str
    down: str
    words: str


BOOKS = "DROP TABLE books;"
ADD = "ALTER TABLE books ADD COLUMN isbn VARCHAR(20);"
BACK = "ALTER TABLE books DROP COLUMN isbn;"


def _books(*lines: str, after: str = "") -> str:
    """Return a table of books with these columns and constraints."""
    return "CREATE TABLE books (\n    " + ",\n    ".join(lines) + f"\n){after};"


# --- SQLite ---------------------------------------------------------------------------------------------------------
# Almost everything there is a rebuild of the table, in which something is written down wrongly.

ID = "id INTEGER PRIMARY KEY"
TITLE = "title TEXT NOT NULL DEFAULT 'untitled'"
PAGES = "pages INTEGER"


def _rebuilt(*lines: str, after: str = "", columns: str = "id, title, pages") -> str:
    table = _books(*lines, after=after).replace("books", "books_new", 1)
    copy = f"INSERT INTO books_new ({columns}) SELECT {columns} FROM books;"
    return f"{table}\n{copy}\nDROP TABLE books;\nALTER TABLE books_new RENAME TO books;"


def _lite(
    what: str, before: tuple[str, ...], then: tuple[str, ...], words: str, *, ends: tuple[str, str] = ("", "")
) -> WrongDown:
    """Return a case in which a column comes and goes, and the table that remains is not the one that was."""
    return WrongDown(what, _books(*before, after=ends[0]), BOOKS, ADD, _rebuilt(*then, after=ends[1]), words)


_SQLITE_BOOKS = _books(ID, TITLE, PAGES)
_CHEAP = "CREATE VIEW short_books AS SELECT title FROM books WHERE pages < 100;"
_TRIM = """CREATE TRIGGER books_trim AFTER INSERT ON books BEGIN
    UPDATE books SET title = trim(title) WHERE id = new.id;
END;"""
_AUTHORS = "CREATE TABLE authors (id INTEGER PRIMARY KEY);\n"

SQLITE = [
    WrongDown(
        "an index is forgotten", _SQLITE_BOOKS, BOOKS,
        f"{ADD}\nCREATE INDEX books_title_idx ON books (title);", BACK, "books_title_idx",
    ),
    _lite("a default is lost", (ID, TITLE, PAGES), (ID, "title TEXT NOT NULL", PAGES), "title"),
    _lite("a default is another", (ID, TITLE, PAGES), (ID, TITLE.replace("untitled", "Untitled"), PAGES), "Untitled"),
    _lite("a type is another", (ID, TITLE, PAGES), (ID, TITLE, "pages NUMERIC"), "pages"),
    _lite("a NOT NULL is lost", (ID, TITLE, PAGES), (ID, "title TEXT DEFAULT 'untitled'", PAGES), "title"),
    _lite("a column is no longer nullable", (ID, TITLE, PAGES), (ID, TITLE, "pages INTEGER NOT NULL"), "pages"),
    _lite(
        "a constraint comes back under another name",
        (ID, TITLE, PAGES, "CONSTRAINT books_pages_check CHECK (pages > 0)"),
        (ID, TITLE, PAGES, "CONSTRAINT pages_positive CHECK (pages > 0)"), "pages_positive",
    ),
    _lite("a CHECK is lost", (ID, TITLE, f"{PAGES} CHECK (pages > 0)"), (ID, TITLE, PAGES), "pages > 0"),
    _lite(
        "a CHECK is another", (ID, TITLE, PAGES, "CONSTRAINT books_pages_check CHECK (pages > 0)"),
        (ID, TITLE, PAGES, "CONSTRAINT books_pages_check CHECK (pages >= 0)"), "pages >= 0",
    ),
    _lite("a UNIQUE is lost", (ID, TITLE, PAGES, "UNIQUE (title, pages)"), (ID, TITLE, PAGES), "title"),
    WrongDown(
        "a foreign key is lost", f"{_AUTHORS}{_books(ID, TITLE, PAGES, 'author INTEGER REFERENCES authors (id)')}",
        f"{BOOKS}\nDROP TABLE authors;", ADD,
        _rebuilt(ID, TITLE, PAGES, "author INTEGER", columns="id, title, pages, author"), "author",
    ),
    WrongDown(
        "a foreign key has another ON DELETE",
        f"{_AUTHORS}{_books(ID, TITLE, PAGES, 'author INTEGER REFERENCES authors (id) ON DELETE CASCADE')}",
        f"{BOOKS}\nDROP TABLE authors;", ADD,
        _rebuilt(
            ID, TITLE, PAGES, "author INTEGER REFERENCES authors (id) ON DELETE SET NULL",
            columns="id, title, pages, author",
        ), "author",
    ),
    WrongDown(
        "a foreign key is no longer deferred",
        f"{_AUTHORS}{_books(ID, TITLE, PAGES, 'author INTEGER REFERENCES authors (id) DEFERRABLE INITIALLY DEFERRED')}",
        f"{BOOKS}\nDROP TABLE authors;", ADD,
        _rebuilt(ID, TITLE, PAGES, "author INTEGER REFERENCES authors (id)", columns="id, title, pages, author"),
        "author",
    ),
    WrongDown(
        "a column is forgotten", _SQLITE_BOOKS, BOOKS,
        f"{ADD}\nALTER TABLE books ADD COLUMN shelf TEXT;", BACK, "shelf",
    ),
    WrongDown(
        "a column keeps its new name", _SQLITE_BOOKS, BOOKS,
        f"{ADD}\nALTER TABLE books RENAME COLUMN pages TO sheets;", BACK, "sheets",
    ),
    WrongDown(
        "a table stays", _SQLITE_BOOKS, BOOKS, f"{ADD}\nCREATE TABLE shelves (id INTEGER);", BACK, "shelves",
    ),
    WrongDown(
        "a table is renamed instead of renamed back", _SQLITE_BOOKS, BOOKS,
        "ALTER TABLE books RENAME TO volumes;", "ALTER TABLE volumes RENAME TO book;", "book",
    ),
    WrongDown("a view stays", _SQLITE_BOOKS, BOOKS, f"{ADD}\n{_CHEAP}", BACK, "short_books"),
    WrongDown(
        "a view comes back with another body", f"{_SQLITE_BOOKS}\n{_CHEAP}", f"DROP VIEW short_books;\n{BOOKS}",
        "DROP VIEW short_books;", _CHEAP.replace("100", "101"), "101",
    ),
    WrongDown("a trigger stays", _SQLITE_BOOKS, BOOKS, f"{ADD}\n{_TRIM}", BACK, "books_trim"),
    WrongDown(
        "a trigger comes back with another body", f"{_SQLITE_BOOKS}\n{_TRIM}", BOOKS,
        "DROP TRIGGER books_trim;", _TRIM.replace("trim(title)", "rtrim(title)"), "rtrim(title)",
    ),
    WrongDown(
        "a rebuild has lost the trigger", f"{_SQLITE_BOOKS}\n{_TRIM}", BOOKS,
        ADD, _rebuilt(ID, TITLE, PAGES), "books_trim",
    ),
    WrongDown(
        "a generated column is computed in another way",
        _books(ID, TITLE, PAGES, "slug TEXT AS (lower(title))"), BOOKS,
        ADD, _rebuilt(ID, TITLE, PAGES, "slug TEXT AS (upper(title))"), "slug",
    ),
    WrongDown(
        "a generated column is a plain one", _books(ID, TITLE, PAGES, "slug TEXT AS (lower(title))"), BOOKS,
        ADD, _rebuilt(ID, TITLE, PAGES, "slug TEXT", columns="id, title, pages, slug"), "slug",
    ),
    _lite("a collation is lost", (ID, f"{TITLE} COLLATE NOCASE", PAGES), (ID, TITLE, PAGES), "title"),
    WrongDown(
        "a partial index has lost its condition",
        f"{_SQLITE_BOOKS}\nCREATE INDEX books_short_idx ON books (title) WHERE pages < 100;", BOOKS,
        "DROP INDEX books_short_idx;", "CREATE INDEX books_short_idx ON books (title);", "books_short_idx",
    ),
    WrongDown(
        "an index is no longer descending",
        f"{_SQLITE_BOOKS}\nCREATE INDEX books_pages_idx ON books (pages DESC);", BOOKS,
        "DROP INDEX books_pages_idx;", "CREATE INDEX books_pages_idx ON books (pages);", "books_pages_idx",
    ),
    WrongDown(
        "an index is no longer unique",
        f"{_SQLITE_BOOKS}\nCREATE UNIQUE INDEX books_title_key ON books (title);", BOOKS,
        "DROP INDEX books_title_key;", "CREATE INDEX books_title_key ON books (title);", "books_title_key",
    ),
    _lite("AUTOINCREMENT is lost", (f"{ID} AUTOINCREMENT", TITLE, PAGES), (ID, TITLE, PAGES), "id"),
    _lite("WITHOUT ROWID is lost", (ID, TITLE, PAGES), (ID, TITLE, PAGES), "books", ends=(" WITHOUT ROWID", "")),
    WrongDown(
        "STRICT is lost", f"{_books(ID, 'title TEXT')[:-1]} STRICT;", BOOKS, "ALTER TABLE books ADD COLUMN isbn TEXT;",
        _rebuilt(ID, "title TEXT", columns="id, title"), "books",
    ),
    WrongDown(
        "a virtual table stays", _SQLITE_BOOKS, BOOKS,
        f"{ADD}\nCREATE VIRTUAL TABLE book_search USING fts5 (title);", BACK, "book_search",
    ),
]  # fmt: skip

# --- PostgreSQL -----------------------------------------------------------------------------------------------------

_PG_BOOKS = _books(
    "id      INTEGER GENERATED ALWAYS AS IDENTITY",
    "title   TEXT NOT NULL DEFAULT 'untitled'",
    "pages   INTEGER",
    "author  INTEGER",
    'code    TEXT COLLATE "C"',
    "slug    TEXT GENERATED ALWAYS AS (lower(title)) STORED",
    "CONSTRAINT books_pk PRIMARY KEY (id)",
    "CONSTRAINT books_code_key UNIQUE (code)",
    "CONSTRAINT books_pages_check CHECK (pages > 0)",
    "CONSTRAINT books_author_fk FOREIGN KEY (author) REFERENCES books (id) ON DELETE CASCADE DEFERRABLE",
)


def _pg(what: str, up: str, down: str, words: str, *, more: str = "", back: str = "") -> WrongDown:
    """Return a case about the table of books, and whatever *more* there is, which *back* drops."""
    return WrongDown(what, f"{_PG_BOOKS}\n{more}".rstrip(), f"{back}\n{BOOKS}".lstrip(), up, down, words)


_PG_FUNCTION = """CREATE FUNCTION page_count(n INTEGER) RETURNS INTEGER LANGUAGE sql IMMUTABLE AS $$
    SELECT n + 1;
$$;"""
_PG_TRIGGER = """CREATE FUNCTION keep_title() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RETURN new; END $$;
CREATE TRIGGER books_keep BEFORE UPDATE ON books FOR EACH ROW EXECUTE FUNCTION keep_title();"""
_PG_TRIGGER_BACK = "DROP TRIGGER books_keep ON books;\nDROP FUNCTION keep_title();"
_PG_DROP_CHECK = "ALTER TABLE books DROP CONSTRAINT books_pages_check;"
_PG_DROP_KEY = "ALTER TABLE books DROP CONSTRAINT books_author_fk;"
_PG_KEY = "ALTER TABLE books ADD CONSTRAINT books_author_fk FOREIGN KEY (author) REFERENCES books (id)"
_PG_PARTS = "CREATE TABLE visits (day DATE, page TEXT) PARTITION BY RANGE (day);"

POSTGRES = [
    _pg("an index is forgotten", f"{ADD}\nCREATE INDEX books_title_idx ON books (title);", BACK, "books_title_idx"),
    _pg("a default is lost", "ALTER TABLE books ALTER title DROP DEFAULT;", "SELECT 1;", "title"),
    _pg("a default is another", "ALTER TABLE books ALTER title DROP DEFAULT;",
        "ALTER TABLE books ALTER title SET DEFAULT 'Untitled';", "Untitled"),
    _pg("a type is another", "ALTER TABLE books ALTER pages TYPE BIGINT;",
        "ALTER TABLE books ALTER pages TYPE SMALLINT;", "pages"),
    _pg("a length is another", "ALTER TABLE books ALTER name TYPE TEXT;",
        "ALTER TABLE books ALTER name TYPE VARCHAR(60);", "name", more="ALTER TABLE books ADD name VARCHAR(50);"),
    _pg("a NOT NULL is lost", "ALTER TABLE books ALTER title DROP NOT NULL;", "SELECT 1;", "title"),
    _pg("a column is no longer nullable", f"{ADD}\nALTER TABLE books ALTER pages SET NOT NULL;", BACK, "pages"),
    _pg("a column is forgotten", f"{ADD}\nALTER TABLE books ADD COLUMN shelf TEXT;", BACK, "shelf"),
    _pg("a column keeps its new name", f"{ADD}\nALTER TABLE books RENAME pages TO sheets;", BACK, "sheets"),
    _pg("a table stays", f"{ADD}\nCREATE TABLE shelves (id INTEGER);", BACK, "shelves"),
    _pg("a table is renamed instead of renamed back", "ALTER TABLE books RENAME TO volumes;",
        "ALTER TABLE volumes RENAME TO book;", "book"),
    _pg("a constraint comes back under another name", _PG_DROP_CHECK,
        "ALTER TABLE books ADD CONSTRAINT pages_positive CHECK (pages > 0);", "pages_positive"),
    _pg("a CHECK is lost", _PG_DROP_CHECK, "SELECT 1;", "books_pages_check"),
    _pg("a CHECK is another", _PG_DROP_CHECK,
        "ALTER TABLE books ADD CONSTRAINT books_pages_check CHECK (pages >= 0);", "books_pages_check"),
    _pg("a CHECK is not validated", _PG_DROP_CHECK,
        "ALTER TABLE books ADD CONSTRAINT books_pages_check CHECK (pages > 0) NOT VALID;", "books_pages_check"),
    _pg("a UNIQUE is lost", "ALTER TABLE books DROP CONSTRAINT books_code_key;", "SELECT 1;", "books_code_key"),
    _pg("a UNIQUE comes back as an index alone", "ALTER TABLE books DROP CONSTRAINT books_code_key;",
        "CREATE UNIQUE INDEX books_code_key ON books (code);", "books_code_key"),
    _pg("a foreign key is lost", _PG_DROP_KEY, "SELECT 1;", "books_author_fk"),
    _pg("a foreign key has another ON DELETE", _PG_DROP_KEY,
        f"{_PG_KEY} ON DELETE SET NULL DEFERRABLE;", "books_author_fk"),
    _pg("a foreign key cannot be deferred any more", _PG_DROP_KEY, f"{_PG_KEY} ON DELETE CASCADE;", "books_author_fk"),
    _pg("an identity is lost", "ALTER TABLE books ALTER id DROP IDENTITY;", "SELECT 1;", "id"),
    _pg("an identity is by default", "ALTER TABLE books ALTER id DROP IDENTITY;",
        "ALTER TABLE books ALTER id ADD GENERATED BY DEFAULT AS IDENTITY;", "id"),
    _pg("a generated column is a plain one", "ALTER TABLE books ALTER slug DROP EXPRESSION;", "SELECT 1;", "slug"),
    _pg("a collation is another", "ALTER TABLE books ALTER code TYPE TEXT;",
        'ALTER TABLE books ALTER code TYPE TEXT COLLATE "POSIX";', "code"),
    _pg("a view stays", f"{ADD}\nCREATE VIEW short_books AS SELECT title FROM books;", BACK, "short_books"),
    _pg("a view comes back with another body", "DROP VIEW short_books;",
        "CREATE VIEW short_books AS SELECT title FROM books WHERE pages < 101;", "101",
        more="CREATE VIEW short_books AS SELECT title FROM books WHERE pages < 100;", back="DROP VIEW short_books;"),
    _pg("a materialized view stays",
        f"{ADD}\nCREATE MATERIALIZED VIEW book_counts AS SELECT count(*) FROM books;", BACK, "book_counts"),
    _pg("a trigger stays", f"{ADD}\n{_PG_TRIGGER}", BACK, "books_keep"),
    _pg("a trigger stays switched off", "ALTER TABLE books DISABLE TRIGGER books_keep;", "SELECT 1;", "books_keep",
        more=_PG_TRIGGER, back=_PG_TRIGGER_BACK),
    _pg("a routine stays", f"{ADD}\n{_PG_FUNCTION}", BACK, "page_count"),
    _pg("a routine keeps its new body", _PG_FUNCTION.replace("CREATE", "CREATE OR REPLACE").replace("+ 1", "+ 2"),
        "SELECT 1;", "n + 2", more=_PG_FUNCTION, back="DROP FUNCTION page_count;"),
    _pg("a routine comes back volatile", "DROP FUNCTION page_count;", _PG_FUNCTION.replace(" IMMUTABLE", ""),
        "IMMUTABLE", more=_PG_FUNCTION, back="DROP FUNCTION page_count;"),
    _pg("a sequence stays", f"{ADD}\nCREATE SEQUENCE book_numbers;", BACK, "book_numbers"),
    _pg("a sequence has another step", "DROP SEQUENCE book_numbers;", "CREATE SEQUENCE book_numbers;", "book_numbers",
        more="CREATE SEQUENCE book_numbers INCREMENT BY 5;", back="DROP SEQUENCE book_numbers;"),
    _pg("an enum keeps its new value", "ALTER TYPE genre ADD VALUE 'horror';", "SELECT 1;", "horror",
        more="CREATE TYPE genre AS ENUM ('crime', 'poem');", back="DROP TYPE genre;"),
    _pg("the values of an enum have changed places", "DROP TYPE genre;",
        "CREATE TYPE genre AS ENUM ('poem', 'crime');", "genre",
        more="CREATE TYPE genre AS ENUM ('crime', 'poem');", back="DROP TYPE genre;"),
    _pg("a type stays", f"{ADD}\nCREATE TYPE genre AS ENUM ('crime', 'poem');", BACK, "genre"),
    _pg("a composite type has another attribute", "DROP TYPE size;",
        "CREATE TYPE size AS (width INTEGER, depth INTEGER);",
        "depth", more="CREATE TYPE size AS (width INTEGER, height INTEGER);", back="DROP TYPE size;"),
    _pg("a domain has another CHECK", "DROP DOMAIN percentage;",
        "CREATE DOMAIN percentage AS INTEGER CHECK (VALUE < 101);", "percentage",
        more="CREATE DOMAIN percentage AS INTEGER CHECK (VALUE <= 101);", back="DROP DOMAIN percentage;"),
    _pg("a partial index has lost its condition", "DROP INDEX books_short_idx;",
        "CREATE INDEX books_short_idx ON books (title);", "books_short_idx",
        more="CREATE INDEX books_short_idx ON books (title) WHERE pages < 100;"),
    _pg("an index is no longer descending", "DROP INDEX books_pages_idx;",
        "CREATE INDEX books_pages_idx ON books (pages);", "books_pages_idx",
        more="CREATE INDEX books_pages_idx ON books (pages DESC NULLS LAST);"),
    _pg("a comment on a table is lost", "COMMENT ON TABLE books IS 'another';", "COMMENT ON TABLE books IS NULL;",
        "paper", more="COMMENT ON TABLE books IS 'paper';"),
    _pg("a comment on a column stays", f"{ADD}\nCOMMENT ON COLUMN books.pages IS 'both sides';", BACK, "both sides"),
    _pg("a partition is left", f"{ADD}\nCREATE TABLE visits_new PARTITION OF visits DEFAULT;", BACK, "visits_new",
        more=_PG_PARTS, back="DROP TABLE visits;"),
    _pg("a partition is detached, and stays a table",
        "CREATE TABLE visits_new PARTITION OF visits DEFAULT;", "ALTER TABLE visits DETACH PARTITION visits_new;",
        "visits_new", more=_PG_PARTS, back="DROP TABLE visits;"),
    _pg("a partition has other bounds", "DROP TABLE visits_2025;",
        "CREATE TABLE visits_2025 PARTITION OF visits FOR VALUES FROM ('2025-01-01') TO ('2025-12-31');", "visits_2025",
        more=f"{_PG_PARTS}\nCREATE TABLE visits_2025 PARTITION OF visits"
        " FOR VALUES FROM ('2025-01-01') TO ('2026-01-01');", back="DROP TABLE visits;"),
    _pg("a policy is left", f"{ADD}\nCREATE POLICY books_all ON books USING (true);", BACK, "books_all"),
    _pg("row level security stays on", "ALTER TABLE books ENABLE ROW LEVEL SECURITY;", "SELECT 1;", "books"),
    _pg("a rule is left", f"{ADD}\nCREATE RULE books_keep AS ON DELETE TO books DO INSTEAD NOTHING;", BACK,
        "books_keep"),
    _pg("statistics are left", f"{ADD}\nCREATE STATISTICS books_stats ON title, pages FROM books;", BACK,
        "books_stats"),
    _pg("an aggregate is left", f"{ADD}\nCREATE AGGREGATE product(NUMERIC) (SFUNC = numeric_mul, STYPE = NUMERIC);",
        BACK, "product"),
    _pg("a schema is left", f"{ADD}\nCREATE SCHEMA archive;", BACK, "archive"),
    _pg("a table stays unlogged", "ALTER TABLE books SET UNLOGGED;", "SELECT 1;", "books"),
]  # fmt: skip

# --- MySQL and MariaDB ----------------------------------------------------------------------------------------------

_MY_BOOKS = _books(
    "id      INTEGER NOT NULL AUTO_INCREMENT",
    "title   VARCHAR(50) NOT NULL DEFAULT 'untitled'",
    "pages   INTEGER UNSIGNED NULL",
    "author  INTEGER NULL",
    "code    VARCHAR(20) CHARACTER SET ascii COLLATE ascii_bin NULL COMMENT 'on the spine'",
    "slug    VARCHAR(50) AS (LOWER(title)) STORED",
    "genre   ENUM('crime', 'poem') NULL",
    "sold    DATETIME NULL ON UPDATE CURRENT_TIMESTAMP",
    "PRIMARY KEY (id)",
    "KEY books_author_idx (author)",
    "KEY books_pages_idx (pages DESC, title(10))",
    "UNIQUE KEY books_code_key (code)",
    "CONSTRAINT books_pages_check CHECK (pages > 0)",
    "CONSTRAINT books_author_fk FOREIGN KEY (author) REFERENCES books (id) ON DELETE CASCADE",
    after=" ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_unicode_ci COMMENT='paper'",
)


def _my(what: str, up: str, down: str, words: str, *, more: str = "", back: str = "") -> WrongDown:
    """Return a case about the table of books, and whatever *more* there is, which *back* drops."""
    return WrongDown(what, f"{_MY_BOOKS}\n{more}".rstrip(), f"{back}\n{BOOKS}".lstrip(), up, down, words)


_MY_TRIGGER = "CREATE TRIGGER books_trim BEFORE INSERT ON books FOR EACH ROW SET NEW.title = TRIM(NEW.title);"
_MY_FUNCTION = "CREATE FUNCTION page_count(n INTEGER) RETURNS INTEGER DETERMINISTIC RETURN n + 1;"
_MY_DROP_CHECK = "ALTER TABLE books DROP CONSTRAINT books_pages_check;"
_MY_DROP_KEY = "ALTER TABLE books DROP FOREIGN KEY books_author_fk;"
_MY_KEY = "ALTER TABLE books ADD CONSTRAINT books_author_fk FOREIGN KEY (author) REFERENCES books (id)"
_MY_PARTS = """CREATE TABLE visits (day INTEGER NOT NULL) PARTITION BY RANGE (day) (
    PARTITION p1 VALUES LESS THAN (10), PARTITION p2 VALUES LESS THAN (20)
);"""

MYSQL = [
    _my("an index is forgotten", f"{ADD}\nCREATE INDEX books_title_idx ON books (title);", BACK, "books_title_idx"),
    _my("a default is lost", "ALTER TABLE books ALTER title DROP DEFAULT;", "DO 0;", "title"),
    _my("a default is another", "ALTER TABLE books ALTER title DROP DEFAULT;",
        "ALTER TABLE books ALTER title SET DEFAULT 'Untitled';", "Untitled"),
    _my("a type is another", "ALTER TABLE books MODIFY pages BIGINT UNSIGNED NULL;",
        "ALTER TABLE books MODIFY pages SMALLINT UNSIGNED NULL;", "pages"),
    _my("UNSIGNED is lost", "ALTER TABLE books MODIFY pages BIGINT UNSIGNED NULL;",
        "ALTER TABLE books MODIFY pages INTEGER NULL;", "pages"),
    _my("a length is another", "ALTER TABLE books MODIFY title VARCHAR(80) NOT NULL DEFAULT 'untitled';",
        "ALTER TABLE books MODIFY title VARCHAR(60) NOT NULL DEFAULT 'untitled';", "title"),
    _my("a NOT NULL is lost", "ALTER TABLE books MODIFY title VARCHAR(80) NOT NULL DEFAULT 'untitled';",
        "ALTER TABLE books MODIFY title VARCHAR(50) DEFAULT 'untitled';", "title"),
    _my("a column is no longer nullable", "ALTER TABLE books MODIFY pages BIGINT UNSIGNED NOT NULL;",
        "ALTER TABLE books MODIFY pages INTEGER UNSIGNED NOT NULL;", "pages"),
    _my("a column is forgotten", f"{ADD}\nALTER TABLE books ADD COLUMN shelf TEXT;", BACK, "shelf"),
    _my("a column keeps its new name", f"{ADD}\nALTER TABLE books RENAME COLUMN author TO writer;", BACK, "writer"),
    _my("a table stays", f"{ADD}\nCREATE TABLE shelves (id INTEGER);", BACK, "shelves"),
    _my("a table is renamed instead of renamed back", "RENAME TABLE books TO volumes;", "RENAME TABLE volumes TO book;",
        "book"),
    _my("a constraint comes back under another name", _MY_DROP_CHECK,
        "ALTER TABLE books ADD CONSTRAINT pages_positive CHECK (pages > 0);", "pages_positive"),
    _my("a CHECK is lost", _MY_DROP_CHECK, "DO 0;", "books_pages_check"),
    _my("a CHECK is another", _MY_DROP_CHECK,
        "ALTER TABLE books ADD CONSTRAINT books_pages_check CHECK (pages >= 0);", "books_pages_check"),
    _my("a UNIQUE is lost", "ALTER TABLE books DROP INDEX books_code_key;", "DO 0;", "books_code_key"),
    _my("a foreign key is lost", _MY_DROP_KEY, "DO 0;", "books_author_fk"),
    _my("a foreign key has another ON DELETE", _MY_DROP_KEY, f"{_MY_KEY} ON DELETE SET NULL;", "books_author_fk"),
    _my("a foreign key is gone, the index that it made is left",
        "ALTER TABLE books ADD CONSTRAINT books_owner_fk FOREIGN KEY (owner) REFERENCES books (id);",
        "ALTER TABLE books DROP FOREIGN KEY books_owner_fk;", "books_owner_fk",
        more="ALTER TABLE books ADD COLUMN owner INTEGER;"),
    _my("AUTO_INCREMENT is lost",
        "ALTER TABLE books MODIFY id BIGINT NOT NULL AUTO_INCREMENT, DROP FOREIGN KEY books_author_fk;",
        f"ALTER TABLE books MODIFY id INTEGER NOT NULL;\n{_MY_KEY} ON DELETE CASCADE;", "id"),
    _my("ON UPDATE is lost", "ALTER TABLE books MODIFY sold DATETIME(3) NULL;",
        "ALTER TABLE books MODIFY sold DATETIME NULL;", "sold"),
    _my("a generated column is computed in another way", "ALTER TABLE books DROP COLUMN slug;",
        "ALTER TABLE books ADD COLUMN slug VARCHAR(50) AS (UPPER(title)) STORED AFTER code;", "slug"),
    _my("a generated column is a plain one", "ALTER TABLE books DROP COLUMN slug;",
        "ALTER TABLE books ADD COLUMN slug VARCHAR(50) AFTER code;", "slug"),
    _my("an enum keeps its new value", "ALTER TABLE books MODIFY genre ENUM('crime', 'poem', 'horror') NULL;",
        "DO 0;", "horror"),
    _my("a character set is another",
        "ALTER TABLE books MODIFY code VARCHAR(20) CHARACTER SET utf8mb4 NULL COMMENT 'on the spine';",
        "ALTER TABLE books MODIFY code VARCHAR(20) CHARACTER SET latin1 NULL COMMENT 'on the spine';", "code"),
    _my("a collation is another",
        "ALTER TABLE books MODIFY code VARCHAR(20) CHARACTER SET utf8mb4 NULL COMMENT 'on the spine';",
        "ALTER TABLE books MODIFY code VARCHAR(20) CHARACTER SET ascii COLLATE ascii_general_ci NULL"
        " COMMENT 'on the spine';", "code"),
    _my("the collation of a table is another", "ALTER TABLE books DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;",
        "ALTER TABLE books DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_general_ci;", "utf8mb4_general_ci"),
    _my("an index is no longer descending", "DROP INDEX books_pages_idx ON books;",
        "CREATE INDEX books_pages_idx ON books (pages, title(10));", "books_pages_idx"),
    _my("an index is of another length", "DROP INDEX books_pages_idx ON books;",
        "CREATE INDEX books_pages_idx ON books (pages DESC, title(12));", "books_pages_idx"),
    _my("a comment on a column is lost",
        "ALTER TABLE books MODIFY code VARCHAR(30) CHARACTER SET ascii COLLATE ascii_bin NULL COMMENT 'on the spine';",
        "ALTER TABLE books MODIFY code VARCHAR(20) CHARACTER SET ascii COLLATE ascii_bin NULL;", "code"),
    _my("a comment on a table is lost", "ALTER TABLE books COMMENT 'another';", "ALTER TABLE books COMMENT '';",
        "paper"),
    _my("a view stays", f"{ADD}\nCREATE VIEW short_books AS SELECT title FROM books;", BACK, "short_books"),
    _my("a view comes back with another body", "DROP VIEW short_books;",
        "CREATE VIEW short_books AS SELECT title FROM books WHERE pages < 101;", "101",
        more="CREATE VIEW short_books AS SELECT title FROM books WHERE pages < 100;", back="DROP VIEW short_books;"),
    _my("a trigger stays", f"{ADD}\n{_MY_TRIGGER}", BACK, "books_trim"),
    _my("a trigger comes back with another body", "DROP TRIGGER books_trim;", _MY_TRIGGER.replace("TRIM", "RTRIM"),
        "RTRIM", more=_MY_TRIGGER),
    _my("a routine stays", f"{ADD}\nCREATE PROCEDURE count_books() BEGIN SELECT COUNT(*) FROM books; END;", BACK,
        "count_books"),
    _my("a routine comes back with another body", "DROP FUNCTION page_count;", _MY_FUNCTION.replace("+ 1", "+ 2"),
        "n + 2", more=_MY_FUNCTION, back="DROP FUNCTION page_count;"),
    _my("an event is left", f"{ADD}\nCREATE EVENT tidy_up ON SCHEDULE EVERY 1 DAY DISABLE DO DELETE FROM books;", BACK,
        "tidy_up"),
    _my("a partition is left", f"{ADD}\nALTER TABLE visits ADD PARTITION (PARTITION p3 VALUES LESS THAN (30));", BACK,
        "p3", more=_MY_PARTS, back="DROP TABLE visits;"),
    _my("the partitions are lost", "ALTER TABLE visits REMOVE PARTITIONING;", "DO 0;", "p2",
        more=_MY_PARTS, back="DROP TABLE visits;"),
    _my("the row format is another", "ALTER TABLE books ROW_FORMAT=COMPACT;", "DO 0;", "COMPACT"),
]  # fmt: skip

CASES = {"sqlite": SQLITE, "postgres": POSTGRES, "mysql": MYSQL}

# What is not seen: the schema is compared without the order of columns, because on PostgreSQL no down file can bring a
# column back to its place.
UNSEEN = {
    "sqlite": _lite("two columns have changed places", (ID, TITLE, PAGES), (ID, PAGES, TITLE), "pages"),
    "postgres": _pg("a column comes back in another place", "ALTER TABLE books DROP COLUMN author;",
        "ALTER TABLE books ADD COLUMN author INTEGER"
        " CONSTRAINT books_author_fk REFERENCES books (id) ON DELETE CASCADE DEFERRABLE;", "author"),
    "mysql": _my("a column comes back in another place", "ALTER TABLE books DROP COLUMN genre;",
        "ALTER TABLE books ADD COLUMN genre ENUM('crime', 'poem') NULL;", "genre"),
}  # fmt: skip


# --- Kinds of things ------------------------------------------------------------------------------------------------
# Each is made or changed by an up file whose down file does nothing: what makes it, and a word that must be shown.


class Kind(NamedTuple):
    """A thing that is left behind; *base* is there before it."""

    id: str
    up: str
    words: str
    base: str = "CREATE TABLE t (id INTEGER NOT NULL PRIMARY KEY, n VARCHAR(20));"


_PG_BASE = """CREATE TABLE t (id INTEGER NOT NULL PRIMARY KEY, n TEXT);
CREATE UNIQUE INDEX t_n ON t (id, n);
CREATE VIEW v AS SELECT id FROM t;
CREATE TYPE pair AS (a INTEGER, b INTEGER);
CREATE FUNCTION f() RETURNS INTEGER LANGUAGE sql AS 'SELECT 1';
CREATE FUNCTION f_event() RETURNS event_trigger LANGUAGE plpgsql AS 'BEGIN END';
CREATE FUNCTION f_pair(pair) RETURNS INTEGER LANGUAGE sql AS 'SELECT 1';
CREATE FUNCTION f_less(pair, pair) RETURNS BOOLEAN LANGUAGE sql IMMUTABLE AS 'SELECT true';
CREATE FUNCTION f_order(pair, pair) RETURNS INTEGER LANGUAGE sql IMMUTABLE AS 'SELECT 0';
CREATE FUNCTION f_row() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END';
CREATE TRIGGER tr AFTER INSERT ON t FOR EACH ROW EXECUTE FUNCTION f_row();
CREATE TABLE u (t_id INTEGER REFERENCES t);
CREATE RULE ru AS ON DELETE TO u DO INSTEAD NOTHING;
CREATE MATERIALIZED VIEW m AS SELECT 1 AS one;
CREATE SEQUENCE s;"""


def _kinds(base: str, *kinds: tuple[str, str, str]) -> list[Kind]:
    return [Kind(*kind, base) for kind in kinds]


POSTGRES_KINDS = _kinds(
    _PG_BASE,
    ("a publication", "CREATE PUBLICATION pub FOR TABLE t;", "pub"),
    ("a column list of a publication", "CREATE PUBLICATION pub FOR TABLE t (id);", "attnames"),
    ("a publication of a schema", "CREATE PUBLICATION pub FOR TABLES IN SCHEMA public;", "pub"),
    ("a subscription", "CREATE SUBSCRIPTION sub CONNECTION 'password=hush' PUBLICATION p WITH (connect = false);",
     "sub"),
    ("an event trigger", "CREATE EVENT TRIGGER et ON ddl_command_end EXECUTE FUNCTION f_event();", "et"),
    ("a foreign data wrapper", "CREATE FOREIGN DATA WRAPPER dummy;", "dummy"),
    ("a foreign server", "CREATE FOREIGN DATA WRAPPER dummy;\nCREATE SERVER far FOREIGN DATA WRAPPER dummy;", "far"),
    ("a user mapping", ("CREATE FOREIGN DATA WRAPPER dummy;\nCREATE SERVER far FOREIGN DATA WRAPPER dummy;\n"
     "CREATE USER MAPPING FOR PUBLIC SERVER far OPTIONS (password 'hush');"), "umoptions"),
    ("a foreign table", ("CREATE FOREIGN DATA WRAPPER dummy;\nCREATE SERVER far FOREIGN DATA WRAPPER dummy;\n"
     "CREATE FOREIGN TABLE ft (id INTEGER) SERVER far OPTIONS (a 'b');"), "ftserver"),
    ("an aggregate", "CREATE AGGREGATE total(INTEGER) (SFUNC = int4pl, STYPE = INTEGER);", "int4pl"),
    ("an operator", "CREATE OPERATOR <<< (LEFTARG = pair, RIGHTARG = pair, PROCEDURE = f_less);", "<<<"),
    ("an operator family", "CREATE OPERATOR FAMILY fam USING btree;", "fam"),
    ("an operator class", "CREATE OPERATOR CLASS cla FOR TYPE pair USING btree AS FUNCTION 1 f_order(pair, pair);",
     "cla"),
    ("a cast", "CREATE CAST (pair AS INTEGER) WITH FUNCTION f_pair(pair);", "cast"),
    ("a collation", 'CREATE COLLATION coll FROM "C";', "coll"),
    ("a conversion", "CREATE CONVERSION conv FOR 'UTF8' TO 'LATIN1' FROM utf8_to_iso8859_1;", "conv"),
    ("a text search configuration", "CREATE TEXT SEARCH CONFIGURATION tsc (COPY = simple);", "tsc"),
    ("a mapping of a text search configuration", ('CREATE TEXT SEARCH CONFIGURATION tsc (PARSER = "default");\n'
     "ALTER TEXT SEARCH CONFIGURATION tsc ADD MAPPING FOR word WITH simple;"), "mapdict"),
    ("a text search dictionary", "CREATE TEXT SEARCH DICTIONARY tsd (TEMPLATE = simple);", "tsd"),
    ("a text search template", "CREATE TEXT SEARCH TEMPLATE tst (LEXIZE = dsimple_lexize);", "tst"),
    ("a text search parser", ("CREATE TEXT SEARCH PARSER tsp (START = prsd_start, GETTOKEN = prsd_nexttoken,"
     " END = prsd_end, LEXTYPES = prsd_lextype);"), "tsp"),
    ("an access method", "CREATE ACCESS METHOD heap2 TYPE TABLE HANDLER heap_tableam_handler;", "heap2"),
    ("the access method of a table",
     "CREATE ACCESS METHOD heap2 TYPE TABLE HANDLER heap_tableam_handler;\nALTER TABLE t SET ACCESS METHOD heap2;",
     "table public.t"),
    ("a language", "CREATE LANGUAGE pl2 HANDLER plpgsql_call_handler;", "pl2"),

        ("a transform",
     ("CREATE FUNCTION f_from(internal) RETURNS internal LANGUAGE internal IMMUTABLE AS 'dsimple_init';\n"
     "CREATE TRANSFORM FOR pair LANGUAGE plpgsql (FROM SQL WITH FUNCTION f_from(internal));"),
     "transform"),
    ("default privileges", "ALTER DEFAULT PRIVILEGES GRANT SELECT ON TABLES TO PUBLIC;", "default acl"),
    ("a large object", "SELECT lo_create(0);", "large object"),
    ("a range", "CREATE TYPE span AS RANGE (SUBTYPE = float8);", "span"),
    ("a base type", "CREATE TYPE shell;", "shell"),
    ("the replica identity", "ALTER TABLE t REPLICA IDENTITY FULL;", "relreplident"),
    ("the storage of a column", "ALTER TABLE t ALTER n SET STORAGE EXTERNAL;", "attstorage"),
    ("the compression of a column", "ALTER TABLE t ALTER n SET COMPRESSION pglz;", "attcompression"),
    ("the statistics target of a column", "ALTER TABLE t ALTER n SET STATISTICS 0;", "attstattarget"),
    ("an option of a column", "ALTER TABLE t ALTER n SET (n_distinct = 5);", "n_distinct"),
    ("an option of a table", "ALTER TABLE t SET (fillfactor = 70);", "fillfactor"),
    ("an option of the toast table", "ALTER TABLE t SET (toast.autovacuum_enabled = off);", "autovacuum_enabled"),
    ("security_invoker", "ALTER VIEW v SET (security_invoker = on);", "security_invoker"),
    ("security_barrier", "ALTER VIEW v SET (security_barrier = on);", "security_barrier"),
    ("a trigger that is replica", "ALTER TABLE t ENABLE REPLICA TRIGGER tr;", "enabled R"),
    ("foreign keys that are off", "ALTER TABLE u DISABLE TRIGGER ALL;", "u_t_id_fkey"),
    ("a rule that is off", "ALTER TABLE u DISABLE RULE ru;", "enabled D"),
    ("the mark of CLUSTER", "ALTER TABLE t CLUSTER ON t_pkey;", "clustered"),
    ("the index of the replica identity", ("ALTER TABLE u ALTER t_id SET NOT NULL;\n"
     "CREATE UNIQUE INDEX u_i ON u (t_id);\n"
     "ALTER TABLE u REPLICA IDENTITY USING INDEX u_i;"), "replica identity"),
    ("a policy that restricts", "CREATE POLICY po ON t AS RESTRICTIVE FOR ALL USING (true);", "restrictive"),
    ("an owner", "ALTER TABLE t OWNER TO pg_monitor;", "relowner"),
    ("the owner of a function", "ALTER FUNCTION f() OWNER TO pg_monitor;", "proowner"),
    ("a grant on a table", "GRANT SELECT ON t TO PUBLIC;", "relacl"),
    ("a grant on a column", "GRANT SELECT (id) ON t TO PUBLIC;", "attacl"),
    ("a grant on a sequence", "GRANT USAGE ON SEQUENCE s TO PUBLIC;", "relacl"),
    ("a grant on a function", "REVOKE EXECUTE ON FUNCTION f() FROM PUBLIC;", "proacl"),
    ("a grant on a schema", "GRANT ALL ON SCHEMA public TO PUBLIC;", "nspacl"),
    ("a grant on a type", "REVOKE USAGE ON TYPE pair FROM PUBLIC;", "typacl"),
    ("a setting of the database", ("DO $$ BEGIN EXECUTE format("
     "'ALTER DATABASE %I SET work_mem = 1024', current_database()); END $$;"), "work_mem"),
    ("a grant on the database", ("DO $$ BEGIN EXECUTE format("
     "'REVOKE ALL ON DATABASE %I FROM PUBLIC', current_database()); END $$;"), "datacl"),
    ("a comment on the database", ("DO $$ BEGIN EXECUTE format("
     "'COMMENT ON DATABASE %I IS $c$ours$c$', current_database()); END $$;"), "ours"),
    ("a materialized view without rows", "REFRESH MATERIALIZED VIEW m WITH NO DATA;", "relispopulated"),
    ("a procedure", "CREATE PROCEDURE pr() LANGUAGE sql AS 'SELECT 1';", "pr"),
    ("a parallel mark", "ALTER FUNCTION f() PARALLEL SAFE;", "PARALLEL SAFE"),
    ("a support of a sequence", "ALTER SEQUENCE s CACHE 7;", "cache 7"),
    ("a role", "CREATE ROLE verify_left_role;", "role verify_left_role"),
)  # fmt: skip

POSTGRES_18_KINDS = _kinds(
    "CREATE TABLE t (a INTEGER, s INTEGER GENERATED ALWAYS AS (a + 1) STORED);",
    ("a column that is virtual",
     "ALTER TABLE t DROP COLUMN s, ADD COLUMN s INTEGER GENERATED ALWAYS AS (a + 1) VIRTUAL;", "virtual"),
    ("a NOT NULL that is not valid", "ALTER TABLE t ADD CONSTRAINT n NOT NULL a NOT VALID;", "NOT VALID"),
    ("a CHECK that is not enforced", "ALTER TABLE t ADD CONSTRAINT n CHECK (a > 0) NOT ENFORCED;",
     "NOT ENFORCED"),
)  # fmt: skip

_MY_KINDS_BASE = """CREATE TABLE t (id INTEGER NOT NULL PRIMARY KEY, n VARCHAR(20));
CREATE TRIGGER t_one BEFORE INSERT ON t FOR EACH ROW SET NEW.n = TRIM(NEW.n);
CREATE TRIGGER t_two BEFORE INSERT ON t FOR EACH ROW SET NEW.n = LOWER(NEW.n);
CREATE EVENT e ON SCHEDULE EVERY 1 DAY DISABLE DO DELETE FROM t;
CREATE VIEW v AS SELECT id FROM t;"""
MYSQL_KINDS = _kinds(
    _MY_KINDS_BASE,
    ("an event", "CREATE EVENT e2 ON SCHEDULE EVERY 1 DAY DISABLE DO DELETE FROM t;", "e2"),
    ("the state of an event", "ALTER EVENT e ENABLE;", "ENABLE"),
    ("when an event begins", "ALTER EVENT e ON SCHEDULE EVERY 1 DAY STARTS '2031-05-06 07:08:09';", "2031-05-06"),
    ("how often an event happens", "ALTER EVENT e ON SCHEDULE EVERY 2 DAY;", "EVERY 2 DAY"),
    ("the order of triggers", ("DROP TRIGGER t_one;\n"
     "CREATE TRIGGER t_one BEFORE INSERT ON t FOR EACH ROW SET NEW.n = TRIM(NEW.n);"), "t_one"),
    ("the sql_mode of a routine", "SET sql_mode = 'ANSI';\nCREATE PROCEDURE p() SELECT 1;", "sql_mode"),
    ("the character set of the database", "ALTER DATABASE CHARACTER SET latin1;", "latin1"),
    ("the security of a view", "ALTER SQL SECURITY INVOKER VIEW v AS SELECT id FROM t;", "INVOKER"),
    ("an invisible index", "CREATE INDEX t_n ON t (n) COMMENT 'x';", "t_n"),
    ("a user", "CREATE USER verify_left_user@'%';", "user verify_left_user@%"),
    ("a role", "CREATE ROLE verify_left_role;", "verify_left_role"),
    ("a database", "CREATE DATABASE migrate_test_verify_left;", "database migrate_test_verify_left"),
)  # fmt: skip
MARIADB_KINDS = _kinds(
    _MY_KINDS_BASE,
    ("a sequence", "CREATE SEQUENCE s;", "s"),
    ("a package", "SET sql_mode = 'ORACLE';\nDELIMITER //\nCREATE PACKAGE pk AS PROCEDURE p; END //\nDELIMITER ;",
     "pk"),
    ("an aggregate", ("CREATE AGGREGATE FUNCTION ag(x INT) RETURNS INT BEGIN DECLARE s INT DEFAULT 0;"
     " DECLARE CONTINUE HANDLER FOR NOT FOUND RETURN s; LOOP FETCH GROUP NEXT ROW; SET s = s + x; END LOOP; END;"),
     "ag"),
    ("system versioning", "ALTER TABLE t ADD SYSTEM VERSIONING;", "VERSIONING"),
)  # fmt: skip
SQLITE_KINDS = _kinds(
    "CREATE TABLE t (id INTEGER);",
    ("the version of the user", "PRAGMA user_version = 7;", "user_version"),
    ("the number of the application", "PRAGMA application_id = 7;", "application_id"),
    ("the size of the cache", "PRAGMA default_cache_size = 77;", "default_cache_size"),
)  # fmt: skip
