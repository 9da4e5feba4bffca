"""The receipt: the answer to a drop, as JSON and as a page for people. One a run, replaced as it learns more."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from bridge.configuration import Feed
from bridge.domain import codes
from bridge.domain.counted import counted
from bridge.domain.drop import within
from bridge.domain.issue import Issue
from bridge.domain.judge import ENDLESS, FAILED, NEWER, OVER, RETIRED, Note
from bridge.domain.outcome import FINAL, Standing
from bridge.domain.product import NO_SUCH_LABEL
from bridge.domain.row import Value
from bridge.domain.run import ENDED, Run, State

FORMAT = 1
SHOWN = 1000
"""Issues in a receipt; more of them are told by number, and all stand in the result file."""
NAME_MOST = 200
"""Bytes of a drop's name in that of its receipt, which is longer and must be one that a partner's disk takes."""
CODES = {
    NEWER: codes.SKIPPED_NEWER, OVER: codes.OVER_PERSON, RETIRED: codes.SKIPPED_RETIRED, FAILED: codes.HELD_FAILED,
    ENDLESS: codes.HELD_ENDLESS,
    Standing.BEATEN: codes.SKIPPED_FEED, Standing.LEFT: codes.SKIPPED_PERSON,
    Standing.GONE: codes.SKIPPED_DELETED, Standing.WAITS: codes.HELD_PRODUCT, Standing.RENAMED: codes.HELD_RENAMED,
    Standing.REFUSED: codes.PLYTIX_REFUSED,
}
HEADLINES = {
    State.RECEIVED: "received: it will be read as soon as it is known to be whole",
    State.READING: "received: it is being read",
    State.COMMITTING: "checked: its values are on their way to Plytix",
    State.APPLYING: "checked: its values are on their way to Plytix",
    State.CLOSED: "closed: every row has its result",
    State.REFUSED: "refused: nothing of it was taken",
    State.CUT_OFF: "cut off: nothing of it was taken",
    State.FAILED: "failed: its rows and its results do not add up, and somebody has been told",
}
CUT_LATE = "cut off: what had come by then was taken, every row of it has its result"

STATES = {State.READING: "received", State.COMMITTING: "checked", State.APPLYING: "checked"}
"""A partner is told received → checked → closed; the steps between are ours."""


def issue_of(note: Note, feed: Feed | None, line: int | None) -> Issue:
    """What the partner reads of an attribute that does not stand as his row wants it, by the name of his own column."""
    column = next((head for head, c in feed.columns.items() if c.to == note.attribute), None) if feed else None
    if note.attribute == "sku" and note.why == Standing.REFUSED:
        return Issue(codes.PLYTIX_REFUSED_PRODUCT, line, facts={"said": _words(note.other).rstrip(".")})
    facts = {"attribute": note.attribute, "stands": _words(note.other), "said": _words(note.other).rstrip(".")}
    if note.why == Standing.REFUSED and facts["said"] == NO_SUCH_LABEL:
        return Issue(codes.PLYTIX_ATTRIBUTE, line, column, _words(note.value), facts)
    return Issue(CODES[note.why], line, column, _words(note.value), facts)


def refused_issues(values: Mapping[str, Value], refused: Mapping[str, str], feed: Feed | None, line: int) -> list[dict[str, Any]]:
    """Of values that were not sent because Plytix will not take them (`refused`: attribute → why), as of those that it did not take."""
    return [issue_of(Note(a, Standing.REFUSED, values[a], why), feed, line).as_json() for a, why in refused.items()]


def _words(value: Any) -> str:
    if isinstance(value, list):
        return ", ".join(value)
    return "" if value is None else str(value)


def path(run: Run) -> str:
    """Below the partner's tree, without its ending; result files stand beside it."""
    return f"receipts/{within(run.drop.name, NAME_MOST)}.{run.id}"


def receipt(run: Run, issues: Sequence[dict[str, Any]] = (), more: int = 0) -> dict[str, Any]:
    """`issues` as `Issue.as_json` gives them, the file's own first; `more` of them are not shown."""
    own = [*run.issues, *([Issue(codes.FILE_CUT_LATE, value=run.drop.name).as_json()] if run.cut_off else [])]
    return {
        "format": FORMAT, "run": run.id, "state": _state(run),
        "partner": run.partner, "feed": run.feed, "file": run.drop.path, "bytes": run.drop.size,
        "received": _time(run.registered), "closed": _time(run.closed) if run.closed else None,
        "rows": run.rows, "outcomes": {o.value: run.counts[o] for o in FINAL if run.counts.get(o)},
        "waiting": run.rows - sum(run.counts.get(o, 0) for o in FINAL),
        "plytix": {"planned": run.plan, "done_by": _time(run.due) if run.due else None, "spent": run.spent},
        "issues": [*own, *issues][:SHOWN], "more_issues": more + max(0, len(own) + len(issues) - SHOWN),
    }


def rank(run: Run) -> str:
    """How much of the way its receipt knows, in the order of texts; who reads again knows more than whoever read before him."""
    if run.state in ENDED:
        return "4" if run.cut_off else "3"
    return f"2 {run.attempt}" if STATES.get(run.state) == "checked" else "1"


def _state(run: Run) -> str:
    return State.CUT_OFF.value if _was_cut(run) else STATES.get(run.state, run.state.value)


def _was_cut(run: Run) -> bool:
    """That it was a fragment was known only when rows of it had been taken."""
    return run.cut_off and run.state is State.CLOSED


def page(told: dict[str, Any], run: Run) -> str:
    """The same for people."""
    headline = CUT_LATE if _was_cut(run) else HEADLINES[run.state]
    lines = [f"{visible(told['file'])} — {headline}", "", f"{_of(told['feed'])}, run {told['run']}",
             f"received {told['received']}, {counted(told['bytes'], 'byte')}" + (f"; closed {told['closed']}" if told["closed"] else "")]
    if told["rows"]:
        counts = [f"{n:,} {outcome.lower()}" for outcome, n in told["outcomes"].items()]
        counts += [f"{told['waiting']:,} on their way"] if told["waiting"] else []
        lines += ["", f"{counted(told['rows'], 'row')}: " + ", ".join(counts)]
    lines += _requests(run)
    if told["issues"]:
        lines += ["", f"What there is to say of it ({len(told['issues']) + told['more_issues']:,}):"]
        lines += [f"  {told_issue(issue)}" for issue in told["issues"]]
    if told["more_issues"]:
        lines += [f"  … and {told['more_issues']:,} more: {'it stands' if told['more_issues'] == 1 else 'they stand'} in the result file."]
    return "\n".join([*lines, ""])


def _requests(run: Run) -> list[str]:
    """Requests to Plytix: those that were planned, and when they will be done; afterwards the true number beside it."""
    planned, spent = sum(run.plan.values()), sum(run.spent.values())
    if run.state is State.CLOSED:
        were = "was" if planned == 1 else "were"
        return [f"{counted(spent, 'request')} to Plytix, {planned:,} {were} planned"] if planned or spent else []
    when = f"about {_time(run.due)}, as it looked then" if run.due else "when a pause or an outage is over that nobody can tell the end of"
    return [f"{counted(planned, 'request')} to Plytix {'is' if planned == 1 else 'are'} planned, to be done {when}"] if planned else []


def _of(feed: str) -> str:
    return f"feed {feed}" if "/" in feed else f"no feed of {feed}"


def told_issue(issue: dict[str, Any]) -> str:
    """One issue, as a sentence: where, what, remedy, code."""
    where = ", ".join(([f"line {issue['line']}"] if issue["line"] else []) + ([f'column "{issue["column"]}"'] if issue["column"] else []))
    return visible((f"{where}: " if where else "") + f"{issue['message']}. {issue['remedy']} [{issue['code']}]")


def visible(text: str) -> str:
    """In one line, as it may be put before people: what has no shape, or would steer a terminal, is written out."""
    return text if text.isprintable() else "".join(c if c.isprintable() else repr(c)[1:-1] for c in text)


def _time(ms: int) -> str:
    return datetime.fromtimestamp(ms / 1000, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
