"""python -m bench: see `make bench`."""

from __future__ import annotations

import argparse
import datetime as dt
import json
import os
import platform
import signal
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple
from unittest.mock import patch

os.environ["MIGRATE_TEST_DURABLE"] = "1"

import servers as machine
from servers import Servers, Unavailable

from . import report, tools, turns
from .figures import TASKS

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator, Sequence

    from .tools import Tool


def parser() -> argparse.ArgumentParser:
    """Return what `make bench ARGS='..'` takes."""
    tasks = [task.name for task in TASKS]
    names = list(dict.fromkeys(tool for task in TASKS for tool in task.tools))
    build = argparse.ArgumentParser("make bench", description="How long things take, beside others, in one run.")
    add = build.add_argument
    add("--full", action="store_true", help="whole sizes, in half an hour (default: small ones, in a minute)")
    add("--against", metavar="REF", help="beside this project as it is at REF: exit 1 if a figure fell back")
    add("--runs", type=int, default=5, metavar="N", help="how many turns (default: 5)")
    add("--size", type=int, metavar="N", help="the size of every task, to try it out")
    add(
        "--databases",
        type=_words(),
        default=[],
        metavar="WORDS",
        help="some of: sqlite, postgres-15, mariadb, .. (default: all)",
    )
    add("--tasks", type=_words(tasks), default=tasks, metavar="WORDS", help=f"some of: {', '.join(tasks)}")
    add("--tools", type=_words(names), default=names, metavar="WORDS", help=f"some of: {', '.join(names)}")
    add("--json", type=Path, default=tools.HOME / "results.json", metavar="FILE", help="where all readings go")
    return build


def _words(known: Collection[str] = ()) -> Callable[[str], list[str]]:
    """Return what reads words with commas between them."""

    def words(text: str) -> list[str]:
        found = text.split(",")
        if known and (unknown := [word for word in found if word not in known]):
            raise argparse.ArgumentTypeError(f"unknown: {', '.join(unknown)}")
        return found

    return words


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure, print the table, write the JSON; return 1 if a figure fell back, 2 if it could not be measured."""
    from rich.console import Console

    options = parser().parse_args(arguments)
    console = Console(width=None if sys.stdout.isatty() else 160, highlight=False)
    there = Servers([])
    try:
        taking, without = tools.take_part(_wanted(options))
        earlier = tools.at(options.against, taking) if options.against else {}
        there = Servers.discover(options.databases)
        labels = _one_of_each(there, options.databases)
        there.start(labels)
        with console.status("the servers start") as status:
            bench = Bench(options, there, labels, taking, earlier, status.update)
            known = bench.measure()
    except (tools.Failed, subprocess.CalledProcessError, ConnectionError) as error:
        print(f"error: {str(getattr(error, 'stderr', None) or error).strip()}", file=sys.stderr)
        return 2
    finally:
        there.stop()
    lines = list(report.lines(known))
    console.print(report.table(lines, judged=options.full and not options.size))
    for measured in known:
        without.update({f"{tool} on {measured.label}": why for tool, why in measured.failed.items()})
    without.update(there.failures())
    for name, why in without.items():
        console.print(f"without {name}: {why}", style="yellow", markup=False)
    about = {"about": _about(options, there), "without": without}
    options.json.write_text(json.dumps(report.to_json(known, about), indent=1) + "\n", encoding="utf-8")
    console.print(f"all readings: {options.json}", markup=False)
    fallen = [line.fell_back for line in lines if line.fell_back]
    for sentence in fallen:
        console.print(sentence, style="red", markup=False)
    return 1 if fallen else 0


def _wanted(options: argparse.Namespace) -> list[str]:
    """Return who takes part: against another commit, only this project."""
    return [name for name in options.tools if not options.against or name in report.OURS]


def _one_of_each(there: Servers, wanted: list[str]) -> list[str]:
    """Return one label for each flavor: of two PostgreSQL servers the first. Raises Failed if there is none."""
    if not there.candidates:
        raise tools.Failed(f"no database is called {' or '.join(wanted)}")
    first = dict[str, str]()
    for label, candidate in there.candidates.items():
        first.setdefault(candidate.flavor, label)
    return list(first.values())


class Bench(NamedTuple):
    """All tasks, on all databases."""

    options: argparse.Namespace
    servers: Servers
    labels: list[str]
    tools: dict[str, Tool]
    earlier: dict[str, Tool]  # the same at another commit, by the same names
    say: Callable[[str], None]

    def measure(self) -> list[turns.Measured]:
        """Return what came of it. What fell back is measured a second time, and that counts."""
        known = {(each.task, each.label): each for each in self._all()}
        again = {(line.figure.task, line.database) for line in report.lines(known.values()) if line.fell_back}
        known.update({(each.task, each.label): each for each in self._all(again)})
        return list(known.values())

    def _all(self, some: Collection[tuple[str, str]] | None = None) -> Iterator[turns.Measured]:
        for task in TASKS:
            names = [name for name in task.tools if name in self.tools]
            taking = [*(self.tools[name] for name in names), *(self.earlier[n] for n in names if n in self.earlier)]
            size = self.options.size or (task.size if self.options.full else task.short)
            for label in self.labels:
                chosen = task.name in self.options.tasks if some is None else (task.name, label) in some
                flavor = self.servers.candidates[label].flavor
                if chosen and taking and size and flavor in task.databases:
                    try:
                        server = self.servers.get(label)
                    except Unavailable:
                        continue
                    runs = task.runs or self.options.runs
                    yield turns.run(task, server, taking, size=size, runs=runs, say=self.say)


def _about(options: argparse.Namespace, there: Servers) -> dict[str, Any]:
    return {
        "date": dt.datetime.now(dt.timezone.utc).isoformat(timespec="seconds"),
        "commit": tools.commit(),
        "form": "full" if options.full else "short",
        "machine": f"{os.cpu_count()} cores, {platform.machine()}, {platform.system()} {platform.release()}",
        "python": platform.python_version(),
        "databases": {server.label: server.version for server in there.running()},
    }


if __name__ == "__main__":
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # so that databases and servers are gone then, too
    # A password as the other tools take it: no odd characters, and as many rounds of SCRAM as PostgreSQL makes itself.
    with patch.multiple(machine, PASSWORD="bench", _verifier=str):  # noqa: S106
        sys.exit(main())
