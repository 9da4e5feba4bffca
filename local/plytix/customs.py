"""The control calls about what kind of account this is: the bulk job, manners, what is in use (list: `control.py`)."""

from __future__ import annotations

from local.plytix.jobs import Pace
from local.plytix.mischief import Mischief
from local.plytix.parts import locked


class Customs(Mischief):
    """What accounts of Plytix differ in."""

    @locked
    def bulk(
        self, entitled: bool = True, running_s: float = 0.0, counters_s: float = 0.0, late_polls: int = 1
    ) -> None:
        """Whether the account has the bulk job, and how the jobs to come go (jobs.py)."""
        self.store.jobs.entitled = entitled
        self.store.jobs.pace = Pace(running_s, counters_s, late_polls)

    @locked
    def most_bytes(self, bytes: int | None = None) -> None:
        """A larger body is answered 413; None: there is no limit. Which one Plytix has nobody knows (plytix-api.md §16, 1)."""
        self.store.most_bytes = bytes

    @locked
    def manners(
        self, links: str | None = None, filters: str | None = None, slashes: str | None = None, empties: str | None = None
    ) -> dict[str, str]:
        """Switches of manners.py; gives all as they stand now."""
        self.store.manners = self.store.manners.but(links, filters, slashes, empties)
        return self.store.manners.told()

    @locked
    def use(self, id: str, used: bool = True) -> None:
        """A channel or catalogue uses an attribute or a category, or somebody locked an asset: it cannot be deleted."""
        if used:
            self.store.in_use.add(id)
        else:
            self.store.in_use.discard(id)
