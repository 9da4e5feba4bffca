"""The best loop that can be written with `plytix-pim-client`: a hundred SKUs a search, compared, and an update where one differs."""

from __future__ import annotations

from plytix_pim_client import OperatorEnum, PlytixSync, SearchFilter, config
from plytix_pim_client.dtos.pagination import Pagination

from benchmarks.catalogue import ATTRIBUTES, Row, difference

label = "loop with plytix-pim-client"
COLUMNS = ["label", *(f"attributes.{attribute['name'].lower()}" for attribute in ATTRIBUTES)]
PAGE = 100


def load(url: str, rows: list[Row]) -> PlytixSync:
    """It keeps nothing of the products."""
    config.PLYTIX_PIM_BASE_URL = config.PLYTIX_AUTH_BASE_URL = url
    client = PlytixSync("key", "password")
    client.products.get_product("none")  # which logs in
    return client


def run(client: PlytixSync, rows: list[Row]) -> int:
    done = 0
    for page in (rows[start:start + PAGE] for start in range(0, len(rows), PAGE)):
        these = [[SearchFilter(field="sku", operator=OperatorEnum.IN, value=[row["sku"] for row in page])]]
        found = client.products.search_products(these, COLUMNS, [], Pagination(sort_by_attribute="sku", page_size=PAGE))
        products = {product.sku: product for product in found}
        for row in page:
            product = products[row["sku"]]
            if other := difference(row, product.label, product.attributes or {}):
                client.products.update_product(product.id, other)
            done += 1
    return done
