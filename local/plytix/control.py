"""What tests and demonstrations may do to the account behind the API's back: as methods, and as `/_sim/<name>`.

Over HTTP each is `POST /_sim/<name>` with its arguments as a JSON object (those that only tell also `GET` with a query); the
answer is what the method gives, as JSON. No token, no limit, no log. In this process call them on `Simulator`, elsewhere on
`local.plytix.remote.Remote`. Wrong arguments are a 400 that says so.

the account      reset(schema="keep"|"drop")        products and assets gone, faults, limits, clock and log as at the start
                 attributes(attributes=[{"name", "type_class", "options"?, "label"?}])       gives the labels
                 products(products=[body of a create], by="person"|"api")                    gives sku → id
                 add_option / remove_option(attribute, option)    remove_attribute(attribute)
a person         create(values)    edit(sku, values)    rename(sku, to)    delete(sku)       audit USER, `modified` moves
storing          normalise(field, rules)     sku, label or an attribute's label; strip squeeze upper lower round:N; [] ends it
                 lag(seconds)                what a 202 promised is to be seen only then
faults           latency(seconds)            each request, before it is processed
                 fault(effect, kind="*", method="*", path="*", times=1|None, seconds=None, …)      all forms: faults.py
                 refuse(status, times=1, kind="*", path="*", body=None)      not processed
                 lose(times=1, kind="product.*")                             processed, the connection dropped without answer
                 meanwhile(action, arguments, kind, when="first"|"then", times=1)  a control call just before or after
                 storm(seconds)              429 for the API     outage(mode="503"|"html"|"drop"|"off")     auth and API
                 clear_faults()
token and plan   token_lifetime(seconds)  expire_tokens()  credentials(key, password)  plan(plan="free"|"paid"|"off")
                 windows(windows=[[limit, seconds]], told="nothing"|"ttl"|"retry-after")     advance(seconds): the clock
telling          log(kind=None, sku=None, after=0)   counts()   clear_log()   dump()   product(sku)   state()
"""

from __future__ import annotations

from typing import Any

from local.plytix import attributes as catalogue
from local.plytix.entities import Actor, Attribute, Product
from local.plytix.limits import Plan
from local.plytix.mischief import Mischief
from local.plytix.normalising import check
from local.plytix.parts import locked
from local.plytix.products import add, change, remove
from local.plytix.tokens import LIFETIME_S
from local.plytix.views import full

PERSON = Actor("USER", "5f0a00000000000000000001", "Petra", "petra@example.com", "Lang")


class Control(Mischief):
    """All calls; see the module for the list."""

    def __init__(self, key: str = "key", password: str = "password", plan: str = "off") -> None:
        super().__init__(key, password)
        self.first_plan = Plan(plan)
        self.reset(schema="drop")

    # the account

    @locked
    def reset(self, schema: str = "keep") -> None:
        """Products and assets go, with `drop` attributes, families, categories, relationships too; tokens stay good."""
        if schema not in ("keep", "drop"):
            raise ValueError("schema: keep or drop")
        self.store.clear_products()
        if schema == "drop":
            self.store.clear_schema()
        self.store.normalising.clear()
        self.store.lag_s = self.latency_s = self.clock.offset_s = 0.0
        self.tokens.lifetime_s = float(LIFETIME_S)
        self.told = "nothing"
        self.plan(self.first_plan)
        self.troubles.clear()
        self.journal.clear()

    @locked
    def attributes(self, attributes: list[dict[str, Any]]) -> list[str]:
        """Make attributes; `label` may be given, which the API does not allow."""
        return [catalogue.add(self.store, body, label=body.get("label")).label for body in attributes]

    @locked
    def products(self, products: list[dict[str, Any]], by: str = "person") -> dict[str, str]:
        """Make products, without the API and its limits, but by its rules."""
        if by not in ("person", "api"):
            raise ValueError("by: person or api")
        actor = PERSON if by == "person" else self.tokens.actor
        return {product.sku: product.id for product in [add(self.store, body, actor) for body in products]}

    @locked
    def add_option(self, attribute: str, option: str) -> None:
        """One more option of a dropdown or multiselect."""
        self._attribute(attribute).options.append(option)

    @locked
    def remove_option(self, attribute: str, option: str) -> None:
        """One option less; products keep what they hold."""
        self._attribute(attribute).options.remove(option)

    @locked
    def remove_attribute(self, attribute: str) -> None:
        """An attribute goes, and its values."""
        catalogue.remove(self.store, self._attribute(attribute))

    # a person in Plytix

    @locked
    def create(self, values: dict[str, Any]) -> dict[str, Any]:
        """A person makes a product."""
        return self._shown(add(self.store, values, PERSON))

    @locked
    def edit(self, sku: str, values: dict[str, Any]) -> dict[str, Any]:
        """A person changes a product: label, status, attributes … as in a patch."""
        product = self._product(sku)
        change(self.store, product, values, PERSON)
        return self._shown(product)

    @locked
    def rename(self, sku: str, to: str) -> dict[str, Any]:
        """A person gives a product another SKU."""
        return self.edit(sku, {"sku": to})

    @locked
    def delete(self, sku: str) -> None:
        """A person deletes a product."""
        remove(self.store, self._product(sku))

    # storing

    @locked
    def normalise(self, field: str, rules: list[str]) -> None:
        """From now on store something else than is sent (normalising.py)."""
        check(rules)
        self.store.normalising[field] = rules

    @locked
    def lag(self, seconds: float) -> None:
        """How long after a 202 its change is to be seen (§4)."""
        self.store.lag_s = seconds

    # telling

    @locked
    def log(self, kind: str | None = None, sku: str | None = None, after: int | str = 0) -> list[dict[str, Any]]:
        """The requests since the last clear, oldest first (journal.py)."""
        return self.journal.entries(kind, sku, int(after))

    @locked
    def counts(self) -> dict[str, Any]:
        """Requests in all, by kind, those that changed something, by status; these survive what the log forgets."""
        return self.journal.counts()

    @locked
    def clear_log(self) -> None:
        """Count from here."""
        self.journal.clear()

    @locked
    def dump(self) -> list[dict[str, Any]]:
        """All products, each as v1 shows it, with v2's audits."""
        return [self._shown(product) for product in self.store.products.values()]

    @locked
    def product(self, sku: str) -> dict[str, Any] | None:
        """One of them; None if there is none."""
        known = self.store.by_sku(sku)
        return None if known is None else self._shown(known)

    @locked
    def state(self) -> dict[str, Any]:
        """Plan, what of its windows is used, how much there is, the clock."""
        now = self.clock.now()
        windows = [{"limit": w.limit, "window_size": w.size_s, "wait_s": w.wait_s(now), "used": w.used()}
                   for w in self.limits.windows]  # fmt: skip
        held = {"products": len(self.store.products), "attributes": len(self.store.attributes)}
        return {"plan": self.booked, "windows": windows, "time": now, **held}

    def _product(self, sku: str) -> Product:
        product = self.store.by_sku(sku)
        if product is None:
            raise LookupError(f"no product {sku}")
        return product

    def _attribute(self, label: str) -> Attribute:
        attribute = self.store.attributes.get(label)
        if attribute is None:
            raise LookupError(f"no attribute {label}")
        return attribute

    def _shown(self, product: Product) -> dict[str, Any]:
        audits = {"created_user_audit": product.created_by.audit(), "modified_user_audit": product.modified_by.audit()}
        return full(self.store, 1, product) | audits
