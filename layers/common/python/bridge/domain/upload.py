"""What Transfer Family says of an upload, and which drop it means (aws-reference.md §4.1; events are best effort)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from bridge.domain.drop import Drop

NOTHING_WRITTEN = "UNKNOWN_ERROR"
"""The object could not be put, unless there is an etag of one; a line that broke is PARTIAL_UPLOAD."""
SLACK_MS = 120_000
"""S3 stamps the object and Transfer the session; both only to the second, on two clocks."""


@dataclass(frozen=True, slots=True)
class Upload:
    """`completed` False: the line broke and a fragment may stand in S3. Times in ms; etag where the event has one."""

    key: str
    completed: bool
    bytes: int | None
    etag: str | None
    started: int
    ended: int

    def means(self, drop: Drop) -> bool:
        """By etag where there is one, else by bytes and times; never by key alone."""
        if drop.key != self.key:
            return False
        if self.etag is not None:
            return self.etag == drop.etag
        in_time = self.started - SLACK_MS <= drop.landed <= self.ended + SLACK_MS
        return in_time and (self.bytes == drop.size or (self.completed and self.bytes is None))  # a rename tells no bytes


def meant(upload: Upload, drops: Iterable[Drop]) -> Drop | None:
    """Of the drops that the word fits the one that landed nearest its end: a file that broke off at its very end and is sent
    again fits the words on both uploads."""
    return min((drop for drop in drops if upload.means(drop)), key=lambda drop: abs(drop.landed - upload.ended), default=None)


def of_event(event: dict[str, Any]) -> Upload | None:
    """The upload or rename that an `aws.transfer` event tells of; None: none that matters here."""
    detail, kind = event["detail"], event["detail-type"]
    if "File Upload" in kind:
        path, completed = detail["file-path"], kind.endswith("Completed")
        if not completed and detail.get("failure-code") == NOTHING_WRITTEN and not detail.get("etag"):
            return None  # who tries again at once sends as many bytes: it must not be taken for the fragment of this one
    elif kind.endswith("File Rename Completed"):
        path, completed = detail["renamed-file-path"], True
    else:
        return None
    key = path.removeprefix("/").partition("/")[2]
    etag = detail.get("etag")
    return Upload(key, completed, detail.get("bytes"), etag.strip('"') if etag else None,
                  _ms(detail["start-timestamp"]), _ms(detail["end-timestamp"]))


def is_rename(event: dict[str, Any]) -> bool:
    return str(event["detail-type"]).endswith("File Rename Completed")


def _ms(timestamp: str) -> int:
    return int(datetime.fromisoformat(timestamp).timestamp() * 1000)
