"""What people see: one place to print to, one for what went wrong; JSON for programs."""

from __future__ import annotations

import json
from typing import Annotated, Any

import typer
from rich.console import Console

screen = Console()
errors = Console(stderr=True)

Json = Annotated[bool, typer.Option("--json", help="Answer as JSON, for programs.")]


def say(text: str) -> None:
    """A line as it is: nothing coloured by guesswork, nothing broken at the window's edge, brackets are brackets."""
    screen.print(text, markup=False, highlight=False, soft_wrap=True)


def say_json(body: Any) -> None:
    say(json.dumps(body, ensure_ascii=False, indent=2))
