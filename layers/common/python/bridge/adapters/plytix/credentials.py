"""The account's API key and where Plytix stands, from Secrets Manager."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import orjson

from bridge.errors import Stop

if TYPE_CHECKING:
    from mypy_boto3_secretsmanager import SecretsManagerClient

REMEDY = "set it with `bridge secret set plytix --key KEY`"


@dataclass(frozen=True, slots=True)
class Credentials:
    """Base URLs without a final slash; one for both where the simulator answers. Neither half of the key is ever shown.

    `version`: the secret's, another each time it is set.
    """

    api_key: str = field(repr=False)
    api_password: str = field(repr=False)
    auth_url: str
    pim_url: str
    version: str = ""


def credentials(secret: str, version: str = "") -> Credentials:
    """Out of the secret's JSON. Raises Stop, naming what is missing and never what is there."""
    try:
        content: Any = orjson.loads(secret)
    except orjson.JSONDecodeError:
        raise Stop(f"the Plytix secret is not JSON: {REMEDY}") from None
    given = content if isinstance(content, dict) else {}
    wanted = ("api_key", "api_password", "auth_url", "pim_url")
    if missing := [name for name in wanted if not isinstance(given.get(name), str) or not given[name]]:
        raise Stop(f"the Plytix secret has no {', '.join(missing)}: {REMEDY}")
    return Credentials(given["api_key"], given["api_password"], given["auth_url"].rstrip("/"), given["pim_url"].rstrip("/"), version)


class Secret:
    """The secret `arn`, kept in memory: a warm worker reads it again for each login, and no oftener."""

    def __init__(self, client: SecretsManagerClient, arn: str) -> None:
        self._client = client
        self._arn = arn
        self._lock = threading.Lock()
        self._kept: Credentials | None = None

    def current(self) -> Credentials:
        with self._lock:
            if self._kept is None:
                self._kept = self._read()
            return self._kept

    def again(self) -> Credentials:
        """As it is now: somebody may have set a new key since."""
        with self._lock:
            self._kept = self._read()
            return self._kept

    def _read(self) -> Credentials:
        try:
            answer = self._client.get_secret_value(SecretId=self._arn)
        except self._client.exceptions.ResourceNotFoundException:
            raise Stop(f"the Plytix secret holds nothing yet: {REMEDY}") from None
        return credentials(answer["SecretString"], answer["VersionId"])
