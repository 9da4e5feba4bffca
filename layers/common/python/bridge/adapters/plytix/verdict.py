"""What an answer of Plytix means for whoever asked: one pure function over status and body (plytix-api.md §3, §4)."""

from __future__ import annotations

from typing import Any

from bridge.errors import BridgeError, Changed, Denied, Fate, Later, Refused, Stop, TooLarge

OF_VALUES = {"attribute_labels", "content_type"}
"""Fields whose 400 is the values' fault: a resync, an asset's new content (plytix-api.md §7.3, §8.1). Any other 400 is ours."""


def judge(status: int, body: Any, retry_after_s: float | None = None) -> BridgeError | None:
    """None: done. `body` as parsed, None where it was not JSON; `retry_after_s` from the header.

    What only Plytix itself can know (404, 409, 422) counts only in its own words: a gateway's 404 page must never bury a product.
    """
    match status:
        case 200 | 201 | 202 | 204:
            return None
        case 429:
            wait_s, window_s = said(body, retry_after_s)
            return Later("Plytix: the window is full", window_s if wait_s is None else wait_s, Fate.NOT_DONE)
        case 404 | 409 | 422 if message(body) is None:
            return Later(f"a {status} that does not come from Plytix itself", fate=Fate.UNKNOWN)
        case 409 if "gtin" in fields(body):
            return Refused(fields(body))  # another product's GTIN: a value's fault, not the product's (§6.4)
        case 404 | 409:
            return Changed(f"Plytix answered {status}: {message(body)}", fields(body))
        case 400 if OF_VALUES & fields(body).keys():
            return Refused(fields(body))
        case 422:
            return Refused(fields(body) or {"*": message(body) or ""})
        case 413:  # a gateway's, most likely: no source tells of Plytix' own (plytix-api.md §4)
            return TooLarge({"*": "the request is larger than Plytix takes"})
        case 403:
            return Denied(f"Plytix answered 403: {message(body)}")
        case 504:
            return Later("Plytix answered 504", retry_after_s, Fate.IN_FLIGHT)  # the gateway waits no longer; who works behind it may
        case status if status >= 500:
            return Later(f"Plytix answered {status}", retry_after_s, Fate.UNKNOWN)
        case _:
            return Stop(f"Plytix answered {status}: {message(body)}")  # 401 of a fresh token: the key; 3xx, 400, 405: we


def message(body: Any) -> str | None:
    """The `msg` of the error envelope; None where the body is no envelope."""
    match body:
        case {"error": {"msg": said}}:
            return str(said).strip()
        case {"error": {}}:
            return ""
        case _:
            return None


def fields(body: Any) -> dict[str, str]:
    """Field → what is wrong with it; fields are named as columns are, without the prefix `attributes.`."""
    match body:
        case {"error": {"errors": [*items]}}:
            named = [(i["field"], i.get("msg")) for i in items if isinstance(i, dict) and isinstance(i.get("field"), str)]
        case _:
            named = []
    told: dict[str, str] = {}
    for name, said in named:
        label = name.removeprefix("attributes.")
        told[label] = f"{told[label]}; {said}" if label in told else str(said)
    return told


def said(body: Any, retry_after_s: float | None) -> tuple[float | None, float | None]:
    """What a 429 says: how long to wait, by the header, else by `ttl` (ms); and how long the window is that is full (s)."""
    told = body if isinstance(body, dict) else {}
    ttl, size = told.get("ttl"), told.get("window_size")
    wait = retry_after_s if retry_after_s is not None else ttl / 1000 if isinstance(ttl, int | float) else None
    return wait, float(size) if isinstance(size, int | float) else None


def envelope(body: Any) -> Any:
    """What of a refusing body may be logged: the error and the window, never anything else."""
    known = ("error", "message", "msg", "detail", "limit", "window_size", "ttl")
    return {name: body[name] for name in known if name in body} if isinstance(body, dict) else None
