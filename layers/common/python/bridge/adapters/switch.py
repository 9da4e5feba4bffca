"""The off switch as one item of the ledger, `switch`: changed by `bridge pause`, `resume` and `writes`, obeyed within a second."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TYPE_CHECKING

from bridge.adapters.body import Bodies
from bridge.adapters.shared import Form, Shared
from bridge.domain import switch
from bridge.domain.switch import Switch

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

KEY = ("switch", "switch")
FORM = Form(Switch(), switch.to_json, switch.from_json)
EVERY_S = 1.0


class SwitchItem:
    """Read again when what was read is a second old."""

    def __init__(self, dynamodb: DynamoDBClient, table: str, bodies: Bodies, clock: Callable[[], float] = time.monotonic) -> None:
        self._item = Shared(dynamodb, table, bodies, KEY, FORM)
        self._clock, self._read_at = clock, float("-inf")

    def current(self) -> Switch:
        now = self._clock()
        if now - self._read_at >= EVERY_S:
            self._item.read()
            self._read_at = now
        return self._item.known

    def change(self, step: Callable[[Switch], Switch]) -> Switch:
        """The switch afterwards."""
        return self._item.change(lambda before: ((after := step(before)), after))
