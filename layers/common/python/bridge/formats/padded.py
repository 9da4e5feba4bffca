"""Records that csv.reader refuses: with blanks around quoted cells, as in files padded to look like a table; and truly broken ones."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache
from io import StringIO


def record(lines: Sequence[str], start: int, end: int, delimiter: str) -> tuple[list[str], int] | None:
    """The record that begins at `start`, and where the next one does; None: it is not of this form. It ends at `end` or later."""
    whole, begun = _forms(delimiter)
    text = "".join(lines[start:end])
    while not whole.fullmatch(text):
        if end == len(lines) or not begun.fullmatch(text):
            return None
        text += lines[end]
        end += 1
    return _cells(text, delimiter), end


def fitted(cells: list[str], width: int, lines: Sequence[str], start: int, end: int, delimiter: str) -> list[str]:
    """To the heading's width, where that loses nothing: surplus cells that are empty, blanks before a quotation mark."""
    if len(cells) > width and not "".join(cells[width:]).strip():
        return cells[:width]
    text = "".join(lines[start:end])
    if '"' in text and _forms(delimiter)[0].fullmatch(text):
        again = _cells(text, delimiter)
        return again if len(again) == width else cells
    return cells


def reach(lines: Sequence[str], start: int, stop: int, delimiter: str) -> int:
    """Before which line a broken record ends, if the marks inside its cells were meant as they stand; `start` where nobody can tell."""
    match = _lenient(delimiter).match("".join(lines[start:stop]))
    text = match[0] if match else ""
    return start + len(StringIO(text, newline="").readlines()) if text.endswith(("\r", "\n")) else start


@lru_cache
def _lenient(delimiter: str) -> re.Pattern[str]:
    """A record in which a quoted cell ends only where a delimiter or the line's end follows its mark."""
    d, blanks = re.escape(delimiter), _blanks(delimiter)
    ends = rf"(?={blanks}(?:{d}|[\r\n]|\Z))"
    cell = rf'(?>{blanks}"(?:[^"]++|""|"(?!{ends}))*+"{blanks}{ends}|(?:[^{d}\r\n"][^{d}\r\n]*+)?+)'
    return re.compile(rf"{cell}(?:{d}{cell})*+(?:\r\n|\r|\n)")


@lru_cache
def _forms(delimiter: str) -> tuple[re.Pattern[str], re.Pattern[str]]:
    """A whole record of cells, quoted ones with blanks around them; and one whose last cell is quoted and still open.

    Nothing in them backtracks.
    """
    d, cell = re.escape(delimiter), _cell(delimiter)
    return re.compile(rf"{cell}(?:{d}{cell})*+[\r\n]*+"), re.compile(rf'(?:{cell}{d})*+{_blanks(delimiter)}"(?:[^"]++|"")*+')


def _blanks(delimiter: str) -> str:
    return "[ ]*+" if delimiter == "\t" else r"[ \t]*+"


def _cell(delimiter: str) -> str:
    d, blanks = re.escape(delimiter), _blanks(delimiter)
    return rf'(?>{blanks}"((?:[^"]++|"")*+)"{blanks}(?={d}|[\r\n]|\Z)|((?:[^{d}\r\n"][^{d}\r\n]*+)?+))'


@lru_cache
def _one(delimiter: str) -> re.Pattern[str]:
    return re.compile(rf"{_cell(delimiter)}(?:{re.escape(delimiter)}|[\r\n]*+\Z)")


def _cells(text: str, delimiter: str) -> list[str]:
    """The cells of a text that has the form of a whole record."""
    found, at = [], 0
    while at < len(text) and (match := _one(delimiter).match(text, at)):
        quoted, plain = match.groups()
        found.append(plain if quoted is None else quoted.replace('""', '"'))
        at = match.end()
    return [*found, ""] if text.endswith(delimiter) else found
