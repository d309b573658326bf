"""A Docker for the tests of deploy/, and the images that its files name, whatever it takes to have them.

Docker that answers is used as it is. Else, for root on Debian, it is installed, and a daemon of our own is started.
An image is pulled; where no registry answers, a stand-in is built from Debian's packages and gets the image's name, so
that the shipped files run as they are:

    python:3.12-slim    Debian stable with its own Python
    postgres:15         that with PostgreSQL 15, and tests/images/postgres.sh
    mysql:8.4           that with the MySQL of tests/servers.py, and tests/images/mysql.sh
"""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import os
import shutil
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import servers

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

TESTS = Path(__file__).resolve().parent
CACHE = Path("/var/cache/imagor-studio-migrate-tests")
CERTIFICATES = Path("/etc/ssl/certs/ca-certificates.crt")
# NAT is what a virtual machine may lack; containers reach each other by name without it.
DAEMON = ["--iptables=false", "--ip-forward=false", "--ip-masq=false"]
FROM_BASE = "FROM python:3.12-slim\n"


class NoDockerError(Exception):
    """No Docker here, and none can be had."""


@dataclass
class Docker:
    """A daemon that answers. ``host`` is where; empty is where the client looks by itself."""

    host: str = ""
    compose_command: list[str] = field(default_factory=list)

    def environment(self, **more: str) -> dict[str, str]:
        """Return the environment of a client: the classic builder, because the other one is not everywhere."""
        own = {"DOCKER_HOST": self.host} if self.host else {}
        return os.environ | own | {"DOCKER_BUILDKIT": "0", "COMPOSE_DOCKER_CLI_BUILD": "0"} | more

    def run(self, *words: str | Path, check: bool = True, **variables: str) -> subprocess.CompletedProcess[str]:
        """Run ``docker`` with these words."""
        return self._run(["docker", *map(str, words)], check=check, **variables)

    def compose(self, *words: str | Path, check: bool = True, **variables: str) -> subprocess.CompletedProcess[str]:
        """Run ``docker compose`` with these words."""
        return self._run([*self.compose_command, *map(str, words)], check=check, **variables)

    def start_compose(self, *words: str | Path, **variables: str) -> subprocess.Popen[str]:
        """Start ``docker compose`` with these words."""
        command, pipe = [*self.compose_command, *map(str, words)], subprocess.PIPE
        return subprocess.Popen(command, env=self.environment(**variables), stdout=pipe, stderr=pipe, text=True)

    def _run(self, command: Sequence[str], *, check: bool, **variables: str) -> subprocess.CompletedProcess[str]:
        ran = subprocess.run(
            command, env=self.environment(**variables), capture_output=True, text=True, check=False, timeout=600
        )
        assert ran.returncode == 0 or not check, f"{' '.join(command)}\n{ran.stdout[-4000:]}{ran.stderr[-4000:]}"
        return ran

    def answers(self) -> bool:
        """Tell whether the daemon is there."""
        with contextlib.suppress(OSError):
            return self.run("version", check=False).returncode == 0
        return False

    def build(self, tag: str, folder: Path, *more: str | Path) -> None:
        """Build an image. With the host's network, because a daemon of our own has no NAT."""
        self.run("build", "--quiet", "--network", "host", "--tag", tag, *more, folder)

    def provide(self, image: str) -> None:
        """Have *image* here: as it is, pulled, or as a stand-in. Raises NoDockerError."""
        if self.run("image", "inspect", image, check=False).returncode == 0:
            return
        if self.run("pull", "--quiet", image, check=False).returncode == 0:
            return
        if os.geteuid() != 0 or not shutil.which("apt-get"):
            raise NoDockerError(f"no registry answers, and a stand-in for {image} takes root and Debian")
        with tempfile.TemporaryDirectory(dir="/var/tmp") as folder:
            STAND_INS[image](self, Path(folder))


def _stand_in_for_python(docker: Docker, folder: Path) -> None:
    _install("mmdebstrap", "mmdebstrap")
    release = dict(line.split("=", 1) for line in Path("/etc/os-release").read_text().splitlines() if "=" in line)
    options = ["--quiet", "--variant=minbase", "--include=python3,python3-pip,python3-venv,ca-certificates"]
    command = ["mmdebstrap", *options, release["VERSION_CODENAME"], f"{folder}/base.tar"]
    subprocess.run(command, check=True, capture_output=True)
    docker.run("import", folder / "base.tar", "python:3.12-slim")
    (folder / "base.tar").unlink()
    if CERTIFICATES.is_file():  # this machine may trust one that Debian does not know
        shutil.copy(CERTIFICATES, folder)
        variables = f"PIP_CERT={CERTIFICATES} SSL_CERT_FILE={CERTIFICATES}"
        (folder / "Dockerfile").write_text(f"{FROM_BASE}COPY {CERTIFICATES.name} {CERTIFICATES}\nENV {variables}\n")
        docker.build("python:3.12-slim", folder)


def _stand_in_for_postgres(docker: Docker, folder: Path) -> None:
    docker.provide("python:3.12-slim")
    shutil.copy(TESTS / "images" / "postgres.sh", folder)
    (folder / "Dockerfile").write_text(
        f"{FROM_BASE}RUN apt-get update -qq && apt-get install -y -qq --no-install-recommends postgresql-15"
        " && rm -rf /var/lib/postgresql/15 && mkdir -p /var/lib/postgresql/data"
        " && ln -sf /usr/lib/postgresql/15/bin/* /usr/local/bin/\n"
        'COPY postgres.sh /\nENTRYPOINT ["/bin/sh", "/postgres.sh"]\n'
    )
    docker.build("postgres:15", folder)


def _stand_in_for_mysql(docker: Docker, folder: Path) -> None:
    docker.provide("python:3.12-slim")
    unpacked = CACHE / "mysql"
    if not servers.Program.unpacked(unpacked):
        CACHE.mkdir(parents=True, exist_ok=True)
        command = [sys.executable, "-I", servers.__file__, "fetch-mysql", str(unpacked)]
        subprocess.run(command, check=True, capture_output=True)
    shutil.copytree(unpacked, folder / "mysql", symlinks=True)
    shutil.copy(TESTS / "images" / "mysql.sh", folder)
    (folder / "mysql.sh").chmod(0o755)
    (folder / "Dockerfile").write_text(
        f"{FROM_BASE}RUN useradd --system mysql && mkdir -p /var/lib/mysql\n"
        "COPY mysql /opt/mysql\nCOPY mysql.sh /usr/local/bin/mysqladmin\n"
        'ENTRYPOINT ["/usr/local/bin/mysqladmin"]\n'
    )
    docker.build("mysql:8.4", folder)


STAND_INS = {
    "python:3.12-slim": _stand_in_for_python,
    "postgres:15": _stand_in_for_postgres,
    "mysql:8.4": _stand_in_for_mysql,
}


def _install(program: str, *packages: str) -> None:
    """Have a program of Debian's. Raises NoDockerError."""
    if shutil.which(program):
        return
    if os.geteuid() != 0 or not shutil.which("apt-get"):
        raise NoDockerError(f"{program} is not installed: apt-get install {' '.join(packages)}")
    command = ["apt-get", "-o", "DPkg::Lock::Timeout=120", "-qq"]
    install = [*command, "install", "--yes", "--no-install-recommends", *packages]
    if subprocess.run(install, capture_output=True, check=False).returncode:  # the lists are missing or old
        subprocess.run([*command, "update"], capture_output=True, check=False)
        if subprocess.run(install, capture_output=True, check=False).returncode:
            raise NoDockerError(f"apt-get cannot install {' '.join(packages)}")


def _with_compose(docker: Docker) -> Docker:
    if docker.run("compose", "version", check=False).returncode == 0:
        docker.compose_command = ["docker", "compose"]
    else:
        _install("docker-compose", "docker-compose")
        docker.compose_command = ["docker-compose"]
    return docker


def _images() -> Path:
    """Return the folder in which our daemon keeps its images from run to run, until what they are made of changes."""
    made_of = b"".join(path.read_bytes() for path in [Path(__file__), *sorted((TESTS / "images").iterdir())])
    folder = CACHE / f"docker-{hashlib.sha256(made_of).hexdigest()[:12]}"
    for old in CACHE.glob("docker-*"):
        if old != folder:
            shutil.rmtree(old, ignore_errors=True)
    return folder


@contextlib.contextmanager
def docker_host() -> Iterator[Docker]:
    """Give a Docker while the body runs. Raises NoDockerError."""
    if Docker().answers():
        yield _with_compose(Docker())
        return
    if os.geteuid() != 0:
        raise NoDockerError("no daemon answers this user, and starting one takes root")
    _install("dockerd", "docker.io", "docker-compose")
    CACHE.mkdir(parents=True, exist_ok=True)
    with (
        (CACHE / "docker.lock").open("w") as one_daemon_at_a_time,
        tempfile.TemporaryDirectory(prefix="migrate-docker-", ignore_cleanup_errors=True) as home,
    ):
        fcntl.flock(one_daemon_at_a_time, fcntl.LOCK_EX)  # the folder of images is one daemon's
        docker = Docker(f"unix://{home}/socket")
        where = [f"--data-root={_images()}", f"--exec-root={home}/exec", f"--pidfile={home}/pid"]
        with (Path(home) / "log").open("w") as log:
            command = ["dockerd", "-H", docker.host, *where, *DAEMON]
            daemon = subprocess.Popen(command, stdout=log, stderr=log, start_new_session=True)
        try:
            end = time.monotonic() + 60
            while not docker.answers():
                if daemon.poll() is not None or time.monotonic() > end:
                    raise NoDockerError("dockerd does not start: " + (Path(home) / "log").read_text()[-1500:])
                time.sleep(0.2)
            yield _with_compose(docker)
        finally:
            daemon.terminate()
            try:
                daemon.wait(30)
            except subprocess.TimeoutExpired:
                daemon.kill()
            for left in Path(home).glob("exec/netns/*"):  # mounted
                subprocess.run(["umount", "--lazy", left], capture_output=True, check=False)
