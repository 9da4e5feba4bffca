"""Category trees of products and of files: one shape, two paths (plytix-api.md §8.3, §9.4)."""

from __future__ import annotations

from typing import Any

from local.plytix.call import EMPTY, Answer, Call, data
from local.plytix.clock import with_zone
from local.plytix.consequences import touch
from local.plytix.entities import Category
from local.plytix.refusal import INVALID_SCHEMA, REQUIRED, Fault, Refusal, no_entity
from local.plytix.store import Store

INVALID_CATEGORY = "category data validation failed"
DEEPEST = 6


def create(call: Call, kind: str) -> Answer:
    """`POST /categories/{kind}` makes a root, `…/{id}` a child: 201 (§9.4)."""
    parent = find(call, kind).id if call.args else None
    name = call.fields().get("name")
    if not isinstance(name, str) or not name:
        raise Refusal(422, INVALID_CATEGORY, Fault("name", REQUIRED))
    category = add(call.store, kind, name, parent)
    call.id, call.changed = category.id, True
    return data(201, shape(call.store, kind, category))


def add(store: Store, kind: str, name: str, parent: str | None) -> Category:
    """A new last child of `parent`. Raises Refusal."""
    _check_free(store, kind, name, parent)
    if parent is not None and len(ancestors(store, kind, parent)) >= DEEPEST:
        raise Refusal(422, INVALID_CATEGORY, Fault("parent_id", f"Categories are at most {DEEPEST} levels deep"))
    category = Category(store.new_id(), name, parent, store.clock.stamp())
    store.categories[kind][category.id] = category
    siblings(store, kind, parent).append(category.id)
    return category


def patch(call: Call, kind: str) -> Answer:
    """`PATCH /categories/{kind}/{id}`: name, place, or order of children; `…/root` sorts roots, empty `data` (§9.4)."""
    body = call.fields()
    if call.args[0] == "root":
        _sort(call.store.roots[kind], body.get("sort_children"))
        call.changed = True
        return data(200)
    category = find(call, kind)
    if "parent_id" in body and "sort_children" in body:
        raise Refusal(422, INVALID_CATEGORY, Fault("sort_children", "Not together with parent_id"))
    if "name" in body and body["name"] != category.name:
        _check_free(call.store, kind, body["name"], category.parent)
        category.name = body["name"]
    if "sort_children" in body:
        _sort(category.children, body["sort_children"])
    if "parent_id" in body:
        _move(call.store, kind, category, body["parent_id"] or None)
    category.modified = call.store.clock.stamp(after=category.modified)
    call.changed = True
    return data(200, shape(call.store, kind, category))


def delete(call: Call, kind: str) -> Answer:
    """`DELETE /categories/{kind}/{id}`: 204, with all below it; 409 while a catalogue hangs on one of them (§9.4)."""
    category = find(call, kind)
    gone = _below(call.store, kind, category)
    if call.store.in_use.intersection(gone):
        raise Refusal(409, f"Category id {category.id} is in use")
    siblings(call.store, kind, category.parent).remove(category.id)
    for id in gone:
        del call.store.categories[kind][id]
    if kind == "product":
        _leave(call, gone)
    for asset in call.store.assets.values():
        asset.categories = [id for id in asset.categories if id not in gone]
    call.changed = True
    return EMPTY


def _leave(call: Call, gone: list[str]) -> None:
    for product in call.store.products.values():
        if set(product.categories).intersection(gone):
            product.categories = [id for id in product.categories if id not in gone]
            touch(call.store, product, call.actor)


def find(call: Call, kind: str) -> Category:
    """The category that the path names, or 404 (§4)."""
    category = call.store.categories[kind].get(call.args[0])
    if category is None:
        raise no_entity(call.args[0])
    call.id = category.id
    return category


def shape(store: Store, kind: str, category: Category) -> dict[str, Any]:
    """The whole category; `order` is a string, counted from 1 (§9.4)."""
    return {
        **place(store, kind, category.id),
        "slug": slug(category.name),
        "parents_ids": ancestors(store, kind, category.id)[:-1],
        "n_children": len(category.children),
        "order": str(siblings(store, kind, category.parent).index(category.id) + 1),
        "modified": with_zone(category.modified),
    }


def place(store: Store, kind: str, id: str) -> dict[str, Any]:
    """A category as products and files list it: `path` is the names from the root down (§6.1)."""
    categories = store.categories[kind]
    return {
        "id": id,
        "name": categories[id].name,
        "path": [categories[step].name for step in ancestors(store, kind, id)],
    }


def slug(name: str) -> str:
    """As it would stand in an address."""
    return "-".join(name.lower().split())


def ancestors(store: Store, kind: str, id: str) -> list[str]:
    """Ids from the root down to the category itself."""
    line = [id]
    while (parent := store.categories[kind][line[0]].parent) is not None:
        line.insert(0, parent)
    return line


def siblings(store: Store, kind: str, parent: str | None) -> list[str]:
    """The list, in order, that a child of `parent` stands in."""
    return store.roots[kind] if parent is None else store.categories[kind][parent].children


def _check_free(store: Store, kind: str, name: str, parent: str | None) -> None:
    if any(store.categories[kind][id].name == name for id in siblings(store, kind, parent)):
        raise Refusal(422, f"Category {name} already exists", Fault("name", "already exists"))


def _sort(children: list[str], wanted: Any) -> None:
    if not isinstance(wanted, list) or sorted(map(str, wanted)) != sorted(children):
        raise Refusal(422, INVALID_SCHEMA, Fault("sort_children", "All children must be listed"))
    children[:] = wanted


def _move(store: Store, kind: str, category: Category, parent: str | None) -> None:
    if parent is not None and (parent not in store.categories[kind] or parent in _below(store, kind, category)):
        raise Refusal(422, INVALID_CATEGORY, Fault("parent_id", "does not exist"))
    siblings(store, kind, category.parent).remove(category.id)
    category.parent = parent
    siblings(store, kind, parent).append(category.id)


def _below(store: Store, kind: str, category: Category) -> list[str]:
    """The category and all under it."""
    return [category.id, *(id for child in category.children for id in _below(store, kind, store.categories[kind][child]))]
