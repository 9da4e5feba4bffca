"""In a rough twin `redrive` comes every few seconds, as it comes every few minutes on AWS: what is lost on the way is healed by it."""

from __future__ import annotations

import logging
import threading
from typing import TYPE_CHECKING

from local.ministack.server import MiniStackError

if TYPE_CHECKING:
    from local.twin import Twin

EVERY_S = 2.0

log = logging.getLogger("twin.healing")


class Healing:
    """A thread that fires the schedule by hand, as the twin's schedules may be stopped."""

    def __init__(self, twin: Twin) -> None:
        self._twin, self._ended = twin, threading.Event()
        self._thread = threading.Thread(target=self._run, name="healing", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        """Also if it never began."""
        self._ended.set()
        if self._thread.ident is not None:
            self._thread.join()

    def _run(self) -> None:
        while not self._ended.wait(EVERY_S):
            try:
                self._twin.fire("redrive")
            except MiniStackError as error:  # somebody ended it, or takes the stack apart
                log.warning("redrive did not come: %s", error)
