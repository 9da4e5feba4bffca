"""Times as commands show them: UTC, to the second."""

from __future__ import annotations

from datetime import UTC, datetime


def moment(ms: int) -> str:
    """`2026-11-24T10:00:05Z`; nothing for 0, which says "not yet"."""
    return datetime.fromtimestamp(ms / 1000, UTC).isoformat(timespec="seconds").replace("+00:00", "Z") if ms else ""
