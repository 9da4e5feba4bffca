"""One item, many workers: the budget in DynamoDB (MiniStack), alone and before the simulator of Plytix."""

from __future__ import annotations

import threading
import time
from collections import Counter
from itertools import count, pairwise

import pytest

from bridge.adapters.plytix.products import Products
from bridge.adapters.plytix.session import Limits, Session
from bridge.configuration import Lane
from bridge.domain import switch
from bridge.domain.budget import Why, Window
from bridge.domain.switch import Kind, Target
from bridge.domain.waiting import Waiting
from bridge.errors import Later, LoginRefused
from local.plytix.server import Simulator
from tests.contract.deployment import SHARE, Deployment, Key, at_once, raised


@pytest.fixture
def deployment(cloud):
    return Deployment(cloud)


def most_in(moments, size):
    ordered = sorted(moments)
    return max(sum(first <= at < first + size for at in ordered) for first in ordered)


# ---- leases


def test_eight_threads_in_three_workers_never_get_more_than_the_share(deployment):
    windows = (Window(50, 2_000), Window(130, 20_000))
    workers = [deployment.worker(windows=windows) for _ in range(3)]
    used, spent = [], []

    def ask(worker):
        try:
            while True:
                worker.lease()
                used.append(time.time() * 1000)
        except Later as later:
            spent.append((str(later), later.after_s))

    at_once(*(lambda worker=workers[n % 3]: ask(worker) for n in range(8)))

    counted = deployment.item()
    departures = counted.taken
    assert all(later - first >= 50 for first, later in pairwise(departures))
    assert most_in(used, 2_000) <= 50
    assert sum(counted.counts[20_000].values()) == int(0.8 * 130) - 3  # the reserve of fast is left
    assert {why for why, _ in spent} == {Why.SPENT}
    assert all(10 < after_s < 21 for _, after_s in spent)
    assert len(used) > 0.9 * 101


def test_workers_who_have_no_limits_share_nothing_and_ask_nobody(deployment):
    worker = deployment.worker(windows=())

    for _ in range(100):
        worker.lease()

    assert "Item" not in deployment.cloud.dynamodb.get_item(TableName=deployment.table, Key={"pk": {"S": "budget"}, "sk": {"S": "plytix"}})


def test_a_departure_that_a_worker_slept_through_is_not_used(deployment):
    naps = iter([0.3, 0.0, 0.0, 0.0])
    worker = deployment.worker(windows=(Window(50, 1_000), Window(1_000, 60_000)), sleep=lambda s: time.sleep(s + next(naps)))

    worker.lease()

    counted = deployment.item()
    assert sum(counted.counts[60_000].values()) == 2
    assert time.time() * 1000 - counted.taken[-1] < 1_000


def test_threads_of_one_worker_lease_together_and_lose_none(deployment):
    worker = deployment.worker(windows=(Window(50, 5_000), Window(1_000, 60_000)))

    at_once(*[lambda: [worker.lease() for _ in range(4)]] * 4)

    assert sum(deployment.item().counts[60_000].values()) == 16


def test_where_the_token_does_not_tell_the_limits_are_those_of_the_smallest_plan(deployment):
    deployment.worker(windows=None).lease()

    terms = deployment.item().terms
    assert [(window.limit, window.size) for window in terms.windows] == [(20, 10_000), (2_000, 3_600_000)]


def test_a_429_that_one_worker_met_stops_the_others_and_a_probe_opens_it_for_all(deployment):
    windows = (Window(50, 1_000),)
    one, other = deployment.worker(windows=windows), deployment.worker(Lane.FAST, windows)
    one.lease()
    other.lease()

    after_s = one.refused(None, 1.0)

    assert 0.9 < after_s < 1.6
    with pytest.raises(Later, match="429"):
        other.lease()
    time.sleep(1.0)  # obeying it is what is tested
    other.lease()
    with pytest.raises(Later, match="429"):
        one.lease()
    other.succeeded()
    one.lease()


# ---- refused logins


def test_credentials_that_one_worker_was_refused_no_other_tries_until_one_may_again(deployment):
    workers = [deployment.worker(login_s=1) for _ in range(4)]
    for worker in workers:
        worker.may_log_in("v1")

    told = workers[0].locked_out("v1", "Invalid credentials")

    assert 0 < told.after_s < 1.6
    for worker in workers:
        with pytest.raises(LoginRefused, match=r"Invalid credentials.*bridge secret set plytix"):
            worker.may_log_in("v1")
    workers[1].may_log_in("v2")
    time.sleep(1.05)  # obeying it is what is tested
    tried = [worker for worker in workers if not isinstance(raised(lambda w=worker: w.may_log_in("v1")), LoginRefused)]
    assert len(tried) == 1


def test_a_refused_login_is_told_until_one_succeeds_and_hurts_no_leases(deployment):
    one, other = deployment.worker(windows=()), deployment.worker(windows=(Window(50, 1_000),))
    one.locked_out("v1", "Invalid credentials")
    other.lease()
    waiting = Waiting(switch.Switch(writes=True), deployment.item(), 0)
    assert waiting.waits(Lane.FAST, "acme/prices")
    assert "does not accept the API key" in " ".join(waiting.notices())

    other.may_log_in("v2")
    other.learn(())

    assert deployment.item().lockout is None
    one.may_log_in("v1")


# ---- the switch


@pytest.mark.parametrize(("target", "stopped"), [(Target(Kind.ALL), {Lane.FAST, Lane.MAIN}), (Target(Kind.LANE, "main"), {Lane.MAIN})])
def test_what_is_paused_asks_nothing_until_it_is_resumed(deployment, target, stopped):
    deployment.switch.change(lambda before: switch.pause(before, target, 1, "stocktaking"))

    for lane in stopped:
        with pytest.raises(Later, match=r"is paused.*stocktaking"):
            deployment.worker(lane, windows=()).lease()
    for lane in set(Lane) - stopped:
        deployment.worker(lane, windows=()).lease()
    deployment.switch.change(lambda before: switch.resume(before, target))
    for lane in Lane:
        deployment.worker(lane, windows=()).lease()


def test_a_new_deployment_reads_but_writes_nothing(deployment):
    deployment.switch.change(lambda before: switch.Switch())
    worker = deployment.worker(windows=())

    worker.lease()
    with pytest.raises(Later, match="writes to Plytix are off"):
        worker.may_write()


# ---- before the simulator


@pytest.fixture
def plytix():
    with Simulator() as simulator:
        yield simulator


KINDS = pytest.mark.parametrize(("kind", "phase"), [("sliding", 0.0), ("fixed", 0.7)])


class Backlog:
    """Workers of `main` with more to do than there is time for."""

    def __init__(self, deployment, plytix, workers):
        self.sessions = [Session(Key(plytix.url), deployment.worker(), Limits()) for _ in range(workers)]
        self.ends = threading.Event()

    def works(self, ask, threads=2):
        """A task for each thread of each worker, until the backlog ends; whoever is told to come later does."""
        def work(products):
            while not self.ends.is_set():
                try:
                    ask(products)
                except Later as later:
                    self.ends.wait(later.after_s)
        return [lambda session=session: work(Products(session)) for session in self.sessions for _ in range(threads)]

    def lasts(self, seconds):
        self.ends.wait(seconds)
        self.stops()

    def stops(self):
        self.ends.set()

    def close(self):
        for session in self.sessions:
            session.close()


@pytest.fixture
def backlog(deployment, plytix):
    made = []

    def start(workers):
        made.append(Backlog(deployment, plytix, workers))
        return made[-1]

    yield start
    for one in made:
        one.close()


def asked_of(plytix):
    return [entry for entry in plytix.log() if entry["kind"] != "token"]


def writes(plytix):
    """Something to ask: a patch of one of a few products, each with another value."""
    ids, numbers = list(plytix.products([{"sku": f"A-{n}"} for n in range(20)]).values()), count()
    return lambda products: products.patch(ids[(n := next(numbers)) % len(ids)], {"label": f"Chair {n}"})


@KINDS
def test_while_work_waits_nearly_all_of_the_share_is_used_and_plytix_never_refuses(plytix, backlog, kind, phase):
    plytix.measure(kind=kind, phase=phase)
    plytix.windows([[50, 2], [5_000, 720]])  # the paid plan on a clock that runs five times as fast
    main = backlog(4)

    at_once(lambda: main.lasts(12), *main.works(lambda products: products.schema()))

    asked = asked_of(plytix)
    moments, statuses = [entry["time"] for entry in asked], Counter(entry["status"] for entry in asked)
    share = SHARE * 50 * (max(moments) - min(moments)) / 2
    print(f"{kind}: {len(moments)} requests, {len(moments) / share:.1%} of the share, {dict(statuses)}")
    assert set(statuses) == {200}
    assert len(moments) >= 0.95 * share


@KINDS
def test_hour_after_hour_nearly_all_of_the_share_is_used_and_plytix_never_refuses(plytix, backlog, kind, phase):
    """An hour of 8 s lets 80 pass; at the rate of the short window our share of them, 64, is spent after 4.8 s."""
    hour_s, limit, hours = 8, 80, 3
    plytix.measure(kind=kind, phase=phase * hour_s)
    plytix.windows([[50, 3], [limit, hour_s]])
    main = backlog(4)

    at_once(lambda: main.lasts(hours * hour_s + 2), *main.works(writes(plytix)))

    asked = asked_of(plytix)
    moments, statuses = sorted(entry["time"] for entry in asked), Counter(entry["status"] for entry in asked)
    used = sum(moment < moments[0] + hours * hour_s for moment in moments)
    print(f"{kind}: {used} writes in {hours} hours, {used / (hours * SHARE * limit):.1%} of the share, {dict(statuses)}")
    assert set(statuses) == {200}
    assert used >= 0.95 * hours * SHARE * limit
    assert most_in(moments, hour_s / 2) > 0.6 * SHARE * limit, "the hour is what they waited for"


@KINDS
def test_what_is_fast_is_served_within_three_seconds_in_the_middle_of_a_backlog(deployment, plytix, backlog, kind, phase):
    """On a clock twice as fast, by what the budget decides: how long it lets a price wait, and how many others go before it, each of
    which may be late by a second. How slow the machine is counts for nothing."""
    scale, rate = 2, SHARE * 50 / 10  # requests a second of the plan
    plytix.measure(kind=kind, phase=phase * 10 / scale)
    plytix.windows([[50, 10 / scale], [5_000, 3_600 / scale]])
    ask, main, naps = writes(plytix), backlog(3), []

    def nap(seconds):
        naps.append(seconds)
        time.sleep(seconds)

    fast = Session(Key(plytix.url), deployment.worker(Lane.FAST, sleep=nap), Limits())
    prices = list(plytix.products([{"sku": f"P-{n}"} for n in range(6)]).items())
    begun = {}

    def ask_for_prices():
        main.ends.wait(11 / scale)  # until the short window is as full as it may be
        for n, (sku, id) in enumerate(prices):
            main.ends.wait(0.15 * n)  # at another moment of the spacing each time
            begun[sku] = time.time()
            Products(fast).patch(id, {"label": "1.00"})
        main.stops()

    at_once(ask_for_prices, *main.works(ask, threads=8))  # as many as would lease six seconds ahead

    fast.close()
    asked = asked_of(plytix)
    served = {entry["sku"]: entry["time"] for entry in asked if entry["sku"] in begun}
    before = {sku: sum(begun[sku] < entry["time"] < served[sku] for entry in asked if entry["sku"] not in begun) for sku in begun}
    print(f"{kind}: served after {[round(scale * (served[sku] - begun[sku]), 2) for sku in begun]} s of the plan, behind {before}")
    assert {entry["status"] for entry in asked} == {200}
    assert max(naps) <= 3 / scale
    assert max(before.values()) <= rate * (3 + 1)
    assert len(asked) > 1.5 * rate * 10, "there was a backlog"
