"""Claims on SKUs: small items of the ledger (`claim#<sku>`), taken and freed by conditional writes.

FREE, LEFT, MINE name who may take one; times in ms. A claim outlives the client's total timeout, so that no request of a dead
worker is under way when its successor begins.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from bridge.adapters.body import SAYS, Bodies, Item, is_refusal, readable
from bridge.domain import claim as claims
from bridge.domain.claim import Claim
from bridge.domain.row import Sku

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

FREE, LEFT, MINE = "attribute_not_exists(pk)", "claim_until <= :now", "holder = :me"
INTENDING = "intending"
TAKE = "SET holder = :me, claim_until = :until, f = if_not_exists(f, :f)"


class Claims:
    """See `bridge.ports.Claims`."""

    def __init__(self, dynamodb: DynamoDBClient, table: str, bodies: Bodies) -> None:
        self._db, self._table, self._bodies = dynamodb, table, bodies

    def claim(self, sku: Sku, holder: str, now: int, until: int) -> Claim | None:
        values = {":me": {"S": holder}, ":until": {"N": str(until)}, ":now": {"N": str(now)}, ":f": SAYS["f"]}
        answer = self._update(sku, f"{FREE} OR {LEFT} OR {MINE}", TAKE, values, ReturnValues="ALL_NEW")
        if answer is None:
            return None
        item = readable(answer["Attributes"])
        return claims.from_json(self._bodies.unpack(item), holder, until) if "open" in item else Claim(holder, until)

    def intend(self, sku: Sku, claim: Claim) -> bool:
        body = self._bodies.pack(claims.to_json(claim))
        item = {**_key(sku), "holder": {"S": claim.holder}, "claim_until": {"N": str(claim.until)},
                "open": {"S": INTENDING}, "since": {"S": f"{claim.until:013d}"}, **body}
        try:
            self._db.put_item(TableName=self._table, Item=item, ConditionExpression=MINE,
                              ExpressionAttributeValues={":me": {"S": claim.holder}})
        except ClientError as error:
            if is_refusal(error):
                return False
            raise
        return True

    def free(self, sku: Sku, holder: str) -> None:
        try:
            self._db.delete_item(TableName=self._table, Key=_key(sku), ConditionExpression=MINE,
                                 ExpressionAttributeValues={":me": {"S": holder}})
        except ClientError as error:
            if not is_refusal(error):  # it was left for so long that another has it: his to free
                raise

    def leave(self, sku: Sku, holder: str) -> None:
        self._update(sku, MINE, "SET claim_until = :zero", {":me": {"S": holder}, ":zero": {"N": "0"}})

    def left_behind(self, now: int) -> list[Sku]:
        pages = self._db.get_paginator("query").paginate(
            TableName=self._table, IndexName="open", KeyConditionExpression="#open = :intending AND since < :now",
            ExpressionAttributeNames={"#open": "open"},
            ExpressionAttributeValues={":intending": {"S": INTENDING}, ":now": {"S": f"{now:013d}"}})
        return [Sku(item["pk"]["S"].removeprefix("claim#")) for page in pages for item in page["Items"]]

    def _update(self, sku: Sku, condition: str, update: str, values: Item, **more: Any) -> Any:
        try:
            return self._db.update_item(TableName=self._table, Key=_key(sku), UpdateExpression=update, ConditionExpression=condition,
                                        ExpressionAttributeValues=values, **more)
        except ClientError as error:
            if is_refusal(error):
                return None
            raise


def _key(sku: Sku) -> Item:
    return {"pk": {"S": f"claim#{sku}"}, "sk": {"S": "claim"}}
