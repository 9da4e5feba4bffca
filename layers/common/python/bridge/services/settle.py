"""Settle what a dead worker left: find out what of its request reached Plytix (DESIGN.md §5)."""

from __future__ import annotations

from collections.abc import Generator

from bridge.domain.claim import Claim, Intended
from bridge.domain.history import Act
from bridge.domain.mirror import Mirror
from bridge.domain.product import Product
from bridge.domain.reconcile import Kind
from bridge.domain.row import Sku
from bridge.domain.values import digest
from bridge.domain.wanted import EXISTS
from bridge.services.heart import Heart, Look
from bridge.services.note import Done, bury, remember


def settle(sku: Sku, claim: Claim, heart: Heart) -> Generator[Look, Product | None, None]:
    """Read what of a dead worker's request reached Plytix, and credit that to the runs that wanted it.

    Sending it again would not do: a refresh may have brought the values into the mirror since (then no run would be named),
    or a person may have changed them (then his edit would be undone).
    """
    product = yield Look(sku, claim.id if claim.kind is Kind.PATCH else "")
    if product is None:
        if claim.kind is Kind.PATCH:
            bury(sku, claim.id, heart.tables)
        return
    mirror = heart.tables.mirror(sku)
    noted = mirror.id == product.id and EXISTS in mirror.applied
    ours = claim.kind is Kind.PATCH or (bool(product.created_by_api) and not noted)
    landed = {a: i for a, i in claim.intent.items() if _landed(a, i, product) and not _is_noted(a, i, mirror, product)}
    act = Act.CREATE if claim.kind is Kind.CREATE else Act.PATCH
    remember(product, heart.tables, heart.clock, Done(sku, act, landed) if ours and landed else None, sku)


def _landed(attribute: str, intended: Intended, product: Product) -> bool:
    if attribute == EXISTS:
        return True
    now = digest(product.values.get(attribute))
    return now != digest(intended.before) and (now == intended.said.digest or bool(product.modified_by_api))


def _is_noted(attribute: str, intended: Intended, mirror: Mirror, product: Product) -> bool:
    """It died after the note, before the claim was freed."""
    applied = mirror.applied.get(attribute)
    if applied is None or mirror.id != product.id or mirror.modified < product.modified:
        return False
    return (applied.sent, applied.run) == (intended.said.digest, intended.said.run)
