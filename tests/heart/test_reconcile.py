"""Whose value stands: the table of DESIGN.md §5, row by row, and the laws around it."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from bridge.domain.mirror import Existence, Mirror, buried
from bridge.domain.outcome import Standing
from bridge.domain.product import NO_SCHEMA, Schema
from bridge.domain.reconcile import Change, Kind, reconcile
from bridge.domain.wanted import EXISTS, NO_OPTION, Refusal, definition
from tests.heart.items import MONDAY, SCHEMA, THURSDAY, TUESDAY, WEDNESDAY, a_bundle, a_feed, holds, said, sent, updates, wants

SEND, LEFT, STEP = "send", "left", "in step"
NEVER: dict[str, object] = {}
ONCE = {"price": sent("1", "1")}  # on Monday
SITUATIONS = {
    # what the feed says, what Plytix holds                                   owner feed, latest, plytix
    "nobody changed anything": (said("1", MONDAY), holds({"price": "1"}, ONCE), STEP, STEP, STEP),
    "the feed says it once more": (said("1", MONDAY, WEDNESDAY), holds({"price": "1"}, ONCE), STEP, STEP, STEP),
    "the feed changed its mind": (said("2"), holds({"price": "1"}, ONCE), SEND, SEND, LEFT),
    "the feed wants it empty": (said(None), holds({"price": "1"}, ONCE), SEND, SEND, LEFT),
    "a person changed it": (said("1", MONDAY), holds({"price": "9"}, ONCE, TUESDAY), SEND, LEFT, LEFT),
    "a person emptied it": (said("1", MONDAY), holds({}, ONCE, {"price": TUESDAY}), SEND, LEFT, LEFT),
    "a person changed it, and the feed repeats itself": (
        said("1", MONDAY, WEDNESDAY), holds({"price": "9"}, ONCE, TUESDAY), SEND, LEFT, LEFT),
    "a person changed it, then the feed went away from its value and came back": (
        said("1", WEDNESDAY), holds({"price": "9"}, ONCE, TUESDAY), SEND, SEND, LEFT),
    "both, the feed later": (said("2", WEDNESDAY), holds({"price": "9"}, ONCE, TUESDAY), SEND, SEND, LEFT),
    "both, the person later": (said("2", TUESDAY), holds({"price": "9"}, ONCE, WEDNESDAY), SEND, LEFT, LEFT),
    "both came to the same": (said("9"), holds({"price": "9"}, ONCE, WEDNESDAY), STEP, STEP, STEP),
    "never sent, and it is so already": (said("9"), holds({"price": "9"}), STEP, STEP, STEP),
    "never sent, and nothing ever stood there": (said("1"), holds({}), SEND, SEND, SEND),
    "never sent, and a person wrote it before": (said("1", WEDNESDAY), holds({"price": "9"}, NEVER, TUESDAY), SEND, SEND, LEFT),
    "never sent, and a person wrote it since": (said("1", TUESDAY), holds({"price": "9"}, NEVER, WEDNESDAY), SEND, LEFT, LEFT),
    "never sent, and a person emptied it since": (said("1"), holds({}, NEVER, {"price": WEDNESDAY}), SEND, LEFT, LEFT),
    "Plytix rounded what was sent": (said("1.004", MONDAY), holds({"price": "1"}, {"price": sent("1.004", "1")}), STEP, STEP, STEP),
    "Plytix rounded, and a person wrote what had been sent": (
        said("1.004", MONDAY), holds({"price": "1.004"}, {"price": sent("1.004", "1")}, TUESDAY), STEP, STEP, STEP),
}


def alone(owner, word, mirror):
    """One feed with one value, and how it is with it."""
    change = reconcile({"acme/erp": updates(price=word)}, mirror, a_bundle(a_feed(creates=False, price=owner)), SCHEMA)
    if change.send:
        assert change.kind is Kind.PATCH
        assert change.open == {"acme/erp": {}}
        return SEND
    return LEFT if change.open["acme/erp"] == {"price": Standing.LEFT} else STEP


@pytest.mark.parametrize("situation", SITUATIONS)
def test_whose_value_stands_is_decided_by_owner_and_by_who_came_last(situation):
    word, mirror, *verdicts = SITUATIONS[situation]

    assert [alone(owner, word, mirror) for owner in ("feed", "latest", "plytix")] == verdicts


# ---- several feeds
def test_the_owner_counts_before_a_newer_landing_of_another():
    feeds = a_bundle(a_feed("erp", price="feed"), a_feed("shop", price="latest"))
    both = {"acme/erp": wants(MONDAY, price="1"), "acme/shop": wants(TUESDAY, price="2")}

    change = reconcile(both, holds({}), feeds, SCHEMA)

    assert [(a, w.feed, w.said.value) for a, w in change.send.items()] == [("price", "acme/erp", "1")]
    assert change.open == {"acme/erp": {}, "acme/shop": {"price": Standing.BEATEN}}


def test_among_equals_the_newest_landing_counts_and_saying_it_again_makes_nothing_newer():
    feeds = a_bundle(a_feed("erp", name="latest"), a_feed("shop", name="latest"))
    both = {"acme/erp": wants(name=said("n", MONDAY, again=THURSDAY)), "acme/shop": wants(name=said("m", TUESDAY))}

    change = reconcile(both, holds({}), feeds, SCHEMA)

    assert change.send["name"].feed == "acme/shop"
    assert change.open["acme/erp"] == {"name": Standing.BEATEN}


def test_two_feeds_that_say_the_same_are_both_in_step():
    feeds = a_bundle(a_feed("erp", name="latest"), a_feed("shop", name="latest"))
    both = {"acme/erp": wants(MONDAY, name="n"), "acme/shop": wants(TUESDAY, name="n")}

    assert reconcile(both, holds({"name": "n"}), feeds, SCHEMA) == Change(open={"acme/erp": {}, "acme/shop": {}})


def test_all_that_is_wanted_of_a_product_goes_in_one_change():
    feeds = a_bundle(a_feed("erp", price="feed"), a_feed("shop", name="latest", text="plytix"))
    all_of_it = {"acme/erp": wants(price="1"), "acme/shop": wants(name="n", text="s")}

    change = reconcile(all_of_it, holds({"name": "n"}, changed=WEDNESDAY), feeds, SCHEMA)

    assert (change.kind, sorted(change.send)) == (Kind.PATCH, ["price", "text"])


# ---- what counts no more
def refusing(value, attribute="color", waits_for=NO_OPTION):
    item = wants(**{attribute: value}, name="n")
    return replace(item, refused={
        attribute: Refusal(item.values[attribute].digest, waits_for, "is not an option")})


def test_a_refused_value_stays_out_and_holds_nothing_else_back():
    change = reconcile({"acme/erp": refusing("teal")}, holds({}), a_bundle(a_feed(color="feed", name="latest")), SCHEMA)

    assert (sorted(change.send), change.open) == (["name"], {"acme/erp": {"color": Standing.REFUSED}})


def test_another_feeds_value_takes_the_place_of_a_refused_one():
    feeds = a_bundle(a_feed("erp", color="feed", name="latest"), a_feed("shop", color="latest"))

    change = reconcile({"acme/erp": refusing("teal"), "acme/shop": wants(MONDAY, color="red")}, holds({}), feeds, SCHEMA)

    assert (change.send["color"].feed, change.send["color"].said.value) == ("acme/shop", "red")
    assert change.open["acme/erp"] == {"color": Standing.REFUSED}


def test_a_refused_value_that_stands_all_the_same_is_in_step():
    change = reconcile({"acme/erp": refusing("teal")}, holds({"color": "teal", "name": "n"}), a_bundle(a_feed(color="feed", name="latest")),
                       SCHEMA)

    assert (change.send, change.open) == ({}, {"acme/erp": {}})


def schema(version="tomorrow", **attributes):
    """`attributes`: label → type, or options of a dropdown."""
    types = {label: said if isinstance(said, str) else "DropdownAttribute" for label, said in attributes.items()}
    return Schema(version, types, {label: said for label, said in attributes.items() if not isinstance(said, str)})


TODAY = ["red", "blue"]


@pytest.mark.parametrize("now", [
    schema(color=[*TODAY, "teal"]), schema(color="TextAttribute"), schema(size="TextAttribute"), NO_SCHEMA],
    ids=["its option is there", "another type", "the attribute is gone", "nobody knows"])
def test_a_refused_value_is_tried_again_when_what_it_was_refused_for_has_changed(now):
    change = reconcile({"acme/erp": refusing("teal")}, holds({}), a_bundle(a_feed(color="feed", name="latest")), now)

    assert change.send["color"].said.value == "teal"


@pytest.mark.parametrize("now", [
    schema(color=TODAY, size="TextAttribute"), schema(color=TODAY[::-1]), schema(color=[*TODAY, "green"]), schema(color=["red"])],
    ids=["an attribute more", "sorted anew", "an option more, for another value", "an option less"])
def test_what_else_changes_in_the_schema_costs_it_no_request(now):
    change = reconcile({"acme/erp": refusing("teal")}, holds({}), a_bundle(a_feed(color="feed", name="latest")), now)

    assert (sorted(change.send), change.open) == (["name"], {"acme/erp": {"color": Standing.REFUSED}})


def test_a_value_that_was_refused_though_its_option_stood_there_is_tried_again_also_when_it_is_taken_away_and_comes_back():
    """The schema was older than Plytix. Refused again without its option, it waits for that."""
    feeds, both = a_bundle(a_feed(color="feed", name="latest")), schema(color=[*TODAY, "teal"])
    old = refusing("teal", waits_for=both.definition("color"))

    assert "color" not in reconcile({"acme/erp": old}, holds({}), feeds, both).send
    assert "color" in reconcile({"acme/erp": old}, holds({}), feeds, SCHEMA).send
    again = refusing("teal", waits_for=definition(SCHEMA, "color", "teal"))
    assert "color" in reconcile({"acme/erp": again}, holds({}), feeds, both).send


@pytest.mark.parametrize("lacking", [["red", "teal"], ["teal"]])
def test_of_several_options_none_may_be_lacking(lacking):
    feeds = a_bundle(a_feed(color="feed", name="latest"))

    assert "color" not in reconcile({"acme/erp": refusing(lacking)}, holds({}), feeds, schema(color=[*TODAY, "green"])).send
    assert "color" in reconcile({"acme/erp": refusing(lacking)}, holds({}), feeds, schema(color=[*TODAY, "teal"])).send


@pytest.mark.parametrize(("attribute", "value", "was", "again"), [
    ("size", "XL", SCHEMA.version, True), ("gtin", "4006381333931", SCHEMA.version, True),
    ("label", "much too long", SCHEMA.version, True), ("price", "9", SCHEMA.definition("price"), False)],
    ids=["Plytix named nothing", "another product's GTIN", "a name", "an attribute"])
def test_any_change_of_the_schema_frees_what_no_definition_explains(attribute, value, was, again):
    feeds, item = a_bundle(a_feed(name="latest", **{attribute: "feed"})), refusing(value, attribute, was)

    assert attribute not in reconcile({"acme/erp": item}, holds({}), feeds, SCHEMA).send
    assert (attribute in reconcile({"acme/erp": item}, holds({}), feeds, replace(SCHEMA, version="tomorrow")).send) is again


def test_that_nothing_was_refused_is_no_missing_option():
    assert definition(SCHEMA, "color", None) == SCHEMA.definition("color")


def test_another_value_is_tried_although_the_one_before_was_refused():
    item = replace(refusing("teal"), values=wants(color="red", name="n").values)

    assert "color" in reconcile({"acme/erp": item}, holds({}), a_bundle(a_feed(color="feed", name="latest")), SCHEMA).send


def test_a_feed_that_is_retired_and_a_column_that_is_taken_out_want_nothing_any_more():
    old = {"acme/erp": wants(price="1"), "acme/shop": wants(name="n", text="s")}

    change = reconcile(old, holds({}), a_bundle(a_feed("shop", name="latest")), SCHEMA)

    assert (sorted(change.send), change.open) == (["name"], {"acme/shop": {}})


# ---- existence
def test_a_product_is_made_with_all_that_is_wanted_by_then_and_without_what_is_empty():
    feeds = a_bundle(a_feed("erp", price="feed"), a_feed("shop", creates=False, name="plytix", text="latest"))

    change = reconcile({"acme/erp": wants(price="1"), "acme/shop": updates(name="n", text=None)}, Mirror(), feeds, SCHEMA)

    assert (change.kind, sorted(change.send)) == (Kind.CREATE, sorted([EXISTS, "price", "name"]))


def test_it_is_made_for_who_wished_it_first():
    feeds = a_bundle(a_feed("erp"), a_feed("shop"))

    assert reconcile({"acme/erp": wants(TUESDAY), "acme/shop": wants(MONDAY)}, Mirror(), feeds, SCHEMA).send[EXISTS].feed == "acme/shop"


RENAMED = Mirror(Existence.RENAMED, "5f0a", MONDAY, version=1)
GONE = buried(holds({"price": "1"}))


@pytest.mark.parametrize(("mirror", "feed", "stands"), [
    (Mirror(), a_feed(creates=False, price="feed"), Standing.WAITS),
    (GONE, a_feed(price="feed"), Standing.GONE),
    (GONE, a_feed(creates=False, recreate=True, price="feed"), Standing.GONE),
    (RENAMED, a_feed(price="feed"), Standing.RENAMED),
    (RENAMED, a_feed(recreate=True, price="feed"), Standing.RENAMED),
], ids=["it never was, and the feed does not create", "a person deleted it", "a person deleted it, and the feed only updates",
        "a person renamed it", "a person renamed it, and the feed creates again"])
def test_no_product_is_made(mirror, feed, stands):
    assert reconcile({feed.id: wants(price="1")}, mirror, a_bundle(feed), SCHEMA) == Change(open={feed.id: {EXISTS: stands}})


def test_a_product_that_a_person_deleted_is_made_again_where_its_feed_says_so():
    feed = a_feed(recreate=True, price="feed")

    assert reconcile({feed.id: wants(price="1")}, GONE, a_bundle(feed), SCHEMA).kind is Kind.CREATE


def test_a_product_that_plytix_refuses_as_a_whole_is_told_so_and_not_tried_again():
    item = wants(price="1")
    item = replace(item, refused={EXISTS: Refusal(item.values[EXISTS].digest, SCHEMA.version, "too many products")})

    assert reconcile({"acme/erp": item}, Mirror(), a_bundle(a_feed(price="feed")), SCHEMA) == Change(
        open={"acme/erp": {EXISTS: Standing.REFUSED}})


# ---- laws
ATTRIBUTES = st.sampled_from(["price", "name", "text"])
OWNERS = st.sampled_from(["feed", "latest", "plytix"])
values = st.sampled_from(["1", "2", "n", None])
days = st.integers(MONDAY // 10, THURSDAY // 10).map(lambda day: 10 * day)
mirrors = st.one_of(
    st.just(Mirror()), st.just(GONE), st.just(RENAMED),
    st.builds(lambda held, base, changed: holds({a: v for a, v in held.items() if v}, {a: sent(*b) for a, b in base.items()}, changed),
              st.dictionaries(ATTRIBUTES, values), st.dictionaries(ATTRIBUTES, st.tuples(values, values)),
              st.dictionaries(ATTRIBUTES, days)))


@st.composite
def cases(draw):
    """Up to three feeds that speak of one product, no two at one moment, some of whose values have been refused."""
    made, wanted = [], {}
    for number, name in enumerate(draw(st.permutations(["erp", "shop", "fast"]))[:draw(st.integers(1, 3))]):
        feed = a_feed(name, draw(st.booleans()), draw(st.booleans()), **draw(st.dictionaries(ATTRIBUTES, OWNERS, min_size=1)))
        words = draw(st.dictionaries(ATTRIBUTES, st.builds(lambda value, day: said(value, day + number), values, days)))  # noqa: B023
        item = (wants if feed.creates else updates)(draw(days) + number, **words)
        refused = draw(st.sets(st.sampled_from(sorted(item.values)))) if item.values else ()
        wanted[feed.id] = replace(item, refused={a: Refusal(item.values[a].digest, SCHEMA.version, "no") for a in refused})
        made.append(feed)
    return wanted, draw(mirrors), a_bundle(*made)


@settings(suppress_health_check=[HealthCheck.filter_too_much])  # most cases are in step: that is as it should be
@given(cases(), st.sampled_from([None, "N"]))
def test_once_plytix_has_answered_nothing_is_left_to_send_however_it_normalised(case, normalised):
    wanted, mirror, bundle = case
    send = {a: wish.said.value for a, wish in reconcile(wanted, mirror, bundle, SCHEMA).send.items()}
    assume(send)
    answer = {a: value and (normalised or value) for a, value in send.items() if a != EXISTS}
    after = holds(mirror.values | answer, mirror.applied | {a: sent(send[a], answer[a]) for a in answer},
                  mirror.changed | dict.fromkeys(answer, THURSDAY))

    assert reconcile(wanted, after, bundle, SCHEMA).send == {}


@given(cases())
def test_in_which_order_the_feeds_are_read_decides_nothing(case):
    wanted, mirror, bundle = case

    there, back = reconcile(wanted, mirror, bundle, SCHEMA), reconcile(dict(reversed(wanted.items())), mirror, bundle, SCHEMA)

    assert (there.kind, {a: w.said.digest for a, w in there.send.items()}) == (back.kind, {a: w.said.digest for a, w in back.send.items()})


@given(cases())
def test_what_was_refused_is_never_sent_and_what_nobody_gives_neither(case):
    wanted, mirror, bundle = case

    for attribute, wish in reconcile(wanted, mirror, bundle, SCHEMA).send.items():
        assert attribute not in wanted[wish.feed].refused
        assert wish.said == wanted[wish.feed].values[attribute]
        assert attribute == EXISTS or attribute in {column.to for column in bundle.feeds[wish.feed].columns.values()}


@given(cases())
def test_every_word_is_sent_or_in_step_or_told_why_not(case):
    wanted, mirror, bundle = case
    change = reconcile(wanted, mirror, bundle, SCHEMA)

    assert (change.kind is Kind.NONE) == (not change.send)
    if mirror.existence is not Existence.LIVING and not change.send:
        assert all(EXISTS in stands for feed, stands in change.open.items() if wanted[feed].values)
    for feed, stands in change.open.items():
        assert set(stands) <= set(wanted[feed].values) | {EXISTS}
        assert Standing.DUE not in stands.values()
