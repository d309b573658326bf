"""Proof of two: two runners with random commands, and files that differ, at random moments on one database.

Each statement leaves a row in a ledger, and each line of the log carries the name of the process that wrote it, so that
afterwards the log can be replayed: which statements must have run and how often, what must be in the history, and
whether each process was allowed to do what it did by its own files, at the moment when it did it.

What may happen: a file fails, in some rounds, at its third statement, and is resumed, rolled back or repaired later; a
command is refused, and says why. The end of a round that failed tells its seed. The same files, commands and pauses
again, though not the same moments:  pytest tests/test_proof_two.py --seed 123  or MIGRATE_TEST_SEED=123
"""

from __future__ import annotations

import hashlib
import random
import re
import threading
import time
from collections import Counter
from typing import TYPE_CHECKING, NamedTuple

import pytest
import rig

if TYPE_CHECKING:
    from pathlib import Path

    from servers import Database

pytestmark = pytest.mark.repeated

VERSIONS = ["20250101", "20250201", "20250301", "20250401", "20250501"]
MIDDLE, EDITED, NEWEST = "20250315", "20250201", "20250501"
SLEEP = {
    "sqlite": "(WITH RECURSIVE c(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM c WHERE n < 150000)"
    " SELECT 0 * max(n) FROM c)",
    "postgres": "CASE WHEN pg_sleep(0.05) IS NULL THEN 1 ELSE 0 END",
    "mysql": "SLEEP(0.05)",
}
STATEMENTS, STOPPED = 4, 2  # in a file; of those that have run and stay where the third fails
BEFORE, AFTER = (1,), (3, 4)  # the numbers of those before that and from it on which write into the ledger
VERBS = {"up": "applied", "down": "rolled back", "baseline": "marked as applied", "repair": "repaired"}
# How often a runner picks which command. A version comes after those that end in a blank.
COMMANDS = {
    "up": 30, "up 1": 8, "up 2": 8, "down": 12, "down 2": 8, "down 3": 8, "redo": 12,
    "repair --applied ": 4, "repair --pending ": 4, "baseline ": 6,
}  # fmt: skip


def key(version: str) -> int:
    """Return the place of a version in the order: 8 digits are midnight of that day."""
    return int(version) * (10**6 if len(version) == len(NEWEST) else 1)


def text(version: str, direction: str, dialect: str, *, journaled: bool) -> str:
    """Write a file: its third statement fails while the table `sound` is empty, and its first one takes a while."""
    ledger = f"INSERT INTO ledger (version, direction, number) VALUES ({key(version)}, '{direction}',"
    table = f"CREATE TABLE IF NOT EXISTS t{version} (n INTEGER)"
    return (
        ("-- migrate: no-transaction\n" if journaled else "")
        + f"{ledger} 1 + {SLEEP[dialect]});\n"
        + (f"{table};\n" if direction == "up" else f"DROP TABLE IF EXISTS t{version};\n")
        + f"{ledger} (SELECT 3 FROM sound));\n"
        + f"{ledger} 4);\n"
    )


class Files(NamedTuple):
    """A checkout: its folder, and the checksum of each up file."""

    name: str
    folder: Path
    checksums: dict[int, str]

    @classmethod
    def write(cls, folder: Path, texts: dict[str, str]) -> Files:
        folder.mkdir()
        rig.write(folder, texts)
        ups = {name: each for name, each in texts.items() if name.endswith(".up")}
        sums = {key(name.split("_")[0]): hashlib.sha256(each.encode()).hexdigest() for name, each in ups.items()}
        return cls(folder.name, folder, sums)


class Process:
    """One command of a runner. It goes by a name of its own, with which it signs what it writes."""

    def __init__(self, number: int, files: Files, words: list[str], pause: float) -> None:
        self.name, self.files, self.words, self.pause = f"r{number}", files, words, pause
        self.exit, self.out, self.err = -1, "", ""

    def run(self, url: str) -> None:
        time.sleep(self.pause)
        started = rig.start(self.files.folder, url, "--lock-timeout", "60", *self.words, LOGNAME=self.name)
        ended = rig.Ended(started)
        self.exit, self.out, self.err = ended.exit, ended.out, ended.err

    def __str__(self) -> str:
        said = "".join(f"\n        {line}" for line in (self.out + self.err).splitlines())
        return f"{self.name}  {self.files.name}: {' '.join(self.words)}  exit {self.exit}{said}"


class Line(NamedTuple):
    """A row of the log."""

    id: int
    version: str
    action: str
    outcome: str
    applied_by: str
    error: str | None


class Replay:
    """What must be in the database, as the log tells it, and what should never have been done."""

    def __init__(self, journaled: set[int], checksums: dict[int, str]) -> None:
        self.journaled = journaled
        self.checksums = checksums  # of every version, where it is not edited
        self.applied: dict[int, str] = {}  # the checksum of the file that did it
        self.dirty: dict[int, str] = {}  # the direction
        self.undone: set[tuple[str, int]] = set()  # by whom
        self.left: set[int] = set()  # what has failed on its way up, or was rolled back by a redo
        self.ledger: Counter[tuple[int, str, int]] = Counter()
        self.faults: list[str] = []

    def follow(self, line: Line, process: Process) -> None:
        """Do what a line of the log says."""
        place, way = key(line.version), line.action

        def never(true: object, why: str) -> None:
            if true:
                self.faults.append(f"{process.name}, {way} {line.version}: {why}")

        newer = [each for each in {*self.applied, *self.dirty} if each > place]
        others = [each for each in self.dirty if each != place]
        if way == "up":  # in the order of the files, and nothing that its own files would not allow
            never(place in self.applied and line.outcome == "ok", "it was applied already")
            never(place not in process.files.checksums, "it has no such file")
            never(newer, f"it is out of order: {newer} were applied before")
            never(others, f"{others} were dirty")
            if process.words[0] == "up" or (process.name, place) not in self.undone:
                for why in self.drift(process.files, place):
                    never(why, why)
            if process.words[0] == "redo":
                ours = (process.name, place) in self.undone or place in self.left
                never(not ours, "a redo of what it has not rolled back itself, and nobody has left pending")
        elif way == "down":
            never(place not in {*self.applied, *self.dirty}, "it was not applied")
            never(newer, f"{newer} were still applied")
            never(others, f"{others} were dirty")
        if way in {"up", "down"}:
            never(self.dirty.get(place, way) != way, f"it was dirty on its way {self.dirty.get(place)}")
            self.run(place, way, line, process)
        elif way == "baseline":
            never(place in {*self.applied, *self.dirty}, "it was there already")
            self.applied[place] = process.files.checksums.get(place, "")
        else:
            applied = "--applied" in process.words
            missing = place in self.applied and place not in process.files.checksums
            drifted = place in self.applied and (self.edited(place, process.files) if applied else missing)
            never(not (place in self.dirty or drifted or way == "mark"), "there was nothing to repair")
            self.repair(place, applied=applied, process=process)

    def run(self, place: int, way: str, line: Line, process: Process) -> None:
        if line.outcome == "ok":
            numbers = AFTER if place in self.dirty else BEFORE + AFTER
            self.ledger.update((place, way, number) for number in numbers)
            self.dirty.pop(place, None)
            self.applied.pop(place, None)
            if way == "up":
                self.applied[place] = process.files.checksums.get(place, "")
            else:
                self.undone.add((process.name, place))
                self.left |= {place} if process.words[0] == "redo" else set()
            return
        self.left |= {place} if way == "up" else set()
        if "null" not in (line.error or "").lower():
            self.faults.append(f"{process.name}, {way} {line.version} failed: {line.error}")
        if place in self.journaled and place not in self.dirty:
            self.ledger.update((place, way, number) for number in BEFORE)
            self.dirty[place] = way

    def repair(self, place: int, *, applied: bool, process: Process) -> None:
        way, before = self.dirty.pop(place, ""), self.applied.pop(place, self.checksums[place])
        if applied:
            self.applied[place] = before if way == "down" else process.files.checksums.get(place, before)

    def drift(self, files: Files, place: int) -> list[str]:
        """Return for what reasons `up` of these files must not come to the one in this place."""
        ours, there = files.checksums, {*self.applied, *self.dirty}
        skipped = [f"{each} was not applied" for each in ours if each < place and each not in there]
        missing = [f"{each} was missing" for each in there if each not in ours and each < max(ours)]
        return [*skipped, *missing, *(f"{each} was edited" for each in self.applied if self.edited(each, files))]

    def edited(self, place: int, files: Files) -> bool:
        """Tell whether what was applied had another text than the file here."""
        return files.checksums.get(place, self.applied[place]) != self.applied[place]

    def states(self, files: Files) -> dict[int, str]:
        """Return what `status` of these files must show."""
        newest, shown = max([*self.applied, *self.dirty], default=0), dict[int, str]()
        for place in sorted({*self.applied, *self.dirty, *files.checksums}):
            had, ours = self.applied.get(place), files.checksums.get(place)
            state = "missing" if not ours else "applied" if ours == had else "changed"
            if place in self.dirty:
                state = f"dirty ({STOPPED} of {STATEMENTS})"
            elif not had:
                state = "pending" if place > newest else "out of order"
            shown[place] = state
        return shown


class Two:
    """Two runners on one database."""

    def __init__(self, database: Database, folder: Path, seed: str) -> None:
        self.database, self.random, self.seed = database, random.Random(seed), seed
        self.count, self.seen, self.told = 0, 0, list[str]()
        self.make_files(folder)
        self.replay = Replay({key(each) for each in self.journaled}, self.files[2].checksums)
        self.sound = True
        database.execute(
            "CREATE TABLE ledger (version BIGINT NOT NULL, direction VARCHAR(4) NOT NULL, number INTEGER NOT NULL)",
            "CREATE TABLE sound (n INTEGER)",
            "INSERT INTO sound VALUES (1)",
        )

    def make_files(self, folder: Path) -> None:
        """Write the checkouts: the newest, and four that differ from it."""
        dialect = self.database.dialect
        versions = [*VERSIONS, MIDDLE]
        self.journaled = {each for each in versions if dialect == "mysql" or self.random.random() < 0.5}
        texts = {
            f"{version}_f.{way}": text(version, way, dialect, journaled=version in self.journaled)
            for version in versions
            for way in ("up", "down")
        }
        newest = {name: each for name, each in texts.items() if not name.startswith(MIDDLE)}
        edited = {name: each + "-- edited\n" * (name == f"{EDITED}_f.up") for name, each in newest.items()}
        old = {name: each for name, each in newest.items() if not name.startswith(NEWEST)}
        spelt = {name.replace(f"{NEWEST}_", f"{NEWEST}000000_"): each for name, each in newest.items()}
        sets = {"newest": newest, "old": old, "middle": texts, "edited": edited, "spelt": spelt}
        self.files = [Files.write(folder / name, each) for name, each in sets.items()]

    def process(self) -> Process:
        """Choose a command, its files and the moment."""
        self.count += 1
        chosen = self.random
        files = chosen.choice(self.files[:1] * 5 + self.files)
        (command,) = chosen.choices([*COMMANDS], [*COMMANDS.values()])
        if command.endswith(" "):
            command += chosen.choice([*VERSIONS, MIDDLE])
        return Process(self.count, files, command.split(), chosen.uniform(0, 0.4))

    def begin(self) -> None:
        """Apply the first two of the newest files, alone."""
        process = Process(0, self.files[0], ["up", "2"], 0)
        process.run(self.database.url)
        self.judge({process.name: process})

    def round(self, commands: int) -> None:
        """Let the two run so many commands each, one after the other, and then look."""
        self.set_sound(true=self.random.random() < 0.8)
        chains = [[self.process() for _ in range(commands)] for _ in range(2)]
        threads = [threading.Thread(target=self.work, args=[chain]) for chain in chains]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        self.judge({each.name: each for chain in chains for each in chain})

    def work(self, chain: list[Process]) -> None:
        for process in chain:
            process.run(self.database.url)

    def set_sound(self, *, true: bool) -> None:
        """Let the files run, or stop each of them at its third statement."""
        if true != self.sound:
            self.database.execute("INSERT INTO sound VALUES (1)" if true else "DELETE FROM sound")
            self.sound = true

    def judge(self, by_name: dict[str, Process]) -> None:
        """Compare what is there with what was said and with what the log tells. Fails with the whole story."""
        self.told.append(f"--- round, {'sound' if self.sound else 'not sound'}")
        self.told += map(str, by_name.values())
        lines = self.log()
        self.told += [f"    {line}" for line in lines]
        self.replay.faults = []
        calm = not self.replay.dirty and all(line.outcome == "ok" for line in lines)
        for line in lines:
            self.replay.follow(line, by_name[line.applied_by.partition("@")[0]])
        faults = [*self.replay.faults, *self.compare()]
        for process in by_name.values():
            mine = [line for line in lines if line.applied_by.startswith(f"{process.name}@")]
            faults += [f"{process.name}: {fault}" for fault in self.misfits(process, mine)]
            if calm and "stopped half way" in process.err:
                faults.append(f"{process.name}: it told of a run that stopped half way, and none had")
        story = "\n".join([*self.told, "", *faults])
        assert not faults, f"--seed {self.seed}: {faults[0]}\n{story}\nseed {self.seed}"

    def log(self) -> list[Line]:
        """Return what is new in the log."""
        columns = ", ".join(Line._fields)
        rows = self.database.query(f"SELECT {columns} FROM schema_migrations_log WHERE id > {self.seen} ORDER BY id")
        lines = [Line(*row) for row in rows]
        self.seen = lines[-1].id if lines else self.seen
        return lines

    def compare(self) -> list[str]:
        """Return what in the database is not as the log tells it."""
        replay, faults = self.replay, []
        rows = self.database.query("SELECT version, direction, number FROM ledger")
        ledger = Counter((int(version), str(direction), int(number)) for version, direction, number in rows)
        for place in sorted(ledger.keys() | replay.ledger.keys()):
            found, wanted = ledger[place], replay.ledger[place]
            faults += [f"statement {place} ran {found} times; by the log, {wanted}"] if found != wanted else []
        columns = "version, dirty, direction, statements_done, checksum"
        history = self.database.query(f"SELECT {columns} FROM schema_migrations")
        rows_by_key, expected = Counter(key(row[0]) for row in history), Counter({*replay.applied, *replay.dirty})
        if rows_by_key != expected:
            faults.append(f"the history has {dict(rows_by_key)}; by the log, {dict(expected)}")
        for version, dirty, direction, done, checksum in history:
            wanted_way = replay.dirty.get(key(version))
            if bool(dirty) != bool(wanted_way) or (dirty and (direction, done) != (wanted_way, STOPPED)):
                faults.append(f"{version}: dirty {dirty} {direction} {done}; by the log, {wanted_way}")
            if not dirty and checksum != replay.applied.get(key(version)):
                faults.append(f"{version}: the history has the checksum {checksum}, of another file than ran")
        return faults + self.surprises()

    def surprises(self) -> list[str]:
        """Return what `status` of the newest files shows that it should not."""
        ran = rig.run(self.files[0].folder, self.database.url, "--format", "plain", "status")
        lines = [line.split("\t") for line in ran.out.splitlines()]
        shown, expected = {key(line[0]): line[2] for line in lines}, self.replay.states(self.files[0])
        shown = {place: state.partition(" (down")[0] for place, state in shown.items()}
        faults = [f"status: {shown}; by the log, {expected}"] if shown != expected else []
        for place, state in shown.items():
            if state == "out of order" or (state == "changed" and place != key(EDITED)):
                faults.append(f"status: {place} {state}")
            if state == "missing" and place != key(MIDDLE):
                faults.append(f"status: {place} {state}")
        return faults + ([f"status ended with {ran.exit}: {ran.err}"] if ran.exit else [])

    def misfits(self, process: Process, mine: list[Line]) -> list[str]:
        """Return where a process said something else than it did."""
        faults = []
        found = re.findall(rf"^({'|'.join(VERBS.values())}) +(\d+)", process.out, re.MULTILINE)
        told = [(verb, key(version)) for verb, version in found]
        done = [(VERBS.get(each.action, each.action), key(each.version)) for each in mine if each.outcome == "ok"]
        if told != done:
            faults.append(f"it told {told}; by the log, it did {done}")
        if "Traceback" in process.err + process.out:
            faults.append("a traceback")
        failed = [each for each in mine if each.outcome != "ok"]
        complaint = "error: " in process.err, "fix: " in process.err
        if complaint != ((False, False) if process.exit == 0 else (True, True)):
            faults.append(f"exit {process.exit} does not fit what it printed")
        if process.exit not in {0, 1, 2, 4, 5}:
            faults.append(f"exit {process.exit}")
        if (process.exit == 1) != bool(failed):
            faults.append(f"exit {process.exit}, and {len(failed)} failures in the log")
        if process.exit == 1 and self.sound:
            faults.append("it failed, and nothing was wrong with any file")
        said = process.words[0] in {"repair", "baseline"} or "to roll back, and not" in process.err
        if process.exit == 2 and not said:  # of a version that is not there, or more than there are
            faults.append("exit 2 for what is no matter of usage")
        return faults


def test_two_runners_that_do_anything_at_any_moment_leave_what_the_log_tells(
    database: Database, tmp_path: Path, full: bool, seed: int
) -> None:
    for number in range(2 if full else 1):
        folder = tmp_path / str(number)
        folder.mkdir()
        each = database.server.create(folder)
        try:
            two = Two(each, folder, f"{seed} {database.label} {number}")
            two.begin()
            for _ in range(20 if full else 3):
                two.round(commands=3 if full else 2)
        finally:
            each.drop()
