"""One item, many workers: the budget in DynamoDB (MiniStack), alone and before the simulator of Plytix."""

from __future__ import annotations

import threading
import time
from collections import Counter
from itertools import count, pairwise
from uuid import uuid4

import pytest

from bridge.adapters.body import Bodies
from bridge.adapters.budget import LaneBudget, budget_item, now_ms
from bridge.adapters.plytix.credentials import Credentials
from bridge.adapters.plytix.products import Products
from bridge.adapters.plytix.session import Limits, Session
from bridge.adapters.switch import SwitchItem
from bridge.configuration import Lane
from bridge.domain import switch
from bridge.domain.budget import Why, Window, from_json
from bridge.domain.switch import Kind, Target
from bridge.domain.waiting import Waiting
from bridge.errors import Later, LoginRefused
from local.plytix.server import Simulator

SHARE = 0.8


class Key:
    """Credentials as a secret keeps them."""

    def __init__(self, url):
        self.url = url

    def current(self):
        return Credentials("key", "password", self.url, self.url)

    again = current


class Deployment:
    """A ledger of its own, and the workers that share it."""

    def __init__(self, cloud):
        self.cloud, self.table = cloud, f"ledger-{uuid4().hex[:8]}"
        cloud.dynamodb.create_table(
            TableName=self.table, BillingMode="PAY_PER_REQUEST",
            AttributeDefinitions=[{"AttributeName": key, "AttributeType": "S"} for key in ("pk", "sk")],
            KeySchema=[{"AttributeName": "pk", "KeyType": "HASH"}, {"AttributeName": "sk", "KeyType": "RANGE"}])
        self.bodies = Bodies(cloud.s3, "")
        self.switch = SwitchItem(cloud.dynamodb, self.table, self.bodies)
        self.switch.change(lambda before: switch.Switch(writes=True))

    def worker(self, lane=Lane.MAIN, windows=None, sleep=time.sleep, login_s=60, clock=now_ms):
        """As in a process of its own: nothing is shared with others but the items."""
        item = budget_item(self.cloud.dynamodb, self.table, self.bodies)
        now = SwitchItem(self.cloud.dynamodb, self.table, self.bodies)
        made = LaneBudget(item, now.current, lane, SHARE, login_s, clock, sleep)
        made.learn(windows)
        return made

    def item(self):
        found = self.cloud.dynamodb.get_item(TableName=self.table, Key={"pk": {"S": "budget"}, "sk": {"S": "plytix"}})["Item"]
        return from_json(self.bodies.unpack(found))


@pytest.fixture
def deployment(cloud):
    return Deployment(cloud)


def at_once(*tasks):
    """Each in a thread of its own; what one of them raises is raised."""
    wrong = []

    def do(task):
        try:
            task()
        except Exception as error:  # noqa: BLE001 -- raised again below
            wrong.append(error)

    threads = [threading.Thread(target=do, args=[task]) for task in tasks]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if wrong:
        raise wrong[0]


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
    tried = [worker for worker in workers if not isinstance(_raised(lambda w=worker: w.may_log_in("v1")), LoginRefused)]
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


# ---- no answers


class Time:
    def __init__(self):
        self.now = 1_800_000_000_000

    def __call__(self):
        return self.now

    def passes(self, seconds):
        self.now += round(seconds * 1_000)


@pytest.fixture
def now():
    return Time()


@pytest.fixture
def written(cloud):
    """How often DynamoDB has been written to."""
    seen = []
    heard = cloud.dynamodb.meta.events
    heard.register("before-call.dynamodb.PutItem", see := lambda **_: seen.append(1), unique_id="written")
    yield lambda: len(seen)
    heard.unregister("before-call.dynamodb.PutItem", see, unique_id="written")


def test_an_outage_that_lasts_is_told_with_its_beginning_until_one_answer_comes(deployment, now):
    one, other = deployment.worker(clock=now), deployment.worker(clock=now)
    began = now.now
    for _ in range(200):
        one.heard("503")
        now.now += 1_000
    other.may_log_in("v1")

    told = deployment.item().outage
    assert told.since == began
    assert now.now - 61_000 <= told.tried <= now.now
    waiting = Waiting(switch.Switch(writes=True), deployment.item(), now.now)
    assert "Plytix does not answer since 2027-01-15T08:00:00Z (503;" in " ".join(waiting.notices())

    other.heard("")
    waiting = Waiting(switch.Switch(writes=True), deployment.item(), now.now)
    assert (waiting.notices(), waiting.untold(Lane.MAIN, "acme/prices")) == ([], False)


def test_what_lasts_costs_a_write_a_minute_and_what_does_not_none(deployment, now, written):
    worker = deployment.worker(clock=now)
    for instead in ["503", "503", "", "503"] * 10:
        worker.heard(instead)
        now.now += 5_000
    for _ in range(3):  # an hour apart; who knows what others were answered meanwhile
        worker.heard("503")
        now.now += 3_600_000
    assert written() == 0

    for _ in range(600):
        worker.heard("503")
        now.now += 1_000
    assert written() == 10


class Down:
    """Workers who would ask all the time, of a Plytix that does not answer."""

    def __init__(self, deployment, now):
        self.now, self.asked = now, []
        self.workers = [deployment.worker(lane, (Window(50, 10_000), Window(5_000, 3_600_000)), clock=now, sleep=now.passes)
                        for lane in (Lane.MAIN, Lane.MAIN, Lane.FAST)]

    def goes_on(self, seconds, answer="503"):
        until = self.now.now + seconds * 1_000
        while self.now.now < until:
            for worker in self.workers:
                try:
                    worker.lease()
                except Later:
                    continue
                self.asked.append(self.now.now)
                worker.heard(answer)
                if not answer:
                    worker.succeeded()
            self.now.now += 250


def test_while_plytix_is_down_it_is_asked_once_a_minute_and_as_soon_as_it_answers_by_all(deployment, now):
    down = Down(deployment, now)
    down.goes_on(20)
    down.asked.clear()

    down.goes_on(1_800)
    assert 25 <= len(down.asked) <= 40
    assert all(later - earlier <= 67_000 for earlier, later in pairwise(down.asked))
    with pytest.raises(Later, match="does not answer"):
        down.workers[0].lease()

    down.asked.clear()
    down.goes_on(120, answer="")
    assert down.asked[0] - now.now <= 0
    assert len([at for at in down.asked if at < down.asked[0] + 20_000]) > 60, "from the first answer on at full pace"


def test_a_429_that_is_the_first_answer_after_an_outage_is_obeyed(deployment, now):
    down = Down(deployment, now)
    down.goes_on(100)
    first, second, _ = down.workers
    now.now = deployment.item().closed_until + 6_000
    first.lease()

    first.refused(120, 3_600)  # as the session tells it
    first.heard("")

    with pytest.raises(Later, match="429") as later:
        second.lease()
    assert later.value.after_s > 100
    assert not deployment.item().down


def test_what_is_unheard_while_a_429_is_obeyed_changes_nothing_of_that(deployment, now):
    one, other = (deployment.worker(windows=(Window(50, 10_000),), clock=now, sleep=now.passes) for _ in range(2))
    one.lease()
    other.lease()
    one.refused(900, 3_600)
    for _ in range(3):
        other.heard("503")
        now.passes(16)
    one.heard("")

    assert deployment.item().closed_until > now.now + 800_000


def test_a_login_that_fails_is_told_and_closes_nothing(deployment, now):
    worker = deployment.worker(windows=(Window(50, 10_000),), clock=now, sleep=now.passes)
    for _ in range(10):
        worker.heard("503", login=True)
        now.passes(5)

    assert (deployment.item().down, deployment.item().closed_until) == (True, 0)


def test_one_who_is_never_answered_where_others_are_does_not_make_an_outage_of_it(deployment, now):
    """A product at which Plytix fails: its worker asks for nothing else."""
    one, other = (deployment.worker(windows=(Window(50, 10_000),), clock=now, sleep=now.passes) for _ in range(2))
    told, until = 0, now.now + 3_600_000
    while now.now < until:
        for worker, answer in ((one, "500"), (other, "")):
            if _raised(worker.lease) is None:
                worker.heard(answer)
        told += bool(Waiting(switch.Switch(writes=True), one._item.known, now.now).outage)
        now.passes(5)

    assert told < 720 / 20


def _raised(do):
    try:
        do()
    except Exception as error:  # noqa: BLE001 -- looked at by who asks
        return error
    return None


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
