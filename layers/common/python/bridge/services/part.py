"""How far a chunk came: what an attempt at it ends with, so that the next one goes on there (DESIGN.md §4).

    worker A ──bring──bring──note──bring────x dies
    worker B ───────────────────────────────────part──bring──bring──count

What was told of a SKU under its claim stands, whatever happens to it until the chunk is whole. Two workers may be at one chunk: the
note of one replaces the other's, and what that knew is done again; the chunk is counted once, with all the outcomes of who counts it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager, suppress

from bridge.domain.judge import Judged
from bridge.domain.row import Sku
from bridge.domain.run import Run
from bridge.errors import Later
from bridge.ports import Clock, Ledger, Plytix

LOGIN = "token"


class Part:
    """`outcomes`: of those SKUs that came to rest, in this attempt and in those before. Several threads may tell of ends."""

    def __init__(self, run: Run, number: int, ledger: Ledger, plytix: Plytix, clock: Clock, notes_s: float) -> None:
        self._run, self._number, self._ledger, self._plytix, self._clock = run.id, number, ledger, plytix, clock
        self.outcomes = ledger.part(run.id, number)
        self._noted, self._before = len(self.outcomes), Counter(plytix.requests)
        self._every, self._next = int(notes_s * 1000), clock() + int(notes_s * 1000)

    def ends(self, sku: Sku, judged: Judged) -> None:
        """Noted every few seconds: a worker that dies notes nothing more."""
        self.outcomes[sku] = judged
        if self._clock() >= self._next:
            self._next = self._clock() + self._every
            self.note()

    def note(self) -> None:
        """What is new, if anything is; the run has come on by it."""
        outcomes = dict(self.outcomes)
        if len(outcomes) > self._noted:
            self._ledger.note_part(self._run, self._number, outcomes)
            self._noted = len(outcomes)
            self._ledger.touch(self._run, self._clock())

    def spent(self) -> dict[str, int]:
        """What Plytix was asked, by kind; logins apart, which count for no limit."""
        now = Counter(self._plytix.requests) - self._before
        return {kind: n for kind, n in now.items() if kind != LOGIN}

    def spend(self) -> None:
        """Where it is not counted with the chunk."""
        if spent := self.spent():
            self._ledger.spend(self._run, spent)


@contextmanager
def part_of(run: Run, number: int, ledger: Ledger, plytix: Plytix, clock: Clock, notes_s: float) -> Iterator[Part]:
    """One attempt at a chunk. Also where it fails it leaves what it has, and has spent what it asked."""
    part = Part(run, number, ledger, plytix, clock, notes_s)
    try:
        yield part
    except Exception:
        with suppress(Later):  # what ended it is to be told, not what keeps this from being noted
            part.note()
        with suppress(Later):
            part.spend()
        raise
