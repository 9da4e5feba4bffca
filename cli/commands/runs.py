"""`bridge runs`, `run`: what became of drops and deliveries."""

from __future__ import annotations

from collections import Counter
from contextlib import suppress
from dataclasses import asdict
from difflib import get_close_matches
from typing import Annotated, Any

import typer
from rich import box
from rich.table import Table

from bridge.domain.counted import counted
from bridge.domain.delivery import Delivery
from bridge.domain.forecast import due
from bridge.domain.outcome import FINAL
from bridge.domain.receipt import issue_of, visible
from bridge.domain.run import Run
from cli import stores
from cli.commands.switch import waiting
from cli.deployment import Deployment
from cli.issues import Kind, Told, kinds
from cli.moment import moment, now
from cli.refusal import Refusal
from cli.screen import SHORT, Json, cell, say_json, say_long, screen, short
from cli.session import Session

SEARCHED = 1000
"""Runs, and deliveries of a channel, that are looked through for an id, the newest first."""
WHOLE = 26
"""Characters of an id that is not shortened."""


def runs(
    ctx: typer.Context,
    limit: Annotated[int, typer.Option("--limit", min=1, help="How many at most, the newest first.")] = 20,
    as_json: Json = False,
) -> None:
    """List runs, drops and channel deliveries, the newest first."""
    deployment = Session.of(ctx).deployment()
    found = [_run_facts(run) for run in _newest_runs(deployment, limit)]
    found += [{"run": d.run, "received": moment(d.begun), "what": f"channel {d.channel}", "file": d.file, "state": d.state.value,
               "rows": d.rows, "outcomes": {}} for d in _newest_deliveries(deployment, limit)]
    found = sorted(found, key=lambda facts: str(facts["received"]), reverse=True)[:limit]
    if as_json:
        say_json(found)
        return
    table = Table("run", "received", "state", "what", box=box.SIMPLE_HEAD, pad_edge=False)
    for column in table.columns[:3]:  # what is copied, or told apart by: whole, however narrow the window is
        column.no_wrap = True
        column.min_width = SHORT
    for facts in found:
        outcomes = ", ".join(f"{n} {outcome.lower()}" for outcome, n in facts["outcomes"].items())
        what = cell(f"{facts['what']}, {facts['file']}" if facts["file"] else facts["what"])
        what.append(f"\n{counted(facts['rows'], 'row')}" + (f": {outcomes}" if outcomes else ""))
        table.add_row(*map(cell, [short(facts["run"]), facts["received"], facts["state"]]), what)
    screen.print(table)
    for notice in waiting(deployment).notices():
        say_long(notice)


def run(
    ctx: typer.Context,
    id: Annotated[str, typer.Argument(help="The run's id, as `bridge runs` lists it; its end is enough.")],
    everything: Annotated[bool, typer.Option("--all", help="Each issue by itself, also where there are many of a kind.")] = False,
    as_json: Json = False,
) -> None:
    """Show one run: how far it came, its rows by outcome, and what there is to say of them, the worst first."""
    deployment = Session.of(ctx).deployment()
    found = _found(id, deployment)
    facts = _delivery_facts(found) if isinstance(found, Delivery) else _all_facts(found, deployment)
    if as_json:
        say_json(facts)
        return
    for name, value in facts.items():
        if name != "issues":
            say_long(visible(f"{name:14} {_shown(value)}"))
    _say_issues(facts.get("issues", []), everything, f"bridge run {short(facts['run'])} --all")


def _say_issues(issues: list[Told], everything: bool, how: str) -> None:
    """`how`: to see those that are told only by another of their kind."""
    told = [Kind([issue]) for issue in issues] if everything else kinds(issues)
    for kind in told:
        say_long(str(kind), indent=2)
    if folded := len(issues) - len(told):
        say_long(f"Not shown: {counted(folded, 'issue')} of the same kinds. Each by itself: {how}", indent=2)


def _found(id: str, deployment: Deployment) -> Run | Delivery:
    """By a whole id, whatever its age; by its end among the newest. A channel's delivery has an id of the same kind."""
    if len(id) == WHOLE:
        with suppress(KeyError):
            return stores.ledger(deployment).run(id.upper())
    known: dict[str, Run | Delivery] = {run.id: run for run in _newest_runs(deployment, SEARCHED)}
    known |= {delivery.run: delivery for delivery in _newest_deliveries(deployment, SEARCHED)}
    match [whole for whole in known if whole.endswith(id.upper())]:
        case [only]:
            return known[only]
        case []:
            near = get_close_matches(id.upper(), known if len(id) > SHORT else map(short, known), 3)
            raise Refusal(f'There is no run "{id}". ' + (f"Did you mean {' or '.join(near)}? " if near else "") + "List them: bridge runs")
        case several:
            raise Refusal(f'Several runs end in "{id}": {", ".join(several)}. Say more of it')


def _newest_runs(deployment: Deployment, limit: int) -> list[Run]:
    """All that are under way, and the last that were reported."""
    ledger = stores.ledger(deployment)
    return [*ledger.listed("run"), *ledger.listed("done", limit)]


def _newest_deliveries(deployment: Deployment, limit: int) -> list[Delivery]:
    deliveries = stores.deliveries(deployment)
    return [delivery for channel in stores.configuration(deployment).channels for delivery in deliveries.latest(channel, limit)]


def add_to(root: typer.Typer) -> None:
    root.command(epilog="Example:  bridge runs --limit 5")(runs)
    root.command(epilog="Example:  bridge run 8R0SBK")(run)


def _shown(value: Any) -> str:
    match value:
        case dict():
            return ", ".join(f"{count} {name.lower()}" for name, count in value.items())
        case tuple() | list():
            return ", ".join(value)
        case _:
            return str(value)


def _run_facts(run: Run) -> dict[str, Any]:
    state = "reported" if run.reported and run.state == "closed" else run.state.value
    what = f"feed {run.feed}" if "/" in run.feed else f"no feed of {run.feed}"
    return {"run": run.id, "received": moment(run.registered), "what": what, "file": run.drop.path, "state": state,
            "rows": run.rows, "outcomes": {o.value: run.counts[o] for o in FINAL if run.counts.get(o)}}


def _all_facts(run: Run, deployment: Deployment) -> dict[str, Any]:
    facts = _run_facts(run)
    return facts | {
        "outcomes": _so_far(run, facts["outcomes"], deployment),
        "bytes": run.drop.size, "version": run.drop.version, "sequence": run.sequence, "configuration": run.configuration,
        "whole": run.whole, "chunks": {"staged": run.staged, "committed": run.noted, "total": run.total, "done": run.done},
        "waits": f"{run.waits_for}; goes on at {moment(run.again)}" if run.left and run.again > now() else "",
        "planned": dict(run.plan), "done_by": moment(run.due), "expected": moment(_expected(run, deployment)), "spent": dict(run.spent),
        "closed": moment(run.closed), "reported": moment(run.reported), "issues": _issues(run, deployment)}


def _so_far(run: Run, counted: dict[str, int], deployment: Deployment) -> dict[str, int]:
    """Rows of chunks under way too, as far as those came; they count for the run when their chunk is done."""
    if not run.open_chunks:
        return counted
    ledger = stores.ledger(deployment)
    done = {number for number, _ in ledger.chunks_done(run.id)}
    under_way = Counter(judged.outcome for number, part in ledger.parts(run.id) if number not in done for judged in part.values())
    return {o.value: n for o in FINAL if (n := counted.get(o.value, 0) + under_way[o])}


def _expected(run: Run, deployment: Deployment) -> int:
    """As it looks now, where `done_by` was reckoned when it was checked."""
    if not run.left:
        return 0
    stands, share = waiting(deployment), stores.configuration(deployment).settings.share
    return due(run, run.left, stores.ledger(deployment).under_way(), stands, share, max(stands.now, run.again))


def _delivery_facts(delivery: Delivery) -> dict[str, Any]:
    times = {name: moment(getattr(delivery, name)) for name in ("due", "begun", "closed")}
    return asdict(delivery) | times


def _issues(found: Run, deployment: Deployment) -> list[dict[str, Any]]:
    issues = list(found.issues)
    stage = stores.stage(deployment)
    feed = stores.configuration(deployment).feeds.get(found.feed)
    if found.attempt:
        issues += [issue for line in stage.settled(found.id, found.attempt) for issue in line["issues"]]
        for number, outcomes in stores.ledger(deployment).chunks_done(found.id):
            lines = {row.sku: row.line for row in stage.chunk(found.id, found.attempt, number)}
            issues += [issue_of(note, feed, lines[sku]).as_json() for sku, judged in outcomes.items() for note in judged.notes]
    return sorted(issues, key=lambda issue: issue["line"] or 0)
