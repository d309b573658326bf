"""Flags, environment and .env in; one frozen Settings out. And a password that comes out nowhere."""

from __future__ import annotations

import os
import re
import shlex
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

import pytest
from desk import PROGRAM
from hypothesis import given
from hypothesis import strategies as st

import migrate

if TYPE_CHECKING:
    from collections.abc import Mapping

    from desk import Desk

SECRET = "s3cr3t"
FORMS = "sqlite:./app.db, postgres://user:password@host:5432/name or mysql://user:password@host:3306/name"
ENCODE = "percent-encode special characters in user name and password: @ %40, / %2F, # %23, ? %3F, % %25"


def load(environ: Mapping[str, str] | None = None, **flags: Any) -> migrate.Settings:
    return migrate.load_settings(flags, environ or {})


def refusal(environ: Mapping[str, str] | None = None, **flags: Any) -> migrate.SettingsError:
    with pytest.raises(migrate.SettingsError) as caught:
        load(environ, **flags)
    return caught.value


# ---- which of several wins

# variable, flag (None: there is none), how it is read back, and the texts with what they become; last the default.
PRECEDENCE = [
    pytest.param(
        "DATABASE_URL",
        "database_url",
        lambda settings: str(settings.url),
        ("sqlite:flag.db", "sqlite:environment.db", "sqlite:file.db"),
        ("sqlite:flag.db", "sqlite:environment.db", "sqlite:file.db", "sqlite:./imagor-studio.db"),
        id="DATABASE_URL",
    ),
    pytest.param(
        "MIGRATE_DIR",
        "dir",
        lambda settings: settings.directory,
        ("flag", "environment", "file"),
        (Path("flag"), Path("environment"), Path("file"), None),
        id="MIGRATE_DIR",
    ),
    pytest.param(
        "MIGRATE_TABLE",
        "table",
        lambda settings: settings.table,
        ("flag", "environment", "file"),
        ("flag", "environment", "file", "schema_migrations"),
        id="MIGRATE_TABLE",
    ),
    pytest.param(
        "MIGRATE_LOCK_TIMEOUT",
        "lock_timeout",
        lambda settings: settings.lock_timeout,
        ("1", "2.5", "0"),
        (1.0, 2.5, 0.0, 60.0),
        id="MIGRATE_LOCK_TIMEOUT",
    ),
    pytest.param(
        "MIGRATE_COMMAND",
        None,
        lambda settings: settings.command,
        (None, "up", "status"),
        (None, "up", "status", ""),
        id="MIGRATE_COMMAND",
    ),
]


@pytest.mark.parametrize(("variable", "flag", "read", "texts", "expected"), PRECEDENCE)
def test_a_flag_wins_over_the_environment_over_the_file_over_the_default(
    desk: Desk, *, variable: str, flag: str | None, read: Any, texts: tuple[str, ...], expected: tuple[Any, ...]
) -> None:
    on_the_command_line, in_the_environment, in_the_file = texts
    environ = {variable: in_the_environment}
    desk.write({"my.env": f"{variable}={in_the_file}\n"})

    if flag:
        assert read(load(environ, config="my.env", **{flag: on_the_command_line})) == expected[0]
    assert read(load(environ, config="my.env")) == expected[1]
    assert read(load({}, config="my.env")) == expected[2]
    assert read(load({})) == expected[3]


@pytest.mark.parametrize("variable", ["MIGRATE_DIR", "MIGRATE_TABLE", "MIGRATE_LOCK_TIMEOUT", "MIGRATE_COMMAND"])
def test_an_empty_variable_is_as_good_as_none_as_compose_passes_them(desk: Desk, variable: str) -> None:
    assert load({variable: ""}) == load({})


@pytest.mark.parametrize(
    ("words", "meaning"),
    [
        # What strconv.ParseBool takes, and with it the server; then what people write besides.
        (["1", "t", "T", "TRUE", "true", "True", "yes", "On", "y", " true "], True),
        (["0", "f", "F", "FALSE", "false", "False", "no", "Off", "n", ""], False),
        (["2", "ture", "tru", "-", "enable"], None),
    ],
)
def test_a_switch_is_true_false_or_neither_in_the_environment_and_in_a_file(
    desk: Desk, words: list[str], meaning: bool | None
) -> None:
    for word in words:
        assert load({"FORCE_AUTO_MIGRATE": word}).force_auto_migrate is meaning, word
        desk.write({"my.env": f"FORCE_AUTO_MIGRATE={word}\n"})
        assert load({}, config="my.env").force_auto_migrate is meaning, word


@pytest.mark.parametrize("option", ["ssl_disabled", "ssl_verify_cert", "ssl_verify_identity"])
@pytest.mark.parametrize("word", ["ture", "required", ""])
def test_a_switch_of_mysql_that_says_neither_is_refused_and_not_taken_for_false(option: str, word: str) -> None:
    with pytest.raises(migrate.SettingsError) as caught:
        migrate.status(load({"DATABASE_URL": f"mysql://ann:{SECRET}@203.0.113.1/app?{option}={word}"}))
    assert str(caught.value) == (
        "MySQL takes one host, whole seconds as connect_timeout, true or false as ssl_disabled, "
        "ssl_verify_cert and ssl_verify_identity, and as ssl_mode DISABLED, PREFERRED, REQUIRED, VERIFY_CA, "
        "VERIFY_IDENTITY\n  --> mysql://ann:***@203.0.113.1/app\n"
        "fix: correct the URL: .../database?ssl_mode=REQUIRED"
    )


def test_settings_are_frozen_and_say_where_the_url_came_from(desk: Desk) -> None:
    desk.write({".env": "# ours\n\nDATABASE_URL=sqlite:file.db\n", "secret": "sqlite:secret.db"})
    assert load().url_source == "DATABASE_URL in .env:3"
    assert load({"DATABASE_URL": "sqlite:a.db"}).url_source == "DATABASE_URL in the environment"
    assert load({"DATABASE_URL_FILE": "secret"}).url_source == "DATABASE_URL_FILE in the environment, secret"
    assert load({}, database_url="sqlite:a.db").url_source == "--database-url"
    assert load({}, database_url="sqlite:a.db").place == "sqlite:a.db (--database-url)"
    (desk.home / ".env").unlink()
    assert load().place == "sqlite:./imagor-studio.db (the default)"
    with pytest.raises(AttributeError):
        load().table = "other"  # type: ignore[misc]


# ---- DATABASE_URL and DATABASE_URL_FILE


def test_an_empty_database_url_is_refused_rather_than_taken_for_the_default(desk: Desk) -> None:
    assert str(refusal({"DATABASE_URL": ""})) == (
        f"the database URL is empty\n  --> DATABASE_URL in the environment\nfix: write {FORMS}"
    )
    desk.write({".env": "DATABASE_URL=\n"})
    assert refusal().where == "DATABASE_URL in .env:1"


@pytest.mark.parametrize(
    "text", ["sqlite:secret.db", "sqlite:secret.db\n", "sqlite:secret.db\r\n", "\ufeffsqlite:secret.db\n\n"]
)
def test_a_mounted_secret_may_end_in_a_line_break(desk: Desk, text: str) -> None:
    desk.write({"secret": text})
    assert load({"DATABASE_URL_FILE": "secret"}).url.database == "secret.db"


def test_both_the_url_and_the_file_are_refused(desk: Desk) -> None:
    desk.write({"secret": "sqlite:secret.db"})
    error = refusal({"DATABASE_URL": "sqlite:a.db", "DATABASE_URL_FILE": "secret"})
    assert str(error) == (
        "DATABASE_URL and DATABASE_URL_FILE are both set\n  --> DATABASE_URL in the environment\nfix: unset one"
    )


def test_a_url_of_a_stronger_layer_hides_the_file_of_a_weaker_one_and_the_other_way_round(desk: Desk) -> None:
    desk.write(
        {
            "secret": "sqlite:secret.db",
            "url.env": "DATABASE_URL=sqlite:file.db\n",
            "path.env": "DATABASE_URL_FILE=secret\n",
        }
    )
    assert load({"DATABASE_URL_FILE": "missing"}, database_url="sqlite:a.db").url.database == "a.db"
    assert load({"DATABASE_URL_FILE": "secret"}, config="url.env").url.database == "secret.db"
    assert load({"DATABASE_URL": "sqlite:a.db"}, config="path.env").url.database == "a.db"
    assert load({}, config="path.env").url.database == "secret.db"


def test_a_secret_that_cannot_be_read_is_named_with_the_variable(desk: Desk) -> None:
    assert str(refusal({"DATABASE_URL_FILE": "missing"})) == (
        "missing cannot be read: No such file or directory\n"
        "  --> DATABASE_URL_FILE in the environment\n"
        "fix: correct the path:  ls -l missing"
    )
    desk.write({"secret": b"postgres://u:s3cr3t\xff@h/d"})
    error = str(refusal({"DATABASE_URL_FILE": "secret"}))
    assert error.startswith(
        "secret cannot be read: it is not UTF-8 at byte 19, line 1: save it as UTF-8\n"
        "  --> DATABASE_URL_FILE in the environment\n"
    )
    assert SECRET not in error


def test_a_url_in_a_secret_that_cannot_be_read_is_not_shown(desk: Desk) -> None:
    desk.write({"secret": f"user:{SECRET}@host/app\n"})
    error = str(refusal({"DATABASE_URL_FILE": "secret"}))
    assert error == (
        f"the database URL has no scheme\n  --> DATABASE_URL_FILE in the environment, secret\nfix: write {FORMS}"
    )


# ---- .env


def test_a_named_config_that_is_missing_is_an_error_and_the_default_env_is_not(desk: Desk) -> None:
    assert str(refusal(config="prod.env")) == (
        "prod.env cannot be read: No such file or directory\n  --> --config\nfix: correct the path:  ls -l prod.env"
    )
    assert load().url.database == "./imagor-studio.db"
    desk.write({".env": "MIGRATE_TABLE=found\n"})
    assert load().table == "found"


def test_a_named_config_replaces_the_default_env(desk: Desk) -> None:
    desk.write({".env": "MIGRATE_TABLE=default\n", "other.env": "DATABASE_URL=sqlite:a.db\n"})
    assert load(config="other.env").table == "schema_migrations"


def test_a_folder_as_config_is_an_error(desk: Desk) -> None:
    (desk.home / "folder").mkdir()
    assert refusal(config="folder").what == "folder cannot be read: Is a directory"


def test_a_default_config_that_cannot_be_read_is_named_and_no_flag(desk: Desk) -> None:
    desk.write({".env": b"\xff\xfe"})
    assert str(refusal()).startswith(".env cannot be read: it is UTF-16: save it as UTF-8\n  --> .env\n")


@pytest.mark.parametrize(
    ("text", "line"),
    [
        pytest.param(f"A=1\nthis is no setting {SECRET}\n", 2, id="no equals sign"),
        pytest.param(
            f"A=1\n\n# comment\nDATABASE_URL='postgres://u:{SECRET}@h/d\n", 4, id="a quote that is not closed"
        ),
        pytest.param(f'DATABASE_URL="postgres://u:{SECRET}@h/d" x\n', 1, id="words after the quote"),
    ],
)
def test_a_malformed_line_is_named_by_its_number_and_never_shown(desk: Desk, text: str, line: int) -> None:
    desk.write({"my.env": text})
    error = str(refusal(config="my.env"))
    assert error == (
        "this line cannot be read\n"
        f"  --> my.env:{line}\n"
        "fix: write NAME=value; put a value with spaces, # or quotes in it in single quotes"
    )


def test_values_are_taken_as_they_are_without_interpolation(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME_OF_MINE", "wrong")
    desk.write({".env": "NAME=wrong\nDATABASE_URL='postgres://u:$NAME${HOME_OF_MINE}@h/d'\n"})
    assert load().url.password == "$NAME${HOME_OF_MINE}"


def test_env_files_have_comments_export_quotes_and_other_peoples_variables(desk: Desk) -> None:
    desk.write(
        {
            ".env": '\ufeff# mine\n\nexport DATABASE_URL="sqlite:quoted.db"\n'
            "OTHER=thing\nMIGRATE_TABLE = spaced # why\r\n"
        }
    )
    settings = load()
    assert (settings.url.database, settings.table) == ("quoted.db", "spaced")


def test_reading_settings_does_not_change_the_environment(desk: Desk) -> None:
    desk.write({".env": "DATABASE_URL=sqlite:file.db\n"})
    before = dict(os.environ)
    load()
    assert dict(os.environ) == before


# ---- table and timeout


@pytest.mark.parametrize(
    "table",
    ["", "1st", "a b", 'a"b', "a;b", "a-b", "app.history", "x" * 60, "tablé", "x\n"],
    ids=lambda table: repr(table)[:12],
)
def test_a_table_name_that_would_need_quotes_is_refused(desk: Desk, table: str) -> None:
    error = refusal(table=table)
    assert str(error) == (
        f'"{table}" cannot be the history table\n'
        "  --> --table or MIGRATE_TABLE\n"
        "fix: use at most 59 letters, digits and underscores (on PostgreSQL with a schema: name.name)"
    )


def test_a_table_may_name_its_schema_on_postgres_alone(desk: Desk) -> None:
    assert load({}, database_url="postgres://h/d", table="app.history").table == "app.history"
    for url, table in (("postgres://h/d", "a.b.c"), ("mysql://h/d", "app.history"), ("postgres://h/d", ".a")):
        assert refusal(database_url=url, table=table).what == f'"{table}" cannot be the history table'


@pytest.mark.parametrize("timeout", ["", "-1", "soon", "1e3", "inf", "nan", "1,5", "9" * 400, " 1"])
def test_a_lock_timeout_that_is_no_number_of_seconds_is_refused(desk: Desk, timeout: str) -> None:
    error = refusal(lock_timeout=timeout)
    assert error.what == "--lock-timeout takes seconds, from 0 to 9999999"
    assert error.fix == "write it like  --lock-timeout 60"
    assert error.exit_code == 2


# Words that cannot be used, each with the beginning of what is said of it, and with its option.
WRONG = [
    *(
        (f"MIGRATE_{word.upper().replace('-', '_')}", "soon", f"takes {kind}, from 0 to 9999999", f"--{word}")
        for word, kind in (
            *(("lock-timeout", "seconds"), ("ddl-lock-timeout", "seconds"), ("statement-timeout", "seconds")),
            ("retries", "a whole number"),
        )
    ),
    ("MIGRATE_TABLE", "a b", '"a b" cannot be the history table', "--table"),
    ("MIGRATE_DIR", "nowhere", "the folder nowhere cannot be read", "--dir"),
    ("MIGRATE_COMMAND", "stauts", 'there is no command "stauts"', "--migrate-command"),
    ("DATABASE_URL", "app.db", "the database URL has no scheme", "--database-url"),
    ("MIGRATE_DATABASE_URL", "app.db", "the database URL has no scheme", "--database-url"),
]


@pytest.mark.parametrize(("name", "word", "what", "option"), WRONG, ids=[name for name, *_ in WRONG])
def test_a_setting_that_is_wrong_is_named_with_the_one_place_that_it_came_from(
    desk: Desk, name: str, word: str, what: str, option: str
) -> None:
    command = [] if name == "MIGRATE_COMMAND" else ["status"]

    def told(*words: str) -> tuple[str, str]:
        ran = desk(*words, *command)
        assert (ran.exit, ran.out) == (2, "")
        assert what in ran.err.splitlines()[0]
        return ran.err.partition("\n  --> ")[2].partition("\nfix: ")[::2]

    desk.write({".env": f"# what was here before\n\nOTHER=1\n{name}='{word}'\n", "app.env": f"{name}='{word}'\n"})
    in_file, fix = told()
    assert in_file == f"{name} in .env:4"
    assert not fix.startswith("write it like  ") or re.fullmatch(rf"write it like  {name}=\d+\n", fix)
    assert told("--config", "app.env")[0] == f"{name} in app.env:1"
    desk.set(**{name: word})
    assert told()[0] == f"{name} in the environment"
    where, fix = told(option, word)
    assert where == option
    assert not fix.startswith("write it like  ") or re.fullmatch(rf"write it like  {option} \d+\n", fix)


def test_an_empty_variable_is_not_blamed_for_what_the_file_says(desk: Desk) -> None:
    desk.write({".env": "MIGRATE_TABLE='a b'\n"})
    desk.set(MIGRATE_TABLE="")
    assert "\n  --> MIGRATE_TABLE in .env:1\n" in desk("status").err


def test_settings_made_in_python_are_checked_as_well() -> None:
    url = migrate.DatabaseURL.parse("sqlite:a.db")
    for wrong in (
        {"table": "a b"},
        {"lock_timeout": -1.0},
        {"lock_timeout": float("inf")},
        {"lock_timeout": float("nan")},
    ):
        with pytest.raises(migrate.SettingsError):
            migrate.Settings(url, **wrong)


# ---- URLs

URLS = [
    # text, what is shown, and dialect, database, user, password, hosts, options
    pytest.param("sqlite:app.db", "sqlite:app.db", ("sqlite", "app.db"), id="sqlite relative"),
    pytest.param("sqlite:./app.db", "sqlite:./app.db", ("sqlite", "./app.db"), id="sqlite relative with a dot"),
    pytest.param("sqlite://app.db", "sqlite:app.db", ("sqlite", "app.db"), id="sqlite relative with two slashes"),
    pytest.param("sqlite3:app.db", "sqlite:app.db", ("sqlite", "app.db"), id="sqlite3"),
    pytest.param("SQLite:App.DB", "sqlite:App.DB", ("sqlite", "App.DB"), id="scheme in capitals, the path as it is"),
    pytest.param("sqlite:///var/app.db", "sqlite:/var/app.db", ("sqlite", "/var/app.db"), id="sqlite absolute"),
    pytest.param(
        "sqlite:/var/app.db", "sqlite:/var/app.db", ("sqlite", "/var/app.db"), id="sqlite absolute with one slash"
    ),
    pytest.param("sqlite::memory:", "sqlite::memory:", ("sqlite", ":memory:"), id="sqlite memory"),
    pytest.param("sqlite://:memory:", "sqlite::memory:", ("sqlite", ":memory:"), id="sqlite memory with two slashes"),
    pytest.param(
        "sqlite:///:memory:", "sqlite::memory:", ("sqlite", ":memory:"), id="sqlite memory with three slashes"
    ),
    pytest.param("sqlite:a%20b+c.db", "sqlite:a b+c.db", ("sqlite", "a b+c.db"), id="sqlite percent, and a plus stays"),
    pytest.param("sqlite:a#b?c.db", "sqlite:a#b?c.db", ("sqlite", "a#b?c.db"), id="sqlite hash and question mark"),
    pytest.param("sqlite:a b.db", "sqlite:a b.db", ("sqlite", "a b.db"), id="sqlite blank"),
    pytest.param("sqlite:a%2520%0A ", "sqlite:a%2520%0A", ("sqlite", "a%20\n"), id="sqlite a percent, a line"),
    pytest.param("sqlite:////v/a.db", "sqlite:////v/a.db", ("sqlite", "//v/a.db"), id="sqlite with four slashes"),
    pytest.param("sqlite:a%3Fb=c", "sqlite:a%3Fb=c", ("sqlite", "a?b=c"), id="sqlite what would be an option"),
    pytest.param("postgres://h/app", "postgres://h/app", ("postgres", "app", "", "", (("h", 0),)), id="postgres"),
    pytest.param("postgresql://h/app", "postgres://h/app", ("postgres", "app", "", "", (("h", 0),)), id="postgresql"),
    pytest.param(
        "POSTGRES://h/App", "postgres://h/App", ("postgres", "App", "", "", (("h", 0),)), id="postgres in capitals"
    ),
    pytest.param(
        "  postgres://h/app\n", "postgres://h/app", ("postgres", "app", "", "", (("h", 0),)), id="blanks around it"
    ),
    pytest.param(
        "postgres://h/app/", "postgres://h/app", ("postgres", "app", "", "", (("h", 0),)), id="a slash at the end"
    ),
    pytest.param(
        f"postgres://ann:{SECRET}@db.example.com:5433/app",
        "postgres://ann:***@db.example.com:5433/app",
        ("postgres", "app", "ann", SECRET, (("db.example.com", 5433),)),
        id="postgres in full",
    ),
    pytest.param(
        "postgres://a%40b:p%40%2F%23%3F%25w%3A+@h/my%20app",
        "postgres://a%40b:***@h/my%20app",
        ("postgres", "my app", "a@b", "p@/#?%w:+", (("h", 0),)),
        id="percent-encoded once",
    ),
    pytest.param(
        "postgres://u:p%2540@h/d",
        "postgres://u:***@h/d",
        ("postgres", "d", "u", "p%40", (("h", 0),)),
        id="decoded only once",
    ),
    pytest.param(
        "postgres://u:p@ss@h/d", "postgres://u:***@h/d", ("postgres", "d", "u", "p@ss", (("h", 0),)), id="a raw at sign"
    ),
    pytest.param(
        "postgres://u:p:ss@h/d", "postgres://u:***@h/d", ("postgres", "d", "u", "p:ss", (("h", 0),)), id="a raw colon"
    ),
    pytest.param(
        "postgres://u@[::1]:5432/d",
        "postgres://u@[::1]:5432/d",
        ("postgres", "d", "u", "", (("::1", 5432),)),
        id="IPv6",
    ),
    pytest.param(
        "postgres://u@[2001:db8::1]/d",
        "postgres://u@[2001:db8::1]/d",
        ("postgres", "d", "u", "", (("2001:db8::1", 0),)),
        id="IPv6 bare",
    ),
    pytest.param(
        "postgres://h1:1,h2:65535,[::1]/d",
        "postgres://h1:1,h2:65535,[::1]/d",
        ("postgres", "d", "", "", (("h1", 1), ("h2", 65535), ("::1", 0))),
        id="several hosts",
    ),
    pytest.param(
        "postgres:///app?host=/run/postgresql&user=ann",
        "postgres://ann@/app",
        ("postgres", "app", "ann", "", (), {"host": "/run/postgresql"}),
        id="postgres socket in an option",
    ),
    pytest.param(
        "postgres://%2Frun%2Fpostgresql/app",
        "postgres://%2Frun%2Fpostgresql/app",
        ("postgres", "app", "", "", (("/run/postgresql", 0),)),
        id="postgres socket as host",
    ),
    pytest.param(
        f"postgres://h/d?user=ann&password={SECRET}",
        "postgres://ann:***@h/d",
        ("postgres", "d", "ann", SECRET, (("h", 0),)),
        id="login in options",
    ),
    pytest.param(
        "postgres://h/d?sslmode=verify-full&sslrootcert=/etc/ssl/db%20ca.pem&connect_timeout=5&application_name=a%26b",
        "postgres://h/d",
        (
            *("postgres", "d", "", "", (("h", 0),)),
            {
                "sslmode": "verify-full",
                "sslrootcert": "/etc/ssl/db ca.pem",
                "connect_timeout": "5",
                "application_name": "a&b",
            },
        ),
        id="postgres TLS",
    ),
    pytest.param("mysql://h/app", "mysql://h/app", ("mysql", "app", "", "", (("h", 0),)), id="mysql"),
    pytest.param("mariadb://h/app", "mysql://h/app", ("mysql", "app", "", "", (("h", 0),)), id="mariadb"),
    pytest.param(
        "mysql://u@h:3307/app?charset=utf8mb4&ssl_ca=/ca.pem&ssl_verify_identity=true&connect_timeout=3",
        "mysql://u@h:3307/app",
        (
            *("mysql", "app", "u", "", (("h", 3307),)),
            {"charset": "utf8mb4", "ssl_ca": "/ca.pem", "ssl_verify_identity": "true", "connect_timeout": "3"},
        ),
        id="mysql TLS",
    ),
    pytest.param(
        "mysql://u@/app?unix_socket=/run/mysqld/mysqld.sock",
        "mysql://u@/app",
        ("mysql", "app", "u", "", (), {"unix_socket": "/run/mysqld/mysqld.sock"}),
        id="mysql socket",
    ),
    pytest.param(
        f"postgresql+psycopg://u:{SECRET}@h/app?schema=app",
        "postgres://u:***@h/app",
        ("postgres", "app", "u", SECRET, (("h", 0),), {"schema": "app"}),
        id="of SQLAlchemy, postgres",
    ),
    pytest.param(
        f"MySQL+PyMySQL://u:{SECRET}@h/app",
        "mysql://u:***@h/app",
        ("mysql", "app", "u", SECRET, (("h", 0),)),
        id="of SQLAlchemy, mysql",
    ),
]


@pytest.mark.parametrize(("text", "shown", "parts"), URLS)
def test_a_url_is_read_once_and_shown_without_its_secrets(text: str, shown: str, parts: tuple[Any, ...]) -> None:
    url = migrate.DatabaseURL.parse(text)
    assert url == migrate.DatabaseURL(*parts)
    assert str(url) == shown
    assert SECRET not in repr(url)


UNKNOWN_OPTION = (
    r"the database URL has an unknown option{} after the \?\n"
    "fix: write one of [a-zA-Z_, -]+; percent-encode special .*"
)
NO_SCHEME = f"the database URL has no scheme\nfix: write {FORMS}"
UNREADABLE = f"the database URL cannot be read\nfix: write {FORMS}; {ENCODE}"
QUOTED = (
    "the database URL stands in quotes\nfix: take them off: a shell and .env know quotes, docker --env-file does not"
)
NO_FILE = "the database URL names no file\nfix: write sqlite:./app.db, or sqlite:///var/lib/app.db for an absolute path"
NO_DATABASE = "the database URL names no database\nfix: put its name after the host: .../database"
BAD_HOST = (
    "the database URL has a host or a port that cannot be used\n"
    f"fix: write host:port, or [::1]:port, the port from 1 to 65535; {ENCODE}"
)
BAD_PERCENT = (
    f"the database URL has a % that is not followed by two hexadecimal digits, or is followed by 00\nfix: {ENCODE}"
)
CONTROL = "the database URL holds a control character\nfix: look for a line break or a tab inside it, and remove it"
SSL_MODES = "disable, allow, prefer, require, verify-ca, verify-full"
REFUSED = [
    pytest.param("", f"the database URL is empty\nfix: write {FORMS}", id="empty"),
    pytest.param("  \n", f"the database URL is empty\nfix: write {FORMS}", id="blank"),
    pytest.param("app.db", NO_SCHEME, id="a path"),
    pytest.param("'postgres://u:s3cr3t@h/d'", QUOTED, id="in quotes"),
    pytest.param('"sqlite:app.db"', QUOTED, id="in double quotes"),
    pytest.param("s3cr3t:x@h/d", NO_SCHEME, id="no scheme"),
    pytest.param(
        "postgre://u:s3cr3t@h/d",
        f'the database URL has the unknown scheme "postgre" (did you mean postgres?)\nfix: write {FORMS}',
        id="nearly a scheme",
    ),
    pytest.param(
        "oracle://u:s3cr3t@h/d",
        f'the database URL has the unknown scheme "oracle"\nfix: write {FORMS}',
        id="another database",
    ),
    pytest.param("postgres:u:s3cr3t@h/d", UNREADABLE, id="no slashes"),
    pytest.param("postgres", UNREADABLE, id="a scheme alone"),
    pytest.param("mysql:/u:s3cr3t@h/d", UNREADABLE, id="one slash"),
    pytest.param("sqlite:", NO_FILE, id="sqlite without a file"),
    pytest.param("sqlite:///", NO_FILE, id="sqlite with a slash only"),
    pytest.param(
        "sqlite:a.db?cache=shared",
        "the database URL has options after the ?\nfix: leave them out: there are none on SQLite",
        id="sqlite with options",
    ),
    pytest.param("postgres://u:s3cr3t@h", NO_DATABASE, id="no database"),
    pytest.param("mysql://u:s3cr3t@h:3306/", NO_DATABASE, id="no database after the slash"),
    pytest.param("postgres://u:s3cr3t@h:99999/d", BAD_HOST, id="port 99999"),
    pytest.param("postgres://u:s3cr3t@h:65536/d", BAD_HOST, id="port 65536"),
    pytest.param("postgres://u:s3cr3t@h:0/d", BAD_HOST, id="port 0"),
    pytest.param("postgres://u:s3cr3t@h:x/d", BAD_HOST, id="port x"),
    pytest.param("postgres://u:s3cr3t@::1/d", BAD_HOST, id="IPv6 without brackets"),
    pytest.param("postgres://u:s3cr3t/x@h/d", UNREADABLE, id="a slash in the password"),
    pytest.param("postgres://u:s3cr3t#x@h/d", UNREADABLE, id="a hash in the password"),
    pytest.param("postgres://u:s3cr3t?x@h/d", UNREADABLE, id="a question mark in the password"),
    pytest.param("postgres://u:s3cr3t%@h/d", BAD_PERCENT, id="a lone percent"),
    pytest.param("postgres://u:s3cr3t%zz@h/d", BAD_PERCENT, id="percent and letters"),
    pytest.param(
        "postgres://u:s3cr3t%ff@h/d",
        f"the database URL has percent-encoded bytes that are not UTF-8\nfix: {ENCODE}",
        id="percent-encoded latin-1",
    ),
    pytest.param("postgres://u:s3cr3t@h/a/b", UNREADABLE, id="two names"),
    pytest.param("postgres://u:s3cr3t@h/d\nx", CONTROL, id="a line break inside"),
    pytest.param("mysql+pymysql://u:s3cr3t@h/d\nx", CONTROL, id="a line break inside one of SQLAlchemy"),
    pytest.param(
        "jdbc:postgresql://h/d?user=u&password=s3cr3t",
        "the database URL is a JDBC URL, of PostgreSQL\nfix: write it like postgres://user:password@host:5432/name",
        id="JDBC, postgres",
    ),
    pytest.param(
        "jdbc:mariadb://h/d?password=s3cr3t",
        "the database URL is a JDBC URL, of MySQL\nfix: write it like mysql://user:password@host:3306/name",
        id="JDBC, mysql",
    ),
    pytest.param("jdbc:oracle:thin:u/s3cr3t@h", NO_SCHEME, id="JDBC, another database"),
    pytest.param(
        "sqlite+aiosqlite:///app.db",  # there, that is beside the program, and here in /
        "the database URL is written as for SQLAlchemy, of SQLite\nfix: write it like sqlite:./app.db",
        id="of SQLAlchemy, sqlite",
    ),
    *(
        pytest.param(
            f"{scheme}://u:s3cr3t@h/d",
            f'the database URL has the unknown scheme "{scheme}" (did you mean postgres?)\nfix: write {FORMS}',
            id=f"as {scheme} is called",
        )
        for scheme in ("psql", "pgsql")
    ),
    *(
        pytest.param(
            f"{dialect}://u:s3cr3t@h/d?{option}",
            f"the database URL has an unknown {shown}\nfix: write one of {words}",
            id=f"no word for {dialect} {option}",
        )
        for dialect, option, shown, words in [
            ("postgres", "sslmode=verify-ful", 'sslmode "verify-ful" (did you mean verify-full?)', SSL_MODES),
            ("postgres", "sslmode=Require", 'sslmode "Require" (did you mean require?)', SSL_MODES),
            ("postgres", "sslmode=a%20b", "sslmode", SSL_MODES),
            (
                "postgres",
                "channel_binding=required",
                'channel_binding "required" (did you mean require?)',
                "disable, prefer, require",
            ),
            (
                "postgres",
                "target_session_attrs=readwrite",
                'target_session_attrs "readwrite" (did you mean read-write?)',
                "any, read-write, read-only, primary, standby, prefer-standby",
            ),
            (
                "postgres",
                "ssl_min_protocol_version=1.2",
                'ssl_min_protocol_version "1.2" (did you mean TLSv1.2?)',
                "TLSv1, TLSv1.1, TLSv1.2, TLSv1.3",
            ),
            (
                "mysql",
                "ssl-mode=requird",
                'ssl-mode "requird" (did you mean REQUIRED?)',
                "DISABLED, PREFERRED, REQUIRED, VERIFY_CA, VERIFY_IDENTITY",
            ),
        ]
    ),
    pytest.param(
        "postgres://u:s3cr3t@h/d?schema=a&search_path=a",
        "the database URL has both schema and search_path\nfix: write one of the two",
        id="two schemas",
    ),
]


@pytest.mark.parametrize(("text", "error"), REFUSED)
def test_a_url_that_cannot_be_used_is_refused_without_being_shown(text: str, error: str) -> None:
    with pytest.raises(migrate.SettingsError) as caught:
        migrate.DatabaseURL.parse(text)
    assert str(caught.value) == error
    assert caught.value.__cause__ is None
    assert caught.value.__suppress_context__ or caught.value.__context__ is None


@pytest.mark.parametrize(
    "options", ["sslmode=", "sslmode=disable", "ssl_max_protocol_version=tlsv1.3", "target_session_attrs=read%2Dwrite"]
)
def test_a_word_that_an_option_takes_is_taken(options: str) -> None:
    assert migrate.DatabaseURL.parse(f"postgres://h/d?{options}").options.keys() == {options.partition("=")[0]}


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        pytest.param("postgres://h/d?ssl_mode=require", r' "ssl_mode" \(did you mean sslmode\?\)', id="nearly a name"),
        pytest.param("postgres://h/d?ssl=1", r' "ssl" \(did you mean sslmode\?\)', id="as others call it"),
        pytest.param("mysql://h/d?ssl=true", r' "ssl" \(did you mean ssl_mode\?\)', id="as others call it, of mysql"),
        pytest.param("mysql://h/d?sslca=/ca.pem", r' "sslca" \(did you mean ssl_ca\?\)', id="nearly a name of mysql"),
        pytest.param("postgres://h/d?charset=utf8", ' "charset"', id="of another database"),
        pytest.param("postgres://h/d?S3CR3T=1", "", id="not a plain word"),
    ],
)
def test_an_unknown_option_is_refused_with_the_nearest_name(text: str, shown: str) -> None:
    with pytest.raises(migrate.SettingsError) as caught:
        migrate.DatabaseURL.parse(text)
    assert re.fullmatch(UNKNOWN_OPTION.format(shown), str(caught.value))


def test_a_nul_byte_in_a_url_is_refused_instead_of_cutting_the_path_there() -> None:
    for text in ("sqlite:app%00.db", "postgres://u:p%00@h/d", "mysql://h/d%00"):
        with pytest.raises(migrate.SettingsError):
            migrate.DatabaseURL.parse(text)


# ---- properties

some_text = st.text(st.characters(codec="utf-8", exclude_categories=("Cc", "Cs")), max_size=20)
some_word = some_text.filter(bool)


some_host = some_text.filter(lambda text: text[:1] in {"/", "@"} or not {":", "@"} & {*text})
some_name = some_word.filter(lambda text: not migrate.may_be_url(text))


@given(user=some_text, password=some_text, host=some_host, port=st.integers(0, 65535), database=some_name)
def test_any_user_password_host_and_database_come_back_from_a_url(
    user: str, password: str, host: str, port: int, database: str
) -> None:
    login, place = (
        f"{quote(user, safe='')}:{quote(password, safe='')}",
        quote(host, safe="") + (f":{port}" if port else ""),
    )
    url = migrate.DatabaseURL.parse(f"postgres://{login}@{place}/{quote(database, safe='')}")
    assert (url.user, url.password, url.database) == (user, password, database)
    assert url.hosts == (((host, port),) if place else ())


@given(database=some_word)
def test_any_path_comes_back_from_a_sqlite_url(database: str) -> None:
    path = "./" + database
    url = migrate.DatabaseURL.parse(f"sqlite:{quote(path)}")
    assert url.database == path
    assert migrate.DatabaseURL.parse(str(url)) == url  # it is typed where a message says so


# A password that can be told from the rest of the text, whatever hypothesis puts around the word.
some_password = st.builds("{}{}{}".format, some_text, st.just("Zq9xWv7k"), st.text("@:/#?%&=[]+ aé'\"\\", max_size=8))


@given(password=some_password)
def test_a_password_is_shown_in_no_text_made_from_a_url(password: str) -> None:
    url = migrate.DatabaseURL.parse(f"postgres://ann:{quote(password, safe='')}@h/app")
    assert url.password == password
    for text in (str(url), repr(url), repr(migrate.Settings(url)), str(migrate.Settings(url))):
        assert "Zq9xWv7k" not in text


@given(
    password=some_password,
    form=st.sampled_from(["postgres://ann:{}@h/app", "mysql://ann:{}@h", "pg://ann:{}@h/d", "{}", "postgres:{}"]),
)
def test_a_password_that_was_not_encoded_is_shown_in_no_error(password: str, form: str) -> None:
    try:
        shown = repr(migrate.DatabaseURL.parse(form.format(password), source="DATABASE_URL"))
    except migrate.SettingsError as error:
        shown = f"{error} {error!r} {error.args} {error.__cause__}"
    assert "Zq9xWv7k" not in re.sub(r"(database|user)='[^']*'", "", shown)


MALFORMED = [
    *(f"postgres://app:{SECRET}{character}x@h/d" for character in "@:/#?%&=[]{}|\\^` '\"<>~!$*()+,;\t\n"),
    f"postgres//app:{SECRET}@h/d",
    f"postgres:/app:{SECRET}@h/d",
    f"postgres:app:{SECRET}@h/d",
    f"{SECRET}://app@h/d",
    f"postgresq://app:{SECRET}@h/d",
    f"app:{SECRET}@h/d",
    f"{SECRET}@h/d",
    f"postgres://app:{SECRET}@h:port/d",
    f"postgres://app:{SECRET}@h:70000/d",
    f"postgres://app:{SECRET}@[::1/d",
    f"postgres://app:{SECRET}@h",
    f"postgres://app:{SECRET}@h/d/e",
    f"postgres://app:{SECRET}@h/d?password",
    f"postgres://app@h/d?passwd={SECRET}",
    f"postgres://app@h/d?{SECRET}",
    f"postgres://app@h/d?sslmode={SECRET}%",
    f"mysql://app:{SECRET}@h/d?ssl=1",
    f"'postgres://app:{SECRET}@h/d'",
    f"DATABASE_URL=postgres://app:{SECRET}@h/d",
    f"jdbc:postgresql://h/d?user=app&password={SECRET}",
    f"mysql -papp{SECRET}",
    f"host=h password={SECRET}",
]


@pytest.mark.parametrize("url", [url for url in MALFORMED if not url.startswith(f"{SECRET}://")])
@pytest.mark.parametrize("how", ["flag", "environment", "secret", "file"])
def test_no_command_line_shows_the_password_of_a_malformed_url(desk: Desk, url: str, how: str) -> None:
    """`status` of an unreachable host would connect; so a URL that is good after all is only shown, by `check -v`."""
    words = ["check", "-v"]
    if how == "flag":
        words += [f"--database-url={url}"]
    elif how == "environment":
        desk.set(DATABASE_URL=url)
    elif how == "secret":
        desk.write({"secret": url})
        desk.set(DATABASE_URL_FILE="secret")
    else:
        desk.write({".env": f"DATABASE_URL={url}\n"})
    for form in ("plain", "json"):
        ran = desk(*words, "--format", form)
        assert SECRET not in ran.out + ran.err
        assert "Traceback" not in ran.err


@pytest.mark.parametrize(
    "words",
    [
        pytest.param(["up", "{}"], id="the URL after up"),
        pytest.param(["{}"], id="the URL alone"),
        pytest.param(["{}", "up"], id="the URL before up"),
        pytest.param(["--database-ulr", "{}", "up"], id="a mistyped flag"),
        pytest.param(["up", "--database_url={}"], id="a mistyped flag with an equals sign"),
        pytest.param(["up", "--to", "{}"], id="the URL as a version"),
        pytest.param(["down", "{}"], id="the URL after down"),
        pytest.param(["log", "{}"], id="the URL after log"),
        pytest.param(["plan", "{}"], id="the URL after plan"),
        pytest.param(["baseline", "{}"], id="the URL after baseline"),
        pytest.param(["repair", "{}", "--applied"], id="the URL after repair"),
        pytest.param(["new", "{}"], id="the URL after new"),
        pytest.param(["--migrate-command={}"], id="the URL as a command"),
        pytest.param(["--table={}", "status"], id="the URL as a table"),
        pytest.param(["--format={}", "status"], id="the URL as a format"),
    ],
)
def test_a_url_in_the_wrong_place_does_not_show_its_password(desk: Desk, words: list[str]) -> None:
    desk.write({"sql/1_a.up.sql": "SELECT 1;"})
    desk.set(DATABASE_URL="sqlite:app.db", MIGRATE_DIR="sql")
    url = f"postgres://app:{SECRET}@db.example.com/app"
    ran = desk(*(word.format(url) for word in words))
    assert ran.exit != 0
    assert SECRET not in ran.out + ran.err


# --- a .env above ---------------------------------------------------------------------------------------------------

ABOVE = (
    "error: no database is named here, and the .env that sets {name} is not read from this folder\n"
    "  --> {up}/.env\nnothing was created.\nfix: go to its folder first:  cd {up}\n"
    f"     or use it from here:  {PROGRAM} --config {{up}}/.env{{more}} {{typed}}\n"
    f"     or say that a new file here is meant:  {PROGRAM} --database-url sqlite:./imagor-studio.db {{typed}}\n"
)


def below(desk: Desk, folder: str, files: dict[str, str | bytes]) -> None:
    """Write files, and go into a folder below them."""
    (desk.home / folder).mkdir(parents=True)
    desk.write(files)
    desk.monkeypatch.chdir(desk.home / folder)


@pytest.mark.parametrize(
    "typed", ["up", "down 2 --yes", "status", "plan --sql", "log", "wait --timeout 0", "baseline 1", "check", "verify"]
)
def test_where_a_folder_above_has_the_settings_the_default_is_not_taken_for_them(desk: Desk, typed: str) -> None:
    below(desk, "src/app", {".env": "DATABASE_URL='postgres://ann:s3cret@db/app'\n"})
    assert desk(*typed.split()) == (2, "", ABOVE.format(name="DATABASE_URL", up="../..", more="", typed=typed))
    assert desk.names() == [".env", "src", "src/app"]


def test_what_the_settings_above_name_by_a_path_is_named_from_here(desk: Desk) -> None:
    settings = "OTHER=1\nexport MIGRATE_DIR='my sql'\nDATABASE_URL=sqlite:app.db\n"
    below(desk, "src", {".env": settings, "my sql/1_a.up.sql": "CREATE TABLE a (n INTEGER);\n"})
    more = " --dir '../my sql' --database-url sqlite:../app.db"
    ran = desk("up")
    assert ran == (2, "", ABOVE.format(name="MIGRATE_DIR", up="..", more=more, typed="up"))
    (typed,) = re.findall(r"from here:  (.*)", ran.err)
    assert desk(*shlex.split(typed)[1:]).exit == 0
    assert desk.tables() == ["a"]
    desk.monkeypatch.chdir("..")  # the other way
    assert desk("up").err == "up to date at 1 (1 applied)\n"


def test_where_the_default_is_in_a_folder_above_no_second_one_is_made(desk: Desk) -> None:
    below(desk, "src/app", {"imagor-studio.db": "", "sql/1_a.up.sql": "CREATE TABLE a (n INTEGER);\n"})
    for typed in ("up", "status", "down 2 --yes"):
        told = (
            "error: no database is named here, and the default one is in a folder above\n"
            "  --> ../../imagor-studio.db\nnothing was created.\nfix: go to its folder first:  cd ../..\n"
            f"     or use it from here:  {PROGRAM} --database-url sqlite:../../imagor-studio.db {typed}\n"
            "     or say that a new file here is meant:"
            f"  {PROGRAM} --database-url sqlite:./imagor-studio.db {typed}\n"
        )
        assert desk(*typed.split()) == (2, "", told)
    assert desk("check").exit == 0  # which needs none
    desk.write({"src/.git/HEAD": ""})
    assert desk("status").exit == 0  # what is above a repository is something else


@pytest.mark.parametrize("folder", ["", "sql"])
@pytest.mark.parametrize("url", ["", "sqlite:app.db"])
def test_what_a_file_names_by_a_path_from_its_own_folder_is_not_made_here(desk: Desk, folder: str, url: str) -> None:
    settings = f"MIGRATE_DIR={folder}\n" + f"DATABASE_URL={url}\n" * bool(url)
    there = (url or "sqlite:./imagor-studio.db").removeprefix("sqlite:")
    below(desk, "src", {"my.env": settings, "sql/1_a.up.sql": "CREATE TABLE a (n INTEGER);\n", there: ""})
    about = f"{PROGRAM} --config ../my.env{' --dir ../sql' * bool(folder)} --database-url sqlite:"
    names = " and no ".join(filter(None, (folder, there)))
    told = (
        f"error: its paths count from here, where there is no {names}\n"
        "  --> ../my.env\nnothing was created.\nfix: go to its folder first:  cd ..\n"
        f"     or use it from here:  {about}../{Path(there)} up\n"
        f"     or say that a new file here is meant:  {about}{there} up\n"
    )
    assert desk("--config", "../my.env", "up") == (2, "", told)
    assert desk.names() == sorted({"my.env", "sql", "sql/1_a.up.sql", "src", str(Path(there))})
    for typed in re.findall(rf"{PROGRAM} (.*)", told):
        assert desk(*shlex.split(typed)).exit == 0
    assert desk("--config", "../my.env", *(folder and ("--dir", "../sql")), "check").exit == 0
    assert desk("--config", "../my.env", "--database-url", "sqlite:b.db", "--dir", "../sql", "up").exit == 0


@pytest.mark.parametrize(
    ("name", "ours"),
    [
        ("DATABSE_URL", "DATABASE_URL"),
        ("DB_URL", "DATABASE_URL"),
        ("POSTGRES_URL", "DATABASE_URL"),
        ("DATABASE_URL_FIL", "DATABASE_URL_FILE"),
        ("MIGRATE_DB_URL", "MIGRATE_DATABASE_URL"),
    ],
)
@pytest.mark.parametrize("typed", ["up", "status", "wait --timeout 0", "plan", "log"])
def test_a_variable_that_is_nearly_the_url_of_the_database_does_not_lead_to_the_default(
    desk: Desk, name: str, ours: str, typed: str
) -> None:
    url, default = f"postgres://ann:{SECRET}@203.0.113.1/app", f"{PROGRAM} --database-url sqlite:./imagor-studio.db"
    told = (
        f"error: no database is named: nothing reads {name}; did you mean {ours}?\n  --> {name} in {{}}\n"
        f"fix: {{}}\n     or say that the default is meant:  {default} {typed}\n"
    )
    desk.set(**{name: url})
    way = f'hand it on:  export {ours}="${name}"'
    assert desk(*typed.split()) == (2, "", told.format("the environment", way))
    checked = desk("check")
    assert checked.exit == 0
    assert checked.err.startswith(f"warning: nothing reads {name} in the environment; did you mean {ours}")
    desk.monkeypatch.delenv(name)
    desk.write({".env": f"{name}={url}\n"})
    assert desk(*typed.split()) == (2, "", told.format(".env:1", f"write {ours} in place of {name} in .env:1"))
    assert desk("--database-url", "sqlite:a.db", "status").exit == 0
    assert desk.names() == [".env"]


def test_a_fix_says_again_what_was_typed_besides(desk: Desk) -> None:
    below(desk, "src", {".env": "DATABASE_URL=mysql://db/app\n", "src/sql/1_a.up.sql": "SELECT 1;\n"})
    lines = desk("--dir", "sql", "--table", "h", "up").err.splitlines()
    assert lines[4].endswith(f"  {PROGRAM} --dir sql --table h --config ../.env up")
    assert lines[5].endswith(f"  {PROGRAM} --dir sql --table h --database-url sqlite:./imagor-studio.db up")
    desk.set(MIGRATE_CALLED_BY="make")
    assert desk("up").err.splitlines()[4] == "     or use it from here:  make up ARGS='--config ../.env'"


@pytest.mark.parametrize(
    ("folder", "files"),
    [
        pytest.param(
            "src", {".env": "PORT=80\n# DATABASE_URL=x\nDATABASE_URL=\nMY_DATABASE_URL=x\n"}, id="none of ours"
        ),
        pytest.param("a/b", {".env": "DATABASE_URL=x\n", "a/b/.git/HEAD": ""}, id="the root of a repository"),
        pytest.param("src", {"other/.env": "DATABASE_URL=x\n"}, id="beside it"),
        pytest.param("a/b", {".env": "DATABASE_URL=x\n", "a/.git": "gitdir: x\n"}, id="above a repository"),
        pytest.param("a/b/c/d/e/f", {".env": "DATABASE_URL=x\n"}, id="six folders above"),
        pytest.param("src", {".env/bin/python": ""}, id="a virtual environment"),
        pytest.param("src", {".env": "DATABASE_URL=x\n", "src/imagor-studio.db": ""}, id="the default is there"),
        pytest.param("src", {".env": "DATABASE_URL=x\n", "src/.env": "DATABASE_URL=sqlite:b.db\n"}, id="a .env here"),
        pytest.param("src", {"imagor-studio.db/x": ""}, id="a folder of that name"),
    ],
)
def test_a_folder_above_is_not_asked_where_it_is_no_matter(
    desk: Desk, folder: str, files: dict[str, str | bytes]
) -> None:
    below(desk, folder, files)
    assert desk("status").exit == 0


def test_a_folder_above_is_not_asked_where_a_database_or_all_that_is_needed_is_named(desk: Desk) -> None:
    below(desk, "src", {".env": "DATABASE_URL=x\n", "src/my.env": "", "src/sql/1_a.up.sql": "SELECT 1;\n"})
    for words in ("--database-url sqlite:b.db status", "--config my.env status", "--dir sql check", "--dir sql verify",
                  "plan --sql --dialect postgres --from empty", "--dir sql new x"):  # fmt: skip
        assert desk(*words.split()).exit == 0, words
    desk.set(DATABASE_URL="sqlite:b.db")
    assert desk("up").exit == 0
