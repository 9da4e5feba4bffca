"""HTTP for the simulator: one thread a connection, kept alive, one write an answer, no Nagle (local-stack.md §9)."""

from __future__ import annotations

import socket
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from enum import Enum
from http.client import responses
from http.server import BaseHTTPRequestHandler
from socketserver import TCPServer, ThreadingMixIn
from threading import Thread
from typing import Any


@dataclass(frozen=True, slots=True)
class Asked:
    """A request as it came in. `origin`: scheme, host and port that the client used; `type`: of the body."""

    method: str
    target: str
    authorization: str | None
    body: bytes
    origin: str
    type: str = ""


class Ending(Enum):
    """What becomes of an answer."""

    WHOLE = "whole"
    CUT = "cut"  # half of it, then the connection is closed
    NONE = "none"  # the connection is closed at once


@dataclass(frozen=True, slots=True)
class Told:
    """An answer, ready to be sent."""

    status: int
    payload: bytes
    type: str
    headers: tuple[tuple[str, str], ...] = ()
    ending: Ending = Ending.WHOLE


class Listener(ThreadingMixIn, TCPServer):
    """Takes connections and asks `answer`; `close` ends also those that clients keep open."""

    allow_reuse_address = True
    request_queue_size = 128

    def __init__(self, host: str, port: int, answer: Callable[[Asked], Told]) -> None:
        self.answer = answer
        self._open: dict[socket.socket, Thread] = {}
        super().__init__((host, port), Connection)

    def process_request(self, request: Any, client_address: Any) -> None:
        """Serve the connection in a thread of its own, which does not keep the process alive."""
        thread = Thread(target=self.process_request_thread, args=(request, client_address), daemon=True)
        self._open[request] = thread
        thread.start()

    def shutdown_request(self, request: Any) -> None:
        """Forget the connection."""
        self._open.pop(request, None)
        super().shutdown_request(request)

    def close(self) -> None:
        """Stop taking connections, close the open ones, and wait for their threads."""
        self.shutdown()
        self.server_close()
        for connection, thread in list(self._open.items()):
            with suppress(OSError):  # the client was quicker
                connection.shutdown(socket.SHUT_RDWR)
            thread.join(timeout=10)


class Connection(BaseHTTPRequestHandler):
    """One client's connection."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    wbufsize = -1
    server: Listener

    def handle(self) -> None:
        """Serve until either side closes; a client that goes away in the middle is nothing to report."""
        try:
            super().handle()
        except OSError:
            self.close_connection = True

    def turn(self) -> None:
        """One request, one answer."""
        if self.headers.get("Transfer-Encoding"):  # a body without a length would be taken for the next request
            self.send_error(411)
            self.close_connection = True
            return
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        host = self.headers.get("Host") or "{}:{}".format(*self.server.server_address[:2])
        told = self.server.answer(
            Asked(self.command, self.path, self.headers.get("Authorization"), body, f"http://{host}",
                  self.headers.get("Content-Type") or "")
        )  # fmt: skip
        if told.ending is not Ending.WHOLE:
            self.close_connection = True
        if told.ending is not Ending.NONE:
            self._send(told)

    def _send(self, told: Told) -> None:
        headers = [("Server", "Plytix simulator"), ("Date", self.date_time_string()), *told.headers]
        if told.status != 204:
            headers += [("Content-Type", told.type), ("Content-Length", str(len(told.payload)))]
        lines = [f"HTTP/1.1 {told.status} {responses.get(told.status, 'Unknown')}"]
        lines += [f"{name}: {value}" for name, value in headers]
        head = ("\r\n".join(lines) + "\r\n\r\n").encode("latin-1")
        payload = b"" if self.command == "HEAD" or told.status == 204 else told.payload
        self.wfile.write(head + (payload[: len(payload) // 2] if told.ending is Ending.CUT else payload))
        self.wfile.flush()

    do_GET = do_POST = do_PATCH = do_PUT = do_DELETE = do_HEAD = do_OPTIONS = turn

    def log_message(self, format: str, *args: Any) -> None:
        """Silent: the journal knows."""
