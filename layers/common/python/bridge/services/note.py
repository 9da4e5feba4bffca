"""Note what Plytix answered: mirror and history in one transaction. The mirror stores the answer, not what was sent."""

from __future__ import annotations

from dataclasses import dataclass, replace

from ulid import ULID

from bridge.domain.claim import Intended
from bridge.domain.history import Act, Entry, Made
from bridge.domain.mirror import Applied, Existence, Mirror, buried, seen
from bridge.domain.product import Product
from bridge.domain.row import Sku, Value
from bridge.domain.values import digest
from bridge.domain.wanted import EXISTS, owed
from bridge.ports import Clock, Put, Tables


@dataclass(frozen=True, slots=True)
class Done:
    """A request that reached Plytix, and for which SKU it was meant."""

    sku: Sku
    act: Act
    intent: dict[str, Intended]


def answered(product: Product, base: Mirror, done: Done, now: int) -> tuple[Mirror, Entry]:
    """The mirror and the history entry after an answer to a request of ours. `base`: the mirror of this very SKU."""
    held = {a: _held(product, a, i.said.value, base) for a, i in done.intent.items()}
    applied = {a: Applied(i.said.digest, digest(held[a]), i.feed, i.said.run, i.said.line) for a, i in done.intent.items()}
    made = {a: Made(i.before, held[a], i.said.run, i.feed, i.said.line, _over(base, a, i)) for a, i in done.intent.items()}
    return seen(base, product, applied), Entry(done.sku, done.act, now, str(ULID()), made)


def remember(product: Product, tables: Tables, clock: Clock, done: Done | None = None, asked: Sku | None = None) -> Entry:
    """What is older than the mirror does not count, its SKU neither. A known id with another SKU moves the item and leaves
    RENAMED behind (DESIGN.md §5 census). `done`: it answers a request of ours; gives the entry of it. `asked`: the SKU that it was to
    be, where it answers none."""
    done = done or Done(asked or product.sku, Act.PATCH, {})
    while True:
        own = tables.mirror(product.sku)
        former = product.sku
        known = own.id == product.id and own.existence is Existence.LIVING
        if not known and done.act is not Act.CREATE:
            former = tables.sku_of(product.id) or product.sku
        base = own if former == product.sku else tables.mirror(former)
        if former != product.sku and (base.id != product.id or base.existence is not Existence.LIVING):
            former, base = product.sku, own  # the index was behind
        new, entry = answered(product, base, done, clock())
        puts = _puts(product, former, base, own, new) + _owed(entry, tables)
        if tables.write(*puts, history=[entry] if done.intent else []):
            if done.sku != product.sku:
                _leave(done.sku, product, tables)
            return entry


def _leave(sku: Sku, product: Product, tables: Tables) -> None:
    """Nothing lives under a SKU that the product has no more. The index of ids may have been behind when it was seen under the new one."""
    while True:
        old = tables.mirror(sku)
        if old.id != product.id or old.existence is not Existence.LIVING or old.modified > product.modified:
            return
        if tables.write(Put(sku, old, _renamed(old, product))):
            return


def _owed(entry: Entry, tables: Tables) -> list[Put]:
    """Feeds whose next receipt is to tell that a person's value gave way to theirs."""
    puts = []
    for feed in sorted({made.feed for made in entry.made.values() if made.over}):
        item = tables.wanted(entry.sku, feed)
        if (new := owed(item, entry.overruled(feed))) != item:
            puts.append(Put(entry.sku, item, new, feed))
    return puts


def _puts(product: Product, former: Sku, base: Mirror, own: Mirror, new: Mirror) -> list[Put]:
    if former == product.sku or base.modified > product.modified:  # the latter: an answer from before the rename
        return [Put(former, base, new)]
    return [Put(product.sku, own, replace(new, version=own.version)), Put(former, base, _renamed(base, product))]


def _renamed(old: Mirror, product: Product) -> Mirror:
    return Mirror(Existence.RENAMED, product.id, product.modified, version=old.version)


def _held(product: Product, attribute: str, sent: Value, base: Mirror) -> Value:
    """What Plytix made of it. Where it was read back after a person had changed the product once more it does not tell."""
    held = True if attribute == EXISTS else product.values.get(attribute)
    persons = product.modified_by_api is False and product.modified > base.modified
    return sent if persons and digest(held) != digest(sent) else held


def _over(base: Mirror, attribute: str, intended: Intended) -> bool:
    """Somebody had changed in Plytix what the bridge had written there."""
    applied = base.applied.get(attribute)
    return applied is not None and applied.answered != digest(intended.before)


def bury(sku: Sku, id: str, tables: Tables) -> None:
    """The product is gone: the mirror keeps a tombstone, unless another product stands under the SKU by now."""
    while True:
        old = tables.mirror(sku)
        if old.id != id or old.existence is not Existence.LIVING:
            return
        if tables.write(Put(sku, old, buried(old))):
            return
