"""What goes wrong on request: the checklist's fault injection (plytix-api.md §14), set through `/_sim/`.

A fault waits for requests of a kind (`product.*`), method or path, and happens `times` times or for `seconds`; with a `rate`
(0.05: one request in twenty, drawn by the simulator's seed) for ever, unless one of them is said too.

  before   the request is not processed                     after   it is processed first
  ------   ------------------------------------------------ -----   ------------------------------------------------
  refuse   answered with `status` and `body`                mask    then answered with `status`: "applied, answer lost"
  drop     the connection is closed, nothing answered       lose    then the connection is closed, nothing answered
  slow     held back for `delay_s`, then goes on            late    then held back for `delay_s`, and answered
  first    `action` is done in the account, then goes on    then    then `action` is done, and it is answered
                                                            cut     then half the answer, and the connection is closed
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from fnmatch import fnmatchcase
from random import Random
from typing import Any


class Effect(StrEnum):
    """What happens; see the module's table."""

    REFUSE = "refuse"
    DROP = "drop"
    SLOW = "slow"
    FIRST = "first"
    MASK = "mask"
    LOSE = "lose"
    LATE = "late"
    THEN = "then"
    CUT = "cut"


BEFORE = (Effect.REFUSE, Effect.DROP)
AFTER = (Effect.MASK, Effect.LOSE, Effect.CUT)


@dataclass(slots=True)
class Trouble:
    """One fault. `times`: how often it still happens, None for ever; `until`: Unix seconds, None for ever."""

    effect: Effect
    name: str = ""  # by which it can be taken away again
    kind: str = "*"
    method: str = "*"
    path: str = "*"
    times: int | None = 1
    until: float | None = None
    rate: float = 1.0  # share of the requests that it waits for
    status: int = 503
    body: Any = None  # JSON; a text is sent as HTML
    headers: dict[str, str] = field(default_factory=dict)
    delay_s: float = 0.0
    action: str = ""  # a control call of `/_sim/`, with its arguments
    arguments: dict[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if not 0 < self.rate <= 1:
            raise ValueError("rate: a share, more than 0 and at most 1")

    def is_over(self, now: float) -> bool:
        """Whether it will not happen again."""
        return self.times == 0 or (self.until is not None and self.until <= now)

    def meets(self, kind: str, method: str, path: str) -> bool:
        """Whether a request is one of those it waits for; patterns are those of a shell."""
        return fnmatchcase(kind, self.kind) and fnmatchcase(method, self.method) and fnmatchcase(path, self.path)


class Troubles:
    """All faults that wait. `random` draws whom those with a rate befall."""

    def __init__(self, random: Random) -> None:
        self._random = random
        self._waiting: list[Trouble] = []

    def add(self, trouble: Trouble) -> None:
        """Let it wait; what was set last comes last."""
        self._waiting.append(trouble)

    def clear(self) -> None:
        """All is well again."""
        self._waiting.clear()

    def remove(self, name: str) -> None:
        """The fault of this name is over."""
        self._waiting = [trouble for trouble in self._waiting if trouble.name != name]

    def take(self, kind: str, method: str, path: str, now: float) -> list[Trouble]:
        """What befalls this request: of the effects that end it one, of the others all."""
        if not self._waiting:
            return []
        self._waiting = [trouble for trouble in self._waiting if not trouble.is_over(now)]
        taken: list[Trouble] = []
        for trouble in self._waiting:
            ends = trouble.effect in BEFORE + AFTER
            spared = ends and any(t.effect in BEFORE + AFTER for t in taken)
            if trouble.meets(kind, method, path) and not spared and self._random.random() < trouble.rate:
                taken.append(trouble)
                if trouble.times is not None:
                    trouble.times -= 1
        return taken
