"""The configuration that a deployment works with: one versioned object in the work bucket."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from botocore.exceptions import ClientError
from pydantic import ValidationError

from bridge.adapters.configuration import KEY
from bridge.configuration import FORMAT, Bundle
from cli.refusal import Refusal

ABSENT = ("NoSuchKey", "404")


@dataclass(frozen=True, slots=True)
class Current:
    """`etag` None: nothing has been applied yet."""

    bundle: Bundle | None
    etag: str | None


def read(s3: Any, bucket: str) -> Current:
    try:
        answer = s3.get_object(Bucket=bucket, Key=KEY)
    except ClientError as error:
        if error.response["Error"]["Code"] not in ABSENT:
            raise
        return Current(None, None)
    try:
        return Current(Bundle.model_validate_json(answer["Body"].read()), answer["ETag"])
    except ValidationError:
        raise Refusal(f"The configuration that is in force (s3://{bucket}/{KEY}) cannot be read by this version of bridge, "
                      f"which knows format {FORMAT}. Use the version that wrote it.") from None


def write(s3: Any, bucket: str, bundle: Bundle, before: Current) -> None:
    """Only over what was read: of two people who apply at once, the second is told."""
    condition = {"IfMatch": before.etag} if before.etag else {"IfNoneMatch": "*"}
    try:
        s3.put_object(Bucket=bucket, Key=KEY, Body=bundle.to_json(), ContentType="application/json", **condition)
    except ClientError as error:
        if error.response["Error"]["Code"] not in ("PreconditionFailed", "ConditionalRequestConflict"):
            raise
        raise Refusal("Somebody else applied a configuration in this very moment. Run it again to see what you would change.") from None


def needed(s3: Any, bucket: str) -> Bundle:
    """For commands that speak of a partner or a channel."""
    bundle = read(s3, bucket).bundle
    if bundle is None:
        raise Refusal("No configuration has been applied yet. Begin with: bridge config apply DIR")
    return bundle
