"""The ledger and the claims of the tests' world (`tests/heart/world.py`)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from bridge.domain import claim as claims
from bridge.domain.claim import Claim
from bridge.domain.drop import Drop
from bridge.domain.judge import Judged
from bridge.domain.outcome import Outcome
from bridge.domain.row import Sku
from bridge.domain.run import ENDED, TAKEN, Run, State
from bridge.domain.upload import Upload
from bridge.ports import MirrorState
from tests.heart.stored import stored

if TYPE_CHECKING:
    from tests.heart.world import World


class Ledger:
    def __init__(self, world: World) -> None:
        self.w = world
        self.drops: dict[tuple[str, str], str] = {}
        self.runs: dict[str, Run] = {}
        self.chunks: dict[tuple[str, int], Any] = {}
        self.parts: dict[tuple[str, int], Any] = {}
        self.uploads: list[Upload] = []
        self.failures: Counter[tuple[str, Sku, bool]] = Counter()
        self.mirror_state, self.turn = MirrorState(), 0
        self.closes: dict[str, int] = {}

    def register(self, run: Run) -> tuple[Run, bool]:
        self.w.step(f"register {run.drop.key}")
        key = run.drop.key, run.drop.version
        if key in self.drops:
            return self.runs[self.drops[key]], False
        self.drops[key], self.runs[run.id] = run.id, run
        return run, True

    def run(self, id: str) -> Run:
        self.w.step(f"read run {id}")
        return self.runs[id]

    def knows(self, drop: Drop) -> bool:
        self.w.step(f"is {drop.key} known")
        return (drop.key, drop.version) in self.drops

    def runs_of(self, key: str, since: int = 0) -> list[Run]:
        self.w.step(f"runs of {key}")
        return [self.runs[id] for (k, _), id in self.drops.items() if k == key and self.runs[id].registered >= since]

    def note_upload(self, upload: Upload) -> None:
        self.w.step(f"note upload {upload.key}")
        self.uploads.append(upload)

    def uploads_of(self, key: str) -> list[Upload]:
        self.w.step(f"uploads of {key}")
        return [u for u in self.uploads if u.key == key]

    def prove(self, id: str) -> None:
        self.w.step(f"prove {id}")
        self.runs[id] = replace(self.runs[id], whole=True)

    def cut(self, id: str) -> bool:
        self.w.step(f"cut {id}")
        if self.runs[id].cut_off or self.runs[id].state not in TAKEN:
            return False
        self.runs[id] = replace(self.runs[id], cut_off=True, reported=0)
        return True

    def advance(self, id: str, since: Any, to: State, add: dict[Outcome, int] | None = None, **facts: Any) -> bool:
        self.w.step(f"advance {id} to {to} {facts}")
        run = self.runs[id]
        if run.state not in since:
            return False
        counts = dict(run.counts)
        for outcome, n in (add or {}).items():
            counts[outcome] = counts.get(outcome, 0) + n
        self.runs[id] = replace(run, state=to, counts=counts, **facts)
        if to in ENDED:
            self.closes[id] = self.closes.get(id, 0) + 1
        return True

    def note_chunk(self, id: str, number: int) -> Run:
        self.w.step(f"note chunk {id} {number}")
        self.runs[id] = replace(self.runs[id], noted=number + 1, moved=self.w.now)
        return self.runs[id]

    def chunk(self, id: str, number: int) -> dict[Sku, Judged] | None:
        self.w.step(f"read chunk {id} {number}")
        return self._outcomes(self.chunks[id, number]) if (id, number) in self.chunks else None

    def part(self, id: str, number: int) -> dict[Sku, Judged]:
        self.w.step(f"read part {id} {number}")
        return self._outcomes(self.parts.get((id, number), {}))

    def note_part(self, id: str, number: int, outcomes: dict[Sku, Judged]) -> None:
        self.w.step(f"note part {id} {number} {outcomes}")
        self.parts[id, number] = self._told(outcomes)

    def _told(self, outcomes: dict[Sku, Judged]) -> Any:
        return stored({sku: judged.to_json() for sku, judged in outcomes.items()})

    def _outcomes(self, body: Any) -> dict[Sku, Judged]:
        return {Sku(sku): Judged.from_json(judged) for sku, judged in body.items()}

    def chunks_done(self, id: str) -> Iterator[tuple[int, dict[Sku, Judged]]]:
        self.w.step(f"chunks of {id}")
        return iter([(n, self._outcomes(body)) for (run, n), body in self.chunks.items() if run == id])

    def fail(self, id: str, sku: Sku, *, slow: bool) -> int:
        self.w.step(f"fail {id} {sku}")
        self.failures[id, sku, slow] += 1
        return self.failures[id, sku, slow]

    def spend(self, id: str, spent: Mapping[str, int]) -> None:
        self.w.step(f"spend {id} {spent}")
        run = self.runs[id]
        self.runs[id] = replace(run, spent=dict(Counter(run.spent) + Counter(spent)))

    def waits(self, id: str, why: str, again: int) -> None:
        self.w.step(f"note that {id} waits")
        self.runs[id] = replace(self.runs[id], waits_for=why, again=again)

    def count(self, id: str, number: int, outcomes: dict[Sku, Judged], rows: Mapping[Outcome, int], spent: Mapping[str, int]) -> bool:
        self.w.step(f"count chunk {id} {number} {outcomes}")
        if (id, number) in self.chunks:
            return False
        self.chunks[id, number] = self._told(outcomes)
        run = self.runs[id]
        counts = dict(run.counts)
        for outcome, n in rows.items():
            counts[outcome] = counts.get(outcome, 0) + n
        self.runs[id] = replace(run, done=run.done + 1, counts=counts, moved=self.w.now)
        return True

    def under_way(self) -> list[Run]:
        self.w.step("runs under way")
        return [run for run in self.runs.values() if not run.reported]

    def touch(self, id: str, now: int) -> None:
        self.w.step(f"touch {id}")
        self.runs[id] = replace(self.runs[id], moved=now)

    def is_reported(self, run: Run, now: int) -> bool:
        self.w.step(f"reported {run.id}")
        if self.runs[run.id].cut_off != run.cut_off:
            return False
        self.runs[run.id] = replace(self.runs[run.id], reported=now)
        return True

    def state(self) -> MirrorState:
        self.w.step("read mirror state")
        return self.mirror_state

    def begin(self, now: int, until: int) -> bool:
        self.w.step("take the turn to refresh")
        if self.turn > now:
            return False
        self.turn = until
        return True

    def complete(self, state: MirrorState) -> None:
        self.w.step("refresh complete")
        self.mirror_state, self.turn = state, 0

    def stopped(self, since: int, page: int) -> None:
        self.w.step("the first load stopped")
        self.mirror_state = replace(self.mirror_state, since=since, page=page)

    def nudged(self, pages: int) -> None:
        self.w.step("a refresh stopped")
        self.mirror_state = replace(self.mirror_state, nudged=pages)

    def freed(self, version: str, feed: str, sku: Sku) -> None:
        self.w.step("refused values were looked at")
        self.mirror_state = replace(self.mirror_state, freed=(version, feed, sku))

    def give_back(self, until: int) -> None:
        self.w.step("give the turn back")
        if self.turn == until:
            self.turn = 0


class Claims:
    def __init__(self, world: World) -> None:
        self.w = world
        self.items: dict[Sku, tuple[str, int, Any]] = {}  # holder, until, intent

    def claim(self, sku: Sku, holder: str, now: int, until: int) -> Claim | None:
        self.w.step(f"claim {sku}")
        old = self.items.get(sku)
        if old and old[0] != holder and old[1] > now:
            return None
        self.items[sku] = (holder, until, old[2] if old else None)
        return claims.from_json(stored(old[2]), holder, until) if old and old[2] else Claim(holder, until)

    def intend(self, sku: Sku, claim: Claim) -> bool:
        self.w.step(f"note intent {sku} {sorted(claim.intent)}")
        if self.items.get(sku, ("",))[0] != claim.holder:
            return False
        self.items[sku] = (claim.holder, claim.until, stored(claims.to_json(claim)))
        return True

    def free(self, sku: Sku, holder: str) -> None:
        self.w.step(f"free {sku}")
        if self.items.get(sku, ("",))[0] == holder:
            del self.items[sku]

    def leave(self, sku: Sku, holder: str) -> None:
        self.w.step(f"leave {sku}")
        old = self.items.get(sku)
        if old and old[0] == holder:
            self.items[sku] = (holder, 0, old[2])

    def left_behind(self, now: int) -> list[Sku]:
        self.w.step("claims left behind")
        return [sku for sku, (_, until, intent) in self.items.items() if intent and until < now]
