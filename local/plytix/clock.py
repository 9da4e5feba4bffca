"""The account's time: the machine's clock, moved on by tests; stamps that never repeat (plytix-api.md §1, §14)."""

from __future__ import annotations

import time
from datetime import UTC, datetime

Micros = int  # microseconds since 1970, UTC


class Clock:
    """Tells the time and stamps what is written. `offset_s`: by how much tests have moved it on."""

    def __init__(self) -> None:
        self.offset_s = 0.0
        self._last: Micros = 0

    def not_before(self, stamp: Micros) -> None:
        """What a loaded state holds was stamped earlier than all to come."""
        self._last = max(self._last, stamp)

    def now(self) -> float:
        """Seconds since 1970."""
        return time.time() + self.offset_s

    def stamp(self, after: Micros = 0) -> Micros:
        """A moment later than every stamp before, and by a millisecond than `after`: v2 shows no finer difference."""
        self._last = max(int(self.now() * 1_000_000), self._last + 1, after + 1_000 if after else 0)
        return self._last


def with_zone(stamp: Micros) -> str:
    """As v1 writes it: microseconds and `+00:00` (§1)."""
    return _moment(stamp, stamp % 1_000_000).isoformat(timespec="microseconds")


def without_zone(stamp: Micros) -> str:
    """As v2 was recorded: no zone, milliseconds padded to six digits (§1)."""
    return _moment(stamp, stamp % 1_000_000 // 1_000 * 1_000).replace(tzinfo=None).isoformat(timespec="microseconds")


def micros(text: str) -> Micros:
    """What a date or an ISO time means; without a zone it is UTC (§1). Raises ValueError."""
    moment = datetime.fromisoformat(text)
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    return int(moment.timestamp()) * 1_000_000 + moment.microsecond


def _moment(stamp: Micros, microsecond: int) -> datetime:
    return datetime.fromtimestamp(stamp // 1_000_000, UTC).replace(microsecond=microsecond)
