"""The Plytix of the tests' world (`tests/heart/world.py`)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from bridge.domain.forecast import PAGE
from bridge.domain.product import Listed, Product, Schema, Structure
from bridge.domain.row import Sku
from bridge.errors import BridgeError, Changed, Refused
from bridge.ports import Edit

if TYPE_CHECKING:
    from tests.heart.world import World


@dataclass(frozen=True)
class Logged:
    """One write, as the properties want to know it."""

    time: int
    by: str
    kind: str
    id: str
    sku: str
    changed: dict[str, tuple[Any, Any]]


KINDS = {"decimal": "DecimalAttribute", "integer": "IntAttribute"}


class Plytix:
    """Small, but it normalises (names in capitals), refuses (colours that are no options), and lets people work in it.

    `tells`: its schema says that options are all that a colour may be; else refusals alone tell so.
    """

    def __init__(self, world: World, options: set[str]) -> None:
        self.w, self.options, self.version, self.tells = world, set(options), 0, False
        self.products: dict[str, Product] = {}
        self.ids = 0
        self.log: list[Logged] = []
        self.requests = {"write": 0, "read": 0, "list": 0, "look": 0}
        self.entitled = False  # to bulk jobs

    # ---- what the bridge asks
    def create(self, sku: Sku, values: dict[str, Any]) -> Product:
        self.w.step(f"CREATE {sku} {values}")
        self.requests["write"] += 1
        return self._answer(self.make(sku, values, "bridge"))

    def patch(self, id: str, values: dict[str, Any]) -> Product:
        self.w.step(f"PATCH {id} {values}")
        self.requests["write"] += 1
        if id not in self.products:
            raise Changed("gone")
        return self._answer(self.change(id, values, "bridge"))

    def may_edit_many(self) -> bool:
        self.w.step("ask for bulk jobs")
        return self.entitled

    def patch_many(self, edits: Sequence[Edit], patience_s: float) -> dict[str, Product | BridgeError]:
        """A job that others see half done; afterwards its products are read back, by when people may have been at them."""
        answers: dict[str, Product | BridgeError] = {}
        for edit in edits:
            self.w.step(f"BULK {edit}")
            self.requests["write"] += 1
            try:
                if edit.id not in self.products:
                    raise Changed("gone")
                self.change(edit.id, edit.values, "bridge")
            except (Changed, Refused) as error:
                answers[edit.id] = error
        self.w.step("GET what was edited")
        self.requests["look"] += 1
        return {edit.id: answers.get(edit.id) or self.products.get(edit.id) or Changed("gone") for edit in edits}

    def read(self, id: str) -> Product | None:
        self.w.step(f"GET {id}")
        self.requests["read"] += 1
        return self.products.get(id)

    def find(self, sku: Sku) -> Product | None:
        self.w.step(f"GET {sku}")
        self.requests["read"] += 1
        return next((p for p in self.products.values() if p.sku == sku), None)

    def find_many(self, skus: Sequence[Sku]) -> list[Product]:
        self.w.step(f"GET {list(skus)}")
        self.requests["look"] += 1
        return [p for p in self.products.values() if p.sku in skus]

    def listed(self, since_ms: int | None, page: int = 1) -> Iterator[Listed]:
        """As things stand at each page: what is deleted between two moves up."""
        seen: set[str] = set()
        rows = [None] * PAGE  # type: list[Any]
        while len(rows) == PAGE:
            self.w.step("list products")
            self.requests["list"] += 1
            there = [Listed(p.id, p.sku, p.modified) for p in self.products.values() if p.modified >= (since_ms or 0)]
            rows = there[(page - 1) * PAGE:page * PAGE]
            yield from (row for row in rows if row.id not in seen)
            seen |= {row.id for row in rows}
            page += 1

    def read_many(self, ids: Any) -> list[Product]:
        self.w.step(f"GET {list(ids)}")
        self.requests["read"] += len(ids)
        return [self.products[id] for id in ids if id in self.products]

    def schema(self) -> Schema:
        self.w.step("read the schema")
        columns = [column for feed in self.w.configuration.feeds.values() for column in feed.columns.values()]
        types = {column.to: KINDS.get(column.type, "TextAttribute") for column in columns}
        types["color"] = "DropdownAttribute" if self.tells else "TextAttribute"
        return Schema(str(self.version), types, {"color": sorted(self.options)})

    def structure(self, now_ms: int) -> Structure:
        return Structure(now_ms)

    def _answer(self, product: Product) -> Product:
        """v1 does not tell who changed it."""
        return replace(product, created_by_api=None, modified_by_api=None)

    # ---- what happens to a product
    def make(self, sku: str, values: dict[str, Any], by: str) -> Product:
        if any(p.sku == sku for p in self.products.values()):
            raise Changed("taken")
        self._check(sku, values, by)
        self.ids += 1
        at = self.w.tick()
        product = Product(f"{self.ids:024d}", Sku(sku), at, {}, created=at, created_by_api=by == "bridge", modified_by_api=by == "bridge")
        return self._store(product, values, by, "create")

    def change(self, id: str, values: dict[str, Any], by: str, sku: str = "") -> Product:
        old = self.products[id]
        self._check(old.sku, values, by)
        return self._store(replace(old, sku=Sku(sku or old.sku)), values, by, "patch")

    def remove(self, id: str) -> None:
        old = self.products.pop(id)
        self.log.append(Logged(self.w.tick(), "person", "delete", id, old.sku, {}))

    def add_option(self, option: str) -> None:
        self.version += option not in self.options
        self.options.add(option)

    def _check(self, sku: str, values: dict[str, Any], by: str) -> None:
        if values.get("color") not in self.options | {None}:
            self.log.append(Logged(self.w.tick(), by, "refusal", "", sku, {}))
            raise Refused({"color": "is not an option"})

    def _store(self, product: Product, values: dict[str, Any], by: str, kind: str) -> Product:
        old = self.products.get(product.id)
        new = {a: v for a, v in (product.values | {a: normal(a, v) for a, v in values.items()}).items() if v is not None}
        changed = {a: (product.values.get(a), new.get(a)) for a in {*product.values, *new} if product.values.get(a) != new.get(a)}
        if changed or old is None or old.sku != product.sku:  # the same again leaves `modified` alone (plytix-api.md §6.3)
            product = replace(product, values=new, modified=self.w.tick(), modified_by_api=by == "bridge")
            self.products[product.id] = product
        self.log.append(Logged(self.w.tick(), by, kind, product.id, product.sku, changed))
        return self.products[product.id]


def normal(attribute: str, value: Any) -> Any:
    return value.upper() if attribute == "name" and isinstance(value, str) else value
