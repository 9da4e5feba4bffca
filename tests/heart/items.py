"""Feeds, and items of WANTED and MIRROR, with everything filled in that a test does not speak of."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from bridge.configuration import Bundle, Column, Feed, Key, Partner
from bridge.domain.mirror import Applied, Existence, Mirror
from bridge.domain.product import Schema
from bridge.domain.sequence import Sequence, landing
from bridge.domain.values import digest
from bridge.domain.wanted import EXISTS, Said, Wanted

MONDAY, TUESDAY, WEDNESDAY, THURSDAY = (1_764_000_000_000 + day * 86_400_000 for day in range(4))
ID = "5f0a00000000000000000001"
SCHEMA = Schema("today", {"color": "DropdownAttribute"}, {"color": ["red", "blue"]})


def at(ms: int) -> Sequence:
    """The sequence of a drop that landed then."""
    return landing(ms, "", "acme/inbox/today.csv")


def run_of(ms: int) -> str:
    return f"run of {ms}"


def said(value: Any, since: int = TUESDAY, again: int = 0) -> Said:
    """First said by the drop that landed at `since`, said again by the one that landed at `again`."""
    return Said(value, run_of(since), 2, at(since), at(again or since))


def a_feed(name: str = "erp", /, creates: bool = True, recreate: bool = False, **owners: str) -> Feed:
    """`owners`: attribute that it gives → who owns it."""
    columns = {attribute: Column(to=attribute, owner=owner) for attribute, owner in owners.items()} or {"remark": Column(to="remark")}
    return Feed(partner="acme", name=name, takes=(f"{name}/*.csv",), key=Key(column="sku"), columns=columns, creates=creates,
                recreate=recreate)


def a_bundle(*feeds: Feed) -> Bundle:
    return Bundle(version="1", partners={"acme": Partner(name="Acme")}, feeds={feed.id: feed for feed in feeds})


def wants(since: int = TUESDAY, /, **values: Any) -> Wanted:
    """A feed that creates wants the product to exist, besides."""
    return Wanted({EXISTS: said(True, since)} | {a: v if isinstance(v, Said) else said(v, since) for a, v in values.items()})


def updates(since: int = TUESDAY, /, **values: Any) -> Wanted:
    """A feed that does not."""
    return Wanted({a: v if isinstance(v, Said) else said(v, since) for a, v in values.items()})


def sent(value: Any, answered: Any, feed: str = "acme/erp", when: int = MONDAY) -> Applied:
    return Applied(digest(value), digest(answered), feed, run_of(when), 2)


def holds(values: Mapping[str, Any], applied: Mapping[str, Applied] | None = None, changed: Mapping[str, int] | int = MONDAY) -> Mirror:
    """A living product; `changed`: when each of its values was first seen there, or all of them."""
    known = dict.fromkeys(values, changed) if isinstance(changed, int) else dict(changed)
    return Mirror(Existence.LIVING, ID, MONDAY, dict(values), {}, known, dict(applied or {}), 1)
