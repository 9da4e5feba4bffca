"""A login: the question that Transfer Family asks the identity function, and the answer, obeyed (aws-reference.md §2)."""

from __future__ import annotations

import json
import logging
import re
import secrets
from collections.abc import Callable
from dataclasses import dataclass, field
from itertools import permutations
from typing import Any

from local.endpoint.servers import Protocol, Server

Identify = Callable[[dict[str, Any]], dict[str, Any]]
"""The identity function: Transfer's event in, its answer out. Whatever it raises is a refused login."""
USER_NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_@.-]{2,99}")
LONGEST_POLICY, LONGEST_PATH, LONGEST_SESSION = 2_048, 1_024, 64


class BadAnswer(ValueError):
    """The identity function let somebody in with words that Transfer Family does not take: there, the login just fails."""


@dataclass(frozen=True, slots=True)
class Location:
    """A place in S3. Of a folder, `key` has no slash at its end."""

    bucket: str
    key: str

    def below(self, rest: str) -> Location:
        return Location(self.bucket, f"{self.key}/{rest}" if self.key and rest else self.key or rest)

    def __str__(self) -> str:
        return f"/{self.bucket}/{self.key}"


@dataclass(frozen=True, slots=True)
class Granted:
    """The answer, understood: as whom, under which session policy, and which logical path lies where."""

    role: str
    policy: str | None
    directories: dict[str, Location]
    keys: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Visit:
    """One session of one user over one protocol; what its events and the objects that it writes say of it."""

    server: Server
    protocol: Protocol
    username: str
    address: str
    id: str = field(default_factory=lambda: secrets.token_hex(8))

    @property
    def agent(self) -> str:
        return f"{self.username}@{self.server.id}"

    @property
    def session_name(self) -> str:
        return f"{self.username}.{self.id}@{self.server.id}"[:LONGEST_SESSION]


def ask(identify: Identify, visit: Visit, password: str | None, logger: logging.Logger) -> Granted | None:
    """None: refused, for whatever reason. `password` None: the client offers a key (SFTP), which we shall prove."""
    if not USER_NAME.fullmatch(visit.username):
        return None
    event = {"username": visit.username, "protocol": str(visit.protocol), "serverId": visit.server.id, "sourceIp": visit.address}
    event |= {} if password is None else {"password": password}
    try:
        answer = identify(event)
        return understood(answer, visit.username, with_password=password is not None) if answer.get("Role") else None
    except BadAnswer as fault:
        logger.error("%s login of %s refused: the identity function's answer: %s", visit.protocol, visit.username, fault)
    except Exception as error:  # noqa: BLE001  a function that fails refuses; the text of its error may hold the event
        logger.error("%s login of %s refused: the identity function failed (%s)", visit.protocol, visit.username,
                     type(error).__name__)
    return None


def understood(answer: dict[str, Any], username: str, *, with_password: bool) -> Granted:
    """Raises BadAnswer with what is wrong in it."""
    policy, keys = answer.get("Policy"), answer.get("PublicKeys", [])
    _must(answer.get("HomeDirectoryType") == "LOGICAL", "the twin knows HomeDirectoryType LOGICAL only")
    _must("HomeDirectory" not in answer, "HomeDirectory does not go with LOGICAL")
    _must(policy is None or (isinstance(policy, str) and len(policy) <= LONGEST_POLICY),
          f"Policy is a string of at most {LONGEST_POLICY:,} characters")
    _must(not (with_password and "PublicKeys" in answer), "PublicKeys must not stand beside a password")
    _must(isinstance(keys, list) and all(isinstance(key, str) and "\n" not in key for key in keys),
          "PublicKeys is a list of lines")
    policy = policy and policy.replace("${transfer:UserName}", username)
    return Granted(answer["Role"], policy, _directories(answer.get("HomeDirectoryDetails"), username), tuple(keys))


def _directories(details: Any, username: str) -> dict[str, Location]:
    _must(isinstance(details, str), "HomeDirectoryDetails is a JSON string, not a list")
    found: dict[str, Location] = {}
    for entry, target in _mappings(details):
        target = target.replace("${transfer:UserName}", username)
        _must("${" not in target, f"{target}: only ${{transfer:UserName}} works in a Target")
        _must(entry not in found, f"{entry} is mapped twice")
        for path in (entry, target):
            _must(path.startswith("/") and len(path) <= LONGEST_PATH, f'{path}: paths begin with "/", {LONGEST_PATH:,} at most')
            _must(path == "/" or not path.endswith("/"), f'{path}: no "/" at the end')
        bucket, _, key = target[1:].partition("/")
        found[entry] = Location(bucket, key)
    _must(bool(found), "no directory is mapped")
    for one, other in permutations(found, 2):
        _must(not f"{one}/".startswith(f"{other.rstrip('/')}/"), f"{one} lies in {other}")
    return found


def _mappings(details: str) -> list[tuple[str, str]]:
    try:
        return [(mapping["Entry"], mapping["Target"]) for mapping in json.loads(details)]
    except (ValueError, TypeError, KeyError):
        raise BadAnswer("HomeDirectoryDetails is a list of objects with Entry and Target") from None


def _must(holds: bool, otherwise: str) -> None:
    if not holds:
        raise BadAnswer(otherwise)
