"""One request as a resource sees it, and what it answers (plytix-api.md §1.1)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from local.plytix.entities import Actor, Product
from local.plytix.refusal import Fault, bad_schema
from local.plytix.store import Store


@dataclass(slots=True)
class Call:
    """`args`: ids of the path. `sku`, `id`, `changed` are noted by the resource, for the request log."""

    store: Store
    actor: Actor
    version: int
    args: tuple[str, ...] = ()
    query: Mapping[str, str] = field(default_factory=dict)
    body: Any = None
    origin: str = ""  # scheme, host and port, for `Location`
    sku: str | None = None
    id: str | None = None
    changed: bool = False

    def about(self, product: Product, *, changed: bool) -> None:
        """Note which product this was about and whether it is another now."""
        self.sku, self.id, self.changed = product.sku, product.id, changed

    def fields(self) -> dict[str, Any]:
        """The body, which must be an object."""
        if not isinstance(self.body, dict):
            raise bad_schema(Fault("_schema", "Invalid input type."))
        return self.body


@dataclass(frozen=True, slots=True)
class Answer:
    """`content` is turned into JSON on its way out, bytes are sent as they are; None sends no body (204)."""

    status: int
    content: Any = None
    headers: tuple[tuple[str, str], ...] = ()


def data(status: int, *items: Any, headers: tuple[tuple[str, str], ...] = ()) -> Answer:
    """The success envelope: `data` is a list, even for one entity (§1.1)."""
    return Answer(status, {"data": list(items)}, headers)


EMPTY = Answer(204)
