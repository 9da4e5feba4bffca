"""What the endpoint refuses a client, in words that he can act on; each protocol puts its own code before them.

Refusal
├─ NotThere     no such file or folder
├─ Denied       the role or the session policy does not allow it
├─ Unsupported  Transfer Family cannot do it over S3 (append, resume, links …)
└─ Failed       anything else; the operation did not happen
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from botocore.exceptions import BotoCoreError, ClientError


class Refusal(Exception):
    """The sentence is told to the client."""


class NotThere(Refusal): ...


class Denied(Refusal): ...


class Unsupported(Refusal): ...


class Failed(Refusal): ...


KINDS: dict[str, type[Refusal]] = {
    "AccessDenied": Denied, "403": Denied, "Forbidden": Denied, "ExpiredToken": Denied, "InvalidToken": Denied,
    "NoSuchKey": NotThere, "NoSuchBucket": NotThere, "404": NotThere, "NotFound": NotThere,
}


@contextmanager
def as_told() -> Iterator[None]:
    """Turns what AWS answers into a refusal."""
    try:
        yield
    except ClientError as error:
        code = error.response["Error"]["Code"]
        kind = KINDS.get(code, Failed)
        said = {Denied: "permission denied", NotThere: "no such file or folder"}.get(kind, f"S3 answered {code}")
        raise kind(said) from error
    except BotoCoreError as error:
        raise Failed(f"S3 cannot be reached ({type(error).__name__})") from error
