"""pyftpdlib's view of a file system, over `Files`; a refusal becomes the sentence after its 550."""

from __future__ import annotations

import os
import posixpath
import secrets
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from pyftpdlib.exceptions import FilesystemError
from pyftpdlib.filesystems import AbstractedFS

from local.endpoint.download import Download
from local.endpoint.files import Files
from local.endpoint.refusal import NotThere, Refusal
from local.endpoint.tree import Entry, normal
from local.endpoint.upload import Upload


@contextmanager
def spoken() -> Iterator[None]:
    try:
        yield
    except Refusal as refusal:
        sentence = str(refusal)
        raise FilesystemError(sentence[:1].upper() + sentence[1:]) from refusal


class S3Filesystem(AbstractedFS):
    """Its "real" paths are the logical ones: there is no other file system to escape to."""

    def __init__(self, root: str, channel: Any) -> None:
        super().__init__(root, channel)
        self._files: Files = channel.files
        self._listed: dict[str, Entry] = {}  # so that a listing of many files is not a request for each

    def ftp2fs(self, ftppath: str) -> str:
        return normal(ftppath, self.cwd)

    def fs2ftp(self, fspath: str) -> str:
        return fspath

    def validpath(self, path: str) -> bool:
        return True

    def realpath(self, path: str) -> str:
        return path

    # --- files

    def open(self, filename: str, mode: str) -> Receiving | Sending:
        with spoken():
            if mode == "rb":
                return Sending(filename, self._files.read(filename))
            return Receiving(filename, self._files.write(filename, keep=mode != "wb"))

    def mkstemp(self, suffix: str = "", prefix: str = "", dir: str | None = None, mode: str = "wb") -> Receiving | Sending:
        return self.open(posixpath.join(dir or "/", f"{prefix}{secrets.token_hex(4)}{suffix}"), mode)

    def remove(self, path: str) -> None:
        with spoken():
            self._files.remove(path)

    def rename(self, src: str, dst: str) -> None:
        with spoken():
            self._files.rename(src, dst)

    def utime(self, path: str, timeval: float) -> None:
        """Times do not stick to objects in S3."""
        if not self._files.visit.server.ignores_setstat:
            raise FilesystemError("MFMT is not supported (the server's SetStatOption is not ENABLE_NO_OP)")

    # --- folders

    def chdir(self, path: str) -> None:
        with spoken():
            if not self._files.look(path).is_folder:
                raise NotThere("not a folder")
        self.cwd = path

    def mkdir(self, path: str) -> None:
        with spoken():
            self._files.make_folder(path)

    def rmdir(self, path: str) -> None:
        with spoken():
            self._files.remove_folder(path)

    def listdir(self, path: str) -> list[str]:
        with spoken():
            entries = self._files.entries(path)
        self._listed = {posixpath.join(path, entry.name): entry for entry in entries}
        return [entry.name for entry in entries]

    def format_list(self, basedir: str, listing: list[str], ignore_err: bool = True) -> Iterator[bytes]:
        yield from super().format_list(basedir, listing, ignore_err)
        self._listed = {}

    def format_mlsx(self, basedir: str, listing: list[str], perms: str, facts: list[str], ignore_err: bool = True) -> Iterator[bytes]:
        yield from super().format_mlsx(basedir, listing, perms, facts, ignore_err)
        self._listed = {}

    # --- what is there

    def stat(self, path: str) -> os.stat_result:
        with spoken():
            entry = self._listed.get(path) or self._files.look(path)
        mode = stat.S_IFDIR | 0o755 if entry.is_folder else stat.S_IFREG | 0o644
        return os.stat_result((mode, 0, 0, 1, 0, 0, entry.size, int(entry.modified), int(entry.modified), int(entry.modified)))

    lstat = stat

    def getsize(self, path: str) -> int:
        return self.stat(path).st_size

    def getmtime(self, path: str) -> float:
        return self.stat(path).st_mtime

    def isfile(self, path: str) -> bool:
        entry = self._look(path)
        return entry is not None and not entry.is_folder

    def isdir(self, path: str) -> bool:
        entry = self._look(path)
        return entry is not None and entry.is_folder

    def lexists(self, path: str) -> bool:
        return self._look(path) is not None

    def islink(self, path: str) -> bool:
        return False

    def _look(self, path: str) -> Entry | None:
        try:
            return self._files.look(path)
        except Refusal:  # pyftpdlib asks these outside its own error handling; the operation itself will say why
            return None

    def get_user_by_uid(self, uid: int) -> str:
        return "owner"

    get_group_by_gid = get_user_by_uid


class Receiving:
    """An upload as pyftpdlib writes to a file."""

    def __init__(self, name: str, upload: Upload) -> None:
        self.name, self.upload = name, upload

    @property
    def closed(self) -> bool:
        return self.upload.closed

    def write(self, data: bytes) -> None:
        try:
            self.upload.write(self.upload.size, data)
        except Refusal as refusal:
            raise OSError(28, str(refusal)) from refusal  # the endpoint's disk is full: nothing else can happen here

    def close(self) -> None:
        """Without commit or cut before: the data connection was never made."""
        self.upload.close()


class Sending:
    """A download as pyftpdlib reads from a file."""

    def __init__(self, name: str, download: Download) -> None:
        self.name, self.download, self._at = name, download, 0

    @property
    def closed(self) -> bool:
        return self.download.closed

    def read(self, length: int) -> bytes:
        try:
            data = self.download.read(self._at, length)
        except Refusal as refusal:
            raise OSError(5, str(refusal)) from refusal
        self._at += len(data)
        return data

    def close(self) -> None:
        self.download.close(broken=True)  # whoever was sent all has closed it before
