"""Proof 4: two nodes of a Galera cluster, where a lock of the one is not seen on the other. Runs on both at once."""

from __future__ import annotations

import contextlib
import os
import re
import shutil
import signal
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pymysql
import pytest
import rig

import migrate
import servers

if TYPE_CHECKING:
    from collections.abc import Iterator

    from servers import Database

pytestmark = pytest.mark.repeated

FILES = {
    "1_a.up": "CREATE TABLE counter (n INTEGER, id INTEGER AUTO_INCREMENT PRIMARY KEY);\n"
    "INSERT INTO counter (n) VALUES (1);\n",
    "2_b.up": "INSERT INTO counter (n) VALUES (2);\n",
    "3_c.up": "CREATE TABLE c (n INTEGER PRIMARY KEY);\nINSERT INTO counter (n) VALUES (3);\n",
    "4_d.up": "ALTER TABLE c ADD COLUMN m INTEGER;\nINSERT INTO counter (n) VALUES (4);\n",
}


# How a node hands its data to another: not at all, the folder was copied. What has happened since is sent by Galera.
SCRIPT = """#!/bin/sh
while [ $# -gt 0 ]; do
    case $1 in --role) role=$2 ;; --gtid) gtid=$2 ;; --datadir) data=$2 ;; esac
    shift
done
if [ "$role" = joiner ]; then
    echo ready 127.0.0.1:1/copied
    sleep 1
    awk '/^uuid/ { uuid = $2 } /^seqno/ { seqno = $2 } END { print uuid ":" seqno }' "$data/../position"
else
    echo done "$gtid"
fi
"""


class Node(rig.Servant):
    """One MariaDB of the cluster."""

    def __init__(self, provider: Path, name: str) -> None:
        super().__init__("galera")
        self.provider, self.name, self.group = provider, name, rig.free_port()
        self.url = f"mysql://root@127.0.0.1:{self.port}/app"

    def start(self, members: str, *more: str) -> None:
        group = f"gmcast.listen_addr=tcp://127.0.0.1:{self.group};ist.recv_addr=127.0.0.1:{rig.free_port()}"
        options = {
            "datadir": f"{self.home}/data", "tmpdir": self.home, "wsrep-on": "ON",
            "port": self.port, "bind-address": "127.0.0.1",
            "socket": f"{self.home}/socket", "pid-file": f"{self.home}/pid", "wsrep-provider": self.provider,
            "wsrep-provider-options": group, "wsrep-cluster-address": f"gcomm://{members}", "binlog-format": "ROW",
            "innodb-autoinc-lock-mode": 2, "wsrep-node-address": "127.0.0.1", "wsrep-node-name": self.name,
            "innodb-flush-log-at-trx-commit": 0, "wsrep-sst-method": "copied",
        }  # fmt: skip
        program = rig.program("mariadbd", "mariadb-server-core")
        script = self.home / "wsrep_sst_copied"
        script.write_text(SCRIPT)
        script.chmod(0o755)
        words = [f"--{name}={value}" for name, value in options.items()]
        path = f"{self.home}:{os.environ['PATH']}"
        self.serve("env", f"PATH={path}", program, "--no-defaults", *words, "--skip-name-resolve", *more)

    def query(self, sql: str, database: str | None = "app") -> list[tuple[Any, ...]]:
        connection = pymysql.connect(host="127.0.0.1", port=self.port, user="root", database=database, autocommit=True)
        with contextlib.closing(connection), connection.cursor() as cursor:
            cursor.execute(sql)
            return list(cursor.fetchall())

    def is_ready(self, size: int) -> bool:
        with contextlib.suppress(pymysql.Error):
            found = dict(self.query("SHOW STATUS LIKE 'wsrep_%'", None))
            return (found["wsrep_ready"], found["wsrep_cluster_size"]) == ("ON", str(size))
        return False

    def stop(self) -> None:
        assert self.process
        self.process.send_signal(signal.SIGTERM)
        self.process.wait(60)


@pytest.fixture(scope="module")
def cluster() -> Iterator[tuple[Node, Node]]:
    rig.program("mariadbd", "mariadb-server-core")
    provider = next(Path("/usr/lib").glob("galera*/libgalera_smm.so"), None)
    if not provider:
        rig.install("galera-4")
        provider = next(Path("/usr/lib").glob("galera*/libgalera_smm.so"), None)
    if not provider:
        pytest.skip("Galera is not on this machine; install: galera-4")
    one, two = Node(provider, "one"), Node(provider, "two")
    try:
        data = f"{one.home}/data"
        base = ["--no-defaults", f"--datadir={data}", f"--tmpdir={one.home}"]  # see servers.start_mariadb
        one.call("mariadb-install-db", *base, "--skip-test-db", "--auth-root-authentication-method=normal")
        one.start("", "--wsrep-new-cluster")
        rig.until(lambda: one.is_ready(1), 60)
        one.query("CREATE DATABASE app", None)
        one.stop()
        # A copy has the same position in the history of the cluster: no state has to be sent when it joins.
        if one.user:
            two.call("cp", "-r", data, f"{two.home}/data")
        else:
            shutil.copytree(data, f"{two.home}/data")
        (two.home / "position").write_text(Path(data, "grastate.dat").read_text())
        one.start("", "--wsrep-new-cluster")
        rig.until(lambda: one.is_ready(1), 60)
        two.start(f"127.0.0.1:{one.group}")
        rig.until(lambda: two.is_ready(2), 60)
        yield one, two
    except AssertionError as error:
        servers.skip_or_fail(f"the cluster does not start: {error}")
    finally:
        one.remove()
        two.remove()


def history(node: Node, table: str) -> list[tuple[str, int]]:
    return [(version, dirty) for version, dirty in node.query(f"SELECT version, dirty FROM {table} ORDER BY version")]


def test_runs_on_both_nodes_at_once_apply_each_migration_once(
    cluster: tuple[Node, Node], tmp_path: Path, full: bool
) -> None:
    for number in range(10 if full else 2):
        cluster[0].query("DROP DATABASE app", None)
        cluster[0].query("CREATE DATABASE app", None)
        folder = tmp_path / str(number)
        folder.mkdir()
        rig.write(folder, FILES)
        runs = [rig.start(folder, node.url, "--lock-timeout", "90", "up") for node in cluster * (4 if full else 2)]
        ended = [rig.Ended(run) for run in runs]
        for each in ended:
            assert each.exit in {0, 5}, each.err
            assert "Traceback" not in each.err
            assert "half way" not in each.err
        time.sleep(0.5)
        for node in cluster:
            assert sorted(node.query("SELECT n FROM counter")) == [(1,), (2,), (3,), (4,)]
            assert history(node, "schema_migrations") == [("1", 0), ("2", 0), ("3", 0), ("4", 0)]
        assert sorted(line.split()[1] for each in ended for line in each.out.splitlines()) == ["1", "2", "3", "4"]


def test_a_loser_waits_for_a_slow_winner_on_the_other_node(
    cluster: tuple[Node, Node], tmp_path: Path, full: bool
) -> None:
    if not full:
        pytest.skip("takes half a minute:  make prove")
    rig.write(
        tmp_path,
        {"1_slow.up": "CREATE TABLE slow (n INTEGER PRIMARY KEY);\nDO SLEEP(20);\nINSERT INTO slow VALUES (1);"},
    )
    table = ("--table", "slow_history", "--lock-timeout", "60")
    winner = rig.start(tmp_path, cluster[0].url, *table, "up")
    rig.until(lambda: cluster[1].query("SHOW TABLES LIKE 'slow_history'"))
    rig.until(lambda: history(cluster[1], "slow_history") == [("1", 1)])
    loser = rig.run(tmp_path, cluster[1].url, *table, "up")
    first = rig.Ended(winner)
    assert (first.exit, loser.exit) == (0, 0), (first.err, loser.err)
    assert "applied  1 slow" in first.out
    assert loser.out == ""
    assert cluster[1].query("SELECT n FROM slow") == [(1,)]


def test_a_killed_run_is_finished_from_the_other_node(cluster: tuple[Node, Node], tmp_path: Path, full: bool) -> None:
    if not full:
        pytest.skip("takes half a minute:  make prove")
    rig.write(tmp_path, {"1_k.up": "CREATE TABLE k (n INTEGER PRIMARY KEY);\nINSERT INTO k VALUES (1);\nDO SLEEP(6);"})
    table = ("--table", "k_history", "--lock-timeout", "60")
    winner = rig.start(tmp_path, cluster[0].url, *table, "up")
    rig.until(lambda: cluster[1].query("SHOW TABLES LIKE 'k_history'"))
    rig.until(lambda: cluster[1].query("SELECT 1 FROM k_history WHERE statements_done = 1"))
    winner.kill()
    winner.communicate()
    heir = rig.run(tmp_path, cluster[1].url, *table, "up")
    assert heir.exit == 0, heir.err
    assert re.match(r"applied  1 k  2 statements", heir.out)
    assert cluster[0].query("SELECT n FROM k") == [(1,)]


def test_group_replication_with_several_primaries_is_known_for_what_it_is(
    oracle_mysql: Database, tmp_path: Path, full: bool
) -> None:
    """Its locks are a node's own, too. Here is one node, which says that it would be one of several primaries."""
    if not full:
        pytest.skip("changes the server for whoever else is there:  make prove")
    try:
        oracle_mysql.execute("INSTALL PLUGIN group_replication SONAME 'group_replication.so'")
    except pymysql.Error as error:
        pytest.skip(f"this MySQL has no group replication: {error}")
    try:
        oracle_mysql.execute("SET GLOBAL group_replication_single_primary_mode = OFF")
        database = migrate.MySQL(migrate.DatabaseURL.parse(oracle_mysql.url))
        with contextlib.closing(database):
            database.open(write=True)
            assert database.local_locks
            assert database.query("SELECT @@group_replication_consistency")[0] == ("BEFORE",)
        rig.write(tmp_path, FILES)
        ran = rig.run(tmp_path, oracle_mysql.url, "up")
        assert (ran.exit, ran.err) == (0, "")
        assert sorted(oracle_mysql.query("SELECT n FROM counter")) == [(1,), (2,), (3,), (4,)]
    finally:
        oracle_mysql.execute("SET GLOBAL group_replication_single_primary_mode = ON")
        oracle_mysql.execute("UNINSTALL PLUGIN group_replication")
