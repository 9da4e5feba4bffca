"""The client reads what products of an account may say: attributes, groups, families, categories, relationships (plytix-api.md §9)."""

import pytest

from bridge.adapters.plytix.attributes import Attributes
from bridge.adapters.plytix.categories import Categories, Tree
from bridge.adapters.plytix.families import Families
from bridge.adapters.plytix.products import Products
from bridge.domain.product import Attribute, Family, Structure
from bridge.errors import Changed, Later, Stop
from tests.contract.simulated import CATALOGUE

NOBODY = "f" * 24


@pytest.fixture
def ids(account):
    """Of the account's attributes, by label."""
    return {attribute.label: attribute.id for attribute in Attributes(account.session).all()}


def test_attributes_have_their_own_types_also_where_filters_tell_another(account):
    account.plytix.attributes([{"name": "Content score", "type_class": "CompletenessAttribute", "attributes": [{"label": "colour"}]}])
    attributes = Attributes(account.session)

    types = {attribute.label: attribute.type_class for attribute in attributes.all()}
    assert len(types) == len(CATALOGUE) + 1
    assert (types["weight_kg"], types["content_score"]) == ("DecimalAttribute", "CompletenessAttribute")
    schema = account.products.schema()
    assert schema.type_class("content_score") == "DecimalAttribute"


def test_one_attribute_is_read_with_all_that_it_has(account, ids):
    colour = Attributes(account.session).read(ids["colour"])

    assert (colour.name, colour.options, colour.manual_sorting) == ("Colour", ["Blue", "Red"], True)
    with pytest.raises(Changed):
        Attributes(account.session).read(NOBODY)


def test_groups_come_in_peoples_order(account):
    for body in ({"name": "Late"}, {"name": "Early", "order": 0, "attribute_labels": ["colour", "sizes"]}):
        account.api.one("POST", "v1/attribute-groups/product", body)

    groups = Attributes(account.session).groups()
    assert [(group.name, group.attribute_labels) for group in groups] == [("Early", ["colour", "sizes"]), ("Late", [])]


def test_families_tell_who_inherits_what(account, ids):
    body = {"name": "Shoes", "attribute_ids": [ids["colour"]], "parent_attribute_ids": [ids["material"]]}
    shoes = account.api.one("POST", "v1/product_families", body)["id"]
    families = Families(account.session)

    assert [(family.id, family.name, family.total_attributes) for family in families.all()] == [(shoes, "Shoes", 2)]
    assert families.read(shoes).name == "Shoes"
    levels = {member.label: member.attribute_level for member in families.members(shoes)}
    assert levels == {"colour": "no_level", "material": "parent_level"}
    with pytest.raises(Changed):
        families.read(NOBODY)


def test_both_trees_of_categories_are_told_by_their_paths_a_request_a_hundred(account):
    shoes = account.api.one("POST", "v1/categories/product", {"name": "Shoes"})["id"]
    boots = account.api.one("POST", f"v1/categories/product/{shoes}", {"name": "Boots"})["id"]
    for n in range(100):
        account.api.one("POST", "v1/categories/file", {"name": f"Files {n}"})
    account.plytix.clear_log()
    categories = Categories(account.session)

    told = categories.all(Tree.PRODUCT)
    assert {tuple(category.path): category.id for category in told} == {("Shoes",): shoes, ("Shoes", "Boots"): boots}
    assert next(category for category in told if category.id == boots).parents_ids == [shoes]
    assert len({category.id for category in categories.all(Tree.FILE)}) == 100
    assert account.plytix.counts()["kinds"] == {"category.search": 1 + 2, "token": 1}, "a full page may not be the last"


def test_the_structure_is_all_of_it_at_once(account, ids):
    account.api.one("POST", "v1/attribute-groups/product", {"name": "Looks", "attribute_labels": ["colour"]})
    shoes = account.api.one("POST", "v1/product_families", {"name": "Shoes", "attribute_ids": [ids["colour"]]})["id"]
    boots = account.api.one("POST", "v1/categories/product", {"name": "Boots"})["id"]
    photos = account.api.one("POST", "v1/categories/file", {"name": "Photos"})["id"]
    parts = account.api.one("POST", "v1/relationships", {"name": "Spare parts"})["id"]

    told = account.products.structure(7)

    assert set(told.attributes) == set(ids)
    assert told.attributes["colour"] == Attribute(ids["colour"], "Colour", "DropdownAttribute", ("Looks",))
    assert (told.attributes["sizes"].groups, told.families) == ((), {shoes: Family(shoes, "Shoes", {"colour": "no_level"})})
    assert told == Structure(7, told.attributes, told.families, {("Boots",): boots}, {("Photos",): photos}, {"spare_parts": parts})


def test_a_family_that_is_deleted_while_it_is_read_is_left_out(account):
    shoes = account.api.one("POST", "v1/product_families", {"name": "Shoes"})["id"]
    gone = {"error": {"msg": f" No results found for {shoes}", "errors": [{"field": "id", "msg": "id does not exist"}]}}
    account.plytix.refuse(404, kind="family.read", body=gone)

    assert account.products.structure(1).families == {}


def test_a_schema_without_any_field_is_half_an_answer_and_not_an_account_without_attributes(account):
    account.plytix.refuse(200, kind="schema", body={"data": []})
    with pytest.raises(Later):
        account.products.schema()


def test_a_key_that_may_not_read_them_stops(account):
    account.plytix.refuse(403, kind="family.search", body={"error": {"msg": "Permission denied."}})
    with pytest.raises(Stop, match="Permission denied"):
        account.products.structure(1)


def test_a_product_takes_assets_in_its_media_by_the_schema_as_it_was_stored(account, ids):
    urls = [f"https://example.com/{n}.jpg" for n in range(2)]
    hero, side = (account.api.one("POST", "v1/assets", {"url": url})["id"] for url in urls)
    stored = account.products.schema()
    account.plytix.clear_log()
    products = Products(account.session, stored=lambda: stored)
    made = products.create("TR-9", {"hero": [hero], "gallery": [hero, side], "sizes": ["41", "42"]})
    patched = products.patch(made.id, {"gallery": [side], "hero": None})

    assert (made.values["hero"], made.values["gallery"], made.values["sizes"]) == ([hero], [hero, side], ["41", "42"])
    assert patched.values == {"status": "Draft", "gallery": [side], "sizes": ["41", "42"]}
    assert account.plytix.counts()["kinds"] == {"product.create": 1, "product.patch": 1}


def test_a_product_is_deleted_and_deleting_it_again_does_no_harm(account):
    id = account.api.create("TR-9")["id"]
    for _ in range(2):
        account.products.delete(id)

    assert account.products.read(id) is None
