"""The ledger in DynamoDB: drops, runs, chunks, Transfer's word on uploads, and how far the mirror is.

| pk, sk                      | an item holds                                                        |
|-----------------------------|----------------------------------------------------------------------|
| `drop#<key>`, version       | which run this version of this key has: three events for it are one  |
| `drop#<key>`, `upload#…`    | Transfer's word, kept a day: it may come before S3's event           |
| `run#<id>`, `run`           | the run; `open` = `run` until it is reported, `done` afterwards      |
| `run#<id>`, `chunk#<n>`     | a chunk that is done, with its outcomes                              |
| `mirror`, `state`           | how far the mirror is, and whose turn it is to refresh it            |
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import orjson
from botocore.exceptions import ClientError
from ulid import ULID

from bridge.adapters.body import SAYS, Bodies, Item, is_refusal, readable
from bridge.configuration import Lane
from bridge.domain import sequence
from bridge.domain.drop import Drop
from bridge.domain.judge import Judged
from bridge.domain.outcome import Outcome
from bridge.domain.row import Sku
from bridge.domain.run import Run, State
from bridge.domain.upload import Upload
from bridge.errors import Later
from bridge.ports import MirrorState

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

WORD_KEPT_S, RUNS_KEPT_S = 86_400, 400 * 86_400
NUMBERS = ("rows", "staged", "noted", "total", "done", "moved", "closed", "reported")
WORDS = ("configuration", "attempt")


class Ledger:
    """See `bridge.ports.Ledger` and `MirrorStates`."""

    def __init__(self, dynamodb: DynamoDBClient, table: str, bodies: Bodies) -> None:
        self._db, self._table, self._bodies = dynamodb, table, bodies

    # ---- drops and runs
    def register(self, run: Run) -> tuple[Run, bool]:
        drop = {"pk": {"S": f"drop#{run.drop.key}"}, "sk": {"S": run.drop.version}, "run": {"S": run.id}, **SAYS}
        new = "attribute_not_exists(pk)"
        try:
            self._db.transact_write_items(TransactItems=[
                {"Put": {"TableName": self._table, "Item": item, "ConditionExpression": new}} for item in (drop, self._item(run))])
        except ClientError as error:
            if not is_refusal(error):
                raise
            known = self._find(drop["pk"]["S"], run.drop.version)
            if known is None:
                raise Later("the same drop is being registered at this moment", 1) from error
            return self.run(readable(known)["run"]["S"]), False
        return run, True

    def run(self, id: str) -> Run:
        return self._run(self._get(f"run#{id}", "run"))

    def runs_of(self, key: str, since: int = 0) -> list[Run]:
        ids = [item["run"]["S"] for item in self._query(f"drop#{key}") if "run" in readable(item)]
        return [self.run(id) for id in ids if ULID.from_str(id).milliseconds >= since]  # an id begins with the time of registration

    def advance(self, id: str, since: Sequence[State], to: State, add: dict[Outcome, int] | None = None, **facts: Any) -> bool:
        update = _Update().set("state", {"S": to.value})
        for name, value in facts.items():
            update.set(name, _value(value))
        for outcome, rows in (add or {}).items():
            update.add(f"n_{outcome}", rows)
        states = {f":s{i}": {"S": s.value} for i, s in enumerate(since)}
        return self._update(f"run#{id}", update, f"#state IN ({', '.join(states)})", states) is not None

    def prove(self, id: str) -> None:
        self._update(f"run#{id}", _Update().set("whole", {"BOOL": True}))

    def cut(self, id: str) -> None:
        self._update(f"run#{id}", _Update().set("cut_off", {"BOOL": True}))

    def note_chunk(self, id: str, number: int) -> Run:
        update = _Update().set("noted", {"N": str(number + 1)}).set("moved", {"N": str(_now())})
        item = self._update(f"run#{id}", update)
        assert item is not None
        return self._run(item)

    def under_way(self) -> list[Run]:
        return self.listed("run")

    def listed(self, kind: str, limit: int | None = None) -> list[Run]:
        """Runs under way (`run`) or reported (`done`), newest first."""
        items = self._db.get_paginator("query").paginate(
            TableName=self._table, IndexName="open", KeyConditionExpression="#open = :kind", ScanIndexForward=False,
            ExpressionAttributeNames={"#open": "open"}, ExpressionAttributeValues={":kind": {"S": kind}},
            PaginationConfig={"MaxItems": limit} if limit else {})
        return [self._run(item) for page in items for item in page["Items"]]

    def touch(self, id: str, now: int) -> None:
        self._update(f"run#{id}", _Update().set("moved", {"N": str(now)}))

    def is_reported(self, id: str, now: int) -> None:
        kept = {"N": str(now // 1000 + RUNS_KEPT_S)}
        self._update(f"run#{id}", _Update().set("reported", {"N": str(now)}).set("open", {"S": "done"}).set("expires", kept))

    # ---- chunks
    def chunk(self, id: str, number: int) -> dict[Sku, Judged] | None:
        item = self._find(f"run#{id}", f"chunk#{number:06d}")
        return self._outcomes(item) if item else None

    def chunks_done(self, id: str) -> Iterator[tuple[int, dict[Sku, Judged]]]:
        for item in self._query(f"run#{id}", "chunk#"):
            yield int(item["sk"]["S"].removeprefix("chunk#")), self._outcomes(item)

    def count(self, id: str, number: int, outcomes: dict[Sku, Judged], rows: dict[Outcome, int]) -> bool:
        body = {sku: judged.to_json() for sku, judged in outcomes.items()}
        chunk = {"pk": {"S": f"run#{id}"}, "sk": {"S": f"chunk#{number:06d}"}, **self._bodies.pack(body),
                 "expires": {"N": str(_now() // 1000 + RUNS_KEPT_S)}}
        update = _Update().add("done", 1).set("moved", {"N": str(_now())})
        for outcome, n in rows.items():
            update.add(f"n_{outcome}", n)
        try:
            self._db.transact_write_items(TransactItems=[
                {"Put": {"TableName": self._table, "Item": chunk, "ConditionExpression": "attribute_not_exists(pk)"}},
                {"Update": {"TableName": self._table, "Key": _key(f"run#{id}", "run"), **update.expression()}},  # type: ignore[typeddict-item]
            ])
        except ClientError as error:
            if not is_refusal(error):
                raise
            if self.chunk(id, number) is None:
                raise Later("two chunks of one run were counted at the same moment", 1) from error
            return False
        return True

    def _outcomes(self, item: Item) -> dict[Sku, Judged]:
        return {Sku(sku): Judged.from_json(body) for sku, body in self._bodies.unpack(item).items()}

    # ---- Transfer's word
    def note_upload(self, upload: Upload) -> None:
        body = [upload.completed, upload.bytes, upload.etag, upload.started, upload.ended]
        item = {**_key(f"drop#{upload.key}", f"upload#{upload.ended:013d}#{upload.completed}"),
                "expires": {"N": str(int(time.time()) + WORD_KEPT_S)}, **self._bodies.pack(body)}
        self._db.put_item(TableName=self._table, Item=item)

    def uploads_of(self, key: str) -> list[Upload]:
        return [Upload(key, *self._bodies.unpack(item)) for item in self._query(f"drop#{key}", "upload#")]

    # ---- the mirror's state
    def state(self) -> MirrorState:
        item = self._find("mirror", "state")
        if not item or "since" not in readable(item):
            return MirrorState()
        return MirrorState(_ms(item["loaded_at"]["S"]), int(item["since"]["S"]), _ms(item["refreshed_at"]["S"]),
                           item["schema"]["S"], int(item["census"]["N"]))

    def begin(self, now: int, until: int) -> bool:
        update = _Update().set("turn_until", {"N": str(until)}).set("f", SAYS["f"])  # read before: it is a format of ours
        return self._update("mirror", update, "attribute_not_exists(turn_until) OR turn_until < :now",
                            {":now": {"N": str(now)}}, sk="state") is not None

    def complete(self, state: MirrorState) -> None:
        update = _Update().set("f", SAYS["f"]).set("loaded_at", {"S": _iso(state.loaded)}).set("refreshed_at", {"S": _iso(state.refreshed)})
        update.set("since", {"S": f"{state.since:013d}"}).set("schema", {"S": state.schema}).set("turn_until", {"N": "0"})
        self._update("mirror", update.set("census", {"N": str(state.census)}), sk="state")

    def give_back(self, until: int) -> None:
        update = _Update().set("turn_until", {"N": "0"})
        self._update("mirror", update, "turn_until = :until", {":until": {"N": str(until)}}, sk="state")

    # ---- items
    def _item(self, run: Run) -> Item:
        drop = run.drop
        fixed = [[drop.bucket, drop.key, drop.version, drop.size, drop.etag, drop.landed, drop.sequencer],
                 run.feed, run.sequence, run.registered, run.lane.value]
        item = {**_key(f"run#{run.id}", "run"), "state": {"S": run.state.value}, "open": {"S": "run"},
                "since": {"S": f"{run.registered:013d}"}, **self._bodies.pack(fixed),
                "issues": _value(run.issues), "reading": _value(run.reading)}
        return item | {name: _value(getattr(run, name)) for name in NUMBERS + WORDS if getattr(run, name) is not None}

    def _run(self, item: Item) -> Run:
        drop, feed, seq, registered, lane = self._bodies.unpack(item)
        facts: dict[str, Any] = {name: int(item[name]["N"]) for name in NUMBERS if name in item}
        facts |= {name: item[name]["S"] for name in WORDS if name in item}
        counts = {outcome: int(item[f"n_{outcome}"]["N"]) for outcome in Outcome if f"n_{outcome}" in item}
        return Run(item["pk"]["S"].removeprefix("run#"), Drop(*drop), feed, sequence.Sequence(seq), registered, State(item["state"]["S"]),
                   Lane(lane), whole="whole" in item, cut_off="cut_off" in item, counts=counts,
                   issues=tuple(orjson.loads(item["issues"]["S"])),
                   reading=orjson.loads(item["reading"]["S"]), **facts)

    # ---- calls
    def _get(self, pk: str, sk: str) -> Item:
        item = self._find(pk, sk)
        if item is None:
            raise KeyError(f"the ledger has no {pk} {sk}")
        return item

    def _find(self, pk: str, sk: str) -> Item | None:
        return self._db.get_item(TableName=self._table, Key=_key(pk, sk), ConsistentRead=True).get("Item")

    def _query(self, pk: str, prefix: str = "") -> Iterator[Item]:
        values = {":pk": {"S": pk}} | ({":prefix": {"S": prefix}} if prefix else {})
        pages = self._db.get_paginator("query").paginate(
            TableName=self._table, KeyConditionExpression="pk = :pk" + (" AND begins_with(sk, :prefix)" if prefix else ""),
            ExpressionAttributeValues=values, ConsistentRead=True)
        for page in pages:
            yield from page["Items"]

    def _update(self, pk: str, update: _Update, condition: str = "", values: Item | None = None, sk: str = "run") -> Item | None:
        """The item afterwards; None where the condition was not met."""
        call = update.expression(values)
        if condition:
            call["ConditionExpression"] = condition
        try:
            return self._db.update_item(TableName=self._table, Key=_key(pk, sk), ReturnValues="ALL_NEW", **call)["Attributes"]
        except ClientError as error:
            if is_refusal(error):
                return None
            raise


class _Update:
    """An update expression in the making; every name goes by `#name`, so that none is a reserved word."""

    def __init__(self) -> None:
        self._sets: dict[str, Item] = {}
        self._adds: dict[str, Item] = {}

    def set(self, name: str, value: Item) -> _Update:
        self._sets[name] = value
        return self

    def add(self, name: str, number: int) -> _Update:
        self._adds[name] = {"N": str(number)}
        return self

    def expression(self, values: Item | None = None) -> dict[str, Any]:
        sets = ", ".join(f"#{n} = :{n}" for n in self._sets)
        adds = ", ".join(f"#{n} :{n}" for n in self._adds)
        names = {f"#{n}": n for n in [*self._sets, *self._adds]}
        return {"UpdateExpression": (f"SET {sets} " if sets else "") + (f"ADD {adds}" if adds else ""),
                "ExpressionAttributeNames": names,
                "ExpressionAttributeValues": {f":{n}": v for n, v in (self._sets | self._adds).items()} | (values or {})}


def _key(pk: str, sk: str) -> Item:
    return {"pk": {"S": pk}, "sk": {"S": sk}}


def _value(value: Any) -> Item:
    if isinstance(value, int):
        return {"N": str(value)}
    return {"S": value if isinstance(value, str) else orjson.dumps(value).decode()}


def _now() -> int:
    return time.time_ns() // 1_000_000


def _iso(ms: int) -> str:
    return datetime.fromtimestamp(ms / 1000, UTC).isoformat(timespec="milliseconds")


def _ms(iso: str) -> int:
    return round(datetime.fromisoformat(iso).timestamp() * 1000)
