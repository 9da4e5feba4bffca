"""The census under way: `census/under-way.json.gz` in the work bucket. Of one that is over it stays until the next is noted."""

from __future__ import annotations

import gzip
from typing import TYPE_CHECKING

import orjson

from bridge.adapters.objects import found
from bridge.domain import census
from bridge.domain.census import Census
from bridge.errors import Unreadable

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

KEY, FORMAT = "census/under-way.json.gz", 1


class Censuses:
    """See `bridge.ports.Censuses`."""

    def __init__(self, s3: S3Client, bucket: str) -> None:
        self._s3, self._bucket = s3, bucket

    def last(self) -> Census | None:
        if (stored := found(self._s3, self._bucket, KEY)) is None:
            return None
        body = orjson.loads(gzip.decompress(stored.read()))
        if body["format"] != FORMAT:
            raise Unreadable(f"{KEY} has format {body['format']} and was left in place; this code reads {FORMAT}")
        return census.from_json(body["census"])

    def note(self, under_way: Census) -> None:
        body = orjson.dumps({"format": FORMAT, "census": census.to_json(under_way)})
        self._s3.put_object(Bucket=self._bucket, Key=KEY, Body=gzip.compress(body, 1), ContentType="application/gzip")
