"""Make the man page from the parser, and put it and the shell completions where they belong, while the wheel is built.

The parser says what the options are; imagor-studio-migrate.h2m beside this file says the rest. The completions are what
the command `completion` prints. `make man` does the same. Hatchling loads this file by its path (see pyproject.toml).
Importing migrate.py must need no driver: a build has none.
"""

from __future__ import annotations

import argparse
import importlib.util
import os
import re
import sys
import tempfile
from importlib.machinery import SourceFileLoader
from pathlib import Path
from typing import Any

from argparse_manpage.manpage import Manpage
from hatchling.builders.hooks.plugin.interface import BuildHookInterface

PROG = "imagor-studio-migrate"
ROOT = Path(__file__).resolve().parent.parent

MAN_PAGE = f"share/man/man1/{PROG}.1"
COMPLETIONS = {
    "bash": f"share/bash-completion/completions/{PROG}",
    "zsh": f"share/zsh/site-functions/_{PROG}",
    "fish": f"share/fish/vendor_completions.d/{PROG}.fish",
}

# The requests that the page really uses. Any other line that starts with a dot is text, such as ".env".
_REQUESTS = r"\.(SH|SS|TP|PP|RS|RE|EX|EE|B|I|BR|IR)( |$)"


class ManPageAndCompletions(BuildHookInterface[Any]):
    """Puts the page and the completions where man, bash, zsh and fish look for them below the prefix."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:  # noqa: ARG002 - hatchling's signature
        """Write the files to a folder of their own and tell hatchling where each belongs."""
        self.folder = tempfile.TemporaryDirectory(prefix=f"{PROG}-")
        for path in write(Path(self.folder.name)):
            build_data["shared_data"][str(path)] = str(path.relative_to(self.folder.name))

    def finalize(self, version: str, build_data: dict[str, Any], artifact_path: str) -> None:  # noqa: ARG002 - likewise
        """Remove the folder again: the wheel has the files now."""
        self.folder.cleanup()


def write(prefix: Path) -> list[Path]:
    """Write every file below *prefix*, as an installation would, and return their paths."""
    texts = {MAN_PAGE: man_page()} | {path: completion(shell) for shell, path in COMPLETIONS.items()}
    for name, text in texts.items():
        path = prefix / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return [prefix / name for name in texts]


def man_page() -> str:
    """Return the page in roff."""
    parser, version = _parser()
    parser.epilog = None  # the sections of the .h2m file say it better
    _hide_repetitions(parser)
    data = {
        "project_name": PROG,
        "version": version,
        "description": "run SQL migrations on SQLite, PostgreSQL and MySQL",
        "manual_title": "Imagor Studio Manual",
        "include": str(Path(__file__).with_name(f"{PROG}.h2m")),
    }
    header, _, body = str(Manpage(parser, data, format="single-commands-section")).partition("\n")
    # A line that starts with a dot or a quote is a request to roff, and one it does not know is dropped without a word.
    body = re.sub(r"^(?=[.'])(?!" + _REQUESTS + ")", r"\\&", body, flags=re.MULTILINE)
    body = re.sub(r"\n+(?=\n\.)", "", body)  # a request makes its own space; an empty line before it would double it
    body = re.sub(r"\n{3,}", "\n\n", body)
    body = re.sub(r"(?m)^usage: .*", lambda usage: re.sub(r"(?<=\w) (?=[A-Z]+\]|\[[A-Z]+\]\])", r"\\ ", usage[0]), body)
    return header.replace(r"\-", "-") + "\n" + body  # a date with escaped hyphens is no date to mandoc


def completion(shell: str) -> str:
    """Return the completion script for *shell*."""
    return (ROOT / "migrate_review" / f"completion.{shell}").read_text(encoding="utf-8")


def _parser() -> tuple[argparse.ArgumentParser, str]:
    """Return a new parser and the version, from the migrate.py of this tree and no other."""
    os.environ["COLUMNS"] = "1000"  # argparse breaks lines for a terminal; man does, for that of the reader
    loader = SourceFileLoader("migrate_for_the_build", str(ROOT / "migrate.py"))
    spec = importlib.util.spec_from_loader(loader.name, loader)
    assert spec is not None  # noqa: S101 - for mypy: there is a loader
    migrate = sys.modules[loader.name] = importlib.util.module_from_spec(spec)  # dataclasses look their module up
    arguments, sys.argv = sys.argv, [PROG]  # where argparse takes the program's name from
    try:
        loader.exec_module(migrate)
        return migrate.build_parser(), migrate.__version__
    finally:
        sys.argv = arguments


def _groups(parser: argparse.ArgumentParser) -> list[argparse._SubParsersAction[argparse.ArgumentParser]]:
    """Return what add_subparsers() made; argparse shows its tree nowhere else."""
    return [action for action in parser._actions if isinstance(action, argparse._SubParsersAction)]  # noqa: SLF001 - see above


def _commands(parser: argparse.ArgumentParser) -> list[argparse.ArgumentParser]:
    """Return the parsers of the subcommands."""
    return [command for group in _groups(parser) for command in group.choices.values()]


def _hide_repetitions(parser: argparse.ArgumentParser) -> None:
    """Say once what argparse says twice: a command's own line, its --help, and where the settings are told."""
    for command in _commands(parser):
        command.epilog = None
        command._option_string_actions["--help"].help = argparse.SUPPRESS  # noqa: SLF001 - likewise
    for group in _groups(parser):
        for line in group._choices_actions:  # noqa: SLF001 - likewise
            command = group.choices[line.dest]
            said, told = " ".join((command.description or "").split()), f"{line.help}."
            command.description = said[len(told) :].strip() if said.lower().startswith(told.lower()) else said


if __name__ == "__main__":
    for written in write(Path(sys.argv[1])):
        print(written)
