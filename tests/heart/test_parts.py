"""A chunk goes on where it stopped: what came to rest is told once and costs the next attempt nothing (DESIGN.md §4)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any

import pytest
from greenlet import GreenletExit

from bridge.domain.outcome import Outcome
from bridge.domain.product import Product
from bridge.domain.row import Sku
from bridge.domain.run import Run, State
from bridge.errors import Later, TimeIsUp
from bridge.services.apply import Apply, apply_chunk
from bridge.services.heart import Heart
from tests.heart.explore import Execution
from tests.heart.scenario import Scenario
from tests.heart.told import results_of

SKUS = [f"S-{n}" for n in range(8)]
FIRST, SECOND = SKUS[:4], SKUS[4:]
THERE = tuple(("create", sku, {"price": "9"}) for sku in SKUS)
DROP = ("drop", "erp", {sku: {"price": "1"} for sku in SKUS})


class Chunk:
    """One drop, all of it one chunk, which is queued; `calls`: outside calls since it was looked at last."""

    def __init__(self, *, there: bool = False, bulk: bool = False, loaded: bool = True, live: bool = False) -> None:
        events = (*THERE, DROP) if there else (DROP,)
        self.x = x = Execution(Scenario(settled=True, recreate=False, chunk_size=len(SKUS), events=events, bulk=bulk))
        if live:
            feed = x.w.configuration.feeds["acme/erp"].model_copy(update={"verify": "live"})
            x.w.configuration = x.w.configuration.model_copy(update={"feeds": x.w.configuration.feeds | {"acme/erp": feed}})
        while len(x.events) > 1:
            x.event()
        if loaded:
            x.rest()
        x.event()
        while State.APPLYING not in {run.state for run in x.w.ledger.runs.values()}:
            x.calm()
        x.w.changes.clear()
        self.w, self.calls = x.w, []  # type: ignore[var-annotated]
        self.w.step = self._step
        self.dies_at = ""

    def _step(self, label: str) -> None:
        self.w.now += 1
        if self.dies_at and label.startswith(self.dies_at):
            self.dies_at = ""
            raise GreenletExit  # no Exception: whoever dies does nothing more
        self.calls.append(label)

    @property
    def run(self) -> Run:
        (run,) = self.w.ledger.runs.values()
        return run

    def is_applied(self, notes_s: float = 60) -> None:
        w = self.w
        heart = Heart(w.configuration, w.claims, w.tables, w.plytix, w.schemas.opened(), w.clock, worth=1)
        self.calls.clear()
        apply_chunk(self.run.id, 0, Apply(heart, w.ledger, w.stage, w.events, w.ledger.state(), notes_s=notes_s))

    def asked_about(self) -> set[str]:
        """SKUs that any outside call was about, notes of how far all came left out."""
        about = [call for call in self.calls if not call.startswith(("note part", "count chunk"))]
        return {sku for sku in SKUS if any(sku in call for call in about)}

    def results(self) -> list[tuple[str, str]]:
        while self.x.calm():
            pass
        return results_of(self.x, self.run)


def test_why_it_had_to_stop_and_when_it_comes_again_stands_in_the_run(monkeypatch: pytest.MonkeyPatch) -> None:
    chunk = Chunk()
    with monkeypatch.context() as spent:
        stops_at(chunk, spent, "S-4", Later("the hour is spent", 600))
        with pytest.raises(Later):
            chunk.is_applied()
    assert chunk.run.waits_for == "the hour is spent"
    assert 599_000 < chunk.run.again - chunk.w.now <= 600_000

    chunk.is_applied()
    assert chunk.results() == [(sku, "CREATED") for sku in SKUS]


def stops_at(chunk: Chunk, monkeypatch: pytest.MonkeyPatch, sku: str, error: Exception) -> None:
    """From this one on Plytix makes nothing."""
    good = chunk.w.plytix.create

    def create(asked: Sku, values: dict[str, Any]) -> Product:
        if asked >= sku:
            raise error
        return good(asked, values)

    monkeypatch.setattr(chunk.w.plytix, "create", create)


@pytest.mark.parametrize("error", [Later("the hour is spent"), TimeIsUp(), KeyError("a bug")], ids=["the hour is spent", "time", "a fault"])
def test_the_next_attempt_goes_on_where_the_last_one_ended(monkeypatch: pytest.MonkeyPatch, error: Exception) -> None:
    chunk = Chunk()
    with monkeypatch.context() as patch:
        stops_at(chunk, patch, SECOND[0], error)
        with pytest.raises(type(error)):
            chunk.is_applied()
    assert (chunk.run.done, chunk.run.counts) == (0, {}), "nothing is counted before the whole chunk is"
    chunk.w.now += 100_000  # a claim that a fault left has ended

    chunk.is_applied()

    assert chunk.asked_about() == set(SECOND)
    assert chunk.w.plytix.requests["write"] == len(SKUS)
    assert chunk.run.counts == {Outcome.CREATED: len(SKUS)}
    assert chunk.results() == [(sku, "CREATED") for sku in SKUS]


def test_an_attempt_that_comes_no_further_notes_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    chunk = Chunk()
    stops_at(chunk, monkeypatch, SECOND[0], Later("the hour is spent"))
    moved = [chunk.run.moved]
    for _ in range(2):
        with pytest.raises(Later, match="spent"):
            chunk.is_applied()
        moved.append(chunk.run.moved)

    assert not [call for call in chunk.calls if call.startswith(("note part", "touch"))]
    assert moved[0] < moved[1] == moved[2], "the run has come on by the first alone"


def test_what_was_spent_is_told_although_the_count_failed(monkeypatch: pytest.MonkeyPatch) -> None:
    chunk = Chunk()
    spent: list[Any] = []
    with monkeypatch.context() as patch:
        patch.setattr(chunk.w.ledger, "spend", lambda run, requests: spent.append(requests))
        patch.setattr(chunk.w.ledger, "count", lambda *_: (_ for _ in ()).throw(Later("two chunks at the same moment", 1)))
        with pytest.raises(Later, match="same moment"):
            chunk.is_applied()

    chunk.is_applied()

    assert spent == [{"write": len(SKUS)}]
    assert chunk.asked_about() == set()
    assert chunk.results() == [(sku, "CREATED") for sku in SKUS]


def test_what_was_spent_is_told_although_another_worker_counted_the_chunk(monkeypatch: pytest.MonkeyPatch) -> None:
    chunk = Chunk()
    spent: list[Any] = []
    monkeypatch.setattr(chunk.w.ledger, "spend", lambda run, requests: spent.append(requests))
    count = chunk.w.ledger.count

    def outrun(*chunk_of: Any) -> bool:
        count(*chunk_of[:-1], {"write": 0})
        return count(*chunk_of)

    monkeypatch.setattr(chunk.w.ledger, "count", outrun)
    chunk.is_applied()

    assert spent == [{"write": len(SKUS)}]
    assert chunk.run.counts == {Outcome.CREATED: len(SKUS)}


# ---- together, and looked up before
def test_what_a_bulk_job_did_is_not_done_again(monkeypatch: pytest.MonkeyPatch) -> None:
    chunk = Chunk(there=True, bulk=True)
    good = chunk.w.plytix.patch_many

    def patch_many(edits: Sequence[Any], patience_s: float) -> dict[str, Any]:
        answers = good([edit for edit in edits if edit.sku in FIRST], patience_s)
        return {edit.id: answers.get(edit.id, Later("the job ended early")) for edit in edits}

    with monkeypatch.context() as patch:
        patch.setattr(chunk.w.plytix, "patch_many", patch_many)
        with pytest.raises(Later, match="early"):
            chunk.is_applied()

    chunk.is_applied()

    assert chunk.asked_about() == set(SECOND)
    assert chunk.w.plytix.requests["write"] == len(SKUS)
    assert chunk.results() == [(sku, "UPDATED") for sku in SKUS]


@pytest.mark.parametrize("live", [False, True], ids=["before the first load is complete", "verify: live"])
def test_what_is_at_rest_is_not_looked_up_again(monkeypatch: pytest.MonkeyPatch, live: bool) -> None:
    chunk = Chunk(loaded=live, live=live)
    good, looked_up = chunk.w.plytix.find_many, []

    def find_many(skus: Sequence[Sku]) -> list[Product]:
        looked_up.append(list(skus))
        return good(skus)

    monkeypatch.setattr(chunk.w.plytix, "find_many", find_many)
    with monkeypatch.context() as patch:
        stops_at(chunk, patch, SECOND[0], Later("the hour is spent"))
        with pytest.raises(Later, match="spent"):
            chunk.is_applied()

    chunk.is_applied()

    assert looked_up == [SKUS, SECOND]
    assert chunk.results() == [(sku, "CREATED") for sku in SKUS]


# ---- deaths, and two at once
def test_a_death_costs_what_came_after_the_last_note() -> None:
    chunk = Chunk()
    chunk.dies_at = f"claim {SECOND[0]}"
    with pytest.raises(GreenletExit):
        chunk.is_applied(notes_s=0.03)
    noted = set(chunk.w.ledger.parts[chunk.run.id, 0])
    assert noted
    assert noted < set(FIRST)

    chunk.is_applied()

    assert chunk.asked_about() == set(SKUS) - noted
    assert chunk.w.plytix.requests["write"] == len(SKUS)
    assert chunk.results() == [(sku, "CREATED") for sku in SKUS]


def test_of_two_workers_at_one_chunk_the_later_note_replaces_the_earlier_one_and_each_row_is_counted_once(
        monkeypatch: pytest.MonkeyPatch) -> None:
    chunk = Chunk()
    with monkeypatch.context() as patch:
        stops_at(chunk, patch, SECOND[0], Later("the hour is spent"))
        with pytest.raises(Later, match="spent"):
            chunk.is_applied()
    notes = chunk.w.ledger.parts
    notes[chunk.run.id, 0] = {FIRST[0]: notes[chunk.run.id, 0][FIRST[0]]}  # by one who came less far

    chunk.is_applied()

    assert chunk.asked_about() == set(SKUS[1:])
    assert chunk.w.plytix.requests["write"] == len(SKUS)
    assert chunk.run.counts == {Outcome.CREATED: len(SKUS)}
    assert chunk.results() == [(sku, "CREATED") for sku in SKUS]


# ---- the world goes on
def test_what_was_told_stands_whatever_becomes_of_the_product_meanwhile(monkeypatch: pytest.MonkeyPatch) -> None:
    chunk = Chunk()
    with monkeypatch.context() as patch:
        stops_at(chunk, patch, SECOND[0], Later("the hour is spent"))
        with pytest.raises(Later, match="spent"):
            chunk.is_applied()
    chunk.x.person("delete", FIRST[0])

    chunk.is_applied()

    assert chunk.asked_about() == set(SECOND)
    assert chunk.results() == [(sku, "CREATED") for sku in SKUS]


def test_of_a_feed_that_is_retired_in_the_middle_the_rest_is_skipped(monkeypatch: pytest.MonkeyPatch) -> None:
    chunk = Chunk()
    with monkeypatch.context() as patch:
        stops_at(chunk, patch, SECOND[0], Later("the hour is spent"))
        with pytest.raises(Later, match="spent"):
            chunk.is_applied()
    feeds = {id: feed for id, feed in chunk.w.configuration.feeds.items() if id != "acme/erp"}
    chunk.w.configuration = chunk.w.configuration.model_copy(update={"feeds": feeds})

    chunk.is_applied()

    assert Counter(chunk.run.counts) == {Outcome.CREATED: len(FIRST), Outcome.SKIPPED: len(SECOND)}


def test_a_row_that_the_bridge_gave_up_stays_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    chunk = Chunk()
    monkeypatch.setattr("bridge.services.apply.TRIES", 1)
    good = chunk.w.plytix.create

    def create(sku: Sku, values: dict[str, Any]) -> Product:
        if sku in (FIRST[0], SECOND[0]):
            raise KeyError("a bug") if sku == FIRST[0] else Later("the hour is spent")
        return good(sku, values)

    with monkeypatch.context() as patch:
        patch.setattr(chunk.w.plytix, "create", create)
        with pytest.raises(Later, match="spent"):
            chunk.is_applied()

    chunk.is_applied()

    assert chunk.asked_about() == set(SECOND)
    assert chunk.run.counts == {Outcome.HELD: 1, Outcome.CREATED: len(SKUS) - 1}
