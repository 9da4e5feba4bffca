"""What an asset consists of: by URL (unread) or by content; its kind, and whether a new content is of the same (plytix-api.md §8)."""

from __future__ import annotations

import base64
import binascii
import mimetypes
from dataclasses import dataclass
from hashlib import sha256
from pathlib import PurePosixPath
from typing import Any, Self
from urllib.parse import urlsplit

from local.plytix.bodies import Upload
from local.plytix.refusal import Fault, Refusal

INVALID = "asset data validation failed"
TYPES = {"image": "IMAGES", "audio": "SOUNDS", "video": "VIDEOS", "text": "TEXTS"}
ENDINGS = {"zip": "COMPRESSED", "gz": "COMPRESSED", "pdf": "REPORTS", "csv": "FEED_FILES", "xml": "FEED_FILES"}
EXECUTABLE = {"exe", "bat", "cmd", "com", "msi", "sh"}
SIGNS = {  # first bytes of a file → what it is
    b"\xff\xd8\xff": "image/jpeg",
    b"\x89PNG\r\n\x1a\n": "image/png",
    b"GIF8": "image/gif",
    b"%PDF-": "application/pdf",
    b"PK\x03\x04": "application/zip",
}
KEPT_BYTES = 1_000_000  # of a picture, to be shown on the page


@dataclass(frozen=True, slots=True)
class Content:
    """`origin`: what tells equal ones apart (§8.2). `kept`: the bytes, of a small one."""

    filename: str
    origin: str
    size: int
    kept: bytes | None = None

    @classmethod
    def of(cls, filename: str, content: bytes) -> Self:
        """Of the bytes themselves."""
        kept = content if len(content) <= KEPT_BYTES else None
        return cls(filename, sha256(content).hexdigest(), len(content), kept)


def by_content(body: dict[str, Any]) -> Content:
    """`{"filename", "content"}`, Base64 without `data:`. Raises Refusal."""
    if not isinstance(body.get("filename"), str):
        raise Refusal(422, INVALID, Fault("filename", "filename is mandatory when content is given"))
    try:
        return Content.of(body["filename"], base64.b64decode(body["content"], validate=True))
    except (binascii.Error, TypeError, ValueError):
        raise Refusal(422, INVALID, Fault("content", "Not a valid base64 content.")) from None


def by_url(body: dict[str, Any]) -> Content:
    """`{"url", "filename"?}`: a URL is taken whatever it points to, unread (§15). Raises Refusal."""
    url, filename = body.get("url"), body.get("filename")
    if not isinstance(url, str) or urlsplit(url).scheme not in ("http", "https"):
        raise Refusal(422, INVALID, Fault("url", "Not a valid URL."))
    if filename is not None and not isinstance(filename, str):
        raise Refusal(422, INVALID, Fault("filename", "Not a valid string."))
    name = filename or PurePosixPath(urlsplit(url).path).name
    return Content(name, f"{url} {name}", len(url))


def same_format(filename: str, upload: Upload) -> bool:
    """Whether a file may take the place of another: its bytes tell, and only where they do not, its name (§15)."""
    told = next((kind for sign, kind in SIGNS.items() if upload.content.startswith(sign)), None)
    return (told or mime_type(upload.filename)) == mime_type(filename)


def mime_type(filename: str) -> str:
    """What a file is, by its name."""
    return mimetypes.guess_type(filename)[0] or "application/octet-stream"


def file_type(filename: str) -> str:
    """The family of a file (§5.2)."""
    return ENDINGS.get(extension(filename)) or TYPES.get(mime_type(filename).partition("/")[0], "OTHER")


def extension(filename: str) -> str:
    """Its ending, small, without the dot."""
    return PurePosixPath(filename).suffix.lstrip(".").lower()
