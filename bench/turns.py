"""The turns: A B C, A B C, .. so that whatever else this machine does hits all alike."""

from __future__ import annotations

import contextlib
import json
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from .slow import SlowNetwork
from .tools import HOME, Failed

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from servers import Database, Server

    from .figures import Task
    from .tools import Tool


class Reading(NamedTuple):
    """What one tool did in one step of one turn."""

    seconds: float
    peak: int  # bytes of memory
    trips: int  # round trips; 0 where nobody counts them


class Measured(NamedTuple):
    """What came of a task on one database."""

    task: str
    label: str  # of the database: postgres-15
    flavor: str
    size: int
    megabytes: float  # of all files for the database's own form: two files a migration
    readings: dict[str, dict[str, list[Reading]]]  # by step, by tool, one for each turn
    failed: dict[str, str]  # by tool


def run(
    task: Task, server: Server, tools: Sequence[Tool], *, size: int, runs: int, say: Callable[[str], None]
) -> Measured:
    """Let each tool do *task* on *server*, *runs* times in turn. Raises Failed if the first of them does not."""
    measured = Measured(task.name, server.label, server.flavor, size, 0, {step: {} for step in task.steps}, {})
    with tempfile.TemporaryDirectory(dir=HOME, prefix="work-", ignore_cleanup_errors=True) as folder:
        places = [_Place(task, server, tool, Path(folder) / f"{n}", size) for n, tool in enumerate(tools)]
        measured = measured._replace(megabytes=places[0].megabytes)
        try:
            for turn in range(1, runs + 1):
                for place in places:
                    if place.tool.name in measured.failed:
                        continue
                    say(f"{task.name} on {server.label}: {turn} of {runs}, {place.tool.name}")
                    try:
                        for step, reading in place.take_turn():
                            measured.readings[step].setdefault(place.tool.name, []).append(reading)
                    except Failed as error:
                        if place is places[0]:
                            raise
                        measured.failed[place.tool.name] = str(error)
                        for readings in measured.readings.values():
                            readings.pop(place.tool.name, None)
        finally:
            for place in places:
                place.close()
    return measured


class _Place:
    """One tool's files and database."""

    def __init__(self, task: Task, server: Server, tool: Tool, folder: Path, size: int) -> None:
        self.task, self.server, self.tool, self.folder = task, server, tool, folder
        self.proof = task.proof.format(size=size)
        self.database: Database | None = None
        self.network: SlowNetwork | None = None
        (folder / "files").mkdir(parents=True)
        if task.delay is not None:
            self.network = SlowNetwork(server.address.host, server.address.port, task.delay)
        with self._fresh() as database:
            tool.write(folder / "files", task.migrations(size), database)
        self.megabytes = sum(path.stat().st_size for path in (folder / "files").glob("*.up.sql")) / 1e6

    def take_turn(self) -> Iterator[tuple[str, Reading]]:
        """Do all steps, on a database that is new, or that the steps before have prepared once."""
        if self.task.before and self.database is None:
            self.database = self.server.create(self.folder)
            for step in self.task.before:
                self._do(step, self.database)
        with contextlib.nullcontext(self.database) if self.database else self._fresh() as database:
            for step in self.task.steps:
                if reading := self._do(step, database):
                    yield step, reading

    def close(self) -> None:
        """Drop what is left."""
        if self.database:
            self.database.drop()
        if self.network:
            self.network.close()

    @contextlib.contextmanager
    def _fresh(self) -> Iterator[Database]:
        database = self.server.create(self.folder)
        try:
            yield database
        finally:
            database.drop()
            for path in self.folder.glob("test.db*"):  # of SQLite
                path.unlink()

    def _do(self, step: str, database: Database) -> Reading | None:
        """Do one step, and see to it that it was done; None if this tool has no such step."""
        order = self.tool.order(
            step, self.folder / "files", self.network.before(database) if self.network else database
        )
        if order is None:
            return None
        trips = self.network.trips if self.network else 0
        errors = self.folder / "errors"
        words = json.dumps({**order._asdict(), "stderr": str(errors)})
        stopwatch = [sys.executable, "-I", "-S", str(Path(__file__).with_name("stopwatch.py")), words]
        result = json.loads(subprocess.run(stopwatch, cwd=self.folder, check=True, capture_output=True).stdout)
        if result["exit"]:
            said = errors.read_text(encoding="utf-8", errors="replace").strip().splitlines()
            raise Failed(said[-1] if said else f"exit {result['exit']}")
        if step == "up" and self.proof:
            try:
                done = bool(database.query(self.proof))
            except Exception as error:  # noqa: BLE001  # each driver has its own
                raise Failed(f"said nothing, and did not do it: {error}") from None
            if not done:
                raise Failed("said nothing, and did not do it")
        return Reading(result["seconds"], result["peak"], (self.network.trips if self.network else 0) - trips)
