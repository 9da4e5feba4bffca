"""A run: the processing of one drop from start to receipt, as its ledger entry tells it."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from bridge.configuration import Lane
from bridge.domain.drop import Drop
from bridge.domain.outcome import FINAL, Outcome
from bridge.domain.sequence import Sequence


class State(StrEnum):
    RECEIVED = "received"
    READING = "reading"
    COMMITTING = "committing"
    APPLYING = "applying"
    CLOSED = "closed"
    REFUSED = "refused"
    CUT_OFF = "cut off"
    FAILED = "failed"


OPEN = (State.RECEIVED, State.READING, State.COMMITTING, State.APPLYING)
BEFORE_COMMIT = (State.RECEIVED, State.READING)
TAKEN = (State.COMMITTING, State.APPLYING, State.CLOSED)
"""What of the drop was committed counts, whatever is learnt of it afterwards."""
ENDED = (State.CLOSED, State.REFUSED, State.CUT_OFF, State.FAILED)


@dataclass(frozen=True, slots=True)
class Run:
    """Times in ms. `whole`: Transfer said so. `attempt` names the stage that commit goes by. `cut_off`: proof came after commit began.

    `counts`: outcome → rows, of settled rows and counted chunks; `total`: chunks of the whole run, None until all are committed.
    """

    id: str
    drop: Drop
    feed: str  # `partner/feed`; only the partner where no feed takes the drop
    sequence: Sequence
    registered: int
    state: State = State.RECEIVED
    lane: Lane = Lane.MAIN
    configuration: str = ""
    whole: bool = False
    cut_off: bool = False
    attempt: str = ""
    rows: int = 0
    staged: int = 0  # chunks in the stage
    noted: int = 0  # chunks committed
    total: int | None = None
    done: int = 0
    plan: dict[str, int] = field(default_factory=dict)  # requests to Plytix by kind, as known before the first write
    due: int = 0  # when they will be done, if nothing comes between; 0: there are none, or nobody can tell
    spent: dict[str, int] = field(default_factory=dict)  # requests to Plytix by kind, in truth
    waits_for: str = ""  # why a chunk of it stopped last
    again: int = 0  # when that comes again
    counts: dict[Outcome, int] = field(default_factory=dict)
    moved: int = 0  # when it last came on
    closed: int = 0
    reported: int = 0
    issues: tuple[dict[str, Any], ...] = ()  # of the file as a whole, as `Issue.as_json` gives them
    reading: dict[str, Any] = field(default_factory=dict)  # how the file was read (`as_read`): its report reads it so again

    @property
    def partner(self) -> str:
        return self.drop.partner

    @property
    def left(self) -> int:
        """Requests that are still to come, as planned: what it asks besides, of another kind, does none of them. Where failures have cost
        as many: one a row whose outcome is not known. Before the plan: 0."""
        if self.state not in (State.COMMITTING, State.APPLYING) or self.complete:
            return 0
        planned = sum(max(0, n - self.spent.get(kind, 0)) for kind, n in self.plan.items())
        return planned or min(sum(self.plan.values()), self.rows - sum(self.counts.get(outcome, 0) for outcome in FINAL))

    @property
    def complete(self) -> bool:
        return self.state is State.APPLYING and self.total == self.done

    @property
    def waits_for_prepare(self) -> bool:
        """A message of it should be in the queue of runs. Also when all is done: a lost close has nobody else."""
        return self.state in OPEN and (self.state is not State.APPLYING or self.complete)

    @property
    def open_chunks(self) -> int:
        """Committed and not done: of each a message should be in its lane's queue."""
        return max(0, self.noted - self.done) if self.state in OPEN else 0

    @property
    def sum_is_right(self) -> bool:
        """rows read = created + updated + unchanged + deleted + skipped + held + rejected."""
        return self.rows == sum(self.counts.get(outcome, 0) for outcome in FINAL)
