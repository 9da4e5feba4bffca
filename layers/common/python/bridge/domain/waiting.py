"""Which work waits for the budget or for a person: it comes again by itself, and nobody need hurry it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime

from bridge.configuration import Lane
from bridge.domain.budget import Budget, opens
from bridge.domain.outage import Outage
from bridge.domain.switch import Switch


@dataclass(frozen=True, slots=True)
class Waiting:
    """As switch and budget stood at `now` (ms)."""

    switch: Switch
    budget: Budget
    now: int

    def stopped(self, lane: Lane, feed: str) -> bool:
        """Whether it waits for a person, so that nobody can tell for how long."""
        by_switch = self.switch.stops_writes() or self.switch.stops_lane(lane) or self.switch.stops_feed(feed)
        return bool(by_switch or self.budget.lockout)

    def untold(self, lane: Lane, feed: str) -> bool:
        """Whether nobody can tell for how long it waits."""
        return self.stopped(lane, feed) or self.outage is not None

    @property
    def outage(self) -> Outage | None:
        """That lasts."""
        return self.budget.outage if self.budget.down else None

    def waits(self, lane: Lane, feed: str) -> bool:
        """Whether what this feed's runs have to send in this lane can only wait."""
        return self.stopped(lane, feed) or opens(self.budget, lane, self.now) > self.now

    def notices(self) -> list[str]:
        """All that stands still, for people."""
        held = self.budget.lockout
        refused = [f"Plytix does not accept the API key since {_moment(held.since)} ({held.why}): set another with "
                   "`bridge secret set plytix --key KEY`; all that is to be sent waits for it"] if held else []
        out = self.outage
        silent = [f"Plytix does not answer since {_moment(out.since)} ({out.why}; last tried {_moment(out.tried)}): nothing is lost, "
                  "what is to be sent is tried again by itself"] if out else []
        return self.switch.notices() + refused + silent + [
            f"the lane {lane} waits until {_moment(until)}: {why}"
            for lane in Lane if (until := opens(self.budget, lane, self.now)) > self.now
            if not self.outage
            for why in ["Plytix refuses (429)" if self.budget.closed_until > self.now else "our share of its hour is spent"]]


def _moment(ms: int) -> str:
    return f"{datetime.fromtimestamp(ms / 1000, UTC):%Y-%m-%dT%H:%M:%SZ}"
