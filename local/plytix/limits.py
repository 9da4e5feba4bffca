"""How often the account may ask: 10 seconds and an hour, over v1 and v2 together (plytix-api.md §3).

Windows slide (§16, 2): of any stretch of that length no more than the limit is let through. What is refused does not count.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from enum import StrEnum

from local.plytix.call import Answer


class Plan(StrEnum):
    """What the account has booked."""

    FREE = "free"
    PAID = "paid"
    OFF = "off"


WINDOWS: dict[Plan, list[tuple[float, float]]] = {  # requests, seconds
    Plan.FREE: [(20, 10), (2_000, 3_600)],
    Plan.PAID: [(50, 10), (5_000, 3_600)],
    Plan.OFF: [],
}
ENDLESS: list[tuple[float, float]] = [(1_000_000, 10), (100_000_000, 3_600)]  # what the token says where nothing is limited


class Window:
    """`limit` requests in any `size_s` seconds."""

    def __init__(self, limit: float, size_s: float) -> None:
        self.limit, self.size_s = limit, size_s
        self._taken: deque[float] = deque()

    def has_room(self, now: float) -> bool:
        """Whether one more may pass."""
        while self._taken and self._taken[0] <= now - self.size_s:
            self._taken.popleft()
        return len(self._taken) < self.limit

    def count(self, now: float) -> None:
        """One passed."""
        self._taken.append(now)

    def take(self, now: float) -> bool:
        """Let one pass if it may."""
        if self.has_room(now):
            self.count(now)
            return True
        return False

    def used(self) -> int:
        """How many count at present."""
        return len(self._taken)

    def wait_s(self, now: float) -> float:
        """Seconds until one more may pass."""
        return 0.0 if self.has_room(now) else self._taken[0] + self.size_s - now


class Limits:
    """Both windows of the account; none where the plan is off."""

    def __init__(self, windows: Sequence[tuple[float, float]]) -> None:
        self.windows = [Window(limit, size_s) for limit, size_s in windows]

    def take(self, now: float) -> Window | None:
        """Let a request pass and count it, or give the window that is full."""
        for window in self.windows:
            if not window.has_room(now):
                return window
        for window in self.windows:
            window.count(now)
        return None

    def claim(self) -> list[dict[str, float]]:
        """`user_claims.account.rate_limit` of the token (§2)."""
        windows = [(window.limit, window.size_s) for window in self.windows] or ENDLESS
        return [{"limit": limit, "window_size": size_s} for limit, size_s in windows]


def too_many(limit: float, size_s: float, wait_s: float, told: str) -> Answer:
    """429 in the gateway's words, not in the error envelope (§3). `told`: nothing (as was seen), `ttl`, or `retry-after`."""
    body: dict[str, object] = {"message": "API rate limit exceeded", "limit": limit, "window_size": size_s}
    if told == "ttl":
        body["ttl"] = round(wait_s * 1_000)
    return Answer(429, body, (("Retry-After", str(int(wait_s) + 1)),) if told == "retry-after" else ())
