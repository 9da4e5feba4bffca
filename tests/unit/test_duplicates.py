"""Keys that stand more than once: found over the whole file, exactly, each with all its lines."""

import tracemalloc

from hypothesis import given
from hypothesis import strategies as st

from bridge.domain.duplicates import Keys, issue
from bridge.domain.row import Sku


def doubled(*skus):
    keys = Keys()
    for line, sku in enumerate(skus, 2):
        keys.add(Sku(sku), line)
    return keys.doubled()


def test_a_key_in_two_rows_is_told_with_both_lines_however_far_apart():
    assert doubled("A", *(f"x{n}" for n in range(1_000)), "A") == {"A": [2, 1003]}


def test_keys_that_differ_in_case_or_zeros_are_different_keys():
    assert doubled("a", "A", "007", "7", "0070", "Ä") == {}


def test_a_key_in_many_rows_is_told_once():
    assert doubled("A", "B", "A", "B", "A") == {"A": [2, 4, 6], "B": [3, 5]}


def test_each_row_is_told_the_lines_of_the_others():
    assert issue(Sku("A"), 2, [2, 5, 9], "ArtNr").told("f.csv") == (
        'f.csv line 2, column "ArtNr": "A" also stands in lines 5 and 9; none of these rows was taken. '
        "Keep the one that is right and take out the others. [KEY-TWICE]")
    assert issue(Sku("A"), 5, [2, 5], "ArtNr").facts["lines"] == "line 2"


def test_a_thousand_other_lines_are_told_in_a_few():
    assert issue(Sku("A"), 1, list(range(1, 1002)), "sku").facts["lines"].endswith("11 and 990 more")


@given(st.lists(st.text(st.characters(codec="utf-8"), min_size=1, max_size=3) | st.sampled_from(["a", "b\n", "\n", "ÿ"])))
def test_doubled_keys_are_those_that_counting_finds(skus):
    expected = {sku: [line for line, other in enumerate(skus, 2) if other == sku] for sku in skus}

    assert doubled(*skus) == {sku: lines for sku, lines in expected.items() if len(lines) > 1}


def test_two_hundred_thousand_keys_take_a_few_megabytes():
    keys = Keys()
    tracemalloc.start()
    for n in range(200_000):
        keys.add(Sku(f"ACME-{n:08}"), n)
    size = tracemalloc.get_traced_memory()[0]
    tracemalloc.stop()

    assert size < 6_000_000
    assert keys.doubled() == {}
