"""Bulk jobs: up to a thousand products changed by one request, some time later (plytix-api.md §6.5).

Only entitled accounts have them. A job is done when its counters add up, which may be after it says "Finished"; then its
products are read back, since it answers with none of their values. Rows carry whole target values: what is lost may be sent again.
"""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import cached_property
from typing import Annotated, Any

import orjson
from pydantic import BaseModel, BeforeValidator, ValidationError

from bridge.adapters.plytix.search import PAGE
from bridge.adapters.plytix.session import Call, Kind, Session
from bridge.domain.product import Product
from bridge.domain.values import digest
from bridge.errors import BridgeError, Changed, Denied, Endless, Fate, Later, LoginRefused, Refused, Stop, TooLarge
from bridge.ports import Edit

ROWS, BYTES = 1_000, 5_000_000  # of one job; the first is Plytix's, the second is not known (§16)
FLOOR = 50_000  # bytes; of a job that has no more it is not the size that Plytix refuses
NOBODY = "0" * 24
POLLS_S = (0.5, 1, 2, 4, 8, 16)


class Counters(BaseModel):
    """Texts (§6.5)."""

    ok: int = 0
    error: int = 0
    cancelled: int = 0


Rows = Annotated[list[dict[str, Any]], BeforeValidator(lambda rows: rows or [])]


class Summary(BaseModel):
    """What a poll tells. Of its status nothing is believed."""

    summary: Counters = Counters()
    products: Rows = []
    errors: Rows = []

    @property
    def counted(self) -> int:
        return self.summary.ok + self.summary.error + self.summary.cancelled

    @cached_property
    def taken(self) -> set[str]:
        """Ids."""
        return {str(row.get("id")) for row in self.products}


Row = tuple[Edit, dict[str, Any]]
"""And its body."""
SILENCE = Summary()
"""Not one poll was answered."""


class Jobs:
    """The bulk jobs of one account. `write`: body of a row; `read_back`: whole products by id."""

    def __init__(self, session: Session, write: Callable[[Edit], dict[str, Any]], read_back: Callable[[Sequence[str]], list[Product]],
                 sleep: Callable[[float], None] = time.sleep, clock: Callable[[], float] = time.monotonic) -> None:
        self._session, self._write, self._read_back = session, write, read_back
        self._sleep, self._clock = sleep, clock
        self._bytes = BYTES  # that a job may have, as far as this account has taught us

    def may(self) -> bool:
        """Whether the account is entitled: of a job that there is not an entitled one is told 404, anything else says no (§1.4).
        Raises Later, LoginRefused where Plytix does not hear us at all."""
        try:
            self._session.ask(Call(Kind.READ, "GET", f"/api/v1/bulk/products/{NOBODY}"))
        except Changed:
            return True
        except LoginRefused:
            raise
        except (Refused, Stop):
            return False
        return True

    def edit(self, edits: Sequence[Edit], patience_s: float) -> dict[str, Product | BridgeError]:
        """By id the product as it is afterwards, or what became of its row; TooLarge: it is one that no job takes;
        Denied: Plytix takes no jobs. Raises Stop, Refused, Changed where there was no job at all."""
        answers: dict[str, Product | BridgeError] = {}
        until = self._clock() + patience_s
        parts = deque(split([(edit, self._write(edit)) for edit in edits], self._bytes))
        while parts:
            part = parts.popleft()
            try:
                if self._clock() >= until:
                    raise Later("there is no time for another bulk job", 0)
                answers |= self._job([edit for edit, _ in part], [row for _, row in part], until)
            except TooLarge as error:
                if len(part) == 1:
                    answers[part[0][0].id] = error
                elif size(part) > FLOOR:
                    self._bytes = larger_half(part)  # nor are the jobs to come any larger
                    parts = deque(split([row for rows in (part, *parts) for row in rows], self._bytes))
                else:
                    self._bytes = BYTES  # what was learnt about sizes was about something else
                    return answers | _each(Denied("Plytix takes no bulk job, however small (413)"), (part, *parts))
            except Denied as denied:
                return answers | _each(denied, (part, *parts))
            except BridgeError as error:
                if not answers and not isinstance(error, Later):
                    raise
                answers |= _each(error if isinstance(error, Later) else Later(str(error), 0), (part,))  # what is done is told
        return answers

    def _job(self, edits: list[Edit], rows: list[dict[str, Any]], until: float) -> dict[str, Product | BridgeError]:
        told = self._finished(self._begun(rows), len(rows), until)
        fate = Fate.UNKNOWN if told.counted >= len(rows) else Fate.IN_FLIGHT  # it is over; or it may still change what nobody counted
        failed = {edit.id: error for edit in edits if (error := _error(edit, told))}
        return failed | self._read([edit for edit in edits if edit.id not in failed], told, fate)

    def _begun(self, rows: list[dict[str, Any]]) -> str:
        """The job's id."""
        try:
            answer = self._session.ask(Call(Kind.BULK, "POST", "/api/v1/bulk/products", {"action": "update", "products": rows}))
        except Later as later:
            if later.fate is Fate.NOT_DONE:
                raise
            raise Later(str(later), later.after_s, Fate.IN_FLIGHT) from later  # a job may run that nobody can find again
        match answer:
            case [{"id": str(id)}] if id:
                return id
        raise Endless("Plytix took a bulk job, but did not say which", fate=Fate.IN_FLIGHT)

    def _finished(self, id: str, rows: int, until: float) -> Summary:
        """The last that was told. What it does not count when patience is over is judged by what stands in Plytix."""
        told, polls = SILENCE, 0
        while told.counted < rows and self._clock() < until:
            self._sleep(POLLS_S[min(polls, len(POLLS_S) - 1)])
            polls += 1
            try:
                [body] = self._session.ask(Call(Kind.POLL, "GET", f"/api/v1/bulk/products/{id}"))
                told = Summary.model_validate(body)
            except Stop:
                break  # we are not heard any more; the job goes on all the same
            except Later:
                continue
            except (BridgeError, ValidationError, ValueError):
                told = Summary() if told is SILENCE else told  # nor does it end because it cannot be seen yet (404)
        return told

    def _read(self, edits: list[Edit], told: Summary, fate: Fate) -> dict[str, Product | BridgeError]:
        """Page by page, so that what was read counts, whatever keeps the rest from it: whoever comes next reads only that."""
        answers: dict[str, Product | BridgeError] = {}
        for start in range(0, len(edits), PAGE):
            page = edits[start:start + PAGE]
            try:
                found = {product.id: product for product in self._read_back([edit.id for edit in page])}
            except BridgeError as error:
                later = Later(str(error), error.after_s if isinstance(error, Later) else None, fate)
                return answers | dict.fromkeys((edit.id for edit in edits[start:]), later)
            answers |= {edit.id: _became(edit, found.get(edit.id), told, fate) for edit in page}
        return answers


def _became(edit: Edit, product: Product | None, told: Summary, fate: Fate) -> Product | BridgeError:
    if product is None:
        return Changed(f"{edit.sku} is not there after a bulk job")
    if edit.id in told.taken or all(digest(product.values.get(a)) == digest(v) for a, v in edit.values.items()):
        return product
    untold = Later if told is SILENCE else Endless
    return untold(f"{edit.sku}: a bulk job did not tell what became of it", fate=fate)


def _each(error: BridgeError, parts: Iterable[list[Row]]) -> dict[str, Product | BridgeError]:
    return {edit.id: error for part in parts for edit, _ in part}


def split(rows: list[Row], most: int) -> Iterator[list[Row]]:
    """As few jobs as can be, of `most` bytes each, or of one row."""
    part: list[Row] = []
    held = 0
    for row in rows:
        length = size([row])
        if part and (len(part) == ROWS or held + length > most):
            yield part
            part, held = [], 0
        part.append(row)
        held += length
    if part:
        yield part


def larger_half(rows: list[Row]) -> int:
    """Bytes; less than they have together."""
    half = len(rows) // 2
    return max(size(rows[:half]), size(rows[half:]))


def size(rows: list[Row]) -> int:
    """Bytes."""
    return sum(len(orjson.dumps(body)) for _, body in rows)


def _error(edit: Edit, told: Summary) -> BridgeError | None:
    """Rows are named by id or by SKU."""
    faults: dict[str, str] = {}
    for row in told.errors:
        if edit.id == row.get("id") or edit.sku == row.get("sku"):
            faults |= _faults(row.get("errors"))
    if not faults:
        return None
    if faults.keys() <= {"id", "sku"}:
        return Changed("; ".join(faults.values()))
    return Refused(faults)


def _faults(errors: Any) -> dict[str, str]:
    """Each is a field with its message (§6.5); what is told in another way is at fault as a whole."""
    faults: dict[str, str] = {}
    for fault in errors if isinstance(errors, list) else [errors] if errors else []:
        named = fault if isinstance(fault, dict) else {"*": fault}
        faults |= {str(field).removeprefix("attributes."): str(message) for field, message in named.items()}
    return faults
