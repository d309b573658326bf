"""migrate.py alone in a folder runs everything but the commands of review; these say what is missing."""

from __future__ import annotations

import shutil
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest
from desk import MODULE, THREE, clean_environment

import migrate
import migrate_review

if TYPE_CHECKING:
    from pathlib import Path

DESK = MODULE.parent / "migrate_review"
MISSING = "this needs the package migrate_review, which is not installed"
FIX = (
    "fix: install the two together, in a checkout of both:  pip install .\n"
    "     or put the folder migrate_review beside migrate.py\n"
)
NO_HINTS = f"there are no hints on what the statements lock, rewrite or lose: {MISSING}\n"


@pytest.fixture
def alone(tmp_path: Path) -> Path:
    """A folder with the module and three migrations, and nothing else of ours."""
    shutil.copy(MODULE, tmp_path)
    for name, text in THREE.items():
        (tmp_path / "sql" / "sqlite").mkdir(parents=True, exist_ok=True)
        (tmp_path / "sql" / "sqlite" / name.rpartition("/")[2]).write_text(text)
    return tmp_path


def run(folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
    environment = clean_environment()
    del environment["PYTHONPATH"]
    command = [sys.executable, "-S", "migrate.py", *words]  # -S: nothing is installed
    return subprocess.run(command, cwd=folder, env=environment, text=True, check=False, capture_output=True)


def test_the_module_alone_runs_every_other_command(alone: Path) -> None:
    said = "\n".join(
        (ran := run(alone, *words.split())).stdout.replace("\t", " ") + (ran.stderr if ran.returncode else "")
        for words in (
            "wait --for database --timeout 0",
            "up 1",
            "status",
            "baseline 2",
            "up",
            "redo",
            "down",
            "log 1",
            "reset --yes",
            "repair 1 --applied",
            "wait --timeout 0",
            "new four",
            "check",
            "--version",
        )
    )
    for part in (
        "applied  1 one  1 statement",
        "2 two pending",
        "marked as applied  2 two",
        "rolled back  3 three",
        "down ok",
        "_four.up.sql",
        "nothing is written in this file yet",
        "1 one is applied: there is nothing to repair in this way",
        f"imagor-studio-migrate {migrate.__version__}",
    ):
        assert part in said, part
    assert "Traceback" not in said


@pytest.mark.parametrize(
    "words",
    [
        "plan --sql",
        "plan --format html",
        "up --dry-run --format html",
        "verify",
        "check --base HEAD",
        "completion bash",
    ],
)
def test_a_command_of_review_says_what_to_install(alone: Path, words: str) -> None:
    ran = run(alone, *words.split())
    assert (ran.returncode, ran.stdout, ran.stderr) == (2, "", f"error: {MISSING}\n{FIX}")


@pytest.mark.parametrize("words", ["plan", "up --dry-run", "plan -v"])
def test_a_plan_leaves_its_hints_out_and_says_so_once(alone: Path, words: str) -> None:
    ran = run(alone, *words.split())
    assert ran.returncode == 0
    assert "2\ttwo\tup\t2\t0\ttransaction" in ran.stdout
    assert ran.stderr.count(NO_HINTS) == 1
    assert "locks" not in ran.stdout


@pytest.mark.parametrize("text", ['__version__ = "0.9.0"\n', "", None], ids=["older", "no version", "a folder"])
def test_a_desk_of_another_version_is_told_and_not_used(alone: Path, text: str | None) -> None:
    (alone / "migrate_review").mkdir()
    if text is not None:
        (alone / "migrate_review" / "__init__.py").write_text(text)
    version = "0.9.0" if text else "unknown"
    what = f"migrate_review {version} does not fit migrate {migrate.__version__}: it is not used"
    fix = "fix: install the two together, in a checkout of both:  pip install .\n"
    ran = run(alone, "verify")
    assert (ran.returncode, ran.stdout, ran.stderr) == (2, "", f"error: {what}\n{fix}")
    ran = run(alone, "plan")
    assert ran.returncode == 0
    assert ran.stderr == f"there are no hints on what the statements lock, rewrite or lose: {what}\n"


def test_an_error_within_the_desk_is_not_taken_for_a_missing_one(alone: Path) -> None:
    (alone / "migrate_review").mkdir()
    (alone / "migrate_review" / "__init__.py").write_text("import nowhere_to_be_found\n")
    assert "No module named 'nowhere_to_be_found'" in run(alone, "verify").stderr


def test_beside_the_module_the_desk_is_found_and_the_module_is_loaded_once(alone: Path) -> None:
    shutil.copytree(DESK, alone / "migrate_review", ignore=shutil.ignore_patterns("__pycache__"))
    module = alone / "migrate.py"
    module.write_text(module.read_text().replace("\nimport argparse\n", '\nprint("loaded")\nimport argparse\n', 1))
    ran = run(alone, "verify")
    assert (ran.returncode, ran.stdout.count("loaded"), ran.stdout.count("undone")) == (0, 1, 3)


def test_the_two_have_one_version() -> None:
    assert migrate_review.__version__ == migrate.__version__


def test_a_library_finds_what_moved_to_the_desk_where_it_was() -> None:
    verdicts = migrate.verify("sqlite::memory:")
    assert {each.result for each in verdicts} == {"undone"}
    assert isinstance(verdicts[0], migrate.Verdict)
    assert migrate.plan_script("sqlite::memory:", start="empty").startswith("-- Up, 4 migrations")
    with pytest.raises(AttributeError, match="module 'migrate' has no attribute 'verity'"):
        _ = migrate.verity
