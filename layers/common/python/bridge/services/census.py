"""The census: once a day all ids, SKUs and `modified` are listed, so that no lost trigger outlives a day (DESIGN.md §5).

What differs is read again, what is missing is confirmed by id before the mirror calls it deleted, and every SKU that is not in
step goes to `apply`.
"""

from __future__ import annotations

from dataclasses import replace

from bridge.domain.mirror import Existence
from bridge.domain.row import Sku
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
        told = census(needs)
        state = needs.states.state()
        needs.states.complete(replace(state, census=start, bulk=may_edit_many(needs, state)))
        return told


def _due(needs: Refresh, now: int) -> bool:
    state = needs.states.state()
    return bool(state.loaded) and now - state.census >= needs.configuration.settings.census_s * 1000


def census(needs: Refresh) -> dict[str, int]:
    """Gives what was listed, read in full, found deleted, and sent to `apply`."""
    told = {"listed": 0, "read": 0, "deleted": 0, "sent": 0}
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
            told["deleted"] += _confirm(sku, mirror.id, needs)
    told["sent"] = nudge(known | _wanted_only(needs), needs)
    return told


def _confirm(sku: Sku, id: str, needs: Refresh) -> bool:
    """Paging while people work may miss one: it is gone only when its own id says so."""
    product = needs.plytix.read(id)
    if product:
        remember(product, needs.tables, needs.clock)
        return False
    bury(sku, id, needs.tables)
    return True


def _wanted_only(needs: Refresh) -> set[Sku]:
    """SKUs that feeds wait for and the mirror does not know."""
    return {sku for feed in needs.configuration.feeds for sku in needs.tables.open_list(feed)}
