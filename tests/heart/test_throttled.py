"""When a table refuses a call for the moment cannot be seen afterwards: same products, same outcomes, no request twice (DESIGN.md §5)."""

from __future__ import annotations

from bridge.errors import Fate, Later
from tests.heart.explore import Execution
from tests.heart.scenario import Scenario
from tests.heart.test_deaths import SMALL, lived
from tests.heart.told import end_of

PLYTIX = ("CREATE", "PATCH", "GET", "list products", "read the schema")


class Throttled(Execution):
    """The n-th outside call of all workers is refused, unless Plytix was asked."""

    def __init__(self, scenario: Scenario, refused: int) -> None:
        super().__init__(scenario)
        self.refused = refused

    def _pause(self, label: str) -> None:
        super()._pause(label)
        if self.calls == self.refused and not label.startswith(PLYTIX):
            self.refused = 0  # and the next time it is done
            raise Later("DynamoDB is not to be had", fate=Fate.UNKNOWN)  # as bridge/adapters/patience.py says it


def written(execution: Execution) -> list[tuple[str, str]]:
    """What the bridge wrote at Plytix; a value that was refused there may be refused once more, if nobody could note it."""
    return sorted((write.kind, write.sku) for write in execution.w.plytix.log if write.by == "bridge" and write.kind != "refusal")


def test_a_refusal_at_any_outside_call_leaves_no_trace():
    once = lived(SMALL)
    in_one_go = end_of(once)

    for call in range(1, once.calls + 1):
        throttled = Throttled(SMALL, call)
        throttled.live()
        assert end_of(throttled) == in_one_go, call
        assert written(throttled) == written(once), call
