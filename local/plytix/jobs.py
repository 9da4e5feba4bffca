"""Bulk jobs that the account has had, and whether it may have any (plytix-api.md §6.5)."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from local.plytix.clock import Micros
from local.plytix.entities import Actor


@dataclass(frozen=True, slots=True)
class Pace:
    """How a job goes. Its writes land when it has run; then it is finished, and counts only later."""

    running_s: float = 0.0
    counters_s: float = 0.0  # after it is finished
    late_polls: int = 1  # so many polls see it finished without counters, however late they come


@dataclass(slots=True)
class Job:
    """One of them, and what came of its rows."""

    id: str
    created: Micros
    by: Actor
    pace: Pace
    late_polls: int
    lands: float  # Unix seconds, the account's clock, as is the next
    rows: list[dict[str, Any]]  # until they have landed
    finished: float | None = None
    changed: bool = False
    products: list[dict[str, str]] = field(default_factory=list)
    errors: list[dict[str, Any]] = field(default_factory=list)


@dataclass(slots=True)
class Jobs:
    """All of them; none where the account is not entitled."""

    entitled: bool = False
    pace: Pace = field(default_factory=Pace)
    known: dict[str, Job] = field(default_factory=dict)
