"""What was asked of the simulator: the request log and its counts (plytix-api.md §14, control plane)."""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from typing import Any

KEPT = 200_000  # entries; older ones fall out, counts stay


@dataclass(frozen=True, slots=True)
class Entry:
    """One request. `status`: the answer's, also where the connection was dropped instead (`answered` is false then)."""

    number: int
    time: float  # Unix seconds, the account's clock
    method: str
    path: str
    status: int
    kind: str
    sku: str | None
    id: str | None
    changed: bool
    answered: bool
    fault: str | None  # the effect that befell it
    request_id: str


class Journal:
    """Entries since the last clear, oldest first."""

    def __init__(self) -> None:
        self.clear()

    def clear(self) -> None:
        """Begin anew."""
        self._entries: deque[Entry] = deque(maxlen=KEPT)
        self._kinds: Counter[str] = Counter()
        self._changed: Counter[str] = Counter()
        self._statuses: Counter[str] = Counter()
        self._number = 0

    def note(self, **facts: Any) -> None:
        """One more request."""
        self._number += 1
        entry = Entry(number=self._number, **facts)
        self._entries.append(entry)
        self._kinds[entry.kind] += 1
        self._statuses[str(entry.status)] += 1
        if entry.changed:
            self._changed[entry.kind] += 1

    def entries(self, kind: str | None, sku: str | None, after: int) -> list[dict[str, Any]]:
        """Those of a kind (`product` means all of its kinds), of a SKU, after a number."""
        return [asdict(entry) for entry in self._matching(kind, sku, after)]

    def counts(self) -> dict[str, Any]:
        """Requests in all, by kind, by kind those that changed something, by status."""
        return {
            "total": self._number,
            "kinds": dict(self._kinds),
            "changed": dict(self._changed),
            "statuses": dict(self._statuses),
        }

    def _matching(self, kind: str | None, sku: str | None, after: int) -> Iterable[Entry]:
        for entry in self._entries:
            if entry.number <= after or (sku is not None and entry.sku != sku):
                continue
            if kind is None or entry.kind == kind or entry.kind.startswith(f"{kind}."):
                yield entry
