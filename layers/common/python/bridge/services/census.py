"""The census: once a day all ids, SKUs and `modified` are listed, so that no lost trigger outlives a day (DESIGN.md §5).

What differs is read again, what is missing is confirmed by id before the mirror calls it deleted, and every SKU that is not in
step goes to `apply`.
"""

from __future__ import annotations

from dataclasses import replace

from bridge.domain.mirror import Existence
from bridge.domain.row import Sku
from bridge.errors import Later
from bridge.services.note import bury, remember
from bridge.services.refresh import Refresh, behind, in_time, may_edit_many, nudge, pages, read, turn


def census_if_due(needs: Refresh) -> dict[str, int]:
    """Once in the setting's time, counted from the first full load; nobody refreshes meanwhile."""
    start = needs.clock()
    if not _due(needs, start):
        return {}
    with turn(needs.states, start) as taken:
        if not taken:
            return {}
        state = needs.states.state()
        began = state.counted or start
        told = census(needs, began, state.counted_to if state.counted else None)
        needs.states.complete(replace(needs.states.state(), census=began, bulk=may_edit_many(needs, state), counted=0, counted_to=""))
        return told


def _due(needs: Refresh, now: int) -> bool:
    state = needs.states.state()
    return bool(state.loaded) and now - state.census >= needs.configuration.settings.census_s * 1000


def census(needs: Refresh, began: int, to: str | None = None) -> dict[str, int]:
    """Gives what was listed, read in full, found deleted, and sent to `apply`. `to`: it goes on behind this SKU, where its time was up."""
    told = {"listed": 0, "read": 0, "deleted": 0, "sent": 0}
    known = _compare(needs, told) if to is None else {sku for sku, _ in needs.tables.all_mirrors()}
    known |= {sku for feed in needs.configuration.feeds for sku in needs.tables.open_list(feed)}  # also those that the mirror does not know
    to = to or ""
    try:
        for page in pages(sorted(sku for sku in known if sku > to)):
            in_time(needs)
            told["sent"] += nudge(page, needs)
            to = page[-1]
    except Later:
        needs.states.counted(began, to)
        raise
    return told


def _compare(needs: Refresh, told: dict[str, int]) -> set[Sku]:
    """Plytix with the mirror; gives all SKUs that stand in it."""
    living: dict[str, Sku] = {}
    for page in pages(needs.plytix.listed(None)):
        in_time(needs)  # it begins anew with the whole of a function's time
        living |= {row.id: row.sku for row in page}
        late = behind(page, needs)
        told["listed"], told["read"] = told["listed"] + len(page), told["read"] + len(late)
        read(late, needs)
    known: set[Sku] = set()
    for sku, mirror in needs.tables.all_mirrors():
        known.add(sku)
        if mirror.existence is Existence.LIVING and living.get(mirror.id) != sku:
            in_time(needs)
            told["deleted"] += _confirm(sku, mirror.id, needs)
    return known


def _confirm(sku: Sku, id: str, needs: Refresh) -> bool:
    """Paging while people work may miss one: it is gone only when its own id says so."""
    product = needs.plytix.read(id)
    if product:
        remember(product, needs.tables, needs.clock)
        return False
    bury(sku, id, needs.tables)
    return True
