"""What a file costs in requests to Plytix: the real services and the real client before the simulator (DESIGN.md §12)."""

from __future__ import annotations

from dataclasses import replace

import pytest

from benchmarks import catalogue
from benchmarks.plytix import get_and_patch, ours, pim_client
from local.plytix.server import Simulator

PRODUCTS = 300
WRITES = ("product.create", "product.patch")


@pytest.fixture
def rows():
    return catalogue.known(PRODUCTS)


@pytest.fixture
def plytix(rows):
    with Simulator() as simulator:
        simulator.attributes(catalogue.ATTRIBUTES)
        simulator.products([{"sku": row["sku"], **catalogue.body(row)} for row in rows])
        yield simulator


def requests_of(plytix, step):
    """By kind, of products only."""
    plytix.clear_log()
    step()
    return {kind: n for kind, n in plytix.counts()["kinds"].items() if kind.startswith("product")}


def test_the_first_file_of_what_plytix_holds_already_writes_nothing(plytix, rows):
    asked = requests_of(plytix, lambda: ours.load(plytix.url, rows))

    assert set(asked) == {"product.search"}
    assert asked["product.search"] <= 2 * PRODUCTS / 100 + 1  # a page lists a hundred, and one reads them


def test_an_unchanged_file_asks_nothing_of_plytix(plytix, rows):
    bridge = ours.load(plytix.url, rows)

    assert requests_of(plytix, lambda: ours.run(bridge, rows)) == {}


@pytest.mark.parametrize("part", [0.01, 0.1, 1])
def test_a_changed_row_costs_one_request_and_the_refresh_afterwards_a_hundredth(plytix, rows, part):
    bridge, count, other = ours.load(plytix.url, rows), round(PRODUCTS * part), catalogue.changed(rows, part)

    asked = requests_of(plytix, lambda: ours.run(bridge, other))
    afterwards = requests_of(plytix, lambda: ours.after(bridge))

    assert sum(asked.values()) <= 1.01 * count
    assert set(afterwards) == {"product.search"}
    assert afterwards["product.search"] <= count / 100 + 1
    assert prices(plytix) == {row["sku"]: row["price"] for row in other}


MANY = 20_000
"""Products, as many as a company of middle size has."""


def test_of_20_000_known_products_only_what_differs_is_asked_for(plytix):
    rows, changed = catalogue.known(MANY), MANY // 100
    plytix.products([{"sku": row["sku"], **catalogue.body(row)} for row in rows[PRODUCTS:]])
    bridge = ours.load(plytix.url, rows)
    assert requests_of(plytix, lambda: ours.run(bridge, rows)) == {}

    other = catalogue.changed(rows, 0.01)
    assert sum(requests_of(plytix, lambda: ours.run(bridge, other)).values()) <= 1.01 * changed
    assert sum(requests_of(plytix, lambda: ours.after(bridge)).values()) <= changed / 100 + 1, "the last page is empty"

    plytix.bulk()
    bridge.memory.ledger.mirror_state = replace(bridge.memory.ledger.mirror_state, bulk=True)
    another = catalogue.changed(other, 0.01)
    assert requests_of(plytix, lambda: ours.run(bridge, another)) == {"product.search": changed / 100}, "read back"
    assert sum(n for kind, n in plytix.counts()["kinds"].items() if kind.startswith("bulk")) <= 10

    new = [{**row, "sku": f"B-{row['sku']}"} for row in rows[:2_000]]
    assert requests_of(plytix, lambda: ours.run(bridge, [*another, *new])) == {"product.create": 2_000}
    assert prices(plytix) == {row["sku"]: row["price"] for row in [*another, *new]}


@pytest.mark.parametrize("contender", [pim_client, get_and_patch], ids=["plytix-pim-client", "GET + PATCH"])
def test_the_others_do_the_same_work_so_that_the_comparison_means_something(plytix, rows, contender):
    state, other = contender.load(plytix.url, rows), catalogue.changed(rows, 0.1)

    asked = requests_of(plytix, lambda: contender.run(state, other))

    assert prices(plytix) == {row["sku"]: row["price"] for row in other}
    assert sum(asked.get(kind, 0) for kind in WRITES) == PRODUCTS / 10


def prices(plytix):
    return {product["sku"]: product["attributes"]["price"] for product in plytix.dump()}
