"""MIRROR: what Plytix last answered, and since when it is so (DESIGN.md §5)."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from bridge.domain.mirror import Applied, Existence, Mirror, buried, from_json, seen, to_json
from bridge.domain.product import Product
from bridge.domain.row import Sku
from bridge.domain.values import NOTHING, canonical, digest
from bridge.domain.wanted import EXISTS
from tests.heart.items import ID, MONDAY, THURSDAY, TUESDAY, WEDNESDAY, holds, sent
from tests.heart.stored import stored


def answer(when=TUESDAY, id=ID, **values):
    return Product(id, Sku("A-1"), when, values, created=MONDAY, family="shoes", categories=("c1",), assets=("a1",))


def test_the_first_answer_is_what_plytix_holds_and_all_of_it_is_new():
    mirror = seen(Mirror(), answer(price="1"), {})

    assert (mirror.existence, mirror.id, mirror.modified, mirror.values) == (Existence.LIVING, ID, TUESDAY, {"price": "1"})
    assert mirror.changed == {"price": TUESDAY}
    assert mirror.facts == {"created": MONDAY, "family": "shoes", "parent": None, "categories": ["c1"], "assets": ["a1"]}


def test_only_what_differs_has_changed():
    mirror = seen(holds({"price": "1", "name": "n", "text": "s"}), answer(WEDNESDAY, price="1", name="m"), {})

    assert mirror.values == {"price": "1", "name": "m"}
    assert mirror.changed == {"price": MONDAY, "name": WEDNESDAY, "text": WEDNESDAY}


def test_an_answer_that_is_older_leaves_the_values_but_not_what_the_bridge_did():
    before, did = replace(holds({"price": "2"}), modified=WEDNESDAY), {"price": sent("1", "1")}

    mirror = seen(before, answer(TUESDAY, price="1"), did)

    assert mirror == replace(before, applied=did)


def test_another_id_is_another_product_of_which_nothing_is_known():
    before = holds({"price": "1"}, {"price": sent("1", "1")})

    mirror = seen(before, answer(id="another", name="n"), {})

    assert (mirror.id, mirror.values, mirror.applied, mirror.changed) == ("another", {"name": "n"}, {}, {"name": TUESDAY})
    assert mirror.version == before.version, "it takes the place of the same item"


def test_an_answer_from_before_its_end_does_not_bring_a_product_back():
    tombstone = buried(holds({"price": "1"}, {"price": sent("1", "1")}))
    assert (tombstone.existence, tombstone.id, tombstone.values, tombstone.applied) == (Existence.GONE, ID, {}, {})
    assert tombstone.changed == {EXISTS: MONDAY}

    assert seen(tombstone, answer(THURSDAY, price="1"), {}).existence is Existence.GONE
    assert seen(tombstone, answer(THURSDAY, id="another"), {}).existence is Existence.LIVING


def test_what_stands_nowhere_and_what_is_empty_are_equal():
    assert holds({}).held("price") == holds({"price": None}).held("price") == digest("") == digest([]) == NOTHING


def test_v1_and_v2_spell_differently_what_is_the_same():
    same = [("2026-05-01T00:00:00", "2026-05-01"), ("2026-05-01T00:00:00.000Z", "2026-05-01"), (5.0, 5), (["b", "a"], ["a", "b"]),
            ([{"id": "x", "filename": "x.jpg"}], ["x"]), ({"id": "x"}, ["x"])]
    different = [("5", 5), (True, 1), ("2026-05-01T10:00:00", "2026-05-01"), (0, None), (False, None), ("a", ["a"])]

    assert all(digest(one) == digest(other) for one, other in same)
    assert all(digest(one) != digest(other) for one, other in different)


values = st.none() | st.booleans() | st.integers(-2**53, 2**53) | st.floats(allow_nan=False, allow_infinity=False) | st.text() | st.lists(
    st.text())


@given(values)
def test_a_value_in_canonical_form_is_in_canonical_form_also_after_it_was_stored(value):
    form = canonical(value)

    assert canonical(form) == form
    assert digest(stored(form)) == digest(form) == digest(value)


@given(st.dictionaries(st.text(), values), st.sampled_from(Existence), st.integers(1))
def test_what_is_stored_reads_back_the_same(held, existence, version):
    applied = {a: Applied(digest(v), digest(None), "acme/erp", "run", 2) for a, v in held.items()}
    mirror = Mirror(existence, ID, MONDAY, held, {"family": None, "categories": ["c"]}, dict.fromkeys(held, TUESDAY), applied, version)

    assert from_json(stored(to_json(mirror)), version) == mirror
