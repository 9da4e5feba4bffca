"""What a client sees: logical directories over S3, where there are no folders, only keys with slashes in them."""

from __future__ import annotations

import posixpath
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from local.endpoint.login import Location
from local.endpoint.refusal import Denied, Failed, NotThere, as_told

LONGEST_KEY = 1_024  # bytes


@dataclass(frozen=True, slots=True)
class Entry:
    """A file or folder as it is listed. `modified` in seconds since 1970; S3 knows only when it was written."""

    name: str
    is_folder: bool
    size: int = 0
    modified: float = 0


class Tree:
    """Paths are absolute and normal (see `normal`). What is in no mapping does not exist, and cannot be written."""

    def __init__(self, directories: dict[str, Location], s3: Callable[[], Any]) -> None:
        self._directories, self._s3 = directories, s3

    def locate(self, path: str) -> Location | None:
        """Where a path lies in S3; None for the virtual folders above the mapped ones. Raises NotThere, Failed."""
        for entry, location in self._directories.items():
            if path == entry:
                return location
            if path.startswith(entry.rstrip("/") + "/"):
                return _checked(location.below(path[len(entry.rstrip("/")) + 1:]))
        if path == "/" or any(entry.startswith(path + "/") for entry in self._directories):
            return None
        raise NotThere("no such file or folder")

    def place(self, path: str) -> Location:
        """Where a file of this name would lie. Raises Denied for the virtual folders, which are read-only."""
        try:
            location = self.locate(path)
        except NotThere:
            raise NotThere(f"no such folder: {posixpath.dirname(path)}") from None
        if location is None or path in self._directories:
            raise Denied(f"{path} is a folder that only the server changes")
        return location

    def look(self, path: str) -> Entry:
        """Raises NotThere; a mapped folder of which nothing was ever created is not there either."""
        location, name = self.locate(path), posixpath.basename(path)
        if location is None:
            if path != "/" and not self._shown(path):
                raise NotThere("no such file or folder")
            return Entry(name, is_folder=True)
        with as_told():
            file = None if path in self._directories else self._head(location)
            if file:
                return Entry(name, False, file["ContentLength"], file["LastModified"].timestamp())
            if self._is_folder(location):
                return Entry(name, is_folder=True)
        raise NotThere("no such file or folder")

    def entries(self, path: str) -> list[Entry]:
        location = self.locate(path)
        if location is None:
            shown = self._shown(path)
            if path != "/" and not shown:
                raise NotThere("no such file or folder")
            return [Entry(name, is_folder=True) for name in shown]
        with as_told():
            entries = list(self._below(location))
            if not entries and not self._is_folder(location):
                raise NotThere("no such folder")
        return entries

    def exists(self, path: str) -> bool:
        try:
            self.look(path)
        except NotThere:
            return False
        return True

    def is_mapped(self, path: str) -> bool:
        return path in self._directories

    def _shown(self, folder: str) -> list[str]:
        """Names in a virtual folder: what leads to a mapped folder that exists."""
        above = folder.rstrip("/") + "/"
        with as_told():
            return sorted({entry[len(above):].partition("/")[0] for entry, location in self._directories.items()
                           if entry.startswith(above) and self._is_folder(location)})

    def _head(self, location: Location) -> dict[str, Any] | None:
        try:
            with as_told():
                return self._s3().head_object(Bucket=location.bucket, Key=location.key)
        except NotThere:
            return None

    def _is_folder(self, location: Location) -> bool:
        found = self._s3().list_objects_v2(Bucket=location.bucket, Prefix=_prefix(location), MaxKeys=1)
        return found["KeyCount"] > 0

    def _below(self, location: Location) -> Iterator[Entry]:
        prefix = _prefix(location)
        pages = self._s3().get_paginator("list_objects_v2").paginate(Bucket=location.bucket, Prefix=prefix, Delimiter="/")
        for page in pages:
            for folder in page.get("CommonPrefixes", []):
                if name := folder["Prefix"][len(prefix):-1]:  # a key with "//" in it has no name to be shown under
                    yield Entry(name, is_folder=True)
            for file in page.get("Contents", []):
                if name := file["Key"][len(prefix):]:  # the folder's own object is not in the folder
                    yield Entry(name, False, file["Size"], _seconds(file["LastModified"]))


def normal(path: str, at: str = "/") -> str:
    """The absolute path, `..` worked out: above `/` there is nothing, so nobody gets out."""
    return "/" + posixpath.normpath(posixpath.join("/", at, path)).lstrip("/")


def _prefix(location: Location) -> str:
    return f"{location.key}/" if location.key else ""


def _checked(location: Location) -> Location:
    if len(location.key.encode()) > LONGEST_KEY:
        raise Failed(f"the name is too long: with its folders S3 takes {LONGEST_KEY:,} bytes")
    if "\x00" in location.key:
        raise Failed("a name holds no zero byte")
    return location


def _seconds(moment: datetime) -> float:
    return moment.timestamp()
