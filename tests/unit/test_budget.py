"""The account's share is used and never exceeded, whatever Plytix's windows are; fast goes first; a 429 is obeyed by all."""

from __future__ import annotations

import random
from itertools import pairwise

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bridge.configuration import Lane
from bridge.domain.budget import (
    FALLBACK,
    Budget,
    Law,
    Lease,
    Terms,
    Wait,
    Why,
    Window,
    earliest,
    from_json,
    lease,
    opens,
    refused,
    succeeded,
    to_json,
)
from tests.unit.account import FREE, PAID, START, Account, Fixed, Sliding, Worker

SECOND, MINUTE, HOUR = 1_000, 60_000, 3_600_000
KINDS = pytest.mark.parametrize("kind", [Sliding, Fixed])
PLANS = pytest.mark.parametrize("plan", [FREE, PAID], ids=["free", "paid"])


def backlog(workers=6, lane=Lane.MAIN, **facts):
    """Workers with more to do than there is time for; each with a latency of its own."""
    return [Worker(lane, latency=200 + 70 * n, begins=37 * n, **facts) for n in range(workers)]


def jittery(seed):
    return random.Random(seed).random


# ---- what must hold


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_no_ten_seconds_ever_have_more_than_our_share_and_plytix_never_refuses(data):
    plan = data.draw(st.sampled_from([FREE, PAID, (Window(7, 10_000),), (Window(300, 10_000), Window(15_000, HOUR))]))
    share = data.draw(st.sampled_from([0.1, 0.3, 0.5, 0.8, 1.0]))
    account = Account(plan, share, data.draw(st.sampled_from([Sliding, Fixed])), data.draw(st.floats(0, 1)))
    workers = [
        Worker(data.draw(st.sampled_from(Lane)), data.draw(st.integers(1, 3_000)), data.draw(st.integers(0, 40_000)),
               data.draw(st.sampled_from([1, 5, 60, 1_000])), data.draw(st.integers(-250, 250)), jittery(data.draw(st.integers(0, 99))))
        for _ in range(data.draw(st.integers(1, 9)))]

    account.run(workers, until=70 * SECOND)

    assert account.most_in(10_000) <= max(1, plan[0].limit * share)
    assert account.refusals == []


@settings(max_examples=15, deadline=None)
@given(st.data())
def test_no_hour_ever_has_more_than_our_share(data):
    plan = (Window(50, 1_000), Window(data.draw(st.sampled_from([60, 300, 1_000])), 60_000))  # an hour of a minute
    account = Account(plan, 0.8, data.draw(st.sampled_from([Sliding, Fixed])), data.draw(st.floats(0, 1)))
    workers = [
        Worker(data.draw(st.sampled_from(Lane)), data.draw(st.integers(1, 900)), data.draw(st.integers(0, 100_000)),
               data.draw(st.sampled_from([10, 500])), data.draw(st.integers(-25, 25)), jittery(data.draw(st.integers(0, 99))))
        for _ in range(data.draw(st.integers(1, 9)))]

    account.run(workers, until=200_000)

    assert account.most_in(60_000) <= plan[1].limit * 0.8
    assert account.refusals == []


@KINDS
@PLANS
def test_while_work_waits_all_but_a_twentieth_of_our_share_of_ten_seconds_is_used(plan, kind):
    account = Account(plan, kind=kind, phase=0.4)

    account.run(backlog(late=jittery(3)), until=5 * MINUTE)

    share = 0.8 * plan[0].limit * 30
    assert 0.95 * share <= account.used(5 * MINUTE) <= share + 0.8 * plan[0].limit
    assert account.refusals == []


@KINDS
@PLANS
def test_while_work_waits_all_but_a_twentieth_of_our_share_of_the_hours_is_used(plan, kind):
    account, five_turns = Account(plan, kind=kind, phase=0.7), 5 * 61 * MINUTE

    account.run(backlog(late=jittery(4)), until=five_turns)

    assert account.used(five_turns) >= 0.95 * 0.8 * plan[1].limit * five_turns / HOUR
    assert account.most_in(HOUR) <= 0.8 * plan[1].limit
    assert account.refusals == []


def test_departures_are_evenly_spaced():
    account = Account(PAID)

    account.run(backlog(), until=30 * SECOND)

    assert {later - first for first, later in pairwise(account.departures)} == {250}


def test_a_departure_that_nobody_took_is_lost():
    account = Account(PAID)

    account.run([Worker(work=1), Worker(begins=60_000)], until=2 * MINUTE)

    assert account.most_in(SECOND) == 4


def test_where_the_share_is_all_of_it_the_lateness_of_requests_is_still_allowed_for():
    account = Account(PAID, share=1.0)

    account.run(backlog(late=jittery(5)), until=2 * MINUTE)

    assert account.refusals == []
    assert account.used(2 * MINUTE) >= 0.85 * 50 * 12
    assert {later - first for first, later in pairwise(account.departures)} == {230}


@given(st.lists(st.integers(0, 5_000), max_size=40), st.integers(0, 6_000), st.integers(1, 12), st.integers(1, 3_000))
def test_the_earliest_moment_is_right_and_there_is_none_before(taken, since, most, span):
    laws, taken = [Law(most, span)], sorted(taken)

    def right(moment):
        inserted = sorted([*taken, moment])
        return all(inserted[i + most] - inserted[i] >= span for i in range(len(inserted) - most)
                   if inserted[i] <= moment <= inserted[i + most])

    found = earliest(taken, since, laws)

    assert right(found)
    assert not any(right(moment) for moment in range(since, found))


# ---- fast


@PLANS
@given(arrives=st.integers(15_000, 25_000))
@settings(max_examples=20, deadline=None)
def test_one_that_is_fast_is_served_within_three_seconds_in_the_middle_of_a_backlog(plan, arrives):
    account, price = Account(plan), Worker(Lane.FAST, begins=arrives, work=1)

    account.run([*backlog(), price], until=40 * SECOND)

    assert price.served[0] - arrives <= 3_000


def test_fast_goes_at_once_where_main_has_only_just_begun():
    account, price = Account(PAID), Worker(Lane.FAST, begins=500, work=1)

    account.run([*backlog(9), price], until=10 * SECOND)

    assert price.served == [500]


@PLANS
def test_many_prices_take_hardly_longer_than_without_a_backlog(plan):
    account, prices = Account(plan), [Worker(Lane.FAST, begins=20_000, work=100) for _ in range(3)]

    account.run([*backlog(), *prices], until=10 * MINUTE)

    alone_s = 300 / (0.8 * plan[0].limit / 10)
    assert max(worker.served[-1] for worker in prices) <= 20_000 + 1_000 * (1.1 * alone_s + 3)
    assert account.refusals == []


def test_the_hour_keeps_a_reserve_for_fast():
    account, prices = Account(PAID), Worker(Lane.FAST, latency=10, begins=40 * MINUTE, work=100)

    account.run([*backlog(), prices], until=45 * MINUTE)

    assert len(prices.served) == 100


def test_what_becomes_free_of_the_hour_goes_to_fast_first():
    account, prices = Account(PAID), [Worker(Lane.FAST, begins=40 * MINUTE, work=200) for _ in range(3)]

    account.run([*backlog(), *prices], until=65 * MINUTE)

    assert sum(len(worker.served) for worker in prices) == 600
    assert account.most_in(HOUR) <= 4_000


# ---- when there is nothing


def test_a_wait_for_the_hour_ends_when_one_more_fits_and_not_before():
    account = Account(PAID)
    account.run(backlog(), until=30 * MINUTE)
    now = START + 30 * MINUTE

    _, wait = lease(account.budget, account.terms, Lane.MAIN, 1, now)

    assert isinstance(wait, Wait)
    assert wait.why is Why.SPENT
    assert isinstance(lease(account.budget, account.terms, Lane.MAIN, 1, wait.until - 1)[1], Wait)
    assert isinstance(lease(account.budget, account.terms, Lane.MAIN, 1, wait.until)[1], Lease)
    assert opens(account.budget, Lane.MAIN, now) == wait.until
    assert opens(account.budget, Lane.FAST, now) == now


def test_main_leases_no_more_than_two_seconds_ahead():
    terms = Terms(PAID, 0.8)

    budget, answer = lease(Budget(), terms, Lane.MAIN, 100, START)

    assert answer.departures == tuple(range(START, START + 2_001, 250))
    _, wait = lease(budget, terms, Lane.MAIN, 1, START)
    assert wait == Wait(START + 250, Why.TURN)


def test_a_worker_whose_clock_is_behind_takes_nobodys_departure():
    terms = Terms(PAID, 0.8)
    budget, _ = lease(Budget(), terms, Lane.MAIN, 4, START)

    _, answer = lease(budget, terms, Lane.MAIN, 1, START - 400)

    assert answer.departures == (START + 1_000,)


# ---- a 429 that others caused


def test_a_refusal_stops_all_and_is_probed_by_one_at_growing_intervals():
    account = Account(PAID)
    for second in range(20, 180):
        account.others_ask(50, at=second * SECOND)  # and leave nothing to us

    account.run(backlog(late=jittery(6)), until=10 * MINUTE)

    refusals = [(at - START) / 1000 for at, _ in account.refusals]
    first, probes = refusals[0], [at for at in refusals if at > refusals[0] + 3]  # those under way come first
    assert len(refusals) - len(probes) < 10  # departures that had been leased
    gaps = [round(later - earlier) for earlier, later in pairwise([first, *probes])]
    assert gaps == pytest.approx([10, 20, 40, 80], abs=2)
    assert account.used(10 * MINUTE) - account.used(340 * SECOND) > 0.9 * 40 * 26


def test_requests_under_way_when_it_closed_make_the_pause_no_longer():
    terms = Terms(PAID, 0.8)
    budget, first = lease(Budget(), terms, Lane.MAIN, 8, START)

    closed = refused(budget, terms, first.closings, START, None, 10_000)
    for later in range(8):
        assert refused(closed, terms, first.closings, START + later, None, 10_000) == closed
        assert succeeded(closed, first.closings) == closed


@pytest.mark.parametrize(("said", "window", "pause"), [(None, 10_000, 10_000), (7_000, 10_000, 10_000), (25_000, 10_000, 25_000),
                                                       (None, 3_600_000, 60_000), (None, None, 10_000)])
def test_the_first_pause_is_what_plytix_says_and_at_least_the_short_window(said, window, pause):
    closed = refused(Budget(), Terms(PAID, 0.8), 0, START, said, window)

    assert closed.closed_until == START + pause


def test_probes_are_never_further_apart_than_a_quarter_of_an_hour():
    terms, budget, now = Terms(PAID, 0.8), Budget(), START
    for _ in range(20):
        budget = refused(budget, terms, budget.closings, now, None, 10_000)
        now = budget.closed_until
        assert lease(budget, terms, Lane.FAST, 1, now - 1)[1] == Wait(now, Why.CLOSED)
        budget, probe = lease(budget, terms, Lane.FAST, 5, now)
        assert len(probe.departures) == 1
        assert isinstance(lease(budget, terms, Lane.MAIN, 1, now)[1], Wait)
    assert budget.pause == 15 * MINUTE

    opened = succeeded(budget, budget.closings)
    assert isinstance(lease(opened, terms, Lane.MAIN, 1, now + SECOND)[1], Lease)


def test_a_prober_that_dies_is_followed_by_another():
    terms = Terms(PAID, 0.8)
    closed = refused(Budget(), terms, 0, START, None, 10_000)
    budget, _ = lease(closed, terms, Lane.MAIN, 1, START + 10_000)

    assert isinstance(lease(budget, terms, Lane.MAIN, 1, START + 19_999)[1], Wait)
    assert isinstance(lease(budget, terms, Lane.MAIN, 1, START + 20_000)[1], Lease)


# ---- as it is stored


def test_a_budget_reads_back_as_it_was_stored():
    account = Account(PAID)
    account.others_ask(50, at=9_000)
    account.run(backlog() + backlog(2, Lane.FAST), until=10 * SECOND)

    stored = orjson.dumps(to_json(account.budget))

    assert from_json(orjson.loads(stored)) == account.budget
    assert len(stored) < 2_000


def test_a_raised_limit_counts_from_the_next_lease_on():
    budget, _ = lease(Budget(), Terms(FALLBACK, 0.8), Lane.MAIN, 9, START)

    _, answer = lease(budget, Terms(PAID, 0.8), Lane.MAIN, 9, START + 2_000)

    assert answer.departures[1] - answer.departures[0] == 250
