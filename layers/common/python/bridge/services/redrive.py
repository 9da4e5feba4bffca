"""Send again what is open and due, and whatever stands still. Queues are transport: a lost message delays, it loses nothing."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from bridge.configuration import Bundle, Lane
from bridge.domain.drop import in_inbox
from bridge.domain.row import Sku
from bridge.domain.run import ENDED, OPEN, Run, State
from bridge.ports import Claims, Clock, Events, Exchange, Ledger, Queues, Tables


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


def redrive(needs: Redrive) -> dict[str, int]:
    """Gives how many of each kind were sent again."""
    settings, now = needs.configuration.settings, needs.clock()
    before = now - int(settings.redrive_s * 1000)
    under_way = needs.ledger.under_way()
    stuck = [run for run in under_way if run.moved <= before]
    sent = {"runs": 0, "chunks": 0, "closed": 0, "drops": _drops(needs, now), "skus": 0}
    for run in stuck:
        sent["closed" if run.state in ENDED else "runs"] += 1
        sent["chunks"] += _again(run, needs, str(now))
        needs.ledger.touch(run.id, now)
    sent["skus"] = _skus(needs, before, {run.feed for run in under_way if run.state in OPEN})
    return sent


def _again(run: Run, needs: Redrive, again: str) -> int:
    """What this run waits for, once more; gives the chunks sent."""
    if run.state in ENDED:
        needs.events.run_closed(run)
        return 0
    if run.state is not State.APPLYING or run.total == run.done:  # also when all is done: a lost close has nobody else
        needs.queues.send_run(run, again)
    if needs.waits(run.lane, run.feed):
        return 0
    done = {number for number, _ in needs.ledger.chunks_done(run.id)}
    open_chunks = [n for n in range(run.noted) if n not in done]
    for number in open_chunks:
        needs.queues.send_chunk(run, number)
    return len(open_chunks)


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


def _skus(needs: Redrive, before: int, busy: set[str]) -> int:
    """SKUs open too long, and claims that a dead worker left. A feed with a run under way is not hurried: its chunks are."""
    due = set(needs.claims.left_behind(needs.clock()))
    lanes: dict[Sku, Lane] = {}
    for id, feed in needs.configuration.feeds.items():
        if id not in busy and not needs.waits(feed.lane, id):
            for sku in needs.tables.due(id, before):
                due.add(sku)
                lanes[sku] = feed.lane
    for sku in sorted(due):
        needs.queues.send_sku(lanes.get(sku, Lane.MAIN), sku)
    return len(due)
