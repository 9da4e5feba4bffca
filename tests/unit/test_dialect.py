"""Which delimiter a file uses: told from its rows, its own first line, or the feed."""

import pytest

from bridge.formats.dialect import DELIMITERS, detect
from tests.unit.files import rows_of, sheet_of, written


def told(text, known=()):
    return detect(text.splitlines(keepends=True), lambda name: name in known)


@pytest.mark.parametrize("delimiter", DELIMITERS)
def test_each_delimiter_is_known_by_rows_as_wide_as_the_heading(delimiter):
    text = written([["sku", "name", "price"], ["1", "Door, white; large", "9,90"], ["2", "Lock | key", "1.299,00"]], delimiter, quoting=0)

    assert told(text) == delimiter


@pytest.mark.parametrize("delimiter", DELIMITERS)
def test_text_full_of_other_delimiters_deceives_nobody(delimiter):
    others = "".join(other for other in DELIMITERS if other != delimiter)
    rows = [["sku", "text"], *([f"{n}", f"a{others}b{others}c" * (n % 3 + 1)] for n in range(30))]

    assert told(written(rows, delimiter)) == delimiter


def test_a_decimal_comma_in_every_row_is_no_delimiter():
    assert told("sku;price\n1;9,90\n2;19,90\n3;29,90\n") == ";"


def test_a_column_that_the_feed_knows_decides_before_any_statistics():
    text = "sku;Length, inner;Length, outer\n"

    assert told(text) in (";", ",")
    assert told(text, known=("sku", "Length, inner", "Length, outer")) == ";"


def test_a_file_of_one_column_has_some_delimiter_and_all_its_rows():
    assert [row.cells for row in rows_of("sku\nA-1\nA-2\n")] == [["A-1"], ["A-2"]]


@pytest.mark.parametrize("first", ["sep=;\r\n", '"sep=;"\r\n', "SEP=;\n"])
def test_excels_own_first_line_names_the_delimiter_and_is_no_heading(first):
    sheet = sheet_of(first + "sku;name, long\r\n1;a, b\r\n")

    assert (sheet.header, sheet.delimiter) == (["sku", "name, long"], ";")
    assert [(row.line, row.cells) for row in sheet.rows] == [(3, ["1", "a, b"])]


def test_the_feeds_delimiter_is_not_questioned(a_feed):
    sheet = sheet_of("sku|name;a;b\n1|x;y;z\n", a_feed(delimiter="|"))

    assert [row.cells for row in sheet.rows] == [["1", "x;y;z"]]


def test_quoted_line_ends_do_not_make_rows_narrow():
    text = written([["sku", "text", "price"], *([f"{n}", "one\ntwo; three\r\nfour", "1"] for n in range(5))], ",")

    assert told(text) == ","
