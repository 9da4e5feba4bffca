"""Which path of which version does what: the table of plytix-api.md §6 to §9. One line an operation.

The kind names requests in the log and in faults. What is not in the table is a 404 or a 405, as in Plytix.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

from local.plytix import (
    accounts,
    asset_search,
    assets,
    attributes,
    bulk,
    categories,
    category_search,
    families,
    filters,
    groups,
    levels,
    links,
    product_search,
    products,
    related,
    relationships,
    variants,
)
from local.plytix.bodies import Reader, as_json, as_json_of_accounts, as_upload, nothing
from local.plytix.call import Answer, Call
from local.plytix.refusal import denied, no_index, unknown_path, wrong_method

Resource = Callable[[Call], Answer]
BOTH, V1, V2 = (1, 2), (1,), (2,)


@dataclass(frozen=True, slots=True)
class Route:
    """One operation. In `path` `*` stands for an id."""

    method: str
    versions: tuple[int, ...]
    path: str
    kind: str
    resource: Resource
    reads: Reader = as_json


def _denied(call: Call) -> Answer:
    raise denied()


def _no_index(call: Call) -> Answer:
    raise no_index()


def _tree(kind: str) -> list[Route]:
    path = f"categories/{kind}"
    return [
        Route("POST", V1, path, "category.create", partial(categories.create, kind=kind)),
        Route("POST", V1, f"{path}/search", "category.search", partial(category_search.search_categories, kind=kind)),
        Route("POST", V1, f"{path}/*", "category.create", partial(categories.create, kind=kind)),
        Route("PATCH", V1, f"{path}/*", "category.patch", partial(categories.patch, kind=kind)),
        Route("DELETE", V1, f"{path}/*", "category.delete", partial(categories.delete, kind=kind)),
    ]


ROUTES = [
    # products (§6)
    Route("POST", BOTH, "products", "product.create", products.create),
    Route("POST", BOTH, "products/search", "product.search", product_search.search_products),
    Route("GET", BOTH, "products/*", "product.read", products.get),
    Route("PATCH", BOTH, "products/*", "product.patch", products.patch),
    Route("DELETE", BOTH, "products/*", "product.delete", products.delete),
    Route("POST", BOTH, "products/*/family", "product.family", families.assign),
    # their links (§7)
    Route("POST", BOTH, "products/*/assets", "product.link", links.link_asset),
    Route("GET", BOTH, "products/*/assets", "product.links", links.list_assets),
    Route("GET", V1, "products/*/assets/*", "product.links", links.get_asset),
    Route("DELETE", BOTH, "products/*/assets/*", "product.unlink", links.unlink_asset),
    Route("POST", BOTH, "products/*/categories", "product.link", links.link_category),
    Route("GET", BOTH, "products/*/categories", "product.links", links.list_categories),
    Route("GET", V1, "products/*/categories/*", "product.links", links.get_category),
    Route("DELETE", BOTH, "products/*/categories/*", "product.unlink", links.unlink_category),
    Route("POST", BOTH, "products/*/relationships/*", "product.link", related.relate),
    Route("PATCH", V1, "products/*/relationships/*/product/*", "product.link", related.requantify),
    Route("PATCH", V2, "products/*/relationships/*", "product.link", related.requantify),
    Route("POST", V1, "products/*/relationships/*/unlink", "product.unlink", related.unrelate),
    Route("DELETE", V2, "products/*/relationships/*", "product.unlink", related.unrelate),
    # variants (§7.3)
    Route("POST", BOTH, "products/*/variants", "product.create", variants.create),
    Route("GET", BOTH, "products/*/variants", "product.links", variants.list_variants),
    Route("POST", BOTH, "products/*/variants/resync", "product.patch", variants.resync),
    Route("POST", BOTH, "products/*/variant/*", "product.link", variants.link, nothing),
    Route("DELETE", BOTH, "products/*/variant/*", "product.unlink", variants.unlink, nothing),
    # assets (§8)
    Route("POST", V1, "assets", "asset.create", assets.create),
    Route("POST", V1, "assets/search", "asset.search", asset_search.search_assets),
    Route("GET", V1, "assets/*", "asset.read", assets.get),
    Route("PATCH", V1, "assets/*", "asset.patch", assets.patch),
    Route("DELETE", V1, "assets/*", "asset.delete", assets.delete),
    Route("PUT", V1, "assets/*/content", "asset.patch", assets.replace, as_upload),
    # attributes and filters (§9.1, §9.6)
    Route("POST", V1, "attributes/product", "attribute.create", attributes.create),
    Route("POST", V1, "attributes/product/search", "schema", attributes.search_attributes),
    Route("GET", V1, "attributes/product/groups", "schema", _no_index),
    Route("GET", V1, "attributes/product/*", "schema", attributes.get),
    Route("PATCH", V1, "attributes/product/*", "attribute.patch", attributes.patch),
    Route("DELETE", V1, "attributes/product/*", "attribute.delete", attributes.delete),
    Route("GET", V1, "filters/product", "schema", filters.products),
    Route("GET", V1, "filters/asset", "schema", filters.assets),
    Route("GET", V1, "filters/relationships", "schema", filters.relationships),
    # groups of attributes (§9.2)
    Route("POST", V1, "attribute-groups/product", "group.create", groups.create),
    Route("POST", V1, "attribute-groups/product/search", "group.search", groups.search_groups),
    Route("PATCH", V1, "attribute-groups/product/*", "group.patch", groups.patch),
    Route("DELETE", V1, "attribute-groups/product/*", "group.delete", groups.delete),
    # families (§9.3)
    Route("POST", V1, "product_families", "family.create", families.create),
    Route("POST", V1, "product_families/search", "family.search", families.search_families),
    Route("GET", V1, "product_families/*", "family.read", families.get),
    Route("PATCH", V1, "product_families/*", "family.patch", families.patch),
    Route("DELETE", V1, "product_families/*", "family.delete", families.delete),
    Route("GET", V1, "product_families/*/attributes", "family.read", levels.attributes),
    Route("GET", V1, "product_families/*/all_attributes", "family.read", levels.all_attributes),
    Route("POST", V1, "product_families/*/attributes/link", "family.patch", levels.link),
    Route("POST", V1, "product_families/*/attributes/unlink", "family.patch", levels.unlink),
    Route("POST", V1, "product_families/*/attributes/edit", "family.patch", levels.edit),
    Route("POST", V1, "product_families/*/all_attributes/edit", "family.patch", levels.edit_all),
    # categories (§9.4)
    *_tree("product"),
    *_tree("file"),
    # relationship definitions (§9.5)
    Route("POST", V1, "relationships", "relationship.create", relationships.create),
    Route("POST", V1, "relationships/search", "relationship.search", relationships.search_relationships),
    Route("GET", V1, "relationships/*", "relationship.read", relationships.get),
    Route("PATCH", V1, "relationships/*", "relationship.patch", relationships.patch),
    Route("DELETE", V1, "relationships/*", "relationship.delete", relationships.delete),
    # accounts, a service of its own (§9.7)
    Route("POST", V1, "accounts/memberships/search", "account", accounts.memberships, as_json_of_accounts),
    Route("POST", V1, "accounts/api-credentials/search", "account", accounts.credentials, as_json_of_accounts),
    # the bulk job, for those who are entitled, and the job family, for nobody (§1.4, §6.5)
    Route("POST", V1, "bulk/products", "bulk.submit", bulk.submit),
    Route("GET", V1, "bulk/products", "bulk.poll", bulk.without_id),
    Route("GET", V1, "bulk/products/*", "bulk.poll", bulk.poll),
    Route("GET", V1, "jobs/*", "job", _denied),
    Route("POST", V1, "jobs/search", "job", _denied),
]


@dataclass(frozen=True, slots=True)
class Found:
    """What a path and method come to: an operation with its ids, or how it is refused."""

    kind: str
    resource: Resource
    version: int = 0
    args: tuple[str, ...] = ()
    reads: Reader = as_json


def resolve(method: str, path: str) -> Found:
    """The operation behind a path of `/api/v1` or `/api/v2`; whether it ends with a slash is no matter here (§1)."""
    steps = tuple(path.strip("/").split("/"))
    if len(steps) < 3 or steps[0] != "api" or steps[1] not in ("v1", "v2"):
        return Found("unknown", _unknown)
    version, wanted = int(steps[1][1]), steps[2:]
    known = False
    for pattern, route in _BY_SHAPE.get((version, len(wanted), wanted[0]), ()):
        if all(own in ("*", step) for own, step in zip(pattern, wanted, strict=True)):
            if route.method == method:
                args = tuple(step for own, step in zip(pattern, wanted, strict=True) if own == "*")
                return Found(route.kind, route.resource, version, args, route.reads)
            known = True
    return Found("unknown", _wrong_method if known else _unknown)


def _unknown(call: Call) -> Answer:
    raise unknown_path()


def _wrong_method(call: Call) -> Answer:
    raise wrong_method()


_BY_SHAPE: dict[tuple[int, int, str], list[tuple[tuple[str, ...], Route]]] = {}
for _route in ROUTES:
    _pattern = tuple(_route.path.split("/"))
    for _version in _route.versions:
        _BY_SHAPE.setdefault((_version, len(_pattern), _pattern[0]), []).append((_pattern, _route))
