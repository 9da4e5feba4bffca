"""Where an upload gathers until it is whole: a temporary file, and its one way into S3."""

from __future__ import annotations

import io
import tempfile
from pathlib import Path
from typing import Any

from local.endpoint.login import Location
from local.endpoint.refusal import Unsupported, as_told

PART = 8 * 2**20  # bytes; larger files go up in parts of this size, so that memory stays flat
AHEAD = 8 * 2**20  # bytes; a client with many writes under way may send them out of order, but not that far


class Spool:
    """Bytes as they come. Writes must join up without gaps, and nothing is written twice: S3 has no random access."""

    def __init__(self, folder: Path) -> None:
        self._file = tempfile.TemporaryFile(dir=folder, buffering=0)  # noqa: SIM115  closed by `close`
        self._ahead: dict[int, int] = {}  # where each piece that came too early begins and ends
        self.size = 0  # bytes from the start without a gap

    def write(self, offset: int, data: bytes) -> None:
        if offset < self.size or offset in self._ahead or offset > self.size + AHEAD:
            raise Unsupported("Transfer Family does not support random access writes to S3 objects")
        self._file.seek(offset)
        rest = memoryview(data)
        while rest:
            rest = rest[self._file.write(rest):]  # an unbuffered file may take less than it is given
        self._ahead[offset] = offset + len(data)
        while self.size in self._ahead:
            self.size = self._ahead.pop(self.size)

    @property
    def has_gaps(self) -> bool:
        return bool(self._ahead)

    @property
    def closed(self) -> bool:
        return self._file.closed

    def close(self) -> None:
        self._file.close()

    def store(self, s3: Any, at: Location, metadata: dict[str, str]) -> str:
        """One PutObject, or one multipart upload; gives the etag (which S3Transfer would not tell). Raises Refusal."""
        with as_told():
            if self.size <= PART:
                answer = s3.put_object(Bucket=at.bucket, Key=at.key, Body=self._part(0), Metadata=metadata)
            else:
                answer = self._store_in_parts(s3, {"Bucket": at.bucket, "Key": at.key}, metadata)
        return str(answer["ETag"]).strip('"')

    def _store_in_parts(self, s3: Any, where: dict[str, str], metadata: dict[str, str]) -> dict[str, Any]:
        upload = s3.create_multipart_upload(**where, Metadata=metadata)["UploadId"]
        try:
            parts = []
            for number, start in enumerate(range(0, self.size, PART), 1):
                sent = s3.upload_part(**where, UploadId=upload, PartNumber=number, Body=self._part(start))
                parts.append({"PartNumber": number, "ETag": sent["ETag"]})
            answer: dict[str, Any] = s3.complete_multipart_upload(**where, UploadId=upload, MultipartUpload={"Parts": parts})
        except BaseException:
            s3.abort_multipart_upload(**where, UploadId=upload)
            raise
        return answer

    def _part(self, start: int) -> bytes:
        wanted, part = min(PART, self.size - start), io.BytesIO()
        self._file.seek(start)
        while part.tell() < wanted:
            part.write(self._file.read(wanted - part.tell()))
        return part.getvalue()
