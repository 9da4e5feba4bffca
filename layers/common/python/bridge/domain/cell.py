"""What one cell says: its text as a value of the column's type, or what is wrong with it."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any
from unicodedata import normalize

from bridge.configuration import Column, Feed
from bridge.domain import codes, gtin, number
from bridge.domain.issue import Code
from bridge.domain.row import Value

CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]")
WEB = re.compile(r"[Hh][Tt][Tt][Pp][Ss]?://[^\s/?#\\]+(?:[/?#][^\s\x00-\x1f]*)?")
INTEGER_DIGITS = 16  # plytix-api.md §9.1
OPTIONS_SHOWN = 12
EXAMPLE_DAY = date(2027, 11, 24)


@dataclass(frozen=True, slots=True)
class Fault:
    """An issue that does not know its place yet. `value`: the part that is wrong, where it is not the whole cell."""

    code: Code
    facts: dict[str, Any] = field(default_factory=dict)
    value: str | None = None


Said = Value | Fault
Reading = Callable[[str], Said]
"""Of a cell that is trimmed and not empty; `[]` says as much as an empty one. Pure: answers are remembered, so nobody may change them."""


def controls(text: str) -> str:
    """The control characters in it, named."""
    return ", ".join(f"U+{ord(c):04X}" for c in dict.fromkeys(CONTROL.findall(text)))


def _text(column: Column, feed: Feed) -> Reading:
    def text(cell: str) -> Said:
        if CONTROL.search(cell):
            return Fault(codes.VALUE_CHARACTERS, {"characters": controls(cell)})
        said = normalize("NFC", cell.replace("\r\n", "\n").replace("\r", "\n"))
        return _within(said, column)
    return text


def _html(column: Column, feed: Feed) -> Reading:
    def html(cell: str) -> Said:
        if CONTROL.search(cell):
            return Fault(codes.VALUE_CHARACTERS, {"characters": controls(cell)})
        return _within(cell, column)
    return html


def _within(text: str, column: Column) -> Said:
    if column.max is not None and len(text) > column.max:
        return Fault(codes.VALUE_LENGTH, {"found": len(text), "most": column.max})
    return text


def _decimal(column: Column, feed: Feed) -> Reading:
    def decimal(cell: str) -> Said:
        plain = number.plain(cell, feed.decimal)
        if plain is None:
            return _no_number(cell, feed)
        try:
            value = number.exact(plain)
        except number.TooManyDigits:
            return Fault(codes.VALUE_DIGITS, {"most": f"about {number.SURE}"})
        return _at_least(value, column)
    return decimal


def _integer(column: Column, feed: Feed) -> Reading:
    def integer(cell: str) -> Said:
        plain = number.plain(cell, feed.decimal)
        if plain is None:
            return Fault(codes.VALUE_EXPONENT if number.EXPONENT.fullmatch(cell) else codes.VALUE_WHOLE)
        if "." in plain:
            return Fault(codes.VALUE_WHOLE)
        if len(plain.lstrip("-0")) > INTEGER_DIGITS:
            return Fault(codes.VALUE_DIGITS, {"most": INTEGER_DIGITS})
        return _at_least(int(plain), column)
    return integer


def _no_number(cell: str, feed: Feed) -> Fault:
    if number.EXPONENT.fullmatch(cell):
        return Fault(codes.VALUE_EXPONENT)
    mark, example = number.WORDS[feed.decimal]
    return Fault(codes.VALUE_NUMBER, {"mark": mark, "example": example})


def _at_least(value: int | float, column: Column) -> Said:
    if column.min is not None and value < column.min:
        return Fault(codes.VALUE_MINIMUM, {"least": f"{column.min:g}"})
    return value


def _boolean(column: Column, feed: Feed) -> Reading:
    words = {word.casefold(): False for word in column.false} | {word.casefold(): True for word in column.true}
    fault = Fault(codes.VALUE_BOOLEAN, {"true": ", ".join(column.true), "false": ", ".join(column.false)})
    return lambda cell: words.get(cell.casefold(), fault)


def _date(column: Column, feed: Feed) -> Reading:
    fault = Fault(codes.VALUE_DATE, {"form": _spoken(column.date), "example": EXAMPLE_DAY.strftime(column.date)})

    def day(cell: str) -> Said:
        try:
            return datetime.strptime(cell, column.date).date().isoformat()
        except ValueError:
            return fault
    return day


def _spoken(form: str) -> str:
    """`%d.%m.%Y` as people write it: DD.MM.YYYY."""
    for sign, letters in {"%d": "DD", "%m": "MM", "%Y": "YYYY", "%y": "YY", "%H": "hh", "%M": "mm", "%S": "ss"}.items():
        form = form.replace(sign, letters)
    return form


def _option(column: Column, feed: Feed) -> Reading:
    """With `values` the list is closed: what the file may say, and the options themselves. Without, Plytix is the judge."""
    if not column.values:
        return _text(column, feed)
    options = {value.casefold(): value for value in column.values.values()}
    options |= {_folded(said): value for said, value in column.values.items()}
    words = [*column.values]
    more = f" … ({len(words)} in all)" if len(words) > OPTIONS_SHOWN else ""
    fault = Fault(codes.VALUE_OPTION, {"options": ", ".join(words[:OPTIONS_SHOWN]) + more})
    return lambda cell: options.get(_folded(cell), fault)


def _folded(text: str) -> str:
    return " ".join(normalize("NFC", text).casefold().split())


def _options(column: Column, feed: Feed) -> Reading:
    one = _option(column, feed)

    def options(cell: str) -> Said:
        members: list[str] = []
        for part in filter(None, map(str.strip, cell.split(column.split))):
            said = one(part)
            if isinstance(said, Fault):
                return Fault(said.code, said.facts, part)
            if said not in members:
                members.append(str(said))
        return members
    return options


def _url(column: Column, feed: Feed) -> Reading:
    return lambda cell: _within(cell, column) if WEB.fullmatch(cell) else Fault(codes.VALUE_URL)


def _gtin(column: Column, feed: Feed) -> Reading:
    def code(cell: str) -> Said:
        if not gtin.FORM.fullmatch(cell):
            return Fault(codes.VALUE_EXPONENT if number.EXPONENT.fullmatch(cell) else codes.VALUE_GTIN)
        return cell if gtin.is_right(cell) else Fault(codes.VALUE_GTIN_CHECK, {"check": gtin.check_digit(cell)})
    return code


READINGS: dict[str, Callable[[Column, Feed], Reading]] = {
    "text": _text, "html": _html, "decimal": _decimal, "integer": _integer, "boolean": _boolean, "date": _date,
    "option": _option, "options": _options, "url": _url, "gtin": _gtin,
}
