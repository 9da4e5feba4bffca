"""What can be filtered, which is the whole schema in one request (plytix-api.md §9.6)."""

from __future__ import annotations

from typing import Any

from local.plytix.asset_search import KEYS as ASSET_KEYS
from local.plytix.asset_search import asset_field
from local.plytix.attributes import filter_type
from local.plytix.call import Answer, Call, data
from local.plytix.product_search import SYSTEM_KEYS, system_field
from local.plytix.products import STATUSES
from local.plytix.relationships import FIELDS as RELATIONSHIP_FIELDS
from local.plytix.search import OPERATORS, Field
from local.plytix.values import WITH_OPTIONS

NAMES = {"Status": "DropdownAttribute", "Id": "TextAttribute"}  # how our own kinds are called outside (I)


def products(call: Call) -> Answer:
    """`GET /filters/product`: attributes with their options, and the properties that all products have (§9.6)."""
    attributes = []
    for attribute in call.store.attributes.values():
        kind = filter_type(attribute)
        item = {"key": f"attributes.{attribute.label}", "filter_type": kind, "operators": list(OPERATORS[kind])}
        if attribute.type_class in WITH_OPTIONS:
            item["options"] = list(attribute.options)
        attributes.append(item)
    properties = [_property(field) for key in SYSTEM_KEYS if (field := system_field(call.store, key))]
    return data(200, {"attributes": attributes, "properties": properties})


def assets(call: Call) -> Answer:
    """`GET /filters/asset` (§5.2, §9.6)."""
    fields = [field for key in ASSET_KEYS if (field := asset_field(call.store, key))]
    return data(200, {"attributes": [], "properties": [_property(field) for field in fields]})


def relationships(call: Call) -> Answer:
    """`GET /filters/relationships` (§5.2, §9.6)."""
    return data(200, {"attributes": [], "properties": [_property(field) for field in RELATIONSHIP_FIELDS.values()]})


def _property(field: Field[Any]) -> dict[str, Any]:
    """One property; `sku in` works and yet is not listed (§5.2)."""
    item = {
        "key": field.key,
        "filter_type": NAMES.get(field.kind, field.kind),
        "operators": list(OPERATORS[field.kind]),
    }
    return item | {"options": list(STATUSES)} if field.key == "status" else item
