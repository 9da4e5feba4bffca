"""What is written first: each product is read, and patched where it differs. Its ids are known, which spares it a search a row."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import requests
from requests.adapters import HTTPAdapter
from urllib3.util import Retry

from benchmarks.catalogue import Row, difference

label = "GET + PATCH with requests"
PATIENCE = Retry(total=30, status_forcelist=(429,), allowed_methods=None, backoff_factor=0.25, backoff_max=4)


@dataclass
class Script:
    url: str
    session: requests.Session
    ids: dict[str, str]

    def ask(self, method: str, path: str, body: Any = None) -> list[dict[str, Any]]:
        answer = self.session.request(method, f"{self.url}/{path}", json=body, timeout=30)
        answer.raise_for_status()
        return list(answer.json()["data"])


def load(url: str, rows: list[Row]) -> Script:
    script = Script(url, requests.Session(), {})
    script.session.mount("http://", HTTPAdapter(max_retries=PATIENCE))
    token = script.ask("POST", "auth/api/get-token", {"api_key": "key", "api_password": "password"})[0]["access_token"]
    script.session.headers["Authorization"] = f"Bearer {token}"
    for page in range(1, len(rows) // 100 + 2):
        found = script.ask("POST", "api/v2/products/search", {"filters": [], "pagination": {"page": page, "page_size": 100}})
        script.ids.update((row["sku"], row["id"]) for row in found)
    return script


def run(script: Script, rows: list[Row]) -> int:
    done = 0
    for row in rows:
        path = f"api/v1/products/{script.ids[row['sku']]}"
        (product,) = script.ask("GET", path)
        if other := difference(row, product["label"], product["attributes"]):
            script.ask("PATCH", path, other)
        done += 1
    return done
