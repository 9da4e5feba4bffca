"""A file that a client is reading, and what Transfer Family says of it when he is done."""

from __future__ import annotations

import logging

from local.endpoint.announce import Act, Announcer, Failure, now
from local.endpoint.login import Visit
from local.endpoint.ranges import Ranges


class Download:
    """Ends once, by `close`."""

    def __init__(self, ranges: Ranges, visit: Visit, announcer: Announcer, logger: logging.Logger) -> None:
        self._ranges, self._visit, self._announcer, self._logger = ranges, visit, announcer, logger
        self._started = now()
        self.closed = False

    @property
    def size(self) -> int:
        return self._ranges.size

    def read(self, offset: int, length: int) -> bytes:
        return self._ranges.read(offset, length)

    def close(self, *, broken: bool = False) -> None:
        """`broken`: the line, or the client's patience. A file that was opened and not read at all was not downloaded."""
        if self.closed:
            return
        self.closed = True
        at, sent = self._ranges.at, self._ranges.sent
        if broken:
            self._announcer.failed(Act.DOWNLOAD, self._started, at, Failure.PARTIAL_DOWNLOAD,
                                   "the connection ended before the file was closed", bytes=sent)
            self._logger.info("%s of %s (%d bytes) by %s was cut off", Act.DOWNLOAD, at, sent, self._visit.username)
        elif sent or not self.size:
            self._announcer.completed(Act.DOWNLOAD, self._started, at, bytes=sent, etag=self._ranges.etag.strip('"') or None)
            self._logger.info("%s of %s (%d bytes) by %s", Act.DOWNLOAD, at, sent, self._visit.username)
