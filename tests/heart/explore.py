"""Attack the heart: random schedules of events, workers and faults, run over the real services.

A schedule is a scenario (what partners and people do) and a list of choices; 0, and the end of the list, is what a calm world
would do next. Each worker is a greenlet that stops before every outside call, where others may come in, or it may die.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, replace
from typing import Any, NamedTuple

from greenlet import GreenletExit, getcurrent, greenlet

from bridge.domain.budget import Budget
from bridge.domain.row import Sku
from bridge.domain.switch import Switch
from bridge.domain.waiting import Waiting
from bridge.errors import Changed, Later, Refused
from bridge.services.apply import Apply, apply_chunk, apply_sku
from bridge.services.census import take_census
from bridge.services.heart import Heart
from bridge.services.prepare import Prepare, prepare
from bridge.services.receive import Intake, receive
from bridge.services.redrive import Redrive, redrive
from bridge.services.refresh import Refresh, refresh
from bridge.services.report import Report, report
from tests.heart.ideal import Ideal, IdealFeed
from tests.heart.properties import Broken, check, check_ideal
from tests.heart.scenario import CLAIM_S, CREATES, OWNERS, Scenario, bundle
from tests.heart.world import Message, World

RETRY_MS = 20_000
NOTES_S = 0.008
"""An outside call takes a millisecond: the way of a SKU that is sent takes longer than this, that of one in step does not."""


class Moment(NamedTuple):
    """Before or after the n-th outside call of all workers together, counted from 1.

    After a call is before the next one of the same worker, but for its last.
    """

    call: int
    after: bool = False


@dataclass
class Worker:
    """`call`: the number of the call before which it stands, `label` what that is."""

    name: str
    run: greenlet
    queue: list[Message]
    message: Message
    call: int = 0
    label: str = ""


FAULTS = {"kill": 3, "double": 3, "lose": 2, "refresh": 3, "redrive": 2, "census": 1}  # at most, a schedule
MOVES = ["worker"] * 8 + ["deliver"] * 4 + ["event"] * 3 + ["kill", "kill", "double", "lose", "refresh", "redrive", "census"]


class Execution:
    """Runs a scenario under a list of choices. `dying`: moments at which whoever has come so far dies, besides."""

    def __init__(self, scenario: Scenario, choices: Sequence[int] = (), trace: Callable[[str], None] = lambda line: None,
                 dying: Collection[Moment] = ()) -> None:
        self.scenario, self.choices, self.say, self.dying = scenario, list(choices), trace, frozenset(dying)
        self.forbidden: frozenset[tuple[str, str]] = frozenset()
        self.w = World(bundle(scenario.recreate, scenario.chunk_size), {"red"})
        self.w.step = self._pause
        self.w.in_hands = lambda queue: [worker.message for worker in self.workers if worker.queue is queue]
        self.w.plytix.entitled, self.w.plytix.tells = scenario.bulk, scenario.tells
        self.ideal = Ideal([IdealFeed(n, dict(OWNERS[n]), CREATES[n], scenario.recreate and CREATES[n]) for n in OWNERS], {"red"})
        self.events, self.logged = list(scenario.events), []  # type: list[Any], list[Any]
        self.workers: list[Worker] = []
        self.timers: list[Message] = []
        self.used = dict.fromkeys(FAULTS, 0)
        self.taken = self.steps = self.started = self.drops = self.people = self.calls = 0
        self.lasts: list[int] = []  # calls after which a worker was done

    # ---- workers
    def _pause(self, label: str) -> None:
        self.w.now += 1
        parent = getcurrent().parent
        if parent is not None:  # not asked by a property, but by a worker
            self.calls += 1
            parent.switch(label)

    def _work(self, kind: str, body: dict[str, Any]) -> None:
        w = self.w
        configuration, schemas = w.configuration, w.schemas.opened()
        if kind == "receive":
            receive(body, Intake(configuration, w.ledger, w.exchange, w.queues, w.events, w.clock))
        elif kind == "prepare":
            waiting = Waiting(Switch(writes=True), Budget(), w.now)
            p = Prepare(configuration, w.ledger, w.tables, w.stage, w.exchange, w.queues, w.events, w.clock, schemas, lambda: w.plytix,
                        w.ledger.state(), waiting)
            prepare(body["run"], p)
        elif kind == "apply":
            heart = Heart(configuration, w.claims, w.tables, w.plytix, schemas, w.clock, worth=1)
            needs = Apply(heart, w.ledger, w.stage, w.events, w.ledger.state(), notes_s=NOTES_S)
            if body["kind"] == "chunk":
                apply_chunk(body["run"], body["chunk"], needs)
            else:
                apply_sku(Sku(body["sku"]), needs)
        elif kind == "report":
            report(body["run"], Report(configuration, w.ledger, w.stage, w.exchange, w.clock))
        elif kind == "redrive":
            redrive(Redrive(configuration, w.ledger, w.claims, w.tables, w.exchange, w.queues, w.events, w.clock))
        else:
            until = w.now + body["time_ms"] if "time_ms" in body else None
            r = Refresh(configuration, w.ledger, w.tables, w.plytix, schemas, w.censuses, w.queues, w.clock, until)
            refresh(r) if kind == "refresh" else take_census(r, due_only=False)

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
        dies = Moment(worker.call, after=True) in self.dying
        try:
            worker.label = worker.run.switch()
        except Later as later:
            self.say(f"      {worker.name}: later ({later})")
            self.leave(worker, back=True, after=0 if dies else RETRY_MS)
            return
        if worker.run.dead:
            self.lasts.append(worker.call)
            self.leave(worker, back=dies)
            return
        worker.call = self.calls
        self.say(f"      {worker.name}: {worker.label}")
        if dies or Moment(worker.call) in self.dying:
            self.kill(worker)

    def leave(self, worker: Worker, back: bool, after: int = 0) -> None:
        self.workers = [x for x in self.workers if x is not worker]
        if back:
            worker.queue.append(replace(worker.message, visible=self.w.now + after))

    def kill(self, worker: Worker) -> None:
        self.say(f"  **  {worker.name} dies before that")
        self.used["kill"] += 1
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
            self.timers.append(Message({"timer": move} | ({"time_ms": 5 + pick % 30} if move == "census" else {})))  # it stops on the way
            self.used[move] += 1
        else:
            return False
        return True

    def run(self) -> None:
        """All of the scenario, and each feed's last drop once more. Raises Broken."""
        self.live()
        self.repeat()

    def live(self) -> None:
        """All of the scenario, until all is at rest. Raises Broken."""
        try:
            self._live()
        finally:
            for worker in self.workers:
                worker.run.throw(GreenletExit)

    def _live(self) -> None:
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

    def rest(self) -> None:
        """Queues drained, then redrive and refresh, then also the census, from its beginning, until nothing moves."""
        self.say("  ..  calm")
        self.rounds("redrive", "refresh")
        self.rounds("redrive", "refresh", "census")  # the rest of one that began when all was otherwise
        self.rounds("redrive", "refresh", "census")

    def rounds(self, *timers: str) -> None:
        for _ in range(8):
            moved = False
            for timer in timers:
                self.w.now += CLAIM_S * 1000 + 1  # what a dead worker held is free by then
                self.timers.append(Message({"timer": timer}))
                before = self.started + 1, self.w.plytix.requests | {"list": 0, "look": 0}
                while self.calm():
                    pass
                moved |= before != (self.started, self.w.plytix.requests | {"list": 0, "look": 0})
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
