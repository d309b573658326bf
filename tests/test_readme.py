"""The README cannot lie: its transcripts are typed again, its commands, options, links and tests exist."""

from __future__ import annotations

import os
import re
import runpy
import shlex
import shutil
import subprocess
import sys
from typing import TYPE_CHECKING, NamedTuple

import pytest
from desk import MODULE, PROGRAM, Desk, clean_environment

import migrate

if TYPE_CHECKING:
    import argparse
    from pathlib import Path

    from servers import Database

ROOT = MODULE.parent
PAGES = {name: (ROOT / name).read_text(encoding="utf-8") for name in ("README.md", "GUARANTEES.md", "CONTRIBUTING.md")}
README = PAGES["README.md"]


@pytest.fixture
def desk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Desk:
    return Desk.start(tmp_path, monkeypatch, capsys)


class Typed(NamedTuple):
    """A line after ``$``, what is printed under it, and the folder it is typed in: a block begins in the checkout."""

    line: int
    command: str
    output: str
    folder: str


def transcripts() -> list[Typed]:
    """Everything that is typed in a console block, in order."""
    typed: list[Typed] = []
    inside, folder = False, "."
    for number, line in enumerate(README.splitlines(), 1):
        if line.startswith("```"):
            inside, folder = line == "```console", "."
        elif inside and line.startswith("$ "):
            typed.append(Typed(number, line[2:], "", folder))
            if not line.startswith("$ git clone"):
                folder = line.partition(" && cd ")[2] or folder
        elif inside:
            typed[-1] = typed[-1]._replace(output=typed[-1].output + line + "\n")
    return typed


def masked(text: str) -> list[str]:
    """The lines without what differs from run to run: times, durations, people, versions just made, widths."""
    text = re.sub(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z", "TIME", text)
    text = re.sub(r"\b\d{14}(?=_|\b)", "STAMP", text)
    text = re.sub(r"\b\d+(\.\d+)? m?s\b", "TOOK", text)
    text = re.sub(r"(?<![\w:/.])[\w.-]+@[\w.-]+", "WHO", text)
    text = re.sub(r"\x1b\[[0-9;?]*[A-Za-z]|\r", "", text)
    lines = [re.sub(r"[─━]+", "─", re.sub(r" {2,}", "  ", line)).strip() for line in text.strip().splitlines()]
    return [line for line in lines if not line.startswith("setting up .venv")]


def copy(target: Path) -> None:
    """Make a fresh clone of what is here, without a network and without what make made."""
    ignored = shutil.ignore_patterns(
        ".git", ".venv", "build", "dist", "*.db", ".env", "__pycache__", ".*_cache", ".hypothesis"
    )
    shutil.copytree(ROOT, target, ignore=ignored, symlinks=True)
    # `make` finds its environment ready: this one. What it installs is tested in test_house.py.
    binary = target / ".venv" / "bin"
    binary.mkdir(parents=True)
    (binary / "python").write_text(f'#!/bin/sh\nexec "{sys.executable}" "$@"\n', encoding="utf-8")
    (binary / PROGRAM).write_text(
        f'#!{sys.executable}\nimport sys\nsys.path.insert(0, "{target}")\nimport migrate\nsys.exit(migrate.main())\n',
        encoding="utf-8",
    )
    for script in binary.iterdir():
        script.chmod(0o755)
    for stamp in (".runtime", ".dev"):
        (target / ".venv" / stamp).touch()


def on_a_terminal(command: str, cwd: Path, environment: dict[str, str]) -> str:
    """Run a command as a person does, whose output is a terminal of 120 columns."""
    import pty

    master, slave = pty.openpty()
    process = subprocess.Popen(["sh", "-c", command], cwd=cwd, env=environment, stdin=slave, stdout=slave, stderr=slave)
    os.close(slave)
    seen = b""
    while True:
        try:
            data = os.read(master, 65536)
        except OSError:
            break
        if not data:
            break
        seen += data
    os.close(master)
    assert process.wait() == 0, f"{command}\n{seen.decode()}"
    return seen.decode()


@pytest.mark.skipif(not shutil.which("make"), reason="make is not installed: apt-get install make")
def test_every_transcript_is_what_the_tool_prints(tmp_path: Path) -> None:
    fresh = tmp_path / "imagor-studio-migrate"
    copy(fresh)
    environment = clean_environment() | {"COLUMNS": "120", "TERM": "xterm", "NO_COLOR": "1"}
    for name in ("MAKEFLAGS", "MAKELEVEL", "MFLAGS"):  # `make test` would have its own make say where it is
        environment.pop(name, None)
    environment["PATH"] = f"{fresh}/.venv/bin{os.pathsep}{environment['PATH']}"
    typed = transcripts()
    assert typed
    for each in typed:
        if re.match(r"git clone|pipx install|docker |kubectl ", each.command):
            assert each.output == "", f"README.md:{each.line} promises an output that cannot be tested here"
            continue
        printed = on_a_terminal(each.command, fresh / each.folder, environment)
        assert masked(printed) == masked(each.output), f"README.md:{each.line}: $ {each.command}"


def block(containing: str) -> str:
    """Return the one block of printed text in the README that contains these words."""
    blocks = re.findall(r"^```text\n(.*?)^```", README, re.MULTILINE | re.DOTALL)
    (found,) = [each for each in blocks if containing in each]
    return str(found)


def test_the_example_of_a_way_back_that_does_not_work_is_what_verify_prints(desk: Desk) -> None:
    shutil.copytree(ROOT / "sql" / "sqlite", desk.home / "sql" / "sqlite")
    up, down = (f"sql/sqlite/20261001_index_roles.{way}.sql" for way in ("up", "down"))
    desk.write({up: "CREATE INDEX users_role_idx ON users(role);\n", down: "SELECT 1;\n"})
    ran = desk("--dir", "sql", "verify")
    assert (ran.exit, ran.out.endswith(f"\n{block('index_roles')}")) == (4, True), ran.out


def test_each_picture_is_what_is_drawn_now_and_loads_nothing() -> None:
    run = runpy.run_path(str(ROOT / "docs" / "pictures.py"))
    drawn = run["pictures"]()
    kept = {path.name: path.read_text(encoding="utf-8") for path in (ROOT / "docs").glob("*.svg")}
    assert kept == drawn, "run  python docs/pictures.py"
    assert [*re.findall(r"!\[[^\]]{40,}\]\(docs/([^)]*)\)", README)] == ["status.svg", "log.svg"]
    for text in drawn.values():
        assert re.findall(r"https?://[^\"]*", text) == ["http://www.w3.org/2000/svg"]  # which is a name
        assert not re.search("@import|@font-face|url\\(|<script|<image|href", text)


def test_the_example_of_an_error_is_what_is_printed(desk: Desk, postgres: Database) -> None:
    shutil.copytree(ROOT / "sql" / "postgres", desk.home / "sql" / "postgres")
    broken = desk.home / "sql" / "postgres" / "20250816_create_users_table.up.sql"
    broken.write_text(broken.read_text("utf-8").replace("CREATE TABLE users", "CREATE tabel users"), "utf-8")
    desk.set(DATABASE_URL=postgres.url, MIGRATE_DIR="sql")
    ran = desk("up")
    assert (ran.exit, ran.err) == (1, block("tabel"))


def subparsers() -> dict[str, argparse.ArgumentParser]:
    (group,) = (action for action in migrate.build_parser()._actions if action.dest == "command")
    assert group.choices is not None
    return dict(group.choices)


def options(parser: argparse.ArgumentParser) -> set[str]:
    return {option for action in parser._actions for option in action.option_strings}


def code_of_readme() -> list[str]:
    """Every line of a block that is typed or printed, and every `span` of the prose."""
    lines: list[str] = []
    fence: str | None = None
    for line in README.splitlines():
        if line.startswith("```"):
            fence = line[3:] if fence is None else None
        elif fence is None:
            lines += re.findall(r"`([^`]+)`", line)
        elif fence in {"sh", "console", "text"}:
            lines.append(line)
    return lines


def test_every_command_in_the_readme_exists_with_its_options() -> None:
    known, common = subparsers(), options(migrate.build_parser())
    found = 0
    for code in code_of_readme():
        match = re.search(rf"(?:{PROGRAM}|migrate\.py) +([^#]*)", code.replace(r"\|", "|"))
        words = shlex.split(match[1]) if match else []
        command = next((word for word in words if not word.startswith("-") and word.isalpha() and word.islower()), None)
        if match is None or "://" in code or " && " in code or command is None:
            continue
        found += 1
        assert command in known, code
        used = {word.partition("=")[0] for word in words if re.match(r"--?[a-z]", word)}
        assert used <= options(known[command]) | common, code
    assert found > 5


def test_every_option_in_the_readme_exists_somewhere() -> None:
    everywhere = set().union(*(options(parser) for parser in subparsers().values())) | options(migrate.build_parser())
    # Of a line for docker, uvx, kubectl or a database's client, what comes before our own name is theirs.
    theirs = re.compile(
        r"^((docker|uvx|pipx) .*?imagor-studio-migrate(?= |$)|docker compose .* --rm|(kubectl|psql|mysql|sqlite3) .*)"
    )
    ours = [theirs.sub("", code) for code in code_of_readme()]
    named = {option for code in ours for option in re.findall(r"(?<![\w-])--[a-z][a-z-]+", code)}
    assert named - everywhere == set()


def test_every_command_and_every_option_is_in_the_readme() -> None:
    for name, parser in subparsers().items():
        assert re.search(rf"`{name}\b", README), f"`{name}` is not in README.md"
        for option in options(parser) - {"-h", "--help"}:
            assert re.search(rf"{option}\b", README), f"{name} {option} is not in README.md"


def test_every_setting_is_in_the_readme_with_its_default() -> None:
    for name in (
        "DATABASE_URL",
        "DATABASE_URL_FILE",
        "MIGRATE_DIR",
        "MIGRATE_TABLE",
        "MIGRATE_LOCK_TIMEOUT",
        "MIGRATE_COMMAND",
    ):
        assert f"`{name}`" in README
    settings = migrate.load_settings({"config": os.devnull}, {})
    assert f"`{settings.url}`" in README
    assert f"`{settings.table}`" in README


def headings(text: str) -> list[tuple[int, str]]:
    """Each heading with its level, in order; what stands in a block of code is none."""
    prose = re.sub(r"^```.*?^```", "", text, flags=re.MULTILINE | re.DOTALL)
    return [(len(signs), title) for signs, title in re.findall(r"^(#+) (.+)$", prose, re.MULTILINE)]


def anchor(heading: str) -> str:
    """Return what a link to this heading ends with, on the pages of git hosts."""
    return re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-")


def contents(text: str) -> list[str]:
    """Return the anchors in the first list of links on a page: its table of contents."""
    (found, *_) = re.findall(r"(?:^(?:- |  ).*\]\(#.*\n)+", text, re.MULTILINE)
    return re.findall(r"\]\(#([^)]+)\)", found)


@pytest.mark.parametrize("page", ["README.md", "GUARANTEES.md"])
def test_the_contents_lead_to_each_heading_in_the_order_of_the_page(page: str) -> None:
    found = [anchor(title) for level, title in headings(PAGES[page]) if level in {2, 3} and title != "Contents"]
    assert contents(PAGES[page]) == found
    assert len(found) == len({*found}), "two headings with one anchor"


@pytest.mark.parametrize("page", PAGES)
def test_every_link_leads_somewhere(page: str) -> None:
    for target in re.findall(r"\]\((?!https?:)([^)]+)\)", PAGES[page]):
        name, _, place = target.partition("#")
        assert (ROOT / name).exists(), target
        if place:
            assert place in [anchor(title) for _, title in headings(PAGES[name or page])], target


def test_every_guarantee_names_tests_that_exist() -> None:
    written = "".join(path.read_text(encoding="utf-8") for path in (ROOT / "tests").glob("test_*.py"))
    for page, text in PAGES.items():
        named = re.findall(r"\btest_\w*[^\W_]\b(?!\.py)", text)
        assert [name for name in named if f"def {name}(" not in written] == [], page
        assert len(named) > 10 or page != "GUARANTEES.md"


def test_every_guarantee_names_the_tests_that_show_it() -> None:
    text = PAGES["GUARANTEES.md"]
    guarantees = dict(re.findall(r"^### (.+)\n((?:(?!##).*\n?)*)", text, re.MULTILINE))
    assert [*guarantees] == [title for level, title in headings(text) if level == 3]
    for title, said in guarantees.items():
        assert re.search(r"^Shown by `test_\w+`", said, re.MULTILINE), title


def test_the_readme_says_of_each_promise_where_it_is_shown() -> None:
    section = README.partition("\n## What it promises\n")[2].partition("\n## ")[0]
    promises = re.findall(r"^\d\. \*\*(.+)\.\*\*", section, re.MULTILINE)
    assert len(promises) == 3
    assert set(promises) <= {title for level, title in headings(PAGES["GUARANTEES.md"]) if level == 2}


def test_what_make_does_is_said_of_targets_that_there_are() -> None:
    """Not every command has a target: the page says which do."""
    targets = set(re.findall(r"^\.PHONY: ([\w-]+)$", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE))
    (said,) = re.findall(r"there is `make` for (.*?), with options", README, re.DOTALL)
    assert set(re.findall(r"`(\w+)`", said)) == targets & set(subparsers()) - {"help"}  # which is that of make itself
