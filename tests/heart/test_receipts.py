"""One receipt a run, which never knows less than before (DESIGN.md §4)."""

from __future__ import annotations

from dataclasses import replace

from tests.heart.explore import Execution
from tests.heart.scenario import Scenario
from tests.heart.told import receipt_of

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
