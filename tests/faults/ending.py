"""Drops in a twin, and what is left when all is at rest, without what differs from one time to the next: ids and times."""

from __future__ import annotations

import re
from typing import Any

import orjson

from bridge.adapters.body import Bodies
from bridge.adapters.tables import Names, Tables
from bridge.domain import history
from bridge.domain.mirror import Mirror
from bridge.domain.row import Sku
from bridge.domain.wanted import Wanted
from local.twin import Twin
from tests.actors import Company, Receipt, Visitor

ID = re.compile(rb"[0-9A-HJKMNP-TV-Z]{26}|[0-9a-f]{24}")
SPENT = re.compile(r'"spent": \{[^}]*\}|[\d,]+ requests? to Plytix, ')
"""Who does something again asks again."""
TIME = re.compile(rb"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z|\b1[0-9]{12}\b")
ROUNDS = 20


def comes_to_rest(twin: Twin, rounds: int = ROUNDS) -> int:
    """Wait until nothing runs; what was lost on the way redrive finds again. Gives how often it found something."""
    for found in range(rounds):
        twin.rest()
        sent = twin.invoke("redrive", {})
        assert "errorType" not in sent, sent
        if not any(sent.values()):
            return found
    raise AssertionError(f"after {rounds} rounds redrive still finds something: {sent}")


def drops(company: Company, visitor: Visitor, rows: str, name: str = "today") -> Receipt:
    """A drop of his at rest, and its receipt."""
    company.puts(f"{visitor.name}/inbox/products/{name}.csv", rows.encode())
    comes_to_rest(company.twin)
    return visitor.receipt(f"products/{name}.csv")


def refreshes(company: Company) -> None:
    """And what that brought about is at rest."""
    company.refreshes()
    comes_to_rest(company.twin)


def tables_of(twin: Twin) -> Tables:
    names = Names(*(twin.outputs[f"{table}Table"] for table in ("Wanted", "Mirror", "History")))
    return Tables(twin.client("dynamodb"), names, Bodies(twin.client("s3"), twin.outputs["WorkBucket"]))


def ending(company: Company) -> dict[str, Any]:
    """Everything that somebody could see afterwards."""
    tables, skus = tables_of(company.twin), _skus(company.twin)
    told = {
        "products": sorted((p["sku"], p["label"], p["attributes"]) for p in company.plytix.dump()),
        "files": sorted((key, company.body(key).decode("utf-8-sig")) for key in company.files()),
        "archived": sorted(_archived(company.twin)),
        "wanted": {sku: {feed: _wanted(item) for feed, item in tables.wanted_of(sku).items()} for sku in skus},
        "mirror": {sku: _mirror(tables.mirror(sku)) for sku in skus},
        "history": {sku: sorted(_entry(entry) for entry in tables.history(sku, 0)) for sku in skus},
        "claims": _claims(company.twin),
        "dead letters": company.twin.running()["left"],
    }
    for i, (key, text) in enumerate(told["files"]):
        told["files"][i] = key, SPENT.sub("SPENT", text)
    known: dict[str, Any] = orjson.loads(TIME.sub(b"TIME", ID.sub(b"ID", orjson.dumps(told))))
    return known


def _archived(twin: Twin) -> list[str]:
    s3, bucket = twin.client("s3"), twin.outputs["WorkBucket"]
    found = s3.list_objects_v2(Bucket=bucket, Prefix="archive/").get("Contents", [])
    return [s3.get_object(Bucket=bucket, Key=thing["Key"])["Body"].read().decode() for thing in found]


def _skus(twin: Twin) -> list[Sku]:
    """Of which anything is stored."""
    found = {item["sku"]["S"] for table in ("Wanted", "Mirror", "History")
             for item in twin.client("dynamodb").scan(TableName=twin.outputs[f"{table}Table"])["Items"]}
    return [Sku(sku) for sku in sorted(found)]


def _claims(twin: Twin) -> list[str]:
    items = twin.client("dynamodb").scan(TableName=twin.outputs["LedgerTable"])["Items"]
    return [item["pk"]["S"] for item in items if item["pk"]["S"].startswith("claim#")]


def _wanted(item: Wanted) -> Any:
    return [{a: (s.value, s.line) for a, s in item.values.items()}, {a: r.message for a, r in item.refused.items()}, item.open]


def _mirror(mirror: Mirror) -> Any:
    return [mirror.existence, mirror.values, {a: (d.sent, d.answered, d.feed, d.line) for a, d in mirror.applied.items()}]


def _entry(entry: history.Entry) -> str:
    body = history.to_json(entry) | {"at": 0}
    return orjson.dumps(body, option=orjson.OPT_SORT_KEYS).decode()
