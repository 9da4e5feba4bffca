"""The heart under random deaths, doubles, losses and orders: same end and same outcomes as without them (DESIGN.md §5)."""

from __future__ import annotations

import pytest

from tests.heart.explore import Execution
from tests.heart.properties import Broken
from tests.heart.scenario import draw
from tests.heart.shorten import Trace, shortest

SCHEDULES = 150


@pytest.mark.parametrize("settled", [True, False], ids=["one event after another", "events at any time"])
def test_where_workers_died_and_messages_came_twice_or_never_cannot_be_seen_afterwards(settled: bool) -> None:
    for seed in range(SCHEDULES):
        scenario, choices = draw(settled, seed)
        try:
            Execution(scenario, choices).run()
        except Broken:
            trace = Trace()
            scenario, choices = shortest(scenario, choices)
            with pytest.raises(Broken) as found:
                Execution(scenario, choices, trace).run()
            pytest.fail(f"seed {seed}: {found.value}\n{scenario}\n" + "\n".join(trace.lines[-120:]))
