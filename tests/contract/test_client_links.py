"""The client links things to products: assets, categories, a family; one call of a product at a time (plytix-api.md §7)."""

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from bridge.adapters.plytix.assets import Assets
from bridge.adapters.plytix.links import Links
from bridge.adapters.plytix.products import Products
from bridge.adapters.plytix.relationships import Relationships
from bridge.adapters.plytix.session import Limits, Session
from bridge.adapters.plytix.variants import Variants
from bridge.errors import Changed, Later, Refused
from tests.contract.connected import Kept, Leases

NOBODY = "f" * 24


@pytest.fixture
def links(account):
    return Links(account.session)


@pytest.fixture
def shoe(account):
    return account.api.create("TR-9")["id"]


@pytest.fixture
def pictures(account):
    urls = [f"https://example.com/{n}.jpg" for n in range(3)]
    return [account.api.one("POST", "v1/assets", {"url": url})["id"] for url in urls]


@pytest.fixture
def boots(account):
    return account.api.one("POST", "v1/categories/product", {"name": "Boots"})["id"]


def test_an_asset_takes_the_place_of_another_and_in_a_gallery_is_one_more(account, links, shoe, pictures):
    front, side, back = pictures
    links.link_asset(shoe, front)
    links.link_asset(shoe, side)
    links.link_asset(shoe, back, "hero")
    links.link_asset(shoe, front, "gallery")
    links.link_asset(shoe, side, "gallery")

    held = account.api.read(shoe)
    assert held["thumbnail"]["id"] == side
    assert account.products.read(shoe).values == {"status": "Draft", "hero": [back], "gallery": [front, side]}


def test_what_is_linked_is_linked_and_what_is_not_is_not(account, links, shoe, pictures, boots):
    for _ in range(2):
        links.link_asset(shoe, pictures[0], "gallery")
        links.link_category(shoe, boots)
    product = account.products.read(shoe)
    assert (product.assets, product.categories) == ((pictures[0],), (boots,))

    for _ in range(2):
        links.unlink_asset(shoe, pictures[0])
        links.unlink_category(shoe, boots)
    product = account.products.read(shoe)
    assert (product.assets, product.categories) == ((), ())


def test_a_product_or_an_asset_that_is_gone_is_to_be_looked_into(links, shoe, pictures, boots):
    for link in (lambda: links.link_asset(NOBODY, pictures[0]), lambda: links.link_asset(shoe, NOBODY),
                 lambda: links.link_category(NOBODY, boots), lambda: links.unlink_asset(NOBODY, pictures[0]),
                 lambda: links.unlink_category(NOBODY, boots), lambda: links.assign_family(NOBODY, None)):
        with pytest.raises(Changed):
            link()


def test_a_category_that_is_none_and_an_attribute_that_holds_no_assets_are_the_rows_fault(links, shoe, pictures):
    with pytest.raises(Refused) as unknown:
        links.link_category(shoe, NOBODY)
    assert unknown.value.fields == {"category.id": "does not exist"}
    with pytest.raises(Refused) as other:
        links.link_asset(shoe, pictures[0], "material")
    assert list(other.value.fields) == ["attribute_label"]


def test_a_family_is_assigned_and_taken_off_and_answers_with_the_whole_product(account, links, shoe):
    family = account.api.one("POST", "v1/product_families", {"name": "Shoes"})["id"]

    assert links.assign_family(shoe, family) == account.products.patch(shoe, {})
    assert account.products.read(shoe).family == family
    assert links.assign_family(shoe, None).family is None


def test_a_variant_has_no_family_of_its_own(account, links, shoe):
    family = account.api.one("POST", "v1/product_families", {"name": "Shoes"})["id"]
    variant = account.api.one("POST", f"v2/products/{shoe}/variants", {"sku": "TR-9-41"})["id"]

    with pytest.raises(Refused) as refused:
        links.assign_family(variant, family)
    assert "product_family_id" in refused.value.fields


def test_links_of_one_product_are_made_one_after_the_other_and_of_several_side_by_side(account, links, pictures):
    ids = [account.api.create(f"TR-{n}")["id"] for n in range(3)]
    under_way, most, counting = dict.fromkeys(ids, 0), dict.fromkeys(ids, 0), threading.Lock()
    together, send = threading.Barrier(3, timeout=5), account.session.tell

    def watched(call):
        id = call.path.split("/")[4]
        with counting:
            under_way[id] += 1
            most[id] = max(most[id], under_way[id])
        if call.body["id"] == pictures[0]:
            together.wait()  # each product's first link is under way while those of the others are
        send(call)
        with counting:
            under_way[id] -= 1

    account.session.tell = watched
    with ThreadPoolExecutor(9) as threads:
        list(threads.map(lambda pair: links.link_asset(*pair, "gallery"), [(id, picture) for picture in pictures for id in ids]))

    assert set(most.values()) == {1}
    assert [len(account.products.read(id).assets) for id in ids] == [3, 3, 3]


def test_who_waits_too_long_for_his_turn_comes_again_and_nothing_was_sent(account, pictures, shoe):
    session = Session(Kept(account.plytix.url), Leases(), Limits(total_s=0.05))
    with session.turns.of(shoe), pytest.raises(Later, match="still being made"):
        Links(session).link_asset(shoe, pictures[0])
    session.close()

    assert account.products.read(shoe).assets == ()


def test_nothing_is_linked_uploaded_or_deleted_while_writes_are_off(account, pictures, shoe, boots):
    class Off(Leases):
        def may_write(self):
            raise Later("writes are off")

    session = Session(Kept(account.plytix.url), Off(), Limits())
    links = Links(session)
    for write in (lambda: links.link_asset(shoe, pictures[0]), lambda: links.unlink_category(shoe, boots),
                  lambda: links.assign_family(shoe, None), lambda: Assets(session).upload("https://example.com/x.jpg"),
                  lambda: Relationships(session).part(shoe, boots, []), lambda: Variants(session, Products(session)).unlink(shoe, boots),
                  lambda: Products(session).delete(shoe)):
        with pytest.raises(Later, match="writes are off"):
            write()
    session.close()


def test_a_page_of_a_gateway_is_no_link(account, links, shoe, boots):
    account.plytix.refuse(200, kind="product.link", body="<html>all is well</html>")

    with pytest.raises(Later, match="not with JSON"):
        links.link_category(shoe, boots)
    assert account.products.read(shoe).categories == ()


def test_a_link_whose_answer_was_lost_is_made_again(account, links, shoe, boots):
    account.plytix.lose(kind="product.link")
    with pytest.raises(Later):
        links.link_category(shoe, boots)

    links.link_category(shoe, boots)
    assert account.products.read(shoe).categories == (boots,)
