"""verify: run every file up, down and up again on a scratch database, and see whether the schema came back.

verify(settings)      a Verdict for each migration
Proof                 of each dialect: how a scratch database is made there, and how its schema is described
"""

from __future__ import annotations

import contextlib
import difflib
import itertools
import os
import random
import re
from abc import ABC, abstractmethod
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, Final, NamedTuple

from migrate import (
    DATABASES,
    FIXES,
    ConnectError,
    Database,
    DatabaseURL,
    DirtyError,
    DriftError,
    DriverError,
    FileError,
    Kind,
    LockedError,
    MigrateError,
    Migration,
    Notify,
    Run,
    Settings,
    SettingsError,
    Statement,
    StatementError,
    Step,
    StoppedError,
    View,
    choose_down,
    code_of,
    counted,
    find_migrations,
    is_journaled,
    migration_directory,
    name_place,
    names_in,
    read_text_file,
    shown_path,
    silent,
    split_statements,
    tokenize,
)
from migrate_review import nothing_for, part_of
from migrate_review.hints import deed

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence


class Proof(ABC):
    """What ``verify`` needs of a database: a scratch one, and a description of what is in it."""

    own_databases: ClassVar[frozenset[str]] = frozenset()  # of the server itself
    row_sql, drop_database_sql = "{}", "DROP DATABASE {}"

    def __init__(self, database: Database) -> None:
        self.database = database
        self.left = set[str]()  # on the server, by files that were verified

    def _objects(self) -> list[tuple[Any, ...]]:
        """Return kind and quoted name of all that is in the schemas of the database."""
        schemas = self.database.schemas_sql
        return self.database.query(
            self.database.objects_sql, [name for name, _ in self.database.query(schemas)] if schemas else []
        )

    @contextlib.contextmanager
    def scratch(self, *, given: bool, sql: str = "") -> Iterator[DatabaseURL]:
        """Make an empty database beside this one, if that was *given* for it, and drop it afterwards.

        The accounts that have come meanwhile go as well, where *sql* creates them by name. What cannot be dropped is
        in ``left``. Raises SettingsError; this one is left alone, and no place for it where it holds something.
        """
        if not given:
            what = f"{self.database.label} files are verified in a database made for it"
            fix = f"name a server for it:  migrate verify --scratch-url {self.database.dialect}://user@host/database"
            raise SettingsError(what, where=str(self.database.url), fix=fix)
        with contextlib.closing(self.database):
            self.database.open(write=True)
            here = self._objects()
            if here and self.database.url.database not in self.own_databases:
                what = "verify makes a database of its own beside an empty one; this one holds"
                what += f" {counted(len(here), 'object')}"
                way = f"migrate verify --scratch-url {self.database.dialect}://user@host/scratch"
                fix = f"create an empty one:  {self.database.create_database_sql.format('scratch')}\n     then  {way}"
                raise SettingsError(what, where=str(self.database.url), state="nothing was changed.", fix=fix)
            before = self.database.beside(sql)
            name = f"migrate_verify_{random.randrange(16**8):08x}"  # noqa: S311 (a name, not a secret)
            try:
                self.database.query(f"CREATE DATABASE {name}")
            except DriverError as failed:
                right = self.database.right_sql(failed.message).replace(name, r"migrate\_verify\_%")
                fix = f"let this user create databases:  {right}\n     or name a server where it may"
                raise ConnectError(
                    failed.message, where=str(self.database.url), state="nothing was changed.", fix=fix
                ) from None
            try:
                yield self.database.url._replace(database=name)
            finally:
                try:
                    self._let_go(name)
                    self.database.renew()
                    self.database.query(self.drop_database_sql.format(name))
                except (DriverError, ConnectError) as error:
                    what = error.message if isinstance(error, DriverError) else error.what
                    fix = f"drop it there when that is mended:  DROP DATABASE {name}"
                    state = f"the database {name} is still on the server."
                    raise ConnectError(what, where=str(self.database.url), state=state, fix=fix) from None
                self._drop_accounts(before, sql)
                self.left |= {f"{kind} {'@'.join(names)}" for kind, *names in self.database.beside(sql) - before}

    def _let_go(self, name: str) -> None:  # noqa: B027 (mostly nothing does)
        """Take away what would keep the database *name* from being dropped. Raises ConnectError and DriverError."""

    def _drop_accounts(self, before: set[tuple[str, ...]], sql: str) -> None:
        """Drop the accounts that were not there *before*, and that *sql* creates by name."""
        for kind, *names in sorted(self.database.beside(sql) - before):
            created = rf"\bCREATE\s+(?:OR\s+REPLACE\s+)?(?:ROLE|USER|GROUP)\s[^;]*?(?<!\w){re.escape(names[0])}(?!\w)"
            if kind in {"role", "user"} and re.search(created, sql, re.IGNORECASE):
                with contextlib.suppress(DriverError):  # then it is told as left
                    self.database.query(f"DROP {kind} {'@'.join(map(self.database.quoted, names))}")

    @abstractmethod
    def fingerprint(self) -> set[str]:
        """Describe the whole schema, a line or a body for each part of it; in no order, so none of columns either."""

    def contents(self) -> dict[str, Counter[str]]:
        """Return the rows of each table of the schema, as text, by the names of columns: these may change places."""
        found, database = dict[str, Counter[str]](), self.database
        for table in [name for kind, name, *_ in self._objects() if kind.lower() in {"table", "partitioned table"}]:
            database.query(f"SELECT * FROM {table} LIMIT 0")
            names = ", ".join(map(database.quoted, sorted(database.columns)))
            found[table] = Counter(map(str, database.query(f"SELECT {self.row_sql.format(names)} FROM {table}")))
        return found


class SQLiteProof(Proof):
    """In memory; the schema is what SQLite keeps as text."""

    @contextlib.contextmanager
    def scratch(self, *, given: bool, sql: str = "") -> Iterator[DatabaseURL]:
        """See Proof. In memory, whatever this one is."""
        if given and self.database.url.database != ":memory:":
            what = "this is not a scratch database: SQLite files are verified in memory"
            raise SettingsError(
                what, where=str(self.database.url), fix="leave --scratch-url out, and unset MIGRATE_SCRATCH_URL"
            )
        yield self.database.url._replace(database=":memory:")

    def fingerprint(self) -> set[str]:
        """See Proof. SQLite keeps the text; what counts is its words, and of a table the definitions in it."""
        # Those that are kept in the file.
        kept = "user_version", "application_id", "auto_vacuum", "default_cache_size", "encoding", "page_size"
        found = {f"PRAGMA {name} = {row[0]}" for name in kept for row in self.database.query(f"PRAGMA {name}")}
        texts = "SELECT type, name, sql FROM sqlite_master WHERE name NOT LIKE 'sqlite\\_%' ESCAPE '\\'"
        for kind, name, text in self.database.query(texts):
            parts, depth, last = [""], 0, "("
            for mark, start, end in tokenize(text, 0, self.database.syntax):
                word = text[start:end] if mark == "quote" else text[start:end].lower()
                if mark == "comment":
                    continue
                if mark == "quote" and re.fullmatch(r"\W\w+\W", word) and word[0] != "'":
                    word = word[1:-1].lower()  # SQLite puts quotes around a name when it renames a table
                depth += {"(": 1, ")": -1}.get(word, 0)
                if kind == "table" and (depth, word) in {(1, "("), (1, ","), (0, ")")}:
                    parts.append("")
                else:
                    together = last in "(.," or word in "(),.;" or (last + word).strip("<>=|!") == ""
                    parts[-1] += word if together else f" {word}"
                last = word
            found |= {f"{kind} {name}: {part.strip()}" for part in parts if part}
        return found


class PostgresProof(Proof):
    """A database beside that of the URL; the schema is schema_postgres.sql, and each row of the other catalogues."""

    row_sql, drop_database_sql = "ROW({})::text", "DROP DATABASE {} WITH (FORCE)"  # Python lacks some times
    # What schema_postgres.sql says, what a scan or VACUUM changes, and what is the server's own.
    _catalogues_told = names_in(
        "pg_attrdef pg_constraint pg_depend pg_description pg_enum pg_index pg_inherits pg_init_privs "
        "pg_largeobject pg_partitioned_table pg_policy pg_rewrite pg_sequence pg_statistic pg_statistic_ext_data "
        "pg_subscription_rel pg_trigger pg_user_mapping"
    )
    _columns_told = names_in(
        "oid relname relnamespace reltype relfilenode relpages reltuples relallvisible relallfrozen reltoastrelid "
        "relhasindex relkind relnatts relchecks relhasrules relhastriggers relhassubclass relrewrite relfrozenxid "
        "relminmxid reloptions relispartition relpersistence relrowsecurity relforcerowsecurity atttypid attlen "
        "attnum attndims attcacheoff atttypmod attbyval attalign attnotnull atthasdef atthasmissing attidentity "
        "attgenerated attislocal attinhcount attrelid attcollation attmissingval attisdropped datname datfrozenxid "
        "datminmxid dathasloginevt prosrc probin proargnames typrelid typarray collversion datcollversion subskiplsn "
        "umid"
    )
    _rows_of: ClassVar = {  # else those that are not the server's own, by the first column
        "pg_attribute": "attrelid >= 16384 AND attnum > 0 AND NOT attisdropped",
        "pg_extension": "true",
        "pg_namespace": "nspname !~ '^pg_(toast|temp)'",
        "pg_language": "true",
        "pg_user_mappings": "true",
        "pg_type": "oid >= 16384 AND typcategory <> 'A' AND (typrelid = 0"
        " OR EXISTS (SELECT FROM pg_class c WHERE c.oid = typrelid AND c.relkind = 'c'))",
        "pg_database": "datname = current_database()",
        "pg_db_role_setting": "setdatabase = (SELECT oid FROM pg_database WHERE datname = current_database())",
        "pg_subscription": "subdbid = (SELECT oid FROM pg_database WHERE datname = current_database())",
    }
    _columns_sql = """SELECT relname::text, attname::text, typname::text
        FROM pg_class c JOIN pg_attribute a ON attrelid = c.oid JOIN pg_type t ON t.oid = atttypid
        WHERE relnamespace = 'pg_catalog'::regnamespace AND (relkind = 'r' AND (NOT relisshared OR relname = ANY(?))
            OR relname = 'pg_user_mappings') AND attnum > 0 AND has_column_privilege(c.oid, attnum, 'SELECT')
        ORDER BY relname, attnum"""
    _secret = frozenset({"subconninfo", "umoptions"})  # may hold a password
    _acl_kinds: ClassVar = {  # as acldefault() calls what has an owner
        "relacl": "CASE relkind WHEN 'S' THEN 's' ELSE 'r' END",
        "proacl": "'f'",
        "nspacl": "'n'",
        "typacl": "'T'",
        "lanacl": "'l'",
        "datacl": "'d'",
        "fdwacl": "'F'",
        "srvacl": "'S'",
        "lomacl": "'L'",
    }

    def fingerprint(self) -> set[str]:
        """See Proof. With an empty search path every name comes with its schema."""
        self.database.query("BEGIN")
        self.database.query("SET LOCAL search_path = ''")
        # To compile a query of so many parts takes seconds, to run it milliseconds.
        self.database.query("SELECT set_config(name, 'off', true) FROM pg_settings WHERE name = 'jit'")
        found = {text for (text,) in self.database.query(part_of("schema_postgres.sql"))}
        found |= {f"{kind} {name}" for kind, name in self._objects()} | self._catalogue_rows()
        self.database.rollback()
        return found

    def _catalogue_rows(self) -> set[str]:
        """Describe the rows of the catalogues; the numbers of objects, others each time, are made into names."""
        catalogues: dict[str, dict[str, str]] = {}
        for catalogue, column, kind in self.database.query(self._columns_sql, list(self._rows_of)):
            if catalogue not in self._catalogues_told:
                catalogues.setdefault(catalogue, {})[column] = kind
        numbered = {
            column
            for kinds in catalogues.values()
            for column, kind in kinds.items()
            if kind in {"oid", "oidvector", "_oid"}
        }
        rows = self.database.query(" UNION ALL ".join(itertools.starmap(self._rows_text, catalogues.items())))
        names = {number: title for number, title, _ in rows if title}
        names |= {str(number): name for number, name in self.database.query("SELECT oid, rolname::text FROM pg_roles")}

        def name(found: re.Match[str]) -> str:
            return names.get(found[0], "?") if int(found[0]) >= 16384 else found[0]  # noqa: PLR2004 (its own)

        lines = set[str]()
        for number, title, row in rows:
            values = {
                column: re.sub(r"\d+", name, str(value))
                if column in numbered
                else sorted(map(str, value))
                if isinstance(value, list)
                else value
                for column, value in row.items()
            }
            # Of a column, the lines above say that it is there.
            told = [
                f"{column} {value}"
                for column, value in values.items()
                if not (
                    value is None or value is False or value == "" or (column in numbered and value in {"0", "None"})
                )
            ]
            full = title or names.get(number, "")
            full = re.sub(r"^(large object) \d+", r"\1", full)  # a number, which is another one each time
            if told and len(told) > ("attname" in row) and "pg_toast." not in full:
                lines.add(f"{full}: {', '.join(told)}")
        return lines

    def _rows_text(self, catalogue: str, kinds: Mapping[str, str]) -> str:
        """Return SQL for number, title and columns of the rows of *catalogue*; a title has what has a number."""
        first = next(iter(kinds))
        parts = list[str]()
        for column, kind in kinds.items():
            if column in self._columns_told or kind in {"pg_node_tree", "int2vector", "_int2"}:  # numbers of columns
                continue
            value = column if kind in {"bool", "_text"} else f"{column}::text"
            if kind == "_aclitem":
                given = f"{column}::text[]"
                if column in self._acl_kinds:
                    owner = next(each for each in kinds if re.search("(owner|datdba)$", each))
                    usual = f'acldefault(({self._acl_kinds[column]})::"char", {owner})'
                    ordered = "ARRAY(SELECT each::text FROM unnest({}) each ORDER BY 1)"
                    given = f"NULLIF({ordered.format(f'coalesce({column}, {usual})')}, {ordered.format(usual)})"
                value = given
            elif column in self._secret:
                value = f"md5({column}::text)"
            elif column == "attstorage":
                value = "NULLIF(attstorage, (SELECT typstorage FROM pg_type t WHERE t.oid = atttypid))::text"
            elif column == "attstattarget":
                value = "NULLIF(attstattarget, -1)"
            parts.append(f"'{column}', {value}")
        where = self._rows_of.get(catalogue, f"{first}::oid >= 16384")
        numbered = first == "oid"
        # Not r.tableoid, which takes the right to every column.
        own = f"'pg_catalog.{catalogue}'::regclass"
        of = "'pg_largeobject'::regclass" if catalogue == "pg_largeobject_metadata" else own
        title = f"(SELECT concat(type, ' ', identity) FROM pg_identify_object({of}, r.oid, 0))"
        title = title if numbered else "''"
        member = (
            (
                f" AND NOT EXISTS (SELECT FROM pg_depend e WHERE (e.classid, e.objid) = ({own}, r.oid)"
                " AND e.deptype = 'e')"
            )
            if numbered
            else ""
        )
        return (
            f"SELECT {first}::oid::text, {title}, jsonb_build_object({', '.join(parts)})"
            f" FROM pg_catalog.{catalogue} r WHERE {where}{member}"
        )

    def _let_go(self, name: str) -> None:
        """See Proof. Subscriptions do, and slots of logical replication."""
        with contextlib.closing(type(self.database)(self.database.url._replace(database=name))) as inside:
            inside.open(write=True)
            ours = "(SELECT oid FROM pg_database WHERE datname = current_database())"
            for (each,) in inside.query(f"SELECT subname::text FROM pg_subscription WHERE subdbid = {ours}"):
                for change in "ALTER {} DISABLE", "ALTER {} SET (slot_name = NONE)", "DROP {}":
                    inside.query(change.format(f"SUBSCRIPTION {self.database.quoted(each)}"))
            inside.query(
                "SELECT pg_drop_replication_slot(slot_name) FROM pg_replication_slots"
                " WHERE database = current_database()"
            )


class MySQLProof(Proof):
    """A database beside that of the URL; the schema is what SHOW CREATE says."""

    own_databases = frozenset({"mysql", "information_schema", "performance_schema", "sys"})
    _created = re.compile("Create |SQL Original")  # of the columns of SHOW CREATE
    _rules = re.compile("sql_mode|time_zone|character_set_client|collation_connection")
    # Events that begin when they were made, or happen once: such a time is another one each time.
    _timely_sql = """SELECT event_name FROM information_schema.events WHERE event_schema = DATABASE() AND (
        starts IS NULL OR CONVERT_TZ(starts, time_zone, @@session.time_zone) BETWEEN created AND last_altered)"""

    def fingerprint(self) -> set[str]:
        """See Proof. A table is as many lines as it has columns, keys and so on. Privileges are not in it."""
        name = self.database.quoted(self.database.url.database)
        found = {f"database: {self.database.query(f'SHOW CREATE DATABASE {name}')[0][1]}"}
        triggers = """SELECT trigger_name, CONCAT_WS(' ', action_timing, event_manipulation, 'on', event_object_table,
            action_order) FROM information_schema.triggers WHERE trigger_schema = DATABASE()"""
        ordered = self.database.query(triggers)
        found |= {f"trigger {self.database.quoted(name)}: {place}" for name, place in ordered}
        timely = {self.database.quoted(name) for (name,) in self.database.query(self._timely_sql)}
        for kind, name, *_ in [
            *self._objects(),
            *(("TRIGGER", self.database.quoted(name)) for name, _ in ordered),
        ]:
            row = self.database.query(f"SHOW CREATE {kind} {name}")[0]
            cells = dict(zip(self.database.columns, map(str, row), strict=True))
            text = next(text for column, text in cells.items() if self._created.match(column))
            if kind == "EVENT" and name in timely:
                text = re.sub(r"( ON SCHEDULE (?:EVERY .*? STARTS|AT)) '[^']*'", r"\1 then", text, count=1)
            rules = [f"{column} {text}" for column, text in cells.items() if self._rules.match(column)]
            found |= {f"{kind.lower()} {name}: {rule}" for rule in rules}
            lines = re.sub(r" AUTO_INCREMENT=\d+", "", text).split("\n") if kind == "TABLE" else [text]
            found |= {f"{kind.lower()} {name}: {line.strip().removesuffix(',')}" for line in lines}
        return found


_PROOFS: Final[Mapping[str, type[Proof]]] = {"sqlite": SQLiteProof, "postgres": PostgresProof, "mysql": MySQLProof}


def proof_of(database: Database) -> Proof:
    """Return what is known of a database. Raises SettingsError where that is nothing."""
    if database.dialect not in _PROOFS:
        raise nothing_for("verify", database)
    return _PROOFS[database.dialect](database)


class Verdict(NamedTuple):
    """What ``verify`` found of one migration: *result* is "undone", "differs", "failed" or "no down file"."""

    version: str
    name: str
    result: str
    what: str
    file: str
    diff: tuple[str, ...] = ()  # lines of the schema after up and down that are new, "+ ", or gone, "- "
    error: str = ""  # of one that has failed, all that is to be said


BAD: Final = frozenset({"differs", "failed"})


_Tried = tuple[Verdict, set[str] | None]  # with the schema after up; None where that failed


def verify(
    settings: Settings | str,
    *,
    scratch_url: str | None = None,
    seed: Path | None = None,
    notify: Notify = silent,
) -> list[Verdict]:
    """Run every file up, down and up again, in a database made for it, and tell if the schema came back each time.

    In memory for SQLite, else in a new database on the server of *scratch_url*, which is dropped afterwards. The
    statements in *seed* run as soon as the tables are there; rows that are lost are told. Whatever one file does, the
    others have their verdicts. Raises SettingsError for a URL that is not for scratch, ConnectError, FileError for
    files that cannot be read, and for a statement of the seed that never could run though all files were applied.
    """
    settings = Settings(DatabaseURL.parse(settings)) if isinstance(settings, str) else settings
    url = DatabaseURL.parse(scratch_url, source="--scratch-url") if scratch_url else settings.url
    database, tried = DATABASES[url.dialect](url), list[_Tried]()
    proof = proof_of(database)
    # Each is tried by itself, so that the BEGIN and COMMIT of the file would only be in the way.
    try:
        text = read_text_file(seed, "--seed") if seed else ""
    except SettingsError as error:
        error.fix += "\n     or leave it out: it is a file of SQL with rows for the tables that the files make"
        raise
    statements = [
        each
        for each in split_statements(text, database.syntax)
        if not re.match(_TRANSACTION, code_of(each, database.syntax))
    ]
    migrations = find_migrations(migration_directory(settings.directory, url.dialect), url.dialect)
    with _verifying():
        texts = "\n".join(map(_texts, migrations))
        while True:  # in another database after one that did not come back
            with (
                proof.scratch(given=bool(scratch_url), sql=texts) as scratch,
                Run.opened(settings._replace(url=scratch, table="migrate_verify"), texts=True) as run,
            ):
                run.migrations = [each for each in run.migrations if not each.elsewhere]
                _verify_on(run, tried, dict.fromkeys(statements, ""), seed, notify)
            if len(tried) == len(run.migrations):
                break
    for skipped in [each for each in migrations if each.elsewhere]:
        notify(f"skipped  {skipped.version} {skipped.name}: only {', '.join(skipped.elsewhere)}")
    for each in sorted(proof.left):
        notify(f"left on the server: {each}")
    return [verdict for verdict, _ in tried]


def view(settings: Settings, *, scratch_url: str | None, seed: str | None, notify: Any) -> View:
    """Show what ``verify`` returned, on the screen that is to be told of it."""
    source = "--scratch-url" if scratch_url else "MIGRATE_SCRATCH_URL in the environment"
    scratch_url = scratch_url or os.environ.get("MIGRATE_SCRATCH_URL")
    try:
        found = verify(settings, scratch_url=scratch_url, seed=Path(seed) if seed else None, notify=notify)
    except ConnectError as error:
        if scratch_url:
            name_place(error, {}, {}, settings._replace(url=DatabaseURL.parse(scratch_url), url_source=source))
        raise
    verdicts = [each._replace(error=notify.as_typed(each.error)) for each in found]
    bad = [each for each in verdicts if each.result in BAD]
    shown = (
        "\n".join((f"{each.file}: after up and down, + is left over, - is gone", *each.diff))
        if each.diff
        else each.error
        for each in bad
    )
    document, details = {"migrations": [each._asdict() for each in verdicts]}, "\n".join(filter(None, shown))
    return View(document, Verdict._fields[:5], details=details, exit_code=DriftError.exit_code if bad else 0)


def _texts(migration: Migration) -> str:
    return "\n".join(each.sql for each in (migration.up, migration.down) if each)


def _verify_on(
    run: Run,
    tried: list[_Tried],
    waiting: dict[Statement, str],
    seed: Path | None,
    notify: Notify,
) -> None:
    """Apply again what was *tried*, and try the others, until one leaves the database other than it was.

    Where one cannot be applied, the others are tried without it. *waiting* is the seed, and why it has not run yet.
    """
    for first in run.migrations[:1]:  # no down file can take that back
        run.database.lay_out(split_statements(first.up.sql, run.database.syntax))
    for number, migration in enumerate(run.migrations):
        if number < len(tried):
            verdict, state = tried[number]
            why = _apply_again(run, migration, state) if state is not None else ""
            if why and verdict.result not in BAD:
                what, file = f"applied in another database: {why}", shown_path(migration.up.path)
                tried[number] = verdict._replace(result="failed", what=what, file=file), state
        else:
            verdict, state = _verify(run, migration)
            without = [each.version for each, other in tried if other is None]
            if state is None and without:
                verdict = verdict._replace(what=f"{verdict.what} (without {', '.join(without)})")
            tried.append((verdict, state))
            notify(f"{verdict.result}  {verdict.version} {verdict.name}")
            if verdict.result in BAD and (state is not None or not _is_as_before(run)):
                return
        for each in [*waiting]:
            try:
                run.database.run(each.text)
                del waiting[each]
            except DriverError as failed:  # noqa: PERF203 (it is tried again after the next file)
                waiting[each] = failed.message.partition("\n")[0]
                if run.database.connection is None:  # it was a COPY, which waits for data
                    raise _never_ran(seed, each, failed.message) from None
        if seed:
            run.database.renew()  # what the seed has set is not for the migrations
    for each, why in waiting.items():
        if all(state is not None for _, state in tried):
            raise _never_ran(seed, each, why)
        notify(f"{seed}:{each.line}: this statement of the seed never ran: {why}")


def _is_as_before(run: Run) -> bool:
    """Tell if a file that failed has left nothing behind; then go on in a fresh session."""
    run.failed = None
    try:
        run.database.renew()
        run.soiled = False
        run.applied = run.history.read()
    except (DriverError, MigrateError):  # another database will tell if this is for good
        return False
    return not any(row.dirty for row in run.applied)


def _run(run: Run, steps: Sequence[Step]) -> None:
    """Run *steps*; what is asked after that is asked in a fresh session."""
    with run.working(steps):
        run.carry_out(lambda: run.screen(run.remaining(steps)))
        if run.soiled:
            run.database.renew()
            run.soiled = False


def _apply_again(run: Run, migration: Migration, state: set[str]) -> str:
    """Apply *migration* in another database than the first; return why that cannot be done, mostly nothing.

    What fails now and did not then lies outside of the database, and is there already. The rest is done without it,
    and has to lead to the *state* that was.
    """
    database, history = run.database, run.history
    [step] = run.screen([Step.up(migration)])
    try:
        _run(run, [step])
    except StoppedError:
        raise
    except (DriverError, MigrateError) as error:
        why = error.message if isinstance(error, DriverError) else error.what
    else:
        return ""
    database.renew()
    run.failed, run.soiled = None, False
    with contextlib.suppress(DriverError):
        database.query(f"DELETE FROM {history.relation} WHERE {database.quoted('dirty')}")
    whole = database.transactional and not is_journaled(step, database)
    with contextlib.suppress(DriverError):
        if whole:
            database.query(database.begin_sql)
        for statement in step.statements:
            if whole:
                database.query("SAVEPOINT migrate_verify")
            try:
                database.run(statement.text)
            except DriverError:
                if whole:
                    database.query("ROLLBACK TO SAVEPOINT migrate_verify")
        if whole:
            database.query("COMMIT")
    database.renew()
    return "" if _schema(run, _texts(migration)) == state else why


@contextlib.contextmanager
def _verifying() -> Iterator[None]:
    """Say of what ends the body what is so, and what to do, for a database that is gone by then."""
    try:
        yield
    except (StatementError, StoppedError, DirtyError) as error:
        error.results, error.state = (), "nothing is left of the scratch database."
        error.fix = _fix_of(error)
        raise
    except KeyboardInterrupt:
        state = "nothing is left of the scratch database."
        raise StoppedError("interrupted", state=state, fix="begin again:  migrate verify") from None


def _fix_of(error: MigrateError) -> str:
    """Return what to do about *error*, where the way on is to verify again."""
    if isinstance(error, StoppedError):
        return "begin again:  migrate verify"
    kind = error.kind if isinstance(error, StatementError) else Kind.OTHER
    if isinstance(error, (FileError, LockedError)) or kind in FIXES:
        fix = FIXES.get(kind, error.fix)  # it speaks of the file, or the server, alone
        return re.sub(r"(?<=then run  )migrate (up|down)\b.*", "migrate verify", fix)
    if kind is Kind.ALONE:
        return "put  -- migrate: no-transaction  on the first line of the file, then run  migrate verify"
    line = re.search(r":(\d+)(:\d+)?\Z", error.where)
    return f"correct {f'line {line[1]}' if line else 'the file'}, then run  migrate verify"


_TRANSACTION: Final = r"(BEGIN|START\s+TRANSACTION|COMMIT|END|ROLLBACK|SET\s.*\bAUTOCOMMIT)\b"


def _never_ran(seed: Path | None, statement: Statement, why: str) -> FileError:
    what = f"this statement of the seed never ran: {why}"
    return FileError(what, where=f"{seed}:{statement.line}", fix="correct it, or take it out")


def _schema(run: Run, sql: str = "") -> set[str]:
    """Describe the schema without the history, and what lies beside the database and is named in *sql*."""
    name, table = run.database.url.database, run.settings.table
    texts = {text.replace(name, "scratch") for text in proof_of(run.database).fingerprint()}
    beside = {f"{kind} {'@'.join(names)}" for kind, *names in run.database.beside(sql)} if sql else set[str]()
    return {text for text in texts if table not in text} | beside


def _verify(run: Run, migration: Migration) -> _Tried:
    """Run one migration up, down and up again; leave it applied where all went well.

    Return also the schema after up; None where it cannot be applied.
    """
    database, table, again, sql = run.database, run.settings.table, "", _texts(migration)
    verdict = Verdict(migration.version, migration.name, "undone", "", shown_path(migration.up.path))
    after: set[str] | None = None
    try:
        steps = run.screen([Step.up(migration)])
        before = _schema(run, sql)
        rows = {name: held for name, held in proof_of(database).contents().items() if table not in name}
        _run(run, steps)
        after = _schema(run, sql)
        if before == after:
            deeds = (deed(each, database) for each in steps[0].statements)
            number = sum(bool(re.match(r"(CALL|DELETE|DO|INSERT|MERGE|REPLACE|UPDATE)\b", each)) for each in deeds)
            more = f"; {counted(number, 'statement')} change{'s' if number == 1 else ''} rows" if number else ""
            verdict = verdict._replace(what=f"schema unchanged{more}")
        if not migration.down:
            return verdict._replace(result="no down file"), after
        verdict = verdict._replace(file=shown_path(migration.down.path))
        _run(run, run.screen(choose_down(run.migrations, run.history.read(), count=1)))
        if diff := _difference(before, _schema(run, sql)):
            return verdict._replace(result="differs", what="", diff=diff), after
        left = proof_of(database).contents()
        lost = {name: (held - left.get(name, Counter())).total() for name, held in rows.items()}
        told = [f"{counted(lost[name], 'row')} of {name} lost or changed" for name in lost if lost[name]]
        verdict, again = verdict._replace(what="; ".join(filter(None, (verdict.what, *told)))), "applied again: "
        _run(run, steps)
        if diff := _difference(after, _schema(run, sql)):
            return verdict._replace(result="differs", what="up, down and up again", diff=diff), after
    except StoppedError:
        raise
    except DriverError as failed:
        return verdict._replace(result="failed", what=f"{again}{failed.message.partition(chr(10))[0]}"), after
    except MigrateError as error:
        error.state, error.fix = "", _fix_of(error)
        return verdict._replace(result="failed", what=f"{again}{error.what}", error=str(error)), after
    return verdict, after


def _difference(expected: set[str], found: set[str]) -> tuple[str, ...]:
    """Return the lines of two schemas that are not the same, as a diff; nothing where all is."""
    gone, new = (
        [line for text in sorted(texts) for line in text.splitlines()] for texts in (expected - found, found - expected)
    )
    return tuple(line for line in difflib.ndiff(gone, new) if line[0] != "?")
