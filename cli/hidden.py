"""Secrets typed by a person or handed in by a program; never echoed, never part of a message."""

from __future__ import annotations

import getpass
import sys

from cli.refusal import Refusal


def at_a_terminal() -> bool:
    return sys.stdin.isatty()


def asked(what: str) -> str:
    """From the terminal, twice; where there is none, the first line of standard input."""
    if not at_a_terminal():
        given = sys.stdin.readline().rstrip("\r\n")
    elif (given := getpass.getpass(f"{what}: ")) != getpass.getpass("Once more: "):
        raise Refusal("The two were not the same; nothing was changed.")
    if not given:
        raise Refusal(f"Expected {what.lower()} on standard input or typed in; nothing was changed.")
    return given
