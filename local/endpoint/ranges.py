"""One object read from S3 by ranges of one version, so that memory stays flat whatever its size."""

from __future__ import annotations

from typing import Any

from botocore.exceptions import ClientError

from local.endpoint.login import Location
from local.endpoint.refusal import Failed, as_told

BLOCK = 8 * 2**20  # bytes of one request
KEPT = 2  # blocks: reads that are under way at once may straddle two


class Ranges:
    """Random access to one object as it was when it was opened. Raises Refusal when it is not there or may not be read."""

    def __init__(self, s3: Any, at: Location) -> None:
        self.at, self.sent = at, 0  # bytes handed out, also those handed out twice
        self._s3, self._blocks = s3, dict[int, bytes]()
        self.size, self.etag = 0, ""
        first = self._get(0)
        if first is not None:
            self.size, self.etag = int(first["ContentRange"].rpartition("/")[2]), first["ETag"]
            self._blocks[0] = first["Body"].read()

    def read(self, offset: int, length: int) -> bytes:
        """At most `length` bytes, nothing at the end."""
        number, within = divmod(offset, BLOCK)
        if offset >= self.size:
            return b""
        data = self._block(number)[within:within + length]
        self.sent += len(data)
        return data

    def _block(self, number: int) -> bytes:
        if number not in self._blocks:
            while len(self._blocks) >= KEPT:
                del self._blocks[min(self._blocks)]
            found = self._get(number * BLOCK)
            if found is None:
                raise Failed("the file became shorter while it was read")
            with as_told():
                self._blocks[number] = found["Body"].read()
        return self._blocks[number]

    def _get(self, start: int) -> dict[str, Any] | None:
        """None: the object ends before `start` (an empty one at once)."""
        wanted = {"Bucket": self.at.bucket, "Key": self.at.key, "Range": f"bytes={start}-{start + BLOCK - 1}"}
        with as_told():
            try:
                answer: dict[str, Any] = self._s3.get_object(**wanted, **({"IfMatch": self.etag} if self.etag else {}))
            except ClientError as error:
                match error.response["Error"]["Code"]:
                    case "InvalidRange" | "416":
                        return None
                    case "PreconditionFailed" | "412":
                        raise Failed("the file was replaced while it was read") from None
                raise
        return answer
