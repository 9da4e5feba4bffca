"""Scenarios: what partners and people do, drawn at random, and the configuration under which they do it."""

from __future__ import annotations

import random
from dataclasses import dataclass
from typing import Any

from bridge.configuration import Bundle, Column, Feed, Key, Partner, Settings

SKUS = ["A", "B", "C"]
OWNERS = {
    "erp": {"price": "feed", "name": "latest"},
    "sup": {"name": "latest", "text": "plytix", "color": "feed"},
    "fast": {"price": "latest", "text": "plytix", "color": "latest"},
}
CREATES = {"erp": True, "sup": True, "fast": False}
VALUES = {"price": ["1", "2", "3"], "name": ["n", "m", "N"], "text": ["s", "t"], "color": ["red", "teal"]}
KINDS = {"drop": 40, "edit": 16, "again": 8, "create": 5, "delete": 5, "rename": 3, "option": 3, "forbid": 2}
CLAIM_S = 90


def bundle(recreate: bool, chunk_size: int, forbidden: frozenset[tuple[str, str]] = frozenset()) -> Bundle:
    """erp and sup create, fast only updates; they overlap, and own what they give in different ways."""
    feeds = {}
    for name, owners in OWNERS.items():
        columns = {a: Column(to=a, owner=o) for a, o in owners.items() if (name, a) not in forbidden}
        columns["weight"] = Column(to="weight", type="decimal")  # where a bad row goes wrong
        feeds[f"acme/{name}"] = Feed(partner="acme", name=name, takes=(f"{name}/*.csv",), key=Key(column="sku"), columns=columns,
                                     creates=CREATES[name], recreate=recreate and CREATES[name], lane="main")
    settings = Settings(upload_event_s=0, redrive_s=0, refresh_s=0, refresh_overlap_s=0, chunk_size=chunk_size, claim_s=CLAIM_S)
    return Bundle(version=f"{sorted(forbidden)}", settings=settings, partners={"acme": Partner(name="Acme")}, feeds=feeds)


@dataclass(frozen=True)
class Scenario:
    settled: bool  # the next event comes when all is at rest; else at any time
    recreate: bool
    chunk_size: int
    events: tuple[Any, ...]
    bulk: bool = False  # the account has bulk jobs, and they are used from the first change on
    tells: bool = False  # which options there are is known before anything is sent


def random_rows(rng: random.Random, skus: list[str], feed: str) -> dict[str, Any]:
    rows: dict[str, Any] = {}
    for sku in rng.sample(skus, rng.randint(1, len(skus))):
        chosen = rng.sample(sorted(OWNERS[feed]), rng.choice([1, 1, 2]))
        rows[sku] = None if rng.random() < 0.05 else {a: rng.choice(VALUES[a]) for a in chosen}
    return rows


def random_event(rng: random.Random, skus: list[str], feeds: list[str]) -> tuple[Any, ...]:
    kind, sku = rng.choices(list(KINDS), list(KINDS.values()))[0], rng.choice(skus)
    if kind == "drop":
        feed = rng.choice(feeds)
        return kind, feed, random_rows(rng, skus, feed)
    if kind == "edit":
        attribute = rng.choice(["price", "name", "name", "text", "text", "color"])
        return kind, sku, attribute, rng.choice([*(["red"] if attribute == "color" else VALUES[attribute]), None])
    if kind == "create":
        return kind, sku, {a: rng.choice(VALUES[a]) for a in ("price", "name", "text") if rng.random() < 0.5}
    rest = {"rename": (sku, rng.choice([s for s in [*SKUS, "D"] if s != sku])), "delete": (sku,), "option": ("teal",),
            "again": (rng.choice(feeds), rng.randrange(4)), "forbid": ("fast", rng.choice(sorted(OWNERS["fast"])))}
    return kind, *rest[kind]


def random_scenario(rng: random.Random, settled: bool) -> Scenario:
    skus, feeds = rng.sample(SKUS, rng.choice([1, 1, 2, 3])), rng.sample(list(OWNERS), rng.choice([1, 2, 3, 3]))
    events = [random_event(rng, skus, feeds) for _ in range(rng.choice([2, 3, 4, 5, 6]))]
    if not any(e[0] == "drop" for e in events):
        events.insert(0, ("drop", feeds[0], random_rows(rng, skus, feeds[0])))
    return Scenario(settled, rng.random() < 0.2, rng.choice([1, 2]), tuple(events), rng.random() < 0.4, rng.random() < 0.5)


def draw(settled: bool, seed: int) -> tuple[Scenario, list[int]]:
    rng = random.Random(f"{settled}{seed}")
    calm = rng.choice([0.3, 0.5, 0.7, 0.85])
    choices = [0 if rng.random() < calm else rng.randrange(1, 1 << 16) for _ in range(rng.choice([50, 150, 300]))]
    return random_scenario(rng, settled), choices
