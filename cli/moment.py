"""Times as commands show them: UTC, to the second."""

from __future__ import annotations

import time
from datetime import UTC, datetime

from bridge.domain.counted import counted

SPANS = {"day": 86_400, "hour": 3_600, "minute": 60, "second": 1}
"""In seconds, the largest first."""


def now() -> int:
    """In ms since 1970."""
    return time.time_ns() // 1_000_000


def moment(ms: int) -> str:
    """`2026-11-24T10:00:05Z`; nothing for 0, which says "not yet"."""
    return datetime.fromtimestamp(ms / 1000, UTC).isoformat(timespec="seconds").replace("+00:00", "Z") if ms else ""


def since(ms: int, at: int) -> str:
    """`2026-11-24T10:00:05Z (3 minutes ago)`, as seen at `at`."""
    ago_s = max(0, at - ms) // 1000
    noun, span_s = next(((noun, span_s) for noun, span_s in SPANS.items() if ago_s >= span_s), ("second", 1))
    return f"{moment(ms)} ({counted(ago_s // span_s, noun)} ago)"
