"""An account at Plytix and the workers that share its budget, in a time of its own: as unlike ours as a server's windows may be."""

from __future__ import annotations

import heapq
import random
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from itertools import count

from bridge.configuration import Lane
from bridge.domain.budget import Budget, Lease, Terms, Window, lease, refused, succeeded

FREE = (Window(20, 10_000), Window(2_000, 3_600_000))
PAID = (Window(50, 10_000), Window(5_000, 3_600_000))
START = 1_800_000_000_123


class Sliding:
    """Lets `limit` pass in any stretch of its size; what it refuses does not count."""

    def __init__(self, window: Window, phase: float = 0) -> None:
        self.window, self.passed = window, deque[float]()

    def has_room(self, at: float) -> bool:
        while self.passed and self.passed[0] <= at - self.window.size:
            self.passed.popleft()
        return len(self.passed) < self.window.limit

    def take(self, at: float) -> None:
        self.passed.append(at)


class Fixed(Sliding):
    """Begins to count anew at moments of its own; `phase`: from 0 to 1."""

    def __init__(self, window: Window, phase: float = 0) -> None:
        super().__init__(window)
        self.phase, self.begun = phase * window.size, -1.0

    def has_room(self, at: float) -> bool:
        begun = (at - self.phase) // self.window.size
        if begun != self.begun:
            self.begun = begun
            self.passed.clear()
        return len(self.passed) < self.window.limit


@dataclass
class Worker:
    """`late`: shares of the lateness that is allowed, one after the other; `clock` how far its own is ahead, in ms."""

    lane: Lane = Lane.MAIN
    latency: int = 300
    begins: int = 0
    work: int = 1_000_000
    clock: int = 0
    late: Callable[[], float] = lambda: 0.0
    served: list[int] = field(default_factory=list)


class Account:
    """Asks as the workers do; `departures` by time, `refusals` as (time, size of the window)."""

    def __init__(self, windows: tuple[Window, ...] = PAID, share: float = 0.8, kind: type[Sliding] = Sliding, phase: float = 0) -> None:
        self.terms, self.budget = Terms(windows, share), Budget()
        self.server = [kind(window, phase) for window in windows]
        self.departures: list[int] = []
        self.refusals: list[tuple[int, int]] = []
        self._events: list[tuple[int, int, Callable[[int], None]]] = []
        self._order = count()
        self.chance = random.Random(7)

    def at(self, when: int, what: Callable[[int], None]) -> None:
        heapq.heappush(self._events, (when, next(self._order), what))

    def others_ask(self, n: int, at: int) -> None:
        """People and other integrations, who keep to no law; all at once."""
        self.at(START + at, lambda now: [self._pass(now) for _ in range(n)] and None)

    def run(self, workers: list[Worker], until: int) -> None:
        for worker in workers:
            self.at(START + worker.begins, lambda now, w=worker: self._ask(w, now))
        while self._events and self._events[0][0] <= START + until:
            now, _, what = heapq.heappop(self._events)
            what(now)

    def _ask(self, worker: Worker, now: int) -> None:
        if not worker.work:
            return
        self.budget, answer = lease(self.budget, self.terms, worker.lane, 1, now + worker.clock)
        if isinstance(answer, Lease):
            [departure] = answer.departures
            self.departures.append(departure)
            leaves = departure - worker.clock + int(worker.late() * (self.terms.late - 1))
            self.at(leaves, lambda at: self._arrive(worker, answer.closings, at))
        else:
            self.at(max(now + 1, answer.until - worker.clock) + self.chance.randrange(20), lambda at: self._ask(worker, at))

    def _arrive(self, worker: Worker, closings: int, now: int) -> None:
        full = self._pass(now)
        if full:
            self.refusals.append((now, full.size))
            self.budget = refused(self.budget, self.terms, closings, now + worker.clock, None, full.size)
        else:
            self.budget = succeeded(self.budget, closings)
            worker.work -= 1
            worker.served.append(now - START)
        self.at(now + worker.latency, lambda at: self._ask(worker, at))

    def _pass(self, now: int) -> Window | None:
        for window in self.server:
            if not window.has_room(now):
                return window.window
        for window in self.server:
            window.take(now)
        return None

    def most_in(self, size: int) -> int:
        """The most departures in any half-open stretch of `size` ms."""
        taken, most, first = sorted(self.departures), 0, 0
        for last, at in enumerate(taken):
            while taken[first] <= at - size:
                first += 1
            most = max(most, last - first + 1)
        return most

    def used(self, until: int) -> int:
        return sum(departure < START + until for departure in self.departures)
