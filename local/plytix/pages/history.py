"""The history of changes: who, when, what stood before and what after."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from typing import Any

from local.plytix.entities import Actor, Change
from local.plytix.pages.markup import Html, join, moment, table, tag
from local.plytix.store import Store


def who(actor: Actor) -> str:
    """A person by name, a key by its own."""
    name = f"{actor.user_name} {actor.user_last_name or ''}".strip()
    return f"{name} ({actor.type})"


def history(store: Store, changes: Iterable[Change], *, of_one: bool = False) -> Html:
    """A row a field; `of_one`: without saying again whose they are."""
    rows = [row for change in changes for row in _rows(store, change)]
    if not rows:
        return tag("p", "Nothing yet.", class_="note")
    if of_one:
        return table(("When (UTC)", "Who", "Field", "Before → after"), [(*row[:2], *row[3:]) for row in rows])
    return table(("When (UTC)", "Who", "Product", "Field", "Before → after"), rows)


def shown(store: Store, key: str, value: Any) -> str:
    """A value for the eye: ids of what has a name become names."""
    name = NAMES.get(key, _file)
    if isinstance(value, list):
        return ", ".join(name(store, item) if isinstance(item, str) else str(item) for item in value)
    if isinstance(value, dict):
        return ", ".join(f"{_sku(store, id)} × {quantity}" for id, quantity in value.items())
    return "" if value is None else name(store, value) if isinstance(value, str) else json.dumps(value)


def _rows(store: Store, change: Change) -> list[tuple[Any, ...]]:
    whose = tag("a", change.sku, href=f"/product/{change.product_id}")
    start = (moment(change.at), who(change.by), whose)
    if not change.fields:
        return [(*start, change.what, "")]
    return [(*start, key.removeprefix("attributes."), _turn(store, key, before, after)) for key, before, after in change.fields]


def _turn(store: Store, key: str, before: Any, after: Any) -> Html:
    old, new = shown(store, key, before), shown(store, key, after)
    return tag("div", tag("span", old or "–", class_="was"), join([" → "]), tag("span", new or "–"), class_="value")


def _sku(store: Store, id: str) -> str:
    return store.products[id].sku if id in store.products else id


def _file(store: Store, id: str) -> str:
    return store.assets[id].filename if id in store.assets else id


def _family(store: Store, id: str) -> str:
    return store.families[id].name if id in store.families else id


def _category(store: Store, id: str) -> str:
    category = store.categories["product"].get(id)
    return category.name if category else id


NAMES: dict[str, Callable[[Store, str], str]] = {
    "family": _family,
    "parent": _sku,
    "variants": _sku,
    "categories": _category,
}
