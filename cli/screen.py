"""What people see: one place to print to, one for what went wrong; JSON for programs."""

from __future__ import annotations

import json
import os
import sys
from textwrap import fill
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.text import Text

from bridge.domain.receipt import visible

SHORT = 6
"""Characters of a run's id that people are shown: its end, which is chance; its beginning is the time, and alike for many."""
HANGING = 4

screen = Console()
errors = Console(stderr=True)

Json = Annotated[bool, typer.Option("--json", help="Answer as JSON, for programs.")]


def say(text: str) -> None:
    """A line as it is: nothing coloured by guesswork, nothing broken at the window's edge, brackets are brackets."""
    screen.print(text, markup=False, highlight=False, soft_wrap=True)


def say_long(text: str, indent: int = 0) -> None:
    """The same for sentences: before a person (or where COLUMNS says how wide it is) broken between words, never within one."""
    width = screen.width if screen.is_terminal or "COLUMNS" in os.environ else sys.maxsize
    say(fill(text, width, initial_indent=" " * indent, subsequent_indent=" " * (indent + HANGING), break_long_words=False,
             break_on_hyphens=False))


def cell(text: str) -> Text:
    """What partners wrote is text: no markup of ours, and nothing for the terminal to obey. Wrapped, never cut."""
    return Text(visible(text), overflow="fold")


def short(id: str) -> str:
    """As `bridge run` takes it back."""
    return id[-SHORT:]


def say_json(body: Any) -> None:
    say(json.dumps(body, ensure_ascii=False, indent=2))
