"""`bridge publish`: a channel's file now."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated

import typer

from bridge.domain import snapshot
from bridge.domain.counted import counted
from cli import stores
from cli.deployment import Deployment
from cli.functions import invoke
from cli.moment import moment, now, since
from cli.refusal import Refusal, no_such
from cli.screen import Json, say, say_json, say_long
from cli.session import Session


def publish(
    ctx: typer.Context,
    channel: Annotated[str, typer.Argument(help="Channel, as in config/channels.")],
    as_json: Json = False,
) -> None:
    """Publish a channel now: its file goes to each recipient's outbox, whole."""
    deployment = Session.of(ctx).deployment()
    if channel not in (known := stores.configuration(deployment).channels):
        raise no_such("channel", channel, known)
    due = datetime.now(UTC).isoformat(timespec="milliseconds")
    told = invoke(deployment, "PublishFunction", {"v": 1, "channel": channel, "due": due})
    if told["state"] == "published":
        refreshed = _refreshed(told["snapshot"], deployment)
        told["refreshed"] = moment(refreshed)
    if as_json:
        say_json(told)
    elif told["state"] == "published":
        held = f", {counted(told['held'], 'product')} held back" if told["held"] else ""
        to = ", ".join(told["recipients"])
        say(f"{told['file']}: {counted(told['rows'], 'product')} to {to}{held} (sha256 {told['sha256'][:16]}…, run {told['run']})")
        if not told["rows"]:
            say("No product has what the channel selects, as far as the mirror knows")
        say_long(f"It says what Plytix held when the mirror was last refreshed, {since(refreshed, now())}. For what people changed "
                 f"there since: bridge mirror --refresh, then bridge publish {channel} again")
    if told["state"] != "published":
        raise Refusal(f"Not published: {told['why']}. The file before stays where it is")


def _refreshed(id: str, deployment: Deployment) -> int:
    """How young the mirror was of which this snapshot was taken, in ms since 1970."""
    lines = stores.snapshots(deployment).lines(id)
    if lines is None:
        raise Refusal(f"The file was published, but its snapshot {id} is no longer in the work bucket")
    return snapshot.read(lines)[0].refreshed


def add_to(root: typer.Typer) -> None:
    root.command(epilog="Example:  bridge publish retailer-catalogue")(publish)
