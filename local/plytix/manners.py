"""Where accounts of Plytix differ, or sources do: switches, set by `/_sim/manners`."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Links(StrEnum):
    """How v2 shows thumbnail, assets and categories (plytix-api.md §6.1)."""

    OBJECTS = "objects"  # {"id": …}, as recorded
    STRINGS = "strings"  # bare ids, as documented


class Filters(StrEnum):
    """How `GET /filters/…` answers (§9.6)."""

    GROUPED = "grouped"  # one item with `attributes` and `properties`
    FLAT = "flat"  # the definitions are the items of `data`


class Slashes(StrEnum):
    """What a slash at the end of a path does (§1)."""

    ACCEPT = "accept"
    REDIRECT = "redirect"  # to another name of this host, so that clients drop `Authorization` (§13, 26)


class Empties(StrEnum):
    """What `""` and `[]` are as an attribute's value; unproven (§6.3, §16, 4)."""

    NULL = "null"  # they remove it, as null does
    VALUES = "values"  # judged and kept like any other, as in v3


@dataclass(frozen=True, slots=True)
class Manners:
    """One choice of each."""

    links: Links = Links.OBJECTS
    filters: Filters = Filters.GROUPED
    slashes: Slashes = Slashes.ACCEPT
    empties: Empties = Empties.NULL

    def but(self, links: str | None, filters: str | None, slashes: str | None, empties: str | None) -> Manners:
        """Some of them otherwise; None leaves one as it is. Raises ValueError."""
        return Manners(Links(links or self.links), Filters(filters or self.filters), Slashes(slashes or self.slashes),
                       Empties(empties or self.empties))  # fmt: skip

    def told(self) -> dict[str, str]:
        """As JSON."""
        return {"links": self.links, "filters": self.filters, "slashes": self.slashes, "empties": self.empties}
