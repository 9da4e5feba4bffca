"""What a channel's file holds, and what is held back from it."""

import pytest

from bridge.configuration import Channel
from bridge.domain import channel as contract
from bridge.domain.product import Product
from bridge.domain.row import Sku


def a_channel(**said):
    given = {"name": "retail", "recipients": ["bigmart"], "file": "catalogue.csv", "columns": {"SKU": "sku"}}
    return Channel.model_validate(given | said)


def a_product(sku="ACME-1001", family=None, **values):
    return Product("64b000000000000000000001", Sku(sku), 1, {"status": "Completed"} | values, family=family)


def cell(value, **column):
    """What stands in the file for one value; the reason where it is held back."""
    channel = a_channel(columns={"Head": {"from": "it"} | column})
    (text,), held = contract.row(channel)(a_product() if value is None else a_product(it=value))
    return held[0].reason if held else text


@pytest.mark.parametrize(("select", "goes_out"), [
    ({}, True),
    ({"status": "Draft"}, False),
    ({"colour": "Blue"}, True),
    ({"colour": "blue"}, False),
    ({"colour": "Blue", "size": "42"}, False),
    ({"size": "41"}, True),
    ({"sizes": "S"}, True),
    ({"sizes": "XL"}, False),
    ({"vegan": "true"}, True),
    ({"brand": "ACME"}, False),
])
def test_only_products_equal_in_all_that_the_channel_selects_go_out(select, goes_out):
    shoe = a_product(colour="Blue", size=41, sizes=["S", "M"], vegan=True, family="64f1")

    assert contract.selects(a_channel(select=select))(shoe) is goes_out


def test_a_channel_that_selects_nothing_takes_only_completed_products():
    assert not contract.selects(a_channel())(a_product(status="Draft"))


def test_the_columns_stand_in_the_order_of_the_channel():
    channel = a_channel(columns={"Title": "label", "SKU": "sku", "Status": "status"})

    assert contract.row(channel)(a_product(label="Shoe")) == (["Shoe", "ACME-1001", "Completed"], [])


@pytest.mark.parametrize(("value", "text"), [
    (None, ""), ("Schuh", "Schuh"), (5, "5"), (0.31, "0.31"), (1e-7, "0.0000001"), (1e21, "1000000000000000000000"),
    (True, "true"), (False, "false"), (["Blue", "Red"], "Blue|Red"), ("007", "007"), (0, "0"),
])
def test_values_are_written_as_people_write_them(value, text):
    assert cell(value) == text


@pytest.mark.parametrize(("value", "style", "text"), [
    (19.9, "0,00", "19,90"), (19.9, "0.00", "19.90"), (5, "0,00", "5,00"), (2.675, "0.00", "2.68"), (1234567, "0,00", "1234567,00"),
    ("12.5", "0,00", "12,50"), (-0.5, "0.00", "-0.50"), (None, "0,00", ""), (1e30, "0.00", "1" + "0" * 30 + ".00"),
])
def test_numbers_follow_the_style_of_the_column(value, style, text):
    assert cell(value, style=style) == text


@pytest.mark.parametrize("value", ["on request", True, ["1", "2"], "1e5"])
def test_a_price_that_is_no_number_holds_the_product_back(value):
    assert "is not a number" in cell(value, style="0,00")


def test_a_title_that_is_too_long_holds_the_product_back_and_is_not_cut():
    assert cell("x" * 81, max=80) == "81 characters long, allowed: 80"
    assert cell("x" * 80, max=80) == "x" * 80


def test_a_letter_that_the_encoding_lacks_holds_the_product_back():
    channel = a_channel(columns={"Title": "label"}, encoding="cp1252")

    _, held = contract.row(channel)(a_product(label="Läufer ①"))

    assert [(h.sku, h.column, h.reason) for h in held] == [("ACME-1001", "Title", '"①" cannot be written in cp1252')]


def test_all_that_is_wrong_with_a_product_is_told_at_once():
    channel = a_channel(columns={"Title": {"from": "label", "max": 3}, "Price": {"from": "price", "style": "0,00"}})

    _, held = contract.row(channel)(a_product(label="Shoe", price="-"))

    assert [h.column for h in held] == ["Title", "Price"]
