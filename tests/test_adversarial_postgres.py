"""Files that have broken other tools, on PostgreSQL: one line each, with what must become of it."""

from __future__ import annotations

import pytest
from project import Fails, Outcome, Project, Refused, Runs, Stops

pytestmark = pytest.mark.databases("postgres")

JOURNALED = "-- migrate: no-transaction\n"
T = "CREATE TABLE t (a TEXT);\n"
ENUM = "CREATE TYPE mood AS ENUM ('sad');\n"

COPIED: list[tuple[str, str, list[tuple[str | None]]]] = [
    ("", "a;b'$$\n\\N\n/* \u00e9\n", [("a;b'$$",), (None,), ("/* \u00e9",)]),
    (" WITH (FORMAT csv)", '"1\n\\. 2"\n', [("1\n\\. 2",)]),
]
CASES = [
    pytest.param(
        T
        + """INSERT INTO t VALUES ('it''s; -- /* "'), (E'\\'; \\\\'), (U&'d\\0061t;a'),
('a\\'), ($$a;'b$$), ($x$ $$;$$ $x$);""",
        Runs({"SELECT a FROM t": [("it's; -- /* \"",), ("'; \\",), ("dat;a",), ("a\\",), ("a;'b",), (" $$;$$ ",)]}),
        id="quotes of every kind",
    ),
    pytest.param(
        'CREATE TABLE "a;""b" ("c;d" TEXT);\nCREATE TABLE a$b$c (d$e$ TEXT);',
        Runs({"SELECT relname FROM pg_class WHERE relname IN ('a;\"b', 'a$b$c') ORDER BY 1": [("a$b$c",), ('a;"b',)]}),
        id="quoted names, and dollars inside names",
    ),
    pytest.param(
        "/* one; /* nested; */ still one; ' */ CREATE TABLE t (a TEXT); -- two; $$\nINSERT INTO t VALUES ('x');",
        Runs({"SELECT a FROM t": [("x",)]}),
        id="nested comments",
    ),
    pytest.param(T + "/* never /* closed */", Refused("not closed", 2), id="a nested comment that is never closed"),
    pytest.param(T + "SELECT 'never closed;", Refused("not closed", 2), id="a string that is never closed"),
    pytest.param(T + "DO $x$ BEGIN END $$;", Refused("dollar quote", 2), id="a dollar quote that is never closed"),
    pytest.param(
        T + "CREATE FUNCTION f() RETURNS trigger LANGUAGE plpgsql AS $f$\nBEGIN\n"
        "  INSERT INTO t VALUES (CASE WHEN TRUE THEN 'a;' ELSE $$;$$ END);\n  RETURN new;\nEND;\n$f$;\n"
        "CREATE TABLE u (a TEXT);\nCREATE TRIGGER tr AFTER INSERT ON u FOR EACH ROW EXECUTE FUNCTION f();\n"
        "INSERT INTO u VALUES ('x');",
        Runs({"SELECT a FROM t": [("a;",)]}),
        id="a trigger function with CASE and nested dollar quotes",
    ),
    pytest.param(
        T + "CREATE FUNCTION f(x TEXT) RETURNS TEXT LANGUAGE sql BEGIN ATOMIC\n  INSERT INTO t VALUES (x);\n"
        "  SELECT CASE x WHEN 'a' THEN 'b;' ELSE 'c' END;\nEND;\nSELECT f('a');",
        Runs({"SELECT a FROM t": [("a",)]}),
        id="a function with BEGIN ATOMIC",
    ),
    pytest.param(
        "CREATE TABLE t (a TEXT);\nCREATE RULE r AS ON INSERT TO t DO ALSO (NOTIFY x; NOTIFY y);\n"
        "INSERT INTO t VALUES ('a');",
        Runs({"SELECT a FROM t": [("a",)]}),
        id="a rule with two statements in brackets",
    ),
    pytest.param(
        b"\xef\xbb\xbfCREATE TABLE t (a TEXT);\r\nINSERT INTO t VALUES ('x\r\ny');\r\n",
        Runs({"SELECT a FROM t": [("x\r\ny",)]}),
        id="a byte order mark and CRLF, which stays inside a string",
    ),
    pytest.param(
        b"CREATE TABLE t (a TEXT);\0CREATE TABLE u (a TEXT);", Refused("NUL byte at byte 24", 0), id="a NUL byte"
    ),
    pytest.param(
        T + "INSERT INTO t VALUES ('100%'), ('%s %d %(a)s');\nSELECT 7 % 4, 'x' LIKE '%x%';",
        Runs({"SELECT a FROM t": [("100%",), ("%s %d %(a)s",)]}),
        id="per cent signs",
    ),
    pytest.param(
        T + "INSERT INTO t VALUES ('?'), ('$1'), (':name');\nSELECT '{\"a\": 1}'::jsonb ? 'a', '[]'::jsonb @> '[]';",
        Runs({"SELECT count(*) FROM t": [(3,)]}),
        id="question marks as operators",
    ),
    pytest.param(T + "INSERT INTO t VALUES ($1);", Fails("there is no parameter $1", 2), id="a bind marker"),
    pytest.param("", Runs(), id="an empty file"),
    pytest.param("-- nothing;\n/* at all; */ ;;\n", Runs(), id="comments and semicolons only"),
    pytest.param(
        T + "-- no line break after this", Runs({"SELECT count(*) FROM t": [(0,)]}), id="a comment at the very end"
    ),
    pytest.param(T + "EXPLAIN", Fails("syntax error at end of input"), id="half a statement at the end"),
    pytest.param("CREATE TABLE t (a TEXT)", Runs({"SELECT count(*) FROM t": [(0,)]}), id="no semicolon at the end"),
    pytest.param(
        "BEGIN;\n" + T + "COMMIT;\nSTART TRANSACTION;\nINSERT INTO t VALUES ('x');\nEND;\n",
        Runs({"SELECT a FROM t": [("x",)]}),
        id="two pairs of BEGIN and COMMIT",
    ),
    pytest.param(
        "BEGIN;\n" + T + "COMMIT;\nINSERT INTO nowhere VALUES (1);",
        Fails('relation "nowhere" does not exist', 4),
        id="a COMMIT of its own before the failure",
    ),
    pytest.param(T + "COMMIT;\nDELETE FROM t;\n", Refused("COMMIT without a BEGIN", 2), id="a lone COMMIT"),
    pytest.param(T + "COMMIT;\nCOMMIT WORK;\n-- the end\n", Runs(), id="a COMMIT at the end"),
    pytest.param(T + "BEGIN;\n", Runs(), id="a BEGIN at the end"),
    pytest.param(
        "CREATE INDEX CONCURRENTLY i ON before_it (n);\nCOMMIT;\n", Runs(), id="a COMMIT after what runs alone"
    ),
    pytest.param(T + "COMMIT AND CHAIN;\n", Refused("COMMIT", 2), id="COMMIT AND CHAIN"),
    pytest.param("BEGIN;\n" + T, Refused("BEGIN without its COMMIT", 1), id="a BEGIN without COMMIT"),
    pytest.param(T + "ROLLBACK;\n", Refused("ROLLBACK", 2), id="a lone ROLLBACK"),
    pytest.param(T + "ABORT;\n", Refused("ABORT", 2), id="ABORT"),
    pytest.param(T + "PREPARE TRANSACTION 'x';\n", Refused("PREPARE TRANSACTION", 2), id="PREPARE TRANSACTION"),
    pytest.param(
        "DO $$ BEGIN CREATE TABLE t (a TEXT); COMMIT; END $$;",
        Fails("invalid transaction termination", 1),
        id="COMMIT inside a DO block",
    ),
    pytest.param(
        T + "SAVEPOINT s;\nINSERT INTO t VALUES ('1');\nROLLBACK TO SAVEPOINT s;\nINSERT INTO t VALUES ('2');\n"
        "RELEASE s;",
        Runs({"SELECT a FROM t": [("2",)]}),
        id="savepoints",
    ),
    pytest.param(T + "COPY t FROM STDIN;\nx\n", Refused("COPY", 2), id="COPY with data that has no end"),
    pytest.param(T + "COPY t FROM STDIN; SELECT 1;\nx\n\\.\n", Refused("COPY", 2), id="COPY with more in its line"),
    *(
        pytest.param(
            f"{first}{T}-- it's\ncopy t from stdin{how}; \n{data}\\.\n\nCOPY public.t FROM STDIN;\n\\.\n"
            "INSERT INTO t VALUES (';');",
            Runs({"SELECT a FROM t": [*rows, (";",)]}),
            id=f"COPY with its data{how}{' statement by statement' * bool(first)}",
        )
        for first in ("", "-- migrate: no-transaction\n")
        for how, data, rows in COPIED
    ),
    pytest.param(
        T + "COPY t (a, b) FROM STDIN;\nx\n\\.\n",
        Fails('column "b" of relation "t" does not exist', 2),
        id="a wrong COPY",
    ),
    pytest.param(
        "CREATE TABLE t (n INTEGER);\nCOPY t FROM STDIN;\n1\n2\nx\n\\.\nSELECT 1;\n",
        Fails('invalid input syntax for type integer: "x"', 5),
        id="a wrong line of data",
    ),
    pytest.param(T + "COPY t TO STDOUT;", Refused("COPY", 2), id="COPY to the client"),
    pytest.param("\\i other.sql\n" + T, Refused("client", 1), id="a psql command"),
    pytest.param(T + "\\echo done\n", Refused("client", 2), id="a psql command after a statement"),
    pytest.param(
        T + "INSERT INTO t VALUES (1) \\gexec\n", Refused("client", 2), id="a psql command that ends a statement"
    ),
    pytest.param(
        "--\n-- PostgreSQL database dump\n--\n\n\\restrict aB3\n\n"
        "SELECT pg_catalog.set_config('search_path', '', false);\nSET statement_timeout = 0;\n"
        "SET client_min_messages = warning;\n"
        "SET default_tablespace = '';\nCREATE TABLE public.t (a TEXT);\nSET standard_conforming_strings = on;\n"
        "INSERT INTO public.t VALUES ('\n\\restrict aB3\n');\n--\n-- complete\n--\n\n\\unrestrict aB3\n\n",
        Runs({"SELECT a FROM public.t": [("\n\\restrict aB3\n",)]}),
        id="a pg_dump, with an empty search path",
    ),
    pytest.param(
        JOURNALED + "\\restrict aB3\nCREATE TABLE t (a TEXT);\nVACUUM t;\n\\unrestrict aB3",
        Runs({"SELECT count(*) FROM t": [(0,)]}),
        id="a pg_dump without a transaction",
    ),
    pytest.param("\\restrict\n" + T, Refused("client", 1), id="a psql command that lacks its word"),
    pytest.param(
        "CREATE SCHEMA other;\nSET search_path = other;\nCREATE TABLE t (a TEXT);",
        Runs({"SELECT count(*) FROM other.t": [(0,)], "SELECT count(*) FROM public.after_it": [(0,)]}),
        id="a search path that must not reach the next file",
    ),
    pytest.param(
        "CREATE TABLE p (id INT PRIMARY KEY);\nCREATE TABLE c (p INT REFERENCES p DEFERRABLE INITIALLY DEFERRED);\n"
        "INSERT INTO c VALUES (1);",
        Fails('insert or update on table "c" violates foreign key constraint "c_p_fkey"'),
        id="a deferred constraint that fails at the end",
    ),
    pytest.param(
        "CREATE TABLE p (id INT PRIMARY KEY);\nCREATE TABLE c (p INT REFERENCES p DEFERRABLE INITIALLY DEFERRED);\n"
        "INSERT INTO c VALUES (1);\nINSERT INTO p VALUES (1);\nALTER TABLE c ADD COLUMN b INT;",
        Fails("pending trigger events\nhint: put  SET CONSTRAINTS ALL IMMEDIATE;  before it", 5),
        id="ALTER TABLE while a deferred constraint waits",
    ),
    pytest.param(
        T + "INSERT INTO t VALUES ('x'), ('y') RETURNING a;\nSELECT * FROM t;\nTABLE t;\nVALUES (1);",
        Runs({"SELECT a FROM t": [("x",), ("y",)]}),
        id="RETURNING and result sets that nobody reads",
    ),
    pytest.param(
        T + "INSERT INTO t VALUES ('é'), (1/0);", Fails("division by zero", 2), id="an error without a position"
    ),
    pytest.param(
        T + "INSERT INTO t VALUES ('é')\n;\nSELECT\n  nonesuch;",
        Fails('column "nonesuch" does not exist', 5),
        id="an error with a position, after letters beyond ASCII",
    ),
    pytest.param(
        ENUM + "ALTER TYPE mood ADD VALUE 'ok';",
        Runs({"SELECT enum_range(NULL::mood)::text": [("{sad,ok}",)]}),
        id="ALTER TYPE ADD VALUE",
    ),
    pytest.param(
        JOURNALED
        + ENUM
        + "ALTER TYPE mood ADD VALUE 'ok';\nCREATE TABLE t (a mood DEFAULT 'ok');\nINSERT INTO t VALUES ('ok');",
        Runs({"SELECT a::text FROM t": [("ok",)]}),
        id="ALTER TYPE ADD VALUE and then the new value, in a no-transaction file",
    ),
    pytest.param(
        T + "CREATE INDEX CONCURRENTLY i ON t (a);",
        Refused("cannot run inside a transaction", 2),
        id="CREATE INDEX CONCURRENTLY beside another statement",
    ),
    pytest.param("VACUUM;", Runs({"SELECT 1": [(1,)]}), id="VACUUM as the only statement"),
    pytest.param(
        "CREATE INDEX CONCURRENTLY a ON pg_temp.t (a);",
        Fails("pg_temp"),
        id="CREATE INDEX CONCURRENTLY as the only statement, failing",
    ),
    pytest.param("VACUUM;\nVACUUM;", Runs({"SELECT 1": [(1,)]}), id="nothing but what cannot run in a transaction"),
    pytest.param(
        JOURNALED
        + T
        + "CREATE INDEX CONCURRENTLY i ON t (a);\nVACUUM t;\nREINDEX INDEX CONCURRENTLY i;\nDROP INDEX CONCURRENTLY i;",
        Runs({"SELECT count(*) FROM t": [(0,)]}),
        id="CREATE INDEX CONCURRENTLY and VACUUM in a no-transaction file",
    ),
    pytest.param(
        JOURNALED + T + "INSERT INTO t VALUES ('1');\nINSERT INTO nowhere VALUES (2);\nINSERT INTO t VALUES ('3');",
        Stops(
            2,
            4,
            'relation "nowhere" does not exist',
            JOURNALED + T + "INSERT INTO t VALUES ('1');\nINSERT INTO t VALUES ('2');\nINSERT INTO t VALUES ('3');",
            {"SELECT a FROM t": [("1",), ("2",), ("3",)]},
        ),
        id="a no-transaction file is resumed after the statement that has run",
    ),
    pytest.param(
        JOURNALED + T + "BEGIN;\nINSERT INTO t VALUES ('1');\nSELECT 1/0;\nCOMMIT;",
        Stops(
            1,
            5,
            "division by zero",
            JOURNALED + T + "BEGIN;\nINSERT INTO t VALUES ('1');\nSELECT 1;\nCOMMIT;",
            {"SELECT a FROM t": [("1",)]},
        ),
        id="a transaction inside a no-transaction file is all or nothing",
    ),
    pytest.param(
        JOURNALED + "SELECT 1/0;\n" + T, Fails("division by zero", 2), id="a no-transaction file that fails at once"
    ),
    pytest.param(
        T + f"INSERT INTO t VALUES ('{';--' * 1_000_000}');",
        Runs({"SELECT length(a) FROM t": [(3_000_000,)]}),
        id="three megabytes in one literal",
    ),
    pytest.param(
        "CREATE TEMP TABLE scratch ON COMMIT DROP AS SELECT 1 AS a;\nCREATE TABLE t AS SELECT * FROM scratch;",
        Runs({"SELECT a FROM t": [(1,)]}),
        id="a temporary table that goes at the commit",
    ),
    pytest.param(
        "SET standard_conforming_strings = off;\nCREATE TABLE t (a TEXT);\nINSERT INTO t VALUES ('a\\\\b');",
        Runs({"SELECT a FROM t": [("a\\b",)]}),
        id="backslashes in plain strings",
    ),
    pytest.param(
        "CREATE PROCEDURE p() LANGUAGE plpgsql AS $$ BEGIN CREATE TABLE t (a TEXT); COMMIT; END $$;\nCALL p();",
        Fails("invalid transaction termination", 2),
        id="a procedure that commits",
    ),
    pytest.param(
        "SET CONSTRAINTS ALL DEFERRED;\nSET LOCAL lock_timeout = '5s';\n" + T,
        Runs(),
        id="SET LOCAL and SET CONSTRAINTS",
    ),
    pytest.param(
        "SET TRANSACTION ISOLATION LEVEL SERIALIZABLE;\n" + T,
        Runs({"SELECT count(*) FROM t": [(0,)]}),
        id="an isolation level of its own",
    ),
    pytest.param(
        "LOCK TABLE schema_migrations IN ACCESS EXCLUSIVE MODE;\n" + T, Runs(), id="LOCK TABLE on the history itself"
    ),
    pytest.param("DROP TABLE schema_migrations;", Refused("holds the history", 1), id="a file that drops the history"),
    pytest.param("SET ROLE pg_read_all_data;\nSELECT 1;", Runs(), id="a role that must not reach the next file"),
    pytest.param("DISCARD ALL;", Fails("no-transaction"), id="DISCARD ALL"),
]


@pytest.mark.parametrize(("sql", "outcome"), CASES)
def test_an_adversarial_file(project: Project, sql: str | bytes, outcome: Outcome) -> None:
    outcome.judge(project, sql)
