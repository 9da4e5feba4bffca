"""A channel is published whole or not at all, once a due time, from one snapshot."""

import csv
import gzip
import hashlib
import io
import json

import pytest

from bridge.configuration import Bundle, Channel, Partner, Settings
from bridge.domain.delivery import Delivery, DeliveryState
from bridge.domain.mirror import Existence, Mirror
from bridge.domain.row import Sku
from bridge.errors import Stop
from bridge.ports import MirrorState
from bridge.services.publish import Publish, publish

DUE = 1_795_487_400_000  # 2026-11-24T02:30:00Z
HOUR = 3_600_000
FACTS = {"created": 1, "family": None, "parent": None, "categories": [], "assets": []}


class Death(Exception):
    """The worker was killed."""


class World:
    """Everything outside, as one hand-written fake of all ports; `dies_at` is the call before which the worker is killed."""

    def __init__(self, *, mirror=None, state=None, dies_at=None):
        self.mirror = {Sku(sku): mirrored(**values) for sku, values in (mirror or {}).items()}
        self.mirror_state = state or MirrorState(loaded=1, since=DUE, refreshed=DUE)
        self.now, self.dies_at, self.calls, self.scans = DUE + 1000, dies_at, 0, 0
        self.snapshots, self.aside, self.files, self.written = {}, {}, {}, []
        self.ledger = {}

    def step(self):
        self.calls += 1
        if self.calls == self.dies_at:
            raise Death

    def clock(self):
        return self.now

    def state(self):
        self.step()
        return self.mirror_state

    def all_mirrors(self):
        self.step()
        self.scans += 1
        yield from list(self.mirror.items())

    def lines(self, id):
        self.step()
        return iter(gzip.open(io.BytesIO(self.snapshots[id]))) if id in self.snapshots else None

    def put(self, id, content):
        self.step()
        return self.snapshots.setdefault(id, content.read()) is not None

    def set_aside(self, run, name, content):
        self.step()
        self.aside[run, name] = content.read()

    def deliver(self, run, name, partner, channel):
        self.step()
        self._publish(f"{partner}/outbox/{channel}/{name}", self.aside[run, name])

    def write(self, partner, channel, name, content):
        self.step()
        self._publish(f"{partner}/outbox/{channel}/{name}", content)

    def _publish(self, place, content):
        self.files[place] = content
        self.written.append(place)

    def begin(self, channel, due, now):
        self.step()
        return self.ledger.setdefault((channel, due), Delivery(f"run-{len(self.ledger)}", channel, due, now))

    def finish(self, delivery):
        self.step()
        self.ledger[delivery.channel, delivery.due] = delivery

    def publish(self, channel, due=DUE, name=None):
        partners = {partner: Partner(name=partner) for partner in ("bigmart", "smallmart")}
        company = Bundle.of(Settings(), partners, {}, {channel.name: channel})
        return publish(name or channel.name, due, Publish(company, self, self, self, self, self, self.clock))


def mirrored(existence=Existence.LIVING, **values):
    return Mirror(existence, "64b0", 5, values, FACTS, version=1)


def a_channel(**said):
    given = {"name": "retail", "recipients": ["bigmart"], "file": "catalogue_{date:%Y%m%d}.csv",
             "columns": {"SKU": "sku", "Title": {"from": "label", "max": 10}, "Price": {"from": "price", "style": "0,00"}}}
    return Channel.model_validate(given | said)


SHOES = {
    "ACME-1": {"status": "Completed", "label": "Läufer", "price": 19.9},
    "ACME-2": {"status": "Draft", "label": "Draft"},
    "ACME-3": {"status": "Completed", "label": 'Quo"te;d', "price": 5},
}


def test_the_recipient_gets_the_completed_products_and_a_manifest_that_proves_them():
    world = World(mirror=SHOES)

    done = world.publish(a_channel())

    file = world.files["bigmart/outbox/retail/catalogue_20261124.csv"]
    rows = list(csv.reader(io.StringIO(file.decode(), newline=""), delimiter=";"))
    assert rows == [["SKU", "Title", "Price"], ["ACME-1", "Läufer", "19,90"], ["ACME-3", 'Quo"te;d', "5,00"]]
    manifest = json.loads(world.files["bigmart/outbox/retail/catalogue_20261124.csv.manifest.json"])
    assert manifest == {
        "format": 1, "file": "catalogue_20261124.csv", "sha256": hashlib.sha256(file).hexdigest(), "bytes": len(file), "rows": 2,
        "snapshot": "20261124T023000.000000Z", "run": done.run, "channel": "retail", "columns": ["SKU", "Title", "Price"],
        "made": "2026-11-24T02:30:01.000+00:00",
    }
    assert (done.state, done.rows, done.held, done.recipients) == (DeliveryState.PUBLISHED, 2, 0, ("bigmart",))


@pytest.mark.parametrize(("zone", "day"), [("UTC", "20261123"), ("Europe/Berlin", "20261124")])
def test_the_file_carries_the_day_of_the_channels_own_zone(zone, day):
    half_past_eleven_utc = DUE - 3 * HOUR

    done = World(mirror=SHOES).publish(a_channel(when={"cron": "30 0 * * *", "zone": zone}), half_past_eleven_utc)

    assert done.file == f"catalogue_{day}.csv"


@pytest.mark.parametrize(("state", "why"), [
    (MirrorState(), "first full load"),
    (MirrorState(loaded=1, refreshed=DUE - 2 * HOUR), "7201 s old; this channel takes 3600 s"),
])
def test_a_channel_is_late_and_its_old_file_stays_while_the_mirror_is_not_fit(state, why):
    world = World(mirror=SHOES, state=state)
    world.files["bigmart/outbox/retail/catalogue_20261124.csv"] = b"of yesterday"

    done = world.publish(a_channel(max_age_s=3600))

    assert done.state is DeliveryState.LATE
    assert why in done.why
    assert world.files == {"bigmart/outbox/retail/catalogue_20261124.csv": b"of yesterday"}
    assert world.snapshots == {}


def test_a_late_channel_is_published_when_it_is_asked_for_again_and_the_mirror_is_fit():
    world = World(mirror=SHOES, state=MirrorState())
    late = world.publish(a_channel())
    world.mirror_state = MirrorState(loaded=1, refreshed=DUE)

    done = world.publish(a_channel())

    assert (done.state, done.run, done.why) == (DeliveryState.PUBLISHED, late.run, "")


def test_the_same_due_time_twice_is_one_delivery():
    world = World(mirror=SHOES)
    first = world.publish(a_channel())
    world.mirror[Sku("ACME-4")] = mirrored(status="Completed", label="New")
    before = list(world.written)

    assert world.publish(a_channel()) == first
    assert world.written == before


def test_products_that_people_deleted_are_not_in_the_file():
    world = World(mirror={"ACME-1": SHOES["ACME-1"], "ACME-9": {"existence": Existence.GONE, **SHOES["ACME-1"]}})

    assert world.publish(a_channel()).rows == 1


def test_products_held_back_are_listed_with_the_reason_in_a_sibling_report():
    world = World(mirror=SHOES | {"ACME-7": {"status": "Completed", "label": "far too long a title", "price": "?"}})

    done = world.publish(a_channel())

    report = world.files["bigmart/outbox/retail/catalogue_20261124.csv.held.csv"].decode("utf-8-sig")
    assert list(csv.reader(io.StringIO(report, newline=""), delimiter=";"))[1:] == [
        ["ACME-7", "Title", "20 characters long, allowed: 10"], ["ACME-7", "Price", '"?" is not a number']]
    assert (done.rows, done.held) == (2, 1)
    assert b"ACME-7" not in world.files["bigmart/outbox/retail/catalogue_20261124.csv"]


def test_no_report_lies_beside_a_file_from_which_nothing_was_held_back():
    world = World(mirror=SHOES)
    world.publish(a_channel())

    assert [place for place in world.files if "held" in place] == []


def test_channels_of_one_wave_are_made_from_one_snapshot():
    world = World(mirror=SHOES)
    first = world.publish(a_channel())
    world.mirror[Sku("ACME-4")] = mirrored(status="Completed", label="New")

    second = world.publish(a_channel(name="market", file="market.csv"))

    assert (second.snapshot, second.rows) == (first.snapshot, first.rows)
    assert world.scans == 1


def test_of_two_that_take_the_snapshot_at_once_the_first_counts():
    world = World(mirror=SHOES)
    other = World(mirror={"ACME-1": SHOES["ACME-1"]})
    other.publish(a_channel())
    take = world.put
    world.put = lambda id, content: world.snapshots.update(other.snapshots) or take(id, content)

    assert world.publish(a_channel()).rows == 1


def test_wherever_the_worker_dies_nobody_sees_half_a_file_and_the_next_attempt_ends_the_same():
    channel = a_channel(recipients=["bigmart", "smallmart"], columns={"SKU": "sku", "Title": {"from": "label", "max": 7}})
    unharmed = World(mirror=SHOES)
    unharmed.publish(channel)
    assert len(unharmed.files) == 6  # file, report and manifest, for each

    for call in range(1, unharmed.calls + 1):
        world = World(mirror=SHOES, dies_at=call)
        with pytest.raises(Death):
            world.publish(channel)
        for place, content in world.files.items():
            assert content == unharmed.files[place]
        for manifest in (place for place in world.files if place.endswith(".manifest.json")):
            assert manifest.removesuffix(".manifest.json") in world.files

        if world.snapshots:  # once it is taken, the hour at which the work is done again changes nothing
            world.now += HOUR
        done = world.publish(channel)

        assert done.state is DeliveryState.PUBLISHED
        assert world.files == unharmed.files


def test_the_manifest_is_the_last_thing_that_a_recipient_gets():
    world = World(mirror=SHOES)
    world.publish(a_channel(recipients=["bigmart", "smallmart"], columns={"SKU": {"from": "sku", "max": 1}}))

    kinds = [place.split("catalogue_20261124.csv")[1] or "file" for place in world.written]
    assert kinds == ["file", ".held.csv", ".manifest.json"] * 2


def test_a_channel_that_the_configuration_does_not_have_is_refused_by_name():
    with pytest.raises(Stop, match="wholesale"):
        World(mirror=SHOES).publish(a_channel(), name="wholesale")
