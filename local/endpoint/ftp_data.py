"""FTP data connections: which of them ended whole, and what is told when the object could not be written."""

from __future__ import annotations

import select
import socket
import sys
from typing import Any

from OpenSSL import SSL
from pyftpdlib.handlers import DTPHandler, TLS_DTPHandler
from pyftpdlib.handlers.ftp.producers import BufferedIteratorProducer
from pyftpdlib.log import logger as pyftpdlib_log

from local.endpoint.ftp_files import Receiving, Sending
from local.endpoint.refusal import Refusal


class Data(DTPHandler):
    """Stream mode ends a file by closing the connection, so a client that died looks much like one that is done.

    Broken is: a reset; TLS that ends without its farewell; ABOR or a time-out; a control connection that is gone when
    the data ends (a killed process closes both). Not to be told from an end: a client that closes only this one early.
    """

    def __init__(self, sock: socket.socket, cmd_channel: Any) -> None:
        self._broken = False
        self._resp: tuple[Any, ...]
        self.transfer_finished: bool
        super().__init__(sock, cmd_channel)

    def push(self, data: bytes) -> None:
        """As a producer: of nothing (the names in an empty folder), pyftpdlib would make an error under TLS."""
        self.push_with_producer(BufferedIteratorProducer(iter([data] if data else [])))

    def handle_close(self) -> None:
        if not self._closed and self.receive:
            # pyftpdlib calls this alike for an end and for a fault that it has just caught: the fault tells them apart.
            # After TLS's farewell nothing counts any more: lftp resets then, with our session tickets unread.
            fault = sys.exc_info()[1]
            self._broken |= self._socket_error() != 0 if fault is None else not isinstance(fault, SSL.ZeroReturnError)
        super().handle_close()

    def close(self) -> None:
        """Settle the file before pyftpdlib answers: an exception in its `file.close()` would leave the client waiting."""
        if not self._closed:
            match self.file_obj:
                case Receiving() if not self.file_obj.closed:
                    self._settle(self.file_obj)
                case Sending():
                    self.file_obj.download.close(broken=not self.transfer_finished)
        super().close()

    def _settle(self, received: Receiving) -> None:
        whole = False
        try:
            if not self.transfer_finished or self._broken:
                received.upload.cut()
            else:  # a killed client's other connection may end a moment after this one: looked at when the object is written
                whole = received.upload.commit(lambda: not _is_gone(self.cmd_channel))
        except Refusal as refusal:
            self._resp = (f"451 The file was not stored: {refusal}.", pyftpdlib_log.debug)
        else:
            if not whole and self._resp:
                self._resp = ("426 The connection broke; what came of the file is not whole.", pyftpdlib_log.debug)
        self.transfer_finished = whole

    def _socket_error(self) -> int:
        return self.socket.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR) if self.socket.fileno() >= 0 else 0


class SecureData(TLS_DTPHandler, Data):
    """The same under TLS, whose session may have to be that of the control connection."""

    def modify_ioloop_events(self, events: int, logdebug: bool = False) -> None:
        """While the handshake waits for the client, only for him: pyftpdlib would turn round and round on "writable"."""
        waits = self._ssl_accepting and self._ssl_want_read
        super().modify_ioloop_events(self.ioloop.READ if waits else events, logdebug)

    def handle_ssl_established(self) -> None:
        resumed = SSL._lib.SSL_session_reused(self.socket._ssl)  # type: ignore[attr-defined]  # pyOpenSSL has no name for it
        if self.cmd_channel.must_resume and not resumed:
            self.cmd_channel.respond("522 The TLS session of the control connection must be resumed for data.")
            self.close()


def _is_gone(control: Any) -> bool:
    """Whether the client has hung up the control connection, with nothing left to say."""
    if control._closed:
        return True
    hung_up = select.poll()
    hung_up.register(control.socket.fileno(), select.POLLRDHUP)
    if not hung_up.poll(0):
        return False
    if isinstance(control.socket, SSL.Connection):
        return True
    try:
        return control.socket.recv(1, socket.MSG_PEEK | socket.MSG_DONTWAIT) == b""
    except OSError:
        return True
