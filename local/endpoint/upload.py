"""A file that a client is writing: an object only when he closes it, and what Transfer Family then says of it."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Any

from local.endpoint.announce import Act, Announcer, Failure, now
from local.endpoint.login import Location, Visit
from local.endpoint.refusal import Failed, Refusal, Unsupported, as_told
from local.endpoint.spool import Spool


class Upload:
    """Ends once: by `commit`, by `cut`, or by `close` when nothing of it counts."""

    def __init__(self, at: Location, spool: Spool, s3: Callable[[], Any], visit: Visit, announcer: Announcer,
                 logger: logging.Logger) -> None:
        self._at, self._spool, self._s3, self._visit = at, spool, s3, visit
        self._announcer, self._logger = announcer, logger
        self._started = now()
        self._refused: Refusal | None = None

    @property
    def size(self) -> int:
        return self._spool.size

    @property
    def closed(self) -> bool:
        return self._spool.closed

    def write(self, offset: int, data: bytes) -> None:
        """Raises Refusal; then the whole upload is refused when it is closed."""
        try:
            self._spool.write(offset, data)
        except Refusal as refusal:
            self._refused = refusal
            raise
        except OSError as error:
            self._refused = Failed(f"the endpoint has no room left ({error.strerror})")
            raise self._refused from error

    def commit(self, is_whole: Callable[[], bool] = lambda: True) -> bool:
        """The client is done: write the object. `is_whole` is asked once it is written. Raises Refusal: nothing was."""
        if self.closed:
            return False
        try:
            if self._refused or self._spool.has_gaps:
                raise self._refused or Unsupported("parts of the file are missing: it was not sent from start to end")
            etag = self._store()
        except Refusal as refusal:
            self._announcer.failed(Act.UPLOAD, self._started, self._at, Failure.UNKNOWN_ERROR, str(refusal), bytes=self.size)
            self._log("%s of %s (%d bytes) by %s failed: %s", refusal)
            raise
        finally:
            self.close()
        if not is_whole():
            self._tell_broken(etag)
            return False
        self._announcer.completed(Act.UPLOAD, self._started, self._at, bytes=self.size, etag=etag)
        self._log("%s of %s (%d bytes) by %s")
        return True

    def cut(self) -> None:
        """The line broke: leave what came as an object, and say so, as Transfer Family does. Never raises a Refusal."""
        if self.closed:
            return
        etag, more = None, ""
        try:
            if self.size:  # of nothing there is no fragment
                etag = self._store()
        except Refusal as refusal:
            more = f"; the fragment could not be written: {refusal}"
        finally:
            self.close()
        self._tell_broken(etag, more)

    def _tell_broken(self, etag: str | None, more: str = "") -> None:
        self._announcer.failed(Act.UPLOAD, self._started, self._at, Failure.PARTIAL_UPLOAD,
                               f"the connection ended before the file was closed{more}", bytes=self.size, etag=etag)
        self._log("%s of %s (%d bytes) by %s was cut off%s", more)

    def close(self) -> None:
        self._spool.close()

    def _store(self) -> str:
        with as_told():
            s3 = self._s3()
        agent = {"user-agent": "AWSTransfer", "user-agent-id": self._visit.agent}
        return self._spool.store(s3, self._at, agent)

    def _log(self, sentence: str, *more: object) -> None:
        self._logger.info(sentence, Act.UPLOAD, self._at, self.size, self._visit.username, *more)
