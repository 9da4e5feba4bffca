"""Product families: which attributes belong together, and at which level they are inherited (plytix-api.md §9.3). Only read."""

from __future__ import annotations

from pydantic import AliasChoices, Field

from bridge.adapters.plytix.answers import Moment, Shape, one, read
from bridge.adapters.plytix.search import every
from bridge.adapters.plytix.session import Call, Kind, Session

PATH = "/api/v1/product_families"


class Family(Shape):
    """A family as searched or read; `created` has three names."""

    id: str
    name: str
    total_attributes: int | None = None
    total_models: int | None = None
    total_products: int | None = None
    created: Moment | None = Field(None, validation_alias=AliasChoices("created", "created_at", "_created_at"))
    modified: Moment | None = None


class Member(Shape):
    """An attribute of a family; `attribute_level` decides who inherits it."""

    id: str
    label: str
    name: str | None = None
    attribute_level: str | None = None


class Families:
    """The families of one account."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def all(self) -> list[Family]:
        """A request a hundred; without their attributes."""
        rows = every(self._session, PATH, ["name", "total_attributes", "modified"], kind=Kind.SCHEMA)
        return [read(Family, row) for row in rows]

    def read(self, id: str) -> Family:
        """Changed: it is gone."""
        return read(Family, one(self._session.ask(Call(Kind.SCHEMA, "GET", f"{PATH}/{id}"))))

    def members(self, id: str) -> list[Member]:
        """Its attributes, a request a family. Changed: it is gone."""
        return [read(Member, row) for row in self._session.ask(Call(Kind.SCHEMA, "GET", f"{PATH}/{id}/attributes"))]
