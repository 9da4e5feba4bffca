"""What is left at the end, and what the partners were told, without what differs from one time to the next: run ids, times, plans."""

from __future__ import annotations

import csv
import io
import re
from collections import Counter
from typing import TYPE_CHECKING, Any

import orjson

from bridge.domain.mirror import Mirror
from bridge.domain.receipt import path
from bridge.domain.run import Run

if TYPE_CHECKING:
    from tests.heart.explore import Execution

PLAN = re.compile(rb'"plytix": \{.*?\}\s*\}|[\d,]+ requests? to Plytix, [\d,]+ (?:was|were) planned\n', re.DOTALL)
"""A plan is as good as the mirror was when it was made."""
TIME = re.compile(rb"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z")


def outcomes_of(x: Execution, run: Run) -> list[tuple[str, str]]:
    """SKU and outcome from the ledger and the stage, as the report reads them."""
    together = [(line["sku"], line["outcome"]) for line in x.w.stage.lines.get((run.id, run.attempt), []) if line.get("outcome")]
    for (id, _), body in x.w.ledger.chunks.items():
        if id == run.id:
            together += [(sku, judged[0]) for sku, judged in body.items()]
    return together


def receipt_of(x: Execution, run: Run) -> dict[str, Any]:
    receipt: dict[str, Any] = orjson.loads(x.w.files[f"{run.partner}/{path(run)}.json"])
    return receipt


def page_of(x: Execution, run: Run) -> str:
    return x.w.files[f"{run.partner}/{path(run)}.txt"].decode()


def results_of(x: Execution, run: Run) -> list[tuple[str, str]]:
    """SKU and outcome of each row of the result file."""
    text = x.w.files[f"{run.partner}/{path(run)}.result.csv"].decode("utf-8-sig")
    return [(row["sku"], row["_result"]) for row in csv.DictReader(io.StringIO(text), delimiter=";")]


def end_of(x: Execution) -> dict[str, Any]:
    """Everything that somebody could see afterwards."""
    w, keys = x.w, {run.id: run.drop.key for run in x.w.ledger.runs.values()}
    wanted = {(sku, feed): w.tables.peek_wanted(sku, feed) for sku, feed in w.tables.wanted_items}
    mirrors = {sku: w.tables.peek_mirror(sku) for sku in w.tables.mirror_items}
    return {
        "products": {p.sku: p.values for p in w.plytix.products.values()},
        "made": Counter(entry.sku for entry in w.plytix.log if entry.kind == "create"),
        "wanted": {key: ({a: (s.value, keys[s.run], s.line) for a, s in item.values.items()}, item.open,
                         {a: (o.before, keys.get(o.told)) for a, o in item.over.items()}) for key, item in wanted.items()},
        "mirror": {sku: (m.existence, m.values) for sku, m in mirrors.items()},
        "applied": {sku: _applied(m, keys) for sku, m in mirrors.items()},
        "history": sorted((sku, body["act"], _named(body["made"], keys)) for sku, body in w.tables.entries),
        "runs": {run.drop.key: (run.state, run.rows, run.counts, bool(run.reported)) for run in w.ledger.runs.values()},
        "files": {_known(name.encode(), keys): _known(content, keys) for name, content in w.files.items()},
        "archive": {key for key, _ in w.archived},
        "claims": {sku: intent for sku, (_, _, intent) in w.claims.items.items() if intent},
    }


def _applied(mirror: Mirror, keys: dict[str, str]) -> dict[str, Any]:
    return {a: (d.sent, d.answered, d.feed, keys[d.run], d.line) for a, d in mirror.applied.items()}


def _named(made: dict[str, Any], keys: dict[str, str]) -> bytes:
    return _known(orjson.dumps(made, option=orjson.OPT_SORT_KEYS), keys)


def _known(text: bytes, keys: dict[str, str]) -> bytes:
    for id, key in keys.items():
        text = text.replace(id.encode(), key.encode())
    return PLAN.sub(b"PLAN", TIME.sub(b"TIME", text))
