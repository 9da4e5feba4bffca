"""The heading: matched by name, whatever its case, blanks and order; and all that is wrong with it told at once."""

import pytest

from bridge.domain.header import match
from tests.unit.files import a_feed, codes_of


def a_price_feed(**more):
    return a_feed({"VK netto": {"type": "decimal", "aliases": ["Preis"], "required": True}, "Lager": "integer"}, key="ArtNr", **more)


@pytest.mark.parametrize("names", [
    ["ArtNr", "VK netto", "Lager"], ["LAGER", "vk NETTO", "artnr"], [" Art Nr ", "VK\u00a0netto", "Lager "], ["\ufeffArtNr", "VK  netto",
    "La\u00adger"]])
def test_names_match_whatever_their_case_blanks_and_order(names):
    header = match(names, a_price_feed())

    assert header.issues == ()
    assert names[header.key].replace("\ufeff", "").replace(" ", "").lower() == "artnr"
    assert [place.column.to for place in header.places] == ["a1", "a2"]
    assert all(header.names[place.index] == place.name for place in header.places)


def test_a_letter_with_its_accent_apart_is_the_same_name():
    header = match(["sku", "Gro\u0308\u00dfe"], a_feed({"Größe": "text"}))

    assert len(header.places) == 1


def test_an_alias_of_the_feed_is_as_good_as_the_name():
    header = match(["ArtNr", "PREIS", "Lager"], a_price_feed())

    assert [place.name for place in header.places] == ["PREIS", "Lager"]
    assert header.issues == ()


def test_a_missing_key_column_refuses_the_file_and_names_the_nearest():
    header = match(["Art-Nr.", "VK netto", "Lager"], a_price_feed())

    assert header.refused
    assert header.issues[0].told("f.csv") == (
        'f.csv line 1, column "ArtNr": the column "ArtNr", which names the product, is missing; found: Art-Nr., VK netto, Lager. '
        'Add it, or have the name that you use set as an alias in the feed. The nearest in the file is "Art-Nr.". [COLUMN-KEY]')


def test_a_missing_required_column_refuses_the_file_and_a_missing_other_is_told():
    header = match(["ArtNr"], a_price_feed())

    assert codes_of(header.issues) == ["COLUMN-MISSING", "COLUMN-ABSENT"]
    assert header.refused
    assert codes_of(match(["ArtNr", "Preis"], a_price_feed()).issues) == ["COLUMN-ABSENT"]


def test_a_file_without_heading_is_told_so_and_not_that_columns_are_missing():
    header = match(["A-1", "9,90", "12"], a_price_feed())

    assert codes_of(header.issues) == ["FILE-NO-HEADER"]
    assert "A-1, 9,90, 12" in header.issues[0].sentence
    assert "ArtNr, VK netto, Lager" in header.issues[0].remedy


@pytest.mark.parametrize(("unknown", "code", "refused"), [("tell", "COLUMN-UNKNOWN", False), ("refuse", "COLUMN-REFUSED", True)])
def test_unknown_columns_are_told_or_refused_as_the_feed_says(unknown, code, refused):
    header = match(["ArtNr", "VK netto", "Lager", "EAN", ""], a_price_feed(unknown=unknown))

    assert (codes_of(header.issues), header.refused) == ([code], refused)
    assert "EAN, (column 5, without a name)" in header.issues[0].sentence


def test_columns_that_our_result_files_add_are_not_unknown():
    assert match(["ArtNr", "VK netto", "Lager", "_result", "_comment"], a_price_feed(unknown="refuse")).issues == ()


@pytest.mark.parametrize("names", [["ArtNr", "Preis", "Lager", "VK netto"], ["ArtNr", "Preis", "preis", "Lager"]])
def test_two_columns_for_one_value_refuse_the_file_because_nobody_wins_by_being_first(names):
    header = match(names, a_price_feed())

    assert (codes_of(header.issues), header.refused) == (["COLUMN-TWICE"], True)
    assert "(column 2)" in header.issues[0].sentence


def test_a_heading_of_two_hundred_names_is_told_in_a_few():
    header = match(["ArtNr", "VK netto", "Lager", *[f"x{n}" for n in range(200)]], a_price_feed())

    assert "x11 and 188 more" in header.issues[0].sentence


def test_the_key_column_may_also_give_a_value():
    header = match(["ArtNr", "x"], a_feed({"ArtNr": "text"}, key="ArtNr"))

    assert (header.key, [place.index for place in header.places]) == (0, [0])
