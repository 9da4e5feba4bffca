"""One thing is told as one: in receipts, remedies and commands."""

from dataclasses import replace

import pytest

from bridge.domain.counted import counted
from bridge.domain.drop import Drop
from bridge.domain.outcome import Outcome
from bridge.domain.receipt import SHOWN, page, receipt
from bridge.domain.run import Run, State
from bridge.domain.sequence import landing
from tests.unit.files import rows_of

DROP = Drop("exchange", "erp/inbox/products/one.csv", "v1", 1, "etag", 1_800_000_000_000)
RUN = Run("01M8R0SB", DROP, "erp/products", landing(DROP.landed, "", DROP.key), DROP.landed, rows=1, counts={Outcome.CREATED: 1},
          plan={"create": 1}, spent={"create": 1})
ISSUE = {"code": "VALUE-NUMBER", "severity": "error", "line": 2, "column": "Price", "value": "x", "message": "m", "remedy": "r."}


@pytest.mark.parametrize(("number", "said"), [(0, "0 rows"), (1, "1 row"), (2, "2 rows"), (1_204, "1,204 rows")])
def test_a_number_of_things_is_said_as_people_say_it(number, said):
    assert counted(number, "row") == said


@pytest.mark.parametrize(("run", "said"), [
    (replace(RUN, state=State.CLOSED), ["1 byte\n", "1 row: 1 created\n", "1 request to Plytix, 1 was planned\n"]),
    (replace(RUN, state=State.APPLYING), ["1 request to Plytix is planned, to be done "]),
    (replace(RUN, state=State.CLOSED, spent={"create": 2}), ["2 requests to Plytix, 1 was planned\n"])])
def test_a_receipt_of_one_row_speaks_of_one_row(run, said):
    told = page(receipt(run), run)

    assert [words for words in said if words not in told] == []


@pytest.mark.parametrize(("issues", "said"), [(SHOWN + 1, "… and 1 more: it stands in"), (SHOWN + 2, "… and 2 more: they stand in")])
def test_what_a_receipt_does_not_show_is_counted(issues, said):
    run = replace(RUN, state=State.CLOSED)

    assert said in page(receipt(run, [ISSUE] * issues), run)


def test_a_row_of_one_cell_has_one_cell():
    assert rows_of("sku;name\n1\n")[0].issues[0].sentence == "the row has 1 cell, the heading 2"
