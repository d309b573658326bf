"""A real Chromium without a window, driven over the pipe of its DevTools protocol: no package is needed for that."""

from __future__ import annotations

import base64
import json
import os
import select
import subprocess
from typing import TYPE_CHECKING, Any

from rig import program

if TYPE_CHECKING:
    from pathlib import Path

# What Chromium does of its own accord, it is not to do here.
QUIET = [
    *("--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-sync"),
    *("--disable-background-networking", "--disable-component-update", "--disable-dev-shm-usage"),
]


class Browser:
    """One Chromium with one page."""

    def __init__(self, home: Path) -> None:
        chromium = program("chromium", "chromium")
        words = [chromium, *QUIET, f"--user-data-dir={home}", "--remote-debugging-pipe", "about:blank"]
        # It reads its orders from descriptor 3 and answers on 4.
        plumbed = ["sh", "-c", 'exec "$@" 3<&0 4>&1 </dev/null >/dev/null 2>&1', "sh", *words]
        environment = os.environ | {"HOME": str(home)}
        self.process = subprocess.Popen(plumbed, stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=environment)
        self.sent, self.session, self.events, self.answers = 0, "", list[dict[str, Any]](), bytearray()
        (target,) = (each for each in self.call("Target.getTargets")["targetInfos"] if each["type"] == "page")
        self.session = self.call("Target.attachToTarget", targetId=target["targetId"], flatten=True)["sessionId"]
        for domain in ("Page", "Runtime", "Network", "Log"):
            self.call(f"{domain}.enable")

    def read(self) -> dict[str, Any]:
        """Return the next message."""
        assert self.process.stdout
        while b"\0" not in self.answers:
            assert select.select([self.process.stdout], [], [], 60)[0], "Chromium does not answer"
            data = os.read(self.process.stdout.fileno(), 1 << 20)
            assert data, "Chromium has ended"
            self.answers += data
        first, _, self.answers = self.answers.partition(b"\0")
        message = json.loads(first)
        assert isinstance(message, dict)
        return message

    def call(self, method: str, **parameters: Any) -> dict[str, Any]:
        """Give one order; return its result. Events that come before it are kept."""
        assert self.process.stdin
        self.sent += 1
        order = {"id": self.sent, "method": method, "params": parameters}
        order |= {"sessionId": self.session} if self.session else {}
        self.process.stdin.write(json.dumps(order).encode() + b"\0")
        self.process.stdin.flush()
        while (message := self.read()).get("id") != self.sent:
            self.events.append(message)
        assert "error" not in message, message
        return dict(message["result"])

    def open(self, url: str, *, width: int = 1440, height: int = 900, scheme: str = "light") -> None:
        """Show a page in a window of that size, for somebody who prefers that *scheme*; wait until it is there."""
        self.call(
            "Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=1, mobile=width < 800
        )
        self.call("Emulation.setEmulatedMedia", features=[{"name": "prefers-color-scheme", "value": scheme}])
        self.events.clear()
        self.call("Page.navigate", url=url)
        while not any(each.get("method") == "Page.loadEventFired" for each in self.events):
            self.events.append(self.read())

    def value(self, expression: str) -> Any:
        """Return what an expression of JavaScript is, in the page."""
        result = self.call("Runtime.evaluate", expression=expression, returnByValue=True)
        assert "exceptionDetails" not in result, result
        return result["result"].get("value")

    def screenshot(self, *, whole: bool = True) -> bytes:
        """Return a PNG of the page."""
        return base64.b64decode(self.call("Page.captureScreenshot", captureBeyondViewport=whole)["data"])

    def pdf(self) -> bytes:
        """Return the page as it is printed on A4, without the backgrounds, as browsers do."""
        return base64.b64decode(
            self.call("Page.printToPDF", paperWidth=8.27, paperHeight=11.69, preferCSSPageSize=True)["data"]
        )

    def close(self) -> None:
        """End it."""
        self.process.terminate()
        self.process.wait(30)
        for pipe in (self.process.stdin, self.process.stdout):
            if pipe:
                pipe.close()
