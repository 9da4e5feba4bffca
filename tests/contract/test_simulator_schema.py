"""Attributes, filters, families, categories and relationships of the simulated Plytix (plytix-api.md §7.4, §9)."""

import pytest

from tests.contract.simulated import CATALOGUE, error, signed_in

NOWHERE = "64b000000000000000000001"


@pytest.fixture
def api():
    with signed_in() as api:
        yield api


# ---- attributes (§9.1)


def test_an_attribute_gets_a_label_from_its_name_and_keeps_it(api):
    body = {"name": "Net.Weight - kg:x", "type_class": "DropdownAttribute", "options": ["1", "2"]}
    answer = api.ask("POST", "v1/attributes/product", body)

    assert answer.status_code == 201
    (attribute,) = answer.json()["data"]
    assert attribute == {
        "id": attribute["id"], "name": "Net.Weight - kg:x", "label": "net_weight___kg_x", "type_class": "DropdownAttribute",
        "filter_type": "DropdownAttribute", "description": "", "groups": [], "options": ["1", "2"], "manual_sorting": True,
        "sort_ascending": True, "modified": attribute["modified"],
    }  # fmt: skip
    renamed = api.one("PATCH", f"v1/attributes/product/{attribute['id']}", {"name": "Weight", "options": ["3"], "label": "x"})
    assert (renamed["name"], renamed["label"], renamed["options"]) == ("Weight", "net_weight___kg_x", ["3"])
    assert api.one("GET", f"v1/attributes/product/{attribute['id']}") == renamed


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"type_class": "TextAttribute"}, "name"),
        ({"name": "Colour", "type_class": "TextAttribute"}, "name"),
        ({"name": "New", "type_class": "FancyAttribute"}, "type_class"),
        ({"name": "New"}, "type_class"),
        ({"name": "New", "type_class": "TextAttribute", "description": "x" * 201}, "description"),
        ({"name": "New", "type_class": "DropdownAttribute", "options": [str(n) for n in range(1001)]}, "options"),
    ],
)
def test_an_attribute_that_cannot_be_is_refused(api, body, field):
    status, _, faults = error(api.ask("POST", "v1/attributes/product", body))

    assert (status, faults[0][0]) == (422, field)


def test_a_deleted_attribute_takes_its_values_along(api):
    id = api.create("TR-9", attributes={"colour": "Blue", "pieces": 1})["id"]
    (colour,) = search(api, "attributes/product", "label", "eq", "colour")

    assert api.ask("DELETE", f"v1/attributes/product/{colour['id']}").status_code == 202

    assert api.read(id)["attributes"] == {"pieces": 1}
    answer = api.ask("PATCH", f"v1/products/{id}", {"attributes": {"colour": "Blue"}})
    assert error(answer)[2] == [("colour", "label does not exist")]
    gone = (404, f" No results found for {colour['id']}", [("id", "id does not exist")])
    assert error(api.ask("GET", f"v1/attributes/product/{colour['id']}")) == gone


def test_what_a_202_promised_may_take_its_time(api):
    api.plytix.lag(1)
    (colour,) = search(api, "attributes/product", "label", "eq", "colour")
    api.ask("DELETE", f"v1/attributes/product/{colour['id']}")

    assert api.ask("GET", f"v1/attributes/product/{colour['id']}").status_code == 200
    api.plytix.advance(1)
    assert api.ask("GET", f"v1/attributes/product/{colour['id']}").status_code == 404


def test_searched_attributes_show_id_and_filter_type_and_more_on_request(api):
    rows = api.ask("POST", "v1/attributes/product/search", {"pagination": {"page_size": 100}}).json()["data"]
    assert [set(row) for row in rows] == [{"id", "filter_type"}] * len(CATALOGUE)
    named = search(api, "attributes/product", "type_class", "eq", "DropdownAttribute", ["name", "label", "options"])
    assert [(row["name"], row["label"], row["options"]) for row in named] == [("Colour", "colour", ["Blue", "Red"])]


# ---- filters (§9.6)


def test_filters_tell_the_whole_schema_in_one_answer(api):
    api.plytix.attributes([{"name": "Score", "type_class": "CompletenessAttribute"}])

    answer = api.one("GET", "v1/filters/product")

    assert set(answer) == {"attributes", "properties"}
    attributes = {item["key"]: item for item in answer["attributes"]}
    assert attributes["attributes.colour"] == {
        "key": "attributes.colour", "filter_type": "DropdownAttribute", "options": ["Blue", "Red"],
        "operators": ["exists", "!exists", "eq", "!eq", "in", "!in"],
    }  # fmt: skip
    assert set(attributes["attributes.material"]) == {"key", "filter_type", "operators"}
    types = {item["key"]: item["filter_type"] for item in answer["attributes"]}
    assert {key.removeprefix("attributes."): kind for key, kind in types.items() if key.startswith("attributes.")} == {
        "colour": "DropdownAttribute", "sizes": "MultiSelectAttribute", "material": "TextAttribute", "story": "HtmlAttribute",
        "notes": "MultilineAttribute", "pieces": "IntAttribute", "weight_kg": "DecimalAttribute", "launch": "DateAttribute",
        "manual": "UrlAttribute", "vegan": "BooleanAttribute", "hero": "MediaAttribute", "gallery": "MediaGalleryAttribute",
        "score": "DecimalAttribute",
    }  # fmt: skip
    assert {key: kind for key, kind in types.items() if not key.startswith("attributes.")} == {
        "created": "DateAttribute", "modified": "DateAttribute", "sku": "TextAttribute", "gtin": "TextAttribute",
        "label": "TextAttribute", "status": "DropdownAttribute", "categories": "MultiSelectAttribute",
        "static_lists": "MultiSelectAttribute", "assets": "MediaAttribute", "images": "MediaAttribute",
        "thumbnail": "MediaAttribute", "product_level": "IntAttribute",
    }  # fmt: skip
    assert [item["key"] for item in answer["properties"]] == ["_is_variation", "_has_variations"]
    assert "in" not in attributes["sku"]["operators"]  # it works all the same, and is not told


def test_some_accounts_tell_their_filters_without_a_wrapping(api):
    wrapped = api.one("GET", "v1/filters/product")

    api.plytix.manners(filters="flat")

    assert api.ask("GET", "v1/filters/product").json()["data"] == wrapped["attributes"] + wrapped["properties"]


def test_every_operator_that_the_filters_tell_of_is_taken(api):
    samples = {"IntAttribute": 1, "DecimalAttribute": 1.5, "DateAttribute": "2026-05-01", "BooleanAttribute": True}
    answer = api.one("GET", "v1/filters/product")

    for item in answer["attributes"] + answer["properties"]:
        for operator in item["operators"]:
            value = ["x"] if operator.endswith("in") else samples.get(item["filter_type"], "x")
            condition = {"field": item["key"], "operator": operator, "value": value}
            assert api.ask("POST", "v2/products/search", {"filters": [[condition]]}).status_code == 200, condition


@pytest.mark.parametrize("kind", ["asset", "relationships"])
def test_other_resources_tell_their_filters_too(api, kind):
    assert {"id", "created", "modified"} <= {item["key"] for item in api.one("GET", f"v1/filters/{kind}")["attributes"]}


# ---- families (§7.5, §9.3)


def test_a_family_is_made_named_and_counted(api):
    ids = {row["label"]: row["id"] for row in search(api, "attributes/product", "label", "exists", None, ["label"])}
    body = {"name": "Shoes", "attribute_ids": [ids["colour"]], "parent_attribute_ids": [ids["material"]]}
    answer = api.ask("POST", "v1/product_families", body)
    assert answer.status_code == 201
    (family,) = answer.json()["data"]
    assert family == {
        "id": family["id"], "name": "Shoes", "created": family["created"], "created_at": family["created"],
        "modified": family["modified"], "total_attributes": 2, "total_models": 0, "total_products": 0,
    }  # fmt: skip

    path = f"v1/product_families/{family['id']}"
    levels = {a["label"]: a["attribute_level"] for a in api.ask("GET", f"{path}/attributes").json()["data"]}
    assert levels == {"colour": "no_level", "material": "parent_level"}
    for action, body in (
        ("link", {"attributes": [ids["sizes"]], "attributes_level": "variant_level"}),
        ("edit", {"parent_level": ["attributes.colour"]}),
        ("unlink", {"attributes": [ids["material"]]}),
    ):
        assert api.ask("POST", f"{path}/attributes/{action}", body).status_code == 202
    levels = {a["label"]: a["attribute_level"] for a in api.ask("GET", f"{path}/attributes").json()["data"]}
    assert levels == {"colour": "parent_level", "sizes": "variant_level"}
    assert api.one("PATCH", path, {"name": "Boots"})["name"] == "Boots"
    found = api.ask("POST", "v1/product_families/search", {"attributes": ["name", "total_attributes"]}).json()["data"]
    assert found == [{"id": family["id"], "name": "Boots", "total_attributes": 2}]


def test_a_product_joins_a_family_and_leaves_it(api):
    family = api.one("POST", "v1/product_families", {"name": "Shoes"})["id"]
    product = api.create("TR-9")

    full = api.one("POST", f"v1/products/{product['id']}/family", {"product_family_id": family})
    assert full["product_family_id"] == family
    assert full["modified"] > product["modified"]
    assert api.read(product["id"], version=2)["product_family_id"] == family
    assert api.one("GET", f"v1/product_families/{family}")["total_products"] == 1

    slim = api.one("POST", f"v2/products/{product['id']}/family", {"product_family_id": ""})
    assert set(slim) == {"id", "created", "modified", "created_user_audit", "modified_user_audit"}
    assert "product_family_id" not in api.read(product["id"], version=2)


def test_another_family_costs_the_values_that_only_the_first_has(api):
    ids = {row["label"]: row["id"] for row in search(api, "attributes/product", "label", "exists", None, ["label"])}
    shoes, boots = (
        api.one("POST", "v1/product_families", {"name": name, "attribute_ids": [ids[label] for label in labels]})["id"]
        for name, labels in (("Shoes", ["colour", "pieces"]), ("Boots", ["colour"]))
    )
    id = api.create("TR-9", attributes={"colour": "Blue", "pieces": 1, "material": "x"})["id"]
    api.one("POST", f"v1/products/{id}/family", {"product_family_id": shoes})

    product = api.one("POST", f"v1/products/{id}/family", {"product_family_id": boots})

    assert product["attributes"] == {"colour": "Blue", "material": "x"}


def test_a_deleted_family_leaves_its_products_without_one(api):
    family = api.one("POST", "v1/product_families", {"name": "Shoes"})["id"]
    id = api.create("TR-9")["id"]
    api.one("POST", f"v1/products/{id}/family", {"product_family_id": family})

    assert api.ask("DELETE", f"v1/product_families/{family}").status_code == 202

    assert api.read(id)["product_family_id"] is None
    assert api.ask("POST", f"v1/products/{id}/family", {"product_family_id": family}).status_code == 404
    assert api.ask("POST", f"v1/products/{NOWHERE}/family", {"product_family_id": ""}).status_code == 404


# ---- categories (§9.4)


@pytest.mark.parametrize("kind", ["product", "file"])
def test_categories_form_a_tree_that_can_be_changed(api, kind):
    path = f"v1/categories/{kind}"
    shoes = api.one("POST", path, {"name": "Shoes"})
    api.one("POST", path, {"name": "Hats"})
    boots, socks = (api.one("POST", f"{path}/{shoes['id']}", {"name": name}) for name in ("Boots", "Socks"))
    assert boots == {
        "id": boots["id"], "name": "Boots", "slug": "boots", "path": ["Shoes", "Boots"], "parents_ids": [shoes["id"]],
        "n_children": 0, "order": "1", "modified": boots["modified"],
    }  # fmt: skip

    assert error(api.ask("POST", f"{path}/{shoes['id']}", {"name": "Boots"})) == (
        422, "Category Boots already exists", [("name", "already exists")])  # fmt: skip
    assert api.ask("PATCH", f"{path}/{shoes['id']}", {"sort_children": [socks["id"]]}).status_code == 422
    api.one("PATCH", f"{path}/{shoes['id']}", {"sort_children": [socks["id"], boots["id"]]})
    assert api.one("PATCH", f"{path}/{boots['id']}", {"name": "Winter boots"})["order"] == "2"
    assert api.one("PATCH", f"{path}/{boots['id']}", {"parent_id": ""})["path"] == ["Winter boots"]

    roots = api.ask("POST", f"{path}/search", {"filters": [[{"field": "parent_id", "operator": "!exists"}]], "attributes": ["order"]})
    assert [row["order"] for row in roots.json()["data"]] == ["1", "2", "3"]
    newest = api.ask("POST", f"{path}/search", {"attributes": ["name"], "pagination": {"order": "id"}}).json()["data"]
    assert [row["name"] for row in newest] == ["Socks", "Winter boots", "Hats", "Shoes"]
    assert api.ask("DELETE", f"{path}/{shoes['id']}").status_code == 204
    assert api.ask("PATCH", f"{path}/{socks['id']}", {"name": "x"}).status_code == 404


def test_roots_are_sorted_with_an_empty_answer(api):
    ids = [api.one("POST", "v1/categories/product", {"name": name})["id"] for name in "ab"]

    answer = api.ask("PATCH", "v1/categories/product/root", {"sort_children": ids[::-1]})

    assert (answer.status_code, answer.json()) == (200, {"data": []})
    rows = search(api, "categories/product", "parent_id", "!exists", None, ["name", "order"])
    assert {row["name"]: row["order"] for row in rows} == {"a": "2", "b": "1"}


def test_a_tree_is_six_levels_deep_at_most(api):
    path = "v1/categories/product"
    id = api.one("POST", path, {"name": "1"})["id"]
    for level in range(2, 7):
        id = api.one("POST", f"{path}/{id}", {"name": str(level)})["id"]

    assert api.ask("POST", f"{path}/{id}", {"name": "7"}).status_code == 422


# ---- relationships (§7.4, §9.5)


def test_a_relationship_is_defined_once_and_kept_while_it_is_used(api):
    definition = api.one("POST", "v1/relationships", {"name": "Spare parts"})
    assert set(definition) == {"id", "name", "label", "created", "created_at", "modified"}
    assert definition["label"] == "spare_parts"
    assert api.ask("POST", "v1/relationships", {"name": "Spare parts"}).status_code == 409

    first, second = (api.create(sku)["id"] for sku in ("A-1", "A-2"))
    path = f"products/{first}/relationships/{definition['id']}"
    api.one("POST", f"v1/{path}", {"product_relationships": [{"product_id": second, "quantity": 2}]})
    in_use = (409, f"Relationship id {definition['id']} is in use", [])
    assert error(api.ask("DELETE", f"v1/relationships/{definition['id']}")) == in_use
    assert api.ask("DELETE", f"v2/{path}", {"product_relationships": [second]}).status_code == 204
    assert api.ask("DELETE", f"v1/relationships/{definition['id']}").status_code == 204


def test_v1_tells_of_unknown_related_products_and_v2_passes_over_them(api):
    definition = api.one("POST", "v1/relationships", {"name": "Spare parts"})["id"]
    first, second = (api.create(sku)["id"] for sku in ("A-1", "A-2"))
    path, unknown = f"products/{first}/relationships/{definition}", {"product_relationships": [{"product_id": NOWHERE}]}

    refused = api.ask("POST", f"v1/{path}", unknown)
    assert error(refused) == (409, "relationship data validation failed", [("product_id", "product does not exists")])
    assert refused.json()["error"]["errors"][0]["value"] == NOWHERE
    passed = api.ask("POST", f"v2/{path}", unknown)
    assert (passed.status_code, passed.json()) == (200, {"data": []})

    known = {"product_relationships": [{"product_id": second, "quantity": 2}]}
    assert [api.ask("POST", f"v1/{path}", known).status_code for _ in range(2)] == [201, 200]
    assert api.one("PATCH", f"v1/{path}/product/{second}", {"quantity": 3})["quantity"] == 3
    (shown,) = api.read(first)["relationships"]
    (link,) = shown["related_products"]
    assert (shown["relationship_id"], shown["relationship_label"]) == (definition, "spare_parts")
    assert (link["product_id"], link["quantity"]) == (second, 3)
    (row, _) = api.found(attributes=["relationships.spare_parts"])
    assert row["relationships"] == [shown]
    assert api.ask("POST", f"v1/{path}/unlink", {"product_relationships": [{"product_id": second}]}).status_code == 204
    assert api.read(first)["relationships"] == []


def test_a_deleted_product_is_related_to_nobody_any_more(api):
    definition = api.one("POST", "v1/relationships", {"name": "Spare parts"})["id"]
    first, second = (api.create(sku)["id"] for sku in ("A-1", "A-2"))
    api.one("POST", f"v1/products/{first}/relationships/{definition}", {"product_relationships": [{"product_id": second}]})

    api.ask("DELETE", f"v1/products/{second}")

    assert api.read(first)["relationships"] == []


def search(api, path, field, operator, value=None, columns=()):
    condition = {"field": field, "operator": operator, "value": value}
    body = {"filters": [[condition]], "attributes": list(columns), "pagination": {"page_size": 100}}
    return api.ask("POST", f"v1/{path}/search", body).json()["data"]
