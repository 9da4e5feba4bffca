"""From bytes to rows: each record of the file once, whole or broken, with the line where an editor shows it."""

import csv
import gc
import io
import tracemalloc
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bridge.domain.row import Row
from bridge.domain.sheet import BadRow
from bridge.formats import lines
from bridge.formats.delimited import read
from bridge.formats.dialect import DELIMITERS
from tests.unit.files import a_feed, a_file, codes_of, rows_of, sheet_of, written

CELLS = st.text(st.characters(codec="utf-8", exclude_characters="\ufeff", exclude_categories=["Cs", "Cc"]), max_size=8) | st.sampled_from(
    ['"', '""', '5" pipe', "a\nb", "a\r\nb", "a\rb", "\r\n", ";", ",", "\t", "|", " x ", "ä€"])


def told(rows):
    """(line, code) of what is broken, (line, cells) of what is whole."""
    return [(row.line, codes_of(row.issues)[0] if isinstance(row, BadRow) else row.cells) for row in rows]


def physical_lines(text):
    return len(io.StringIO(text, newline="").readlines())


# Laws


@settings(max_examples=150, deadline=None)
@given(rows=st.lists(st.lists(CELLS, min_size=2, max_size=2), max_size=12), delimiter=st.sampled_from(DELIMITERS),
       line_end=st.sampled_from(["\n", "\r\n", "\r"]), encoding=st.sampled_from(["utf-8", "utf-8-sig", "utf-16"]), last=st.booleans())
def test_whatever_another_program_wrote_comes_back_cell_by_cell_with_its_lines(rows, delimiter, line_end, encoding, last):
    data = [[f"K{n}", *row] for n, row in enumerate(rows)]
    text = written([["sku", "a", "b"], *data], delimiter, line_end)
    expected, line = [], 2
    for row in data:
        expected.append((line, row))
        line += physical_lines(written([row], delimiter, line_end))
    if last:
        text = text.removesuffix(line_end)

    found = list(read(a_file(text, encoding), a_feed(delimiter=delimiter)).rows)

    assert [(row.line, row.cells) for row in found] == expected
    assert [row.number for row in found] == list(range(1, len(data) + 1))
    assert [row.unfinished for row in found] == [last and row is found[-1] for row in found]


@settings(max_examples=100, deadline=None)
@given(block=st.integers(1, 40), rows=st.lists(st.lists(CELLS, min_size=2, max_size=2), max_size=8), line_end=st.sampled_from(["\n",
    "\r\n", "\r"]))
def test_where_a_block_ends_cannot_be_seen_in_the_rows(block, rows, line_end):
    text = written([["sku", "a", "b"], *([f"K{n}", *row] for n, row in enumerate(rows))], ";", line_end)
    expected = rows_of(text, a_feed(delimiter=";"))

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(lines, "BLOCK", block)
        assert rows_of(text, a_feed(delimiter=";")) == expected


@settings(max_examples=150, deadline=None)
@given(text=st.text(st.sampled_from('ab;"\n\r '), max_size=60), block=st.sampled_from([3, 1 << 18]))
def test_no_text_loses_a_line(text, block):
    """Whatever stands in the file: nothing is raised, rows are counted without gap, and each line with a word is in some row."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(lines, "BLOCK", block)
        found = rows_of("sku;a;b\n" + text, a_feed(delimiter=";"))

    assert [row.number for row in found] == list(range(1, len(found) + 1))
    assert all(one.line < other.line for one, other in pairwise(found))
    if "a" in text or "b" in text:
        assert found
    assert all(isinstance(row, BadRow) or len(row.cells) == 3 for row in found)


@given(st.binary(max_size=400))
@settings(max_examples=150, deadline=None)
def test_no_bytes_are_raised_for(content):
    sheet = sheet_of(content)

    assert all(isinstance(row, Row | BadRow) for row in sheet.rows)


# Lines and line ends


def test_a_row_is_told_by_the_line_where_it_begins():
    rows = rows_of('sku;text\n1;"a\nb\nc"\n2;"d\r\ne"\n3;"f\rg"\n4;x\n')

    assert [(row.number, row.line, row.cells[1]) for row in rows] == [
        (1, 2, "a\nb\nc"), (2, 5, "d\r\ne"), (3, 7, "f\rg"), (4, 9, "x")]


def test_blank_lines_are_no_rows_but_count_as_lines():
    rows = rows_of("\r\nsku;name\r\n\r\n1;a\r\n   \r\n;\r\n2;b\r\n;;;;\r\n\x1a")

    assert told(rows) == [(4, ["1", "a"]), (7, ["2", "b"])]
    assert not rows[-1].unfinished


def test_only_a_last_row_without_line_end_is_unfinished():
    assert [row.unfinished for row in rows_of("sku;name\n1;a\n2;b")] == [False, True]
    assert [row.unfinished for row in rows_of("sku;name\n1;a\n2;b\n")] == [False, False]
    assert [row.unfinished for row in rows_of('sku;name\n1;a\n2;"b')] == [False, True]


def test_a_bom_is_no_part_of_the_first_name():
    assert sheet_of("sku;name\n1;a\n".encode("utf-8-sig")).header == ["sku", "name"]


# Width


def test_rows_with_too_many_or_too_few_cells_come_back_with_line_and_counts():
    rows = rows_of("sku;name;price\n1;a;2\n2;b\n3;c;4;5\n4;d;6\n")

    assert told(rows) == [(2, ["1", "a", "2"]), (3, "ROW-FEWER-CELLS"), (4, "ROW-MORE-CELLS"), (5, ["4", "d", "6"])]
    assert rows[2].cells == ["3", "c", "4", "5"]
    assert rows[2].issues[0].told("f.csv") == (
        "f.csv line 4: the row has 4 cells, the heading 3. "
        'A cell that holds a semicolon must stand in quotation marks: "like this". [ROW-MORE-CELLS]')


def test_surplus_cells_that_are_empty_are_no_fault():
    """PrestaShop ends data rows, but not the heading, with a semicolon."""
    assert told(rows_of("sku;name\n1;a;\n2;b; ;\n3;c;;x\n")) == [(2, ["1", "a"]), (3, ["2", "b"]), (4, "ROW-MORE-CELLS")]


def test_names_that_are_empty_at_the_end_of_the_heading_are_no_columns():
    sheet = sheet_of("sku;name;;\n1;a;;\n2;b\n")

    assert sheet.header == ["sku", "name"]
    assert told(sheet.rows) == [(2, ["1", "a"]), (3, ["2", "b"])]


def test_a_heading_that_stands_in_the_file_again_is_no_product():
    assert told(rows_of("sku;name\n1;a\nsku;name\n2;b\n")) == [(2, ["1", "a"]), (3, "ROW-HEADER"), (4, ["2", "b"])]


# Quotation marks


def test_a_stray_quotation_mark_costs_its_row_alone():
    rows = rows_of('sku;name;price\n1;"5" screen";2\n2;"b";3\n3;c;4\n')

    assert told(rows) == [(2, "ROW-QUOTE"), (3, ["2", "b", "3"]), (4, ["3", "c", "4"])]
    assert rows[0].cells == ['1;"5" screen";2']


def test_an_inch_mark_in_an_unquoted_cell_is_no_fault():
    assert told(rows_of('sku;name;price\n1;5" pipe;2\n2;b 3";3\n')) == [(2, ["1", '5" pipe', "2"]), (3, ["2", 'b 3"', "3"])]


def test_a_quotation_mark_that_is_never_closed_does_not_swallow_the_rows_below():
    rows = rows_of('sku;name;price\n1;"a;2\n' + "".join(f"{n};b;3\n" for n in range(2, 40)))

    assert told(rows)[:2] == [(2, "ROW-QUOTE"), (3, ["2", "b", "3"])]
    assert len(rows) == 39


def test_a_mark_closed_only_by_the_next_quoted_cell_does_not_swallow_its_row():
    rows = rows_of('sku;name;price\n1;"a;2\n2;b;3\n3;"c";4\n4;"d\ne";5\n')

    assert told(rows) == [(2, "ROW-QUOTE"), (3, ["2", "b", "3"]), (4, ["3", "c", "4"]), (5, ["4", "d\ne", "5"])]


def test_a_broken_cell_of_several_lines_is_one_broken_row():
    rows = rows_of('sku;name;price\n1;a;2\n2;"text with a\n5" screen\nand more";3\n3;c;4\n')

    assert told(rows) == [(2, ["1", "a", "2"]), (3, "ROW-QUOTE"), (6, ["3", "c", "4"])]
    assert "(lines 3 to 5)" in rows[1].issues[0].sentence


def test_in_a_narrow_table_lines_of_a_broken_text_are_not_believed_to_be_rows():
    rows = rows_of('sku;text\n1;"good; 5" wide\nred; soft\nend";\n2;b\n', a_feed(delimiter=";"))

    assert [row.line for row in rows if isinstance(row, Row)] == [5]
    assert told(rows)[:3] == [(2, "ROW-QUOTE"), (3, "ROW-DOUBT"), (4, "ROW-DOUBT")]
    assert "broken in line 2" in rows[1].issues[0].sentence


def test_a_heading_with_a_broken_quotation_mark_refuses_the_file():
    sheet = sheet_of('sku;"name;price\n1;a;2\n')

    assert (codes_of(sheet.issues), sheet.refused) == (["FILE-QUOTES"], True)


def test_columns_padded_with_blanks_are_read_around_their_quotation_marks():
    text = 'sku  ,text              ,price\nA-1  ,"a, ""b"" , c"    ,1\nA-2  ,"two\nlines"  , 2\nA-3,"x"   ,  "y"\n'

    assert told(rows_of(text)) == [
        (2, ["A-1  ", 'a, "b" , c', "1"]), (3, ["A-2  ", "two\nlines", " 2"]), (5, ["A-3", "x", "y"])]


def test_a_blank_before_a_quoted_cell_does_not_split_it():
    assert told(rows_of('sku, name, price\n1, "a, b", 2\n')) == [(2, ["1", "a, b", " 2"])]


# Hostile files


def test_a_record_may_not_be_longer_than_a_megabyte():
    rows = rows_of(f'sku;name;price\n1;{"x" * lines.CHARACTERS};2\n2;b;3\n')

    assert told(rows) == [(2, "ROW-TOO-LONG"), (3, ["2", "b", "3"])]


def test_a_line_of_many_megabytes_is_not_kept_and_the_next_has_the_right_number():
    rows = rows_of("sku;name;price\n1;" + "x" * 3_000_000 + "\r2;b;3\r\n3;c;4\r\n")

    assert told(rows) == [(2, "ROW-TOO-LONG"), (3, ["2", "b", "3"]), (4, ["3", "c", "4"])]


def test_a_record_may_not_have_more_than_a_thousand_lines():
    rows = rows_of('sku;name;price\n1;"' + "line\n" * 1_500 + '";2\n2;b;3\n')

    assert told(rows)[0] == (2, "ROW-TOO-LONG")
    assert [row.line for row in rows if isinstance(row, Row)] == [1503]


def test_a_quoted_cell_of_nine_hundred_lines_is_right():
    rows = rows_of('sku;name;price\n1;"' + "line\n" * 900 + '";2\n2;b;3\n')

    assert [row.line for row in rows if isinstance(row, Row)] == [2, 903]


def test_marks_that_open_again_on_every_line_are_read_in_one_go_and_not_a_thousand(monkeypatch):
    """`a";"b` both closes what is open and opens anew: without a limit on looking ahead each line would be read a thousand times."""
    seen = []
    size = lines.Lines._split
    monkeypatch.setattr(lines.Lines, "_split", lambda self, block: seen.append(len(block)) or size(self, block))
    real = csv.reader
    looked = []
    monkeypatch.setattr(csv, "reader", lambda window, **how: real((looked.append(1) or line for line in window), **how))

    rows = rows_of("sku;name;price\n" + 'a";"b;c\n' * 5_000, a_feed(delimiter=";"))

    assert all(isinstance(row, BadRow) for row in rows)
    assert len(looked) < 60 * 5_000


def test_null_bytes_stay_in_their_cell():
    assert told(rows_of("sku;name\n1;a\x00b\n" + "2;c\n" * 5))[0] == (2, ["1", "a\x00b"])


def test_a_long_file_is_read_in_little_memory():
    row = b"A-1;" + b"x" * 180 + b";9.90\n"
    file = io.BytesIO(b"sku;text;price\n" + row * 100_000)  # 19 MB
    tracemalloc.start()
    count = sum(1 for _ in read(file, a_feed(delimiter=";")).rows)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()

    assert count == 100_000
    assert peak < 8_000_000


def test_the_file_stays_open_whoever_lets_go_of_its_rows():
    file = a_file("sku;name\n1;a\n2;b\n")
    next(iter(read(file, a_feed()).rows))
    gc.collect()

    assert not file.closed
    assert len(list(read(file, a_feed()).rows)) == 2


# Files that are none


@pytest.mark.parametrize("content", ["", "\n\n", "\ufeff", "  \r\n,,,\r\n"])
def test_a_file_without_a_heading_is_refused(content):
    sheet = sheet_of(content)

    assert (codes_of(sheet.issues), sheet.refused, list(sheet.rows)) == (["FILE-NO-HEADER"], True, [])


def test_a_heading_without_rows_has_no_rows():
    assert rows_of("sku;name\n") == []
