"""The two trees of categories: of products and of files (plytix-api.md §8.3, §9.4). Only read."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

from pydantic import BeforeValidator, Field

from bridge.adapters.plytix.answers import Moment, Shape, Texts, read
from bridge.adapters.plytix.search import every
from bridge.adapters.plytix.session import Kind, Session

COLUMNS = ("name", "path", "parents_ids", "n_children", "order", "modified")
Order = Annotated[int | None, BeforeValidator(lambda said: None if said in (None, "") else int(said))]
"""Among its siblings, from 1; Plytix writes it as a string (§13, 18)."""


class Tree(StrEnum):
    """Which of them; the word in the path."""

    PRODUCT = "product"
    FILE = "file"


class Category(Shape):
    """`path`: the names from the root down to its own, `parents_ids` the ids above it."""

    id: str
    name: str
    path: list[str]
    slug: str | None = None
    parents_ids: Texts = Field([])
    n_children: int | None = None
    order: Order = None
    modified: Moment | None = None


class Categories:
    """The trees of one account."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def all(self, tree: Tree) -> list[Category]:
        """A request a hundred. A new one may be missing for some seconds (§13, 16)."""
        rows = every(self._session, f"/api/v1/categories/{tree}", COLUMNS, kind=Kind.SCHEMA)
        return [read(Category, row) for row in rows]
