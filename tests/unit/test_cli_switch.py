"""Pausing and resuming as an operator does it: what is stopped is said everywhere, and a misspelled name stops nothing."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from bridge.adapters.body import Bodies
from bridge.adapters.budget import budget_item
from bridge.adapters.switch import SwitchItem
from bridge.configuration import Lane
from bridge.domain.lockout import Lockout
from bridge.domain.outage import Outage
from cli import aws
from tests.unit.cloud import Cloud

SAMPLE = Path(__file__).parents[2] / "config"
FEED = "nordhang-erp/prices"


@pytest.fixture
def cloud(monkeypatch):
    cloud = Cloud()
    monkeypatch.setattr(aws, "client", lambda service: getattr(cloud, service))
    cloud.done("config", "apply", SAMPLE)
    return cloud


def seen(cloud):
    """As a function sees it."""
    return SwitchItem(cloud.dynamodb, "ledger", Bodies(cloud.s3, "work")).current()


def test_a_new_deployment_writes_nothing_until_it_is_told_to(cloud):
    assert cloud.done("switch") == "writes to Plytix are off (bridge writes on)\n"
    assert seen(cloud).stops_writes()

    assert cloud.done("writes", "on") == "Writes to Plytix are on. What waited goes on by itself within five minutes\n"
    assert not seen(cloud).stops_writes()
    assert cloud.done("switch") == "Nothing is paused, and writes to Plytix are on\n"

    cloud.done("writes", "off")
    assert seen(cloud).stops_writes()


def test_a_key_that_plytix_refuses_is_told_with_what_to_do(cloud):
    budget_item(cloud.dynamodb, "ledger", Bodies(cloud.s3, "work")).change(
        lambda before: (replace(before, lockout=Lockout("v1", "Invalid credentials", 1_764_000_000_000, 0)), None))
    cloud.done("writes", "on")

    said = " ".join(cloud.done("switch").split())
    assert "does not accept the API key since 2025-11-24T16:00:00Z (Invalid credentials)" in said
    assert "`bridge secret set plytix --key KEY`" in said
    assert json.loads(cloud.done("switch", "--json"))["login_refused_since"].startswith("2025-11-24T16:00:00")


def test_a_plytix_that_does_not_answer_is_told_since_when_and_how_it_was_tried_last(cloud):
    budget_item(cloud.dynamodb, "ledger", Bodies(cloud.s3, "work")).change(
        lambda before: (replace(before, outage=Outage(1_764_000_000_000, "503", 1_764_000_060_000)), None))
    cloud.done("writes", "on")

    said = " ".join(cloud.done("switch").split())
    assert "Plytix does not answer since 2025-11-24T16:00:00Z (503; last tried 2025-11-24T16:01:00Z)" in said
    assert json.loads(cloud.done("switch", "--json"))["no_answer_since"].startswith("2025-11-24T16:00:00")


def test_a_paused_feed_stops_and_no_other(cloud):
    cloud.done("pause", "feed", FEED, "--why", "wrong price list")

    assert seen(cloud).stops_feed(FEED) == f"the feed {FEED} is paused (bridge resume feed {FEED}): wrong price list"
    assert not seen(cloud).stops_feed("lager-sued/stock")
    assert not seen(cloud).stops_lane(Lane.FAST)
    cloud.done("resume", "feed", FEED)
    assert not seen(cloud).stops_feed(FEED)


def test_all_that_is_paused_stops_lanes_feeds_and_channels_and_is_resumed_in_one_go(cloud):
    cloud.done("pause", "all")
    cloud.done("pause", "lane", "main")

    now = seen(cloud)
    assert now.stops_lane(Lane.FAST)
    assert now.stops_feed(FEED)
    assert now.stops_channel("retailer-catalogue")
    cloud.done("resume", "all")
    assert not seen(cloud).paused


def test_paused_twice_it_keeps_the_time_since_when(cloud):
    cloud.done("pause", "channel", "retailer-catalogue")
    [first] = json.loads(cloud.done("switch", "--json"))["paused"]
    cloud.done("pause", "channel", "retailer-catalogue", "--why", "the buyer is on holiday")

    [second] = json.loads(cloud.done("switch", "--json"))["paused"]
    assert second == first | {"why": "the buyer is on holiday"}


@pytest.mark.parametrize(("words", "said"), [
    (["feed", "nordhang-erp/price"], 'There is no feed "nordhang-erp/price". Did you mean nordhang-erp/prices'),
    (["feed", "x"], "there are: alpwerk/sheet, lager-sued/stock, nordhang-erp/prices, nordhang-erp/products"),
    (["channel", "x"], "there are: retailer-catalogue"), (["lane", "slow"], "there are: fast, main"),
    (["all", "x"], "After all comes no name"),
])
def test_what_there_is_not_cannot_be_paused(cloud, words, said):
    result = cloud.run("pause", *words)

    assert result.exit_code == 1
    assert said in result.output
    assert not seen(cloud).paused


def test_what_is_not_paused_cannot_be_resumed(cloud):
    result = cloud.run("resume", "lane", "fast")

    assert result.exit_code == 1
    assert "Not paused: lane fast. What is paused: nothing" in result.output
    cloud.done("pause", "feed", FEED)
    assert f"What is paused: feed {FEED}" in cloud.run("resume", "feed", "nordhang-erp/price").output
