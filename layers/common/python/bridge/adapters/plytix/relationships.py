"""Relationships between products: their definitions, and which products are related (plytix-api.md §7.4, §9.5)."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from pydantic import AliasChoices, Field

from bridge.adapters.plytix.answers import Moment, Shape, read
from bridge.adapters.plytix.search import every
from bridge.adapters.plytix.session import Call, Kind, Session

PATH = "/api/v1/relationships"


class Relationship(Shape):
    """A definition; `label` names the column `relationships.<label>` of a search."""

    id: str
    name: str
    label: str
    created: Moment | None = Field(None, validation_alias=AliasChoices("created", "created_at"))
    modified: Moment | None = None


class Relationships:
    """Of one account. A link that stands already, or not any more, is success."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def all(self) -> list[Relationship]:
        """The definitions, a request a hundred."""
        return [read(Relationship, row) for row in every(self._session, PATH, ["name", "label"], kind=Kind.SCHEMA)]

    def relate(self, product: str, relationship: str, quantities: Mapping[str, int | None]) -> None:
        """Related products by id, each with its quantity; what was related before stays, and takes its new quantity.

        Through v1, since v2 says nothing of a product that is not there, and leaves the quantity of one that is related.
        Changed: the product, the relationship or a related product is gone. Refused: more than 300 in all.
        """
        items = [{"product_id": id} | ({} if quantity is None else {"quantity": quantity}) for id, quantity in quantities.items()]
        with self._session.turns.of(product):
            self._session.tell(Call(Kind.LINK, "POST", f"/api/v1/products/{product}/relationships/{relationship}",
                                    {"product_relationships": items}))

    def part(self, product: str, relationship: str, others: Collection[str]) -> None:
        """Through v2, whose form all sources agree on: a DELETE with a body. Changed: product or relationship is gone."""
        with self._session.turns.of(product):
            self._session.tell(Call(Kind.LINK, "DELETE", f"/api/v2/products/{product}/relationships/{relationship}",
                                    {"product_relationships": list(others)}))
