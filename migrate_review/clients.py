"""What each database's own client is told by a script of plan --sql.

A ScriptDatabase takes the place of the database, and writes down what a run tells it to do: what the script does is
what ``up`` would do, by the same code.
"""

from __future__ import annotations

import itertools
import math
import re
from abc import abstractmethod
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar, Final
from urllib.parse import quote

from migrate import (
    BRIEF,
    CONTINUED,
    MARKS_PATTERN,
    MYSQL_ANSI_QUOTES,
    MYSQL_SYNTAX,
    POSTGRES_SYNTAX,
    STRINGS,
    UNSAID,
    Code,
    Database,
    DatabaseURL,
    MySQL,
    Postgres,
    SQLite,
    Statement,
    bare,
    covers,
    distinct,
    divide,
    first_word,
    spelled,
    split_statements,
    text_of,
    tokenize,
    whoami,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from migrate import Nature, Rows, Step, Syntax

_PIECE: Final = 2**16
_LONE_PATTERN: Final = re.compile(r"\n\\\.\r?\n(?:\s|--[^\n]*\n|/\*.*?\*/)*;", re.DOTALL)  # below the data of COPY
_NAME_PATTERN: Final = re.compile(r""":['"]?([\w\x80-\xff]+)""", re.ASCII)  # in octets
COMMENT: Final = r"--|#|/\*"  # begins one
BEGINS: Final = "-- >>> the text of the file"
ENDS: Final = "-- <<< written by migrate"


class ScriptDatabase(Database):
    """Writes down what it is told to do: a script for the database's own client. Mixed into each dialect.

    *condition*s in it are SQL that is true where the script has to stop, each with what is said then.
    """

    client = ""  # how the script is run
    delimiter, gap = ";", "\n"  # what ends a statement, and what stands between it and one of a file
    default_sql = ""  # the schema that unqualified names are in
    elsewhere_sql = ""  # nothing can be asked
    database_sql = ""  # the name of the database that the client is connected to,
    name_of: Callable[[str], str] = str  # and of one in a URL
    began = elapsed = Code()  # when the file began, in UTC; the milliseconds since then
    who = Code()
    schema = ""  # of the history
    offline = False  # nothing is known of the server
    in_transaction = notes_travel = False
    packet_size = _PIECE

    def __init__(
        self,
        url: DatabaseURL,
        lock_wait: float | None = None,
        statement_wait: float | None = None,
        lock_timeout: float = 0,
    ) -> None:
        super().__init__(url, lock_wait, statement_wait, lock_timeout)
        self.hand_on: Callable[[str], object] | None = None  # what is written; None: nobody reads it
        self._pieces, self._waiting = list[str](), 0  # of what has not left
        self._in_file = False  # what was written last is a person's

    def write(self, *lines: str) -> None:
        """Write whole lines of ours, of which a statement is not cut in two: what has left before a signal can run."""
        self._put(*[ENDS] * self._in_file, *lines)
        self._in_file = False

    def write_text(self, *lines: str) -> None:
        """Write such lines of a file, between marks."""
        self._put(*[BEGINS] * (not self._in_file), *lines)
        self._in_file = True

    def _put(self, *lines: str) -> None:
        for line in lines if self.hand_on else ():
            self._pieces += line, "\n"
            self._waiting += len(line)
            if self._waiting >= _PIECE:
                self.flush()

    def flush(self) -> None:
        """Hand on what has not left."""
        if self.hand_on and self._pieces:
            self.hand_on("".join(self._pieces))
        self._pieces, self._waiting = [], 0

    def write_file(self, step: Step) -> None:
        """Write the text of a file: it may end with a comment, so that the delimiter has a line of its own."""
        octets, begin = step.script.octets, 0
        self.write_text()
        for end in step.statements.breaks(_PIECE) if self.hand_on else ():
            self._pieces.append(text_of(octets[begin:end]))
            self.flush()
            begin = end
        last = self.end_of(step.statements[-1].text).strip()
        self.write_text(text_of(octets[begin:]) if self.hand_on else "", *[last] * bool(last))

    def end_of(self, text: str) -> str:
        """Return what is written after a statement of a file."""
        return f"{self.gap}{self.delimiter}"

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
        """See Database. For the two that it is asked for, the claim and the log: when the file began."""
        return self.began

    def person(self) -> str:
        return self.who

    def query(self, sql: str, *args: object) -> Rows:
        """Write a statement of ours, with its values."""
        self.run(self._filled(sql, *args), ours=True)
        return []

    def _filled(self, sql: str, *args: object) -> str:
        values = iter(args)
        return MARKS_PATTERN.sub(lambda mark: self.literal(next(values, Code("?"))) if mark[0] == "?" else mark[0], sql)

    def send(self, *parts: str | Statement) -> list[Rows]:
        """Write statements of ours, one by one."""
        for part in parts:
            self.run(part.text if isinstance(part, Statement) else part, ours=isinstance(part, str))
        return []

    def holding(self) -> list[str]:
        """See Database. A script takes its lock once."""
        return []

    def took(self, since: float) -> object:
        return self.elapsed

    def run(self, sql: str, *, ours: bool = False) -> None:
        """Write a statement of a file, or one of *ours*; notice what it does to transactions."""
        (self.write if ours else self.write_text)(f"{sql}{self.delimiter if ours else self.end_of(sql)}")
        if first_word(sql, self.syntax) not in self.control_words:
            return
        code = bare(sql, self.syntax).strip(" \n;").upper()
        ends = self.closes_pattern.match(code) or re.match(r"(COMMIT|ROLLBACK)\b(?!.*\b(TO|CHAIN)\b)", code)
        self.in_transaction = bool(self.opens_pattern.match(code)) or (self.in_transaction and not ends)
        self.commits = not self.opens_pattern.match(code) if "AUTOCOMMIT" in code[:30] else self.commits

    def run_all(self, texts: Sequence[str], *, listens: bool = False) -> None:
        self.write_text(*(f"{each}{self.end_of(each)}" for each in texts))

    def lock_conditions(self, sql: str) -> list[tuple[str, str]]:
        """Take the lock of this tool, where there is one, or stop."""
        taken = sql.replace("?", self.literal(self._key))
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
    def tell(self, text: str) -> None:
        """Write what prints a line when the script runs."""

    @abstractmethod
    def start(self, steps: Sequence[Step]) -> None:
        """Write what comes before the first file."""

    def start_file(self) -> None:
        """Write what comes before each file."""

    def before_commit(self) -> None:
        """Write what has to be true at the end of a file."""

    def forget(self, statements: Sequence[Statement], natures: Sequence[Nature]) -> str:
        """Write what takes back what a file has left in the session, for the next one; say why, where nothing does."""
        return ""

    def minds_literals(self, step: Step) -> bool:
        """Tell if the client may read the literals of a file as something else: then each is looked at."""
        return False

    def unsuited(self, statement: Statement, syntax: Syntax) -> str:
        """Say why the client would not read *statement* as it stands; empty where it does."""
        return ""


class SQLiteScript(ScriptDatabase, SQLite):
    """For the sqlite3 shell."""

    client, gap = "sqlite3 -batch app.db < plan.sql", ""  # of an index, SQLite keeps all up to the semicolon
    database_sql = """(SELECT replace(file, rtrim(file, replace(file, '/', '')), '') FROM pragma_database_list
        WHERE name = 'main')"""
    name_of = staticmethod(lambda path: Path(path).resolve().name)  # SQLite goes where a link leads
    began = Code("(SELECT strftime('%Y-%m-%d %H:%M:%f', max(began)) FROM temp.migrate_plan)")
    elapsed = Code("(SELECT CAST(86400000 * (julianday('now') - max(began)) AS INTEGER) FROM temp.migrate_plan)")
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

    def follow(self, other: Database, *, offline: bool) -> None:
        """See ScriptDatabase. Of an empty file, and of code that counts, it is known while there is a connection."""
        super().follow(other, offline=offline)
        self._empty = offline or (isinstance(other, SQLite) and other.is_empty())
        self._counting = other.counting() if isinstance(other, SQLite) else ()

    def is_empty(self) -> bool:
        return self._empty

    def look_again(self, sql: str = "") -> None:
        """See Database. What is there stays, as far as is known; to what a file makes, any name may lead."""
        if self._counting or self._counted_pattern.search(sql):
            self._counting = ["any: changes()"]

    def start(self, steps: Sequence[Step]) -> None:
        """See ScriptDatabase. Newer clients take "text" in double quotes for a name only, where the library does not.

        The first semicolon ends what an editor's byte order mark would make of the first line.
        """
        self.write(";\n.bail on\n.output /dev/null\n.dbconfig dqs_ddl on\n.dbconfig dqs_dml on\n.output")
        self.write(f".timeout {(self.lock_wait or 10**6) * 1000:.0f}")
        self.query("PRAGMA foreign_keys = OFF")
        self.lay_out(steps[0].statements)  # a temporary table settles the encoding
        self.query("CREATE TEMP TABLE migrate_plan (began REAL)")

    def tell(self, text: str) -> None:
        self.write('.print "' + re.sub(r'["\\]', r"\\\g<0>", text) + '"')

    def person(self) -> str:
        """See Database. SQLite knows no users; who has made the plan is known."""
        return Code(self.literal(f"sqlite3, plan by {whoami()}"[:255]))

    def stop_if(self, conditions: Sequence[tuple[str, str]]) -> None:
        """See ScriptDatabase. RAISE is for triggers; this one goes again."""
        if not conditions:
            return
        self.write("CREATE TEMP TRIGGER migrate_stop BEFORE INSERT ON migrate_plan BEGIN")
        self.write(*(f"    SELECT RAISE(ABORT, {self.literal(what)}) WHERE {sql};" for sql, what in conditions))
        self.write("END;\nINSERT INTO temp.migrate_plan VALUES (julianday('now'));\nDROP TRIGGER migrate_stop;")

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
        for kind, name in (_split_key(key) for key in _left(natures)):
            if kind == "temp" and name != "*":
                self.query(f"DROP {kinds.get(name, 'TABLE')} IF EXISTS temp.{self.quoted(name)}")
            elif kind == "trigger":  # it is dropped as what is temporary
                pass
            elif kind == "set" and name in self.switches:
                self.query(f"PRAGMA {name} = OFF")
            else:
                return f"what it was before PRAGMA {name} is not known" if kind == "set" else "it cannot be taken back"
        return ""

    def minds_literals(self, step: Step) -> bool:
        return "\r\n" in step.script.octets

    def unsuited(self, statement: Statement, syntax: Syntax) -> str:
        if re.match(r"PRAGMA\b.*TEMP_STORE\w*\W*[=(]", statement.text, re.DOTALL | re.IGNORECASE):
            return "this drops what is temporary, and with it what the script has noted there"
        code = bare(statement.text, self.syntax) if re.search("(?i)/|go", statement.text) else ""
        if re.search(r"\n[ \t]*(/|go)[ \t]*(\r?\n|\Z)", code, re.IGNORECASE):
            return 'a line of only "/" or "go" ends the statement there'
        return _cut_line_breaks(statement.text, syntax)


class PostgresScript(ScriptDatabase, Postgres):
    """For psql."""

    client, database_sql = 'psql -X -d "{0.psql_url}" -f plan.sql', "current_database()"
    default_sql = f"""(SELECT CASE source WHEN 'client' THEN setting ELSE COALESCE({Postgres.lasting_sql}, '') END
        FROM pg_catalog.pg_settings WHERE name = 'search_path')"""  # what it names first may not be there yet
    began = Code("CAST(:'migrate_began' AS timestamptz) AT TIME ZONE 'UTC'")
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

    @property
    def psql_url(self) -> str:
        """Return what to give psql as the URL: it takes no search_path there."""
        return f"URL?options={quote(self.search_option, safe=',')}" if self.search_path else "$DATABASE_URL"

    def start(self, steps: Sequence[Step]) -> None:
        """See ScriptDatabase. Of what psql would replace in the SQL, :name, nothing is left set."""
        self._unset = [rf"\unset {name}" for name in sorted(_names(steps))]
        self.write(*self._unset)
        settings = "ON_ERROR_STOP on", "ON_ERROR_ROLLBACK off", "AUTOCOMMIT on", "SINGLELINE off", "QUIET on"
        self.write(*(rf"\set {setting}" for setting in settings))
        if _holds(steps, "\\"):  # what was read, and reviewed, is what will run
            strings = "on" if self.syntax == POSTGRES_SYNTAX else "off"
            what = f"this plan is for {STRINGS} = {strings}: make it with this database's URL"
            self.stop_if([(f"current_setting('{STRINGS}') <> '{strings}'", what)])

    def write_file(self, step: Step) -> None:
        """See ScriptDatabase. Where a semicolon of nobody's stands below data, one by one: see end_of()."""
        if _LONE_PATTERN.search(step.script.octets):
            for statement in step.statements:
                self.run(statement.text)
        else:
            super().write_file(step)

    def end_of(self, text: str) -> str:
        """See ScriptDatabase. Data end themselves; at an empty statement below, psql 18 ends the script, and well."""
        return "" if divide(text, self.syntax) else super().end_of(text)

    def tell(self, text: str) -> None:
        self.write(r"\echo '" + re.sub(r"['\\]", r"\\\g<0>", text) + "'")

    def make_schema(self, schema: str) -> bool:
        name = self.quoted(schema)
        block = f" IF to_regnamespace({self.literal(name)}) IS NULL THEN CREATE SCHEMA {name}; END IF; "
        self.write(*[f"{self._block(block)};"] * (schema != PostgresScript.schema))
        return False

    def start_file(self) -> None:
        """See ScriptDatabase. RESET ALL takes the encoding back, too."""
        self.write("\\encoding UTF8\nSELECT clock_timestamp() AS migrate_began \\gset")

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
        if not {kind for kind, _ in map(_split_key, _left(natures))} <= self.takes_back:
            # The server lets go of the lock of a connection a moment after it has gone; and psql sets names anew.
            self.write("DISCARD ALL;", "\\connect", *self._unset)
        return ""

    def stop_if(self, conditions: Sequence[tuple[str, str]]) -> None:
        checks = "".join(
            f"    IF {sql} THEN\n        RAISE EXCEPTION USING MESSAGE = {self.literal(what)};\n    END IF;\n"
            for sql, what in conditions
        )
        self.write(self._block("\n" + checks) + ";")

    def _unfinished(self, table: str | None, name: str | None) -> Rows:
        """See Postgres. The client cannot look, but it can stop."""
        if name:
            found = f"EXISTS ({self._filled(self._unfinished_sql, table, name)})"
            self.stop_if([(found, f"an earlier run has left {name} half done")])
        return []

    def unsuited(self, statement: Statement, syntax: Syntax) -> str:
        if "\\" in statement.text and "\n" in statement.text:
            psql = syntax._replace(tokens=syntax.tokens.replace(CONTINUED, ""))
            if any(each.fault or each.text != statement.text for each in split_statements(statement.text, psql)):
                return "psql does not know that a quoted text goes on, with its backslashes, on the next line"
        code = bare(statement.text, syntax) if ":" in statement.text else ""
        found = re.search(rf"(?<!:):(\{{\?|({self._psql_own})\b)", code)
        return f"psql puts something of its own in place of {found[0]}" if found else ""


class MySQLScript(ScriptDatabase, MySQL):
    """For the mysql and mariadb clients."""

    commits = True
    client = "mysql --comments --skip-column-names -h HOST -u USER -p DATABASE < plan.sql"
    database_sql = "COALESCE(DATABASE(), '')"
    began = Code("@migrate_began")
    elapsed = Code("TIMESTAMPDIFF(MICROSECOND, @migrate_began, UTC_TIMESTAMP(3)) DIV 1000")
    who = Code("USER()")

    def start(self, steps: Sequence[Step]) -> None:
        """See ScriptDatabase. With a delimiter of its own, what stands before it is one packet."""
        marks = itertools.chain(("//", "$$"), map("//{}".format, range(10**6)))
        self.delimiter = next(mark for mark in marks if not _holds(steps, mark))
        self.write(f"\\C utf8mb4\nDELIMITER {self.delimiter}")
        self.query("SET NAMES utf8mb4")
        # What the client sets by itself, with --safe-updates.
        self.query("SET SESSION sql_safe_updates = DEFAULT, sql_select_limit = DEFAULT, max_join_size = DEFAULT")
        briefs = (each.text for step in steps for each in distinct(step.statements.briefs))  # alike ones have none
        texts = (text for text in briefs if re.search(COMMENT, text))
        if any(kind == "comment" for text in texts for kind, *_ in tokenize(text, 0, self.syntax)):
            kept = "SELECT info FROM information_schema.processlist WHERE id = CONNECTION_ID() /* kept */"
            what = "run mysql with --comments: the SQL holds some"
            self.stop_if([(f"({kept}) NOT LIKE CONCAT('%/* kept', ' */%')", what)])

    def tell(self, text: str) -> None:
        """See ScriptDatabase. The name of the column is printed, too, without --skip-column-names."""
        self.query(f"SELECT {self.literal(text)} AS migrate")

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

    def lock_key(self, relation: str) -> str:
        """See Database. Where the database has no name yet, the server puts it into the key."""
        full = f"LEFT(SHA2(CONCAT('`', REPLACE(DATABASE(), '`', '``'), '`.{relation}'), 256), 40)"
        return super().lock_key(relation) if self.schema else Code(full)

    def lock_conditions(self, sql: str) -> list[tuple[str, str]]:
        return [(f"{self.database_sql} = ''", "no database is selected"), *super().lock_conditions(sql)]

    def stop_if(self, conditions: Sequence[tuple[str, str]]) -> None:
        """See ScriptDatabase. SIGNAL cannot depend on anything outside of a routine; a column that is not there can.

        A client that is told to go on after errors loses its connection next, and ends then.
        """
        cases = "".join(f"\n    WHEN {sql} THEN {self.literal(what)}" for sql, what in conditions)
        self.query(f"SET @migrate = CASE{cases}\n    END")
        self.query("SET @migrate = IF(@migrate IS NULL, 'DO 0', CONCAT('SELECT `', REPLACE(@migrate, '`', '``'), '`'))")
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
        parts = f"START TRANSACTION; {mark}", BEGINS, statement.text, ";", ENDS, f"{'; '.join(done)}; {self.commit_sql}"
        self.run("\n".join(parts), ours=True)

    def follow(self, other: Database, *, offline: bool) -> None:
        super().follow(other, offline=offline)
        self.is_mariadb = getattr(other, "is_mariadb", True)

    _session_only: ClassVar = {"timestamp": "DEFAULT", "sql_log_bin": "1", "gtid_next": "'AUTOMATIC'"}

    def forget(self, statements: Sequence[Statement], natures: Sequence[Nature]) -> str:
        """See ScriptDatabase."""
        keys = _left(natures)
        for kind, name in (_split_key(key) for key in keys):
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

    def minds_literals(self, step: Step) -> bool:
        octets = step.script.octets
        changes = self.syntax == MYSQL_ANSI_QUOTES or "sql_mode" in step.statements.code.lower()
        return "\r\n" in octets or (changes and '"' in octets and "\\" in octets)

    def unsuited(self, statement: Statement, syntax: Syntax) -> str:
        if syntax == MYSQL_ANSI_QUOTES and any(each.fault for each in split_statements(statement.text, MYSQL_SYNTAX)):
            return "the client does not know ANSI_QUOTES, and takes a backslash in double quotes for an escape"
        names = '`"' if syntax == MYSQL_ANSI_QUOTES else "`"  # in a text, that is nothing to the server either
        quotes = tokenize(statement.text, 0, syntax) if "\\\n" in statement.text else ()
        if any("\\\n" in statement.text[at:end] for _, at, end in quotes if statement.text[at] in names):
            return "the client drops a backslash at the end of a line in a name"
        return _cut_line_breaks(statement.text, syntax)


def _split_key(key: str) -> tuple[str, str]:
    """Return kind and name of a key of the session."""
    kind, _, name = ("@", "", key[1:]) if key[0] == "@" else key.partition(" ")
    return kind, name


def _left(natures: Sequence[Nature]) -> list[str]:
    """Return the keys of what a file has left in the session."""
    left = dict[str, None]()
    for nature in distinct(natures):
        left |= dict.fromkeys(sorted(nature.writes - BRIEF))
        for key in [each for each in left if covers(nature.removes, [each])]:
            del left[key]
    return [*left]


def _holds(steps: Sequence[Step], octets: str) -> bool:
    """Tell if *octets* stand in a statement of one of the steps, and not only between two."""
    for step in steps:
        text, at, place = step.script.octets, step.statements.at, -1
        while (place := text.find(octets, place + 1)) >= 0:
            if 0 < at(place) == at(place + len(octets) - 1):
                return True
    return False


def _names(steps: Sequence[Step]) -> set[str]:
    """Return the names in the statements of *steps* that psql would replace outside of quotes, and those in quotes."""
    found = set[str]()
    for step in steps:
        for each in _NAME_PATTERN.finditer(step.script.octets):
            if each[1] not in found and step.statements.at(each.start()):
                found.add(each[1])
    return {word[0] for each in found if (word := re.match(r"\w+", text_of(each)))}


def _cut_line_breaks(text: str, syntax: Syntax) -> str:
    if "\r\n" not in text:
        return ""
    if re.search(rf"{COMMENT}|[\"`\[\\$]", text):
        quotes = [text[start:end] for kind, start, end in tokenize(text, 0, syntax) if kind == "quote"]
    else:  # nothing but these quotes is in it, doubled ones too: every second piece is inside
        quotes = text.split("'")[1::2]
    return "the client reads CR LF inside quotes as LF" if any("\r\n" in each for each in quotes) else ""


SCRIPTS: Final[Mapping[str, type[ScriptDatabase]]] = {
    each.dialect: each for each in (SQLiteScript, PostgresScript, MySQLScript)
}
