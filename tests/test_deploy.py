"""What deploy/ ships, as far as it can be shown without Docker."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import yaml
from desk import clean_environment

import migrate

if TYPE_CHECKING:
    from servers import Database

DEPLOY = Path(__file__).parent.parent / "deploy"
JOB: dict[str, Any] = yaml.safe_load((DEPLOY / "kubernetes" / "migration-job.yaml").read_text())
DEPLOYMENT: dict[str, Any] = yaml.safe_load((DEPLOY / "kubernetes" / "deployment.yaml").read_text())
PODS = {each["kind"]: each["spec"]["template"]["spec"] for each in (JOB, DEPLOYMENT)}
COMPOSE: dict[str, Any] = yaml.safe_load((DEPLOY / "compose.yaml").read_text())


def container(*words: str, home: Path | None = None, **variables: str) -> subprocess.CompletedProcess[str]:
    """Run the entry point of the image, with nothing in the environment but *variables* and where the command lies."""
    environment = {"PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}"} | variables
    command = ["sh", str(DEPLOY / "entrypoint.sh"), *words]
    return subprocess.run(command, cwd=home, env=environment, capture_output=True, text=True, check=False)


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


def test_the_database_may_stand_in_a_file_of_the_working_directory(tmp_path: Path) -> None:
    (tmp_path / ".env").write_text("# DATABASE_URL=\nMIGRATE_COMMAND=up\n")
    assert container(home=tmp_path).returncode == 2
    (tmp_path / ".env").write_text("DATABASE_URL=sqlite:mine.db\nMIGRATE_COMMAND=up\n")
    ran = container(home=tmp_path)
    assert (ran.returncode, (tmp_path / "mine.db").exists()) == (0, True), ran.stderr


@pytest.mark.parametrize(
    "words",
    [
        *(("--version",), ("check",), ("--help",), ("-q", "verify")),
        ("plan", "--sql", "--dialect", "postgres", "--from", "20250816"),
    ],
)
def test_what_needs_no_database_runs_without_one(words: tuple[str, ...]) -> None:
    assert container(*words).returncode == 0


def test_a_mounted_secret_may_end_with_a_line_break(server_database: Database, tmp_path: Path) -> None:
    (tmp_path / "url").write_text(server_database.url + "\n")
    for ran in (
        container("up", DATABASE_URL_FILE=str(tmp_path / "url")),
        container("up", DATABASE_URL=server_database.url + "\n"),
    ):
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


@pytest.mark.parametrize("kind", ["Job", "Deployment"])
def test_the_pods_pass_the_restricted_pod_standard(kind: str) -> None:
    """Line by line what https://kubernetes.io/docs/concepts/security/pod-security-standards/ lists under Restricted."""
    pod = PODS[kind]
    assert pod["securityContext"] == {"runAsNonRoot": True, "seccompProfile": {"type": "RuntimeDefault"}}
    assert not {"hostNetwork", "hostPID", "hostIPC", "volumes"} & set(pod)
    for each in [*pod["containers"], *pod.get("initContainers", [])]:
        assert not any("hostPort" in port for port in each.get("ports", []))
        context = each["securityContext"]
        assert context["allowPrivilegeEscalation"] is False
        assert context["capabilities"] == {"drop": ["ALL"]}
        assert context["runAsUser"] > 0
        allowed = {"allowPrivilegeEscalation", "capabilities", "readOnlyRootFilesystem", "runAsUser"}
        assert set(context) <= allowed, "privileged, procMount, seLinuxOptions, sysctls, another seccomp profile"


def test_a_pod_starts_only_on_the_schema_of_its_release(server_database: Database) -> None:
    (gate,) = PODS["Deployment"]["initContainers"]
    (server,) = PODS["Deployment"]["containers"]
    assert (DEPLOYMENT["spec"]["replicas"], server["ports"][0]["containerPort"]) == (3, 8000)
    secret = {"secretKeyRef": {"name": "database-secret", "key": "url"}}
    jwt = {"secretKeyRef": {"name": "database-secret", "key": "jwt-secret", "optional": True}}
    assert gate["env"] == [{"name": "DATABASE_URL", "valueFrom": secret}]
    assert server["env"] == [*gate["env"], {"name": "JWT_SECRET", "valueFrom": jwt}]
    assert gate["image"] == PODS["Job"]["containers"][0]["image"]
    words = ["1" if word == "300" else word for word in gate["args"]]
    assert words != gate["args"]
    for code in (3, 0):  # before, and after
        ran = container(*words, DATABASE_URL=server_database.url)
        assert ran.returncode == code, ran.stderr
        assert container("up", DATABASE_URL=server_database.url).returncode == 0


@pytest.mark.skipif(not shutil.which("kubectl"), reason="kubectl is not installed")
def test_kustomize_gives_the_job_and_the_deployment_their_versions() -> None:
    ran = subprocess.run(
        ["kubectl", "kustomize", str(DEPLOY / "kubernetes")], capture_output=True, text=True, check=True
    )
    made = {each["kind"]: each for each in yaml.safe_load_all(ran.stdout)}
    assert made == {"Job": JOB, "Deployment": DEPLOYMENT}
    version = f"imagor-studio-migrate:{migrate.__version__}"
    assert PODS["Job"]["containers"][0]["image"] == version


def test_the_versions_in_the_manifests_are_this_one() -> None:
    kustomization = yaml.safe_load((DEPLOY / "kubernetes" / "kustomization.yaml").read_text())
    (ours,) = [each["newTag"] for each in kustomization["images"] if each["name"] == "imagor-studio-migrate"]
    assert ours == migrate.__version__
    assert kustomization["resources"] == ["migration-job.yaml", "deployment.yaml"]


def readme_block(containing: str) -> str:
    """Return the one Python block of the README that contains these words."""
    readme = (DEPLOY.parent / "README.md").read_text()
    (found,) = [each for each in re.findall(r"```python\n(.*?)```", readme, re.DOTALL) if containing in each]
    return str(found)


@pytest.mark.parametrize(
    ("containing", "more"),
    [
        ("def application", ""),
        ("def lifespan", "\nasync def start():\n    async with lifespan(None):\n        pass\nasyncio.run(start())\n"),
    ],
    ids=["WSGI", "ASGI"],
)
def test_an_application_starts_as_the_readme_shows(
    database: Database, tmp_path: Path, containing: str, more: str
) -> None:
    before = "import asyncio, contextlib, logging, os, migrate\nlogging.basicConfig(level=logging.INFO)\n"
    (tmp_path / "app.py").write_text(before + readme_block(containing) + more)
    environment = clean_environment() | {"DATABASE_URL": database.url, "PYTHONPATH": str(DEPLOY.parent)}
    command = [sys.executable, str(tmp_path / "app.py")]
    ran = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True, check=False)
    assert (ran.returncode, ran.stdout) == (0, "")
    said = [re.sub(r"\d+ ms$", "N ms", line) for line in ran.stderr.splitlines()]
    if database.dialect == "sqlite":
        assert said[0] == "INFO:migrate:applied 20250504 create_metadata_table in N ms"
        assert len(said) == 4
    else:
        url = migrate.DatabaseURL.parse(database.url)
        way = "run  imagor-studio-migrate up  before the roll-out, or set FORCE_AUTO_MIGRATE=1"
        assert said == [f"WARNING:migrate:{url} is not migrated at start-up: {way}"]
        assert database.tables() == []


@pytest.mark.parametrize(("server", "migrate"), [("postgres", "migrate"), ("mysql", "migrate-mysql")])
def test_compose_waits_for_the_database_and_then_for_the_migrations(server: str, migrate: str) -> None:
    services = COMPOSE["services"]
    assert services[migrate]["depends_on"] == {server: {"condition": "service_healthy"}}
    assert services[migrate]["restart"] == "no"
    assert services[server]["healthcheck"]["interval"] == services[server]["healthcheck"]["timeout"] == "5s"
    application = services["imagor-studio"]
    assert application["depends_on"] == {"migrate": {"condition": "service_completed_successfully"}}
    assert application["environment"]["DATABASE_URL"] == services["migrate"]["environment"]["DATABASE_URL"]


def test_the_server_is_everywhere_the_one_that_these_migrations_are_for() -> None:
    wanted = "shumc/imagor-studio:0.7.2"
    (server,) = PODS["Deployment"]["containers"]
    kustomization = yaml.safe_load((DEPLOY / "kubernetes" / "kustomization.yaml").read_text())
    pinned = [f"{each['name']}:{each['newTag']}" for each in kustomization["images"]]
    images = [each["image"] for each in COMPOSE["services"].values()]
    assert [wanted, wanted] == [server["image"], *(each for each in images if each.startswith("shumc/"))]
    assert wanted in pinned
    assert f"`{wanted}`" in (DEPLOY.parent / "README.md").read_text()
    # Its entry point is root's, from 0.7.4 on, and a pod of ours is not.
    assert server["command"] == ["/usr/local/bin/imagor-studio"]


def test_the_profile_of_mysql_starts_no_server_and_says_why() -> None:
    profile = {name: each for name, each in COMPOSE["services"].items() if "mysql" in each.get("profiles", [])}
    assert sorted(profile) == ["migrate-mysql", "mysql"]
    shell = [
        each.replace("$$", "$").replace("/usr/local/bin/entrypoint", str(DEPLOY / "entrypoint.sh"))
        for each in profile["migrate-mysql"]["entrypoint"]
    ]
    environment = {"PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}", "DATABASE_URL": "sqlite::memory:"}
    command = [*shell, *profile["migrate-mysql"]["command"]]
    ran = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert (ran.returncode, ran.stdout.count("applied  ")) == (0, 4)
    assert ran.stderr == (
        "note: this migrates, and starts no server: Imagor Studio, up to 1.2.4, cannot run on MySQL,\n"
        "      which refuses its statements (error 1064): they write the column key without quotes\n"
    )


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
