"""GTINs: 8, 12, 13 or 14 digits, the last of which checks the others. Text, because leading zeros count."""

from __future__ import annotations

import re

FORM = re.compile(r"[0-9]{8}|[0-9]{12,14}")


def is_right(gtin: str) -> bool:
    """From the right, digits weigh 1, 3, 1 … and add up to a multiple of ten (GS1 General Specifications §7.9)."""
    return _weight(gtin.encode()) % 10 == 0


def check_digit(gtin: str) -> int:
    """What its last digit should be."""
    return -_weight(gtin[:-1].encode() + b"0") % 10


def _weight(digits: bytes) -> int:
    light, heavy = digits[::-2], digits[-2::-2]
    return sum(light) + 3 * sum(heavy) - ord("0") * (len(light) + 3 * len(heavy))
