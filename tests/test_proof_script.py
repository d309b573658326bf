"""Proof 10: the client is killed after any statement of a script of `plan --sql`, and then a plain ``up`` or ``down``.

What a killed client has sent is a part of the script, up to the end of some statement; so is a script that ends there.
Nothing runs twice, and the end is the one without the cut; no person is asked.

A script that was cut off on its way is another thing: at its end the clients send what they have of a statement, and
half a statement may be one that runs.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest
from clients import run
from project import Project, another
from test_proof_kill import DOWN, JOURNALED, PLAIN, points, state, texts

if TYPE_CHECKING:
    from collections.abc import Iterator


def prove(project: Project, before: list[str], plan: list[str], again: list[str], *, full: bool) -> None:
    """Cut the script of *plan* after a line, and run *again*: the end is that of *again* alone."""
    with another(project, "expected") as expected:
        expected.succeed(*before)
        script = expected.succeed("plan", *plan, "--sql").out
        expected.succeed(*again)
        wanted = state(expected.database)
        name = expected.database.name
    parts = list(beginnings(script))
    assert len(parts) > 10
    for point in points(len(parts), full=full, seed=len(project.database.label) + len(parts)):
        last = parts[point][-300:]
        with another(project, f"cut {point}") as cut:
            cut.succeed(*before)
            run(cut.database, parts[point].replace(name, cut.database.name))
            ran = cut(*again)
            assert (last, ran.exit) == (last, 0), ran.err
            assert (last, state(cut.database)) == (last, wanted)


def beginnings(script: str) -> Iterator[str]:
    """Yield what is before each end of a statement or of a command of the client."""
    text, delimiter = "", ";"
    for line in script.splitlines(keepends=True):
        text += line
        found = re.match(r"DELIMITER (\S+)", line)
        delimiter = found[1] if found else delimiter
        if found or line.startswith((".", "\\")) or line.rstrip().endswith(delimiter):
            yield text


@pytest.mark.parametrize("second", ["plain", "journaled"])
def test_a_script_that_ends_after_any_statement_leaves_what_up_can_finish(
    project: Project, second: str, full: bool
) -> None:
    project.write(texts(PLAIN if second == "plain" else JOURNALED[project.database.dialect]))
    prove(project, ["status"], ["up"], ["up"], full=full)


@pytest.mark.parametrize("second", ["plain", "journaled"])
def test_a_script_downwards_that_ends_after_any_statement_leaves_what_down_can_finish(
    project: Project, second: str, full: bool
) -> None:
    text = PLAIN if second == "plain" else JOURNALED[project.database.dialect]
    down = DOWN if second == "journaled" else DOWN.partition("\n")[2]
    project.write({name: each for name, each in texts(text, down).items() if name != "3_three.up"})
    prove(project, ["up"], ["down", "1"], ["down", "--to", "1", "--yes"], full=full)
