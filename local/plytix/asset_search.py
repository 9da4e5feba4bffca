"""Searching assets (plytix-api.md §5.2, §8.1)."""

from __future__ import annotations

from typing import Any

from local.plytix.assets import linked, shape
from local.plytix.call import Answer, Call
from local.plytix.contents import extension, file_type
from local.plytix.entities import Asset
from local.plytix.search import MOST_COLUMNS, Field, search
from local.plytix.store import Store

KEYS = (
    "id", "filename", "extension", "file_type", "file_size", "status", "assigned", "categories", "created", "modified",
)  # fmt: skip
COLUMNS = {*KEYS, "has_custom_thumb", "content_type", "public", "n_products", "n_catalogs", "url", "thumbnail", "file_modified"}


def search_assets(call: Call) -> Answer:
    """`POST /assets/search`: rows of `id` alone unless columns are asked for (§8.1)."""
    store = call.store
    page = search(
        call.fields(),
        store.assets.values(),
        len(store.assets),
        lambda key: asset_field(store, key),
        COLUMNS.__contains__,
        MOST_COLUMNS[1],
        words=False,
    )

    def show(asset: Asset, columns: list[str]) -> dict[str, Any]:
        whole = shape(store, asset) | {"has_custom_thumb": False} if columns else {}
        return {"id": asset.id} | {column: whole[column] for column in columns if column in whole}

    return page.answer(show)


def asset_field(store: Store, key: str) -> Field[Asset] | None:
    """The filter field of this name (§5.2)."""
    match key:
        case "id":
            return Field(key, "Id", lambda asset: asset.id)
        case "filename":
            return Field(key, "TextAttribute", lambda asset: asset.filename)
        case "extension":
            return Field(key, "TextAttribute", lambda asset: extension(asset.filename))
        case "file_type":
            return Field(key, "DropdownAttribute", lambda asset: file_type(asset.filename))
        case "file_size":
            return Field(key, "IntAttribute", lambda asset: asset.file_size)
        case "status":
            return Field(key, "Status", lambda asset: "ACTIVE")
        case "assigned":
            used = {id for product in store.products.values() for id in linked(store, product)}
            return Field(key, "BooleanAttribute", lambda asset: asset.id in used)
        case "categories":
            return Field(key, "Categories", lambda asset: asset.categories)
        case "created":
            return Field(key, "DateAttribute", lambda asset: asset.created)
        case "modified":
            return Field(key, "DateAttribute", lambda asset: asset.modified)
        case _:
            return None
