"""check --base: the files here against those of a git ref: none edited, removed or renamed, and new ones sort last."""

from __future__ import annotations

import io
import os
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING

import migrate
from migrate import (
    DIALECT_BY_SCHEME,
    FILE_NAME_PATTERN,
    Finding,
    Script,
    SettingsError,
    nearest,
    shell_word,
    shown_path,
    version_key,
)
from migrate_review.hints import lint

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from migrate import Settings


def check(settings: Settings, *, base: str | None = None) -> list[Finding]:
    """Return what the runner's ``check`` finds, what a linter says of the up files, and what is wrong since *base*.

    Raises FileError for a folder, SettingsError for a git ref that cannot be looked at.
    """
    root = settings.directory or migrate.embedded_directory()
    if base is not None and settings.directory is None and root.name == "migrate_sql":
        fix = f"name your own folder:  migrate --dir sql check --base {base}"
        raise SettingsError("git knows nothing of the installed package", where="--base", fix=fix)
    looked = migrate.read_folders(settings)
    found, findings = looked.migrations, [*looked.findings]
    for dialect in [each for each in found if each]:
        # A down file drops things: that is what it is for.
        paths = [each.up.path for each in found[dialect].values() if migrate.meet(each.up.only, (dialect,))]
        findings += [
            Finding("warning", f"{shown_path(path)}:{said.line}", f"{said.rule}: {said.what}", f"see {said.link}")
            for path, said in lint(dialect, paths)
        ]
    if base is not None and len(found) == len(looked.by_dialect):  # of files that cannot be read, that is enough
        scripts = [script for each in found.values() for pair in each.values() for script in (pair.up, pair.down)]
        findings += check_base(root, [script for script in scripts if script], base)
    return findings


def check_base(root: Path, scripts: Sequence[Script], base: str) -> Iterator[Finding]:
    """Compare the files below *root* with those of a git ref: by text, as the checksum does. Raises SettingsError."""
    commit = _find_commit(root, base)
    # What the ref has got since this branch left it is not removed here; nor is edited what it changed itself.
    left = _git(root, "merge-base", commit, "HEAD", or_empty=True).strip()
    if not left:
        _refuse_shallow(root, f"what is common to {base} and this branch")
    left, there = left or commit, _read_tree(root, commit)
    if not there:
        fix = "leave it, if it is new; name the folder with --dir, if it was there under another name"
        yield Finding("warning", shown_path(root), f"{base} has no migrations in this folder", fix)
    before = _read_tree(root, left)
    here = {script.path.relative_to(root).as_posix(): _as_in_git(script) for script in scripts}
    newest = {_slot(name)[0]: name for name in sorted(there, key=_slot)}  # of each folder, the last up file
    slots = {_slot(name) for name in there}
    for name, text in there.items():
        if name not in here and name in before:
            renamed = [
                new
                for new in here.keys() - there
                if _slot(new) == _slot(name) or (here[new] == text and _slot(new)[:2] == _slot(name)[:2])
            ]
            what, fix = "was removed", _put_back(base, root, name)
            if renamed:
                new = shown_path(root / min(renamed))
                what = f"was renamed to {new}"
                fix = f"give it its name back (mv {shell_word(new)} {shell_word(shown_path(root / name))})"
            yield Finding("fault", shown_path(root / name), f"{what}; {base} has it", fix)
        elif name in here and here[name] not in {text, before.get(name)}:
            what = f"was edited; {base} has another text"
            yield Finding("fault", shown_path(root / name), what, _put_back(base, root, name))
    for name in sorted(here.keys() - before, key=_slot):
        folder, way, key = slot = _slot(name)
        if way == "up" and slot not in slots and key < _slot(newest.get(folder, name))[2]:
            what = f"is new, and does not sort after {shown_path(root / newest[folder])}, the newest in {base}"
            yield Finding("fault", shown_path(root / name), what, "give it a newer version, as  migrate new NAME  does")


def _put_back(base: str, root: Path, name: str) -> str:
    typed = _typed(root)
    path = shown_path(root / name) if typed == "git" else name
    command = f"{typed} checkout {shell_word(base)} -- {shell_word(path)}"
    return f"put it back ({command}), and write the change as a new migration"


def _typed(root: Path) -> str:
    """Return how git is called for the repository of *root*: a person may be in another one, or in none."""
    top = "rev-parse", "--show-toplevel"
    linked = any(each.is_symlink() for each in (root, *root.parents))  # git does not look past a link
    near = not linked and _git(root, *top) == _git(Path(), *top, or_empty=True)
    return "git" if near else f"git -C {shell_word(shown_path(root))}"


def _slot(name: str) -> tuple[str, str, int]:
    """Return folder, direction and place in the order of a file, by its path."""
    folder, _, file = name.rpartition("/")
    return folder, file.split(".")[-2], version_key(file.partition("_")[0])


def _as_in_git(script: Script) -> bytes:
    """Return what git keeps of a file, but for CRLF and a BOM: of a link, where it leads."""
    link = script.path.is_symlink()
    return os.fsencode(script.path.readlink()) if link else script.sql.encode().replace(b"\r\n", b"\n")


def _find_commit(root: Path, base: str) -> str:
    fix = "name a branch, a tag or a commit:  migrate check --base origin/main"
    if base.startswith("-"):  # git would take it for an option
        raise SettingsError(f'"{base}" cannot be a git ref', where="--base", fix=fix)
    commit = _git(root, "rev-parse", "--verify", "--quiet", f"{base}^{{commit}}", or_empty=True).strip()
    if commit.isalnum():
        return commit
    known = [
        each
        for each in _git(root, "for-each-ref", "--format=%(refname:lstrip=2)").split()
        if "/HEAD" not in each and each != base
    ]
    remote, _, branch = base.partition("/")
    if not (branch and remote in _git(root, "remote").split()):
        remote = branch = ""
    # A clone of one branch, or a shallow one, gets no other by a mere fetch.
    fetch = f"{remote} {shell_word(f'+refs/heads/{branch}:refs/remotes/{base}')}" if branch else ""
    _refuse_shallow(root, f'"{base}"', fetch)
    near = nearest(base, known) or "".join(f" (did you mean {each}?)" for each in known if each.endswith(f"/{base}"))
    if branch:
        near = nearest(branch, [each.removeprefix(f"{remote}/") for each in known if each.startswith(f"{remote}/")])
        near = near.replace("mean ", f"mean {remote}/", 1)
        fix = f"fetch it, if {remote} has it:  {_typed(root)} fetch {fetch}\n     or {fix}"
    raise SettingsError(f'git knows no "{base}"{near}', where="--base", fix=fix)


def _refuse_shallow(root: Path, what: str, fetch: str = "") -> None:
    if _git(root, "rev-parse", "--is-shallow-repository").strip() == "true":
        fix = f"fetch the rest:  {_typed(root)} fetch --unshallow{f' {fetch}' * bool(fetch)}"
        fix += "  or, in a workflow, actions/checkout with  fetch-depth: 0"
        raise SettingsError(f"this clone is shallow, and does not have {what}", where="--base", fix=fix)


def _read_tree(root: Path, commit: str) -> dict[str, bytes]:
    """Return the text of each migration file below *root* in *commit*, by its path from there."""
    entries = [entry.partition("\t") for entry in _git(root, "ls-tree", "-r", "-z", commit).split("\0")]
    found = {
        path: about.split()[2]
        for about, _, path in entries
        if FILE_NAME_PATTERN.fullmatch(path.rpartition("/")[2]) and path.rpartition("/")[0] in {"", *DIALECT_BY_SCHEME}
    }
    blobs = io.BytesIO(os.fsencode(_git(root, "cat-file", "--batch", given="\n".join(found.values()))))
    texts = {}
    for path in found:
        size = int(blobs.readline().split()[2])
        texts[path] = blobs.read(size + 1)[:size].removeprefix(b"\xef\xbb\xbf").replace(b"\r\n", b"\n")
    return texts


def _git(folder: Path, *words: str, given: str = "", or_empty: bool = False) -> str:
    """Return what git says of *folder*, bytes as in a path. Where it fails: "" with *or_empty*, else SettingsError."""
    # In a hook, git names its repository in these, and then takes whatever folder it is in for the top of it.
    environment = {
        name: text for name, text in os.environ.items() if name not in {"GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE"}
    } | {"LC_ALL": "C"}
    command = ["git", "-C", str(folder), *words]
    try:
        done = subprocess.run(  # noqa: S603 (no shell, and no word of a person's that git takes for an option)
            command, input=given.encode(), capture_output=True, env=environment, check=False
        )
    except OSError as error:
        what, fix = f"git cannot be run: {error.strerror}", "install git, or leave --base out"
        raise SettingsError(what, where="--base", fix=fix) from None
    if not done.returncode:
        return os.fsdecode(done.stdout)
    if or_empty:
        return ""
    said = done.stderr.decode(errors="replace").strip().removeprefix("fatal: ").splitlines() or [""]
    if said[0].startswith("not a git repository"):
        what, fix = (
            f"{shown_path(folder)} lies in no git repository",
            "name a folder that does:  migrate --dir DIR check --base REF",
        )
    else:  # its last line is the command that helps, where it knows one
        what = f"git cannot read {shown_path(folder)}: {said[0]}"
        fix = f"ask git:  {said[-1].strip() if said[1:] else 'git fsck'}"
    raise SettingsError(what, where="--base", fix=fix)
