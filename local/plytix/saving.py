"""The account as a JSON file, and back: what it holds, its history, its bulk jobs and customs; not its limits, faults and log."""

from __future__ import annotations

import json
from base64 import b64decode, b64encode
from collections import deque
from collections.abc import Callable
from dataclasses import fields
from pathlib import Path
from typing import Any

from local.plytix.bulk import go_on
from local.plytix.entities import Actor, Asset, Attribute, Category, Change, Family, Group, Product, Related, Relationship
from local.plytix.jobs import Job, Pace
from local.plytix.manners import Manners
from local.plytix.store import KEPT_CHANGES, Store

FORM = 2


def save(store: Store, path: Path) -> None:
    """Whole or not at all: written beside, then put in place."""
    held = {
        "form": FORM,
        "ids": [store.id_time, store.id_machine, store.ids_made],
        "account": [store.account_id, store.key_id],
        "time": store.clock.now(),
        "customs": {
            "entitled": store.jobs.entitled,
            "pace": store.jobs.pace,
            "manners": store.manners.told(),
            "most_bytes": store.most_bytes,
            "in_use": sorted(store.in_use),
            "normalising": store.normalising,
        },
        "jobs": [_facts(job) for job in store.jobs.known.values()],
        "attributes": [_facts(attribute) for attribute in store.attributes.values()],
        "groups": [_facts(group) for group in store.groups],
        "families": [_facts(family) for family in store.families.values()],
        "relationships": [_facts(relationship) for relationship in store.relationships.values()],
        "categories": {kind: [_facts(c) for c in tree.values()] for kind, tree in store.categories.items()},
        "roots": store.roots,
        "assets": [_facts(asset) for asset in store.assets.values()],
        "products": [_facts(product) for product in store.products.values()],
        "changes": [_facts(change) for change in store.changes],
    }
    beside = path.with_name(f"{path.name}.new")
    beside.write_text(json.dumps(held, default=_plain), encoding="utf-8")
    beside.replace(path)


def load(store: Store, path: Path) -> None:
    """What stood in the store before is gone. Raises ValueError, and then it is not."""
    try:
        held = json.loads(path.read_text(encoding="utf-8"))
        if held["form"] != FORM:
            raise ValueError(f"form {held['form']}, not {FORM}")
        read = {key: [build(item) for item in held[key]] for key, build in BUILD.items()}
        trees = {kind: [Category(**item) for item in held["categories"][kind]] for kind in store.categories}
        roots = {kind: [str(id) for id in held["roots"][kind]] for kind in store.roots}
        (ids, (account, key)), time = (held["ids"], held["account"]), float(held["time"])
        customs = held["customs"]
        pace, manners = Pace(**customs["pace"]), Manners().but(**customs["manners"])
        in_use, normalising, most_bytes = set(customs["in_use"]), dict(customs["normalising"]), customs["most_bytes"]
    except (OSError, KeyError, TypeError, ValueError) as error:
        raise ValueError(f"{path} holds no account of the simulator: {error!r}") from None
    store.clear_products()
    store.clear_schema()
    store.id_time, store.id_machine, store.ids_made = ids
    store.account_id, store.key_id, store.roots, store.groups = str(account), str(key), roots, read["groups"]
    store.attributes = {attribute.label: attribute for attribute in read["attributes"]}
    store.families = {family.id: family for family in read["families"]}
    store.relationships = {relationship.id: relationship for relationship in read["relationships"]}
    store.categories = {kind: {category.id: category for category in tree} for kind, tree in trees.items()}
    store.assets = {asset.id: asset for asset in read["assets"]}
    store.changes = deque(read["changes"], maxlen=KEPT_CHANGES)
    for product in read["products"]:
        store.keep(product)
        store.remember(product)
    store.jobs.entitled, store.jobs.pace = bool(customs["entitled"]), pace
    store.manners, store.most_bytes, store.in_use, store.normalising = manners, most_bytes, in_use, normalising
    lain_s = store.clock.now() - time  # which a job that runs does not notice
    for job in read["jobs"]:
        job.lands += lain_s
        job.finished = None if job.finished is None else job.finished + lain_s
        go_on(store, job)
    store.clock.not_before(max((product.modified for product in read["products"]), default=0))


def _facts(entity: Any) -> dict[str, Any]:
    return {field.name: getattr(entity, field.name) for field in fields(entity)}


def _plain(value: Any) -> Any:
    return b64encode(value).decode() if isinstance(value, bytes) else _facts(value)


def _asset(item: dict[str, Any]) -> Asset:
    kept = item["content"]
    return Asset(**item | {"content": None if kept is None else b64decode(kept)})


def _product(item: dict[str, Any]) -> Product:
    links = {id: {o: Related(**link) for o, link in own.items()} for id, own in item["relationships"].items()}
    actors = {key: Actor(**item[key]) for key in ("created_by", "modified_by")}
    return Product(**item | actors | {"relationships": links})


def _job(item: dict[str, Any]) -> Job:
    return Job(**item | {"by": Actor(**item["by"]), "pace": Pace(**item["pace"])})


def _change(item: dict[str, Any]) -> Change:
    return Change(**item | {"by": Actor(**item["by"]), "fields": tuple(tuple(field) for field in item["fields"])})


BUILD: dict[str, Callable[[dict[str, Any]], Any]] = {
    "attributes": lambda item: Attribute(**item),
    "groups": lambda item: Group(**item),
    "families": lambda item: Family(**item),
    "relationships": lambda item: Relationship(**item),
    "assets": _asset,
    "products": _product,
    "changes": _change,
    "jobs": _job,
}
