"""A row as it stands in the file, and a record: the same after mapping and typing. Never one class with optional everything."""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass, field
from typing import NewType

Sku = NewType("Sku", str)
Scalar = str | int | float | bool
Value = Scalar | list[str] | None
"""A value of a product as JSON has it; None: no value. Numbers are numbers, dates are `YYYY-MM-DD`."""


def sku(cell: str) -> Sku:
    """The one spelling under which a product is known: NFC, trimmed; case kept (Plytix SKUs are case-sensitive)."""
    return Sku(unicodedata.normalize("NFC", cell).strip())


@dataclass(frozen=True, slots=True)
class Row:
    """`number`: 1 for the first data row; `line`: physical line (1-based) where it begins; cells as decoded, untrimmed."""

    number: int
    line: int
    cells: list[str]
    unfinished: bool = False  # the last record of the file, without line end though all others have one


@dataclass(frozen=True, slots=True)
class Record:
    """What a row says of one product: attribute → value, only what it says something of.

    `refused`: attribute → why Plytix will not take this value as long as its schema stays as it is.
    """

    number: int
    line: int
    sku: Sku
    values: dict[str, Value]
    unfinished: bool = False  # as its row
    refused: dict[str, str] = field(default_factory=dict)
