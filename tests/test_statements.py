"""Statements: text in, statements out.

The tables say what psql, sqlite3 and mysql were seen to do with the same files.
"""

from __future__ import annotations

import contextlib
import itertools
import re
import sqlite3
from typing import TYPE_CHECKING

import inside
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

import migrate
from migrate import Statement, Syntax, bare, first_word, split_statements

if TYPE_CHECKING:
    from pathlib import Path

    from servers import Database

SQLITE, POSTGRES, MYSQL = migrate.SQLITE_SYNTAX, migrate.POSTGRES_SYNTAX, migrate.MYSQL_SYNTAX
SYNTAXES = {
    "sqlite": SQLITE,
    "postgres": POSTGRES,
    "postgres, backslash strings": migrate.POSTGRES_BACKSLASH_STRINGS,
    "mysql": MYSQL,
    "mysql, NO_BACKSLASH_ESCAPES": migrate.MYSQL_NO_BACKSLASH_ESCAPES,
    "mysql, ANSI_QUOTES": migrate.MYSQL_ANSI_QUOTES,
}
every_syntax = pytest.mark.parametrize("syntax", SYNTAXES.values(), ids=SYNTAXES)


def texts(sql: str, syntax: Syntax) -> list[str]:
    """Give the statements; a faulty one with its fault in front."""
    return [f"{each.fault}: {each.text}" if each.fault else each.text for each in split_statements(sql, syntax)]


def case(name: str, sql: str, *statements: str) -> object:
    return pytest.param(sql, list(statements), id=name)


EVERYWHERE = [
    case("nothing", ""),
    case("blanks", " \t\r\n\f "),
    case("delimiters", ";; ;\n;"),
    case("comments", "-- a; b\n/* c; d */\n-- no line break"),
    case("one without delimiter", "SELECT 1", "SELECT 1"),
    case("comment around", "-- a\nSELECT 1 -- b;\n; /* c */", "SELECT 1"),
    case("comment at the end of the file", "SELECT 1;\nSELECT 2\n-- the end", "SELECT 1", "SELECT 2"),
    case("comment inside", "SELECT /* a; */ 1 -- b;\n + 2;", "SELECT /* a; */ 1 -- b;\n + 2"),
    case("comments apart at the end", "SELECT 1 /* a */ -- b\n /* c */ ;", "SELECT 1"),
    case("semicolon in a string", "SELECT ';'; SELECT 'it''s; '", "SELECT ';'", "SELECT 'it''s; '"),
    case("quote in a comment", "SELECT 1 -- it's\n; SELECT /* ' */ 2;", "SELECT 1", "SELECT /* ' */ 2"),
    case("comment in a string", "SELECT '--', '/*'; SELECT 2", "SELECT '--', '/*'", "SELECT 2"),
    case("string over lines", "SELECT 'a\n;\n-- b'; SELECT 2", "SELECT 'a\n;\n-- b'", "SELECT 2"),
    case("comment that looks closed", "SELECT 1 /*/ ; */ + 1; SELECT 2", "SELECT 1 /*/ ; */ + 1", "SELECT 2"),
    case("empty comment", "/**/SELECT/**/1/**/;", "SELECT/**/1"),
    case("stars", "/***; **/ SELECT 1 /* * / ; */ + 2;", "SELECT 1 /* * / ; */ + 2"),
    case("Windows line ends", "SELECT 1;\r\n-- a;\r\nSELECT 2;\r\n", "SELECT 1", "SELECT 2"),
    case("markers", "SELECT '%s', :x, ?, 5 % 2; SELECT 2", "SELECT '%s', :x, ?, 5 % 2", "SELECT 2"),
    case("letters beyond ASCII", "SELECT 'é;ü' AS größe; SELECT '😀;'", "SELECT 'é;ü' AS größe", "SELECT '😀;'"),
    case("a space that is no blank", "\xa0SELECT 1;", "\xa0SELECT 1"),
    case("CASE", "SELECT CASE WHEN 1 THEN 2 END; SELECT 3", "SELECT CASE WHEN 1 THEN 2 END", "SELECT 3"),
    case("BEGIN", "BEGIN; SELECT 1; END; COMMIT;", "BEGIN", "SELECT 1", "END", "COMMIT"),
    case("division", "SELECT 4 / 2, 2*/*two*/3; SELECT 2", "SELECT 4 / 2, 2*/*two*/3", "SELECT 2"),
    case("unclosed string", "SELECT 1; SELECT 'a; SELECT 2;\n", "SELECT 1", "unclosed quote: SELECT 'a; SELECT 2;"),
    case(
        "unclosed comment",
        "SELECT 1; SELECT 2 /* a; SELECT 3;",
        "SELECT 1",
        "unclosed comment: SELECT 2 /* a; SELECT 3;",
    ),
    case("unclosed comment alone", "SELECT 1;\n/* a; SELECT 3;", "SELECT 1", "unclosed comment: /* a; SELECT 3;"),
    case("unclosed after a comment", "SELECT 1 /* a */ 'b", "unclosed quote: SELECT 1 /* a */ 'b"),
]

TRIGGER = "CREATE TRIGGER t AFTER INSERT ON x BEGIN UPDATE x SET a = 1; DELETE FROM y; END"
IN_SQLITE = [
    case("double quotes", 'SELECT ";", "a"";"; SELECT 2', 'SELECT ";", "a"";"', "SELECT 2"),
    case("backticks", "SELECT `;`; SELECT 2", "SELECT `;`", "SELECT 2"),
    case("brackets", "SELECT [a;b], [it's]; SELECT 2", "SELECT [a;b], [it's]", "SELECT 2"),
    case("unclosed bracket", "SELECT [a; SELECT 2", "unclosed quote: SELECT [a; SELECT 2"),
    case("backslash", r"SELECT '\'; SELECT 2", r"SELECT '\'", "SELECT 2"),
    case("comments do not nest", "SELECT 1 /* /* a */ + 1; SELECT 2 /* */", "SELECT 1 /* /* a */ + 1", "SELECT 2"),
    case("lone carriage return in a comment", "-- a\rSELECT 1;\nSELECT 2", "SELECT 2"),
    case("dashes need no blank", "SELECT 5--1;\n; SELECT 2", "SELECT 5", "SELECT 2"),
    case("dollar signs", "SELECT a$b, $$; SELECT 2", "SELECT a$b, $$", "SELECT 2"),
    case("parenthesis", "SELECT (1; SELECT 2)", "SELECT (1", "SELECT 2)"),
    case("trigger", f"{TRIGGER}; SELECT 1", TRIGGER, "SELECT 1"),
    case("trigger at the end of the file", TRIGGER, TRIGGER),
    case("two triggers", f"{TRIGGER};{TRIGGER};", TRIGGER, TRIGGER),
    case("temporary trigger", f"CREATE TEMP {TRIGGER[7:]}; SELECT 1", f"CREATE TEMP {TRIGGER[7:]}", "SELECT 1"),
    case("temporary, long", f"create temporary {TRIGGER[7:]}; SELECT 1", f"create temporary {TRIGGER[7:]}", "SELECT 1"),
    case("explained trigger", f"EXPLAIN {TRIGGER}; SELECT 1", f"EXPLAIN {TRIGGER}", "SELECT 1"),
    case("explained plan", f"EXPLAIN QUERY PLAN {TRIGGER}; SELECT 1", f"EXPLAIN QUERY PLAN {TRIGGER}", "SELECT 1"),
    case(
        "trigger with CASE",
        "CREATE TRIGGER t AFTER INSERT ON x BEGIN SELECT CASE WHEN 1 THEN 2 END; SELECT 3; END; SELECT 4",
        "CREATE TRIGGER t AFTER INSERT ON x BEGIN SELECT CASE WHEN 1 THEN 2 END; SELECT 3; END",
        "SELECT 4",
    ),
    case(
        "trigger with comments",
        "CREATE /* a */ TRIGGER -- b\nt AFTER INSERT ON x BEGIN SELECT 1; /* ; END; */ SELECT ';END;'; -- c\n"
        "END /* d */ ; SELECT 4",
        "CREATE /* a */ TRIGGER -- b\nt AFTER INSERT ON x BEGIN SELECT 1; /* ; END; */ SELECT ';END;'; -- c\nEND",
        "SELECT 4",
    ),
    case(
        "a column named end",
        "CREATE TRIGGER t AFTER INSERT ON x BEGIN SELECT 1; SELECT endless FROM ending; END; SELECT 4",
        "CREATE TRIGGER t AFTER INSERT ON x BEGIN SELECT 1; SELECT endless FROM ending; END",
        "SELECT 4",
    ),
    case(
        "a trigger without END",
        "CREATE TRIGGER t BEGIN SELECT 1; SELECT 2;",
        "CREATE TRIGGER t BEGIN SELECT 1; SELECT 2;",
    ),
    case("a table named trigger", "CREATE TABLE trigger (a); SELECT 1", "CREATE TABLE trigger (a)", "SELECT 1"),
    case("DROP TRIGGER", "DROP TRIGGER t; SELECT 1; END", "DROP TRIGGER t", "SELECT 1", "END"),
    case("dot command", "SELECT 1;\n.mode csv;\nSELECT 2;", "SELECT 1", "client command: .mode csv;", "SELECT 2"),
    case("a number with a dot", "SELECT\n.5; SELECT 2", "SELECT\n.5", "SELECT 2"),
]

ATOMIC = "CREATE FUNCTION f() RETURNS int BEGIN ATOMIC SELECT CASE WHEN true THEN 1 END; SELECT 2; END"
IN_POSTGRES = [
    case("dollar quotes", "SELECT $$;'$$; SELECT 2", "SELECT $$;'$$", "SELECT 2"),
    case("tags", "SELECT $a$ ; $b$ ; $ab$ $a$; SELECT 2", "SELECT $a$ ; $b$ ; $ab$ $a$", "SELECT 2"),
    case("a tag glued to text", "SELECT $a$ x$a$; SELECT 2", "SELECT $a$ x$a$", "SELECT 2"),
    case("tag beyond ASCII", "SELECT $é1$;$é1$; SELECT 2", "SELECT $é1$;$é1$", "SELECT 2"),
    case("tags in capitals differ", "SELECT $a$;$A$;$a$; SELECT 2", "SELECT $a$;$A$;$a$", "SELECT 2"),
    case(
        "dollar signs in identifiers", "SELECT a$b$c; SELECT é$$ ; SELECT 3", "SELECT a$b$c", "SELECT é$$", "SELECT 3"
    ),
    case("parameters", "SELECT $1; SELECT $2$", "SELECT $1", "SELECT $2$"),
    case("unclosed dollar quote", "SELECT $a$;$b$; SELECT 2", "unclosed dollar quote: SELECT $a$;$b$; SELECT 2"),
    case("comments nest", "SELECT 1 /* /* ; */ ; */ + 1; SELECT 2", "SELECT 1 /* /* ; */ ; */ + 1", "SELECT 2"),
    case("unclosed nested comment", "SELECT 1 /* /* ; */ ;", "unclosed comment: SELECT 1 /* /* ; */ ;"),
    case(
        "comment in an operator", "SELECT 1 +/* ; */ 2; SELECT 3 @-- ;\n 4", "SELECT 1 +/* ; */ 2", "SELECT 3 @-- ;\n 4"
    ),
    case("backslash in a string", r"SELECT '\'; SELECT 2", r"SELECT '\'", "SELECT 2"),
    case("backslash in E", r"SELECT E'\';', e'\\'; SELECT 2", r"SELECT E'\';', e'\\'", "SELECT 2"),
    case("doubled quote in E", r"SELECT E'a''\';'; SELECT 2", r"SELECT E'a''\';'", "SELECT 2"),
    case("E over lines", "SELECT E'a' -- b\n '\\';'; SELECT 2", "SELECT E'a' -- b\n '\\';'", "SELECT 2"),
    case("a string after E", r"SELECT E'a', '\'; SELECT 2", r"SELECT E'a', '\'", "SELECT 2"),
    case("a type ending in E", r"SELECT date'\'; SELECT 2", r"SELECT date'\'", "SELECT 2"),
    case("other strings", r"SELECT U&'\', B'', X'', N';'; SELECT 2", r"SELECT U&'\', B'', X'', N';'", "SELECT 2"),
    case("identifiers", 'SELECT ";""", U&"\\"; SELECT 2', 'SELECT ";""", U&"\\"', "SELECT 2"),
    case("backticks are operators", "SELECT `; SELECT 2", "SELECT `", "SELECT 2"),
    case("brackets", "SELECT a[1]; SELECT '[', ARRAY[2]", "SELECT a[1]", "SELECT '[', ARRAY[2]"),
    case(
        "rule",
        "CREATE RULE r AS ON INSERT TO t DO (SELECT 1; SELECT 2); SELECT 3",
        "CREATE RULE r AS ON INSERT TO t DO (SELECT 1; SELECT 2)",
        "SELECT 3",
    ),
    case("a number with a dot at its end", "SELECT (1.); SELECT 2", "SELECT (1.)", "SELECT 2"),
    case(
        "such a number in CASE",
        "CREATE FUNCTION f() RETURNS int BEGIN ATOMIC SELECT CASE WHEN true THEN 1. END; SELECT 2; END; SELECT 3",
        "CREATE FUNCTION f() RETURNS int BEGIN ATOMIC SELECT CASE WHEN true THEN 1. END; SELECT 2; END",
        "SELECT 3",
    ),
    case("a parenthesis too many", "SELECT 1); SELECT (2;", "SELECT 1)", "SELECT (2;"),
    case("atomic body", f"{ATOMIC}; SELECT 3", ATOMIC, "SELECT 3"),
    case(
        "atomic procedure",
        "CREATE OR REPLACE PROCEDURE p() BEGIN ATOMIC SELECT 1; END; SELECT 2",
        "CREATE OR REPLACE PROCEDURE p() BEGIN ATOMIC SELECT 1; END",
        "SELECT 2",
    ),
    case(
        "columns named end and case",
        "CREATE FUNCTION f() RETURNS int BEGIN ATOMIC SELECT t.case AS end FROM t; END; SELECT 2",
        "CREATE FUNCTION f() RETURNS int BEGIN ATOMIC SELECT t.case AS end FROM t; END",
        "SELECT 2",
    ),
    case(
        "arguments named begin and end",
        'CREATE FUNCTION f(begin int, "end" int) RETURNS int AS $$;$$; SELECT 2',
        'CREATE FUNCTION f(begin int, "end" int) RETURNS int AS $$;$$',
        "SELECT 2",
    ),
    case(
        "operators in a body",
        "CREATE FUNCTION f() RETURNS int BEGIN ATOMIC SELECT 5 # 3 - 1; SELECT 2; END; SELECT 3",
        "CREATE FUNCTION f() RETURNS int BEGIN ATOMIC SELECT 5 # 3 - 1; SELECT 2; END",
        "SELECT 3",
    ),
    case("transaction", "BEGIN; SELECT 1; END; BEGIN ATOMIC", "BEGIN", "SELECT 1", "END", "BEGIN ATOMIC"),
    case("lone carriage return ends a comment", "-- a\rSELECT 1; -- b\r\nSELECT 2", "SELECT 1", "SELECT 2"),
    case("psql command", "\\set x 1\nSELECT 2;", "client command: \\set x 1", "SELECT 2"),
    case("psql command after code", "SELECT 1 \\gx\nSELECT 2;", "client command: SELECT 1 \\gx", "SELECT 2"),
    case("psql command at the end", "SELECT 1 \\g", "client command: SELECT 1 \\g"),
    case("pg_dump", "-- dump\n\\restrict aB3\r\n\nSELECT 1;\n\n\\unrestrict aB3 \n\n", "SELECT 1"),
    case("pg_dump, in a line", "SELECT 1; \\restrict aB3\nSELECT 2", "SELECT 1", "SELECT 2"),
    case("pg_dump, in a statement", "SELECT 1\n\\restrict aB3\n", "client command: SELECT 1\n\\restrict aB3"),
    case(
        "nearly pg_dump",
        "\\restrict a;\n\\restricted a\n",
        "client command: \\restrict a;",
        "client command: \\restricted a",
    ),
    case("COPY", "COPY t FROM STDIN;\n1;'\n\\.\nSELECT 1", "COPY t FROM STDIN;\n1;'\n\\.", "SELECT 1"),
    case("COPY without data", "COPY t FROM STDIN;\n1\n\\. \n", "COPY t FROM STDIN", "client command: 1\n\\."),
    case(
        "a query in COPY",
        "COPY (SELECT 1 FROM stdin) TO '/x';\n\\.\n",
        "COPY (SELECT 1 FROM stdin) TO '/x'",
        "client command: \\.",
    ),
]

PROCEDURE = "CREATE PROCEDURE p() BEGIN SELECT 1; SELECT 2; END"


def routine(name: str, body: str) -> object:
    """Tell that *body* ends where it ends, though nothing changes the delimiter."""
    return case(name, f"SELECT 1; {body}; SELECT 2;", "SELECT 1", body, "SELECT 2")


IN_MYSQL = [
    case("backslash", r"SELECT '\';', '\\'; SELECT 2", r"SELECT '\';', '\\'", "SELECT 2"),
    case("backslash in double quotes", r'SELECT "\";"; SELECT 2', r'SELECT "\";"', "SELECT 2"),
    case("backslash in backticks", r"SELECT `\`; SELECT 2", r"SELECT `\`", "SELECT 2"),
    case("doubled quotes", "SELECT ''';', \"\"\";\", ```;`; SELECT 2", "SELECT ''';', \"\"\";\", ```;`", "SELECT 2"),
    case("hash comment", "# a; b\nSELECT 1 # it's;\n; SELECT 2 #", "SELECT 1", "SELECT 2"),
    case("two minus signs", "SELECT 5--1; SELECT 2", "SELECT 5--1", "SELECT 2"),
    case("dashes and a blank", "SELECT 5-- 1;\n; SELECT 5--\t1;\n", "SELECT 5", "SELECT 5"),
    case("dashes before a statement", "--it's;\nSELECT 1;\n--", "SELECT 1"),
    case("dashes at the end", "SELECT 5--", "SELECT 5"),
    case("lone carriage return in a comment", "-- a\rSELECT 1;\nSELECT 2", "SELECT 2"),
    case("comments do not nest", "SELECT 1 /* /* a */ + 1; SELECT 2", "SELECT 1 /* /* a */ + 1", "SELECT 2"),
    case("conditional comment", "/*!40101 SET NAMES utf8 */;\nSELECT 1", "/*!40101 SET NAMES utf8 */", "SELECT 1"),
    case(
        "conditional comment of MariaDB", "/*M!100100 SELECT ';' */; SELECT 1", "/*M!100100 SELECT ';' */", "SELECT 1"
    ),
    case("comment in a conditional one", "/*! SELECT /* ; */ 1 */; SELECT 2", "/*! SELECT /* ; */ 1 */", "SELECT 2"),
    case(
        "conditional in conditional",
        "/*!1 A (/*!2 b + */ 2; ) */; SELECT *",
        "unclosed comment: /*!1 A (/*!2 b + */ 2",
        ") */",
        "SELECT *",
    ),
    case("conditional comment inside", "SELECT /*!1 ';', */ 1; SELECT 2", "SELECT /*!1 ';', */ 1", "SELECT 2"),
    case("the client splits there", "/*!1 SELECT 1; SELECT 2 */;", "unclosed comment: /*!1 SELECT 1", "SELECT 2 */"),
    case("unclosed conditional comment", "/*!1 SELECT 1", "unclosed comment: /*!1 SELECT 1"),
    case("hint", "SELECT /*+ MAX_EXECUTION_TIME(1); */ 1;", "SELECT /*+ MAX_EXECUTION_TIME(1); */ 1"),
    case("sandbox line of a dump", "/*M!999999\\- enable the sandbox mode */ \nSELECT 1;", "SELECT 1"),
    case("dollar signs", "SELECT $$; SELECT '$$'", "SELECT $$", "SELECT '$$'"),
    case("go", "SELECT 1\\g SELECT 2\\G\nSELECT 3", "SELECT 1", "SELECT 2", "SELECT 3"),
    case("go for nothing", "\\g\nSELECT 1;\\G", "SELECT 1"),
    case("NULL", r"SELECT \N; SELECT 2", r"SELECT \N", "SELECT 2"),
    case("short command", "SELECT 1 \\p;\nSELECT 2", "client command: SELECT 1 \\p;", "SELECT 2"),
    case("source", "source a.sql;\nSELECT 1", "client command: source a.sql;", "SELECT 1"),
    case("command alone", "SELECT 1;\n  STATUS\nSELECT 2", "SELECT 1", "client command: STATUS", "SELECT 2"),
    case("words that begin like a command", "SELECT 1;\nsystem_a; SELECT 2", "SELECT 1", "system_a", "SELECT 2"),
    case("USE is for the server", "USE app; SELECT 1", "USE app", "SELECT 1"),
    case("DELIMITER", f"DELIMITER ;;\n{PROCEDURE};;\nDELIMITER ;\nSELECT 1;", PROCEDURE, "SELECT 1"),
    case(
        "delimiter",
        f"  delimiter\t// -- a\n{PROCEDURE} //\n{PROCEDURE}//\nSELECT 1;",
        PROCEDURE,
        PROCEDURE,
        "SELECT 1;",
    ),
    case("DELIMITER $$", f"DELIMITER $$\r\n{PROCEDURE}$$\r\nDELIMITER ;\r\nSELECT 1", PROCEDURE, "SELECT 1"),
    case("DELIMITER in quotes", "DELIMITER '|'\nSELECT 1; | SELECT 2|", "SELECT 1;", "SELECT 2"),
    case("a delimiter after a star", "DELIMITER //\nSELECT *// SELECT 2 *//", "SELECT *", "SELECT 2 *"),
    case("a word as delimiter", "DELIMITER go\nSELECT 1 go SELECT cargo", "SELECT 1", "SELECT car"),
    case(
        "a comment sign as delimiter",
        "DELIMITER #\nSELECT 1;# SELECT 2 # # SELECT 3",
        "SELECT 1;",
        "SELECT 2",
        "SELECT 3",
    ),
    case(
        "delimiter in quotes and comments",
        "DELIMITER //\nSELECT '//' /* // */ -- //\n// SELECT 2",
        "SELECT '//'",
        "SELECT 2",
    ),
    case(
        "delimiter in a conditional comment",
        "DELIMITER ;;\n/*!1 SELECT ; */;; SELECT 2",
        "/*!1 SELECT ; */",
        "SELECT 2",
    ),
    case("DELIMITER inside a statement", "SELECT 1\nDELIMITER //\n; SELECT 2", "SELECT 1\nDELIMITER //", "SELECT 2"),
    case("DELIMITER without one", "DELIMITER\nSELECT 1", "client command: DELIMITER", "SELECT 1"),
    case("DELIMITER with a backslash", "DELIMITER a\\b\nSELECT 1", "client command: DELIMITER a\\b", "SELECT 1"),
    case("a word that begins like DELIMITER", "delimiters; SELECT 1", "delimiters", "SELECT 1"),
    case(
        "trigger as mysqldump writes it",
        "DELIMITER ;;\n"
        "/*!50003 CREATE*/ /*!50017 DEFINER=`a`@`%`*/ /*!50003 TRIGGER t BEFORE INSERT ON x FOR EACH ROW BEGIN\n"
        "SET NEW.a = ';;'; SET NEW.b = 1; END */;;\nDELIMITER ;\n",
        "/*!50003 CREATE*/ /*!50017 DEFINER=`a`@`%`*/ /*!50003 TRIGGER t BEFORE INSERT ON x FOR EACH ROW BEGIN\n"
        "SET NEW.a = ';;'; SET NEW.b = 1; END */",
    ),
    case(
        "the same without DELIMITER",
        "/*!50003 CREATE*/ /*!50017 DEFINER=`a`@`%`*/ /*!50003 TRIGGER t BEFORE INSERT ON x\n"
        "FOR EACH ROW BEGIN SET NEW.a = 1; END */; SELECT 2",
        "/*!50003 CREATE*/ /*!50017 DEFINER=`a`@`%`*/ /*!50003 TRIGGER t BEFORE INSERT ON x\n"
        "FOR EACH ROW BEGIN SET NEW.a = 1; END */",
        "SELECT 2",
    ),
    case(
        "a table with such columns",
        "CREATE TABLE t (event INT, begin INT, end INT); SELECT `begin`",
        "CREATE TABLE t (event INT, begin INT, end INT)",
        "SELECT `begin`",
    ),
    case(
        "a view with CASE",
        "CREATE VIEW v AS SELECT CASE 1 WHEN 1 THEN 2 END; SELECT 2",
        "CREATE VIEW v AS SELECT CASE 1 WHEN 1 THEN 2 END",
        "SELECT 2",
    ),
    case("transaction", "BEGIN; SELECT 1; BEGIN WORK; COMMIT", "BEGIN", "SELECT 1", "BEGIN WORK", "COMMIT"),
    case("XA", "XA BEGIN 'a'; XA END 'a'; SELECT 1", "XA BEGIN 'a'", "XA END 'a'", "SELECT 1"),
]

# Each of these was created on MariaDB 10.11 as the lexer gives it.
ROUTINES = [
    routine("procedure", PROCEDURE),
    routine("OR REPLACE", "CREATE OR REPLACE PROCEDURE p() BEGIN SELECT 1; END"),
    routine("IF NOT EXISTS", "CREATE PROCEDURE IF NOT EXISTS p() BEGIN SELECT 1; END"),
    routine("definer", "CREATE DEFINER = `root`@`localhost` PROCEDURE p() BEGIN SELECT 1; END"),
    routine("definer as a function", "create definer=current_user() procedure p() begin select 1; end"),
    routine("definer unquoted", "CREATE DEFINER=root@localhost PROCEDURE p() BEGIN SELECT 1; END"),
    routine("comments before BEGIN", "CREATE -- a\nPROCEDURE /* b; */ p() # c\nBEGIN SELECT 1; END"),
    routine(
        "characteristics",
        "CREATE PROCEDURE p(IN a INT) COMMENT 'b; BEGIN' LANGUAGE SQL NOT DETERMINISTIC BEGIN SELECT a; END",
    ),
    routine("no block", "CREATE PROCEDURE p() SELECT IF(1, 2, 3), REPEAT('a', 3)"),
    routine(
        "function with RETURN",
        "CREATE FUNCTION f(a INT) RETURNS INT DETERMINISTIC RETURN IF(a > 1, CASE a WHEN 1 THEN 2 END, 3)",
    ),
    routine(
        "function",
        "CREATE FUNCTION f() RETURNS INT DETERMINISTIC BEGIN DECLARE a INT DEFAULT IF(1, 2, 3); RETURN a; END",
    ),
    routine(
        "only IF", "CREATE PROCEDURE p(a INT) IF a > 1 THEN SELECT 1; ELSEIF a THEN SELECT 2; ELSE SELECT 3; END IF"
    ),
    routine("only WHILE", "CREATE PROCEDURE p() WHILE @a > 0 DO SET @a = @a - 1; END WHILE"),
    routine("only LOOP", "CREATE PROCEDURE p() l: LOOP LEAVE l; END LOOP l"),
    routine("only REPEAT", "CREATE PROCEDURE p() REPEAT SET @a = 1; UNTIL CASE 1 WHEN 1 THEN 1 END END REPEAT"),
    routine("only CASE", "CREATE PROCEDURE p(a INT) CASE a WHEN 1 THEN SELECT 1; ELSE BEGIN END; END CASE"),
    routine("blocks in blocks", "CREATE PROCEDURE p() BEGIN BEGIN SELECT 1; BEGIN END; END; SELECT 2; END"),
    routine(
        "IF",
        "CREATE PROCEDURE p() BEGIN IF (1 > 2) THEN SELECT 1; ELSE IF 2 THEN SELECT 2; END IF; END IF; SELECT 3; END",
    ),
    routine("IF EXISTS", "CREATE PROCEDURE p() BEGIN IF EXISTS (SELECT 1) THEN DROP TABLE IF EXISTS b; END IF; END"),
    routine(
        "IF in an expression",
        "CREATE PROCEDURE p() BEGIN SELECT IF(1, 2, 3); SET @a = IF(1, 2, 3); DO IF(1, 2, 3); END",
    ),
    routine(
        "CASE in an expression",
        "CREATE PROCEDURE p() BEGIN SELECT CASE WHEN 1 THEN IF(1, 2, 3) ELSE REPEAT('a', 2) END; SELECT 2; END",
    ),
    routine(
        "CASE in CASE",
        "CREATE PROCEDURE p() BEGIN CASE WHEN 1 THEN SELECT CASE 1 WHEN 1 THEN 2 END; "
        "ELSE CASE 1 WHEN 1 THEN BEGIN END; END CASE; END CASE; END",
    ),
    routine(
        "loops",
        "CREATE PROCEDURE p() BEGIN a: LOOP b: WHILE 1 DO LEAVE a; END WHILE b; END LOOP a; "
        "REPEAT SET @a = 1; UNTIL @a END REPEAT; END",
    ),
    routine("label in backticks", "CREATE PROCEDURE p() `a;b`: BEGIN SELECT 1; LEAVE `a;b`; END `a;b`"),
    routine("DO in WHILE", "CREATE PROCEDURE p() BEGIN WHILE 0 DO DO IF(1, 2, 3); DO REPEAT('a', 2); END WHILE; END"),
    routine(
        "FOR",
        "CREATE PROCEDURE p() BEGIN FOR i IN 1..3 DO SELECT i; END FOR; "
        "FOR r IN (SELECT 1 AS a) DO BEGIN END; END FOR; END",
    ),
    routine(
        "handlers",
        "CREATE PROCEDURE p() BEGIN DECLARE EXIT HANDLER FOR SQLEXCEPTION, NOT FOUND BEGIN ROLLBACK; END; "
        "DECLARE CONTINUE HANDLER FOR 1062 SET @a = IF(1, 2, 3); SELECT 1; END",
    ),
    routine(
        "handler with IF",
        "CREATE PROCEDURE p() BEGIN DECLARE EXIT HANDLER FOR SQLSTATE '23000' IF 1 THEN SELECT 1; END IF; "
        "SELECT 1; END",
    ),
    routine(
        "columns named begin and end",
        "CREATE PROCEDURE p() BEGIN SELECT begin, end FROM t; SELECT t.end, t.begin, @begin, @end FROM t; "
        "SELECT 1 AS end; END",
    ),
    routine(
        "transaction in a procedure",
        "CREATE PROCEDURE p() BEGIN START TRANSACTION; INSERT INTO t (begin, end) VALUES (1, IF(1, 2, 3)); COMMIT; END",
    ),
    routine(
        "trigger",
        "CREATE TRIGGER g BEFORE INSERT ON t FOR EACH ROW BEGIN IF NEW.end > 1 THEN SET NEW.end = 1; END IF; END",
    ),
    routine(
        "trigger without a block",
        "CREATE TRIGGER g BEFORE UPDATE ON t FOR EACH ROW SET NEW.end = CASE WHEN 1 THEN IF(1, 2, 3) END",
    ),
    routine(
        "trigger of one INSERT", "CREATE TRIGGER g AFTER DELETE ON t FOR EACH ROW INSERT INTO u VALUES (IF(1, 2, 3), 2)"
    ),
    routine(
        "event", "CREATE EVENT e ON SCHEDULE EVERY 1 DAY STARTS '2030-01-01' DO BEGIN DELETE FROM t; DELETE FROM u; END"
    ),
    routine("event without a block", "CREATE EVENT e ON SCHEDULE EVERY 1 DAY DO DELETE FROM t WHERE end = IF(1, 2, 3)"),
    routine("changed event", "ALTER DEFINER = CURRENT_USER EVENT ev DO BEGIN DELETE FROM t; DELETE FROM u; END"),
    routine(
        "compound statement of MariaDB", "BEGIN NOT ATOMIC DECLARE a INT; SET a = 1; IF a THEN BEGIN END; END IF; END"
    ),
    routine(
        "strings and comments in a body",
        "CREATE PROCEDURE p() BEGIN SELECT 'END; \\' END'; -- END;\n # END;\n /* END; */ SELECT \"END;\"; END",
    ),
]


@every_syntax
@pytest.mark.parametrize(("sql", "expected"), EVERYWHERE)
def test_a_file_is_split_the_same_everywhere(syntax: Syntax, sql: str, expected: list[str]) -> None:
    assert texts(sql, syntax) == expected


@pytest.mark.parametrize(("sql", "expected"), IN_SQLITE)
def test_a_file_is_split_as_sqlite3_does(sql: str, expected: list[str]) -> None:
    assert texts(sql, SQLITE) == expected


@pytest.mark.parametrize(("sql", "expected"), IN_POSTGRES)
def test_a_file_is_split_as_psql_and_its_server_do(sql: str, expected: list[str]) -> None:
    assert texts(sql, POSTGRES) == expected


@pytest.mark.parametrize(("sql", "expected"), IN_MYSQL)
def test_a_file_is_split_as_the_mysql_client_does(sql: str, expected: list[str]) -> None:
    assert texts(sql, MYSQL) == expected


@pytest.mark.parametrize(("sql", "expected"), ROUTINES)
def test_a_stored_program_needs_no_delimiter_command(sql: str, expected: list[str]) -> None:
    assert texts(sql, MYSQL) == expected


PACKAGE = "CREATE OR REPLACE PACKAGE k AS FUNCTION f RETURN INT; PROCEDURE p(a INT); END"
PACKAGE_BODY = (
    "CREATE OR REPLACE PACKAGE BODY k AS x INT := 1; FUNCTION f RETURN INT AS BEGIN RETURN x; END f;"
    " PROCEDURE p(a INT) AS y INT; BEGIN DECLARE z INT; BEGIN NULL; END; SELECT CASE WHEN a THEN y END; END;"
    " BEGIN SET @a = 1; EXCEPTION WHEN OTHERS THEN NULL; END"
)
# Each line is a statement to MariaDB; all of a kind are one packet.
PACKETS = {
    "routines and queries": [
        "CREATE PROCEDURE a() BEGIN SELECT 1; SELECT 2; END",
        "CREATE PROCEDURE b() SELECT 1",
        "INSERT INTO t VALUES (1)",
        "CREATE FUNCTION f() RETURNS INT RETURN CASE WHEN 1 THEN 2 END",
        "CREATE FUNCTION g() RETURNS VARCHAR(9) CHARACTER SET latin1 COLLATE latin1_bin NO SQL BEGIN RETURN 'a;'; END",
        "CREATE FUNCTION h() RETURNS SET('a', 'b') COMMENT 'it''s' `l;`: BEGIN RETURN 'a'; END",
        "CREATE PROCEDURE `c;`(begin INT, `if` INT) COMMENT 'a''b' l: BEGIN LEAVE l; END l",
        "CREATE PROCEDURE d() UPDATE t SET a = IF(1, 2, 3) WHERE a = REPEAT('a', 2)",
        "CREATE PROCEDURE e() DELETE FROM t WHERE IF(1, 2, 3)",
        "CREATE PROCEDURE i() DO IF(1, 2, 3)",
        "CREATE PROCEDURE j() SET @a = 1",
        "CREATE FUNCTION l() RETURNS POINT REF_SYSTEM_ID = 4326 BEGIN RETURN NULL; END",
        "CREATE PROCEDURE k() COMMENT 'x' COMMENT 'y' IF 1 THEN SELECT 1; END IF",
    ],
    "triggers and events": [
        "CREATE TRIGGER x BEFORE INSERT ON t FOR EACH ROW SET NEW.a = 1",
        "CREATE TRIGGER y BEFORE INSERT ON t FOR EACH ROW FOLLOWS x BEGIN SET NEW.a = 1; END",
        "CREATE TRIGGER IF NOT EXISTS z BEFORE INSERT ON t FOR EACH ROW PRECEDES y BEGIN BEGIN END; END",
        "CREATE EVENT e ON SCHEDULE AT '2035-01-01' + INTERVAL IF(1, 2, 3) DAY DISABLE COMMENT 'DO' DO BEGIN DO 1; END",
        "ALTER EVENT e ENABLE",
        "ALTER EVENT e DO BEGIN DO 1; DO 2; END",
        "ALTER EVENT e RENAME TO f",
        "DROP EVENT f",
        "INSERT INTO t VALUES (1)",
    ],
    "blocks in blocks": [
        "CREATE PROCEDURE a() BEGIN NOT ATOMIC BEGIN NOT ATOMIC SELECT 1; END; BEGIN END; END",
        "CREATE PROCEDURE b() BEGIN IF 1 THEN CASE WHEN 1 THEN BEGIN END; ELSE SELECT 1; END CASE; END IF; END",
        (
            "CREATE PROCEDURE c() BEGIN WHILE (SELECT a FROM t LIMIT 1) DO DO 1; END WHILE; REPEAT DO 1;"
            " UNTIL CASE 1 WHEN 1 THEN 1 END END REPEAT; END"
        ),
        (
            "CREATE PROCEDURE d() BEGIN IF CASE WHEN 1 THEN 1 END THEN DO 1; ELSEIF (CASE 1 WHEN 1 THEN 1 END) THEN"
            " DO 2; END IF; CASE CASE WHEN 1 THEN 1 END WHEN CASE 1 WHEN 1 THEN 1 END THEN DO 1; END CASE; END"
        ),
        (
            "CREATE PROCEDURE e() BEGIN DECLARE x INT DEFAULT IF(1, 2, 3); DECLARE n CONDITION FOR SQLSTATE VALUE"
            " '23000'; DECLARE c CURSOR FOR SELECT 1; DECLARE EXIT HANDLER FOR n, 1062, NOT FOUND, SQLSTATE VALUE"
            " '42000', SQLEXCEPTION IF 1 THEN BEGIN END; END IF; DECLARE CONTINUE HANDLER FOR SQLWARNING SET x = 1;"
            " OPEN c; END"
        ),
        (
            "CREATE PROCEDURE f() BEGIN FOR r IN (SELECT 1 AS a) DO SELECT r.a; END FOR; l: FOR i IN 1..2 DO"
            " ITERATE l; END FOR l; m: LOOP LEAVE m; END LOOP; n: REPEAT LEAVE n; UNTIL 1 END REPEAT n; END"
        ),
        "CREATE PROCEDURE g() BEGIN SELECT begin, end FROM (SELECT 1 AS begin) AS x; SELECT 1 AS end; END",
    ],
    "outside of routines": [
        "REPEAT SET @b = (1.); UNTIL @b = CASE WHEN 1 THEN 1. END AND 1 < 2. END REPEAT",
        "IF 1. THEN SELECT 1; ELSEIF 2 THEN SELECT 2; ELSE SELECT 3; END IF",
        "WHILE @a IS NULL DO SELECT 1; SET @a = 1; END WHILE",
        "FOR i IN 1..2 DO SELECT i; END FOR",
        "CASE WHEN 1 THEN SELECT 1; ELSE SELECT 2; END CASE",
        "REPEAT SET @a = 2; UNTIL @a END REPEAT",
        "BEGIN NOT ATOMIC DECLARE x INT; l: LOOP LEAVE l; END LOOP; END",
        "SET STATEMENT max_statement_time = 10 FOR SELECT IF(1, 2, 3)",
        "SET STATEMENT max_statement_time = LEAST(10, 20) FOR CREATE PROCEDURE p() BEGIN SELECT 1; SELECT 2; END",
        "SET STATEMENT max_statement_time = 10 FOR IF 1 THEN SELECT 1; END IF",
        "SET STATEMENT max_statement_time = 10 FOR BEGIN NOT ATOMIC SELECT 1; END",
        "BEGIN",
        "INSERT INTO t VALUES (1)",
        "COMMIT",
        "BEGIN WORK",
        "COMMIT",
    ],
    "comments and versions": [
        "/*!50003 CREATE*/ /*!50017 DEFINER=CURRENT_USER*/ /*!50003 PROCEDURE a() BEGIN SELECT 1; END */",
        "/*!50003 CREATE DEFINER=CURRENT_USER() PROCEDURE b() BEGIN SELECT ';'; END */",
        "/*M!100100 CREATE OR REPLACE PROCEDURE b() BEGIN SELECT ';'; END */",
        "CREATE PROCEDURE c() BEGIN # END;\n /* END; */ SELECT 1; -- END;\n END",
        "SELECT 1",
    ],
    "Oracle mode": [
        PACKAGE,
        PACKAGE_BODY,
        "CREATE OR REPLACE PROCEDURE p AS x INT := 1; CURSOR c IS SELECT 1; BEGIN SELECT 3; END p",
        "CREATE OR REPLACE PROCEDURE p(a INT) COMMENT 'x' IS BEGIN NULL; EXCEPTION WHEN OTHERS THEN SELECT 4; END",
        (
            "CREATE OR REPLACE FUNCTION f(a INT) RETURN VARCHAR2(9) IS BEGIN IF a THEN RETURN 1; ELSIF 2 THEN NULL; END"
            " IF; <<l>> WHILE 0 LOOP NULL; END LOOP l; FOR i IN 1..2 LOOP EXIT WHEN i = 1; END LOOP; RETURN 3; END"
        ),
        "CREATE OR REPLACE TRIGGER x BEFORE INSERT ON t FOR EACH ROW DECLARE x INT; BEGIN :NEW.a := 2; END",
        "BEGIN SELECT 11; END",
        "DECLARE x INT; y INT := 2; BEGIN SELECT 13; END",
        "BEGIN NOT ATOMIC SELECT 16; END",
        "FOR i IN 1..2 LOOP SELECT i; END LOOP",
        "DROP PACKAGE k",
    ],
}


@pytest.mark.parametrize("kind", PACKETS)
def test_what_stands_before_one_delimiter_is_split_as_the_server_does(kind: str, mariadb: Database) -> None:
    marked = [text for number, each in enumerate(PACKETS[kind]) for text in (each, f"SELECT 'mark {number}'")]
    packet = ";\n".join(marked) + " -- the end\n"
    sql = f"CREATE TABLE t (a INT);\nDELIMITER //\n{packet}//\nDELIMITER ;\nSELECT 'last';\n"
    if kind == "Oracle mode":
        sql = "SET sql_mode = ORACLE;\n" + sql
    ours = list(inside.split(sql, lambda: migrate.MYSQL_ANSI_QUOTES if "ORACLE" in sql else MYSQL))
    assert [each.text for each in ours if each.text in marked] == marked
    assert not any(each.fault for each in ours)
    assert all(sql[each.offset :].startswith(each.text) for each in ours)
    assert all(each.line == 1 + sql[: each.offset].count("\n") for each in ours)
    ran = mariadb.run_client(sql)  # what the server had not taken for an end would not come out
    assert ran.returncode == 0, ran.stderr
    marks = [f"mark {number}" for number in range(len(PACKETS[kind]))]
    assert list(dict.fromkeys(re.findall(r"^mark \d+$|^last$", ran.stdout, re.MULTILINE))) == [*marks, "last"]


@pytest.mark.parametrize("kind", PACKETS)
def test_without_a_delimiter_of_its_own_a_file_is_split_the_same(kind: str) -> None:
    assert texts(";\n".join(PACKETS[kind]), MYSQL) == PACKETS[kind]


@pytest.mark.parametrize(
    "sql",
    [
        pytest.param("CREATE PROCEDURE p() BEGIN SELECT 1; SELECT 2", id="no END"),
        pytest.param("CREATE PROCEDURE p() BEGIN IF 1 THEN SELECT 1; END; END; SELECT 2", id="END for END IF"),
        pytest.param("CREATE PROCEDURE p() BEGIN LOOP SELECT 1; END IF; END; SELECT 2", id="the END of another one"),
        pytest.param("IF 1; SELECT 2; END IF", id="IF without THEN"),
        pytest.param("DECLARE x INT; SELECT 1", id="DECLARE alone"),
        pytest.param("BEGIN SELECT 1; COMMIT", id="BEGIN without its semicolon"),
    ],
)
@pytest.mark.parametrize("frame", ["{};", "DELIMITER //\n{}//\n"], ids=["alone", "before a delimiter"])
def test_where_an_end_is_not_certain_it_is_said(frame: str, sql: str) -> None:
    assert next(inside.split(frame.format(sql), lambda: MYSQL)).fault == "unclosed block"


JAVASCRIPT = "CREATE FUNCTION f(a INT) RETURNS INT LANGUAGE JAVASCRIPT AS $$ let b = a; // it's;\n return b; $$"
LIBRARY = "CREATE LIBRARY IF NOT EXISTS l COMMENT 'a' LANGUAGE JAVASCRIPT AS $js$ let $$ = '`'; /* $a$ ; */ $js$"


@pytest.mark.parametrize(
    ("sql", "expected"),
    [
        case("function", f"{JAVASCRIPT};\nSELECT 2", JAVASCRIPT, "SELECT 2"),
        case("library", f"{LIBRARY}; SELECT 2;", LIBRARY, "SELECT 2"),
        case("delimiter", f"DELIMITER //\n{LIBRARY}; SELECT 2; {JAVASCRIPT}//\n", LIBRARY, "SELECT 2", JAVASCRIPT),
        case(
            "libraries used",
            f"{JAVASCRIPT.replace(' AS ', ' USING (l AS $m) AS ')}; SELECT 2",
            JAVASCRIPT.replace(" AS ", " USING (l AS $m) AS "),
            "SELECT 2",
        ),
        case("DELIMITER $$", f"DELIMITER $$\n{PROCEDURE}$$\nSELECT 2 $$\n", PROCEDURE, "SELECT 2"),
        case(
            "DELIMITER $$ and a tag",
            f"DELIMITER $$\n{LIBRARY.replace('$$', 'c')}; SELECT 2 $$\n",
            LIBRARY.replace("$$", "c"),
            "SELECT 2",
        ),
        case(
            "in quotes",
            f"{JAVASCRIPT.partition('$$')[0]}'a;' ; SELECT 2",
            f"{JAVASCRIPT.partition('$$')[0]}'a;'",
            "SELECT 2",
        ),
        case("a name of MariaDB", "SELECT 1 AS $$; SELECT $a$ ; SELECT 2", "SELECT 1 AS $$", "SELECT $a$", "SELECT 2"),
        case(
            "in SQL",
            "CREATE PROCEDURE p() SELECT 1 AS $$; SELECT 2 $$",
            "CREATE PROCEDURE p() SELECT 1 AS $$",
            "SELECT 2 $$",
        ),
        case("unclosed", f"{JAVASCRIPT[:-2]}; SELECT 2", f"unclosed dollar quote: {JAVASCRIPT[:-2]}; SELECT 2"),
    ],
)
def test_a_body_of_another_language_is_in_dollar_quotes(sql: str, expected: list[str]) -> None:
    parts = inside.split(sql, lambda: MYSQL)
    assert [f"{each.fault}: {each.text}" if each.fault else each.text for each in parts] == expected
    assert "it's" not in bare(sql, MYSQL).split("DELIMITER")[0]


def test_a_body_of_another_language_runs(oracle_mysql: Database, tmp_path: Path) -> None:
    (tmp_path / "sql").mkdir()
    library = LIBRARY.replace("let $$", "export let $x").replace("'`'", "1")
    sql = f"{JAVASCRIPT};\n{library};\nDELIMITER $$\nCREATE PROCEDURE p() BEGIN SELECT f(3); END$$\nDELIMITER ;\n"
    (tmp_path / "sql" / "1_a.up.sql").write_text(sql)
    version = oracle_mysql.query("SELECT VERSION()")[0][0]
    if int(version.split(".")[0]) < 9:
        pytest.skip(f"MySQL {version} knows no other languages")
    [result] = migrate.up(migrate.Settings(migrate.DatabaseURL.parse(oracle_mysql.url), tmp_path / "sql"))
    assert result.statements == 3


def test_an_error_after_a_routine_before_one_delimiter_is_told(mysql_family: Database, tmp_path: Path) -> None:
    (tmp_path / "sql").mkdir()
    sql = f"DELIMITER //\n{PROCEDURE};\nINSERT INTO nowhere VALUES (1);\n{PROCEDURE.replace('p()', 'q()')}//\n"
    (tmp_path / "sql" / "1_a.up.sql").write_text(sql)
    with pytest.raises(migrate.MigrateError, match=r"(?s)nowhere' doesn't exist.*") as told:
        migrate.up(migrate.Settings(migrate.DatabaseURL.parse(mysql_family.url), tmp_path / "sql"))
    assert "1_a.up.sql:3" in str(told.value.where)
    assert mysql_family.query("SELECT dirty, statements_done FROM schema_migrations") == [(1, 1)]


@pytest.mark.parametrize(
    ("setting", "backslashes"),
    [
        ("SET standard_conforming_strings = off", True),
        ("set session standard_conforming_strings to 'fal'", True),
        ("SELECT set_config('standard_conforming_strings', 'off', false)", True),
        ("SET standard_conforming_strings = on", False),
        ("SET standard_conforming_strings TO DEFAULT", None),
        ("RESET standard_conforming_strings", None),
        ("RESET ALL", None),
        ("DISCARD ALL", None),
    ],
)
@pytest.mark.parametrize("default", ["on", "off"])
def test_what_strings_are_in_postgres_is_known(
    postgres: Database, default: str, setting: str, backslashes: bool | None
) -> None:
    """A statement is read as psql reads it, which is told by the server."""
    postgres.execute(f"ALTER DATABASE {postgres.name} SET standard_conforming_strings = {default}")
    with contextlib.closing(migrate.Postgres(migrate.DatabaseURL.parse(postgres.url))) as database:
        database.open(write=True)
        assert database.syntax == (POSTGRES if default == "on" else migrate.POSTGRES_BACKSLASH_STRINGS)
        syntax = database.syntax_after(Statement(setting, 1, 0), POSTGRES)
        off = default == "off" if backslashes is None else backslashes
        assert syntax == (migrate.POSTGRES_BACKSLASH_STRINGS if off else POSTGRES)
        database.run(setting)
        assert database.query("SHOW standard_conforming_strings") == [("off" if off else "on",)]


def test_a_statement_knows_its_line_and_place() -> None:
    sql = "-- one\r\n\r\n  SELECT 1\n  ;; /* two\n*/ SELECT\n2; SELECT 3"
    assert list(split_statements(sql, SQLITE)) == [
        Statement("SELECT 1", line=3, offset=12),
        Statement("SELECT\n2", line=5, offset=36),
        Statement("SELECT 3", line=6, offset=46),
    ]


def test_what_a_statement_sets_counts_for_the_next_one() -> None:
    sql = r"""SELECT '\'; '; SET sql_mode = 'NO_BACKSLASH_ESCAPES'; SELECT '\'; SELECT "a\";" """
    current = [MYSQL]
    seen = []
    for statement in split_statements(sql, lambda: current[-1]):
        seen.append(statement.text)
        if statement.text.startswith("SET"):
            current.append(migrate.MYSQL_NO_BACKSLASH_ESCAPES)
    assert seen == [r"SELECT '\'; '", "SET sql_mode = 'NO_BACKSLASH_ESCAPES'", r"SELECT '\'", r'SELECT "a\"', '"']


def test_nothing_is_read_before_it_is_asked_for() -> None:
    asked: list[int] = []
    statements = split_statements("SELECT 1; SELECT 2", lambda: asked.append(1) or SQLITE)  # type: ignore[func-returns-value]
    assert asked == []
    next(statements)
    assert asked == [1]


@pytest.mark.parametrize(
    ("sql", "syntax", "expected"),
    [
        pytest.param(r"SELECT '\'; SELECT 2", "mysql, NO_BACKSLASH_ESCAPES", [r"SELECT '\'", "SELECT 2"], id="single"),
        pytest.param(r'SELECT "\"; SELECT 2', "mysql, NO_BACKSLASH_ESCAPES", [r'SELECT "\"', "SELECT 2"], id="double"),
        pytest.param(r'SELECT "\"; SELECT 2', "mysql, ANSI_QUOTES", [r'SELECT "\"', "SELECT 2"], id="identifier"),
        pytest.param(r"SELECT '\';'; SELECT 2", "mysql, ANSI_QUOTES", [r"SELECT '\';'", "SELECT 2"], id="string"),
        pytest.param(r"SELECT '\';'; SELECT 2", "postgres, backslash strings", [r"SELECT '\';'", "SELECT 2"], id="off"),
        pytest.param(r"SELECT B'\'; SELECT 2", "postgres, backslash strings", [r"SELECT B'\'", "SELECT 2"], id="bits"),
    ],
)
def test_a_setting_of_the_session_changes_the_quotes(sql: str, syntax: str, expected: list[str]) -> None:
    assert texts(sql, SYNTAXES[syntax]) == expected


@pytest.mark.parametrize(
    ("text", "syntax", "expected"),
    [
        pytest.param("create table t (a)", "sqlite", "CREATE", id="plain"),
        pytest.param("-- a\n/* b */ CREATE /* c */ TABLE", "sqlite", "CREATE", id="comments"),
        pytest.param("SELECT(a)", "postgres", "SELECT", id="parenthesis"),
        pytest.param("SELECT (a) b", "mysql", "SELECT", id="parenthesis after a blank"),
        pytest.param("SELECT 'a' b", "mysql", "SELECT", id="string"),
        pytest.param("SET autocommit=0", "mysql", "SET", id="sign"),
        pytest.param("SELECT 1 a", "mysql", "SELECT", id="number"),
        pytest.param("/*!50003 CREATE*/ /*!50017 TRIGGER*/ t", "mysql", "CREATE", id="conditional"),
        pytest.param("/* /* a */ */ grün$1 b", "postgres", "GRÜN$1", id="nested comment, letters"),
        pytest.param("", "sqlite", "", id="nothing"),
        pytest.param("'a' b", "mysql", "quote", id="a string first"),
        pytest.param('"a" b', "postgres", "quote", id="an identifier first"),
        pytest.param("(SELECT 1)", "postgres", "(", id="a sign first"),
        pytest.param("'unclosed", "sqlite", "unclosed_quote", id="unclosed"),
    ],
)
def test_the_first_word_is_the_first_of_the_code(text: str, syntax: str, expected: str) -> None:
    assert first_word(text, SYNTAXES[syntax]) == expected


@pytest.mark.parametrize(
    ("text", "syntax", "expected"),
    [
        pytest.param("a 'b\nc' d -- e\nf", "sqlite", "a   \n   d     \nf", id="lines stay"),
        pytest.param('a "b" [c] `d`', "sqlite", "a            ", id="identifiers"),
        pytest.param("a $b$ c $b$ E'\\'d' e", "postgres", "a           E      e", id="dollar quotes"),
        pytest.param("a /* /* b */ */ c", "postgres", "a               c", id="nested comment"),
        pytest.param("/*!50003 a */ /* b */ c", "mysql", "         a            c", id="conditional comment"),
        pytest.param("a # b", "mysql", "a    ", id="hash comment"),
        pytest.param("a 'b", "mysql", "a   ", id="unclosed"),
    ],
)
def test_bare_text_is_only_code(text: str, syntax: str, expected: str) -> None:
    assert bare(text, SYNTAXES[syntax]) == expected


# Parts of SQL that get in each other's way, and text that is nothing at all.
PARTS = """
    SELECT 1 a.b 'x' 'it''s;' ' ';' '\\' '\\';' "q;" " `a;` ` [b;] [ $$ $a$ $a$;$a$ a$b$ E'\\';' #; /*;'*/ /* */ /*/
    /*!1 */; ; ; ; ( ) 5--1 \\N \\ é 😀 :x % ,
    CREATE TABLE TRIGGER FUNCTION PROCEDURE p() BEGIN ATOMIC NOT END IF IF( THEN ELSE CASE WHEN
    WHILE DO LOOP REPEAT UNTIL FOR l: HANDLER RETURN SET
    PACKAGE BODY EVENT LIBRARY DECLARE EXCEPTION CONTINUE AS IS <<l>> STATEMENT LANGUAGE JAVASCRIPT DEFINER=a@b
"""
sql_like = st.lists(st.sampled_from([*PARTS.split(), "-- c;'\n", "\n", "\r\n", "\t"]), max_size=25).map(" ".join)
any_text = (
    st.text() | sql_like | st.text(alphabet="'\"`[]$/*-#!;()\\ \n\rEae1") | st.text(alphabet="DELIMTRdelimtr \n;$/'\\g")
)


@every_syntax
@given(sql=any_text)
def test_no_text_is_too_strange(syntax: Syntax, sql: str) -> None:
    for statement in split_statements(sql, syntax):
        assert statement.text == sql[statement.offset : statement.offset + len(statement.text)] != ""
        assert statement.line == 1 + sql[: statement.offset].count("\n")
    first_word(sql, syntax)
    assert [len(line) for line in bare(sql, syntax).split("\n")] == [len(line) for line in sql.split("\n")]


@every_syntax
@given(sql=sql_like)
def test_only_blanks_comments_and_delimiters_are_lost(syntax: Syntax, sql: str) -> None:
    end = 0
    for statement in split_statements(sql, syntax):
        assert texts(sql[end : statement.offset], syntax) == []
        end = statement.offset + len(statement.text)
    assert texts(sql[end:], syntax) == []


@every_syntax
@given(sql=sql_like)
def test_a_statement_is_one_statement(syntax: Syntax, sql: str) -> None:
    for statement in split_statements(sql, syntax):
        assert list(split_statements(statement.text, syntax)) == [statement._replace(line=1, offset=0)]


INSERTS = """
    INSERT INTO REPLACE IGNORE OR t s.t "t" `t` "t\\" VALUES (a, b) (a) ( ) , ; ;; NULL 1 -1 - -- -2.5e3 1e .5 0x1F
    X'41' X'4;' b'1' TRUE now() 'a' 'it''s' ';' '--;' 'é;' '\\' '\\';' 'a 'b "x;" "y" E'\\';' $a$;$a$ a$b$;$b$ /* ; */ #
    /*!1 DEFAULT _binary SELECT UPDATE t SET CREATE TABLE INDEX UNIQUE ALTER DROP TRIGGER BEGIN END CASE \\g :
"""
rows = st.lists(
    st.sampled_from(["1, 'a'", "-2, 'it''s;'", "NULL,'é'", "0x1, '\\n'", "3 , now()"]), min_size=1, max_size=4
)
inserts = st.builds(
    lambda head, rows, end: f"{head} ({'), ('.join(rows)}){end}",
    st.sampled_from(
        ["INSERT INTO t VALUES", "INSERT INTO t (a,b) VALUES", "insert into `s`.t values", "REPLACE INTO t VALUES"]
    ),
    rows,
    st.sampled_from([";", ";\n", " ;", ";;", "; -- c;\n", " -- d;\n;", ""]),
)
insert_like = st.lists(inserts | st.sampled_from([*INSERTS.split(), "-- c;'\n", "\n", "\r\n"]), max_size=20).map(
    " ".join
)


# Many that begin alike, with perhaps some among them that do not, or have more than literals.
PLAIN = r"1 -2.5 'a' 'it''s' '' '''' ');' '(),--' 'é' '\\' '\'' 'a\\' NULL true"
ODD = r"""'\' '\'' null NULL2(3) 1NULL(3) now() f(1) (1) -'a'-1 5--1 +1 1e5 X'41' "a" "'" `a` /* ' */ # -- ; '; (NULL
    0x1F $1 \ \' é a"""
MANY = [
    between.join([*[f"{head} ({plain})"] * 3, *(f"{head} ({row})" for row in some), *[f"{head} ({plain}, 0)"] * 5, ""])
    for head in ("INSERT INTO t VALUES", 'INSERT INTO "it\'s" (a, b) VALUES\n')
    for between in (";\n", " ; ", ";")
    for plain in ("1", "'a;'")
    for some in [
        *([each] for each in f"{PLAIN} {ODD}".split()),
        ["1), (2"],
        ["'), ("],
        ["1) ", "2"],
        [f"'){between}{'x' * 500}'"],
    ]
]


@every_syntax
@given(sql=insert_like | sql_like)
@example("SELECT 1 ) ) ( 2; SELECT 3;")
@example("SELECT ((1) ; 2); SELECT 3;")
@example(f"SELECT {'(' * 80}1{')' * 80}; SELECT 3;")
def test_what_is_read_in_one_step_ends_where_it_does_word_by_word(syntax: Syntax, sql: str) -> None:
    assert both_ways(sql, syntax)


def both_ways(sql: str, syntax: Syntax) -> bool:
    """Tell if the same statements are found in a few steps and word by word."""
    quickly = list(split_statements(sql, syntax)), list(inside.split(sql, lambda: syntax))
    slow = syntax._replace(literals="")
    with inside.by_words():
        return quickly == (list(split_statements(sql, slow)), list(inside.split(sql, lambda: slow)))


@every_syntax
def test_one_that_is_unlike_the_others_ends_where_it_does_word_by_word(syntax: Syntax) -> None:
    assert [sql for sql in MANY if not both_ways(sql, syntax)] == []


@pytest.mark.parametrize("dialect", inside.FORMS)
def test_what_is_said_of_some_that_are_alike_is_true_of_each(dialect: str) -> None:
    forms, syntax = inside.FORMS[dialect]
    found = itertools.chain.from_iterable(inside.briefs(sql, syntax) for sql in MANY)
    for brief, each in {(brief.text, each.text): (brief, each) for brief, each in found}.values():
        of_brief, of_each = (forms().natures([one], syntax, lambda _, same: same) for one in (brief, each))
        assert of_brief == of_each, each.text


WHOLE = {
    "sqlite": [TRIGGER, "SELECT ';', [;]", "SELECT /* ; */ 1", "SELECT 1 -- ;\n + 2", "CREATE TABLE t (a)"],
    "postgres": [ATOMIC, "SELECT $a$;$a$", "SELECT E'\\';'", "SELECT /* /* ; */ ; */ 1", "SELECT (1;2)", "SELECT $1"],
    "mysql": [PROCEDURE, "SELECT '\\';'", "/*!1 SELECT ';' */", "SELECT 5--1", "SELECT `;` # ;\n", "SELECT \\N"],
}
gaps = st.sampled_from([";", ";\n", " ; ", ";;", "; -- a;\n", ";/* b; */", "\n;\r\n", " /* c */ ; "])


@pytest.mark.parametrize("dialect", WHOLE)
@given(data=st.data())
def test_joined_statements_come_back(dialect: str, data: st.DataObject) -> None:
    chosen = data.draw(st.lists(st.sampled_from([each.strip() for each in WHOLE[dialect][:4]])))
    joined = "".join(statement + data.draw(gaps) for statement in chosen)
    assert texts(joined, SYNTAXES[dialect]) == chosen


@given(chosen=st.lists(st.sampled_from([ATOMIC, PROCEDURE, TRIGGER, "SELECT 1; SELECT ';'", "/*!1 SELECT ; */"])))
def test_with_a_delimiter_of_its_own_nothing_else_splits(chosen: list[str]) -> None:
    assert texts("DELIMITER $$\n" + "$$\n".join(chosen), MYSQL) == chosen


SQLITE_PARTS = [
    *("SELECT", "1", "'x;'", "'", '"q;"', "[b;]", "`c;`", "x", "ENDED", "BEGIN", "CASE", "END", "END;", ";", ";", ";"),
    *("-- c;'\n", "\n", "/* ; */", "/* ; END; */", "/*"),
    *("CREATE TABLE t", "CREATE TRIGGER t", "CREATE /* ; */ TEMP TRIGGER", "EXPLAIN CREATE TRIGGER", "DROP TRIGGER"),
]


@given(sql=st.lists(st.sampled_from(SQLITE_PARTS), max_size=25).map(" ".join))
def test_a_statement_ends_where_sqlite_says_that_it_is_complete(sql: str) -> None:
    statements = list(split_statements(sql, SQLITE))
    for statement in statements:
        for semicolon in re.finditer(";", statement.text):
            assert not sqlite3.complete_statement(statement.text[: semicolon.end()])
    for statement in statements[:-1]:
        assert sqlite3.complete_statement(statement.text + ";")


RUNNABLE = [
    "INSERT INTO log VALUES ('a;b')",
    "INSERT INTO log SELECT CASE WHEN 1 THEN 'x' END",
    "CREATE TABLE [t;] (a, b DEFAULT ';')",
    "DROP TABLE IF EXISTS [t;]",
    """CREATE TRIGGER IF NOT EXISTS g AFTER INSERT ON log WHEN NEW.a = 'a;b' BEGIN
        UPDATE log SET a = CASE a WHEN 'x' THEN 'y;' ELSE a END; -- END;
        INSERT INTO log VALUES ('END;');
    END""",
    "DROP TRIGGER IF EXISTS g",
    "SELECT count(*) -- ;\n FROM log /* ; */",
    'CREATE VIEW IF NOT EXISTS v AS SELECT a AS "x;" FROM log',
]


@given(data=st.data())
def test_one_by_one_does_the_same_as_the_whole_script(data: st.DataObject) -> None:
    chosen = data.draw(st.lists(st.sampled_from(RUNNABLE), max_size=12, unique_by=lambda each: each[:14]))
    # A comment in front of the semicolon is part of what SQLite remembers of a view, and no part of the statement here.
    plain_gaps = gaps.filter(lambda gap: not gap.startswith(" /*"))
    script = "".join(statement + data.draw(plain_gaps) for statement in ["CREATE TABLE log (a)", *chosen])
    by_one, whole = sqlite3.connect(":memory:"), sqlite3.connect(":memory:")
    for statement in split_statements(script, SQLITE):
        by_one.execute(statement.text)
    whole.executescript(script)
    assert list(by_one.iterdump()) == list(whole.iterdump())
    by_one.close()
    whole.close()


BACKSLASHES = {
    "1_a": r"CREATE TABLE t (s TEXT); INSERT INTO t VALUES ('it\'s; fine');",
    "2_b": r"SET standard_conforming_strings = on; INSERT INTO t VALUES ('a\'); SELECT; INSERT INTO t VALUES (E'b\'');",
    "3_c": r"INSERT INTO t VALUES ('c\\;\';');",
}


def test_a_postgres_database_with_backslashes_in_its_strings_is_read_as_psql_does(
    postgres: Database, tmp_path: Path
) -> None:
    postgres.execute(f"ALTER DATABASE {postgres.name} SET standard_conforming_strings = off")
    assert postgres.run_client("SET escape_string_warning = off;" + BACKSLASHES["1_a"]).returncode == 0
    postgres.execute("DROP TABLE t")
    (tmp_path / "sql").mkdir()
    for name, sql in BACKSLASHES.items():
        (tmp_path / "sql" / f"{name}.up.sql").write_text(sql)
        (tmp_path / "sql" / f"{name}.down.sql").write_text(r"SELECT 'it\'s; back'")
    settings = migrate.Settings(migrate.DatabaseURL.parse(postgres.url), tmp_path / "sql")
    assert [each.statements for each in migrate.up(settings)] == [2, 4, 1]
    rows = [("it's; fine",), ("a\\",), ("b'",), ("c\\;';",)]
    assert postgres.query("SELECT * FROM t") == rows
    downs = postgres.query("SELECT down_sql FROM schema_migrations")
    assert downs == [(r"SELECT 'it\'s; back'",)] * 3


def test_a_plan_for_other_strings_stops_before_it_changes_anything(postgres: Database, tmp_path: Path) -> None:
    (tmp_path / "sql").mkdir()
    (tmp_path / "sql" / "1_a.up.sql").write_text(r"CREATE TABLE t (s TEXT); INSERT INTO t VALUES ('a\b');")
    settings = migrate.Settings(migrate.DatabaseURL.parse(postgres.url), tmp_path / "sql")
    plans = {"offline": migrate.plan_script(settings, start="empty"), "online": migrate.plan_script(settings)}
    postgres.execute(f"ALTER DATABASE {postgres.name} SET standard_conforming_strings = off")
    for script in plans.values():
        ran = postgres.run_client(script)
        assert ran.returncode != 0
        assert "this plan is for standard_conforming_strings = on: make it with this database's URL" in ran.stderr
    assert postgres.tables() == []
    assert postgres.run_client(migrate.plan_script(settings)).returncode == 0
    assert postgres.query("SELECT * FROM t") == [("a\b",)]


# ---- what is looked for by words first


@pytest.mark.parametrize("name", inside.SHORT_WAYS)
@given(data=st.data())
def test_whatever_a_regex_finds_has_one_of_its_words_in_it(name: str, data: st.DataObject) -> None:
    pattern, words = inside.SHORT_WAYS[name]
    found = data.draw(st.from_regex(pattern, alphabet=st.characters(max_codepoint=127)))
    assert any(word in found.lower() for word in words)


@given(st.lists(st.sampled_from(["f", "count", '"a b"', " ", "(", ")", ".", "$", "_1", "TABLE ", "INTO\n", ",", '"'])))
def test_a_name_before_a_bracket_is_found_where_a_slower_regex_finds_it(pieces: list[str]) -> None:
    text, quick = "".join(pieces), inside.CALLED
    slow = re.compile(quick.replace(r"(?<![\w$])", ""))
    assert re.findall(quick, text) == slow.findall(text)
