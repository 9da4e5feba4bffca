"""Bring one SKU in step: reconcile it under its claim, have the change sent, note the answer (DESIGN.md §5).

    worker A ──claim──read──intend──POST──────────x dies            claim.until
    worker B ──────────────────────────refused (AGAIN)───────────────┊──claim──settle──read──…──outcome──free──

A death anywhere is repaired by doing it again: the intent in the claim tells the successor what to look for.

What is asked of Plytix is yielded (`bridge.services.heart`), so that whoever drives it (`bridge.services.asking`) sends it by itself or
together with what other SKUs ask.
"""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import dataclass, replace

from ulid import ULID

from bridge.configuration import Feed
from bridge.domain.claim import Intended
from bridge.domain.history import Act, Entry, Made
from bridge.domain.judge import Judged, judge
from bridge.domain.mirror import Mirror
from bridge.domain.outcome import Outcome
from bridge.domain.product import NO_SUCH_LABEL, Product
from bridge.domain.reconcile import Change, Kind, reconcile, without
from bridge.domain.row import Sku, Value
from bridge.domain.run import Run
from bridge.domain.switch import ASK_AGAIN_S
from bridge.domain.wanted import ELSEWHERE, EXISTS, Refusal, Wanted, definition, owed, told
from bridge.errors import Changed, Endless, Fate, Later, Refused, Stop
from bridge.ports import Put, StagedRow
from bridge.services.heart import Ask, Asking, Heart, Look, Send
from bridge.services.note import Done, answered, bury, remember
from bridge.services.settle import settle

TURNS = 8
"""A loop has a last turn: refusals and people may keep a SKU moving; then it comes again."""
CLOCKS_MS = 60_000
"""Workers' clocks are kept by NTP, not equal."""


@dataclass(frozen=True, slots=True)
class Asked:
    """The row whose outcome is to be told."""

    run: Run
    feed: Feed
    row: StagedRow


def bring(sku: Sku, heart: Heart, asked: Asked | None = None) -> Asking:
    """Bring one SKU in step; gives the outcome of the row that asks. None: another worker has it.

    Raises Later, Stop, as they were thrown in for an answer, and Endless; the claim is let go as far as may be.
    """
    now, holder = heart.clock(), str(ULID())
    claim = heart.claims.claim(sku, holder, now, now + int(heart.configuration.settings.claim_s * 1000))
    if claim is None:
        return None
    if claim.intent:
        try:
            yield from settle(sku, claim, heart)
        except (Later, Stop):
            heart.claims.leave(sku, holder)  # with the intent: whoever comes next must look for it too
            raise
    try:
        judged = yield from _turns(sku, holder, heart, asked)
    except Later as later:
        _let_go(sku, holder, later.fate, heart)
        raise
    except Stop:  # Plytix would not hear us: nothing is under way
        heart.claims.free(sku, holder)
        raise
    heart.claims.free(sku, holder)
    return judged


def _let_go(sku: Sku, holder: str, fate: Fate, heart: Heart) -> None:
    """As soon as no request of ours can be under way any more, others may have the SKU."""
    if fate is Fate.NOT_DONE:
        heart.claims.free(sku, holder)
    elif fate is Fate.UNKNOWN:
        heart.claims.leave(sku, holder)


def _turns(sku: Sku, holder: str, heart: Heart, asked: Asked | None) -> Asking:
    """Read, reconcile, send, until nothing is left to send; then note how each feed stands, and tell the outcome."""
    done: list[Entry] = []
    for _ in range(TURNS):
        seen = Seen(heart.tables.mirror(sku), heart.tables.wanted_of(sku))
        change = reconcile(seen.wanted, seen.mirror, heart.configuration, heart.schemas.current())
        if stopped := {wish.feed: why for wish in change.send.values() if (why := heart.stops(wish.feed))}:
            change = without(change, set(stopped))
            if not change.send and asked is None:
                raise Later(", ".join(stopped.values()), ASK_AGAIN_S)
        if not change.send:
            rest = seen.after(change, asked)
            if heart.tables.write(*rest.puts(sku, seen)):
                return _told(sku, heart, asked, rest, done)
            continue  # a feed has spoken meanwhile
        sent = yield from _send(sku, holder, heart, seen, change, asked)
        if sent is None:
            return None  # the claim is another's by now
        done += sent.entries
        if sent.rest:
            return _told(sku, heart, asked, sent.rest, done)
    raise Endless(f"{sku} came not to rest in {TURNS} turns")


@dataclass(frozen=True, slots=True)
class Seen:
    """What a turn goes by: mirror and wanted as they were read under the claim."""

    mirror: Mirror
    wanted: dict[str, Wanted]

    def after(self, change: Change, asked: Asked | None) -> Seen:
        """When nothing is left to send: how each feed stands, and what the run that asks tells."""
        wanted = dict(self.wanted)
        for feed, stands in change.open.items():
            wanted[feed] = replace(wanted[feed], open=stands, open_since=wanted[feed].open_since if stands else 0)
        if asked and asked.feed.id in wanted:
            wanted[asked.feed.id] = told(wanted[asked.feed.id], asked.run.id, asked.row.values)
        return replace(self, wanted=wanted)

    def puts(self, sku: Sku, before: Seen) -> list[Put]:
        """What of WANTED is not as it was read."""
        return [Put(sku, before.wanted[feed], item, feed) for feed, item in self.wanted.items() if item != before.wanted[feed]]


def _told(sku: Sku, heart: Heart, asked: Asked | None, seen: Seen, done: list[Entry]) -> Judged:
    """The outcome, told before the claim is freed, so that nothing comes between request and outcome.

    History is asked where this worker has not itself done what decides: an earlier one may have, before it died.
    """
    if asked is None:
        return Judged(Outcome.UNCHANGED)
    run, feed = asked.run, asked.feed
    maker = seen.mirror.applied.get(EXISTS)
    mine = [entry for entry in done if entry.names(run.id)]
    if not mine or (maker and maker.run == run.id and all(entry.act is not Act.CREATE for entry in mine)):
        mine = heart.tables.history(sku, run.registered - CLOCKS_MS)
    return judge(run.id, run.sequence, feed, asked.row.values, seen.wanted.get(feed.id, Wanted()), seen.mirror, mine)


# ---- one request ----------------------------------------------------------------------------------------------------------
@dataclass(frozen=True, slots=True)
class Sent:
    """What a request came to. `rest`: nothing is left to send, and that is noted; None: another turn is needed."""

    entries: list[Entry]
    rest: Seen | None = None


def _send(sku: Sku, holder: str, heart: Heart, seen: Seen, change: Change, asked: Asked | None) -> Generator[
        Ask, Product | None, Sent | None]:
    """Have it sent, note the answer. None: the claim was lost, nothing was sent."""
    mirror = seen.mirror
    intent = {a: Intended(w.said, w.feed, mirror.values.get(a)) for a, w in change.send.items()}
    try:
        product = yield Send(sku, holder, change.kind, mirror.id if change.kind is Kind.PATCH else "", intent)
    except Refused as refusal:
        return Sent(_note_refused(sku, heart, seen.wanted, change, refusal))
    except Changed as changed:  # looked into and healed: another id is taken over, none is a tombstone
        found = yield from _look(sku, mirror.id, heart)
        if change.kind is Kind.CREATE and not found:
            raise Endless(f"{sku} cannot be made and is not to be found: {changed}") from changed
        return Sent([])
    if product is None:
        return None
    act = Act.CREATE if change.kind is Kind.CREATE else Act.PATCH
    return _note(product, Done(sku, act, intent), heart, seen, asked)


def _note(product: Product, done: Done, heart: Heart, seen: Seen, asked: Asked | None) -> Sent:
    """Mirror, history and, where nothing is left to send, how each feed stands: in one transaction.

    It holds only if nobody wrote any of them since they were read; else the answer is noted alone, and another turn looks again.
    """
    if product.sku == done.sku:
        new, entry = answered(product, seen.mirror, done, heart.clock())
        now = Seen(new, {feed: owed(item, entry.overruled(feed)) for feed, item in seen.wanted.items()})
        change = reconcile(now.wanted, new, heart.configuration, heart.schemas.current())
        rest = None if change.send else now.after(change, asked)
        if heart.tables.write(Put(done.sku, seen.mirror, new), *(rest or now).puts(done.sku, seen), history=[entry]):
            return Sent([entry], rest)
    return Sent([remember(product, heart.tables, heart.clock, done)])


def _look(sku: Sku, id: str, heart: Heart) -> Generator[Ask, Product | None, bool]:
    """Whether there is one."""
    product = yield Look(sku)
    if product is None and id:
        product = yield Look(sku, id)  # under another SKU by now: renamed, not gone
    if product:
        remember(product, heart.tables, heart.clock, asked=sku)
    else:
        bury(sku, id, heart.tables)
    return product is not None


def _doubted(heart: Heart, refused: dict[str, Value]) -> set[str]:
    """Of which attributes Plytix has been asked now, since the schema as known would have taken the value."""
    known = heart.schemas.current()
    unexplained = {a for a, value in refused.items() if a in known.types and not known.lacks(a, value)}
    return heart.doubt.settle(unexplained, heart.plytix, heart.schemas) if heart.left_s > 0 else set()


def _note_refused(sku: Sku, heart: Heart, wanted: dict[str, Wanted], change: Change, refusal: Refused) -> list[Entry]:
    """Noted where the value came from; the rest goes at once. Who names nothing we sent refuses all of it, for whatever reason."""
    named = set(refusal.fields) & set(change.send)
    asked, schema = _doubted(heart, {a: change.send[a].said.value for a in named.difference(ELSEWHERE)}), heart.schemas.current()
    if any(refusal.fields[a].rstrip(".") == NO_SUCH_LABEL for a in asked & schema.types.keys()):
        return []  # it is back already: to be sent once more
    definitions = {a: definition(schema, a, w.said.value) if a in named else schema.version for a, w in change.send.items()}
    named, whole = named or set(change.send), "; ".join(f"{f}: {m}" if f != "*" else m for f, m in refusal.fields.items())
    entries = []
    for feed, item in wanted.items():
        mine = {a: change.send[a].said for a in named if change.send[a].feed == feed}
        if mine:
            refused = {a: Refusal(s.digest, definitions[a], refusal.fields.get(a, whole)) for a, s in mine.items()}
            made = {a: Made(None, s.value, s.run, feed, s.line, message=refused[a].message) for a, s in mine.items()}
            entry = Entry(sku, Act.REFUSAL, heart.clock(), str(ULID()), made)
            if heart.tables.write(Put(sku, item, replace(item, refused=item.refused | refused), feed), history=[entry]):
                entries.append(entry)
    return entries
