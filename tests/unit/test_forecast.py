"""What a run will ask of Plytix, and when that will be done, against an account that really is asked (DESIGN.md §6)."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bridge.adapters.plytix.products import columns
from bridge.configuration import Lane
from bridge.domain.budget import Budget, Lease, Terms, Window, lease, opens
from bridge.domain.forecast import Sends, done_by, requests, searches
from bridge.domain.product import Schema

NOW = 1_764_000_000_000
HOUR = 3_600_000
PAID = (Window(50, 10_000), Window(5_000, HOUR))


@pytest.mark.parametrize(("chunks", "bulk", "asked"), [
    ([], False, {}),
    ([Sends(creates=100), Sends(creates=20, patches=3)], False, {"create": 120, "patch": 3}),
    ([Sends(creates=100, looks=100), Sends(creates=1, looks=1)], False, {"create": 101, "search": 2}),
    ([Sends(patches=1_000)], False, {"patch": 1_000}),
    ([Sends(patches=1_000), Sends(patches=7)], True, {"bulk": 1, "poll": 3, "search": 10, "patch": 7}),
    ([Sends(patches=5, looks=100, there=90), Sends(creates=3, looks=3)], False, {"create": 3, "patch": 5, "search": 3}),
], ids=["nothing", "creates and patches", "before the first load", "patches", "a bulk job and what is too little for one", "read anew"])
def test_requests_are_planned_by_kind(chunks, bulk, asked):
    assert requests(chunks, bulk=bulk, searches=1) == asked


@pytest.mark.parametrize(("attributes", "asked"), [(0, 1), (42, 1), (43, 2), (91, 2), (92, 3)])
def test_an_account_with_many_attributes_reads_a_page_in_several_searches(attributes, asked):
    schema = Schema("1", {f"a{n}": "TextAttribute" for n in range(attributes)}, {})
    assert searches(attributes) == asked == len(columns(schema))
    assert requests([Sends(patches=200)], bulk=True, searches=asked)["search"] == 2 * asked
    assert requests([Sends(looks=200, there=150)], bulk=False, searches=asked)["search"] == 2 + 2 * asked


def leased(budget, terms, lane, n, now):
    """When the last of so many departs, if a worker asks as soon as it may; and the budget then."""
    last = now
    while n:
        budget, answer = lease(budget, terms, lane, 1, now)
        if isinstance(answer, Lease):
            last, n = answer.departures[-1], n - len(answer.departures)
        else:
            now = answer.until
    return last, budget


@settings(max_examples=60, deadline=None)
@given(plan=st.sampled_from([PAID, (Window(20, 10_000), Window(2_000, HOUR)), PAID[:1], (Window(50, 1_000), Window(200, 60_000))]),
       before=st.integers(0, 250), pause=st.integers(0, 30_000), n=st.integers(1, 600), lane=st.sampled_from(Lane))
def test_a_forecast_is_within_a_tenth_of_what_it_takes(plan, before, pause, n, lane):
    terms = Terms(plan, 0.8)
    last, budget = leased(replace(Budget(), terms=terms), terms, lane, before, NOW)
    now = last + pause

    told = done_by(budget, 0.8, lane, n, now)

    took = leased(budget, terms, lane, n, now)[0] - now
    assert abs(told - now - took) <= max(0.1 * took, 2 * terms.spacing)


def test_what_goes_first_is_counted_and_a_closed_budget_is_waited_for():
    budget = replace(Budget(), terms=Terms(PAID, 0.8))

    alone = done_by(budget, 0.8, Lane.MAIN, 100, NOW)
    assert alone == NOW + 100 * 250
    assert done_by(replace(budget, closed_until=NOW + 60_000), 0.8, Lane.MAIN, 100, NOW) == alone + 60_000


@pytest.mark.parametrize("lane", Lane)
def test_where_the_hour_is_spent_it_is_told_when_it_opens_again(lane):
    terms = Terms(PAID, 0.8)
    last, budget = leased(replace(Budget(), terms=terms), terms, lane, 4_000 - (120 if lane is Lane.MAIN else 0), NOW)
    assert opens(budget, lane, last + 1_000) > last + 1_000

    told = done_by(budget, 0.8, lane, 300, last + 1_000)

    took = leased(budget, terms, lane, 300, last + 1_000)[0] - last
    assert took > HOUR / 2
    assert abs(told - last - took) < 0.1 * took


def test_where_plytix_has_told_no_limits_yet_the_smaller_plan_is_assumed():
    assert done_by(Budget(), 0.5, Lane.MAIN, 20, NOW) == NOW + 20 * 1_000
