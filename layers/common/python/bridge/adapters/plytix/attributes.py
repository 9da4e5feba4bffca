"""The account's attributes and their groups (plytix-api.md §9.1, §9.2). The bridge only reads them: they are people's to make."""

from __future__ import annotations

from pydantic import Field

from bridge.adapters.plytix.answers import Links, Moment, Shape, Texts, one, read
from bridge.adapters.plytix.search import every
from bridge.adapters.plytix.session import Call, Kind, Session

ATTRIBUTES, GROUPS = "/api/v1/attributes/product", "/api/v1/attribute-groups/product"


class Attribute(Shape):
    """`label` is the machine's key and never changes, `name` what people read. `counts`: what a completeness counts."""

    id: str
    label: str
    name: str
    type_class: str
    filter_type: str | None = None
    description: str | None = None
    options: Texts = Field([])
    manual_sorting: bool | None = None
    sort_ascending: bool | None = None
    groups: Links = Field([])
    counts: Links = Field([], validation_alias="attributes")
    modified: Moment | None = None


class Group(Shape):
    """`attribute_labels` have no prefix; `order` counts from 0."""

    id: str
    name: str
    order: int | None = None
    attribute_labels: Texts = Field([])


class Attributes:
    """The definitions of one account."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def all(self) -> list[Attribute]:
        """A request a hundred. Without options: those stand in `filters.products`, and a search is not said to give them (§9.1)."""
        rows = every(self._session, ATTRIBUTES, ["name", "label", "type_class"], kind=Kind.SCHEMA)
        return [read(Attribute, row) for row in rows]

    def read(self, id: str) -> Attribute:
        """All of one. Changed: it is gone."""
        return read(Attribute, one(self._session.ask(Call(Kind.SCHEMA, "GET", f"{ATTRIBUTES}/{id}"))))

    def groups(self) -> list[Group]:
        """In people's order."""
        rows = every(self._session, GROUPS, ["name", "order", "attribute_labels"], kind=Kind.SCHEMA)
        return sorted((read(Group, row) for row in rows), key=lambda group: group.order or 0)
