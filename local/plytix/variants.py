"""Variants of a parent, and sub-variants of these: made, linked, unlinked, listed, put in step again (plytix-api.md §7.3)."""

from __future__ import annotations

from typing import Any

from local.plytix.call import EMPTY, Answer, Call, data
from local.plytix.consequences import EMPTY as WITHOUT
from local.plytix.consequences import beneath, follow, inherited, level, put, touch
from local.plytix.entities import Product
from local.plytix.products import add, find
from local.plytix.refusal import INVALID_PRODUCT, Fault, Refusal, missing, no_product
from local.plytix.views import full, written

MOST_VARIANTS = 300  # and sub-variants of a parent (help centre)
OTHER_FAMILY = "Parent and variants must be assigned to the same family"
FOREIGN = "this product is not variant of the parent product"


def create(call: Call) -> Answer:
    """`POST /products/{id}/variants`: v1 wraps the body in `variant` and answers in full, v2 does neither: 201 (§7.3)."""
    parent = find(call)
    body = call.fields() if call.version == 2 else call.fields().get("variant")
    if not isinstance(body, dict):
        raise missing("variant")
    call.sku = body["sku"] if isinstance(body.get("sku"), str) else None
    _check_room(call, parent)
    variant = add(call.store, body, call.actor, parent)
    parent.variants = [*parent.variants, variant.id]
    touch(call.store, parent, call.actor)
    call.about(variant, changed=True)
    return data(201, written(call.store, call.version, variant))


def link(call: Call) -> Answer:
    """`POST /products/{id}/variant/{variant}`: what the parent holds for both replaces the variant's own (§7.3, help centre)."""
    parent = find(call)
    variant = _other(call)
    if variant is parent or level(call.store, variant) != 0:
        raise Refusal(422, INVALID_PRODUCT, Fault("variant", "only SINGLE products can be linked as variants"))
    if variant.family != parent.family:
        raise Refusal(422, OTHER_FAMILY, Fault("variant", OTHER_FAMILY))
    _check_room(call, parent)
    variant.parent, variant.overwritten = parent.id, []
    parent.variants = [*parent.variants, variant.id]
    follow(call.store, variant, call.actor)
    touch(call.store, parent, call.actor)
    call.about(parent, changed=True)
    return _answer(call, parent)


def unlink(call: Call) -> Answer:
    """`DELETE /products/{id}/variant/{variant}`: a single again; what it inherited is lost (§7.3, help centre)."""
    parent = find(call)
    variant = _other(call)
    if variant.parent != parent.id:
        raise Refusal(422, "unlinking unrelated products", Fault("variant", FOREIGN))
    for key in inherited(call.store, variant):
        if key not in variant.overwritten:
            put(variant, key, WITHOUT.get(key))
    variant.parent, variant.overwritten = None, []
    parent.variants = [id for id in parent.variants if id != variant.id]
    touch(call.store, variant, call.actor)
    touch(call.store, parent, call.actor)
    call.about(parent, changed=True)
    return _answer(call, parent)


def resync(call: Call) -> Answer:
    """`POST /products/{id}/variants/resync`: the parent's values stand again; labels bare or prefixed: 200 (§7.3)."""
    parent = find(call)
    labels, ids = _texts(call, "attribute_labels"), _texts(call, "variant_ids")
    members = {product.id: product for product in beneath(call.store, parent)}
    if any(id not in members for id in ids):
        raise Refusal(422, INVALID_PRODUCT, Fault("variant_ids", FOREIGN))
    keys = {_key(call, label) for label in labels}
    for id in ids:
        if foreign := sorted(keys - set(inherited(call.store, members[id]))):
            message = f"{foreign[0]} not a parent attribute from family model"
            raise Refusal(400, INVALID_PRODUCT, Fault("attribute_labels", message))
    for id in ids:
        before = list(members[id].overwritten)
        members[id].overwritten = [key for key in before if key not in keys]
        follow(call.store, members[id], call.actor)
        call.changed = call.changed or members[id].overwritten != before
    return data(200)


def list_variants(call: Call) -> Answer:
    """`GET /products/{id}/variants`: full products, none of a single; v2 is undocumented and asked all the same (§7.3)."""
    variants = [call.store.products[id] for id in find(call).variants]
    return data(200, *(full(call.store, call.version, variant) for variant in variants))


def _other(call: Call) -> Product:
    variant = call.store.products.get(call.args[1])
    if variant is None:
        raise no_product(call.args[1])
    return variant


def _answer(call: Call, parent: Product) -> Answer:
    """v1 the whole parent, v2 nothing."""
    return data(200, full(call.store, 1, parent)) if call.version == 1 else EMPTY


def _check_room(call: Call, parent: Product) -> None:
    if level(call.store, parent) == 3:
        raise Refusal(422, INVALID_PRODUCT, Fault("variant", "sub-variants have no variants"))
    top = parent if parent.parent is None else call.store.products[parent.parent]
    if sum(1 for _ in beneath(call.store, top)) >= MOST_VARIANTS:
        raise Refusal(422, INVALID_PRODUCT, Fault("variant", f"At most {MOST_VARIANTS} variants a parent"))


def _key(call: Call, label: str) -> str:
    return f"attributes.{label}" if label in call.store.attributes else label


def _texts(call: Call, key: str) -> list[str]:
    given: Any = call.fields().get(key)
    if not isinstance(given, list) or not all(isinstance(item, str) for item in given):
        raise missing(key)
    return given
