"""Read a drop to its end: parse, map, validate, find doubled keys, compare with WANTED, stage what is to be done.

Nothing is changed by it. Memory is flat: rows stream from a temporary file into chunks of the stage.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, BinaryIO

from bridge.configuration import Column, Feed, Key
from bridge.domain import codes
from bridge.domain.duplicates import Keys
from bridge.domain.duplicates import issue as doubled_issue
from bridge.domain.header import Header, match
from bridge.domain.issue import Issue
from bridge.domain.outcome import Outcome
from bridge.domain.receipt import SHOWN
from bridge.domain.record import Bad, shape
from bridge.domain.row import Record, Sku, sku
from bridge.domain.run import Run
from bridge.domain.sheet import Sheet
from bridge.domain.values import digest
from bridge.domain.wanted import Wanted, spread, tell
from bridge.formats import Reader, reader
from bridge.ports import Clock, Exchange, Stage, StagedRow, Tables
from bridge.services.schema import Known


@dataclass(frozen=True, slots=True)
class Read:
    """What `read` needs."""

    tables: Tables
    stage: Stage
    exchange: Exchange
    clock: Clock
    chunk_size: int
    known: Known


@dataclass(slots=True)
class Plan:
    """What the drop asks for. `counts`: rows whose outcome is known without Plytix; `chunks`: written into the stage.

    `told`: the first issues of rows for the receipt, `more` of them were not kept; `issues` are of the file as a whole.
    """

    refused: bool = False
    rows: int = 0
    chunks: int = 0
    counts: dict[Outcome, int] = field(default_factory=dict)
    issues: list[dict[str, Any]] = field(default_factory=list)
    told: list[dict[str, Any]] = field(default_factory=list)
    more: int = 0
    staged_settled: bool = False
    reading: dict[str, Any] = field(default_factory=dict)

    def tell(self, issues: list[dict[str, Any]]) -> None:
        room = SHOWN - len(self.told)
        self.told += issues[:room]
        self.more += max(0, len(issues) - room)

    def count(self, outcome: Outcome) -> None:
        self.counts[outcome] = self.counts.get(outcome, 0) + 1


def read(run: Run, feed: Feed, attempt: str, needs: Read) -> Plan:
    with needs.exchange.open(run.drop) as file:
        reading, plan = reader(feed.format), Plan()
        sheet = reading.read(file, feed)
        header = None if sheet.refused else match(sheet.header, feed)
        plan.issues = [issue.as_json() for issue in [*sheet.issues, *(header.issues if header else ())]]
        if header is None or header.refused:
            plan.refused = True
            return plan
        plan.reading = reading_of(feed, sheet, header)
        header, misfits = needs.known.fitting(header)
        plan.issues += [issue.as_json() for issue in misfits]
        doubled = _doubled(file, feed, header, reading)
        needs.stage.write_settled(run.id, attempt, _settled(file, run, feed, header, reading, doubled, plan, attempt, needs))
        plan.staged_settled = True
    if not plan.rows:
        plan.issues.append(Issue(codes.FILE_NO_ROWS).as_json())
    faulty = plan.counts.get(Outcome.REJECTED, 0)
    if feed.on_error == "file" and faulty:
        plan.refused = True
        plan.issues.append(Issue(codes.FILE_ON_ERROR, facts={"rows": faulty}).as_json())
    return plan


def reading_of(feed: Feed, sheet: Sheet, header: Header) -> dict[str, Any]:
    """How the file was read: kept with the run, so that its report does not depend on what the feed has become since."""
    heads = {place.column.to: place.name for place in header.places}
    return {"format": feed.format, "encoding": sheet.encoding, "delimiter": sheet.delimiter,
            "key": header.names[header.key], "heads": heads}


def as_read(run: Run) -> Feed | None:
    """A feed that reads the run's file just as it was read; None: nothing of it was."""
    if not run.reading:
        return None
    columns = {head: Column(to=attribute) for attribute, head in run.reading["heads"].items()}
    said = {name: run.reading[name] for name in ("format", "encoding", "delimiter")}
    key = Key.model_construct(column=run.reading["key"])
    return Feed.model_construct(partner=run.partner, name=run.feed.rpartition("/")[2], takes=("*",), key=key, columns=columns, **said)


def _doubled(file: BinaryIO, feed: Feed, header: Header, reading: Reader) -> dict[Sku, list[int]]:
    """Keys that stand in more than one row, with their lines: found over the whole file before any row counts."""
    keys = Keys()
    for row in reading.read(file, feed).rows:
        if key := sku(row.cells[header.key]) if header.key < len(row.cells) else None:  # of broken rows too, where it can be told
            keys.add(key, row.line)
    return keys.doubled()


def _settled(file: BinaryIO, run: Run, feed: Feed, header: Header, reading: Reader, doubled: dict[Sku, list[int]], plan: Plan,
             attempt: str, needs: Read) -> Iterator[dict[str, Any]]:
    """Every row that needs no look at Plytix, with its outcome and issues; on the way the others go into chunks."""
    chunks = Chunks(run, feed, attempt, needs, plan)
    for item in shape(reading.read(file, feed).rows, feed, header, needs.known.coercions(header, feed)):
        plan.rows += 1
        issues, outcome = _fault(item, run, feed, doubled)
        if outcome is None:
            if issues:  # warnings: the row counts all the same
                plan.tell(issues)
                yield _line(item, None, issues)
            assert isinstance(item, Record)
            yield from chunks.add(item)
        else:
            plan.count(outcome)
            plan.tell(issues)
            yield _line(item, outcome, issues)
    yield from chunks.end()


def _fault(item: Record | Bad, run: Run, feed: Feed, doubled: dict[Sku, list[int]]) -> tuple[list[dict[str, Any]], Outcome | None]:
    """What is wrong with a row, and what that makes of it; None: it goes on."""
    if isinstance(item, Bad):
        return [issue.as_json() for issue in item.issues], Outcome.REJECTED
    if item.sku in doubled:
        return [doubled_issue(item.sku, item.line, doubled[item.sku], feed.key.column).as_json()], Outcome.REJECTED
    if item.unfinished and not run.whole:
        return [Issue(codes.ROW_UNFINISHED, item.line).as_json()], Outcome.HELD
    return [], None


def _line(item: Record | Bad, outcome: Outcome | None, issues: list[dict[str, Any]]) -> dict[str, Any]:
    return {"number": item.number, "line": item.line, "sku": item.sku, "outcome": outcome, "issues": issues}


class Chunks:
    """Records on their way into the stage: those that say something new in one row of chunks, those that repeat in another."""

    def __init__(self, run: Run, feed: Feed, attempt: str, needs: Read, plan: Plan) -> None:
        self._run, self._feed, self._attempt, self._needs, self._plan = run, feed, attempt, needs, plan
        self._records: list[Record] = []
        self._rows: dict[bool, list[StagedRow]] = {True: [], False: []}

    def add(self, record: Record) -> Iterator[dict[str, Any]]:
        self._records.append(record)
        if len(self._records) == self._needs.chunk_size:
            yield from self._compare()

    def end(self) -> Iterator[dict[str, Any]]:
        yield from self._compare()
        for same in (True, False):
            self._write(same)

    def _compare(self) -> Iterator[dict[str, Any]]:
        """Is WANTED already what these rows say?"""
        wanted = self._needs.tables.wanted_many([r.sku for r in self._records], self._feed.id) if self._records else {}
        for record in self._records:
            same = self._repeats(record, wanted.get(record.sku, Wanted()))
            self._rows[same].append(StagedRow(record.sku, record.number, record.line, record.values, same))
            if same:
                self._plan.count(Outcome.UNCHANGED)
                yield _line(record, Outcome.UNCHANGED, [])
            if len(self._rows[same]) == self._needs.chunk_size:
                self._write(same)
        self._records = []

    def _repeats(self, record: Record, before: Wanted) -> bool:
        """The row only repeats what its feed said last, and nothing of it is open: it costs no look at Plytix."""
        said = spread(self._feed, record.values)
        after = tell(before, said, run=self._run.id, line=record.line, sequence=self._run.sequence, now_ms=self._needs.clock())
        return not after.open and all(
            after.values[a].digest == digest(v) and after.values[a].since <= self._run.sequence for a, v in said.items())

    def _write(self, same: bool) -> None:
        if self._rows[same]:
            self._needs.stage.write_chunk(self._run.id, self._attempt, self._plan.chunks, self._rows[same])
            self._plan.chunks += 1
            self._rows[same] = []
