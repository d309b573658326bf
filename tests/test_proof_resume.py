"""Proof of resume: a file that stopped half way, was mended and goes on, ends as if it had never failed; or it asks.

Hypothesis writes files out of the forms of tests/grammar.py. The end of each run, schema and rows, is compared with
that of the database's own client. A run may ask (exit 4) where something of the session is lost that the rest may read;
what is lost, and what is not, is told by the marks of the forms, which GUARANTEES.md shows as a table. The same files
of the long form again:  pytest --prove tests/test_proof_resume.py --seed 123
"""

from __future__ import annotations

import contextlib
import io
import re
import shutil
import sqlite3
from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, NamedTuple

import clients
import grammar
import pytest
import rig
from desk import MODULE
from grammar import ASKS, REBUILT, Form, Language, Piece, Writer, may_ask
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import seed as with_seed
from hypothesis import strategies as st
from project import Ran

import migrate

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path

    from servers import Database

pytestmark = pytest.mark.long

MENDED = Form("mended", ("INSERT INTO audit (v) VALUES ('mended')",))
# What is refused by name, before anything runs.
REFUSED = {
    "mysql": ("SAVEPOINT a", "ROLLBACK", "USE mysql", "LOCK TABLES t1 READ", "FLUSH TABLES WITH READ LOCK"),
    "postgres": ("DROP TABLE schema_migrations", "BEGIN READ ONLY", "COPY t1 FROM stdin"),
    "sqlite": (
        "ATTACH ':memory:' AS other",
        "DROP TABLE schema_migrations",
        "SELECT total_changes()",
        "PRAGMA query_only = 1",
    ),
}


# --- One file -------------------------------------------------------------------------------------------------------


@dataclass
class Case:
    """A file as it is meant, and as it was written first; *failing* is the number of the piece that was wrong."""

    language: Language
    pieces: list[Piece]
    broken: list[str] = field(default_factory=list)  # empty where there is no mistake in it
    failing: int = -1

    @property
    def mended(self) -> str:
        """The text without a mistake."""
        return self.text([each.text for each in self.pieces])

    def text(self, statements: Sequence[str]) -> str:
        """Return a file of these statements."""
        lines = [each if re.search(r"(;|//|\n\\\.)\Z", each) else f"{each};" for each in statements]
        return "\n".join([self.language.first] * bool(self.language.first) + lines) + "\n"

    def _repr_pretty_(self, printer: Any, _cycle: bool) -> None:  # hypothesis would show all that it is made of
        printer.text("the file above")

    def __str__(self) -> str:
        told = [f"--- the file\n{self.mended}"]
        return "\n".join(told + [f"--- as it was first\n{self.text(self.broken)}"] * bool(self.broken))


def wrong_text(piece: Piece) -> str:
    """Return a statement with a mistake in it, so that it fails."""
    changed = re.sub(r"\b(audit|t1|t2)\b", "nowhere", piece.text, count=1)
    if changed != piece.text and re.match(r"(INSERT|REPLACE|UPDATE|DELETE|ALTER TABLE|TRUNCATE)\b", piece.text):
        return changed
    return f"SELEC {piece.text}"


def draw_case(language: Language, choose: Callable[[Sequence[Any]], Any], forms: int) -> Case:
    """Write a file, and mostly one with a mistake."""
    writer = Writer(language, choose)
    for _ in range(forms):
        writer.write_anything()
    writer.end()
    pieces = writer.pieces
    way = choose(("none", "insert", "insert", "replace", "break", "break", "mend"))
    case, texts = Case(language, pieces), [each.text for each in pieces]
    late = range(choose((0, len(pieces) // 2)), len(pieces))
    wrong = [number for number, each in enumerate(pieces) if each.wrong]
    if way == "mend" and wrong:
        place = choose(wrong)
        case.broken = [*texts[:place], pieces[place].wrong, *texts[place + 1 :]]
    elif way in {"insert", "replace"}:
        place = choose([*late, len(pieces)])
        case.broken = [*texts[:place], choose(language.bad), *texts[place:]]
        if way == "replace":
            case.pieces = [*pieces[:place], writer.fill(MENDED, MENDED.make[0], {}), *pieces[place:]]
    elif way == "break":
        one_line = [each for each in late if "\n" not in texts[each] and texts[each][:5] not in KEPT]
        if one_line:
            case.failing = choose(one_line)
            wrong_one = wrong_text(pieces[case.failing])
            case.broken = [*texts[: case.failing], wrong_one, *texts[case.failing + 1 :]]
    return case


UNCOUNTED = re.compile(r"BEGIN\Z|COMMIT\Z|SET autocommit")  # where they are read as a part of the whole file
KEPT = {"BEGIN", "COMMI", "END", "SET a"}  # a file with half of a pair is refused


# --- One database ---------------------------------------------------------------------------------------------------


class Fault(AssertionError):  # noqa: N818 (it reads as what it is)
    """What must not be: of which class, and the whole story."""

    def __str__(self) -> str:
        return str(self.args[-1])


class Place:
    """One database, emptied for each file."""

    def __init__(self, database: Database, home: Path) -> None:
        self.database, self.home = database, home
        # To read the certificates takes longer than the rest of a short run.
        self.url = f"{database.url}?ssl_mode=DISABLED" if database.dialect == "mysql" else database.url
        self.connection: Any = database.connect() if database.dialect != "sqlite" else None
        self.language = self._language()
        self.count: Counter[str] = Counter()
        self.reset()
        self.base = self.state()

    def _language(self) -> Language:
        name = self.database.name
        if self.database.dialect == "postgres":
            self.query(f"CREATE ROLE {name}_all SUPERUSER")  # goes with the database
            return grammar.postgres(f"{name}_all")
        if self.database.dialect == "mysql":
            return grammar.mysql(self.database.flavor, name)
        return grammar.sqlite()

    def query(self, sql: str) -> list[Any]:
        """Return the rows of a statement."""
        cursor = self.connection.cursor()
        cursor.execute(sql)
        rows = [tuple(row) for row in cursor.fetchall()] if cursor.description else []
        cursor.close()
        return rows

    def reset(self) -> None:
        """Leave nothing but the tables that every file finds."""
        name = self.database.name
        if self.database.dialect == "sqlite":
            if self.connection:
                self.connection.close()
            for path in self.home.glob("test.db*"):
                path.unlink()
            self.connection = sqlite3.connect(name, isolation_level=None)
            self.connection.executescript("BEGIN;" + ";".join(self.language.base) + ";COMMIT")
        elif self.database.dialect == "mysql":
            for each in (f"DROP DATABASE IF EXISTS {name}", f"CREATE DATABASE {name} CHARACTER SET utf8mb4",
                         f"USE {name}", *self.language.base):  # fmt: skip
                self.query(each)
        else:
            schemas = self.query("SELECT nspname FROM pg_namespace WHERE nspname !~ '^pg_|^information_schema$'")
            drops = [f"DROP SCHEMA {each} CASCADE" for (each,) in schemas]
            self.connection.execute(";".join(["SET client_min_messages = error", *drops, "CREATE SCHEMA public",
                                              *self.language.base]))  # fmt: skip

    def state(self) -> dict[str, Any]:
        """Return the schema and the rows, without the history and without numbers that have gaps after a failure."""
        state: dict[str, Any] = {}
        dialect, cursor = self.database.dialect, self.connection.cursor()
        for text in sorted(self.database._definitions(cursor)):
            state[text.split("\n")[0]] = re.sub(r"\s*;?\s*\Z", "", text)
        cursor.close()
        for table, columns in self.tables().items():
            order = " ORDER BY id" if "id" in columns else ""
            shown = ", ".join(each for each in columns if each != "id") or "1"
            rows = [repr(row) for row in self.query(f"SELECT {shown} FROM {table}{order}")]
            state[f"rows of {table}"] = rows if order else sorted(rows)
        if dialect == "sqlite":
            state["user_version"] = self.query("PRAGMA user_version")
        if dialect == "mysql":
            for kind, name, mode in self.query(
                "SELECT 'routine', routine_name, sql_mode FROM information_schema.routines WHERE routine_schema ="
                " DATABASE() UNION ALL SELECT 'trigger', trigger_name, sql_mode FROM information_schema.triggers"
                " WHERE trigger_schema = DATABASE()"
            ):
                state[f"mode of {kind} {name}"] = mode
        return state

    def tables(self) -> dict[str, list[str]]:
        """Return the columns of each table."""
        if self.database.dialect == "sqlite":
            sql = """SELECT m.name, c.name FROM sqlite_schema m, pragma_table_info(m.name) c WHERE m.type = 'table'
                AND m.name NOT LIKE 'sqlite_%'"""
        elif self.database.dialect == "postgres":
            sql = """SELECT attrelid::regclass::text, attname FROM pg_attribute JOIN pg_class c ON c.oid = attrelid
                JOIN pg_namespace n ON n.oid = relnamespace WHERE relkind IN ('r', 'm') AND attnum > 0
                AND NOT attisdropped AND nspname !~ '^pg_|^information_schema$' ORDER BY 1, attnum"""
        else:
            sql = """SELECT table_name, column_name FROM information_schema.columns JOIN information_schema.tables
                USING (table_schema, table_name) WHERE table_schema = DATABASE() AND table_type = 'BASE TABLE'
                ORDER BY table_name, ordinal_position"""
        tables: dict[str, list[str]] = {}
        for table, column in self.query(sql):
            if "schema_migrations" not in table:
                tables.setdefault(table, []).append(column)
        return tables

    def done(self, texts: Sequence[str]) -> int:
        """Return how many statements of *texts* have run, as the history says; 0 where it has no row."""
        try:
            rows = self.query("SELECT statements_done, statements FROM schema_migrations WHERE version = '1'")
        except Exception:  # noqa: BLE001 (three drivers: there is no such table)
            return 0
        done, known = rows[0] if rows else (0, 0)
        counted = [number for number, each in enumerate(texts, 1) if known == len(texts) or not UNCOUNTED.match(each)]
        return counted[done - 1] if done else 0

    def write(self, texts: dict[str, str]) -> None:
        """Write these files, and leave no other."""
        shutil.rmtree(self.home / "sql", ignore_errors=True)
        rig.write(self.home, {f"{name}.up": text for name, text in texts.items()})

    def up(self, text: str) -> Ran:
        """Write the file and run `up`."""
        self.write({"1_f": text})
        return self.run("up")

    def run(self, *words: str) -> Ran:
        """Run one command."""
        out, err = io.StringIO(), io.StringIO()
        with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
            code = migrate.main(["--database-url", self.url, "--dir", "sql", "--retries", "0", *words])
        return Ran(code, out.getvalue(), err.getvalue())


def differences(one: dict[str, Any], two: dict[str, Any]) -> str:
    """Return what differs, with the client's first."""
    lines = []
    for name in sorted({*one, *two}):
        if one.get(name) != two.get(name):
            lines += [f"{name}:", f"  client: {one.get(name)!r}", f"  here:   {two.get(name)!r}"]
    return "\n".join(lines)


class Verdict(NamedTuple):
    """What became of a file: it was the "same" at once, "resumed", "asked", "refused"; or it was no good file."""

    what: str
    done: int = 0  # statements that had run before it went on, or asked
    why: frozenset[str] = frozenset()  # what was lost
    said: str = ""


def judge(place: Place, case: Case) -> Verdict:
    """Run a file with the client, and here. Raises Fault."""
    place.reset()
    client = place.database.run_client(case.mended)
    if client.returncode:
        return Verdict("not run by the client", said=client.stderr.strip())
    wanted = place.state()
    place.reset()

    def must(true: object, what: str, ran: Ran | None = None) -> None:
        if not true:
            raise Fault(what, f"{case}\n--- {what}\n" + (f"exit {ran.exit}\n{ran.out}{ran.err}" if ran else ""))

    first = Ran(1, "", "")
    before, done = place.base, 0
    if case.broken:
        first = place.up(case.text(case.broken))
        if first.exit == 0:
            return Verdict("no mistake")
        must(first.exit in {1, 2}, f"exit {first.exit} for a statement that fails", first)
        before, done = place.state(), place.done(case.broken)
        must(first.exit == 1 or (before == place.base and not done), "refused after something ran", first)
    second = place.up(case.mended)
    after = place.state()
    if second.exit == 2:
        must(after == before == place.base and not done, "refused after something ran", second)
        return Verdict("refused", said=second.err)
    if second.exit == 4 and case.broken:
        if after != before:  # what nobody can know beforehand: then it is where the client is after as many statements
            more = place.done([each.text for each in case.pieces])
            place.reset()
            place.database.run_client(case.text([each.text for each in case.pieces[:more]]))
            must(after == place.state(), "it asked, and had done something\n" + differences(before, after), second)
        if re.search(r"edited since (they|it) ran", second.err):  # by hand, as the mistake showed later only
            return Verdict("asked", done, frozenset(), second.err)
        must(re.search(r"sql/1_f\.up\.sql:\d+", second.err), "it asked, and named no line", second)
        must("repair 1 --applied" in second.err and "repair 1 --pending" in second.err,
             "it asked, and named no way out", second)  # fmt: skip
        why = may_ask(case.language, case.pieces, done, case.failing)
        must(why, "it asked, and nothing is lost", second)
        return Verdict("asked", done, frozenset(why), second.err)
    must(second.exit == 0, "the client runs it, we do not" if not case.broken else "it cannot go on", second)
    must(after == wanted, f"another end after {'a failure' if case.broken else 'no failure'}"
         f"\n{differences(wanted, after)}")  # fmt: skip
    return Verdict("resumed" if done else "same", done)


def witnessed(case: Case, verdict: Verdict) -> set[str]:
    """Return the forms whose mark this file shows: it asked for what they have left, or had it again."""
    last = verdict.done
    while last and case.pieces[last - 1].session:
        last -= 1
    before, rest = case.pieces[:last], case.pieces[last:]
    read = {name for each in rest for name in each.reads}
    if verdict.what == "asked":
        return {each.form.name for each in before if each.form.mark.how == ASKS and each.loses & verdict.why}
    if verdict.what == "resumed":
        return {each.form.name for each in before if each.form.mark.how == REBUILT and each.sets & read}
    return set()


# --- The proofs -----------------------------------------------------------------------------------------------------


@pytest.fixture
def place(database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Place]:
    monkeypatch.chdir(tmp_path)
    made = Place(database, tmp_path)
    yield made
    made.connection.close()


@st.composite
def cases(draw: st.DrawFn, language: Language) -> Case:
    """A file, and what was wrong with it at first."""
    return draw_case(language, lambda several: draw(st.sampled_from(several)), draw(st.integers(2, 6)))


def many(full: bool, seed: int, examples: int, short: int) -> Callable[[Any], Any]:
    """Return how hypothesis goes about it: in the short form always alike, in the long one from a seed."""
    print(f"--seed {seed}")  # noqa: T201 (shown where the test fails)
    limits = settings(
        max_examples=examples if full else short, derandomize=not full, deadline=None, database=None,
        phases=[Phase.generate, Phase.shrink], report_multiple_bugs=False,
        suppress_health_check=list(HealthCheck),
    )  # fmt: skip
    return lambda test: limits(with_seed(seed)(test) if full else test)


def test_a_file_that_was_mended_ends_as_with_the_client_or_asks(place: Place, full: bool, seed: int) -> None:
    seen, shown, refusals = Counter[str](), Counter[str](), list[str]()

    @many(full, seed, 2000, 40)
    @given(cases(place.language))
    def prove(case: Case) -> None:
        verdict = judge(place, case)
        seen[verdict.what] += 1
        shown.update(witnessed(case, verdict))
        refusals.extend([verdict.said] * (verdict.what == "refused"))

    prove()
    ran = seen["same"] + seen["resumed"] + seen["asked"]
    assert seen["not run by the client"] < ran // 20, seen  # the writer knows what there is
    assert seen["refused"] <= ran // 20, (seen, refusals)
    if full:
        marked = {each.name for each in place.language.forms if each.mark.how}
        missed = sorted(marked - set(shown))  # by chance; each has a file of its own below
        assert len(missed) <= len(marked) // 10, f"of these marks no file was a witness: {missed}"


def test_each_mark_has_a_witness(place: Place) -> None:
    """What is rebuilt has all been set before a statement that stays, and is read by the one that failed."""
    faults = []
    for form in place.language.forms:
        if form.mark.how:
            try:
                verdict = judge(place, witness(place.language, form))
            except Fault as fault:
                faults.append(f"{form.name}, {form.mark.how}: {fault}")
                continue
            if verdict.what != {REBUILT: "resumed", ASKS: "asked"}[form.mark.how]:
                faults.append(f"{form.name}, {form.mark.how}: {verdict}")
    assert not faults, f"{len(faults)} marks are not true\n" + "\n".join(faults)


def witness(language: Language, form: Form) -> Case:
    """Return a file that is about one form."""
    writer = Writer(language, lambda several: several[0])
    failing = writer.write_witness(form)
    case = Case(language, writer.pieces, failing=failing)
    case.broken = [each.text for each in writer.pieces]
    case.broken[failing] = wrong_text(writer.pieces[failing])
    return case


def test_what_cannot_be_run_is_refused_before_anything_runs(place: Place) -> None:
    for refused in REFUSED[place.database.dialect]:
        place.reset()
        text = f"{place.language.first}\nCREATE TABLE first (n INTEGER);\n{refused};\nCREATE TABLE last (n INTEGER);\n"
        ran = place.up(text)
        assert (ran.exit, place.state() == place.base, place.done([text])) == (2, True, 0), f"{refused}: {ran}"
        assert "sql/1_f.up.sql:3" in ran.err, ran.err


def test_the_grammar_has_forty_forms_and_more(place: Place) -> None:
    assert len({each.name for each in place.language.forms}) == len(place.language.forms) >= 40


@st.composite
def pairs(draw: st.DrawFn, language: Language) -> tuple[Case, Case]:
    """Two files in a row; the second asks for what the session of the first had."""

    def choose(several: Sequence[Any]) -> Any:
        return draw(st.sampled_from(several))

    first = Writer(language, choose)
    for _ in range(draw(st.integers(1, 4))):
        first.write_anything()
    second = Writer(language, choose, first)
    for _ in range(draw(st.integers(2, 4))):
        second.write_anything()
    second.end()
    return Case(language, first.pieces), Case(language, second.pieces)


def judge_two(place: Place, *both: Case) -> str:
    """Run two files with the client, with `up`, and from the script of `plan --sql`. Raises Fault."""

    def must(true: object, what: str, more: str) -> None:
        if not true:
            raise Fault(what, "\n".join([*map(str, both), f"--- {what}", more]))

    if re.match(r"(?s)((?!\nSELECT).)*FOUND_ROWS\(\)", f"\n{both[1].mended}"):
        return "the client's own"  # it has asked for something itself, in each new session
    place.reset()
    for each in both:
        if place.database.run_client(each.mended).returncode:
            return "not run by the client"
    wanted = place.state()
    place.reset()
    place.write({f"{number}_f": each.mended for number, each in enumerate(both, 1)})
    planned = place.run("plan", "--sql")
    must(planned.exit in {0, 2}, "there is no plan", planned.err)
    if planned.exit == 0:
        ran = clients.run(place.database, planned.out)
        must(not ran.returncode and b"error" not in ran.stderr.lower(), "the script fails", ran.stderr.decode())
        after = place.state()
        must(after == wanted, "another end from the script", differences(wanted, after))
        place.reset()
    ran_up = place.run("up")
    after = place.state()
    if ran_up.exit == 2 and after == place.base:
        return "refused"
    must(ran_up.exit == 0, "the client runs both, we do not", ran_up.err)
    must(after == wanted, "another end of two files", differences(wanted, after))
    return "no script" if planned.exit else "same"


def test_two_files_end_as_with_the_client_by_up_and_from_a_script(place: Place, full: bool, seed: int) -> None:
    seen = Counter[str]()

    @many(full, seed, 500, 10)
    @given(pairs(place.language))
    def prove(two: tuple[Case, Case]) -> None:
        seen[judge_two(place, *two)] += 1

    prove()
    assert seen["same"] > seen.total() // 3, seen  # no script for what follows a CALL, and all that nobody knows


def test_the_guarantees_show_the_marks() -> None:
    page = (MODULE.parent / "GUARANTEES.md").read_text(encoding="utf-8")
    head, *rows = grammar.table()
    assert page.partition(head)[2].partition("\n\n")[0].split("\n")[1:] == rows
