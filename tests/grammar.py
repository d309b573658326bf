"""What files may hold, as forms of statements; and a writer that puts forms together to files that run.

A form is a handful of texts with places in them, and what a statement reads and sets follows from its places:

    {table}  {int}      one that is there; a value
    {+spare}  {-spare}  a new one; one that goes with this statement
    {!str}  {*spare}    a new one, or one that is there, that cannot be had again once it is lost
    {^str}  {/prepared} the one that this form took last; the same, and it goes
    {=setting:NAME}     nothing, but the statement sets NAME
    {wrong:no|yes}      where a person makes a mistake, and what is right

Those of the session have a mark: "rebuilt", and a run that goes on never asks because of it; or "asks", and it may,
where a statement of the rest may read what is lost.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

Choose = Callable[[Sequence[Any]], Any]
REBUILT, ASKS = "rebuilt", "asks"
PLACE = re.compile(r"\{([+\-^=!*/]?)(\w+)(?::([^{}]*))?\}")
WRONG = re.compile(r"\{wrong:([^|]*)\|([^}]*)\}")
BRIEF = {"row_count", "changes", "found", "warnings"}  # what the next statement sets anew
ANYTHING = "*"  # whatever a statement may have left that nobody can read


class Mark(NamedTuple):
    """What a statement leaves in the session, and what a run does about it that goes on after a failure."""

    left: str
    how: str


NONE = Mark("", "")
VARIABLES = Mark("variables of literals, settings and other such variables", REBUILT)
SETTINGS = Mark("settings", REBUILT)
PREPARED = Mark("prepared statements whose text is known", REBUILT)
DATA = Mark("variables, settings and prepared statements from data, or from a function", ASKS)
TEMPORARY = Mark("temporary tables, views, triggers and sequences", ASKS)
REMEMBERED = Mark("what the session remembers of its last statements", ASKS)
HELD = Mark("locks and cursors", ASKS)
CALLED = Mark("what a routine, a trigger, a block of code or EXECUTE has set or made", ASKS)
MARKS = (VARIABLES, SETTINGS, PREPARED, DATA, TEMPORARY, REMEMBERED, HELD, CALLED)


class Form(NamedTuple):
    """One kind of statement, or a few that belong together."""

    name: str
    make: tuple[str, ...]
    mark: Mark = NONE
    read: str = ""  # shows in a row what *make* has left in the session
    clears: tuple[str, ...] = ()  # kinds of which nothing is left
    block: bool = False  # may stand between BEGIN and COMMIT
    only: str = ""  # on MySQL alone, or on MariaDB
    fires: str = ""  # what any later INSERT may set: the last of that kind


@dataclass
class Piece:
    """One statement of a file, and what it does to the session."""

    text: str
    form: Form
    reads: set[str] = field(default_factory=set)
    names: set[str] = field(default_factory=set)  # of tables and the like, which a temporary one may hide
    fires: set[str] = field(default_factory=set)  # what a trigger may have set
    sets: set[str] = field(default_factory=set)
    loses: set[str] = field(default_factory=set)  # of those, what cannot be had again
    drops: set[str] = field(default_factory=set)
    session: bool = False  # it changes the session and nothing else
    opaque: bool = False  # it may read and leave anything
    wrong: str = ""  # the same with the mistake of a person


class Language(NamedTuple):
    """The forms of one database."""

    forms: tuple[Form, ...]
    base: tuple[str, ...]  # the tables that every file finds
    session: re.Pattern[str]  # statements that change the session only
    opaque: re.Pattern[str]
    implicit: dict[str, str]  # what a statement sets without naming it: the pattern of those, by resource
    overwritten: dict[str, str]  # by what the same is certainly set anew
    readers: dict[str, str]  # and by which it is read
    bad: tuple[str, ...]  # statements that always fail
    first: str = ""
    values: dict[str, tuple[str, ...]] = {}  # noqa: RUF012 (a NamedTuple, which nobody writes)


VALUES = {
    "int": ("5", "1", "12", "40"),
    "word": ("'one'", "'two'", "'it''s; three'", "'-- four'", "'ü'"),
    "table": ("t1", "t2"),
    "audit": ("INSERT INTO audit (v)",),
}
POOLS = {  # names that are given again
    "num": ("@n1", "@n2", "@`n 3`"), "str": ("@s1", "@s2", "@S3"), "id": ("@i1", "@i2"),
}  # fmt: skip
OF_SESSION = {
    "num", "str", "var", "id", "temp", "look", "counts", "prepared", "given", "setting", "channel", "cursor", "limit",
}  # fmt: skip
ASKED_FOR = ("num", "str", "setting", "held")  # what the next file may ask for, and gets an answer
ALIKE = {"var": ("num", "str"), "any": ("table", "spare")}


class Writer:
    """Writes a file, form after form, and knows what is there. *choose* takes one of several."""

    def __init__(self, language: Language, choose: Choose, after: Writer | None = None) -> None:
        self.language, self.choose = language, choose
        self.values = VALUES | language.values
        self.there: dict[str, list[str]] = defaultdict(list)
        self.pieces: list[Piece] = []
        self.serial, self.shown = 0, dict[str, Form]()
        self.unseen, self.fired = set[str](), set[str]()  # names of forms; variables that a trigger sets
        if after:  # it may ask for what the session of that file had
            self.serial, self.shown = after.serial, {
                name: each for name, each in after.shown.items()
                if all(how != "=" or kind in ASKED_FOR for text in each.make for how, kind, _ in PLACE.findall(text))
            }  # fmt: skip
            self.there.update({kind: list(after.there[kind]) for kind in ASKED_FOR})

    def has(self, *texts: str) -> bool:
        """Tell whether all that *texts* name is there."""
        made: set[str] = set()
        for text in texts:
            for how, kind, _ in PLACE.findall(text):
                if how in {"", "-", "*"} and kind not in made and kind != "wrong" and not self.options(kind):
                    return False
                made |= {kind} if how in {"+", "!"} else set()
        return True

    def options(self, kind: str) -> list[str]:
        """Return what may stand in a place of this kind."""
        return [each for part in ALIKE.get(kind, (kind,)) for each in (*self.values.get(part, ()), *self.there[part])]

    def write(self, form: Form, *texts: str, makes: bool = True) -> None:
        """Add the statements of a form."""
        last: dict[str, str] = {}
        for text in texts or form.make:
            self.pieces.append(self.fill(form, text, last))
            if not makes:  # what the form has set is what this shows, with or without its name
                self.pieces[-1].reads |= {
                    name for each in form.make for how, _, name in PLACE.findall(each) if how == "="
                }
        if form.read and makes:
            self.shown = {**self.shown, form.name: form}
            self.unseen.add(form.name)
        for kind in form.clears if makes else ():
            self.pieces[-1].drops |= set(self.there.pop(kind, ()))

    def fill(self, form: Form, text: str, last: dict[str, str]) -> Piece:
        """Put names and values into a text."""
        piece, language = Piece("", form), self.language
        filled = PLACE.sub(lambda match: self.put(match, piece, last), text)
        piece.text = WRONG.sub(r"\2", filled)
        piece.wrong = WRONG.sub(r"\1", filled) if piece.text != filled else ""
        stored = re.search(r"^(?!CREATE|DROP|ALTER).*\b[fw]\d+\(", piece.text, re.DOTALL)
        piece.opaque = bool(language.opaque.match(piece.text) or stored)
        piece.session = bool(language.session.match(piece.text)) and not stored
        piece.sets |= {name for name, each in language.implicit.items() if re.match(each, piece.text, re.IGNORECASE)}
        piece.reads |= {name for name, each in language.readers.items() if re.search(each, piece.text)}
        piece.loses |= piece.sets if form.mark.how == ASKS else set()
        if form.fires:
            self.fired.add(last[form.fires])
        piece.fires = set(self.fired) if re.match("INSERT|REPLACE", piece.text) else set()
        return piece

    def put(self, match: re.Match[str], piece: Piece, last: dict[str, str]) -> str:
        """Return what stands in a place; note what that says of the piece."""
        how, kind, more = match.groups()
        if kind == "wrong":
            return match[0]
        if how in {"=", "+", "!"}:
            name = more if how == "=" else self.new(kind)
            piece.sets.add(name)
            if name not in self.there[kind]:
                self.there[kind].append(name)
        elif how in {"-", "/"}:
            name = last[kind] if how == "/" else self.choose(self.options(kind))
            self.there[kind].remove(name)
            piece.drops.add(name)
            (piece.reads if kind in OF_SESSION else piece.names).add(name)
        else:
            name = last[kind] if how == "^" else self.choose(self.options(kind))
            if how == "*":
                piece.sets.add(name)
            if how != "*" or kind in OF_SESSION:
                (piece.reads if kind in OF_SESSION else piece.names).add(name)
        if how in {"!", "*"}:
            piece.loses.add(name)
        last[kind] = name
        return "" if how == "=" else name

    def new(self, kind: str) -> str:
        if kind in POOLS:
            return str(self.choose(POOLS[kind]))
        self.serial += 1
        name = f"{kind[0]}{self.serial}"
        if kind == "index":
            return f"x{self.serial} ON {self.choose(self.values['table'])}"
        return {"trigger": "g", "writer": "w", "temp": "tmp"}.get(kind, kind[0]) + name[1:]

    def write_anything(self) -> None:
        """Add a form that can be written here, or a statement that shows what an earlier one has left."""
        shows = [each for each in self.shown.values() if self.has(each.read)]
        unseen = [each for each in shows if each.name in self.unseen]
        if shows and self.choose((False, True)):
            self.show(self.choose(unseen or shows))
            return
        can = [each for each in self.language.forms if self.has(*each.make)]
        of_session = [each for each in self.language.forms if each.mark.how]
        form = self.choose(self.choose((can, of_session)))
        self.prepare(*form.make)
        if form.make[0].startswith("BEGIN") and form.make[1:] in {("COMMIT",), ("END",)}:
            self.write(form, form.make[0])
            for _ in range(self.choose((1, 2, 3))):
                each = self.choose([each for each in can if each.block])
                if self.has(*each.make):
                    self.write(each)
            self.write(form, form.make[1])
        else:
            self.write(form)
        if form.read and self.choose((False, True)):  # nothing is lost before something stays
            can = [each for each in can if not each.mark.how and re.match("CREATE|ALTER", each.make[0])]
            self.write(self.choose([each for each in can if self.has(*each.make)]))

    def show(self, form: Form) -> None:
        """Add the statement that shows what a form has left in the session."""
        self.write(form, form.read, makes=False)
        self.unseen.discard(form.name)

    def end(self) -> None:
        """Show what nobody has looked at."""
        for form in [each for each in self.shown.values() if each.name in self.unseen and self.has(each.read)]:
            self.show(form)

    def write_witness(self, form: Form) -> int:
        """Write a file that is about *form* alone; return the number of the piece that reads what it has left."""
        self.prepare(*form.make)
        self.write(form)
        self.pieces.append(Piece("DELETE FROM t1 WHERE k = 102", self.language.forms[0]))
        self.write(self.language.forms[0])
        self.write(form, form.read, makes=False)
        return len(self.pieces) - 1

    def prepare(self, *texts: str) -> None:
        """Write what *texts* need."""
        made: set[str] = set()
        for text in texts:
            for how, kind, _ in PLACE.findall(text):
                if how in {"", "-", "*"} and kind not in made and kind != "wrong" and not self.options(kind):
                    maker = self.choose([each for each in self.language.forms if makes(each, kind)])
                    self.prepare(*maker.make)
                    self.write(maker)
                made |= {kind} if how in {"+", "!"} else set()


def makes(form: Form, kind: str) -> bool:
    """Tell whether a form leaves something of a kind."""
    text = "".join(form.make)
    kinds = ALIKE.get(kind, (kind,))
    return any(f"{{{how}{each}}}" in text for how in "+!" for each in kinds) and f"{{/{kind}}}" not in text


class Lost:
    """What is lost of a session: after statements that have run, and before those of the rest."""

    def __init__(self, language: Language) -> None:
        self.language, self.names, self.known = language, set[str](), set[str]()

    def __contains__(self, name: str) -> bool:
        return name in self.names or (ANYTHING in self.names and name not in self.known)

    def read_by(self, piece: Piece) -> set[str]:
        """Return what of it a statement may read."""
        found = {name for name in piece.reads if name in self} | (piece.names & self.names)
        found |= {name for name in self.names if "@@" in name}  # a setting of the server's is for every statement
        return found | (self.names - BRIEF if piece.opaque else set())

    def run(self, piece: Piece) -> None:
        """Note what a statement has set that has run."""
        tainted = any(name in self for name in piece.reads)
        known_text = piece.text.startswith("EXECUTE") and piece.form.mark.how != ASKS and not tainted
        if piece.opaque and not known_text:
            self.known.clear()
            self.names |= {ANYTHING, *self.language.implicit}
        kept = piece.sets - self.language.implicit.keys() - (piece.sets if tainted else piece.loses)
        self.names = (self.names - kept - piece.drops) | (piece.sets - kept) | piece.fires
        self.known = (self.known | kept) - self.names

    def run_again(self, piece: Piece) -> None:
        """Note what a statement of the rest sets anew."""
        again = piece.sets - self.language.implicit.keys()
        again |= {name for name, each in self.language.overwritten.items() if re.match(each, piece.text)}
        self.names -= again | piece.drops
        self.known |= again


def may_ask(language: Language, pieces: Sequence[Piece], done: int, failing: int) -> set[str]:
    """Return for what a run may ask that goes on after *done* statements: what is lost, and may be read by the rest.

    Those that change the session only and come last of what is done simply run again, with the rest.
    """
    if failing >= 0 and pieces[failing].opaque:
        return {"a part of it may have run"}
    while done and pieces[done - 1].session:
        done -= 1
    lost, why = Lost(language), set[str]()
    for piece in pieces[:done]:
        lost.run(piece)
    for piece in pieces[done:]:
        why |= lost.read_by(piece)
        lost.run_again(piece)
    return why


# --- MySQL and MariaDB ----------------------------------------------------------------------------------------------

TABLE = "(id INTEGER AUTO_INCREMENT PRIMARY KEY, k INTEGER UNIQUE, n INTEGER, t VARCHAR(200))"
# Some people give a routine a DELIMITER; others have one statement in it.
LINES = "DELIMITER //\n{}//\nDELIMITER ;"
HIDDEN = (
    "SELECT CONCAT('ALTER TABLE ', table_name, ' DROP KEY ', index_name) FROM information_schema.statistics"
    " WHERE table_schema = DATABASE() AND index_name = 'hidden'"
)
LAST = "SELECT t FROM t1 WHERE id = "  # numbers have gaps where something was rolled back: never shown as such

_MYSQL = (
    Form("CREATE TABLE", (f"CREATE TABLE {{+spare}} {TABLE}",)),
    Form("CREATE TABLE IF NOT EXISTS", (f"CREATE TABLE IF NOT EXISTS {{+spare}} {TABLE}",)),
    Form("CREATE TABLE LIKE", ("CREATE TABLE {+spare} LIKE {table}",)),
    Form("CREATE TABLE AS SELECT", ("CREATE TABLE {+copy} AS SELECT k, n, t FROM {table}",)),
    Form("DROP TABLE", ("DROP TABLE {-spare}",)),
    Form("DROP TABLE IF EXISTS", ("DROP TABLE IF EXISTS nonesuch",)),
    Form("RENAME TABLE", ("RENAME TABLE {-spare} TO {+spare}",)),
    Form("TRUNCATE TABLE", ("TRUNCATE TABLE {spare}",)),
    Form("ALTER TABLE ADD COLUMN", ("ALTER TABLE {any} ADD COLUMN {+column} INTEGER DEFAULT 3",)),
    Form("ALTER TABLE MODIFY", ("ALTER TABLE {table} MODIFY t VARCHAR(250)",)),
    Form("ALTER TABLE of two parts", ("ALTER TABLE {any} ADD COLUMN {+column} TEXT, COMMENT = 'a; b'",)),
    Form("CREATE INDEX", ("CREATE INDEX {+index} (n)",)),
    Form("DROP INDEX", ("DROP INDEX {-index}",)),
    Form("CREATE VIEW", ("CREATE VIEW {+view} AS SELECT n, t FROM {table}",)),
    Form("CREATE OR REPLACE VIEW", ("CREATE OR REPLACE VIEW {view} AS SELECT n FROM {table}",)),
    Form("DROP VIEW", ("DROP VIEW {-view}",)),
    Form("CREATE TRIGGER", (
        "CREATE TRIGGER {+trigger} BEFORE INSERT ON {table} FOR EACH ROW SET NEW.n = COALESCE(NEW.n, 0) + 1",)),
    Form("CREATE TRIGGER of more lines", (LINES.format(
        "CREATE TRIGGER {+trigger} AFTER UPDATE ON {table} FOR EACH ROW\nBEGIN\n"
        "  {audit} VALUES ('; updated');\nEND"),)),
    Form("DROP TRIGGER", ("DROP TRIGGER {-trigger}",)),
    Form("CREATE PROCEDURE", ("CREATE PROCEDURE {+procedure}() {audit} VALUES ('called')",)),
    Form("CREATE PROCEDURE of more lines", (LINES.format(
        "CREATE PROCEDURE {+procedure}()\nBEGIN\n  {audit} VALUES ('called; often');\n"
        "  UPDATE t1 SET n = n + 1;\nEND"),)),
    Form("CREATE FUNCTION", ("CREATE FUNCTION {+function}(a INTEGER) RETURNS INTEGER DETERMINISTIC RETURN a + 1",)),
    Form("DROP PROCEDURE", ("DROP PROCEDURE {-procedure}",)),
    Form("ANALYZE TABLE", ("ANALYZE TABLE {table}",)),
    Form("CREATE EVENT", (
        "CREATE EVENT {+event} ON SCHEDULE EVERY 1 YEAR STARTS '2030-01-01' DISABLE DO {audit} VALUES ('never')",)),
    Form("INSERT", ("INSERT INTO {any} (n, t) VALUES ({int}, {word})",)),
    Form("INSERT of two rows", ("INSERT INTO {any} (n, t) VALUES ({int}, {word}), ({int}, {word})",)),
    Form("INSERT SELECT", ("INSERT INTO {table} (n, t) SELECT n, t FROM {any}",)),
    Form("INSERT SET", ("INSERT INTO {table} SET n = {int}, t = {word}",)),
    Form("INSERT IGNORE", ("INSERT IGNORE INTO {table} (k, n) VALUES ({int}, {int})",)),
    Form("INSERT ON DUPLICATE KEY", (
        "INSERT INTO {table} (k, n) VALUES ({int}, 1) ON DUPLICATE KEY UPDATE n = COALESCE(n, 0) + 1",)),
    Form("REPLACE", ("REPLACE INTO {table} (k, n, t) VALUES ({int}, {int}, {word})",)),
    Form("UPDATE", ("UPDATE {any} SET n = COALESCE(n, 0) + {int}",)),
    Form("UPDATE of two tables", ("UPDATE t1 JOIN t2 ON t1.k = t2.k SET t1.n = t2.n + 1",)),
    Form("DELETE", ("DELETE FROM {any} WHERE n = {int}",)),
    Form("DELETE with LIMIT", ("DELETE FROM {table} ORDER BY id DESC LIMIT 1",)),
    Form("WITH", ("INSERT INTO {table} (n, t) WITH c AS (SELECT {int} AS n) SELECT n, {word} FROM c",)),
    Form("SELECT", ("SELECT COUNT(*) FROM {any}",)),
    Form("VALUES", ("VALUES ROW(1), ROW(2)",), only="mysql"),
    Form("INSERT RETURNING", ("INSERT INTO {table} (n) VALUES ({int}) RETURNING id",), only="mariadb"),
    Form("SET STATEMENT .. FOR INSERT", (
        "SET STATEMENT max_statement_time = 10 FOR INSERT INTO {table} (n) VALUES ({int})",), only="mariadb"),
    Form("SET STATEMENT .. FOR CREATE", (
        f"SET STATEMENT sql_mode = 'ANSI' FOR CREATE TABLE {{+spare}} {TABLE}",), only="mariadb"),
    Form("CREATE OR REPLACE TABLE", (f"CREATE OR REPLACE TABLE {{spare}} {TABLE}",), only="mariadb"),
    Form("CREATE SEQUENCE", ("CREATE SEQUENCE {+quantity}",), only="mariadb"),
    Form("BEGIN .. COMMIT", ("BEGIN", "INSERT INTO t1 (t) VALUES ({word})", "UPDATE t2 SET n = 4", "COMMIT")),
    Form("SET autocommit .. COMMIT", (
        "SET autocommit = 0", "INSERT INTO t1 (t) VALUES ({word})", "COMMIT", "SET autocommit = 1")),
    Form("several statements in one DELIMITER", (
        f"DELIMITER //\nCREATE TABLE {{+spare}} {TABLE};", "INSERT INTO {table} (n) VALUES ({int});",
        "{audit} VALUES ('; last')//\nDELIMITER ;")),
    Form("a statement after a routine in one DELIMITER", (
        "DELIMITER //\nCREATE PROCEDURE {+procedure}()\nBEGIN\n  {audit} VALUES ('p; q');\nEND//",
        "{audit} VALUES ('after; it')//\nDELIMITER ;")),
    Form("warnings", ("INSERT IGNORE INTO t1 (k, n) VALUES ('x', 1)", "{audit} VALUES (@@warning_count)")),

    # Of the session, rebuilt.
    Form("SET @x = 5", ("SET {+num} = {int}",), VARIABLES, "{audit} VALUES ({num})"),
    Form("SET @x = 'text'", ("SET {+str} = {word}",), VARIABLES, "{audit} VALUES (CONCAT('=', {str}))"),
    Form("SET @x := 5, @y = ..", ("SET {+num} := {int}, {+str} = CONCAT('a', 'b')",), VARIABLES,
         "{audit} VALUES (CONCAT_WS('/', {num}, {str}))"),
    Form("SET @x = @y + 1", ("SET {+num} = {num} + {int}",), VARIABLES, "INSERT INTO t2 (n) VALUES ({num})"),
    Form("SET @x = UPPER(CONCAT(@y, ..))", ("SET {+str} = UPPER(CONCAT({str}, '; ', {num}))",), VARIABLES,
         "UPDATE t1 SET t = {str}"),
    Form("SET @x = @@sql_mode", ("SET {+str} = @@sql_mode",), VARIABLES, "{audit} VALUES (CONCAT('m', {str}))"),
    Form("SET sql_mode", ("SET sql_mode = {mode}{=setting:@@sql_mode}",), SETTINGS, "{audit} VALUES ('1' || '0')"),
    Form("SET sql_mode = CONCAT(@@sql_mode, ..)", (
        "SET SESSION sql_mode = CONCAT(@@sql_mode, ',PIPES_AS_CONCAT'){=setting:@@sql_mode}",), SETTINGS,
        "{audit} VALUES (@@sql_mode)"),
    Form("SET time_zone", ("SET time_zone = {zone}{=setting:@@time_zone}",), SETTINGS,
         "{audit} VALUES (FROM_UNIXTIME(86400))"),
    Form("SET SESSION", ("SET SESSION group_concat_max_len = 6{=setting:@@group_concat_max_len}",), SETTINGS,
         "{audit} VALUES (@@group_concat_max_len)"),
    Form("SET @@session.x", ("SET @@session.div_precision_increment = {int}{=setting:@@div_precision_increment}",),
         SETTINGS, "{audit} VALUES (1 / 7)"),
    Form("SET sql_select_limit in quotes", ("SET `sql_select_limit` = 1{=setting:@@sql_select_limit}",), SETTINGS,
         "{audit} VALUES (@@sql_select_limit)"),
    Form("SET lc_time_names = @x", (
        "SET {+str} = {locale}", "SET lc_time_names = {^str}{=setting:@@lc_time_names}"), SETTINGS,
        "{audit} VALUES (DATE_FORMAT('2026-01-02', '%M %W'))"),
    Form("SET NAMES", ("SET NAMES latin1{=setting:@@character_set_client}",), SETTINGS,
         "{audit} VALUES (CONCAT(@@character_set_client, LENGTH('abc')))"),
    Form("SET foreign_key_checks", ("SET foreign_key_checks = 0{=setting:@@foreign_key_checks}",), SETTINGS,
         "{audit} VALUES (@@foreign_key_checks)"),
    Form("SET SESSION TRANSACTION ..", (
        "SET SESSION TRANSACTION ISOLATION LEVEL READ COMMITTED{=setting:isolation}",), SETTINGS,
        "{audit} SELECT variable_value FROM {variables}"
        " WHERE variable_name IN ('tx_isolation', 'transaction_isolation')"),
    Form("PREPARE s FROM 'text'", ("PREPARE {+prepared} FROM '{audit} VALUES (''; prepared'')'",), PREPARED,
         "EXECUTE {prepared}"),
    Form("PREPARE s FROM @x", (
        "SET {+str} = CONCAT('INSERT INTO {wrong:nowhere|audit} (v) ', 'VALUES (9)')",
        "PREPARE {+prepared} FROM {^str}"), PREPARED, "EXECUTE {prepared}"),
    Form("PREPARE, EXECUTE, DEALLOCATE", (
        "SET {+str} = 'INSERT INTO {wrong:nowhere|audit} (v) VALUES (8)'", "PREPARE {+prepared} FROM {^str}",
        "EXECUTE {^prepared}", "DEALLOCATE PREPARE {/prepared}"), PREPARED, "{audit} VALUES ({str})"),
    Form("DEALLOCATE", ("DEALLOCATE PREPARE {-prepared}", "SET {+num} = {int}"), PREPARED, "{audit} VALUES ({num})"),
    Form("a key of unknown name, dropped", (
        "CREATE INDEX hidden ON {table} (n)",
        f"SET {{!str}} = ({HIDDEN})",
        "PREPARE {+prepared} FROM {^str}", "EXECUTE {^prepared}", "DEALLOCATE PREPARE {/prepared}")),

    # Of the session, lost.
    Form("SET @x = (SELECT ..)", ("SET {+num} = (SELECT COUNT(*) FROM {any})",), DATA, "{audit} VALUES ({num})"),
    Form("SET @x = LAST_INSERT_ID()", (
        "INSERT INTO t1 (t) VALUES ({word})", "SET {+id} = LAST_INSERT_ID()", "INSERT INTO t2 (n) VALUES (1)"),
        DATA, f"{{audit}} {LAST}{{id}}"),
    Form("SET @x = ROW_COUNT()", ("UPDATE {table} SET n = 7", "SET {+num} = ROW_COUNT()"), DATA,
         "{audit} VALUES ({num})"),
    Form("SET @x = f()", ("SET {+num} = {function}({int})",), DATA, "{audit} VALUES ({num})"),
    Form("SET @x = f(), which writes", ("SET {+num} = {writer}()",), DATA, "{audit} VALUES ({num})"),
    Form("SELECT .. INTO @x", ("SELECT COUNT(*) INTO {+num} FROM {any}",), DATA, "{audit} VALUES ({num})"),
    Form("SELECT .. INTO @x, @y", ("SELECT COUNT(*), MAX(t) FROM {any} INTO {+num}, {+str}",), DATA,
         "{audit} VALUES (CONCAT_WS('/', {num}, {str}))"),
    Form("SELECT @x := ..", ("SELECT {+num} := COUNT(*) FROM {any}",), DATA, "{audit} VALUES ({num})"),
    Form("UPDATE .. @x := @x + 1", ("SET {+num} = 0", "UPDATE {table} SET n = ({^num} := {^num} + 1) ORDER BY id"),
         DATA, "{audit} VALUES ({num})"),
    Form("CREATE TEMPORARY TABLE", (f"CREATE TEMPORARY TABLE {{+temp}} {TABLE}",), TEMPORARY,
         "{audit} SELECT COUNT(*) FROM {temp}"),
    Form("CREATE TEMPORARY TABLE AS SELECT", ("CREATE TEMPORARY TABLE {+temp} AS SELECT n, t FROM {any}",), TEMPORARY,
         "INSERT INTO t1 (n, t) SELECT n, t FROM {temp}"),
    Form("CREATE TEMPORARY TABLE IF NOT EXISTS", (
        f"create temporary table if not exists {{+temp}} {TABLE}",), TEMPORARY,
         "{audit} SELECT COUNT(*) FROM {temp}"),
    Form("/*! CREATE TEMPORARY TABLE */", (f"/*!50000 CREATE TEMPORARY TABLE */ `{{+temp}}` {TABLE}",), TEMPORARY,
         "{audit} SELECT COUNT(*) FROM {temp}"),
    Form("CREATE OR REPLACE TEMPORARY TABLE", (f"CREATE OR REPLACE TEMPORARY TABLE {{+temp}} {TABLE}",), TEMPORARY,
         "{audit} SELECT COUNT(*) FROM {temp}", only="mariadb"),
    Form("INSERT into a temporary table", ("INSERT INTO {*temp} (n, t) VALUES ({int}, {word})",), TEMPORARY,
         "{audit} SELECT COUNT(*) FROM {temp}"),
    Form("a temporary table that comes and goes", (
        "CREATE TEMPORARY TABLE {!temp} (n INTEGER, t TEXT)", "INSERT INTO {^temp} (n) VALUES (3)",
        "INSERT INTO t1 (n) SELECT n FROM {^temp}", "DROP TEMPORARY TABLE {/temp}")),
    Form("a temporary table that hides one", ("CREATE TEMPORARY TABLE {*spare} (n INTEGER, t TEXT)",), TEMPORARY,
         "INSERT INTO {spare} (n) VALUES (3)"),
    Form("DROP TEMPORARY TABLE", ("DROP TEMPORARY TABLE {-temp}",)),
    Form("LAST_INSERT_ID()", ("INSERT INTO t1 (t) VALUES ({word})",), REMEMBERED, f"{{audit}} {LAST}LAST_INSERT_ID()"),
    Form("ROW_COUNT() of the one before", ("UPDATE {table} SET n = 3 WHERE k = 101", "{audit} VALUES (ROW_COUNT())")),
    Form("ROW_COUNT() of CREATE TABLE AS", (
        "CREATE TABLE {+copy} AS SELECT k, n, t FROM {table}", "{audit} VALUES (ROW_COUNT())")),
    Form("CREATE TEMPORARY TABLE d.t", (f"CREATE TEMPORARY TABLE {{database}}.{{+temp}} {TABLE}",), TEMPORARY,
         "{audit} SELECT COUNT(*) FROM {database}.{temp}"),
    Form("FOUND_ROWS()", ("SELECT SQL_CALC_FOUND_ROWS n FROM {table} LIMIT 1",), REMEMBERED,
         "{audit} VALUES (FOUND_ROWS())"),
    Form("SET insert_id", ("SET insert_id = {big}", "INSERT INTO t1 (t) VALUES ('numbered')"), REMEMBERED,
         "INSERT INTO t1 (t) VALUES ('not numbered')"),
    Form("CALL", ("CALL {procedure}()",)),
    Form("CALL that sets a variable", (
        "CREATE PROCEDURE {+setter}() SET {+num} = 77", "CALL {^setter}()"), CALLED, "{audit} VALUES ({num})"),
    Form("CALL that makes a temporary table", (
        f"CREATE PROCEDURE {{+setter}}() CREATE TEMPORARY TABLE {{+temp}} {TABLE}", "CALL {^setter}()"), CALLED,
        "{audit} SELECT COUNT(*) FROM {temp}"),
    Form("CALL that sets a setting", (
        "CREATE PROCEDURE {+setter}() SET SESSION sql_mode = 'PIPES_AS_CONCAT'",
        "CALL {^setter}(){=setting:@@sql_mode}"), CALLED, "{audit} VALUES (@@sql_mode)"),
    Form("CALL that reads what was inserted last", (
        "CREATE PROCEDURE {+reader}() {audit} SELECT COUNT(*) FROM t1 WHERE id = LAST_INSERT_ID()",
        "CALL {^reader}()")),
    Form("CALL that reads a variable", (
        "CREATE PROCEDURE {+reader}() {audit} VALUES ({num})", "CALL {^reader}()")),
    Form("SELECT of a function that writes", ("SELECT {writer}()",)),
    Form("CREATE FUNCTION that writes", (LINES.format(
        "CREATE FUNCTION {+writer}() RETURNS INTEGER MODIFIES SQL DATA\nBEGIN\n  {audit} VALUES ('f; g');\n"
        "  RETURN 6;\nEND"),)),
    Form("DO of a function that sets a variable", (LINES.format(
        "CREATE FUNCTION {+writer}() RETURNS INTEGER NO SQL\nBEGIN\n  SET {+num} = 66;\n  RETURN 6;\nEND"),
        "DO {^writer}()"), CALLED, "{audit} VALUES ({num})"),
    Form("INSERT by a trigger that sets a variable", (
        "CREATE TRIGGER {+trigger} BEFORE INSERT ON {table} FOR EACH ROW SET {+num} = 55",
        "INSERT INTO {^table} (n) VALUES (1)"), CALLED, "{audit} VALUES ({num})", fires="num"),
    Form("EXECUTE that sets a variable", (
        "PREPARE once FROM 'SET {+num} = 44'", "EXECUTE once", "DEALLOCATE PREPARE once"), PREPARED,
        "{audit} VALUES ({num})"),
    Form("PREPARE s FROM @x from data", (
        "SET {+str} = (SELECT CONCAT('INSERT INTO audit (v) VALUES (', COUNT(*), ')') FROM t1)",
        "PREPARE {+prepared} FROM {^str}"), DATA, "EXECUTE {prepared}"),
    Form("GET_LOCK", ("SELECT GET_LOCK('{lock}', 0){=held:lock}",), HELD, "{audit} VALUES (IS_FREE_LOCK('{lock}'))"),
    Form("IF outside of a routine", (LINES.format(
        "IF (SELECT COUNT(*) FROM {table}) > 0 THEN\n  {audit} VALUES ('; if');\nEND IF"),), only="mariadb"),
    Form("FOR outside of a routine", (LINES.format(
        "FOR i IN 1 .. 2 DO\n  {audit} VALUES (i);\nEND FOR"),), only="mariadb"),
    Form("BEGIN NOT ATOMIC", (LINES.format(
        "BEGIN NOT ATOMIC\n  SET {+num} = 33;\n  {audit} VALUES ('b; c');\nEND"),), CALLED, "{audit} VALUES ({num})",
        only="mariadb"),
)  # fmt: skip

_MYSQL_BASE = (
    *(f"CREATE TABLE {name} {TABLE}" for name in ("t1", "t2")),
    "CREATE TABLE audit (id INTEGER AUTO_INCREMENT PRIMARY KEY, v TEXT) AUTO_INCREMENT = 9000",
    # A number tells of which table it is.
    *(
        f"INSERT INTO {name} (id, k, n, t) VALUES ({first}, 101, 1, 'a'), ({first + 1}, 102, 2, 'b')"
        for name, first in (("t1", 1000), ("t2", 2000))
    ),
)


def mysql(flavor: str, database: str) -> Language:
    """Return the forms of MySQL or MariaDB."""
    return Language(
        tuple(each for each in _MYSQL if each.only in {"", flavor}),
        _MYSQL_BASE,
        re.compile(r"(?i)SET\s(?!STATEMENT)|PREPARE|DEALLOCATE|SELECT.*(INTO @|:=|GET_LOCK)"
                   r"|(CREATE|CREATE OR REPLACE|/\*!50000 CREATE|DROP) TEMPORARY"),
        re.compile(r"CALL|EXECUTE|DO|DELIMITER //\n(BEGIN|IF|FOR)"),
        {"last_id": r"INSERT|REPLACE|SET STATEMENT|EXECUTE", "row_count": r"(?!SET|PREPARE|DEALLOCATE)",
         "insert_id": "SET insert_id", "found": "", "warnings": ""},
        {"row_count": "", "warnings": ""},
        {"last_id": r"LAST_INSERT_ID\(\)", "row_count": r"ROW_COUNT\(\)", "insert_id": "^INSERT",
         "found": r"FOUND_ROWS\(\)", "warnings": "warning_count"},
        ("INSERT INTO nowhere VALUES (1)", "ALTER TABLE t1 ADD COLUMN n INTEGER", "CREATE TABLE t1 (n INTEGER)",
         "UPDATE t1 SET nowhere = 1", "DELETE FROM t1 WHERE nowhere = 1", "SELEC 1", "DROP TABLE nowhere"),
        values={
            "mode": (
                "'PIPES_AS_CONCAT,STRICT_ALL_TABLES'", "'PIPES_AS_CONCAT'", "'NO_BACKSLASH_ESCAPES,PIPES_AS_CONCAT'"),
            "zone": ("'+03:00'", "'-08:30'"), "locale": ("'de_DE'", "'fr_FR'"), "lock": (f"{database} lock",),
            "big": ("5000", "6000"), "database": (database,), "variables": (
                ("information_schema.session_variables",) if flavor == "mariadb"
                else ("performance_schema.session_variables",)),
        },
    )  # fmt: skip


# --- PostgreSQL -----------------------------------------------------------------------------------------------------

PG_TABLE = "(id SERIAL PRIMARY KEY, k INTEGER UNIQUE, n INTEGER, t TEXT)"
BODY = "LANGUAGE plpgsql AS $body$\nBEGIN\n  {}\nEND $body$"

_POSTGRES = (
    Form("CREATE TABLE", (f"CREATE TABLE {{+spare}} {PG_TABLE}",), block=True),
    Form("CREATE TABLE IF NOT EXISTS", (f"CREATE TABLE IF NOT EXISTS {{+spare}} {PG_TABLE}",)),
    Form("CREATE TABLE LIKE", ("CREATE TABLE {+copy} (LIKE {table} INCLUDING ALL)",)),
    Form("CREATE TABLE AS", ("CREATE TABLE {+copy} AS SELECT k, n, t FROM {table}",), block=True),
    Form("SELECT INTO", ("SELECT n, t INTO {+copy} FROM {table}",)),
    Form("DROP TABLE", ("DROP TABLE {-spare}",)),
    Form("ALTER TABLE RENAME", ("ALTER TABLE {-spare} RENAME TO {+spare}",)),
    Form("TRUNCATE", ("TRUNCATE {spare}",)),
    Form("ALTER TABLE ADD COLUMN", ("ALTER TABLE {any} ADD COLUMN {+column} INTEGER DEFAULT 3",), block=True),
    Form("ALTER TABLE ADD CONSTRAINT", ("ALTER TABLE {table} ADD CONSTRAINT {+column} CHECK (n > -5) NOT VALID",)),
    Form("COMMENT", ("COMMENT ON TABLE {table} IS {word}",), block=True),
    Form("CREATE INDEX", ("CREATE INDEX {+index} (n)",), block=True),
    Form("CREATE INDEX CONCURRENTLY", ("CREATE INDEX CONCURRENTLY {+index} (t)",)),
    Form("REINDEX", ("REINDEX TABLE {table}",)),
    Form("VACUUM", ("VACUUM {table}",)),
    Form("ANALYZE", ("ANALYZE {table}",)),
    Form("CREATE VIEW", ("CREATE VIEW {+view} AS SELECT n, k FROM {table}",)),
    Form("DROP VIEW", ("DROP VIEW {-view}",)),
    Form("CREATE MATERIALIZED VIEW", ("CREATE MATERIALIZED VIEW {+material} AS SELECT n, k FROM {table}",)),
    Form("REFRESH", ("REFRESH MATERIALIZED VIEW {material}",)),
    Form("CREATE TYPE", ("CREATE TYPE {+enum} AS ENUM ('a', 'b')",)),
    Form("ALTER TYPE ADD VALUE", ("ALTER TYPE {enum} ADD VALUE IF NOT EXISTS 'c'",)),
    Form("CREATE DOMAIN", ("CREATE DOMAIN {+domain} AS INTEGER CHECK (VALUE > 0)",)),
    Form("CREATE SEQUENCE", ("CREATE SEQUENCE {+quantity}",)),
    Form("CREATE SCHEMA", ("CREATE SCHEMA {+other}",)),
    Form("CREATE FUNCTION", (
        "CREATE FUNCTION {+function}(a INTEGER) RETURNS INTEGER LANGUAGE sql IMMUTABLE AS 'SELECT a + 1'",)),
    Form("CREATE FUNCTION that writes", (
        "CREATE FUNCTION {+writer}() RETURNS INTEGER " + BODY.format("{audit} VALUES ('f; g');\n  RETURN 6;"),)),
    Form("CREATE PROCEDURE", ("CREATE PROCEDURE {+procedure}() " + BODY.format("{audit} VALUES ('called');"),)),
    Form("CREATE PROCEDURE that commits", (
        "CREATE PROCEDURE {+procedure}() "
        + BODY.format("{audit} VALUES ('a');\n  COMMIT;\n  {audit} VALUES ('b');"),)),
    Form("CREATE TRIGGER", (
        "CREATE FUNCTION {+fires}() RETURNS trigger " + BODY.format("NEW.n := NEW.n + 1;\n  RETURN NEW;"),
        "CREATE TRIGGER {+trigger} BEFORE INSERT ON {table} FOR EACH ROW EXECUTE FUNCTION {^fires}()")),
    Form("CREATE RULE", ("CREATE RULE {+rule} AS ON DELETE TO {spare} DO ALSO {audit} VALUES ('ruled')",)),
    Form("GRANT", ("GRANT SELECT ON {table} TO PUBLIC",)),
    Form("INSERT", ("INSERT INTO {any} (n, t) VALUES ({int}, {word})",), block=True),
    Form("INSERT SELECT", ("INSERT INTO {table} (n, t) SELECT n, t FROM {any}",), block=True),
    Form("INSERT RETURNING", ("INSERT INTO {table} (n) VALUES ({int}) RETURNING id",), block=True),
    Form("INSERT ON CONFLICT", (
        "INSERT INTO {table} (k, n) VALUES ({int}, 1) ON CONFLICT (k) DO UPDATE SET n = excluded.n + 1",), block=True),
    Form("UPDATE", ("UPDATE {any} SET n = COALESCE(n, 0) + {int}",), block=True),
    Form("UPDATE FROM", ("UPDATE t1 SET n = t2.n + 1 FROM t2 WHERE t1.k = t2.k",), block=True),
    Form("DELETE", ("DELETE FROM {any} WHERE n = {int}",), block=True),
    Form("MERGE", (
        "MERGE INTO t1 USING t2 ON t1.k = t2.k\nWHEN MATCHED THEN UPDATE SET n = 9 WHEN NOT MATCHED THEN DO NOTHING",),
        block=True),
    Form("WITH that writes", (
        "WITH gone AS (DELETE FROM {table} WHERE n = {int} RETURNING n, t) {audit} SELECT t FROM gone",), block=True),
    Form("SELECT", ("SELECT count(*) FROM {any}",), block=True),
    Form("NOTIFY", ("NOTIFY somebody, 'x'",)),
    Form("BEGIN .. COMMIT", ("BEGIN", "COMMIT")),
    Form("SAVEPOINT in a transaction", (
        "BEGIN", "SAVEPOINT a", "INSERT INTO t1 (n) VALUES ({int})", "ROLLBACK TO SAVEPOINT a",
        "INSERT INTO t2 (n) VALUES ({int})", "RELEASE SAVEPOINT a", "COMMIT")),
    Form("SET LOCAL in a transaction", (
        "BEGIN", "SET LOCAL timezone = 'Asia/Tokyo'", "{audit} VALUES (current_setting('timezone'))", "COMMIT")),
    Form("a temporary table of a transaction", (
        "BEGIN", "CREATE TEMP TABLE brief (n INTEGER) ON COMMIT DROP", "INSERT INTO brief VALUES (2)",
        "{audit} SELECT n FROM brief", "COMMIT")),

    # Rebuilt.
    Form("SET app.x = 'text'", ("SET app.a = {word}{=setting:app.a}",), SETTINGS,
         "{audit} VALUES (nullif(current_setting('app.a', true), ''))"),
    Form("SET timezone", ("SET TIME ZONE {zone}{=setting:timezone}",), SETTINGS,
         "{audit} VALUES (to_timestamp(86400)::text)"),
    Form("SET SESSION", ("SET SESSION extra_float_digits TO 0{=setting:extra_float_digits}",), SETTINGS,
         "{audit} VALUES (nullif(current_setting('{setting}', true), ''))"),
    Form("SET search_path", ("SET search_path = public, pg_catalog{=setting:search_path}",), SETTINGS,
         "{audit} VALUES (current_setting('search_path'))"),
    Form("SET search_path to another schema", (
        "SET search_path TO {other}, public{=setting:search_path}",), SETTINGS, "CREATE TABLE {+there} (n INTEGER)"),
    Form("SET ROLE", ("SET ROLE {role}{=setting:role}",), SETTINGS, "{audit} VALUES (current_user)"),
    Form("SET SESSION AUTHORIZATION", ("SET SESSION AUTHORIZATION {role}{=setting:role}",), SETTINGS,
         "{audit} VALUES (session_user)"),
    Form("SET DateStyle", ("SET datestyle = 'German'{=setting:datestyle}",), SETTINGS,
         "{audit} VALUES (DATE '2026-01-02'::text)"),
    Form("SET standard_conforming_strings", (
        "SET standard_conforming_strings = off{=setting:standard_conforming_strings}",
        "SET escape_string_warning = off"), SETTINGS, "{audit} VALUES ('a\\'; b')"),
    Form("SET client_encoding", ("SET client_encoding = 'LATIN1'{=setting:client_encoding}",), SETTINGS,
         "{audit} VALUES (current_setting('client_encoding'))"),
    Form("SET SESSION CHARACTERISTICS", (
        "SET SESSION CHARACTERISTICS AS TRANSACTION ISOLATION LEVEL REPEATABLE READ{=setting:level}",), SETTINGS,
        "{audit} VALUES (current_setting('transaction_isolation'))"),
    Form("SET lock_timeout", ("SET lock_timeout = '7s'{=limit:lock_timeout}",), SETTINGS,
         "{audit} VALUES (current_setting('lock_timeout'))"),
    Form("set_config('x', 'text', false)", ("SELECT set_config('app.b', {word}, false){=setting:app.b}",), SETTINGS,
         "{audit} VALUES (nullif(current_setting('app.b', true), ''))"),
    Form("RESET", ("SET datestyle = 'German'", "RESET datestyle{=setting:datestyle}"), SETTINGS,
         "{audit} VALUES (DATE '2026-01-02'::text)"),
    Form("RESET ALL", ("SET app.c = '1'", "RESET ALL{=setting:app.c}"), SETTINGS,
         "{audit} VALUES (nullif(current_setting('app.c', true), ''))", clears=()),
    Form("PREPARE", ("PREPARE {+prepared} AS {audit} VALUES ('; prepared')",), PREPARED, "EXECUTE {prepared}"),
    Form("PREPARE s (..) AS", ("PREPARE {+given} (INTEGER) AS {audit} SELECT n + $1 FROM t1",), PREPARED,
         "EXECUTE {given} (3)"),
    Form("DEALLOCATE", ("DEALLOCATE {-prepared}", "SET app.d = 'x'{=setting:app.d}"), PREPARED,
         "{audit} VALUES (nullif(current_setting('app.d', true), ''))"),
    Form("LISTEN", ("LISTEN {+channel}",), SETTINGS,
         "{audit} SELECT c FROM pg_listening_channels() AS c WHERE c = '{channel}'"),
    Form("UNLISTEN", ("LISTEN wrong_channel", "UNLISTEN *{=setting:no channel}"), SETTINGS,
         "{audit} SELECT count(*)::text FROM pg_listening_channels()", clears=("channel",)),
    Form("SET in a transaction", (
        "BEGIN", "SET app.z = 'in'{=setting:app.z}", "INSERT INTO t1 (n) VALUES ({int})", "COMMIT"), SETTINGS,
        "{audit} VALUES (nullif(current_setting('app.z', true), ''))"),
    Form("a setting that was wrong", (
        "SELECT set_config('app.n', '{wrong:0|2}', false){=setting:app.n}",
        "{audit} SELECT 10 / current_setting('app.n')::integer"), SETTINGS,
        "{audit} VALUES (nullif(current_setting('app.n', true), ''))"),

    # Lost.
    Form("set_config('x', (data), false)", (
        "SELECT set_config('app.e', count(*)::text, false) FROM {any}{=setting:app.e}",), DATA,
         "{audit} VALUES (nullif(current_setting('app.e', true), ''))"),
    Form("CREATE TEMP TABLE", (f"CREATE TEMP TABLE {{+temp}} {PG_TABLE}",), TEMPORARY,
         "{audit} SELECT count(*) FROM {temp}"),
    Form("CREATE LOCAL TEMPORARY TABLE AS", (
        "CREATE LOCAL TEMPORARY TABLE {+temp} AS SELECT n, t FROM {any}",), TEMPORARY,
         "INSERT INTO t1 (n, t) SELECT n, t FROM {temp}"),
    Form("CREATE TABLE pg_temp.t", (f"CREATE TABLE pg_temp.{{+temp}} {PG_TABLE}",), TEMPORARY,
         "{audit} SELECT count(*) FROM {temp}"),
    Form("SELECT INTO TEMP", ("SELECT n, t INTO TEMP {+temp} FROM {any}",), TEMPORARY,
         "{audit} SELECT count(*) FROM pg_temp.{temp}"),
    Form("INSERT into a temporary table", ("INSERT INTO {*temp} (n, t) VALUES ({int}, {word})",), TEMPORARY,
         "{audit} SELECT count(*) FROM {temp}"),
    Form("CREATE TEMP VIEW", ("CREATE TEMP VIEW {+look} AS SELECT count(*) AS c FROM {table}",), TEMPORARY,
         "{audit} SELECT c FROM {look}"),
    Form("CREATE TEMP SEQUENCE", ("CREATE TEMP SEQUENCE {+counts}",), TEMPORARY, "{audit} SELECT nextval('{counts}')"),
    Form("DROP of a temporary table", ("DROP TABLE {-temp}",)),
    Form("a temporary table that comes and goes", (
        "CREATE TEMP TABLE {!temp} AS SELECT n, t FROM {any}", "INSERT INTO t1 (n) SELECT n FROM {^temp}",
        "DROP TABLE {/temp}")),
    Form("DISCARD TEMP", ("DISCARD TEMP",), clears=("temp", "look", "counts")),
    Form("DISCARD PLANS", ("DISCARD PLANS",)),
    Form("SET that is rolled back", (
        "BEGIN", "SAVEPOINT a", "SET datestyle = 'German'{=setting:datestyle}{=setting:@@datestyle}",
        "ROLLBACK TO SAVEPOINT a", "INSERT INTO t1 (n) VALUES ({int})", "COMMIT"), DATA,
        "{audit} VALUES (DATE '2026-01-02'::text)"),
    Form("lastval()", ("INSERT INTO t1 (t) VALUES ({word})",), REMEMBERED, f"{{audit}} {LAST}lastval()"),
    Form("currval()", ("INSERT INTO t1 (t) VALUES ({word})",), REMEMBERED, f"{{audit}} {LAST}currval('t1_id_seq')"),
    Form("nextval()", ("SELECT nextval('{quantity}'){=used:nextval}",), REMEMBERED,
         "{audit} SELECT (currval('{quantity}') > 0)::text"),
    Form("DECLARE CURSOR WITH HOLD", ("DECLARE {+cursor} CURSOR WITH HOLD FOR SELECT n FROM {table}",), HELD,
         "FETCH NEXT FROM {cursor}"),
    Form("CLOSE", ("CLOSE {-cursor}",)),
    Form("pg_advisory_lock", ("SELECT pg_advisory_lock({key}){=held:advisory}",), SETTINGS,
         "{audit} SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND objid = {key} AND database ="
         " (SELECT oid FROM pg_database WHERE datname = current_database())"),
    Form("DO", ("DO $$ BEGIN\n  {audit} VALUES ('done');\nEND $$",)),
    Form("DO that sets", ("DO $$ BEGIN\n  PERFORM set_config('app.f', 'd', false);\nEND $${=setting:app.f}",), CALLED,
         "{audit} VALUES (nullif(current_setting('app.f', true), ''))"),
    Form("DO that makes a temporary table", ("DO $$ BEGIN\n  CREATE TEMP TABLE {+temp} (n INTEGER, t TEXT);\nEND $$",),
         CALLED, "{audit} SELECT count(*) FROM {temp}"),
    Form("CALL", ("CALL {procedure}()",)),
    Form("CALL that sets", (
        "CREATE PROCEDURE {+setter}() " + BODY.format("SET app.g = 'p';"), "CALL {^setter}(){=setting:app.g}"), CALLED,
        "{audit} VALUES (nullif(current_setting('app.g', true), ''))"),
    Form("SELECT of a function that writes", ("SELECT {writer}()",)),
    Form("SELECT of a function that sets", (
        "CREATE FUNCTION {+writer}() RETURNS TEXT LANGUAGE sql AS $$ SELECT set_config('app.h', 's', false) $$",
        "SELECT {^writer}(){=setting:app.h}"), CALLED, "{audit} VALUES (nullif(current_setting('app.h', true), ''))"),
    Form("INSERT of a stored function", ("INSERT INTO {table} (n) VALUES ({function}({int}))",)),
)  # fmt: skip

_POSTGRES_BASE = (
    *(f"CREATE TABLE {name} {PG_TABLE}" for name in ("t1", "t2")),
    "CREATE TABLE audit (id SERIAL PRIMARY KEY, v TEXT)",
    *(f"ALTER SEQUENCE {name}_id_seq RESTART {first}" for name, first in (("t1", 1000), ("t2", 2000), ("audit", 9000))),
    *(f"INSERT INTO {name} (k, n, t) VALUES (101, 1, 'a'), (102, 2, 'b')" for name in ("t1", "t2")),
)


def postgres(role: str) -> Language:
    """Return the forms of PostgreSQL; the *role* may do everything."""
    return Language(
        _POSTGRES, _POSTGRES_BASE,
        re.compile(r"SET\s|RESET|PREPARE|DEALLOCATE|LISTEN|UNLISTEN|DISCARD (PLANS|TEMP)|DECLARE"
                   r"|SELECT set_config(?!.*\bFROM\b)"
                   r"|CREATE (LOCAL )?(TEMP|TEMPORARY)\b(?!.*\bFROM\b)|CREATE TABLE pg_temp|CLOSE"
                   r"|SELECT pg_advisory_lock"),
        re.compile(r"CALL|EXECUTE|DO"),
        {"last_id": r"INSERT|WITH|MERGE|SELECT nextval|EXECUTE"}, {}, {"last_id": r"lastval\(|currval\("},
        ("INSERT INTO nowhere VALUES (1)", "ALTER TABLE t1 ADD COLUMN n INTEGER", "CREATE TABLE t1 (n INTEGER)",
         "UPDATE t1 SET nowhere = 1", "SELECT 1 / 0", "SELEC 1", "DROP TABLE nowhere"),
        "-- migrate: no-transaction",
        values={"zone": ("'Asia/Tokyo'", "'-3'"), "role": (role,), "key": ("4711",)},
    )  # fmt: skip


# --- SQLite ---------------------------------------------------------------------------------------------------------

SQ_TABLE = "(id INTEGER PRIMARY KEY, k INTEGER UNIQUE, n INTEGER CHECK (n < 1000000), t TEXT)"

_SQLITE = (
    Form("CREATE TABLE", (f"CREATE TABLE {{+spare}} {SQ_TABLE}",), block=True),
    Form("CREATE TABLE IF NOT EXISTS", (f"CREATE TABLE IF NOT EXISTS main.{{+spare}} {SQ_TABLE}",)),
    Form("CREATE TABLE AS", ("CREATE TABLE {+copy} AS SELECT k, n, t FROM {table}",), block=True),
    Form("CREATE TABLE STRICT", ("CREATE TABLE {+copy} (n INTEGER PRIMARY KEY, t TEXT) STRICT, WITHOUT ROWID",)),
    Form("CREATE VIRTUAL TABLE", ("CREATE VIRTUAL TABLE {+full} USING fts5 (t)",)),
    Form("DROP TABLE", ("DROP TABLE {-spare}",), block=True),
    Form("ALTER TABLE RENAME", ("ALTER TABLE {-spare} RENAME TO {+spare}",)),
    Form("ALTER TABLE ADD COLUMN", ("ALTER TABLE {any} ADD COLUMN {+column} INTEGER DEFAULT 3",), block=True),
    Form("ALTER TABLE DROP COLUMN", ("ALTER TABLE {table} ADD COLUMN brief", "ALTER TABLE {^table} DROP COLUMN brief")),
    Form("ALTER TABLE RENAME COLUMN", (
        "ALTER TABLE {table} RENAME COLUMN k TO kk", "ALTER TABLE {^table} RENAME COLUMN kk TO k")),
    Form("CREATE INDEX", ("CREATE INDEX {+index} (n)",), block=True),
    Form("CREATE INDEX of an expression", ("CREATE INDEX {+index} (n + 1) WHERE n > 0",)),
    Form("CREATE VIEW", ("CREATE VIEW {+view} AS SELECT n, t FROM {table}",)),
    Form("DROP VIEW", ("DROP VIEW {-view}",)),
    Form("CREATE TRIGGER", (
        "CREATE TRIGGER {+trigger} AFTER UPDATE ON {table} BEGIN\n  {audit} VALUES ('; updated');\nEND",)),
    Form("CREATE TRIGGER with CASE", (
        "CREATE TRIGGER {+trigger} AFTER DELETE ON {table} BEGIN\n  {audit} SELECT CASE OLD.n WHEN 1 THEN 2 END;\nEND",
        )),
    Form("DROP TRIGGER", ("DROP TRIGGER {-trigger}",)),
    Form("REINDEX", ("REINDEX {table}",)),
    Form("ANALYZE", ("ANALYZE {table}",)),
    Form("VACUUM", ("VACUUM",)),
    Form("PRAGMA user_version", ("PRAGMA user_version = {int}",)),
    Form("PRAGMA that reads", ("PRAGMA table_info({table})",)),
    Form("INSERT", ("INSERT INTO {any} (n, t) VALUES ({int}, {word})",), block=True),
    Form("INSERT of two rows", ("INSERT INTO {any} (n, t) VALUES ({int}, {word}), ({int}, {word})",), block=True),
    Form("INSERT SELECT", ("INSERT INTO {table} (n, t) SELECT n, t FROM {any}",), block=True),
    Form("INSERT DEFAULT VALUES", ("INSERT INTO {table} DEFAULT VALUES",), block=True),
    Form("INSERT OR IGNORE", ("INSERT OR IGNORE INTO {table} (k, n) VALUES ({int}, {int})",), block=True),
    Form("INSERT ON CONFLICT", (
        "INSERT INTO {table} (k, n) VALUES ({int}, 1) ON CONFLICT (k) DO UPDATE SET n = excluded.n + 1",), block=True),
    Form("INSERT RETURNING", ("INSERT INTO {table} (n) VALUES ({int}) RETURNING id",), block=True),
    Form("REPLACE", ("REPLACE INTO {table} (k, n, t) VALUES ({int}, {int}, {word})",), block=True),
    Form("UPDATE", ("UPDATE {any} SET n = COALESCE(n, 0) + {int}",), block=True),
    Form("UPDATE FROM", ("UPDATE t1 SET n = t2.n + 1 FROM t2 WHERE t1.k = t2.k",), block=True),
    Form("DELETE", ("DELETE FROM {any} WHERE n = {int}",), block=True),
    Form("WITH", ("WITH c(x) AS (SELECT 1 UNION SELECT {int}) INSERT INTO {table} (n) SELECT x FROM c",), block=True),
    Form("VALUES", ("VALUES (1), (2)",), block=True),
    Form("SELECT", ("SELECT count(*) FROM {any}",), block=True),
    Form("EXPLAIN", ("EXPLAIN QUERY PLAN SELECT * FROM {table}",)),
    Form("BEGIN .. COMMIT", ("BEGIN", "COMMIT")),
    Form("BEGIN IMMEDIATE .. END", ("BEGIN IMMEDIATE TRANSACTION", "END")),
    Form("SAVEPOINT in a transaction", (
        "BEGIN", "SAVEPOINT a", "INSERT INTO t1 (n) VALUES ({int})", "ROLLBACK TO a",
        "INSERT INTO t2 (n) VALUES ({int})", "RELEASE a", "COMMIT")),

    Form("PRAGMA recursive_triggers", ("PRAGMA recursive_triggers = ON{=setting:recursive_triggers}",), SETTINGS,
         "{audit} SELECT recursive_triggers FROM pragma_recursive_triggers"),
    Form("PRAGMA case_sensitive_like", ("PRAGMA case_sensitive_like = ON{=setting:like}",), SETTINGS,
         "{audit} SELECT 'a' LIKE 'A'"),
    Form("PRAGMA main.cache_size = 500", ("PRAGMA main.cache_size = {size}{=setting:cache_size}",), SETTINGS,
         "{audit} SELECT cache_size FROM pragma_cache_size"),
    Form("PRAGMA cache_size(500)", ("pragma cache_size({size}){=setting:cache_size}",), SETTINGS,
         "{audit} SELECT cache_size FROM pragma_cache_size"),
    Form("PRAGMA foreign_keys", ("PRAGMA foreign_keys = ON{=setting:foreign_keys}",), SETTINGS,
         "{audit} SELECT foreign_keys FROM pragma_foreign_keys"),
    Form("PRAGMA ignore_check_constraints", (
        "PRAGMA ignore_check_constraints = 1{=setting:ignore_check_constraints}",), SETTINGS,
        "INSERT INTO t1 (n) VALUES (2000000)"),
    Form("PRAGMA reverse_unordered_selects", ("PRAGMA reverse_unordered_selects = 1{=setting:reverse}",), SETTINGS,
         "{audit} SELECT reverse_unordered_selects FROM pragma_reverse_unordered_selects"),
    Form("PRAGMA legacy_alter_table", ("PRAGMA legacy_alter_table = ON{=setting:legacy_alter_table}",), SETTINGS,
         "{audit} SELECT legacy_alter_table FROM pragma_legacy_alter_table"),

    Form("CREATE TEMP TABLE", (f"CREATE TEMP TABLE {{+temp}} {SQ_TABLE}",), TEMPORARY,
         "{audit} SELECT count(*) FROM {temp}"),
    Form("CREATE TEMPORARY TABLE AS", ("CREATE TEMPORARY TABLE {+temp} AS SELECT n, t FROM {any}",), TEMPORARY,
         "INSERT INTO t1 (n, t) SELECT n, t FROM {temp}"),
    Form("CREATE TABLE temp.t", (f"CREATE TABLE temp.{{+temp}} {SQ_TABLE}",), TEMPORARY,
         "{audit} SELECT count(*) FROM temp.{temp}"),
    Form("INSERT into a temporary table", ("INSERT INTO {*temp} (n, t) VALUES ({int}, {word})",), TEMPORARY,
         "{audit} SELECT count(*) FROM {temp}"),
    Form("CREATE TEMP VIEW", ("CREATE TEMP VIEW {+look} AS SELECT count(*) AS c FROM {wrong:nowhere|t1}",), TEMPORARY,
         "{audit} SELECT c FROM {look}"),
    Form("CREATE TEMP TRIGGER", (
        "CREATE TEMP TRIGGER {+trigger} AFTER INSERT ON t2 BEGIN\n  {audit} VALUES ('t; u');\nEND{=fires:temp}",),
        TEMPORARY, "INSERT INTO t2 (n) VALUES (4)"),
    Form("a temporary table that hides one", ("CREATE TEMP TABLE {*spare} (n INTEGER, t TEXT)",), TEMPORARY,
         "INSERT INTO {spare} (n) VALUES (3)"),
    Form("a temporary table of a transaction", (
        "BEGIN", "CREATE TEMP TABLE {+temp} AS SELECT n, t FROM {any}", "INSERT INTO t1 (n) SELECT n FROM {^temp}",
        "COMMIT"), TEMPORARY, "{audit} SELECT count(*) FROM {temp}"),
    Form("a temporary table that comes and goes", (
        "CREATE TEMP TABLE {!temp} AS SELECT n, t FROM {any}", "INSERT INTO t1 (n) SELECT n FROM {^temp}",
        "DROP TABLE {/temp}")),
    Form("DROP of a temporary table", ("DROP TABLE {-temp}",)),
    Form("DROP of a temporary view", ("DROP VIEW temp.{-look}",)),
    Form("changes() of the one before", ("UPDATE {table} SET n = 3", "{audit} SELECT changes()")),
    Form("changes() over a definition", (
        "DELETE FROM {table} WHERE k = 101", "CREATE TABLE {+spare} (n INTEGER)", "{audit} SELECT changes()")),
    Form("last_insert_rowid()", (
        "INSERT INTO t1 (t) VALUES ({word})", "{audit} SELECT t FROM t1 WHERE id = last_insert_rowid()")),
)  # fmt: skip


def sqlite() -> Language:
    """Return the forms of SQLite."""
    writes = r"(INSERT|REPLACE|UPDATE|DELETE|WITH)"
    return Language(
        _SQLITE,
        (*(f"CREATE TABLE {name} {SQ_TABLE}" for name in ("t1", "t2")),
         "CREATE TABLE audit (id INTEGER PRIMARY KEY, v)",
         *(f"INSERT INTO {name} (k, n, t) VALUES (101, 1, 'a'), (102, 2, 'b')" for name in ("t1", "t2"))),
        re.compile(r"(?i)PRAGMA (?!user_version)|CREATE (TEMP|TEMPORARY)\b|CREATE TABLE temp\."),
        re.compile(r"$.^"),
        {"changes": writes, "total": writes, "last_id": r"INSERT|REPLACE|WITH"}, {"changes": writes},
        {"changes": r"\bchanges\(", "total": r"total_changes\(", "last_id": r"last_insert_rowid\(",
         "temp": "INSERT|REPLACE|UPDATE|DELETE"},  # a temporary trigger fires for who knows what
        ("INSERT INTO nowhere VALUES (1)", "ALTER TABLE t1 ADD COLUMN n INTEGER", "CREATE TABLE t1 (n INTEGER)",
         "UPDATE t1 SET nowhere = 1", "SELEC 1", "DROP TABLE nowhere", "INSERT INTO t1 (k) VALUES (77), (77)"),
        "-- migrate: no-transaction",
        values={"size": ("500", "-900")},
    )  # fmt: skip


def table() -> list[str]:
    """Return the marks of all forms as GUARANTEES.md shows them."""
    columns = {"MySQL, MariaDB": _MYSQL, "PostgreSQL": _POSTGRES, "SQLite": _SQLITE}
    rows = [f"| what a statement that ran has left in its session | | {' | '.join(columns)} |", "|---|---|---|---|---|"]
    for mark in MARKS:
        cells = [", ".join(shown(each.name) for each in forms if each.mark == mark) for forms in columns.values()]
        rows.append(" | ".join([f"| {mark.left}", mark.how, *cells]) + " |")
    return rows


def shown(name: str) -> str:
    """Return the name of a form as code, where it is not in words."""
    return name if re.search(r"\b(a|in|of|from|that|which)\b", name) else f"`{name}`"
