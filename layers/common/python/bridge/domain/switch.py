"""The off switch (DESIGN.md §6): what is paused, and whether anything may be written to Plytix at all."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Any

from bridge.configuration import Lane

ASK_AGAIN_S = 60.0
"""What is stopped comes back so often to see whether it still is; after a long while less often, and `redrive` wakes it."""


class Kind(StrEnum):
    ALL = "all"
    LANE = "lane"
    FEED = "feed"
    CHANNEL = "channel"


@dataclass(frozen=True, slots=True, order=True)
class Target:
    """What can be paused: all, or one lane, feed (`partner/feed`) or channel by its name."""

    kind: Kind
    name: str = ""

    def __str__(self) -> str:
        return f"{self.kind} {self.name}".rstrip()


@dataclass(frozen=True, slots=True)
class Pause:
    """Since when (ms), and what the operator said it is for."""

    since: int
    why: str = ""


@dataclass(frozen=True, slots=True)
class Switch:
    """A new deployment writes nothing until somebody turns it on: runs are planned and answered, nothing is sent."""

    writes: bool = False
    paused: Mapping[Target, Pause] = field(default_factory=dict)

    def stops_lane(self, lane: Lane) -> str:
        """Why no request of this lane may be sent now; empty: it may."""
        return self._stops(Target(Kind.LANE, lane))

    def stops_feed(self, feed: str) -> str:
        return self._stops(Target(Kind.FEED, feed))

    def stops_channel(self, channel: str) -> str:
        """Why it is not to be published now; empty: it may be."""
        return self._stops(Target(Kind.CHANNEL, channel))

    def stops_writes(self) -> str:
        return "" if self.writes else "writes to Plytix are off (bridge writes on)"

    def notices(self) -> list[str]:
        """All that is stopped, for people."""
        paused = dict.fromkeys(self._stops(target) for target in sorted(self.paused))  # where all is, that says it
        return [*filter(None, [self.stops_writes()]), *paused]

    def _stops(self, target: Target) -> str:
        for stopped in (Target(Kind.ALL), target):
            if pause := self.paused.get(stopped):
                said = f": {pause.why}" if pause.why else ""
                return f"{_subject(stopped)} paused (bridge resume {stopped}){said}"
        return ""


def _subject(target: Target) -> str:
    return "all is" if target.kind is Kind.ALL else f"the {target} is"


def pause(switch: Switch, target: Target, now: int, why: str = "") -> Switch:
    """Paused again, it keeps the time since when it has been."""
    since = switch.paused[target].since if target in switch.paused else now
    return replace(switch, paused={**switch.paused, target: Pause(since, why)})


def resume(switch: Switch, target: Target) -> Switch:
    """`all` resumes all there is."""
    left = {} if target.kind is Kind.ALL else {t: p for t, p in switch.paused.items() if t != target}
    return replace(switch, paused=left)


def to_json(switch: Switch) -> dict[str, Any]:
    """The stored form (format 1)."""
    return {"writes": switch.writes, "paused": [[t.kind.value, t.name, p.since, p.why] for t, p in switch.paused.items()]}


def from_json(body: Mapping[str, Any]) -> Switch:
    return Switch(body["writes"], {Target(Kind(kind), name): Pause(since, why) for kind, name, since, why in body["paused"]})
