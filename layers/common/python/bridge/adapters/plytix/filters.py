"""What products can be filtered by, which is the account's schema in one request (plytix-api.md §9.6)."""

from __future__ import annotations

import hashlib
from typing import Any

import orjson
from pydantic import Field

from bridge.adapters.plytix.answers import ATTRIBUTE, Shape, Texts, read
from bridge.adapters.plytix.session import Call, Kind, Session
from bridge.domain.product import Schema
from bridge.errors import Fate, Later


class Filter(Shape):
    """One attribute or system field; `options` of dropdowns and multiselects alone."""

    key: str
    filter_type: str
    operators: Texts = Field([])
    options: Texts = Field([])


def products(session: Session) -> Schema:
    """All attributes with their types and options. `filter_type` may hide a computed one: completeness is a decimal here (§9.1)."""
    return schema(session.ask(Call(Kind.SCHEMA, "GET", "/api/v1/filters/product")))


def schema(items: list[dict[str, Any]]) -> Schema:
    """The definitions stand in `attributes`, or are the items themselves (§9.6). Raises Later where there are none at all:
    every account has its system fields, so that would be half an answer, by which all attributes would seem to be gone."""
    defined = [d for item in items for d in (item["attributes"] if isinstance(item.get("attributes"), list) else [item])]
    told = [read(Filter, d) for d in defined]
    if not told:
        raise Later("Plytix lists no field at all", fate=Fate.UNKNOWN)
    own = {f.key.removeprefix(ATTRIBUTE): f for f in told if f.key.startswith(ATTRIBUTE)}
    types = {label: f.filter_type for label, f in own.items()}
    options = {label: f.options for label, f in own.items() if f.options}
    content = orjson.dumps([types, options], option=orjson.OPT_SORT_KEYS)
    return Schema(hashlib.blake2b(content, digest_size=8).hexdigest(), types, options)
