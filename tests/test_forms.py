"""What a statement is, by its text alone: no database is asked here.

The tables say of each kind, and of its siblings, what it does to the session that it runs in. What is on no list is the
worst that there is.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import inside
import pytest
from hypothesis import given
from hypothesis import strategies as st

import migrate
from migrate import Forms, Nature, Syntax, Trait, Way, find_spans, find_way, split_statements

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

FORMS: dict[str, tuple[type[Forms], Syntax]] = inside.FORMS
KNOWN = frozenset({"UPPER", "NOW", "COUNT", "GENERATE_SERIES"})  # of PostgreSQL, whose server is asked for them
KEPT_BESIDE = frozenset(
    {"perhaps found", "found exactly", "next"}
)  # in nearly all of MySQL: told by tests of their own
HARMLESS = Trait.DATA | Trait.SESSION | Trait.REPEATS | Trait.INSIDE | Trait.PLAIN | Trait.OPENS | Trait.CLOSES


def natures(dialect: str, sql: str, syntax: Syntax | None = None) -> list[Nature]:
    """Return what the statements of a file are."""
    forms, usual = FORMS[dialect]
    made = forms()
    made.known = KNOWN if dialect == "postgres" else frozenset()
    rules = syntax or usual
    return made.natures([*split_statements(sql, rules)], rules, lambda _statement, same: same)


def told(nature: Nature) -> str:
    """Say what a statement is, with all that is known of it."""
    traits = [str(each.name).lower() for each in Trait if each in nature.traits and each is not Trait.CALLS]
    keys = ("reads", nature.reads - KEPT_BESIDE), ("writes", nature.writes - KEPT_BESIDE), ("removes", nature.removes)
    parts = (f"{what} {', '.join(sorted(names))}" for what, names in keys if names)
    return "; ".join([" ".join(traits) or "unknown", *parts])


def row(name: str, sql: str, *expected: str) -> Any:
    """What each statement of a small file is, or only what its last one is."""
    return pytest.param(sql, [*expected], id=name)


def assert_told(dialect: str, sql: str, expected: Sequence[str]) -> None:
    found = [told(each) for each in natures(dialect, sql)]
    assert found[-len(expected) :] == expected


# --- MySQL and MariaDB ----------------------------------------------------------------------------------------------

ANYTHING = "*, code, count, found, id, sequences, warnings"
WORST = f"maybe; reads *, count, found; writes {ANYTHING}"
BLOCK = f"maybe; reads *; writes {ANYTHING}"  # all that it does is in its text
VARIABLE = "session repeats whole inside plain; writes @x, warnings"
MAYBE = "session repeats whole inside plain maybe; writes @x, warnings"
ONCE = "session whole inside plain; writes @x, warnings"
FROM = "session whole inside plain; reads {}; writes @x, warnings"
KEPT = "session repeats whole inside plain; reads {}; writes @x, warnings"
MODE = "session repeats whole plain; writes set sql_mode, warnings"
OTHER_DDL = "whole inside; writes count, warnings"
NAMES = "session repeats whole plain; writes set names, warnings"
BEYOND = "whole inside plain; writes global, set a, warnings"
INSERTED = "writes count, id, sequences, warnings"
INSERT = f"data whole inside; {INSERTED}"
INSERT_OF = f"data whole inside; reads {{}}; {INSERTED}"
CHANGE = "data whole inside; writes count, warnings"
LOOK = "data whole inside; writes count, found, warnings"  # noted, as a view may call what nobody sees
INTO = "session whole inside; reads {}; writes {}, count, found, warnings"
WITH = "data whole inside; writes count, found, id, sequences, warnings"
SHOW = "session whole inside; writes count, warnings"
BY_F = "data whole inside; reads *, calls f, count, found"  # a function that nobody knows
DO_F = f"{BY_F}; writes *, code, count, id, warnings"
SELECT_F = f"{BY_F}; writes *, code, count, found, id, warnings"
INSERT_F = f"{BY_F}; writes *, code, count, id, sequences, warnings"
PREPARE = "session repeats whole inside plain; writes prepared p"
EXECUTE = "maybe; reads *, count, found, prepared p; writes *, count, found, id, sequences, set by code, warnings"
TEMPORARY = "session whole; writes count, id, sequences, temp t, warnings"
GONE = "session whole; writes warnings; removes temp t"

MYSQL_SETS = [
    row("a variable", "SET @x = 1", VARIABLE),
    row("with :=", "SET @x := 1", VARIABLE),
    row("in capitals", "SET @X = 1", VARIABLE),
    row("in backticks", "SET @`x` = 1", VARIABLE),
    row("in single quotes", "SET @'x' = 1", VARIABLE),
    row("in double quotes", 'SET @"x" = 1', VARIABLE),
    row("with a blank in its name", "SET @`a b` = 1", "session repeats whole inside plain; writes @a b, warnings"),
    row("with a dot in its name", "SET @a.b = 1", "session repeats whole inside plain; writes @a.b, warnings"),
    row("a text", "SET @x = 'it''s f()'", VARIABLE),
    row("no value", "SET @x = NULL", VARIABLE),
    row("a number", "SET @x = -1.5e3 * (2 + 3)", VARIABLE),
    row("digits", "SET @x = X'41', @x = 0x41, @x = b'1'", VARIABLE),
    row("a character set", "SET @x = _utf8mb4'a' COLLATE utf8mb4_bin", VARIABLE),
    row("a date", "SET @x = DATE '2020-01-01' + INTERVAL 1 DAY", VARIABLE),
    row("a function of its arguments", "SET @x = CONCAT('a', UPPER('b'))", VARIABLE),
    row("from another", "SET @x = @y", KEPT.format("@y")),
    row("from itself", "SET @x = @x + 1", KEPT.format("@x")),
    row("from odd ones", "SET @x = @`a b`", KEPT.format("@a b")),
    row("the time", "SET @x = NOW()", ONCE),
    row("the time without brackets", "SET @x = CURRENT_TIMESTAMP", ONCE),
    row("chance", "SET @x = UUID()", ONCE),
    row("data", "SET @x = (SELECT MAX(id) FROM t)", ONCE),
    row("a word that nobody knows", "SET @x = whatever", ONCE),
    row("a function that nobody knows", "SET @x = f()",
        f"{BY_F}; writes *, @x, code, count, id, warnings"),
    row("a function in backticks", "SET @x = `f`()",
        f"{BY_F}; writes *, @x, code, count, id, warnings"),
    row("the last id", "SET @x = LAST_INSERT_ID()", FROM.format("id")),
    row("the last id as a variable", "SET @x = @@last_insert_id", FROM.format("global, id")),
    row("the same by another name", "SET @x = @@SESSION.identity", FROM.format("global, id")),
    row("the count", "SET @x = ROW_COUNT()", FROM.format("count")),
    row("the rows found", "SET @x = FOUND_ROWS()", FROM.format("found")),
    row("the warnings", "SET @x = @@warning_count", FROM.format("global, warnings")),
    row("the errors", "SET @x = @@error_count", FROM.format("global, warnings")),
    row("if a transaction is open", "SET @x = @@in_transaction", FROM.format("global, transaction")),
    row("a lock", "SET @x = GET_LOCK('a', 1)", "session whole plain; writes @x, lock, warnings"),
    row("a global setting", "SET @x = @@GLOBAL.sql_mode", FROM.format("global, set global")),
    row("a setting kept", "SET @x = @@sql_mode", KEPT.format("global, set sql_mode")),
    row("a setting put back", "SET sql_mode = @x",
        "session repeats whole plain; reads @x; writes set sql_mode, warnings"),
    row("kept and set", "SET @x = @@sql_mode, sql_mode = ''",
        "session repeats whole plain; reads global, set sql_mode; writes @x, set sql_mode, warnings"),
    row("two, one of them from the time", "SET @x = 1, @y = NOW()",
        "session whole inside plain; writes @x, @y, warnings"),
    row("two with either sign", "SET @x := 1, @y = 2", "session repeats whole inside plain; writes @x, @y, warnings"),
    row("a setting", "SET sql_mode = ''", MODE),
    row("of the session", "SET SESSION sql_mode = ''", MODE),
    row("local", "SET LOCAL sql_mode = ''", MODE),
    row("with two @", "SET @@sql_mode = ''", MODE),
    row("with two @ of the session", "SET @@session.sql_mode = ''", MODE),
    row("with two @ local", "SET @@LOCAL.sql_mode = ''", MODE),
    row("a setting in backticks", "SET `sql_mode` = ''", MODE),
    row("a setting in backticks with two @", "SET @@`sql_mode` = ''", MODE),
    row("from itself and a text", "SET sql_mode = CONCAT(@@sql_mode, ',ANSI')",
        "session repeats whole plain; reads global, set sql_mode; writes set sql_mode, warnings"),
    row("names", "SET NAMES latin1", NAMES),
    row("names with a collation", "SET NAMES utf8mb4 COLLATE utf8mb4_bin", NAMES),
    row("character set", "SET CHARACTER SET latin1", NAMES),
    row("charset", "SET CHARSET latin1", NAMES),
    row("role", "SET ROLE NONE", "session repeats whole plain; writes set role, warnings"),
    row("isolation level", "SET SESSION TRANSACTION ISOLATION LEVEL SERIALIZABLE",
        "session repeats whole plain; writes set transaction, warnings"),
    row("the next id", "SET insert_id = 7", "session whole plain; writes warnings"),
    row("the last id set", "SET last_insert_id = 7", "session repeats whole inside plain; writes id, warnings"),
    row("a setting from a function that nobody knows", "SET max_error_count = f()",
        f"{BY_F}; writes *, code, count, id, set max_error_count, warnings"),
    row("global", "SET GLOBAL a = 1", BEYOND),
    row("global with two @", "SET @@global.a = 1", BEYOND),
    row("persist", "SET PERSIST a = 1", BEYOND),
    row("persist with two @", "SET @@persist.a = 1", BEYOND),
    row("persist only, for the next start", "SET PERSIST_ONLY a = 1", "whole inside plain; writes global, warnings"),
    row("a list after GLOBAL is global", "SET GLOBAL a = 1, b = 2",
        "whole inside plain; writes global, set a, set b, warnings"),
    row("and what says otherwise is not", "SET GLOBAL a = 1, SESSION b = 2, c = 3",
        "whole inside plain; writes global, set a, set b, set c, warnings"),
    row("nor what has two @", "SET GLOBAL a = 1, @@b = 2",
        "whole inside plain; writes global, set a, set b, warnings"),
    row("nor a variable", "SET GLOBAL a = 1, @x = 2",
        "whole inside plain; writes @x, global, set a, warnings"),
    row("GLOBAL comes late", "SET a = 1, GLOBAL b = 2",
        "whole inside plain; writes global, set a, set b, warnings"),
    row("two @ and global say nothing of the next", "SET @@global.a = 1, b = 2",
        "whole inside plain; writes global, set a, set b, warnings"),
    row("global isolation level", "SET GLOBAL TRANSACTION ISOLATION LEVEL SERIALIZABLE",
        "whole inside plain; writes global, set transaction, warnings"),
    row("a password", "SET PASSWORD FOR u = 'x'", OTHER_DDL),
    row("a default role", "SET DEFAULT ROLE r FOR u", OTHER_DDL),
    row("a resource group", "SET RESOURCE GROUP g", "session repeats whole plain; writes set resource, warnings"),
    row("for one INSERT", "SET STATEMENT max_statement_time = 1 FOR INSERT INTO t VALUES (1)",
        f"data whole; {INSERTED}"),
    row("for one SELECT", "SET STATEMENT a = 1, b = 2 FOR SELECT 1 INTO @x",
        "whole; writes @x, count, found, warnings"),
    row("for one SET", "SET STATEMENT a = 'FOR' FOR SET @x = 1", "whole; writes @x, warnings"),
    row("for one CREATE", "SET STATEMENT a = 1 FOR CREATE TEMPORARY TABLE t (n INT)",
        "whole; writes count, id, sequences, temp t, warnings"),
    row("for one CALL", "SET STATEMENT a = 1 FOR CALL p()",
        f"maybe; reads *, calls p, count, found; writes {ANYTHING}"),
    row("in a conditional comment", "/*!40101 SET @x = 1 */", MAYBE),
    row("in MariaDB's own", "/*M!100000 SET @x = 1 */", MAYBE),
    row("half in a conditional comment", "SET /*!40101 @x = */ 1", MAYBE),
    row("only similar", "SETS @x = 1",
        "maybe; reads *, @x, count, found; writes *, @x, code, count, found, id, sequences, warnings"),
]  # fmt: skip
MYSQL_ROWS = [
    row("INSERT", "INSERT INTO t VALUES (1)", INSERT),
    row("INSERT SET", "INSERT INTO t SET a = 1", INSERT),
    row("INSERT SELECT", "INSERT INTO t (a) SELECT COUNT(*) FROM u", INSERT),
    row("REPLACE", "REPLACE INTO t VALUES (1)", INSERT),
    row("LOAD DATA", "LOAD DATA INFILE 'x' INTO TABLE t", INSERT),
    row("LOAD XML", "LOAD XML INFILE 'x' INTO TABLE t", INSERT),
    row("LOAD INDEX", "LOAD INDEX INTO CACHE t", WORST),
    row("UPDATE", "UPDATE t SET a = 1", CHANGE),
    row("DELETE", "DELETE FROM t WHERE a IN (1) AND b = 'f()'", CHANGE),
    row("DO", "DO 1, SLEEP(0)", CHANGE),
    row("known functions", "INSERT INTO t VALUES (NOW(), UUID(), UPPER('a'), IF(1, 2, 3))", INSERT),
    row("a function of a person", "INSERT INTO t VALUES (f())", INSERT_F),
    row("a known name that is a person's function", "INSERT INTO t VALUES (d.upper(1))",
        INSERT_F.replace("calls f", "calls d.upper")),
    row("DO a function", "DO f()", DO_F),
    row("a function within a known one", "DO BENCHMARK(1, f())", DO_F),
    row("a variable", "INSERT INTO t VALUES (@`x`)", INSERT_OF.format("@x")),
    row("a variable counts", "UPDATE t SET a = (@n := @n + 1)",
        "data whole inside; reads @n; writes @n, count, warnings"),
    row("a setting", "INSERT INTO t VALUES (@@SESSION.sql_mode)", INSERT_OF.format("global, set sql_mode")),
    row("the last id", "DELETE FROM t WHERE a = LAST_INSERT_ID()",
        "data whole inside; reads id; writes count, warnings"),
    row("the last id given", "UPDATE t SET a = LAST_INSERT_ID(a + 1)",
        "data whole inside; writes count, id, warnings"),
    row("the next id", "INSERT INTO t VALUES (@@insert_id)", INSERT_OF.format("global")),
    row("the count", "INSERT INTO t VALUES (ROW_COUNT())", INSERT_OF.format("count")),
    row("the count with a blank", "INSERT INTO t VALUES (row_count ( ))", INSERT_OF.format("count")),
    row("the rows found", "INSERT INTO t VALUES (FOUND_ROWS())", INSERT_OF.format("found")),
    row("locks", "DO GET_LOCK('a', 1)", "data whole inside; writes count, lock, warnings"),
    row("a lock let go", "DO RELEASE_LOCK('a')", "data whole inside; reads lock; writes count, lock, warnings"),
    row("SELECT", "SELECT 1", LOOK),
    row("SELECT in brackets", "(SELECT 1)", LOOK),
    row("VALUES", "VALUES (1)", CHANGE),
    row("TABLE", "TABLE t", LOOK),
    row("WITH", "WITH c (a) AS (SELECT 1), d (b) AS (SELECT 2) SELECT * FROM c", WITH),
    row("WITH and DELETE", "WITH c AS (SELECT 1) DELETE FROM t", WITH),
    row("SELECT a function", "SELECT f()", SELECT_F),
    row("SELECT a function of a database", "SELECT d.f()", SELECT_F.replace("calls f", "calls d.f")),
    row("SELECT a function in backticks", "SELECT `f` ()", SELECT_F),
    row("SELECT what only looks like a known one", "SELECT my_count (*) FROM t",
        SELECT_F.replace("calls f", "calls my_count")),
    row("SELECT into odd variables", "SELECT 1, 2 INTO @a.b, @`y z`",
        "session whole inside; writes @a.b, @y z, count, found, warnings"),
    row("SELECT and assign", "SELECT @x := 1", "session whole inside; writes @x, count, found, warnings"),
    row("SELECT and assign, of each row", "SELECT @x := a FROM t", INTO.format("@x", "@x")),
    row("SELECT and assign, of all rows", "SELECT @x := COUNT(*) FROM t",
        "session whole inside; writes @x, count, found, warnings"),
    row("SELECT and assign, of each group", "SELECT @x := COUNT(*) FROM t GROUP BY a", INTO.format("@x", "@x")),
    row("SELECT and assign what is read", "SELECT @x := MAX(a + @x) FROM t", INTO.format("@x", "@x")),
    row("SELECT into a file", "SELECT 1 INTO OUTFILE 'x'", "whole; writes count, warnings"),
    row("SELECT into a dump", "SELECT 1 INTO DUMPFILE 'x'", "whole; writes count, warnings"),
    row("SELECT a number of a sequence", "SELECT NEXT VALUE FOR s",
        "data whole inside; writes count, found, sequence, warnings"),
    row("SELECT the last number of a sequence", "SELECT LASTVAL(s)",
        "data whole inside; reads sequence, sequences; writes count, found, warnings"),
    row("SELECT a lock", "SELECT IS_FREE_LOCK('a')",
        "data whole inside; reads lock; writes count, found, warnings"),
    row("SHOW", "SHOW TABLES", SHOW),
    row("EXPLAIN", "EXPLAIN SELECT 1", SHOW),
    row("CHECKSUM TABLE, which commits nothing", "CHECKSUM TABLE t", SHOW),
    row("ANALYZE a statement runs it", "ANALYZE UPDATE t SET a = 1", WORST),
    row("ANALYZE TABLE", "ANALYZE LOCAL TABLE t", OTHER_DDL),
    row("diagnostics", "GET CURRENT DIAGNOSTICS @x = NUMBER",
        "session whole inside; reads @x, count, warnings; writes @x, count, warnings"),
    row("SIGNAL", "SIGNAL SQLSTATE '45000'", SHOW),
    row("CALL", "CALL p()", f"maybe; reads *, calls p, count, found; writes {ANYTHING}"),
    row("CALL with a variable", "CALL d.p(@x)",
        "maybe; reads *, @x, calls d.p, count, found; writes *, @x, code, count, found, id, sequences, warnings"),
    row("HANDLER", "HANDLER t OPEN", WORST),
    row("compound", "BEGIN NOT ATOMIC SELECT 1; END", BLOCK),
    row("compound that calls", "BEGIN NOT ATOMIC CALL p(); END", WORST),
    row("compound that asks", "BEGIN NOT ATOMIC SELECT ROW_COUNT(); END", WORST),
    row("IF", "IF 1 THEN SELECT 1; END IF", BLOCK),
    row("XA", "XA START 'x'", WORST),
    row("INSTALL", "INSTALL PLUGIN x SONAME 'y'", WORST),
    row("LOCK", "LOCK TABLES t READ", WORST),
    row("USE", "USE d", WORST),
    row("SHUTDOWN", "SHUTDOWN", WORST),
    row("PURGE", "PURGE BINARY LOGS TO 'x'", WORST),
    row("a word that nobody knows", "FROBNICATE t", WORST),
    row("only similar", "INSERTED INTO t VALUES (1)", WORST),
    row("a label", "x: LOOP LEAVE x; END LOOP", WORST),
]  # fmt: skip
MYSQL_PREPARED = [
    row("PREPARE", "PREPARE p FROM 'SELECT 1'", PREPARE),
    row("in backticks and capitals", "PREPARE `P` FROM 'SELECT 1'", PREPARE),
    row("from a variable", "PREPARE p FROM @sql",
        "session repeats whole inside plain; reads @sql; writes prepared p"),
    row("DEALLOCATE", "DEALLOCATE PREPARE p", "session repeats whole inside plain; removes prepared p"),
    row("DROP PREPARE", "DROP PREPARE p", "session repeats whole inside plain; removes prepared p"),
    row("EXECUTE of what nobody has seen", "EXECUTE p", EXECUTE),
    row("EXECUTE of a text", "PREPARE p FROM 'INSERT INTO t VALUES (1)'; EXECUTE p", PREPARE,
        INSERT_OF.format("prepared p")),
    row("EXECUTE with a variable", "PREPARE p FROM 'INSERT INTO t VALUES (?)'; EXECUTE p USING @x", PREPARE,
        "data whole inside; reads @x, prepared p; writes count, id, sequences, warnings"),
    row("EXECUTE of the text of a variable",
        "SET @s = 'DROP TABLE t'; PREPARE p FROM @s; EXECUTE p",
        "whole inside plain; reads prepared p; writes warnings"),
    row("EXECUTE of the text of an odd variable",
        "SET @`a b` = 'DROP TABLE t'; PREPARE p FROM @`A B`; EXECUTE p",
        "whole inside plain; reads prepared p; writes warnings"),
    row("EXECUTE of a text from data", "SET @s = (SELECT a FROM t); PREPARE p FROM @s; EXECUTE p", EXECUTE),
    row("EXECUTE of a text set again",
        "SET @s = 'SELECT 1'; SELECT a INTO @s FROM t; PREPARE p FROM @s; EXECUTE p", EXECUTE),
    row("EXECUTE of a text that a CALL may have set",
        "SET @s = 'SELECT 1'; CALL q(); PREPARE p FROM @s; EXECUTE p", EXECUTE),
    row("EXECUTE of CALL", "PREPARE p FROM 'CALL q()'; EXECUTE p",
        f"maybe; reads *, calls q, count, found, prepared p; writes {ANYTHING}"),
    row("EXECUTE of a statement that was put together",
        "SET @s = CONCAT('SELECT ', 1); PREPARE p FROM @s; EXECUTE p", EXECUTE),
    row("EXECUTE of the count", "PREPARE p FROM 'DO ROW_COUNT()'; EXECUTE p",
        "data whole inside; reads count, prepared p; writes count, warnings"),
    row("EXECUTE of the second text", "PREPARE p FROM 'SELECT 1'; PREPARE p FROM @s; EXECUTE p", EXECUTE),
    row("EXECUTE IMMEDIATE", "EXECUTE IMMEDIATE 'SELECT 1'", LOOK),
]  # fmt: skip
MYSQL_TEMPORARY = [
    row("made", "CREATE TEMPORARY TABLE t (n INT)", TEMPORARY),
    row("if not there", "CREATE TEMPORARY TABLE IF NOT EXISTS t (n INT)", TEMPORARY),
    row("of a database", "CREATE TEMPORARY TABLE d.`T` AS SELECT 1", TEMPORARY),
    row("like another", "CREATE TEMPORARY TABLE t LIKE u", TEMPORARY),
    row("with a dollar", "CREATE TEMPORARY TABLE $t (n INT)", TEMPORARY.replace("temp t", "temp $t")),
    row("in a conditional comment", "/*!50000 CREATE TEMPORARY TABLE t (n INT) */",
        "session whole maybe; writes count, id, sequences, temp t, warnings"),
    row("with comments", "CREATE /* a */ TEMPORARY -- b\n TABLE t (n INT)", TEMPORARY),
    row("replaced", "CREATE OR REPLACE TEMPORARY TABLE t (n INT)", TEMPORARY),
    row("dropped", "DROP TEMPORARY TABLE t", "session whole; writes count, warnings; removes temp t"),
    row("dropped with others", "DROP TEMPORARY TABLE IF EXISTS t, d.u",
        "session whole; writes count, warnings; removes temp t, temp u"),
    row("dropped in a conditional comment", "/*!50000 DROP TEMPORARY TABLE t */",
        "session whole maybe; writes count, warnings"),
    row("made, and dropped as any table", "CREATE TEMPORARY TABLE t (n INT); DROP TABLE IF EXISTS t", GONE),
    row("made, filled, looked at", "CREATE TEMPORARY TABLE t (n INT); INSERT INTO T VALUES (1); SELECT * FROM `t`",
        "data whole inside; reads temp t; writes count, id, sequences, temp t, warnings",
        "data whole inside; reads temp t; writes count, found, temp t, warnings"),
    row("made and altered", "CREATE TEMPORARY TABLE t (n INT); ALTER TABLE t ADD m INT",
        "whole inside; reads temp t; writes count, temp t, warnings"),
    row("gone, and then another", "CREATE TEMPORARY TABLE t (n INT); DROP TEMPORARY TABLE t; SELECT * FROM t", LOOK),
]  # fmt: skip
PLAIN, WHOLE, PART = "whole inside plain; writes warnings", OTHER_DDL, "inside; writes count, warnings"
FILLED = "whole inside; writes count, id, sequences, warnings"
MYSQL_DDL = [
    row("a table", "CREATE TABLE t (n INT)", PLAIN, PLAIN),
    row("a table like another", "CREATE TABLE t LIKE u", PLAIN, PLAIN),
    row("a table from rows", "CREATE TABLE t AS SELECT 1", FILLED, FILLED),
    row("a table that replaces another", "CREATE OR REPLACE TABLE t (n INT)", PART, WHOLE),
    row("a view", "CREATE VIEW v AS SELECT f()", PLAIN, PLAIN),
    row("a view that replaces another", "CREATE OR REPLACE VIEW v AS SELECT f()", WHOLE, WHOLE),
    row("an index", "CREATE INDEX i ON t (n)", WHOLE, WHOLE),
    row("two columns", "ALTER TABLE t ADD a INT, ADD b INT", WHOLE, WHOLE),
    row("one table dropped", "DROP TABLE t", PLAIN, PLAIN),
    row("two tables renamed", "RENAME TABLE a TO b, c TO d", PLAIN, PLAIN),
    row("two users renamed", "RENAME USER a TO b, c TO d", PART, PLAIN),
    row("a user", "CREATE USER a", WHOLE, WHOLE),
    row("two users", "CREATE USER a, b", PART, WHOLE),
    row("two roles", "CREATE ROLE a, b", PART, WHOLE),
    row("two users altered", "ALTER USER a, b", PART, WHOLE),
    row("rights for one", "GRANT ALL ON t TO a", WHOLE, WHOLE),
    row("rights for two", "GRANT ALL ON t TO a, b", PART, WHOLE),
    row("rights taken from two", "REVOKE ALL ON t FROM a, b", PART, WHOLE),
    row("a procedure", "CREATE PROCEDURE p() CALL q()", PLAIN, PLAIN),
    row("a trigger", "CREATE TRIGGER g BEFORE INSERT ON t FOR EACH ROW SET @x = 1", PLAIN, PLAIN),
    row("emptied", "TRUNCATE t", PLAIN, PLAIN),
    row("a database", "CREATE DATABASE d", WHOLE, WHOLE),
    row("a database dropped", "DROP DATABASE d", PART, WHOLE),
    row("an index dropped", "DROP INDEX i ON t", WHOLE, WHOLE),
    row("two tables dropped", "DROP TABLE t, u", PART, PLAIN),
    row("two users dropped", "DROP USER a, b", PART, PLAIN),
]  # fmt: skip


@pytest.mark.parametrize("dialect", ["mariadb", "mysql"])
@pytest.mark.parametrize(("sql", "expected"), [*MYSQL_SETS, *MYSQL_ROWS, *MYSQL_PREPARED, *MYSQL_TEMPORARY])
def test_a_statement_of_mysql(dialect: str, sql: str, expected: list[str]) -> None:
    assert_told(dialect, sql, expected)


@pytest.mark.parametrize(("sql", "expected"), MYSQL_DDL)
def test_what_a_failure_leaves_of_a_list_on_mariadb_and_on_mysql(sql: str, expected: list[str]) -> None:
    assert [told(natures(dialect, sql)[0]) for dialect in ("mariadb", "mysql")] == expected


# --- PostgreSQL -----------------------------------------------------------------------------------------------------

ROWS = "data whole inside"
UNSEEN = "data whole inside; reads *, calls {}; writes *, code, id"
POSTGRES_WORST = "unknown; reads *; writes *, code, id"
POSTGRES = [
    *(row(name, sql, "session repeats whole; writes set a") for name, sql in {
        "SET": "SET a = 1", "SET TO": "SET a TO 1", "SET SESSION": "SET SESSION a = 1", "SET in quotes": 'SET "a" = 1',
        "SET in capitals": "SET A = DEFAULT", "RESET": "RESET a", "SET a list": "SET a TO b, c",
    }.items()),
    row("SET of a person's own", "SET my.own = 1", "session repeats whole; writes set my.own"),
    *(row(name, sql, "session repeats whole; writes set timezone") for name, sql in {
        "SET TIME ZONE": "SET TIME ZONE 'UTC'", "SET SESSION TIME ZONE": "SET SESSION TIME ZONE LOCAL",
        "RESET TIME ZONE": "RESET TIME ZONE", "SET timezone": "SET timezone = 'UTC'",
    }.items()),
    *(row(name, sql, "session repeats whole; writes role role") for name, sql in {
        "SET ROLE": "SET ROLE r", "SET SESSION ROLE": "SET SESSION ROLE r", "RESET ROLE": "RESET ROLE",
        "SET role TO": "SET role TO r", "SET ROLE in quotes": 'SET ROLE "r"',
    }.items()),
    *(row(name, sql, "session repeats whole; writes role session_authorization") for name, sql in {
        "SET SESSION AUTHORIZATION": "SET SESSION AUTHORIZATION r", "twice": "SET SESSION SESSION AUTHORIZATION r",
        "RESET SESSION AUTHORIZATION": "RESET SESSION AUTHORIZATION",
    }.items()),
    row("SET LOCAL", "SET LOCAL a = 1", "session repeats whole"),
    row("SET CONSTRAINTS", "SET CONSTRAINTS ALL DEFERRED", "session repeats whole"),
    row("SET TRANSACTION", "SET TRANSACTION READ ONLY", "session whole inside"),
    row("RESET ALL", "RESET ALL", "session repeats whole; writes set *"),
    row("set_config", "SELECT set_config('a', 'b', false)", "session repeats whole inside; writes set a"),
    row("set_config with its schema", "SELECT pg_catalog.set_config('search_path', '', false)",
        "session repeats whole inside; writes set search_path"),
    row("set_config from rows", "SELECT set_config('a', b, false) FROM t", f"{ROWS}; writes set a"),
    row("set_config of what rows say", "SELECT set_config(a, 'b', false) FROM t",
        f"{ROWS}; writes set *"),
    row("set_config from a function", "SELECT set_config('a', b(), false)",
        "data whole inside; reads *, calls b; writes *, code, id, set a"),
    row("current_setting", "SELECT current_setting('my.own', true)", f"{ROWS}; reads set my.own"),
    row("current_setting of what rows say", "SELECT current_setting(a) FROM t",
        f"{ROWS}; reads set something"),
    row("lastval", "INSERT INTO t VALUES (lastval())", "data whole inside; reads id; writes id"),
    row("currval", "SELECT currval('s')", f"{ROWS}; reads id"),
    row("nextval", "SELECT nextval('s')", UNSEEN.format("nextval") + ", sequence"),
    row("setval", "SELECT setval('s', 1)", UNSEEN.format("setval") + ", sequence"),
    row("INSERT", "INSERT INTO t (a) VALUES (1)", "data whole inside; writes id"),
    row("INSERT with known functions", "INSERT INTO t SELECT upper('a'), now() FROM generate_series(1, 2) AS f (n)",
        "data whole inside; writes id"),
    row("INSERT with a function of a person", "INSERT INTO t VALUES (f())", UNSEEN.format("f")),
    row("in quotes", 'SELECT "Upper"(1)', UNSEEN.format("upper")),
    row("of a schema", "SELECT s.upper(1)", UNSEEN.format("s.upper")),
    row("a text is no call", "SELECT 'f()', E'f()', $$f()$$, U&'f()'", ROWS),
    row("UPDATE", "UPDATE t SET a = random()", f"{ROWS}; reads seed"),
    row("MERGE", "MERGE INTO t USING u ON true WHEN MATCHED THEN DELETE", "data whole inside; writes id"),
    row("COPY", "COPY t FROM '/x'", "data whole inside; writes id"),
    row("TRUNCATE", "TRUNCATE t, u", "data whole inside"),
    row("SELECT", "SELECT 1", ROWS),
    row("SHOW", "SHOW a", "session whole inside"),
    row("SELECT INTO", "SELECT 1 INTO t", "data whole inside"),
    row("WITH", "WITH c (a) AS (SELECT 1) SELECT * FROM c", ROWS),
    row("WITH and INSERT", "WITH c AS (INSERT INTO t VALUES (1) RETURNING 1) SELECT * FROM c",
        "data whole inside; writes id"),
    row("EXPLAIN", "EXPLAIN DELETE FROM t", "session whole inside"),
    row("EXPLAIN ANALYZE", "EXPLAIN (ANALYZE, COSTS OFF) DELETE FROM t", f"{ROWS}; writes id"),
    row("LISTEN", "LISTEN x", "session repeats whole; writes listen x"),
    row("UNLISTEN", "UNLISTEN *", "session repeats whole; writes listen *"),
    row("LOAD", "LOAD 'x'", "session repeats whole; writes load"),
    row("PREPARE", "PREPARE p (int) AS INSERT INTO t VALUES ($1)", "session repeats whole; writes prepared p"),
    row("EXECUTE", "PREPARE p AS SELECT 1; EXECUTE p", "data whole inside; reads prepared p"),
    row("EXECUTE of what was not made here", "EXECUTE p",
        "unknown; reads *, prepared p; writes *, id, set by code"),
    row("DEALLOCATE", "DEALLOCATE PREPARE p", "session repeats whole; removes prepared p"),
    row("DEALLOCATE ALL", "DEALLOCATE ALL", "session repeats whole; writes prepared *"),
    row("PREPARE TRANSACTION", "PREPARE TRANSACTION 'x'", POSTGRES_WORST),
    row("DECLARE", "DECLARE c CURSOR WITH HOLD FOR SELECT 1", "session whole; writes cursor c"),
    row("FETCH", "FETCH NEXT FROM c", "session whole; reads cursor c"),
    row("CLOSE", "CLOSE c", "session repeats whole; removes cursor c"),
    row("CLOSE ALL", "CLOSE ALL", "session repeats whole; writes cursor *"),
    row("DISCARD ALL", "DISCARD ALL",
        "session repeats whole; writes cursor *, id, listen *, lock, prepared *, role *, set *, temp *"),
    row("DISCARD TEMP", "DISCARD TEMPORARY", "session repeats whole; writes temp *"),
    row("DISCARD SEQUENCES", "DISCARD SEQUENCES", "session repeats whole; writes id"),
    row("DISCARD PLANS", "DISCARD PLANS", "session repeats whole"),
    *(row(f"temporary: {sql}", sql, "session whole; writes temp t") for sql in (
        "CREATE TEMP TABLE t (n int)", "CREATE TEMPORARY TABLE t (n int)", "CREATE LOCAL TEMP TABLE t (n int)",
        "CREATE GLOBAL TEMPORARY TABLE IF NOT EXISTS T (n int)", "CREATE TABLE pg_temp.t (n int)",
        "CREATE TABLE IF NOT EXISTS pg_temp.t (n int)", "CREATE TEMP VIEW t AS SELECT 1", "CREATE TEMP SEQUENCE t",
        "CREATE OR REPLACE TEMP VIEW t AS SELECT 1",
        "CREATE /* a */ TEMP /* b */ TABLE t AS VALUES (1)",
    )),
    *(row(f"temporary, and noted: {sql}", sql, "whole; writes temp t") for sql in (
        "SELECT 1 INTO TEMP t", "SELECT 1 INTO TEMPORARY TABLE t",
    )),
    *(row(f"temporary, and dropped: {sql}", f"CREATE TEMP TABLE t (n int); {sql}", GONE) for sql in (
        "DROP TABLE t", "DROP TABLE pg_temp.t", "DROP TABLE IF EXISTS t CASCADE",
    )),
    row("temporary, and dropped with another", "CREATE TEMP TABLE t (n int); DROP TABLE t, u",
        "whole inside; reads temp t; writes temp t"),
    row("temporary, and filled", "CREATE TEMP TABLE t (n int); INSERT INTO t VALUES (1)",
        "data whole inside; reads temp t; writes id, temp t"),
    row("a table", "CREATE TABLE t (n int DEFAULT f())", "whole inside"),
    row("a table from a function", "CREATE TABLE t AS SELECT f()",
        "whole inside; reads *, calls f; writes *, code, id"),
    row("a name that is only similar", "CREATE INDEX concurrently_i ON t (a)", "whole inside"),
    *(row(f"alone: {sql}", sql, "whole") for sql in (
        "CREATE INDEX CONCURRENTLY i ON t (a)", "CREATE UNIQUE INDEX CONCURRENTLY i ON t (a)",
        "DROP INDEX CONCURRENTLY i", "CREATE DATABASE d", "DROP DATABASE d", "CREATE TABLESPACE s LOCATION '/x'",
        "ALTER SYSTEM SET a = 1", "ALTER TABLE t DETACH PARTITION p CONCURRENTLY", "VACUUM t", "REINDEX TABLE t",
        "CLUSTER t", "ALTER DATABASE d SET TABLESPACE s",
    )),
    row("BEGIN", "BEGIN", "opens"),
    row("START TRANSACTION", "START TRANSACTION ISOLATION LEVEL SERIALIZABLE", "opens"),
    row("COMMIT", "COMMIT", "closes"),
    row("END", "END", "closes"),
    row("COMMIT PREPARED", "COMMIT PREPARED 'x'", POSTGRES_WORST),
    row("SAVEPOINT", "SAVEPOINT a", "session whole"),
    row("ROLLBACK TO", "ROLLBACK WORK TO SAVEPOINT a", "session whole"),
    row("ROLLBACK", "ROLLBACK", "undoes"),
    row("ROLLBACK AND CHAIN", "ROLLBACK WORK AND CHAIN", "undoes chains"),
    row("COMMIT AND CHAIN", "COMMIT AND CHAIN", "closes chains"),
    row("ABORT", "ABORT", "undoes"),
    row("ROLLBACK PREPARED", "ROLLBACK PREPARED 'x'", POSTGRES_WORST),
    row("DO", "DO 'BEGIN NULL; END'", "whole inside; reads *; writes *, code, id"),
    row("DO that commits", "DO $$ BEGIN COMMIT; END $$", POSTGRES_WORST),
    row("DO that calls", "DO 'BEGIN CALL p(); END'", POSTGRES_WORST),
    row("DO that runs a text", "DO 'BEGIN EXECUTE ''x''; END'",
        "unknown; reads *; writes *, code, id, set by code"),
    row("DO in another language", "DO LANGUAGE plpython3u 'pass'", POSTGRES_WORST),
    row("DO in another language, in quotes", "DO LANGUAGE 'plperl' 'x'", POSTGRES_WORST),
    row("CALL", "CALL p()", POSTGRES_WORST),
    row("advisory locks", "SELECT pg_advisory_lock(1)", "session repeats whole inside; writes lock"),
    row("locks let go", "SELECT pg_advisory_unlock_all()", UNSEEN.format("pg_advisory_unlock_all")),
    row("a word that nobody knows", "FROBNICATE t", POSTGRES_WORST),
    row("only similar", "SELECTION 1", POSTGRES_WORST),
]  # fmt: skip


@pytest.mark.parametrize(("sql", "expected"), POSTGRES)
def test_a_statement_of_postgres(sql: str, expected: list[str]) -> None:
    assert_told("postgres", sql, expected)


# --- SQLite ---------------------------------------------------------------------------------------------------------

SQLITE = [
    row("INSERT", "INSERT INTO t VALUES (1)", "data whole inside; reads trigger *; writes count, id"),
    row("INSERT OR", "INSERT OR IGNORE INTO t VALUES (1) RETURNING n",
        "data whole inside; reads trigger *; writes count, id"),
    row("REPLACE", "REPLACE INTO t VALUES (1)", "data whole inside; reads trigger *; writes count, id"),
    row("UPDATE", "UPDATE t SET n = 1", "data whole inside; reads trigger *; writes count"),
    row("DELETE", "DELETE FROM t", "data whole inside; reads trigger *; writes count"),
    row("WITH and INSERT", "WITH c AS (SELECT 1) INSERT INTO t SELECT * FROM c",
        "data whole inside; reads trigger *; writes count, id"),
    row("WITH and UPDATE", "WITH c AS (SELECT 1) UPDATE t SET n = 1",
        "data whole inside; reads trigger *; writes count"),
    row("WITH", "WITH c AS (SELECT 1) SELECT * FROM c", "session whole inside"),
    row("SELECT", "SELECT f(1)", "session whole inside"),
    row("changes()", "INSERT INTO t VALUES (Changes ( ))",
        "data whole inside; reads count, trigger *; writes count, id"),
    row("last_insert_rowid()", "SELECT last_insert_rowid()", "session whole inside; reads id"),
    row("a text is no call", "SELECT 'changes()'", "session whole inside"),
    row("EXPLAIN", "EXPLAIN QUERY PLAN DELETE FROM t", "session whole inside"),
    row("a table", "CREATE TABLE t (n)", "whole inside"),
    row("a table of rows", "CREATE TABLE t AS SELECT changes()", "whole inside; reads count"),
    row("a trigger", "CREATE TRIGGER g AFTER INSERT ON t BEGIN SELECT changes(); END", "whole inside"),
    *(row(f"temporary: {sql}", sql, "session whole; writes temp t") for sql in (
        "CREATE TEMP TABLE t (n)", "CREATE TEMPORARY TABLE IF NOT EXISTS t (n)", "CREATE TABLE temp.t (n)",
        "CREATE TABLE IF NOT EXISTS temp.t (n)", "CREATE TEMP VIEW t AS SELECT 1", "CREATE INDEX temp.t ON u (n)",
        "CREATE VIRTUAL TABLE temp.t USING fts5(a)", "CREATE /* a */ TEMP /* b */ TABLE [T] (n)",
    )),
    row("a temporary trigger", "CREATE TEMP TRIGGER g AFTER INSERT ON t BEGIN SELECT 1; END",
        "session whole; writes temp g, trigger g"),
    row("a temporary trigger by its schema", "CREATE TRIGGER temp.g AFTER INSERT ON t BEGIN SELECT 1; END",
        "session whole; writes temp g, trigger g"),
    row("temporary, and filled", "CREATE TEMP TABLE t (n); INSERT INTO t VALUES (1)",
        "data whole inside; reads temp t, trigger *; writes count, id, temp t"),
    row("temporary, and dropped", "CREATE TEMP TABLE t (n); DROP TABLE temp.t", GONE),
    *(row(f"kept in the file: {sql}", sql, "data whole inside") for sql in (
        "PRAGMA user_version = 3", "PRAGMA user_version(3)", "PRAGMA main.user_version = 3",
        "PRAGMA application_id = 3",
    )),
    *(row(f"set: {sql}", sql, "session repeats whole; writes set foreign_keys") for sql in (
        "PRAGMA foreign_keys = ON", "PRAGMA foreign_keys(1)", "PRAGMA FOREIGN_KEYS=off",
        "PRAGMA main.foreign_keys = 'ON'",
    )),
    row("another one", "PRAGMA case_sensitive_like = ON", "session repeats whole; writes set case_sensitive_like"),
    row("asked", "PRAGMA foreign_keys", "session repeats whole"),
    row("a look", "PRAGMA table_info('t')", "session repeats whole inside"),
    row("a check", "PRAGMA integrity_check", "session repeats whole inside"),
    row("VACUUM", "VACUUM INTO 'x'", "whole"),
    row("BEGIN", "BEGIN IMMEDIATE", "opens"),
    row("COMMIT", "COMMIT", "closes"),
    row("END", "END TRANSACTION", "closes"),
    row("SAVEPOINT", "SAVEPOINT a", "session whole"),
    row("RELEASE", "RELEASE a", "session whole"),
    row("a word that nobody knows, which is an error", "FROBNICATE t", "whole"),
]  # fmt: skip


@pytest.mark.parametrize(("sql", "expected"), SQLITE)
def test_a_statement_of_sqlite(sql: str, expected: list[str]) -> None:
    assert_told("sqlite", sql, expected)


# --- what is only similar to something harmless ---------------------------------------------------------------------


# Not whatever names something temporary is temporary.
@pytest.mark.parametrize(
    "sql", ["CREATE TABLE t AS SELECT * FROM temp.u", "CREATE TABLE main.t AS SELECT n FROM temp . u"]
)
def test_a_table_that_is_filled_from_a_temporary_one_stays(sql: str) -> None:
    assert Trait.SESSION not in natures("sqlite", sql)[0].traits


# A schema in quotes, and kinds that are not tables.
@pytest.mark.parametrize(
    ("dialect", "sql"),
    [
        ("sqlite", 'CREATE TABLE "temp".t (n)'),
        ("sqlite", "CREATE TABLE [TEMP].t (n)"),
        ("sqlite", "CREATE TABLE `temp`.t (n)"),
        ("sqlite", "CREATE VIEW 'temp'.t AS SELECT 1"),
        ("postgres", 'CREATE TABLE "pg_temp".t (n int)'),
        ("postgres", "CREATE VIEW pg_temp.t AS SELECT 1"),
        ("postgres", "CREATE OR REPLACE VIEW pg_temp.t AS SELECT 1"),
        ("postgres", "CREATE SEQUENCE pg_temp.t"),
        ("postgres", "CREATE UNLOGGED TABLE pg_temp.t (n int)"),
        ("postgres", "SELECT 1 INTO LOCAL TEMP t"),
        ("postgres", "SELECT 1 INTO TABLE pg_temp.t"),
        ("postgres", "WITH c AS (SELECT 1 AS n) SELECT n INTO TEMP t FROM c"),
    ],
)
def test_a_temporary_table_is_one_however_it_is_spelled(dialect: str, sql: str) -> None:
    nature = natures(dialect, sql)[0]
    assert {"temp t", "temp *", "*"} & nature.writes, told(nature)
    assert Trait.REPEATS not in nature.traits


@pytest.mark.parametrize("dialect", FORMS)
def test_a_temporary_table_that_is_renamed_is_one_by_its_new_name(dialect: str) -> None:
    file = "CREATE TEMPORARY TABLE t (n INTEGER); ALTER TABLE t RENAME TO u; SELECT * FROM u"
    nature = natures(dialect, file)[-1]
    assert {"temp u", "temp *", "*"} & nature.reads, told(nature)


@pytest.mark.parametrize("dialect", ["postgres", "mariadb", "mysql"])
def test_a_temporary_table_is_one_whatever_fills_it(dialect: str) -> None:
    nature = natures(dialect, "CREATE TEMPORARY TABLE t AS SELECT f() AS n")[0]
    assert "temp t" in nature.writes, told(nature)


@pytest.mark.parametrize(
    ("sql", "key"),
    [
        ('SELECT "changes"()', "count"),
        ("SELECT `changes`()", "count"),
        ("SELECT [last_insert_rowid]()", "id"),
        ('INSERT INTO t VALUES ("Last_Insert_Rowid" ())', "id"),
    ],
)
def test_a_function_in_quotes_is_seen_on_sqlite(sql: str, key: str) -> None:
    assert key in natures("sqlite", sql)[0].reads


@pytest.mark.parametrize(
    "sql", ['PRAGMA "foreign_keys" = ON', "PRAGMA [recursive_triggers](1)", "PRAGMA what_comes_next_year = 1"]
)
def test_a_pragma_that_nobody_knows_leaves_something(sql: str) -> None:
    nature = natures("sqlite", sql)[0]
    assert any(each == "*" or each.startswith("set ") for each in nature.writes), told(nature)


@pytest.mark.parametrize("dialect", ["mariadb", "mysql"])
def test_a_comment_that_is_code_elsewhere_may_be_empty(dialect: str) -> None:
    forms, rules = FORMS[dialect]
    statements = [*split_statements("/*!99999 */; DO 1", rules)]
    (nature, _) = forms().natures(statements, rules, lambda _statement, same: same, {"t": "fires"})
    assert Trait.MAYBE in nature.traits


# The first := of a SET may come after its =.
@pytest.mark.parametrize("dialect", ["mariadb", "mysql"])
@pytest.mark.parametrize(
    "sql",
    [
        "SET @x = (@y := (SELECT COUNT(*) FROM t))",
        "SET @x = @y := 2",
        "SET @x = (@y := @y + 1)",
        "SET sql_mode = '', @x = IF(1, @y := 1, @y := 2)",
        "SET @x := (@y := 2)",
    ],
)
def test_each_variable_that_a_set_sets_on_its_way_is_written(dialect: str, sql: str) -> None:
    nature = natures(dialect, sql)[0]
    assert {"@x", "@y"} <= nature.writes, told(nature)
    assert Trait.REPEATS not in nature.traits


@pytest.mark.parametrize(
    ("dialect", "sql", "what", "key"),
    [
        ("mysql", "LOAD DATA INFILE 'x' INTO TABLE t (@a, b) SET c = @a", "writes", "@a"),
        ("mariadb", "SELECT PREVIOUS VALUE FOR s", "reads", "sequence"),
        ("postgres", "COPY (SELECT f()) TO '/x'", "writes", "*"),
        ("postgres", "EXPLAIN ANALYZE INSERT INTO t VALUES (1)", "writes", "id"),
        ("postgres", "RESET my.own", "writes", "set my.own"),
    ],
)
def test_what_is_easily_forgotten(dialect: str, sql: str, what: str, key: str) -> None:
    nature = natures(dialect, sql)[0]
    assert {key, "*"} & getattr(nature, what), told(nature)


def test_a_number_of_a_sequence_is_taken_also_by_a_function_that_is_known() -> None:
    forms, rules = FORMS["postgres"]
    made = forms()
    made.known = frozenset({"NEXTVAL"})  # the server's own, which has been asked for it
    (nature,) = made.natures([*split_statements("SELECT nextval('s')", rules)], rules, lambda _statement, same: same)
    assert nature.writes == {"id", "sequence"}
    assert not nature.reads


@pytest.mark.parametrize("dialect", ["mariadb", "mysql"])
def test_a_function_in_double_quotes_is_one_where_these_quote_names(dialect: str) -> None:
    nature = natures(dialect, 'INSERT INTO t VALUES ("f"())', migrate.MYSQL_ANSI_QUOTES)[0]
    assert "code" in nature.writes, told(nature)


@pytest.mark.parametrize("dialect", ["mariadb", "mysql"])
@pytest.mark.parametrize("sql", ["CREATE TABLE t AS SELECT f()", "CREATE TABLE t SELECT d.f(1) AS n"])
def test_what_commits_by_itself_is_no_change_of_rows_whatever_it_calls(dialect: str, sql: str) -> None:
    assert Trait.DATA not in natures(dialect, sql)[0].traits


@pytest.mark.parametrize(
    ("dialect", "sql"),
    [
        ("mariadb", "CREATE TABLE t VALUES (1), (2)"),
        ("mariadb", "CREATE TABLE t (n INT) AS VALUES (1)"),
        ("mysql", "CREATE TABLE t TABLE u"),
        ("mysql", "CREATE TABLE t AS TABLE u"),
        ("mysql", "CREATE TABLE t VALUES ROW(1), ROW(2)"),
        ("mysql", "CREATE TABLE t AS WITH c AS (SELECT 1) SELECT * FROM c"),
    ],
)
def test_a_table_that_is_made_from_rows_counts_them(dialect: str, sql: str) -> None:
    nature = natures(dialect, sql)[0]
    assert Trait.PLAIN not in nature.traits
    assert {"count", "id"} <= nature.writes, told(nature)


def test_a_function_in_the_rows_that_a_table_is_made_from_is_seen() -> None:
    nature = natures("mariadb", "CREATE TABLE t AS VALUES (f())")[0]
    assert "code" in nature.writes, told(nature)


@pytest.mark.parametrize("sql", ["CREATE TEMP TABLE t AS SELECT * FROM v", "CREATE TEMP TABLE t AS TABLE v"])
def test_a_temporary_table_that_is_filled_is_noted_on_postgres(sql: str) -> None:
    nature = natures("postgres", sql)[0]
    assert "temp t" in nature.writes, told(nature)
    assert Trait.SESSION not in nature.traits


@pytest.mark.parametrize("dialect", ["mariadb", "mysql"])
def test_what_may_be_temporary_by_a_comment_is_known_by_its_name(dialect: str) -> None:
    assert "temp t" in natures(dialect, "CREATE /*!50000 TEMPORARY */ TABLE t (n INT)")[0].writes


@pytest.mark.parametrize(
    ("dialect", "comment"), [("mysql", "/*M! TEMPORARY */"), ("mysql", "/*!999999 TEMPORARY */"),
                             ("mariadb", "/*!999999 TEMPORARY */")],
)  # fmt: skip
def test_what_is_temporary_by_a_comment_alone_may_stay(dialect: str, comment: str) -> None:
    nature = natures(dialect, f"CREATE {comment} TABLE t (n INT)")[0]
    assert Trait.SESSION not in nature.traits, told(nature)


@pytest.mark.parametrize("dialect", ["mariadb", "mysql"])
def test_what_a_comment_may_have_set_anew_is_missed(dialect: str) -> None:
    file = "SET @y = (SELECT COUNT(*) FROM t); SET @x = 1 /*!999999 , @y = 5 */; DO 1; | DO @y"
    assert way(dialect, file).reader == 4, shown(way(dialect, file))


@pytest.mark.parametrize(
    "sql",
    [
        "PRAGMA journal_mode = WAL",
        "PRAGMA main.journal_mode(DELETE)",
        "PRAGMA auto_vacuum = FULL",
        "PRAGMA page_size = 8192",
        "PRAGMA encoding = 'UTF-8'",
        "PRAGMA optimize",
        "PRAGMA optimize(0x10002)",
        "PRAGMA wal_checkpoint(TRUNCATE)",
        "PRAGMA incremental_vacuum(10)",
    ],
)
def test_a_pragma_of_the_file_is_nothing_to_ask_about(sql: str) -> None:
    assert not way("sqlite", f"{sql}; DELETE FROM t; | DELETE FROM t").reader


# --- for every statement --------------------------------------------------------------------------------------------


def statements(rows: Sequence[Any]) -> list[str]:
    return [each.values[0] for each in rows]


ALL = {
    "sqlite": statements(SQLITE),
    "postgres": statements(POSTGRES),
    "mysql": statements([*MYSQL_SETS, *MYSQL_ROWS, *MYSQL_PREPARED, *MYSQL_TEMPORARY, *MYSQL_DDL]),
}
ALL["mariadb"] = ALL["mysql"]
every_dialect = pytest.mark.parametrize("dialect", FORMS)


@every_dialect
@given(data=st.data())
def test_a_statement_whose_first_word_is_on_no_list_has_no_harmless_trait(dialect: str, data: st.DataObject) -> None:
    known = {*FORMS[dialect][0]()._rows}
    similar = st.sampled_from(sorted(known - {"("})).map("{}X".format)
    any_word = st.from_regex(r"[A-Za-z_][A-Za-z_0-9]*", fullmatch=True)
    word = data.draw((similar | any_word).filter(lambda each: each.upper() not in known))
    rest = data.draw(st.sampled_from(ALL[dialect])).partition(";")[0]
    (nature,) = natures(dialect, f"{word} {rest}")[:1]
    assert not nature.traits & HARMLESS
    if dialect != "sqlite":
        assert (nature.traits & Trait.WHOLE, "*" in nature.reads, "*" in nature.writes) == (Trait(0), True, True)


def respelled(sql: str, syntax: Syntax, gap: Callable[[], str], shout: bool) -> str:
    """Put a *gap* between the words where there is one, and turn the case of all that is not in quotes."""
    parts, end = list[str](), 0
    for kind, start, stop in migrate.tokenize(sql, 0, syntax):
        parts.append(gap() if sql[end:start].strip() == "" and end < start else sql[end:start])
        word = sql[start:stop]
        plain = kind not in ("quote", "comment", "conditional")
        parts.append((word.upper() if shout else word.lower()) if plain else word)
        end = stop
    return "".join([*parts, sql[end:]])


@every_dialect
@given(data=st.data())
def test_neither_comments_for_blanks_nor_the_case_of_letters_change_what_a_statement_is(
    dialect: str, data: st.DataObject
) -> None:
    sql = data.draw(st.sampled_from([each for each in ALL[dialect] if "--" not in each]))
    blanks = [" ", "\n\t", "/**/", "/* it's; f() @x */", " -- it's\n"]
    blanks += ["# it's\n"] if dialect in {"mariadb", "mysql"} else []
    again = respelled(sql, FORMS[dialect][1], lambda: data.draw(st.sampled_from(blanks)), data.draw(st.booleans()))
    assert natures(dialect, again) == natures(dialect, sql)


@every_dialect
@given(data=st.data())
def test_what_is_told_of_one_change_of_rows_holds_for_all_that_are_taken_to_be_alike(
    dialect: str, data: st.DataObject
) -> None:
    made, syntax = FORMS[dialect]
    verbs = re.compile("(?i)(insert|replace|update|delete) ")
    calls = "f", "nextval", "setval", "set_config", "pg_catalog . SET_CONFIG", "current_setting", "get_lock", "lower"
    more = [f"INSERT INTO t VALUES ({each} ('a', 'b'))" for each in calls]
    more += [
        "INSERT INTO t VALUES (1, 'x')",
        "UPDATE t SET a = g('x', 1) WHERE b = 2",
        "DELETE FROM t WHERE a IN ('x')",
    ]
    sql = data.draw(st.sampled_from([*filter(verbs.match, ALL[dialect]), *more]))
    literal = st.sampled_from(["1", "'search_path'", "'x'", "'s''t'", "20.5", "'@v'", "'set_config('"])
    others = [re.sub(r"(?<!\w)'[^']*'|(?<![\w.])\d+", lambda _: data.draw(literal), sql) for _ in range(3)]
    text = ";\n".join([*others, *(["SELECT 1", *others] if data.draw(st.booleans()) else [])])
    found = migrate.Statements(text, migrate.alike(text, lambda: syntax))
    assert [each.text for each in found] == [each.text for each in split_statements(text, syntax)]

    def told_of(statements: Sequence[migrate.Statement]) -> list[Nature]:
        return made().natures(statements, syntax, lambda _statement, same: same)

    assert told_of(found.briefs) == told_of([*found])


# --- how a file goes on ---------------------------------------------------------------------------------------------


def way(dialect: str, sql: str, *, hidden: bool = False) -> Way:
    """Return how a file goes on that has stopped at its bar."""
    done, _, rest = sql.partition("|")
    before = natures(dialect, done)
    return find_way(natures(dialect, f"{done} {rest}"), len(before), hidden=hidden)


def shown(found: Way) -> str:
    """Say how a file goes on, in a few words."""
    if found.reader:
        return f"{found.reader} lacks {found.key} of {found.lost}"
    parts = ("again", found.again), ("gone", found.gone), ("checks", found.checks)
    return ", ".join(f"{what} {' '.join(map(str, sorted(numbers)))}" for what, numbers in parts if numbers)


def ways(*cases: tuple[str, str, str]) -> pytest.MarkDecorator:
    return pytest.mark.parametrize(("sql", "expected"), [pytest.param(*rest, id=name) for name, *rest in cases])


@pytest.mark.parametrize("dialect", ["mariadb", "mysql"])
@ways(
    ("nothing of a session", "CREATE TABLE t (n INT); INSERT INTO t VALUES (1); | INSERT INTO t VALUES (2)", ""),
    ("a constant is set again", "SET @x = 1; INSERT INTO t VALUES (1); | INSERT INTO t VALUES (@x)", "again 1"),
    ("so is what comes of constants", "SET @x = 1; SET @y = @x + 1; DO 1; | DO @y", "again 1 2"),
    ("the time cannot be", "SET @x = NOW(); DO 1; | DO 2; DO @x", "4 lacks @x of 1"),
    ("nor what comes of it", "SET @x = NOW(); SET @y = @x; DO 1; | DO @y", "4 lacks @y of 2"),
    ("what nobody reads is not missed", "SET @x = NOW(); DO 1; | DO 2", ""),
    ("what is set anew is not missed", "SET @x = NOW(); DO 1; | SET @x = 2; DO @x", ""),
    ("but what is read first", "SET @x = NOW(); DO 1; | SET @x = @x + 1", "3 lacks @x of 1"),
    ("what was set anew before", "SET @x = NOW(); SET @x = 2; DO 1; | DO @x", "again 2"),
    ("whoever may read all", "SET @x = NOW(); DO 1; | CALL p()", "3 lacks @x of 1"),
    ("whoever may have written all", "SET @x = 1; CALL p(); | DO @x", "3 lacks * of 2"),
    ("and what was set since", "CALL p(); SET @x = 1; DO 1; | DO @x", "again 2"),
    ("but not from itself", "CALL p(); SET @x = @x + 1; DO 1; | DO @x", "4 lacks @x of 2"),
    ("a text that may do nothing",
     "SET @s = IF(@a, 'DROP TABLE t', ' do 0; '); PREPARE p FROM @s; EXECUTE p; | DELETE FROM t", "again 1 2"),
    ("or anything",
     "SET @s = IF(@a, 'DROP TABLE t', 'DO 0 + f()'); PREPARE p FROM @s; EXECUTE p; | INSERT INTO t VALUES (1)",
     "4 lacks set by code of 3"),
    ("a setting is read by all", "SET timestamp = 5 + f(); DO 1; | DO 2", "3 lacks set timestamp of 1"),
    ("and can be made again", "SET sql_mode = ''; DO 1; | DO 2", "again 1"),
    ("a setting that was kept", "SET @old = @@sql_mode, sql_mode = ''; DO 1; | SET sql_mode = @old", "again 1"),
    ("a variable in a row", "SELECT 1 INTO @x; DO 1; | DO @x", "3 lacks @x of 1"),
    ("one in an UPDATE", "UPDATE t SET a = (@n := a); DO 1; | DO @n", "3 lacks @n of 1"),
    ("a temporary table", "CREATE TEMPORARY TABLE t (n INT); DO 1; | SELECT * FROM t", "3 lacks temp t of 1"),
    ("one that is dropped", "CREATE TEMPORARY TABLE t (n INT); DO 1; DROP TEMPORARY TABLE t; | DO 2", ""),
    ("one that is dropped later", "CREATE TEMPORARY TABLE t (n INT); DO 1; | DROP TEMPORARY TABLE t; DO 2", "gone 3"),
    ("one that is looked at before", "CREATE TEMPORARY TABLE t (n INT); DO 1; | DO (SELECT 1 FROM t); DROP TABLE t",
     "3 lacks temp t of 1"),
    ("a prepared statement", "PREPARE p FROM 'DO 1'; DO 1; | EXECUTE p", "again 1"),
    ("a variable that is called as a table",
     "CREATE TEMPORARY TABLE t (n INT); SET @t = 1; SET @`T` = @t + 1; DO 1; | DO @t", "again 2 3"),
    ("one whose text is lost", "SET @s = (SELECT a FROM t); PREPARE p FROM @s; DO 1; | EXECUTE p",
     "4 lacks @s of 1"),
    ("one that is made of it later", "SET @s = (SELECT a FROM t); DO 1; | PREPARE p FROM @s", "3 lacks @s of 1"),
    ("a prepared statement let go", "PREPARE p FROM 'DO 1'; DO 1; DEALLOCATE PREPARE p; | DO 2", ""),
    ("one that was needed before", "PREPARE p FROM 'SET @x = 1'; EXECUTE p; DEALLOCATE PREPARE p; | DO @x",
     "again 1 2 3"),
    ("the count", "INSERT INTO t VALUES (1); | INSERT INTO t VALUES (ROW_COUNT())", "2 lacks count of 1"),
    ("the count after DDL", "INSERT INTO t VALUES (1); CREATE TABLE u (n INT); | DO ROW_COUNT()", ""),
    ("the rows found", "SELECT 1; DO 1; | DO FOUND_ROWS()", "3 lacks found of 1"),
    ("the rows found, which a block may leave", "SELECT 1; DO 1; | BEGIN NOT ATOMIC SET @x = 1; END; DO FOUND_ROWS()",
     "4 lacks found of 1"),
    ("the rows found, which VALUES may leave", "SELECT 1; DO 1; | VALUES ROW (1); DO FOUND_ROWS()",
     "4 lacks found of 1"),
    ("the last id", "INSERT INTO t VALUES (1); | DO LAST_INSERT_ID()", "2 lacks id of 1"),
    ("the last id, which another row may have given",
     "INSERT INTO t VALUES (1); | INSERT INTO t VALUES (2); DO LAST_INSERT_ID()", "checks 3"),
    ("the next id", "SET insert_id = 7; DO 1; | INSERT INTO t VALUES (1)", "3 lacks next of 1"),
    ("the next id, which WITH leaves",
     "SET insert_id = 7; WITH c AS (SELECT 1) SELECT * FROM c; | INSERT INTO t VALUES (1)", "3 lacks next of 1"),
    ("a lock", "DO GET_LOCK('a', 1); | DO RELEASE_LOCK('a')", "2 lacks lock of 1"),
)  # fmt: skip
def test_a_file_of_mysql_goes_on(dialect: str, sql: str, expected: str) -> None:
    assert shown(way(dialect, sql)) == expected


@pytest.mark.parametrize("dialect", ["mariadb", "mysql"])
def test_whoever_is_unknown_reads_the_last_id_only_where_the_database_has_such_code(dialect: str) -> None:
    file = "DO LAST_INSERT_ID(5); CREATE TABLE u (n INT); | INSERT INTO t VALUES (f())"
    assert shown(way(dialect, file)) == ""
    assert shown(way(dialect, file, hidden=True)) == "3 lacks id of 1"


RUNS = "PREPARE s FROM @q; EXECUTE s; DEALLOCATE PREPARE s;"
OF_ITS_OWN = {
    "BEGIN SET @x = 1; SELECT @x; END": "@x calm",
    "BEGIN SET @x := 1, @`a b` = 2; IF a THEN SELECT @x + @'a b'; END IF; END": "@a b @x calm",
    "BEGIN SET @x = @x + 1; END": "calm",
    "BEGIN SET @x = @y, @x = 1; SET @y = 1; END": "@x calm",
    "BEGIN SELECT 1 INTO @x; SELECT @x; END": "calm",  # of no row, nothing is written
    # An assignment holds to the end of its branch.
    "BEGIN IF a THEN SET @x = 1; END IF; SELECT @x; END": "calm",
    "BEGIN IF a THEN SET @x = 1; ELSE SET @y = @x; END IF; END": "@y calm",
    "BEGIN IF a THEN SET @x = 1; ELSEIF @x THEN SELECT 1; END IF; END": "calm",
    "BEGIN CASE a WHEN 1 THEN SET @x = 1; WHEN @x THEN SELECT 1; END CASE; END": "calm",
    "BEGIN IF a THEN SET @x = 1; ELSIF b THEN SELECT @x; END IF; END": "calm",
    "BEGIN SET @x = 1; EXCEPTION WHEN OTHERS THEN SELECT @x; END": "calm",
    "BEGIN GOTO l; SET @x = 1; <<l>> SELECT @x; END": "",
    "BEGIN l: LOOP SET @x = 1; LEAVE l; END LOOP; SELECT @x; END": "calm",
    "BEGIN l: WHILE a DO SET @x = 1; SELECT @x; END WHILE l; END": "@x calm",
    "BEGIN REPEAT SET @x = 1; UNTIL @x END REPEAT; END": "calm",
    "BEGIN FOR i IN 1 .. 3 DO SET @x = 1; END FOR; SELECT @x; END": "calm",
    "BEGIN SET @x = CASE WHEN a THEN 1 ELSE 2 END; SELECT @x; END": "calm",
    "BEGIN SET @y = CASE WHEN a THEN 1 ELSE IF(b, 1, 2) END; SET @x = 1; SELECT @x; END": "",  # not understood
    "BEGIN DECLARE CONTINUE HANDLER FOR NOT FOUND SET d = 1; SET @x = 1; SELECT @x; END": "",
    "BEGIN DECLARE EXIT HANDLER FOR SQLEXCEPTION BEGIN SELECT @x; END; SET @x = 1; END": "calm",
    "CREATE PROCEDURE p(n INT) BEGIN DECLARE v INT; SET @x = n; SELECT @x; END": "@x calm",
    # What EXECUTE runs.
    f"BEGIN SET @q = CONCAT('ALTER TABLE ', a, ' ADD b INT'); {RUNS} END": "@q calm prepared s",
    f"BEGIN IF a THEN SET @q = 'create unique index i on t (a)'; {RUNS} END IF; END": "@q calm prepared s",
    "BEGIN PREPARE s FROM 'DROP TABLE t'; EXECUTE s; DROP PREPARE s; END": "calm prepared s",
    f"BEGIN SET @q = CONCAT(a, 'ALTER TABLE t ADD b INT'); {RUNS} END": "@q prepared s",
    f"BEGIN SET @q = 'CREATE TABLE u SELECT f() AS n'; {RUNS} END": "@q prepared s",
    f"BEGIN SET @q = 'ALTER TABLE t ADD b INT'; CALL p(@q); {RUNS} END": "@q prepared s",
    f"BEGIN SET @q = 'ALTER TABLE t ADD b INT'; SELECT a INTO @q; {RUNS} END": "@q prepared s",
    f"BEGIN SET @q = 'ALTER TABLE t ADD b INT', @q = a; {RUNS} END": "@q prepared s",
    f"BEGIN {RUNS} END": "prepared s",
    "BEGIN EXECUTE s; END": "",
    "BEGIN EXECUTE s; PREPARE s FROM 'DROP TABLE t'; END": "",
    "BEGIN EXECUTE IMMEDIATE a; END": "",
    "BEGIN DECLARE EXIT HANDLER FOR 1 PREPARE s FROM 'CALL x()'; PREPARE s FROM 'DROP TABLE t'; EXECUTE s; END":
        "prepared s",
}  # fmt: skip


@pytest.mark.parametrize("code", OF_ITS_OWN)
def test_what_code_of_mysql_sets_before_it_reads_it_is_its_own(code: str) -> None:
    own = migrate._MySQLForms().own(migrate.spelled(code, migrate.MYSQL_SYNTAX))
    assert " ".join(sorted({"calm" if key == "code" else key for key in own})) == OF_ITS_OWN[code]


@pytest.mark.parametrize("sql", ["CALL p()", "INSERT INTO t VALUES (f())"])
def test_whoever_is_unknown_misses_no_sequence_of_mysql_which_has_none(sql: str) -> None:
    assert shown(way("mysql", f"INSERT INTO t VALUES (1); CREATE TABLE u (n INT); | {sql}")) == ""


@pytest.mark.parametrize("dialect", ["mariadb", "mysql"])
def test_the_next_id_that_a_row_may_or_may_not_have_taken_is_not_forgotten(dialect: str) -> None:
    found = way(dialect, "SET insert_id = 7; INSERT INTO u VALUES (1); | INSERT INTO t (n) VALUES (1)")
    assert found.reader == 3, shown(found)


@pytest.mark.parametrize("dialect", ["mariadb", "mysql"])
@pytest.mark.parametrize("sql", ["SHOW TABLES", "INSERT INTO u SELECT * FROM t", "CREATE TABLE u SELECT * FROM t"])
def test_the_rows_found_by_whatever_may_find_some_are_missed(dialect: str, sql: str) -> None:
    found = way(dialect, f"{sql}; CREATE TABLE v (n INT); | INSERT INTO t VALUES (FOUND_ROWS())")
    assert found.reader == 3, shown(found)


@pytest.mark.parametrize("dialect", ["mariadb", "mysql"])
def test_a_variable_that_a_select_sets_anew_is_not_missed(dialect: str) -> None:
    """Where there is no row, it has the value of before: that of a session that is gone."""
    file = "SELECT a INTO @x FROM t; INSERT INTO t VALUES (@x); | {}; INSERT INTO t VALUES (@x)"
    assert shown(way(dialect, file.format("SELECT MAX(a) INTO @x FROM t"))) == ""
    assert shown(way(dialect, file.format("SELECT a INTO @x FROM t"))) == "3 lacks @x of 1"
    assert shown(way(dialect, file.format("SELECT MAX(a) INTO @x FROM t LIMIT 0"))) == "3 lacks @x of 1"
    assert shown(way(dialect, file.format("SELECT 1 INTO @x WHERE 0"))) == "3 lacks @x of 1"
    assert shown(way(dialect, file.format("SELECT 1 INTO @x FROM DUAL WHERE 0"))) == "3 lacks @x of 1"


@ways(
    ("nothing of a session", "CREATE TABLE t (n int); INSERT INTO t VALUES (1); | INSERT INTO t VALUES (2)", ""),
    ("a setting", "SET search_path = a; INSERT INTO t VALUES (1); | INSERT INTO t VALUES (2)", "again 1"),
    ("a setting put back", "SET a = 1; DELETE FROM t; RESET a; | DELETE FROM t", "again 3"),
    ("a role", "SET role TO r; DELETE FROM t; | DELETE FROM t", "again 1"),
    ("a role, which RESET ALL leaves", "SET ROLE r; RESET ALL; DELETE FROM t; | DELETE FROM t", "again 1"),
    ("a role put back", "SET ROLE r; DELETE FROM t; RESET ROLE; | DELETE FROM t", "again 3"),
    ("all settings put back", "SET a = 1; SET b = 2; DELETE FROM t; RESET ALL; | DELETE FROM t", ""),
    ("a setting from data", "SELECT set_config('a', b, false) FROM t; DELETE FROM t; | DELETE FROM t",
     "3 lacks set a of 1"),
    ("a setting that only the data tells", "SELECT set_config(a, 'b', false) FROM t; DELETE FROM t; | DELETE FROM t",
     "3 lacks set * of 1"),
    ("settings that may be put back", "SET a = 1; BEGIN; RESET ALL; ROLLBACK; DELETE FROM t; | DELETE FROM t",
     "6 lacks set * of 3"),
    ("a temporary table", "CREATE TEMP TABLE t (n int); DELETE FROM u; | INSERT INTO t VALUES (1)",
     "3 lacks temp t of 1"),
    ("one made and dropped", "CREATE TEMP TABLE t (n int); DROP TABLE t; DELETE FROM u; | DELETE FROM u", ""),
    ("one made, dropped, and dropped with another",
     "CREATE TEMP TABLE t (n int); CREATE TEMP TABLE u (n int); DROP TABLE t; DROP TABLE t, u; | DELETE FROM u",
     "5 lacks temp u of 4"),
    ("all of them dropped", "CREATE TEMP TABLE t (n int); DISCARD TEMP; DELETE FROM u; | DELETE FROM t", ""),
    ("a prepared statement", "PREPARE p AS DELETE FROM t; DELETE FROM u; | EXECUTE p", "again 1"),
    ("a cursor", "DECLARE c CURSOR WITH HOLD FOR SELECT 1; DELETE FROM u; | FETCH c", "3 lacks cursor c of 1"),
    ("a cursor that is closed later", "DECLARE c CURSOR WITH HOLD FOR SELECT 1; DELETE FROM u; | CLOSE c", "gone 3"),
    ("lastval", "INSERT INTO t VALUES (1); | INSERT INTO t VALUES (lastval())", "2 lacks id of 1"),
    ("the unknown, and then nothing of a session", "CALL p(); | DELETE FROM t", ""),
    ("the unknown, and then what it may have set", "CALL p(); | SELECT current_setting('a')", "2 lacks * of 1"),
    ("the unknown twice", "CALL p(); | CALL p()", "2 lacks * of 1"),
    ("a channel", "LISTEN x; DELETE FROM t; | NOTIFY x", "again 1"),
)  # fmt: skip
def test_a_file_of_postgres_goes_on(sql: str, expected: str) -> None:
    assert shown(way("postgres", sql)) == expected


@ways(
    ("nothing of a session", "CREATE TABLE t (n); INSERT INTO t VALUES (1); | INSERT INTO t VALUES (2)", ""),
    ("a pragma", "PRAGMA foreign_keys = ON; DELETE FROM t; | DELETE FROM t", "again 1"),
    ("a temporary table", "CREATE TEMP TABLE t (n); DELETE FROM u; | INSERT INTO t VALUES (1)",
     "3 lacks temp t of 1"),
    ("a temporary trigger",
     "CREATE TEMP TRIGGER g AFTER DELETE ON t BEGIN SELECT 1; END; DELETE FROM u; | DELETE FROM t",
     "3 lacks trigger g of 1"),
    ("one made and dropped", "CREATE TEMP TABLE t (n); DROP TABLE t; DELETE FROM u; | DELETE FROM u", ""),
    ("changes()", "DELETE FROM t; | INSERT INTO u VALUES (changes())", "2 lacks count of 1"),
    ("changes() of the rest", "DELETE FROM t; | DELETE FROM t; INSERT INTO u VALUES (changes())", ""),
    ("last_insert_rowid()", "INSERT INTO t VALUES (1); | INSERT INTO t VALUES (last_insert_rowid())",
     "2 lacks id of 1"),
)  # fmt: skip
def test_a_file_of_sqlite_goes_on(sql: str, expected: str) -> None:
    assert shown(way("sqlite", sql)) == expected


# --- what goes together ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("dialect", "sql", "expected"),
    [
        pytest.param("mysql", "DO 1; DO 2; DO 3", {}, id="nothing is asked"),
        pytest.param("mysql", "UPDATE t SET a = 1; SET @x = ROW_COUNT(); DO 3", {1: 2}, id="the count"),
        pytest.param("mysql", "UPDATE t SET a = 1; DO 2; SET @x = ROW_COUNT()", {2: 3}, id="the count of the last"),
        pytest.param("mysql", "UPDATE t SET a = 1; TRUNCATE t; SET @x = ROW_COUNT()", {}, id="0 after DDL"),
        pytest.param("mysql", "SELECT 1; DO 2; SET @x = FOUND_ROWS()", {1: 3}, id="the rows found"),
        pytest.param(
            "mysql",
            "SELECT 1; DELETE FROM t; BEGIN NOT ATOMIC DELETE FROM t; END; DO FOUND_ROWS()",
            {1: 4},
            id="which a block may leave",
        ),
        pytest.param("mysql", "CREATE TABLE t SELECT 1; DO ROW_COUNT()", {1: 2}, id="a table from rows"),
        pytest.param("mysql", "CALL p(); DO ROW_COUNT()", {1: 2}, id="a procedure"),
        pytest.param("mysql", "DO 1; CALL p()", {1: 2}, id="which may ask for the count before it"),
        pytest.param("mysql", "DO 1; DO ROW_COUNT(); DO ROW_COUNT()", {1: 3}, id="a chain"),
        pytest.param("mysql", "DO 1; SET @x = @@warning_count", {1: 2}, id="the warnings"),
        pytest.param("mysql", "DO 1; SET @x = @@in_transaction; DO 2", {2: 2}, id="if a transaction is open"),
        pytest.param("mysql", "DO ROW_COUNT()", {}, id="the first"),
        pytest.param("sqlite", "DELETE FROM t; INSERT INTO u VALUES (changes())", {1: 2}, id="changes()"),
        pytest.param("sqlite", "DELETE FROM t; SELECT 1; SELECT changes()", {1: 3}, id="which a look leaves"),
        pytest.param("postgres", "INSERT INTO t VALUES (1); SELECT lastval()", {}, id="lastval() is nobody's"),
    ],
)
def test_no_note_may_stand_between(dialect: str, sql: str, expected: dict[int, int]) -> None:
    assert find_spans(natures(dialect, sql)) == expected


def test_no_note_of_sqlite_may_stand_before_who_reads_the_last_id() -> None:
    found = natures("sqlite", "INSERT INTO t VALUES (1); DELETE FROM u; SELECT last_insert_rowid()")
    assert find_spans(found, FORMS["sqlite"][0].together) == {1: 3}
