"""Columns, some hundred cells at a time: what a cell would be asked one by one is proven for all of them at once, or remembered.

performance.md §2: 2.5 times as quick as a call a cell, and the same answers (tests compare them).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from enum import Enum

from bridge.configuration import Column, Feed
from bridge.domain import codes
from bridge.domain.cell import READINGS, Fault, Said
from bridge.domain.coercion import Coercion, Fit, NoOption
from bridge.domain.proof import PROOFS
from bridge.domain.row import Sku, sku

REMEMBERED = 4_096  # cells of a column
FEW = 1_000  # different cells; with more, a proof of the whole column is quicker than remembering
LONGEST_KEY = 100  # characters (plytix-api.md §6.1)
SHORTENED = re.compile(r"[0-9](?:[.,][0-9]+)?E\+[0-9]{2}")


class Keep(Enum):
    """An empty cell that says nothing: the attribute is not in the record."""

    KEEP = 0


Cells = Sequence[str]
Read = Callable[[Cells], Sequence[Fit | Keep]]


class Memo(dict[str, Fit | Keep]):
    """Cell → what it says, as far as there is room; most columns hold few different cells."""

    def __init__(self, one: Callable[[str], Fit | Keep]) -> None:
        self.one = one

    def __missing__(self, cell: str) -> Fit | Keep:
        said = self.one(cell)
        if len(self) < REMEMBERED:
            self[cell] = said
        return said


def compiled(column: Column, feed: Feed, coerce: Coercion | None = None) -> Read:
    """Made once a run. Each answer is a value, None for "no value", Keep, NoOption or Fault. `coerce`: what its attribute makes of it."""
    empty, one = when_empty(column, feed), single(column, feed, coerce)
    memo = Memo(one)
    if coerce or column.type not in PROOFS:
        return lambda cells: list(map(memo.__getitem__, cells))
    prove = PROOFS[column.type](column, feed)
    room = 0 if column.type in ("text", "html") else FEW

    def read(cells: Cells) -> Sequence[Fit | Keep]:
        if len(memo) < room:
            return list(map(memo.__getitem__, cells))
        proven = prove(cells)
        if proven is None:
            return [one(cell) for cell in cells]
        return [said if said != "" else empty for said in proven] if not room and "" in proven else proven
    return read


def when_empty(column: Column, feed: Feed) -> Said | Keep:
    if column.required:
        return Fault(codes.VALUE_REQUIRED)
    return None if (column.empty or feed.empty) == "clear" else Keep.KEEP


def single(column: Column, feed: Feed, coerce: Coercion | None = None) -> Callable[[str], Fit | Keep]:
    """The same for one cell."""
    empty, read = when_empty(column, feed), READINGS[column.type](column, feed)

    def one(cell: str) -> Fit | Keep:
        text = cell.strip()
        said: Fit | Keep = read(text) if text else empty
        if coerce and said != [] and not (said is None or isinstance(said, Fault | Keep | NoOption)):
            said = coerce(said)
        return empty if said == [] else said
    return one


def keys(cells: Cells) -> Sequence[Sku | Fault]:
    """The column that names the products."""
    joined = "".join(cells)
    skus = [Sku(cell.strip()) for cell in cells]
    if joined.isascii() and joined.isprintable() and "E+" not in joined and "" not in skus and max(map(len, skus)) <= LONGEST_KEY:
        return skus
    return list(map(key, cells))


def key(cell: str) -> Sku | Fault:
    """Nothing is mended in a key but its ends: a product's number is not ours to guess."""
    said = sku(cell)
    if not said:
        return Fault(codes.KEY_EMPTY)
    if not said.isprintable():
        unseen = ", ".join(f"U+{ord(c):04X}" for c in dict.fromkeys(said) if not c.isprintable())
        return Fault(codes.KEY_CHARACTERS, {"characters": unseen})
    if len(said) > LONGEST_KEY:
        return Fault(codes.KEY_LENGTH, {"found": len(said), "most": LONGEST_KEY})
    return Fault(codes.KEY_EXPONENT) if SHORTENED.fullmatch(said) else said
