"""What makes a twin rough, as a whole: its patches under one seed, and what has happened by them."""

from collections.abc import Callable
from pathlib import Path

from local.ministack.inside import rough_deliveries, rough_tables
from local.ministack.inside.dice import Dice
from local.ministack.rehearsal import Chance
from local.ministack.settings import Settings

DIES = 0.0005  # of all points: before and after each call to the outside, that is

_made: list[tuple[Dice, Chance]] = []  # one, or none in a smooth twin


def patches(settings: Settings, seed: int) -> dict[str, Callable[[], None]]:
    """By the name that `Settings.without` knows."""
    dice, chance = Dice(seed), Chance(Path(settings.folder))
    _made.append((dice, chance))
    return {
        "rough_events": lambda: rough_deliveries.scatter_events(dice),
        "rough_messages": lambda: rough_deliveries.scatter_messages(dice),
        "rough_tables": lambda: rough_tables.strain(dice),
        "rough_workers": lambda: chance.plan(seed, DIES),
    }


def begin(row: str) -> None:
    """The dice are thrown anew, as they fall for this row."""
    for dice, _ in _made:
        dice.begin(row)


def happened() -> dict[str, int]:
    """How often, by kind, since the start; nothing in a smooth twin."""
    found: dict[str, int] = {}
    for dice, chance in _made:
        found |= dice.happened() | {"workers killed": len(chance.died())}
    return dict(sorted(found.items()))
