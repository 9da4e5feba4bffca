"""SFTP by paramiko's server side: connections and logins. What is done in a session stands in sftp_session.py."""

from __future__ import annotations

import socket
import threading
import time
from base64 import b64decode
from binascii import Error as NotBase64

import paramiko
from paramiko.common import (
    AUTH_FAILED,
    AUTH_SUCCESSFUL,
    OPEN_FAILED_ADMINISTRATIVELY_PROHIBITED,
    OPEN_FAILED_RESOURCE_SHORTAGE,
    OPEN_SUCCEEDED,
)

from local.endpoint.files import Files
from local.endpoint.listener import JOIN_S, TICK_S, Serve
from local.endpoint.login import Granted, Visit
from local.endpoint.reception import Reception
from local.endpoint.servers import Methods, Protocol, Server
from local.endpoint.sftp_session import Subsystem

SESSIONS = 10  # multiplexed in one connection
METHODS = {Methods.PASSWORD: "password", Methods.PUBLIC_KEY: "publickey", Methods.EITHER: "publickey,password"}


def serves(server: Server, reception: Reception, host_key: paramiko.PKey) -> Serve:
    """How the listener is to serve a connection."""
    noise = reception.logger.getChild("ssh")  # paramiko reports every scanner as an error, with a traceback
    noise.setLevel("CRITICAL")

    def serve(connection: socket.socket, address: str, stopping: threading.Event) -> None:
        transport = paramiko.Transport(connection)
        transport.set_log_channel(noise.name)
        transport.local_version = "SSH-2.0-bridge_twin"
        transport.add_server_key(host_key)
        guest = Guest(server, address, reception)
        try:
            transport.start_server(event=threading.Event(), server=guest)
            while transport.is_alive():
                transport.join(TICK_S)
                if stopping.is_set() or guest.is_idle():
                    transport.close()
        except (paramiko.SSHException, EOFError, OSError) as error:
            reception.logger.debug("SFTP connection from %s ended before it began: %s", address, error)
        finally:
            transport.close()
            guest.leave()
    return serve


class Guest(paramiko.ServerInterface):
    """One SSH connection: who it is, proven how, and the sessions that it has opened."""

    def __init__(self, server: Server, address: str, reception: Reception) -> None:
        self._server, self._address, self._reception = server, address, reception
        self._visit: Visit | None = None
        self._keys: list[Granted | None] = []  # the answer to "which keys?", asked once a connection
        self._granted: Granted | None = None
        self._files: Files | None = None
        self._sessions: list[Subsystem] = []
        self._came = self._active = time.monotonic()

    # --- logging in

    def get_banner(self) -> tuple[str | None, str | None]:
        return (self._server.banner + "\r\n", "en-US") if self._server.banner else (None, None)

    def get_allowed_auths(self, username: str) -> str:
        return METHODS[self._server.methods]

    def check_auth_publickey(self, username: str, key: paramiko.PKey) -> int:
        """Whether the key is one of his; paramiko then has him prove it. Asked twice a key: without and with the proof."""
        if not self._takes("publickey"):
            return AUTH_FAILED
        if not self._keys:
            self._keys.append(self._reception.ask(self._named(username), None))
        granted = self._keys[0]
        if granted is None:
            return AUTH_FAILED
        if key.asbytes() not in [_blob(line) for line in granted.keys]:
            self._reception.refused(self._named(username), "key")
            return AUTH_FAILED
        return self._admit(granted)

    def check_auth_password(self, username: str, password: str | bytes) -> int:
        if not self._takes("password") or isinstance(password, bytes):  # bytes: it was no UTF-8
            return AUTH_FAILED
        granted = self._reception.ask(self._named(username), password)
        return AUTH_FAILED if granted is None else self._admit(granted)

    def _takes(self, method: str) -> bool:
        return method in METHODS[self._server.methods].split(",")

    def _named(self, username: str) -> Visit:
        if self._visit is None:  # paramiko ends a connection that changes its user's name midway
            self._visit = Visit(self._server, Protocol.SFTP, username, self._address)
        return self._visit

    def _admit(self, granted: Granted) -> int:
        self._active = time.monotonic()
        self._granted = granted  # of no use before paramiko calls the connection authenticated
        return AUTH_SUCCESSFUL

    # --- sessions

    def check_channel_request(self, kind: str, chanid: int) -> int:
        if kind != "session":
            return OPEN_FAILED_ADMINISTRATIVELY_PROHIBITED
        self._sessions = [session for session in self._sessions if session.is_alive()]
        return OPEN_SUCCEEDED if len(self._sessions) < SESSIONS else OPEN_FAILED_RESOURCE_SHORTAGE

    def check_channel_subsystem_request(self, channel: paramiko.Channel, name: str) -> bool:
        if name != "sftp" or self._granted is None or self._visit is None:
            return False
        if self._files is None:
            self._files = self._reception.open(self._visit, self._granted)
        if self._files is None:
            return False
        session = Subsystem(channel, name, self, self._files, self._reception.logger, self.touch)
        self._sessions.append(session)
        session.start()
        return True

    def touch(self) -> None:
        self._active = time.monotonic()

    def is_idle(self) -> bool:
        """Also of one who does not log in."""
        now, waits = time.monotonic(), self._reception.waits
        return now - self._came > waits.login_s if self._granted is None else now - self._active > waits.idle_s

    def leave(self) -> None:
        """The connection is over: sessions end by themselves, cutting off what is still open."""
        for session in self._sessions:
            session.join(JOIN_S)
        if self._files is not None:
            self._files.close()
            self._reception.logger.info("SFTP session of %s ended", self._files.visit.username)


def _blob(line: str) -> bytes:
    words = line.split()
    try:
        return b64decode(words[1]) if len(words) > 1 else b""
    except (ValueError, NotBase64):
        return b""
