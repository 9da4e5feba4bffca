"""HISTORY: what the bridge did to a product, attribute by attribute, and for which run: receipts, trace and rollback read it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from bridge.domain.row import Sku, Value


class Act(StrEnum):
    CREATE = "create"
    PATCH = "patch"
    REFUSAL = "refusal"


@dataclass(frozen=True, slots=True)
class Made:
    """One attribute: before and after as Plytix answered, the run, feed and line it was done for.

    `over`: a person's value was overwritten (owner `feed`, or the newer of two); `message`: what Plytix said when it refused.
    """

    before: Value
    after: Value
    run: str
    feed: str
    line: int
    over: bool = False
    message: str = ""


@dataclass(frozen=True, slots=True)
class Entry:
    """`at` in ms; `id` makes the key unique."""

    sku: Sku
    act: Act
    at: int
    id: str
    made: dict[str, Made]

    def overruled(self, feed: str) -> dict[str, Value]:
        """Attribute → a person's value that gave way to this feed's."""
        return {a: made.before for a, made in self.made.items() if made.over and made.feed == feed and self.act is Act.PATCH}

    def names(self, run: str) -> bool:
        return any(made.run == run for made in self.made.values())


def to_json(entry: Entry) -> dict[str, Any]:
    """The body of the stored item (format 1)."""
    return {"act": entry.act.value, "at": entry.at, "id": entry.id,
            "made": {a: [m.before, m.after, m.run, m.feed, m.line, m.over, m.message] for a, m in entry.made.items()}}


def from_json(sku: Sku, body: dict[str, Any]) -> Entry:
    return Entry(sku, Act(body["act"]), body["at"], body["id"], {a: Made(*m) for a, m in body["made"].items()})
