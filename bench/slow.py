"""A network that is slow, and counts the round trips."""

from __future__ import annotations

import contextlib
import queue
import socket
import threading
import time
from dataclasses import replace
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from servers import Database


class SlowNetwork:
    """A proxy before a server: what the client sends arrives *delay* seconds later."""

    def __init__(self, host: str, port: int, delay: float) -> None:
        self.target, self.delay = (host, port), delay
        self.trips = 0  # how often somebody began to send after he was answered: exact for one connection at a time
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()

    def before(self, database: Database) -> Database:
        """Return the same database, as it is reached through this network."""
        old = database.server.address.port
        client = tuple(word.replace(f"--port={old}", f"--port={self.port}") for word in database.client)
        return replace(database, url=database.url.replace(f":{old}/", f":{self.port}/"), client=client)

    def close(self) -> None:
        """Take no more connections."""
        self.listener.close()

    def _accept(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                client, _ = self.listener.accept()
                server = socket.create_connection(self.target)
                for each in (client, server):
                    each.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                line: queue.Queue[tuple[float, bytes]] = queue.Queue()
                answered = threading.Event()
                answered.set()
                for target, arguments in (
                    (self._take, (client, line, answered)),
                    (self._hand_on, (server, line)),
                    (self._answer, (server, client, answered)),
                ):
                    threading.Thread(target=target, args=arguments, daemon=True).start()

    def _take(self, client: socket.socket, line: queue.Queue[tuple[float, bytes]], answered: threading.Event) -> None:
        """Note when each piece of what the client sends is due."""
        data = b"?"
        while data:
            with contextlib.suppress(OSError):
                data = b""
                data = client.recv(1 << 16)
            if data and answered.is_set():
                answered.clear()
                self.trips += 1
            line.put((time.monotonic() + self.delay, data))

    @staticmethod
    def _hand_on(server: socket.socket, line: queue.Queue[tuple[float, bytes]]) -> None:
        with contextlib.suppress(OSError):
            while True:
                due, data = line.get()
                time.sleep(max(0, due - time.monotonic()))
                if not data:
                    break
                server.sendall(data)
            server.shutdown(socket.SHUT_WR)

    @staticmethod
    def _answer(server: socket.socket, client: socket.socket, answered: threading.Event) -> None:
        with contextlib.suppress(OSError):
            while data := server.recv(1 << 16):
                answered.set()
                client.sendall(data)
        for each in (server, client):
            each.close()
