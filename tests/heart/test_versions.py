"""Written by v1, read back by v2, dropped again: no request that writes, whatever the type of the value (DESIGN.md §5).

The services in process, with the real client against the simulator.
"""

from __future__ import annotations

import time

import pytest

from bridge.adapters.plytix.credentials import Credentials
from bridge.adapters.plytix.products import Products
from bridge.adapters.plytix.session import Session, Unlimited
from bridge.configuration import Column
from local.plytix.server import Simulator
from tests.heart.explore import Execution
from tests.heart.items import a_bundle, a_feed
from tests.heart.scenario import Scenario
from tests.heart.world import Message

ATTRIBUTES = [
    {"label": "description", "name": "Description", "type_class": "HtmlAttribute"},
    {"label": "notes", "name": "Notes", "type_class": "MultilineAttribute"},
    {"label": "price", "name": "Price", "type_class": "DecimalAttribute"},
    {"label": "stock", "name": "Stock", "type_class": "IntAttribute"},
    {"label": "vegan", "name": "Vegan", "type_class": "BooleanAttribute"},
    {"label": "colour", "name": "Colour", "type_class": "DropdownAttribute", "options": ["Rot", "Grün"]},
    {"label": "materials", "name": "Materials", "type_class": "MultiSelectAttribute", "options": ["Holz", "Stahl", "Wolle"]},
    {"label": "launch", "name": "Launch", "type_class": "DateAttribute"},
    {"label": "manual", "name": "Manual", "type_class": "UrlAttribute"},
    {"label": "remark", "name": "Remark", "type_class": "TextAttribute"},
]
TYPES = {"label": "text", "gtin": "gtin", "description": "html", "notes": "text", "price": "decimal", "stock": "integer",
         "vegan": "boolean", "colour": "option", "materials": "options", "launch": "date", "manual": "url"}
ROWS = """sku;label;gtin;description;notes;price;stock;vegan;colour;materials;launch;manual
A-1;Läufer „Süd“;4006381333931;"<p>Größe &amp; <b>mehr</b> — 5""</p>";"eins
zwei";5.00;0;no;Rot;Wolle|Holz;2026-05-01;https://example.com/ä.pdf
A-2;007;;"<p>1&nbsp;&lt; 2</p>"; ;0.1;007;yes;Grün;Stahl;2024-02-29;
A-3;1 000;;;x;1299.90;-3;;;Holz|Stahl|Wolle;1999-12-31;http://a.b/?c=d&e=f
"""


class Company:
    def __init__(self, plytix, owner):
        feeds = [a_feed(name).model_copy(update={"columns": {a: Column(to=a, type=t, owner=owner) for a, t in TYPES.items()}})
                 for name in ("erp", "shop")]
        key = Credentials("key", "password", plytix.url, plytix.url)
        self.plytix, self.x = plytix, Execution(Scenario(settled=True, recreate=False, chunk_size=2, events=()))
        self.x.w.configuration, self.x.w.now = a_bundle(*feeds), time.time_ns() // 1_000_000
        self.x.w.plytix = Products(Session(Kept(key), Unlimited()))

    def drops(self, feed):
        """What became of the rows, and which requests that write it took."""
        before = self.written()
        drop = self.x.w.land(f"acme/inbox/{feed}/{self.x.w.now}.csv", ROWS.encode())
        self.rests()
        (run,) = (run for run in self.x.w.ledger.runs.values() if run.drop == drop)
        return {outcome.value: n for outcome, n in run.counts.items()}, self.written() - before

    def refreshes(self):
        self.x.w.now = time.time_ns() // 1_000_000 + 1_000_000
        self.x.timers.append(Message({"timer": "refresh"}))
        self.rests()

    def rests(self):
        while self.x.calm():
            pass

    def written(self):
        return sum(self.plytix.counts()["kinds"].get(f"product.{kind}", 0) for kind in ("create", "patch"))


class Kept:
    def __init__(self, key):
        self.key = key

    def current(self):
        return self.key

    again = current


@pytest.fixture(params=["feed", "latest", "plytix"])
def company(request):
    with Simulator() as plytix:
        plytix.attributes(ATTRIBUTES)
        company = Company(plytix, request.param)
        yield company
        company.x.w.plytix._session.close()


def test_what_v1_answered_is_what_v2_tells(company):
    company.drops("erp")
    answered = {sku: company.x.w.tables.peek_mirror(sku) for sku in company.x.w.tables.mirror_items}
    assert set(answered) == {"A-1", "A-2", "A-3"}

    company.x.w.tables.mirror_items.clear()
    company.refreshes()

    for sku, mirror in answered.items():
        read = company.x.w.tables.peek_mirror(sku)
        assert (read.values, read.facts, read.modified) == (mirror.values, mirror.facts, mirror.modified)


def test_dropped_again_after_people_worked_in_plytix_nothing_is_written(company):
    assert company.drops("erp") == ({"CREATED": 3}, 3)
    for sku in ("A-1", "A-2", "A-3"):
        company.plytix.edit(sku, {"attributes": {"remark": "seen"}})

    company.refreshes()

    assert company.x.w.tables.peek_mirror("A-1").values["remark"] == "seen", "it was read again, by v2"
    assert company.drops("erp") == ({"UNCHANGED": 3}, 0)


def test_dropped_again_after_the_mirror_was_lost_and_loaded_anew_nothing_is_written(company):
    company.drops("erp")
    company.x.w.tables.mirror_items.clear()

    company.refreshes()

    assert company.drops("erp") == ({"UNCHANGED": 3}, 0)


def test_a_feed_that_says_the_same_of_known_products_for_the_first_time_writes_nothing(company):
    company.drops("erp")
    company.x.w.tables.mirror_items.clear()
    company.refreshes()

    assert company.drops("shop") == ({"UNCHANGED": 3}, 0)


@pytest.mark.parametrize(("field", "rules"), [("label", ["upper"]), ("price", ["round:1"]), ("notes", ["squeeze", "strip"])])
def test_a_value_that_plytix_keeps_otherwise_than_it_was_sent_is_sent_once(company, field, rules):
    company.plytix.normalise(field, rules)
    company.drops("erp")

    company.plytix.edit("A-1", {"attributes": {"remark": "seen"}})
    company.refreshes()

    assert company.drops("erp") == ({"UNCHANGED": 3}, 0)
