"""What DynamoDB refuses for the moment: a write that meets a transaction under way, and throttling that outlasts botocore's tries.

The first is refused at once, and botocore does not repeat it by itself. Chunks of one run are counted side by side, each in a
transaction on the run's item, so it is daily business. The second is passing and ours: waiting, not failing (DESIGN.md §6).
"""

from __future__ import annotations

import random
from typing import Any

from bridge.errors import Fate, Later

TRIES = 8
FIRST_S, LONGEST_S = 0.02, 1.0
"""A transaction is under way for some milliseconds; waits grow, and differ so that two do not meet again."""
CONFLICT, CANCELLED = "TransactionConflictException", "TransactionCanceledException"
PASSING = {CONFLICT, "ProvisionedThroughputExceededException", "ThrottlingException", "RequestLimitExceeded"}
PASSING_REASONS = {"None", "TransactionConflict", "ThrottlingError", "ProvisionedThroughputExceeded"}

Answer = dict[str, Any]


def be_patient(dynamodb: Any) -> None:
    """A write in conflict is tried up to eight times in some three seconds. What is refused still raises Later.

    Its fate is unknown to whoever made several calls: what the ones before have done stays done.
    """
    dynamodb.meta.events.register("needs-retry.dynamodb", _wait_s)
    dynamodb.meta.events.register("after-call.dynamodb", _come_again)


def _wait_s(response: tuple[Any, Answer] | None, attempts: int, **_: Any) -> float | None:
    """None: this is nothing to repeat for us."""
    if response is None or attempts >= TRIES or not _is_conflict(response[1]):
        return None
    return random.uniform(0, min(FIRST_S * 2**attempts, LONGEST_S))  # noqa: S311 -- they shall only not meet again


def _come_again(parsed: Answer, **_: Any) -> None:
    code, status = _code(parsed), parsed.get("ResponseMetadata", {}).get("HTTPStatusCode", 0)
    if code in PASSING or status >= 500:
        raise Later(f"DynamoDB is not to be had: {code or status}", fate=Fate.UNKNOWN)


def _is_conflict(answer: Answer) -> bool:
    """Also a transaction that was cancelled for what passes, and for nothing else: a condition that failed is an answer."""
    reasons = {reason.get("Code") for reason in answer.get("CancellationReasons", [])}
    return _code(answer) == CONFLICT or (_code(answer) == CANCELLED and {"None"} < reasons | {"None"} <= PASSING_REASONS)


def _code(answer: Answer) -> str:
    return str(answer.get("Error", {}).get("Code", ""))
