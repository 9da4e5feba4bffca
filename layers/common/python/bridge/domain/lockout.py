"""Plytix refuses the API key: who may try to log in, and when, so that no number of workers makes a storm of it (DESIGN.md §6)."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any


@dataclass(frozen=True, slots=True)
class Lockout:
    """Since when (ms) Plytix refuses, and what it says. Nobody logs in with version `key` of the credentials before `until`."""

    key: str
    why: str
    since: int
    until: int


def knock(lockout: Lockout | None, key: str, now: int, pause: int) -> tuple[Lockout | None, bool]:
    """Whether one may log in with this version. Where it has been refused it is one worker a `pause` (ms); another is tried at once."""
    if lockout is None or lockout.key != key:
        return lockout, True
    return (lockout, False) if now < lockout.until else (replace(lockout, until=now + pause), True)


def refused(lockout: Lockout | None, key: str, why: str, now: int, pause: int) -> Lockout:
    return Lockout(key, why, lockout.since if lockout else now, now + pause)


def to_json(lockout: Lockout | None) -> list[Any] | None:
    return [lockout.key, lockout.why, lockout.since, lockout.until] if lockout else None


def from_json(body: list[Any] | None) -> Lockout | None:
    return Lockout(*body) if body else None
