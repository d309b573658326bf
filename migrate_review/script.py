"""plan --sql: the plan as a script for the database's own client.

A ScriptDatabase takes the place of the database, and writes down what a run tells it to do: what the script does is
what ``up`` would do, by the same code.
"""

from __future__ import annotations

import copy
import itertools
import math
import re
from abc import abstractmethod
from datetime import datetime, timezone
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, Final

from migrate import (
    BRIEF,
    DATABASES,
    MARKS_PATTERN,
    MYSQL_ANSI_QUOTES,
    MYSQL_SYNTAX,
    POSTGRES_SYNTAX,
    STRINGS,
    UNSAID,
    Applied,
    Code,
    Database,
    DatabaseURL,
    FileError,
    Hidden,
    History,
    Journal,
    MigrateError,
    MySQL,
    Now,
    Postgres,
    Run,
    Settings,
    SQLite,
    Statement,
    Statements,
    __version__,
    bare,
    counted,
    covers,
    dirty_error,
    find_version,
    gathered,
    is_journaled,
    octets_of,
    place_in,
    refuse_all,
    script_path,
    silent,
    spelled,
    split_key,
    split_statements,
    text_of,
    tokenize,
    whoami,
)
from migrate_review import NO_VERSION, nothing_for

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from migrate import Nature, Notify, Rows, Step, Syntax


class ScriptDatabase(Database):
    """Writes down what it is told to do: a script for the database's own client. Mixed into each dialect.

    *condition*s in it are SQL that is true where the script has to stop, each with what is said then.
    """

    client = ""  # how the script is run
    delimiter = ";"
    default_sql = ""  # the schema that unqualified names are in
    elsewhere_sql = ""  # nothing can be asked
    database_sql = ""  # the name of the database that the client is connected to,
    name_of: Callable[[str], str] = str  # and of one in a URL
    clock = elapsed = Code()  # the time in UTC; the milliseconds since the file began
    who = Code()
    schema = ""  # of the history
    offline = False  # nothing is known of the server
    in_transaction = notes_travel = False

    def __init__(
        self,
        url: DatabaseURL,
        lock_wait: float | None = None,
        statement_wait: float | None = None,
        lock_timeout: float = 0,
    ) -> None:
        super().__init__(url, lock_wait, statement_wait, lock_timeout)
        self.lines: list[str] = []

    def _connect(self, *, write: bool) -> None:
        """See Database. To nothing."""

    def follow(self, other: Database, *, offline: bool) -> None:
        """Take over what is known of the server that *other* is connected to, if it is not *offline*."""
        self.syntax, self.forms, self.level, self.offline = other.syntax, other.forms, other.level, offline
        self.encoding, self._lacking = other.encoding, other._lacking  # type: ignore[method-assign]  # noqa: SLF001

    def locate(self, table: str, schema: str) -> tuple[list[str], list[str] | None]:
        """See Database. Nothing is asked: the plan knows."""
        return [schema or self.schema] if schema or self.schema else [], None

    def home(self, table: str) -> str | None:
        return self.schema

    def now(self) -> str:
        return self.clock

    def person(self) -> str:
        return self.who

    def query(self, sql: str, *args: object) -> Rows:
        """Write a statement of ours, with its values."""
        values = iter(args)
        text = MARKS_PATTERN.sub(lambda mark: self.literal(next(values, Code("?"))) if mark[0] == "?" else mark[0], sql)
        self.run(text, end="")
        return []

    def send(self, *parts: str | Statement) -> list[Rows]:
        """Write statements of ours, one by one."""
        for part in parts:
            self.run(part.text if isinstance(part, Statement) else part, end="" if isinstance(part, str) else "\n")
        return []

    def holding(self) -> list[str]:
        """See Database. A script takes its lock once."""
        return []

    def took(self, since: float) -> object:
        return self.elapsed

    def run(self, sql: str, *, end: str = "\n") -> None:
        """Write text of a file: it may end with a comment, so that the delimiter has a line of its own."""
        code = bare(sql, self.syntax).strip(" \n;").upper()
        ends = self.closes_pattern.match(code) or re.match(r"(COMMIT|ROLLBACK)\b(?!.*\b(TO|CHAIN)\b)", code)
        self.in_transaction = bool(self.opens_pattern.match(code)) or (self.in_transaction and not ends)
        self.commits = not self.opens_pattern.match(code) if "AUTOCOMMIT" in code[:30] else self.commits
        self.lines.append(f"{sql}{end}{self.delimiter}")

    def lock_conditions(self, sql: str, key: str) -> list[tuple[str, str]]:
        """Take the lock *key* of this tool, where there is one, or stop."""
        taken = sql.replace("?", self.literal(self.lock_key(key)))
        return [(f"NOT COALESCE(({taken}), FALSE)", self.rival)] if sql else []

    @abstractmethod
    def stop_if(self, conditions: Sequence[tuple[str, str]]) -> None:
        """Write what ends the script with an error where one of the *conditions* is true."""

    def run_marked(
        self, statement: Statement, started: Sequence[str], done: Sequence[str], before: Sequence[str], *, whole: bool
    ) -> None:
        self.query("BEGIN")
        self.send(*before)
        self.run(statement.text)
        self.send(*self.own_sql, *done, self.commit_sql)

    @abstractmethod
    def start(self, texts: Sequence[str]) -> None:
        """Write what comes before the first file; *texts* are all statements that will come."""

    def start_file(self) -> None:
        """Write what comes before each file."""

    def before_commit(self) -> None:
        """Write what has to be true at the end of a file."""

    def forget(self, statements: Sequence[Statement], natures: Sequence[Nature]) -> str:
        """Write what takes back what a file has left in the session, for the next one; say why, where nothing does."""
        return ""

    def unsuited(self, statement: Statement, syntax: Syntax) -> str:
        """Say why the client would not read *statement* as it stands; empty where it does."""
        return ""


class SQLiteScript(ScriptDatabase, SQLite):
    """For the sqlite3 shell."""

    client = "sqlite3 -batch app.db < plan.sql"
    database_sql = """(SELECT replace(file, rtrim(file, replace(file, '/', '')), '') FROM pragma_database_list
        WHERE name = 'main')"""
    name_of = staticmethod(lambda path: Path(path).resolve().name)  # SQLite goes where a link leads
    clock = Code("strftime('%Y-%m-%d %H:%M:%f', 'now')")
    elapsed = Code("(SELECT CAST(86400000 * (julianday('now') - max(began)) AS INTEGER) FROM temp.migrate_plan)")
    _switches: ClassVar = dict.fromkeys(  # as they are in the beginning
        (
            "defer_foreign_keys",
            "foreign_keys",
            "ignore_check_constraints",
            "legacy_alter_table",
            "query_only",
            "read_uncommitted",
            "recursive_triggers",
            "reverse_unordered_selects",
            "writable_schema",
        ),
        "OFF",
    )
    # Rows that point to nothing, of the tables whose every foreign key leads to an INTEGER PRIMARY KEY or to all the
    # columns of a unique index. SQLite would end at any other. https://www.sqlite.org/foreignkeys.html#fk_indexes
    broken_sql = """SELECT f."table" AS child, f.parent, count(*) AS n
        FROM sqlite_master AS m, pragma_foreign_key_check(m.name) AS f
        WHERE m.type = 'table' AND m.sql LIKE '%REFERENCES%' AND NOT EXISTS (
            SELECT 1 FROM pragma_foreign_key_list(m.name) AS k
            WHERE EXISTS (SELECT 1 FROM pragma_table_info(k."table")) AND NOT EXISTS (
                SELECT 1 FROM pragma_table_info(k."table") AS c WHERE c.pk = 1 AND upper(c.type) = 'INTEGER'
                AND c.name = coalesce(k."to", c.name) COLLATE NOCASE
                AND NOT EXISTS (SELECT 1 FROM pragma_index_list(k."table") WHERE origin = 'pk')
                AND (SELECT count(*) FROM pragma_foreign_key_list(m.name) WHERE id = k.id) = 1)
            AND NOT EXISTS (
                SELECT 1 FROM pragma_index_list(k."table") AS i
                WHERE i."unique" AND NOT i.partial AND (k."to" NOT NULL OR i.origin = 'pk')
                AND (SELECT count(*) FROM pragma_foreign_key_list(m.name) WHERE id = k.id)
                    = (SELECT count(*) FROM pragma_index_info(i.name))
                AND NOT EXISTS (
                    SELECT 1 FROM pragma_index_xinfo(i.name) AS x WHERE x.key AND (
                        k."to" NOT NULL AND coalesce(x.name, '') NOT IN (
                            SELECT "to" COLLATE NOCASE FROM pragma_foreign_key_list(m.name) WHERE id = k.id)
                        OR x.coll <> 'BINARY' AND NOT EXISTS (
                            SELECT 1 FROM sqlite_master WHERE name = k."table" COLLATE NOCASE
                            AND sql LIKE '%COLLATE%')))))
        GROUP BY 1, 2"""

    def start(self, texts: Sequence[str]) -> None:
        """See ScriptDatabase. Newer clients take "text" in double quotes for a name only, where the library does not.

        The first semicolon ends what an editor's byte order mark would make of the first line.
        """
        self.lines.append(";\n.bail on\n.dbconfig dqs_ddl on\n.dbconfig dqs_dml on")
        self.lines.append(f".timeout {(self.lock_wait or 10**6) * 1000:.0f}")
        self.query("PRAGMA foreign_keys = OFF")
        self.query("CREATE TEMP TABLE migrate_plan (began REAL)")

    def person(self) -> str:
        """See Database. SQLite knows no users; who has made the plan is known."""
        return Code(self.literal(f"sqlite3, plan by {whoami()}"[:255]))

    def stop_if(self, conditions: Sequence[tuple[str, str]]) -> None:
        """See ScriptDatabase. RAISE is for triggers; this one goes again."""
        if not conditions:
            return
        self.lines.append("CREATE TEMP TRIGGER migrate_stop BEFORE INSERT ON migrate_plan BEGIN")
        self.lines += [f"    SELECT RAISE(ABORT, {self.literal(what)}) WHERE {sql};" for sql, what in conditions]
        self.lines.append("END;\nINSERT INTO temp.migrate_plan VALUES (julianday('now'));\nDROP TRIGGER migrate_stop;")

    def session_sql(self, *, local: bool) -> list[str]:
        """See Database. No limits here, but what is broken before is no fault of the file."""
        return [f"CREATE TEMP TABLE migrate_broken AS {self.broken_sql}"] if local else []

    def before_commit(self) -> None:
        found = f"""EXISTS (SELECT 1 FROM ({self.broken_sql}) AS found LEFT JOIN temp.migrate_broken AS known
        ON known.child = found.child AND known.parent = found.parent WHERE found.n > coalesce(known.n, 0))"""
        self.stop_if([(found, "FOREIGN KEY constraint failed")])
        self.query("DROP TABLE temp.migrate_broken")

    def forget(self, statements: Sequence[Statement], natures: Sequence[Nature]) -> str:
        """See ScriptDatabase. What a PRAGMA was before cannot be asked for by a script; of most, it is known."""
        both = zip(statements, natures, strict=True)
        made = (
            self.forms.made(spelled(each.text, self.syntax))
            for each, nature in both
            if any(key.startswith("temp ") for key in nature.writes)
        )
        kinds = {each.name: each.kind for each in made}
        for kind, name in (split_key(key) for key in _left(natures)):
            if kind == "temp" and name != "*":
                self.query(f"DROP {kinds.get(name, 'TABLE')} IF EXISTS temp.{self.quoted(name)}")
            elif kind == "trigger":  # it is dropped as what is temporary
                pass
            elif kind == "set" and name in self._switches:
                self.query(f"PRAGMA {name} = {self._switches[name]}")
            else:
                return f"what it was before PRAGMA {name} is not known" if kind == "set" else "it cannot be taken back"
        return ""

    def unsuited(self, statement: Statement, syntax: Syntax) -> str:
        code = bare(statement.text, self.syntax)
        if re.search(r"\n[ \t]*(/|go)[ \t]*(\r?\n|\Z)", code, re.IGNORECASE):
            return 'a line of only "/" or "go" ends the statement there'
        return _cut_line_breaks(statement.text, syntax)


class PostgresScript(ScriptDatabase, Postgres):
    """For psql."""

    client, database_sql = 'psql -X -d "{0.psql_url}" -f plan.sql', "current_database()"
    default_sql = """(SELECT CASE source WHEN 'client' THEN setting ELSE COALESCE(current_schema(), '') END
        FROM pg_catalog.pg_settings WHERE name = 'search_path')"""  # what it names first may not be there yet
    clock = Code("clock_timestamp() AT TIME ZONE 'UTC'")
    elapsed = Code("round(1000 * extract(epoch FROM clock_timestamp() - :'migrate_began'))")
    who = Code("session_user || '@' || coalesce(host(inet_client_addr()), 'local')")
    schema = "public"
    _unset: Sequence[str] = ()
    # What psql 18, or the script, sets again, or does not let go of, however often it is unset.
    _psql_own = (
        r"migrate_began|AUTOCOMMIT|COMP_\w+|ECHO\w*|ENCODING|ERROR|FETCH_COUNT|HIDE_\w+|HIST\w+|IGNOREEOF"
        r"|LAST_ERROR_\w+|ON_ERROR_\w+|PIPELINE_\w+|QUIET|ROW_COUNT|SHOW_\w+|SINGLE\w+|SQLSTATE|VERBOSITY"
        "|WATCH_INTERVAL"
    )

    def start(self, texts: Sequence[str]) -> None:
        """See ScriptDatabase. Of what psql would replace in the SQL, :name, nothing is left set."""
        names = {name for text in texts for name in re.findall(r""":['"]?(\w+)""", text)}
        self._unset = [rf"\unset {name}" for name in sorted(names)]
        self.lines += self._unset
        settings = "ON_ERROR_STOP on", "ON_ERROR_ROLLBACK off", "AUTOCOMMIT on", "SINGLELINE off", "QUIET on"
        self.lines += [rf"\set {setting}" for setting in settings]
        if any("\\" in text for text in texts):  # what was read, and reviewed, is what will run
            strings = "on" if self.syntax == POSTGRES_SYNTAX else "off"
            what = f"this plan is for {STRINGS} = {strings}: make it with this database's URL"
            self.stop_if([(f"current_setting('{STRINGS}') <> '{strings}'", what)])

    def make_schema(self, schema: str) -> bool:
        name = self.quoted(schema)
        block = f" IF to_regnamespace({self.literal(name)}) IS NULL THEN CREATE SCHEMA {name}; END IF; "
        self.lines += [f"{self._block(block)};"] * (schema != PostgresScript.schema)
        return False

    def start_file(self) -> None:
        """See ScriptDatabase. RESET ALL takes the encoding back, too."""
        self.lines.append("\\encoding UTF8\nSELECT clock_timestamp() AS migrate_began \\gset")

    def session_sql(self, *, local: bool) -> list[str]:
        """See Database. What nobody has said is asked for when the script runs."""
        found, unsaid = list[str](), ", ".join(f"'{each}'" for each in sorted(UNSAID))
        for name, (said, value) in self._wanted().items():
            self.own[name] = value
            found.append(
                f"SET {'LOCAL ' if local else ''}{name} = '{value}'"
                if said
                else self._silent(
                    f"set_config(name, '{value}', {local}) FROM pg_catalog.pg_settings"
                    f" WHERE name = '{name}' AND source IN ({unsaid})"
                )
            )
        return found

    def _limit_instead(self, before: int, after: int) -> str:
        return self._silent(super()._limit_instead(before, after).removeprefix("SELECT "))

    def _silent(self, sql: str) -> str:
        return self._block(f" PERFORM {sql}; ")

    def _block(self, body: str) -> str:
        """Return a DO of *body*, in which a name may hold a tag of dollar signs, too."""
        tags = map("$migrate{}$".format, itertools.chain([""], itertools.count()))
        tag = next(tag for tag in tags if tag not in body)
        return f"DO {tag} BEGIN{body}END {tag}"

    def forget(self, statements: Sequence[Statement], natures: Sequence[Nature]) -> str:
        """See ScriptDatabase. What the transaction of a file has not taken back goes with the connection."""
        if not {kind for kind, _ in map(split_key, _left(natures))} <= self.takes_back:
            # The server lets go of the lock of a connection a moment after it has gone; and psql sets names anew.
            self.lines += ["DISCARD ALL;", "\\connect", *self._unset]
        return ""

    def stop_if(self, conditions: Sequence[tuple[str, str]]) -> None:
        checks = "".join(
            f"    IF {sql} THEN\n        RAISE EXCEPTION USING MESSAGE = {self.literal(what)};\n    END IF;\n"
            for sql, what in conditions
        )
        self.lines.append(self._block("\n" + checks) + ";")

    def _unfinished(self, name: str | None, table: str | None) -> list[tuple[Any, ...]]:
        return []  # the client cannot look

    def unsuited(self, statement: Statement, syntax: Syntax) -> str:
        found = re.search(rf"(?<!:):(\{{\?|({self._psql_own})\b)", bare(statement.text, syntax))
        return f"psql puts something of its own in place of {found[0]}" if found else ""


class MySQLScript(ScriptDatabase, MySQL):
    """For the mysql and mariadb clients."""

    commits = True
    client = "mysql --comments -h HOST -u USER -p DATABASE < plan.sql"
    database_sql = "COALESCE(DATABASE(), '')"
    clock = Code("UTC_TIMESTAMP(3)")
    elapsed = Code("TIMESTAMPDIFF(MICROSECOND, @migrate_began, UTC_TIMESTAMP(3)) DIV 1000")
    who = Code("USER()")

    def start(self, texts: Sequence[str]) -> None:
        """See ScriptDatabase. With a delimiter of its own, what stands before it is one packet."""
        everything = "\n".join(texts)
        marks = itertools.chain(("//", "$$"), map("//{}".format, range(10**6)))
        self.delimiter = next(mark for mark in marks if mark not in everything)
        self.lines.append(f"\\C utf8mb4\nDELIMITER {self.delimiter}")
        self.query("SET NAMES utf8mb4")
        # What the client sets by itself, with --safe-updates.
        self.query("SET SESSION sql_safe_updates = DEFAULT, sql_select_limit = DEFAULT, max_join_size = DEFAULT")
        if any(kind == "comment" for text in texts for kind, *_ in tokenize(text, 0, self.syntax)):
            kept = "SELECT info FROM information_schema.processlist WHERE id = CONNECTION_ID() /* kept */"
            what = "run mysql with --comments: the SQL holds some"
            self.stop_if([(f"({kept}) NOT LIKE CONCAT('%/* kept', ' */%')", what)])

    def start_file(self) -> None:
        self.query("SET @migrate_began = UTC_TIMESTAMP(3)")

    def session_sql(self, *, local: bool) -> list[str]:
        """See Database. What nobody has said is asked for when the script runs."""
        limit = self._whole_seconds()
        locks = {
            name: str(limit)
            if self.lock_said
            else f"CAST(IF(@@GLOBAL.{name} IN ({', '.join(usual)}), {limit}, @@GLOBAL.{name}) AS UNSIGNED)"
            for name, usual in self._compiled.items()
        }
        found = ["SET SESSION " + ", ".join(f"{name} = {value}" for name, value in locks.items())]
        if self.statement_said:
            thousandths = math.ceil(self.statement_wait * 1000)
            ways = (
                f"'SET SESSION {name} = {value}'"
                for name, value in zip(self._statement_limits, (f"{thousandths / 1000:.3f}", thousandths), strict=True)
            )
            found += [
                f"SET @migrate = IF(VERSION() LIKE '%MariaDB%', {', '.join(ways)})",
                "PREPARE migrate FROM @migrate",
                "EXECUTE migrate",
            ]
        return found

    def lock_key(self, key: str) -> str:
        """See Database. Where the database has no name yet, the server puts it into the key."""
        full = f"LEFT(SHA2(CONCAT('`', REPLACE(DATABASE(), '`', '``'), '`.{key}'), 256), 40)"
        return super().lock_key(key) if self.schema else Code(full)

    def lock_conditions(self, sql: str, key: str) -> list[tuple[str, str]]:
        return [(f"{self.database_sql} = ''", "no database is selected"), *super().lock_conditions(sql, key)]

    def stop_if(self, conditions: Sequence[tuple[str, str]]) -> None:
        """See ScriptDatabase. SIGNAL cannot depend on anything outside of a routine; a column that is not there can.

        A client that is told to go on after errors loses its connection next, and ends then.
        """
        cases = "".join(f"\n    WHEN {sql} THEN {self.literal(what)}" for sql, what in conditions)
        self.query(f"SET @migrate = CASE{cases}\n    END")
        self.query("SET @migrate = IF(@migrate IS NULL, 'DO 0', CONCAT('SELECT `', @migrate, '`'))")
        self.query("PREPARE migrate FROM @migrate")
        self.query("SET @migrate = IF(@migrate = 'DO 0', @migrate, CONCAT('KILL ', CONNECTION_ID()))")
        self.query("PREPARE migrate FROM @migrate")
        self.query("EXECUTE migrate")

    def run_marked(
        self, statement: Statement, started: Sequence[str], done: Sequence[str], before: Sequence[str], *, whole: bool
    ) -> None:
        """See Database. The client stops at an error, and could not take back that a statement *started*.

        So that is noted only where it may have done a part of its work: other statements are atomic.
        """
        kinds = (kind for kind, _, _ in tokenize(statement.text, 0, self.syntax) if kind != "comment")
        if next(kinds, "") == "conditional" or self._ends_packet(statement):
            self.send(*started, *before)
            self.run(statement.text)
            self.send(*done)
            return
        mark = "".join(f"{each}; " for each in [*(() if whole else started), *before])
        self.run(f"START TRANSACTION; {mark}\n{statement.text}\n; {'; '.join(done)}; {self.commit_sql}", end=" ")

    def follow(self, other: Database, *, offline: bool) -> None:
        super().follow(other, offline=offline)
        self.is_mariadb = getattr(other, "is_mariadb", True)

    _session_only: ClassVar = {"timestamp": "DEFAULT", "sql_log_bin": "1", "gtid_next": "'AUTOMATIC'"}

    def forget(self, statements: Sequence[Statement], natures: Sequence[Nature]) -> str:
        """See ScriptDatabase."""
        keys = _left(natures)
        for kind, name in (split_key(key) for key in keys):
            shown = self.quoted(name)
            if kind == "@":
                self.query(f"SET @{shown} = NULL")
            elif kind == "temp" and name != "*":
                self.query(f"DROP TEMPORARY TABLE IF EXISTS {shown}")
            elif kind == "prepared" and name != "*":
                self.query(f"PREPARE {shown} FROM 'DO 0'")
                self.query(f"DEALLOCATE PREPARE {shown}")
            elif kind == "set" and name in ("role", "transaction") and self.offline:
                return f"MySQL and MariaDB take back a {name} in different words"
            elif (kind, name) == ("set", "role"):
                self.query("SET ROLE NONE" if self.is_mariadb else "SET ROLE DEFAULT")
            elif (kind, name) == ("set", "transaction"):
                kept = "tx_isolation" if self.is_mariadb else "transaction_isolation"
                self.query(f"SET SESSION {kept} = @@GLOBAL.{kept}")
            elif kind == "set" and name in self._session_only:
                self.query(f"SET SESSION {name} = {self._session_only[name]}")
            elif kind == "set" and name != "names" and name.isidentifier():  # DEFAULT means other things, too
                self.query(f"SET SESSION {name} = @@GLOBAL.{name}")
            elif kind != "set" or name != "names":
                return "nobody knows what it has left in the session"
        self.query("SET NAMES utf8mb4")
        return ""

    def unsuited(self, statement: Statement, syntax: Syntax) -> str:
        if syntax == MYSQL_ANSI_QUOTES and any(each.fault for each in split_statements(statement.text, MYSQL_SYNTAX)):
            return "the client does not know ANSI_QUOTES, and takes a backslash in double quotes for an escape"
        return _cut_line_breaks(statement.text, syntax)


def _left(natures: Sequence[Nature]) -> list[str]:
    """Return the keys of what a file has left in the session."""
    left = dict[str, None]()
    for nature in natures:
        left |= dict.fromkeys(sorted(nature.writes - BRIEF))
        for key in [each for each in left if covers(nature.removes, [each])]:
            del left[key]
    return [*left]


def _cut_line_breaks(text: str, syntax: Syntax) -> str:
    quotes = (text[start:end] for kind, start, end in tokenize(text, 0, syntax) if kind == "quote")
    return "the client reads CR LF inside quotes as LF" if any("\r\n" in each for each in quotes) else ""


SCRIPTS: Final[Mapping[str, type[ScriptDatabase]]] = {
    each.dialect: each for each in (SQLiteScript, PostgresScript, MySQLScript)
}


def plan_script(
    settings: Settings | str,
    direction: str = "up",
    *,
    start: str | None = None,
    notify: Notify = silent,
    **choice: Any,
) -> str:
    """Return a script for the database's own client that does what ``up`` or ``down`` would do; empty for nothing.

    With *start*, a version or "empty", for any database of that dialect that is there, and nothing is connected to.
    Raises what ``plan`` does, DirtyError for a database that is half way, FileError for SQL that the client misreads.
    """
    settings = Settings(DatabaseURL.parse(settings)) if isinstance(settings, str) else settings
    if settings.url.dialect not in SCRIPTS:
        raise nothing_for("plan --sql", DATABASES[settings.url.dialect](settings.url))
    with Run.opened(
        settings,
        notify,
        texts=direction == "down",
        looks=True,
        databases=DATABASES if start is None else SCRIPTS,
    ) as run:
        if start is not None:
            known = {each.key: each for each in run.migrations}
            limit = -1 if start == "empty" else find_version(start, known, fix="write one of those here, or empty")
            run.applied = [
                Applied(each.version, each.name, each.up.checksum, each.down.sql if each.down else None)
                for each in run.migrations
                if each.key <= limit and not each.elsewhere
            ]
        for row in run.applied:
            if row.dirty:
                raise dirty_error(row, f"finish it first:  migrate {row.direction}")
        steps = run.planned(direction, **choice)
        if not steps:
            notify("nothing to do")
            return ""
        return _write_script(run, steps, offline=start is not None)


def _write_script(run: Run, steps: Sequence[Step], *, offline: bool) -> str:
    settings, way = run.settings, steps[0].direction
    database = SCRIPTS[settings.url.dialect](settings.url, settings.ddl_lock_timeout, settings.statement_timeout)
    database.schema = "".join(run.history.schemas)
    database.follow(run.database, offline=offline)
    unsuited: dict[str, MigrateError] = {}
    for step in steps:
        with gathered(unsuited, step.script.path.name):
            _refuse_unsuited(database, step)
    refuse_all(unsuited)
    versions, name = [row.version for row in run.applied], database.name_of(settings.url.database)
    history = History(database, settings.table)
    history.missing = set() if versions else run.history.missing
    at = versions[-1] if versions else NO_VERSION
    place = f"any {database.label} database at {at}" if offline else str(settings.url)
    database.lines += [
        _remark(f"{way.capitalize()}, {counted(len(steps), 'migration')}, on {place}; history: {history.relation}"),
        _remark(f"Made by {whoami()} with migrate {__version__} at {datetime.now(timezone.utc):%Y-%m-%d %H:%M} UTC."),
        f"-- To run it:  {database.client.format(database)}",
        "-- It stops at the first error, and before any change where the database is not as this plan expects it.",
        f"-- What was done before an error stays, by the history: mend what failed, then  imagor-studio-migrate {way}",
    ]
    database.start([statement.text for step in steps for statement in step.statements])
    named = [] if offline else [(f"{database.database_sql} <> {database.literal(name)}", f"this plan is for {name}")]
    if database.default_sql and not (offline and "." in settings.table):
        [(default,)] = run.database.query(f"SELECT {database.default_sql}") or [(database.schema,)]
        what = f"this plan is for the schema {default}, and search_path leads elsewhere"
        named.append((f"{database.default_sql} <> {database.literal(default)}", what))
    written = copy.copy(run)
    written.database, written.history = database, history
    for number, step in enumerate(steps, 1):
        mode = "statement by statement" if is_journaled(step, database) else "in one transaction"
        database.lines += [
            "",
            _remark(f"{number} of {len(steps)}: {script_path(step)}"),
            f"-- sha256 {step.script.checksum}, {counted(len(step.statements), 'statement')}, {mode}",
        ]
        count_sql = f"SELECT count(*) FROM {history.relation}"
        elsewhere = f"this plan starts at {at}, and the database does not"
        expected = [
            (
                f"EXISTS (SELECT 1 FROM {history.relation} WHERE {database.quoted('dirty')})",
                "a migration stopped half way",
            ),
            (f"({count_sql}) <> {len(versions)}", elsewhere),
        ]
        for column in ("version", "checksum") if number == 1 and versions else ():
            listed = ", ".join(database.literal(getattr(row, column)) for row in run.applied)
            expected.append(
                (f"({count_sql} WHERE {database.quoted(column)} IN ({listed})) <> {len(versions)}", elsewhere)
            )
        _write_step(written, database, step, named, expected)
        leaves = number < len(steps) and database.forms.may_matter(step.statements.code)
        texts = (each for every in steps[:number] for each in every.statements.briefs)
        hidden = run.database.hidden(texts) if leaves else Hidden()
        natures = hidden.shown(database.natures(step.statements.briefs, hidden.names)) if leaves else []
        if what := database.forget(step.statements, natures) if leaves else "":
            fix = f"plan up to this file, and the rest by itself:  migrate plan {way} {number} --sql"
            raise FileError(f"no file can follow in a script: {what}", where=script_path(step), fix=fix)
        versions = [*versions, step.version] if way == "up" else [each for each in versions if each != step.version]
        at = versions[-1] if versions else NO_VERSION
    return "\n".join([*database.lines, f"\n-- The end: {counted(len(steps), 'migration')}.\n"])


def _remark(text: str) -> str:
    """Return a comment: whatever is in *text*, the line does not end there."""
    return "-- " + "".join(each if each.isprintable() else "?" for each in text)


def _refuse_unsuited(database: ScriptDatabase, step: Step) -> None:
    """Raise FileError for a statement that the client would not read as it stands."""
    syntax = database.syntax
    for statement in step.statements:
        what, syntax = database.unsuited(statement, syntax), database.syntax_after(statement, syntax)
        if what:
            where, excerpt = place_in(step, statement.offset)
            fix = f"run it with  migrate {step.direction}  or change the line"
            what = f"{database.client.split()[0]} cannot run this: {what}"
            raise FileError(what, where=where, excerpt=excerpt, fix=fix)


def _write_step(
    run: Run,
    database: ScriptDatabase,
    step: Step,
    named: Sequence[tuple[str, str]],
    expected: Sequence[tuple[str, str]],
) -> None:
    """Write how *step* is run, after what ends the script before that."""
    journaled, relation = is_journaled(step, database), run.history.relation
    run.now = Now(step, 0.0)
    database.start_file()
    if not journaled:
        database.send(*database.opening(relation, step.level)[: 1 if run.history.missing else None])
    database.send(*database.session_sql(local=not journaled))
    lock_sql = database.lock_sql if journaled else database.transaction_lock_sql
    conditions = [*named, *database.lock_conditions(lock_sql, relation)]
    if run.history.missing:
        database.stop_if(conditions)
        run.history.create()
        conditions = []
    database.stop_if([*conditions, *expected])
    journal, version = Journal(run, step), database.literal(step.version)
    database.send(journal.claim(0))
    journal.claimed = True
    reads = {key for each in run.natures_that_matter(step) for key in each.reads}
    database.send(*database.zero({"id", "count"} & reads, relation))
    if journaled:
        journal.step = _with_comments(step, database.syntax)
        journal.run_statements()
        if not database.in_transaction:
            database.query(database.begin_sql)
    elif step.statements:
        database.run(step.script.sql)
    database.send(*run.finish(step, journal.owner, database.elapsed))
    row = f"EXISTS (SELECT 1 FROM {relation} WHERE version = {version}"
    wrong = f"NOT {row} AND NOT dirty)" if step.direction == "up" else f"{row})"
    database.stop_if([(wrong, f"the history does not take {step.version}: see what triggers and policies it has")])
    if not journaled:
        database.before_commit()
    database.query(database.commit_sql)


def _with_comments(step: Step, syntax: Syntax) -> Step:
    """Put what comments stand between the statements before those that they belong to."""
    end, texts = 0, []
    for each in step.statements:
        gap = text_of(step.script.octets[end : each.offset])
        kept = [gap[start:stop] for kind, start, stop in tokenize(gap, 0, syntax) if kind == "comment"]
        texts.append(each._replace(text="\n".join([*kept, each.text])))
        end = each.offset + len(octets_of(each.text))
    return step._replace(statements=Statements.of(texts))
