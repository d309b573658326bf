"""Proof 10: the statements that we find in MariaDB's own test files are those that its client and server find.

Debian's package mariadb-test-data has 8,000 files for mysqltest. What of each is plain SQL runs through the real client
on a server of its own, three times: as it is; several statements before one delimiter; and, of those that succeeded,
all with nothing but semicolons in between, which is between us alone. The general log has what a client sends in one
line; the slow log, with no limit, has each statement as the server has cut it off, without what routines do.

A file is equal, or it is refused by name; there is no third. Where the server stopped at an error, and only there, less
may have run of a packet than we found in it.
"""

from __future__ import annotations

import contextlib
import functools
import re
import shutil
import subprocess
import time
from typing import TYPE_CHECKING, NamedTuple

import inside
import pymysql
import pytest
import rig

import migrate
import servers
from migrate_review.clients import SCRIPTS

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

# Those with routines first; then what there is time for.
FOLDERS = ("suite/compat/oracle/t", "main", "suite/funcs_1/t", "suite/innodb/t", "suite/versioning/t", "suite/vcol/t",
           "suite/json/t", "suite/period/t", "suite/sql_sequence/t", "suite/gcol/t", "suite/sys_vars/t",
           "suite/parts/t", "suite/perfschema/t", "suite/binlog/t", "suite/rpl/t", "suite/galera/t")  # fmt: skip
# Commands of mysqltest that can be left out: what comes after them is SQL, if with another outcome.
LEFT_OUT = re.compile(
    r"(connect|connection|copy_file|dec|dirty_close|disable_\w+|disconnect|echo|enable_\w+|error|eval|evalp|exec|inc|let"
    r"|horizontal_results|list_files|lowercase_result|mkdir|ping|query_horizontal|query_vertical|reap|remove_file"
    r"|replace_\w+|reset_connection|rmdir|send|sorted_result|source|use|vertical_results)\b.*",
    re.IGNORECASE | re.DOTALL,
)
VERBS = re.compile(
    r"alter|analyze|begin|call|check|checksum|commit|create|deallocate|declare|delete|desc|describe|do|drop|execute"
    r"|explain|flush|for|grant|handler|insert|kill|load|lock|loop|optimize|prepare|release|rename|repair|replace|reset"
    r"|revoke|rollback|savepoint|select|set|show|signal|start|table|truncate|unlock|update|values|with|xa",
    re.IGNORECASE,
)
# What would reach other files, or take the server away; what waits; what the log cannot show.
UNFIT = re.compile(
    rb"set\s+(statement\s+.*\s+for\s+set\s+)?(@@)?global|@@global\.\w+\s*:?=|shutdown|\bkill\b|sleep\s*\(|get_lock"
    rb"|\b(un)?install\b|change\s+master|general_log|slow_|log_slow|log_output|long_query|min_examined|read\s+lock"
    rb"|reset\s+(master|slave|query)|benchmark\s*\(|max_statement_time|max_session_mem|completion_type|debug_|lock_wait_timeout|character_set_client"
    rb"|set\s+names|set\s+charset|set\s+character|\bbackup\s+stage|delayed|(out|dump)file|\\[gGpcq]\b|\r|/\*/",
    re.IGNORECASE,
)


class Packet(NamedTuple):
    """What the client sends at once, and the line and the place, in octets, where it starts."""

    text: str
    line: int
    offset: int

    @property
    def end(self) -> int:
        return self.offset + len(migrate.octets_of(self.text))


Found = tuple[migrate.Statement, migrate.Syntax]


def plain_sql(test: str) -> list[tuple[str, str]]:
    """Return the statements of a file for mysqltest, each with its delimiter, up to what cannot be left out."""
    found, delimiter, position = list[tuple[str, str]](), ";", 0
    while True:
        position = re.compile(r"(\s+|#[^\n]*)*").match(test, position).end()  # type: ignore[union-attr]
        if test.startswith("--", position):
            text, _, _ = test[position + 2 :].partition("\n")
            position += 2 + len(text)
        else:
            quotes = r"'(?:[^'\\]|\\.)*'|\"(?:[^\"\\]|\\.)*\"|`[^`]*`"
            rest = re.compile(rf"((?:[^'\"`]|{quotes})*?){re.escape(delimiter)}", re.DOTALL).match(test, position)
            if not rest:
                return found
            text, position = rest[1], rest.end()
        text = text.strip()
        first = re.match(r"(?:/\*.*?\*/\s*)*\(*\s*(\w*)", text, re.DOTALL)
        word = first[1].lower() if first else ""
        if word == "delimiter" and len(text.split()) == 2:
            delimiter = text.split()[1]
        elif VERBS.fullmatch(word) and test[position - 1] != "\n":
            found.append((text, delimiter))
        elif not LEFT_OUT.fullmatch(text):
            return found


def packed(given: Sequence[tuple[str, str]]) -> tuple[str, list[Packet]]:
    """Write statements for the client, each with its delimiter."""
    sql, packets, current = "", list[Packet](), ";"
    for text, delimiter in given:
        if delimiter != current:
            sql, current = f"{sql}DELIMITER {delimiter}\n", delimiter
        packets.append(Packet(text, sql.count("\n") + 1, len(migrate.octets_of(sql))))
        sql += f"{text}\n{delimiter}\n" if re.search(r"(--|#).*\Z", text) else f"{text}{delimiter}\n"
    return sql, packets


def split(sql: str) -> list[Found]:
    """Return the statements that we find, and how each of them was read."""

    def read() -> Iterator[Found]:
        database = SCRIPTS["mysql"](migrate.DatabaseURL.parse("mysql://a@b/c"))
        syntax = [database.syntax]
        for each in inside.split(sql, lambda: syntax[-1]):
            yield each, syntax[-1]
            syntax.append(database.syntax_after(each, syntax[-1]))

    return list(read())


class Logged(NamedTuple):
    theirs: list[str]
    errors: set[int]


class Judge:
    """A MariaDB that logs each statement."""

    def __init__(self) -> None:
        self.client = rig.program("mariadb", "mariadb-client-core")
        self.server = rig.Mortal("mysql")
        self.link = pymysql.connect(host="127.0.0.1", port=self.server.port, user="root", autocommit=True)
        self.known = set(self.schemas())
        self.query(
            "SET GLOBAL log_output = 'TABLE', slow_query_log = 1, long_query_time = 0, log_slow_filter = '',"
            " innodb_flush_log_at_trx_commit = 0"
        )

    def query(self, sql: str) -> list[tuple[object, ...]]:
        cursor = self.link.cursor()
        cursor.execute(sql)
        return list(cursor.fetchall())

    def schemas(self) -> list[str]:
        return [str(name) for (name,) in self.query("SELECT schema_name FROM information_schema.schemata")]

    def run(self, sql: str) -> Logged | None:
        """Run a file with the client; return what the server took it for, and the lines of errors; None: it waits."""
        for each in {*self.schemas()} - self.known:
            with contextlib.suppress(pymysql.Error):  # the file has left something in its folder
                self.query(f"DROP DATABASE `{each}`")
        self.query("CREATE DATABASE IF NOT EXISTS test")
        self.query("TRUNCATE TABLE mysql.slow_log")
        command = [self.client, "--no-defaults", "--force", "-h127.0.0.1", f"-P{self.server.port}", "-uroot", "test",
                   "--default-character-set=utf8mb4"]  # fmt: skip
        process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True
        )
        try:
            _, errors = process.communicate(sql, timeout=10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.communicate()
            others = "id <> CONNECTION_ID() AND user = 'root' AND command <> 'Daemon'"
            for (number,) in self.query(f"SELECT id FROM information_schema.processlist WHERE {others}"):
                with contextlib.suppress(pymysql.Error):
                    self.query(f"KILL {number}")
            return None
        while self.query("SELECT 1 FROM information_schema.processlist WHERE id <> CONNECTION_ID() AND db = 'test'"):
            time.sleep(0.002)  # a statement is logged after it was answered
        rows = self.query("SELECT sql_text FROM mysql.slow_log WHERE thread_id <> CONNECTION_ID()")
        theirs = [each.decode("utf-8", "replace") if isinstance(each, bytes) else str(each) for (each,) in rows]
        return Logged(theirs, {int(line) for line in re.findall(r"^ERROR .*? at line (\d+)", errors, re.MULTILINE)})

    def close(self) -> None:
        self.link.close()
        self.server.remove()


@functools.lru_cache(maxsize=20_000)
def words(text: str, syntax: migrate.Syntax) -> tuple[str, ...]:
    return tuple(each for each in migrate.words_of(text, syntax) if each != ";")


class Reader:
    """The statements in a log, in turn. EXECUTE logs what it executes, too: with *gaps*, those may be skipped."""

    def __init__(self, theirs: Sequence[str], *, gaps: bool) -> None:
        self.theirs, self.gaps, self.place = theirs, gaps, 0

    def find(self, text: str, syntax: migrate.Syntax) -> bool:
        wanted, end = words(text, syntax), len(self.theirs) if self.gaps else self.place + 1
        for number in range(self.place, min(end, len(self.theirs))):
            if words(self.theirs[number], syntax) == wanted:
                self.place = number + 1
                return True
        return False

    def rest(self) -> list[str]:
        return [] if self.gaps else list(self.theirs[self.place :])


def compare(packets: Sequence[Packet], ours: Sequence[Found], logged: Logged) -> str:
    """Return the first difference, or nothing."""
    reader = Reader(logged.theirs, gaps=any("execute" in packet.text.lower() for packet in packets))
    for packet in packets:
        mine = [(each, syntax) for each, syntax in ours if packet.offset <= each.offset <= packet.end]
        kept = tuple(word for each, syntax in mine for word in words(each.text, syntax))
        if mine and kept != words(packet.text, mine[0][1]):
            return f"line {packet.line}: something is lost of {packet.text!r}"
        for number, (each, syntax) in enumerate(mine):
            if migrate.first_word(each.text, syntax) == "EXECUTE" or reader.find(each.text, syntax):
                continue
            # It was not run, as what follows an error in the same packet; or not read: then all the rest is in the log.
            octets = migrate.octets_of(packet.text)[each.offset - packet.offset :]
            unread = reader.find(migrate.text_of(octets), syntax)
            if packet.line not in logged.errors or not (number or unread):
                return f"line {packet.line}\nours:   {each.text[:2000]!r}\ntheirs: {reader.rest()[:1]!r}"
            break
    return f"theirs: {reader.rest()!r}" if reader.rest() else ""


def together(packets: Sequence[Packet], errors: set[int]) -> list[tuple[str, str]]:
    """Put up to seven statements before one delimiter; alone what has failed: what is after it would not run."""
    mark = next(mark for mark in map("//{}".format, range(10**6)) if not any(mark in each.text for each in packets))
    groups: list[list[str]] = [[]]
    for packet in packets:
        if packet.line in errors:
            groups += [packet.text], []
        else:
            groups += [[]] if len(groups[-1]) == 7 else []
            groups[-1].append(packet.text.rstrip("; \n"))
    return [("\n;\n".join(each), mark) for each in groups if each]


def judge_file(judge: Judge, given: Sequence[tuple[str, str]]) -> str:
    """Return "equal", or "refused" or "waits", or how we differ."""
    packets: list[Packet] = []
    errors: set[int] = set()
    for way in "as it is", "together":
        sql, packets = packed(together(packets, errors) if packets else given)
        ours = split(sql)
        if faulty := next((each for each, _ in ours if each.fault), None):
            told = f"{faulty.fault}: {faulty.text[:200]!r}"
            return f"refused: {told}" if way == "as it is" else f"differs, {way}: {told}"
        if not (logged := judge.run(sql)):
            return "waits"
        if difference := compare(packets, ours, logged):
            return f"differs, {way}: {difference}"
        errors = logged.errors
    # What the server took for statements are the same without a DELIMITER, too.
    whole = [each for each in packets if each.line not in errors]
    places = [range(each.offset, each.end) for each in whole]
    known = [each.text for each, _ in ours if any(each.offset in place for place in places)]
    read = [each.text for each, _ in split("".join(f"{each.text}\n;\n" for each in whole))]
    return "equal" if read == known else "differs, with semicolons alone"


@pytest.fixture(scope="module")
def test_files(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Unpack the package: into a cache folder, since it is 20 MB."""
    folder = servers._cache() / "mariadb-test-data"
    unpacked = folder / "usr/share/mysql/mysql-test"
    if not unpacked.is_dir():
        work = tmp_path_factory.mktemp("deb")
        command = ["apt-get", "download", "-qq", "mariadb-test-data"]
        try:
            subprocess.run(command, cwd=work, check=True, capture_output=True, timeout=300)
            [package] = work.glob("*.deb")
            subprocess.run(["dpkg-deb", "-x", str(package), str(work / "all")], check=True, capture_output=True)
            folder.parent.mkdir(parents=True, exist_ok=True)
            shutil.move(work / "all", folder)  # whole, or not at all
        except (OSError, ValueError, subprocess.SubprocessError) as error:
            pytest.skip(f"Debian's package mariadb-test-data cannot be downloaded: {error}")
    return unpacked


def test_the_statements_of_mariadbs_own_tests_are_those_that_its_server_finds(
    test_files: Path, tmp_path: Path, full: bool
) -> None:
    if not full:
        pytest.skip("the files run in the full form only:  make prove")
    judge, ended = Judge(), dict[str, list[str]]()
    end = time.monotonic() + 450
    try:
        for path in (each for folder in FOLDERS for each in sorted((test_files / folder).glob("*.test"))):
            raw = path.read_bytes()
            with contextlib.suppress(UnicodeDecodeError):
                given = [] if UNFIT.search(raw) else plain_sql(raw.decode())
                enough = time.monotonic() >= end and len(ended.get("equal", ())) > 600
                if len(given) >= 5 and not enough:
                    told = judge_file(judge, given)
                    ended.setdefault(re.split(r"\W", told)[0], []).append(f"{path.name}: {told}")
    finally:
        judge.close()
    counts = {how: len(files) for how, files in ended.items()}
    told = "\n".join([str(counts), *ended.get("refused", []), *ended.get("waits", [])])
    (tmp_path / "told").write_text(told)  # pytest keeps it for a while
    assert not ended.get("differs"), "\n\n".join([told, *ended["differs"]])
    assert counts["equal"] > 600, told
    assert len(ended.get("refused", [])) < counts["equal"] // 50, told
