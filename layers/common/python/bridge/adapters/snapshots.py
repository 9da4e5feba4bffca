"""Snapshots in the work bucket, `snapshots/<id>.jsonl.gz`: written once, whole, by whoever comes first."""

from __future__ import annotations

import gzip
from collections.abc import Iterator
from typing import TYPE_CHECKING, BinaryIO

from botocore.exceptions import ClientError

from bridge.adapters.objects import found

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

TRIES = 3  # a conditional write that met another one (409) is to be repeated (aws-reference.md §5.2)


class SnapshotStore:
    """See `bridge.services.publish.Snapshots`."""

    def __init__(self, s3: S3Client, bucket: str) -> None:
        self._s3, self._bucket = s3, bucket

    def lines(self, id: str) -> Iterator[bytes] | None:
        body = found(self._s3, self._bucket, key(id))
        return iter(gzip.GzipFile(fileobj=body, mode="rb")) if body else None

    def put(self, id: str, content: BinaryIO) -> bool:
        for turn in range(1, TRIES + 1):
            content.seek(0)
            try:
                self._s3.put_object(Bucket=self._bucket, Key=key(id), Body=content, IfNoneMatch="*", ContentType="application/gzip")
            except ClientError as error:
                code = error.response["Error"]["Code"]
                if code == "PreconditionFailed":
                    return False
                if code != "ConditionalRequestConflict" or turn == TRIES:
                    raise
            else:
                return True
        return False


def key(id: str) -> str:
    return f"snapshots/{id}.jsonl.gz"
