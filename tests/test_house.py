"""What stands around the module: the wheel, the man page, the completions, the Makefile, and what the README says."""

from __future__ import annotations

import argparse
import json
import os
import pty
import re
import select
import shutil
import subprocess
import sys
import tarfile
import time
import zipfile
from email.parser import HeaderParser
from fnmatch import fnmatch
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from trove_classifiers import classifiers

import migrate
from servers import skip_or_fail

if TYPE_CHECKING:
    from email.message import Message

ROOT = Path(__file__).resolve().parent.parent
PROG = "imagor-studio-migrate"
MAN_PAGE = f"share/man/man1/{PROG}.1"
COMPLETIONS = {
    "bash": f"share/bash-completion/completions/{PROG}",
    "zsh": f"share/zsh/site-functions/_{PROG}",
    "fish": f"share/fish/vendor_completions.d/{PROG}.fish",
}
COMMANDS = [
    *("up", "down", "redo", "reset", "status", "plan", "log", "new", "check", "baseline", "wait", "verify", "repair"),
    *("completion", "help"),
]
NOT_YET = ["adopt"]
# Prints what becomes of the line $2 in each shell when a person types the Tab key. $1 is the completion. The shell says
# when it is ready in two pieces, as a terminal repeats what is typed.
TAB = {
    "bash": r"""
        source "$1"; PS1=; bind -x '"\C-g": printf "[%s]" "$READLINE_LINE"; exit'; printf %s re; echo ady
    """,
    "zsh": r"""
        PROMPT=; fpath=("${1:h}" $fpath); autoload -Uz compinit; compinit -u -D;
        tell() { print -rn -- "[$BUFFER]"; exit }; zle -N tell; bindkey "^G" tell; print re""ady
    """,
}
LINES = [
    ("pla", "plan"),
    ("repair 202505", "repair 20250504"),
    ("baseline 202509", "baseline 20250923"),
    ("down --to 2025081", "down --to 20250816"),
    ("--dir=own up --to=2026", "--dir=own up --to=20260101"),
    ("--config app.e", "--config app.env"),
    ("--dir ow", "--dir own/"),
    ("--database-url postgres://ann@h/app baseline 202509", "--database-url postgres://ann@h/app baseline 20250923"),
    ("wait --for d", "wait --for database"),
]


def read(name: str) -> str:
    return (ROOT / name).read_text(encoding="utf-8")


def run(*command: str | Path, cwd: Path = ROOT, env: dict[str, str] | None = None) -> str:
    """Run a command that must succeed, and return what it prints."""
    done = subprocess.run(command, cwd=cwd, env=env, capture_output=True, text=True, check=False, timeout=300)
    assert done.returncode == 0, f"{command}\n{done.stdout}{done.stderr}"
    return done.stdout


def without_settings() -> dict[str, str]:
    """Return this machine's environment without a setting of ours in it."""
    return {name: value for name, value in os.environ.items() if not name.startswith(("DATABASE_", "MIGRATE_"))}


def need(program: str, fix: str) -> str:
    """Return the path of *program*; without it the test is skipped, and fails where CI is set."""
    here = Path(sys.executable).parent
    return shutil.which(program, path=f"{here}:{os.environ['PATH']}") or skip_or_fail(f"{program} is missing: {fix}")


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
def source(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The sdist, unpacked."""
    folder = tmp_path_factory.mktemp("sdist")
    with tarfile.open(build(ROOT, "sdist", folder)) as archive:
        if hasattr(tarfile, "data_filter"):
            archive.extraction_filter = tarfile.data_filter
        archive.extractall(folder / "source")  # noqa: S202 - our own archive
    (source,) = (folder / "source").iterdir()
    return source


@pytest.fixture(scope="module")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of commands of a fresh environment that holds the wheel, and no driver."""
    venv = tmp_path_factory.mktemp("installed") / "venv"
    run(sys.executable, "-m", "venv", "--without-pip", venv)
    pip = (sys.executable, "-m", "pip", "--python", venv / "bin/python")
    run(*pip, "install", "--quiet", "--no-deps", "--no-index", wheel)
    return venv / "bin"


@pytest.fixture(scope="module")
def metadata(unpacked: dict[str, str]) -> Message:
    (text,) = (text for name, text in unpacked.items() if name.endswith(".dist-info/METADATA"))
    return HeaderParser().parsestr(text)


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


def test_the_wheel_holds_the_module_the_desk_and_exactly_the_sql_of_the_checkout(unpacked: dict[str, str]) -> None:
    expected = {f"migrate_{path.relative_to(ROOT)}": path.read_text() for path in (ROOT / "sql").glob("*/*.sql")}
    desk = [path for path in (ROOT / "migrate_review").rglob("[!.]*.*") if "__pycache__" not in path.parts]
    for path in (ROOT / "migrate.py", ROOT / "migrate/py.typed", *desk):
        expected[str(path.relative_to(ROOT))] = path.read_text()
    shared = {MAN_PAGE, *COMPLETIONS.values()}
    held = {name: text for name, text in unpacked.items() if ".dist-info/" not in name and name not in shared}
    assert held == expected
    assert shared <= unpacked.keys()


def test_what_the_wheel_is_made_of_reaches_the_build_of_the_image() -> None:
    """Docker's own rules: the last line that fits decides, and a line about a folder is about what lies in it."""
    lines = [line for line in read(".dockerignore").splitlines() if line and not line.startswith("#")]

    def travels(path: Path) -> bool:
        whole = (path, *path.relative_to(ROOT).parents)
        ways = [str(each.relative_to(ROOT) if each.is_absolute() else each) for each in whole]
        return [line for line in lines if any(fnmatch(way, line.removeprefix("!")) for way in ways)][-1].startswith("!")

    sources = [path for folder in ("migrate", "migrate_review", "sql") for path in (ROOT / folder).rglob("*.*")]
    for path in (ROOT / "migrate.py", ROOT / "pyproject.toml", ROOT / "README.md", ROOT / "LICENSE", *sources):
        assert travels(path) == (path.suffix != ".pyc" and "__pycache__" not in path.parts), path
    assert not travels(ROOT / ".env")


def test_the_sdist_builds_the_same_wheel(unpacked: dict[str, str], source: Path, tmp_path: Path) -> None:
    assert {path.name for path in ROOT.glob("*.md")} == {path.name for path in source.glob("*.md")}
    with zipfile.ZipFile(build(source, "wheel", tmp_path)) as archive_of_sdist:
        names = {re.sub(r"^[^/]+\.data/data/", "", name) for name in archive_of_sdist.namelist()}
    assert names == unpacked.keys()


def test_the_installed_command_runs_the_embedded_sql_from_any_folder_without_a_driver(
    installed: Path, tmp_path: Path
) -> None:
    python, command = installed / "python", installed / PROG
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    env = without_settings()

    run(command, "up", cwd=elsewhere, env=env)
    status = run(command, "status", "--format", "plain", cwd=elsewhere, env=env)

    assert "20250504" in status
    assert "20250923" in status
    assert (elsewhere / "imagor-studio.db").is_file()
    assert run(python, "-m", "migrate", "--version", cwd=elsewhere, env=env).strip().endswith(migrate.__version__)


def test_a_type_checker_knows_the_types_of_what_is_installed(installed: Path, tmp_path: Path) -> None:
    (tmp_path / "program.py").write_text(
        "import migrate\nimport migrate_review\n\nmigrate.auto_migrate(3)\nprint(migrate_review.__nothing__)\n"
    )
    mypy = (need("mypy", "pip install mypy"), "--strict", "--no-error-summary", "--cache-dir", tmp_path / "cache")
    command = (*mypy, "--python-executable", installed / "python", "program.py")
    checked = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert checked.stdout.splitlines() == [
        'program.py:4: error: Argument 1 to "auto_migrate" has incompatible type "int"; expected "str"  [arg-type]',
        'program.py:5: error: Module has no attribute "__nothing__"  [attr-defined]',
    ]


def test_the_block_for_uv_asks_for_what_the_package_asks_for(metadata: Message) -> None:
    block = re.search(r"(?m)^# /// script\n((?:#(?: .*)?\n)+)# ///$", read("migrate.py"))
    assert block is not None
    assert block.start() == 0
    asked = dict(line.removeprefix("# ").split(" = ", 1) for line in block[1].splitlines())

    def wanted(lines: list[str]) -> set[tuple[str, tuple[str, ...], str]]:
        each = [Requirement(line) for line in lines]
        return {(canonicalize_name(one.name), tuple(one.extras), str(one.specifier)) for one in each}

    needed = [line for line in metadata.get_all("Requires-Dist", []) if "extra ==" not in line]
    assert asked.keys() == {"requires-python", "dependencies"}
    assert json.loads(asked["requires-python"]) == metadata["Requires-Python"]
    assert wanted(json.loads(asked["dependencies"])) == wanted(needed)


def uv(cache: Path, *words: str | Path, cwd: Path, **settings: str) -> subprocess.CompletedProcess[str]:
    """Run uv, with a cache of its own, so that it finds nothing that another run left."""
    outer = str(Path(sys.executable).resolve())  # not the one in .venv, where every driver is
    settings |= {"UV_CACHE_DIR": str(cache), "UV_PYTHON": outer, "UV_PYTHON_DOWNLOADS": "never"}
    if index := os.environ.get("PIP_INDEX_URL"):  # uv does not look at pip's
        settings |= {"UV_DEFAULT_INDEX": index}
    command, env = (need("uv", "pip install uv"), *words), without_settings() | settings
    done = subprocess.run(command, cwd=cwd, env=env, capture_output=True, text=True, check=False)
    if "Failed to fetch" in done.stderr or "error sending request" in done.stderr:
        skip_or_fail(f"uv cannot reach its package index: {done.stderr}")
    return done


@pytest.fixture(scope="module")
def uv_cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("uv")


def test_uv_runs_the_module_alone_with_its_drivers(uv_cache: Path, tmp_path: Path) -> None:
    shutil.copy(ROOT / "migrate.py", tmp_path)
    for url in ("postgres://u@127.0.0.1:1/d", "mysql://u@127.0.0.1:1/d"):
        done = uv(uv_cache, "run", "migrate.py", "--database-url", url, "--dir", ROOT / "sql", "status", cwd=tmp_path)
        assert done.returncode == migrate.ConnectError.exit_code, done.stderr
        assert "refused" in done.stderr


def test_uvx_runs_the_command_of_the_wheel_with_its_drivers(uv_cache: Path, wheel: Path, tmp_path: Path) -> None:
    command = ("tool", "run", "--from", wheel, PROG, "--database-url", "postgres://u@127.0.0.1:1/d", "status")
    done = uv(uv_cache, *command, cwd=tmp_path)
    assert done.returncode == migrate.ConnectError.exit_code, done.stderr
    assert "refused" in done.stderr


def test_uvx_runs_the_checkout_as_it_is_now(uv_cache: Path, source: Path, tmp_path: Path, *, full: bool) -> None:
    """Also the second time: uv keeps what it has built, and a new SQL file has to be in it."""
    if not full:
        pytest.skip("builds the wheel twice:  make prove")
    copy = shutil.copytree(source, tmp_path / "source")
    command = ("tool", "run", "--from", copy, PROG, "--database-url", "sqlite:app.db", "status", "--format", "plain")
    first = uv(uv_cache, *command, cwd=tmp_path)
    (copy / "sql/sqlite/20990101_newer.up.sql").write_text("CREATE TABLE newer (id INTEGER);\n")
    second = uv(uv_cache, *command, cwd=tmp_path, UV_OFFLINE="1")
    assert "20250923" in first.stdout, first.stderr
    assert "newer" not in first.stdout
    assert "20990101\tnewer\tpending" in second.stdout, second.stderr


def test_the_metadata_says_what_a_package_index_shows(metadata: Message) -> None:
    assert metadata["License-Expression"] == "MIT"
    assert metadata.get_all("License-File") == ["LICENSE"]
    assert metadata.get_all("Project-URL")
    said = set(metadata.get_all("Classifier", []))
    assert "Typing :: Typed" in said
    assert said <= classifiers
    tested = re.search(r"^        python: (\[.+\])$", read(".github/workflows/ci.yml"), re.MULTILINE)
    assert tested is not None
    versions = {f"Programming Language :: Python :: {version}" for version in json.loads(tested[1])}
    assert {each for each in said if re.search(r":: 3\.\d+$", each)} == versions


def test_the_metadata_is_of_a_version_that_every_index_takes(metadata: Message) -> None:
    """2.4 brought the expression of the licence; the check of an upload refuses a version that it does not know."""
    assert metadata["Metadata-Version"] == "2.4"


def test_the_version_is_written_in_one_place(metadata: Message) -> None:
    assert metadata["Version"] == migrate.__version__
    assert not re.search(r"^version\s*=", read("pyproject.toml"), re.MULTILINE)
    newest = re.search(r"^## \[(\d[^\]]*)\]", read("CHANGELOG.md"), re.MULTILINE)
    assert newest is not None
    assert newest[1] == migrate.__version__


@pytest.mark.parametrize("command", COMMANDS)
def test_the_man_page_knows_every_command(unpacked: dict[str, str], command: str) -> None:
    assert rf".SS \fB{PROG} {command}\fR" in unpacked[MAN_PAGE].replace(r"\-", "-")


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
        run(need("mandoc", "apt-get install mandoc"), "-T", "lint", "-W", "warning", man_page)


def test_a_text_line_that_starts_with_a_dot_is_no_request(unpacked: dict[str, str]) -> None:
    known = re.compile(r"\.(TH|SH|SS|TP|PP|RS|RE|EX|EE|B|I|BR|IR)( |$)")
    for line in unpacked[MAN_PAGE].splitlines():
        assert not line.startswith("'")
        assert not line.startswith(".") or known.match(line), line


@pytest.mark.parametrize("shell", COMPLETIONS)
def test_the_shell_can_read_its_completion(shell: str, unpacked: dict[str, str], tmp_path: Path) -> None:
    script = tmp_path / "completion"
    script.write_text(unpacked[COMPLETIONS[shell]], encoding="utf-8")
    run(need(shell, f"apt-get install {shell}"), "-n", script)


@pytest.mark.parametrize("shell", COMPLETIONS)
def test_the_command_prints_the_completion_that_the_wheel_installs(
    shell: str, installed: Path, unpacked: dict[str, str], tmp_path: Path
) -> None:
    (tmp_path / ".env").write_text("a broken line, as a profile may meet one where the shell starts\n")
    printed = run(installed / PROG, "completion", shell, cwd=tmp_path, env=without_settings())
    assert printed == unpacked[COMPLETIONS[shell]]
    (line,) = re.findall(rf"^\S.*completion {shell}\b.*$", printed, re.MULTILINE)
    assert line.partition(":  ")[2] in read("README.md")


def typed(command: list[str | Path], setup: str, line: str, cwd: Path, env: dict[str, str]) -> str:
    """Type *line* and the Tab key into a shell on a terminal, once that is set up, and return what the line becomes."""
    master, slave = pty.openpty()
    with subprocess.Popen(
        command, cwd=cwd, env=env, stdin=slave, stdout=slave, stderr=slave, start_new_session=True
    ) as shell:
        os.close(slave)
        seen = ""
        for text, awaited in ((f" {setup}\n", r"ready\s"), (f"{line}\t\a", r"\[.*\]")):
            os.write(master, text.encode())
            seen, end = "", time.monotonic() + 60
            while not re.search(awaited, seen):
                assert select.select([master], [], [], max(0.0, end - time.monotonic()))[0], seen
                seen += os.read(master, 65536).decode()
        shell.kill()
    os.close(master)
    return str(re.findall(r"\[([^\]\[]*)\]", seen)[-1])


@pytest.mark.parametrize("shell", COMPLETIONS)
@pytest.mark.parametrize(("begun", "becomes"), LINES, ids=[begun for begun, _ in LINES])
def test_the_tab_key_completes_commands_options_versions_and_paths_in_a_virtual_environment(
    shell: str, begun: str, becomes: str, *, installed: Path, unpacked: dict[str, str], tmp_path: Path
) -> None:
    (tmp_path / "own").mkdir()
    (tmp_path / "own" / "20260101_a.up.sql").write_text("SELECT 1;")
    (tmp_path / "app.env").touch()
    script = tmp_path / Path(COMPLETIONS[shell]).name
    script.write_text(unpacked[COMPLETIONS[shell]], encoding="utf-8")
    env = without_settings() | {"HOME": str(tmp_path), "PATH": f"{installed}:{os.environ['PATH']}", "TERM": "dumb"}
    program = need(shell, f"apt-get install {shell}")
    if shell == "fish":
        ask = f"source $argv[1]; complete -C '{PROG} {begun}' | string split -f1 \\t; true"
        assert (
            run(program, "--no-config", "-c", ask, script, cwd=tmp_path, env=env).strip() == becomes.rpartition(" ")[2]
        )
    else:
        bare = {"bash": ["--norc", "--noprofile", "-i"], "zsh": ["-f", "-i"]}[shell]
        setup = " ".join(TAB[shell].split("\n")).replace("${1:h}", str(tmp_path)).replace("$1", str(script))
        seen = typed([program, *bare], setup, f"{PROG} {begun}", tmp_path, env)
        assert seen.rstrip() == f"{PROG} {becomes}"


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
    listed = re.findall(r"^  make ([\w-]+) +\S", run(need("make", "apt-get install make")), re.MULTILINE)
    assert sorted([*listed, "migrate"]) == sorted(re.findall(r"^\.PHONY: ([\w-]+)$", read("Makefile"), re.MULTILINE))
    assert sorted(listed) == sorted(re.findall(r"^([\w-]+):.*## ", read("Makefile"), re.MULTILINE))
    goals = read("Makefile").partition("\nGOALS = ")[2].replace("\\\n", "").partition("\n")[0]
    assert sorted(goals.split()) == sorted(listed)


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
