"""The mirror, kept by the client from the simulator, while people create, delete and edit between any two pages (DESIGN.md §5)."""

from __future__ import annotations

import random
from contextlib import suppress

import pytest

from bridge.domain.mirror import Existence
from bridge.domain.row import Sku
from bridge.errors import Later
from bridge.services.census import take_census
from bridge.services.refresh import Refresh, refresh
from local.plytix.clock import micros
from tests.heart.items import a_bundle, a_feed
from tests.heart.world import World

PRODUCTS = 350
DAY_S = 86_400


@pytest.fixture
def world(account):
    account.plytix.products([{"sku": f"A-{n:03}", "label": "old"} for n in range(PRODUCTS)])
    return World(a_bundle(a_feed()), set())


def needs(world, account, until=None):
    """The clock, which is Plytix's too, goes on by a second with every look at it."""
    def clock():
        account.plytix.advance(1)
        return now_ms(account)

    return Refresh(world.configuration, world.ledger, world.tables, account.products, world.schemas.opened(), world.censuses,
                   world.queues, clock, until)


def now_ms(account):
    return int(account.plytix.clock.now() * 1_000)


def stops_once(world, account, after_s):
    with pytest.raises(Later):
        refresh(needs(world, account, now_ms(account) + after_s * 1_000))


def held(account):
    return held_by(account.plytix)


def held_by(plytix):
    return {product["sku"]: product["label"] for product in plytix.dump()}


def living(world):
    known = {sku: world.tables.peek_mirror(Sku(sku)) for sku in world.tables.mirror_items}
    return {sku: mirror.values.get("label") for sku, mirror in known.items() if mirror.existence is Existence.LIVING}


def test_a_load_whose_time_is_up_goes_on_at_the_page_where_it_stopped(account, world):
    stops_once(world, account, 4)
    state = world.ledger.mirror_state
    known = len(world.tables.mirror_items)
    assert (state.loaded, state.page) == (0, known // 100 + 1)
    assert 100 <= known < PRODUCTS

    told = refresh(needs(world, account))

    assert told["listed"] == PRODUCTS - known
    assert {sku: world.tables.peek_mirror(sku).values["label"] for sku in world.tables.mirror_items} == {
        f"A-{n:03}": "old" for n in range(PRODUCTS)}
    assert world.ledger.mirror_state.loaded
    assert world.ledger.mirror_state.page == 0


def test_what_people_do_between_two_parts_of_a_load_is_read_afterwards(account, world):
    stops_once(world, account, 4)
    account.plytix.edit("A-000", {"label": "new"})
    account.plytix.delete("A-001")
    account.plytix.products([{"sku": "B-000"}])

    refresh(needs(world, account))
    refresh(needs(world, account))  # since the beginning of the first part
    count(needs(world, account))

    assert living(world) == held(account)


def count(needs):
    return take_census(needs, due_only=False)


NO_ROUTE = {"message": "no Route matched with those values"}


def test_a_load_is_complete_though_nobody_tells_whether_there_are_bulk_jobs(account, world):
    account.plytix.refuse(404, None, path="/api/v1/bulk/*", body=NO_ROUTE)

    refresh(needs(world, account))

    assert world.ledger.mirror_state.loaded
    assert not world.ledger.mirror_state.bulk


def test_a_census_is_not_taken_again_because_nobody_tells_whether_there_are_bulk_jobs(account, world):
    account.plytix.bulk()
    refresh(needs(world, account))
    account.plytix.refuse(404, None, path="/api/v1/bulk/*", body=NO_ROUTE)
    account.plytix.advance(DAY_S)

    assert take_census(needs(world, account))["listed"] == PRODUCTS
    assert take_census(needs(world, account)) == {}
    assert world.ledger.mirror_state.bulk


class People:
    """Do something in the account before each request of ours, as long as they are at work."""

    def __init__(self, account, seed):
        self.plytix, self.rng, self.acts, self.at_work = account.plytix, random.Random(seed), 0, True
        self.left = 10_000  # requests until the hour is spent
        self._ask = account.session.ask

    def ask(self, call):
        self.left -= 1
        if self.left < 0:
            raise Later("the hour is spent", 60)
        if self.at_work:
            self.acts += 1
            there = sorted(held_by(self.plytix))
            match self.rng.choice(["create", "delete", "edit", "rename"]):
                case "create":
                    self.plytix.create({"sku": f"N-{self.acts}", "label": "new"})
                case "delete":
                    self.plytix.delete(self.rng.choice(there))
                case "edit":
                    self.plytix.edit(self.rng.choice(there), {"label": f"edit {self.acts}"})
                case "rename":
                    self.plytix.rename(self.rng.choice(there), f"R-{self.acts}")
        return self._ask(call)


class Moment:
    """What stood in the account when something began."""

    def __init__(self, plytix):
        self.by_id, self.at = {product["id"]: product for product in plytix.dump()}, plytix.clock.stamp()

    def untouched(self, plytix):
        """Products that nobody has changed since; SKU → label."""
        return {product["sku"]: product["label"] for product in plytix.dump() if micros(product["modified"]) < self.at}

    def were_gone(self, ids):
        return ids - self.by_id.keys()


@pytest.mark.parametrize("seed", range(6))
def test_paging_while_people_work_deletes_nothing_that_lives_and_leaves_nothing_older_than_a_census(account, world, monkeypatch, seed):
    people = People(account, seed)
    monkeypatch.setattr(account.session, "ask", people.ask)

    for step in (refresh, count, refresh, count, count):
        before, known = Moment(account.plytix), living_ids(world)
        step(needs(world, account))
        for sku in world.tables.mirror_items:
            assert world.tables.peek_mirror(Sku(sku)).existence is not Existence.GONE or sku not in held(account), f"{sku} lives"
        if step is count:
            assert before.untouched(account.plytix).items() <= living(world).items(), "who was changed before the census is current"
            assert not before.were_gone(known) & living_ids(world), "who was gone before the census is buried"
    people.at_work = False
    refresh(needs(world, account))
    count(needs(world, account))

    assert people.acts > 20
    assert living(world) == held(account)


@pytest.mark.parametrize("requests", [1, 2, 3, 5])
def test_a_census_in_many_parts_while_people_work_deletes_nothing_that_lives_and_one_later_all_is_current(
        account, world, monkeypatch, requests):
    people = People(account, requests)
    monkeypatch.setattr(account.session, "ask", people.ask)
    refresh(needs(world, account))
    began, parts, told = now_ms(account), 0, {}
    while not told:
        parts += 1
        people.left = requests if parts < 20 else 10_000  # people may change more than so few requests can read
        with suppress(Later):
            told = count(needs(world, account))
        account.plytix.advance(60)
        for sku in world.tables.mirror_items:
            assert world.tables.peek_mirror(Sku(sku)).existence is not Existence.GONE or sku not in held(account), f"{sku} lives"
    people.at_work, people.left = False, 10_000
    refresh(needs(world, account))
    account.plytix.advance(DAY_S)
    count(needs(world, account))

    assert parts > 1
    assert told["listed"] > PRODUCTS - people.acts
    assert world.ledger.mirror_state.census > began
    assert living(world) == held(account)


def test_a_census_in_many_parts_costs_a_page_a_part_more_and_misses_no_deletion(account, world, monkeypatch):
    people = People(account, 0)
    people.at_work = False
    monkeypatch.setattr(account.session, "ask", people.ask)
    refresh(needs(world, account))
    for n in range(3):
        account.plytix.delete(f"A-{n * 100:03}")
    account.plytix.clear_log()
    parts, told = 0, {}
    while not told:
        parts, people.left = parts + 1, 2
        with suppress(Later):
            told = count(needs(world, account))

    assert told == {"listed": PRODUCTS - 3, "read": 0, "deleted": 3, "sent": 0}
    assert living(world) == held(account)
    once = 4 + 3 + 1  # pages, products that are gone, whether there are bulk jobs
    assert account.plytix.counts()["total"] <= once + parts - 1


def living_ids(world):
    mirrors = map(world.tables.peek_mirror, map(Sku, world.tables.mirror_items))
    return {mirror.id for mirror in mirrors if mirror.existence is Existence.LIVING}


def test_what_slipped_through_between_two_parts_of_a_load_is_found_at_once(account, world):
    """Pages move up where a product before them is deleted: the first of the next page is never listed."""
    stops_once(world, account, 4)
    account.plytix.delete("A-001")

    refresh(needs(world, account))
    take_census(needs(world, account))

    assert living(world) == held(account)
    assert take_census(needs(world, account)) == {}
