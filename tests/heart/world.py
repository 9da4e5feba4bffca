"""Everything outside the heart as hand-written twins of its ports, in one process under a given clock.

Each method of a port is one outside call, and says first what it is about to do (`World.step`): there a scheduler may let
others in, or kill the worker. What is stored is stored as JSON, as the adapters do it, so that nothing is shared by reference.
"""

from __future__ import annotations

import copy
import io
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import orjson

from bridge.configuration import Bundle, Lane
from bridge.domain import claim as claims
from bridge.domain import history, mirror, wanted
from bridge.domain.claim import Claim
from bridge.domain.drop import Drop
from bridge.domain.judge import Judged
from bridge.domain.mirror import Existence, Mirror
from bridge.domain.outcome import Outcome
from bridge.domain.product import Listed, Product, Schema, Structure
from bridge.domain.row import Sku
from bridge.domain.run import ENDED, TAKEN, Run, State
from bridge.domain.upload import Upload
from bridge.domain.wanted import Wanted
from bridge.errors import BridgeError, Changed, Refused
from bridge.ports import Edit, MirrorState, Put, StagedRow

BUCKET = "exchange"


def stored(body: Any) -> Any:
    return orjson.loads(orjson.dumps(body))


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
        self.drops: dict[str, dict[str, tuple[Drop, bytes]]] = {}  # key → version → drop
        self.files: dict[str, bytes] = {}  # what partners can read
        self.archived: set[tuple[str, str]] = set()
        self.intake: list[Message] = []
        self.fifo: list[Message] = []
        self.changes: list[Message] = []
        self.closed_events: list[Message] = []
        self.ledger, self.claims, self.tables = Ledger(self), Claims(self), Tables(self)
        self.stage, self.exchange, self.queues, self.events = Stage(self), Exchange(self), Queues(self), Events(self)
        self.schemas = Schemas(self)
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


class Ledger:
    def __init__(self, world: World) -> None:
        self.w = world
        self.drops: dict[tuple[str, str], str] = {}
        self.runs: dict[str, Run] = {}
        self.chunks: dict[tuple[str, int], Any] = {}
        self.uploads: list[Upload] = []
        self.failures: dict[tuple[str, Sku], int] = {}
        self.mirror_state, self.turn = MirrorState(), 0
        self.closes: dict[str, int] = {}

    def register(self, run: Run) -> tuple[Run, bool]:
        self.w.step(f"register {run.drop.key}")
        key = run.drop.key, run.drop.version
        if key in self.drops:
            return self.runs[self.drops[key]], False
        self.drops[key], self.runs[run.id] = run.id, run
        return run, True

    def run(self, id: str) -> Run:
        self.w.step(f"read run {id}")
        return self.runs[id]

    def knows(self, drop: Drop) -> bool:
        self.w.step(f"is {drop.key} known")
        return (drop.key, drop.version) in self.drops

    def runs_of(self, key: str, since: int = 0) -> list[Run]:
        self.w.step(f"runs of {key}")
        return [self.runs[id] for (k, _), id in self.drops.items() if k == key and self.runs[id].registered >= since]

    def note_upload(self, upload: Upload) -> None:
        self.w.step(f"note upload {upload.key}")
        self.uploads.append(upload)

    def uploads_of(self, key: str) -> list[Upload]:
        self.w.step(f"uploads of {key}")
        return [u for u in self.uploads if u.key == key]

    def prove(self, id: str) -> None:
        self.w.step(f"prove {id}")
        self.runs[id] = replace(self.runs[id], whole=True)

    def cut(self, id: str) -> bool:
        self.w.step(f"cut {id}")
        if self.runs[id].cut_off or self.runs[id].state not in TAKEN:
            return False
        self.runs[id] = replace(self.runs[id], cut_off=True, reported=0)
        return True

    def advance(self, id: str, since: Any, to: State, add: dict[Outcome, int] | None = None, **facts: Any) -> bool:
        self.w.step(f"advance {id} to {to} {facts}")
        run = self.runs[id]
        if run.state not in since:
            return False
        counts = dict(run.counts)
        for outcome, n in (add or {}).items():
            counts[outcome] = counts.get(outcome, 0) + n
        self.runs[id] = replace(run, state=to, counts=counts, **facts)
        if to in ENDED:
            self.closes[id] = self.closes.get(id, 0) + 1
        return True

    def note_chunk(self, id: str, number: int) -> Run:
        self.w.step(f"note chunk {id} {number}")
        self.runs[id] = replace(self.runs[id], noted=number + 1, moved=self.w.now)
        return self.runs[id]

    def chunk(self, id: str, number: int) -> dict[Sku, Judged] | None:
        self.w.step(f"read chunk {id} {number}")
        return self._outcomes(self.chunks[id, number]) if (id, number) in self.chunks else None

    def _outcomes(self, body: Any) -> dict[Sku, Judged]:
        return {Sku(sku): Judged.from_json(judged) for sku, judged in body.items()}

    def chunks_done(self, id: str) -> Iterator[tuple[int, dict[Sku, Judged]]]:
        self.w.step(f"chunks of {id}")
        return iter([(n, self._outcomes(body)) for (run, n), body in self.chunks.items() if run == id])

    def fail(self, id: str, sku: Sku) -> int:
        self.w.step(f"fail {id} {sku}")
        self.failures[id, sku] = self.failures.get((id, sku), 0) + 1
        return self.failures[id, sku]

    def spend(self, id: str, spent: Mapping[str, int]) -> None:
        self.w.step(f"spend {id} {spent}")

    def count(self, id: str, number: int, outcomes: dict[Sku, Judged], rows: Mapping[Outcome, int], spent: Mapping[str, int]) -> bool:
        self.w.step(f"count chunk {id} {number} {outcomes}")
        if (id, number) in self.chunks:
            return False
        self.chunks[id, number] = stored({sku: judged.to_json() for sku, judged in outcomes.items()})
        run = self.runs[id]
        counts = dict(run.counts)
        for outcome, n in rows.items():
            counts[outcome] = counts.get(outcome, 0) + n
        self.runs[id] = replace(run, done=run.done + 1, counts=counts, moved=self.w.now)
        return True

    def under_way(self) -> list[Run]:
        self.w.step("runs under way")
        return [run for run in self.runs.values() if not run.reported]

    def touch(self, id: str, now: int) -> None:
        self.w.step(f"touch {id}")
        self.runs[id] = replace(self.runs[id], moved=now)

    def is_reported(self, run: Run, now: int) -> bool:
        self.w.step(f"reported {run.id}")
        if self.runs[run.id].cut_off != run.cut_off:
            return False
        self.runs[run.id] = replace(self.runs[run.id], reported=now)
        return True

    def state(self) -> MirrorState:
        self.w.step("read mirror state")
        return self.mirror_state

    def begin(self, now: int, until: int) -> bool:
        self.w.step("take the turn to refresh")
        if self.turn > now:
            return False
        self.turn = until
        return True

    def complete(self, state: MirrorState) -> None:
        self.w.step("refresh complete")
        self.mirror_state, self.turn = state, 0

    def stopped(self, since: int, page: int) -> None:
        self.w.step("the first load stopped")
        self.mirror_state = replace(self.mirror_state, since=since, page=page)

    def give_back(self, until: int) -> None:
        self.w.step("give the turn back")
        if self.turn == until:
            self.turn = 0


class Claims:
    def __init__(self, world: World) -> None:
        self.w = world
        self.items: dict[Sku, tuple[str, int, Any]] = {}  # holder, until, intent

    def claim(self, sku: Sku, holder: str, now: int, until: int) -> Claim | None:
        self.w.step(f"claim {sku}")
        old = self.items.get(sku)
        if old and old[0] != holder and old[1] > now:
            return None
        self.items[sku] = (holder, until, old[2] if old else None)
        return claims.from_json(stored(old[2]), holder, until) if old and old[2] else Claim(holder, until)

    def intend(self, sku: Sku, claim: Claim) -> bool:
        self.w.step(f"note intent {sku} {sorted(claim.intent)}")
        if self.items.get(sku, ("",))[0] != claim.holder:
            return False
        self.items[sku] = (claim.holder, claim.until, stored(claims.to_json(claim)))
        return True

    def free(self, sku: Sku, holder: str) -> None:
        self.w.step(f"free {sku}")
        if self.items.get(sku, ("",))[0] == holder:
            del self.items[sku]

    def leave(self, sku: Sku, holder: str) -> None:
        self.w.step(f"leave {sku}")
        old = self.items.get(sku)
        if old and old[0] == holder:
            self.items[sku] = (holder, 0, old[2])

    def left_behind(self, now: int) -> list[Sku]:
        self.w.step("claims left behind")
        return [sku for sku, (_, until, intent) in self.items.items() if intent and until < now]


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

    def open(self, drop: Drop) -> Any:
        self.w.step(f"open {drop.key}")
        return io.BytesIO(self.w.drops[drop.key][drop.version][1])

    def write(self, partner: str, path: str, content: Any, kind: str) -> None:
        self.w.step(f"write {partner}/{path}")
        self.w.files[f"{partner}/{path}"] = content if isinstance(content, bytes) else content.read()

    def write_first(self, partner: str, path: str, content: bytes, kind: str) -> None:
        self.w.step(f"write first {partner}/{path}")
        self.w.files.setdefault(f"{partner}/{path}", content)

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
        self.w.changes.append(Message({"kind": "chunk", "run": run.id, "chunk": number}))

    def send_sku(self, lane: Lane, sku: Sku) -> None:
        self.w.step(f"send {sku} to apply")
        self.w.changes.append(Message({"kind": "sku", "sku": sku}))

    def send_waited(self, run: Run, after_s: float) -> None:
        self.w.step(f"wait for word on {run.id}")
        self.w.intake.append(Message({"kind": "waited", "run": run.id}, visible=self.w.now + int(after_s * 1000)))

    def send_found(self, drop: Drop) -> None:
        self.w.step(f"found {drop.key}")
        self.w.intake.append(Message({"kind": "found", "drop": stored(_drop(drop))}))


class Events:
    def __init__(self, world: World) -> None:
        self.w = world

    def run_closed(self, run: Run) -> None:
        self.w.step(f"tell that {run.id} is closed")
        self.w.closed_events.append(Message({"run": run.id}))


class Schemas:
    def __init__(self, world: World) -> None:
        self.w = world
        self.known = "0"
        self.kept: Schema | None = None

    def version(self) -> str:
        return self.known

    def stored(self) -> Schema | None:
        return self.kept

    def store(self, schema: Schema) -> None:
        self.w.step("store the schema")
        self.known, self.kept = schema.version, schema


@dataclass(frozen=True)
class Logged:
    """One write, as the properties want to know it."""

    time: int
    by: str
    kind: str
    id: str
    sku: str
    changed: dict[str, tuple[Any, Any]]


KINDS = {"decimal": "DecimalAttribute", "integer": "IntAttribute"}


class Plytix:
    """Small, but it normalises (names in capitals), refuses (colours that are no options), and lets people work in it.

    `tells`: its schema has the options; else they are told by refusals alone.
    """

    def __init__(self, world: World, options: set[str]) -> None:
        self.w, self.options, self.version, self.tells = world, set(options), 0, False
        self.products: dict[str, Product] = {}
        self.ids = 0
        self.log: list[Logged] = []
        self.requests = {"write": 0, "read": 0, "list": 0, "look": 0}
        self.entitled = False  # to bulk jobs

    # ---- what the bridge asks
    def create(self, sku: Sku, values: dict[str, Any]) -> Product:
        self.w.step(f"CREATE {sku} {values}")
        self.requests["write"] += 1
        return self._answer(self.make(sku, values, "bridge"))

    def patch(self, id: str, values: dict[str, Any]) -> Product:
        self.w.step(f"PATCH {id} {values}")
        self.requests["write"] += 1
        if id not in self.products:
            raise Changed("gone")
        return self._answer(self.change(id, values, "bridge"))

    def may_edit_many(self) -> bool:
        self.w.step("ask for bulk jobs")
        return self.entitled

    def patch_many(self, edits: Sequence[Edit], patience_s: float) -> dict[str, Product | BridgeError]:
        """A job that others see half done; afterwards its products are read back, by when people may have been at them."""
        answers: dict[str, Product | BridgeError] = {}
        for edit in edits:
            self.w.step(f"BULK {edit}")
            self.requests["write"] += 1
            try:
                if edit.id not in self.products:
                    raise Changed("gone")
                self.change(edit.id, edit.values, "bridge")
            except (Changed, Refused) as error:
                answers[edit.id] = error
        self.w.step("GET what was edited")
        self.requests["look"] += 1
        return {edit.id: answers.get(edit.id) or self.products.get(edit.id) or Changed("gone") for edit in edits}

    def read(self, id: str) -> Product | None:
        self.w.step(f"GET {id}")
        self.requests["read"] += 1
        return self.products.get(id)

    def find(self, sku: Sku) -> Product | None:
        self.w.step(f"GET {sku}")
        self.requests["read"] += 1
        return next((p for p in self.products.values() if p.sku == sku), None)

    def find_many(self, skus: Sequence[Sku]) -> list[Product]:
        self.w.step(f"GET {list(skus)}")
        self.requests["look"] += 1
        return [p for p in self.products.values() if p.sku in skus]

    def listed(self, since_ms: int | None, page: int = 1) -> Iterator[Listed]:
        self.w.step("list products")
        self.requests["list"] += 1
        return iter([Listed(p.id, p.sku, p.modified) for p in self.products.values() if p.modified >= (since_ms or 0)])

    def read_many(self, ids: Any) -> list[Product]:
        self.w.step(f"GET {list(ids)}")
        self.requests["read"] += len(ids)
        return [self.products[id] for id in ids if id in self.products]

    def schema(self) -> Schema:
        self.w.step("read the schema")
        columns = [column for feed in self.w.configuration.feeds.values() for column in feed.columns.values()]
        types = {column.to: KINDS.get(column.type, "TextAttribute") for column in columns}
        if not self.tells:
            return Schema(str(self.version), types)
        return Schema(str(self.version), types | {"color": "DropdownAttribute"}, {"color": sorted(self.options)})

    def structure(self, now_ms: int) -> Structure:
        return Structure(now_ms)

    def _answer(self, product: Product) -> Product:
        """v1 does not tell who changed it."""
        return replace(product, created_by_api=None, modified_by_api=None)

    # ---- what happens to a product
    def make(self, sku: str, values: dict[str, Any], by: str) -> Product:
        if any(p.sku == sku for p in self.products.values()):
            raise Changed("taken")
        self._check(sku, values, by)
        self.ids += 1
        at = self.w.tick()
        product = Product(f"{self.ids:024d}", Sku(sku), at, {}, created=at, created_by_api=by == "bridge", modified_by_api=by == "bridge")
        return self._store(product, values, by, "create")

    def change(self, id: str, values: dict[str, Any], by: str, sku: str = "") -> Product:
        old = self.products[id]
        self._check(old.sku, values, by)
        return self._store(replace(old, sku=Sku(sku or old.sku)), values, by, "patch")

    def remove(self, id: str) -> None:
        old = self.products.pop(id)
        self.log.append(Logged(self.w.tick(), "person", "delete", id, old.sku, {}))

    def add_option(self, option: str) -> None:
        self.version += option not in self.options
        self.options.add(option)

    def _check(self, sku: str, values: dict[str, Any], by: str) -> None:
        if values.get("color") not in self.options | {None}:
            self.log.append(Logged(self.w.tick(), by, "refusal", "", sku, {}))
            raise Refused({"color": "is not an option"})

    def _store(self, product: Product, values: dict[str, Any], by: str, kind: str) -> Product:
        old = self.products.get(product.id)
        new = {a: v for a, v in (product.values | {a: normal(a, v) for a, v in values.items()}).items() if v is not None}
        changed = {a: (product.values.get(a), new.get(a)) for a in {*product.values, *new} if product.values.get(a) != new.get(a)}
        if changed or old is None or old.sku != product.sku:  # the same again leaves `modified` alone (plytix-api.md §6.3)
            product = replace(product, values=new, modified=self.w.tick(), modified_by_api=by == "bridge")
            self.products[product.id] = product
        self.log.append(Logged(self.w.tick(), by, kind, product.id, product.sku, changed))
        return self.products[product.id]


def normal(attribute: str, value: Any) -> Any:
    return value.upper() if attribute == "name" and isinstance(value, str) else value
