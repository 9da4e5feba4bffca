"""Send again what is lost on the way, and whatever stands still. Queues are transport: a lost message delays, it loses nothing.

What is slow is not sent again. Ledger and open lists say how many messages should be under way, the queue how many it holds:

    fewer than there should be         one is lost, nobody knows which: all that stands still is sent
    as many, and some to be taken      it is a backlog: nothing is sent
    as many, none to be taken          all sleep, perhaps long after their reason is gone: once more all of it, but no third time

So a queue never holds three times what should be there. Others' messages may hide that one is lost as long as they lie there: what a
run waits for no longer than `HIDDEN_MS`, a single SKU until the next census.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass

from bridge.configuration import Bundle, Lane
from bridge.domain.drop import in_inbox
from bridge.domain.row import Sku
from bridge.domain.run import ENDED, OPEN, Run
from bridge.ports import Claims, Clock, Events, Exchange, Ledger, Queues, Tables

HIDDEN_MS = 86_400_000
"""A message lives for 14 days: where nothing is lost there will be as many of a chunk at most."""


@dataclass(frozen=True, slots=True)
class Redrive:
    """What `redrive` needs."""

    configuration: Bundle
    ledger: Ledger
    claims: Claims
    tables: Tables
    exchange: Exchange
    queues: Queues
    events: Events
    clock: Clock
    waits: Callable[[Lane, str], bool] = lambda lane, feed: False  # see `bridge.domain.waiting`


@dataclass(frozen=True, slots=True)
class Lost:
    """Whether messages must be missing in the queue of runs, and in those of the lanes."""

    runs: bool
    changes: dict[Lane, bool]


def redrive(needs: Redrive) -> dict[str, int]:
    """Gives how many of each kind were sent again."""
    settings, now = needs.configuration.settings, needs.clock()
    before = now - int(settings.redrive_s * 1000)
    under_way = needs.ledger.under_way()
    due, hurried = _due(needs, now, before, {run.feed for run in under_way if run.state in OPEN})
    lost = _lost(under_way, due, needs.queues)  # after the ledger: what is committed meanwhile is not taken for lost
    sent = Counter(runs=0, chunks=0, closed=0, drops=_drops(needs, now), skus=0)
    for run in under_way:
        if run.moved <= before and (again := _again(run, needs, lost, now)):
            sent.update(again)
            needs.ledger.touch(run.id, now)
    for sku in sorted(hurried):
        if lost.changes[due[sku]]:
            needs.queues.send_sku(due[sku], sku)
            sent["skus"] += 1
    return dict(sent)


def _lost(under_way: list[Run], due: dict[Sku, Lane], queues: Queues) -> Lost:
    changes = {}
    for lane in Lane:
        should = sum(run.open_chunks for run in under_way if run.lane is lane) + sum(of is lane for of in due.values())
        held = queues.held_changes(lane)
        changes[lane] = held.all < should or (not held.visible and held.all < 2 * should)
    return Lost(queues.held_runs().all < sum(run.waits_for_prepare for run in under_way), changes)


def _again(run: Run, needs: Redrive, lost: Lost, now: int) -> dict[str, int]:
    """What this run waits for, once more, where it may be lost; gives what was sent."""
    if run.state in ENDED:
        needs.events.run_closed(run)
        return {"closed": 1}
    hidden = run.moved <= now - HIDDEN_MS
    whole = run.waits_for_prepare and (lost.runs or hidden)
    if whole:
        needs.queues.send_run(run, str(now))
    chunks = _open_chunks(run, needs) if lost.changes[run.lane] or hidden else []
    for number in chunks:
        needs.queues.send_chunk(run, number)
    return {"runs": 1, "chunks": len(chunks)} if whole or chunks else {}


def _open_chunks(run: Run, needs: Redrive) -> list[int]:
    """But of none that can only wait."""
    if not run.open_chunks or needs.waits(run.lane, run.feed):
        return []
    done = {number for number, _ in needs.ledger.chunks_done(run.id)}
    return [number for number in range(run.noted) if number not in done]


def _drops(needs: Redrive, now: int) -> int:
    """Objects in an inbox that no drop was registered for; a half or empty one gets its answer when it has stayed too long."""
    settings, count = needs.configuration.settings, 0
    for drop in needs.exchange.lying(now - int(settings.redrive_s * 1000)):
        patience = settings.stays_s if drop.is_half or not drop.size else settings.redrive_s
        if not in_inbox(drop.key) or drop.landed > now - int(patience * 1000):
            continue
        if not needs.ledger.knows(drop):
            needs.queues.send_found(drop)
            count += 1
    return count


def _due(needs: Redrive, now: int, before: int, busy: set[str]) -> tuple[dict[Sku, Lane], set[Sku]]:
    """SKUs open too long, and claims that a dead worker left, with their lanes; and which of them do not only wait.

    A feed with a run under way is not hurried: its chunks are.
    """
    lanes = dict.fromkeys(needs.claims.left_behind(now), Lane.MAIN)
    hurried = set(lanes)
    for id, feed in needs.configuration.feeds.items():
        skus = needs.tables.due(id, before) if id not in busy else []
        if needs.waits(feed.lane, id):
            lanes = dict.fromkeys(skus, feed.lane) | lanes
        else:
            lanes |= dict.fromkeys(skus, feed.lane)
            hurried |= set(skus)
    return lanes, hurried
