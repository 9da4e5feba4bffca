"""Variants and what they inherit in the simulated Plytix (plytix-api.md §7.3, §9.3, §11.4)."""

import pytest

from tests.contract.simulated import error, signed_in

NOWHERE = "64b000000000000000000001"
SLIM = {"id", "created", "modified", "created_user_audit", "modified_user_audit"}


@pytest.fixture
def api():
    with signed_in() as api:
        yield api


def ids_of_attributes(api):
    rows = api.ask("POST", "v1/attributes/product/search", {"attributes": ["label"], "pagination": {"page_size": 100}}).json()["data"]
    return {row["label"]: row["id"] for row in rows}


@pytest.fixture
def family(api):
    """Material and label stand at the parent, notes at the variant, pieces nowhere in particular."""
    ids = ids_of_attributes(api)
    body = {"name": "Shoes", "attributes": [ids["pieces"]], "variant_attributes": [ids["notes"]],
            "parent_attributes": [{"id": ids["material"], "label": "material"}, {"label": "label"}]}  # fmt: skip
    return api.one("POST", "v1/product_families", body)["id"]


@pytest.fixture
def parent(api, family):
    id = api.create("P", label="Shoe", attributes={"material": "Rubber", "pieces": 1})["id"]
    api.one("POST", f"v1/products/{id}/family", {"product_family_id": family})
    return id


def variant(api, parent, sku, **values):
    return api.one("POST", f"v1/products/{parent}/variants", {"variant": {"sku": sku, **values}})


def patch(api, id, **attributes):
    return api.one("PATCH", f"v1/products/{id}", {"attributes": attributes})


def test_v1_wraps_the_variant_and_answers_in_full_and_v2_does_neither(api, parent, family):
    first = api.ask("POST", f"v1/products/{parent}/variants", {"variant": {"sku": "V-1", "attributes": {"pieces": 3}}})
    second = api.ask("POST", f"v2/products/{parent}/variants", {"sku": "V-2"})

    assert (first.status_code, second.status_code) == (201, 201)
    (full,), (slim,) = first.json()["data"], second.json()["data"]
    assert {key: full[key] for key in ("sku", "_parent_id", "product_type", "product_family_id", "num_variations")} == {
        "sku": "V-1", "_parent_id": parent, "product_type": "VARIANT", "product_family_id": family, "num_variations": 0}  # fmt: skip
    assert (full["label"], full["attributes"], full["modified"]) == ("Shoe", {"material": "Rubber", "pieces": 3}, full["created"])
    assert set(slim) == SLIM
    above = api.read(parent, version=2)
    assert (above["product_type"], above["product_level"], above["num_variations"]) == ("PARENT", 1, 2)
    below = api.read(slim["id"], version=2)
    assert (below["product_level"], below["parent_id"], "_parent_id" in below) == (2, parent, False)
    assert [row["sku"] for row in api.ask("GET", f"v1/products/{parent}/variants").json()["data"]] == ["V-1", "V-2"]
    assert api.ask("GET", f"v2/products/{parent}/variants").json()["data"] == [api.read(full["id"], version=2), below]
    assert api.ask("GET", f"v1/products/{full['id']}/variants").json()["data"] == []


def test_what_stands_at_the_parent_is_handed_down_and_moves_modified(api, parent):
    before = variant(api, parent, "V-1")

    patch(api, parent, material="Leather", pieces=2)

    after = api.read(before["id"])
    assert (after["attributes"], after["overwritten_attributes"]) == ({"material": "Leather"}, [])
    assert after["modified"] > before["modified"]
    patch(api, parent, pieces=3)
    assert api.read(before["id"])["modified"] == after["modified"]


def test_a_variants_own_value_stays_until_it_is_put_in_step_again(api, parent):
    id = variant(api, parent, "V-1", attributes={"material": "Rubber"})["id"]
    other = variant(api, parent, "V-2")["id"]
    assert api.read(id)["overwritten_attributes"] == ["material"]  # what is given at birth is overwritten, the same or not
    patch(api, other, material="Cork", notes="own")
    patch(api, parent, material="Leather")
    assert [api.read(i)["attributes"]["material"] for i in (id, other)] == ["Rubber", "Cork"]
    assert api.read(other, version=2)["overwritten_attributes"] == ["material"]

    for label, ids in (("material", [id]), ("attributes.material", [other])):
        answer = api.ask("POST", f"v1/products/{parent}/variants/resync", {"attribute_labels": [label], "variant_ids": ids})
        assert (answer.status_code, answer.json()) == (200, {"data": []})

    assert [api.read(i)["attributes"]["material"] for i in (id, other)] == ["Leather", "Leather"]
    assert [api.read(i)["overwritten_attributes"] for i in (id, other)] == [[], []]
    assert api.read(other)["attributes"]["notes"] == "own"


@pytest.mark.parametrize(
    ("labels", "expected"),
    [
        (["pieces"], (400, [("attribute_labels", "attributes.pieces not a parent attribute from family model")])),
        (["attributes.nope"], (400, [("attribute_labels", "attributes.nope not a parent attribute from family model")])),
        (None, (422, [("attribute_labels", "Missing data for required field.")])),
    ],
)
def test_only_what_stands_at_the_parent_can_be_put_in_step(api, parent, labels, expected):
    id = variant(api, parent, "V-1", attributes={"material": "Cork"})["id"]
    answer = api.ask("POST", f"v2/products/{parent}/variants/resync", {"attribute_labels": labels, "variant_ids": [id]})

    status, _, faults = error(answer)
    assert (status, faults) == expected
    assert api.read(id)["attributes"]["material"] == "Cork"


def test_sub_variants_inherit_from_both_above(api, parent):
    middle = variant(api, parent, "V-1", attributes={"notes": "of the variant"})["id"]
    low = variant(api, middle, "V-1-1")
    assert (low["product_type"], low["attributes"]) == ("VARIANT", {"material": "Rubber", "notes": "of the variant"})
    assert api.read(low["id"], version=2)["product_level"] == 3

    patch(api, parent, material="Leather", notes="of the parent")
    patch(api, middle, notes="new")

    assert api.read(low["id"])["attributes"] == {"material": "Leather", "notes": "new"}
    levels = {row["sku"]: row["product_level"] for row in api.found(attributes=["product_level"])}
    assert levels == {"P": 1, "V-1": 2, "V-1-1": 3}
    assert error(api.ask("POST", f"v2/products/{low['id']}/variants", {"sku": "X"}))[0] == 422


def test_a_single_becomes_a_variant_and_a_single_again(api, parent, family):
    single = api.create("S", label="Own", attributes={"material": "Cork", "pieces": 9})
    api.one("POST", f"v1/products/{single['id']}/family", {"product_family_id": family})
    path = f"products/{parent}/variant/{single['id']}"

    linked = api.one("POST", f"v1/{path}")
    assert (linked["id"], linked["product_type"], linked["num_variations"]) == (parent, "PARENT", 1)
    below = api.read(single["id"])
    assert (below["label"], below["attributes"]) == ("Shoe", {"material": "Rubber", "pieces": 9})  # what was its own is lost
    assert error(api.ask("POST", f"v2/{path}"))[0] == 422

    gone = api.ask("DELETE", f"v2/{path}")
    assert (gone.status_code, gone.content) == (204, b"")
    below = api.read(single["id"])
    assert (below["product_type"], below["label"], below["attributes"]) == ("SINGLE", None, {"pieces": 9})
    assert api.read(parent)["product_type"] == "SINGLE"
    assert error(api.ask("DELETE", f"v1/{path}")) == (
        422, "unlinking unrelated products", [("variant", "this product is not variant of the parent product")])  # fmt: skip
    assert (api.ask("POST", f"v2/{path}").status_code, api.ask("DELETE", f"v1/{path}").status_code) == (204, 200)


def test_links_that_cannot_be_are_refused_in_the_documented_words(api, parent):
    other = api.create("S")["id"]
    apart = "Parent and variants must be assigned to the same family"
    assert error(api.ask("POST", f"v1/products/{parent}/variant/{other}"))[:2] == (422, apart)
    for path in (f"{parent}/variant/{NOWHERE}", f"{NOWHERE}/variant/{other}", f"{NOWHERE}/variants"):
        assert error(api.ask("POST", f"v1/products/{path}", {"variant": {"sku": "X"}}))[0] == 404
    assert error(api.ask("POST", f"v1/products/{parent}/variants", {"sku": "X"}))[2] == [("variant", "Missing data for required field.")]
    assert error(api.ask("POST", f"v2/products/{parent}/variants", {"sku": "S"}))[0] == 409
    own = variant(api, parent, "V-1")["id"]
    answer = api.ask("POST", f"v1/products/{own}/family", {"product_family_id": ""})
    assert error(answer)[0] == 422


def test_a_parent_takes_its_variants_along_and_a_variant_leaves_its_parent(api, parent):
    first, second = (variant(api, parent, sku)["id"] for sku in ("V-1", "V-2"))
    variant(api, second, "V-2-1")

    assert api.ask("DELETE", f"v1/products/{first}").status_code == 204
    assert api.read(parent)["num_variations"] == 1
    assert api.ask("DELETE", f"v2/products/{parent}").status_code == 204
    assert api.found() == []


def test_variants_go_with_their_parents_family(api, parent, family):
    id = variant(api, parent, "V-1", attributes={"material": "Cork", "pieces": 4})["id"]
    hats = api.one("POST", "v1/product_families", {"name": "Hats", "attribute_ids": [ids_of_attributes(api)["pieces"]]})["id"]

    api.one("POST", f"v1/products/{parent}/family", {"product_family_id": hats})

    below = api.read(id)
    assert (below["product_family_id"], below["attributes"], below["overwritten_attributes"]) == (hats, {"pieces": 4}, [])
    patch(api, parent, material="Leather")
    assert "material" not in api.read(id)["attributes"]


def test_another_level_hands_down_what_the_parent_holds(api, parent, family):
    id = variant(api, parent, "V-1", attributes={"pieces": 4}, status="Completed")["id"]
    path = f"v1/product_families/{family}"

    assert api.ask("POST", f"{path}/attributes/edit", {"parent_level": ["attributes.pieces"]}).status_code == 202
    body = {"parent_level": ["status"], "no_level": ["attributes.material", "label"]}
    assert api.ask("POST", f"{path}/all_attributes/edit", body).status_code == 202

    below = api.read(id)
    assert (below["attributes"], below["status"]) == ({"material": "Rubber", "pieces": 1}, "Draft")
    patch(api, parent, material="Leather")
    assert api.read(id)["attributes"]["material"] == "Rubber"
    told = api.ask("GET", f"{path}/all_attributes").json()["data"]
    assert {item["label"]: (item["id"] is None, item["attribute_level"]) for item in told} == {
        "material": (False, "no_level"), "notes": (False, "variant_level"), "pieces": (False, "parent_level"),
        "label": (True, "no_level"), "status": (True, "parent_level"), "thumbnail": (True, "no_level"), "categories": (True, "no_level"),
    }  # fmt: skip
    refused = api.ask("POST", f"{path}/attributes/edit", {"parent_level": ["status"]})
    assert error(refused)[2] == [("parent_level", "status is not an attribute of the family")]


def test_a_person_changes_a_parent_and_its_variants_follow(api, parent):
    id = variant(api, parent, "V-1")["id"]

    api.plytix.edit("P", {"label": "By hand"})

    below = api.read(id, version=2)
    assert (below["label"], below["modified_user_audit"]["type"]) == ("By hand", "USER")


def test_a_parent_has_three_hundred_variants_at_most(api, parent):
    for number in range(300):
        api.one("POST", f"v2/products/{parent}/variants", {"sku": f"V-{number}"})

    assert error(api.ask("POST", f"v2/products/{parent}/variants", {"sku": "X"}))[0] == 422
    assert api.plytix.product("X") is None


def test_variants_are_found_by_what_they_are(api, parent):
    variant(api, parent, "V-1")
    api.create("S")
    for key, skus in (("_is_variation", ["V-1"]), ("_has_variations", ["P"])):
        assert [row["sku"] for row in api.found(filters=[[{"field": key, "operator": "eq", "value": True}]])] == skus
    row = api.found(version=1, filters=[[{"field": "sku", "operator": "eq", "value": "v-1"}]])[0]
    assert row == {"id": row["id"], "sku": "V-1", "attributes": {}, "num_variations": 0, "_parent_id": parent}
