"""A drop and Transfer's word on it, in any order: whole, cut off, or never spoken of (DESIGN.md §4)."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from bridge.domain.run import State
from tests.heart.explore import Execution
from tests.heart.items import a_bundle, a_feed
from tests.heart.scenario import Scenario
from tests.heart.told import receipt_of, results_of
from tests.heart.world import Message

ROWS = b"sku;price\nA;1\nB;2\nC;3\n"
WAIT_MS = 120_000


class Endpoint:
    """Somebody uploads a file; S3's event and Transfer's word arrive when the test says so."""

    def __init__(self, size=2):
        self.x = Execution(Scenario(settled=True, recreate=False, chunk_size=size, events=()))
        self.w = self.x.w
        bundle = a_bundle(a_feed(price="feed"))
        self.w.configuration = bundle.model_copy(update={"settings": bundle.settings.model_copy(update={"chunk_size": size})})
        self.uploads()
        self.began = self.w.now

    def uploads(self, content=ROWS):
        self.drop = replace(self.w.land("acme/inbox/erp/today.csv", content), etag=f"etag of {content}")
        self.event = self.w.intake.pop()
        self.event.body["drop"]["etag"] = self.drop.etag
        self.ended = self.drop.landed

    def tells_of_the_object(self):
        self.w.intake.append(self.event)

    def says(self, outcome, **detail):
        at = datetime.fromtimestamp(self.ended / 1000, UTC).isoformat(timespec="milliseconds")
        told = {"file-path": f"/exchange/{self.drop.key}", "bytes": self.drop.size, "start-timestamp": at, "end-timestamp": at} | detail
        kind = f"SFTP Server File Upload {outcome}"
        self.w.intake.append(Message({"source": "aws.transfer", "detail-type": kind, "detail": told}))

    def goes_on(self, until=lambda endpoint: False):
        """Until all is at rest, or until something is so."""
        while not until(self) and self.x.calm():
            pass

    def all_taken(self):
        """What has arrived has been taken; only reminders are waiting."""
        self.goes_on(lambda endpoint: not endpoint.x.workers and not endpoint.x.deliverable())

    @property
    def run(self):
        (run,) = self.w.ledger.runs.values()
        return run

    @property
    def passed_ms(self):
        return self.w.now - self.began


def told(endpoint):
    return {outcome.value: n for outcome, n in endpoint.run.counts.items()}


@pytest.mark.parametrize("first", ["the event", "the word"])
def test_a_drop_of_which_transfer_says_that_it_is_whole_need_not_wait(first):
    endpoint = Endpoint()
    steps = [endpoint.tells_of_the_object, lambda: endpoint.says("Completed")]
    for step in steps if first == "the event" else reversed(steps):
        step()
        endpoint.all_taken()

    assert (endpoint.run.state, endpoint.run.whole, told(endpoint)) == (State.CLOSED, True, {"CREATED": 3})
    assert endpoint.passed_ms < WAIT_MS


def test_without_a_word_the_drop_is_taken_when_the_wait_is_over():
    endpoint = Endpoint()
    endpoint.tells_of_the_object()
    endpoint.all_taken()
    assert receipt_of(endpoint.x, endpoint.run)["state"] == "received"

    endpoint.goes_on()

    assert (endpoint.run.state, endpoint.run.whole, told(endpoint)) == (State.CLOSED, False, {"CREATED": 3})
    assert endpoint.passed_ms >= WAIT_MS


@pytest.mark.parametrize("first", ["the event", "the word"])
def test_a_fragment_is_not_taken_and_its_receipt_says_so(first):
    endpoint = Endpoint()
    steps = [endpoint.tells_of_the_object, lambda: endpoint.says("Failed")]
    for step in steps if first == "the event" else reversed(steps):
        step()
        endpoint.all_taken()
    endpoint.goes_on()

    receipt = receipt_of(endpoint.x, endpoint.run)
    assert (receipt["state"], [issue["code"] for issue in receipt["issues"]]) == ("cut off", ["FILE-CUT-OFF"])
    assert endpoint.w.plytix.products == {}


def test_the_failure_of_another_upload_of_the_same_name_stops_nothing():
    endpoint = Endpoint()
    endpoint.says("Failed", bytes=endpoint.drop.size - 1)
    endpoint.tells_of_the_object()
    endpoint.goes_on()

    assert (endpoint.run.state, told(endpoint)) == (State.CLOSED, {"CREATED": 3})


@pytest.mark.parametrize("detail", [{}, {"etag": f"etag of {ROWS}"}], ids=["bytes and times", "etag"])
@pytest.mark.parametrize("taken", ["as it comes", "when both are there"])
def test_a_file_that_broke_off_at_its_very_end_and_is_sent_again_is_taken(detail, taken):
    endpoint = Endpoint()
    steps = [endpoint.tells_of_the_object, lambda: endpoint.says("Failed", **detail)]
    for step in steps:
        step()
        if taken == "as it comes":
            endpoint.all_taken()

    endpoint.w.now += 5_000
    endpoint.uploads()
    steps = [endpoint.tells_of_the_object, lambda: endpoint.says("Completed", **detail)]
    for step in steps:
        step()
        if taken == "as it comes":
            endpoint.all_taken()
    endpoint.goes_on()

    first, second = sorted(endpoint.w.ledger.runs.values(), key=lambda run: run.drop.landed)
    assert (first.state, second.state, second.whole) == (State.CUT_OFF, State.CLOSED, True)


def test_proof_that_comes_while_it_is_committed_stops_it_there_and_the_rest_is_held():
    endpoint = Endpoint(size=1)
    endpoint.tells_of_the_object()
    endpoint.goes_on(lambda endpoint: any(run.noted == 1 for run in endpoint.w.ledger.runs.values()))
    (prepares,) = (worker for worker in endpoint.x.workers if worker.name.startswith("prepare"))
    endpoint.x.workers.remove(prepares)
    endpoint.says("Failed")
    endpoint.all_taken()
    endpoint.x.workers.append(prepares)
    endpoint.goes_on()

    receipt = receipt_of(endpoint.x, endpoint.run)
    assert (receipt["state"], receipt["rows"], receipt["waiting"]) == ("cut off", 3, 0)
    assert receipt["outcomes"]["HELD"] == 3 - len(endpoint.w.plytix.products) > 0
    assert {issue["code"] for issue in receipt["issues"]} == {"FILE-CUT-LATE", "FILE-CUT-OFF"}
    assert sorted(outcome for _, outcome in results_of(endpoint.x, endpoint.run)).count("HELD") == receipt["outcomes"]["HELD"]


MOMENTS = {
    "all is committed": lambda run, w: run.state is State.APPLYING,
    "it is closed": lambda run, w: run.state is State.CLOSED,
    "its receipt is written": lambda run, w: any(b'"state": "closed"' in body for path, body in w.files.items() if path.endswith(".json")),
    "it has moved to the archive": lambda run, w: bool(w.archived),
    "it is reported": lambda run, w: bool(run.reported),
}


@pytest.mark.parametrize("when", MOMENTS)
def test_proof_that_comes_when_all_is_committed_is_told_with_what_was_taken(when):
    endpoint = Endpoint()
    endpoint.tells_of_the_object()
    endpoint.goes_on(lambda endpoint: any(MOMENTS[when](run, endpoint.w) for run in endpoint.w.ledger.runs.values()))
    endpoint.says("Failed")
    endpoint.says("Failed")
    endpoint.goes_on()

    receipt = receipt_of(endpoint.x, endpoint.run)
    assert (receipt["state"], [issue["code"] for issue in receipt["issues"]]) == ("cut off", ["FILE-CUT-LATE"])
    assert receipt["outcomes"] == {"CREATED": 3} == told(endpoint)
    assert results_of(endpoint.x, endpoint.run) == [("A", "CREATED"), ("B", "CREATED"), ("C", "CREATED")]
    assert endpoint.run.reported


def test_transfers_word_that_it_is_whole_changes_nothing_when_all_is_over():
    endpoint = Endpoint()
    endpoint.tells_of_the_object()
    endpoint.goes_on()
    before = dict(endpoint.w.files)

    endpoint.says("Completed")
    endpoint.goes_on()

    assert (endpoint.run.state, endpoint.w.files) == (State.CLOSED, before)


def test_half_a_last_row_is_held_unless_transfer_says_that_the_file_is_whole():
    for word, outcomes in ((None, {"CREATED": 2, "HELD": 1}), ("Completed", {"CREATED": 3})):
        endpoint = Endpoint()
        endpoint.drop = endpoint.w.land("acme/inbox/erp/cut.csv", ROWS.rstrip())
        endpoint.event = endpoint.w.intake.pop()
        if word:
            endpoint.says(word)
        endpoint.tells_of_the_object()
        endpoint.goes_on()
        assert told(endpoint) == outcomes
