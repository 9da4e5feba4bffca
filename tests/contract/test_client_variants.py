"""The client makes variants, links and unlinks them, puts them in step again (plytix-api.md §7.3)."""

import pytest

from bridge.adapters.plytix.variants import Variants
from bridge.domain.row import Sku
from bridge.errors import Changed, Refused
from tests.contract.simulated import SHOE

NOBODY = "f" * 24


@pytest.fixture
def variants(account):
    return Variants(account.session, account.products)


@pytest.fixture
def parent(account):
    """With a family in which the material is the parent's."""
    material = next(a["id"] for a in account.api.ask("POST", "v1/attributes/product/search", {"attributes": ["label"]}).json()["data"]
                    if a["label"] == "material")
    family = account.api.one("POST", "v1/product_families", {"name": "Shoes", "parent_attribute_ids": [material]})["id"]
    id = account.api.create("TR-9", attributes={"material": "leather"})["id"]
    account.api.one("POST", f"v1/products/{id}/family", {"product_family_id": family})
    return id


def test_a_variant_is_made_in_one_request_which_answers_with_all_of_it(account, variants, parent):
    account.plytix.clear_log()
    made = variants.create(parent, Sku("TR-9-41"), {"label": "41", "colour": SHOE["colour"], "sizes": ["41"], "notes": None})

    assert account.plytix.counts()["total"] == 1 + 1, "and the login"
    assert (made.sku, made.parent, made.values["colour"], made.values["material"]) == ("TR-9-41", parent, "Blue", "leather")
    assert variants.of(parent) == [account.products.patch(made.id, {})]


def test_a_sku_that_is_taken_is_to_be_looked_into_and_a_value_that_is_wrong_refused(account, variants, parent):
    account.api.create("TR-9-41")
    with pytest.raises(Changed):
        variants.create(parent, Sku("TR-9-41"), {})
    with pytest.raises(Refused) as refused:
        variants.create(parent, Sku("TR-9-42"), {"colour": "Mauve"})
    assert list(refused.value.fields) == ["colour"]
    with pytest.raises(Changed):
        variants.create(NOBODY, Sku("TR-9-42"), {})


def test_a_single_product_becomes_a_variant_and_a_single_one_again_each_twice(account, variants, parent):
    id = account.api.create("TR-9-41")["id"]
    account.api.one("POST", f"v1/products/{id}/family", {"product_family_id": account.products.read(parent).family})

    variants.link(parent, id)
    variants.link(parent, id)
    assert account.products.read(id).parent == parent

    variants.unlink(parent, id)
    variants.unlink(parent, id)
    assert account.products.read(id).parent is None
    assert variants.of(parent) == []


def test_a_product_of_another_family_or_of_another_parent_is_no_variant(account, variants, parent):
    stranger = account.api.create("SL-1")["id"]
    with pytest.raises(Refused) as refused:
        variants.link(parent, stranger)
    assert "same family" in refused.value.fields["variant"]

    other = account.api.create("SL-2")["id"]
    variants.link(other, stranger)
    with pytest.raises(Refused):
        variants.link(parent, stranger)
    with pytest.raises(Changed):
        variants.link(parent, NOBODY)
    with pytest.raises(Changed):
        variants.of(NOBODY)


def test_what_a_variant_overrode_is_the_parents_again(account, variants, parent):
    made = variants.create(parent, Sku("TR-9-41"), {})
    account.products.patch(made.id, {"material": "cotton"})

    variants.resync(parent, ["material"], [made.id])

    assert account.products.read(made.id).values["material"] == "leather"
    with pytest.raises(Refused) as refused:
        variants.resync(parent, ["colour"], [made.id])
    assert list(refused.value.fields) == ["attribute_labels"]
