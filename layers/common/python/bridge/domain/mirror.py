"""MIRROR: what Plytix holds as far as we know, from its own answers, and what the bridge last did to it (`applied`)."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Any

from bridge.domain.product import Product
from bridge.domain.row import Value
from bridge.domain.values import NOTHING, Digest, digest
from bridge.domain.wanted import EXISTS


class Existence(StrEnum):
    UNKNOWN = "unknown"  # the mirror has never seen this SKU
    LIVING = "living"
    GONE = "gone"  # a tombstone: people deleted it
    RENAMED = "renamed"  # a person gave the product another SKU


@dataclass(frozen=True, slots=True)
class Applied:
    """What the bridge last did to one attribute: the base of the three-way comparison."""

    sent: Digest
    answered: Digest  # Plytix normalises: what came back is not always what went out
    feed: str
    run: str
    line: int


@dataclass(frozen=True, slots=True)
class Mirror:
    """`modified` and `changed` (attribute → when its value was first seen) in ms; `version` counts writes; 0: not stored."""

    existence: Existence = Existence.UNKNOWN
    id: str = ""
    modified: int = 0
    values: dict[str, Value] = field(default_factory=dict)
    facts: dict[str, Any] = field(default_factory=dict)  # created, family, parent, categories, assets
    changed: dict[str, int] = field(default_factory=dict)
    applied: dict[str, Applied] = field(default_factory=dict)
    version: int = 0

    def held(self, attribute: str) -> Digest:
        return digest(self.values[attribute]) if attribute in self.values else NOTHING


def seen(base: Mirror, product: Product, applied: dict[str, Applied]) -> Mirror:
    """The mirror after one more answer; an answer older than the mirror leaves its values as they are.

    A base with another id is another product: nothing of it counts any more.
    """
    if base.id != product.id:
        base = replace(Mirror(version=base.version), id=product.id)
    if base.modified > product.modified or base.existence is Existence.GONE:
        return replace(base, applied=base.applied | applied)
    changed = dict(base.changed)
    for attribute in {*product.values, *base.values}:
        if base.held(attribute) != digest(product.values.get(attribute)):
            changed[attribute] = product.modified
    return replace(
        base, existence=Existence.LIVING, modified=product.modified, values=product.values, facts=facts(product),
        changed=changed, applied=base.applied | applied,
    )


def facts(product: Product) -> dict[str, Any]:
    return {"created": product.created, "family": product.family, "parent": product.parent,
            "categories": list(product.categories), "assets": list(product.assets)}


def buried(old: Mirror) -> Mirror:
    """A tombstone: the product is gone, and not by us."""
    return Mirror(Existence.GONE, old.id, old.modified, changed={EXISTS: old.modified}, version=old.version)


def to_json(mirror: Mirror) -> dict[str, Any]:
    """The body of the stored item (format 1)."""
    return {
        "existence": mirror.existence.value, "id": mirror.id, "modified": mirror.modified, "values": mirror.values,
        "facts": mirror.facts, "changed": mirror.changed,
        "applied": {a: [x.sent, x.answered, x.feed, x.run, x.line] for a, x in mirror.applied.items()},
    }


def from_json(body: dict[str, Any], version: int) -> Mirror:
    applied = {a: Applied(Digest(s), Digest(n), feed, run, line) for a, (s, n, feed, run, line) in body["applied"].items()}
    existence = Existence(body["existence"])
    return Mirror(existence, body["id"], body["modified"], body["values"], body["facts"], body["changed"], applied, version)
