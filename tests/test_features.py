"""Every feature that a database has, as migration files that people write: each up, each down, and each up again."""

from __future__ import annotations

import shutil
from itertools import pairwise
from typing import TYPE_CHECKING

import pytest
from corpus import FEATURES, down_of, rows, schema, ups

from servers import DIALECTS

if TYPE_CHECKING:
    from project import Project


@pytest.mark.long
def test_each_down_undoes_its_up_and_each_up_can_run_again(project: Project) -> None:
    database, folder = project.database, project.home / "sql"
    for up in ups(database.dialect):
        before = schema(database), rows(database)
        shutil.copy(up, folder)
        shutil.copy(down_of(up), folder)
        project.succeed("up")
        after = schema(database), rows(database)
        project.succeed("down")
        assert (up.name, schema(database)) == (up.name, before[0])
        assert (up.name, rows(database)) == (up.name, before[1])
        project.succeed("up")
        assert (up.name, schema(database), rows(database)) == (up.name, *after)


@pytest.mark.long
def test_all_of_them_go_up_at_once_and_down_to_nothing(project: Project) -> None:
    database = project.database
    shutil.copytree(FEATURES / database.dialect, project.home / "sql", dirs_exist_ok=True)
    empty = schema(database), rows(database)
    project.succeed("up")
    assert set(project.states().values()) == {"applied"}
    project.succeed("down", "--all", "--yes")
    assert (schema(database), rows(database)) == empty


@pytest.mark.parametrize("dialect", DIALECTS)
def test_the_files_are_as_they_were_written(dialect: str) -> None:
    """An editor, a hook or git may have put them right."""
    texts = {path.name: path.read_bytes() for path in (FEATURES / dialect).glob("*.sql")}
    assert len(ups(dialect)) >= 24
    assert {down_of(up).name for up in ups(dialect)} <= texts.keys()
    assert len(texts) == 2 * len(ups(dialect))
    by_subject = {name.partition("_")[2]: text for name, text in texts.items()}
    for way in ("up", "down"):
        assert b"\r\n" in by_subject[f"from_windows.{way}.sql"]
        assert b"\n" not in by_subject[f"from_windows.{way}.sql"].replace(b"\r\n", b"")
        assert by_subject[f"from_notepad.{way}.sql"].startswith(b"\xef\xbb\xbf")
        assert by_subject[f"say_nothing.{way}.sql"] == b""
        assert not by_subject[f"end_without_semicolon.{way}.sql"].endswith(b"\n")
    assert not any(b"\r" in text for name, text in by_subject.items() if "from_windows" not in name)


@pytest.mark.parametrize("dialect", DIALECTS)
def test_the_files_run_in_the_order_of_their_dates(dialect: str) -> None:
    versions = [int(up.name.partition("_")[0]) for up in ups(dialect)]
    assert all(one < other for one, other in pairwise(versions))
