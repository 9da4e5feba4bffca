"""What hangs on a product: assets, categories, its family (plytix-api.md §7.1, §7.2, §7.5). Linked twice is linked, unlinked twice too.

The links of one product are made one after the other, however many threads ask.
"""

from __future__ import annotations

from bridge.adapters.plytix.answers import one, product
from bridge.adapters.plytix.session import Call, Kind, Session
from bridge.domain.product import Product
from bridge.errors import Changed

OF_THE_LINK = {"asset.id", "category.id"}
"""Fields that a 409 names of what is linked already, and a 404 of what is not linked (§4, §13, 9); of a product it names others."""
THUMBNAIL = "thumbnail"


class Links:
    """Raises Changed where the product, or what is to be linked to it, is gone; Refused where it cannot be linked."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def link_asset(self, product: str, asset: str, attribute: str = THUMBNAIL) -> None:
        """In the thumbnail or a media attribute it takes the place of another, in a gallery it is one more (300 in all)."""
        self._link(product, "assets", {"id": asset, "attribute_label": attribute})

    def unlink_asset(self, product: str, asset: str) -> None:
        """Wherever the product shows it; the asset itself stays."""
        self._unlink(product, "assets", asset)

    def link_category(self, product: str, category: str) -> None:
        """Refused, and not Changed: there is no such category (§7.2)."""
        self._link(product, "categories", {"id": category})

    def unlink_category(self, product: str, category: str) -> None:
        self._unlink(product, "categories", category)

    def assign_family(self, id: str, family: str | None) -> Product:
        """None takes it off. Values outside the new family may go, also those of the variants (§7.5). Refused: it is a variant.

        Through v1, whose answer is the whole product.
        """
        call = Call(Kind.LINK, "POST", f"/api/v1/products/{id}/family", {"product_family_id": family or ""})
        with self._session.turns.of(id):
            return product(one(self._session.ask(call)))

    def _link(self, product: str, kind: str, body: dict[str, str]) -> None:
        with self._session.turns.of(product):
            try:
                self._session.tell(Call(Kind.LINK, "POST", f"/api/v2/products/{product}/{kind}", body))
            except Changed as changed:
                if not any("already linked" in said for field, said in changed.fields.items() if field in OF_THE_LINK):
                    raise

    def _unlink(self, product: str, kind: str, id: str) -> None:
        with self._session.turns.of(product):
            try:
                self._session.tell(Call(Kind.LINK, "DELETE", f"/api/v2/products/{product}/{kind}/{id}"))
            except Changed as changed:
                if not OF_THE_LINK & changed.fields.keys():
                    raise
