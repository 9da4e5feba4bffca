"""`bridge config`: a customer's folder of YAML, checked and put into force."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from bridge.configuration import Bundle
from bridge.domain.counted import counted
from cli import aws, current, folders
from cli.configuration import Read, WrongConfiguration, read
from cli.difference import changes
from cli.refusal import Refusal
from cli.schedules import Schedules
from cli.screen import Json, say, say_json
from cli.session import Session

app = typer.Typer(no_args_is_help=True, help="Check a customer's folder of YAML files, and put it into force.",
                  epilog="Example:  bridge config check config")
Folder = Annotated[Path, typer.Argument(metavar="DIR", exists=True, file_okay=False,
                                        help="The folder with partners/, feeds/ and channels/.")]


@app.command(epilog="Example:  bridge config check config")
def check(folder: Folder, json: Json = False) -> None:
    """Tell everything that is wrong in a folder, with file and line. Needs no AWS."""
    try:
        answer = read(folder)
    except WrongConfiguration as wrong:
        if not json:
            raise _refusal(wrong) from None
        say_json({"right": False, "faults": [fault.to_json() for fault in wrong.faults]})
        raise typer.Exit(1) from None
    if json:
        say_json({"right": True, "version": answer.bundle.version, "not_read": [str(path) for path in answer.unread]})
    else:
        _tell_unread(answer)
        say(f"{folder} is right: {_counted(answer.bundle)}; version {answer.bundle.version}")


@app.command(epilog="Example:  bridge config apply config")
def apply(ctx: typer.Context, folder: Folder) -> None:
    """Check a folder, tell what will change, and put it into force: the bundle, partners' folders, channels' schedules."""
    try:
        answer = read(folder)
    except WrongConfiguration as wrong:
        raise _refusal(wrong) from None
    _tell_unread(answer)
    deployment = Session.of(ctx).deployment()
    s3, bundle, bucket = aws.client("s3"), answer.bundle, deployment["WorkBucket"]
    before = current.read(s3, bucket)
    for change in changes(before.bundle, bundle):
        say(str(change))
    if before.bundle is None or before.bundle.version != bundle.version:
        current.write(s3, bucket, bundle, before)  # first: folders are objects too, and `receive` asks whose they are
    for key in folders.make(s3, deployment["ExchangeBucket"], bundle):
        say(f"folder {key} made")
    for told in Schedules.of(deployment, aws.client("scheduler")).set(bundle.channels):
        say(told)
    same = before.bundle is not None and before.bundle.version == bundle.version
    say(f"Version {bundle.version} {'was in force already' if same else 'is in force'}: {_counted(bundle)}")


def _refusal(wrong: WrongConfiguration) -> Refusal:
    count = len(wrong.faults)
    return Refusal(f"{wrong}\n{counted(count, 'thing')} {'is' if count == 1 else 'are'} wrong; nothing was changed.")


def _tell_unread(answer: Read) -> None:
    for path in answer.unread:
        say(f"{path} is no part of a configuration and is not read")


def _counted(bundle: Bundle) -> str:
    counts = {"partner": len(bundle.partners), "feed": len(bundle.feeds), "channel": len(bundle.channels)}
    return ", ".join(counted(count, noun) for noun, count in counts.items())
