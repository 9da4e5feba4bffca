"""Assets: the files of the account (plytix-api.md §8), uploaded once, found again, changed; linked in `links`."""

from __future__ import annotations

import base64
import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass

from pydantic import Field

from bridge.adapters.plytix.answers import Links, Moment, Shape, one, read
from bridge.adapters.plytix.search import PAGE, every
from bridge.adapters.plytix.session import Call, Kind, Session
from bridge.adapters.plytix.wire import File
from bridge.errors import Changed

PATH = "/api/v1/assets"
COLUMNS = ("filename", "extension", "file_type", "file_size", "status", "assigned", "categories", "created", "modified", "url")
ID = re.compile(r"[0-9a-f]{24}")


class Asset(Shape):
    """As read, or as much of it as a search was asked for."""

    id: str
    filename: str
    extension: str | None = None
    content_type: str | None = None
    file_type: str | None = None
    file_size: int | None = None
    status: str | None = None
    public: bool | None = None
    assigned: bool | None = None
    n_products: int | None = None
    n_catalogs: int | None = None
    categories: Links = Field([])
    url: str | None = None
    thumbnail: str | None = None
    created: Moment | None = None
    modified: Moment | None = None
    file_modified: Moment | None = None


@dataclass(frozen=True, slots=True)
class Uploaded:
    """`new`: it was not there before."""

    id: str
    new: bool


class Assets:
    """Of one account. Raises Refused for a file that Plytix does not take."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def upload(self, url: str, filename: str | None = None) -> Uploaded:
        """Plytix fetches it: the address must be public. The same file once more gives the id of the one that is there (§8.2)."""
        return self._upload({"url": url} | ({"filename": filename} if filename else {}))

    def upload_content(self, filename: str, content: bytes) -> Uploaded:
        """The file itself, in the request. By URL where that can be: this way has been seen to fail (500, §8.1)."""
        return self._upload({"filename": filename, "content": base64.b64encode(content).decode()})

    def replace(self, id: str, filename: str, content: bytes) -> Asset:
        """Another content under the same id, of the same format, else Refused. Plytix is at it for some seconds (202)."""
        return self._one(Call(Kind.ASSET, "PUT", f"{PATH}/{id}/content", file=File(filename, content)))

    def rename(self, id: str, filename: str) -> Asset:
        """Refused: with another ending."""
        return self._one(Call(Kind.ASSET, "PATCH", f"{PATH}/{id}", {"filename": filename}))

    def file_under(self, id: str, categories: Collection[str]) -> Asset:
        """In these file categories, and no others."""
        return self._one(Call(Kind.ASSET, "PATCH", f"{PATH}/{id}", {"categories": [{"id": category} for category in categories]}))

    def read(self, id: str) -> Asset | None:
        """None: it is gone."""
        try:
            return self._one(Call(Kind.READ, "GET", f"{PATH}/{id}"))
        except Changed:
            return None

    def named(self, filenames: Sequence[str]) -> list[Asset]:
        """Those that are called so exactly, which may be several a name (§8.2); a request a hundred names, and a hundred found.

        Plytix compares without case (§5.2). What was uploaded some seconds ago may be missing (§13, 16).
        """
        found: list[Asset] = []
        names = list(dict.fromkeys(filenames))
        for start in range(0, len(names), PAGE):
            asked = names[start:start + PAGE]
            either = [[{"field": "filename", "operator": "eq", "value": name}] for name in asked]
            rows = every(self._session, PATH, COLUMNS, either)
            found += [asset for row in rows if (asset := read(Asset, row)).filename in asked]
        return found

    def _upload(self, body: dict[str, str]) -> Uploaded:
        try:
            return Uploaded(self._one(Call(Kind.ASSET, "POST", PATH, body)).id, True)
        except Changed as changed:
            known = changed.fields.get("asset.id", "")
            if not ID.fullmatch(known):
                raise
            return Uploaded(known, False)

    def _one(self, call: Call) -> Asset:
        return read(Asset, one(self._session.ask(call)))
