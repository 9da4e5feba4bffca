"""`bridge runs`, `run`, `trace`, `publish`: what became of drops and products, and a channel's file now."""

from __future__ import annotations

import json
from dataclasses import asdict
from datetime import UTC, datetime
from typing import Annotated, Any

import typer
from rich.table import Column, Table
from rich.text import Text

from bridge.adapters.body import Bodies
from bridge.adapters.configuration import ConfigurationStore
from bridge.adapters.deliveries import DeliveryLedger
from bridge.adapters.ledger import Ledger
from bridge.adapters.stage import Stage
from bridge.adapters.tables import Names, Tables
from bridge.domain.mirror import Existence, Mirror
from bridge.domain.outcome import FINAL
from bridge.domain.receipt import issue_of, told_issue, visible
from bridge.domain.row import sku as spelled
from bridge.domain.run import Run
from bridge.errors import Stop
from cli import aws
from cli.commands.switch import waiting
from cli.deployment import Deployment
from cli.refusal import Refusal
from cli.screen import Json, say, say_json, screen
from cli.session import Session

SEARCHED = 1000
"""Deliveries of a channel that are looked through for an id, the newest first."""


def runs(
    ctx: typer.Context,
    limit: Annotated[int, typer.Option("--limit", min=1, help="How many at most, the newest first.")] = 20,
    as_json: Json = False,
) -> None:
    """List runs, drops and channel deliveries, the newest first."""
    deployment = Session.of(ctx).deployment()
    ledger, deliveries = _ledger(deployment), DeliveryLedger(aws.client("dynamodb"), deployment["LedgerTable"])
    found = [_run_facts(run) for run in [*ledger.listed("run"), *ledger.listed("done", limit)]]
    for channel in _configuration(deployment).channels:
        found += [{"run": d.run, "received": _time(d.begun), "what": f"channel {channel}", "file": d.file, "state": d.state.value,
                   "rows": d.rows, "outcomes": {}} for d in deliveries.latest(channel, limit)]
    found = sorted(found, key=lambda facts: str(facts["received"]), reverse=True)[:limit]
    if as_json:
        say_json(found)
        return
    table = Table("received", _id_column(), "what", "file", "state", "rows", "outcomes")
    for facts in found:
        outcomes = ", ".join(f"{n} {outcome.lower()}" for outcome, n in facts["outcomes"].items())
        cells = [facts["received"], facts["run"], facts["what"], facts["file"], facts["state"], str(facts["rows"]), outcomes]
        table.add_row(*map(_cell, cells))
    screen.print(table)
    for notice in waiting(deployment).notices():
        say(notice)


def run(
    ctx: typer.Context,
    id: Annotated[str, typer.Argument(help="The run's id, as `bridge runs` lists it.")],
    as_json: Json = False,
) -> None:
    """Show one run: how far it came, its rows by outcome, and all there is to say of them."""
    deployment = Session.of(ctx).deployment()
    ledger = _ledger(deployment)
    try:
        found = ledger.run(id)
    except KeyError:
        _show_delivery(id, deployment, as_json)
        return
    facts = _run_facts(found) | {
        "bytes": found.drop.size, "version": found.drop.version, "sequence": found.sequence, "configuration": found.configuration,
        "whole": found.whole, "chunks": {"staged": found.staged, "committed": found.noted, "total": found.total, "done": found.done},
        "closed": _time(found.closed), "reported": _time(found.reported), "issues": _issues(found, ledger, deployment)}
    if as_json:
        say_json(facts)
        return
    for name, value in facts.items():
        if name != "issues":
            say(visible(f"{name:14} {json.dumps(value, ensure_ascii=False) if isinstance(value, dict) else value}"))
    for issue in facts["issues"]:
        say(f"  {told_issue(issue)}")


def _show_delivery(id: str, deployment: Deployment, as_json: bool) -> None:
    """A channel's delivery has an id of the same kind."""
    deliveries = DeliveryLedger(aws.client("dynamodb"), deployment["LedgerTable"])
    channels = _configuration(deployment).channels
    found = next((d for channel in channels for d in deliveries.latest(channel, SEARCHED) if d.run == id), None)
    if found is None:
        raise Refusal(f'There is no run "{id}". List them: bridge runs')
    facts = asdict(found) | {"due": _time(found.due), "begun": _time(found.begun), "closed": _time(found.closed)}
    if as_json:
        say_json(facts)
        return
    for name, value in facts.items():
        say(visible(f"{name:14} {', '.join(value) if isinstance(value, tuple) else value}"))


def trace(ctx: typer.Context, sku: Annotated[str, typer.Argument(help="SKU, exactly as Plytix has it.")], as_json: Json = False) -> None:
    """Tell what every feed wants a product to be, what Plytix holds, and what the bridge did to it."""
    deployment = Session.of(ctx).deployment()
    tables, key = _tables(deployment), spelled(sku)
    wanted, mirror = tables.wanted_of(key), tables.mirror(key)
    entries = tables.history(key, 0)
    if not wanted and mirror.existence is Existence.UNKNOWN and not entries:
        raise Refusal(f'The bridge knows no product "{sku}": no feed wants it, and the mirror has never seen it')
    facts: dict[str, Any] = {
        "sku": key, "plytix": {"existence": mirror.existence.value, "id": mirror.id, "modified": _time(mirror.modified),
                               "values": mirror.values},
        "wanted": {feed: {"values": {a: {"value": s.value, "run": s.run, "line": s.line} for a, s in item.values.items()},
                          "open": {a: s.value for a, s in item.open.items()}} for feed, item in wanted.items()},
        "history": [{"at": _time(e.at), "act": e.act.value,
                     "changes": {a: {"before": m.before, "after": m.after, "run": m.run, "feed": m.feed, "line": m.line,
                                     "over_a_person": m.over, "message": m.message} for a, m in e.made.items()}} for e in entries]}
    if as_json:
        say_json(facts)
        return
    say(f"{key}: {mirror.existence.value} in Plytix" + (f", {mirror.id}, modified {_time(mirror.modified)}" if mirror.id else ""))
    screen.print(_standing(facts, mirror))
    for entry in facts["history"]:
        for attribute, made in entry["changes"].items():
            over = ", over a person's value" if made["over_a_person"] else ""
            said = f" ({made['message']})" if made["message"] else ""
            say(f"{entry['at']}  {entry['act']:7} {attribute}: {made['before']!r} → {made['after']!r}, "
                f"{made['feed']} line {made['line']}, run {made['run']}{over}{said}")


def publish(
    ctx: typer.Context,
    channel: Annotated[str, typer.Argument(help="Channel, as in config/channels.")],
    as_json: Json = False,
) -> None:
    """Publish a channel now: its file goes to each recipient's outbox, whole."""
    deployment = Session.of(ctx).deployment()
    due = datetime.now(UTC).isoformat(timespec="milliseconds")
    payload = json.dumps({"v": 1, "channel": channel, "due": due})
    answer = aws.client("lambda").invoke(FunctionName=deployment["PublishFunction"], Payload=payload.encode())
    told = json.loads(answer["Payload"].read())
    if "errorType" in told:
        raise Refusal(str(told.get("errorMessage")) if told["errorType"] == "Stop" else f"{told['errorType']}: {told.get('errorMessage')}")
    if as_json:
        say_json(told)
    elif told["state"] == "published":
        held = f", {told['held']} products held back" if told["held"] else ""
        to = ", ".join(told["recipients"])
        say(f"{told['file']}: {told['rows']} products to {to}{held} (sha256 {told['sha256'][:16]}…, run {told['run']})")
        if not told["rows"]:
            say("No product has what the channel selects, as far as the mirror knows: it asks Plytix every few minutes")
    if told["state"] != "published":
        raise Refusal(f"Not published: {told['why']}. The file before stays where it is")


def add_to(root: typer.Typer) -> None:
    root.command(epilog="Example:  bridge runs --limit 5")(runs)
    root.command(epilog="Example:  bridge run 01KAXW3E5T7QJ9V2M4N6P8R0SB")(run)
    root.command(epilog="Example:  bridge trace ACME-1001")(trace)
    root.command(epilog="Example:  bridge publish retailer-catalogue")(publish)


def _cell(text: str) -> Text:
    """What partners wrote is text: no markup of ours, and nothing for the terminal to obey."""
    return Text(visible(text))


def _id_column() -> Column:
    """Whole however narrow the window is: an id is to be copied."""
    return Column("run", no_wrap=True, min_width=26)


def _standing(facts: dict[str, Any], mirror: Mirror) -> Table:
    table = Table("attribute", "Plytix holds", "feed", "wants", _id_column(), "line", "stands")
    for feed, item in facts["wanted"].items():
        for attribute, said in item["values"].items():
            held = mirror.values.get(attribute, "")
            cells = [attribute, str(held), feed, str(said["value"]), said["run"], str(said["line"]), item["open"].get(attribute, "in step")]
            table.add_row(*map(_cell, cells))
    return table


def _run_facts(run: Run) -> dict[str, Any]:
    state = "reported" if run.reported and run.state == "closed" else run.state.value
    what = f"feed {run.feed}" if "/" in run.feed else f"no feed of {run.feed}"
    return {"run": run.id, "received": _time(run.registered), "what": what, "file": run.drop.path, "state": state,
            "rows": run.rows, "outcomes": {o.value: run.counts[o] for o in FINAL if run.counts.get(o)}}


def _issues(found: Run, ledger: Ledger, deployment: Deployment) -> list[dict[str, Any]]:
    issues = list(found.issues)
    stage = Stage(aws.client("s3"), deployment["WorkBucket"])
    feed = _configuration(deployment).feeds.get(found.feed)
    if found.attempt:
        issues += [issue for line in stage.settled(found.id, found.attempt) for issue in line["issues"]]
        for number, outcomes in ledger.chunks_done(found.id):
            lines = {row.sku: row.line for row in stage.chunk(found.id, found.attempt, number)}
            issues += [issue_of(note, feed, lines[sku]).as_json() for sku, judged in outcomes.items() for note in judged.notes]
    return sorted(issues, key=lambda issue: issue["line"] or 0)


def _ledger(deployment: Deployment) -> Ledger:
    return Ledger(aws.client("dynamodb"), deployment["LedgerTable"], _bodies(deployment))


def _tables(deployment: Deployment) -> Tables:
    names = Names(deployment["WantedTable"], deployment["MirrorTable"], deployment["HistoryTable"])
    return Tables(aws.client("dynamodb"), names, _bodies(deployment))


def _bodies(deployment: Deployment) -> Bodies:
    return Bodies(aws.client("s3"), deployment["WorkBucket"])


def _configuration(deployment: Deployment) -> Any:
    try:
        return ConfigurationStore(aws.client("s3"), deployment["WorkBucket"]).current()
    except Stop as stop:
        raise Refusal(str(stop)) from None


def _time(ms: int) -> str:
    return datetime.fromtimestamp(ms / 1000, UTC).isoformat(timespec="seconds").replace("+00:00", "Z") if ms else ""
