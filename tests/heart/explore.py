"""Attack the heart: random schedules of events, workers and faults, run over the real services.

A schedule is a scenario (what partners and people do) and a list of choices; 0, and the end of the list, is what a calm world
would do next. Each worker is a greenlet that stops before every outside call, where others may come in, or it may die.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from greenlet import GreenletExit, getcurrent, greenlet

from bridge.configuration import Bundle, Column, Feed, Key, Partner, Settings
from bridge.domain.mirror import Existence
from bridge.domain.reconcile import reconcile
from bridge.domain.row import Sku
from bridge.domain.run import State
from bridge.errors import Changed, Later, Refused
from bridge.services.apply import Heart, apply_chunk, apply_sku
from bridge.services.census import census
from bridge.services.prepare import Prepare, prepare
from bridge.services.receive import Intake, receive
from bridge.services.redrive import Redrive, redrive
from bridge.services.refresh import Refresh, refresh
from tests.heart.ideal import Ideal, IdealFeed
from tests.heart.world import Message, World

SKUS = ["A", "B", "C"]
OWNERS = {
    "erp": {"price": "feed", "name": "latest"},
    "sup": {"name": "latest", "text": "plytix", "color": "feed"},
    "fast": {"price": "latest", "text": "plytix", "color": "latest"},
}
CREATES = {"erp": True, "sup": True, "fast": False}
VALUES = {"price": ["1", "2", "3"], "name": ["n", "m", "N"], "text": ["s", "t"], "color": ["red", "teal"]}
KINDS = {"drop": 40, "edit": 16, "again": 8, "create": 5, "delete": 5, "rename": 3, "option": 3, "forbid": 2}
RETRY_MS, CLAIM_S = 20_000, 90


def bundle(recreate: bool, chunk_size: int, forbidden: frozenset[tuple[str, str]] = frozenset()) -> Bundle:
    """erp and sup create, fast only updates; they overlap, and own what they give in different ways."""
    feeds = {}
    for name, owners in OWNERS.items():
        columns = {a: Column(to=a, owner=o) for a, o in owners.items() if (name, a) not in forbidden}
        columns["weight"] = Column(to="weight", type="decimal")  # where a bad row goes wrong
        feeds[f"acme/{name}"] = Feed(partner="acme", name=name, takes=(f"{name}/*.csv",), key=Key(column="sku"), columns=columns,
                                     creates=CREATES[name], recreate=recreate and CREATES[name], lane="main")
    settings = Settings(upload_event_s=0, redrive_s=0, refresh_s=0, refresh_overlap_s=0, chunk_size=chunk_size, claim_s=CLAIM_S)
    return Bundle(version=f"{sorted(forbidden)}", settings=settings, partners={"acme": Partner(name="Acme")}, feeds=feeds)


@dataclass(frozen=True)
class Scenario:
    settled: bool  # the next event comes when all is at rest; else at any time
    recreate: bool
    chunk_size: int
    events: tuple[Any, ...]


def random_rows(rng: random.Random, skus: list[str], feed: str) -> dict[str, Any]:
    rows: dict[str, Any] = {}
    for sku in rng.sample(skus, rng.randint(1, len(skus))):
        chosen = rng.sample(sorted(OWNERS[feed]), rng.choice([1, 1, 2]))
        rows[sku] = None if rng.random() < 0.05 else {a: rng.choice(VALUES[a]) for a in chosen}
    return rows


def random_event(rng: random.Random, skus: list[str], feeds: list[str]) -> tuple[Any, ...]:
    kind, sku = rng.choices(list(KINDS), list(KINDS.values()))[0], rng.choice(skus)
    if kind == "drop":
        feed = rng.choice(feeds)
        return kind, feed, random_rows(rng, skus, feed)
    if kind == "edit":
        attribute = rng.choice(["price", "name", "name", "text", "text", "color"])
        return kind, sku, attribute, rng.choice([*(["red"] if attribute == "color" else VALUES[attribute]), None])
    if kind == "create":
        return kind, sku, {a: rng.choice(VALUES[a]) for a in ("price", "name", "text") if rng.random() < 0.5}
    rest = {"rename": (sku, rng.choice([s for s in [*SKUS, "D"] if s != sku])), "delete": (sku,), "option": ("teal",),
            "again": (rng.choice(feeds), rng.randrange(4)), "forbid": ("fast", rng.choice(sorted(OWNERS["fast"])))}
    return kind, *rest[kind]


def random_scenario(rng: random.Random, settled: bool) -> Scenario:
    skus, feeds = rng.sample(SKUS, rng.choice([1, 1, 2, 3])), rng.sample(list(OWNERS), rng.choice([1, 2, 3, 3]))
    events = [random_event(rng, skus, feeds) for _ in range(rng.choice([2, 3, 4, 5, 6]))]
    if not any(e[0] == "drop" for e in events):
        events.insert(0, ("drop", feeds[0], random_rows(rng, skus, feeds[0])))
    return Scenario(settled, rng.random() < 0.2, rng.choice([1, 2]), tuple(events))


def draw(settled: bool, seed: int) -> tuple[Scenario, list[int]]:
    rng = random.Random(f"{settled}{seed}")
    calm = rng.choice([0.3, 0.5, 0.7, 0.85])
    choices = [0 if rng.random() < calm else rng.randrange(1, 1 << 16) for _ in range(rng.choice([50, 150, 300]))]
    return random_scenario(rng, settled), choices


class Broken(AssertionError):
    """A property does not hold."""


@dataclass
class Worker:
    name: str
    run: greenlet
    queue: list[Message]
    message: Message
    label: str = ""
    later: Later | None = None


FAULTS = {"kill": 3, "double": 3, "lose": 2, "refresh": 3, "redrive": 2, "census": 1}  # at most, a schedule
MOVES = ["worker"] * 8 + ["deliver"] * 4 + ["event"] * 3 + ["kill", "kill", "double", "lose", "refresh", "redrive", "census"]


class Execution:
    """Runs a scenario under a list of choices."""

    def __init__(self, scenario: Scenario, choices: Sequence[int], trace: Callable[[str], None] = lambda line: None) -> None:
        self.scenario, self.choices, self.say = scenario, list(choices), trace
        self.forbidden: frozenset[tuple[str, str]] = frozenset()
        self.w = World(bundle(scenario.recreate, scenario.chunk_size), {"red"})
        self.w.step = self._pause
        self.ideal = Ideal([IdealFeed(n, dict(OWNERS[n]), CREATES[n], scenario.recreate and CREATES[n]) for n in OWNERS], {"red"})
        self.events, self.logged = list(scenario.events), []  # type: list[Any], list[Any]
        self.workers: list[Worker] = []
        self.timers: list[Message] = []
        self.used = dict.fromkeys(FAULTS, 0)
        self.taken = self.steps = self.started = self.drops = self.people = 0

    # ---- workers
    def _pause(self, label: str) -> None:
        self.w.now += 1
        parent = getcurrent().parent
        if parent is not None:  # not asked by a property, but by a worker
            parent.switch(label)

    def _work(self, kind: str, body: dict[str, Any]) -> None:
        w = self.w
        configuration = w.configuration
        if kind == "receive":
            receive(body, Intake(configuration, w.ledger, w.exchange, w.queues, w.events, w.clock))
        elif kind == "prepare":
            prepare(body["run"], Prepare(configuration, w.ledger, w.tables, w.stage, w.exchange, w.queues, w.events, w.clock))
        elif kind == "apply":
            heart = Heart(configuration, w.ledger, w.claims, w.tables, w.stage, w.plytix, w.schemas, w.events, w.clock)
            if body["kind"] == "chunk":
                apply_chunk(body["run"], body["chunk"], heart)
            else:
                apply_sku(Sku(body["sku"]), heart)
        elif kind == "report":
            w.ledger.is_reported(body["run"], w.clock())
        elif kind == "redrive":
            redrive(Redrive(configuration, w.ledger, w.claims, w.tables, w.exchange, w.queues, w.events, w.clock))
        else:
            needs = Refresh(configuration, w.ledger, w.tables, w.plytix, w.schemas, w.queues, w.clock)
            refresh(needs) if kind == "refresh" else census(needs)

    def deliverable(self) -> list[tuple[str, list[Message], Message]]:
        """What may be delivered now; of a FIFO group only the first, and one at a time."""
        busy = {x.message.group for x in self.workers if x.queue is self.w.fifo}
        found: list[tuple[str, list[Message], Message]] = [("receive", self.w.intake, m) for m in self.w.intake]
        for message in self.w.fifo:
            if message.group not in busy:
                busy.add(message.group)
                found.append(("prepare", self.w.fifo, message))
        found += [("apply", self.w.changes, m) for m in self.w.changes]
        found += [("report", self.w.closed_events, m) for m in self.w.closed_events]
        found += [(m.body["timer"], self.timers, m) for m in self.timers]
        return [f for f in found if f[2].visible <= self.w.now]

    def deliver(self, kind: str, queue: list[Message], message: Message) -> None:
        queue[:] = [m for m in queue if m is not message]
        self.started += 1
        worker = Worker(f"{kind}{self.started}", greenlet(lambda: self._work(kind, message.body)), queue, message)
        self.workers.insert(0, worker)
        self.advance(worker)

    def advance(self, worker: Worker) -> None:
        self.steps += 1
        if self.steps > 20_000:
            raise Broken("20,000 steps and no end")
        try:
            label = worker.run.switch()
        except Later as later:
            self.say(f"      {worker.name}: later ({later})")
            self.leave(worker, back=True, after=RETRY_MS)
            return
        if worker.run.dead:
            self.leave(worker, back=False)
        else:
            self.say(f"      {worker.name}: {label}")

    def leave(self, worker: Worker, back: bool, after: int = 0) -> None:
        self.workers = [x for x in self.workers if x is not worker]
        if back and worker.queue is not self.timers:
            worker.queue.append(replace(worker.message, visible=self.w.now + after))
        if not back and worker.queue is self.timers and worker.message.body["timer"] == "refresh":
            pass

    def kill(self, worker: Worker) -> None:
        self.say(f"  **  {worker.name} dies before that")
        worker.run.throw(GreenletExit)
        self.w.ledger.turn = 0 if worker.queue is self.timers else self.w.ledger.turn  # its time is over
        self.leave(worker, back=True)

    # ---- the scheduler
    def calm(self) -> bool:
        """One step without chance; False when nothing is under way."""
        if self.workers:
            self.advance(self.workers[0])
        elif found := self.deliverable():
            self.deliver(*found[0])
        elif waiting := [m.visible for q in (self.w.intake, self.w.fifo, self.w.changes) for m in q]:
            self.w.now = max(self.w.now, min(waiting))
        else:
            return False
        return True

    def step(self) -> bool:
        """One step as the next choice says; False when nothing is under way and no event may come."""
        choice = self.choices[self.taken] if self.taken < len(self.choices) else 0
        self.taken += 1
        if choice and self.chance(MOVES[choice % len(MOVES)], choice // len(MOVES)):
            return True
        if self.calm():
            return True
        if not self.scenario.settled and self.events:
            self.event()
            return True
        return False

    def chance(self, move: str, pick: int) -> bool:
        """Something else than a calm world would do; False where it cannot be done now."""
        queues = [q for q in (self.w.intake, self.w.fifo, self.w.changes, self.w.closed_events) if q]
        if move == "worker" and self.workers:  # it goes on until another gets its turn
            self.workers.insert(0, self.workers.pop(pick % len(self.workers)))
            self.advance(self.workers[0])
        elif move == "deliver" and len(self.workers) < 4 and (found := self.deliverable()):
            self.deliver(*found[pick % len(found)])
        elif move == "event" and not self.scenario.settled and self.events:
            self.event()
        elif move not in FAULTS or self.used[move] == FAULTS[move]:
            return False
        elif move == "kill" and self.workers:
            self.kill(self.workers[pick % len(self.workers)])
            self.used[move] += 1
        elif move in ("double", "lose") and queues:
            queue = queues[pick % len(queues)]
            message = queue[pick // 3 % len(queue)]
            self.say(f"  **  {message} is {'doubled' if move == 'double' else 'lost'}")
            if move == "double":
                queue.append(replace(message))
            else:
                queue[:] = [m for m in queue if m is not message]
            self.used[move] += 1
        elif move in ("refresh", "redrive", "census"):
            self.timers.append(Message({"timer": move}))
            self.used[move] += 1
        else:
            return False
        return True

    def run(self) -> None:
        try:
            self._run()
        finally:
            for worker in self.workers:
                worker.run.throw(GreenletExit)

    def _run(self) -> None:
        if not self.scenario.settled:
            while self.step():
                pass
            self.rest()
        while self.events:
            self.event()
            self.timers.append(Message({"timer": "refresh"}))
            while self.step():
                pass
            self.rest()
            check_ideal(self)
        check(self)
        self.repeat()

    def rest(self) -> None:
        """Queues drained, then redrive and refresh, then also the census, until nothing moves."""
        self.say("  ..  calm")
        self.rounds("redrive", "refresh")
        self.rounds("redrive", "refresh", "census")

    def rounds(self, *timers: str) -> None:
        for _ in range(8):
            moved = False
            for timer in timers:
                self.w.now += CLAIM_S * 1000 + 1  # what a dead worker held is free by then
                self.timers.append(Message({"timer": timer}))
                before = self.started + 1, self.w.plytix.requests | {"list": 0}
                while self.calm():
                    pass
                moved |= before != (self.started, self.w.plytix.requests | {"list": 0})
            if not moved:
                return
        raise Broken(f"after 8 rounds of {timers} something still moves")

    def repeat(self) -> None:
        """A feed that repeats itself changes nothing and costs no request."""
        if any(e[0] == "forbid" for e in self.logged):
            return
        for feed in OWNERS:
            same = [e for e in self.logged if e[0] == "drop" and e[2] == feed]
            if same:
                before = dict(self.w.plytix.requests), len(self.w.tables.entries)
                self.say(f">>    {feed} repeats its last drop")
                self.land(feed, same[-1][4])
                self.rest()
                spent = {k: self.w.plytix.requests[k] - before[0][k] for k in ("write", "read")}
                if any(spent.values()) or len(self.w.tables.entries) != before[1]:
                    raise Broken(f"a repeated drop of {feed} costs requests: {spent}")

    # ---- events
    def land(self, feed: str, rows: dict[str, Any]) -> str:
        self.drops += 1
        columns = ["sku", *(a for a in OWNERS[feed] if (feed, a) not in self.forbidden), "weight"]
        lines = [";".join(columns)]
        for sku, row in rows.items():
            lines.append(";".join([sku, *((row or {}).get(a, "") for a in columns[1:-1]), "heavy" if row is None else ""]))
        drop = self.w.land(f"acme/inbox/{feed}/{self.drops}.csv", ("\n".join(lines) + "\n").encode())
        self.logged.append(("drop", drop.key, feed, drop.landed, rows))
        return drop.key

    def event(self) -> None:
        kind, *rest = self.events.pop(0)
        self.say(f">>    {kind} {rest}")
        same = [e for e in self.logged if e[0] == "drop" and e[2] == rest[0]]
        if kind == "again" and same:
            kind, rest = "drop", [rest[0], same[-1 - rest[1] % len(same)][4]]  # also an older one: values go back
        if kind == "drop":
            feed, rows = rest
            self.land(feed, rows)
            if self.scenario.settled:
                self.ideal.drop(*self.logged[-1][1:])
        elif kind == "forbid":
            self.forbidden |= {tuple(rest)}
            self.w.configuration = bundle(self.scenario.recreate, self.scenario.chunk_size, self.forbidden)
            self.ideal.feeds[rest[0]].owners.pop(rest[1], None)
            self.ideal.settle_all()
            self.logged.append((kind, *rest))
        elif kind != "again":
            self.person(kind, *rest)

    def person(self, kind: str, sku: str, *rest: Any) -> None:
        p, at = self.w.plytix, self.w.tick()
        self.people += 1
        product = next((q for q in p.products.values() if q.sku == sku), None)
        try:
            if kind == "option":
                p.add_option(sku)
            elif kind == "create" and not product:
                p.make(sku, rest[0], "person")
            elif kind == "edit" and product:
                p.change(product.id, {rest[0]: rest[1]}, "person")
            elif kind == "delete" and product:
                p.remove(product.id)
            elif kind == "rename" and product and all(q.sku != rest[0] for q in p.products.values()):
                p.change(product.id, {}, "person", sku=rest[0])
            else:
                return
        except (Changed, Refused):
            return
        self.logged.append(("person", at, kind, sku, *rest))
        self.ideal.person(self.w.now, kind, sku, *rest)


# ---- properties ---------------------------------------------------------------------------------------------------------------
def outcomes_of(x: Execution, run: Any) -> dict[str, str]:
    """From the ledger and the stage, as the report reads them."""
    together = [(line["sku"], line["outcome"]) for line in x.w.stage.lines.get((run.id, run.attempt), []) if line.get("outcome")]
    for (id, _), body in x.w.ledger.chunks.items():
        if id == run.id:
            together += [(sku, judged[0]) for sku, judged in body.items()]
    if len(dict(together)) != len(together):
        raise Broken(f"run {run.drop.key} counts a row twice: {together}")
    return dict(together)


def check_ideal(x: Execution) -> None:
    """Settled: products and outcomes are the ideal ones, whatever died, was doubled, lost or late on the way."""
    actual = {p.sku: p.values for p in x.w.plytix.products.values()}
    should = {sku: {a: v for a, v in x.ideal.values(sku).items() if v} for sku in x.ideal.products}
    if actual != should:
        raise Broken(f"Plytix holds {actual}, should hold {should}")
    for run in x.w.ledger.runs.values():
        told, ideal = outcomes_of(x, run), x.ideal.outcomes[run.drop.key]
        for sku, outcome in ideal.items():
            if told.get(sku) not in outcome.split("|"):
                raise Broken(f"run {run.drop.key} tells {sku} {told.get(sku)}, true is {outcome}")


def check(x: Execution) -> None:
    """At rest, settled or not."""
    registered = {run.drop.key: run for run in x.w.ledger.runs.values()}
    for _, key, _, _, rows in (e for e in x.logged if e[0] == "drop"):
        run = registered.get(key)
        if run is None or run.state is not State.CLOSED or x.w.ledger.closes[run.id] != 1 or not run.reported:
            raise Broken(f"run {key} is {run and run.state}, closed {run and x.w.ledger.closes.get(run.id)} times")
        if set(outcomes_of(x, run)) != set(rows):
            raise Broken(f"run {key} has no outcome for {set(rows) - set(outcomes_of(x, run))}")
    tables = x.w.tables
    mirror = {s: (m.id, m.values) for s in tables.mirror_items if (m := tables.peek_mirror(s)).existence is Existence.LIVING}
    actual = {p.sku: (p.id, p.values) for p in x.w.plytix.products.values()}
    if mirror != actual:
        raise Broken(f"mirror {mirror} is not Plytix {actual}")
    if any(intent for _, _, intent in x.w.claims.items.values()):
        raise Broken(f"never settled: {x.w.claims.items}")
    for sku in {s for s, _ in tables.wanted_items}:
        change = reconcile(tables.peek_wanted_of(sku), tables.peek_mirror(sku), x.w.configuration, x.w.schemas.known)
        if change.send:
            raise Broken(f"{sku} is out of step at rest: {change}")
    check_requests(x)
    check_people(x)
    if not x.scenario.settled:
        check_owners(x)


def check_owners(x: Execution) -> None:
    """What a field's owner wants stands, as if the drops had come in the order of their landing."""
    if any(e[0] == "forbid" for e in x.logged):
        return
    ideal = Ideal(list(x.ideal.feeds.values()), x.w.plytix.options)
    for _, key, feed, landed, rows in sorted((e for e in x.logged if e[0] == "drop"), key=lambda e: e[3]):
        ideal.drop(key, feed, landed, rows)
    actual = {p.sku: p.values for p in x.w.plytix.products.values()}
    for sku in {s for _, s in ideal.says} & set(actual):
        for attribute, owner in (("price", "erp"), ("color", "sup")):
            wish = ideal.winner(attribute, ideal.speaking(sku, attribute))
            if wish and wish[0] == owner and wish[1].value != actual[sku].get(attribute):
                raise Broken(f"{attribute} of {sku} is {actual[sku].get(attribute)}, its owner wants {wish[1].value}")


def check_requests(x: Execution) -> None:
    """Each request makes a difference. A death, an act of people, a refused or a normalised value may waste some."""
    writes = [e for e in x.w.plytix.log if e.by == "bridge"]
    refusals = sum(e.kind == "refusal" for e in writes)
    capitals = sum(row["name"] != row["name"].upper() for e in x.logged if e[0] == "drop" for row in e[4].values() if row and "name" in row)
    wasted = x.w.plytix.requests["write"] - sum(bool(e.changed) or e.kind == "create" for e in writes)
    allowed = x.used["kill"] + refusals + capitals + x.people * (1 + (not x.scenario.settled))
    if wasted > allowed:
        raise Broken(f"{wasted} writes changed nothing; {allowed} may ({x.used}, {refusals} refusals, {x.people} acts of people)")
    reads = x.w.plytix.requests["read"]
    allowed = 3 * (x.used["kill"] + x.used["refresh"] + x.used["census"]) + x.people * 5 + len(x.scenario.events)
    if reads > allowed:
        raise Broken(f"{reads} reads; {allowed} may ({x.used}, {x.people} acts of people)")


def check_people(x: Execution) -> None:
    """What people deleted is not made again (unless the feed says so), and there is one product a SKU."""
    skus = [p.sku for p in x.w.plytix.products.values()]
    if len(set(skus)) != len(skus):
        raise Broken(f"a SKU twice: {skus}")
    gone: dict[str, str] = {}
    for entry in x.w.plytix.log:
        if entry.kind == "delete":
            gone[entry.sku] = entry.id
        elif entry.kind == "create" and entry.by == "person":
            gone.pop(entry.sku, None)
        elif entry.kind == "create" and entry.sku in gone and not x.scenario.recreate:
            known = [e for e in x.w.tables.entries if e[0] == entry.sku]
            if known and x.scenario.settled:
                raise Broken(f"{entry.sku} was deleted by a person and made again")


def shorter(scenario: Scenario, choices: list[int]) -> Any:
    """Simpler variants: fewer events, fewer deviations from calm."""
    for i in range(len(scenario.events)):
        yield replace(scenario, events=scenario.events[:i] + scenario.events[i + 1:]), choices
    size = max(1, len(choices) // 2)
    while size:
        for i in range(0, len(choices), size):
            yield scenario, choices[:i] + choices[i + size:]
            if any(choices[i:i + size]):
                yield scenario, choices[:i] + [0] * len(choices[i:i + size]) + choices[i + size:]
        size //= 2


def broken(scenario: Scenario, choices: list[int]) -> str | None:
    try:
        Execution(scenario, choices).run()
    except Broken as found:
        return str(found)
    return None


def shortest(scenario: Scenario, choices: list[int], tries: int = 600) -> tuple[Scenario, list[int]]:
    """The first simpler variant that breaks too, again and again."""
    found = True
    while found and tries > 0:
        found = False
        for simpler in shorter(scenario, choices):
            tries -= 1
            if tries <= 0:
                break
            if broken(*simpler):
                (scenario, choices), found = simpler, True
                break
    return scenario, choices


@dataclass
class Trace:
    lines: list[str] = field(default_factory=list)

    def __call__(self, line: str) -> None:
        self.lines.append(line)


