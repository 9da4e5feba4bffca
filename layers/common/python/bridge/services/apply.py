"""Bring SKUs in step: reconcile each under its claim, send, note the answer; count the chunk (DESIGN.md §5).

    worker A ──claim──read──intend──POST──────────x dies            claim.until
    worker B ──────────────────────────refused (AGAIN)───────────────┊──claim──settle──read──…──outcome──free──

A death anywhere is repaired by doing it again: the intent in the claim tells the successor what to look for.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

from ulid import ULID

from bridge.configuration import Bundle, Feed
from bridge.domain.claim import Claim, Intended
from bridge.domain.history import Act, Entry, Made
from bridge.domain.judge import RETIRED, Judged, Note, judge
from bridge.domain.mirror import Mirror
from bridge.domain.outcome import Outcome
from bridge.domain.product import Product
from bridge.domain.reconcile import Change, Kind, reconcile
from bridge.domain.row import Sku, Value
from bridge.domain.run import Run
from bridge.domain.switch import ASK_AGAIN_S
from bridge.domain.values import digest
from bridge.domain.wanted import EXISTS, Refusal, Wanted, owed, told
from bridge.errors import Changed, Fate, Later, Refused, Stop
from bridge.ports import Claims, Clock, Events, Ledger, Plytix, Put, Schemas, Stage, StagedRow, Tables
from bridge.services.close import close
from bridge.services.note import Done, answered, bury, remember

TURNS = 8
"""A loop has a last turn: refusals and people may keep a SKU moving; then another message goes on."""
CLOCKS_MS = 60_000
"""Workers' clocks are kept by NTP, not equal."""


@dataclass(frozen=True, slots=True)
class Heart:
    """What `apply` needs."""

    configuration: Bundle
    ledger: Ledger
    claims: Claims
    tables: Tables
    stage: Stage
    plytix: Plytix
    schemas: Schemas
    events: Events
    clock: Clock
    until: int | None = None  # ms; no SKU is begun after it, so that the function's time never ends in the middle of one
    stops: Callable[[str], str] = lambda feed: ""  # why a feed's rows must wait, if they must; asked before each


@dataclass(frozen=True, slots=True)
class Asked:
    """The row whose outcome is to be told."""

    run: Run
    feed: Feed
    row: StagedRow


def apply_chunk(id: str, number: int, heart: Heart) -> None:
    """Reconcile each SKU of the chunk, count it, close the run if it was the last. Raises Later where it is to come again."""
    run = heart.ledger.run(id)
    if heart.ledger.chunk(id, number) is None:
        feed = heart.configuration.feeds.get(run.feed)
        outcomes: dict[Sku, Judged] = {}
        for row in heart.stage.chunk(id, run.attempt, number):
            if not row.same and (judged := _outcome(run, feed, row, heart)):
                outcomes[row.sku] = judged
        rows: dict[Outcome, int] = {}
        for judged in outcomes.values():
            rows[judged.outcome] = rows.get(judged.outcome, 0) + 1
        heart.ledger.count(id, number, outcomes, rows)
    close(id, heart.ledger, heart.events, heart.clock)


def _outcome(run: Run, feed: Feed | None, row: StagedRow, heart: Heart) -> Judged:
    if heart.until is not None and heart.clock() >= heart.until:
        raise Later("the function's time is up", 0)
    if why := heart.stops(run.feed):
        raise Later(why, ASK_AGAIN_S)
    if feed is None:  # retired since: what it wants counts no more
        return Judged(Outcome.SKIPPED, (Note("sku", RETIRED),))
    judged = bring(row.sku, heart, Asked(run, feed, row))
    if judged is None or judged.outcome is Outcome.RETRYING:
        raise Later(f"{row.sku} is not at rest yet")
    return judged


def apply_sku(sku: Sku, heart: Heart) -> None:
    """The same for one SKU that nobody waits for."""
    if bring(sku, heart) is None:
        raise Later(f"{sku} is not at rest yet")


def bring(sku: Sku, heart: Heart, asked: Asked | None = None) -> Judged | None:
    """Bring one SKU in step; gives the outcome of the row that asks. None: another worker has it, or it came not to rest."""
    now, holder = heart.clock(), str(ULID())
    claim = heart.claims.claim(sku, holder, now, now + int(heart.configuration.settings.claim_s * 1000))
    if claim is None:
        return None
    if claim.intent:
        try:
            _settle(sku, claim, heart)
        except (Later, Stop):
            heart.claims.leave(sku, holder)  # with the intent: whoever comes next must look for it too
            raise
    try:
        judged = _turns(sku, holder, heart, asked)
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


def _turns(sku: Sku, holder: str, heart: Heart, asked: Asked | None) -> Judged | None:
    """Read, reconcile, send, until nothing is left to send; then note how each feed stands, and tell the outcome."""
    done: list[Entry] = []
    for _ in range(TURNS):
        seen = Seen(heart.tables.mirror(sku), heart.tables.wanted_of(sku))
        change = reconcile(seen.wanted, seen.mirror, heart.configuration, heart.schemas.version())
        if not change.send:
            rest = seen.after(change, asked)
            if heart.tables.write(*rest.puts(sku, seen)):
                return _told(sku, heart, asked, rest, done)
            continue  # a feed has spoken meanwhile
        sent = _send(sku, holder, heart, seen, change, asked)
        if sent is None:
            return None  # the claim is another's by now
        done += sent.entries
        if sent.rest:
            return _told(sku, heart, asked, sent.rest, done)
    return None


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


def _send(sku: Sku, holder: str, heart: Heart, seen: Seen, change: Change, asked: Asked | None) -> Sent | None:
    """Say what will be sent, send it, note the answer. None: the claim was lost, nothing was sent."""
    mirror = seen.mirror
    intent = {a: Intended(w.said, w.feed, mirror.values.get(a)) for a, w in change.send.items()}
    until = heart.clock() + int(heart.configuration.settings.claim_s * 1000)
    if not heart.claims.intend(sku, Claim(holder, until, change.kind, mirror.id if change.kind is Kind.PATCH else "", intent)):
        return None
    body: dict[str, Value] = {a: w.said.value for a, w in change.send.items() if a != EXISTS}
    try:
        if change.kind is Kind.CREATE:
            product, act = heart.plytix.create(sku, body), Act.CREATE
        else:
            product, act = heart.plytix.patch(mirror.id, body), Act.PATCH
    except Refused as refusal:
        return Sent(_note_refused(sku, heart, seen.wanted, change, refusal))
    except Changed:  # looked into and healed: another id is taken over, none is a tombstone
        _look(sku, mirror.id, heart)
        return Sent([])
    return _note(product, Done(sku, act, intent), heart, seen, asked)


def _note(product: Product, done: Done, heart: Heart, seen: Seen, asked: Asked | None) -> Sent:
    """Mirror, history and, where nothing is left to send, how each feed stands: in one transaction.

    It holds only if nobody wrote any of them since they were read; else the answer is noted alone, and another turn looks again.
    """
    if product.sku == done.sku:
        new, entry = answered(product, seen.mirror, done, heart.clock())
        now = Seen(new, {feed: owed(item, entry.overruled(feed)) for feed, item in seen.wanted.items()})
        change = reconcile(now.wanted, new, heart.configuration, heart.schemas.version())
        rest = None if change.send else now.after(change, asked)
        if heart.tables.write(Put(done.sku, seen.mirror, new), *(rest or now).puts(done.sku, seen), history=[entry]):
            return Sent([entry], rest)
    return Sent([remember(product, heart.tables, heart.clock, done)])


def _look(sku: Sku, id: str, heart: Heart) -> None:
    product = heart.plytix.find(sku)
    if product is None and id:
        product = heart.plytix.read(id)  # under another SKU by now: renamed, not gone
    if product:
        remember(product, heart.tables, heart.clock)
    else:
        bury(sku, id, heart.tables)


def _note_refused(sku: Sku, heart: Heart, wanted: dict[str, Wanted], change: Change, refusal: Refused) -> list[Entry]:
    """Noted where the value came from, value and schema; the rest goes at once. Who names nothing we sent refuses all of it."""
    named = set(refusal.fields) & set(change.send) or set(change.send)
    schema, whole = heart.schemas.version(), "; ".join(f"{f}: {m}" if f != "*" else m for f, m in refusal.fields.items())
    entries = []
    for feed, item in wanted.items():
        mine = {a: change.send[a].said for a in named if change.send[a].feed == feed}
        if mine:
            refused = {a: Refusal(s.digest, schema, refusal.fields.get(a, whole)) for a, s in mine.items()}
            made = {a: Made(None, s.value, s.run, feed, s.line, message=refused[a].message) for a, s in mine.items()}
            entry = Entry(sku, Act.REFUSAL, heart.clock(), str(ULID()), made)
            if heart.tables.write(Put(sku, item, replace(item, refused=item.refused | refused), feed), history=[entry]):
                entries.append(entry)
    return entries


# ---- what a dead worker left ------------------------------------------------------------------------------------------------
def _settle(sku: Sku, claim: Claim, heart: Heart) -> None:
    """Read what of a dead worker's request reached Plytix, and credit that to the runs that wanted it.

    Sending it again would not do: a refresh may have brought the values into the mirror since (then no run would be named),
    or a person may have changed them (then his edit would be undone).
    """
    product = heart.plytix.find(sku) if claim.kind is Kind.CREATE else heart.plytix.read(claim.id)
    if product is None:
        if claim.kind is Kind.PATCH:
            bury(sku, claim.id, heart.tables)
        return
    mirror = heart.tables.mirror(sku)
    noted = mirror.id == product.id and EXISTS in mirror.applied
    ours = claim.kind is Kind.PATCH or (bool(product.created_by_api) and not noted)
    landed = {a: i for a, i in claim.intent.items() if _landed(a, i, product) and not _is_noted(a, i, mirror, product)}
    act = Act.CREATE if claim.kind is Kind.CREATE else Act.PATCH
    remember(product, heart.tables, heart.clock, Done(sku, act, landed) if ours and landed else None)


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
