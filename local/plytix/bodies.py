"""Reading what a request carries: each route names the form that its operation takes (plytix-api.md §1, §4, §8.1, §9.7)."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from local.plytix.refusal import Detail, Fault, Refusal, not_json

Reader = Callable[[bytes, str], Any]  # content, its type → what the resource sees


@dataclass(frozen=True, slots=True)
class Upload:
    """A file that came as a part of a form."""

    filename: str
    type: str
    content: bytes


def as_json(content: bytes, type: str) -> Any:
    """Raises Refusal 400 (§4)."""
    try:
        return json.loads(content, parse_constant=_no_constant)
    except ValueError as error:
        raise not_json(str(error)) from None


def as_json_of_accounts(content: bytes, type: str) -> Any:
    """The same, in the words of the service behind the accounts (§9.7)."""
    try:
        return json.loads(content, parse_constant=_no_constant)
    except ValueError as error:
        place, why = getattr(error, "pos", 0), getattr(error, "msg", str(error))
        item = {"type": "json_invalid", "loc": ["body", place], "msg": "JSON decode error", "input": {}, "ctx": {"error": why}}
        raise Detail(400, [item]) from None


def nothing(content: bytes, type: str) -> None:
    """Whatever it is, it is not looked at."""


def as_upload(content: bytes, type: str) -> Upload:
    """The part named `file` of a form (§8.1). Raises Refusal 422."""
    boundary = re.search(r'boundary="?([^";]+)"?', type)
    if not type.startswith("multipart/form-data") or boundary is None:
        raise Refusal(422, "asset data validation failed", Fault("file", "multipart/form-data is expected"))
    for part in (b"\r\n" + content).split(b"\r\n--" + boundary[1].encode())[1:-1]:
        head, _, body = part.partition(b"\r\n\r\n")
        headers = dict(re.findall(r"^([\w-]+): *(.+?)\r?$", head.decode("utf-8", "replace"), re.MULTILINE))
        told = {name.lower(): value for name, value in headers.items()}
        fields = dict(re.findall(r'(\w+)="([^"]*)"', told.get("content-disposition", "")))
        if fields.get("name") == "file":
            return Upload(fields.get("filename", ""), told.get("content-type", ""), body)
    raise Refusal(422, "asset data validation failed", Fault("file", "Missing data for required field."))


def _no_constant(name: str) -> Any:
    raise ValueError(f"{name} is not JSON")
