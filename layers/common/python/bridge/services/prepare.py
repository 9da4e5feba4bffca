"""Prepare a run: read the whole drop without changing anything, tell what is wrong with it, then commit (DESIGN.md §4)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

from ulid import ULID

from bridge.configuration import Bundle, Feed
from bridge.domain import codes
from bridge.domain.drop import agreed
from bridge.domain.forecast import due, requests, searches
from bridge.domain.issue import Issue
from bridge.domain.outcome import Outcome
from bridge.domain.run import BEFORE_COMMIT, Run, State
from bridge.domain.waiting import Waiting
from bridge.ports import Clock, Events, Exchange, Ledger, MirrorState, Plytix, Queues, Schemas, Stage, Tables
from bridge.services.close import close
from bridge.services.commit import Commit, commit
from bridge.services.read import Plan, Read, read
from bridge.services.receipts import tell
from bridge.services.schema import Known


@dataclass(frozen=True, slots=True)
class Prepare:
    """What `prepare` needs."""

    configuration: Bundle
    ledger: Ledger
    tables: Tables
    stage: Stage
    exchange: Exchange
    queues: Queues
    events: Events
    clock: Clock
    schemas: Schemas
    plytix: Callable[[], Plytix]  # made only where it must be asked
    mirror: MirrorState
    waiting: Waiting


def prepare(id: str, needs: Prepare) -> Run:
    """Until commit begins each attempt reads again: a stage grows old. From then on it resumes."""
    run = needs.ledger.run(id)
    feed = needs.configuration.feeds.get(run.feed)
    if run.state in BEFORE_COMMIT and needs.ledger.advance(id, BEFORE_COMMIT, State.READING, configuration=needs.configuration.version):
        _read(run, feed, needs)
        run = needs.ledger.run(id)
    if run.state is State.COMMITTING:
        commit(run, feed, Commit(needs.ledger, needs.tables, needs.stage, needs.queues, needs.events, needs.clock))
    elif run.state is State.APPLYING:
        close(id, needs.ledger, needs.events, needs.clock)
    return needs.ledger.run(id)


def give_up(id: str, needs: Prepare) -> bool:
    """A drop that fails whoever reads it must not keep its feed waiting. False: commit has begun, there is no way back."""
    issue = Issue(codes.FILE_FAILED).as_json()
    if not needs.ledger.advance(id, BEFORE_COMMIT, State.FAILED, closed=needs.clock(), issues=(issue,), rows=0, attempt=""):
        return False
    needs.events.run_closed(needs.ledger.run(id))
    return True


def _read(run: Run, feed: Feed | None, needs: Prepare) -> None:
    """Tell what was found, and let commit begin or refuse the drop."""
    attempt = str(ULID())
    if feed is None:
        names = agreed(needs.configuration, run.partner)
        plan = Plan(refused=True, issues=[Issue(codes.FEED_NONE, value=run.drop.path, facts={"names": names}).as_json()])
    else:
        known = Known(needs.schemas, needs.plytix)
        reading = Read(needs.configuration, needs.tables, needs.stage, needs.exchange, needs.clock, known, needs.mirror)
        plan = read(run, feed, attempt, reading)
    facts: dict[str, Any] = {"attempt": attempt if plan.staged_settled else "", "rows": plan.rows, "issues": tuple(plan.issues),
                             "reading": plan.reading, "moved": needs.clock()}
    if plan.refused:
        rejected = {Outcome.REJECTED: plan.rows} if plan.rows else {}
        if needs.ledger.advance(run.id, (State.READING,), State.REFUSED, add=rejected, closed=needs.clock(), **facts):
            needs.events.run_closed(run)
        return

    asks = requests(plan.sends, bulk=needs.mirror.bulk, searches=searches(len(known.schema.types)))
    done_by = due(run, sum(asks.values()), needs.ledger.under_way(), needs.waiting, needs.configuration.settings.share, needs.clock())
    facts |= {"plan": asks, "due": done_by, "staged": plan.chunks}
    checked = replace(run, state=State.COMMITTING, counts=plan.counts, **facts)
    tell(checked, needs.exchange, plan.told, plan.more)  # before: nobody reads again, and so could tell it, once commit may begin
    needs.ledger.advance(run.id, (State.READING,), State.COMMITTING, add=plan.counts, **facts)
