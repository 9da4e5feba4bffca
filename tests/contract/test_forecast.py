"""What a run is told of its end holds: the forecast beside the budget in DynamoDB, several workers, and the simulator of Plytix."""

from __future__ import annotations

import time
from collections import deque

import pytest

from bridge.adapters.budget import now_ms
from bridge.adapters.plytix.products import Products
from bridge.adapters.plytix.session import Limits, Session
from bridge.configuration import Lane
from bridge.domain.forecast import done_by
from bridge.errors import Later
from local.plytix.server import Simulator
from tests.contract.deployment import SHARE, Deployment, Key, at_once

OURS, OTHERS = "ours", "others"
ASKED = 120


@pytest.fixture
def deployment(cloud):
    return Deployment(cloud)


@pytest.fixture
def plytix():
    """Its hour takes fifteen seconds, and holds fewer requests than a run asks."""
    with Simulator() as simulator:
        simulator.windows([[50, 2], [120, 15]])
        yield simulator


@pytest.mark.parametrize("others", [0, 60])
def test_a_forecast_holds_within_a_tenth(deployment, plytix, others):
    sessions = [Session(Key(plytix.url), deployment.worker(), Limits()) for _ in range(4)]
    for session in sessions:
        Products(session).schema()  # from here on the limits are known
    work, answered = deque([OTHERS] * others + [OURS] * ASKED), []
    began = now_ms()

    told = done_by(deployment.item(), SHARE, Lane.MAIN, len(work), began)

    at_once(*(lambda session=session: serves(session, work, answered) for session in sessions for _ in range(2)))
    for session in sessions:
        session.close()
    took = max(answered) - began
    print(f"{others} before: {took / 1000:.2f} s, told {(told - began) / 1000:.2f} s")
    assert len(answered) == ASKED
    assert "429" not in plytix.counts()["statuses"]
    assert abs(told - max(answered)) <= 0.1 * took


def serves(session, work, answered):
    """As `apply` takes messages: what must wait comes again when it may."""
    products = Products(session)
    while work:
        try:
            whose = work.popleft()
        except IndexError:
            return
        while True:
            try:
                products.schema()
                break
            except Later as later:
                time.sleep(later.after_s or 0.1)
        if whose is OURS:
            answered.append(now_ms())
