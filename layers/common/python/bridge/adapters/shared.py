"""One item of the ledger that all workers change: read, changed, and written only if nobody was quicker.

    worker A ──reads v7──changes──────────writes v8
    worker B ──────reads v7──changes────────────────refused (it is given v8)──changes again──writes v9
"""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from botocore.exceptions import ClientError

from bridge.adapters.body import Bodies, Item, is_refusal
from bridge.errors import Later

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

NEW, SAME = "attribute_not_exists(pk)", "version = :version"
TURNS = 50
PAUSE_S = 0.02
Value = TypeVar("Value")
Answer = TypeVar("Answer")


@dataclass(frozen=True, slots=True)
class Form(Generic[Value]):
    """What kind of value it is: its first state, and its stored form."""

    first: Value
    to_json: Callable[[Value], Any]
    from_json: Callable[[Any], Value]


class Shared(Generic[Value]):
    """The item `pk`, `sk`. `known` is what this worker saw last: perhaps no longer so, but never a thing that was not."""

    def __init__(self, dynamodb: DynamoDBClient, table: str, bodies: Bodies, key: tuple[str, str], form: Form[Value]) -> None:
        self._db, self._table, self._bodies, self._form = dynamodb, table, bodies, form
        self._key: Item = {"pk": {"S": key[0]}, "sk": {"S": key[1]}}
        self._seen: tuple[int, Value] = (0, form.first)

    @property
    def known(self) -> Value:
        return self._seen[1]

    def read(self) -> Value:
        """As it is now."""
        answer = self._db.get_item(TableName=self._table, Key=self._key, ConsistentRead=True)
        self._seen = self._parsed(answer.get("Item"))
        return self.known

    def change(self, step: Callable[[Value], tuple[Value, Answer]]) -> Answer:
        """`step` gives the new value and what is to be told of it; it is done again where somebody else was quicker.

        It begins with what is known, which saves a read. Where it changes nothing, its answer counts only of what is true now.
        Raises Later where others are quicker again and again.
        """
        fresh = False
        for turn in range(TURNS):
            version, value = self._seen
            new, answer = step(value)
            if new == value:
                if fresh:
                    return answer
                self.read()
            elif self._write(version, new):
                return answer
            elif fresh:
                time.sleep(random.uniform(0, PAUSE_S * min(turn, 8)))  # noqa: S311 -- they shall only not meet again
            fresh = True
        raise Later("too many change one item of the ledger at once", 1)

    def _write(self, version: int, new: Value) -> bool:
        """False: another was quicker, and `known` is what he wrote."""
        item = {**self._key, "version": {"N": str(version + 1)}, **self._bodies.pack(self._form.to_json(new))}
        condition: dict[str, Any] = {"ConditionExpression": NEW}
        if version:
            condition = {"ConditionExpression": SAME, "ExpressionAttributeValues": {":version": {"N": str(version)}}}
        try:
            self._db.put_item(TableName=self._table, Item=item, ReturnValuesOnConditionCheckFailure="ALL_OLD", **condition)
        except ClientError as error:
            if not is_refusal(error):
                raise
            self._seen = self._parsed(error.response.get("Item"))  # type: ignore[arg-type]
            return False
        self._seen = (version + 1, new)
        return True

    def _parsed(self, item: Item | None) -> tuple[int, Value]:
        if item is None:
            return 0, self._form.first
        return int(item["version"]["N"]), self._form.from_json(self._bodies.unpack(item))
