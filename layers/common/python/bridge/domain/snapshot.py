"""A snapshot: the living products of the mirror as they stood when a wave was due, a line each (DESIGN.md §5)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import orjson

from bridge.domain.mirror import Existence, Mirror
from bridge.domain.product import Product
from bridge.domain.row import Sku
from bridge.errors import Unreadable

FORMAT = 1


@dataclass(frozen=True, slots=True)
class Head:
    """The first line. `taken`: when it was begun; `refreshed`: how young the mirror was; both in ms."""

    id: str
    taken: int
    refreshed: int


def lines(head: Head, mirrors: Iterable[tuple[Sku, Mirror]]) -> Iterator[bytes]:
    """Tombstones and SKUs that the mirror has never seen are left out."""
    yield _line({"format": FORMAT, "snapshot": head.id, "taken": head.taken, "refreshed": head.refreshed})
    for sku, mirror in mirrors:
        if mirror.existence is Existence.LIVING:
            yield _line({"sku": sku, "id": mirror.id, "modified": mirror.modified, "values": mirror.values, "facts": mirror.facts})


def read(lines: Iterable[bytes]) -> tuple[Head, Iterator[Product]]:
    """Raises Unreadable for another format."""
    rest = iter(lines)
    head = orjson.loads(next(rest, b"{}"))
    if head.get("format") != FORMAT:
        raise Unreadable(f"a snapshot of format {head.get('format')}; this code reads {FORMAT}")
    return Head(head["snapshot"], head["taken"], head["refreshed"]), map(_product, rest)


def _line(content: dict[str, object]) -> bytes:
    return orjson.dumps(content, option=orjson.OPT_APPEND_NEWLINE)


def _product(line: bytes) -> Product:
    said = orjson.loads(line)
    facts = said["facts"]
    return Product(
        id=said["id"], sku=Sku(said["sku"]), modified=said["modified"], values=said["values"], created=facts["created"],
        family=facts["family"], parent=facts["parent"], categories=tuple(facts["categories"]), assets=tuple(facts["assets"]),
    )
