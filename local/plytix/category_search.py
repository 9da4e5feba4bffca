"""Searching category trees (plytix-api.md §9.4)."""

from __future__ import annotations

from typing import Any

from local.plytix.call import Answer, Call
from local.plytix.categories import ancestors, place, shape, siblings, slug
from local.plytix.entities import Category
from local.plytix.search import MOST_COLUMNS, Field, search
from local.plytix.store import Store

COLUMNS = {"id", "name", "path", "parents_ids", "n_children", "order", "modified", "slug"}


def search_categories(call: Call, kind: str) -> Answer:
    """`POST /categories/{kind}/search`; order "id" gives the newest first, a quirk of Plytix (§9.4, §15)."""
    store, body = call.store, call.fields()
    paging = body.get("pagination")
    if isinstance(paging, dict) and paging.get("order") == "id":
        body = body | {"pagination": paging | {"order": "-id"}}
    rows = store.categories[kind].values()
    page = search(
        body, rows, len(rows), lambda key: _field(store, kind, key), COLUMNS.__contains__, MOST_COLUMNS[1]
    )

    def show(category: Category, columns: list[str]) -> dict[str, Any]:
        whole = shape(store, kind, category)
        return {"id": category.id} | {column: whole[column] for column in columns if column in whole}

    return page.answer(show)


def _field(store: Store, kind: str, key: str) -> Field[Category] | None:
    match key:
        case "id":
            return Field(key, "Id", lambda category: category.id)
        case "path":
            return Field(key, "TextAttribute", lambda category: ">".join(place(store, kind, category.id)["path"]))
        case "slug":
            return Field(key, "TextAttribute", lambda category: slug(category.name))
        case "name":
            return Field(key, "TextAttribute", lambda category: category.name)
        case "parent_id":  # roots: `!exists`
            return Field(key, "Id", lambda category: category.parent)
        case "parents_ids":
            return Field(key, "Categories", lambda category: ancestors(store, kind, category.id)[:-1])
        case "n_children":
            return Field(key, "IntAttribute", lambda category: len(category.children))
        case "order":
            return Field(key, "IntAttribute", lambda category: siblings(store, kind, category.parent).index(category.id))
        case "modified":
            return Field(key, "DateAttribute", lambda category: category.modified)
        case _:
            return None
