"""Who may ask: the token exchange and its own limiter (plytix-api.md §2)."""

from __future__ import annotations

from functools import cache
from random import Random
from typing import Any

import jwt
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, generate_private_key

from local.plytix.call import Answer
from local.plytix.clock import Clock
from local.plytix.entities import Actor
from local.plytix.limits import Limits, Sliding
from local.plytix.refusal import REQUIRED, Fault, Refusal

LIFETIME_S = 900
PER_SECOND = 15  # token requests; Kong's header names (§2)


class Tokens:
    """One pair of credentials and the tokens that live; several may at once (§2)."""

    def __init__(self, clock: Clock, account_id: str, key_id: str, key: str, password: str, random: Random) -> None:
        self.key, self.password, self.lifetime_s = key, password, float(LIFETIME_S)
        self._clock, self._random = clock, random
        self._live: dict[str, float] = {}  # token → end, Unix seconds
        self._window = Sliding(PER_SECOND, 1)
        self.belong_to(account_id, key_id)

    def belong_to(self, account_id: str, key_id: str) -> None:
        """Whose they are, and under which id their key stands in audits."""
        self.account_id, self.actor = account_id, Actor("API", key_id, self.key, self.key)

    def exchange(self, body: Any, limits: Limits) -> Answer:
        """`POST /auth/api/get-token`: 200 with a token that names the account's limits (§2)."""
        if not isinstance(body, dict) or not all(isinstance(body.get(key), str) for key in ("api_key", "api_password")):
            faults = [Fault(key, REQUIRED) for key in ("api_key", "api_password")]
            raise Refusal(400, "Bad request", *faults)
        if (body["api_key"], body["api_password"]) != (self.key, self.password):
            unknown = body["api_key"] != self.key
            why = "Query did not throw any results" if unknown else "Credentials not valid"
            raise Refusal(401, f"Bad api_key or api_password: {why}", Fault("http_status_code", 401))
        return Answer(200, {"data": [{"access_token": self._issue(limits), "refresh_token": self._random.randbytes(16).hex()}]})

    def limited(self, limits: Limits) -> bool:
        """Whether this token request is one too many in a second; never where limits are off."""
        return bool(limits.windows) and not self._window.take(self._clock.now())

    def holder(self, header: str | None) -> Actor:
        """Who asks, by the `Authorization` header. Raises a 401: no header, garbage, `Bearer None`, expired (§2)."""
        if not header:
            raise Refusal(401, "Missing Authorization Header")
        end = self._live.get(header.removeprefix("Bearer "))
        if end is None:
            raise Refusal(401, "Invalid token", Fault("http_status_code", 401))
        if end <= self._clock.now():
            raise Refusal(401, "Token has expired", Fault("http_status_code", 401))
        return self.actor

    def expire(self) -> None:
        """End all tokens now."""
        self._live = dict.fromkeys(self._live, 0.0)

    def revive(self) -> None:
        """All that were ever issued are good again: clients that outlive a test hold them."""
        self.lifetime_s = float(LIFETIME_S)
        self._live = dict.fromkeys(self._live, self._clock.now() + self.lifetime_s)

    def _issue(self, limits: Limits) -> str:
        now = self._clock.now()
        claims = {
            "iat": int(now),
            "exp": int(now + self.lifetime_s),
            "jti": self._random.randbytes(16).hex(),
            "user_claims": {
                "role": "admin",
                "permissions": ["pim"],
                "account": {"id": self.account_id, "rate_limit": limits.claim()},
            },
        }
        token = jwt.encode(claims, _signing_key(), algorithm="RS256")
        self._live[token] = now + self.lifetime_s
        return token


@cache
def _signing_key() -> RSAPrivateKey:
    """One a process: making it takes longer than all else at the start."""
    return generate_private_key(public_exponent=65537, key_size=2048)
