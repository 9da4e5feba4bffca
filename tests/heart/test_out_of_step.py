"""What is out of step is found in few reads and sent, however often whoever looks for it is interrupted (DESIGN.md §5)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from bridge.domain.mirror import Existence
from bridge.domain.outcome import Standing
from bridge.domain.row import Sku
from bridge.domain.wanted import NO_OPTION, Refusal, Wanted
from bridge.errors import Later
from bridge.ports import Put
from bridge.services.asking import Way, alone
from bridge.services.bring import bring
from bridge.services.census import take_census
from bridge.services.heart import Heart
from bridge.services.refresh import Refresh, refresh
from tests.heart.items import a_bundle, a_feed, wants
from tests.heart.world import World

FEEDS = ("acme/erp", "acme/sup")
DAY_MS = 86_400_000


class Dies(BaseException):
    """A worker, in the middle."""


def a_world(products: int, out_of_step: Callable[[int], bool]) -> World:
    """Products that all hold the same, and a feed that wants all of them to, but for some of which it wants another price."""
    w = World(a_bundle(a_feed("erp", price="feed"), a_feed("sup", text="feed")), set())
    for n in range(products):
        w.plytix.make(f"A-{n:04}", {"price": "1"}, "person")
        w.tables.write(Put(Sku(f"A-{n:04}"), Wanted(), wants(price="2" if out_of_step(n) else "1"), FEEDS[0]))
    return w


def needs_of(w: World, until: int | None = None) -> Refresh:
    return Refresh(w.configuration, w.ledger, w.tables, w.plytix, w.schemas.opened(), w.censuses, w.queues, w.clock, until)


def keeps_current(w: World, until: int | None = None) -> None:
    needs = needs_of(w, until)
    refresh(needs, due_only=False)
    take_census(needs)


def sent(w: World) -> set[str]:
    return {message.body["sku"] for message in w.changes}


# ---- how many reads
def test_skus_in_step_cost_a_hundredth_of_a_read_each_and_one_more_a_feed() -> None:
    w = a_world(1_000, lambda n: False)
    keeps_current(w)
    asked: list[str] = []
    w.step = lambda label: asked.append(label) if label.startswith(("read wanted", "read mirror A", "read mirror [")) else None
    w.now += DAY_MS

    keeps_current(w)

    assert w.ledger.mirror_state.census == w.now
    assert (len(asked), sent(w)) == (2 * 10 * (len(FEEDS) + 2), set())  # refresh and census


# ---- wherever it is interrupted
PRODUCTS, PAGE = 12, 4


@pytest.fixture
def world(monkeypatch: pytest.MonkeyPatch) -> Callable[[], World]:
    """Three pages; a third of it is out of step."""
    for module in ("bridge.services.refresh", "tests.heart.plytix"):
        monkeypatch.setattr(f"{module}.PAGE", PAGE)
    return lambda: a_world(PRODUCTS, lambda n: n % 3 == 0)


OUT = {f"A-{n:04}" for n in range(0, PRODUCTS, 3)}


def test_all_that_is_out_of_step_is_sent(world: Callable[[], World]) -> None:
    w = world()

    keeps_current(w)

    assert (sent(w), len(w.changes)) == (OUT, len(OUT))


def on_the_way(w: World) -> World:
    """Loaded; since then people have changed every product, and so have put some out of step."""
    keeps_current(w)
    for product in list(w.plytix.products.values()):
        w.plytix.change(product.id, {"name": "n", "price": "3"}, "person")
    w.changes.clear()
    return w


ALL = {f"A-{n:04}" for n in range(PRODUCTS)}


@pytest.mark.parametrize("interrupted", [Later("the hour is spent", 60), Dies()], ids=["the hour is spent", "dies"])
@pytest.mark.parametrize(("begun", "should"), [(lambda w: w, OUT), (on_the_way, ALL)], ids=["the first load", "a refresh"])
def test_whoever_is_interrupted_at_any_call_sends_it_all_the_next_time(
        world: Callable[[], World], begun: Callable[[World], World], should: set[str], interrupted: BaseException) -> None:
    calls, n = 0, 0
    while True:
        w = begun(world())
        calls, n = 0, n + 1

        def step(label: str, w: World = w, n: int = n) -> None:
            nonlocal calls
            calls += 1
            if calls == n:
                raise interrupted

        w.step = step
        try:
            keeps_current(w)
        except (Later, Dies):
            w.ledger.turn = 0  # its time is over
        if calls < n:
            break
        w.step = lambda label: None
        keeps_current(w)
        assert (n, sent(w)) == (n, should)
        assert w.ledger.mirror_state.loaded
    assert n > 50


@pytest.mark.parametrize("seconds", range(40, 200, 7))
def test_whoever_never_has_time_enough_comes_to_the_end_all_the_same(world: Callable[[], World], seconds: int) -> None:
    w = world()
    time_passes(w)
    for _ in range(20):
        try:
            keeps_current(w, w.now + seconds * 1_000)
        except Later:
            continue
        if w.ledger.mirror_state.loaded and w.ledger.mirror_state.census > 1:
            break

    state = w.ledger.mirror_state
    assert state.loaded
    assert state.census > 1
    assert sent(w) == OUT


def time_passes(w: World) -> list[str]:
    """A call takes a second; gives what is called."""
    seen: list[str] = []

    def step(label: str) -> None:
        seen.append(label)
        w.now += 1_000

    w.step = step
    return seen


def test_a_refresh_that_stops_again_and_again_sends_no_sku_again(world: Callable[[], World]) -> None:
    w = world()
    keeps_current(w)
    w.ledger.mirror_state = replace(w.ledger.mirror_state, since=0)  # all is listed
    w.changes.clear()
    good, pages = w.step, 0

    def stops_at_the_third_page(label: str) -> None:
        nonlocal pages
        pages += label == "list products"
        if pages > 2 and label == "list products":
            raise Later("the hour is spent", 60)
        good(label)

    w.step = stops_at_the_third_page  # type: ignore[method-assign]
    for _ in range(5):
        pages = 0
        with pytest.raises(Later):
            refresh(needs_of(w), due_only=False)
    assert sorted(message.body["sku"] for message in w.changes) == sorted(OUT)[:3]

    w.step = good  # type: ignore[method-assign]
    refresh(needs_of(w), due_only=False)
    assert sorted(message.body["sku"] for message in w.changes) == sorted(OUT)
    assert w.ledger.mirror_state.nudged == 0


# ---- values that Plytix refused, and may take now
def with_an_option_more() -> World:
    """Loaded; since then Plytix has learnt the option that all products wait for, of both feeds."""
    w = World(a_bundle(a_feed("erp", color="feed"), a_feed("sup", text="feed", color="feed")), {"red"})
    w.plytix.tells = True
    for n in range(PRODUCTS):
        w.plytix.make(f"A-{n:04}", {"price": "1"}, "person")
        item = wants(color="teal")
        waits = {"color": Refusal(item.values["color"].digest, NO_OPTION, "no such option")}
        w.tables.write(Put(Sku(f"A-{n:04}"), Wanted(), replace(item, refused=waits, open={"color": Standing.REFUSED}), FEEDS[n % 2]))
    keeps_current(w)
    w.now += DAY_MS
    keeps_current(w)
    w.changes.clear()
    w.plytix.add_option("teal")
    return w


@pytest.mark.parametrize("seconds", range(10, 40, 2))
def test_what_is_freed_is_sent_once_however_often_the_time_is_up(world: Callable[[], World], seconds: int) -> None:
    w, stops = with_an_option_more(), 0
    time_passes(w)
    while w.ledger.mirror_state.schema != str(w.plytix.version):
        try:
            refresh(needs_of(w, w.now + seconds * 1_000), due_only=False)
        except Later:
            stops += 1
            assert stops < 20

    assert sorted(message.body["sku"] for message in w.changes) == sorted(ALL)
    assert w.ledger.mirror_state.freed == ()
    assert stops > 1 or seconds > 16


def test_another_option_in_the_meantime_has_all_of_it_looked_at_anew(world: Callable[[], World]) -> None:
    w = with_an_option_more()
    w.ledger.mirror_state = replace(w.ledger.mirror_state, freed=("an older schema", FEEDS[1], Sku("A-0011")))

    refresh(needs_of(w), due_only=False)

    assert sent(w) == ALL


# ---- a product that the mirror knows under two SKUs
RENAMED, NOW = Sku("A-0001"), Sku("B-0001")


def renamed_unseen(w: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """A person gave a product another SKU, and when it was read the index of ids was behind."""
    keeps_current(w)
    product = next(product for product in w.plytix.products.values() if product.sku == RENAMED)
    w.plytix.change(product.id, {}, "person", NOW)
    with monkeypatch.context() as late:
        late.setattr(w.tables, "sku_of", lambda id: None)
        refresh(needs_of(w), due_only=False)
    assert {w.tables.peek_mirror(sku).existence for sku in (RENAMED, NOW)} == {Existence.LIVING}
    w.changes.clear()


def test_a_census_sees_that_nothing_lives_under_the_old_one(world: Callable[[], World], monkeypatch: pytest.MonkeyPatch) -> None:
    w = world()
    renamed_unseen(w, monkeypatch)
    w.now += DAY_MS

    take_census(needs_of(w))

    assert [w.tables.peek_mirror(sku).existence for sku in (RENAMED, NOW)] == [Existence.RENAMED, Existence.LIVING]
    asked = dict(w.plytix.requests)
    w.now += DAY_MS
    take_census(needs_of(w))
    assert w.plytix.requests["read"] == asked["read"], "it is asked for once"


def test_who_wants_something_of_the_old_one_sees_it_at_once(world: Callable[[], World], monkeypatch: pytest.MonkeyPatch) -> None:
    w = world()
    renamed_unseen(w, monkeypatch)
    w.tables.write(Put(RENAMED, w.tables.wanted(RENAMED, FEEDS[0]), wants(price="7"), FEEDS[0]))

    heart = Heart(w.configuration, w.claims, w.tables, w.plytix, w.schemas.opened(), w.clock)
    alone(Way(bring(RENAMED, heart)), heart)

    assert [w.tables.peek_mirror(sku).existence for sku in (RENAMED, NOW)] == [Existence.RENAMED, Existence.LIVING]
    assert w.plytix.requests["write"] == 1


# ---- two at once
@pytest.mark.parametrize("do", [refresh, take_census])
def test_who_comes_to_his_turn_when_another_has_just_had_it_does_nothing(
        world: Callable[[], World], do: Callable[..., object], monkeypatch: pytest.MonkeyPatch) -> None:
    w = world()
    keeps_current(w)
    w.now += DAY_MS
    good, listed = w.step, w.plytix.requests["list"]

    def another_is_quicker(label: str) -> None:
        if label == "take the turn to refresh":
            monkeypatch.setattr(w, "step", good)
            do(needs_of(w))
            w.now += 1_000
        good(label)

    monkeypatch.setattr(w, "step", another_is_quicker)
    assert do(needs_of(w)) == {}
    assert w.plytix.requests["list"] - listed <= PRODUCTS // PAGE + 1, "once"
    assert w.ledger.turn == 0


def test_a_refresh_that_had_to_wait_for_a_census_leaves_it_its_date(
        world: Callable[[], World], monkeypatch: pytest.MonkeyPatch) -> None:
    w = world()
    keeps_current(w)
    w.now += DAY_MS
    good = w.step

    def a_census_is_quicker(label: str) -> None:
        if label == "take the turn to refresh":
            monkeypatch.setattr(w, "step", good)
            take_census(needs_of(w))
        good(label)

    monkeypatch.setattr(w, "step", a_census_is_quicker)
    refresh(needs_of(w), due_only=False)

    assert w.ledger.mirror_state.census == w.now
