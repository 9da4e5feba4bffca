"""The token that every request to Plytix carries: 15 minutes long, renewed before it ends (plytix-api.md §2)."""

from __future__ import annotations

import base64
import binascii
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import orjson

from bridge.domain.budget import Window
from bridge.errors import Later, Stop

LIFETIME_S = 900.0  # where the token does not tell
LEEWAY_S = 60.0
TOLD_S, IN_VAIN_S = 1.0, 10.0
"""How long nobody logs in: a refusal is told to all who wait for the lock; after a token that is refused though new."""


def claims(token: str) -> dict[str, Any]:
    """What a JWT says, unverified: it is Plytix's to verify, ours only to read its times. Nothing readable: {}."""
    part = [*token.split("."), ""][1]
    try:
        said = orjson.loads(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)))
    except (binascii.Error, orjson.JSONDecodeError):
        return {}
    return said if isinstance(said, dict) else {}


def lifetime_s(token: str, now: float) -> float:
    """By `exp - iat`, so that a clock of ours that is wrong does no harm; without `iat` by our clock."""
    said = claims(token)
    expires, issued = said.get("exp"), said.get("iat", now)
    if not isinstance(expires, int | float) or not isinstance(issued, int | float):
        return LIFETIME_S
    return float(expires - issued)


def windows(token: str) -> tuple[Window, ...] | None:
    """How often the account may ask; nothing else announces it (plytix-api.md §2). None: the token does not say, or not plainly.

    A limit that a request a millisecond would keep to is none.
    """
    match claims(token):
        case {"user_claims": {"account": {"rate_limit": [*said]}}}:
            found = [_window(window) for window in said]
            return None if None in found else tuple(window for window in found if window and window.limit < window.size)
    return None


def _window(said: Any) -> Window | None:
    match said:
        case {"limit": int() | float() as limit, "window_size": int() | float() as size_s} if limit >= 1 and size_s > 0:
            return Window(int(limit), round(size_s * 1000))
    return None


@dataclass(frozen=True, slots=True)
class Token:
    text: str = field(repr=False)
    renew_at: float  # Unix s, some way before it expires


class Tokens:
    """One token for all threads; whoever finds it old renews it while the others wait, so that one renewal serves all."""

    def __init__(self, log_in: Callable[[float], str], clock: Callable[[], float] = time.time) -> None:
        self._log_in = log_in
        self._clock = clock
        self._lock = threading.Lock()
        self._kept = Token("", 0)
        self._stop, self._stop_until = Stop(), 0.0

    def current(self, until: float, refused: str = "") -> str:
        """A token that is not about to expire and is not `refused`. `until`: time.monotonic() at which the caller gives up.

        Raises what kept another thread from it, or Later.
        """
        if not self._lock.acquire(timeout=max(0.0, until - time.monotonic())):
            raise Later("another thread is still renewing the token of Plytix")
        try:
            if self._kept.text == refused or self._clock() >= self._kept.renew_at:
                self._kept = self._renewed(until)
            return self._kept.text
        finally:
            self._lock.release()

    def in_vain(self, stop: Stop) -> None:
        """The newest token was refused too: another would be no better."""
        with self._lock:
            self._stop, self._stop_until = stop, self._clock() + IN_VAIN_S

    def _renewed(self, until: float) -> Token:
        asked = self._clock()
        if asked < self._stop_until:
            raise self._stop.with_traceback(None)
        try:
            text = self._log_in(until)
        except Stop as stop:
            self._stop, self._stop_until = stop, self._clock() + TOLD_S
            raise
        lifetime = lifetime_s(text, asked)
        return Token(text, asked + lifetime - min(LEEWAY_S, lifetime / 4))
