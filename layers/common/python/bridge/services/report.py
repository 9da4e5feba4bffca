"""Tell the partner what became of each row: receipt and result file, then the drop goes to the archive.

The run is noted reported last: whoever dies before does it again, with the same words.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, BinaryIO, cast

from bridge.configuration import Bundle, Feed
from bridge.domain import codes
from bridge.domain.issue import Issue
from bridge.domain.judge import Judged
from bridge.domain.outcome import Outcome
from bridge.domain.receipt import SHOWN, issue_of, path, refused_issues, told_issue
from bridge.domain.row import Sku
from bridge.domain.run import ENDED, Run, State
from bridge.formats import reader
from bridge.formats.delimited_writer import write
from bridge.ports import Clock, Exchange, Ledger, Stage, StagedRow
from bridge.services.read import as_read
from bridge.services.receipts import tell


@dataclass(frozen=True, slots=True)
class Report:
    """What `report` needs."""

    configuration: Bundle
    ledger: Ledger
    stage: Stage
    exchange: Exchange
    clock: Clock


@dataclass(slots=True)
class Results:
    """Outcome and comment of each row by its number, and what the receipt shows of the issues."""

    rows: dict[int, tuple[Outcome, str]] = field(default_factory=dict)
    issues: list[dict[str, Any]] = field(default_factory=list)
    more: int = 0

    def add(self, number: int, outcome: Outcome, issues: list[dict[str, Any]]) -> None:
        if outcome is Outcome.UNCHANGED and not issues:
            return  # most rows of most drops: the result file says so without being told
        said = self.rows.get(number, (outcome, ""))[1]
        self.rows[number] = (outcome, " ".join(filter(None, [said, *(told_issue({**i, "line": None}) for i in issues)])))
        for issue in issues:
            if len(self.issues) < SHOWN:
                self.issues.append(issue)
            else:
                self.more += 1


def report(id: str, needs: Report) -> Run:
    """Once is enough, twice does no harm."""
    run = needs.ledger.run(id)
    if run.state not in ENDED or run.reported:
        return run
    _tell(run, needs)
    while not needs.ledger.is_reported(run, needs.clock()):  # cut off meanwhile: told anew, also where another has reported that
        run = needs.ledger.run(id)
        _tell(run, needs)
    return run


def _tell(run: Run, needs: Report) -> None:
    feed = as_read(run)
    results = _results(run, feed, needs) if run.attempt else Results()
    if run.rows and feed:
        _write_results(run, feed, results, needs)
    results.issues.sort(key=lambda issue: issue["line"] or 0)
    tell(run, needs.exchange, results.issues, results.more)
    needs.exchange.archive(run)


def _results(run: Run, feed: Feed | None, needs: Report) -> Results:
    results = Results()
    for line in needs.stage.settled(run.id, run.attempt):
        outcome = Outcome.REJECTED if run.state is State.REFUSED else Outcome(line["outcome"] or Outcome.RETRYING)
        results.add(line["number"], outcome, line["issues"])
    done = dict(needs.ledger.chunks_done(run.id))
    for number in range(run.staged):
        for row in needs.stage.chunk(run.id, run.attempt, number):
            if not row.same:
                results.add(row.number, *_told(run, feed, row, done.get(number)))
    return results


def _told(run: Run, feed: Feed | None, row: StagedRow, outcomes: dict[Sku, Judged] | None) -> tuple[Outcome, list[dict[str, Any]]]:
    """Where there is one word for the row as a whole, what was told of its values when it was read still holds."""
    read = refused_issues(row.values, row.refused, feed, row.line)
    if outcomes is None:  # a chunk that the cut-off kept out
        return Outcome.HELD, [Issue(codes.FILE_CUT_OFF, row.line, value=run.drop.name).as_json(), *read]
    judged = outcomes[row.sku]
    whole = any(note.attribute == "sku" for note in judged.notes)
    return judged.outcome, [issue_of(note, feed, row.line).as_json() for note in judged.notes] + (read if whole else [])


def _write_results(run: Run, feed: Feed, results: Results, needs: Report) -> None:
    """The partner's own rows in his own order, plus what became of each."""
    with needs.exchange.open(run.drop) as drop, tempfile.TemporaryFile() as file:
        sheet = reader(feed.format).read(drop, feed)
        width = len(sheet.header)

        def lines() -> Iterator[list[str]]:
            yield [*sheet.header, "_result", "_comment"]
            for row in sheet.rows:
                cells, surplus = row.cells[:width], row.cells[width:]
                yield [*cells, *[""] * (width - len(cells)), *_result(results, row.number, run), *surplus]

        write(lines(), cast(BinaryIO, file), delimiter=sheet.delimiter or ";", encoding="utf-8-sig", guard=True)
        file.seek(0)
        needs.exchange.write(run.partner, f"{path(run)}.result.csv", cast(BinaryIO, file), "text/csv; charset=utf-8")


def _result(results: Results, number: int, run: Run) -> tuple[str, str]:
    if number in results.rows:
        outcome, comment = results.rows[number]
        return outcome.value, comment
    if run.state is State.CLOSED:
        return Outcome.UNCHANGED.value, ""
    return Outcome.REJECTED.value, told_issue(Issue(codes.ROW_ON_ERROR).as_json())  # the only way to be refused once rows were read
