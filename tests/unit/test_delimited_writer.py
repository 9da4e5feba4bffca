"""CSV out: what is written can be read, and what people open starts no formula."""

import csv
import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge.formats.delimited_writer import guarded, write
from tests.unit.files import a_feed, rows_of

TEXT = st.text(st.characters(codec="utf-8", exclude_characters="\x00\ufeff"), max_size=8) | st.sampled_from(['"', "a\nb", "a\rb", "\r\n",
    ";", " x "])


def out(rows, **how):
    file = io.BytesIO()
    told = write(rows, file, **how)
    return file.getvalue(), told


@given(st.lists(st.lists(TEXT, min_size=2, max_size=2), max_size=8), st.sampled_from([",", ";", "\t", "|"]), st.sampled_from(["\r\n",
    "\n"]),
       st.sampled_from(["utf-8", "utf-8-sig", "utf-16"]))
def test_what_is_written_comes_back_cell_by_cell(rows, delimiter, line_end, encoding):
    rows = [["sku", "a"], *rows]
    content, told = out(rows, delimiter=delimiter, line_end=line_end, encoding=encoding)

    text = io.StringIO(content.decode(encoding), newline="")
    assert list(csv.reader(text, delimiter=delimiter)) == rows
    assert (told.rows, told.replaced) == (len(rows), 0)


def test_our_own_reader_reads_what_our_writer_wrote():
    rows = [["sku", "text"], ["A-1", 'a "b"; c\r\nd'], ["A-2", "Größe\rneu"]]
    content, _ = out(rows, line_end="\n")

    assert [row.cells for row in rows_of(content, a_feed())] == rows[1:]


def test_a_character_that_the_encoding_has_not_is_replaced_and_counted():
    content, told = out([["sku", "text"], ["1", "Ω ü"], ["2", "ü"]], encoding="cp1252")

    assert content.decode("cp1252") == "sku;text\r\n1;? ü\r\n2;ü\r\n"
    assert told.replaced == 1


@pytest.mark.parametrize("cell", ["=1+1", "+cmd|x", "-2+3", "@SUM(A1)", "\t=1", "\r=1", "\n=1", "＝1+1", "-", "+49 (0)30 123",
    '=HYPERLINK("x")'])
def test_a_cell_that_a_spreadsheet_would_run_gets_an_apostrophe(cell):
    assert guarded(cell) == "'" + cell


@pytest.mark.parametrize("cell", ["-5.00", "+3", "-1.299,50", "-12 %", "-1'000", "-1\u00a0000,5", "5", "A-1", "", "'=1", "a=b"])
def test_a_number_and_plain_text_stay_as_they_are(cell):
    assert guarded(cell) == cell


def test_result_files_are_guarded_and_channels_are_not():
    rows = [["sku", "x"], ["1", "=1+1"]]

    assert out(rows, guard=True)[0] == b"sku;x\r\n1;'=1+1\r\n"
    assert out(rows)[0] == b"sku;x\r\n1;=1+1\r\n"


def test_rows_are_written_as_they_come():
    class File(io.RawIOBase):
        def write(self, data):
            sizes.append(len(data))
            return len(data)

    sizes = []
    write((["x" * 100] for _ in range(50)), File())
    assert len(sizes) == 50
