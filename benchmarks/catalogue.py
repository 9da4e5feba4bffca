"""The products that all contenders know, and the files that say of how many of them something has changed."""

from __future__ import annotations

from typing import Any

Row = dict[str, Any]
ATTRIBUTES: list[dict[str, Any]] = [
    {"name": "Price", "type_class": "DecimalAttribute"}, {"name": "Stock", "type_class": "IntAttribute"},
    {"name": "Material", "type_class": "TextAttribute"}]


def known(count: int) -> list[Row]:
    """Rows as Plytix holds them at the start."""
    materials = ("Edelstahl", "Aluminium", "Messing poliert")
    return [{"sku": f"A-{n:06}", "label": f"Türdrücker {n}", "price": 10.5 + n % 90, "stock": n % 500, "material": materials[n % 3]}
            for n in range(count)]


def changed(rows: list[Row], part: float) -> list[Row]:
    """The whole file again; in the first `part` of it another price."""
    count = round(len(rows) * part)
    return [{**row, "price": row["price"] + 100} if n < count else row for n, row in enumerate(rows)]


def body(row: Row) -> dict[str, Any]:
    """As Plytix takes it, without the SKU: label beside the attributes."""
    return {"label": row["label"], "attributes": {name: row[name] for name in ("price", "stock", "material")}}


def difference(row: Row, label: str | None, attributes: dict[str, Any]) -> dict[str, Any]:
    """What must be sent so that a product with this label and these attributes is as the row says; empty: nothing."""
    wanted = body(row)
    other = {name: value for name, value in wanted["attributes"].items() if attributes.get(name) != value}
    found: dict[str, Any] = {"attributes": other} if other else {}
    return found if label == wanted["label"] else {**found, "label": wanted["label"]}
