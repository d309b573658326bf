"""What stands around the module: the wheel, the man page, the completions, the Makefile, and what the README says."""

from __future__ import annotations

import argparse
import os
import re
import shutil
import subprocess
import sys
import tarfile
import zipfile
from pathlib import Path

import pytest

import migrate

ROOT = Path(__file__).resolve().parent.parent
PROG = "imagor-studio-migrate"
MAN_PAGE = f"share/man/man1/{PROG}.1"
COMPLETIONS = {
    "bash": f"share/bash-completion/completions/{PROG}",
    "zsh": f"share/zsh/site-functions/_{PROG}",
    "fish": f"share/fish/vendor_completions.d/{PROG}.fish",
}
COMMANDS = [
    *("up", "down", "redo", "reset", "status", "plan", "log", "new", "check", "baseline", "wait", "verify", "repair")
]
NOT_YET = ["adopt"]


def read(name: str) -> str:
    return (ROOT / name).read_text(encoding="utf-8")


def run(*command: str | Path, cwd: Path = ROOT, env: dict[str, str] | None = None) -> str:
    """Run a command that must succeed, and return what it prints."""
    done = subprocess.run(command, cwd=cwd, env=env, capture_output=True, text=True, check=False)
    assert done.returncode == 0, f"{command}\n{done.stdout}{done.stderr}"
    return done.stdout


def need(program: str, package: str) -> str:
    """Return the path of *program*; without it the test is skipped, and fails where CI is set."""
    if found := shutil.which(program):
        return found
    reason = f"{program} is not installed: apt-get install {package}"
    if os.environ.get("CI"):
        pytest.fail(reason)
    pytest.skip(reason)


def build(source: Path, target: str, folder: Path) -> Path:
    run(sys.executable, "-m", "hatchling", "build", "-t", target, "-d", folder, cwd=source)
    (artifact,) = folder.glob({"wheel": "*.whl", "sdist": "*.tar.gz"}[target])
    return artifact


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build(ROOT, "wheel", tmp_path_factory.mktemp("wheel"))


@pytest.fixture(scope="module")
def unpacked(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """The files of the wheel by name, shared data as it lies below the prefix."""
    with zipfile.ZipFile(wheel) as archive:
        return {re.sub(r"^[^/]+\.data/data/", "", name): archive.read(name).decode() for name in archive.namelist()}


@pytest.fixture(scope="module")
def man_page(unpacked: dict[str, str], tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("man") / f"{PROG}.1"
    path.write_text(unpacked[MAN_PAGE], encoding="utf-8")
    return path


def subparsers() -> dict[str, argparse.ArgumentParser]:
    (group,) = (action for action in migrate.build_parser()._actions if action.dest == "command")
    assert group.choices is not None
    return dict(group.choices)


def options(parser: argparse.ArgumentParser) -> set[str]:
    return {
        option
        for action in parser._actions
        if action.help != argparse.SUPPRESS
        for option in action.option_strings
        if option.startswith("--")
    }


def table(heading: str) -> list[list[str]]:
    """The first table of the README below *heading*, as rows of cells, without its header."""
    _, found, text = read("README.md").partition(f"\n{heading}\n")
    assert found, f"README.md has no heading {heading!r}"
    _, _, text = text.partition("\n|")
    rows = []
    for line in ("|" + text).splitlines():
        if not line.startswith("|"):
            break
        rows.append([cell.strip().replace(r"\|", "|") for cell in re.split(r"(?<!\\)\|", line)[1:-1]])
    return rows[2:]


def test_the_wheel_holds_the_module_and_exactly_the_sql_of_the_checkout(unpacked: dict[str, str]) -> None:
    expected = {f"migrate_{path.relative_to(ROOT)}": path.read_text() for path in (ROOT / "sql").glob("*/*.sql")}
    expected["migrate.py"] = read("migrate.py")
    desk = [path for path in (ROOT / "migrate_review").iterdir() if path.is_file()]
    expected |= {f"migrate_review/{path.name}": path.read_text() for path in desk}
    shared = {MAN_PAGE, *COMPLETIONS.values()}
    held = {name: text for name, text in unpacked.items() if ".dist-info/" not in name and name not in shared}
    assert held == expected
    assert shared <= unpacked.keys()


def test_the_sdist_builds_the_same_wheel(unpacked: dict[str, str], tmp_path: Path) -> None:
    with tarfile.open(build(ROOT, "sdist", tmp_path)) as archive:
        if hasattr(tarfile, "data_filter"):
            archive.extraction_filter = tarfile.data_filter
        archive.extractall(tmp_path / "source")  # noqa: S202 - our own archive
    (source,) = (tmp_path / "source").iterdir()
    assert {path.name for path in ROOT.glob("*.md")} == {path.name for path in source.glob("*.md")}
    with zipfile.ZipFile(build(source, "wheel", tmp_path)) as archive_of_sdist:
        names = {re.sub(r"^[^/]+\.data/data/", "", name) for name in archive_of_sdist.namelist()}
    assert names == unpacked.keys()


def test_the_installed_command_runs_the_embedded_sql_from_any_folder_without_a_driver(
    wheel: Path, tmp_path: Path
) -> None:
    run(sys.executable, "-m", "venv", "--without-pip", tmp_path / "venv")
    python, command = tmp_path / "venv/bin/python", tmp_path / f"venv/bin/{PROG}"
    run(sys.executable, "-m", "pip", "--python", python, "install", "--quiet", "--no-deps", "--no-index", wheel)
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    env = {name: value for name, value in os.environ.items() if not name.startswith(("DATABASE_", "MIGRATE_"))}

    run(command, "up", cwd=elsewhere, env=env)
    status = run(command, "status", "--format", "plain", cwd=elsewhere, env=env)

    assert "20250504" in status
    assert "20250923" in status
    assert (elsewhere / "imagor-studio.db").is_file()
    assert run(python, "-m", "migrate", "--version", cwd=elsewhere, env=env).strip().endswith(migrate.__version__)


def test_the_version_is_written_in_one_place(unpacked: dict[str, str]) -> None:
    (metadata,) = (text for name, text in unpacked.items() if name.endswith(".dist-info/METADATA"))
    assert f"\nVersion: {migrate.__version__}\n" in metadata
    assert not re.search(r"^version\s*=", read("pyproject.toml"), re.MULTILINE)
    newest = re.search(r"^## \[(\d[^\]]*)\]", read("CHANGELOG.md"), re.MULTILINE)
    assert newest is not None
    assert newest[1] == migrate.__version__


@pytest.mark.parametrize("command", COMMANDS)
def test_the_man_page_and_the_completions_know_every_command(unpacked: dict[str, str], command: str) -> None:
    assert rf".SS \fB{PROG} {command}\fR" in unpacked[MAN_PAGE].replace(r"\-", "-")
    for path in COMPLETIONS.values():
        assert re.search(rf"\b{command}\b", unpacked[path])


def test_the_man_page_has_the_sections_that_the_parser_cannot_know(man_page: Path) -> None:
    sections = re.findall(r"^\.SH\s+(.+)$", man_page.read_text(), re.MULTILINE)
    assert sections[0] == "NAME"
    assert {"SYNOPSIS", "OPTIONS", "COMMANDS"} <= set(sections)
    assert sections[-5:] == ["EXIT STATUS", "ENVIRONMENT", "FILES", "EXAMPLES", "SEE ALSO"]


def test_roff_finds_nothing_to_complain_about_and_drops_no_line(man_page: Path) -> None:
    if shutil.which("groff"):
        warned = subprocess.run(
            ["groff", "-man", "-ww", "-z", "-Tascii", man_page], capture_output=True, text=True, check=True
        )
        assert warned.stderr == ""
    else:
        run(need("mandoc", "mandoc"), "-T", "lint", "-W", "warning", man_page)


def test_a_text_line_that_starts_with_a_dot_is_no_request(unpacked: dict[str, str]) -> None:
    known = re.compile(r"\.(TH|SH|SS|TP|PP|RS|RE|EX|EE|B|I|BR|IR)( |$)")
    for line in unpacked[MAN_PAGE].splitlines():
        assert not line.startswith("'")
        assert not line.startswith(".") or known.match(line), line


@pytest.mark.parametrize("shell", COMPLETIONS)
def test_the_shell_can_read_its_completion(shell: str, unpacked: dict[str, str], tmp_path: Path) -> None:
    program = shutil.which(shell) or pytest.skip(f"{shell} is not installed: apt-get install {shell}")
    script = tmp_path / "completion"
    script.write_text(unpacked[COMPLETIONS[shell]], encoding="utf-8")
    run(program, "-n", script)


def test_the_commands_are_the_ones_that_work() -> None:
    assert set(subparsers()) == set(COMMANDS)


def test_the_readme_lists_every_command_with_its_options() -> None:
    rows = {re.findall(r"`(\w+)", row[0])[0]: row for row in table("## Commands")}
    assert list(rows) == COMMANDS
    everywhere = options(migrate.build_parser()) - {"--version"}  # log has one of its own
    for command, parser in subparsers().items():
        documented = set(re.findall(r"--[a-z-]+", rows[command][0]))
        assert documented == options(parser) - everywhere, command


def test_the_readme_lists_every_setting() -> None:
    rows = table("## Settings")
    documented = {option for row in rows for option in re.findall(r"--[a-z-]+", row[0])}
    assert documented == options(migrate.build_parser()) - {"--help", "--version"}
    variables = {variable for row in rows for variable in re.findall(r"`([A-Z_]+)`", row[1])}
    assert variables == set(re.findall(r"^\.B ([A-Z_]+)$", read(f"man/{PROG}.h2m"), re.MULTILINE)) | {
        "MIGRATE_DIR",
        "MIGRATE_TABLE",
        "MIGRATE_LOCK_TIMEOUT",
        "MIGRATE_DDL_LOCK_TIMEOUT",
        "MIGRATE_RETRIES",
        "MIGRATE_STATEMENT_TIMEOUT",
    }


def test_the_readme_and_the_man_page_name_the_same_exit_codes() -> None:
    in_readme = [int(code) for row in table("## Exit codes") for code in re.findall(r"\d+", row[0])]
    section = read(f"man/{PROG}.h2m").partition("[environment]")[0]
    in_man_page = [int(code) for line in re.findall(r"^\.B (.*)$", section, re.MULTILINE) for code in _numbers(line)]
    assert in_readme == in_man_page == [0, 1, 2, 3, 4, 5, 130, 143]


def _numbers(line: str) -> list[str]:
    return re.findall(r"\b\d+\b", line.replace(r"\fR", " ").replace(r"\fB", " "))


@pytest.mark.parametrize("command", NOT_YET)
def test_nobody_promises_a_command_that_does_not_exist_yet(command: str, unpacked: dict[str, str]) -> None:
    for text in (read("README.md"), unpacked[MAN_PAGE]):
        assert not re.search(rf"(migrate|make|`) ?{command}\b", text)


def test_make_alone_lists_every_target() -> None:
    listed = re.findall(r"^  make ([\w-]+) +\S", run(need("make", "make")), re.MULTILINE)
    assert sorted(listed) == sorted(re.findall(r"^\.PHONY: ([\w-]+)$", read("Makefile"), re.MULTILINE))
    assert sorted(listed) == sorted(re.findall(r"^([\w-]+):.*## ", read("Makefile"), re.MULTILINE))


def test_every_make_command_that_is_written_down_exists() -> None:
    targets = set(re.findall(r"^\.PHONY: ([\w-]+)$", read("Makefile"), re.MULTILINE))
    for name in ("README.md", "GUARANTEES.md", "CONTRIBUTING.md", ".ci/run"):
        assert set(re.findall(r"(?:^|`|\$ )make ([a-z-]+)", read(name), re.MULTILINE)) <= targets


def test_ci_is_a_script_that_a_plain_shell_reads() -> None:
    assert os.access(ROOT / ".ci/run", os.X_OK)
    run("sh", "-n", ROOT / ".ci/run")


def test_the_repository_stands_alone() -> None:
    """It names no package host and no folder outside: what a person's tools are set up with is what is used."""
    outside = re.compile(r"pypi\.[o]rg|python[h]osted|registry\.[n]pmjs|deb\.[d]ebian\.org|index-[u]rl|work/[s]hared")
    skipped = {".git", ".venv", "build", "dist"}
    for path in ROOT.rglob("*"):
        if path.is_file() and not skipped & {*path.relative_to(ROOT).parts} and "cache" not in str(path):
            assert not outside.search(path.read_bytes().decode("utf-8", "replace")), path
