"""A drop: one version of one file that a partner uploaded, and what its name tells."""

from __future__ import annotations

from dataclasses import dataclass
from fnmatch import fnmatchcase

from bridge.configuration import Bundle, Feed

HALF = (".part", ".filepart", ".tmp", ".crdownload", ".uploading")
"""Names that clients give a file until it is whole (DESIGN.md §4)."""


@dataclass(frozen=True, slots=True)
class Drop:
    """Known by bucket, key and version; `landed` in ms since 1970."""

    bucket: str
    key: str
    version: str
    size: int
    etag: str
    landed: int
    sequencer: str = ""

    @property
    def partner(self) -> str:
        return self.key.split("/", 1)[0]

    @property
    def path(self) -> str:
        """Below the inbox: `prices/today.csv`."""
        return self.key.split("/", 2)[2]

    @property
    def name(self) -> str:
        return self.key.rsplit("/", 1)[1]

    @property
    def is_folder(self) -> bool:
        return self.key.endswith("/")

    @property
    def is_half(self) -> bool:
        """Not to be taken under this name: it will be renamed, or is nobody's business."""
        return self.name.startswith(".") or self.name.lower().endswith(HALF)


def within(name: str, most: int) -> str:
    """As much of a name as `most` bytes hold; its end tells more than its beginning, so that stays."""
    whole = name.encode()
    return name if len(whole) <= most else whole[-most:].decode(errors="ignore")


def in_inbox(key: str) -> bool:
    return key.count("/") >= 2 and key.split("/")[1] == "inbox"


def takes(pattern: str, path: str) -> bool:
    """Whether a feed's pattern takes this path below the inbox: `*` does not cross a `/`, case counts."""
    wanted, has = pattern.split("/"), path.split("/")
    return len(wanted) == len(has) and all(fnmatchcase(h, w) for h, w in zip(has, wanted, strict=True))


def takers(bundle: Bundle, drop: Drop) -> list[Feed]:
    """All feeds that take it: exactly one is right, nobody wins by being first."""
    return [feed for feed in bundle.feeds_of(drop.partner) if any(takes(p, drop.path) for p in feed.takes)]


def agreed(bundle: Bundle, partner: str) -> str:
    """The paths that the partner's feeds take, for the message to who missed them."""
    return ", ".join(sorted({f"/inbox/{pattern}" for feed in bundle.feeds_of(partner) for pattern in feed.takes})) or "none"


def folders(bundle: Bundle, partner: str) -> list[str]:
    """The inbox folders that the partner's feeds know, for the message to who missed them."""
    return sorted({pattern.rpartition("/")[0] for feed in bundle.feeds_of(partner) for pattern in feed.takes})
