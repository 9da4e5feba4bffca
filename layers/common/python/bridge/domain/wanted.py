"""WANTED: what one feed wants one SKU to be (DESIGN.md §5). Written by the feed's FIFO group; `apply` only notes how it stands."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import Any

from bridge.configuration import SYSTEM_FIELDS, Feed
from bridge.domain.outcome import Standing
from bridge.domain.product import Schema
from bridge.domain.row import Value
from bridge.domain.sequence import Sequence
from bridge.domain.values import Digest, digest

EXISTS = "@exists"
"""Existence is owned like an attribute; Plytix's labels are [a-z0-9_], so this is none of them."""


@dataclass(frozen=True, slots=True)
class Said:
    """What a feed wants one attribute to be. `since`: the first drop that says so, counts between feeds and against people;
    `said`: the last drop that says so, counts within the feed."""

    value: Value
    run: str
    line: int
    since: Sequence
    said: Sequence

    @property
    def digest(self) -> Digest:
        return digest(self.value)


ELSEWHERE = (EXISTS, *SYSTEM_FIELDS)
"""Why Plytix does not take them no definition tells: a GTIN may be another product's."""
NO_OPTION = "no option"


def definition(schema: Schema, attribute: str, value: Value) -> str:
    """What a refused value waits for to change: that there is no such option; else how its attribute is defined, and where no such
    thing decides, the schema as a whole."""
    if schema.lacks(attribute, value):
        return NO_OPTION
    return schema.version if attribute in ELSEWHERE else schema.definition(attribute)


@dataclass(frozen=True, slots=True)
class Refusal:
    """A value that Plytix did not take, or will not as its schema stands: what must change before it is sent again (`definition`), and
    what Plytix said. Where it named nothing that was sent, that is the schema's version."""

    digest: Digest
    definition: str
    message: str

    def holds(self, attribute: str, said: Said, schema: Schema) -> bool:
        """Whether the feed's value is still the one that was refused, and sending it would be in vain."""
        return self.digest == said.digest and self.definition in (definition(schema, attribute, said.value), schema.version)


NONE: Mapping[str, Refusal] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Over:
    """A person's value that gave way to the feed's again while no run of the feed waited for it. `told`: the run whose receipt
    tells of it; empty: the next."""

    before: Value
    told: str = ""


@dataclass(frozen=True, slots=True)
class Wanted:
    """`open`: attribute → how it stands while it is not in step; `open_since` in ms; `over`: attribute → what is still to be told.
    `version` counts writes; 0: not stored."""

    values: dict[str, Said] = field(default_factory=dict)
    refused: dict[str, Refusal] = field(default_factory=dict)
    open: dict[str, Standing] = field(default_factory=dict)
    open_since: int = 0
    version: int = 0
    over: dict[str, Over] = field(default_factory=dict)

    @property
    def due(self) -> bool:
        return Standing.DUE in self.open.values()


def spread(feed: Feed, values: dict[str, Value]) -> dict[str, Value]:
    """A record as attribute → value, existence included where the feed creates."""
    return {EXISTS: True, **values} if feed.creates else dict(values)


def refusals(values: Mapping[str, Value], refused: Mapping[str, str]) -> dict[str, Refusal]:
    """Of a record. `refused`: attribute → why, of values that say options which are not there."""
    return {attribute: Refusal(digest(values[attribute]), NO_OPTION, why) for attribute, why in refused.items()}


def tell(wanted: Wanted, said: dict[str, Value], *, run: str, line: int, sequence: Sequence, now_ms: int,
         refused: Mapping[str, Refusal] = NONE) -> Wanted:
    """WANTED after one more record of its feed. `refused`: attribute → that its value is known not to be taken.

    A value is never replaced by one of an older sequence; an equal one says nothing new but moves `said`.
    What an earlier run has told of need not be kept.
    """
    values, opens, noted = dict(wanted.values), dict(wanted.open), dict(wanted.refused)
    over = {a: o for a, o in wanted.over.items() if o.told in ("", run)}
    for attribute, value in said.items():
        old = values.get(attribute)
        if old and old.said >= sequence:
            continue
        if old and old.digest == digest(value):
            values[attribute] = replace(old, said=sequence)
        else:
            values[attribute] = Said(value, run, line, sequence, sequence)
            opens[attribute] = Standing.DUE
        if attribute in refused:
            noted[attribute] = refused[attribute]
    since = wanted.open_since or (now_ms if opens else 0)
    return replace(wanted, values=values, refused=noted, over=over, open=opens, open_since=since)


def owed(wanted: Wanted, before: dict[str, Value]) -> Wanted:
    """After persons' values (`before`) gave way to the feed's: to be told, but for values that a run waits for, whose receipt tells."""
    over = {a: Over(value) for a, value in before.items() if wanted.open.get(a) is not Standing.DUE}
    return replace(wanted, over=wanted.over | over) if over else wanted


def told(wanted: Wanted, run: str, row: Collection[str]) -> Wanted:
    """The run's receipt tells what is still to be told of the attributes of its row; read again, it tells the same."""
    over = {a: replace(o, told=run) if a in row and not o.told else o for a, o in wanted.over.items()}
    return replace(wanted, over=over) if over != wanted.over else wanted


def to_json(wanted: Wanted) -> dict[str, Any]:
    """The body of the stored item (format 1)."""
    return {
        "values": {a: [v.value, v.run, v.line, v.since, v.said] for a, v in wanted.values.items()},
        "refused": {a: [r.digest, r.definition, r.message] for a, r in wanted.refused.items()},
        "open": {a: s.value for a, s in wanted.open.items()},
        "over": {a: [o.before, o.told] for a, o in wanted.over.items()},
        "open_since": wanted.open_since,
    }


def from_json(body: dict[str, Any], version: int) -> Wanted:
    return Wanted(
        {a: Said(value, run, line, Sequence(since), Sequence(said)) for a, (value, run, line, since, said) in body["values"].items()},
        {a: Refusal(Digest(d), defined, message) for a, (d, defined, message) in body["refused"].items()},
        {a: Standing(s) for a, s in body["open"].items()},
        body["open_since"],
        version,
        {a: Over(*o) for a, o in body.get("over", {}).items()},
    )
