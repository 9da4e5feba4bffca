"""Product families: which attributes belong together (plytix-api.md §7.5, §9.3). Their levels: `levels.py`."""

from __future__ import annotations

from typing import Any

from local.plytix.call import Answer, Call, data
from local.plytix.clock import with_zone
from local.plytix.consequences import beneath, follow, touch
from local.plytix.entities import Family
from local.plytix.levels import INVALID, find, read
from local.plytix.products import find as find_product
from local.plytix.refusal import REQUIRED, Fault, Refusal, no_entity
from local.plytix.search import MOST_COLUMNS, Field, search
from local.plytix.store import Store
from local.plytix.views import written

GIVEN = {  # keys of a create body: the level they stand for (§9.3)
    "attribute_ids": "no_level",
    "attributes": "no_level",
    "parent_attribute_ids": "parent_level",
    "parent_attributes": "parent_level",
    "variant_attributes": "variant_level",
}


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
    call.store.later(lambda: _remove(call, family))
    return Answer(202)


def search_families(call: Call) -> Answer:
    """`POST /product_families/search` (§9.3)."""
    rows = call.store.families.values()
    page = search(call.fields(), rows, len(rows), FIELDS.get, COLUMNS.__contains__, MOST_COLUMNS[1])

    def show(family: Family, columns: list[str]) -> dict[str, Any]:
        whole = shape(call.store, family)
        whole["_created_at"] = whole["created_at"]
        return {"id": family.id} | {column: whole[column] for column in columns if column in whole}

    return page.answer(show)


def assign(call: Call) -> Answer:
    """`POST /products/{id}/family`: "" takes it off; values outside the new family go when it changes (§7.5)."""
    product = find_product(call)
    wanted = call.fields().get("product_family_id")
    if not isinstance(wanted, str):
        raise Refusal(422, INVALID, Fault("product_family_id", REQUIRED))
    if wanted and wanted not in call.store.families:  # a client's tests on a live account take no 422 here (§15)
        raise no_entity(wanted, field="product_family_id", what="product family")
    if product.parent:
        raise Refusal(422, INVALID, Fault("product_family_id", "Variants follow their parent"))
    if (wanted or None) != product.family:
        for member in [product, *beneath(call.store, product)]:
            _move(call.store, member.id, wanted or None)
        touch(call.store, product, call.actor)
        call.about(product, changed=True)
    return data(200, written(call.store, call.version, product))


def add(store: Store, body: dict[str, Any]) -> Family:
    """A new family. Raises Refusal."""
    name = _free_name(store, body.get("name"), None)
    levels: dict[str, str] = {}
    system: dict[str, str] = {}
    for key, level in GIVEN.items():
        attributes, others = read(store, key, body.get(key) or [])
        levels |= dict.fromkeys(attributes, level)
        system |= dict.fromkeys(others, level)
    now = store.clock.stamp()
    family = Family(store.new_id(), name, now, now, levels, system)
    store.families[family.id] = family
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
COLUMNS = {"id", "name", "total_attributes", "total_models", "total_products", "_created_at", "modified"}


def _free_name(store: Store, name: Any, known: Family | None) -> str:
    if not isinstance(name, str) or not name:
        raise Refusal(422, INVALID, Fault("name", REQUIRED))
    if any(other.name == name and other is not known for other in store.families.values()):
        raise Refusal(409, INVALID, Fault("name", "a product family with same name already exists"))
    return name


def _remove(call: Call, family: Family) -> None:
    """Each of its products has another `family` now; what was inherited stays with who has it (ours)."""
    for product in [product for product in call.store.products.values() if product.family == family.id]:
        product.family = None
        follow(call.store, product, call.actor)
    call.store.families.pop(family.id, None)


def _move(store: Store, product_id: str, wanted: str | None) -> None:
    product = store.products[product_id]
    before = store.families[product.family].levels if product.family else {}
    after = store.families[wanted].levels if wanted else before
    lost = {a.label for a in store.attributes.values() if a.id in before and a.id not in after}
    product.attributes = {label: value for label, value in product.attributes.items() if label not in lost}
    product.family, product.overwritten = wanted, []
