"""What a paused feed wants waits, whoever comes to the SKU: another feed's run, or a message that nobody waits for (DESIGN.md §6)."""

from __future__ import annotations

from dataclasses import replace

import pytest

from bridge.errors import Later
from bridge.services.apply import Apply, apply_chunk, apply_sku
from bridge.services.heart import Heart
from tests.heart.explore import Execution
from tests.heart.scenario import Scenario
from tests.heart.told import results_of

MADE = ("drop", "erp", {"A": {"price": "1"}})
PAUSED = ("drop", "erp", {"A": {"price": "2"}})
OTHERS = ("drop", "sup", {"A": {"text": "s"}})


class Paused(Execution):
    """`acme/erp` is paused as long as somebody says so."""

    paused = False

    def needs(self) -> Apply:
        w = self.w
        heart = Heart(w.configuration, w.claims, w.tables, w.plytix, w.schemas.opened(), w.clock,
                      stops=lambda feed: "the feed is paused" if self.paused and feed == "acme/erp" else "")
        return Apply(heart, w.ledger, w.stage, w.events, w.ledger.state())

    def takes_all(self) -> None:
        """All messages but those that wait."""
        for message in list(self.w.changes):
            self.w.changes.remove(message)
            try:
                if message.body["kind"] == "chunk":
                    apply_chunk(message.body["run"], message.body["chunk"], self.needs())
                else:
                    apply_sku(message.body["sku"], self.needs())
            except Later:
                self.w.changes.append(replace(message, visible=self.w.now + 10**9))

    def lands(self) -> None:
        self.event()
        while self.w.intake or self.w.fifo or self.workers:
            self.calm()


@pytest.fixture
def x() -> Paused:
    """A product; a new price of a feed that is paused; and another feed's value."""
    x = Paused(Scenario(settled=True, recreate=False, chunk_size=2, events=(MADE, PAUSED, OTHERS)))
    x.lands()
    x.takes_all()
    x.paused = True
    x.lands()
    x.takes_all()
    x.lands()
    return x


def values(x: Paused) -> dict[str, object]:
    (product,) = x.w.plytix.products.values()
    return product.values


def test_another_feeds_run_sends_its_own_and_is_closed_and_the_paused_value_stays_due(x: Paused) -> None:
    x.takes_all()
    while x.w.closed_events or x.workers:
        x.calm()

    assert values(x) == {"price": "1", "text": "s"}
    last = max(x.w.ledger.runs.values(), key=lambda run: run.registered)
    assert results_of(x, last) == [("A", "UPDATED")]
    assert x.w.tables.peek_wanted("A", "acme/erp").due


def test_a_message_that_nobody_waits_for_waits_too_and_all_goes_when_it_is_resumed(x: Paused) -> None:
    x.takes_all()
    with pytest.raises(Later, match="paused"):
        apply_sku("A", x.needs())
    assert x.w.claims.items == {}

    x.paused = False
    x.takes_all()
    assert values(x) == {"price": "2", "text": "s"}
