"""Groups of attributes, and who may use the account, in the simulated Plytix (plytix-api.md §9.2, §9.7)."""

import pytest

from tests.contract.simulated import error, signed_in

NOWHERE = "64b000000000000000000001"
GROUPS = "v1/attribute-groups/product"


@pytest.fixture
def api():
    with signed_in() as api:
        yield api


def group(api, name, **more):
    return api.one("POST", GROUPS, {"name": name, **more})


def in_order(api):
    body = {"attributes": ["name", "order"], "pagination": {"order": "order"}}
    return [(row["name"], row["order"]) for row in api.ask("POST", f"{GROUPS}/search", body).json()["data"]]


def test_a_group_has_its_attributes_by_bare_labels_and_they_know_it(api):
    answer = api.ask("POST", GROUPS, {"name": "Look", "attribute_labels": ["colour", "material"]})

    assert answer.status_code == 201
    (look,) = answer.json()["data"]
    assert look == {"id": look["id"], "name": "Look", "order": 0, "attribute_labels": ["colour", "material"]}
    body = {"filters": [[{"field": "label", "operator": "eq", "value": "colour"}]], "attributes": ["groups"]}
    assert api.ask("POST", "v1/attributes/product/search", body).json()["data"][0]["groups"] == [look["id"]]
    assert api.one("PATCH", f"{GROUPS}/{look['id']}", {"name": "Looks"})["attribute_labels"] == ["colour", "material"]
    assert api.one("PATCH", f"{GROUPS}/{look['id']}", {"attribute_labels": None})["attribute_labels"] == []
    assert api.ask("DELETE", f"{GROUPS}/{look['id']}").status_code == 204
    assert error(api.ask("DELETE", f"{GROUPS}/{look['id']}")) == (
        404, f" No results found for {look['id']}", [("id", "id does not exist")])  # fmt: skip


def test_groups_have_an_order_from_nought_and_past_the_end_is_the_end(api):
    first, _, _ = group(api, "A"), group(api, "B"), group(api, "C", order=99)
    assert in_order(api) == [("A", 0), ("B", 1), ("C", 2)]

    group(api, "D", order=1)
    assert api.one("PATCH", f"{GROUPS}/{first['id']}", {"order": 99})["order"] == 3

    assert in_order(api) == [("D", 0), ("B", 1), ("C", 2), ("A", 3)]


@pytest.mark.parametrize(
    ("body", "field"),
    [({}, "name"), ({"name": "X", "attribute_labels": ["attributes.colour"]}, "attribute_labels"), ({"name": "X", "order": "1"}, "order")],
)
def test_a_group_that_cannot_be_is_refused(api, body, field):
    status, _, ((named, _),) = error(api.ask("POST", GROUPS, body))

    assert (status, named) == (422, field)


def test_a_deleted_attribute_leaves_its_groups(api):
    look = group(api, "Look", attribute_labels=["colour", "material"])
    api.plytix.remove_attribute("colour")

    assert api.one("PATCH", f"{GROUPS}/{look['id']}", {})["attribute_labels"] == ["material"]


def test_groups_under_the_attributes_path_are_a_server_error(api):
    assert api.ask("GET", "v1/attributes/product/groups").status_code == 500


# ---- attributes, as far as they hang together with others (§9.1)


def test_a_new_attribute_may_join_families_at_once(api):
    shoes = api.one("POST", "v1/product_families", {"name": "Shoes"})["id"]
    body = {"name": "Sole", "type_class": "TextAttribute", "product_families": [{"id": shoes, "attribute_level": "parent_level"}]}

    sole = api.one("POST", "v1/attributes/product", body)

    assert api.ask("GET", f"v1/product_families/{shoes}/attributes").json()["data"] == [
        {"id": sole["id"], "label": "sole", "name": "Sole", "attribute_level": "parent_level"}]  # fmt: skip
    unknown = body | {"name": "Other", "product_families": [{"id": NOWHERE}]}
    assert error(api.ask("POST", "v1/attributes/product", unknown))[2] == [("product_families", "product family does not exist")]


def test_options_may_be_sorted_by_plytix(api):
    body = {"name": "Size", "type_class": "DropdownAttribute", "options": ["m", "L", "s"], "manual_sorting": False}

    assert api.one("POST", "v1/attributes/product", body)["options"] == ["L", "m", "s"]
    assert api.one("POST", "v1/attributes/product", body | {"name": "Down", "sort_ascending": False})["options"] == ["s", "m", "L"]


def test_what_is_in_use_cannot_be_deleted(api):
    colour = api.one("POST", "v1/attributes/product", {"name": "Tone", "type_class": "TextAttribute"})["id"]
    root = api.one("POST", "v1/categories/product", {"name": "Shoes"})["id"]
    below = api.one("POST", f"v1/categories/product/{root}", {"name": "Low"})["id"]
    asset = api.one("POST", "v1/assets", {"url": "https://example.com/a.jpg"})["id"]
    for id in (colour, below, asset):
        api.plytix.use(id)

    refused = api.ask("DELETE", f"v1/attributes/product/{colour}")
    assert (refused.status_code, set(refused.json()["error"]["msg"])) == (409, {"channels", "ecatalogs", "pdfcatalogs"})
    assert error(api.ask("DELETE", f"v1/categories/product/{root}"))[0] == 409
    assert error(api.ask("DELETE", f"v1/assets/{asset}")) == (403, "Permission denied.", [])
    for id, path in ((colour, "attributes/product"), (below, "categories/product"), (asset, "assets")):
        api.plytix.use(id, used=False)
        assert api.ask("DELETE", f"v1/{path}/{id}").status_code in (202, 204)


# ---- accounts (§9.7)


def test_accounts_tell_all_fields_unless_some_are_asked_for(api):
    people = api.ask("POST", "v1/accounts/memberships/search", {}).json()
    assert [set(row) for row in people["data"]] == [{"legacy_id", "role", "email", "username", "name", "last_name"}] * 2
    assert people["pagination"] == {"page": 1, "page_size": 25, "count": 2, "total_count": 2, "order": ""}

    body = {"filters": [[{"field": "role", "operator": "eq", "value": "owner"}]], "attributes": ["name"], "pagination": {"page": 1}}
    assert api.ask("POST", "v1/accounts/memberships/search", body).json()["data"] == [{"name": "Olaf"}]
    (key,) = api.ask("POST", "v1/accounts/api-credentials/search", {}).json()["data"]
    audit = api.read(api.create("A-1")["id"], version=2)["created_user_audit"]
    assert key == {"legacy_id": audit["user_id"], "role": "ADMIN", "name": audit["user_name"]}


def test_accounts_refuse_in_words_of_their_own(api):
    wrong = {"filters": [[{"field": "nope", "operator": "eq", "value": "x"}]]}
    answer = api.ask("POST", "v1/accounts/memberships/search", wrong)
    assert (answer.status_code, answer.json()) == (422, {"detail": "One or more filter fields are not valid."})

    answer = api.ask("POST", "v1/accounts/api-credentials/search", None, data=b'{"filters": ')
    assert answer.status_code == 400
    assert [(item["type"], item["msg"]) for item in answer.json()["detail"]] == [("json_invalid", "JSON decode error")]
