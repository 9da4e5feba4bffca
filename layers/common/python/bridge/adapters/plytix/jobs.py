"""Bulk jobs: up to a thousand products changed by one request, some time later (plytix-api.md §6.5).

Only entitled accounts have them. A job is done when its counters add up, which may be after it says "Finished"; then its
products are read back, since it answers with none of their values. Rows carry whole target values: what is lost may be sent again.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import orjson
from pydantic import BaseModel, ConfigDict, ValidationError

from bridge.adapters.plytix.session import Call, Kind, Session
from bridge.domain.product import Product
from bridge.domain.values import digest
from bridge.errors import BridgeError, Changed, Denied, Fate, Later, Refused
from bridge.ports import Edit

ROWS, BYTES = 1_000, 5_000_000  # of one job; the first is Plytix's, the second is not known (§16)
NOBODY = "0" * 24
POLLS_S = (0.5, 1, 2, 4, 8, 16)


class Summary(BaseModel):
    """What a poll tells. Counters are texts (§6.5)."""

    model_config = ConfigDict(extra="ignore")

    status: str
    summary: dict[str, int] = {}
    products: list[dict[str, Any]] = []
    errors: list[dict[str, Any]] = []

    @property
    def counted(self) -> int:
        return sum(self.summary.get(name, 0) for name in ("ok", "error", "cancelled"))


class Jobs:
    """The bulk jobs of one account. `write`: body of a row; `read_back`: whole products by id."""

    def __init__(self, session: Session, write: Callable[[Edit], dict[str, Any]], read_back: Callable[[Sequence[str]], list[Product]],
                 patience_s: float, sleep: Callable[[float], None] = time.sleep, clock: Callable[[], float] = time.monotonic) -> None:
        self._session, self._write, self._read_back = session, write, read_back
        self._patience_s, self._sleep, self._clock = patience_s, sleep, clock

    def may(self) -> bool:
        """Whether the account is entitled: of a job that there is not an entitled one is told 404 (§1.4)."""
        try:
            self._session.ask(Call(Kind.READ, "GET", f"/api/v1/bulk/products/{NOBODY}"))
        except Denied:
            return False
        except Changed:
            return True
        return True

    def edit(self, edits: Sequence[Edit]) -> dict[str, Product | BridgeError]:
        """By id the product as it is afterwards, or what became of its row. Raises Denied and Refused where there was no job at all."""
        answers: dict[str, Product | BridgeError] = {}
        for part in split([(edit, self._write(edit)) for edit in edits]):
            try:
                answers |= self._job([edit for edit, _ in part], [row for _, row in part])
            except Later as later:
                answers |= dict.fromkeys((edit.id for edit, _ in part), later)
        return answers

    def _job(self, edits: list[Edit], rows: list[dict[str, Any]]) -> dict[str, Product | BridgeError]:
        try:
            [job] = self._session.ask(Call(Kind.BULK, "POST", "/api/v1/bulk/products", {"action": "update", "products": rows}))
        except Later as later:
            if later.fate is Fate.NOT_DONE:
                raise
            raise Later(str(later), later.after_s, Fate.IN_FLIGHT) from later  # a job may run that nobody can find again
        except ValueError:
            raise Later("Plytix answered a bulk job with more or less than one", fate=Fate.IN_FLIGHT) from None
        told = self._finished(str(job.get("id")), len(rows))
        failed = {edit.id: error for edit in edits if (error := _error(edit, told))}
        taken = {str(row.get("id")) for row in told.products}
        return failed | self._read([edit for edit in edits if edit.id not in failed], taken)

    def _finished(self, id: str, rows: int) -> Summary:
        """The last that was told. What it does not count when patience is over is judged by what stands in Plytix."""
        until, told, polls = self._clock() + self._patience_s, Summary(status=""), 0
        while told.counted < rows and self._clock() < until:
            self._sleep(POLLS_S[min(polls, len(POLLS_S) - 1)])
            polls += 1
            try:
                [body] = self._session.ask(Call(Kind.POLL, "GET", f"/api/v1/bulk/products/{id}"))
                told = Summary.model_validate(body)
            except (Later, ValidationError, ValueError):
                continue  # the job goes on, whoever looks
        return told

    def _read(self, edits: list[Edit], taken: set[str]) -> dict[str, Product | BridgeError]:
        try:
            found = {product.id: product for product in self._read_back([edit.id for edit in edits])}
        except Later as later:
            raise Later(str(later), later.after_s, Fate.UNKNOWN) from later  # the job is over; whoever comes next reads
        answers: dict[str, Product | BridgeError] = {}
        for edit in edits:
            product = found.get(edit.id)
            if product is None:
                answers[edit.id] = Changed(f"{edit.sku} is not there after a bulk job")
            elif edit.id in taken or all(digest(product.values.get(a)) == digest(v) for a, v in edit.values.items()):
                answers[edit.id] = product
            else:
                answers[edit.id] = Later(f"{edit.sku}: a bulk job did not tell what became of it", fate=Fate.IN_FLIGHT)
        return answers


def split(rows: list[tuple[Edit, dict[str, Any]]]) -> Iterator[list[tuple[Edit, dict[str, Any]]]]:
    """As few jobs as can be."""
    part: list[tuple[Edit, dict[str, Any]]] = []
    size = 0
    for edit, row in rows:
        length = len(orjson.dumps(row))
        if part and (len(part) == ROWS or size + length > BYTES):
            yield part
            part, size = [], 0
        part.append((edit, row))
        size += length
    if part:
        yield part


def _error(edit: Edit, told: Summary) -> BridgeError | None:
    """Rows are named by id or by SKU, and each fault is a field with its message (§6.5)."""
    faults: dict[str, str] = {}
    for row in told.errors:
        if edit.id == row.get("id") or edit.sku == row.get("sku"):
            for fault in row.get("errors") or ():
                faults |= {str(field).removeprefix("attributes."): str(message) for field, message in fault.items()}
    if not faults:
        return None
    if faults.keys() <= {"id", "sku"}:
        return Changed("; ".join(faults.values()))
    return Refused(faults)
