"""A new token for what the secret holds; credentials that Plytix refuses are left alone as the budget says (plytix-api.md §2)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

from bridge.adapters.plytix.credentials import Credentials
from bridge.adapters.plytix.token import windows
from bridge.adapters.plytix.verdict import judge
from bridge.adapters.plytix.wire import Answer, data
from bridge.domain.budget import Window
from bridge.errors import Later, LoginRefused

SECRET = 12
"""Characters; what is shorter is a word, of the twin's account."""


class Source(Protocol):
    """Where the credentials are kept: `current` as last read, `again` as they are now."""

    def current(self) -> Credentials: ...
    def again(self) -> Credentials: ...


class Door(Protocol):
    """What the budget says of logins, for all workers of the account. `key`: the version of the credentials."""

    def may_log_in(self, key: str) -> None:
        """Raises LoginRefused where it was refused of late."""

    def locked_out(self, key: str, why: str) -> LoginRefused:
        """Plytix refuses it: what all are told from now on."""

    def learn(self, windows: tuple[Window, ...] | None) -> None:
        """One is logged in; the account's limits, as the new token says them."""


class Login:
    """Called by one thread at a time (`Tokens`). `send`: a login, and until when it may take."""

    def __init__(self, source: Source, door: Door, send: Callable[[Credentials, float], Answer]) -> None:
        self._source, self._door, self._send = source, door, send

    def __call__(self, until: float) -> str:
        """Raises LoginRefused, or Later."""
        key = self._source.again()  # four times an hour: somebody may have set another
        self._door.may_log_in(key.version)
        answer = self._send(key, until)
        error = judge(answer.status, answer.body, answer.retry_after_s)
        if isinstance(error, Later):
            raise error
        if error:
            raise self._door.locked_out(key.version, _without(str(error), key.api_password, key.api_key))
        match data(answer):
            case [{"access_token": str(token)}] if token:
                self._door.learn(windows(token))
                return token
        raise Later("Plytix gave no token")


def _without(said: str, *secrets: str) -> str:
    """Who answers may repeat what he was sent, and people read what he says."""
    for secret in secrets:
        if len(secret) >= SECRET:
            said = said.replace(secret, "…")
    return said
