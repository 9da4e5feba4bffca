"""What a product is linked to by calls of their own: assets and categories (plytix-api.md §7.1, §7.2)."""

from __future__ import annotations

from typing import Any

from local.plytix.assets import brief, linked
from local.plytix.assets import unlink as take_off
from local.plytix.call import EMPTY, Answer, Call, data
from local.plytix.categories import place
from local.plytix.consequences import put, touch
from local.plytix.entities import Asset, Product
from local.plytix.products import MOST_ASSETS, find
from local.plytix.refusal import INVALID_PRODUCT, REQUIRED, Fault, Refusal
from local.plytix.values import MEDIA


def link_asset(call: Call) -> Answer:
    """`POST /products/{id}/assets`: thumbnail and single media replace, a gallery appends: 201 (§7.1)."""
    product, asset, label = find(call), _asset(call), call.fields().get("attribute_label")
    attribute = call.store.attributes.get(label) if isinstance(label, str) else None
    if label != "thumbnail" and (attribute is None or attribute.type_class not in MEDIA):
        raise Refusal(422, INVALID_PRODUCT, Fault("attribute_label", "label does not exist"))
    thumbnail = [product.thumbnail] if product.thumbnail else []
    held = product.attributes.get(attribute.label, []) if attribute else thumbnail
    if asset.id in held:
        message = f"Asset id {asset.id} is already linked to product attribute"
        raise Refusal(409, message, Fault("asset.id", "already linked"))
    ids = linked(call.store, product)
    if len({*ids, asset.id}) > MOST_ASSETS:
        raise Refusal(422, INVALID_PRODUCT, Fault("asset.id", f"At most {MOST_ASSETS} assets a product"))
    if attribute is None:
        product.thumbnail = asset.id
    else:
        kept = held if attribute.type_class == "MediaGalleryAttribute" else []
        put(product, f"attributes.{attribute.label}", [*kept, asset.id])
    _changed(call, product)
    return data(201, {"id": asset.id})


def list_assets(call: Call) -> Answer:
    """`GET /products/{id}/assets`: v2 adds the size, and has its own 404 (§4, §7.1)."""
    if call.version == 2 and call.args[0] not in call.store.products:
        raise Refusal(404, f"No product found for id {call.args[0]}")
    assets = [call.store.assets[id] for id in linked(call.store, find(call))]
    return data(200, *(_row(call, asset) for asset in assets))


def get_asset(call: Call) -> Answer:
    """`GET /products/{id}/assets/{asset}` (v1; §7.1)."""
    _linked_asset(call, find(call))
    return data(200, _row(call, call.store.assets[call.args[1]]))


def unlink_asset(call: Call) -> Answer:
    """`DELETE /products/{id}/assets/{asset}`: 204, the asset itself stays (§7.1)."""
    product = find(call)
    _linked_asset(call, product)
    take_off(call.store, product, call.args[1])
    _changed(call, product)
    return EMPTY


def link_category(call: Call) -> Answer:
    """`POST /products/{id}/categories`: 201; an unknown category is a 422 (§7.2)."""
    product, id = find(call), call.fields().get("id")
    if not isinstance(id, str) or id not in call.store.categories["product"]:
        raise Refusal(422, f"Unknown category {id}", Fault("category.id", "does not exist"))
    if id in product.categories:
        raise Refusal(409, f"Category id {id} is already linked to product", Fault("category.id", "already linked"))
    product.categories = [*product.categories, id]
    _changed(call, product)
    return data(201, place(call.store, "product", id))


def list_categories(call: Call) -> Answer:
    """`GET /products/{id}/categories` (§7.2)."""
    return data(200, *(place(call.store, "product", id) for id in find(call).categories))


def get_category(call: Call) -> Answer:
    """`GET /products/{id}/categories/{category}` (v1; §7.2)."""
    _linked_category(call, find(call))
    return data(200, place(call.store, "product", call.args[1]))


def unlink_category(call: Call) -> Answer:
    """`DELETE /products/{id}/categories/{category}`: 204 (§7.2)."""
    product = find(call)
    _linked_category(call, product)
    product.categories = [id for id in product.categories if id != call.args[1]]
    _changed(call, product)
    return EMPTY


def _asset(call: Call) -> Asset:
    id = call.fields().get("id")
    if id is None:  # each version has its words (§7.1)
        fault = Fault("id", REQUIRED) if call.version == 1 else Fault("asset.id", "asset id not found in request")
        raise Refusal(422, INVALID_PRODUCT, fault)
    asset = call.store.assets.get(id) if isinstance(id, str) else None
    if asset is None:
        raise Refusal(404, f"Asset id {id} does not exist", Fault("asset.id", "asset does not exist"))
    return asset


def _row(call: Call, asset: Asset) -> dict[str, Any]:
    return brief(asset) | ({"file_size": asset.file_size} if call.version == 2 else {})


def _linked_asset(call: Call, product: Product) -> None:
    if call.args[1] not in linked(call.store, product):
        message = f"asset id {call.args[1]} is not related to product id {product.id}"
        raise Refusal(404, message, Fault("asset.id", "asset is not related"))


def _linked_category(call: Call, product: Product) -> None:
    if call.args[1] not in product.categories:
        message = f"category_id {call.args[1]} is not related to product id {product.id}"
        raise Refusal(404, message, Fault("asset.id", "category is not related"))  # the field is Plytix's slip (§4)


def _changed(call: Call, product: Product) -> None:
    touch(call.store, product, call.actor)
    call.about(product, changed=True)
