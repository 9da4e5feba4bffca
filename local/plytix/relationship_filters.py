"""Searching products by whom they are related to (plytix-api.md §5.1, §5.2).

Sources leave open how several products are taken together: here one that fits is enough. `last_days` looks at when it was linked.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from typing import Any

from local.plytix.entities import Product, Related
from local.plytix.refusal import Fault, bad_schema
from local.plytix.store import Store

DAY = 86_400_000_000  # microseconds
UNREADABLE = Fault("relationship_filters", "Unable to decode filters properly")
Fits = Callable[[Related], bool]
QUANTITIES: dict[str, Callable[[int, list[Any]], bool]] = {  # quantity, `value` of the filter
    "eq": lambda quantity, value: quantity == value[0],
    "in": lambda quantity, value: quantity in value,
    "gt": lambda quantity, value: quantity > value[0],
    "gte": lambda quantity, value: quantity >= value[0],
    "lt": lambda quantity, value: quantity < value[0],
    "lte": lambda quantity, value: quantity <= value[0],
    "bte": lambda quantity, value: value[0] <= quantity <= value[1],
}


def related_rows(store: Store, given: Any, rows: Collection[Product]) -> Collection[Product]:
    """Those of the rows that fit any of the alternatives; one relationship a search (§5.3). Raises Refusal."""
    if not isinstance(given, list) or not all(isinstance(group, list) for group in given):
        raise bad_schema(UNREADABLE)
    conditions = [condition for group in given for condition in group]
    if not all(isinstance(condition, dict) for condition in conditions):
        raise bad_schema(UNREADABLE)
    if len({condition.get("relationship_id") for condition in conditions}) > 1:
        raise bad_schema(Fault("relationship_filters", "only one relationship can be selected"))
    groups = [[_predicate(store, condition) for condition in group] for group in given if group]
    if not groups:
        return rows
    return [product for product in rows if any(all(holds(product) for holds in group) for group in groups)]


def _predicate(store: Store, condition: dict[str, Any]) -> Callable[[Product], bool]:
    id, operator = condition.get("relationship_id"), condition.get("operator")
    if not isinstance(id, str) or id not in store.relationships:
        raise bad_schema(Fault("relationship_id", "relationship does not exist"), UNREADABLE)
    if operator not in ("exists", "!exists"):
        raise bad_schema(Fault(str(operator), "unknown field"), UNREADABLE)
    fits = _fits(store, condition.get("product_ids") or [])
    if operator == "exists":
        return lambda product: any(fits(link) for link in product.relationships.get(id, {}).values())
    return lambda product: not any(fits(link) for link in product.relationships.get(id, {}).values())


def _fits(store: Store, wanted: Any) -> Fits:
    if not isinstance(wanted, list) or not all(isinstance(item, dict) and isinstance(item.get("id"), str) for item in wanted):
        raise bad_schema(Fault("product_ids", "Not a valid list."), UNREADABLE)
    if not wanted:
        return lambda link: True
    by_id = {item["id"]: _quantity(store, item) for item in wanted}
    return lambda link: link.product_id in by_id and by_id[link.product_id](link)


def _quantity(store: Store, item: dict[str, Any]) -> Fits:
    operator, value = item.get("qty_operator") or "exists", item.get("value") or []
    needed = 0 if operator == "exists" else 2 if operator == "bte" else 1
    if operator not in (*QUANTITIES, "exists", "last_days"):
        raise bad_schema(Fault("qty_operator", f"{operator} is unknown"), UNREADABLE)
    if not isinstance(value, list) or len(value) < needed or not all(isinstance(n, int | float) for n in value):
        raise bad_schema(Fault("value", "wrong value type"), UNREADABLE)
    if operator == "exists":
        return lambda link: link.quantity is not None
    if operator == "last_days":
        oldest = int(store.clock.now() * 1_000_000) - int(value[0] * DAY)
        return lambda link: link.last_modified >= oldest
    compare = QUANTITIES[operator]
    return lambda link: link.quantity is not None and compare(link.quantity, value)

