"""How a product is shown: v1 expands and zones, v2 gives ids, audits and no zone (plytix-api.md §5.4, §6.1, §6.2)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from local.plytix.assets import brief, linked
from local.plytix.categories import place
from local.plytix.clock import with_zone, without_zone
from local.plytix.consequences import level
from local.plytix.entities import Attribute, Product
from local.plytix.manners import Links
from local.plytix.relationships import related
from local.plytix.store import Store
from local.plytix.values import MEDIA, completeness

Column = Callable[[Store, Product], Any]


@dataclass(frozen=True, slots=True)
class Version:
    """One version's face of a product."""

    columns: dict[str, Column]  # all there are, but for `attributes`
    whole: tuple[str, ...]  # of a single product
    written: tuple[str, ...]  # of the answer to a write
    always: tuple[str, ...]  # of each search row, asked for or not (§5.4)
    optional: frozenset[str]  # left out where they are empty
    media: Callable[[Store, Attribute, list[str]], Any]


def full(store: Store, version: int, product: Product, *, every_attribute: bool = False) -> dict[str, Any]:
    """The whole product; `every_attribute` adds the empty ones as null (§6.2)."""
    return _shape(store, version, product, VERSIONS[version].whole, every_attribute=every_attribute)


def written(store: Store, version: int, product: Product) -> dict[str, Any]:
    """The answer to a create or a patch: v1 the whole product, v2 no values at all (§6.2)."""
    return _shape(store, version, product, VERSIONS[version].written)


def row(store: Store, version: int, product: Product, columns: Sequence[str]) -> dict[str, Any]:
    """A search row: what every row has, what was asked for, and no empty attributes (§5.4)."""
    face = VERSIONS[version]
    plain = [column for column in columns if "." not in column]
    shape = _columns(store, face, product, (*face.always, *plain))
    labels = [column.removeprefix("attributes.") for column in columns if column.startswith("attributes.")]
    if labels or "attributes" in face.always:
        values = {label: value(store, face, product, label) for label in labels}
        shape["attributes"] = {label: value for label, value in values.items() if value is not None}
    if asked := {c.removeprefix("relationships.") for c in columns if c.startswith("relationships.")}:
        shape["relationships"] = [r for r in _relationships(store, product) if r["relationship_label"] in asked]
    return shape


def has_column(store: Store, version: int, name: str) -> bool:
    """Whether a search may ask for it; attributes and relationships only with their prefix (§5.4)."""
    kind, _, label = name.partition(".")
    if kind == "attributes":
        return label in store.attributes
    if kind == "relationships" and label:
        return any(label == relationship.label for relationship in store.relationships.values())
    return name in VERSIONS[version].columns


def value(store: Store, face: Version, product: Product, label: str) -> Any:
    """An attribute as it reads back (§9.1): dates carry a midnight, completeness is reckoned, empty is None."""
    attribute = store.attributes[label]
    if attribute.type_class == "CompletenessAttribute":
        return completeness(attribute, product)
    kept = product.attributes.get(label)
    if kept is None:
        return None
    if attribute.type_class == "DateAttribute":
        return f"{kept}T00:00:00"
    return face.media(store, attribute, kept) if attribute.type_class in MEDIA else kept


def _shape(
    store: Store, version: int, product: Product, columns: Sequence[str], *, every_attribute: bool = False
) -> dict[str, Any]:
    face = VERSIONS[version]
    shape = _columns(store, face, product, columns)
    if "attributes" in columns:
        labels = list(store.attributes) if every_attribute else list(product.attributes)
        labels += [a.label for a in store.attributes.values() if a.type_class == "CompletenessAttribute"]
        shape["attributes"] = {label: value(store, face, product, label) for label in dict.fromkeys(labels)}
    return shape


def _columns(store: Store, face: Version, product: Product, columns: Sequence[str]) -> dict[str, Any]:
    shape = {name: face.columns[name](store, product) for name in columns if name != "attributes"}
    return {name: value for name, value in shape.items() if value is not None or name not in face.optional}


def _relationships(store: Store, product: Product) -> list[dict[str, Any]]:
    return [
        {
            "relationship_id": id,
            "relationship_label": store.relationships[id].label,
            "related_products": [related(link) for link in links.values()],
        }
        for id, links in product.relationships.items()
        if links
    ]


def _expanded_media(store: Store, attribute: Attribute, ids: list[str]) -> Any:
    """v1: one object, or a list of them (§9.1)."""
    rows = [brief(store.assets[id]) for id in ids if id in store.assets]
    return rows if attribute.type_class == "MediaGalleryAttribute" else next(iter(rows), None)


def _media_ids(store: Store, attribute: Attribute, ids: list[str]) -> list[str]:
    """v2: ids, a list even for single media (§6.1)."""
    return ids


def _type(store: Store, product: Product) -> str:
    return "VARIANT" if product.parent else "PARENT" if product.variants else "SINGLE"


def _id(store: Store, id: str) -> Any:
    """A link as v2 shows it: an object as recorded, or a text as documented (§6.1)."""
    return {"id": id} if store.manners.links is Links.OBJECTS else id


def _expanded_thumbnail(store: Store, product: Product) -> Any:
    return brief(store.assets[product.thumbnail]) if product.thumbnail else None


SHARED: dict[str, Column] = {
    "id": lambda store, product: product.id,
    "sku": lambda store, product: product.sku,
    "label": lambda store, product: product.label,
    "gtin": lambda store, product: product.gtin,
    "status": lambda store, product: product.status,
    "product_type": _type,
    "num_variations": lambda store, product: len(product.variants),
    "product_family_id": lambda store, product: product.family,
    "product_family_model_id": lambda store, product: None,
    "overwritten_attributes": lambda store, product: [key.removeprefix("attributes.") for key in product.overwritten],
    "relationships": _relationships,
}

WHOLE_V1 = (
    "id", "sku", "label", "gtin", "status", "thumbnail", "attributes", "assets", "categories", "relationships",
    "num_variations", "_parent_id", "product_type", "product_family_id", "product_family_model_id",
    "overwritten_attributes", "created", "modified",
)  # fmt: skip

V1 = Version(
    columns=SHARED
    | {
        "_parent_id": lambda store, product: product.parent,
        "thumbnail": _expanded_thumbnail,
        "assets": lambda store, product: [brief(store.assets[id]) for id in linked(store, product)],
        "categories": lambda store, product: [place(store, "product", id) for id in product.categories],
        "created": lambda store, product: with_zone(product.created),
        "modified": lambda store, product: with_zone(product.modified),
    },
    whole=WHOLE_V1,
    written=WHOLE_V1,
    always=("id", "sku", "attributes", "num_variations", "_parent_id"),
    optional=frozenset({"_parent_id"}),
    media=_expanded_media,
)

V2 = Version(
    columns=SHARED
    | {
        "parent_id": lambda store, product: product.parent,
        "product_level": level,
        "static_list_ids": lambda store, product: [],
        "account_id": lambda store, product: store.account_id,
        "mark_as_deleted": lambda store, product: False,
        "thumbnail": lambda store, product: _id(store, product.thumbnail) if product.thumbnail else None,
        "assets": lambda store, product: [_id(store, id) for id in linked(store, product)],
        "categories": lambda store, product: [_id(store, id) for id in product.categories],
        "created": lambda store, product: without_zone(product.created),
        "modified": lambda store, product: without_zone(product.modified),
        "created_user_audit": lambda store, product: product.created_by.audit(),
        "modified_user_audit": lambda store, product: product.modified_by.audit(),
    },
    whole=(
        "id", "account_id", "sku", "label", "gtin", "status", "product_type", "product_level", "num_variations",
        "mark_as_deleted", "overwritten_attributes", "static_list_ids", "attributes", "assets", "categories",
        "thumbnail", "relationships", "product_family_id", "parent_id", "created", "modified",
        "created_user_audit", "modified_user_audit",
    ),
    written=("id", "created", "modified", "created_user_audit", "modified_user_audit"),
    always=("id", "sku", "num_variations", "modified_user_audit", "parent_id"),
    optional=frozenset({"gtin", "parent_id", "product_family_id", "product_family_model_id"}),
    media=_media_ids,
)  # fmt: skip

VERSIONS = {1: V1, 2: V2}
