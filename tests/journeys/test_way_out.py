"""The way out: what people complete in Plytix reaches a retailer as one file, whole, on its schedule or when somebody asks."""

import csv
import gzip
import hashlib
import io
import json

import pytest

from tests.actors import a_channel, a_feed, soon

COLUMNS = {"SKU": "sku", "Name": "label", "Price": {"from": "price", "style": "0,00"}}
SHEET = "sku;Name;Price\nCH-1;Stühlchen, „klein“;9.9\nCH-2;Bench;120\nCH-3;Sofa;499.995\n"
FILE = "/outbox/catalogue/catalogue.csv"


@pytest.fixture
def shop(company, erp):
    """A company with three products from its ERP, of which somebody has completed two."""
    company.works_with(a_feed(columns={"Name": "label", "Price": {"to": "price", "type": "decimal"}}), a_channel(columns=COLUMNS))
    erp.drops("products/today.csv", SHEET)
    for sku in ("CH-1", "CH-3"):
        company.plytix.edit(sku, {"status": "Completed"})
    return company


def rows(content):
    return list(csv.DictReader(io.StringIO(content.decode(), newline=""), delimiter=";"))


def listed(company):
    """What the retailer finds in his outbox."""
    return [key.removeprefix("retailer") for key in company.files("retailer/outbox/")]


def test_until_the_mirror_has_been_loaded_once_nothing_is_published(twin, shop, operator):
    """It holds what the bridge itself made, and would call all else deleted."""
    shop.has_not_loaded_the_mirror()
    refused = operator.types("publish", "catalogue")
    assert (refused.returncode, "first full load is not complete" in refused.stderr) == (1, True)
    twin.fire("catalogue", twin.outputs["ScheduleGroup"])
    twin.rest()
    assert listed(shop) == []

    shop.refreshes()
    assert operator.asks("publish", "catalogue")["rows"] == 2
    assert listed(shop) == [FILE, f"{FILE}.manifest.json"]


def test_the_retailer_fetches_completed_products_with_a_manifest_that_proves_them(shop, retailer, operator, tmp_path):
    shop.refreshes()
    told = operator.asks("publish", "catalogue")
    retailer.programs.sftp(f"get {FILE}* {tmp_path}")
    file, manifest = (tmp_path / "catalogue.csv").read_bytes(), json.loads((tmp_path / "catalogue.csv.manifest.json").read_text())

    assert rows(file) == [{"SKU": "CH-1", "Name": "Stühlchen, „klein“", "Price": "9,90"},
                          {"SKU": "CH-3", "Name": "Sofa", "Price": "500,00"}]
    assert (manifest["sha256"], manifest["bytes"], manifest["rows"]) == (hashlib.sha256(file).hexdigest(), len(file), 2)
    assert (manifest["snapshot"], manifest["run"]) == (told["snapshot"], told["run"])
    snapshot = gzip.decompress(shop.kept(f"snapshots/{manifest['snapshot']}.jsonl.gz")).decode()
    assert [sku in snapshot for sku in ("CH-1", "CH-2", "CH-3")] == [True] * 3, "one truth for all channels of a wave"


def test_what_a_person_edits_in_plytix_comes_with_the_next_refresh(shop, retailer, operator):
    shop.refreshes()
    operator.reads("publish", "catalogue")
    shop.plytix.edit("CH-1", {"label": "Little chair", "attributes": {"price": 8}})
    shop.plytix.edit("CH-3", {"status": "Draft"})
    shop.plytix.create({"sku": "HAND-1", "label": "Made by hand", "status": "Completed"})
    operator.reads("publish", "catalogue")
    assert [row["SKU"] for row in rows(retailer.client().get(FILE))] == ["CH-1", "CH-3"], "the mirror does not know yet"

    assert shop.refreshes()["read"] == 3
    operator.reads("publish", "catalogue")
    assert rows(retailer.client().get(FILE)) == [{"SKU": "CH-1", "Name": "Little chair", "Price": "8,00"},
                                                 {"SKU": "HAND-1", "Name": "Made by hand", "Price": ""}]


def test_who_has_just_changed_a_product_is_told_of_when_the_file_is_and_how_to_have_the_change_in(shop, operator):
    shop.refreshes()
    shop.plytix.edit("CH-2", {"status": "Completed"})

    told, refreshed = operator.reads("publish", "catalogue"), operator.asks("mirror")["refreshed"]
    assert "catalogue.csv: 2 products to retailer (sha256" in told
    assert f"when the mirror was last refreshed, {refreshed} (" in told
    assert "bridge mirror --refresh, then bridge publish catalogue again" in told

    assert operator.asks("mirror", "--refresh")["refresh"]["read"] == 1
    told = operator.asks("publish", "catalogue")
    assert (told["rows"], told["refreshed"]) == (3, operator.asks("mirror")["refreshed"])


def test_a_refresh_while_plytix_does_not_answer_is_refused_in_a_line(shop, operator):
    shop.plytix.outage("503")

    ended = operator.types("mirror", "--refresh")

    assert (ended.returncode, "Plytix answered 503" in ended.stderr, "Traceback" in ended.stderr) == (1, True, False), ended.stderr


def test_a_refresh_reads_in_full_only_what_somebody_else_changed(shop):
    shop.refreshes()
    shop.plytix.clear_log()

    assert shop.refreshes()["read"] == 0
    shop.plytix.edit("CH-2", {"label": "Long bench"})
    assert shop.refreshes()["read"] == 1
    assert "get" not in shop.requests()


def test_a_channel_is_published_when_its_time_comes(twin, shop, retailer):
    shop.refreshes()
    assert twin.fire("catalogue", twin.outputs["ScheduleGroup"])
    soon(lambda: f"{FILE}.manifest.json" in listed(shop), "the delivery")

    assert [row["SKU"] for row in rows(retailer.client("ftps").get(FILE))] == ["CH-1", "CH-3"]


def test_asked_twice_for_one_time_it_is_delivered_once(twin, shop):
    shop.refreshes()
    due = {"v": 1, "channel": "catalogue", "due": "2026-11-24T02:30:00Z"}
    first, second = twin.invoke("publish", due), twin.invoke("publish", due)

    assert (first["state"], second) == ("published", first)
    assert len(shop.versions(f"retailer{FILE}")) == 1


def test_when_the_mirror_is_too_old_the_old_file_stays_and_the_channel_is_late(shop, retailer, operator):
    shop.refreshes()
    operator.reads("publish", "catalogue")
    before = retailer.client().get(FILE)
    shop.works_with(a_feed(), a_channel(columns=COLUMNS, max_age_s=0))
    shop.plytix.edit("CH-2", {"status": "Completed"})

    late = soon(lambda: (told := operator.types("publish", "catalogue")).returncode and told, "being too late")
    assert (late.returncode, "s old" in late.stderr) == (1, True)
    assert retailer.client().get(FILE) == before
    assert next(run["state"] for run in operator.asks("runs") if run["what"] == "channel catalogue") == "late"


def test_a_refresh_that_fails_leaves_the_old_file_and_the_mirror_as_they_were(shop, retailer, operator):
    shop.refreshes()
    operator.reads("publish", "catalogue")
    before = retailer.client().get(FILE)
    shop.plytix.edit("CH-2", {"status": "Completed"})
    shop.plytix.outage("503")
    assert "errorType" in shop.twin.refresh()
    operator.reads("publish", "catalogue")
    assert retailer.client().get(FILE) == before

    shop.plytix.outage("off")
    assert shop.refreshes()["read"] == 1, "nobody waits for the turn of one who failed"
    operator.reads("publish", "catalogue")
    assert [row["SKU"] for row in rows(retailer.client().get(FILE))] == ["CH-1", "CH-2", "CH-3"]


def test_nobody_else_sees_what_a_recipient_gets(shop, erp, supplier, operator):
    shop.refreshes()
    operator.reads("publish", "catalogue")

    for other in (erp, supplier):
        assert other.client().names("/outbox") == []
        with pytest.raises(OSError):
            other.client().get(FILE)


def test_each_recipient_gets_the_same_file(shop, erp, retailer, operator):
    shop.works_with(a_feed(), a_channel(columns=COLUMNS, recipients=["retailer", "erp"]))
    shop.refreshes()

    assert operator.asks("publish", "catalogue")["recipients"] == ["retailer", "erp"]
    assert retailer.client().get(FILE) == erp.client().get(FILE)
    assert retailer.client().get(f"{FILE}.manifest.json") == erp.client().get(f"{FILE}.manifest.json")


def test_a_product_that_breaks_the_contract_is_held_back_and_told(shop, retailer, operator):
    shop.works_with(a_feed(), a_channel(columns=COLUMNS | {"Name": {"from": "label", "max": 10}}, delimiter=",", encoding="cp1252"))
    shop.refreshes()

    assert (told := operator.asks("publish", "catalogue"))["held"] == 1, told
    assert retailer.client().get(FILE) == b"SKU,Name,Price\r\nCH-3,Sofa,\"500,00\"\r\n"
    assert retailer.client().get(f"{FILE}.held.csv").decode("utf-8-sig").splitlines()[1:] == [
        'CH-1,Name,"18 characters long, allowed: 10"']


def test_the_file_is_named_for_the_day_in_the_channels_zone(twin, shop):
    shop.works_with(a_feed(), a_channel(file="catalogue_{date:%Y%m%d}.csv", when={"cron": "30 0 * * *", "zone": "Europe/Berlin"}))
    shop.refreshes()

    told = twin.invoke("publish", {"v": 1, "channel": "catalogue", "due": "2026-11-23T23:30:00Z"})
    assert told["file"] == "catalogue_20261124.csv"
    assert "/outbox/catalogue/catalogue_20261124.csv" in listed(shop)


def test_a_channel_that_is_not_there_is_refused_by_name(shop, operator):
    ended = operator.types("publish", "katalog")

    assert (ended.returncode, 'There is no channel "katalog"' in ended.stderr) == (1, True)


def test_the_operator_finds_the_delivery_among_the_runs(shop, operator):
    shop.refreshes()
    told = operator.asks("publish", "catalogue")

    delivery, drop = operator.asks("runs")
    assert (delivery["run"], delivery["what"], delivery["file"], delivery["rows"]) == (
        told["run"], "channel catalogue", "catalogue.csv", 2)
    assert drop["what"] == "feed erp/products"
