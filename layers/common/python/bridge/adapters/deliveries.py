"""Deliveries in the ledger, one a channel and due time: `delivery#<channel>`, `<due>`. On no open list: a schedule brings them."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from itertools import islice
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError
from ulid import ULID

from bridge.adapters.body import Item, is_refusal
from bridge.domain.delivery import Delivery, DeliveryState
from bridge.errors import Unreadable

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

FORMAT = 1
NEW, NOT_PUBLISHED = "attribute_not_exists(pk)", "run = :run AND #state <> :published"
KEPT_S = 400 * 86_400
TEXTS = ("run", "channel", "why", "configuration", "snapshot", "file", "sha256")
NUMBERS = ("due", "begun", "rows", "held", "size_bytes", "closed")


class DeliveryLedger:
    """See `bridge.services.publish.Deliveries`."""

    def __init__(self, dynamodb: DynamoDBClient, table: str) -> None:
        self._db, self._table = dynamodb, table

    def begin(self, channel: str, due: int, now: int) -> Delivery:
        new = Delivery(str(ULID.from_timestamp(now / 1000)), channel, due, now)
        try:
            self._db.put_item(TableName=self._table, Item=to_item(new), ConditionExpression=NEW)
        except ClientError as error:
            if not is_refusal(error):
                raise
            there = self._db.get_item(TableName=self._table, Key=key(channel, due), ConsistentRead=True)
            return from_item(there["Item"])
        return new

    def finish(self, delivery: Delivery) -> None:
        try:
            self._db.put_item(
                TableName=self._table, Item=to_item(delivery), ConditionExpression=NOT_PUBLISHED,
                ExpressionAttributeNames={"#state": "state"},
                ExpressionAttributeValues={":run": {"S": delivery.run}, ":published": {"S": DeliveryState.PUBLISHED}},
            )
        except ClientError as error:
            if not is_refusal(error):  # another worker of this very delivery was quicker
                raise

    def latest(self, channel: str, count: int) -> list[Delivery]:
        """The newest first."""
        return list(islice(self._newest_first(channel), count))

    def _newest_first(self, channel: str) -> Iterator[Delivery]:
        pages = self._db.get_paginator("query").paginate(
            TableName=self._table, KeyConditionExpression="pk = :pk", ScanIndexForward=False,
            ExpressionAttributeValues={":pk": {"S": f"delivery#{channel}"}})
        for page in pages:
            yield from map(from_item, page["Items"])


def key(channel: str, due: int) -> Item:
    when = datetime.fromtimestamp(due / 1000, UTC).isoformat(timespec="milliseconds")
    return {"pk": {"S": f"delivery#{channel}"}, "sk": {"S": when.replace("+00:00", "Z")}}


def to_item(delivery: Delivery) -> Item:
    return {
        **key(delivery.channel, delivery.due), "f": {"N": str(FORMAT)}, "state": {"S": delivery.state.value},
        "recipients": {"L": [{"S": recipient} for recipient in delivery.recipients]},
        "expires": {"N": str(delivery.begun // 1000 + KEPT_S)},
        **{name: {"S": getattr(delivery, name)} for name in TEXTS}, **{name: {"N": str(getattr(delivery, name))} for name in NUMBERS},
    }


def from_item(item: Item) -> Delivery:
    if item["f"]["N"] != str(FORMAT):
        raise Unreadable(f"a delivery of format {item['f']['N']} was left in place; this code reads {FORMAT}")
    facts: dict[str, Any] = {name: item[name]["S"] for name in TEXTS} | {name: int(item[name]["N"]) for name in NUMBERS}
    recipients = tuple(recipient["S"] for recipient in item["recipients"]["L"])
    return Delivery(state=DeliveryState(item["state"]["S"]), recipients=recipients, **facts)
