"""Products: create, get, patch, delete in both versions (plytix-api.md §6.1 to §6.4)."""

from __future__ import annotations

from collections.abc import Callable
from copy import copy
from typing import Any

from local.plytix.assets import linked
from local.plytix.call import EMPTY, Answer, Call, data
from local.plytix.consequences import beneath, born, gone, inherit, inherited, touch
from local.plytix.entities import Actor, Product
from local.plytix.normalising import normalised
from local.plytix.refusal import INVALID_PRODUCT, REQUIRED, Fault, Invalid, Refusal, no_product
from local.plytix.store import Store
from local.plytix.values import MEDIA, asset_id, stored, text, valid_gtin
from local.plytix.views import full, written

STATUSES = ("Draft", "Completed", "Archived")
LONGEST_SKU = 100
MOST_ASSETS = 300  # a product (§7.1)


def create(call: Call) -> Answer:
    """`POST /products`: 201, v1 with the whole product and `Location`, v2 slim (§6.2)."""
    body = call.fields()
    call.sku = body.get("sku") if isinstance(body.get("sku"), str) else None
    product = add(call.store, body, call.actor)
    call.about(product, changed=True)
    location = (("Location", f"{call.origin}/api/v1/products/{product.id}"),) if call.version == 1 else ()
    return data(201, written(call.store, call.version, product), headers=location)


def get(call: Call) -> Answer:
    """`GET /products/{id}`: 200; v1 takes `?all_attributes=true`, which adds empty ones as null (§6.2)."""
    product = find(call)
    every = call.version == 1 and call.query.get("all_attributes") == "true"
    return data(200, full(call.store, call.version, product, every_attribute=every))


def patch(call: Call) -> Answer:
    """`PATCH /products/{id}`: 200, merged; the same values again leave `modified` where it is (§6.3)."""
    id = call.args[0]
    if call.version == 2 and id not in call.store.products:  # v2 has its own words here (§4)
        raise Refusal(404, "No results found for None", Fault("id", "does not exist"))
    product = find(call)
    call.about(product, changed=change(call.store, product, call.fields(), call.actor))
    return data(200, written(call.store, call.version, product))


def delete(call: Call) -> Answer:
    """`DELETE /products/{id}`: 204; a parent takes its variants with it (§6.2)."""
    product = find(call)
    call.about(product, changed=True)
    remove(call.store, product, call.actor)
    return EMPTY


def find(call: Call) -> Product:
    """The product that the path names; 404 for an unknown and for a malformed id alike (§4)."""
    product = call.store.products.get(call.args[0])
    if product is None:
        raise no_product(call.args[0])
    call.about(product, changed=False)
    return product


def add(store: Store, body: dict[str, Any], actor: Actor, parent: Product | None = None) -> Product:
    """A new product of this body, Draft unless it says otherwise. Raises Refusal; then nothing is kept."""
    fields = _read(store, body, None)
    now = store.clock.stamp()
    product = Product(store.new_id(), fields["sku"], now, now, actor, actor)
    _put(product, fields)
    if parent is not None:  # what is given at birth is overwritten even where it is the same (§7.3)
        product.parent, product.family = parent.id, parent.family
        given = {*fields, *(f"attributes.{label}" for label in fields.get("attributes", {}))}
        product.overwritten = [key for key in inherited(store, product) if key in given]
        inherit(store, product)
    store.keep(product)
    born(store, product, actor)
    return product


def change(store: Store, product: Product, body: dict[str, Any], actor: Actor) -> bool:
    """Merge a body into a product; whether anything is another now. Raises Refusal; then nothing is."""
    fields = _read(store, body, product)
    if not _differs(product, fields):
        return False
    store.unindex(product)
    _put(product, fields)
    store.keep(product)
    touch(store, product, actor)
    return True


def remove(store: Store, product: Product, actor: Actor) -> None:
    """A product and all below it; its parent has one variant less (§6.2)."""
    for member in [*beneath(store, product)][::-1]:
        gone(store, member, actor)
        store.drop(member)
    if product.parent is not None:
        parent = store.products[product.parent]
        parent.variants = [id for id in parent.variants if id != product.id]
        touch(store, parent, actor)
    gone(store, product, actor)
    store.drop(product)


def _read(store: Store, body: dict[str, Any], known: Product | None) -> dict[str, Any]:
    """Field → value to store. All faults at once in one 422; a SKU or GTIN that is taken is a 409 (§6.4)."""
    fields: dict[str, Any] = {}
    faults = [Fault("sku", REQUIRED)] if known is None and "sku" not in body else []
    for field, read in FIELDS.items():  # unknown and read-only keys are passed over (§6.2)
        if field not in body:
            continue
        try:
            value = read(body[field], store)
            fields[field] = normalised(value, store.normalising.get(field, []))
        except Invalid as invalid:
            faults.append(Fault(field, str(invalid)))
    if "attributes" in body:
        fields["attributes"] = _read_attributes(store, body["attributes"], faults)
    if faults:
        raise Refusal(422, INVALID_PRODUCT, *faults)
    _check_taken(store, fields, known)
    _check_assets(store, fields, known)
    return fields


def _read_attributes(store: Store, values: Any, faults: list[Fault]) -> dict[str, Any]:
    if not isinstance(values, dict):
        faults.append(Fault("attributes", "Not a valid mapping type."))
        return {}
    read: dict[str, Any] = {}
    for label, value in values.items():
        attribute = store.attributes.get(label)
        try:
            if attribute is None:
                raise Invalid("label does not exist")
            read[label] = normalised(stored(attribute, value, store), store.normalising.get(label, []))
        except Invalid as invalid:
            faults.append(Fault(label, str(invalid)))
    return read


def _check_taken(store: Store, fields: dict[str, Any], known: Product | None) -> None:
    other = store.by_sku(fields["sku"]) if "sku" in fields else None
    if other is not None and other is not known:
        raise Refusal(409, INVALID_PRODUCT, Fault("sku", "A product with the same SKU already exists"))
    other = store.by_gtin(fields["gtin"]) if fields.get("gtin") else None
    if other is not None and other is not known:
        raise Refusal(409, INVALID_PRODUCT, Fault("gtin", "A product with the same GTIN already exists"))


def _check_assets(store: Store, fields: dict[str, Any], known: Product | None) -> None:
    media = [label for label in fields.get("attributes", {}) if store.attributes[label].type_class in MEDIA]
    if not media:
        return
    wanted = copy(known) if known else Product("", "", 0, 0, NOBODY, NOBODY)
    _put(wanted, fields)
    if len(linked(store, wanted)) > MOST_ASSETS:
        raise Refusal(422, INVALID_PRODUCT, Fault(media[0], f"At most {MOST_ASSETS} assets a product"))


def _differs(product: Product, fields: dict[str, Any]) -> bool:
    wanted = dict(fields)
    attributes = wanted.pop("attributes", {})
    return any(getattr(product, field) != value for field, value in wanted.items()) or any(
        product.attributes.get(label) != value for label, value in attributes.items()
    )


def _put(product: Product, fields: dict[str, Any]) -> None:
    for field, value in fields.items():
        if field != "attributes":
            setattr(product, field, value)
    merged = product.attributes | fields.get("attributes", {})  # null removes, the rest is merged label by label (§6.3)
    product.attributes = {label: value for label, value in merged.items() if value is not None}


def _sku(value: Any, store: Store) -> str:
    sku = text(value)
    if not 1 <= len(sku) <= LONGEST_SKU:
        raise Invalid(f"Length must be between 1 and {LONGEST_SKU}.")
    return sku


def _label(value: Any, store: Store) -> str | None:
    return None if value is None else text(value) or None


def _gtin(value: Any, store: Store) -> str:
    if value is None:
        raise Invalid("Field may not be null.")  # so v3; v1 and v2 are unproven (§16, 5)
    if not isinstance(value, str) or not valid_gtin(value):
        raise Invalid("Not a valid GTIN.")
    return value


def _status(value: Any, store: Store) -> str:
    if value not in STATUSES:
        raise Invalid(f"Value is not valid, valid values are [{', '.join(STATUSES)}]")
    return str(value)


def _thumbnail(value: Any, store: Store) -> str | None:
    return None if value is None else asset_id(value, store)


def _categories(value: Any, store: Store) -> list[str]:
    if not isinstance(value, list) or not all(isinstance(item, dict) for item in value):
        raise Invalid("Not a valid list.")
    ids = [item.get("id") for item in value]
    if not all(isinstance(id, str) and id in store.categories["product"] for id in ids):
        raise Invalid("does not exist")
    return list(dict.fromkeys(ids))


NOBODY = Actor("SYSTEM", "", "", "")
FIELDS: dict[str, Callable[[Any, Store], Any]] = {
    "sku": _sku,
    "label": _label,
    "gtin": _gtin,
    "status": _status,
    "thumbnail": _thumbnail,
    "categories": _categories,
}
