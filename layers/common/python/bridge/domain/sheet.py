"""A file as its format's reader gives it: heading, how it was read, and rows one by one, each of them whole or broken."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from bridge.domain.issue import Issue, Severity
from bridge.domain.row import Row


@dataclass(frozen=True, slots=True)
class BadRow:
    """A row that is not one cell a column, or cannot be read as text. Counts as a row; `cells` as far as they could be told."""

    number: int
    line: int
    cells: list[str]
    issues: tuple[Issue, ...]
    unfinished: bool = False


@dataclass(frozen=True, slots=True)
class Sheet:
    """`rows` are read while they are asked for, once. With an error among `issues` the file counts for nothing, and they are empty."""

    header: list[str]
    issues: tuple[Issue, ...] = ()
    encoding: str | None = None
    delimiter: str | None = None
    rows: Iterable[Row | BadRow] = field(default=())

    @property
    def refused(self) -> bool:
        return refuses(self.issues)


def refuses(issues: Iterable[Issue]) -> bool:
    return any(issue.code.severity is Severity.ERROR for issue in issues)
