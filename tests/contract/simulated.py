"""A plain client of the simulator for its own tests: requests, a token, and nothing that would hide an answer."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import requests

from local.plytix.server import Simulator

CATALOGUE: list[dict[str, Any]] = [
    {"name": "Colour", "type_class": "DropdownAttribute", "options": ["Blue", "Red"]},
    {"name": "Sizes", "type_class": "MultiSelectAttribute", "options": ["41", "42", "43"]},
    {"name": "Material", "type_class": "TextAttribute"},
    {"name": "Story", "type_class": "HtmlAttribute"},
    {"name": "Notes", "type_class": "MultilineAttribute"},
    {"name": "Pieces", "type_class": "IntAttribute"},
    {"name": "Weight kg", "type_class": "DecimalAttribute"},
    {"name": "Launch", "type_class": "DateAttribute"},
    {"name": "Manual", "type_class": "UrlAttribute"},
    {"name": "Vegan", "type_class": "BooleanAttribute"},
    {"name": "Hero", "type_class": "MediaAttribute"},
    {"name": "Gallery", "type_class": "MediaGalleryAttribute"},
]
SHOE = {
    "colour": "Blue", "sizes": ["41", "42"], "material": "Löwenzahn-Gummi", "story": "<p>Größe &amp; mehr</p>",
    "notes": "eins\nzwei", "pieces": 2, "weight_kg": 0.31, "launch": "2026-05-01", "manual": "https://example.com/m.pdf",
    "vegan": True,
}  # fmt: skip


class Api:
    """Asks with a token; gives what `requests` gives."""

    def __init__(self, plytix: Simulator) -> None:
        self.plytix, self.session = plytix, requests.Session()
        self.session.trust_env = False
        self.sign_in()

    def token(self, **credentials: str) -> requests.Response:
        body = {"api_key": self.plytix.tokens.key, "api_password": self.plytix.tokens.password} | credentials
        return self.session.post(f"{self.plytix.url}/auth/api/get-token", json=body, timeout=10)

    def sign_in(self) -> str:
        token = str(self.token().json()["data"][0]["access_token"])
        self.session.headers["Authorization"] = f"Bearer {token}"
        return token

    def ask(self, method: str, path: str, body: Any = None, **more: Any) -> requests.Response:
        """`path` begins with the version: `v1/products`."""
        return self.session.request(method, f"{self.plytix.url}/api/{path}", **{"json": body, "timeout": 10, **more})

    def one(self, method: str, path: str, body: Any = None) -> dict[str, Any]:
        """The one entity of an answer that went well."""
        answer = self.ask(method, path, body)
        assert answer.ok, answer.text
        (entity,) = answer.json()["data"]
        return dict(entity)

    def create(self, sku: str, version: int = 1, **values: Any) -> dict[str, Any]:
        return self.one("POST", f"v{version}/products", {"sku": sku, **values})

    def read(self, id: str, version: int = 1) -> dict[str, Any]:
        return self.one("GET", f"v{version}/products/{id}")

    def found(self, version: int = 2, **body: Any) -> list[dict[str, Any]]:
        """Rows of a search."""
        answer = self.ask("POST", f"v{version}/products/search", body)
        assert answer.ok, answer.text
        return list(answer.json()["data"])


@contextmanager
def signed_in(plan: str = "off", seed: int | None = None) -> Iterator[Api]:
    """A simulator with a catalogue of attributes, and a client of it."""
    with Simulator(plan=plan, seed=seed) as plytix:
        plytix.attributes(CATALOGUE)
        api = Api(plytix)
        try:
            yield api
        finally:
            api.session.close()


def error(answer: requests.Response) -> tuple[int, str, list[tuple[str, Any]]]:
    """Status, message, and (field, message) of each item of the v1/v2 error envelope (plytix-api.md §4)."""
    told = answer.json()
    assert set(told) == {"error"}, told
    return answer.status_code, told["error"]["msg"], [(item["field"], item["msg"]) for item in told["error"].get("errors", [])]
