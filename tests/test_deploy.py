"""What deploy/ ships, as far as it can be shown without Docker."""

from __future__ import annotations

import importlib
import os
import re
import shlex
import shutil
import subprocess
import sys
from importlib import metadata
from pathlib import Path
from typing import TYPE_CHECKING, Any

import inside
import pytest
import yaml
from cluster import Cluster, Moment, cluster
from desk import PROGRAM, clean_environment, placed
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

import migrate

if TYPE_CHECKING:
    from collections.abc import Iterator

    from servers import Database

DEPLOY = Path(__file__).parent.parent / "deploy"
JOB: dict[str, Any] = yaml.safe_load((DEPLOY / "kubernetes" / "migration-job.yaml").read_text())
DEPLOYMENT: dict[str, Any] = yaml.safe_load((DEPLOY / "kubernetes" / "deployment.yaml").read_text())
PODS = {each["kind"]: each["spec"]["template"]["spec"] for each in (JOB, DEPLOYMENT)}
COMPOSE: dict[str, Any] = yaml.safe_load((DEPLOY / "compose.yaml").read_text())
OWN_SQL = DEPLOY / "own-sql"
OWN_COMPOSE: dict[str, Any] = yaml.safe_load((OWN_SQL / "compose.yaml").read_text())
IMAGE = f"registry.invalid/imagor-studio-migrate:{migrate.__version__}"
with_kubectl = pytest.mark.skipif(not shutil.which("kubectl"), reason="kubectl is not installed")


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
        *(("--version",), ("check",), ("--help",), ("help", "up"), ("completion", "bash"), ("-q", "verify")),
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


def kustomized(folder: Path) -> str:
    """Return what ``kubectl apply -k`` would apply."""
    return subprocess.run(["kubectl", "kustomize", str(folder)], capture_output=True, text=True, check=True).stdout


@with_kubectl
def test_kustomize_gives_the_job_and_the_deployment_their_versions() -> None:
    made = {each["kind"]: each for each in yaml.safe_load_all(kustomized(DEPLOY / "kubernetes"))}
    assert made == {"Job": JOB, "Deployment": DEPLOYMENT}
    assert PODS["Job"]["containers"][0]["image"] == IMAGE


@with_kubectl
def test_the_job_shows_the_status_after_one_word_is_changed(server_database: Database) -> None:
    (expression,) = set(re.findall(r"sed '(s/--migrate.*?/)'", (DEPLOY.parent / "README.md").read_text()))
    command = ["sed", expression]
    made = subprocess.run(
        command, input=kustomized(DEPLOY / "kubernetes"), capture_output=True, text=True, check=True
    ).stdout
    (job,) = [each for each in yaml.safe_load_all(made) if each["kind"] == "Job"]
    (only,) = job["spec"]["template"]["spec"]["containers"]
    ran = container(*only["args"], DATABASE_URL=server_database.url)
    assert (ran.returncode, ran.stdout.count("pending")) == (0, 4), ran.stderr


def test_the_versions_in_the_manifests_are_this_one() -> None:
    kustomization = yaml.safe_load((DEPLOY / "kubernetes" / "kustomization.yaml").read_text())
    (ours,) = [each for each in kustomization["images"] if each["name"] == IMAGE.partition(":")[0]]
    assert f"{ours['newName']}:{ours['newTag']}" == IMAGE
    assert kustomization["resources"] == ["migration-job.yaml", "deployment.yaml"]


def test_no_file_names_an_image_of_ours_that_somebody_else_could_offer() -> None:
    """That of Kubernetes is below a name that is reserved for leading nowhere; that of Compose is built, not pulled."""
    pods = [each for pod in PODS.values() for each in [*pod["containers"], *pod.get("initContainers", [])]]
    ours = [each["image"] for each in pods if "migrate" in each["image"]]
    assert ours == [IMAGE, IMAGE]
    services = [each for compose in (COMPOSE, OWN_COMPOSE) for each in compose["services"].values()]
    built = [each for each in services if each["image"] == "imagor-studio-migrate"]
    assert [each["pull_policy"] for each in built] == ["build"] * 3
    assert all("build" in each for each in built)


def test_all_tries_of_the_job_have_the_hours_that_the_readme_says() -> None:
    assert JOB["spec"]["activeDeadlineSeconds"] == 12 * 3600
    assert "twelve hours (`activeDeadlineSeconds`" in (DEPLOY.parent / "README.md").read_text()


# ---- Waiting for the Job


@pytest.fixture(params=["a stand-in", pytest.param("kubectl", marks=with_kubectl)])
def kubernetes(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Cluster]:
    with cluster(JOB["metadata"]["name"], tmp_path, stand_in=request.param != "kubectl") as made:
        yield made


def wait_for(kubernetes: Cluster, *words: str, **variables: str) -> subprocess.CompletedProcess[str]:
    command = ["sh", str(DEPLOY / "kubernetes" / "wait-for-job.sh"), *words]
    environment = kubernetes.environment | variables
    return subprocess.run(command, env=environment, capture_output=True, text=True, check=False, timeout=120)


def test_the_wait_ends_with_0_when_the_job_is_complete_and_has_shown_its_log(kubernetes: Cluster) -> None:
    kubernetes.moments = [
        Moment(pod=False),
        Moment(waiting={"reason": "ContainerCreating"}),
        Moment(log="applied  1 one\n"),
        Moment(log="applied  1 one\napplied  2 two\n"),
        Moment(
            log="applied  1 one\napplied  2 two\napplied  3 [x] * three\n", condition=("SuccessCriteriaMet", "", "")
        ),
        Moment(log="applied  1 one\napplied  2 two\napplied  3 [x] * three\n", condition=("Complete", "", "")),
    ]
    ran = wait_for(kubernetes)
    assert (ran.returncode, ran.stdout) == (0, "applied  1 one\napplied  2 two\napplied  3 [x] * three\n")
    assert ran.stderr == "waiting: ContainerCreating\ncomplete: job/imagor-studio-migrate\n"


def test_the_wait_ends_with_1_when_the_job_fails_and_has_the_log_that_is_gone(kubernetes: Cluster) -> None:
    again = {"reason": "CrashLoopBackOff", "message": "back-off 10s restarting failed container"}
    why = ("BackoffLimitExceeded", "Job has reached the specified backoff limit")
    kubernetes.moments = [
        Moment(log="error: first\n"),
        Moment(log="error: first\n", waiting=again),
        Moment(log=""),
        Moment(log="error: first\n"),  # the same once more
        Moment(log="error: second\n", waiting=again),
        Moment(pod=False, condition=("FailureTarget", *why)),
        Moment(pod=False, condition=("Failed", *why)),
    ]
    ran = wait_for(kubernetes)
    assert (ran.returncode, ran.stdout) == (1, "error: first\nerror: second\n")
    assert ran.stderr.splitlines() == [
        "waiting: CrashLoopBackOff: back-off 10s restarting failed container",
        f"error: job/imagor-studio-migrate has failed: {': '.join(why)}",
        "fix: what its log above asks for; then  kubectl delete job imagor-studio-migrate  and apply it again",
    ]


def test_a_job_that_ran_out_of_time_is_told_where_there_is_more(kubernetes: Cluster) -> None:
    why = ("DeadlineExceeded", "Job was active longer than specified deadline")
    kubernetes.moments = [Moment(log="running\n"), Moment(pod=False, condition=("Failed", *why))]
    command, job = "kubectl --request-timeout=30s", "imagor-studio-migrate"
    ran = wait_for(kubernetes, "", "60", KUBECTL=command)
    assert (ran.returncode, ran.stdout) == (1, "running\n")
    assert ran.stderr.splitlines() == [
        f"error: job/{job} has failed: {': '.join(why)}",
        f"fix: give it more time, activeDeadlineSeconds; then  {command} delete job {job}  and apply it again",
    ]


def test_a_job_whose_log_was_never_seen_leads_to_its_description(kubernetes: Cluster) -> None:
    why = ("BackoffLimitExceeded", "Job has reached the specified backoff limit")
    kubernetes.moments = [Moment(pod=False, condition=("Failed", *why))]
    job = "imagor-studio-migrate"
    ran = wait_for(kubernetes)
    assert (ran.returncode, ran.stdout) == (1, "")
    assert ran.stderr.splitlines() == [
        f"error: job/{job} has failed: {': '.join(why)}",
        f"fix: see why:  kubectl describe job {job}; then  kubectl delete job {job}  and apply it again",
    ]


def test_what_keeps_the_pod_from_starting_is_told_once(kubernetes: Cluster) -> None:
    pull = {"reason": "ErrImagePull", "message": "lookup registry.invalid: no such host"}
    back = {"reason": "ImagePullBackOff", "message": "Back-off pulling image"}
    kubernetes.moments = [
        Moment(unschedulable="0/3 nodes are available: 3 Insufficient memory."),
        *[Moment(waiting=each) for each in (pull, back, pull, back)],
    ]
    job = "imagor-studio-migrate"
    ran = wait_for(kubernetes, job, "60")
    assert (ran.returncode, ran.stdout) == (3, "")
    assert ran.stderr.splitlines() == [
        "waiting: Unschedulable: 0/3 nodes are available: 3 Insufficient memory.",
        "waiting: ErrImagePull: lookup registry.invalid: no such host",
        "waiting: ImagePullBackOff: Back-off pulling image",
        "error: job/imagor-studio-migrate has not ended after 60 s",
        "fix: wait longer, or see what it waits for:",
        f"     kubectl describe job {job}; kubectl describe pods --selector job-name={job}",
    ]


def test_a_job_that_is_not_there_is_not_waited_for(kubernetes: Cluster, tmp_path: Path) -> None:
    (tmp_path / "warns").write_text('echo "Warning: this plugin is old" >&2\nexec kubectl "$@"\n')
    kubernetes.moments = [Moment(log="one\n"), Moment(job=False)]
    for command in ("kubectl", f"sh {tmp_path}/warns"):
        kubernetes.sleeps.write_text("")
        ran = wait_for(kubernetes, KUBECTL=command)
        assert (ran.returncode, ran.stdout) == (2, "one\n")
        assert ran.stderr.splitlines()[0] == "error: there is no job/imagor-studio-migrate here"


def test_a_cluster_that_does_not_answer_is_asked_for_a_minute(kubernetes: Cluster) -> None:
    up, down = Moment(log="one\n"), Moment(answers=False)
    kubernetes.moments = [up, *[down] * 5, up, *[down] * 6, Moment(condition=("Complete", "", ""))]
    ran = wait_for(kubernetes)
    assert (ran.returncode, ran.stdout) == (2, "one\n")
    said = ran.stderr.splitlines()
    assert said[0].startswith("waiting: ")
    assert said[1:] == [
        "error: the cluster has not answered for a minute",
        "fix: kubectl get job imagor-studio-migrate",
    ]
    assert kubernetes.sleeps.stat().st_size == 12


def test_a_limit_that_is_no_number_is_refused(kubernetes: Cluster) -> None:
    ran = wait_for(kubernetes, "imagor-studio-migrate", "15m")
    assert (ran.returncode, ran.stdout, ran.stderr.splitlines()[0]) == (2, "", "error: 15m is no number of seconds")


@with_kubectl
def test_the_job_is_applied_before_the_deployment_as_the_readme_types_it(tmp_path: Path) -> None:
    readme = (DEPLOY.parent / "README.md").read_text()
    typed = re.findall(r"kubectl (apply -k deploy/kubernetes.*?)(?=  )  *# (.*)", readme)
    assert [said for _, said in typed] == ["the Job", "then the Deployment as well"]
    with cluster(JOB["metadata"]["name"], tmp_path, stand_in=False) as made:
        made.moments = [Moment(job=False)]
        applied = []
        for words, _ in typed:
            command = ["kubectl", *words.split(), "--dry-run=client", "--validate=false", "--output=name"]
            ran = subprocess.run(
                command, cwd=DEPLOY.parent, env=made.environment, capture_output=True, text=True, check=False
            )
            assert ran.returncode == 0, ran.stderr
            applied.append(sorted(ran.stdout.split()))
    job, deployment = "job.batch/imagor-studio-migrate", "deployment.apps/imagor-studio"
    assert applied == [[job], [deployment, job]]


# ---- One's own SQL


def config_map(folder: Path, data: dict[str, str]) -> Path:
    """Lay these files out as the kubelet mounts a ConfigMap: links through a link to a folder with a time."""
    there = folder / "..2026_11_27_18_00_00.123456789"
    there.mkdir(parents=True)
    (folder / "..data").symlink_to(there.name)
    for name, text in data.items():
        (there / name).write_text(text)
        (folder / name).symlink_to(f"..data/{name}")
    return folder


@with_kubectl
def test_the_job_runs_ones_own_sql_from_a_config_map(server_database: Database, tmp_path: Path) -> None:
    text = kustomized(OWN_SQL)
    (tmp_path / "made.yaml").write_text(text)
    validate = [str(Path(sys.executable).parent / "kubernetes-validate"), "--strict", str(tmp_path / "made.yaml")]
    if Path(validate[0]).exists():  # a tool of the style checks
        subprocess.run(validate, check=True, capture_output=True)
    made = {each["kind"]: each for each in yaml.safe_load_all(text)}
    assert sorted(made) == ["ConfigMap", "Job"]
    pod = made["Job"]["spec"]["template"]["spec"]
    (only,) = pod["containers"]
    variable = {"name": "MIGRATE_DIR", "value": "/sql"}
    mount = {"name": "migrations", "mountPath": "/sql", "readOnly": True}
    assert only.pop("volumeMounts") == [mount]
    assert pod.pop("volumes") == [{"name": "migrations", "configMap": {"name": made["ConfigMap"]["metadata"]["name"]}}]
    assert only["env"].pop(0) == variable
    assert made["Job"] == JOB  # else as it is
    folder = config_map(tmp_path / "sql", made["ConfigMap"]["data"])
    for words in (["imagor-studio-migrate", "check"], only["args"]):
        ran = container(*words, DATABASE_URL=server_database.url, MIGRATE_DIR=str(folder))
        assert ran.returncode == 0, ran.stderr
    assert [line.split()[:3] for line in ran.stdout.splitlines()] == [["applied", "20261001", "create_notes"]]
    assert "notes" in server_database.tables()


def test_each_file_of_the_example_is_named_and_has_its_way_back(tmp_path: Path) -> None:
    kustomization = yaml.safe_load((OWN_SQL / "kustomization.yaml").read_text())
    (generator,) = kustomization["configMapGenerator"]
    files = sorted(path.relative_to(OWN_SQL).as_posix() for path in (OWN_SQL / "sql").iterdir())
    assert sorted(generator["files"]) == files
    assert sorted(path.name.split(".")[1] for path in (OWN_SQL / "sql").iterdir()) == ["down", "up"]
    for words in (("up",), ("down",)):
        ran = container(*words, home=tmp_path, DATABASE_URL="sqlite:a.db", MIGRATE_DIR=str(OWN_SQL / "sql"))
        assert ran.returncode == 0, ran.stderr


# ---- The lock files


def locked(name: str) -> dict[str, list[str]]:
    """Return the versions in a lock file, more than one where they depend on the Python; each has a hash."""
    found: dict[str, list[str]] = {}
    text = (DEPLOY / name).read_text()
    assert not re.search(r"^-|://", text, re.MULTILINE), "a package index is named"
    for block in re.split(r"^(?=\w)", text, flags=re.MULTILINE)[1:]:
        pin = re.match(r"([\w.-]+)==([\w.]+)( ; .*?)? \\\n    --hash=sha256:[0-9a-f]{64}\b", block)
        assert pin, block
        found.setdefault(canonicalize_name(pin[1]), []).append(pin[2])
    return found


def pyproject() -> dict[str, Any]:
    toml = importlib.import_module("tomllib" if sys.version_info >= (3, 11) else "tomli")
    return dict(toml.loads((DEPLOY.parent / "pyproject.toml").read_text()))


def asked(lines: list[str], extras: set[str]) -> list[Requirement]:
    """Return those of these requirements that count here."""
    each = [Requirement(line) for line in lines]
    return [
        one for one in each if not one.marker or any(one.marker.evaluate({"extra": extra}) for extra in extras or {""})
    ]


def test_the_lock_file_fits_what_the_package_asks_for() -> None:
    """Else: make lock."""
    there = locked("requirements.txt")
    wanted = asked(pyproject()["project"]["dependencies"], set())
    for each in wanted:
        versions = there.get(canonicalize_name(each.name))
        assert versions, f"{each}: make lock"
        assert all(each.specifier.contains(version) for version in versions), f"{each}: make lock"
    reached = set()
    while wanted:  # and what these ask for, as it is installed here
        each = wanted.pop()
        name = canonicalize_name(each.name)
        assert name in there, f"{name}: make lock"
        if (name, *sorted(each.extras)) not in reached:
            reached.add((name, *sorted(each.extras)))
            wanted += asked(metadata.requires(name) or [], each.extras)
    assert len(reached) > len(pyproject()["project"]["dependencies"])


def test_the_lock_file_of_the_build_fits_what_builds_the_package() -> None:
    backend = Requirement(pyproject()["build-system"]["requires"][0])
    there = locked("requirements-build.txt")
    assert backend.name == "hatchling"  # the others are for the man page, which the image has not
    assert all(backend.specifier.contains(version) for version in there["hatchling"]), f"{backend}: make lock"
    assert {canonicalize_name(each.name) for each in asked(metadata.requires("hatchling") or [], set())} <= set(there)


def test_the_image_takes_nothing_that_is_not_locked() -> None:
    lines = re.sub(r" \\\n +", " ", (DEPLOY / "Dockerfile").read_text())
    installs = re.findall(r"pip (?:--python \S+ )?install (.*?)(?= &&|$)", lines, re.MULTILINE)
    assert installs == [
        "--require-hashes --requirement deploy/requirements-build.txt",
        "--require-hashes --requirement deploy/requirements.txt",
        "--no-index --no-deps /wheels/*.whl",
    ]


# ---- Make


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (
            ["baseline"],
            ["error: up to which version is it there?", "fix: make baseline VERSION=20250923"],
        ),
        (
            ["repair"],
            [
                "error: which migration, and which way did it go?",
                "fix: make repair VERSION=20250923 ARGS=--applied",
                "     make repair VERSION=20250923 ARGS=--pending",
            ],
        ),
    ],
)
def test_make_says_what_a_command_wants(words: list[str], said: list[str]) -> None:
    ran = make(*words)
    assert (ran.returncode, ran.stderr.splitlines()[: len(said)]) == (2, said)


@pytest.mark.parametrize(
    ("words", "typed"),
    [
        ("down 2", "make down ARGS=2"),
        ("down 20250816", "make down ARGS=20250816"),
        ("up 1 2", "make up ARGS='1 2'"),
        ("new add_email", "make new NAME=add_email"),
        ("repair 20250816", "make repair VERSION=20250816"),
        ("baseline 20250816", "make baseline VERSION=20250816"),
        ("check sql", "make check ARGS=sql"),
        ("plan down", "make plan ARGS=down"),
        ("plan down 2", "make plan ARGS='down 2'"),
        ("help down", "python3 migrate.py help down"),
        ("help settings", "python3 migrate.py help settings"),
    ],
)
def test_make_refuses_a_word_behind_a_target_before_anything_runs(words: str, typed: str) -> None:
    ran = make(*words.split())
    said = [f"error: make takes {words.split()[1]} for a target of its own", f"fix: write it as  {typed}"]
    assert (ran.returncode, ran.stdout, ran.stderr.splitlines()[:-1]) == (2, "", said)


def test_make_takes_several_targets() -> None:
    ran = make("-n", "check", "verify")
    assert [line.split()[-1] for line in ran.stdout.splitlines()] == ["check", "verify"]


@pytest.mark.parametrize(
    ("word", "meant"), [("migrate", "up"), ("rollback", "down"), ("history", "log"), ("stauts", "status")]
)
def test_make_says_what_may_be_meant_by_a_word_that_is_no_target(word: str, meant: str) -> None:
    ran = make(word)
    said = [f'error: there is no command "{word}" (did you mean {meant}?)', f"fix: type  make {meant}"]
    assert (ran.returncode, ran.stdout, ran.stderr.splitlines()[:-1]) == (2, "", said)


def test_make_repair_without_a_way_names_both() -> None:
    ran = make("repair", "VERSION=20250816")
    assert (ran.returncode, ran.stderr.splitlines()[:-1]) == (
        2,
        [
            "error: repair needs --applied or --pending",
            "fix: say which way it went:",
            "       make repair VERSION=20250816 ARGS=--applied    the change is complete",
            "       make repair VERSION=20250816 ARGS=--pending    the change was undone by hand; run it again",
        ],
    )


def make(*words: str, **variables: str) -> subprocess.CompletedProcess[str]:
    """Run ``make`` with the environment as it is here, which need not be that of the checkout."""
    command = ["make", "-o", ".venv/.runtime", f"VENV={sys.executable}", *words]
    environment = clean_environment() | {"DATABASE_URL": "sqlite::memory:", "VERSION": "20250504"} | variables
    return subprocess.run(command, cwd=DEPLOY.parent, env=environment, capture_output=True, text=True, check=False)


@pytest.mark.parametrize(
    ("words", "exit_code"),
    [(["verify"], 0), (["baseline", "VERSION=20250923"], 0), (["wait", "ARGS=--timeout 0"], 3)],
)
def test_make_runs_what_a_person_does_by_hand(words: list[str], exit_code: int) -> None:
    ran = make(*words)
    assert (ran.returncode, f"Error {exit_code}" in ran.stderr) == ((2, True) if exit_code else (0, False)), ran.stderr


def test_the_targets_that_a_message_may_name_are_those_of_the_makefile() -> None:
    text = (DEPLOY.parent / "Makefile").read_text()
    made = re.findall(r'^(?:.*\n)?\t@\$\(RUN\) (\w+)(?: "\$\((\w+)\)")? \$\(ARGS\)$', text, re.MULTILINE)
    assert dict(made) == inside.targets()
    assert text.count("$(RUN)") == len(made)


@pytest.mark.parametrize(
    ("words", "about", "typed"),
    [
        ("up", [], "make up"),
        ("up --ddl-lock-timeout 30 --retries 10", [], "make up ARGS='--ddl-lock-timeout 30 --retries 10'"),
        ("down --to 20250816", ["--table h"], "make down ARGS='--table h --to 20250816'"),
        ("baseline 20250504", [], "make baseline VERSION=20250504"),
        ("--table h baseline VERSION", [], "make baseline VERSION=VERSION ARGS='--table h'"),
        ("repair 1 --applied", [], "make repair VERSION=1 ARGS=--applied"),
        ("new NAME", ["--dir sql"], "make new NAME=NAME ARGS='--dir sql'"),
        ("--config .env status", [], "make status ARGS='--config .env'"),
        ("check --help", [], "make check ARGS=--help"),
        ("up", ["--dir 'my $ql'"], """make up ARGS='--dir '"'"'my $$ql'"'"''"""),
        ("--help", [], "{program} --help"),
        ("help settings", [], "{program} help settings"),
        ("help reset", [], "{program} help reset"),
    ],
)
def test_under_make_a_command_is_spelled_as_its_target_takes_it(
    words: str, about: list[str], typed: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.argv", [PROGRAM])
    assert inside.command(words, about) == " ".join((PROGRAM, *about, words))
    monkeypatch.setenv("MIGRATE_CALLED_BY", "make")
    assert inside.command(words, about) == typed.format(program=PROGRAM)


def test_a_fix_under_make_works_as_it_is_typed(tmp_path: Path) -> None:
    (tmp_path / "my $ql").mkdir()
    file = tmp_path / "my $ql" / "1_a.up.sql"
    file.write_text("CREATE TABEL a (n INTEGER);\n")
    url, folder = f"sqlite:{tmp_path}/app.db", f"--dir '{tmp_path}/my $$ql'"
    ran = make("up", f"ARGS={folder}", DATABASE_URL=url)
    (fix,) = re.findall(r"^fix: correct line 1, then run  (.*)$", ran.stderr, re.MULTILINE)
    assert fix == f"make up ARGS={shlex.quote(folder)}"
    file.write_text("CREATE TABLE a (n INTEGER);\n")
    typed = f"make -o .venv/.runtime VENV={sys.executable}{fix.removeprefix('make')}"
    environment = clean_environment() | {"DATABASE_URL": url}
    done = subprocess.run(
        ["sh", "-c", typed], cwd=DEPLOY.parent, env=environment, capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stdout.partition("  1 statement")[0]) == (0, "applied  1 a"), done.stderr


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
    assert placed(ran.stderr) == (
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
