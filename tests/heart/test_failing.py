"""A row at which the bridge itself fails, whoever tries, holds up no run for ever: it is told, the others go, its SKU stays open."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any

import pytest

from bridge.domain.product import Product
from bridge.domain.row import Sku
from bridge.domain.run import State
from bridge.errors import BridgeError, Changed, Endless, Fate, Later
from bridge.ports import Edit
from bridge.services.apply import MANY, SLOW_TRIES, TRIES, Apply, apply_chunk
from bridge.services.asking import Each, in_turn
from bridge.services.bring import TURNS
from bridge.services.heart import Heart
from bridge.threads import each_in_threads
from tests.heart.explore import Execution
from tests.heart.scenario import Scenario
from tests.heart.told import receipt_of, results_of

ROWS = {"A": {"price": "1"}, "B": {"price": "2"}}


def queued(rows: dict[str, dict[str, str]], *before: tuple[str, Any, Any], bulk: bool = False) -> Execution:
    """A drop of one chunk, which is queued."""
    x = Execution(Scenario(settled=True, recreate=False, chunk_size=len(rows), events=(*before, ("drop", "erp", rows)), bulk=bulk))
    for _ in before:
        x.event()
    x.rest()
    x.event()
    while State.APPLYING not in {run.state for run in x.w.ledger.runs.values()}:
        x.calm()
    x.w.changes.clear()
    return x


@pytest.fixture
def x() -> Execution:
    return queued(ROWS)


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
    heart = Heart(w.configuration, w.claims, w.tables, w.plytix, w.schemas.opened(), w.clock, worth=1)
    return Apply(heart, w.ledger, w.stage, w.events, w.ledger.state(), gives_up=lambda sku, error: given_up.append(sku))


def test_the_others_do_not_wait_for_it(x: Execution, fault: None) -> None:
    (run,) = x.w.ledger.runs
    with pytest.raises(KeyError):
        apply_chunk(run, 0, applying(x, []))

    assert {product.sku for product in x.w.plytix.products.values()} == {"B"}


def test_faults_at_many_rows_are_not_theirs_and_end_the_attempt() -> None:
    x = queued({str(n): {"price": "1"} for n in range(MANY + 5)})
    (run,), tried = x.w.ledger.runs, []

    def create(sku: Sku, values: dict[str, Any]) -> Product:
        tried.append(sku)
        raise KeyError("a bug")

    x.w.plytix.create = create  # type: ignore[method-assign]
    with pytest.raises(KeyError):
        apply_chunk(run, 0, applying(x, []))
    assert len(tried) == MANY


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


# ---- what a bulk job never tells
THERE = tuple(("create", sku, {"name": "by hand", "price": "9"}) for sku in "AB")


@pytest.fixture
def jobs() -> Execution:
    """Two products are to be changed by a bulk job."""
    return queued(ROWS, *THERE, bulk=True)


def says_of_a(x: Execution, monkeypatch: pytest.MonkeyPatch, error: Later) -> None:
    """Instead of changing A."""
    good = x.w.plytix.patch_many

    def patch_many(edits: Sequence[Edit], patience_s: float) -> dict[str, Product | BridgeError]:
        others = good([edit for edit in edits if edit.sku != "A"], patience_s)
        return others | {edit.id: error for edit in edits if edit.sku == "A"}

    monkeypatch.setattr(x.w.plytix, "patch_many", patch_many)


def tried(x: Execution, run: str, given_up: list[Sku]) -> None:
    x.w.now += 400_000  # what a job may still change is nobody else's until then
    apply_chunk(run, 0, applying(x, given_up))


@pytest.mark.parametrize(("fate", "tries"), [(Fate.UNKNOWN, TRIES), (Fate.IN_FLIGHT, SLOW_TRIES)], ids=["over", "without an end"])
def test_a_row_that_bulk_jobs_never_tell_of_is_held_and_told_in_the_end(
        jobs: Execution, monkeypatch: pytest.MonkeyPatch, fate: Fate, tries: int) -> None:
    (run,), given_up = jobs.w.ledger.runs, []
    says_of_a(jobs, monkeypatch, Endless("a bulk job did not tell", fate=fate))

    for _ in range(tries - 1):
        with pytest.raises(Endless):
            tried(jobs, run, given_up)
    tried(jobs, run, given_up)
    while jobs.calm():
        pass

    closed = jobs.w.ledger.runs[run]
    assert (closed.state, given_up, results_of(jobs, closed)) == (State.CLOSED, ["A"], [("A", "HELD"), ("B", "UPDATED")])
    assert [issue["code"] for issue in receipt_of(jobs, closed)["issues"]] == ["HELD-ENDLESS"]
    assert jobs.w.tables.due("acme/erp", jobs.w.now) == ["A"]


def test_a_job_that_was_slow_for_hours_costs_no_try_of_those_that_are_over(jobs: Execution, monkeypatch: pytest.MonkeyPatch) -> None:
    (run,) = jobs.w.ledger.runs
    with monkeypatch.context() as slow:
        says_of_a(jobs, slow, Endless("the job runs", fate=Fate.IN_FLIGHT))
        for _ in range(SLOW_TRIES - 1):
            with pytest.raises(Endless):
                tried(jobs, run, [])
    with monkeypatch.context() as silent:
        says_of_a(jobs, silent, Endless("the job is over", fate=Fate.UNKNOWN))
        with pytest.raises(Endless):
            tried(jobs, run, [])

    tried(jobs, run, [])
    while jobs.calm():
        pass
    assert results_of(jobs, jobs.w.ledger.runs[run]) == [("A", "UPDATED"), ("B", "UPDATED")]


def test_while_plytix_is_down_or_the_hour_is_spent_no_try_counts(jobs: Execution, monkeypatch: pytest.MonkeyPatch) -> None:
    (run,), given_up = jobs.w.ledger.runs, []
    with monkeypatch.context() as waiting:
        says_of_a(jobs, waiting, Later("the hour is spent", 600))
        for _ in range(TRIES + 2):
            with pytest.raises(Later):
                tried(jobs, run, given_up)
    assert not jobs.w.ledger.failures

    tried(jobs, run, given_up)
    while jobs.calm():
        pass
    assert results_of(jobs, jobs.w.ledger.runs[run]) == [("A", "UPDATED"), ("B", "UPDATED")]


# ---- what comes to no end
def test_a_sku_that_plytix_calls_taken_and_nobody_finds_is_asked_for_once_a_try_and_held_in_the_end(
        x: Execution, monkeypatch: pytest.MonkeyPatch) -> None:
    (run,), given_up, asked = x.w.ledger.runs, [], []
    good = x.w.plytix.create

    def create(sku: Sku, values: dict[str, Any]) -> Product:
        if sku == "A":
            asked.append(sku)
            raise Changed("Plytix answered 409: SKU is taken")
        return good(sku, values)

    monkeypatch.setattr(x.w.plytix, "create", create)
    for _ in range(TRIES - 1):
        with pytest.raises(Endless, match=r"A cannot be made and is not to be found.*409"):
            apply_chunk(run, 0, applying(x, given_up))
    apply_chunk(run, 0, applying(x, given_up))
    while x.calm():
        pass

    closed = x.w.ledger.runs[run]
    assert results_of(x, closed) == [("A", "HELD"), ("B", "CREATED")]
    assert (given_up, len(asked)) == (["A"], TRIES)
    (issue,) = receipt_of(x, closed)["issues"]
    assert (issue["code"], "SKU is taken" in issue["message"]) == ("HELD-ENDLESS", True)


def test_a_product_that_is_never_as_it_was_told_is_tried_a_few_times_and_held_in_the_end(monkeypatch: pytest.MonkeyPatch) -> None:
    x = queued(ROWS, ("create", "A", {"price": "9"}))
    (run,), given_up, asked = x.w.ledger.runs, [], []

    def patch(id: str, values: dict[str, Any]) -> Product:
        asked.append(id)
        raise Changed("the id is gone")  # but it is there, whoever looks

    monkeypatch.setattr(x.w.plytix, "patch", patch)
    number = next(n for n in range(2) if x.w.stage.chunk(run, x.w.ledger.runs[run].attempt, n)[0].sku == "A")
    for _ in range(TRIES - 1):
        with pytest.raises(Endless, match="A came not to rest"):
            apply_chunk(run, number, applying(x, given_up))
    apply_chunk(run, number, applying(x, given_up))

    assert (given_up, len(asked)) == (["A"], TRIES * TURNS)


@pytest.mark.parametrize("trouble", [Changed("Plytix answered 409: SKU is taken"), Later("Plytix answered 500", fate=Fate.UNKNOWN)],
                         ids=["taken and not to be found", "500"])
@pytest.mark.parametrize("each", [in_turn, each_in_threads(1)], ids=["in turn", "as in production"])
def test_rows_that_come_to_no_end_keep_no_other_from_its_own(
        each: Each, trouble: BridgeError, monkeypatch: pytest.MonkeyPatch) -> None:
    """In one thread: the tests' world knows no others."""
    x = queued({f"{n:02}": {"price": "1"} for n in range(20)})
    (run,), good = x.w.ledger.runs, x.w.plytix.create

    def create(sku: Sku, values: dict[str, Any]) -> Product:
        if int(sku) < MANY + 1:
            raise trouble
        return good(sku, values)

    monkeypatch.setattr(x.w.plytix, "create", create)
    with pytest.raises(Later):
        apply_chunk(run, 0, replace(applying(x, []), each=each))

    assert len(x.w.plytix.products) == 20 - (MANY + 1)
