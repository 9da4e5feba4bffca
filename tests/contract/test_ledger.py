"""The ledger as DynamoDB keeps it: drops are looked up one by one and go no sooner than they may, chunks are counted once."""

import secrets
import time
from dataclasses import replace
from uuid import uuid4

import pytest
from ulid import ULID

from bridge.adapters.body import Bodies
from bridge.adapters.ledger import RUNS_KEPT_S, Ledger
from bridge.domain.drop import Drop
from bridge.domain.judge import Judged, Note
from bridge.domain.outcome import Outcome
from bridge.domain.row import Sku
from bridge.domain.run import Run, State
from bridge.domain.sequence import landing

KEY = "erp/inbox/prices/PRICES.csv"
DAY_MS = 86_400_000
NOW = time.time_ns() // 1_000_000


@pytest.fixture
def ledger(cloud, ledger_table):
    return Ledger(cloud.dynamodb, ledger_table, Bodies(cloud.s3, "no bucket is needed"))


@pytest.fixture
def items(cloud, ledger_table):
    """All that stands in the table, by sort key."""
    return lambda: {item["sk"]["S"]: item for item in cloud.dynamodb.scan(TableName=ledger_table)["Items"]}


@pytest.fixture
def requests(cloud):
    """What DynamoDB is asked for, by operation."""
    seen = []
    heard = cloud.dynamodb.meta.events
    heard.register("before-call.dynamodb", see := lambda model, **_: seen.append(model.name), unique_id="seen")
    yield seen
    heard.unregister("before-call.dynamodb", see, unique_id="seen")


def a_run(version, registered=NOW, key=KEY):
    drop = Drop("exchange", key, version, 1, f"etag-{version}", registered)
    return Run(str(ULID.from_timestamp(registered / 1000)), drop, "erp/prices", landing(registered, "", key), registered, moved=registered)


def test_a_daily_file_of_one_name_is_looked_up_by_its_version_with_one_request(ledger, requests):
    for day in range(5):
        ledger.register(a_run(f"v{day}", NOW - day * DAY_MS))
    requests.clear()

    assert ledger.knows(a_run("v3").drop)
    assert not ledger.knows(a_run("v9").drop)
    assert not ledger.knows(a_run("v3", key="erp/inbox/prices/OTHER.csv").drop)
    assert requests == ["GetItem"] * 3


def test_of_the_runs_of_a_name_only_those_are_read_that_were_registered_since(ledger, requests):
    runs = [ledger.register(a_run(f"v{day}", NOW - day * DAY_MS))[0] for day in range(5)]
    requests.clear()

    assert ledger.runs_of(KEY, NOW - DAY_MS) == [runs[1], runs[0]]
    assert requests == ["Query", "GetItem", "GetItem"]
    assert [run.drop.version for run in ledger.runs_of(KEY)] == ["v4", "v3", "v2", "v1", "v0"]
    assert ledger.runs_of(KEY, NOW + 1) == []


def test_a_drop_that_is_announced_twice_has_one_run(ledger):
    first, new = ledger.register(a_run("v1"))
    second, again = ledger.register(replace(a_run("v1"), id=str(ULID())))

    assert (new, again) == (True, False)
    assert second == first
    assert ledger.runs_of(KEY) == [first]


def test_a_registration_stays_as_long_as_its_run_is_not_reported_and_then_as_long_as_the_run(ledger, items):
    run, _ = ledger.register(a_run("v1", NOW - 500 * DAY_MS))
    assert "expires" not in items()["v1"], "its object may still lie in the inbox"

    ledger.advance(run.id, [State.RECEIVED], State.REFUSED, closed=NOW)
    assert "expires" not in items()["v1"]

    ledger.is_reported(run, NOW)
    kept = {"N": str(NOW // 1000 + RUNS_KEPT_S)}
    assert (items()["v1"]["expires"], items()["run"]["expires"]) == (kept, kept)
    assert ledger.knows(run.drop)


def test_a_registration_that_is_gone_is_not_made_anew_by_a_second_report(ledger, items, cloud, ledger_table):
    run, _ = ledger.register(a_run("v1"))
    cloud.dynamodb.delete_item(TableName=ledger_table, Key={"pk": {"S": f"drop#{KEY}"}, "sk": {"S": "v1"}})

    ledger.is_reported(run, NOW)

    assert "v1" not in items()


# ---- chunks
A, B = Sku("A"), Sku("B")
FIRST = {A: Judged(Outcome.UPDATED, (Note("price", "over", "1", "2"),))}
BOTH = FIRST | {B: Judged(Outcome.CREATED)}


def test_how_far_a_chunk_came_is_kept_as_it_was_told_and_counts_nothing(ledger, items):
    run, _ = ledger.register(a_run("v1"))
    assert ledger.part(run.id, 7) == {}

    ledger.note_part(run.id, 7, FIRST)

    assert ledger.part(run.id, 7) == FIRST
    assert ledger.part(run.id, 8) == {}
    assert (ledger.chunk(run.id, 7), list(ledger.chunks_done(run.id)), ledger.run(run.id)) == (None, [], run)
    assert int(items()["part#000007"]["expires"]["N"]) >= NOW // 1000 + RUNS_KEPT_S


def test_a_later_note_of_a_chunk_takes_the_place_of_the_one_before(ledger):
    run, _ = ledger.register(a_run("v1"))

    for outcomes in (BOTH, FIRST):
        ledger.note_part(run.id, 0, outcomes)
        assert ledger.part(run.id, 0) == outcomes


def test_a_chunk_is_counted_once_with_all_its_outcomes_whatever_was_noted_of_it(ledger):
    run, _ = ledger.register(a_run("v1"))
    ledger.note_part(run.id, 0, FIRST)

    assert ledger.count(run.id, 0, BOTH, {Outcome.UPDATED: 1, Outcome.CREATED: 1}, {"create": 1})
    ledger.note_part(run.id, 0, FIRST)
    assert not ledger.count(run.id, 0, FIRST, {Outcome.UPDATED: 1}, {})

    assert list(ledger.chunks_done(run.id)) == [(0, BOTH)]
    counted = ledger.run(run.id)
    assert (counted.done, counted.counts, counted.spent) == (1, {Outcome.UPDATED: 1, Outcome.CREATED: 1}, {"create": 1})


def test_parts_too_large_for_an_item_leave_one_object_behind_and_a_chunk_keeps_its_own(cloud, ledger_table):
    bucket = cloud.bucket(f"work-{uuid4().hex[:8]}")
    many = {Sku(f"A-{n}"): Judged(Outcome.HELD, (Note("price", "newer", secrets.token_hex(5_000)),)) for n in range(90)}
    ledger = Ledger(cloud.dynamodb, ledger_table, Bodies(cloud.s3, bucket))
    for _ in range(3):
        ledger.note_part("r1", 7, many)
    ledger.count("r1", 7, many, {}, {})
    ledger.note_part("r1", 7, {**many, Sku("B"): Judged(Outcome.HELD)})

    assert len(ledger.part("r1", 7)) == 91
    assert ledger.chunk("r1", 7) == many
    assert [key.split("/")[0] for key in cloud.keys(bucket)] == ["parts", "values"]


def test_all_parts_of_a_run_are_told_as_they_were_noted_last(ledger):
    one, two = ({Sku(sku): Judged(Outcome.CREATED)} for sku in "AB")
    for number, outcomes in ((0, one), (11, one), (0, one | two)):
        ledger.note_part("r1", number, outcomes)
    ledger.note_part("r2", 1, two)

    assert list(ledger.parts("r1")) == [(0, one | two), (11, one)]


def test_failures_of_a_row_are_counted_for_each_run_and_apart_from_jobs_without_an_end(ledger):
    counted = [ledger.fail(*of, slow=slow) for *of, slow in [
        ("r1", Sku("A"), False), ("r1", Sku("A"), True), ("r1", Sku("A"), False), ("r1", Sku("B"), False), ("r2", Sku("A"), False)]]

    assert counted == [1, 1, 2, 1, 1]
