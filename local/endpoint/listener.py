"""A listening socket: one thread a connection, all of them gone when it is stopped."""

from __future__ import annotations

import logging
import socket
import threading
from collections.abc import Callable

TICK_S = 0.2  # how soon a stop is noticed
AT_ONCE = 500  # connections; more are turned away
JOIN_S = 10

Serve = Callable[[socket.socket, str, threading.Event], None]
"""Serves one connection from this address until it ends or the event is set; closes the socket."""


class Listener:
    def __init__(self, name: str, host: str, port: int, serve: Serve, logger: logging.Logger) -> None:
        """Takes the port at once: 0 for any. Raises OSError where it is taken."""
        self._name, self._serve, self._logger = name, serve, logger
        self._socket = socket.create_server((host, port), backlog=100)
        self._socket.settimeout(TICK_S)
        self.port: int = self._socket.getsockname()[1]
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._accept, name=f"{name} listener", daemon=True)
        self._visitors: list[threading.Thread] = []

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        """Ends all connections, as a server that is switched off ends them."""
        self._stopping.set()
        if self._thread.ident:
            self._thread.join(JOIN_S)
        self._socket.close()
        for visitor in self._visitors:
            visitor.join(JOIN_S)

    def _accept(self) -> None:
        while not self._stopping.is_set():
            try:
                connection, address = self._socket.accept()
            except TimeoutError:
                continue
            except OSError as error:  # the client was gone again, or no descriptor is left
                self._logger.warning("%s: a connection was lost (%s)", self._name, error)
                self._stopping.wait(TICK_S)
                continue
            self._visitors = [visitor for visitor in self._visitors if visitor.is_alive()]
            if len(self._visitors) >= AT_ONCE:
                connection.close()
                continue
            visitor = threading.Thread(target=self._visit, args=(connection, address[0]), name=f"{self._name} {address[1]}", daemon=True)
            self._visitors.append(visitor)
            visitor.start()

    def _visit(self, connection: socket.socket, address: str) -> None:
        try:
            connection.setblocking(True)
            self._serve(connection, address, self._stopping)
        except Exception:
            self._logger.exception("%s: a connection from %s ended with a fault of the endpoint's own", self._name, address)
            raise
        finally:
            connection.close()
