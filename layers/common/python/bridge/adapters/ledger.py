"""The ledger in DynamoDB: drops, runs, chunks, and Transfer's word on uploads.

| pk, sk                      | an item holds                                                        |
|-----------------------------|----------------------------------------------------------------------|
| `drop#<key>`, version       | which run this version of this key has: three events for it are one  |
| `drop#<key>`, `run#<id>`    | the same by time of registration: what a late word looks through     |
| `drop#<key>`, `upload#…`    | Transfer's word, kept a day: it may come before S3's event           |
| `run#<id>`, `run`           | the run; `open` = `run` until it is reported, `done` afterwards      |
| `run#<id>`, `chunk#<n>`     | a chunk that is done, with its outcomes                              |
| `run#<id>`, `part#<n>`      | the outcomes of a chunk under way, as far as it came                 |
| `run#<id>`, `failed#<sku>`  | how often the bridge failed at a row, or its bulk jobs had no end      |

A registration must not go while its object lies in an inbox: `redrive` would find it there, know nothing of it and take it a second
time. So none expires before its run is reported, however long that takes; and a run is reported only when `archive` has deleted its very
version from the inbox for good (no delete marker, from under which it could come back; S3 gives no version id twice). Registration and
run then go after the same `RUNS_KEPT_S`, which is also far longer than any event can be late (queues keep messages 14 days).
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError
from ulid import ULID

from bridge.adapters.body import SAYS, Bodies, Item, is_refusal, readable
from bridge.adapters.run_item import SPENT, from_item, key_of, to_item, value_of
from bridge.adapters.update import Update
from bridge.domain.drop import Drop
from bridge.domain.judge import Judged
from bridge.domain.outcome import Outcome
from bridge.domain.row import Sku
from bridge.domain.run import TAKEN, Run, State
from bridge.domain.upload import Upload
from bridge.errors import Later

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

WORD_KEPT_S, RUNS_KEPT_S = 86_400, 400 * 86_400
LISTED_KEPT_S = 30 * 86_400  # no word is so late: messages live 14 days
LAST = "~"  # behind every letter and digit


class Ledger:
    """See `bridge.ports.Ledger`."""

    def __init__(self, dynamodb: DynamoDBClient, table: str, bodies: Bodies) -> None:
        self._db, self._table, self._bodies = dynamodb, table, bodies

    # ---- drops and runs
    def register(self, run: Run) -> tuple[Run, bool]:
        pk, named = f"drop#{run.drop.key}", {"run": {"S": run.id}, **SAYS}
        by_time = {**key_of(pk, f"run#{run.id}"), **named, "expires": {"N": str(run.registered // 1000 + LISTED_KEPT_S)}}
        items = ({**key_of(pk, run.drop.version), **named}, by_time, to_item(run, self._bodies))
        new = "attribute_not_exists(pk)"
        try:
            self._db.transact_write_items(TransactItems=[
                {"Put": {"TableName": self._table, "Item": item, "ConditionExpression": new}} for item in items])
        except ClientError as error:
            if not is_refusal(error):
                raise
            known = self._find(pk, run.drop.version)
            if known is None:
                raise Later("the same drop is being registered at this moment", 1) from error
            return self.run(readable(known)["run"]["S"]), False
        return run, True

    def knows(self, drop: Drop) -> bool:
        return self._find(f"drop#{drop.key}", drop.version) is not None

    def run(self, id: str) -> Run:
        return from_item(self._get(f"run#{id}", "run"), self._bodies)

    def runs_of(self, key: str, since: int = 0) -> list[Run]:
        first = ULID.from_bytes(max(since, 0).to_bytes(6) + bytes(10))  # an id begins with the time of registration
        return [self.run(readable(item)["run"]["S"]) for item in self._query(f"drop#{key}", "run#", str(first))]

    def advance(self, id: str, since: Sequence[State], to: State, add: dict[Outcome, int] | None = None, **facts: Any) -> bool:
        update = Update().set("state", {"S": to.value})
        for name, value in facts.items():
            update.set(name, value_of(value))
        for outcome, rows in (add or {}).items():
            update.add(f"n_{outcome}", rows)
        states = {f":s{i}": {"S": s.value} for i, s in enumerate(since)}
        return self._update(f"run#{id}", update, f"#state IN ({', '.join(states)})", states) is not None

    def prove(self, id: str) -> None:
        self._update(f"run#{id}", Update().set("whole", {"BOOL": True}))

    def cut(self, id: str) -> bool:
        update = Update().set("cut_off", {"BOOL": True}).set("reported", {"N": "0"}).set("open", {"S": "run"})
        states = {f":s{i}": {"S": s.value} for i, s in enumerate(TAKEN)}
        condition = f"attribute_not_exists(cut_off) AND #state IN ({', '.join(states)})"
        return self._update(f"run#{id}", update.mentions("state"), condition, states) is not None

    def note_chunk(self, id: str, number: int) -> Run:
        update = Update().set("noted", {"N": str(number + 1)}).set("moved", {"N": str(_now())})
        item = self._update(f"run#{id}", update)
        assert item is not None
        return from_item(item, self._bodies)

    def under_way(self) -> list[Run]:
        return self.listed("run")

    def listed(self, kind: str, limit: int | None = None) -> list[Run]:
        """Runs under way (`run`) or reported (`done`), newest first."""
        items = self._db.get_paginator("query").paginate(
            TableName=self._table, IndexName="open", KeyConditionExpression="#open = :kind", ScanIndexForward=False,
            ExpressionAttributeNames={"#open": "open"}, ExpressionAttributeValues={":kind": {"S": kind}},
            PaginationConfig={"MaxItems": limit} if limit else {})
        return [from_item(item, self._bodies) for page in items for item in page["Items"]]

    def touch(self, id: str, now: int) -> None:
        self._update(f"run#{id}", Update().set("moved", {"N": str(now)}))

    def is_reported(self, run: Run, now: int) -> bool:
        kept = {"N": str(now // 1000 + RUNS_KEPT_S)}  # the registration first: who dies in between does both again
        self._update(f"drop#{run.drop.key}", Update().set("expires", kept), "attribute_exists(pk)", sk=run.drop.version)
        update = Update().set("reported", {"N": str(now)}).set("open", {"S": "done"}).set("expires", kept)
        return self._update(f"run#{run.id}", update, "" if run.cut_off else "attribute_not_exists(cut_off)") is not None

    # ---- chunks
    def chunk(self, id: str, number: int) -> dict[Sku, Judged] | None:
        item = self._find(f"run#{id}", f"chunk#{number:06d}")
        return self._outcomes(item) if item else None

    def chunks_done(self, id: str) -> Iterator[tuple[int, dict[Sku, Judged]]]:
        for item in self._query(f"run#{id}", "chunk#"):
            yield int(item["sk"]["S"].removeprefix("chunk#")), self._outcomes(item)

    def count(self, id: str, number: int, outcomes: dict[Sku, Judged], rows: Mapping[Outcome, int], spent: Mapping[str, int]) -> bool:
        chunk = self._told(id, f"chunk#{number:06d}", outcomes)
        update = Update().add("done", 1).set("moved", {"N": str(_now())})
        for outcome, n in rows.items():
            update.add(f"n_{outcome}", n)
        _add_spent(update, spent)
        try:
            self._db.transact_write_items(TransactItems=[
                {"Put": {"TableName": self._table, "Item": chunk, "ConditionExpression": "attribute_not_exists(pk)"}},
                {"Update": {"TableName": self._table, "Key": key_of(f"run#{id}", "run"), **update.expression()}},  # type: ignore[typeddict-item]
            ])
        except ClientError as error:
            if not is_refusal(error):
                raise
            if self.chunk(id, number) is None:
                raise Later("two chunks of one run were counted at the same moment", 1) from error
            return False
        return True

    def fail(self, id: str, sku: Sku, *, slow: bool) -> int:
        counter = "slow" if slow else "failures"
        update = Update().add(counter, 1).set("f", SAYS["f"]).set("expires", {"N": str(_now() // 1000 + RUNS_KEPT_S)})
        item = self._update(f"run#{id}", update, sk=f"failed#{sku}")
        assert item is not None
        return int(item[counter]["N"])

    def spend(self, id: str, spent: Mapping[str, int]) -> None:
        update = Update()
        _add_spent(update, spent)
        self._update(f"run#{id}", update)

    def waits(self, id: str, why: str, again: int) -> None:
        self._update(f"run#{id}", Update().set("waits_for", value_of(why)).set("again", value_of(again)))

    def part(self, id: str, number: int) -> dict[Sku, Judged]:
        item = self._find(f"run#{id}", f"part#{number:06d}")
        return self._outcomes(item) if item else {}

    def parts(self, id: str) -> Iterator[tuple[int, dict[Sku, Judged]]]:
        """Of all chunks that once were under way, with what was noted of them last."""
        for item in self._query(f"run#{id}", "part#"):
            yield int(item["sk"]["S"].removeprefix("part#")), self._outcomes(item)

    def note_part(self, id: str, number: int, outcomes: dict[Sku, Judged]) -> None:
        self._db.put_item(TableName=self._table, Item=self._told(id, f"part#{number:06d}", outcomes, f"parts/{id}/{number}"))

    def _told(self, id: str, sk: str, outcomes: dict[Sku, Judged], at: str = "") -> Item:
        body = {sku: judged.to_json() for sku, judged in outcomes.items()}
        return {**key_of(f"run#{id}", sk), **self._bodies.pack(body, at), "expires": {"N": str(_now() // 1000 + RUNS_KEPT_S)}}

    def _outcomes(self, item: Item) -> dict[Sku, Judged]:
        return {Sku(sku): Judged.from_json(body) for sku, body in self._bodies.unpack(item).items()}

    # ---- Transfer's word
    def note_upload(self, upload: Upload) -> None:
        body = [upload.completed, upload.bytes, upload.etag, upload.started, upload.ended]
        item = {**key_of(f"drop#{upload.key}", f"upload#{upload.ended:013d}#{upload.completed}"),
                "expires": {"N": str(int(time.time()) + WORD_KEPT_S)}, **self._bodies.pack(body)}
        self._db.put_item(TableName=self._table, Item=item)

    def uploads_of(self, key: str) -> list[Upload]:
        return [Upload(key, *self._bodies.unpack(item)) for item in self._query(f"drop#{key}", "upload#")]

    # ---- calls
    def _get(self, pk: str, sk: str) -> Item:
        item = self._find(pk, sk)
        if item is None:
            raise KeyError(f"the ledger has no {pk} {sk}")
        return item

    def _find(self, pk: str, sk: str) -> Item | None:
        return self._db.get_item(TableName=self._table, Key=key_of(pk, sk), ConsistentRead=True).get("Item")

    def _query(self, pk: str, prefix: str, first: str = "") -> Iterator[Item]:
        """Items whose sk begins with the prefix, from `first` on (what stands behind the prefix), in order."""
        pages = self._db.get_paginator("query").paginate(
            TableName=self._table, KeyConditionExpression="pk = :pk AND sk BETWEEN :first AND :last",
            ExpressionAttributeValues={":pk": {"S": pk}, ":first": {"S": prefix + first}, ":last": {"S": prefix + LAST}},
            ConsistentRead=True)
        for page in pages:
            yield from page["Items"]

    def _update(self, pk: str, update: Update, condition: str = "", values: Item | None = None, sk: str = "run") -> Item | None:
        """The item afterwards; None where the condition was not met."""
        call = update.expression(values)
        if condition:
            call["ConditionExpression"] = condition
        try:
            return self._db.update_item(TableName=self._table, Key=key_of(pk, sk), ReturnValues="ALL_NEW", **call)["Attributes"]
        except ClientError as error:
            if is_refusal(error):
                return None
            raise


def _add_spent(update: Update, spent: Mapping[str, int]) -> None:
    for kind, n in spent.items():
        update.add(f"{SPENT}{kind}", n)


def _now() -> int:
    return time.time_ns() // 1_000_000
