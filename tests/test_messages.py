"""Wherever a message names a way out, following it works: each is provoked, followed as it is written, and has helped.

The messages are found in the module's own text: one that nobody provokes here fails the first test. A case provokes a
message, follows one of its ways, and types the first command again, which then ends well.
"""

from __future__ import annotations

import ast
import contextlib
import io
import logging
import os
import random
import re
import shlex
import signal
import sqlite3
import subprocess
import sys
import threading
import time
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple, TextIO

import clients
import inside
import pytest
import rig
from desk import MODULE, PROGRAM, THREE, Desk
from test_sqlite_file import cut_off, elsewhere

import migrate

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from servers import Database


# --- What the module can say ----------------------------------------------------------------------------------------


class Template(NamedTuple):
    """A text of the module's that is, or is part of, a way out: its constant parts, and where it is written."""

    line: int
    parts: tuple[str, ...]

    @property
    def pattern(self) -> re.Pattern[str]:
        return re.compile(".*".join(map(re.escape, self.parts)).removesuffix(re.escape("\n")), re.DOTALL)

    def __str__(self) -> str:
        return "…".join(self.parts)


class Reader:
    """Finds every text that can end up behind ``fix:``, by following names, tables, calls and what they return."""

    # What returns pairs of what is wrong and the way out, or yields them.
    refusing = (
        "find_faults",
        "find_loose",
        "find_taking",
        "_find_divided",
        "_find_unpaired",
        "_find_ended",
    )
    pairs = *refusing, "_not_ready", "_of_another_tool", "_look_deeper", "_nearly_named", "_to_write"
    tables = "_FAULTS", "_LEVEL", "_MEANT", "_READ_ONLY", "_DRIFTS", "_CONNECT_FIXES"

    def __init__(self, text: str) -> None:
        self.tree = ast.parse(text)
        self.parent = {child: node for node in ast.walk(self.tree) for child in ast.iter_child_nodes(node)}
        self.functions: dict[str, list[ast.FunctionDef]] = {}
        self.calls: dict[str, list[ast.Call]] = {}
        self.constants: dict[str, list[ast.expr]] = {}
        for node in ast.walk(self.tree):
            if isinstance(node, ast.FunctionDef):
                self.functions.setdefault(node.name, []).append(node)
            elif isinstance(node, ast.Call):
                self.calls.setdefault(_name(node.func), []).append(node)
            elif isinstance(node, ast.Assign | ast.AnnAssign) and self._function(node) is None and node.value:
                for target in node.targets if isinstance(node, ast.Assign) else [node.target]:
                    self.constants.setdefault(ast.unparse(target), []).append(node.value)
        for name, found in self.functions.items():  # a method may have the name of a function
            self.functions[name] = [each for each in found if isinstance(self.parent[each], ast.Module)] or found
        self.lost: list[str] = []  # where this reader has lost the thread

    def templates(self) -> set[Template]:
        """Return all there are."""
        found = {each for node in ast.walk(self.tree) for root in self._roots(node) for each in self._read(root)}
        for name in self.pairs:
            for node in (each for function in self.functions[name] for each in ast.walk(function)):
                if isinstance(node, ast.Return | ast.Yield) and node.value:
                    found |= {*self._read(node.value)}
        found |= {each for name in self.tables for root in self.constants[name] for each in self._read(root)}
        words = {each for each in found if any(re.search(r"\w{2}", part) for part in each.parts)}
        newest: dict[tuple[str, ...], Template] = {each.parts: each for each in sorted(words, reverse=True)}
        return {*newest.values()}

    def refusals(self) -> set[Template]:
        """Return the ways out of what a file may not hold."""
        calls = (each.args[2] for each in self.calls["_Refusal"])
        tables = (
            each for name in ("_FAULTS", "_LEVEL", "_MEANT", "_READ_ONLY", "ways_out") for each in self.constants[name]
        )
        found = {each for root in (*calls, *tables) for each in self._read(root)}
        for name in self.refusing:
            for node in (each for function in self.functions[name] for each in ast.walk(function)):
                if isinstance(node, ast.Return | ast.Yield) and node.value:
                    found |= {*self._read(node.value)}
        return {each for each in found if re.search(r"\w{2}", str(each))}

    def _function(self, node: ast.AST) -> ast.FunctionDef | None:
        while node in self.parent:
            node = self.parent[node]
            if isinstance(node, ast.FunctionDef):
                return node
        return None

    def _roots(self, node: ast.AST) -> Iterator[ast.expr]:
        """Yield what is given as a fix at this place, or says a command."""
        if isinstance(node, ast.Call):
            name = _name(node.func)
            yield from (each.value for each in node.keywords if each.arg == "fix")
            place = {"Finding": 3, "warning": 2, "_Refusal": 2, "ValueError": 1}.get(name, 99)
            yield from node.args[place : place + 1]
        elif isinstance(node, ast.Assign | ast.AugAssign):
            for target in node.targets if isinstance(node, ast.Assign) else [node.target]:
                both = [(target, node.value)]
                if isinstance(target, ast.Tuple) and isinstance(node.value, ast.Tuple):
                    both = [*zip(target.elts, node.value.elts, strict=True)]
                yield from (value for each, value in both if isinstance(each, ast.Attribute) and each.attr == "fix")
        elif (
            isinstance(node, ast.JoinedStr | ast.Constant)
            and re.search("  (migrate|cp) ", "".join(_parts(node)))
            and not isinstance(self.parent[node], ast.JoinedStr | ast.Expr)  # a part, or a docstring
        ):
            yield node

    def _read(self, node: ast.AST, seen: frozenset[ast.AST] = frozenset()) -> Iterator[Template]:
        """Yield what an expression may be as a text."""
        if node in seen:
            return
        seen |= {node}
        for each in self._sources(node):
            yield from self._read(each, seen)
        if isinstance(node, ast.Constant | ast.JoinedStr) and any(_parts(node)):
            yield Template(node.lineno, _parts(node))

    def _sources(self, node: ast.AST) -> Iterator[ast.AST]:  # noqa: C901, PLR0912 (one branch for each kind)
        match node:
            case ast.Constant():
                pass
            case ast.JoinedStr(values=values):
                fields = (each.value for each in values if isinstance(each, ast.FormattedValue))
                kinds = ast.BoolOp | ast.IfExp | ast.Call
                data = "literal", "lacking", "name_of"  # what these return is no part of the words
                yield from (
                    each for each in fields
                    if (isinstance(each, kinds) and _name(getattr(each, "func", each)) not in data)
                    or ast.unparse(each) in {"fix", "way"}
                )  # fmt: skip
            case ast.IfExp(body=body, orelse=other):
                yield from (body, other)
            case ast.BoolOp(values=values) | ast.Dict(values=values):
                yield from values
            case ast.Starred(value=value) | ast.BinOp(left=value, op=ast.Mult()):
                yield value
            case ast.BinOp(left=left, right=right):
                yield from (left, right)
            case ast.Tuple(elts=elements) | ast.List(elts=elements):
                yield from elements[-1:]
            case ast.ListComp(elt=element):
                yield element
            case ast.GeneratorExp(elt=element, generators=[loop, *_]):
                yield from (element, loop.iter)
            case ast.Subscript(value=value) | ast.NamedExpr(value=value):
                yield value
            case ast.Attribute(attr=name) if name in self.constants:
                yield from self.constants[name]
            case ast.Attribute(value=ast.Name(id=name)) if name in self.constants:
                yield from self.constants[name]
            case ast.Name(id=name):
                yield from self._values(node, name)
            case ast.Call(func=function, args=args):
                yield from self._called(node, function, args)
            case _:
                self.lost.append(f"{getattr(node, 'lineno', 0)}: {ast.unparse(node)}")

    def _called(self, node: ast.AST, function: ast.expr, args: Sequence[ast.expr]) -> Iterator[ast.AST]:
        name = _name(function)
        if name in {"removesuffix", "format", "replace", "get", "items", "_replace"} and isinstance(
            function, ast.Attribute
        ):
            yield function.value
            yield from args[1:2] if name == "get" else ()
        elif name in {"next", "_Refusal", "fromkeys"}:
            yield args[{"next": 0, "_Refusal": 2, "fromkeys": 1}[name]]
        elif name == "unhidden":
            yield from args
        elif name in self.functions:
            nodes = (each for found in self.functions[name] for each in ast.walk(found))
            yield from (each.value for each in nodes if isinstance(each, ast.Return) and each.value)
        elif name not in {"max", "str", "strip", "join", "sub", "quote", "vars"}:
            self.lost.append(f"{getattr(node, 'lineno', 0)}: {ast.unparse(node)}")

    def _values(self, node: ast.AST, name: str) -> Iterator[ast.AST]:
        """Yield what a name may stand for: what is assigned to it, or given for it in a call; or a constant."""
        function, found = self._function(node), list[ast.AST]()
        for each in ast.walk(function) if function else ():
            if isinstance(each, ast.Assign | ast.AnnAssign | ast.NamedExpr) and each.value:
                for target in each.targets if isinstance(each, ast.Assign) else [each.target]:
                    names = [*map(ast.unparse, target.elts)] if isinstance(target, ast.Tuple) else []
                    if name in names and isinstance(each.value, ast.Tuple):
                        found.append(each.value.elts[names.index(name)])
                    elif name in names or (isinstance(target, ast.Name) and target.id == name):
                        found.append(each.value)
        found += [*self._given(function, name), *self._looped(function, name)] if function else []
        found += () if found else self.constants.get(name, ())
        if not found and not self._is_bound(function, name):
            self.lost.append(f"{getattr(node, 'lineno', 0)}: {name}")
        yield from found

    def _looped(self, function: ast.FunctionDef, name: str) -> Iterator[ast.AST]:
        """Yield what *name* is in turn, where it is the last of each row of a table that *function* has written."""
        for loop in ast.walk(function):
            target = loop.target if isinstance(loop, ast.For | ast.comprehension) else None
            if isinstance(target, ast.Tuple) and ast.unparse(target.elts[-1]) == name:
                assert isinstance(loop, ast.For | ast.comprehension)
                tables = self._values(loop, loop.iter.id) if isinstance(loop.iter, ast.Name) else [loop.iter]
                rows = (row for table in tables for row in getattr(table, "elts", ()))
                yield from (row.elts[-1] for row in rows if isinstance(row, ast.Tuple))

    def _given(self, function: ast.FunctionDef, name: str) -> list[ast.AST]:
        """Return what calls of *function* give for its parameter *name*."""
        names = [each.arg for each in function.args.args]
        if name not in names:
            return []
        defaults = dict(zip(reversed(names), reversed(function.args.defaults), strict=False))
        found: list[ast.AST] = [defaults[name]] if name in defaults else []
        place = names.index(name) - (names[0] in {"self", "cls"})
        for call in self.calls.get(function.name, ()):
            found += [each.value for each in call.keywords if each.arg == name] + call.args[place : place + 1]
        return found

    def _is_bound(self, function: ast.FunctionDef | None, name: str) -> bool:
        """Tell if a name is one of a loop or of another parameter: what it stands for is read where that comes from."""
        nodes = [*ast.walk(function)] if function else []
        loops = (each.target for each in nodes if isinstance(each, ast.For | ast.comprehension))
        return any(isinstance(each, ast.Name) and each.id == name for loop in loops for each in ast.walk(loop)) or any(
            isinstance(each, ast.arg) and each.arg == name for each in nodes
        )


@lru_cache
def reader() -> Reader:
    """Return the one of the runner, and of the desk."""
    desk = sorted((MODULE.parent / "migrate_review").glob("*.py"))
    return Reader("\n".join(path.read_text(encoding="utf-8") for path in (MODULE, *desk)))


def _name(function: ast.expr) -> str:
    return function.attr if isinstance(function, ast.Attribute) else getattr(function, "id", "")


def _parts(node: ast.AST) -> tuple[str, ...]:
    """Return the constant parts of a text; what stands in braces is another time another."""
    if isinstance(node, ast.JoinedStr):
        text = "".join(str(each.value) if isinstance(each, ast.Constant) else "{}" for each in node.values)
    else:
        text = node.value if isinstance(node, ast.Constant) and isinstance(node.value, str) else ""
    return tuple(re.split(r"\{[^{}\n]*\}", text))


# --- A person who follows it ----------------------------------------------------------------------------------------


class Case(NamedTuple):
    """A message, and one way to follow it."""

    name: str
    fix: str  # whole, as it is printed; {url} and {path} are those of the database
    do: str  # the command that meets it, typed after all that is in *given*
    then: Any  # what it says to do, step by step
    given: Any = ()
    again: str = ""  # the command that works then, where it is not the same
    code: int = 2  # what the command ends with
    done: int = 0  # and the other
    fill: Mapping[str, str] = {}  # what a person writes for the words in capitals


@dataclass
class Person:
    """Somebody at a desk, who types, edits files, and has the database's own client.

    A step is a command (with ``! `` before it: that fails), SQL for the client (``> ``), a line for the shell (``$ ``),
    files by their names (1_a.up is sql/1_a.up.sql; None removes one), a variable ($NAME), or anything else as a call.
    """

    desk: Desk
    database: Database
    said: str = ""  # the message that is being followed
    other: Any = None  # what an application has open
    url: str = ""  # of somebody who has logged in,
    user: str = ""  # and the name
    all: str = ""  # that was said
    stack: contextlib.ExitStack = field(default_factory=contextlib.ExitStack)

    def path(self, name: str) -> Path:
        """Return where a file lies."""
        return Path(f"sql/{name}.sql" if name.endswith((".up", ".down")) else name)

    def take(self, step: Any) -> None:
        """Do one step; a command or a statement must stand in the message that is followed."""
        if callable(step):
            step(self)
        elif not isinstance(step, str):
            for name, text in step.items():
                self.edit(name, text)
        else:
            step = step.replace("{home}", str(self.desk.home)).replace("{path}", self.database.name)
            assert not self.said or step[2:] in self.said or step in self.said, f"{step!r} is not in {self.said!r}"
            self.do(step)

    def edit(self, name: str, text: str | None) -> None:
        """Write or remove a file, or set a variable."""
        if name[0] == "$" and text is None:
            self.desk.monkeypatch.delenv(name[1:])
        elif name[0] == "$":
            self.desk.set(
                **{name[1:]: str(text).replace("{url}", self.database.url).replace("{home}", str(self.desk.home))}
            )
        elif text is None:
            self.path(name).unlink()
        else:
            self.path(name).parent.mkdir(parents=True, exist_ok=True)
            self.path(name).write_bytes(text.encode(errors="surrogateescape"))

    def do(self, step: str) -> None:
        """Type a command, SQL or a line for the shell."""
        if step[:2] == "> " and not self.said:
            self.database.execute(step[2:])
        elif step[:2] == "> ":  # as it stands in the message
            ran = self.database.run_client(step[2:].removesuffix(";") + ";\n")
            assert ran.returncode == 0, ran.stderr
        elif step[:2] == "$ ":
            subprocess.run(["sh", "-c", step[2:]], check=True, capture_output=True)
        elif step[:2] == "! ":
            assert self.type(step[2:])[0]
        else:
            code, said = self.type(step)
            assert code == 0, f"{step}: {said}"

    def type(self, command: str) -> tuple[int, str]:
        """Type a command; return its exit code and what it said."""
        words = shlex.split(command.replace("{url}", self.database.url).replace("{home}", str(self.desk.home)))
        if words == ["app"]:
            return start_app(self.database.url)
        assert words.pop(0) == "migrate"
        ran = self.desk(*words)
        assert not self.database.password or self.database.password not in ran.out + ran.err
        return ran.exit, ran.out + ran.err


def start_app(url: str) -> tuple[int, str]:
    """Be an application that migrates when it starts; what it logs is what it says."""
    log, logger = io.StringIO(), logging.getLogger("migrate")
    handler = logging.StreamHandler(log)
    logger.addHandler(handler)
    try:
        migrate.auto_migrate(url)
    except migrate.MigrateError as error:
        return error.exit_code, str(error)
    finally:
        logger.removeHandler(handler)
    return 0, log.getvalue()


def follow(case: Case, database: Database, desk: Desk) -> None:
    """Provoke the message of a case, follow it, and see that it has helped."""
    person = Person(desk, database)
    with person.stack:
        _follow(case, person)


def _follow(case: Case, person: Person) -> None:
    person.desk.set(DATABASE_URL=person.database.url, MIGRATE_DIR="sql", MIGRATE_LOCK_TIMEOUT="0")
    (person.desk.home / "sql").mkdir(exist_ok=True)
    for step in case.given:
        person.take(step)
    code, said = person.type(case.do)
    shown = str(migrate.DatabaseURL.parse(person.database.url))
    fix = case.fix.replace("{url}", shown).replace("{path}", person.database.name)
    fix = fix.replace("{home}", str(person.desk.home)).replace("{user}", person.user)
    fix = fix.replace("{owner}", migrate.DatabaseURL.parse(person.database.url).user)
    assert (fix, code) == (fixes(said, fix), case.code), said
    person.said, person.all = filled(fix, case), said
    for step in case.then:
        person.take(step)
    person.said = ""
    code, said = person.type(case.again or case.do)
    assert code == case.done, said


def fixes(said: str, fix: str) -> str:
    """Return what is printed as the way out: of an error all of it, of what is told otherwise *fix*, if it is there.

    The program goes by its own name there, so that each command can be typed as it stands.
    """
    found = re.search(r"^fix: (.*)", said, re.MULTILINE | re.DOTALL)
    text = (found[1] if found else said).strip()
    text = text.partition("\nfailed  ")[0]  # what verify tells beside it
    if not found and " ".join(fix.replace(PROGRAM, "migrate").split()) in " ".join(
        text.replace(PROGRAM, "migrate").split()
    ):
        return fix
    text = re.sub(r"(?<=  )(SELECT pg_terminate_backend\(|KILL )\d+", r"\1N", text)  # it is another one each time
    return re.sub(rf"(?<=  ){PROGRAM} ", "migrate ", text)


NO_DATA = "write the data below COPY .. FROM stdin; with a line of only \\. after it, or use a file on the server"
A = {"1_a.up": "CREATE TABLE a (n INTEGER);\n", "1_a.down": "DROP TABLE a;\n"}
B = {"2_b.up": "CREATE TABLE b (n INTEGER);\n", "2_b.down": "DROP TABLE b;\n"}
C = {"3_c.up": "CREATE TABLE c (n INTEGER);\n", "3_c.down": "DROP TABLE c;\n"}
WRONG_B = {"2_b.up": "CREATE TABLE b (n INTEGER);\nINSERT INTO nowhere VALUES (1);\n"}
RIGHT_B = {"2_b.up": "CREATE TABLE b (n INTEGER);\nINSERT INTO b VALUES (1);\n"}


ENCODE = "percent-encode special characters in user name and password: @ %40, / %2F, # %23, ? %3F, % %25"
# A URL that cannot be used, what is said, and one as it says. `check` reads the URL, and needs no database.
URLS = [
    ("postgres://app:100%@db/app", ENCODE, "postgres://app:100%25@db/app"),
    ("postgres://app:%ff@db/app", ENCODE, "postgres://app:%C3%BF@db/app"),
    ("sqlite:a\nb", "look for a line break or a tab inside it, and remove it", "sqlite:ab"),
    ("app.db", f"write {inside.URL_FORMS}", "sqlite:./app.db"),
    ("postgre://db/app", f"write {inside.URL_FORMS}", "postgres://user:password@host:5432/name"),
    ("my://db/app", f"write {inside.URL_FORMS}", "mysql://user:password@host:3306/name"),
    ("sqlite:app.db?mode=ro", "leave them out: there are none on SQLite", "sqlite:app.db"),
    ("sqlite:", "write sqlite:./app.db, or sqlite:///var/lib/app.db for an absolute path", "sqlite:./app.db"),
    ("sqlite:/", "write sqlite:./app.db, or sqlite:///var/lib/app.db for an absolute path", "sqlite:///var/lib/app.db"),
    ("mysql://app:a/b@db/app", f"write {inside.URL_FORMS}; {ENCODE}", "mysql://app:a%2Fb@db/app"),
    ("mysql://db", "put its name after the host: .../database", "mysql://db/database"),
    (
        "mysql://db/app?sslmode=on",
        f"write one of {', '.join(migrate.MySQL.url_options.split())}; {ENCODE}",
        "mysql://db/app?ssl_mode=required",
    ),
    ("jdbc:postgresql://db/app?user=app", "write it like postgres://user:password@host:5432/name", "postgres://app@db/app"),
    ("sqlite+aiosqlite:///app.db", "write it like sqlite:./app.db", "sqlite:./app.db"),
    ("postgres://db/app?schema=a&search_path=a", "write one of the two", "postgres://db/app?schema=a"),
    ("mysql://db:0/app", f"write host:port, or [::1]:port, the port from 1 to 65535; {ENCODE}",
     "mysql://[::1]:1/app"),
]  # fmt: skip
ELSEWHERE_A_URL = "a URL belongs behind --database-url, or into DATABASE_URL; before a path of that form write ./"
SETTINGS = [
    *(
        Case(f"a URL: {wrong!r}", fix, "migrate check", [{"$DATABASE_URL": right}], [A, {"$DATABASE_URL": wrong}])
        for wrong, fix, right in URLS
    ),
    Case(
        "a name for the history",
        "use at most 59 letters, digits and underscores (on PostgreSQL with a schema: name.name)",
        "migrate --table my-history up", [], [A], "migrate --table my_history up",
    ),
    Case(
        "a number", "write it like  --lock-timeout 60", "migrate up --lock-timeout soon",
        [], [A], "migrate up --lock-timeout 60",
    ),
    Case(
        "a URL and a file of it", "unset one", "migrate up", [{"$DATABASE_URL_FILE": None}],
        [A, {"url": "sqlite:b.db", "$DATABASE_URL_FILE": "url"}],
    ),
    Case(
        "a line of .env", "write NAME=value; put a value with spaces, # or quotes in it in single quotes", "migrate up",
        [{".env": "MIGRATE_TABLE='history'\n"}], [A, {".env": "MIGRATE_TABLE 'history\n"}],
    ),
    Case(
        "a file of settings", "correct the path:  ls -l app.env", "migrate --config app.env up",
        [{"app.env": ""}, "$ ls -l app.env"], [A],
    ),
    Case(
        "a file of settings in UTF-16", "name a file of text, in UTF-8", "migrate --config app.env up",
        [{"app.env": "MIGRATE_TABLE=history\n"}], [A, {"app.env": "M\0T\0=\0a\0"}],
    ),
    Case(
        "a URL where none belongs", ELSEWHERE_A_URL, "migrate --dir {url} up", [], [A],
        "migrate --database-url {url} up",
    ),
    Case(
        "a path that may be a URL", ELSEWHERE_A_URL, "migrate up --backup a:b@c", [], [A, "migrate up", B],
        "migrate up --backup ./a:b@c",
    ),
    Case(
        "a switch", "write  FORCE_AUTO_MIGRATE=true  or  FORCE_AUTO_MIGRATE=false", "app",
        [{"$FORCE_AUTO_MIGRATE": "true"}], [A, {"$FORCE_AUTO_MIGRATE": "perhaps"}],
    ),
]  # fmt: skip


def without(name: str) -> Callable[[Person], None]:
    """Be on a machine on which a package, or a program, is not installed."""
    return lambda person: person.desk.monkeypatch.setitem(sys.modules, name, None)


def installed(person: Person) -> None:
    """Install what the message names, as if it came: what would be fetched is on this machine."""
    for name in ("psycopg", "pymysql", "dotenv.parser"):
        if name in sys.modules and sys.modules[name] is None:
            person.desk.monkeypatch.delitem(sys.modules, name)


def git(*commands: str) -> list[str]:
    """Have a repository here, with what is done by *commands*."""
    about = "git config user.name ann && git config user.email ann@box && git config commit.gpgsign false"
    return ["$ " + " && ".join(("git init -q -b main", about, *commands))]


COMMIT = "git add -A && git commit -q -m all"
REFUSED = (
    "write the file without transaction control (BEGIN and COMMIT in pairs are understood); to commit in between,"
    " split the file, or put  -- migrate: no-transaction  on its first line"
)
SOURCED = f"source <({PROGRAM} completion bash)"
EACH_SOURCED = f"{SOURCED}\n     or  source <({PROGRAM} completion zsh)\n     or  migrate completion fish | source"
# As other tools write it, what is in it, the way out, and what a person does then.
FILES_OF_OTHERS: list[tuple[str, str, str, list[Any]]] = [
    (
        name,
        text,
        fix.replace("FORTH", f"sql/{stem}.up.sql").replace("BACK", f"sql/{stem}.down.sql"),
        [
            {f"sql/{name}": None},
            {f"sql/{stem.replace('NUMBER', '2')}.{way}.sql": "SELECT 1;" for way in ("up", "down")},
        ],
    )
    for name, text, stem, fix in [
        ("V2__b.sql", "", "2_b", "write it as FORTH, the way back as BACK"),
        ("V1.2__b.sql", "", "NUMBER_b", "write it as FORTH, the way back as BACK"),
        ("U2__b.sql", "", "2_b", "write it as BACK"),
        ("R__b.sql", "", "NUMBER_b", "write it as FORTH, under a new number for each edit"),
        ("b.sql", "-- Deploy app:b to pg\n", "NUMBER_b", "write it as FORTH, numbered as in sqitch.plan"),
        ("b.sql", "-- Verify app:b on pg\n", "NUMBER_b", "leave it out: it changes nothing"),
        (
            "changes.sql",
            "--liquibase formatted sql\n",
            "NUMBER_NAME",
            "write each changeset as FORTH, the way back as BACK: what stands behind --rollback",
        ),
        ("2.undo.b.sql", "", "2_b", "write it as BACK"),
        ("2-b.sql", "", "2_b", "write it as FORTH, the way back as BACK"),
        ("2_b/migration.sql", "", "2_b", "write it as FORTH, the way back as BACK"),
        ("2_b/up.sql", "", "2_b", "write it as FORTH"),
    ]
]
NAMES = "name files like 20250504093000_create_users.up.sql, in UTF-8; a new pair:  migrate new NAME"
DIRTY = "look at the tables, and say which way it went:\n"
ALONE = "move it into a file with  -- migrate: no-transaction  on its first line"


def by_shell(line: str) -> Callable[[Person], object]:
    """Do something that a message leaves to the person, on this machine."""
    return lambda _: subprocess.run(["sh", "-c", line], check=True, capture_output=True)


def by_hand(sql: str) -> Callable[[Person], None]:
    """Do something that a message leaves to the person, in the database."""
    return lambda person: person.database.execute(sql)


WAYS = (
    "       migrate repair 2 --applied    the change is complete\n"
    "       migrate repair 2 --pending    the change was undone by hand; run it again"
)  # fmt: skip
WAYS_DOWN = (
    "       migrate repair 2 --applied    what the roll back did was undone by hand\n"
    "       migrate repair 2 --pending    the roll back is complete"
)  # fmt: skip
NOTX = "-- migrate: no-transaction\n"
# A file that stops half way on SQLite: its first statement stays.
HALF = {
    "2_b.up": f"{NOTX}CREATE TABLE b (n INTEGER);\nINSERT INTO nowhere VALUES (1);\n",
    "2_b.down": "DROP TABLE b;\n",
}
HALF_MENDED = {"2_b.up": f"{NOTX}CREATE TABLE b (n INTEGER);\nINSERT INTO b VALUES (1);\n"}
HALF_EDITED = {"2_b.up": f"{NOTX}CREATE TABLE b (m INTEGER);\nINSERT INTO b VALUES (1);\n"}
HALF_DOWN = {"2_b.down": f"{NOTX}DELETE FROM b;\nINSERT INTO nowhere VALUES (1);\nDROP TABLE b;\n"}
FOREIGN = "CREATE TABLE schema_migrations (version bigint NOT NULL, dirty boolean NOT NULL)"
OTHER = (
    "keep the history elsewhere:  migrate --table schema_migrations_imagor up\n"
    "     and where some of it is applied already, first mark that there:"
    "  migrate --table schema_migrations_imagor baseline VERSION"
)  # fmt: skip
LOOK = "look at the versions:  migrate status"
UNWRITTEN = (
    "write it first, then run  migrate up\n     or, where there is no way back, remove it:  rm sql/2_b.down.sql"
)  # fmt: skip
THERE = (
    "if the database has all that the files up to this one make, mark them as applied, which runs nothing:"
    "  migrate baseline 1\n     if it has that of newer files, too, write the version of the last of these\n"
    "     or else correct line 1, then run  migrate up"
)  # fmt: skip


def into(folder: str) -> Callable[[Person], None]:
    """Go into another folder."""
    return lambda person: person.desk.monkeypatch.chdir(folder)


DEFAULT_ABOVE = (
    "go to its folder first:  cd ..\n     or use it from here:  migrate --database-url sqlite:../imagor-studio.db up\n"
    "     or say that a new file here is meant:  migrate --database-url sqlite:./imagor-studio.db up"
)
STRAY = (
    "go to its folder first:  cd ..\n"
    "     or use it from here:  migrate --config ../my.env --dir ../sql --database-url sqlite:../app.db up\n"
    "     or say that a new file here is meant:"
    "  migrate --config ../my.env --dir ../sql --database-url sqlite:./app.db up"
)
FROM_HERE = "migrate --config ../.env --dir ../sql --database-url sqlite:../app.db up"
ABOVE = (
    f"go to its folder first:  cd ..\n     or use it from here:  {FROM_HERE}\n"
    "     or say that a new file here is meant:  migrate --database-url sqlite:./imagor-studio.db up"
)


def unwritten(way: str) -> Callable[[Person], None]:
    """Write the files of B, but one of them as `new` made it."""

    def make(person: Person) -> None:
        person.do("migrate new more")
        (made,) = Path("sql").glob(f"*_more.{way}.sql")
        for name, text in B.items():
            person.edit(name, made.read_text("utf-8") if name.endswith(way) else text)
        for each in Path("sql").glob("*_more.*"):
            each.unlink()

    return make


EDITED = (
    "put the file back, and write the change as a new migration:  migrate new NAME\n"
    "     or, where the database has it already:  migrate repair 1 --applied"
)  # fmt: skip
REDO = f"{EDITED}\n     or, where no other database has it yet, undo it and apply it anew:  migrate redo"
EDIT = {"1_a.up": "CREATE TABLE a (n INTEGER, m INTEGER);\n"}

HISTORY = [
    *(
        Case("an edited file, and a new one", fix, do, [A, "migrate new more"], [A, "migrate up", EDIT], code=4,
             done=0, fill={"NAME": "more"}, again=again)
        for fix, do, again in [
            (REDO, "migrate up", "migrate status"), (EDITED, "migrate baseline 1", "")]
    ),
    *(
        Case("an edited file that the database has", fix, do, ["migrate repair 1 --applied"], [A, "migrate up", EDIT],
             code=4)
        for fix, do in [(REDO, "migrate up"), (EDITED, "migrate baseline 1")]
    ),
    Case("an edited file that nobody else has", REDO, "migrate up", ["migrate redo"], [A, "migrate up", EDIT], code=4),
    *(
        Case(f"a database that has its tables, {name}", THERE, "migrate up", then,
             [A, B, by_hand("CREATE TABLE a (n INTEGER)"), *more], code=1)
        for name, more, then in [
            ("all", [by_hand("CREATE TABLE b (n INTEGER)")], [lambda person: person.type("migrate baseline 2")]),
            ("some", [], ["migrate baseline 1", "migrate up"]),
            ("by mistake", [], [by_hand("DROP TABLE a"), "migrate up"]),
        ]
    ),
    Case("a roll back that has left something, and redo",
         "mend sql/1_a.down.sql, and drop by hand what it has left, then run  migrate redo", "migrate redo",
         [{"1_a.down": A["1_a.down"]}, by_hand("DROP TABLE a"), "migrate redo"],
         [A | {"1_a.down": "SELECT 1;\n"}, "migrate up"], code=1),
    Case("a stored roll back that has left something",
         "mend the down text stored for 1 a, and drop by hand what it has left, then run  migrate redo", "migrate redo",
         [{"1_a.down": A["1_a.down"]}, by_hand("DROP TABLE a"), "migrate redo"],
         [A | {"1_a.down": "SELECT 1;\n"}, "migrate up", {"1_a.down": None}], code=1),
    Case("a file that is missing, and comes back",
         "put its files back, or take it out of the history:  migrate repair 1 --pending", "migrate up", [A],
         [A, B, "migrate up", {"1_a.up": None, "1_a.down": None}], code=4),
    Case("a file that is missing, and out of the history",
         "put its files back, or take it out of the history:  migrate repair 1 --pending", "migrate up",
         ["migrate repair 1 --pending"], [A, B, "migrate up", {"1_a.up": None, "1_a.down": None}], code=4),
    Case("a file out of order, applied all the same",
         "give it a newer version, or apply it all the same:  migrate up --out-of-order", "migrate up",
         ["migrate up --out-of-order"], [B, "migrate up", A], code=4),
    Case("a file out of order, with a newer version",
         "give it a newer version, or apply it all the same:  migrate up --out-of-order", "migrate up",
         [{"1_a.up": None, "1_a.down": None}, C], [B, "migrate up", A], code=4),
    *(
        Case(f"no down file, and {name}",
             "write sql/1_a.down.sql\n"
             "     or undo it by hand, remove its up file, then say so:  migrate repair 1 --pending",
             "migrate down", then, [B, "migrate up", {"1_a.up": A["1_a.up"]}, "migrate up --out-of-order 1",
                                    "migrate down"], code=4)
        for name, then in [
            ("one", [A]),
            ("by hand", [by_hand("DROP TABLE a"), {"1_a.up": None}, "migrate repair 1 --pending"]),
        ]
    ),
    *(
        Case(f"no such version: {do}", LOOK, do, ["migrate status"], [A], again)
        for do, again in [
            ("migrate up --to 2", "migrate up --to 1"), ("migrate baseline 2", "migrate baseline 1"),
            ("migrate plan --to 2", "migrate plan --to 1"),
        ]
    ),
    Case("no such version to repair", LOOK, "migrate repair 3 --applied", ["migrate status"],
         [A, HALF, "! migrate up"], "migrate repair 2 --applied"),
    Case("half way, and mended", f"mend its file, or put it back, and finish it:  migrate up\n     or {DIRTY}{WAYS}",
         "migrate down", [HALF_MENDED, "migrate up"], [A, HALF, "! migrate up"], code=4),
    Case("half way, its file gone and put back",
         f"mend its file, or put it back, and finish it:  migrate up\n     or {DIRTY}{WAYS}",
         "migrate up", [HALF_MENDED, "migrate up"], [A, HALF, "! migrate up", {"2_b.up": None, "2_b.down": None}],
         code=4),
    Case("half way, and complete", f"mend its file, or put it back, and finish it:  migrate up\n     or {DIRTY}{WAYS}",
         "migrate down", ["migrate repair 2 --applied"], [A, HALF, "! migrate up"], code=4),
    Case("half way, and undone", f"mend its file, or put it back, and finish it:  migrate up\n     or {DIRTY}{WAYS}",
         "migrate down", [by_hand("DROP TABLE b"), "migrate repair 2 --pending"],
         [A, HALF, "! migrate up"], code=4),
    Case("half way down, and mended",
         f"mend its file, or put it back, and finish it:  migrate down\n     or {DIRTY}{WAYS_DOWN}",
         "migrate up", [{"2_b.down": f"{NOTX}DELETE FROM b;\nDROP TABLE b;\n"}, "migrate down"],
         [A, B, "migrate up", HALF_DOWN, "! migrate down"], code=4),
    Case("half way down, and undone",
         f"mend its file, or put it back, and finish it:  migrate down\n     or {DIRTY}{WAYS_DOWN}",
         "migrate up", ["migrate repair 2 --applied"], [A, B, "migrate up", HALF_DOWN, "! migrate down"], code=4),
    Case("half way down, and complete",
         f"mend its file, or put it back, and finish it:  migrate down\n     or {DIRTY}{WAYS_DOWN}",
         "migrate up", [by_hand("DROP TABLE b"), "migrate repair 2 --pending"],
         [A, B, "migrate up", HALF_DOWN, "! migrate down"], code=4),
    *(
        Case(f"half way, and {do}", f"finish it first:  migrate up\n     or {DIRTY}{WAYS}", do,
             [HALF_MENDED, *then], [A, HALF, "! migrate up"], again, code=4)
        for do, again, then in [
            ("migrate baseline 1", "", ["migrate up"]), ("migrate plan down --sql", "", ["migrate repair 2 --applied"]),
            ("migrate plan --sql", "", ["migrate repair 2 --pending"]),
        ]
    ),
    *(
        Case(f"half way, and edited before that place, {name}",
             "statement 1 was edited since it ran: put it back, then run  migrate up\n"
             f"     or {DIRTY}{WAYS}", "migrate up", then, [A, HALF, "! migrate up", HALF_EDITED], code=4)
        for name, then in [
            ("and put back", [HALF_MENDED]),
            ("and complete", [by_hand("ALTER TABLE b RENAME COLUMN n TO m"), "migrate repair 2 --applied"]),
            ("and undone", [by_hand("DROP TABLE b"), {"2_b.up": B["2_b.up"]}, "migrate repair 2 --pending"]),
        ]
    ),
    *(
        Case(f"marked as dirty by hand, {name}",
             "see who has marked it, and say which it is:\n"
             "       migrate repair 2 --applied    all of it has run\n"
             "       migrate repair 2 --pending    it was undone by hand; run it again", "migrate up", then,
             [A, B, "migrate up", by_hand("UPDATE schema_migrations SET dirty = 1 WHERE version = '2'")], code=4)
        for name, then in [
            ("and applied", ["migrate repair 2 --applied"]),
            ("and undone", [by_hand("DROP TABLE b"), "migrate repair 2 --pending"]),
        ]
    ),
    *(
        Case(f"applied before, by the log, {name}",
             "where all that it makes is there, mark it as applied:  migrate baseline 1\n"
             "     or undo that by hand, and run it again:  migrate up --out-of-order", do, then,
             [A, B, "migrate up", by_hand("DELETE FROM schema_migrations WHERE version = '1'")],
             "migrate up", code=code)
        for do, code in [("migrate up", 4), ("migrate up --out-of-order", 1)]
        for name, then in [
            (f"and there: {do}", ["migrate baseline 1"]),
            (f"and undone: {do}", [by_hand("DROP TABLE a"), "migrate up --out-of-order"]),
        ]
    ),
    Case("all of the history is lost, and not its log",
         "where all that the files up to 2 make is there, mark them as applied:  migrate baseline 2\n"
         "     or undo that by hand, and run it again:  migrate up", "migrate up", ["migrate baseline 2"],
         [A, B, "migrate up", by_hand("DROP TABLE schema_migrations"), C], code=1),
    Case("all of the history is lost, and its change undone",
         "where all that the files up to 2 make is there, mark them as applied:  migrate baseline 2\n"
         "     or undo that by hand, and run it again:  migrate up", "migrate up",
         [by_hand("DROP TABLE a"), by_hand("DROP TABLE b"), "migrate up"],
         [A, B, "migrate up", by_hand("DROP TABLE schema_migrations")], code=1),
    *(
        Case(f"declared pending, and there: {name}",
             f"where all that it makes is there, mark it as applied:  migrate {way}\n"
             "     or undo that by hand, and run it again:  migrate up", "migrate up", [f"migrate {way}"],
             [A, more, "! migrate up", "migrate repair 2 --pending", then], code=1)
        for name, way, more, then in [
            ("at its first statement", "baseline 2", HALF, HALF_MENDED),
            ("later", "repair 2 --applied", HALF, {"2_b.up": f"{NOTX}CREATE TABLE d (n);\nCREATE TABLE b (n);\n"}),
        ]
    ),
    Case("nothing to repair, as it was run by hand",
         "where it was run by hand, mark it as applied, and all before it:  migrate baseline 2\n"
         "     or look at the states:  migrate status", "migrate repair 2 --applied",
         ["migrate status", "migrate baseline 2"], [A, B, "migrate up 1", "> CREATE TABLE b (n INTEGER)"], "migrate up",
         code=4),
    Case("nothing to repair", "look at the states:  migrate status", "migrate repair 1 --applied", ["migrate status"],
         [A, HALF, "! migrate up"], "migrate repair 2 --pending", code=4),
    Case("undone by hand, and its file is here", "where it was undone by hand, remove that first, and say it again:"
         "  rm sql/1_a.up.sql sql/1_a.down.sql\n"
         "     or look at the states:  migrate status",
         "migrate repair 1 --pending", ["migrate status", "$ rm sql/1_a.up.sql sql/1_a.down.sql"],
         [A, B, "migrate up", "> DROP TABLE a"], code=4),
    Case("repair, and not which way", "say which way it went:\n"
         "       migrate repair 2 --applied    the change is complete\n"
         "       migrate repair 2 --pending    the change was undone by hand; run it again", "migrate repair 2",
         ["migrate repair 2 --applied"], [A, HALF, "! migrate up"], "migrate up"),
    Case("repair, and not which way, undone", "say which way it went:\n"
         "       migrate repair 2 --applied    the change is complete\n"
         "       migrate repair 2 --pending    the change was undone by hand; run it again", "migrate repair 2",
         [by_hand("DROP TABLE b"), "migrate repair 2 --pending", HALF_MENDED], [A, HALF, "! migrate up"],
         "migrate up"),
    Case("a down file that was edited, and fails", "correct line 1, then run  migrate down\n"
         "     or roll back by the text that was stored when it was applied, with this file out of the way:\n"
         "       mv sql/1_a.down.sql sql/1_a.down.sql.new\n       migrate down\n"
         "       mv sql/1_a.down.sql.new sql/1_a.down.sql", "migrate down",
         ["$ mv sql/1_a.down.sql sql/1_a.down.sql.new", "migrate down", "$ mv sql/1_a.down.sql.new sql/1_a.down.sql"],
         [A, "migrate up", {"1_a.down": "DROP TABLE nowhere;\n"}], "migrate up", code=1),
    Case("a down file that was left alone",
         "mend or move these; " + NAMES, "migrate up", [{"1_a.down": None}], [A, B, {"1_a.up": None}]),
    Case("the name of the example", "say what it does:  migrate new add_email_to_users", "migrate new NAME",
         ["migrate new add_email_to_users"], [A], "migrate status"),
]  # fmt: skip


def stop_soon(person: Person) -> None:
    """Press Ctrl-C, as soon as a statement runs."""

    def press() -> None:
        while not person.path("test.db").exists():
            time.sleep(0.01)
        time.sleep(0.3)
        os.kill(os.getpid(), signal.SIGINT)

    threading.Thread(target=press, daemon=True).start()


def leaving(person: Person) -> None:
    """Sit at a terminal, and press Ctrl-C at the question."""

    def press() -> None:
        raise KeyboardInterrupt

    person.desk.monkeypatch.setattr("sys.stdin", Terminal("", press))


def end_holder(words: str) -> Callable[[Person], None]:
    """Type the SQL that the message names, which ends another session."""
    return lambda person: person.database.execute(re.findall(rf"  ({words}.*);$", person.all, re.MULTILINE)[-1])


def hold(sql: str) -> Callable[[Person], None]:
    """Be an application that runs *sql* and goes on with something else; let_go() ends it."""

    def begin(person: Person) -> None:
        is_file = person.database.dialect == "sqlite"  # which another thread may close here
        person.other = (
            sqlite3.connect(person.database.name, isolation_level=None, check_same_thread=False)
            if is_file
            else person.database.connect()
        )
        for each in sql.split("; "):
            person.other.cursor().execute(each)

    return begin


def let_go(person: Person) -> None:
    """End it."""
    person.other.close()


def run_script(words: str) -> Callable[[Person], None]:
    """Have the DBA run the script that a command prints."""

    def run(person: Person) -> None:
        ran = person.desk(*shlex.split(words)[1:])
        assert ran.exit == 0, ran.err
        clients.run_well(person.database, ran.out)

    return run


SESSION = f"{NOTX}CREATE TEMP TABLE t AS SELECT 5 AS n;\nCREATE TABLE b (n INTEGER);\n"
LOST = (
    "write line 5 so that it does not need it, then run  migrate up\n"
    "     or finish or undo the rest by hand, and say which:\n"
    "       migrate repair 2 --applied    all of it has run\n"
    "       migrate repair 2 --pending    none of it has; run it again"
)  # fmt: skip
LINE_2 = "correct line 2, then run  migrate up"
FOREVER = "WITH RECURSIVE c(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM c) SELECT max(x) FROM c"
WAIT = "wait for it, and run the same command again\n     or wait longer:  migrate up --lock-timeout 300"
MAKE_IT_FULL = {"2_b.up": "PRAGMA max_page_count = 1;\nCREATE TABLE b AS SELECT zeroblob(50000) AS n;\n"}
ROOM = "make room on the disk of the database, and run the same command again"
LINE_BREAK = "SELECT 'a\r\nb';\n"
SELVES = "CREATE TABLE b (n INTEGER PRIMARY KEY, of INTEGER REFERENCES b (n));\n"
STORE = "CREATE TEMP TABLE t (n INTEGER);\nPRAGMA temp_store = 2;\n"
RUN = [
    Case("a statement fails", LINE_2, "migrate up", [RIGHT_B, "migrate up"], [A, WRONG_B], code=1),
    *(
        Case(f"no more than was asked for: {do}", f"correct line 2, then run  migrate {rest}", f"migrate {do}",
             [RIGHT_B], [A | WRONG_B | C], f"migrate {rest}", code=1)
        for do, rest in [("up 2", "up --to 2"), ("up --to 2", "up --to 2"),
                         ("up 3 --all-or-nothing", "up --all-or-nothing"),
                         ("up 2 --all-or-nothing", "up --to 2 --all-or-nothing")]
    ),
    *(
        Case(f"all that was asked for: {do}", f"correct line 1, then run  migrate {rest}", f"migrate {do}",
             [B], [A | B | C | {"2_b.down": "DROP TABLE nowhere;\n"}, "migrate up"], f"migrate {rest}", code=1)
        for do, rest in [("down 2", "down --to 1"), ("down --to 1", "down --to 1"), ("down --all", "down --all"),
                         ("down 3", "down --all")]
    ),
    Case("a statement of a down file fails", "correct line 1, then run  migrate down", "migrate down",
         [B, "migrate down"], [A, B, {"2_b.down": "DROP TABLE nowhere;\n"}, "migrate up"], code=1),
    Case("a journaled file fails", "correct line 3, then go on with statement 2:  migrate up", "migrate up",
         [HALF_MENDED, "migrate up"], [A, HALF], code=1),
    Case("a row points to nothing", "correct the file, then run  migrate up", "migrate up",
         [{"2_b.up": f"{SELVES}INSERT INTO b VALUES (1, 1);\n"}, "migrate up"],
         [A, {"2_b.up": f"{SELVES}INSERT INTO b VALUES (1, 2);\n"}], code=1),
    Case("a file that is half done by its journal, and only noted",
         "correct line 3, then go on with statement 2:  migrate up", "migrate up",
         [{"2_b.up": f"{NOTX}CREATE TABLE b (n INTEGER);\n"}, "migrate up"], [A, HALF], code=1),
    Case("a statement that cannot run in a transaction",
         "put  -- migrate: no-transaction  on the first line of the file, then run  migrate up", "migrate up",
         [{"2_b.up": f"{NOTX}{STORE}"}, "migrate up"], [A, {"2_b.up": STORE}], code=1),
    Case("no room", ROOM, "migrate up", [B], [A, MAKE_IT_FULL], code=1),
    Case("another process writes", WAIT, "migrate up", [let_go],
         [A, hold("CREATE TABLE other (n INTEGER); BEGIN IMMEDIATE")], code=5),
    Case("another process writes for a while", WAIT, "migrate up",
         [lambda person: threading.Timer(0.3, let_go, [person]).start()],
         [A, hold("CREATE TABLE other (n INTEGER); BEGIN IMMEDIATE")], "migrate up --lock-timeout 300", code=5),
    Case("interrupted", "go on where it stopped:  migrate up", "migrate up", [{"2_b.up": B["2_b.up"]}, "migrate up"],
         [A, {"2_b.up": f"{FOREVER};\n"}, stop_soon], code=130),
    Case("its row in the history is changed by the file",
         "see who or what changes schema_migrations (a person, a trigger, a policy, this file), then run  migrate up",
         "migrate up", [B, "migrate up"], [A, {"2_b.up": "DELETE FROM schema_migrations WHERE version = '2';\n"}],
         code=1),
    Case("all or nothing, but not in a transaction", "leave it out:  migrate up", "migrate up --all-or-nothing", [],
         [A, HALF_MENDED], "migrate up"),
    Case("redo of what another comes before", "apply both:  migrate up", "migrate redo",
         [{"3_c.up": "SELECT 1;\n", "3_c.down": "SELECT 1;\n"}, "migrate up"],
         [A, {"3_c.up": "CREATE TABEL c;\n"}, "! migrate up", B], code=4),
    Case("redo without the file", "put the file back, or only roll back:  migrate down", "migrate redo", [A],
         [A, B, "migrate up", "migrate down", {"1_a.up": None, "1_a.down": None}], code=4),
    Case("redo without the file, and only down", "put the file back, or only roll back:  migrate down", "migrate redo",
         ["migrate down"], [A, B, "migrate up", "migrate down", {"1_a.up": None, "1_a.down": None}], "migrate up",
         code=4),
    Case("a question without a terminal", "say that you mean it:  migrate reset --yes", "migrate reset", [],
         [A, "migrate up"], "migrate reset --yes"),
    *(
        Case(f"another tool's table{name}", OTHER, "migrate up", then, [A, f"> {FOREIGN}"],
             "migrate --table schema_migrations_imagor status --exit-code", code=4, fill={"VERSION": "1"})
        for name, then in [
            ("", ["migrate --table schema_migrations_imagor up"]),
            (", and all of ours is in", [by_hand("CREATE TABLE a (n INTEGER)"),
                                         "migrate --table schema_migrations_imagor baseline 1",
                                         "migrate --table schema_migrations_imagor up"]),
        ]
    ),
    *(
        Case(f"a file that drops the history{name}", f"take it out, or {OTHER}", "migrate up", then,
             [A, "migrate up", {"2_b.up": "DROP TABLE schema_migrations;\n"}], again, fill={"VERSION": "1"})
        for name, then, again in [
            (", and does not", [{"2_b.up": "SELECT 1;"}], ""),
            (" of before", ["migrate --table schema_migrations_imagor baseline 1",
                            "migrate --table schema_migrations_imagor up"],
             "migrate --table schema_migrations_imagor status --exit-code"),
        ]
    ),
    Case("the name of another table is not too long", OTHER.replace("schema_migrations", 52 * "x"),
         f"migrate --table {59 * 'x'} up", [f"migrate --table {52 * 'x'}_imagor baseline 1"],
         [A, "> " + FOREIGN.replace("schema_migrations", 59 * "x")], f"migrate --table {52 * 'x'}_imagor up", code=4,
         fill={"VERSION": "1"}),
    *(
        Case(f"a down text of the history {name}",
             "correct line 1, then run  migrate down\n     to change that text, put its up and down file here again;"
             " or undo it by hand, and say so:  migrate repair 2 --pending", "migrate down", then,
             [A, B, {"2_b.down": "DROP TABLE nowhere;"}, "migrate up", {"2_b.up": None, "2_b.down": None}], code=1)
        for name, then in [
            ("that is mended", [B, "migrate down"]),
            ("that is not needed", [by_hand("DROP TABLE b"), "migrate repair 2 --pending"]),
        ]
    ),
    Case("a statement that takes too long",
         "run it again, with more time if that was over:  migrate up --statement-timeout 0",
         "migrate --statement-timeout 0.1 up", ["migrate up --statement-timeout 0"],
         [{"1_a.up": f"{FOREVER.replace(' FROM c)', ' FROM c LIMIT 1000000)')};\n"}], code=1),
    Case("a statement that takes too long, and is better",
         "run it again, with more time if that was over:  migrate up --statement-timeout 0",
         "migrate --statement-timeout 0.2 up", [A], [{"1_a.up": f"{FOREVER};\n"}], code=1),
]  # fmt: skip

CONNECT = [
    Case("no database at all", "correct the path: this file holds something else", "migrate up",
         [{"$DATABASE_URL": "{url}"}], [A, {"notes": "x" * 5000, "$DATABASE_URL": "sqlite:notes"}], code=1),
    Case("no folder", "create the folder, or correct the path", "migrate up", [{"data/keep": ""}],
         [A, {"$DATABASE_URL": "sqlite:data/app.db"}], code=1),
    Case("quotes that no shell has taken off",
         "take them off: a shell and .env know quotes, docker --env-file does not", "migrate up",
         [{"$DATABASE_URL": "sqlite:app.db"}], [A, {"$DATABASE_URL": '"sqlite:app.db"'}], code=2),
    Case("a home folder that no shell has put in", "write it like sqlite:///home/ann/app.db", "migrate up",
         [{"$DATABASE_URL": "sqlite:app.db"}], [A, {"$DATABASE_URL": "sqlite:~/app.db"}], code=2),
    Case("a folder for a file", "name a file in it, which need not be there yet:  sqlite:sql/app.db", "migrate up",
         [{"$DATABASE_URL": "sqlite:sql/app.db"}], [A, {"$DATABASE_URL": "sqlite:sql"}], code=1),
    *(
        Case(f"{do} of what is not there", "correct the path, or create it:  migrate up", do, ["migrate up"], [A],
             again, code=1)
        for do, again in [("migrate down", ""), ("migrate redo", ""), ("migrate repair 1 --pending", "migrate down")]
    ),
    Case("the status of what is not there", "{path} does not exist yet; this creates it:  migrate up", "migrate status",
         ["migrate up"], [A], "migrate status --exit-code", code=0),
    Case("waiting for what is not there",
         "correct the path, or create it:  migrate up\n"
         "     or wait longer:  migrate wait --for migrations --timeout 60",
         "migrate wait --timeout 0", ["migrate up", "migrate wait --for migrations --timeout 60"], [A], code=3),
    Case("waiting for a database",
         "create it:  migrate up\n     or wait longer:  migrate wait --for database --timeout 60",
         "migrate wait --for database --timeout 0", ["migrate up", "migrate wait --for database --timeout 60"], [A],
         code=3),
    Case("waiting for migrations",
         "apply what is missing:  migrate up\n     or wait longer:  migrate wait --for migrations --timeout 60",
         "migrate wait --timeout 0", ["migrate up", "migrate wait --for migrations --timeout 60"],
         [A, "migrate up", B], code=3),
    *(
        Case(f"waiting for what {why} half way, {name}",
             f"{fix}:  migrate up\n     or {DIRTY}{WAYS}\n"
             "     or wait longer:  migrate wait --for migrations --timeout 60", "migrate wait --timeout 0", then,
             [A, HALF, "! migrate up", HALF_MENDED, *more], code=3)
        for why, fix, more in [
            ("has failed", "mend its file, or put it back, and finish it", []),
            ("was interrupted", "go on with statement 2 of 2",
             [by_hand("UPDATE schema_migrations_log SET error = 'interrupted'")]),
        ]
        for name, then in [
            ("and going on", ["migrate up", "migrate wait --for migrations --timeout 60"]),
            ("and applied", ["migrate repair 2 --applied"]),
            ("and undone", [by_hand("DROP TABLE b"), "migrate repair 2 --pending", "migrate up"]),
        ]
    ),
]  # fmt: skip

SHOWN = [
    Case("a script of a start that is not known", "write one of those here, or empty",
         "migrate plan --sql --from 9", [], [A], "migrate plan --sql --from 1"),
    Case("a script of a start that is empty", "write one of those here, or empty",
         "migrate plan --sql --from 9", [], [A], "migrate plan --sql --from empty"),
    Case("a file after which none can follow in a script",
         "plan up to this file, and the rest by itself:  migrate plan up 1 --sql", "migrate plan --sql",
         [run_script("migrate plan up 1 --sql"), "migrate plan up 1 --sql"],
         [{"1_a.up": "PRAGMA cache_size = 99;\n"}, B]),
    Case("a line that the client reads otherwise, run", "run it with  migrate up  or change the line",
         "migrate plan --sql", ["migrate up"], [{"1_a.up": LINE_BREAK}]),
    Case("a line that the client reads otherwise, changed", "run it with  migrate up  or change the line",
         "migrate plan --sql", [{"1_a.up": LINE_BREAK.replace("\r", "")}], [{"1_a.up": LINE_BREAK}]),
    Case("a plan of a database that is not to be had",
         "create the folder, or correct the path\n"
         "     or write the script without the database:  migrate plan up --sql --dialect sqlite --from VERSION",
         "migrate plan", ["migrate plan up --sql --dialect sqlite --from 1"],
         [A, B, {"$DATABASE_URL": "sqlite:data/app.db"}], "migrate plan --sql --from 1", code=1, fill={"VERSION": "1"}),
    *(
        Case(f"a plan of: {do}", "write how many behind  migrate plan up  or  migrate plan down",
             f"migrate plan {do}",
             ["migrate plan up", "migrate plan down"], [A, "migrate up"], "migrate plan up 1")
        for do in ("sideways", "0")
    ),
    Case("a plan down, out of order", "write  migrate plan up --out-of-order", "migrate plan down --out-of-order",
         ["migrate plan up --out-of-order"], [A], "migrate plan down"),
    Case("a plan up of all", "write  migrate plan down --all", "migrate plan --all",
         ["migrate plan down --all"], [A, B], "migrate plan up"),
    Case("a plan up, to here", "write  migrate plan down --to-here", "migrate plan up --to-here",
         ["migrate plan down --to-here"], [A], "migrate plan up"),
    Case("a plan without a database", "write  migrate plan --sql --dialect postgres --from VERSION",
         "migrate plan --dialect postgres", ["migrate plan --sql --dialect postgres --from 1"], [A],
         "migrate plan --dialect postgres --sql --from empty", fill={"VERSION": "1"}),
    Case("what a version is", "write its digits alone; look at what there is:  migrate status",
         "migrate log --version 1_a", ["migrate status"], [A, "migrate up"], "migrate log --version 1"),
    Case("verify where there is something", "leave --scratch-url out, and unset MIGRATE_SCRATCH_URL",
         "migrate verify --scratch-url {url}", [], [A],
         "migrate verify"),
    Case("verify of what cannot be applied", "correct line 1, then run  migrate verify", "migrate verify",
         [A, "migrate verify"], [{"1_a.up": "CREATE TABEL a;\n"}], code=4),
    Case("verify of what nobody has written", "write it first, then run  migrate verify", "migrate verify",
         [B, "migrate verify"], [unwritten("up")], code=4),
    Case("verify of what points to nothing", "correct the file, then run  migrate verify", "migrate verify",
         [{"1_a.up": f"{SELVES}INSERT INTO b VALUES (1, 1);\n"}, "migrate verify"],
         [{"1_a.up": f"{SELVES}INSERT INTO b VALUES (1, 2);\n"}], code=4),
    Case("verify of what cannot run in a transaction",
         "put  -- migrate: no-transaction  on the first line of the file, then run  migrate verify", "migrate verify",
         [{"1_a.up": f"{NOTX}{STORE}"}, "migrate verify"], [{"1_a.up": STORE}], code=4),
    Case("a statement of the seed", "correct it, or take it out", "migrate verify --seed seed.sql",
         [{"seed.sql": "INSERT INTO a VALUES (1);\n"}], [A, {"seed.sql": "INSERT INTO nowhere VALUES (1);\n"}]),
    Case("verify, and Ctrl-C", "begin again:  migrate verify", "migrate verify", [A, "migrate verify"],
         [{"1_a.up": f"{FOREVER};\n", "test.db": ""}, stop_soon], code=130),
    Case("the name of a migration", "use letters, digits and underscores:  migrate new add_email_to_users",
         "migrate new add,email", ["migrate new add_email_to_users"], [], "migrate new add_email"),
    Case("no files, and a new one", NAMES, "migrate up", ["migrate new first"], [], "migrate status",
         fill={"NAME": "first"}),
    Case("a name that is none", f"mend or move these; {NAMES}", "migrate up",
         [{"sql/1_a.UP.SQL": None}, "migrate new first"], [{"sql/1_a.UP.SQL": ""}], "migrate status",
         fill={"NAME": "first"}),
    Case("a file that is hardly meant to be left out", "name it right:  mv sql/2_b.up.sql.txt sql/2_b.up.sql",
         "migrate check --strict", [by_shell("mv sql/2_b.up.sql.txt sql/2_b.up.sql"), {"2_b.down": B["2_b.down"]}],
         [A, {"sql/2_b.up.sql.txt": B["2_b.up"]}]),
    Case("files a folder too deep", "name that folder with --dir, or move its files here", "migrate up",
         [by_shell("mv sql/2024/* sql")], [{"sql/2024/1_a.up.sql": "CREATE TABLE a (n INTEGER);\n"}]),
    Case("files a folder deeper", "move them into sql, or elsewhere; or name that folder with --dir",
         "migrate check --strict", [by_shell("mv sql/2024/* sql")],
         [A, {f"sql/2024/{name}.sql": text for name, text in B.items()}]),
    *(
        Case(f"a file of {tool}, {name}", f'{before}write what is below "{up}" into sql/2_b.up.sql, '
             f'what is below "{down}" into sql/2_b.down.sql{after}', do, [by_shell(f"rm sql/{name}.sql"), B],
             [A, {f"sql/{name}.sql": f"-- why\n{up}\n{B['2_b.up']}{down}\n{B['2_b.down']}"}])
        for tool, up, down in [
            ("goose", "-- +goose Up", "-- +goose Down"), ("sql-migrate", "-- +migrate Up", "-- +migrate Down"),
            ("dbmate", "-- migrate:up", "-- migrate:down"), ("rambler", "-- rambler up", "-- rambler down"),
            ("node-pg-migrate", "-- Up Migration", "-- Down Migration"),
        ]
        for name, do, before, after in [("2_b.up", "migrate up", "", ""), ("2_b", "migrate check", "", "")]
    ),
    *(
        Case(f"a file as other tools write it: {name}", fix, "migrate check --strict", then,
             [A, {f"sql/{name}": text}])
        for name, text, fix, then in FILES_OF_OTHERS
    ),
    *(
        Case(f"a file that nobody has written, {name}", fix, do, then, [A, "migrate up", unwritten(way)], code=2)
        for name, way, do, fix, then in [
            ("up", "up", "migrate up", "write it first, then run  migrate up", [B, "migrate up"]),
            ("down", "down", "migrate up", UNWRITTEN, [B, "migrate up"]),
            ("down, which stays away", "down", "migrate up", UNWRITTEN, ["$ rm sql/2_b.down.sql", "migrate up"]),
        ]
    ),
]  # fmt: skip

TYPED = [
    Case("a version where a number belongs, up", "name the last one to apply:  migrate up --to 20250504",
         "migrate up 20250504", ["migrate up --to 20250504"], [{"20250504_a.up": A["1_a.up"]}], "migrate up"),
    Case("a version where a number belongs, down", "name the version that is to stay:  migrate down --to 20250504",
         "migrate down 20250504", ["migrate down --to 20250504"],
         [{"20250504_a.up": A["1_a.up"]}, "migrate up"], "migrate down --to 20250504"),
    Case("more than there is to roll back", "write how many, or which version is to stay:  migrate down --to VERSION",
         "migrate down 3", ["migrate down --to 1"], [A, B, "migrate up"], "migrate down", fill={"VERSION": "1"}),
    *(
        Case(f"a word that is nearly known: {do}", fix, do, [], [A], again)
        for do, fix, again in [
            ("migrate upp", "type  migrate up", "migrate up"),
            ("migrate -q migrate 1", "type  migrate -q up 1", "migrate -q up 1"),
            ("migrate migrate all", "type  migrate up", "migrate up"),
            ("migrate create", "see what it takes:  migrate help new", "migrate help new"),
            ("migrate new", "write it like  migrate new add_email_to_users", "migrate new add_email_to_users"),
        ]
    ),
    *(
        Case(f"no shell, in {shell or 'none'}", f"type  {fix}", "migrate completion", [], [A, {"$SHELL": shell}],
             again)
        for shell, fix, again in [
            ("/bin/bash", SOURCED, "migrate completion bash"),
            ("", EACH_SOURCED, "migrate completion fish"),
        ]
    ),
    *(
        Case(f"a word that is not known: {do}", f"look at what there is:  migrate{command} --help", do,
             [f"migrate{command} --help"], [A], again)
        for do, command, again in [
            ("migrate frobnicate", "", "migrate up"), ("migrate up --fast", " up", "migrate up"),
            ("migrate up 1 2", " up", "migrate up 1"), ("migrate up --color red", "", "migrate up --color never"),
            ("migrate log --since soon", " log", "migrate log --since 7d"), ("migrate down 0", " down", "migrate up"),
            ("migrate wait --for it", " wait", "migrate up"),
        ]
    ),
    Case("a page about something else", "write  migrate plan --format html", "migrate --format html status",
         ["migrate plan --format html"], [A], "migrate status"),
    Case("two commands", "leave one of them out", "migrate --migrate-command down up", [], [A], "migrate up"),
    Case("a plan of two kinds", "write only one of them", "migrate plan down 1 --all", [], [A, "migrate up"],
         "migrate plan down --all"),
    Case("a command that the guide does not have", "write one of up, down, status, reset",
         "migrate --migrate-command redo", [], [A], "migrate --migrate-command up"),
    Case("a format for others", "leave it out, or write  migrate check --format github", "migrate up --format github",
         ["migrate check --format github"], [A], "migrate up"),
]  # fmt: skip


def into_pipe(person: Person) -> None:
    """Have a program that writes settings into .env."""
    threading.Thread(target=Path(".env").resolve().write_text, args=["MIGRATE_TABLE=h\n"], daemon=True).start()


def in_schema(sql: str) -> Callable[[Person], None]:
    """Change what SQLite has written of the tables."""

    def change(person: Person) -> None:
        with contextlib.closing(person.database.connect()) as connection:
            connection.execute("PRAGMA writable_schema = ON")
            connection.execute(sql)

    return change


def in_folder(folder: str, files: dict[str, str]) -> dict[str, str | None]:
    """Return files in a folder below."""
    return {f"sql/{folder}/{name}.sql": text for name, text in files.items()}


def only(dialect: str) -> dict[str, str]:
    """Return a second migration that is for one database."""
    return {f"2_b.{way}": f"-- migrate: only {dialect}\nSELECT 1;\n" for way in ("up", "down")}


def move(person: Person) -> None:
    """Write what is in 1_a into the newest pair."""
    for way in ("up", "down"):
        newest = max(Path("sql").glob(f"*.{way}.sql"), key=lambda path: len(path.name))
        person.path(f"1_a.{way}").replace(newest)


LEAVE = "leave it, if it is new; name the folder with --dir, if it was there under another name"
CHECK = "migrate check --strict"
CHANGES: list[tuple[str, Any, list[Any]]] = [
    ("edited", EDIT, []), ("removed", {"1_a.up": None, "1_a.down": None}, [A]),
]  # fmt: skip
RENAMED = {"1_a.up": None, "1_a.down": None, "1_x.up": A["1_a.up"], "1_x.down": A["1_a.down"]}
CHECKED = [
    Case("only in one folder, and added", "add it here too, or excuse it there: -- migrate: only postgres", CHECK,
         [{"sql/sqlite/2_b.up.sql": "SELECT 1;", "sql/sqlite/2_b.down.sql": "SELECT 1;"}],
         [{f"sql/{folder}/{name}.{way}.sql": "SELECT 1;" for folder, name in
           [("sqlite", "1_a"), ("postgres", "1_a"), ("postgres", "2_b")] for way in ("up", "down")}]),
    Case("only in one folder, and excused", "add it here too, or excuse it there: -- migrate: only postgres", CHECK,
         [{f"sql/postgres/2_b.{way}.sql": "-- migrate: only postgres\nSELECT 1;" for way in ("up", "down")}],
         [{f"sql/{folder}/{name}.{way}.sql": "SELECT 1;" for folder, name in
           [("sqlite", "1_a"), ("postgres", "1_a"), ("postgres", "2_b")] for way in ("up", "down")}]),
    Case("no way back", "add one, if it can be", CHECK, [A], [{"1_a.up": A["1_a.up"]}]),
    Case("two names", "give both the same name", CHECK, [{"1_x.down": None, "1_a.down": A["1_a.down"]}],
         [{"1_a.up": A["1_a.up"], "1_x.down": A["1_a.down"]}]),
    Case("a word too late", "move it there", CHECK, [{"1_a.up": f"{NOTX}CREATE TABLE a (n INTEGER);"}],
         [A, {"1_a.up": f"CREATE TABLE a (n INTEGER);\n{NOTX}"}]),
    *(
        Case(f"for another database, and {name}", "move it to where it belongs, or change its first line", CHECK,
             [change],
             [in_folder("sqlite", A), in_folder("mysql", A), in_folder("sqlite", only("mysql"))])
        for name, change in [
            ("changed", in_folder("sqlite", only("sqlite"))),
            ("moved", by_shell("mv sql/sqlite/2_b.*.sql sql/mysql")),
        ]
    ),
    Case("nothing in it", "leave it, if that is meant", CHECK, [], [A, {"1_a.up": "-- nothing\n"}], "migrate check"),
    Case("not in the ref", LEAVE, f"{CHECK} --base main", [], [*git("git commit -q -m none --allow-empty"), A],
         "migrate check --base main"),
    *(
        Case(f"{how} since",
             "put it back (git checkout main -- sql/1_a.up.sql), and write the change as a new migration",
             f"{CHECK} --base main", ["$ git checkout main -- sql/1_a.up.sql", *then],
             [A, B, *git(COMMIT, "git checkout -q -b more"), change])
        for how, change, then in CHANGES
    ),
    Case("renamed since", "give it its name back (mv sql/1_x.up.sql sql/1_a.up.sql)", f"{CHECK} --base main",
         ["$ mv sql/1_x.up.sql sql/1_a.up.sql", {"1_x.down": None, "1_a.down": A["1_a.down"]}],
         [A, B, *git(COMMIT, "git checkout -q -b more"), RENAMED]),
    Case("older than the newest", "give it a newer version, as  migrate new NAME  does", f"{CHECK} --base main",
         ["migrate new later", move], [B, *git(COMMIT), A], fill={"NAME": "later"}),
    Case("no such ref", "name a branch, a tag or a commit:  migrate check --base origin/main",
         f"{CHECK} --base mian", ["migrate check --base origin/main"],
         [A, *git(COMMIT, "git update-ref refs/remotes/origin/main main")], f"{CHECK} --base main"),
    Case("no ref at all", "name a branch, a tag or a commit:  migrate check --base origin/main",
         f"{CHECK} --base=-x", [], [A, *git(COMMIT)], f"{CHECK} --base main"),
    Case("no repository", "name a folder that does:  migrate --dir DIR check --base REF", f"{CHECK} --base main",
         ["migrate --dir there/sql check --base main"],
         [A, "$ mkdir there && cp -r sql there && cd there && " + git(COMMIT)[0][2:]],
         "migrate --dir there/sql check --base main", fill={"DIR": "there/sql", "REF": "main"}),
    Case("a clone without the rest",
         "fetch the rest:  git -C clone/sql fetch --unshallow"
         "  or, in a workflow, actions/checkout with  fetch-depth: 0",
         "migrate --dir clone/sql check --base main~1",
         ["$ git -C clone/sql fetch --unshallow"],
         ["$ mkdir there && cd there && " + git("mkdir sql", "echo 'SELECT 1;' | tee sql/1_a.up.sql sql/1_a.down.sql",
          COMMIT, "echo > more", COMMIT)[0][2:], '$ git clone -q --depth 1 "file://$PWD/there" clone']),
]  # fmt: skip


YES = "type the whole word yes\n     or say that you mean it:  migrate reset --yes"


class Terminal:
    """A terminal, and somebody at it who answers, and takes the time for *meanwhile*."""

    def __init__(self, answer: str, meanwhile: Callable[[], object] = bool) -> None:
        self.answer, self.meanwhile = answer, meanwhile

    def isatty(self) -> bool:
        return True

    def readline(self) -> str:
        self.meanwhile()
        return self.answer


def answering(answer: str, rival: str = "") -> Callable[[Person], None]:
    """Sit at a terminal, where the question is answered after a rival has run its command."""

    def sit(person: Person) -> None:
        def meanwhile() -> None:
            if rival:
                person.desk.process("--database-url", person.database.url, "--dir", "sql", *rival.split())

        person.desk.monkeypatch.setattr("sys.stdin", Terminal(f"{answer}\n", meanwhile))

    return sit


def full(person: Person) -> None:
    """Send the output to a disk that is full."""
    person.desk.monkeypatch.setattr("sys.stdout", person.stack.enter_context(Path("/dev/full").open("w")))  # noqa: SIM115


def empty(person: Person) -> None:
    """Have a disk, and a terminal, that take what is written."""
    person.desk.monkeypatch.setattr("sys.stdout", sys.__stdout__)


def unprivileged(folder: int, file: int) -> Callable[[Person], object]:
    """Be somebody who has no other rights than these, for the files are copied."""
    return lambda person: person.stack.enter_context(elsewhere(person.desk, folder=folder, file=file))


def as_who_may(person: Person) -> None:
    """Be the one who may again."""
    person.stack.close()
    person.desk.monkeypatch.chdir(person.desk.home)


SPECIAL = [
    Case("a question that is not answered with the word", YES, "migrate reset",
         [answering("yes")], [A, "migrate up", answering("y")]),
    Case("a question that is not answered, and --yes", YES, "migrate reset", [],
         [A, "migrate up", answering("y")], "migrate reset --yes"),
    Case("a rival that was faster", "look at the versions, and say again what to do:  migrate status",
         "migrate down 2", ["migrate status"], [A, B, "migrate up", C, answering("yes", "up")], code=4),
    Case("a migration that has gone while it was to be repaired", "look at the states:  migrate status",
         "migrate repair 1 --applied", ["migrate status"], [A, "migrate up", B], "migrate up", code=4),
    Case("a half-done redo", "go on where it stopped:  migrate redo", "migrate redo", [A, "migrate redo"],
         [A, "migrate up", {"1_a.up": f"{FOREVER};\n"}, stop_soon], "migrate redo", code=130),
    Case("another driver that is not installed", "pip install 'PyMySQL[rsa]'", "migrate wait", [installed],
         [A, without("pymysql"), {"$DATABASE_URL": "mysql://db.invalid/app"}], "migrate plan --sql --from empty"),
    *(
        Case(f"the default database in a folder above, {name}", DEFAULT_ABOVE, "migrate up", then,
             [A, {"imagor-studio.db": "", "src/notes": "", "$DATABASE_URL": None, "$MIGRATE_DIR": "../sql"},
              into("src")], again)
        for name, then, again in [
            ("and there", [into(".."), {"$MIGRATE_DIR": "sql"}], "migrate up"),
            ("and from here", ["migrate --database-url sqlite:../imagor-studio.db up"],
             "migrate --database-url sqlite:../imagor-studio.db up"),
            ("and not meant", ["migrate --database-url sqlite:./imagor-studio.db up"], "migrate up"),
        ]
    ),
    *(
        Case(f"paths from the folder of another file, {name}", STRAY, "migrate --config ../my.env up", then,
             [A, {"my.env": "MIGRATE_DIR=sql\nDATABASE_URL=sqlite:./app.db\n", "app.db": "", "src/notes": "",
                  "$DATABASE_URL": None, "$MIGRATE_DIR": None}, into("src")], again)
        for name, then, again in [
            ("and there", [into("..")], "migrate --config my.env up"),
            *((f"and {meant}", [typed], typed) for meant, typed in (
                ("from here", "migrate --config ../my.env --dir ../sql --database-url sqlite:../app.db up"),
                ("a new one", "migrate --config ../my.env --dir ../sql --database-url sqlite:./app.db up"),
            )),
        ]
    ),
    *(
        Case(f"a variable that is nearly DATABASE_URL, {name}",
             f"{fix}\n     or say that the default is meant:  migrate --database-url sqlite:./imagor-studio.db up",
             "migrate up", then, [A, {"$DATABASE_URL": None}, given], again)
        for name, fix, given, then, again in [
            ("in the environment", 'hand it on:  export DATABASE_URL="$DB_URL"', {"$DB_URL": "{url}"},
             [{"$DATABASE_URL": "{url}"}], ""),
            ("in a file", "write DATABASE_URL in place of DATABSE_URL in .env:1", {".env": "DATABSE_URL=sqlite:a.db\n"},
             [{".env": "DATABASE_URL=sqlite:a.db\n"}], ""),
            ("and not meant", "write DATABASE_URL in place of DATABSE_URL in .env:1",
             {".env": "DATABSE_URL=sqlite:a.db\n"}, ["migrate --database-url sqlite:./imagor-studio.db up"],
             "migrate --database-url sqlite:./imagor-studio.db up"),
            ("in the environment, and not meant", 'hand it on:  export DATABASE_URL="$DB_URL"', {"$DB_URL": "{url}"},
             ["migrate --database-url sqlite:./imagor-studio.db up"],
             "migrate --database-url sqlite:./imagor-studio.db up"),
        ]
    ),
    *(
        Case(f"rows that do not fit, {name}", "correct the rows that do not fit, or line 1, then run  migrate up",
             "migrate up", then,
             [A, "migrate up", by_hand("INSERT INTO a VALUES (1), (1)"),
              {"2_b.up": "CREATE UNIQUE INDEX i ON a (n);\n"}], code=1)
        for name, then in [
            ("and are put right", [by_hand("DELETE FROM a")]), ("and may", [{"2_b.up": "CREATE INDEX i ON a (n);\n"}])
        ]
    ),
    Case("a seed that is not there", "correct the path:  ls -l rows.sql\n"
         "     or leave it out: it is a file of SQL with rows for the tables that the files make",
         "migrate verify --seed rows.sql", [{"rows.sql": "INSERT INTO a VALUES (1);\n"}], [A]),
    *(
        Case(f"settings in a folder above, {name}", ABOVE, "migrate up", then,
             [A, {".env": "MIGRATE_DIR=sql\nDATABASE_URL=sqlite:app.db\n", "src/notes": "", "$DATABASE_URL": None,
                  "$MIGRATE_DIR": None}, into("src")], again)
        for name, then, again in [
            ("and there", [into("..")], "migrate up"),
            ("and from here", [FROM_HERE], FROM_HERE),
            ("and not meant", ["migrate --database-url sqlite:./imagor-studio.db up"], "migrate up"),
        ]
    ),
    Case("settings in a file, and nothing to read it", "pip install python-dotenv", "migrate up", [installed],
         [A, {".env": "MIGRATE_TABLE=x\n"}, without("dotenv.parser")]),
    Case("git that is not there", "install git, or leave --base out", "migrate check --base main", [],
         [A, {"$PATH": "/nonexistent"}], "migrate check"),
    Case("git that refuses a folder", "ask git:  git config --global --add safe.directory {home}",
         "migrate check --base main", ["$ git config --global --add safe.directory {home}"],
         [A, *git(COMMIT), {"$GIT_TEST_ASSUME_DIFFERENT_OWNER": "1", "$GIT_CONFIG_GLOBAL": "{home}/gitconfig"}]),
    Case("a disk that is full", "make room there, or send it elsewhere, and run the same command again",
         "migrate status", [empty], [A, full], code=1),
    Case("a file that may not be written",
         "let this user write the file and its folder, and run the same command again",
         "migrate up", [as_who_may], [A, {"$DATABASE_URL": "sqlite:app.db"}, "migrate up", B,
                                      unprivileged(0o555, 0o444)], code=1),
    Case("a file that may not be read", "correct the path, or let this user read the file, and write its folder",
         "migrate up", [as_who_may], [A, {"$DATABASE_URL": "sqlite:app.db"}, "migrate up", B, unprivileged(0o555, 0)],
         code=1),
    Case("a transaction that was cut off",
         "as a user who may write both, and where they are not read-only:  migrate status",
         "migrate up", [as_who_may, "migrate status"],
         [THREE, {"$DATABASE_URL": "sqlite:app.db"}, "migrate up 1", lambda person: cut_off(person.desk.home),
          unprivileged(0o555, 0o444)], code=1),
    Case("a folder that may not be written", "let this user write there, make room, or name another --dir",
         "migrate new more", [as_who_may], [A, unprivileged(0o555, 0o444)]),
    Case("reset, with schemas that are none", "leave --schema out", "migrate reset --yes --schema more", [], [A],
         "migrate reset --yes"),
    Case("a backup that cannot be written",
         "see that its folder is there and has room, or name another place:  --backup /path/to/file",
         "migrate up --backup nowhere/copy.db", [], [A, "migrate up", B], "migrate up --backup copy.db", code=1),
]  # fmt: skip


class Presses(io.StringIO):
    """A stream whose reader presses Ctrl-C, once, when a word is printed."""

    def __init__(self, word: str, stream: TextIO) -> None:
        super().__init__()
        self.word, self.stream = word, stream

    def write(self, text: str) -> int:
        if self.word and self.word in text:
            self.word = ""
            os.kill(os.getpid(), signal.SIGINT)
        return self.stream.write(text)


def press_at(name: str, word: str) -> Callable[[Person], None]:
    """Press Ctrl-C when a word is printed on stdout or stderr."""
    return lambda person: person.desk.monkeypatch.setattr(f"sys.{name}", Presses(word, getattr(sys, name)))


def damage(person: Person) -> None:
    """Have a disk that loses what is written."""
    path = Path(person.database.name)
    path.with_name(f"{path.name}.backup-1").write_bytes(path.read_bytes())
    path.write_bytes(path.read_bytes()[:4096] + 8192 * b"?")


def run_beside(person: Person) -> None:
    """Be another run: it has the lock."""
    person.stack.enter_context(migrate.SQLite(migrate.DatabaseURL.parse(person.database.url)).lock(journaled=False))


def installed_package(person: Person) -> None:
    """Have the package installed, and no files of one's own."""
    person.desk.monkeypatch.setattr(migrate, "embedded_directory", lambda: Path("migrate_sql"))
    person.desk.monkeypatch.delenv("MIGRATE_DIR")


def end_run(person: Person) -> None:
    """Let the other run end."""
    person.stack.close()


def one(sql: str) -> dict[str, str]:
    """A migration beside A."""
    return {"2_b.up": f"{sql}\n", "2_b.down": "SELECT 1;\n"}


CONTROL = "CREATE TABLE b (n INTEGER);\n{}COMMIT;\nCREATE TABLE c (n INTEGER);"
LEFT_OPEN = "write COMMIT after what belongs together, or take it out"
REFUSED_BY_SQLITE = [
    # What stands in a file, the way out, and the file as it says.
    (CONTROL.format(""), REFUSED, "BEGIN;\n" + CONTROL.format("")),
    (CONTROL.format(""), REFUSED, f"{NOTX}{CONTROL.format('')}"),
    ("BEGIN;\nINSERT INTO a VALUES (1);", LEFT_OPEN, "BEGIN;\nINSERT INTO a VALUES (1);\nCOMMIT;"),
    ("BEGIN;\nINSERT INTO a VALUES (1);", LEFT_OPEN, "INSERT INTO a VALUES (1);"),
    ("BEGIN;\nINSERT INTO a VALUES (1);\nBEGIN;\nDELETE FROM a;\nCOMMIT;\nCOMMIT;",
     "take it out, and its COMMIT", "BEGIN;\nINSERT INTO a VALUES (1);\nDELETE FROM a;\nCOMMIT;"),
    ("ATTACH 'more.db' AS more;", "migrate each database in a run of its own", "SELECT 1;"),
    ("SELECT 1;\nVACUUM;", ALONE, f"{NOTX}VACUUM;"),
    ("CREATE TABLE b (n);\nPRAGMA journal_mode = WAL;", ALONE, f"{NOTX}PRAGMA journal_mode = WAL;"),
    ("SELECT total_changes();", "use changes(), which is about one statement", "SELECT changes();"),
    ("PRAGMA query_only = 1;", "take it out", "SELECT 1;"),
    ("PRAGMA count_changes = 1;", "take it out", "SELECT 1;"),
    ("INSERT INTO a VALUES (?);", "write the value; put text in single quotes", "INSERT INTO a VALUES (1);"),
    ("INSERT INTO a VALUES (:name);", "write the value; put text in single quotes", "INSERT INTO a VALUES (':name');"),
    (f"{NOTX}SAVEPOINT s;\nSELECT 1;\nRELEASE s;", "write BEGIN before it, and COMMIT after the last RELEASE",
     f"{NOTX}BEGIN;\nSAVEPOINT s;\nSELECT 1;\nRELEASE s;\nCOMMIT;"),
    ('SAVEPOINT "the first";', 'end it:  RELEASE "the first";', 'SAVEPOINT "the first";\nRELEASE "the first";'),
    ("SELECT 1; /* and so on", "close it with */", "SELECT 1; /* and so on */"),
    ("-- Migrate: no-transaction\nSELECT 1;",
     "write it there, as  -- migrate: no-transaction  or  -- migrate: only postgres  for example; or take it out",
     "-- migrate: no-transaction\nSELECT 1;"),
    ("SELECT 'it;", "close it", "SELECT 'it';"),
    (".read more.sql", "write SQL only", "SELECT 1;"),
    (f"{NOTX}BEGIN;\nINSERT INTO a VALUES (1);\nCOMMIT;\nINSERT INTO a SELECT changes();",
     "write the two into one transaction: BEGIN before and COMMIT after them, and nothing else between",
     f"{NOTX}BEGIN;\nINSERT INTO a VALUES (1);\nINSERT INTO a SELECT changes();\nCOMMIT;"),
]  # fmt: skip

FOLDERS = [
    Case("what would end the transaction, split", REFUSED, "migrate up", [B, C], [A, one(CONTROL.format(""))]),
    Case("two files that are refused", "migrate each database in a run of its own\n"
         "     refused too: sql/3_c.up.sql; all of them:  migrate check", "migrate up", ["! migrate check", B, C],
         [A, one("ATTACH 'more.db' AS more;"), {"3_c.up": "ATTACH 'more.db' AS more;"}]),
    Case("what is no folder", "correct the path, or let this user list the folder and read its files:  ls -ld notes",
         "migrate check", ["$ ls -ld notes", {"$MIGRATE_DIR": "sql"}], [A, {"notes": "", "$MIGRATE_DIR": "notes"}]),
    Case("a text of before, for other databases",
         "where it is for this one too, mend its first line, then run  migrate down", "migrate down",
         [{"1_a.down": A["1_a.down"]}, "migrate down"],
         [A, "migrate up", {f"1_a.{way}": f"-- migrate: only mysql\n{A[f'1_a.{way}']}" for way in ("up", "down")},
          "> UPDATE schema_migrations SET down_sql = '-- migrate: only mysql\nDROP TABLE a;'"]),
    Case("what cannot be dropped", "mend what it says, or drop it by hand; then run the same command again",
         "migrate reset --yes", [in_schema("DELETE FROM sqlite_master WHERE name = 'o'")],
         [A, "migrate up", in_schema(
             "INSERT INTO sqlite_master VALUES ('table', 'o', 'o', 0, 'CREATE VIRTUAL TABLE o USING absent(a)')")],
         code=1),
    Case("a pipe for settings", "name it:  migrate --config .env status", "migrate status",
         [into_pipe, "migrate --config .env status", into_pipe], [A, by_shell("mkfifo .env")],
         "migrate --config .env status"),
    Case("a row of somebody else's",
         "see who has written it, and take it out:  DELETE FROM \"schema_migrations\" WHERE version = 'x';",
         "migrate status", ["> DELETE FROM \"schema_migrations\" WHERE version = 'x';"],
         [A, B, "migrate up", "> UPDATE schema_migrations SET version = 'x' WHERE version = '2'"], code=4),
    *(
        Case(f"two rows of one version, and {wrong} is wrong",
             "take out the wrong one:  DELETE FROM \"schema_migrations\" WHERE version = '02';\n"
             "     or  DELETE FROM \"schema_migrations\" WHERE version = '2';", command,
             [f"> DELETE FROM \"schema_migrations\" WHERE version = '{wrong}';"],
             [A, B, "migrate up", "> CREATE TABLE other AS SELECT * FROM schema_migrations WHERE version = '2'",
              "> UPDATE other SET version = '02', dirty = TRUE", "> INSERT INTO schema_migrations SELECT * FROM other"],
             "migrate status", code=4)
        for wrong, command in (("02", "migrate status"), ("02", "migrate up"), ("2", "migrate plan"))
    ),
    Case("a row with a time of somebody else's",
         "see who has written it, and correct it:  SELECT * FROM \"schema_migrations\" WHERE version = '2';",
         "migrate status", ["> SELECT * FROM \"schema_migrations\" WHERE version = '2';",
                            by_hand("UPDATE schema_migrations SET applied_at = '2026-01-01 00:00:00'")],
         [A, B, "migrate up", "> UPDATE schema_migrations SET applied_at = 'x' WHERE version = '2'"], code=4),
    Case("a time of somebody else's", 'see who has written it, and correct it:  SELECT * FROM "schema_migrations_log";',
         "migrate log", ['> SELECT * FROM "schema_migrations_log"',
                         by_hand("UPDATE schema_migrations_log SET at = '2026-01-01 00:00:00'")],
         [A, "migrate up", "> UPDATE schema_migrations_log SET at = 'x'"], code=4),
    Case("Ctrl-C at the question", "look at what is in:  migrate status", "migrate down 2",
         ["migrate status", answering("yes")], [A, B, "migrate up", leaving], code=130),
    *(
        Case(f"what a session has lost, and {name}", f"line 5 needs the temporary table t, which line 2 made, and which"
             f" has gone with its connection:\n     {LOST}", "migrate up", then,
             [A, one(f"{SESSION}INSERT INTO nowhere VALUES (1);\nINSERT INTO b SELECT n FROM t;")], code=1)
        for name, then in [
            ("written otherwise", [one(f"{SESSION}INSERT INTO a VALUES (1);\nINSERT INTO b VALUES (1);"),
                                   "migrate up"]),
            ("finished by hand", ["migrate repair 2 --applied"]),
            ("undone by hand", [{"2_b.up": "SELECT 1;"}, "migrate repair 2 --pending"]),
        ]
    ),
    Case("a folder that is not there", "correct the path, or create it:  mkdir -p 'my sql'", "migrate check",
         ["$ mkdir -p 'my sql'", {"my sql/1_a.up.sql": "SELECT 1;"}], [{"$MIGRATE_DIR": "my sql"}]),
    Case("files beside folders", "move the files into one folder for each dialect, or name the folder with --dir",
         "migrate up", [{"1_a.up": None, "1_a.down": None, "sql/sqlite/1_a.up.sql": A["1_a.up"]}],
         [A, {"sql/sqlite/2_b.up.sql": "SELECT 1;"}]),
    Case("files beside folders, by name",
         "move the files into one folder for each dialect, or name the folder with --dir",
         "migrate up", [], [A, {"sql/sqlite/2_b.up.sql": "SELECT 1;"}], "migrate --dir sql/sqlite up"),
]  # fmt: skip

MOMENTS = [
    Case("a backup, and back",
         "backup: my copy.db; to restore it, stop what uses the database, remove its -wal and -shm files, and"
         "  cp 'my copy.db' {path}", "migrate up --backup 'my copy.db'", ["$ cp 'my copy.db' {path}"],
         [A, "migrate up", B], "migrate status --exit-code", code=0, done=3),
    Case("an application that has all of it", "let it finish, or end it\n     or wait longer:"
         "  migrate wait --for migrations --timeout 60", "migrate wait --timeout 0",
         [let_go, "migrate wait --for migrations --timeout 60"],
         [A, "migrate up", hold("BEGIN EXCLUSIVE")], code=3),
    Case("a run that has all of it", "wait for it, and run the same command again", "migrate status",
         [let_go, end_run], [A, "migrate up", hold("BEGIN EXCLUSIVE"), run_beside], code=5),
    Case("a run that is at work on it", "wait for it, and look at what it has done:  migrate status",
         "migrate repair 2 --applied", [end_run, "migrate status"], [A, HALF, "! migrate up", run_beside], code=5),
    Case("a damaged file", "put a backup in its place; what can still be read of it:  sqlite3 FILE .dump",
         "migrate status", ["$ sqlite3 test.db .dump", lambda _: Path("test.db.backup-1").replace("test.db")],
         [A, "migrate up", damage], code=1, fill={"FILE": "test.db"}),
    Case("new files, and no folder of one's own",
         "make a folder of your own:  mkdir -p sql\n     and name it:  migrate --dir sql new more", "migrate new more",
         ["$ mkdir -p sql", "migrate --dir sql new more"], [by_shell("rmdir sql"), installed_package],
         "migrate --dir sql status"),
    Case("a ref, and no folder of one's own", "name your own folder:  migrate --dir sql check --base main",
         "migrate check --base main", ["migrate --dir sql check --base main"], [A, *git(COMMIT), installed_package],
         "migrate --dir sql check"),
    Case("a ref that was not fetched",
         "fetch it, if origin has it:  git fetch origin +refs/heads/main:refs/remotes/origin/main\n"
         "     or name a branch, a tag or a commit:  migrate check --base origin/main",
         "migrate check --base origin/main", ["$ git fetch origin +refs/heads/main:refs/remotes/origin/main"],
         [A, *git(COMMIT, "git clone -q . ../up", "git remote add origin ../up")]),
    Case("a repository that is damaged", "ask git:  git fsck", "migrate check --base main",
         [by_shell("git fsck || true"), by_shell("rm -r .git/objects && mv tree .git/objects")],
         [A, *git(COMMIT),
          "$ cp -r .git/objects tree && rm .git/objects/$(git rev-parse main:sql | sed 's/../&\\//')"]),
    Case("what was done, and told to nobody",
         "the output cannot be written: No space left on device; how things stand:  migrate status", "migrate up",
         [empty, "migrate status"], [A, full], code=0),
    Case("Ctrl-C between the two of redo", "apply it again:  migrate redo", "migrate redo", ["migrate redo"],
         [A, "migrate up", press_at("stdout", "rolled back")], "migrate redo", code=130),
    Case("Ctrl-C between the two of reset", "apply them:  migrate up", "migrate reset --yes", ["migrate up"],
         [A, "migrate up", press_at("stderr", "dropped")], "migrate redo", code=130),
]  # fmt: skip


SQLITE = [
    *(Case(f"in a file: {text!r}", fix, "migrate up", [one(right)], [A, one(text)]) for text, fix,
      right in REFUSED_BY_SQLITE),
    *FOLDERS, *MOMENTS, *SETTINGS, *HISTORY, *RUN, *CONNECT, *SHOWN, *TYPED, *CHECKED, *SPECIAL,
]  # fmt: skip


def database_of(url: str, name: str) -> str:
    """Return the URL of another database there."""
    return re.sub(r"/[^/?]*(\?|$)", rf"/{name}\1", url)


def password_of(url: str) -> str:
    return migrate.DatabaseURL.parse(url).password


def as_user(rights: str) -> Callable[[Person], None]:
    """Log in as a new user of the database."""

    def begin(person: Person) -> None:
        person.url = person.database.create_user(rights)  # type: ignore[arg-type]
        person.user = migrate.DatabaseURL.parse(person.url).user
        person.desk.set(DATABASE_URL=person.url)

    return begin


def for_user(sql: str) -> Callable[[Person], None]:
    """Let that user do something."""
    return lambda person: person.database.execute(
        sql.replace("{user}", person.user)
        .replace("{name}", person.database.name)
        .replace("{path}", person.database.name)
    )


def url(change: Callable[[str], str], variable: str = "DATABASE_URL") -> Callable[[Person], None]:
    """Write another URL than that of the database."""
    return lambda person: person.desk.set(**{variable: change(person.database.url)})


def seeded(person: Person) -> None:
    """Have verify name its database as UNDROPPED says."""
    random.seed(3)


def through_a_pooler(person: Person) -> None:
    """Have a PgBouncer between."""
    person.desk.set(DATABASE_URL=person.stack.enter_context(rig.pgbouncer(person.database)))


def hint(person: Person) -> None:
    """Do what the hint says."""
    (sql,) = re.findall(r"^hint: .*: ((?:DROP|ALTER) .*;)$", person.all, re.MULTILINE)
    assert person.database.run_client(sql).returncode == 0


LOGIN = "correct the user USER or the password in DATABASE_URL, where @ is %40, / is %2F and % is %25"
UNIQUE = f"{NOTX}CREATE UNIQUE INDEX CONCURRENTLY i ON a (n);\n"
ELSEWHERE = (
    "go on there, from now on with  --table public.schema_migrations\n"
    "     or begin a new history here, from now on with  --table app.schema_migrations"
)  # fmt: skip
WRITES = "SELECT, INSERT, UPDATE, DELETE"
NO_RIGHT_TO_READ = (
    "let this user read the tables schema_migrations and schema_migrations_log:"
    '  GRANT SELECT ON "public"."schema_migrations", "public"."schema_migrations_log" TO "{user}";\n'
    f"     or write them, too, as up and down do:  GRANT {WRITES} ON"
    ' "public"."schema_migrations", "public"."schema_migrations_log" TO "{user}";'
)
OTHER_SCHEMA = "take it out, or " + OTHER.replace("schema_migrations_imagor", "imagor.schema_migrations")
TOO_LONG = "end what is in the way, or wait longer:  migrate up --ddl-lock-timeout 30 --retries 10"
NOT_NEEDED = "\n     or end it, where nobody needs it any more:  "
SOON = "migrate --ddl-lock-timeout 2 --retries 0 up"
UNDROPPED = "DROP DATABASE migrate_verify_8b529b4a"
CONTROL_BY_CALL = "CREATE PROCEDURE p() LANGUAGE plpgsql AS $$ BEGIN COMMIT; END $$;\n"
READ_WRITE = "write READ WRITE there, or take it out"
ENDED = (
    "put what follows the COMMIT into a file of its own, or  -- migrate: no-transaction  on the first line of the file"
)
WAITING = (
    "CREATE TABLE c (n INTEGER UNIQUE, of INTEGER REFERENCES c (n) DEFERRABLE INITIALLY DEFERRED);",
    "INSERT INTO c VALUES (1, 2), (2, 1);",
    "CREATE INDEX i ON c (of);",
)
POSTGRES = [
    Case("a password that is wrong", LOGIN.replace("USER", "migrator"),
         "migrate up", [{"$DATABASE_URL": "{url}"}],
         [A, url(lambda text: re.sub(":[^:@]*@", ":wrong@", text))], code=1),
    Case("no password", "write the password of migrator in DATABASE_URL, behind the name: migrator:PASSWORD@",
         "migrate up", [{"$DATABASE_URL": "{url}"}],
         [A, url(lambda text: re.sub(":[^:@]*@", "@", text))], code=1),
    Case("no such database",
         'create the database:  CREATE DATABASE "nowhere";\n     or correct its name in DATABASE_URL', "migrate up",
         [{"$DATABASE_URL": "{url}"}], [A, url(lambda text: database_of(text, "nowhere"))], code=1),
    Case("no such user", LOGIN.replace("USER", "nobody_here"),
         "migrate up",
         [{"$DATABASE_URL": "{url}"}], [A, url(lambda text: re.sub("//[^:]*:", "//nobody_here:", text))], code=1),
    Case("a user who may not log in", 'have an administrator type  ALTER ROLE "{user}" LOGIN;', "migrate up",
         [for_user("ALTER ROLE {user} LOGIN")], [A, as_user("all"), for_user("ALTER ROLE {user} NOLOGIN")], code=1),
    Case("a database that is closed to a user",
         'have an administrator type  GRANT CONNECT ON DATABASE "{path}" TO "{user}";', "migrate up",
         [for_user('GRANT CONNECT ON DATABASE "{name}" TO "{user}"')],
         [A, as_user("select"), for_user("GRANT CREATE ON SCHEMA public TO {user}"),
          for_user("REVOKE CONNECT ON DATABASE {name} FROM PUBLIC")], code=1),
    *(
        Case(f"a right that a file needs: {sql}", f"have an administrator type  {right}"
             "\n     or correct line 1; then run  migrate up", "migrate up", [for_user(right)],
             [{"1_a.up": f"{sql}\n"}, by_hand(made), as_user("none"),
              for_user("GRANT CREATE ON SCHEMA public TO {user}")], code=1)
        for made, sql, right in [
            ("CREATE SCHEMA app; CREATE TABLE app.t (n INTEGER); GRANT USAGE ON SCHEMA app TO PUBLIC",
             "INSERT INTO app.t VALUES (1);", 'GRANT SELECT, INSERT, UPDATE, DELETE ON app."t" TO "{user}";'),
            ("CREATE SEQUENCE s", "SELECT nextval('s');", 'GRANT ALL ON SEQUENCE "s" TO "{user}";'),
            ("CREATE FUNCTION f() RETURNS int LANGUAGE sql AS 'SELECT 1'; REVOKE ALL ON FUNCTION f() FROM PUBLIC",
             "SELECT f();", 'GRANT EXECUTE ON FUNCTION "f" TO "{user}";'),
            ("SELECT 1", "CREATE SCHEMA mine;", 'GRANT CREATE ON DATABASE "{path}" TO "{user}";'),
        ]
    ),
    Case("what only its owner may change",
         "run it as its owner ({owner}): name that user in DATABASE_URL\n     or correct line 1; then run  migrate up",
         "migrate up", [{"$DATABASE_URL": "{url}"}],
         [{"1_a.up": "ALTER TABLE t ADD m INTEGER;\n"}, by_hand("CREATE TABLE t (n INTEGER)"), as_user("none"),
          for_user("GRANT CREATE ON SCHEMA public TO {user}")], code=1),
    *(
        Case(f"a host that is not known{name}",
             "correct the host name; where it is only not known yet:  migrate wait --for database", "migrate up",
             [{"$DATABASE_URL": "{url}"}, *then], [A, url(lambda text: re.sub("@[^:]*:", "@db.invalid:", text))],
             code=1)
        for name, then in [("", []), (" yet", ["migrate wait --for database"])]
    ),
    Case("a port where nobody is", "check that the server runs, and host, port and options in DATABASE_URL",
         "migrate up",
         [{"$DATABASE_URL": "{url}"}], [A, url(lambda text: re.sub(r":\d+/", ":1/", text))], code=1),
    Case("another kind of server", "see if another kind of database is at that port: 3306 is MySQL, 5432 PostgreSQL",
         "migrate up", [{"$DATABASE_URL": "{url}"}],
         [A, url(lambda text: text.replace("postgres://", "mysql://") + "?connect_timeout=1")], code=1),
    *(
        Case(f"all or nothing, {name}", "leave it out:  migrate up\n     where that fails, too,"
             " put  -- migrate: no-transaction  on the first line of the file before",
             "migrate up --all-or-nothing", then, [{"2_b.up": "CREATE TYPE e AS ENUM ('a');"}, "migrate up", *files],
             "migrate status --exit-code", code=1)
        for name, files, then in (
            ("and a value that is not committed",
             [{"3_c.up": "ALTER TYPE e ADD VALUE 'b';", "4_d.up": "SELECT 'b'::e;"}], ["migrate up"]),
            ("and a COMMIT in a block", [{"3_c.up": "DO 'BEGIN COMMIT; END';"}],
             ["! migrate up", {"3_c.up": f"{NOTX}DO 'BEGIN COMMIT; END';"}, "migrate up"]),
        )
    ),
    Case("a session that takes no changes",
         "put  options=-cdefault_transaction_read_only=off  in DATABASE_URL: default_transaction_read_only is on,"
         " by the client", "migrate up", [url(lambda text: f"{text}?options=-cdefault_transaction_read_only=off")],
         [A, url(lambda text: f"{text}?options=-c%20default_transaction_read_only=on")], code=1),
    *(
        Case(f"a {where.split()[0].lower()} that takes no changes{more}",
             f"turn default_transaction_read_only off:  BEGIN READ WRITE; ALTER {where} RESET"
             " default_transaction_read_only; COMMIT;\n     or where it is to stay for others,"
             " put  options=-cdefault_transaction_read_only=off  in DATABASE_URL", "migrate up", then,
             [A, as_user("all"), for_user(f"ALTER {where} SET default_transaction_read_only = on")], code=1)
        for where in ('DATABASE "{path}"', 'ROLE "{user}"', 'ROLE "{user}" IN DATABASE "{path}"')
        for more, then in (
            ("", [for_user(f"BEGIN READ WRITE; ALTER {where} RESET default_transaction_read_only; COMMIT;")]),
            (" for others", [lambda person: person.desk.set(
                DATABASE_URL=f"{person.url}?options=-cdefault_transaction_read_only=off")]),
        )
    ),
    Case("a schema of the server's own for the history", "name one of yours:  migrate --table public.x up",
         "migrate --table pg_temp.x up", ["migrate --table public.x up"], [A],
         "migrate --table public.x status --exit-code"),
    Case("a schema that --table names, and that this user may not make",
         'have someone create it:  CREATE SCHEMA "app" AUTHORIZATION "{user}";',
         "migrate --table app.schema_migrations up", [for_user('CREATE SCHEMA "app" AUTHORIZATION "{user}"')],
         [{"1_a.up": "CREATE TABLE app.a (n INTEGER);"}, as_user("create")], code=1),
    Case("no schema, and it is created", "create it, or name one:  .../database?search_path=NAME", "migrate up",
         [by_hand("CREATE SCHEMA app")], [A, url(lambda text: f"{text}?options=-c%20search_path=app")], code=1),
    Case("no schema, and one is named", "create it, or name one:  .../database?search_path=NAME", "migrate up",
         [url(lambda text: f"{text}?search_path=app")], [A, url(lambda text: f"{text}?options=-c%20search_path=app")],
         code=1),
    Case("a schema that the history has made before", "write CREATE SCHEMA IF NOT EXISTS, as the history lies in app,"
         " then run  migrate up", "migrate up", [one("CREATE SCHEMA IF NOT EXISTS app;"), "migrate up"],
         [A, one("CREATE SCHEMA app;"), url(lambda text: f"{text}?search_path=app")], code=1),
    *(
        Case(f"a history in another schema, and {name}", ELSEWHERE, "migrate up", [], [
            A, "migrate up", "> CREATE SCHEMA app",
            for_user("ALTER DATABASE {name} SET search_path = app")],
            f"migrate --table {table}.schema_migrations up", code=4)
        for name, table in [("on there", "public"), ("anew", "app")]
    ),
    Case("a history anew in a schema with a blank",
         ELSEWHERE.replace("--table app.schema_migrations", "?schema=My%20App  in DATABASE_URL"), "migrate up",
         [url(lambda text: f"{text}?schema=My%20App")],
         [A, "migrate up", '> CREATE SCHEMA "My App"',
          for_user('ALTER DATABASE {name} SET search_path = "My App"')], code=4),
    *(Case(f"a history that may not be read, {name}", NO_RIGHT_TO_READ, f"migrate {command}",
         [for_user(f'GRANT {rights} ON "public"."schema_migrations", "public"."schema_migrations_log" TO "{{user}}"')],
         [A, "migrate up", as_user("none")], code=1)
      for name, rights, command in [("to look", "SELECT", "status"), ("to run", WRITES, "baseline 1")]),
    *(Case(f"a history in a schema that may not be {name}",
         'let this user read the tables app.schema_migrations and app.schema_migrations_log:'
         '  GRANT USAGE ON SCHEMA "app" TO "{user}";\n     or write them, too, as up and down do:'
         '  GRANT USAGE, CREATE ON SCHEMA "app" TO "{user}";', f"migrate --table app.schema_migrations {command}",
         [for_user(f'GRANT {rights} ON SCHEMA "app" TO "{{user}}"')],
         [A, "> CREATE SCHEMA app", as_user("none")], code=1)
      for name, rights, command in [("looked into", "USAGE", "status"), ("written", "USAGE, CREATE", "baseline 1")]),
    Case("a history that may not be made",
         'let this user create tables:  GRANT USAGE, CREATE ON SCHEMA "public" TO "{user}";\n'
         "     or have someone create schema_migrations and schema_migrations_log",
         "migrate up",
         [for_user("GRANT CREATE ON SCHEMA public TO {user}")], [A, as_user("none")], code=1),
    Case("a backup of a server", "use the tool of the database: pg_dump, mysqldump", "migrate up --backup", [],
         [A, "migrate up", B],
         "migrate up"),
    Case("a history that is locked",
         "another session has locked schema_migrations: end it, or run the same command again later",
         "migrate --ddl-lock-timeout 0.2 status", [let_go],
         [A, "migrate up", hold("BEGIN; LOCK TABLE schema_migrations")], code=1),
    Case("a lock of another session", f"{TOO_LONG}{NOT_NEEDED}SELECT pg_terminate_backend(N);", SOON, [let_go],
         [A, "migrate up", one("ALTER TABLE a ADD m INTEGER;"), hold("BEGIN; SELECT * FROM a")], code=1),
    Case("a lock of another session, that is ended", f"{TOO_LONG}{NOT_NEEDED}SELECT pg_terminate_backend(N);", SOON,
         [end_holder("SELECT pg_terminate_backend")],
         [A, "migrate up", one("ALTER TABLE a ADD m INTEGER;"), hold("BEGIN; SELECT * FROM a")], code=1),
    Case("a lock of another session, for a while", f"{TOO_LONG}{NOT_NEEDED}SELECT pg_terminate_backend(N);", SOON,
         [lambda person: threading.Timer(0.3, let_go, [person]).start(),
          "migrate up --ddl-lock-timeout 30 --retries 10"],
         [A, "migrate up", one("ALTER TABLE a ADD m INTEGER;"), hold("BEGIN; SELECT * FROM a")], code=1),
    Case("a lock for which the file does not wait longer",
         "end what is in the way, or try it more often:  migrate up --retries 10", "migrate --retries 0 up",
         [lambda person: threading.Timer(0.3, let_go, [person]).start(), "migrate up --retries 10"],
         [A, "migrate up", one("SET lock_timeout = '200ms';\nALTER TABLE a ADD m INTEGER;"),
          hold("BEGIN; SELECT * FROM a")], code=1),
    Case("a server that somebody ends", "look at what is in, with  migrate status  and then run again:  migrate up",
         "migrate up", ["migrate status", {"2_b.up": "SELECT 1;"}, "migrate up"],
         [A, one("SELECT pg_terminate_backend(pg_backend_pid());")], code=1),
    Case("an index that cannot be unique",
         "correct the rows that do not fit, or line 2, and do what the hint says, then run  migrate up", "migrate up",
         [hint, by_hand("DELETE FROM a"), "migrate up"],
         [A, "migrate up", "> INSERT INTO a VALUES (1), (1)", one(UNIQUE)], code=1),
    Case("an index that is invalid, of a version that was applied before by the log",
         "correct line 2, and do what the hint says, then run  migrate up", "migrate up", [hint, "migrate up"],
         [A, "migrate up", "> INSERT INTO a VALUES (1), (1)", one(UNIQUE), "! migrate up", "> DELETE FROM a",
          by_hand("UPDATE schema_migrations_log SET outcome = 'ok' WHERE version = '2'")], code=1),
    Case("an index that was left by another", "do what the hint says, then run  migrate up", "migrate up",
         [hint, "migrate up"],
         [A, "migrate up", "> INSERT INTO a VALUES (1), (1)", one(UNIQUE), "! migrate up", "> DELETE FROM a",
          one(UNIQUE.replace("LY i", "LY IF NOT EXISTS i"))], code=1),
    Case("a constraint that waits for COMMIT", "do what the hint says, then run  migrate up", "migrate up",
         [lambda person: person.take(
             one("\n".join([*WAITING[:-1], *re.findall("hint: put  (.*;)  before", person.all), WAITING[-1]]))),
          "migrate up"], [A, one("\n".join(WAITING))], code=1),
    Case("a statement that cannot run in a transaction, as only the server knows",
         "put  -- migrate: no-transaction  on the first line of the file, then run  migrate up", "migrate up",
         [one(f"{NOTX}{CONTROL_BY_CALL}CALL p();"), "migrate up"], [A, one(f"{CONTROL_BY_CALL}CALL p();")], code=1),
    Case("a pooler", "set MIGRATE_DATABASE_URL to the URL of the server itself, and run the same command again",
         "migrate up", [{"$MIGRATE_DATABASE_URL": "{url}"}], [A, one(f"{NOTX}SELECT 1;"), through_a_pooler], code=1),
    Case("a pooler, and a schema of one's own",
         "set MIGRATE_DATABASE_URL to the URL of the server itself: this is a pooler", "migrate up",
         [url(lambda text: f"{text}?search_path=app", "MIGRATE_DATABASE_URL")],
         [A, through_a_pooler, lambda person: person.desk.set(
             DATABASE_URL=f"{os.environ['DATABASE_URL']}?search_path=app")], code=1),
    *(
        Case(f"a file that drops the schema of the history{name}", OTHER_SCHEMA, "migrate up", then,
             [A, one("DROP SCHEMA public CASCADE;\nCREATE SCHEMA public;")], again, fill={"VERSION": "1"})
        for name, then, again in [
            (", and does not", [one("SELECT 1;")], ""),
            ("", ["migrate --table imagor.schema_migrations up"],
             "migrate --table imagor.schema_migrations status --exit-code"),
            (" of before", [by_hand("CREATE TABLE a (n INTEGER)"),
                            "migrate --table imagor.schema_migrations baseline 1"],
             "migrate --table imagor.schema_migrations up"),
        ]
    ),
    *(
        Case(f"a file that drops the schema that was named before{name}",
             OTHER_SCHEMA.replace("imagor.", "imagor_history."), "migrate --table imagor.schema_migrations up", then,
             [A, one("DROP SCHEMA imagor CASCADE;"), "> CREATE SCHEMA imagor"],
             "migrate --table imagor_history.schema_migrations up", fill={"VERSION": "1"})
        for name, then in [
            ("", []),
            (" of before", [by_hand("CREATE TABLE a (n INTEGER)"),
                            "migrate --table imagor_history.schema_migrations baseline 1"]),
        ]
    ),
    *(
        Case(f"what would go elsewhere, {name}",
             "see what it would take, and do that by hand; then run the same command again:\n"
             "       ALTER TABLE other.t DROP COLUMN m;\n"
             "     or drop all that lies in these schemas, too:  migrate reset --schema other", "migrate reset --yes",
             then,
             [A, "migrate up", "> CREATE SCHEMA other", "> CREATE TYPE mood AS ENUM ('ok')",
              "> CREATE TABLE other.t (m mood, n INTEGER)"], code=4)
        for name, then in [
            ("by hand", ["> ALTER TABLE other.t DROP COLUMN m;"]),
            ("and may", [answering("yes"), "migrate reset --schema other"]),
        ]
    ),
    Case("rows that may be hidden",
         'let this user see all of them:  ALTER TABLE "public"."schema_migrations" DISABLE ROW'
         " LEVEL SECURITY;\n     or run this as a role that has BYPASSRLS", "migrate status",
         ['> ALTER TABLE "public"."schema_migrations" DISABLE ROW LEVEL SECURITY;'],
         [A, "migrate up", "> ALTER TABLE schema_migrations ENABLE ROW LEVEL SECURITY", as_user("none"),
          for_user("GRANT SELECT ON schema_migrations, schema_migrations_log TO {user}")], code=4),
    Case("a schema that is not there", "correct the name, or leave it out: what is not there need not be dropped",
         "migrate reset --yes --schema othr", [], [A, "migrate up", "> CREATE SCHEMA other"],
         "migrate reset --yes --schema other"),
    Case("what has come since the question", "run the same command again, and look at what it names", "migrate reset",
         [answering("yes")], [A, "migrate up", one("CREATE SCHEMA more;"), answering("yes", "up")], code=4),
    Case("all that somebody owns", "take it out, or write what is to be dropped", "migrate up", [one("DROP TABLE a;")],
         [A, one("DROP OWNED BY CURRENT_USER;")]),
    Case("a scratch database that cannot be dropped", f"drop it there when that is mended:  {UNDROPPED}",
         "migrate verify",
         [by_hand("UPDATE pg_database SET datistemplate = false WHERE datname = 'migrate_verify_8b529b4a'"),
          f"> {UNDROPPED}", one("SELECT 1;")],
         [A, one("UPDATE pg_database SET datistemplate = true WHERE datname = current_database();"),
          url(str, "MIGRATE_SCRATCH_URL"), seeded], code=1),
    Case("a server for the scratch database",
         "name a server for it:  migrate verify --scratch-url postgres://user@host/database", "migrate verify",
         [], [A], "migrate verify --scratch-url {url}", fill={"postgres://user@host/database": "{url}"}),
    Case("a scratch database that is none", "create an empty one:  CREATE DATABASE scratch;\n"
         "     then  migrate verify --scratch-url postgres://user@host/scratch",
         "migrate verify --scratch-url {url}",
         [by_hand("DROP TABLE a, schema_migrations, schema_migrations_log"), "migrate verify --scratch-url {url}"],
         [A, "migrate up"], fill={"postgres://user@host/scratch": "{url}"}),
    Case("a user who may not create databases",
         'let this user create databases:  ALTER ROLE "{user}" CREATEDB;\n     or name a server where it may',
         "migrate verify", [for_user("ALTER ROLE {user} CREATEDB")],
         [A, as_user("all"), lambda person: person.desk.set(MIGRATE_SCRATCH_URL=person.url)], code=1),
    *(
        Case(f"in a file: {text!r}", fix, "migrate up", [one(right)], [A, one(text)])
        for text, fix, right in [
            ("COPY a FROM stdin;\n1\n", NO_DATA, "COPY a FROM stdin;\n1\n\\.\n"),
            ("COPY a TO stdout;", NO_DATA, "SELECT 1;"),
            ("CREATE INDEX CONCURRENTLY i ON a (n);\nSELECT 1;", ALONE, UNIQUE),
            ("SELECT 1;\nALTER SYSTEM RESET work_mem;", ALONE, f"{NOTX}SELECT 1;\nALTER SYSTEM RESET work_mem;"),
            *(("SELECT 1;\nSET TRANSACTION ISOLATION LEVEL SERIALIZABLE;",
               "ask for it in the first statement, or put  -- migrate: no-transaction  on the first line of the file",
               right)
              for right in ("SET TRANSACTION ISOLATION LEVEL SERIALIZABLE;\nSELECT 1;",
                            f"{NOTX}SELECT 1;\nSET TRANSACTION ISOLATION LEVEL SERIALIZABLE;")),
            ("BEGIN;\nSET LOCAL search_path = pg_catalog;\nSELECT 1;\nCOMMIT;\nSELECT 2;",
             ENDED,
             f"{NOTX}BEGIN;\nSET LOCAL search_path = pg_catalog;\nSELECT 1;\nCOMMIT;\nSELECT 2;"),
            ("SET TRANSACTION READ ONLY;", READ_WRITE, "SET TRANSACTION READ WRITE;"),
            ("DO $a$ BEGIN END $b$;", "close it with the tag it was opened with", "DO $a$ BEGIN END $a$;"),
        ]
    ),
]  # fmt: skip


def soon(sql: str) -> Callable[[Person], None]:
    """Have somebody run *sql* half a second from now."""
    return lambda person: threading.Timer(0.5, person.database.execute, [sql]).start()


def by_name(sql: str) -> Callable[[Person], None]:
    """Write a second migration that names the database."""
    return lambda person: person.take(one(sql.replace("{name}", person.database.name)))


USUAL = "GRANT CREATE, ALTER, DROP, INDEX, SELECT, INSERT, UPDATE, DELETE ON `{path}`.* TO '{user}'@'%';"
LEFT = "look in the tables to see if statement 1 has run, finish or undo the rest by hand, and say which:\n"
LEFT_UP = f"""{LEFT}       migrate repair 2 --applied    all of it has run
       migrate repair 2 --pending    none of it has; run it again"""
LEFT_DOWN = f"""{LEFT}       migrate repair 2 --applied    it is applied: nothing of the roll back is left
       migrate repair 2 --pending    it is rolled back: all of it has run"""
ANOTHER = "UPDATE schema_migrations SET owner = 'other@else, pid 1, connection 1, 0123456789abcdef' WHERE dirty = TRUE"
END_IT = "end each block as it began, IF with END IF, LOOP with END LOOP, and each statement in it with a semicolon"
MYSQL = [
    Case("a lock of another session, that is ended", f"{TOO_LONG}{NOT_NEEDED}KILL N;",
         SOON, [end_holder("KILL"), "migrate up --ddl-lock-timeout 30 --retries 10"],
         [A, "migrate up", one("ALTER TABLE a ADD m INTEGER;"), hold("BEGIN; SELECT * FROM a")], code=1),
    Case("an encoding that nobody knows", "correct the URL: .../database?charset=utf8mb4", "migrate up",
         [{"$DATABASE_URL": "{url}?charset=utf8mb4"}], [A, url(lambda text: f"{text}?charset=perhaps")]),
    Case("a right to drop", f"mend what it says, with  {USUAL}\n     then run the same command again",
         "migrate reset --yes", [for_user("GRANT ALL ON {name}.* TO {user}@'%'")],
         [A, "migrate up", as_user("select")], code=1),
    Case("a password that is wrong", LOGIN.replace("USER", "migrator"), "migrate up", [{"$DATABASE_URL": "{url}"}],
         [A, url(lambda text: re.sub(":[^:@]*@", ":wrong@", text))], code=1),
    Case("no password", "write the password of migrator in DATABASE_URL, behind the name: migrator:PASSWORD@",
         "migrate up", [{"$DATABASE_URL": "{url}"}], [A, url(lambda text: re.sub(":[^:@]*@", "@", text))], code=1),
    Case("a user who is locked", "have an administrator type  ALTER USER '{user}'@'%' ACCOUNT UNLOCK;", "migrate up",
         [for_user("ALTER USER {user}@'%' ACCOUNT UNLOCK")],
         [A, as_user("all"), for_user("ALTER USER {user}@'%' ACCOUNT LOCK")], code=1),
    Case("a password of before", "give it another password:  ALTER USER '{user}'@'%' IDENTIFIED BY '...';",
         "migrate up",
         [lambda person: for_user(f"ALTER USER {{user}}@'%' IDENTIFIED BY '{password_of(person.url)}'")(person)],
         [A, as_user("all"), for_user("ALTER USER {user}@'%' PASSWORD EXPIRE")], code=1),
    Case("a history that may not be made", f"let this user create tables:  {USUAL}\n"
         "     or have someone create schema_migrations and schema_migrations_log", "migrate up", [for_user(USUAL)],
         [A, as_user("select")], code=1),
    *(
        Case(f"a right that a file needs: {sql}", f"have an administrator type  {right}"
             "\n     or correct line 1; then run  migrate up", "migrate up", [for_user(right)],
             [{"1_a.up": "CREATE TABLE a (n INTEGER);\n"}, "migrate up", {"2_b.up": f"{sql}\n"}, as_user("select"),
              for_user("GRANT INSERT, UPDATE, DELETE ON {name}.* TO {user}@'%'")], code=1)
        for sql, right in [
            ("ALTER TABLE a ADD m INTEGER;", USUAL),
            ("CREATE VIEW v AS SELECT 1;", "GRANT CREATE VIEW ON `{path}`.* TO '{user}'@'%';"),
            ("CREATE PROCEDURE p() SELECT 1;", "GRANT ALL ON `{path}`.* TO '{user}'@'%';"),
            ("FLUSH STATUS;", "GRANT RELOAD ON *.* TO '{user}'@'%';"),
        ]
    ),
    Case("a database of which this user may see nothing",
         "create the database:  CREATE DATABASE `{path}` CHARACTER SET utf8mb4;\n"
         "     or have an administrator type  GRANT ALL ON `{path}`.* TO '{user}'@'%';",
         "migrate up", [for_user("GRANT ALL ON {name}.* TO {user}@'%'")], [A, as_user("none")], code=1),
    Case("the database itself", "take it out; drop the database by hand, and its history with it", "migrate up",
         [one("SELECT 1;")], [A, by_name("DROP DATABASE {name};")]),
    Case("a row that another has taken", "see who or what changes schema_migrations (a person, a trigger, a policy,"
         " this file), then look:  migrate status", "migrate up",
         ["migrate status", lambda person: person.type("migrate repair 2 --applied")],
         [A, one("SELECT SLEEP(1);\nCREATE TABLE b (n INTEGER);"), soon(ANOTHER)], code=1),
    Case("a server that starts with the application, and is migrated before",
         "run  imagor-studio-migrate up  before the roll-out, or set FORCE_AUTO_MIGRATE=1", "app", ["migrate up"], [A],
         "migrate status --exit-code", code=0),
    Case("a server that starts with the application, and is forced",
         "run  imagor-studio-migrate up  before the roll-out, or set FORCE_AUTO_MIGRATE=1", "app",
         [{"$FORCE_AUTO_MIGRATE": "1"}, lambda person: person.type("app")], [A], "migrate status --exit-code", code=0),
    *(
        Case(f"in a file: {text!r}", fix, "migrate up", [one(right)], [A, one(text)])
        for text, fix, right in [
            ("USE mysql;\nSELECT COUNT(*) FROM user;",
             "name tables as database.table, or migrate that database with a URL of its own",
             "SELECT COUNT(*) FROM mysql.user;"),
            *((text, "remove LOCK TABLES and UNLOCK TABLES (mysqldump --skip-add-locks), or the FLUSH",
               "INSERT INTO a VALUES (1);")
              for text in ("LOCK TABLES a WRITE;\nINSERT INTO a VALUES (1);\nUNLOCK TABLES;",
                           "FLUSH TABLES WITH READ LOCK;\nINSERT INTO a VALUES (1);")),
            ("DO RELEASE_ALL_LOCKS();", "release each lock of your own by its name: RELEASE_LOCK('name')",
             "DO GET_LOCK('name', 0);\nDO RELEASE_LOCK('name');"),
            ("BEGIN;\nINSERT INTO a VALUES (1);\nCOMMIT RELEASE;", "leave RELEASE out",
             "BEGIN;\nINSERT INTO a VALUES (1);\nCOMMIT;"),
            ("XA START 'x';\nINSERT INTO a VALUES (1);\nXA END 'x';\nXA COMMIT 'x' ONE PHASE;",
             "write BEGIN and COMMIT", "BEGIN;\nINSERT INTO a VALUES (1);\nCOMMIT;"),
            ("SET SESSION TRANSACTION READ ONLY;", READ_WRITE, "SET SESSION TRANSACTION READ WRITE;"),
            (CONTROL.format(""), REFUSED, "BEGIN;\n" + CONTROL.format("")),
            (CONTROL.format(""), REFUSED, f"{NOTX}{CONTROL.format('')}"),
            ("SET `autocommit` = 0;\nINSERT INTO a VALUES (1);\nCOMMIT;",
             "write it as a statement of its own: SET autocommit = 0;  or  SET autocommit = 1;",
             "SET autocommit = 0;\nINSERT INTO a VALUES (1);\nCOMMIT;"),
            ("LOAD DATA LOCAL INFILE 'more.csv' INTO TABLE a;",
             "write INSERT statements, or LOAD DATA INFILE of a file on the server", "INSERT INTO a VALUES (1);"),
            ("SET sql_auto_is_null = 1;", "take it out, and write LAST_INSERT_ID() where it is meant",
             "SELECT LAST_INSERT_ID();"),
            ("CREATE PROCEDURE p() BEGIN SELECT 1;",
             END_IT,
             "CREATE PROCEDURE p() BEGIN SELECT 1; END;"),
        ]
    ),
]  # fmt: skip
SLOW = [  # where it is much that is sent
    Case("more than the server takes", "split it, or raise max_allowed_packet", "migrate up",
         [one("SELECT 1;\nSELECT 2;")],
         [A, one(f"SELECT '{'x' * 17_000_000}';")]),
]  # fmt: skip
MARIADB = [  # which does a part of one statement
    *(
        Case(f"a statement that may have done a part, {name}", LEFT_UP, "migrate up", then,
             [A, "migrate up", {"2_b.up": "CREATE TABLE b (n INTEGER);"}, "> CREATE TABLE c (n INTEGER)",
              one("DROP TABLE c, nowhere;")], code=1)
        for name, then in [
            ("and has done it", ["migrate repair 2 --applied"]),
            ("and is undone", [by_hand("CREATE TABLE c (n INTEGER)"), one("DROP TABLE c;"),
                               "migrate repair 2 --pending"]),
        ]
    ),
    *(
        Case(f"a roll back that may have done a part, {name}", LEFT_DOWN, "migrate down", then,
             [A, B, {"2_b.down": "DROP TABLE b, nowhere;"}, "migrate up"], "migrate status", code=1)
        for name, then in [
            ("and has done it", ["migrate repair 2 --pending"]),
            ("and is undone", [by_hand("CREATE TABLE b (n INTEGER)"), "migrate repair 2 --applied"]),
        ]
    ),
]  # fmt: skip
ORACLE = [  # which has TLS without being told
    Case("an option that MySQL does not have", "correct the URL: .../database?ssl_mode=REQUIRED", "migrate up",
         [{"$DATABASE_URL": "{url}?ssl_mode=REQUIRED"}], [A, url(lambda text: f"{text}?ssl_disabled=perhaps")]),
]  # fmt: skip
CASES = [*SQLITE, *POSTGRES, *MYSQL, *MARIADB, *ORACLE, *SLOW]

# --- The tests ------------------------------------------------------------------------------------------------------

# What is not provoked here, by how it begins, and why.
NOT_HERE = {
    "SET GLOBAL log_bin_trust": "a setting of the whole server, on which other tests run",
    "add ?ssl_mode=REQUIRED": "a setting of the whole server, on which other tests run",
    "add it to the URL: &ssl_ca=": "the servers of the tests have certificates of their own making, for no host",
    "take it out, or write  SET NAMES": "about a database whose name has other letters: these have none",
    "…\n     or put the folder migrate_review": "likewise",
    "python3 -m venv .venv &&": "about a Python of a system, which takes no packages: tests/test_imports.py",
    "read its files with": "about a kind of database that the desk does not know: none of those here",
    "install the two together": "about a missing desk, or one of another version: tests/test_alone.py",
    "name a host in the URL, such as": "about a server that asks the system who is there: these ask for a password",
    "let pg_hba.conf on the server": "likewise: these let everybody ask",
    "wait until it is done, and look again:": "about a run that is at work meanwhile: tests/test_told.py",
    "let the run that is at work finish": "likewise",
    "name the primary server": "about a standby: tests/test_fire.py",
    "see that it is there": "what the system refuses where nobody expects it; what is known has a message of its own",
}  # fmt: skip


def test_every_way_out_that_the_module_knows_is_followed_here() -> None:
    # The command line says which setting the URL is in.
    templates, told = reader().templates(), {case.fix.replace("in DATABASE_URL", "in the URL") for case in CASES}
    folders = {"Path(__file__).resolve().parent", "folder.parent"}  # which a fix names: they are no texts
    assert {each.partition(": ")[2] for each in reader().lost} <= {"error.fix", "error.args", *folders}
    left = [each for each in templates if not any(each.pattern.search(fix) for fix in told)]
    assert sorted(f"{each.line}: {each}" for each in left if not str(each).startswith(tuple(NOT_HERE))) == []
    assert [why for why in NOT_HERE if not any(str(each).startswith(why) for each in left)] == []
    known = [each.pattern for each in templates]
    assert [fix for fix in told if not any(each.search(fix) for each in known)] == []


def test_every_command_that_a_message_names_is_typed() -> None:
    left = {
        (case.fix, each)
        for case in CASES
        for each in re.findall(r"(?<=  )migrate [^\n|]*?(?=  |[,;] | \||\n|$)", case.fix)
    }
    for case in CASES:
        steps = {each.removeprefix("! ") for each in case.then if isinstance(each, str)} | {case.again or case.do}
        left = {(fix, each) for fix, each in left if fix != case.fix or filled(each, case) not in steps}
    assert sorted(left) == []


def commands(fix: str) -> Iterator[tuple[str, str]]:
    """Yield each command of the program that is in a text, and what stands before it."""
    for found in re.finditer(rf"migrate (?=-|(?:{'|'.join(migrate._WORDS)})\b)", fix):
        before = fix[: found.start()]
        if not before.endswith("-- ") and not re.search(r"[\w/-]$", before):  # a word in a file, the name of another
            yield re.split(r"  |\n|\)", fix[found.start() :])[0], before


def parsed(words: Sequence[str]) -> Any:
    """Return what the parser makes of a command line. Raises SettingsError."""
    options, rest = migrate._common_options().parse_known_args(words)
    named = next((word for word in rest if word in migrate._WORDS), "")
    rest.remove(named)
    return vars(options), vars(migrate.build_parser().parse_args([named, *rest]))


@pytest.mark.parametrize("case", [pytest.param(each, id=each.name) for each in CASES if [*commands(each.fix)]])
def test_a_command_in_a_way_out_is_whole_and_can_be_typed_as_it_stands(
    case: Case, monkeypatch: pytest.MonkeyPatch
) -> None:
    for command, before in commands(case.fix):
        assert before.endswith(("  ", "<(")), command
        words = shlex.split(command.replace("VERSION", "1"))[1:]
        if words[0] in {"help", "completion"} or "--help" in words:
            continue
        meant = parsed(words)
        monkeypatch.setenv("MIGRATE_CALLED_BY", "make")
        typed = shlex.split(migrate._command(command.removeprefix("migrate ").replace("VERSION", "1"), []))
        monkeypatch.delenv("MIGRATE_CALLED_BY")
        make, target, *variables = typed
        given = dict(each.split("=", 1) for each in variables)
        first = [given[name] for name in ("VERSION", "NAME") if name in given]
        assert make == "make"
        assert parsed([target, *first, *shlex.split(given.get("ARGS", "").replace("$$", "$"))]) == meant
    assert not re.search(r"(?<=  )--\w", case.fix.replace("write it like  --", "")), "an option is no command"


# --- What the command line said ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "given",
    [
        ["--database-url", "sqlite:my app.db"],
        ["--dir", "my sql", "--table", "history"],
        ["--config", "my.env"],
    ],
    ids=" ".join,
)
def test_a_command_says_again_what_the_command_line_said_it_is_about(desk: Desk, given: list[str]) -> None:
    desk.write({
        "sql/1_a.up.sql": "SELECT 1;\n", "my sql/1_a.up.sql": "CREATE TABEL a (n INTEGER);\n",
        "my.env": "DATABASE_URL=sqlite:env.db\nMIGRATE_DIR=my sql\n",
    })  # fmt: skip
    if "--dir" not in given:
        desk.set(MIGRATE_DIR="my sql")
    ran = desk(*given, "up", "--lock-timeout", "7")
    (typed,) = re.findall(r"then run  (.*)$", ran.err, re.MULTILINE)
    assert typed == f"{PROGRAM} {shlex.join(given)} up"
    desk.write({"my sql/1_a.up.sql": "CREATE TABLE a (n INTEGER);\n"})
    subprocess.run(
        ["sh", "-c", typed.replace(PROGRAM, f"{shlex.quote(sys.executable)} {shlex.quote(str(MODULE))}")], check=True
    )
    assert desk(*given, "status", "--exit-code").exit == 0


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("postgres://ann:s3cr3t@h:1/d?connect_timeout=1", "URL"),
        ("postgres://ann@h:1/d?password=s3cr3t", "URL"),
        ("postgres://ann@h:1/d?connect_timeout=1", "'postgres://ann@h:1/d?connect_timeout=1'"),
    ],
)
def test_a_password_is_not_said_again(desk: Desk, url: str, shown: str) -> None:
    desk.write({"sql/notes": ""})
    ran = desk("--database-url", url, "--dir", "sql", "up")
    assert ran.err.endswith(f" a new pair:  {PROGRAM} --database-url {shown} --dir sql new NAME\n")
    assert "s3cr3t" not in ran.err


def test_an_option_that_the_command_has_itself_is_not_said_twice(desk: Desk) -> None:
    desk.write({"sql/1_a.up.sql": "DROP TABLE history;\n"})
    ran = desk("--database-url", "sqlite:a.db", "--dir", "sql", "--table", "history", "up")
    assert f"  {PROGRAM} --database-url sqlite:a.db --dir sql --table history_imagor up\n" in ran.err


def test_the_line_of_a_file_is_not_taken_for_a_command(desk: Desk) -> None:
    desk.write({"sql/1_a.up.sql": "SELECT TABEL  migrate up;\n"})
    assert "\n  1 | SELECT TABEL  migrate up;\n" in desk.here("up").err


# --- What is refused, in the README ---------------------------------------------------------------------------------


class Row(NamedTuple):
    """A row of that table, without marks: on which databases, a file, the reason, the way out."""

    on: str
    file: str
    why: str
    fix: str


def rows() -> list[Row]:
    """Return all rows of that table."""
    text = (MODULE.parent / "README.md").read_text(encoding="utf-8").partition("\n## What is refused\n")[2]
    lines = [line for line in text.partition("\n## ")[0].splitlines() if line.startswith("| ")][1:]
    cells = [[cell.strip() for cell in line.strip("|").split(" | ")] for line in lines]
    return [
        Row(on, "\n".join(one or two for two, one in re.findall(r"`` (.*?) ``|`(.*?)`", file)), *map(plain, rest))
        for on, file, *rest in cells
    ]


def plain(text: str) -> str:
    """Return a text in one line, without marks."""
    return " ".join(text.replace("`", "").replace(PROGRAM, "migrate").split())


URL_OF = {"SQLite": "sqlite:a.db", "PostgreSQL": "postgres://h/app", "MySQL": "mysql://h/app"}


@pytest.mark.parametrize("row", [pytest.param(each, id=each.file) for each in rows()])
def test_what_the_readme_calls_refused_is_refused_with_these_words(row: Row, desk: Desk) -> None:
    known = {plain(case.fix) for case in CASES}
    for url in [URL_OF[row.on]] if row.on in URL_OF else URL_OF.values():
        desk.write({"sql/1_a.up.sql": f"{row.file}\n", "sql/1_a.down.sql": "SELECT 1;\n"})
        desk.set(DATABASE_URL=url, MIGRATE_DIR="sql")
        findings = desk("--format", "json", "check").document["findings"]
        found = [(plain(each["what"]), plain(each["fix"])) for each in findings if each["level"] == "fault"]
        if found:
            ((why, fix),) = found
            assert (why, row.fix[: len(fix)]) == (row.why, fix)  # on MySQL, it may end sooner
        else:  # only the database itself knows: there it is followed
            assert row.fix in known


def test_all_that_is_refused_stands_in_the_readme() -> None:
    told = {each.fix for each in rows()}
    found = reader().refusals()
    texts = [Template(each.line, tuple(plain(part) for part in each.parts)) for each in found]
    left = [each for each in texts if not any(each.pattern.fullmatch(fix) for fix in told)]
    whys = {ast.literal_eval(each.args[1]) for each in reader().calls["_Refusal"]}
    assert whys <= {each.why for each in rows()}
    skipped = tuple(map(plain, NOT_HERE))
    left = [each for each in left if not str(each).startswith(skipped)]
    parts = [each for each in left if len(str(each)) < 60 or not any(each.pattern.search(fix) for fix in told)]
    assert [str(each) for each in parts] == []


def filled(text: str, case: Case) -> str:
    """Return a text with what a person writes for the words in capitals."""
    for word, given in case.fill.items():
        text = text.replace(word, given)
    return text


@pytest.mark.parametrize("case", [pytest.param(each, id=each.name) for each in SQLITE])
def test_following_helps_on_sqlite(case: Case, sqlite: Database, desk: Desk) -> None:
    follow(case, sqlite, desk)


@pytest.mark.long
@pytest.mark.parametrize("case", [pytest.param(each, id=each.name) for each in POSTGRES])
def test_following_helps_on_postgres(case: Case, postgres: Database, desk: Desk) -> None:
    follow(case, postgres, desk)


@pytest.mark.parametrize("case", [pytest.param(each, id=each.name) for each in [*MYSQL, *MARIADB]])
def test_following_helps_on_mariadb(case: Case, mariadb: Database, desk: Desk) -> None:
    follow(case, mariadb, desk)


@pytest.mark.parametrize("case", [pytest.param(each, id=each.name) for each in SLOW])
def test_following_helps_where_it_takes_long(case: Case, mariadb: Database, desk: Desk, full: bool) -> None:
    if not full:
        pytest.skip("several seconds: with --prove")
    follow(case, mariadb, desk)


@pytest.mark.parametrize("case", [pytest.param(each, id=each.name) for each in ORACLE])
def test_following_helps_on_mysql(case: Case, oracle_mysql: Database, desk: Desk) -> None:
    follow(case, oracle_mysql, desk)
