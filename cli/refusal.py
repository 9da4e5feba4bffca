"""How a command says no: one sentence for the reader, exit code 1. Wrong use (exit code 2) is typer's own answer."""

from __future__ import annotations

from typing import Any

import typer
from botocore.exceptions import BotoCoreError, ClientError
from typer.core import TyperGroup

from bridge.errors import BridgeError
from cli.screen import errors


class Refusal(Exception):
    """What cannot be done, and what to do about it. The text is for people and is all they get to see."""


class Refusing(TyperGroup):
    """The root command: what is refused below it ends in a sentence and exit code 1, not in a traceback."""

    def invoke(self, ctx: Any) -> Any:
        try:
            return super().invoke(ctx)
        except (Refusal, BridgeError) as refusal:
            errors.print(str(refusal), markup=False, highlight=False, soft_wrap=True)
        except (BotoCoreError, ClientError) as error:
            errors.print(f"AWS: {error}", markup=False, highlight=False, soft_wrap=True)
        raise typer.Exit(1)
