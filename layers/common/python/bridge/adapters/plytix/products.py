"""What the bridge asks of Plytix about products, one method an operation, each in the version that fits it (plytix-api.md §1.2).

Written through v1, whose answer is the whole product; read through v2, which tells who changed it last.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import suppress
from typing import Any, TypeVar

from bridge.adapters.plytix import answers, filters, search
from bridge.adapters.plytix.answers import ATTRIBUTE, one
from bridge.adapters.plytix.jobs import Jobs
from bridge.adapters.plytix.search import PAGE, Condition, Unsearchable
from bridge.adapters.plytix.session import Call, Kind, Session
from bridge.configuration import SYSTEM_FIELDS
from bridge.domain.product import Listed, Product, Schema, Structure
from bridge.domain.row import Sku, Value
from bridge.domain.row import sku as spelled
from bridge.errors import BridgeError, Changed, Denied, Later, Refused, Stop, TooLarge
from bridge.ports import Edit

T = TypeVar("T")

PATH = "/api/v2/products"
COLUMNS = 50  # of one search, besides id and sku (plytix-api.md §5.3)
FACTS = (*SYSTEM_FIELDS, "created", "categories", "assets", "product_family_id")  # `parent_id` and the audit come unasked (§5.4)
MEDIA, GALLERY = "MediaAttribute", "MediaGalleryAttribute"
SCHEMA_AGE_S = 300.0  # a page read with an old schema would lack the attributes that are new


class Products:
    """The products of one account. Raises Refused, Changed, Later, Stop (`bridge.errors`).

    `stored`: the schema as it was kept; it costs no request, and tells which lists are media. `no_jobs`: is told when Plytix denies the
    account bulk jobs, after all.
    """

    def __init__(self, session: Session, clock: Callable[[], float] = time.monotonic, stored: Callable[[], Schema | None] = lambda: None,
                 sleep: Callable[[float], None] = time.sleep, no_jobs: Callable[[], None] = lambda: None) -> None:
        self._session = session
        self._clock = clock
        self._stored = stored
        self._no_jobs = no_jobs
        self._jobs = Jobs(session, self._row, self.read_many, sleep)
        self._schema: Schema | None = None
        self._schema_until = 0.0
        self._kinds: dict[str, str] = {}  # label → type class, of the stored schema

    @property
    def requests(self) -> dict[str, int]:
        """Sent so far, by kind; tokens apart, each counts for the account's windows."""
        return self._session.requests

    def create(self, sku: Sku, values: dict[str, Value]) -> Product:
        """Changed: the SKU is taken. A product of ours whose answer was lost answers so too: find it and go on."""
        given = {name: value for name, value in values.items() if value is not None}
        return self._write(Call(Kind.CREATE, "POST", "/api/v1/products", {"sku": sku, **body(given, self.media(given))}),
                           {"sku", *given})

    def patch(self, id: str, values: dict[str, Value]) -> Product:
        """None clears. Values are whole target values, so that sending them twice does no harm. Changed: the id is gone."""
        return self._write(Call(Kind.PATCH, "PATCH", f"/api/v1/products/{id}", body(values, self.media(values))), values.keys())

    def delete(self, id: str) -> None:
        """With all its variants (plytix-api.md §6.2), and for good: look first. One that is gone already is success."""
        with suppress(Changed):
            self._session.tell(Call(Kind.DELETE, "DELETE", f"/api/v2/products/{id}"))

    def may_edit_many(self) -> bool:
        return self._jobs.may()

    def patch_many(self, edits: Sequence[Edit], patience_s: float = 150) -> dict[str, Product | BridgeError]:
        """By bulk jobs; where Plytix takes none, one by one after all, and so a product that is too large for one."""
        until = self._clock() + patience_s
        if self._schema and not {a for edit in edits for a in edit.values} <= {*self._schema.types, *SYSTEM_FIELDS}:
            self._schema_until = 0  # read back without a column that it does not know, what was written there would seem to be gone
        try:
            answers = self._jobs.edit(edits, patience_s)
        except (Refused, Changed):
            return self._patch_each(edits, until)
        if any(isinstance(answer, Denied) for answer in answers.values()):
            self._no_jobs()
        answers |= self._patch_each([edit for edit in edits if isinstance(answers[edit.id], (TooLarge, Denied))], until)
        sent = {edit.id: edit.values.keys() for edit in edits}
        return {id: Refused(at_fault(a.fields, sent[id])) if isinstance(a, Refused) else a for id, a in answers.items()}

    def _row(self, edit: Edit) -> dict[str, Any]:
        """Of a bulk job."""
        return {"id": edit.id, "data": body(edit.values, self.media(edit.values))}

    def _patch_each(self, edits: Sequence[Edit], until: float) -> dict[str, Product | BridgeError]:
        """As far as time allows, and as long as we are heard."""
        answers: dict[str, Product | BridgeError] = {}
        stop: Stop | None = None
        for edit in edits:
            if stop or self._clock() >= until:
                answers[edit.id] = stop or Later("Plytix takes no bulk jobs", 0)
                continue
            try:
                answers[edit.id] = self.patch(edit.id, edit.values)
            except Stop as error:
                answers[edit.id] = stop = error
            except BridgeError as error:
                answers[edit.id] = error
        return answers

    def read(self, id: str) -> Product | None:
        """None: it is gone."""
        try:
            return answers.product(one(self._session.ask(Call(Kind.READ, "GET", f"/api/v2/products/{id}"))))
        except Changed:
            return None

    def find(self, sku: Sku) -> Product | None:
        """By its exact SKU: Plytix itself may ignore case in searches (plytix-api.md §13, 31). Two requests; one where there is none."""
        rows = self._search({"field": "sku", "operator": "in", "value": [sku]}, [])
        alike = [(str(row.get("sku")), str(row.get("id"))) for row in rows]
        exact = sorted((raw != sku, id) for raw, id in alike if spelled(raw) == sku)  # before others the one spelled as we do
        return self.read(exact[0][1]) if exact else None

    def find_many(self, skus: Sequence[Sku]) -> list[Product]:
        """One request a hundred where there is none of them; what there is costs reading besides."""
        ids: dict[str, None] = {}
        for page in pages(list(dict.fromkeys(skus))):
            rows = self._search({"field": "sku", "operator": "in", "value": page}, [])
            ids |= dict.fromkeys(str(found.get("id")) for found in rows if spelled(str(found.get("sku"))) in page)
        return self.read_many(list(ids))

    def listed(self, since_ms: int | None, page: int = 1) -> Iterator[Listed]:
        """All products, or those modified since, from that page on; a request a hundred."""
        since = [] if since_ms is None else [[{"field": "modified", "operator": "gte", "value": answers.moment(since_ms)}]]
        return map(answers.listed, search.every(self._session, PATH, ["modified"], since, first=page))

    def read_many(self, ids: Sequence[str]) -> list[Product]:
        """Whole products, a hundred a page and as many searches as their columns need; what is gone is left out."""
        found: list[Product] = []
        for page in pages(list(dict.fromkeys(ids))):
            try:
                found += self._page(page, self._known_schema())
            except Unsearchable:  # an attribute has vanished since the schema was read
                found += self._page(page, self.schema())
        return found

    def schema(self) -> Schema:
        """Asked anew; `read_many` asks for its columns from then on."""
        self._schema = filters.products(self._session)
        self._schema_until = self._clock() + SCHEMA_AGE_S
        return self._schema

    def structure(self, now_ms: int) -> Structure:
        """What the schema's one request does not tell; some dozens of requests."""
        from bridge.adapters.plytix.structure import structure  # its shapes cost 15 ms, which of all functions only refresh pays

        return structure(self._session, now_ms)

    def media(self, values: Mapping[str, Value]) -> dict[str, bool]:
        """Which of these hold assets, and whether several: by the schema as it is known, and no request is spent on that."""
        lists = {label for label, value in values.items() if isinstance(value, list)}
        if lists - self._kinds.keys():  # new to us; the type of one that we know never changes (plytix-api.md §9.1)
            schema = self._stored()
            self._kinds |= {label: schema.type_class(label) for label in schema.types} if schema else {}
        return {label: self._kinds[label] == GALLERY for label in lists if self._kinds.get(label) in (MEDIA, GALLERY)}

    def _known_schema(self) -> Schema:
        return self._schema if self._schema and self._clock() < self._schema_until else self.schema()

    def _page(self, ids: list[str], schema: Schema) -> list[Product]:
        parts: dict[str, list[dict[str, Any]]] = {id: [] for id in ids}
        searches = columns(schema)
        for asked in searches:
            for row in self._search({"field": "id", "operator": "in", "value": ids}, asked):
                parts.get(row.get("id", ""), []).append(row)
        return [product for id, rows in parts.items() if rows and (product := self._joined(id, rows, len(searches)))]

    def _joined(self, id: str, rows: list[dict[str, Any]], searches: int) -> Product | None:
        """Of one product; read by itself where it changed between the searches, so that no mixture of two states is believed."""
        if len(rows) == searches and len({row.get("modified") for row in rows}) == 1:
            return answers.product(answers.joined(rows))
        return self.read(id)

    def _search(self, condition: Condition, columns: list[str]) -> list[dict[str, Any]]:
        return search.page(self._session, PATH, columns, [[condition]])

    def _write(self, call: Call, sent: Collection[str]) -> Product:
        try:
            return answers.product(one(self._session.ask(call)))
        except Refused as refused:
            raise Refused(at_fault(refused.fields, sent)) from None


def pages(many: list[T]) -> Iterator[list[T]]:
    return (many[start:start + PAGE] for start in range(0, len(many), PAGE))


def body(values: Mapping[str, Value], media: Mapping[str, bool]) -> dict[str, Any]:
    """Label, status and gtin stand beside the attributes; assets are objects there (plytix-api.md §9.1)."""
    system = {name: value for name, value in values.items() if name in SYSTEM_FIELDS}
    attributes = {name: _linked(value, media[name]) if name in media and isinstance(value, list) else value
                  for name, value in values.items() if name not in SYSTEM_FIELDS}
    return {**system, "attributes": attributes} if attributes else system


def _linked(ids: list[str], several: bool) -> Any:
    linked = [{"id": id} for id in ids]
    return linked if several else linked[0]


def at_fault(fields: dict[str, str], sent: Collection[str]) -> dict[str, str]:
    """Of the fields that a 422 names those that we sent; `*` if it names none of them."""
    ours = {field: said for field, said in fields.items() if field in sent}
    return ours or {"*": "; ".join(said if field == "*" else f"{field}: {said}" for field, said in fields.items())}


def columns(schema: Schema) -> list[list[str]]:
    """All that a product has, in as few searches as can be; each asks for `modified`, by which it is seen whether they agree."""
    wanted = [*FACTS, *(ATTRIBUTE + label for label in schema.types)]
    size = COLUMNS - 1
    return [["modified", *wanted[start:start + size]] for start in range(0, len(wanted), size)]
