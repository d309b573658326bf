"""The databases' own clients, called as a person calls them who has a script from `plan --sql`."""

from __future__ import annotations

import contextlib
import os
import subprocess
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from pathlib import Path

    from servers import Database


def command(database: Database, options: Path | None = None) -> list[str]:
    """Return how a person, whose *options* are in a file for MySQL, calls the client; the script comes on stdin."""
    if not database.client:
        pytest.skip(f"{database.label}: its command-line client is not on this machine")
    if database.dialect == "sqlite":
        return [database.client[0], "-batch", database.name]
    if database.dialect == "postgres":
        return [database.client[0], "-X", "-q", "-d", database.url, "-f", "-"]
    ours = {"--batch", "--default-character-set=utf8mb4", "--database"}
    words = [word for word in database.client if word not in ours]
    place = words.index("--no-defaults") + 1
    if options and words[0] != "docker":
        words[place - 1] = f"--defaults-file={options}"
    return [*words[:place], "--comments", *words[place:]]


def start(database: Database, script: str, options: Path | None = None, **variables: str) -> subprocess.Popen[bytes]:
    """Start the client on *script*, as it is on stdin: what it prints goes to nobody."""
    process = subprocess.Popen(
        command(database, options), stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE,
        env={**os.environ, "MYSQL_PWD": database.password, **variables}, start_new_session=True,
    )  # fmt: skip
    assert process.stdin is not None
    with contextlib.suppress(BrokenPipeError):  # a client that stops at once does not read to the end
        process.stdin.write(script.encode())
        process.stdin.close()
    process.stdin = None
    return process


def run(
    database: Database, script: str, options: Path | None = None, **variables: str
) -> subprocess.CompletedProcess[bytes]:
    """Run *script* to its end."""
    process = start(database, script, options, **variables)
    try:
        _, err = process.communicate(timeout=120)
    finally:
        process.kill()
    return subprocess.CompletedProcess(process.args, process.returncode, b"", err)


def run_well(database: Database, script: str, options: Path | None = None, **variables: str) -> None:
    """Run *script*, which must succeed and have nothing to complain of."""
    ran = run(database, script, options, **variables)
    assert ran.returncode == 0, ran.stderr.decode()[-2000:]
    assert b"error" not in ran.stderr.lower(), ran.stderr.decode()[-2000:]
