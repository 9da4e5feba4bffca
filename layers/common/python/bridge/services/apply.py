"""Bring the SKUs of a message in step; count the chunk, and close the run if it was the last (DESIGN.md §4, §5)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from itertools import count

from bridge.configuration import Feed
from bridge.domain.judge import ENDLESS, FAILED, GIVEN_UP, RETIRED, Judged, Note
from bridge.domain.mirror import Existence
from bridge.domain.outcome import Outcome
from bridge.domain.row import Sku
from bridge.domain.run import Run
from bridge.domain.switch import ASK_AGAIN_S
from bridge.errors import BridgeError, Endless, Fate, Later, TimeIsUp
from bridge.ports import Events, Ledger, MirrorState, Stage, StagedRow
from bridge.services.asking import Each, Way, alone, in_turn, together
from bridge.services.bring import Asked, bring
from bridge.services.close import close
from bridge.services.heart import Asking, Heart
from bridge.services.note import remember
from bridge.services.part import Part, part_of

MANY = 5
"""Faults of ours in one attempt, after which no further row is begun."""
TRIES = 10
"""Of one row: what fails so often, over more than a quarter of an hour, will fail always. Its SKU stays open, and `redrive` goes on."""
SLOW_TRIES = 100
"""The same where bulk jobs do not come to their end: each is waited for, so that it is most of a day."""


@dataclass(frozen=True, slots=True)
class Apply:
    """What `apply` needs."""

    heart: Heart
    ledger: Ledger
    stage: Stage
    events: Events
    mirror: MirrorState
    each: Each = in_turn
    gives_up: Callable[[Sku, Exception], None] = lambda sku, error: None  # told of a row whose outcome is that we failed
    notes_s: float = 2  # how much of an attempt is done again, at most, when its worker dies


def apply_chunk(id: str, number: int, needs: Apply) -> None:
    """Reconcile each SKU of the chunk that is not at rest yet, count it, close the run if it was the last. Raises Later where it is to
    come again."""
    run = needs.ledger.run(id)
    if needs.ledger.chunk(id, number) is None:
        try:
            _apply(run, number, needs)
        except Later as later:  # told for whoever looks at the run meanwhile
            after_s = needs.heart.configuration.settings.retry_s if later.after_s is None else later.after_s
            with suppress(Later):
                needs.ledger.waits(id, str(later), needs.heart.clock() + round(after_s * 1000))
            raise
    close(id, needs.ledger, needs.events, needs.heart.clock)


def _apply(run: Run, number: int, needs: Apply) -> None:
    with part_of(run, number, needs.ledger, needs.heart.plytix, needs.heart.clock, needs.notes_s) as part:
        _bring_rest(run, [row for row in needs.stage.chunk(run.id, run.attempt, number) if not row.same], part, needs)
        counts = Counter(judged.outcome for judged in part.outcomes.values())
        if not needs.ledger.count(run.id, number, part.outcomes, counts, part.spent()):
            part.spend()  # another was at the same chunk, and quicker: what this one asked was asked all the same


def apply_sku(sku: Sku, needs: Apply) -> None:
    """The same for one SKU that nobody waits for."""
    if alone(Way(bring(sku, needs.heart)), needs.heart) is None:
        raise Later(f"{sku} is not at rest yet")


def _bring_rest(run: Run, rows: list[StagedRow], part: Part, needs: Apply) -> None:
    """All that the part does not know at rest yet. Raises Later where some of it is still not."""
    rest = [row for row in rows if row.sku not in part.outcomes]
    feed = needs.heart.configuration.feeds.get(run.feed)
    if feed is None:  # retired since: what it wants counts no more
        part.outcomes |= {row.sku: Judged(Outcome.SKIPPED, (Note("sku", RETIRED),)) for row in rest}
        return
    _look_up(feed, rest, needs)
    ways = [Way(_noted(Asked(run, feed, row), part, needs)) for row in rest]
    if needs.mirror.bulk:
        together(ways, needs.heart, needs.each)
    else:
        _each_alone(ways, part, needs)
    for way in ways:
        way.ends()  # raises what kept it from its end
    if moving := {row.sku for row in rest} - part.outcomes.keys():
        raise Later(f"{', '.join(sorted(moving)[:3])} … ({len(moving)}) not at rest yet")


def _each_alone(ways: list[Way], part: Part, needs: Apply) -> None:
    """What comes to no end keeps no other row from its own, nor does a fault of Plytix (5xx; where it fails at all, the budget is closed
    soon), nor one of ours; at many it is not the rows', unless some were given up already."""
    given_up = any(note.why in GIVEN_UP for judged in part.outcomes.values() for note in judged.notes)
    faults = count(1)

    def one(way: Way) -> None:
        try:
            alone(way, needs.heart)
        except Endless:
            pass  # told at the way's end
        except Exception as fault:
            if isinstance(fault, BridgeError):
                if not isinstance(fault, Later) or fault.fate is not Fate.UNKNOWN:
                    raise
            elif next(faults) >= MANY and not given_up:
                raise

    needs.each(one, ways)


def _noted(asked: Asked, part: Part, needs: Apply) -> Asking:
    judged = yield from _brought(asked, needs)
    if judged and judged.outcome is not Outcome.RETRYING:
        part.ends(asked.row.sku, judged)
    return judged


def _brought(asked: Asked, needs: Apply) -> Asking:
    if needs.heart.left_s <= 0:
        raise TimeIsUp
    if why := needs.heart.stops(asked.run.feed):
        raise Later(why, ASK_AGAIN_S)
    try:
        return (yield from bring(asked.row.sku, needs.heart, asked))
    except Exception as error:  # a fault of ours, or what Plytix never tells: it must not hold up the run for ever
        if isinstance(error, BridgeError) and not isinstance(error, Endless):
            raise  # waiting is no failing
        slow = isinstance(error, Endless) and error.fate is Fate.IN_FLIGHT
        if needs.ledger.fail(asked.run.id, asked.row.sku, slow=slow) < (SLOW_TRIES if slow else TRIES):
            raise
        needs.gives_up(asked.row.sku, error)
        endless = isinstance(error, Endless)
        return Judged(Outcome.HELD, (Note("sku", ENDLESS if endless else FAILED, other=str(error) if endless else None),))


def _look_up(feed: Feed, rows: list[StagedRow], needs: Apply) -> None:
    """Before the mirror's first load is complete what it does not know may be there all the same: a hundred a request are looked up,
    where each would cost four. A feed that says `verify: live` has all of them read anew (DESIGN.md §5, §6)."""
    skus = [row.sku for row in rows]
    if feed.verify != "live":
        if needs.mirror.loaded:
            return
        known = needs.heart.tables.mirrors(skus)
        skus = [sku for sku in skus if sku not in known or known[sku].existence is Existence.UNKNOWN]
    for product in needs.heart.plytix.find_many(skus) if skus else ():
        remember(product, needs.heart.tables, needs.heart.clock)
