"""What `bridge run` says of a thousand faults of a kind: what it is, how often and where, and how to see each."""

import pytest

from bridge.domain import codes
from bridge.domain.issue import Issue
from cli.commands.runs import _say_issues
from cli.issues import kinds

ZERO_O = Issue(codes.VALUE_NUMBER, 7, "VK netto", "12,9O", {"mark": "comma", "example": "1299,00"})


def not_numbers(lines, column="VK netto"):
    return [Issue(codes.VALUE_NUMBER, line, column, f"x{line}", {"mark": "comma", "example": "1299,00"}).as_json() for line in lines]


def told(issues):
    return list(map(str, kinds(issues)))


def test_what_differs_only_by_its_value_is_told_once_with_count_lines_and_an_example():
    assert told(not_numbers(range(3, 1_203))) == [
        '1,200 times, lines 3, 4, 5, 6, 7 … and 1,195 more, such as line 3, column "VK netto": "x3" is not a number. '
        "Write digits with a comma as the decimal mark, e.g. 1299,00. [VALUE-NUMBER]"]


def test_a_few_of_a_kind_have_all_their_lines_named():
    assert told(not_numbers([3, 9]))[0].startswith("2 times, lines 3, 9, such as line 3, ")


def test_one_of_a_kind_stands_as_it_is():
    assert told([ZERO_O.as_json()]) == [
        'line 7, column "VK netto": "12,9O" is not a number. Write digits with a comma as the decimal mark, e.g. 1299,00. [VALUE-NUMBER]']


def test_another_column_is_another_kind():
    assert len(told([*not_numbers([3, 9]), *not_numbers([3, 9], "UVP")])) == 2


def test_what_is_kept_out_comes_first_then_what_waits_then_what_is_only_to_be_known():
    known = [Issue(codes.OVER_PERSON, n, "UVP", "1", {"attribute": "list_price", "stands": "2"}).as_json() for n in range(2, 50)]
    waits = [Issue(codes.HELD_PRODUCT, n).as_json() for n in range(2, 20)] + [Issue(codes.ROW_UNFINISHED, 99).as_json()]
    kept_out = [*not_numbers([3]), *(Issue(codes.KEY_EMPTY, n).as_json() for n in (4, 5))]

    first = [kind.issues[0]["code"] for kind in kinds([*known, *waits, *kept_out])]

    assert first == ["KEY-EMPTY", "VALUE-NUMBER", "HELD-PRODUCT", "ROW-UNFINISHED", "OVER-PERSON"]


@pytest.mark.parametrize("code", codes.CATALOGUE.values(), ids=lambda code: code.code)
def test_whatever_is_called_held_waits(code):
    assert code.code in codes.HOLDING or not code.code.startswith("HELD-")


def test_what_is_not_shown_is_counted_and_all_of_it_is_to_be_had(capsys):
    issues = [*not_numbers(range(2, 1_002)), Issue(codes.KEY_EMPTY, 5_000).as_json()]

    _say_issues(issues, everything=False, how="bridge run 8R0SBK --all")
    shown = capsys.readouterr().out
    assert (shown.count("[VALUE-NUMBER]"), shown.count("[KEY-EMPTY]")) == (1, 1)
    assert "Not shown: 999 issues of the same kinds. Each by itself: bridge run 8R0SBK --all" in shown

    _say_issues(issues, everything=True, how="bridge run 8R0SBK --all")
    shown = capsys.readouterr().out
    assert [f"line {line}, " in shown for line in (2, 500, 1_001)] == [True] * 3
    assert "Not shown" not in shown
