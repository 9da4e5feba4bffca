"""Everything outside the heart as hand-written twins of its ports, in one process under a given clock.

Each method of a port is one outside call, and says first what it is about to do (`World.step`): there a scheduler may let
others in, or kill the worker. What is stored is stored as JSON, as the adapters do it, so that nothing is shared by reference.
"""

from __future__ import annotations

import copy
import io
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from bridge.configuration import Bundle, Lane
from bridge.domain import census, history, mirror, wanted
from bridge.domain.census import Census
from bridge.domain.drop import Drop
from bridge.domain.mirror import Existence, Mirror
from bridge.domain.product import NO_SCHEMA, Schema
from bridge.domain.row import Sku
from bridge.domain.run import Run
from bridge.domain.wanted import Wanted
from bridge.ports import Held, Put, StagedRow
from tests.heart.ledger import Claims, Ledger
from tests.heart.plytix import Plytix
from tests.heart.stored import stored

BUCKET = "exchange"


@dataclass
class Message:
    """`visible` in ms; `group` blocks in a FIFO queue only."""

    body: dict[str, Any]
    visible: int = 0
    group: str = ""


class World:
    """Tables, buckets, queues, clock, and Plytix."""

    def __init__(self, configuration: Bundle, options: set[str]) -> None:
        self.configuration, self.now = configuration, 1_000_000_000_000
        self.step: Callable[[str], None] = lambda label: None
        self.in_hands: Callable[[list[Message]], list[Message]] = lambda queue: []  # of this queue, with workers
        self.drops: dict[str, dict[str, tuple[Drop, bytes]]] = {}  # key → version → drop
        self.files: dict[str, bytes] = {}  # what partners can read
        self.archived: set[tuple[str, str]] = set()
        self.intake: list[Message] = []
        self.fifo: list[Message] = []
        self.changes: list[Message] = []
        self.closed_events: list[Message] = []
        self.ledger, self.claims, self.tables = Ledger(self), Claims(self), Tables(self)
        self.stage, self.exchange, self.queues, self.events = Stage(self), Exchange(self), Queues(self), Events(self)
        self.schemas, self.censuses = Schemas(self), Censuses(self)
        self.plytix = Plytix(self, options)

    def clock(self) -> int:
        return self.now

    def tick(self) -> int:
        self.now += 1
        return self.now

    def land(self, key: str, content: bytes) -> Drop:
        """A partner's upload; S3's event is queued."""
        at = self.tick()
        version = f"v{at}"
        drop = Drop(BUCKET, key, version, len(content), f"etag-{at}", at, f"{at:024d}")
        self.drops.setdefault(key, {})[version] = (drop, content)
        self.intake.append(Message({"kind": "found", "drop": stored(_drop(drop))}))
        return drop


def _drop(drop: Drop) -> dict[str, Any]:
    return {name: getattr(drop, name) for name in Drop.__dataclass_fields__}


class Tables:
    def __init__(self, world: World) -> None:
        self.w = world
        self.wanted_items: dict[tuple[Sku, str], tuple[Any, int]] = {}
        self.mirror_items: dict[Sku, tuple[Any, int]] = {}
        self.entries: list[tuple[Sku, Any]] = []

    def wanted(self, sku: Sku, feed: str) -> Wanted:
        self.w.step(f"read wanted {sku} of {feed}")
        return self.peek_wanted(sku, feed)

    def peek_wanted(self, sku: Sku, feed: str) -> Wanted:
        item = self.wanted_items.get((sku, feed))
        return wanted.from_json(*item) if item else Wanted()

    def wanted_of(self, sku: Sku) -> dict[str, Wanted]:
        self.w.step(f"read wanted {sku}")
        return self.peek_wanted_of(sku)

    def peek_wanted_of(self, sku: Sku) -> dict[str, Wanted]:
        return {feed: wanted.from_json(*item) for (s, feed), item in sorted(self.wanted_items.items()) if s == sku}

    def wanted_many(self, skus: Any, feed: str) -> dict[Sku, Wanted]:
        self.w.step(f"read wanted {list(skus)} of {feed}")
        return {sku: self.peek_wanted(sku, feed) for sku in skus if (sku, feed) in self.wanted_items}

    def due(self, feed: str, before: int) -> list[Sku]:
        self.w.step(f"what is due of {feed}")
        items = [(sku, self.peek_wanted(sku, f)) for sku, f in self.wanted_items if f == feed]
        return [sku for sku, item in items if item.due and item.open_since <= before]

    def open_list(self, feed: str) -> list[Sku]:
        self.w.step(f"open list of {feed}")
        return [sku for sku, f in self.wanted_items if f == feed and ((item := self.peek_wanted(sku, f)).open or item.over)]

    def mirror(self, sku: Sku) -> Mirror:
        self.w.step(f"read mirror {sku}")
        return self.peek_mirror(sku)

    def peek_mirror(self, sku: Sku) -> Mirror:
        return mirror.from_json(*self.mirror_items[sku]) if sku in self.mirror_items else Mirror()

    def mirrors(self, skus: Any) -> dict[Sku, Mirror]:
        self.w.step(f"read mirror {list(skus)}")
        return {sku: self.peek_mirror(sku) for sku in skus if sku in self.mirror_items}

    def all_mirrors(self) -> Iterator[tuple[Sku, Mirror]]:
        self.w.step("read the mirror")
        return iter([(sku, self.peek_mirror(sku)) for sku in sorted(self.mirror_items)])

    def sku_of(self, id: str) -> Sku | None:
        self.w.step(f"which SKU has {id}")
        return next((s for s in self.mirror_items if (m := self.peek_mirror(s)).id == id and m.existence is Existence.LIVING), None)

    def history(self, sku: Sku, since: int) -> list[history.Entry]:
        self.w.step(f"read outcome {sku}")
        return [history.from_json(s, body) for s, body in self.entries if s == sku and body["at"] >= since]

    def write(self, *puts: Put, history: Any = ()) -> bool:
        if not puts and not history:
            return True
        self.w.step(f"write {[(p.feed or 'mirror', p.sku) for p in puts]} {[sorted(e.made) for e in history]}")
        for put in puts:
            old = self.wanted_items.get((put.sku, put.feed)) if put.feed else self.mirror_items.get(put.sku)
            if (old[1] if old else 0) != put.old.version:
                return False
        for put in puts:
            version = put.old.version + 1
            if put.feed:
                self.wanted_items[put.sku, put.feed] = (stored(wanted.to_json(put.new)), version)
            else:
                self.mirror_items[put.sku] = (stored(mirror.to_json(put.new)), version)
        self.entries += [(entry.sku, stored(_history_json(entry))) for entry in history]
        return True


_history_json = history.to_json


class Stage:
    def __init__(self, world: World) -> None:
        self.w = world
        self.chunks: dict[tuple[str, str, int], list[StagedRow]] = {}
        self.lines: dict[tuple[str, str], list[Any]] = {}

    def write_chunk(self, run: str, attempt: str, number: int, rows: list[StagedRow]) -> None:
        self.w.step(f"stage chunk {run} {number}")
        self.chunks[run, attempt, number] = copy.deepcopy(rows)

    def chunk(self, run: str, attempt: str, number: int) -> list[StagedRow]:
        self.w.step(f"read stage {run} {number}")
        return copy.deepcopy(self.chunks[run, attempt, number])

    def write_settled(self, run: str, attempt: str, lines: Any) -> None:
        self.w.step(f"stage settled {run}")
        self.lines[run, attempt] = stored(list(lines))

    def settled(self, run: str, attempt: str) -> Iterator[Any]:
        self.w.step(f"read settled {run}")
        return iter(stored(self.lines[run, attempt]))


class Exchange:
    def __init__(self, world: World) -> None:
        self.w = world
        self.ranks: dict[str, str] = {}

    def open(self, drop: Drop) -> Any:
        self.w.step(f"open {drop.key}")
        return io.BytesIO(self.w.drops[drop.key][drop.version][1])

    def write(self, partner: str, path: str, content: Any, kind: str) -> None:
        self.w.step(f"write {partner}/{path}")
        self.w.files[f"{partner}/{path}"] = content if isinstance(content, bytes) else content.read()

    def tell(self, partner: str, path: str, content: bytes, kind: str, rank: str) -> None:
        self.w.step(f"tell {partner}/{path} {rank}")
        if self.ranks.get(f"{partner}/{path}", "") < rank:
            self.w.files[f"{partner}/{path}"], self.ranks[f"{partner}/{path}"] = content, rank

    def archive(self, run: Run) -> None:
        self.w.step(f"archive {run.drop.key}")
        self.w.archived.add((run.drop.key, run.drop.version))

    def lying(self, before: int) -> Iterator[Drop]:
        self.w.step("list inboxes")
        found = [d for versions in self.w.drops.values() for d, _ in versions.values() if (d.key, d.version) not in self.w.archived]
        return iter([d for d in found if d.landed <= before])


class Queues:
    def __init__(self, world: World) -> None:
        self.w = world

    def send_run(self, run: Run, again: str = "") -> None:
        self.w.step(f"queue {run.id}")
        self.w.fifo.append(Message({"run": run.id}, group=run.feed))

    def send_chunk(self, run: Run, number: int) -> None:
        self.w.step(f"send chunk {run.id} {number}")
        self.w.changes.append(Message({"kind": "chunk", "run": run.id, "chunk": number, "lane": run.lane.value}))

    def send_sku(self, lane: Lane, sku: Sku) -> None:
        self.w.step(f"send {sku} to apply")
        self.w.changes.append(Message({"kind": "sku", "sku": sku, "lane": lane.value}))

    def send_waited(self, run: Run, after_s: float) -> None:
        self.w.step(f"wait for word on {run.id}")
        self.w.intake.append(Message({"kind": "waited", "run": run.id}, visible=self.w.now + int(after_s * 1000)))

    def send_found(self, drop: Drop) -> None:
        self.w.step(f"found {drop.key}")
        self.w.intake.append(Message({"kind": "found", "drop": stored(_drop(drop))}))

    def held_runs(self) -> Held:
        self.w.step("count runs")
        return self._held(self.w.fifo)

    def held_changes(self, lane: Lane) -> Held:
        self.w.step(f"count changes {lane}")
        return self._held(self.w.changes, lane)

    def _held(self, queue: list[Message], lane: str | None = None) -> Held:
        lying, taken = ([m for m in messages if m.body.get("lane") == lane] for messages in (queue, self.w.in_hands(queue)))
        visible = sum(m.visible <= self.w.now for m in lying)
        return Held(visible, len(lying) - visible + len(taken))


class Events:
    def __init__(self, world: World) -> None:
        self.w = world

    def run_closed(self, run: Run) -> None:
        self.w.step(f"tell that {run.id} is closed")
        self.w.closed_events.append(Message({"run": run.id}))


class Censuses:
    def __init__(self, world: World) -> None:
        self.w = world
        self.noted: Any = None

    def last(self) -> Census | None:
        self.w.step("read how far the census has come")
        return census.from_json(copy.deepcopy(self.noted)) if self.noted else None

    def note(self, under_way: Census) -> None:
        self.w.step(f"note how far the census has come: page {under_way.page}, SKU {under_way.to}")
        self.noted = stored(census.to_json(under_way))


class Schemas:
    def __init__(self, world: World) -> None:
        self.w = world
        self.kept: Schema | None = None

    def opened(self) -> OpenedSchemas:
        """For one worker."""
        return OpenedSchemas(self)

    def stored(self) -> Schema | None:
        return self.kept

    def store(self, schema: Schema) -> None:
        self.w.step("store the schema")
        self.kept = schema


class OpenedSchemas:
    """It is read once, as the adapter does it: a worker goes by what was true when it began."""

    def __init__(self, schemas: Schemas) -> None:
        self._schemas, self._current = schemas, None  # type: Schemas, Schema | None

    def current(self) -> Schema:
        if self._current is None:
            self._schemas.w.step("read the schema")
            self._current = self._schemas.kept or NO_SCHEMA
        return self._current

    def stored(self) -> Schema | None:
        return self._schemas.stored()

    def store(self, schema: Schema) -> None:
        self._schemas.store(schema)
        self._current = schema
