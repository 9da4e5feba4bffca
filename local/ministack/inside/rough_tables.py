"""DynamoDB as it is under load: it throttles, finds transactions in each other's way, and leaves a part of a batch unprocessed.

Only what functions ask is treated so. A call is throttled once or twice as a rule, which botocore repeats by itself; now and then
until botocore gives up, which only the function itself can repeat, or who called it.
"""

import hashlib
import json
import re
import zlib
from collections import Counter
from typing import Any

from ministack.core.responses import error_response_json  # type: ignore[import-untyped]
from ministack.services import dynamodb, sts  # type: ignore[import-untyped]

from local.ministack.inside.dice import Dice

THROTTLED, FOR_LONG, CONFLICTS, UNPROCESSED = 0.015, 0.001, 0.02, 0.3  # shares
TRIES = 5  # of one call, by botocore as the product sets it: all of them
THROTTLES = ("ProvisionedThroughputExceededException", "ThrottlingException")
BATCHES = {"BatchGetItem": "UnprocessedKeys", "BatchWriteItem": "UnprocessedItems"}
WRITES = ("PutItem", "UpdateItem", "DeleteItem")

Answer = tuple[int, dict[str, str], bytes]


def strain(dice: Dice) -> None:
    """Throttle, find conflicts, leave things unprocessed."""
    handle, stubborn = dynamodb.handle_request, Counter[str]()

    async def strained(method: str, path: str, headers: dict[str, str], body: bytes, query: Any) -> Answer:
        action = headers.get("x-amz-target", "").rpartition(".")[2]
        if not _is_functions(headers):
            return await handle(method, path, headers, body, query)  # type: ignore[no-any-return]
        if refused := _refused(dice, stubborn, action, body):
            return refused
        left, unprocessed = _left(dice, action, body)
        status, known, answer = await handle(method, path, headers, left, query)
        return (status, known, answer) if not unprocessed or status != 200 else _with(known, answer, BATCHES[action], unprocessed)

    dynamodb.handle_request = strained


def _is_functions(headers: dict[str, str]) -> bool:
    """Whether a function asks: with a role's keys, which here nobody else has for DynamoDB."""
    key = re.search(r"Credential=(ASIA\w+)/", headers.get("authorization", ""))
    return key is not None and key[1] in sts._sessions


def _refused(dice: Dice, stubborn: Counter[str], action: str, body: bytes) -> Answer | None:
    call = hashlib.sha256(action.encode() + body).hexdigest()
    if not stubborn[call] and dice.falls("calls throttled for long", FOR_LONG):
        stubborn[call] = TRIES
    if stubborn[call] or dice.falls("calls throttled", THROTTLED):
        stubborn[call] = max(0, stubborn[call] - 1)
        return _error(THROTTLES[int(dice.between("calls throttled", 0, len(THROTTLES)))], "Throughput exceeds the current capacity")
    if action == "TransactWriteItems" and dice.falls("transactions in conflict", 2 * CONFLICTS):
        return _cancelled(dice, len(json.loads(body)["TransactItems"]))
    if action in WRITES and dice.falls("writes in conflict", CONFLICTS / 2):
        return _error("TransactionConflictException", "Transaction is ongoing for the item")
    return None


def _cancelled(dice: Dice, items: int) -> Answer:
    """One item was in the way, and none has been written."""
    one = int(dice.between("transactions in conflict", 0, items))
    conflict = {"Code": "TransactionConflict", "Message": "Transaction is ongoing for the item"}
    reasons = [conflict if n == one else {"Code": "None"} for n in range(items)]
    told = ", ".join(reason["Code"] for reason in reasons)
    return _error("TransactionCanceledException", f"Transaction cancelled, please refer cancellation reasons for specific reasons [{told}]",
                  {"CancellationReasons": reasons})


def _error(code: str, message: str, extra: dict[str, Any] | None = None) -> Answer:
    answer: Answer = error_response_json(code, message, 400, extra)
    return _summed(*answer)


def _left(dice: Dice, action: str, body: bytes) -> tuple[bytes, dict[str, Any]]:
    """What of a batch is done, at least one thing of each table, and what is left; the second is empty where all is done."""
    if action not in BATCHES:
        return body, {}
    asked = json.loads(body)
    larger = {table: wanted for table, wanted in asked["RequestItems"].items() if len(_things(wanted)) > 1}
    if not larger or not dice.falls("batches left unprocessed", UNPROCESSED):
        return body, {}
    cut = {table: 1 + int(dice.between("batches left unprocessed", 0, len(_things(wanted)) - 1)) for table, wanted in larger.items()}
    done = {table: _part(wanted, 0, cut.get(table)) for table, wanted in asked["RequestItems"].items()}
    return json.dumps({**asked, "RequestItems": done}).encode(), {table: _part(wanted, cut[table]) for table, wanted in larger.items()}


def _things(wanted: Any) -> list[Any]:
    return list(wanted["Keys"] if isinstance(wanted, dict) else wanted)


def _part(wanted: Any, start: int, end: int | None = None) -> Any:
    part = _things(wanted)[start:end]
    return {**wanted, "Keys": part} if isinstance(wanted, dict) else part


def _with(headers: dict[str, str], answer: bytes, name: str, unprocessed: dict[str, Any]) -> Answer:
    return _summed(200, headers, json.dumps({**json.loads(answer), name: unprocessed}).encode())


def _summed(status: int, headers: dict[str, str], body: bytes) -> Answer:
    """With the checksum that botocore looks at."""
    return status, {**headers, "x-amz-crc32": str(zlib.crc32(body) & 0xFFFFFFFF)}, body
