"""Two runners at the same moment: the second has planned when the first is in the middle of its file.

The plan is made again under the lock. Who comes second finds its work done, says by whom, and ends with 0; or does
what is left of it; or stops with 4 or 5 before it has touched anything. The same in a file that is a transaction, where
nobody sees the first at work, and in one that is journaled, where its claim is there to be seen.
"""

from __future__ import annotations

import os
import time
from typing import TYPE_CHECKING, Any

import pytest
import rig
from desk import CALLED, masked

import migrate

if TYPE_CHECKING:
    import subprocess
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from servers import Database

pytestmark = pytest.mark.repeated

FIRST = f"first@{os.uname().nodename}"
LEDGER = "CREATE TABLE IF NOT EXISTS ledger (what VARCHAR(20))"


class Rivals:
    """Releases of one application, each a folder of files, and the runners that bring them to one database.

    Each file leaves a line in a ledger. The one that is held stops there before it is through.
    """

    def __init__(self, database: Database, folder: Path, *, journaled: bool) -> None:
        self.database, self.folder, self.journaled = database, folder, journaled
        self.gate = rig.Gate(database, folder / "gate")
        database.execute(LEDGER)
        self.running: list[subprocess.Popen[str]] = []

    def release(self, name: str, versions: str, *, held: str = "", edited: str = "") -> Path:
        """Write a folder with the files of *versions*; *held* is such as "3 up", the *edited* file has another text."""
        texts = {}
        for version in versions.split():
            table = f"t{int(version[:8])}"
            for way, ddl in ("up", f"CREATE TABLE {table} (n INTEGER);"), ("down", f"DROP TABLE {table};"):
                what = f"{int(version[:8])} {way}"
                lines = [ddl, f"INSERT INTO ledger VALUES ('{what}');"]
                if not self.journaled:
                    lines.reverse()  # on MySQL, a claim is to be seen from the first DDL on
                lines[0] = f"{LEDGER};\n{lines[0]}" if what == "1 up" else lines[0]
                lines.insert(1, self.gate.statement if held == what else "")
                head = "-- migrate: no-transaction\n" if self.journaled else ""
                texts[f"{version}_f.{way}"] = head + "\n".join(lines) + f"\n{'-- edited' * (what == edited)}\n"
        (self.folder / name).mkdir()
        rig.write(self.folder / name, texts)
        return self.folder / name

    def settings(self, release: Path) -> migrate.Settings:
        return migrate.Settings(migrate.DatabaseURL.parse(self.database.url), release / "sql")

    def hold(self, release: Path, *words: str, **more: Any) -> subprocess.Popen[str]:
        """Start the first runner; return when it is held in its file."""
        process = self.gate.start(release, *words, name="first", **more)
        self.running.append(process)
        rig.until(lambda: self.gate.somebody() or process.poll() is not None)
        assert process.poll() is None, process.communicate()
        return process

    def rival(self, release: Path, *words: str, **more: Any) -> subprocess.Popen[str]:
        """Start the second one; return when it has planned."""
        self.running.append(self.gate.start(release, *words, name="second", **more))
        return self.running[-1]

    def end(self) -> list[tuple[int, str, str]]:
        """Open the gate; return how each has ended, and what it has printed."""
        self.gate.open()
        ended = [rig.Ended(process) for process in self.running]
        self.running = []
        return [(each.exit, masked(each.out).replace("  ", " "), masked_time(each.err)) for each in ended]

    def states(self, release: Path) -> dict[str, str]:
        return {each.version: each.state for each in migrate.status(self.settings(release))}

    def ran(self) -> list[str]:
        """Return what has run, each as often as it has."""
        return sorted(what for (what,) in self.database.query("SELECT what FROM ledger"))

    def log(self, release: Path) -> list[tuple[str, str, str, str]]:
        entries = migrate.log(self.settings(release), count=100)
        return [(each.version, each.action, each.outcome, each.applied_by) for each in reversed(entries)]


def masked_time(text: str) -> str:
    return masked(text.replace(FIRST, "FIRST")).replace("FIRST", FIRST)


@pytest.fixture(params=[False, True], ids=["in a transaction", "journaled"])
def rivals(request: pytest.FixtureRequest, database: Database, tmp_path: Path) -> Iterator[Rivals]:
    made = Rivals(database, tmp_path, journaled=request.param)
    yield made
    for process in made.running:
        process.kill()
        process.communicate()


in_a_transaction = pytest.mark.parametrize("rivals", [False], ids=["in a transaction"], indirect=True)
journaled = pytest.mark.parametrize("rivals", [True], ids=["journaled"], indirect=True)


def applied(version: int | str, *, held: bool = False, statements: int = 2) -> str:
    return f"applied {version} f {statements + held} statements, N ms\n"


def rolled_back(version: int, *, held: bool = False) -> str:
    return f"rolled back {version} f {2 + held} statements, N ms\n"


def already(version: int | str) -> str:
    return f"{version} f is applied already, by {FIRST}\n"


def refused(now: str, then: str) -> str:
    """Return what is said where another than the planned steps would run."""
    return (
        "error: another runner has changed the history since this was planned:"
        f" it would be {now} now, and not {then}\n"
        "nothing was changed.\n"
        "fix: look at the versions, and say again what to do:  imagor-studio-migrate status\n"
    )


def edited(version: int) -> str:
    return (
        f"error: {version} f was edited after it was applied on TIME\n"
        f"  --> sql/{version}_f.up.sql\n"
        "nothing was changed.\n"
        "fix: put the file back, and write the change as a new migration:  imagor-studio-migrate new NAME\n"
        f"     or, where the database has it already:  imagor-studio-migrate repair {version} --applied\n"
    )


# --- up -------------------------------------------------------------------------------------------------------------


def test_up_beside_up_finds_its_work_done_and_says_who_did_it(rivals: Rivals) -> None:
    new = rivals.release("new", "1 2 3 4", held="3 up")
    migrate.up(rivals.settings(new), to="2")
    rivals.hold(new, "up")
    rivals.rival(new, "up")
    assert rivals.end() == [
        (0, applied(3, held=True) + applied(4), ""),
        (0, "", already(3) + already(4) + "up to date at 4 (applied by the other run)\n"),
    ]
    assert rivals.ran() == ["1 up", "2 up", "3 up", "4 up"]
    assert [line[3] for line in rivals.log(new)[2:]] == [FIRST, FIRST]


def test_two_that_apply_the_next_file_apply_one(rivals: Rivals) -> None:
    new = rivals.release("new", "1 2 3", held="2 up")
    migrate.up(rivals.settings(new), to="1")
    rivals.hold(new, "up", "1")
    rivals.rival(new, "up", "1")
    assert rivals.end() == [
        (0, applied(2, held=True), ""),
        (0, "", already(2) + "up to date at 2 (applied by the other run)\n"),
    ]
    assert rivals.ran() == ["1 up", "2 up"]


@journaled
def test_who_applies_the_next_two_files_applies_what_is_left_of_them(rivals: Rivals) -> None:
    new = rivals.release("new", "1 2 3 4", held="2 up")
    migrate.up(rivals.settings(new), to="1")
    rivals.hold(new, "up", "1")
    rivals.rival(new, "up", "2")
    assert rivals.end() == [(0, applied(2, held=True), ""), (0, applied(3), already(2))]
    assert rivals.ran() == ["1 up", "2 up", "3 up"]


def test_up_of_an_old_branch_beside_a_newer_one_stops_before_it_touches_anything(rivals: Rivals) -> None:
    new, old = rivals.release("new", "1 3", held="3 up"), rivals.release("old", "1 2")
    migrate.up(rivals.settings(old), to="1")
    rivals.hold(new, "up")
    rivals.rival(old, "up")
    ahead = "the database is ahead of these files: 3 came with a newer release, or its file was removed\n"
    ahead *= rivals.journaled
    out_of_order = (
        f"{ahead}error: 2 f is pending, but a newer migration is applied already\n"
        "  --> sql/2_f.up.sql\n"
        "nothing was changed.\n"
        "fix: give it a newer version, or apply it all the same:  imagor-studio-migrate up --out-of-order\n"
    )
    assert rivals.end() == [(0, applied(3, held=True), ""), (4, "", out_of_order)]
    assert rivals.ran() == ["1 up", "3 up"]
    assert rivals.states(old) == {"1": "applied", "2": "out_of_order", "3": "missing"}


@in_a_transaction
def test_of_two_texts_of_one_version_the_first_runs_and_the_other_is_told(rivals: Rivals) -> None:
    new, other = rivals.release("new", "1 2", held="2 up"), rivals.release("other", "1 2 3", edited="2 up")
    migrate.up(rivals.settings(new), to="1")
    rivals.hold(new, "up")
    rivals.rival(other, "up")
    assert rivals.end() == [(0, applied(2, held=True), ""), (4, "", already(2) + edited(2))]
    assert rivals.ran() == ["1 up", "2 up"]
    assert rivals.states(new) == {"1": "applied", "2": "applied"}


def test_a_version_that_is_spelt_in_two_ways_runs_once(rivals: Rivals) -> None:
    day = rivals.release("day", "20250504", held="20250504 up")
    second = rivals.release("second", "20250504000000", held="20250504 up")
    rivals.hold(day, "up")
    rivals.rival(second, "up")
    assert rivals.end() == [
        (0, applied(20250504, held=True), ""),
        (0, "", already(20250504000000) + "up to date at 20250504 (applied by the other run)\n"),
    ]
    assert rivals.ran() == ["20250504 up"]
    assert rivals.states(second) == {"20250504": "applied"}


def test_up_beside_down_applies_again_what_was_rolled_back(rivals: Rivals) -> None:
    new = rivals.release("new", "1 2 3", held="2 down")
    migrate.up(rivals.settings(new), to="2")
    rivals.hold(new, "down")
    rivals.rival(new, "up")
    assert rivals.end() == [(0, rolled_back(2, held=True), ""), (0, applied(2) + applied(3), "")]
    assert rivals.ran() == ["1 up", "2 down", "2 up", "2 up", "3 up"]


@journaled
def test_up_of_one_file_beside_down_stops_where_it_would_be_another_file(rivals: Rivals) -> None:
    new = rivals.release("new", "1 2 3", held="2 down")
    migrate.up(rivals.settings(new), to="2")
    rivals.hold(new, "down")
    rivals.rival(new, "up", "1")
    assert rivals.end() == [(0, rolled_back(2, held=True), ""), (4, "", refused("2 f", "3 f"))]
    assert rivals.ran() == ["1 up", "2 down", "2 up"]


@in_a_transaction
def test_up_with_nothing_to_do_neither_waits_for_another_runner_nor_writes(rivals: Rivals) -> None:
    new, old = rivals.release("new", "1 2", held="2 up"), rivals.release("old", "1")
    migrate.up(rivals.settings(old))
    before = rivals.database.query("SELECT * FROM schema_migrations"), rivals.log(old)
    rivals.hold(new, "up")
    rivals.rival(old, "up", "--lock-timeout", "0")
    ended = rig.Ended(rivals.running.pop(), 20)
    assert (ended.exit, ended.out, ended.err) == (0, "", "up to date at 1 (1 applied)\n")
    assert (rivals.database.query("SELECT * FROM schema_migrations"), rivals.log(old)) == before
    assert rivals.end() == [(0, applied(2, held=True), "")]


# --- down, redo -----------------------------------------------------------------------------------------------------


def test_down_beside_up_does_not_roll_back_what_was_just_applied(rivals: Rivals) -> None:
    new = rivals.release("new", "1 2 3", held="3 up")
    migrate.up(rivals.settings(new), to="2")
    rivals.hold(new, "up")
    rivals.rival(new, "down")
    assert rivals.end() == [(0, applied(3, held=True), ""), (4, "", refused("3 f", "2 f"))]
    assert rivals.ran() == ["1 up", "2 up", "3 up"]


def test_two_downs_roll_back_one(rivals: Rivals) -> None:
    new = rivals.release("new", "1 2", held="2 down")
    migrate.up(rivals.settings(new))
    rivals.hold(new, "down")
    rivals.rival(new, "down")
    assert rivals.end() == [(0, rolled_back(2, held=True), ""), (0, "", f"2 f is rolled back already, by {FIRST}\n")]
    assert rivals.ran() == ["1 up", "2 down", "2 up"]


def test_down_of_two_beside_down_of_one_rolls_back_two(rivals: Rivals) -> None:
    new = rivals.release("new", "1 2 3", held="3 down")
    migrate.up(rivals.settings(new))
    rivals.hold(new, "down", "1")
    rivals.rival(new, "down", "2")
    assert rivals.end() == [
        (0, rolled_back(3, held=True), ""),
        (0, rolled_back(2), f"3 f is rolled back already, by {FIRST}\n"),
    ]
    assert rivals.ran() == ["1 up", "2 down", "2 up", "3 down", "3 up"]


@journaled
def test_down_to_an_old_release_beside_up_stops(rivals: Rivals) -> None:
    new, old = rivals.release("new", "1 2 3", held="3 up"), rivals.release("old", "1")
    migrate.up(rivals.settings(new), to="2")
    rivals.hold(new, "up")
    rivals.rival(old, "down", "--to-here")
    stored = "2 f: the down file is not here; the text stored when it was applied runs\n"
    assert rivals.end() == [(0, applied(3, held=True), ""), (4, "", stored + refused("3 f", "2 f"))]


@journaled
def test_redo_beside_up_stops(rivals: Rivals) -> None:
    new = rivals.release("new", "1 2 3", held="3 up")
    migrate.up(rivals.settings(new), to="2")
    rivals.hold(new, "up")
    rivals.rival(new, "redo")
    assert rivals.end() == [(0, applied(3, held=True), ""), (4, "", refused("3 f", "2 f"))]
    assert rivals.ran() == ["1 up", "2 up", "3 up"]


def test_redo_beside_down_stops_and_says_who_rolled_back(rivals: Rivals) -> None:
    new = rivals.release("new", "1 2", held="2 down")
    migrate.up(rivals.settings(new))
    rivals.hold(new, "down")
    rivals.rival(new, "redo")
    gone = (
        f"error: 2 f was rolled back meanwhile, by {FIRST}\n"
        "nothing was changed.\n"
        "fix: look at the versions, and say again what to do:  imagor-studio-migrate status\n"
    )
    assert rivals.end() == [(0, rolled_back(2, held=True), ""), (4, "", gone)]
    assert rivals.ran() == ["1 up", "2 down", "2 up"]


@journaled
def test_up_beside_redo_comes_after_it(rivals: Rivals) -> None:
    new = rivals.release("new", "1 2 3", held="2 down")
    migrate.up(rivals.settings(new), to="2")
    rivals.hold(new, "redo")
    rivals.rival(new, "up")
    assert rivals.end() == [(0, rolled_back(2, held=True) + applied(2), ""), (0, applied(3), "")]
    assert rivals.ran() == ["1 up", "2 down", "2 up", "2 up", "3 up"]


# --- repair, baseline, reset ----------------------------------------------------------------------------------------


@journaled
@pytest.mark.parametrize("way", ["--applied", "--pending"])
def test_repair_of_what_a_runner_is_at_work_on_is_refused_at_once(rivals: Rivals, way: str) -> None:
    new = rivals.release("new", "1 2", held="2 up")
    migrate.up(rivals.settings(new), to="1")
    rivals.hold(new, "up")
    rivals.rival(new, "repair", "2", way)
    ended = rig.Ended(rivals.running.pop(), 20)
    lines = [line for line in ended.err.splitlines() if not line.startswith("  held by pid ")]
    assert len(lines) == len(ended.err.splitlines()) - (rivals.database.dialect != "sqlite")
    assert (ended.exit, ended.out, lines) == (
        5,
        "",
        [
            "error: 2 f is under way: another runner is at work on it",
            f"  --> {migrate.DatabaseURL.parse(rivals.database.url)}",
            "nothing was changed.",
            "fix: wait for it, and look at what it has done:  imagor-studio-migrate status",
        ],
    )
    assert rivals.end() == [(0, applied(2, held=True), "")]
    assert rivals.states(new) == {"1": "applied", "2": "applied"}
    assert [line[1] for line in rivals.log(new)] == ["up", "up"]


@journaled
def test_repair_of_another_version_waits_for_the_runner(rivals: Rivals) -> None:
    new, other = rivals.release("new", "1 2", held="2 up"), rivals.release("other", "1", edited="1 up")
    migrate.up(rivals.settings(new), to="1")
    rivals.hold(new, "up")
    rivals.rival(other, "repair", "1", "--applied")
    assert rivals.end() == [(0, applied(2, held=True), ""), (0, "repaired 1 f as applied\n", "")]
    assert rivals.states(other) == {"1": "applied", "2": "missing"}


def test_baseline_beside_up_marks_what_is_left(rivals: Rivals) -> None:
    new = rivals.release("new", "1 2 3", held="2 up")
    migrate.up(rivals.settings(new), to="1")
    rivals.hold(new, "up", "1")
    rivals.rival(new, "baseline", "3")
    assert rivals.end() == [(0, applied(2, held=True), ""), (0, "marked as applied 3 f\n", already(2))]
    assert rivals.ran() == ["1 up", "2 up"]
    assert [line[:2] for line in rivals.log(new)] == [("1", "up"), ("2", "up"), ("3", "baseline")]


@in_a_transaction
def test_baseline_with_another_text_beside_up_stops(rivals: Rivals) -> None:
    new, other = rivals.release("new", "1 2", held="2 up"), rivals.release("other", "1 2 3", edited="2 up")
    migrate.up(rivals.settings(new), to="1")
    rivals.hold(new, "up", "1")
    rivals.rival(other, "baseline", "3")
    (_, (code, out, err)) = rivals.end()
    assert (code, out, err.removeprefix(already(2))) == (4, "", edited(2))
    assert rivals.states(new) == {"1": "applied", "2": "applied"}


@in_a_transaction
def test_reset_beside_up_comes_after_it_and_runs_all_again(rivals: Rivals) -> None:
    new = rivals.release("new", "1 2", held="2 up")
    migrate.up(rivals.settings(new), to="1")
    rivals.hold(new, "up")
    rivals.rival(new, "reset", "--yes")
    assert rivals.end() == [
        (0, applied(2, held=True), ""),
        (0, applied(1, statements=3) + applied(2, held=True), "dropped 5 objects\n"),
    ]
    assert rivals.ran() == ["1 up", "2 up"]
    assert [line[1] for line in rivals.log(new)] == ["reset", "up", "up"]


@in_a_transaction
def test_up_beside_reset_finds_all_done_again(rivals: Rivals) -> None:
    new = rivals.release("new", "1 2", held="2 up")
    migrate.up(rivals.settings(new), to="1")
    rivals.hold(new, "reset", "--yes")
    rivals.rival(new, "up")
    (first, (code, out, err)) = rivals.end()
    assert first == (0, applied(1, statements=3) + applied(2, held=True), "dropped 4 objects\n")
    assert (code, out) == (0, "")
    assert err.endswith(already(2) + "up to date at 2 (applied by the other run)\n")
    assert rivals.ran() == ["1 up", "2 up"]


# --- a question that stays open -------------------------------------------------------------------------------------


class Asked:
    """A person who is asked, and in no hurry: meanwhile, others work with the release."""

    def __init__(self, rivals: Rivals, release: Path, *commands: str) -> None:
        self.rivals, self.release, self.commands, self.shown = rivals, release, commands, list[str]()

    def __call__(self, steps: Sequence[migrate.Step]) -> bool:
        self.shown = [step.title for step in steps]
        for command in self.commands:
            process = rig.start(self.release, self.rivals.database.url, *command.split(), LOGNAME="first")
            assert rig.Ended(process).exit == 0
        return True


@in_a_transaction
def test_a_confirmed_down_stops_where_another_version_was_applied_meanwhile(rivals: Rivals) -> None:
    new = rivals.release("new", "1 2 3 4")
    migrate.up(rivals.settings(new), to="3")
    asked = Asked(rivals, new, "up")
    with pytest.raises(migrate.DriftError) as caught:
        migrate.down(rivals.settings(new), count=2, confirm=asked)
    assert asked.shown == ["3 f", "2 f"]
    assert f"error: {caught.value}\n".replace("migrate status", "imagor-studio-migrate status") == refused(
        "4 f, 3 f", "3 f, 2 f"
    )
    assert rivals.ran() == ["1 up", "2 up", "3 up", "4 up"]


@in_a_transaction
def test_a_confirmed_down_runs_what_others_have_not_rolled_back_meanwhile(rivals: Rivals) -> None:
    new = rivals.release("new", "1 2 3")
    migrate.up(rivals.settings(new))
    told: list[Any] = []
    results = migrate.down(rivals.settings(new), count=2, confirm=Asked(rivals, new, "down"), notify=told.append)
    assert [each.version for each in results] == ["2"]
    assert told[0] == f"3 f is rolled back already, by {FIRST}"
    assert rivals.ran() == ["1 up", "2 down", "2 up", "3 down", "3 up"]


@in_a_transaction
def test_a_question_on_the_terminal_that_stays_open_is_no_confirmation_of_something_else(rivals: Rivals) -> None:
    new = rivals.release("new", "1 2 3")
    migrate.up(rivals.settings(new), to="2")
    terminal, end = os.openpty()
    try:
        process = rig.start(new, rivals.database.url, "down", "2", stdin=end)
        assert process.stderr
        asked = ""
        while not asked.endswith("Type yes to go on: "):
            asked += process.stderr.read(1)
        migrate.up(rivals.settings(new))
        os.write(terminal, b"yes\n")
        ended = rig.Ended(process)
    finally:
        os.close(terminal)
        os.close(end)
    said = ended.err.replace(CALLED, "imagor-studio-migrate")
    assert (ended.exit, ended.out, said) == (4, "", refused("3 f, 2 f", "2 f, 1 f"))
    assert rivals.ran() == ["1 up", "2 up", "3 up"]


# --- through a pooler, where no lock outlives a file ----------------------------------------------------------------


@pytest.fixture
def pooled(postgres: Database, tmp_path: Path) -> Iterator[tuple[Rivals, str]]:
    with rig.pgbouncer(postgres) as url:
        made = Rivals(postgres, tmp_path, journaled=False)
        yield made, url
        for process in made.running:
            process.kill()
            process.communicate()


def test_through_a_pooler_two_runners_do_what_one_would(pooled: tuple[Rivals, str]) -> None:
    rivals, url = pooled
    new, old = rivals.release("new", "1 2 3 5", held="3 up"), rivals.release("old", "1 2 3 4")
    migrate.up(rivals.settings(new), to="2")
    rivals.hold(new, "up", "--to", "3", url=url)
    for release, *words in (new, "up", "--to", "3"), (new, "up", "1"), (old, "up", "--to", "3"), (new, "down"):
        rivals.rival(release, *words, url=url)
    done = (0, "", already(3) + "up to date at 3 (applied by the other run)\n")
    (first, *others, down) = rivals.end()
    assert first == (0, applied(3, held=True), "")
    assert others[:2] == [done, done]
    assert others[2] == (4, "", already(3) + edited(3))
    assert down == (4, "", refused("3 f", "2 f"))
    assert rivals.ran() == ["1 up", "2 up", "3 up"]


def test_through_a_pooler_a_journaled_run_that_goes_past_it_is_waited_for(pooled: tuple[Rivals, str]) -> None:
    rivals, url = pooled
    rivals.journaled = True
    new = rivals.release("new", "1 2 3", held="3 up")
    migrate.up(rivals.settings(new), to="2")
    rivals.hold(new, "up")
    process = rig.start(new, url, "up")
    time.sleep(0.5)
    assert process.poll() is None
    rivals.running.append(process)
    assert rivals.end() == [(0, applied(3, held=True), ""), (0, "", "up to date at 3 (3 applied)\n")]


def test_through_a_pooler_the_plan_is_made_again_where_another_runner_came_between_two_files(
    pooled: tuple[Rivals, str],
) -> None:
    rivals, url = pooled
    new = rivals.release("new", "1 2 3")
    settings = rivals.settings(new)
    through = migrate.Settings(migrate.DatabaseURL.parse(url), settings.directory)
    told: list[Any] = []

    def notify(event: object) -> None:
        told.append(event)
        if isinstance(event, migrate.Result) and event.version == "1":
            assert rig.Ended(rig.start(new, url, "up", "1", LOGNAME="first")).exit == 0

    results = migrate.up(through, notify=notify)
    assert [each.version for each in results] == ["1", "3"]
    assert f"2 f is applied already, by {FIRST}" in told
    assert rivals.ran() == ["1 up", "2 up", "3 up"]


def test_through_a_pooler_a_run_stops_where_a_newer_release_came_between_two_files(pooled: tuple[Rivals, str]) -> None:
    rivals, url = pooled
    new, newer = rivals.release("new", "1 2"), rivals.release("newer", "1 3")
    through = migrate.Settings(migrate.DatabaseURL.parse(url), rivals.settings(new).directory)

    def notify(event: object) -> None:
        if isinstance(event, migrate.Result):
            assert rig.Ended(rig.start(newer, url, "up")).exit == 0

    with pytest.raises(migrate.DriftError) as caught:
        migrate.up(through, notify=notify)
    assert caught.value.what == "2 f is pending, but a newer migration is applied already"
    assert [each.version for each in caught.value.results] == ["1"]
    assert caught.value.state == "nothing more was changed."
    assert rivals.ran() == ["1 up", "3 up"]


@pytest.mark.parametrize("newer", [False, True], ids=["the same release", "a newer release"])
def test_through_a_pooler_redo_does_not_apply_again_what_others_have_since(
    pooled: tuple[Rivals, str], *, newer: bool
) -> None:
    rivals, url = pooled
    new, other = rivals.release("new", "1 2"), rivals.release("newer", "1 3" if newer else "1 2")
    migrate.up(rivals.settings(new))
    told: list[Any] = []

    def notify(event: object) -> None:
        told.append(event)
        if isinstance(event, migrate.Result) and event.action == "down":
            assert rig.Ended(rig.start(other, url, "up", LOGNAME="first")).exit == 0

    through = migrate.Settings(migrate.DatabaseURL.parse(url), rivals.settings(new).directory)
    if newer:
        with pytest.raises(migrate.DriftError, match=r"^2 f is pending, but a newer migration") as caught:
            migrate.redo(through, notify=notify)
        assert caught.value.state == "2 f is rolled back, and not applied again."
        assert rivals.ran() == ["1 up", "2 down", "2 up", "3 up"]
    else:
        assert [each.action for each in migrate.redo(through, notify=notify)] == ["down"]
        assert told[-1] == f"2 f is applied already, by {FIRST}"
        assert rivals.ran() == ["1 up", "2 down", "2 up", "2 up"]
