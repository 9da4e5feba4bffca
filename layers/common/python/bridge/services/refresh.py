"""Keep the mirror current: the first full load, then what was modified since the last complete refresh (DESIGN.md §5).

What is asked in full is only what the mirror does not hold as new: what we wrote ourselves costs a hundredth of a request.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import islice

from bridge.configuration import Bundle, Lane
from bridge.domain.forecast import PAGE
from bridge.domain.mirror import Existence
from bridge.domain.product import Listed
from bridge.domain.reconcile import reconcile
from bridge.domain.row import Sku
from bridge.errors import Later, TimeIsUp
from bridge.ports import Clock, MirrorState, MirrorStates, Plytix, Queues, Schemas, Tables
from bridge.services.note import remember
from bridge.services.schema import current

TURN_MS = 900_000
"""A refresh has the turn no longer than its function can live."""
LONG_AGO = 1  # ms


@dataclass(frozen=True, slots=True)
class Refresh:
    """What `refresh` needs."""

    configuration: Bundle
    states: MirrorStates
    tables: Tables
    plytix: Plytix
    schemas: Schemas
    queues: Queues
    clock: Clock
    until: int | None = None  # ms; no page is begun after it


def refresh(needs: Refresh, *, due_only: bool = True) -> dict[str, int]:
    """Gives what was listed, read in full, and sent to `apply`. `due_only`: nothing is done before the setting's time."""
    start, state = needs.clock(), needs.states.state()
    if due_only and state.refreshed and start - state.refreshed < needs.configuration.settings.refresh_s * 1000:
        return {}
    with turn(needs.states, start) as taken:
        return _refresh(needs, start, state) if taken else {}


@contextmanager
def turn(states: MirrorStates, start: int) -> Iterator[bool]:
    """Who fails gives it back: else Plytix would be asked again only when a dead worker's time is over."""
    taken = states.begin(start, start + TURN_MS)
    try:
        yield taken
    except Exception:
        if taken:
            states.give_back(start + TURN_MS)
        raise


def _refresh(needs: Refresh, start: int, state: MirrorState) -> dict[str, int]:
    """The first load goes on where it stopped, when its function's time was up or the hour was spent."""
    settings, loading = needs.configuration.settings, not state.loaded
    schema = current(needs.plytix, needs.schemas, settings.structure_s, start)
    since = None if loading else state.since - int(settings.refresh_overlap_s * 1000)
    began, at = (state.since, state.page) if state.page else (start, 1)
    told = {"listed": 0, "read": 0, "sent": 0}
    touched: set[Sku] = set()
    try:
        for at, page in enumerate(pages(needs.plytix.listed(since, at)), at):  # noqa: B020, B007 -- where it stopped, if it does
            in_time(needs)
            late = behind(page, needs)
            told["listed"], told["read"] = told["listed"] + len(page), told["read"] + len(late)
            touched |= read(late, needs)
    except Later:
        if loading:
            needs.states.stopped(began, at)
        raise
    if schema.version != state.schema:  # what Plytix refused may be right now
        touched |= {sku for feed in needs.configuration.feeds for sku in _refused(feed, needs)}
    told["sent"] = nudge(touched, needs)
    end = needs.clock()
    bulk = may_edit_many(needs, state) if loading else state.bulk
    census = state.census or (LONG_AGO if state.page else end)  # between its parts pages may have moved past the load
    needs.states.complete(MirrorState(state.loaded or end, began, end, schema.version, census, bulk))
    return told


def may_edit_many(needs: Refresh, state: MirrorState) -> bool:
    """Where Plytix cannot tell now what was known holds until the next census: a load is not to be done again for one question."""
    try:
        return needs.plytix.may_edit_many()
    except Later:
        return state.bulk


def in_time(needs: Refresh) -> None:
    if needs.until is not None and needs.clock() >= needs.until:
        raise TimeIsUp


def pages(listed: Iterable[Listed]) -> Iterator[list[Listed]]:
    rows = iter(listed)
    while page := list(islice(rows, PAGE)):
        yield page


def behind(page: list[Listed], needs: Refresh) -> list[Listed]:
    mirrors = needs.tables.mirrors([row.sku for row in page])
    found = []
    for row in page:
        known = mirrors.get(row.sku)
        if known is None or known.id != row.id or known.existence is not Existence.LIVING or row.modified > known.modified:
            found.append(row)
    return found


def read(late: list[Listed], needs: Refresh) -> set[Sku]:
    """The SKUs whose products were read. Under their old names too, where a person renamed them."""
    touched = set()
    for product in needs.plytix.read_many([row.id for row in late]) if late else ():
        former = needs.tables.sku_of(product.id)
        touched |= {product.sku} | ({former} if former else set())
        remember(product, needs.tables, needs.clock)
    return touched


def _refused(feed: str, needs: Refresh) -> Iterator[Sku]:
    """Also those that are still due: whoever has them in hand may go by the schema before."""
    for sku in needs.tables.open_list(feed):
        item = needs.tables.wanted(sku, feed)
        if item.refused.keys() & item.open.keys():
            yield sku


def nudge(skus: set[Sku], needs: Refresh) -> int:
    """How many were sent: SKUs that fell out of step go to `apply`."""
    count, schema = 0, needs.schemas.version()
    for sku in sorted(skus):
        wanted = needs.tables.wanted_of(sku)
        if not wanted:
            continue
        change = reconcile(wanted, needs.tables.mirror(sku), needs.configuration, schema)
        if change.send or any(wanted[feed].open != stands for feed, stands in change.open.items()):
            needs.queues.send_sku(Lane.MAIN, sku)
            count += 1
    return count
