"""What of a snapshot goes into a channel's file: which products, which cells, and what is held back because it breaks the contract."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Context, Decimal

from bridge.configuration import Channel, ChannelColumn
from bridge.domain.product import Product
from bridge.domain.row import Sku, Value

NUMBER = re.compile(r"[+-]?\d+(\.\d+)?")
CENT = Decimal("0.01")
WIDE = Context(prec=400)  # digits of the largest float


@dataclass(frozen=True, slots=True)
class Held:
    """A product that stays out of the file, and a cell that is why, told to people."""

    sku: Sku
    column: str
    reason: str


def selects(channel: Channel) -> Callable[[Product], bool]:
    """Equal in everything that `select` names; of a list one member is enough."""
    wanted = tuple(channel.select.items())

    def selected(product: Product) -> bool:
        values = everything(product)
        return all(text in _members(values.get(name)) for name, text in wanted)

    return selected


def _members(value: Value) -> list[str]:
    return [said(member) for member in value] if isinstance(value, list) else [said(value)]


def row(channel: Channel) -> Callable[[Product], tuple[list[str], list[Held]]]:
    """The cells of a product in the order of the columns, and all that holds it back; it goes out only if nothing does."""
    narrow = None if channel.encoding.startswith("utf") else channel.encoding
    columns = [(head, column.from_, column, (column.max, column.style, narrow) == (None, None, None))
               for head, column in channel.columns.items()]

    def cells(product: Product) -> tuple[list[str], list[Held]]:
        values = everything(product)
        texts, faults = [], []
        for head, name, column, is_free in columns:
            value = values.get(name)
            if is_free:
                texts.append(value if isinstance(value, str) else said(value))  # most are texts
                continue
            text, reason = checked(value, column, narrow)
            texts.append(text)
            if reason is not None:
                faults.append(Held(product.sku, head, reason))
        return texts, faults

    return cells


def everything(product: Product) -> dict[str, Value]:
    """SKU and family stand beside the values of a product; a channel names them like any other."""
    return {**product.values, "sku": product.sku, "family": product.family}


def checked(value: Value, column: ChannelColumn, encoding: str | None) -> tuple[str, str | None]:
    """The cell, and what of the contract it breaks. It is never cut to fit: half a title is a wrong title."""
    text = said(value)
    if column.style is not None and text:
        number = digits(value)
        if number is None:
            return text, f'"{text}" is not a number'
        text = money(number, column.style)
    if column.max is not None and len(text) > column.max:
        return text, f"{len(text)} characters long, allowed: {column.max}"
    if encoding is not None and not text.isascii():
        try:
            text.encode(encoding)
        except UnicodeEncodeError as error:
            return text, f'"{text[error.start]}" cannot be written in {encoding}'
    return text, None


def said(value: Value) -> str:
    """As text; no value is the empty text, members are joined with `|`, and no number is written with an exponent."""
    match value:
        case str():
            return value
        case None:
            return ""
        case bool():
            return "true" if value else "false"
        case float():
            text = repr(value)
            return format(Decimal(text), "f") if "e" in text else text
        case list():
            return "|".join(map(said, value))
        case _:
            return str(value)


def digits(value: Value) -> str | None:
    """A number, or a text that is one, as plain digits; None for anything else."""
    if isinstance(value, str):
        return format(Decimal(value), "f") if NUMBER.fullmatch(value) else None
    return said(value) if isinstance(value, int | float) and not isinstance(value, bool) else None


def money(number: str, style: str) -> str:
    """Two places, rounded half up as people do."""
    if len(number.partition(".")[2]) > 2:
        number = format(Decimal(number).quantize(CENT, ROUND_HALF_UP, WIDE), "f")
    whole, _, part = number.partition(".")
    return f"{whole}{style[1]}{part:0<2}"
