"""WANTED: what a feed says last is what it wants, in whatever order its drops come (DESIGN.md §4 order, §5)."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge.domain.outcome import Standing
from bridge.domain.wanted import EXISTS, NO_OPTION, Over, Refusal, Wanted, from_json, refusals, spread, tell, to_json
from tests.heart.items import MONDAY, SCHEMA, THURSDAY, TUESDAY, WEDNESDAY, a_feed, at, run_of, said
from tests.heart.stored import stored

NOW = THURSDAY


def hear(wanted, day, /, refused=None, **values):
    """One more row of the feed, out of the drop that landed on that day. `refused`: attribute → why its value is not taken."""
    noted = refusals(values, refused or {})
    return tell(wanted, values, run=run_of(day), line=2, sequence=at(day), now_ms=NOW, refused=noted)


def test_what_is_said_first_is_wanted_and_due():
    wanted = hear(Wanted(), MONDAY, price="1")

    assert wanted.values == {"price": said("1", MONDAY)}
    assert (wanted.open, wanted.open_since, wanted.due) == ({"price": Standing.DUE}, NOW, True)


def test_another_value_takes_the_place_of_an_older_one():
    wanted = hear(replace(hear(Wanted(), MONDAY, price="1"), open={}, open_since=0), TUESDAY, price="2")

    assert wanted.values == {"price": said("2", TUESDAY)}
    assert wanted.open == {"price": Standing.DUE}


def test_an_older_drop_that_comes_late_changes_nothing():
    wanted = hear(Wanted(), TUESDAY, price="2")

    assert hear(wanted, MONDAY, price="1") == wanted


def test_the_same_value_again_is_nothing_new_and_opens_nothing():
    at_rest = replace(hear(Wanted(), MONDAY, price="1"), open={}, open_since=0)

    again = hear(at_rest, WEDNESDAY, price="1")

    assert again.values == {"price": said("1", MONDAY, again=WEDNESDAY)}
    assert again.open == {}


def test_what_was_said_again_cannot_be_beaten_by_a_drop_from_in_between():
    wanted = hear(hear(Wanted(), MONDAY, price="1"), WEDNESDAY, price="1")

    assert hear(wanted, TUESDAY, price="2") == wanted


def test_the_members_of_a_list_in_another_order_are_the_same_value():
    at_rest = replace(hear(Wanted(), MONDAY, sizes=["41", "42"]), open={}, open_since=0)

    assert hear(at_rest, TUESDAY, sizes=["42", "41"]).open == {}


def test_what_a_row_does_not_speak_of_stays_as_it_was():
    wanted = hear(hear(Wanted(), MONDAY, price="1", name="n"), TUESDAY, price="2")

    assert wanted.values["name"] == said("n", MONDAY)


def test_no_value_is_a_value_too():
    wanted = hear(hear(Wanted(), MONDAY, price="1"), TUESDAY, price=None)

    assert wanted.values == {"price": said(None, TUESDAY)}


def test_since_when_it_is_open_is_not_moved_by_what_comes_later():
    wanted = replace(hear(Wanted(), MONDAY, price="1"), open_since=MONDAY)

    assert hear(wanted, TUESDAY, price="2").open_since == MONDAY


def test_a_refusal_stays_noted_until_apply_looks_again():
    refused = {"color": Refusal(said("teal").digest, SCHEMA.version, "no")}
    wanted = replace(hear(Wanted(), MONDAY, color="teal"), refused=refused)

    assert hear(wanted, TUESDAY, color="red").refused == refused


LACKING = {"color": "its options are red"}


@pytest.mark.parametrize("before", [Wanted(), hear(Wanted(), MONDAY, color="red"), hear(Wanted(), MONDAY, color="teal")],
                         ids=["nothing", "another value", "the same value"])
def test_a_value_that_is_known_not_to_be_taken_is_wanted_and_noted_as_refused(before):
    wanted = hear(before, TUESDAY, refused=LACKING, color="teal", price="1")

    assert {a: s.value for a, s in wanted.values.items()} == {"color": "teal", "price": "1"}
    assert wanted.refused == {"color": Refusal(said("teal").digest, NO_OPTION, "its options are red")}


def test_of_an_older_drop_that_comes_late_nothing_is_noted():
    wanted = hear(Wanted(), TUESDAY, color="red")

    assert hear(wanted, MONDAY, refused=LACKING, color="teal") == wanted


@pytest.mark.parametrize(("creates", "spreads"), [(True, {EXISTS: True, "price": "1"}), (False, {"price": "1"})])
def test_a_feed_that_creates_also_wants_the_product_to_be_there(creates, spreads):
    assert spread(a_feed(creates=creates, price="latest"), {"price": "1"}) == spreads


# ---- laws
words = st.dictionaries(st.sampled_from(["price", "name"]), st.sampled_from(["1", "2", None]), min_size=1)
weeks = st.lists(words, min_size=1, max_size=5).map(lambda rows: [(MONDAY + day, row) for day, row in enumerate(rows)])


@given(weeks, st.randoms(use_true_random=False))
def test_in_whatever_order_drops_come_and_however_often_the_last_word_counts(week, rng):
    in_order, shuffled = Wanted(), Wanted()
    for day, row in week:
        in_order = hear(in_order, day, **row)
    late = week + [rng.choice(week) for _ in range(3)]
    rng.shuffle(late)
    for day, row in late:
        shuffled = hear(shuffled, day, **row)

    assert {a: (s.value, s.said) for a, s in shuffled.values.items()} == {a: (s.value, s.said) for a, s in in_order.values.items()}
    assert set(shuffled.open) == set(in_order.open)


numbers = st.integers(-2**53, 2**53) | st.floats(allow_nan=False, allow_infinity=False)
values = st.none() | st.booleans() | numbers | st.text() | st.lists(st.text())


@given(st.dictionaries(st.text(), values), st.dictionaries(st.text(), st.sampled_from(Standing)), st.integers(1))
def test_what_is_stored_reads_back_the_same(says, opens, version):
    refused = {a: Refusal(said(v).digest, SCHEMA.version, "no") for a, v in says.items()}
    over = {a: Over(v, run) for run, (a, v) in zip(["", run_of(MONDAY)] * len(says), says.items(), strict=False)}
    wanted = Wanted({a: said(v) for a, v in says.items()}, refused, opens, MONDAY, version, over)

    assert from_json(stored(to_json(wanted)), version) == wanted
