"""Records of a delimited text, each once: whole, or broken with the reason, and the next one found again after it."""

from __future__ import annotations

import csv
from collections.abc import Generator, Iterator
from dataclasses import dataclass

from bridge.domain import codes
from bridge.domain.issue import Code
from bridge.formats import padded
from bridge.formats.lines import CHARACTERS, Lines

LINES = 1_000
"""Of a record."""
LEAST = 20
AHEAD = 100  # lines in hand when a broken record is looked at
NARROW = 3  # with fewer columns a line of running text may look like a row
KEPT = 10_000  # characters of a broken record's first line

csv.field_size_limit(4 * CHARACTERS)  # one for all that use csv; ours is the cap of a record


@dataclass(slots=True)
class Broken:
    """`line`: where it begins; `last`: up to where it could not be told from the next; `opened`: the line to be mended."""

    line: int
    text: str
    code: Code
    opened: int
    last: int


Whole = tuple[int, int, list[str]]
"""First and last line (1-based), and cells."""


class Records:
    """Give `width` as soon as the heading is known.

    A broken quotation mark may have swallowed good rows. So only its line counts as broken, and what follows is read anew: up to
    the line where the damage showed, what is exactly as wide as the heading and even in its quotation marks is a row again; the
    rest belongs to the broken record.
    """

    def __init__(self, lines: Lines, delimiter: str, start: int = 0) -> None:
        self.lines, self.delimiter, self._start = lines, delimiter, start
        self.width: int | None = None
        self._most = LINES
        self._doubt = self._opened = 0  # lines up to `_doubt` were swallowed by the mark in line `_opened`
        self._broken: Broken | None = None

    def __iter__(self) -> Iterator[Whole | Broken]:
        """Blank lines, and rows of nothing but delimiters, are no records. To be asked once."""
        start, lines = self._start, self.lines
        while True:
            begun, stop = start, self._stop(start)
            start, end = yield from self._undisturbed(begun, stop)
            if end is None:
                if start == len(lines.window):
                    if not lines.more(start):
                        break
                    start = 0
            elif begun < start and end == stop < len(lines.window):
                pass  # only our look ended here
            elif self._is_long(start, end):
                yield from self._break(start, end)
                start += 1
            elif end + AHEAD > len(lines.window) and lines.more(start):
                start = 0
            elif mended := padded.record(lines.window, start, end, self.delimiter):
                yield from self._one(mended[0], start, mended[1])
                start = mended[1]
            else:
                yield from self._break(start, end)
                start += 1
        yield from self._settle()

    def _undisturbed(self, start: int, stop: int) -> Generator[Whole | Broken, None, tuple[int, int | None]]:
        """Records as long as all goes well. Gives where the next one begins and where, if at all, its trouble showed."""
        base, lines = start, self.lines
        reader = csv.reader(lines.window[base:stop], delimiter=self.delimiter, strict=True)
        try:
            for cells in reader:
                end = base + reader.line_num
                if end - start > self._most or (lines.heavy and self._size(start, end) > CHARACTERS):
                    return start, end
                if len(cells) == self.width and cells[0] > "!" and lines.before + start >= self._doubt and not self._broken:
                    yield lines.before + start + 1, lines.before + end, cells
                elif not _blank(cells):
                    yield from self._one(cells, start, end)
                start = end
        except csv.Error:
            return start, base + reader.line_num
        return start, None

    def _stop(self, start: int) -> int:
        """How far csv.reader may look: the whole window, until the first broken record has shown what this file is like."""
        careful = self._most < LINES or self.lines.before + start < self._doubt
        return min(len(self.lines.window), start + self._most + 1) if careful else len(self.lines.window)

    def _is_long(self, start: int, end: int) -> bool:
        return end - start > self._most or self._size(start, end) > CHARACTERS

    def _size(self, start: int, end: int) -> int:
        return sum(map(len, self.lines.window[start:end]))

    def _one(self, cells: list[str], start: int, end: int) -> Iterator[Whole | Broken]:
        """A record that could be read: fitted to the heading, and proven where it lies in doubt."""
        lines = self.lines
        if self.width is not None and len(cells) != self.width:
            cells = padded.fitted(cells, self.width, lines.window, start, end, self.delimiter)
        if lines.before + start < self._doubt and not self._proven(cells, start, end):
            yield from self._swallow(start, end)
            return
        if self._broken:
            yield from self._settle()
        yield lines.before + start + 1, lines.before + end, cells

    def _proven(self, cells: list[str], start: int, end: int) -> bool:
        even = sum(line.count('"') for line in self.lines.window[start:end]) % 2 == 0
        return even and len(cells) == self.width and self.width >= NARROW

    def _break(self, start: int, end: int) -> Iterator[Broken]:
        """The record is broken: its first line counts, the others are read again.

        Each time one had too many lines the next look is half as far: hostile files stay linear.
        """
        line, code, most = self.lines.before + start + 1, codes.ROW_QUOTE, self._most
        if self._is_long(start, end):
            code = codes.ROW_TOO_LONG
            self._most = max(most // 2, LEAST) if end - start > most else most
        else:
            end = max(end, padded.reach(self.lines.window, start, start + AHEAD, self.delimiter))
        if line <= self._doubt and self._broken:
            yield from self._swallow(start, start + 1)
        else:
            yield from self._settle()
            self._opened = line
            self._broken = self._of_line(start, code)
        self._doubt = max(self._doubt, self.lines.before + min(end, start + most))

    def _swallow(self, start: int, end: int) -> Iterator[Broken]:
        """A record in doubt: part of the broken one, or, in a narrow table, a row that is not believed."""
        if self._broken is not None and (self.width or 0) >= NARROW:
            self._broken.last = self.lines.before + end
            return
        yield from self._settle()
        self._broken = self._of_line(start, codes.ROW_DOUBT)

    def _settle(self) -> Iterator[Broken]:
        if self._broken is not None:
            yield self._broken
            self._broken = None

    def _of_line(self, start: int, code: Code) -> Broken:
        line = self.lines.before + start + 1
        return Broken(line, self.lines.window[start].rstrip("\r\n")[:KEPT], code, self._opened or line, line)


def _blank(cells: list[str]) -> bool:
    """Nothing but blanks, or the mark (Ctrl-Z) by which DOS ends a file."""
    return not any(cell.strip().strip("\x1a\ufeff").strip() for cell in cells)
