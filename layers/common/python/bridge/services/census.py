"""The census: once a day all ids, SKUs and `modified` are listed, so that no lost trigger outlives a day (DESIGN.md §5).

What differs is read again, what is missing is confirmed by id before the mirror calls it deleted, and every SKU that is not in
step goes to `apply`. Where it has to stop (the function's time is up, the hour is spent) it is noted, and a later call goes on there:

    began ──pages 1 … 7──┊ stopped ┊──page 7 again, 8 … ──all listed──missing ones confirmed──SKUs sent, up to `to` … ──complete
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from bridge.domain.census import Census
from bridge.domain.mirror import Existence, Mirror
from bridge.domain.row import Sku
from bridge.ports import MirrorState
from bridge.services.note import bury, remember
from bridge.services.refresh import Refresh, behind, in_time, may_edit_many, nudge, pages, read, turn

NOTES = 50
"""Pages, or products confirmed, after which it is noted: what a death costs at most."""


def take_census(needs: Refresh, *, due_only: bool = True) -> dict[str, int]:
    """Gives what was listed, read in full, found deleted, and sent to `apply`. Never before the first full load; nobody refreshes
    meanwhile. `due_only`: nothing is done before the setting's time."""
    start, every_ms = needs.clock(), _every_ms(needs)
    with turn(needs.states, start, lambda state: bool(state.loaded) and not (due_only and start - state.census < every_ms)) as state:
        return _take(needs, start, state) if state else {}


def _every_ms(needs: Refresh) -> int:
    return int(needs.configuration.settings.census_s * 1000)


def _take(needs: Refresh, start: int, state: MirrorState) -> dict[str, int]:
    """Whatever ends the attempt, what it did counts."""
    in_time(needs)
    census = _under_way(needs, start, state) or Census(start)
    before = census.far
    try:
        if census.page:
            _list(needs, census)
        known = _confirm(needs, census)
        _send(known, needs, census)
        bulk = may_edit_many(needs, state)
    except Exception:
        if census.far != before:
            _note(needs, census)
        raise
    needs.states.complete(replace(needs.states.state(), census=census.began, bulk=bulk))
    return census.told


def _under_way(needs: Refresh, start: int, state: MirrorState) -> Census | None:
    """Not one that is complete or older than the mirror, nor one that came no further for so long that another would be due."""
    last = needs.censuses.last()
    fits = last and last.began > state.census and last.began >= state.loaded and start - last.noted < _every_ms(needs)
    return last if fits else None


def _note(needs: Refresh, census: Census) -> None:
    census.noted = needs.clock()
    needs.censuses.note(census)


def _list(needs: Refresh, census: Census) -> None:
    """All that Plytix has, against the mirror. It goes on with the last page that was listed: what is deleted meanwhile moves up.

    An attempt that came no further than one page goes on behind it: else it might list that one for ever.
    """
    first = census.page
    for at, page in enumerate(pages(needs.plytix.listed(None, first)), first):
        census.page = at
        late = behind(page, needs)
        read(late, needs)
        census.told["read"] += len(late)
        census.told["listed"] += sum(row.id not in census.living for row in page)
        census.living |= {row.id: row.sku for row in page}
        if at == first:
            census.page = at + 1
        if at % NOTES == 0:
            _note(needs, census)
        in_time(needs)
    census.page = 0
    _note(needs, census)


def _confirm(needs: Refresh, census: Census) -> set[Sku]:
    """Of each product that was not listed it is asked whether it lives; gives all SKUs that stand in the mirror.

    Paging while people work may miss one: it is gone only when its own id says so.
    """
    known: set[Sku] = set()
    for asked, (sku, mirror) in enumerate(_missing(needs, census, known), 1):
        if product := needs.plytix.read(mirror.id):
            remember(product, needs.tables, needs.clock, asked=sku)
            known.add(product.sku)
            census.living[product.id] = product.sku
        else:
            bury(sku, mirror.id, needs.tables)
            census.told["deleted"] += 1
        if asked % NOTES == 0:
            _note(needs, census)
        in_time(needs)
    return known


def _missing(needs: Refresh, census: Census, known: set[Sku]) -> Iterator[tuple[Sku, Mirror]]:
    """What Plytix has told of since the census began is left to the next one: there may be as much of it as a day brings."""
    for sku, mirror in needs.tables.all_mirrors():
        known.add(sku)
        if mirror.existence is Existence.LIVING and census.living.get(mirror.id) != sku and mirror.modified < census.began:
            yield sku, mirror


def _send(known: set[Sku], needs: Refresh, census: Census) -> None:
    """What is not in step, also of what the mirror does not know."""
    known |= {sku for feed in needs.configuration.feeds for sku in needs.tables.open_list(feed)}
    for sent, page in enumerate(pages(sorted(sku for sku in known if sku > census.to)), 1):
        census.told["sent"] += nudge(page, needs)
        census.to = page[-1]
        if sent % NOTES == 0:
            _note(needs, census)
        in_time(needs)
