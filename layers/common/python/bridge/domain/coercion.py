"""Whether a value fits the attribute that it is meant for: as Plytix's type wants it, or what is wrong with it (plytix-api.md §9.1).

The feed has typed the value already. A text is read as if the column had the attribute's type; a number may become a text, one option
a list of one, a word that differs in case the option itself. Nothing else is guessed. An option that Plytix does not have may come:
such a value waits for it and keeps nothing else of its row out.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from difflib import get_close_matches
from typing import Any
from unicodedata import normalize

from bridge.configuration import STATUSES, SYSTEM_FIELDS, Column, Feed
from bridge.domain import codes
from bridge.domain.cell import INTEGER_DIGITS, OPTIONS_SHOWN, READINGS, Fault, Reading, Said
from bridge.domain.issue import Code
from bridge.domain.product import Schema
from bridge.domain.row import Scalar, Value


@dataclass(frozen=True, slots=True)
class NoOption:
    """A value for which Plytix has no option yet, as it would be sent. `message`: why it is not taken, in the words of the receipt;
    `fault`: the same in a row that is rejected for something else."""

    value: Value
    message: str
    fault: Fault


Given = Scalar | list[str]
Fit = Said | NoOption
Coercion = Callable[[Given], Fit]
"""Of a value that says something. Pure as far as whoever reads cells is concerned: answers are remembered."""
TEXTS = ("TextAttribute", "MultilineAttribute", "HtmlAttribute")
COMPUTED = ("CompletenessAttribute", "FormulaAttribute")
NAMES = {
    "TextAttribute": "a text", "MultilineAttribute": "a text", "HtmlAttribute": "a text", "UrlAttribute": "a web address",
    "IntAttribute": "a whole number", "DecimalAttribute": "a number", "BooleanAttribute": "yes or no", "DateAttribute": "a date",
    "DropdownAttribute": "an option", "MultiSelectAttribute": "options", "MediaAttribute": "an asset", "MediaGalleryAttribute": "assets",
}
SURE = {
    **dict.fromkeys(TEXTS, ("text", "html", "option", "url", "gtin", "date")), "UrlAttribute": ("url",), "DateAttribute": ("date",),
    "IntAttribute": ("integer",), "DecimalAttribute": ("decimal", "integer"), "BooleanAttribute": ("boolean",),
}
"""Types of columns all of whose values fit: nobody needs to look at them."""
READ_AS = {"UrlAttribute": "url", "IntAttribute": "integer", "DecimalAttribute": "decimal", "BooleanAttribute": "boolean",
           "DateAttribute": "date"}
ASSET = re.compile(r"[0-9a-f]{24}")
NEAREST, NEAREST_MOST = 3, 200
"""Options that are named as the nearest, and values for which they are looked for: with a thousand options that takes its time."""
WORD_MOST = 80
"""Characters of a word in a message, which is stored beside the value."""


def misfit(schema: Schema, attribute: str) -> Code | None:
    """Why nothing at all can be written to it."""
    if attribute in SYSTEM_FIELDS:
        return None
    if attribute not in schema.types:
        return codes.COLUMN_ATTRIBUTE
    return codes.COLUMN_COMPUTED if schema.type_class(attribute) in COMPUTED else None


def coercion(schema: Schema, column: Column, feed: Feed) -> Coercion | None:
    """None: whatever such a column says is sent as it is; also where the type, or a dropdown's options, are not known to us."""
    type_class, options = _target(schema, column.to)
    if column.type in SURE.get(type_class, ()):
        return None
    if type_class in TEXTS:
        return _texts(type_class, column)
    if type_class in READ_AS:
        return _read_as(type_class, column, feed)
    if type_class in ("DropdownAttribute", "MultiSelectAttribute"):
        several = type_class == "MultiSelectAttribute"
        return (_options if several else _option)(Options(column.to, options), column) if options else None
    if type_class in ("MediaAttribute", "MediaGalleryAttribute"):
        return _assets(type_class, column)
    return None


def _target(schema: Schema, attribute: str) -> tuple[str, Sequence[str]]:
    if attribute == "status":
        return "DropdownAttribute", STATUSES
    if attribute in SYSTEM_FIELDS:
        return "TextAttribute", ()
    if attribute not in schema.types:
        return "", ()
    return schema.type_class(attribute), schema.options.get(attribute, ())


def _kind(type_class: str, column: Column) -> Fault:
    return Fault(codes.VALUE_KIND, {"kind": NAMES[type_class], "attribute": column.to})


def _text(value: Scalar) -> str | None:
    """A number as it would be written, with a point; of yes and no nobody knows the words."""
    if isinstance(value, str):
        return value
    return None if isinstance(value, bool) else f"{Decimal(repr(value)):f}"


def _texts(type_class: str, column: Column) -> Coercion:
    fault = _kind(type_class, column)

    def text(value: Any) -> Said:
        said = None if isinstance(value, list) else _text(value)
        return fault if said is None else said
    return text


def _read_as(type_class: str, column: Column, feed: Feed) -> Coercion:
    read, fault = READINGS[READ_AS[type_class]](column, feed), _kind(type_class, column)

    def one(value: Any) -> Said:
        if isinstance(value, str):
            return read(value.strip())
        if isinstance(value, list):
            return fault
        if isinstance(value, bool):
            return value if type_class == "BooleanAttribute" else fault
        return _number(value, type_class, read)
    return one


def _number(value: int | float, type_class: str, read: Reading) -> Said:
    if type_class == "DecimalAttribute":
        return value
    if type_class != "IntAttribute":
        return read(str(value))
    if not float(value).is_integer():
        return Fault(codes.VALUE_WHOLE)
    return int(value) if abs(value) < 10**INTEGER_DIGITS else Fault(codes.VALUE_DIGITS, {"most": INTEGER_DIGITS})


class Options:
    """Those of one attribute. A word stands for the option itself, or for the only one that differs in case or the blanks around it."""

    def __init__(self, attribute: str, options: Sequence[str]) -> None:
        self.attribute, self._options, self._asked = attribute, options, 0
        self._exact = frozenset(options)
        self._alike: dict[str, list[str]] = {}
        for option in options:
            self._alike.setdefault(folded(option), []).append(option)

    def find(self, word: str) -> str | None:
        if word in self._exact:
            return word
        alike = self._alike.get(folded(word), [])
        return alike[0] if len(alike) == 1 else None

    def without(self, value: Value, words: Sequence[str]) -> Fit:
        """What to say of a value, `words` of which are no options. Of Plytix's own (statuses) nobody can add one."""
        more = f" … ({len(self._options)} in all)" if len(self._options) > OPTIONS_SHOWN else ""
        options, nearest = ", ".join(self._options[:OPTIONS_SHOWN]) + more, self._nearest(words[0])
        facts = {"attribute": self.attribute, "options": options, "nearest": f" The nearest: {nearest}." if nearest else ""}
        fault = Fault(codes.VALUE_OPTION_UNKNOWN, facts, words[0])
        if self.attribute in SYSTEM_FIELDS:
            return fault
        lacking = ", ".join(f'"{word if len(word) <= WORD_MOST else word[:WORD_MOST - 1] + "…"}"' for word in words)
        near = f" (the nearest: {nearest})" if nearest else ""
        return NoOption(value, f"its options are {options}{near}; once they include {lacking}, the value goes by itself", fault)

    def _nearest(self, word: str) -> str:
        self._asked += 1
        near = get_close_matches(folded(word), self._alike, n=NEAREST) if self._asked <= NEAREST_MOST else []
        return ", ".join([f'"{option}"' for form in near for option in self._alike[form]][:NEAREST])


def folded(word: str) -> str:
    return normalize("NFC", word).strip().casefold()


def _option(options: Options, column: Column) -> Coercion:
    several, kind = Fault(codes.VALUE_SEVERAL, {"attribute": column.to}), _kind("DropdownAttribute", column)

    def option(value: Any) -> Fit:
        if isinstance(value, list):
            if len(value) != 1:
                return several
            value = value[0]
        word = _text(value)
        if word is None:
            return kind
        found = options.find(word)
        return options.without(word, [word]) if found is None else found
    return option


def _options(options: Options, column: Column) -> Coercion:
    kind = _kind("MultiSelectAttribute", column)

    def members(value: Any) -> Fit:
        found: dict[str, str | None] = {}
        for part in _parts(value, column):
            word = _text(part)
            if word is None:
                return kind
            found[word] = options.find(word)
        lacking = [word for word, option in found.items() if option is None]
        said = list(dict.fromkeys(word if option is None else option for word, option in found.items()))
        return options.without(said, lacking) if lacking else said
    return members


def _parts(value: Any, column: Column) -> list[Any]:
    """The members of a list; a text has them set apart as the column says, unless it was read as one option."""
    if isinstance(value, list):
        return value
    if isinstance(value, str) and column.type != "option":
        return [part for part in map(str.strip, value.split(column.split)) if part]
    return [value]


def _assets(type_class: str, column: Column) -> Coercion:
    """Their ids, as the mirror has them."""
    several = type_class == "MediaGalleryAttribute"

    def assets(value: Any) -> Said:
        ids = list(dict.fromkeys(_parts(value, column)))
        if wrong := [id for id in ids if not isinstance(id, str) or not ASSET.fullmatch(id)]:
            return Fault(codes.VALUE_ASSET, value=str(wrong[0]))
        return ids if several or len(ids) == 1 else Fault(codes.VALUE_SEVERAL, {"attribute": column.to})
    return assets
