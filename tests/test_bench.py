"""`make bench`: that it runs, and says what fell back. How long something takes is never asserted."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from bench import figures, report
from bench.__main__ import main
from bench.turns import Measured, Reading

if TYPE_CHECKING:
    from pathlib import Path

    import pytest


def test_the_short_form_runs_on_sqlite(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    words = ["--databases", "sqlite", "--tools", "migrate,script,python", "--size", "2", "--runs", "1"]
    assert main([*words, "--json", str(tmp_path / "results.json")]) == 0
    written = json.loads((tmp_path / "results.json").read_text())
    tasks = [task.name for task in figures.TASKS if "sqlite" in task.databases]
    assert [each["task"] for each in written["readings"]] == tasks
    ran = {(each["task"], step) for each in written["readings"] for step, some in each["readings"].items() if some}
    asked_for = {(each.task, each.step) for each in figures.FIGURES if each.task in tasks}
    assert ran == asked_for
    assert "nothing to do, installed" in capsys.readouterr().out


def test_every_figure_is_of_a_task_that_is_there() -> None:
    steps = {(task.name, step): task for task in figures.TASKS for step in task.steps}
    for figure in figures.FIGURES:
        assert figure.tool in steps[figure.task, figure.step].tools


def measured(ours: float, earlier: float, peak: int = 1_000_000) -> Measured:
    """1,000 files up, five turns, here and at the commit v1."""
    readings = {
        "migrate": [Reading(ours * n, peak, 0) for n in (9, 1, 1.1, 1, 0.9)],
        "migrate@v1": [Reading(earlier * n, 1_000_000, 0) for n in (1, 1, 0.9, 1.1, 1)],
        "client": [Reading(1, 0, 0)] * 5,
    }
    return Measured("dump", "postgres-15", "postgres", 1000, 1.0, {"up": readings}, {})


def fell_back(each: Measured) -> list[str]:
    return [line.fell_back for line in report.lines([each]) if line.fell_back]


def test_what_falls_back_by_more_than_a_fifth_is_said() -> None:
    assert fell_back(measured(1.21, 1)) == ["fell back: 1 MB in 1,000 statements, on postgres-15: 1.21 times v1"]
    assert fell_back(measured(1, 1, peak=1_300_000)) == [
        "fell back: memory for 1 MB / size, on postgres-15: 1.30 times v1"
    ]


def test_what_falls_back_by_less_or_is_faster_is_not() -> None:
    assert fell_back(measured(1.19, 1)) == []
    assert fell_back(measured(0.5, 1)) == []


def test_a_line_has_the_ratio_of_the_medians_and_those_of_the_turns() -> None:
    (line,) = [each for each in report.lines([measured(2, 1)]) if each.other == "client"]
    assert (line.ratio, min(line.ratios), max(line.ratios)) == (2, 1.8, 18)
    assert line.goal == 1.5


def test_a_goal_of_one_database_is_not_that_of_another() -> None:
    (memory,) = [each for each in figures.FIGURES if each.task == "dump" and each.reading == "peak"]
    assert [figures.goal(memory, flavor, "size") for flavor in figures.ALL] == [2.5, 3.5, 2.5, 2.5]
    assert figures.goal(memory, "sqlite", "client") is None
