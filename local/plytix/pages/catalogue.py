"""The page at `/`: all products, searched by words, page by page; the newest change first."""

from __future__ import annotations

from urllib.parse import urlencode

from local.plytix.entities import Product
from local.plytix.listener import Told
from local.plytix.pages.frame import page
from local.plytix.pages.history import who
from local.plytix.pages.markup import Html, join, moment, table, tag
from local.plytix.pages.pictures import image
from local.plytix.parts import Parts
from local.plytix.store import Store

ROWS = 50


def catalogue(parts: Parts, query: dict[str, str]) -> Told:
    """`?q=` words that a product must all have, anywhere; `&page=`."""
    store, words = parts.store, query.get("q", "").strip()
    found = sorted(_matching(store, words.casefold().split()), key=lambda product: product.modified, reverse=True)
    number = min(page_number(query), max(1, -(-len(found) // ROWS)))
    rows = [_row(store, product) for product in found[(number - 1) * ROWS : number * ROWS]]
    all_told = "1 product" if len(store.products) == 1 else f"{len(store.products)} products"
    told = tag("p", f"{len(found)} of {all_told}", class_="note")
    headings = ("", "SKU", "Label", "Status", "Type", "Family", "Modified (UTC)", "By")
    return page(parts, "Products", _search(words), told, table(headings, rows), pager("/", {"q": words}, number, len(found), ROWS))


def page_number(query: dict[str, str]) -> int:
    """The page that is asked for; the first where it is no number."""
    asked = query.get("page", "1")
    return max(1, int(asked)) if asked.isascii() and asked.isdigit() and len(asked) < 9 else 1


def pager(path: str, query: dict[str, str], number: int, count: int, rows: int) -> Html:
    """Links to the pages before and after."""
    given = {key: value for key, value in query.items() if value}
    earlier = tag("a", "← newer", href=f"{path}?{urlencode(given | {'page': number - 1})}") if number > 1 else None
    later = tag("a", "older →", href=f"{path}?{urlencode(given | {'page': number + 1})}") if number * rows < count else None
    return tag("p", earlier, f" page {number} ", later)


def link(store: Store, id: str) -> Html:
    """A product by its SKU; one that is gone by its id."""
    product = store.products.get(id)
    return tag("a", product.sku, href=f"/product/{id}") if product else join([id])


def kind(product: Product) -> str:
    """Single, parent or variant."""
    return "variant" if product.parent else f"parent of {len(product.variants)}" if product.variants else "single"


def _search(words: str) -> Html:
    field = tag("input", type="search", name="q", value=words, placeholder="SKU, label, any value", aria_label="Search")
    return tag("form", field, " ", tag("button", "Search"), method="get", action="/")


def _matching(store: Store, words: list[str]) -> list[Product]:
    if not words:
        return list(store.products.values())
    return [product for product in store.products.values() if all(word in _text(product) for word in words)]


def _text(product: Product) -> str:
    own = (product.sku, product.label, product.gtin, product.status, product.id)
    return " ".join(str(value) for value in (*own, *product.attributes.values()) if value is not None).casefold()


def _row(store: Store, product: Product) -> tuple[object, ...]:
    family = store.families[product.family].name if product.family else ""
    return (
        image(store, product.thumbnail), link(store, product.id), product.label or "", product.status, kind(product), family,
        moment(product.modified), who(product.modified_by),
    )  # fmt: skip
