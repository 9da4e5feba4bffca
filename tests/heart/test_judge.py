"""What becomes of a row is read from state: history first, then how each of its values stands (DESIGN.md §5)."""

from __future__ import annotations

from dataclasses import replace

import pytest

from bridge.domain.history import Act, Entry, Made, from_json, to_json
from bridge.domain.judge import NEWER, OVER, Judged, Note, judge
from bridge.domain.mirror import Mirror
from bridge.domain.outcome import Outcome, Standing
from bridge.domain.row import Sku
from bridge.domain.wanted import EXISTS, Refusal
from tests.heart.items import ID, MONDAY, SCHEMA, TUESDAY, WEDNESDAY, a_feed, at, holds, run_of, said, updates, wants
from tests.heart.stored import stored

MINE, ANOTHERS = run_of(TUESDAY), run_of(MONDAY)
FEED = a_feed(price="feed", name="latest")


def done(act, run=MINE, *, before=None, over=False, message="", **made):
    """An entry of history: attribute → what Plytix answered."""
    return Entry(Sku("A-1"), act, WEDNESDAY, ID, {a: Made(before, v, run, FEED.id, 2, over, message) for a, v in named(made).items()})


def named(values):
    """`exists` is a name that Python takes."""
    return {a.replace("exists", EXISTS): value for a, value in values.items()}


def told(row, *entries, wanted=None, mirror=None, **opens):
    """The outcome of Tuesday's row; `opens`: attribute → how it stands."""
    item = wanted or wants(TUESDAY, **row)
    item = replace(item, open=named(opens))
    return judge(MINE, at(TUESDAY), FEED, row, item, mirror or holds(row), entries)


# ---- what history says
@pytest.mark.parametrize(("entries", "outcome"), [
    ([done(Act.CREATE, exists=True, price="1")], Outcome.CREATED),
    ([done(Act.PATCH, price="1")], Outcome.UPDATED),
    ([done(Act.CREATE, exists=True), done(Act.PATCH, price="1")], Outcome.CREATED),
    ([done(Act.REFUSAL, color="teal"), done(Act.PATCH, price="1")], Outcome.UPDATED),
    ([done(Act.REFUSAL, color="teal")], Outcome.REJECTED),
    ([done(Act.PATCH, ANOTHERS, price="1")], Outcome.UNCHANGED),
    ([], Outcome.UNCHANGED),
], ids=["made", "changed", "made, then changed", "one value refused, the rest taken", "refused", "another run did it", "nothing was done"])
def test_who_did_it_is_told_by_history(entries, outcome):
    assert told({"price": "1"}, *entries).outcome is outcome


def test_who_only_gave_a_value_to_a_product_that_another_made_has_updated_it():
    made = done(Act.CREATE, ANOTHERS, exists=True)
    made = replace(made, made=made.made | done(Act.CREATE, price="1").made)

    assert told({"price": "1"}, made).outcome is Outcome.UPDATED


def test_a_refused_value_is_told_with_plytixs_words_although_the_rest_was_taken():
    judged = told({"price": "1", "name": "n"}, done(Act.REFUSAL, name="n", message="too long"), done(Act.PATCH, price="1"))

    assert judged == Judged(Outcome.UPDATED, (Note("name", Standing.REFUSED, "n", "too long"),))


def test_a_person_who_was_overwritten_is_told():
    judged = told({"price": "1"}, done(Act.PATCH, price="1", before="9", over=True))

    assert judged == Judged(Outcome.UPDATED, (Note("price", OVER, "1", "9"),))


# ---- how its values stand
@pytest.mark.parametrize(("stands", "outcome"), [
    (Standing.LEFT, Outcome.SKIPPED), (Standing.BEATEN, Outcome.SKIPPED), (Standing.REFUSED, Outcome.REJECTED),
    (Standing.DUE, Outcome.RETRYING)])
def test_a_value_that_does_not_stand_decides_and_is_told_with_what_stands(stands, outcome):
    judged = told({"price": "1", "name": "n"}, mirror=holds({"price": "9", "name": "n"}), price=stands)

    assert judged.outcome is outcome
    assert judged.notes == (Note("price", stands, "1", None if stands is Standing.REFUSED else "9"),)


@pytest.mark.parametrize(("stands", "outcome"), [
    (Standing.WAITS, Outcome.HELD), (Standing.RENAMED, Outcome.HELD), (Standing.GONE, Outcome.SKIPPED)])
def test_without_a_product_the_whole_row_has_one_reason(stands, outcome):
    judged = told({"price": "1", "name": "n"}, mirror=Mirror(), exists=stands)

    assert judged == Judged(outcome, (Note("sku", stands),))


def test_a_product_that_plytix_refused_as_a_whole_is_told_with_its_words():
    item = replace(wants(TUESDAY, price="1"), refused={EXISTS: Refusal(said(True).digest, SCHEMA.version, "too many products")})

    judged = told({"price": "1"}, wanted=item, mirror=Mirror(), exists=Standing.REFUSED)

    assert judged == Judged(Outcome.REJECTED, (Note("sku", Standing.REFUSED, None, "too many products"),))


def test_the_worst_counts_where_values_stand_differently():
    judged = told({"price": "1", "name": "n"}, mirror=holds({}), price=Standing.REFUSED, name=Standing.LEFT)

    assert judged.outcome is Outcome.REJECTED
    assert {note.attribute for note in judged.notes} == {"price", "name"}


@pytest.mark.parametrize("wanted", [updates(WEDNESDAY, price="2"), updates(price=said("1", WEDNESDAY))],
                         ids=["another value", "another, and back again"])
def test_what_a_later_drop_of_the_feed_said_otherwise_was_skipped(wanted):
    feed, row = a_feed(creates=False, price="feed"), {"price": "1"}

    judged = judge(MINE, at(TUESDAY), feed, row, wanted, holds({"price": "2"}), [])

    assert judged == Judged(Outcome.SKIPPED, (Note("price", NEWER, "1", wanted.values["price"].value),))


def test_a_value_said_before_and_said_again_is_unchanged():
    assert told({"price": "1"}, wanted=wants(MONDAY, price=said("1", MONDAY, again=TUESDAY))) == Judged(Outcome.UNCHANGED)


# ---- stored
def test_outcomes_and_history_read_back_the_same():
    judged = Judged(Outcome.SKIPPED, (Note("price", NEWER, 1.5, ["a"]), Note("sku", Standing.GONE)))
    entry = done(Act.REFUSAL, before=["a"], over=True, message="no", price=1.5, name=None)

    assert Judged.from_json(stored(judged.to_json())) == judged
    assert from_json(entry.sku, stored(to_json(entry))) == entry
