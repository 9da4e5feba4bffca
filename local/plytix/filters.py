"""What can be filtered, which is the whole schema in one request (plytix-api.md §9.6)."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from local.plytix.asset_search import KEYS as ASSET_KEYS
from local.plytix.asset_search import asset_field
from local.plytix.attributes import filter_type
from local.plytix.call import Answer, Call, data
from local.plytix.entities import Attribute
from local.plytix.manners import Filters
from local.plytix.product_search import PROPERTIES, SYSTEM_KEYS, system_field
from local.plytix.relationships import FIELDS as RELATIONSHIP_FIELDS
from local.plytix.search import OPERATORS, Field
from local.plytix.values import WITH_OPTIONS

NAMES = {  # how our own kinds are called outside
    "Status": "DropdownAttribute",
    "Id": "TextAttribute",
    "StaticLists": "MultiSelectAttribute",
    "Categories": "MultiSelectAttribute",
}


def products(call: Call) -> Answer:
    """`GET /filters/product`: the account's attributes with their options, then what all products have (§9.6)."""
    attributes = [_attribute(attribute) for attribute in call.store.attributes.values()]
    attributes += [_shape(field) for key in SYSTEM_KEYS if (field := system_field(call.store, key))]
    return _answer(call, attributes, [_shape(field) for key in PROPERTIES if (field := system_field(call.store, key))])


def assets(call: Call) -> Answer:
    """`GET /filters/asset` (§5.2, §9.6)."""
    fields = [field for key in ASSET_KEYS if (field := asset_field(call.store, key))]
    return _answer(call, [_shape(field, {"Categories": "HierarchyAttribute"}) for field in fields])


def relationships(call: Call) -> Answer:
    """`GET /filters/relationships` (§5.2, §9.6)."""
    return _answer(call, [_shape(field) for field in RELATIONSHIP_FIELDS.values()])


def _answer(call: Call, attributes: list[dict[str, Any]], properties: Iterable[dict[str, Any]] = ()) -> Answer:
    """In one item with two lists, or as the items themselves: accounts differ (§9.6)."""
    if call.store.manners.filters is Filters.FLAT:
        return data(200, *attributes, *properties)
    return data(200, {"attributes": attributes, "properties": list(properties)})


def _attribute(attribute: Attribute) -> dict[str, Any]:
    kind = filter_type(attribute)
    item = {"key": f"attributes.{attribute.label}", "filter_type": kind, "operators": list(OPERATORS[kind])}
    return item | {"options": list(attribute.options)} if attribute.type_class in WITH_OPTIONS else item


def _shape(field: Field[Any], names: dict[str, str] | None = None) -> dict[str, Any]:
    """One that is not the account's own; `sku in` works and yet is not listed (§5.2)."""
    kind = (NAMES | (names or {})).get(field.kind, field.kind)
    item = {"key": field.key, "filter_type": kind, "operators": list(OPERATORS[field.kind])}
    return item | {"options": []} if kind == "MultiSelectAttribute" else item
