"""A delivery: the run of a channel from its due time to its file in the outboxes, as its ledger entry tells it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class DeliveryState(StrEnum):
    PUBLISHING = "publishing"  # begun; one that stays so died on the way, and is done again whole
    PUBLISHED = "published"
    LATE = "late"  # the mirror is not fit to be published; the file before stays where it is


@dataclass(frozen=True, slots=True)
class Delivery:
    """Times in ms. One channel has one delivery a due time, however often it is asked for."""

    run: str
    channel: str
    due: int
    begun: int
    state: DeliveryState = DeliveryState.PUBLISHING
    why: str = ""  # it is late
    configuration: str = ""
    snapshot: str = ""
    file: str = ""
    rows: int = 0
    held: int = 0  # products held back
    size_bytes: int = 0
    sha256: str = ""
    recipients: tuple[str, ...] = ()
    closed: int = 0
