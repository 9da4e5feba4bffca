"""Assets: files by URL (never fetched) or by content (plytix-api.md §8)."""

from __future__ import annotations

import base64
import binascii
import mimetypes
from hashlib import sha256
from pathlib import PurePosixPath
from typing import Any
from urllib.parse import urlsplit

from local.plytix.call import EMPTY, Answer, Call, data
from local.plytix.clock import with_zone, without_zone
from local.plytix.entities import Asset, Product
from local.plytix.refusal import Fault, Refusal, no_entity
from local.plytix.store import Store
from local.plytix.values import MEDIA

INVALID_ASSET = "asset data validation failed"
FILES = "https://files.plytix.com/api/v1.1"
TYPES = {"image": "IMAGES", "audio": "SOUNDS", "video": "VIDEOS", "text": "TEXTS"}
ENDINGS = {"zip": "COMPRESSED", "gz": "COMPRESSED", "pdf": "REPORTS", "csv": "FEED_FILES", "xml": "FEED_FILES"}
EXECUTABLE = {"exe", "bat", "cmd", "com", "msi", "sh"}


def create(call: Call) -> Answer:
    """`POST /assets`: 201; 409 gives the id of the same file that is already there (§8.1, §8.2)."""
    body = call.fields()
    filename, origin, size = _by_content(body) if "content" in body else _by_url(body)
    if _extension(filename) in EXECUTABLE:
        raise Refusal(422, INVALID_ASSET, Fault("filename", "File type is not allowed"))
    if same := next((asset for asset in call.store.assets.values() if asset.origin == origin), None):
        raise Refusal(409, "Asset already exists", Fault("asset.id", same.id))
    now = call.store.clock.stamp()
    asset = Asset(call.store.new_id(), filename, size, origin, now, now)
    call.store.assets[asset.id] = asset
    call.id, call.changed = asset.id, True
    return data(201, shape(call.store, asset))


def get(call: Call) -> Answer:
    """`GET /assets/{id}` (§8.1)."""
    return data(200, shape(call.store, find(call)))


def patch(call: Call) -> Answer:
    """`PATCH /assets/{id}`: file name (its ending stays) and categories (§8.1)."""
    asset, body = find(call), call.fields()
    filename, given = body.get("filename", asset.filename), body.get("categories")
    if _extension(filename) != _extension(asset.filename):
        raise Refusal(422, INVALID_ASSET, Fault("filename", "Extension changes are not allowed"))
    categories = asset.categories if given is None else [category["id"] for category in given]
    if not all(id in call.store.categories["file"] for id in categories):
        raise Refusal(422, INVALID_ASSET, Fault("categories", "does not exist"))
    call.changed = (filename, categories) != (asset.filename, asset.categories)
    if call.changed:
        asset.filename, asset.categories = filename, categories
        asset.modified = call.store.clock.stamp(after=asset.modified)
    return data(200, shape(call.store, asset))


def delete(call: Call) -> Answer:
    """`DELETE /assets/{id}`: 204; products lose it (§8.1)."""
    asset = find(call)
    for product in call.store.products.values():
        unlink(call.store, product, asset.id)
    del call.store.assets[asset.id]
    call.changed = True
    return EMPTY


def find(call: Call) -> Asset:
    """The asset that the path names, or 404 (§4)."""
    asset = call.store.assets.get(call.args[0])
    if asset is None:
        raise no_entity(call.args[0], field="asset_id", what="asset")
    call.id = asset.id
    return asset


def shape(store: Store, asset: Asset) -> dict[str, Any]:
    """The whole asset; `file_modified` has no zone even here (§8.1)."""
    products = sum(1 for product in store.products.values() if asset.id in linked(store, product))
    return {
        **brief(asset),
        "extension": _extension(asset.filename),
        "content_type": mimetypes.guess_type(asset.filename)[0] or "application/octet-stream",
        "file_type": file_type(asset),
        "file_size": asset.file_size,
        "status": "ACTIVE",
        "public": True,
        "assigned": products > 0,
        "n_products": products,
        "n_catalogs": 0,
        "categories": [{"id": id} for id in asset.categories],
        "created": with_zone(asset.created),
        "modified": with_zone(asset.modified),
        "file_modified": without_zone(asset.created),
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


def file_type(asset: Asset) -> str:
    """The family of a file (§5.2)."""
    guessed = (mimetypes.guess_type(asset.filename)[0] or "").partition("/")[0]
    return ENDINGS.get(_extension(asset.filename)) or TYPES.get(guessed, "OTHER")


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
    for label, value in list(product.attributes.items()):
        if store.attributes[label].type_class in MEDIA:
            product.attributes[label] = [id for id in value if id != asset_id]
    product.attributes = {label: value for label, value in product.attributes.items() if value != []}
    return True


def _by_content(body: dict[str, Any]) -> tuple[str, str, int]:
    if not isinstance(body.get("filename"), str):
        raise Refusal(422, INVALID_ASSET, Fault("filename", "filename is mandatory when content is given"))
    try:
        content = base64.b64decode(body["content"], validate=True)
    except (binascii.Error, TypeError, ValueError):
        raise Refusal(422, INVALID_ASSET, Fault("content", "Not a valid base64 content.")) from None
    return body["filename"], sha256(content).hexdigest(), len(content)


def _by_url(body: dict[str, Any]) -> tuple[str, str, int]:
    """A URL is taken whatever it points to, unread (§15)."""
    url = body.get("url")
    if not isinstance(url, str) or urlsplit(url).scheme not in ("http", "https"):
        raise Refusal(422, INVALID_ASSET, Fault("url", "Not a valid URL."))
    filename = body.get("filename") or PurePosixPath(urlsplit(url).path).name
    return filename, f"{url} {filename}", len(url)


def _extension(filename: str) -> str:
    return PurePosixPath(filename).suffix.lstrip(".").lower()
