"""A tour of all that `plytix-pim-client` offers: an independent client, used as it is; only its base URLs are set.

What it expects stands in its own code and in tests that its authors run against a live account (plytix-api.md §15). If it trips,
the simulator is wrong.
"""

import asyncio
import base64

import pytest
from plytix_pim_client import OperatorEnum, ProductsRelationshipFilter, RelationshipSearchFilter, SearchFilter, config
from plytix_pim_client.dtos.pagination import Pagination
from plytix_pim_client.dtos.products.attribute import ProductAttributeTypeClass as Type
from plytix_pim_client.dtos.products.family import ProductAttributeFamilyLevel as Level
from plytix_pim_client.exceptions import BadRequestError, ConflictError, UnprocessableEntityError

from local.plytix.server import Simulator
from tests.contract.pim_client import FLAVOURS, Tourist

NOBODY = "not-existing"
BY_NAME = Pagination(sort_by_attribute="name")
JPEG = base64.b64decode("/9j/4AAQSkZJRgABAQ==")


@pytest.fixture
def plytix():
    with Simulator() as plytix:
        yield plytix


@pytest.fixture(params=FLAVOURS)
def client(request, plytix, monkeypatch):
    monkeypatch.setattr(config, "PLYTIX_PIM_BASE_URL", plytix.url)
    monkeypatch.setattr(config, "PLYTIX_AUTH_BASE_URL", plytix.url)
    loop = asyncio.new_event_loop()
    tourist = Tourist(FLAVOURS[request.param]("key", "password"), loop)
    yield tourist
    tourist.close()
    loop.close()


def test_all_that_the_client_offers_does_what_its_authors_saw(client, tmp_path):
    tour(client, tmp_path)
    client.close()

    assert client.missed() == set()


def test_a_token_that_ends_in_the_middle_is_renewed(client, plytix):
    client.products.create_product("A-1")
    plytix.expire_tokens()

    assert client.products.create_product("A-2").sku == "A-2"
    assert [entry["status"] for entry in plytix.log()] == [401, 200, 201, 401, 200, 201]  # its first call says `Bearer None`


def test_a_full_window_makes_it_wait_and_nothing_is_lost(client, plytix):
    client.products.create_product("A-1")
    plytix.windows([[1, 0.5]], told="retry-after")

    assert [product.sku for product in [client.products.create_product(f"B-{n}") for n in range(2)]] == ["B-0", "B-1"]
    assert plytix.counts()["statuses"]["429"] == 1


def test_what_plytix_refuses_is_an_error_of_its_kind(client):
    client.products.create_product("A-1")

    with pytest.raises(ConflictError, match="A product with the same SKU already exists"):
        client.products.create_product("A-1")
    with pytest.raises(UnprocessableEntityError, match="label does not exist"):
        client.products.update_product(client.products.create_product("A-2").id, {"attributes": {"nope": 1}})
    with pytest.raises(UnprocessableEntityError, match="unknown field"):
        found(client.products, "products", field="nope")


def test_the_tour_works_where_a_202_takes_its_time(client, plytix):
    plytix.lag(1)
    family, attribute = client.products.families.create_family("Shoes"), client.products.attributes.create_attribute("Colour", Type.TEXT)
    client.products.families.attributes.link_attribute_to_family(family.id, [attribute.id])
    assert client.products.families.attributes.get_family_attributes(family.id) == []
    plytix.advance(1)
    assert len(client.products.families.attributes.get_family_attributes(family.id)) == 1


# ---- the stations


def tour(client, folder):
    """All of them."""
    filters(client)
    attributes(client)
    groups(client)
    families(client)
    for kind in ("assets", "products"):
        categories(client, kind)
    assets(client, folder)
    products(client)
    links(client)
    variants(client)
    relationships(client)


def filters(client):
    assert {"sku", "label", "status"} <= {item.key for item in client.filters.get_products_filters()}
    assert {"filename", "file_type"} <= {item.key for item in client.filters.get_assets_filters()}
    assert {"name", "label", "symmetrical"} <= {item.key for item in client.filters.get_relationships_filters()}


def attributes(client):
    calls = client.products.attributes
    colour = calls.create_attribute("Net-Colour: v1.0", Type.DROPDOWN, "of the upper", options=["Blue", "Red"], manual_sorting=True,
                                    sort_ascending=True)  # fmt: skip
    assert (colour.label, colour.type_class, colour.options, colour.groups) == ("net_colour__v1_0", Type.DROPDOWN, ["Blue", "Red"], [])
    plain = [{"name": f"Plain {n}", "type_class": Type.TEXT} for n in range(3)]
    texts = calls.create_attributes(plain)
    score = calls.create_attribute("Score", Type.COMPLETENESS, attributes=[{"id": colour.id, "label": colour.label}])
    assert score.attributes == [{"id": colour.id, "label": colour.label}]

    assert calls.get_attribute(colour.id) == colour
    assert calls.get_attributes([colour.id, NOBODY]) == [colour, None]
    assert calls.update_attribute(colour.id, "Colour").name == "Colour"
    assert calls.update_attributes([(texts[0].id, "Text"), (NOBODY, "x")])[0].name == "Text"
    assert names(found(calls, "product_attributes", field="name", value="PLAIN")) == ["Plain 1", "Plain 2"]
    assert calls.search_product_attributes([], ["id"], [], BY_NAME, extra={"return_pagination": True}).pagination.total_count == 5
    assert [len(page) for page in every(calls, "product_attributes")] == [2, 2, 1]
    assert calls.delete_attribute(score.id)
    assert calls.delete_attributes([texts[0].id, NOBODY]) == [True, False]


def groups(client):
    calls = client.products.attributes.groups
    label = client.products.attributes.create_attribute("Grouped", Type.INT).label
    first = calls.create_attributes_group("Group 0", [label])
    others = calls.create_attributes_groups([{"name": f"Group {n}"} for n in (1, 2)])
    assert [(group.order, group.attribute_labels) for group in (first, *others)] == [(0, [label]), (1, []), (2, [])]

    assert calls.update_attributes_group(first.id, order=2).order == 2
    updated = calls.update_attributes_groups([{"attributes_group_id": id, "name": "New"} for id in (first.id, NOBODY)])
    assert (updated[0].name, updated[0].attribute_labels, updated[1]) == ("New", [label], None)
    assert names(found(calls, "product_attributes_groups", field="name", value="group")) == ["Group 1", "Group 2"]
    assert [len(page) for page in every(calls, "product_attributes_groups")] == [2, 1]
    assert calls.delete_attributes_group(first.id)
    assert calls.delete_attributes_groups([others[0].id, NOBODY]) == [True, False]


def families(client):
    calls, made = client.products.families, client.products.attributes.create_attributes
    size, width = made([{"name": name, "type_class": Type.TEXT} for name in ("Size", "Width")])
    shoes = calls.create_family("Shoes", [size.id])
    others = calls.create_families([{"name": "Boots", "attribute_ids": [], "parent_attribute_ids": [width.id]}, {"name": "Hats"}])
    assert [family.total_attributes for family in (shoes, *others)] == [1, 1, 0]

    assert calls.get_family(shoes.id) == shoes
    assert calls.get_families([shoes.id, NOBODY]) == [shoes, None]
    assert calls.rename_family(shoes.id, "Trail shoes").name == "Trail shoes"
    assert calls.rename_families([(others[0].id, "High boots"), (NOBODY, "x")])[0].name == "High boots"
    assert calls.attributes.link_attribute_to_family(shoes.id, [width.id], Level.ON)
    assert calls.attributes.link_attributes_to_families([(others[1].id, [size.id], Level.OFF), (NOBODY, [], Level.OFF)]) == [True, None]
    assert levels(calls, shoes) == {"size": Level.OFF, "width": Level.ON}
    assert calls.attributes.edit_attributes_inheritance(shoes.id, ["size"], ["width"])
    assert calls.attributes.edit_attributes_inheritances([(NOBODY, [], [])]) == [None]
    assert levels(calls, shoes) == {"size": Level.ON, "width": Level.OFF}
    assert calls.attributes.unlink_attribute_to_family(shoes.id, [width.id])
    assert calls.attributes.unlink_attributes_to_families([(others[1].id, [size.id]), (NOBODY, [])]) == [True, None]
    assert [len(own or ()) for own in calls.attributes.get_families_attributes([shoes.id, others[1].id, NOBODY])] == [1, 0, 0]
    assert calls.get_family(shoes.id).total_attributes == 1

    product = client.products.create_product("F-1")
    assert client.products.assign_family(product.id, shoes.id)
    assert client.products.assign_families([(product.id, NOBODY), (NOBODY, shoes.id)]) == [None, None]
    assert client.products.get_product(product.id).product_family_id == shoes.id
    assert names(found(calls, "families", field="name", value="boot")) == ["High boots"]
    assert [len(page) for page in every(calls, "families")] == [2, 1]
    assert calls.delete_family(shoes.id)
    assert calls.delete_families([others[0].id, NOBODY]) == [True, False]
    assert client.products.get_product(product.id).product_family_id is None


def categories(client, resource):
    calls, kind = getattr(client, resource).categories, resource.removesuffix("s")
    create, search = getattr(calls, f"create_{kind}_category"), f"{kind}_categories"
    root = create("Shoes")
    assert (root.path, root.parents_ids, root.n_children, root.order, root.slug) == (["Shoes"], [], 0, "1", "shoes")
    low, high = getattr(calls, f"create_{kind}_categories")([{"name": name, "parent_category_id": root.id} for name in ("Low", "High")])
    other = create("Hats")
    assert low.path == ["Shoes", "Low"]

    calls.sorting_category(root.id, [high.id, low.id])
    members = [id for page in every(calls, search, attributes=["id", "order", "n_children"], by="id") for id in page]
    assert [category.id for category in members[:1]] == [other.id]  # order "id": the newest first
    assert {category.id: (category.order, category.n_children) for category in members} == {
        root.id: ("1", 2), high.id: ("1", 0), low.id: ("2", 0), other.id: ("2", 0)}  # fmt: skip
    assert calls.sorting_root_category([other.id, root.id]) is None
    assert names(found(calls, search, field="name", value="h")) == ["Hats", "High", "Shoes"]

    assert calls.move_category(low.id, other.id).parents_ids == [other.id]
    assert [moved and moved.parents_ids for moved in calls.move_categories([(low.id, root.id), (NOBODY, root.id)])] == [[root.id], None]
    assert calls.convert_to_first_level_category(low.id).parents_ids == []
    assert calls.convert_to_first_level_categories([high.id, NOBODY])[1] is None
    assert getattr(calls, f"delete_{kind}_category")(low.id)
    assert getattr(calls, f"delete_{kind}_categories")([high.id, NOBODY]) == [True, False]


def assets(client, tmp_path):
    calls = client.assets
    first = calls.create_asset_by_url("https://example.com/first.jpg")
    pair = ("second.jpg", "third.jpg")
    second, third = calls.create_assets_by_urls([{"url": "https://example.com/x", "filename": name} for name in pair])
    assert (first.filename, first.extension, first.file_type, first.public) == ("first.jpg", "jpg", "IMAGES", True)
    local = [tmp_path / name for name in ("one.txt", "two.txt", "new.py", "wrong.txt")]
    for number, path in enumerate(local):
        path.write_bytes(JPEG + bytes([number]) if path.suffix == ".py" else f"text {number}".encode())
    one = calls.create_asset_from_local_file(str(local[0]))
    (two,) = calls.create_assets_from_local_files([{"file_path": str(local[1])}])
    assert (one.file_size, two.file_size) == (6, 6)
    with pytest.raises(ConflictError, match=one.id):
        calls.create_asset_from_local_file(str(local[0]))

    assert calls.get_asset(first.id) == first
    assert calls.get_assets([one.id, NOBODY]) == [one, None]
    folder = calls.categories.create_asset_category("Photos")
    renamed = calls.update_asset(first.id, "renamed.jpg", category_ids=[folder.id])
    assert (renamed.filename, renamed.categories) == ("renamed.jpg", [{"id": folder.id}])
    assert calls.update_assets([(one.id, {"filename": "uno.txt"}), (NOBODY, {"public": True})])[1] is None
    assert calls.replace_asset(first.id, str(local[2])).modified > renamed.modified
    replaced = calls.replace_assets([(id, str(local[2])) for id in (second.id, NOBODY)])
    assert (replaced[0].filename, replaced[1]) == ("second.jpg", None)
    assert calls.get_asset(second.id).file_size == len(JPEG) + 1
    with pytest.raises(BadRequestError, match="You cannot change the format type of the asset"):
        calls.replace_asset(first.id, str(local[3]))
    assert [asset.filename for asset in found(calls, "assets", field="filename", value="JPG", column="filename")] == [
        "renamed.jpg", "second.jpg", "third.jpg"]  # fmt: skip
    assert [len(page) for page in every(calls, "assets", attributes=["id"], by="id")] == [2, 2, 1]
    assert calls.delete_asset(first.id)
    assert calls.delete_assets([third.id, NOBODY]) == [True, False]


def products(client):
    calls = client.products
    shoe = calls.create_product("P-1", "Trail shoe")
    others = calls.create_products([{"sku": "P-2"}, {"sku": "P-3", "label": "Hat"}])
    assert (shoe.status, shoe.product_type, others[0].label) == ("Draft", "SINGLE", None)

    assert calls.get_product(shoe.id) == shoe
    assert calls.get_products([others[0].id, NOBODY]) == [others[0], None]
    changed = calls.update_product(shoe.id, {"label": "Shoe", "attributes": {"size": "42"}})
    assert (changed.label, changed.attributes) == ("Shoe", {"size": "42"})
    assert calls.update_products([(shoe.id, {"status": "Completed"}), (NOBODY, {})])[1] is None
    assert [row.sku for row in found(calls, "products", field="sku", value="p-", column="sku")] == ["P-1", "P-2", "P-3"]
    pages = every(calls, "products", attributes=["sku", "label"], by="sku", filters=[[SearchFilter(
        field="sku", operator=OperatorEnum.IN, value=["P-1", "P-2", "P-3"])]])  # fmt: skip
    assert [[(row.sku, row.label) for row in page] for page in pages] == [[("P-1", "Shoe"), ("P-2", None)], [("P-3", "Hat")]]
    assert calls.delete_product(shoe.id)
    assert calls.delete_products([others[0].id, NOBODY]) == [True, False]


def links(client):
    hero = client.products.attributes.create_attribute("Hero", Type.MEDIA)
    one, two = client.products.create_products([{"sku": "L-1"}, {"sku": "L-2"}])
    photo, drawing = client.assets.create_assets_by_urls([{"url": f"https://example.com/{name}.png"} for name in ("photo", "drawing")])
    calls = client.products.assets
    assert calls.link_asset_to_product(one.id, photo.id, hero.label)
    assert calls.link_asset_to_products([(one.id, drawing.id, "thumbnail"), (NOBODY, photo.id, "thumbnail")]) == [True, False]
    assert [asset.filename for asset in calls.get_product_assets(one.id)] == ["drawing.png", "photo.png"]
    assert [asset.id for asset in calls.get_product_assets(one.id, photo.id)] == [photo.id]
    assert calls.get_multiple_product_assets([(two.id, None), (NOBODY, photo.id)]) == [[], None]
    assert client.products.get_product(one.id).assets[0]["filename"] == "drawing.png"
    assert calls.unlink_asset_from_product(one.id, photo.id)
    assert calls.unlink_asset_from_products([(one.id, drawing.id), (one.id, NOBODY)]) == [True, False]

    calls = client.products.categories
    hats, caps = (calls.create_product_category(name) for name in ("Winter", "Summer"))
    assert calls.link_product_to_category(one.id, hats.id)
    assert calls.link_product_to_categories([(one.id, caps.id), (NOBODY, caps.id)]) == [True, False]
    assert [category.path for category in calls.get_product_categories(one.id)] == [["Winter"], ["Summer"]]
    assert [category.name for category in calls.get_product_categories(one.id, caps.id)] == ["Summer"]
    assert calls.get_multiple_product_categories([(two.id, None), (NOBODY, NOBODY)]) == [[], None]
    assert calls.unlink_product_to_category(one.id, hats.id)
    assert calls.unlink_product_to_categories([(one.id, caps.id), (NOBODY, caps.id)]) == [True, False]


def variants(client):
    calls = client.products.variants
    parent, single = client.products.create_products([{"sku": "V"}, {"sku": "V-3"}])
    assert calls.get_product_variants(parent.id) == []
    first = calls.add_variant_to_product(parent.id, "V-1", "First", {"size": "41"})
    assert (first.label, first.attributes, first.product_type) == ("First", {"size": "41"}, "VARIANT")
    assert first._undocumented_data["_parent_id"] == parent.id
    assert calls.add_variant_to_products([(parent.id, {"sku": "V-2"}), (NOBODY, {"sku": "V-9"})])[1] is None
    assert calls.link_variant_to_product(parent.id, single.id)
    assert calls.link_variant_to_products([(NOBODY, NOBODY)]) == [False]
    assert [variant.sku for variant in calls.get_product_variants(parent.id)] == ["V-1", "V-2", "V-3"]
    assert client.products.get_product(parent.id).num_variations == 3
    assert calls.get_multiple_product_variants([single.id, NOBODY]) == [[], None]
    assert calls.unlink_variant_from_product(parent.id, single.id)
    assert calls.unlink_variant_from_products([(parent.id, first.id), (NOBODY, NOBODY)]) == [True, False]
    assert client.products.get_product(first.id).product_type == "SINGLE"


def relationships(client):
    calls = client.products.relationships
    spare = calls.create_product_relationship("Spare parts")
    others = calls.create_product_relationships([{"name": "Extras"}, {"name": "Sets"}])
    assert calls.get_relationship(spare.id) == spare
    assert calls.get_relationships([spare.id, NOBODY]) == [spare, None]
    assert (calls.update_relationship(spare.id, "Parts").name, spare.label) == ("Parts", "spare_parts")
    assert calls.update_relationships([(others[0].id, "More"), (NOBODY, "x")])[1] is None

    one, two, three = client.products.create_products([{"sku": f"R-{n}"} for n in (1, 2, 3)])
    related = calls.link_product_to_relationship(one.id, spare.id, [{"product_id": two.id, "quantity": 7}])
    assert [(link.product_id, link.quantity) for link in related.related_products] == [(two.id, 7)]
    again = {"product_relationship_id": spare.id, "product_relationships": [{"product_id": three.id, "quantity": 1}]}
    assert calls.link_product_to_relationships([again | {"product_id": id} for id in (one.id, NOBODY)])[1] is None
    assert calls.update_quantity_product_relationship(one.id, spare.id, two.id, 10)
    more = {"product_relationship_id": spare.id, "related_product_id": two.id, "quantity": 9}
    assert calls.update_quantity_multiple_product_relationships([more | {"product_id": id} for id in (one.id, NOBODY)])[1] is None
    assert [[link["quantity"] for link in r["related_products"]] for r in client.products.get_product(one.id).relationships] == [[9, 1]]
    assert related_skus(client, spare) == ["R-1"]
    assert related_skus(client, spare, ProductsRelationshipFilter(id=two.id, qty_operator=OperatorEnum.GREATER_THAN, value=[8])) == ["R-1"]
    assert related_skus(client, spare, ProductsRelationshipFilter(id=two.id, qty_operator=OperatorEnum.BETWEEN, value=[1, 8])) == []
    assert calls.unlink_product_from_relationship(one.id, spare.id, [two.id])
    unlink = {"product_relationship_id": spare.id, "product_ids_to_unlink": [three.id]}
    assert calls.unlink_product_from_relationships([unlink | {"product_id": id} for id in (one.id, NOBODY)]) == [True, False]

    assert names(found(calls, "product_relationships", field="name", value="s")) == ["Parts", "Sets"]
    assert [len(page) for page in every(calls, "product_relationships")] == [2, 1]
    assert calls.delete_product_relationship(spare.id)
    assert calls.delete_product_relationships([others[0].id, NOBODY]) == [True, False]


# ---- what all stations do


def found(calls, what, field, value="x", column="name"):
    wanted = [[SearchFilter(field=field, operator=OperatorEnum.CONTAINS, value=value)]]
    return getattr(calls, f"search_{what}")(wanted, [column], [], Pagination(sort_by_attribute=column))


def every(calls, what, attributes=("name",), by="name", filters=()):
    return getattr(calls, f"search_all_{what}")(list(filters), list(attributes), [], by, page_size=2)


def names(rows):
    return [row.name for row in rows]


def levels(calls, family):
    return {attribute.label: attribute.attribute_level for attribute in calls.attributes.get_family_attributes(family.id)}


def related_skus(client, relationship, *products):
    wanted = RelationshipSearchFilter(relationship_id=relationship.id, operator=OperatorEnum.EXISTS, product_ids=list(products))
    rows = client.products.search_products([], ["sku"], [[wanted]], Pagination(sort_by_attribute="sku"))
    return [row.sku for row in rows]
