"""A number of things, as people say it."""

from __future__ import annotations


def counted(number: int, noun: str) -> str:
    """`1 row`, `1,204 rows`, `0 rows`. `noun`: one of them, whose plural takes an s."""
    return f"{number:,} {noun if number == 1 else f'{noun}s'}"
