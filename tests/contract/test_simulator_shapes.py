"""Field by field, the answers of the simulated Plytix have the shapes that plytix-api.md gives; products: `test_simulator_products.py`."""

import base64
import re

import pytest

from tests.contract.simulated import error, signed_in

ID = re.compile(r"[0-9a-f]{24}")
V1_TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}\+00:00")
NO_ZONE = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}")
PAGING = {"page": int, "page_size": int, "count": int, "total_count": int, "order": (str, type(None))}
ASSET = {  # §8.1
    "id": ID, "filename": str, "extension": str, "content_type": str, "file_type": str, "file_size": int, "status": str,
    "public": bool, "assigned": bool, "n_products": int, "n_catalogs": int, "categories": list, "url": str, "thumbnail": str,
    "created": V1_TIME, "modified": V1_TIME, "file_modified": NO_ZONE,
}  # fmt: skip
LINKED = {"id": ID, "filename": str, "thumbnail": str, "url": str}  # §7.1
FAMILY = {"id": ID, "name": str, "created": V1_TIME, "created_at": V1_TIME, "modified": V1_TIME, "total_attributes": int,
          "total_models": int, "total_products": int}  # §9.3
CATEGORY = {"id": ID, "name": str, "slug": str, "path": list, "parents_ids": list, "n_children": int, "order": re.compile(r"\d+"),
            "modified": V1_TIME}  # §9.4
RELATIONSHIP = {"id": ID, "name": str, "label": str, "created": V1_TIME, "created_at": V1_TIME, "modified": V1_TIME}  # §9.5
GIVEN = {"id": ID, "name": str, "label": re.compile(r"[a-z0-9_]+"), "type_class": str, "groups": list}  # §9.1
OURS = {"filter_type": str, "description": str, "modified": V1_TIME}
"""Columns of an attribute that searches give on request; that create, get and patch tell them too no source says."""
ATTRIBUTE = GIVEN | OURS
GROUP = {"id": ID, "name": str, "order": int, "attribute_labels": list}  # §9.2
RELATED = {"product_id": ID, "quantity": int, "last_modified": V1_TIME}  # §6.1, §7.4
MEMBER = {"legacy_id": ID, "role": str, "email": str, "username": str, "name": str, "last_name": str}  # §9.7
DEFINITIONS = {  # made by one POST of these values
    "attributes/product": (ATTRIBUTE, {"name": "Sole", "type_class": "TextAttribute"}),
    "attribute-groups/product": (GROUP, {"name": "Look", "attribute_labels": ["colour"]}),
    "product_families": (FAMILY, {"name": "Shoes"}),
    "categories/product": (CATEGORY, {"name": "Trail shoes"}),
    "categories/file": (CATEGORY, {"name": "Photos"}),
    "relationships": (RELATIONSHIP, {"name": "Spare parts"}),
    "assets": (ASSET, {"url": "https://example.com/hero.jpg"}),
}


@pytest.fixture
def api():
    with signed_in() as api:
        yield api


def conforms(entity, shape):
    """It has these fields and no others, each of its kind."""
    assert set(entity) == set(shape)
    for field, kind in shape.items():
        if isinstance(kind, re.Pattern):
            assert kind.fullmatch(entity[field]), (field, entity[field])
        else:
            assert isinstance(entity[field], kind), (field, entity[field])


@pytest.mark.parametrize("resource", DEFINITIONS)
def test_a_definition_is_made_shown_changed_and_found_in_its_shape(api, resource):
    shape, body = DEFINITIONS[resource]
    answer = api.ask("POST", f"v1/{resource}", body)
    assert answer.status_code == 201
    assert set(answer.json()) == {"data"}
    (made,) = answer.json()["data"]
    conforms(made, shape)

    changed = {"filename": "other.jpg"} if resource == "assets" else {"name": "Other"}
    patched = api.one("PATCH", f"v1/{resource}/{made['id']}", changed)
    conforms(patched, shape)
    assert {key: patched[key] for key in changed} == changed
    if resource.startswith(("categories", "attribute-groups")):
        assert error(api.ask("GET", f"v1/{resource}/{made['id']}"))[0] == 405  # there is no such call
    else:
        assert api.one("GET", f"v1/{resource}/{made['id']}") == patched


@pytest.mark.parametrize("resource", [*DEFINITIONS, "accounts/memberships", "accounts/api-credentials", "products"])
def test_a_search_gives_pages_in_the_five_keys(api, resource):
    if resource in DEFINITIONS:
        api.one("POST", f"v1/{resource}", DEFINITIONS[resource][1])

    answer = api.ask("POST", f"v1/{resource}/search", {"filters": [], "attributes": [], "pagination": {"page": 1, "page_size": 1}})

    assert answer.status_code == 200
    assert set(answer.json()) == {"data", "pagination"}
    conforms(answer.json()["pagination"], PAGING)
    assert len(answer.json()["data"]) <= 1


@pytest.mark.parametrize("resource", DEFINITIONS)
def test_search_rows_hold_their_id_and_what_was_asked_for(api, resource):
    made = api.one("POST", f"v1/{resource}", DEFINITIONS[resource][1])
    column = "filename" if resource == "assets" else "name"
    body = {"filters": [[{"field": column, "operator": "eq", "value": made[column].upper()}]], "attributes": [column]}

    (row,) = api.ask("POST", f"v1/{resource}/search", body).json()["data"]

    always = {"filter_type": made["filter_type"]} if resource == "attributes/product" else {}
    assert row == {"id": made["id"], column: made[column]} | always
    unknown = api.ask("POST", f"v1/{resource}/search", {"attributes": ["nope"]})
    assert error(unknown) == (422, "Schema validation error", [("nope", "unknown field")])


@pytest.mark.parametrize("resource", ["attributes/product", "product_families", "relationships", "assets", "products"])
@pytest.mark.parametrize("id", ["64b000000000000000000001", "not-existing"])
def test_an_unknown_or_malformed_id_is_a_404_everywhere(api, resource, id):
    status, message, ((field, why),) = error(api.ask("GET", f"v1/{resource}/{id}"))

    assert (status, message) == (404, f" No results found for {id}")
    assert (field, why) == {"assets": ("asset_id", "asset does not exist"), "products": ("id", "product does not exist")}.get(
        resource, ("id", "id does not exist"))  # fmt: skip


@pytest.mark.parametrize("path", [*DEFINITIONS, "products"])
def test_a_page_of_a_hundred_and_one_is_refused_everywhere(api, path):
    answer = api.ask("POST", f"v1/{path}/search", {"pagination": {"page_size": 101}})

    assert error(answer)[:2] == (422, "Schema validation error")
    assert error(answer)[2][0][0] == "page_size"


def test_links_of_a_product_have_their_shapes(api):
    product, other = api.create("A-1")["id"], api.create("A-2")["id"]
    asset = api.one("POST", "v1/assets", {"url": "https://example.com/hero.jpg"})["id"]
    category = api.one("POST", "v1/categories/product", {"name": "Shoes"})["id"]
    relationship = api.one("POST", "v1/relationships", {"name": "Spare parts"})
    path = f"products/{product}"

    assert api.one("POST", f"v1/{path}/assets", {"id": asset, "attribute_label": "hero"}) == {"id": asset}
    conforms(api.one("GET", f"v1/{path}/assets"), LINKED)
    conforms(api.one("GET", f"v1/{path}/assets/{asset}"), LINKED)
    conforms(api.one("GET", f"v2/{path}/assets"), LINKED | {"file_size": int})
    for linked in (api.one("POST", f"v1/{path}/categories", {"id": category}), api.one("GET", f"v2/{path}/categories")):
        assert linked == {"id": category, "name": "Shoes", "path": ["Shoes"]}
    body = {"product_relationships": [{"product_id": other, "quantity": 2}]}
    related = api.one("POST", f"v1/{path}/relationships/{relationship['id']}", body)
    conforms(related, {"relationship_id": ID, "relationship_label": str, "related_products": list})
    conforms(related["related_products"][0], RELATED)
    conforms(api.one("PATCH", f"v1/{path}/relationships/{relationship['id']}/product/{other}", {"quantity": 3}), RELATED)
    assert api.ask("POST", f"v2/{path}/relationships/{relationship['id']}", body).json() == {"data": []}
    full = api.read(product)
    conforms(full["assets"][0], LINKED)
    conforms(full["attributes"]["hero"], LINKED)
    assert full["categories"] == [{"id": category, "name": "Shoes", "path": ["Shoes"]}]
    assert full["relationships"][0]["relationship_label"] == "spare_parts"


def test_attributes_of_a_family_have_their_four_fields_and_system_attributes_no_id(api):
    (attribute,) = api.ask("POST", "v1/attributes/product/search", {
        "filters": [[{"field": "label", "operator": "eq", "value": "colour"}]], "attributes": ["label"]}).json()["data"]
    family = api.one("POST", "v1/product_families", {"name": "Shoes", "parent_attribute_ids": [attribute["id"]]})["id"]
    own = {"id": attribute["id"], "label": "colour", "name": "Colour", "attribute_level": "parent_level"}

    assert api.ask("GET", f"v1/product_families/{family}/attributes").json() == {"data": [own]}
    assert api.ask("GET", f"v1/product_families/{family}/all_attributes").json() == {"data": [own] + [
        {"id": None, "label": label, "name": label.title(), "attribute_level": "no_level"}
        for label in ("thumbnail", "label", "status", "categories")]}


def test_a_list_of_variants_gives_whole_products_of_its_version(api):
    parent = api.create("P")["id"]
    (id,) = [api.one("POST", f"v1/products/{parent}/variants", {"variant": {"sku": "V", "attributes": {"colour": "Blue"}}})["id"]]

    for version, link in ((1, "_parent_id"), (2, "parent_id")):
        answer = api.ask("GET", f"v{version}/products/{parent}/variants").json()
        assert answer == {"data": [api.read(id, version)]}
        assert answer["data"][0][link] == parent
        assert api.ask("GET", f"v{version}/products/{id}/variants").json() == {"data": []}


def test_some_accounts_show_links_of_v2_as_bare_ids(api):
    asset = api.one("POST", "v1/assets", {"url": "https://example.com/hero.jpg"})["id"]
    category = api.one("POST", "v1/categories/product", {"name": "Shoes"})["id"]
    id = api.create("A-1", thumbnail={"id": asset}, categories=[{"id": category}])["id"]
    links = ("thumbnail", "assets", "categories")
    shown = api.read(id, version=2)
    assert [shown[link] for link in links] == [{"id": asset}, [{"id": asset}], [{"id": category}]]

    assert api.plytix.manners(links="strings")["links"] == "strings"

    shown = api.read(id, version=2)
    assert [shown[link] for link in links] == [asset, [asset], [category]]


def test_people_and_keys_have_their_shapes(api):
    for person in api.ask("POST", "v1/accounts/memberships/search", {}).json()["data"]:
        conforms(person, MEMBER)
    conforms(api.one("POST", "v1/accounts/api-credentials/search", {}), {"legacy_id": ID, "role": str, "name": str})


def test_a_new_content_is_accepted_for_later_and_keeps_its_format(api):
    png = b"\x89PNG\r\n\x1a\n" + bytes(range(256)) + b"\r\n--x\r\n"
    asset = api.one("POST", "v1/assets", {"filename": "a.png", "content": base64.b64encode(b"old").decode()})
    path = f"v1/assets/{asset['id']}/content"
    api.plytix.lag(1)

    answer = api.ask("PUT", path, None, files={"file": ("whatever.py", png)})

    assert answer.status_code == 202
    conforms(answer.json()["data"][0], ASSET)
    assert api.one("GET", f"v1/assets/{asset['id']}")["file_size"] == 3
    api.plytix.advance(1)
    after = api.one("GET", f"v1/assets/{asset['id']}")
    assert (after["file_size"], after["filename"]) == (len(png), "a.png")
    assert after["file_modified"] > asset["file_modified"]
    words = [("content_type", "You cannot change the format type of the asset.")]
    assert error(api.ask("PUT", path, None, files={"file": ("a.png", b"%PDF-1.7")}))[::2] == (400, words)
    assert error(api.ask("PUT", path, None, files={"other": ("a.png", png)}))[2] == [("file", "Missing data for required field.")]
    assert error(api.ask("PUT", path, {"file": "x"}))[0] == 422
    assert error(api.ask("PUT", "v1/assets/not-existing/content", None, files={"file": ("a.png", png)}))[0] == 404
