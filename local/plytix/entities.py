"""What an account holds (plytix-api.md §6.1, §8, §9): plain records, changed only by the modules of their resource."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from local.plytix.clock import Micros


@dataclass(frozen=True, slots=True)
class Actor:
    """Who wrote: `type` is API for a key, USER for a person (§6.1)."""

    type: str
    user_id: str
    user_name: str
    user_email: str
    user_last_name: str | None = None

    def audit(self) -> dict[str, str]:
        """As v2 shows it in `created_user_audit` and `modified_user_audit`."""
        shape = {"type": self.type, "user_id": self.user_id, "user_name": self.user_name, "user_email": self.user_email}
        return shape if self.user_last_name is None else shape | {"user_last_name": self.user_last_name}


@dataclass(slots=True)
class Attribute:
    """A product attribute; `label` is the machine's key, `name` the human text (§9.1)."""

    id: str
    name: str
    label: str
    type_class: str
    modified: Micros
    description: str = ""
    options: list[str] = field(default_factory=list)
    manual_sorting: bool = True
    sort_ascending: bool = True
    counts: list[str] = field(default_factory=list)  # completeness: labels of which the filled share is told


@dataclass(slots=True)
class Related:
    """One product that another is related to (§7.4)."""

    product_id: str
    quantity: int | None
    last_modified: Micros


@dataclass(slots=True)
class Product:
    """A product. `attributes` holds no empties, unless the account keeps them; dates are `YYYY-MM-DD`, media are lists of asset ids.

    Containers are replaced, not changed: the history keeps what stood before (consequences.py).
    """

    id: str
    sku: str
    created: Micros
    modified: Micros
    created_by: Actor
    modified_by: Actor
    label: str | None = None
    gtin: str | None = None
    status: str = "Draft"
    thumbnail: str | None = None
    attributes: dict[str, Any] = field(default_factory=dict)
    categories: list[str] = field(default_factory=list)
    family: str | None = None
    parent: str | None = None
    variants: list[str] = field(default_factory=list)
    overwritten: list[str] = field(default_factory=list)  # what it does not inherit although its family would let it: keys
    relationships: dict[str, dict[str, Related]] = field(default_factory=dict)  # relationship id → product id → link


@dataclass(frozen=True, slots=True)
class Change:
    """What one write made of one product. `fields`: key, before, after; none of them where it was created or deleted."""

    at: Micros
    by: Actor
    product_id: str
    sku: str
    what: str  # created, changed, deleted
    fields: tuple[tuple[str, Any, Any], ...] = ()


@dataclass(slots=True)
class Family:
    """A product family: attribute id → level, and for the system attributes that may inherit: key → level (§9.3)."""

    id: str
    name: str
    created: Micros
    modified: Micros
    levels: dict[str, str] = field(default_factory=dict)
    system: dict[str, str] = field(default_factory=dict)


@dataclass(slots=True)
class Group:
    """A group of attributes, for the eye (§9.2)."""

    id: str
    name: str
    labels: list[str] = field(default_factory=list)


@dataclass(slots=True)
class Category:
    """A node of a category tree; `children` in their order (§9.4)."""

    id: str
    name: str
    parent: str | None
    modified: Micros
    children: list[str] = field(default_factory=list)


@dataclass(slots=True)
class Asset:
    """A stored file; `origin` tells equal ones apart: hash of its content, or its URL and name (§8.2)."""

    id: str
    filename: str
    file_size: int
    origin: str
    created: Micros
    modified: Micros
    file_modified: Micros
    public: bool = True
    content: bytes | None = None  # of small ones that came by content, for the page's pictures
    categories: list[str] = field(default_factory=list)


@dataclass(slots=True)
class Relationship:
    """The definition of a relationship between products (§9.5)."""

    id: str
    name: str
    label: str
    created: Micros
    modified: Micros
