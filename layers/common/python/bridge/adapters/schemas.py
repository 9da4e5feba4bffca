"""The account's schema as refresh last fetched it: `schema/current.json` in the work bucket."""

from __future__ import annotations

from typing import TYPE_CHECKING

import orjson
from botocore.exceptions import ClientError

from bridge.domain.product import Schema
from bridge.errors import Unreadable

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

KEY, FORMAT = "schema/current.json", 1


class Schemas:
    """See `bridge.ports.Schemas`. Read once in the life of this object: a new version lets refused values be tried again."""

    def __init__(self, s3: S3Client, bucket: str) -> None:
        self._s3, self._bucket = s3, bucket
        self._version: str | None = None

    def version(self) -> str:
        if self._version is None:
            schema = self.stored()
            self._version = schema.version if schema else ""
        return self._version

    def stored(self) -> Schema | None:
        """None: refresh has not run yet."""
        try:
            answer = self._s3.get_object(Bucket=self._bucket, Key=KEY)
        except ClientError as error:
            if error.response["Error"]["Code"] != "NoSuchKey":
                raise
            return None
        body = orjson.loads(answer["Body"].read())
        if body["format"] != FORMAT:
            raise Unreadable(f"{KEY} has format {body['format']}; this code reads {FORMAT}")
        return Schema(body["version"], body["types"], body["options"])

    def store(self, schema: Schema) -> None:
        body = {"format": FORMAT, "version": schema.version, "types": schema.types, "options": schema.options}
        self._s3.put_object(Bucket=self._bucket, Key=KEY, Body=orjson.dumps(body), ContentType="application/json")
        self._version = schema.version
