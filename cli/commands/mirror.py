"""`bridge mirror`: how well the bridge knows what Plytix holds, and a refresh at once."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from bridge.domain.counted import counted
from bridge.ports import MirrorState
from cli import stores
from cli.commands.switch import waiting
from cli.deployment import Deployment
from cli.functions import invoke
from cli.moment import moment, now, since
from cli.refusal import Refusal
from cli.screen import Json, say_json, say_long
from cli.session import Session

NOT_BEGUN = "not begun: it begins by itself, within a minute of a key for Plytix and a configuration (at once: bridge mirror --refresh)"
NO_CENSUS = "none yet"
NOT_NOW = "Nothing was refreshed: another refresh is under way. Say it again in a minute; after one that died, in a quarter of an hour"


def mirror(
    ctx: typer.Context,
    refresh: Annotated[bool, typer.Option("--refresh", help="First ask Plytix what changed, and wait for that.")] = False,
    as_json: Json = False,
) -> None:
    """Tell how the mirror of Plytix stands: its first load, its last refresh and census, what the account offers."""
    deployment = Session.of(ctx).deployment()
    done = invoke(deployment, "RefreshFunction", {"now": True}) if refresh else {}
    state = stores.mirror_states(deployment).state()
    facts = _facts(state, deployment) | ({"refresh": done} if refresh else {})
    if as_json:
        say_json(facts)
    else:
        _say(state, facts, deployment)
    if "stopped" in done:
        raise Refusal(f"The refresh had to stop: {done['stopped']}. What it read by then counts; the rest goes on by itself")
    if refresh and not done:
        raise Refusal(NOT_NOW)


def _facts(state: MirrorState, deployment: Deployment) -> dict[str, Any]:
    schema = stores.schemas(deployment).stored()
    loading = {"since": moment(state.since), "page": state.page} if state.page else None
    return {"loaded": moment(state.loaded), "loading": loading, "refreshed": moment(state.refreshed), "census": moment(_census(state)),
            "bulk": state.bulk if state.loaded else None,
            "schema": {"version": schema.version, "attributes": len(schema.types)} if schema else None}


def _say(state: MirrorState, facts: dict[str, Any], deployment: Deployment) -> None:
    load = f"complete since {facts['loaded']}" if state.loaded else NOT_BEGUN
    if state.page:
        load = f"under way since {since(state.since, now())}, at page {state.page}, of a hundred products each"
    lines = {"first load": load}
    if state.loaded:
        lines["last refresh"] = since(state.refreshed, now())
        lines["last census"] = since(_census(state), now()) if _census(state) else NO_CENSUS
        lines["bulk jobs"] = "the account has them" if state.bulk else "the account has none: a changed product is a request"
    if facts["schema"]:
        lines["schema"] = f"{counted(facts['schema']['attributes'], 'attribute')}, version {facts['schema']['version']}"
    if (done := facts.get("refresh")) and "stopped" not in done:
        lines["refreshed"] = (f"{counted(done['listed'], 'product')} changed of late in Plytix, {done['read']:,} read anew, "
                              f"{done['sent']:,} out of step and on the way to be brought in step")
    for name, said in lines.items():
        say_long(f"{name:14} {said}")
    for notice in waiting(deployment).notices():
        say_long(notice)


def _census(state: MirrorState) -> int:
    """0: the one that follows a first load in several parts is still to come; it stands as of 1970, so that it is due."""
    return state.census if state.census > 1 else 0


def add_to(root: typer.Typer) -> None:
    root.command(epilog="Example:  bridge mirror --refresh")(mirror)
