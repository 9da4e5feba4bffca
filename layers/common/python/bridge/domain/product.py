"""A product as Plytix answers it, in our own words (plytix-api.md §6.1)."""

from __future__ import annotations

from dataclasses import dataclass, field

from bridge.domain.row import Sku, Value


@dataclass(frozen=True, slots=True)
class Product:
    """`values`: label, status, gtin and attributes by label, in canonical form (`bridge.domain.values`), without empties."""

    id: str
    sku: Sku
    modified: int  # ms since 1970
    values: dict[str, Value]
    created: int = 0
    family: str | None = None
    parent: str | None = None
    categories: tuple[str, ...] = ()
    assets: tuple[str, ...] = ()
    created_by_api: bool | None = None  # None: this answer does not tell (v1)
    modified_by_api: bool | None = None


@dataclass(frozen=True, slots=True)
class Listed:
    """A row of a listing: enough to see whether the mirror is behind."""

    id: str
    sku: Sku
    modified: int  # ms since 1970


@dataclass(frozen=True, slots=True)
class Schema:
    """The account's attributes: label → type class (`DecimalAttribute` …); options of dropdowns. `version` changes with it."""

    version: str
    types: dict[str, str]
    options: dict[str, list[str]] = field(default_factory=dict)
