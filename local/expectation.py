"""What the demo must come to, worked out from the sample files alone: csv, and a few rules a file; no code of the bridge.

`expect(["erp", "sheet", "prices", "stock"])` says of each drop how its rows end, and what Plytix then holds.
"""

from __future__ import annotations

import csv
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import ROUND_HALF_UP, Decimal
from pathlib import Path
from re import fullmatch
from typing import Any

from ruamel.yaml import YAML

CONFIG = Path(__file__).parents[1] / "config"
SAMPLES = CONFIG / "samples"
Values = dict[str, Any]


class Faulty(Exception):
    """A cell is not what its column asks for."""


@dataclass(frozen=True, slots=True)
class Source:
    """One sample file, how it is written, and what a row of it says (heads → values). `folder`: where its partner puts it."""

    file: str
    partner: str
    folder: str
    encoding: str
    delimiter: str
    key: str
    creates: bool
    says: Callable[[dict[str, str]], Values]

    @property
    def path(self) -> Path:
        return SAMPLES / self.file


@dataclass(slots=True)
class Drop:
    """`faulty`: lines of rejected rows; `refused`: line → attribute that Plytix will not take."""

    source: Source
    rows: int = 0
    outcomes: Counter[str] = field(default_factory=Counter)
    faulty: list[int] = field(default_factory=list)
    refused: dict[int, str] = field(default_factory=dict)


@dataclass(slots=True)
class Expected:
    """`products`: SKU → values in Plytix, those without a value left out. `waiting`: what rows said of products that nobody made."""

    drops: dict[str, Drop] = field(default_factory=dict)
    products: dict[str, Values] = field(default_factory=dict)
    waiting: dict[str, Values] = field(default_factory=dict)


def expect(order: Sequence[str]) -> Expected:
    """`order`: keys of SOURCES, as they land, each when the one before has ended. The same one twice is a drop twice."""
    expected, options = Expected(), options_of_attributes()
    for nth, name in enumerate(order):
        drop = expected.drops[f"{name}:{nth}" if name in expected.drops else name] = Drop(SOURCES[name])
        for line, sku, values in _rows(drop):
            refused = [a for a, value in values.items() if a in options and not _members(value) <= options[a]]
            drop.refused |= dict.fromkeys([line], refused[0]) if refused else {}
            taken = {a: value for a, value in values.items() if a not in refused}
            drop.outcomes[_outcome(expected, drop.source, sku, taken, bool(refused))] += 1
    return expected


def _rows(drop: Drop) -> Iterator[tuple[int, str, Values]]:
    """The rows that are right, with the line where each begins; the others are counted."""
    with drop.source.path.open(encoding=drop.source.encoding, newline="") as file:
        reader = csv.reader(file, delimiter=drop.source.delimiter)
        head, lines, rows = next(reader), [], []
        while True:
            begins = reader.line_num + 1
            if (row := next(reader, None)) is None:
                break
            lines.append(begins)
            rows.append(row)
    drop.rows = len(rows)
    at = head.index(drop.source.key)
    often = Counter(row[at] for row in rows if len(row) == len(head))
    for line, row in zip(lines, rows, strict=True):
        try:
            if len(row) != len(head) or not row[at] or often[row[at]] > 1:
                raise Faulty
            yield line, row[at], drop.source.says(dict(zip(head, row, strict=True)))
        except Faulty:
            drop.outcomes["REJECTED"] += 1
            drop.faulty.append(line)


def _outcome(expected: Expected, source: Source, sku: str, taken: Values, refused: bool) -> str:
    product = expected.products.get(sku)
    if product is None and not source.creates:
        expected.waiting[sku] = expected.waiting.get(sku, {}) | taken
        return "HELD"
    if product is None:
        expected.products[sku] = {a: v for a, v in (expected.waiting.pop(sku, {}) | taken).items() if v is not None}
        return "CREATED"
    changed = {a: value for a, value in taken.items() if product.get(a) != value}
    product |= changed
    expected.products[sku] = {a: v for a, v in product.items() if v is not None}
    return "UPDATED" if changed else "REJECTED" if refused else "UNCHANGED"


def options_of_attributes() -> dict[str, set[str]]:
    attributes = YAML(typ="safe").load(CONFIG / "plytix-attributes.yaml")
    return {attribute["label"]: set(attribute["options"]) for attribute in attributes if "options" in attribute}


def _members(value: Any) -> set[str]:
    return set(value) if isinstance(value, list) else set() if value is None else {value}


# What a cell says, per kind of column


def german(text: str) -> int | float:
    """1.299,90"""
    if not fullmatch(r"-?(\d+|\d{1,3}(\.\d{3})+)(,\d+)?", text):
        raise Faulty
    return number(text.replace(".", "").replace(",", "."))


def number(text: str) -> int | float:
    if not fullmatch(r"-?\d+(\.\d+)?", text) or text.startswith("-"):
        raise Faulty
    return int(float(text)) if float(text).is_integer() else float(text)


def day(form: str) -> Callable[[str], str]:
    def read(text: str) -> str:
        try:
            return datetime.strptime(text, form).strftime("%Y-%m-%d")
        except ValueError:
            raise Faulty from None
    return read


def ean(text: str) -> str:
    """Thirteen digits, whose sum with weights 1 and 3 by turns is a multiple of ten."""
    if not fullmatch(r"\d{13}", text) or sum(int(d) * (1, 3)[i % 2] for i, d in enumerate(text)) % 10:
        raise Faulty
    return text


def yes(text: str) -> bool:
    if text not in ("ja", "nein"):
        raise Faulty
    return text == "ja"


def one_of(**meanings: str) -> Callable[[str], str]:
    def read(text: str) -> str:
        if text not in meanings and text not in meanings.values():
            raise Faulty
        return meanings.get(text, text)
    return read


def needed(text: str) -> str:
    if not text:
        raise Faulty
    return text


def _said(row: dict[str, str], columns: dict[str, tuple[str, Callable[[str], Any]]]) -> Values:
    """Head → attribute and reading; an empty cell says nothing, unless its column is needed."""
    return {to: read(row[head]) for head, (to, read) in columns.items() if row[head] or read is needed}


def erp(row: dict[str, str]) -> Values:
    return _said(row, {
        "Bezeichnung": ("label", needed), "EAN": ("gtin", ean), "Marke": ("brand", str), "Farbe": ("colour", str),
        "Material": ("materials", lambda text: text.split("/")), "Gewicht (kg)": ("weight_kg", german),
        "Packlänge (cm)": ("pack_length_cm", german), "Kurztext": ("short_description", str), "Beschreibung": ("description", str),
        "Verkaufsstart": ("launch_date", day("%d.%m.%Y")), "Garantie (Jahre)": ("warranty_years", number),
        "Nachhaltig": ("sustainable", yes), "Produktseite": ("product_url", str)})


def sheet(row: dict[str, str]) -> Values:
    return _said(row, {
        "Name": ("name_en", needed), "EAN/GTIN": ("gtin", ean), "Long description": ("description_en", str),
        "Care": ("care_instructions", str), "Origin": ("country_of_origin", one_of(DE="Germany", AT="Austria", IT="Italy", PT="Portugal")),
        "Weight": ("weight_kg", number), "Available from": ("launch_date", day("%Y-%m-%d"))})


def prices(row: dict[str, str]) -> Values:
    return _said(row, {"VK netto": ("price", german), "UVP": ("list_price", german), "gültig ab": ("price_valid_from", day("%d.%m.%Y"))})


def stock(row: dict[str, str]) -> Values:
    """No restock date means that there is none any more."""
    said = _said(row, {"BESTAND": ("stock", number), "LAGERORT": ("stock_location", str), "WIEDER_AB": ("restock_date", day("%Y%m%d"))})
    return {"restock_date": None} | said


SOURCES = {
    "erp": Source("ARTIKEL_20261124.csv", "nordhang-erp", "inbox/products", "cp1252", ";", "Artikelnummer", True, erp),
    "sheet": Source("alpwerk_2026-11.csv", "alpwerk", "inbox/sheets", "utf-8-sig", ",", "Item No.", True, sheet),
    "prices": Source("PREISE_20261124.csv", "nordhang-erp", "inbox/prices", "utf-8", ";", "ArtNr", False, prices),
    "stock": Source("BESTAND.TXT", "lager-sued", "EXPORT/BESTAND", "cp850", "\t", "ARTNR", False, stock),
}


def catalogue(products: dict[str, Values], completed: Sequence[str]) -> list[dict[str, str]]:
    """The rows of the channel `retailer-catalogue` once these products are completed, in the order of their SKUs."""
    return [_listed(sku, products[sku]) for sku in sorted(completed)]


def _listed(sku: str, product: Values) -> dict[str, str]:
    return {"Artikelnummer": sku, "EAN": product.get("gtin", ""), "Bezeichnung": product.get("label", ""),
            "Marke": product.get("brand", ""), "Farbe": product.get("colour", ""), "Material": "|".join(product.get("materials", [])),
            "Gewicht (kg)": _cents(product.get("weight_kg")), "Preis (EUR)": _cents(product.get("price")),
            "Bestand": str(product.get("stock", "")), "Beschreibung": product.get("description", "")}


def _cents(value: int | float | None) -> str:
    return "" if value is None else str(Decimal(str(value)).quantize(Decimal("0.01"), ROUND_HALF_UP)).replace(".", ",")
