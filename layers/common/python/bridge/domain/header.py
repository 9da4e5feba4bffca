"""The heading of a file, matched with the columns of its feed by name: case and blanks do not count, nor does the order."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from itertools import chain

from bridge.configuration import Column, Feed, Key
from bridge.domain import codes
from bridge.domain.issue import Issue
from bridge.domain.sheet import refuses
from bridge.domain.spelling import header as spelled

UNSEEN = dict.fromkeys(map(ord, "\ufeff\u200b\u200c\u200d\u2060\u00ad"))
SHOWN = 12  # names that a sentence lists
OURS = "_"  # columns that our result files add (`_result` …) begin so; sent back, they mean nothing


@dataclass(frozen=True, slots=True)
class Place:
    """A column of the feed and where it stands in this file: `name` as the file has it."""

    index: int
    name: str
    column: Column


@dataclass(frozen=True, slots=True)
class Header:
    """`key`: index of the column that names the product, -1 where it is missing. An error among `issues` refuses the file."""

    names: tuple[str, ...]
    key: int
    places: tuple[Place, ...]
    issues: tuple[Issue, ...]

    @property
    def refused(self) -> bool:
        return refuses(self.issues)


def name(text: str) -> str:
    """The form in which names of columns are compared."""
    return spelled(unicodedata.normalize("NFC", text.translate(UNSEEN)))


def known(feed: Feed) -> Callable[[str], bool]:
    """Whether the feed knows a column of this name."""
    names = set(chain(_spellings(feed.key.column, feed.key), *(_spellings(*item) for item in feed.columns.items())))
    return lambda text: name(text) in names


def match(header: Sequence[str], feed: Feed) -> Header:
    """All that is wrong with the heading at once. `header`: its cells as they stand in the file."""
    names = tuple(cell.strip() for cell in header)
    forms = [name(text) for text in names]
    key = _at(forms, feed.key.column, feed.key)
    found = {head: _at(forms, head, column) for head, column in feed.columns.items()}
    if not key and not any(found.values()):
        facts = {"found": listed(names), "expected": listed([feed.key.column, *feed.columns])}
        return Header(names, -1, (), (Issue(codes.FILE_NO_HEADER, 1, facts=facts),))
    taken = {*key, *chain.from_iterable(found.values())}
    surplus = [i for i, text in enumerate(names) if i not in taken and not text.startswith(OURS)]
    unknown = [names[i] or f"(column {i + 1}, without a name)" for i in surplus]
    issues = chain(_key_faults(feed, key, names, unknown), _column_faults(feed, found, names, unknown), _surplus(feed, unknown))
    places = tuple(Place(at[0], names[at[0]], feed.columns[head]) for head, at in found.items() if at)
    return Header(names, key[0] if key else -1, places, tuple(issues))


def _spellings(head: str, declared: Key | Column) -> set[str]:
    return {name(head), *map(name, declared.aliases)}


def _at(forms: list[str], head: str, declared: Key | Column) -> list[int]:
    spellings = _spellings(head, declared)
    return [index for index, form in enumerate(forms) if form in spellings]


def _key_faults(feed: Feed, key: list[int], names: Sequence[str], unknown: list[str]) -> Iterator[Issue]:
    head = feed.key.column
    if not key:
        yield Issue(codes.COLUMN_KEY, 1, head, facts={"found": listed(names), "nearest": _nearest(head, unknown)})
    if len(key) > 1:
        yield Issue(codes.COLUMN_TWICE, 1, head, facts={"columns": _placed(key, names)})


def _column_faults(feed: Feed, found: dict[str, list[int]], names: Sequence[str], unknown: list[str]) -> Iterator[Issue]:
    for head, at in found.items():
        if not at and feed.columns[head].required:
            yield Issue(codes.COLUMN_MISSING, 1, head, facts={"found": listed(names), "nearest": _nearest(head, unknown)})
        if len(at) > 1:  # nobody wins by being first
            yield Issue(codes.COLUMN_TWICE, 1, head, facts={"columns": _placed(at, names)})
    if absent := [head for head, at in found.items() if not at and not feed.columns[head].required]:
        yield Issue(codes.COLUMN_ABSENT, 1, facts={"columns": listed(absent)})


def _surplus(feed: Feed, unknown: list[str]) -> Iterator[Issue]:
    if unknown:
        code = codes.COLUMN_REFUSED if feed.unknown == "refuse" else codes.COLUMN_UNKNOWN
        yield Issue(code, 1, facts={"columns": listed(unknown)})


def _nearest(head: str, unknown: list[str]) -> str:
    by_form = {name(text): text for text in unknown}
    near = get_close_matches(name(head), by_form, n=1)
    return f' The nearest in the file is "{by_form[near[0]]}".' if near else ""


def _placed(at: list[int], names: Sequence[str]) -> str:
    return ", ".join(f'"{names[i]}" (column {i + 1})' for i in at)


def listed(names: Iterable[str]) -> str:
    """Not more than a reader would read; each name cut where it is no name."""
    shown = [text if len(text) <= 60 else text[:57] + "…" for text in names]
    more = len(shown) - SHOWN
    return ", ".join(shown[:SHOWN]) + (f" and {more} more" if more > 0 else "")
