"""The control calls that make things go wrong, and those about token and plan (list: `control.py`)."""

from __future__ import annotations

from typing import Any

from local.plytix.faults import Effect, Trouble
from local.plytix.limits import WINDOWS, Kind, Limits, Measure, Plan, Tell, too_many
from local.plytix.parts import CALLS, Parts, locked

HTML_503 = "<html><body><h1>503 Service Temporarily Unavailable</h1></body></html>"


class Mischief(Parts):
    """Faults, limits, tokens."""

    booked = Plan.OFF
    measured = Measure()

    @locked
    def latency(self, seconds: float) -> None:
        """Hold each request back before it is processed."""
        self.latency_s = seconds

    @locked
    def fault(self, /, effect: str, seconds: float | None = None, **facts: Any) -> None:
        """Any fault of faults.py; `seconds`: it ends by then; with a `rate` it does not end by itself unless told."""
        until = None if seconds is None else self.clock.now() + seconds
        lasting = {"times": None} if "rate" in facts else {}
        self.troubles.add(Trouble(Effect(effect), until=until, **lasting | facts))

    @locked
    def refuse(self, status: int, times: int | None = 1, kind: str = "*", path: str = "*", body: Any = None) -> None:
        """The next requests of this kind get this status, unprocessed; a text as `body` is sent as HTML."""
        self.fault("refuse", status=status, times=times, kind=kind, path=path, body=body)

    @locked
    def lose(self, times: int | None = 1, kind: str = "product.*") -> None:
        """The next requests of this kind are processed, and their answers lost."""
        self.fault("lose", times=times, kind=kind)

    @locked
    def meanwhile(
        self, action: str, arguments: dict[str, Any], kind: str, when: str = "first", times: int | None = 1
    ) -> None:
        """A control call between two steps of a client: just before the next request of this kind, or just after it."""
        if action not in CALLS or when not in ("first", "then"):
            raise ValueError("action: a control call; when: first or then")
        self.fault(when, kind=kind, times=times, action=action, arguments=arguments)

    @locked
    def storm(self, seconds: float) -> None:
        """429 for every request of the API, as if others had used it up."""
        limit, size_s = self.limits.told(0) if self.limits.windows else (50, 10)
        answer = too_many(limit, size_s, seconds, self.told)
        facts = {"status": 429, "body": answer.content, "headers": dict(answer.headers)}
        self.troubles.remove("storm")
        self.fault("refuse", seconds, name="storm", path="/api/*", times=None, **facts)

    @locked
    def outage(self, mode: str) -> None:
        """Plytix is down, token host too: 503 in the gateway's words, an HTML page, or no answer at all; `off` ends it."""
        bodies = {"503": {"message": "name resolution failed"}, "html": HTML_503, "drop": None, "off": None}
        if mode not in bodies:
            raise ValueError(f"mode: one of {', '.join(bodies)}")
        self.troubles.remove("outage")
        if mode != "off":
            self.fault("drop" if mode == "drop" else "refuse", name="outage", times=None, status=503, body=bodies[mode])

    @locked
    def clear_faults(self) -> None:
        """No fault, storm, outage or latency any more."""
        self.latency_s = 0.0
        self.troubles.clear()

    # token and plan

    @locked
    def token_lifetime(self, seconds: float) -> None:
        """Of the tokens to come."""
        self.tokens.lifetime_s = seconds

    @locked
    def expire_tokens(self) -> None:
        """All tokens end now."""
        self.tokens.expire()

    @locked
    def credentials(self, key: str, password: str) -> None:
        """Another pair; tokens of the old one end, as when a key is revoked."""
        self.tokens.key, self.tokens.password = key, password
        self.tokens.expire()

    @locked
    def plan(self, plan: str) -> None:
        """Book free, paid or off: new windows, nothing used; the next token says so."""
        self.booked = Plan(plan)
        self.limits = Limits(WINDOWS[self.booked], self.measured)

    @locked
    def windows(self, windows: list[list[float]], told: str = "nothing") -> None:
        """Any other windows; `told`: what a 429 says of the wait (§3)."""
        if told not in ("nothing", "ttl", "retry-after"):
            raise ValueError("told: nothing, ttl or retry-after")
        self.limits, self.told = Limits([(limit, size_s) for limit, size_s in windows], self.measured), told

    @locked
    def measure(self, kind: str = "sliding", phase: float = 0.0, scale: float = 1.0, tell: str = "scaled") -> None:
        """How windows lie and how fast their clock runs (limits.py), those of now and of later; nothing used."""
        if scale <= 0:
            raise ValueError("scale: more than 0; 60 makes a minute of an hour")
        self.measured = Measure(Kind(kind), phase, scale, Tell(tell))
        self.limits = Limits(self.limits.booked, self.measured)

    @locked
    def advance(self, seconds: float) -> float:
        """Move the clock on: windows slide, tokens end, storms pass. Gives the time now."""
        self.clock.offset_s += seconds
        return self.clock.now()
