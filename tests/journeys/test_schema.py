"""What Plytix may hold is known before anything is sent: wrong values come back at once, and nothing is rejected by an old schema."""

import pytest

from bridge.adapters.schemas import Schemas
from tests.actors import Told, a_feed, soon

COLUMNS = {"Name": "label", "Colour": {"to": "colour", "type": "option"}, "Stock": {"to": "stock", "type": "decimal"}}


@pytest.fixture
def shop(company):
    company.works_with(a_feed(columns=COLUMNS))
    company.refreshes()
    company.plytix.clear_log()
    return company


def asked(company):
    """Requests since then, by kind, without those of logging in."""
    return {kind: n for kind, n in company.plytix.counts()["kinds"].items() if kind != "token"}


def test_a_value_that_the_schema_forbids_is_rejected_before_any_request_is_spent_on_its_row(shop, erp):
    receipt = erp.drops("products/today.csv", "sku;Name;Colour;Stock\nCH-1;Chair;Grun;1.5\nCH-2;Bench;RED;2\nCH-3;Sofa;blue;2.5\n")

    assert receipt.told == [Told("VALUE-OPTION-UNKNOWN", 2, "Colour", "Grun"), Told("VALUE-WHOLE", 2, "Stock", "1.5"),
                            Told("VALUE-WHOLE", 4, "Stock", "2.5")]
    assert receipt.issues[0]["remedy"] == (
        'Write one of them, or have this one added in Plytix and send the row again: red, green, blue. The nearest: "green".')
    assert (receipt.outcomes, asked(shop)) == ({"CREATED": 1, "REJECTED": 2}, {"schema": 1, "product.create": 1})
    assert shop.products() == {"CH-2": {"label": "Bench", "colour": "red", "stock": 2}}
    assert [row["_result"] for row in erp.results(receipt)] == ["REJECTED", "CREATED", "REJECTED"]


def test_a_value_whose_option_plytix_lacks_waits_for_it_and_costs_no_request_and_no_other_value(shop, erp):
    receipt = erp.drops("products/today.csv", "sku;Name;Colour;Stock\nCH-1;Chair;Grun;1\nCH-2;Bench;red;2\n")

    assert receipt.told == [Told("PLYTIX-REFUSED", 2, "Colour", "Grun")]
    assert receipt.issues[0]["message"] == (
        'Plytix does not take "Grun" for colour: its options are red, green, blue (the nearest: "green"); '
        'once they include "Grun", the value goes by itself')
    assert receipt.outcomes == {"CREATED": 2}
    assert shop.products() == {"CH-1": {"label": "Chair", "stock": 1}, "CH-2": {"label": "Bench", "colour": "red", "stock": 2}}
    assert asked(shop) == {"schema": 1, "product.create": 2}
    assert receipt.whole["plytix"]["planned"] == receipt.whole["plytix"]["spent"] == {"create": 2}

    alone = erp.drops("products/again.csv", "sku;Name;Colour;Stock\nCH-1;Chair;Grun;1\nCH-2;Bench;red;2\n")
    assert (alone.outcomes, alone.told) == ({"REJECTED": 1, "UNCHANGED": 1}, receipt.told)

    shop.plytix.add_option("colour", "Grun")
    shop.refreshes()
    soon(lambda: shop.products()["CH-1"] == {"label": "Chair", "colour": "Grun", "stock": 1}, "the value, without a new drop")
    assert asked(shop)["product.patch"] == 1


def test_of_a_feed_that_takes_a_file_whole_or_not_at_all_no_value_waits_for_an_option(shop, erp):
    shop.works_with(a_feed(columns=COLUMNS, on_error="file"))
    content = "sku;Name;Colour;Stock\nCH-1;Chair;Grun;1\nCH-2;Bench;red;2\n"
    receipt = erp.drops("products/today.csv", content)

    assert receipt.told == [Told("FILE-ON-ERROR", None, None, None), Told("VALUE-OPTION-UNKNOWN", 2, "Colour", "Grun")]
    assert (receipt.state, receipt.outcomes, shop.products()) == ("refused", {"REJECTED": 2}, {})
    assert asked(shop) == {"schema": 1}

    shop.plytix.add_option("colour", "Grun")
    shop.refreshes()
    assert shop.products() == {}, "nothing of it was taken, so nothing of it comes later"
    assert erp.drops("products/again.csv", content).outcomes == {"CREATED": 2}
    assert shop.products()["CH-1"] == {"label": "Chair", "colour": "Grun", "stock": 1}


def test_an_option_that_was_added_since_is_taken_and_one_that_was_renamed_told(shop, erp):
    shop.plytix.remove_option("colour", "green")
    shop.plytix.add_option("colour", "olive green")
    receipt = erp.drops("products/today.csv", "sku;Name;Colour;Stock\nCH-1;Chair;Olive Green;1\nCH-2;Bench;olive;2\n")

    assert shop.products() == {"CH-1": {"label": "Chair", "colour": "olive green", "stock": 1}, "CH-2": {"label": "Bench", "stock": 2}}
    assert receipt.told == [Told("PLYTIX-REFUSED", 3, "Colour", "olive")]
    assert 'the nearest: "olive green"' in receipt.issues[0]["message"]
    assert asked(shop) == {"schema": 1, "product.create": 2}


def test_an_attribute_that_plytix_lacks_is_told_once_and_costs_no_other_value(shop, erp):
    shop.works_with(a_feed(columns=COLUMNS | {"Size": "size"}))
    content = "sku;Name;Size\nCH-1;Chair;XL\nCH-2;Bench;S\n"
    receipt = erp.drops("products/today.csv", content)

    assert [told for told in receipt.told if told.code != "COLUMN-ABSENT"] == [Told("COLUMN-ATTRIBUTE", 1, "Size", None)]
    assert (receipt.outcomes, shop.products()) == ({"CREATED": 2}, {"CH-1": {"label": "Chair"}, "CH-2": {"label": "Bench"}})

    shop.plytix.attributes([{"label": "size", "name": "Size", "type_class": "TextAttribute"}])
    again = erp.drops("products/today.csv", content)
    assert (again.outcomes, shop.products()["CH-1"]) == ({"UPDATED": 2}, {"label": "Chair", "size": "XL"})


def test_while_plytix_does_not_tell_its_schema_a_value_goes_there_and_is_refused_there(shop, erp):
    shop.plytix.fault("refuse", kind="schema", status=500, times=None)
    receipt = erp.drops("products/today.csv", "sku;Name;Colour;Stock\nCH-1;Chair;purple;1\n")

    assert receipt.told == [Told("PLYTIX-REFUSED", 2, "Colour", "purple")]
    assert (receipt.outcomes, shop.products()) == ({"CREATED": 1}, {"CH-1": {"label": "Chair", "stock": 1}})


def test_the_whole_schema_lies_in_the_work_bucket_after_a_refresh(company, twin):
    company.works_with(a_feed(columns=COLUMNS))
    company.refreshes()

    kept = Schemas(twin.client("s3"), twin.outputs["WorkBucket"]).stored()
    assert kept.options["colour"] == ["red", "green", "blue"]
    assert kept.structure.attributes["colour"].name == "Colour"
    assert kept.structure.read > 0
