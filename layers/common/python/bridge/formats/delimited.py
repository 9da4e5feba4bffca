"""CSV and TSV: from bytes to rows, each with its number and its physical line."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from io import TextIOWrapper
from typing import BinaryIO

from bridge.configuration import Feed
from bridge.domain import codes
from bridge.domain.counted import counted
from bridge.domain.header import known, listed
from bridge.domain.issue import Issue
from bridge.domain.row import Row
from bridge.domain.sheet import BadRow, Sheet
from bridge.formats import dialect, lines
from bridge.formats.encoding import ESCAPE, Encoding, detect, shown
from bridge.formats.records import LINES, Broken, Records, Whole

Rows = Iterator[Row | BadRow]
SAMPLE = 2_000  # lines that the delimiter is told from


class _Text(TextIOWrapper):
    """Leaves the file open when it goes."""

    def close(self) -> None:
        with suppress(ValueError):  # left before
            self.detach()


def read(file: BinaryIO, feed: Feed) -> Sheet:
    """`file` is seekable and stays open; it is read once for its encoding and once, while rows are asked for, for them.

    Never raises for what stands in the file: that becomes issues of the sheet, or bad rows. A row has as many cells as the heading.
    """
    encoding = detect(file, feed.encoding)
    if isinstance(encoding, Issue):
        return Sheet([], (encoding,))
    file.seek(0)
    source = lines.Lines(_Text(file, encoding.codec, ESCAPE, newline=""))
    delimiter, start = _delimiter(source, feed)
    records = Records(source, delimiter, start)
    found = iter(records)
    header = next(found, None)
    if header is None or isinstance(header, Broken):
        return Sheet([], (_headless(header, feed),), encoding.name, delimiter)
    heading = _without_empty_tail(header[2])
    records.width = len(heading)
    rows = _rows(found, heading, delimiter, encoding, source)
    return Sheet([shown(cell) for cell in heading], (), encoding.name, delimiter, rows)


def _delimiter(source: lines.Lines, feed: Feed) -> tuple[str, int]:
    """As the feed says, else as the file's first line says, else told from the first rows; and where the heading is looked for."""
    source.more(0)
    declared = dialect.declared(source.window[0]) if source.window else None
    start = 1 if declared else 0
    return feed.delimiter or declared or dialect.detect(source.window[:SAMPLE], known(feed)), start


def _headless(broken: Broken | None, feed: Feed) -> Issue:
    if broken:
        return Issue(codes.FILE_QUOTES, broken.line)
    return Issue(codes.FILE_NO_HEADER, facts={"found": "nothing", "expected": listed([feed.key.column, *feed.columns])})


def _without_empty_tail(cells: list[str]) -> list[str]:
    width = len(cells)
    while not cells[width - 1].strip():
        width -= 1
    return cells[:width]


def _rows(records: Iterator[Whole | Broken], heading: list[str], delimiter: str, encoding: Encoding, source: lines.Lines) -> Rows:
    width, suspect = len(heading), encoding.suspect()
    for number, record in enumerate(records, 1):
        if isinstance(record, Broken):
            yield BadRow(number, record.line, [shown(record.text)], (_breach(record),), record.last == source.unended)
            continue
        line, last, cells = record
        strange = len(cells) != width or cells == heading or (suspect and suspect.search("".join(cells)))
        if strange and (issues := tuple(_faults(line, cells, heading, delimiter, encoding))):
            yield BadRow(number, line, [shown(cell) for cell in cells], issues, last == source.unended)
        else:
            yield Row(number, line, cells, last == source.unended)


def _breach(broken: Broken) -> Issue:
    reach = f" (lines {broken.line} to {broken.last})" if broken.last > broken.line else ""
    facts = {"lines": reach, "opened": broken.opened, "lines_most": LINES, "characters_most": lines.CHARACTERS}
    return Issue(broken.code, broken.line, value=shown(broken.text), facts=facts)


def _faults(line: int, cells: list[str], heading: list[str], delimiter: str, encoding: Encoding) -> Iterator[Issue]:
    if len(cells) != len(heading):
        code = codes.ROW_MORE_CELLS if len(cells) > len(heading) else codes.ROW_FEWER_CELLS
        facts = {"found": counted(len(cells), "cell"), "expected": len(heading), "delimiter": dialect.NAMES.get(delimiter, delimiter)}
        yield Issue(code, line, value=shown(delimiter.join(cells)), facts=facts)
    elif cells == heading:
        yield Issue(codes.ROW_HEADER, line)
    else:
        for name, cell in zip(heading, cells, strict=True):
            if fault := encoding.fault(cell):
                yield Issue(fault.code, line, shown(name.strip()), fault.value, fault.facts)
