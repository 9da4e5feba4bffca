"""`bridge pause`, `resume`, `writes`, `switch`: stop what the bridge does, without losing anything, and let it go on."""

from __future__ import annotations

from dataclasses import replace
from enum import StrEnum
from typing import Annotated, Any

import typer

from bridge.adapters.budget import budget_item
from bridge.adapters.switch import SwitchItem
from bridge.configuration import Lane
from bridge.domain import switch as domain
from bridge.domain.budget import opens
from bridge.domain.switch import Kind, Target
from bridge.domain.waiting import Waiting
from cli import aws, stores
from cli.deployment import Deployment
from cli.moment import moment, now
from cli.refusal import Refusal, no_such
from cli.screen import Json, say, say_json
from cli.session import Session

What = Annotated[Kind, typer.Argument(help="all, or one lane, feed or channel.")]
Name = Annotated[str, typer.Argument(help="Which lane (fast, main), feed (partner/feed) or channel; nothing after all.")]
GOES_ON = "What waited goes on by itself within five minutes"


class OnOff(StrEnum):
    ON = "on"
    OFF = "off"


def pause(
    ctx: typer.Context, what: What, name: Name = "",
    why: Annotated[str, typer.Option("--why", help="What for: shown wherever it is seen that something is paused.")] = "",
) -> None:
    """Stop all, a lane, a feed or a channel until it is resumed. What comes in meanwhile is received, checked, and waits."""
    deployment = Session.of(ctx).deployment()
    target = _target(what, name, deployment)
    switch_of(deployment).change(lambda before: domain.pause(before, target, now(), why))
    say(f"Paused: {target}. Nothing is lost. Go on: bridge resume {target}")


def resume(ctx: typer.Context, what: What, name: Name = "") -> None:
    """Let go on what was paused; `all` resumes everything. What waited goes on within minutes."""
    item, target = switch_of(Session.of(ctx).deployment()), Target(what, name)
    before = item.current()
    if target not in before.paused and (what is not Kind.ALL or not before.paused):
        paused = ", ".join(map(str, sorted(before.paused))) or "nothing"
        raise Refusal(f"Not paused: {target}. What is paused: {paused}")
    item.change(lambda now: domain.resume(now, target))
    say(f"Resumed: {target}. {GOES_ON}")


def writes(ctx: typer.Context, to: Annotated[OnOff, typer.Argument(help="on, or off.")]) -> None:
    """Let the bridge write to Plytix, or not. Off (as in a new deployment), runs are planned and answered, and nothing is sent."""
    switch_of(Session.of(ctx).deployment()).change(lambda before: replace(before, writes=to is OnOff.ON))
    say(f"Writes to Plytix are {to}{f'. {GOES_ON}' if to is OnOff.ON else ''}")


def switch(ctx: typer.Context, as_json: Json = False) -> None:
    """Show what is paused, whether the bridge writes to Plytix, and whether a lane waits for the budget."""
    found = waiting(Session.of(ctx).deployment())
    if as_json:
        say_json(_facts(found))
        return
    for line in found.notices() or ["Nothing is paused, and writes to Plytix are on"]:
        say(line)


def add_to(root: typer.Typer) -> None:
    root.command(epilog="Example:  bridge pause feed nordhang-erp/prices --why \"wrong price list\"")(pause)
    root.command(epilog="Example:  bridge resume feed nordhang-erp/prices")(resume)
    root.command(epilog="Example:  bridge writes on")(writes)
    root.command(epilog="Example:  bridge switch")(switch)


def switch_of(deployment: Deployment) -> SwitchItem:
    return SwitchItem(aws.client("dynamodb"), deployment["LedgerTable"], stores.bodies(deployment))


def waiting(deployment: Deployment) -> Waiting:
    """What waits now, and why."""
    budget = budget_item(aws.client("dynamodb"), deployment["LedgerTable"], stores.bodies(deployment)).read()
    return Waiting(switch_of(deployment).current(), budget, now())


def _target(what: Kind, name: str, deployment: Deployment) -> Target:
    """Refuses what there is not: a pause of a misspelled feed would stop nothing."""
    if what is Kind.ALL:
        if name:
            raise Refusal("After all comes no name")
    elif name not in (known := _known(what, deployment)):
        raise no_such(what, name, known)
    return Target(what, name)


def _known(what: Kind, deployment: Deployment) -> list[str]:
    if what is Kind.LANE:
        return list(Lane)
    configuration = stores.configuration(deployment)
    return list(configuration.feeds if what is Kind.FEED else configuration.channels)


def _facts(found: Waiting) -> dict[str, Any]:
    paused = [{"what": target.kind.value, "name": target.name, "why": pause.why, "since": moment(pause.since)}
              for target, pause in sorted(found.switch.paused.items())]
    waits = {lane.value: moment(until) for lane in Lane if (until := opens(found.budget, lane, found.now)) > found.now}
    return {"writes": found.switch.writes, "paused": paused, "waits_until": waits,
            "login_refused_since": moment(found.budget.lockout.since) if found.budget.lockout else None,
            "no_answer_since": moment(found.outage.since) if found.outage else None}
