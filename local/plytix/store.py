"""All that the one account holds, in memory, with the indexes that answers need (plytix-api.md §14).

Nothing here locks: the simulator hands in one request at a time.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from copy import copy
from random import Random

from local.plytix.clock import Clock
from local.plytix.entities import Asset, Attribute, Category, Change, Family, Group, Product, Relationship
from local.plytix.jobs import Jobs
from local.plytix.manners import Manners

SEEDED = 0x64B00000  # the time in ids where a seed makes them the same in each run
KEPT_CHANGES = 50_000

Due = tuple[float, Callable[[], None]]  # when, on the account's clock, and what happens then


class Store:
    """The account. `normalising`: field or attribute label → rules that change what is stored (`/_sim/normalise`)."""

    def __init__(self, clock: Clock, seed: int | None = None) -> None:
        self.clock = clock
        self.id_time = int(clock.now()) if seed is None else SEEDED
        self.id_machine = Random(seed).randbytes(5).hex()
        self.ids_made = 0
        self._promised: list[Due] = []
        self._running: list[Due] = []  # bulk jobs
        self.account_id, self.key_id = self.new_id(), self.new_id()
        self.lag_s = 0.0  # how long after a 202 the change is to be seen (§4, §14)
        self.most_bytes: int | None = None  # of a body; None: any
        self.manners = Manners()
        self.jobs = Jobs()
        self.normalising: dict[str, list[str]] = {}
        self.attributes: dict[str, Attribute] = {}  # by label
        self.groups: list[Group] = []  # in their order
        self.families: dict[str, Family] = {}
        self.relationships: dict[str, Relationship] = {}
        self.categories: dict[str, dict[str, Category]] = {"product": {}, "file": {}}
        self.roots: dict[str, list[str]] = {"product": [], "file": []}
        self.in_use: set[str] = set()  # ids of what channels, catalogues and locks hold (§4, §9.1, §9.4)
        self.clear_products()

    def new_id(self) -> str:
        """24 hexadecimal digits like a Mongo ObjectId, rising (§1)."""
        self.ids_made += 1
        return f"{self.id_time:08x}{self.id_machine}{self.ids_made:06x}"

    def clear_products(self) -> None:
        """Forget products and assets; the schema stays."""
        self._promised.clear()
        self._running.clear()
        self.products: dict[str, Product] = {}
        self.before: dict[str, Product] = {}  # as each was when its history was last written (consequences.py)
        self.changes: deque[Change] = deque(maxlen=KEPT_CHANGES)
        self._by_sku: dict[str, Product] = {}
        self._by_gtin: dict[str, Product] = {}
        self.assets: dict[str, Asset] = {}
        self.jobs.known.clear()

    def clear_schema(self) -> None:
        """Forget attributes, groups, families, relationships and both category trees."""
        self.attributes.clear()
        self.groups.clear()
        self.families.clear()
        self.relationships.clear()
        for kind in self.categories:
            self.categories[kind].clear()
            self.roots[kind].clear()

    def by_sku(self, sku: str) -> Product | None:
        """Exact: SKUs are case-sensitive (§6.1)."""
        return self._by_sku.get(sku)

    def by_gtin(self, gtin: str) -> Product | None:
        """The product that has this GTIN; there is one at most (§6.1)."""
        return self._by_gtin.get(gtin)

    def keep(self, product: Product) -> None:
        """Add a product, or take note that its sku or gtin is another now."""
        self.products[product.id] = product
        self._by_sku[product.sku] = product
        if product.gtin:
            self._by_gtin[product.gtin] = product

    def remember(self, product: Product) -> None:
        """What its history goes on from."""
        self.before[product.id] = copy(product)

    def unindex(self, product: Product) -> None:
        """Forget under which keys a product was known: before these change, or it goes."""
        self._by_sku.pop(product.sku, None)
        if product.gtin:
            self._by_gtin.pop(product.gtin, None)

    def drop(self, product: Product) -> None:
        """Delete a product and what points at it."""
        self.unindex(product)
        del self.products[product.id]
        self.before.pop(product.id, None)
        for other in self.products.values():
            for related in other.relationships.values():
                related.pop(product.id, None)  # within what history keeps too: this is not the other's change

    def attribute(self, id: str) -> Attribute | None:
        """By id; `attributes` is by label."""
        return next((attribute for attribute in self.attributes.values() if attribute.id == id), None)

    def later(self, change: Callable[[], None]) -> None:
        """Do what a 202 promised, once `lag_s` has passed (§4)."""
        self._at(self.clock.now() + self.lag_s, change, self._promised)

    def run_until(self, end: float, change: Callable[[], None]) -> None:
        """What a bulk job does, at its end."""
        self._at(end, change, self._running)

    def catch_up(self) -> None:
        """Let what has become due happen, in its order; called before each request."""
        self._happen(self.clock.now(), self._promised, self._running)

    def settle(self) -> None:
        """Let what has become due happen, and all that 202s promised: a file holds jobs under way, not promises."""
        self.catch_up()
        self._happen(float("inf"), self._promised)

    def _at(self, moment: float, change: Callable[[], None], waiting: list[Due]) -> None:
        if moment <= self.clock.now():
            change()
        else:
            waiting.append((moment, change))

    def _happen(self, until: float, *waiting: list[Due]) -> None:
        due = [one for several in waiting for one in several if one[0] <= until]
        for several in waiting if due else ():
            several[:] = [one for one in several if one[0] > until]
        for _, change in sorted(due, key=lambda one: one[0]):
            change()
