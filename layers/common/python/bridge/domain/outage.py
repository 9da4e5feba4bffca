"""Plytix is not to be reached, or answers with nothing that is its own: noted where that lasts, for all workers and whoever looks.

Only what lasts is worth a write: a worker that misses one answer and gets the next says nothing. Times in ms; spans are in short windows
of the account (ten seconds, as a rule).
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

LASTS, AGAIN, APART = 1.5, 6, 90
"""After so long without an answer a worker notes it; while it goes on it is noted again so often; what is further apart is not one."""
LATELY = 12
"""So long a worker whose request had no answer lets others try first."""
CONTRADICTED, FORGOTTEN = 36, 360
"""So long it must last before it is said once more, for so long after another worker was answered all the same."""


@dataclass(frozen=True, slots=True)
class Outage:
    """Since when (ms), what came instead of an answer, when it was last tried, and when one came after all (0: it lasts)."""

    since: int
    why: str
    tried: int
    over: int = 0


def noted(outage: Outage | None, since: int, why: str, now: int, window: int) -> Outage | None:
    """After one more request without an answer; a worker has had none `since`."""
    if outage and outage.over:
        lasts = CONTRADICTED if now - outage.over < FORGOTTEN * window else LASTS
        return Outage(since, why, now) if now - max(since, outage.over) >= lasts * window else outage
    if outage:
        return outage if now - outage.tried < AGAIN * window else Outage(min(since, outage.since), why, now)
    return Outage(since, why, now) if now - since >= LASTS * window else None


def ended(outage: Outage, now: int) -> Outage:
    """After an answer."""
    return replace(outage, over=now)


def to_json(outage: Outage | None) -> list[Any] | None:
    return [outage.since, outage.why, outage.tried, outage.over] if outage else None


def from_json(body: list[Any] | None) -> Outage | None:
    return Outage(*body) if body else None
