"""The canonical form of a value: what v1 and v2 answer, and what we send, compare equal in it (DESIGN.md §5)."""

from __future__ import annotations

import hashlib
import re
from typing import Any, NewType

import orjson

from bridge.domain.row import Value

Digest = NewType("Digest", str)
MIDNIGHT = re.compile(r"\d{4}-\d\d-\d\dT00:00:00(\.0+)?(Z|\+00:00)?")
NOTHING = Digest("")


def canonical(value: Any) -> Value:
    """A value of an answer as we keep it: empties are None, media are ids, midnight is the day, 5.0 is 5 (plytix-api.md §9.1)."""
    if isinstance(value, str):
        return (value[:10] if MIDNIGHT.fullmatch(value) else value) or None
    if isinstance(value, bool) or value is None:
        return value
    if isinstance(value, float) and value.is_integer() and abs(value) < 2**53:
        return int(value)
    if isinstance(value, dict):
        return [str(value["id"])] if "id" in value else None
    if isinstance(value, list):
        return [str(v["id"]) if isinstance(v, dict) else v for v in value] or None
    return value  # type: ignore[no-any-return]


def digest(value: Value) -> Digest:
    """The hash by which values are compared; a list counts as a set. No value has the empty hash."""
    form = canonical(value)
    if form is None:
        return NOTHING
    if isinstance(form, list):
        form = sorted(form)
    return Digest(hashlib.blake2b(orjson.dumps(form), digest_size=12).hexdigest())
