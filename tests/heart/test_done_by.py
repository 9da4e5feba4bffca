"""When a run will be done is told before its first write, whoever goes first; only where a person must act nobody can tell."""

from __future__ import annotations

from dataclasses import replace

import pytest

from bridge.configuration import Bundle, Column, Feed, Key, Lane, Partner, Settings
from bridge.domain.budget import Budget, Terms, Window
from bridge.domain.lockout import Lockout
from bridge.domain.outage import Outage
from bridge.domain.run import Run
from bridge.domain.switch import Kind, Pause, Switch, Target
from bridge.domain.waiting import Waiting
from bridge.services.prepare import Prepare, prepare
from bridge.services.receive import Intake, receive
from tests.heart.world import World

HOUR = 3_600_000
TERMS = Terms((Window(50, 10_000), Window(5_000, HOUR)), 0.8)
SPACING = 250  # ms between two requests
ON = Switch(writes=True)


def a_feed(name: str, lane: str) -> Feed:
    return Feed(partner="acme", name=name, takes=(f"{name}/*.csv",), key=Key(column="sku"), columns={"name": Column(to="label")},
                creates=True, lane=lane)


class Account:
    """Feeds `items` and `sheets` of lane main, `prices` of fast; no worker takes what is committed."""

    def __init__(self) -> None:
        feeds = {feed.id: feed for feed in (a_feed("items", "main"), a_feed("sheets", "main"), a_feed("prices", "fast"))}
        configuration = Bundle(version="1", settings=Settings(upload_event_s=0), partners={"acme": Partner(name="Acme")}, feeds=feeds)
        self.w = World(configuration, set())
        self.w.ledger.mirror_state = replace(self.w.ledger.mirror_state, loaded=1)
        self.budget, self.switch = replace(Budget(), terms=TERMS), ON
        self.sent = 0

    def registers(self, feed: str, rows: int) -> Run:
        w, self.sent = self.w, self.sent + 1
        w.land(f"acme/inbox/{feed}/{self.sent}.csv", ("sku;name\n" + "".join(f"{feed}-{n};x\n" for n in range(rows))).encode())
        run = receive(w.intake.pop().body, Intake(w.configuration, w.ledger, w.exchange, w.queues, w.events, w.clock))
        assert run
        return run

    def commits(self, feed: str, rows: int) -> Run:
        """As it is told in the ledger."""
        w, run = self.w, self.registers(feed, rows)
        waiting = Waiting(self.switch, self.budget, w.now)
        return prepare(run.id, Prepare(w.configuration, w.ledger, w.tables, w.stage, w.exchange, w.queues, w.events, w.clock,
                                       w.schemas.opened(), lambda: w.plytix, w.ledger.state(), waiting))

    def takes_s(self, feed: str, rows: int) -> float:
        began = self.w.now
        due = self.commits(feed, rows).due
        assert due
        return (due - began) / 1000


@pytest.fixture
def account() -> Account:
    return Account()


def test_an_open_budget_and_nobody_before(account: Account) -> None:
    assert account.takes_s("items", 200) == pytest.approx(50, rel=0.02)


def test_a_closed_budget_is_waited_for(account: Account) -> None:
    account.budget = replace(account.budget, closed_until=account.w.now + 600_000)

    assert account.takes_s("items", 200) == pytest.approx(650, rel=0.02)


def test_a_spent_hour_is_waited_for(account: Account) -> None:
    minute = account.w.now // 60_000
    account.budget = replace(account.budget, counts={HOUR: {minute - 10: 4_000}})

    assert account.takes_s("prices", 200) == pytest.approx(51 * 60 + 50, rel=0.05)


def test_two_main_runs_are_done_one_after_the_other(account: Account) -> None:
    account.commits("items", 200)

    assert account.takes_s("sheets", 200) == pytest.approx(100, rel=0.02)


def test_prices_go_first_and_wait_for_nobody_else(account: Account) -> None:
    account.commits("items", 400)

    assert account.takes_s("prices", 100) == pytest.approx(25, rel=0.02)
    assert account.takes_s("sheets", 100) == pytest.approx((400 + 100 + 100) / 4, rel=0.02)


def test_of_a_run_in_front_only_what_it_has_not_asked_yet_counts(account: Account) -> None:
    before = account.commits("items", 200)
    account.w.ledger.spend(before.id, {"create": 120, "read": 500})

    assert account.takes_s("sheets", 100) == pytest.approx((80 + 100) / 4, rel=0.02)


def test_what_a_person_holds_back_and_what_nobody_has_read_goes_not_first(account: Account) -> None:
    account.commits("items", 400)
    account.registers("items", 400)
    account.switch = replace(ON, paused={Target(Kind.FEED, "acme/items"): Pause(1)})

    assert account.takes_s("sheets", 100) == pytest.approx(25, rel=0.02)


@pytest.mark.parametrize("stops", [
    {"switch": Switch()}, {"switch": replace(ON, paused={Target(Kind.LANE, Lane.MAIN): Pause(1)})},
    {"switch": replace(ON, paused={Target(Kind.FEED, "acme/items"): Pause(1)})},
    {"budget": Budget(terms=TERMS, lockout=Lockout("v1", "Invalid credentials", 1, 2))},
    {"budget": Budget(terms=TERMS, outage=Outage(1, "503", 2))}], ids=["writes off", "lane", "feed", "the key", "an outage"])
def test_where_a_person_must_act_or_plytix_is_down_nobody_can_tell(account: Account, stops: dict[str, object]) -> None:
    for name, value in stops.items():
        setattr(account, name, value)

    run = account.commits("items", 200)

    assert (run.plan, run.due) == ({"create": 200}, 0)
