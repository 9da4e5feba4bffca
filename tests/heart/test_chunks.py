"""What goes into one chunk: creates and repeats by the hundred, changes by the thousand where a bulk job may take them."""

from __future__ import annotations

from dataclasses import replace

import pytest

from bridge.domain.row import Sku
from bridge.ports import Put
from tests.heart.explore import Execution
from tests.heart.items import holds
from tests.heart.scenario import Scenario

KNOWN, NEW = 1_150, 130


def chunks(bulk, verify="mirror"):
    """Rows of each chunk of a file with so many products that are there, and so many that are not."""
    x = Execution(Scenario(settled=True, recreate=False, chunk_size=100, events=()))
    feed = x.w.configuration.feeds["acme/erp"].model_copy(update={"verify": verify})
    x.w.configuration = x.w.configuration.model_copy(update={"feeds": x.w.configuration.feeds | {"acme/erp": feed}})
    x.w.ledger.mirror_state = replace(x.w.ledger.mirror_state, loaded=1, bulk=bulk)
    skus = [f"A-{n:04}" for n in range(KNOWN + NEW)]
    for sku in skus[:KNOWN]:
        mirror = holds({"price": "1"})
        assert x.w.tables.write(Put(Sku(sku), replace(mirror, version=0), mirror))
    x.w.step = lambda label: None  # nobody comes in between: what is asked is how it is staged
    x.land("erp", {sku: {"price": "2"} for sku in skus})
    while x.w.intake or x.w.fifo:
        x.calm()
    return [len(rows) for _, rows in sorted(x.w.stage.chunks.items())]


@pytest.mark.parametrize(("bulk", "verify", "changes"), [
    (True, "mirror", [1_000, 150]), (False, "mirror", [100] * 11 + [50]), (True, "live", [100] * 11 + [50])])
def test_changes_are_staged_by_the_thousand_where_a_bulk_job_may_take_them(bulk, verify, changes):
    assert sorted(chunks(bulk, verify)) == sorted([*changes, 100, 30])
