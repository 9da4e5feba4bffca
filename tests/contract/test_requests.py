"""What a file costs in requests to Plytix: the real services and the real client before the simulator (DESIGN.md §12)."""

from __future__ import annotations

from math import ceil

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


REFRESH = 2
"""Requests that any refresh may cost: the schema, and the empty page that ends a list whose last page is full. For no count of
Plytix's is to be trusted (plytix-api.md §5.4)."""


def requests_of(plytix, step):
    """By kind; logins apart, which count for no window."""
    plytix.clear_log()
    step()
    return {kind: n for kind, n in plytix.counts()["kinds"].items() if kind != "token"}


def sees_only_what_changed(plytix, bridge, count):
    """The refresh afterwards lists a hundred of the changed a request, and reads none of them again."""
    asked = requests_of(plytix, lambda: ours.after(bridge))
    assert set(asked) == {"schema", "product.search"}
    assert sum(asked.values()) <= ceil(count / 100) + REFRESH


def test_the_first_file_of_what_plytix_holds_already_writes_nothing(plytix, rows):
    asked = requests_of(plytix, lambda: ours.load(plytix.url, rows))

    assert not [kind for kind in asked if kind.split(".")[-1] in ("create", "patch", "delete", "submit")]
    assert asked["product.search"] <= 2 * PRODUCTS / 100 + 1  # a page lists a hundred, and one reads them


def test_an_unchanged_file_asks_nothing_of_plytix(plytix, rows):
    bridge = ours.load(plytix.url, rows)

    assert requests_of(plytix, lambda: ours.run(bridge, rows)) == {}


@pytest.mark.parametrize("part", [0.01, 0.1, 1])
def test_a_changed_row_costs_one_request_and_the_refresh_afterwards_a_hundredth(plytix, rows, part):
    bridge, count, other = ours.load(plytix.url, rows), round(PRODUCTS * part), catalogue.changed(rows, part)

    asked = requests_of(plytix, lambda: ours.run(bridge, other))

    assert sum(asked.values()) <= 1.01 * count
    sees_only_what_changed(plytix, bridge, count)
    assert prices(plytix) == {row["sku"]: row["price"] for row in other}


MANY = 20_000
"""Products, as many as a company of middle size has."""


@pytest.fixture
def many(plytix):
    rows = catalogue.known(MANY)
    plytix.products([{"sku": row["sku"], **catalogue.body(row)} for row in rows[PRODUCTS:]])
    return rows


def test_of_20_000_known_products_only_what_differs_is_asked_for(plytix, many):
    bridge, changed = ours.load(plytix.url, many), MANY // 100
    assert requests_of(plytix, lambda: ours.run(bridge, many)) == {}

    other = catalogue.changed(many, 0.01)
    assert sum(requests_of(plytix, lambda: ours.run(bridge, other)).values()) <= 1.01 * changed
    sees_only_what_changed(plytix, bridge, changed)

    new = [{**row, "sku": f"B-{row['sku']}"} for row in many[:2_000]]
    assert requests_of(plytix, lambda: ours.run(bridge, [*other, *new])) == {"product.create": 2_000}
    sees_only_what_changed(plytix, bridge, 2_000)
    assert prices(plytix) == {row["sku"]: row["price"] for row in [*other, *new]}


def test_of_20_000_known_products_a_hundredth_is_changed_by_one_bulk_job_where_the_refresh_has_found_the_account_to_have_them(plytix, many):
    plytix.bulk()
    bridge, changed = ours.load(plytix.url, many), MANY // 100
    other = catalogue.changed(many, 0.01)

    asked = requests_of(plytix, lambda: ours.run(bridge, other))

    assert asked.pop("product.search") == changed / 100, "read back"
    assert {kind.partition(".")[0] for kind in asked} == {"bulk"}
    assert sum(asked.values()) <= 10
    sees_only_what_changed(plytix, bridge, changed)
    assert prices(plytix) == {row["sku"]: row["price"] for row in other}


@pytest.mark.parametrize("contender", [pim_client, get_and_patch], ids=["plytix-pim-client", "GET + PATCH"])
def test_the_others_do_the_same_work_so_that_the_comparison_means_something(plytix, rows, contender):
    state, other = contender.load(plytix.url, rows), catalogue.changed(rows, 0.1)

    asked = requests_of(plytix, lambda: contender.run(state, other))

    assert prices(plytix) == {row["sku"]: row["price"] for row in other}
    assert sum(asked.get(kind, 0) for kind in WRITES) == PRODUCTS / 10


def prices(plytix):
    return {product["sku"]: product["attributes"]["price"] for product in plytix.dump()}
