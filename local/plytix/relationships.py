"""Relationships between products: their definitions, and who is related (plytix-api.md §7.4, §9.5)."""

from __future__ import annotations

from typing import Any

from local.plytix.attributes import label_of
from local.plytix.call import EMPTY, Answer, Call, data
from local.plytix.clock import with_zone
from local.plytix.entities import Related, Relationship
from local.plytix.refusal import REQUIRED, Fault, Refusal, no_entity
from local.plytix.search import MOST_COLUMNS, Field, search
from local.plytix.store import Store

INVALID = "relationship data validation failed"


def create(call: Call) -> Answer:
    """`POST /relationships`: 201; a name that is taken is a 409 (§9.5)."""
    relationship = add(call.store, call.fields().get("name"))
    call.id, call.changed = relationship.id, True
    return data(201, shape(relationship))


def get(call: Call) -> Answer:
    """`GET /relationships/{id}` (§9.5)."""
    return data(200, shape(find(call)))


def patch(call: Call) -> Answer:
    """`PATCH /relationships/{id}`: the name; the label stays (§9.5)."""
    relationship = find(call)
    name = _free_name(call.store, call.fields().get("name", relationship.name), relationship)
    call.changed = name != relationship.name
    if call.changed:
        relationship.name, relationship.modified = name, call.store.clock.stamp(after=relationship.modified)
    return data(200, shape(relationship))


def delete(call: Call) -> Answer:
    """`DELETE /relationships/{id}`: 204, or 409 while products use it (§9.5)."""
    relationship = find(call)
    if any(product.relationships.get(relationship.id) for product in call.store.products.values()):
        raise Refusal(409, f"Relationship id {relationship.id} is in use")
    del call.store.relationships[relationship.id]
    call.changed = True
    return EMPTY


def search_relationships(call: Call) -> Answer:
    """`POST /relationships/search` (§9.5)."""
    rows = call.store.relationships.values()
    page = search(call.fields(), rows, len(rows), FIELDS.get, COLUMNS.__contains__, MOST_COLUMNS[1], words=False)

    def show(relationship: Relationship, columns: list[str]) -> dict[str, Any]:
        whole = shape(relationship)
        whole["symmetrical"] = False
        return {"id": relationship.id} | {column: whole[column] for column in columns if column in whole}

    return page.answer(show)


def add(store: Store, name: Any) -> Relationship:
    """A new definition. Raises Refusal."""
    name, now = _free_name(store, name, None), store.clock.stamp()
    relationship = Relationship(store.new_id(), name, label_of(name), now, now)
    store.relationships[relationship.id] = relationship
    return relationship


def find(call: Call) -> Relationship:
    """The definition that the path names, or 404 (§4)."""
    relationship = call.store.relationships.get(call.args[0])
    if relationship is None:
        raise no_entity(call.args[0])
    call.id = relationship.id
    return relationship


def shape(relationship: Relationship) -> dict[str, Any]:
    """The whole definition (§9.5)."""
    return {
        "id": relationship.id,
        "name": relationship.name,
        "label": relationship.label,
        "created": with_zone(relationship.created),
        "created_at": with_zone(relationship.created),
        "modified": with_zone(relationship.modified),
    }


def related(link: Related) -> dict[str, Any]:
    """One related product (§6.1, §7.4)."""
    return {
        "product_id": link.product_id,
        "quantity": link.quantity,
        "last_modified": with_zone(link.last_modified),
    }


FIELDS: dict[str, Field[Relationship]] = {
    "id": Field("id", "Id", lambda relationship: relationship.id),
    "label": Field("label", "TextAttribute", lambda relationship: relationship.label),
    "name": Field("name", "TextAttribute", lambda relationship: relationship.name),
    "created": Field("created", "DateAttribute", lambda relationship: relationship.created),
    "modified": Field("modified", "DateAttribute", lambda relationship: relationship.modified),
    "symmetrical": Field("symmetrical", "BooleanAttribute", lambda relationship: False),  # those of the API go one way (§15)
}
COLUMNS = {"name", "label", "created", "modified", "symmetrical"}


def _free_name(store: Store, name: Any, known: Relationship | None) -> str:
    if not isinstance(name, str) or not name:
        raise Refusal(422, INVALID, Fault("name", REQUIRED))
    if any(other.name == name and other is not known for other in store.relationships.values()):
        raise Refusal(409, INVALID, Fault("name", "a relationship with same name already exists"))
    return name
