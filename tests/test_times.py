"""A time that is shown says which clock it is of: this is a rule, and every screen that shows one is held to it."""

from __future__ import annotations

import html
import re
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
import rig
from test_fire import SLEEP, running

import migrate

if TYPE_CHECKING:
    from collections.abc import Iterator

    from project import Project, Ran

ROOT = Path(migrate.__file__).parent
# A day and a time, or a time alone; what follows a colon or a dot is a place, or a part of a number.
TIME = re.compile(r"(?<![\w:.+-])(?:\d{4}-\d\d-\d\d[T ])?\d?\d:\d\d(?::\d\d(?:[.,]\d+)?)?(?![\w:]*\d)")
SAID = re.compile(r"Z\b|\+00:00|`?[ ,(]{1,3}(?:in )?UTC\b")
COMMANDS = [each for each, _ in migrate._ARGUMENTS]


def doubtful(text: str) -> list[str]:
    """Return the times in *text* that do not say that they are in UTC, with what is around them."""
    head = next((line for line in text.splitlines() if " version " in line or line.startswith("version")), "")
    if "UTC" in head:
        return []
    found = [each for each in TIME.finditer(text) if not SAID.match(text, each.end())]
    return [text[max(0, each.start() - 40) : each.end() + 20] for each in found]


def words_of(ran: Ran) -> str:
    return f"{ran.out}\n{ran.err}"


def screens(project: Project) -> Iterator[tuple[str, str]]:
    """Yield every screen of one database in the states that there are, each with what was typed."""

    def typed(*words: str) -> tuple[str, str]:
        return " ".join(words), words_of(project(*words))

    project.write({"1_a": "CREATE TABLE a (n INTEGER);", "1_a.down": "DROP TABLE a;", "2_b": "SELECT 1;"})
    for form in ("table", "plain", "json"):
        for words in (
            ["up", "--to", "1"],
            ["redo"],
            ["plan"],
            ["plan", "down"],
            ["status"],
            ["log"],
            ["wait", "--timeout", "0"],
        ):
            yield typed("--format", form, "-v", *words)
    for form in ("csv", "html"):
        for words in (["status"], ["log"], ["plan"], ["plan", "down"])[2 if form == "html" else 0 :]:
            title, text = typed("--format", form, *words)
            yield title, html.unescape(re.sub(r"<style.*?</style>|<[^>]+>", " ", text, flags=re.DOTALL))
    yield typed("plan", "--sql")
    yield typed("plan", "down", "--sql")
    yield typed("check")
    yield typed("log", "--since", "noon")
    project.succeed("up")
    project.write({"1_a": "CREATE TABLE a (n INTEGER); -- edited"})
    project.write({"2_b": "-- migrate: no-transaction\nCREATE TABLE b (n INTEGER);\nSELECT nothing;"})
    for words in (["up"], ["status"], ["log"], ["repair", "1", "--applied"], ["up"], ["status"], ["down"], ["plan"]):
        yield typed(*words)
    yield typed("repair", "2", "--applied")
    yield typed("log", "--format", "table")
    project.write({"3_late": "SELECT 1;"})
    yield typed("baseline", "3")
    yield typed("reset", "--yes", "-v")
    yield typed("log")
    project.database.execute("UPDATE schema_migrations SET version = 'x' WHERE version = '1'")
    yield typed("status")


def test_every_time_that_is_shown_is_said_to_be_utc(project: Project) -> None:
    shown = dict(screens(project))
    times = {title for title, text in shown.items() if TIME.search(text)}
    assert {"status", "log", "log --format table", "plan --sql", "--format html plan", "--format csv log"} <= times
    assert {title: found for title, text in shown.items() if (found := doubtful(text))} == {}


@pytest.mark.databases("postgres", "mysql")  # SQLite knows of no sessions
def test_so_are_those_of_another_session(project: Project) -> None:
    url = project.database.url
    project.write({"1_slow": f"CREATE TABLE t (n INTEGER);\n{SLEEP[project.database.dialect].format(20)}"})
    first = rig.start(project.home, url, "up")
    running(project.database, "leep(20")
    second = rig.Ended(rig.start(project.home, url, "--lock-timeout", "1", "up"))
    status = project("status", "--format", "table")
    first.kill()
    first.communicate()
    assert len(TIME.findall(second.err)) >= 1
    assert doubtful(second.err) == doubtful(words_of(status)) == []


@pytest.mark.databases("sqlite")  # elsewhere they are the same
def test_the_papers_and_the_help_say_it_too(project: Project) -> None:
    papers = {path: (ROOT / path).read_text(encoding="utf-8") for path in ("README.md", "GUARANTEES.md")}
    papers |= {f"help {each}": words_of(project("help", each)) for each in [*COMMANDS, "settings"]}
    assert TIME.search(papers["help log"])
    assert {title: found for title, text in papers.items() if (found := doubtful(text))} == {}


def test_the_rule_sees_a_time_that_does_not_say_it() -> None:
    for text in ("since 10:41:07", "at 2026-11-24 09:30", "at 2026-11-24T09:30:10.123", "2026-11-24 9:30:10,5 (local)"):
        assert len(doubtful(text)) == 1, text
    for text in (
        "since 10:41:07 UTC",
        "2026-11-24T09:30:10.123Z",
        "2026-11-24T09:30 (UTC, or",
        "a.sql:10:41",
        "1.10:41",
    ):
        assert doubtful(text) == [], text
