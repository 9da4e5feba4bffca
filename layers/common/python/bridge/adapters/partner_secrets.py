"""What partners prove themselves by, one secret a partner in Secrets Manager: `{"password": hash | null, "keys": […]}`."""

from __future__ import annotations

import re
import secrets
import time
from collections.abc import Callable
from contextlib import suppress
from typing import TYPE_CHECKING, Any

import orjson
from botocore.exceptions import ClientError

from bridge.domain.access import Credentials
from bridge.domain.password import hashed, parse
from bridge.domain.public_key import public_key
from bridge.errors import Stop

if TYPE_CHECKING:
    from mypy_boto3_secretsmanager import SecretsManagerClient

HELD = 1_000  # names kept at once: a scanner must not fill the memory
SHORTEST_PASSWORD = 12  # characters: nothing but the length is asked for (NIST SP 800-63B), as rules make passwords alike
LONGEST_PASSWORD = 1_024  # characters that Transfer Family hands on (aws-reference.md §2.1)
NOBODY = "nobody"  # asked for instead of what cannot be in a secret's name, so that such a name costs the same


class PartnerSecrets:
    """Reads are kept for `keep_s` (a client asks by key and by password in one breath); so is that there is none."""

    def __init__(self, client: SecretsManagerClient, prefix: str, kms_key: str | None = None, keep_s: float = 0.3,
                 clock: Callable[[], float] = time.monotonic) -> None:
        self._client, self._prefix, self._kms_key = client, prefix, kms_key
        self._keep_s, self._clock = keep_s, clock
        self._held: dict[str, tuple[float, Credentials | None]] = {}

    def read(self, partner: str) -> Credentials | None:
        """None: he has no secret. Raises Stop where it cannot be understood."""
        name = partner if re.fullmatch(r"[A-Za-z0-9_@.-]{1,100}", partner) else NOBODY
        now = self._clock()
        if name in self._held and now - self._held[name][0] < self._keep_s:
            return self._held[name][1]
        found = self._fetch(name)
        if len(self._held) >= HELD:
            self._held.clear()
        self._held[name] = (now, found)
        return found

    def set_password(self, partner: str, password: str) -> None:
        """Replaces the one before; his keys stay. Only the hash leaves this machine. Raises ValueError."""
        if not SHORTEST_PASSWORD <= len(password) <= LONGEST_PASSWORD:
            raise ValueError(f"expected a password of {SHORTEST_PASSWORD} to {LONGEST_PASSWORD} characters, of any kind: "
                             "a few words and blanks will do")
        self.set_hash(partner, hashed(password, secrets.token_bytes(16)))

    def set_hash(self, partner: str, stored: str) -> None:
        """Takes over a hash made elsewhere. Raises NotAHash."""
        parse(stored)
        self._store(partner, Credentials(stored.strip(), self._known(partner).keys))

    def add_key(self, partner: str, line: str) -> str:
        """Beside those he has; the same key again replaces its comment. Raises ValueError with what was expected."""
        key = public_key(line)
        held = self._known(partner)
        others = tuple(other for other in held.keys if other.split()[:2] != key.split()[:2])
        self._store(partner, Credentials(held.password, (*others, key)))
        return key

    def remove(self, partner: str) -> None:
        """At once and for good: he cannot log in any more, and the name is free."""
        with suppress(self._client.exceptions.ResourceNotFoundException):
            self._client.delete_secret(SecretId=self._prefix + partner, ForceDeleteWithoutRecovery=True)
        self._held.pop(partner, None)

    def _known(self, partner: str) -> Credentials:
        """To be changed; of a secret that cannot be understood nothing is worth keeping."""
        try:
            return self._fetch(partner) or Credentials()
        except Stop:
            return Credentials()

    def _fetch(self, name: str) -> Credentials | None:
        try:
            answer = self._client.get_secret_value(SecretId=self._prefix + name)
        except ClientError as error:
            if error.response["Error"]["Code"] == "ResourceNotFoundException":
                return None
            raise
        try:
            said = orjson.loads(answer["SecretString"])
            return Credentials(said["password"], tuple(said["keys"]))
        except (KeyError, TypeError, orjson.JSONDecodeError):  # `from None`: the text of a secret is in no traceback
            raise Stop(f'the secret {self._prefix}{name} is not {{"password": …, "keys": […]}}: '
                       f"set it anew with `bridge partner password {name}`") from None

    def _store(self, partner: str, credentials: Credentials) -> None:
        body = orjson.dumps({"password": credentials.password, "keys": list(credentials.keys)}).decode()
        try:
            self._client.put_secret_value(SecretId=self._prefix + partner, SecretString=body)
        except self._client.exceptions.ResourceNotFoundException:
            key: dict[str, Any] = {"KmsKeyId": self._kms_key} if self._kms_key else {}
            self._client.create_secret(Name=self._prefix + partner, SecretString=body, **key)
        self._held.pop(partner, None)
