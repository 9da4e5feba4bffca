"""In a bulk job each SKU stands for itself: what goes wrong with one keeps no other from its end, and nobody waits for its claim."""

from __future__ import annotations

import traceback
from collections.abc import Sequence
from typing import Any

import pytest

from bridge.domain.claim import Claim
from bridge.domain.history import Entry
from bridge.domain.product import Product
from bridge.domain.row import Sku
from bridge.domain.run import State
from bridge.errors import BridgeError, Fate, Later, Stop
from bridge.ports import Edit, Put
from bridge.services.apply import Apply, apply_chunk
from bridge.services.heart import Heart
from tests.heart.explore import Execution
from tests.heart.scenario import Scenario
from tests.heart.told import results_of

SKUS = ("A", "B", "C")
THERE = tuple(("create", sku, {"name": "by hand", "price": "9"}) for sku in SKUS)
DROP = ("drop", "erp", {sku: {"price": "1"} for sku in SKUS})


@pytest.fixture
def x() -> Execution:
    """A drop whose chunk is queued: three products to be changed."""
    x = Execution(Scenario(settled=True, recreate=False, chunk_size=3, events=(*THERE, DROP), bulk=True))
    for _ in THERE:
        x.event()
    x.rest()
    x.event()
    while State.APPLYING not in {run.state for run in x.w.ledger.runs.values()}:
        x.calm()
    x.w.changes.clear()
    return x


def applied(x: Execution, until: int | None = None, worth: int = 1) -> None:
    w = x.w
    heart = Heart(w.configuration, w.claims, w.tables, w.plytix, w.schemas.opened(), w.clock, worth, until)
    (run,) = w.ledger.runs
    apply_chunk(run, 0, Apply(heart, w.ledger, w.stage, w.events, w.ledger.state()))


def results(x: Execution) -> list[tuple[str, str]]:
    while x.calm():
        pass
    (run,) = x.w.ledger.runs.values()
    return results_of(x, run)


def test_an_intent_that_cannot_be_noted_keeps_no_other_from_its_job(x: Execution, monkeypatch: pytest.MonkeyPatch) -> None:
    good = x.w.claims.intend

    def intend(sku: Sku, claim: Claim) -> bool:
        if sku == "A":
            raise Later("DynamoDB is not to be had", fate=Fate.UNKNOWN)
        return good(sku, claim)

    with monkeypatch.context() as patch:
        patch.setattr(x.w.claims, "intend", intend)
        with pytest.raises(Later, match="DynamoDB"):
            applied(x)
    assert {p.sku: p.values["price"] for p in x.w.plytix.products.values()} == {"A": "9", "B": "1", "C": "1"}

    applied(x)  # at once: nobody holds what he does not work at

    assert results(x) == [("A", "UPDATED"), ("B", "UPDATED"), ("C", "UPDATED")]
    assert x.w.plytix.requests["write"] == 3


def test_a_fault_of_ours_at_one_product_loses_no_answer_of_the_others(x: Execution, monkeypatch: pytest.MonkeyPatch) -> None:
    good = x.w.tables.write

    def write(*puts: Put, history: Sequence[Entry] = ()) -> bool:
        if history and puts[0].sku == "A":
            raise KeyError("a bug")
        return good(*puts, history=list(history))

    spent: list[Any] = []
    with monkeypatch.context() as patch:
        patch.setattr(x.w.tables, "write", write)
        patch.setattr(x.w.ledger, "spend", lambda run, requests: spent.append(requests))
        with pytest.raises(KeyError):
            applied(x)
    assert sorted(x.w.claims.items) == ["A"]
    assert spent == [{"write": 3, "look": 1}]

    x.w.now += 400_000  # its claim has ended
    applied(x)

    assert results(x) == [("A", "UPDATED"), ("B", "UPDATED"), ("C", "UPDATED")]
    assert x.w.plytix.requests["write"] == 3


def test_what_a_dead_worker_left_is_read_page_by_page_and_what_was_read_counts(x: Execution, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bridge.services.asking.PAGE", 1)
    many, good = x.w.plytix.patch_many, x.w.plytix.read_many

    def patch_many(edits: Sequence[Edit], patience_s: float) -> dict[str, Product | BridgeError]:
        return dict.fromkeys(many(edits, patience_s), Later("not read back", fate=Fate.UNKNOWN))

    read: list[Any] = []

    def read_many(ids: Sequence[str]) -> list[Product]:
        read.append(ids)
        if len(read) == 2:
            raise Later("the hour is spent")
        return good(ids)

    with monkeypatch.context() as patch:
        patch.setattr(x.w.plytix, "patch_many", patch_many)
        with pytest.raises(Later, match="not read back"):
            applied(x)
    with monkeypatch.context() as patch:
        patch.setattr(x.w.plytix, "read_many", read_many)
        with pytest.raises(Later, match="spent"):
            applied(x)
        applied(x)

    assert len(read) == 4
    assert results(x) == [("A", "UPDATED"), ("B", "UPDATED"), ("C", "UPDATED")]
    assert x.w.plytix.requests["write"] == 3


def test_what_goes_alone_ends_with_the_functions_time_and_the_rest_is_free(x: Execution, monkeypatch: pytest.MonkeyPatch) -> None:
    good = x.w.plytix.patch

    def patch(id: str, values: dict[str, Any]) -> Product:
        x.w.now += 20_000
        return good(id, values)

    monkeypatch.setattr(x.w.plytix, "patch", patch)
    with pytest.raises(Later, match="time is up"):
        applied(x, until=x.w.now + 30_000, worth=10)

    assert x.w.plytix.requests["write"] == 2
    assert not x.w.claims.items
    applied(x, worth=10)
    assert results(x) == [("A", "UPDATED"), ("B", "UPDATED"), ("C", "UPDATED")]
    assert x.w.plytix.requests["write"] == 3


@pytest.mark.parametrize(("left_s", "patience_s"), [(400, 150), (100, 70), (50, None)])
def test_nobody_waits_for_a_job_longer_than_the_functions_time(
        x: Execution, monkeypatch: pytest.MonkeyPatch, left_s: int, patience_s: float | None) -> None:
    good, waited = x.w.plytix.patch_many, []

    def patch_many(edits: Sequence[Edit], patience_s: float) -> dict[str, Product | BridgeError]:
        waited.append(round(patience_s))
        return good(edits, patience_s)

    monkeypatch.setattr(x.w.plytix, "patch_many", patch_many)
    if patience_s is None:
        with pytest.raises(Later, match="time is up"):
            applied(x, until=x.w.now + left_s * 1_000)
        assert not x.w.claims.items
    else:
        applied(x, until=x.w.now + left_s * 1_000)

    assert waited == ([] if patience_s is None else [patience_s])


def test_what_keeps_all_from_their_ends_is_told_no_longer_for_it(x: Execution, monkeypatch: pytest.MonkeyPatch) -> None:
    def patch_many(edits: Sequence[Edit], patience_s: float) -> dict[str, Product | BridgeError]:
        raise Stop("the key")

    monkeypatch.setattr(x.w.plytix, "patch_many", patch_many)
    with pytest.raises(Stop) as stop:
        applied(x)

    thrown = [frame.name for frame in traceback.extract_tb(stop.value.__traceback__)]
    assert thrown.count("patch_many") == 1
    assert "bring" not in thrown
    assert not x.w.claims.items
