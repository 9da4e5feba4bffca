"""This bridge: its services from drop to closed run, and its client with its budget; one worker, tables in memory."""

from __future__ import annotations

import csv
import io
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

from benchmarks.catalogue import Row
from benchmarks.memory import Memory, OneWorker
from bridge.adapters.budget import LaneBudget
from bridge.adapters.plytix.credentials import Credentials
from bridge.adapters.plytix.products import Products
from bridge.adapters.plytix.session import Limits, Session
from bridge.configuration import Bundle, Feed, Lane, Partner, Settings
from bridge.domain.row import Sku
from bridge.domain.run import Run, State
from bridge.domain.switch import Switch
from bridge.domain.waiting import Waiting
from bridge.errors import Later
from bridge.services.apply import Apply, apply_chunk, apply_sku
from bridge.services.heart import Heart
from bridge.services.prepare import Prepare, prepare
from bridge.services.receive import Intake, receive
from bridge.services.refresh import Refresh, refresh
from bridge.threads import each_in_threads

label = "this bridge"
AT_ONCE = 8  # as in functions/ingest/apply.py
Told = TypeVar("Told")
SETTINGS = Settings(upload_event_s=0, refresh_s=0, refresh_overlap_s=0)  # one clock here: nothing need be listed twice
FEED = Feed.model_validate({
    "partner": "erp", "name": "products", "takes": ["*.csv"], "key": {"column": "sku"},
    "columns": {"label": {"to": "label"}, "price": {"to": "price", "type": "decimal"}, "stock": {"to": "stock", "type": "integer"},
                "material": {"to": "material"}}})


@dataclass(frozen=True)
class Key:
    """Credentials as a secret keeps them."""

    url: str

    def current(self) -> Credentials:
        return Credentials("key", "password", self.url, self.url)

    again = current


@dataclass
class Bridge:
    memory: Memory
    plytix: Products
    budget: OneWorker
    files: int = 0
    closed: Run | None = None


def load(url: str, rows: list[Row]) -> Bridge:
    """The mirror's first load, and a first file, of which Plytix holds everything already."""
    memory = Memory(Bundle(version="1", settings=SETTINGS, partners={"erp": Partner(name="ERP")}, feeds={FEED.id: FEED}))
    item = OneWorker()
    budget = LaneBudget(item, lambda: Switch(writes=True), Lane.MAIN, SETTINGS.share)
    bridge = Bridge(memory, Products(Session(Key(url), budget, Limits())), item)
    after(bridge)
    run(bridge, rows)
    return bridge


def run(bridge: Bridge, rows: list[Row]) -> int:
    """The file's rows with an outcome, when its run is closed."""
    bridge.files += 1
    drop = bridge.memory.land(f"erp/inbox/{bridge.files}.csv", written(rows))
    work(bridge)
    (closed,) = bridge.memory.ledger.runs_of(drop.key)
    assert closed.state is State.CLOSED, closed
    bridge.closed = closed
    return sum(closed.counts.values())


def foretold(bridge: Bridge) -> float | None:
    """Seconds that the last file was to take, as its receipt said before the first write; None: it had nothing to send."""
    run = bridge.closed
    return (run.due - run.registered) / 1000 if run and run.due else None


def after(bridge: Bridge) -> dict[str, int]:
    """The refresh that comes after it, and what that has to say."""
    m = bridge.memory
    needs = Refresh(m.configuration, m.ledger, m.tables, bridge.plytix, m.schemas.opened(), m.censuses, m.queues, m.clock)
    told = in_time(lambda: refresh(needs))
    work(bridge)
    return told


def work(bridge: Bridge) -> None:
    """One message after the other, until none is left."""
    m = bridge.memory
    intake = Intake(m.configuration, m.ledger, m.exchange, m.queues, m.events, m.clock)
    heart = Heart(m.configuration, m.claims, m.tables, bridge.plytix, m.schemas.opened(), m.clock)
    applying = Apply(heart, m.ledger, m.stage, m.events, m.ledger.state(), each=each_in_threads(AT_ONCE))
    while m.intake or m.fifo or m.changes:
        if m.intake:
            receive(m.intake.pop(0).body, intake)
        elif m.fifo:
            waiting = Waiting(Switch(writes=True), bridge.budget.known, m.clock())
            prepare(m.fifo.pop(0).body["run"], Prepare(
                m.configuration, m.ledger, m.tables, m.stage, m.exchange, m.queues, m.events, m.clock, m.schemas.opened(),
                lambda: bridge.plytix, m.ledger.state(), waiting))
        else:
            apply(m.changes.pop(0).body, applying)


def apply(body: dict[str, object], needs: Apply) -> None:
    match body:
        case {"kind": "chunk", "run": str(run), "chunk": int(number)}:
            in_time(lambda: apply_chunk(run, number, needs))
        case {"sku": str(sku)}:
            in_time(lambda: apply_sku(Sku(sku), needs))


def in_time(step: Callable[[], Told]) -> Told:
    """A message that is to come later comes later."""
    while True:
        try:
            return step()
        except Later as later:
            time.sleep(1 if later.after_s is None else later.after_s)


def written(rows: list[Row]) -> bytes:
    text = io.StringIO()
    writer = csv.DictWriter(text, list(rows[0]))
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue().encode()
