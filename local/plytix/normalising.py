"""Making Plytix store something else than was sent, by rules that tests set (`/_sim/normalise`; DESIGN.md §5, `applied`).

No source lists what Plytix normalises; these are the kinds that systems like it do.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

RULES: dict[str, Callable[[str], str]] = {
    "strip": str.strip,
    "squeeze": lambda text: " ".join(text.split()),
    "upper": str.upper,
    "lower": str.lower,
}


def check(rules: list[str]) -> None:
    """Raises ValueError, naming the rules there are."""
    for rule in rules:
        if rule not in RULES and not (rule.startswith("round:") and rule[6:].isdigit()):
            raise ValueError(f'rule "{rule}" is unknown; one of {", ".join(RULES)}, round:N')


def normalised(value: Any, rules: list[str]) -> Any:
    """The value after all rules; texts in lists one by one, `round:N` only on numbers; what they leave empty is None."""
    for rule in rules:
        value = _one(value, rule)
    return None if rules and value in ("", []) else value


def _one(value: Any, rule: str) -> Any:
    if isinstance(value, list):
        return [_one(item, rule) for item in value]
    if rule.startswith("round:"):
        return round(value, int(rule[6:])) if isinstance(value, float) else value
    return RULES[rule](value) if isinstance(value, str) else value
