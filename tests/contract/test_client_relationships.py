"""The client relates products, with quantities (plytix-api.md §7.4, §9.5)."""

import pytest

from bridge.adapters.plytix.relationships import Relationships
from bridge.errors import Changed, Refused

NOBODY = "f" * 24


@pytest.fixture
def relationships(account):
    return Relationships(account.session)


@pytest.fixture
def spare_parts(account):
    return account.api.one("POST", "v1/relationships", {"name": "Spare parts"})["id"]


@pytest.fixture
def ids(account):
    return [account.api.create(f"TR-{n}")["id"] for n in range(4)]


def related(account, id):
    return {other["product_id"]: other["quantity"] for link in account.api.read(id)["relationships"] for other in link["related_products"]}


def test_definitions_are_told_by_label(relationships, spare_parts):
    (found,) = relationships.all()
    assert (found.id, found.name, found.label) == (spare_parts, "Spare parts", "spare_parts")


def test_products_are_related_a_request_for_all_and_take_new_quantities(account, relationships, spare_parts, ids):
    shoe, lace, sole, box = ids
    account.plytix.clear_log()
    relationships.relate(shoe, spare_parts, {lace: 2, sole: None})
    relationships.relate(shoe, spare_parts, {lace: 3, box: 1})
    relationships.relate(shoe, spare_parts, {lace: 3, box: 1})

    assert account.plytix.counts()["kinds"] == {"product.link": 3, "token": 1}
    assert related(account, shoe) == {lace: 3, sole: None, box: 1}


def test_products_are_parted_whether_they_were_related_or_not(account, relationships, spare_parts, ids):
    shoe, lace, sole, box = ids
    relationships.relate(shoe, spare_parts, {lace: 2, sole: 1})

    for _ in range(2):
        relationships.part(shoe, spare_parts, [lace, box])

    assert related(account, shoe) == {sole: 1}


def test_what_is_gone_is_to_be_looked_into(relationships, spare_parts, ids):
    for relate in (lambda: relationships.relate(ids[0], spare_parts, {NOBODY: 1}),
                   lambda: relationships.relate(NOBODY, spare_parts, {ids[1]: 1}),
                   lambda: relationships.relate(ids[0], NOBODY, {ids[1]: 1}),
                   lambda: relationships.part(NOBODY, spare_parts, [ids[1]])):
        with pytest.raises(Changed):
            relate()


def test_more_than_plytix_keeps_is_refused(account, relationships, spare_parts, ids):
    many = account.plytix.products([{"sku": f"M-{n}"} for n in range(301)])
    with pytest.raises(Refused):
        relationships.relate(ids[0], spare_parts, dict.fromkeys(many.values(), 1))
