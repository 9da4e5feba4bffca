"""Drive SKUs on their way in step (`bridge.services.bring`): what each asks of Plytix is sent alone, or together in a bulk job."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Protocol, TypeVar

from bridge.domain.claim import Claim
from bridge.domain.forecast import PAGE
from bridge.domain.judge import Judged
from bridge.domain.product import Product
from bridge.domain.reconcile import Kind
from bridge.errors import TimeIsUp
from bridge.ports import Edit
from bridge.services.heart import Ask, Asking, Heart, Look, Send

T = TypeVar("T")
Answer = Product | Exception | None
"""What Plytix gave, or why it did not: thrown in where it was asked, there to be dealt with."""
ALONE = {"gtin"}
"""Fields that a bulk job does not take (§6.5)."""
ROOM_S = 30
"""Kept of the function's time for reading back what a bulk job did; most jobs are over by then, so that none is begun with less."""


class Each(Protocol):
    """Does something with each, perhaps several at once, and comes back when that is done. After an error none is begun any more;
    it is raised."""

    def __call__(self, do: Callable[[T], object], things: Iterable[T], /) -> None: ...


def in_turn(do: Callable[[T], object], things: Iterable[T], /) -> None:
    """One after the other."""
    for thing in things:
        do(thing)


class Way:
    """One SKU's way. `asks`: what it waits for; None: it has not begun, or is at its end."""

    def __init__(self, asking: Asking) -> None:
        self._asking = asking
        self._judged: Judged | None = None
        self._error: Exception | None = None
        self.asks: Ask | None = None

    def begins(self) -> None:
        self._to(lambda: next(self._asking))

    def goes_on(self, answer: Answer) -> None:
        if isinstance(answer, Exception):
            error, trace = answer, answer.__traceback__
            self._to(lambda: self._asking.throw(error))
            error.__traceback__ = trace  # of a thousand that one error keeps from their ends, each would add to it
        else:
            self._to(lambda: self._asking.send(answer))

    def ends(self) -> Judged | None:
        """The outcome of the row that asked; None: not at rest. Raises what kept it from its end."""
        if self._error:
            raise self._error
        return self._judged

    def _to(self, step: Callable[[], Ask]) -> None:
        self.asks = None
        try:
            self.asks = step()
        except StopIteration as end:
            self._judged = end.value
        except Exception as error:  # noqa: BLE001 -- told at its end; in a bulk job it is no reason to drop what others were answered
            self._error = error


def alone(way: Way, heart: Heart) -> Judged | None:
    """From its beginning to its end, each request by itself."""
    way.begins()
    while way.asks:
        way.goes_on(_answer(way.asks, heart))
    return way.ends()


def together(ways: Sequence[Way], heart: Heart, each: Each) -> None:
    """All to their ends: changes by bulk jobs, products that are read by the hundred, the rest alone."""
    each(Way.begins, ways)
    while waiting := [(way, way.asks) for way in ways if way.asks]:
        sends = [(way, ask) for way, ask in waiting if isinstance(ask, Send) and _fits(ask)]
        looks = [(way, ask) for way, ask in waiting if isinstance(ask, Look) and ask.id]
        if len(sends) >= heart.worth:
            _edit(sends, heart, each)
        if looks:
            _look(looks, heart, each)
        each(lambda pair: pair[0].goes_on(_answer(pair[1], heart)), [(way, ask) for way, ask in waiting if way.asks is ask])


def _answer(ask: Ask, heart: Heart) -> Answer:
    try:
        if heart.left_s <= 0:
            return TimeIsUp()
        if isinstance(ask, Look):
            return heart.plytix.read(ask.id) if ask.id else heart.plytix.find(ask.sku)
        if not _intend(ask, heart, heart.configuration.settings.claim_s):
            return None
        return heart.plytix.create(ask.sku, ask.values) if ask.kind is Kind.CREATE else heart.plytix.patch(ask.id, ask.values)
    except Exception as error:  # noqa: BLE001 -- thrown in again
        return error


def _intend(ask: Send, heart: Heart, for_s: float) -> bool:
    return heart.claims.intend(ask.sku, Claim(ask.holder, heart.clock() + int(for_s * 1000), ask.kind, ask.id, ask.intent))


def _fits(ask: Send) -> bool:
    return ask.kind is Kind.PATCH and not ALONE & ask.values.keys()


def _edit(sends: Sequence[tuple[Way, Send]], heart: Heart, each: Each) -> None:
    """Intents first, all of them; then the job; then its answers."""
    most_s = heart.configuration.settings.job_s / 2
    patience_s = min(most_s, heart.left_s - ROOM_S)
    if patience_s < min(ROOM_S, most_s):
        each(lambda pair: pair[0].goes_on(TimeIsUp()), sends)
        return
    intended: dict[str, tuple[Way, Edit]] = {}

    def intend(way: Way, ask: Send) -> None:
        try:
            taken = _intend(ask, heart, heart.configuration.settings.job_s)
        except Exception as error:  # noqa: BLE001 -- thrown in again
            way.goes_on(error)
            return
        if taken:
            intended[ask.id] = way, Edit(ask.id, ask.sku, ask.values)
        else:
            way.goes_on(None)

    each(lambda pair: intend(*pair), sends)
    answers: Mapping[str, Answer] = {}
    if intended:
        try:
            answers = heart.plytix.patch_many([edit for _, edit in intended.values()], patience_s)
        except Exception as error:  # noqa: BLE001 -- thrown in again
            answers = dict.fromkeys(intended, error)
    each(lambda id: intended[id][0].goes_on(answers[id]), intended)


def _look(looks: Sequence[tuple[Way, Look]], heart: Heart, each: Each) -> None:
    """Page by page, so that what was read counts, whatever keeps the rest from it."""
    answers: list[tuple[Way, Answer]] = []
    for start in range(0, len(looks), PAGE):
        page = looks[start:start + PAGE]
        try:
            if heart.left_s <= 0:
                raise TimeIsUp()
            found = {product.id: product for product in heart.plytix.read_many([ask.id for _, ask in page])}
        except Exception as error:  # noqa: BLE001 -- thrown in again
            answers += [(way, error) for way, _ in looks[start:]]
            break
        answers += [(way, found.get(ask.id)) for way, ask in page]
    each(lambda pair: pair[0].goes_on(pair[1]), answers)
