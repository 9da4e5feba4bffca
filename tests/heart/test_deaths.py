"""Where a worker died cannot be seen afterwards: same products, same outcomes, same receipts as in one go (DESIGN.md §5)."""

from __future__ import annotations

import random
from collections.abc import Collection
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.heart.explore import Execution, Moment
from tests.heart.scenario import Scenario, random_scenario
from tests.heart.told import end_of

SMALL = Scenario(settled=True, recreate=False, chunk_size=2, events=(
    ("create", "B", {"name": "by hand", "price": "9"}),
    ("drop", "sup", {"A": {"name": "n", "text": "s", "color": "teal"}, "B": {"name": "m"}, "C": None}),
    ("delete", "A"),
    ("drop", "erp", {"A": {"price": "1"}, "B": {"price": "2", "name": "N"}, "D": {"name": "m"}}),
))
"""Products made and patched, a value normalised and one refused, a faulty row, a person overwritten, a product deleted."""


def lived(scenario: Scenario, dying: Collection[Moment] = ()) -> Execution:
    execution = Execution(scenario, dying=dying)
    execution.live()
    return execution


def end(scenario: Scenario, dying: Collection[Moment] = ()) -> dict[str, Any]:
    return end_of(lived(scenario, dying))


def test_a_death_at_any_outside_call_leaves_no_trace():
    once = lived(SMALL)
    in_one_go = end_of(once)
    outcomes = {outcome for _, _, counts, _ in in_one_go["runs"].values() for outcome in counts}
    assert outcomes == {"CREATED", "UPDATED", "REJECTED", "SKIPPED"}, "the scenario should show most of what can become of a row"

    for moment in [Moment(call) for call in range(1, once.calls + 1)] + [Moment(call, after=True) for call in once.lasts]:
        assert end(SMALL, [moment]) == in_one_go, moment


scenarios = st.integers(0, 1 << 32).map(lambda seed: random_scenario(random.Random(seed), settled=True))


@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(scenario=scenarios, data=st.data())
def test_where_workers_died_cannot_be_seen_afterwards(scenario, data):
    once = lived(scenario)
    moments = st.integers(1, once.calls).map(Moment) | st.sampled_from(once.lasts).map(lambda call: Moment(call, after=True))

    died_at = data.draw(st.sets(moments, min_size=1, max_size=3), "died at")

    assert end(scenario, died_at) == end_of(once)
