"""Searching the simulated Plytix: filters, columns, pages, and what is refused (plytix-api.md §5)."""

import pytest

from local.plytix.clock import micros
from tests.contract.simulated import error, signed_in

BAD = "Schema validation error"
UNREADABLE = ("filters", "Unable to decode filters properly")


@pytest.fixture(scope="module")
def account():
    """Four products that differ in all that can be asked for; no test of this file changes them."""
    with signed_in() as api:
        api.plytix.attributes([{"name": "Score", "type_class": "CompletenessAttribute", "attributes": [{"label": "colour"}]}])
        asset = api.one("POST", "v1/assets", {"url": "https://example.com/hero.jpg"})["id"]
        boots = api.one("POST", "v1/categories/product", {"name": "Boots"})["id"]
        api.create("A-1", label="Läufer", status="Completed", categories=[{"id": boots}], attributes={
            "colour": "Blue", "sizes": ["41", "42"], "material": "Rubber", "pieces": 2, "weight_kg": 0.5, "launch": "2026-05-01",
            "vegan": True, "hero": {"id": asset}})  # fmt: skip
        api.create("A-2", label="Trail shoe", attributes={"colour": "Red", "pieces": 10, "launch": "2026-06-01", "vegan": False})
        api.create("a-2", status="Archived", gtin="4006381333931", attributes={"sizes": ["43"], "material": "rubber sole"})
        api.create("B-1", status="Completed")
        api.boots = boots
        yield api


def skus(account, *conditions, version=2):
    """SKUs that meet all of the conditions, each (field, operator, value)."""
    group = [dict(zip(("field", "operator", "value"), condition, strict=False)) for condition in conditions]
    return [row["sku"] for row in account.found(version, filters=[group])]


@pytest.mark.parametrize(
    ("condition", "expected"),
    [
        (("sku", "eq", "a-2"), ["A-2", "a-2"]),
        (("sku", "in", ["A-2", "B-1", "nope"]), ["A-2", "B-1"]),
        (("sku", "!in", ["A-2"]), ["A-1", "a-2", "B-1"]),
        (("sku", "like", "a-"), ["A-1", "A-2", "a-2"]),
        (("label", "eq", "LÄUFER"), ["A-1"]),
        (("label", "!eq", "läufer"), ["A-2", "a-2", "B-1"]),
        (("label", "like", "SHOE"), ["A-2"]),
        (("label", "exists"), ["A-1", "A-2"]),
        (("label", "!exists"), ["a-2", "B-1"]),
        (("gtin", "eq", "4006381333931"), ["a-2"]),
        (("status", "eq", "Completed"), ["A-1", "B-1"]),
        (("status", "in", ["Draft", "Archived"]), ["A-2", "a-2"]),
        (("status", "!in", ["Draft"]), ["A-1", "a-2", "B-1"]),
        (("attributes.colour", "eq", "Blue"), ["A-1"]),
        (("attributes.colour", "in", ["Blue", "Red"]), ["A-1", "A-2"]),
        (("attributes.colour", "in", ["blue"]), []),
        (("attributes.colour", "!exists"), ["a-2", "B-1"]),
        (("attributes.sizes", "in", ["42", "43"]), ["A-1", "a-2"]),
        (("attributes.sizes", "!in", ["42"]), ["A-2", "a-2", "B-1"]),
        (("attributes.material", "eq", "RUBBER"), ["A-1"]),
        (("attributes.material", "like", "rubber"), ["A-1", "a-2"]),
        (("attributes.pieces", "gt", 2), ["A-2"]),
        (("attributes.pieces", "gte", 2), ["A-1", "A-2"]),
        (("attributes.pieces", "lt", 10), ["A-1"]),
        (("attributes.pieces", "lte", 1.5), []),
        (("attributes.pieces", "!eq", 2), ["A-2", "a-2", "B-1"]),
        (("attributes.weight_kg", "eq", 0.5), ["A-1"]),
        (("attributes.launch", "eq", "2026-05-01"), ["A-1"]),
        (("attributes.launch", "gt", "2026-05-01"), ["A-2"]),
        (("attributes.launch", "lte", "2026-06-01T00:00:00"), ["A-1", "A-2"]),
        (("attributes.vegan", "eq", False), ["A-2"]),
        (("attributes.hero", "exists"), ["A-1"]),
        (("attributes.score", "gt", 50), ["A-1", "A-2"]),
        (("assets", "!exists"), ["A-2", "a-2", "B-1"]),
        (("thumbnail", "exists"), []),
        (("categories", "exists"), ["A-1"]),
        (("static_lists", "in", ["64b000000000000000000001"]), []),
        (("_is_variation", "eq", False), ["A-1", "A-2", "a-2", "B-1"]),
        (("modified", "gt", "2000-01-01"), ["A-1", "A-2", "a-2", "B-1"]),
        (("modified", "lt", "2000-01-01T00:00:00+00:00"), []),
        ((["sku", "label"], "text_search", "shoe TRAIL"), ["A-2"]),
    ],
)
@pytest.mark.parametrize("version", [1, 2])
def test_each_operator_finds_what_it_should(account, version, condition, expected):
    assert skus(account, condition, version=version) == expected


def test_products_are_found_by_id_and_by_category(account):
    ids = {row["sku"]: row["id"] for row in account.found()}

    assert skus(account, ("id", "in", [ids["B-1"], ids["A-1"], "nope"])) == ["A-1", "B-1"]
    assert skus(account, ("id", "eq", ids["a-2"])) == ["a-2"]
    assert skus(account, ("categories", "in", [account.boots])) == ["A-1"]


def test_what_was_modified_later_than_a_moment_is_found_by_either_form_of_time(account):
    rows = account.found(version=1, attributes=["modified"])
    second, later = rows[1]["modified"], [row["sku"] for row in rows if row["modified"] > rows[1]["modified"]]

    assert skus(account, ("modified", "gt", second)) == later
    assert skus(account, ("modified", "gt", second.removesuffix("+00:00"))) == later
    assert skus(account, ("modified", "gte", second)) == ["A-2", *later]


def test_conditions_of_a_group_must_all_hold_and_groups_are_alternatives(account):
    assert skus(account, ("status", "eq", "Completed"), ("label", "exists")) == ["A-1"]
    assert skus(account, ("sku", "in", ["A-1", "A-2"]), ("status", "eq", "Draft")) == ["A-2"]
    either = [[{"field": "sku", "operator": "in", "value": ["A-2"]}], [{"field": "status", "operator": "eq", "value": "Completed"}]]
    assert [row["sku"] for row in account.found(filters=either)] == ["A-1", "A-2", "B-1"]


@pytest.mark.parametrize("body", [{}, {"filters": []}, {"filters": [[]], "relationship_filters": [], "pagination": {}}])
def test_every_key_may_be_left_out(account, body):
    answer = account.ask("POST", "v2/products/search", body)

    assert answer.status_code == 200
    assert answer.json()["pagination"] == {"page": 1, "page_size": 25, "count": 4, "total_count": 4, "order": None}


def test_rows_hold_what_each_has_and_what_was_asked_for(account):
    only = [[{"field": "sku", "operator": "in", "value": ["a-2"]}]]
    columns = ["label", "gtin", "status", "modified", "attributes.colour", "attributes.sizes"]
    (v1,), (v2,) = (account.found(version, filters=only, attributes=columns) for version in (1, 2))

    asked = {"gtin": "4006381333931", "status": "Archived", "label": None, "attributes": {"sizes": ["43"]}}
    whole = account.read(v1["id"])
    assert v1 == asked | {"id": whole["id"], "sku": "a-2", "num_variations": 0, "modified": whole["modified"]}
    assert v2.pop("modified_user_audit")["type"] == "API"
    assert micros(v2.pop("modified")) == micros(whole["modified"]) // 1000 * 1000
    assert v2 == asked | {"id": whole["id"], "sku": "a-2", "num_variations": 0}


def test_rows_without_columns_are_bare(account):
    (v1, *_), (v2, *_) = account.found(1), account.found(2)

    assert set(v1) == {"id", "sku", "attributes", "num_variations"}
    assert v1["attributes"] == {}
    assert set(v2) == {"id", "sku", "num_variations", "modified_user_audit"}


def test_dates_and_completeness_read_back_in_rows_too(account):
    (row, *_) = account.found(attributes=["attributes.launch", "attributes.score", "attributes.hero"])

    assert row["attributes"]["launch"] == "2026-05-01T00:00:00"
    assert row["attributes"]["score"] == 100.0
    assert isinstance(row["attributes"]["hero"], list)


def test_pages_cover_all_rows_once_and_end_with_an_empty_one(account):
    pages = [account.ask("POST", "v2/products/search", {"pagination": {"page": n, "page_size": 3}}).json() for n in (1, 2, 3)]

    assert [[row["sku"] for row in page["data"]] for page in pages] == [["A-1", "A-2", "a-2"], ["B-1"], []]
    assert [page["pagination"]["page"] for page in pages] == [1, 2, 3]
    assert {page["pagination"]["count"] for page in pages} == {4}


def test_count_is_of_the_matches_and_total_count_of_all(account):
    body = {"filters": [[{"field": "status", "operator": "eq", "value": "Completed"}]], "pagination": {"page_size": 1}}

    pagination = account.ask("POST", "v2/products/search", body).json()["pagination"]

    assert pagination == {"page": 1, "page_size": 1, "count": 2, "total_count": 4, "order": None}


@pytest.mark.parametrize(
    ("order", "expected"),
    [
        ("sku", ["A-1", "A-2", "a-2", "B-1"]),
        ("-sku", ["B-1", "A-2", "a-2", "A-1"]),
        ("attributes.pieces", ["a-2", "B-1", "A-1", "A-2"]),
        ("-attributes.launch", ["A-2", "A-1", "a-2", "B-1"]),
        ("-modified", ["B-1", "a-2", "A-2", "A-1"]),
        ("", ["A-1", "A-2", "a-2", "B-1"]),
        (None, ["A-1", "A-2", "a-2", "B-1"]),
        ("asc/label", ["A-1", "A-2", "a-2", "B-1"]),
    ],
)
def test_rows_come_in_the_order_asked_for_or_of_their_creation(account, order, expected):
    answer = account.ask("POST", "v2/products/search", {"pagination": {"order": order}}).json()

    assert [row["sku"] for row in answer["data"]] == expected
    assert answer["pagination"]["order"] == order


@pytest.mark.parametrize(
    ("condition", "field", "message"),
    [
        (("colour", "eq", "Blue"), "colour", "unknown field"),
        (("attributes.nowhere", "exists"), "attributes.nowhere", "unknown field"),
        (("attributes.colour", "like", "B"), "like", "unknown field"),
        (("attributes.sizes", "eq", "41"), "eq", "unknown field"),
        (("attributes.launch", "in", ["2026-05-01"]), "in", "unknown field"),
        (("attributes.hero", "eq", "x"), "eq", "unknown field"),
        (("label", "gt", "A"), "gt", "unknown field"),
        (("label", "in", ["A"]), "in", "unknown field"),
        (("status", "exists"), "exists", "unknown field"),
        (("sku", None, "A-1"), "None", "unknown field"),
        (("attributes.pieces", "gt", "2"), "attributes.pieces", "wrong value type"),
        (("attributes.pieces", "gt", True), "attributes.pieces", "wrong value type"),
        (("attributes.vegan", "eq", "true"), "attributes.vegan", "wrong value type"),
        (("modified", "gt", "yesterday"), "modified", "wrong value type"),
        (("sku", "eq", 5), "sku", "wrong value type"),
        (("sku", "in", "A-1"), "sku", "wrong value type"),
        (("sku", "in", [f"S-{n}" for n in range(101)]), "sku", "at most 100 values"),
    ],
)
def test_a_filter_that_cannot_be_is_refused(account, condition, field, message):
    answer = account.ask("POST", "v2/products/search", {"filters": [[dict(zip(("field", "operator", "value"), condition, strict=False))]]})

    assert error(answer) == (422, BAD, [(field, message), UNREADABLE])


@pytest.mark.parametrize("filters", [{"field": "sku"}, [{"field": "sku"}], ["sku"], "sku"])
def test_filters_that_are_no_list_of_lists_are_refused(account, filters):
    assert error(account.ask("POST", "v2/products/search", {"filters": filters})) == (422, BAD, [UNREADABLE])


@pytest.mark.parametrize(
    ("pagination", "field"),
    [({"page_size": 101}, "page_size"), ({"page_size": 0}, "page_size"), ({"page_size": "10"}, "page_size"), ({"page": 0}, "page")],
)
def test_a_page_that_cannot_be_is_refused(account, pagination, field):
    status, message, ((named, _),) = error(account.ask("POST", "v1/products/search", {"pagination": pagination}))

    assert (status, message, named) == (422, BAD, field)


@pytest.mark.parametrize(("version", "most"), [(1, 20), (2, 50)])
def test_columns_are_limited_and_id_and_sku_are_free(account, version, most):
    def ask(n):
        return account.ask("POST", f"v{version}/products/search", {"attributes": ["id", "sku", *["label"] * n]})

    assert ask(most).status_code == 200
    assert error(ask(most + 1)) == (422, BAD, [("schema", f"columns limit exceeded, current limit is {most}")])


@pytest.mark.parametrize("column", ["colour", "attributes", "attributes.nowhere", "relationships.nowhere", "modified_by"])
def test_an_unknown_column_is_refused(account, column):
    assert error(account.ask("POST", "v2/products/search", {"attributes": [column]})) == (422, BAD, [(column, "unknown field")])


def test_more_than_ten_thousand_rows_come_only_unsorted():
    with signed_in() as api:
        api.plytix.products([{"sku": f"S-{n:05}"} for n in range(10_001)])

        assert api.ask("POST", "v2/products/search", {"pagination": {"order": "sku"}}).status_code == 428
        deep = api.found(pagination={"page": 101, "page_size": 100, "order": ""})
        assert [row["sku"] for row in deep] == ["S-10000"]
        api.plytix.delete("S-00000")
        assert api.ask("POST", "v2/products/search", {"pagination": {"order": "-sku"}}).status_code == 200


def test_more_than_ten_thousand_assets_come_only_unsorted_too():
    with signed_in() as api:
        api.plytix.assets([{"url": f"https://example.com/{n:05}.jpg"} for n in range(10_001)])

        assert api.ask("POST", "v1/assets/search", {"pagination": {"order": "filename"}}).status_code == 428
        few = {"filters": [[{"field": "filename", "operator": "like", "value": "0000"}]], "attributes": ["filename"],
               "pagination": {"order": "-filename", "page_size": 1}}  # of what is found, not of what there is
        assert [row["filename"] for row in api.ask("POST", "v1/assets/search", few).json()["data"]] == ["10000.jpg"]


@pytest.mark.parametrize(("resource", "status"), [("products", 200), ("assets", 422), ("relationships", 422)])
def test_words_are_not_searched_for_everywhere(account, resource, status):
    fields = {"products": ["sku", "label"], "assets": ["filename"], "relationships": ["name"]}[resource]
    body = {"filters": [[{"field": fields, "operator": "text_search", "value": "shoe"}]]}

    assert account.ask("POST", f"v1/{resource}/search", body).status_code == status
