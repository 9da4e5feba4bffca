"""Keys that stand more than once in a file: found over the whole of it, exactly, in about 20 bytes a row and its key."""

from __future__ import annotations

from array import array
from collections import defaultdict
from collections.abc import Iterator, Sequence

from bridge.domain import codes
from bridge.domain.issue import Issue
from bridge.domain.row import Sku

BUCKETS = 256
APART = b"\xff"  # in no UTF-8
SHOWN = 10  # other lines that an issue names


class Keys:
    """Fed with each row that has a key, faulty ones too: who cannot tell which of two rows was meant takes neither.

    Keys go into buckets by hash, as bytes one after another; only at the end is a bucket taken apart.
    """

    def __init__(self) -> None:
        self._keys = [bytearray() for _ in range(BUCKETS)]
        self._lines = [array("I") for _ in range(BUCKETS)]

    def add(self, sku: Sku, line: int) -> None:
        bucket = hash(sku) % BUCKETS
        self._keys[bucket] += sku.encode() + APART
        self._lines[bucket].append(line)

    def doubled(self) -> dict[Sku, list[int]]:
        """SKU → all its lines, of those that stand in more than one."""
        return {Sku(key.decode()): lines for keys, at in zip(self._keys, self._lines, strict=True) for key, lines in _doubled(keys, at)}


def _doubled(keys: bytearray, at: Sequence[int]) -> Iterator[tuple[bytes, list[int]]]:
    each = bytes(keys).split(APART)[:-1]
    if len(set(each)) == len(each):
        return
    lines = defaultdict(list)
    for key, line in zip(each, at, strict=True):
        lines[key].append(line)
    yield from ((key, found) for key, found in lines.items() if len(found) > 1)


def issue(sku: Sku, line: int, lines: Sequence[int], column: str) -> Issue:
    """What the row in `line` is told: where its key stands besides."""
    shown = [f"{other}" for other in lines[:SHOWN + 1] if other != line][:SHOWN]  # never all: a key may stand in every row
    more = len(lines) - 1 - len(shown)
    told = f"{', '.join(shown)} and {more} more" if more > 0 else " and ".join(filter(None, [", ".join(shown[:-1]), shown[-1]]))
    return Issue(codes.KEY_TWICE, line, column, sku, {"lines": f"line{'' if len(lines) == 2 else 's'} {told}"})
