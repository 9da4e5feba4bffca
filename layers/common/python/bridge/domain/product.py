"""A product as Plytix answers it, in our own words (plytix-api.md §6.1)."""

from __future__ import annotations

from dataclasses import dataclass, field

from bridge.domain.row import Sku, Value
from bridge.domain.values import digest


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
class Attribute:
    """`groups`: their names, in people's order."""

    id: str
    name: str
    type_class: str
    groups: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Family:
    """`attributes`: label → level (`no_level`, `parent_level`, `variant_level`)."""

    id: str
    name: str
    attributes: dict[str, str]


Path = tuple[str, ...]
"""The names of categories from the root down."""


@dataclass(frozen=True, slots=True)
class Structure:
    """What costs more than one request to know, `read` at that time (ms since 1970)."""

    read: int
    attributes: dict[str, Attribute] = field(default_factory=dict)  # by label
    families: dict[str, Family] = field(default_factory=dict)  # by id, which products have
    categories: dict[Path, str] = field(default_factory=dict)  # → id
    file_categories: dict[Path, str] = field(default_factory=dict)  # → id
    relationships: dict[str, str] = field(default_factory=dict)  # label → id


@dataclass(frozen=True, slots=True)
class Schema:
    """What the account's products may say: label → filter type (`DecimalAttribute` …); options of dropdowns and multiselects.

    `version` changes with both, which is all that decides about values; with the structure it does not.
    """

    version: str
    types: dict[str, str]
    options: dict[str, list[str]] = field(default_factory=dict)
    structure: Structure | None = None
    _definitions: dict[str, str] = field(default_factory=dict, init=False, repr=False, compare=False)  # those that were asked for

    def definition(self, label: str) -> str:
        """Hash of what decides about the values of one attribute; also of that there is none."""
        if label not in self._definitions:
            self._definitions[label] = digest([self.types.get(label, ""), *self.options.get(label, ())])
        return self._definitions[label]

    def lacks(self, label: str, value: Value) -> bool:
        """Whether the value says options that the attribute does not have."""
        options = self.options.get(label, [])
        return bool(options) and value is not None and not set(value if isinstance(value, list) else [value]) <= set(options)

    def type_class(self, label: str) -> str:
        """As the attribute itself says, where that is known: a computed one is filtered as the number that it is (plytix-api.md §9.1)."""
        known = self.structure.attributes.get(label) if self.structure else None
        return known.type_class if known else self.types[label]

    def labels(self, *type_classes: str) -> set[str]:
        """Of all attributes of these types."""
        return {label for label in self.types if self.type_class(label) in type_classes}


NO_SUCH_LABEL = "label does not exist"
"""What Plytix says of an attribute that it does not have (plytix-api.md §6.4)."""
NO_SCHEMA = Schema("", {})
"""As long as nobody has asked for it."""
