"""Ratios, the table, JSON, and what fell back."""

from __future__ import annotations

import statistics
from typing import TYPE_CHECKING, Any, NamedTuple

from .figures import FIGURES, goal

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from rich.table import Table

    from .figures import Figure
    from .turns import Measured, Reading

FIFTH = 1.2  # what falls back by more than that is said
OURS = ("migrate", "script")
UNITS = {"seconds": "s", "peak": "MB", "trips": ""}


class Line(NamedTuple):
    """A figure on one database, beside one of the others."""

    figure: Figure
    title: str
    database: str
    other: str
    ours: list[float]
    theirs: list[float]
    goal: float | None

    @property
    def ratios(self) -> list[float]:
        """Of each turn."""
        return [ours / theirs for ours, theirs in zip(self.ours, self.theirs, strict=True)]

    @property
    def ratio(self) -> float:
        """Return the ratio of the medians."""
        return statistics.median(self.ours) / statistics.median(self.theirs)

    @property
    def fell_back(self) -> str:
        """A sentence, if it is worse by more than a fifth than the same at another commit; else ""."""
        reference = self.other.partition("@")[2]
        if not reference or self.ratio <= FIFTH:
            return ""
        return f"fell back: {self.title}, on {self.database}: {self.ratio:.2f} times {reference}"


def lines(measured: Iterable[Measured]) -> Iterator[Line]:
    """Yield the lines of the table, in its order."""
    known = list(measured)
    for figure in FIGURES:
        for each in known:
            if each.task == figure.task and figure.tool in each.readings.get(figure.step, {}):
                yield from _lines(figure, each)


def _lines(figure: Figure, measured: Measured) -> Iterator[Line]:
    megabytes = f"{measured.megabytes:.0f}" if measured.megabytes >= 1 else f"{measured.megabytes:.1f}"
    title = figure.title.format(size=f"{measured.size:,}", megabytes=megabytes)
    by_tool = {tool: _values(figure, readings) for tool, readings in measured.readings[figure.step].items()}
    ours = by_tool.pop(figure.tool)
    if figure.reading == "peak":  # what a client needs is nothing to compare with; the size of the file is
        by_tool = {"size": [measured.megabytes] * len(ours), **by_tool}
        by_tool.pop("client", None)
    for other, theirs in by_tool.items():
        name, _, reference = other.partition("@")
        if name == figure.tool if reference else name not in OURS:
            yield Line(figure, title, measured.label, other, ours, theirs, goal(figure, measured.flavor, other))


def _values(figure: Figure, readings: list[Reading]) -> list[float]:
    scale = 1e6 if figure.reading == "peak" else 1
    return [getattr(each, figure.reading) / scale for each in readings]


def table(known: Iterable[Line], *, judged: bool) -> Table:
    """Return the lines as a table; *judged*: with the goals, which are for the full form alone."""
    from rich.table import Table

    sheet = Table(box=None, pad_edge=False, header_style="bold", caption_justify="left")
    sheet.caption = "ratio: of the medians; min and max: of single turns"
    words = ("figure", "database", "beside")
    for head in ["figure", "database", "migrate", "beside", "", "ratio", "min", "max"] + ["goal"] * judged:
        sheet.add_column(head, justify="left" if head in words else "right")
    before = ("", "")
    for line in known:
        new_title, new_database = line.title != before[0], (line.title, line.database) != before
        row = [
            line.title if new_title else "", line.database if new_database else "", _median(line, line.ours),
            line.other, _median(line, line.theirs),
            f"{line.ratio:.2f}", f"{min(line.ratios):.2f}", f"{max(line.ratios):.2f}",
        ]  # fmt: skip
        if judged and line.goal is not None:
            row.append(f"{line.goal}" if line.ratio <= line.goal else f"[red]behind {line.goal}[/red]")
        sheet.add_row(*row)
        before = (line.title, line.database)
    return sheet


def _median(line: Line, values: list[float]) -> str:
    value = statistics.median(values)
    digits = 0 if value >= 1000 or line.figure.reading == "trips" else 1 if value >= 10 else 3  # noqa: PLR2004
    return f"{value:,.{digits}f} {UNITS[line.figure.reading]}".rstrip()


def to_json(measured: Iterable[Measured], about: dict[str, Any]) -> dict[str, Any]:
    """Return everything that was read, and the ratios beside it."""
    known = list(measured)
    return {
        **about,
        "figures": [
            {
                "figure": line.title, "database": line.database, "tool": line.figure.tool, "beside": line.other,
                "reading": line.figure.reading, "ratio": round(line.ratio, 3), "min": round(min(line.ratios), 3),
                "median": round(statistics.median(line.ratios), 3), "max": round(max(line.ratios), 3),
                "goal": line.goal,
            }
            for line in lines(known)
        ],
        "readings": [
            {
                **each._asdict(),
                "readings": {
                    step: {tool: [reading._asdict() for reading in some] for tool, some in by_tool.items()}
                    for step, by_tool in each.readings.items()
                },
            }
            for each in known
        ],
    }  # fmt: skip
