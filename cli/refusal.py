"""How a command says no: one sentence for the reader, exit code 1. Wrong use (exit code 2) is typer's own answer."""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches
from typing import Any

import typer
from botocore.exceptions import (
    BotoCoreError,
    ClientError,
    EndpointConnectionError,
    NoCredentialsError,
    NoRegionError,
    PartialCredentialsError,
    ProfileNotFound,
)
from typer.core import TyperGroup

from bridge.errors import BridgeError
from cli.screen import errors

TWIN = "--twin"
OLD = ("ExpiredToken", "ExpiredTokenException", "InvalidClientTokenId", "UnrecognizedClientException", "AuthFailure")
HOW = "For the twin that runs in this folder say --twin. For AWS set AWS_PROFILE, or AWS_REGION and credentials, as for the aws program."


class Refusal(Exception):
    """What cannot be done, and what to do about it. The text is for people and is all they get to see."""


def no_such(noun: str, name: str, known: Iterable[str]) -> Refusal:
    """For a name that somebody may have misspelled: those that look like it, else all there are."""
    there = sorted(known)
    if near := get_close_matches(name, there, 3):
        return Refusal(f'There is no {noun} "{name}". Did you mean {" or ".join(near)}?')
    return Refusal(f'There is no {noun} "{name}"; ' + (f"there are: {', '.join(there)}" if there else "there is none at all"))


class Refusing(TyperGroup):
    """The root command: what is refused below it ends in a sentence and exit code 1, not in a traceback."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """`--twin` may stand anywhere: people put it last."""
        words = args[: args.index("--")] if "--" in args else args
        if TWIN in words:
            args = [TWIN, *(word for word in words if word != TWIN), *args[len(words):]]
        return super().parse_args(ctx, args)

    def invoke(self, ctx: Any) -> Any:
        try:
            return super().invoke(ctx)
        except (Refusal, BridgeError) as refusal:
            errors.print(str(refusal), markup=False, highlight=False, soft_wrap=True)
        except (BotoCoreError, ClientError) as error:
            errors.print(_told(error), markup=False, highlight=False, soft_wrap=True)
        raise typer.Exit(1)


def _told(error: BotoCoreError | ClientError) -> str:
    match error:
        case NoRegionError():
            return f"It is not said which AWS region to speak to. {HOW}"
        case NoCredentialsError() | PartialCredentialsError():
            return f"There are no AWS credentials to log in with. {HOW}"
        case ProfileNotFound():
            return f"AWS: {error}. {HOW}"
        case EndpointConnectionError():
            return f"AWS: {error} If that was a twin, it runs no more; start it again: make twin"
        case ClientError() if error.response["Error"]["Code"] in OLD:
            return f"AWS: {error}. The credentials are no longer good: log in again. {HOW}"
        case _:
            return f"AWS: {error}"
