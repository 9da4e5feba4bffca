"""Assets: files by URL (never fetched) or by content (plytix-api.md §8)."""

from __future__ import annotations

from typing import Any

from local.plytix.call import EMPTY, Answer, Call, data
from local.plytix.clock import with_zone, without_zone
from local.plytix.consequences import put, touch
from local.plytix.contents import EXECUTABLE, Content, by_content, by_url, extension, file_type, mime_type, same_format
from local.plytix.entities import Asset, Product
from local.plytix.refusal import Fault, Refusal, denied, no_entity
from local.plytix.store import Store
from local.plytix.values import MEDIA

INVALID_ASSET = "asset data validation failed"
FILES = "https://files.plytix.com/api/v1.1"


def create(call: Call) -> Answer:
    """`POST /assets`: 201; 409 gives the id of the same file that is already there (§8.1, §8.2)."""
    asset = add(call.store, call.fields())
    call.id, call.changed = asset.id, True
    return data(201, shape(call.store, asset, used=0))


def get(call: Call) -> Answer:
    """`GET /assets/{id}` (§8.1)."""
    return data(200, shape(call.store, find(call)))


def patch(call: Call) -> Answer:
    """`PATCH /assets/{id}`: file name (its ending stays) and categories, as objects or (a client's way) ids (§8.1)."""
    asset, body = find(call), call.fields()
    filename, given = body.get("filename", asset.filename), body.get("categories")
    if not isinstance(filename, str) or extension(filename) != extension(asset.filename):
        raise Refusal(422, INVALID_ASSET, Fault("filename", "Extension changes are not allowed"))
    categories = asset.categories if given is None else _categories(call.store, given)
    after = (filename, categories, body.get("public", asset.public))
    call.changed = after != (asset.filename, asset.categories, asset.public)
    if call.changed:
        asset.filename, asset.categories, asset.public = after
        asset.modified = call.store.clock.stamp(after=asset.modified)
    return data(200, shape(call.store, asset))


def replace(call: Call) -> Answer:
    """`PUT /assets/{id}/content`: 202; the format must stay, whatever the file is called (§8.1, §15)."""
    asset, upload = find(call), call.body
    if not same_format(asset.filename, upload):
        raise Refusal(400, INVALID_ASSET, Fault("content_type", "You cannot change the format type of the asset."))
    asset.modified = call.store.clock.stamp(after=asset.modified)
    content = Content.of(asset.filename, upload.content)

    def change() -> None:
        asset.origin, asset.file_size, asset.content = content.origin, content.size, content.kept
        asset.file_modified = call.store.clock.stamp()

    call.changed = True
    call.store.later(change)
    return data(202, shape(call.store, asset))


def delete(call: Call) -> Answer:
    """`DELETE /assets/{id}`: 204, products lose it; 403 where it is locked (§4, §8.1)."""
    asset = find(call)
    if asset.id in call.store.in_use:
        raise denied()
    for product in list(call.store.products.values()):
        if unlink(call.store, product, asset.id):
            touch(call.store, product, call.actor)
    del call.store.assets[asset.id]
    call.changed = True
    return EMPTY


def _categories(store: Store, given: Any) -> list[str]:
    ids = [item.get("id") if isinstance(item, dict) else item for item in given] if isinstance(given, list) else [None]
    if not all(isinstance(id, str) and id in store.categories["file"] for id in ids):
        raise Refusal(422, INVALID_ASSET, Fault("categories", "does not exist"))
    return [str(id) for id in ids]


def add(store: Store, body: dict[str, Any]) -> Asset:
    """A new asset. Raises Refusal."""
    content = by_content(body) if "content" in body else by_url(body)
    if extension(content.filename) in EXECUTABLE:
        raise Refusal(422, INVALID_ASSET, Fault("filename", "File type is not allowed"))
    if same := next((asset for asset in store.assets.values() if asset.origin == content.origin), None):
        raise Refusal(409, "Asset already exists", Fault("asset.id", same.id))
    now = store.clock.stamp()
    asset = Asset(store.new_id(), content.filename, content.size, content.origin, now, now, now, content=content.kept)
    store.assets[asset.id] = asset
    return asset


def find(call: Call) -> Asset:
    """The asset that the path names, or 404 (§4)."""
    asset = call.store.assets.get(call.args[0])
    if asset is None:
        raise no_entity(call.args[0], field="asset_id", what="asset")
    call.id = asset.id
    return asset


def shape(store: Store, asset: Asset, used: int | None = None) -> dict[str, Any]:
    """The whole asset; `file_modified` has no zone even here (§8.1). `used`: by so many products, if that is known."""
    products = sum(asset.id in linked(store, p) for p in store.products.values()) if used is None else used
    return {
        **brief(asset),
        "extension": extension(asset.filename),
        "content_type": mime_type(asset.filename),
        "file_type": file_type(asset.filename),
        "file_size": asset.file_size,
        "status": "ACTIVE",
        "public": asset.public,
        "assigned": products > 0,
        "n_products": products,
        "n_catalogs": 0,
        "categories": [{"id": id} for id in asset.categories],
        "created": with_zone(asset.created),
        "modified": with_zone(asset.modified),
        "file_modified": without_zone(asset.file_modified),
    }


def brief(asset: Asset) -> dict[str, Any]:
    """An asset as products list it (§6.1, §7.1)."""
    path = f"public_files/{asset.id}/{asset.filename}"
    return {
        "id": asset.id,
        "filename": asset.filename,
        "thumbnail": f"{FILES}/thumb/{path}",
        "url": f"{FILES}/file/{path}",
    }


def linked(store: Store, product: Product) -> list[str]:
    """Ids of all assets that a product shows, each once: its thumbnail, and what its media attributes hold (§6.1)."""
    ids = [product.thumbnail] if product.thumbnail else []
    for label, value in product.attributes.items():
        if store.attributes[label].type_class in MEDIA:
            ids += value
    return list(dict.fromkeys(ids))


def unlink(store: Store, product: Product, asset_id: str) -> bool:
    """Take an asset off a product wherever it shows; whether it did."""
    if asset_id not in linked(store, product):
        return False
    if product.thumbnail == asset_id:
        product.thumbnail = None
    for label, value in product.attributes.items():
        if store.attributes[label].type_class in MEDIA and asset_id in value:
            put(product, f"attributes.{label}", [id for id in value if id != asset_id] or None)
    return True

