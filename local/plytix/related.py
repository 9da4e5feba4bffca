"""Which products a product is related to: v1 tells of mistakes, v2 passes over them (plytix-api.md §7.4)."""

from __future__ import annotations

from typing import Any

from local.plytix.call import EMPTY, Answer, Call, data
from local.plytix.consequences import touch
from local.plytix.entities import Product, Related
from local.plytix.products import find
from local.plytix.refusal import INVALID_SCHEMA, REQUIRED, Fault, Refusal, no_entity
from local.plytix.relationships import INVALID, related
from local.plytix.views import full

MOST_RELATED = 300  # products a relationship and product (§7.4)


def relate(call: Call) -> Answer:
    """`POST /products/{id}/relationships/{rel}`: v1 201 (200 if nothing changed), v2 200 and empty (§7.4)."""
    product, links = find(call), _links(call)
    wanted = {item["product_id"]: item.get("quantity") for item in _given(call)}
    if call.version == 1:
        _refuse_unknown(call, wanted)
    else:  # unknown and already linked ones are passed over
        wanted = {id: q for id, q in wanted.items() if id in call.store.products and id not in links}
    if len({*links, *wanted}) > MOST_RELATED:
        raise Refusal(422, INVALID, Fault("product_relationships", f"At most {MOST_RELATED} related products"))
    new = {id: q for id, q in wanted.items() if id not in links or links[id].quantity != q}
    _set(call, product, new)
    if call.version == 2:
        return data(200)
    shown = [r for r in full(call.store, 1, product)["relationships"] if r["relationship_id"] == call.args[1]]
    return data(201 if new else 200, *shown)


def requantify(call: Call) -> Answer:
    """`PATCH …/relationships/{rel}/product/{other}` (v1) and `PATCH …/relationships/{rel}` with a list (v2; §7.4)."""
    product, links = find(call), _links(call)
    if call.version == 2:
        _set(call, product, {i["product_id"]: i.get("quantity") for i in _given(call) if i["product_id"] in links})
        return data(200)
    other = call.args[2]
    if other not in links:
        raise no_entity(other, field="product_id", what="product")
    _set(call, product, {other: call.fields().get("quantity")})
    return data(200, related(_links(call)[other]))


def unrelate(call: Call) -> Answer:
    """`POST …/relationships/{rel}/unlink` (v1) and `DELETE …/relationships/{rel}` with a body (v2): 204 (§7.4)."""
    product, links = find(call), _links(call)
    gone = {item["product_id"] for item in _given(call)} & set(links)
    if gone:
        left = {id: link for id, link in links.items() if id not in gone}
        product.relationships = product.relationships | {call.args[1]: left}
        touch(call.store, product, call.actor)
        call.about(product, changed=True)
    return EMPTY


def _links(call: Call) -> dict[str, Related]:
    if call.args[1] not in call.store.relationships:
        raise no_entity(call.args[1], field="relationship_id", what="relationship")
    return call.store.products[call.args[0]].relationships.get(call.args[1], {})


def _given(call: Call) -> list[dict[str, Any]]:
    """`product_relationships`, whose items are objects or bare ids: sources differ (§7.4)."""
    given = call.fields().get("product_relationships")
    if not isinstance(given, list):
        raise Refusal(422, INVALID, Fault("product_relationships", REQUIRED))
    items = [item if isinstance(item, dict) else {"product_id": item} for item in given]
    if not all(isinstance(item.get("product_id"), str) for item in items):
        raise Refusal(422, INVALID_SCHEMA, Fault("product_id", REQUIRED))
    return items


def _refuse_unknown(call: Call, wanted: dict[str, Any]) -> None:
    unknown = [id for id in wanted if id not in call.store.products]
    if unknown:
        raise Refusal(409, INVALID, *(Fault("product_id", "product does not exists", id) for id in unknown))


def _set(call: Call, product: Product, quantities: dict[str, Any]) -> None:
    if not quantities:
        return
    now = call.store.clock.stamp()
    links = {id: Related(id, quantity, now) for id, quantity in quantities.items()}
    product.relationships = product.relationships | {call.args[1]: _links(call) | links}
    touch(call.store, product, call.actor)
    call.about(product, changed=True)
