"""One link call of a product at a time: Plytix itself races where two come at once (plytix-api.md §13, 17)."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from weakref import WeakValueDictionary

from bridge.errors import Later


class Turns:
    """A lock a product, as long as somebody holds it or waits for it."""

    def __init__(self, wait_s: float) -> None:
        self._wait_s = wait_s
        self._finding = threading.Lock()
        self._locks: WeakValueDictionary[str, threading.Lock] = WeakValueDictionary()

    @contextmanager
    def of(self, product: str) -> Iterator[None]:
        """Raises Later where others take too long."""
        with self._finding:
            lock = self._locks.setdefault(product, threading.Lock())
        if not lock.acquire(timeout=self._wait_s):
            raise Later(f"other links of product {product} are still being made")
        try:
            yield
        finally:
            lock.release()
