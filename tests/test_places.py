"""Proof 8: a URL in every place where a URL, a path or a word can stand, and nothing that comes out depends on it.

A password of one letter cannot be looked for in a text. So each command is typed twice, with two passwords of one form:
what comes out of both is the same, to the letter.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

import inside
import pytest

if TYPE_CHECKING:
    from desk import Desk


# Two of each form: of one letter, of digits, with what ends a user name, a host or a path, or what it is called.
PASSWORDS = (
    ("e", "k"),
    ("5432", "1234"),
    ("password", "username"),
    ("zQ7/xK", "mB4/gH"),
    ("zQ7?x=K", "mB4?g=H"),
    ("zQ7@xK:", "mB4@gH:"),
    ("zQ7%40#x'\" \\K", "mB4%40#g'\" \\H"),
    ("-zQ7,ü\n[*]{}\udcff&", "-mB4,ü\n[*]{}\udcff&"),
)
URLS = (
    "postgres://app:{}@127.0.0.1:1/db",
    "mysql://app:{}@127.0.0.1:1/db",
    "postgres:/app:{}@127.0.0.1:1/db",  # as pathlib makes it
    "app:{}@127.0.0.1:1/db",
    "postgres://127.0.0.1:1/db?user=app&password={}",
    "host=127.0.0.1 port=1 user=app password={}",
    "postgres%3A%2F%2Fapp%3A{}%40127.0.0.1%2Fdb",
    "sqlite://app:{}@127.0.0.1/db",
)
FORMS = ("{0}=URL", "{0}='URL'", '{0}="URL"', "export {0}=URL", "{0}: URL", "{0} URL", "{0}='URL", "URL={0}",
         "{0}=1 # URL", "URL")  # fmt: skip
VARIABLES = (
    "DATABASE_URL", "DATABASE_URL_FILE", "FORCE_AUTO_MIGRATE", "MIGRATE_COMMAND", "MIGRATE_DATABASE_URL",
    "MIGRATE_DATABASE_URL_FILE", "MIGRATE_DDL_LOCK_TIMEOUT", "MIGRATE_DIR", "MIGRATE_LOCK_TIMEOUT", "MIGRATE_RETRIES",
    "MIGRATE_SCRATCH_URL", "MIGRATE_STATEMENT_TIMEOUT", "MIGRATE_TABLE",
)  # fmt: skip
# What libpq reads, as its manual lists it, but for what holds a password and what it repeats nowhere.
PG_VARIABLES = (
    "PGCHANNELBINDING", "PGCLIENTENCODING", "PGCONNECT_TIMEOUT", "PGGEQO", "PGGSSENCMODE", "PGHOST", "PGHOSTADDR",
    "PGKRBSRVNAME", "PGLOADBALANCEHOSTS", "PGMAXPROTOCOLVERSION", "PGMINPROTOCOLVERSION", "PGOPTIONS", "PGPORT",
    "PGREQUIREAUTH", "PGSERVICE", "PGSERVICEFILE", "PGSSLCERT", "PGSSLCERTMODE", "PGSSLCRL", "PGSSLKEY", "PGSSLMODE",
    "PGSSLMINPROTOCOLVERSION", "PGSSLNEGOTIATION", "PGSSLROOTCERT", "PGTARGETSESSIONATTRS", "PGTZ", "PGUSER",
)  # fmt: skip
NEEDED = {"baseline": ("1",), "new": ("x",), "repair": ("1", "--applied"), "reset": ("--yes",), "down": ("--yes",),
          "wait": ("--timeout", "0")}  # fmt: skip


class Typed(NamedTuple):
    """A command, its environment and its files, with URL in the place of the URL."""

    words: tuple[str, ...]
    variables: dict[str, str]
    files: dict[str, str]


def of_options() -> dict[str, list[Typed]]:
    """Put it behind every option and in the place of every word, for each command."""
    here = {"MIGRATE_DIR": "sql", "DATABASE_URL": "sqlite:app.db"}
    found: dict[str, list[Typed]] = {}
    for command, own in inside.ARGUMENTS.items():
        base = command, *NEEDED.get(command, ())
        placed: list[tuple[str, ...]] = [(*base, "URL"), ("URL", *base), (*base, "--", "URL"), (*base, "-xURL"),
                                         (*base, "--unknown=URL"), (*base, "x", "URL")]  # fmt: skip
        for names, *_ in (*inside.COMMON, *own):
            name = names.split()[-1]
            placed += [(*base, name, "URL"), (*base, f"{name}=URL")] if name.startswith("-") else [(command, "URL")]
        found[command] = [Typed(("-v", *words), here, {}) for words in placed]
        found[command] += [Typed(("--format", "json", *words), here, {}) for words in placed[::3]]
    placed = [("URL",), ("-qURL",), ("--databse-url", "URL", "status"), ("-database-url", "URL", "status")]
    placed += [(f"--{name}=URL", "status") for name in ("dir", "config", "table", "format", "migrate-command")]
    return found | {"no command": [Typed(words, here, {}) for words in placed]}


def of_variables() -> dict[str, list[Typed]]:
    """Put it into every variable: of the environment, of .env and of --config, whatever its line looks like."""
    found: dict[str, list[Typed]] = {}
    for name in (*VARIABLES, *PG_VARIABLES):
        url = "sqlite:app.db" if name in VARIABLES else "postgres://app@127.0.0.1:1/db"
        here = {"MIGRATE_DIR": "sql"} | ({} if name.endswith("_FILE") else {"DATABASE_URL": url})
        commands = [("-v", "status"), ("--format", "json", "up"), ("check",), ("verify",), ()]
        found[name] = [Typed(words, here | {name: "URL"}, {}) for words in commands[: None if name in VARIABLES else 2]]
    for name in VARIABLES:
        found[name] += [
            Typed(("-v", *words, "status"), {"MIGRATE_DIR": "sql"}, {path: form.format(name)})
            for form in FORMS
            for path, words in ((".env", ()), ("c.env", ("--config", "c.env")))
        ]
    for name in ("DATABASE_URL_FILE", "MIGRATE_DATABASE_URL_FILE"):
        files = ("URL", " URL\n", "URL URL", "DATABASE_URL=URL", "URL\n# URL")
        found[name] += [Typed(("-v", "status"), {"MIGRATE_DIR": "sql", name: "f"}, {"f": text}) for text in files]
    return found


PLACES = of_options() | of_variables()


def came_out(desk: Desk, typed: Typed, url: str) -> list[object]:
    """Run it in a folder of its own; return all that can be seen of it, without its times."""

    def put(text: str) -> str:
        return re.sub(r"(?<![A-Z_])URL(?![A-Z_])", lambda _: url, text)

    for path in desk.home.glob("*"):
        for each in path.iterdir() if path.is_dir() else (path,):
            each.unlink()
    files = {"sql/1_a.up.sql": "CREATE TABLE a (n BIGINT);", "sql/1_a.down.sql": "DROP TABLE a;"} | typed.files
    desk.write({name: put(text).encode(errors="surrogateescape") for name, text in files.items()})
    with desk.monkeypatch.context() as patched:
        for name, text in typed.variables.items():
            patched.setenv(name, put(text))
        ran = desk(*map(put, typed.words))
    masked = [re.sub(r"[\d.]+(?= m?s\b)|\d{14}|(?<=_ms\": )\d+|\d{4}-\d\d-\d\d[T ][\d:.]+", "N", text)
              for text in (ran.out, ran.err)]  # fmt: skip
    return [ran.exit, *masked, [re.sub(r"\d{14}", "N", name) for name in desk.names()]]


@pytest.mark.parametrize("place", PLACES)
def test_nothing_that_comes_out_depends_on_the_password(desk: Desk, place: str) -> None:
    number = 0
    for typed in PLACES[place]:
        for url in (URLS[0], URLS[1 + number % 7], URLS[1 + (number + 3) % 7]):
            number += 1
            both = PASSWORDS[number % len(PASSWORDS)]
            first, second = (came_out(desk, typed, url.format(password)) for password in both)
            assert first == second, (typed, url)
            assert "Traceback" not in str(first)


def test_what_only_others_read_may_hold_a_url(desk: Desk) -> None:
    for name in ("PGRST_DB_URI", "PGDATABASE", "PGAPPNAME", "PGPASSWORD"):
        desk.set(**{name: URLS[0]})
    ran = desk("--database-url", "sqlite:app.db", "status")
    assert ran.exit == 0, ran.err


def test_the_check_itself_sees_one_letter(desk: Desk) -> None:
    typed = Typed(("--dir", "sql/URL", "status"), {}, {})
    assert came_out(desk, typed, "e") != came_out(desk, typed, "k")
