"""What must be true, written straight from the promises of DESIGN.md §5: no queue, no mirror, no crash, no hash.

One event after the other, with perfect knowledge of who wrote what. The explorer compares the heart with it.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

EXISTS = "exists"


@dataclass(frozen=True)
class IdealFeed:
    name: str
    owners: dict[str, str]  # attribute it gives → who owns it: feed, latest, plytix
    creates: bool
    recreate: bool = False


@dataclass
class Standing:
    """A value in Plytix, who put it there ("bridge" also where the bridge said the same), and when."""

    value: Any = None
    by: str = ""
    at: int = 0
    last: Any = None  # what the bridge last sent, as the feed said it
    held: bool = False  # did a value ever stand here?
    left: Any = "never"  # what Plytix then held: who puts that back puts the bridge's value back


@dataclass
class Saying:
    value: Any
    run: str
    since: int
    said: int


def normal(attribute: str, value: Any) -> Any:
    return value.upper() if attribute == "name" and isinstance(value, str) else value


class Ideal:
    def __init__(self, feeds: list[IdealFeed], options: set[str]) -> None:
        self.feeds, self.options = {f.name: f for f in feeds}, set(options)
        self.products: dict[str, dict[str, Standing]] = {}
        self.graves: dict[str, str] = {}
        self.says: dict[tuple[str, str], dict[str, Saying]] = {}
        self.runs: dict[str, tuple[str, int, dict[str, Any]]] = {}
        self.outcomes: dict[str, dict[str, str]] = {}
        self.written: list[tuple[str, str, str]] = []  # run, SKU, create or patch

    # ---- people
    def person(self, at: int, what: str, sku: str, *rest: Any) -> None:
        if what == "create" and sku not in self.products:
            self.products[sku] = {a: Standing(normal(a, v), "person", at, held=True) for a, v in rest[0].items()}
            self.graves.pop(sku, None)
        elif what == "edit" and sku in self.products:
            attribute, value = rest
            old = self.products[sku].get(attribute, Standing())
            if normal(attribute, value) != old.value:
                by, held = "bridge" if normal(attribute, value) == old.left else "person", old.held or value is not None
                self.products[sku][attribute] = Standing(normal(attribute, value), by, at, old.last, held, old.left)
        elif what == "delete" and sku in self.products:
            del self.products[sku]
            self.graves[sku] = "person"
        elif what == "rename" and sku in self.products and rest[0] not in self.products:
            self.products[rest[0]] = self.products.pop(sku)
            self.graves[sku] = "renamed"
            self.graves.pop(rest[0], None)
        elif what == "option":
            self.options.add(sku)
        self.settle_all()

    # ---- drops
    def drop(self, key: str, feed: str, seq: int, rows: dict[str, Any]) -> None:
        self.runs[key] = (feed, seq, rows)
        for sku, row in rows.items():
            if row is not None:
                self.say(self.feeds[feed], sku, key, seq, row)
        self.settle_all()
        self.outcomes[key] = {sku: "REJECTED" if row is None else self.outcome(self.feeds[feed], sku, key, seq, row)
                              for sku, row in rows.items()}

    def say(self, feed: IdealFeed, sku: str, key: str, seq: int, row: dict[str, Any]) -> None:
        says = self.says.setdefault((feed.name, sku), {})
        for attribute, value in self.expand(feed, row).items():
            old = says.get(attribute)
            if old and old.said >= seq:
                continue
            if old and value == old.value:
                old.said = seq
            else:
                says[attribute] = Saying(value, key, seq, seq)

    def expand(self, feed: IdealFeed, row: dict[str, Any]) -> dict[str, Any]:
        given = {a: v for a, v in row.items() if a in feed.owners}
        return {EXISTS: True, **given} if feed.creates else given

    # ---- what follows
    def value(self, sku: str, attribute: str) -> Any:
        return self.products[sku].get(attribute, Standing()).value

    def speaking(self, sku: str, attribute: str) -> dict[str, Saying]:
        """The feeds whose value for this attribute counts."""
        return {feed: says[attribute] for (feed, s), says in self.says.items()
                if s == sku and attribute in says and (attribute == EXISTS or attribute in self.feeds[feed].owners)
                and not self.refused(attribute, says[attribute])}

    def refused(self, attribute: str, saying: Saying) -> bool:
        return attribute == "color" and saying.value not in self.options

    def winner(self, attribute: str, said: dict[str, Saying]) -> tuple[str, Saying] | None:
        if not said:
            return None
        if attribute == EXISTS:
            return min(said.items(), key=lambda fs: fs[1].since)
        owning = {f: s for f, s in said.items() if self.feeds[f].owners[attribute] == "feed"} or said
        return max(owning.items(), key=lambda fs: fs[1].since)

    def attributes(self, sku: str) -> list[str]:
        return sorted({a for (_, s), says in self.says.items() if s == sku for a in says} - {EXISTS})

    def values(self, sku: str) -> dict[str, Any]:
        return {a: s.value for a, s in self.products[sku].items() if s.value is not None}

    def settle_all(self) -> None:
        for sku in sorted({s for _, s in self.says} | set(self.products)):
            self.settle(sku)

    def settle(self, sku: str) -> None:
        if sku not in self.products:
            maker = self.winner(EXISTS, self.speaking(sku, EXISTS))
            grave = self.graves.get(sku)
            again = any(self.feeds[f].recreate for f in self.speaking(sku, EXISTS))
            if maker is None or grave == "renamed" or (grave == "person" and not again):
                return
            self.products[sku] = {}
            self.graves.pop(sku, None)
            self.written.append((maker[1].run, sku, "create"))
            for attribute in self.attributes(sku):
                if wish := self.winner(attribute, self.speaking(sku, attribute)):
                    self.put(sku, attribute, wish[1], "create")
            return
        for attribute in self.attributes(sku):
            wish = self.winner(attribute, self.speaking(sku, attribute))
            if wish and self.should_write(sku, attribute, *wish):
                self.put(sku, attribute, wish[1], "patch")

    def put(self, sku: str, attribute: str, wish: Saying, kind: str) -> None:
        after = normal(attribute, wish.value)
        self.products[sku][attribute] = Standing(after, "bridge", 0, wish.value, True, after)
        self.written.append((wish.run, sku, "patch"))

    def should_write(self, sku: str, attribute: str, feed: str, wish: Saying) -> bool:
        """Is it for the bridge to write this value over what stands?"""
        stands = self.products[sku].setdefault(attribute, Standing())
        owner = self.feeds[feed].owners[attribute]
        if (stands.by == "bridge" and stands.last == wish.value) or wish.value == stands.value:
            return False
        if owner == "latest":
            return stands.by == "bridge" or wish.since > stands.at
        return owner == "feed" or not stands.held

    def outcome(self, feed: IdealFeed, sku: str, key: str, seq: int, row: dict[str, Any]) -> str:
        kinds = {kind for run, s, kind in self.written if run == key and s == sku}
        if "create" in kinds:
            return "CREATED"
        if kinds:
            return "UPDATED"
        if sku not in self.products:
            if not self.expand(feed, row):
                return "UNCHANGED|HELD|SKIPPED"
            return "HELD" if self.graves.get(sku) in (None, "renamed") else "SKIPPED"
        found = list(self.standings(feed, sku, seq, row))
        return min(found, key=["REJECTED", "SKIPPED|REJECTED", "SKIPPED", "SKIPPED|UNCHANGED", "UNCHANGED"].index, default="UNCHANGED")

    def standings(self, feed: IdealFeed, sku: str, seq: int, row: dict[str, Any]) -> Iterator[str]:
        says = self.says.get((feed.name, sku), {})
        for attribute, value in self.expand(feed, row).items():
            mine, stands = says.get(attribute), self.products[sku].get(attribute, Standing())
            if attribute == EXISTS:
                yield "UNCHANGED"
            elif not mine or value != mine.value or mine.since > seq:
                yield "SKIPPED"
            elif self.refused(attribute, mine):
                won = self.winner(attribute, self.speaking(sku, attribute) | {feed.name: mine})
                yield "REJECTED" if won and won[1] is mine else "SKIPPED|REJECTED"  # was it ever tried?
            elif normal(attribute, value) != stands.value:
                yield "SKIPPED|UNCHANGED" if stands.by == "bridge" and stands.last == value else "SKIPPED"
            else:  # equal but for capitals, and not by us: the bridge cannot know that Plytix takes them for equal
                won = self.winner(attribute, self.speaking(sku, attribute))
                sure = won and won[1].value == value and value in (stands.value, stands.last if stands.by == "bridge" else None)
                yield "UNCHANGED" if sure else "SKIPPED|UNCHANGED"
