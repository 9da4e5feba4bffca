"""FTP data connections: which of them ended whole, and what is told when the object could not be written."""

from __future__ import annotations

import select
import socket
import sys
from typing import Any

from OpenSSL import SSL
from pyftpdlib.handlers import DTPHandler, TLS_DTPHandler
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

    def handle_close(self) -> None:
        if not self._closed and self.receive:
            # pyftpdlib calls this alike for an end and for a fault that it has just caught: the fault tells them apart
            fault = sys.exc_info()[1]
            self._broken |= not (fault is None or isinstance(fault, SSL.ZeroReturnError))
            self._broken |= self.socket.fileno() >= 0 and self._socket_error() != 0
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
        if not self.transfer_finished or self._broken or _is_gone(self.cmd_channel):
            self.transfer_finished = False
            self._resp = ("426 The connection broke; what came of the file is not whole.", pyftpdlib_log.debug) if self._resp else ()
            received.upload.cut()
            return
        try:
            received.upload.commit()
        except Refusal as refusal:
            self.transfer_finished = False
            self._resp = (f"451 The file was not stored: {refusal}.", pyftpdlib_log.debug)

    def _socket_error(self) -> int:
        return self.socket.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)


class SecureData(TLS_DTPHandler, Data):
    """The same under TLS, whose session may have to be that of the control connection."""

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
