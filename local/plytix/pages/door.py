"""The pages for people: which path shows which."""

from __future__ import annotations

from local.plytix.listener import Told
from local.plytix.pages.budget import budget
from local.plytix.pages.catalogue import catalogue, page_number, pager
from local.plytix.pages.frame import page
from local.plytix.pages.history import history
from local.plytix.pages.pictures import picture
from local.plytix.pages.product import gone_page, product_page
from local.plytix.parts import Parts

CHANGES = 100  # a page
READING = ("GET", "HEAD")


def has(path: str) -> bool:
    """Whether a path is one of theirs."""
    return path in ("/", "/changes", "/budget") or path.startswith(("/product/", "/picture/"))


def show(parts: Parts, method: str, path: str, query: dict[str, str]) -> Told:
    """The page. Nothing here changes anything, and nothing counts as a request to Plytix."""
    if method not in READING:
        return Told(405, b"", "text/plain", (("Allow", ", ".join(READING)),))
    place, _, id = path.removeprefix("/").partition("/")
    match place:
        case "":
            return catalogue(parts, query)
        case "changes":
            return _changes(parts, query)
        case "budget":
            return budget(parts)
        case "product":
            product = parts.store.products.get(id)
            return product_page(parts, product) if product else gone_page(parts, id)
        case _:
            asset = parts.store.assets.get(id)
            return picture(asset) if asset else Told(404, b"", "text/plain")


def _changes(parts: Parts, query: dict[str, str]) -> Told:
    number, count = page_number(query), len(parts.store.changes)
    newest = [*parts.store.changes][::-1][(number - 1) * CHANGES : number * CHANGES]
    return page(parts, "Changes", history(parts.store, newest), pager("/changes", {}, number, count, CHANGES))
