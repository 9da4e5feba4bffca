"""Product families: which attributes belong together, at which level (plytix-api.md §7.5, §9.3)."""

from __future__ import annotations

from typing import Any

from local.plytix.call import Answer, Call, data
from local.plytix.clock import with_zone
from local.plytix.entities import Attribute, Family
from local.plytix.products import find as find_product
from local.plytix.products import touch
from local.plytix.refusal import REQUIRED, Fault, Refusal, no_entity
from local.plytix.search import MOST_COLUMNS, Field, search
from local.plytix.store import Store
from local.plytix.views import written

INVALID = "product family data validation failed"
LEVELS = ("no_level", "parent_level", "variant_level")
GIVEN = {  # keys of a create body: the level they stand for (§9.3)
    "attribute_ids": "no_level",
    "attributes": "no_level",
    "parent_attribute_ids": "parent_level",
    "parent_attributes": "parent_level",
    "variant_attributes": "variant_level",
}
SYSTEM = ("thumbnail", "label", "status", "categories")  # these may inherit too (§11.4)


def create(call: Call) -> Answer:
    """`POST /product_families`: 201 (§9.3)."""
    family = add(call.store, call.fields())
    call.id, call.changed = family.id, True
    return data(201, shape(call.store, family))


def get(call: Call) -> Answer:
    """`GET /product_families/{id}` (§9.3)."""
    return data(200, shape(call.store, find(call)))


def patch(call: Call) -> Answer:
    """`PATCH /product_families/{id}`: the name (§9.3)."""
    family = find(call)
    name = _free_name(call.store, call.fields().get("name", family.name), family)
    call.changed = name != family.name
    if call.changed:
        family.name, family.modified = name, call.store.clock.stamp(after=family.modified)
    return data(200, shape(call.store, family))


def delete(call: Call) -> Answer:
    """`DELETE /product_families/{id}`: 202; its products stay, without a family (§9.3)."""
    family = find(call)
    call.changed = True
    call.store.later(lambda: _remove(call.store, family))
    return Answer(202)


def search_families(call: Call) -> Answer:
    """`POST /product_families/search` (§9.3)."""
    rows = call.store.families.values()
    page = search(call.fields(), rows, len(rows), FIELDS.get, COLUMNS.__contains__, MOST_COLUMNS[1])

    def show(family: Family, columns: list[str]) -> dict[str, Any]:
        whole = shape(call.store, family)
        whole["_created_at"] = whole["created_at"]
        return {"id": family.id} | {column: whole[column] for column in columns}

    return page.answer(show)


def attributes(call: Call) -> Answer:
    """`GET /product_families/{id}/attributes` (§9.3)."""
    return data(200, *_levels(call.store, find(call)))


def all_attributes(call: Call) -> Answer:
    """`GET /product_families/{id}/all_attributes`: with the system attributes (§9.3)."""
    system = [{"id": key, "label": key, "name": key.title(), "attribute_level": "no_level"} for key in SYSTEM]
    return data(200, *_levels(call.store, find(call)), *system)


def link(call: Call) -> Answer:
    """`POST /product_families/{id}/attributes/link`: 202 (§9.3)."""
    family, body = find(call), call.fields()
    level = body.get("attributes_level", "no_level")
    if level not in LEVELS:
        raise Refusal(422, INVALID, Fault("attributes_level", f"Value is not valid, valid values are {list(LEVELS)}"))
    levels = {attribute.id: level for attribute in _known(call.store, "attributes", body.get("attributes"))}
    call.changed = True
    call.store.later(lambda: family.levels.update(levels))
    return Answer(202)


def unlink(call: Call) -> Answer:
    """`POST /product_families/{id}/attributes/unlink`: 202 (§9.3)."""
    family = find(call)
    gone = [attribute.id for attribute in _known(call.store, "attributes", call.fields().get("attributes"))]
    call.changed = True
    call.store.later(lambda: _leave(family, gone))
    return Answer(202)


def edit(call: Call) -> Answer:
    """`POST /product_families/{id}/attributes/edit`: labels with their prefix, by level: 202 (§9.3)."""
    family, body, levels = find(call), call.fields(), {}
    for level in LEVELS:
        for label in body.get(level, []):
            attribute = call.store.attributes.get(str(label).removeprefix("attributes."))
            if attribute is None or attribute.id not in family.levels:
                raise Refusal(422, INVALID, Fault(level, f"{label} is not an attribute of the family"))
            levels[attribute.id] = level
    call.changed = True
    call.store.later(lambda: family.levels.update(levels))
    return Answer(202)


def assign(call: Call) -> Answer:
    """`POST /products/{id}/family`: "" takes it off; values outside the new family go when it changes (§7.5)."""
    product = find_product(call)
    wanted = call.fields().get("product_family_id")
    if not isinstance(wanted, str):
        raise Refusal(422, INVALID, Fault("product_family_id", REQUIRED))
    if wanted and wanted not in call.store.families:
        raise Refusal(422, INVALID, Fault("product_family_id", "product family does not exist"))
    if product.parent:
        raise Refusal(422, INVALID, Fault("product_family_id", "Variants follow their parent"))
    if (wanted or None) != product.family:
        for member in [product, *(call.store.products[id] for id in product.variants)]:
            _move(call, member.id, wanted or None)
        call.about(product, changed=True)
    return data(200, written(call.store, call.version, product))


def add(store: Store, body: dict[str, Any]) -> Family:
    """A new family. Raises Refusal."""
    name, now = _free_name(store, body.get("name"), None), store.clock.stamp()
    levels = {
        attribute.id: level for key, level in GIVEN.items() for attribute in _known(store, key, body.get(key, []))
    }
    family = Family(store.new_id(), name, now, now, levels)
    store.families[family.id] = family
    return family


def find(call: Call) -> Family:
    """The family that the path names, or 404 (§4)."""
    family = call.store.families.get(call.args[0])
    if family is None:
        raise no_entity(call.args[0])
    call.id = family.id
    return family


def shape(store: Store, family: Family) -> dict[str, Any]:
    """The whole family (§9.3)."""
    return {
        "id": family.id,
        "name": family.name,
        "created": with_zone(family.created),
        "created_at": with_zone(family.created),
        "modified": with_zone(family.modified),
        "total_attributes": len(family.levels),
        "total_models": 0,
        "total_products": sum(1 for product in store.products.values() if product.family == family.id),
    }


FIELDS: dict[str, Field[Family]] = {
    "id": Field("id", "Id", lambda family: family.id),
    "name": Field("name", "TextAttribute", lambda family: family.name),
    "modified": Field("modified", "DateAttribute", lambda family: family.modified),
    "_created_at": Field("_created_at", "DateAttribute", lambda family: family.created),
    "total_attributes": Field("total_attributes", "IntAttribute", lambda family: len(family.levels)),
}
COLUMNS = {"name", "total_attributes", "total_models", "total_products", "_created_at", "modified"}


def _levels(store: Store, family: Family) -> list[dict[str, Any]]:
    return [
        {"id": a.id, "label": a.label, "name": a.name, "attribute_level": family.levels[a.id]}
        for a in store.attributes.values()
        if a.id in family.levels
    ]


def _known(store: Store, key: str, given: Any) -> list[Attribute]:
    """Attributes given as ids or as `{id, label}`; completeness cannot join a family (§9.3). Raises Refusal."""
    ids = [item.get("id") if isinstance(item, dict) else item for item in given] if isinstance(given, list) else [None]
    known: dict[Any, Attribute] = {attribute.id: attribute for attribute in store.attributes.values()}
    if any(not isinstance(id, str) or id not in known or known[id].type_class == "CompletenessAttribute" for id in ids):
        raise Refusal(422, INVALID, Fault(key, "attribute does not exist"))
    return [known[id] for id in ids]


def _free_name(store: Store, name: Any, known: Family | None) -> str:
    if not isinstance(name, str) or not name:
        raise Refusal(422, INVALID, Fault("name", REQUIRED))
    if any(other.name == name and other is not known for other in store.families.values()):
        raise Refusal(409, INVALID, Fault("name", "a product family with same name already exists"))
    return name


def _remove(store: Store, family: Family) -> None:
    store.families.pop(family.id, None)
    for product in store.products.values():
        if product.family == family.id:
            product.family = None


def _leave(family: Family, gone: list[str]) -> None:
    family.levels = {id: level for id, level in family.levels.items() if id not in gone}


def _move(call: Call, product_id: str, wanted: str | None) -> None:
    store, product = call.store, call.store.products[product_id]
    before = store.families[product.family].levels if product.family else {}
    after = store.families[wanted].levels if wanted else before
    lost = {a.label for a in store.attributes.values() if a.id in before and a.id not in after}
    product.attributes = {label: value for label, value in product.attributes.items() if label not in lost}
    product.family = wanted
    touch(store, product, call.actor)
