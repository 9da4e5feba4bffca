"""What the client asks of products, against the simulator: each operation, and what it makes of the answers (plytix-api.md §5, §6)."""

from dataclasses import replace

import pytest

from bridge.domain.row import Sku
from bridge.errors import Changed, Refused
from tests.contract.connected import A1, SHOE, Leases


def unaudited(product):
    """v1 does not tell who did it."""
    return replace(product, created_by_api=None, modified_by_api=None)


def test_a_product_written_through_v1_reads_back_equal_through_v2(client):
    products = client()
    written = products.create(A1, SHOE)

    assert written.values == SHOE
    read = products.read(written.id)
    assert read.created_by_api
    assert read.modified_by_api
    assert [unaudited(p) for p in (read, products.find(A1), *products.read_many([written.id]))] == [written] * 3


def test_pictures_categories_and_families_read_the_same_in_both_versions(plytix, client):
    asked = client()._session
    from bridge.adapters.plytix.session import Call, Kind

    def make(path, body):
        return asked.ask(Call(Kind.CREATE, "POST", f"/api/v1/{path}", body))[0]["id"]

    plytix.attributes([{"name": "Hero", "type_class": "MediaAttribute"}, {"name": "Gallery", "type_class": "MediaGalleryAttribute"}])
    hero, side = make("assets", {"url": "https://example.com/hero.jpg"}), make("assets", {"url": "https://example.com/side.jpg"})
    category, family = make("categories/product", {"name": "Boots"}), make("product_families", {"name": "Shoes"})
    media = {"hero": {"id": hero}, "gallery": [{"id": hero}, {"id": side}]}
    id = plytix.products([{"sku": "A-1", "categories": [{"id": category}], "attributes": media}])["A-1"]
    make(f"products/{id}/family", {"product_family_id": family})

    products = client()
    patched, read, (paged,) = products.patch(id, {"stock": 1}), products.read(id), products.read_many([id])

    assert patched.values["hero"] == [hero]
    assert sorted(patched.values["gallery"]) == sorted([hero, side])
    assert (patched.categories, patched.family, set(patched.assets)) == ((category,), family, {hero, side})
    assert unaudited(read) == unaudited(paged) == patched


def test_a_patch_changes_what_it_names_and_none_clears(client):
    products = client()
    shoe = products.create(A1, SHOE)

    patched = products.patch(shoe.id, {"label": "Neu", "colour": None, "sizes": None, "stock": 7})

    assert patched.values == {k: v for k, v in SHOE.items() if k not in ("colour", "sizes")} | {"label": "Neu", "stock": 7}
    assert patched.modified > shoe.modified


def test_the_same_values_again_do_not_move_the_product(client):
    products = client()
    shoe = products.create(A1, SHOE)

    assert products.patch(shoe.id, SHOE).modified == shoe.modified


def test_a_create_leaves_out_what_has_no_value(client):
    assert client().create(A1, {"label": None, "colour": None, "stock": 1}).values == {"status": "Draft", "stock": 1}


def test_a_sku_that_is_taken_is_changed_and_found_by_its_exact_spelling(plytix, client):
    ids = plytix.products([{"sku": "a-1"}, {"sku": "A-1"}, {"sku": "A-10"}])
    products = client()

    with pytest.raises(Changed):
        products.create(A1, {"label": "Mine"})
    assert products.find(A1).id == ids["A-1"]
    assert products.find(Sku("a-10")) is None


def test_a_search_that_ignores_case_finds_only_the_exact_product(plytix, client):
    ids = plytix.products([{"sku": "a-1"}, {"sku": "A-1"}])
    products = client()

    plytix.refuse(200, kind="product.search", body={"data": [{"id": id, "sku": sku} for sku, id in ids.items()]})
    assert products.find(A1).id == ids["A-1"]
    plytix.refuse(200, kind="product.search", body={"data": [{"id": ids["a-1"], "sku": "a-1"}]})
    assert products.find(A1) is None


def test_a_product_that_is_gone_is_told_so(plytix, client):
    products = client()
    shoe = products.create(A1, SHOE)
    plytix.delete("A-1")

    with pytest.raises(Changed):
        products.patch(shoe.id, {"label": "x"})
    assert products.read(shoe.id) is None
    assert products.find(A1) is None
    assert products.read_many([shoe.id]) == []


def test_what_a_person_edits_is_not_the_apis_edit_and_no_name_is_kept(plytix, client):
    products = client()
    shoe = products.create(A1, SHOE)
    plytix.edit("A-1", {"label": "By hand"})

    read = products.read(shoe.id)

    assert (read.created_by_api, read.modified_by_api, products.read_many([shoe.id])[0].modified_by_api) == (True, False, False)
    assert "Petra" not in repr(read)


def test_all_refused_fields_are_named_at_once_and_nothing_is_written(plytix, client):
    products = client()

    with pytest.raises(Refused) as refused:
        products.create(A1, SHOE | {"colour": "Teal", "weight": "heavy", "unheard_of": "x", "status": "Done"})

    assert set(refused.value.fields) == {"colour", "weight", "unheard_of", "status"}
    assert refused.value.fields["unheard_of"] == "label does not exist"
    assert plytix.product("A-1") is None


def test_a_refusal_that_names_no_field_of_ours_is_the_products(plytix, client):
    body = {"error": {"msg": "product data validation failed", "errors": [{"field": "family", "msg": "is missing"}]}}
    plytix.refuse(422, kind="product.create", body=body)

    with pytest.raises(Refused) as refused:
        client().create(A1, SHOE)

    assert refused.value.fields == {"*": "family: is missing"}


@pytest.mark.parametrize(("count", "requests"), [(0, 1), (99, 1), (100, 2), (250, 3)])
def test_a_listing_goes_on_until_a_page_is_not_full(plytix, client, count, requests):
    ids = plytix.products([{"sku": f"A-{n}"} for n in range(count)])
    products = client()

    rows = list(products.listed(None))

    assert {row.sku: row.id for row in rows} == ids
    assert products.requests["search"] == requests


def test_a_listing_since_a_time_holds_what_was_modified_then_or_later(plytix, client):
    plytix.products([{"sku": "A-1"}, {"sku": "A-2"}, {"sku": "A-3"}])
    products = client()
    plytix.advance(1)  # v2 tells milliseconds
    plytix.edit("A-2", {"label": "new"})
    edited = products.find(Sku("A-2")).modified

    assert [(row.sku, row.modified) for row in products.listed(edited)] == [("A-2", edited)]
    assert [row.sku for row in products.listed(edited + 1)] == []


def test_a_product_that_moves_to_another_page_is_listed_once(plytix, client):
    ids = plytix.products([{"sku": f"A-{n:03}"} for n in range(150)])
    plytix.meanwhile("delete", {"sku": "A-000"}, "product.search", when="then")
    plytix.meanwhile("create", {"values": {"sku": "A-150"}}, "product.search", when="then")

    listed = [row.id for row in client().listed(None)]

    assert len(listed) == len(set(listed))
    assert len(set(listed) & set(ids.values())) >= 149  # the one that slipped between two pages comes with the next listing


def test_more_columns_than_one_search_may_ask_for_are_read_in_several(plytix, client):
    plytix.attributes([{"name": f"Extra {n}", "type_class": "TextAttribute"} for n in range(120)])
    extras = {f"extra_{n}": f"value {n}" for n in range(120)}
    ids = plytix.products([{"sku": f"A-{n}", "attributes": extras | {"stock": n}} for n in range(3)])
    products = client()

    read = products.read_many(list(ids.values()))

    assert [(p.sku, p.values["stock"], len(p.values)) for p in read] == [(f"A-{n}", n, 122) for n in range(3)]
    assert products.requests["search"] == 3  # 135 columns
    assert [unaudited(p) for p in read] == [unaudited(products.read(id)) for id in ids.values()]


def test_more_than_a_hundred_products_are_read_by_the_hundred(plytix, client):
    ids = list(plytix.products([{"sku": f"A-{n}"} for n in range(130)]).values())
    products = client()

    assert [p.id for p in products.read_many([*ids, ids[0], "64b000000000000000000000"])] == ids
    assert products.requests["search"] == 2


def test_a_product_edited_between_two_searches_is_read_by_itself_and_never_mixed(plytix, client):
    plytix.attributes([{"name": f"Extra {n}", "type_class": "TextAttribute"} for n in range(60)])
    ids = plytix.products([{"sku": sku, "label": "old", "attributes": {"extra_59": "old"}} for sku in ("A-1", "A-2")])
    plytix.meanwhile("edit", {"sku": "A-1", "values": {"label": "new", "attributes": {"extra_59": "new"}}}, "product.search", when="then")
    products = client()

    first, second = products.read_many(list(ids.values()))

    assert (first.values["label"], first.values["extra_59"]) == ("new", "new")
    assert (second.values["label"], second.values["extra_59"]) == ("old", "old")
    assert products.requests["read"] == 1


def test_a_product_deleted_between_two_searches_is_left_out(plytix, client):
    plytix.attributes([{"name": f"Extra {n}", "type_class": "TextAttribute"} for n in range(60)])
    ids = plytix.products([{"sku": "A-1"}, {"sku": "A-2"}])
    plytix.meanwhile("delete", {"sku": "A-1"}, "product.search", when="then")

    assert [p.sku for p in client().read_many(list(ids.values()))] == ["A-2"]


def test_the_schema_names_types_and_options_and_changes_its_version_with_them(plytix, client):
    products = client()
    schema = products.schema()

    assert schema.types["colour"] == "DropdownAttribute"
    assert schema.options == {"colour": ["Blue", "Red"], "sizes": ["41", "42"]}
    assert products.schema().version == schema.version
    plytix.add_option("colour", "Teal")
    assert products.schema().version != schema.version


def test_an_attribute_that_vanished_costs_one_look_at_the_schema(plytix, client):
    products = client()
    shoe = products.create(A1, SHOE)
    products.schema()
    plytix.remove_attribute("weight")

    (read,) = products.read_many([shoe.id])

    assert "weight" not in read.values
    assert read.values["colour"] == "Blue"
    assert products.requests["schema"] == 2


def test_requests_are_counted_by_kind_and_each_takes_a_lease_but_not_the_login(plytix, client):
    leases = Leases()
    products = client(budget=leases)
    shoe = products.create(A1, SHOE)
    products.patch(shoe.id, {"stock": 2})
    products.find(A1)
    products.schema()

    assert products.requests == {"token": 1, "create": 1, "patch": 1, "search": 1, "read": 1, "schema": 1}
    assert leases.granted == 5
    assert plytix.counts()["total"] == 6
