"""A row at which the bridge itself fails, whoever tries, holds up no run for ever: it is told, the others go, its SKU stays open."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from bridge.domain.product import Product
from bridge.domain.row import Sku
from bridge.domain.run import State
from bridge.services.apply import TRIES, Apply, apply_chunk
from bridge.services.bring import Heart
from tests.heart.explore import Execution
from tests.heart.scenario import Scenario
from tests.heart.told import receipt_of, results_of

DROP = ("drop", "erp", {"A": {"price": "1"}, "B": {"price": "2"}})


@pytest.fixture
def x() -> Execution:
    """A drop whose chunk is queued."""
    x = Execution(Scenario(settled=True, recreate=False, chunk_size=2, events=(DROP,)))
    x.event()
    while State.APPLYING not in {run.state for run in x.w.ledger.runs.values()}:
        x.calm()
    x.w.changes.clear()
    return x


@pytest.fixture
def fault(x: Execution) -> Iterator[None]:
    """Ours, at one SKU."""
    good = x.w.plytix.create

    def create(sku: Sku, values: dict[str, Any]) -> Product:
        if sku == "A":
            raise KeyError("a bug")
        return good(sku, values)

    x.w.plytix.create = create  # type: ignore[method-assign]
    yield
    x.w.plytix.create = good  # type: ignore[method-assign]


def applying(x: Execution, given_up: list[Sku]) -> Apply:
    w = x.w
    w.now += 100_000  # claims of those who failed have ended
    heart = Heart(w.configuration, w.claims, w.tables, w.plytix, w.schemas.opened(), w.clock)
    return Apply(heart, w.ledger, w.stage, w.events, w.ledger.state(), gives_up=lambda sku, error: given_up.append(sku))


def test_after_ten_tries_the_row_is_held_and_told_and_the_others_are_done(x: Execution, fault: None) -> None:
    (run,), given_up = x.w.ledger.runs, []
    for _ in range(TRIES - 1):
        with pytest.raises(KeyError):
            apply_chunk(run, 0, applying(x, given_up))
    assert x.w.ledger.runs[run].state is State.APPLYING

    apply_chunk(run, 0, applying(x, given_up))
    while x.calm():
        pass

    closed = x.w.ledger.runs[run]
    assert (closed.state, given_up) == (State.CLOSED, ["A"])
    assert results_of(x, closed) == [("A", "HELD"), ("B", "CREATED")]
    assert [issue["code"] for issue in receipt_of(x, closed)["issues"]] == ["HELD-FAILED"]
    assert x.w.tables.due("acme/erp", x.w.now) == ["A"]

