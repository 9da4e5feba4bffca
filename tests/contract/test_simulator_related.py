"""Searching products by whom they are related to (plytix-api.md §5.1 to §5.3)."""

import json

import pytest

from tests.contract.simulated import error, signed_in

NOWHERE = "64b000000000000000000001"


@pytest.fixture
def api():
    with signed_in() as api:
        yield api


@pytest.fixture
def spare(api):
    """A needs two of X, B needs five of X and one of Y; C nothing."""
    api.ids = {sku: api.create(sku)["id"] for sku in ("A", "B", "C", "X", "Y")}
    relationship = api.one("POST", "v1/relationships", {"name": "Spare parts"})["id"]
    for sku, parts in (("A", {"X": 2}), ("B", {"X": 5, "Y": 1})):
        links = [{"product_id": api.ids[part], "quantity": quantity} for part, quantity in parts.items()]
        api.one("POST", f"v1/products/{api.ids[sku]}/relationships/{relationship}", {"product_relationships": links})
    return relationship


def skus(api, *groups, **more):
    return [row["sku"] for row in api.found(relationship_filters=[*groups], **more)]


def condition(relationship, operator="exists", *products):
    return {"relationship_id": relationship, "operator": operator, "product_ids": list(products)}


def test_products_that_have_any_related_product_or_none(api, spare):
    assert skus(api, [condition(spare)]) == ["A", "B"]
    assert skus(api, [condition(spare, "!exists")]) == ["C", "X", "Y"]
    assert skus(api, [{"relationship_id": spare, "operator": "exists"}]) == ["A", "B"]


@pytest.mark.parametrize(
    ("operator", "value", "expected"),
    [
        ("exists", [], ["A", "B"]), ("eq", [2], ["A"]), ("in", [1, 5], ["B"]), ("gt", [2], ["B"]), ("gte", [2], ["A", "B"]),
        ("lt", [5], ["A"]), ("lte", [5], ["A", "B"]), ("bte", [3, 9], ["B"]), ("last_days", [1], ["A", "B"]), (None, None, ["A", "B"]),
    ],
)  # fmt: skip
def test_the_quantity_is_compared(api, spare, operator, value, expected):
    wanted = {"id": api.ids["X"], "qty_operator": operator, "value": value}

    assert skus(api, [condition(spare, "exists", wanted)]) == expected
    assert set(skus(api, [condition(spare, "!exists", wanted)])) == set("ABCXY") - set(expected)


def test_links_of_long_ago_are_not_of_the_last_days(api, spare):
    api.plytix.advance(2 * 86_400)
    api.sign_in()

    assert skus(api, [condition(spare, "exists", {"id": api.ids["X"], "qty_operator": "last_days", "value": [1]})]) == []


def test_they_go_together_with_other_filters_and_alternatives(api, spare):
    x, y = ({"id": api.ids[sku], "qty_operator": "gte", "value": [1]} for sku in "XY")

    assert skus(api, [condition(spare, "exists", x, y)]) == ["A", "B"]
    assert skus(api, [condition(spare, "exists", x), condition(spare, "exists", y)]) == ["B"]
    assert skus(api, [condition(spare, "!exists")], [condition(spare, "exists", y)]) == ["B", "C", "X", "Y"]
    assert skus(api, [condition(spare)], filters=[[{"field": "sku", "operator": "in", "value": ["B", "C"]}]]) == ["B"]
    answer = api.ask("POST", "v1/products/search", {"relationship_filters": [[condition(spare)]], "pagination": {"order": "-sku"}})
    assert [row["sku"] for row in answer.json()["data"]] == ["B", "A"]
    assert (answer.json()["pagination"]["count"], answer.json()["pagination"]["total_count"]) == (2, 5)


@pytest.mark.parametrize(
    "wrong",
    [
        {"relationship_id": "OWN"}, [{"relationship_id": "OWN", "operator": "exists"}], [[{}]], [["OWN"]],
        [[{"relationship_id": NOWHERE, "operator": "exists"}]],
        [[{"relationship_id": "OWN", "operator": "like"}]],
        [[{"relationship_id": "OWN", "operator": "exists", "product_ids": ["x"]}]],
        [[{"relationship_id": "OWN", "operator": "exists", "product_ids": [{"id": "x", "qty_operator": "about", "value": [1]}]}]],
        [[{"relationship_id": "OWN", "operator": "exists", "product_ids": [{"id": "x", "qty_operator": "bte", "value": [1]}]}]],
        [[{"relationship_id": "OWN", "operator": "exists", "product_ids": [{"id": "x", "qty_operator": "gt", "value": ["1"]}]}]],
    ],
)  # fmt: skip
def test_a_filter_that_cannot_be_is_refused(api, spare, wrong):
    filters = json.loads(json.dumps(wrong).replace("OWN", spare))

    assert error(api.ask("POST", "v2/products/search", {"relationship_filters": filters}))[0] == 422


def test_one_relationship_a_search_and_of_products_only(api, spare):
    other = api.one("POST", "v1/relationships", {"name": "Extras"})["id"]
    both = {"relationship_filters": [[condition(spare)], [condition(other)]]}
    assert error(api.ask("POST", "v2/products/search", both))[0] == 422
    assert error(api.ask("POST", "v1/assets/search", {"relationship_filters": [[condition(spare)]]}))[0] == 422
    assert api.ask("POST", "v1/assets/search", {"relationship_filters": []}).status_code == 200
