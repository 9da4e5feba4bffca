"""Read a drop to its end: parse, map, validate, find doubled keys, compare with WANTED, stage what is to be done.

Nothing is changed by it. Memory is flat: rows stream from a temporary file into chunks of the stage.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import astuple, dataclass, field, replace
from enum import Enum
from typing import Any, BinaryIO

from bridge.configuration import Bundle, Column, Feed, Key
from bridge.domain import codes
from bridge.domain.counted import counted
from bridge.domain.duplicates import Keys
from bridge.domain.duplicates import issue as doubled_issue
from bridge.domain.forecast import JOB_ROWS, Sends
from bridge.domain.header import Header, match
from bridge.domain.issue import Issue
from bridge.domain.mirror import Existence, Mirror
from bridge.domain.outcome import Outcome
from bridge.domain.receipt import SHOWN, refused_issues
from bridge.domain.reconcile import Kind, reconcile
from bridge.domain.record import Bad, shape
from bridge.domain.row import Record, Sku, sku
from bridge.domain.run import Run
from bridge.domain.sheet import Sheet
from bridge.domain.values import digest
from bridge.domain.wanted import Wanted, refusals, spread, tell
from bridge.errors import Unreadable
from bridge.formats import Reader, reader
from bridge.ports import Clock, Exchange, MirrorState, Stage, StagedRow, Tables
from bridge.services.schema import Known


@dataclass(frozen=True, slots=True)
class Read:
    """What `read` needs."""

    configuration: Bundle
    tables: Tables
    stage: Stage
    exchange: Exchange
    clock: Clock
    known: Known
    mirror: MirrorState


@dataclass(slots=True)
class Plan:
    """What the drop asks for. `counts`: rows whose outcome is known without Plytix; `chunks`: written into the stage, `sends` of each.

    `told`: the first issues of rows for the receipt, `more` of them were not kept; `issues` are of the file as a whole.
    """

    refused: bool = False
    rows: int = 0
    chunks: int = 0
    counts: dict[Outcome, int] = field(default_factory=dict)
    issues: list[dict[str, Any]] = field(default_factory=list)
    sends: list[Sends] = field(default_factory=list)
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
        plan.issues.append(Issue(codes.FILE_ON_ERROR, facts={"rows": counted(faulty, "faulty row")}).as_json())
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
    chunks, heads = Chunks(run, feed, attempt, needs, plan), as_read(replace(run, reading=plan.reading))
    for item in shape(reading.read(file, feed).rows, feed, header, needs.known.coercions(header, feed)):
        plan.rows += 1
        issues, outcome = _fault(item, run, feed, doubled)
        if outcome is None:
            if issues:  # warnings: the row counts all the same
                plan.tell(issues)
                yield _line(item, None, issues)
            assert isinstance(item, Record)
            plan.tell(refused_issues(item.values, item.refused, heads, item.line))  # told again at the end, if it stays so
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


class Bin(Enum):
    """What goes into one chunk: a bulk job takes changes alone, and many of them."""

    SAME = "repeats what its feed said last"
    CREATES = "products that are not there"
    PATCHES = "products that are there"


class Chunks:
    """Records on their way into the stage."""

    def __init__(self, run: Run, feed: Feed, attempt: str, needs: Read, plan: Plan) -> None:
        self._run, self._feed, self._attempt, self._needs, self._plan = run, feed, attempt, needs, plan
        self._page = needs.configuration.settings.chunk_size
        jobs = needs.mirror.bulk and feed.verify != "live"  # what is read anew comes back by the hundred, and each page is to count
        self._sizes = dict.fromkeys(Bin, self._page) | ({Bin.PATCHES: JOB_ROWS} if jobs else {})
        self._records: list[Record] = []
        self._rows: dict[Bin, list[StagedRow]] = {bin: [] for bin in Bin}
        self._sends: dict[Bin, Sends] = {}

    def add(self, record: Record) -> Iterator[dict[str, Any]]:
        self._records.append(record)
        if len(self._records) == self._page:
            yield from self._compare()

    def end(self) -> Iterator[dict[str, Any]]:
        yield from self._compare()
        for bin in Bin:
            self._write(bin)

    def _compare(self) -> Iterator[dict[str, Any]]:
        """Is WANTED already what these rows say? Of the others: what will it take?"""
        wanted = self._needs.tables.wanted_many([r.sku for r in self._records], self._feed.id) if self._records else {}
        said = {record.sku: self._said(record, wanted.get(record.sku, Wanted())) for record in self._records}
        new = {record.sku for record in self._records if not self._repeats(record, said[record.sku])}
        mirrors = self._mirrors(new) if new else {}
        for record in self._records:
            if record.sku not in new:
                self._plan.count(Outcome.UNCHANGED)
                yield _line(record, Outcome.UNCHANGED, [])
                self._put(record, Bin.SAME, Sends())
            else:
                self._put(record, *self._change(record, said[record.sku], mirrors.get(record.sku, Mirror())))
        self._records = []

    def _mirrors(self, skus: set[Sku]) -> dict[Sku, Mirror]:
        """For the plan alone: what cannot be read holds up no drop here, and `apply` says so."""
        try:
            return self._needs.tables.mirrors(sorted(skus))
        except Unreadable:
            return {}

    def _said(self, record: Record, before: Wanted) -> Wanted:
        said, refused = spread(self._feed, record.values), refusals(record.values, record.refused)
        return tell(before, said, run=self._run.id, line=record.line, sequence=self._run.sequence, now_ms=self._needs.clock(),
                    refused=refused)

    def _repeats(self, record: Record, after: Wanted) -> bool:
        """The row only repeats what its feed said last, and nothing of it is open or to be told: it costs no look at Plytix."""
        return not after.open and not after.over and not record.refused and all(
            after.values[a].digest == digest(v) and after.values[a].since <= self._run.sequence
            for a, v in spread(self._feed, record.values).items())

    def _change(self, record: Record, after: Wanted, mirror: Mirror) -> tuple[Bin, Sends]:
        """What it will take, as far as this feed alone decides."""
        change = reconcile({self._feed.id: after}, mirror, self._needs.configuration, self._needs.known.schema)
        anew, there = self._feed.verify == "live", mirror.existence is Existence.LIVING
        look = mirror.existence is Existence.UNKNOWN and not self._needs.mirror.loaded
        sends = Sends(change.kind is Kind.CREATE, change.kind is Kind.PATCH, look or anew, anew and there)
        return Bin.PATCHES if there else Bin.CREATES, sends

    def _put(self, record: Record, bin: Bin, sends: Sends) -> None:
        self._rows[bin].append(StagedRow(record.sku, record.number, record.line, record.values, bin is Bin.SAME, record.refused))
        before = self._sends.get(bin, Sends())
        self._sends[bin] = Sends(*map(sum, zip(astuple(before), astuple(sends), strict=True)))
        if len(self._rows[bin]) == self._sizes[bin]:
            self._write(bin)

    def _write(self, bin: Bin) -> None:
        if self._rows[bin]:
            self._needs.stage.write_chunk(self._run.id, self._attempt, self._plan.chunks, self._rows[bin])
            self._plan.chunks += 1
            self._plan.sends.append(self._sends.pop(bin))
            self._rows[bin] = []
