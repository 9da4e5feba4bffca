"""The account's structure: what of its schema `GET /filters/product` does not tell (plytix-api.md §9)."""

from __future__ import annotations

from bridge.adapters.plytix.attributes import Attributes
from bridge.adapters.plytix.categories import Categories, Tree
from bridge.adapters.plytix.families import Families
from bridge.adapters.plytix.relationships import Relationships
from bridge.adapters.plytix.session import Session
from bridge.domain.product import Attribute, Family, Path, Structure
from bridge.errors import Changed


def structure(session: Session, now_ms: int) -> Structure:
    """A request a hundred attributes, groups, families, categories of each tree and relationships, and one more a family."""
    return Structure(now_ms, _attributes(session), _families(session), _categories(session, Tree.PRODUCT), _categories(session, Tree.FILE),
                     {found.label: found.id for found in Relationships(session).all()})


def _attributes(session: Session) -> dict[str, Attribute]:
    found = Attributes(session)
    of: dict[str, list[str]] = {}
    for group in found.groups():
        for label in group.attribute_labels:
            of.setdefault(label, []).append(group.name)
    return {a.label: Attribute(a.id, a.name, a.type_class, tuple(of.get(a.label, ()))) for a in found.all()}


def _families(session: Session) -> dict[str, Family]:
    families, found = Families(session), {}
    for family in families.all():
        try:
            members = families.members(family.id)
        except Changed:  # deleted since it was listed
            continue
        found[family.id] = Family(family.id, family.name, {member.label: member.attribute_level or "no_level" for member in members})
    return found


def _categories(session: Session, tree: Tree) -> dict[Path, str]:
    return {tuple(category.path): category.id for category in Categories(session).all(tree)}
