"""The search language of every `…/search`: an OR of ANDs, columns, pages (plytix-api.md §5).

A resource hands in its rows and its fields; what it shows of a row is its own affair.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass
from itertools import islice
from operator import ge, gt, le, lt
from typing import Any, Generic, TypeVar

from local.plytix.call import Answer
from local.plytix.clock import micros
from local.plytix.refusal import Fault, Invalid, Refusal, bad_schema
from local.plytix.values import is_empty

Row = TypeVar("Row")
Predicate = Callable[[Row], bool]

LARGEST_PAGE, DEFAULT_PAGE = 100, 25  # rows (§5.3)
MOST_COLUMNS = {1: 20, 2: 50}  # by version (§5.3)
MOST_SORTED = 10_000  # matches; beyond it an order is a 428 (§5.3)
MOST_LISTED = 100  # values of one `in`; the bound of Plytix's own pages, ours here (§5.2)
TEXT = ("exists", "!exists", "eq", "!eq", "like")
NUMBER = ("exists", "!exists", "eq", "!eq", "gt", "gte", "lt", "lte")
DATE = ("exists", "!exists", "eq", "gt", "gte", "lt", "lte")
OPERATORS = {  # by filter type (§5.2)
    "TextAttribute": TEXT,
    "MultilineAttribute": TEXT,
    "HtmlAttribute": TEXT,
    "UrlAttribute": TEXT,
    "IntAttribute": NUMBER,
    "DecimalAttribute": NUMBER,
    "DropdownAttribute": ("exists", "!exists", "eq", "!eq", "in", "!in"),
    "MultiSelectAttribute": ("exists", "!exists", "in", "!in"),
    "DateAttribute": DATE,
    "BooleanAttribute": ("eq", "exists"),
    "MediaAttribute": ("exists", "!exists"),
    "MediaGalleryAttribute": ("exists", "!exists"),
    "Categories": ("exists", "!exists", "in", "!in"),
    "StaticLists": ("in",),
    "Status": ("eq", "in", "!in"),
    "Id": ("exists", "!exists", "eq", "!eq", "in", "!in"),
}


@dataclass(frozen=True, slots=True)
class Field(Generic[Row]):
    """Something to filter and to sort by. `more`: operators that work although no list names them (§5.2, `sku in`)."""

    key: str
    kind: str
    get: Callable[[Row], Any]
    more: tuple[str, ...] = ()

    def operators(self) -> tuple[str, ...]:
        """All that Plytix takes here."""
        return OPERATORS[self.kind] + self.more

    def comparable(self) -> Callable[[Any], Any]:
        """Gives values the form in which this kind is compared: texts without case, dates as moments (§5.2)."""
        if OPERATORS[self.kind] is TEXT:
            return str.casefold
        return _moment if self.kind == "DateAttribute" else _as_it_is

    def read(self, value: Any) -> Any:
        """A value of a filter, comparable. Raises Invalid for one of the wrong type (§5.5)."""
        numeric = OPERATORS[self.kind] is NUMBER
        wanted = (int, float) if numeric else bool if self.kind == "BooleanAttribute" else str
        if not isinstance(value, wanted) or (numeric and isinstance(value, bool)):
            raise Invalid("wrong value type")
        try:
            return self.comparable()(value)
        except ValueError:
            raise Invalid("wrong value type") from None


Fields = Callable[[str], "Field[Row] | None"]


@dataclass(frozen=True, slots=True)
class Page(Generic[Row]):
    """The rows of one page, the columns that were asked for, and the five keys of `pagination` (§1.1)."""

    rows: list[Row]
    columns: list[str]
    pagination: dict[str, Any]

    def answer(self, show: Callable[[Row, list[str]], dict[str, Any]]) -> Answer:
        """200 with each row as the resource shows it."""
        return Answer(200, {"data": [show(row, self.columns) for row in self.rows], "pagination": self.pagination})


def search(
    body: dict[str, Any], rows: Collection[Row], total: int, fields: Fields[Row], columns: Callable[[str], bool],
    most_columns: int, *, words: bool = True,
) -> Page[Row]:  # fmt: skip
    """One page of the `rows` that match. Raises Refusal.

    `total`: all there are, whatever the filter (§5.4). `words`: whether `text_search` is offered, as it is not on assets (§5.2).
    """
    if not words and "text_search" in _operators(body.get("filters")):
        raise bad_schema(Fault("text_search", "unknown field"), _UNREADABLE)
    if body.get("relationship_filters"):  # only the search of products knows these, and takes them out
        raise bad_schema(Fault("relationship_filters", "unknown field"))
    asked = _columns(body, columns, most_columns)
    number, size, order = _paging(body.get("pagination") or {})
    matches = matching(body.get("filters") or [], rows, fields)
    if order:
        matches = ordered(matches, order, fields)
    page = list(islice(matches, (number - 1) * size, number * size))  # past the end: an empty page (§5.3)
    pagination = {"page": number, "page_size": size, "count": len(matches), "total_count": total, "order": order}
    return Page(page, asked, pagination)


def matching(filters: Any, rows: Collection[Row], fields: Fields[Row]) -> Collection[Row]:
    """The rows that any of the alternatives takes. Raises Refusal."""
    if not isinstance(filters, list) or not all(isinstance(group, list) for group in filters):
        raise bad_schema(_UNREADABLE)
    groups = [[_predicate(condition, fields) for condition in group] for group in filters if group]
    if not groups:
        return rows
    if len(groups) == len(groups[0]) == 1:
        return [row for row in rows if groups[0][0](row)]
    return [row for row in rows if any(all(holds(row) for holds in group) for group in groups)]


def ordered(rows: Collection[Row], order: str, fields: Fields[Row]) -> Collection[Row]:
    """Sorted by a column, empties first; an unknown one leaves the order as it is (§5.3). More than 10,000: 428."""
    if len(rows) > MOST_SORTED:
        raise Refusal(428, f"Results can only be sorted up to {MOST_SORTED} items", Fault("order", "too many results"))
    field = fields(order.removeprefix("-"))
    if field is None:
        return rows

    comparable = field.comparable()

    def key(row: Row) -> tuple[bool, Any]:
        value = field.get(row)
        return (False, 0) if is_empty(value) else (True, comparable(value))

    return sorted(rows, key=key, reverse=order.startswith("-"))


_UNREADABLE = Fault("filters", "Unable to decode filters properly")


def _columns(body: dict[str, Any], known: Callable[[str], bool], most: int) -> list[str]:
    asked = body.get("attributes") or []
    if not isinstance(asked, list) or not all(isinstance(column, str) for column in asked):
        raise bad_schema(Fault("attributes", "Not a valid list."))
    counted = [column for column in asked if column not in ("id", "sku")]  # these two are free (§5.3)
    if len(counted) > most:
        raise bad_schema(Fault("schema", f"columns limit exceeded, current limit is {most}"))
    if unknown := [column for column in counted if not known(column)]:
        raise bad_schema(*(Fault(column, "unknown field") for column in unknown))
    return asked


def _paging(paging: Any) -> tuple[int, int, str | None]:
    if not isinstance(paging, dict):
        raise bad_schema(Fault("pagination", "Invalid input type."))
    number, size, order = paging.get("page", 1), paging.get("page_size", DEFAULT_PAGE), paging.get("order")
    if not _whole(number) or number < 1:
        raise bad_schema(Fault("page", "Must be at least 1."))
    if not _whole(size) or not 1 <= size <= LARGEST_PAGE:
        raise bad_schema(Fault("page_size", f"Must be between 1 and {LARGEST_PAGE}."))
    if order is not None and not isinstance(order, str):
        raise bad_schema(Fault("order", "Not a valid string."))
    return number, size, order


def _operators(filters: Any) -> set[str]:
    groups = [group for group in filters if isinstance(group, list)] if isinstance(filters, list) else []
    return {str(item.get("operator")) for group in groups for item in group if isinstance(item, dict)}


def _whole(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def _predicate(condition: Any, fields: Fields[Row]) -> Predicate[Row]:
    """One `{field, operator, value}`. Raises Refusal naming what is wrong with it (§5.5)."""
    if not isinstance(condition, dict):
        raise bad_schema(_UNREADABLE)
    key, operator, value = condition.get("field"), condition.get("operator"), condition.get("value")
    if operator == "text_search":
        return _text_search(key, value, fields)
    field = fields(key) if isinstance(key, str) else None
    if field is None:
        raise bad_schema(Fault(str(key), "unknown field"), _UNREADABLE)
    if operator not in field.operators():
        raise bad_schema(Fault(str(operator), "unknown field"), _UNREADABLE)  # Plytix names the operator as a field
    try:
        return _test(field, operator, value)
    except Invalid as invalid:
        raise bad_schema(Fault(str(key), str(invalid)), _UNREADABLE) from None


def _test(field: Field[Row], operator: str, value: Any) -> Predicate[Row]:
    """Raises Invalid."""
    get, comparable = field.get, field.comparable()
    match operator.removeprefix("!"):
        case "exists":
            holds: Predicate[Row] = lambda row: not is_empty(get(row))  # noqa: E731
        case "in":
            members = _members(field, value)
            holds = lambda row: not members.isdisjoint(_each(get(row)))  # noqa: E731
        case "eq":
            wanted = field.read(value)
            holds = lambda row: not is_empty(held := get(row)) and comparable(held) == wanted  # noqa: E731
        case "like":
            part = field.read(value)
            holds = lambda row: part in comparable(get(row) or "")  # noqa: E731
        case _:
            bound, compare = field.read(value), _ORDER[operator]
            holds = lambda row: (held := get(row)) is not None and compare(comparable(held), bound)  # noqa: E731
    return (lambda row: not holds(row)) if operator.startswith("!") else holds


def _members(field: Field[Row], value: Any) -> set[Any]:
    if not isinstance(value, list) or not all(isinstance(member, str) for member in value):
        raise Invalid("wrong value type")
    if len(value) > MOST_LISTED:
        raise Invalid(f"at most {MOST_LISTED} values")
    return set(value)


def _moment(value: Any) -> Any:
    return micros(value) if isinstance(value, str) else value


def _as_it_is(value: Any) -> Any:
    return value


def _each(held: Any) -> Iterable[Any]:
    return held if isinstance(held, list) else (held,)


_ORDER: dict[str, Callable[[Any, Any], bool]] = {"gt": gt, "gte": ge, "lt": lt, "lte": le}


def _text_search(keys: Any, value: Any, fields: Fields[Row]) -> Predicate[Row]:
    """All words, each in any of several fields (§5.2)."""
    if not isinstance(keys, list) or not isinstance(value, str):
        raise bad_schema(Fault("text_search", "a list of fields and a text"), _UNREADABLE)
    found = {str(key): fields(key) if isinstance(key, str) else None for key in keys}
    if unknown := [key for key, field in found.items() if field is None]:
        raise bad_schema(*(Fault(key, "unknown field") for key in unknown), _UNREADABLE)
    getters, words = [field.get for field in found.values() if field], value.casefold().split()

    def holds(row: Row) -> bool:
        text = " ".join(str(get(row) or "") for get in getters).casefold()
        return all(word in text for word in words)

    return holds
