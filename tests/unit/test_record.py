"""From rows to records: each cell as its column's type, each fault of a row told, good rows whole."""

from decimal import Decimal

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from bridge.domain import number
from bridge.domain.column import Keep, compiled, single
from bridge.domain.gtin import check_digit
from bridge.domain.record import CHUNK, Bad, Record
from tests.unit.files import a_feed, codes_of, shaped, written

NBSP, THIN, NARROW = "\u00a0", "\u2009", "\u202f"


def said(cell, column, **feed):
    """The value that a cell of this column gives, or the code of its fault."""
    records = shaped(written([["sku", "x"], ["A-1", cell]]), a_feed({"x": column}, **feed))
    (record,) = records
    return codes_of(record.issues)[0] if isinstance(record, Bad) else record.values.get("a1", "absent")


# Numbers


@pytest.mark.parametrize(("cell", "value"), [
    ("9.90", 9.9), ("9", 9), ("5.00", 5), ("-5.00", -5), ("+3.5", 3.5), ("\u22122.5", -2.5), ("0.1", 0.1), (".5", 0.5), ("007.50", 7.5),
    (" 1.5 ", 1.5),
    ("1,299.00", 1299), ("1,234,567.891", 1234567.891), (f"1{NBSP}299.5", 1299.5), (f"12{THIN}345", 12345), (f"1{NARROW}000", 1000),
    ("1'299.50", 1299.5), ("1’299.50", 1299.5), ("1 299.50", 1299.5), ("1,234", 1234)])
def test_numbers_with_a_decimal_point_are_read_in_every_usual_style(cell, value):
    assert said(cell, "decimal") == value


@pytest.mark.parametrize(("cell", "value"), [
    ("9,90", 9.9), ("1.299,00", 1299), ("1.234.567,5", 1234567.5), (f"1{NBSP}299,5", 1299.5), ("1 299,50", 1299.5), ("1'299,50", 1299.5),
    ("-0,01", -0.01), ("1.234", 1234), ("0,5", 0.5)])
def test_numbers_with_a_decimal_comma_are_read_in_every_usual_style(cell, value):
    assert said(cell, "decimal", decimal=",") == value


@pytest.mark.parametrize("cell", [
    "1.5", "19.99", "1.2345", "0.123", "1.23.456", "1.299.5", "1,2,3", "12.34,5", "1.299,0O", "9,90 €", "EUR 5", "5,", ",", "-", "--5",
    "1 2 3", "1.234 567", "12,5%", "1,5-", "Inf", "nan", "1_000", "٣", "0x10", "1.0000", "1234.567,8"])
def test_what_is_no_number_under_a_decimal_comma_is_never_guessed(cell):
    assert said(cell, "decimal", decimal=",") == "VALUE-NUMBER"


@pytest.mark.parametrize("cell", ["9,90", "1,5", "1,2345.6", "0,123", "1.2.3"])
def test_what_is_no_number_under_a_decimal_point_is_never_guessed(cell):
    assert said(cell, "decimal") == "VALUE-NUMBER"


def test_a_partner_reads_which_decimal_mark_is_meant():
    (bad,) = shaped("sku;Preis\nA-1;1.299,0O\n", a_feed({"Preis": "decimal"}, decimal=","))

    assert bad.issues[0].told("prices.csv") == (
        'prices.csv line 2, column "Preis": "1.299,0O" is not a number. '
        "Write digits with a comma as the decimal mark, e.g. 1299,00. [VALUE-NUMBER]")


@pytest.mark.parametrize(("cell", "told"), [
    ("123456789.123456789", "VALUE-DIGITS"), ("0.1000000000000000055", "VALUE-DIGITS"), ("12345678901234567", "VALUE-DIGITS"),
    ("9" * 60, "VALUE-DIGITS"),
    ("1234567890.12345", 1234567890.12345), ("0.30000000000000004", 0.30000000000000004), ("9007199254740991", 9007199254740991)])
def test_a_number_is_kept_exactly_or_not_at_all(cell, told):
    assert said(cell, "decimal") == told


@pytest.mark.parametrize("cell", ["1.23457E+12", "1,23457E+12", "1E5", "1.5e-05"])
@pytest.mark.parametrize("kind", ["decimal", "integer", "gtin"])
def test_a_number_that_a_spreadsheet_has_shortened_is_told_as_that(kind, cell):
    assert said(cell, kind) == "VALUE-EXPONENT"


@pytest.mark.parametrize(("cell", "told"), [
    ("12", 12), ("-3", -3), ("007", 7), ("1,000", 1000), (f"1{NBSP}000", 1000), ("0", 0), ("9" * 16, int("9" * 16)), ("0" * 20 + "7", 7),
    ("9" * 17, "VALUE-DIGITS"), ("12.5", "VALUE-WHOLE"), ("12.0", "VALUE-WHOLE"), ("1.000", "VALUE-WHOLE"), ("ten", "VALUE-WHOLE"),
    ("1,00", "VALUE-WHOLE")])
def test_whole_numbers_have_no_decimal_mark_and_sixteen_digits_at_most(cell, told):
    assert said(cell, "integer") == told


@pytest.mark.parametrize(("cell", "kind", "told"), [("-0.01", "decimal", "VALUE-MINIMUM"), ("0", "decimal", 0),
    ("-1", "integer", "VALUE-MINIMUM"), ("0", "integer", 0)])
def test_a_number_below_the_minimum_is_told(cell, kind, told):
    assert said(cell, {"type": kind, "min": 0}) == told


@given(st.integers(-10**12, 10**12), st.integers(0, 4), st.sampled_from(["", ".", "'", "’", " ", NBSP, THIN, NARROW]), st.booleans())
def test_a_number_means_the_same_however_it_is_grouped(units, places, apart, comma):
    value = Decimal(units).scaleb(-places)
    whole, _, fraction = f"{abs(value):,.{places}f}".partition(".")
    mark = "," if comma else "."
    apart = apart if apart != "." or comma else ","
    written = ("-" if value < 0 else "") + whole.replace(",", apart) + (mark + fraction if fraction else "")

    assert Decimal(number.plain(written, mark)) == value


@given(st.floats(allow_nan=False, allow_infinity=False, min_value=-1e15, max_value=1e15))
def test_what_a_float_shows_is_what_it_comes_back_as(value):
    text = f"{Decimal(repr(value)):f}"

    assert len(text) > 2 * number.MOST or number.exact(number.plain(text, ".")) == value


@given(st.text(st.sampled_from("0123456789.,' -+−E \u00a0"), max_size=14), st.sampled_from([".", ","]))
def test_a_text_is_read_as_one_number_or_as_none(text, mark):
    plain = number.plain(text, mark)

    if plain is not None:
        digits = [c for c in text if c.isdigit()]
        assert [c for c in plain.removeprefix("-").replace(".",
            "") if c.isdigit()] == ([] if text.lstrip("+-−")[:1] != mark else ["0"]) + digits
        assert ("." in plain) == (mark in text)


# Texts


@pytest.mark.parametrize(("cell", "value"), [
    (" x ", "x"), (f"{NBSP}x{NBSP}", "x"), ("a\r\nb", "a\nb"), ("a\rb", "a\nb"), ("a\tb", "a\tb"), ("e\u0301", "é"), ("Ω", "Ω"),
    ("a\u200bb", "a\u200bb")])
def test_texts_are_trimmed_composed_and_have_one_kind_of_line_end(cell, value):
    assert said(cell, "text") == value


@pytest.mark.parametrize(("cell", "value"), [(" <p>e\u0301</p>\r\n<br>\r\n", "<p>e\u0301</p>\r\n<br>"),
    ("<b>&bull; x</b>", "<b>&bull; x</b>")])
def test_html_is_trimmed_and_else_left_as_it_is(cell, value):
    assert said(cell, "html") == value


@pytest.mark.parametrize("kind", ["text", "html", "option"])
@pytest.mark.parametrize("cell", ["a\x00b", "a\x0bb", "a\x1bb", "a\x85b"])
def test_control_characters_are_refused_and_named(kind, cell):
    assert said(cell, kind) == "VALUE-CHARACTERS"


def test_a_control_character_is_named_by_its_number():
    (bad,) = shaped("sku;x\nA-1;a\x00b\x0b\x00\n", a_feed({"x": "text"}))

    assert bad.issues[0].facts["characters"] == "U+0000, U+000B"


@pytest.mark.parametrize("kind", ["text", "html", "url"])
def test_a_text_may_be_as_long_as_its_column_allows_and_no_longer(kind):
    longest = "http://a.b/" + "x" * 9

    assert said(longest, {"type": kind, "max": 20}) == longest
    assert said(longest + "x", {"type": kind, "max": 20}) == "VALUE-LENGTH"


@pytest.mark.parametrize(("cell", "told"), [
    ("https://example.com", "https://example.com"), ("HTTP://EXAMPLE.com/ü?a=b#c", "HTTP://EXAMPLE.com/ü?a=b#c"),
    ("example.com", "VALUE-URL"),
    ("ftp://example.com/x", "VALUE-URL"), ("https://", "VALUE-URL"), ("https://a b.com", "VALUE-URL"), ("javascript:alert(1)", "VALUE-URL"),
    ("https://example.com/a b.jpg", "VALUE-URL")])
def test_a_web_address_has_its_scheme_and_no_blanks(cell, told):
    assert said(cell, "url") == told


# Words


@pytest.mark.parametrize(("cell", "told"), [
    ("ja", True), ("JA", True), ("1", True), ("x", True), (" yes ", True), ("nein", False), ("0", False), ("Falsch", False),
    ("maybe", "VALUE-BOOLEAN"), ("2", "VALUE-BOOLEAN")])
def test_yes_and_no_are_the_words_that_the_column_knows(cell, told):
    assert said(cell, "boolean") is told or said(cell, "boolean") == told


def test_a_column_may_have_its_own_words_for_yes_and_no():
    column = {"type": "boolean", "true": ["auf Lager"], "false": ["ausverkauft"]}

    assert (said("AUF LAGER", column), said("Ausverkauft", column), said("ja", column)) == (True, False, "VALUE-BOOLEAN")


@pytest.mark.parametrize(("cell", "told"), [
    ("24.11.2027", "2027-11-24"), ("1.2.2027", "2027-02-01"), ("2027-11-24", "VALUE-DATE"), ("24.11.27", "VALUE-DATE"),
    ("31.02.2027", "VALUE-DATE"), ("11/24/2027", "VALUE-DATE"), ("24.11.2027 10:00", "VALUE-DATE"), ("00.00.0000", "VALUE-DATE")])
def test_a_date_is_read_by_the_form_of_its_column_and_no_other(cell, told):
    assert said(cell, {"type": "date", "date": "%d.%m.%Y"}) == told


def test_a_partner_reads_how_a_date_is_written():
    (bad,) = shaped("sku;x\nA-1;tomorrow\n", a_feed({"x": {"type": "date", "date": "%d.%m.%Y"}}))

    assert bad.issues[0].remedy == "Write it like 24.11.2027."


COLOURS = {"rot": "Red", "grün": "Green"}


@pytest.mark.parametrize(("cell", "told"), [
    ("rot", "Red"), (" ROT ", "Red"), ("GRÜN", "Green"), ("gru\u0308n", "Green"), ("Green", "Green"), ("blau", "VALUE-OPTION")])
def test_an_option_is_what_the_map_makes_of_the_word(cell, told):
    assert said(cell, {"type": "option", "values": COLOURS}) == told


def test_without_a_map_plytix_is_the_judge_of_an_option():
    assert said("blau", "option") == "blau"


@pytest.mark.parametrize(("cell", "told"), [
    ("rot|grün", ["Red", "Green"]), (" rot | | ROT ", ["Red"]), ("rot|blau", "VALUE-OPTION"), ("|", "absent"), ("", "absent")])
def test_options_are_parted_mapped_and_named_once(cell, told):
    assert said(cell, {"type": "options", "values": COLOURS}) == told


def test_of_several_options_the_wrong_one_is_named():
    (bad,) = shaped("sku;x\nA-1;rot, blau\n", a_feed({"x": {"type": "options", "values": COLOURS, "split": ","}}, delimiter=";"))

    assert (bad.issues[0].value, bad.issues[0].remedy) == ("blau", "Write one of: rot, grün.")


@pytest.mark.parametrize(("cell", "told"), [
    ("4006381333931", "4006381333931"), ("96385074", "96385074"), ("036000291452", "036000291452"), ("00036000291452", "00036000291452"),
    ("4006381333932", "VALUE-GTIN-CHECK"), ("4006383133931", "VALUE-GTIN-CHECK"), ("36000291452", "VALUE-GTIN"),
    ("400638133393", "VALUE-GTIN-CHECK"), ("400-6381333931", "VALUE-GTIN"), ("4006381 333931", "VALUE-GTIN"), ("123456789", "VALUE-GTIN"),
    ("４００６３８１３３３９３１", "VALUE-GTIN")])
def test_a_gtin_keeps_its_leading_zeros_and_proves_itself(cell, told):
    assert said(cell, "gtin") == told


def test_a_wrong_check_digit_is_told_with_the_right_one():
    (bad,) = shaped("sku;EAN\nA-1;4006381333932\n", a_feed({"EAN": "gtin"}))

    assert bad.issues[0].sentence == '"4006381333932" is not a GTIN: its last digit should be 1'


@given(st.sampled_from([7, 11, 12, 13]).flatmap(lambda n: st.text("0123456789", min_size=n, max_size=n)), st.integers(1, 9), st.data())
def test_a_gtin_with_one_wrong_digit_is_never_taken(digits, by, data):
    right = digits + str(check_digit(digits + "0"))
    at = data.draw(st.integers(0, len(digits)))
    wrong = right[:at] + str((int(right[at]) + by) % 10) + right[at + 1:]

    assert compiled(a_feed({"x": "gtin"}).columns["x"], a_feed())([right]) == [right]
    assert said(wrong, "gtin") == "VALUE-GTIN-CHECK"


# Empty cells


@pytest.mark.parametrize("cell", ["", "   ", NBSP])
@pytest.mark.parametrize("kind", ["text", "html", "decimal", "integer", "boolean", "date", "option", "options", "url", "gtin"])
def test_an_empty_cell_says_nothing_unless_it_is_told_to_clear(kind, cell):
    assert said(cell, kind) == "absent"
    assert said(cell, kind, empty="clear") is None
    assert said(cell, {"type": kind, "empty": "clear"}) is None
    assert said(cell, {"type": kind, "empty": "keep"}, empty="clear") == "absent"
    assert said(cell, {"type": kind, "required": True}) == "VALUE-REQUIRED"


# Keys


@pytest.mark.parametrize(("cell", "told"), [
    (" A-1 ", "A-1"), ("007", "007"), ("404.038.96", "404.038.96"), ("a", "a"), ("Ä\u00a0", "Ä"), ("A\u0308", "Ä"),
    ("x" * 100, "x" * 100), ("12E3", "12E3")])
def test_a_key_is_kept_as_it_is_but_for_its_ends(cell, told):
    (record,) = shaped(written([["sku", "x"], [cell, "y"]]), a_feed({"x": "text"}))

    assert record.sku == told


@pytest.mark.parametrize(("cell", "code"), [
    ("", "KEY-EMPTY"), (" ", "KEY-EMPTY"), ("A\nB", "KEY-CHARACTERS"), ("A\tB", "KEY-CHARACTERS"), ("A\u200b", "KEY-CHARACTERS"),
    ("A\u00a0B", "KEY-CHARACTERS"),
    ("x" * 101, "KEY-LENGTH"), ("4.00638E+12", "KEY-EXPONENT"), ("4,00638E+12", "KEY-EXPONENT"), ("1E+12", "KEY-EXPONENT")])
def test_a_key_that_cannot_be_meant_is_refused_and_not_mended(cell, code):
    (bad,) = shaped(written([["sku", "x"], [cell, "y"]]), a_feed({"x": "text"}))

    assert (codes_of(bad.issues), bad.sku, bad.issues[0].column) == ([code], None, "sku")


# Rows


def test_all_faults_of_a_row_are_told_at_once_and_the_row_is_rejected_whole():
    feed = a_feed({"Preis": "decimal", "Lager": "integer", "Name": "text"}, decimal=",")

    good, bad = shaped("sku;Name;Preis;Lager\nA-1;Tür;9,90;5\nA-2;Tor;9.9;five\n", feed)

    assert good == Record(1, 2, "A-1", {"a3": "Tür", "a1": 9.9, "a2": 5})
    assert (bad.number, bad.line, bad.sku) == (2, 3, "A-2")
    assert [(issue.column, issue.line, issue.value, issue.code.code) for issue in bad.issues] == [
        ("Preis", 3, "9.9", "VALUE-NUMBER"), ("Lager", 3, "five", "VALUE-WHOLE")]


def test_a_row_with_a_cell_that_cannot_be_read_is_told_its_other_faults_too():
    content = "sku;name;price\n" + "".join(f"{n};Größe;1\n" for n in range(9)) + "A-1;Größe;x\n"
    content = content.encode()[:-9] + "öße;x\n".encode("cp1252")

    bad = shaped(content, a_feed({"name": "text", "price": "decimal"}))[-1]

    assert (codes_of(bad.issues), bad.sku) == (["CELL-ENCODING", "VALUE-NUMBER"], "A-1")


def test_a_broken_row_keeps_its_issue_and_its_place_among_the_others():
    records = shaped("sku;x\n1;a\n2\n3;c\n", a_feed({"x": "text"}))

    assert [(type(r).__name__, r.number, r.line) for r in records] == [("Record", 1, 2), ("Bad", 2, 3), ("Record", 3, 4)]


def test_an_unfinished_row_is_an_unfinished_record():
    assert [record.unfinished for record in shaped("sku;x\n1;a\n2;b", a_feed({"x": "text"}))] == [False, True]


def test_a_feed_of_nothing_but_keys_has_records():
    assert [record.values for record in shaped("sku;x\n1;a\n2;b\n", a_feed())] == [{}, {}]


@given(st.lists(st.sampled_from(["A;1", ";1", "B;x", "C", "D;1;2", 'E;"', "F;"]), max_size=CHUNK + 20).map(lambda rows: rows * 3))
@example(["A;1"] * CHUNK + [";1"] + ["A;1"] * CHUNK)
def test_every_row_is_answered_once_and_in_order(rows):
    records = shaped("sku;x\n" + "\n".join(rows) + "\n", a_feed({"x": "integer"}, delimiter=";"))

    assert [record.number for record in records] == list(range(1, len(records) + 1))
    assert len(records) == len(rows) or any('"' in row for row in rows)


COLUMNS = [
    "text", "html", "decimal", "integer", "boolean", "date", "option", "options", "url", "gtin", {"type": "text", "max": 5,
    "required": True},
    {"type": "decimal", "min": 2}, {"type": "integer", "min": 2}, {"type": "option", "values": COLOURS}, {"type": "html", "empty": "clear"},
    {"type": "url", "max": 12}]
CELLS = ["", " ", "a", " b ", "e\u0301", "a\r\nb", "a\x00", "rot", "ja", "1", "2.5", "2,5", "1.234", "-3", "9" * 17, "0.1", "2027-11-24",
         "http://a.b/c", "http://a b", "4006381333931", "4006381333932", "00036000291452", "x" * 9, "a\nb", "1\n2", "rot|grün"]
POOLS = [["1", "2", "0", "-3", "10"], ["1.5", "2", "2.5", "0.1"], ["1,5", "2", "2,5"], ["12345678901", "1", "123456789,12345678"],
         ["4006381333931", "96385074"], ["4006381333931", "4006381333932"],
         ["http://a.b/c", "https://d.e", "http://a.b/cdefghijkl"], ["a", "b c", "", "é"]]
ALIKE = st.one_of(
    st.lists(st.sampled_from(CELLS) | st.text(max_size=6), min_size=1, max_size=12),
    st.sampled_from(POOLS).flatmap(lambda pool: st.lists(st.sampled_from(pool), min_size=1, max_size=6)))


@pytest.mark.parametrize("decimal", [".", ","])
@pytest.mark.parametrize("column", COLUMNS, ids=str)
def test_a_whole_column_at_once_is_read_as_its_cells_one_by_one(column, decimal):
    """Proofs and memory are quicker, and nothing else."""
    feed = a_feed({"x": column}, decimal=decimal)
    declared = feed.columns["x"]
    remembering, proving, one = compiled(declared, feed), compiled(declared, feed), single(declared, feed)
    proving([f"x{n}" for n in range(5_000)])  # more different cells than are remembered

    @settings(max_examples=100, deadline=None)
    @given(ALIKE)
    def the_same(cells):
        expected = [(type(said), said) for said in map(one, cells)]
        assert [(type(said), said) for said in remembering(cells)] == expected
        assert [(type(said), said) for said in proving(cells)] == expected
        for said, cell in zip(map(one, cells), cells, strict=True):
            assert said is not Keep.KEEP or not cell.replace("|", "").strip()

    the_same()
