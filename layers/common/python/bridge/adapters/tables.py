"""WANTED, MIRROR and HISTORY in DynamoDB (DESIGN.md §5). All writes are conditional on the version that was read."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from bridge.adapters.body import Bodies, Item, is_refusal
from bridge.domain import history, mirror, wanted
from bridge.domain.history import Entry
from bridge.domain.mirror import Existence, Mirror
from bridge.domain.row import Sku
from bridge.domain.wanted import Wanted
from bridge.ports import Put

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

KEPT_S = 400 * 86_400
LARGEST_TRANSACTION = 3_500_000
"""Bytes; DynamoDB takes 4 MB (aws-reference.md §9)."""


@dataclass(frozen=True, slots=True)
class Names:
    wanted: str = ""
    mirror: str = ""
    history: str = ""


class Tables:
    """See `bridge.ports.Tables`."""

    def __init__(self, dynamodb: DynamoDBClient, names: Names, bodies: Bodies) -> None:
        self._db, self._names, self._bodies = dynamodb, names, bodies

    # ---- wanted
    def wanted(self, sku: Sku, feed: str) -> Wanted:
        answer = self._db.get_item(TableName=self._names.wanted, Key={"sku": {"S": sku}, "feed": {"S": feed}}, ConsistentRead=True)
        return self._wanted(answer.get("Item"))

    def wanted_of(self, sku: Sku) -> dict[str, Wanted]:
        items = self._query(self._names.wanted, "sku = :sku", {":sku": {"S": sku}}, ConsistentRead=True)
        return {item["feed"]["S"]: self._wanted(item) for item in items}

    def wanted_many(self, skus: Sequence[Sku], feed: str) -> dict[Sku, Wanted]:
        keys = [{"sku": {"S": sku}, "feed": {"S": feed}} for sku in dict.fromkeys(skus)]
        return {Sku(item["sku"]["S"]): self._wanted(item) for item in self._many(self._names.wanted, keys)}

    def _wanted(self, item: Item | None) -> Wanted:
        return wanted.from_json(self._bodies.unpack(item), int(item["version"]["N"])) if item else Wanted()

    def due(self, feed: str, before: int) -> list[Sku]:
        values = {":feed": {"S": feed}, ":low": {"S": "due#"}, ":high": {"S": f"due#{before:013d}"}}
        items = self._query(self._names.wanted, "open_feed = :feed AND open_since BETWEEN :low AND :high", values, IndexName="open")
        return [Sku(item["sku"]["S"]) for item in items]

    def open_list(self, feed: str) -> list[Sku]:
        items = self._query(self._names.wanted, "open_feed = :feed", {":feed": {"S": feed}}, IndexName="open")
        return [Sku(item["sku"]["S"]) for item in items]

    # ---- mirror
    def mirror(self, sku: Sku) -> Mirror:
        answer = self._db.get_item(TableName=self._names.mirror, Key={"sku": {"S": sku}}, ConsistentRead=True)
        return self._mirror(answer.get("Item"))

    def mirrors(self, skus: Sequence[Sku]) -> dict[Sku, Mirror]:
        keys = [{"sku": {"S": sku}} for sku in dict.fromkeys(skus)]
        return {Sku(item["sku"]["S"]): self._mirror(item) for item in self._many(self._names.mirror, keys)}

    def _mirror(self, item: Item | None) -> Mirror:
        return mirror.from_json(self._bodies.unpack(item), int(item["version"]["N"])) if item else Mirror()

    def sku_of(self, id: str) -> Sku | None:
        items = self._query(self._names.mirror, "plytix_id = :id", {":id": {"S": id}}, IndexName="plytix_id")
        return next((Sku(item["sku"]["S"]) for item in items), None)

    def all_mirrors(self) -> Iterator[tuple[Sku, Mirror]]:
        """The whole mirror, page by page: what a snapshot is made of."""
        for page in self._db.get_paginator("scan").paginate(TableName=self._names.mirror, ConsistentRead=True):
            for item in page["Items"]:
                yield Sku(item["sku"]["S"]), self._mirror(item)

    # ---- history
    def history(self, sku: Sku, since: int) -> list[Entry]:
        values = {":sku": {"S": sku}, ":since": {"S": f"{since:013d}"}}
        items = self._query(self._names.history, "sku = :sku AND #at >= :since", values, ConsistentRead=True,
                            ExpressionAttributeNames={"#at": "at"})
        return [history.from_json(sku, self._bodies.unpack(item)) for item in items]

    # ---- writing
    def write(self, *puts: Put, history: Sequence[Entry] = ()) -> bool:
        writes = [self._put(put) for put in puts] + [self._entry(entry) for entry in history]
        if not writes:
            return True
        if len(puts) > 2 and sum(len(write["Item"].get("body", {}).get("B", b"")) for write in writes) > LARGEST_TRANSACTION:
            return False
        try:
            if len(writes) == 1:
                self._db.put_item(**writes[0])
            else:
                self._db.transact_write_items(TransactItems=[{"Put": write} for write in writes])
        except ClientError as error:
            if is_refusal(error):
                return False
            raise
        return True

    def _put(self, put: Put) -> Any:
        item = {"sku": {"S": put.sku}, "version": {"N": str(put.old.version + 1)}}
        if put.feed:
            item |= {"feed": {"S": put.feed}, **_open(put.feed, put.new), **self._bodies.pack(wanted.to_json(put.new))}
        else:
            living = put.new.existence is Existence.LIVING
            item |= {"plytix_id": {"S": put.new.id}} if living else {}
            item |= self._bodies.pack(mirror.to_json(put.new))
        write: dict[str, Any] = {"TableName": self._names.wanted if put.feed else self._names.mirror, "Item": item}
        if put.old.version:
            return write | {"ConditionExpression": "version = :read", "ExpressionAttributeValues": {":read": {"N": str(put.old.version)}}}
        return write | {"ConditionExpression": "attribute_not_exists(sku)"}

    def _entry(self, entry: Entry) -> Any:
        item = {"sku": {"S": entry.sku}, "at": {"S": f"{entry.at:013d}#{entry.id}"}, "expires": {"N": str(entry.at // 1000 + KEPT_S)}}
        return {"TableName": self._names.history, "Item": item | self._bodies.pack(history.to_json(entry))}

    # ---- reading
    def _query(self, table: str, condition: str, values: Item, **more: Any) -> Iterator[Item]:
        pages = self._db.get_paginator("query").paginate(
            TableName=table, KeyConditionExpression=condition, ExpressionAttributeValues=values, **more)
        for page in pages:
            yield from page["Items"]

    def _many(self, table: str, keys: list[Item]) -> Iterable[Item]:
        """A hundred a call; what DynamoDB leaves unprocessed is asked again."""
        for i in range(0, len(keys), 100):
            asked: Any = {table: {"Keys": keys[i:i + 100], "ConsistentRead": True}}
            while asked:
                answer = self._db.batch_get_item(RequestItems=asked)
                yield from answer["Responses"].get(table, [])
                asked = answer.get("UnprocessedKeys")


def _open(feed: str, item: Wanted) -> Item:
    """The sparse index: on its feed's open list while something is open or to be told; what is due sorts by age."""
    if not item.open and not item.over:
        return {}
    return {"open_feed": {"S": feed}, "open_since": {"S": f"{'due' if item.due else 'told'}#{item.open_since:013d}"}}
