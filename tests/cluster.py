"""A Kubernetes API with one Job in it, as far as ``kubectl`` asks for one, and a ``kubectl`` for where there is none.

No cluster runs here: what the Job and its pod are is what the test says, one `Moment` after the other. Time passes when
the program that waits sleeps.
"""

from __future__ import annotations

import contextlib
import http.client
import json
import os
import sys
import threading
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

JOBS, PODS = "/apis/batch/v1/namespaces/default/jobs", "/api/v1/namespaces/default/pods"


def _group(name: str) -> dict[str, Any]:
    version = {"groupVersion": f"{name}/v1", "version": "v1"}
    return {"name": name, "versions": [version], "preferredVersion": version}


def _resources(version: str, plural: str, kind: str) -> dict[str, Any]:
    only = {"name": plural, "kind": kind, "namespaced": True, "verbs": ["get", "list"]}
    return {"kind": "APIResourceList", "groupVersion": version, "resources": [only]}


RESOURCES = {
    "/api": {"kind": "APIVersions", "versions": ["v1"]},
    "/apis": {"kind": "APIGroupList", "groups": [_group("apps"), _group("batch")]},
    "/api/v1": _resources("v1", "pods", "Pod"),
    "/apis/apps/v1": _resources("apps/v1", "deployments", "Deployment"),
    "/apis/batch/v1": _resources("batch/v1", "jobs", "Job"),
}


@dataclass
class Moment:
    """What there is to see at one time. ``condition`` is a type, a reason and a message; the log goes with the pod."""

    condition: tuple[str, str, str] | None = None
    waiting: dict[str, str] | None = None
    unschedulable: str = ""
    log: str = ""
    pod: bool = True
    job: bool = True
    answers: bool = True


@dataclass
class Cluster:
    """The moments, in their order: each ``sleep`` leads to the next one, and the last one stays."""

    name: str
    sleeps: Path
    moments: list[Moment] = field(default_factory=list)
    environment: dict[str, str] = field(default_factory=dict)

    @property
    def now(self) -> Moment:
        return self.moments[min(self.sleeps.stat().st_size, len(self.moments) - 1)]

    def answer(self, path: str) -> tuple[int, str]:
        """Return the status and the body for a GET of *path*, the query cut off."""
        if not self.now.answers:
            return 503, "the API is down"
        if path in RESOURCES:
            return 200, json.dumps(RESOURCES[path])
        if path == f"{JOBS}/{self.name}" and self.now.job:
            return 200, json.dumps(self._job())
        if path == PODS:
            return 200, json.dumps({"kind": "PodList", "apiVersion": "v1", "items": self._pods()})
        if path == f"{PODS}/{self.name}-x/log" and self.now.pod:
            return 200, self.now.log
        missing = {"kind": "Status", "apiVersion": "v1", "status": "Failure", "reason": "NotFound", "code": 404}
        return 404, json.dumps(missing | {"message": f"{path} not found"})

    def _job(self) -> dict[str, Any]:
        # A condition that is not true, as those of a Job that was suspended are, says nothing.
        conditions = [{"type": "Suspended", "status": "False", "reason": "JobResumed", "message": "Job resumed"}]
        if self.now.condition:
            kind, reason, message = self.now.condition
            conditions.append({"type": kind, "status": "True", "reason": reason, "message": message})
        spec = {"selector": {"matchLabels": {"job-name": self.name}}}
        metadata = {"name": self.name, "namespace": "default"}
        return {"apiVersion": "batch/v1", "kind": "Job", "metadata": metadata, "spec": spec,
                "status": {"conditions": conditions}}  # fmt: skip

    def _pods(self) -> list[dict[str, Any]]:
        if not self.now.pod:
            return []
        status: dict[str, Any] = {"containerStatuses": [{"name": "migrate", "state": {"running": {}}}]}
        if self.now.waiting:
            status["containerStatuses"][0]["state"] = {"waiting": self.now.waiting}
        if self.now.unschedulable:
            why = {"reason": "Unschedulable", "message": self.now.unschedulable}
            status = {"conditions": [{"type": "PodScheduled", "status": "False"} | why]}
        metadata = {"name": f"{self.name}-x", "namespace": "default", "labels": {"job-name": self.name}}
        spec = {"containers": [{"name": "migrate"}]}
        return [{"apiVersion": "v1", "kind": "Pod", "metadata": metadata, "spec": spec, "status": status}]


@contextlib.contextmanager
def cluster(name: str, home: Path, *, stand_in: bool) -> Iterator[Cluster]:
    """Serve a `Cluster` while the body runs. Its ``environment`` leads to it, and a ``sleep`` there is ten seconds."""
    made = Cluster(name, home / "sleeps")
    made.sleeps.touch()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            status, body = made.answer(self.path.partition("?")[0])
            self.send_response(status)
            self.send_header(
                "Content-Type", "text/plain" if self.path.partition("?")[0].endswith("/log") else "application/json"
            )
            self.end_headers()
            self.wfile.write(body.encode())

        def log_message(self, *_: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    url = f"http://127.0.0.1:{server.server_port}"
    programs = home / "bin"
    programs.mkdir()
    (programs / "sleep").write_text(f"#!/bin/sh\nprintf x >>'{made.sleeps}'\n")
    (programs / "date").write_text(f"#!/bin/sh\necho $(($(wc -c <'{made.sleeps}') * 10))\n")
    if stand_in:
        command = f'"{sys.executable}" -I -S "{__file__}" {server.server_port}'
        (programs / "kubectl").write_text(f'#!/bin/sh\nexec {command} "$@"\n')
    for program in programs.iterdir():
        program.chmod(0o755)
    config = {
        "apiVersion": "v1", "kind": "Config", "current-context": "here",
        "clusters": [{"name": "here", "cluster": {"server": url}}],
        "contexts": [{"name": "here", "context": {"cluster": "here", "user": "me"}}],
        "users": [{"name": "me", "user": {}}],
    }  # fmt: skip
    (home / "config").write_text(json.dumps(config))
    path = f"{programs}{os.pathsep}{os.environ['PATH']}"
    made.environment = {"PATH": path, "HOME": str(home), "KUBECONFIG": str(home / "config")}
    try:
        yield made
    finally:
        server.shutdown()
        server.server_close()


class NoAnswerError(Exception):
    """The API said this in place of an answer; ``status`` is that of HTTP."""

    def __init__(self, status: int, said: str) -> None:
        super().__init__(said)
        self.status = status


def kubectl(port: str, *words: str) -> str:
    """Answer the questions of deploy/kubernetes/wait-for-job.sh as ``kubectl`` answers them."""

    def get(path: str) -> Any:
        connection = http.client.HTTPConnection("127.0.0.1", int(port))
        connection.request("GET", path)
        answered = connection.getresponse()
        body = answered.read().decode()
        if answered.status != http.client.OK:
            raise NoAnswerError(answered.status, body)
        return body if path.endswith("/log") else json.loads(body)

    def said(each: dict[str, str]) -> str:
        return f"{each['reason']}: {each.get('message', '')}"

    words = words[next(at for at, word in enumerate(words) if not word.startswith("-")) :]
    if words[:2] == ("get", "job"):
        job = get(f"{JOBS}/{words[2]}")
        true = [each for each in job["status"]["conditions"] if each["status"] == "True"]
        return "\n".join([words[2], *(f"is {each['type']} {said(each)}" for each in true)])
    if words[:2] == ("get", "pods"):
        found = []
        for pod in (each["status"] for each in get(PODS)["items"]):
            states = [each["state"] for each in pod.get("containerStatuses", [])]
            found += [each["waiting"] for each in states if "waiting" in each] + pod.get("conditions", [])
        return "".join(said(each) + "\n" for each in found)
    assert words[0] == "logs"
    return str(get(f"{PODS}/{words[1].partition('/')[2]}-x/log"))


if __name__ == "__main__":
    try:
        sys.stdout.write(kubectl(*sys.argv[1:]))
    except NoAnswerError as error:
        if error.status != http.client.NOT_FOUND or "--ignore-not-found" not in sys.argv:
            sys.exit(str(error))
