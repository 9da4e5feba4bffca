"""The folders of partners in the exchange bucket. Nobody else can make one: at the endpoint `mkdir` is refused."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from botocore.exceptions import ClientError

from bridge.configuration import Bundle
from bridge.domain import folder


def wanted(bundle: Bundle) -> list[str]:
    """Keys of zero bytes that end in "/": each partner's own folders, one a folder its feeds look into, one a channel it receives."""
    keys = {f"{partner}/{own}/" for partner in bundle.partners for own in folder.OWN}
    for feed in bundle.feeds.values():
        keys |= {f"{feed.partner}/{folder.INBOX}/{below}" for pattern in feed.takes for below in _with_parents(folder.of_pattern(pattern))}
    for channel in bundle.channels.values():
        keys |= {f"{recipient}/{folder.OUTBOX}/{channel.name}/" for recipient in channel.recipients}
    return sorted(keys)


def make(s3: Any, bucket: str, bundle: Bundle) -> list[str]:
    """Makes those that are not there; gives their keys."""
    return list(_made(s3, bucket, wanted(bundle)))


def _made(s3: Any, bucket: str, keys: list[str]) -> Iterator[str]:
    for key in keys:
        try:
            s3.put_object(Bucket=bucket, Key=key, IfNoneMatch="*")
        except ClientError as error:
            if error.response["Error"]["Code"] != "PreconditionFailed":
                raise
        else:
            yield key


def _with_parents(path: str | None) -> Iterator[str]:
    """`a/b` is the folders `a/` and `a/b/`."""
    parts = path.split("/") if path else []
    for depth in range(1, len(parts) + 1):
        yield "/".join(parts[:depth]) + "/"
