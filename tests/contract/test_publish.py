"""Publishing with the real adapters, against MiniStack: what the hand-written fakes of tests/unit/test_publish.py only claim."""

import csv
import hashlib
import io
import json
import time
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from uuid import uuid4

import pytest

from bridge.adapters.body import Bodies
from bridge.adapters.configuration import KEY
from bridge.adapters.deliveries import DeliveryLedger
from bridge.adapters.mirror_states import MirrorStates
from bridge.adapters.outbox import OutboxStore
from bridge.adapters.snapshots import SnapshotStore
from bridge.adapters.tables import Names, Tables
from bridge.configuration import Bundle, Channel, Partner, Settings
from bridge.domain.delivery import Delivery, DeliveryState
from bridge.domain.mirror import Existence, Mirror
from bridge.domain.row import Sku
from bridge.errors import Unreadable
from bridge.ports import MirrorState, Put
from bridge.services.publish import Publish, publish

DUE = 1_795_487_400_000  # 2026-11-24T02:30:00Z
FACTS = {"created": 1, "family": None, "parent": None, "categories": [], "assets": []}


@pytest.fixture
def company(cloud):
    """A company of its own: buckets, tables, and the adapters over them."""
    return Company(cloud, uuid4().hex[:8])


class Company:
    def __init__(self, cloud, name):
        self.cloud = cloud
        self.work, self.exchange = cloud.bucket(f"work-{name}"), cloud.bucket(f"exchange-{name}")
        self.ledger_table = self._table(f"ledger-{name}", "pk", "sk")
        bodies = Bodies(cloud.s3, self.work)
        self.mirror_table = self._table(f"mirror-{name}", "sku")
        self.tables = Tables(cloud.dynamodb, Names(mirror=self.mirror_table), bodies)
        self.states = MirrorStates(cloud.dynamodb, self.ledger_table)
        self.deliveries = DeliveryLedger(cloud.dynamodb, self.ledger_table)
        self.snapshots, self.outbox = SnapshotStore(cloud.s3, self.work), OutboxStore(cloud.s3, self.work, self.exchange)

    def _table(self, name, *keys):
        self.cloud.dynamodb.create_table(
            TableName=name, BillingMode="PAY_PER_REQUEST",
            AttributeDefinitions=[{"AttributeName": key, "AttributeType": "S"} for key in keys],
            KeySchema=[{"AttributeName": key, "KeyType": kind} for key, kind in zip(keys, ("HASH", "RANGE"), strict=False)])
        return name

    def holds(self, sku, existence=Existence.LIVING, **values):
        assert self.tables.write(Put(Sku(sku), Mirror(), Mirror(existence, f"id-{sku}", 5, values, FACTS)))

    def is_loaded(self, at=DUE):
        self.states.complete(MirrorState(loaded=at, since=at, refreshed=at, schema="1"))

    def publish(self, channel, now=DUE + 1000):
        partners = {partner: Partner(name=partner) for partner in channel.recipients}
        bundle = Bundle.of(Settings(), partners, {}, {channel.name: channel})
        needs = Publish(bundle, self.states, self.tables, self.snapshots, self.outbox, self.deliveries, lambda: now)
        return publish(channel.name, DUE, needs)

    def file(self, name):
        return self.cloud.s3.get_object(Bucket=self.exchange, Key=name)["Body"].read()


def a_channel(**said):
    given = {"name": "retail", "recipients": ["bigmart"], "file": "catalogue.csv", "columns": {"SKU": "sku", "Title": "label"}}
    return Channel.model_validate(given | said)


def test_a_channel_goes_from_the_mirror_to_all_outboxes(company):
    company.is_loaded()
    company.holds("ACME-1", status="Completed", label="Läufer")
    company.holds("ACME-2", status="Draft", label="Draft")
    company.holds("ACME-3", Existence.GONE, status="Completed", label="Gone")

    done = company.publish(a_channel(recipients=["bigmart", "smallmart"]))

    assert company.cloud.keys(company.exchange) == [
        f"{partner}/outbox/retail/catalogue.csv{end}" for partner in ("bigmart", "smallmart") for end in ("", ".manifest.json")]
    file = company.file("smallmart/outbox/retail/catalogue.csv")
    assert list(csv.reader(io.StringIO(file.decode(), newline=""), delimiter=";")) == [["SKU", "Title"], ["ACME-1", "Läufer"]]
    manifest = json.loads(company.file("bigmart/outbox/retail/catalogue.csv.manifest.json"))
    assert (manifest["sha256"], manifest["run"]) == (hashlib.sha256(file).hexdigest(), done.run)
    assert company.deliveries.latest("retail", 5) == [done]


def test_a_mirror_that_was_never_loaded_is_not_published(company):
    company.holds("ACME-1", status="Completed", label="Läufer")

    done = company.publish(a_channel())

    assert (done.state, company.cloud.keys(company.exchange)) == (DeliveryState.LATE, [])
    assert company.deliveries.latest("retail", 5) == [done]


def test_a_second_channel_of_the_wave_takes_the_snapshot_that_is_there(company):
    company.is_loaded()
    company.holds("ACME-1", status="Completed", label="Läufer")
    first = company.publish(a_channel())
    company.holds("ACME-2", status="Completed", label="New")

    second = company.publish(a_channel(name="market"))

    assert (second.snapshot, second.rows) == (first.snapshot, 1)
    assert company.cloud.keys(company.work, "snapshots/") == [f"snapshots/{first.snapshot}.jsonl.gz"]


def test_a_snapshot_once_there_is_never_replaced(company):
    assert company.snapshots.lines("s") is None
    assert company.snapshots.put("s", io.BytesIO(b"first"))
    assert not company.snapshots.put("s", io.BytesIO(b"second"))


def test_a_delivery_is_begun_once_and_what_is_published_stays_published(company):
    begun = company.deliveries.begin("retail", DUE, DUE + 5)
    assert company.deliveries.begin("retail", DUE, DUE + 900) == begun

    published = Delivery(begun.run, "retail", DUE, DUE + 5, DeliveryState.PUBLISHED, file="a.csv", rows=3, recipients=("bigmart",))
    company.deliveries.finish(published)
    company.deliveries.finish(Delivery(begun.run, "retail", DUE, DUE + 5, DeliveryState.LATE, why="a slower worker"))

    assert company.deliveries.begin("retail", DUE, DUE + 1000) == published


def test_the_latest_deliveries_come_first(company):
    for minute in range(4):
        company.deliveries.begin("retail", DUE + 60_000 * minute, DUE)
    company.deliveries.begin("other", DUE, DUE)

    assert [delivery.due - DUE for delivery in company.deliveries.latest("retail", 2)] == [180_000, 120_000]


def test_a_delivery_of_another_format_is_left_in_place(company):
    company.deliveries.begin("retail", DUE, DUE)
    company.cloud.dynamodb.update_item(
        TableName=company.ledger_table, Key={"pk": {"S": "delivery#retail"}, "sk": {"S": "2026-11-24T02:30:00.000Z"}},
        UpdateExpression="SET f = :other", ExpressionAttributeValues={":other": {"N": "9"}})

    with pytest.raises(Unreadable, match="format 9"):
        company.deliveries.begin("retail", DUE, DUE)


@pytest.fixture
def function(company, monkeypatch):
    """The publish function as Lambda starts it, over this company."""
    variables = company.cloud.stack.environment | {
        "WORK_BUCKET": company.work, "EXCHANGE_BUCKET": company.exchange, "LEDGER_TABLE": company.ledger_table,
        "MIRROR_TABLE": company.mirror_table, "POWERTOOLS_METRICS_DISABLED": "true"}
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    specification = spec_from_file_location("publish_function", Path(__file__).parents[2] / "functions/export/publish.py")
    module = module_from_spec(specification)
    specification.loader.exec_module(module)
    return lambda **event: module.handler(event, Context())


class Context:
    function_name, memory_limit_in_mb, invoked_function_arn, aws_request_id = "publish", 128, "arn", "id"


def test_the_function_answers_what_it_published_and_the_same_when_it_is_called_twice(company, function):
    company.is_loaded(at=time.time_ns() // 1_000_000)
    company.holds("ACME-1", status="Completed", label="Läufer")
    bundle = Bundle.of(Settings(), {"bigmart": Partner(name="bigmart")}, {}, {"retail": a_channel()})
    company.cloud.s3.put_object(Bucket=company.work, Key=KEY, Body=bundle.model_dump_json(by_alias=True).encode())

    answer = function(v=1, channel="retail", due="2026-11-24T02:30:00Z")

    assert (answer["state"], answer["file"], answer["rows"], answer["recipients"]) == ("published", "catalogue.csv", 1, ["bigmart"])
    assert answer["sha256"] == hashlib.sha256(company.file("bigmart/outbox/retail/catalogue.csv")).hexdigest()
    assert function(v=1, channel="retail", due="2026-11-24T02:30:00Z") == answer
