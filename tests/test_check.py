"""``check`` in CI: against a git ref, as annotations for GitHub, with ``only DIALECT``; and the README's snippets."""

from __future__ import annotations

import os
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
import yaml
from desk import MODULE, PROGRAM, Desk, Ran

import migrate
from migrate_review import base

if TYPE_CHECKING:
    from collections.abc import Mapping

EXACT = {"GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_NOSYSTEM": "1", "GIT_CONFIG_SYSTEM": os.devnull}
PERSON = {f"GIT_{role}_{what}": "ann@box" for role in ("AUTHOR", "COMMITTER") for what in ("NAME", "EMAIL")}
PUT_BACK = "put it back (git checkout main -- FILE), and write the change as a new migration"
NAME_BACK = "give it its name back (mv sql/{}.{}.sql FILE)"
NEWER = f"give it a newer version, as {PROGRAM} --dir sql new NAME does"
REF_FIX = "fix: name a branch, a tag or a commit:  imagor-studio-migrate --dir sql check --base origin/main\n"


def pair(version: int, name: str = "t", folder: str = "sql") -> dict[str, str | bytes]:
    """Two files that check has nothing to say about."""
    table = f"{name}_{version}"
    up, down = f"CREATE TABLE {table} (n BIGINT);\n", f"DROP TABLE {table};\n"
    return {f"{folder}/{version}_{name}.up.sql": up, f"{folder}/{version}_{name}.down.sql": down}


def run(cwd: Path, *words: str) -> Ran:
    done = subprocess.run(words, cwd=cwd, text=True, check=False, capture_output=True)
    return Ran(done.returncode, done.stdout, done.stderr)


class Clone(Desk):
    """A working directory that is a git repository."""

    def git(self, *words: str) -> str:
        ran = run(self.home, "git", *words)
        assert ran.exit == 0, ran.err
        return ran.out

    def commit(self, files: Mapping[str, str | bytes]) -> None:
        self.write(files)
        self.git("add", "--all")
        self.git("commit", "--quiet", "--allow-empty", "--message", "a change")

    def remove(self, *names: str) -> None:
        for name in names:
            (self.home / name).unlink()

    def check(self, *words: str, base: str = "main") -> Ran:
        """Type ``check --base``; what it prints are lines with tabs."""
        return self("--dir", "sql", "check", "--base", base, *words)


def faults(*found: tuple[str, str, str]) -> Ran:
    """What check prints when it has found these faults: where, what, fix."""
    lines = "".join(f"fault\t{where}\t{what}\t{fix.replace('FILE', where)}\n" for where, what, fix in found)
    return Ran(2, lines, f"{len(found)} fault{'s' if found[1:] else ''}, 0 warnings\n")


squawk = shutil.which("squawk", path=f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}")
CLEAN = Ran(0, "", "0 faults, 0 warnings\n")


@pytest.fixture(name="desk")
def _desk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Clone:
    for name in [name for name in os.environ if name.startswith("GIT_")]:  # this may run in a hook
        monkeypatch.delenv(name)
    for name, text in (EXACT | PERSON).items():
        monkeypatch.setenv(name, text)
    (tmp_path / "home").mkdir()
    desk = Clone.start(tmp_path / "home", monkeypatch, capsys)
    assert isinstance(desk, Clone)
    return desk


@pytest.fixture(name="clone")
def _clone(desk: Clone) -> Clone:
    """A repository with migrations 1 and 5 on main, and a branch that begins there."""
    desk.git("init", "--quiet")
    desk.git("symbolic-ref", "HEAD", "refs/heads/main")
    desk.commit(pair(1) | pair(5))
    desk.git("checkout", "--quiet", "-b", "branch")
    return desk


# ---- against a ref: what is fine


def test_a_branch_with_the_same_files_has_no_fault(clone: Clone) -> None:
    assert clone.check() == CLEAN


def test_new_files_that_sort_after_everything_are_fine(clone: Clone) -> None:
    clone.commit(pair(6))
    clone.write(pair(10))  # not added yet
    assert clone.check() == CLEAN


def test_a_way_back_may_be_added_later(clone: Clone) -> None:
    clone.commit({"sql/6_a.up.sql": "SELECT 1;"})
    clone.write({"sql/6_a.down.sql": "SELECT 1;"})
    assert clone.check(base="branch") == CLEAN


@pytest.mark.parametrize("there", ["plain", "bom", "crlf"])
@pytest.mark.parametrize("here", ["plain", "bom", "crlf"])
def test_line_ends_and_a_bom_are_no_edit(clone: Clone, there: str, here: str) -> None:
    texts = {"plain": b"SELECT 1;\n", "bom": b"\xef\xbb\xbfSELECT 1;\n", "crlf": b"SELECT 1;\r\n"}
    clone.commit(pair(6) | {"sql/6_t.up.sql": texts[there]})
    clone.write({"sql/6_t.up.sql": texts[here]})
    assert clone.check(base="HEAD") == CLEAN


def test_a_folder_that_the_base_does_not_have_is_fine(clone: Clone) -> None:
    """But it may be the old one under a new name, and then nothing is compared."""
    clone.write(pair(2, folder="more"))
    assert clone("--dir", "more", "check", "--base", "main") == (
        0,
        (
            "warning\tmore\tmain has no migrations in this folder\t"
            "leave it, if it is new; name the folder with --dir, if it was there under another name\n"
        ),
        "0 faults, 1 warning\n",
    )


def test_a_dialect_that_the_base_does_not_have_is_fine(clone: Clone) -> None:
    clone.commit(pair(1, folder="all/sqlite") | pair(5, folder="all/sqlite"))
    clone.write(pair(1, folder="all/mysql") | pair(5, folder="all/mysql"))
    assert clone("--dir", "all", "check", "--base", "HEAD") == CLEAN


def test_a_branch_that_is_behind_has_removed_and_edited_nothing(clone: Clone) -> None:
    clone.git("checkout", "--quiet", "main")
    clone.commit(pair(6) | {"sql/5_t.up.sql": "-- edited on main\nSELECT 1;"})
    clone.remove("sql/1_t.up.sql", "sql/1_t.down.sql")
    clone.commit({})
    clone.git("checkout", "--quiet", "branch")
    clone.write(pair(7))
    assert clone.check() == CLEAN


def test_files_that_are_links_are_compared_as_links(clone: Clone) -> None:
    clone.commit(pair(1, folder="all/sqlite"))
    (clone.home / "all/mysql").mkdir()
    for way in ("up", "down"):
        (clone.home / f"all/mysql/1_t.{way}.sql").symlink_to(f"../sqlite/1_t.{way}.sql")
    clone.commit({})
    assert clone("--dir", "all", "check", "--base", "HEAD") == CLEAN
    clone.write({"all/sqlite/1_t.up.sql": "SELECT 2;"})
    assert clone("--dir", "all", "check", "--base", "HEAD").exit == 2


# ---- against a ref: each fault


def test_a_new_file_that_sorts_before_the_newest_is_a_fault(clone: Clone) -> None:
    clone.write(pair(4) | pair(6))
    what = "is new, and does not sort after sql/5_t.up.sql, the newest in main"
    assert clone.check() == faults(("sql/4_t.up.sql", what, NEWER))


def test_a_new_file_is_compared_with_what_the_base_has_got_meanwhile(clone: Clone) -> None:
    clone.commit(pair(6))
    clone.git("checkout", "--quiet", "main")
    clone.commit(pair(7))
    clone.git("checkout", "--quiet", "branch")
    what = "is new, and does not sort after sql/7_t.up.sql, the newest in main"
    assert clone.check() == faults(("sql/6_t.up.sql", what, NEWER))


def test_versions_are_compared_as_numbers_and_days_as_midnight(clone: Clone) -> None:
    clone.commit(pair(20250504))
    clone.write(pair(20250504093000))
    assert clone.check(base="HEAD") == CLEAN
    clone.write(pair(20250503235959))
    assert clone.check(base="HEAD").out.startswith(
        "fault\tsql/20250503235959_t.up.sql\tis new, and does not sort after "
    )


@pytest.mark.parametrize("way", ["up", "down"])
def test_an_edited_file_is_a_fault(clone: Clone, way: str) -> None:
    clone.write({f"sql/1_t.{way}.sql": "SELECT 2;\n"})
    assert clone.check() == faults((f"sql/1_t.{way}.sql", "was edited; main has another text", PUT_BACK))


def test_a_blank_at_the_end_of_a_line_is_an_edit(clone: Clone) -> None:
    clone.write({"sql/1_t.down.sql": "DROP TABLE t_1; \n"})
    assert clone.check() == faults(("sql/1_t.down.sql", "was edited; main has another text", PUT_BACK))


def test_a_removed_pair_is_two_faults(clone: Clone) -> None:
    clone.remove("sql/1_t.up.sql", "sql/1_t.down.sql")
    clone.commit({})
    what = "was removed; main has it"
    assert clone.check() == faults(("sql/1_t.down.sql", what, PUT_BACK), ("sql/1_t.up.sql", what, PUT_BACK))


def test_a_file_with_another_name_is_renamed(clone: Clone) -> None:
    for way in ("up", "down"):
        (clone.home / f"sql/1_t.{way}.sql").rename(clone.home / f"sql/1_tables.{way}.sql")
    assert clone.check() == faults(
        *(
            (
                f"sql/1_t.{way}.sql",
                f"was renamed to sql/1_tables.{way}.sql; main has it",
                NAME_BACK.format("1_tables", way),
            )
            for way in ("down", "up")
        )
    )


def test_a_file_with_another_version_is_renamed(clone: Clone) -> None:
    for way in ("up", "down"):
        clone.git("mv", f"sql/5_t.{way}.sql", f"sql/6_t.{way}.sql")
    assert clone.check() == faults(
        *(
            (f"sql/5_t.{way}.sql", f"was renamed to sql/6_t.{way}.sql; main has it", NAME_BACK.format("6_t", way))
            for way in ("down", "up")
        )
    )


def test_a_dialect_folder_that_is_gone_is_removed(clone: Clone) -> None:
    clone.commit(pair(1, folder="all/sqlite") | pair(1, folder="all/mysql"))
    shutil.rmtree(clone.home / "all/mysql")
    ran = clone("--dir", "all", "check", "--base", "HEAD")
    assert [line.split("\t")[1:3] for line in ran.out.splitlines()] == [
        ["all/mysql/1_t.down.sql", "was removed; HEAD has it"],
        ["all/mysql/1_t.up.sql", "was removed; HEAD has it"],
    ]


def test_each_dialect_folder_has_an_order_of_its_own(clone: Clone) -> None:
    new = {name: f"-- migrate: only sqlite\n{text!s}" for name, text in pair(4, folder="all/sqlite").items()}
    only = {name: f"-- migrate: only mysql\n{text!s}" for name, text in pair(5, folder="all/mysql").items()}
    clone.commit(pair(1, folder="all/sqlite") | pair(1, folder="all/mysql") | only)
    clone.write(new)
    assert clone("--dir", "all", "check", "--base", "HEAD") == CLEAN


def test_files_that_cannot_be_read_are_told_before_the_ref_is_looked_at(clone: Clone) -> None:
    clone.remove("sql/1_t.up.sql")
    ran = clone.check()
    assert ran.exit == 2
    assert ran.out.startswith(
        "fault\tsql/1_t.down.sql\ta down file without its up file\tput sql/1_t.up.sql back, or remove this"
    )


# ---- against a ref: wherever one is


@pytest.mark.parametrize("base", ["main", "HEAD", "HEAD~0", "v1", "refs/heads/main"])
def test_a_ref_is_whatever_git_takes_for_a_commit(clone: Clone, base: str) -> None:
    clone.git("tag", "--annotate", "v1", "--message", "one")
    clone.write({"sql/1_t.up.sql": "SELECT 2;\n"})
    assert clone.check(base=base).out.startswith(f"fault\tsql/1_t.up.sql\twas edited; {base} has another text\t")
    assert clone.check(base=clone.git("rev-parse", "HEAD").strip()[:12]).exit == 2


@pytest.mark.parametrize("folder", ["db", "wörter und blanks/sql", "-x\t'$\"*"])
@pytest.mark.parametrize("cwd", [".", "folder", "elsewhere"])
def test_it_works_from_any_directory_with_any_name(clone: Clone, folder: str, cwd: str) -> None:
    clone.commit(pair(1, folder=f"{folder}/sqlite") | pair(1, folder=f"{folder}/postgres") | {"else/where/x": ""})
    clone.write({f"{folder}/postgres/1_t.up.sql": "SELECT 2;\n"})
    there = {".": ".", "folder": folder, "elsewhere": "else/where"}[cwd]
    clone.monkeypatch.chdir(clone.home / there)
    path = os.path.relpath(clone.home / folder)
    ran = clone(f"--dir={path}", "check", "--base", "HEAD")
    assert (ran.exit, ran.err) == (2, "1 fault, 0 warnings\n")
    (finding,) = base.check(migrate.Settings(migrate.DatabaseURL("sqlite", ""), Path(path)), base="HEAD")
    assert finding.where.endswith("postgres/1_t.up.sql")
    assert finding.what == "was edited; HEAD has another text"


def test_it_works_in_the_hook_of_a_linked_worktree(clone: Clone) -> None:
    """There git sets GIT_DIR and GIT_INDEX_FILE, which would make every folder the top one."""
    hook = f'"{sys.executable}" "{MODULE}" --dir sql check --base main'
    clone.write({".git/hooks/pre-commit": f"#!/bin/sh\nenv | grep -q ^GIT_DIR= && {hook}\n"})
    (clone.home / ".git/hooks/pre-commit").chmod(0o755)
    clone.git("worktree", "add", "--quiet", "../linked", "-b", "more", "main")
    clone.write({"../linked/sql/1_t.up.sql": "SELECT 2;\n"})
    ran = run(clone.home / "../linked", "git", "commit", "-aqm", "x")
    assert (ran.exit, "was edited; main has another text" in ran.out + ran.err) == (1, True)


# ---- against a ref: what cannot be done


def refused(ran: Ran, text: str) -> None:
    assert ran == Ran(2, "", text)


def test_outside_git_it_says_so(desk: Clone) -> None:
    desk.write(pair(1))
    refused(
        desk.check(),
        "error: sql lies in no git repository\n  --> --base\n"
        "fix: name a folder that does:  imagor-studio-migrate --dir DIR check --base REF\n",
    )


def test_a_folder_outside_the_repository_is_named(clone: Clone) -> None:
    clone.write(pair(1, folder="../outside"))
    refused(
        clone("--dir", "../outside", "check", "--base", "main"),
        "error: ../outside lies in no git repository\n  --> --base\n"
        "fix: name a folder that does:  imagor-studio-migrate --dir DIR check --base REF\n",
    )


def test_without_git_it_says_what_is_missing(clone: Clone) -> None:
    clone.set(PATH=str(clone.home))
    refused(
        clone.check(),
        "error: git cannot be run: No such file or directory\n  --> --base\nfix: install git, or leave --base out\n",
    )


@pytest.mark.parametrize(("base", "near"), [("mian", " (did you mean main?)"), ("nonesuch", ""), ("", "")])
def test_an_unknown_ref_suggests_the_nearest(clone: Clone, base: str, near: str) -> None:
    refused(clone.check(base=base), f'error: git knows no "{base}"{near}\n  --> --base\n{REF_FIX}')


def test_an_unknown_ref_in_a_repository_without_a_commit(desk: Clone) -> None:
    desk.git("init", "--quiet")
    desk.write(pair(1))
    refused(desk.check(), f'error: git knows no "main"\n  --> --base\n{REF_FIX}')


@pytest.mark.parametrize("base", ["main:sql", "^main", "main..branch", "main branch", "0" * 40, "@{nowhere}"])
def test_what_is_no_commit_is_no_ref(clone: Clone, base: str) -> None:
    assert clone.check(base=base).err.startswith(f'error: git knows no "{base}"')


@pytest.mark.parametrize("base", ["--output=x", "-h", "--git-dir=/", "-"])
def test_a_ref_that_begins_with_a_dash_is_no_option_of_git(clone: Clone, base: str) -> None:
    before = clone.names()
    refused(
        clone("--dir", "sql", "check", f"--base={base}"),
        f'error: "{base}" cannot be a git ref\n  --> --base\n{REF_FIX}',
    )
    assert clone.names() == before


def test_a_shallow_clone_without_the_commit_says_how_to_fetch_it(clone: Clone) -> None:
    clone.commit(pair(6))
    clone.git("clone", "--quiet", "--depth", "1", f"file://{clone.home}", "../shallow")
    clone.monkeypatch.chdir(clone.home / "../shallow")
    refused(
        clone.check(base="origin/main"),
        'error: this clone is shallow, and does not have "origin/main"\n  --> --base\n'
        "fix: fetch the rest:  git fetch --unshallow origin +refs/heads/main:refs/remotes/origin/main"
        "  or, in a workflow, actions/checkout with  fetch-depth: 0\n",
    )
    assert clone.check(base="HEAD") == CLEAN


def test_a_shallow_clone_that_has_the_ref_and_nothing_in_common_says_so(clone: Clone) -> None:
    clone.git("checkout", "--quiet", "main")
    clone.commit(pair(6))
    clone.git("checkout", "--quiet", "branch")
    clone.git("clone", "--quiet", "--depth", "1", "--branch", "branch", f"file://{clone.home}", "../shallow")
    clone.monkeypatch.chdir(clone.home / "../shallow")
    clone.git("-C", "../shallow", "fetch", "--quiet", "--depth", "1", "origin", "main:refs/remotes/origin/main")
    refused(
        clone.check(base="origin/main"),
        "error: this clone is shallow, and does not have what is common to origin/main and this branch\n  --> --base\n"
        "fix: fetch the rest:  git fetch --unshallow  or, in a workflow, actions/checkout with  fetch-depth: 0\n",
    )


def test_a_ref_that_was_not_fetched_says_how_to_fetch_it(clone: Clone) -> None:
    clone.git("clone", "--quiet", "--single-branch", "--branch", "branch", f"file://{clone.home}", "../one")
    clone.monkeypatch.chdir(clone.home / "../one")
    fetch = "fetch origin +refs/heads/main:refs/remotes/origin/main"
    refused(
        clone.check(base="origin/main"),
        f'error: git knows no "origin/main"\n  --> --base\nfix: fetch it, if origin has it:  git {fetch}\n'
        f"     or {REF_FIX.removeprefix('fix: ')}",
    )
    clone.git("-C", "../one", *fetch.split())
    assert clone.check(base="origin/main") == CLEAN
    refused(
        clone.check(base="main"), f'error: git knows no "main" (did you mean origin/main?)\n  --> --base\n{REF_FIX}'
    )


def test_what_is_no_commit_is_not_proposed_again(clone: Clone) -> None:
    clone.git("tag", "texts", "main^{tree}")
    refused(clone.check(base="texts"), f'error: git knows no "texts"\n  --> --base\n{REF_FIX}')


@pytest.mark.parametrize("place", ["outside", "in another repository", "through a link"])
def test_from_elsewhere_the_fix_names_the_repository_and_works(clone: Clone, place: str) -> None:
    elsewhere = clone.home.parent / "elsewhere"
    elsewhere.mkdir()
    if place == "in another repository":  # a submodule is one
        clone.git("init", "--quiet", str(elsewhere))
    if place == "through a link":
        (clone.home / "linked").symlink_to("sql")
    folder = "linked" if place == "through a link" else "../home/sql"
    clone.write({"sql/1_t.up.sql": "SELECT 2;\n"})
    clone.monkeypatch.chdir(clone.home if place == "through a link" else elsewhere)
    ran = clone("--dir", folder, "check", "--base", "main")
    assert f"put it back (git -C {folder} checkout main -- 1_t.up.sql)" in ran.out
    assert run(Path.cwd(), *f"git -C {folder} checkout main -- 1_t.up.sql".split()).exit == 0
    assert clone("--dir", folder, "check", "--base", "main") == CLEAN
    clone.git("clone", "--quiet", "--depth", "1", f"file://{clone.home}", "../shallow")
    clone.monkeypatch.chdir(elsewhere)
    assert (
        "git -C ../shallow/sql fetch --unshallow" in clone("--dir", "../shallow/sql", "check", "--base", "HEAD~1").err
    )


def test_what_git_says_is_passed_on_with_its_own_fix(clone: Clone) -> None:
    clone.set(GIT_TEST_ASSUME_DIFFERENT_OWNER="1")
    refused(
        clone.check(),
        f"error: git cannot read sql: detected dubious ownership in repository at '{clone.home}'\n  --> --base\n"
        f"fix: ask git:  git config --global --add safe.directory {clone.home}\n",
    )


def test_the_files_of_an_installed_package_have_no_ref(clone: Clone) -> None:
    shutil.copy(MODULE, clone.home / "migrate.py")
    clone.write(pair(1, folder="migrate_sql/sqlite"))
    refused(
        run(clone.home, sys.executable, "migrate.py", "check", "--base", "main"),
        "error: git knows nothing of the installed package\n  --> --base\n"
        f"fix: name your own folder:  {sys.executable} migrate.py --dir sql check --base main\n",
    )


# ---- only DIALECT


def test_a_file_for_one_dialect_is_not_missing_in_the_others(desk: Clone) -> None:
    desk.write(
        {f"{folder}/{name}": text for folder in ("sqlite", "postgres") for name, text in pair(1, folder=".").items()}
    )
    desk.write(
        {f"sql/{dialect}/{Path(name).name}": text for dialect in migrate.DATABASES for name, text in pair(1).items()}
    )
    desk.write(pair(2, folder="sql/postgres") | {"sql/postgres/2_t.up.sql": "-- migrate: only postgres\nSELECT 1;\n"})
    assert desk("--dir", "sql", "check") == CLEAN


def test_a_file_for_two_dialects_is_missing_where_the_second_is(desk: Clone) -> None:
    desk.write(
        {f"sql/{dialect}/{Path(name).name}": text for dialect in migrate.DATABASES for name, text in pair(1).items()}
    )
    first_line = "-- migrate: no-transaction, only postgres, mysql\n"
    desk.write(pair(2, folder="sql/postgres") | {"sql/postgres/2_t.up.sql": f"{first_line}SELECT 1;\n"})
    fix = "add it here too, or excuse it there: -- migrate: only postgres"
    assert desk("--dir", "sql", "check") == faults(("sql/mysql", "2_t is in sql/postgres, and not here", fix))


@pytest.mark.parametrize("way", ["up", "down"])
def test_a_file_in_the_folder_of_another_dialect_is_a_fault(desk: Clone, way: str) -> None:
    desk.write(
        pair(1, folder="sql/sqlite") | {f"sql/sqlite/1_t.{way}.sql": "-- migrate: only postgres, mysql\nSELECT 1;\n"}
    )
    what = "is for postgres, mysql only, and lies in the folder for sqlite"
    fix = "move it to where it belongs, or change its first line"
    assert desk("--dir", "sql", "check") == faults((f"sql/sqlite/1_t.{way}.sql:1", what, fix))
    assert desk("--dir", "sql/sqlite", "check").exit == 2  # its name says the dialect
    (desk.home / "sql/sqlite").rename(desk.home / "files")
    assert desk("--dir", "files", "check") == CLEAN  # nothing says it
    assert desk("--dir", "files", "--database-url", "sqlite:a.db", "check") == CLEAN  # others use this folder too


# ---- strict, and annotations


def test_strict_fails_for_warnings_too(desk: Clone) -> None:
    desk.write({"sql/1_a.up.sql": "SELECT 1;"})
    line = "warning\tsql/1_a.up.sql\tno down file: it cannot be undone\tadd one, if it can be\n"
    assert desk("--dir", "sql", "check") == (0, line, "0 faults, 1 warning\n")
    assert desk("--dir", "sql", "check", "--strict") == (2, line, "0 faults, 1 warning\n")


@pytest.mark.skipif(not squawk, reason="squawk is not installed: make setup")
def test_strict_fails_for_what_squawk_finds_in_an_up_file_for_postgres(desk: Clone) -> None:
    desk.write(pair(1, folder="sql/postgres"))
    assert desk("--dir", "sql", "check", "--strict") == CLEAN  # a down file drops its table
    desk.write({"sql/postgres/1_t.up.sql": "-- why\nCREATE INDEX t_idx ON t (n);\n"})
    ran = desk("--dir", "sql", "check", "--strict")
    assert (ran.exit, ran.err) == (2, "0 faults, 1 warning\n")
    level, where, what, fix = ran.out.rstrip("\n").split("\t")
    assert (level, where) == ("warning", "sql/postgres/1_t.up.sql:2")
    assert what.startswith("require-concurrent-index-creation: ")
    assert fix == "see https://squawkhq.com/docs/require-concurrent-index-creation"


def test_strict_has_nothing_against_clean_files(desk: Clone) -> None:
    desk.write(pair(1))
    assert desk("--dir", "sql", "check", "--strict") == CLEAN


def test_github_gets_one_command_for_each_finding(desk: Clone) -> None:
    desk.write(
        {"sql/sqlite/1_a.up.sql": "SELECT 'open;\n", "sql/sqlite/2_b.up.sql": "SELECT 1;\n-- migrate: no-transaction\n"}
    )
    desk.write({"sql/sqlite/1_a.down.sql": "SELECT 1;", "sql/mysql/1 b.up.sql": "SELECT 1;"})
    ran = desk("--dir", "sql", "check", "--format", "github")
    assert (ran.exit, ran.err) == (2, "2 faults, 2 warnings\n")
    quote = migrate.check(migrate.Settings(migrate.DatabaseURL("sqlite", ""), Path("sql")))[0]
    name = "not DIGITS_NAME.up.sql or DIGITS_NAME.down.sql in UTF-8, without blanks, in lower case"
    fix = "write it as sql/mysql/1_b.up.sql"
    second = "sql/sqlite/2_b.up.sql"
    directive = "-- migrate: is read on the first line only%0Afix: move it there"
    assert ran.out.splitlines() == [
        f"::error file=sql/sqlite/1_a.up.sql,line=1,col=1,title=migrate check::{quote.what}%0Afix: {quote.fix}",
        f"::warning file={second},title=migrate check::no down file: it cannot be undone%0Afix: add one, if it can be",
        f"::warning file={second},line=2,title=migrate check::{directive}",
        f"::error file=sql/mysql/1 b.up.sql,title=migrate check::{name}%0Afix: {fix}",
    ]


def test_github_s_own_characters_are_escaped(desk: Clone) -> None:
    desk.write({"50%, x:y/sql/1_a%0A,:.up.sql": "SELECT 1;"})
    (line,) = desk("--dir", "50%, x:y/sql", "check", "--format", "github").out.splitlines()
    assert line == (
        "::warning file=50%25%2C x%3Ay/sql/1_a%250A%2C%3A.up.sql,title=migrate check::no down file: it cannot be undone"
        "%0Afix: add one, if it can be"
    )
    finding = {"level": "fault", "where": "a:3", "what": "100%\r\n::error::no: a, b", "fix": "-"}
    assert migrate._annotation(finding) == (
        "::error file=a,line=3,title=migrate check::100%25%0D%0A::error::no: a, b%0Afix: -"
    )


def test_github_gets_nothing_where_nothing_is_found(desk: Clone) -> None:
    desk.write(pair(1))
    assert desk("--dir", "sql", "check", "--format", "github") == CLEAN


@pytest.mark.parametrize("command", sorted({*migrate._COMMANDS} - {"check"}))
def test_annotations_are_for_check_alone(desk: Clone, command: str) -> None:
    desk.write(pair(1))
    ran = desk("--dir", "sql", "--format", "github", command)
    refused(
        ran,
        f"error: --format github is for check\n  --> {command}\n"
        "fix: leave it out, or write  imagor-studio-migrate --dir sql check --format github\n",
    )
    assert not (desk.home / "imagor-studio.db").exists()


# ---- CSV


def test_csv_is_for_what_shows_rows(desk: Clone) -> None:
    desk.write(pair(1))
    refused(
        desk("--dir", "sql", "up", "--format", "csv"),
        "error: --format csv is for status, plan, log, new, check, verify\n  --> up\n"
        "fix: leave it out, or write  imagor-studio-migrate --dir sql status --format csv\n",
    )
    assert desk.here("status", "--format", "csv").out == (
        "version,name,state,applied_at,took_ms,applied_by\n1,t,pending,,,\n"
    )
    assert desk.here("plan", "--verbose", "--format", "csv").out.splitlines() == [
        "version,name,direction,statements,done,mode,file,note,findings",
        "1,t,up,1,0,transaction,sql/1_t.up.sql,,locks",
    ]
    assert desk.here("verify", "--format", "csv").out.startswith("version,name,result,what,file\n1,t,undone,,")
    assert desk.here("check", "--format", "csv").out == "level,where,what,fix\n"
    assert desk.here("new", "two", "--format", "csv").out.startswith("file\nsql/")


# ---- the README's section


def snippets() -> list[str]:
    """The two YAML blocks of the section: for pre-commit, and for GitHub Actions."""
    _, _, section = (MODULE.parent / "README.md").read_text("utf-8").partition("\n## In CI\n")
    return re.findall(r"^```yaml\n(.*?)^```", section.partition("\n## ")[0], re.MULTILINE | re.DOTALL)


def commands() -> dict[str, list[str]]:
    """What the two snippets run, by the name of the file that they belong in."""
    hooks, workflow = map(yaml.safe_load, snippets())
    (hook,) = hooks["repos"][0]["hooks"]
    runs = [step["run"] for job in workflow["jobs"].values() for step in job["steps"] if "run" in step]
    return {"hook": [hook["entry"]], "workflow": [run for run in runs if not run.startswith("pip install")]}


@pytest.mark.parametrize("which", ["hook", "workflow"])
def test_the_commands_of_the_readme_pass_clean_files_and_stop_an_edit(clone: Clone, which: str, tmp_path: Path) -> None:
    clone.git("checkout", "--quiet", "main")
    clone.git("clone", "--quiet", str(clone.home), "../checkout")
    program = tmp_path / "bin" / PROGRAM
    clone.write({str(program): f'#!/bin/sh\nexec "{sys.executable}" "{MODULE}" "$@"\n'})
    program.chmod(0o755)
    clone.set(PATH=f"{program.parent}{os.pathsep}{os.environ['PATH']}")
    (command,) = commands()[which]
    results = []
    for text in ("CREATE TABLE t_1 (n BIGINT);\n", "SELECT 2;\n"):
        clone.write({"../checkout/sql/1_t.up.sql": text})
        words = shlex.split(command)  # as pre-commit does; the workflow's line needs no more of a shell either
        ran = run(clone.home / "../checkout", *words)
        results.append((ran.exit, "was edited; origin/main has another text" in ran.out))
    assert results == [(0, False), (2, True)]


@pytest.mark.parametrize("program", ["pre-commit", "actionlint"])
def test_the_snippets_of_the_readme_are_what_their_readers_take(program: str, tmp_path: Path) -> None:
    """Both tools come with ``make setup``; a machine that only tests may lack them."""
    hooks, workflow = snippets()
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    found = shutil.which(program, path=path) or pytest.skip(f"{program} is not installed: make setup")
    words = {"pre-commit": ["validate-config"], "actionlint": []}[program]
    (tmp_path / "file.yml").write_text({"pre-commit": hooks, "actionlint": workflow}[program], encoding="utf-8")
    assert run(tmp_path, found, *words, "file.yml") == (0, "", "")


def test_the_workflow_of_the_readme_fetches_the_history() -> None:
    checkout, *_ = yaml.safe_load(snippets()[1])["jobs"]["migrations"]["steps"]
    assert checkout["uses"].startswith("actions/checkout@")
    assert checkout["with"]["fetch-depth"] == 0
