"""plan --sql: the plan as a script for the database's own client."""

from __future__ import annotations

import copy
import re
from datetime import datetime, timezone
from functools import partial
from typing import TYPE_CHECKING, Any

from migrate import (
    DATABASES,
    Applied,
    DatabaseURL,
    FileError,
    Hidden,
    History,
    Journal,
    MigrateError,
    Now,
    Run,
    Settings,
    Statements,
    __version__,
    counted,
    dirty_error,
    distinct,
    find_version,
    gathered,
    is_journaled,
    place_in,
    refuse_all,
    script_path,
    silent,
    text_of,
    tokenize,
    whoami,
)
from migrate_review import NO_VERSION, clients, nothing_for

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from migrate import Nature, Notify, Step, Syntax


def plan_script(settings: Settings | str, direction: str = "up", **choice: Any) -> str:
    """Return a script for the database's own client that does what ``up`` or ``down`` would do; empty for nothing.

    See write_script() for the rest.
    """
    pieces = list[str]()
    write_script(settings, direction, pieces.append, **choice)
    return "".join(pieces)


def write_script(
    settings: Settings | str,
    direction: str,
    hand_on: Callable[[str], object],
    *,
    start: str | None = None,
    notify: Notify = silent,
    **choice: Any,
) -> None:
    """Hand such a script on, piece by piece, none before it is certain that all of it can be written.

    With *start*, a version or "empty", for any database of that dialect that is there, and nothing is connected to.
    Raises what ``plan`` does, DirtyError for a database that is half way, FileError for SQL that the client misreads.
    """
    settings = Settings(DatabaseURL.parse(settings)) if isinstance(settings, str) else settings
    if settings.url.dialect not in clients.SCRIPTS:
        raise nothing_for("plan --sql", DATABASES[settings.url.dialect](settings.url))
    with Run.opened(
        settings,
        notify,
        texts=direction == "down",
        looks=True,
        databases=DATABASES if start is None else clients.SCRIPTS,
    ) as run:
        run.typed = f"plan {direction} --sql"
        if start is not None:
            run.typed += f" --dialect {settings.url.dialect} --from {start}"
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
        if steps := run.planned(direction, **choice):
            _write_script(run, steps, hand_on, offline=start is not None)
        else:
            notify("nothing to do")


def _write_script(run: Run, steps: Sequence[Step], hand_on: Callable[[str], object], *, offline: bool) -> None:
    """Write a script twice: the first time nobody reads it, and what is refused is refused then."""
    trial, database = _database(run, offline=offline), _database(run, offline=offline)
    unsuited = dict[str, MigrateError]()
    for step in steps:
        with gathered(unsuited, partial(script_path, step)):
            _refuse_unsuited(trial, step)
    refuse_all(unsuited)
    named, left = _named(run, trial, offline=offline), [*_left_by(run, trial, steps)]
    database.hand_on = hand_on
    for each in (trial, database):
        _write_steps(run, each, steps, named, left)
    database.flush()


def _database(run: Run, *, offline: bool) -> clients.ScriptDatabase:
    """Return what takes the place of the database."""
    settings = run.settings
    kind = clients.SCRIPTS[settings.url.dialect]
    database = kind(settings.url, settings.ddl_lock_timeout, settings.statement_timeout)
    database.schema = "".join(run.history.schemas)
    database.follow(run.database, offline=offline)
    return database


def _named(run: Run, database: clients.ScriptDatabase, *, offline: bool) -> list[tuple[str, str]]:
    """Return what ends a script on a database, or a schema, of another name."""
    name = database.name_of(run.settings.url.database)
    named = [] if offline else [(f"{database.database_sql} <> {database.literal(name)}", f"this plan is for {name}")]
    if database.default_sql and not (offline and "." in run.settings.table):
        [(default,)] = run.database.query(f"SELECT {database.default_sql}") or [(database.schema,)]
        what = f"this plan is for the schema {default}, and search_path leads elsewhere"
        named.append((f"{database.default_sql} <> {database.literal(default)}", what))
    return named


def _left_by(run: Run, database: clients.ScriptDatabase, steps: Sequence[Step]) -> Iterator[Sequence[Nature] | None]:
    """Yield for each step what its statements are; None where they leave nothing for a next one."""
    for number, step in enumerate(steps, 1):
        leaves = number < len(steps) and database.forms.may_matter(step.statements.code)
        texts = (each for every in steps[:number] for each in every.statements.briefs)
        hidden = run.database.hidden(texts) if leaves else Hidden()
        yield hidden.shown(database.natures(step.statements.briefs, hidden.names)) if leaves else None


def _write_steps(
    run: Run,
    database: clients.ScriptDatabase,
    steps: Sequence[Step],
    named: Sequence[tuple[str, str]],
    left: Sequence[Sequence[Nature] | None],
) -> None:
    way, offline = steps[0].direction, database.offline
    versions = [row.version for row in run.applied]
    history = History(database, run.settings.table)
    history.missing = set() if versions else {*run.history.missing}
    at = versions[-1] if versions else NO_VERSION
    place = f"any {database.label} database at {at}" if offline else str(run.settings.url)
    database.write(
        _remark(f"{way.capitalize()}, {counted(len(steps), 'migration')}, on {place}; history: {history.relation}"),
        _remark(f"Made by {whoami()} with migrate {__version__} at {datetime.now(timezone.utc):%Y-%m-%d %H:%M} UTC."),
        f"-- To run it:  {database.client.format(database)}",
        "-- It stops at the first error, and before any change where the database is not as this plan expects it.",
        f"-- What was done before an error stays, by the history: mend what failed, then  imagor-studio-migrate {way}",
        f'-- What stands between "{clients.BEGINS}" and "{clients.ENDS}" is the text of a file as it is.',
    )
    database.start(steps)
    written = copy.copy(run)
    written.database, written.history = database, history
    for number, (step, natures) in enumerate(zip(steps, left, strict=True), 1):
        mode = "statement by statement" if is_journaled(step, database) else "in one transaction"
        database.write(
            "",
            _remark(f"{number} of {len(steps)}: {script_path(step)}"),
            f"-- sha256 {step.script.checksum}, {counted(len(step.statements), 'statement')}, {mode}",
        )
        count_sql = f"SELECT count(*) FROM {history.relation}"
        elsewhere = f"this plan starts at {at}, and the database does not"
        done, planned = "", ", ".join(database.literal(each.version) for each in steps) if number == 1 else ""
        if planned and way == "up":
            texts = ", ".join(database.literal(each.script.checksum) for each in steps)
            ran = f"version IN ({planned}) AND checksum IN ({texts}) AND NOT dirty"
            done = f"({count_sql} WHERE {ran}) = {len(steps)}"
        elif planned:
            done = f"({count_sql} WHERE version IN ({planned})) = 0"
        expected = [
            *([(done, "nothing to do: this plan has run already")] if done else []),
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
        said = f"{number} of {len(steps)}  {way}  {step.title}"
        _write_step(written, database, step, named, expected, said=said)
        database.look_again(step.statements.code)
        if what := "" if natures is None else database.forget(step.statements.briefs, natures):
            fix = f"plan up to this file, and the rest by itself:  migrate plan {way} {number} --sql"
            raise FileError(f"no file can follow in a script: {what}", where=script_path(step), fix=fix)
        versions = [*versions, step.version] if way == "up" else [each for each in versions if each != step.version]
        at = versions[-1] if versions else NO_VERSION
    end = f"The end: {counted(len(steps), 'migration')}."
    database.tell(end)
    database.write(f"\n-- {end}")


def _remark(text: str) -> str:
    """Return a comment: whatever is in *text*, the line does not end there."""
    return f"-- {_printable(text)}"


def _printable(text: str) -> str:
    return "".join(each if each.isprintable() else "?" for each in text)


def _refuse_unsuited(database: clients.ScriptDatabase, step: Step) -> None:
    """Raise FileError for a statement that the client would not read as it stands."""
    syntax = database.syntax
    for statement in step.statements if database.minds_literals(step) else distinct(step.statements.briefs):
        what, syntax = database.unsuited(statement, syntax), database.syntax_after(statement, syntax)
        if what:
            where, excerpt = place_in(step, statement.offset)
            fix = f"run it with  migrate {step.direction}  or change the line"
            what = f"{database.client.split()[0]} cannot run this: {what}"
            raise FileError(what, where=where, excerpt=excerpt, fix=fix)


def _write_step(
    run: Run,
    database: clients.ScriptDatabase,
    step: Step,
    named: Sequence[tuple[str, str]],
    expected: Sequence[tuple[str, str]],
    *,
    said: str,
) -> None:
    """Write how *step* is run, after what ends the script before that, and what is *said* then."""
    journaled = is_journaled(step, database)
    run.now = Now(step, 0.0)
    database.start_file()
    if not journaled:
        database.send(*database.opening(step.level)[: 1 if run.history.missing else None])
    database.send(*database.session_sql(local=not journaled))
    lock_sql = database.lock_sql if journaled else database.transaction_lock_sql
    conditions = [*named, *database.lock_conditions(lock_sql)]
    if run.history.missing:
        database.stop_if(conditions)
        run.history.create()
        conditions = []
    database.stop_if([*conditions, *expected])
    database.tell(_printable(said))
    journal, version = Journal(run, step), database.literal(step.version)
    database.send(journal.claim(0))
    journal.claimed = True
    reads = {key for each in run.natures_that_matter(step) for key in each.reads}
    database.send(*database.zero({"id", "count"} & reads))
    if journaled:
        journal.step = step._replace(statements=_WithComments(step, database.syntax))
        journal.run_statements()
        if not database.in_transaction:
            database.query(database.begin_sql)
    elif step.statements:
        database.write_file(step)
    database.send(*run.finish(step, journal.owner, database.elapsed))
    row = f"EXISTS (SELECT 1 FROM {database.relation} WHERE version = {version}"
    wrong = f"NOT {row} AND NOT dirty)" if step.direction == "up" else f"{row})"
    database.stop_if([(wrong, f"the history does not take {step.version}: see what triggers and policies it has")])
    if not journaled:
        database.before_commit()
    database.query(database.commit_sql)


class _WithComments(Statements):
    """The statements of a file, each with the comments that stand between it and the one before."""

    def __init__(self, step: Step, syntax: Syntax) -> None:
        vars(self).update(vars(step.statements))
        self._file, self._syntax = step.script.octets, syntax

    def __getitem__(self, place: Any) -> Any:
        found = super().__getitem__(place)
        if isinstance(place, slice):
            return found
        return found._replace(text=text_of(self._before(place % len(self))) + found.text)

    def octets(self, first: int, last: int) -> list[str]:
        texts = super().octets(first, last)
        return [self._before(place) + each for place, each in enumerate(texts, first - 1)]

    def _before(self, place: int) -> str:
        """Return these comments, each with a line of its own."""
        gap = self._file[self._ends[place - 1] if place else 0 : self._starts[place]]
        if not re.search(clients.COMMENT, gap):
            return ""
        kinds = tokenize(gap, 0, self._syntax)
        return "".join(f"{gap[start:end]}\n" for kind, start, end in kinds if kind == "comment")
