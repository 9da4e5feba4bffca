"""`endpoint.log`: who logged in or was refused, what was uploaded, downloaded or refused, a line each; never a password."""

from __future__ import annotations

import logging
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from bridge.domain.receipt import visible


class Line(logging.Formatter):
    """Time in UTC, and one line whatever is in a user's or a file's name."""

    converter = time.gmtime  # type: ignore[assignment]  # as the library documents it

    def format(self, record: logging.LogRecord) -> str:
        return visible(super().format(record))


@contextmanager
def recording(logger: logging.Logger, file: Path) -> Iterator[None]:
    """Within, what the endpoint tells its logger stands in the file too."""
    handler = logging.FileHandler(file, encoding="utf-8")
    handler.setFormatter(Line("%(asctime)sZ  %(message)s", "%Y-%m-%dT%H:%M:%S"))
    before = logger.level
    logger.addHandler(handler)
    logger.setLevel(logging.INFO)
    try:
        yield
    finally:
        logger.removeHandler(handler)
        logger.setLevel(before)
        handler.close()
