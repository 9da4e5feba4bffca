"""While Plytix does not answer it is asked now and then, which all are told; one answer, and all goes on (DESIGN.md §6)."""

from __future__ import annotations

from itertools import pairwise

import pytest

from bridge.configuration import Lane
from bridge.domain import switch
from bridge.domain.budget import Window
from bridge.domain.waiting import Waiting
from bridge.errors import Later
from tests.contract.deployment import Deployment, raised


@pytest.fixture
def deployment(cloud):
    return Deployment(cloud)


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
            if raised(worker.lease) is None:
                worker.heard(answer)
        told += bool(Waiting(switch.Switch(writes=True), one._item.known, now.now).outage)
        now.passes(5)

    assert told < 720 / 20
