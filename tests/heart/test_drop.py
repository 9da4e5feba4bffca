"""Which objects are drops, and which feed takes them, by their names (DESIGN.md §4)."""

from __future__ import annotations

import pytest

from bridge.configuration import Bundle, Column, Feed, Key, Partner
from bridge.domain.drop import Drop, folders, in_inbox, takers, takes


def a_drop(key="acme/inbox/prices/today.csv"):
    return Drop("exchange", key, "v1", 10, "etag", 0)


@pytest.mark.parametrize("name", ["today.csv.part", "today.csv.filepart", "today.csv.tmp", "today.csv.crdownload", "today.csv.uploading",
                                  "TODAY.CSV.PART", ".today.csv", ".today.csv.swp"])
def test_names_that_clients_give_a_file_until_it_is_whole_are_not_taken(name):
    assert a_drop(f"acme/inbox/prices/{name}").is_half


@pytest.mark.parametrize("name", ["today.csv", "part.csv", "today.part.csv", "TMP", "today", "today.csv~"])
def test_other_names_are_whole(name):
    assert not a_drop(f"acme/inbox/prices/{name}").is_half


def test_a_drop_tells_partner_path_and_name():
    drop = a_drop("acme/inbox/prices/2026/today ü.csv")

    assert (drop.partner, drop.path, drop.name) == ("acme", "prices/2026/today ü.csv", "today ü.csv")
    assert a_drop("acme/inbox/prices/").is_folder


@pytest.mark.parametrize(("key", "is_in"), [
    ("acme/inbox/today.csv", True), ("acme/inbox/prices/today.csv", True), ("acme/receipts/today.csv", False), ("acme/inbox", False),
    ("inbox/today.csv", False), ("acme/outbox/inbox/today.csv", False), ("acme/inboxes/today.csv", False)])
def test_only_what_lies_in_an_inbox_is_a_drop(key, is_in):
    assert in_inbox(key) is is_in


@pytest.mark.parametrize(("pattern", "path", "taken"), [
    ("prices/*.csv", "prices/today.csv", True),
    ("prices/*.csv", "prices/2026/today.csv", False),
    ("prices/*.csv", "prices/today.csv.part", False),
    ("prices/*.csv", "Prices/today.csv", False),
    ("PRICE_*.csv", "PRICE_20261124.csv", True),
    ("PRICE_*.csv", "price_20261124.csv", False),
    ("PRICE_*.csv", "prices/PRICE_20261124.csv", False),
    ("*/*.csv", "prices/today.csv", True),
    ("stock/BESTAND.TXT", "stock/BESTAND.TXT", True),
    ("a[1].csv", "a1.csv", True),
])
def test_a_pattern_takes_whole_paths_and_a_star_stays_within_a_folder(pattern, path, taken):
    assert takes(pattern, path) is taken


def a_feed(name, *patterns, partner="acme"):
    return Feed(partner=partner, name=name, takes=patterns, key=Key(column="sku"), columns={"price": Column(to="price")})


FEEDS = [a_feed("prices", "prices/*.csv", "PRICE_*.csv"), a_feed("stock", "stock/*.csv"), a_feed("all", "prices/all_*.csv"),
         a_feed("prices", "prices/*.csv", partner="other")]
BUNDLE = Bundle(version="1", partners={"acme": Partner(name="Acme"), "other": Partner(name="Other")}, feeds={f.id: f for f in FEEDS})


@pytest.mark.parametrize(("key", "found"), [
    ("acme/inbox/prices/today.csv", ["acme/prices"]),
    ("acme/inbox/PRICE_1.csv", ["acme/prices"]),
    ("acme/inbox/prices/all_1.csv", ["acme/prices", "acme/all"]),
    ("acme/inbox/images/1.csv", []),
    ("nobody/inbox/prices/today.csv", []),
])
def test_all_feeds_of_the_partner_that_take_a_drop_are_found_and_no_other_partners(key, found):
    assert [feed.id for feed in takers(BUNDLE, a_drop(key))] == found


def test_who_missed_a_folder_is_told_those_that_his_feeds_know():
    assert folders(BUNDLE, "acme") == ["", "prices", "stock"]
