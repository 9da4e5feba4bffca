"""`bridge publish`: a channel's file now."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Annotated

import typer

from cli import aws, stores
from cli.refusal import Refusal, no_such
from cli.screen import Json, say, say_json
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
    root.command(epilog="Example:  bridge publish retailer-catalogue")(publish)
