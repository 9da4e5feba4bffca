"""What a dead worker had sent is found by whoever comes next, also when Plytix lets the first one who asks wait."""

from __future__ import annotations

import pytest

from bridge.domain.claim import Claim, Intended
from bridge.domain.judge import Judged
from bridge.domain.outcome import Outcome
from bridge.domain.reconcile import Kind
from bridge.domain.row import Sku
from bridge.domain.run import Run
from bridge.domain.sequence import landing
from bridge.domain.wanted import EXISTS, tell
from bridge.errors import Fate, Later, Stop
from bridge.ports import Put, StagedRow
from bridge.services.asking import Way, alone
from bridge.services.bring import Asked, bring
from bridge.services.heart import Heart
from tests.heart.scenario import bundle
from tests.heart.world import World

SKU = Sku("A")


def heart_of(world: World) -> Heart:
    w = world
    return Heart(w.configuration, w.claims, w.tables, w.plytix, w.schemas.opened(), w.clock)


def died_after_its_request(world: World) -> Asked:
    """A run wants the product; its worker has made it in Plytix, and died before the answer was noted."""
    drop = world.land("acme/inbox/erp/1.csv", b"")
    feed = world.configuration.feeds["acme/erp"]
    run = Run("R1", drop, feed.id, landing(drop.landed, drop.sequencer, drop.key), world.now)
    said = {EXISTS: True, "price": "1"}
    wanted = tell(world.tables.wanted(SKU, feed.id), said, run=run.id, line=2, sequence=run.sequence, now_ms=world.now)
    assert world.tables.write(Put(SKU, world.tables.wanted(SKU, feed.id), wanted, feed.id))
    world.claims.claim(SKU, "dead", world.now, world.now + 1)
    intent = {a: Intended(wanted.values[a], feed.id, None) for a in said}
    assert world.claims.intend(SKU, Claim("dead", world.now + 1, Kind.CREATE, "", intent))
    world.plytix.make(SKU, {"price": "1"}, "bridge")
    world.now += 10
    return Asked(run, feed, StagedRow(SKU, 1, 2, {"price": "1"}))


def brought(world: World, asked: Asked) -> Judged | None:
    heart = heart_of(world)
    return alone(Way(bring(SKU, heart, asked)), heart)


TROUBLES = {"window full": Later("429"), "gateway down": Later("503", fate=Fate.UNKNOWN),
            "no answer": Later("no answer", fate=Fate.IN_FLIGHT), "key revoked": Stop("the key")}


@pytest.mark.parametrize("trouble", TROUBLES.values(), ids=TROUBLES)
def test_what_it_did_is_credited_to_its_run_even_if_the_first_who_looks_is_not_heard(trouble: Exception) -> None:
    world = World(bundle(recreate=False, chunk_size=1), {"red"})
    asked = died_after_its_request(world)
    find = world.plytix.find

    def not_heard(sku: Sku) -> None:
        world.plytix.find = find  # type: ignore[method-assign]
        raise trouble

    world.plytix.find = not_heard  # type: ignore[assignment, method-assign]
    with pytest.raises(type(trouble)):
        brought(world, asked)

    assert brought(world, asked) == Judged(Outcome.CREATED)
    assert world.plytix.requests["write"] == 0, "it is made already"
