"""``log`` as an audit: who did what to one version, or since when, on every database and in every form."""

from __future__ import annotations

import csv
import io
import json
from datetime import datetime, timedelta, timezone
from typing import TYPE_CHECKING

import pytest
from clients import run_well

import migrate

if TYPE_CHECKING:
    from project import Project


TOOL = f"migrate {migrate.__version__}"


@pytest.fixture(name="audited")
def _audited(project: Project) -> Project:
    """Attempts at three versions; those at the first lie back one day and two, those at the second an hour."""
    project.write(
        {"0001_a": "CREATE TABLE a (n INTEGER);", "0001_a.down": "DROP TABLE a;", "20250816_b.down": "DROP TABLE b;"}
    )
    project.write({"20250816_b": "CREATE TABLE b (n INTEGER);", "20250923_c": "SELECT n FROM nowhere;"})
    project.succeed("up", "1")
    project.succeed("down")
    project.succeed("up", "2")
    assert project("up").exit == 1
    for number, hours in ((1, 48), (2, 24), (3, 24), (4, 1)):
        at = datetime.now(timezone.utc) - timedelta(hours=hours)
        project.database.execute(
            f"UPDATE schema_migrations_log SET at = '{at:%Y-%m-%d %H:%M:%S.000}' WHERE id = {number}"
        )
    return project


def shown(project: Project, *words: str) -> list[tuple[str, str, str]]:
    """Version, action and outcome of each line that log prints."""
    lines = project.succeed("log", "--format", "plain", *words).out.splitlines()
    found = [line.split("\t") for line in lines]
    return [(version, action, outcome) for _, version, _, action, outcome, *_ in found]


A_UP, A_DOWN, B_UP, C_FAILED = (
    *(("0001", "up", "ok"), ("0001", "down", "ok"), ("20250816", "up", "ok"), ("20250923", "up", "failed")),
)


def test_log_filters_by_version_and_by_time(audited: Project) -> None:
    everything = [C_FAILED, B_UP, A_UP, A_DOWN, A_UP]
    assert shown(audited) == shown(audited, "--since", "2025-01-01") == everything
    for words in (["--version", "20250816"], ["--version=20250816"], ["--version", "20250816000000"]):
        assert shown(audited, *words) == [B_UP]
    assert shown(audited, "--version", "1") == [A_UP, A_DOWN, A_UP]  # compared as numbers, as everywhere
    assert shown(audited, "1", "--version", "1") == [A_UP]
    assert shown(audited, "--since", "30m") == [C_FAILED]
    assert shown(audited, "--since", "2h") == [C_FAILED, B_UP]
    assert shown(audited, "--since", "1500m") == shown(audited, "--since", "25h") == [C_FAILED, B_UP, A_UP, A_DOWN]
    assert shown(audited, "--since", "7d") == everything
    assert shown(audited, "2", "--since", "7d") == everything[:2]
    assert shown(audited, "--since", "25h", "--version", "0001") == [A_UP, A_DOWN]
    assert shown(audited, "--version", "20250817") == shown(audited, "--since", "9999-12-31") == []


def test_a_time_is_utc_unless_it_has_an_offset(audited: Project) -> None:
    at = datetime.now(timezone.utc).replace(tzinfo=None) - timedelta(hours=2)
    later = at + timedelta(hours=5)
    for text in (at.isoformat(), f"{at:%Y-%m-%d %H:%M}", f"{at:%Y-%m-%dT%H:%M:%SZ}", f"{later:%Y-%m-%dT%H:%M}+05:00"):
        assert shown(audited, "--since", text) == [C_FAILED, B_UP], text


def test_a_filter_without_a_number_shows_more_than_twenty(audited: Project) -> None:
    for _ in range(11):
        audited.succeed("down", "--to", "0001")
        audited.succeed("up", "1")
    assert len(shown(audited)) == 20
    assert len(shown(audited, "--version", "20250816")) == 23
    assert len(shown(audited, "--since", "7d")) == 27
    assert len(shown(audited, "21")) == len(shown(audited, "21", "--since", "7d")) == 21


def test_csv_has_a_header_and_the_whole_audit(audited: Project) -> None:
    out = audited.succeed("log", "--version", "20250923", "--format", "csv").out
    header, (at, *rest) = csv.reader(io.StringIO(out))
    assert header == ["at", "version", "name", "action", "outcome", "took_ms", "applied_by", "tool", "error"]
    entry = json.loads(audited.succeed("log", "1", "--format", "json").out)["log"][0]
    assert [at, *rest] == [str(entry[name]) for name in header]
    assert rest[:4] == ["20250923", "c", "up", "failed"]
    assert "@" in entry["applied_by"]
    assert entry["tool"] == TOOL
    assert "nowhere" in entry["error"]
    first = audited.succeed("log", "--version", "20250816", "--format", "csv").out.splitlines()[1]
    assert first.endswith(f",{TOOL},")  # no error, and no None


def moments(project: Project) -> dict[str, datetime]:
    """When each applied version was begun: ``status`` and the newest line of ``log`` have the same moment."""
    states = json.loads(project("status", "--format", "json").out)["migrations"]
    log = json.loads(project.succeed("log", "200", "--format", "json").out)["log"]
    found = dict[str, datetime]()
    for state in (each for each in states if each["applied_at"]):
        newest = next(each for each in log if each["version"] == state["version"])
        assert (state["version"], newest["at"]) == (state["version"], state["applied_at"])
        assert abs(newest["took_ms"] - state["took_ms"]) < 50 or state["state"] == "dirty"
        found[state["version"]] = datetime.fromisoformat(state["applied_at"].replace("Z", "+00:00"))
    return found


SECOND = {
    "sqlite": "WITH RECURSIVE c (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM c LIMIT 3000000) SELECT count(*) FROM c;",
    "postgres": "SELECT pg_sleep(1.2);",
    "mysql": "DO SLEEP(1.2);",
}


def test_status_and_log_have_the_same_moment_and_it_is_when_the_attempt_began(project: Project) -> None:
    slow, first = SECOND[project.database.dialect], "-- migrate: no-transaction\n"
    project.write({f"{n}_t": f"CREATE TABLE t{n} (n INTEGER);" for n in (1, 2, 3)})
    project.write({f"{n}_t.down": f"DROP TABLE t{n};" for n in (1, 2, 3)})
    project.write({"4_slow": f"CREATE TABLE t4 (n INTEGER);\n{slow}", "4_slow.down": "DROP TABLE t4;"})
    project.write({"5_alone": f"{first}CREATE TABLE t5 (n INTEGER);\n{slow}", "5_alone.down": "DROP TABLE t5;"})
    began = datetime.now(timezone.utc) - timedelta(milliseconds=1)
    project.succeed("up")
    known = moments(project)
    assert [*known] == ["1", "2", "3", "4", "5"]
    assert began <= min(known.values())
    assert known["5"] - known["4"] >= timedelta(milliseconds=200)
    assert datetime.now(timezone.utc) - known["5"] >= timedelta(milliseconds=200)
    project.succeed("redo")
    assert moments(project)["5"] > known["5"]
    assert {**moments(project), "5": known["5"]} == known
    project.write({"6_half": f"{first}CREATE TABLE t6 (n INTEGER);\nSELECT nothing;"})
    assert project("up").exit == 1
    half = moments(project)["6"]
    project.write({"6_half": f"{first}CREATE TABLE t6 (n INTEGER);\nSELECT 1;"})
    project.succeed("up")
    assert moments(project)["6"] > half
    project.write({"7_there": "CREATE TABLE t6 (n INTEGER);"})
    project.succeed("baseline", "7")
    assert [*moments(project)][-1] == "7"


def test_a_script_for_the_client_keeps_the_same_moment(project: Project) -> None:
    slow = SECOND[project.database.dialect]
    project.write({"1_a": "CREATE TABLE t1 (n INTEGER);", "2_slow": f"CREATE TABLE t2 (n INTEGER);\n{slow}"})
    project.write({"3_alone": f"-- migrate: no-transaction\n{slow}\nCREATE TABLE t3 (n INTEGER);"})
    began = datetime.now(timezone.utc) - timedelta(milliseconds=1)
    run_well(project.database, project.succeed("plan", "--sql").out)
    known = moments(project)
    assert [*known] == ["1", "2", "3"]
    assert began <= known["1"] <= known["2"] <= known["3"] - timedelta(milliseconds=200)


def test_since_shows_what_was_at_work_then_also_where_it_began_before(audited: Project) -> None:
    audited.database.execute("UPDATE schema_migrations_log SET took_ms = 3000000 WHERE id = 3")
    assert shown(audited, "--since", "1425m") == [C_FAILED, B_UP, A_UP]  # 24 hours ago, for 50 minutes
    assert shown(audited, "--since", "1375m") == [C_FAILED, B_UP]


def test_an_empty_log_is_a_header_in_csv(project: Project) -> None:
    out = project.succeed("log", "--since", "1d", "--version", "1", "--format", "csv").out
    assert out == "at,version,name,action,outcome,took_ms,applied_by,tool,error\n"


def test_a_log_with_nothing_to_show_says_so(project: Project) -> None:
    said = project.succeed("log", "--version", "9")
    assert (said.out, said.err) == ("", "no entry to show\n")
    said = project.succeed("-q", "log")
    assert (said.out, said.err) == ("", "")
    said = project.succeed("log", "--format", "json")
    assert (json.loads(said.out)["log"], said.err) == ([], "")


@pytest.mark.databases("sqlite")
def test_a_reset_is_no_version(audited: Project) -> None:
    audited.write({"20250923_c": "SELECT 1;"})
    audited.succeed("reset", "--yes")
    assert ("", "reset", "ok") in shown(audited)
    assert ("", "reset", "ok") not in shown(audited, "--version", "0")


@pytest.mark.databases("sqlite")
@pytest.mark.parametrize(
    "when", ["yesterday", "7", "7w", "", "2025-13-01", "d", "999999999d", "0001-01-01T00:00+23:00"]
)
def test_a_time_that_cannot_be_read_shows_how_to_write_it(audited: Project, when: str) -> None:
    ran = audited("log", f"--since={when}")
    assert (ran.exit, ran.out) == (2, "")
    assert ran.err == (
        "error: argument --since: write a time such as 2026-11-24 or 2026-11-24T09:30Z, "
        "or an age such as 7d, 12h or 30m\n"
        "fix: look at what there is:  imagor-studio-migrate log --help\n"
    )


@pytest.mark.databases("sqlite")
@pytest.mark.parametrize("version", ["x", "1_a", "", "-1"])
def test_what_is_no_version_is_refused(audited: Project, version: str) -> None:
    ran = audited("log", f"--version={version}")
    assert (ran.exit, ran.out) == (2, "")
    assert ran.err == (
        f'error: "{version}" is no version\n  --> --version\n'
        "fix: write its digits alone; look at what there is:  imagor-studio-migrate status\n"
    )


# --- the word that a syntax error is about --------------------------------------------------------------------------

SYNTAX = {
    "sqlite": "near {}: syntax error",
    "postgres": "syntax error at or near {}",
    "mysql": "You have an error in your SQL syntax near {}",
}


def logged(project: Project, sql: str) -> str:
    """Return what the log says of a file that fails; as JSON, the run itself must have said the same."""
    project.write({"1_a": sql})
    ran = project("--format", "json", "up")
    assert ran.exit == 1, ran.err
    failed = json.loads(ran.out.splitlines()[-1])
    entry = json.loads(project.succeed("log", "1", "--format", "json").out)["log"][0]
    assert (failed["event"], failed["error"]["what"]) == ("failed", entry["error"])
    return str(entry["error"])


@pytest.mark.parametrize(
    ("sql", "word"),
    [
        ("CRATE TABLE t (n INTEGER);", "CRATE"),
        ("CREATE TABEL t (v VARCHAR(9) DEFAULT 'w8-private');", "TABEL"),
        ("drop table t whit u;", "whit"),
        ("-- don't\nDROP TABLE (n);", "("),
        ("CREATE TABLE u (v VARCHAR(9) DEFAULT 'it');\nCREATE TABEL t (n INTEGER);", "TABEL"),
    ],
)
def test_the_log_has_the_word_that_a_syntax_error_is_about(project: Project, sql: str, word: str) -> None:
    quote = "'" if project.database.dialect == "mysql" else '"'
    assert logged(project, sql) == SYNTAX[project.database.dialect].format(f"{quote}{word}{quote}")


@pytest.mark.parametrize(
    "sql",
    [
        pytest.param("INSERT INTO t VALUES ('it's private', 'it's');", id="a quote within a value"),
        pytest.param("INSERT INTO t VALUES (private value);", id="a value without quotes"),
        pytest.param("UPDATE t SET v = private value;", id="another one"),
        pytest.param("SELECT 1 'private' 'value';", id="a value in quotes"),
        pytest.param("SELECT 'a' AS b, 'c' private value;", id="a word after a value"),
    ],
)
def test_the_log_has_no_word_that_may_be_of_a_value(project: Project, sql: str) -> None:
    assert logged(project, sql) == SYNTAX[project.database.dialect].format("...")


@pytest.mark.databases("postgres")
def test_the_log_has_the_type_that_is_not_there_and_not_what_is_no_value_of_it(project: Project) -> None:
    assert logged(project, "CREATE TABLE t (n integr);") == 'type "integr" does not exist'
    text = "CREATE TYPE \"A b\" AS ENUM ('x');\nSELECT 'private'::\"A b\";"
    assert logged(project, text) == "invalid input value for enum ..."
