"""What waits for Plytix's limits, or for an operator, is seen to wait, loses nothing, and goes on by itself."""

import time
from collections import Counter

import pytest

from bridge.domain.row import Sku
from tests.actors import a_channel, a_feed, soon
from tests.faults.ending import tables_of

ROWS = 60
HOUR_S = 6


def drop(first=1, rows=3):
    return "sku;name\n" + "".join(f"A-{n};Chair {n}\n" for n in range(first, first + rows))


@pytest.fixture
def limited(company):
    """A Plytix whose ten seconds are one, and whose hour is ten."""
    company.plytix.windows([[40, 1], [60, 10]])
    forget_tokens(company)
    yield company
    forget_tokens(company)


def forget_tokens(company):
    for verb in ("apply", "refresh"):
        company.twin.kill(verb)


def a_second_passes():
    """So often do workers look at the switch: there is nothing to be seen by which one could wait for it."""
    time.sleep(1.1)


def goes_on(company):
    """Who was told to come again in minutes comes now."""
    company.twin.fire("redrive")
    company.twin.show_messages()


# ---- limits


def test_a_drop_larger_than_the_hour_waits_for_the_next_one_and_is_applied_once(limited, erp, operator):
    limited.works_with(a_feed(), chunk_size=20)

    sent = erp.sends("products/large.csv", drop(rows=ROWS))
    run = erp.receipt(sent, lambda told: told.state == "checked").whole["run"]
    soon(lambda: operator.asks("run", run)["outcomes"], "its beginning")
    foreseen = operator.asks("run", run)
    receipt = erp.closed(sent, within_s=90)

    assert foreseen["received"] < foreseen["expected"] or limited.twin.is_rough
    assert 0 < foreseen["outcomes"]["CREATED"] < ROWS or limited.twin.is_rough
    assert operator.asks("run", run)["expected"] == ""
    assert receipt.outcomes == {"CREATED": ROWS}
    asked = Counter((entry["kind"], entry["status"]) for entry in limited.plytix.log() if entry["kind"].startswith("product"))
    took_over = {("product.search", 200), ("product.read", 200)} if limited.twin.is_rough else set()  # from a worker that died
    assert asked["product.create", 201] == ROWS
    assert set(asked) - took_over == {("product.create", 201)}
    assert limited.twin.running()["left"] == {}


def test_prices_are_sent_in_the_middle_of_a_large_drop(limited, erp):
    """Of ten seconds that are twenty: so many requests as go in three of the ten may go before a price, and each be late by one."""
    limited.plytix.windows([[40, 20]])
    share = 32
    forget_tokens(limited)
    limited.plytix.products([{"sku": f"P-{n}"} for n in range(4)])
    limited.works_with(a_feed(), a_feed("prices", lane="fast", columns={"price": "price"}, creates="no"), chunk_size=20)
    limited.refreshes()
    erp.drops("prices/before.csv", "sku;price\nP-3;4.00\n")  # so that the function is there: its start says nothing of the budget
    large = erp.sends("products/large.csv", drop(rows=ROWS))
    soon(lambda: len(limited.products()) > 10, "the beginning of the large drop")

    sent = erp.sends("prices/now.csv", "sku;price\nP-0;1.00\nP-1;2.00\nP-2;3.00\n")
    erp.receipt(sent, lambda told: told.state != "received")
    committed = limited.plytix.counts()["total"]
    erp.closed(sent)

    assert len(limited.products()) < ROWS
    price = next(entry["number"] for entry in limited.plytix.log("product.patch") if entry["sku"] != "P-3")
    before = [entry for entry in limited.plytix.log("product.create") if committed < entry["number"] < price]
    assert len(before) <= share * (3 + 1) / 10 or limited.twin.is_rough
    limited.plytix.windows([])  # the rest need not take its time
    forget_tokens(limited)
    assert erp.closed(large, within_s=60).outcomes == {"CREATED": ROWS}


def test_a_429_that_others_caused_stops_all_and_costs_hardly_a_request(limited, erp):
    limited.works_with(a_feed(), chunk_size=2)
    limited.plytix.storm(4)

    receipt = erp.drops("products/some.csv", drop(rows=20), within_s=60)

    assert receipt.outcomes == {"CREATED": 20}
    assert Counter(entry["status"] for entry in limited.plytix.log())[429] <= 12
    assert limited.twin.running()["left"] == {}


@pytest.mark.parametrize("mode", ["503", "drop"])
def test_after_an_outage_of_two_hours_all_is_applied_once_and_within_the_limits(limited, erp, mode):
    limited.plytix.windows([[40, 1], [60, HOUR_S]])
    ours, rows = 48, 80  # of 60
    limited.works_with(a_feed(), chunk_size=5)
    sent = erp.sends("products/some.csv", drop(rows=rows))
    soon(lambda: limited.products(), "the beginning of the drop")
    limited.plytix.outage(mode)
    time.sleep(2 * HOUR_S)
    waiting = rows - len(limited.products())
    limited.plytix.outage("off")

    assert waiting > ours, "more than an hour allows"
    assert erp.closed(sent, within_s=90).outcomes == {"CREATED": rows}
    assert 429 not in {entry["status"] for entry in limited.plytix.log()}
    assert [entry["sku"] for entry in limited.plytix.changes()] == list(dict.fromkeys(entry["sku"] for entry in limited.plytix.changes()))
    assert len(limited.products()) == rows
    assert limited.twin.running()["left"] == {}


# ---- by hand


def test_until_writes_are_on_drops_are_checked_and_nothing_is_sent(company, erp, operator):
    company.works_with(a_feed())
    operator.reads("writes", "off")

    sent = erp.sends("products/today.csv", drop())
    assert erp.receipt(sent, lambda told: told.state == "checked").rows == 3
    soon(lambda: company.twin.running()["waiting"], "the chunk's waiting")
    assert company.sent() == 0
    assert "writes to Plytix are off" in operator.reads("runs")
    told = soon(lambda: (run := operator.asks("run", erp.receipt(sent).whole["run"]))["waits"] and run, "why it waits")
    assert "writes to Plytix are off" in told["waits"]
    assert told["expected"] == "", "nobody can tell"

    operator.reads("writes", "on")
    a_second_passes()
    goes_on(company)
    assert erp.closed(sent).outcomes == {"CREATED": 3}


@pytest.mark.parametrize("words", [["all"], ["lane", "main"], ["feed", "erp/products"]], ids=" ".join)
def test_what_is_paused_waits_and_goes_on_when_it_is_resumed(company, erp, operator, words):
    company.works_with(a_feed())
    operator.reads("pause", *words, "--why", "stocktaking")
    a_second_passes()

    sent = erp.sends("products/today.csv", drop())
    erp.receipt(sent, lambda told: told.state == "checked")
    assert company.twin.invoke("redrive", {})["chunks"] == 0
    assert company.sent() == 0
    assert "paused" in operator.reads("runs")

    operator.reads("resume", *words)
    a_second_passes()
    goes_on(company)
    assert erp.closed(sent).outcomes == {"CREATED": 3}


@pytest.mark.parametrize(("lane", "seen"), [("main", "Chair"), ("fast", "Armchair")])
def test_the_mirror_is_kept_current_in_the_lane_that_gives_way(company, operator, lane, seen):
    company.works_with(a_feed())
    company.plytix.products([{"sku": "A-1", "label": "Chair"}])
    company.refreshes()
    operator.reads("pause", "lane", lane)
    a_second_passes()
    company.plytix.edit("A-1", {"label": "Armchair"})
    company.plytix.clear_log()

    company.refreshes()

    assert tables_of(company.twin).mirror(Sku("A-1")).values["label"] == seen
    assert bool(company.requests()) is (lane == "fast"), "nothing is asked in a lane that is paused"
    operator.reads("resume", "lane", lane)


def test_a_paused_feed_stops_no_other(company, erp, supplier, operator):
    company.works_with(a_feed(), a_feed(partner="supplier"))
    operator.reads("pause", "feed", "erp/products")
    a_second_passes()

    waiting = erp.sends("products/today.csv", drop())
    assert supplier.drops("products/today.csv", drop(first=11)).outcomes == {"CREATED": 3}
    assert sorted(company.products()) == ["A-11", "A-12", "A-13"]

    operator.reads("resume", "feed", "erp/products")
    a_second_passes()
    goes_on(company)
    erp.closed(waiting)


def test_a_paused_channel_is_late_and_its_file_comes_when_it_is_resumed(company, retailer, operator):
    company.works_with(a_channel())
    company.plytix.products([{"sku": "A-1", "label": "Chair", "status": "Completed"}])
    company.refreshes()
    operator.reads("pause", "channel", "catalogue")
    a_second_passes()

    refused = operator.types("publish", "catalogue")
    assert refused.returncode == 1
    assert "the channel catalogue is paused" in refused.stderr

    operator.reads("resume", "channel", "catalogue")
    a_second_passes()
    operator.reads("publish", "catalogue")
    assert "A-1" in retailer.client().get("/outbox/catalogue/catalogue.csv").decode()
