"""Decide a login at the endpoint: the partner's own answer, or the one refusal that tells nothing (DESIGN.md §11)."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Protocol

from bridge.configuration import Bundle
from bridge.domain.access import REFUSED, Answer, Credentials, Place, admitted, answer
from bridge.domain.password import NOBODYS, verified


@dataclass(frozen=True, slots=True)
class Login:
    """One question of Transfer Family's. `password` empty: the client offers a key, which Transfer itself will prove."""

    username: str
    protocol: str  # SFTP, FTPS or FTP
    address: str
    server: str
    password: str = field(repr=False)

    @classmethod
    def of_event(cls, event: dict[str, Any]) -> Login:
        """For a key login `password` is absent or empty (aws-reference.md §2.1)."""
        return cls(event["username"], event["protocol"], event["sourceIp"], event["serverId"], event.get("password") or "")


@dataclass(frozen=True, slots=True)
class Decision:
    """`why` and `partner` are for our log alone; of an unknown user not even the name (it may be a password)."""

    answer: Answer
    why: str
    partner: str | None

    @property
    def accepted(self) -> bool:
        return self.answer != REFUSED


class Secrets(Protocol):
    """What partners prove themselves by."""

    def read(self, partner: str) -> Credentials | None: ...


def authenticate(login: Login, bundle: Bundle, secrets: Secrets, place: Place) -> Decision:
    """Both questions are asked and answered whoever comes: an unknown user costs what a known one costs."""
    partner = bundle.partners.get(login.username)
    credentials = secrets.read(login.username)
    why = _by_password(login, credentials) if login.password else _by_key(login, credentials)
    if partner is None:
        return Decision(REFUSED, "unknown", None)
    if not admitted(partner, login.protocol, login.address):
        why = "not from there"
    if why:
        return Decision(REFUSED, why, login.username)
    keys = () if login.password or credentials is None else credentials.keys
    return Decision(answer(login.username, partner, place, keys), "", login.username)


def _by_password(login: Login, credentials: Credentials | None) -> str:
    """Why not; empty: it is he."""
    stored = credentials.password if credentials else None
    proven = verified(login.password, stored or NOBODYS)
    return "no password set" if stored is None else "" if proven else "wrong password"


def _by_key(login: Login, credentials: Credentials | None) -> str:
    if login.protocol != "SFTP":
        return "no password given"  # FTP and FTPS know no keys
    return "" if credentials and credentials.keys else "no key set"
