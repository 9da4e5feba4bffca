"""Whole columns read at once: one pass of C code shows that each of some hundred cells is right. None: look at them one by one.

What is proven here reads the same there (a property test says so); only the usual spelling is proven, never the odd one.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from unicodedata import is_normalized

from bridge.configuration import Column, Feed
from bridge.domain import gtin
from bridge.domain.cell import CONTROL, WEB
from bridge.domain.row import Value

Proof = Callable[[Sequence[str]], Sequence[Value] | None]


def _each(form: str) -> re.Pattern[str]:
    """Of cells joined by line ends."""
    return re.compile(rf"(?:(?:{form})\n)*+")


def _proven(form: re.Pattern[str], cells: Sequence[str]) -> str | None:
    """The cells, joined, if each has that form. A cell with a line end of its own would pass for two."""
    joined = "\n".join(cells) + "\n"
    return joined if joined.count("\n") == len(cells) and form.fullmatch(joined) else None


def _text(column: Column, feed: Feed) -> Proof:
    """The only one that lets empty cells pass: they stay `""`."""
    def texts(cells: Sequence[str]) -> Sequence[Value] | None:
        trimmed = list(map(str.strip, cells))
        joined = "".join(trimmed)
        if not _harmless(joined, column) or (column.max and max(map(len, trimmed)) > column.max):
            return None
        return trimmed
    return texts


def _harmless(joined: str, column: Column) -> bool:
    """Nothing in these cells is to be refused or changed. What is NFC as a whole is NFC in its parts."""
    if not joined.isprintable() and CONTROL.search(joined):
        return False
    return column.type == "html" or ("\r" not in joined and is_normalized("NFC", joined))


def _decimal(column: Column, feed: Feed) -> Proof:
    form = _each(rf"-?[0-9]{{1,9}}(?:{re.escape(feed.decimal)}[0-9]{{1,5}})?")  # short enough to be exact

    def decimals(cells: Sequence[str]) -> Sequence[Value] | None:
        joined = _proven(form, cells)
        if joined is None:
            return None
        values = [int(value) if value.is_integer() else value for value in map(float, joined.replace(",", ".").split())]
        return None if column.min is not None and min(values) < column.min else values
    return decimals


def _integer(column: Column, feed: Feed) -> Proof:
    form = _each("-?[0-9]{1,15}")

    def integers(cells: Sequence[str]) -> Sequence[Value] | None:
        if not _proven(form, cells):
            return None
        values = list(map(int, cells))
        return None if column.min is not None and min(values) < column.min else values
    return integers


def _url(column: Column, feed: Feed) -> Proof:
    form = _each(WEB.pattern)

    def urls(cells: Sequence[str]) -> Sequence[Value] | None:
        return cells if _proven(form, cells) and (not column.max or max(map(len, cells)) <= column.max) else None
    return urls


def _gtin(column: Column, feed: Feed) -> Proof:
    form = _each(gtin.FORM.pattern)

    def gtins(cells: Sequence[str]) -> Sequence[Value] | None:
        return cells if _proven(form, cells) and all(map(gtin.is_right, cells)) else None
    return gtins


PROOFS: dict[str, Callable[[Column, Feed], Proof]] = {
    "text": _text, "html": _text, "decimal": _decimal, "integer": _integer, "url": _url, "gtin": _gtin,
}
