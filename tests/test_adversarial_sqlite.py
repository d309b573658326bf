"""Files that have broken other tools, on SQLite: one line each, with what must become of it."""

from __future__ import annotations

import pytest
from project import Fails, Outcome, Project, Refused, Runs, Stops

pytestmark = pytest.mark.databases("sqlite")

JOURNALED = "-- migrate: no-transaction\n"
PARENT_AND_CHILD = """\
PRAGMA foreign_keys = OFF;
CREATE TABLE parent (id INTEGER PRIMARY KEY, name TEXT);
CREATE TABLE child (id INTEGER PRIMARY KEY, parent_id INTEGER NOT NULL REFERENCES parent (id) ON DELETE CASCADE);
INSERT INTO parent VALUES (1, 'one');
INSERT INTO child VALUES (10, 1), (11, 1);
"""
REBUILD = """\
CREATE TABLE parent_new (id INTEGER PRIMARY KEY, name TEXT NOT NULL);
INSERT INTO parent_new SELECT id, name FROM parent;
DROP TABLE parent;
ALTER TABLE parent_new RENAME TO parent;
"""
T = "CREATE TABLE t (a);\n"
MARK = "\ufeff"

CASES = [
    pytest.param(
        T + """INSERT INTO t VALUES ('it''s; -- /* "'), ("a;b"), ('\\');""",
        Runs({"SELECT a FROM t": [("it's; -- /* \"",), ("a;b",), ("\\",)]}),
        id="semicolons, comments and a backslash inside quotes",
    ),
    pytest.param(
        """CREATE TABLE "a;""b" ([c;d] TEXT, `e``;f` TEXT);""",
        Runs({"SELECT name FROM pragma_table_info('a;\"b')": [("c;d",), ("e`;f",)]}),
        id="four kinds of quoted names",
    ),
    pytest.param(
        "/* one; /* not nested */ CREATE TABLE t (a); -- two; 'quote\nINSERT INTO t VALUES (1 /* ; */ + 1);",
        Runs({"SELECT a FROM t": [(2,)]}),
        id="comments with semicolons and quotes, not nested",
    ),
    pytest.param(T + "/* never closed\nDROP TABLE t;", Refused("not closed", 2), id="a comment that is never closed"),
    pytest.param(
        T + "INSERT INTO t VALUES ('never closed);\n", Refused("not closed", 2), id="a string that is never closed"
    ),
    pytest.param(
        T + "CREATE TABLE log (a);\nCREATE TRIGGER tr AFTER INSERT ON t WHEN new.a > 0 BEGIN\n"
        "  INSERT INTO log VALUES (CASE new.a WHEN 1 THEN 'one;' ELSE 'end' END);\n  SELECT 1;\nEND;\n"
        "INSERT INTO t VALUES (1), (2);",
        Runs({"SELECT a FROM log": [("one;",), ("end",)]}),
        id="a trigger with CASE and several statements",
    ),
    pytest.param(
        T + "CREATE TEMP TRIGGER IF NOT EXISTS tr BEFORE DELETE ON t BEGIN SELECT RAISE(IGNORE); END;\nDELETE FROM t;",
        Runs({"SELECT count(*) FROM sqlite_temp_master": [(0,)]}),
        id="a temporary trigger",
    ),
    pytest.param(
        'CREATE TABLE t ("begin" TEXT, "end" TEXT, begin_ TEXT);\nINSERT INTO t VALUES (1, 2, 3);',
        Runs({"SELECT * FROM t": [("1", "2", "3")]}),
        id="columns called begin and end",
    ),
    pytest.param(
        b"\xef\xbb\xbfCREATE TABLE t (a);\r\nINSERT INTO t VALUES ('x\r\ny');\r\n",
        Runs({"SELECT a FROM t": [("x\r\ny",)]}),
        id="a byte order mark and CRLF, which stays inside a string",
    ),
    pytest.param(
        f"{MARK}{MARK}{JOURNALED}{T}{MARK}BEGIN;\n"
        f"{MARK}CREATE TRIGGER tr AFTER DELETE ON t BEGIN SELECT 1; SELECT 2; END;\n{MARK}{MARK}COMMIT;\n"
        f"VACUUM;\nINSERT INTO t {MARK}VALUES ('x{MARK}');{MARK}\n",
        Runs({"SELECT a FROM t": [(f"x{MARK}",)]}),
        id="files that are joined, each with its byte order mark",
    ),
    pytest.param(T + MARK + "ROLLBACK;", Refused("ROLLBACK", 2), id="a ROLLBACK after a byte order mark"),
    pytest.param(T + MARK + "ATTACH 'a.db' AS a;", Refused("ATTACH", 2), id="an ATTACH after a byte order mark"),
    pytest.param(
        JOURNALED + MARK + "/* */ DROP TABLE schema_migrations;",
        Refused("holds the history", 2),
        id="a file that drops the history after a byte order mark",
    ),
    pytest.param(
        b"CREATE TABLE t (a);\nINSERT INTO t VALUES ('a\0b');", Refused("NUL byte at byte 44", 0), id="a NUL byte"
    ),
    pytest.param("CREATE TABLE t (a);".encode("utf-16"), Refused("it is UTF-16: save it as UTF-8", 0), id="UTF-16"),
    pytest.param(
        b"INSERT INTO t VALUES ('caf\xe9');",
        Refused("it is not UTF-8 at byte 26, line 1", 0),
        id="Latin-1",
    ),
    pytest.param(
        T + "INSERT INTO t VALUES ('100%'), ('%s %d %(a)s');\nSELECT 7 % 4 FROM t WHERE a LIKE '%x%';",
        Runs({"SELECT a FROM t": [("100%",), ("%s %d %(a)s",)]}),
        id="per cent signs",
    ),
    pytest.param("", Runs(), id="an empty file"),
    pytest.param("-- nothing;\n/* at all; */ ;;\n", Runs(), id="comments and semicolons only"),
    pytest.param(
        T + "-- no line break after this", Runs({"SELECT count(*) FROM t": [(0,)]}), id="a comment at the very end"
    ),
    pytest.param("CREATE TABLE t (a)", Runs({"SELECT count(*) FROM t": [(0,)]}), id="no semicolon at the end"),
    pytest.param(
        "BEGIN TRANSACTION;\n" + T + "INSERT INTO t VALUES (1);\nCOMMIT;\n",
        Runs({"SELECT a FROM t": [(1,)]}),
        id="a BEGIN and COMMIT of its own",
    ),
    pytest.param(
        "PRAGMA foreign_keys=off;\nBEGIN;\n"
        + T
        + "END TRANSACTION;\nbegin immediate;\nINSERT INTO t VALUES (1);\ncommit;\n"
        "PRAGMA foreign_keys=on;\n",
        Runs({"SELECT a FROM t": [(1,)]}),
        id="two pairs of BEGIN and COMMIT, and the pragmas around them",
    ),
    pytest.param(
        "BEGIN;\n" + T + "COMMIT;\nINSERT INTO nowhere VALUES (1);",
        Fails("no such table: nowhere", 4),
        id="a COMMIT of its own before the failure",
    ),
    pytest.param(
        f"BEGIN IMMEDIATE TRANSACTION one;\n{T}COMMIT TRANSACTION one;\nBEGIN TRANSACTION 'a; b';\n"
        'INSERT INTO t VALUES (1);\nEND TRANSACTION "a; b";\n',
        Runs({"SELECT a FROM t": [(1,)]}),
        id="transactions with a name",
    ),
    pytest.param(T + "COMMIT;\nDELETE FROM t;\n", Refused("COMMIT without a BEGIN", 2), id="a lone COMMIT"),
    pytest.param(T + "COMMIT;\nEND TRANSACTION;\n-- the end\n", Runs(), id="a COMMIT at the end"),
    pytest.param(T + "BEGIN;\n", Runs(), id="a BEGIN at the end"),
    pytest.param("BEGIN;\n" + T, Refused("BEGIN without its COMMIT", 1), id="a BEGIN without COMMIT"),
    pytest.param(T + "ROLLBACK;\n", Refused("ROLLBACK", 2), id="a lone ROLLBACK"),
    pytest.param("BEGIN;\n" + T + "ROLLBACK;\n", Refused("ROLLBACK", 3), id="a BEGIN and ROLLBACK"),
    pytest.param(
        T + "SAVEPOINT s;\nINSERT INTO t VALUES (1);\nROLLBACK TO s;\nINSERT INTO t VALUES (2);\nRELEASE SAVEPOINT s;",
        Runs({"SELECT a FROM t": [(2,)]}),
        id="savepoints",
    ),
    pytest.param(
        T + "INSERT INTO t VALUES (1), (2) RETURNING a;\nSELECT * FROM t;\nVALUES (1);\nDROP TABLE t;",
        Runs({"SELECT name FROM sqlite_master WHERE name = 't'": []}),
        id="RETURNING and result sets that nobody reads",
    ),
    pytest.param(
        PARENT_AND_CHILD + REBUILD,
        Runs({"SELECT * FROM child": [(10, 1), (11, 1)], "PRAGMA foreign_key_check": []}),
        id="a table rebuild keeps the children",
    ),
    pytest.param(
        PARENT_AND_CHILD + "PRAGMA foreign_keys = ON;\n" + REBUILD,
        Runs({"SELECT * FROM child": [(10, 1), (11, 1)], "PRAGMA foreign_key_check": []}),
        id="a table rebuild with the foreign keys switched on",
    ),
    pytest.param(
        "PRAGMA foreign_keys = ON;\nCREATE TABLE p (id INTEGER PRIMARY KEY);\nCREATE TABLE c (p REFERENCES p);\n"
        "INSERT INTO c VALUES (7);",
        Fails("FOREIGN KEY constraint failed: 1 row of c without a row of p"),
        id="a row that points to nothing",
    ),
    pytest.param(
        "CREATE TABLE t (a UNIQUE);\nINSERT INTO t VALUES (1);\nINSERT OR ROLLBACK INTO t VALUES (1);",
        Fails("UNIQUE constraint failed: t.a", 3),
        id="INSERT OR ROLLBACK",
    ),
    pytest.param(
        "CREATE TABLE t (a UNIQUE);\nINSERT INTO t VALUES (1);\nINSERT OR IGNORE INTO t VALUES (1);\n"
        "INSERT OR REPLACE INTO t VALUES (1);",
        Runs({"SELECT a FROM t": [(1,)]}),
        id="INSERT OR IGNORE and OR REPLACE",
    ),
    pytest.param(
        T + "CREATE TRIGGER tr BEFORE INSERT ON t BEGIN SELECT RAISE(ROLLBACK, 'no; not here'); END;\n"
        "INSERT INTO t VALUES (1);",
        Fails("no; not here", 3),
        id="RAISE(ROLLBACK)",
    ),
    pytest.param(
        T + "CREATE TRIGGER tr BEFORE INSERT ON t BEGIN SELECT RAISE(FAIL, 'no'); END;\nINSERT INTO t VALUES (1);",
        Fails("no", 3),
        id="RAISE(FAIL)",
    ),
    pytest.param(
        "CREATE TABLE p (id INTEGER PRIMARY KEY);\n"
        "CREATE TABLE c (p REFERENCES p DEFERRABLE INITIALLY DEFERRED);\nINSERT INTO c VALUES (1);\n"
        "INSERT INTO p VALUES (1);",
        Runs({"SELECT p FROM c": [(1,)]}),
        id="a deferred foreign key that is good at the end",
    ),
    pytest.param(T + "VACUUM;", Refused("cannot run inside a transaction", 2), id="VACUUM"),
    pytest.param(
        JOURNALED + T + "VACUUM;", Runs({"SELECT count(*) FROM t": [(0,)]}), id="VACUUM in a no-transaction file"
    ),
    pytest.param("ATTACH 'other.db' AS other;", Refused("ATTACH", 1), id="ATTACH"),
    pytest.param(
        T + "PRAGMA main.wal_checkpoint;",
        Refused("cannot run inside a transaction", 2),
        id="a checkpoint in a transaction",
    ),
    pytest.param("PRAGMA journal_mode = WAL;\n" + T, Refused("PRAGMA", 1), id="journal_mode in a transaction"),
    pytest.param(
        JOURNALED + "PRAGMA journal_mode = WAL;\n" + T,
        Runs({"PRAGMA journal_mode": [("wal",)]}),
        id="journal_mode in a no-transaction file",
    ),
    pytest.param(
        "PRAGMA user_version = 7;\nPRAGMA application_id = 9;", Runs({"PRAGMA user_version": [(7,)]}), id="user_version"
    ),
    pytest.param(
        T + "INSERT INTO t VALUES (?);", Refused("? is a bind marker", 2), id="a question mark in the place of a value"
    ),
    pytest.param(T + "INSERT INTO t\nVALUES (:name);", Refused(":name is a bind marker", 2), id="a named bind marker"),
    pytest.param(
        T + "INSERT INTO t VALUES ('?'), (':name'), ('@x $y #z');\n-- why? :name\n"
        "SELECT json_extract('{\"a\":1}', '$.a');",
        Runs({"SELECT count(*) FROM t": [(3,)]}),
        id="bind markers in strings and comments",
    ),
    pytest.param("CREATE TABLE t$x (a$b);", Runs({"SELECT a$b FROM t$x": []}), id="a dollar sign inside a name"),
    pytest.param(".read other.sql\n" + T, Refused("client", 1), id="a command of the sqlite3 client"),
    pytest.param(T + "\n.mode column\n", Refused("client", 3), id="a command of the sqlite3 client after a statement"),
    pytest.param(
        T + f"INSERT INTO t VALUES ('{';--' * 1_000_000}');",
        Runs({"SELECT length(a) FROM t": [(3_000_000,)]}),
        id="three megabytes in one literal",
    ),
    pytest.param(
        "CREATE VIRTUAL TABLE f USING fts5(a);\nINSERT INTO f VALUES ('x; y');",
        Runs({"SELECT a FROM f": [("x; y",)]}),
        id="a virtual table",
    ),
    pytest.param(
        "CREATE TABLE t (a INTEGER PRIMARY KEY, b GENERATED ALWAYS AS (a + 1) STORED, CHECK (a > "
        "0)) STRICT, WITHOUT ROWID;",
        Fails("missing datatype", 1),
        id="an error that names no word",
    ),
    pytest.param(
        T + "\n\nINSERT INTO t\n  VALUS (1);",
        Fails('near "VALUS": syntax error', 5),
        id="a syntax error on a later line",
    ),
    pytest.param(
        "CREATE TABLE schema_migrations_x (a);\nDROP TABLE schema_migrations;",
        Refused("holds the history", 2),
        id="a file that drops the history",
    ),
    pytest.param(
        JOURNALED
        + "CREATE TABLE t (a);\nINSERT INTO t VALUES (1);\nINSERT INTO nowhere VALUES (2);\nINSERT INTO t VALUES (3);",
        Stops(
            2,
            4,
            "no such table: nowhere",
            JOURNALED
            + "CREATE TABLE t (a);\nINSERT INTO t VALUES (1);\nINSERT INTO t VALUES (2);\nINSERT INTO t VALUES (3);",
            {"SELECT a FROM t": [(1,), (2,), (3,)]},
        ),
        id="a no-transaction file is resumed after the statement that has run",
    ),
    pytest.param(
        JOURNALED + "CREATE TABL t (a);\n" + T,
        Fails('near "TABL": syntax error', 2),
        id="a no-transaction file that fails at once",
    ),
    pytest.param(
        JOURNALED + T + "BEGIN;\nINSERT INTO t VALUES (1);\nINSERT INTO nowhere VALUES (1);\nCOMMIT;",
        Stops(
            1,
            5,
            "no such table: nowhere",
            JOURNALED + T + "BEGIN;\nINSERT INTO t VALUES (1);\nINSERT INTO t VALUES (2);\nCOMMIT;",
            {"SELECT a FROM t": [(1,), (2,)]},
        ),
        id="a transaction inside a no-transaction file is all or nothing",
    ),
]


@pytest.mark.parametrize(("sql", "outcome"), CASES)
def test_an_adversarial_file(project: Project, sql: str | bytes, outcome: Outcome) -> None:
    outcome.judge(project, sql)
