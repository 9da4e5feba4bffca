"""What a run will ask of Plytix, and when that will be done: told before its first write (DESIGN.md §6). Times in ms since 1970."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from bridge.configuration import Lane
from bridge.domain.budget import FALLBACK, PARTS, Budget, Counted, Terms
from bridge.domain.run import Run
from bridge.domain.waiting import Waiting

PAGE = 100  # products that one request reads
COLUMNS, FACTS = 49, 7  # that one search asks for, and those that are no attributes (plytix-api.md §5.3)
JOB_ROWS = 1_000  # of a bulk job
WORTH = 8
"""Changes: for fewer a request each is cheaper than a job, its polls and the reading back."""
JOB_POLLS = 3  # as a rule (plytix-api.md §6.5)


@dataclass(frozen=True, slots=True)
class Sends:
    """Rows of one chunk that will be sent, and SKUs of it that are looked up first; `there`: those of them that are known to be there."""

    creates: int = 0
    patches: int = 0
    looks: int = 0
    there: int = 0


def searches(attributes: int) -> int:
    """That read a page of whole products, of an account that has so many attributes."""
    return math.ceil((attributes + FACTS) / COLUMNS)


def requests(chunks: list[Sends], *, bulk: bool, searches: int = 1) -> dict[str, int]:
    """By kind, as a Session counts them; kinds of which there are none are left out. `searches`: that read a page of whole products."""
    told = {"create": sum(chunk.creates for chunk in chunks), "patch": 0, "bulk": 0, "poll": 0, "search": 0}
    for chunk in chunks:
        told["search"] += math.ceil(chunk.looks / PAGE) + math.ceil(chunk.there / PAGE) * searches
        if bulk and chunk.patches >= WORTH:
            jobs = math.ceil(chunk.patches / JOB_ROWS)
            told["bulk"] += jobs
            told["poll"] += jobs * JOB_POLLS
            told["search"] += math.ceil(chunk.patches / PAGE) * searches
        else:
            told["patch"] += chunk.patches
    return {kind: n for kind, n in told.items() if n}


def due(run: Run, asks: int, under_way: Iterable[Run], waiting: Waiting, share: float, now: int) -> int:
    """When the run will have asked that much more, after what goes first: this lane's other runs, and prices and stock before all else.
    0: nobody can tell, for it waits for a person, or until Plytix answers again.

    Not counted: runs of which nobody knows yet what they will ask (they are still to be read), what stands still until a person lets it
    go on, and SKUs that `refresh` and `redrive` send. Of a chunk under way all of its requests are still to come.
    """
    if not asks or waiting.untold(run.lane, run.feed):
        return 0
    others = [other for other in under_way if other.id != run.id and other.lane in (run.lane, Lane.FAST)]
    first = sum(other.left for other in others if not waiting.stopped(other.lane, other.feed))
    return done_by(waiting.budget, share, run.lane, first + asks, now)


def done_by(budget: Budget, share: float, lane: Lane, n: int, now: int) -> int:
    """When `n` requests will have departed, those of others that go first included, if all of our share is used.

    Within the short window requests are evenly spaced; in the others no more depart than there is room for (`Counted`).
    """
    terms = budget.terms if budget.terms.windows else Terms(FALLBACK, share)
    at, left = max(now, budget.closed_until), n
    rooms = [Room(counted, budget.counts.get(counted.size, {}), counted.most(lane)) for counted in terms.counted]
    step = min((counted.width for counted in terms.counted), default=0)
    while left > 0:
        end = (at // step + 1) * step if step else at + left * terms.spacing
        may = min([math.ceil((end - at) / terms.spacing), left, *(room.left(at) for room in rooms)])
        for room in rooms:
            room.take(at, may)
        left -= may
        at = at + may * terms.spacing if not left else end
    return at


class Room:
    """What a counted window has left, minute after minute."""

    def __init__(self, counted: Counted, counts: Mapping[int, int], most: int) -> None:
        self._counted, self._counts, self._most = counted, dict(counts), most

    def left(self, at: int) -> int:
        last = at // self._counted.width
        return max(0, self._most - sum(n for part, n in self._counts.items() if last - PARTS <= part <= last))

    def take(self, at: int, n: int) -> None:
        part = at // self._counted.width
        self._counts = {p: used for p, used in self._counts.items() if p >= part - PARTS}
        self._counts[part] = self._counts.get(part, 0) + n
