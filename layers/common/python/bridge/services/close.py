"""Close a run: whoever sees that all is done does it, once, by a conditional update (DESIGN.md §4 closing)."""

from __future__ import annotations

from bridge.domain.run import State
from bridge.ports import Clock, Events, Ledger


def close(id: str, ledger: Ledger, events: Events, clock: Clock) -> bool:
    """True: this call closed it. A run whose sum is off has failed; nobody is told that all is well."""
    run = ledger.run(id)
    if not run.complete:
        return False
    if not ledger.advance(id, (State.APPLYING,), State.CLOSED if run.sum_is_right else State.FAILED, closed=clock()):
        return False
    events.run_closed(run)
    return True
