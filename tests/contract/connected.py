"""The client of the bridge, connected to a simulator that has a catalogue; and what a test puts in place of secret and budget."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from bridge.adapters.plytix.credentials import Credentials
from bridge.adapters.plytix.products import Products
from bridge.adapters.plytix.session import Budget, Limits, Session, Unlimited
from bridge.domain.row import Sku
from local.plytix.server import Simulator
from tests.contract.simulated import Api, signed_in

ATTRIBUTES = [
    {"name": "Colour", "type_class": "DropdownAttribute", "options": ["Blue", "Red"]},
    {"name": "Sizes", "type_class": "MultiSelectAttribute", "options": ["41", "42"]},
    {"name": "Weight", "type_class": "DecimalAttribute"},
    {"name": "Stock", "type_class": "IntAttribute"},
    {"name": "Vegan", "type_class": "BooleanAttribute"},
    {"name": "Launch", "type_class": "DateAttribute"},
    {"name": "Text", "type_class": "HtmlAttribute"},
    {"name": "Manual", "type_class": "UrlAttribute"},
]
SHOE = {
    "label": "Läufer", "status": "Completed", "gtin": "4006381333931", "colour": "Blue", "sizes": ["42", "41"], "weight": 5.0, "stock": 0,
    "vegan": False, "launch": "2026-05-01", "text": "<p>Größe & Gewicht</p>", "manual": "https://example.com/m.pdf",
}
A1 = Sku("A-1")


class Kept:
    """Credentials as a secret keeps them; `newer` is what it holds by the time it is looked into again."""

    def __init__(self, url, password="password"):
        self.now = Credentials("key", password, url, url)
        self.newer = self.now
        self.looked = 0

    def current(self):
        return self.now

    def again(self):
        self.looked += 1
        self.now = self.newer
        return self.now


class Leases(Unlimited):
    """A budget that grants everything, counts it, and notes what it is told."""

    def __init__(self):
        self.granted, self.learned, self.answers = 0, [], []

    def lease(self):
        self.granted += 1

    def learn(self, windows):
        self.learned.append(windows)

    def refused(self, wait_s, window_s):
        self.answers.append((wait_s, window_s))
        return 77.0

    def succeeded(self):
        self.answers.append("well")


@dataclass(frozen=True)
class Account:
    """`session`: ours; `api`: a plain client beside it, by which people work in the account."""

    plytix: Simulator
    session: Session
    api: Api

    @property
    def products(self) -> Products:
        return Products(self.session)


@contextmanager
def connected(budget: Budget | None = None) -> Iterator[Account]:
    with signed_in() as api:
        session = Session(Kept(api.plytix.url), budget or Unlimited(), Limits(connect_s=1, total_s=10.0))
        try:
            yield Account(api.plytix, session, api)
        finally:
            session.close()
