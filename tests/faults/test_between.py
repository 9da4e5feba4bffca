"""What people take away between our compare and our write: a product, its name, an attribute. All else arrives, nobody's work is lost."""

from __future__ import annotations

import pytest

from bridge.domain.mirror import Existence, Mirror
from bridge.domain.row import Sku
from tests.actors import ATTRIBUTES, Company, Told, Visitor, a_feed
from tests.faults.ending import drops, refreshes, tables_of

COLUMNS = {"name": "label", "price": {"to": "price", "type": "decimal", "owner": "feed"}}
QUICK = {"upload_event_s": 0, "redrive_s": 0, "retry_s": 0}
FIRST = "sku;name;price\nA-1;Chair;10\nA-2;Table;20\n"
SECOND = "sku;name;price\nA-1;Armchair;11\nA-2;Desk;21\n"
PRICE = [attribute for attribute in ATTRIBUTES if attribute["label"] == "price"]
MANY = 12
"""Enough for a bulk job."""


@pytest.fixture
def company(company: Company) -> Company:
    company.works_with(a_feed(columns=COLUMNS), **QUICK)
    company.refreshes()  # the schema is known
    return company


@pytest.fixture
def pair(company: Company, erp: Visitor) -> Company:
    """Two products that the ERP has made."""
    drops(company, erp, FIRST, "first")
    company.plytix.clear_log()
    return company


@pytest.fixture
def entitled(company: Company, erp: Visitor) -> Company:
    """An account with bulk jobs, and products that a first drop has made."""
    company.has_not_loaded_the_mirror()
    company.plytix.bulk()
    company.refreshes()
    drops(company, erp, sheet("Chair", 10), "first")
    company.plytix.clear_log()
    return company


def sheet(name: str, price: int) -> str:
    return "sku;name;price\n" + "".join(f"A-{n};{name};{price}\n" for n in range(MANY))


def mirror(company: Company, sku: str) -> Mirror:
    return tables_of(company.twin).mirror(Sku(sku))


def at_the_patch_of(company: Company, ours: str, when: str, action: str, **arguments: str) -> None:
    """A person does this just before (`first`) or just after (`then`) our next request about this very product."""
    path = f"/api/v1/products/{company.plytix.product(ours)['id']}"
    company.plytix.fault(when, kind="product.patch", path=path, action=action, arguments=arguments)


# ---- a product is deleted
def test_a_product_that_is_deleted_between_compare_and_write_stays_so_and_costs_no_other_row(pair, erp):
    at_the_patch_of(pair, "A-1", "first", "delete", sku="A-1")

    receipt = drops(pair, erp, SECOND)

    assert pair.products() == {"A-2": {"label": "Desk", "price": 21}}
    assert (receipt.outcomes, receipt.told) == ({"SKIPPED": 1, "UPDATED": 1}, [Told("SKIPPED-DELETED", 2, None, "")])
    assert mirror(pair, "A-1").existence is Existence.GONE
    assert "create" not in pair.requests()


def test_a_product_that_is_deleted_right_after_the_write_stays_so_too(pair, erp):
    at_the_patch_of(pair, "A-1", "then", "delete", sku="A-1")

    assert drops(pair, erp, SECOND).outcomes == {"UPDATED": 2}
    later = drops(pair, erp, "sku;name;price\nA-1;Stool;12\nA-2;Desk;22\n", "third")

    assert (later.outcomes, later.codes) == ({"SKIPPED": 1, "UPDATED": 1}, ["SKIPPED-DELETED"])
    assert pair.products() == {"A-2": {"label": "Desk", "price": 22}}
    assert "create" not in pair.requests()


def test_a_product_that_is_deleted_before_a_bulk_job_stays_so_and_costs_no_other_row(entitled, erp):
    entitled.plytix.meanwhile("delete", {"sku": "A-3"}, kind="bulk.submit")

    receipt = drops(entitled, erp, sheet("Stool", 11))

    assert entitled.products() == {f"A-{n}": {"label": "Stool", "price": 11} for n in range(MANY) if n != 3}
    assert (receipt.outcomes, receipt.told) == ({"SKIPPED": 1, "UPDATED": MANY - 1}, [Told("SKIPPED-DELETED", 5, None, "")])
    assert mirror(entitled, "A-3").existence is Existence.GONE
    assert entitled.sent() == 0


# ---- a product is renamed
def test_what_was_sent_of_a_product_that_is_renamed_between_compare_and_write_stands_under_its_new_name(pair, erp):
    at_the_patch_of(pair, "A-1", "first", "rename", sku="A-1", to="A-9")

    receipt = drops(pair, erp, SECOND)

    assert pair.products() == {"A-9": {"label": "Armchair", "price": 11}, "A-2": {"label": "Desk", "price": 21}}
    assert (receipt.outcomes, receipt.codes) == ({"UPDATED": 2}, ["HELD-RENAMED"])
    assert_moved(pair, "A-1", "A-9", {"label": "Armchair", "price": 11})
    assert (pair.requests()["patch"], "create" in pair.requests()) == (2, False)
    followed(pair, erp, "A-1", "A-9")


def test_what_was_sent_of_a_product_that_is_renamed_before_a_bulk_job_stands_under_its_new_name(entitled, erp):
    entitled.plytix.meanwhile("rename", {"sku": "A-3", "to": "B-3"}, kind="bulk.submit")

    receipt = drops(entitled, erp, sheet("Stool", 11))

    assert set(entitled.products()) == {f"A-{n}" for n in range(MANY) if n != 3} | {"B-3"}
    assert all(values == {"label": "Stool", "price": 11} for values in entitled.products().values())
    assert (receipt.outcomes, receipt.codes) == ({"UPDATED": MANY}, ["HELD-RENAMED"])
    assert_moved(entitled, "A-3", "B-3", {"label": "Stool", "price": 11})
    assert entitled.sent() == 0
    followed(entitled, erp, "A-3", "B-3")


def assert_moved(company: Company, old: str, new: str, values: dict[str, object]) -> None:
    held = mirror(company, new)
    assert held.existence is Existence.LIVING
    assert {name: held.values.get(name) for name in values} == values
    assert mirror(company, old).existence is Existence.RENAMED


def followed(company: Company, erp: Visitor, old: str, new: str) -> None:
    """The old number is held with its remedy; the new one is known, and is no second product."""
    before = len(company.products())
    held = drops(company, erp, f"sku;name;price\n{old};Bench;12\n", "old number")
    assert (held.outcomes, held.codes) == ({"HELD": 1}, ["HELD-RENAMED"])
    assert held.issues[0]["remedy"] == "Send it under its new number."
    assert drops(company, erp, f"sku;name;price\n{new};Bench;12\n", "new number").outcomes == {"UPDATED": 1}
    assert company.products()[new] == {"label": "Bench", "price": 12}
    assert len(company.products()) == before


# ---- an attribute vanishes
@pytest.mark.parametrize("when", ["before the drop", "between compare and write"])
def test_of_a_change_all_arrives_but_the_value_whose_attribute_vanished_and_that_goes_by_itself_once_it_is_back(pair, erp, when):
    vanishes(pair, when, "product.patch")

    receipt = drops(pair, erp, SECOND)

    assert pair.products() == {"A-1": {"label": "Armchair"}, "A-2": {"label": "Desk"}}
    assert receipt.outcomes == {"UPDATED": 2}
    assert sorted(receipt.told) == [Told("PLYTIX-ATTRIBUTE", 2, "price", "11"), Told("PLYTIX-ATTRIBUTE", 3, "price", "21")]
    refreshes(pair)
    asked = pair.sent()
    refreshes(pair)
    assert pair.sent() == asked, "what cannot be taken is not sent again and again"

    comes_back(pair)
    assert pair.products() == {"A-1": {"label": "Armchair", "price": 11}, "A-2": {"label": "Desk", "price": 21}}


@pytest.mark.parametrize("when", ["before the drop", "between compare and write"])
def test_a_product_is_made_without_the_value_whose_attribute_vanished_and_that_goes_by_itself_once_it_is_back(company, erp, when):
    vanishes(company, when, "product.create")

    receipt = drops(company, erp, FIRST)

    assert company.products() == {"A-1": {"label": "Chair"}, "A-2": {"label": "Table"}}
    assert receipt.outcomes == {"CREATED": 2}
    assert sorted(receipt.told) == [Told("PLYTIX-ATTRIBUTE", 2, "price", "10"), Told("PLYTIX-ATTRIBUTE", 3, "price", "20")]
    refreshes(company)

    comes_back(company)
    assert company.products() == {"A-1": {"label": "Chair", "price": 10}, "A-2": {"label": "Table", "price": 20}}


def test_of_a_bulk_job_all_arrives_but_the_values_whose_attribute_vanished_and_they_go_by_themselves_once_it_is_back(entitled, erp):
    vanishes(entitled, "between compare and write", "bulk.submit")

    receipt = drops(entitled, erp, sheet("Stool", 11))

    assert entitled.products() == {f"A-{n}": {"label": "Stool"} for n in range(MANY)}
    assert receipt.outcomes == {"UPDATED": MANY}
    assert sorted(receipt.told) == [Told("PLYTIX-ATTRIBUTE", n + 2, "price", "11") for n in range(MANY)]
    refreshes(entitled)

    comes_back(entitled)
    assert entitled.products() == {f"A-{n}": {"label": "Stool", "price": 11} for n in range(MANY)}


def vanishes(company: Company, when: str, kind: str) -> None:
    if when == "before the drop":
        company.plytix.remove_attribute("price")
    else:
        company.plytix.meanwhile("remove_attribute", {"attribute": "price"}, kind=kind)


def comes_back(company: Company) -> None:
    company.plytix.attributes(PRICE)
    refreshes(company)
