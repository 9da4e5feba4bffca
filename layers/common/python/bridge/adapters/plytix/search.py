"""Searching: every kind of thing is found in the same way, a hundred a page (plytix-api.md §5)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from bridge.adapters.plytix.session import Call, Kind, Session
from bridge.errors import Later, Refused, Stop

PAGE = 100  # rows a page, and values of one `in` (§5.2, §5.3)
Condition = dict[str, Any]
"""`{"field", "operator", "value"}`"""


class Unsearchable(Stop):
    """Plytix refuses a search itself (422): a column that is no longer there, or a mistake of ours."""


def page(session: Session, path: str, columns: Sequence[str], either: Sequence[Sequence[Condition]] = (), number: int = 1,
         kind: Kind = Kind.SEARCH) -> list[dict[str, Any]]:
    """One page of what meets all conditions of one of the alternatives; of everything where there is none.

    Never sorted: beyond 10,000 matches that is refused (428, §5.3). `filters` always goes along (§5.1).
    """
    asked = {"filters": either, "attributes": columns, "pagination": {"page": number, "page_size": PAGE}}
    try:
        return session.ask(Call(kind, "POST", f"{path}/search", asked))
    except Refused as refused:
        raise Unsearchable(f"Plytix refuses a search: {refused}") from None


def every(session: Session, path: str, columns: Sequence[str], either: Sequence[Sequence[Condition]] = (),
          kind: Kind = Kind.SEARCH, first: int = 1) -> Iterator[dict[str, Any]]:
    """All of them from a page on, each id once, up to the first page that is not full: no count of Plytix's is to be trusted (§5.4).

    What is created or deleted meanwhile may shift the pages: one may be missing here and come with the next look.
    """
    seen: set[Any] = set()
    number = first
    while True:
        rows = page(session, path, columns, either, number, kind)
        new = [row for row in rows if row.get("id") not in seen]
        seen.update(row.get("id") for row in new)
        yield from new
        if len(rows) < PAGE:
            return
        if not new:
            raise Later("Plytix lists the same page again and again")
        number += 1
