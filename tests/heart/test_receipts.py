"""One receipt a run, which never knows less than before (DESIGN.md §4)."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.heart.explore import Execution, Moment
from tests.heart.scenario import Scenario
from tests.heart.told import end_of, receipt_of

ONE_DROP = Scenario(settled=True, recreate=False, chunk_size=2, events=(("drop", "erp", {"A": {"price": "1"}}),))


def test_a_worker_who_is_late_with_received_does_not_take_closed_back():
    x = Execution(ONE_DROP)
    x.event()
    x.w.intake.append(replace(x.w.intake[0]))  # the event twice
    x.deliver(*x.deliverable()[0])
    (late,) = x.workers
    while not late.label.startswith("write"):
        x.advance(late)

    x.workers.remove(late)
    while x.calm():
        pass
    (run,) = x.w.ledger.runs.values()
    assert receipt_of(x, run)["state"] == "closed"

    x.workers.append(late)
    while x.calm():
        pass
    assert receipt_of(x, run)["state"] == "closed"


# ---- a person's value that gives way to the owner's while no drop of his is there
PRICED = ("drop", "erp", {"A": {"price": "1"}})
PUT_BACK = Scenario(settled=True, recreate=False, chunk_size=2, events=(PRICED, ("edit", "A", "price", "3"), PRICED, PRICED))
OTHERS_COME_FIRST = replace(PUT_BACK, events=(*PUT_BACK.events[:2], ("drop", "sup", {"A": {"name": "n"}}), PRICED, PRICED))


def overruled(x):
    """Of each run of the feed, in order: which values its receipt says that it took the place of."""
    runs = sorted((run for run in x.w.ledger.runs.values() if run.feed == "acme/erp"), key=lambda run: run.drop.landed)
    return [[issue["message"] for issue in receipt_of(x, run)["issues"] if issue["code"] == "OVER-PERSON"] for run in runs]


@pytest.mark.parametrize("scenario", [PUT_BACK, OTHERS_COME_FIRST], ids=["his own drop comes next", "another feed's comes first"])
def test_what_refresh_puts_back_is_told_once_in_the_owners_next_receipt(scenario):
    x = Execution(scenario)
    x.live()

    first, second, third = overruled(x)
    assert (first, len(second), third) == ([], 1, [])
    assert "3" in second[0]


def test_wherever_a_worker_dies_it_is_told_once():
    once = Execution(PUT_BACK)
    once.live()
    in_one_go = end_of(once)

    for moment in [Moment(call) for call in range(1, once.calls + 1)] + [Moment(call, after=True) for call in once.lasts]:
        x = Execution(PUT_BACK, dying=[moment])
        x.live()
        assert end_of(x) == in_one_go, moment


def test_a_worker_who_is_late_with_closed_does_not_take_cut_off_back():
    x = Execution(ONE_DROP)
    x.event()
    late = None
    while late is None:
        x.calm()
        late = next((worker for worker in x.workers if worker.name.startswith("report")), None)
    while not late.label.startswith("write"):
        x.advance(late)

    x.workers.remove(late)
    (id,) = x.w.ledger.runs
    x.w.ledger.cut(id)
    x.w.events.run_closed(x.w.ledger.runs[id])
    while x.calm():
        pass
    run = x.w.ledger.runs[id]
    receipt = receipt_of(x, run)
    assert receipt["state"] == "cut off"

    x.workers.append(late)
    while x.calm():
        pass
    assert receipt_of(x, run) == receipt
