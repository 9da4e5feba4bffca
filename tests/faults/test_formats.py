"""Everything stored says its format; what a code cannot read it leaves in place, with a word (DESIGN.md §3)."""

from __future__ import annotations

import gzip
import json
from typing import Any

import orjson
import pytest

from tests.actors import Company, a_channel, a_feed, soon
from tests.faults.ending import comes_to_rest
from tests.faults.losses import nobody_takes, throws_away

ROWS = "sku;name\nA-1;Chair\nA-2;Table\n"
SETTINGS = {"upload_event_s": 0, "redrive_s": 0, "retry_s": 0}


@pytest.fixture
def company(company: Company) -> Company:
    company.works_with(a_feed(), a_channel(), **SETTINGS)
    return company


def drops(company: Company, rows: str = ROWS, name: str = "today") -> None:
    company.puts(f"erp/inbox/products/{name}.csv", rows.encode())


def items(company: Company, table: str) -> list[dict[str, Any]]:
    return company.twin.client("dynamodb").scan(TableName=company.twin.outputs[f"{table}Table"])["Items"]


def head(company: Company, key: str) -> Any:
    """The first line of an object of ours, or all of it."""
    body = company.twin.client("s3").get_object(Bucket=company.twin.outputs["WorkBucket"], Key=key)["Body"].read()
    text = gzip.decompress(body) if body.startswith(b"\x1f\x8b") else body
    return orjson.loads(text.splitlines()[0] if not key.endswith(".json") else text)


def test_every_item_says_its_format(company, operator):
    drops(company)
    comes_to_rest(company.twin)
    company.plytix.edit("A-1", {"status": "Completed"})
    company.refreshes()
    operator.reads("publish", "catalogue")
    drops(company, name="again")
    company.plytix.outage("503")
    drops(company, "sku;name\nA-1;Armchair\n", "open")  # with its claim
    soon(lambda: any(item["pk"]["S"].startswith("claim#") for item in items(company, "Ledger")), "a claim")

    for table in ("Ledger", "Wanted", "Mirror", "History"):
        stored = items(company, table)
        assert stored
        assert [item for item in stored if item.get("f") != {"N": "1"}] == [], table


def test_every_object_of_ours_says_its_format(company, operator):
    drops(company)
    comes_to_rest(company.twin)
    company.plytix.edit("A-1", {"status": "Completed"})
    company.refreshes()
    operator.reads("publish", "catalogue")

    found = company.twin.client("s3").list_objects_v2(Bucket=company.twin.outputs["WorkBucket"])["Contents"]
    ours = [thing["Key"] for thing in found if thing["Key"].partition("/")[0] not in ("archive", "outgoing")]
    assert {key.partition("/")[0] for key in ours} == {"configuration", "schema", "stages", "snapshots"}
    assert [key for key in ours if head(company, key).get("format") != 1] == []
    assert [key for key in company.files("erp/receipts/") if key.endswith(".json") and json.loads(company.body(key))["format"] != 1] == []


@pytest.mark.parametrize("queue", ["Runs", "Main"])
def test_every_message_says_its_format(company, queue):
    with nobody_takes(company.twin, queue):
        drops(company)
        assert [message["v"] for message in throws_away(company.twin, queue)] == [1]


# ---- what an older code finds after a newer one
def becomes(company: Company, table: str, key: dict[str, str], format: int) -> None:
    names = {name: {"S": value} for name, value in key.items()}
    company.twin.client("dynamodb").update_item(
        TableName=company.twin.outputs[f"{table}Table"], Key=names, UpdateExpression="SET f = :f",
        ExpressionAttributeValues={":f": {"N": str(format)}})


@pytest.mark.parametrize(("table", "key", "who"), [
    ("Mirror", {"sku": "A-1"}, "apply"),
    ("Wanted", {"sku": "A-1", "feed": "erp/products"}, "prepare"),
])
def test_what_cannot_be_read_is_left_in_place_with_a_word_and_the_run_goes_on_as_soon_as_it_can(company, erp, table, key, who):
    drops(company)
    comes_to_rest(company.twin)
    becomes(company, table, key, 9)
    left = [item for item in items(company, table) if item["f"] == {"N": "9"}]

    drops(company, "sku;name\nA-1;Armchair\n", "later")
    soon(lambda: [line for line in company.twin.log(who) if "an item of format 9 was left in place" in line], "the word")
    assert [item for item in items(company, table) if item["f"] == {"N": "9"}] == left
    assert erp.receipt("products/later.csv").state in ("received", "checked")

    becomes(company, table, key, 1)
    company.twin.show_messages()
    comes_to_rest(company.twin)
    assert erp.receipt("products/later.csv").outcomes == {"UPDATED": 1}


def test_a_message_of_another_format_stays_in_its_queue(company):
    sqs, url = company.twin.client("sqs"), company.twin.outputs["MainQueueUrl"]
    sqs.send_message(QueueUrl=url, MessageBody=json.dumps({"v": 9, "kind": "tomorrow"}))

    soon(lambda: [line for line in company.twin.log("apply") if "a message of format 9" in line], "the word")

    assert sum(n for name, n in company.twin.running()["waiting"].items() if "Main" in name) == 1
