"""What bringing a SKU in step needs, and what it asks of Plytix: yielded, so that whoever drives it decides how it is sent."""

from __future__ import annotations

import math
from collections.abc import Callable, Generator
from dataclasses import dataclass, field

from bridge.configuration import Bundle
from bridge.domain.claim import Intended
from bridge.domain.forecast import WORTH
from bridge.domain.judge import Judged
from bridge.domain.product import Product
from bridge.domain.reconcile import Kind
from bridge.domain.row import Sku, Value
from bridge.domain.wanted import EXISTS
from bridge.ports import Claims, Clock, Plytix, Schemas, Tables
from bridge.services.schema import Doubt


@dataclass(frozen=True, slots=True)
class Heart:
    """What bringing a SKU in step needs."""

    configuration: Bundle
    claims: Claims
    tables: Tables
    plytix: Plytix
    schemas: Schemas
    clock: Clock
    worth: int = WORTH
    until: int | None = None  # ms; Plytix is asked nothing after it, so that the function's time never ends in the middle of a request
    doubt: Doubt = field(default_factory=Doubt)
    stops: Callable[[str], str] = lambda feed: ""  # why what a feed wants must wait, if it must; asked before each

    @property
    def left_s(self) -> float:
        return math.inf if self.until is None else (self.until - self.clock()) / 1000


@dataclass(frozen=True, slots=True)
class Look:
    """A product is to be read, by its id or, where that is not known, by its SKU. The answer is None where there is none."""

    sku: Sku
    id: str = ""


@dataclass(frozen=True, slots=True)
class Send:
    """A product is to be made or changed. The claim says so first; None: it was another's by then, nothing was sent."""

    sku: Sku
    holder: str
    kind: Kind
    id: str
    intent: dict[str, Intended]

    @property
    def values(self) -> dict[str, Value]:
        return {a: i.said.value for a, i in self.intent.items() if a != EXISTS}


Ask = Look | Send
Asking = Generator[Ask, Product | None, "Judged | None"]
