"""What a client does with files and folders in one visit, each act with the event that Transfer Family would send."""

from __future__ import annotations

import logging
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from local.endpoint.announce import Act, Announcer, Bus, Failure, now
from local.endpoint.cloud import Assumed, Cloud
from local.endpoint.download import Download
from local.endpoint.login import Granted, Location, Visit
from local.endpoint.ranges import Ranges
from local.endpoint.refusal import Failed, NotThere, Refusal, Unsupported, as_told
from local.endpoint.spool import Spool
from local.endpoint.tree import Entry, Tree
from local.endpoint.upload import Upload

LARGEST_COPY = 5 * 2**30  # bytes of one CopyObject


class Files:
    """One visit's files. All S3 calls are made as the role, under the session policy, that its login was answered with."""

    def __init__(self, visit: Visit, granted: Granted, cloud: Cloud, bus: Bus, spools: Path, logger: logging.Logger) -> None:
        self.visit, self._spools, self._logger = visit, spools, logger
        self._assumed = Assumed(cloud, granted.role, granted.policy, visit.session_name)
        self._tree = Tree(granted.directories, self._assumed.s3)
        self._announcer = Announcer(bus, visit, granted.role.split(":")[4], cloud.region)
        self._uploads: list[Upload] = []
        self._lock = threading.Lock()  # an SSH connection may hold several sessions
        with as_told():
            self._assumed.s3()  # a role that may not be assumed is a login that fails

    def look(self, path: str) -> Entry:
        return self._tree.look(path)

    def entries(self, path: str) -> list[Entry]:
        return self._tree.entries(path)

    def exists(self, path: str) -> bool:
        return self._tree.exists(path)

    def read(self, path: str) -> Download:
        with self._noted(Act.DOWNLOAD, path):
            location = self._tree.locate(path)
            if location is None or self._tree.is_mapped(path):
                raise Failed("a folder cannot be read like a file")
            with as_told():
                s3 = self._assumed.s3()
            return Download(Ranges(s3, location), self.visit, self._announcer, self._logger)

    def write(self, path: str, *, keep: bool = False, new: bool = False) -> Upload:
        """`keep`: what is in the file already is to stay (append, resume), which S3 cannot. `new`: there must be none yet."""
        with self._noted(Act.UPLOAD, path):
            location = self._tree.place(path)
            if (keep or new) and self.exists(path):
                if new:
                    raise Failed("there is a file of this name already")
                raise Unsupported("files cannot be appended to, resumed or changed in place: send it again as a whole")
        upload = Upload(location, Spool(self._spools), self._assumed.s3, self.visit, self._announcer, self._logger)
        with self._lock:
            self._uploads = [*(other for other in self._uploads if not other.closed), upload]
        return upload

    def remove(self, path: str) -> None:
        location = self._place(Act.DELETE, path)
        with self._told(Act.DELETE, location):
            if self._tree.look(path).is_folder:
                raise Failed("a folder cannot be deleted like a file")
            self._s3("delete_object", location)

    def rename(self, path: str, to: str) -> None:
        """A copy, then a delete: S3 has no rename. What had the new name is replaced."""
        source, target = self._place(Act.RENAME, path), self._place(Act.RENAME, to)
        with self._told(Act.RENAME, source, to=target):
            entry = self._tree.look(path)
            if entry.is_folder:
                raise Unsupported("folders cannot be renamed")
            if entry.size > LARGEST_COPY:
                raise Unsupported("files over 5 GiB cannot be renamed in the twin")
            if source != target:
                self._s3("copy_object", target, CopySource={"Bucket": source.bucket, "Key": source.key})
                self._s3("delete_object", source)

    def make_folder(self, path: str) -> None:
        location = self._place(Act.MAKE_FOLDER, path)
        with self._told(Act.MAKE_FOLDER, location):
            if self.exists(path):
                raise Failed("there is something of this name already")
            self._s3("put_object", Location(location.bucket, location.key + "/"), Body=b"")

    def remove_folder(self, path: str) -> None:
        location = self._place(Act.REMOVE_FOLDER, path)
        with self._told(Act.REMOVE_FOLDER, location):
            if not self._tree.look(path).is_folder:
                raise Failed("a file cannot be removed like a folder")
            if self._tree.entries(path):
                raise Failed("the folder is not empty")
            self._s3("delete_object", Location(location.bucket, location.key + "/"))

    def close(self) -> None:
        """The visit is over. What is still open was cut off."""
        for upload in self._uploads:
            upload.cut()
        self._assumed.close()

    def _s3(self, call: str, at: Location, **arguments: Any) -> None:
        with as_told():
            getattr(self._assumed.s3(), call)(Bucket=at.bucket, Key=at.key, **arguments)

    def _place(self, act: Act, path: str) -> Location:
        with self._noted(act, path):
            return self._tree.place(path)

    @contextmanager
    def _noted(self, act: Act, path: str) -> Iterator[None]:
        """What is refused before anything is begun: no event tells of it, the log does."""
        try:
            yield
        except Refusal as refusal:
            self._logger.info("%s of %s by %s refused: %s", act, path, self.visit.username, refusal)
            raise

    @contextmanager
    def _told(self, act: Act, at: Location, to: Location | None = None) -> Iterator[None]:
        started, what = now(), f"{at} to {to}" if to else at
        try:
            yield
        except NotThere as refusal:  # nothing was touched: no event
            self._logger.info("%s of %s by %s refused: %s", act, what, self.visit.username, refusal)
            raise
        except Refusal as refusal:
            self._announcer.failed(act, started, at, Failure.UNKNOWN_ERROR, str(refusal), to=to)
            self._logger.info("%s of %s by %s refused: %s", act, what, self.visit.username, refusal)
            raise
        self._announcer.completed(act, started, at, to=to)
        self._logger.info("%s of %s by %s", act, what, self.visit.username)
