"""Plytix is not to be reached, or answers with nothing that is its own: noted where that lasts, so that who looks is told.

Only what lasts is worth a write: a worker that misses one answer and gets the next says nothing.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

LASTS, AGAIN, APART = 30_000, 60_000, 900_000
"""ms: after so long without an answer a worker notes it; while it goes on it is noted again so often; what is further apart is not one."""


@dataclass(frozen=True, slots=True)
class Outage:
    """Since when (ms), what came instead of an answer, and when it was last tried."""

    since: int
    why: str
    tried: int


def noted(outage: Outage | None, since: int, why: str, now: int) -> Outage | None:
    """After one more request without an answer; a worker has had none `since`."""
    if now - since < LASTS or (outage and now - outage.tried < AGAIN):
        return outage
    return Outage(min(since, outage.since) if outage else since, why, now)


def to_json(outage: Outage | None) -> list[Any] | None:
    return [outage.since, outage.why, outage.tried] if outage else None


def from_json(body: list[Any] | None) -> Outage | None:
    return Outage(*body) if body else None
