"""What goes over the wire to Plytix and comes back: the login of a request, its file, and an answer as read."""

from __future__ import annotations

import math
import time
from contextlib import suppress
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from typing import Any

import orjson
import requests
from urllib3.exceptions import MaxRetryError

from bridge.errors import Fate, Later

PIECE = 1 << 16  # bytes


@dataclass(frozen=True, slots=True)
class File:
    """What goes as a part of a form; Plytix takes one such part, named `file` (plytix-api.md §8.1)."""

    name: str
    content: bytes


@dataclass(frozen=True, slots=True)
class Answer:
    """`body` as parsed; None where there was none or it was not JSON. `status` 0: no answer came."""

    status: int
    body: Any
    retry_after_s: float | None = None
    id: str | None = None
    size_bytes: int = 0


class Bearer(requests.auth.AuthBase):
    """The token as requests' own kind of login: given so, no .netrc is looked into."""

    def __init__(self, token: str) -> None:
        self._token = token

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        if self._token:
            request.headers["Authorization"] = f"Bearer {self._token}"
        return request


def never_reached(broken: Exception) -> Exception | None:
    """The reason, if no connection came about; None: the request may have been heard."""
    reason = broken.args[0].reason if broken.args and isinstance(broken.args[0], MaxRetryError) else None
    return reason if isinstance(reason, Exception) else None


def whole(response: requests.Response, until: float) -> bytes:
    """The body, read piece by piece so that one that drips cannot hold a worker beyond its time."""
    pieces = []
    while piece := response.raw.read1(PIECE, decode_content=True):
        pieces.append(piece)
        if time.monotonic() >= until:
            raise requests.Timeout("the answer did not end in time")
    return b"".join(pieces)


def read(response: requests.Response, got: bytes) -> Answer:
    try:
        body = orjson.loads(got) if got else None
    except orjson.JSONDecodeError:
        body = None
    headers = response.headers
    return Answer(response.status_code, body, seconds(headers.get("Retry-After")), headers.get("x-request-id"), len(got))


def seconds(retry_after: str | None) -> float | None:
    """Of a Retry-After header: seconds, or a date."""
    if retry_after is None:
        return None
    with suppress(ValueError):
        told = float(retry_after)
        return max(0.0, told) if math.isfinite(told) else None
    with suppress(ValueError):
        return max(0.0, parsedate_to_datetime(retry_after).timestamp() - time.time())
    return None


def data(answer: Answer) -> list[dict[str, Any]]:
    """What the envelope holds. Raises Later where a success came without it: a gateway's page, or half an answer."""
    match answer.body:
        case {"data": [*items]} if all(isinstance(item, dict) for item in items):
            return items
    raise Later(f"Plytix answered {answer.status}, but not with data", fate=Fate.UNKNOWN)
