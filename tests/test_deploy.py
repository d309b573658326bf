"""What deploy/ ships, as far as it can be shown without Docker."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import yaml
from desk import clean_environment

if TYPE_CHECKING:
    from servers import Database

DEPLOY = Path(__file__).parent.parent / "deploy"
JOB: dict[str, Any] = yaml.safe_load((DEPLOY / "kubernetes" / "migration-job.yaml").read_text())
COMPOSE: dict[str, Any] = yaml.safe_load((DEPLOY / "compose.yaml").read_text())


def container(*words: str, **variables: str) -> subprocess.CompletedProcess[str]:
    """Run the entry point of the image, with nothing in the environment but *variables*."""
    environment = clean_environment() | {"PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}"} | variables
    command = ["sh", str(DEPLOY / "entrypoint.sh"), *words]
    return subprocess.run(command, env=environment, capture_output=True, text=True, check=False)


@pytest.mark.parametrize(
    "words", [("up",), ("imagor-studio-migrate", "--migrate-command=up"), ("--migrate-command=up",)]
)
def test_the_image_takes_the_command_with_and_without_its_name(words: tuple[str, ...]) -> None:
    ran = container(*words, DATABASE_URL="sqlite::memory:")
    assert (ran.returncode, ran.stdout.count("applied  ")) == (0, 4), ran.stderr


def test_the_command_may_come_from_the_environment() -> None:
    ran = container(DATABASE_URL="sqlite::memory:", MIGRATE_COMMAND="up")
    assert (ran.returncode, ran.stdout.count("applied  ")) == (0, 4), ran.stderr


@pytest.mark.parametrize("words", [(), ("up",), ("imagor-studio-migrate", "status")])
def test_an_image_without_a_database_says_so(words: tuple[str, ...]) -> None:
    ran = container(*words)
    assert (ran.returncode, ran.stdout) == (2, "")
    assert ran.stderr == (
        "error: no database is named in this container\n"
        "fix: set DATABASE_URL, or DATABASE_URL_FILE to a mounted secret\n"
    )


@pytest.mark.parametrize("words", [("--version",), ("check",), ("--help",)])
def test_what_needs_no_database_runs_without_one(words: tuple[str, ...]) -> None:
    assert container(*words).returncode == 0


def test_a_mounted_secret_may_end_with_a_line_break(server_database: Database, tmp_path: Path) -> None:
    (tmp_path / "url").write_text(server_database.url + "\n")
    ran = container("up", DATABASE_URL_FILE=str(tmp_path / "url"))
    assert ran.returncode == 0, ran.stderr


def test_the_job_runs_as_it_stands_in_its_file(server_database: Database) -> None:
    pod = JOB["spec"]["template"]["spec"]
    (only,) = pod["containers"]
    assert [each["name"] for each in only["env"]] == ["DATABASE_URL"]
    assert only["env"][0]["valueFrom"]["secretKeyRef"] == {"name": "database-secret", "key": "url"}
    assert pod["restartPolicy"] == "OnFailure"
    for _ in range(2):  # the second time it finds everything applied
        ran = container(*only["args"], DATABASE_URL=server_database.url)
        assert ran.returncode == 0, ran.stderr
    assert "users" in server_database.tables()


def test_the_job_passes_the_restricted_pod_standard() -> None:
    pod = JOB["spec"]["template"]["spec"]
    assert pod["securityContext"] == {"runAsNonRoot": True, "seccompProfile": {"type": "RuntimeDefault"}}
    assert not {"hostNetwork", "hostPID", "hostIPC", "volumes"} & set(pod)
    for each in pod["containers"]:
        assert each["securityContext"]["allowPrivilegeEscalation"] is False
        assert each["securityContext"]["capabilities"] == {"drop": ["ALL"]}
        assert each["securityContext"]["runAsUser"] > 0


@pytest.mark.parametrize(("server", "migrate", "application"), [
    ("postgres", "migrate", "imagor-studio"), ("mysql", "migrate-mysql", "imagor-studio-mysql"),
])  # fmt: skip
def test_compose_waits_for_the_database_and_then_for_the_migrations(
    server: str, migrate: str, application: str
) -> None:
    services = COMPOSE["services"]
    assert services[migrate]["depends_on"] == {server: {"condition": "service_healthy"}}
    assert services[application]["depends_on"] == {migrate: {"condition": "service_completed_successfully"}}
    assert services[migrate]["restart"] == "no"
    assert services[server]["healthcheck"]["interval"] == services[server]["healthcheck"]["timeout"] == "5s"


def test_eight_replicas_that_are_told_to_migrate_at_their_start_do_it_once(server_database: Database) -> None:
    program = "import logging, os, migrate; logging.basicConfig(); migrate.auto_migrate(os.environ['URL'])"
    environment = clean_environment() | {"URL": server_database.url, "FORCE_AUTO_MIGRATE": "true"}
    environment["PYTHONPATH"] = str(DEPLOY.parent)
    command = [sys.executable, "-c", program]
    replicas = [
        subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        for _ in range(8)
    ]
    said = [each.communicate(timeout=120)[1] for each in replicas]
    assert [each.returncode for each in replicas] == [0] * 8, said
    rows = server_database.query("SELECT version FROM schema_migrations_log WHERE outcome = 'ok' ORDER BY version")
    assert [version for (version,) in rows] == ["20250504", "20250816", "20250831", "20250923"]
