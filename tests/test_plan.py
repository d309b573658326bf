"""The plan is pure: (migrations, applied) in, rows of status or steps out."""

from __future__ import annotations

import hashlib
from datetime import datetime, timezone
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import migrate

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

WHEN = datetime(2025, 5, 4, 9, 31, tzinfo=timezone.utc)


def script(name: str, sql: str) -> migrate.Script:
    checksum = hashlib.sha256(sql.replace("\r\n", "\n").encode()).hexdigest()
    return migrate.Script(Path("sql") / name, sql, checksum)


def migration(version: int | str, *, sql: str = "up", down: str | None = "down") -> migrate.Migration:
    name = f"{version}_m{version}"
    down_script = None if down is None else script(f"{name}.down.sql", down)
    return migrate.Migration(str(version), f"m{version}", script(f"{name}.up.sql", sql), down_script)


def row(version: int | str, *, sql: str = "up", down: str | None = "down", **more: Any) -> migrate.Applied:
    """A row of the history, as running ``migration(version)`` leaves it."""
    checksum = hashlib.sha256(sql.encode()).hexdigest()
    values: dict[str, Any] = {
        "version": str(version),
        "name": f"m{version}",
        "checksum": checksum,
        "down_sql": down,
        "dirty": False,
        "direction": "up",
        "statements": 3,
        "statements_done": 3,
        "done_checksum": checksum,
        "owner": None,
        "applied_at": WHEN,
        "took_ms": 12,
        "applied_by": "ann@box",
        "tool": "migrate 1.0.0",
    }
    return migrate.Applied(**values | more)


def migrations_of(versions: Iterable[int]) -> list[migrate.Migration]:
    return [migration(version) for version in sorted(versions)]


def rows_of(versions: Iterable[int]) -> list[migrate.Applied]:
    return [row(version) for version in sorted(versions)]


def versions_of(steps: Sequence[migrate.Step]) -> list[int]:
    return [int(step.version) for step in steps]


def states_of(states: Sequence[migrate.Status]) -> dict[str, str]:
    return {state.version: state.state for state in states}


def run(applied: Sequence[migrate.Applied], steps: Sequence[migrate.Step]) -> list[migrate.Applied]:
    """What the history is after *steps*: the plan's own idea of what running means."""
    by_version = {each.version: each for each in applied}
    for step in steps:
        if step.direction == "up":
            assert step.version not in by_version
            by_version[step.version] = row(step.version)
        else:
            del by_version[step.version]
    return sorted(by_version.values(), key=lambda each: int(each.version))


# ---- properties

some_versions = st.sets(st.integers(0, 40), max_size=12)


@given(files=some_versions, applied=st.integers(0, 12))
def test_after_up_nothing_is_pending_and_another_plan_is_empty(files: set[int], applied: int) -> None:
    migrations, before = migrations_of(files), rows_of(sorted(files)[:applied])
    after = run(before, migrate.choose_up(migrations, before))
    assert set(states_of(migrate.compare(migrations, after)).values()) <= {"applied"}
    assert migrate.choose_up(migrations, after) == []


@given(files=some_versions, applied=some_versions)
def test_out_of_order_applies_whatever_is_pending(files: set[int], applied: set[int]) -> None:
    migrations, before = migrations_of(files | applied), rows_of(applied)
    steps = migrate.choose_up(migrations, before, out_of_order=True)
    assert versions_of(steps) == sorted(files - applied)
    assert migrate.choose_up(migrations, run(before, steps), out_of_order=True) == []


@given(files=some_versions, applied=st.integers(0, 12), count=st.integers(1, 12))
def test_down_undoes_up(files: set[int], applied: int, count: int) -> None:
    migrations, before = migrations_of(files), rows_of(sorted(files)[:applied])
    ups = migrate.choose_up(migrations, before, count=count)
    after = run(before, ups)
    downs = migrate.choose_down(migrations, after, count=len(ups)) if ups else []
    assert versions_of(downs) == versions_of(ups)[::-1]
    assert run(after, downs) == before


@given(files=some_versions, count=st.none() | st.integers(1, 12))
def test_up_is_oldest_first_and_down_newest_first(files: set[int], count: int | None) -> None:
    migrations = migrations_of(files)
    assert versions_of(migrate.choose_up(migrations, [], count=count)) == sorted(files)[:count]
    back = min(count or 1, len(files))
    downs = versions_of(migrate.choose_down(migrations, rows_of(files), count=back or None))
    assert downs == sorted(files, reverse=True)[:back]


@given(data=st.data(), files=st.sets(st.integers(1, 40), min_size=1, max_size=12))
def test_up_to_a_version_includes_it_and_down_to_a_version_keeps_it(data: st.DataObject, files: set[int]) -> None:
    version = data.draw(st.sampled_from(sorted(files)))
    migrations = migrations_of(files)
    ups = migrate.choose_up(migrations, [], to=str(version))
    assert versions_of(ups) == [each for each in sorted(files) if each <= version]
    downs = migrate.choose_down(migrations, rows_of(files), to=str(version))
    assert versions_of(downs) == [each for each in sorted(files, reverse=True) if each > version]
    assert run(rows_of(files), downs) == run([], ups)


@given(files=some_versions, applied=some_versions)
def test_every_version_of_files_and_history_has_one_state_in_order(files: set[int], applied: set[int]) -> None:
    states = migrate.compare(migrations_of(files), rows_of(applied))
    newest = max(applied, default=-1)
    expected = {}
    for version in sorted(files | applied):
        if version not in applied:
            expected[str(version)] = "out_of_order" if version < newest else "pending"
        else:
            expected[str(version)] = "applied" if version in files else "missing"
    assert list(states_of(states).items()) == list(expected.items())


@given(files=some_versions, applied=some_versions)
def test_down_all_empties_the_history_and_to_here_keeps_what_the_files_know(files: set[int], applied: set[int]) -> None:
    migrations, rows = migrations_of(files), rows_of(applied)
    assert run(rows, migrate.choose_down(migrations, rows, everything=True)) == []
    assert run(rows, migrate.choose_down(migrations, rows, to="0")) == []
    newest = max(files, default=-1)
    assert run(rows, migrate.choose_down(migrations, rows, to_here=True)) == [
        each for each in rows if int(each.version) <= newest
    ]


# ---- compare, state by state


def test_a_state_has_what_the_history_knows() -> None:
    files = [migration(1), migration(2, sql="edited"), migration(4), migration(7, down=None), migration(9)]
    rows = [
        *(row(1), row(2), row(3), row(5, down=None)),
        row(7, dirty=True, statements=5, statements_done=3, down=None),
    ]
    states = migrate.compare(files, rows)
    assert [(state.version, state.state, state.statements_done, state.has_down) for state in states] == [
        ("1", "applied", 3, True),
        ("2", "changed", 3, True),
        ("3", "missing", 3, True),
        ("4", "out_of_order", None, True),
        ("5", "missing", 3, False),
        ("7", "dirty", 3, False),
        ("9", "pending", None, True),
    ]
    first = states[0]
    assert (first.name, first.applied_at, first.took_ms, first.applied_by, first.statements) == (
        "m1",
        WHEN,
        12,
        "ann@box",
        3,
    )
    assert states[3].applied_at is None


@pytest.mark.parametrize("spelled", ["20250504000000", "0020250504"])
def test_an_eight_digit_version_is_the_same_as_midnight_of_that_day(spelled: str) -> None:
    files = [migration("20250504"), migration("20250504093000")]
    assert states_of(migrate.compare(files, [row(spelled)])) == {
        spelled: "applied",
        "20250504093000": "pending",
    }
    assert versions_of(migrate.choose_up(files, [], to=spelled)) == [20250504]


# ---- refusals


def test_up_refuses_a_file_that_was_edited_after_it_ran() -> None:
    with pytest.raises(migrate.DriftError) as caught:
        migrate.choose_up([migration(1, sql="edited"), migration(2)], [row(1)])
    assert str(caught.value) == (
        "1 m1 was edited after it was applied on 2025-05-04 09:31 UTC\n"
        "  --> sql/1_m1.up.sql\n"
        "nothing was changed.\n"
        "fix: put the file back, and write the change as a new migration:  migrate new NAME\n"
        "     or, where the database has it already:  migrate repair 1 --applied"
    )


def test_up_refuses_an_edited_file_even_where_nothing_is_pending() -> None:
    with pytest.raises(migrate.DriftError):
        migrate.choose_up([migration(1, sql="edited")], [row(1)])


def test_an_edited_down_file_does_not_count_as_a_change() -> None:
    assert migrate.choose_up([migration(1, down="another")], [row(1)]) == []


def test_up_refuses_a_missing_file_that_is_older_than_the_newest_file_here() -> None:
    with pytest.raises(migrate.DriftError) as caught:
        migrate.choose_up(migrations_of([1, 3]), rows_of([1, 2]))
    assert str(caught.value) == (
        "2 m2 is applied, but its file is not here, and newer files are\n"
        "nothing was changed.\n"
        "fix: put its files back, or take it out of the history:  migrate repair 2 --pending"
    )


def test_up_has_nothing_to_do_where_the_database_is_ahead_of_the_files() -> None:
    assert migrate.choose_up(migrations_of([1, 2]), rows_of([1, 2, 3, 4])) == []
    assert states_of(migrate.compare(migrations_of([1]), rows_of([1, 2]))) == {"1": "applied", "2": "missing"}


def test_up_refuses_out_of_order_unless_told_so() -> None:
    files, rows = migrations_of([1, 2, 3]), rows_of([1, 3])
    with pytest.raises(migrate.DriftError) as caught:
        migrate.choose_up(files, rows)
    assert str(caught.value) == (
        "2 m2 is pending, but a newer migration is applied already\n"
        "  --> sql/2_m2.up.sql\n"
        "nothing was changed.\n"
        "fix: give it a newer version, or apply it all the same:  migrate up --out-of-order"
    )
    assert versions_of(migrate.choose_up(files, rows, out_of_order=True)) == [2]


def test_a_dirty_migration_that_was_going_up_comes_first_and_goes_on() -> None:
    dirty = row(2, dirty=True, statements_done=1)
    first, second = migrate.choose_up(migrations_of([1, 2, 3]), [row(1), dirty])
    assert (first.version, first.resume) == ("2", dirty)
    assert (second.version, second.resume) == ("3", None)
    assert versions_of(migrate.choose_up(migrations_of([1, 2, 3]), [row(1), dirty], count=1)) == [2]


def test_a_dirty_migration_may_have_been_mended() -> None:
    (step,) = migrate.choose_up([migration(1, sql="mended")], [row(1, dirty=True, statements_done=1)])
    assert step.resume is not None


def test_up_refuses_a_dirty_migration_that_was_going_down() -> None:
    with pytest.raises(migrate.DirtyError) as caught:
        migrate.choose_up(migrations_of([1]), [row(1, dirty=True, direction="down", statements_done=1)])
    assert str(caught.value) == (
        "migration 1 m1 stopped half way down on an earlier run (1 of 3 statements had run)\n"
        "nothing was changed.\n"
        "fix: mend its file, or put it back, and finish it:  migrate down\n"
        "     or look at the tables, and say which way it went:\n"
        "       migrate repair 1 --applied    what the roll back did was undone by hand\n"
        "       migrate repair 1 --pending    the roll back is complete"
    )


def test_up_refuses_a_dirty_migration_whose_file_is_gone() -> None:
    with pytest.raises(migrate.DirtyError) as caught:
        migrate.choose_up(migrations_of([2]), [row(1, dirty=True, statements_done=1)])
    assert caught.value.what == "migration 1 m1 stopped half way up on an earlier run (1 of 3 statements had run)"
    assert caught.value.fix.startswith("mend its file, or put it back, and finish it:  migrate up\n")


def test_down_refuses_where_a_migration_stopped_half_way_up() -> None:
    for rows in ([row(1, dirty=True)], [row(1, dirty=True), row(2)], [row(1), row(2, dirty=True)]):
        with pytest.raises(migrate.DirtyError):
            migrate.choose_down(migrations_of([1, 2]), rows)


def test_down_finishes_a_down_that_stopped_half_way() -> None:
    dirty = row(2, dirty=True, direction="down", statements_done=1)
    (step,) = migrate.choose_down(migrations_of([1, 2]), [row(1), dirty])
    assert (step.version, step.resume) == ("2", dirty)


def test_down_refuses_a_migration_that_cannot_be_undone_before_it_touches_anything() -> None:
    files = [migration(1, down=None), migration(2)]
    rows = [row(1, down=None), row(2)]
    assert versions_of(migrate.choose_down(files, rows)) == [2]
    with pytest.raises(migrate.DriftError) as caught:
        migrate.choose_down(files, rows, count=2)
    assert str(caught.value) == (
        "1 m1 cannot be undone: it has no down file, and none was stored when it ran\n"
        "nothing was changed.\n"
        "fix: write sql/1_m1.down.sql\n"
        "     or undo it by hand, remove its up file, then say so:  migrate repair 1 --pending"
    )


def test_down_runs_the_file_and_says_where_it_differs_from_what_was_stored() -> None:
    (step,) = migrate.choose_down([migration(1, down="new")], [row(1, down="old")])
    assert (step.script.sql, step.stored) == ("new", False)
    assert step.note == "1 m1: the down file differs from the one stored when it was applied; the file runs"
    (step,) = migrate.choose_down([migration(1, down="a\r\nb")], [row(1, down="a\nb")])
    assert step.note == ""


def test_down_runs_what_was_stored_where_the_file_is_gone() -> None:
    for files in ([], [migration(1, down=None)]):
        (step,) = migrate.choose_down(files, [row(1, down="stored")])
        assert (step.script.sql, step.stored) == ("stored", True)
        assert step.note == "1 m1: the down file is not here; the text stored when it was applied runs"


@pytest.mark.parametrize("version", ["4", "x", "", "-1", "1.0", "¹", "٣", "1 "])
def test_a_version_that_nobody_has_is_refused_in_both_directions(version: str) -> None:
    files, rows = migrations_of([1, 2, 3]), rows_of([1, 2])
    with pytest.raises(migrate.SettingsError) as caught:
        migrate.choose_up(files, rows, to=version)
    assert caught.value.what.startswith(f"no migration has the version {version}")
    with pytest.raises(migrate.SettingsError):
        migrate.choose_down(files, rows, to=version)


def test_a_mistyped_version_suggests_the_nearest() -> None:
    with pytest.raises(migrate.SettingsError) as caught:
        migrate.choose_up([migration("20250504093000"), migration("20260101000000")], [], to="20250504093001")
    assert str(caught.value) == (
        "no migration has the version 20250504093001 (did you mean 20250504093000?)\n"
        "fix: look at the versions:  migrate status"
    )


@pytest.mark.parametrize("version", ["20250504", "20250504093000"])
def test_a_version_is_no_number_of_migrations(version: str) -> None:
    """``down 20250504`` was meant as a place to stop at: it must not roll back everything."""
    files, rows = [migration(version), migration("20260101")], [row(version), row("20260101")]
    with pytest.raises(migrate.SettingsError) as caught:
        migrate.choose_down(files, rows, count=int(version))
    what = f"down takes how many migrations to roll back, and {version} is a version"
    assert str(caught.value) == f"{what}\nfix: name the version that is to stay:  migrate down --to {version}"
    with pytest.raises(migrate.SettingsError) as caught:
        migrate.choose_up(files, [], count=int(version))
    what = f"up takes how many migrations to apply, and {version} is a version"
    assert str(caught.value) == f"{what}\nfix: name the last one to apply:  migrate up --to {version}"


def test_more_than_there_is_to_undo_is_refused_and_a_small_number_may_be_a_version_too() -> None:
    files, rows = migrations_of([1, 2, 3]), rows_of([1, 2])
    with pytest.raises(migrate.SettingsError, match="there are 2 migrations to roll back, and not 3"):
        migrate.choose_down([], rows, count=3)
    with pytest.raises(migrate.SettingsError, match="there is 1 migration to roll back, and not 20250816"):
        migrate.choose_down(files, rows[:1], count=20250816)
    assert versions_of(migrate.choose_down(files, rows, count=2)) == [2, 1]
    assert versions_of(migrate.choose_up(files, rows, count=3)) == [3]
    assert migrate.choose_down(files, [], count=3) == []  # nothing to roll back, as without a number


@pytest.mark.parametrize("zero", ["0", "000000"])
def test_down_to_zero_undoes_everything(zero: str) -> None:
    assert versions_of(migrate.choose_down(migrations_of([1, 2]), rows_of([1, 2]), to=zero)) == [2, 1]


def test_down_may_keep_a_version_that_is_applied_but_not_here_or_here_but_not_applied() -> None:
    assert versions_of(migrate.choose_down(migrations_of([1, 3]), rows_of([1, 2, 3]), to="2")) == [3]
    assert versions_of(migrate.choose_down(migrations_of([1, 2, 3]), rows_of([1, 3]), to="2")) == [3]
