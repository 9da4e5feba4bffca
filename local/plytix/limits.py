"""How often the account may ask: 10 seconds and an hour, over v1 and v2 together (plytix-api.md §3).

No source says whether windows slide or stand (§16, 2): both can be had, standing ones with any phase, and both on a clock that
runs faster, so that an hour passes in seconds. What is refused does not count.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
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


class Kind(StrEnum):
    """How windows lie."""

    SLIDING = "sliding"  # any stretch of that length
    FIXED = "fixed"  # one after another


class Tell(StrEnum):
    """Which lengths token and 429 name where windows run on a faster clock."""

    SCALED = "scaled"  # as long as they last: a client needs to know nothing
    PLAIN = "plain"  # as they were booked: for a client whose own clock runs as fast


@dataclass(frozen=True, slots=True)
class Measure:
    """How windows are measured. `phase_s`: how long after a whole multiple of its length a fixed window begins."""

    kind: Kind = Kind.SLIDING
    phase_s: float = 0.0
    scale: float = 1.0  # the windows' clock runs so many times as fast
    tell: Tell = Tell.SCALED


class Window(ABC):
    """`limit` requests in `size_s` seconds."""

    def __init__(self, limit: float, size_s: float) -> None:
        self.limit, self.size_s = limit, size_s

    @abstractmethod
    def has_room(self, now: float) -> bool:
        """Whether one more may pass."""

    @abstractmethod
    def count(self, now: float) -> None:
        """One passed."""

    @abstractmethod
    def used(self, now: float) -> int:
        """How many count at present."""

    @abstractmethod
    def wait_s(self, now: float) -> float:
        """Seconds until one more may pass."""

    def take(self, now: float) -> bool:
        """Let one pass if it may."""
        if self.has_room(now):
            self.count(now)
            return True
        return False


class Sliding(Window):
    """In any stretch of that length."""

    def __init__(self, limit: float, size_s: float) -> None:
        super().__init__(limit, size_s)
        self._taken: deque[float] = deque()

    def has_room(self, now: float) -> bool:
        return self.used(now) < self.limit

    def count(self, now: float) -> None:
        self._taken.append(now)

    def used(self, now: float) -> int:
        while self._taken and self._taken[0] <= now - self.size_s:
            self._taken.popleft()
        return len(self._taken)

    def wait_s(self, now: float) -> float:
        return 0.0 if self.has_room(now) else self._taken[0] + self.size_s - now


class Fixed(Window):
    """From one border to the next: borders lie `phase_s` after multiples of the length."""

    def __init__(self, limit: float, size_s: float, phase_s: float = 0.0) -> None:
        super().__init__(limit, size_s)
        self.phase_s = phase_s
        self._number, self._passed = 0, 0

    def has_room(self, now: float) -> bool:
        return self.used(now) < self.limit

    def count(self, now: float) -> None:
        self._passed = self.used(now) + 1

    def used(self, now: float) -> int:
        number = self._which(now)
        if number != self._number:
            self._number, self._passed = number, 0
        return self._passed

    def wait_s(self, now: float) -> float:
        return 0.0 if self.has_room(now) else (self._number + 1) * self.size_s + self.phase_s - now

    def _which(self, now: float) -> int:
        return int((now - self.phase_s) // self.size_s)


class Limits:
    """Both windows of the account; none where the plan is off."""

    def __init__(self, windows: Sequence[tuple[float, float]], measure: Measure | None = None) -> None:
        self.measure = measure or Measure()
        self.booked = list(windows)
        self.windows = [self._window(limit, size_s / self.measure.scale) for limit, size_s in windows]

    def take(self, now: float) -> int | None:
        """Let a request pass and count it, or give the number of the window that is full."""
        for number, window in enumerate(self.windows):
            if not window.has_room(now):
                return number
        for window in self.windows:
            window.count(now)
        return None

    def told(self, number: int) -> tuple[float, float]:
        """Limit and length of a window, as token and 429 name it."""
        limit, size_s = self.booked[number]
        return limit, size_s if self.measure.tell is Tell.PLAIN else _short(size_s / self.measure.scale)

    def wait_s(self, number: int, now: float) -> float:
        """How long until that window has room, on the clock whose lengths are told."""
        wait_s = self.windows[number].wait_s(now)
        return wait_s * self.measure.scale if self.measure.tell is Tell.PLAIN else wait_s

    def claim(self) -> list[dict[str, float]]:
        """`user_claims.account.rate_limit` of the token (§2)."""
        windows = [self.told(number) for number in range(len(self.windows))] or ENDLESS
        return [{"limit": limit, "window_size": size_s} for limit, size_s in windows]

    def _window(self, limit: float, size_s: float) -> Window:
        if self.measure.kind is Kind.FIXED:
            return Fixed(limit, size_s, self.measure.phase_s)
        return Sliding(limit, size_s)


def too_many(limit: float, size_s: float, wait_s: float, told: str) -> Answer:
    """429 in the gateway's words, not in the error envelope (§3). `told`: nothing (as was seen), `ttl`, or `retry-after`."""
    body: dict[str, object] = {"message": "API rate limit exceeded", "limit": limit, "window_size": size_s}
    if told == "ttl":
        body["ttl"] = round(wait_s * 1_000)
    return Answer(429, body, (("Retry-After", str(int(wait_s) + 1)),) if told == "retry-after" else ())


def _short(seconds: float) -> float:
    """A whole number where it is one: a claim of 10 is not 10.0."""
    return int(seconds) if seconds == int(seconds) else seconds
