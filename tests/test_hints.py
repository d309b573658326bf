"""What the table of hints says of a statement: each row with examples, and what servers do when they run these."""

from __future__ import annotations

import re
import sqlite3
import time
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import pytest
from inside import statements_of

import migrate
from migrate_review import hints

if TYPE_CHECKING:
    from collections.abc import Iterator

    from servers import Database


LOST, EVERY, UNSEEN, RISKS = "cannot be undone", "every row", "not seen here", "risks"
REWRITES, SCANS, LOCKS = "rewrites", "scans", "locks"
RULES = [LOST, EVERY, UNSEEN, RISKS, REWRITES, SCANS, LOCKS]
MANUALS = {
    "sqlite": "https://www.sqlite.org/",
    "postgres": "https://www.postgresql.org/docs/current/",
    "mysql": "https://dev.mysql.com/doc/refman/8.4/en/ https://mariadb.com/kb/en/",
}


def step(dialect: str, sql: str) -> tuple[migrate.Database, migrate.Step]:
    """The statements of *sql*, as a step for a database that nobody has opened."""
    database = migrate.DATABASES[dialect](migrate.DatabaseURL(dialect, "x"))
    octets = migrate.octets_of(sql)
    statements = migrate.Statements(octets, migrate.alike(octets, lambda: database.syntax))
    return database, migrate.Step(
        "1", "x", "up", migrate.Script.from_text(Path("1_x.up.sql"), sql), statements=statements
    )


def told(dialect: str, sql: str) -> list[hints.Effect]:
    return [*hints.effects(*step(dialect, sql))]


def fitting(dialect: str, sql: str) -> Iterator[hints.Row]:
    """The rows that count for a statement, those that say nothing too."""
    database, one = step(dialect, sql)
    for statement in one.statements:
        yield from hints.fitting(dialect, migrate.spelled(statement.text, database.syntax))


# Statements, and the rules that hold for each. Where what is said is not only one thing, the test below it says more.

SQLITE: list[tuple[str, list[str]]] = [
    ("DROP TABLE t", [LOST, LOCKS]),
    ("drop table if exists main.t", [LOST, LOCKS]),
    ("DROP VIEW v", [LOCKS]),
    ("ALTER TABLE t DROP COLUMN a", [LOST, REWRITES, LOCKS]),
    ("ALTER TABLE t DROP a", [LOST, REWRITES, LOCKS]),
    ('ALTER TABLE main."t" DROP "a b"', [LOST, REWRITES, LOCKS]),
    ("ALTER TABLE t DROP [a]", [LOST, REWRITES, LOCKS]),
    ("ALTER TABLE t DROP CONSTRAINT k", [LOCKS]),
    ("ALTER TABLE t ALTER COLUMN a DROP NOT NULL", [LOCKS]),
    ("ALTER TABLE t ADD COLUMN n INTEGER", [LOCKS]),
    ("ALTER TABLE t ADD COLUMN n INTEGER DEFAULT (random())", [LOCKS]),
    ("ALTER TABLE t RENAME COLUMN a TO vacuum", [LOCKS]),
    ('ALTER TABLE t RENAME TO "drop"', [LOCKS]),
    ("CREATE TABLE n (a TEXT DEFAULT 'DROP TABLE x')", [LOCKS]),
    ("CREATE TRIGGER g AFTER INSERT ON t BEGIN DELETE FROM u; UPDATE u SET a = 1; END", [LOCKS]),
    ("CREATE TEMP TABLE t (a)", []),
    ("CREATE TEMPORARY VIEW v AS SELECT 1", []),
    ("DELETE FROM t", [EVERY, LOCKS]),
    ("DELETE FROM t WHERE a = 1", [LOCKS]),
    ("DELETE FROM t WHERE 1", [EVERY, LOCKS]),
    ("UPDATE t SET a = 1 WHERE (a = 1) OR true", [LOCKS]),
    ("UPDATE t SET a = 1 WHERE 1 = 1 RETURNING a", [EVERY, LOCKS]),
    ("DELETE FROM t WHERE (1 = 1)", [EVERY, LOCKS]),
    ("DELETE FROM t LIMIT 5", [LOCKS]),
    ("DELETE FROM t RETURNING (SELECT 1 WHERE a)", [EVERY, LOCKS]),
    ("WITH c AS (SELECT 1 WHERE 1) DELETE FROM t", [EVERY, LOCKS]),
    ("WITH c AS (SELECT 1) DELETE FROM t WHERE a IN c", [LOCKS]),
    ("WITH c AS (SELECT 'DELETE FROM t') SELECT * FROM c", []),
    ("UPDATE t SET a = 1 -- WHERE a = 2", [EVERY, LOCKS]),
    ("UPDATE t SET a = (SELECT b FROM u WHERE u.a = t.a)", [EVERY, LOCKS]),
    ("UPDATE OR IGNORE t SET a = 1 WHERE b", [LOCKS]),
    ("INSERT INTO t VALUES (1) ON CONFLICT DO UPDATE SET a = 2", [LOCKS]),
    ("REPLACE INTO t VALUES (1)", [LOCKS]),
    ("VACUUM", [REWRITES, LOCKS]),
    ("VACUUM main", [REWRITES, LOCKS]),
    ("VACUUM INTO 'copy.db'", []),
    ("VACUUM main INTO 'copy.db'", []),
    ("PRAGMA writable_schema = ON", [RISKS]),
    ("PRAGMA main.writable_schema(1)", [RISKS]),
    ("PRAGMA writable_schema", []),
    ("PRAGMA writable_schema = OFF", []),
    ("PRAGMA user_version = 1", [LOCKS]),
    ("PRAGMA main.application_id(1)", [LOCKS]),
    ("PRAGMA user_version", []),
    ("PRAGMA foreign_keys = 1", []),
    ("SELECT 1", []),
    ("EXPLAIN DELETE FROM t", []),
]

POSTGRES: list[tuple[str, list[str]]] = [
    ("DROP TABLE t", [LOST, LOCKS]),
    ("drop materialized view v", [LOST, LOCKS]),
    ("DROP VIEW w", [LOCKS]),
    ("DROP INDEX i", [LOCKS]),
    ("DROP SCHEMA s", []),
    ("DROP SCHEMA s CASCADE", [LOST, LOCKS]),
    ("DROP TYPE y", []),
    ("DROP TYPE IF EXISTS y CASCADE", [LOST, LOCKS]),
    ("DROP DOMAIN d CASCADE", [LOST, LOCKS]),
    ("DROP EXTENSION e", []),
    ("DROP EXTENSION e CASCADE", [LOST, LOCKS]),
    ("DROP FUNCTION f", []),
    ("DROP FUNCTION ours() CASCADE", [LOCKS]),
    ("DROP SEQUENCE sq CASCADE", [LOCKS]),
    ("DROP COLLATION co CASCADE", [LOST, LOCKS]),
    ("DROP OWNED BY somebody", [LOST]),
    ("DROP DATABASE d", [LOST]),
    ("TRUNCATE t", [LOST, LOCKS]),
    ("ALTER TABLE t DROP COLUMN a", [LOST, LOCKS]),
    ('ALTER TABLE t DROP "a"', [LOST, LOCKS]),
    ("ALTER TABLE IF EXISTS ONLY s.t DROP COLUMN IF EXISTS a CASCADE", [LOST, LOCKS]),
    ("ALTER TABLE t * DROP a", [LOST, LOCKS]),
    ("ALTER TABLE t DROP type, DROP stored", [LOST, LOCKS]),
    ("ALTER TABLE t DROP CONSTRAINT k", [LOCKS]),
    ("ALTER TABLE t DROP CONSTRAINT IF EXISTS c CASCADE", [LOCKS]),
    ("ALTER TABLE t ALTER COLUMN a DROP NOT NULL", [LOCKS]),
    ("ALTER TABLE t ALTER a DROP DEFAULT, ALTER b DROP IDENTITY IF EXISTS, ALTER c DROP EXPRESSION", [LOCKS]),
    ("ALTER TYPE e ADD VALUE 'x'", [LOST]),
    ("ALTER TYPE s.e ADD VALUE IF NOT EXISTS 'x' BEFORE 'y'", [LOST]),
    ("ALTER TYPE e RENAME VALUE 'z' TO 'y'", []),
    ("ALTER TYPE ct DROP ATTRIBUTE a CASCADE", [LOST, LOCKS]),
    ("ALTER TYPE ct ADD ATTRIBUTE c int, DROP ATTRIBUTE IF EXISTS a", [LOST]),
    ("ALTER TYPE ct RENAME ATTRIBUTE a TO drop CASCADE", [LOCKS]),
    ("ALTER TYPE ct ALTER ATTRIBUTE a TYPE bigint CASCADE", [REWRITES, LOCKS]),
    ("ALTER TYPE ct ADD ATTRIBUTE c int, ALTER ATTRIBUTE a SET DATA TYPE bigint CASCADE", [REWRITES, LOCKS]),
    # names that are words of other statements
    ("ALTER TABLE events ADD COLUMN stored text", [LOCKS]),
    ("ALTER TABLE events ADD stored int, ADD default_at text, ADD identity int", [LOCKS]),
    ("ALTER TABLE events RENAME COLUMN type TO kind", [LOCKS]),
    ("ALTER TABLE events RENAME type TO stored", [LOCKS]),
    ("ALTER TABLE type ALTER COLUMN type SET DEFAULT 'stored'", [LOCKS]),
    ("ALTER TABLE events RENAME CONSTRAINT logged TO unlogged", [LOCKS]),
    ("ALTER TABLE t ADD COLUMN n text DEFAULT 'ALTER a TYPE int, DROP b'", [LOCKS]),
    ("ALTER TABLE t ADD COLUMN n text /* GENERATED ALWAYS AS (1) STORED */", [LOCKS]),
    ('ALTER TABLE t RENAME TO "SET LOGGED"', [LOCKS]),
    # every row
    ("DELETE FROM t", [EVERY, LOCKS]),
    ("DELETE FROM ONLY s.t AS x", [EVERY, LOCKS]),
    ("DELETE FROM t USING u", [EVERY, LOCKS]),
    ("DELETE FROM t USING u WHERE u.a = t.a", [LOCKS]),
    ("DELETE FROM t WHERE true RETURNING a", [EVERY, LOCKS]),
    ("UPDATE t SET a = 1 WHERE 1 = 1", [EVERY, LOCKS]),
    ("UPDATE t SET a = 1 WHERE (1=1)", [EVERY, LOCKS]),
    ("DELETE FROM t RETURNING (SELECT a FROM u WHERE u.a = t.a)", [EVERY, LOCKS]),
    ('DELETE FROM "where"', [EVERY, LOCKS]),
    ("UPDATE t SET a = 1", [EVERY, LOCKS]),
    ("UPDATE t SET a = u.a FROM u", [EVERY, LOCKS]),
    ("UPDATE t SET type = 'x WHERE y' /* WHERE b */", [EVERY, LOCKS]),
    ("UPDATE t SET a = 1 WHERE b", [LOCKS]),
    ("INSERT INTO t VALUES (1) ON CONFLICT (a) DO UPDATE SET a = 2", [LOCKS]),
    ("MERGE INTO t USING u ON t.a = u.a WHEN MATCHED THEN DELETE", [LOCKS]),
    ("WITH c AS (DELETE FROM t RETURNING *) SELECT * FROM c", [EVERY, LOCKS]),
    ("WITH c AS (DELETE FROM t WHERE b RETURNING *) SELECT * FROM c", [LOCKS]),
    (
        "WITH c AS MATERIALIZED (SELECT 1), d AS (UPDATE t SET a = 1 RETURNING a) DELETE FROM u WHERE a = 1",
        [EVERY, LOCKS],
    ),
    ("WITH update AS (SELECT 1), delete (a) AS (SELECT 2) SELECT * FROM delete", []),
    ("WITH c AS (SELECT 1) SELECT * FROM json_to_record('{}') AS (update int)", []),
    ("WITH c AS (SELECT 'DELETE FROM t' AS \"(delete\") SELECT replace('a', 'b', 'c') FROM c", []),
    ("CREATE TABLE x AS WITH c AS (DELETE FROM t RETURNING *) SELECT * FROM c", [EVERY, LOCKS]),
    ("CREATE TABLE x AS (WITH c AS (DELETE FROM t RETURNING *) SELECT * FROM c)", [EVERY, LOCKS]),
    ("CREATE TABLE x AS SELECT * FROM t", []),
    ("COPY t (a) FROM '/tmp/x'", [LOCKS]),
    ("COPY t TO '/tmp/x'", []),
    ("CREATE VIEW x AS SELECT 'DELETE FROM t'", []),
    ("CREATE FUNCTION f() RETURNS void BEGIN ATOMIC DELETE FROM t; END", []),
    ("PREPARE p AS DELETE FROM t", []),
    ("EXPLAIN (ANALYZE, BUFFERS) UPDATE t SET a = 1", [EVERY, LOCKS]),
    ("EXPLAIN (COSTS OFF, ANALYSE TRUE) DELETE FROM t", [EVERY, LOCKS]),
    ("EXPLAIN (ANALYZE FALSE) UPDATE t SET a = 1", []),
    ("EXPLAIN (ANALYZE 0) UPDATE t SET a = 1", []),
    ("EXPLAIN ANALYZE WITH c AS (SELECT 1) DELETE FROM t", [EVERY, LOCKS]),
    ("EXPLAIN ANALYZE VERBOSE DELETE FROM t WHERE b", [LOCKS]),
    ("EXPLAIN VERBOSE DELETE FROM t", []),
    # not seen here
    ("DO $$ BEGIN RAISE NOTICE 'DROP TABLE x'; END $$", [UNSEEN]),
    ("DO LANGUAGE plpgsql $do$ BEGIN DROP TABLE t; END $do$", [UNSEEN]),
    ("CALL s.p(1)", [UNSEEN]),
    ("EXECUTE p (1)", [UNSEEN]),
    ("EXPLAIN ANALYZE EXECUTE p", [UNSEEN]),
    ("SELECT s.ours(1)", [UNSEEN]),
    ("select * from ours()", [UNSEEN]),
    ("SELECT pg_catalog.setval('sq', 1)", []),
    ("SELECT ours() FROM t", []),
    ("ALTER EXTENSION e UPDATE TO '2'", [UNSEEN]),
    ("UPDATE pg_attribute SET attnotnull = true WHERE attname = 'b'", [RISKS, LOCKS]),
    ("DELETE FROM pg_catalog.pg_enum WHERE enumlabel = 'y'", [RISKS, LOCKS]),
    ("CREATE RULE r AS ON INSERT TO t DO INSTEAD NOTHING", [LOCKS]),
    # rewrites
    ("ALTER TABLE t ALTER COLUMN a TYPE bigint", [REWRITES, LOCKS]),
    ("ALTER TABLE t ALTER a TYPE bigint USING a::bigint", [REWRITES, LOCKS]),
    ("ALTER TABLE t ALTER a SET DATA TYPE bigint", [REWRITES, LOCKS]),
    ('ALTER TABLE t ADD n int, ALTER "stored" TYPE bigint', [REWRITES, LOCKS]),
    ("ALTER TABLE t SET UNLOGGED", [REWRITES, LOCKS]),
    ("ALTER TABLE t SET LOGGED", [REWRITES, LOCKS]),
    ("ALTER TABLE t SET ACCESS METHOD heap", [REWRITES, LOCKS]),
    ("ALTER TABLE t SET TABLESPACE fast", [REWRITES, LOCKS]),
    ("ALTER MATERIALIZED VIEW v SET TABLESPACE fast", [REWRITES, LOCKS]),
    ("ALTER TABLE t SET SCHEMA s", [LOCKS]),
    ("ALTER TABLE ALL IN TABLESPACE slow OWNED BY a SET TABLESPACE fast", [REWRITES, LOCKS]),
    ("ALTER INDEX i SET TABLESPACE fast", [REWRITES, LOCKS]),
    ("ALTER INDEX ALL IN TABLESPACE slow SET TABLESPACE fast", [REWRITES, LOCKS]),
    ("ALTER TABLE t ADD COLUMN n int GENERATED ALWAYS AS (a * 2) STORED", [REWRITES, LOCKS]),
    ("ALTER TABLE t ADD COLUMN n int GENERATED ALWAYS AS (a * 2) VIRTUAL", [LOCKS]),
    ("ALTER TABLE t ADD n int NOT NULL GENERATED BY DEFAULT AS IDENTITY (START 5)", [REWRITES, LOCKS]),
    ("ALTER TABLE u ALTER a ADD GENERATED ALWAYS AS IDENTITY", [LOCKS]),
    ("ALTER TABLE t ALTER c SET EXPRESSION AS (3)", [REWRITES, LOCKS]),
    ("ALTER TABLE t ADD COLUMN n bigserial", [REWRITES, LOCKS]),
    ("ALTER TABLE t ADD COLUMN serial int", [LOCKS]),
    ("ALTER TABLE t ADD COLUMN IF NOT EXISTS n uuid DEFAULT gen_random_uuid()", [REWRITES, LOCKS]),
    ("ALTER TABLE t ADD COLUMN n uuid DEFAULT extensions.uuid_generate_v4()", [REWRITES, LOCKS]),
    ("ALTER TABLE t ADD COLUMN n numeric(10, 2) NOT NULL DEFAULT round((random() * 3)::numeric, 2)", [REWRITES, LOCKS]),
    ("ALTER TABLE t ADD COLUMN n int DEFAULT nextval('s'::regclass)", [REWRITES, LOCKS]),
    ("ALTER TABLE t ADD COLUMN n int DEFAULT ours()", [REWRITES, LOCKS]),
    ("ALTER TABLE t ADD COLUMN n int DEFAULT (s.ours())", [REWRITES, LOCKS]),
    ("ALTER TABLE t ADD COLUMN n text DEFAULT 'a' || ours()", [REWRITES, LOCKS]),
    ("ALTER TABLE t ADD COLUMN n int DEFAULT CASE WHEN length('a') > 1 THEN ours() ELSE 1 END", [REWRITES, LOCKS]),
    ("ALTER TABLE t ADD COLUMN n text DEFAULT lower('A') CHECK (ours() > 0)", [SCANS, LOCKS]),
    ("ALTER TABLE t ADD COLUMN n timestamp DEFAULT (now() AT TIME ZONE ('utc'))", [LOCKS]),
    ("ALTER TABLE t ADD COLUMN n int DEFAULT 1", [LOCKS]),
    ("ALTER TABLE t ADD COLUMN n text DEFAULT 'random()'", [LOCKS]),
    ("ALTER TABLE t ADD COLUMN n timestamptz DEFAULT now()", [LOCKS]),
    ("ALTER TABLE t ADD COLUMN n timestamptz DEFAULT (now()) NOT NULL", [LOCKS]),
    ("ALTER TABLE t ADD COLUMN n timestamptz(3) DEFAULT CURRENT_TIMESTAMP(3)", [LOCKS]),
    ("ALTER TABLE t ADD COLUMN n numeric DEFAULT 1::numeric(10, 2)", [LOCKS]),
    ("ALTER TABLE t ADD COLUMN n numeric DEFAULT CAST(0 AS numeric(10, 2))", [LOCKS]),
    ("ALTER TABLE t ADD COLUMN random int", [LOCKS]),
    ("ALTER TABLE t ALTER a SET DEFAULT random()", [LOCKS]),
    ("CLUSTER t USING i", [REWRITES, LOCKS]),
    ("VACUUM FULL t", [REWRITES, LOCKS]),
    ("VACUUM (ANALYZE, FULL) t", [REWRITES, LOCKS]),
    ("VACUUM (FULL FALSE) t", []),
    ("VACUUM t", []),
    # scans
    ("ALTER TABLE t ALTER COLUMN a SET NOT NULL", [SCANS, LOCKS]),
    ("ALTER TABLE t ADD CONSTRAINT c CHECK (a > 0)", [SCANS, LOCKS]),
    ("ALTER TABLE t ADD CHECK (a > 0)", [SCANS, LOCKS]),
    ("ALTER TABLE t ADD CONSTRAINT c CHECK (a > 0) NOT VALID", [LOCKS]),
    ("ALTER TABLE t ADD CONSTRAINT c CHECK (a > 0) NOT VALID NO INHERIT", [LOCKS]),
    ("ALTER TABLE t ADD CONSTRAINT c CHECK (a > 0) NOT ENFORCED", [LOCKS]),
    ("ALTER TABLE t ADD CONSTRAINT c NOT NULL a", [SCANS, LOCKS]),
    ("ALTER TABLE t ADD CONSTRAINT f FOREIGN KEY (a) REFERENCES u (a)", [SCANS, LOCKS]),
    ("ALTER TABLE t ADD CONSTRAINT f FOREIGN KEY (a) REFERENCES u (a) NOT VALID", [LOCKS]),
    ("ALTER TABLE t ADD PRIMARY KEY (a)", [SCANS, LOCKS]),
    ("ALTER TABLE t ADD CONSTRAINT c UNIQUE (a)", [SCANS, LOCKS]),
    ("ALTER TABLE t ADD CONSTRAINT c UNIQUE USING INDEX i", [LOCKS]),
    ("ALTER TABLE t ADD CONSTRAINT c PRIMARY KEY USING INDEX i", [SCANS, LOCKS]),
    ("ALTER TABLE t ADD COLUMN n int UNIQUE", [SCANS, LOCKS]),
    ("ALTER TABLE t ADD COLUMN n int CHECK (n > 0)", [SCANS, LOCKS]),
    ("ALTER TABLE t ADD COLUMN n int NOT NULL DEFAULT 1", [LOCKS]),
    ("ALTER TABLE t ADD COLUMN n int REFERENCES u", [LOCKS]),
    ("ALTER TABLE t ADD COLUMN n int DEFAULT 1 REFERENCES u (a)", [SCANS, LOCKS]),
    ("ALTER TABLE t ADD COLUMN n int REFERENCES u NOT NULL DEFAULT 1", [SCANS, LOCKS]),
    ("ALTER TABLE p ATTACH PARTITION p1 FOR VALUES FROM (1) TO (2)", [SCANS, LOCKS]),
    ("ALTER DOMAIN d ADD CONSTRAINT c CHECK (VALUE > 0)", [SCANS, LOCKS]),
    ("ALTER DOMAIN d SET NOT NULL", [SCANS, LOCKS]),
    ("ALTER DOMAIN d ADD CONSTRAINT c CHECK (VALUE > 0) NOT VALID", []),
    ("ALTER DOMAIN d DROP NOT NULL", []),
    # locks
    ("ALTER TABLE t VALIDATE CONSTRAINT old", [SCANS, LOCKS]),
    ("ALTER TABLE t ALTER a SET STATISTICS 500, SET (fillfactor = 70)", [LOCKS]),
    ("ALTER TABLE p DETACH PARTITION p1 CONCURRENTLY", [LOCKS]),
    ("ALTER TABLE t DISABLE TRIGGER ALL", [LOCKS]),
    ("CREATE INDEX j ON t (a)", [LOCKS]),
    ("CREATE UNIQUE INDEX CONCURRENTLY i ON t (a)", [LOCKS]),
    ("REINDEX TABLE t", [LOCKS]),
    ("REINDEX (VERBOSE, CONCURRENTLY) TABLE t", [LOCKS]),
    ("REFRESH MATERIALIZED VIEW v", [LOCKS]),
    ("REFRESH MATERIALIZED VIEW CONCURRENTLY v", [LOCKS]),
    ("CREATE TRIGGER g AFTER INSERT ON t EXECUTE FUNCTION g()", [LOCKS]),
    ("CREATE TABLE n (a int); -- DROP TABLE x", []),
    ("CREATE TABLE n (a int REFERENCES u)", [LOCKS]),
    ("CREATE TABLE n (a text DEFAULT 'REFERENCES u')", []),
    ("CREATE TABLE n PARTITION OF p FOR VALUES FROM (1) TO (2)", [SCANS, LOCKS]),
    ("CREATE TABLE n PARTITION OF q DEFAULT", [LOCKS]),
    ("LOCK TABLE t", [LOCKS]),
    ("LOCK TABLE t IN SHARE MODE", [LOCKS]),
    ("CREATE POLICY y ON t", [LOCKS]),
    ("ALTER POLICY po ON t TO PUBLIC", [LOCKS]),
    ("DROP POLICY po ON t", [LOCKS]),
    ("DROP RULE r ON events", [LOCKS]),
    ("DROP TRIGGER tg ON t", [LOCKS]),
    ("ALTER TRIGGER tg ON t RENAME TO tg2", [LOCKS]),
    ("ALTER RULE r ON events RENAME TO r2", [LOCKS]),
    ("ALTER INDEX pi ATTACH PARTITION pdi", [LOCKS]),
    ("ALTER INDEX i RENAME TO j", [LOCKS]),
    ("ALTER SEQUENCE sq RESTART", [LOCKS]),
    ("ALTER VIEW w RENAME TO w2", [LOCKS]),
    ("CREATE OR REPLACE VIEW w AS SELECT a FROM u", [LOCKS]),
    ("CREATE VIEW w2 AS SELECT a FROM u", []),
    ("CREATE CONSTRAINT TRIGGER h AFTER INSERT ON t FOR EACH ROW EXECUTE FUNCTION g()", [LOCKS]),
    ("CREATE OR REPLACE TRIGGER tg BEFORE INSERT ON t EXECUTE FUNCTION g()", [LOCKS]),
    ("ALTER TABLE t ENABLE ALWAYS TRIGGER tg", [LOCKS]),
    ("ALTER TABLE t ENABLE ROW LEVEL SECURITY", [LOCKS]),
    ("ALTER TABLE t REPLICA IDENTITY FULL", [LOCKS]),
    ("ALTER TABLE t CLUSTER ON i", [LOCKS]),
    ("ALTER TABLE t SET WITHOUT CLUSTER, RESET (fillfactor), ALTER COLUMN a SET (n_distinct = 5)", [LOCKS]),
    ("ALTER TABLE u SET SCHEMA s", [LOCKS]),
    ("ALTER DOMAIN d VALIDATE CONSTRAINT positive", [SCANS, LOCKS]),
    ("ALTER TABLE p ATTACH PARTITION p1 DEFAULT", [SCANS, LOCKS]),
    ("ALTER TABLE t ADD EXCLUDE (a WITH =)", [SCANS, LOCKS]),
    (
        "ALTER TABLE t ADD COLUMN n text CHECK (n > '') NOT NULL DEFAULT md5(clock_timestamp()::text)",
        [REWRITES, SCANS, LOCKS],
    ),
    ("ALTER TABLE t ADD COLUMN n jsonb NOT NULL DEFAULT jsonb_build_object('a', ARRAY[1, 2])", [LOCKS]),
    ("SELECT 1", []),
    ("", []),
]

MYSQL: list[tuple[str, list[str]]] = [
    ("DROP TABLE t", [LOST, LOCKS]),
    ("DROP TEMPORARY TABLE t", []),
    ("/*!50003 DROP TABLE t */", [LOST, LOCKS]),
    ("/* DROP TABLE t */ SELECT 1", []),
    ("DROP DATABASE d", [LOST]),
    ("DROP USER u", []),
    ("TRUNCATE TABLE t", [LOST, LOCKS]),
    ("CREATE OR REPLACE TABLE t (a INT)", [LOST, LOCKS]),
    ("CREATE OR REPLACE DATABASE d", [LOST]),
    ("CREATE OR REPLACE VIEW v AS SELECT 1", []),
    ("ALTER TABLE t DROP COLUMN a", [LOST, REWRITES, LOCKS]),
    ("ALTER TABLE `t` DROP `index`", [LOST, REWRITES, LOCKS]),
    ("ALTER TABLE t DROP COLUMN a, ALGORITHM = INSTANT", [LOST, LOCKS]),
    ("ALTER TABLE t DROP INDEX i", [LOCKS]),
    ("ALTER TABLE t DROP KEY IF EXISTS k, DROP FOREIGN KEY f, DROP CONSTRAINT c, DROP CHECK d", [LOCKS]),
    ("ALTER TABLE t ALTER a DROP DEFAULT", [LOCKS]),
    ("ALTER TABLE t DROP PARTITION p", [LOST, LOCKS]),
    ("ALTER TABLE t TRUNCATE PARTITION p", [LOST, LOCKS]),
    ("ALTER TABLE t DISCARD TABLESPACE", [LOST, LOCKS]),
    ("ALTER TABLE t IMPORT TABLESPACE", [LOCKS]),
    ("ALTER TABLE t DROP SYSTEM VERSIONING", [LOST, REWRITES, LOCKS]),
    # every row
    ("DELETE FROM t", [EVERY, LOCKS]),
    ("DELETE QUICK IGNORE FROM d.t", [EVERY, LOCKS]),
    ("DELETE t FROM t", [EVERY, LOCKS]),
    ("DELETE FROM t WHERE a = 'DROP TABLE x'", [LOCKS]),
    ("DELETE FROM t ORDER BY a LIMIT 5", [LOCKS]),
    ("DELETE FROM t PARTITION (p)", [LOCKS]),
    ("DELETE t FROM t JOIN u USING (a)", [LOCKS]),
    ("DELETE FROM t USING t JOIN u ON t.a = u.a", [LOCKS]),
    ("DELETE HISTORY FROM t", [LOCKS]),
    ("DELETE FROM t WHERE 1", [EVERY, LOCKS]),
    ("DELETE FROM t WHERE 1 = 1 AND a", [LOCKS]),
    ("DELETE FROM t WHERE (1)", [EVERY, LOCKS]),
    ("UPDATE t SET a = 1 WHERE true", [EVERY, LOCKS]),
    ("DELETE FROM `where`", [EVERY, LOCKS]),
    ("UPDATE t SET a = (SELECT 1 FROM u WHERE b LIMIT 1)", [EVERY, LOCKS]),
    ("UPDATE t AS x SET a = 1 # WHERE b", [EVERY, LOCKS]),
    ("UPDATE t SET a = 1 LIMIT 5", [LOCKS]),
    ("UPDATE t SET a = 1 WHERE b", [LOCKS]),
    ("UPDATE t JOIN u ON t.a = u.a SET t.a = 1", [LOCKS]),
    ("UPDATE t, u SET t.a = u.a", [LOCKS]),
    ("INSERT INTO t VALUES (1) ON DUPLICATE KEY UPDATE a = 2", [LOCKS]),
    ("WITH c AS (SELECT 1) DELETE FROM t", [EVERY, LOCKS]),
    ("WITH c AS (SELECT REPLACE('a', 'b', 'c')) SELECT (1), REPLACE('a', 'b', 'c') FROM c", []),
    ("ANALYZE FORMAT=JSON DELETE FROM t", [EVERY, LOCKS]),
    ("ANALYZE UPDATE t SET a = 1", [EVERY, LOCKS]),
    ("ANALYZE TABLE t", []),
    ("EXPLAIN ANALYZE DELETE FROM t", []),
    # not seen here
    ("CALL p()", [UNSEEN]),
    ("EXECUTE s", [UNSEEN]),
    ("EXECUTE IMMEDIATE 'DROP TABLE t'", [UNSEEN]),
    ("DO f()", [UNSEEN]),
    ("DO SLEEP(1)", []),
    ("DO 1", []),
    ("BEGIN NOT ATOMIC DROP TABLE t; END", [UNSEEN]),
    ("IF @a THEN DROP TABLE t; END IF", [UNSEEN]),
    ("CREATE PROCEDURE p() BEGIN DROP TABLE t; END", []),
    # rewrites
    ("ALTER TABLE t MODIFY a BIGINT NOT NULL", [REWRITES, LOCKS]),
    ("ALTER TABLE t CHANGE COLUMN a b TEXT", [REWRITES, LOCKS]),
    ("ALTER TABLE t MODIFY a BIGINT, ALGORITHM = INSTANT", [LOCKS]),
    ("ALTER TABLE t ALGORITHM NOCOPY, MODIFY a BIGINT", [LOCKS]),
    ("ALTER TABLE t MODIFY a BIGINT, ALGORITHM = COPY, LOCK = SHARED", [REWRITES, LOCKS]),
    ("ALTER TABLE t CONVERT TO CHARACTER SET utf8mb4", [REWRITES, LOCKS]),
    ("ALTER TABLE t ENGINE = InnoDB", [REWRITES, LOCKS]),
    ("ALTER TABLE t ENGINE 'InnoDB'", [REWRITES, LOCKS]),
    ("ALTER TABLE t COMMENT = 'x' ROW_FORMAT = DYNAMIC", [REWRITES, LOCKS]),
    ("ALTER TABLE t COMMENT = 'ENGINE = x'", [LOCKS]),
    ("ALTER TABLE t FORCE", [REWRITES, LOCKS]),
    ("ALTER TABLE t ADD INDEX (v), ALGORITHM = COPY", [REWRITES, LOCKS]),
    ("ALTER TABLE t MODIFY a INT NOT NULL DEFAULT 1, LOCK = NONE", [REWRITES, LOCKS]),
    ("ALTER TABLE t ORDER BY a, b", [REWRITES, LOCKS]),
    ("ALTER TABLE t ADD PRIMARY KEY (a)", [REWRITES, LOCKS]),
    ("ALTER TABLE t DROP PRIMARY KEY", [REWRITES, LOCKS]),
    ("ALTER TABLE t ADD CONSTRAINT FOREIGN KEY (a) REFERENCES u (id)", [REWRITES, LOCKS]),
    ("ALTER TABLE t ADD CONSTRAINT c CHECK (a > 0)", [REWRITES, LOCKS]),
    ("ALTER TABLE t ADD CONSTRAINT c CHECK (a > 0) NOT ENFORCED", [LOCKS]),
    ("ALTER TABLE t ADD COLUMN n INT AS (a * 2) STORED", [REWRITES, LOCKS]),
    ("ALTER TABLE t ADD COLUMN n INT GENERATED ALWAYS AS (a * 2) VIRTUAL", [LOCKS]),
    ("ALTER TABLE t ADD n INT NOT NULL AUTO_INCREMENT UNIQUE", [REWRITES, LOCKS]),
    ("ALTER TABLE t ADD FULLTEXT (v)", [REWRITES, LOCKS]),
    ("CREATE FULLTEXT INDEX j ON t (v)", [REWRITES, LOCKS]),
    ("ALTER TABLE t ADD INDEX (v)", [LOCKS]),
    ("ALTER TABLE t ADD SPATIAL KEY j (g), ADD KEY (v), ADD UNIQUE KEY k (v)", [LOCKS]),
    ("ALTER TABLE t ADD n INT UNIQUE", [REWRITES, LOCKS]),
    ("ALTER TABLE t ADD (n INT, m INT AS (a * 2) STORED)", [REWRITES, LOCKS]),
    ("ALTER TABLE t ADD COLUMN (n INT, m INT)", [LOCKS]),
    ("ALTER TABLE t ADD COLUMN n SERIAL", [REWRITES, LOCKS]),
    ("ALTER TABLE t ADD COLUMN n INT REFERENCES u (id)", [REWRITES, LOCKS]),
    ("ALTER TABLE t ADD COLUMN n INT CHECK (n > 0)", [REWRITES, LOCKS]),
    ("ALTER TABLE t ADD COLUMN n INT CONSTRAINT c CHECK (n > 0) NOT ENFORCED", [LOCKS]),
    ("ALTER TABLE t ADD COLUMN n INT DEFAULT (1 + 1)", [REWRITES, LOCKS]),
    ("ALTER TABLE t ADD COLUMN n VARCHAR(36) DEFAULT UUID()", [REWRITES, LOCKS]),
    ("ALTER TABLE t ADD COLUMN n DATETIME(3) DEFAULT CURRENT_TIMESTAMP(3) ON UPDATE CURRENT_TIMESTAMP(3)", [LOCKS]),
    ("ALTER TABLE t ADD COLUMN n INT, ADD INDEX (n)", [REWRITES, LOCKS]),
    ("ALTER TABLE t ADD CONSTRAINT j UNIQUE (v), ADD COLUMN n INT", [REWRITES, LOCKS]),
    ("ALTER TABLE t ADD COLUMN n INT, DROP INDEX i", [REWRITES, LOCKS]),
    ("ALTER TABLE t ALGORITHM = INPLACE, LOCK = NONE, ADD COLUMN n INT", [REWRITES, LOCKS]),
    ("ALTER TABLE t ADD COLUMN n INT, ADD COLUMN m INT, RENAME COLUMN v TO w", [LOCKS]),
    ("ALTER TABLE events ALTER CHECK off ENFORCED", [REWRITES, LOCKS]),
    ("ALTER TABLE t PAGE_COMPRESSED = 1", [REWRITES, LOCKS]),
    ("ALTER TABLE t ENCRYPTION = 'N'", [REWRITES, LOCKS]),
    ("ALTER TABLE t ADD SYSTEM VERSIONING", [REWRITES, LOCKS]),
    ("ALTER TABLE t ADD PARTITION PARTITIONS 2", [REWRITES, LOCKS]),
    ("ALTER TABLE t ADD PARTITION (PARTITION p2 VALUES LESS THAN (30))", [LOCKS]),
    ("ALTER TABLE t OPTIMIZE PARTITION ALL", [REWRITES, LOCKS]),
    ("ALTER TABLE t PARTITION BY HASH (id) PARTITIONS 2", [REWRITES, LOCKS]),
    ("ALTER TABLE t REMOVE PARTITIONING", [REWRITES, LOCKS]),
    ("ALTER TABLE t COALESCE PARTITION 1", [REWRITES, LOCKS]),
    ("OPTIMIZE LOCAL TABLE t", [REWRITES, LOCKS]),
    ("SET STATEMENT max_statement_time = 1 FOR ALTER TABLE t FORCE", [REWRITES, LOCKS]),
    ("SET STATEMENT max_statement_time = 1 FOR SELECT 1 FOR UPDATE", []),
    ("ALTER ONLINE TABLE IF EXISTS t WAIT 5 FORCE", [REWRITES, LOCKS]),
    # names that are words of other statements
    ("ALTER TABLE events ADD COLUMN engine VARCHAR(10)", [LOCKS]),
    ("ALTER TABLE events RENAME COLUMN engine TO motor", [LOCKS]),
    ("ALTER TABLE events ADD row_format INT, ADD stored INT, ADD `force` INT, ADD `primary key` INT", [LOCKS]),
    ("ALTER TABLE events ADD INDEX engine (engine), RENAME INDEX engine TO stored", [LOCKS]),
    ("ALTER TABLE events ADD COLUMN a INT COMMENT 'STORED, ENGINE = x'", [LOCKS]),
    # locks
    ("ALTER TABLE t ADD COLUMN n INTEGER", [LOCKS]),
    ("ALTER TABLE t ADD COLUMN n INT, ALGORITHM = INSTANT, LOCK = DEFAULT", [LOCKS]),
    ("ALTER TABLE t ADD COLUMN n INT, LOCK = EXCLUSIVE", [LOCKS]),
    ("ALTER TABLE t RENAME TO u", [LOCKS]),
    ("RENAME TABLE t TO u", [LOCKS]),
    ("RENAME USER a TO b", []),
    ("CREATE INDEX i ON t (a)", [LOCKS]),
    ("CREATE SPATIAL INDEX i ON t (g)", [LOCKS]),
    ("CREATE DEFINER = `a`@`b` TRIGGER g BEFORE INSERT ON t FOR EACH ROW DELETE FROM u", [LOCKS]),
    ("CREATE TABLE n (a INTEGER)", []),
    ("ALTER USER u IDENTIFIED BY 'DROP COLUMN a'", []),
    ("REPLACE INTO t VALUES (1)", [LOCKS]),
    ("SELECT 1", []),
]

CTE = "WITH RECURSIVE c (n) AS (SELECT ')' UNION SELECT n FROM c), d AS (SELECT 1)\n"
CASES = {"sqlite": SQLITE, "postgres": POSTGRES, "mysql": MYSQL}


@pytest.mark.parametrize(
    ("dialect", "sql", "expected"), [(dialect, *case) for dialect, cases in CASES.items() for case in cases]
)
def test_the_rules_that_hold_for_a_statement(dialect: str, sql: str, expected: list[str]) -> None:
    assert [rule for rule, _ in groupby(each.rule for each in told(dialect, f"{sql};"))] == expected


@pytest.mark.parametrize("dialect", CASES)
@pytest.mark.parametrize("deed", ["DELETE FROM t", "UPDATE t SET a = (1)", "INSERT INTO t SELECT n FROM c", "SELECT 1"])
def test_a_statement_after_with_counts_as_what_it_does(dialect: str, deed: str) -> None:
    assert [each[2:] for each in told(dialect, f"{CTE}{deed};")] == [each[2:] for each in told(dialect, f"{deed};")]


@pytest.mark.parametrize("dialect", CASES)
def test_every_row_makes_a_difference_to_an_example(dialect: str, monkeypatch: pytest.MonkeyPatch) -> None:
    rows, before = hints.rows(), {sql: told(dialect, sql) for sql, _ in CASES[dialect]}
    shown = dict[hints.Row, list[str]]()
    for sql in before:
        for row in fitting(dialect, sql):
            shown.setdefault(row, []).append(sql)
    useless = list[str]()
    for row in (each for each in rows if each.dialect == dialect):
        examples = before if row.rule == "actions" else shown.get(row, [])
        with monkeypatch.context() as without:
            without.setattr(hints, "rows", lambda row=row: [each for each in rows if each is not row])
            hints.table.cache_clear()
            useless += [row.pattern] if all(told(dialect, sql) == before[sql] for sql in examples) else []
    hints.table.cache_clear()
    assert useless == []


def test_every_row_has_a_rule_that_is_known_and_a_page_of_its_manual() -> None:
    for row in hints.rows():
        assert row.rule in [*RULES, "runs", "actions"], row
        manual = "|".join(map(re.escape, MANUALS[row.dialect].split()))
        assert re.fullmatch(rf"({manual})[a-z_0-9-]+(\.html(#\S+)?|/)", row.page), row
        assert row.what == row.what.strip().rstrip("."), row
        assert row.what[0] == row.what[0].lower(), row


def test_the_rows_of_a_rule_stand_together_and_begin_with_words() -> None:
    blocks = [key for key, _ in groupby((row.dialect, row.rule) for row in hints.rows())]
    assert len(blocks) == len({*blocks})
    assert [verb for known in hints.table().values() for verb in known if not verb.isalpha()] == []


# What the servers do. A hint that holds only sometimes says so: "unless", "where".


SCHEMA = """
    CREATE SCHEMA s; CREATE TABLE s.t (a int); CREATE SEQUENCE sq;
    CREATE TYPE y AS ENUM ('y'); CREATE TYPE e AS ENUM ('z'); CREATE TYPE s.e AS ENUM ('y'); CREATE DOMAIN d AS int;
    CREATE TABLE u (a int PRIMARY KEY); INSERT INTO u VALUES (1);
    CREATE TABLE t (a int DEFAULT 1, b boolean, c int GENERATED ALWAYS AS (1) STORED, type text, stored int,
        y y, d d, CONSTRAINT k CHECK (a > 0));
    INSERT INTO t (a, d) VALUES (1, 1);
    CREATE UNIQUE INDEX i ON t (a);
    ALTER TABLE t ADD CONSTRAINT old FOREIGN KEY (a) REFERENCES u NOT VALID;
    CREATE TABLE type (type text); CREATE TABLE "where" (a int);
    CREATE TABLE events (type text, CONSTRAINT logged CHECK (type <> ''));
    CREATE TABLE p (a int) PARTITION BY RANGE (a); CREATE TABLE p1 (a int); INSERT INTO p1 VALUES (1);
    CREATE TABLE pd PARTITION OF p DEFAULT; CREATE INDEX pi ON ONLY p (a); CREATE INDEX pdi ON pd (a);
    CREATE TABLE q (a int) PARTITION BY RANGE (a);
    CREATE TYPE ct AS (a int, b int); CREATE TABLE typed OF ct; INSERT INTO typed VALUES (1, 1);
    CREATE COLLATION co FROM "C"; CREATE TABLE collated (a text COLLATE co);
    CREATE VIEW w AS SELECT a FROM u; CREATE MATERIALIZED VIEW v AS SELECT a FROM u;
    CREATE UNIQUE INDEX vi ON v (a);
    CREATE FUNCTION ours() RETURNS int LANGUAGE plpgsql AS 'BEGIN RETURN 1; END';
    CREATE FUNCTION s.ours() RETURNS int LANGUAGE plpgsql AS 'BEGIN RETURN 1; END';
    ALTER TABLE u ALTER a SET DEFAULT nextval('sq') + ours();
    CREATE FUNCTION g() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END';
    CREATE TRIGGER tg BEFORE INSERT ON t EXECUTE FUNCTION g(); CREATE POLICY po ON t;
    CREATE RULE r AS ON INSERT TO events DO NOTHING;
    ALTER DOMAIN d ADD CONSTRAINT positive CHECK (VALUE > 0) NOT VALID"""
MODES = ["ACCESS SHARE", "ROW SHARE", "ROW EXCLUSIVE", "SHARE UPDATE EXCLUSIVE", "SHARE", "SHARE ROW EXCLUSIVE"]
MODES += ["EXCLUSIVE", "ACCESS EXCLUSIVE"]
# Not in a transaction, not without a second disk, or from PostgreSQL 17 or 18 on.
NOT_TRIED = re.compile("CONCURRENTLY|VACUUM|TABLESPACE|SET EXPRESSION|NOT NULL name|LOCK ... IN")

# Not in the words of one of the two.
NOT_KNOWN = {"mariadb": re.compile("name ENFORCED"), "mysql": re.compile("SYSTEM VERSIONING")}


class Did(NamedTuple):
    """What a server did to the tables that were there."""

    rewrites: bool
    scans: bool
    lock: str  # the strongest


def on_postgres(connection: Any, notices: list[str], sql: str) -> Did | None:
    """Run a statement, and take it back; None where it cannot run."""
    state = """SELECT oid, CASE relkind WHEN 'S' THEN 0 ELSE relfilenode END AS file, pg_stat_get_xact_numscans(oid)
        FROM pg_class
        WHERE relkind IN ('r', 'm', 'i', 'p', 'v', 'S') AND oid > 16384 AND relname NOT LIKE 'pg\\_%'"""
    connection.execute("ROLLBACK")
    connection.execute("BEGIN")
    before = {oid: more for oid, *more in connection.execute(state).fetchall()}
    connection.execute("SET LOCAL client_min_messages = debug1")
    notices.clear()
    try:
        connection.execute(sql)
    except connection.Error:
        return None
    read = any(re.match(r'verifying table|building index "\w+" on table "(?!pg_)', each) for each in notices)
    after = {oid: more for oid, *more in connection.execute(state).fetchall() if oid in before}
    locks = """SELECT upper(regexp_replace(replace(mode, 'Lock', ''), '(?<=[a-z])(?=[A-Z])', ' ', 'g')) FROM pg_locks
        WHERE pid = pg_backend_pid() AND locktype = 'relation' AND relation = ANY(%s)"""
    held = [mode for (mode,) in connection.execute(locks, [[*before]]).fetchall()]
    return Did(
        any(before[oid][0] != after[oid][0] for oid in after),
        read or any(before[oid][1] < after[oid][1] for oid in after),
        max(held, key=MODES.index, default="ACCESS SHARE"),
    )


def always(said: list[hints.Effect], rule: str) -> bool:
    """Whether a rule is said without "unless" and "where"."""
    return any(each.rule == rule and not re.search("unless|where", each.what) for each in said)


def test_postgres_rewrites_scans_and_locks_what_is_said_and_no_more(postgres: Database) -> None:
    wrong, tried, notices = list[str](), set[hints.Row](), list[str]()
    connection = postgres.connect()
    connection.add_notice_handler(lambda notice: notices.append(notice.message_primary))
    connection.execute(SCHEMA)
    for sql, rules in POSTGRES:
        if UNSEEN in rules or sql.endswith(" MODE") or (did := on_postgres(connection, notices, sql)) is None:
            continue
        tried |= {*fitting("postgres", f"{sql};")}
        said = told("postgres", f"{sql};")
        modes = re.findall(r"\(([A-Z ]+)\)", " ".join(each.what for each in said if each.rule == LOCKS))
        most = max(modes, key=MODES.index, default="ROW EXCLUSIVE")
        alters, blocks = sql.startswith("ALTER"), MODES.index(did.lock) >= MODES.index("SHARE")
        faults = {
            "it rewrites nothing": always(said, REWRITES) and not did.rewrites,
            "it reads no table": always(said, SCANS) and not did.scans,
            "it rewrites": did.rewrites and alters and REWRITES not in rules,
            "it reads": did.scans and alters and blocks and not {SCANS, REWRITES} & {*rules},
            f"it locks {did.lock}": did.lock != most if modes else MODES.index(did.lock) > MODES.index(most),
        }
        wrong += [f"{sql}: {fault}" for fault, found in faults.items() if found]
    assert wrong == []
    claims = {row for row in hints.rows() if row.dialect == "postgres" and row.rule in (REWRITES, SCANS, LOCKS)}
    missing = [row.pattern for row in claims - tried if row.what != "-"]
    assert [pattern for pattern in missing if not NOT_TRIED.search(pattern)] == []


def test_postgres_calls_volatile_what_the_table_calls_so(postgres: Database) -> None:
    volatile = {name.upper() for (name,) in postgres.query("SELECT proname FROM pg_proc WHERE provolatile = 'v'")}
    known = {name.upper() for (name,) in postgres.query("SELECT proname FROM pg_proc")}
    defaults = [row for row in hints.rows() if row.rule == REWRITES and " DEFAULT " in row.pattern]
    named, harmless = ({*re.findall(r"[A-Z_0-9]{3,}", row.pattern.partition(" DEFAULT ")[2])} for row in defaults[:2])
    assert {"RANDOM", "NEXTVAL"} <= named & known <= volatile
    assert {"NOW", "LOWER"} <= harmless & known
    assert harmless & volatile == set()


def test_mysql_rewrites_what_is_said_and_no_more(mysql_family: Database) -> None:
    wrong, tried = list[str](), set[hints.Row]()
    connection = mysql_family.connect()
    cursor = connection.cursor()
    cursor.execute("SELECT table_name FROM information_schema.tables WHERE table_name LIKE 'INNODB%TABLES'")
    (innodb,) = [name for (name,) in cursor.fetchall() if name in ("INNODB_TABLES", "INNODB_SYS_TABLES")]
    state = f"SELECT table_id FROM information_schema.{innodb} WHERE name LIKE '{mysql_family.name}/t%%'"

    check = "" if mysql_family.server.flavor == "mariadb" else ", CONSTRAINT off CHECK (type > 0) NOT ENFORCED"

    def run(sql: str) -> list[int]:
        cursor.execute(sql)
        while cursor.nextset():
            pass
        cursor.execute(state)
        return [number for (number,) in cursor.fetchall()]

    for sql, rules in MYSQL:
        if not re.search(r"^(SET .*)?(ALTER|CREATE .*INDEX|OPTIMIZE)\b", sql) or "TABLESPACE" in sql:
            continue
        for table in ("t", "u", "events"):
            cursor.execute(f"DROP TABLE IF EXISTS {table}")
        key = "id INT" if "ADD PRIMARY KEY" in sql else "id INT PRIMARY KEY"
        parts = "PARTITION BY HASH (id) PARTITIONS 2" if " PARTITION" in sql.replace("PARTITION BY", "") else ""
        point = "" if "PARTITION" in sql else ", g POINT NOT NULL, KEY g (v)"
        cursor.execute("CREATE TABLE u (id INT PRIMARY KEY)")
        cursor.execute(f"CREATE TABLE events (type INT, engine INT, `index` INT {check})")
        before = run(f"CREATE TABLE t ({key}, a INT, v VARCHAR(9), KEY i (a) {point}) CHARSET latin1 {parts}")
        cursor.execute(f"INSERT INTO t VALUES (1, 1, 'x'{', POINT(1, 1)' if point else ''})")
        cursor.execute("INSERT INTO u VALUES (1)")
        try:
            after = run(sql)
        except connection.Error:
            continue
        tried |= {*fitting("mysql", f"{sql};")}
        faults = {
            "it rewrites nothing": always(told("mysql", f"{sql};"), REWRITES) and before == after,
            "it rewrites": before != after and REWRITES not in rules,
        }
        wrong += [f"{sql}: {fault}" for fault, found in faults.items() if found]
    assert wrong == []
    claims = {row for row in hints.rows() if row.dialect == "mysql" and row.rule == REWRITES}
    missing = [row.pattern for row in claims - tried if row.what != "-"]
    assert [pattern for pattern in missing if not NOT_KNOWN[mysql_family.server.flavor].search(pattern)] == []


@pytest.mark.parametrize(
    "action",
    [
        "ADD FULLTEXT (v)",
        "ADD SPATIAL INDEX (g)",
        "CONVERT TO CHARACTER SET utf8mb4",
        "ADD FOREIGN KEY (a) REFERENCES u (id)",
        "ADD n INT AS (a * 2) STORED",
        "ADD n INT AUTO_INCREMENT UNIQUE",
        "ADD COLUMN n SERIAL",
        "ADD COLUMN n INT REFERENCES u (id)",
        "ADD CONSTRAINT c CHECK (a > 0)",
        "ORDER BY a",
    ],
)
def test_mysql_blocks_writes_where_that_is_said(mysql_family: Database, action: str) -> None:
    assert "against writes until it is done" in told("mysql", f"ALTER TABLE t {action};")[-1].what
    create = "CREATE TABLE t (id INT PRIMARY KEY, a INT, v VARCHAR(9), g POINT NOT NULL) CHARSET latin1"
    mysql_family.execute("CREATE TABLE u (id INT PRIMARY KEY)", create)
    with pytest.raises(mysql_family.connect().Error, match="LOCK=NONE is not supported"):
        mysql_family.execute(f"ALTER TABLE t LOCK = NONE, {action}")
    mysql_family.execute("ALTER TABLE t ADD INDEX (a), LOCK = NONE")


def test_mysql_makes_others_wait_for_one_that_waits(mysql_family: Database) -> None:
    mysql_family.execute("CREATE TABLE t (id INT)")
    reader, altering = mysql_family.connect(), mysql_family.connect()
    reader.begin()
    reader.cursor().execute("SELECT * FROM t")
    altering.cursor().execute("SET SESSION lock_wait_timeout = 1")
    with pytest.raises(altering.Error, match="Lock wait timeout exceeded"):
        altering.cursor().execute("ALTER TABLE t ADD COLUMN a INT, ALGORITHM = INSTANT")


@pytest.mark.parametrize(
    ("sql", "rewrites"),
    [("ALTER TABLE t DROP COLUMN a", True), ("ALTER TABLE t ADD COLUMN b INT DEFAULT 1", False), ("VACUUM", True)],
)
def test_sqlite_rewrites_what_is_said(sqlite: Database, sql: str, rewrites: bool) -> None:
    connection = sqlite.connect()
    connection.execute("PRAGMA journal_mode = wal")
    connection.execute("CREATE TABLE t (id INTEGER PRIMARY KEY, a TEXT, c TEXT)")
    connection.executemany("INSERT INTO t (a, c) VALUES (?, ?)", [("x" * 10, "x" * 3000)] * 100)
    connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    connection.execute(sql)
    assert (REWRITES in dict.fromkeys(each.rule for each in told("sqlite", sql))) is rewrites
    assert (connection.execute("PRAGMA wal_checkpoint").fetchone()[1] > 75) is rewrites  # pages


@pytest.mark.parametrize("sql", [sql for sql, _ in SQLITE if re.match("CREATE|DELETE|DROP T|PRAGMA|SELECT", sql)])
def test_sqlite_locks_what_is_said(sqlite: Database, sql: str) -> None:
    sqlite.execute("CREATE TABLE t (a)", "CREATE TABLE u (a)")
    connection, other = sqlite.connect(), sqlite.connect()
    connection.execute("BEGIN")
    sql = sql.replace("CREATE TABLE t", "CREATE TABLE n").partition(" LIMIT")[0]
    connection.execute(sql).fetchall()
    other.execute("PRAGMA busy_timeout = 0")
    try:
        other.execute("BEGIN IMMEDIATE")
        locked = False
    except sqlite3.OperationalError:
        locked = True
    assert locked == any(each.rule == LOCKS for each in told("sqlite", sql))
    connection.execute("ROLLBACK")


# What a finding is about.


def test_two_statements_on_one_line_have_each_their_own() -> None:
    sql = "CREATE TABLE a (n int); DROP TABLE b;\n ALTER TABLE c DROP d,\n ALTER e TYPE text; DELETE FROM f;"
    assert [(each.statement, each.line, each.rule) for each in told("postgres", sql) if each.rule != LOCKS] == [
        (2, 1, LOST),
        (3, 2, LOST),
        (3, 2, REWRITES),
        (4, 3, EVERY),
    ]


def test_each_action_of_a_statement_says_its_own() -> None:
    sql = "ALTER TABLE t DROP a, DROP b, ALTER c TYPE text, SET UNLOGGED, VALIDATE CONSTRAINT d, ADD e int"
    assert [(each.rule, each.what) for each in told("postgres", sql)] == [
        (LOST, "whatever data was in the column disappears"),
        (REWRITES, "the table and its indexes, unless the old type is binary coercible"),
        (REWRITES, "the table, unless it is so already"),
        (SCANS, "the whole table, while what this file has locked before stays locked"),
        (LOCKS, "the table against other changes of its schema (SHARE UPDATE EXCLUSIVE), not against reads and writes"),
        (LOCKS, "the table against reads and writes (ACCESS EXCLUSIVE)"),
    ]


def test_what_a_setting_makes_a_text_is_no_code() -> None:
    database, one = step("mysql", "")
    statements = (*migrate.split_statements("SET sql_mode = 'NO_BACKSLASH_ESCAPES'", database.syntax),)
    later = migrate.Statement(r"UPDATE t SET a = 'x\' WHERE b = 'y'", 2, 40)
    one = one._replace(statements=statements_of([*statements, later]))
    assert [each.rule for each in hints.effects(database, one)] == [LOCKS]
    assert EVERY in [each.rule for each in hints.effects(database, one._replace(statements=statements_of([later])))]


def test_a_statement_takes_time_in_proportion_to_its_length() -> None:
    def times(sql: str) -> float:
        before = time.process_time()
        assert told("postgres", sql)
        return time.process_time() - before

    for line in ("UPDATE t SET {} b = 1", "DELETE FROM t USING ({} b)", "ALTER TABLE t {} ADD CHECK (a) NOT VALID"):
        few, many = (line.format(f"ADD a int DEFAULT {'(' * 20}x{')' * 20}," * number) for number in (100, 1000))
        assert min(times(many) for _ in range(3)) < 30 * min(times(few) for _ in range(3))  # of ten times the length


def test_what_nobody_has_closed_is_looked_at_all_the_same() -> None:
    assert [each.rule for each in told("postgres", "DROP TABLE t ((a; DROP")] == [LOST, LOCKS]
    assert [each.rule for each in told("postgres", "DROP TABLE t)) (")] == [LOST, LOCKS]
    deep = f"ALTER TABLE t ADD COLUMN n int DEFAULT {'(' * 9999}random(){')' * 9999};"
    assert [each.rule for each in told("postgres", deep)] == [REWRITES, LOCKS]
    assert told("postgres", "ALTER TABLE") == told("postgres", "WITH") == told("postgres", "EXPLAIN ANALYZE") == []


def test_a_dialect_that_the_table_does_not_know_has_no_hints() -> None:
    class DuckDB(migrate.SQLite):
        dialect = "duckdb"

    _, one = step("sqlite", "DROP TABLE t")
    assert [*hints.effects(DuckDB(migrate.DatabaseURL("sqlite", "x")), one)] == []
    assert (hints.knows("duckdb"), hints.knows("sqlite")) == (False, True)


@pytest.mark.parametrize(
    ("dialect", "sql", "expected"),
    [
        ("postgres", "EXPLAIN ANALYZE DELETE FROM t", "DELETE"),
        ("postgres", "WITH c AS (INSERT INTO t SELECT 1) SELECT 1", "INSERT"),
        ("postgres", "CREATE TABLE a AS EXECUTE p", "EXECUTE"),
        ("mysql", "SET STATEMENT max_statement_time = 1 FOR UPDATE t SET a = 1", "UPDATE"),
        ("sqlite", "WITH c AS (SELECT 1) REPLACE INTO t SELECT 1", "REPLACE"),
        ("sqlite", "EXPLAIN DELETE FROM t", "EXPLAIN"),
        ("sqlite", "(", ""),
    ],
)
def test_the_word_that_says_what_a_statement_does(dialect: str, sql: str, expected: str) -> None:
    database, _ = step(dialect, "")
    assert hints.deed(migrate.Statement(sql, 1, 0), database) == expected


# squawk

INDEX = "require-concurrent-index-creation"


def linted(folder: Path, sql: str, *, stored: bool = False) -> list[tuple[int, int, str]]:
    path = folder / "1_one.up.sql"
    path.write_bytes(sql.encode())
    _, one = step("postgres", sql)
    one = one._replace(stored=stored, script=migrate.Script.from_text(path, sql))
    found = hints.lint_steps("postgres", [one])
    return [(each.statement, each.line, each.rule) for place, each in found if each.rule == INDEX and place == 0]


@pytest.mark.parametrize(
    ("sql", "expected"),
    [
        ("CREATE INDEX a ON t (a);", [(1, 1)]),
        ("SELECT 'é😀'; CREATE INDEX a ON t (a); SELECT 1;", [(2, 1)]),
        ("SELECT 1;\r\n\r\nSELECT\r\n1; CREATE INDEX\na ON t (a); CREATE INDEX b ON t (b);", [(2 + 1, 4), (4, 5)]),
    ],
)
def test_what_squawk_finds_is_at_its_statement(tmp_path: Path, sql: str, expected: list[tuple[int, int]]) -> None:
    assert linted(tmp_path, sql) == [(*place, INDEX) for place in expected]
    path = tmp_path / "1_one.up.sql"
    found = [(at, each.statement, each.line) for at, each in hints.lint("postgres", [path]) if each.rule == INDEX]
    assert found == [(path, 0, line) for _, line in expected]


def test_squawk_is_not_asked_about_what_comes_from_the_history(tmp_path: Path) -> None:
    assert linted(tmp_path, "CREATE INDEX a ON t (a);", stored=True) == []


@pytest.mark.parametrize("dialect", ["sqlite", "mysql", "duckdb"])
def test_other_dialects_have_no_linter(tmp_path: Path, dialect: str) -> None:
    path = tmp_path / "1_one.up.sql"
    path.write_text("CREATE INDEX a ON t (a);")
    assert [*hints.lint(dialect, [path])] == []


def test_without_squawk_nothing_is_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("shutil.which", lambda *_args, **_more: None)
    assert linted(tmp_path, "CREATE INDEX a ON t (a);") == []
