"""Products and rows out of Plytix's answers: v1, v2 and what was recorded of both read as one (plytix-api.md §6.1)."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import Annotated, Any, TypeVar

from pydantic import AliasChoices, BaseModel, BeforeValidator, ConfigDict, Field, ValidationError

from bridge.domain.product import Listed, Product
from bridge.domain.row import Value, sku
from bridge.domain.values import canonical
from bridge.errors import Fate, Later

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
ATTRIBUTE = "attributes."


def ms(text: str) -> int:
    """Since 1970, floored: v1 tells microseconds and a zone, v2 milliseconds of UTC without saying so (plytix-api.md §1)."""
    moment = datetime.fromisoformat(text)
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    return (moment - EPOCH) // timedelta(milliseconds=1)


def moment(at_ms: int) -> str:
    """The same the other way, for filters."""
    return (EPOCH + timedelta(milliseconds=at_ms)).isoformat(timespec="microseconds")


def _id(link: Any) -> Any:
    return link.get("id") if isinstance(link, dict) else link


def _moment(said: Any) -> int:
    if not isinstance(said, str):
        raise ValueError("expected a moment")
    return ms(said)


Moment = Annotated[int, BeforeValidator(_moment)]
Id = Annotated[str, BeforeValidator(_id)]
Links = Annotated[list[Id], BeforeValidator(lambda links: links or [])]
Texts = Annotated[list[str], BeforeValidator(lambda texts: texts or [])]


class Audit(BaseModel):
    """Who did it. All but the type is about people, and is dropped here."""

    type: str


class Shape(BaseModel):
    """Of an answer. New fields are ignored, and those that only tell of people are in none of them."""

    model_config = ConfigDict(extra="ignore", coerce_numbers_to_str=True, frozen=True)


Read = TypeVar("Read", bound=Shape)


class Entity(Shape):
    """A product of v1 or v2, or as much of one as a search was asked for."""

    id: str
    sku: str
    modified: Moment
    created: Moment = 0
    label: str | None = None
    status: str | None = None
    gtin: str | None = None
    attributes: dict[str, Any] = {}
    product_family_id: str | None = None
    parent: str | None = Field(None, validation_alias=AliasChoices("parent_id", "_parent_id"))
    categories: Links = Field([], validation_alias=AliasChoices("categories", "category_ids"))
    assets: Links = Field([], validation_alias=AliasChoices("assets", "asset_ids"))
    created_user_audit: Audit | None = None
    modified_user_audit: Audit | None = None


def product(entity: Any) -> Product:
    """Raises Later where the answer is only half of what it should be."""
    told = read(Entity, entity)
    values = {"label": told.label, "status": told.status, "gtin": told.gtin, **told.attributes}
    return Product(
        id=told.id, sku=sku(told.sku), modified=told.modified, created=told.created, values=known(values),
        family=told.product_family_id or None, parent=told.parent or None,
        categories=tuple(told.categories), assets=tuple(told.assets),
        created_by_api=_by_api(told.created_user_audit), modified_by_api=_by_api(told.modified_user_audit),
    )


def listed(row: Any) -> Listed:
    told = read(Entity, row)
    return Listed(told.id, sku(told.sku), told.modified)


def known(values: dict[str, Any]) -> dict[str, Value]:
    """Canonical, without what is empty: absent and empty read the same (plytix-api.md §5.4)."""
    return {name: value for name, raw in values.items() if (value := canonical(raw)) is not None}


def joined(rows: Iterable[dict[str, Any]]) -> dict[str, Any]:
    """One row of several searches for the same product, each of which asked for other columns."""
    whole: dict[str, Any] = {}
    for row in rows:
        whole = {**whole, **row, "attributes": {**whole.get("attributes", {}), **(row.get("attributes") or {})}}
    return whole


def read(shape: type[Read], entity: Any) -> Read:
    """Raises Later where the answer is only half of what it should be."""
    try:
        return shape.model_validate(entity)
    except ValidationError as error:
        places = ", ".join(".".join(map(str, e["loc"])) for e in error.errors(include_input=False))
        raise Later(f"Plytix answered with a thing that is not whole ({shape.__name__}: {places})", fate=Fate.UNKNOWN) from None


def one(data: list[dict[str, Any]]) -> dict[str, Any]:
    """Of an answer that tells of one thing."""
    if len(data) != 1:
        raise Later(f"Plytix answered with {len(data)} things instead of one", fate=Fate.UNKNOWN)
    return data[0]


def _by_api(audit: Audit | None) -> bool | None:
    return None if audit is None else audit.type == "API"
