"""What is lost, or stands still, is sent again, and what is slow is not (DESIGN.md §4).

Queues may lose everything, the ledger and the open lists do not.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import replace

import pytest

from bridge.configuration import Lane
from bridge.domain.wanted import tell
from bridge.ports import Put
from bridge.services.redrive import Redrive, redrive
from tests.heart.explore import Execution
from tests.heart.items import a_bundle, a_feed, at
from tests.heart.scenario import Scenario
from tests.heart.world import Message

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


def later(x, seconds=REDRIVE_S + 1, waits=lambda lane, feed: False):
    """What redrive sends again after that time."""
    x.w.now += seconds * 1000
    w = x.w
    return redrive(Redrive(w.configuration, w.ledger, w.claims, w.tables, w.exchange, w.queues, w.events, w.clock, waits))


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


# ---- what is slow is not lost
def chunks_wait(x, feed="erp", skus="AB"):
    """A run with a chunk for each SKU, all of them in the queue."""
    x.w.land(f"acme/inbox/{feed}/{x.w.now}.csv", b"sku;price\n" + b"".join(f"{sku};1\n".encode() for sku in skus))
    before = len(x.w.changes)
    goes_on(x, lambda: len(x.w.changes) == before + len(skus) and not x.workers)
    assert len(x.w.changes) == before + len(skus)


def sleeps(x, seconds):
    """All changes come again only then."""
    x.w.changes[:] = [replace(message, visible=x.w.now + seconds * 1000) for message in x.w.changes]


def days(x, n):
    """As often as redrive may come meanwhile."""
    sent = Counter()
    for _ in range(n * 86_400 // (REDRIVE_S + 1)):
        sent.update(later(x))
    return dict(sent)


def test_what_only_waits_for_its_turn_is_not_sent_again(x):
    chunks_wait(x)
    x.w.land("acme/inbox/erp/tomorrow.csv", b"sku;price\nA;2\n")
    goes_on(x, lambda: bool(x.w.fifo))

    for _ in range(20):
        assert later(x) == NOTHING

    assert (len(x.w.changes), len(x.w.fifo)) == (2, 1)
    goes_on(x)
    assert [run.counts for run in x.w.ledger.runs.values()] == [{"CREATED": 2}, {"UPDATED": 1}]


def test_what_workers_have_in_hand_and_bring_no_further_is_sent_once(x):
    chunks_wait(x)
    for message in list(x.w.changes):
        x.deliver("apply", x.w.changes, message)
    assert (len(x.workers), x.w.changes) == (2, [])

    assert [later(x)["chunks"] for _ in range(3)] == [2, 0, 0]


def test_where_one_message_is_lost_all_that_stands_still_is_sent_and_then_no_more(x):
    chunks_wait(x)
    chunks_wait(x, skus="CDE")
    x.w.changes.pop(1)

    assert later(x) == NOTHING | {"runs": 2, "chunks": 5}
    for _ in range(20):
        assert later(x) == NOTHING
    goes_on(x)
    assert [run.counts for run in x.w.ledger.runs.values()] == [{"CREATED": 2}, {"CREATED": 3}]


def test_a_run_that_comes_on_is_not_sent_although_another_ones_message_is_lost(x):
    chunks_wait(x)
    chunks_wait(x, skus="CDE")
    x.w.changes.pop(1)
    _, lively = x.w.ledger.runs
    x.w.ledger.touch(lively, x.w.now + REDRIVE_S * 1000)

    assert later(x) == NOTHING | {"runs": 1, "chunks": 2}


@pytest.mark.parametrize("lane", Lane)
def test_messages_of_one_lane_say_nothing_of_the_other(x, lane):
    x.w.plytix.make("P", {}, "person")
    chunks_wait(x)
    chunks_wait(x, feed="fast", skus="PQ")
    x.w.changes.remove(next(message for message in x.w.changes if message.body["lane"] == lane))

    assert later(x) == NOTHING | {"runs": 1, "chunks": 2}
    assert Counter(message.body["lane"] for message in x.w.changes) == Counter(main=2, fast=2) + Counter([lane.value])


def test_what_sleeps_long_after_its_reason_is_gone_is_sent_once_more_and_not_again_and_again(x):
    chunks_wait(x)
    sleeps(x, 3_600)

    assert [later(x)["chunks"] for _ in range(10)] == [2] + [0] * 9

    sleeps(x, 3_600)
    assert later(x) == NOTHING


def test_what_is_paused_is_not_sent_and_goes_on_as_soon_as_it_is_resumed(x):
    chunks_wait(x)
    sleeps(x, 86_400)

    for _ in range(20):
        assert later(x, waits=lambda lane, feed: feed == "acme/erp") == NOTHING
    assert later(x, 1) == NOTHING | {"runs": 1, "chunks": 2}


def test_others_messages_hide_a_lost_one_no_longer_than_a_day(x):
    chunks_wait(x)
    lost(x)
    for _ in range(9):  # of a SKU at which something always fails
        x.w.changes.append(Message({"kind": "sku", "sku": "Z", "lane": "main"}))

    assert days(x, 1) == NOTHING
    assert later(x) == NOTHING | {"runs": 1, "chunks": 2}
    assert days(x, 12)["chunks"] <= 12 * 2, "as long as a message lives, one a day"


def test_runs_that_wait_behind_another_of_their_feed_are_sent_again_only_where_one_is_lost(x):
    for name in ("one", "two", "three"):
        x.w.land(f"acme/inbox/erp/{name}.csv", b"sku;price\nA;1\n")
    goes_on(x, lambda: len(x.w.fifo) == 3 and not x.workers)
    assert later(x) == NOTHING

    x.w.fifo.pop(1)

    assert later(x) == NOTHING | {"runs": 3}
    for _ in range(20):
        assert later(x) == NOTHING
    goes_on(x)
    assert {run.state for run in x.w.ledger.runs.values()} == {"closed"}


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


def test_a_sku_whose_message_waits_is_not_sent_again(x):
    del x.w.queues.send_sku  # into the queue it goes, and nobody takes it
    wants(x, "A")
    wants(x, "B")
    assert later(x) == NOTHING | {"skus": 2}

    for _ in range(20):
        assert later(x) == NOTHING

    x.w.changes.pop()
    assert later(x) == NOTHING | {"skus": 2}
    assert len(x.w.changes) == 3


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
