"""What can go wrong outside the data, sorted by what happens next.

BridgeError
├─ Later     passing and ours (429, 5xx, timeout, claim held): the message goes back with a delay, nobody is told
│  └─ Endless Plytix is there, and what was asked of it comes to no end: tried again too, but counted as failing
├─ Refused   these values only (422): become their rows' issues, the rest is sent again, the run goes on
│  └─ TooLarge the request as a whole (413): in smaller ones they may be taken
├─ Changed   the product is not what the mirror holds (404, 409): look it up, go on
├─ Stop      no use going on (no configuration): the run stays open, an alarm rings
│  ├─ LoginRefused  the key is wrong or revoked
│  └─ Denied the account may not do this one thing (403)
└─ Unreadable  something stored has a format number that this code does not know: left in place
"""

from __future__ import annotations

from enum import StrEnum


class BridgeError(Exception):
    """The root: catch what is below it, where something can be done about it."""


class Fate(StrEnum):
    """What became of the request that brought a Later."""

    NOT_DONE = "not done"  # refused at the door (429), or never sent: nothing happened
    UNKNOWN = "unknown"  # answered with a 5xx: it may have been applied, but is over
    IN_FLIGHT = "in flight"  # no answer: it may still be applied


class Later(BridgeError):
    """Try again in `after_s` seconds; None: at the worker's own discretion."""

    def __init__(self, reason: str, after_s: float | None = None, fate: Fate = Fate.NOT_DONE) -> None:
        super().__init__(reason)
        self.after_s = after_s
        self.fate = fate


class TimeIsUp(Later):
    """The function is about to end: another call takes the rest, at once."""

    def __init__(self) -> None:
        super().__init__("the function's time is up", 0)


class Endless(Later):
    """Plytix took it, answers, and tells neither now nor by what stands that it was done; or each answer brings something else to send:
    who waits only for that may wait for ever. IN_FLIGHT: it may only be slow."""


class Refused(BridgeError):
    """Plytix took none of the request because of these fields: field → what Plytix says of it (plytix-api.md §6.4)."""

    def __init__(self, fields: dict[str, str]) -> None:
        super().__init__(", ".join(f"{field}: {message}" for field, message in fields.items()))
        self.fields = fields


class TooLarge(Refused):
    """Nothing of the request was looked at."""


class Changed(BridgeError):
    """The SKU is taken (409) or the id is gone (404): look up what stands there now. `fields`: what Plytix says of which field."""

    def __init__(self, reason: str, fields: dict[str, str] | None = None) -> None:
        super().__init__(reason)
        self.fields = fields or {}


class Stop(BridgeError):
    """Only a person can mend it: a revoked key, a missing setting. `code` is what alarms go by; `after_s`: when it may be mended."""

    code = "STOP"
    after_s: float | None = None


class LoginRefused(Stop):
    """Plytix does not take the API key; nobody tries it again for `after_s`."""

    code = "STOP-LOGIN"

    def __init__(self, reason: str, after_s: float) -> None:
        super().__init__(reason)
        self.after_s = after_s


class Denied(Stop):
    """Plytix answers 403: the key's role, or what the account has booked, does not cover it."""

    code = "STOP-DENIED"


class Unreadable(BridgeError):
    """Stored under a format number that this code neither writes nor wrote before."""
