"""A claim: one worker a SKU, because Plytix races. It notes what is about to be sent, so that a successor can settle it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from bridge.domain.reconcile import Kind
from bridge.domain.row import Value
from bridge.domain.sequence import Sequence
from bridge.domain.wanted import Said


@dataclass(frozen=True, slots=True)
class Intended:
    """One attribute of a request: what is sent, for which feed, and what stood before."""

    said: Said
    feed: str
    before: Value


@dataclass(frozen=True, slots=True)
class Claim:
    """`id`: the product's, of a patch. `intent` stands from before the request until the claim is freed."""

    holder: str
    until: int  # ms
    kind: Kind = Kind.NONE
    id: str = ""
    intent: dict[str, Intended] = field(default_factory=dict)


def to_json(claim: Claim) -> dict[str, Any]:
    """The stored intent (format 1)."""
    return {"kind": claim.kind.value, "id": claim.id, "intent": {
        a: [i.said.value, i.said.run, i.said.line, i.said.since, i.said.said, i.feed, i.before] for a, i in claim.intent.items()}}


def from_json(body: dict[str, Any], holder: str, until: int) -> Claim:
    intent = {a: Intended(Said(value, run, line, Sequence(since), Sequence(said)), feed, before)
              for a, (value, run, line, since, said, feed, before) in body["intent"].items()}
    return Claim(holder, until, Kind(body["kind"]), body["id"], intent)
