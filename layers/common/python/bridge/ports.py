"""The ports of the services: the smallest protocols that they need. Each method is one outside call.

Adapters of the same names stand in `bridge.adapters`; the tests' hand-written twins in `tests/heart`.
Writes are conditional: a step done twice counts once. Times are ms since 1970.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, BinaryIO, Protocol

from bridge.configuration import Bundle, Lane
from bridge.domain.census import Census
from bridge.domain.claim import Claim
from bridge.domain.drop import Drop
from bridge.domain.history import Entry
from bridge.domain.judge import Judged
from bridge.domain.mirror import Mirror
from bridge.domain.outcome import Outcome
from bridge.domain.product import Listed, Product, Schema, Structure
from bridge.domain.row import Sku, Value
from bridge.domain.run import Run, State
from bridge.domain.upload import Upload
from bridge.domain.wanted import Wanted
from bridge.errors import BridgeError

Clock = Callable[[], int]
"""Now, in ms."""


class Configurations(Protocol):
    def current(self) -> Bundle: ...


class Ledger(Protocol):
    """Who ran what, and how far it came."""

    def register(self, run: Run) -> tuple[Run, bool]:
        """The run of this drop and whether it is new; the second of S3's at-least-once events gets the first one's run."""

    def run(self, id: str) -> Run: ...
    def knows(self, drop: Drop) -> bool:
        """Whether this version of its key is registered."""

    def runs_of(self, key: str, since: int = 0) -> list[Run]:
        """Of all versions of this key that were registered since then, the oldest first."""

    def note_upload(self, upload: Upload) -> None: ...
    def uploads_of(self, key: str) -> list[Upload]: ...
    def prove(self, id: str) -> None:
        """Transfer says that the drop is whole."""

    def advance(self, id: str, since: Sequence[State], to: State, add: dict[Outcome, int] | None = None, **facts: Any) -> bool:
        """To another state, if it is in one of `since`; `facts` are fields of Run, `add` goes to its counts. False: it is not."""

    def note_chunk(self, id: str, number: int) -> Run:
        """Chunk `number` is committed; gives the run as it stands then."""

    def cut(self, id: str) -> bool:
        """Proof that the drop is a fragment came after commit began: once noted, also a run that was reported is to be reported again.
        False: it was noted before, or nothing of the drop was taken."""

    def chunk(self, id: str, number: int) -> dict[Sku, Judged] | None:
        """The outcomes of a chunk that is done."""

    def chunks_done(self, id: str) -> Iterator[tuple[int, dict[Sku, Judged]]]: ...
    def count(self, id: str, number: int, outcomes: dict[Sku, Judged], rows: Mapping[Outcome, int], spent: Mapping[str, int]) -> bool:
        """Note the chunk done and add its rows and requests to the run's, in one transaction; False: it was counted before."""

    def part(self, id: str, number: int) -> dict[Sku, Judged]:
        """Of a chunk under way: the outcomes that were noted last."""

    def note_part(self, id: str, number: int, outcomes: dict[Sku, Judged]) -> None:
        """In the place of what was noted before. Nothing is counted by it."""

    def fail(self, id: str, sku: Sku, *, slow: bool) -> int:
        """The bridge itself failed at this row, or (`slow`) a bulk job with it came to no end; how often by now. Waiting is no failing."""

    def spend(self, id: str, spent: Mapping[str, int]) -> None:
        """Requests of a chunk that is to come again."""

    def waits(self, id: str, why: str, again: int) -> None:
        """For whoever looks: why a chunk had to stop, and when it comes again."""

    def under_way(self) -> list[Run]:
        """Runs that are not reported."""

    def touch(self, id: str, now: int) -> None:
        """It was seen to: what stands still is not sent again before it has stood still anew."""

    def is_reported(self, run: Run, now: int) -> bool:
        """Its drop lies in the archive: from here on run and registration grow old together.
        False: proof has come since `run` was read that its drop is a fragment; it is to be reported again."""


class Claims(Protocol):
    def claim(self, sku: Sku, holder: str, now: int, until: int) -> Claim | None:
        """Mine if free, mine already, or left behind (then with what its dead holder intended); None: somebody has it."""

    def intend(self, sku: Sku, claim: Claim) -> bool:
        """Note what is about to be sent, if the claim is still mine."""

    def free(self, sku: Sku, holder: str) -> None: ...
    def leave(self, sku: Sku, holder: str) -> None:
        """Let others have it at once, with the intent: the request is over, but nobody knows how it went."""

    def left_behind(self, now: int) -> list[Sku]:
        """SKUs whose holder died with an intent."""


@dataclass(frozen=True, slots=True)
class Put:
    """A write, conditional on the version read: `old` is the item as it was read (version 0: it was not there)."""

    sku: Sku
    old: Any
    new: Any
    feed: str = ""  # set: an item of WANTED; empty: of MIRROR


class Tables(Protocol):
    """WANTED, MIRROR, HISTORY. Reads are consistent."""

    def wanted(self, sku: Sku, feed: str) -> Wanted: ...
    def wanted_of(self, sku: Sku) -> dict[str, Wanted]: ...
    def wanted_many(self, skus: Sequence[Sku], feed: str) -> dict[Sku, Wanted]: ...
    def due(self, feed: str, before: int) -> list[Sku]:
        """SKUs on the feed's open list with something due since before `before`."""

    def open_list(self, feed: str) -> list[Sku]:
        """All SKUs on it, whatever they wait for."""

    def mirror(self, sku: Sku) -> Mirror: ...
    def mirrors(self, skus: Sequence[Sku]) -> dict[Sku, Mirror]: ...
    def sku_of(self, id: str) -> Sku | None:
        """Under which SKU the mirror keeps the living product `id` (eventually consistent)."""

    def all_mirrors(self) -> Iterator[tuple[Sku, Mirror]]: ...
    def history(self, sku: Sku, since: int) -> list[Entry]:
        """From `since` on, in ms."""

    def write(self, *puts: Put, history: Sequence[Entry] = ()) -> bool:
        """All or none; none (False) if one of them is no longer what was read, or many are too large for one transaction."""


class Stage(Protocol):
    """What `read` found, as chunks, under the attempt that wrote it."""

    def write_chunk(self, run: str, attempt: str, number: int, rows: list[StagedRow]) -> None: ...
    def chunk(self, run: str, attempt: str, number: int) -> list[StagedRow]: ...
    def write_settled(self, run: str, attempt: str, lines: Iterable[dict[str, Any]]) -> None:
        """Rows whose outcome is known without Plytix, and all issues: streamed."""

    def settled(self, run: str, attempt: str) -> Iterator[dict[str, Any]]: ...


@dataclass(frozen=True, slots=True)
class StagedRow:
    """A record in the stage. `same`: the row only repeats what its feed said last; it needs no look at Plytix. `refused`: as its record."""

    sku: Sku
    number: int
    line: int
    values: dict[str, Value]
    same: bool = False
    refused: dict[str, str] = field(default_factory=dict)


class Exchange(Protocol):
    """The exchange bucket, as the partners see it, and the archive."""

    def open(self, drop: Drop) -> BinaryIO:
        """Its bytes, of this very version; seekable; from the archive where it has moved there. Raises Stop where it is nowhere."""

    def write(self, partner: str, path: str, content: BinaryIO | bytes, kind: str) -> None:
        """Whole or not at all, below the partner's tree."""

    def tell(self, partner: str, path: str, content: bytes, kind: str, rank: str) -> None:
        """The same, but only in the place of a word of a lower rank: one that knows less."""

    def archive(self, run: Run) -> None:
        """Copy, then delete of that version; done before is done."""

    def lying(self, before: int) -> Iterator[Drop]:
        """What lies in inboxes since before `before`: latest versions, folders left out."""


@dataclass(frozen=True, slots=True)
class Held:
    """Messages in a queue, as many as it believes to have. `hidden`: in workers' hands, and those that come again later."""

    visible: int
    hidden: int

    @property
    def all(self) -> int:
        return self.visible + self.hidden


class Queues(Protocol):
    def send_run(self, run: Run, again: str = "") -> None: ...
    def send_chunk(self, run: Run, number: int) -> None: ...
    def send_sku(self, lane: Lane, sku: Sku) -> None: ...
    def send_waited(self, run: Run, after_s: float) -> None:
        """To the intake: the wait for Transfer's word is over."""

    def send_found(self, drop: Drop) -> None:
        """To the intake: this lies in an inbox."""

    def held_runs(self) -> Held: ...
    def held_changes(self, lane: Lane) -> Held: ...


class Events(Protocol):
    def run_closed(self, run: Run) -> None: ...


@dataclass(frozen=True, slots=True)
class Edit:
    """A patch, for a job of many."""

    id: str
    sku: Sku
    values: dict[str, Value]


class Plytix(Protocol):
    """What the heart asks of Plytix. Raises Refused, Changed, Later, Stop (`bridge.errors`)."""

    @property
    def requests(self) -> Mapping[str, int]:
        """Sent so far, by kind."""

    def create(self, sku: Sku, values: dict[str, Value]) -> Product: ...
    def patch(self, id: str, values: dict[str, Value]) -> Product: ...
    def patch_many(self, edits: Sequence[Edit], patience_s: float) -> dict[str, Product | BridgeError]:
        """Bulk jobs, where the account is entitled to them: by id what a patch each would have given or raised. `patience_s`: how long
        to wait for their ends."""

    def may_edit_many(self) -> bool:
        """Whether the account is entitled to bulk jobs: asked anew."""

    def read(self, id: str) -> Product | None: ...
    def find(self, sku: Sku) -> Product | None: ...
    def find_many(self, skus: Sequence[Sku]) -> list[Product]:
        """Those of them that there are, a hundred a request."""

    def listed(self, since_ms: int | None, page: int = 1) -> Iterator[Listed]:
        """From that page on."""

    def read_many(self, ids: Sequence[str]) -> list[Product]: ...
    def schema(self) -> Schema:
        """Without its structure: one request."""

    def structure(self, now_ms: int) -> Structure:
        """Many requests."""


@dataclass(frozen=True, slots=True)
class MirrorState:
    """How far the mirror is: `loaded` when the first full load was complete (0: it is not), `since` the watermark of the last
    complete refresh (its start), `refreshed` when that ended, `census` when the last complete census began. `bulk`: whether the
    account was entitled to bulk jobs when that was last asked, with the first load and each census. `page`: where the first load,
    begun at `since`, goes on; 0: it is not under way. `nudged`: pages of a refresh that had to stop whose SKUs were sent. `freed`: the
    schema's version, the feed and the SKU up to which refused values were looked at that it may let go."""

    loaded: int = 0
    since: int = 0
    refreshed: int = 0
    schema: str = ""
    census: int = 0
    bulk: bool = False
    page: int = 0
    nudged: int = 0
    freed: tuple[str, ...] = ()


class MirrorStates(Protocol):
    def state(self) -> MirrorState: ...
    def begin(self, now: int, until: int) -> bool:
        """Take the turn to refresh; False: another has it."""

    def complete(self, state: MirrorState) -> None:
        """Note how far it came, and give the turn back."""

    def stopped(self, since: int, page: int) -> None:
        """The first load, begun at `since`, came as far as this page."""

    def nudged(self, pages: int) -> None:
        """A refresh had to stop, and had sent what was out of step on so many pages."""

    def freed(self, version: str, feed: str, sku: Sku) -> None:
        """So far refused values were looked at that this version of the schema may let go."""

    def no_jobs(self) -> None:
        """Plytix denies the account bulk jobs, whatever it said when it was asked; until the next census asks again."""

    def give_back(self, until: int) -> None:
        """The turn that was taken until then, by one who failed; another's is left to him."""


class Censuses(Protocol):
    """How far a census has come."""

    def last(self) -> Census | None:
        """That was noted: the one under way, or one that is complete."""

    def note(self, under_way: Census) -> None:
        """In the place of what was noted before."""


class Schemas(Protocol):
    """The schema as last fetched, in the work bucket."""

    def current(self) -> Schema:
        """As it was when this was first asked: whoever goes by it does so to his end, or until he stores another. NO_SCHEMA where there is
        none."""

    def stored(self) -> Schema | None: ...
    def store(self, schema: Schema) -> None: ...

