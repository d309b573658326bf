"""Draw the pictures of the README: what `status` and `log` show in a terminal of 80 columns, from a real run.

    python docs/pictures.py     writes docs/status.svg and docs/log.svg

The clock, the person and the host are held still, so that the same screens are the same pictures.
"""

from __future__ import annotations

import os
import pty
import re
import subprocess
import sys
import tempfile
from html import escape
from itertools import groupby
from operator import itemgetter
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

HERE = Path(__file__).resolve().parent
COLUMNS, WIDE, HIGH = 80, 8.4, 19  # of a letter: pixels

# As of the command that is installed. The time of an attempt is the day, and 4 ms pass in each.
HELD = """if True:
    import os, sys, migrate
    sys.argv[0] = "imagor-studio-migrate"
    migrate.whoami = lambda: "ann@box"
    migrate.Run.took_ms = 4
    migrate.Database.now = lambda self: "'" + os.environ["NOW"] + "'"
    sys.exit(migrate.main())
"""
FILES = {
    "20260901_create_users": "CREATE TABLE users (id TEXT NOT NULL);\n",
    "20260908_add_email_to_users": "ALTER TABLE users ADD COLUMN email TEXT;\n",
    "20260915_create_roles": "CREATE TABLE roles (name TEXT NOT NULL);\n",
    "20260922_list_roles_of_users": "CREATE VIEW user_roles AS SELECT 1;\nDROP TABLE role;\n",
}
# What is typed, and when; the last two are drawn.
TYPED = {"up 3": "2026-09-16 09:30:10", "up": "2026-09-23 16:02:51", "log": "", "status": ""}
STYLE = """text { font: 14px ui-monospace, SFMono-Regular, Menlo, Consolas, monospace; fill: #1f2328 }
.paper { fill: #fff; stroke: #d1d9e0 } .bold { font-weight: bold } .dim { opacity: .55 }
@media (prefers-color-scheme: dark) { text { fill: #e6edf3 } .paper { fill: #0d1117; stroke: #3d444d } }"""


def shown(folder: Path, words: str, now: str) -> str:
    """Return what a terminal is sent when a command is typed in *folder*."""
    master, slave = pty.openpty()
    own = {"COLUMNS": str(COLUMNS), "TERM": "xterm-256color", "PYTHONPATH": str(HERE.parent), "NOW": now}
    own |= {"DATABASE_URL": "sqlite:app.db", "MIGRATE_DIR": "sql", "PATH": os.defpath, "PYTHONUTF8": "1"}
    command = [sys.executable, "-c", HELD, *words.split()]
    with subprocess.Popen(command, cwd=folder, env=own, stdin=slave, stdout=slave, stderr=slave):
        os.close(slave)
        seen = b""
        while piece := _read(master):
            seen += piece
    os.close(master)
    return seen.decode().replace("\r\n", "\n").rstrip("\n")


def _read(master: int) -> bytes:
    try:
        return os.read(master, 65536)
    except OSError:  # how Linux says that the other side is closed
        return b""


def cells(text: str) -> list[list[tuple[str, str]]]:
    """Return the lines of a terminal, letter by letter: the letter, and the attributes that it is drawn with."""
    lines, look = list[list[tuple[str, str]]](), ""
    for line in text.split("\n"):
        row = list[tuple[str, str]]()
        for codes, letter in re.findall(r"\033\[([\d;]*)m|(.)", line):
            look = look if letter else _attributes(codes)
            row += [(letter, look)] if letter else []
        lines += [row[at : at + COLUMNS] for at in range(0, max(1, len(row)), COLUMNS)]
    return lines


def _attributes(codes: str) -> str:
    """Return what the codes of a terminal are in a picture."""
    names = {"1": "bold", "2": "dim"}
    classes = " ".join(names[each] for each in re.findall(r"(?<![\d;])[12](?!\d)", codes))
    color = re.search(r"38;5;(\d+)", codes)
    level = [0, 95, 135, 175, 215, 255]
    place = int(color[1]) - 16 if color else 0
    rgb = "".join(f"{level[each]:02x}" for each in (place // 36, place // 6 % 6, place % 6))
    return f' class="{classes}"' * bool(classes) + f' style="fill: #{rgb}"' * bool(color)


def drawing(command: str, text: str) -> str:
    """Return a picture of a terminal in which *command* was typed: it loads nothing, and its text can be marked."""
    lines = [[(letter, ' class="bold"') for letter in f"$ imagor-studio-migrate {command}"], *cells(text)]
    wide, high = COLUMNS * WIDE + 24, len(lines) * HIGH + 20
    size = f'viewBox="0 0 {wide:g} {high}" width="{wide:g}" height="{high}"'
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" {size}>',
        f"<title>imagor-studio-migrate {command}</title>",
        f"<style>\n{STYLE}\n</style>",
    ]
    parts.append(f'<rect class="paper" x=".5" y=".5" width="{wide - 1:g}" height="{high - 1}" rx="6"/>')
    for number, row in enumerate(lines):
        for start, piece, look in _pieces(row):  # each at its column, however wide the letters of a font are
            place = f'x="{12 + start * WIDE:.1f}" y="{25 + number * HIGH}" textLength="{len(piece) * WIDE:.1f}"'
            parts.append(f"<text {place}{look}>{escape(piece, quote=False)}</text>")
    return "\n".join([*parts, "</svg>", ""])


def _pieces(row: list[tuple[str, str]]) -> Iterator[tuple[int, str, str]]:
    """Yield where a piece of a line begins, its text, and how it looks: without the blanks between columns."""
    at = 0
    for look, some in groupby(row, key=itemgetter(1)):
        text = "".join(letter for letter, _ in some)
        for found in re.finditer(r"\S+(?: \S+)*", text):
            yield at + found.start(), found[0], look
        at += len(text)


def pictures() -> dict[str, str]:
    """Return each picture by the name of its file."""
    with tempfile.TemporaryDirectory() as made:
        folder = Path(made)
        (folder / "sql").mkdir()
        for name, text in FILES.items():
            (folder / "sql" / f"{name}.up.sql").write_text(text, encoding="utf-8")
        seen = {}
        for words, now in TYPED.items():
            if words == "log":  # by then somebody has changed a file
                edited = folder / "sql" / "20260908_add_email_to_users.up.sql"
                edited.write_text("-- in lower case, too\n", encoding="utf-8")
            seen[words] = shown(folder, words, now)
        return {f"{words}.svg": drawing(words, seen[words]) for words in ("status", "log")}


if __name__ == "__main__":
    for name, text in pictures().items():
        (HERE / name).write_text(text, encoding="utf-8")
