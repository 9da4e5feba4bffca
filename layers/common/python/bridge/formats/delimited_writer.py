"""CSV and TSV out, as a stream: for channels, and for the result files that people open in a spreadsheet."""

from __future__ import annotations

import codecs
import csv
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import BinaryIO

FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")
NUMBER = re.compile(r"[+-]?[0-9][0-9.,'\u00a0\u202f ]*%?")


@dataclass(frozen=True, slots=True)
class Written:
    """`replaced`: rows in which the encoding had no room for a character, so that a `?` stands there."""

    rows: int
    replaced: int


class _Encoded:
    """What csv.writer writes to: a row a call, each with CRLF at its end, because only so are all line ends in cells quoted."""

    def __init__(self, file: BinaryIO, encoding: str, line_end: str) -> None:
        self.file, self.encoding, self.line_end = file, encoding, line_end
        self.rows = self.replaced = 0
        self._encode = codecs.getincrementalencoder(encoding)().encode

    def write(self, text: str) -> None:
        text = text[:-2] + self.line_end
        try:
            row = self._encode(text)
        except UnicodeEncodeError:
            self.replaced += 1
            row = self._encode(text.encode(self.encoding, "replace").decode(self.encoding))
        self.file.write(row)
        self.rows += 1


def write(rows: Iterable[Sequence[str]], file: BinaryIO, *, delimiter: str = ";", encoding: str = "utf-8",
          line_end: str = "\r\n", guard: bool = False) -> Written:
    """The heading is the first of `rows`. Quotes where needed, doubled inside; the last row ends like the others.

    `guard` for what people open: see `guarded`. Channels are read by machines, to whom an apostrophe would be a false value:
    they get none, and what stands in Plytix goes out as it is.
    """
    sink = _Encoded(file, encoding, line_end)
    writer = csv.writer(sink, delimiter=delimiter)
    writer.writerows(([guarded(cell) for cell in row] for row in rows) if guard else rows)
    return Written(sink.rows, sink.replaced)


def guarded(cell: str) -> str:
    """The cell, with an apostrophe before it where a spreadsheet would take it for a formula. A number never gets one."""
    return f"'{cell}" if cell.startswith(FORMULA) and not NUMBER.fullmatch(cell) else cell
