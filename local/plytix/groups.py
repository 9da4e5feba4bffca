"""Groups of attributes, in an order that starts with 0 (plytix-api.md §9.2)."""

from __future__ import annotations

from typing import Any

from local.plytix.attributes import label_of
from local.plytix.call import EMPTY, Answer, Call, data
from local.plytix.entities import Group
from local.plytix.refusal import REQUIRED, Fault, Refusal, no_entity
from local.plytix.search import MOST_COLUMNS, Field, search
from local.plytix.store import Store

INVALID = "attribute group data validation failed"
COLUMNS = {"name", "label", "attribute_labels", "order"}


def create(call: Call) -> Answer:
    """`POST /attribute-groups/product`: 201; without an order it becomes the last (§9.2)."""
    store, body = call.store, call.fields()
    if not isinstance(body.get("name"), str) or not body["name"]:
        raise Refusal(422, INVALID, Fault("name", REQUIRED))
    group = Group(store.new_id(), body["name"], _labels(store, body.get("attribute_labels")))
    place = _place(store, body.get("order"))
    store.groups.insert(place, group)
    call.id, call.changed = group.id, True
    return data(201, shape(store, group))


def patch(call: Call) -> Answer:
    """`PATCH /attribute-groups/product/{id}`: name, order, labels (null takes all out): 200 (§9.2)."""
    store, group, body = call.store, _find(call), call.fields()
    before = shape(store, group)
    if "name" in body and (not isinstance(body["name"], str) or not body["name"]):
        raise Refusal(422, INVALID, Fault("name", REQUIRED))
    labels = _labels(store, body["attribute_labels"]) if "attribute_labels" in body else group.labels
    place = _place(store, body.get("order")) if "order" in body else before["order"]
    group.name, group.labels = body.get("name", group.name), labels
    store.groups.remove(group)
    store.groups.insert(place, group)  # past the end: the last
    after = shape(store, group)
    call.changed = after != before
    return data(200, after)


def delete(call: Call) -> Answer:
    """`DELETE /attribute-groups/product/{id}`: 204; its attributes stay (§9.2)."""
    call.store.groups.remove(_find(call))
    call.changed = True
    return EMPTY


def search_groups(call: Call) -> Answer:
    """`POST /attribute-groups/product/search`: id, more on request (§9.2)."""
    store = call.store
    page = search(call.fields(), store.groups, len(store.groups), lambda key: _field(store, key), COLUMNS.__contains__,
                  MOST_COLUMNS[1])  # fmt: skip

    def show(group: Group, columns: list[str]) -> dict[str, Any]:
        whole = shape(store, group) | {"label": label_of(group.name)}
        return {"id": group.id} | {column: whole[column] for column in columns if column in whole}

    return page.answer(show)


def shape(store: Store, group: Group) -> dict[str, Any]:
    """The whole group; its labels have no prefix (§9.2)."""
    return {
        "id": group.id,
        "name": group.name,
        "order": store.groups.index(group),
        "attribute_labels": list(group.labels),
    }


def _find(call: Call) -> Group:
    group = next((group for group in call.store.groups if group.id == call.args[0]), None)
    if group is None:
        raise no_entity(call.args[0])
    call.id = group.id
    return group


def _labels(store: Store, given: Any) -> list[str]:
    labels = [] if given is None else given
    if not isinstance(labels, list):
        raise Refusal(422, INVALID, Fault("attribute_labels", "Not a valid list."))
    if unknown := [label for label in labels if label not in store.attributes]:
        raise Refusal(422, INVALID, *(Fault("attribute_labels", "label does not exist", label) for label in unknown))
    return list(dict.fromkeys(labels))


def _place(store: Store, given: Any) -> int:
    if given is None:
        return len(store.groups)
    if not isinstance(given, int) or isinstance(given, bool) or given < 0:
        raise Refusal(422, INVALID, Fault("order", "Not a valid integer."))
    return given


def _field(store: Store, key: str) -> Field[Group] | None:
    match key:
        case "id":
            return Field(key, "Id", lambda group: group.id)
        case "name":
            return Field(key, "TextAttribute", lambda group: group.name)
        case "order":
            return Field(key, "IntAttribute", store.groups.index)
        case _:
            return None
