"""All that the one account holds, in memory, with the indexes that answers need (plytix-api.md §14).

Nothing here locks: the simulator hands in one request at a time.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from random import Random

from local.plytix.clock import Clock
from local.plytix.entities import Asset, Attribute, Category, Family, Product, Relationship


class Store:
    """The account. `normalising`: field or attribute label → rules that change what is stored (`/_sim/normalise`)."""

    def __init__(self, clock: Clock, seed: int = 0) -> None:
        self.clock = clock
        self._machine = Random(seed).randbytes(5).hex()
        self._made = 0
        self._due: list[tuple[float, Callable[[], None]]] = []
        self.account_id = self.new_id()
        self.lag_s = 0.0  # how long after a 202 the change is to be seen (§4, §14)
        self.normalising: dict[str, list[str]] = {}
        self.attributes: dict[str, Attribute] = {}  # by label
        self.families: dict[str, Family] = {}
        self.relationships: dict[str, Relationship] = {}
        self.categories: dict[str, dict[str, Category]] = {"product": {}, "file": {}}
        self.roots: dict[str, list[str]] = {"product": [], "file": []}
        self.clear_products()

    def new_id(self) -> str:
        """24 hexadecimal digits like a Mongo ObjectId, rising (§1)."""
        self._made += 1
        return f"{int(self.clock.now()):08x}{self._machine}{self._made:06x}"

    def clear_products(self) -> None:
        """Forget products and assets; the schema stays."""
        self.products: dict[str, Product] = {}
        self._by_sku: dict[str, Product] = {}
        self._by_gtin: dict[str, Product] = {}
        self.assets: dict[str, Asset] = {}

    def clear_schema(self) -> None:
        """Forget attributes, families, relationships and both category trees."""
        self.attributes.clear()
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

    def unindex(self, product: Product) -> None:
        """Forget under which keys a product was known: before these change, or it goes."""
        self._by_sku.pop(product.sku, None)
        if product.gtin:
            self._by_gtin.pop(product.gtin, None)

    def drop(self, product: Product) -> None:
        """Delete a product and what points at it."""
        self.unindex(product)
        del self.products[product.id]
        for other in self.products.values():
            for related in other.relationships.values():
                related.pop(product.id, None)

    def attribute(self, id: str) -> Attribute | None:
        """By id; `attributes` is by label."""
        return next((attribute for attribute in self.attributes.values() if attribute.id == id), None)

    def later(self, change: Callable[[], None]) -> None:
        """Do what a 202 promised, once `lag_s` has passed (§4)."""
        if self.lag_s <= 0:
            change()
        else:
            self._due.append((self.clock.now() + self.lag_s, change))

    def catch_up(self) -> None:
        """Let what has become due happen; called before each request."""
        for change in list(self._fall_due()):
            change()

    def _fall_due(self) -> Iterator[Callable[[], None]]:
        now = self.clock.now()
        due, self._due = [d for d in self._due if d[0] <= now], [d for d in self._due if d[0] > now]
        return (change for _, change in due)
