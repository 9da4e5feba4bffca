"""Commit a stage: chunk by chunk WANTED (open), one message, chunk noted; resumes where it stopped (DESIGN.md §4).

From `begin` on the stage says what each chunk sends, so a second attempt sends the same messages.
"""

from __future__ import annotations

from dataclasses import dataclass

from bridge.configuration import Feed
from bridge.domain.outcome import Outcome
from bridge.domain.run import Run, State
from bridge.domain.wanted import Wanted, refusals, spread, tell
from bridge.ports import Clock, Events, Ledger, Put, Queues, Stage, StagedRow, Tables
from bridge.services.close import close

GROUP = 25
"""Rows a transaction: few enough that one in conflict costs little (DynamoDB takes 100, aws-reference.md §9)."""


@dataclass(frozen=True, slots=True)
class Commit:
    """What commit needs."""

    ledger: Ledger
    tables: Tables
    stage: Stage
    queues: Queues
    events: Events
    clock: Clock


def commit(run: Run, feed: Feed | None, needs: Commit) -> None:
    """From the first chunk that is not noted to the last; then the total, and the close if all is done by then.

    `feed` None: it was retired meanwhile; its rows want nothing any more, `apply` tells so.
    """
    number = run.noted
    while number < run.staged and not run.cut_off:
        rows = needs.stage.chunk(run.id, run.attempt, number)
        if feed:
            _write_chunk(run, feed, rows, needs)
        if all(row.same for row in rows):
            needs.ledger.count(run.id, number, {}, {}, {})  # their outcome was settled by `read`
        else:
            needs.queues.send_chunk(run, number)
        run = needs.ledger.note_chunk(run.id, number)
        number += 1
    _write_total(run, number, needs)
    close(run.id, needs.ledger, needs.events, needs.clock)


def _write_chunk(run: Run, feed: Feed, rows: list[StagedRow], needs: Commit) -> None:
    """All rows of a chunk into WANTED, a group in one transaction; one by one where `apply` notes something meanwhile."""
    before = needs.tables.wanted_many([row.sku for row in rows], feed.id)
    for i in range(0, len(rows), GROUP):
        puts = [put for row in rows[i:i + GROUP] if (put := _put(run, feed, row, before.get(row.sku, Wanted()), needs))]
        if puts and not needs.tables.write(*puts):
            for row in rows[i:i + GROUP]:
                _write_row(run, feed, row, needs)


def _write_row(run: Run, feed: Feed, row: StagedRow, needs: Commit) -> None:
    while put := _put(run, feed, row, needs.tables.wanted(row.sku, feed.id), needs):
        if needs.tables.write(put):
            return


def _put(run: Run, feed: Feed, row: StagedRow, old: Wanted, needs: Commit) -> Put | None:
    """None: WANTED says it already, or says something newer."""
    refused = refusals(row.values, row.refused)
    new = tell(old, spread(feed, row.values), run=run.id, line=row.line, sequence=run.sequence, now_ms=needs.clock(), refused=refused)
    return Put(row.sku, old, new, feed.id) if new != old else None


def _write_total(run: Run, number: int, needs: Commit) -> None:
    """`number` chunks are the run's total; rows of chunks that a cut-off kept out are HELD."""
    left = sum(not row.same for n in range(number, run.staged) for row in needs.stage.chunk(run.id, run.attempt, n))
    add = {Outcome.HELD: left} if left else {}
    needs.ledger.advance(run.id, (State.COMMITTING,), State.APPLYING, add=add, total=number, moved=needs.clock())
