"""The folders that a partner sees, and what may be written in a configuration about places below them (DESIGN.md §4)."""

from __future__ import annotations

INBOX, OUTBOX, RECEIPTS, CORRECTIONS, TEMPLATES = OWN = ("inbox", "outbox", "receipts", "corrections", "templates")
"""Each partner has these and no others."""
CHECK = "check"
"""Below a feed's folder: for files that get every answer and change nothing."""
LONGEST_PATTERN = 200
LONGEST = 1_024  # characters of a logical directory (aws-reference.md §2.2)


def pattern(text: str) -> str:
    """A path below the inbox, with `*`. Raises ValueError with what was expected."""
    if len(text) > LONGEST_PATTERN:
        raise ValueError(f"expected at most {LONGEST_PATTERN} characters, found {len(text)}")
    parts = _parts(text)
    if CHECK in (part.lower() for part in parts[:-1]):
        raise ValueError(f'expected a folder that is not called "{CHECK}": that one is for dry runs')
    return text


def of_pattern(text: str) -> str | None:
    """The folder below the inbox that the pattern looks into: `""` for the inbox itself, None when it names many."""
    folder = text.rpartition("/")[0]
    return None if any(mark in folder for mark in "*?[") else folder


def old_path(text: str) -> str:
    """A path that an old system knows, laid over one of ours. Raises ValueError with what was expected."""
    if not text.startswith("/") or text == "/":
        raise ValueError('expected a path that begins with "/" and names a folder')
    if len(text) > LONGEST or "${" in text:
        raise ValueError(f"expected at most {LONGEST} characters and no ${{…}}")
    first = _parts(text[1:])[0]
    if first in OWN:
        raise ValueError(f"expected a path outside /{first}, which every partner has")
    return text


def overlaps(one: str, other: str) -> bool:
    """Transfer Family refuses a login whose directories lie in one another (aws-reference.md §2.2)."""
    return one == other or one.startswith(other + "/") or other.startswith(one + "/")


def _parts(text: str) -> list[str]:
    parts = text.split("/")
    if "" in parts or "\\" in text or not text.isprintable() or any(part in (".", "..") or part != part.strip() for part in parts):
        raise ValueError('expected names joined by single "/", without "..", "\\" or blanks at their ends')
    return parts
