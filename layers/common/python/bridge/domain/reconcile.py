"""Work out the one change of a SKU, or none, from all that is wanted of it and the mirror (DESIGN.md §5). Pure."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field
from enum import StrEnum

from bridge.configuration import Bundle, Owner
from bridge.domain.mirror import Existence, Mirror
from bridge.domain.outcome import Standing
from bridge.domain.product import Schema
from bridge.domain.sequence import landed_ms
from bridge.domain.wanted import EXISTS, Said, Wanted


class Kind(StrEnum):
    NONE = ""
    CREATE = "create"
    PATCH = "patch"


@dataclass(frozen=True, slots=True)
class Wish:
    """A value that counts, and whose it is."""

    feed: str
    said: Said


@dataclass(frozen=True, slots=True)
class Change:
    """`send`: attribute → the value to be sent; with nothing to send, `open` tells how each feed stands."""

    kind: Kind = Kind.NONE
    send: dict[str, Wish] = field(default_factory=dict)
    open: dict[str, dict[str, Standing]] = field(default_factory=dict)


def without(change: Change, feeds: Collection[str]) -> Change:
    """What of it may go while these feeds are paused; a product that one of them makes waits, and what others want of it."""
    send = {a: wish for a, wish in change.send.items() if wish.feed not in feeds}
    if change.kind is Kind.CREATE and EXISTS not in send:
        send = {}
    opens = {feed: stands for feed, stands in change.open.items() if feed not in feeds}
    return Change(change.kind if send else Kind.NONE, send, opens)


class Verdict(StrEnum):
    IN_STEP = "in step"
    SEND = "send"
    LEFT = "left"


def decide(owner: Owner, attribute: str, said: Said, mirror: Mirror, landed: int) -> Verdict:
    """The table of DESIGN.md §5: wanted = applied.sent? mirror = applied.answered?

    `latest` takes the newer also where wanted = sent, else a value that went and came back is lost.
    """
    held, applied = mirror.held(attribute), mirror.applied.get(attribute)
    untouched = applied is not None and applied.answered == held
    sent = applied is not None and applied.sent == said.digest
    if (untouched and sent) or held == said.digest:
        return Verdict.IN_STEP
    if owner is Owner.FEED or (untouched and owner is not Owner.PLYTIX):
        return Verdict.SEND
    if owner is Owner.LATEST:
        return Verdict.SEND if landed > mirror.changed.get(attribute, 0) else Verdict.LEFT
    return Verdict.LEFT if attribute in mirror.changed else Verdict.SEND  # `plytix`: only where nothing ever stood


class _Feeds:
    """The feeds of today's configuration that speak of one SKU, and what of it counts."""

    def __init__(self, wanted: dict[str, Wanted], configuration: Bundle, schema: Schema) -> None:
        self.wanted = {f: w for f, w in wanted.items() if f in configuration.feeds}
        self.schema = schema
        self.feeds = configuration.feeds
        self.owners = {f: {c.to: c.owner for c in configuration.feeds[f].columns.values()} for f in self.wanted}

    def gives(self, feed: str, attribute: str) -> bool:
        return self.feeds[feed].creates if attribute == EXISTS else attribute in self.owners[feed]

    def counting(self, attribute: str) -> dict[str, Said]:
        found = {}
        for feed, wanted in self.wanted.items():
            said, refusal = wanted.values.get(attribute), wanted.refused.get(attribute)
            if said is None or not self.gives(feed, attribute):
                continue
            if refusal is None or not refusal.holds(attribute, said, self.schema):
                found[feed] = said
        return found

    def winner(self, attribute: str, counting: dict[str, Said]) -> Wish | None:
        """The owner's value, else that of the newest landing; existence from whoever first wished it."""
        if not counting:
            return None
        if attribute == EXISTS:
            feed = min(counting, key=lambda f: counting[f].since)
        else:
            owning = [f for f in counting if self.owners[f][attribute] is Owner.FEED] or list(counting)
            feed = max(owning, key=lambda f: counting[f].since)
        return Wish(feed, counting[feed])

    def attributes(self) -> list[str]:
        return sorted({a for w in self.wanted.values() for a in w.values} - {EXISTS})


def reconcile(wanted: dict[str, Wanted], mirror: Mirror, configuration: Bundle, schema: Schema) -> Change:
    """At most one change; refused values are left out. `wanted`: `partner/feed` → item; `schema`: as it is known now."""
    speaking = _Feeds(wanted, configuration, schema)
    living = mirror.existence is Existence.LIVING
    if not living and (reason := _not_to_be_created(speaking, mirror)):
        return Change(open={f: _absent(speaking, f, reason) for f in speaking.wanted})

    wishes = speaking.counting(EXISTS)
    send: dict[str, Wish] = {}
    if not living and (maker := speaking.winner(EXISTS, wishes)):
        send[EXISTS] = maker
    opens: dict[str, dict[str, Standing]] = {f: {} for f in speaking.wanted}
    for attribute in speaking.attributes():
        counting = speaking.counting(attribute)
        winner = speaking.winner(attribute, counting)
        verdict = _verdict(speaking, attribute, winner, mirror) if winner else Verdict.IN_STEP
        if winner and verdict is Verdict.SEND:
            send[attribute] = winner
        for feed in speaking.wanted:
            if stands := _standing(speaking, feed, attribute, counting, winner, verdict, mirror):
                opens[feed][attribute] = stands
    kind = Kind.NONE if not send else Kind.PATCH if living else Kind.CREATE
    return Change(kind, send, opens)


def _not_to_be_created(speaking: _Feeds, mirror: Mirror) -> Standing | None:
    """Why there is no product and none will be made; None: it will."""
    wishes = speaking.counting(EXISTS)
    if mirror.existence is Existence.RENAMED:
        return Standing.RENAMED
    if mirror.existence is Existence.GONE and not any(speaking.feeds[f].recreate for f in wishes):
        return Standing.GONE
    return None if wishes else Standing.WAITS


def _absent(speaking: _Feeds, feed: str, reason: Standing) -> dict[str, Standing]:
    """How a feed stands whose product is not there."""
    wanted = speaking.wanted[feed]
    if EXISTS in wanted.values and speaking.gives(feed, EXISTS) and feed not in speaking.counting(EXISTS):
        return {EXISTS: Standing.REFUSED}
    return {EXISTS: reason} if wanted.values else {}


def _verdict(speaking: _Feeds, attribute: str, winner: Wish, mirror: Mirror) -> Verdict:
    if mirror.existence is not Existence.LIVING:  # a create takes all that is wanted by then
        return Verdict.IN_STEP if winner.said.value is None else Verdict.SEND
    owner = speaking.owners[winner.feed][attribute]
    return decide(owner, attribute, winner.said, mirror, landed_ms(winner.said.since))


def _standing(speaking: _Feeds, feed: str, attribute: str, counting: dict[str, Said], winner: Wish | None,
              verdict: Verdict, mirror: Mirror) -> Standing | None:
    """How this feed's value for the attribute stands; None: in step (or about to be sent)."""
    mine = speaking.wanted[feed].values.get(attribute)
    if mine is None or not speaking.gives(feed, attribute):
        return None
    if feed not in counting:  # where it stands all the same, it was refused too early, or its option was taken away since
        return None if mirror.held(attribute) == mine.digest else Standing.REFUSED
    if winner and mine.digest != winner.said.digest:
        return Standing.BEATEN
    return Standing.LEFT if verdict is Verdict.LEFT else None
