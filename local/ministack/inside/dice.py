"""The dice of a rough twin: whether something rough happens now, under a seed; and how often it did."""

import random
import threading
from collections import Counter


class Dice:
    """Each kind of roughness has its own throws: the n-th of a kind falls alike each time that seed and row are the same.

    Which event or call is the n-th is up to threads and processes, so a run can be repeated nearly, not exactly.
    """

    def __init__(self, seed: int) -> None:
        self.seed, self._row = seed, ""
        self._lock, self._thrown, self._happened = threading.Lock(), Counter[str](), Counter[str]()

    def begin(self, row: str) -> None:
        """Other throws from now on, for this seed always the same: a test's own, whatever ran before it."""
        with self._lock:
            self._row = row
            self._thrown.clear()

    def falls(self, kind: str, chance: float) -> bool:
        """True, and counted, in `chance` of all cases."""
        fallen = self._throw(kind).random() < chance
        if fallen:
            with self._lock:
                self._happened[kind] += 1
        return fallen

    def between(self, kind: str, low: float, high: float) -> float:
        return self._throw(f"{kind}, how much").uniform(low, high)

    def _throw(self, kind: str) -> random.Random:
        with self._lock:
            self._thrown[kind] += 1
            return random.Random(f"{self.seed} {self._row} {kind} {self._thrown[kind]}")

    def happened(self) -> dict[str, int]:
        """How often, by kind."""
        with self._lock:
            return dict(self._happened)
