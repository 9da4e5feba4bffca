"""The outcome of a row, read from state: history first, then how each of its attributes stands (DESIGN.md §5)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from bridge.configuration import Feed
from bridge.domain.history import Act, Entry
from bridge.domain.mirror import Mirror
from bridge.domain.outcome import WORST_FIRST, Outcome, Standing
from bridge.domain.row import Value
from bridge.domain.sequence import Sequence
from bridge.domain.values import digest
from bridge.domain.wanted import EXISTS, Wanted, spread

NEWER = "newer"  # a later drop of this feed says otherwise
OVER = "over"  # a person's value was overwritten
FAILED = "failed"  # the bridge itself, again and again
ENDLESS = "endless"  # what was asked of Plytix, again and again
GIVEN_UP = (FAILED, ENDLESS)
RETIRED = "retired"  # the feed was taken out of the configuration meanwhile


@dataclass(frozen=True, slots=True)
class Note:
    """What the receipt tells of one attribute: why it does not stand as the row wants it, or what it replaced."""

    attribute: str
    why: str  # a Standing, NEWER or OVER
    value: Value = None  # what the row wanted
    other: Value = None  # what stands, or what Plytix said


@dataclass(frozen=True, slots=True)
class Judged:
    outcome: Outcome
    notes: tuple[Note, ...] = ()

    def to_json(self) -> list[Any]:
        return [self.outcome.value, [[n.attribute, n.why, n.value, n.other] for n in self.notes]]

    @staticmethod
    def from_json(body: list[Any]) -> Judged:
        return Judged(Outcome(body[0]), tuple(Note(*n) for n in body[1]))


def judge(run: str, sequence: Sequence, feed: Feed, row: dict[str, Value], wanted: Wanted, mirror: Mirror,
          entries: Iterable[Entry]) -> Judged:
    """`row`: attribute → value as the drop says; `entries`: history of the SKU; `wanted`: this feed's item."""
    mine = [e for e in entries if e.names(run)]
    notes = tuple(_notes(run, sequence, feed, row, wanted, mirror, mine))
    acts = {e.act for e in mine}
    if Act.CREATE in acts and any(e.act is Act.CREATE and EXISTS in e.made and e.made[EXISTS].run == run for e in mine):
        return Judged(Outcome.CREATED, notes)
    if acts - {Act.REFUSAL}:
        return Judged(Outcome.UPDATED, notes)
    if acts:
        return Judged(Outcome.REJECTED, notes)
    outcomes = {_outcome(note) for note in notes}
    return Judged(min(outcomes, key=WORST_FIRST.index, default=Outcome.UNCHANGED), notes)


def _outcome(note: Note) -> Outcome:
    if note.why == OVER:
        return Outcome.UNCHANGED
    return Outcome.SKIPPED if note.why == NEWER else Standing(note.why).outcome


def _notes(run: str, sequence: Sequence, feed: Feed, row: dict[str, Value], wanted: Wanted, mirror: Mirror,
           mine: list[Entry]) -> Iterable[Note]:
    if reason := wanted.open.get(EXISTS):  # no product, and none will be made: one reason for the whole row
        yield Note("sku", reason, None, wanted.refused[EXISTS].message if EXISTS in wanted.refused else None)
        return
    refused = {a: m.message for e in mine if e.act is Act.REFUSAL for a, m in e.made.items() if m.run == run}
    over = {a: o.before for a, o in wanted.over.items() if o.told == run}
    over |= {a: m.before for e in mine if e.act is Act.PATCH for a, m in e.made.items() if m.run == run and m.over}
    for attribute, value in spread(feed, row).items():
        said, stands = wanted.values.get(attribute), wanted.open.get(attribute)
        if attribute in refused:
            yield Note(attribute, Standing.REFUSED, value, refused[attribute])
        elif said is None or said.digest != digest(value) or said.since > sequence:
            if attribute != EXISTS:
                yield Note(attribute, NEWER, value, said.value if said else None)
        elif stands is Standing.REFUSED:
            yield Note(attribute, stands, value, wanted.refused[attribute].message if attribute in wanted.refused else None)
        elif stands:
            yield Note(attribute, stands, value, mirror.values.get(attribute))
        elif attribute in over:
            yield Note(attribute, OVER, value, over[attribute])
