"""A census under way: how far it has come, so that the next call of the function goes on there."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import Any

from bridge.domain.row import Sku


@dataclass(slots=True)
class Census:
    """`began`, and when it was last `noted`: ms. `page`: where listing goes on; 0: all is listed. `living`: id → SKU of what was listed,
    and of what was not but lives by its own id. `to`: all SKUs up to this one have been seen to. `told`: what it has done so far."""

    began: int
    noted: int = 0
    page: int = 1
    living: dict[str, Sku] = field(default_factory=dict)
    to: str = ""
    told: dict[str, int] = field(default_factory=lambda: {"listed": 0, "read": 0, "deleted": 0, "sent": 0})

    @property
    def far(self) -> tuple[Any, ...]:
        """Another where it has come on."""
        return self.page, len(self.living), self.to, *self.told.values()


def to_json(census: Census) -> dict[str, Any]:
    """The stored body (format 1)."""
    return asdict(census)


def from_json(body: dict[str, Any]) -> Census:
    return Census(**body)
