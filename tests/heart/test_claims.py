"""One worker a SKU: who finds it taken comes again, who died is settled, who is too late sends nothing (DESIGN.md §5)."""

from __future__ import annotations

from dataclasses import replace

import pytest

from bridge.errors import Fate, Later
from tests.heart.explore import Execution
from tests.heart.scenario import CLAIM_S, Scenario
from tests.heart.told import outcomes_of

DROP = ("drop", "erp", {"A": {"price": "1"}})


@pytest.fixture
def x():
    """One chunk is under way, by one worker."""
    x = Execution(Scenario(settled=True, recreate=False, chunk_size=2, events=(DROP,)))
    x.event()
    while not any(worker.name.startswith("apply") for worker in x.workers):
        x.calm()
    return x


def comes_to(x, label):
    """The worker who applies the chunk stands before that call, and does not move any more."""
    (worker,) = x.workers
    while not worker.label.startswith(label):
        x.advance(worker)
    x.workers.remove(worker)
    return worker


def everybody_else_ends(x):
    while x.workers or any(True for _ in x.deliverable()):
        x.calm()


def goes_on(x, worker):
    x.workers.append(worker)
    while x.calm():
        pass


def outcomes(x):
    (run,) = x.w.ledger.runs.values()
    return outcomes_of(x, run)


@pytest.mark.parametrize("busy_with", ["read mirror", "note intent", "CREATE", "write", "free"])
def test_who_finds_a_sku_taken_comes_again_later_and_one_request_is_made(x, busy_with):
    worker = comes_to(x, busy_with)
    x.w.changes.append(replace(worker.message))
    everybody_else_ends(x)

    goes_on(x, worker)

    assert (x.w.plytix.requests["write"], x.w.plytix.requests["read"]) == (1, 0)
    assert outcomes(x) == [("A", "CREATED")]
    assert x.w.claims.items == {}


def test_who_was_so_slow_that_another_has_taken_his_place_sends_nothing(x):
    late = comes_to(x, "note intent")
    x.w.now += CLAIM_S * 1000 + 1
    x.w.changes.append(replace(late.message))
    everybody_else_ends(x)
    assert x.w.plytix.requests["write"] == 1

    goes_on(x, late)

    assert x.w.plytix.requests["write"] == 1
    assert outcomes(x) == [("A", "CREATED")]


@pytest.mark.parametrize("done", [False, True], ids=["it had not reached Plytix", "it had"])
def test_who_comes_after_a_dead_worker_looks_first_what_of_it_reached_plytix(x, done):
    dead = comes_to(x, "CREATE")
    if done:
        x.advance(dead)
    x.kill(dead)

    while x.calm():
        pass

    assert (x.w.plytix.requests["write"], x.w.plytix.requests["read"]) == (1, 1)
    assert outcomes(x) == [("A", "CREATED")]
    assert [p.values for p in x.w.plytix.products.values()] == [{"price": "1"}]


@pytest.mark.parametrize(("fate", "kept_ms", "intent"), [
    (Fate.NOT_DONE, None, False), (Fate.UNKNOWN, 0, True), (Fate.IN_FLIGHT, CLAIM_S * 1000, True)])
def test_how_long_a_sku_stays_taken_depends_on_what_became_of_the_request(x, fate, kept_ms, intent):
    def passing(sku, values):
        raise Later("Plytix is down", fate=fate)

    x.w.plytix.create = passing
    before = x.w.now
    everybody_else_ends(x)

    if kept_ms is None:
        assert x.w.claims.items == {}
    else:
        _, until, noted = x.w.claims.items["A"]
        assert (noted is not None) is intent
        assert until == 0 if kept_ms == 0 else until > before + kept_ms - 1000
    del x.w.plytix.create
    while x.calm():
        pass
    assert outcomes(x) == [("A", "CREATED")]
