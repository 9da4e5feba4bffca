"""Writes that meet a transaction under way: DynamoDB refuses them at once, and botocore does not repeat them by itself.

Chunks of one run are counted side by side, each in a transaction on the run's item, so this is daily business and no failure.
"""

from __future__ import annotations

import random
from typing import Any

TRIES = 8
FIRST_S, LONGEST_S = 0.02, 1.0
"""A transaction is under way for some milliseconds; waits grow, and differ so that two do not meet again."""


def repeat_conflicts(dynamodb: Any) -> None:
    """The same call again, up to eight times in some three seconds; a condition that fails then is the answer."""
    dynamodb.meta.events.register("needs-retry.dynamodb", _wait_s)


def _wait_s(response: tuple[Any, dict[str, Any]] | None, attempts: int, **_: Any) -> float | None:
    """None: this is nothing to repeat for us."""
    if response is None or attempts >= TRIES or not _is_conflict(response[1]):
        return None
    return random.uniform(0, min(FIRST_S * 2**attempts, LONGEST_S))  # noqa: S311 -- they shall only not meet again


def _is_conflict(answer: dict[str, Any]) -> bool:
    """Also a transaction that was cancelled for nothing else."""
    code = answer.get("Error", {}).get("Code")
    reasons = {reason.get("Code") for reason in answer.get("CancellationReasons", [])}
    return code == "TransactionConflictException" or (code == "TransactionCanceledException" and reasons <= {"None", "TransactionConflict"}
                                                      and "TransactionConflict" in reasons)
