"""FTP and FTPS by pyftpdlib: control connections, logins, and the commands that Transfer Family knows."""

from __future__ import annotations

import logging
import socket
import threading
from collections.abc import Iterable
from typing import Any

from OpenSSL import SSL
from pyftpdlib.exceptions import AuthenticationFailed
from pyftpdlib.handlers import FTPHandler, TLS_FTPHandler
from pyftpdlib.ioloop import IOLoop

from local.certificate import Certificate
from local.endpoint.files import Files
from local.endpoint.ftp_data import Data, SecureData
from local.endpoint.ftp_files import S3Filesystem
from local.endpoint.listener import TICK_S, Serve
from local.endpoint.login import Visit
from local.endpoint.reception import Reception
from local.endpoint.servers import Protocol, Resumption, Server

KNOWN = [
    "ABOR", "AUTH", "CDUP", "CWD", "DELE", "EPSV", "FEAT", "LIST", "MDTM", "MFMT", "MKD", "MLSD", "MLST", "MODE", "NLST", "NOOP",
    "OPTS", "PASS", "PASV", "PBSZ", "PROT", "PWD", "QUIT", "RETR", "RMD", "RNFR", "RNTO", "SIZE", "STAT", "STOR", "STOU", "STRU",
    "SYST", "TYPE", "USER",
]
"""The commands of aws-reference.md §3, without LANG; AUTH, PBSZ and PROT over FTPS only."""
REFUSED = {
    "APPE": "502 Files cannot be appended to or resumed: send the file again as a whole.",
    "REST": "502 Transfers cannot be resumed: send or fetch the file again as a whole.",
    "PORT": "502 Only passive mode is supported: use PASV or EPSV.",
    "EPRT": "502 Only passive mode is supported: use PASV or EPSV.",
}
MAY = "elrdfmwMT"  # all that pyftpdlib knows but appending: what is allowed, the session policy decides


class Control:
    """What ours adds to pyftpdlib's handler of a control connection, plain or under TLS (it stands before either)."""

    reception: Reception
    declared: Server
    protocol: Protocol
    must_resume = False
    abstracted_fs = S3Filesystem
    unicode_errors = "strict"  # names that are no UTF-8 are refused, not garbled
    use_sendfile = False

    def __init__(self, conn: socket.socket, server: Any, ioloop: Any) -> None:
        self.files: Files | None = None
        super().__init__(conn, server, ioloop)  # type: ignore[call-arg]
        self.authorizer: Any = self  # pyftpdlib asks it whether a login holds and what may be done
        self._current_type = "i"
        self._current_facts = self._available_facts = ["type", "size", "modify", "perm"]

    # --- logging in: what pyftpdlib asks an authorizer

    def validate_authentication(self, username: str, password: str, handler: Any) -> None:
        visit = Visit(self.declared, self.protocol, username, self.remote_ip)  # type: ignore[attr-defined]
        granted = self.reception.ask(visit, password) if password else None  # without one it would be a key login
        if not password:
            self.reception.refused(visit, "no password")
        self.files = self.reception.open(visit, granted) if granted else None
        if self.files is None:
            raise AuthenticationFailed("Authentication failed.")

    def get_home_dir(self, username: str) -> str:
        return "/"

    def get_msg_login(self, username: str) -> str:
        return self.declared.welcome or "Login successful."

    def get_msg_quit(self, username: str) -> str:
        return "Goodbye."

    def has_perm(self, username: str, perm: str, path: str | None = None) -> bool:
        return True

    def get_perms(self, username: str) -> str:
        return MAY

    def impersonate_user(self, username: str, password: str) -> None: ...

    def terminate_impersonation(self, username: str) -> None: ...

    # --- commands

    def pre_process_command(self, line: str, cmd: str, arg: str) -> None:
        if cmd in REFUSED and self.authenticated:  # type: ignore[attr-defined]
            self.reception.logger.info("%s command %s of %s refused", self.protocol, cmd, self.username)  # type: ignore[attr-defined]
            self.respond(REFUSED[cmd])  # type: ignore[attr-defined]
        else:
            super().pre_process_command(line, cmd, arg)  # type: ignore[misc]

    def ftp_TYPE(self, line: str) -> None:
        """Both are taken, and both are binary: there is no conversion of line ends."""
        super().ftp_TYPE(line)  # type: ignore[misc]
        self._current_type = "i"

    def flush_account(self) -> None:
        super().flush_account()  # type: ignore[misc]
        self._current_type = "i"
        self._leave()

    def close(self) -> None:
        super().close()  # type: ignore[misc]  # closes the data connection too, which settles its file
        if self._closed:  # type: ignore[attr-defined]
            self._leave()

    def _leave(self) -> None:
        files, self.files = self.files, None
        if files is not None:
            files.close()
            self.reception.logger.info("%s session of %s ended", self.protocol, files.visit.username)


class PlainControl(Control, FTPHandler):
    """FTP."""

    protocol = Protocol.FTP
    dtp_handler = Data
    proto_cmds = {name: FTPHandler.proto_cmds[name] for name in KNOWN if name in FTPHandler.proto_cmds}  # noqa: RUF012


class SecureControl(Control, TLS_FTPHandler):
    """FTPS: explicit TLS, which both connections must have."""

    protocol = Protocol.FTPS
    dtp_handler = SecureData
    proto_cmds = {name: TLS_FTPHandler.proto_cmds[name] for name in KNOWN}  # noqa: RUF012
    tls_control_required = tls_data_required = True

    def ftp_PROT(self, line: str) -> None:
        if line.upper() == "C":
            self.respond("536 PROT C is refused: data goes under TLS only (PROT P).")
        else:
            super().ftp_PROT(line)


class Acceptance:
    """What pyftpdlib wants to know of the server that a connection came to."""

    backlog = 5

    def __init__(self, connection: socket.socket) -> None:
        self.ip_map: list[str] = []
        self.socket = connection  # asked for its family only
        self.address = connection.getsockname()[:2]

    def _accept_new_cons(self) -> bool:
        return True


def serves(server: Server, protocol: Protocol, reception: Reception, passive_ports: Iterable[int] | None,
           certificate: Certificate) -> Serve:
    """How the listener is to serve a connection: a thread and an IO loop of its own, as calls to S3 block."""
    logging.getLogger("pyftpdlib").addHandler(logging.NullHandler())  # else it configures logging to its own taste
    waits, base = reception.waits, SecureControl if protocol is Protocol.FTPS else PlainControl
    kind: Any = type(base.__name__, (base,), {
        "reception": reception, "declared": server, "timeout": waits.idle_s, "auth_failed_timeout": waits.after_refusal_s,
        "passive_ports": list(passive_ports) if passive_ports else None, "banner": server.banner or "Service ready.",
        "must_resume": server.resumption is Resumption.ENFORCED, "max_login_attempts": 10,
        "dtp_handler": type("Data", (base.dtp_handler,), {"timeout": waits.stalled_s}),
        "ssl_context": _context(certificate, server.resumption) if protocol is Protocol.FTPS else None,
    })

    def serve(connection: socket.socket, address: str, stopping: threading.Event) -> None:
        connection.setblocking(False)
        ioloop = IOLoop()
        try:
            handler = kind(connection, Acceptance(connection), ioloop)
            if not handler._closed:
                handler.handle()
            while not handler._closed and not stopping.is_set():
                soonest = ioloop.loop(TICK_S, blocking=False)
                if not ioloop.socket_map:  # a refused client waits, and pyftpdlib does not listen to him meanwhile
                    stopping.wait(min(soonest or TICK_S, TICK_S))
        finally:
            ioloop.close()  # closes what is still open, cutting off its file
    return serve


def _context(certificate: Certificate, resumption: Resumption) -> SSL.Context:
    context = SSL.Context(SSL.TLS_SERVER_METHOD)
    context.set_min_proto_version(SSL.TLS1_2_VERSION)
    context.use_certificate_chain_file(str(certificate.certificate))
    context.use_privatekey_file(str(certificate.key))
    context.set_session_id(b"bridge twin")
    if resumption is Resumption.DISABLED:
        context.set_session_cache_mode(SSL.SESS_CACHE_OFF)
        context.set_options(SSL.OP_NO_TICKET)
    return context
