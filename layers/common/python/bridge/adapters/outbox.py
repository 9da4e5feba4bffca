"""Where a channel's file is set aside (work bucket, `outgoing/<run>/`), and the recipients' outboxes on the exchange."""

from __future__ import annotations

from typing import TYPE_CHECKING, BinaryIO

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client


class OutboxStore:
    """See `bridge.services.publish.Outbox`."""

    def __init__(self, s3: S3Client, work: str, exchange: str) -> None:
        self._s3, self._work, self._exchange = s3, work, exchange

    def set_aside(self, run: str, name: str, content: BinaryIO) -> None:
        self._s3.put_object(Bucket=self._work, Key=aside(run, name), Body=content, ContentType="text/csv")

    def deliver(self, run: str, name: str, partner: str, channel: str) -> None:
        source = {"Bucket": self._work, "Key": aside(run, name)}
        self._s3.copy_object(Bucket=self._exchange, Key=place(partner, channel, name), CopySource=source)  # type: ignore[arg-type]

    def write(self, partner: str, channel: str, name: str, content: bytes) -> None:
        self._s3.put_object(Bucket=self._exchange, Key=place(partner, channel, name), Body=content, ContentType="application/json")


def aside(run: str, name: str) -> str:
    return f"outgoing/{run}/{name}"


def place(partner: str, channel: str, name: str) -> str:
    return f"{partner}/outbox/{channel}/{name}"
