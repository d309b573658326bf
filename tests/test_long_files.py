"""Long files: many INSERTs go together, a file goes in several messages, and whatever is said of one is as exact."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import inside
import pytest

if TYPE_CHECKING:
    from collections.abc import Sequence

    from project import Project

TABLE = "CREATE TABLE t (id INTEGER PRIMARY KEY, name VARCHAR(200), size INTEGER);"
# Between the INSERTs, things that are none: what comes before and after them is another piece.
TEXTS = ("plain", "it''s", "a; -- b", "/* c */; d", "é🐕", "", 'e "f" `g` $h$;$h$', "NULL), (7, ''x")


def insert(n: int, head: str = "INSERT INTO t (id, name, size) VALUES") -> str:
    return f"{head} ({n}, '{TEXTS[n % len(TEXTS)]}', {n % 5 - 2});"


def expected(numbers: Sequence[int]) -> list[tuple[Any, ...]]:
    return [(n, TEXTS[n % len(TEXTS)].replace("''", "'"), n % 5 - 2) for n in numbers]


@pytest.fixture(params=[inside.PIECE, 200], ids=["whole pieces", "small pieces"])
def pieces(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> int:
    """How many bytes go together."""
    inside.cut(request.param, monkeypatch)
    return int(request.param)


@pytest.mark.usefixtures("pieces")
def test_each_row_of_a_long_file_is_in_once(project: Project) -> None:
    lines = [insert(n) for n in range(1, 400)]
    lines += ["-- another head", *(insert(n, "insert into t VALUES") for n in range(400, 600))]
    lines += [f"UPDATE t SET size = {n} WHERE id = -{n};" for n in range(5)]
    lines += [insert(600), "INSERT INTO t (id) VALUES (601), (602);", "INSERT INTO t SELECT 603, 'x', NULL;"]
    project.write({"1_t": TABLE, "2_rows": "\n".join(lines), "3_more": insert(700)})
    project.succeed("up")
    assert project.history() == [("1", False, 1, 1), ("2", False, 607, 607), ("3", False, 1, 1)]
    known = expected([*range(1, 601)])
    known += [(601, None, None), (602, None, None), (603, "x", None), *expected([700])]
    assert project.rows("SELECT id, name, size FROM t ORDER BY id") == known


WRONG = {  # what is wrong with one of many, and the place that each database gives
    "a row that is there": "INSERT INTO t (id, name, size) VALUES (5, 'again', 0);",
    "a column that is not there": "INSERT INTO t (id, nme, size) VALUES (900, 'x', 0);",
    "too few values": "INSERT INTO t (id, name, size) VALUES (900, 'x');",
    "a table with a name of SQL": "INSERT INTO order VALUES (900, 'x');",
}


@pytest.mark.usefixtures("pieces")
@pytest.mark.parametrize("wrong", WRONG)
def test_an_error_in_one_of_many_names_its_line_and_leaves_nothing(project: Project, wrong: str) -> None:
    lines = [*(insert(n) for n in range(1, 300)), WRONG[wrong], *(insert(n) for n in range(300, 600))]
    project.write({"1_t": TABLE, "2_rows": "\n".join(lines)})
    many = project("up")
    assert many.exit == 1
    assert project.rows("SELECT count(*) FROM t") == [(0,)]
    # It says what is said of a file with nothing but the wrong line, in the same place.
    blanks = "\n".join("" if line is not lines[299] else line for line in lines)
    project.write({"2_rows": blanks + "\n-- the end"})
    if wrong == "a row that is there":
        project.write({"2_rows": f"{insert(5)}\n" + "\n" * 298 + lines[299]})
    alone = project("up")
    assert "2_rows.up.sql:300" in many.err
    assert many.err.replace("600 statements", "1 statement") == alone.err.replace("2 statements", "1 statement")


@pytest.mark.usefixtures("pieces")
def test_a_long_file_that_is_mended_goes_on_and_is_in_once(project: Project) -> None:
    lines = [*(insert(n) for n in range(1, 300)), WRONG["too few values"], *(insert(n) for n in range(300, 600))]
    project.write({"1_t": TABLE, "2_rows": "\n".join(lines)})
    assert project("up").exit == 1
    lines[299] = "CREATE TABLE u (n INTEGER);"  # what comes before it has a note of its own on MySQL
    project.write({"2_rows": "\n".join([*lines[:500], "INSERT INTO t (id) VALUES (1);", *lines[500:]])})
    assert project("up").exit == 1
    project.write({"2_rows": "\n".join(lines)})
    project.succeed("up")
    assert project.rows("SELECT id, name, size FROM t ORDER BY id") == expected(range(1, 600))
    assert project.history()[1] == ("2", False, 600, 600)


def test_a_file_in_several_messages_says_the_place_in_the_whole_file(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    inside.cut(300, monkeypatch)
    lines = [f"CREATE TABLE t{n} (é INTEGER); -- 🐕" for n in range(100)]
    lines[70] = "/* é */ CREATE TABLE t70 (a INTEGER, b INTEGR(2, x));"
    project.write({"1_tables": "\n".join(lines)})
    several = project("up")
    inside.cut(2**22, monkeypatch)
    whole = project("up")
    assert "1_tables.up.sql:71" in whole.err or project.database.flavor == "sqlite"
    assert several.err.replace("nothing was changed", "") == whole.err.replace("nothing was changed", "")
