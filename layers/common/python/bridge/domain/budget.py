"""The account's budget as one value, and what a lease makes of it (DESIGN.md §6). Times in ms since 1970.

What holds, whatever the kind and phase of the windows that Plytix keeps, and whoever leases:
- any stretch as long as the short window (10 s) has at most our share of departures, evenly spaced by lane; with the lateness
  that a departure may have (one not used within a second is lost) and clocks that differ it has at most what the account may ask;
- any stretch as long as another window (the hour) has at most our share: it touches at most 61 of its minutes, which are counted.

`main` leases two seconds ahead at most, and only what begins now while `fast` is at work; `fast` goes before departures that
`main` has leased where the law leaves room. In the hour `fast` has a reserve.
A 429 that others caused closes the budget for all; then one request at a time probes it, at growing intervals.
"""

from __future__ import annotations

import math
from bisect import insort
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum
from functools import cached_property
from typing import Any

from bridge.configuration import Lane
from bridge.domain import lockout, outage
from bridge.domain.lockout import Lockout
from bridge.domain.outage import Outage

PARTS = 60  # a window is counted in so many parts, and one more: so many does any stretch of its length touch
LONGEST = 6  # short windows between two probes whether Plytix answers again: soon after it does all goes on
RESERVE = 0.03  # of a counted window, for `fast` alone; with a sixtieth lost to counting, `main` alone uses 95 %
LISTED = 100  # departures that a law looks back on; a window that holds more is held in equal pieces


@dataclass(frozen=True, slots=True)
class Window:
    """The account may ask `limit` times in `size` ms."""

    limit: int
    size: int


FALLBACK = (Window(20, 10_000), Window(2_000, 3_600_000))
"""What is assumed where the token tells no limits (plytix-api.md §16, 3)."""


@dataclass(frozen=True, slots=True)
class Law:
    """At most `most` departures in any half-open stretch of `span` ms."""

    most: int
    span: int


@dataclass(frozen=True, slots=True)
class Counted:
    """At most `own` departures in any stretch of `size` ms, `width` ms being the part that is counted."""

    size: int
    width: int
    own: int
    reserve: int

    def most(self, lane: Lane) -> int:
        return self.own if lane is Lane.FAST else self.own - self.reserve


@dataclass(frozen=True)
class Terms:
    """What of the account's windows is ours. The shortest is paced, the others are counted; without any nothing is limited."""

    windows: tuple[Window, ...]
    share: float

    @cached_property
    def paced(self) -> Window:
        return min(self.windows, key=lambda window: window.size)

    @property
    def window(self) -> int:
        """The shortest, in ms."""
        return self.paced.size if self.windows else FALLBACK[0].size

    @property
    def late(self) -> int:
        """A departure not used within so many ms is lost: a second of ten."""
        return self.paced.size // 10

    @property
    def slack(self) -> int:
        """Between two departures and their requests' arrivals: lateness, and workers' clocks."""
        return self.late + self.paced.size // 20

    @cached_property
    def own(self) -> int:
        return max(1, math.floor(self.paced.limit * self.share + 1e-9))

    @cached_property
    def laws(self) -> tuple[Law, ...]:
        pieces = math.ceil(self.own / LISTED)
        wide = self.paced.size + self.slack
        return (Law(self.own // pieces, math.ceil(self.paced.size / pieces)),
                Law(max(1, self.paced.limit // pieces), math.ceil(wide / pieces)))

    @cached_property
    def spacing(self) -> int:
        """Between departures of one lane. With a share of nearly all it is the slack that decides."""
        return max(math.ceil(self.paced.size / self.own), math.ceil((self.paced.size + self.slack) / self.paced.limit))

    @cached_property
    def counted(self) -> tuple[Counted, ...]:
        return tuple(self._counted(window) for window in self.windows if window != self.paced)

    def _counted(self, window: Window) -> Counted:
        edge = 2 * math.ceil(self.slack / self.spacing)  # requests that may arrive in the next window, being late
        own = max(1, min(math.floor(window.limit * self.share + 1e-9), window.limit - edge))
        return Counted(window.size, math.ceil(window.size / PARTS), own, math.floor(own * RESERVE))

    @property
    def ahead(self) -> int:
        """How far ahead `main` leases: two seconds of ten; `fast` twice as far."""
        return self.paced.size // 5

    @property
    def longest_pause(self) -> int:
        """Between two probes: a quarter of an hour."""
        return max(self.paced.size, max(window.size for window in self.windows) // 4)


@dataclass(frozen=True, slots=True)
class Budget:
    """All that is known of it. `counts`: size of a window → its part → departures in it. `closings` counts refusals obeyed."""

    taken: tuple[int, ...] = ()  # departures, as far back as a law looks, in order
    last: Mapping[Lane, int] = field(default_factory=dict)  # departure of each lane
    counts: Mapping[int, Mapping[int, int]] = field(default_factory=dict)
    closings: int = 0
    closed_until: int = 0  # 0: open; once it has passed one may probe
    pause: int = 0  # between the last two probes
    terms: Terms = Terms((), 1.0)  # as whoever leased last knew them
    lockout: Lockout | None = None
    outage: Outage | None = None

    @property
    def down(self) -> bool:
        """Plytix does not answer."""
        return self.outage is not None and not self.outage.over


@dataclass(frozen=True, slots=True)
class Lease:
    """Departures granted, at least one. `closings` says under which state of things, for `refused` and `succeeded`."""

    departures: tuple[int, ...]
    closings: int


class Why(StrEnum):
    TURN = "others are to ask Plytix first"
    SPENT = "our share of what Plytix may be asked is spent"
    CLOSED = "Plytix has refused (429), and is left alone"
    DOWN = "Plytix does not answer, and is asked now and then"


@dataclass(frozen=True, slots=True)
class Wait:
    """Nothing before `until`, and then perhaps."""

    until: int
    why: Why


def lease(budget: Budget, terms: Terms, lane: Lane, n: int, now: int, *, unheard: bool = False) -> tuple[Budget, Lease | Wait]:
    """Up to `n` departures, fewer where more would have to wait, never more; and the budget afterwards. `unheard`: the worker's last
    request had no answer; whether Plytix answers again others are to try first, for perhaps it is what he asks.
    """
    opens_at = budget.closed_until + (terms.window // 2 if budget.down and unheard and budget.closed_until else 0)
    if now < opens_at:
        return budget, Wait(opens_at, Why.DOWN if budget.down else Why.CLOSED)
    state = replace(_forgotten(budget, terms, now), terms=terms)
    departures: list[int] = []
    for _ in range(1 if budget.closed_until else n):
        found = _departure(state, terms, lane, now)
        if isinstance(found, Wait):
            if not departures:
                return budget, found
            break
        state = _with(state, terms, lane, found)
        departures.append(found)
    if budget.closed_until:  # a probe is out: the others wait for what comes of it, or for the next
        state = replace(state, closed_until=departures[0] + terms.paced.size)
    return state, Lease(tuple(departures), state.closings)


def refused(budget: Budget, terms: Terms, closings: int, now: int, wait: int | None, window: int | None) -> Budget:
    """After a 429 to a request leased under `closings`. `wait`: as Plytix says it; `window`: the size of the one that is full, if said.

    Requests that were on their way when the budget was closed tell nothing new.
    """
    if closings < budget.closings:
        return budget
    first = max(terms.paced.size, (window or 0) // PARTS)
    pause = max(min(2 * budget.pause, terms.longest_pause) if budget.closed_until else first, wait or 0)
    out = outage.ended(budget.outage, now) if budget.outage and budget.down else budget.outage
    return replace(budget, closings=budget.closings + 1, closed_until=now + pause, pause=pause, outage=out)


def unheard(budget: Budget, terms: Terms, closings: int, since: int, why: str, now: int) -> Budget:
    """After a request, leased under `closings`, that had no answer; its worker has had none `since`. Where that lasts the budget is closed
    as after a 429: while Plytix is down it is asked now and then, and not by all that waits.
    """
    if closings < budget.closings and budget.closed_until and not budget.down:
        return budget  # a 429 is being obeyed
    out = outage.noted(budget.outage, since, why, now, terms.window)
    if out is None or out.over or not terms.windows or closings < budget.closings:
        return replace(budget, outage=out)
    pause = min(2 * budget.pause, LONGEST * terms.window) if budget.closed_until else terms.window
    return replace(budget, outage=out, closings=budget.closings + 1, closed_until=now + pause, pause=pause)


def heard(budget: Budget, now: int) -> Budget:
    """After an answer of Plytix itself: an outage is over, whoever's request it was, and nobody need wait for the next probe."""
    if not budget.outage or not budget.down:
        return budget
    return replace(budget, outage=outage.ended(budget.outage, now), closed_until=0, pause=0)


def succeeded(budget: Budget, closings: int) -> Budget:
    """After any other answer than a 429: a probe opens the budget again, other requests tell nothing."""
    if closings < budget.closings or not budget.closed_until:
        return budget
    return replace(budget, closed_until=0, pause=0)


def opens(budget: Budget, lane: Lane, now: int) -> int:
    """When a lane may ask again: now, or the time until which all its work waits."""
    if now < budget.closed_until:
        return budget.closed_until
    found = _spent(budget, budget.terms, lane, now) if budget.terms.windows else None
    return found.until if found else now


def earliest(taken: Sequence[int], since: int, laws: Iterable[Law]) -> int:
    """The first moment from `since` on at which one more departure keeps all laws. `taken` is in order."""
    for start, end in sorted(_full(taken, laws)):
        if start < since < end:
            since = end
    return since


def _full(taken: Sequence[int], laws: Iterable[Law]) -> Iterator[tuple[int, int]]:
    """Stretches, without their ends, in which a further departure would be one too many."""
    for law in laws:
        for first, last in zip(taken, taken[law.most - 1:], strict=False):
            if last - first < law.span:
                yield last - law.span, first + law.span


def _departure(budget: Budget, terms: Terms, lane: Lane, now: int) -> int | Wait:
    spaced = max(now, budget.last.get(lane, 0) + terms.spacing)
    departure = earliest(budget.taken, spaced, terms.laws)
    if spent := _spent(budget, terms, lane, departure):
        return spent
    begin = departure - _ahead(budget, terms, lane, now)
    return Wait(begin, Why.TURN) if begin > now else departure


def _ahead(budget: Budget, terms: Terms, lane: Lane, now: int) -> int:
    if lane is Lane.FAST:
        return 2 * terms.ahead
    fast_works = now - budget.last.get(Lane.FAST, 0) < terms.late
    return 0 if fast_works else terms.ahead


def _spent(budget: Budget, terms: Terms, lane: Lane, at: int) -> Wait | None:
    """Whether a counted window has no room for a departure at `at`, and when it will have."""
    until = max((_room(budget, counted, lane, at) for counted in terms.counted), default=at)
    return Wait(until, Why.SPENT) if until > at else None


def _room(budget: Budget, counted: Counted, lane: Lane, at: int) -> int:
    """When the window has room for one more departure, `at` or later."""
    first = at // counted.width - PARTS
    parts = sorted((part, n) for part, n in budget.counts.get(counted.size, {}).items() if part >= first)
    used, until = sum(n for _, n in parts), at
    for part, n in parts:
        if used < counted.most(lane):
            break
        used, until = used - n, (part + PARTS + 1) * counted.width
    return until


def _with(budget: Budget, terms: Terms, lane: Lane, departure: int) -> Budget:
    taken = list(budget.taken)
    insort(taken, departure)
    counts = {size: dict(parts) for size, parts in budget.counts.items()}
    for counted in terms.counted:
        parts, part = counts.setdefault(counted.size, {}), departure // counted.width
        parts[part] = parts.get(part, 0) + 1
    return replace(budget, taken=tuple(taken), last={**budget.last, lane: departure}, counts=counts)


def _forgotten(budget: Budget, terms: Terms, now: int) -> Budget:
    """Without what no law looks back on. A while longer is kept for workers whose clocks are behind."""
    back = now - terms.paced.size - 3 * terms.slack
    counts = {}
    for counted in terms.counted:
        first = now // counted.width - PARTS - 1
        counts[counted.size] = {part: n for part, n in budget.counts.get(counted.size, {}).items() if part >= first}
    return replace(budget, taken=tuple(t for t in budget.taken if t > back), counts=counts)


def to_json(budget: Budget) -> dict[str, Any]:
    """The stored form (format 1)."""
    return {
        "taken": list(budget.taken), "last": {lane.value: at for lane, at in budget.last.items()},
        "closings": budget.closings, "closed_until": budget.closed_until, "pause": budget.pause, "share": budget.terms.share,
        "windows": [[window.limit, window.size] for window in budget.terms.windows],
        "lockout": lockout.to_json(budget.lockout), "outage": outage.to_json(budget.outage),
        "counts": {str(size): {str(part): n for part, n in parts.items()} for size, parts in budget.counts.items()},
    }


def from_json(body: Mapping[str, Any]) -> Budget:
    windows = tuple(Window(limit, size) for limit, size in body["windows"])
    counts = {int(size): {int(part): n for part, n in parts.items()} for size, parts in body["counts"].items()}
    return Budget(tuple(body["taken"]), {Lane(lane): at for lane, at in body["last"].items()}, counts, body["closings"],
                  body["closed_until"], body["pause"], Terms(windows, body["share"]), lockout.from_json(body.get("lockout")),
                  outage.from_json(body.get("outage")))
