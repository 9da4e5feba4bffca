"""One SFTP session: each request of the protocol, done by `Files`; a refusal becomes a status with its sentence."""

from __future__ import annotations

import logging
import os
import stat
from collections.abc import Callable
from typing import Any

import paramiko
from paramiko.sftp import SFTP_FAILURE, SFTP_NO_SUCH_FILE, SFTP_OK, SFTP_OP_UNSUPPORTED, SFTP_PERMISSION_DENIED

from local.endpoint.download import Download
from local.endpoint.files import Files
from local.endpoint.refusal import Denied, Failed, NotThere, Refusal, Unsupported
from local.endpoint.tree import Entry, normal
from local.endpoint.upload import Upload

STATUS: dict[type[Refusal], int] = {NotThere: SFTP_NO_SUCH_FILE, Denied: SFTP_PERMISSION_DENIED,
                                    Unsupported: SFTP_OP_UNSUPPORTED, Failed: SFTP_FAILURE}


class Subsystem(paramiko.SFTPServer):
    """paramiko's, but nothing that goes wrong is told as a bare "Failure"."""

    def __init__(self, channel: paramiko.Channel, name: str, guest: paramiko.ServerInterface, files: Files,
                 logger: logging.Logger, touch: Callable[[], None]) -> None:
        super().__init__(channel, name, guest, Requests, files)
        self._faults, self._touch = logger, touch

    def _process(self, t: int, request_number: int, msg: paramiko.Message) -> None:
        self._touch()
        try:
            super()._process(t, request_number, msg)
        except Refusal as refusal:
            self._send_status(request_number, STATUS[type(refusal)], str(refusal))
        except UnicodeDecodeError:
            self._send_status(request_number, SFTP_FAILURE, "names must be in UTF-8")
        except Exception:
            self._faults.exception("an SFTP request failed by a fault of the endpoint's own")
            raise  # paramiko answers with a plain failure
        self._touch()


class Requests(paramiko.SFTPServerInterface):
    """All refuse by raising. Links and what else SFTP knows beyond this is unsupported, as on AWS."""

    def __init__(self, guest: paramiko.ServerInterface, files: Files) -> None:
        super().__init__(guest)
        self._files, self.ended = files, False

    def session_ended(self) -> None:
        self.ended = True  # paramiko closes what is open next: those files are fragments

    def canonicalize(self, path: str) -> str:
        return normal(path)

    def stat(self, path: str) -> paramiko.SFTPAttributes:
        return _attributes(self._files.look(normal(path)))

    lstat = stat

    def list_folder(self, path: str) -> list[paramiko.SFTPAttributes]:
        return [_attributes(entry) for entry in self._files.entries(normal(path))]

    def open(self, path: str, flags: int, attr: paramiko.SFTPAttributes) -> paramiko.SFTPHandle:
        path = normal(path)
        if not flags & (os.O_WRONLY | os.O_RDWR):
            return Reading(self._files.read(path), self)
        if not flags & os.O_CREAT and not self._files.exists(path):
            raise NotThere("no such file")
        keep = bool(flags & os.O_APPEND) or not flags & os.O_TRUNC
        return Writing(self._files.write(path, keep=keep, new=bool(flags & os.O_EXCL)), self)

    def remove(self, path: str) -> int:
        self._files.remove(normal(path))
        return SFTP_OK

    def rename(self, oldpath: str, newpath: str) -> int:
        self._files.rename(normal(oldpath), normal(newpath))
        return SFTP_OK

    posix_rename = rename

    def mkdir(self, path: str, attr: paramiko.SFTPAttributes) -> int:
        self._files.make_folder(normal(path))
        return SFTP_OK

    def rmdir(self, path: str) -> int:
        self._files.remove_folder(normal(path))
        return SFTP_OK

    def chattr(self, path: str, attr: paramiko.SFTPAttributes) -> int:
        """Times and modes do not stick to objects in S3."""
        if not self._files.visit.server.ignores_setstat:
            raise Unsupported("SETSTAT is not supported (the server's SetStatOption is not ENABLE_NO_OP)")
        return SFTP_OK


class Handle(paramiko.SFTPHandle):
    def __init__(self, requests: Requests) -> None:
        super().__init__()
        self._requests = requests

    def chattr(self, attr: paramiko.SFTPAttributes) -> int:
        return self._requests.chattr("", attr)


class Reading(Handle):
    def __init__(self, download: Download, requests: Requests) -> None:
        super().__init__(requests)
        self._download = download

    def read(self, offset: int, length: int) -> bytes:
        return self._download.read(offset, length)

    def stat(self) -> paramiko.SFTPAttributes:
        return _attributes(Entry("", False, self._download.size))

    def close(self) -> None:
        self._download.close(broken=self._requests.ended)


class Writing(Handle):
    def __init__(self, upload: Upload, requests: Requests) -> None:
        super().__init__(requests)
        self._upload = upload

    def write(self, offset: int, data: bytes) -> int:
        self._upload.write(offset, data)
        return SFTP_OK

    def read(self, offset: int, length: int) -> Any:
        raise Unsupported("a file that is being written cannot be read")

    def stat(self) -> paramiko.SFTPAttributes:
        return _attributes(Entry("", False, self._upload.size))

    def close(self) -> None:
        if self._requests.ended:
            self._upload.cut()
        else:
            self._upload.commit()


def _attributes(entry: Entry) -> paramiko.SFTPAttributes:
    attributes = paramiko.SFTPAttributes()
    attributes.filename = entry.name
    attributes.st_size = entry.size
    attributes.st_mode = stat.S_IFDIR | 0o755 if entry.is_folder else stat.S_IFREG | 0o644
    attributes.st_uid = attributes.st_gid = 0
    attributes.st_atime = attributes.st_mtime = int(entry.modified)
    return attributes
