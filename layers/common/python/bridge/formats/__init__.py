"""Readers and writers of file formats: one module a format, loaded when a file of it is opened."""

from __future__ import annotations

from importlib import import_module
from typing import BinaryIO, Protocol, cast

from bridge.configuration import Feed
from bridge.domain.sheet import Sheet

READERS = {"csv": "bridge.formats.delimited"}


class Reader(Protocol):
    def read(self, file: BinaryIO, feed: Feed) -> Sheet:
        """`file` is seekable; rows come while they are asked for. What is wrong in the file is told by sheet and rows, not raised."""


def reader(format: str) -> Reader:
    """The module that reads `format`. It is imported here: a CSV drop must not pay for what reads workbooks."""
    return cast(Reader, import_module(READERS[format]))
