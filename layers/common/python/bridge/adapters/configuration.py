"""The configuration that counts now: one object in the work bucket, read again only when it has changed (DESIGN.md §3)."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TYPE_CHECKING

import orjson
from botocore.exceptions import ClientError
from pydantic import ValidationError

from bridge.configuration import FORMAT, Bundle
from bridge.errors import Stop, Unreadable

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client
    from mypy_boto3_s3.type_defs import GetObjectOutputTypeDef

KEY = "configuration/current.json"


class ConfigurationStore:
    """Asks S3 whether there is a newer one whenever it is asked, or at most every `every_s` seconds; a 304 costs no parsing."""

    def __init__(self, s3: S3Client, bucket: str, every_s: float = 0, clock: Callable[[], float] = time.monotonic) -> None:
        self._s3, self._bucket, self._every_s, self._clock = s3, bucket, every_s, clock
        self._held: tuple[str, Bundle] | None = None  # its etag, and what it said
        self._asked = 0.0

    def current(self) -> Bundle:
        """Raises Stop where there is none or it cannot be read, Unreadable where it has another format number."""
        if self._held and self._clock() - self._asked < self._every_s:
            return self._held[1]
        asked = self._clock()
        found = self._newer()
        if found is not None:
            self._held = (found["ETag"], self._parse(found["Body"].read()))
        self._asked = asked
        assert self._held  # a 304 answers only an etag that we sent
        return self._held[1]

    def _newer(self) -> GetObjectOutputTypeDef | None:
        try:
            if self._held:
                return self._s3.get_object(Bucket=self._bucket, Key=KEY, IfNoneMatch=self._held[0])
            return self._s3.get_object(Bucket=self._bucket, Key=KEY)
        except ClientError as error:
            match error.response["Error"]["Code"]:
                case "304" | "NotModified":
                    return None
                case "NoSuchKey":
                    raise Stop(f"there is no configuration in s3://{self._bucket}/{KEY}: "
                               "write one with `bridge config apply DIR`") from None
            raise

    def _parse(self, body: bytes) -> Bundle:
        where = f"s3://{self._bucket}/{KEY}"
        try:
            said = orjson.loads(body)
            if isinstance(said, dict) and said.get("format") != FORMAT:
                raise Unreadable(f"{where} has format {said.get('format')}; this code reads {FORMAT}")
            return Bundle.model_validate_json(body)
        except (orjson.JSONDecodeError, ValidationError) as error:
            raise Stop(f"{where} is not a configuration that this code understands: {error}") from error
