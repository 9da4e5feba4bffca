"""A run as an item of the ledger: what never changes in its body, the rest as attributes that updates name."""

from __future__ import annotations

from typing import Any

import orjson

from bridge.adapters.body import Bodies, Item
from bridge.configuration import Lane
from bridge.domain.drop import Drop
from bridge.domain.outcome import Outcome
from bridge.domain.run import Run, State
from bridge.domain.sequence import Sequence

NUMBERS = ("rows", "staged", "noted", "total", "done", "moved", "closed", "reported", "due", "again")
WORDS = ("configuration", "attempt", "waits_for")
SPENT, NO_PLAN = "spent_", {"S": "{}"}


def to_item(run: Run, bodies: Bodies) -> Item:
    """As it is registered: under way, and listed by the time of that."""
    drop = run.drop
    fixed = [[drop.bucket, drop.key, drop.version, drop.size, drop.etag, drop.landed, drop.sequencer],
             run.feed, run.sequence, run.registered, run.lane.value]
    item = {**key_of(f"run#{run.id}", "run"), "state": {"S": run.state.value}, "open": {"S": "run"},
            "since": {"S": f"{run.registered:013d}"}, **bodies.pack(fixed),
            "issues": value_of(run.issues), "reading": value_of(run.reading), "plan": value_of(run.plan)}
    return item | {name: value_of(getattr(run, name)) for name in NUMBERS + WORDS if getattr(run, name) is not None}


def from_item(item: Item, bodies: Bodies) -> Run:
    """As it stands."""
    drop, feed, sequence, registered, lane = bodies.unpack(item)
    facts: dict[str, Any] = {name: int(item[name]["N"]) for name in NUMBERS if name in item}
    facts |= {name: item[name]["S"] for name in WORDS if name in item}
    counts = {outcome: int(item[f"n_{outcome}"]["N"]) for outcome in Outcome if f"n_{outcome}" in item}
    spent = {name.removeprefix(SPENT): int(item[name]["N"]) for name in item if name.startswith(SPENT)}
    return Run(item["pk"]["S"].removeprefix("run#"), Drop(*drop), feed, Sequence(sequence), registered, State(item["state"]["S"]),
               Lane(lane), whole="whole" in item, cut_off="cut_off" in item, counts=counts, spent=spent,
               issues=tuple(orjson.loads(item["issues"]["S"])),
               reading=orjson.loads(item["reading"]["S"]), plan=orjson.loads(item.get("plan", NO_PLAN)["S"]), **facts)


def key_of(pk: str, sk: str) -> Item:
    """Of any item of the ledger."""
    return {"pk": {"S": pk}, "sk": {"S": sk}}


def value_of(value: Any) -> Item:
    """As an attribute: numbers and texts as they are, anything else as JSON."""
    if isinstance(value, int):
        return {"N": str(value)}
    return {"S": value if isinstance(value, str) else orjson.dumps(value).decode()}
