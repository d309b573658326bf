"""Files that have broken other tools, on MariaDB and MySQL: one line each, with what must become of it."""

from __future__ import annotations

import pytest
from project import Fails, Outcome, Project, Refused, Runs, Stops

pytestmark = pytest.mark.databases("mysql")

T = "CREATE TABLE t (a VARCHAR(50));\n"
DUMP = """\
-- MariaDB dump 10.19  Distrib 10.11.6-MariaDB
/*M!999999\\- enable the sandbox mode */
/*!40101 SET @OLD_CHARACTER_SET_CLIENT=@@CHARACTER_SET_CLIENT */;
/*!40101 SET NAMES utf8mb4 */;
/*!40103 SET @OLD_TIME_ZONE=@@TIME_ZONE */;
/*!40103 SET TIME_ZONE='+00:00' */;
/*!40014 SET @OLD_UNIQUE_CHECKS=@@UNIQUE_CHECKS, UNIQUE_CHECKS=0 */;
/*!40014 SET @OLD_FOREIGN_KEY_CHECKS=@@FOREIGN_KEY_CHECKS, FOREIGN_KEY_CHECKS=0 */;
/*!40101 SET @OLD_SQL_MODE=@@SQL_MODE, SQL_MODE='NO_AUTO_VALUE_ON_ZERO' */;
/*!40111 SET @OLD_SQL_NOTES=@@SQL_NOTES, SQL_NOTES=0 */;
DROP TABLE IF EXISTS `child`;
/*!40101 SET @saved_cs_client     = @@character_set_client */;
/*!40101 SET character_set_client = utf8mb4 */;
CREATE TABLE `child` (
  `id` int(11) NOT NULL AUTO_INCREMENT,
  `parent` int(11) DEFAULT NULL,
  PRIMARY KEY (`id`),
  CONSTRAINT `c` FOREIGN KEY (`parent`) REFERENCES `parent` (`id`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4;
/*!40101 SET character_set_client = @saved_cs_client */;
/*!40000 ALTER TABLE `child` DISABLE KEYS */;
INSERT INTO `child` VALUES (0,1),(2,1);
/*!40000 ALTER TABLE `child` ENABLE KEYS */;
CREATE TABLE `parent` (`id` int(11) NOT NULL PRIMARY KEY) ENGINE=InnoDB;
INSERT INTO `parent` VALUES (1);
/*!50003 SET sql_mode = 'STRICT_TRANS_TABLES' */ ;
DELIMITER ;;
/*!50003 CREATE*/ /*!50017 DEFINER=CURRENT_USER*/ /*!50003 TRIGGER tr BEFORE INSERT ON parent FOR EACH ROW
BEGIN
  SET NEW.id = NEW.id + 1;
END */;;
DELIMITER ;
/*!50001 CREATE VIEW `v` AS SELECT 1 AS `one` */;
/*!40103 SET TIME_ZONE=@OLD_TIME_ZONE */;
/*!40101 SET SQL_MODE=@OLD_SQL_MODE */;
/*!40014 SET FOREIGN_KEY_CHECKS=@OLD_FOREIGN_KEY_CHECKS */;
/*!40014 SET UNIQUE_CHECKS=@OLD_UNIQUE_CHECKS */;
/*!40111 SET SQL_NOTES=@OLD_SQL_NOTES */;
-- Dump completed on 2025-05-04
"""
PROGRAM = """\
CREATE PROCEDURE p(IN n INT)
BEGIN
  DECLARE i INT DEFAULT 0;
  DECLARE CONTINUE HANDLER FOR NOT FOUND SET i = 9;
  again: WHILE i < n DO
    IF i = 1 THEN INSERT INTO t VALUES ('one;');
    ELSE INSERT INTO t VALUES (CASE i WHEN 0 THEN 'zero' ELSE 'end' END); END IF;
    SET i = i + 1;
  END WHILE again;
END;
"""

CASES = [
    pytest.param(
        T
        + """INSERT INTO t VALUES ('it''s; -- /* "'), ("a;""b"), ('\\'; \\\\'), ("\\";'"), (_utf8mb4'x;y'), (X'3B');""",
        Runs({"SELECT a FROM t": [("it's; -- /* \"",), ('a;"b',), ("'; \\",), ("\";'",), ("x;y",), (";",)]}),
        id="quotes of every kind",
    ),
    pytest.param(
        "CREATE TABLE `a;``b` (`c;'d` INT);\nINSERT INTO `a;``b` VALUES (5--1);",
        Runs({"SELECT * FROM `a;``b`": [(6,)]}),
        id="quoted names, and two minus signs that are no comment",
    ),
    pytest.param(
        "# one; '\n-- two; \"\n--\nCREATE TABLE t (a INT) /* three; /* not nested */; # four\n"
        "INSERT INTO t VALUES (1 /*! + 1 */);",
        Runs({"SELECT a FROM t": [(2,)]}),
        id="comments of every kind",
    ),
    pytest.param(T + "/* never closed\nDROP TABLE t;", Refused("not closed", 2), id="a comment that is never closed"),
    pytest.param(
        T + "INSERT INTO t VALUES ('never closed\\');\n", Refused("not closed", 2), id="a string that is never closed"
    ),
    pytest.param(
        T + "/*!99999 DROP TABLE nonesuch */;\n/*!99999 x */\n;",
        Runs({"SELECT count(*) FROM t": [(0,)]}),
        id="code for another version",
    ),
    pytest.param(
        T + "INSERT INTO t VALUES (/*!99999 1 + */ 2);",
        Runs({"SELECT a FROM t": [("2",)]}),
        id="half a statement for another version",
    ),
    pytest.param(
        T + PROGRAM + "CALL p(3);",
        Runs({"SELECT a FROM t": [("zero",), ("one;",), ("end",)]}),
        id="a procedure without DELIMITER",
    ),
    pytest.param(
        T + "DELIMITER $$\n" + PROGRAM.rstrip(";\n") + "$$\nCALL p(1)$$\ndelimiter ;\nCALL p(1);",
        Runs({"SELECT a FROM t": [("zero",), ("zero",)]}),
        id="DELIMITER",
    ),
    pytest.param(
        T + "DELIMITER //\n" + PROGRAM + "//\nDELIMITER ;\nCALL p(1);",
        Runs({"SELECT a FROM t": [("zero",)]}),
        id="DELIMITER with a semicolon before it",
    ),
    pytest.param(
        T + "CREATE TABLE u (a VARCHAR(50));\nCREATE TRIGGER tr BEFORE INSERT ON t FOR EACH ROW\n"
        "INSERT INTO u VALUES (NEW.a);\nINSERT INTO t VALUES ('x');",
        Runs({"SELECT a FROM u": [("x",)]}),
        id="a trigger without BEGIN",
    ),
    pytest.param(
        T + "CREATE FUNCTION f(x INT) RETURNS INT DETERMINISTIC\nBEGIN\n"
        "  RETURN IF(x > 0, CASE WHEN x = 1 THEN 1 ELSE 2 END, 3);\nEND;\n"
        "INSERT INTO t VALUES (f(1));",
        Runs({"SELECT a FROM t": [("1",)]}),
        id="a function with IF() and CASE",
    ),
    pytest.param(
        "CREATE EVENT e ON SCHEDULE EVERY 1 DAY DO BEGIN SET @x = 1; SET @y = 2; END;\n" + T,
        Runs({"SELECT event_name FROM information_schema.events WHERE event_schema = DATABASE()": [("e",)]}),
        id="an event",
    ),
    pytest.param(
        b"\xef\xbb\xbfCREATE TABLE t (a VARCHAR(50));\r\nDELIMITER $$\r\nINSERT INTO t VALUES ('x\r\ny')$$\r\n"
        b"DELIMITER ;\r\n",
        Runs({"SELECT a FROM t": [("x\r\ny",)]}),
        id="a byte order mark and CRLF, which stays inside a string",
    ),
    pytest.param(b"CREATE TABLE t (a INT);\0", Refused("NUL byte at byte 23", 0), id="a NUL byte"),
    pytest.param(
        T + "INSERT INTO t VALUES ('100%'), ('%s %d %(a)s');\nSELECT 7 % 4, DATE_FORMAT(NOW(), '%Y-%m-%d');",
        Runs({"SELECT a FROM t": [("100%",), ("%s %d %(a)s",)]}),
        id="per cent signs",
    ),
    pytest.param("", Runs(), id="an empty file"),
    pytest.param("-- nothing;\n/* at all; */ ;;\n#", Runs(), id="comments and semicolons only"),
    pytest.param(
        T + "-- no line break after this", Runs({"SELECT count(*) FROM t": [(0,)]}), id="a comment at the very end"
    ),
    pytest.param("CREATE TABLE t (a INT)", Runs({"SELECT count(*) FROM t": [(0,)]}), id="no semicolon at the end"),
    pytest.param(
        T + "START TRANSACTION;\nINSERT INTO t VALUES (1);\nCOMMIT;\nBEGIN;\nINSERT INTO t VALUES (2);\nCOMMIT WORK;\n",
        Runs({"SELECT a FROM t": [("1",), ("2",)]}),
        id="two pairs of BEGIN and COMMIT",
    ),
    pytest.param(
        T + "SET autocommit = 0;\nINSERT INTO t VALUES (1);\nCOMMIT;\nSET autocommit = 1;\n",
        Runs({"SELECT a FROM t": [("1",)]}),
        id="SET autocommit, as mysqldump --no-autocommit writes it",
    ),
    pytest.param(T + "COMMIT;\nDELETE FROM t;\n", Refused("COMMIT without a BEGIN", 2), id="a lone COMMIT"),
    pytest.param(T + "COMMIT;\nCOMMIT WORK;\n-- the end\n", Runs(), id="a COMMIT at the end"),
    pytest.param(T + "BEGIN;\n", Runs(), id="a BEGIN at the end"),
    pytest.param(
        "SET @old_autocommit=@@autocommit;\nSET AUTOCOMMIT = 0;\nSTART TRANSACTION;\n"
        + T
        + "COMMIT;\nSET autocommit=0;\nINSERT INTO t VALUES (1);\nCOMMIT;\nSET autocommit=@old_autocommit;\n"
        "SET @autocommit = 1;\nINSERT INTO t VALUES (2);\n",
        Runs({"SELECT a FROM t ORDER BY a": [("1",), ("2",)]}),
        id="autocommit as dumps switch it",
    ),
    pytest.param("BEGIN;\n" + T, Refused("BEGIN without its COMMIT", 1), id="a BEGIN without COMMIT"),
    pytest.param(T + "ROLLBACK;\n", Refused("ROLLBACK", 2), id="a lone ROLLBACK"),
    pytest.param(T + "SAVEPOINT s;\n", Refused("SAVEPOINT", 2), id="SAVEPOINT"),
    pytest.param(T + "XA START 'x';\n", Refused("XA", 2), id="XA"),
    pytest.param("USE mysql;\n" + T, Refused("USE", 1), id="USE"),
    pytest.param(T + "LOCK TABLES t WRITE;\nUNLOCK TABLES;", Refused("LOCK TABLES", 2), id="LOCK TABLES"),
    pytest.param(T + "source other.sql\n", Refused("client", 2), id="a command of the mysql client"),
    pytest.param(T + "\\. other.sql\n", Refused("client", 2), id="a short command of the mysql client"),
    pytest.param(
        T + "SELECT * FROM t\\G\nINSERT INTO t VALUES (1)\\g\n",
        Runs({"SELECT a FROM t": [("1",)]}),
        id="\\G and \\g end a statement",
    ),
    pytest.param(
        DUMP,
        Runs({"SELECT id FROM child": [(0,), (2,)], "SELECT id FROM parent": [(1,)], "SELECT one FROM v": [(1,)]}),
        id="a dump",
    ),
    pytest.param(
        T + "INSERT INTO t VALUES (1);\nUPDATE t SET a = 2;\nSELECT * FROM t;\nSHOW TABLES;\nDO SLEEP(0);",
        Runs({"SELECT a FROM t": [("2",)]}),
        id="result sets that nobody reads",
    ),
    pytest.param(
        T + "SET SESSION sql_mode = 'NO_BACKSLASH_ESCAPES';\nINSERT INTO t VALUES ('a\\'), ('b;c');",
        Runs({"SELECT a FROM t": [("a\\",), ("b;c",)]}),
        id="NO_BACKSLASH_ESCAPES",
    ),
    pytest.param(
        'SET sql_mode = \'ANSI_QUOTES\';\nCREATE TABLE t ("a;""b" INT);\nINSERT INTO "t" VALUES (1);',
        Runs({"SELECT * FROM t": [(1,)]}),
        id="ANSI_QUOTES",
    ),
    pytest.param(
        "SET foreign_key_checks = 0;\nCREATE TABLE c (p INT, FOREIGN KEY (p) REFERENCES p (id));\n"
        "CREATE TABLE p (id INT PRIMARY KEY);\n"
        "SET foreign_key_checks = 1;",
        Runs({"SELECT count(*) FROM c": [(0,)]}),
        id="foreign keys to a table that comes later",
    ),
    pytest.param(
        "SET @n = 2;\nCREATE TABLE t (a INT);\nSET @sql = CONCAT('INSERT INTO t VALUES (', @n, ')');\n"
        "PREPARE s FROM @sql;\nEXECUTE s;\nDEALLOCATE PREPARE s;",
        Runs({"SELECT a FROM t": [(2,)]}),
        id="a prepared statement from a variable",
    ),
    pytest.param(
        "CREATE TEMPORARY TABLE scratch (a INT);\nINSERT INTO scratch VALUES (1);\n"
        "CREATE TABLE t AS SELECT * FROM scratch;",
        Runs({"SELECT a FROM t": [(1,)]}),
        id="a temporary table",
    ),
    pytest.param(
        "CREATE TABLE t (a LONGTEXT);\n" + f"INSERT INTO t VALUES ('{';--' * 700_000}');",
        Runs({"SELECT length(a) FROM t": [(2_100_000,)]}),
        id="two megabytes in one literal",
    ),
    pytest.param(
        "CREATE TABLE t (a LONGTEXT);\n" + f"INSERT INTO t VALUES ('{'x' * 70_000_000}');",
        Refused("max_allowed_packet", 2),
        id="a statement that is longer than the server takes",
    ),
    pytest.param(
        "CREATE TABL t (a INT);\n" + T, Fails("error in your SQL syntax", 1), id="an error in the first statement"
    ),
    pytest.param(
        "INSERT INTO before_it VALUES (1);\nUPDATE before_it SET n = 2;\nINSERT INTO nowhere VALUES (1);",
        Fails("nowhere", 3),
        id="data changes only are all or nothing",
    ),
    pytest.param(
        T + "INSERT INTO t VALUES (1);\nCREATE TABLE u (a INT);\nINSERT INTO u VALUES (1);\n"
        "INSERT INTO u VALUES (2), ('x y');\nINSERT INTO t VALUES (3);",
        Stops(
            3,
            6,
            "Incorrect integer value",
            T + "INSERT INTO t VALUES (1);\nCREATE TABLE u (a INT);\nINSERT INTO u VALUES (1);\n"
            "INSERT INTO u VALUES (2);\nINSERT INTO t VALUES (3);",
            {"SELECT a FROM t": [("1",), ("3",)], "SELECT a FROM u": [(1,), (2,)]},
        ),
        id="data changes after definitions",
    ),
    pytest.param(
        T + "ALTER TABLE t ADD COLUMN b INT;\nALTER TABLE t ADD COLUMN b INT;\nALTER TABLE t ADD COLUMN c INT;",
        Stops(
            2,
            4,
            "Duplicate column name 'b'",
            T + "ALTER TABLE t ADD COLUMN b INT;\nALTER TABLE t ADD COLUMN b2 INT;\nALTER TABLE t ADD COLUMN c INT;",
            {"SELECT * FROM t": []},
        ),
        id="definitions only",
    ),
    pytest.param(
        T + "SET @x = 5;\nSET sql_mode = '';\nINSERT INTO t VALUES (@x);\nALTER TABLE nowhere ADD COLUMN b INT;\n"
        "INSERT INTO t VALUES (@x + 1);",
        Stops(
            4,
            6,
            "nowhere",
            T + "SET @x = 5;\nSET sql_mode = '';\nINSERT INTO t VALUES (@x);\nALTER TABLE t ADD COLUMN b INT;\n"
            "INSERT INTO t (a) VALUES (@x + 1);",
            {"SELECT a FROM t": [("5",), ("6",)]},
        ),
        id="what was SET before the failure is SET again",
    ),
    pytest.param(
        T + "CREATE FUNCTION f() RETURNS INT DETERMINISTIC RETURN 1;\nDROP FUNCTION f;\n"
        "CREATE VIEW v AS SELECT 1 AS one;\nRENAME TABLE t TO t2, t2 TO t3;\n"
        "TRUNCATE TABLE t3;\nANALYZE TABLE t3;\nFLUSH TABLES;\nCREATE INDEX i ON t3 (a);\nDROP TABLE t3;",
        Runs({"SELECT one FROM v": [(1,)]}),
        id="statements that commit by themselves",
    ),
    pytest.param(
        T + "INSERT INTO t VALUES (1), (2), (3);\nINSERT INTO t SELECT ROW_COUNT();\nSET @n = ROW_COUNT();\n"
        "INSERT INTO t VALUES (@n + 10);",
        Runs({"SELECT a FROM t": [("1",), ("2",), ("3",), ("3",), ("11",)]}),
        id="ROW_COUNT() of the statement before",
    ),
    pytest.param(
        "CREATE TABLE t (a INT AUTO_INCREMENT PRIMARY KEY, b INT);\nINSERT INTO t (b) VALUES (7);\n"
        "INSERT INTO t (b) VALUES (LAST_INSERT_ID());\n"
        "CREATE TABLE u AS SELECT LAST_INSERT_ID() AS b;",
        Runs({"SELECT b FROM t": [(7,), (1,)], "SELECT b FROM u": [(2,)]}),
        id="LAST_INSERT_ID()",
    ),
    pytest.param(
        T + "DELIMITER //\nINSERT INTO t VALUES (1); INSERT INTO t VALUES (2);\n//\nDELIMITER ;",
        Runs({"SELECT a FROM t": [("1",), ("2",)]}),
        id="two statements before one delimiter",
    ),
]


@pytest.mark.parametrize(("sql", "outcome"), CASES)
def test_an_adversarial_file(project: Project, sql: str | bytes, outcome: Outcome) -> None:
    outcome.judge(project, sql)
