"""What a new configuration changes: things added, removed and changed, down to the setting."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from bridge.configuration import Bundle

NOTHING = object()


class Sign(StrEnum):
    ADDED = "+"
    REMOVED = "-"
    CHANGED = "~"


@dataclass(frozen=True, slots=True)
class Change:
    """`settings`: for a changed thing, each setting with what it was and what it will be."""

    sign: Sign
    thing: str
    settings: tuple[str, ...] = ()

    def __str__(self) -> str:
        return f"{self.sign} {self.thing}" + "".join(f"\n    {setting}" for setting in self.settings)


def changes(before: Bundle | None, after: Bundle) -> list[Change]:
    """Feeds stand behind their partner's name; the version says nothing and is left out."""
    old, new = _things(before), _things(after)
    return [change for thing in sorted({*old, *new}) if (change := _change(thing, old.get(thing), new.get(thing)))]


def _things(bundle: Bundle | None) -> dict[str, dict[str, Any]]:
    if bundle is None:
        return {}
    body = bundle.model_dump(mode="json", by_alias=True)
    things = {f"{kind[:-1]} {id}": thing for kind in ("partners", "feeds", "channels") for id, thing in body[kind].items()}
    return things | {"settings": body["settings"]}


def _change(thing: str, old: dict[str, Any] | None, new: dict[str, Any] | None) -> Change | None:
    if old is None:
        return Change(Sign.ADDED, thing)
    if new is None:
        return Change(Sign.REMOVED, thing)
    settings = tuple(_settings((), old, new))
    return Change(Sign.CHANGED, thing, settings) if settings else None


def _settings(path: tuple[str, ...], old: Any, new: Any) -> Iterator[str]:
    if isinstance(old, dict) and isinstance(new, dict):
        for key in old | new:
            yield from _settings((*path, key), old.get(key, NOTHING), new.get(key, NOTHING))
        if list(old) != list(new) and old.keys() == new.keys():
            yield f"{'.'.join(path)}: in another order"
    elif old != new:
        where = ".".join(path)
        match old is NOTHING, new is NOTHING:
            case True, _:
                yield f"{where}: new"
            case _, True:
                yield f"{where}: gone"
            case _:
                yield f"{where}: {_shown(old)} → {_shown(new)}"


def _shown(value: Any) -> str:
    match value:
        case None:
            return "not set"
        case bool():
            return "yes" if value else "no"
        case list():
            return f"[{', '.join(map(str, value))}]"
        case _:
            return str(value)
