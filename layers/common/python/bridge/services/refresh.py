"""Keep the mirror current: the first full load, then what was modified since the last complete refresh (DESIGN.md §5).

What is asked in full is only what the mirror does not hold as new: what we wrote ourselves costs a hundredth of a request.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from itertools import islice
from typing import TypeVar

from bridge.configuration import Bundle, Lane
from bridge.domain.forecast import PAGE
from bridge.domain.mirror import Existence, Mirror
from bridge.domain.product import Listed
from bridge.domain.reconcile import reconcile
from bridge.domain.row import Sku
from bridge.domain.wanted import Wanted
from bridge.errors import Later, Stop, TimeIsUp
from bridge.ports import Censuses, Clock, MirrorState, MirrorStates, Plytix, Queues, Schemas, Tables
from bridge.services.note import remember
from bridge.services.schema import current

T = TypeVar("T")

TURN_MS = 900_000
"""A refresh has the turn no longer than its function can live."""
LONG_AGO = 1  # ms


@dataclass(frozen=True, slots=True)
class Refresh:
    """What `refresh` and the census need."""

    configuration: Bundle
    states: MirrorStates
    tables: Tables
    plytix: Plytix
    schemas: Schemas
    censuses: Censuses
    queues: Queues
    clock: Clock
    until: int | None = None  # ms; no page is begun after it


def refresh(needs: Refresh, *, due_only: bool = True) -> dict[str, int]:
    """Gives what was listed, read in full, and sent to `apply`. `due_only`: nothing is done before the setting's time."""
    start, every_ms = needs.clock(), needs.configuration.settings.refresh_s * 1000
    with turn(needs.states, start, lambda state: not (due_only and state.refreshed and start - state.refreshed < every_ms)) as state:
        return _refresh(needs, start, state) if state else {}


@contextmanager
def turn(states: MirrorStates, start: int, due: Callable[[MirrorState], bool]) -> Iterator[MirrorState | None]:
    """The state as it is in one's own turn; None: nothing is due, or another has the turn.

    Who fails gives it back: else Plytix would be asked again only when a dead worker's time is over.
    """
    until = start + TURN_MS
    if not due(states.state()) or not states.begin(start, until):
        yield None
        return
    try:
        state = states.state()
        if due(state):  # another had his turn meanwhile
            yield state
            return
    except Exception:
        states.give_back(until)
        raise
    states.give_back(until)
    yield None


def _refresh(needs: Refresh, start: int, state: MirrorState) -> dict[str, int]:
    """The first load goes on where it stopped, when its function's time was up or the hour was spent.

    Page by page what is out of step is sent, all that is listed and not only what was read: who died after reading it has sent nothing.
    An attempt that had to stop notes how many pages it has sent, so that the next one does not send what only waits once more.
    """
    settings, loading = needs.configuration.settings, not state.loaded
    stored = needs.schemas.stored()
    another = bool(state.freed) or (stored is not None and stored.version != state.schema)  # somebody saw another, and refused by it
    if another and not state.freed:
        needs.states.freed("", "", Sku(""))  # known also to whoever comes next, if this one has to stop
    schema = current(needs.plytix, needs.schemas, stored, settings.structure_s, start)
    since = None if loading else state.since - int(settings.refresh_overlap_s * 1000)
    began, at = (state.since, state.page) if state.page else (start, 1)
    told, nudged = {"listed": 0, "read": 0, "sent": 0}, state.nudged
    try:
        for at, page in enumerate(pages(needs.plytix.listed(since, at)), at):  # noqa: B020 -- where it stopped, if it does
            in_time(needs)
            late = behind(page, needs)
            touched = read(late, needs) | ({row.sku for row in page} if at > state.nudged else set())
            told["sent"] += nudge(touched, needs)
            nudged = max(nudged, at)
            told["listed"], told["read"] = told["listed"] + len(page), told["read"] + len(late)
        if another or schema.version != state.schema:  # what Plytix refused may be right now
            told["sent"] += _free(schema.version, state.freed, needs)
    except Later:
        if loading:
            needs.states.stopped(began, at)
        elif nudged > state.nudged:
            needs.states.nudged(nudged)
        raise
    end = needs.clock()
    bulk = may_edit_many(needs, state) if loading else state.bulk
    census = state.census or (LONG_AGO if state.page else end)  # between its parts pages may have moved past the load
    needs.states.complete(replace(state, loaded=state.loaded or end, since=began, refreshed=end, schema=schema.version, census=census,
                                  bulk=bulk, page=0, nudged=0, freed=()))
    return told


def may_edit_many(needs: Refresh, state: MirrorState) -> bool:
    """Where Plytix cannot tell now what was known holds until the next census: a load is not to be done again for one question."""
    try:
        return needs.plytix.may_edit_many()
    except (Later, Stop):
        return state.bulk


def in_time(needs: Refresh) -> None:
    if needs.until is not None and needs.clock() >= needs.until:
        raise TimeIsUp


def pages(things: Iterable[T]) -> Iterator[list[T]]:
    rows = iter(things)
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


def _free(version: str, done: tuple[str, ...], needs: Refresh) -> int:
    """How many were sent: SKUs with refused values that may be taken now, page by page of each feed's open list. What was looked at is
    noted, so that whoever must stop does not send it once more.

    Also those that are still due: whoever has them in hand may go by the schema before.
    """
    sent, schema, done = 0, needs.schemas.current(), done if done[:1] == (version,) else ()
    for feed in sorted(needs.configuration.feeds):
        for page in pages(sku for sku in sorted(needs.tables.open_list(feed)) if (version, feed, sku) > done):
            in_time(needs)
            items = needs.tables.wanted_many(page, feed)
            sent += nudge({sku for sku, item in items.items() if any(
                not refusal.holds(a, item.values[a], schema) for a, refusal in item.refused.items() if a in item.open)}, needs)
            needs.states.freed(version, feed, page[-1])
    return sent


def nudge(skus: Iterable[Sku], needs: Refresh) -> int:
    """How many were sent: SKUs that fell out of step go to `apply`. Of a hundred SKUs it costs a read, and one a feed."""
    count = 0
    for page in pages(sorted(skus)):
        for sku in _out_of_step(page, needs):
            needs.queues.send_sku(Lane.MAIN, sku)
            count += 1
    return count


def _out_of_step(skus: list[Sku], needs: Refresh) -> Iterator[Sku]:
    wanted: dict[Sku, dict[str, Wanted]] = {}
    for feed in needs.configuration.feeds:
        for sku, item in needs.tables.wanted_many(skus, feed).items():
            wanted.setdefault(sku, {})[feed] = item
    mirrors = needs.tables.mirrors(sorted(wanted)) if wanted else {}
    for sku, items in sorted(wanted.items()):
        change = reconcile(items, mirrors.get(sku, Mirror()), needs.configuration, needs.schemas.current())
        if change.send or any(items[feed].open != stands for feed, stands in change.open.items()):
            yield sku
