"""What tests and demonstrations may do to the account behind the API's back: as methods, and as `/_sim/<name>`.

Over HTTP each is `POST /_sim/<name>` with its arguments as a JSON object (those that only tell also `GET` with a query); the
answer is what the method gives, as JSON. No token, no limit, no log. In this process call them on `Simulator`, elsewhere on
`local.plytix.remote.Remote`. Wrong arguments are a 400 that says so. Under a seed the same calls in the same order have the same
answers but for times: the clock can be moved on, not stopped.

the account      reset(schema="keep"|"drop")        products and assets gone, faults, limits, clock and log as at the start
                 save(path)   load(path)            all that it holds, its history and jobs too, as a JSON file of this machine
                 attributes(attributes=[{"name", "type_class", "options"?, "label"?}])       gives the labels
                 products(products=[body of a create], by="person"|"api")                    gives sku → id
                 assets(assets=[{"url"|"content", "filename"?}])                             gives file name → id
                 add_option / remove_option(attribute, option)    remove_attribute(attribute)
its customs      bulk(entitled=True, running_s=0, counters_s=0, late_polls=1)     who is not entitled gets 403 (jobs.py)
                 manners(links="objects"|"strings", filters="grouped"|"flat", slashes="accept"|"redirect",
                         empties="null"|"values")                                                 (manners.py)
                 most_bytes(bytes=None)             a larger body is a 413
                 use(id, used=True)                 an attribute, category or asset that cannot be deleted
a person         create(values)    edit(sku, values)    rename(sku, to)    delete(sku)       audit USER, `modified` moves
storing          normalise(field, rules)     sku, label or an attribute's label; strip squeeze upper lower round:N; [] ends it
                 lag(seconds)                what a 202 promised is to be seen only then
faults           latency(seconds)            each request, before it is processed
                 fault(effect, kind="*", method="*", path="*", times=1|None, seconds=None, …)      all forms: faults.py
                 fault(effect, rate=0.05, …)  as a share of the requests, which ones the seed says; until clear_faults()
                 refuse(status, times=1, kind="*", path="*", body=None)      not processed
                 lose(times=1, kind="product.*")                             processed, the connection dropped without answer
                 meanwhile(action, arguments, kind, when="first"|"then", times=1)  a control call just before or after
                 storm(seconds)              429 for the API     outage(mode="503"|"html"|"drop"|"off")     auth and API
                 clear_faults()
token and plan   token_lifetime(seconds)  expire_tokens()  credentials(key, password)  plan(plan="free"|"paid"|"off")
                 windows(windows=[[limit, seconds]], told="nothing"|"ttl"|"retry-after")     advance(seconds): the clock
                 measure(kind="sliding"|"fixed", phase=0, scale=1, tell="scaled"|"plain")    scale 60: an hour is a minute
telling          log(kind=None, sku=None, after=0)   counts()   clear_log()   dump()   product(sku)   state()
                 changes(sku=None)                  who changed what when: before, after
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from local.plytix import assets as files
from local.plytix import attributes as catalogue
from local.plytix import saving
from local.plytix.accounts import PERSON
from local.plytix.clock import with_zone
from local.plytix.customs import Customs
from local.plytix.entities import Attribute, Product
from local.plytix.jobs import Pace
from local.plytix.limits import Measure, Plan
from local.plytix.manners import Manners
from local.plytix.normalising import check
from local.plytix.parts import locked
from local.plytix.products import add, change, remove
from local.plytix.views import full

EDITED = {"sku", "label", "status", "gtin", "attributes", "categories", "assets"}


class Control(Customs):
    """All calls; see the module for the list."""

    def __init__(
        self, key: str = "key", password: str = "password", plan: str = "off", seed: int | None = None
    ) -> None:
        super().__init__(key, password, seed)
        self.first_plan = Plan(plan)
        self.reset(schema="drop")

    # the account

    @locked
    def reset(self, schema: str = "keep") -> None:
        """Products and assets go, with `drop` attributes, families, categories, relationships too; all tokens are good again."""
        if schema not in ("keep", "drop"):
            raise ValueError("schema: keep or drop")
        self.store.clear_products()
        if schema == "drop":
            self.store.clear_schema()
        self.store.normalising.clear()
        self.store.lag_s = self.latency_s = self.clock.offset_s = 0.0
        self.tokens.revive()
        self.told = "nothing"
        self.store.jobs.entitled, self.store.jobs.pace = False, Pace()
        self.store.manners, self.store.most_bytes = Manners(), None
        self.store.in_use.clear()
        self.measured = Measure()
        self.plan(self.first_plan)
        self.troubles.clear()
        self.journal.clear()

    @locked
    def save(self, path: str) -> None:
        """Write all that the account holds into a file: its bulk jobs too, those that run go on when it is loaded, and what is special
        about it (bulk, manners, most_bytes, use, normalise). What a 202 promised for later happens before.

        Not in it is what belongs to a server that runs: lag, plan, windows and what of them is used, faults, the clock's advance, the
        log. Nor are tokens: they end soon, and a client that is told so asks for another.
        """
        self.store.settle()
        saving.save(self.store, Path(path))

    @locked
    def load(self, path: str) -> None:
        """Hold what a file says, and nothing else. Raises ValueError for a file that is none of `save`."""
        saving.load(self.store, Path(path))
        self.tokens.belong_to(self.store.account_id, self.store.key_id)

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
    def assets(self, assets: list[dict[str, Any]]) -> dict[str, str]:
        """Make assets, by the API's rules."""
        return {asset.filename: asset.id for asset in [files.add(self.store, body) for body in assets]}

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
        """A person changes a product: label, status, `{"attributes": {…}}`, as in a patch; other names are refused."""
        product = self._product(sku)
        if unknown := values.keys() - EDITED:
            raise ValueError(f"a product has no {', '.join(sorted(unknown))}: attributes stand in \"attributes\"")
        change(self.store, product, values, PERSON)
        return self._shown(product)

    @locked
    def rename(self, sku: str, to: str) -> dict[str, Any]:
        """A person gives a product another SKU."""
        return self.edit(sku, {"sku": to})

    @locked
    def delete(self, sku: str) -> None:
        """A person deletes a product."""
        remove(self.store, self._product(sku), PERSON)

    # storing

    @locked
    def normalise(self, field: str, rules: list[str]) -> None:
        """From now on store something else than is sent (normalising.py)."""
        check(rules)
        self.store.normalising[field] = rules

    @locked
    def lag(self, seconds: float) -> None:
        """How long after a 202 its change is to be seen (§4). A second is Plytix's, we suppose, and the default of `bridge plytix
        serve`; here it is none, for who shares the process (tests, the twin) could only sleep it away."""
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
        windows = [{"limit": w.limit, "window_size": w.size_s, "wait_s": w.wait_s(now), "used": w.used(now)}
                   for w in self.limits.windows]  # fmt: skip
        held = {"products": len(self.store.products), "attributes": len(self.store.attributes)}
        return {"plan": self.booked, "windows": windows, "time": now, **held}

    @locked
    def changes(self, sku: str | None = None) -> list[dict[str, Any]]:
        """The history, oldest first: of a product under all SKUs that it had, or of all."""
        known = {change.product_id for change in self.store.changes if change.sku == sku}
        return [
            {
                "at": with_zone(change.at),
                "by": change.by.audit(),
                "id": change.product_id,
                "sku": change.sku,
                "what": change.what,
                "fields": {key: [before, after] for key, before, after in change.fields},
            }
            for change in self.store.changes
            if sku is None or change.product_id in known
        ]

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
