"""The sequence: what orders a feed's drops, and decides between feeds and people who spoke last (DESIGN.md §4 order)."""

from __future__ import annotations

import hashlib
from typing import NewType

Sequence = NewType("Sequence", str)
"""Sorts as text: landing time in ms (13 digits), S3's sequencer, and a hash of the key so that no two drops are equal."""
BEGINNING = Sequence("")


def landing(landed_ms: int, sequencer: str, key: str) -> Sequence:
    """The sequence of a drop that has none of its own; `sequencer` orders within one key, compared right-padded (aws-reference.md §5.1)."""
    tie = hashlib.blake2b(key.encode(), digest_size=4).hexdigest()
    return Sequence(f"{landed_ms:013d}.{sequencer.upper().ljust(24, '0')}.{tie}")


def landed_ms(sequence: Sequence) -> int:
    """When the drop landed, in ms since 1970: comparable with Plytix's `modified`."""
    return int(sequence[:13])
