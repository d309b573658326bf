"""What deploy/ ships, run as it stands: the image, and Compose to the end, with PostgreSQL and with MySQL.

Not a part of ``make test``: ``make test-docker`` runs it. See docker_host.py for where Docker and the images come from.
"""

from __future__ import annotations

import json
import re
import secrets
import shutil
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import yaml
from docker_host import Docker, NoDockerError, docker_host

import migrate

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).resolve().parent.parent
COMPOSE = ROOT / "deploy" / "compose.yaml"
LOCK = ROOT / "deploy" / "requirements.txt"
IMAGE = "imagor-studio-migrate"
COMMAND = ["imagor-studio-migrate", "--migrate-command=up"]  # as the guide types it
APPLIED = ["20250504", "20250816", "20250831", "20250923"]
SLEEP = {"postgres": "SELECT pg_sleep(12);", "mysql": "SELECT SLEEP(12);"}


@pytest.fixture(scope="module")
def docker() -> Iterator[Docker]:
    """A Docker that has the image, built from the shipped Dockerfile."""
    try:
        with docker_host() as host:
            host.provide("python:3.12-slim")
            host.build(IMAGE, ROOT, "--file", ROOT / "deploy" / "Dockerfile")
            yield host
    except NoDockerError as reason:
        pytest.skip(f"Docker cannot be had here: {reason}")


@dataclass
class Stack:
    """One profile of deploy/compose.yaml as a project of its own; the application is replaced by our own status."""

    docker: Docker
    dialect: str
    home: Path
    name: str

    @property
    def migrate(self) -> str:
        return {"postgres": "migrate", "mysql": "migrate-mysql"}[self.dialect]

    @property
    def application(self) -> str:
        return {"postgres": "imagor-studio", "mysql": "imagor-studio-mysql"}[self.dialect]

    def words(self, *words: str, **more: Any) -> list[str]:
        """Return the words for Compose; *more* is what the test changes in the service that migrates."""
        # MIGRATE_DIR is no setting of the application's: its status reads the same files.
        volumes = {"volumes": more["volumes"]} if more else {}
        own = {"environment": more["environment"]} if more else {}
        if self.dialect == "mysql":  # the profile starts no server: one that waits as that of PostgreSQL does
            url = yaml.safe_load(COMPOSE.read_text())["services"][self.migrate]["environment"]
            own = {"profiles": ["mysql"], "environment": url | own.get("environment", {})}
            own["depends_on"] = {self.migrate: {"condition": "service_completed_successfully"}}
        application = {
            "image": IMAGE, "entrypoint": ["imagor-studio-migrate", "--format", "json", "status", "--exit-code"],
            "restart": "no",
        }  # fmt: skip
        services = {self.application: {**application, **own, **volumes}}
        if more:
            services[self.migrate] = more
        override = self.home / "override.yaml"
        override.write_text(yaml.safe_dump({"services": services}))
        files = ["-f", str(COMPOSE), "-f", str(override), "-p", self.name]
        profile = ["--profile", "mysql"] if self.dialect == "mysql" else []
        return [*files, *profile, *words]

    @property
    def secrets(self) -> dict[str, str]:
        return {f"{self.dialect.upper()}_PASSWORD": "s3cret"}

    def up(self, **more: Any) -> subprocess.CompletedProcess[str]:
        """Run Compose as a person does, until the application has been started, or will not be."""
        words = self.words("up", "--detach", "--no-build", self.application, **more)
        return self.docker.compose(*words, check=False, **self.secrets)

    def start(self, **more: Any) -> subprocess.Popen[str]:
        words = self.words("up", "--detach", "--no-build", self.application, **more)
        return self.docker.start_compose(*words, **self.secrets)

    def container(self, service: str) -> str:
        """Return the newest container of a service; empty if there is none."""
        labels = [f"label=com.docker.compose.{key}={value}" for key, value in
                  {"project": self.name, "service": service}.items()]  # fmt: skip
        return self.docker.run("ps", "--all", "--quiet", "--filter", labels[0], "--filter", labels[1]).stdout.strip()

    def exit_code(self, service: str) -> int:
        """Wait for a service to end."""
        return int(self.docker.run("wait", self.container(service)).stdout)

    def logs(self, service: str) -> str:
        ran = self.docker.run("logs", self.container(service))
        return ran.stdout + ran.stderr

    def states(self) -> dict[str, str]:
        """Return what the application found when it started."""
        assert self.exit_code(self.application) == 0, self.logs(self.application)
        found = json.loads(self.docker.run("logs", self.container(self.application)).stdout)
        return {each["version"]: each["state"] for each in found["migrations"]}


@pytest.fixture(params=["postgres", "mysql"])
def stack(docker: Docker, request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Stack]:
    dialect = request.param
    try:
        docker.provide({"postgres": "postgres:15", "mysql": "mysql:8.4"}[dialect])
    except NoDockerError as reason:
        pytest.skip(f"Docker cannot be had here: {reason}")
    made = Stack(docker, dialect, tmp_path, f"migrate{secrets.token_hex(4)}")
    yield made
    docker.compose(*made.words("down", "--volumes", "--timeout", "1"), check=False, **made.secrets)


def changed(folder: Path) -> dict[str, Any]:
    """What makes the service run the files of *folder* in place of those in the image."""
    for path in [folder, *folder.rglob("*")]:
        path.chmod(0o755)
    return {"environment": {"MIGRATE_DIR": "/files"}, "volumes": [f"{folder}:/files:ro"]}


# ---- the image


@pytest.mark.parametrize("words", [COMMAND, ["up"], ["--migrate-command=up"]])
def test_the_image_runs_the_command_on_a_read_only_root(docker: Docker, words: list[str]) -> None:
    url = "DATABASE_URL=sqlite:/data/app.db"
    ran = docker.run("run", "--rm", "--read-only", "--tmpfs", "/data:mode=1777", "--cap-drop", "ALL", "-e", url, IMAGE,
                     *words)  # fmt: skip
    assert [line.split()[1] for line in ran.stdout.splitlines()] == APPLIED


def test_the_image_without_a_database_ends_with_2(docker: Docker) -> None:
    ran = docker.run("run", "--rm", IMAGE, "up", check=False)
    assert ran.returncode == 2
    assert "error: no database is named in this container" in ran.stderr.splitlines()


def test_the_image_has_the_desk_with_its_data(docker: Docker) -> None:
    url = "DATABASE_URL=sqlite:/data/app.db"
    ran = docker.run("run", "--rm", "--tmpfs", "/data:mode=1777", "-e", url, IMAGE, "plan", "--format", "html")
    assert ran.stdout.startswith("<!DOCTYPE html>")


def test_the_image_is_no_root_and_has_no_compiler(docker: Docker) -> None:
    look = "id -u; ! command -v gcc; ! command -v cc; ls /src /wheels 2>/dev/null | wc -l"
    ran = docker.run("run", "--rm", "--entrypoint", "/bin/sh", IMAGE, "-c", look)
    assert ran.stdout.split() == ["10001", "0"]


def test_the_image_has_what_the_lock_file_says_and_no_more(docker: Docker) -> None:
    program = (
        "from importlib import metadata as m; print(*(f'{d.name}=={d.version}'.lower() for d in m.distributions()))"
    )
    ran = docker.run("run", "--rm", "--entrypoint", "/opt/migrate/bin/python", IMAGE, "-I", "-c", program)
    there = {each.replace("_", "-") for each in ran.stdout.split()} - {f"{IMAGE}=={migrate.__version__}"}
    assert len(there) > 4
    assert there <= set(re.findall(r"^[\w.-]+==[\w.]+", LOCK.read_text(), re.MULTILINE))


def test_the_image_is_small_and_labelled(docker: Docker) -> None:
    (base, ours) = json.loads(docker.run("image", "inspect", "python:3.12-slim", IMAGE).stdout)
    assert ours["Size"] - base["Size"] < 50e6, "the README says 43 MB"
    labels = {name.rpartition(".")[2] for name in ours["Config"]["Labels"] if name.startswith("org.opencontainers.")}
    assert labels >= {"title", "description", "licenses"}


def test_what_the_image_installs_is_there_for_arm64_too(tmp_path: Path) -> None:
    """A wheel for each dependency, so that no compiler is needed there either."""
    needed = ["--require-hashes", "--requirement", str(LOCK)]
    pip = [sys.executable, "-m", "pip", "install", "--quiet", "--dry-run", "--target", str(tmp_path)]
    platform = ["--only-binary=:all:", "--python-version=3.12"]
    platform += [f"--platform=manylinux_2_{glibc}_aarch64" for glibc in (17, 28)]
    ran = subprocess.run([*pip, *platform, *needed], capture_output=True, text=True, check=False)
    assert ran.returncode == 0, ran.stderr


@pytest.mark.parametrize("scheme", ["postgres", "mysql"])
def test_a_host_that_does_not_resolve_is_waited_for_and_then_named(docker: Docker, scheme: str) -> None:
    url = f"DATABASE_URL={scheme}://app:s3cret@no-such-host.invalid/app"
    words = ["wait", "--for", "database", "--timeout", "2"]
    ran = docker.run("run", "--rm", "--network", "none", "-e", url, IMAGE, *words, check=False)
    assert ran.returncode == 3
    said = ran.stderr[ran.stderr.index("waiting: ") :].splitlines()
    assert all("no-such-host.invalid" in line for line in said[:3])
    assert said[1].startswith("error: not ready after 2 s: ")
    assert said[2:] == [
        f"  --> {scheme}://app:***@no-such-host.invalid/app (DATABASE_URL in the environment)",
        "fix: correct the host name",
        "     or wait longer:  imagor-studio-migrate wait --for database --timeout 60",
    ]


def stopped(docker: Docker, begun: str, *words: str | Path) -> tuple[int, str]:
    """Start a container, stop it when its log holds *begun*, and return its exit code and log."""
    there = docker.run("run", "--detach", "--read-only", "--cap-drop", "ALL", *words).stdout.strip()
    try:
        end = time.monotonic() + 30
        while begun not in (log := docker.run("logs", there)).stdout + log.stderr:
            assert time.monotonic() < end, log
            time.sleep(0.2)
        began = time.monotonic()
        docker.run("stop", "--time", "20", there)
        assert time.monotonic() - began < 5, "the signal did not reach the process"
        code = int(docker.run("inspect", "-f", "{{.State.ExitCode}}", there).stdout)
        log = docker.run("logs", there)
        return code, log.stdout + log.stderr
    finally:
        docker.run("rm", "--force", there)


def test_a_container_that_waits_can_be_stopped(docker: Docker) -> None:
    url = "DATABASE_URL=postgres://app:s3cret@127.0.0.1:1/app"
    code, said = stopped(docker, "waiting: ", "-e", url, IMAGE, "wait")
    assert (code, said.splitlines()[-2:]) == (143, ["error: terminated", "fix: run the same command again"])


def test_a_container_that_migrates_makes_it_safe_when_it_is_stopped(docker: Docker, tmp_path: Path) -> None:
    endless = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT count(*) FROM n;"
    (tmp_path / "1_one.up.sql").write_text("CREATE TABLE one (n INTEGER);")
    (tmp_path / "2_endless.up.sql").write_text(f"CREATE TABLE two (n INTEGER);\n{endless}\n")
    (volume,) = changed(tmp_path)["volumes"]
    options = ["--tmpfs", "/data:mode=1777", "-v", volume, "-e", "DATABASE_URL=sqlite:/data/app.db"]
    words = ["--format", "json", "--dir", "/files", "up"]
    code, said = stopped(docker, '"name": "endless"', *options, IMAGE, *words)
    last = json.loads(said.splitlines()[-1])
    assert (code, last["event"], last["error"]["exit"]) == (143, "failed", 143)
    assert last["error"]["state"] == "rolled back whole: 1 one, 2 endless."  # one transaction


# ---- Compose


def test_the_application_starts_after_the_migrations(stack: Stack) -> None:
    ran = stack.up()
    assert ran.returncode == 0, ran.stderr + stack.logs(stack.migrate)
    assert stack.exit_code(stack.migrate) == 0
    assert stack.states() == dict.fromkeys(APPLIED, "applied")
    assert ("starts no server" in stack.logs(stack.migrate)) == (stack.dialect == "mysql")


def test_a_migration_that_fails_keeps_the_application_from_starting(stack: Stack, tmp_path: Path) -> None:
    files = tmp_path / "files"
    files.mkdir()
    (files / "1_bad.up.sql").write_text("CREATE TABLE t (n INTEGER);\nCREATE tabel u (n INTEGER);\n")
    ran = stack.up(**changed(files))
    assert ran.returncode == 1
    assert stack.exit_code(stack.migrate) == 1
    assert "--> /files/1_bad.up.sql:2" in stack.logs(stack.migrate)
    started = stack.container(stack.application)
    assert not started or stack.docker.run("inspect", "-f", "{{.State.Status}}", started).stdout.strip() == "created"


def test_a_migration_container_that_is_killed_is_run_again_to_the_right_end(stack: Stack, tmp_path: Path) -> None:
    files = tmp_path / "files"
    shutil.copytree(ROOT / "sql" / stack.dialect, files)
    text = f"CREATE TABLE before_it (n INTEGER);\n{SLEEP[stack.dialect]}\nCREATE TABLE after_it (n INTEGER);\n"
    (files / "20260101_slow.up.sql").write_text(text)
    first = stack.start(**changed(files))
    end = time.monotonic() + 120
    while not (there := stack.container(stack.migrate)) or "20250923" not in stack.logs(stack.migrate):
        assert time.monotonic() < end
        time.sleep(0.3)
    time.sleep(2)  # into the sleep
    stack.docker.run("kill", "--signal", "KILL", there)
    first.communicate(timeout=120)
    assert first.returncode == 1
    ran = stack.up(**changed(files))
    assert ran.returncode == 0, ran.stderr + stack.logs(stack.migrate)
    assert stack.states() == dict.fromkeys([*APPLIED, "20260101"], "applied")


def test_ones_own_sql_is_run_before_ones_own_application(docker: Docker) -> None:
    own = ["-f", str(ROOT / "deploy" / "own-sql" / "compose.yaml"), "-p", f"migrate{secrets.token_hex(4)}"]

    def compose(*words: str, check: bool = True) -> subprocess.CompletedProcess[str]:
        return docker.compose(*own, *words, check=check, POSTGRES_PASSWORD="s3cret")

    try:
        docker.provide("postgres:15")
    except NoDockerError as reason:
        pytest.skip(f"Docker cannot be had here: {reason}")
    try:
        compose("up", "--detach", "--no-build", "app")
        there = compose("ps", "--quiet", "app").stdout.strip()
        assert docker.run("wait", there).stdout.strip() == "0", docker.run("logs", there).stderr
        assert docker.run("logs", there).stdout.split("\n")[0].split() == ["id", "|", "body"]
        status = compose("run", "--rm", "-T", "migrate", "status", "--format", "plain").stdout
        assert "20261001\tcreate_notes\tapplied\t" in status
    finally:
        compose("down", "--volumes", "--timeout", "1", check=False)
