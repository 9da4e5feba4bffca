"""One product: its pictures, its values with their types, what it hangs together with, its history."""

from __future__ import annotations

from local.plytix.assets import linked
from local.plytix.categories import place
from local.plytix.entities import Product
from local.plytix.listener import Told
from local.plytix.pages.catalogue import kind, link
from local.plytix.pages.frame import page
from local.plytix.pages.history import history, shown, who
from local.plytix.pages.markup import Html, facts, join, moment, table, tag
from local.plytix.pages.pictures import figure
from local.plytix.parts import Parts
from local.plytix.store import Store
from local.plytix.views import V2, value


def product_page(parts: Parts, product: Product) -> Told:
    """The whole of it."""
    store = parts.store
    changes = [change for change in reversed(store.changes) if change.product_id == product.id]
    pictures = [figure(store.assets[id]) for id in linked(store, product)]
    return page(
        parts, product.sku, tag("section", *pictures), _facts(store, product),
        tag("h2", "Attributes"), _attributes(store, product),
        tag("h2", "Changes"), history(store, changes, of_one=True),
    )  # fmt: skip


def gone_page(parts: Parts, id: str) -> Told:
    """A product that was deleted: its history is all there is."""
    changes = [change for change in reversed(parts.store.changes) if change.product_id == id]
    note = tag("p", "There is no such product, or no longer.", class_="note")
    return page(parts, changes[0].sku if changes else "No product", note, history(parts.store, changes, of_one=True))


def _facts(store: Store, product: Product) -> Html:
    family = store.families.get(product.family or "")
    categories = [" > ".join(place(store, "product", id)["path"]) for id in product.categories]
    return facts([
        ("Label", product.label), ("Status", product.status), ("GTIN", product.gtin), ("Type", kind(product)),
        ("Family", family.name if family else None), ("Categories", ", ".join(categories)),
        ("Parent", link(store, product.parent) if product.parent else None),
        ("Variants", _links(store, product.variants)),
        ("Overwritten", ", ".join(key.removeprefix("attributes.") for key in product.overwritten)),
        *((store.relationships[id].name, _links(store, list(links))) for id, links in product.relationships.items()),
        ("Created", join([moment(product.created), f" by {who(product.created_by)}"])),
        ("Modified", join([moment(product.modified), f" by {who(product.modified_by)}"])),
        ("Id", product.id),
    ])  # fmt: skip


def _links(store: Store, ids: list[str]) -> Html | None:
    return join([piece for id in ids for piece in (link(store, id), " ")]) if ids else None


def _attributes(store: Store, product: Product) -> Html:
    """Those that have a value, in the catalogue's order."""
    rows = [
        (attribute.name, attribute.label, attribute.type_class.removesuffix("Attribute"),
         tag("div", shown(store, "", held), class_="value"))
        for attribute in store.attributes.values()
        if (held := value(store, V2, product, attribute.label)) is not None
    ]  # fmt: skip
    return table(("Name", "Label", "Type", "Value"), rows) if rows else tag("p", "None has a value.", class_="note")


