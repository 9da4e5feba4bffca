"""What follows from a change of a product: `modified` moves, the history tells of it, variants inherit (plytix-api.md §7.3).

A family says which values stand at the parent (level 1) or at the variant (level 2); those below hold the same ones, unless
they were written themselves: then they are overwritten until a resync. Keys are `attributes.<label>` and the names of system
attributes. Values are handed down when they change, so each product holds all that it shows.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from local.plytix.entities import Actor, Change, Product
from local.plytix.store import Store

SYSTEM = ("thumbnail", "label", "status", "categories")  # of the system attributes only these may inherit (§11.4)
WATCHED = ("sku", "label", "gtin", "status", "thumbnail", "categories", "family", "parent", "variants")
INHERITED_FROM = {"parent_level": 1, "variant_level": 2}
EMPTY: dict[str, Any] = {"categories": [], "status": "Draft"}  # what is left where an inherited value goes; else None


def touch(store: Store, product: Product, actor: Actor) -> None:
    """A product was written: what it inherits and yet was written is overwritten; those below follow."""
    _note(store, product, actor, own=True)
    for below in beneath(store, product):
        follow(store, below, actor)


def born(store: Store, product: Product, actor: Actor) -> None:
    """A product was made."""
    store.remember(product)
    store.changes.append(Change(product.created, actor, product.id, product.sku, "created"))


def gone(store: Store, product: Product, actor: Actor) -> None:
    """A product was deleted."""
    store.changes.append(Change(store.clock.stamp(), actor, product.id, product.sku, "deleted"))


def follow(store: Store, product: Product, actor: Actor) -> None:
    """Take over the values that it inherits; where they are others now, that is a change."""
    inherit(store, product)
    _note(store, product, actor, own=False)


def inherit(store: Store, product: Product) -> None:
    """Let it hold what those above hold, but for what is overwritten."""
    keys = inherited(store, product)
    product.overwritten = [key for key in product.overwritten if key in keys]
    for key, source in keys.items():
        if key not in product.overwritten:
            put(product, key, value(source, key))


def level(store: Store, product: Product) -> int:
    """0 single, 1 parent, 2 variant, 3 sub-variant (§6.1)."""
    if product.parent is None:
        return 1 if product.variants else 0
    return 2 if store.products[product.parent].parent is None else 3


def beneath(store: Store, product: Product) -> Iterator[Product]:
    """Variants and sub-variants, each before those below it."""
    for id in product.variants:
        yield store.products[id]
        yield from beneath(store, store.products[id])


def inherited(store: Store, product: Product) -> dict[str, Product]:
    """Key → the product above that its value stands at."""
    if product.parent is None or product.family is None:
        return {}
    line = [product]
    while (above := line[0].parent) is not None:
        line.insert(0, store.products[above])
    sources = {at: line[depth - 1] for at, depth in INHERITED_FROM.items() if depth < len(line)}
    return {key: sources[at] for key, at in levels(store, product.family).items() if at in sources}


def levels(store: Store, family_id: str) -> dict[str, str]:
    """Key → level, of all attributes and system attributes of a family (§9.3)."""
    family = store.families[family_id]
    own = {f"attributes.{a.label}": family.levels[a.id] for a in store.attributes.values() if a.id in family.levels}
    return own | family.system


def refit(store: Store, family_id: str, actor: Actor) -> None:
    """The levels of a family are others now: what is inherited is handed down, over what stood there (§11.4: data loss)."""
    for product in [p for p in store.products.values() if p.family == family_id and p.parent is None]:
        for below in beneath(store, product):
            follow(store, below, actor)


def value(product: Product, key: str) -> Any:
    """What a product holds under a key."""
    if key.startswith("attributes."):
        return product.attributes.get(key.removeprefix("attributes."))
    return getattr(product, key)


def put(product: Product, key: str, held: Any) -> None:
    """Let it hold something else."""
    if not key.startswith("attributes."):
        setattr(product, key, held)
        return
    label = key.removeprefix("attributes.")
    if product.attributes.get(label) != held:
        values = product.attributes | {label: held}
        product.attributes = {name: kept for name, kept in values.items() if kept is not None}


def _note(store: Store, product: Product, actor: Actor, *, own: bool) -> None:
    """`modified` moves and the history gets an entry, where something is another; `own`: it moves in any case."""
    before = store.before.get(product.id)
    fields = tuple(_differences(store, before, product)) if before else ()
    if not (fields or own):
        return
    product.modified, product.modified_by = store.clock.stamp(after=product.modified), actor
    if own and product.parent is not None:
        written = {key for key, _, _ in fields} & set(inherited(store, product))
        product.overwritten = [*product.overwritten, *sorted(written - set(product.overwritten))]
    store.remember(product)
    store.changes.append(Change(product.modified, actor, product.id, product.sku, "changed", fields))


def _differences(store: Store, before: Product, after: Product) -> Iterator[tuple[str, Any, Any]]:
    for key in WATCHED:
        if (old := getattr(before, key)) != (new := getattr(after, key)):
            yield key, old, new
    if before.attributes is not after.attributes:
        for label in dict.fromkeys([*before.attributes, *after.attributes]):
            if (old := before.attributes.get(label)) != (new := after.attributes.get(label)):
                yield f"attributes.{label}", old, new
    if before.relationships is not after.relationships:
        for id in dict.fromkeys([*before.relationships, *after.relationships]):
            if (old := _related(before, id)) != (new := _related(after, id)):
                yield f"relationships.{store.relationships[id].label}", old, new


def _related(product: Product, id: str) -> dict[str, int | None]:
    return {other: link.quantity for other, link in product.relationships.get(id, {}).items()}
