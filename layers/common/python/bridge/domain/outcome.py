"""What became of a row, and how each attribute of a feed stands while it is not in step."""

from __future__ import annotations

from enum import StrEnum


class Outcome(StrEnum):
    CREATED = "CREATED"
    UPDATED = "UPDATED"
    UNCHANGED = "UNCHANGED"
    DELETED = "DELETED"
    SKIPPED = "SKIPPED"
    HELD = "HELD"
    REJECTED = "REJECTED"
    RETRYING = "RETRYING"  # before the run is closed only


FINAL = tuple(o for o in Outcome if o is not Outcome.RETRYING)
"""`rows read` is the sum of these."""
WORST_FIRST = (Outcome.RETRYING, Outcome.REJECTED, Outcome.HELD, Outcome.SKIPPED, Outcome.UNCHANGED)


class Standing(StrEnum):
    """Why an attribute is on its feed's open list."""

    DUE = "due"  # written by commit, not yet reconciled
    REFUSED = "refused"  # Plytix took it not; until the feed says another or the schema changes
    WAITS = "waits for the product"  # the feed does not create
    RENAMED = "renamed by a person"
    LEFT = "left to Plytix"  # a person's value stands
    BEATEN = "another feed's stands"
    GONE = "deleted by a person"

    @property
    def outcome(self) -> Outcome:
        return OUTCOMES[self]


OUTCOMES = {
    Standing.DUE: Outcome.RETRYING,
    Standing.REFUSED: Outcome.REJECTED,
    Standing.WAITS: Outcome.HELD,
    Standing.RENAMED: Outcome.HELD,
    Standing.LEFT: Outcome.SKIPPED,
    Standing.BEATEN: Outcome.SKIPPED,
    Standing.GONE: Outcome.SKIPPED,
}
