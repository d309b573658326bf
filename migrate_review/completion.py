"""The Tab key: what may follow the words that stand on a command line.

``completion SHELL`` prints the script beside this module. The shell reads it once, and from then on the script asks
``--complete SHELL WORD ...`` for the offers: they are those of the parser and the files of now.
"""

from __future__ import annotations

import argparse
import os
import re
import shlex
from importlib import resources
from typing import TYPE_CHECKING, Final

from migrate import (
    MigrateError,
    build_parser,
    dialect_directories,
    embedded_directory,
    find_migrations,
    load_settings,
)

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

# Offers that the shell makes by itself.
FILES: Final = ":files"
FOLDERS: Final = ":folders"
_PATHS: Final = {"config": FILES, "seed": FILES, "backup": FILES, "dir": FOLDERS}
# What argparse is not told, as other words may stand there too.
_CHOICES: Final = {"direction": ("up", "down"), "migrate_command": ("up", "down", "status", "reset")}
# Settings that say which files there are.
_GIVEN: Final = ("config", "database_url", "dir")


def script(shell: str) -> str:
    """Return the script for *shell*: bash, zsh or fish."""
    return resources.files(__package__).joinpath(f"completion.{shell}").read_text(encoding="utf-8")


def offers(asked: Sequence[str]) -> list[str]:
    """Return what the last word may become, each offer after a tab with what it means; or FILES, or FOLDERS.

    *asked* is the shell and the words so far, the command itself left out; bash asks with the command and its line.
    Empty where anything may stand, and where the files cannot be read. No database is asked.
    """
    shell, *words = asked
    if shell == "bash":  # it would take a word apart at = and :, and completes what follows the last of these
        words = _words_of(*words)
    before, (begun,) = words[:-1], words[-1:] or [""]
    cut = len(re.sub(r"[^=:@]*$", "", begun)) if shell == "bash" else 0
    found = [(each, said) for each, said in _following(before, begun) if each.startswith((begun, ":"))]
    brief = (each if each in {FILES, FOLDERS} else f"{each[cut:]}\t{_briefly(said)}".rstrip() for each, said in found)
    return [*dict.fromkeys(brief)]


def _words_of(command: str, line: str) -> list[str]:
    """Take a line of a shell apart, whose last word may have an open quote."""
    for closing in ("", "'", '"'):
        try:
            words = shlex.split(line + closing)
        except ValueError:
            continue
        words += [""] * (not closing and line[-1:].isspace())
        return words[words.index(command) + 1 :] if command in words else words[1:]
    return []


def _briefly(said: str) -> str:
    return re.split(r" \(|; ", " ".join(said.split()))[0]


def _following(before: Sequence[str], begun: str) -> Iterator[tuple[str, str]]:
    """Yield what may stand after the words *before*, where a word is *begun*, each with what it means."""
    shared, commands = _parts()
    command, places, given, awaited = "", 0, dict[str, str](), None
    for word in before:
        own = _options(commands[command]) if command else {}
        name, equals, value = word.partition("=")
        if awaited:
            given[awaited.dest], awaited = word, None
        elif word.startswith("-"):
            action = (shared | own).get(name)
            if action and equals:
                given[action.dest] = value
            awaited = action if action and not equals and action.nargs is None else None
        elif command:
            places += 1
        elif word in commands:
            command = word
    own = _options(commands[command]) if command else {}
    name, equals, _ = begun.partition("=")
    if awaited:
        yield from _values(awaited, given)
    elif equals and (action := (own | shared).get(name)):
        for value, said in _values(action, given):
            yield (value if value in {FILES, FOLDERS} else f"{name}={value}"), said
    elif begun.startswith("-"):
        yield from _named(own | shared)
    elif not command:
        told = ((each, " ".join((parser.description or "").split())) for each, parser in commands.items())
        yield from ((each, re.sub(r"\. .*", ".", said)) for each, said in told)  # its first sentence
    else:
        arguments = [each for each in commands[command]._actions if not each.option_strings]  # noqa: SLF001 (argparse shows them nowhere else)
        found = [*_values(arguments[places], given)] if places < len(arguments) else []
        yield from found or ((name, said) for name, said in _named(own) if name != "--help")


def _parts() -> tuple[dict[str, argparse.Action], dict[str, argparse.ArgumentParser]]:
    """Return the options that every command takes, and the parser of each command."""
    parser = build_parser()
    (group,) = (each for each in parser._actions if isinstance(each, argparse._SubParsersAction))  # noqa: SLF001 (likewise)
    return _options(parser), dict(group.choices)


def _options(parser: argparse.ArgumentParser) -> dict[str, argparse.Action]:
    return dict(parser._option_string_actions)  # noqa: SLF001 (likewise)


def _named(options: Mapping[str, argparse.Action]) -> Iterator[tuple[str, str]]:
    return ((name, each.help or "") for name, each in options.items() if name.startswith("--"))


def _values(action: argparse.Action, given: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    """Yield what may stand for the value of an option, or for an argument, each with what it means."""
    if action.metavar == "VERSION":
        if action.dest == "start":
            yield "empty", "a new database"
        yield from _versions(given)
    elif action.dest in _PATHS:
        yield _PATHS[action.dest], ""
    else:
        topics = ("settings", *_parts()[1]) if action.dest == "topic" else _CHOICES.get(action.dest, ())
        yield from ((str(each), "") for each in action.choices or topics)


def _versions(given: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    """Yield the version and the name of each migration that the settings lead to, the newest first."""
    try:
        settings = load_settings({name: given.get(name) for name in _GIVEN}, os.environ)
        root = settings.directory or embedded_directory()
        folder = dialect_directories(root).get(settings.url.dialect, root)
        found = find_migrations(folder, settings.url.dialect, lazily=True)
    except MigrateError:
        return
    yield from ((each.version, each.name) for each in reversed(found))
