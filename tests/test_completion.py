"""What may follow the words on a command line. The shells themselves are asked in test_house.py."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from desk import Desk

import migrate
from migrate_review import completion

if TYPE_CHECKING:
    from pathlib import Path

VERSIONS = ["20260102", "20260101"]


@pytest.fixture(name="desk")
def _desk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Desk:
    desk = Desk.start(tmp_path, monkeypatch, capsys)
    desk.write({f"own/{version}_name_{version}.up.sql": "SELECT 1;" for version in VERSIONS})
    desk.write({"many/postgres/1_a.up.sql": "SELECT 1;", "many/mysql/2_b.up.sql": "SELECT 1;"})
    return desk


def offered(line: str, shell: str = "fish") -> list[str]:
    """The words that are offered at the end of *line*."""
    asked = ["imagor-studio-migrate", f"imagor-studio-migrate {line}"] if shell == "bash" else line.split(" ")
    return [each.partition("\t")[0] for each in completion.offers([shell, *asked])]


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("", [command for command, _ in migrate._ARGUMENTS]),
        ("re", ["redo", "reset", "repair"]),
        ("--format json st", ["status"]),
        ("--form", ["--format"]),
        ("--format j", ["json"]),
        ("status --format=c", ["--format=csv"]),
        ("up ", ["--to", "--all-or-nothing", "--out-of-order", "--dry-run", "--backup"]),
        ("up --ou", ["--out-of-order"]),
        ("down --exit", []),
        ("--dir own down --to ", VERSIONS),
        ("down --dir=own --to ", VERSIONS),
        ("--dir own up --to=", [f"--to={each}" for each in VERSIONS]),
        ("--dir own repair ", VERSIONS),
        ("--dir own repair 20260101 ", ["--applied", "--pending"]),
        ("--dir own baseline 20260101", ["20260101"]),
        ("--dir own log --version ", VERSIONS),
        ("--dir own plan --sql --from ", ["empty", *VERSIONS]),
        ("--dir many --database-url postgres://ann@h/d up --to ", ["1"]),
        ("--dir many --database-url=mysql://ann@h/d up --to ", ["2"]),
        ("--dir nowhere up --to ", []),
        ("--database-url nonsense up --to ", []),
        ("plan ", ["up", "down"]),
        ("wait --for ", ["database", "migrations"]),
        ("--migrate-command ", ["up", "down", "status", "reset"]),
        ("completion ", ["bash", "zsh", "fish"]),
        ("help sett", ["settings"]),
        ("--config ", [":files"]),
        ("--config=x", [":files"]),
        ("verify --seed ", [":files"]),
        ("--dir o", [":folders"]),
        ("new add", []),
        ("nonsense", []),
        ("--table ", []),
    ],
)
def test_the_offers_are_what_may_stand_there(desk: Desk, line: str, words: list[str]) -> None:
    before = desk.names()
    assert offered(line) == offered(line, "zsh") == words
    cut = "=" in line.rpartition(" ")[2]  # bash completes what follows the =
    assert offered(line, "bash") == [each.rpartition("=")[2] if cut else each for each in words]
    assert desk.names() == before


def test_versions_come_from_the_settings_of_the_environment_and_of_the_file(desk: Desk) -> None:
    desk.write({".env": "MIGRATE_DIR=own\n", "app.env": "MIGRATE_DIR=many\nDATABASE_URL=mysql://h/d\n"})
    assert offered("baseline ") == VERSIONS
    assert offered("--config app.env baseline ") == ["2"]
    desk.set(MIGRATE_DIR="many", DATABASE_URL="postgres://h/d")
    assert offered("baseline ") == ["1"]


def test_bash_is_understood_with_quotes_and_after_other_words(desk: Desk) -> None:
    assert offered("--dir own down --to '2026010", "bash") == VERSIONS
    assert offered('--dir "own" repair "20260101', "bash") == ["20260101"]
    line = "FORCE=1 .venv/bin/imagor-studio-migrate --dir own repair 20260102"
    assert completion.offers(["bash", ".venv/bin/imagor-studio-migrate", line]) == ["20260102\tname_20260102"]


def test_an_offer_says_what_it_means(desk: Desk) -> None:
    assert completion.offers(["fish", "pla"]) == ["plan\tShow what would run."]
    assert completion.offers(["zsh", "up", "--to="])[0].startswith("--to=20250923\tadd_video_extensions")


def test_whatever_goes_wrong_nothing_is_printed_into_the_prompt(desk: Desk) -> None:
    desk.write({".env": "this is no setting\n", "own/nonsense.sql": "", "own/20260101_twice.up.sql": ""})
    for words in (["up", "--to", ""], ["--dir", "own", "up", "--to", ""], [], ["--database-url", "postgres://a:s@/"]):
        for shell in ("zsh", "fish"):
            assert desk("--complete", shell, *words)[::2] == (0, "")
    assert desk("--complete", "bash", "imagor-studio-migrate", "imagor-studio-migrate up --to '") == (0, "", "")
