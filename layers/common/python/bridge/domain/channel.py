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
        for name, text in wanted:
            value = of(product, name)
            if text not in (map(said, value) if isinstance(value, list) else (said(value),)):
                return False
        return True

    return selected


def row(channel: Channel) -> Callable[[Product], tuple[list[str], list[Held]]]:
    """The cells of a product in the order of the columns, and all that holds it back; it goes out only if nothing does."""
    columns = tuple(channel.columns.items())
    narrow = None if channel.encoding.startswith("utf") else channel.encoding

    def cells(product: Product) -> tuple[list[str], list[Held]]:
        texts, faults = [], []
        for head, column in columns:
            text, reason = checked(of(product, column.from_), column, narrow)
            texts.append(text)
            if reason is not None:
                faults.append(Held(product.sku, head, reason))
        return texts, faults

    return cells


def of(product: Product, name: str) -> Value:
    """`sku` and `family` stand beside the values of a product."""
    match name:
        case "sku":
            return product.sku
        case "family":
            return product.family
        case _:
            return product.values.get(name)


def checked(value: Value, column: ChannelColumn, encoding: str | None) -> tuple[str, str | None]:
    """The cell, and what of the contract it breaks. It is never cut to fit: half a title is a wrong title."""
    text = cell(value)
    if column.style is not None and text:
        if isinstance(value, bool) or not NUMBER.fullmatch(text):
            return text, f'"{text}" is not a number'
        text = money(text, column.style)
    if column.max is not None and len(text) > column.max:
        return text, f"{len(text)} characters long, {column.max} are allowed"
    if encoding is not None and not text.isascii():
        try:
            text.encode(encoding)
        except UnicodeEncodeError as error:
            return text, f'"{text[error.start]}" cannot be written in {encoding}'
    return text, None


def cell(value: Value) -> str:
    return "|".join(map(said, value)) if isinstance(value, list) else said(value)


def said(value: Value) -> str:
    """As text; no value is the empty text, and no number is written with an exponent."""
    match value:
        case str():
            return value
        case None:
            return ""
        case bool():
            return "true" if value else "false"
        case float():
            return format(Decimal(repr(value)), "f")
        case _:
            return str(value)


def money(number: str, style: str) -> str:
    """Two places, rounded half up as people do."""
    rounded = format(Decimal(number).quantize(CENT, ROUND_HALF_UP, WIDE), "f")
    return rounded.replace(".", ",") if style == "0,00" else rounded
