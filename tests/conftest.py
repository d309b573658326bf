"""Every database that a test can ask for, as a fixture. tests/servers.py brings the servers.

    database          one fresh database on each: SQLite, PostgreSQL (oldest and newest here), MariaDB, MySQL
    server_database   the same without SQLite
    sqlite, postgres, mariadb, oracle_mysql    of that make
    mysql_family      MariaDB and MySQL
    project, desk     a folder, and a person who types commands there: project.py, with `database`; desk.py, without

``@pytest.mark.databases("sqlite", "postgres")`` restricts one test, ``--databases=sqlite,postgres-18`` the whole run.
A name is a label (postgres-18), a make (mariadb), a dialect (mysql is MariaDB too; MySQL alone: oracle-mysql), or
``server``: all but SQLite.
"""

from __future__ import annotations

import os
import py_compile
import random
import signal
from typing import TYPE_CHECKING, Any

import pytest
from desk import Desk, settings_of_ours
from project import Project

import migrate
from servers import DIALECTS, Database, Servers, Unavailable, names, skip_or_fail

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

SERVERS = pytest.StashKey[Servers]()

# Which databases each fixture stands for.
FIXTURES = {
    "database": set[str](DIALECTS),
    "server_database": {"server"},
    "sqlite": {"sqlite"},
    "postgres": {"postgres"},
    "mysql_family": {"mysql"},
    "mariadb": {"mariadb"},
    "oracle_mysql": {"oracle-mysql"},
}


def _fresh(request: pytest.FixtureRequest) -> Iterator[Database]:
    try:
        server = request.config.stash[SERVERS].get(request.param)
    except Unavailable as error:
        skip_or_fail(f"{request.param}: {error}")
    # Not as an argument: pytest cannot take down a tmp_path when Ctrl-C comes while we wait for the server.
    made = server.create(request.getfixturevalue("tmp_path"))
    try:
        yield made
    finally:
        made.drop()


database = pytest.fixture(_fresh, name="database")
server_database = pytest.fixture(_fresh, name="server_database")
sqlite = pytest.fixture(_fresh, name="sqlite")
postgres = pytest.fixture(_fresh, name="postgres")
mysql_family = pytest.fixture(_fresh, name="mysql_family")
mariadb = pytest.fixture(_fresh, name="mariadb")
oracle_mysql = pytest.fixture(_fresh, name="oracle_mysql")


@pytest.fixture
def project(
    database: Database, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> Project:
    """A folder of migrations for each database in turn, and the command line in this process."""
    return Project.start(database, tmp_path, capsys, monkeypatch)


@pytest.fixture
def desk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Desk:
    """An empty folder, and the command line in this process."""
    return Desk.start(tmp_path, monkeypatch, capsys)


@pytest.fixture(scope="session")
def full(request: pytest.FixtureRequest) -> bool:
    """Whether a proof is to go all the way (``make prove``) or to show its short form (``make test``)."""
    return bool(request.config.getoption("--prove"))


@pytest.fixture(scope="session")
def seed(request: pytest.FixtureRequest) -> int:
    """What a test begins its random choices with; it is told when the test fails, and can be given again."""
    given = request.config.getoption("--seed") or os.environ.get("MIGRATE_TEST_SEED")
    return int(given or random.SystemRandom().randrange(10**6))


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--databases", default="", metavar="NAMES", help="only these, for example sqlite,postgres-18")
    parser.addoption("--docker", action="store_true", help="test_docker.py, which builds images: `make test-docker`")
    parser.addoption("--seed", metavar="NUMBER", help="the random choices of a run that failed (MIGRATE_TEST_SEED)")
    parser.addoption("--repeat", type=int, default=1, metavar="N", help="run N times what has a chance in it")
    parser.addoption("--prove", action="store_true", help="the proofs, test_proof_*.py, in full length: minutes each")


def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> bool | None:
    """Leave Docker to the run that asks for it."""
    return True if collection_path.name == "test_docker.py" and not config.getoption("--docker") else None


def pytest_configure(config: pytest.Config) -> None:
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:  # a shell that runs it in the background has it ignored
        signal.signal(signal.SIGINT, signal.default_int_handler)
    for name in settings_of_ours():  # no setting of this machine reaches a test
        del os.environ[name]
    config.addinivalue_line("markers", "databases(*names): the test is about these databases only")
    config.addinivalue_line("markers", "long: takes long: in `make test` on one PostgreSQL only")
    config.addinivalue_line("markers", "repeated: two runners, a cluster or a signal are in it; `make repeat` runs it")
    if hasattr(config, "workerinput"):  # a worker of pytest-xdist: the servers are its controller's
        config.stash[SERVERS] = Servers.from_json(config.workerinput["servers"])
        return
    py_compile.compile(migrate.__file__)  # thousands of processes read it
    wanted = [name for name in config.getoption("--databases").split(",") if name]
    try:
        servers = Servers.discover(wanted)
    except ConnectionError as error:
        raise pytest.UsageError(str(error)) from None
    if not servers.candidates:
        raise pytest.UsageError(f"--databases: none is called {' or '.join(wanted)}")
    config.stash[SERVERS] = servers


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Run a test once for each database that its fixtures stand for and its marker allows."""
    candidates = metafunc.config.stash[SERVERS].candidates
    marks = [set(mark.args) for mark in metafunc.definition.iter_markers("databases")]
    for fixture in (each for each in FIXTURES if each in metafunc.fixturenames):  # in one order, for pytest-xdist
        allowed = [FIXTURES[fixture], *marks]
        labels = [label for label, each in candidates.items() if all(names(each) & some for some in allowed)]
        if any(metafunc.definition.get_closest_marker(name) for name in ("long", "repeated")):
            labels = _one_of_each(labels, metafunc.config)
        metafunc.parametrize(fixture, labels, indirect=True)
    if (count := metafunc.config.getoption("--repeat")) > 1 and metafunc.definition.get_closest_marker("repeated"):
        metafunc.fixturenames.append("_time")
        metafunc.parametrize("_time", range(1, count + 1), ids=lambda number: f"time {number}")


def _one_of_each(labels: list[str], config: pytest.Config) -> list[str]:
    """Leave out the second PostgreSQL in the short form: what takes long is not about its versions."""
    if config.getoption("--prove") or config.getoption("--repeat") > 1 or config.getoption("--databases"):
        return labels
    postgres = [label for label in labels if label.startswith("postgres")]
    return [label for label in labels if label not in postgres[1:]]


def pytest_collection_finish(session: pytest.Session) -> None:
    """Start what the chosen tests need, all at once, while the first of them run."""
    if hasattr(session.config, "workerinput") or session.config.option.collectonly:
        return
    servers = session.config.stash[SERVERS]
    asked_for = {
        str(item.callspec.params[fixture])
        for item in session.items
        for fixture in FIXTURES
        if isinstance(item, pytest.Function) and hasattr(item, "callspec") and fixture in item.callspec.params
    }
    servers.start(asked_for & servers.candidates.keys())  # where --databases leaves none, pytest has a token


@pytest.hookimpl(optionalhook=True)
def pytest_configure_node(node: Any) -> None:
    """Hand the servers to a worker of pytest-xdist. Which ones it needs, only the worker finds out: so all of them."""
    node.workerinput["servers"] = node.config.stash[SERVERS].to_json()


def pytest_unconfigure(config: pytest.Config) -> None:
    if SERVERS in config.stash and not hasattr(config, "workerinput"):
        config.stash[SERVERS].stop()


def pytest_report_header(config: pytest.Config) -> list[str]:
    candidates = config.stash[SERVERS].candidates.values()
    return ["databases:", *(f"  {each.label:<12} {each.origin}" for each in candidates)]


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    """Say on what the tests ran, and, in red, on what they did not."""
    servers = config.stash[SERVERS]
    running = ", ".join(f"{server.label} {server.version}" for server in servers.running())
    if running:
        terminalreporter.write_line(f"tested on: {running}")
    for label, reason in servers.failures().items():
        terminalreporter.write_line(f"NOT TESTED ON {label}: {reason}", red=True, bold=True)
