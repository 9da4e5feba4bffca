"""At which level the attributes of a family stand, and so who inherits them (plytix-api.md §9.3, §11.4)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from local.plytix.attributes import LEVELS
from local.plytix.call import Answer, Call, data
from local.plytix.consequences import SYSTEM, refit
from local.plytix.entities import Family
from local.plytix.refusal import Fault, Refusal, no_entity
from local.plytix.store import Store

INVALID = "product family data validation failed"


def attributes(call: Call) -> Answer:
    """`GET /product_families/{id}/attributes` (§9.3)."""
    return data(200, *_shown(call.store, find(call)))


def all_attributes(call: Call) -> Answer:
    """`GET /product_families/{id}/all_attributes`: with the system attributes (§9.3)."""
    family = find(call)
    system = [
        {"id": None, "label": key, "name": key.title(), "attribute_level": family.system.get(key, "no_level")}
        for key in SYSTEM
    ]
    return data(200, *_shown(call.store, family), *system)


def link(call: Call) -> Answer:
    """`POST /product_families/{id}/attributes/link`: 202; those that it has change their level (§9.3)."""
    family, body = find(call), call.fields()
    level = body.get("attributes_level", "no_level")
    if level not in LEVELS:
        raise Refusal(422, INVALID, Fault("attributes_level", f"Value is not valid, valid values are {list(LEVELS)}"))
    ids, _ = read(call.store, "attributes", body.get("attributes"))
    return _later(call, family, lambda: family.levels.update(dict.fromkeys(ids, level)))


def unlink(call: Call) -> Answer:
    """`POST /product_families/{id}/attributes/unlink`: 202 (§9.3)."""
    family = find(call)
    ids, _ = read(call.store, "attributes", call.fields().get("attributes"))
    return _later(call, family, lambda: _leave(family, ids))


def edit(call: Call) -> Answer:
    """`POST /product_families/{id}/attributes/edit`: labels with their prefix (or bare, as docs have them): 202 (§9.3)."""
    return _edit(call, system=())


def edit_all(call: Call) -> Answer:
    """`POST /product_families/{id}/all_attributes/edit`: also bare names of system attributes: 202 (§9.3)."""
    return _edit(call, system=SYSTEM)


def find(call: Call) -> Family:
    """The family that the path names, or 404 (§4)."""
    family = call.store.families.get(call.args[0])
    if family is None:
        raise no_entity(call.args[0])
    call.id = family.id
    return family


def read(store: Store, key: str, given: Any) -> tuple[list[str], list[str]]:
    """Ids of attributes, and names of system attributes, given as ids or as `{id?, label}`, not mixed (§9.3).

    Completeness cannot join a family. Raises Refusal.
    """
    if not isinstance(given, list) or len({isinstance(item, dict) for item in given}) > 1:
        raise Refusal(422, INVALID, Fault(key, "a list of ids, or of objects"))
    ids, system = [], []
    for item in given:
        label = item.get("label") if isinstance(item, dict) else None
        if label in SYSTEM and not item.get("id"):
            system.append(label)
        else:
            ids.append(_id(store, key, item.get("id") if isinstance(item, dict) else item, label))
    return ids, system


def _id(store: Store, key: str, id: Any, label: Any) -> str:
    attribute = store.attribute(id) if isinstance(id, str) else store.attributes.get(label)
    if attribute is None or attribute.type_class == "CompletenessAttribute":
        raise Refusal(422, INVALID, Fault(key, "attribute does not exist"))
    return attribute.id


def _edit(call: Call, system: tuple[str, ...]) -> Answer:
    family, body = find(call), call.fields()
    levels: dict[str, str] = {}
    others: dict[str, str] = {}
    for level in LEVELS:
        for label in body.get(level) or []:
            attribute = call.store.attributes.get(str(label).removeprefix("attributes."))
            if label in system:
                others[label] = level
            elif attribute is None or attribute.id not in family.levels:
                raise Refusal(422, INVALID, Fault(level, f"{label} is not an attribute of the family"))
            else:
                levels[attribute.id] = level

    def change() -> None:
        family.levels.update(levels)
        family.system.update(others)

    return _later(call, family, change)


def _later(call: Call, family: Family, change: Callable[[], None]) -> Answer:
    """202: the change comes some time later, and with it what is handed down now."""

    def happen() -> None:
        change()
        family.modified = call.store.clock.stamp(after=family.modified)
        if family.id in call.store.families:
            refit(call.store, family.id, call.actor)

    call.changed = True
    call.store.later(happen)
    return Answer(202)


def _leave(family: Family, gone: list[str]) -> None:
    family.levels = {id: level for id, level in family.levels.items() if id not in gone}


def _shown(store: Store, family: Family) -> list[dict[str, Any]]:
    return [
        {"id": a.id, "label": a.label, "name": a.name, "attribute_level": family.levels[a.id]}
        for a in store.attributes.values()
        if a.id in family.levels
    ]
