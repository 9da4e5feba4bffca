"""A census goes on where it stopped: what was listed counts, whatever ends an attempt, and people work on meanwhile (DESIGN.md §5)."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator

import pytest

from bridge.domain.mirror import Existence
from bridge.domain.row import Sku
from bridge.domain.wanted import Wanted
from bridge.errors import Later, Stop
from bridge.ports import Put
from bridge.services.census import take_census
from bridge.services.refresh import Refresh, refresh
from tests.heart.items import a_bundle, a_feed, wants
from tests.heart.world import World

PRODUCTS, PAGE = 18, 4
LISTING = math.ceil((PRODUCTS - 1) / PAGE)  # one of them is gone
DAY_MS = 86_400_000
GONE, OUT = "A-07", {"A-02", "A-09", "A-16"}


class Dies(BaseException):
    """A worker, in the middle."""


@pytest.fixture(autouse=True)
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    """Pages of four; noted after every second."""
    for module in ("bridge.services.refresh", "tests.heart.plytix"):
        monkeypatch.setattr(f"{module}.PAGE", PAGE)
    monkeypatch.setattr("bridge.services.census.NOTES", 2)


class Account:
    """A day after the first load. Nothing came through since: a person deleted one product, of three a feed wants another price."""

    def __init__(self) -> None:
        self.w = w = World(a_bundle(a_feed("erp", price="feed")), set())
        for n in range(PRODUCTS):
            w.plytix.make(f"A-{n:02}", {"price": "1"}, "person")
        refresh(self.needs())
        for sku in OUT:
            w.tables.write(Put(Sku(sku), Wanted(), wants(price="2"), "acme/erp"))
        self.person("delete", GONE)
        w.now += DAY_MS
        self.loaded = w.ledger.mirror_state.census
        self.asked: list[str] = []
        self.calls, self.most, self.stop = 0, 0, None  # type: int, int, BaseException | None
        w.step = self._step

    def _step(self, label: str) -> None:
        """Each call takes a second; the one after `most` fails."""
        self.w.now += 1_000
        self.calls += 1
        request = is_request(label)
        if self.stop and (self.calls == self.most + 1 if not isinstance(self.stop, Spent) else request and self.stop.is_over()):
            raise self.stop
        self.asked += [label] * request

    def needs(self) -> Refresh:
        w = self.w
        return Refresh(w.configuration, w.ledger, w.tables, w.plytix, w.schemas.opened(), w.censuses, w.queues, w.clock)

    def counts(self, stop: BaseException | None = None, at: int = 0) -> bool:
        """One attempt; whether it came to its end."""
        self.calls, self.most, self.stop = 0, at, stop
        try:
            take_census(self.needs())
        except (Later, Stop, Dies):
            self.w.ledger.turn = 0  # its time is over
            return False
        finally:
            self.stop = None
        return True

    def person(self, kind: str, sku: str, other: str = "") -> None:
        plytix = self.w.plytix
        if kind == "create":
            plytix.make(sku, {"price": "1"}, "person")
            return
        product = next(p for p in plytix.products.values() if p.sku == sku)
        if kind == "delete":
            plytix.remove(product.id)
        else:
            plytix.change(product.id, {"name": "E"} if kind == "edit" else {}, "person", sku=other)

    def buried_alive(self) -> set[str]:
        there = {p.id for p in self.w.plytix.products.values()}
        mirrors = {sku: self.w.tables.peek_mirror(sku) for sku in self.w.tables.mirror_items}
        return {sku for sku, mirror in mirrors.items() if mirror.existence is Existence.GONE and mirror.id in there}

    def mirrored(self) -> dict[str, object]:
        mirrors = {str(sku): self.w.tables.peek_mirror(sku) for sku in self.w.tables.mirror_items}
        return {sku: mirror.values for sku, mirror in mirrors.items() if mirror.existence is Existence.LIVING}

    def held(self) -> dict[str, object]:
        return {p.sku: p.values for p in self.w.plytix.products.values()}

    def sent(self) -> set[str]:
        return {message.body["sku"] for message in self.w.changes}

    @property
    def complete(self) -> bool:
        return self.w.ledger.mirror_state.census > self.loaded


class Spent(Later):
    """The hour, after so many requests."""

    def __init__(self, left: int) -> None:
        super().__init__("the hour is spent", 60)
        self.left = left

    def is_over(self) -> bool:
        self.left -= 1
        return self.left < 0


def is_request(label: str) -> bool:
    return label.startswith(("list products", "GET"))


def interrupted_at_every_call(stop: Callable[[], BaseException]) -> Iterator[tuple[int, Account]]:
    for n in range(1_000):
        account = Account()
        if account.counts(stop(), n):
            assert n > 30
            return
        yield n, account


STOPS = {"the hour is spent": lambda: Later("the hour is spent", 60), "the key is revoked": lambda: Stop("the key is revoked")}


def test_one_that_is_not_interrupted_lists_all_once_and_asks_for_what_is_missing() -> None:
    account = Account()

    assert account.counts()

    assert account.asked == ["list products"] * LISTING + [f"GET {8:024d}"]
    assert (account.mirrored(), account.sent()) == (account.held(), OUT)


@pytest.mark.parametrize("stop", STOPS.values(), ids=STOPS.keys())
def test_wherever_it_is_interrupted_it_asks_for_one_page_more_at_most(stop: Callable[[], BaseException]) -> None:
    for n, account in interrupted_at_every_call(stop):
        assert account.counts()

        assert (n, account.mirrored(), account.sent()) == (n, account.held(), OUT)
        assert account.asked.count("list products") <= LISTING + 1
        assert len(account.asked) <= LISTING + 1 + 1  # the latter: the one that is gone
        assert account.complete


def test_a_death_costs_what_came_after_the_last_note() -> None:
    for n, account in interrupted_at_every_call(Dies):
        assert account.counts()

        assert (n, account.mirrored(), account.sent()) == (n, account.held(), OUT)
        assert len(account.asked) <= LISTING + 1 + 2 + 1  # two pages to a note, and the page before them
        assert account.complete


@pytest.mark.parametrize("stop", [*STOPS.values(), Dies], ids=[*STOPS.keys(), "dies"])
def test_whatever_people_do_between_two_parts_none_is_buried_alive_and_the_next_census_finds_all_current(
        stop: Callable[[], BaseException]) -> None:
    for n, account in interrupted_at_every_call(stop):
        account.person("delete", "A-01")
        account.person("delete", "A-13")
        account.person("edit", "A-03")
        account.person("edit", "A-15")
        account.person("rename", "A-04", "R-04")
        account.person("rename", "A-14", "R-14")
        account.person("create", GONE)
        account.person("create", "N-01")

        assert account.counts()
        assert (n, account.buried_alive()) == (n, set())
        assert account.complete

        account.w.now += DAY_MS
        assert account.counts()
        assert (n, account.mirrored()) == (n, account.held())


@pytest.mark.parametrize("requests", [1, 2, 3])
def test_it_comes_to_its_end_however_few_requests_an_attempt_has(requests: int) -> None:
    account = Account()
    attempts = 1
    while not account.counts(Spent(requests)):
        account.w.now += 60_000
        attempts += 1
        assert attempts < 20

    assert (account.mirrored(), account.sent()) == (account.held(), OUT)
    assert len(account.asked) <= LISTING + 1 + attempts


def test_it_comes_to_its_end_while_people_delete_all_the_time() -> None:
    account = Account()
    for n in range(PRODUCTS):
        if account.counts(Spent(2)):
            break
        account.w.now += 60_000
        if f"A-{n:02}" != GONE:
            account.person("delete", f"A-{n:02}")
        assert account.buried_alive() == set()

    assert account.complete
    account.w.now += DAY_MS
    assert account.counts()
    assert account.mirrored() == account.held()


def test_what_came_into_being_since_it_began_is_not_asked_for_one_by_one() -> None:
    account = Account()
    assert not account.counts(Spent(LISTING))
    for n in range(10):
        account.person("create", f"N-{n}")
        account.person("rename", f"A-{n + 8:02}", f"R-{n}")
    refresh(account.needs(), due_only=False)
    account.asked.clear()

    assert account.counts()

    assert [asked for asked in account.asked if asked != "list products"] == [f"GET {8:024d}"]
    assert account.mirrored() == account.held()


def test_it_tells_what_all_its_parts_did() -> None:
    account = Account()
    assert not account.counts(Spent(3))

    assert take_census(account.needs()) == {"listed": PRODUCTS - 1, "read": 0, "deleted": 1, "sent": len(OUT)}


@pytest.mark.parametrize(("later_ms", "listed"), [(DAY_MS - 60_000, LISTING - 2), (DAY_MS, LISTING)], ids=["within a day", "after a day"])
def test_one_that_came_no_further_for_a_day_begins_anew(later_ms: int, listed: int) -> None:
    account = Account()
    assert not account.counts(Spent(3))
    noted = account.w.now
    account.w.now += later_ms
    account.asked.clear()

    assert account.counts()

    assert account.asked.count("list products") == listed
    assert (account.w.ledger.mirror_state.census > noted) == (later_ms == DAY_MS)


def test_an_attempt_that_comes_no_further_notes_nothing() -> None:
    account = Account()
    assert not account.counts(Spent(3))
    noted = account.w.censuses.noted

    assert not account.counts(Later("the hour is spent", 60), 3)

    assert account.w.censuses.noted is noted


def test_one_that_is_complete_is_not_gone_on_with() -> None:
    account = Account()
    assert account.counts()
    account.w.now += DAY_MS
    account.asked.clear()

    assert account.counts()

    assert account.asked == ["list products"] * LISTING
