"""Bring the SKUs of a message in step; count the chunk, and close the run if it was the last (DESIGN.md §4, §5)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass

from bridge.configuration import Feed
from bridge.domain.judge import FAILED, RETIRED, Judged, Note
from bridge.domain.mirror import Existence
from bridge.domain.outcome import Outcome
from bridge.domain.row import Sku
from bridge.domain.run import Run
from bridge.domain.switch import ASK_AGAIN_S
from bridge.errors import BridgeError, Later, TimeIsUp, Untold
from bridge.ports import Events, Ledger, MirrorState, Stage, StagedRow
from bridge.services.asking import Each, Way, alone, in_turn, together
from bridge.services.bring import Asked, Asking, Heart, bring
from bridge.services.close import close
from bridge.services.note import remember

LOGIN = "token"
TRIES = 10
"""Of one row: what fails so often, over more than a quarter of an hour, will fail always. Its SKU stays open, and `redrive` goes on."""


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


def apply_chunk(id: str, number: int, needs: Apply) -> None:
    """Reconcile each SKU of the chunk, count it, close the run if it was the last. Raises Later where it is to come again."""
    run = needs.ledger.run(id)
    if needs.ledger.chunk(id, number) is None:
        rows = [row for row in needs.stage.chunk(id, run.attempt, number) if not row.same]
        with _spending(run, needs) as spent:
            outcomes = _outcomes(run, rows, needs)
        counts = Counter(judged.outcome for judged in outcomes.values())
        needs.ledger.count(id, number, outcomes, counts, spent())
    close(id, needs.ledger, needs.events, needs.heart.clock)


def apply_sku(sku: Sku, needs: Apply) -> None:
    """The same for one SKU that nobody waits for."""
    if alone(Way(bring(sku, needs.heart)), needs.heart) is None:
        raise Later(f"{sku} is not at rest yet")


@contextmanager
def _spending(run: Run, needs: Apply) -> Iterator[Callable[[], Mapping[str, int]]]:
    """What Plytix was asked, logins apart, which count for no limit; an attempt that fails has spent it too."""
    before = Counter(needs.heart.plytix.requests)

    def spent() -> Mapping[str, int]:
        now = Counter(needs.heart.plytix.requests) - before
        return {kind: n for kind, n in now.items() if kind != LOGIN}

    try:
        yield spent
    except Exception:
        if spent():
            needs.ledger.spend(run.id, spent())
        raise


def _outcomes(run: Run, rows: list[StagedRow], needs: Apply) -> dict[Sku, Judged]:
    feed = needs.heart.configuration.feeds.get(run.feed)
    if feed is None:  # retired since: what it wants counts no more
        return {row.sku: Judged(Outcome.SKIPPED, (Note("sku", RETIRED),)) for row in rows}
    _look_up(feed, rows, needs)
    ways = {row.sku: Way(_brought(Asked(run, feed, row), needs)) for row in rows}
    if needs.mirror.bulk:
        together(list(ways.values()), needs.heart, needs.each)
    else:
        needs.each(lambda way: alone(way, needs.heart), ways.values())
    outcomes = {sku: judged for sku, way in ways.items() if (judged := way.ends()) and judged.outcome is not Outcome.RETRYING}
    if moving := ways.keys() - outcomes.keys():
        raise Later(f"{', '.join(sorted(moving)[:3])} … ({len(moving)}) not at rest yet")
    return outcomes


def _brought(asked: Asked, needs: Apply) -> Asking:
    if needs.heart.left_s <= 0:
        raise TimeIsUp
    if why := needs.heart.stops(asked.run.feed):
        raise Later(why, ASK_AGAIN_S)
    try:
        return (yield from bring(asked.row.sku, needs.heart, asked))
    except Exception as error:  # a fault of ours, or what Plytix never tells: it must not hold up the run for ever
        if isinstance(error, BridgeError) and not isinstance(error, Untold):
            raise  # waiting is no failing
        if needs.ledger.fail(asked.run.id, asked.row.sku) < TRIES:
            raise
        needs.gives_up(asked.row.sku, error)
        return Judged(Outcome.HELD, (Note("sku", FAILED),))


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
