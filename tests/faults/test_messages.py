"""Events and messages that come twice, late, in any order, or never: one run, one close, and it ends by itself (DESIGN.md §4)."""

from __future__ import annotations

import json
import random

import pytest

from tests.actors import Company, Visitor, a_feed, soon
from tests.faults.ending import comes_to_rest, ending
from tests.faults.losses import hands_out, nobody_takes, throws_away

ROWS = "sku;name\nA-1;Chair\nA-2;Table\nA-3;Bed\nA-4;Lamp\n"
KEY = "erp/inbox/products/today.csv"
CREATED = {"CREATED": 4}


@pytest.fixture
def company(company: Company) -> Company:
    company.works_with(a_feed(), upload_event_s=0, redrive_s=0, retry_s=0, chunk_size=2)
    return company


def the_event(company: Company, key: str = KEY) -> dict:
    """As S3 tells of the object that lies there."""
    found = company.twin.client("s3").head_object(Bucket=company.twin.outputs["ExchangeBucket"], Key=key)
    thing = {"key": key, "size": found["ContentLength"], "etag": found["ETag"].strip('"'), "version-id": found["VersionId"]}
    return {"source": "aws.s3", "detail-type": "Object Created", "time": found["LastModified"].isoformat(),
            "detail": {"bucket": {"name": company.twin.outputs["ExchangeBucket"]}, "object": thing}}


def told(company: Company, visitor: Visitor) -> list[list[str]]:
    """Of each run what its receipt said, one word after the other."""
    return [[json.loads(version)["state"] for version in company.versions(key)] for key in visitor.receipts()]


# ---- twice
@pytest.mark.parametrize("when", ["at once", "when all is over"])
def test_three_events_of_one_drop_are_one_run(company, erp, when):
    with nobody_takes(company.twin, "Intake"):
        company.puts(KEY, ROWS.encode())
        event = the_event(company)
        for _ in range(2 if when == "at once" else 0):
            hands_out(company.twin, "Intake", event)
    comes_to_rest(company.twin)
    for _ in range(2 if when == "when all is over" else 0):
        hands_out(company.twin, "Intake", event)
    comes_to_rest(company.twin)

    assert told(company, erp) == [["received", "checked", "closed"]]
    assert erp.receipt("products/today.csv").outcomes == CREATED
    assert company.requests() == {"create": 4}


@pytest.mark.parametrize("seed", range(3))
def test_messages_that_come_doubled_late_and_in_any_order_close_a_run_once(company, erp, seed):
    company.plytix.fault("slow", kind="product.create", times=2, delay_s=0.5)
    company.puts(KEY, ROWS.encode())
    run = erp.receipt("products/today.csv", lambda receipt: receipt.state == "checked").run
    doubles = [("Main", {"v": 1, "kind": "chunk", "run": run, "chunk": 0}), ("Main", {"v": 1, "kind": "chunk", "run": run, "chunk": 1}),
               ("Runs", {"v": 1, "run": run}), ("Intake", {"v": 1, "kind": "waited", "run": run}),
               ("Main", {"v": 1, "kind": "sku", "sku": "A-2"}), ("Main", {"v": 1, "kind": "sku", "sku": "A-4"})] * 3
    random.Random(seed).shuffle(doubles)

    for number, (queue, body) in enumerate(doubles[:12]):
        hands_out(company.twin, queue, body, number)
    comes_to_rest(company.twin)
    for number, (queue, body) in enumerate(doubles[12:], 12):
        hands_out(company.twin, queue, body, number)
    comes_to_rest(company.twin)

    assert told(company, erp) == [["received", "checked", "closed"]]
    assert erp.receipt("products/today.csv").outcomes == CREATED
    assert company.requests() == {"create": 4}


def test_transfers_word_that_an_upload_broke_off_is_told_also_when_the_run_was_reported(company, erp):
    company.puts(KEY, ROWS.encode())
    event = the_event(company)
    comes_to_rest(company.twin)
    before = company.body(f"{erp.receipt('products/today.csv').at}.result.csv")

    at = event["time"]
    hands_out(company.twin, "Intake", {"source": "aws.transfer", "detail-type": "SFTP Server File Upload Failed", "detail": {
        "file-path": f"/{event['detail']['bucket']['name']}/{KEY}", "bytes": len(ROWS), "etag": event["detail"]["object"]["etag"],
        "failure-code": "PARTIAL_UPLOAD", "start-timestamp": at, "end-timestamp": at}})
    comes_to_rest(company.twin)

    assert told(company, erp) == [["received", "checked", "closed", "cut off"]]
    receipt = erp.receipt("products/today.csv")
    assert (receipt.outcomes, receipt.codes) == (CREATED, ["FILE-CUT-LATE"])
    assert company.body(f"{receipt.at}.result.csv") == before
    assert company.requests() == {"create": 4}


# ---- never
STATIONS = ("Intake", "Runs", "Main", "Closed")
"""Where something is on its way: the drop's event, the run, its chunks, the word that it is closed."""


def without_losses(company, erp):
    company.puts(KEY, ROWS.encode())
    comes_to_rest(company.twin)
    assert erp.receipt("products/today.csv").outcomes == CREATED
    end = ending(company)
    company.twin.reset(configuration=True)
    company.has_loaded_the_mirror()
    return end


@pytest.mark.parametrize("station", STATIONS)
def test_what_is_lost_on_its_way_is_found_again_by_itself(company, erp, station):
    end = without_losses(company, erp)
    with nobody_takes(company.twin, station):
        company.puts(KEY, ROWS.encode())
        loses_what_is_there(company, station)

    assert comes_to_rest(company.twin) > 0, "redrive had something to do"

    assert ending(company) == end
    assert company.requests() == {"create": 4}


def test_a_lost_reminder_that_nobody_spoke_of_the_upload_delays_it_only(company, erp):
    company.works_with(a_feed(), redrive_s=0, upload_event_s=600)
    company.puts(KEY, ROWS.encode())
    erp.receipt("products/today.csv", lambda receipt: receipt.state == "received")
    soon(lambda: sum(company.twin.running()["waiting"].values()) == 1, "only the reminder lies there")
    with nobody_takes(company.twin, "Intake"):
        company.twin.show_messages()
        assert [body["kind"] for body in throws_away(company.twin, "Intake")] == ["waited"]

    assert comes_to_rest(company.twin) > 0, "redrive had something to do"

    assert erp.receipt("products/today.csv").outcomes == CREATED


def test_a_run_that_loses_everything_once_at_every_station_ends_by_itself(company, erp):
    end = without_losses(company, erp)
    company.puts(KEY, ROWS.encode())
    for station in STATIONS:
        with nobody_takes(company.twin, station):
            company.twin.fire("redrive")
            loses_what_is_there(company, station)

    comes_to_rest(company.twin)

    assert ending(company) == end
    assert company.requests() == {"create": 4}


def test_what_only_waits_for_its_turn_is_not_sent_again_until_one_of_it_is_lost(company, erp):
    with nobody_takes(company.twin, "Main"):
        company.puts(KEY, ROWS.encode())
        soon(lambda: states(company) == ["applying"], "its chunks")
        sent = [company.twin.invoke("redrive", {}) for _ in range(3)]
        assert [(again["runs"], again["chunks"]) for again in sent] == [(0, 0)] * 3

        throws_away(company.twin, "Main", at_most=1)
        assert company.twin.invoke("redrive", {})["chunks"] == 2
        assert company.twin.invoke("redrive", {})["chunks"] == 0
    comes_to_rest(company.twin)

    assert erp.receipt("products/today.csv").outcomes == CREATED
    assert company.requests() == {"create": 4}


def loses_what_is_there(company: Company, station: str) -> None:
    if station == "Closed":
        soon(lambda: "closed" in states(company), "the close")
    else:
        throws_away(company.twin, station)


def states(company: Company) -> list[str]:
    """Of all runs, as the ledger has them."""
    items = company.twin.client("dynamodb").scan(TableName=company.twin.outputs["LedgerTable"])["Items"]
    return [item["state"]["S"] for item in items if item["sk"]["S"] == "run"]
