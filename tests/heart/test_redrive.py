"""What stands still is sent again, and only that: queues may lose everything, the ledger and the open lists do not (DESIGN.md §4)."""

from __future__ import annotations

import pytest

from bridge.configuration import Lane
from bridge.domain.wanted import tell
from bridge.ports import Put
from bridge.services.redrive import Redrive, redrive
from tests.heart.explore import Execution
from tests.heart.items import a_bundle, a_feed, at
from tests.heart.scenario import Scenario

REDRIVE_S, STAYS_S = 300, 900


@pytest.fixture
def x():
    x = Execution(Scenario(settled=True, recreate=False, chunk_size=1, events=()))
    bundle = a_bundle(a_feed(price="feed"), a_feed("fast", creates=False, price="latest").model_copy(update={"lane": Lane.FAST}))
    settings = bundle.settings.model_copy(update={"redrive_s": REDRIVE_S, "stays_s": STAYS_S, "upload_event_s": 0, "chunk_size": 1})
    x.w.configuration = bundle.model_copy(update={"settings": settings})
    x.sent = []
    x.w.queues.send_sku = lambda lane, sku: x.sent.append((lane.value, sku))
    return x


def later(x, seconds=REDRIVE_S + 1):
    """What redrive sends again after that time."""
    x.w.now += seconds * 1000
    w = x.w
    return redrive(Redrive(w.configuration, w.ledger, w.claims, w.tables, w.exchange, w.queues, w.events, w.clock))


def goes_on(x, until=lambda: False):
    while not until() and x.calm():
        pass


def lost(x):
    """Whatever is on its way."""
    for queue in (x.w.intake, x.w.fifo, x.w.changes, x.w.closed_events):
        queue.clear()


NOTHING = {"runs": 0, "chunks": 0, "closed": 0, "drops": 0, "skus": 0}
STANDS = {
    "its event was lost": (lambda x: True, {"drops": 1}),
    "it waits to be read": (lambda x: bool(x.w.fifo), {"runs": 1}),
    "its chunks wait": (lambda x: len(x.w.changes) == 2 and not x.workers, {"runs": 1, "chunks": 2}),
    "one of its chunks waits": (lambda x: len(x.w.ledger.chunks) == 1 and not x.workers, {"runs": 1, "chunks": 1}),
    "it is closed and nobody knows": (lambda x: bool(x.w.closed_events), {"closed": 1}),
}


@pytest.mark.parametrize("stands", STANDS)
def test_a_run_that_stands_still_goes_on_from_there(x, stands):
    until, again = STANDS[stands]
    x.w.land("acme/inbox/erp/today.csv", b"sku;price\nA;1\nB;2\n")
    goes_on(x, lambda: until(x))
    lost(x)

    assert later(x, 1) == NOTHING, "it is given time"
    assert later(x) == NOTHING | again
    goes_on(x)

    (run,) = x.w.ledger.runs.values()
    assert (run.counts, bool(run.reported)) == ({"CREATED": 2}, True)
    assert later(x) == NOTHING


@pytest.mark.parametrize("name", ["today.csv.part", "empty.csv"])
def test_a_half_or_empty_file_is_given_time_and_then_told_that_it_stays(x, name):
    x.w.land(f"acme/inbox/erp/{name}", b"" if name == "empty.csv" else b"sku;price\nA;1\n")
    lost(x)

    assert later(x) == NOTHING
    assert later(x, STAYS_S) == NOTHING | {"drops": 1}
    goes_on(x)

    (run,) = x.w.ledger.runs.values()
    assert run.state == "refused"


# ---- open lists
def wants(x, sku="A", feed="acme/erp", price="1"):
    """As commit leaves it."""
    old = x.w.tables.peek_wanted(sku, feed)
    new = tell(old, {"price": price}, run="some run", line=2, sequence=at(x.w.now), now_ms=x.w.now)
    assert x.w.tables.write(Put(sku, old, new, feed))


def test_a_sku_that_is_due_for_too_long_is_sent_on_its_feeds_lane(x):
    wants(x, "A")
    wants(x, "B", "acme/fast")

    assert later(x, 1) == NOTHING
    assert later(x) == NOTHING | {"skus": 2}
    assert x.sent == [("main", "A"), ("fast", "B")]


def test_what_only_waits_for_somebody_else_is_not_sent_again_and_again(x):
    x.w.land("acme/inbox/fast/today.csv", b"sku;price\nA;1\n")
    goes_on(x)
    assert x.w.tables.peek_wanted("A", "acme/fast").open, "it waits for the product"

    assert later(x) == NOTHING


def test_a_feed_with_a_run_under_way_is_not_hurried(x):
    wants(x, "A")
    x.w.now += (REDRIVE_S + 1) * 1000
    x.w.land("acme/inbox/erp/today.csv", b"sku;price\nB;1\n")
    goes_on(x, lambda: bool(x.w.fifo))

    assert later(x, 1) == NOTHING


def test_a_feed_whose_run_comes_on_while_redrive_looks_is_not_hurried(x):
    """Its chunks are being counted at this very moment."""
    x.w.land("acme/inbox/erp/today.csv", b"sku;price\nA;1\nB;2\n")
    goes_on(x, lambda: len(x.w.changes) == 2 and not x.workers)
    (id,) = x.w.ledger.runs
    x.w.ledger.touch(id, x.w.now + (REDRIVE_S + 2) * 1000)

    assert later(x) == NOTHING


def test_what_a_feed_wants_that_was_retired_is_left_alone(x):
    wants(x, "A", "acme/gone")

    assert later(x) == NOTHING


def test_a_claim_that_a_dead_worker_left_is_settled_although_no_message_speaks_of_it(x):
    x.w.land("acme/inbox/erp/today.csv", b"sku;price\nA;1\n")
    goes_on(x, lambda: any(worker.label.startswith("write [('mirror'") for worker in x.workers))
    x.kill(x.workers[0])
    x.w.changes.clear()
    assert x.w.claims.items["A"][2], "it said what it was about to send"

    assert later(x)["skus"] == 1
    assert x.sent == [("main", "A")]
