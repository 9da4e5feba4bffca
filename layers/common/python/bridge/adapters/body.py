"""How values stand in an item: one compressed JSON body beside the few indexed attributes, with a format number.

Typed maps cost 15 times the CPU (performance.md §3.2). A body beyond 350 kB lies in the work bucket (an item holds 400 kB).
"""

from __future__ import annotations

import zlib
from typing import TYPE_CHECKING, Any

import orjson
from ulid import ULID

from bridge.errors import Unreadable

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

Item = dict[str, Any]
FORMAT = 1
READS = (1,)  # its own format and the one before; there is none before the first
LARGEST = 350_000
SAYS: Item = {"f": {"N": str(FORMAT)}}
"""What every item says besides what it holds."""


class Bodies:
    """Packs bodies into items and out of them; needs S3 only for those that are too large."""

    def __init__(self, s3: S3Client, bucket: str) -> None:
        self._s3, self._bucket = s3, bucket

    def pack(self, body: Any, at: str = "") -> Item:
        """`at`: the key under which what is too large replaces what lay there; without one it lies for itself, for good."""
        packed = zlib.compress(orjson.dumps(body), 1)
        if len(packed) <= LARGEST:
            return {**SAYS, "body": {"B": packed}}
        key = at or f"values/{ULID()}"
        self._s3.put_object(Bucket=self._bucket, Key=key, Body=packed)
        return {**SAYS, "body_at": {"S": key}}

    def unpack(self, item: Item) -> Any:
        if "body" in readable(item):
            return orjson.loads(zlib.decompress(item["body"]["B"]))
        packed = self._s3.get_object(Bucket=self._bucket, Key=item["body_at"]["S"])["Body"].read()
        return orjson.loads(zlib.decompress(packed))


def readable(item: Item) -> Item:
    """The item itself. Raises Unreadable where another code wrote it."""
    if int(item["f"]["N"]) not in READS:
        raise Unreadable(f"an item of format {item['f']['N']} was left in place; this code reads {READS}")
    return item


def is_refusal(error: Exception) -> bool:
    """A condition was not met: somebody was here before. A transaction counts only where a condition was the reason."""
    response: dict[str, Any] = getattr(error, "response", {})
    code = response.get("Error", {}).get("Code")
    if code == "ConditionalCheckFailedException":
        return True
    reasons = {reason.get("Code") for reason in response.get("CancellationReasons", [])}
    return code == "TransactionCanceledException" and bool(reasons & {"ConditionalCheckFailed", "TransactionConflict"})
