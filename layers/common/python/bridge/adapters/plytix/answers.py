"""Products, rows and the schema out of Plytix's answers: v1, v2 and what was recorded of both read as one (plytix-api.md §6.1)."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import Annotated, Any

import orjson
from pydantic import AliasChoices, BaseModel, BeforeValidator, ConfigDict, Field, ValidationError

from bridge.domain.product import Listed, Product, Schema
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


Moment = Annotated[int, BeforeValidator(ms)]
Id = Annotated[str, BeforeValidator(_id)]
Links = Annotated[list[Id], BeforeValidator(lambda links: links or [])]


class Audit(BaseModel):
    """Who did it. All but the type is about people, and is dropped here."""

    type: str


class Entity(BaseModel):
    """A product of v1 or v2, or as much of one as a search was asked for. New fields are ignored."""

    model_config = ConfigDict(extra="ignore", coerce_numbers_to_str=True)

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
    read = _read(entity)
    values = {"label": read.label, "status": read.status, "gtin": read.gtin, **read.attributes}
    return Product(
        id=read.id, sku=sku(read.sku), modified=read.modified, created=read.created, values=known(values),
        family=read.product_family_id or None, parent=read.parent or None,
        categories=tuple(read.categories), assets=tuple(read.assets),
        created_by_api=_by_api(read.created_user_audit), modified_by_api=_by_api(read.modified_user_audit),
    )


def listed(row: Any) -> Listed:
    read = _read(row)
    return Listed(read.id, sku(read.sku), read.modified)


def known(values: dict[str, Any]) -> dict[str, Value]:
    """Canonical, without what is empty: absent and empty read the same (plytix-api.md §5.4)."""
    return {name: value for name, raw in values.items() if (value := canonical(raw)) is not None}


def joined(rows: Iterable[dict[str, Any]]) -> dict[str, Any]:
    """One row of several searches for the same product, each of which asked for other columns."""
    whole: dict[str, Any] = {}
    for row in rows:
        whole = {**whole, **row, "attributes": {**whole.get("attributes", {}), **(row.get("attributes") or {})}}
    return whole


def schema(items: list[dict[str, Any]]) -> Schema:
    """Of `GET /filters/product`: the definitions stand in `attributes`, or are the items themselves (plytix-api.md §9.6)."""
    defined = [d for item in items for d in (item["attributes"] if isinstance(item.get("attributes"), list) else [item])]
    types, options = {}, {}
    for definition in defined:
        key, type_class = definition.get("key"), definition.get("filter_type")
        if isinstance(key, str) and key.startswith(ATTRIBUTE) and isinstance(type_class, str):
            types[key.removeprefix(ATTRIBUTE)] = type_class
            if definition.get("options"):
                options[key.removeprefix(ATTRIBUTE)] = [str(option) for option in definition["options"]]
    content = orjson.dumps([types, options], option=orjson.OPT_SORT_KEYS)
    return Schema(hashlib.blake2b(content, digest_size=8).hexdigest(), types, options)


def _read(entity: Any) -> Entity:
    try:
        return Entity.model_validate(entity)
    except ValidationError as error:
        places = ", ".join(".".join(map(str, e["loc"])) for e in error.errors(include_input=False))
        raise Later(f"Plytix answered with a product that is not whole ({places})", fate=Fate.UNKNOWN) from None


def _by_api(audit: Audit | None) -> bool | None:
    return None if audit is None else audit.type == "API"
