"""Ports in memory for the bridge's services: the twins of `tests/heart`, found by SKU and id, on the real clock, and quiet."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any, TypeVar

from bridge.adapters.shared import Shared
from bridge.configuration import Bundle
from bridge.domain import history, wanted
from bridge.domain.budget import Budget
from bridge.domain.history import Entry
from bridge.domain.row import Sku
from bridge.domain.wanted import Wanted
from bridge.ports import Put
from tests.heart.world import Tables, World

Answer = TypeVar("Answer")


class Memory(World):
    """All that AWS holds. It is quicker than DynamoDB: the seconds measured with it are those of requests and computing."""

    def __init__(self, configuration: Bundle) -> None:
        super().__init__(configuration, set())
        self.tables: Tables = Indexed(self)

    def clock(self) -> int:
        return time.time_ns() // 1_000_000

    def tick(self) -> int:
        self.now = max(self.now + 1, self.clock())
        return self.now


class Indexed(Tables):
    """The twin looks through all items; with thousands of products that would be most of the time."""

    def __init__(self, world: World) -> None:
        super().__init__(world)
        self._feeds: dict[Sku, set[str]] = {}
        self._skus: dict[str, Sku] = {}
        self._history: dict[Sku, list[Any]] = {}

    def peek_wanted_of(self, sku: Sku) -> dict[str, Wanted]:
        return {feed: wanted.from_json(*self.wanted_items[sku, feed]) for feed in sorted(self._feeds.get(sku, ()))}

    def sku_of(self, id: str) -> Sku | None:
        return self._skus.get(id)

    def history(self, sku: Sku, since: int) -> list[Entry]:
        return [history.from_json(sku, body) for body in self._history.get(sku, ()) if body["at"] >= since]

    def write(self, *puts: Put, history: Any = ()) -> bool:
        count = len(self.entries)
        if not super().write(*puts, history=history):
            return False
        for put in puts:
            if put.feed:
                self._feeds.setdefault(put.sku, set()).add(put.feed)
            else:
                self._skus[put.new.id] = put.sku
        for sku, body in self.entries[count:]:
            self._history.setdefault(sku, []).append(body)
        return True


class OneWorker(Shared[Budget]):
    """The budget's item, where nobody else changes it."""

    def __init__(self) -> None:
        self._seen = (0, Budget())

    def change(self, step: Callable[[Budget], tuple[Budget, Answer]]) -> Answer:
        new, answer = step(self.known)
        self._seen = (self._seen[0] + 1, new)
        return answer
