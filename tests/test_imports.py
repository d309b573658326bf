"""What importing and running costs: the standard library, and a driver or rich only where they are needed."""

from __future__ import annotations

import resource
import statistics
import subprocess
import sys
from pathlib import Path

import pytest
from desk import MODULE, THREE, Desk, clean_environment, placed

# What a run that finds nothing to do imports beside sqlite3 and argparse, on one Python or another.
FEW = {
    *(
        "__future__",
        "contextlib",
        "gc",
        "hashlib",
        "_hashlib",
        "_blake2",
        "_sha2",
        "pathlib",
        "signal",
    ),
    *("array", "bisect", "_bisect"),  # in which a step holds its statements
    *("errno", "fnmatch", "glob", "grp", "ipaddress", "math", "nt", "ntpath", "pwd", "urllib", "warnings", "_winapi"),
    *("locale", "_locale"),  # of argparse
}
DEAR = {"psycopg", "psycopg_binary", "pymysql", "cryptography", "rich", "dotenv", "asyncio"}


@pytest.fixture(name="desk")
def _desk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Desk:
    desk = Desk.start(tmp_path, monkeypatch, capsys)
    desk.write(THREE)
    return desk


def imported(desk: Desk, *words: str) -> set[str]:
    """The top-level modules that ``python -X importtime`` names while *words* run."""
    command = [sys.executable, "-X", "importtime", *words]
    done = subprocess.run(command, cwd=desk.home, env=clean_environment(), text=True, check=True, capture_output=True)
    lines = [line for line in done.stderr.splitlines() if line.startswith("import time:")]
    return {line.rpartition("|")[2].strip().partition(".")[0] for line in lines[1:]}


@pytest.mark.parametrize(
    "words",
    [
        *(
            ["up", "--format", "plain"],
            ["status", "--format", "plain"],
            ["status", "--format", "json"],
            ["plan"],
            ["log"],
        ),
        *(["check"], ["--help"]),
    ],
    ids=" ".join,
)
def test_a_run_on_sqlite_imports_no_driver_no_rich_no_dotenv(desk: Desk, words: list[str]) -> None:
    modules = imported(desk, str(MODULE), "--database-url", "sqlite:app.db", "--dir", "sql", *words)
    assert "sqlite3" in modules
    assert modules & DEAR == set()


def test_a_run_that_finds_nothing_to_do_imports_few_modules(desk: Desk) -> None:
    command = (str(MODULE), "--database-url", "sqlite:app.db", "--dir", "sql", "up")
    assert "json" in imported(desk, *command, "--format", "json")
    assert imported(desk, *command) - imported(desk, "-c", "import sqlite3, argparse") - FEW == set()


def test_a_run_that_finds_nothing_to_do_costs_twice_an_empty_one(desk: Desk, *, full: bool) -> None:
    """In time of the processor: the installed command, whose module is compiled, against sqlite3 and argparse alone."""
    if not full:
        pytest.skip("a second or two, and nothing else may run: with --prove")
    called = "import sys; sys.argv = ['imagor-studio-migrate', *sys.argv[1:]]; import migrate; sys.exit(migrate.main())"
    bare = [sys.executable, "-c", "import sqlite3, argparse"]
    up = [sys.executable, "-c", called, "--database-url", "sqlite:app.db", "--dir", "sql", "up"]
    environment = {name: text for name, text in clean_environment().items() if name != "PYTHONDONTWRITEBYTECODE"}

    def cost(command: list[str]) -> float:
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        subprocess.run(command, cwd=desk.home, env=environment, check=True, capture_output=True)
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        return after.ru_utime - before.ru_utime + after.ru_stime - before.ru_stime

    cost(up)  # which compiles it, and applies what there is
    pairs = [(cost(bare), cost(up)) for _ in range(15)]
    bare_costs, up_costs = zip(*pairs, strict=True)
    assert statistics.median(up_costs) <= 2.2 * statistics.median(bare_costs)


def test_up_that_applies_and_down_import_neither(desk: Desk) -> None:
    common = (str(MODULE), "--database-url", "sqlite:app.db", "--dir", "sql")
    for words in (("up",), ("redo",), ("down", "--all", "--yes"), ("reset", "--yes")):
        assert imported(desk, *common, *words) & DEAR == set()


@pytest.mark.parametrize(
    "code",
    [
        "import migrate",
        "import migrate; migrate.build_parser()",
        "import migrate; migrate.build_parser().format_help()",
    ],
)
def test_importing_and_building_the_parser_load_the_standard_library_only(desk: Desk, code: str) -> None:
    def loaded(code: str) -> set[str]:
        command = [
            sys.executable,
            "-c",
            f"import sys; sys.path.insert(0, {str(MODULE.parent)!r}); {code}; print(*sys.modules)",
        ]
        done = subprocess.run(command, cwd=desk.home, text=True, check=True, capture_output=True)
        return {name.partition(".")[0] for name in done.stdout.split()}

    assert loaded(code) - loaded("pass") - sys.stdlib_module_names == {"migrate"}


def test_the_parser_is_built_without_any_installed_package(desk: Desk) -> None:
    """As the man page is: ``-S`` hides site-packages."""
    code = f"import sys; sys.path.insert(0, {str(MODULE.parent)!r}); import migrate; print(migrate.build_parser().prog)"
    done = subprocess.run(
        [sys.executable, "-S", "-I", "-c", code], cwd=desk.home, text=True, check=True, capture_output=True
    )
    assert done.stdout == "imagor-studio-migrate\n"


def test_sqlite_needs_no_installed_package_at_all(desk: Desk) -> None:
    for words in (["up"], ["status"], ["down", "--all", "--yes"]):
        command = [sys.executable, "-S", str(MODULE), "--database-url", "sqlite:app.db", "--dir", "sql", *words]
        done = subprocess.run(
            command, cwd=desk.home, env=clean_environment(), text=True, check=False, capture_output=True
        )
        assert (done.returncode, placed(done.stderr)) == (0, "")


@pytest.mark.parametrize(
    ("url", "package"),
    [("postgres://u:s3cr3t@h/d", "psycopg"), ("mysql://u:s3cr3t@h/d", "PyMySQL")],
)
def test_a_missing_driver_is_an_error_with_the_line_that_brings_it(desk: Desk, url: str, package: str) -> None:
    command = [sys.executable, "-S", str(MODULE), "--database-url", url, "--dir", "sql", "status"]
    done = subprocess.run(command, cwd=desk.home, env=clean_environment(), text=True, check=False, capture_output=True)
    assert done.returncode == 2
    assert done.stderr.startswith(f"error: the driver {package.lower()} is not installed\n")
    assert f"pip install '{package}" in done.stderr or f"pip install {package}" in done.stderr
    assert "s3cr3t" not in done.stderr


def test_a_driver_that_cannot_be_loaded_is_an_error_with_the_line_that_brings_it(desk: Desk) -> None:
    command = [sys.executable, str(MODULE), "--database-url", "postgres://u:s3cr3t@h/d", "--dir", "sql", "status"]
    environment = clean_environment() | {"PSYCOPG_IMPL": "c"}  # which is not installed, as libpq on many a machine
    done = subprocess.run(command, cwd=desk.home, env=environment, text=True, check=False, capture_output=True)
    why = "couldn't import requested psycopg 'c' implementation: No module named 'psycopg_c'"
    assert done.returncode == 2
    assert done.stderr == f"error: the driver cannot be loaded: {why}\nfix: pip install 'psycopg[binary]'\n"


def test_where_the_system_forbids_pip_the_fix_makes_an_environment_for_the_driver(desk: Desk) -> None:
    python = Path("/usr/bin/python3")
    which = "import os; print(os.path.dirname(os.__file__))"
    ran = subprocess.run([python, "-I", "-c", which], text=True, check=False, capture_output=True)
    if ran.returncode or not Path(ran.stdout.strip(), "EXTERNALLY-MANAGED").exists():
        pytest.skip("this system lets pip install what it wants")
    command = [str(python), "-S", str(MODULE), "--database-url", "mysql://u:s3cr3t@h/d", "--dir", "sql", "status"]
    done = subprocess.run(command, cwd=desk.home, env=clean_environment(), text=True, check=False, capture_output=True)
    assert done.stderr == (
        "error: the driver pymysql is not installed\n"
        "fix: python3 -m venv .venv && .venv/bin/pip install 'PyMySQL[rsa]'\n"
        "     then type .venv/bin/python for python3: the Python of this system takes no packages itself\n"
    )


def test_a_missing_rich_or_dotenv_is_an_error_and_no_traceback(desk: Desk) -> None:
    command = [sys.executable, "-S", str(MODULE), "--database-url", "sqlite:app.db", "--dir", "sql", "status"]
    done = subprocess.run(
        [*command, "--format", "table"],
        cwd=desk.home,
        env=clean_environment(),
        text=True,
        check=False,
        capture_output=True,
    )
    assert "Traceback" not in done.stderr
    desk.write({".env": "MIGRATE_TABLE=x\n"})
    done = subprocess.run(command, cwd=desk.home, env=clean_environment(), text=True, check=False, capture_output=True)
    assert "Traceback" not in done.stderr
