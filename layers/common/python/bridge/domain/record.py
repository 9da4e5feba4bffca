"""From rows to records: mapped and typed by the feed, each row's faults collected, all of them at once."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice, repeat
from types import MappingProxyType

from bridge.configuration import Feed
from bridge.domain import column
from bridge.domain.cell import Fault
from bridge.domain.coercion import Coercion, Fit, NoOption
from bridge.domain.column import Keep
from bridge.domain.header import Header
from bridge.domain.issue import Issue
from bridge.domain.row import Record, Row, Sku
from bridge.domain.sheet import BadRow

NONE: Mapping[str, Coercion] = MappingProxyType({})
CHUNK = 250
"""Rows that are read column by column: few enough to stay in the processor's cache (performance.md §2)."""


@dataclass(frozen=True, slots=True)
class Bad:
    """A row with an error: rejected as a whole, so that no product gets half of what was meant. `sku` where it can be told."""

    number: int
    line: int
    sku: Sku | None
    issues: tuple[Issue, ...]


def shape(rows: Iterable[Row | BadRow], feed: Feed, header: Header, coercions: Mapping[str, Coercion] = NONE) -> Iterator[Record | Bad]:
    """One answer a row, in the order of the rows. `header` is not refused; a row has as many cells as it. `coercions`: by attribute."""
    shaper = _Shaper(feed, header, coercions)
    remaining = iter(rows)
    while chunk := list(islice(remaining, CHUNK)):
        good = [row for row in chunk if isinstance(row, Row)]
        shaped = shaper.shape(good)
        if len(good) == len(chunk):
            yield from shaped
        else:
            yield from (next(shaped) if isinstance(row, Row) else shaper.bad(row) for row in chunk)


class _Shaper:
    """The feed's columns, made ready once for this heading."""

    def __init__(self, feed: Feed, header: Header, coercions: Mapping[str, Coercion]) -> None:
        self.header = header
        self.faults = frozenset({Fault, NoOption} if feed.on_error == "file" else {Fault})  # whole or not at all: then nothing waits
        self.attributes = [place.column.to for place in header.places]
        self.columns = [(place.index, column.compiled(place.column, feed, coercions.get(place.column.to))) for place in header.places]

    def shape(self, rows: Sequence[Row]) -> Iterator[Record | Bad]:
        if not rows:
            return
        cells = list(zip(*[row.cells for row in rows], strict=True))
        skus = column.keys(cells[self.header.key])
        said = [read(cells[index]) for index, read in self.columns]
        kinds = set(map(type, skus)).union(*(map(type, values) for values in said))
        for row, sku, values in zip(rows, skus, zip(*said, strict=True) if said else repeat(()), strict=False):
            if isinstance(sku, Fault) or (kinds & self.faults and any(type(value) in self.faults for value in values)):
                yield self._faulty(row, sku, values)
            elif NoOption in kinds and any(type(value) is NoOption for value in values):
                yield self._waiting(row, sku, values)
            elif Keep in kinds:
                said_of = {a: v for a, v in zip(self.attributes, values, strict=True) if v is not Keep.KEEP}
                yield Record(row.number, row.line, sku, said_of, row.unfinished)
            else:
                yield Record(row.number, row.line, sku, dict(zip(self.attributes, values, strict=True)), row.unfinished)

    def _waiting(self, row: Row, sku: Sku, values: Sequence[Fit | Keep]) -> Record:
        """Some of its values wait for an option."""
        said_of = {a: v for a, v in zip(self.attributes, values, strict=True) if not isinstance(v, Keep | Fault)}
        refused = {a: v.message for a, v in said_of.items() if isinstance(v, NoOption)}
        said = {a: v.value if isinstance(v, NoOption) else v for a, v in said_of.items()}
        return Record(row.number, row.line, sku, said, row.unfinished, refused)

    def _faulty(self, row: Row, sku: Sku | Fault, values: Sequence[Fit | Keep]) -> Bad:
        issues = [_issue(sku, row, self.header.key, self.header.names[self.header.key])] if isinstance(sku, Fault) else []
        faults = [value.fault if isinstance(value, NoOption) else value for value in values]
        places = zip(self.header.places, faults, strict=True)
        issues += [_issue(value, row, place.index, place.name) for place, value in places if isinstance(value, Fault)]
        return Bad(row.number, row.line, None if isinstance(sku, Fault) else sku, tuple(issues))

    def bad(self, row: BadRow) -> Bad:
        """A broken row. Where only single cells cannot be read, the others are looked at all the same."""
        told = {issue.column for issue in row.issues}
        if None in told:
            return Bad(row.number, row.line, None, row.issues)
        other = next(self.shape([Row(row.number, row.line, row.cells)]))
        more = other.issues if isinstance(other, Bad) else ()
        sku = None if self.header.names[self.header.key] in told else other.sku
        return Bad(row.number, row.line, sku, (*row.issues, *(issue for issue in more if issue.column not in told)))


def _issue(fault: Fault, row: Row, index: int, name: str) -> Issue:
    return Issue(fault.code, row.line, name, fault.value or row.cells[index].strip(), fault.facts)


