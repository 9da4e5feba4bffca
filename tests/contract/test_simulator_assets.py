"""Assets of the simulated Plytix, and what products are linked to (plytix-api.md §6.1, §7.1, §7.2, §8)."""

import base64

import pytest

from tests.contract.simulated import error, signed_in

NOWHERE = "64b000000000000000000001"


@pytest.fixture
def api():
    with signed_in() as api:
        yield api


@pytest.fixture
def hero(api):
    return api.one("POST", "v1/assets", {"url": "https://example.com/photos/hero.jpg"})


def test_an_asset_is_made_of_a_url_that_nobody_fetches(api):
    answer = api.ask("POST", "v1/assets", {"url": "https://nowhere.invalid/photos/hero.jpg"})

    assert answer.status_code == 201
    (asset,) = answer.json()["data"]
    place = f"public_files/{asset['id']}/hero.jpg"
    assert asset == {
        "id": asset["id"], "filename": "hero.jpg", "extension": "jpg", "content_type": "image/jpeg", "file_type": "IMAGES",
        "file_size": asset["file_size"], "status": "ACTIVE", "public": True, "assigned": False, "n_products": 0, "n_catalogs": 0,
        "categories": [], "url": f"https://files.plytix.com/api/v1.1/file/{place}",
        "thumbnail": f"https://files.plytix.com/api/v1.1/thumb/{place}",
        "created": asset["created"], "modified": asset["modified"], "file_modified": asset["file_modified"],
    }  # fmt: skip
    assert asset["modified"].endswith("+00:00")
    assert "+" not in asset["file_modified"]
    assert api.one("GET", f"v1/assets/{asset['id']}") == asset


def test_the_same_file_again_gives_the_id_of_the_first(api, hero):
    exists = (409, "Asset already exists", [("asset.id", hero["id"])])
    assert error(api.ask("POST", "v1/assets", {"url": "https://example.com/photos/hero.jpg"})) == exists

    content = base64.b64encode(b"picture").decode()
    first = api.one("POST", "v1/assets", {"filename": "a.png", "content": content})
    assert first["file_size"] == 7
    answer = api.ask("POST", "v1/assets", {"filename": "b.png", "content": content})
    assert error(answer) == (409, "Asset already exists", [("asset.id", first["id"])])


@pytest.mark.parametrize(
    ("body", "field"),
    [({}, "url"), ({"url": "hero.jpg"}, "url"), ({"content": "QQ=="}, "filename"), ({"filename": "a.jpg", "content": "?"}, "content"),
     ({"url": "https://example.com/a.exe"}, "filename")],
)  # fmt: skip
def test_an_asset_that_cannot_be_is_refused(api, body, field):
    status, _, ((named, _),) = error(api.ask("POST", "v1/assets", body))

    assert (status, named) == (422, field)


def test_an_asset_is_renamed_within_its_kind_found_and_deleted(api, hero):
    path = f"v1/assets/{hero['id']}"
    refused = api.ask("PATCH", path, {"filename": "hero.png"})
    assert error(refused)[2] == [("filename", "Extension changes are not allowed")]
    assert api.one("PATCH", path, {"filename": "main.jpg"})["filename"] == "main.jpg"

    condition = {"field": "filename", "operator": "like", "value": "MAIN"}
    assert api.ask("POST", "v1/assets/search", {"filters": [[condition]]}).json()["data"] == [{"id": hero["id"]}]
    images = [[{"field": "file_type", "operator": "in", "value": ["IMAGES"]}]]
    rows = api.ask("POST", "v1/assets/search", {"filters": images, "attributes": ["filename", "assigned"]}).json()["data"]
    assert rows == [{"id": hero["id"], "filename": "main.jpg", "assigned": False}]

    id = api.create("TR-9", thumbnail={"id": hero["id"]}, attributes={"hero": {"id": hero["id"]}})["id"]
    assert api.one("GET", path)["n_products"] == 1
    assert api.ask("DELETE", path).status_code == 204
    product = api.read(id)
    assert (product["thumbnail"], product["assets"], product["attributes"]) == (None, [], {})
    assert error(api.ask("GET", path)) == (404, f" No results found for {hero['id']}", [("asset_id", "asset does not exist")])


def test_media_are_objects_in_v1_and_lists_of_ids_in_v2(api, hero):
    side = api.one("POST", "v1/assets", {"url": "https://example.com/side.jpg"})
    media = {"hero": {"id": hero["id"]}, "gallery": [{"id": side["id"]}, {"id": hero["id"]}]}

    v1 = api.create("TR-9", thumbnail={"id": hero["id"]}, attributes=media)
    v2 = api.read(v1["id"], version=2)

    brief = [{key: asset[key] for key in ("id", "filename", "thumbnail", "url")} for asset in (hero, side)]
    assert v1["thumbnail"] == brief[0]
    assert v1["attributes"] == {"hero": brief[0], "gallery": brief[::-1]}
    assert v1["assets"] == brief
    assert v2["thumbnail"] == {"id": hero["id"]}
    assert v2["attributes"] == {"hero": [hero["id"]], "gallery": [side["id"], hero["id"]]}
    assert v2["assets"] == [{"id": hero["id"]}, {"id": side["id"]}]


@pytest.mark.parametrize("thumbnail", ["64b000000000000000000001", {"id": NOWHERE}, 5])
def test_a_thumbnail_must_be_an_object_that_names_an_asset(api, thumbnail):
    status, _, ((field, _),) = error(api.ask("POST", "v1/products", {"sku": "TR-9", "thumbnail": thumbnail}))

    assert (status, field) == (422, "thumbnail")


@pytest.mark.parametrize("version", [1, 2])
def test_a_linked_asset_replaces_single_media_and_joins_a_gallery(api, hero, version):
    side = api.one("POST", "v1/assets", {"url": "https://example.com/side.jpg"})
    product = api.create("TR-9")
    path = f"v{version}/products/{product['id']}/assets"

    for label in ("hero", "gallery", "thumbnail"):
        for asset in (hero, side):
            answer = api.ask("POST", path, {"id": asset["id"], "attribute_label": label})
            assert (answer.status_code, answer.json()) == (201, {"data": [{"id": asset["id"]}]})

    after = api.read(product["id"], version=2)
    assert after["attributes"] == {"hero": [side["id"]], "gallery": [hero["id"], side["id"]]}
    assert after["thumbnail"] == {"id": side["id"]}
    assert after["modified"] > product["modified"][:26]
    rows = api.ask("GET", path).json()["data"]
    assert set(rows[0]) == {"id", "filename", "thumbnail", "url"} | ({"file_size"} if version == 2 else set())
    assert {row["id"] for row in rows} == {hero["id"], side["id"]}


def test_links_of_assets_that_cannot_be_are_refused_in_the_recorded_words(api, hero):
    id = api.create("TR-9", attributes={"hero": {"id": hero["id"]}})["id"]
    v1, v2 = f"v1/products/{id}/assets", f"v2/products/{id}/assets"

    linked = f"Asset id {hero['id']} is already linked to product attribute"
    assert error(api.ask("POST", v1, {"id": hero["id"], "attribute_label": "hero"})) == (409, linked, [("asset.id", "already linked")])
    unknown = (404, f"Asset id {NOWHERE} does not exist", [("asset.id", "asset does not exist")])
    assert error(api.ask("POST", v1, {"id": NOWHERE, "attribute_label": "hero"})) == unknown
    assert error(api.ask("POST", v1, {}))[2] == [("id", "Missing data for required field.")]
    assert error(api.ask("POST", v2, {}))[2] == [("asset.id", "asset id not found in request")]
    assert error(api.ask("POST", v1, {"id": hero["id"], "attribute_label": "colour"}))[0] == 422
    assert error(api.ask("GET", f"v2/products/{NOWHERE}/assets")) == (404, f"No product found for id {NOWHERE}", [])


def test_an_unlinked_asset_stays_and_a_second_time_it_is_not_found(api, hero):
    id = api.create("TR-9", thumbnail={"id": hero["id"]}, attributes={"gallery": [{"id": hero["id"]}]})["id"]
    path = f"v1/products/{id}/assets/{hero['id']}"
    assert api.one("GET", path)["id"] == hero["id"]

    assert api.ask("DELETE", path).status_code == 204

    assert api.read(id)["assets"] == []
    assert api.one("GET", f"v1/assets/{hero['id']}")["n_products"] == 0
    status, message, ((field, _),) = error(api.ask("DELETE", path))
    assert (status, message, field) == (404, f"asset id {hero['id']} is not related to product id {id}", "asset.id")


@pytest.mark.parametrize("version", [1, 2])
def test_a_category_is_linked_listed_and_unlinked(api, version):
    shoes = api.one("POST", "v1/categories/product", {"name": "Shoes"})["id"]
    boots = api.one("POST", f"v1/categories/product/{shoes}", {"name": "Boots"})["id"]
    id = api.create("TR-9", categories=[{"id": shoes}])["id"]
    path = f"v{version}/products/{id}/categories"

    answer = api.ask("POST", path, {"id": boots})
    assert (answer.status_code, answer.json()["data"]) == (201, [{"id": boots, "name": "Boots", "path": ["Shoes", "Boots"]}])
    assert api.read(id)["categories"] == [{"id": shoes, "name": "Shoes", "path": ["Shoes"]}, answer.json()["data"][0]]
    assert api.read(id, version=2)["categories"] == [{"id": shoes}, {"id": boots}]
    assert api.ask("GET", path).json()["data"] == api.read(id)["categories"]

    linked = f"Category id {boots} is already linked to product"
    assert error(api.ask("POST", path, {"id": boots})) == (409, linked, [("category.id", "already linked")])
    assert error(api.ask("POST", path, {"id": NOWHERE})) == (422, f"Unknown category {NOWHERE}", [("category.id", "does not exist")])
    assert api.ask("DELETE", f"{path}/{boots}").status_code == 204
    status, message, ((field, _),) = error(api.ask("DELETE", f"{path}/{boots}"))
    assert (status, message, field) == (404, f"category_id {boots} is not related to product id {id}", "asset.id")


def test_a_deleted_category_takes_those_below_it_off_the_products_too(api):
    shoes, hats = (api.one("POST", "v1/categories/product", {"name": name})["id"] for name in ("Shoes", "Hats"))
    boots = api.one("POST", f"v1/categories/product/{shoes}", {"name": "Boots"})["id"]
    id = api.create("TR-9", categories=[{"id": boots}, {"id": hats}])["id"]

    assert api.ask("DELETE", f"v1/categories/product/{shoes}").status_code == 204

    assert api.read(id, version=2)["categories"] == [{"id": hats}]


def test_a_product_with_an_unknown_category_is_not_made(api):
    answer = api.ask("POST", "v1/products", {"sku": "TR-9", "categories": [{"id": NOWHERE}]})

    assert (answer.status_code, error(answer)[2]) == (422, [("categories", "does not exist")])
    assert api.plytix.dump() == []


def test_a_product_has_three_hundred_assets_at_most_however_they_come(api):
    ids = [*api.plytix.assets([{"url": f"https://example.com/{n}.jpg"} for n in range(302)]).values()]
    most, more = [{"id": id} for id in ids[:300]], {"id": ids[300]}
    product = api.create("TR-9", attributes={"gallery": most})["id"]
    path = f"v1/products/{product}"

    assert error(api.ask("PATCH", path, {"attributes": {"gallery": [*most, more]}}))[::2] == (
        422, [("gallery", "At most 300 assets a product")])
    assert error(api.ask("PATCH", path, {"attributes": {"hero": more}}))[0] == 422
    assert error(api.ask("POST", f"{path}/assets", more | {"attribute_label": "gallery"}))[0] == 422
    assert error(api.ask("POST", "v1/products", {"sku": "TR-10", "attributes": {"gallery": [*most, more]}}))[0] == 422
    assert len(api.read(product)["assets"]) == 300

    assert api.ask("DELETE", f"{path}/assets/{ids[0]}").status_code == 204
    assert api.ask("POST", f"{path}/assets", more | {"attribute_label": "hero"}).status_code == 201
    assert api.plytix.product("TR-10") is None
