"""Searching products, and what may be asked of them (plytix-api.md §5.2, §5.4, §9.6)."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from local.plytix.assets import linked
from local.plytix.call import Answer, Call
from local.plytix.consequences import level
from local.plytix.contents import file_type
from local.plytix.entities import Attribute, Product
from local.plytix.relationship_filters import related_rows
from local.plytix.search import MOST_COLUMNS, Field, search
from local.plytix.store import Store
from local.plytix.values import completeness
from local.plytix.views import has_column, row


def search_products(call: Call) -> Answer:
    """`POST /products/search`: rows of id, sku and the columns asked for; unordered ones in order of creation (§14)."""
    store, version, body = call.store, call.version, call.fields()
    rows = _candidates(store, body.get("filters"))
    if related := body.get("relationship_filters"):
        rows = related_rows(store, related, rows)
    page = search(
        body | {"relationship_filters": []},
        rows,
        len(store.products),
        lambda key: field(store, key),
        lambda column: has_column(store, version, column),
        MOST_COLUMNS[version],
    )
    return page.answer(lambda product, columns: row(store, version, product, columns))


def field(store: Store, key: str) -> Field[Product] | None:
    """The filter field of this name; attributes need their prefix (§5.4)."""
    if not key.startswith("attributes."):
        return system_field(store, key)
    attribute = store.attributes.get(key.removeprefix("attributes."))
    return attribute_field(attribute) if attribute else None


def attribute_field(attribute: Attribute) -> Field[Product]:
    """An attribute as a filter; completeness filters as a decimal (§5.2)."""
    label = attribute.label
    if attribute.type_class == "CompletenessAttribute":
        return Field(f"attributes.{label}", "DecimalAttribute", lambda product: completeness(attribute, product))
    return Field(f"attributes.{label}", attribute.type_class, lambda product: product.attributes.get(label))


def system_field(store: Store, key: str) -> Field[Product] | None:
    """A field that each product has (§5.2, §9.6)."""
    match key:
        case "id":
            return Field(key, "Id", lambda product: product.id)
        case "sku":
            return Field(key, "TextAttribute", lambda product: product.sku, more=("in", "!in"))  # undocumented, works
        case "label":
            return Field(key, "TextAttribute", lambda product: product.label)
        case "gtin":
            return Field(key, "TextAttribute", lambda product: product.gtin)
        case "status":
            return Field(key, "Status", lambda product: product.status)
        case "created":
            return Field(key, "DateAttribute", lambda product: product.created)
        case "modified":
            return Field(key, "DateAttribute", lambda product: product.modified)
        case "categories":
            return Field(key, "Categories", lambda product: product.categories)
        case "static_lists":
            return Field(key, "StaticLists", lambda product: [])
        case "thumbnail":
            return Field(key, "MediaAttribute", lambda product: product.thumbnail)
        case "assets":
            return Field(key, "MediaAttribute", lambda product: linked(store, product))
        case "images":  # always a part of the assets (§9.6)
            return Field(key, "MediaAttribute", lambda product: _images(store, product))
        case "_is_variation":
            return Field(key, "BooleanAttribute", lambda product: product.parent is not None)
        case "_has_variations":
            return Field(key, "BooleanAttribute", lambda product: bool(product.variants))
        case "product_level":
            return Field(key, "IntAttribute", lambda product: level(store, product))
        case _:
            return None


SYSTEM_KEYS = (
    "created", "modified", "sku", "gtin", "label", "status", "categories", "static_lists", "assets", "images",
    "thumbnail", "product_level",
)  # fmt: skip
PROPERTIES = ("_is_variation", "_has_variations")


def _images(store: Store, product: Product) -> list[str]:
    return [id for id in linked(store, product) if file_type(store.assets[id].filename) == "IMAGES"]


def _candidates(store: Store, filters: Any) -> Collection[Product]:
    """Fewer rows to look at where one alternative names skus or ids, in the same order as all of them."""
    if isinstance(filters, list) and len(filters) == 1 and isinstance(filters[0], list):
        for condition in filters[0]:
            match condition:
                case {"field": "sku", "operator": "in", "value": [*skus]}:
                    found = [store.by_sku(sku) for sku in skus if isinstance(sku, str)]
                case {"field": "id", "operator": "in", "value": [*ids]}:
                    found = [store.products.get(id) for id in ids if isinstance(id, str)]
                case _:
                    continue
            products = {product.id: product for product in found if product}
            return [products[id] for id in sorted(products)]  # ids rise with creation
    return store.products.values()
