"""A schedule that breaks a property, made as short as it can be, so that a person can read it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace

from tests.heart.explore import Execution
from tests.heart.properties import Broken
from tests.heart.scenario import Scenario


def shorter(scenario: Scenario, choices: list[int]) -> Iterator[tuple[Scenario, list[int]]]:
    """Simpler variants: fewer events, fewer deviations from calm."""
    for i in range(len(scenario.events)):
        yield replace(scenario, events=scenario.events[:i] + scenario.events[i + 1:]), choices
    size = max(1, len(choices) // 2)
    while size:
        for i in range(0, len(choices), size):
            yield scenario, choices[:i] + choices[i + size:]
            if any(choices[i:i + size]):
                yield scenario, choices[:i] + [0] * len(choices[i:i + size]) + choices[i + size:]
        size //= 2


def broken(scenario: Scenario, choices: list[int]) -> str | None:
    try:
        Execution(scenario, choices).run()
    except Broken as found:
        return str(found)
    return None


def shortest(scenario: Scenario, choices: list[int], tries: int = 600) -> tuple[Scenario, list[int]]:
    """The first simpler variant that breaks too, again and again."""
    found = True
    while found and tries > 0:
        found = False
        for simpler in shorter(scenario, choices):
            tries -= 1
            if tries <= 0:
                break
            if broken(*simpler):
                (scenario, choices), found = simpler, True
                break
    return scenario, choices


@dataclass
class Trace:
    lines: list[str] = field(default_factory=list)

    def __call__(self, line: str) -> None:
        self.lines.append(line)
