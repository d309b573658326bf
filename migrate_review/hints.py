"""What a statement does besides its work: what it loses for good, rewrites, reads as a whole, locks.

The table beside this file, hints.tsv, says it, a row for each fact; the columns are explained there. A row's pattern is
written as the manuals write grammar, and is held against the lexer's words, so that a text, a comment or a quoted name
is never taken for code:

    ADD, =        this word or sign; a keyword in a pattern never is a quoted name
    name          a name, quoted or not, with what stands before its dots or without; no reserved word
    ...           anything, or nothing, up to the end of the brackets that it stands in
    [A | B]       A, or B, or neither
    {A | B}       A or B
    (A)           brackets with A in them
    other {A | B} a name that ends with none of these words
    holding A     A is somewhere in what is left of the expression, however deep in brackets

A pattern fits from the first word to the last. After ``ALTER TABLE:`` it fits one action of that statement, and the
actions are looked at one by one. Of the rows of a rule, the first one that fits counts; one that says nothing ("-")
so keeps the rows below it from speaking.
"""

from __future__ import annotations

import contextlib
import itertools
import json
import re
import shutil
import subprocess
import sys
import tempfile
from collections import deque
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from functools import cache, partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, NamedTuple, TypeAlias

from migrate import DATABASES, divide, spelled, split_statements
from migrate_review import part_of

if TYPE_CHECKING:
    from migrate import Database, Notify, Statement, Step, Syntax

Item: TypeAlias = "str | list[Item]"  # a word, a sign, a quoted text; or what is in a pair of brackets
Items: TypeAlias = Sequence[Item]
Places: TypeAlias = Collection[int]
Pattern: TypeAlias = Callable[[Items, Places], Places]  # where it may begin, and so where it may end

_LINTERS: Final = {"postgres": "squawk"}
# Rules about the statement itself: what of an ALTER TABLE stands before its actions; what stands before another
# statement and runs it.
_ACTIONS, _RUNS = "actions", "runs"
_ACTION: Final = "ALTER TABLE: "  # stands before the pattern of one
_ADD: Final = ("ADD", "COLUMN", "IF", "NOT", "EXISTS")  # may stand before columns in brackets
_WRITES: Final = ("DELETE", "INSERT", "MERGE", "UPDATE")  # may stand in the brackets of a WITH
_VERBS: Final = (*_WRITES, "REPLACE", "SELECT", "TABLE", "VALUES")  # come after a WITH
_RESERVED: Final = (
    "AS CHECK COLUMN CONSTRAINT CREATE DEFAULT FOREIGN FROM INTO NOT ON ORDER PRIMARY REFERENCES SELECT TABLE TO UNIQUE"
    " USING WHERE"
)
_AFTER_EXPRESSION: Final = ("CHECK", "CONSTRAINT", "GENERATED", "PRIMARY", "REFERENCES", "UNIQUE")  # of a column
_NO_NAMES: Final = frozenset((":=", *_RESERVED.split()))


class Effect(NamedTuple):
    """What a statement does besides its work, or what a linter has to say of it, and the page that says why."""

    statement: int  # its number in the file, from 1; 0 where only the line is known
    line: int
    rule: str  # of the table, or of the linter
    what: str
    link: str
    more: int = 0  # statements right below that are like it, and have no Effect of their own


class Row(NamedTuple):
    """One row of the table."""

    dialect: str
    rule: str
    pattern: str
    what: str
    page: str

    @property
    def is_action(self) -> bool:
        """Whether the pattern fits one action of an ALTER TABLE."""
        return self.pattern.startswith(_ACTION)

    def ends(self, items: Items) -> Places:
        """Return where the pattern may end that begins with the first of *items*."""
        return _compiled(self.pattern.removeprefix(_ACTION))(items, [0])

    def fits(self, items: Items) -> bool:
        """Tell if the pattern fits all of that."""
        return len(items) in self.ends(items)


def knows(dialect: str) -> bool:
    """Tell if the table has anything for a dialect; if not, nothing is said of its statements."""
    return dialect in table()


def of_plan(database: Database, steps: Sequence[Step], notify: Notify) -> list[list[dict[str, Any]]]:
    """Return what is known of the statements of each step, by line, as a plan lists it."""
    if not knows(database.dialect):
        notify(f"there are no hints on statements of {database.label}")
    found = [[*effects(database, step)] for step in steps]
    for number, each in lint_steps(database.dialect, steps):
        found[number].append(each)
    return [[each._asdict() for each in sorted(of_step, key=lambda each: each.line)] for of_step in found]


def deed(statement: Statement, database: Database) -> str:
    """Return the word that says what a statement does: the one after EXPLAIN that runs it, in a WITH, or after it."""
    _, items = _runs(table().get(database.dialect, {}), nested(spelled(statement.text, database.syntax)))
    return next((each[0] for each in _deeds(items) if each and isinstance(each[0], str)), "")


def effects(database: Database, step: Step) -> Iterator[Effect]:
    """Yield what each statement of a step does besides its work, as the manual of its database has it."""
    syntax, first = database.syntax, 1
    for _, (statement, *like) in itertools.groupby(step.statements.briefs, id):
        found = fitting(database.dialect, spelled(statement.text, syntax))
        said = [(row.rule, row.what, row.page) for row in found if row.what != "-"]
        for each in dict.fromkeys(sorted(said, key=lambda each: _order(database.dialect)[each[0]])):
            yield Effect(first, statement.line, *each, len(like))
        first += 1 + len(like)
        syntax = database.syntax_after(statement, syntax)


def fitting(dialect: str, words: Iterable[str]) -> Iterator[Row]:
    """Yield the rows of the table that count for a statement, with those that say nothing."""
    known = table().get(dialect, {})
    runs, items = _runs(known, nested(words))
    yield from runs
    for each in _deeds(items):
        actions = [*_actions(known, each)]
        for rule, of_rule in itertools.groupby(_rows(known, each), lambda row: row.rule):
            if rule not in (_RUNS, _ACTIONS):
                yield from _first(of_rule, each, actions)


def _first(of_rule: Iterable[Row], items: Items, actions: Iterable[Items]) -> Iterator[Row]:
    """Yield the first row of a rule that fits a statement, or each of its actions."""
    left = [*actions]
    for row in of_rule:
        if not row.is_action and row.fits(items):
            yield row
            return
        if row.is_action and left:
            others = [each for each in left if not row.fits(each)]
            if len(others) < len(left):
                yield row
            left = others


def _rows(known: Mapping[str, Sequence[Row]], items: Items) -> Sequence[Row]:
    """Return the rows for what begins with such a word."""
    return known.get(items[0], ()) if items and isinstance(items[0], str) else ()


# A statement, taken apart


def nested(words: Iterable[str]) -> list[Item]:
    """Return the words with those in brackets as a list of their own."""
    outer, inner = list[list[Item]](), list[Item]()
    for word in words:
        if word == "(":
            outer.append(inner)
            inner = []
        elif word == ")" and outer:
            outer[-1].append(inner)
            inner = outer.pop()
        else:
            inner.append(word)
    for each in reversed(outer):  # brackets that nobody has closed
        each.append(inner)
        inner = each
    return inner


def _runs(known: Mapping[str, Sequence[Row]], items: list[Item]) -> tuple[list[Row], list[Item]]:
    """Return the rows for what stands before another statement and runs it, and that statement."""
    found = list[Row]()
    while before := [row for row in _rows(known, items) if row.rule == _RUNS and row.ends(items)]:
        found.append(before[0])
        items = items[min(before[0].ends(items)) :]
        while items and isinstance(items[0], list):  # AS (WITH ...)
            items = items[0]
    return found, items


def _deeds(items: list[Item]) -> Iterator[list[Item]]:
    """Yield what a statement does, each as a statement: what writes in the brackets of a WITH, and what comes after."""
    end = 0
    if items[:1] == ["WITH"]:
        ends = (place for place, item in enumerate(items) if item in _VERBS)
        end = next((place for place in ends if items[place - 1] not in ("WITH", "RECURSIVE", ",")), len(items))
        for before, item in itertools.pairwise(items[:end]):
            if before in ("AS", "MATERIALIZED") and isinstance(item, list) and item and item[0] in _WRITES:
                yield item
    yield items[end:]


def _actions(known: Mapping[str, Sequence[Row]], items: list[Item]) -> Iterator[list[Item]]:
    """Yield the actions of an ALTER TABLE, of ADD (a, b) one for each column."""
    heads = [end for row in _rows(known, items) if row.rule == _ACTIONS for end in row.ends(items)]
    for action in _parted(items[max(heads) :]) if heads else ():
        *verb, columns = action or [""]
        if verb and isinstance(columns, list) and all(each in _ADD for each in verb):
            yield from ([*verb, *each] for each in _parted(columns))
        else:
            yield action


def _parted(items: Items) -> Iterator[list[Item]]:
    """Yield what stands between the commas that are in no brackets."""
    part = list[Item]()
    for item in [*items, ","]:
        if item == ",":
            yield part
            part = []
        else:
            part.append(item)


# The table


@cache
def table() -> Mapping[str, Mapping[str, Sequence[Row]]]:
    """Return the rows of the table by their dialect and by the first word of what they fit."""
    found = dict[str, dict[str, list[Row]]]()
    for row in rows():
        for verb in _first_words(row.pattern):
            found.setdefault(row.dialect, {}).setdefault(verb, []).append(row)
    return found


@cache
def rows() -> Sequence[Row]:
    """Return the rows of the table: lines that begin with ``#``, and empty ones, are for those who read it."""
    lines = [line.split("\t") for line in part_of("hints.tsv").splitlines() if line and not line.startswith("#")]
    return [Row(*line) for line in lines[1:]]  # the first one names the columns


@cache
def _order(dialect: str) -> Mapping[str, int]:
    """Return the places of the rules of a dialect."""
    rules = dict.fromkeys(row.rule for row in rows() if row.dialect == dialect)
    return {rule: place for place, rule in enumerate(rules)}


def _first_words(pattern: str) -> Iterable[str]:
    """Return the words that a pattern may begin with."""
    words, depth, found = _pattern_words(pattern), 0, set[str]()
    if words[0] != "{":
        return words[:1]
    for word, after in itertools.pairwise(words):
        depth += (word in ("{", "[", "(")) - (word in ("}", "]", ")"))
        if depth == 1 and word in ("{", "|"):
            found.add(after)
        if depth == 0:
            break
    return found


# A pattern: each part of it takes the places where it may begin, and returns those where it may end then. All of them
# at once, so that the time is in proportion to the statement.


def _pattern_words(pattern: str) -> list[str]:
    return re.findall(r"\.\.\.|\w+|\S", pattern)


@cache
def _compiled(pattern: str) -> Pattern:
    return _sequence(deque(_pattern_words(pattern)))


def _sequence(words: deque[str]) -> Pattern:
    """Take the parts from *words* up to what closes them."""
    parts = list[Pattern]()
    while words and words[0] not in ("|", "]", "}", ")"):
        word = words.popleft()
        if word == "holding":
            parts.append(partial(_holding, _sequence(words)))
        elif word == "other":
            parts.append(partial(_other, frozenset(itertools.takewhile("}".__ne__, iter(words.popleft, None)))))
        elif word == "(":
            parts.append(partial(_brackets, _sequence(words)))
            words.popleft()
        elif word in ("[", "{"):
            choices = [_sequence(words)]
            while words.popleft() == "|":
                choices.append(_sequence(words))
            parts.append(partial(_choice, [*choices, _nothing] if word == "[" else choices))
        else:
            parts.append({"name": _name, "...": _anything}.get(word) or partial(_word, word))
    return partial(_all, parts)


def _all(parts: Iterable[Pattern], items: Items, places: Places) -> Places:
    for part in parts:
        places = part(items, places)
        if not places:
            break
    return places


def _choice(choices: Iterable[Pattern], items: Items, places: Places) -> Places:
    return {end for each in choices for end in each(items, places)}


def _nothing(_items: Items, places: Places) -> Places:
    return places


def _anything(items: Items, places: Places) -> Places:
    return range(min(places), len(items) + 1)


def _word(word: str, items: Items, places: Places) -> Places:
    return {place + 1 for place in places if place < len(items) and items[place] == word}


def _name(items: Items, places: Places) -> Places:
    found = set[int]()
    for place in places:
        end = place
        while end < len(items) and is_name(items[end]):
            found.add(end + 1)
            end += 2
            if end >= len(items) or items[end - 1] != ".":
                break
    return found


def _other(words: Collection[str], items: Items, places: Places) -> Places:
    return {end for end in _name(items, places) if items[end - 1] not in words}


def is_name(item: Item) -> bool:
    """Tell if that may be a name, in quotes or without."""
    return isinstance(item, str) and (len(item) > 1 or item.isalnum() or item == "_") and item not in _NO_NAMES


def _brackets(inside: Pattern, items: Items, places: Places) -> Places:
    found = set[int]()
    for place in places:
        item = items[place] if place < len(items) else ""
        if isinstance(item, list) and len(item) in inside(item, [0]):
            found.add(place + 1)
    return found


def _holding(pattern: Pattern, items: Items, places: Places) -> Places:
    left: list[Items] = [[*itertools.takewhile(lambda item: item not in _AFTER_EXPRESSION, items[min(places) :])]]
    while left:
        inside = left.pop()
        if pattern(inside, range(len(inside))):
            return [len(items)]
        left += [each for each in inside if isinstance(each, list)]
    return []


# The linter


class _Finding(NamedTuple):
    path: Path
    line: int  # from 1
    column: int  # from 0, of the UTF-8 in it
    rule: str
    what: str

    def effect(self, statement: int) -> Effect:
        return Effect(statement, self.line, self.rule, self.what, f"https://squawkhq.com/docs/{self.rule}")


def lint(dialect: str, paths: Sequence[Path]) -> Iterator[tuple[Path, Effect]]:
    """Yield what the linter of a dialect, where it is installed, has to say of files, by line.

    Without the rules that this tool makes up for: it sets timeouts, the history keeps files from running twice, and
    what cannot run in a transaction is run without one, or refused.
    """
    return iter(dict.fromkeys((each.path, each.effect(0)) for each in _findings(dialect, paths)))


def lint_steps(dialect: str, steps: Sequence[Step]) -> Iterator[tuple[int, Effect]]:
    """Yield what lint() has to say of steps, after the place of each step; with the statement that it is about."""
    found = dict[Path, list[_Finding]]()
    for each in _findings(dialect, [step.script.path.resolve() for step in steps if not step.stored]):
        found.setdefault(each.path, []).append(each)
    for place, step in enumerate(steps if found else ()):
        of_file = [] if step.stored else found.get(step.script.path.resolve(), [])
        both = zip(of_file, _attached(of_file, step), strict=True)
        yield from dict.fromkeys((place, each.effect(number)) for each, number in both)  # of each column, it says it


def _attached(findings: Iterable[_Finding], step: Step) -> Iterator[int]:
    """Yield the number of the statement that each finding stands in; 0 for none."""
    lines = step.script.octets.split("\n")
    begins = [0, *itertools.accumulate(len(line) + 1 for line in lines)]
    for each in findings:
        number = min(each.line, len(lines)) - 1  # the file may be another one by now
        yield step.statements.at(begins[number] + min(each.column, len(lines[number])))


def _findings(dialect: str, paths: Sequence[Path]) -> Iterator[_Finding]:
    linter, beside = _LINTERS.get(dialect, ""), str(Path(sys.executable).parent)
    program = linter and (shutil.which(linter, path=beside) or shutil.which(linter))
    if not program or not paths:
        return
    ours = "require-lock-timeout,require-statement-timeout,prefer-robust-stmts"
    ours += ",ban-concurrent-index-creation-in-transaction"
    command = [program, "--reporter", "json", "--assume-in-transaction", "--exclude", ours]
    with tempfile.TemporaryDirectory() as folder:
        given = {
            _without_data(path, DATABASES[dialect].syntax, f"{folder}/{at}"): path for at, path in enumerate(paths)
        }
        ran = subprocess.run(  # noqa: S603 (one command of ours)
            [*command, *given], capture_output=True, encoding="utf-8", errors="surrogateescape", check=False
        )
    with contextlib.suppress(ValueError):
        for each in json.loads(ran.stdout):
            what = each["message"].removesuffix(".")
            yield _Finding(given[each["file"]], each["line"] + 1, each["column"], each["rule_name"], what)


def _without_data(path: Path, syntax: Syntax, copy: str) -> str:
    """Return the path of a file, or of a *copy* in which the lines are empty that a statement reads as data."""
    octets = path.read_bytes().decode("latin-1")
    if "\n\\." not in octets:
        return str(path)
    for each in split_statements(octets, syntax):
        if parts := divide(each.text, syntax):
            begin, end = each.offset + parts[0], each.offset + len(each.text)
            octets = octets[:begin] + re.sub(r"[^\n]", " ", octets[begin:end]) + octets[end:]
    Path(copy).write_bytes(octets.encode("latin-1"))
    return copy
