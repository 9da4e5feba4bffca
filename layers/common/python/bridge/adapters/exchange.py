"""The exchange bucket, as the partners see it, and the archive in the work bucket."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from datetime import UTC, datetime
from io import BytesIO
from typing import IO, TYPE_CHECKING, Any, BinaryIO, cast

from botocore.exceptions import ClientError

from bridge.domain.drop import Drop, within
from bridge.domain.run import Run
from bridge.errors import Later, Stop

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

RANGE = 8 * 1024 * 1024
"""Bytes a read: a drop never stands in memory as a whole."""
PATH_MOST = 800
"""Bytes of a drop's path in the archive: a key has room for 1,024, of which the drop's own may have used all."""
RANK, TURNS = "rank", 5
"""Where a word's rank stands in the metadata of its object; how often it is tried to put it in the place of another's."""
OTHERS_WROTE = ("PreconditionFailed", "ConditionalRequestConflict", "NoSuchKey")
"""Since it was looked at: it is another, is being written, or is gone (aws-reference.md §5.2)."""


class Exchange:
    """See `bridge.ports.Exchange`."""

    def __init__(self, s3: S3Client, bucket: str, work: str = "") -> None:
        self._s3, self._bucket, self._work = s3, bucket, work

    def open(self, drop: Drop) -> BinaryIO:
        """Spooled to a temporary file by byte ranges, always by version: a re-upload never changes a file in mid-read."""
        file = tempfile.TemporaryFile()  # noqa: SIM115 -- the caller closes it
        for start in range(0, drop.size, RANGE):
            part = self._get(drop, f"bytes={start}-{min(start + RANGE, drop.size) - 1}")
            for block in part.iter_chunks(1024 * 1024):
                file.write(block)
            if file.tell() != min(start + RANGE, drop.size):
                raise RuntimeError(f"{drop.key}: {file.tell()} bytes came of {drop.size}, of which {start} to {start + RANGE} were asked")
        file.seek(0)
        return cast(BinaryIO, file)

    def _get(self, drop: Drop, span: str) -> Any:
        for bucket, key, version in ((drop.bucket, drop.key, drop.version), (self._work, archived(drop), "")):
            try:
                which: dict[str, Any] = {"VersionId": version} if version else {}
                return self._s3.get_object(Bucket=bucket, Key=key, Range=span, **which)["Body"]
            except ClientError as error:
                if error.response["Error"]["Code"] not in ("NoSuchKey", "NoSuchVersion", "404"):
                    raise
        raise Stop(f"{drop.key} (version {drop.version}) is neither in the inbox nor in the archive")

    def write(self, partner: str, path: str, content: BinaryIO | bytes, kind: str) -> None:
        body: IO[bytes] = BytesIO(content) if isinstance(content, bytes) else content
        self._s3.upload_fileobj(body, self._bucket, f"{partner}/{path}", ExtraArgs={"ContentType": kind})

    #  slow ──HEAD: nothing──────────────────────PUT, if nothing stands: refused──HEAD: closed──x
    #  other ────────────────PUT checked──PUT closed
    def tell(self, partner: str, path: str, content: bytes, kind: str, rank: str) -> None:
        key = f"{partner}/{path}"
        for _ in range(TURNS):
            stands = self._head(self._bucket, key)
            if stands and stands["Metadata"].get(RANK, "") >= rank:
                return
            only: dict[str, Any] = {"IfMatch": stands["ETag"]} if stands else {"IfNoneMatch": "*"}
            try:
                self._s3.put_object(Bucket=self._bucket, Key=key, Body=content, ContentType=kind, Metadata={RANK: rank}, **only)
            except ClientError as error:
                if error.response["Error"]["Code"] not in OTHERS_WROTE:
                    raise
            else:
                return
        raise Later(f"{key} is being written by others", 1)

    def archive(self, run: Run) -> None:
        drop = run.drop
        source: Any = {"Bucket": drop.bucket, "Key": drop.key, "VersionId": drop.version}
        try:
            self._s3.copy(source, self._work, archived(drop), ExtraArgs={"MetadataDirective": "REPLACE"})
        except ClientError as error:
            if error.response["Error"]["Code"] not in ("NoSuchKey", "NoSuchVersion", "404"):
                raise
            return  # moved before
        self._s3.delete_object(Bucket=drop.bucket, Key=drop.key, VersionId=drop.version)
        self._clear_empty(drop)

    def _clear_empty(self, drop: Drop) -> None:
        """Empty versions from before the drop: some clients make a file first and fill it then. They would come to light again."""
        while under := self._head(drop.bucket, drop.key):
            if under["ContentLength"] or under["LastModified"].timestamp() * 1000 > drop.landed:
                return
            self._s3.delete_object(Bucket=drop.bucket, Key=drop.key, VersionId=under["VersionId"])

    def _head(self, bucket: str, key: str) -> Any:
        """None where there is none."""
        try:
            return self._s3.head_object(Bucket=bucket, Key=key)
        except ClientError as error:
            if error.response["Error"]["Code"] != "404":
                raise
            return None

    def lying(self, before: int) -> Iterator[Drop]:
        """Below every partner's inbox, so that outboxes and receipts are not listed."""
        partners = self._s3.get_paginator("list_objects_v2").paginate(Bucket=self._bucket, Delimiter="/")
        for prefix in (p["Prefix"] for page in partners for p in page.get("CommonPrefixes", ())):
            pages = self._s3.get_paginator("list_object_versions").paginate(Bucket=self._bucket, Prefix=f"{prefix}inbox/")
            for version in (v for page in pages for v in page.get("Versions", ())):
                landed = round(version["LastModified"].timestamp() * 1000)
                if version["IsLatest"] and not version["Key"].endswith("/") and landed <= before:
                    yield Drop(self._bucket, version["Key"], version["VersionId"], version["Size"], version["ETag"].strip('"'), landed)


def archived(drop: Drop) -> str:
    """Where a drop lies after its run; one place for each version."""
    day = datetime.fromtimestamp(drop.landed / 1000, UTC)
    return f"archive/{drop.partner}/{day:%Y/%m/%d}/{drop.version}/{within(drop.path, PATH_MOST)}"
