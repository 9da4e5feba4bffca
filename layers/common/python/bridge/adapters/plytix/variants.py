"""Variants of a parent: made, linked, unlinked, put in step again (plytix-api.md §7.3). One call of a parent at a time."""

from __future__ import annotations

from collections.abc import Collection

from bridge.adapters.plytix.answers import one, product
from bridge.adapters.plytix.products import Products, at_fault, body
from bridge.adapters.plytix.session import Call, Kind, Session
from bridge.domain.product import Product
from bridge.domain.row import Sku, Value
from bridge.errors import Refused


class Variants:
    """Raises Changed where parent or variant is gone; Refused where they cannot be what is asked."""

    def __init__(self, session: Session, products: Products) -> None:
        self._session, self._products = session, products

    def create(self, parent: str, sku: Sku, values: dict[str, Value]) -> Product:
        """A product that is a variant at once, in one request. Changed: the SKU is taken, or the parent is gone.

        Through v1, whose answer is the whole product.
        """
        given = {name: value for name, value in values.items() if value is not None}
        variant = {"sku": sku, **body(given, self._products.media(given))}
        call = Call(Kind.CREATE, "POST", f"/api/v1/products/{parent}/variants", {"variant": variant})
        with self._session.turns.of(parent):
            try:
                return product(one(self._session.ask(call)))
            except Refused as refused:
                raise Refused(at_fault(refused.fields, {"sku", *given})) from None

    def of(self, parent: str) -> list[Product]:
        """Whole, through v1, the only version that lists them. None of a product that is no parent; Changed: it is gone."""
        call = Call(Kind.READ, "GET", f"/api/v1/products/{parent}/variants")
        return [product(entity) for entity in self._session.ask(call)]

    def link(self, parent: str, variant: str) -> None:
        """A product that is there already; its values for what it inherits give way to the parent's. Linked already is success.

        Refused: another family than the parent's, or no single product.
        """
        with self._session.turns.of(parent):
            try:
                self._session.tell(Call(Kind.LINK, "POST", f"/api/v2/products/{parent}/variant/{variant}"))
            except Refused:
                if not self._is_of(parent, variant):
                    raise

    def unlink(self, parent: str, variant: str) -> None:
        """A single product again, without what it inherited. Not linked is success."""
        with self._session.turns.of(parent):
            try:
                self._session.tell(Call(Kind.LINK, "DELETE", f"/api/v2/products/{parent}/variant/{variant}"))
            except Refused as refused:
                if "not variant of the parent" not in refused.fields.get("variant", ""):
                    raise

    def resync(self, parent: str, attributes: Collection[str], variants: Collection[str]) -> None:
        """The parent's values stand again in these variants. Refused: an attribute that they do not inherit."""
        asked = {"attribute_labels": list(attributes), "variant_ids": list(variants)}
        with self._session.turns.of(parent):
            self._session.tell(Call(Kind.LINK, "POST", f"/api/v2/products/{parent}/variants/resync", asked))

    def _is_of(self, parent: str, variant: str) -> bool:
        """The words of such a refusal are not recorded, so it is looked at."""
        found = self._products.read(variant)
        return found is not None and found.parent == parent
