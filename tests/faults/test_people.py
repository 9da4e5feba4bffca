"""People and feeds at the same product: nobody's work is undone, and who does not get his way is told why (DESIGN.md §5)."""

from __future__ import annotations

import pytest

from tests.actors import Company, Told, Visitor, a_feed, soon
from tests.faults.ending import comes_to_rest, drops, refreshes, tables_of
from tests.faults.losses import nobody_takes

PRICE = {"to": "price", "type": "decimal", "owner": "feed"}
COLUMNS = {"name": "label", "price": PRICE}
QUICK = {"upload_event_s": 0, "redrive_s": 0, "retry_s": 0}
FIRST = "sku;name;price\nA-1;Chair;10\n"


@pytest.fixture
def company(company: Company) -> Company:
    company.works_with(a_feed(columns=COLUMNS), **QUICK)
    return company


@pytest.fixture
def chair(company: Company, erp: Visitor) -> str:
    """A product that the ERP has made."""
    drops(company, erp, FIRST, "first")
    return "A-1"


def mirror(company: Company, sku: str):
    return tables_of(company.twin).mirror(sku).values


# ---- two drops
SECOND = b"sku;name;price\nA-0;Shelf;5\nA-1;Chair;20\n"


def test_a_drop_that_takes_back_what_the_one_before_said_stands_also_while_plytix_is_slow(company, erp, chair):
    company.plytix.fault("slow", kind="product.create", delay_s=2)
    with nobody_takes(company.twin, "Main"):
        company.puts("erp/inbox/products/second.csv", SECOND)
        soon(lambda: wanted_price(company) == 20, "the second's commit")
        company.puts("erp/inbox/products/third.csv", FIRST.encode())
        soon(lambda: wanted_price(company) == 10, "the third's commit")
    comes_to_rest(company.twin)

    assert company.products()["A-1"]["price"] == 10
    second, third = erp.receipt("products/second.csv"), erp.receipt("products/third.csv")
    assert (second.outcomes, second.told) == ({"CREATED": 1, "SKIPPED": 1}, [Told("SKIPPED-NEWER", 3, "price", "20")])
    assert third.outcomes == {"UNCHANGED": 1}
    assert company.requests().get("patch", 0) == 0


def test_a_drop_that_takes_back_what_plytix_is_just_being_told_stands_too(company, erp, chair):
    company.plytix.fault("slow", kind="product.patch", delay_s=2)
    company.puts("erp/inbox/products/second.csv", SECOND)
    soon(lambda: in_hand(company, "A-1"), "the request that is slow")
    company.puts("erp/inbox/products/third.csv", FIRST.encode())
    soon(lambda: wanted_price(company) == 10, "the third's commit")
    comes_to_rest(company.twin)

    assert company.products()["A-1"]["price"] == 10
    second, third = erp.receipt("products/second.csv"), erp.receipt("products/third.csv")
    assert (second.outcomes, second.told) == ({"CREATED": 1, "UPDATED": 1}, [Told("SKIPPED-NEWER", 3, "price", "20")])
    assert third.outcomes == {"UPDATED": 1}
    assert company.requests()["patch"] == 2


def in_hand(company: Company, sku: str) -> bool:
    """Whether a worker has noted what he is about to send."""
    found = company.twin.client("dynamodb").get_item(
        TableName=company.twin.outputs["LedgerTable"], Key={"pk": {"S": f"claim#{sku}"}, "sk": {"S": "claim"}}, ConsistentRead=True)
    return "body" in found.get("Item", {})


def wanted_price(company: Company):
    return tables_of(company.twin).wanted("A-1", "erp/products").values["price"].value


# ---- two feeds
def test_a_suppliers_unknown_option_comes_back_to_him_alone_and_the_erps_price_arrives(company, erp, supplier):
    company.works_with(a_feed(columns=COLUMNS), a_feed("sheets", "supplier", {"Farbe": {"to": "colour", "type": "option"}}), **QUICK)
    company.plytix.fault("slow", kind="product.create", delay_s=2)  # so that both are on their way at once
    company.puts("erp/inbox/products/today.csv", FIRST.encode())
    soon(lambda: in_hand(company, "A-1"), "the request that is slow")
    company.puts("supplier/inbox/sheets/sheet.csv", "sku;Farbe\nA-1;türkis\n".encode())
    comes_to_rest(company.twin)

    assert company.products() == {"A-1": {"label": "Chair", "price": 10}}
    assert (erp.receipt("products/today.csv").outcomes, erp.receipt("products/today.csv").issues) == ({"CREATED": 1}, [])
    sheet = supplier.receipt("sheets/sheet.csv")
    assert (sheet.outcomes, sheet.told) == ({"REJECTED": 1}, [Told("PLYTIX-REFUSED", 2, "Farbe", "türkis")])


def test_a_refused_option_is_taken_without_a_new_drop_once_plytix_knows_it(company, erp):
    company.works_with(a_feed(columns={"name": "label", "Farbe": {"to": "colour", "type": "option"}}), **QUICK)
    refreshes(company)
    assert drops(company, erp, "sku;name;Farbe\nA-1;Chair;türkis\n").outcomes == {"CREATED": 1}
    assert company.products() == {"A-1": {"label": "Chair"}}

    company.plytix.add_option("colour", "türkis")
    refreshes(company)

    assert company.products() == {"A-1": {"label": "Chair", "colour": "türkis"}}


def test_an_option_that_was_taken_away_since_is_refused_and_taken_without_a_new_drop_once_plytix_has_it_again(company, erp):
    company.works_with(a_feed(columns={"name": "label", "Farbe": {"to": "colour", "type": "option"}}), **QUICK)
    company.plytix.add_option("colour", "türkis")
    refreshes(company)
    company.plytix.remove_option("colour", "türkis")
    assert drops(company, erp, "sku;name;Farbe\nA-1;Chair;türkis\n").told == [Told("PLYTIX-REFUSED", 2, "Farbe", "türkis")]
    refreshes(company)
    assert company.products() == {"A-1": {"label": "Chair"}}

    company.plytix.add_option("colour", "türkis")
    refreshes(company)

    assert company.products() == {"A-1": {"label": "Chair", "colour": "türkis"}}


def test_a_value_that_plytix_keeps_otherwise_is_sent_once(company, erp):
    company.plytix.normalise("label", ["upper"])
    drops(company, erp, FIRST, "first")

    refreshes(company)
    second = drops(company, erp, "sku;name;price\nA-1;Chair;20\n", "second")

    assert second.outcomes == {"UPDATED": 1}
    assert company.products() == {"A-1": {"label": "CHAIR", "price": 20}}
    assert company.requests()["patch"] == 1
    assert drops(company, erp, "sku;name;price\nA-1;Chair;20\n", "third").outcomes == {"UNCHANGED": 1}
    assert company.sent() == 2


# ---- a person's edit
def test_a_persons_edit_stays_where_the_latest_counts_and_the_feed_that_repeats_itself_is_told(company, erp, chair):
    company.plytix.edit(chair, {"label": "Armchair"})
    refreshes(company)

    again = drops(company, erp, FIRST, "again")

    assert company.products()[chair]["label"] == "Armchair"
    assert (again.outcomes, again.told) == ({"SKIPPED": 1}, [Told("SKIPPED-PERSON", 2, "name", "Chair")])


def test_a_newer_value_of_the_feed_counts_against_a_persons_edit_and_that_is_told(company, erp, chair):
    company.plytix.edit(chair, {"label": "Armchair"})
    refreshes(company)

    newer = drops(company, erp, "sku;name\nA-1;Stool\n", "newer")

    assert company.products()[chair]["label"] == "Stool"
    assert (newer.outcomes, newer.codes) == ({"UPDATED": 1}, ["COLUMN-ABSENT", "OVER-PERSON"])
    assert '"Armchair"' in newer.issues[1]["message"]


def test_a_persons_edit_goes_where_the_feed_owns_the_attribute_and_history_and_the_next_receipt_tell(company, erp, operator, chair):
    company.plytix.edit(chair, {"attributes": {"price": 99}})

    refreshes(company)

    assert company.products()[chair]["price"] == 10
    last = operator.asks("trace", chair)["history"][-1]["changes"]["price"]
    assert (last["before"], last["after"], last["over_a_person"]) == (99, 10, True)
    next_one = drops(company, erp, FIRST, "next")
    assert (next_one.outcomes, next_one.told) == ({"UNCHANGED": 1}, [Told("OVER-PERSON", 2, "price", "10")])
    assert '"99"' in next_one.issues[0]["message"]
    assert drops(company, erp, FIRST, "the one after").told == []


def test_a_feed_that_owns_the_attribute_is_told_in_its_receipt_that_a_person_had_changed_it(company, erp, chair):
    company.plytix.edit(chair, {"attributes": {"price": 99}})
    company.plytix.refuse(503, times=None, kind="product.patch")  # so that it cannot be put right before the next drop
    company.refreshes()
    company.puts("erp/inbox/products/dearer.csv", b"sku;name;price\nA-1;Chair;20\n")
    soon(lambda: tables_of(company.twin).wanted(chair, "erp/products").values["price"].value == 20, "the commit")
    in_vain = company.requests().get("patch", 0)
    soon(lambda: company.requests().get("patch", 0) >= in_vain + 2, "a request with the new price, which is refused")
    company.plytix.clear_faults()
    comes_to_rest(company.twin)

    dearer = erp.receipt("products/dearer.csv")
    assert company.products()[chair]["price"] == 20
    assert (dearer.outcomes, dearer.told) == ({"UPDATED": 1}, [Told("OVER-PERSON", 2, "price", "20")])


def test_what_only_people_may_change_is_left_to_them(company, erp, chair):
    company.works_with(a_feed(columns={"text": {"to": "description", "owner": "plytix"}}), **QUICK)
    company.plytix.edit(chair, {"attributes": {"description": "by hand"}})
    refreshes(company)

    sent = drops(company, erp, "sku;text\nA-1;by machine\n", "text")

    assert company.products()[chair]["description"] == "by hand"
    assert (sent.outcomes, sent.codes) == ({"SKIPPED": 1}, ["SKIPPED-PERSON"])


@pytest.mark.parametrize("when", ["first", "then"], ids=["before our write", "right after it"])
def test_a_persons_edit_between_our_read_and_our_write_is_not_lost(company, erp, chair, when):
    company.plytix.meanwhile("edit", {"sku": chair, "values": {"attributes": {"colour": "blue"}}}, kind="product.patch", when=when)

    assert drops(company, erp, "sku;name;price\nA-1;Chair;20\n").outcomes == {"UPDATED": 1}
    refreshes(company)

    assert company.products()[chair] == {"label": "Chair", "price": 20, "colour": "blue"}
    assert mirror(company, chair)["colour"] == "blue"


def test_a_persons_edit_of_the_very_value_between_our_read_and_our_write_is_overwritten_once_and_then_counts(company, erp, chair):
    company.plytix.meanwhile("edit", {"sku": chair, "values": {"label": "Armchair"}}, kind="product.patch", when="then")

    drops(company, erp, "sku;name;price\nA-1;Stool;10\n")
    refreshes(company)

    assert company.products()[chair]["label"] == mirror(company, chair)["label"] == "Armchair"


# ---- a product that people took away
def test_a_product_that_a_person_deleted_is_not_made_again(company, erp, chair):
    company.plytix.delete(chair)

    receipt = drops(company, erp, "sku;name;price\nA-1;Chair;20\n")

    assert (receipt.outcomes, receipt.codes) == ({"SKIPPED": 1}, ["SKIPPED-DELETED"])
    assert company.products() == {}
    assert drops(company, erp, "sku;name;price\nA-1;Chair;30\n", "later").outcomes == {"SKIPPED": 1}
    assert company.requests()["create"] == 1


def test_it_is_made_again_where_its_feed_says_so(company, erp, chair):
    company.plytix.delete(chair)
    drops(company, erp, "sku;name;price\nA-1;Chair;20\n")
    company.works_with(a_feed(columns=COLUMNS, recreate="yes"), **QUICK)

    receipt = drops(company, erp, "sku;name;price\nA-1;Chair;30\n", "later")

    assert (receipt.outcomes, receipt.codes) == ({"UPDATED": 1}, []), "that it should be there another drop said first"
    assert company.products() == {chair: {"label": "Chair", "price": 30}}


def test_a_product_that_a_person_renamed_is_held_and_the_remedy_is_told(company, erp, chair):
    company.plytix.rename(chair, "A-9")
    refreshes(company)

    receipt = drops(company, erp, "sku;name;price\nA-1;Chair;20\n")

    assert (receipt.outcomes, receipt.codes) == ({"HELD": 1}, ["HELD-RENAMED"])
    assert receipt.issues[0]["remedy"] == "Send it under its new number."
    assert company.products() == {"A-9": {"label": "Chair", "price": 10}}
    assert drops(company, erp, "sku;name;price\nA-9;Chair;20\n", "new").outcomes == {"UPDATED": 1}
