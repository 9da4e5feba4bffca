"""A run's issues before people: those of a kind together, the worst first. Programs get each by itself."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from bridge.domain import codes
from bridge.domain.issue import Severity
from bridge.domain.receipt import told_issue

Told = dict[str, Any]
"""An issue as `Issue.as_json` gives it."""
LINES = 5
"""Of a kind, that are named one by one."""


@dataclass(frozen=True, slots=True)
class Kind:
    """What one code says of one column, in the order of lines."""

    issues: list[Told]

    @property
    def rank(self) -> tuple[int, int]:
        """What keeps something out, what waits, what is only to be known; of these the most frequent first."""
        first = self.issues[0]
        weight = 0 if first["severity"] == Severity.ERROR else 1 if first["code"] in codes.HOLDING else 2
        return weight, -len(self.issues)

    def __str__(self) -> str:
        """One stands as it is; several by the first of them, with how many there are and in which lines."""
        first, count = self.issues[0], len(self.issues)
        if count == 1:
            return told_issue(first)
        return f"{count:,} times, {_where(self.issues)}, such as {told_issue(first)}"


def kinds(issues: Iterable[Told]) -> list[Kind]:
    """The worst first. By code and column: what else differs between messages is mostly the value."""
    found: dict[tuple[str, str | None], list[Told]] = {}
    for issue in issues:
        found.setdefault((issue["code"], issue["column"]), []).append(issue)
    return sorted(map(Kind, found.values()), key=lambda kind: kind.rank)


def _where(issues: list[Told]) -> str:
    lines = list(dict.fromkeys(str(issue["line"]) for issue in issues if issue["line"]))
    if not lines:
        return "of the file"
    more = f" … and {len(lines) - LINES:,} more" if len(lines) > LINES else ""
    return f"line{'' if len(lines) == 1 else 's'} {', '.join(lines[:LINES])}{more}"
