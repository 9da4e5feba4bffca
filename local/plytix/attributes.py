"""Attributes: the account's catalogue of what a product may say of itself (plytix-api.md §9.1)."""

from __future__ import annotations

import re
import unicodedata
from typing import Any

from local.plytix.call import Answer, Call, data
from local.plytix.clock import with_zone
from local.plytix.entities import Attribute, Family
from local.plytix.refusal import REQUIRED, Fault, Refusal, no_entity
from local.plytix.search import MOST_COLUMNS, Field, search
from local.plytix.store import Store
from local.plytix.values import TYPES, WITH_OPTIONS

INVALID = "attribute data validation failed"
NAME_TAKEN = "a product attribute with same name already exists"
LEVELS = ("no_level", "parent_level", "variant_level")
PATCHABLE = {"name": "name", "description": "description", "options": "options", "attributes": "counts"}  # theirs: ours
MOST_OPTIONS, LONGEST_DESCRIPTION = 1000, 200


def create(call: Call) -> Answer:
    """`POST /attributes/product`: 201; the label is made of the name and never changes (§9.1)."""
    attribute = add(call.store, call.fields())
    call.id, call.changed = attribute.id, True
    return data(201, shape(call.store, attribute))


def get(call: Call) -> Answer:
    """`GET /attributes/product/{id}` (§9.1)."""
    return data(200, shape(call.store, find(call)))


def patch(call: Call) -> Answer:
    """`PATCH /attributes/product/{id}`: name, description, the whole set of options, what completeness counts (§9.1)."""
    attribute, body = find(call), call.fields()
    read = _read(call.store, {"name": attribute.name} | body | {"type_class": attribute.type_class}, attribute)
    fields = {own: read[own] for key, own in PATCHABLE.items() if key in body}
    call.changed = any(getattr(attribute, own) != value for own, value in fields.items())
    for own, value in fields.items():
        setattr(attribute, own, value)
    if call.changed:
        attribute.modified = call.store.clock.stamp(after=attribute.modified)
    return data(200, shape(call.store, attribute))


def delete(call: Call) -> Answer:
    """`DELETE /attributes/product/{id}`: 202, its values go with it; 409 while channels or catalogues use it (§9.1)."""
    attribute = find(call)
    if attribute.id in call.store.in_use:
        raise Refusal(409, {"channels": ["A channel"], "ecatalogs": [], "pdfcatalogs": []})
    call.changed = True
    call.store.later(lambda: remove(call.store, attribute))
    return Answer(202)


def search_attributes(call: Call) -> Answer:
    """`POST /attributes/product/search`: id and filter_type, more on request (§9.1)."""
    rows = list(call.store.attributes.values())
    page = search(call.fields(), rows, len(rows), FIELDS.get, COLUMNS.__contains__, MOST_COLUMNS[1])

    def show(attribute: Attribute, columns: list[str]) -> dict[str, Any]:
        whole = shape(call.store, attribute)
        asked = {column: whole[column] for column in columns if column in whole}
        return {"id": attribute.id, "filter_type": filter_type(attribute)} | asked

    return page.answer(show)


def add(store: Store, body: dict[str, Any], label: str | None = None) -> Attribute:
    """A new attribute; its label comes from its name unless one is given. Raises Refusal."""
    fields, families = _read(store, body, None), _families(store, body.get("product_families") or [])
    label = label or label_of(body["name"])
    attribute = Attribute(store.new_id(), label=label, modified=store.clock.stamp(), **fields)
    if attribute.label in store.attributes:
        raise _name_taken()
    store.attributes[attribute.label] = attribute
    for family, at in families:
        family.levels[attribute.id] = at
    return attribute


def remove(store: Store, attribute: Attribute) -> None:
    """Delete an attribute, from products, groups and families too."""
    store.attributes.pop(attribute.label, None)
    for group in store.groups:
        group.labels = [label for label in group.labels if label != attribute.label]
    for product in store.products.values():
        product.attributes.pop(attribute.label, None)
    for family in store.families.values():
        family.levels.pop(attribute.id, None)


def find(call: Call) -> Attribute:
    """The attribute that the path names, or 404 (§4)."""
    attribute = call.store.attribute(call.args[0])
    if attribute is None:
        raise no_entity(call.args[0])
    call.id = attribute.id
    return attribute


def label_of(name: str) -> str:
    """The machine's key: lower case, blank `-` `.` `:` become `_`; what else is not `[a-z0-9_]` goes (I; §9.1, §16, 15)."""
    plain = unicodedata.normalize("NFKD", name).lower()
    return re.sub(r"[^a-z0-9_]", "", re.sub(r"[ \-.:]", "_", plain))[:255]


def filter_type(attribute: Attribute) -> str:
    """The type as filters see it; completeness is a decimal (§9.1)."""
    return "DecimalAttribute" if attribute.type_class == "CompletenessAttribute" else attribute.type_class


def shape(store: Store, attribute: Attribute) -> dict[str, Any]:
    """The whole attribute; options only where the type has some, `groups` are ids (§9.1)."""
    whole: dict[str, Any] = {
        "id": attribute.id,
        "name": attribute.name,
        "label": attribute.label,
        "type_class": attribute.type_class,
        "filter_type": filter_type(attribute),
        "description": attribute.description,
        "groups": [group.id for group in store.groups if attribute.label in group.labels],
        "modified": with_zone(attribute.modified),
    }
    if attribute.type_class in WITH_OPTIONS:
        whole |= {
            "options": list(attribute.options),
            "manual_sorting": attribute.manual_sorting,
            "sort_ascending": attribute.sort_ascending,
        }
    if attribute.type_class == "CompletenessAttribute":
        ids = {label: store.attributes[label].id for label in attribute.counts if label in store.attributes}
        whole["attributes"] = [{"id": ids.get(label), "label": label} for label in attribute.counts]
    return whole


FIELDS: dict[str, Field[Attribute]] = {
    "id": Field("id", "Id", lambda attribute: attribute.id),
    "name": Field("name", "TextAttribute", lambda attribute: attribute.name),
    "label": Field("label", "TextAttribute", lambda attribute: attribute.label, more=("in", "!in")),
    "type_class": Field("type_class", "Id", lambda attribute: attribute.type_class),
    "modified": Field("modified", "DateAttribute", lambda attribute: attribute.modified),
}
COLUMNS = {
    "name", "label", "type_class", "filter_type", "description", "groups", "options", "manual_sorting",
    "sort_ascending", "attributes", "modified",
}  # fmt: skip


def _read(store: Store, body: dict[str, Any], known: Attribute | None) -> dict[str, Any]:
    """Field → value, all faults at once (§9.1)."""
    name, type_class, description = body.get("name"), body.get("type_class"), body.get("description", "")
    options = body.get("options", [])
    faults = [Fault(key, REQUIRED) for key in ("name", "type_class") if not isinstance(body.get(key), str)]
    if not faults and type_class not in TYPES:
        faults.append(Fault("type_class", f"Value is not valid, valid values are [{', '.join(TYPES)}]"))
    if not isinstance(description, str) or len(description) > LONGEST_DESCRIPTION:
        faults.append(Fault("description", f"Longer than maximum length {LONGEST_DESCRIPTION}."))
    if not isinstance(options, list) or len(options) > MOST_OPTIONS or not all(isinstance(o, str) for o in options):
        faults.append(Fault("options", f"Must be at most {MOST_OPTIONS} texts."))
    if faults:
        raise Refusal(422, INVALID, *faults)
    if any(other.name == name and other is not known for other in store.attributes.values()):
        raise _name_taken()
    return {
        "name": name,
        "type_class": type_class,
        "description": description,
        "options": _sorted(list(dict.fromkeys(options)), body),
        "manual_sorting": body.get("manual_sorting", True),
        "sort_ascending": body.get("sort_ascending", True),
        "counts": [item["label"] if isinstance(item, dict) else item for item in body.get("attributes", [])],
    }


def _sorted(options: list[str], body: dict[str, Any]) -> list[str]:
    """By hand, or else by the alphabet, up or down (§9.1)."""
    if body.get("manual_sorting", True):
        return options
    return sorted(options, key=str.casefold, reverse=not body.get("sort_ascending", True))


def _families(store: Store, given: Any) -> list[tuple[Family, str]]:
    """Those that a new attribute belongs to at once, and at which level (§9.1). Raises Refusal."""
    items = [item for item in given if isinstance(item, dict)] if isinstance(given, list) else [{}]
    if any(item.get("id") not in store.families or item.get("attribute_level", "no_level") not in LEVELS for item in items):
        raise Refusal(422, INVALID, Fault("product_families", "product family does not exist"))
    return [(store.families[item["id"]], item.get("attribute_level", "no_level")) for item in items]


def _name_taken() -> Refusal:
    return Refusal(422, NAME_TAKEN, Fault("name", NAME_TAKEN))
