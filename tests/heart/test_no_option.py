"""A value whose option Plytix is known not to have costs no request, holds nothing up, and goes by itself later (DESIGN.md §5)."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace

import orjson
import pytest

from bridge.errors import Later, Refused
from bridge.services.apply import apply_chunk
from bridge.services.refresh import Refresh, refresh
from tests.heart.explore import Execution, Moment
from tests.heart.scenario import Scenario
from tests.heart.test_failing import applying, queued
from tests.heart.told import end_of, outcomes_of, receipt_of
from tests.heart.world import Message

BY_HAND = ("create", "B", {"name": "by hand"})
TEAL = ("drop", "sup", {"A": {"name": "n", "color": "teal"}, "B": {"color": "teal"}})
WAITING = Scenario(settled=True, recreate=False, chunk_size=2, events=(BY_HAND, TEAL), tells=True)
HEALED = replace(WAITING, events=(BY_HAND, TEAL, TEAL, ("option", "teal"), TEAL))


def lived(scenario, dying=()):
    x = Execution(scenario, dying=dying)
    x.receipts, tell = [], x.w.exchange.tell

    def noted(partner, path, content, kind, rank):
        if path.endswith(".json"):
            x.receipts.append(orjson.loads(content))
        tell(partner, path, content, kind, rank)
    x.w.exchange.tell = noted
    x.live()
    return x


def runs(x):
    return sorted(x.w.ledger.runs.values(), key=lambda run: run.drop.landed)


def refused(receipt):
    return [(issue["line"], issue["column"], issue["value"]) for issue in receipt["issues"] if issue["code"] == "PLYTIX-REFUSED"]


def test_all_but_the_value_arrives_and_no_request_is_spent_on_it():
    x = lived(WAITING)

    assert {p.sku: p.values for p in x.w.plytix.products.values()} == {"A": {"name": "N"}, "B": {"name": "BY HAND"}}
    (run,) = runs(x)
    assert sorted(outcomes_of(x, run)) == [("A", "CREATED"), ("B", "REJECTED")]
    assert (run.plan, x.w.plytix.requests["write"]) == ({"create": 1}, 1)


def test_it_is_told_at_once_and_in_the_same_words_at_the_end():
    x = lived(WAITING)

    checked, closed = [receipt for receipt in x.receipts if receipt["state"] in ("checked", "closed")]
    assert refused(checked) == [(2, "color", "teal"), (3, "color", "teal")]
    assert checked["issues"] == closed["issues"]
    assert "once they include \"teal\", the value goes by itself" in closed["issues"][0]["message"]


def test_it_goes_by_itself_once_the_option_is_there():
    x = lived(HEALED)

    assert {p.sku: p.values for p in x.w.plytix.products.values()} == {
        "A": {"name": "N", "color": "teal"}, "B": {"name": "BY HAND", "color": "teal"}}
    first, again, after = runs(x)
    assert sorted(outcomes_of(x, again)) == [("A", "REJECTED"), ("B", "REJECTED")]
    assert refused(receipt_of(x, again)) == refused(receipt_of(x, first))
    assert (sorted(outcomes_of(x, after)), receipt_of(x, after)["issues"]) == ([("A", "UNCHANGED"), ("B", "UNCHANGED")], [])
    assert (x.w.plytix.requests["write"], [e for e in x.w.plytix.log if e.kind == "refusal"]) == (3, [])


@pytest.mark.parametrize("tells", [True, False], ids=["never sent", "refused by Plytix"])
def test_what_else_people_change_in_the_schema_costs_it_no_request_and_no_message(tells):
    x = lived(replace(WAITING, tells=tells))
    before = dict(x.w.plytix.requests), len(x.w.plytix.log), x.started

    x.person("option", "blue")
    refreshes(x)

    assert x.w.schemas.kept.options["color"] == ["blue", "red"]
    spent = {kind: n - before[0][kind] for kind, n in x.w.plytix.requests.items()}
    assert (spent["write"], spent["read"], x.w.plytix.log[before[1]:], x.started) == (0, 0, [], before[2] + 1)


def test_wherever_a_worker_dies_it_ends_so():
    once = lived(HEALED)
    in_one_go = end_of(once)

    for moment in [Moment(call) for call in range(1, once.calls + 1)] + [Moment(call, after=True) for call in once.lasts]:
        x = lived(HEALED, [moment])
        assert end_of(x) == in_one_go, moment
        assert not [e for e in x.w.plytix.log if e.kind == "refusal"], moment


@pytest.mark.parametrize("row", [{"text": "t"}, {}], ids=["of a row", "alone"])
def test_a_row_that_waits_for_its_product_tells_of_its_values_too(row):
    x = lived(replace(WAITING, events=(BY_HAND, ("drop", "fast", {"A": row | {"color": "teal"}}))))

    (run,) = runs(x)
    assert outcomes_of(x, run) == [("A", "HELD")]
    assert [issue["code"] for issue in receipt_of(x, run)["issues"]] == ["HELD-PRODUCT", "PLYTIX-REFUSED"]


def test_another_value_of_the_feed_ends_the_waiting():
    x = lived(replace(WAITING, events=(BY_HAND, TEAL, ("drop", "sup", {"A": {"color": "red"}}))))

    assert next(p.values for p in x.w.plytix.products.values() if p.sku == "A") == {"name": "N", "color": "red"}
    assert not refused(receipt_of(x, runs(x)[-1]))


@pytest.mark.parametrize("first", ["the worker", "what refresh sent"])
def test_an_option_that_comes_while_a_worker_goes_by_the_schema_before_is_not_lost(first):
    x = Execution(replace(WAITING, events=(BY_HAND, ("drop", "sup", {"A": {"name": "n", "color": "teal"}, "C": {"color": "teal"}}))))
    x.event()
    refreshes(x)
    x.event()
    while not (x.workers and x.workers[0].label.startswith("note intent A")):  # by then it has read the schema's version
        x.calm()
    late = x.workers.pop()

    x.person("option", "teal")
    x.timers.append(Message({"timer": "refresh"}))
    x.deliver(*next(found for found in x.deliverable() if found[0] == "refresh"))
    while x.workers:
        x.advance(x.workers[0])
    if first != "the worker":
        x.deliver(*next(found for found in x.deliverable() if found[2].body.get("sku") == "C"))
        while x.workers:
            x.advance(x.workers[0])
    x.workers.append(late)
    while x.calm():
        pass
    refreshes(x)

    assert {p.sku: p.values.get("color") for p in x.w.plytix.products.values()} == {"A": "teal", "B": None, "C": "teal"}
    assert refused(receipt_of(x, runs(x)[0])) == [(2, "color", "teal")] + [(3, "color", "teal")] * (first == "the worker")


def refreshes(x):
    x.timers.append(Message({"timer": "refresh"}))
    while x.calm():
        pass


def test_a_value_that_stands_although_its_option_was_taken_away_is_as_the_row_says():
    x = lived(replace(WAITING, events=(BY_HAND, ("option", "teal"), TEAL)))
    x.w.plytix.options.remove("teal")
    x.w.plytix.version += 1
    x.events = [("edit", "B", "name", "by hand again"), TEAL]
    x.live()

    assert sorted(outcomes_of(x, runs(x)[-1])) == [("A", "UNCHANGED"), ("B", "UNCHANGED")]
    assert not refused(receipt_of(x, runs(x)[-1]))


@pytest.mark.parametrize("seen", [False, True], ids=["nobody saw it", "another worker saw it"])
def test_an_option_that_is_gone_for_a_moment_is_asked_for_once_and_its_values_go_when_it_is_back(seen):
    x = Execution(replace(WAITING, events=(("option", "teal"), ("drop", "sup", {"A": {"color": "teal"}, "C": {"color": "teal"}}))))
    x.event()
    refreshes(x)
    asked, ask = [], x.w.plytix.schema
    x.event()
    while not (x.workers and x.workers[0].label.startswith("note intent A")):  # by then it has read that the option is there
        x.calm()
    x.w.plytix.schema = lambda: asked.append(1) or ask()
    x.w.plytix.options.remove("teal")
    x.w.plytix.version += 1
    if seen:
        x.w.schemas.kept = replace(ask(), structure=x.w.schemas.kept.structure)
    while x.calm():
        pass
    assert {p.sku: p.values.get("color") for p in x.w.plytix.products.values()} == {"A": None, "C": None}
    assert refused(receipt_of(x, runs(x)[0])) == [(2, "color", "teal"), (3, "color", "teal")]
    assert len(asked) == 1, "of one message that is refused twice"

    x.w.plytix.options.add("teal")
    x.w.plytix.version -= 1  # the schema is again what the last refresh has seen
    refreshes(x)

    assert {p.sku: p.values.get("color") for p in x.w.plytix.products.values()} == {"A": "teal", "C": "teal"}


@pytest.mark.parametrize("stops_at", range(1, 12))
def test_and_also_where_that_refresh_has_to_stop(stops_at):
    x = lived(replace(WAITING, events=(BY_HAND, TEAL)))
    refreshes(x)
    known = x.w.ledger.mirror_state
    x.w.schemas.kept = replace(x.w.schemas.kept, version="of a moment", options={"color": []})
    x.w.plytix.options.add("teal")  # and it seems to have been there all the time
    x.w.ledger.mirror_state = replace(known, schema=str(x.w.plytix.version))
    calls, step = 0, x.w.step

    def stops(label):
        nonlocal calls
        calls += 1
        if calls == stops_at:
            raise Later("the hour is spent", 60)

    x.w.step = stops
    needs = Refresh(x.w.configuration, x.w.ledger, x.w.tables, x.w.plytix, x.w.schemas.opened(), x.w.censuses, x.w.queues, x.w.clock)
    with suppress(Later):
        refresh(needs, due_only=False)
    x.w.step = step
    refreshes(x)

    assert {p.sku: p.values.get("color") for p in x.w.plytix.products.values()} == {"A": "teal", "B": "teal"}


# ---- an attribute that is gone for a moment
class Interlude:
    """Plytix lacks `price` while `gone`, and refuses a price of 1 for a reason that no definition tells."""

    def __init__(self, rows):
        self.x, self.gone, self.asked = queued(rows), False, []
        plytix = self.x.w.plytix
        self._create, self._schema = plytix.create, plytix.schema
        plytix.create, plytix.schema = self.create, self.schema
        self.refreshes()
        self.x.w.changes.clear()
        self.asked.clear()

    def create(self, sku, values):
        if self.gone and "price" in values:
            raise Refused({"price": "label does not exist"})
        if values.get("price") == 1 or values.get("price") == "1":
            raise Refused({"price": "must be more than 1"})
        return self._create(sku, values)

    def schema(self):
        self.asked.append(self.gone)
        found = self._schema()
        return replace(found, version="gone", types={a: t for a, t in found.types.items() if a != "price"}) if self.gone else found

    def applies(self):
        (run,) = self.x.w.ledger.runs
        apply_chunk(run, 0, applying(self.x, []))
        while self.x.calm():
            pass

    def refreshes(self):
        w = self.x.w
        w.now += 1_000_000
        refresh(Refresh(w.configuration, w.ledger, w.tables, w.plytix, w.schemas.opened(), w.censuses, w.queues, w.clock), due_only=False)
        while self.x.calm():
            pass

    def prices(self):
        return {p.sku: str(p.values.get("price")) for p in self.x.w.plytix.products.values()}


def test_an_attribute_that_is_back_before_it_is_asked_for_is_sent_once_more():
    moment = Interlude({"B": {"price": "2"}})
    moment.gone, schema = True, moment.schema

    def back():
        moment.gone = False
        return schema()

    moment.x.w.plytix.schema = back
    moment.applies()

    assert moment.prices() == {"B": "2"}


def test_an_attribute_that_is_gone_is_asked_for_once_a_message_and_its_values_go_when_it_is_back():
    moment = Interlude({sku: {"price": "2"} for sku in "ABC"})
    moment.gone = True
    moment.applies()
    assert moment.asked == [True]
    assert moment.prices() == dict.fromkeys("ABC", "None")

    moment.gone = False
    moment.refreshes()
    assert moment.prices() == dict.fromkeys("ABC", "2")


def test_what_the_schema_as_known_explains_is_not_asked_for():
    moment = Interlude({"A": {"price": "2"}})
    moment.gone = True
    moment.refreshes()
    moment.asked.clear()

    moment.applies()

    assert moment.asked == []
