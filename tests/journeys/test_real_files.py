"""Files that real systems wrote, whole, over SFTP: their products in Plytix are what golden.json says, and a repeat costs nothing.

Both files are taken with all their rows (Akeneo 1,239, Magento 2: 1,994) and some fifteen of their columns. How each column is
to be read is said here a second time, in plain Python, so that the feed's mapping is compared with something.
"""

import csv
import io
import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest

from tests.actors import a_feed
from tests.unit.files import written

PATIENCE_S = 600  # in a rough twin, on a busy machine; else some seconds


@dataclass(frozen=True, slots=True)
class Kind:
    """A type of column, as the feed calls it, as Plytix does, and what a cell of it says."""

    type: str
    attribute: str
    says: Callable[[str], Any]
    more: dict[str, Any]


def number(cell):
    return int(cell) if float(cell).is_integer() else float(cell)


TEXT = Kind("text", "TextAttribute", lambda cell: cell.strip(), {})
HTML = Kind("html", "HtmlAttribute", lambda cell: cell.strip(), {})
DECIMAL = Kind("decimal", "DecimalAttribute", number, {})
INTEGER = Kind("integer", "IntAttribute", int, {})
BOOLEAN = Kind("boolean", "BooleanAttribute", lambda cell: cell == "1", {})
DAY = Kind("date", "DateAttribute", lambda cell: cell, {})
OPTION = Kind("option", "DropdownAttribute", lambda cell: cell, {})
OPTIONS = Kind("options", "MultiSelectAttribute", lambda cell: cell.split(","), {"split": ","})
FILES = {
    "akeneo-icecat/products.csv": {
        "name": TEXT, "categories": OPTIONS, "enabled": BOOLEAN, "family": OPTION, "collection": TEXT, "color": OPTION, "ean": TEXT,
        "price-EUR": DECIMAL, "weight": DECIMAL, "weight-unit": OPTION, "release_date-ecommerce": DAY, "optical_zoom": INTEGER,
        "description-en_US-ecommerce": HTML, "description-en_US-print": HTML, "description-de_DE-print": HTML},
    "magento2-sample/products.csv": {
        "name": TEXT, "product_type": OPTION, "categories": OPTIONS, "price": DECIMAL, "weight": DECIMAL, "description": HTML,
        "url_key": TEXT, "base_image": TEXT, "additional_images": TEXT, "additional_attributes": TEXT, "qty": INTEGER,
        "visibility": OPTION, "is_in_stock": BOOLEAN, "configurable_variations": TEXT},
}


@dataclass(frozen=True, slots=True)
class Catalogue:
    """A file, read by Python's csv alone."""

    content: bytes
    delimiter: str
    columns: dict[str, Kind]
    samples: dict[str, dict[str, str]]  # SKU → raw cells, from golden.json

    @property
    def rows(self) -> list[dict[str, str]]:
        return list(csv.DictReader(io.StringIO(self.content.decode(), newline=""), delimiter=self.delimiter))

    def product(self, row: dict[str, str]) -> dict[str, Any]:
        """What Plytix is to hold of a row: attribute → value; an empty cell says nothing."""
        return {attribute(head): kind.says(row[head]) for head, kind in self.columns.items() if row.get(head, "").strip()}

    def feed(self):
        columns = {head: {"to": attribute(head), "type": kind.type} | kind.more for head, kind in self.columns.items()}
        return a_feed("catalogue", columns=columns)

    def attributes(self) -> list[dict[str, Any]]:
        """What the account needs: options are those that stand in the file."""
        made = []
        for head, kind in self.columns.items():
            options = {member for row in self.rows if row[head] for member in (row[head].split(",") if kind is OPTIONS else [row[head]])}
            if head != "name":
                made.append({"label": attribute(head), "name": head, "type_class": kind.attribute}
                            | ({"options": sorted(options)} if kind in (OPTION, OPTIONS) else {}))
        return made

    def rewritten(self, rows: list[dict[str, str]]) -> str:
        return written([list(rows[0]), *(list(row.values()) for row in rows)], self.delimiter)


def attribute(head: str) -> str:
    return "label" if head == "name" else head.lower().replace("-", "_")


@pytest.fixture(params=FILES)
def catalogue(request, shared_data):
    [case] = [case for case in json.loads((shared_data / "golden.json").read_text())["cases"] if case["file"] == request.param]
    samples = {sample["key"]: sample["fields"] for sample in case["samples"]}
    return Catalogue((shared_data / request.param).read_bytes(), case["delimiter"], FILES[request.param], samples)


@pytest.fixture
def shop(company, catalogue):
    """A company whose Plytix has the attributes of the file, and a feed for it."""
    company.describes_products_by(catalogue.attributes())
    company.works_with(catalogue.feed())
    return company


def test_a_real_file_becomes_products_and_what_has_not_changed_costs_no_request(shop, erp, catalogue):
    rows = catalogue.rows
    loaded = erp.drops("catalogue/monday.csv", catalogue.content, within_s=PATIENCE_S)
    assert (loaded.rows, loaded.outcomes) == (len(rows), {"CREATED": len(rows)})
    held = shop.products()
    assert held == {row["sku"]: catalogue.product(row) for row in rows}
    for sku, cells in catalogue.samples.items():
        said = catalogue.product(cells)
        assert {name: held[sku].get(name) for name in said} == said
    assert shop.spent() == {"create": len(rows)}

    shop.plytix.clear_log()
    again = erp.drops("catalogue/tuesday.csv", catalogue.content, within_s=PATIENCE_S)
    assert (again.outcomes, shop.spent()) == ({"UNCHANGED": len(rows)}, {})

    resorted = erp.drops("catalogue/wednesday.csv", catalogue.rewritten(rows[::-1]), within_s=PATIENCE_S)
    assert (resorted.outcomes, shop.spent()) == ({"UNCHANGED": len(rows)}, {})

    rows[7]["name"] += ", neu"
    changed = erp.drops("catalogue/thursday.csv", catalogue.rewritten(rows), within_s=PATIENCE_S)
    assert (changed.outcomes, shop.spent()) == ({"UPDATED": 1, "UNCHANGED": len(rows) - 1}, {"patch": 1})
    assert shop.products() == held | {rows[7]["sku"]: catalogue.product(rows[7])}
