"""Partners' clients in Python: SFTP, FTPS and FTP behind one face, for what must run where no client program is installed."""

from __future__ import annotations

import ftplib
import io
import ssl
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path, PurePosixPath
from typing import Protocol, Self, TypeVar

import paramiko

HOST = "127.0.0.1"


class Client(Protocol):
    def put(self, file: Path, path: str) -> None: ...
    def get(self, path: str) -> bytes: ...
    def names(self, folder: str) -> list[str]: ...
    def __enter__(self) -> Self: ...
    def __exit__(self, *_: object) -> None: ...


C = TypeVar("C", bound=Client)


class Sftp:
    def __init__(self, port: int, user: str, password: str) -> None:
        self._ssh = paramiko.SSHClient()
        self._ssh.set_missing_host_key_policy(paramiko.AutoAddPolicy())
        self._ssh.connect(HOST, port, user, password, allow_agent=False, look_for_keys=False)
        self._sftp = self._ssh.open_sftp()

    def put(self, file: Path, path: str) -> None:
        """paramiko looks for the file afterwards. By then the bridge may have taken it away; if so, there is a receipt."""
        try:
            self._sftp.put(str(file), path)
        except FileNotFoundError:
            if not any(name.startswith(f"{PurePosixPath(path).name}.") for name in self._sftp.listdir("/receipts")):
                raise

    def break_off(self, path: str, beginning: bytes) -> None:
        """An upload whose line breaks when so much of it has come."""
        file = self._sftp.open(path, "w")
        file.write(beginning)
        file.flush()
        self._sftp.stat("/")  # answered after all that was written before
        self._ssh.close()

    def get(self, path: str) -> bytes:
        with self._sftp.open(path) as file:
            content: bytes = file.read()
        return content

    def names(self, folder: str) -> list[str]:
        found: list[str] = self._sftp.listdir(folder)
        return found

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._ssh.close()


class Ftp:
    def __init__(self, client: ftplib.FTP, port: int, user: str, password: str) -> None:
        self._ftp = client
        self._ftp.connect(HOST, port)
        self._ftp.login(user, password)
        if isinstance(client, ftplib.FTP_TLS):
            client.prot_p()

    def put(self, file: Path, path: str) -> None:
        with file.open("rb") as content:
            self._ftp.storbinary(f"STOR {path}", content)

    def get(self, path: str) -> bytes:
        content = io.BytesIO()
        self._ftp.retrbinary(f"RETR {path}", content.write)
        return content.getvalue()

    def names(self, folder: str) -> list[str]:
        return [name.rsplit("/", 1)[-1] for name in self._ftp.nlst(folder)]

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._ftp.close()


def logged_in(over: Callable[[int, str, str], C], port: int, user: str, password: str, tries: int) -> C:
    """One who knows that his password is right tries again when he is refused, `tries` times in all."""
    for _ in range(tries - 1):
        with suppress(paramiko.AuthenticationException, ftplib.error_perm):
            return over(port, user, password)
    return over(port, user, password)


def sftp(port: int, user: str, password: str) -> Client:
    return Sftp(port, user, password)


def ftps(port: int, user: str, password: str) -> Client:
    trusting = ssl.create_default_context()
    trusting.check_hostname, trusting.verify_mode = False, ssl.CERT_NONE  # a twin's certificate is its own
    return Ftp(ftplib.FTP_TLS(context=trusting), port, user, password)


def ftp(port: int, user: str, password: str) -> Client:
    return Ftp(ftplib.FTP(), port, user, password)
