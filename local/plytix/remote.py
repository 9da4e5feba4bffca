"""Steering a simulator in another process, by the calls of `control.py` over HTTP."""

from __future__ import annotations

import json
from typing import Any
from urllib.error import HTTPError
from urllib.request import Request, urlopen


class Remote:
    """`Remote(url).call("edit", sku="A-1", values={"label": "New"})`."""

    def __init__(self, url: str) -> None:
        self.url = url.rstrip("/")

    def call(self, name: str, **arguments: Any) -> Any:
        """What the control call gives. Raises ValueError with the simulator's words where it refuses."""
        body, headers = json.dumps(arguments).encode(), {"Content-Type": "application/json"}
        request = Request(f"{self.url}/_sim/{name}", body, headers, method="POST")
        try:
            with urlopen(request, timeout=60) as answer:
                return json.load(answer)["answer"]
        except HTTPError as refused:
            raise ValueError(f"/_sim/{name}: {refused.read().decode()}") from None
