"""Which delimiter a delimited file uses: the one under which its first rows are as wide as its heading (performance.md §6)."""

from __future__ import annotations

import csv
import re
from collections.abc import Callable, Sequence
from itertools import islice
from math import sqrt

DELIMITERS = (",", ";", "\t", "|")
NAMES = {",": "comma", ";": "semicolon", "\t": "tab", "|": "vertical bar"}
ROWS = 200
DECLARED = re.compile(r'"?sep=([^"\r\n])"?[\r\n]*', re.IGNORECASE)


def declared(first: str) -> str | None:
    """The delimiter that Excel's own first line `sep=;` names; such a line is no heading."""
    match = DECLARED.fullmatch(first)
    return match[1] if match else None


def detect(lines: Sequence[str], known: Callable[[str], bool]) -> str:
    """`lines` from the heading on; `known`: whether the feed knows a column of this name, which decides before any statistics."""
    return max(DELIMITERS, key=lambda delimiter: _score(lines, delimiter, known))


def _score(lines: Sequence[str], delimiter: str, known: Callable[[str], bool]) -> tuple[int, float, int]:
    rows = _rows(lines, delimiter)
    if not rows:
        return 0, 0.0, 0
    header, data = rows[0], rows[1:-1] or rows[1:]  # the last one may be cut where the sample ends
    width = len(header)
    alike = sum(len(row) == width or (len(row) > width and not any(row[width:])) for row in data)
    share = alike / len(data) if data else 1.0
    return sum(map(known, header)), share * sqrt(width) if width > 1 else 0.0, width


def _rows(lines: Sequence[str], delimiter: str) -> list[list[str]]:
    try:
        return [row for row in islice(csv.reader(lines, delimiter=delimiter), ROWS) if row]
    except csv.Error:  # a cell beyond all bounds
        return []
